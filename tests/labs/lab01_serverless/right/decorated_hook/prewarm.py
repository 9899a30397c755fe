import backend
from snapshot_restore_py import register_after_restore

PRICES = backend.price_table()
worker = session = None


@register_after_restore
def again():
    global worker, session
    worker, session = backend.new_worker_id(), backend.connect()


def handler(event, context):
    article = event["sku"]
    return dict(left=backend.stock(session, article), cents=PRICES[article], worker=worker)
