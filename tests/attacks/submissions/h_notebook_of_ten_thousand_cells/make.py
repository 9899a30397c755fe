from tests.attacks.making import MAGIC, cell, notebook, write


def make(place, honest):
    write(place, notebook(*[cell("x = 1")] * 9_999, cell(MAGIC + honest)))
