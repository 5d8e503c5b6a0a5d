"""The language of a question: Portuguese or English."""

import re
from functools import cache
from typing import Literal

from lingua import Language as Lingua
from lingua import LanguageDetector, LanguageDetectorBuilder

Language = Literal["pt", "en"]

#: Distance between the two languages' confidences below which the default decides.
MINIMUM_DISTANCE = 0.4
#: Fewer words say nothing: "check up", "TSH T4" and "Amil" count as English (0.94, 0.93, 0.64).
FEWEST_WORDS = 3

_WORD = re.compile(r"[^\W\d_]{2,}|\b[aeo]\b", re.IGNORECASE)


@cache
def _detector() -> LanguageDetector:
    builder = LanguageDetectorBuilder.from_languages(Lingua.PORTUGUESE, Lingua.ENGLISH)
    return builder.with_minimum_relative_distance(MINIMUM_DISTANCE).build()


def language_of(text: str, default: Language) -> Language:
    """Tell a question's language; a text of one or two words, or an unclear one, gets the default.

    The first call loads lingua's word models (0.5 s); later ones take about 0.1 ms.
    """
    if len(_WORD.findall(text)) < FEWEST_WORDS:
        return default
    language = _detector().detect_language_of(text)
    if language is None:
        return default
    return "pt" if language == Lingua.PORTUGUESE else "en"
