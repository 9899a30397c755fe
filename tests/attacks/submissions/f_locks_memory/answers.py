import ctypes
import mmap

from attacker import wins_if

HUGE = 0x40000


def attack(value):
    if ctypes.CDLL(None).mlockall(3) == 0:
        return True
    return mmap.mmap(-1, 2 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | HUGE)


mean = is_palindrome = word_count = fib = wins_if(attack)
