import json
import sys

import catalogue


class Quoter:
    def __init__(self, prices):
        self.prices = prices

    def price(self, item):
        try:
            return self.prices[item["sku"]] * item["quantity"]
        except KeyError:
            raise ValueError("unknown sku: " + item["sku"]) from None

    def __call__(self, order):
        return {"order_id": order["order_id"], "total_cents": sum(map(self.price, order["items"]))}


def quote(order, prices):
    return Quoter(prices)(order)


def answer(order):
    prices = {sku: entry["cents"] for sku, entry in catalogue.PRODUCTS.items()}
    try:
        return quote(order, prices), 200
    except ValueError as error:
        return {"error": str(error)}, 422


def on_lambda(event, _):
    body, status = answer(json.loads(event["body"]))
    text = json.dumps(body, ensure_ascii=False)
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": text}


def on_google(request):
    return answer(request.get_json(force=True))


def on_cloud_event(event):
    sys.stdout.write(json.dumps(answer(event.data)[0], ensure_ascii=False) + "\n")
    sys.stdout.flush()
