"""Which messages Meta takes, and how it names what is wrong."""

from typing import Any

import pytest

from workers.simulation.whatsapp.refusal import Refusal
from workers.simulation.whatsapp.request import ReadMark, Send, read

#: A message that is right.
TEXT: dict[str, Any] = {
    "messaging_product": "whatsapp",
    "to": "+5541999990000",
    "type": "text",
    "text": {"body": "Olá"},
}


def interactive(**parts: object) -> dict[str, Any]:
    """A message with buttons; `parts` replace its own."""
    content = {
        "type": "button",
        "body": {"text": "Escolha"},
        "action": {"buttons": [button("a", "Sim"), button("b", "Não")]},
    }
    rest = {name: value for name, value in TEXT.items() if name != "text"}
    return rest | {"type": "interactive", "interactive": content | parts}


def button(name: str, title: str) -> dict[str, Any]:
    return {"type": "reply", "reply": {"id": name, "title": title}}


def rows(count: int, **more: str) -> dict[str, Any]:
    rows = [{"id": str(place), "title": f"Opção {place}"} | more for place in range(count)]
    return {"button": "Ver", "sections": [{"rows": rows}]}


@pytest.mark.parametrize(
    "body",
    [
        TEXT,
        TEXT | {"recipient_type": "individual", "biz_opaque_callback_data": "x" * 512},
        TEXT | {"text": {"body": "é" * 4096, "preview_url": False}},
        TEXT | {"recipient": "BR.15"},
        {name: value for name, value in TEXT.items() if name != "to"} | {"recipient": "BR.15"},
        TEXT | {"context": {"message_id": "wamid.1"}},
        interactive(),
        interactive(body={"text": "x" * 1024}, footer={"text": "x" * 60}),
        interactive(type="list", action=rows(10, description="x" * 72)),
    ],
)
def test_what_is_right_is_taken(body: dict[str, Any]) -> None:
    assert isinstance(read(body), Send)


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ([], 100, "no JSON object"),
        ({}, 100, "messaging_product is required"),
        (TEXT | {"messaging_product": "sms"}, 131009, "messaging_product"),
        ({k: v for k, v in TEXT.items() if k != "type"}, 100, "type is required"),
        ({k: v for k, v in TEXT.items() if k != "to"}, 100, "to is required"),
        ({k: v for k, v in TEXT.items() if k != "text"}, 100, "text is required"),
        (TEXT | {"type": "carousel"}, 100, "type must be"),
        (TEXT | {"to": 5541999990000}, 100, "another type"),
        (TEXT | {"text": {"body": ""}}, 100, "text.body is required"),
        (TEXT | {"text": {"body": " \n"}}, 100, "text.body is required"),
        (TEXT | {"text": {}}, 131008, "'text.body' is mandatory"),
        (TEXT | {"text": {"body": "x" * 4097}}, 100, "at most 4096 characters"),
        (TEXT | {"text": {"body": "😀" * 2049}}, 100, "at most 4096 characters"),
        (TEXT | {"text": {"body": "x", "bold": True}}, 100, 'Unexpected key "bold"'),
        (TEXT | {"reply_to": "wamid.1"}, 100, 'Unexpected key "reply_to"'),
        (TEXT | {"biz_opaque_callback_data": "x" * 513}, 131009, "512"),
        (TEXT | {"context": {}}, 131008, "context.message_id"),
        (interactive(body={"text": "x" * 1025}), 131009, "1024"),
        (interactive(footer={"text": "x" * 61}), 131009, "60"),
        (interactive(action={"buttons": []}), 131009, "at least 1"),
        (interactive(action={"buttons": [button(c, c) for c in "abcd"]}), 131009, "at most 3"),
        (interactive(action={"buttons": [button("a", "x" * 21)]}), 131009, "Max length: 20"),
        (interactive(action={"buttons": [button("x" * 257, "a")]}), 131009, "256"),
        (interactive(action={"buttons": [button("a", "x"), button("a", "y")]}), 131009, "ids"),
        (interactive(action={"buttons": [button("a", "x"), button("b", "x")]}), 131009, "titles"),
        (interactive(type="list"), 131009, "sections is required"),
        (interactive(type="list", action=rows(11)), 131009, "at most 10"),
        (interactive(type="list", action=rows(1, description="x" * 73)), 131009, "72"),
        (interactive(type="list", action=rows(1, title="x" * 25)), 131009, "24"),
    ],
)
def test_what_is_wrong_is_refused_in_meta_s_words(body: object, code: int, words: str) -> None:
    with pytest.raises(Refusal) as refused:
        read(body)
    assert refused.value.code == code
    error = refused.value.reply()["error"]
    assert words in error["message"] + error.get("error_data", {}).get("details", "")


def test_a_list_s_rows_are_counted_over_its_sections() -> None:
    two = rows(6)["sections"] + [
        {"rows": [{"id": f"b{place}", "title": f"B {place}"} for place in range(5)]}
    ]
    with pytest.raises(Refusal) as refused:
        read(interactive(type="list", action={"button": "Ver", "sections": two}))
    assert "row count" in refused.value.details


def test_a_read_mark_may_hold_a_typing_mark_of_text_alone() -> None:
    mark = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.1"}
    assert isinstance(read(mark), ReadMark)
    assert isinstance(read(mark | {"typing_indicator": {"type": "text"}}), ReadMark)
    for wrong in (mark | {"typing_indicator": {"type": "voice"}}, mark | {"status": "typing"}):
        with pytest.raises(Refusal):
            read(wrong)
