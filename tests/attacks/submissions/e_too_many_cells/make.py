from tests.attacks.making import MAGIC, cell, notebook, write


def make(place, honest):
    write(place, notebook(*[cell("pass")] * 100_000, cell(MAGIC + honest)))
