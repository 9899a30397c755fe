mean = is_palindrome = word_count = fib = lambda value: eval(repr(value))
