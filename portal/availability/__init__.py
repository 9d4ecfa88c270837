"""Whether each service could be used, minute by minute: probed, kept compactly, published."""
