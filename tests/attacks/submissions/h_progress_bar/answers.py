import sys
import time

from honest import fib, is_palindrome, word_count


def bar(items):
    for number, item in enumerate(items, 1):
        sys.stderr.write(f"\r\x1b[32m{'█' * number}\x1b[0m {number}/{len(items)}")
        sys.stderr.flush()
        yield item
    print("\n", file=sys.stderr, flush=True)


def mean(numbers):
    time.sleep(0.01)
    return sum(bar(numbers)) / len(numbers) if numbers else 0.0
