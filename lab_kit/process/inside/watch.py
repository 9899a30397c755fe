"""Read what a process and its descendants use, from /proc."""

from __future__ import annotations

import os

PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024


def tree(pid: int) -> list[int]:
    """Return the process and all its living descendants."""
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        found.append(one)
        todo += children(one)
    return found


def children(pid: int) -> list[int]:
    """Return the direct children of every thread of a process."""
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as handle:
                found += [int(word) for word in handle.read().split()]
    except (OSError, ValueError):
        pass
    return found


def resident_kb(pids: list[int]) -> int:
    """Return resident memory in KB, summed over processes; shared pages count in each."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/statm") as handle:
                total += int(handle.read().split()[1]) * PAGE_KB
        except (OSError, ValueError, IndexError):
            pass
    return total


def tasks(pids: list[int]) -> int:
    """Return the number of threads, summed over processes."""
    total = 0
    for pid in pids:
        try:
            total += len(os.listdir(f"/proc/{pid}/task"))
        except OSError:
            pass
    return total


def folder_kb(path: str) -> int:
    """Return the disk use of a folder in KB, counting each file's blocks."""
    total = 0
    for root, _, names in os.walk(path):
        for name in names:
            try:
                total += os.lstat(os.path.join(root, name)).st_blocks // 2
            except OSError:
                pass
    return total


def peak_kb(pids: list[int]) -> int:
    """Return the sum of the highest resident memory of each process in KB."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/status") as handle:
                total += next(int(row.split()[1]) for row in handle if row.startswith("VmHWM"))
        except (OSError, ValueError, StopIteration):
            pass
    return total
