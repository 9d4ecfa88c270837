"""Registers every table module with Piccolo's migrations."""

from __future__ import annotations

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="portal",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=table_finder(
        [
            "db.accounts",
            "db.audit",
            "db.availability",
            "db.calendars",
            "db.cases",
            "db.clocks",
            "db.factors",
            "db.feedback",
            "db.lost_codes",
            "db.notices",
            "db.operations",
            "db.outbox",
            "db.people",
            "db.promises",
            "db.ratings",
            "db.receipts",
            "db.resets",
            "db.services",
            "db.statements",
            "db.subscriptions",
            "db.throttle",
        ],
        exclude_imported=True,
    ),
)
