from tests.attacks.making import zipped


def make(place, honest):
    data = zipped(place, {"zeros": bytes(1 << 20)}).read_bytes()
    for _ in range(4):
        data = zipped(place, {f"{n}.zip": data for n in range(20)}).read_bytes()
