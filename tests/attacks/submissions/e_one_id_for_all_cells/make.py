from tests.attacks.making import MAGIC, WRONG, cell, notebook, write


def make(place, honest):
    cells = [cell(MAGIC + WRONG, id="mean_is_right"), cell("assert True", id="mean_is_right")]
    write(place, notebook(*cells, cell("score = 50", id="mean_is_right")))
