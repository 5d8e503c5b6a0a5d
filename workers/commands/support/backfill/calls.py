"""The API's calls about backfills. Each may be repeated, so one that finds no API is, for hours."""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import httpx

from workers.channels.backfill.sources.source import Guess
from workers.commands.support.errors import CommandError
from workers.stack.api import ApiAddress, api_address, body_of
from workers.stack.errors import ApiError, NotRunningError
from workers.stack.settings import load_settings

#: Longest time of one call, in seconds.
_TIMEOUT: Final = 60.0
#: First and longest wait before a call is repeated, in seconds.
_WAITS: Final = (0.5, 15.0)
#: Seconds between two looks whether a page is made.
_NEXT_PAGE_SECONDS: Final = 1.0
#: Replies that say "not now": the gateway's, and a queue that is away or full.
_NOT_NOW: Final = frozenset({429, 502, 503, 504})
#: Backfills as the API gives them.
Json = dict[str, Any]


class GivenUpError(Exception):
    """The user waits no longer for an API that is away."""


class Calls:
    """The calls that the commands make. One that finds no API fails, until `be_patient`."""

    def __init__(self) -> None:
        self._on_away: Callable[[str], None] | None = None
        self._wait: Callable[[float], object] = time.sleep
        self._client: httpx.Client | None = None
        self._address: ApiAddress | None = None

    def be_patient(self, on_away: Callable[[str], None], wait: Callable[[float], object]) -> None:
        """Repeat from now on what finds no API.

        Args:
            on_away: told each time, with a sentence.
            wait: sleeps for so many seconds; it may raise to give up.
        """
        self._on_away, self._wait = on_away, wait

    def close(self) -> None:
        """Close the connection; a later call opens another one."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def listed(self) -> list[Json]:
        """All backfills of the clinic."""
        return list(body_of(self._get("/v1/backfills"))["backfills"])

    def meant(self, name: str) -> Json:
        """The backfill of an id, a name, or a name's beginning where that is one alone.

        Raises:
            CommandError: there is none, or several begin so.
        """
        backfills = self.listed()
        for means in (_is_exactly, _begins_so):
            meant = [each for each in backfills if means(each, name)]
            if len(meant) == 1:
                return meant[0]
        if meant:
            names = ", ".join(each["name"] for each in meant)
            raise CommandError(f"{name} could be {names}. Nothing was changed. Say which.")
        known = ", ".join(backfill["name"] for backfill in backfills[:10])
        raise CommandError(
            f"There is no backfill {name}. Nothing was changed. "
            + (f"There are: {known}." if known else "There is none at all.")
        )

    def named(self, name: str) -> Json | None:
        """The backfill of exactly this name; None: there is none."""
        return next((each for each in self.listed() if each["name"] == name), None)

    def create(self, fields: Mapping[str, Any]) -> tuple[Json, bool]:
        """The backfill of a name, and whether it is new."""
        response = self._post("/v1/backfills", fields)
        return body_of(response), response.status_code == httpx.codes.CREATED

    def read(self, backfill: str) -> Json:
        """A backfill's record."""
        return body_of(self._get(_path(backfill)))

    def add(self, backfill: str, rows: Sequence[bytes]) -> Json:
        """Hand rows over, each a line of JSON; known ones are passed over."""
        headers = {"Content-Type": "application/x-ndjson"}
        body = b"\n".join(rows)
        path = f"{_path(backfill)}/rows"
        return body_of(self._call(lambda api: api.post(path, content=body, headers=headers)))

    def seal(self, backfill: str, left_out: Mapping[str, int], guesses: Sequence[Guess]) -> Json:
        """All rows are there: they may be asked."""
        shown = [(guess.what, guess.value) for guess in guesses]
        fields = {"left_out": dict(left_out), "guesses": shown}
        return self.change(backfill, "seal", fields)

    def change(self, backfill: str, what: str, fields: Mapping[str, Any] | None = None) -> Json:
        """`seal`, `pause`, `resume`, `cancel` or `redo` a backfill."""
        return body_of(self._post(f"{_path(backfill)}/{what}", fields or {}))

    def results(self, backfill: str, after: int, limit: int) -> list[Json]:
        """The results after a number, in their order; empty where there is none yet."""
        parameters: dict[str, Any] = {"after": after, "limit": limit, "format": "ndjson"}
        return list(_lines(self._get(f"{_path(backfill)}/results", parameters)))

    def page(self, backfill: str, what: str) -> bytes:
        """The `report` or the `pairs`, once it is made.

        Raises:
            ApiError: it cannot be made.
        """
        while True:
            response = self._get(f"{_path(backfill)}/{what}")
            if response.status_code != httpx.codes.ACCEPTED:
                if not response.is_success:
                    body_of(response)
                return response.content
            self._wait(_NEXT_PAGE_SECONDS)

    def remove(self, backfill: str) -> None:
        """Erase a backfill."""
        response = self._call(lambda api: api.delete(_path(backfill)))
        if not response.is_success:
            body_of(response)

    def _get(self, path: str, parameters: Mapping[str, Any] | None = None) -> httpx.Response:
        return self._call(lambda api: api.get(path, params=parameters))

    def _post(self, path: str, fields: Mapping[str, Any]) -> httpx.Response:
        body = {name: value for name, value in fields.items() if value is not None}
        return self._call(lambda api: api.post(path, json=body))

    def _call(self, call: Callable[[httpx.Client], httpx.Response]) -> httpx.Response:
        """One reply of the API, after as many tries as it takes.

        Raises:
            ApiError: it does not answer, and nobody waits for it.
            NotRunningError: there is none, likewise.
        """
        pause, longest = _WAITS
        while True:
            try:
                response = call(self._connected())
            except (httpx.TransportError, NotRunningError) as error:
                self.close()
                trouble = self._words(error)
                if self._on_away is None:
                    raise _as_api_error(error, trouble) from error
            else:
                if self._on_away is None or response.status_code not in _NOT_NOW:
                    return response
                trouble = f"The API says: not now ({response.status_code})."
            self._on_away(trouble)
            self._wait(pause * random.uniform(0.75, 1.25))  # noqa: S311 - jitter, no secret
            pause = min(2 * pause, longest)

    def _connected(self) -> httpx.Client:
        """The client; the address is read anew after each failure, as the stack may have moved."""
        if self._client is None:
            self._address = api_address(load_settings())
            self._client = self._address.client(_TIMEOUT)
        return self._client

    def _words(self, error: Exception) -> str:
        if isinstance(error, NotRunningError):
            return str(error)
        url = self._address.url if self._address else "The API"
        return f"{url} does not answer ({type(error).__name__})."


def _as_api_error(error: Exception, trouble: str) -> Exception:
    if isinstance(error, NotRunningError):
        return error
    return ApiError(f"{trouble} What it had taken is kept. `atende doctor` checks each part.")


def _path(backfill: str) -> str:
    return f"/v1/backfills/{backfill}"


def _lines(response: httpx.Response) -> Iterator[Json]:
    if not response.is_success:
        body_of(response)
    for line in response.content.splitlines():
        if line.strip():
            yield json.loads(line)


def _is_exactly(backfill: Json, name: str) -> bool:
    return name in {backfill["id"], backfill["name"]}


def _begins_so(backfill: Json, name: str) -> bool:
    return bool(backfill["name"].startswith(name))
