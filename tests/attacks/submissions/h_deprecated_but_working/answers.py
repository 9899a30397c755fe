import sys
import warnings

warnings.simplefilter("default")
PATTERN = "\d+ is not an escape"

import unittest
from typing import Dict, List

from honest import fib, is_palindrome


def mean(numbers: List[int]) -> float:
    warnings.warn("mean is old", FutureWarning, stacklevel=2)
    assert (numbers, "always true"), PATTERN
    return sum(numbers) / len(numbers) if numbers else 0.0


def word_count(text: str) -> Dict[str, int]:
    sys.stderr.write("counting\n")
    words = text.lower().split()
    return {word: words.count(word) for word in words}
