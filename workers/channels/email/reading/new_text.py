"""What is new in a mail: its text without quotes, closings, signatures and disclaimers. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from workers.channels.email.reading.additions import (
    disclaimer_start,
    warning_end,
    without_additions,
    without_pictures,
)
from workers.channels.email.reading.closings import signature
from workers.channels.email.reading.forms import form_message
from workers.channels.email.reading.mail import Mail
from workers.channels.email.reading.pages import own_text, page_text
from workers.channels.email.reading.quotes import intro_end, is_quoted, quote_start, unquoted
from workers.channels.email.reading.subjects import bare_subject, is_reply, says_more

#: Characters and lines of a text that are looked at.
MOST_CHARACTERS: Final = 20_000
MOST_LINES: Final = 500
#: A page that holds so many times the words of the plain text is the mail; the text is a stub.
_RICHER: Final = 2
_BLANK_LINES: Final = re.compile(r"\n\s*\n\s*")


@dataclass(frozen=True, slots=True)
class NewText:
    """What is new in a mail.

    Attributes:
        text: the new words, after the subject where it says more; empty where there are none.
        quoted: whether it quoted or passed on another mail.
        cut: what was left out: `quote`, `signature`, `disclaimer`, `addition`, `warning`, `form`,
            and `rest` where the mail is longer than what is read.
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
    whole = without_pictures(text[:MOST_CHARACTERS]).split("\n")[:MOST_LINES]
    own = _joined(_own_lines(whole, mail.sender.name if mail.sender else "", cut))
    if not own and not _answers(mail):  # no mail that answers none is a quote as a whole
        own, cut = _joined(whole), {}
    return NewText(_with_subject(mail, own), "quote" in cut, tuple(cut))


def _best_form(mail: Mail) -> tuple[str, tuple[str, ...]]:
    """The plain text, or the page where it is richer or marks what it quotes."""
    if mail.html is None:
        return mail.text, ()
    own = own_text(mail.html)
    if own is not None and own[0].strip():
        return own
    whole = page_text(mail.html)
    is_stub = len(mail.text.split()) * _RICHER < len(whole.split())
    return (whole if is_stub else mail.text), ()


def _own_lines(lines: Sequence[str], name: str, cut: dict[str, None]) -> list[str]:
    """The lines that are new; what was cut is noted."""
    lines = _without_quotes(lines[_noted(warning_end(lines), "warning", cut) :], cut)
    message = form_message(lines)
    if message is not None:
        cut["form"] = None
        lines = message
    added = without_additions(lines)
    _noted(len(lines) - len(added), "addition", cut)
    lines = added
    legal = disclaimer_start(lines)
    if legal is not None:
        cut["disclaimer"] = None
        lines = lines[:legal]
    span = signature(lines, name)
    if span is not None:
        cut["signature"] = None
        lines = [*lines[: span.start], *lines[span.end :]]
    while lines and not lines[-1].strip(" _-=*~\t"):
        lines.pop()
    return lines


def _noted(number: int, what: str, cut: dict[str, None]) -> int:
    if number:
        cut[what] = None
    return number


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


def _joined(lines: Sequence[str]) -> str:
    return _BLANK_LINES.sub("\n\n", "\n".join(line.strip() for line in lines)).strip()


def _answers(mail: Mail) -> bool:
    return bool(mail.in_reply_to) or is_reply(mail.subject)


def _with_subject(mail: Mail, own: str) -> str:
    """The new words, after the subject of a new mail where it says what they do not."""
    subject = bare_subject(mail.subject)
    if _answers(mail) or not says_more(subject, own):
        return own
    return f"{subject}\n{own}".strip()
