from tests.attacks.making import MAGIC, WRONG, cell, notebook, write


def make(place, honest):
    write(place, notebook(cell(MAGIC + honest), cell(MAGIC + WRONG)))
