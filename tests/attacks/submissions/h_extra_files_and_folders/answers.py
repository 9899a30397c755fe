from honest import fib, is_palindrome, mean, word_count
