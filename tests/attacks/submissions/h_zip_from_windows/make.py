from tests.attacks.making import zipped


def make(place, honest):
    zipped(place, {"My Work\\answers.py": honest.replace("\n", "\r\n"), "My Work\\Thumbs.db": "x"})
