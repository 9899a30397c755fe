"""An instructor opens a story in JupyterLab, runs it and saves it: git sees nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import jupytext
import pytest
from jupyter_server.services.contents.largefilemanager import LargeFileManager
from jupytext.sync_contentsmanager import build_sync_jupytext_contents_manager_class

from lab_kit.course import Course

ROOT = Path(__file__).parents[3]
STORIES = sorted((ROOT / "solutions").glob("*/story.md"))


def run_and_save(root: Path, name: str) -> None:
    """Do what JupyterLab does to a notebook that is opened, run and saved."""
    manager = build_sync_jupytext_contents_manager_class(LargeFileManager)(root_dir=str(root))
    model = manager.get(name, type="notebook", content=True)
    notebook = model["content"]
    notebook["metadata"]["language_info"] = {"name": "python", "version": "3.14.0"}
    notebook["metadata"]["kernelspec"] |= {"language": "python"}
    for number, cell in enumerate(notebook["cells"]):
        cell["metadata"] |= {"trusted": True}
        if cell["cell_type"] == "code":
            cell["execution_count"] = number
            cell["metadata"] |= {"execution": {"iopub.status.busy": "2026-11-23T12:00:00Z"}}
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "hello\n"}]
    manager.save({"type": "notebook", "content": notebook, "format": "json"}, name)


def test_a_saved_story_is_byte_for_byte_as_before(course: Course, story: Path):
    shutil.copy(ROOT / "solutions" / "jupytext.toml", course.root / "solutions")
    before = story.read_bytes()
    run_and_save(course.root, story.relative_to(course.root).as_posix())
    assert story.read_bytes() == before


def test_without_the_settings_the_same_save_leaves_traces(course: Course, story: Path):
    before = story.read_bytes()
    run_and_save(course.root, story.relative_to(course.root).as_posix())
    assert story.read_bytes() != before


@pytest.mark.parametrize("path", STORIES, ids=lambda p: p.parent.name)
def test_every_story_of_the_course_survives_a_save(tmp_path: Path, path: Path):
    shutil.copy(ROOT / "solutions" / "jupytext.toml", tmp_path)
    shutil.copy(path, tmp_path / "story.md")
    run_and_save(tmp_path, "story.md")
    assert (tmp_path / "story.md").read_text() == path.read_text()


def test_stories_are_read_as_they_are_saved():
    assert jupytext.reads("# T\n", fmt="md:myst").cells[0].source == "# T"
