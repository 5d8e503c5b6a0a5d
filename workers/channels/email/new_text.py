"""What is new in a mail: its text without quotes, closings, signatures and disclaimers. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from workers.channels.email.mail import Mail
from workers.channels.email.pages import own_text, page_text
from workers.channels.email.quotes import intro_end, is_quoted, quote_start, unquoted
from workers.channels.email.signatures import (
    disclaimer_start,
    is_device_line,
    is_warning,
    signature_start,
)
from workers.channels.email.subjects import bare_subject, is_reply, says_more

#: Characters and lines of a text that are looked at.
MOST_CHARACTERS: Final = 20_000
MOST_LINES: Final = 500
#: A page that holds so many times the words of the plain text is the mail; the text is a stub.
_RICHER: Final = 3
_PICTURE: Final = re.compile(
    r"\[(?:cid:|image:|imagem:|descri[cç][aã]o:|foto:|logo)[^\]\n]{0,300}\]", re.IGNORECASE
)
_BLANK_LINES: Final = re.compile(r"\n\s*\n\s*")


@dataclass(frozen=True, slots=True)
class NewText:
    """What is new in a mail.

    Attributes:
        text: the new words, after the subject where it says more; empty where there are none.
        quoted: whether it quoted or passed on another mail.
        cut: what was left out: `quote`, `signature`, `disclaimer`, `device`, `warning`, `rest`.
    """

    text: str
    quoted: bool = False
    cut: tuple[str, ...] = ()


def new_text(mail: Mail) -> NewText:
    """What a mail says that no earlier one said."""
    text, marked = _best_form(mail)
    cut = dict.fromkeys(marked)
    if len(text) > MOST_CHARACTERS or text.count("\n") >= MOST_LINES:
        cut["rest"] = None
    lines = _PICTURE.sub("", text[:MOST_CHARACTERS]).split("\n")[:MOST_LINES]
    lines = _without_warning(lines, cut)
    lines = _without_quotes(lines, cut)
    lines = _without_end(lines, mail.sender.name if mail.sender else "", cut)
    own = _BLANK_LINES.sub("\n\n", "\n".join(line.strip() for line in lines)).strip()
    return NewText(_with_subject(mail, own), "quote" in cut, tuple(cut))


def _best_form(mail: Mail) -> tuple[str, tuple[str, ...]]:
    """The plain text, or the page where it is richer or marks what it quotes."""
    if mail.html is None:
        return mail.text, ()
    own = own_text(mail.html)
    if own is not None and (own[0].strip() or not mail.text.strip()):
        return own
    whole = page_text(mail.html)
    is_stub = len(mail.text.split()) * _RICHER < len(whole.split())
    return (whole if is_stub else mail.text), ()


def _without_warning(lines: Sequence[str], cut: dict[str, None]) -> list[str]:
    start = next((n for n, line in enumerate(lines) if line.strip()), 0)
    end = next((n for n in range(start, len(lines)) if not lines[n].strip()), len(lines))
    if end < len(lines) and is_warning(" ".join(lines[start:end])):
        cut["warning"] = None
        return list(lines[end:])
    return list(lines)


def _without_quotes(lines: Sequence[str], cut: dict[str, None]) -> list[str]:
    start = quote_start(lines)
    if start is None:
        own = unquoted(lines)
    else:
        head, tail = lines[:start], lines[intro_end(lines, start) :]
        # Quoted lines are marked: what stands unmarked below or between them is an answer.
        own = [*unquoted(head), *(["", *unquoted(tail)] if any(map(is_quoted, tail)) else [])]
    if start is not None or len(own) != len(lines):
        cut["quote"] = None
    return own


def _without_end(lines: Sequence[str], name: str, cut: dict[str, None]) -> list[str]:
    own = [line for line in lines if not is_device_line(line)]
    if len(own) != len(lines):
        cut["device"] = None
    for what, start in (
        ("disclaimer", disclaimer_start(own)),
        ("signature", None),
    ):
        begin = start if what == "disclaimer" else signature_start(own, name)
        if begin is not None:
            own = own[:begin]
            cut[what] = None
    while own and not own[-1].strip(" _-=*~\t"):
        own.pop()
    return own


def _with_subject(mail: Mail, own: str) -> str:
    """The new words, after the subject of a new mail where it says what they do not."""
    subject = bare_subject(mail.subject)
    if is_reply(mail.subject) or mail.in_reply_to or not says_more(subject, own):
        return own
    return f"{subject}\n{own}".strip()
