"""Webhooks as Stripe sends them, each a whole HTTP request, for peer/load.c.

    python3 events.py FILE COUNT PREFIX

They are about the merchant's own shop, whose payments bring the same events to the same endpoint.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
import time
from pathlib import Path

from world import ANSWERS, WEBHOOK_SECRET


def payment(number: int) -> dict:
    text = (ANSWERS / "intent.json").read_text()
    filled = {
        "intent": f"pi_3Shop{number:019d}",
        "charge": f"ch_3Shop{number:019d}",
        "amount": "1099",
        "currency": "usd",
        "customer": f"cus_Shop{number:010d}",
        "payment_method": f"pm_1Shop{number:016d}",
        "description": "An order",
        "metadata": json.dumps({"order": str(number)}),
        "now": str(int(time.time())),
        "fingerprint": "Xt5EWLLDS7FJjR1c",
    }
    for name, value in filled.items():
        text = text.replace("{{" + name + "}}", value)
    intent = json.loads(text)
    # An event's object is not expanded.
    intent["latest_charge"] = intent["latest_charge"]["id"]
    return intent


def event(number: int, prefix: str) -> bytes:
    body = {
        "id": f"evt_{prefix}{number:016d}",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": int(time.time()),
        "data": {"object": payment(number)},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": f"req_{number:014d}", "idempotency_key": f"order-{number}"},
        "type": "payment_intent.succeeded",
    }
    return json.dumps(body, indent=2).encode()


def request(body: bytes) -> bytes:
    now = int(time.time())
    signature = hmac.digest(WEBHOOK_SECRET.encode(), f"{now}.".encode() + body, hashlib.sha256).hex()
    head = (
        "POST /webhooks/stripe HTTP/1.1\r\nHost: pay.acme.example\r\nUser-Agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)\r\n"
        f"Content-Type: application/json; charset=utf-8\r\nStripe-Signature: t={now},v1={signature}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def main() -> None:
    path, count, prefix = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    with path.open("wb") as file:
        for number in range(count):
            whole = request(event(number, prefix))
            file.write(b"%d\n%b" % (len(whole), whole))


if __name__ == "__main__":
    main()
