mean = is_palindrome = word_count = fib = lambda value: input("your answer: ")
