"""Say how much a sandboxed process may use."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Limits:
    """Bound one sandboxed process; each figure is held by the kernel unless said otherwise."""

    data_mb: int = 512  # private memory of one process; reserved address space does not count
    file_mb: int = 8  # one file
    cpu_s: int = 20  # processor time of one process
    threads: int = 32  # threads (and processes) in all; the zygote counts them if we are root
    open_files: int = 64
    scratch_mb: int = 16  # all files in /tmp together
    rss_mb: int | None = None  # resident memory of the whole tree; the zygote looks every 50 ms
    # May reserve address space and keep files in memory, as wasmtime does: then rss_mb counts both.
    reserves: bool = False

    def as_request(self) -> dict[str, int | None]:
        """Return the fields for the zygote."""
        return asdict(self)


PROGRAM_LIMITS = Limits(
    data_mb=1024, file_mb=64, cpu_s=3600, threads=128, open_files=256, scratch_mb=64
)
