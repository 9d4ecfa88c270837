"""Reads what an HTML form sent. Whatever is wrong with it is the sender's error, never ours.

Litestar 2.25's own ``request.form()`` is not used: a part may name the codec it is decoded with (an unknown
one or bad UTF-8 becomes a 500, ``punycode`` stalls the process: 2.4 s for 100 kB, growing with the square),
and it keeps the last 1,024 url-encoded bodies, passwords and all, in memory.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from litestar import Request
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.exceptions import ClientException, InternalServerException
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE
from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
)

from portal.errors import BadRequest, PortalError, TooLarge
from portal.i18n import _

MAX_FIELDS = 1000
MAX_TEXT = 1_000_000
"""Bytes of all texts of one form together: they are held in memory, files are not."""
UTF_8 = {"utf-8", "utf8", "us-ascii", "ascii"}


async def parse_form(request: Request[Any, Any, Any]) -> FormMultiDict:
    """The fields and files of a posted form, in the order sent; empty for any other content type.

    The caller closes it. Raises BadRequest for what can't be read as UTF-8 text without NUL, TooLarge for too
    many parts, over a megabyte of text, or a body over the handler's ``request_max_body_size``.
    """
    return await _parse(request, _Parts())


async def parse_texts(request: Request[Any, Any, Any]) -> FormMultiDict:
    """As ``parse_form``, without the files: they are dropped as they come. For people who may not send them."""
    form = await _parse(request, _Texts())
    await form.close()
    return FormMultiDict([(name, value) for name, value in form.multi_items() if isinstance(value, str)])


async def _parse(request: Request[Any, Any, Any], parts: _Parts) -> FormMultiDict:
    kind, options = request.content_type
    try:
        if kind == "multipart/form-data":
            return await _multipart(request, options.get("boundary") or "", parts)
        if kind == "application/x-www-form-urlencoded":
            return _url_encoded(await request.body())
    except ClientException as error:
        too_large = error.status_code == HTTP_413_REQUEST_ENTITY_TOO_LARGE
        raise (_too_large() if too_large else _unreadable()) from error
    except InternalServerException as error:
        # Litestar 2.25 reports a visitor who hung up in the middle of sending as our fault.
        raise _unreadable() from error
    return FormMultiDict([])


def _url_encoded(body: bytes) -> FormMultiDict:
    if body.count(b"&") >= MAX_FIELDS:
        raise _too_large()
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError as error:
        raise _unreadable() from error
    return FormMultiDict([(name, _clean(value)) for name, value in fields])


async def _multipart(request: Request[Any, Any, Any], boundary: str, parts: _Parts) -> FormMultiDict:
    try:
        with PushMultipartParser(boundary, max_segment_count=request.app.multipart_form_part_limit) as parser:
            async for chunk in request.stream():
                # After the closing boundary the rest is read and dropped, up to the limit of the body.
                for event in () if parser.closed else parser.parse(chunk):
                    await parts.take(event)
    except ParserLimitReached as error:
        await parts.close()
        raise _too_large() from error
    except (MultipartError, UnicodeDecodeError) as error:
        await parts.close()
        raise _unreadable() from error
    except BaseException:
        await parts.close()
        raise
    return FormMultiDict(parts.done)


class _Parts:
    """Collects the parser's events: a segment's head, its bytes, and None at its end."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str | UploadFile]] = []
        self.name = ""
        self.file: UploadFile | None = None
        self.text = bytearray()
        self.text_size = 0

    async def take(self, event: MultipartSegment | bytes | bytearray | None) -> None:
        if isinstance(event, MultipartSegment):
            self._begin(event)
        elif event is None:
            await self._end()
        elif self.file is not None:
            await self._keep(self.file, event)
        else:
            self.text_size += len(event)
            if self.text_size > MAX_TEXT:
                raise _too_large()
            self.text += event

    def _begin(self, segment: MultipartSegment) -> None:
        if (segment.charset or "utf-8").lower() not in UTF_8:
            raise _unreadable()
        self.name, self.text = segment.name, bytearray()
        # A file field left empty sends an empty name; it then counts as an empty text, as in Litestar.
        if segment.filename:
            self.file = UploadFile(
                content_type=segment.content_type or "application/octet-stream",
                filename=_clean(segment.filename),
                headers=dict(segment.headerlist),
            )

    async def _keep(self, file: UploadFile, data: bytes | bytearray) -> None:
        await file.write(data)

    async def _end(self) -> None:
        if self.file is None:
            self.done.append((self.name, _clean(self.text.decode())))
            return
        await self.file.seek(0)
        self.done.append((self.name, self.file))
        self.file = None

    async def close(self) -> None:
        """Drop every file received so far."""
        for file in (self.file, *(value for _name, value in self.done)):
            if isinstance(file, UploadFile):
                await file.close()


class _Texts(_Parts):
    """Files stay empty."""

    async def _keep(self, file: UploadFile, data: bytes | bytearray) -> None:
        pass


def _clean(text: str) -> str:
    # PostgreSQL stores no NUL; without this check every text field would be a way to a 500.
    if "\0" in text:
        raise _unreadable()
    return text


def _unreadable() -> PortalError:
    return BadRequest(_("What your browser sent can't be read. Please go back and send it again."))


def _too_large() -> PortalError:
    return TooLarge(_("That was more than this page can take at once."))
