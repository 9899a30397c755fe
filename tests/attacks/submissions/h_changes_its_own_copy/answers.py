from honest import is_palindrome, word_count


def mean(numbers):
    numbers.sort()
    count, total = len(numbers), 0
    while numbers:
        total += numbers.pop()
    return total / count if count else 0.0


def fib(n, row=[0, 1]):
    while len(row) <= n:
        row.append(row[-1] + row[-2])
    return row[n]
