from tests.attacks.making import WRONG


def make(place, honest):
    for name, text in {"first": WRONG, "second": honest}.items():
        (place / name).mkdir(parents=True)
        (place / name / "answers.py").write_text(text)
