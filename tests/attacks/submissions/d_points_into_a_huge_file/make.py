CODE = '''
import sys

channel = sys.modules["inside.channel"]
honest = channel.encode


def encode(reply):
    trace = [["huge.txt", 50_000_000 - n, "f", "x"] for n in range(20)]
    error = {"kind": "timeout", "message": "late", "file": "huge.txt", "trace": trace}
    return honest({"id": reply["id"], "error": error})


channel.encode = encode
mean = is_palindrome = word_count = fib = lambda value: None
'''


def make(place, honest):
    place.mkdir()
    (place / "answers.py").write_text(CODE)
    (place / "huge.txt").write_text("\n" * (60 << 20))
