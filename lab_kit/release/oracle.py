"""See that released checks hold no answer that could be called or copied.

A check tests properties, compares with vectors, or draws a question together with its answer.
A function from question to answer would be a solution. So a check file may import nothing from
`solutions`, and none of its functions may be made of the same expressions as a marked region:
names aside, at most a fifth of them, those left out that the stub or a given file shows.
Measured on lab01: reference implementations share a quarter and more, honest checks an eighth.
"""

from __future__ import annotations

import ast
import builtins
import textwrap
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lab_kit.authoring.markers import has_markers, regions, stub
from lab_kit.authoring.story import read_story
from lab_kit.errors import AuthorError
from lab_kit.release.handout import checks

MOST_SHARED = 0.2
LEAST_NODES = 5
BUILTINS = frozenset(dir(builtins))
Shapes = Mapping[str, int]


@dataclass(frozen=True)
class Finding:
    """Say which lines of a check file hold an answer, and to what."""

    place: str
    why: str


@dataclass(frozen=True)
class Answer:
    """Hold one marked region: where it stands, and the sizes of its expressions."""

    place: str
    shapes: Shapes


def refuse(sources: Path, folder: Path) -> None:
    """Raise AuthorError when a lab's released checks hold an answer."""
    found = list(examine(sources, folder, read_story(sources / "story.md").given))
    if found:
        raise AuthorError(
            "The released checks give answers away, so no copy is made.",
            "\n".join(f"{one.place} {one.why}" for one in found),
            "test properties or vectors there, or draw the question together with its answer.",
        )


def examine(sources: Path, folder: Path, given: Collection[str]) -> Iterator[Finding]:
    """Give what is wrong with the released checks in `folder`, by the answers in `sources`;
    what stands in the files that students are `given` is no answer.
    """
    answers = list(read_answers(sources, given))
    for path in checks(folder):
        if path.suffix != ".py":
            continue
        tree = ast.parse(path.read_text("utf-8"))
        for line in imports(tree):
            yield Finding(f"{path.name}:{line}", "reaches for solutions.")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                own = shapes(node)
                for answer in answers:
                    if shared(answer.shapes, own) > MOST_SHARED:
                        name = getattr(node, "name", "a lambda")
                        yield Finding(
                            f"{path.name}:{node.lineno}", f"{name} is much like {answer.place}."
                        )


def read_answers(sources: Path, names: Collection[str]) -> Iterator[Answer]:
    """Give the marked regions of a lab's Python files."""
    given: dict[str, int] = {}
    marked: list[tuple[str, dict[str, int]]] = []
    for path in sorted(sources.rglob("*.py")):
        text, name = path.read_text("utf-8"), path.relative_to(sources).as_posix()
        if not has_markers(text):
            given |= shapes(ast.parse(text)) if name in names else {}
            continue
        given |= shapes(ast.parse(stub(text, name)))
        lines = text.split("\n")
        for region in regions(text, name):
            body = textwrap.dedent("\n".join(lines[region.begin : region.end - 1]))
            tree = ast.parse("async def _():\n" + textwrap.indent(body, " "))
            marked.append((f"solutions/{sources.name}/{name}:{region.begin + 1}", shapes(tree)))
    for place, found in marked:
        own = {shape: size for shape, size in found.items() if shape not in given}
        if len(own) > 1:  # a single small expression may be anybody's
            yield Answer(place, own)


def imports(tree: ast.Module) -> Iterator[int]:
    """Give the lines that import from `solutions`, or name a path in it."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names = [node.value.strip("./").replace("/", ".")]
        if any(name.split(".")[0] == "solutions" for name in names):
            yield getattr(node, "lineno", 1)


def shared(answer: Shapes, own: Shapes) -> float:
    """Return how much of an answer's expressions is there too, by their sizes."""
    return sum(size for shape, size in answer.items() if shape in own) / sum(answer.values())


def shapes(tree: ast.AST) -> dict[str, int]:
    """Return the expressions of some code, names aside, each with its number of nodes.

    What holds nothing but names and calls is left out: it looks the same everywhere.
    """
    found: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.expr):
            shape, size, tells = shape_of(node)
            if size >= LEAST_NODES and tells:
                found[shape] = size
    return found


def shape_of(node: ast.AST) -> tuple[str, int, bool]:
    """Return the text of some code with `_` for each name, its size, and whether it says much."""
    if isinstance(node, ast.Name) and node.id not in BUILTINS:
        return "_", 1, False
    if isinstance(node, ast.Attribute):
        inner, size, tells = shape_of(node.value)
        return ("_", 1, False) if inner == "_" else (f"{inner}.{node.attr}", size + 1, tells)
    if isinstance(node, ast.Constant):
        return repr(node.value), 1, True
    parts = [shape_of(child) for child in ast.iter_child_nodes(node) if counts(child)]
    kind = node.id if isinstance(node, ast.Name) else type(node).__name__
    words = ", ".join(shape for shape, _, _ in parts)
    tells = any(tells for _, _, tells in parts)
    return f"{kind}({words})", 1 + sum(size for _, size, _ in parts), tells


def counts(node: ast.AST) -> bool:
    """Tell whether a node is of the code, and not of how it is used."""
    return not isinstance(node, ast.expr_context)
