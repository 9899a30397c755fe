import os
import resource

from attacker import TARGETS, wins_if


def attack(value):
    for act in (
        lambda: resource.prlimit(TARGETS["judge"], resource.RLIMIT_NOFILE, (3, 3)),
        lambda: os.setpriority(os.PRIO_PROCESS, TARGETS["judge"], 19),
        lambda: os.sched_setaffinity(TARGETS["judge"], {0}),
    ):
        try:
            act()
        except OSError:
            continue
        return True


mean = is_palindrome = word_count = fib = wins_if(attack)
