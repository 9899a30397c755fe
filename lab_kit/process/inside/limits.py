"""Set the kernel's limits for one process."""

from __future__ import annotations

import resource
import sys
from collections.abc import Mapping

MB = 1 << 20
OTHERS = 1024  # what the same user may already run
NO_DUMP = 1 if sys.platform == "linux" else 0  # at 0 Linux still calls a handler of the host's
BESIDE_MB = 256  # the interpreter, its libraries, files that are mapped


def apply(
    limits: Mapping[str, int], *, own_count: bool = True, bound_address: bool = False
) -> None:
    """Set soft and hard limits from a request's `limits` (see lab_kit.process.limits.Limits).

    Without a user namespace (`own_count=False`) the kernel counts all tasks of the user, those of
    JupyterLab too: then its limit is only a backstop, and the zygote counts.

    `data_mb` counts no pages that grow like a stack or were made read-only once they were full:
    `bound_address` does, but also what a program reserves and does not use: one that `reserves`
    needs `rss_mb`.
    """
    threads = limits["threads"] + (0 if own_count else OTHERS)
    wanted = {
        resource.RLIMIT_DATA: limits["data_mb"] * MB,
        resource.RLIMIT_FSIZE: limits["file_mb"] * MB,
        resource.RLIMIT_CPU: limits["cpu_s"],
        resource.RLIMIT_NPROC: threads,
        resource.RLIMIT_NOFILE: limits["open_files"],
        resource.RLIMIT_CORE: NO_DUMP,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_STACK: 8 * MB,
    }
    if bound_address and not limits.get("reserves"):
        wanted[resource.RLIMIT_AS] = (limits["data_mb"] + BESIDE_MB) * MB
    for name, value in wanted.items():
        hard = resource.getrlimit(name)[1]
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(name, (value, value))
