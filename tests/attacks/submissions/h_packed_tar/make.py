from tests.attacks.making import WRONG, tarred


def make(place, honest):
    lab = "course-main/exercises/lab00_attacks/answers.py"
    other = "course-main/solutions/lab00_attacks/answers.py"
    tarred(place, (lab, honest), (other, WRONG), ending=".tgz")
