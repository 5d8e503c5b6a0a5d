"""What a patient reads in a mail, as plain text and as HTML, made of the same parts. Pure.

A mail stands alone: it says who answers, where that stands, how to reach a person, and what was
asked. Its HTML fetches nothing and counts nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from workers.answering.language import Language
from workers.answering.templates import Templates
from workers.answering.triage.reasons import Reason
from workers.channels.email.sending.blocks import blocks, plain, starred
from workers.channels.email.sending.outgoing import Outgoing
from workers.channels.email.sending.quoting import Quote, quote, writer
from workers.channels.markup import clean, in_line, marked_lines
from workers.channels.notes import Notes, headings_of

_FOLDER: Final = Path(__file__).parent
_TEMPLATE: Final = "letter.html.j2"
#: What stands between two parts.
_APART: Final = "\n\n"
_LANGUAGES: Final = {"pt": "pt-BR", "en": "en"}


@dataclass(frozen=True, slots=True)
class _Words:
    """What a person of the clinic is told of a mail."""

    waits: str
    sender: str
    subject: str
    how: str


_WORDS: Final[dict[Language, _Words]] = {
    "pt": _Words(
        "Esta mensagem espera por uma pessoa.",
        "De",
        "Assunto",
        "Responda a este e-mail para escrever ao paciente.",
    ),
    "en": _Words(
        "This message waits for a person.",
        "From",
        "Subject",
        "Answer this e-mail to write to the patient.",
    ),
}


@dataclass(frozen=True, slots=True)
class Body:
    """A letter's text in both forms, and its language as headers name it."""

    plain: str
    html: str
    language: str


@cache
def _html_template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template(_TEMPLATE)


def notice(lines: Sequence[str], subject: str, language: Language = "pt") -> Body:
    """What is told to the clinic's own people, in lines of plain text; items begin with `- `."""
    html = _html_template().render(
        before=[],
        main=blocks(lines, linked=False),
        after=[],
        footer=[],
        quote=None,
        language=_LANGUAGES[language],
        subject=subject,
    )
    return Body(plain(lines) + "\n", html + "\n", _LANGUAGES[language])


class EmailComposer:
    """Composes letters of one set of texts. Safe for threads.

    Args:
        templates: what patients are told.
    """

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self._notes = Notes(templates, in_line)
        self._html = _html_template()

    def compose(self, outgoing: Outgoing, asked: str, now: float) -> Body:
        """The letter: disclosure where it is due, the answer, its source, when people are back.

        Args:
            outgoing: what came of the question, or what a person wrote.
            asked: what the patient wrote, which is quoted in part; empty: nothing is.
            now: Unix seconds.
        """
        before, main, after, footer = self._parts(outgoing, now)
        quoted = self._quote(outgoing, asked)
        parts = [plain(lines) for lines in (before, main, after)]
        parts.append(plain(footer))
        parts += [quoted.plain] if quoted else []
        html = self._html.render(
            before=blocks(before),
            main=blocks(main),
            after=blocks(after),
            footer=blocks(footer),
            quote=quoted,
            language=_LANGUAGES[outgoing.language],
            subject=outgoing.subject,
        )
        text = _APART.join(filter(None, parts)) + "\n"
        return Body(text, html + "\n", _LANGUAGES[outgoing.language])

    def forward(self, outgoing: Outgoing, asked: str) -> Body:
        """What a person of the clinic reads of a mail that he has to see to.

        Args:
            outgoing: what came of it.
            asked: what the patient wrote.
        """
        channel, conversation = outgoing.channel, outgoing.conversation
        words = _WORDS["en" if channel.language == "en" else "pt"]
        name = in_line(conversation.name or "")
        facts = [
            words.waits,
            "",
            f"{words.sender}: {name} <{outgoing.receiver}>" if name else outgoing.receiver,
            f"{words.subject}: {in_line(conversation.recipient.get('subject', ''))}",
        ]
        lines = clean(asked).strip().split("\n")
        html = self._html.render(
            before=blocks(facts, linked=False),
            main=blocks(lines, linked=False),
            after=[],
            footer=blocks([words.how]),
            quote=None,
            language=_LANGUAGES[channel.language],
            subject=outgoing.forwarded_subject,
        )
        text = _APART.join((plain(facts), plain(lines), words.how)) + "\n"
        return Body(text, html + "\n", _LANGUAGES[channel.language])

    def _parts(self, outgoing: Outgoing, now: float) -> tuple[list[str], ...]:
        """Marked lines: what stands before the answer, it, what is after it, and the end."""
        outcome, channel, language = outgoing.outcome, outgoing.channel, outgoing.language
        answer = self._answer(outgoing)
        sources = starred(self._notes.sources(outcome, language))
        if outgoing.by_person:
            return [], answer, [], []
        if outgoing.is_drafted:  # whoever sends it is a person
            return [], answer, sources, []
        before = self._notes.disclosure(outcome, outgoing.conversation, channel, now)
        if before and outcome.reason == Reason.GREETING:
            return [], starred(before), [], self._footer(outgoing, tells_how=False)
        hours = self._notes.out_of_hours(outcome, channel, now)
        after = [*sources, "", *starred(hours)]
        footer = self._footer(outgoing, tells_how=not (before or outgoing.for_a_person))
        return starred(before), answer, after, footer

    def _answer(self, outgoing: Outgoing) -> list[str]:
        """Fixed texts are ours, and format as their files say; a person's words as they stand."""
        outcome = outgoing.outcome
        text = clean(outcome.text).strip()
        if not text:
            return starred(self._templates.needs_human(outgoing.language))
        if outgoing.by_person:
            return text.split("\n")
        if outcome.way is None:
            return starred(text)
        return marked_lines(text, headings_of(outcome.citations))

    def _footer(self, outgoing: Outgoing, *, tells_how: bool) -> list[str]:
        values = {"clinic": in_line(outgoing.channel.clinic), "answered": tells_how}
        return starred(self._templates.note("email_footer", outgoing.language, values))

    @staticmethod
    def _quote(outgoing: Outgoing, asked: str) -> Quote | None:
        conversation, zone = outgoing.conversation, ZoneInfo(outgoing.channel.time_zone)
        at = (
            conversation.last_message_at
            if outgoing.answers_last
            else outgoing.question.request.asked_at
        )
        who = writer(outgoing.receiver, conversation.name, at, zone)
        return quote(asked, who, outgoing.language)
