import functools
import operator


class Words:
    def count(self, text):
        words = text.lower().split()
        return {word: words.count(word) for word in words}

    @staticmethod
    def turns(text, step):
        return text == text[::step]


class Row:
    def __call__(self, n):
        return functools.reduce(lambda pair, _: (pair[1], sum(pair)), range(n), (0, 1))[0]


mean = functools.partial(lambda empty, numbers: sum(numbers) / len(numbers) if numbers else empty, 0.0)
is_palindrome = functools.partial(Words.turns, step=-1)
word_count = Words().count
fib = Row()
