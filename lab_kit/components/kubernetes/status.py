"""Say what went wrong as the API does: a Status with code, reason and message.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
"""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]
REASONS = {
    "Required value": "FieldValueRequired", "Duplicate value": "FieldValueDuplicate",
    "Unsupported value": "FieldValueNotSupported", "Forbidden": "FieldValueForbidden",
    "Not found": "FieldValueNotFound",
}  # fmt: skip


class Refused(Exception):
    """Carry a Status of failure to whoever asked."""

    def __init__(self, code: int, reason: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.code, self.reason, self.message = code, reason, message
        self.details = {name: value for name, value in details.items() if value}
        kind, _, group = str(self.details.get("kind", "")).partition(".")
        if group:  # clients are told apart what messages name together
            self.details.update(kind=kind, group=group)

    @property
    def status(self) -> Object:
        """Return it as an object of the API."""
        body: Object = {
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason, "code": self.code,
        }  # fmt: skip
        return body | ({"details": self.details} if self.details else {})


def success(name: str, kind: str, uid: str) -> Object:
    """Return the Status of a deletion that is done."""
    details = {"name": name, "kind": kind, "uid": uid}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
            "details": details}  # fmt: skip


def not_found(resource: str, name: str) -> Refused:
    """Return that there is no such object."""
    return Refused(404, "NotFound", f'{resource} "{name}" not found', name=name, kind=resource)


def no_such_path() -> Refused:
    """Return that nothing is served there."""
    return Refused(404, "NotFound", "the server could not find the requested resource")


def kept(resource: str, name: str) -> Refused:
    """Return that there is always one of that name."""
    message = f'{resource} "{name}" is forbidden: this namespace may not be deleted'
    return Refused(403, "Forbidden", message, name=name, kind=resource)


def not_allowed(method: str) -> Refused:
    """Return that this cannot be done there."""
    message = f"the server does not allow this method on the requested resource: {method}"
    return Refused(405, "MethodNotAllowed", message)


def exists(resource: str, name: str) -> Refused:
    """Return that there is one of that name."""
    message = f'{resource} "{name}" already exists'
    return Refused(409, "AlreadyExists", message, name=name, kind=resource)


def conflict(resource: str, name: str, why: str, causes: list[Object] | None = None) -> Refused:
    """Return that it has changed meanwhile, or belongs to others."""
    message = f'Operation cannot be fulfilled on {resource} "{name}": {why}'
    return Refused(409, "Conflict", message, name=name, kind=resource, causes=causes)


def bad_request(message: str) -> Refused:
    """Return that a request makes no sense."""
    return Refused(400, "BadRequest", message)


def expired(version: int) -> Refused:
    """Return that what was asked for is forgotten."""
    return Refused(410, "Expired", f"The resourceVersion {version} for the watch is too old.")


def unsupported(kind: str) -> Refused:
    """Return that a body is in a format that is not read."""
    message = f"the body of the request was in an unknown format: {kind}"
    return Refused(415, "UnsupportedMediaType", message)


def unauthorized() -> Refused:
    """Return that nobody knows who asks."""
    return Refused(401, "Unauthorized", "Unauthorized")


def invalid(kind: str, name: str, faults: list[tuple[str, str]]) -> Refused:
    """Return that an object does not hold: (field, what is wrong with it) each."""
    lines = [f"{field}: {what}" for field, what in faults]
    text = lines[0] if len(lines) == 1 else f"[{', '.join(lines)}]"
    causes = [{"reason": REASONS.get(what.partition(":")[0], "FieldValueInvalid"),
               "message": what, "field": field} for field, what in faults]  # fmt: skip
    return Refused(422, "Invalid", f'{kind} "{name}" is invalid: {text}', name=name, kind=kind,
                   causes=causes)  # fmt: skip
