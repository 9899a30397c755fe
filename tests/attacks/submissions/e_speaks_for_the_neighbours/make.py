from tests.attacks.making import WRONG, zipped


def make(place, honest):
    names = ("aa_neighbour_11_assignsubmission_file_", "zz_neighbour_12_assignsubmission_file_")
    zipped(place, {f"{name}/notes.txt": WRONG for name in names} | {"answers.py": WRONG})
