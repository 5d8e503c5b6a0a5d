"""`atende conversations`: what patients wrote, and a person's answers, through the API."""

import json
import secrets
import sys
from collections.abc import Sequence
from typing import Annotated, Any, Final

from cyclopts import App, Parameter
from cyclopts.validators import Number
from rich.console import Console
from rich.text import Text

from workers.commands.support.conversation_calls import change, client, ids_of, path_of
from workers.commands.support.conversation_tables import (
    details,
    listing_table,
    printable,
    transcript_table,
)
from workers.commands.support.errors import CommandError, exit_on_error
from workers.stack.api import body_of

conversations = App(
    name="conversations", help="Read, claim, answer and close patients' conversations."
)

#: Conversations of one page.
_PAGE: Final = 500
#: Answers that erase: in Portuguese, too.
_YES: Final = frozenset({"y", "yes", "s", "sim"})
_AsJson = Annotated[bool, Parameter(name="--json")]


@conversations.command(name="list")
@exit_on_error("atende conversations list")
def show_all(  # noqa: PLR0913 - the options of one command
    *,
    every: Annotated[bool, Parameter(name="--all")] = False,
    phone: str | None = None,
    user: str | None = None,
    email: str | None = None,
    limit: Annotated[int, Parameter(validator=Number(gte=1))] = 100,
    as_json: _AsJson = False,
) -> None:
    """List the conversations that wait for a person, the longest wait first.

    Args:
        every: all conversations instead, the newest message first.
        phone: instead those of the contact with this number, with its country code: `+5541…`.
        user: instead those of the contact with this user id: `BR.…`.
        email: instead those of the contact with this address, every thread.
        limit: how many are listed at most.
        as_json: print JSON.
    """
    listed: list[dict[str, Any]] = []
    console, more = Console(), True
    with client() as api:
        contact = _contact(phone, user, email)
        parameters: dict[str, Any] = {"needs_human": not (every or contact)}
        parameters |= {"contact": contact} if contact else {}
        while more and len(listed) < limit:
            parameters["limit"] = min(_PAGE, limit - len(listed))
            page = body_of(api.get("/v1/conversations", params=parameters))
            listed += page["conversations"]
            parameters["after"], more = page["next"], page["next"] is not None
    if as_json:
        print(json.dumps({"conversations": listed, "more": more}, indent=2))  # noqa: T201 - for programs, unstyled
        return
    if not listed:
        none = "There is no conversation." if every or contact else "Nobody waits for a person."
        console.print(none)
        return
    console.print(listing_table(listed))
    if more:
        console.print(f"These are {limit}; `--limit` shows more.", style="dim")
    console.print("`atende conversations show ID` shows what was said.", style="dim")


@conversations.command
@exit_on_error("atende conversations show")
def show(conversation: str, /, *, as_json: _AsJson = False) -> None:
    """Show a conversation, and what was said last.

    Args:
        conversation: its id, as `atende conversations list` gives it.
        as_json: print JSON.
    """
    with client() as api:
        record = body_of(api.get(path_of(conversation)))
    if as_json:
        print(json.dumps(record, indent=2))  # noqa: T201 - for programs, unstyled
        return
    console = Console()
    console.print(details(record))
    console.print()
    console.print(transcript_table(record["transcript"]))


@conversations.command
@exit_on_error("atende conversations claim")
def claim(conversation: str, /, *, attendant: str | None = None) -> None:
    """Take a conversation on: the assistant is silent, and no other attendant may.

    Args:
        conversation: its id.
        attendant: your name; the API key's by default.
    """
    record = change(conversation, "claim", {"attendant": attendant})
    _say(f"{record['handoff']['attendant']} has {conversation}.")
    _say(f'Answer with: atende conversations reply {conversation} "…"', "dim")


@conversations.command
@exit_on_error("atende conversations release")
def release(conversation: str, /, *, attendant: str | None = None) -> None:
    """Give a conversation back: another may claim it, and the assistant answers again.

    Args:
        conversation: its id.
        attendant: your name; the API key's by default.
    """
    change(conversation, "release", {"attendant": attendant})
    _say(f"{conversation} is nobody's. It is still listed as one that waits.")


