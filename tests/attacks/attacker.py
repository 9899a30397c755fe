"""Help the attacks of the corpus: this file is laid beside each of them.

`wins_if(attack)` is a function that gives the right answers if `attack(value)` got what it
wanted, and none if it was refused; so an attack that works earns credit, which the test sees.
"""

import json
import os

import honest

HERE = os.path.dirname(os.path.abspath(__file__))
with open(f"{HERE}/targets.json") as handle:
    TARGETS = json.load(handle)


def right(value):
    if isinstance(value, list):
        return honest.mean(value)
    if isinstance(value, int):
        return honest.fib(value)
    return honest.word_count(value) if " " in value else honest.is_palindrome(value)


def wins_if(attack):
    def answer(value):
        try:
            return right(value) if attack(value) else None
        except (OSError, ImportError, AttributeError):
            return None

    return answer
