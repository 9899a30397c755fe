"""Check limits.py: strangers come, one after another, and the next request is answered."""

from __future__ import annotations

import strangers

from lab_kit.judge import check, expect

FILE = "limits.py"


class Queue:
    """Line up requests, honest ones between all others, and look at what came of each."""

    def __init__(self, guest, fresh):
        self.guest, self.fresh = guest, fresh
        self.requests, self.tests = [], []

    def add(self, source, n, test, what, next):
        """Add a request, and then an honest one; `test` says whether an outcome is right."""
        self.requests.append((source, n))
        self.tests.append((test, what, next))
        text, m, want = strangers.honest(self.fresh)
        self.requests.append((text, m))
        told = "The next request was not answered."
        self.tests.append((lambda got: got == {"answer": want}, told, "look at answer in {}."))

    def run(self):
        """Have all requests answered, and test each outcome."""
        self.guest.begun(FILE)
        told = self.guest.call(FILE, "survive", self.requests, timeout=30.0)
        expect(
            isinstance(told, list) and len(told) == len(self.requests),
            "Not every request was answered.",
            f"{len(self.requests)} requests, and survive returned {told!r:.200}",
            "look at answer in limits.py.",
        )
        for got, (source, n), (test, what, next) in zip(
            told, self.requests, self.tests, strict=True
        ):
            shown = " ".join(source.split())
            expect(
                test(got),
                what,
                f"given: run({n}) of {shown:.160} …\ngot:   {got!r:.200}",
                next.format(FILE),
            )


def answers(want):
    return lambda got: got == {"answer": want}


def traps(name):
    return lambda got: got == {"trap": name}


def at_most(most):
    """Pass a module that was stopped, or that answers with no more than `most`."""

    def test(got):
        number = got.get("answer")
        return "refused" in got or "trap" in got or (type(number) is int and 0 <= number <= most)

    return test


@check(
    points=2,
    hint=[
        "An engine burns fuel only when its Config said so before it was made.",
        "Fuel belongs to a store; each request has a store of its own.",
    ],
)
def a_loop_burns_out(guest, fresh):
    """A loop without end burns out, and each request has a tank of fuel of its own."""
    queue = Queue(guest, fresh)
    for _ in range(2):
        look = "see where fuel is set in {}: on the store that the instance is made in?"
        queue.add(strangers.loop(fresh), 1, traps("OUT_OF_FUEL"), "A loop did not burn out.", look)
        text, n, want = strangers.busy(fresh)
        what = "An honest request that needs two thirds of FUEL did not get it."
        queue.add(text, n, answers(want), what, look)
    queue.run()


@check(
    hint="store.set_limits holds what a module may ask for, at its start and later.",
    needs="a_loop_burns_out",
)
def a_bomb_stays_small(guest, fresh):
    """A module gets 16 MB of memory and not a page more."""
    queue = Queue(guest, fresh)
    look = "look at set_limits in {}: memory_size is in bytes."
    big = fresh.randint(300, 2000)
    queue.add(strangers.pages(fresh, big), 1, at_most(256), "A bomb got too much memory.", look)
    queue.add(strangers.born_large(big), 1, at_most(256), "A bomb got too much memory.", look)
    fair = fresh.randint(200, 248)
    what = "A module did not get the memory that it may have."
    queue.add(strangers.pages(fresh, fair), 1, lambda got: got.get("answer", 0) >= fair, what, look)
    queue.run()


@check(
    hint="A table is memory of the host's, too: set_limits counts its elements.",
    needs="a_loop_burns_out",
)
def a_huge_table_is_refused(guest, fresh):
    """A module gets a table of 1,000 elements and not one more."""
    queue = Queue(guest, fresh)
    look = "look at set_limits in {}: table_elements."
    big = fresh.randint(2_000, 1_000_000)
    queue.add(strangers.table(fresh, 5000), 1, at_most(1000), "A table got too large.", look)
    queue.add(strangers.born_with_table(big), 1, at_most(1000), "A table got too large.", look)
    fair = fresh.randint(700, 900)
    what = "A module did not get the table that it may have."
    queue.add(strangers.table(fresh, fair), 1, lambda got: got.get("answer", 0) >= fair, what, look)
    queue.run()


@check(
    points=2,
    hint=[
        "Every trap is a Trap, and says its code's name.",
        "Not everything that goes wrong is a trap: some modules are no modules at all.",
    ],
    needs="a_loop_burns_out",
)
def every_end_has_a_name(guest, fresh):
    """Deep calls, wild reads and the like end as traps by name; what is no module is refused."""
    queue = Queue(guest, fresh)
    look = "look at what answer in {} catches, and what it makes of it."
    for name, source in strangers.TRAPS.items():
        queue.add(source, fresh.randint(1, 9), traps(name), "A trap was told otherwise.", look)
    deep = "Calls that never return were told otherwise."
    queue.add(strangers.DEEP, 10_000_000, traps("STACK_OVERFLOW"), deep, look)
    fair = "Five hundred calls deep is no overflow."
    queue.add(strangers.DEEP, strangers.DEPTH, answers(strangers.DEPTH), fair, look)
    for broken in ("(module", '(module (import "env" "steal" (func)))', "not even text"):
        queue.add(
            broken, 1, lambda got: "refused" in got, "What is no module was not refused.", look
        )
    queue.run()


@check(
    hint="An empty WasiConfig grants nothing; but without any, there is no WASI to ask.",
    needs="a_loop_burns_out",
)
def no_file_is_opened(guest, fresh):
    """A module that asks WASI for files gets an answer, and the answer is no."""
    queue = Queue(guest, fresh)
    look = "look at the WasiConfig in {}: what does it grant?"
    for path in ("etc/passwd", "passwd", "limits.py", "../../etc/passwd", "/etc/passwd", "."):
        what = f"A module could open {path}, or was not even answered."
        queue.add(strangers.opener(path), 1, answers(0), what, look)
    queue.add(strangers.FOLDERS, 1, answers(0), "A module was granted folders.", look)
    queue.run()


@check(
    hint=[
        "A linker takes a second definition of a name only when allow_shadowing is set.",
        "define_func wants the module's name, the function's name, its type, and access_caller.",
    ],
    needs="a_loop_burns_out",
)
def clock_and_dice_stand_still(guest, fresh):
    """Asked for the time a module hears 1970, and dice fall the same for everybody."""
    queue = Queue(guest, fresh)
    still = "A module could tell the time."
    look = "look at new_linker in {}: which function is linked as WASI's clock_time_get?"
    queue.add(strangers.probe("clock"), 1, answers(0), still, look)
    dice = int.from_bytes(b"\x07" * 8, "little")
    look = "look at new_linker in {}: which function is linked as WASI's random_get?"
    for _ in range(2):
        what = "A module could throw dice of its own."
        queue.add(strangers.probe("dice"), 1, answers(dice), what, look)
    queue.run()
