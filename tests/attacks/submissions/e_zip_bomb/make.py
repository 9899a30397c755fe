import zipfile

from tests.attacks.making import zipped


def make(place, honest):
    path = zipped(place, {"answers.py": honest})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("zeros.bin", "w") as zeros:
            for _ in range(64):
                zeros.write(bytes(1 << 20))
