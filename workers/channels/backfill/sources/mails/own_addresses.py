"""Which addresses of a mailbox are the clinic's own, by whom its mails are from and to. Pure."""

from collections import Counter, defaultdict
from collections.abc import Collection
from typing import Final

from workers.channels.backfill.sources.mails.uses import Use
from workers.channels.email.reading import automatic
from workers.channels.email.reading.addresses import Mailbox, mailboxes, untagged
from workers.channels.email.reading.mail import Mail

#: Addresses that are counted at a time; then the rarer half is forgotten.
_MOST_COUNTED: Final = 20_000
#: Receivers of a mail that are counted.
_MOST_RECEIVERS: Final = 20
#: Share of all mails, or of those sent, that an own address has.
_SHARE: Final = 0.3
#: Others with whom an own address has mails, as many as are counted.
_MOST_OTHERS: Final = 5
#: Headers in which a server names the mailbox that it laid a mail into.
_DELIVERED: Final = ("delivered-to", "x-original-to", "envelope-to")
#: Domains at which anybody has an address.
_PUBLIC: Final = frozenset(
    {
        *("gmail.com", "googlemail.com", "hotmail.com", "hotmail.com.br", "outlook.com"),
        *("outlook.com.br", "live.com", "msn.com", "yahoo.com", "yahoo.com.br", "ymail.com"),
        *("icloud.com", "me.com", "uol.com.br", "bol.com.br", "terra.com.br", "ig.com.br"),
        *("globo.com", "globomail.com", "r7.com", "oi.com.br", "zipmail.com.br", "proton.me"),
        *("protonmail.com", "aol.com", "gmx.com", "zoho.com"),
    }
)


class OwnAddresses:
    """Counts addresses, mail by mail.

    Args:
        named: those that the user names: addresses, and domains (`clinica.example`) all of whose
            addresses are own. No others are.
        known: those that the mailbox is known to have, where none is named.
    """

    def __init__(self, named: Collection[str] = (), known: Collection[str] = ()) -> None:
        names = [name.strip().lower().removeprefix("@") for name in named]
        self._named = tuple(name for name in names if "@" in name)
        self._domains = {name for name in names if name and "@" not in name}
        self._known = tuple(sorted(known))
        self._part: Counter[str] = Counter()
        self._received: Counter[str] = Counter()
        self._others: defaultdict[str, set[int]] = defaultdict(set)
        self._sent: Counter[str] = Counter()
        self._mails = 0

    def add(self, mail: Mail, use: Use) -> None:
        """Count a mail."""
        if use in {Use.SPAM, Use.TRASH}:  # who writes to whom there says nothing
            return
        delivered = (
            each.address
            for name in _DELIVERED
            for value in mail.headers.get(name, ())
            for each in mailboxes(value)
        )
        receivers = {*map(untagged, (*mail.to, *mail.cc)[:_MOST_RECEIVERS]), *delivered}
        senders = {untagged(each.address) for each in mail.senders[:1]}
        self._mails += 1
        self._note(senders, receivers)
        self._note(receivers, senders)
        self._part.update(receivers | senders)
        self._received.update(receivers)
        if use in {Use.SENT, Use.DRAFT}:
            self._sent.update(senders)
        if len(self._part) > _MOST_COUNTED:
            self._forget()

    def _forget(self) -> None:
        """Keep the more frequent half, and what lies at a domain that the user names."""
        often = {each for each, _ in self._part.most_common(_MOST_COUNTED // 2)}
        kept = often.union(each for each in self._part if each.rpartition("@")[2] in self._domains)
        self._part = Counter({each: self._part[each] for each in kept})
        self._received = Counter({each: self._received[each] for each in kept})
        self._others = defaultdict(set, {each: self._others[each] for each in kept})

    @property
    def addresses(self) -> tuple[str, ...]:
        """The clinic's own, the most frequent first; none where there are no mails."""
        if self._named or self._domains:
            return tuple(dict.fromkeys([*self._named, *self._at(self._domains)]))
        own = [*self._known, *self._usual_senders()] if self._known else self._frequent()
        domains = {each.rpartition("@")[2] for each in own} - _PUBLIC
        return tuple(dict.fromkeys([*own, *self._at(domains)]))

    def _frequent(self) -> list[str]:
        sent = self._usual_senders()
        ranked = sorted(self._part, key=self._rank, reverse=True)
        usual = [
            each
            for each in ranked
            if self._part[each] >= _SHARE * self._mails and len(self._others[each]) >= _MOST_OTHERS
        ]
        return [*sent, *usual] or ranked[:1]

    def _rank(self, address: str) -> tuple[int, int, int]:
        """How much an address is like the clinic's: many write to it, and a patient to one."""
        others = min(len(self._others[address]), _MOST_OTHERS)
        return others, self._part[address], self._received[address]

    def _note(self, addresses: set[str], others: set[str]) -> None:
        for address in addresses:
            known = self._others[address]
            if len(known) < _MOST_OTHERS:
                known.update(hash(each) for each in others)

    def _usual_senders(self) -> list[str]:
        least = _SHARE * self._sent.total()
        return [each for each, mails in self._sent.most_common() if mails >= least]

    def _at(self, domains: set[str]) -> list[str]:
        """All that occur at these domains, but for mail servers."""
        addresses = (Mailbox(each) for each, _ in self._part.most_common())
        own = (each for each in addresses if each.domain in domains)
        return [each.address for each in own if not automatic.is_server(each)]
