"""Tell submissions apart: one folder, file or download may be one student's or a whole class's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab_kit.grading.intake import names
from lab_kit.grading.intake.archive import archive_tree
from lab_kit.grading.intake.layout import Labs, links
from lab_kit.grading.intake.naming import Named, named, original
from lab_kit.grading.intake.repository import is_bundle, is_repository, repository_tree
from lab_kit.grading.intake.tree import Entry, Tree, Unfit, folder_tree, too_large
from lab_kit.judge.sealed import MOST_BYTES

ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz")
NOT_HANDED_IN = (".csv", ".tsv", ".xlsx")  # rosters and grading sheets that lie beside
Open = Callable[[Path], AbstractContextManager[Tree]]


@dataclass(frozen=True)
class Unit:
    """Name what one student handed in at once; `open` takes an empty folder to work in."""

    named: Named
    source: str
    open: Open


def units(path: Path, labs: Labs, may_be_class: bool, desk: Path) -> Iterator[Unit]:
    """Yield the submissions in a folder or file; `desk` is a folder that outlives them.

    The path itself may be a link, since whoever grades wrote it; no link inside is followed.
    """
    one = Unit(named(named_by(path.resolve())), str(path), opener(path.resolve()))
    if not may_be_class:
        yield one
    elif not path.is_dir():
        yield from in_download(path, one, labs, desk)
    elif is_one(path, labs):
        yield one
    else:
        yield from in_class(path, labs)


def in_download(path: Path, one: Unit, labs: Labs, desk: Path) -> Iterator[Unit]:
    """Yield what is in one file: one submission, unless a platform packed a class into it."""
    groups: dict[str, list[str]] = {}
    broken: dict[str, Unfit] = {}
    try:
        if not path.name.lower().endswith(ARCHIVES):
            raise unknown(path)
        with archive_tree(path) as tree:
            for name in (*tree.files, *tree.odd):
                groups.setdefault(name.split("/")[0], []).append(name)
            if not all(named(top).exported for top in groups):
                raise unknown(path)
            for top, inside in groups.items():
                try:
                    unpack(tree, inside, desk)
                except Unfit as error:
                    broken[top] = error
    except Unfit:
        yield one  # which says what is wrong when it is opened
        return
    for unit in in_class(desk, labs):
        top = Path(unit.source).relative_to(desk).parts[0]
        if top not in broken:
            yield Unit(unit.named, f"{path}: {top}", unit.open)
    for top, trouble in broken.items():
        yield Unit(named(top), f"{path}: {top}", raiser(trouble))


def unpack(tree: Tree, paths: Sequence[str], desk: Path) -> None:
    """Write one student's part of a download."""
    if odd := [path for path in paths if path in tree.odd]:
        raise links(odd)
    names.check(paths)
    for path in paths:
        target = desk / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(tree.read(path))


def raiser(error: Unfit) -> Open:
    """Return what says an error instead of opening anything."""

    def open(desk: Path) -> AbstractContextManager[Tree]:
        raise error

    return open


def is_one(folder: Path, labs: Labs) -> bool:
    """Tell whether a folder is one submission and not a folder of them."""
    entries = list(folder.iterdir())
    inside = {entry.name for entry in entries}
    files = {name.split("/")[0] for exercises in labs.values() for name in exercises}
    notebooks = {f"{lab}.ipynb" for lab in labs}
    if is_repository(folder) or inside & {"exercises", *labs, *files, *notebooks}:
        return True
    return not any(
        entry.is_dir() or stem(entry.name) != entry.name or named(entry.name).exported
        for entry in entries
        if not names.ignored(entry.name) and not entry.name.startswith(".")
    )


def in_class(folder: Path, labs: Labs) -> Iterator[Unit]:
    """Yield a class's submissions by name: folders, archives, bundles, notebooks, loose files."""
    loose: dict[str, list[tuple[Named, Path]]] = {}
    for path in sorted(folder.iterdir(), key=lambda p: p.name):
        name = path.name
        if name.startswith(".") or names.ignored(name) or name.lower().endswith(NOT_HANDED_IN):
            continue
        if path.is_dir() or stem(name) != name:
            yield Unit(named(named_by(path)), str(path), opener(path))
        elif named(name).exported and not path.is_symlink():
            loose.setdefault(named(name).label, []).append((named(name), path))
        else:
            yield Unit(named(stem(name)), str(path), opener(path))
    for found in loose.values():
        first = found[0][0]
        paths = [path for _, path in found]
        yield Unit(first, str(paths[0]), opener_of(paths))


def opener_of(paths: Sequence[Path]) -> Open:
    """Return what opens several loose files as one tree."""
    return lambda desk: loose_tree(paths)


def opener(path: Path) -> Open:
    """Return what opens a folder or file as a tree."""

    @contextmanager
    def open(desk: Path) -> Iterator[Tree]:
        if path.is_symlink():
            raise links([path.name])
        place = wrapped(path) if path.is_dir() and not is_repository(path) else path
        if (place.is_dir() and is_repository(place)) or (place.is_file() and is_bundle(place)):
            with repository_tree(place, desk) as tree:
                yield tree
        elif place.is_dir():
            with folder_tree(place) as tree:
                yield tree
        elif place.name.lower().endswith(ARCHIVES):
            with archive_tree(place) as tree:
                yield tree
        elif place.name.lower().endswith(".ipynb"):
            with loose_tree([place]) as tree:
                yield tree
        else:
            raise unknown(place)

    return open


def wrapped(folder: Path) -> Path:
    """Return the one archive or bundle that a platform put into a folder of its own, if so."""
    inside = [p for p in folder.iterdir() if not names.ignored(p.name) and p.name[0] != "."]
    if len(inside) != 1 or inside[0].is_symlink() or not inside[0].is_file():
        return folder
    name = inside[0].name.lower()
    return inside[0] if name.endswith((*ARCHIVES, ".bundle")) else folder


@contextmanager
def loose_tree(paths: Sequence[Path]) -> Iterator[Tree]:
    """See files that lie beside those of other students; the highest of Canvas's numbers wins."""
    places: dict[str, Path] = {}
    for path in sorted(paths, key=lambda p: (len(p.name), p.name)):
        known = named(path.name)
        places[original(known.file) if known.exported and known.file else path.name] = path
    if any(path.is_symlink() for path in places.values()):
        raise links([path.name for path in places.values() if path.is_symlink()])
    files = {name: Entry(path.stat().st_size) for name, path in places.items()}

    def read(name: str, most: int) -> bytes:
        with places[name].open("rb") as file:
            return file.read(most)

    if sum(entry.size for entry in files.values()) > MOST_BYTES:
        raise too_large()
    yield Tree(files, (), read)


def named_by(path: Path) -> str:
    """Return the name that a path gives to what lies there."""
    return path.name if path.is_dir() else stem(path.name)


def stem(name: str) -> str:
    """Return a file's name without the ending of an archive, bundle or notebook."""
    for ending in (*ARCHIVES[::-1], ".bundle", ".ipynb"):
        if name.lower().endswith(ending):
            return name[: -len(ending)] or name
    return name


def unknown(path: Path) -> Unfit:
    """Return the error for a file that holds no exercises."""
    return Unfit(
        "This is no submission.",
        f"{names.shown(path.name)} is neither a folder nor an archive, a notebook or a bundle.",
        "hand in the exercise files in a folder or a zip.",
    )
