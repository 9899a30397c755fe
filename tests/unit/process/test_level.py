"""The level is found by effect, and names what is missing."""

from __future__ import annotations

import pytest

from lab_kit.process import Zygote, level
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
    """Take the rights of the probe's file away from what Landlock refuses: the probe must see it."""
    with Zygote(force="degraded") as own:
        real = own._request

        def leaky(*args: object) -> dict[str, object]:
            request = real(*args)
            request["write"].append("/tmp")
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
