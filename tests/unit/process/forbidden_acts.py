"""Be a submission that tries what it must not; a test copies this file and calls it."""

from __future__ import annotations

import ctypes
import mmap
import os
import resource
import socket
import threading
import time


def attempt(act):
    try:
        return ["worked", str(act())[:200]]
    except BaseException as error:
        return ["refused", f"{type(error).__name__} {getattr(error, 'errno', '')}"]


def read(path):
    return attempt(lambda: open(path).read())


def listing(path):
    return attempt(lambda: os.listdir(path))


def write(path):
    return attempt(lambda: open(path, "w").write("x"))


def append(path):
    return attempt(lambda: open(path, "a").write("x"))


def mode(path):
    return attempt(lambda: os.chmod(path, 0o777))


def owner(path):
    return attempt(lambda: os.chown(path, 1, 1))


def rename(a, b):
    return attempt(lambda: os.rename(a, b))


def remove(path):
    return attempt(lambda: os.remove(path))


def link(a, b):
    return attempt(lambda: os.link(a, b))


def signal_to(pid, number):
    return attempt(lambda: os.kill(pid, number))


def connect(port):
    return attempt(lambda: socket.create_connection(("127.0.0.1", port), 1))


def open_socket(family, kind):
    return attempt(lambda: socket.socket(family, kind))


def pair(kind):
    return attempt(lambda: socket.socketpair(socket.AF_UNIX, kind))


def watch(path):
    if (got := library("inotify_init"))[0] == "refused":
        return got
    return library("inotify_add_watch", int(got[1]), path, 0xFFF)


def fork():
    return attempt(lambda: os.fork() or os._exit(0))


def spawn():
    return attempt(lambda: os.posix_spawn("/bin/true", ["true"], {}))


def execute():
    return attempt(lambda: os.execv("/bin/true", ["true"]))


def shared():
    return attempt(lambda: mmap.mmap(-1, 1 << 20))


def memfd():
    return attempt(lambda: os.memfd_create("x"))


def library(name, *args):
    libc = ctypes.CDLL(None, use_errno=True)
    got = getattr(libc, name)(*[a.encode() if isinstance(a, str) else a for a in args])
    return ["refused", os.strerror(ctypes.get_errno())] if got < 0 else ["worked", str(got)]


def lower_core_limit():
    return attempt(lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)))


def hide_memory(count, megabytes):
    """Fill memory and make it read-only, so that it no longer counts as data."""
    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    for number in range(count):
        place = libc.mmap(None, ctypes.c_size_t(megabytes << 20), 3, 0x22, -1, 0)
        if place in (None, ctypes.c_void_p(-1).value):
            return number
        ctypes.memset(place, 1, megabytes << 20)
        libc.mprotect(ctypes.c_void_p(place), ctypes.c_size_t(megabytes << 20), 1)
    return count


def grow_down(megabytes):
    """Ask for memory that counts as a stack."""
    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    place = libc.mmap(None, ctypes.c_size_t(megabytes << 20), 3, 0x122, -1, 0)
    return ["refused", ""] if place == ctypes.c_void_p(-1).value else ["worked", hex(place)]


def syscall(*args):
    return library("syscall", *args)


def descriptors():
    found = []
    for fd in range(1024):
        try:
            os.fstat(fd)
            found.append(fd)
        except OSError:
            pass
    return found


def environment():
    return dict(os.environ)


def ids():
    return [os.getpid(), os.getppid()]


def fill(folder, files, size):
    done = 0
    try:
        for i in range(files):
            with open(os.path.join(folder, f"fill{i}"), "wb") as handle:
                handle.write(b"x" * size)
            done += 1
    except OSError as error:
        return [done, error.errno]
    return [done, 0]


def inodes(folder, files):
    try:
        for i in range(files):
            os.close(os.open(os.path.join(folder, f"i{i}"), os.O_CREAT))
    except OSError as error:
        return error.errno


def threads(count, stack):
    threading.stack_size(stack)
    started = 0
    try:
        for _ in range(count):
            threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
            started += 1
        time.sleep(5)
    except RuntimeError:
        pass
    return started


def burn():
    while True:
        pass


def capabilities():
    data = ctypes.create_string_buffer(24)
    header = ctypes.create_string_buffer(b"\x22\x05\x08\x20" + bytes(4), 8)
    assert ctypes.CDLL(None).capget(header, data) == 0
    return list(memoryview(data.raw).cast("I"))


def limit(pid):
    return attempt(lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (9, 9)))


def slow(pid):
    return attempt(lambda: os.setpriority(os.PRIO_PROCESS, pid, 19))


def pin(pid):
    return attempt(lambda: os.sched_setaffinity(pid, {0}))


def put(path):
    return attempt(lambda: open(path, "w").write("mine"))


def scratch():
    path = os.path.join(os.environ["TMPDIR"], "mine")
    return [put(path), read(path), os.environ["HOME"] == os.environ["TMPDIR"]]
