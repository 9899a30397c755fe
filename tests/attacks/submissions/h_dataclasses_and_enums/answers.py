from __future__ import annotations

import dataclasses
import enum
from typing import Generic, NamedTuple, Protocol, TypeVar

T = TypeVar("T")


class Answer(enum.Enum):
    YES = True
    NO = False


@dataclasses.dataclass(frozen=True, slots=True)
class Numbers:
    rows: list[int]

    @property
    def mean(self) -> float:
        return sum(self.rows) / len(self.rows) if self.rows else 0.0


class Pair(NamedTuple):
    a: int = 0
    b: int = 1


mean = lambda numbers: Numbers(numbers).mean
is_palindrome = lambda text: Answer(text == text[::-1]).value


def word_count(text: str) -> dict[str, int]:
    match text.lower().split():
        case []:
            return {}
        case [*words]:
            return {word: words.count(word) for word in words}


def fib(n: int) -> int:
    pair = Pair()
    while (n := n - 1) >= 0:
        pair = Pair(pair.b, sum(pair))
    return pair.a
