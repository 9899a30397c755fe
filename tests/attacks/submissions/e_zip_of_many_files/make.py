from tests.attacks.making import zipped


def make(place, honest):
    zipped(place, {"answers.py": honest} | {f"{n}": b"" for n in range(100_000)})
