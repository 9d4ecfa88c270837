"""Files from visitors: what is taken, what is refused, and how it lies on the disk."""

import hashlib
import os
import stat

import pytest

from portal import uploads
from portal.i18n import using
from portal.uploads import Refused, discard, path_of, receive, receive_all
from tests.support.sample_files import GOOD, PDF, an_upload, archive, jpeg, kept_in, office, png, refusal


@pytest.fixture(autouse=True)
def english():
    with using("en"):
        yield


@pytest.mark.parametrize("name", GOOD)
async def test_each_allowed_kind_is_taken(tmp_path, name):
    stored = await receive(an_upload(name, GOOD[name]), tmp_path)
    assert path_of(tmp_path, stored.stored_as).read_bytes() == GOOD[name]
    assert (stored.name, stored.size) == (name, len(GOOD[name]))


async def test_the_digest_is_of_the_bytes_as_received(tmp_path):
    stored = await receive(an_upload("a.pdf", PDF), tmp_path)
    assert stored.sha256 == hashlib.sha256(PDF).hexdigest()


async def test_a_file_is_kept_under_a_random_name_that_only_we_and_our_group_read(tmp_path):
    before = os.umask(0o077)
    try:
        stored = await receive(an_upload("a.pdf", PDF), tmp_path)
    finally:
        os.umask(before)
    path = path_of(tmp_path, stored.stored_as)
    assert path == tmp_path / stored.stored_as[:2] / stored.stored_as
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert kept_in(tmp_path) == [path]


async def test_text_in_the_old_windows_spelling_is_taken(tmp_path):
    stored = await receive(an_upload("a.txt", "سلام دنيا".encode("cp1256")), tmp_path)
    assert stored.media_type == "text/plain"


@pytest.mark.parametrize(
    ("name", "declared"),
    [
        ("a.csv", "application/vnd.ms-excel"),
        ("a.pdf", "application/octet-stream"),
        ("a.txt", "text/plain; charset=utf-8"),
        ("a.docx", "application/zip"),
        ("a.jpg", "IMAGE/JPEG"),
    ],
)
async def test_what_browsers_call_it_is_believed_where_it_fits(tmp_path, name, declared):
    assert await receive(an_upload(name, GOOD[name], declared), tmp_path)


@pytest.mark.parametrize(("name", "declared"), [("a.pdf", "text/html"), ("a.png", "image/svg+xml")])
async def test_a_declared_type_that_does_not_fit_is_refused(tmp_path, name, declared):
    assert "not the kind of file its name says" in await refusal(name, GOOD[name], tmp_path, declared)


@pytest.mark.parametrize(
    "name", ["a.svg", "a.html", "a.exe", "a.docm", "a.zip", "a", "a.pdf.exe", "pdf", "a.gif", "a.pdf:b.js"]
)
async def test_other_kinds_are_refused_with_the_list_of_those_we_take(tmp_path, name):
    message = await refusal(name, PDF, tmp_path)
    assert "PDF, PNG" in message


async def test_an_empty_file_is_refused(tmp_path):
    assert "empty" in await refusal("a.pdf", b"", tmp_path)


async def test_a_file_over_the_limit_is_refused(tmp_path):
    message = await refusal("a.pdf", PDF + bytes(uploads.MAX_FILE), tmp_path)
    assert "10 MB" in message


@pytest.mark.parametrize(("name", "other"), [(a, b) for a in GOOD for b in GOOD if a[2:4] != b[2:4]])
async def test_no_kind_passes_under_the_name_of_another(tmp_path, name, other):
    if {name, other} == {"a.txt", "a.csv"}:
        return
    assert await refusal(name, GOOD[other], tmp_path)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
POLYGLOTS = {
    "svg as image": ("a.png", SVG),
    "svg as text": ("a.txt", SVG),
    "page as text": ("a.txt", b"<!DOCTYPE html><title>x</title>"),
    "page after a greeting": ("a.csv", "سلام,\n<ScRiPt >alert(1)</script>".encode()),
    "page in the old spelling": ("a.txt", "سلام <html>".encode("cp1256")),
    "script of a server": ("a.txt", b"<?php system($_GET[0]);"),
    "rtf as text": ("a.txt", b"{\\rtf1 hello}"),
    "archive after a picture": ("a.png", png() + archive({"x": b"x"})),
    "archive after a photograph": ("a.jpg", jpeg() + archive({"x": b"x"})),
    "archive after a document": ("a.pdf", PDF + archive({"x": b"x"}) + b"%%EOF"),
    "page before a document": ("a.pdf", b"<html>" + PDF),
    "page before an archive": ("a.docx", b"PK\x03\x04<html></html>" + office("docx")),
    "something after an archive": ("a.docx", office("docx") + b"<html>"),
    "gif as text": ("a.txt", b"GIF89a=1;alert(1)"),
    "old office": ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)),
    "UTF-16": ("a.txt", "سلام".encode("utf-16")),
    "bytes without sense": ("a.csv", bytes(range(1, 256))),
    "picture cut off": ("a.png", png()[:12]),
    "photograph without a frame": ("a.jpg", b"\xff\xd8\xff\xe0\0\x04ab\xff\xd9"),
    "document cut off": ("a.pdf", b"%PDF-1.7\n1 0 obj"),
}


