"""Hand tasks to the workers of a Dask cluster, as `Crew` does to those of this machine.

What travels to a worker is the lab's check files and the files of one submission, as bytes; back
comes a report and the place where it was made. Where a worker is lost, Dask gives its tasks to
others, and one that three more workers were lost with comes back unjudged. Whoever reaches a
scheduler can run what they like on its workers: keep it on a network of your own, or use TLS.
"""

from __future__ import annotations

import logging
import queue
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from lab_kit.errors import JudgeError, Unavailable
from lab_kit.grading import outpost
from lab_kit.grading.crew import Task
from lab_kit.grading.place import source
from lab_kit.judge.report import message

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT_S = 10.0
ALONE_S = 60.0  # so long we wait for a first worker, or for another when the last one is gone
LOOK_S = 1.0
AHEAD = 2  # tasks for each thread: one runs, the next is there
INSTALL = ".venv/bin/python -m pip install 'distributed>=2026.1'"


class Cluster:
    """Be the workers behind a scheduler's address; a context manager like `Crew`.

    Raises Unavailable when there is no such scheduler, and while it works when the scheduler or
    all workers are gone: what is finished is kept by whoever took it.
    """

    def __init__(
        self, address: str, labs: Mapping[str, Mapping[str, Any]], *, environment: str,
        deadline_s: float, most: int | None = None,
    ) -> None:  # fmt: skip
        self.address = address
        self.environment, self.source = environment, source()
        self.deadline_s = deadline_s
        self.client = connect(address)
        self.done: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self.tasks: dict[str, tuple[Future, Task]] = {}
        self.most = most
        self.mine = uuid.uuid4().hex
        self.count = 0
        self.unlike: dict[str, str] = {}  # workers of another kind: address -> what they are
        self.workers: set[str] = set()
        self.threads, self.looked, self.seen = 0, 0.0, time.monotonic()
        self.editions = {name: self.publish(lab) for name, lab in labs.items()}

    def publish(self, lab: Mapping[str, Any]) -> Future:
        """Give a lab's checks to the cluster, which makes them again where they were lost."""
        edition = outpost.pack_edition(lab)
        return self.client.submit(outpost.edition, edition, key=f"edition-{edition['version']}")

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(Exception):  # a scheduler that is gone needs no farewell
            self.client.cancel([future for future, _ in self.tasks.values()], force=True)
            self.dismiss()
        with suppress(Exception):
            self.client.close(timeout=5)

    @property
    def free(self) -> bool:
        """Tell whether another task may be given: what is on its way stays bounded."""
        self.look()
        room = max(self.threads, 1) * AHEAD
        return len(self.tasks) < min(room, self.most or room)

    @property
    def busy(self) -> bool:
        return bool(self.tasks)

    def give(self, task: Task) -> None:
        """Send a task; only while `free`."""
        self.count += 1
        work = outpost.pack_work(task.work.folder)
        alike = sorted(self.workers - set(self.unlike)) if self.unlike else None
        future = self.client.submit(
            outpost.judge, self.editions[task.work.lab], work, outpost.settings(task),
            self.deadline_s, key=f"judge-{self.mine}-{self.count}", pure=False,
            workers=alike or None, allow_other_workers=False,
        )  # fmt: skip
        self.tasks[future.key] = future, task
        future.add_done_callback(self.done.put)

    def wait(self, timeout: float | None) -> list[tuple[Task, dict[str, Any]]]:
        """Return the tasks that are done, each with its report, once there is one or at the
        end of `timeout` seconds.
        """
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            left = LOOK_S if end is None else max(0.0, min(LOOK_S, end - time.monotonic()))
            with suppress(queue.Empty):
                first = self.done.get(timeout=left) if left else self.done.get_nowait()
                if found := [*self.take(first), *self.others()]:
                    return found
            self.look()
            if end is not None and time.monotonic() >= end:
                return []

    # -- parts -------------------------------------------------------------------------

    def others(self) -> list[tuple[Task, dict[str, Any]]]:
        """Return whatever else is done by now."""
        found = []
        with suppress(queue.Empty):
            while True:
                found += self.take(self.done.get_nowait())
        return found

    def take(self, future: Future) -> list[tuple[Task, dict[str, Any]]]:
        """Return a task with what came of it, or nothing if it goes to another worker."""
        self.look()
        if future.status in ("cancelled", "lost"):
            raise gone(self.address)
        _, task = self.tasks.pop(future.key)
        try:
            error = future.exception(timeout=ALONE_S) if future.status == "error" else None
            told = None if error else future.result(timeout=ALONE_S)
        except (OSError, TimeoutError, CancelledError):
            raise gone(self.address) from None
        if told is None:
            lost = type(error).__name__ == "KilledWorker"
            return [(task, {"error": message(given_up() if lost else broke(error))})]
        kind = f"{told['environment']}, lab_kit {told['source']}"
        ours = f"{self.environment}, lab_kit {self.source}"
        if kind == ours:
            return [(task, told["report"])]
        self.unlike[told["worker"]] = kind
        if self.workers - set(self.unlike):
            self.give(task)
            return []
        return [(task, {"error": message(unlike(told["worker"], kind, ours))})]

    def dismiss(self) -> None:
        """Let every worker put away what it holds of this run's checks."""
        from distributed import wait

        wait([self.client.submit(outpost.leave, worker, workers=[worker], pure=False)
              for worker in self.workers], timeout=5)  # fmt: skip

    def look(self) -> None:
        """See every second whether the scheduler and a worker are there."""
        if self.client.status != "running":
            raise gone(self.address)
        now = time.monotonic()
        if now - self.looked < LOOK_S:
            return
        self.looked = now
        try:
            known = self.client.sync(self.client.scheduler.ncores, callback_timeout=CONNECT_S)
        except (OSError, TimeoutError, RuntimeError):
            raise gone(self.address) from None
        self.workers = set(known)
        self.threads = sum(n for worker, n in known.items() if worker not in self.unlike)
        if self.threads:
            self.seen = now
        elif now - self.seen > ALONE_S:
            raise Unavailable(
                "The cluster has no worker.",
                f"None was at {self.address} for {ALONE_S:g} s.",
                "start workers, then run the same command again: what is finished is kept.",
            )


