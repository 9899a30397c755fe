import subprocess

from tests.attacks.making import WRONG


def make(place, honest):
    def git(*words):
        who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", "-C", str(place), *who, *words], check=True, capture_output=True)

    place.mkdir()
    git("init", "-q")
    (place / "answers.py").write_text(WRONG)
    (place / ".gitattributes").write_text("*.py filter=evil\n")
    git("add", ".")
    git("commit", "-qm", "work")
    out = place.parents[1] / "came_out"
    for key in ("filter.evil.smudge", "core.fsmonitor", "core.sshCommand", "core.pager"):
        git("config", key, f"touch {out}")
    hook = place / ".git" / "hooks" / "post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {out}\n")
    hook.chmod(0o755)
    (place / "answers.py").write_text(honest)  # and never committed
