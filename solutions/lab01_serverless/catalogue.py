"""Hold Kiosk's price list: what each article is called and what it costs, in cents.

The judge brings a price list of its own, so look prices up and never copy them.
"""

from __future__ import annotations

PRODUCTS: dict[str, dict] = {
    "TEA-01": {"name": "Green tea, 100 g", "cents": 590},
    "TEA-02": {"name": "Earl Grey, 100 g", "cents": 640},
    "MUG-01": {"name": "Blue mug", "cents": 1250},
    "MUG-02": {"name": "Travel mug", "cents": 2495},
    "KET-01": {"name": "Kettle", "cents": 3990},
    "PEN-01": {"name": "Pen", "cents": 199},
    "MAP-01": {"name": "City map", "cents": 875},
    "BAG-01": {"name": "Tote bag", "cents": 1100},
}
