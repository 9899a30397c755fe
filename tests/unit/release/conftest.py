"""A course as its author has it, with a canary wherever an answer or a stranger's data can be.

Every canary begins with CANARY; what students are to get says KEPT.
"""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import pytest

from lab_kit.authoring.build import build
from lab_kit.course import Course

ROOT = Path(__file__).resolve().parents[3]
LAB, OTHER = "lab08_tea", "lab09_mugs"
STORY = """\
---
exercises:
- file: price.py
  minutes: 10
given: [prices.json]
minutes: 10
---

# Tea

KEPT words.

```{code-cell}
:tags: [instructor]

print("CANARY_cell_for_instructors")
```

+++ {"tags": ["instructor"]}

Only for teachers: CANARY_text_for_instructors.

+++ {"owner": "CANARY_metadata_of_a_cell"}

More KEPT words.

```{code-cell}
%%exercise price.py
```
"""
PRICE = '''\
"""Price tea. KEPT."""


def price(grams):
    """Return cents."""
    # BEGIN SOLUTION: multiply
    rate = CANARY_in_a_solution(grams)
    # CANARY_comment_in_a_solution
    return rate
    # END SOLUTION
'''
CHECKS = '''\
from lab_kit.judge import check, expect_equal


@check(hint="KEPT hint")
def tea_has_a_price(submission):
    """Tea costs what the list says: KEPT promise."""
    expect_equal(submission.call("price.py", "price", 2), 14)
'''
HIDDEN = '''\
from lab_kit.judge import check, expect_equal


@check(hint="CANARY_hint_of_a_hidden_check")
def CANARY_name_of_a_hidden_check(submission):
    """CANARY promise of a hidden check."""
    # CANARY comment in a hidden check
    expect_equal(submission.call("price.py", "price", 3), "CANARY_of_a_hidden_check")
'''


def add_lab(root: Path, lab: str) -> None:
    sources, checks = root / "solutions" / lab, root / "tests" / "labs" / lab
    write(sources / "story.md", STORY)
    write(sources / "price.py", PRICE)
    write(sources / "prices.json", '{"KEPT": 7}\n')
    write(sources / "private.py", "ALONE = 'CANARY_in_a_file_of_the_solution'\n")
    write(checks / "check_price.py", CHECKS)
    write(checks / "wrong" / "forgets" / "price.py", "def price(g): return CANARY_wrong_answer\n")
    write(checks / "wrong" / "forgets" / "fails.txt", "tea_has_a_price\nCANARY says the mistake.\n")
    write(checks / "right" / "other" / "price.py", "def price(g): return CANARY_right_answer\n")
    write(checks / "__pycache__" / "check_price.pyc", "CANARY_compiled")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """Make the course, build it, and let its author run and save the notebooks."""
    root = tmp_path / "course"
    for name in ("lab", "pyproject.toml", "requirements.lock", "README.md", "LICENSE"):
        write(root / name, (ROOT / name).read_text("utf-8"))
    write(root / "course.toml", 'name = "Tea"\n')
    shutil.copytree(ROOT / "lab_kit", root / "lab_kit")
    write(root / "docs" / "lab01.png", "KEPT picture")
    write(root / "docs" / "notes.md", "CANARY_notes_of_the_author")
    write(root / ".beyond" / "grades.sqlite", "CANARY_grades")
    write(root / ".git" / "config", "CANARY_history")
    write(root / "tests" / "unit" / "test_tea.py", "CANARY_other_tests = 1\n")
    for lab in (LAB, OTHER):
        add_lab(root, lab)
    made = Course(root)
    build(made)
    for path in (root / "notebooks").glob("*.ipynb"):
        run_and_save(path)
    write(root / "exercises" / LAB / "price.py", "# CANARY_the_author_plays_student\n")
    return made


def run_and_save(path: Path) -> None:
    """Leave in a built notebook what an author's own run leaves."""
    found = json.loads(path.read_text("utf-8"))
    found["metadata"]["author"] = "CANARY_metadata_of_a_notebook"
    picture = base64.b64encode(b"CANARY_attachment").decode()
    for cell in found["cells"]:
        cell["metadata"]["owner"] = "CANARY_metadata_of_a_cell"
        if cell["cell_type"] == "code":
            text = ["CANARY_output\n"]
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": text}]
        else:
            cell["attachments"] = {"CANARY.png": {"image/png": picture}}
    path.write_text(json.dumps(found), encoding="utf-8")


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    """Make an instructor's private checks."""
    folder = tmp_path / "private"
    write(folder / LAB / "check_price.py", CHECKS + HIDDEN.partition("\n\n\n")[2])
    write(folder / LAB / "vectors.json", '{"input": "CANARY_of_a_hidden_vector"}\n')
    return folder
