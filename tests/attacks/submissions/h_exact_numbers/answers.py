from decimal import Decimal
from fractions import Fraction

from honest import is_palindrome, word_count


def mean(numbers):
    return float(sum(map(Fraction, numbers), Fraction()) / max(1, len(numbers)))


def fib(n):
    def times(x, y):
        (a, b), (c, d) = x
        (e, f), (g, h) = y
        return (a * e + b * g, a * f + b * h), (c * e + d * g, c * f + d * h)

    found = (Decimal(1), Decimal(0)), (Decimal(0), Decimal(1))
    for _ in range(n):
        found = times(found, ((Decimal(1), Decimal(1)), (Decimal(1), Decimal(0))))
    return int(found[0][1])
