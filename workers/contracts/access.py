"""Who may call the API: bearer keys, stored as hashes, each bound to a tenant and scopes."""

import base64
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, cast

from workers.contracts import keys
from workers.contracts.record import Record

if TYPE_CHECKING:
    from redis import Redis


#: Keys that one process remembers; with more in use it forgets them all and looks them up again.
_REMEMBERED = 4096


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


@dataclass(frozen=True, slots=True)
class Presumed:
    """Whom a key let in when it was last looked up.

    Nothing may be done or told on its word alone: the script that does the work compares it with
    what stands in Redis, in the same step.

    Attributes:
        access: whom the key lets in.
        field: its field in the hash of keys.
        raw: what stood in that field.
    """

    access: Access
    field: str
    raw: str


class AccessKeys:
    """API keys in Redis. A key has 256 random bits, so its plain SHA-256 is safe at rest."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._remembered: dict[str, Presumed] = {}

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
        found = self._look_up(_hash(key))
        return found.access if found else None

    def presume(self, key: str) -> Presumed | None:
        """Whom the key let in when this process last saw it; None where it lets nobody in now.

        It saves the round trip of `find` where a script looks the key up anyway.
        """
        field = _hash(key)
        return self._remembered.get(field) or self._look_up(field)

    def _look_up(self, field: str) -> Presumed | None:
        raw = cast("str | None", self._redis.hget(keys.ACCESS, field))
        if not raw:
            self._remembered.pop(field, None)
            return None
        found = Presumed(Access.model_validate_json(raw), field, raw)
        if len(self._remembered) >= _REMEMBERED:
            self._remembered.clear()
        self._remembered[field] = found
        return found

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
