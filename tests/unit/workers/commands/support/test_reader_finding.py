"""What is said of a mailbox that a worker reads, or should."""

import pytest

from workers.commands.support.reader_finding import fault_line, reader_finding
from workers.contracts.mailboxes import MailboxHealth

NOW = 1_800_000_000.0
READ = MailboxHealth(holder="w1", looked_at=NOW - 60)


@pytest.mark.parametrize(
    ("health", "good", "words"),
    [
        (READ, True, "looked through at"),
        (None, False, "no queue answers"),
        (MailboxHealth(), False, "no worker has looked yet"),
        (MailboxHealth(holder="w1"), False, "no worker has looked yet"),
        (MailboxHealth(holder="w1", looked_at=NOW - 3600), False, "by nobody now"),
        (MailboxHealth(looked_at=NOW - 60), False, "by nobody now"),
        (
            READ.model_copy(update={"fault": "The log-in was refused.", "fault_since": NOW}),
            False,
            "The log-in was refused.",
        ),
    ],
)
def test_a_mailbox_is_read_only_where_somebody_looked_lately(
    health: MailboxHealth | None, *, good: bool, words: str
) -> None:
    finding = reader_finding(health, NOW)
    assert finding.good is good
    assert words in finding.state
    assert bool(finding.repair) is not good


def test_a_list_says_the_fault_and_since_when() -> None:
    faulty = MailboxHealth(fault="The log-in was refused.", fault_since=NOW)
    assert fault_line(faulty).startswith("The log-in was refused. (since 2027-01-15 ")
    assert fault_line(READ) == ""
    assert fault_line(None) == ""
