import glob
import os

from attacker import HERE, wins_if

PLACES = {HERE, os.environ["HOME"], os.environ["TMPDIR"], "/tmp", "/var/tmp", "/dev/shm"}


def note(value):
    for place in PLACES:
        try:
            with open(f"{place}/note-of-a-cheat", "a") as handle:
                handle.write(repr(value))
        except OSError:
            pass


mean = word_count = fib = note
is_palindrome = wins_if(lambda value: [p for p in PLACES if glob.glob(f"{p}/note-of-*")])
