from tests.attacks.making import zipped


def make(place, honest):
    zipped(place, {"answers.py": honest, "con.py": "x", "aux": "x", "a\u202eyp.exe": "x"})
