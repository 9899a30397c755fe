"""Check first.wat: numbers in, a number out, and a memory that the host fills."""

from __future__ import annotations

import struct

from modules import explained

from lab_kit.judge import check, expect_equal

FILE = "first.wat"
# (net, gross), worked out by hand
GROSS = (
    (0, 0), (1, 1), (5, 5), (6, 7), (84, 99), (99, 117), (100, 119), (590, 702), (1250, 1487),
)  # fmt: skip


def call(modules, submission, name, *arguments, memory=b"", at=0):
    """Call an export of the student's module in the sandbox."""
    number = modules.of(submission, FILE)
    return explained(
        submission,
        FILE,
        lambda: modules.host.call(number, name, *arguments, memory=memory, at=at),
    )


def gross(modules, submission, net, want):
    expect_equal(
        call(modules, submission, "gross", net),
        want,
        "gross came to another price.",
        given=net,
        next="look at $vat in first.wat.",
    )


@check(hint="Multiply by 19 first, then divide by 100: a division drops what is left over.")
def gross_adds_the_vat(modules, submission, fresh):
    """The function gross adds 19 % to a price, and drops a part of a cent."""
    for net, want in GROSS:
        more = fresh.randint(1, 9000)  # 100 cents more are 119 more
        gross(modules, submission, net, want)
        gross(modules, submission, net + 100 * more, want + 119 * more)


@check(
    hint="The last letter of div_s and div_u says how the highest of 32 bits is read.",
    needs="gross_adds_the_vat",
)
def gross_of_a_large_order(modules, submission, fresh):
    """The function gross is right for the largest orders, too: up to 2.2 million."""
    for _ in range(5):
        hundreds = fresh.randint(1_200_000, 2_200_000)
        gross(modules, submission, 100 * hundreds, 119 * hundreds)


def total(modules, submission, fresh, prices, at):
    submission.begun(FILE, "$sum")
    noise = [fresh.randint(1, 99) for _ in range(3)]
    memory = struct.pack(f"<{len(prices)}I3I", *prices, *noise)
    expect_equal(
        call(modules, submission, "sum", at, len(prices), memory=memory, at=at),
        sum(prices),
        "sum came to another total.",
        given=f"prices {prices} from address {at} on",
        next="look at the loop in first.wat: each price takes 4 bytes.",
    )


@check(hint="i32.load reads the four bytes at an address; the next price begins four bytes on.")
def sum_adds_up_the_prices(modules, submission, fresh):
    """The function sum adds up as many prices as it is told, from the address that it is told."""
    for count in (0, 1, 2, 25):
        prices = [fresh.randint(1, 200) for _ in range(count)]
        total(modules, submission, fresh, prices, at=4 * fresh.randint(0, 5000))


@check(
    hint="How many bytes does i32.load8_u read, and i32.load16_u?",
    needs="sum_adds_up_the_prices",
)
def sum_reads_all_four_bytes(modules, submission, fresh):
    """The function sum takes a price of any size: all four of its bytes count."""
    prices = [fresh.randint(70_000, 9_000_000) for _ in range(12)]
    total(modules, submission, fresh, prices, at=fresh.randint(1, 9000))
