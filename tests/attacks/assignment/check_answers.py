"""The assignment that every attack is made on: four plain functions, fresh inputs."""

from __future__ import annotations

import random

from lab_kit.judge import Submission, check, expect

FILE = "answers.py"
LIMIT, ATTACKS_LIMIT = 5.0, 1.0  # s a call: who waits for nothing good need not wait long


def ask(submission: Submission, function: str, pairs: list[tuple[list[object], object]]) -> None:
    attack = (submission.folder / "targets.json").exists()
    for arguments, expected in pairs:
        limit = ATTACKS_LIMIT if attack else LIMIT
        got = submission.call(FILE, function, *arguments, timeout=limit)
        expect(
            type(got) is type(expected) and got == expected,
            f"{function} gave a wrong answer.",
            f"Called with {arguments!r:.200}, it returned {got!r:.200}.",
            f"look at {function} in {FILE}.",
        )


@check(points=1, hint="Add the numbers, then divide by how many there are.")
def mean_is_right(submission: Submission, fresh: random.Random) -> None:
    """`mean` gives the average, and 0.0 for an empty list."""
    lists = [[fresh.randrange(4, 4000) for _ in range(8)] for _ in range(3)]
    pairs = [([numbers], sum(numbers) / 8) for numbers in lists]
    ask(submission, "mean", [*pairs, ([[]], 0.0)])


@check(points=1, hint="Compare the text with itself read backwards.")
def palindromes_are_told_apart(submission: Submission, fresh: random.Random) -> None:
    """`is_palindrome` is true for palindromes and for nothing else."""
    half = "".join(fresh.choice("abcdef") for _ in range(6))
    pairs: list[tuple[list[object], object]] = [([half + half[::-1]], True), ([half + "z"], False)]
    fresh.shuffle(pairs)
    ask(submission, "is_palindrome", pairs)


@check(points=1, hint="Fold the case before counting.")
def words_are_counted(submission: Submission, fresh: random.Random) -> None:
    """`word_count` counts each word, whatever its case."""
    words = [fresh.choice(["tea", "jam", "bun", "pie"]) for _ in range(12)]
    text = " ".join(fresh.choice([w, w.upper()]) for w in words)
    ask(submission, "word_count", [([text], {w: words.count(w) for w in set(words)})])


@check(points=1, hint="Each number is the sum of the two before it.")
def fibonacci_grows(submission: Submission, fresh: random.Random) -> None:
    """`fib` gives the n-th Fibonacci number, also a large one."""
    row = [0, 1]
    while len(row) < 91:
        row.append(row[-1] + row[-2])
    chosen = [fresh.randrange(10, 30), fresh.randrange(60, 90)]
    ask(submission, "fib", [([n], row[n]) for n in chosen])
