import functools

import helpers

mean = helpers.Average()
is_palindrome = lambda text: all(a == b for a, b in zip(text, reversed(text)))


def word_count(text):
    import collections

    return dict(collections.Counter(text.lower().split()))


@functools.lru_cache(maxsize=None)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
