"""Which letters of a patient's and the clinic's belong together. Pure.

By the ids that a letter names; else by Gmail's thread; else by its subject, which 92 of 100 replies
have nothing else than (frappe/helpdesk#3638). What is taken for the clinic's answer may become
knowledge, so a doubtful one is none.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from workers.channels.backfill.sources.mails.index import Letter
from workers.contracts.backfill import MOST_TURNS

_DAY: Final = 24 * 3600.0
#: Days within which an answer comes that names no id of its question.
_PATIENCE_DAYS: Final = 14
#: Days within which a letter goes on from one whose id it does not name.
_MEMORY_DAYS: Final = 60
#: Answers that are tried where the first say nothing of their own.
_MOST_ANSWERS: Final = 3


@dataclass(frozen=True, slots=True)
class Correspondence:
    """The letters from and to one patient, oldest first.

    Attributes:
        letters: all of them.
        own: hashes of the clinic's addresses.
    """

    letters: Sequence[Letter]
    own: Collection[int]

    def answers_to(self, question: Letter) -> list[Letter]:
        """The clinic's letters that answer one of the patient's, the surest first."""
        letters = [
            each
            for each in self.letters
            if self._is_own(each) and not each.robot and each.number != question.number
        ]
        answers = [each for each in letters if question.id and question.id in each.parents]
        answers += [
            each
            for each in letters
            if each not in answers and self._follows(question, each) and _belongs(question, each)
        ]
        return answers[:_MOST_ANSWERS]

    def turns_before(self, question: Letter) -> list[tuple[Letter, Letter]]:
        """The patient's letters before one, each with the clinic's answer; the last ones.

        What a program of the clinic's wrote counts where the patient answers it: it may be an
        answer of Atende's.
        """
        turns: list[tuple[Letter, Letter]] = []
        for answer in filter(self._is_own, self.letters):
            if not _goes_on(question, answer):
                continue
            asked = self._asked(answer, question)
            if asked is not None:
                turns.append((asked, answer))
        return turns[-MOST_TURNS:]

    def _is_own(self, letter: Letter) -> bool:
        """Whether the clinic wrote it to the patient."""
        return letter.received and (letter.sent or letter.sender in self.own)

    def _follows(self, question: Letter, answer: Letter) -> bool:
        """Whether an answer comes soon, with no other letter of the patient's between them.

        One that answers another letter by name answers that one; the ids of its thread alone say
        no more than its place.
        """
        if not 0 <= answer.at - question.at <= _PATIENCE_DAYS * _DAY:
            return False
        if any(each.id in answer.parents for each in self.letters if each.id):
            return False
        return not any(
            question.at < each.at < answer.at and _belongs(question, each)
            for each in self.letters
            if not self._is_own(each)
        )

    def _asked(self, answer: Letter, question: Letter) -> Letter | None:
        """What an answer answered."""
        others = [
            each
            for each in self.letters
            if not self._is_own(each) and each.number != question.number and each.at <= answer.at
        ]
        by_name = [each for each in others if each.id and each.id in answer.parents]
        near = [each for each in others if _belongs(each, answer)]
        return next(reversed(by_name or near), None)


def _belongs(one: Letter, other: Letter) -> bool:
    """Whether two letters are of one thread, by whatever says so."""
    return (
        (bool(one.id) and one.id in other.named)
        or (bool(other.id) and other.id in one.named)
        or (bool(one.thread) and one.thread == other.thread)
        or (bool(one.subject) and one.subject == other.subject and (one.answers or other.answers))
    )


def _goes_on(question: Letter, answer: Letter) -> bool:
    """Whether a question may go on from an answer of the clinic's."""
    if answer.robot:
        return bool(answer.id) and answer.id in question.parents
    if answer.id and answer.id in question.named:
        return True
    if not 0 < question.at - answer.at <= _MEMORY_DAYS * _DAY:
        return False
    by_thread = bool(question.thread) and question.thread == answer.thread
    by_subject = question.answers and bool(question.subject) and question.subject == answer.subject
    return by_thread or by_subject
