import ctypes

from attacker import wins_if


def attack(value):
    settings = ctypes.create_string_buffer(120)
    return ctypes.CDLL(None).syscall(425, 8, settings) >= 0


mean = is_palindrome = word_count = fib = wins_if(attack)
