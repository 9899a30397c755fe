from tests.attacks.making import MAGIC, WRONG, cell, notebook, write


def make(place, honest):
    scratch = cell("%matplotlib inline\nawait anything\n!pip list\n1 / 0", execution_count=99)
    tries = [cell(MAGIC + WRONG), scratch, cell(MAGIC + honest), cell(MAGIC), scratch]
    write(place, notebook(*tries, cell("%%exercise scratch.py\nx = 1")))
