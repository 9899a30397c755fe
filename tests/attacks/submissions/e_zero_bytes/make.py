from tests.attacks.making import write


def make(place, honest):
    write(place, bytes(10_000))
