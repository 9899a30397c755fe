"""Check pricing.rs: Kiosk's rules in Rust, in a sandboxed host."""

from __future__ import annotations

from lab_kit.judge import check

FILE = "pricing.rs"


@check(
    points=2,
    deadline=240,
    hint=[
        "Compare the answer with the one expected character by character: spaces, line ends.",
        "The length in bytes is what len() of the bytes says.",
    ],
)
def rs_prices_each_line(counter):
    """Rust: each line is priced, then come shipping and total, not a byte more or less."""
    counter.prices_each_line(FILE, "quote")


@check(
    hint="Multiply first and divide last: whole numbers drop what is left over at every division.",
    needs="rs_prices_each_line",
    deadline=240,
)
def rs_takes_a_tenth_off_from_ten(counter):
    """Rust: ten pieces of an article or more cost a tenth less, and parts of a cent are dropped."""
    counter.takes_a_tenth_off(FILE, "line_cents")


@check(
    hint="The goods are what the customer pays for them, discount included.",
    needs="rs_takes_a_tenth_off_from_ten",
    deadline=240,
)
def rs_ships_free_from_fifty(counter):
    """Rust: shipping costs 490 cents, and nothing from 5000 cents of goods on."""
    counter.ships_free(FILE, "quote")


@check(
    hint=[
        "The host reads the answer after handle has returned, perhaps much later.",
        "Rust drops what a function owns when it returns, unless the function lets go of it.",
    ],
    needs="rs_prices_each_line",
    deadline=240,
)
def rs_answers_stay_until_released(counter):
    """Rust: an answer stays as it is until it is released, whatever is handled meanwhile."""
    counter.answers_stay(FILE)


@check(
    hint="What is let go of with into_raw or leak has to come back in release, byte for byte.",
    needs="rs_prices_each_line",
    deadline=240,
)
def rs_leaves_nothing_behind(counter):
    """Rust: thousands of requests need no more memory than a few."""
    counter.leaves_nothing_behind(FILE)
