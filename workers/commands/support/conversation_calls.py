"""Calls of the API about conversations, for `atende conversations`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import httpx

from workers.commands.support.errors import CommandError
from workers.stack.api import api_address, body_of
from workers.stack.errors import ApiError
from workers.stack.settings import load_settings

#: Longest time of one call, in seconds.
_TIMEOUT: Final = 30.0
#: Times that a reply is posted, always with the same key: it is sent once at most.
_POSTS: Final = 3


@contextmanager
def client() -> Iterator[httpx.Client]:
    """A client of the API.

    Raises:
        NotRunningError: there is none.
        ApiError: it does not answer.
    """
    address = api_address(load_settings())
    try:
        with address.client(_TIMEOUT) as calls:
            yield calls
    except httpx.TransportError as error:
        raise ApiError(
            f"{address.url} does not answer ({type(error).__name__}). `atende conversations show` "
            "says whether anything was changed. `atende doctor` checks each part."
        ) from error


def change(
    conversation: str,
    what: str,
    fields: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Post a change; one with an idempotency key again where no answer came."""
    body = {name: value for name, value in fields.items() if value is not None}
    path = f"{path_of(conversation)}/{what}"
    with client() as api:
        for _ in range(_POSTS - 1 if headers else 0):
            try:
                return body_of(api.post(path, json=body, headers=headers))
            except httpx.TransportError:
                continue
        return body_of(api.post(path, json=body, headers=headers))


def path_of(conversation: str) -> str:
    """The path of a conversation.

    Raises:
        CommandError: this is no id.
    """
    if not conversation.isalnum():
        raise CommandError(
            "That is no conversation's id. Nothing was changed. `atende conversations list` shows "
            "them."
        )
    return f"/v1/conversations/{conversation}"


def ids_of(api: httpx.Client, contact: str) -> list[str]:
    """The ids of a contact's conversations, at least one.

    Raises:
        CommandError: there is none.
    """
    page = body_of(api.get("/v1/conversations", params={"contact": contact}))
    if not page["conversations"]:
        raise CommandError(
            f"No conversation of {contact} is kept here. Nothing was erased. `atende conversations "
            "list --all` shows who is."
        )
    return [each["id"] for each in page["conversations"]]
