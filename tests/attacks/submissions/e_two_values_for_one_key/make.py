from tests.attacks.making import MAGIC, WRONG, cell, notebook, write


def make(place, honest):
    text = notebook(cell(MAGIC + WRONG))
    write(place, text[:-1] + ',"cells":' + notebook(cell(MAGIC + honest)).split('"cells": ')[1])
