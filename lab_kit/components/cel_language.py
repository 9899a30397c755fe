"""Compile and evaluate CEL with the functions that Kubernetes adds to it.

What Kubernetes has and this has not (`authorizer`, url(), ip(), cidr(), sets, semver) does not
compile here, so that no policy seems to hold that is not looked at. Regular expressions take linear
time, comprehensions may take 10,000 steps; what all of it takes is bounded by the process around
it (see cel_process).

https://kubernetes.io/docs/reference/using-api/cel/
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from cel_expr_python import cel
from cel_expr_python.ext import ext_optional, ext_strings

from lab_kit.components import cel_quantity as quantities

LONGEST = 10 * 1024
TYPE = cel.Type
QUANTITY = TYPE.Map(TYPE.STRING, TYPE.STRING)  # a type of one's own would not be told from others
KEY = "kubernetes.quantity"
GIVEN = ("object", "oldObject", "request", "namespaceObject")
NOT_HELD = re.compile(r"optional_type|TYPE<")  # values that cannot be put into a variable
SPENT = "operation cancelled: actual cost limit exceeded"


class Fault(Exception):
    """Say why an expression does not compile, or what went wrong in it."""


def _made(billionths: int) -> dict[str, str]:
    return {KEY: str(billionths)}


def _held(value: dict[str, str]) -> int:
    return int(value[KEY])


def _functions() -> list[Any]:
    """Return the declarations of Kubernetes' functions for quantities."""
    q, held = QUANTITY, _held
    rows: list[tuple[str, str, Any, list[Any], bool, Any]] = [
        ("quantity", "string_to_quantity", q, [TYPE.STRING], False,
         lambda text: _made(quantities.parsed(text))),
        ("isQuantity", "is_quantity_string", TYPE.BOOL, [TYPE.STRING], False,
         quantities.is_quantity),
        ("sign", "quantity_sign", TYPE.INT, [q], True, lambda a: quantities.sign(held(a))),
        ("isGreaterThan", "quantity_is_greater_than", TYPE.BOOL, [q, q], True,
         lambda a, b: held(a) > held(b)),
        ("isLessThan", "quantity_is_less_than", TYPE.BOOL, [q, q], True,
         lambda a, b: held(a) < held(b)),
        ("compareTo", "quantity_compare_to", TYPE.INT, [q, q], True,
         lambda a, b: quantities.sign(held(a) - held(b))),
        ("asInteger", "quantity_get_int", TYPE.INT, [q], True,
         lambda a: quantities.whole(held(a))),
        ("isInteger", "quantity_is_integer", TYPE.BOOL, [q], True,
         lambda a: held(a) % quantities.ONE == 0 and abs(held(a)) < 2**63 * quantities.ONE),
        ("asApproximateFloat", "quantity_get_float", TYPE.DOUBLE, [q], True,
         lambda a: held(a) / quantities.ONE),
        ("add", "quantity_add", q, [q, q], True, lambda a, b: _made(held(a) + held(b))),
        ("add", "quantity_add_int", q, [q, TYPE.INT], True,
         lambda a, b: _made(held(a) + b * quantities.ONE)),
        ("sub", "quantity_sub", q, [q, q], True, lambda a, b: _made(held(a) - held(b))),
        ("sub", "quantity_sub_int", q, [q, TYPE.INT], True,
         lambda a, b: _made(held(a) - b * quantities.ONE)),
    ]  # fmt: skip
    overloads: dict[str, list[Any]] = {}
    for name, identity, result, taken, member, act in rows:
        overloads.setdefault(name, []).append(cel.Overload(identity, result, taken, member, act))
    return [cel.FunctionDecl(name, listed) for name, listed in overloads.items()]


@cache
def _extensions() -> list[Any]:
    return [ext_strings.ExtStrings(), ext_optional.ExtOptional(),
            cel.CelExtension("kubernetes", _functions())]  # fmt: skip


def environment(params: bool, variables: dict[str, Any]) -> Any:
    """Return what expressions may name: what is given, `params`, and variables of some types."""
    known = dict.fromkeys(GIVEN, TYPE.DYN) | ({"params": TYPE.DYN} if params else {})
    known |= {f"variables.{name}": kind for name, kind in variables.items()}
    return cel.NewEnv(variables=known, extensions=_extensions())


def compiled(within: Any, text: str) -> Any:
    """Return an expression, ready to be evaluated; raise Fault where it does not compile."""
    if len(text.encode()) > LONGEST:
        raise Fault(f"must not exceed {LONGEST} bytes in length")
    if re.search(r"\bhas\(\s*variables\s*\.\s*\w+\s*\)", text):
        raise Fault("compilation failed: has() takes a field of a variable, not a variable")
    try:
        return within.compile(text)
    except RuntimeError as problem:
        told = re.sub(r"^[A-Z_]+: | \[[A-Z_]+\]$", "", str(problem))
        raise Fault(f"compilation failed: {told}") from None


def named(kind: Any) -> str:
    """Return a type's name as messages have it: `list(int)`."""
    text: str = kind.name().lower()
    return "null_type" if text == "null" else text.replace("<", "(").replace(">", ")")


def evaluated(expression: Any, activation: Any) -> Any:
    """Return the value of an expression; raise Fault with what went wrong."""
    try:
        value = expression.eval(activation)
        if value.type() == TYPE.ERROR:
            raise Fault(translated(value.value()))
        return value.plain_value()
    except MemoryError:
        raise Fault(SPENT) from None
    except (RuntimeError, TypeError) as problem:
        raise Fault(SPENT if "budget" in str(problem) else translated(str(problem))) from None


def translated(told: str) -> str:
    """Return what went wrong in the words of the real server, where it has others."""
    if found := re.fullmatch(r'NOT_FOUND: Key not found in map : "?(.*?)"?', told, re.DOTALL):
        return f"no such key: {found[1]}"
    if found := re.match(r"UNKNOWN: Index error: index=(-?\d+) size", told):
        return f"index out of bounds: {found[1]}"
    if "No matching overloads found" in told or "SELECT to non-message" in told:
        return "no such overload"
    if "divide by zero" in told:
        return "division by zero"
    return re.sub(r"^[A-Z_]+: | \[[A-Z_]+\]$", "", told)
