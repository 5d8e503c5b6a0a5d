"""Meta's Graph API as the doctor reads it: one GET, and an object or why there is none.

What Meta says in words is never repeated: its text for a malformed token quotes the token.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import httpx

from workers.contracts.whatsapp_channel import WhatsAppChannel

#: Longest time of one request, in seconds.
_TIMEOUT: Final = 15.0
#: The token is not, or no longer, one.
_TOKEN: Final = frozenset({0, 190})
#: The token may not do this.
_RIGHTS: Final = frozenset({3, 10, 131005, *range(200, 300)})
#: What is asked for is not there, or not for this token.
_UNKNOWN: Final = frozenset({33, 100, 133010})
#: Too many requests.
_BUSY: Final = frozenset({4, 17, 341, 613, 80007, 80008, 130429})
#: The account may not send.
_BARRED: Final = frozenset({368, 130497, 131031, 131042})


@dataclass(frozen=True, slots=True)
class GraphFault:
    """Why Graph gave nothing: what happened, what to do, and its code where it answered."""

    state: str
    repair: str
    code: int | None = None

    @property
    def of_token(self) -> bool:
        """Whether the token itself is refused."""
        return self.code in _TOKEN


class Graph:
    """Graph for one channel. Use it as a context.

    Args:
        channel: whose address, version and token are used.
        transport: how requests are sent; the system's network by default.
    """

    def __init__(
        self, channel: WhatsAppChannel, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._channel = channel
        self._client = httpx.Client(
            base_url=f"{channel.graph_url}/{channel.graph_version}",
            headers={"Authorization": f"Bearer {channel.token.get_secret_value()}"},
            timeout=_TIMEOUT,
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(
        self, path: str, parameters: Mapping[str, str] | None = None
    ) -> dict[str, Any] | GraphFault:
        """The object at a path, or why there is none."""
        try:
            response = self._client.get(path, params=parameters)
        except httpx.HTTPError as error:
            return GraphFault(
                f"{self._channel.graph_url} does not answer ({type(error).__name__})",
                "Let this machine and the callbacks worker reach it: DNS, firewall, proxy.",
            )
        try:
            content: Any = response.json()
        except ValueError:
            content = None
        if response.is_success and isinstance(content, dict):
            return content
        refusal = content.get("error") if isinstance(content, dict) else None
        code = refusal.get("code") if isinstance(refusal, dict) else None
        if not isinstance(code, int):
            return GraphFault(
                f"HTTP {response.status_code} and no answer of Graph's",
                "Check `graph_url` in the channel's file, and metastatus.com.",
            )
        return GraphFault(f"refused, code {code}", self._repair(code), code)

    def _repair(self, code: int) -> str:
        name = self._channel.name
        if code in _TOKEN:
            return (
                "Make a token at Meta (Business settings, System users) that never expires, then "
                f"type: atende channels token {name}"
            )
        if code in _RIGHTS:
            return (
                "Give the system user the app and this WhatsApp account with full control, and "
                "make its token with whatsapp_business_messaging and whatsapp_business_management; "
                f"then type: atende channels token {name}"
            )
        if code in _UNKNOWN:
            return (
                "Compare `phone_number_id` and `business_account_id` in the channel's file with "
                "Meta's (WhatsApp, API Setup), and give the token's user this account."
            )
        if code in _BUSY:
            return "Meta asks for patience: try again in some minutes."
        if code in _BARRED:
            return "Open the account's alerts at Meta (Business support home, billing)."
        return f"Look up the code {code} in Meta's table of errors."
