"""Tagged PDF (PDF/UA-1) from a Typst template and data; the same input gives the same bytes.

What people wrote reaches a template as JSON only, so that nothing of it is ever read as markup or as a command.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import typst

T = TypeVar("T")
TEMPLATES = Path(__file__).parent.parent / "templates"
FONTS = TEMPLATES / "_print" / "fonts"
REMEMBER = 64
"""How many of the latest documents are kept in this process, each some 50 KB."""
BEHIND_PAGES = 10


def _step_back() -> None:
    """On Linux, where threads have a priority of their own, pages come first."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), BEHIND_PAGES)


# One thread: two requests for one document make it once, and a crowd leaves the other cores to pages. Typst runs
# outside of Python's lock, so that nobody waits for this thread; whatever runs in Python needs another one.
_PRINTER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pdf", initializer=_step_back)
_DRAWER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pdf-data")


async def document(template: str, data: Any, *, at: datetime) -> bytes:
    """``templates/<template>`` filled with ``data`` (anything msgspec writes as JSON), dated ``at``."""
    written = msgspec.json.encode(data, order="sorted").decode()
    return await asyncio.get_running_loop().run_in_executor(_PRINTER, _print, template, written, at)


async def personal(template: str, data: Any, *, at: datetime) -> bytes:
    """As ``document``, for what is about one person: it stays in no memory."""
    written = msgspec.json.encode(data, order="sorted").decode()
    return await asyncio.get_running_loop().run_in_executor(_PRINTER, _compile, template, written, at)


async def beside_the_loop(make: Callable[..., T], *given: Any) -> T:
    """What ``make`` gives for ``given``, in this request's language but beside its loop: drawing a square code takes
    as long as a page.
    """
    run = contextvars.copy_context().run
    return await asyncio.get_running_loop().run_in_executor(_DRAWER, partial(run, make, *given))


def _compile(template: str, data: str, at: datetime) -> bytes:
    made = typst.compile(
        TEMPLATES / template,
        root=TEMPLATES,
        font_paths=_fonts(),
        sys_inputs={"data": data},
        format="pdf",
        pdf_standards=["ua-1"],
        timestamp=int(at.timestamp()),
    )
    assert isinstance(made, bytes)
    return made


_print = lru_cache(maxsize=REMEMBER)(_compile)


@cache
def _fonts() -> typst.Fonts:
    """Ours only: a font of the machine would make other bytes on another one."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
