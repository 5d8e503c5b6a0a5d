"""The files of the word lists, line by line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent


def lines(name: str) -> Iterator[tuple[str, str]]:
    """The lines of a file with the section that each stands in; `//` begins a remark.

    Args:
        name: below this folder.
    """
    section = ""
    for raw in (_FOLDER / name).read_text("utf-8").splitlines():
        line = raw.partition("//")[0].strip()
        if line.startswith("["):
            section = line.strip("[]")
        elif line:
            yield section, line
