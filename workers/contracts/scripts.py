"""Loads the Lua scripts: each is compiled with the table of transitions and the shared prelude."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from redis.exceptions import ConnectionError as UnreachableError
from redis.exceptions import NoScriptError
from redis.exceptions import TimeoutError as SilentError

from workers.contracts.question import TRANSITIONS

if TYPE_CHECKING:
    from redis import Redis


class DirectScript:
    """A script that names its keys by ARGV, sent over a connection without the client around it.

    redis-py's client costs 24 µs of a call, twice what the connection below it takes. Whatever goes
    wrong is left to the client and its retries, so the script must bear being sent again.
    """

    def __init__(self, redis: "Redis", name: str) -> None:
        self._script = redis.register_script(source(name))
        self._pool = redis.connection_pool

    def __call__(self, args: Sequence[str | int]) -> Any:  # noqa: ANN401 - any reply of Redis
        """The script's reply."""
        connection: Any = self._pool.get_connection()  # redis-py leaves its methods untyped
        try:
            connection.send_command("EVALSHA", self._script.sha, 0, *args)
            return connection.read_response()
        except (NoScriptError, UnreachableError, SilentError):
            pass
        finally:
            self._pool.release(connection)
        return self._script(args=args)


def _transitions() -> str:
    rows = (
        f'["{start}"] = {{{", ".join(f"{end} = true" for end in sorted(ends))}}}'
        for start, ends in TRANSITIONS.items()
    )
    return f"local TRANSITIONS = {{{', '.join(rows)}}}\n"


@cache
def source(name: str) -> str:
    """The whole text of one script, e.g. `settle` or `jobs/take`."""
    folder = files("workers.contracts") / "lua"
    parts = ["prelude", name]
    if name.startswith("jobs/"):
        parts.insert(1, "jobs/shared")
    texts = [(folder / f"{part}.lua").read_text(encoding="utf-8") for part in parts]
    return _transitions() + "".join(texts)
