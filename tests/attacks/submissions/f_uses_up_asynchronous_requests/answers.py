import ctypes

from attacker import wins_if


def attack(value):
    context = ctypes.c_ulong(0)
    return ctypes.CDLL(None).syscall(206, 20_000, ctypes.byref(context)) == 0


mean = is_palindrome = word_count = fib = wins_if(attack)
