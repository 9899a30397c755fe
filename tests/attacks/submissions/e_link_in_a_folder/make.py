def make(place, honest):
    place.mkdir()
    (place / "answers.py").symlink_to("../aa_neighbour/answers.py")
