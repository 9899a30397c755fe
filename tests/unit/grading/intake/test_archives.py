"""Archives are read within limits, and none of them writes where it likes."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from .conftest import GOOD, said, texts


def zipped(place: Path, files: dict[str, str | bytes], **options) -> Path:
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return place


def tarred(
    place: Path, members: list[tarfile.TarInfo | tuple[str, str]], mode: str = "w:gz"
) -> Path:
    with tarfile.open(place, mode) as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1].encode())
                archive.addfile(info, io.BytesIO(member[1].encode()))
    return place


def special(name: str, kind: bytes, target: str = "/etc/passwd") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def test_a_zip_is_read(tmp_path, take):
    files = {
        "hand in/lab01_toys/answers.py": GOOD,
        "__MACOSX/hand in/._answers.py": "junk",
        "hand in/.git/config": "junk",
    }
    (one,) = take(zipped(tmp_path / "ada.zip", files))
    assert texts(one) == {"answers.py": GOOD}
    assert (one.student, one.source) == ("ada", str(tmp_path / "ada.zip"))


def test_backslashes_of_windows_are_read(tmp_path, take):
    (one,) = take(
        zipped(tmp_path / "ada.zip", {"lab01_toys\\": "", "lab01_toys\\answers.py": GOOD})
    )
    assert texts(one) == {"answers.py": GOOD}


@pytest.mark.parametrize(
    ("ending", "mode"),
    [(".tar", "w"), (".tar.gz", "w:gz"), (".tar.bz2", "w:bz2"), (".txz", "w:xz")],
)
def test_a_tar_is_read(tmp_path, take, ending, mode):
    big = ("lab01_toys/data.txt", "0123456789" * 50_000)
    place = tarred(tmp_path / f"ada{ending}", [("lab01_toys/answers.py", GOOD), big], mode)
    (one,) = take(place)
    assert texts(one) == {"answers.py": GOOD, "data.txt": big[1]}
    assert one.student == "ada"


@pytest.mark.parametrize(
    "name",
    ["../answers.py", "/answers.py", "a/../../answers.py", "C:\\answers.py", "..\\answers.py"],
)
def test_an_archive_writes_nowhere_else(tmp_path, take, name):
    for place in (
        zipped(tmp_path / "a.zip", {"answers.py": GOOD, name: "evil"}),
        tarred(tmp_path / "a.tgz", [("answers.py", GOOD), (name, "evil")]),
    ):
        text = said(take(place))
        assert "names a file outside itself" in text or "an absolute path" in text
        assert "under their own names" in text
    assert {p.name for p in tmp_path.iterdir()} == {"a.zip", "a.tgz", "into"}


def test_a_nul_in_a_name_is_refused(tmp_path, take):
    place = zipped(tmp_path / "a.zip", {"answers.pyX.txt": GOOD})
    place.write_bytes(place.read_bytes().replace(b"answers.pyX", b"answers.py\0"))
    assert "has a NUL character in a name" in said(take(place))


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_of_a_tar_are_refused(tmp_path, take, kind):
    place = tarred(tmp_path / "a.tgz", [("answers.py", GOOD), special("data.py", kind)])
    assert "data.py is none" in said(take(place))


def test_links_of_a_zip_are_refused(tmp_path, take):
    link = zipfile.ZipInfo("answers.py")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert "answers.py is none" in said(take(tmp_path / "a.zip"))


@pytest.mark.parametrize(
    "other", ["Answers.py", "ANSWERS.PY", "answers.py/inner.py", "aux.txt", "nul"]
)
def test_names_that_collide_or_are_reserved_are_refused(tmp_path, take, other):
    assert "name" in said(take(zipped(tmp_path / "a.zip", {"answers.py": GOOD, other: ""})))


def test_one_name_twice_is_refused(tmp_path, take):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("answers.py", GOOD)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("answers.py", "evil")
    assert "It holds two files of one name." in said(take(tmp_path / "a.zip"))
    twice = [("answers.py", GOOD), ("./answers.py", "evil")]
    assert "two files of one name" in said(take(tarred(tmp_path / "a.tgz", twice)))


def test_bombs_are_stopped(tmp_path, take, monkeypatch):
    zeros = "\0" * (3 << 20)
    for place in (
        zipped(tmp_path / "a.zip", {"answers.py": zeros}),
        tarred(tmp_path / "a.tgz", [("answers.py", zeros)]),
        tarred(tmp_path / "a.txz", [("answers.py", zeros)], "w:xz"),
        tarred(tmp_path / "a.tbz2", [("answers.py", zeros)], "w:bz2"),
    ):
        text = said(take(place))
        assert "The archive is too large to be judged." in text
        assert "unpacks to" in text
    monkeypatch.setattr("lab_kit.grading.intake.archive.BIGGEST", 10)
    assert "MB are allowed" in said(take(zipped(tmp_path / "b.zip", {"answers.py": GOOD})))


def test_a_size_that_lies_is_not_believed(tmp_path, take):
    place = zipped(tmp_path / "a.zip", {"answers.py": "x" * 100_000})
    data = place.read_bytes()
    place.write_bytes(data.replace((100_000).to_bytes(4, "little"), (50).to_bytes(4, "little")))
    assert "The archive could not be read." in said(take(place))


def test_a_sparse_file_is_refused(tmp_path, take):
    info = tarfile.TarInfo("answers.py")
    info.pax_headers = {"GNU.sparse.map": "0,1", "GNU.sparse.size": str(1 << 40)}
    place = tmp_path / "a.tar"
    with tarfile.open(place, "w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info)
    assert "answers.py is none" in said(take(place))


def test_a_size_below_zero_is_no_endless_loop(tmp_path, take):
    for kind in (tarfile.REGTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE):
        head = bytearray(special("answers.py", kind, "").tobuf(tarfile.GNU_FORMAT)[:512])
        head[124:136] = b"\xff" * 10 + b"\xfc\x00"
        head[148:156] = b" " * 8
        head[148:156] = b"%06o\0 " % sum(head)
        place = tmp_path / "a.tar"
        place.write_bytes(bytes(head) + b"\0" * 1024)
        assert "The archive could not be read. It holds a file of less than nothing." in said(
            take(place)
        )


def test_a_hundred_thousand_names_are_refused(tmp_path, take, monkeypatch):
    monkeypatch.setattr("lab_kit.grading.intake.archive.MOST_NAMES", 20)
    many = {f"{n}.txt": "" for n in range(30)}
    assert "too large" in said(take(zipped(tmp_path / "a.zip", {"answers.py": GOOD, **many})))
    assert "too large" in said(take(tarred(tmp_path / "a.tgz", list(many.items()))))
    monkeypatch.setattr("lab_kit.grading.intake.archive.DIRECTORY", 20)
    assert "table of contents" in said(take(zipped(tmp_path / "b.zip", {"answers.py": GOOD})))


def test_a_password_is_said(tmp_path, take):
    place = zipped(tmp_path / "a.zip", {"answers.py": GOOD})
    data = bytearray(place.read_bytes())
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    place.write_bytes(data)
    text = said(take(place))
    assert "The archive has a password." in text
    assert "without a password" in text


@pytest.mark.parametrize(
    "data",
    [b"", b"not an archive", b"PK\x03\x04 cut", b"\x1f\x8b\x08 cut", b"BZh9", b"\xfd7zXZ\0 no"],
)
def test_what_is_no_archive_is_said(tmp_path, take, data):
    for ending in (".zip", ".tar.gz"):
        place = tmp_path / f"a{ending}"
        place.write_bytes(data)
        text = said(take(place))
        assert "The archive could not be read." in text
        assert "make a new zip" in text


@pytest.mark.parametrize(
    ("ending", "mode"), [(".tgz", "w:gz"), (".txz", "w:xz"), (".tbz2", "w:bz2")]
)
def test_a_tar_that_breaks_off_is_said(tmp_path, take, ending, mode):
    whole = tarred(tmp_path / f"a{ending}", [("answers.py", GOOD * 900)], mode)
    whole.write_bytes(whole.read_bytes()[:-12])
    assert "breaks off" in said(take(whole))


def test_padding_after_a_packed_tar_does_no_harm(tmp_path, take):
    place = tarred(tmp_path / "a.tgz", [("answers.py", GOOD)])
    place.write_bytes(place.read_bytes() + b"\0" * 200_000)
    (one,) = take(place)
    assert texts(one) == {"answers.py": GOOD}
