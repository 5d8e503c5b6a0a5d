"""Passages for the tests of quotes, an encoder that counts words, and a fit that asks it alone."""

from collections.abc import Sequence

from ingestion.folding import fold
from ingestion.knowledge.passage import Passage
from ingestion.knowledge.search.evidence import Evidence, Findings
from workers.answering.quoting.doubts import DOUBTS
from workers.answering.quoting.features import FEATURES, ODDS
from workers.answering.quoting.selector import Fit, Linear, Selector

EVIDENCE = Evidence(best=0.9, elsewhere=0.8, known=1.0, said=1.0)


def sheet(text: str, title: str = "Ressonância", *heading: str, is_pair: bool = False) -> Passage:
    """One passage of a document that is called like its title."""
    return Passage(
        id=title,
        document=f"{title}.md",
        title=title,
        heading=heading,
        page=2,
        text=text,
        score=1.0,
        similarity=0.9,
        is_pair=is_pair,
    )


def found(*passages: Passage) -> Findings:
    """What a search would say of them."""
    return Findings(passages, EVIDENCE if passages else None)


class WordEncoder:
    """Nearness is the share of the question's words that a sentence has. For selectors' tests."""

    def cosines(self, question: str, sentences: Sequence[str]) -> list[float]:
        """Between 0 and 1; words of up to three letters do not count."""
        asked = _words(question)
        return [len(asked & _words(text)) / max(1, len(asked)) for text in sentences]

    def odds(self, question: str, sentences: Sequence[str]) -> list[float]:
        """As many as words that the question and the sentence have in common, less one."""
        return [float(len(_words(question) & _words(text)) - 1) for text in sentences]


def _words(text: str) -> set[str]:
    return {word.strip(".,;:?!") for word in fold(text).split() if len(word.strip(".,;:?!")) > 3}


def fit(threshold: float = 0.5) -> Fit:
    """The nearest sentence is the best; from half of the words on it rather answers than not."""
    return Fit(
        first=_only("cosine", FEATURES),
        ranking=_only("cosine", (*FEATURES, *ODDS)),
        surety=_only("nearness", DOUBTS),
        level=0.5,
        temperature=0.1,
        threshold=threshold,
    )


def selector(threshold: float = 0.5) -> Selector:
    """A selector that counts words."""
    return Selector(WordEncoder(), WordEncoder(), fit(threshold))


def _only(name: str, names: Sequence[str]) -> Linear:
    size = len(names)
    weights = tuple(float(each == name) for each in names)
    return Linear(means=(0.0,) * size, deviations=(1.0,) * size, weights=weights)
