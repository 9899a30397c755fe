import words


def mean(numbers):
    return sum(numbers) / len(numbers) if numbers else 0.0


def reverse(text):
    return text[::-1]


is_palindrome, word_count, fib = words.is_palindrome, words.word_count, words.fib
