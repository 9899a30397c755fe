mean = is_palindrome = word_count = fib = lambda value: len(str(7 ** (10**9)))
