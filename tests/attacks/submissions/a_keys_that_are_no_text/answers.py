def answer(value):
    return {None: 1, True: 2, 3: 4, 1.5: 5, ("tea",): 6}


mean = is_palindrome = word_count = fib = answer
