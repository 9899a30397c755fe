"""Hold the workers: hand out tasks, gather answers, and replace a worker that is lost.

There are more lanes than cores, since an endless loop holds its lane for as long as its limit
and costs the machine nothing else. A task whose worker was lost is tried again in a worker
of its own, so that it takes no neighbour along; after three tries it is given back unjudged.
"""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from lab_kit.errors import JudgeError, LabError, Unavailable
from lab_kit.grading.model import Incoming
from lab_kit.judge.frames import receive, send
from lab_kit.judge.report import message
from lab_kit.judge.warm import search_path
from lab_kit.process import start_trusted

WORKER = "lab_kit.grading.worker"
MOST_TRIES = 3
SPARE_S = 60.0
LOOK_S = 5.0


@dataclass
class Task:
    """Be one submission on its way to a verdict; `checks` and `seed` go with it."""

    work: Incoming
    seed: int
    variant: dict[str, Any] | None = None
    tries: int = 0
    number: int = 0
    began: float = field(default=0.0)


class Hand:
    """Be one worker process, seen from here."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.busy: dict[int, Task] = {}
        self.lanes = int(spec["lanes"])
        self.alone = False
        self.channel, theirs = socket.socketpair()
        command = [sys.executable, "-P", "-m", WORKER, str(theirs.fileno())]
        with theirs:
            try:
                self.program = start_trusted(
                    [*command, json.dumps(spec)],
                    env={**os.environ, "PYTHONPATH": search_path()},
                    pass_fds=(theirs.fileno(),),
                )
            except BaseException:
                self.channel.close()
                raise

    @property
    def free(self) -> bool:
        return not self.alone and len(self.busy) < self.lanes

    def close(self) -> None:
        """Hang up and wait until it is gone."""
        with suppress(OSError):
            self.channel.shutdown(socket.SHUT_RDWR)
        self.channel.close()
        try:
            self.program.wait(5)
        except Unavailable:
            self.program.kill()


class Crew:
    """Be all workers together; they start when there is work for them."""

    def __init__(
        self, labs: Mapping[str, Any], *, processes: int, lanes: int, deadline_s: float
    ) -> None:
        self.spec = {"labs": labs, "lanes": lanes, "deadline_s": deadline_s}
        self.processes = processes
        self.deadline_s = deadline_s
        self.hands: list[Hand] = []
        self.again: deque[Task] = deque()
        self.lost = 0
        self.count = 0

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        for hand in self.hands:
            with suppress(OSError):
                hand.channel.shutdown(socket.SHUT_RDWR)  # all at once, then each
        for hand in self.hands:
            hand.close()
        self.hands.clear()

    @property
    def free(self) -> bool:
        """Tell whether another task may be given; what waits for a second try goes first."""
        if self.again:
            return False
        return len(self.hands) < self.processes or any(hand.free for hand in self.hands)

    @property
    def busy(self) -> bool:
        return bool(self.again) or any(hand.busy for hand in self.hands)

    def give(self, task: Task) -> None:
        """Hand a task to the worker with the most room; only while `free`."""
        if len(self.hands) < self.processes:
            self.hands.append(Hand(self.spec))
        self._send(min((h for h in self.hands if h.free), key=lambda h: len(h.busy)), task)

    def wait(self, timeout: float | None) -> list[tuple[Task, dict[str, Any]]]:
        """Return the tasks that are done, each with its report, once there is one or at the
        end of `timeout` seconds.
        """
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            self._retry()
            patience = LOOK_S if end is None else max(0.0, min(LOOK_S, end - time.monotonic()))
            done = [found for hand in self._told(patience) for found in self._hear(hand)]
            if done or not self.busy or (end is not None and time.monotonic() >= end):
                return done

    # -- parts -------------------------------------------------------------------------

    def _told(self, patience: float) -> list[Hand]:
        """Return the workers that have something to say, are gone, or have taken far too long."""
        poll = select.poll()
        by_number = {hand.channel.fileno(): hand for hand in self.hands}
        for number in by_number:
            poll.register(number, select.POLLIN)
        told = [by_number[number] for number, _ in poll.poll(patience * 1000)]
        for hand in self.hands:
            oldest = min((task.began for task in hand.busy.values()), default=float("inf"))
            if hand not in told and time.monotonic() - oldest > self.deadline_s + SPARE_S:
                hand.program.kill()
                told.append(hand)
        return told

    def _hear(self, hand: Hand) -> list[tuple[Task, dict[str, Any]]]:
        """Return what a worker has finished, or what is given up because it is gone."""
        try:
            reply, _ = receive(hand.channel)
        except (EOFError, OSError):
            return self._bury(hand)
        self.lost = 0
        task = hand.busy.pop(reply["task"])
        hand.alone = False
        return [(task, reply["report"])]

    def _bury(self, hand: Hand) -> list[tuple[Task, dict[str, Any]]]:
        """Take a lost worker's tasks back."""
        self.hands.remove(hand)
        hand.close()
        self.lost += 1
        if self.lost > MOST_TRIES * self.processes:
            raise JudgeError(
                "The workers end before they have judged anything.",
                hand.program.output().strip()[-1500:] or "They said nothing.",
                "run `./lab doctor`, then the same command again: what is finished is kept.",
            )
        done = []
        for task in hand.busy.values():
            task.tries += 1
            if task.tries < MOST_TRIES:
                self.again.append(task)
            else:
                done.append((task, {"error": message(given_up())}))
        return done

    def _retry(self) -> None:
        """Give what is left of a lost worker to one that does nothing else meanwhile."""
        while self.again:
            idle = next((hand for hand in self.hands if not hand.busy), None)
            if idle is None and len(self.hands) >= self.processes:
                return
            if idle is None:
                idle = Hand(self.spec)
                self.hands.append(idle)
            idle.alone = True
            self._send(idle, self.again.popleft())

    def _send(self, hand: Hand, task: Task) -> None:
        self.count += 1
        task.number, task.began = self.count, time.monotonic()
        hand.busy[task.number] = task
        row = {"task": task.number, "lab": task.work.lab, "folder": str(task.work.folder)}
        with suppress(OSError):  # it is gone, and will be buried with its tasks
            send(hand.channel, {**row, "seed": task.seed, "variant": task.variant})


def given_up() -> LabError:
    """Return the message for a submission with which three workers were lost."""
    return JudgeError(
        "The work could not be judged.",
        f"The process that judged it was lost {MOST_TRIES} times.",
        "run the same command again with --jobs 1; if it stays, look at this submission yourself.",
    )
