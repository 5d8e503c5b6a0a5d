"""Where in a plain text a quoted mail begins, and what stands between its lines. Pure.

quotequail knows the introductions of several programs; what it leaves is told by a few rules:
its lines in Portuguese and English that a mail in Brazil shows, headers of Outlook, and answers
below or between the quoted lines.
"""

import re
from collections.abc import Sequence
from typing import Final

import quotequail

from ingestion.folding import fold

#: Characters of a line that quotequail reads: its expressions take the cube of a long one.
MOST_LINE: Final = 200
#: Lines over which an introduction may be broken.
_INTRO_LINES: Final = 4
#: Lines after its first one in which a copied header must go on.
_HEADER_LINES: Final = 8

#: `Em …`, `On …` and their end, folded.
_INTRO_START: Final = re.compile(r"(?:em|no dia|on|a|il|le|el|op|am)\b.{0,80}\d")
_INTRO_END: Final = re.compile(
    r"(?:escreveu|wrote|escribio|a ecrit|schrieb|ha scritto)(?: o seguinte| the following)?"
    r" ?(?:\([^)]{0,80}\))? ?:?(?: ?[-_]{2,})?$"
)
#: An introduction that its own words give away, folded.
_INTRO: Final = re.compile(
    r"(?:-{2,} ?)?(?:em|on) .{0,160}\d.{0,160}(?:escreveu|wrote) ?:?(?: ?-{2,})?$"
    r"|.{2,120}[<(\[]\S{1,120}@\S{1,120}[>)\]] ?,?"
    r" (?:escreveu|wrote|escribio)\b.{0,80}:$"
    r"|(?:citando|quoting) .{2,160}:$"
    r"|\d{4}-\d\d-\d\d \d\d?:\d\d .{0,120}<\S{1,120}@\S{1,120}>:$"
)
#: A rule with words, or the words alone, folded.
_RULE: Final = re.compile(
    r"(?:[-_=]{2,} ?)?(?:mensagem|message|e-?mail)?(?: ?original message| ?mensagem original"
    r"| original| encaminhad[ao]| reenviad[ao]| forwarded message)[: ]{0,3}(?:[-_=]{2,})$"
    r"|[-_=]{2,} ?(?:original message|forwarded message|mensagem original|mensagem encaminhada"
    r"|mensagem anterior|e-?mail original|forwarded by .{1,80}|reply message|resposta anterior"
    r"|encaminhada por .{1,80})\b.{0,40}$"
    r"|(?:inicio da mensagem (?:encaminhada|reenviada)|begin forwarded message"
    r"|mensagem original|original message|mensagem encaminhada) ?:?$"
)
_LINE: Final = re.compile(r"[_\-=]{10,}$")
_FROM: Final = re.compile(r"[*_> ]{0,4}(?:de|from|remetente|von)[*_ ]{0,2}: ?.{0,10}\S")
_HEADER: Final = re.compile(
    r"[*_> ]{0,4}(?:enviad[ao](?: em)?|data|date|sent|para|to|assunto|subject|cc|cco|destinatario"
    r"|reply-to|responder a|importancia|importance)[*_ ]{0,2}:"
)


def quote_start(lines: Sequence[str]) -> int | None:
    """The line in which an introduction or a copied header begins; None where there is none."""
    folded = [" ".join(fold(line[: MOST_LINE * 2]).split()) for line in lines]
    starts = [number for number in range(len(folded)) if _begins(folded, number)][:1]
    known = _known_start(lines)
    if known is not None:
        starts.append(known)
    return _with_line(folded, min(starts)) if starts else None


def _known_start(lines: Sequence[str]) -> int | None:
    """Where quotequail sees one."""
    text = "\n".join(line if len(line) <= MOST_LINE else "…" for line in lines)
    pieces = quotequail.quote(text, limit=len(lines) + 1, quote_intro_line=True)
    return pieces[0][1].count("\n") + (1 if pieces[0][1] else 0) if len(pieces) > 1 else None


def _begins(folded: Sequence[str], number: int) -> bool:
    line = folded[number].lstrip("> *_")
    if not line:
        return False
    if _RULE.match(line) or _INTRO.match(line):
        return True
    return _is_copied_header(folded, number) or _is_broken_intro(folded, number)


def _is_copied_header(folded: Sequence[str], number: int) -> bool:
    if not _FROM.match(folded[number]):
        return False
    rest = folded[number + 1 : number + 1 + _HEADER_LINES]
    return sum(_HEADER.match(line) is not None for line in rest) >= 2  # noqa: PLR2004 - `De:` alone is none


def _is_broken_intro(folded: Sequence[str], number: int) -> bool:
    """An introduction of several lines, without an empty one in it."""
    if not _INTRO_START.match(folded[number].lstrip("> *_-")):
        return False
    for end in range(number, min(number + _INTRO_LINES, len(folded))):
        if not folded[end].strip("> "):
            return False
        if _INTRO_END.search(folded[end][-120:]):
            return True
    return False


def _with_line(folded: Sequence[str], start: int) -> int:
    """The rule above an introduction belongs to it."""
    above = start - 1
    while above >= 0 and not folded[above]:
        above -= 1
    return above if above >= 0 and _LINE.match(folded[above]) else start


def intro_end(lines: Sequence[str], start: int) -> int:
    """The line after an introduction that begins in `start`."""
    for number in range(start, min(start + _INTRO_LINES, len(lines))):
        line = " ".join(fold(lines[number][: MOST_LINE * 2]).split())
        if line.endswith(":") or _INTRO_END.search(line[-120:]):
            return number + 1
    return start + 1


def is_quoted(line: str) -> bool:
    """Whether a line is marked as quoted."""
    return line.lstrip(" \t").startswith((">", "|>"))


def unquoted(lines: Sequence[str]) -> list[str]:
    """The lines without the quoted ones, an empty one in their place.

    A line between two quoted ones that only ends the first is the quote's, broken by a program.
    """
    kept: list[str] = []
    for number, line in enumerate(lines):
        if is_quoted(line) or _is_wrapped(lines, number):
            if kept and kept[-1]:
                kept.append("")
        else:
            kept.append(line)
    return kept


def _is_wrapped(lines: Sequence[str], number: int) -> bool:
    if not 0 < number < len(lines) - 1:
        return False
    before, line, after = lines[number - 1 : number + 2]
    return (
        is_quoted(before)
        and is_quoted(after)
        and len(before) > 60  # noqa: PLR2004 - programs break at 72 to 78
        and line[:1].islower()
        and len(line) < 30  # noqa: PLR2004
        and not line.rstrip().endswith("?")
    )
