import os


def make(place, honest):
    place.mkdir()
    os.mkfifo(place / "answers.py")
