import sys

channel = sys.modules["inside.channel"]
honest = channel.encode
FILES = {list: "\0", int: "../" * 30 + "etc/passwd", str: "\ud800/" + "a" * 400 + "/" * 90}


def encode(reply):
    row = [FILE, -(10**2400), "f", "x"]
    error = {"kind": "timeout", "type": "\x1b[2J", "file": FILE, "line": 10**2400}
    error |= {"message": "%s %n {0}", "trace": [row, ["answers.py", 10**2400, "", ""]] * 10}
    return honest({"id": reply["id"], "error": error})


def answer(value):
    global FILE
    FILE = FILES[type(value)]


channel.encode = encode
mean = is_palindrome = word_count = fib = answer
