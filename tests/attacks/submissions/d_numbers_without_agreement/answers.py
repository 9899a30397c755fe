import sys

channel = sys.modules["inside.channel"]
WORDS = iter(["NaN", "-Infinity", "1e999", "-0.0", "1E+400", "0x10", "01", "1_000"] * 9)


def encode(reply):
    body = ('{"id":"%s","value":%s}' % (reply["id"], next(WORDS))).encode()
    return len(body).to_bytes(4, "big") + body


channel.encode = encode
mean = is_palindrome = word_count = fib = lambda value: None
