from tests.attacks.making import MAGIC, cell, notebook, write


def make(place, honest):
    sheet = {"cells": [cell(MAGIC + honest)]}
    write(place, notebook(nbformat=3, worksheets=[sheet]))
