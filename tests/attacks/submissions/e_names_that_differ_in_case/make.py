from tests.attacks.making import WRONG, zipped


def make(place, honest):
    zipped(place, {"answers.py": WRONG, "kit/A.py": "x", "KIT/a.py": "y"})
