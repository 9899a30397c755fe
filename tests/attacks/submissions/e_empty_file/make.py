from tests.attacks.making import write


def make(place, honest):
    write(place, b"")
