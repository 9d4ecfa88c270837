"""What a browser calls itself, in words. It may say what it likes: this is to recognise one's own devices by."""

from __future__ import annotations

from portal.i18n import N_, _

# The first that occurs counts: nearly every browser also claims to be those after it.
_BROWSERS = {
    "Edg": N_("Edge"),
    "OPR": N_("Opera"),
    "SamsungBrowser": N_("Samsung browser"),
    "Firefox": N_("Firefox"),
    "FxiOS": N_("Firefox"),
    "CriOS": N_("Chrome"),
    "Chrome": N_("Chrome"),
    "Safari": N_("Safari"),
}
_SYSTEMS = {
    "Android": N_("Android"),
    "iPhone": N_("iPhone"),
    "iPad": N_("iPad"),
    "Windows": N_("Windows"),
    "Mac OS X": N_("Mac"),
    "CrOS": N_("ChromeOS"),
    "Linux": N_("Linux"),
}


def in_words(user_agent: str) -> str:
    """Browser and system, as far as they can be told: ``Firefox on Windows``."""
    browser, system = _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown device")


def _first(names: dict[str, str], user_agent: str) -> str:
    return next((_(name) for mark, name in names.items() if mark in user_agent), "")
