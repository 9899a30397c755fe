from tests.attacks.making import MAGIC, WRONG, cell, notebook, write

EASY = "from lab_kit.judge import check\n\n@check(hint='x')\ndef mean_is_right():\n    '''Yes.'''\n"
NAMES = ("check_answers.py", "conftest.py", "lab_kit/judge/__init__.py", "pytest.ini")


def make(place, honest):
    extra = [cell(f"%%exercise {name}\n{EASY}") for name in NAMES]
    write(place, notebook(*extra, cell(MAGIC + WRONG), *extra))
