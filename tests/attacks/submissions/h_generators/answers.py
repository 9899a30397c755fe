import itertools
from collections import Counter


def row():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, a + b


def mean(numbers):
    return next((sum(numbers) / n for n in [len(numbers)] if n), 0.0)


def is_palindrome(text):
    return all(itertools.starmap(str.__eq__, zip(text, reversed(text))))


def word_count(text):
    return dict(Counter(map(str.casefold, text.split())))


def fib(n):
    return next(itertools.islice(row(), n, None))
