"""Check capabilities.py: what a module was granted works, and nothing else does."""

from __future__ import annotations

import strangers

from lab_kit.judge import check, expect, expect_equal

FILE = "capabilities.py"
WASI = strangers.WASI


def visit(guest, source, files, links=None):
    guest.begun(FILE)
    told = guest.call(FILE, "visit", source, files, links or {}, timeout=20.0)
    expect(
        isinstance(told, dict) and isinstance(told.get("files"), dict),
        "visit did not tell what came of it.",
        f"got: {told!r:.200}",
        "leave visit in capabilities.py as it was.",
    )
    return told


def drawn(fresh, size=12):
    return "".join(fresh.choices("abcdefghijkmnpqrstuvwxyz", k=size))


def plain(source):
    """Return a module for which `run` takes no number."""
    return source.replace(" (param $n i32)", "", 1)


def reader(path):
    """Return a module that reads up to 64 bytes of a file in its folder, and notes them."""
    return f"""(module
      (import "{WASI}" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (import "{WASI}" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
      (import "env" "note" (func $note (param i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 64) "{path}")
      (data (i32.const 32) "\\00\\04\\00\\00\\40\\00\\00\\00")
      (func (export "run") (result i64) (local $error i32)
        (local.set $error (call $open (i32.const 3) (i32.const 1) (i32.const 64)
          (i32.const {len(path.encode())}) (i32.const 0) (i64.const 2) (i64.const 0)
          (i32.const 0) (i32.const 8)))
        (if (local.get $error) (then (return (i64.extend_i32_u (local.get $error)))))
        (drop (call $read (i32.load (i32.const 8)) (i32.const 32) (i32.const 1) (i32.const 40)))
        (i64.extend_i32_u (call $note (i32.const 1024) (i32.load (i32.const 40))))))"""


def noter(*places):
    """Return a module that notes each (pointer, length) and answers with the last result."""
    calls = "\n".join(
        f"(local.set $said (call $note (i32.const {at}) (i32.const {size})))" for at, size in places
    )
    return f"""(module
      (import "env" "note" (func $note (param i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 16) "tea\\ff\\fe")
      (data (i32.const 65533) "mug")
      (func (export "run") (result i64) (local $said i32)
        {calls}
        (i64.extend_i32_u (local.get $said))))"""


@check(
    points=2,
    hint="preopen_dir takes our name of a folder, and then the name that the module sees.",
)
def the_granted_folder_can_be_read(guest, fresh):
    """A module reads a file in the folder that it was granted."""
    name, text = f"{drawn(fresh, 5)}.txt", drawn(fresh)
    told = visit(guest, reader(name), {f"shop/{name}": text, "other.txt": "x"})
    expect_equal(
        (told.get("answer"), told.get("notes")),
        (0, [text]),
        "The module could not read the file, or not say so.",
        given=f"shop/{name} holds {text!r}; run() opens {name} and notes what it holds",
        next="look at grants and give_note in capabilities.py.",
    )


@check(
    points=2,
    hint="What is granted is one folder: neither the one around it nor the whole disk.",
    needs="the_granted_folder_can_be_read",
)
def nothing_else_can_be_read(guest, fresh):
    """Ways out fail: two dots, links, absolute paths; and so does what lies beside the folder."""
    secret = drawn(fresh)
    files = {"shop/list.txt": "x", "shop/sub/a.txt": "x", "secret.txt": secret}
    files["private/key.txt"] = secret
    links = {
        "shop/link.txt": "../secret.txt",
        "shop/far": "/etc/hostname",
        "shop/door": "../private",
    }
    ways = ("../secret.txt", "secret.txt", "sub/../../secret.txt", "link.txt", "far", "/etc/passwd",
            "door/key.txt", "etc/passwd", "private/key.txt", "shop/list.txt")  # fmt: skip
    for way in ways:
        told = visit(guest, reader(way), files, links)
        expect(
            bool(told.get("answer")) and told.get("notes") == [],
            "A module got out of its folder.",
            f"It opened {way!r} and noted {told.get('notes')!r}.",
            "look at preopen_dir in capabilities.py: which folder, and how many?",
        )
    told = visit(guest, plain(strangers.FOLDERS), {"shop/list.txt": "x"})
    expect_equal(
        told.get("answer"),
        1,
        "A module was granted other folders than the one that was meant for it.",
        given="a module that counts what it was granted",
        next="look at preopen_dir in capabilities.py: which folder, and how many?",
    )