@conversations.command
@exit_on_error("atende conversations reply")
def reply(conversation: str, text: str, /, *, attendant: str | None = None) -> None:
    """Answer the patient on the channel that he wrote on; this claims the conversation.

    Args:
        conversation: its id.
        text: what the patient reads, as it is; at most 4,096 characters.
        attendant: your name; the API key's by default.
    """
    body = {"text": text, "attendant": attendant}
    key = {"Idempotency-Key": secrets.token_hex(16)}
    sent = change(conversation, "reply", body, key)
    _say(f"Accepted as {sent['attendant']}'s answer; it is sent within seconds.")
    _say(f"Whether it arrives: atende conversations show {conversation}", "dim")


@conversations.command
@exit_on_error("atende conversations close")
def close(conversation: str, /, *, attendant: str | None = None) -> None:
    """Say that no person has to see to it any more: the assistant answers again.

    Args:
        conversation: its id.
        attendant: your name; the API key's by default.
    """
    change(conversation, "close", {"attendant": attendant})
    _say(f"{conversation} is closed. The assistant answers what comes next.")


@conversations.command
@exit_on_error("atende conversations pause")
def pause(
    conversation: str,
    /,
    *,
    hours: Annotated[float, Parameter(validator=Number(gt=0))] | None = None,
    attendant: str | None = None,
) -> None:
    """Let the assistant be silent for some hours; an answer that is on its way is dropped.

    Args:
        conversation: its id.
        hours: how long; the channel's `pause_hours` (12) by default.
        attendant: your name; the API key's by default.
    """
    record = change(conversation, "pause", {"hours": hours, "attendant": attendant})
    console = Console()
    console.print(details(record))


@conversations.command
@exit_on_error("atende conversations resume")
def resume(conversation: str, /, *, attendant: str | None = None) -> None:
    """Let the assistant answer again.

    Args:
        conversation: its id.
        attendant: your name; the API key's by default.
    """
    change(conversation, "resume", {"attendant": attendant})
    _say(f"The assistant answers what comes next in {conversation}.")


@conversations.command
@exit_on_error("atende conversations erase")
def erase(
    conversation: str | None = None,
    /,
    *,
    phone: str | None = None,
    user: str | None = None,
    email: str | None = None,
    yes: bool = False,
) -> None:
    """Erase a conversation, or all of a contact's: what was said, its questions and their answers.

    Args:
        conversation: its id.
        phone: the contact's number, with its country code: `+5541…`.
        user: the contact's user id: `BR.…`.
        email: the contact's address; mails in the mailbox itself stay there.
        yes: do not ask first.
    """
    contact = _contact(phone, user, email)
    if (conversation is None) == (contact is None):
        raise CommandError(
            "Nothing was erased. Name what to erase: a conversation's id, or a contact by --phone, "
            "--user or --email."
        )
    with client() as api:
        ids = [conversation] if conversation else ids_of(api, contact or "")
        _ask_before_erasing(ids, yes=yes)
        questions = sum(body_of(api.delete(path_of(each)))["questions"] for each in ids)
    _say(f"Erased {', '.join(ids)} with {questions} questions. Backups may hold them still.")
    _say("Posts kept aside that could not be read are erased 7 days after the last one.", "dim")


def _contact(phone: str | None, user: str | None, email: str | None) -> str | None:
    """The contact that is meant, as the API takes it; None: none is.

    Raises:
        CommandError: it cannot be meant so.
    """
    names = [name for name in (phone, user, email) if name]
    if len(names) > 1:
        raise CommandError("Name the contact once: --phone, --user or --email.")
    if phone and not phone.startswith("+"):
        raise CommandError(
            f"Give the number with its country code: --phone +55… instead of {phone}. Nothing was "
            "changed."
        )
    if email and "@" not in email:
        raise CommandError(
            f"Give the whole address: --email name@domain instead of {email}. Nothing was changed."
        )
    return names[0] if names else None


def _ask_before_erasing(ids: Sequence[str], *, yes: bool) -> None:
    """Ask whether these are to be erased.

    Raises:
        CommandError: they are not.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandError("Nothing was erased: nobody can be asked here. Add --yes.")
    if input(f"Erase {', '.join(ids)} for good? [y/N] ").strip().lower() not in _YES:
        raise CommandError("Nothing was erased.")


def _say(line: str, style: str = "") -> None:
    Console().print(Text(printable(line), style), soft_wrap=True)
