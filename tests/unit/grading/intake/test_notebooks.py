"""A notebook alone gives its `%%exercise` cells, and nothing else of it counts."""

from __future__ import annotations

import codecs
import json

import pytest

from .conftest import GOOD, LAB, LABS, notebook, said, texts

CELL = f"%%exercise answers.py\n{GOOD}"
OTHER = "lab02_more"
BOTH = {**LABS, OTHER: frozenset({"other.py"})}


@pytest.fixture
def hand_in(fill, take):
    def go(data: bytes, name: str = "ada.ipynb", **options):
        return take(fill("in", {name: data}) / name, **options)

    return go


def test_files_are_read_out_of_cells(hand_in):
    (one,) = hand_in(notebook("x = 1", CELL, "%%exercise 'chart/values.yaml'\na: 1\n\n\n"))
    assert texts(one) == {"answers.py": GOOD, "chart/values.yaml": "a: 1\n"}
    assert (one.student, one.lab, one.flags) == ("ada", LAB, ("from notebook",))


@pytest.mark.parametrize(
    "cell",
    [
        CELL.splitlines(keepends=True),
        "\n\n" + CELL,
        CELL.replace("\n", "\r\n"),
        CELL.replace("answers.py", "answers.py --keep-cell", 1),
        CELL.rstrip(),
    ],
)
def test_a_cell_may_be_written_in_many_ways(hand_in, cell):
    tagged = {"cell_type": "code", "source": cell, "metadata": {"tags": ["skip-execution"]}}
    (one,) = hand_in(notebook(tagged))
    assert texts(one) == {"answers.py": GOOD}


def test_a_byte_order_mark_does_no_harm(hand_in):
    (one,) = hand_in(codecs.BOM_UTF8 + notebook(CELL))
    assert texts(one) == {"answers.py": GOOD}


def test_of_several_cells_the_last_that_is_not_empty_counts(hand_in):
    (one,) = hand_in(
        notebook("%%exercise answers.py\nold = 1", CELL, "%%exercise answers.py\n  \n")
    )
    assert texts(one) == {"answers.py": GOOD}
    assert one.flags == ("from notebook", "several cells for answers.py: the last was taken")


def test_only_code_cells_count(hand_in):
    text = {"cell_type": "markdown", "source": CELL, "metadata": {}}
    raw = {"cell_type": "raw", "source": CELL, "metadata": {"beyond": {"stubs": GOOD}}}
    prose = f"# how to\n{CELL}"
    assert "holds no exercise of this lab" in said(hand_in(notebook(text, raw, prose)))


def test_a_notebooks_name_or_its_cells_tell_the_lab(hand_in, fill, take):
    (one,) = hand_in(notebook("%%exercise other.py\ny = 1"), "ada.ipynb", labs=BOTH)
    assert one.lab == OTHER
    same = {**LABS, OTHER: frozenset({"answers.py"})}
    (one,) = hand_in(notebook(CELL), "ada_lab02_more (1).ipynb", labs=same)
    assert one.lab == OTHER
    text = said(hand_in(notebook(CELL), "work.ipynb", labs=same))
    assert "It is not clear which lab the notebook belongs to." in text
    assert "give the notebook back its name" in text
    assert "It holds lab03_other" in said(hand_in(notebook(CELL), "lab03_other.ipynb"))


def test_a_students_folder_may_hold_the_notebook_alone(fill, take):
    (one,) = take(fill("ada", {"lab01_toys.ipynb": notebook(CELL)}))
    assert (one.student, texts(one)) == ("ada", {"answers.py": GOOD})
    (two,) = take(
        fill("class/ben", {"work.ipynb": notebook(CELL), "empty.ipynb": notebook()}).parent
    )
    assert (two.student, texts(two)) == ("ben", {"answers.py": GOOD})
    both = {"a.ipynb": notebook(CELL), "b.ipynb": notebook(CELL)}
    assert "more than once. It is in a.ipynb, b.ipynb." in said(take(fill("all/eve", both).parent))


@pytest.mark.parametrize("name", ["../answers.py", "/etc/answers.py", "con.py", "a\0b.py"])
def test_a_cell_writes_nowhere_else(hand_in, name):
    assert "name" in said(hand_in(notebook(CELL, f"%%exercise {name}\nx = 1")))


BAD = {
    "empty": b"",
    "cut": notebook(CELL)[:-9],
    "UTF-16": notebook(CELL).decode().encode("utf-16"),
    "NUL": notebook(CELL).replace(b"code", b"co\0de"),
    "Latin-1": notebook(CELL.replace("double", "Ã©")).replace(b"\\u00c3\\u00a9", b"\xe9"),
    "a list": b"[]",
    "deep": b"[" * 100_000,
    "deep cells": notebook(CELL, metadata={}).replace(b"{}", b"[" * 50_000, 1),
    "format 3": notebook(CELL, nbformat=3),
    "format 99": notebook(CELL, nbformat=99),
    "format true": notebook(CELL, nbformat="4"),
    "no cells": json.dumps({"nbformat": 4}).encode(),
    "cells are text": notebook(cells="code"),
    "a cell is text": notebook(cells=["code"]),
    "source is a number": notebook({"cell_type": "code", "source": [1]}),
    "half a character": notebook(CELL + "x = '\ud800'"),
    "two values": notebook(CELL).replace(b'"nbformat": 4', b'"nbformat": 4, "cells": []'),
    "ten thousand cells": notebook(*["x"] * 10_001),
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_what_is_no_notebook_is_said(hand_in, data):
    text = said(hand_in(data))
    assert "The notebook could not be read." in text
    assert "open it in JupyterLab, save it there" in text


def test_numbers_of_any_size_do_no_harm(hand_in):
    big = b"[" + b"9" * 100_000 + b", 1e999, NaN]"
    (one,) = hand_in(notebook(CELL).replace(b'"metadata": {}', b'"metadata": ' + big, 1))
    assert texts(one) == {"answers.py": GOOD}


def test_a_notebook_that_is_too_large_is_said(hand_in, monkeypatch):
    monkeypatch.setattr("lab_kit.grading.intake.layout.BIGGEST", 100)
    text = said(hand_in(notebook(CELL)))
    assert "The notebook is too large to be judged." in text
    assert "clear its outputs" in text
