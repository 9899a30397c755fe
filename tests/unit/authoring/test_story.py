from __future__ import annotations

from pathlib import Path

import pytest

from lab_kit.authoring.story import read_story
from lab_kit.errors import AuthorError


def test_a_story_is_read_with_its_front_matter(story: Path):
    found = read_story(story)
    assert found.title == "Demo: a lab"
    assert found.minutes == 20
    assert found.prerequisites == "Python functions"
    assert found.exercises == [
        {"file": "handler.py", "minutes": 10, "core": True},
        {"file": "deep/rules.yaml", "minutes": 5, "core": False},
    ]
    assert found.given == ["prices.json"]


def test_cells_for_instructors_are_left_out(story: Path):
    sources = [cell.source for cell in read_story(story).cells]
    assert not [s for s in sources if "secret" in s or "teachers" in s]
    assert [c.exercise for c in read_story(story).cells if c.exercise] == ["handler.py"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("minutes: 20\n", "minutes: soon\n", "story.md:17: minutes is 'soon'"),
        ("minutes: 20\n", "", "minutes is None"),
        ("exercises:\n- file", "exercises: []\nmore:\n- file", "it lists no exercises"),
        ("  core: true", "  kore: true", "story.md:2: 'kore' is not a key of an exercise"),
        ("  core: true", "  core: 7", "story.md:2: core is 7, and not true or false"),
        ("- file: handler.py", "- fil: handler.py", "has no `file` and `minutes`"),
        ("[prices.json]", "[../prices.json]", "story.md:9: '../prices.json' is no file beside"),
        ("[prices.json]", "[/etc/passwd]", "'/etc/passwd' is no file beside"),
        ("given: [prices.json]", "given: 7", "story.md:9: it is no list"),
    ],
)
def test_a_wrong_front_matter_is_told_with_its_line(story: Path, old, new, says):
    text = story.read_text()
    assert old in text
    story.write_text(text.replace(old, new, 1))
    with pytest.raises(AuthorError) as caught:
        read_story(story)
    assert caught.value.what == "A story's front matter is wrong."
    assert says in caught.value.why
    assert caught.value.next.startswith("mend `")


def test_a_story_without_a_heading_is_refused(story: Path):
    story.write_text(story.read_text().replace("# Demo: a lab", "Demo"))
    with pytest.raises(AuthorError, match="A story has no title") as caught:
        read_story(story)
    assert "begin the story's text" in caught.value.next


def test_code_in_an_exercise_cell_is_refused(story: Path):
    text = story.read_text().replace("%%exercise handler.py\n", "%%exercise handler.py\nx = 1\n")
    story.write_text(text)
    with pytest.raises(AuthorError, match="holds code") as caught:
        read_story(story)
    line = text.split("\n").index("%%exercise handler.py") + 1
    assert f"story.md:{line}: the code of handler.py would stand in two places" in caught.value.why
    assert "leave the cell empty" in caught.value.next


def test_an_exercise_cell_names_a_file(story: Path):
    story.write_text(story.read_text().replace("%%exercise handler.py\n", "%%exercise\n"))
    with pytest.raises(AuthorError, match="names no file") as caught:
        read_story(story)
    assert "write `%%exercise FILE`" in caught.value.next


def test_an_unreadable_story_is_told_in_one_line(story: Path):
    story.write_text("---\na: [1\n---\n# T\n")
    with pytest.raises(AuthorError, match="could not be read") as caught:
        read_story(story)
    assert str(story) in caught.value.why
    assert "\n" not in caught.value.why
