from tests.attacks.making import zipped


def make(place, honest):
    zipped(place, {"answers.py": honest, "/tmp/came_out": "x", "C:\\came_out": "x"})
