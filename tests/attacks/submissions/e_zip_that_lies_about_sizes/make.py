from tests.attacks.making import zipped


def make(place, honest):
    path = zipped(place, {"answers.py": honest})
    data = path.read_bytes()
    size = len(honest.encode()).to_bytes(4, "little")
    assert data.count(size) == 2
    path.write_bytes(data.replace(size, (3).to_bytes(4, "little")))
