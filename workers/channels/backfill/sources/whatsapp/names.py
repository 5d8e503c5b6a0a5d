"""Names as chats write them. Pure."""

import re
from typing import Final

from ingestion.folding import fold
from workers.channels.backfill.sources.whatsapp.heads import BIDI

_SIGNS: Final = re.compile(f"[{BIDI}]")
#: What a name begins with that is in no address book.
_PUSHED: Final = re.compile(r"\A~\s*")
_HYPHENS: Final = re.compile("[\u2010\u2011]")
#: Digits by which two ways of writing a number are the same one.
_NUMBER: Final = 8
_NO_DIGIT: Final = re.compile(r"\D+")
#: How clinics call themselves, folded.
_CLINIC: Final = re.compile(
    r"\b(?:(?:poli)?clinic\w*|consultori\w*|recepc\w*|atendimento|laboratori\w*|hospital|instituto"
    r"|centro (?:medico|de|clinico)|secretaria|agendament\w*|odonto\w*|medic(?:a|ina)"
    r"|saude|diagnostic\w*|ambulatorio|reception|health|doctors?|dental)\b"
    r"|\Adra?\.? "
)


def clean_name(written: str) -> str:
    r"""A name without what telephones put around it.

    >>> clean_name("~\u202fJoão"), clean_name("\u202a+55 41 99999\u20110000\u202c")
    ('João', '+55 41 99999-0000')
    """
    plain = _HYPHENS.sub("-", _SIGNS.sub("", written)).strip()
    return " ".join(_PUSHED.sub("", plain).split())


def is_same(name: str, other: str) -> bool:
    """Whether two names mean the same person or number, however they are written."""
    if fold(clean_name(name)) == fold(clean_name(other)):
        return True
    number, other_number = _NO_DIGIT.sub("", name), _NO_DIGIT.sub("", other)
    is_number = min(len(number), len(other_number)) >= _NUMBER
    return is_number and number[-_NUMBER:] == other_number[-_NUMBER:]


def sounds_like_clinic(name: str) -> bool:
    """Whether a name is one that a clinic has.

    >>> sounds_like_clinic("Recepção Vida"), sounds_like_clinic("Maria Souza")
    (True, False)
    """
    return _CLINIC.search(fold(name)) is not None
