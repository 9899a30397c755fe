"""Run a Job's pods until enough of them succeeded, or too many failed."""

from __future__ import annotations

from lab_kit.components.controllers.kinds import Key, Object, is_true
from lab_kit.components.controllers.replica_sets import living, pod_of
from lab_kit.components.controllers.writing import Writer, age_s, now, with_condition


class Jobs:
    """Look after Jobs, one at a time."""

    kind = "Job"

    def __init__(self, writer: Writer) -> None:
        self.writer, self.caches = writer, writer.caches

    def look(self, key: Key) -> float | None:
        """Bring one Job nearer to its end; return when to look again, in seconds."""
        one = self.caches["Job"].get(key)
        if one is None or one["metadata"].get("deletionTimestamp") or over(one):
            return None
        spec, pods = one["spec"], self.caches["Pod"].owned(one)
        if not (one.get("status") or {}).get("startTime") and not spec.get("suspend"):
            one = self.writer.patch("Job", one, {"status": {"startTime": now()}}, "status")
        good, bad, running = by_phase(pods)
        wanted, again = spec.get("completions") or 1, None
        late = spec.get("activeDeadlineSeconds")
        if late and (again := late - age_s(one["status"]["startTime"])) <= 0:
            self._end(one, pods, "Failed", "DeadlineExceeded",
                             "Job was active longer than specified deadline")  # fmt: skip
            return None
        if len(bad) > spec.get("backoffLimit", 6):
            self._end(one, pods, "Failed", "BackoffLimitExceeded",
                             "Job has reached the specified backoff limit")  # fmt: skip
            return None
        if len(good) >= wanted:
            self._end(one, pods, "Complete", "CompletionsReached",
                             "Reached expected number of succeeded pods")  # fmt: skip
            return None
        room = 0 if spec.get("suspend") else min(spec.get("parallelism", 1), wanted - len(good))
        for _ in range(max(0, room - len(running))):
            running.append(self.writer.create("Pod", key[0], pod_of(one, "Job")))
        for pod in running[room:]:
            self.writer.delete("Pod", pod)
        self._tell(one, self.caches["Pod"].owned(one))
        return again

    def _end(self, one: Object, pods: list[Object], kind: str, reason: str, said: str) -> None:
        for pod in living(pods):
            self.writer.delete("Pod", pod)
        status: Object = {"conditions": with_condition(one, kind, "True", reason, said)}
        if kind == "Complete":
            status["completionTime"] = now()
        good, bad, _ = by_phase(pods)
        status |= {"active": 0, "ready": 0, "succeeded": len(good), "failed": len(bad)}
        self.writer.patch("Job", one, {"status": status}, "status")
        self.writer.tell("Job", one, reason, said, kind == "Failed")

    def _tell(self, one: Object, pods: list[Object]) -> None:
        good, bad, running = by_phase(pods)
        ready = sum(is_true(pod, "Ready") for pod in running)
        status = {"active": len(running), "ready": ready, "succeeded": len(good),
                  "failed": len(bad)}  # fmt: skip
        self.writer.patch("Job", one, {"status": status}, "status")


def over(one: Object) -> bool:
    """Say whether a Job has come to its end, good or bad."""
    return is_true(one, "Complete") or is_true(one, "Failed")


def by_phase(pods: list[Object]) -> tuple[list[Object], list[Object], list[Object]]:
    """Return which pods succeeded, which failed and which are on their way."""

    def of(phase: str) -> list[Object]:
        return [pod for pod in pods if (pod.get("status") or {}).get("phase") == phase]

    return of("Succeeded"), of("Failed"), living(pods)
