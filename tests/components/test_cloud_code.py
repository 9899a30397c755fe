"""A function's zip: what is unpacked, and what is refused with a reason."""

from __future__ import annotations

import io
import stat
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab_kit.components import cloud_code
from lab_kit.components.cloud_code import BadCode, inflate, write
from tests.components.cloud_account import Account, pack


def special(name: str, mode: int, content: str = "x") -> bytes:
    packed = io.BytesIO()
    entry = zipfile.ZipInfo(name)
    entry.create_system, entry.external_attr = 3, mode << 16
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(entry, content)
    return packed.getvalue()


def squeezed(size: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("app.py", b"\0" * size)
    return packed.getvalue()


def twice() -> bytes:
    packed = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(packed, "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("app.py", "a")
        archive.writestr("app.py", "b")
    return packed.getvalue()


def test_good_zip_is_written_as_it_was_packed(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"app.py": "x = 1", "shop/prices.py": b"\x00\xff", "ü.txt": "ü"}
    write(inflate(pack(files)), tmp_path)
    assert (tmp_path / "app.py").read_text() == "x = 1"
    assert (tmp_path / "shop/prices.py").read_bytes() == b"\x00\xff"
    assert (tmp_path / "ü.txt").read_text() == "ü"


HOSTILE: list[tuple[bytes, str]] = [
    (pack({"../evil.py": "x"}), "does not stay inside"),
    (pack({"a/../../evil.py": "x"}), "does not stay inside"),
    (pack({"/etc/passwd": "x"}), "does not stay inside"),
    (pack({"a//b.py": "x"}), "does not stay inside"),
    (pack({"./app.py": "x"}), "does not stay inside"),
    (pack({"a\\..\\evil.py": "x"}), "does not stay inside"),
    (pack({"a\nb.py": "x"}), "does not stay inside"),
    (pack({"x" * 300: "x"}), "does not stay inside"),
    (pack({"a/" * 600 + "b": "x"}), "does not stay inside"),
    (pack({"a": "x", "a/b": "y"}), "both a file and a folder"),
    (twice(), "twice"),
    (special("link.py", stat.S_IFLNK | 0o777, "/etc/passwd"), "link or a device"),
    (special("pipe", stat.S_IFIFO | 0o666), "link or a device"),
    (b"", "no zip file"),
    (b"PK\x03\x04 and then nothing", "no zip file"),
    (pack({"app.py": "x" * 100})[:-40], "no zip file"),
    (squeezed(8 << 20), "zip bomb"),
    (pack({f"f{n}": "" for n in range(2001)}), "more than 2000 entries"),
]


@pytest.mark.parametrize(("packed", "reason"), HOSTILE, ids=range(len(HOSTILE)))
def test_bad_zip_is_refused_with_a_reason(packed: bytes, reason: str) -> None:
    with pytest.raises(BadCode, match=reason):
        inflate(packed)


def test_size_counts_over_all_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud_code, "SIZE_LIMIT", 2 << 20)
    noise = bytes(range(256)) * 6000
    assert len(inflate(pack({"a": noise}))) == 1
    with pytest.raises(BadCode, match="over 2 MB when unpacked"):
        inflate(pack({"a": noise, "b": noise}))


@pytest.mark.parametrize("name", ["../evil.py", "/evil.py", "a/../b", "", "a\x00b"])
def test_writing_checks_names_again(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadCode, match="does not stay inside"):
        write({name: b"x"}, tmp_path / "code")
    assert not (tmp_path / "evil.py").exists()


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    made = Account()
    with made.cloud:
        yield made


def test_bad_zip_is_refused_where_it_is_uploaded(account: Account) -> None:
    awslambda = account.client("lambda")
    wrong: Any = awslambda.exceptions.InvalidParameterValueException
    for packed, reason in HOSTILE[:1] + HOSTILE[13:15]:
        with pytest.raises(wrong) as caught:
            account.deploy(lambda event: None, Code={"ZipFile": packed or b"-"})
        assert "Could not unzip uploaded file" in str(caught.value) and reason in str(caught.value)
    name = account.deploy(lambda event: "kept")
    with pytest.raises(wrong):
        awslambda.update_function_code(FunctionName=name, ZipFile=HOSTILE[0][0])
    assert awslambda.invoke(FunctionName=name)["Payload"].read() == b'"kept"'
