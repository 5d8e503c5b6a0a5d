"""The files of the texts that a clinic may edit: found, read, parsed; where one fails, and how."""

from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import Final

import jinja2
from jinja2 import StrictUndefined, Template
from jinja2.sandbox import SandboxedEnvironment

from workers.answering.errors import TemplateError

_OWN_FOLDER: Final = Path(__file__).parent / "prompts"
_SUFFIXES: Final = frozenset({".j2", ".txt"})


def check_folder(prompt_dir: Path, known: Collection[Path]) -> None:
    """See that a clinic's folder holds nothing that would be ignored.

    Args:
        prompt_dir: the folder.
        known: the names of all files that are read, below it.

    Raises:
        TemplateError: it is missing, or holds a file that nothing reads.
    """
    if not prompt_dir.is_dir():
        raise TemplateError(f"ATENDE_PROMPT_DIR={prompt_dir} is not a folder.")
    for path in sorted(prompt_dir.rglob("*")):
        name = path.relative_to(prompt_dir)
        if path.suffix in _SUFFIXES and name not in known:
            names = ", ".join(sorted(map(str, known)))
            raise TemplateError(f"Nothing reads {path}. The files are: {names}.")


def file_of(prompt_dir: Path | None, name: Path) -> Path:
    """A clinic's own file, else Atende's; `name` is `<language>/<file>`."""
    custom = prompt_dir / name if prompt_dir else None
    return custom if custom and custom.is_file() else _OWN_FOLDER / name


def read(path: Path) -> str:
    """A file's text.

    Raises:
        TemplateError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(f"{path} cannot be read as UTF-8 text: {error}") from None


def parse(source: str, path: Path) -> Template:
    """A text as a template.

    Raises:
        TemplateError: it does not parse.
    """
    # Prompts are plain text: escaping for HTML would put &quot; into them.
    environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    try:
        code = environment.compile(source, name=path.name, filename=str(path))
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(f"{path}, line {error.lineno}: {error.message}") from None
    return Template.from_code(environment, code, environment.make_globals(None))


def line_of(traceback: TracebackType | None, path: Path) -> int | str:
    """The template's line, which Jinja writes into the traceback."""
    line: int | str = "?"
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == str(path):
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line
