"""What programs and offices add to mails: devices, virus scanners, warnings, legal words. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from ingestion.folding import fold
from workers.channels.email.reading.closings import SHORT, asks

#: Lines that mail programs add, folded.
_DEVICE: Final = re.compile(
    r"(?:enviad[ao] (?:do|da|de|a partir d[oe]|pelo|pela|via|com o|atraves d[oe]|usando)\b"
    r"(?: meu| minha| o| um| uma)?.{0,20}\b(?:iphone|ipad|ios|android|samsung|galaxy|celular"
    r"|smartphone|outlook|windows|yahoo|uol|bol|terra|gmail|motorola|xiaomi|huawei|tablet|telefone"
    r"|blackberry|proton|dispositivo|aparelho|mail|hotmail|email|e-mail)\b.{0,60}"
    r"|sent (?:from|via|with|using)\b.{0,60}\b(?:iphone|ipad|android|samsung|galaxy|phone|outlook"
    r"|windows|yahoo|gmail|mobile|device|mail|blackberry|proton\w*|tablet|smartphone)\b.{0,60}"
    r"|(?:obter o|get|baixe o|obtenha o) outlook (?:para|for)\b.{0,60}"
    r"|yahoo mail: (?:pesquise|search|procure).{0,80})$"
)
#: The same at the end of a line with other words.
_TRAILING: Final = re.compile(
    r"(?<=[.?!])\s{1,5}(?:Enviado do meu|Sent from my) (?:iPhone|iPad|Android|celular)\.?$"
)
_SCANNED: Final = re.compile(
    r"(?:livre de virus|virus-free|sem virus|nao contem virus|no virus found|scanned by"
    r"|verificado por .{0,40}antivirus"
    r"|est[ea] (?:e-?mail|mensagem) foi (?:verificad|escanead)[ao]"
    r"|this (?:e-?mail|message) (?:has been|was) (?:checked|scanned)"
    r"|est[ea] (?:e-?mail|mensagem) foi enviad[ao] (?:de|por|pelo|atraves|a partir)"
    r"|this (?:e-?mail|message) (?:is|was) sent (?:from|via|by) (?:a|the) (?:contact )?form"
    r"|antes de imprimir|pense (?:no|antes)|please consider the environment"
    r"|think before (?:you )?print)"
)
_LINK: Final = re.compile(r"[<\[(]?(?:https?://|mailto:|#[0-9a-f-]{8})\S{0,500}$", re.IGNORECASE)
_PICTURE: Final = re.compile(
    r"\[(?:cid:|image:|imagem:|descri[cç][aã]o:|foto:|logo)[^\]\n]{0,300}\]", re.IGNORECASE
)

#: How legal words begin, folded, and words that they hold.
_LEGAL_START: Final = re.compile(
    r"[*_\W]{0,5}(?:aviso (?:legal|de (?:confidencialidade|privacidade|sigilo))|confidencial"
    r"|nota de confidencialidade|(?:est[ea]|a presente|o presente) (?:e-?mail|mensagem|correio"
    r"|comunicacao)\b|o conteudo dest[ea]|as? informac(?:ao|oes) (?:contidas?|existentes?)|lgpd\b"
    r"|em conformidade com a lei|em atendimento a lei|lei geral de protecao|tratamos seus dados"
    r"|disclaimer|legal notice|important notice|confidential|privileged"
    r"|this (?:e-?mail|message|communication)\b"
    r"|the (?:information|contents?)\b.{0,40}\b(?:contained|in this|of this)"
    r"|se voce (?:recebeu|nao e o)|caso (?:voce )?(?:tenha recebido|nao seja)"
    r"|if you (?:are not|have received))"
)
_LEGAL_WORDS: Final = re.compile(
    r"confiden|sigilo|destinat|privileg|lgpd|13\.709|intended|recipient|unauthori|nao autorizad"
    r"|uso exclusivo|protecao de dados|em erro|engano|in error|prohibited|proibid"
)
#: A gateway's warning of a mail from outside, folded, and words that it holds.
_WARNING_START: Final = re.compile(
    r"[\W_]{0,5}(?:cuidado|atencao|caution|warning|aviso|alerta|externo|external"
    r"|e-?mail externo|est[ea] (?:mensagem|e-?mail) (?:foi|veio)|this (?:e-?mail|message)"
    r"|you don't often get|voce nao costuma receber|algumas pessoas que receberam)\b"
)
_WARNING_WORDS: Final = re.compile(
    r"(?=.{0,400}(?:e-?mail|mensagem|message)).{0,400}"
    r"(?:fora d[ae] .{0,20}(?:organiza|empresa|institui)|outside|remetente externo|external sender"
    r"|clique|click|learn why this|saiba por que|origem externa)"
)
_TAG: Final = re.compile(r"[\[(]?(?:externo|external|ext)[\])]?[:\W]{0,3}$")


def without_additions(lines: Sequence[str]) -> list[str]:
    """The lines without those of programs; a broken one is read with the next."""
    kept: list[str] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        pair = f"{line} {lines[number + 1]}" if number + 1 < len(lines) else line
        above = lines[number - 1].strip() if number else ":"
        if _is_added(line) or (_LINK.match(line.strip()) and not above.endswith(":")):
            number += 1
        elif len(line) < SHORT // 4 and line.strip() and _is_added(pair):
            number += 2
        else:
            kept.append(_TRAILING.sub("", line))
            number += 1
    return kept


def without_pictures(text: str) -> str:
    """A text without the names of its pictures."""
    return _PICTURE.sub("", text)


def _is_added(line: str) -> bool:
    plain = fold(line.strip(" *_-<>[]().\u200e")[:300])
    return bool(_DEVICE.match(plain) or _SCANNED.match(plain))


def warning_end(lines: Sequence[str]) -> int:
    """The line after a gateway's warning with which a text begins; 0 where it has none."""
    start = next((n for n, line in enumerate(lines) if line.strip()), len(lines))
    end = next((n for n in range(start, len(lines)) if not lines[n].strip()), len(lines))
    if end == len(lines):
        return 0
    plain = fold(" ".join(" ".join(lines[start:end])[:800].split()))
    is_warning = _WARNING_START.match(plain) and _WARNING_WORDS.match(plain)
    return end if _TAG.match(plain) or is_warning else 0


def disclaimer_start(lines: Sequence[str]) -> int | None:
    """The line in which legal words begin that go on to the end; None where there are none."""
    for number, line in enumerate(lines):
        plain = fold(line[:2000]).strip()
        if not _LEGAL_START.match(plain) or not any(each.strip() for each in lines[:number]):
            continue
        rest = lines[number:]
        words = fold(" ".join(rest)[:3000])
        if len(words) > SHORT and _LEGAL_WORDS.search(words) and not any(map(asks, rest)):
            return number
    return None
