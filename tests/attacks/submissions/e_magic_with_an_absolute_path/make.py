from tests.attacks.making import MAGIC, cell, notebook, write


def make(place, honest):
    write(place, notebook(cell(MAGIC + honest), cell("%%exercise /tmp/came_out\npass")))
