"""An answer as WhatsApp shows it: Markdown turned into what it knows, all else as it was written.

WhatsApp takes `*bold*`, `_italic_`, `~strike~` and backticks wherever two of them stand in a line,
and has no way to escape them; zero-width characters are not sure to break a pair, and whoever
copies an address gets them, too. So such a character of a document becomes one that looks the same.
"""

import re
from collections.abc import Collection, Mapping
from typing import Final

from workers.channels.markup import ADDRESS, BOLD, in_line, marked_lines

#: What formats in WhatsApp, and what looks the same and does not.
LOOK_ALIKES: Final = {"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb"}
#: A line that begins so is a quotation; "> 60 anos" is none.
_QUOTATION: Final = re.compile(r"^(\s*)>(?=\s)", re.MULTILINE)
_GREATER: Final = "\uff1e"
_EMPTY_LINES: Final = re.compile(r"\n(?:[ \t]*\n)+")


def formatted(text: str, headings: Collection[str] = ()) -> str:
    """What the model or a document says, as WhatsApp shows it.

    Args:
        text: plain, or Markdown.
        headings: lines that are headings, as they stand in the text.
    """
    lines = marked_lines(text, headings)
    joined = _EMPTY_LINES.sub("\n\n", "\n".join(map(_neutral, lines))).strip()
    return joined.replace(BOLD, "*")


def neutral(text: str) -> str:
    """A title or a name in which nothing formats, whatever stands around it; in one line."""
    return _translated(in_line(text), LOOK_ALIKES)


def _neutral(line: str) -> str:
    """A line in which nothing of what it says formats."""
    line = _QUOTATION.sub(rf"\1{_GREATER}", line)
    pairs = {
        sign: same
        for sign, same in LOOK_ALIKES.items()
        if line.count(sign) > 1 or (sign == "*" and BOLD in line)
    }
    return _translated(line, pairs)


def _translated(line: str, signs: Mapping[str, str]) -> str:
    """The line with its signs replaced; addresses stay as they are."""
    table = str.maketrans(dict(signs))
    end, parts = 0, []
    for address in ADDRESS.finditer(line):
        parts += [line[end : address.start()].translate(table), address.group()]
        end = address.end()
    return "".join([*parts, line[end:].translate(table)])
