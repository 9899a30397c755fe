from tests.attacks.making import zipped


def make(place, honest):
    zipped(place, {"answers.py": honest, "kit": "x", "kit/a.py": "x"})
