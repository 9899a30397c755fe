import honest


def chatty(function):
    def answer(value):
        for number in range(10_000):
            print(f"step {number}: still working on {value!r}")
        return function(value)

    return answer


mean, is_palindrome = chatty(honest.mean), chatty(honest.is_palindrome)
word_count, fib = chatty(honest.word_count), chatty(honest.fib)
