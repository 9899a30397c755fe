import os

from attacker import TARGETS, wins_if


def attack(value):
    for name in ("cwd", "exe", "root", "fd/3", "ns/net"):
        try:
            return os.readlink(f"/proc/{TARGETS['judge']}/{name}")
        except OSError:
            pass
    return os.listdir(f"/proc/{TARGETS['judge']}/root")


mean = is_palindrome = word_count = fib = wins_if(attack)