@pytest.mark.parametrize("case", POLYGLOTS)
async def test_a_file_with_two_faces_is_refused(tmp_path, case):
    assert await refusal(*POLYGLOTS[case], tmp_path)


async def test_a_picture_of_too_many_pixels_is_refused_unopened(tmp_path):
    assert "pixels" in await refusal("a.png", png(30_000, 30_000), tmp_path)
    assert "pixels" in await refusal("a.jpg", jpeg(20_000, 20_000), tmp_path)


async def test_s37_a_picture_is_kept_as_received_with_where_it_was_taken(tmp_path):
    """Its digest stands on the receipt; pages never show it inline, they only hand it out."""
    told = b"Exif\0\0MM\0*\0\0\0\x08GPSLatitude 35.7"
    picture = jpeg()[:2] + b"\xff\xe1" + (len(told) + 2).to_bytes(2, "big") + told + jpeg()[2:]
    stored = await receive(an_upload("a.jpg", picture), tmp_path)
    assert path_of(tmp_path, stored.stored_as).read_bytes() == picture


async def test_a_picture_without_size_is_refused(tmp_path):
    assert "damaged" in await refusal("a.png", png(0, 5), tmp_path)


# ---- Names, places, limits ----


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\x\\نامه.pdf", "نامه.pdf"),
        ("a\u202efdp.exe\u202c.pdf", "afdp.exe.pdf"),
        ("a\r\nSet-Cookie: x\x1b[2J.pdf", "a Set-Cookie: x[2J.pdf"),
        ("  نامه\u200cها .PDF ", "نامه\u200cها.PDF"),
        ("كتاب ي.pdf", "کتاب ی.pdf"),
        (". .pdf", "file.pdf"),
        ("x" * 5000 + ".pdf", "x" * 179 + ".pdf"),
    ],
)
async def test_a_hostile_name_is_only_ever_text(tmp_path, typed, kept):
    stored = await receive(an_upload(typed, PDF), tmp_path)
    assert stored.name == kept
    assert path_of(tmp_path, stored.stored_as).is_relative_to(tmp_path)


@pytest.mark.parametrize("name", ["../secret_key", "", "a" * 31, "A" * 32, "a" * 32 + "\n"])
def test_no_path_is_made_of_anything_but_our_own_names(tmp_path, name):
    with pytest.raises(ValueError, match="no stored file"):
        path_of(tmp_path, name)


async def test_a_discarded_file_is_gone_and_may_be_discarded_again(tmp_path):
    stored = await receive(an_upload("a.pdf", PDF), tmp_path)
    for _time in range(2):
        discard(tmp_path, stored.stored_as)
    assert not path_of(tmp_path, stored.stored_as).exists()


async def test_a_full_disk_is_refused_kindly(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "LEAST_FREE", 2**62)
    assert "try again later" in await refusal("a.pdf", PDF, tmp_path)


async def test_a_folder_that_cannot_be_written_is_refused_kindly(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Refused, match="try again later"):
        await receive(an_upload("a.pdf", PDF), tmp_path / "file")


async def test_files_that_belong_together_are_stored_together_or_not_at_all(tmp_path):
    chosen = [
        ("f_a", "a", an_upload("a.pdf", PDF)),
        ("f_b", "b", an_upload("b.svg", SVG)),
        ("attachments", "", an_upload("c.txt", b"")),
    ]
    received = await receive_all(chosen, tmp_path)
    assert (received.files, list(received.errors)) == ((), ["f_b", "attachments"])
    assert not kept_in(tmp_path)


async def test_each_file_remembers_the_question_it_answers(tmp_path):
    received = await receive_all([("f_a", "a", an_upload("a.pdf", PDF))], tmp_path)
    assert [file.field for file in received.files] == ["a"]


async def test_more_than_ten_files_are_refused(tmp_path):
    chosen = [("attachments", "", an_upload("a.pdf", PDF)) for _file in range(11)]
    assert "At most 10" in (await receive_all(chosen, tmp_path)).errors["attachments"]


async def test_files_that_are_too_large_together_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_TOTAL", 3 * len(PDF))
    chosen = [("attachments", "", an_upload("a.pdf", PDF)) for _file in range(4)]
    assert (await receive_all(chosen, tmp_path)).errors
    assert not (await receive_all(chosen[:3], tmp_path)).errors
