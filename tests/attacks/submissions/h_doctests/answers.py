import contextlib
import doctest
import io

from honest import fib, is_palindrome


def mean(numbers):
    """Average.

    >>> mean([2, 4])
    3.0
    """
    return sum(numbers) / len(numbers) if numbers else 0.0


def word_count(text):
    """Count.

    >>> word_count("a A b")
    {'a': 2, 'b': 1}
    """
    words = text.lower().split()
    return {word: words.count(word) for word in words}


with contextlib.redirect_stdout(io.StringIO()):
    assert doctest.run_docstring_examples(mean, globals()) is None
