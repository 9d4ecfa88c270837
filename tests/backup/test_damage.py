"""A backup that is not whole, not ours or not for us is refused, and nothing is touched."""

from __future__ import annotations

import io
import random
import tarfile
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from db import schema
from portal.backup import archive, encryption, restoring
from portal.backup.archive import Writer
from portal.backup.keys import Identity
from portal.backup.manifest import FORMAT, NAME, BackupError, Manifest
from portal.backup.restoring import Place
from portal.backup.unpacking import unpack
from tests.backup.places import ME, tree
from tests.conftest import NOON

FILE = "uploads/ab/ab" + "0" * 30


def a_backup(*, sealed: bool = True, **changed: object) -> bytes:
    """A small archive as ``portal backup`` writes it, with 70 kB of content."""
    plain = io.BytesIO()
    writer = Writer(plain)
    content = random.Random(7).randbytes(70_000)
    for name, data in (("database/000000", content), ("keys/secret_key", b"k" * 48), (FILE, b"%PDF")):
        writer.add(name, data)
    manifest = Manifest(
        format=FORMAT, version="0.1.0", made_at=NOON - timedelta(days=1), server=18, lost=(), tables={},
        migrations=tuple(sorted(schema.known())), parts=tuple(writer.parts),
    )  # fmt: skip
    writer.add(NAME, msgspec.json.encode(msgspec.structs.replace(manifest, **changed)))
    if sealed:
        writer.close()
    return plain.getvalue()


def sealed_to(identity: Identity, plain: bytes) -> bytes:
    out = io.BytesIO()
    with encryption.encrypted(out, [identity.to_public()]) as sink:
        sink.write(plain)
    return out.getvalue()


def refusal(data: bytes, folder: Path, *, identities: tuple[Identity, ...] = (ME,)) -> str:
    """Why it is not restored; nothing is left of the attempt."""
    source = folder / "b.age"
    source.write_bytes(data)
    with pytest.raises(BackupError) as refused:
        restoring.restore(source, Place(data_dir=folder / "new"), list(identities))
    assert tree(folder) == {"b.age": data}
    assert not (folder / "new").exists()
    return str(refused.value)


def test_a_whole_one_is_unpacked_with_every_part_in_its_place(tmp_path):
    (tmp_path / "b.age").write_bytes(sealed_to(ME, a_backup()))
    (tmp_path / "to").mkdir()
    assert unpack(tmp_path / "b.age", tmp_path / "to", [ME]).version == "0.1.0"
    found = tree(tmp_path / "to")
    assert set(found) == {"database.dump", "secret_key", FILE}
    assert found[FILE] == b"%PDF"


@pytest.mark.parametrize("encrypted", [True, False], ids=["encrypted", "plain"])
def test_one_flipped_bit_anywhere_is_noticed(tmp_path, encrypted):
    whole = sealed_to(ME, a_backup()) if encrypted else a_backup()
    draw = random.Random(14)
    ends = [*range(0, 600, 7), *range(len(whole) - 2000, len(whole), 13)]
    for place in [*ends, *draw.sample(range(len(whole)), 150)]:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << draw.randrange(8)
        refusal(bytes(damaged), tmp_path)


@pytest.mark.parametrize("encrypted", [True, False], ids=["encrypted", "plain"])
def test_one_that_was_cut_short_or_has_more_at_its_end_is_refused(tmp_path, encrypted):
    whole = sealed_to(ME, a_backup()) if encrypted else a_backup()
    draw = random.Random(15)
    for length in [0, 1, 20, 512, len(whole) - 1, len(whole) - 80, *draw.sample(range(len(whole)), 60)]:
        refusal(whole[:length], tmp_path)
    assert "damaged or not whole" in refusal(whole + b"\n", tmp_path)


def test_the_wrong_key_or_none_opens_nothing(tmp_path):
    whole = sealed_to(ME, a_backup())
    assert "another key" in refusal(whole, tmp_path, identities=(Identity.generate(),))
    assert "--identity" in refusal(whole, tmp_path, identities=())


def a_tar(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for info, data in members:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def link(name: str, to: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, to
    return info


@pytest.mark.parametrize(
    "foreign",
    [
        b"PK\x03\x04" + bytes(2000),
        b"-----BEGIN PGP MESSAGE-----\n" + b"x" * 2000,
        a_tar((tarfile.TarInfo("../../etc/cron.d/x"), b"x")),
        a_tar((tarfile.TarInfo("/uploads/ab/ab"), b"x")),
        a_tar((tarfile.TarInfo("uploads/ab/cd" + "0" * 30), b"x")),
        a_tar((link("uploads/ab/ab" + "0" * 30, "/etc/passwd"), b"")),
        a_tar((tarfile.TarInfo("keys/pg.json"), b"{}")),
        a_tar(),
    ],
    ids=["zip", "pgp", "outside", "absolute", "wrong shelf", "link", "other key", "empty"],
)
def test_what_is_no_backup_of_ours_is_refused(tmp_path, foreign):
    why = refusal(foreign, tmp_path)
    assert "Nothing was changed" in why
    assert refusal(sealed_to(ME, foreign), tmp_path) == why


def test_parts_that_the_manifest_does_not_name_are_refused(tmp_path):
    assert "not those it was made of" in refusal(a_backup(parts=()), tmp_path)


def test_the_same_file_twice_is_refused(tmp_path):
    out = io.BytesIO()
    writer = Writer(out)
    writer.add(FILE, b"%PDF")
    writer.add(FILE, b"%PDF")
    writer.close()
    assert "can't be used" in refusal(out.getvalue(), tmp_path)


def test_a_backup_of_a_newer_version_asks_for_that_version(tmp_path):
    known = tuple(schema.known())
    newer = a_backup(migrations=(*known, "portal_2031_01_01"), version="9.9")
    assert "Version 9.9 made this backup at 2026-11-20 08:30 UTC" in refusal(newer, tmp_path)
    assert "newer version made it" in refusal(a_backup(format=2), tmp_path)


def test_one_without_the_key_of_the_desk_is_refused(tmp_path):
    out = io.BytesIO()
    writer = Writer(out)
    keyless = msgspec.json.encode({**msgspec.to_builtins(next(manifests())), "parts": (), "migrations": ()})
    writer.add(NAME, keyless)
    writer.close()
    assert "no secret key" in refusal(out.getvalue(), tmp_path)


def manifests():
    for part, data in archive.read(io.BytesIO(a_backup())):
        if part.name == NAME:
            yield msgspec.json.decode(data, type=Manifest)
