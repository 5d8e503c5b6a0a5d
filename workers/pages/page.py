"""Templates of such pages, over one base: no script, nothing from elsewhere, all texts escaped."""

from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_BASE: Final = Path(__file__).parent


def environment(folder: Path) -> Environment:
    """The templates of a folder, which may extend `base.html.j2`."""
    return Environment(
        loader=FileSystemLoader([folder, _BASE]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
