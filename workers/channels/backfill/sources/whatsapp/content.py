"""What a message of a chat holds: words, or what telephones write in the place of others. Pure.

Pictures, voice and files are not read; a caption is words. All of it is written in the language of
the telephone that exported the chat.
"""

import re
from typing import Final, Literal, NamedTuple

from workers.channels.backfill.sources.whatsapp.heads import BIDI

Kind = Literal["text", "media", "deleted", "system"]

#: Before what a telephone writes itself; nobody types it.
LRM: Final = "\u200e"

_THING: Final = (
    r"(?:imagem|foto|[áa]udio|v[íi]deo|figurinha|gif|documento|cart[ãa]o d[eo] contato|contato"
    r"|recado de v[íi]deo|mensagem de (?:v[íi]deo|voz)|m[íi]dia|multim[ée]dia|sticker|arquivo de "
    r"m[íi]dia|ficheiro|image|photo|video note|video|audio|document|contact card|media|voice "
    r"message)"
)
_HIDDEN: Final = r"(?:ocult[oa]|ocultad[oa]|omitid[oa]|n[ãa]o revelad[oa]|omitted|hidden)"
#: In the place of a medium: the whole of a line.
_OMITTED: Final = re.compile(rf"<?{_THING} {_HIDDEN}>?", re.IGNORECASE)
#: The same behind a caption or a file's name: nobody types the sign before it.
_OMITTED_BEHIND: Final = re.compile(rf"{LRM}<?{_THING} {_HIDDEN}>?\s*\Z", re.IGNORECASE)
_ATTACHED: Final = re.compile(
    r"<(?:anexado|anexo|ficheiro anexado|attached): [^<>\n]+>", re.IGNORECASE
)
_FILE: Final = re.compile(
    r".*\.\w{2,5} \((?:arquivo anexado|ficheiro anexado|anexado|file attached)\)", re.IGNORECASE
)
_FILE_NAME: Final = re.compile(r"[^\n]*\.\w{2,5}(?: • .*)?", re.DOTALL)
_OTHER: Final = re.compile(
    r"null|<?(?:foto|v[íi]deo|mensagem de voz|mensagem|voc[êe] recebeu uma mensagem)\b.{0,40}"
    r"\b(?:visualiza[çc][ãa]o [úu]nica|view once).*|<view once [^>]*>|view once [\w ]{1,20}"
    r"|localiza[çc][ãa]o em tempo real compartilhada|live location shared"
    r"|(?:localiza[çc][ãa]o|location): https?://\S+",
    re.IGNORECASE,
)
_DELETED: Final = re.compile(
    r"(?:esta mensagem foi (?:apagada|eliminada)|mensagem apagada"
    r"|voc[êe] apagou (?:esta|uma) mensagem|(?:eliminou|apagou) esta mensagem"
    r"|this message was deleted|you deleted this message)"
    r"(?: (?:pelo|pela|by)\b[^\n]{0,80})?\.?",
    re.IGNORECASE,
)
_EDITED: Final = re.compile(
    r"<(?:mensagem editada|esta mensagem foi editada|editada|this message was edited)>"
    rf"[{BIDI}]*\s*\Z",
    re.IGNORECASE,
)
#: Notices of WhatsApp that stand behind the name of a contact or group.
_NOTICE: Final = re.compile(
    r"(?:as mensagens e (?:as )?(?:liga[çc][õo]es|chamadas)|messages and calls)\b.{0,60}\b"
    r"(?:criptografia|encripta|end-to-end).*"
    r"|(?:liga[çc][ãa]o|chamada) de (?:voz|v[íi]deo)(?: perdida.{0,60}| recusada|,.{0,40})?"
    r"|(?:liga[çc][ãa]o|chamada) (?:de (?:voz|v[íi]deo) )?(?:perdida|n[ãa]o atendida)"
    r"|(?:missed )?(?:voice|video) call(?:,.{0,40})?"
    r"|(?:aguardando|a aguardar) (?:esta |a |por esta )?mensagem\b.*|waiting for this message\b.*"
    r"|.{0,80}\b(?:criou (?:o|este) grupo|created (?:this )?group)\b.{0,120}"
    r"|o (?:seu )?c[óo]digo de seguran[çc]a (?:com|de) .{1,120}|your security code with .{1,120}",
    re.IGNORECASE | re.DOTALL,
)
#: What WhatsApp tells of people: where this stands before the first colon, no name does.
_DEED: Final = re.compile(
    r"\b(?:criou (?:o|este|um) grupo|adicionou|removeu|saiu|entrou|mudou (?:o|a|as|os|para)|alterou"
    r"|fixou uma mensagem|apagou (?:a|o)|foi adicionad[oa]|ativou|desativou|created (?:this )?group"
    r"|added|removed|left|joined|changed (?:the|this|to|their)|pinned a message"
    r"|turned (?:on|off))\b"
    r"|\A(?:as mensagens|messages|esta (?:conversa|empresa)|this (?:chat|business)"
    r"|o (?:seu )?c[óo]digo|your security)\b",
    re.IGNORECASE,
)
_SIGNS: Final = re.compile(f"[{BIDI}]")


class Content(NamedTuple):
    """What a message is, and its words: of a medium its caption, which makes it a text."""

    kind: Kind
    text: str


def content_of(text: str) -> Content:
    r"""What a message holds whose sender is known.

    >>> content_of("IMG-20260919-WA0001.jpg (arquivo anexado)\nserve esse pedido?")
    Content(kind='text', text='serve esse pedido?')
    """
    written = _EDITED.sub("", text)
    plain = _without_signs(written)
    if _DELETED.fullmatch(plain):
        return Content("deleted", "")
    caption = _caption(written)
    if caption is not None:
        return Content("text" if caption else "media", caption)
    if _NOTICE.fullmatch(plain) or (text.startswith(LRM) and "?" not in plain):
        return Content("system", "")
    return Content("text", plain)


def is_deed(before_colon: str) -> bool:
    """Whether what stands before a line's colon is a notice of WhatsApp, and no sender.

    >>> is_deed('Ana mudou o assunto de "Exames'), is_deed("Ana Souza")
    (True, False)
    """
    return _DEED.search(before_colon) is not None


def _caption(text: str) -> str | None:
    """What is written to a medium; None where there is no medium."""
    without = _ATTACHED.sub("", text)
    if without != text:
        return _without_signs(without)
    if behind := _OMITTED_BEHIND.search(text):
        before = _without_signs(text[: behind.start()])
        return "" if _FILE_NAME.fullmatch(before) else before
    first, _, rest = text.partition("\n")
    first = _without_signs(first)
    if any(form.fullmatch(first) for form in (_OMITTED, _FILE, _OTHER)):
        return _without_signs(rest)
    return None


def _without_signs(text: str) -> str:
    return _SIGNS.sub("", text).strip()
