"""Who may call the API: bearer keys, stored as hashes, each bound to a tenant and scopes."""

import base64
import hashlib
import hmac
import secrets
import time
from enum import StrEnum
from typing import TYPE_CHECKING, cast

from workers.contracts import keys
from workers.contracts.record import Record

if TYPE_CHECKING:
    from redis import Redis


class SecretMissingError(Exception):
    """The installation has no master secret."""


class Scope(StrEnum):
    """What a key lets its holder do."""

    ASK = "ask"
    INGEST = "ingest"
    ADMIN = "admin"


class Access(Record):
    """Whom a key lets in. `hint` is the key's last four characters, to tell keys apart."""

    tenant: str
    scopes: frozenset[Scope]
    name: str
    hint: str
    created_at: float


class ApiKeys:
    """API keys in Redis. A key has 256 random bits, so its plain SHA-256 is safe at rest."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    def create(self, tenant: str, scopes: frozenset[Scope], name: str) -> str:
        """Make a key; this return value is the only time that it is seen."""
        key = "atd_" + secrets.token_urlsafe(32)
        access = Access(
            tenant=tenant, scopes=scopes, name=name, hint=key[-4:], created_at=time.time()
        )
        self._redis.hset(keys.ACCESS, _hash(key), access.model_dump_json())
        return key

    def find(self, key: str) -> Access | None:
        """Whom the key lets in; None if nobody. Looked up by hash, so nothing leaks by time."""
        raw = cast("str | None", self._redis.hget(keys.ACCESS, _hash(key)))
        return Access.model_validate_json(raw) if raw else None

    def all(self) -> dict[str, Access]:
        """Every key by its id (the first 12 characters of its hash)."""
        found = cast("dict[str, str]", self._redis.hgetall(keys.ACCESS))
        return {name[:12]: Access.model_validate_json(raw) for name, raw in found.items()}

    def revoke(self, key_id: str) -> bool:
        """Remove the key with this id; False where there is none."""
        names = cast("list[str]", self._redis.hkeys(keys.ACCESS))
        match = [name for name in names if len(key_id) >= 12 and name.startswith(key_id)]  # noqa: PLR2004 - the id's length
        return bool(match and self._redis.hdel(keys.ACCESS, *match))


def callback_secret(master: str, tenant: str) -> str:
    """The tenant's secret for signed callbacks, in the form of Standard Webhooks (`whsec_…`).

    It is derived from the master secret, so that nothing secret is stored in Redis.

    Raises:
        SecretMissingError: there is no master secret; anybody could derive from an empty one.
    """
    if not master:
        raise SecretMissingError(
            "No callback was signed: ATENDE_SECRET is empty. Callbacks wait in the outbox. Set it "
            "to a long random text, the same for the API and every worker, and restart them."
        )
    made = hmac.new(master.encode(), f"callback:{tenant}".encode(), hashlib.sha256).digest()
    return "whsec_" + base64.b64encode(made).decode()


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
