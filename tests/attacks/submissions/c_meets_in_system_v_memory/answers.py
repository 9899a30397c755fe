import ctypes

from attacker import wins_if

CREATE = 0o1666


def attack(value):
    libc = ctypes.CDLL(None)
    made = libc.shmget(4711, 4096, CREATE), libc.semget(4711, 1, CREATE), libc.msgget(4711, CREATE)
    return max(made) >= 0


mean = is_palindrome = word_count = fib = wins_if(attack)
