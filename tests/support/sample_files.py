"""Files of every kind, made by hand."""

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from portal.uploads import Refused, receive

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
OOXML = "application/vnd.openxmlformats-officedocument."
MAINS = {
    "docx": ("word/document.xml", f"{OOXML}wordprocessingml.document.main+xml"),
    "xlsx": ("xl/workbook.xml", f"{OOXML}spreadsheetml.sheet.main+xml"),
    "pptx": ("ppt/presentation.xml", f"{OOXML}presentationml.presentation.main+xml"),
}
ODF = {
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}


@dataclass
class Sent:
    """A file as a form hands it over."""

    filename: str
    content_type: str
    file: io.BytesIO


def an_upload(name: str, data: bytes, declared: str = "") -> Sent:
    return Sent(name, declared, io.BytesIO(data))


def png(width: int = 2, height: int = 2) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * (1 + 3 * 2) * 2)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg(width: int = 2, height: int = 2) -> bytes:
    frame = struct.pack(">BHHB", 8, height, width, 3) + bytes(9)
    return b"\xff\xd8\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame + b"\xff\xd9"


def webp() -> bytes:
    frame = b"\x30\x01\x00\x9d\x01\x2a" + struct.pack("<HH", 2, 2)
    body = b"WEBPVP8 " + struct.pack("<I", len(frame)) + frame
    return b"RIFF" + struct.pack("<I", len(body)) + body


def archive(parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as file:
        for name, data in parts.items():
            file.writestr(name, data, zipfile.ZIP_STORED if name == "mimetype" else method)
    return made.getvalue()


def office(kind: str, more: dict[str, bytes] | None = None, extra_types: str = "") -> bytes:
    main, media_type = MAINS[kind]
    types = f'<Types><Override PartName="/{main}" ContentType="{media_type}"/>{extra_types}</Types>'
    return archive({"[Content_Types].xml": types.encode(), main: b"<x/>", **(more or {})})


def open_document(kind: str, more: dict[str, bytes] | None = None, media_type: str = "") -> bytes:
    parts = {
        "mimetype": (media_type or ODF[kind]).encode(),
        "META-INF/manifest.xml": b"<manifest/>",
        "content.xml": b"<x/>",
    }
    return archive({**parts, **(more or {})})


GOOD = {
    "a.pdf": PDF,
    "a.png": png(),
    "a.jpg": jpeg(),
    "a.jpeg": jpeg(),
    "a.webp": webp(),
    "a.docx": office("docx"),
    "a.xlsx": office("xlsx"),
    "a.pptx": office("pptx"),
    "a.odt": open_document("odt"),
    "a.ods": open_document("ods"),
    "a.txt": "سلام\r\nدنیا\t۱۲۳".encode(),
    "a.csv": "\ufeffنام،مقدار\nقم،۱۲".encode(),
}


def kept_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def refusal(name: str, data: bytes, folder: Path, declared: str = "") -> str:
    with pytest.raises(Refused) as refused:
        await receive(an_upload(name, data, declared), folder)
    assert not kept_in(folder)
    return str(refused.value)
