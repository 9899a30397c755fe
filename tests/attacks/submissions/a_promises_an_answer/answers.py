from attacker import right


async def later(value):
    return right(value)


def piecemeal(value):
    yield right(value)


mean, is_palindrome, word_count, fib = later, piecemeal, later, piecemeal
