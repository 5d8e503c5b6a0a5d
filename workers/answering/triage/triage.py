"""Which messages get a fixed text at once, before sharing, search and model."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from workers.answering.language import Language
from workers.answering.templates import LANGUAGES, Message
from workers.answering.triage.emergency import emergency_of
from workers.answering.triage.lists import PhraseList, WholeList, read_groups
from workers.answering.triage.message import END, Words, plain
from workers.answering.triage.reasons import SETTLED, Reason
from workers.contracts.question import Status

#: Kinds of an emergency that have texts of their own: another number comes first.
_TEXTS: Final[dict[str, Message]] = {
    "suicide": "emergency_suicide",
    "poisoning": "emergency_poisoning",
    "violence": "emergency_violence",
}
_MESSAGES: Final[dict[Reason, Message]] = {
    Reason.PERSON_ASKED: "person_asked",
    Reason.PERSONAL_HEALTH: "personal_health",
    Reason.GREETING: "greeting",
    Reason.THANKS: "thanks",
    Reason.ACKNOWLEDGED: "acknowledged",
}
#: Of a courtesy with several parts: what it is taken for, the first that it holds.
_RANKS: Final = (Reason.PERSON_ASKED, Reason.THANKS)
#: What may break a sentence without ending it: an e-mail's lines, a pause. No sign of an emergency
#: is missed for it.
_BROKEN: Final = re.compile(r"\n|\.{2,}|\u2026")
#: Keys that reach a person in other clinics' menus, as the lists have one of them.
_KEYS: Final = {"#": "0", "*": "0"}
#: Phrases that say nothing by themselves.
_AROUND: Final = "around"


@dataclass(frozen=True, slots=True)
class FixedReply:
    """What a message gets without being asked.

    Attributes:
        reason: of the outcome.
        message: the text's name among the templates.
        language: of the words by which it was recognised.
        kind: of an emergency; else empty.
    """

    reason: Reason
    message: Message
    language: Language
    kind: str = ""

    @property
    def status(self) -> Status:
        """Whether the text is all that is owed, or a person has to see to it."""
        return Status.ANSWERED if self.reason in SETTLED else Status.NEEDS_HUMAN


class Triage:
    """Reads messages by the word lists of all languages."""

    def __init__(self) -> None:
        groups = read_groups(f"{language}/groups.txt" for language in LANGUAGES)

        def lists(name: str) -> dict[Language, PhraseList]:
            return {each: PhraseList([f"{each}/{name}.txt"], groups) for each in LANGUAGES}

        self._signs, self._handover = lists("emergency"), lists("handover")
        self._context = PhraseList((f"{each}/context.txt" for each in LANGUAGES), groups)
        self._courtesies = {each: WholeList([f"{each}/courtesies.txt"]) for each in LANGUAGES}
        self._mixed = WholeList(f"{each}/courtesies.txt" for each in reversed(LANGUAGES))
        words = [each.words for each in (*self._signs.values(), *self._handover.values())]
        self._words = Words({*self._context.words, *self._mixed.words}.union(*words))

    def of(self, message: str, default: Language) -> FixedReply | None:
        """What a message gets at once; None where it is a question to be answered.

        Args:
            message: as the patient wrote it.
            default: the language of a courtesy that is one in any language ("ok", a thumb up).
        """
        words, text = self._read(message)
        _, unbroken = self._read(_BROKEN.sub(" ", message))
        return (
            self._emergency(text)
            or self._emergency(unbroken)
            or self._courtesy(words, default, asks=message.rstrip().endswith("?"))
            or self._for_a_person(text)
        )

    def _read(self, message: str) -> tuple[list[str], str]:
        """The words as the lists have them, and joined."""
        message = _KEYS.get(message.strip(), message)
        words = [self._words.meant(word) for word in plain(message)]
        return words, f" {END} {' '.join(words)} "

    def _emergency(self, text: str) -> FixedReply | None:
        for language, signs in self._signs.items():
            if kind := emergency_of(text, signs, self._context):
                message = _TEXTS.get(kind, "emergency")
                return FixedReply(Reason.EMERGENCY, message, language, kind)
        return None

    def _courtesy(
        self, words: Sequence[str], default: Language, *, asks: bool
    ) -> FixedReply | None:
        sections = self._mixed.sections(words)
        reason = _courtesy_of(sections) if sections else None
        if reason is None or (asks and reason == Reason.ACKNOWLEDGED):
            return None
        own = [each for each, phrases in self._courtesies.items() if phrases.sections(words)]
        language = default if default in own or not own else own[0]
        return FixedReply(reason, _MESSAGES[reason], language)

    def _for_a_person(self, text: str) -> FixedReply | None:
        for language, phrases in self._handover.items():
            matches = list(phrases.matches(text))
            for reason in (Reason.PERSON_ASKED, Reason.PERSONAL_HEALTH):
                own = [each for each in matches if each.section == reason]
                stopped = any(each.section == f"not {reason}" for each in matches)
                if any(each.marks or not stopped for each in own):
                    return FixedReply(reason, _MESSAGES[reason], language)
        return None


def _courtesy_of(sections: Sequence[str]) -> Reason | None:
    """What a message is that consists of courtesies; None where none of them says anything."""
    reasons = [Reason(section) for section in sections if section != _AROUND]
    return next((rank for rank in _RANKS if rank in reasons), next(iter(reasons), None))


@cache
def load_triage() -> Triage:
    """The one of this process; the first call loads the dictionaries, in a second or two."""
    return Triage()
