"""What can be wrong with an answer."""

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """Why an answer is not sent; the words stand in outcomes, metrics and evaluations."""

    NUMBER = "number"  #: an amount, time, price or dose that stands in no passage
    ANOTHER_ROW = "another_row"  #: it stands in one, of something else: another exam's price
    DATE = "date"  #: a day of the month or the week that stands in none
    CONTACT = "contact"  #: a telephone number, address, link or e-mail that stands in none
    NAME = "name"  #: a person, plan, place or exam that stands in none
    CONTRADICTION = "contradiction"  #: yes, no, may or must against the passage's own word
    ANOTHER_SUBJECT = "another_subject"  #: its passage is about another exam than the question
    PROMPT_WORDS = "prompt_words"  #: words of the prompt and of no passage
    LANGUAGE = "language"  #: not the language of the question
    ECHO = "echo"  #: the question again
    META = "meta"  #: it talks of excerpts and texts, which the asker never saw
    UNSUPPORTED_WORDS = "unsupported_words"  #: too few of its words stand in the passages


class Fault(NamedTuple):
    """One thing that is wrong.

    Attributes:
        kind: what.
        words: those of the answer that are concerned.
    """

    kind: Kind
    words: str
