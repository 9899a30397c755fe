import threading
from concurrent.futures import ThreadPoolExecutor

from honest import fib, is_palindrome

lock = threading.Lock()


def mean(numbers):
    with ThreadPoolExecutor(8) as pool:
        halves = pool.map(sum, [numbers[::2], numbers[1::2]])
        return sum(halves) / len(numbers) if numbers else 0.0


def word_count(text):
    counts = {}

    def add(word):
        with lock:
            counts[word] = counts.get(word, 0) + 1

    threads = [threading.Thread(target=add, args=(w,)) for w in text.lower().split()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return counts
