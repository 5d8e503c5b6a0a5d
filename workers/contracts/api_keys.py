"""Who may call the API: bearer keys, stored as hashes, each bound to a tenant and scopes."""

import hashlib
import secrets
import time
from enum import StrEnum
from typing import TYPE_CHECKING, cast

from workers.contracts import keys, logs
from workers.contracts.errors import RecordError
from workers.contracts.record import Record

if TYPE_CHECKING:
    from redis import Redis

_log = logs.logger(__name__)
#: A key's id: so many of the first characters of its hash.
_ID_LENGTH = 12


class Scope(StrEnum):
    """What a key lets its holder do."""

    ASK = "ask"
    INGEST = "ingest"
    ATTEND = "attend"  #: read what patients wrote, and answer them as a person
    BACKFILL = "backfill"  #: have many old questions answered into a file
    ADMIN = "admin"  #: all of them


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
        """Whom the key lets in; None if nobody. Looked up by hash, so nothing leaks by time.

        Raises:
            RecordError: what is stored cannot be read.
        """
        raw = cast("str | None", self._redis.hget(keys.ACCESS, _hash(key)))
        return Access.read(raw, "an API key") if raw else None

    def all(self) -> dict[str, Access]:
        """Every key by its id; one whose record cannot be read is logged and left out."""
        holders: dict[str, Access] = {}
        records = cast("dict[str, str]", self._redis.hgetall(keys.ACCESS))
        for key_hash, raw in records.items():
            try:
                holders[key_hash[:_ID_LENGTH]] = Access.read(raw, "an API key")
            except RecordError:
                _log.error("api_key_unreadable", key=key_hash[:_ID_LENGTH])
        return holders

    def revoke(self, key_id: str) -> bool:
        """Remove the key with this id; False where there is none."""
        hashes = cast("list[str]", self._redis.hkeys(keys.ACCESS))
        matches = [h for h in hashes if len(key_id) >= _ID_LENGTH and h.startswith(key_id)]
        return bool(matches and self._redis.hdel(keys.ACCESS, *matches))


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
