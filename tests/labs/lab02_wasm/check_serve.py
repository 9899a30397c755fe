"""Check serve.py over HTTP, under load: what it answers, what it keeps, and what it never runs."""

from __future__ import annotations

import guests
import pytest
from serving import Service
from wasmtime import Engine, Module, wat2wasm

from lab_kit.judge import check, expect, expect_equal

MANY = 120
LOOP = f"(module {guests.HEAP} {guests.HANDLE} (loop $on (br $on)) (i64.const 0)))"
COUNTS = f"""(module {guests.HEAP} {guests.HANDLE}
    (global.set $asked (i32.add (global.get $asked) (i32.const 1)))
    (i32.store (i32.const 512) (i32.add (i32.load (i32.const 512)) (i32.const 1)))
    (call $number (i32.add (i32.mul (i32.const 1000) (global.get $asked))
                           (i32.load (i32.const 512))))))"""  # 1001 when it is new


@pytest.fixture
def service(submission, tmp_path):
    made = Service(submission, tmp_path / "cache")
    try:
        made.start()
        yield made
    finally:
        made.close()


def word(fresh):
    return "".join(fresh.choices("abcdefghkmnprstuvwxyz", k=8))


def deployed(service, name, module):
    answer = service.put(name, module)
    expect(
        200 <= answer.status < 300,
        "A module was not deployed.",
        f"PUT /functions/{name} was answered {answer.status}: {answer.text:.300}",
        "look at deploy and compiled in serve.py.",
    )


@check(
    points=2,
    hint=[
        "call does what your host did in part 3, in a store of its own.",
        "KeyError for an unknown name comes by itself when you look it up in a dict.",
    ],
)
def a_function_answers(service, fresh):
    """What was deployed answers, whatever language it came from; what was not is a 404."""
    prefixes = {name: word(fresh) + " " for name in ("one", "two")}
    for name, prefix in prefixes.items():
        deployed(service, name, guests.parrot(prefix))
    for name, prefix in prefixes.items():
        for request in (word(fresh), "", "ä" * 5000):
            got = service.post(name, request)
            expect_equal(
                tuple(got),
                (200, prefix + request),
                "A function's answer is not what its module said.",
                given=request,
                next="look at call in serve.py.",
            )
    expect_equal(service.post("three").status, 404, "An unknown name is not a 404.", given="three",
                 next="look at call in serve.py.")  # fmt: skip


@check(
    points=2,
    hint="What is made once is the linked module; what is made for each request is the instance.",
    needs="a_function_answers",
)
def each_request_meets_a_new_instance(service, fresh):
    """Eight callers at once, and no request sees what another one left."""
    deployed(service, "counts", COUNTS)
    for got in service.all([lambda: service.post("counts")] * MANY):
        expect_equal(
            tuple(got),
            (200, "1001"),
            "A request met an instance that had been used before.",
            given="a module that counts its requests in a global and in its memory",
            next="look at call in serve.py: when is the instance made?",
        )


