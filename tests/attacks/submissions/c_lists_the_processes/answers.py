import os

from attacker import wins_if


def attack(value):
    for number in [int(name) for name in os.listdir("/proc") if name.isdigit()]:
        with open(f"/proc/{number}/cmdline") as handle:
            if handle.read():
                return True


mean = is_palindrome = word_count = fib = wins_if(attack)
