"""Errors a visitor may cause; anything else is a bug and becomes a 500."""

from __future__ import annotations


class PortalError(Exception):
    """Base of expected errors; its text is shown to the visitor in their language.

    ``status`` is the HTTP status to answer with; ``retry_after`` is in seconds, None where waiting does not help.
    """

    status = 500

    def __init__(self, message: str = "", *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class BadRequest(PortalError):
    """What arrived can't be read: broken multipart, unknown charset."""

    status = 400


class NotAllowed(PortalError):
    """The visitor may not do this; says why where that gives nothing away."""

    status = 403


class NotFound(PortalError):
    """There is nothing here, or nothing this visitor may know of."""

    status = 404


class Conflict(PortalError):
    """What the visitor saw is no longer so."""

    status = 409


class TooLarge(PortalError):
    """More bytes than this page takes."""

    status = 413


class TooMany(PortalError):
    """A limit was reached; ``retry_after`` says when to come back."""

    status = 429


class Busy(PortalError):
    """The desk can't do this right now and nothing was changed."""

    status = 503
