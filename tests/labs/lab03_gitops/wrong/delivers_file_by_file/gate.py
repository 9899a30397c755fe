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
    return {f"{each['rule']}.{each['object']}": f"until {each['until']}: {each['why']}"
            for each in exceptions if date.fromisoformat(each["until"]) >= today}


def violations(files, rules, exempt):
    """Return what breaks a rule: [{"rule":, "file":, "line":, "message":}, ...].

    files: {path: text};  rules: the text of policy.rego;  exempt: what in_force returned
    """
    found = []
    for path, text in files.items():
        for document in documents(text):
            for each in denied(rules, document.object):
                if f"{each['rule']}.{document.object['metadata']['name']}" not in exempt:
                    found.append({"rule": each["rule"], "file": path,
                                  "line": document.line_of(each["field"]),
                                  "message": each["message"]})
    return found


def deliver(files, rules, exceptions, today, namespace):
    """Reconcile what is in the files, if nothing breaks a rule; return the violations.

    today: a date, or its text: "2026-12-24"
    """
    exempt = in_force(exceptions, date.fromisoformat(str(today)))
    for path, text in files.items():
        if found := violations({path: text}, rules, exempt):
            return found
        apply(exceptions_map(exempt, namespace))
        reconcile([each.object for each in documents(text)])
    return []


def exceptions_map(exempt, namespace):
    """Return the ConfigMap of the exceptions that are in force. (This one is given.)"""
    return {"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": EXCEPTIONS, "namespace": namespace}, "data": exempt}
