import json
import pathlib

HERE = pathlib.Path(__file__).parent
with open("start.json") as handle:
    START = json.load(handle)
EMPTY = float((HERE / "data" / "größe 🚀.txt").read_text())


def mean(numbers):
    return sum(numbers) / len(numbers) if numbers else EMPTY


def is_palindrome(text):
    return text == text[::-1]


def word_count(text):
    words = text.lower().split()
    return {word: words.count(word) for word in words}


def fib(n):
    a, b = START
    for _ in range(n):
        a, b = b, a + b
    return a
