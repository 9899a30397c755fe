import socket

from attacker import TARGETS, wins_if


def attack(value):
    with socket.socket(socket.AF_UNIX) as peer:
        peer.connect("\0" + TARGETS["abstract"])
        return True


mean = is_palindrome = word_count = fib = wins_if(attack)
