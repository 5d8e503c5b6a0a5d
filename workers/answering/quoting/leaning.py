"""Words that say nothing right without those that stand before them. Pure."""

import re
from typing import Final

from ingestion.folding import fold

#: The beginning of a sentence, folded, that needs the one before: "Depois disso, cobramos metade da
#: taxa" was sent to somebody who asked whether there is a fee.
_SENTENCE: Final = re.compile(
    r"\W*(?:e |mas |ou )?(?:(?:depois|antes|fora|alem|a partir) (?:disso|disto|dess[ea]s?|dai)\b"
    r"|n?(?:ess|est)[ea]s? (?:casos?|prazos?|periodos?|situac(?:ao|oes)|dias?)\b|passado ess[ea]\b"
    r"|caso contrario|do contrario|se (?:nao|sim),|isso\b|isto\b|(?:mesmo|ainda) assim|ate la\b"
    r"|(?:after|before|besides) (?:that|this)\b|in (?:that|this) case|otherwise\b|if (?:not|so),)"
)
#: The beginning of a row's cell, folded, that says it by another row: "cobre: o do Essencial".
_CELL: Final = re.compile(
    r"(?:^|[:;]\s+)(?:(?:os?|as?) (?:mesm[oa]s? )?d[aoe]s?\b|idem\b|iguais\b|igual\b|acima\b"
    r"|mesm[oa]s?\b(?! (?:dia|hora|manha|tarde|noite|semana|mes)\b)|tudo d[ao]s? "
    r"|(?:como|conforme|ver|vide) (?:(?:os?|as?) d[aoe]s?|acima)\b"
    r"|(?:the )?same as\b|as above\b|ditto\b)"
)


def leans(sentence: str) -> bool:
    """Whether a sentence needs the one before to be understood.

    >>> leans("Depois disso, cobramos metade da taxa.")
    True
    """
    return _SENTENCE.match(fold(sentence)) is not None


def row_leans(row: str) -> bool:
    """Whether one of a row's cells needs another row to be understood.

    >>> row_leans("Plano: Ideal; Cobre: o do Essencial e canal")
    True
    """
    return _CELL.search(fold(row)) is not None
