from tests.attacks.making import MAGIC, WRONG, cell, notebook, write

GRADED = {"grade": True, "points": 1000, "score": 1000, "solution": False, "locked": True}


def make(place, honest):
    about = {"beyond": {"points": 1000, "exercises": []}, "nbgrader": GRADED, "otter": {"pts": 1e9}}
    write(place, notebook(cell(MAGIC + WRONG, metadata=about), metadata=about))
