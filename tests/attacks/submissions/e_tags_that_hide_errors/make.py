from tests.attacks.making import MAGIC, WRONG, cell, notebook, write

TAGS = ["raises-exception", "skip-execution", "remove-cell", "instructor", "parameters"]


def make(place, honest):
    about = {"tags": TAGS, "execution": {"allow_errors": True}}
    write(place, notebook(cell(MAGIC + WRONG, metadata=about), metadata={"allow_errors": True}))
