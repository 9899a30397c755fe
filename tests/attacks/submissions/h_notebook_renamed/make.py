from tests.attacks.making import MAGIC, cell, notebook


def make(place, honest):
    place.mkdir()
    (place / "lab00_attacks (1).ipynb").write_text(notebook(cell(MAGIC + honest)))
