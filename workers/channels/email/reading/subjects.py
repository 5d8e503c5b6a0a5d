"""Subjects of mails. Pure."""

import re
from typing import Final

from ingestion.folding import fold

#: What programs put before a subject that is answered or passed on, in Portuguese, English and the
#: languages next to them: `Re:`, `RES:`, `Re[2]:`, `ENC:`, `Fwd:`.
_PREFIX: Final = re.compile(
    r"\s*(?:re|res|resp|ref|enc|fw|fwd|aw|wg|sv|vs|rv|tr|rif|i)(?:\s?[\[(]\d{1,3}[\])])?\s?:",
    re.IGNORECASE,
)
#: What gateways put before it: `[EXTERNO]`.
_TAG: Final = re.compile(
    r"\s*[\[(](?:externo|external|ext|spam|e-?mail externo)[\])]\s*:?", re.IGNORECASE
)
#: Subjects that say nothing, word by word, folded.
_EMPTY: Final = re.compile(
    r"a|about|agendamento|ajuda|algumas|assunto|atendimento|boa|bom|clinica|clinic|com"
    r"|consulta|contact|contato|da|de|dia|do|doubt|duvida|duvidas|e|email|e-mail|em|enquiry"
    r"|esclarecimento|exame|exames|for|formulario|from|hello|help|hi|i|in|info|informacao"
    r"|informacoes|information|inquiry|mail|mensagem|message|my|na|no|nova|o|oi|ola"
    r"|orientacao|para|pedido|pelo|pela|pergunta|perguntas|please|por|question|questions|quick|request"
    r"|sem|site|sobre|solicitacao|subject|tarde|noite|the|um|uma|urgente|website"
)
_WORDS: Final = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


def bare_subject(subject: str) -> str:
    """A subject without `Re:` and the like.

    >>> bare_subject("RES: Re[2]: ENC: Preparo da colonoscopia")
    'Preparo da colonoscopia'
    """
    rest = subject
    while match := _PREFIX.match(rest) or _TAG.match(rest):
        rest = rest[match.end() :]
    return " ".join(rest.split())


def is_reply(subject: str) -> bool:
    """Whether a subject says that its mail answers another or passes it on."""
    rest = subject
    while match := _TAG.match(rest):
        rest = rest[match.end() :]
    return _PREFIX.match(rest) is not None


def folded_subject(subject: str) -> str:
    """A subject as threads are told apart by it: bare, without case and accents."""
    return fold(bare_subject(subject))


def says_more(subject: str, text: str) -> bool:
    """Whether a subject holds a word of substance that the text does not."""
    said = set(_WORDS.findall(fold(text)))
    words = set(_WORDS.findall(folded_subject(subject)))
    return any(not _EMPTY.fullmatch(word) and not word.isdecimal() for word in words - said)
