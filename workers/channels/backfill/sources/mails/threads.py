"""What stands around an old question: the turns before it, and what the clinic answered then."""

from collections import OrderedDict
from collections.abc import Collection
from typing import Final

from workers.channels.backfill.sources.mails.correspondence import Correspondence
from workers.channels.backfill.sources.mails.held_mail import Box
from workers.channels.backfill.sources.mails.index import Letter, MailIndex, hashed
from workers.channels.email.reading.mail import read_mail
from workers.channels.email.reading.new_text import new_text
from workers.contracts.backfill import cut
from workers.contracts.conversation import Turn

#: Characters of the clinic's answer, and of an earlier question, that are kept.
_LONGEST_ANSWER: Final = 4_000
_LONGEST_QUESTION: Final = 2_000
#: Letters whose words are remembered: those of a thread are asked for again and again.
_REMEMBERED: Final = 64


class Threads:
    """Finds the letters around a question, and reads them once more.

    Args:
        box: in which they lie.
        index: what is known of them.
        own: the clinic's addresses.
    """

    def __init__(self, box: Box, index: MailIndex, own: Collection[str]) -> None:
        self._box = box
        self._index = index
        self._own = frozenset(map(hashed, own))
        self._words: OrderedDict[str, str] = OrderedDict()

    def around(self, question: Letter, addresses: Collection[str]) -> tuple[tuple[Turn, ...], str]:
        """The turns before a question, and what the clinic answered; empty where it did not.

        Args:
            question: as it is indexed, but for its number.
            addresses: of who asked; never the clinic's.
        """
        letters = self._index.letters(addresses, question.at)
        known = next((each for each in letters if each.ref == question.ref), question)
        correspondence = Correspondence(letters, self._own)
        turns = [
            Turn(
                question=cut(asked, _LONGEST_QUESTION),
                answer=cut(answer, _LONGEST_ANSWER),
                at=letter.at,
                by="assistant" if letter.robot else "person",
            )
            for earlier, letter in correspondence.turns_before(known)
            if (asked := self._read(earlier)) and (answer := self._read(letter))
        ]
        answers = map(self._read, correspondence.answers_to(known))
        return tuple(turns), cut(next(filter(None, answers), ""), _LONGEST_ANSWER)

    def _read(self, letter: Letter) -> str:
        """A letter's new words; empty where it is there no more, or another one is."""
        if letter.ref not in self._words:
            mail = read_mail(self._box.fetch(letter.ref) or b"")
            is_same = hashed(mail.message_id) == letter.id
            self._words[letter.ref] = new_text(mail).text.strip() if is_same else ""
            if len(self._words) > _REMEMBERED:
                self._words.popitem(last=False)
        self._words.move_to_end(letter.ref)
        return self._words[letter.ref]
