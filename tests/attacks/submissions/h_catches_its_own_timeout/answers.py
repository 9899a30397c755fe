import signal
import threading

from honest import fib, is_palindrome, word_count


class TooSlow(Exception):
    pass


def mean(numbers):
    done = threading.Event()
    timer = threading.Timer(0.05, done.set)
    timer.start()
    done.wait(0.5)
    old = signal.signal(signal.SIGUSR1, lambda *_: None)
    signal.signal(signal.SIGUSR1, old)
    return sum(numbers) / len(numbers) if numbers else 0.0
