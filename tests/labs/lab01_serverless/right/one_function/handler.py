import json
from base64 import b64decode

import catalogue

JSON = {"Content-Type": "application/json; charset=utf-8"}


def no(status, code, field=None):
    error = {"code": code, "field": field, "message": code.replace("_", " ")}
    return {"statusCode": status, "headers": JSON, "body": json.dumps({"error": error})}


def handler(event, context):
    http = event["requestContext"]["http"]
    if http["path"] != "/quote":
        return no(404, "not_found")
    if http["method"].upper() != "POST":
        return no(405, "method_not_allowed")
    raw = event.get("body")
    if raw is None:
        return no(400, "malformed_json")
    data = b64decode(raw) if event["isBase64Encoded"] else raw.encode()
    try:
        order = json.loads(data)
    except (json.JSONDecodeError, UnicodeDecodeError):
        return no(400, "malformed_json")
    try:
        items = list(order["items"])
        assert items and type(order["items"]) is list
    except (TypeError, KeyError, AssertionError):
        return no(422, "bad_items", "items")
    lines, total = [], 0
    for index, item in enumerate(items):
        try:
            product = catalogue.PRODUCTS[item["sku"]]
        except (KeyError, TypeError):
            return no(422, "unknown_sku", "items[%d].sku" % index)
        pieces = item.get("quantity")
        if isinstance(pieces, bool) or not isinstance(pieces, int) or pieces not in range(1, 100):
            return no(422, "bad_quantity", "items[%d].quantity" % index)
        lines.append(dict(sku=item["sku"], quantity=pieces, cents=pieces * product["cents"]))
        total += lines[-1]["cents"]
    return dict(statusCode=200, headers=JSON, body=json.dumps(dict(total_cents=total, lines=lines)))
