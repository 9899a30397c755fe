from __future__ import annotations

import threading
import time

from lab_kit.components.controllers.queue import Queue


def test_what_is_added_twice_comes_once() -> None:
    queue = Queue()
    queue.add("a")
    queue.add("a")
    queue.add("b")
    assert [queue.take(), queue.take()] == ["a", "b"]


def test_what_is_added_while_it_is_out_comes_again_and_not_before() -> None:
    queue = Queue()
    queue.add("a")
    assert queue.take() == "a"
    queue.add("a")
    queue.add("b")
    assert queue.take() == "b"
    queue.done("a")
    assert queue.take() == "a"


def test_the_earlier_of_two_times_counts() -> None:
    queue, began = Queue(), time.monotonic()
    queue.add("a", 30.0)
    queue.add("a", 0.05)
    assert queue.take() == "a"
    assert 0.05 <= time.monotonic() - began < 10


def test_what_fails_waits_longer_each_time_until_it_succeeds() -> None:
    queue, waits = Queue(), []
    queue.add("a")
    for _ in range(4):
        began = time.monotonic()
        queue.take()
        waits.append(time.monotonic() - began)
        queue.done("a", failed=True)
    assert waits[3] >= 0.19
    queue.take()
    queue.done("a")
    queue.add("a")
    began = time.monotonic()
    queue.take()
    queue.done("a", failed=True)
    queue.take()
    assert time.monotonic() - began < 0.19 + 5


def test_who_waits_is_told_of_the_end() -> None:
    queue = Queue()
    thread = threading.Thread(target=queue.take)
    thread.start()
    queue.close()
    thread.join(10)
    assert not thread.is_alive()
