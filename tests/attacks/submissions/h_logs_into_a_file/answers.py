import logging.config
import os

FILE = os.path.join(os.environ["TMPDIR"], "work.log")
HANDLERS = {
    "file": {"class": "logging.handlers.RotatingFileHandler", "filename": FILE, "maxBytes": 999},
    "console": {"class": "logging.StreamHandler"},
}
logging.config.dictConfig(
    {"version": 1, "handlers": HANDLERS, "root": {"handlers": list(HANDLERS), "level": "DEBUG"}}
)

import honest


def logged(function):
    def answer(value):
        logging.info("%s was asked %r", function.__name__, value)
        return function(value)

    return answer


mean, is_palindrome = logged(honest.mean), logged(honest.is_palindrome)
word_count, fib = logged(honest.word_count), logged(honest.fib)
