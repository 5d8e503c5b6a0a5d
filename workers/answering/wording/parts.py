"""The questions of one message. Pure."""

import re
from typing import Final

#: Between two questions: a question mark, or an "e" before a word that asks.
_BETWEEN: Final = re.compile(
    r"[?\n]|\b(?:e|and) (?=(?:quant|qua[ln]|em qual|em quantos|que horas|pode|posso|precis"
    r"|onde|como|el[ea]|quem|a[ií]nda|tem|aceit|fa[zç]|abre|at[eé]|custa|demora|se for|how|what"
    r"|when|where|can|do|is)\w*)",
    re.IGNORECASE,
)
#: Fewer letters are no question: "oi", "é?".
_LETTERS: Final = 6


def parts_of(message: str) -> list[str]:
    """The parts of a message that ask something, as written; the whole where there is one.

    >>> parts_of("Quanto custa o Holter e pode tomar banho com ele?")
    ['Quanto custa o Holter', 'pode tomar banho com ele']
    """
    parts = [part.strip(" ,.;!-") for part in _BETWEEN.split(message)]
    asking = [part for part in parts if sum(map(str.isalpha, part)) >= _LETTERS]
    return asking or [message]
