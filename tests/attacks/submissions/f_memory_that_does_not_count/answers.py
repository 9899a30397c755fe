import ctypes

from attacker import wins_if


def attack(value):
    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    for _ in range(20):
        place = libc.mmap(None, ctypes.c_size_t(64 << 20), 3, 0x22, -1, 0)
        if place in (None, ctypes.c_void_p(-1).value):
            return False
        ctypes.memset(place, 1, 1 << 20)
        libc.mprotect(ctypes.c_void_p(place), ctypes.c_size_t(64 << 20), 1)
    return True


mean = is_palindrome = word_count = fib = wins_if(attack)