@check(
    hint="preopen_dir has a third argument.",
    needs="the_granted_folder_can_be_read",
)
def nothing_can_be_written(guest, fresh):
    """The folder is there to read: nothing in it can be written, made or emptied."""
    files = {"shop/list.txt": drawn(fresh), "other.txt": "x"}
    for path, flags in (("list.txt", 0), ("new.txt", 1), ("list.txt", 8)):
        told = visit(guest, plain(strangers.opener(path, flags, 64)), files)
        expect(
            told.get("answer") == 0 and told["files"] == files,
            "A module could write where it was only to read.",
            f"given: {files}, and a module that opens {path} to write\n"
            f"after: {told['files']!r:.200}, and it opened {told.get('answer')}",
            "look at the permissions of preopen_dir in capabilities.py.",
        )


@check(
    hint="A WasiConfig that inherits gives away what is ours: arguments, environment, output.",
    needs="the_granted_folder_can_be_read",
)
def it_knows_nothing_of_us(guest, fresh):
    """A module sees neither our environment nor our arguments."""
    source = f"""(module
      (import "{WASI}" "environ_sizes_get" (func $env (param i32 i32) (result i32)))
      (import "{WASI}" "args_sizes_get" (func $args (param i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "run") (result i64)
        (drop (call $env (i32.const 0) (i32.const 4)))
        (drop (call $args (i32.const 8) (i32.const 12)))
        (i64.extend_i32_u (i32.add (i32.load (i32.const 0)) (i32.load (i32.const 8))))))"""
    told = visit(guest, source, {"shop/list.txt": "x"})
    expect_equal(
        told.get("answer"),
        0,
        "A module could count our environment's variables, or our arguments.",
        next="look at the WasiConfig in capabilities.py: what does it inherit?",
    )


@check(
    points=2,
    hint=[
        "memory.read(caller, start, stop) is a slice: it takes a start below zero, and a stop "
        "beyond the end.",
        "data_len says how large the memory is. Pointer and length are signed numbers here.",
    ],
    needs="the_granted_folder_can_be_read",
)
def a_note_comes_from_its_own_memory(guest, fresh):
    """The function note takes what lies in the module's memory, and answers 21 to all else."""
    fine = ((16, 3, "tea"), (65533, 3, "mug"), (16, 0, ""), (65536, 0, ""), (65535, 1, "g"))
    for at, size, text in fine:
        told = visit(guest, noter((at, size)), {"shop/list.txt": "x"})
        expect_equal(
            (told.get("answer"), told.get("notes")),
            (0, [text]),
            "A note was not taken, though it lies within the memory.",
            given=f"note({at}, {size}) with 65,536 bytes of memory",
            next="look at the tests in give_note in capabilities.py.",
        )
    wild = [
        (65533, 4), (65537, 0), (-3, 3), (16, -1), (0, 70_000), (2**31 - 8, 16), (16, 1001),
        (16, 5), (-1, 2),
    ]  # fmt: skip
    fresh.shuffle(wild)
    for at, size in wild:
        told = visit(guest, noter((16, 3), (at, size)), {"shop/list.txt": "x"})
        expect_equal(
            (told.get("answer"), told.get("notes")),
            (21, ["tea"]),
            "A note was taken that does not lie within the memory, is too long, or is no text.",
            given=f"note({at}, {size}) with 65,536 bytes of memory",
            next="look at the tests in give_note in capabilities.py.",
        )
