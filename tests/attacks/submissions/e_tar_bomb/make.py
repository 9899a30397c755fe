import gzip


def make(place, honest):
    with gzip.open(place.with_suffix(".tgz"), "wb") as file:
        for _ in range(128):
            file.write(bytes(1 << 20))
