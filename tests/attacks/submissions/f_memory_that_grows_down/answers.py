import ctypes

from attacker import wins_if

GROWS_DOWN = 0x100


def attack(value):
    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    place = libc.mmap(None, ctypes.c_size_t(2 << 30), 3, 0x22 | GROWS_DOWN, -1, 0)
    return place not in (None, ctypes.c_void_p(-1).value)


mean = is_palindrome = word_count = fib = wins_if(attack)
