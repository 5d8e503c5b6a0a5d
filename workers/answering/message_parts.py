"""The questions of one message that asks several: what each goes on from. Pure.

"Quanto custa o Holter e pode tomar banho com ele?" are two. Each is searched and answered for
itself; one that says not what it is about goes on from the one before it in the message, as a
follow-up does from the one before it in the conversation.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from ingestion.folding import fold
from ingestion.knowledge.search.evidence import Findings
from ingestion.knowledge.search.inquiry import Inquiry
from ingestion.knowledge.search.phrase import PARTS, without_greetings
from workers.answering.follow_up import asks, follow_up_of, names_a_subject, stands_alone
from workers.answering.letter import Letter, letter_of
from workers.answering.quoting.exams import exams_in
from workers.answering.quoting.features import content
from workers.answering.quoting.kinds import KINDS
from workers.answering.quoting.meant import Meant
from workers.answering.quoting.part import Part
from workers.answering.wording.parts import parts_of
from workers.contracts.conversation import Turn

#: How a fragment begins that asks the same of something else, folded: "e a endoscopia?".
_FRAGMENT: Final = re.compile(
    r"(?:ah |mas )?(?:e|and) (?:o|a|os|as|n[ao]s?|d[aoe]s?|pr[ao]|para|com|sem|the|on|for|with)\b"
)
#: How a statement begins that is no question for its first verb, folded.
_STATES: Final = re.compile(
    r"^(?:eu |me[uo] \w+ |minha \w+ )?(?:(?<=[a-z] )(?:tem|faz|usa|toma|esta) "
    r"|preciso (?!de |que )|vou |vai |quero |queria |gostaria "
    r"|tenho (?!que )|estou |to |fiz |fez |operei |sou |marquei |agendei )"
)
#: How an order begins that goes with a question: "quanto custa a ressonância? me passa os valores".
_ORDER: Final = re.compile(r"me (?:passa|manda|diz|diga|fala|informa|explica)\b")
#: How the rest of a question begins, folded.
_REST: Final = re.compile(r"(?:d[aoe]s?|n[ao]s?|em|com|sem|pr[ao]s?|para|antes|depois|nem|ou)\b")
#: What asks, folded.
_QUESTION: Final = re.compile(
    r"\b(?:quant[ao]s?|quando|onde|qual|quais|quem|o que|o q|oq|como|posso|podem?|precis\w+|tem|ha"
    r"|custa\w*|cobr\w+|aceit\w+|fazem?|fica|demora|dura|dev[eo]|tenho que|vale|da pra|da para"
    r"|how|what|when|where|who|can|may|do (?:i|you|we|they)|does|is|are)\b"
)


@dataclass(frozen=True, slots=True)
class MessagePart:
    """One question of a message.

    Attributes:
        text: as it was asked.
        before: what it may go on from; empty where it names what it is about.
        stands: whether it says by itself what it asks: then it goes on from nothing, but no other
            exam than that of `before` answers it.
        told: what else its letter tells that may change its answer.
    """

    text: str
    before: str = ""
    stands: bool = True
    told: str = ""

    def inquiry(self, tenant: str) -> Inquiry:
        """What is searched for."""
        return Inquiry(tenant, self.text, "" if self.stands else self.before)

    def with_findings(self, findings: Findings) -> Part:
        """The same, as the selector reads it."""
        names_an_exam = bool(exams_in(self.before))
        if not self.before or (self.stands and not names_an_exam):
            return Part(self.text, findings, None, self.told)
        meant = Meant.of(self.text, self.before, asks=asks(self.text)).naming(self.text)
        if self.stands:
            meant = replace(meant, text=self.text)
        return Part(self.text, findings, meant, self.told)


def message_parts(
    question: str, turns: Sequence[Turn] = (), asked_at: float = 0.0
) -> tuple[MessagePart, ...]:
    """The questions of a message; none where it asks but one, or more than are answered.

    Args:
        question: as it was asked.
        turns: of its conversation, oldest first.
        asked_at: when, in Unix seconds.
    """
    if letter := letter_of(question):
        return _of_letter(letter, turns, asked_at)
    texts = _questions(without_greetings(question))
    if not 1 < len(texts) <= PARTS:
        return ()
    texts = [f"{text}?" for text in texts]
    before = _before(texts[0], turns, asked_at)
    if not (before or stands_alone(texts[0])):  # "precisa de jejum e quanto custa a mamografia?"
        before = next((text for text in texts[1:] if names_a_subject(text)), "")
    parts: list[MessagePart] = []
    for text in texts:
        if names_a_subject(text) and stands_alone(text):
            parts.append(MessagePart(text))
            before = text
        else:
            parts.append(MessagePart(text, before, stands_alone(text)))
            before = before or text
    return tuple(parts)


def _of_letter(letter: Letter, turns: Sequence[Turn], asked_at: float) -> tuple[MessagePart, ...]:
    """The questions of a letter; none where it asks more than are answered.

    What its subject names, a question without a subject of its own is about.
    """
    asked = [
        (f"{each.needed} {text}?".strip(), each.told)
        for each in letter.questions
        for text in _questions(each.text)
    ]
    if len(asked) > PARTS:
        return ()
    before = letter.topic or _before(asked[0][0], turns, asked_at)
    parts: list[MessagePart] = []
    for text, told in asked:
        own, about = exams_in(text), exams_in(before)
        is_whole = not about and names_a_subject(text) and stands_alone(text)
        goes_on = not is_whole and bool(letter.topic or about) and not own - about
        if not goes_on and stands_alone(text):
            beside = f"{letter.topic}." if is_whole and letter.topic else ""
            parts.append(MessagePart(text, told=f"{beside} {told}".strip()))
            before = text if own else before
        else:
            parts.append(MessagePart(text, before, not before, told))
            before = before or text
    return tuple(parts)


def _before(question: str, turns: Sequence[Turn], asked_at: float) -> str:
    """What a message's first question goes on from, of its conversation."""
    follow_up = follow_up_of(question, turns, asked_at)
    return follow_up.before if follow_up else ""


def _questions(message: str) -> list[str]:
    """The parts of a message that ask; a remark stays with the one before it."""
    texts: list[str] = []
    asking = end = 0
    for part in parts_of(message):
        end = message.find(part, end) + len(part)
        is_marked = message[end:].lstrip(" ,.;!-").startswith("?")
        is_question = _asks(part, is_marked=is_marked) or bool(
            asking and _FRAGMENT.match(fold(part))
        )
        if texts and not (is_question and asking):
            texts[-1] = f"{texts[-1]}, {part}"
        else:
            texts.append(part)
        asking += is_question
    return texts


def _asks(part: str, *, is_marked: bool) -> bool:
    plain = _STATES.sub("", fold(part))
    if _ORDER.match(plain) and not is_marked:
        return False
    patterns = (_QUESTION, *(kind.asks for kind in KINDS))
    is_marked = is_marked and _REST.match(plain) is None
    return bool(content(part)) and (is_marked or any(pattern.search(plain) for pattern in patterns))
