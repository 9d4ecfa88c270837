"""What a file really is, judged by its name, the type the browser declared and its bytes, which must agree.

Pure: nothing is read, written or unpacked to disk. ``recognise`` may take a second of computing for an
archive that unpacks to a hundred megabytes, so call it in a thread.
"""

from __future__ import annotations

import html
import io
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable

import imagesize
import msgspec

from portal.i18n import N_

MAX_PIXELS = 100_000_000
MAX_ENTRIES = 2000
MAX_UNPACKED = 100 * 2**20  # bytes
MAX_RATIO = 100
# Real photographs name their size within this; the reader steps byte by byte through what is no photograph.
_IMAGE_HEAD = 2 * 2**20
_CHUNK = 2**16
_LONGEST_LIST = 2**20  # bytes of an archive's own list of parts; two thousand entries need a fifth of it

UNKNOWN = N_("We can't take files like %(name)s. Please send one of these kinds: %(kinds)s.")
MISMATCH = N_(
    "%(name)s is not the kind of file its name says. Please save it in the right format and send that."
)
DAMAGED = N_("%(name)s can't be read; it may be damaged. Please save it again and send the new file.")
LOCKED = N_("%(name)s is locked with a password. Please send it without one.")
MACROS = N_("%(name)s holds macros. Please save it without macros and send that.")
SWELLING = N_("%(name)s unpacks to more than we can take. Please send it in parts, or as PDF.")
PIXELS = N_("%(name)s has too many pixels: at most 100 million fit. Please send a smaller image.")
WEB_PAGE = N_("%(name)s holds the code of a web page. Please send it as PDF.")
ENCODING = N_("%(name)s has a text encoding we can't read. Please save it as UTF-8 text.")


class Unfit(Exception):
    """The file can't be taken; the text is one of the messages above, with ``%(name)s`` still open."""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """``declared`` are the other types browsers call it by; ``check`` raises Unfit."""

    media_type: str
    declared: tuple[str, ...] = ()
    check: Callable[[bytes], None]


def recognise(extension: str, declared: str, data: bytes) -> str:
    """The media type of ``data``, by which it may be kept and given out. Raises Unfit.

    ``extension`` is lower case without the dot; ``declared`` is the browser's word, empty where it gave none.
    """
    kind = KINDS.get(extension)
    if kind is None:
        raise Unfit(UNKNOWN)
    word = declared.partition(";")[0].strip().lower()
    if word not in ("", "application/octet-stream", "binary/octet-stream", kind.media_type, *kind.declared):
        raise Unfit(MISMATCH)
    kind.check(data)
    return kind.media_type


# ---- PDF and images ----


def _check_pdf(data: bytes) -> None:
    if not data.startswith(b"%PDF-"):
        raise Unfit(MISMATCH)
    if b"%%EOF" not in data[-2048:]:
        raise Unfit(DAMAGED)
    _refuse_second_face(data)


def _image(*, magic: re.Pattern[bytes]) -> Callable[[bytes], None]:
    def check(data: bytes) -> None:
        if not magic.match(data):
            raise Unfit(MISMATCH)
        width, height = imagesize.get(io.BytesIO(data[:_IMAGE_HEAD]), exif_rotation=False)
        if width < 1 or height < 1:
            raise Unfit(DAMAGED)
        if width * height > MAX_PIXELS:
            raise Unfit(PIXELS)
        _refuse_second_face(data)

    return check


def _refuse_second_face(data: bytes) -> None:
    """An archive glued to the end makes one file two: viewers see the picture, others unpack the rest."""
    if zipfile.is_zipfile(io.BytesIO(data)):
        raise Unfit(MISMATCH)


# ---- Text ----

_WEB = re.compile(
    rb"<!doctype|<\?(?:xml|php)|</?(?:html|head|body|script|svg|iframe|object|embed|style|meta|link)\b", re.I
)
_BINARY = (b"%PDF-", b"%!PS", b"{\\rtf", b"GIF8")
_LINE = "\t\n\r\x0c"


def _check_text(data: bytes) -> None:
    if data.startswith(_BINARY):
        raise Unfit(MISMATCH)
    if _WEB.search(data):
        raise Unfit(WEB_PAGE)
    for codec in ("utf-8-sig", "cp1256"):
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        # Windows-1256 gives every byte a meaning: only the absence of controls tells text from the rest.
        seen = {character for character in set(text) if unicodedata.category(character) == "Cc"}
        if seen <= set(_LINE):
            return
        break
    raise Unfit(ENCODING)


# ---- Archives: the office formats ----

_END_RECORD = b"PK\x05\x06"
_CENTRAL_HEADER = b"PK\x01\x02"
_ENCRYPTED = 0x1 | 0x40 | 0x2000  # the entry, strongly, the directory
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # LZMA may ask for gigabytes of memory
# What the standard library raises for archives that are cut off, forged or contradict themselves.
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, RuntimeError, OverflowError)
_MACRO_PARTS = re.compile(r"vbaproject|vbadata|macrosheets?/|(?:^|/)(?:basic|scripts)/", re.I)
_MACRO_TYPES = re.compile(r"macroenabled|vbaproject|macrosheet", re.I)
_OVERRIDE = re.compile(r"<(?:\w+:)?Override\b[^<>]*>")  # [^>] would be quadratic
_PART_NAME = re.compile(r"""\bPartName\s*=\s*["']/([^"']+)["']""")


