"""The message in a web form's mail, which copies each field of the form. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from ingestion.folding import fold

#: Lines in which the fields stand.
_MOST_LINES: Final = 30
#: Fields that a form names before the message.
_LEAST_FIELDS: Final = 2
_FIELD: Final = re.compile(
    r"[*_ ]{0,3}(?:(?:seu )?nome(?: completo)?|(?:your )?name|(?:seu |your )?e-?mail|telefone"
    r"|phone|celular|whatsapp|assunto|subject|de|from|empresa|cidade|unidade|convenio)[*_ ]{0,3}:"
)
_MESSAGE: Final = re.compile(
    r"[*_ ]{0,3}(?:corpo da mensagem|message body|(?:sua )?mensagem|message|your message|duvida"
    r"|comentarios?|comments?|observacoes|pergunta)[*_ ]{0,3}:"
)


def form_message(lines: Sequence[str]) -> list[str] | None:
    """The message's lines; None where the mail is none of a form."""
    fields = 0
    for number, line in enumerate(lines[:_MOST_LINES]):
        plain = fold(line[:100])
        if fields >= _LEAST_FIELDS and _MESSAGE.match(plain):
            return [line.partition(":")[2].strip(" *_"), *lines[number + 1 :]]
        fields += _FIELD.match(plain) is not None
    return None
