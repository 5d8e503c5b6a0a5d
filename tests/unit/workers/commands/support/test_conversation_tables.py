"""What an attendant sees of conversations."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

from workers.commands.support.conversation_tables import (
    details,
    listing_table,
    printable,
    transcript_table,
)

CONVERSATION: dict[str, Any] = {
    "id": "a" * 32,
    "channel": "recepcao",
    "kind": "whatsapp",
    "contact": "user:BR.1",
    "recipient": {"user_id": "BR.1", "phone": "+5541999990000"},
    "name": "Conceição Araújo",
    "last_message_at": "2026-11-27T10:00:00Z",
    "window_ends_at": "2026-11-28T10:00:00Z",
    "question": None,
    "paused_until": None,
    "paused_by": None,
    "handoff": {"reason": "person_asked", "since": "2026-11-27T10:00:00Z", "attendant": None},
    "opted_out_at": None,
}


MAILS = CONVERSATION | {
    "channel": "contato",
    "kind": "email",
    "contact": "email:ana@exemplo.com.br",
    "recipient": {"email": "ana@exemplo.com.br", "subject": "Preparo\nda colonoscopia\x1b[2J"},
    "window_ends_at": None,
}


def entry(**fields: object) -> dict[str, Any]:
    common = {"by": "patient", "text": "Oi", "at": "2026-11-27T10:00:00Z", "kind": "text"}
    fate = {"delivery": None, "message": None, "template": False, "draft": False, "mark": None}
    return {**common, "question": None, **fate, **fields}


def shown(table: Table) -> str:
    console = Console(file=StringIO(), width=200)
    console.print(table)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_the_list_says_who_waits_why_and_whose_it_is() -> None:
    text = shown(listing_table([CONVERSATION]))
    assert "Conceição Araújo, +5541999990000" in text
    assert "person_asked since" in text
    handoff = CONVERSATION["handoff"] | {"attendant": "Joana"}
    assert "Joana has it" in shown(listing_table([CONVERSATION | {"handoff": handoff}]))


def test_who_writes_mails_is_shown_by_address_and_subject_and_may_always_be_written_to() -> None:
    for table in (listing_table([MAILS]), details(MAILS)):
        text = shown(table)
        assert "Conceição Araújo, ana@exemplo.com.br" in text
        assert "Preparo da colonoscopia" in text
        assert "\x1b" not in text
    assert "contato (email)" in shown(details(MAILS))
    assert "window" not in shown(details(MAILS))
    assert "subject" not in shown(details(CONVERSATION))


def test_a_contact_without_a_number_is_shown_by_what_is_known() -> None:
    nameless = CONVERSATION | {"recipient": {"user_id": "BR.1"}, "name": None}
    assert "BR.1" in shown(details(nameless))
    unknown = CONVERSATION | {"recipient": {}, "name": None}
    assert "user:BR.1" in shown(details(unknown))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"window_ends_at": "2020-01-01T00:00:00Z"}, "closed: nothing can be written"),
        ({"paused_until": "2026-11-27T22:00:00Z", "paused_by": "Joana"}, "(Joana)"),
        ({"question": "b" * 32}, "is answering"),
        ({"handoff": None}, "not called"),
    ],
)
def test_where_it_stands_is_said_in_words(fields: dict[str, object], words: str) -> None:
    assert words in shown(details(CONVERSATION | fields))


@pytest.mark.parametrize(
    ("delivery", "message", "words"),
    [
        ("pending", None, "on its way"),
        ("pending", "ambiguous", "nobody knows yet"),
        ("delivered", "accepted", "sent"),
        ("delivered", "delivered", "delivered"),
        ("delivered", "read", "read"),
        ("pending", "failed", "NOT DELIVERED"),
        ("dead", "ambiguous", "NOT DELIVERED"),
        ("dropped", None, "not sent: a person had taken over"),
    ],
)
def test_what_became_of_an_answer_is_said_in_words(
    delivery: str, message: str | None, words: str
) -> None:
    answer = entry(by="assistant", text="Sim.", delivery=delivery, message=message)
    assert f"Sim.  {words}" in shown(transcript_table([answer]))


def test_a_thumb_and_a_template_in_its_place_are_shown() -> None:
    answer = entry(by="assistant", text="Sim.", delivery="delivered", message="read", mark="bad")
    assert "read  thumb down" in shown(transcript_table([answer]))
    instead = shown(transcript_table([answer | {"template": True}]))
    assert "the template was sent instead" in instead
    assert "read" not in instead


def test_a_message_that_never_arrived_cannot_be_overlooked() -> None:
    lines = shown(
        transcript_table(
            [
                entry(),
                entry(by="person", text="Às 9h.", delivery="dead"),
                entry(by="assistant", text="Sim.", delivery="delivered"),
                entry(kind="media", text=""),
            ]
        )
    ).splitlines()
    assert "NOT DELIVERED" in lines[1]
    assert "NOT DELIVERED" not in lines[2]
    assert "[not read" in lines[3]


@pytest.mark.parametrize(
    "text", ["\x1b[2J\x1b]0;owned\x07", "a\rb", "\x9b31m", "abc\u202etxt.exe", "\x00"]
)
def test_a_patient_cannot_steer_the_terminal(text: str) -> None:
    hostile = {"name": text, "recipient": {"phone": text}}
    for table in (
        listing_table([CONVERSATION | hostile]),
        details(CONVERSATION | hostile),
        transcript_table([entry(text=text)]),
    ):
        assert not {*shown(table)} & {*"\x1b\r\x9b\u202e\x00\x07"}
    assert printable("Olá,\n\ttudo bem? 😀 ção") == "Olá,\n\ttudo bem? 😀 ção"


def test_markup_in_a_message_is_text() -> None:
    assert "[red]Oi[/red]" in shown(transcript_table([entry(text="[red]Oi[/red]")]))


def test_a_draft_is_not_called_sent_before_a_person_has_sent_it() -> None:
    laid = entry(by="assistant", delivery="delivered", message="accepted", draft=True)
    assert "in the drafts: a person sends it" in shown(transcript_table([laid]))
    waits = shown(transcript_table([laid | {"delivery": "pending"}]))
    assert "on its way" in waits


def test_who_answered_from_the_mailbox_is_not_said_to_hold_a_phone() -> None:
    silent = {"paused_until": "2026-11-27T22:00:00Z", "paused_by": "phone"}
    assert "(written from the mailbox)" in shown(details(MAILS | silent))
    assert "(phone)" in shown(details(CONVERSATION | silent))
