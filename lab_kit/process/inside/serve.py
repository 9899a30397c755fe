"""Start students and programs for the judge: the zygote's loop.

One small single-threaded process that never runs what a student made. The control socket (fd
given as argument) carries SEQPACKET messages: a JSON request together with the answer socket and
the request's own descriptors. On the answer socket the zygote says {"pid": n} with a pidfd, later
{"exit": ...}. When nobody holds the other end any more, the process is killed; so it is when the
zygote's parent ends.
"""

from __future__ import annotations

import array
import gc
import json
import os
import select
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from . import calls, detect, launch, layers, probe, syscalls, watch
from .scratch import Scratch

TICK_MS = 50


@dataclass
class Child:
    """Remember one started process."""

    pid: int
    pidfd: int
    answer: socket.socket
    limits: dict[str, Any]
    tree: bool
    student: bool
    scratch: str | None = None
    killed: str = ""
    peak_kb: int = 0
    extra: dict[str, Any] = field(default_factory=dict)


class Server:
    """Serve requests until the judge is gone."""

    def __init__(self, control: socket.socket, parent: int, force: str) -> None:
        self.control, self.uid, self.gid = control, os.getuid(), os.getgid()
        self.children: dict[int, Child] = {}  # by pid
        self.by_fd: dict[int, Child] = {}
        self.scratch = Scratch()
        self.next_look = 0.0
        self.poll = select.poll()
        self.poll.register(control, select.POLLIN)
        self.parent = os.pidfd_open(parent) if syscalls.LINUX else -1
        if self.parent >= 0:
            self.poll.register(self.parent, select.POLLIN)
        self.me = os.pidfd_open(os.getpid()) if syscalls.LINUX else -1
        self.features, self.why = detect.features(force)
        self.flags = {p: self.features.flags(p) for p in (False, True)}
        layers.prebuild(self.features)

    def run(self) -> None:
        """Answer until the control socket or the parent is gone."""
        try:
            while self.step():
                pass
        finally:
            for child in list(self.children.values()):
                self.kill(child, "the judge ended")
                os.waitpid(child.pid, 0)
                del self.children[child.pid]
                self.tidy(child)
            while not self.features.namespaces and watch.children(os.getpid()):
                self.sweep()
            self.scratch.close()

    def step(self) -> bool:
        """Wait for one round of events; return False at the end."""
        for fd, _ in self.poll.poll(TICK_MS if self.children else None):
            if fd == self.parent:
                return False
            if fd == self.control.fileno():
                if not self.request():
                    return False
            elif (child := self.by_fd.get(fd)) is not None:
                if fd == child.pidfd:
                    self.ended(child)
                else:
                    self.kill(child, "nobody waits for it any more")
                    self.poll.unregister(fd)
        if self.children and time.monotonic() >= self.next_look:
            self.look()
        return True

    def request(self) -> bool:
        """Take one request; return False if the judge closed the control socket."""
        message, fds, _, _ = socket.recv_fds(self.control, 1 << 20, 64)
        if not message:
            return False
        try:
            request = json.loads(message)
            if request["op"] == "quit":
                return False
            if request["op"] == "hello":
                with socket.socket(fileno=os.dup(fds[0])) as answer:
                    answer.send(json.dumps(self.features.as_dict() | {"why": self.why}).encode())
            elif request["op"] == "probe":
                self.probe(request, fds)
            else:
                self.start(request, fds)
        except Exception as error:  # one bad request must not end the others
            text = f"{type(error).__name__}: {error}"[:500]
            if fds:
                with socket.socket(fileno=os.dup(fds[0])) as answer:
                    answer.send(json.dumps({"refused": text}).encode())
        finally:
            for fd in fds:
                os.close(fd)
        return True

    def probe(self, request: dict[str, Any], fds: list[int]) -> None:
        """Let a throw-away child try forbidden acts; it answers by itself."""
        request |= {"uid": self.uid, "gid": self.gid, "scratch": [], "other": os.getpid()}
        request["op"] = request["kind"]
        scratch = self.scratch.new()
        flags = self.flags[request["op"] == "program"] if request["layered"] else 0
        pid, pidfd = detect.fork(flags)
        if pid == 0:
            if not (request["layered"] and self.features.mounts):
                request["scratch"], os.environ["TMPDIR"] = [scratch], scratch
            probe.child(request, socket.socket(fileno=fds[0]), self.features)
        os.waitpid(pid, 0)
        os.close(pidfd)
        self.scratch.remove(scratch)

    def start(self, request: dict[str, Any], fds: list[int]) -> None:
        """Clone a child for a request and tell the judge its pidfd."""
        request |= {"uid": self.uid, "gid": self.gid, "scratch": []}
        scratch = None
        if not self.features.mounts:
            scratch = self.scratch.new()
            request["scratch"] = [scratch]
            request["env"] |= {"HOME": scratch, "TMPDIR": scratch}
        pid, pidfd = detect.fork(self.flags[request["op"] == "program"])
        if pid == 0:
            launch.child(request, fds, self.features, self.me)
        answer = socket.socket(fileno=os.dup(fds[0]))
        limits = request["limits"]
        tree, student = bool(request.get("fork")), request["op"] == "student"
        child = Child(pid, pidfd, answer, limits, tree, student, scratch)
        self.children[pid] = child
        self.by_fd |= {pidfd: child, answer.fileno(): child}
        self.poll.register(pidfd, select.POLLIN)
        self.poll.register(answer, 0)
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [pidfd]))]
        answer.sendmsg([json.dumps({"pid": pid}).encode()], rights)

    def kill(self, child: Child, why: str) -> None:
        """Kill a child and remember why."""
        child.killed = child.killed or why
        try:
            signal.pidfd_send_signal(child.pidfd, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def look(self) -> None:
        """Hold limits that the kernel does not hold for us."""
        for child in self.children.values():
            if child.killed:
                continue
            try:
                pids = watch.tree(child.pid) if child.tree else [child.pid]
                used, over = watch.exceeded(pids, child.limits, child.scratch)
                if child.student:  # a program of ours may have as many threads as it needs
                    watch.level_out(child.pid)
            except Exception:  # what one student made must not end the others
                used, over = 0, "unwatched"
            child.peak_kb = max(child.peak_kb, used)
            if over:
                self.kill(child, over)
        if not self.features.namespaces:
            self.sweep()
        self.next_look = time.monotonic() + TICK_MS / 1000

    def sweep(self) -> None:
        """Kill what a child left behind: without a process namespace it becomes ours."""
        for pid in watch.children(os.getpid()):
            if pid not in self.children:
                try:
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
                except (ProcessLookupError, ChildProcessError):
                    pass

    def ended(self, child: Child) -> None:
        """Reap a child and tell the judge how it ended."""
        _, status, usage = os.wait4(child.pid, 0)
        self.poll.unregister(child.pidfd)
        try:
            self.poll.unregister(child.answer)
        except KeyError:
            pass
        for fd in (child.pidfd, child.answer.fileno()):
            del self.by_fd[fd]
        del self.children[child.pid]
        if not self.features.namespaces:
            self.sweep()
        self.tidy(child)
        code = os.waitstatus_to_exitcode(status)
        spent = usage.ru_utime + usage.ru_stime
        if code == -signal.SIGKILL and spent >= child.limits["cpu_s"] * 0.7:
            child.killed = child.killed or "cpu"
        message = {
            "exit": code if code >= 0 else None, "signal": -code if code < 0 else None,
            "killed": child.killed, "peak_kb": max(child.peak_kb, usage.ru_maxrss),
            "cpu_s": spent,
        }  # fmt: skip
        try:
            child.answer.send(json.dumps(message).encode(), socket.MSG_DONTWAIT)
        except OSError:
            pass
        child.answer.close()
        os.close(child.pidfd)

    def tidy(self, child: Child) -> None:
        """Remove a scratch folder that is not a file system of its own."""
        if child.scratch:
            self.scratch.remove(child.scratch)


def main() -> None:
    """Run as `python -I -S -c … CONTROL_FD PARENT_PID FORCED_LEVEL`."""
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    parent, force = int(sys.argv[2]), sys.argv[3]
    if syscalls.LINUX:
        syscalls.prctl(syscalls.SUBREAPER, 1)
    os.environ.clear()
    calls.prepare()
    server = Server(control, parent, force)
    time.tzset()
    gc.collect()
    gc.freeze()
    server.run()
