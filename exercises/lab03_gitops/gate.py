"""Stand before the merge: what breaks a rule does not get near the cluster."""

from datetime import date

from kiosk import apply
from reading import denied, documents
from reconcile import reconcile

EXCEPTIONS = "policy-exceptions"  # the ConfigMap in which policy.yaml looks


def in_force(exceptions, today):
    """Return the exceptions that have not ended by `today`: {"memory.quote": "until ...: why"}.

    exceptions: [{"rule":, "object":, "until": "2027-01-31", "why":}], until being the last day
    """
    raise NotImplementedError("leave out what ended before today; keys and texts as policy.yaml wants them")


def violations(files, rules, exempt):
    """Return what breaks a rule: [{"rule":, "file":, "line":, "message":}, ...].

    files: {path: text};  rules: the text of policy.rego;  exempt: what in_force returned
    """
    found = []
    for path, text in files.items():
        for document in documents(text):
            raise NotImplementedError("tell what is denied and not exempt: rule, file, line, message")
    return found


def deliver(files, rules, exceptions, today, namespace):
    """Reconcile what is in the files, if nothing breaks a rule; return the violations.

    today: a date, or its text: "2026-12-24"
    """
    exempt = in_force(exceptions, date.fromisoformat(str(today)))
    raise NotImplementedError("stop at violations; apply exceptions_map(...), then reconcile all objects")


def exceptions_map(exempt, namespace):
    """Return the ConfigMap of the exceptions that are in force. (This one is given.)"""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": EXCEPTIONS, "namespace": namespace},
        "data": exempt,
    }
