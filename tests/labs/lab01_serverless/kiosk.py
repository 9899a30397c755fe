"""Stand in for Kiosk: fresh prices, and the submission's functions on real runtimes."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any, Literal

from lab_kit.components.cloud_code import SIZE_LIMIT
from lab_kit.components.cloud_functions import CloudFunctions
from lab_kit.components.http_service import HttpService
from lab_kit.components.lambda_runtime import LambdaRuntime
from lab_kit.errors import Died
from lab_kit.judge import Submission, expect

WORDS = ("TEA", "MUG", "KET", "PEN", "MAP", "BAG", "SOAP", "LAMP", "ROPE", "SALT")
Address = tuple[str, int]


class Kiosk:
    """Hold a copy of one submission with a price list that nobody has seen before."""

    def __init__(self, submission: Submission, fresh: Random, folder: Path) -> None:
        self.submission, self.fresh = submission, fresh
        ignore = shutil.ignore_patterns("__pycache__")
        self.folder = Path(shutil.copytree(submission.folder, folder / "kiosk", ignore=ignore))
        codes = [f"{word}-{fresh.randint(10, 99)}" for word in fresh.sample(WORDS, 8)]
        self.prices = {code: fresh.randint(99, 9999) for code in codes}
        self._write_catalogue()
        self._open = ExitStack()

    def _write_catalogue(self) -> None:
        products = {sku: {"name": sku.title(), "cents": c} for sku, c in self.prices.items()}
        path = self.folder / "catalogue.py"
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        path.write_text(f"PRODUCTS = {json.dumps(products, indent=4)}\n", encoding="utf-8")

    def run(self, handler: str, services: Mapping[str, Address] = {}, **options: Any) -> Function:
        """Start `handler` ("file.function") on Lambda's runtime."""
        file = handler.partition(".")[0] + ".py"
        self.submission.require(file)
        self.submission.begun(file)
        runtime = LambdaRuntime(self.folder, handler, services=services, **options)
        return Function(self._open.enter_context(runtime), self.submission, file)

    def run_on_google(
        self, file: str, target: str, signature: Literal["http", "cloudevent"]
    ) -> CloudFunctions:
        """Start `target` on Google's functions framework."""
        self.submission.require(file)
        self.submission.begun(file)
        try:
            functions = CloudFunctions(self.folder, target, source=file, signature=signature)
        except Died as end:
            raise self.submission.explain(
                file, end.error_type, end.error_message, end.trace
            ) from None
        return self._open.enter_context(functions)

    def serve(self, answer: Any, delay_s: float = 0.0) -> HttpService:
        """Start a service of ours that counts who asks for what."""
        return self._open.enter_context(HttpService(answer, delay_s=delay_s))

    def close(self) -> None:
        self._open.close()

    def lines(self, count: int | None = None) -> list[dict[str, Any]]:
        """Return the lines of a fresh quote, 2 to 98 pieces each; an article may be there twice.

        Question and answer are drawn together: what makes one of the other would be a solution.
        """
        skus = self.fresh.choices(list(self.prices), k=count or self.fresh.randint(2, 5))
        pieces = [self.fresh.randint(2, 98) for _ in skus]
        return [
            {"sku": sku, "quantity": n, "cents": n * self.prices[sku]}
            for sku, n in zip(skus, pieces, strict=True)
        ]

    def basket(self, count: int | None = None) -> list[dict[str, Any]]:
        """Return a fresh basket, for whoever needs no answer to it."""
        return asked(self.lines(count))


def asked(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the basket that has to be answered with these lines."""
    return [{key: line[key] for key in ("sku", "quantity")} for line in lines]


class Function:
    """Invoke one function, and turn what went wrong into words for its author."""

    def __init__(self, runtime: LambdaRuntime, submission: Submission, file: str) -> None:
        self.runtime, self.submission, self.file = runtime, submission, file

    def call(self, event: object) -> Any:
        """Return what the handler returned; Failed when it returned nothing."""
        invocation = self.runtime.invoke(event)
        if invocation.outcome != "ok":
            raise self.submission.explain(
                self.file,
                invocation.error_type or "",
                invocation.error_message or "",
                invocation.trace,
            )
        return invocation.payload

    def http(self, body: str | None, **request: Any) -> tuple[int, Any, dict[str, str]]:
        """Send one HTTP API event; return status, parsed body and headers (lower case)."""
        response = self.call(http_event(body, **request))
        return read_response(response, self.file)


def http_event(
    body: str | None, method: str = "POST", path: str = "/quote", encoded: bool = False
) -> dict[str, Any]:
    """Return what API Gateway sends for an HTTP API, payload format 2.0."""
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "host": "kiosk.example"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "kiosk",
            "domainName": "kiosk.example",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.7",
                "userAgent": "kiosk-check",
            },
            "requestId": "c0ffee",
            "routeKey": "$default",
            "stage": "$default",
            "time": "23/Nov/2026:12:00:00 +0000",
            "timeEpoch": 1795435200000,
        },
        "isBase64Encoded": encoded,
    }
    if body is not None:
        event["body"] = body
    return event


def read_response(response: Any, file: str) -> tuple[int, Any, dict[str, str]]:
    """Return status, parsed body and headers of what a handler returned for an HTTP API."""
    look = f"look at what your handler in {file} returns."
    expect(
        isinstance(response, dict) and isinstance(response.get("statusCode"), int),
        "The handler returned no HTTP response.",
        f"expected: a dict with statusCode, headers and body\ngot:      {response!r:.300}",
        look,
    )
    body = response.get("body")
    expect(
        isinstance(body, str),
        "The response's body was not text.",
        f"expected: JSON text, as json.dumps makes it\ngot:      {body!r:.200}",
        look,
    )
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    expect(
        value is not None,
        "The response's body was not JSON.",
        f"expected: JSON text, as json.dumps makes it\ngot:      {body!r:.300}",
        look,
    )
    headers = response.get("headers")
    pairs = headers.items() if isinstance(headers, dict) else ()
    return response["statusCode"], value, {str(k).lower(): str(v) for k, v in pairs}


def zipped(folder: Path) -> bytes:
    """Return the Python files of a folder as the archive that one uploads to Lambda.

    A name that no archive can hold belongs to no module that could be imported.
    """
    found = [p for p in sorted(folder.rglob("*.py")) if p.is_file() and str(p).isprintable()]
    files = [p for p in found if ".history" not in p.parts]
    size = sum(p.stat().st_size for p in files)
    expect(
        size <= SIZE_LIMIT,
        "Your Python files are too large to deploy.",
        f"expected: at most {SIZE_LIMIT >> 20} MB\ngot:      {size >> 20} MB",
        "take the files that the lab does not need out of your folder.",
    )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for path in files:
            made.write(path, path.relative_to(folder))
    return archive.getvalue()
