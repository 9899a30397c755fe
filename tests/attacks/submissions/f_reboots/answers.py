import ctypes
import socket
import time

from attacker import wins_if


def attack(value):
    for act in (
        lambda: socket.sethostname("mine"),
        lambda: time.clock_settime(time.CLOCK_REALTIME, 0.0),
    ):
        try:
            act()
        except OSError:
            continue
        return True
    return ctypes.CDLL(None).swapoff(b"/dev/vdb") == 0


mean = is_palindrome = word_count = fib = wins_if(attack)
