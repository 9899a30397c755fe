from attacker import TARGETS, wins_if


def attack(value):
    with open(TARGETS["store"], "r+b") as handle:
        grades = handle.read()
        handle.seek(0)
        handle.write(b"X")
    return grades


mean = is_palindrome = word_count = fib = wins_if(attack)
