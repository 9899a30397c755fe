import subprocess

from tests.attacks.making import WRONG


def make(place, honest):
    def git(*words):
        who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", "-C", str(place), *who, *words], check=True, capture_output=True)

    place.mkdir()
    git("init", "-q")
    for text in (WRONG, honest):
        (place / "answers.py").write_text(text)
        git("add", ".")
        git("commit", "-qm", "work")
