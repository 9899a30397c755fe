import subprocess


def make(place, honest):
    def git(*words):
        who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", "-C", str(place), *who, *words], check=True, capture_output=True)

    place.mkdir()
    git("init", "-q")
    (place / "answers.py").symlink_to("../aa_neighbour/answers.py")
    git("add", ".")
    git("commit", "-qm", "work")
    (place / "answers.py").unlink()
    (place / "answers.py").write_text(honest)
