"""What the DNS says of a domain that sends, asked of a name server on this machine."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from dns.resolver import Resolver

from workers.commands.support.domain_findings import domain_findings
from workers.commands.support.finding import Finding

DOMAIN = "clinica.example"


@dataclass
class NameServer:
    """Answers with the texts of its names; whatever lies above a name exists, too."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    silent: bool = False
    port: int = 0

    def answer(self, packet: bytes) -> bytes:
        query = dns.message.from_wire(packet)
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        name = query.question[0].name.to_text(omit_final_dot=True)
        if name in self.texts:
            quoted = [f'"{text}"' for text in self.texts[name]]
            reply.answer.append(
                dns.rrset.from_text(query.question[0].name, 60, "IN", "TXT", *quoted)
            )
        elif not any(known == name or known.endswith(f".{name}") for known in self.texts):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire()


@pytest.fixture
def server() -> Iterator[NameServer]:
    server = NameServer({DOMAIN: ["v=spf1 include:spf.host.example -all", "other=1"]})
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(0.1)
        server.port = listening.getsockname()[1]
        stopping = threading.Event()

        def serve() -> None:
            while not stopping.is_set():
                try:
                    packet, who = listening.recvfrom(4096)
                except TimeoutError:
                    continue
                if not server.silent:
                    listening.sendto(server.answer(packet), who)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server
        stopping.set()
        thread.join()


def findings(server: NameServer, domain: str = DOMAIN) -> dict[str, Finding]:
    resolver = Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = server.port
    return {each.part: each for each in domain_findings(domain, resolver)}


def test_the_records_of_a_domain_are_shown_as_they_are(server: NameServer) -> None:
    server.texts[f"_dmarc.{DOMAIN}"] = ["v=DMARC1; p=reject"]
    server.texts[f"selector2._domainkey.{DOMAIN}"] = ["v=DKIM1; p=MIGf"]
    seen = findings(server)
    assert seen["SPF"].state == "v=spf1 include:spf.host.example -all"
    assert seen["DKIM"].state == "a key, selector2"
    assert seen["DMARC"].state == "v=DMARC1; p=reject"
    assert all(each.good and not each.repair for each in seen.values())


def test_what_lacks_is_said_with_the_record_to_add(server: NameServer) -> None:
    server.texts[DOMAIN] = ["other=1"]
    seen = findings(server)
    assert not seen["SPF"].good
    assert f"TXT record to {DOMAIN}" in seen["SPF"].repair
    assert seen["DKIM"].state == "no key was found"
    assert f"_dmarc.{DOMAIN}" in seen["DMARC"].repair


def test_two_records_of_spf_are_none(server: NameServer) -> None:
    server.texts[DOMAIN] = ["v=spf1 -all", "v=spf1 a -all"]
    assert not findings(server)["SPF"].good


def test_a_key_under_a_name_of_its_own_is_noticed_though_its_name_is_not_known(
    server: NameServer,
) -> None:
    server.texts[f"x2026._domainkey.{DOMAIN}"] = ["v=DKIM1; p=MIGf"]
    assert findings(server)["DKIM"].state.startswith("some key")


def test_a_part_of_a_domain_is_under_the_policy_of_the_whole(server: NameServer) -> None:
    server.texts[f"mail.{DOMAIN}"] = ["v=spf1 -all"]
    server.texts[f"_dmarc.{DOMAIN}"] = ["v=DMARC1; p=quarantine"]
    assert findings(server, f"mail.{DOMAIN}")["DMARC"].state == "v=DMARC1; p=quarantine"


def test_nothing_is_said_against_a_domain_that_the_dns_here_does_not_know(
    server: NameServer,
) -> None:
    (finding,) = findings(server, "elsewhere.test").values()
    assert finding.good
    assert "knows no elsewhere.test" in finding.state


def test_a_dns_that_does_not_answer_is_said_so(
    server: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.commands.support.domain_findings._SECONDS", 0.2)
    server.silent = True
    (finding,) = findings(server).values()
    assert "no DNS answers" in finding.state
