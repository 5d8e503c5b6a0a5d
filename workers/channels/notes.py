"""What stands around an answer on every channel: who answers, its sources, when people are back.

Pure.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from workers.answering.language import Language
from workers.answering.templates import Note, Templates
from workers.answering.triage.reasons import Reason
from workers.channels.opening import opening_words
from workers.contracts.channel import Channel
from workers.contracts.conversation import Conversation
from workers.contracts.question import Citation, Outcome, Status, Way

#: Days after which a contact is told again that a machine answers.
DISCLOSED_DAYS: Final = 180
#: Outcomes that a person has to see to.
FOR_A_PERSON: Final = frozenset({Status.NEEDS_HUMAN, Status.FAILED, Status.EXPIRED})
#: No disclosure with these: an emergency has no time for it, who leaves needs none, and what a
#: person answers no machine does.
_UNDISCLOSED: Final = frozenset(
    {Reason.EMERGENCY, Reason.OPT_OUT, Reason.PERSON_ASKED, Reason.ATTACHMENT}
)
#: Longest title in the line of sources, and most documents in it.
_TITLE: Final = 80
_SOURCES: Final = 2
_DAY: Final = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Notes:
    """The notes of one set of texts.

    Attributes:
        templates: what patients are told.
        in_line: a title or a name as the channel shows it in a line.
    """

    templates: Templates
    in_line: Callable[[str], str]

    def disclosure(
        self, outcome: Outcome, conversation: Conversation, channel: Channel, now: float
    ) -> str:
        """That a machine answers, where it is due; else nothing. `now` in Unix seconds."""
        if not disclosure_due(outcome, conversation, now):
            return ""
        name: Note = "first_greeting" if outcome.reason == Reason.GREETING else "disclosure"
        values = {"clinic": self.in_line(channel.clinic), "privacy_url": channel.privacy_url}
        return self.templates.note(name, language_of(outcome, channel), values)

    def sources(self, outcome: Outcome, language: Language) -> str:
        """Where an answer stands; nothing where it says so itself."""
        sources = self._sources(outcome)
        return self.templates.note("sources", language, {"sources": sources}) if sources else ""

    def out_of_hours(self, outcome: Outcome, channel: Channel, now: float) -> str:
        """When people are back, where a person is waited for and none is there now."""
        if outcome.status not in FOR_A_PERSON:
            return ""
        language = language_of(outcome, channel)
        opening = opening_words(channel, now, language)
        if opening is None:
            return ""
        return self.templates.note("out_of_hours", language, {"opening": opening})

    def title(self, title: str) -> str:
        """A title in which nothing formats, its end left out where it is long."""
        text = self.in_line(title)
        return text if len(text) <= _TITLE else f"{text[:_TITLE].rsplit(' ', 1)[0]}\u2026"

    def _sources(self, outcome: Outcome) -> list[str]:
        """Title and place of each document, but for what the answer itself says."""
        by_title: dict[str, list[Citation]] = {}
        for citation in outcome.citations:
            by_title.setdefault(citation.title, []).append(citation)
        places = {title: self._place(citations) for title, citations in by_title.items()}
        sources = [
            ", ".join(filter(None, (self.title(title), place)))
            for title, place in places.items()
            if title not in outcome.text or place not in outcome.text
        ]
        return sources[:_SOURCES]

    def _place(self, citations: Sequence[Citation]) -> str:
        """The pages, else the heading where it is one, else nothing."""
        pages = sorted({citation.page for citation in citations if citation.page})
        if pages:
            return "p. " + "-".join(map(str, dict.fromkeys((pages[0], pages[-1]))))
        headings = {citation.heading for citation in citations}
        return self.title((headings.pop() or "").split(" > ")[-1]) if len(headings) == 1 else ""


def disclosure_due(outcome: Outcome, conversation: Conversation, now: float) -> bool:
    """Whether this message has to say that a machine answers: once a contact and period.

    Who sends it notes that it did (`ConversationStore.disclosed`).
    """
    if outcome.way is Way.PERSON or outcome.reason in _UNDISCLOSED:
        return False
    disclosed_at = conversation.disclosed_at
    return disclosed_at is None or now - disclosed_at > DISCLOSED_DAYS * _DAY


def language_of(outcome: Outcome, channel: Channel) -> Language:
    """The language that an outcome is told in."""
    return "en" if (outcome.language or channel.language) == "en" else "pt"


def headings_of(citations: tuple[Citation, ...]) -> set[str]:
    """What a quote's headings may look like: title and headings, or some of them."""
    headings: set[str] = set()
    for citation in citations:
        parts = [citation.title, *(citation.heading or "").split(" > ")]
        headings |= {" \u2013 ".join(filter(None, parts[first:])) for first in range(len(parts))}
        headings.add(citation.title)
    return headings - {""}
