import logging
import sys
import warnings

warnings.warn("this will be removed", DeprecationWarning)
warnings.simplefilter("always")
logging.basicConfig(level=logging.DEBUG)
logging.debug("loaded")
print("progress: 100 %", end="\r")
sys.stderr.write("debugging\n")

def mean(numbers):
    return sum(numbers) / len(numbers) if numbers else 0.0


def is_palindrome(text):
    return text == text[::-1]


def word_count(text):
    counts = {}
    for word in text.lower().split():
        counts[word] = counts.get(word, 0) + 1
    return counts


def fib(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a
