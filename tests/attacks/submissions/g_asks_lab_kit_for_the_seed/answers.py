import sys

from attacker import TARGETS, wins_if

sys.path.append(TARGETS["lab_kit"])


def attack(value):
    from lab_kit.judge import seeds

    return seeds.graded_seed(b"guess", "me", "lab00_attacks")


mean = is_palindrome = word_count = fib = wins_if(attack)
