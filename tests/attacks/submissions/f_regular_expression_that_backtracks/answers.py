import re

mean = is_palindrome = word_count = fib = lambda value: re.match(r"(a|a|b?)*c", "a" * 40 + "b")
