"""Webhooks as bytes."""

import hashlib
import hmac
import json
import random

from workers.simulation.whatsapp.courier import Courier, encode


def test_what_is_not_ascii_is_escaped_in_lower_case_and_slashes_too() -> None:
    assert encode({"a": "Não/😀"}) == rb'{"a":"N\u00e3o\/\ud83d\ude00"}'


def test_the_signature_is_over_the_bytes() -> None:
    courier = Courier("waba", "segredo")
    courier.take({"messages": [{"text": {"body": "São 8 h"}}]})
    (post,) = courier.posts
    digest = hmac.new(b"segredo", post.body, hashlib.sha256).hexdigest()
    assert post.headers["X-Hub-Signature-256"] == f"sha256={digest}"
    assert json.loads(post.body)["object"] == "whatsapp_business_account"


def values(courier: Courier) -> list[int]:
    return [
        change["value"]["n"]
        for post in courier.posts
        for entry in post.json["entry"]
        for change in entry["changes"]
    ]


def test_what_is_held_comes_batched_repeated_and_shuffled() -> None:
    courier = Courier("waba", "segredo")
    courier.hold()
    for n in range(10):
        courier.take({"n": n})
    assert courier.posts == []
    courier.release(batch=4, copies=2, shuffle=random.Random(1))  # noqa: S311 - a fixed order
    assert len(courier.posts) == 6
    assert sorted(values(courier)) == sorted([*range(10)] * 2)
    assert values(courier)[:10] != [*range(10)]
    entries = max(len(post.json["entry"]) for post in courier.posts)
    assert entries == 2
    courier.take({"n": 10})
    assert values(courier)[-1] == 10
