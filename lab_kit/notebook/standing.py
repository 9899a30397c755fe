"""Say in plain text how far a learner is in one lab."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def standing(files: Sequence[tuple[str, bool]], kept: Mapping[str, Mapping[str, Any]]) -> str:
    """Return one line an exercise, core first, and what to do next.

    `files` holds (file, is core) in the lab's order; `kept` is what Progress.read() returns.
    """
    checks, saved = kept.get("checks", {}), kept.get("saved", {})
    known = list(files)
    names = [name for name, _ in known]
    rows = [c for c in checks.values() if isinstance(c, Mapping)]
    for row in rows:
        if row.get("exercise") and row["exercise"] not in names:
            names.append(str(row["exercise"]))
            known.append((str(row["exercise"]), True))
    lines = []
    todo = ""
    for name, core in sorted(known, key=lambda item: not item[1]):
        mine = [row for row in rows if row.get("exercise") == name]
        passed = sum(row.get("verdict") == "passed" for row in mine)
        done = bool(mine) and passed == len(mine)
        todo = todo or ("" if done else name)
        sign = "✓ done" if done else "– open"
        verdict = f"{passed} of {len(mine)} checks passed" if mine else "not checked yet"
        when = f", saved {str(saved[name])[:16].replace('T', ' ')}" if name in saved else ""
        lines.append(f"{sign:7} {name:16} {'core' if core else 'extension':10} {verdict}{when}")
    if not lines:
        return "Nothing is saved or checked yet. Next: run the first %%exercise cell."
    last = f'Next: {todo}, then lab.check("{todo}").' if todo else "Everything is done. Well built."
    return "\n".join([*lines, "", last])
