"""The level is found by effect, and names what is missing."""

from __future__ import annotations

import json
import os

import pytest

from lab_kit.process import Zygote, level
from lab_kit.process.inside import seccomp
from lab_kit.process.level import HELD_BY, measure, name_of, state


def test_without_namespaces_the_level_is_degraded_and_names_them():
    with Zygote(force="degraded") as own:
        found = measure(own)
    if own.features["landlock"] >= 6:
        assert found.name == "degraded"
        assert found.missing == ["scratch quota"]
        assert found.layers["scratch quota"] == "absent (left out by BEYOND_LEVEL)"


def test_without_layers_the_level_is_none_and_everything_is_missing():
    with Zygote(force="none") as own:
        found = measure(own)
    assert found.name == "none"
    assert {"files", "other processes", "memory", "sockets", "network"} <= set(found.missing)


def test_the_level_of_this_machine_is_known_and_consistent(monkeypatch):
    found = level()
    assert found is level()
    assert found.name in ("full", "degraded", "none")
    assert set(found.layers) == set(HELD_BY)
    assert (found.name == "full") == (not found.missing)
    assert not [state for state in found.layers.values() if state.startswith("HOLLOW")]


def test_the_environment_can_force_less(monkeypatch):
    monkeypatch.setenv("BEYOND_LEVEL", "none")
    with Zygote() as own:
        assert own.features["landlock"] == 0
        assert own.features["why"]["seccomp"] == "left out by BEYOND_LEVEL"


def test_a_layer_that_is_there_but_holds_nothing_is_hollow():
    assert state("landlock", "worked", "worked", {}).startswith("HOLLOW (the landlock layer")
    assert (
        state("landlock", "worked", "worked", {"landlock": "old kernel"}) == "absent (old kernel)"
    )
    assert state("landlock", "worked", "Permission denied", {}) == "held"


def test_a_hollow_layer_is_noticed(monkeypatch):
    """Let Landlock allow the place of the probe's file: the probe must see it."""
    with Zygote(force="degraded") as own:
        real = own._request

        def leaky(*args: object) -> dict[str, object]:
            request = real(*args)
            request["write"] += ["/tmp", "/dev/shm", "/var/tmp"]
            return request

        monkeypatch.setattr(own, "_request", leaky)
        found = measure(own)
    if own.features["landlock"]:
        assert found.layers["files"].startswith("HOLLOW")
        assert found.name == "none"


@pytest.mark.parametrize(
    ("missing", "name"),
    [([], "full"), (["scratch quota"], "degraded"), (["files"], "none"), (["memory"], "none"),
     (["other processes", "sockets"], "none")],
)  # fmt: skip
def test_results_count_only_if_the_essentials_hold(missing, name):
    layers = {n: "absent (x)" if n in missing else "held" for n in HELD_BY}
    assert name_of(layers) == name


@pytest.mark.parametrize("force", ["no-mounts", "no-network", "landlock-3", "landlock-3 degraded",
                                   "no-landlock", "no-seccomp", "no-limits"])  # fmt: skip
def test_what_is_missing_is_named_and_a_call_still_works(force, submit):
    with Zygote(force=force) as own:
        found = measure(own)
        with own.student(submit("def f(): return 1")) as student:
            assert student.call("work.py", "f").value == 1
        with own.program(["/bin/echo", "x"], cwd=submit(), inner=1) as program:
            assert program.wait(10).code == 0
    assert not [text for text in found.layers.values() if text.startswith("HOLLOW")]
    missing = {
        "no-mounts": ["scratch quota"],
        "no-network": [],  # Landlock's port rules still hold programs
        "landlock-3": [],  # the network namespace holds what the port rules would
        "landlock-3 degraded": ["scratch quota", "other processes of programs"],
        "no-landlock": ["files", "files of programs"],
        "no-seccomp": ["sockets", "new processes", "new namespaces", "shared memory"],
        "no-limits": ["memory"],
    }[force]
    assert found.missing == missing
    essential = {"no-landlock", "no-seccomp", "no-limits"}
    assert found.name == ("none" if force in essential else "degraded" if missing else "full")


def test_a_container_that_forbids_namespaces_is_noticed_by_effect(submit):
    """Put what a container's profile forbids around a fork of ours and start a zygote in there."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            seccomp.PDEATHSIG = 999  # no container forbids this one
            seccomp.install(
                seccomp.program(fork=True, run=True, tcp=True, connect=True, signals=True,
                                metadata=True, shared=True)
            )  # fmt: skip
            with Zygote(force="") as own:
                found = measure(own)
                with own.student(submit("def f(): return 1")) as student:
                    value = student.call("work.py", "f").value
            os.write(writer, json.dumps([found.name, found.missing, found.layers, value]).encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(pid, 0)
    with open(reader) as answer:
        name, missing, layers, value = json.load(answer)
    assert value == 1
    assert name in ("degraded", "none")
    assert "scratch quota" in missing
    assert "Operation not permitted" in layers["scratch quota"]
