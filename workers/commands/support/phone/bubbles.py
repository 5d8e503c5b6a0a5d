"""How a bubble looks in a terminal: time, author, what it quotes, words as WhatsApp marks them."""

import re
import textwrap
from datetime import datetime
from typing import Final

from rich.text import Text

from workers.simulation.whatsapp.chat import Bubble, State

#: How WhatsApp marks words, and how a terminal shows them.
_MARKS: Final = {"*": "bold", "_": "italic", "~": "strike"}
_MARKED: Final = re.compile(r"(?<!\w)([*_~])(?=\S)(.+?)(?<=\S)\1(?!\w)", re.DOTALL)
_WHO: Final = {"patient": "você", "assistant": "clínica", "person": "pessoa"}
_STYLES: Final = {"patient": "cyan", "assistant": "green", "person": "magenta"}
_TICKS: Final = {State.SENT: "✓", State.DELIVERED: "✓✓", State.READ: "✓✓"}
_KINDS: Final = {
    "audio": "[áudio]",
    "image": "[foto]",
    "document": "[documento]",
    "video": "[vídeo]",
    "sticker": "[figurinha]",
}
#: What stands below the time and the author.
INDENT: Final = " " * 16


def line_of(bubble: Bubble, quoted: Bubble | None = None, width: int | None = None) -> Text:
    """A bubble with its time, its author and, for the patient's, its ticks.

    Args:
        bubble: what is shown.
        quoted: the message that it answers.
        width: columns of the terminal; None: lines are as long as they are.
    """
    sent_at = datetime.fromtimestamp(bubble.at).astimezone()
    text = Text().append(f"{sent_at:%H:%M}  ", "dim")
    text.append(_WHO[bubble.by].ljust(9), _STYLES[bubble.by])
    if quoted is not None:
        text.append(f"| {_content(quoted)[:48]}\n{INDENT}", "dim")
    lines = _content(bubble).splitlines()
    if width is not None:
        lines = [part for line in lines for part in _wrapped(line, width - len(INDENT))]
    text.append(formatted(f"\n{INDENT}".join(lines)))
    for _, title in bubble.choices:
        text.append(f"\n{INDENT}[ {title} ]", "blue")
    if bubble.by == "patient":
        text.append(f"  {_TICKS.get(bubble.state, '')}", "dim")
    return text


def _content(bubble: Bubble) -> str:
    """Its words, and what it is where it is no text."""
    return " ".join(filter(None, [_KINDS.get(bubble.kind), bubble.text]))


def _wrapped(line: str, width: int) -> list[str]:
    """A line cut at its words; an empty one stays."""
    return textwrap.wrap(line, max(width, 20)) or [""]


def formatted(content: str) -> Text:
    """A text as WhatsApp shows it: `*bold*`, `_italic_`, `~struck~`."""
    text, end = Text(), 0
    for match in _MARKED.finditer(content):
        text.append(content[end : match.start()])
        text.append(match[2], _MARKS[match[1]])
        end = match.end()
    return text.append(content[end:])
