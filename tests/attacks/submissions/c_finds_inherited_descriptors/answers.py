import os

from attacker import wins_if


def attack(value):
    for number in range(4, 1024):
        try:
            os.fstat(number)
        except OSError:
            continue
        return True


mean = is_palindrome = word_count = fib = wins_if(attack)
