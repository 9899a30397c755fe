import asyncio


async def each(items):
    for item in items:
        await asyncio.sleep(0)
        yield item


async def total(items):
    return sum([item async for item in each(items)])


def mean(numbers):
    return asyncio.run(total(numbers)) / len(numbers) if numbers else 0.0


def is_palindrome(text):
    return text == text[::-1]


def word_count(text):
    async def count():
        words = text.lower().split()
        return dict(zip(words, await asyncio.gather(*(one(w, words) for w in words))))

    async def one(word, words):
        return words.count(word)

    return asyncio.run(count())


def fib(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a
