"""What every stored record is made of."""

from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from workers.contracts.errors import RecordError


class Record(BaseModel):
    """Base of everything that is stored: frozen, and fields that this version lacks are ignored."""

    model_config = ConfigDict(frozen=True)

    @classmethod
    def read(cls, raw: Mapping[str, str] | str, name: str) -> Self:
        """The record in a hash or in JSON; `name` is what an error calls it.

        Raises:
            RecordError: it was written by another version, or is damaged.
        """
        try:
            if isinstance(raw, str):
                return cls.model_validate_json(raw)
            return cls.model_validate(dict(raw))
        except ValidationError as error:
            raise RecordError(name, raw) from error
