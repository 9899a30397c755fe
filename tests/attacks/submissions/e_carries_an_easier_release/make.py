from tests.attacks.making import WRONG

LAB = "lab00_attacks"


def make(place, honest):
    for path, text in {
        f"exercises/{LAB}/answers.py": WRONG + "VERSION = 'v1'\n",
        f"notebooks/{LAB}.ipynb": '{"metadata": {"beyond": {"exercises": []}}}',
        f"tests/labs/{LAB}/check_answers.py": "",
        "course.toml": 'name = "Attacks"\nversion = "v1"\n',
    }.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text)
