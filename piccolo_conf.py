"""Piccolo's entry point: ``PORTAL_DATABASE_URL`` -> DB, and the registry of tables.

The ``portal`` command puts PORTAL_DATABASE_URL into the environment (the embedded server's when none was
given) before this module is imported; its web and worker processes inherit it. Importing it starts and
reaches nothing, so ``piccolo migrations new portal --auto`` needs no server.
"""

from __future__ import annotations

import os

from piccolo.conf.apps import AppRegistry

from db.engine import Engine

DB = Engine(os.environ.get("PORTAL_DATABASE_URL", ""))
APP_REGISTRY = AppRegistry(apps=["db.piccolo_app"])
