"""Ask a pricing module for baskets whose price is drawn together with them."""

from __future__ import annotations

import string
from random import Random

from modules import Modules, explained

from lab_kit.judge import Submission, expect, expect_equal

# (pieces, cents a piece, cents for the line), worked out by hand
TENTH_OFF = (
    (9, 99, 891), (10, 99, 891), (10, 100, 900), (11, 5, 49), (10, 1, 9), (13, 37, 432),
    (99, 1999, 178110), (21, 3, 56), (12, 250, 2700),
)  # fmt: skip
# (pieces, cents a piece, cents for the line, shipping)
FREE_FROM = (
    (1, 4999, 4999, 490), (1, 5000, 5000, 0), (1, 5001, 5001, 0), (10, 555, 4995, 490),
    (10, 556, 5004, 0), (3, 1700, 5100, 0),
)  # fmt: skip
MANY = {".c": (3000, 20), ".rs": (3000, 20), ".go": (6000, 80)}  # requests, lines in each
# What a collector lets a heap grow to, in bytes, before it looks.
GROWTH = {".c": 128 * 1024, ".rs": 128 * 1024, ".go": 3_500_000}
OWNED = "look at handle in {}: its answer belongs to the host, which gives it back with release."
Line = tuple[int, int, int]  # pieces, cents a piece, cents in all


class Counter:
    """Be a till in front of one submission's modules."""

    def __init__(self, modules: Modules, submission: Submission, fresh: Random) -> None:
        self.modules, self.submission, self.fresh = modules, submission, fresh

    def sku(self) -> str:
        return "".join(self.fresh.choices(string.ascii_uppercase, k=3)) + f"-{self.digits()}"

    def digits(self) -> str:
        return str(self.fresh.randrange(10 ** self.fresh.randint(1, 6)))

    def line(self, pieces: int = 0) -> Line:
        """Return a line without a discount."""
        pieces = pieces or self.fresh.randint(1, 9)
        cents = self.fresh.randint(1, 2500)
        return pieces, cents, sum([cents] * pieces)

    def basket(self, *lines: Line, shipping: int | None = None) -> tuple[bytes, str]:
        """Return a request and the answer that it has to get."""
        asked, told, goods = [], [], 0
        for pieces, cents, cost in lines:
            sku = self.sku()
            asked.append(f"{sku} {pieces} {cents}\n")
            told.append(f"{sku} {cost}\n")
            goods += cost
        fee = (490, 0)[goods > 4999] if shipping is None else shipping
        told += [f"shipping {fee}\n", f"total {goods + fee}\n"]
        return "".join(asked).encode(), "".join(told)

    def ask(self, file: str, request: bytes) -> str:
        """Answer one request in an instance of its own."""
        module = self.modules.of(self.submission, file)
        answer = explained(self.submission, file, lambda: self.modules.host.handle(module, request))
        return str(answer.decode("utf-8", "backslashreplace"))

    def same(self, file: str, basket: tuple[bytes, str], what: str, look: str) -> None:
        """Expect the answer that a basket has to get."""
        request, want = basket
        got = self.ask(file, request)
        expect_equal(got, want, what, given=request.decode(), next=f"look at {look} in {file}.")

    # -- the checks, in any language ---------------------------------------------------

    def prices_each_line(self, file: str, quote: str) -> None:
        for count in (1, 2, self.fresh.randint(3, 9), 40):
            basket = self.basket(*(self.line() for _ in range(count)))
            self.same(file, basket, "A basket got another answer.", quote)

    def takes_a_tenth_off(self, file: str, function: str) -> None:
        for pieces, cents, cost in TENTH_OFF:
            more = self.fresh.randint(1, 50)  # ten cents more a piece are nine more to pay
            extra = 9 * more * pieces if pieces > 9 else 10 * more * pieces
            line = (pieces, cents + 10 * more, cost + extra)
            for one in ((pieces, cents, cost), line):
                what = f"{one[0]} pieces at {one[1]} cents got another price."
                beside = (1, 9000, 9000)  # so that shipping is free either way
                self.same(file, self.basket(one, beside), what, function)

    def ships_free(self, file: str, quote: str) -> None:
        for pieces, cents, cost, shipping in FREE_FROM:
            what = f"Goods for {cost} cents got another shipping."
            self.same(file, self.basket((pieces, cents, cost), shipping=shipping), what, quote)

    def answers_stay(self, file: str) -> None:
        module = self.modules.of(self.submission, file)
        baskets = [self.basket(*(self.line() for _ in range(60))) for _ in range(400)]
        asked, wanted = zip(*baskets, strict=True)
        answers, _ = explained(
            self.submission,
            file,
            lambda: self.modules.host.converse(module, asked, held=True),
            OWNED.format(file),
        )
        for number, (got, want) in enumerate(zip(answers, wanted, strict=True), 1):
            expect(
                got == want.encode(),
                "An answer changed while the host still held it.",
                f"{len(answers)} requests were handled, and read only then. Of number {number}:\n"
                f"expected: {want[:60]!r} …\ngot:      {got.decode('utf-8', 'replace')[:60]!r} …",
                OWNED.format(file),
            )

    def leaves_nothing_behind(self, file: str) -> None:
        ending = file[file.rindex(".") :]
        module = self.modules.of(self.submission, file)
        many, lines = MANY[ending]
        request, _ = self.basket(*(self.line() for _ in range(lines)))
        _, grown = explained(
            self.submission,
            file,
            lambda: self.modules.host.converse(module, [request] * many),
            OWNED.format(file),
        )
        expect(
            grown <= GROWTH[ending],
            "The module's memory grows with every request.",
            f"After {many:,} requests, each released with its answer, it had grown by "
            f"{grown / 1024:,.0f} KB.",
            f"look in {file} for what handle takes and does not give back.",
        )
