import ctypes
import os

from attacker import TARGETS, wins_if

ATTACH, SEIZE = 16, 0x4206


def attack(value):
    ptrace = ctypes.CDLL(None).ptrace
    victims = (TARGETS["judge"], os.getppid(), 1)
    return any(ptrace(how, pid, 0, 0) == 0 for pid in victims if pid for how in (SEIZE, ATTACH))


mean = is_palindrome = word_count = fib = wins_if(attack)
