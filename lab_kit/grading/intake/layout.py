"""Find the labs in a submission: `exercises/<lab>/…`, `<lab>/…`, files directly, or notebooks.

Students wrap their work in folders of their own; so a lab's folder is looked for at any depth,
and the one that the course's own layout names goes first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lab_kit.course import LAB_NAME
from lab_kit.grading.intake import names
from lab_kit.grading.intake.notebook import BIGGEST, exercise_cells
from lab_kit.grading.intake.tree import Tree, Unfit, too_large
from lab_kit.judge.sealed import MOST_BYTES, MOST_FILES

Labs = Mapping[str, frozenset[str]]
NOT_WORK = (("solutions",), ("tests", "labs"), ("notebooks",))  # of a whole course checkout


@dataclass(frozen=True)
class Work:
    """Hold one lab's files, or why they cannot be judged; `lab` is empty when unknown."""

    lab: str
    files: Mapping[str, tuple[bytes, bool]]
    flags: tuple[str, ...] = ()
    trouble: Unfit | None = None


def works(tree: Tree, labs: Labs) -> list[Work]:
    """Return the work on each lab that a submission holds; never an empty list."""
    paths = [path for path in tree.files if not names.ignored(path)]
    found: dict[str, Work] = {}
    for lab in sorted(labs):
        if roots := named_roots(paths, lab, labs[lab]):
            found[lab] = taken(tree, paths, lab, roots)
    if not found:
        found = direct(tree, paths, labs)
    for lab, notebooks in unread(paths, found, labs).items():
        if lab not in found:
            found |= from_notebooks(tree, lab, notebooks, labs)
    return list(found.values()) or [Work("", {}, (), nothing_there(tree, paths, labs))]


def named_roots(paths: Sequence[str], lab: str, exercises: frozenset[str]) -> list[str]:
    """Return the folders of a lab's name that hold an exercise, the best ones only."""
    roots = set()
    for path in paths:
        parts = tuple(path.split("/"))
        for at, part in enumerate(parts[:-1]):
            above = parts[:at]
            if part != lab or any(above[-len(aside) :] == aside for aside in NOT_WORK):
                continue
            if holds("/".join(parts[at + 1 :]), exercises):
                roots.add("/".join(parts[: at + 1]))
    course = {root for root in roots if root.split("/")[-2:-1] == ["exercises"]}
    return shallowest(course or roots)


def direct(tree: Tree, paths: Sequence[str], labs: Labs) -> dict[str, Work]:
    """Take files that lie in no lab's folder, when it is clear which lab they belong to."""
    found = {}
    for lab, exercises in labs.items():
        roots = {root for path in paths for root in roots_of(path, exercises)}
        plain = {root for root in roots if not of_another(root, lab)}
        if plain:
            found[lab] = shallowest(plain)
    if len(found) > 1:
        trouble = Unfit(
            "It is not clear which lab the files belong to.",
            f"Their names fit {' and '.join(sorted(found))}.",
            "put them into a folder that is called like the lab, or grade one lab at a time.",
        )
        return {"": Work("", {}, (), trouble)}
    return {lab: taken(tree, paths, lab, roots) for lab, roots in found.items()}


def roots_of(path: str, exercises: frozenset[str]) -> list[str]:
    """Return the folders below which this path would be one of the exercises."""
    parts = path.split("/")
    return [
        "/".join(parts[:at]) for at in range(len(parts)) if holds("/".join(parts[at:]), exercises)
    ]


def holds(path: str, exercises: frozenset[str]) -> bool:
    """Tell whether a path is an exercise's file or lies in an exercise's folder."""
    return any(f"{path}/".startswith(f"{exercise.rstrip('/')}/") for exercise in exercises)


def of_another(root: str, lab: str) -> bool:
    """Tell whether a folder belongs to another lab, or to what is not a student's work."""
    parts = root.split("/")
    aside = any(tuple(parts[: len(names)]) == names for names in NOT_WORK)
    return aside or any(LAB_NAME.fullmatch(part) and part != lab for part in parts)


def shallowest(roots: set[str]) -> list[str]:
    """Return the folders that lie highest."""
    depth = {root: len(root.split("/")) if root else 0 for root in roots}
    return sorted(root for root in roots if depth[root] == min(depth.values()))


