"""See a zip or tar archive as a tree, within limits that hold before memory or disk is used.

Nothing is unpacked by its own name, sizes that an archive tells of itself are not believed, and
compressed data is stopped at its limit while it is being read.
"""

from __future__ import annotations

import bz2
import lzma
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from lab_kit.grading.intake import names
from lab_kit.grading.intake.tree import MOST_NAMES, Entry, Tree, Unfit, too_large

BIGGEST = 64 << 20  # an archive as it was handed in
UNPACKED = 256 << 20  # all that it holds
RATIO = 250  # what deflate makes of plain text is under 20; of zeros, 1,000
SMALL = 1 << 20  # below this nobody asks for the ratio
DIRECTORY = 4 << 20  # the table of contents of a zip
CHUNK = 1 << 16
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
BROKEN = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError,
    ValueError, NotImplementedError, RuntimeError, RecursionError, OverflowError,
)  # fmt: skip


@contextmanager
def archive_tree(path: Path) -> Iterator[Tree]:
    """See an archive; raise Unfit when it is broken, hostile or beyond the limits."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        if size > BIGGEST:
            raise bomb(f"The file has {size >> 20} MB; {BIGGEST >> 20} MB are allowed.")
        file.seek(0)
        head = file.read(6)
        if not head:
            raise broken("The file is empty.")
        with zip_tree(file) if head[:2] == b"PK" else tar_tree(file, size) as tree:
            yield tree


@contextmanager
def zip_tree(file: IO[bytes]) -> Iterator[Tree]:
    """See a zip archive."""
    check_directory(file)
    try:
        archive = zipfile.ZipFile(file)
    except BROKEN as error:
        raise broken(str(error)) from error
    found = [m for m in archive.infolist() if not m.orig_filename.endswith(("/", "\\"))]
    members = {names.inside(m.orig_filename): m for m in found}
    files, odd = zip_entries(members, len(found))

    def read(path: str, most: int) -> bytes:
        try:
            with archive.open(members[path]) as member:
                return member.read(most)
        except BROKEN as error:
            raise broken(f"{names.shown(path)}: {error}") from error

    with archive:
        yield Tree(files, odd, read)


def check_directory(file: IO[bytes]) -> None:
    """Refuse a table of contents so large that reading it would fill the memory."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 65_557))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise broken("The end of the zip file is missing.")
    length = int.from_bytes(tail[at + 12 : at + 16], "little")
    if length > DIRECTORY or tail[max(0, at - 20) : at][:4] == b"PK\x06\x07":
        raise bomb("Its table of contents is too large.")
    file.seek(0)


def zip_entries(
    members: dict[str, zipfile.ZipInfo], listed: int
) -> tuple[dict[str, Entry], tuple[str, ...]]:
    """Return the regular files of a zip, and its links and devices."""
    if listed > MOST_NAMES:
        raise too_large()
    if len(members) != listed:
        raise broken("It holds two files of one name.")
    files, odd = {}, []
    for path, member in members.items():
        if not path or names.ignored(path):
            continue
        mode = member.external_attr >> 16
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            odd.append(path)
            continue
        if member.flag_bits & 0x1:
            raise locked(path)
        if member.compress_type not in METHODS:
            raise broken(f"{names.shown(path)} is packed in a way that is not read here.")
        if member.file_size > max(SMALL, RATIO * member.compress_size):
            raise bomb(f"{names.shown(path)} unpacks to {member.file_size:,} bytes.")
        files[path] = Entry(member.file_size, bool(mode & 0o100))
    if sum(entry.size for entry in files.values()) > UNPACKED:
        raise bomb(f"It unpacks to more than {UNPACKED >> 20} MB.")
    return files, tuple(odd)


