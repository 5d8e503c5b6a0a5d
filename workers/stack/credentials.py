"""The secrets of the embedded stack: made at the first start; only their owner can read them."""

import os
import secrets
from pathlib import Path

from pydantic import BaseModel, ValidationError

from workers.stack.errors import CredentialsError


class Credentials(BaseModel):
    """What the first start makes.

    Attributes:
        secret: master secret; callback secrets are derived from it.
        queue_password: password of the embedded Valkey server.
        api_key: key of the first tenant; empty until the API's first start.
    """

    secret: str
    queue_password: str
    api_key: str = ""


def file(data_dir: Path) -> Path:
    """Where they are kept."""
    return data_dir / "credentials.json"


def load(data_dir: Path) -> Credentials | None:
    """Read them; None before the first start.

    Raises:
        CredentialsError: the file is there, but cannot be read.
    """
    path = file(data_dir)
    try:
        return Credentials.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise CredentialsError(
            f"{path} cannot be read ({type(error).__name__}). Nothing was changed. Restore it from "
            f"a copy, or move {data_dir} away to start with an empty queue."
        ) from error


def create() -> Credentials:
    """Fresh random secrets, not saved."""
    return Credentials(secret=secrets.token_urlsafe(32), queue_password=secrets.token_hex(24))


def save(credentials: Credentials, data_dir: Path) -> None:
    """Write them whole or not at all, with mode 0600."""
    data_dir.mkdir(parents=True, exist_ok=True)
    path = file(data_dir)
    scratch = path.with_suffix(".part")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(credentials.model_dump_json(indent=2))
    scratch.replace(path)
