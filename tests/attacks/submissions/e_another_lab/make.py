def make(place, honest):
    (place / "lab01_other").mkdir(parents=True)
    (place / "lab01_other" / "handler.py").write_text(honest)
