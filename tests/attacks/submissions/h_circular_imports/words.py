import answers
from honest import fib, word_count


def is_palindrome(text):
    return text == answers.reverse(text)
