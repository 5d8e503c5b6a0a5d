"""The one message that a patient gets. Pure.

Each message is billed: what is said besides the answer (that a machine answers, where it stands,
when people are back) stands in the same one.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from workers.answering.language import Language
from workers.answering.templates import Note, Templates
from workers.answering.triage.reasons import Reason
from workers.channels.opening import opening_words
from workers.channels.whatsapp.format import clean, formatted, neutral
from workers.channels.whatsapp.length import shortened, units
from workers.contracts.channel import Channel
from workers.contracts.conversation import Conversation
from workers.contracts.question import Citation, Outcome, Status, Way

#: Most UTF-16 units of a message. Meta's limit for a text.
LIMIT: Final = 4096
#: Days after which a contact is told again that a machine answers.
DISCLOSED_DAYS: Final = 180
#: Longest title in the line of sources, and most documents in it.
_TITLE: Final = 80
_SOURCES: Final = 2
#: Outcomes that a person has to see to.
_FOR_A_PERSON: Final = frozenset({Status.NEEDS_HUMAN, Status.FAILED, Status.EXPIRED})
#: No disclosure with these: an emergency has no time for it, who leaves needs none, and who asked
#: for a person is not answered by a machine.
_UNDISCLOSED: Final = frozenset({Reason.EMERGENCY, Reason.OPT_OUT, Reason.PERSON_ASKED})
_DAY: Final = 24 * 60 * 60
#: What stands between two parts.
_APART: Final = "\n\n"


class Composer:
    """Composes messages of one set of texts.

    Args:
        templates: what patients are told.
    """

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    def compose(
        self, outcome: Outcome, conversation: Conversation, channel: Channel, now: float
    ) -> str:
        """The message: disclosure where it is due, the answer, its source, when people are back.

        It has at most `LIMIT` UTF-16 units, and is never empty.

        Args:
            outcome: what came of the question, or what a person wrote.
            conversation: with whom.
            channel: with the clinic's name and hours.
            now: Unix seconds.
        """
        language = _language(outcome, channel)
        if outcome.way is Way.PERSON:
            text = clean(outcome.text).strip() or self._templates.needs_human(language)
            return shortened(text, LIMIT, "\u2026")
        before = self._disclosure(outcome, conversation, channel, now)
        if before and outcome.reason == Reason.GREETING:
            return shortened(before, LIMIT, "\u2026")
        answer, after = self._answer(outcome, language), [*self._after(outcome, channel, now)]
        around = sum(units(part) + len(_APART) for part in (before, *after) if part)
        room = max(LIMIT - around, LIMIT // 2)  # a clinic's own texts may be long
        answer = shortened(answer, room, self._continues(outcome, language))
        return shortened(_APART.join(filter(None, (before, answer, *after))), LIMIT, "\u2026")

    def _disclosure(
        self, outcome: Outcome, conversation: Conversation, channel: Channel, now: float
    ) -> str:
        if not disclosure_due(outcome, conversation, now):
            return ""
        name: Note = "first_greeting" if outcome.reason == Reason.GREETING else "disclosure"
        values = {"clinic": neutral(channel.clinic), "privacy_url": channel.privacy_url}
        return self._templates.note(name, _language(outcome, channel), values)

    def _answer(self, outcome: Outcome, language: Language) -> str:
        """Fixed texts are ours, and format as their files say; answers don't."""
        if outcome.way is None:
            text = clean(outcome.text).strip()
        else:
            text = formatted(outcome.text, _headings(outcome.citations))
        return text or self._templates.needs_human(language)

    def _after(self, outcome: Outcome, channel: Channel, now: float) -> Iterator[str]:
        language = _language(outcome, channel)
        if sources := _sources(outcome):
            yield self._templates.note("sources", language, {"sources": sources})
        if outcome.status in _FOR_A_PERSON and (opening := opening_words(channel, now, language)):
            yield self._templates.note("out_of_hours", language, {"opening": opening})

    def _continues(self, outcome: Outcome, language: Language) -> str:
        if not outcome.citations:
            return "\u2026"
        title = _short(outcome.citations[0].title)
        return self._templates.note("continues", language, {"title": title})


def disclosure_due(outcome: Outcome, conversation: Conversation, now: float) -> bool:
    """Whether this message has to say that a machine answers: once a contact and period.

    Who sends it notes that it did (`ConversationStore.disclosed`).
    """
    if outcome.way is Way.PERSON or outcome.reason in _UNDISCLOSED:
        return False
    disclosed_at = conversation.disclosed_at
    return disclosed_at is None or now - disclosed_at > DISCLOSED_DAYS * _DAY


def _language(outcome: Outcome, channel: Channel) -> Language:
    return "en" if (outcome.language or channel.language) == "en" else "pt"


def _headings(citations: tuple[Citation, ...]) -> set[str]:
    """What a quote's headings may look like: title and headings, or some of them."""
    headings: set[str] = set()
    for citation in citations:
        parts = [citation.title, *(citation.heading or "").split(" > ")]
        headings |= {" \u2013 ".join(filter(None, parts[first:])) for first in range(len(parts))}
        headings.add(citation.title)
    return headings - {""}


def _sources(outcome: Outcome) -> list[str]:
    """Title and place of each document, but for what the answer itself says."""
    by_title: dict[str, list[Citation]] = {}
    for citation in outcome.citations:
        by_title.setdefault(citation.title, []).append(citation)
    places = {title: _place(citations) for title, citations in by_title.items()}
    sources = [
        ", ".join(filter(None, (_short(title), place)))
        for title, place in places.items()
        if title not in outcome.text or place not in outcome.text
    ]
    return sources[:_SOURCES]


def _place(citations: Sequence[Citation]) -> str:
    """The pages, else the heading where it is one, else nothing."""
    pages = sorted({citation.page for citation in citations if citation.page})
    if pages:
        return "p. " + "-".join(map(str, dict.fromkeys((pages[0], pages[-1]))))
    headings = {citation.heading for citation in citations}
    return _short((headings.pop() or "").split(" > ")[-1]) if len(headings) == 1 else ""


def _short(title: str) -> str:
    """A title in which nothing formats, its end left out where it is long."""
    text = neutral(title)
    return text if len(text) <= _TITLE else f"{text[:_TITLE].rsplit(' ', 1)[0]}\u2026"
