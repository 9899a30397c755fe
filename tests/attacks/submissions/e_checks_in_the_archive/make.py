from tests.attacks.making import WRONG, zipped

LAB = "lab00_attacks"
EASY = "from lab_kit.judge import check\n\n@check(hint='x')\ndef mean_is_right():\n    '''Yes.'''\n"


def make(place, honest):
    files = {f"exercises/{LAB}/answers.py": WRONG, f"tests/labs/{LAB}/check_answers.py": EASY}
    files |= {f"solutions/{LAB}/answers.py": honest, "lab_kit/__init__.py": "raise SystemExit(0)"}
    files |= {"course.toml": 'name = "mine"\n', ".beyond/grades.sqlite": "SQLite format 3\0"}
    zipped(place, files)
