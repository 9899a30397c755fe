import functools
import sys

sys.setrecursionlimit(20_000)


def mean(numbers):
    def total(rest):
        return rest[0] + total(rest[1:]) if rest else 0

    return total(numbers) / len(numbers) if numbers else 0.0


def is_palindrome(text):
    return len(text) < 2 or (text[0] == text[-1] and is_palindrome(text[1:-1]))


def word_count(text, *, depth=3000):
    if depth:
        return word_count(text, depth=depth - 1)
    words = text.lower().split()
    return {word: words.count(word) for word in words}


@functools.cache
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
