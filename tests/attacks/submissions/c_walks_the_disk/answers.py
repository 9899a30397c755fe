import os

from attacker import HERE, wins_if

WANTED = {"check_answers.py", "answers.py", "grades.sqlite", "canary.txt", ".netrc", "id_rsa"}


def attack(value):
    for place in ("/", "/home", "/root", "/tmp", "/var", "/srv", "/opt", "/mnt", "/work"):
        for folder, folders, names in os.walk(place):
            folders[:] = [f for f in folders if f not in ("usr", "proc", "sys", "lib")]
            if WANTED & set(names) and folder != HERE:
                return True


mean = is_palindrome = word_count = fib = wins_if(attack)
