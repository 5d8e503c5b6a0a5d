from typing import Any

import pytest

from workers.channels.whatsapp.content import Content, content_of
from workers.channels.whatsapp.payload import Message


@pytest.mark.parametrize(
    ("fields", "content"),
    [
        ({"type": "text", "text": {"body": "Oi"}}, Content("text", "Oi")),
        ({"text": {"body": "Oi"}}, Content("text", "Oi")),
        ({"type": "button", "button": {"text": "Sim", "payload": "yes"}}, Content("choice", "Sim")),
        ({"type": "button", "button": {"payload": "yes"}}, Content("choice", "yes")),
        (
            {"type": "interactive", "interactive": {"list_reply": {"id": "1", "title": "Preços"}}},
            Content("choice", "Preços"),
        ),
        ({"type": "interactive", "interactive": {"type": "nfm_reply"}}, Content("media", "")),
        ({"type": "image", "image": {"caption": "Serve?"}}, Content("media", "Serve?")),
        ({"type": "audio", "audio": {"id": "1"}}, Content("media", "")),
        ({"type": "order", "order": {"text": "dois"}}, Content("media", "dois")),
        ({"type": "unsupported", "unsupported": {"type": "poll"}}, Content("media", "")),
    ],
)
def test_every_kind_says_what_it_says(fields: dict[str, Any], content: Content) -> None:
    assert content_of(Message.model_validate(fields)) == content


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "interactive", "interactive": {"type": "call_permission_reply"}},
        {"type": "hologram"},
        {"type": "text", "text": {"body": ""}},
        {},
    ],
)
def test_what_asks_nothing_has_no_content(fields: dict[str, Any]) -> None:
    assert content_of(Message.model_validate(fields)) is None
