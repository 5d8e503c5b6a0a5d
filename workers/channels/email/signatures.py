"""What stands at a mail's end and says nothing: closings, signatures, disclaimers. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from ingestion.folding import fold

#: Lines that may follow a closing.
MOST_LINES: Final = 25
#: Characters of a line of a signature.
_SHORT: Final = 80

#: Lines that programs add, folded.
_DEVICE: Final = re.compile(
    r"(?:enviad[ao] (?:do|da|de|a partir d[oe]|pelo|pela|via|com o|atraves d[oe]|usando)\b"
    r"(?: meu| minha| o| um| uma)?.{0,20}\b(?:iphone|ipad|ios|android|samsung|galaxy|celular"
    r"|smartphone|outlook|windows|yahoo|uol|bol|terra|gmail|motorola|xiaomi|huawei|tablet|telefone|blackberry"
    r"|proton|dispositivo|aparelho|mail|hotmail|email|e-mail)\b.{0,60}"
    r"|sent (?:from|via|with|using)\b.{0,60}\b(?:iphone|ipad|android|samsung|galaxy|phone|outlook"
    r"|windows|yahoo|gmail|mobile|device|mail|blackberry|proton\w*|tablet|smartphone)\b.{0,60}"
    r"|(?:obter o|get|baixe o|obtenha o) outlook (?:para|for)\b.{0,60}"
    r"|(?:yahoo mail|outlook)[: ].{0,10}(?:pesquise|search|procure).{0,80})$"
)
_SCANNED: Final = re.compile(
    r"(?:livre de virus|virus-free|sem virus|este e-?mail foi (?:verificado|escaneado)"
    r"|esta mensagem foi (?:verificada|escaneada)|this e-?mail (?:has been|was) (?:checked|scanned)"
    r"|nao contem virus|no virus found|scanned by|verificado por .{0,40}antivirus"
    r"|(?:antes de imprimir|pense no meio ambiente|please consider the environment"
    r"|think before (?:you )?print))"
)
_CLOSING: Final = re.compile(
    r"(?:muito |desde ja |mt |mto )?(?:atenciosamente|att|atte|at\.?te|atc|atenc|cordialmente"
    r"|respeitosamente|saudacoes|(?:um |uns )?(?:forte |grande )?(?:abracos?|abs|abc)"
    r"|bjs?|beijos?|cumprimentos|(?:os )?melhores cumprimentos|cordiais saudacoes"
    r"|agradec(?:o|ida|ido|emos)|grat[ao]s?|obrigad[ao]s?|obg|obgd[ao]?|valeu|vlw"
    r"|(?:best|kind|warm|warmest|with (?:best|kind)) regards|regards|best wishes|best"
    r"|sincerely|(?:yours|very) (?:sincerely|truly|faithfully)|cheers|(?:many )?thanks"
    r"|thank you|thx|all the best|respectfully|cordially)"
    r"(?: (?:desde ja|pela atencao|pelo retorno|pela ajuda|pela resposta|a todos|a voces|e aguardo"
    r"|antecipadamente|a atencao|in advance|so much|very much|again|for your (?:time|help)"
    r"|e (?:um )?(?:otimo |bom )?(?:dia|abraco)))?(?: desde ja)?"
    r"(?=$|[\s]*[,.;:!\u2013\u2014-])"
)
_NAME: Final = re.compile(r"[^\W\d_][\w.'\u2019-]*(?: +[\w.'\u2019&-]+){0,6}[.,]?$")
_CONTACT: Final = re.compile(
    r"\(?\d{2}\)?[ -]?9?\d{4}[ .-]?\d{4}\b|\+\d{2}[ \d()-]{8,}|\S@\S|www\.|https?://"
    r"|\b(?:tel|fone|cel|celular|whats(?:app)?|ramal|cep|fax|phone|mobile)\b ?[:.(]?"
    r"|\b(?:crm|coren|oab|crea|cro|crp|crefito)\b"
)
_DATA: Final = re.compile(
    r"\b(?:cpf|rg|nascimento|nasc|carteirinha|matricula|convenio|pedido|guia|plano|data|exame"
    r"|paciente|medico|dob|birth|insurance|patient)\b"
)
_LEGAL_START: Final = re.compile(
    r"[*_\W]{0,5}(?:aviso (?:legal|de (?:confidencialidade|privacidade|sigilo))|confidencial"
    r"|nota de confidencialidade|(?:est[ea]|a presente|o presente) (?:e-?mail|mensagem|correio"
    r"|comunicacao)\b|as? informac(?:ao|oes) (?:contidas?|existentes?)|lgpd\b"
    r"|em conformidade com a lei|em atendimento a lei|lei geral de protecao|tratamos seus dados"
    r"|disclaimer|legal notice"
    r"|confidential|this (?:e-?mail|message|communication)\b"
    r"|the (?:information|contents?)\b.{0,40}\b(?:contained|in this|of this)|privileged"
    r"|se voce (?:recebeu|nao e o)|caso (?:voce )?(?:tenha recebido|nao seja)"
    r"|if you (?:are not|have received))"
)
_LEGAL_WORDS: Final = re.compile(
    r"confiden|sigilo|destinat|privileg|lgpd|13\.709|intended|recipient|unauthori|nao autorizad"
    r"|uso exclusivo|protecao de dados|em erro|engano|in error|prohibited|proibid"
)
_WARNING: Final = re.compile(
    r"[\W_]{0,5}(?:\[?(?:externo|external|ext)\]?[:\W]{0,3}$|(?:cuidado|atencao|caution|warning|aviso"
    r"|e-?mail externo|external e-?mail|\[externo\]|\[external\])\b"
    r".{0,80}\b(?:fora d|de fora|externo|externa|outside|external))"
)


def is_device_line(line: str) -> bool:
    """Whether a line is a program's own: `Enviado do meu iPhone`."""
    plain = fold(line.strip(" *_-<>[]().\u200e")[:300])
    return bool(_DEVICE.match(plain) or _SCANNED.match(plain))


