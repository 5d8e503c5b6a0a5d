"""Whether a message asks for no more messages. Pure but for the files.

Only channels ask this: whoever asks for answers over the API keeps such wishes himself.
"""

from functools import cache
from typing import Final

from workers.answering.language import Language
from workers.answering.templates import LANGUAGES
from workers.answering.triage.lists import PhraseList, WholeList, read_groups
from workers.answering.triage.message import END, Words, plain

_WISH: Final = "opt_out"


class OptOut:
    """Reads messages by the lists of all languages."""

    def __init__(self) -> None:
        groups = read_groups(f"{language}/groups.txt" for language in LANGUAGES)
        self._phrases = {each: PhraseList([f"{each}/opt_out.txt"], groups) for each in LANGUAGES}
        self._wholes = {
            each: WholeList([f"{each}/courtesies.txt", f"{each}/opt_out_whole.txt"])
            for each in LANGUAGES
        }
        words = {word for each in self._phrases.values() for word in each.words}
        self._words = Words(words.union(*(each.words for each in self._wholes.values())))

    def language(self, message: str) -> Language | None:
        """The language of the words by which a message asks for it; None where it doesn't.

        Args:
            message: as the patient wrote it.
        """
        if message.rstrip().endswith("?"):
            return None
        words = [self._words.meant(word) for word in plain(message)]
        text = f" {END} {' '.join(words)} "
        for language, phrases in self._phrases.items():
            # Sections of wholes have a name where they are courtesies: the wish's own have none.
            if "" in (self._wholes[language].sections(words) or ()):
                return language
            sections = {match.section for match in phrases.matches(text)}
            if _WISH in sections and f"not {_WISH}" not in sections:
                return language
        return None


@cache
def _lists() -> OptOut:
    return OptOut()


def opts_out(message: str) -> Language | None:
    """The language in which a message asks for no more messages; None where it doesn't."""
    return _lists().language(message)
