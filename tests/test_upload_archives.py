"""Office documents are archives: what may hide in one, and that it does not get in."""

import io
import os
import stat
import struct
import time
import zipfile

import pytest

from portal.i18n import using
from tests.support.sample_files import MAINS, ODF, archive, office, open_document, refusal


@pytest.fixture(autouse=True)
def english():
    with using("en"):
        yield


MACROS = {
    "word": ("a.docx", office("docx", {"word/vbaProject.bin": b"x"})),
    "renamed": (
        "a.docx",
        office(
            "docx", {"word/a.bin": b"x"}, '<Default ContentType="application/vnd.ms-office.vba&#80;roject"/>'
        ),
    ),
    "macro sheet": ("a.xlsx", office("xlsx", {"xl/macrosheets/sheet1.xml": b"x"})),
    "LibreOffice Basic": ("a.odt", open_document("odt", {"Basic/Standard/Module1.xml": b"x"})),
    "LibreOffice Python": ("a.ods", open_document("ods", {"Scripts/python/a.py": b"x"})),
}


@pytest.mark.parametrize("case", MACROS)
async def test_macros_are_refused(tmp_path, case):
    assert "macros" in await refusal(*MACROS[case], tmp_path)


async def test_a_macro_document_under_the_plain_name_is_refused(tmp_path):
    media_type = "application/vnd.ms-word.document.macroEnabled.main+xml"
    types = f'<Types><Override PartName="/word/document.xml" ContentType="{media_type}"/></Types>'
    data = archive({"[Content_Types].xml": types.encode(), "word/document.xml": b"<x/>"})
    assert "macros" in await refusal("a.docx", data, tmp_path)


async def test_a_template_is_not_the_document_it_begins_like(tmp_path):
    data = open_document("odt", media_type=f"{ODF['odt']}-template")
    assert "not the kind of file its name says" in await refusal("a.odt", data, tmp_path)


async def test_a_document_without_its_main_part_is_refused(tmp_path):
    types = office("docx")
    main = MAINS["docx"][0]
    with zipfile.ZipFile(io.BytesIO(types)) as whole:
        rest = {name: whole.read(name) for name in whole.namelist() if name != main}
    assert "not the kind of file its name says" in await refusal("a.docx", archive(rest), tmp_path)


@pytest.mark.parametrize("size", [150, 600])
async def test_an_archive_that_swells_is_refused(tmp_path, size):
    bomb = office("docx", {"word/media/zeros.bin": bytes(size * 2**20 // 100)})
    assert "unpacks to more" in await refusal("a.docx", bomb, tmp_path)


async def test_an_archive_of_honest_ratio_is_still_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("portal.file_kinds.MAX_UNPACKED", 10_000)
    assert "unpacks to more" in await refusal("a.docx", office("docx", {"x": os.urandom(20_000)}), tmp_path)


async def test_too_many_entries_are_refused(tmp_path):
    many = office("docx", {f"word/{n}.xml": b"" for n in range(2001)})
    assert "unpacks to more" in await refusal("a.docx", many, tmp_path)


async def test_a_forged_size_does_not_hide_what_is_inside(tmp_path):
    data = bytearray(office("docx", {"word/z.bin": bytes(50_000)}))
    place = data.rfind(b"PK\x01\x02", 0, data.rfind(b"word/z.bin"))
    data[place + 24 : place + 28] = struct.pack("<I", 10)
    assert "damaged" in await refusal("a.docx", bytes(data), tmp_path)


@pytest.mark.parametrize("name", ["../../etc/cron.d/x", "/etc/passwd", "a/../../b", "C:/x", "a\\..\\b"])
async def test_entries_that_climb_out_are_refused(tmp_path, name):
    assert "damaged" in await refusal("a.docx", office("docx", {name: b"x"}), tmp_path)


async def test_links_in_an_archive_are_refused(tmp_path):
    made = io.BytesIO(office("docx"))
    with zipfile.ZipFile(made, "a") as file:
        link = zipfile.ZipInfo("word/link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(link, "/etc/passwd")
    assert "damaged" in await refusal("a.docx", made.getvalue(), tmp_path)


async def test_the_same_name_twice_is_refused(tmp_path):
    made = io.BytesIO(office("docx"))
    with zipfile.ZipFile(made, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr("word/document.xml", b"<other/>")
    assert "damaged" in await refusal("a.docx", made.getvalue(), tmp_path)


async def test_methods_that_ask_for_much_memory_are_refused(tmp_path):
    main, media_type = MAINS["docx"]
    types = f'<Types><Override PartName="/{main}" ContentType="{media_type}"/></Types>'
    data = archive({"[Content_Types].xml": types.encode(), main: b"<x/>"}, zipfile.ZIP_LZMA)
    assert "damaged" in await refusal("a.docx", data, tmp_path)


async def test_locked_documents_are_refused_with_the_way_out(tmp_path):
    data = bytearray(office("docx"))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(mark) + place] |= 1
    assert "password" in await refusal("a.docx", bytes(data), tmp_path)
    manifest = {"META-INF/manifest.xml": b"<manifest:encryption-data/>"}
    assert "password" in await refusal("a.odt", open_document("odt", manifest), tmp_path)


@pytest.mark.parametrize("cut", [10, 40, 200])
async def test_a_broken_archive_is_a_refusal_and_no_bug(tmp_path, cut):
    data = office("docx")
    assert await refusal("a.docx", data[:-cut], tmp_path)
    assert await refusal("a.docx", data[:40] + bytes(30) + data[70:], tmp_path)


async def test_a_list_of_types_without_end_is_read_in_no_time(tmp_path):
    data = archive({"[Content_Types].xml": b"<Override " * 45_000, "word/document.xml": b"x"})
    started = time.process_time()
    assert await refusal("a.docx", data, tmp_path)
    assert time.process_time() - started < 1


@pytest.mark.parametrize("name", ["a.docx", "a.odt"])
async def test_a_reference_of_thousands_of_digits_is_a_refusal_and_no_bug(tmp_path, name):
    endless = b"&#" + b"9" * 5000 + b";"
    parts = {
        "a.docx": {"[Content_Types].xml": endless, "word/document.xml": b"x"},
        "a.odt": {"META-INF/manifest.xml": endless, "content.xml": b"x"},
    }[name]
    data = archive(parts) if name == "a.docx" else open_document("odt", parts)
    assert "damaged" in await refusal(name, data, tmp_path)
