from tests.attacks.making import MAGIC, cell, notebook, write


def make(place, honest):
    out = cell("%%exercise ../../../tests/labs/lab00_attacks/check_answers.py\npass")
    write(place, notebook(cell(MAGIC + honest), out))
