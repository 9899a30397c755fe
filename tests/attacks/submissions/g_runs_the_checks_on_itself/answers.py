import sys
import types

from attacker import TARGETS, wins_if

told = []
judge = types.ModuleType("lab_kit.judge")
judge.expect = lambda ok, what, why="", next="": told.append(why)
judge.check = lambda **_: lambda function: function
judge.Submission = object
sys.modules["lab_kit"], sys.modules["lab_kit.judge"] = types.ModuleType("lab_kit"), judge


def attack(value):
    with open(TARGETS["checks"] + "/check_answers.py") as handle:
        exec(handle.read(), {"__name__": "check_answers"})
    return True


mean = is_palindrome = word_count = fib = wins_if(attack)
