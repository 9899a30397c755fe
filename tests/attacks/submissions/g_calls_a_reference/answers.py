import importlib
import sys

from attacker import TARGETS, wins_if

root = TARGETS["lab_kit"]
sys.path += [root, f"{root}/solutions", f"{root}/tests/attacks/submissions/h_plain"]
NAMES = ("solution", "reference", "tests.attacks.corpus", "lab_kit.course", "answers_of_h_plain")


def attack(value):
    for name in NAMES:
        try:
            return importlib.import_module(name)
        except ImportError:
            pass


mean = is_palindrome = word_count = fib = wins_if(attack)
