"""Unpack a function's code in two steps: inflate where moto runs, write where it is run from.

The process that decides never inflates what a student packed: `inflate` runs in the sandboxed
process and gives plain bytes by name, `write` checks the names again and writes them.
"""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

FILE_LIMIT = 2000
SIZE_LIMIT = 48 * 1024 * 1024
RATIO_LIMIT = 200
RATIO_FROM = 1024 * 1024


class BadCode(ValueError):
    """Say in one sentence what is wrong with a function's zip."""


def inflate(packed: bytes) -> dict[str, bytes]:
    """Return the files of a zip by name; raise BadCode for anything that is no plain file."""
    files: dict[str, bytes] = {}
    left = SIZE_LIMIT
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            if len(archive.infolist()) > FILE_LIMIT:
                raise BadCode(f"It holds more than {FILE_LIMIT} entries.")
            for entry in archive.infolist():
                if entry.is_dir():
                    continue
                name = _entry_name(entry)
                if name in files:
                    raise BadCode(f"It holds {name!r} twice.")
                files[name] = _read(archive, entry, left)
                left -= len(files[name])
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, OSError) as error:
        raise BadCode(f"It is no zip file that can be read ({error}).") from None
    check_names(files)
    return files


def check_names(names: Mapping[str, object]) -> None:
    """Raise BadCode unless every name stays inside the folder and none is a file and a folder."""
    folders: set[str] = set()
    for name in names:
        path = PurePosixPath(name)
        parts = name.split("/")
        plain = all(part not in ("", ".", "..") and len(part.encode()) <= 255 for part in parts)
        if not plain or "\\" in name or not name.isprintable() or len(name) > 1024:
            raise BadCode(f"The name {name[:80]!r} does not stay inside the function's folder.")
        folders.update(str(folder) for folder in path.parents)
    for name in folders & set(names):
        raise BadCode(f"{name!r} is both a file and a folder.")


def write(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files by name under an empty folder of ours."""
    check_names(files)
    if len(files) > FILE_LIMIT or sum(map(len, files.values())) > SIZE_LIMIT:
        raise BadCode(f"It is over {FILE_LIMIT} files or {SIZE_LIMIT >> 20} MB.")
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _entry_name(entry: zipfile.ZipInfo) -> str:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise BadCode(f"{entry.filename!r} is a link or a device, not a plain file.")
    if entry.flag_bits & 0x1:
        raise BadCode(f"{entry.filename!r} is encrypted.")
    return entry.filename


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> bytes:
    with archive.open(entry) as source:
        content = source.read(left + 1)
    if len(content) > left:
        raise BadCode(f"It is over {SIZE_LIMIT >> 20} MB when unpacked.")
    if len(content) > RATIO_FROM and len(content) > RATIO_LIMIT * max(entry.compress_size, 1):
        raise BadCode(f"{entry.filename!r} is packed more than {RATIO_LIMIT} times: a zip bomb.")
    return content
