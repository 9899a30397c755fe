import os
import socket

from attacker import wins_if


def attack(value):
    one, other = socket.socketpair()
    one.bind("\0org.freedesktop.DBus")
    other.bind(os.environ["TMPDIR"] + "/socket")
    return True


mean = is_palindrome = word_count = fib = wins_if(attack)
