from kit import fib, mean
from kit.words.count import word_count
from kit.words.turn import is_palindrome
