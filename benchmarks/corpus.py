"""Count the corpus's attacks and controls, and which of them hold at each isolation level.

    .venv/bin/python benchmarks/corpus.py [full] [degraded] [none]

An attack holds when it earns nothing, touches nothing that the corpus watches, and its honest
neighbours are whole; a control, when it gets full credit. Every level runs inside namespaces of
this benchmark's own, with a read-only view of the files, so that what a weak level lets through
meets nothing of this machine; a fork bomb is left out where the number of processes in there
cannot be bounded.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from lab_kit.process import level  # noqa: E402
from lab_kit.process.inside import namespaces, syscalls  # noqa: E402
from tests.attacks import corpus  # noqa: E402
from tests.attacks.corpus import Case  # noqa: E402

LEVELS = ("full", "degraded", "none")
UNSHARE = """unshare --user --map-user=1000 --map-group=1000 --keep-caps --mount --pid --net --ipc
    --uts --fork --kill-child --mount-proc""".split()
AT_ONCE = 16
MOST_TASKS = 400
BOMB = "f_fork_bomb"
LONGEST_S = 300
Outcomes = dict[str, bool | None]  # None: left out


def main() -> None:
    levels = sys.argv[1:] or LEVELS
    cases = corpus.cases()
    held = {name: measure(name, cases) for name in levels}
    print(f"{'':12}{'':>6}" + "".join(f"{name:>12}" for name in levels))
    for group in "ABCDEFG":
        show(f"attacks {group}", [c for c in cases if c.group == group], held)
    show("attacks", [c for c in cases if c.expected != "full credit"], held)
    show("controls", [c for c in cases if c.expected == "full credit"], held)
    for name, outcomes in held.items():
        missed = [case for case, ok in outcomes.items() if ok is False]
        print(f"\nat {name} these do not hold: {', '.join(missed) or 'none'}")
        if None in outcomes.values():
            print(f"left out: {BOMB}")


def show(title: str, cases: Sequence[Case], held: dict[str, Outcomes]) -> None:
    """Print one row: how many cases there are, and how many hold at each level."""
    counts = (sum(found[case.name] is True for case in cases) for found in held.values())
    print(f"{title:12}{len(cases):>6}" + "".join(f"{count:>12}" for count in counts))


def measure(name: str, cases: Sequence[Case]) -> Outcomes:
    """Try all cases at a level; what a neighbour may have spoilt is tried again alone."""
    handed_in = [case.name for case in cases if case.handed_in]
    code = [case.name for case in cases if not case.handed_in]
    found: Outcomes = {}
    for part in [handed_in, *(code[at : at + AT_ONCE] for at in range(0, len(code), AT_ONCE))]:
        found |= dict(contained(name, part))
        for case in part:
            if found.get(case, False) is False:
                found |= {case: False} | dict(contained(name, [case]))
    return found


def contained(name: str, wanted: Sequence[str]) -> Iterator[tuple[str, bool | None]]:
    """Give the outcomes that a process in namespaces of its own lived to tell."""
    argv = [*UNSHARE, sys.executable, __file__, "--inside", name, *wanted]
    env = {**os.environ, "BEYOND_LEVEL": "" if name == "full" else name}
    quiet = subprocess.DEVNULL if name == "none" else None  # it dies in many ways there
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=quiet, text=True, env=env,
        preexec_fn=lambda: syscalls.prctl(syscalls.PDEATHSIG, signal.SIGKILL),
    ) as inside:  # fmt: skip
        try:
            told = inside.communicate(timeout=LONGEST_S)[0]
        except subprocess.TimeoutExpired:
            inside.kill()
            return
    for line in told.splitlines():
        case, good = json.loads(line)
        yield case, good


def tell(name: str, wanted: Sequence[str]) -> None:
    """Be the contained process: try the cases and print what became of each."""
    bounded = settle()
    if level().name != name:
        sys.exit(f"This machine's level is {level().name}: {', '.join(level().missing)}.")
    cases = [case for case in corpus.cases() if case.name in wanted]
    if not bounded and BOMB in wanted:
        cases = [case for case in cases if case.name != BOMB]
        print(json.dumps([BOMB, None]), flush=True)
    with tempfile.TemporaryDirectory() as place:
        with corpus.trial(cases, Path(place) / "trial") as outcome_of:
            for case in cases:
                outcome = outcome_of(case)
                good = outcome.verdict == case.expected and not outcome.damage
                print(json.dumps([case.name, good]), flush=True)


def settle() -> bool:
    """Leave nothing of the machine writable and give up the rights that this took; return
    whether the number of processes is bounded.
    """
    namespaces.private_view([str(ROOT)], [], "/tmp", 1024)
    namespaces.hide_process_table()  # one in which the sandbox can write its own settings
    for place in ("/dev/shm", "/var/tmp"):
        namespaces.mount_tmpfs(place, 64)
    namespaces.loopback_up()
    most = Path("/proc/sys/kernel/pid_max")
    try:
        most.write_text(str(MOST_TASKS))
    except OSError:
        pass
    syscalls.drop_capabilities()
    for kind, most_bytes in ((resource.RLIMIT_DATA, 1 << 30), (resource.RLIMIT_AS, 3 << 30)):
        resource.setrlimit(kind, (most_bytes, most_bytes))
    return int(most.read_text()) <= MOST_TASKS


if __name__ == "__main__":
    tell(sys.argv[2], sys.argv[3:]) if sys.argv[1:2] == ["--inside"] else main()
