"""What every stored record is made of."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """Base of everything that is stored: frozen, and no field unknown to the code that reads."""

    model_config = ConfigDict(frozen=True)
