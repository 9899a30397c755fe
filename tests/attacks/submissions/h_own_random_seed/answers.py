import random

random.seed(2024)
own = random.Random("mine")

from honest import fib, is_palindrome


def mean(numbers):
    shuffled = random.sample(numbers, len(numbers))
    return sum(shuffled) / len(shuffled) if shuffled else 0.0


def word_count(text):
    words = text.lower().split()
    own.shuffle(words)
    return {word: words.count(word) for word in words}
