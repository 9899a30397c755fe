import ctypes

from attacker import wins_if

SESSION, USER, SEARCH = -3, -4, 10


def attack(value):
    call = ctypes.CDLL(None).syscall
    added = call(248, b"user", b"note", b"x", 1, USER)
    found = call(250, SEARCH, SESSION, b"user", b"secret", 0)
    return added > 0 or found > 0


mean = is_palindrome = word_count = fib = wins_if(attack)