def connect(address: str) -> Client:
    """Reach a scheduler; raise Unavailable that says how where it cannot be."""
    try:
        from distributed import Client
    except ImportError:
        raise Unavailable(
            "There is no Dask here to reach a cluster with.",
            "It is an extra, for those who grade on many machines.",
            f"run `{INSTALL}`, then the same command again.",
        ) from None
    for name in [name for name in logging.root.manager.loggerDict if "distributed" in name]:
        logging.getLogger(name).setLevel(logging.CRITICAL)  # it is told here, in our words
    try:
        return Client(address, timeout=CONNECT_S, set_as_default=False, name="lab grade")
    except (OSError, TimeoutError, ValueError) as error:
        raise Unavailable(
            f"No scheduler answers at {address}.",
            str(error) or type(error).__name__,
            "start one with `.venv/bin/dask scheduler`, and name the address that it prints.",
        ) from error


def gone(address: str) -> Unavailable:
    """Return the error for a scheduler that was there."""
    return Unavailable(
        "The cluster's scheduler is gone.",
        f"It was at {address}.",
        "start it again, then run the same command: what is finished is kept.",
    )


def given_up() -> JudgeError:
    """Return the error for a submission with which several workers were lost."""
    return JudgeError(
        "The work could not be judged.",
        "The worker that judged it was lost again and again.",
        "run the same command again without --cluster; if it stays, look at this submission.",
    )


def unlike(worker: str, theirs: str, ours: str) -> JudgeError:
    """Return the error for a result from another kind of place."""
    return JudgeError(
        "The work was not judged where it should be.",
        f"The worker at {worker} is {theirs}; this is {ours}.",
        "give the workers this Python, checkout and isolation, then run the same command again.",
    )


def broke(error: BaseException | None) -> JudgeError:
    """Return the error for what a worker itself could not do."""
    return JudgeError(
        "A worker of the cluster broke, so the work was not judged.",
        f"{type(error).__name__}: {error}"[:1000],
        "see that the workers have this checkout, then run the same command again.",
    )
