"""A tiny course of one lab, for the tests of the build."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_kit.course import Course

LAB = "lab09_demo"
STORY = """\
---
exercises:
- file: handler.py
  minutes: 10
  core: true
- file: deep/rules.yaml
  minutes: 5
  core: false
given: [prices.json]
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3 (ipykernel)
  name: python3
minutes: 20
prerequisites: Python functions
---

```python
# no heading
```

# Demo: a lab

First words.

```{code-cell}
lab.check()
```

```{code-cell}
%%exercise handler.py
```

```{code-cell}
:tags: [instructor]

secret = 1
```

+++ {"tags": ["instructor"]}

Only for teachers.

```{code-cell}
lab.check()
```
"""
HANDLER = '''\
"""Greet."""


def handler(event: dict, context: object) -> dict:
    """Greet the caller."""
    # BEGIN SOLUTION: greet the caller by name
    name = event["name"]
    return {"hello": name}
    # END SOLUTION
'''
RULES = "# BEGIN SOLUTION: allow the shop\nallow: [shop]\n# END SOLUTION\nother: 1\n"


@pytest.fixture
def course(tmp_path: Path) -> Course:
    (tmp_path / "course.toml").write_text('name = "Test"\n')
    sources = tmp_path / "solutions" / LAB
    (sources / "deep").mkdir(parents=True)
    (sources / "story.md").write_text(STORY)
    (sources / "handler.py").write_text(HANDLER)
    (sources / "deep" / "rules.yaml").write_text(RULES)
    (sources / "prices.json").write_text("{}\n")
    (sources / "only_for_the_solution.py").write_text("X = 1\n")
    return Course(tmp_path)


@pytest.fixture
def story(course: Course) -> Path:
    return course.solutions(LAB) / "story.md"