def taken(tree: Tree, paths: Sequence[str], lab: str, roots: Sequence[str]) -> Work:
    """Read the files of one lab's folder into memory, within the judge's own limits."""
    try:
        if len(roots) > 1:
            raise two(lab, roots)
        start = f"{roots[0]}/" if roots[0] else ""
        if odd := [path for path in tree.odd if path.startswith(start)]:
            raise links(odd)
        inner = {path: path.removeprefix(start) for path in paths if path.startswith(start)}
        inner = {path: name for path, name in inner.items() if not name.endswith(".ipynb")}
        sizes = [tree.files[path].size for path in inner]
        if len(inner) > MOST_FILES or sum(sizes) > MOST_BYTES:
            raise too_large()
        names.check(inner.values())
        tree.prepare(list(inner))
        files, left = {}, MOST_BYTES
        for path, name in inner.items():
            data = tree.read(path, left)
            left -= len(data)
            files[name] = data, tree.files[path].executable
        return Work(lab, files, tree.flags)
    except Unfit as error:
        return Work(lab, {}, tree.flags, error)


def unread(paths: Sequence[str], found: Mapping[str, Work], labs: Labs) -> dict[str, list[str]]:
    """Return the notebooks that may hold each lab's work; "" for those of an unknown lab."""
    made: dict[str, list[str]] = {}
    for path in sorted(paths):
        stem = path.split("/")[-1]
        if not stem.endswith(".ipynb") or "" in found:
            continue
        named = LAB_NAME.search(stem)
        lab = next((lab for lab in labs if lab in stem or f"/{lab}/" in f"/{path}"), "")
        if lab or not (named or found):
            made.setdefault(lab, []).append(path)
    return made


def from_notebooks(tree: Tree, lab: str, paths: Sequence[str], labs: Labs) -> dict[str, Work]:
    """Take a lab's files from the one notebook that has cells for them."""
    fits: dict[str, dict[str, Work]] = {}
    try:
        for path in paths:
            if tree.files[path].size > BIGGEST:
                raise too_long(path, tree.files[path].size)
            files, flags = exercise_cells(tree.read(path, BIGGEST))
            names.check(files)
            held = {name: (data, False) for name, data in files.items()}
            for one in [lab] if lab else labs:
                if any(holds(name, labs[one]) for name in files):
                    work = Work(one, held, (*tree.flags, *flags))
                    fits.setdefault(one, {})[path] = work
    except Unfit as error:
        return {lab: Work(lab, {}, tree.flags, error)}
    if len(fits) > 1 and not lab:
        return {"": Work("", {}, tree.flags, two_labs(paths, sorted(fits)))}
    made = {}
    for one, by_path in fits.items():
        exact = {p: w for p, w in by_path.items() if p.split("/")[-1] == f"{one}.ipynb"}
        best = list((exact if len(exact) == 1 else by_path).items())
        several = two(one, [p for p, _ in best]) if len(best) > 1 else None
        made[one] = Work(one, {}, tree.flags, several) if several else best[0][1]
    return made


def two(lab: str, places: Sequence[str]) -> Unfit:
    """Return the error for a lab that was handed in twice at once."""
    shown = ", ".join(names.shown(place or "the top folder") for place in places[:4])
    return Unfit(
        f"The submission holds {lab} more than once.",
        f"It is in {shown}.",
        "keep the one that counts; for several students, grade the one folder that holds theirs.",
    )


def two_labs(paths: Sequence[str], labs: Sequence[str]) -> Unfit:
    """Return the error for a notebook that may belong to several labs."""
    return Unfit(
        "It is not clear which lab the notebook belongs to.",
        f"The cells of {names.shown(', '.join(paths))} fit {' and '.join(labs)}.",
        "give the notebook back its name, or grade one lab at a time.",
    )


def too_long(path: str, size: int) -> Unfit:
    """Return the error for a notebook that is larger than its cells can make it."""
    return Unfit(
        "The notebook is too large to be judged.",
        f"{names.shown(path)} has {size >> 20} MB; {BIGGEST >> 20} MB are allowed.",
        "clear its outputs, save it, and hand that in.",
    )


def links(odd: Sequence[str]) -> Unfit:
    """Return the error for a submission that has more than files and folders."""
    return Unfit(
        "The submission holds a link or a device.",
        f"Only plain files can be judged, and {names.shown(odd[0])} is none.",
        "replace it by the file that it stands for.",
    )


def nothing_there(tree: Tree, paths: Sequence[str], labs: Labs) -> Unfit:
    """Return the error for a submission without work on any graded lab."""
    if tree.odd:
        return links(tree.odd)
    other = {hit[0] for path in paths if (hit := LAB_NAME.search(path))} - set(labs)
    wanted = ", ".join(sorted({name for exercises in labs.values() for name in exercises})[:8])
    held = "1 file, which is not" if len(paths) == 1 else f"{len(paths)} files, and none is"
    why = f"It holds {held} called {wanted}."
    if other:
        why = f"It holds {', '.join(sorted(other)[:4])}; graded is {', '.join(sorted(labs))}."
    return Unfit(
        "The submission holds no exercise of this lab.",
        why if paths else "It holds no files.",
        "hand in the exercise files under their own names.",
    )
