"""Waiting ends: at the deadline, or when what is waited for has died."""

from __future__ import annotations

import sys
import time

import pytest

from lab_kit.errors import Unavailable
from lab_kit.process import start_trusted, wait_until


def test_wait_until_returns_once_it_is_true():
    seen = iter([0, "", None, 1])
    wait_until(lambda: next(seen), timeout=5, poll=0)


def test_wait_until_names_what_was_not_ready():
    begun = time.monotonic()
    with pytest.raises(Unavailable, match=r"The server was not ready within 0\.05 s"):
        wait_until(lambda: False, timeout=0.05, what="The server")
    assert time.monotonic() - begun < 2


def test_wait_until_stops_when_the_process_is_gone():
    with pytest.raises(Unavailable, match="The server ended before it was ready"):
        wait_until(lambda: False, timeout=60, alive=lambda: False, what="The server")


def test_a_trusted_program_prints_and_ends():
    with start_trusted([sys.executable, "-c", "print('hello')"]) as program:
        assert program.wait(20).reason == "it exited with status 0"
        assert (program.output(), program.take()) == ("hello\n", "hello\n")
        assert not program.alive


def test_a_trusted_program_is_asked_to_stop_then_killed():
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('on', flush=True)\n" \
           "while True: time.sleep(1)"  # fmt: skip
    with start_trusted([sys.executable, "-c", deaf]) as program:
        wait_until(lambda: program.output(), timeout=20)
        assert program.memory_mb() > 1
        assert program.stop(timeout=0.2).signal == 9
    with start_trusted(["sleep", "60"]) as program:
        assert program.stop().signal == 15


def test_a_trusted_program_that_is_missing_is_told(tmp_path):
    with start_trusted([tmp_path / "nothing"]) as program:
        assert program.wait(20).code != 0


def test_a_trusted_program_outlives_the_thread_that_started_it():
    import threading

    started = []
    thread = threading.Thread(target=lambda: started.append(start_trusted(["sleep", "60"])))
    thread.start()
    thread.join()
    with started[0] as program:
        assert program.alive
