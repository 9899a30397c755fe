"""Read what a process and its descendants use, from /proc."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping

PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024
MOST_DEEP, MOST_ENTRIES = 64, 20_000  # of a scratch folder that is looked through
TOO_MUCH_KB = 1 << 40
IN_MEMORY = ("/memfd:", "/dev/zero", "/SYSV", "/dev/shm/")
MOST_CLOSED = 16  # files in memory that only a mapping keeps
STEP = 1.25  # one step of niceness divides a thread's share by so much


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


def shared_kb(pids: list[int]) -> int:
    """Return what processes may hold in shared memory in KB, resident or not, at the most.

    Files in memory that are open count with their blocks, shared mappings with their size; more
    files that are mapped and no longer open than MOST_CLOSED are TOO_MUCH_KB.
    """
    total = 0
    for pid in pids:
        opened = _opened(pid)
        total += sum(opened.values())
        closed = set()
        try:
            with open(f"/proc/{pid}/maps") as handle:
                for line in handle:
                    words = line.split(maxsplit=5)
                    if len(words) < 6 or not words[5].startswith(IN_MEMORY):
                        continue
                    if words[1][3] == "s":
                        start, end = (int(word, 16) for word in words[0].split("-"))
                        total += (end - start) // 1024
                    elif int(words[4]) not in opened:
                        closed.add(words[4])
        except (OSError, ValueError):
            pass
        if len(closed) > MOST_CLOSED:
            return TOO_MUCH_KB
    return total


def _opened(pid: int) -> dict[int, int]:
    """Return the files in memory that a process has open: inode -> KB."""
    found = {}
    folder = f"/proc/{pid}/fd"
    try:
        for name in os.listdir(folder):
            if os.readlink(f"{folder}/{name}").startswith(IN_MEMORY):
                seen = os.stat(f"{folder}/{name}")
                found[seen.st_ino] = seen.st_blocks // 2
    except OSError:
        pass
    return found


def tasks(pids: list[int]) -> int:
    """Return the number of threads, summed over processes."""
    total = 0
    for pid in pids:
        try:
            total += len(os.listdir(f"/proc/{pid}/task"))
        except OSError:
            pass
    return total


def level_out(pid: int) -> None:
    """Give a process of many threads about the share of the processors that one thread has."""
    try:
        threads = [int(name) for name in os.listdir(f"/proc/{pid}/task")]
        own = os.getpriority(os.PRIO_PROCESS, 0)
        nice = min(19, own + int(math.log(max(1, len(threads)), STEP)))
        for thread in threads:
            if os.getpriority(os.PRIO_PROCESS, thread) < nice:
                os.setpriority(os.PRIO_PROCESS, thread, nice)
    except OSError:
        pass


def folder_kb(path: str) -> int:
    """Return the disk use of a folder in KB, counting each file's blocks.

    A folder that is too deep, too full or closed to us has TOO_MUCH_KB: a student made it, and
    looking through it must neither fail nor take long.
    """
    total = entries = 0
    todo = [(path, 0)]
    while todo:
        folder, depth = todo.pop()
        try:
            with os.scandir(folder) as found:
                for entry in found:
                    entries += 1
                    if depth > MOST_DEEP or entries > MOST_ENTRIES:
                        return TOO_MUCH_KB
                    if entry.is_dir(follow_symlinks=False):
                        todo.append((entry.path, depth + 1))
                    else:
                        total += _blocks(entry) // 2
        except (FileNotFoundError, NotADirectoryError):
            pass  # removed or replaced meanwhile
        except OSError:
            return TOO_MUCH_KB
    return total


def _blocks(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_blocks
    except FileNotFoundError:
        return 0


def exceeded(pids: list[int], limits: Mapping[str, int], scratch: str | None) -> tuple[int, str]:
    """Return the resident memory in KB, and which limit is exceeded ("" if none)."""
    used = resident_kb(pids)
    most = limits.get("rss_mb")
    if most and limits.get("reserves"):
        used += shared_kb(pids)
    if most and used > most * 1024:
        return used, "memory"
    if tasks(pids) > limits["threads"]:
        return used, "tasks"
    if scratch and folder_kb(scratch) > limits["tmp_mb"] * 1024:
        return used, "scratch"
    return used, ""


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
