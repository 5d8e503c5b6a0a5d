"""Which addresses a callback may go to: those of the public internet, and no disguise of others.

The one judge: the API asks it about the host in a callback's URL, delivery about every address that
the host resolves to. So the API accepts no address that delivery would refuse.
"""

import ipaddress
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: NAT64's well-known prefix (RFC 6052): the last 32 bits are the IPv4 address that is reached.
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
#: Most characters of a host name and of each of its labels (RFC 1035).
_LONGEST_NAME: Final = 253
_LONGEST_LABEL: Final = 63
#: The one block of global unicast addresses that the IANA assigns.
_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
#: Blocks in it that are no public hosts: Teredo and other protocol assignments, documentation,
#: 6to4.
_NOT_PUBLIC6: Final = tuple(
    ipaddress.IPv6Network(block)
    for block in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
#: Not private by their registry, yet no public service has such an address: relays of 6to4, and
#: protocol assignments (RFC 6890).
_NOT_PUBLIC4: Final = tuple(
    ipaddress.IPv4Network(block) for block in ("192.88.99.0/24", "192.0.0.0/24")
)


def is_public(address: str) -> bool:
    """Whether an IP address, as `getaddrinfo` writes it, is one of the public internet.

    Private, loopback, link-local, shared (RFC 6598), multicast, reserved and unspecified ones are
    not; an IPv6 address that carries an IPv4 one (mapped, NAT64) counts as that; 6to4 and Teredo
    never count as public.
    """
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return _public6(parsed)
    return _public4(parsed)


def is_host_name(host: str) -> bool:
    """Whether a host can be looked up at all: labels of 1 to 63 characters, 253 in all.

    An IPv6 address in brackets counts as one label.
    """
    name = host.removesuffix(".")
    return len(name) <= _LONGEST_NAME and all(
        0 < len(label) <= _LONGEST_LABEL for label in name.split(".")
    )


def may_be_called(host: str) -> bool:
    """Whether the host of a URL may be called, as far as its spelling tells.

    An address (IPv6 in brackets or not) must be public. A name may be called, except `localhost`
    and names below it: where it leads is judged once it is resolved.
    """
    name = host.rstrip(".").lower()
    try:
        return is_public(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return name != "localhost" and not name.endswith(".localhost")


def _public4(address: ipaddress.IPv4Address) -> bool:
    blocked = (
        address.is_multicast or address.is_reserved or any(address in net for net in _NOT_PUBLIC4)
    )
    return address.is_global and not blocked


def _public6(address: ipaddress.IPv6Address) -> bool:
    if address.ipv4_mapped is not None:
        return _public4(address.ipv4_mapped)
    if address in _NAT64:
        return _public4(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    return address.is_global and address in _UNICAST and not any(address in n for n in _NOT_PUBLIC6)
