import ctypes
import os

from attacker import wins_if


def attack(value):
    if ctypes.CDLL(None).mq_open(b"/meeting", os.O_CREAT | os.O_RDWR, 0o666, None) >= 0:
        return True
    with open("/dev/shm/meeting", "a+") as handle:
        return handle.write("I was here")


mean = is_palindrome = word_count = fib = wins_if(attack)
