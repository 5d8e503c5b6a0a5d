"""A worker is killed at each line of its way from the outbox to the mail server and back."""

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

import workers.channels.email.sending
import workers.contracts
from benchmarks.reaper import Reaper, is_killed
from tests.integration.workers.channels.email.sending.conftest import (
    ANA,
    ANSWER,
    UNSURE,
)
from workers.contracts.question import Delivery, Outcome
from workers.contracts.send import SendState

if TYPE_CHECKING:
    from tests.integration.workers.channels.email.sending.conftest import MailCounter

pytestmark = [pytest.mark.integration, pytest.mark.drill]

#: Every so many lines a worker is killed. With 1 it takes eight minutes on two busy cores, to
#: be run where the order of steps is changed.
STRIDE = 3
STAFF = "secretaria@clinica.example"
#: What decides, sends and notes; what only writes texts changes nothing outside.
PLACES = tuple(
    f"{workers.channels.email.sending.__path__[0]}/{name}.py"
    for name in (
        "sender", "handover", "attempt", "smtp", "smtp_connection", "transaction", "forwarding",
        "refusals", "acknowledgements", "mailbox_errands", "limits",
    )
) + tuple(
    f"{workers.contracts.__path__[0]}/{name}.py" for name in ("sends", "errands", "mail_bounds")
)  # fmt: skip


def killed(counter: "MailCounter", line: int) -> bool:
    """Deliver what is due in a process that is killed at a line; whether it got that far."""
    return is_killed(counter.run, Reaper(line, PLACES), counter.redis)


@pytest.mark.parametrize(
    ("outcome", "fields", "most"),
    [
        (ANSWER, {}, 1),
        (UNSURE, {"handoff": "forward", "forward_to": STAFF}, 1),
        (ANSWER, {"mode": "draft"}, 0),
    ],
    ids=["answer", "handed over", "draft"],
)
def test_no_line_at_which_a_worker_ends_sends_twice_or_loses_an_answer(
    counter: "MailCounter", outcome: Outcome, fields: dict[str, object], most: int
) -> None:
    counter.office.mailbox(STAFF)
    counter.configure(hourly_cap=10_000, daily_cap=10_000, minute_cap=10_000, **fields)
    ids: list[str] = []
    while True:
        ids.append(counter.answer(outcome, subject=f"Assunto {len(ids)}"))
        if not killed(counter, 1 + STRIDE * (len(ids) - 1)):
            break
    assert len(ids) * STRIDE > 150  # so many lines are between the outbox and the end
    drafts: Counter[str] = Counter()
    for _ in range(3):  # what is unclear is looked at, waited for, and given up
        counter.run_all()
        drafts.update(errand.message for errand in _drafts(counter))
        for question_id in ids:
            if counter.send(question_id).state.is_unclear:
                counter.age(question_id, 6)
    letters = Counter(str(each.message["Message-ID"]) for each in counter.office.envelopes)
    assert set(letters.values()) <= {1}
    to_patients = [each for each in counter.taken if each.recipients == (ANA,)]
    assert len({str(each.message["Message-ID"]) for each in to_patients}) <= most * len(ids)
    for question_id in ids:
        question, send = counter.read(question_id), counter.send(question_id)
        own = f"<{question_id}.1@clinica.example>"
        assert question.delivery in {Delivery.DELIVERED, Delivery.DEAD}
        if question.delivery is Delivery.DEAD:
            assert counter.reason(question_id) in {"delivery_unknown", outcome.reason}
        elif fields.get("mode") == "draft":
            assert drafts[own] == 1
        else:
            assert send.state is SendState.ACCEPTED
            assert letters[own] == 1
    unclear = [each for each in ids if counter.read(each).delivery is Delivery.DEAD]
    assert len(unclear) < len(ids) / 4  # by far not every kill leaves a letter unclear


def _drafts(counter: "MailCounter") -> list[Any]:
    errands = []
    while waiting := counter.waiting():
        errands += waiting
    return [errand for errand in errands if errand.kind == "draft"]
