"""Where a mail's closing and signature stand. Pure.

`Atenciosamente,` and what follows; a name with a telephone; a last line that names the sender. What
asks something stays, wherever it stands: a postscript is a question too.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from ingestion.folding import fold

#: Characters of a line of a signature.
SHORT: Final = 80
#: Words that a line of a closing may name: a name's.
_MOST_NAMES: Final = 6
#: Lines of a paragraph that is a signature.
_MOST_LINES: Final = 10

_CLOSING: Final = re.compile(
    r"(?:atenciosamente|att|atte|at\.?te|atc|atenc|cordialmente|respeitosamente|saudacoes"
    r"|(?:um |uns )?(?:forte |grande )?(?:abracos?|abs|abc)|bjs?|bjos?|beijos?"
    r"|(?:os |com os )?(?:melhores |meus |cordiais )?(?:cumprimentos|saudacoes)"
    r"|(?:muito |mto |mt )?(?:grat[ao]s?|obrigad[ao]s?|obg|obgd[ao]?|agradecid[ao]s?)"
    r"|(?:muito )?(?:agradeco|agradecemos)|valeu|vlw|desde ja|antecipadamente"
    r"|p?el[ao] (?:sua |vossa |seu )?(?:atencao|retorno|ajuda|resposta|paciencia)"
    r"|(?:(?:a|da) )?(?:sua )?atencao|(?:fico |ficamos )?(?:(?:no|ao) aguardo|aguard(?:o|ando))"
    r"(?: (?:o|um|seu|breve))?(?: (?:retorno|contato|resposta))?"
    r"|(?:tenha )?(?:um )?(?:otimo|bom|boa|excelente) (?:dia|semana|tarde|noite|fim de semana)"
    r"|(?:with )?(?:best|kind|warm|warmest|kindest) (?:regards|wishes)|regards|best|rgds"
    r"|(?:yours |very )?(?:sincerely|truly|faithfully)|cheers|(?:many )?thanks|thank you|thx"
    r"|in advance|so much|very much|for your (?:time|help|support)|all the best|cordially"
    r"|looking forward to (?:hearing from you|your reply))\b"
)
#: What stands between closings in one line.
_BETWEEN: Final = re.compile(r"[\s,.;:!\u2013\u2014-]*(?:(?:e|and|a|de)\b[\s,]*)?")
#: Closings that a mail begins with as well: `Bom dia`, `Obrigada`.
_OPENING: Final = re.compile(
    r"(?:bom|boa|otim[oa]|obrigad|agradec|grat[ao]|thank|valeu|vlw|desde ja)"
)
_PARTICLES: Final = frozenset({"de", "da", "do", "dos", "das", "e", "di", "von", "van", "&", "-"})
_NAME: Final = re.compile(r"[^\W\d_][\w.'\u2019-]*(?: +[\w.'\u2019&-]+){0,6}[.,]?$")
_CONTACT: Final = re.compile(
    r"\(?\d{2}\)?[ -]?9?[ ]?\d{4}[ .-]?\d{4}\b|\+\d{2}[ \d()-]{8,}|\S@\S|www\.|https?://"
    r"|\b(?:tel|fone|cel|celular|whats(?:app)?|ramal|cep|fax|phone|mobile)\b ?[:.(]?"
    r"|\b(?:crm|coren|oab|crea|cro|crp|crefito)\b"
)
#: What a patient is asked for: no signature, though it may hold a name and a number.
_DATA: Final = re.compile(
    r"\b(?:cpf|rg|nascimento|nasc|carteirinha|matricula|convenio|pedido|guia|plano|data|exame"
    r"|paciente|medico|dob|birth|insurance|patient)\b"
)
_POSTSCRIPT: Final = re.compile(r"p\.? ?s\b\.? ?[:.-]|obs\b\.? ?:|em tempo\b")
_DASHES: Final = frozenset({"--", "\u2014", "---", "__"})


class Span(NamedTuple):
    """Lines from `start` to before `end`."""

    start: int
    end: int


def signature(lines: Sequence[str], name: str = "") -> Span | None:
    """The lines of the closing and the signature; None where there are none.

    Args:
        lines: a mail's own lines.
        name: the sender's, as their mail displays it.
    """
    known = frozenset(re.findall(r"\w+", fold(name)))
    starts = [
        start
        for start in (
            next((n for n in range(len(lines)) if _is_delimiter(lines, n)), None),
            next((n for n in range(len(lines)) if _closes(lines, n, known)), None),
            _contact_block(lines),
            _own_name(lines, known),
        )
        if start is not None and any(line.strip() for line in lines[:start])
    ]
    return Span(min(starts), _end(lines, min(starts))) if starts else None


def asks(text: str) -> bool:
    """Whether a line asks something; marks in links ask nothing."""
    return any("?" in word and "://" not in word for word in text.split())


def _end(lines: Sequence[str], start: int) -> int:
    """Where a paragraph begins that asks, or that was added to the mail as a postscript."""
    for number in range(start + 1, len(lines)):
        if lines[number - 1].strip() or not lines[number].strip():
            continue
        if _POSTSCRIPT.match(fold(lines[number][:SHORT]).lstrip()) or _paragraph_asks(
            lines, number
        ):
            return number
    return len(lines)


def _paragraph_asks(lines: Sequence[str], start: int) -> bool:
    for line in lines[start:]:
        if not line.strip():
            return False
        if asks(line):
            return True
    return False


def _is_delimiter(lines: Sequence[str], number: int) -> bool:
    """Whether a line parts the signature: `-- `, or other dashes above no sentence."""
    if lines[number].strip() not in _DASHES:
        return False
    below = next((line.strip() for line in lines[number + 1 :] if line.strip()), "")
    return lines[number] == "-- " or not _is_sentence(below)


def _closes(lines: Sequence[str], number: int, known: frozenset[str]) -> bool:
    """Whether a line is a closing, alone or with a name."""
    line = lines[number].strip(" *_\t")
    if not line or len(line) > SHORT or asks(line):
        return False
    rest = _after_closings(line)
    if rest is None or not _names(rest.split(), known):
        return False
    below = [each.strip() for each in lines[number + 1 :] if each.strip()]
    if below and _is_sentence(below[0]):
        return False
    # "Obrigada!" may open a mail: with more than a signature below, it does.
    return not (_OPENING.match(fold(line)) and any(map(_is_sentence, below)))


def _after_closings(line: str) -> str | None:
    """What stands behind the closings of a line; None where it begins with none."""
    plain, position = fold(line), 0
    if len(plain) != len(line):  # letters in disguise: then the plain ones count
        line = plain
    while match := _CLOSING.match(plain, position):
        between = _BETWEEN.match(plain, match.end())
        position = between.end() if between else match.end()
    return line[position:] if position else None


def _names(words: Sequence[str], known: frozenset[str]) -> bool:
    """Whether words are a name, or several with a comma between them."""
    if len(words) > _MOST_NAMES:
        return False
    own = (fold(word).strip(".,!()") for word in words)
    return all(
        word[:1].isupper() or plain in known or plain in _PARTICLES or not plain
        for word, plain in zip(words, own, strict=True)
    )


def _is_sentence(line: str) -> bool:
    """Whether a line is one of a text, and not of a signature."""
    if asks(line):
        return True
    words = [word for word in line.split() if word.lower() not in _PARTICLES]
    if len(words) < 3 or _CONTACT.search(fold(line)):  # noqa: PLR2004 - `analista de sistemas`
        return False
    return sum(word[:1].islower() for word in words) * 2 > len(words)


def _contact_block(lines: Sequence[str]) -> int | None:
    """A last paragraph of short lines: a name, and how to reach it."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    start = end
    while start and lines[start - 1].strip():
        start -= 1
    block = lines[start:end]
    if start == 0 or not 2 <= len(block) <= _MOST_LINES or any(map(asks, block)):  # noqa: PLR2004 - a name and a number
        return None
    above = next((line.strip() for line in reversed(lines[:start]) if line.strip()), "")
    plain = [fold(line) for line in block]
    if above.endswith(":") or any(len(line) > SHORT or _DATA.search(line) for line in plain):
        return None
    has_contact = any(_CONTACT.search(line) for line in plain)
    return start if has_contact and _NAME.match(block[0].strip(" *_")) else None


def _own_name(lines: Sequence[str], known: frozenset[str]) -> int | None:
    """A last line that only names the sender; numbers and addresses may stand below it."""
    for number in range(len(lines) - 1, -1, -1):
        line = lines[number].strip(" *_-~\t")
        if not line:
            continue
        words = re.findall(r"\w+", fold(line[:SHORT]))
        if words and known.issuperset(words):
            return number
        if not _CONTACT.search(fold(line)) or len(words) > _MOST_NAMES or asks(line):
            return None
    return None
