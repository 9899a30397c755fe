"""Check pricing.go: Kiosk's rules in Go, in a sandboxed host."""

from __future__ import annotations

from lab_kit.judge import check

FILE = "pricing.go"


@check(
    points=2,
    deadline=240,
    hint=[
        "Compare the answer with the one expected character by character: spaces, line ends.",
        "The pointer is in the upper 32 bits, the length of the answer in the lower 32.",
    ],
)
def go_prices_each_line(counter):
    """Go: each line is priced, then come shipping and total, not a byte more or less."""
    counter.prices_each_line(FILE, "quote")


@check(
    hint="Multiply first and divide last: whole numbers drop what is left over at every division.",
    needs="go_prices_each_line",
    deadline=240,
)
def go_takes_a_tenth_off_from_ten(counter):
    """Go: ten pieces of an article or more cost a tenth less, and parts of a cent are dropped."""
    counter.takes_a_tenth_off(FILE, "lineCents")


@check(
    hint="The goods are what the customer pays for them, discount included.",
    needs="go_takes_a_tenth_off_from_ten",
    deadline=240,
)
def go_ships_free_from_fifty(counter):
    """Go: shipping costs 490 cents, and nothing from 5000 cents of goods on."""
    counter.ships_free(FILE, "quote")


@check(
    hint=[
        "The host reads the answer after handle has returned, perhaps much later.",
        "Go's collector frees what nobody in the module points to.",
    ],
    needs="go_prices_each_line",
    deadline=240,
)
def go_answers_stay_until_released(counter):
    """Go: an answer stays as it is until it is released, whatever is handled meanwhile."""
    counter.answers_stay(FILE)


@check(
    hint="What is kept under one pointer has to be released under the same one.",
    needs="go_prices_each_line",
    deadline=240,
)
def go_leaves_nothing_behind(counter):
    """Go: thousands of requests need no more memory than a few."""
    counter.leaves_nothing_behind(FILE)
