"""Access tokens for mailboxes that take no password: Microsoft's and Google's.

    TokenError              an access token was not to be had; `words` say why, and name no secret
    ├── TokenRefusedError   the registration or its secret was refused: somebody has to repair it
    └── TokenAwayError      the endpoint did not answer, or not with a token: it is asked again

Client credentials (RFC 6749, 4.4) where the channel holds no refresh token, which is Microsoft's
way for an application; else the refresh token (RFC 6749, 6), which is Google's.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from pydantic import SecretStr

from workers.channels.email.tls import client_context
from workers.contracts.email_channel import MailOAuth

#: Seconds that an endpoint may take.
_TIMEOUT_SECONDS: Final = 15.0
#: Seconds before its end in which a token is not used any more: a log-in takes a while.
_MARGIN_SECONDS: Final = 120.0
#: Seconds that a token is used for which an endpoint gives no end.
_UNSAID_SECONDS: Final = 600.0
#: What endpoints call a refusal that no second try changes (RFC 6749, 5.2).
_REFUSALS: Final = frozenset(
    {
        *("invalid_client", "invalid_grant", "invalid_request", "invalid_scope"),
        *("unauthorized_client", "unsupported_grant_type", "access_denied", "invalid_resource"),
        *("interaction_required", "consent_required"),
    }
)


class TokenError(Exception):
    """An access token was not to be had; the message is a fixed sentence."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class TokenRefusedError(TokenError):
    """The registration, its secret or its refresh token was refused."""


class TokenAwayError(TokenError):
    """The endpoint did not answer, or not with a token."""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, and the Unix second from which it is not to be used any more."""

    access: SecretStr
    ends_at: float


@dataclass(slots=True)
class _Slot:
    """The token of one registration; one thread at a time fetches it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    token: Token | None = None


class Tokens:
    """Access tokens, for threads: each is fetched once and kept until shortly before its end.

    Registrations do not wait for each other.

    Args:
        clock: Unix seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._slots: dict[MailOAuth, _Slot] = {}

    def token(self, oauth: MailOAuth, ca_file: Path | None = None) -> Token:
        """A token that can be used now; may ask the endpoint, for 15 s at most.

        Args:
            oauth: the registration.
            ca_file: as of `client_context`.

        Raises:
            TokenRefusedError: somebody has to repair the channel.
            TokenAwayError: it may be had later.
        """
        slot = self._slot(oauth)
        with slot.lock:
            if slot.token is None or self._clock() >= slot.token.ends_at:
                slot.token = None
                slot.token = self._fetch(oauth, ca_file)
            return slot.token

    def forget(self, oauth: MailOAuth) -> None:
        """Do not use its token again: a server refused it before its end."""
        self._slot(oauth).token = None

    def _slot(self, oauth: MailOAuth) -> _Slot:
        with self._lock:
            return self._slots.setdefault(oauth, _Slot())

    def _fetch(self, oauth: MailOAuth, ca_file: Path | None) -> Token:
        asked_at = self._clock()
        try:
            reply = _ask(oauth, ca_file)
        except OAuthError as error:
            if str(error.error) in _REFUSALS:
                raise TokenRefusedError(_refusal(str(error.error))) from None
            raise TokenAwayError("The token endpoint gave an error and no token.") from None
        except (httpx2.HTTPError, OSError):
            raise TokenAwayError("The token endpoint could not be reached.") from None
        except ValueError:  # it answered with something else than JSON
            raise TokenAwayError("The token endpoint gave no token.") from None
        return _token(reply, asked_at)


def xoauth2(user: str, access: SecretStr) -> bytes:
    """What SASL XOAUTH2 sends, for IMAP and SMTP, before base64."""
    return f"user={user}\x01auth=Bearer {access.get_secret_value()}\x01\x01".encode()


def _ask(oauth: MailOAuth, ca_file: Path | None) -> dict[str, Any]:
    secret, refresh = oauth.client_secret, oauth.refresh_token
    client = OAuth2Client(
        client_id=oauth.client_id,
        client_secret=secret.get_secret_value() if secret else None,
        # In the body: Microsoft and Google take it there, and Google's is not URL-encoded.
        token_endpoint_auth_method="client_secret_post" if secret else "none",
        scope=oauth.scope,
        timeout=_TIMEOUT_SECONDS,
        verify=client_context(ca_file),
    )
    with client:
        if refresh:
            reply = client.refresh_token(oauth.token_url, refresh.get_secret_value())
        else:
            reply = client.fetch_token(oauth.token_url, grant_type="client_credentials")
    return dict(reply)


def _token(reply: dict[str, Any], asked_at: float) -> Token:
    access = reply.get("access_token")
    if not isinstance(access, str) or not access:
        raise TokenAwayError("The token endpoint gave no token.")
    try:
        seconds = float(reply.get("expires_in") or _UNSAID_SECONDS)
    except (TypeError, ValueError):
        seconds = _UNSAID_SECONDS
    # A token that lives shorter than the margin is used for half its life, not fetched each time.
    return Token(SecretStr(access), asked_at + max(seconds - _MARGIN_SECONDS, seconds / 2))


def _refusal(code: str) -> str:
    """`code` is one of `_REFUSALS`: nothing of what the endpoint wrote itself is quoted."""
    return (
        f"The token endpoint refused the channel's registration ({code}): correct client_id, "
        "client_secret, refresh_token or scope."
    )
