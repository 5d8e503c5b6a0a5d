"""Front matter: what stands in YAML between two lines `---` at a text's beginning."""

import re
from dataclasses import dataclass
from typing import Final

import yaml

from ingestion.validity import UNSAID, Validity, ValidityError, field_of

#: Front matter of more characters is text.
_MOST_CHARACTERS: Final = 10_000
_BLOCK: Final = re.compile(
    r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What a text says of itself before it begins.

    Attributes:
        validity: when it holds, what it replaces.
        notes: what of it could not be read, for the user.
        length: characters up to the text; 0 where there is nothing of ours.
    """

    validity: Validity = UNSAID
    notes: tuple[str, ...] = ()
    length: int = 0


def read_front_matter(text: str) -> FrontMatter:
    """The front matter at a text's beginning, by its keys; see `validity.FIELDS`."""
    block = _BLOCK.match(text[:_MOST_CHARACTERS])
    if block is None:
        return FrontMatter()
    try:
        # Its strings alone: a date that does not exist must not end the reading.
        content = yaml.load(block.group(1), Loader=yaml.BaseLoader)  # noqa: S506 - makes no objects
    except yaml.YAMLError:
        return FrontMatter()  # mostly a text that begins with a ruled line
    if not isinstance(content, dict):
        return FrontMatter()
    fields = {
        field: value.strip()
        for key, value in content.items()
        if isinstance(key, str) and isinstance(value, str) and (field := field_of(key))
    }
    if not fields:
        return FrontMatter()
    validity, notes = UNSAID, []
    for field, value in fields.items():
        try:
            validity = validity.changed({field: value})
        except ValidityError as error:
            notes.append(f"Its front matter was read but for this: {error}. Correct it there.")
    return FrontMatter(validity, tuple(notes), block.end())
