"""Commands with their real output in a terminal, as a picture; each argument is a command line.

    python examples/screenshot.py docs/images/answer.svg 'atende doctor' 'atende documents list'

Each runs in a pseudo-terminal, colours and all. For `atende ask`, `atende up` must run, and the
sample clinic's documents must be ingested.
"""

import os
import pty
import re
import shlex
import sys
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

COLUMNS = 92
#: What Rich shows only for a while: from the hidden cursor to the erased line.
TRANSIENT = re.compile(r"\x1b\[\?25l.*?\x1b\[1A\x1b\[2K", re.DOTALL)
#: A picture must not fetch a font from elsewhere.
FONT_FACES = re.compile(r"@font-face \{.*?\}", re.DOTALL)


def main() -> None:
    """Run the commands and write the picture; status 1 where one of them failed."""
    target, *lines = sys.argv[1:]
    console = Console(record=True, width=COLUMNS, file=StringIO())
    failed = 0
    for line in lines:
        output, status = run(shlex.split(line))
        console.print(Text(f"$ {line}", style="bold"))
        console.print(Text.from_ansi(TRANSIENT.sub("", output).strip()))
        console.print()
        failed += status != 0
    picture = console.export_svg(title="Atende", theme=MONOKAI, unique_id="answer")
    Path(target).write_text(FONT_FACES.sub("", picture), "utf-8")
    sys.exit(min(failed, 1))


def run(command: list[str]) -> tuple[str, int]:
    """What the command wrote to its terminal, and its exit status."""
    os.environ |= {"COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    output = bytearray()

    def read(descriptor: int) -> bytes:
        data = os.read(descriptor, 4096)
        output.extend(data)
        return data

    status = pty.spawn(command, read)
    return output.decode().replace("\r\n", "\n"), os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    main()
