"""Read manifests from YAML, each with the file and line at which it stands.

For the student's own process and for tests: it runs a parser over what they wrote. The judge must
not use it on a student's material outside the sandbox.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from lab_kit.errors import LabError

MOST_BYTES = 4 << 20  # of all files together
MOST_NODES = 200_000  # of all documents of one file, aliases counted as what they stand for
DEEPEST = 64
TAGS = {f"tag:yaml.org,2002:{name}" for name in
        ("map", "seq", "str", "int", "float", "bool", "null", "timestamp")}  # fmt: skip


class BadManifest(LabError):
    """Say what is wrong with a file, and at which line."""


@dataclass(frozen=True)
class Manifest:
    """Hold one document: the file, the line at which it starts (from 1), and what it says."""

    path: str
    line: int
    object: Any
    lines: dict[tuple[str, ...], int] = field(default_factory=dict, repr=False, compare=False)

    def line_of(self, dotted: str) -> int:
        """Return the line of a field such as `spec.containers.0.image`, or of what would hold it.

        A key with dots in it is not found; its parent's line is.
        """
        parts = tuple(dotted.replace("[", ".").replace("]", "").split("."))
        while parts and parts not in self.lines:
            parts = parts[:-1]
        return self.lines.get(parts, self.line)


def read(files: Mapping[str, bytes]) -> list[Manifest]:
    """Return the documents of all files in their order, empty ones left out; or raise BadManifest.

    files: path -> what is in it
    """
    if sum(map(len, files.values())) > MOST_BYTES:
        raise BadManifest("The manifests are too large.", f"They may have {MOST_BYTES >> 20} MB.",
                          "Leave out what is not needed.")  # fmt: skip
    return [manifest for path, data in files.items() for manifest in _File(path).read(data)]


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Compose within a depth: the parser itself calls itself once a level."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Count the levels on the way down."""
        self.depth += 1
        if self.depth > DEEPEST:
            mark = self.peek_event().start_mark
            raise yaml.MarkedYAMLError(problem=f"more than {DEEPEST} levels", problem_mark=mark)
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


class _File:
    """Make the objects of one file of its nodes."""

    def __init__(self, path: str) -> None:
        self.path, self.count = path, 0
        self.lines: dict[tuple[str, ...], int] = {}

    def read(self, data: bytes) -> list[Manifest]:
        """Return its documents."""
        found: list[Manifest] = []
        loader = None
        try:
            loader = _Loader(data)
            while loader.check_node():
                node, self.lines = loader.get_node(), {}
                value = self.value(loader, node, ())
                if value is not None:
                    line = node.start_mark.line + 1
                    found.append(Manifest(self.path, line, value, self.lines))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise self.bad(mark.line if mark else 0, str(error.problem)) from None
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise self.bad(0, str(error).splitlines()[0][:200]) from None
        finally:
            if loader is not None:
                loader.dispose()
        return found

    def value(self, loader: Any, node: Any, at: tuple[str, ...]) -> Any:
        """Return what a node says, and keep the line of each field."""
        line = node.start_mark.line
        self.count += 1
        if self.count > MOST_NODES:
            raise self.bad(line, f"more than {MOST_NODES} values, aliases written out")
        if len(at) > DEEPEST:
            raise self.bad(line, f"more than {DEEPEST} levels, aliases written out")
        if node.tag not in TAGS:
            raise self.bad(line, f"the tag or key {node.tag[:80]} is not for manifests")
        self.lines.setdefault(at, line + 1)
        if isinstance(node, yaml.MappingNode):
            return self.mapping(loader, node, at)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(loader, one, (*at, str(i))) for i, one in enumerate(node.value)]
        if node.tag.endswith(":timestamp"):
            return node.value
        value = loader.construct_object(node)
        if isinstance(value, float) and not math.isfinite(value):
            raise self.bad(line, f"{node.value} is no number in JSON")
        return value

    def mapping(self, loader: Any, node: Any, at: tuple[str, ...]) -> dict[str, Any]:
        """Return a mapping whose keys are texts, each there once."""
        found: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line
            if key.tag == "tag:yaml.org,2002:merge":
                raise self.bad(line, "<< is not read: write the fields out")
            if key.tag != "tag:yaml.org,2002:str" or not isinstance(key, yaml.ScalarNode):
                raise self.bad(line, "a key is not a text: put it in quotes")
            if key.value in found:
                raise self.bad(line, f"the key {key.value[:80]} is there twice")
            self.lines[(*at, key.value)] = line + 1
            found[key.value] = self.value(loader, value, (*at, key.value))
        return found

    def bad(self, line: int, why: str) -> BadManifest:
        """Return the error with its place."""
        return BadManifest("A manifest could not be read.", f"{self.path}, line {line + 1}: {why}",
                           "Correct that line, and read it again.")  # fmt: skip
