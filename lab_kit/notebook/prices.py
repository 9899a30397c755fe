"""Read the few prices that panels need, from a flat mapping or from a lab's price file.

Flat: request, gb_second, and where a server is compared server_month; see `cost`. A price file
has them by vendor: lambda.request, lambda.gb_second (one figure, or one by architecture),
server.hour, server.hours_a_month and server.name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab_kit.errors import UsageError

HOURS_A_MONTH = 730


def prices_of(given: Mapping[str, Any], needed: tuple[str, ...], arch: str) -> dict[str, Any]:
    """Return flat prices that hold all of `needed`; `arch` is "x86_64" or "arm64".

    Raises UsageError that names what is missing.
    """
    flat = _flat(given, arch) if isinstance(given.get("lambda"), Mapping) else dict(given)
    missing = [key for key in needed if not isinstance(flat.get(key), int | float)]
    if missing:
        raise UsageError(
            f"The prices lack {', '.join(missing)}.",
            f"They hold: {', '.join(flat) or 'nothing'}.",
            f"pass the lab's price file, or a mapping with {', '.join(needed)}.",
        )
    return flat


def _flat(file: Mapping[str, Any], arch: str) -> dict[str, Any]:
    function, server = file["lambda"], file.get("server")
    each = function.get("gb_second")
    flat = {
        "request": function.get("request"),
        "gb_second": each.get(arch) if isinstance(each, Mapping) else each,
        "arch": arch,
    }
    if isinstance(server, Mapping) and isinstance(server.get("hour"), int | float):
        flat["server_month"] = server["hour"] * server.get("hours_a_month", HOURS_A_MONTH)
        flat["server"] = str(server.get("name", "a server")).split(",")[0]
    sources = file.get("sources")
    if isinstance(sources, Mapping) and sources.get("lambda"):
        flat["source"] = str(sources["lambda"]).split()[0]
    return flat | {k: file[k] for k in ("currency", "as_of", "region") if k in file}
