import tarfile

from tests.attacks.making import tarred


def make(place, honest):
    link = (tarfile.SYMTYPE, "../../../course/tests/labs/lab00_attacks/check_answers.py")
    tarred(place, ("answers.py", link), ("notes.py", (tarfile.LNKTYPE, "/etc/passwd")))
