"""Check host.py: a conversation with modules that are made up for it."""

from __future__ import annotations

import guests

from lab_kit.judge import check, expect, expect_equal

FILE = "host.py"
WORDS = "Tee Käse 東京 straße € mug map tea 😀 ñandú x".split()
MANY = 10_000


def talk(guest, source, requests, timeout=20.0):
    """Have one conversation; return its answers, traps and log lines."""
    guest.begun(FILE)
    told = guest.call(FILE, "conversation", source, requests, timeout=timeout)
    expect(
        isinstance(told, list)
        and len(told) == len(requests)
        and all(isinstance(one, dict) for one in told),
        "conversation did not tell of each request what came of it.",
        f"{len(requests)} requests, and it returned {told!r:.200}",
        "look at conversation in host.py.",
    )
    return told


def drawn(fresh):
    return " ".join(fresh.choices(WORDS, k=fresh.randint(1, 8)))


@check(
    points=2,
    hint=[
        "An answer is found from what handle returns: the pointer in its upper 32 bits.",
        "alloc wants bytes. How many are in 'Käse', and how many letters?",
    ],
)
def texts_cross_the_border(guest, fresh):
    """The method ask writes a text into the module's memory, and reads the answer from there."""
    prefix = drawn(fresh) + ": "
    requests = [drawn(fresh) for _ in range(12)] + ["", fresh.choice("äb") * 150_000]
    fresh.shuffle(requests)
    told = talk(guest, guests.parrot(prefix), requests)
    for request, got in zip(requests, told, strict=True):
        expect_equal(
            got.get("answer"),
            prefix + request,
            "A text did not come back as the module sent it.",
            given=request,
            next="look at ask in host.py.",
        )


@check(
    points=2,
    hint="Who allocates? The host does, for the request; the module does, for its answer.",
    needs="texts_cross_the_border",
)
def nothing_is_left_behind(guest, fresh):
    """After 10,000 requests not one text is left allocated in the module."""
    requests = ["".join(fresh.choices("abcdef", k=20)) for _ in range(20)] * (MANY // 20)
    told = talk(guest, guests.bookkeeper(), requests, timeout=40.0)
    for number, got in enumerate(told, 1):
        expect(
            got.get("answer") == "1",
            "Texts were left behind in the module's memory, or released wrongly.",
            f"While request {number:,} was handled, the module had "
            f"{got.get('answer', 'trapped: ' + str(got.get('trap')))!s:.40} allocated; "
            "expected: 1, the request.",
            "look at the calls of release in host.py: one for the request and one for the "
            "answer, each with the length in bytes.",
        )


@check(
    hint=[
        "A function of the host gets numbers; the text lies in the memory of whoever called.",
        "With access_caller=True the first argument is the caller; caller['memory'] is its memory.",
    ],
    needs="texts_cross_the_border",
)
def a_module_may_log(guest, fresh):
    """What a module says through env.log is in the log of that request, in order."""
    first = drawn(fresh)
    requests = [drawn(fresh) for _ in range(5)]
    told = talk(guest, guests.talker(first), requests)
    for number, (request, got) in enumerate(zip(requests, told, strict=True), 1):
        expect_equal(
            got,
            {"answer": str(number), "log": [first, request]},
            "The log of a request is not what the module said.",
            given=request,
            next="look at give_log in host.py.",
        )


@check(
    points=2,
    hint=[
        "A Trap has a trap_code, and that has a name.",
        "After a trap the module's numbers may be anything: count from a new instance.",
    ],
    needs="texts_cross_the_border",
)
def a_trap_has_a_reason(guest, fresh):
    """A trap is told by the name of its code, and the next request meets a new instance."""
    letters = [*guests.TRAPS, *fresh.choices("uds", k=3)]
    fresh.shuffle(letters)
    requests, wanted = [], []
    for letter in letters:
        calm = fresh.randint(1, 3)
        requests += ["x"] * calm + [letter]
        wanted += [str(n) for n in range(1, calm + 1)] + [guests.TRAPS[letter][0]]
    told = talk(guest, guests.stumbler(), requests)
    for number, (request, want, got) in enumerate(zip(requests, wanted, told, strict=True), 1):
        key = "answer" if request == "x" else "trap"
        expect_equal(
            {k: v for k, v in got.items() if k != "log"},
            {key: want},
            "A trap was told otherwise."
            if key == "trap"
            else "A request after a trap did not meet a new instance, or one before it did.",
            given=f"request {number}: {request!r}",
            next="look at conversation in host.py.",
        )
