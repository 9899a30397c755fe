import socket

from attacker import wins_if

FAMILIES = (socket.AF_NETLINK, socket.AF_PACKET, 40, 15, 38, socket.AF_UNIX, socket.AF_INET6)


def attack(value):
    for family in FAMILIES:
        for kind in (socket.SOCK_RAW, socket.SOCK_DGRAM, socket.SOCK_STREAM):
            try:
                return socket.socket(family, kind)
            except OSError:
                pass
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)


mean = is_palindrome = word_count = fib = wins_if(attack)
