"""Hold the compiled expressions of one policy, and evaluate them on what is given.

A sheet names them:  {"params": may `params` be named, "variables": [[name, expression], ...],
"conditions": [expression, ...], "expressions": [[expression, the types it may have], ...]}

A variable is evaluated when an expression that names it is, once, and what went wrong in it is told
where it is reached. Expressions are not evaluated where a condition is false.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lab_kit.components.cel_language import (
    NOT_HELD,
    TYPE,
    Fault,
    compiled,
    environment,
    evaluated,
    named,
)

NAMED = re.compile(r"\bvariables\s*\.\s*([A-Za-z_]\w*)")
UNSET = re.compile(r'No value with name "variables\.(\w+)"')
LONGEST = 16 * 1024  # of a text that is handed back
Result = list[Any]  # [True, value] or [False, what went wrong]


@dataclass
class Expression:
    """Hold an expression, compiled, with the variables that it needs in their order."""

    text: str
    code: Any
    needs: list[str]


class Scope:
    """Hold what one policy's expressions see: what is given, and variables as they are needed."""

    def __init__(self, within: Any, given: dict[str, Any], shared: Any) -> None:
        self._within, self._given, self._shared = within, given, shared
        self._values: dict[str, Any] = {}
        self.failed: dict[str, str] = {}

    def activation(self) -> Any:
        """Return what an expression is evaluated on now."""
        if self._shared is None:
            self._shared = self._within.Activation({**self._given, **self._values})
        return self._shared

    def known(self, name: str) -> bool:
        """Say whether a variable was evaluated."""
        return f"variables.{name}" in self._values or name in self.failed

    def learn(self, name: str, value: Any) -> None:
        """Let the expressions from here on see a variable."""
        self._values[f"variables.{name}"] = value
        self._shared = None


class Program:
    """Be the expressions of one sheet; `faults` says which of them do not compile."""

    def __init__(self, sheet: dict[str, Any]) -> None:
        self.faults: list[tuple[str, int, str]] = []  # part of the sheet, number, what is wrong
        self._types: dict[str, Any] = {}
        self._variables: dict[str, Expression] = {}
        params = bool(sheet["params"])
        self._within = bare = environment(params, {})
        for number, (name, text) in enumerate(sheet["variables"]):
            self._variables[name] = self._compiled("variables", number, text, [])
            self._types[name] = self._type(name, number)
            self._within = environment(params, self._types)
        full, self._within = self._within, bare
        self._conditions = [self._compiled("conditions", number, text, ["bool"])
                            for number, text in enumerate(sheet["conditions"])]  # fmt: skip
        self._within = full
        self._expressions = [self._compiled("expressions", number, *one)
                             for number, one in enumerate(sheet["expressions"])]  # fmt: skip

    def _compiled(self, part: str, number: int, text: str, wanted: list[str]) -> Expression:
        needs: dict[str, None] = {}
        for name in NAMED.findall(text):
            if name in self._variables:
                needs.update(dict.fromkeys([*self._variables[name].needs, name]))
        code = None
        try:
            code = compiled(self._within, text)
            kind = named(code.return_type())
            if wanted and kind not in wanted:
                listed = wanted[0] if len(wanted) == 1 else f"one of [{' '.join(wanted)}]"
                raise Fault(f"must evaluate to {listed} but got {kind}")
        except Fault as fault:
            self.faults.append((part, number, str(fault)))
        return Expression(text, code, list(needs))

    def _type(self, name: str, number: int) -> Any:
        """Return a variable's type, any if it has none; some types cannot be held."""
        code = self._variables[name].code
        if code is None:
            return TYPE.DYN
        if NOT_HELD.search(code.return_type().name()):
            told = f"compilation failed: a variable cannot hold {named(code.return_type())} here"
            self.faults.append(("variables", number, told))
            return TYPE.DYN
        return code.return_type()

    def answer(self, given: dict[str, Any], shared: Any) -> dict[str, list[Result]]:
        """Return what the conditions and, unless one is false, the expressions come to.

        shared: an activation of what is given, which others use as well, or None
        """
        scope = Scope(self._within, given, shared)
        conditions = [self._result(one, scope) for one in self._conditions]
        if any(good and not value for good, value in conditions):
            return {"conditions": conditions, "expressions": []}
        return {"conditions": conditions,
                "expressions": [self._result(one, scope) for one in self._expressions]}  # fmt: skip

    def _result(self, one: Expression, scope: Scope) -> Result:
        for name in one.needs:
            if not scope.known(name):
                try:
                    scope.learn(name, self._value(self._variables[name], scope))
                except Fault as fault:
                    scope.failed[name] = str(fault)
        try:
            value = self._value(one, scope)
        except Fault as fault:
            return [False, f"expression '{one.text.strip()}' resulted in error: {fault}"]
        return [True, value[:LONGEST] if isinstance(value, str) else value]

    def _value(self, one: Expression, scope: Scope) -> Any:
        if one.code is None:
            raise Fault("it does not compile")
        try:
            return evaluated(one.code, scope.activation())
        except Fault as fault:
            unset = UNSET.search(str(fault))
            if unset and unset[1] in scope.failed:
                inner = scope.failed[unset[1]]
                raise Fault(
                    f'composited variable "{unset[1]}" fails to evaluate: {inner}'
                ) from None
            raise
