"""Conversations for the eyes of an attendant. What patients wrote cannot steer his terminal."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from workers.contracts.echoes import PHONE

#: What a terminal would obey, and what makes text read in another order than it is written.
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SPEAKERS: Final = {"patient": "bold", "assistant": "cyan", "person": "green"}
#: What is said of an answer by its delivery, where its message says no more, and by its message.
_DELIVERIES: Final = {
    "pending": ("on its way", "yellow"),
    "delivered": ("sent", "dim"),
    "dropped": ("not sent: a person had taken over", "yellow"),
    "dead": ("NOT DELIVERED", "bold red"),
}
_MESSAGES: Final = {
    "ambiguous": ("nobody knows yet whether it arrived", "yellow"),
    "delivered": ("delivered", "dim"),
    "read": ("read", "dim"),
    "failed": ("NOT DELIVERED", "bold red"),
}
_MARKS: Final = {"good": "thumb up", "bad": "thumb down"}
_KINDS: Final = {"media": "[not read: picture, voice or file] ", "edit": "[changed later to] "}

#: A conversation or an entry, as the API gives it.
Json = Mapping[str, Any]


def printable(text: str) -> str:
    """A foreign text without what a terminal would obey."""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def listing_table(conversations: Sequence[Json]) -> Table:
    """One row a conversation."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("conversation", no_wrap=True)
    table.add_column("last message", no_wrap=True)
    table.add_column("channel", overflow="fold")
    table.add_column("patient", overflow="fold")
    table.add_column("waits for a person", overflow="fold", ratio=1)
    for each in conversations:
        table.add_row(
            Text(each["id"]),
            Text(_time(each["last_message_at"])),
            Text(each["channel"]),
            _patient(each),
            _handoff(each),
        )
    return table


def details(conversation: Json) -> Table:
    """What is known of one conversation."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    rows = {
        "patient": _contact(conversation),
        "subject": printable(_subject(conversation)),
        "channel": f"{conversation['channel']} ({conversation['kind']})",
        "last message": _time(conversation["last_message_at"]),
        "window": _window(conversation),
        "person": _handoff(conversation) or "not called",
        "assistant": _assistant(conversation),
        "opted out": _time(conversation["opted_out_at"]),
    }
    for name, value in rows.items():
        if value:
            table.add_row(name, value if isinstance(value, Text) else Text(value))
    return table


def transcript_table(entries: Sequence[Json]) -> Table:
    """What was said, oldest first."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", ratio=1)
    for entry in entries:
        text = Text(_KINDS.get(entry["kind"], "") + printable(entry["text"]))
        state, style = _fate(entry)
        if state:
            text.append(f"  {state}", style)
        if entry["mark"]:
            text.append(f"  {_MARKS[entry['mark']]}", "bold")
        table.add_row(_time(entry["at"]), Text(entry["by"], _SPEAKERS[entry["by"]]), text)
    return table


def _fate(entry: Json) -> tuple[str, str]:
    """What became of an answer, and its style; empty for what the patient wrote."""
    delivery = entry["delivery"] or ""
    if entry["template"] and delivery != "dead":
        return "the template was sent instead", "yellow"
    by_delivery = _DELIVERIES.get(delivery, ("", ""))
    if delivery in {"dead", "dropped"}:
        return by_delivery
    if entry.get("draft") and delivery == "delivered":
        return "in the drafts: a person sends it", "yellow"
    return _MESSAGES.get(entry["message"] or "", by_delivery)


def _contact(conversation: Json) -> str:
    recipient = conversation["recipient"]
    names = (recipient.get(name) for name in ("phone", "user_id", "email"))
    name = next(filter(None, names), conversation["contact"])
    return printable(", ".join(filter(None, [conversation["name"], name])))


def _patient(conversation: Json) -> Text:
    """Who writes, and below it what about, where the channel says so."""
    text, subject = Text(_contact(conversation)), _subject(conversation)
    return text.append(f"\n{printable(subject)}", "dim") if subject else text


def _subject(conversation: Json) -> str:
    """In one line."""
    return " ".join((conversation["recipient"].get("subject") or "").split())


def _handoff(conversation: Json) -> Text:
    handoff = conversation["handoff"]
    if handoff is None:
        return Text("")
    style = "bold red" if handoff["reason"] == "emergency" else "yellow"
    text = Text(f"{handoff['reason']} since {_time(handoff['since'])}", style)
    attendant = handoff["attendant"]
    return text.append(f", {printable(attendant)} has it" if attendant else "", "green")


def _window(conversation: Json) -> str:
    ends_at = conversation["window_ends_at"]
    if ends_at is None:
        return ""
    closed = datetime.fromisoformat(ends_at) <= datetime.now().astimezone()
    return "closed: nothing can be written" if closed else f"you may write until {_time(ends_at)}"


def _assistant(conversation: Json) -> str:
    if conversation["paused_until"]:
        by = printable(conversation["paused_by"] or "")
        if by == PHONE and conversation["kind"] == "email":
            by = "written from the mailbox"
        return f"silent until {_time(conversation['paused_until'])} ({by})"
    return "is answering" if conversation["question"] else "answers"


def _time(moment: str | None) -> str:
    """A moment of the API in the attendant's own time; empty for none."""
    if moment is None:
        return ""
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")