def is_warning(paragraph: str) -> bool:
    """Whether a first paragraph is a gateway's warning of a mail from outside."""
    return _WARNING.match(fold(" ".join(paragraph[:400].split()))) is not None


def disclaimer_start(lines: Sequence[str]) -> int | None:
    """The line in which legal words begin that go on to the end; None where there are none."""
    for number, line in enumerate(lines):
        plain = fold(line[:2000]).strip()
        if not plain or (number and lines[number - 1].strip() and len(plain) < _SHORT // 2):
            continue
        if not _LEGAL_START.match(plain):
            continue
        rest = fold(" ".join(lines[number:])[:3000])
        if "?" not in rest and _LEGAL_WORDS.search(rest) and len(rest) > _SHORT:
            return number
    return None


def signature_start(lines: Sequence[str], name: str = "") -> int | None:
    """The line in which the closing or the signature begins; None where there is none.

    Args:
        lines: a mail's own lines.
        name: the sender's, as their mail displays it.
    """
    starts = [
        start
        for start in (
            _dashes(lines),
            _closing(lines),
            _contact_block(lines),
            _own_name(lines, name),
        )
        if start is not None and any(line.strip() for line in lines[:start])
    ]
    return min(starts) if starts else None


def _dashes(lines: Sequence[str]) -> int | None:
    numbers = (n for n, line in enumerate(lines) if line.strip() in {"--", "—", "---", "__"})
    return next((n for n in numbers if not _asks(lines[n:])), None)


def _closing(lines: Sequence[str]) -> int | None:
    for number, line in enumerate(lines):
        plain = fold(line.strip(" *_\t")[:_SHORT])
        match = _CLOSING.match(plain)
        if match is None or len(line) > _SHORT:
            continue
        rest = plain[match.end() :].strip(" ,.;:!\u2013\u2014-")
        follows = [each for each in lines[number + 1 :] if each.strip()]
        if len(rest.split()) <= 5 and len(follows) <= MOST_LINES and not _asks(lines[number:]):  # noqa: PLR2004 - a name's words
            return number
    return None


def _asks(lines: Sequence[str]) -> bool:
    return any("?" in line and "://" not in line for line in lines)


def _contact_block(lines: Sequence[str]) -> int | None:
    """A last paragraph of short lines: a name, and how to reach it."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    start = end
    while start and lines[start - 1].strip():
        start -= 1
    block = lines[start:end]
    if start == 0 or not 2 <= len(block) <= 10 or _asks(block):  # noqa: PLR2004
        return None
    above = next((line.strip() for line in reversed(lines[:start]) if line.strip()), "")
    plain = [fold(line) for line in block]
    if above.endswith(":") or any(len(line) > _SHORT or _DATA.search(line) for line in plain):
        return None
    has_contact = any(_CONTACT.search(line) for line in plain)
    return start if has_contact and _NAME.match(block[0].strip(" *_")) else None


def _own_name(lines: Sequence[str], name: str) -> int | None:
    """A last line that only names the sender."""
    number = next((n for n in range(len(lines) - 1, -1, -1) if lines[n].strip()), None)
    if number is None or not name:
        return None
    words = re.findall(r"\w+", fold(lines[number][:_SHORT]))
    known = set(re.findall(r"\w+", fold(name)))
    return number if words and set(words) <= known else None
