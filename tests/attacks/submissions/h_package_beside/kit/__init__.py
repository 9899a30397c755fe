from .numbers import fib, mean
