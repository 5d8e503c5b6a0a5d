"""The API that a command calls: where it is, its key, and how its replies are read."""

from dataclasses import dataclass
from typing import Any

import httpx

from workers.stack import credentials
from workers.stack.errors import ApiError, NotRunningError
from workers.stack.running_stack import running_stack
from workers.stack.settings import LocalSettings


@dataclass(frozen=True, slots=True)
class ApiAddress:
    """Where the API is, and the key that opens it."""

    url: str
    key: str

    def client(self, timeout: float) -> httpx.Client:
        """A client with this key, whose requests take `timeout` seconds at most."""
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=timeout)


def api_address(settings: LocalSettings) -> ApiAddress:
    """The API to call: the one that is set, else the stack of this machine.

    Raises:
        CredentialsError: the stack's key cannot be read.
        NotRunningError: there is no API, or no key for it.
    """
    stack = running_stack(settings)
    url = settings.url or (stack.url if stack else None)
    if url is None:
        raise NotRunningError(
            "No stack is running here. Start one with `atende up` in another terminal, or set "
            "ATENDE_URL and ATENDE_API_KEY to an Atende elsewhere."
        )
    saved = credentials.load(settings.data_dir)
    key = settings.api_key or (saved.api_key if saved else "")
    if not key:
        raise NotRunningError(f"There is no API key for {url}. Set ATENDE_API_KEY.")
    return ApiAddress(url.rstrip("/"), key)


def body_of(response: httpx.Response) -> dict[str, Any]:
    """The JSON object of a reply.

    Raises:
        ApiError: the API refused the request; the message gives its reason.
    """
    if response.is_success:
        body: dict[str, Any] = response.json()
        return body
    try:
        problem = response.json()
        reason = problem.get("detail") or problem.get("title")
    except ValueError:
        reason = response.reason_phrase
    raise ApiError(f"The API refused the request ({response.status_code}): {reason}")
