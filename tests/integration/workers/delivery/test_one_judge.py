"""An address that the API accepts is one that delivery calls, and the other way round."""

import ipaddress
from collections.abc import Iterator

import httpcore
import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from api.admission import CallbackError, callback_url
from workers.delivery.backoff import NoReply
from workers.delivery.egress import CallbackClient

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: Addresses of every kind: hypothesis draws half of its own from the special blocks of the IANA.
ADDRESSES = st.ip_addresses() | st.ip_addresses(v=4).map(
    lambda address: ipaddress.IPv6Address(0x64FF9B << 96 | int(address))
)


@pytest.fixture(scope="module")
def no_network() -> Iterator[None]:
    """Whatever passes the judge finds nobody there: the test calls no stranger."""

    def refuse(*_: object, **__: object) -> None:
        raise httpcore.ConnectError("nobody is there")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpcore.SyncBackend, "connect_tcp", refuse)
        yield


@pytest.fixture(scope="module", params=[False, True], ids=["public", "private allowed"])
def allow_private(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module")
def client(no_network: None, allow_private: bool) -> Iterator[CallbackClient]:  # noqa: ARG001, FBT001
    client = CallbackClient(allow_private=allow_private, timeout=5.0, per_host=8)
    yield client
    client.close()


def accepted(url: str, *, allow_private: bool) -> bool:
    try:
        callback_url(url, allow_private=allow_private)
    except CallbackError:
        return False
    return True


@example(ipaddress.ip_address("64:ff9b::7f00:1"))
@example(ipaddress.ip_address("64:ff9b::808:808"))
@example(ipaddress.ip_address("2002:7f00:1::"))
@example(ipaddress.ip_address("192.0.0.8"))
@example(ipaddress.ip_address("192.88.99.1"))
@example(ipaddress.ip_address("fec0::1"))
@example(ipaddress.ip_address("3fff::1"))
@example(ipaddress.ip_address("::ffff:127.0.0.1"))
@example(ipaddress.ip_address("::ffff:8.8.8.8"))
@example(ipaddress.ip_address("8.8.8.8"))
@example(ipaddress.ip_address("2606:4700::1111"))
@settings(max_examples=300, deadline=None)
@given(address=ADDRESSES)
def test_what_the_api_accepts_delivery_calls(
    client: CallbackClient,
    allow_private: bool,  # noqa: FBT001 - a fixture
    address: Address,
) -> None:
    host = f"[{address}]" if address.version == 6 else str(address)
    url = f"http://{host}:8099/cb"
    called = isinstance(client.post(httpx.URL(url), {}, b"{}"), NoReply)
    assert accepted(url, allow_private=allow_private) == called
    if allow_private:
        assert called