@contextmanager
def tar_tree(file: IO[bytes], size: int) -> Iterator[Tree]:
    """See a tar archive, packed or not."""
    with tempfile.TemporaryFile(prefix="beyond-tar-") as plain:
        unpack(file, plain, max(SMALL, min(UNPACKED, RATIO * size)))
        plain.seek(0)
        try:
            archive = tarfile.TarFile(fileobj=plain, tarinfo=Forward)
            members, odd = tar_entries(archive)
        except BROKEN as error:
            raise broken(str(error)) from error
        files = {p: Entry(m.size, bool(m.mode & 0o100)) for p, m in members.items()}

        def read(path: str, most: int) -> bytes:
            try:
                member = archive.extractfile(members[path])
                return member.read(most) if member else b""
            except BROKEN as error:
                raise broken(f"{names.shown(path)}: {error}") from error

        with archive:
            yield Tree(files, odd, read)


class Forward(tarfile.TarInfo):
    """Refuse sizes below zero, with which older Pythons read the same bytes for ever."""

    def _block(self, count: int) -> int:
        if count < 0:
            raise tarfile.ReadError("It holds a file of less than nothing.")
        whole = -(-count // tarfile.BLOCKSIZE)
        return whole * tarfile.BLOCKSIZE


def tar_entries(archive: tarfile.TarFile) -> tuple[dict[str, tarfile.TarInfo], tuple[str, ...]]:
    """Return the regular files of a tar by path, and its links, devices and sparse files."""
    files: dict[str, tarfile.TarInfo] = {}
    odd = []
    for number, member in enumerate(archive):
        if number > MOST_NAMES:
            raise too_large()
        path = names.inside(member.name)
        if member.isdir() or not path or names.ignored(path):
            continue
        if not member.isreg() or member.issparse():
            odd.append(path)
        elif path in files:
            raise broken("It holds two files of one name.")
        else:
            files[path] = member
    return files, tuple(odd)


def unpack(packed: IO[bytes], plain: IO[bytes], most: int) -> None:
    """Write the plain form of a packed stream; raise Unfit beyond `most` bytes."""
    packed.seek(0)
    make = unpacker(packed.read(6))
    packed.seek(0)
    machine, data, total = make(), b"", 0
    while True:
        data = data or packed.read(CHUNK)
        try:
            if machine.eof:
                if not data:
                    return
                if not data.strip(b"\0"):  # padding after the last stream
                    data = b""
                    continue
                machine = make()
            last = not data
            chunk, data = step(machine, data)
        except BROKEN as error:
            raise broken(str(error)) from error
        if last and not chunk and not machine.eof:
            if isinstance(machine, Verbatim):
                return
            raise broken("It breaks off before its end.")
        total += len(chunk)
        if total > most:
            raise bomb(f"It unpacks to more than {most >> 20} MB.")
        plain.write(chunk)


class Verbatim:
    """Stand where a decompressor would, for a tar that is not packed."""

    eof = False

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return data


def unpacker(head: bytes) -> Any:
    """Return what makes a decompressor for a stream that begins like this."""
    if head[:2] == b"\x1f\x8b":
        return lambda: zlib.decompressobj(31)
    if head[:3] == b"BZh":
        return bz2.BZ2Decompressor
    if head == b"\xfd7zXZ\x00":
        return lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=128 << 20)
    return Verbatim


def step(machine: Any, data: bytes) -> tuple[bytes, bytes]:
    """Decompress some of the data; return the plain bytes and the packed ones that are left."""
    chunk = machine.decompress(data, 1 << 20)
    if machine.eof:
        return chunk, machine.unused_data
    return chunk, getattr(machine, "unconsumed_tail", b"")


def broken(why: str) -> Unfit:
    """Return the error for an archive that cannot be read."""
    return Unfit(
        "The archive could not be read.",
        names.shown(why),
        "make a new zip of the exercise files, see that it opens, and hand that in.",
    )


def bomb(why: str) -> Unfit:
    """Return the error for an archive beyond the limits."""
    return Unfit("The archive is too large to be judged.", why, "hand in the exercise files alone.")


def locked(path: str) -> Unfit:
    """Return the error for an archive with a password."""
    return Unfit(
        "The archive has a password.",
        f"{names.shown(path)} is encrypted.",
        "make the archive again without a password.",
    )
