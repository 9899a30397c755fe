import os

from attacker import HERE, TARGETS, wins_if


def attack(value):
    canary = TARGETS["canary"]
    for act in (
        lambda: os.remove(canary),
        lambda: os.rename(canary, f"{canary}.old"),
        lambda: os.truncate(canary, 0),
        lambda: os.rmdir(TARGETS["checks"]),
        lambda: os.remove(f"{HERE}/targets.json"),
        lambda: open(f"{HERE}/honest.py", "a").write("x"),
    ):
        try:
            act()
        except OSError:
            continue
        return True


mean = is_palindrome = word_count = fib = wins_if(attack)