def _office(*, main: str) -> Callable[[bytes], None]:
    """A check for Office Open XML whose main part has the content type ``main``."""

    def check(data: bytes) -> None:
        parts = _unpacked(data, keep=("[Content_Types].xml",))
        # As XML may write any letter as a reference, these are read before looking for words.
        types = _read_xml(parts.pop("[Content_Types].xml", b""))
        if _MACRO_TYPES.search(types):
            raise Unfit(MACROS)
        mains = [tag for tag in _OVERRIDE.findall(types) if f'"{main}"' in tag or f"'{main}'" in tag]
        named = {found[1] for tag in mains if (found := _PART_NAME.search(tag))}
        if not named & parts.keys():
            raise Unfit(MISMATCH)

    return check


def _open_document(*, media_type: str) -> Callable[[bytes], None]:
    """A check for OpenDocument, which says its type in its first, uncompressed entry."""

    def check(data: bytes) -> None:
        parts = _unpacked(data, keep=("mimetype", "META-INF/manifest.xml"))
        # The first entry's name begins 30 bytes after its header does.
        if data[30:38] != b"mimetype" or parts["mimetype"] != media_type.encode():
            raise Unfit(MISMATCH)
        if not {"content.xml", "META-INF/manifest.xml"} <= parts.keys():
            raise Unfit(DAMAGED)
        if "encryption-data" in _read_xml(parts["META-INF/manifest.xml"]):
            raise Unfit(LOCKED)

    return check


def _read_xml(data: bytes) -> str:
    """The text of an XML part with its references read, so that words in it can be looked for."""
    try:
        return html.unescape(data.decode("utf-8-sig", "replace"))
    except ValueError as error:  # a reference of thousands of digits
        raise Unfit(DAMAGED) from error


def _unpacked(data: bytes, *, keep: tuple[str, ...]) -> dict[str, bytes]:
    """The names in the archive with the bytes of those in ``keep``; every entry was unpacked once.

    Raises Unfit when anything about it could surprise whoever opens it.
    """
    if not data.startswith(b"PK\x03\x04"):
        # Office keeps locked documents in its old container.
        raise Unfit(LOCKED if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") else MISMATCH)
    # Before zipfile makes an object of each: 10 MiB have room for 200,000 entries.
    if data.count(_CENTRAL_HEADER) > MAX_ENTRIES:
        raise Unfit(SWELLING)
    # With its end record last and (below) an entry first, nothing else is in front of it or behind it.
    if data[-22:-18] != _END_RECORD:
        raise Unfit(DAMAGED)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_entries(entries)
            return _stream(archive, entries, keep, most=min(MAX_UNPACKED, MAX_RATIO * len(data)))
    except _BROKEN as error:
        raise Unfit(DAMAGED) from error


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    if len(set(names)) < len(names) or min(entry.header_offset for entry in entries) != 0:
        raise Unfit(DAMAGED)
    for entry in entries:
        if entry.flag_bits & _ENCRYPTED:
            raise Unfit(LOCKED)
        if _is_hostile(entry) or entry.compress_type not in _METHODS:
            raise Unfit(DAMAGED)
        if _MACRO_PARTS.search(entry.filename):
            raise Unfit(MACROS)


def _is_hostile(entry: zipfile.ZipInfo) -> bool:
    """Whether unpacking it to a disk could write or point anywhere but below the chosen folder."""
    name = entry.orig_filename
    absolute = name.startswith("/") or name[1:2] == ":"
    climbs = ".." in name.split("/") or "\\" in name or "\0" in name
    return absolute or climbs or stat.S_ISLNK(entry.external_attr >> 16)


def _stream(
    archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], keep: tuple[str, ...], *, most: int
) -> dict[str, bytes]:
    """Unpack everything piece by piece and count: what the archive says about its sizes may be a lie."""
    parts: dict[str, bytes] = {}
    total = 0
    for entry in entries:
        kept = bytearray()
        with archive.open(entry) as part:
            while piece := part.read(_CHUNK):
                total += len(piece)
                if total > most:
                    raise Unfit(SWELLING)
                if entry.filename in keep:
                    kept += piece
                if len(kept) > _LONGEST_LIST:
                    raise Unfit(DAMAGED)
        parts[entry.filename] = bytes(kept)
    return parts


_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
_ZIP = ("application/zip", "application/x-zip-compressed")
_JPEG = Kind(
    media_type="image/jpeg",
    declared=("image/jpg", "image/pjpeg"),
    check=_image(magic=re.compile(rb"\xff\xd8\xff")),
)


def _office_kind(name: str) -> Kind:
    return Kind(media_type=_OOXML + name, declared=_ZIP, check=_office(main=f"{_OOXML}{name}.main+xml"))


def _open_kind(name: str) -> Kind:
    return Kind(media_type=_ODF + name, declared=_ZIP, check=_open_document(media_type=_ODF + name))


KINDS: dict[str, Kind] = {
    "pdf": Kind(media_type="application/pdf", declared=("application/x-pdf",), check=_check_pdf),
    "png": Kind(media_type="image/png", check=_image(magic=re.compile(rb"\x89PNG\r\n\x1a\n"))),
    "jpg": _JPEG,
    "jpeg": _JPEG,
    "webp": Kind(media_type="image/webp", check=_image(magic=re.compile(rb"RIFF....WEBP", re.S))),
    "docx": _office_kind("wordprocessingml.document"),
    "xlsx": _office_kind("spreadsheetml.sheet"),
    "pptx": _office_kind("presentationml.presentation"),
    "odt": _open_kind("text"),
    "ods": _open_kind("spreadsheet"),
    "txt": Kind(media_type="text/plain", check=_check_text),
    # Windows with Excel calls every CSV its own.
    "csv": Kind(
        media_type="text/csv",
        declared=("text/plain", "application/csv", "text/x-csv", "application/vnd.ms-excel"),
        check=_check_text,
    ),
}
