import os
import resource

from attacker import wins_if


def attack(value):
    for limit in (resource.RLIM_INFINITY, 1 << 20, 0):  # at 0 a handler is still called
        try:
            resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))
        except (OSError, ValueError):
            continue
        return True


mean = is_palindrome = word_count = fib = wins_if(attack)
