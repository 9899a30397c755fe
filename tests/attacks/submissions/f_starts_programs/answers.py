import os
import subprocess

from attacker import wins_if


def attack(value):
    for act in (
        lambda: subprocess.run(["/bin/true"]),
        lambda: os.posix_spawn("/bin/true", ["true"], {}),
        lambda: os.popen("true").close(),
        lambda: os.forkpty(),
        lambda: os.execv("/bin/true", ["true"]),
    ):
        try:
            act()
        except OSError:
            continue
        return True


mean = is_palindrome = word_count = fib = wins_if(attack)
