"""Files of what patients wrote: readable by their owner alone, and whole or not there."""

import os
from pathlib import Path


def write(path: Path, content: bytes) -> None:
    """Write a file in place of the one that may be there; its owner alone may read it.

    Raises:
        OSError: it cannot be written; one that was there stays as it was.
    """
    target = path.resolve()  # a link stays one
    beside = target.with_name(f".{target.name}.part")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(handle)
        beside.replace(target)
    except OSError as error:
        beside.unlink(missing_ok=True)
        error.filename = str(path)
        raise
