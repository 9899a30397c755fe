"""Check pricing.c: Kiosk's rules in C, in a sandboxed host."""

from __future__ import annotations

from lab_kit.judge import check

FILE = "pricing.c"


@check(
    points=2,
    deadline=240,
    hint=[
        "Compare the answer with the one expected character by character: spaces, line ends.",
        "A text's length in C is strlen(text): the zero at its end is not sent.",
    ],
)
def c_prices_each_line(counter):
    """C: each line is priced, then come shipping and total, not a byte more or less."""
    counter.prices_each_line(FILE, "quote")


@check(
    hint="Multiply first and divide last: whole numbers drop what is left over at every division.",
    needs="c_prices_each_line",
    deadline=240,
)
def c_takes_a_tenth_off_from_ten(counter):
    """C: ten pieces of an article or more cost a tenth less, and parts of a cent are dropped."""
    counter.takes_a_tenth_off(FILE, "line_cents")


@check(
    hint="The goods are what the customer pays for them, discount included.",
    needs="c_takes_a_tenth_off_from_ten",
    deadline=240,
)
def c_ships_free_from_fifty(counter):
    """C: shipping costs 490 cents, and nothing from 5000 cents of goods on."""
    counter.ships_free(FILE, "quote")


@check(
    hint=[
        "The host reads the answer after handle has returned, perhaps much later.",
        "What lies on the stack is gone after the return; what is static is there only once.",
    ],
    needs="c_prices_each_line",
    deadline=240,
)
def c_answers_stay_until_released(counter):
    """C: an answer stays as it is until it is released, whatever is handled meanwhile."""
    counter.answers_stay(FILE)


@check(
    hint="For each malloc there is one free; who calls it for the items?",
    needs="c_prices_each_line",
    deadline=240,
)
def c_leaves_nothing_behind(counter):
    """C: thousands of requests need no more memory than a few."""
    counter.leaves_nothing_behind(FILE)
