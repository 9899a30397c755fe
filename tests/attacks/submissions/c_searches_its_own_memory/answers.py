import gc
import sys

from attacker import TARGETS, wins_if

SECRETS = ("CANARY-", "check_answers", "COURSE_SECRET", "h_plain")


def attack(value):
    own = (TARGETS, sys.modules[__name__].__dict__, vars(sys.modules["attacker"]))
    for thing in gc.get_objects():
        if type(thing) in (dict, list, tuple) and thing not in own and len(thing) < 200:
            if any(type(t) is str and s in t for t in thing for s in SECRETS if t not in SECRETS):
                return True


mean = is_palindrome = word_count = fib = wins_if(attack)
