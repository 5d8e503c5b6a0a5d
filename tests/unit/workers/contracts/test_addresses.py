"""Which addresses count as public, as a table; and the disguises of those that don't."""

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.contracts.addresses import is_host_name, is_public, may_be_called


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "200.160.2.3", "2001:4860:4860::8888", "2804:431:c7c0::1"]
)
def test_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",  # where clouds tell their secrets
        "100.64.0.1",
        "100.127.255.255",
        "0.0.0.0",  # noqa: S104 - an address to refuse
        "0.1.2.3",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "3fff::1",
        "5f00::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:0:7f00:1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2002:808:808::1",
        "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
)
def test_not_public(address: str) -> None:
    assert not is_public(address)


@settings(deadline=None)
@given(st.ip_addresses(v=4))
def test_an_ipv4_address_in_ipv6_clothes_counts_as_itself(address: ipaddress.IPv4Address) -> None:
    mapped = ipaddress.IPv6Address(int(ipaddress.IPv6Address("::ffff:0.0.0.0")) + int(address))
    nat64 = ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) + int(address))
    assert is_public(str(mapped)) == is_public(str(nat64)) == is_public(str(address))


@settings(deadline=None)
@given(st.ip_addresses())
def test_what_is_private_to_python_is_never_public(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if address.is_private or address.is_loopback or address.is_multicast or address.is_link_local:
        assert not is_public(str(address)) or (
            isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None
        )


@pytest.mark.parametrize(
    "host",
    ["8.8.8.8", "[2606:4700::1111]", "2606:4700::1111", "bot.example.com", "localhost.example.com"],
)
def test_hosts_that_may_be_called(host: str) -> None:
    assert may_be_called(host)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1.",
        "[::1]",
        "::1",
        "[fec0::1]",
        "localhost",
        "LOCALHOST.",
        "a.localhost",
    ],
)
def test_hosts_that_may_not_be_called(host: str) -> None:
    assert not may_be_called(host)


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("bot.example", True),
        ("bot.example.", True),
        ("[2606:4700::1111]", True),
        ("a" * 63 + ".example", True),
        ("a" * 64 + ".example", False),
        ("a..b", False),
        ("a.com..", False),
        (".", False),
        ("", False),
        (".".join(["a" * 63] * 4), False),
    ],
)
def test_what_is_a_host_name(host: str, *, named: bool) -> None:
    assert is_host_name(host) is named
