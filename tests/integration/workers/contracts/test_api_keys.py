"""API keys: whom they let in, and how they are taken back."""

from typing import TYPE_CHECKING

import pytest

from workers.contracts import keys
from workers.contracts.api_keys import ApiKeys, Scope
from workers.contracts.errors import RecordError

if TYPE_CHECKING:
    from tests.integration.workers.contracts.conftest import Bench

pytestmark = pytest.mark.integration


def test_a_key_lets_its_holder_in_and_is_nowhere_stored(bench: "Bench") -> None:
    api_keys = ApiKeys(bench.redis)
    key = api_keys.create("clinica-a", frozenset({Scope.ASK, Scope.INGEST}), "bot")
    access = api_keys.find(key)
    assert access is not None
    assert (access.tenant, access.name, access.hint) == ("clinica-a", "bot", key[-4:])
    assert access.scopes == {Scope.ASK, Scope.INGEST}
    assert key.removeprefix("atd_") not in str(bench.redis.hgetall(keys.ACCESS))
    assert api_keys.find(key + "x") is None
    assert api_keys.find("") is None


def test_a_key_is_revoked_by_its_id(bench: "Bench") -> None:
    api_keys = ApiKeys(bench.redis)
    first = api_keys.create("a", frozenset({Scope.ASK}), "one")
    second = api_keys.create("a", frozenset({Scope.ASK}), "two")
    by_name = {access.name: key_id for key_id, access in api_keys.all().items()}
    assert api_keys.revoke(by_name["one"])
    assert api_keys.find(first) is None
    assert api_keys.find(second) is not None
    assert not api_keys.revoke(by_name["one"])


def test_a_short_id_revokes_nothing(bench: "Bench") -> None:
    api_keys = ApiKeys(bench.redis)
    key = api_keys.create("a", frozenset({Scope.ASK}), "one")
    (key_id,) = api_keys.all()
    assert not api_keys.revoke("")
    assert not api_keys.revoke(key_id[:11])
    assert api_keys.find(key) is not None


def test_a_key_whose_record_cannot_be_read_hides_no_other(bench: "Bench") -> None:
    api_keys = ApiKeys(bench.redis)
    damaged = api_keys.create("a", frozenset({Scope.ASK}), "one")
    (key_id,) = api_keys.all()
    (key_hash,) = bench.redis.hkeys(keys.ACCESS)
    bench.redis.hset(keys.ACCESS, key_hash, '{"tenant": "a"}')
    api_keys.create("a", frozenset({Scope.ASK}), "two")
    assert [access.name for access in api_keys.all().values()] == ["two"]
    with pytest.raises(RecordError, match="API key"):
        api_keys.find(damaged)
    assert api_keys.revoke(key_id)
