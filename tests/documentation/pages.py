"""The documents for people, and what stands in them."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]

_FENCE: Final = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_SHELLS: Final = frozenset({"sh", "bash", "console", "shell"})
_INLINE: Final = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


def pages() -> list[Path]:
    """Every document for people."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "examples/README.md"])


def blocks(text: str, *languages: str) -> list[str]:
    """The fenced blocks in one of these languages."""
    return [body for _, language, body in _FENCE.findall(text) if language in languages]


def prose(text: str) -> str:
    """The page without its fenced blocks."""
    return _FENCE.sub("", text)


def inline(text: str) -> list[str]:
    """What stands between single backticks, outside of fenced blocks."""
    return _INLINE.findall(prose(text))


def commands(text: str) -> Iterator[list[str]]:
    """The words of each command line of the shell blocks, `a && b` taken apart."""
    for block in blocks(text, *_SHELLS):
        for line in block.replace("\\\n", " ").splitlines():
            words: list[str] = []
            for word in [*shlex.split(line.removeprefix("$ "), comments=True), "&&"]:
                if word not in {"&&", "||", "|", ";"}:
                    words.append(word)
                elif words:
                    yield words
                    words = []
