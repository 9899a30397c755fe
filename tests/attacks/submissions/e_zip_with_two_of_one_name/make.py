import warnings
import zipfile

from tests.attacks.making import WRONG, zipped


def make(place, honest):
    path = zipped(place, {"answers.py": WRONG})
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("answers.py", honest)
