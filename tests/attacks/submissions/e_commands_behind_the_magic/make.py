from tests.attacks.making import WRONG, cell, notebook, write


def make(place, honest):
    magic = "%%exercise answers.py --force ; !touch ../../came_out && echo 100 > score\n"
    write(place, notebook(cell(magic + WRONG)))
