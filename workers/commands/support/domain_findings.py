"""Whether other servers will believe mails of a domain: its SPF, DKIM and DMARC in the DNS."""

import re
from collections.abc import Iterator
from typing import Final

from dns.exception import DNSException
from dns.resolver import NXDOMAIN, NoAnswer, Resolver

from workers.commands.support.finding import Finding

#: Seconds that each question may take.
_SECONDS: Final = 5.0
#: Selectors of DKIM that Microsoft, Google and common servers use.
_SELECTORS: Final = ("selector1", "selector2", "google", "default", "mail", "dkim", "k1")
_AGAIN: Final = "Type the command on a machine that asks the internet's DNS."


def domain_findings(domain: str, resolver: Resolver | None = None) -> Iterator[Finding]:
    """Ask the DNS what it says of a domain that sends.

    Args:
        domain: of the channel's address.
        resolver: whom to ask; the system's servers by default.
    """
    try:
        asked = resolver or Resolver()
        asked.lifetime = _SECONDS
        if not _exists(domain, asked):
            yield _unseen(f"this machine's DNS knows no {domain}")
            return
    except DNSException:  # no server is set, or none answers
        yield _unseen("no DNS answers")
        return
    for part, look in (("SPF", _spf), ("DKIM", _dkim), ("DMARC", _dmarc)):
        try:
            yield look(domain, asked)
        except DNSException:
            yield Finding(part, good=True, state="not looked at: no DNS answers", repair=_AGAIN)


def _unseen(why: str) -> Finding:
    state = f"SPF, DKIM and DMARC are not looked at: {why}"
    return Finding("domain", good=True, state=state, repair=_AGAIN)


def _spf(domain: str, resolver: Resolver) -> Finding:
    records = [text for text in _texts(domain, resolver) if text.lower().startswith("v=spf1")]
    if len(records) == 1:
        return Finding("SPF", good=True, state=records[0])
    if records:
        repair = "Write all servers into one record: two are as none (RFC 7208, 3.2)."
        return Finding("SPF", good=False, state=f"{len(records)} records", repair=repair)
    repair = f'Add a TXT record to {domain}: "v=spf1 …", as your mail provider says.'
    return Finding("SPF", good=False, state="none: answers may end as spam", repair=repair)


def _dkim(domain: str, resolver: Resolver) -> Finding:
    """Keys lie under selectors, which only a mail names: the usual ones are tried."""
    for selector in _SELECTORS:
        name = f"{selector}._domainkey.{domain}"
        if any("p=" in text for text in _texts(name, resolver)):
            return Finding("DKIM", good=True, state=f"a key, {selector}")
    if _exists(f"_domainkey.{domain}", resolver):
        return Finding("DKIM", good=True, state="some key; only a mail tells its name")
    repair = "Switch DKIM on at your mail provider: Gmail and Outlook want it of who sends much."
    return Finding("DKIM", good=True, state="no key was found", repair=repair)


def _dmarc(domain: str, resolver: Resolver) -> Finding:
    for name in _parents(domain):
        texts = _texts(f"_dmarc.{name}", resolver)
        records = [text for text in texts if re.match(r"v=DMARC1\b", text)]
        if records:
            return Finding("DMARC", good=True, state=records[0])
    repair = (
        f'Add a TXT record to _dmarc.{domain}, "v=DMARC1; p=none" to begin with: others can write '
        "in your name without it."
    )
    return Finding("DMARC", good=True, state="none", repair=repair)


def _parents(domain: str) -> Iterator[str]:
    """The domain and those above it, but for the uppermost."""
    labels = domain.split(".")
    for start in range(max(len(labels) - 1, 1)):
        yield ".".join(labels[start:])


def _texts(name: str, resolver: Resolver) -> list[str]:
    try:
        answer = resolver.resolve(name, "TXT", search=False)
    except (NXDOMAIN, NoAnswer):
        return []
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]


def _exists(name: str, resolver: Resolver) -> bool:
    """Whether something lies at or below a name (RFC 8020)."""
    try:
        resolver.resolve(name, "TXT", search=False)
    except NXDOMAIN:
        return False
    except NoAnswer:
        return True
    return True
