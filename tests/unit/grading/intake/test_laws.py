"""Laws of the intake: whatever comes in, an answer comes out, and the hash is the judge's."""

from __future__ import annotations

import io
import tarfile
import tempfile
import zipfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from lab_kit.grading.intake import collect
from lab_kit.grading.model import Incoming, Refused
from lab_kit.judge.sealed import copy

from .conftest import GOOD, LABS, notebook

QUICK = settings(max_examples=20, deadline=None, derandomize=True)
PARTS = st.text("ab.Z-é", min_size=1, max_size=3).filter(lambda p: not p.endswith("."))
PATHS = st.lists(PARTS, min_size=1, max_size=3).map("/".join)


def zip_of(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def tar_of(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz", compresslevel=0) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return made.getvalue()


WORK = {"lab01_toys/answers.py": GOOD.encode(), "lab01_toys/é.txt": b"x" * 300}
WHOLE = {
    "a.zip": zip_of(WORK),
    "a.tgz": tar_of(WORK),
    "a.ipynb": notebook(f"%%exercise answers.py\n{GOOD}"),
}


@QUICK
@given(st.dictionaries(PATHS, st.binary(max_size=9), max_size=6))
def test_the_hash_is_the_judges_however_work_is_packed(files: dict[str, bytes]):
    files = {"answers.py": b"x = 1\n", **files}
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "a.zip").write_bytes(zip_of(files))
        (place / "a.tgz").write_bytes(tar_of(files))
        found = list(collect([place], labs=LABS, into=place / "into" / "deep"))
        assert [type(one) for one in found[:2]] in ([Incoming] * 2, [Refused] * 2)
        for number, one in enumerate(found[:2]):
            if isinstance(one, Incoming):
                assert one.digest == copy(one.folder, place / f"copy{number}")


@QUICK
@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_damage_never_stops_the_class(kind: str, data: st.DataObject):
    whole = bytearray(WHOLE[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / kind).write_bytes(whole)
        (one,) = collect([place / kind], labs=LABS, into=place / "into")
        if isinstance(one, Refused):
            assert one.what and one.why and one.next
        else:
            assert one.lab in LABS
