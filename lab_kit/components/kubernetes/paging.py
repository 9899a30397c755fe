"""Cut a long list into pieces: a token says where the next one goes on."""

from __future__ import annotations

import base64
import json

from lab_kit.components.kubernetes import status
from lab_kit.components.kubernetes.status import Object


def place(one: Object) -> tuple[str, str]:
    """Return where an object is: what lists are in order of."""
    return one["metadata"].get("namespace", ""), one["metadata"]["name"]


def sealed(after: tuple[str, str]) -> str:
    """Return a place as a token that clients hand back."""
    return base64.urlsafe_b64encode(json.dumps(after).encode()).decode()


def opened(token: str) -> tuple[str, str]:
    """Return where a list goes on; raise Refused for a token that is none."""
    try:
        namespace, name = json.loads(base64.urlsafe_b64decode(token))
        return str(namespace), str(name)
    except ValueError:
        raise status.bad_request("continue key is not valid") from None
