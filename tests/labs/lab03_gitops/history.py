"""Make commits as a team would: signed, unsigned, signed by strangers or for somebody else."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

from lab_kit.components.repository import Commit, Person, Repository
from lab_kit.components.repository_signatures import SigningKey

TEAM = ("ada", "bo", "cleo")


class History:
    """Be a repository of a check's own, with the keys of a team."""

    def __init__(self, folder: Path, fresh: Random) -> None:
        self.repository = Repository.make(folder)
        self._fresh, self._number = fresh, 0
        self.keys = {name: SigningKey.make() for name in (*TEAM, "stranger")}
        self.allowed = {email(name): self.keys[name].public_line() for name in TEAM}
        self._manifests: dict[str, list[Any]] = {}

    def commit(self, author: str, key: str | None, manifests: list[Any] | None = None) -> Commit:
        """Commit something new by an author, signed by the key of somebody, or of nobody."""
        self._number += 1
        self.repository.write({"number": f"{self._number}\n"})
        made = self.repository.commit(
            f"Change {self._number} of {self._fresh.randrange(1000)}",
            author=Person(author, email(author)), key=self.keys[key] if key else None,
        )  # fmt: skip
        self._manifests[made] = manifests or []
        return self.repository.log(made, most=1)[0]

    def revert(self, commit: Commit, author: str, manifests: list[Any]) -> Commit:
        made = self.repository.revert(
            commit.hash, author=Person(author, email(author)), key=self.keys[author]
        )
        self._manifests[made] = manifests
        return self.repository.log(made, most=1)[0]

    def facts(self) -> list[dict[str, Any]]:
        """Return all commits, newest first, as trail.py takes them."""
        return [
            {"hash": one.hash, "author": one.author.email, "subject": one.subject,
             "raw": one.raw.decode(), "manifests": self._manifests[one.hash]}
            for one in self.repository.log()
        ]  # fmt: skip


def email(name: str) -> str:
    return f"{name}@kiosk.example"
