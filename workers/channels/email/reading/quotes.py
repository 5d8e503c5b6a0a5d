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
    r"[-_=]{2,} ?(?:original message|forwarded message|mensagem (?:original|encaminhada|anterior"
    r"|reenviada)|e-?mail original|forwarded by .{1,80}|encaminhad[ao] por .{1,80}"
    r"|reply message|resposta anterior)\b.{0,40}$"
    r"|(?:inicio da mensagem (?:encaminhada|reenviada)|begin forwarded message"
    r"|mensagem (?:original|encaminhada)|original message)(?: ?[:_=-]{0,40})$"
)
#: What an introduction holds and a sentence about a letter does not: an address, a time of day.
_MOMENT: Final = re.compile(r"@|\b\d{1,2}[:h]\d\d\b")
_LINE: Final = re.compile(r"[_\-=]{10,}$")
_FROM: Final = re.compile(r"[*_> ]{0,4}(?:de|from|remetente|von)[*_ ]{0,2}: ?.{0,10}\S")
_HEADER: Final = re.compile(
    r"[*_> ]{0,4}(?:enviad[ao](?: em)?|data|date|sent|para|to|assunto|subject|cc|cco|destinatario"
    r"|reply-to|responder a|importancia|importance)[*_ ]{0,2}:"
)

#: Of these, those that no wish for another day has.
_OF_MAILS: Final = re.compile(r"[*_> ]{0,4}(?:enviad[ao]|sent|assunto|subject)\b|.{0,200}@")


def quote_start(lines: Sequence[str]) -> int | None:
    """The line in which an introduction or a copied header begins; None where there is none."""
    folded = [" ".join(fold(line[: MOST_LINE * 2]).split()) for line in lines]
    known = _known_start(lines)
    starts = (n for n in range(len(folded)) if n == known or _begins(folded, n))
    start = next((n for n in starts if _is_sure(folded, n)), None)
    return None if start is None else _with_line(folded, start)


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
    headers = [line for line in rest if _HEADER.match(line)]
    # "De: segunda, Para: quinta, Data: 10/12" is a wish, and no mail.
    is_mail = any(_OF_MAILS.match(line) for line in headers) or "@" in folded[number]
    return is_mail and len(headers) >= 2  # noqa: PLR2004 - `De:` alone is none


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


def _is_sure(folded: Sequence[str], start: int) -> bool:
    """Whether a mail begins here: "em 10/11 o médico escreveu:" introduces none, a rule neither."""
    line = folded[start].lstrip("> *_-")
    if _LINE.match(folded[start]):
        below = [n for n in range(start + 1, len(folded)) if folded[n]][:1]
        return any(_is_copied_header(folded, n) for n in below)
    if not _INTRO_START.match(line):
        return True
    intro = " ".join(folded[start : start + _INTRO_LINES])
    below_intro = (each for each in folded[start + 1 : start + 8] if each)
    return bool(_MOMENT.search(intro)) or any(each.startswith(">") for each in below_intro)


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
