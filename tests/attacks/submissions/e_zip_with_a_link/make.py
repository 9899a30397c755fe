import stat
import zipfile

from tests.attacks.making import zipped


def make(place, honest):
    path = zipped(place, {"notes.txt": "x"})
    link = zipfile.ZipInfo("answers.py")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "../aa_neighbour/answers.py")
