"""Answer requests without ever waiting for the snapshot."""

import http.client
import json
import os

import backend

API = os.environ["AWS_LAMBDA_RUNTIME_API"]
NEXT = "/2018-06-01/runtime/invocation/"
STATE: dict = {"prices": backend.price_table()}


def ask(method: str, path: str, body: str | None = None) -> tuple[str, bytes]:
    connection = http.client.HTTPConnection(API)
    connection.request(method, NEXT + path, body)
    response = connection.getresponse()
    return response.headers.get("Lambda-Runtime-Aws-Request-Id", ""), response.read()


def answer(sku: str) -> dict | None:
    if "worker" not in STATE:
        STATE["worker"], STATE["session"] = backend.new_worker_id(), backend.connect()
    try:
        left = backend.stock(STATE["session"], sku)
    except Exception:  # noqa: BLE001 - the session may be gone
        return None
    return {"worker": STATE["worker"], "cents": STATE["prices"][sku], "left": left}


while True:
    request, event = ask("GET", "next")
    ask("POST", f"{request}/response", json.dumps(answer(json.loads(event)["sku"])))
