import os

from attacker import wins_if


def attack(value):
    handle = os.memfd_create("program")
    os.write(handle, b"#!/bin/sh\nexit 0\n")
    return os.posix_spawn(f"/proc/self/fd/{handle}", ["program"], {})


mean = is_palindrome = word_count = fib = wins_if(attack)
