def make(place, honest):
    place.mkdir()
    (place / "answers.py").write_text(honest)
    for number in range(3000):
        (place / f"note{number}.txt").touch()
