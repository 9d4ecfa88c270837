"""Prints the bill of materials of what the lock file pins, as CycloneDX 1.6.

The same bytes for the same lock and installation.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import re
import sys
import tomllib
import uuid
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements.lock"
PINNED = re.compile(
    r"^([a-z0-9][\w.-]*)(?:\[[^\]]*\])?==(\S+?)(?:\s*;\s*([^\\\n]*?))?\s*(?:\\)?\n((?:[ \t]+.*\n?)*)", re.M
)


def component(name: str, version: str, marker: str, rest: str) -> dict:
    purl = f"pkg:pypi/{name}@{version}"
    found = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    found["hashes"] = [
        {"alg": "SHA-256", "content": one} for one in re.findall(r"sha256:([0-9a-f]{64})", rest)
    ]
    if marker:
        found["properties"] = [{"name": "rahgir:only-where", "value": marker.strip()}]
    if licence := licence_of(name):
        found["licenses"] = [{"license": {"name": licence}}]
    return found


def licence_of(name: str) -> str:
    """As the installed package says, in one line; empty for one that is not installed here."""
    try:
        told = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
    words = told.get("License-Expression") or told.get("License") or ""
    kinds = [
        one.rpartition(" :: ")[2] for one in told.get_all("Classifier", []) if one.startswith("License ::")
    ]
    return words if words and "\n" not in words else "; ".join(kinds)


def bill() -> dict:
    lock = LOCK.read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    digest = hashlib.sha256(lock.encode()).hexdigest()
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, digest)}",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "name": project["name"], "version": project["version"]}
        },
        "components": [component(*found) for found in PINNED.findall(lock)],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(bill(), indent=1) + "\n")
