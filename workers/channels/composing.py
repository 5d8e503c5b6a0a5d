"""The one message that a patient gets. Pure.

Each message is billed: what is said besides the answer (that a machine answers, where it stands,
when people are back) stands in the same one.
"""

from collections.abc import Iterator
from typing import Final

from workers.answering.language import Language
from workers.answering.templates import Templates
from workers.answering.triage.reasons import Reason
from workers.channels.markup import clean
from workers.channels.notes import Notes, headings_of, language_of
from workers.channels.whatsapp.format import formatted, neutral
from workers.channels.whatsapp.length import shortened, units
from workers.contracts.channel import Channel
from workers.contracts.conversation import Conversation
from workers.contracts.question import Outcome, Way

#: Most UTF-16 units of a message. Meta's limit for a text.
LIMIT: Final = 4096
#: What stands between two parts.
_APART: Final = "\n\n"


class Composer:
    """Composes messages of one set of texts.

    Args:
        templates: what patients are told.
    """

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self._notes = Notes(templates, neutral)

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
        language = language_of(outcome, channel)
        if outcome.way is Way.PERSON:
            text = clean(outcome.text).strip() or self._templates.needs_human(language)
            return shortened(text, LIMIT, "\u2026")
        before = self._notes.disclosure(outcome, conversation, channel, now)
        if before and outcome.reason == Reason.GREETING:
            return shortened(before, LIMIT, "\u2026")
        answer, after = self._answer(outcome, language), [*self._after(outcome, channel, now)]
        around = sum(units(part) + len(_APART) for part in (before, *after) if part)
        room = max(LIMIT - around, LIMIT // 2)  # a clinic's own texts may be long
        answer = shortened(answer, room, self._continues(outcome, language))
        return shortened(_APART.join(filter(None, (before, answer, *after))), LIMIT, "\u2026")

    def _answer(self, outcome: Outcome, language: Language) -> str:
        """Fixed texts are ours, and format as their files say; answers don't."""
        if outcome.way is None:
            text = clean(outcome.text).strip()
        else:
            text = formatted(outcome.text, headings_of(outcome.citations))
        return text or self._templates.needs_human(language)

    def _after(self, outcome: Outcome, channel: Channel, now: float) -> Iterator[str]:
        yield self._notes.sources(outcome, language_of(outcome, channel))
        yield self._notes.out_of_hours(outcome, channel, now)

    def _continues(self, outcome: Outcome, language: Language) -> str:
        if not outcome.citations:
            return "\u2026"
        title = self._notes.title(outcome.citations[0].title)
        return self._templates.note("continues", language, {"title": title})
