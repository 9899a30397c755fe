import os
import resource

from attacker import wins_if


def attack(value):
    for limit in (resource.RLIMIT_DATA, resource.RLIMIT_NPROC, resource.RLIMIT_NOFILE):
        try:
            resource.setrlimit(limit, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            return True
        except (OSError, ValueError):
            pass
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    return True


mean = is_palindrome = word_count = fib = wins_if(attack)
