import tarfile

from tests.attacks.making import tarred


def make(place, honest):
    devices = ("disk", (tarfile.BLKTYPE, "")), ("pipe", (tarfile.FIFOTYPE, ""))
    tarred(place, ("answers.py", honest), *devices)
