def make(place, honest):
    (place / "/".join(["d"] * 60)).mkdir(parents=True)
    (place / "answers.py").write_text(honest)
