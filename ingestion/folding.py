"""Texts as they are compared: without case and accents."""

import unicodedata
from typing import Final


class _Marks(dict[int, int | None]):
    """What becomes of each character of a decomposed text, as `str.translate` asks for it.

    Every text of a question and of an answer is folded many times: asking Python for each
    character took a third of the time of checking an answer.
    """

    def __missing__(self, code: int) -> int | None:
        self[code] = None if unicodedata.combining(chr(code)) else code
        return self[code]


_MARKS = _Marks()
#: The accents of Portuguese, as they stand by themselves in a decomposed text.
_ACCENTS: Final = "\u0301\u0303\u0327\u0302\u0300\u0308"


def fold(text: str) -> str:
    """Lower case, without accents; a letter in disguise (`1ª`, `m²`) is the letter.

    >>> fold("Não à 1ª Vacinação")
    'nao a 1a vacinacao'
    """
    text = text.lower()
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKD", text)
    for accent in _ACCENTS:
        text = text.replace(accent, "")
    return text if text.isascii() else text.translate(_MARKS)