@check(
    hint="Whoever comes during the swap gets the old one or the new one, and never none.",
    needs="a_function_answers",
)
def a_swap_is_seen_at_once(service, fresh):
    """A function can be swapped under load: no request fails, and then all get the new one."""
    old, new = word(fresh), word(fresh)
    deployed(service, "swapped", guests.parrot(old))
    acts = [lambda: service.post("swapped", "")] * MANY
    acts.insert(MANY // 3, lambda: service.put("swapped", guests.parrot(new)))
    for got in service.all(acts):
        expect(
            got.status == 204 or tuple(got) in ((200, old), (200, new)),
            "A request during a swap got neither the old answer nor the new one.",
            f"got: {got.status} {got.text:.200}",
            "look at deploy in serve.py.",
        )
    for _ in range(10):
        got = service.post("swapped", "")
        expect_equal(tuple(got), (200, new), "After a swap the old module still answers.",
                     next="look at deploy in serve.py.")  # fmt: skip


@check(
    hint="Fuel and memory belong to the store of one request.",
    needs="a_function_answers",
)
def a_trap_costs_one_request(service, fresh):
    """Loops and traps are answered with 422, and everybody else with an answer."""
    prefix = word(fresh)
    deployed(service, "good", guests.parrot(prefix))
    deployed(service, "loop", LOOP)
    deployed(service, "stumbles", guests.stumbler())
    wants, acts = [], []
    for n in range(30):
        acts.append(lambda: service.post("good", ""))
        wants.append((200, prefix))
        if n % 6 == 0:
            letter = fresh.choice("udm")
            acts += [
                lambda: service.post("loop"),
                lambda letter=letter: service.post("stumbles", letter),
            ]
            wants += [422, 422]
    for got, want in zip(service.all(acts, 4), wants, strict=True):
        expect(
            (got.status if want == 422 else tuple(got)) == want,
            "A trap was answered otherwise." if want == 422 else "A trap cost others their answer.",
            f"expected: {want}\ngot:      {got.status} {got.text:.200}",
            "look at the store in call in serve.py.",
        )


def artefacts(service):
    """Return the files in the cache, with what would change if one were written anew."""
    files = [p for p in service.cache.rglob("*") if p.is_file()]
    return {p.name: (p.stat().st_ino, p.stat().st_mtime_ns) for p in files}


@check(
    points=2,
    hint=[
        "A name for what was compiled: the sha256 of the module's bytes.",
        "deserialize_file raises a WasmtimeError for what is not there or does not fit.",
    ],
    needs="a_function_answers",
)
def machine_code_is_kept(service, fresh):
    """A module is compiled once, also over a restart; what is damaged is compiled anew."""
    prefix, look = word(fresh), "look at compiled in serve.py."
    deployed(service, "first", guests.parrot(prefix))
    kept = artefacts(service)
    expect(len(kept) == 1, "The cache does not hold one file after one module was deployed.",
           f"It holds {sorted(kept)!r:.300}.", look)  # fmt: skip
    deployed(service, "second", guests.parrot(prefix))
    expect_equal(artefacts(service), kept, "The same module was compiled a second time.",
                 next=look)  # fmt: skip
    service.start()
    deployed(service, "first", guests.parrot(prefix))
    expect_equal(artefacts(service), kept, "After a restart the module was compiled anew.",
                 next=look)  # fmt: skip
    (file,) = (p for p in service.cache.rglob("*") if p.is_file())
    sound = file.read_bytes()
    other = Module(Engine(), bytes(wat2wasm(guests.parrot(prefix)))).serialize()  # burns no fuel
    for damage in (b"", sound[:200], bytes(other), word(fresh).encode()):
        file.write_bytes(damage)
        service.start()
        deployed(service, "first", guests.parrot(prefix))
        got = service.post("first", "")
        expect_equal(tuple(got), (200, prefix), "With a damaged file in the cache there was no "
                     "right answer.", given=f"{damage[:20]!r} …", next=look)  # fmt: skip
        expect(file.is_file() and file.read_bytes() != damage,
               "A damaged file in the cache was not replaced.", f"{damage[:20]!r} …",
               look)  # fmt: skip


@check(
    hint="Machine code runs as it is, outside of every sandbox: only what you compiled is loaded.",
    needs="machine_code_is_kept",
)
def nobody_brings_machine_code(service, fresh):
    """An upload is compiled, whatever it looks like; it is never loaded as machine code."""
    deployed(service, "mine", guests.parrot(word(fresh)))
    (file,) = (p for p in service.cache.rglob("*") if p.is_file())
    for upload in (file.read_bytes(), b"", b"\0asm", word(fresh).encode()):
        answer = service.put("theirs", upload)
        expect_equal(
            (answer.status, service.post("theirs").status),
            (400, 404),
            "What is no module was deployed, or did not give a 400.",
            given=f"an upload that begins with {upload[:12]!r}, then a request to it",
            next="look at compiled in serve.py: what is loaded, and what is compiled?",
        )
