"""Write a lab that is small enough to say everything about the notebook side."""

from __future__ import annotations

import json
from typing import Any

from lab_kit.authoring.product import seal
from lab_kit.course import Course

STUB = 'def one():\n    raise NotImplementedError("give back 1")\n'
RIGHT = "def one():\n    return 1\n"
CHECKS = '''
import time

from lab_kit.judge import check, expect_equal


@check(points=1, hint=["Look at the last line.", "It gives back a number."])
def gives_one(submission):
    """one() gives back 1."""
    got = submission.call("answer.py", "one")
    expect_equal(got, 1, what="one() gave something else.", next="look at one in answer.py.")


@check(points=1, hint="Look at the last line.")
def gives_one_again(submission):
    """one() gives back 1 each time."""
    expect_equal(submission.call("answer.py", "one"), 1, what="one() changed its mind.")
'''
RUNTIME = """
import threading, time
from types import SimpleNamespace

class Pretend:
    environments = ()
    def __init__(self):
        self.lock, self.free, self.made, self.busy = threading.Lock(), [], 0, 0
    def invoke(self, event):
        with self.lock:
            if self.busy >= 4:
                return SimpleNamespace(status=429, outcome='throttled', environment='', cold=False,
                    init_ms=None, duration_ms=0, billed_ms=0, memory_mb=128)
            self.busy += 1
            name = self.free.pop() if self.free else None
            cold = name is None
            if cold:
                self.made += 1
                name = f'env-{self.made:08d}'
        time.sleep(.05 if cold else .005)
        with self.lock:
            self.busy -= 1
            self.free.append(name)
        return SimpleNamespace(status=200, outcome='ok', environment=name, cold=cold,
            init_ms=45.0 if cold else None, duration_ms=5.0, billed_ms=50 if cold else 5,
            memory_mb=128)
    def close(self):
        pass
"""
CELLS = {
    "open": "from lab_kit import Lab\nlab = Lab()",
    "exercise": f"%%exercise answer.py\n{STUB.rstrip()}",
    "check": "lab.check()",
    "guess": 'lab.predict("cold", "How long does the first one take?")',
    "file": 'lab.open("answer.py")',
    "runtime": RUNTIME + "\nruntime = lab.component(Pretend())",
    "traffic": "from lab_kit.notebook.serverless import CostPanel, TrafficPanel\n"
    "traffic = TrafficPanel(runtime)\ntraffic",
    "cost": "prices = {'request': 2e-7, 'gb_second': 1.66667e-5, 'server_month': 24.5}\n"
    "CostPanel(prices)",
    "receipt": "from lab_kit.notebook.receipt import Receipt\n"
    "Receipt([runtime.invoke({}) for _ in range(3)], prices)",
    "compare": 'lab.compare("cold", 345)',
    "progress": "lab.progress()",
}


def write_toy(course: Course, name: str) -> None:
    """Write notebook, stub and checks of a lab called `name`."""
    for folder in (course.root / "notebooks", course.exercises(name), course.checks(name)):
        folder.mkdir(parents=True, exist_ok=True)
    (course.exercises(name) / "answer.py").write_text(STUB)
    (course.checks(name) / "check_answer.py").write_text(CHECKS)
    about: dict[str, Any] = {
        "title": "Toy",
        "exercises": [{"file": "answer.py", "core": True}],
        "stubs": {"answer.py": STUB},
    }
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    cells = [
        {"cell_type": "code", "id": key, "metadata": {}, "source": text, "outputs": [],
         "execution_count": None}
        for key, text in CELLS.items()
    ]  # fmt: skip
    notebook = {
        "cells": cells,
        "metadata": {"beyond": about, "kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    about["seal"] = seal(notebook)
    (course.root / "notebooks" / f"{name}.ipynb").write_text(json.dumps(notebook))
