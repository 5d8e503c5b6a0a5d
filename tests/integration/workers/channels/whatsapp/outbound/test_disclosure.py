"""Every contact is told that a machine answers, also where the first answer never arrives."""

import dataclasses
from typing import TYPE_CHECKING

import pytest

from workers.answering.templates import Templates
from workers.channels.composing import Composer
from workers.channels.disclosures import Disclosures
from workers.channels.whatsapp.sender import Desk
from workers.simulation.whatsapp.graph import StrictGraph
from workers.simulation.whatsapp.phone import Phone

if TYPE_CHECKING:
    from tests.integration.workers.channels.whatsapp.outbound.conftest import Counter

pytestmark = pytest.mark.integration
SAYS = "assistente"


@pytest.fixture
def counter(counter: "Counter", monkeypatch: pytest.MonkeyPatch) -> "Counter":
    """One that composes and notes as an installation does."""
    plain, disclosures = counter.desk, Disclosures(counter.conversations)

    def desk() -> Desk:
        compose = Composer(Templates.load()).compose
        return dataclasses.replace(
            plain(), compose=compose, after=disclosures.sent, failed=disclosures.failed
        )

    monkeypatch.setattr(counter, "desk", desk)
    return counter


def told(phone: Phone) -> list[bool]:
    """Of each answer that arrived, whether it says that a machine answers."""
    return [SAYS in answer for answer in phone.inbox().answers]


def test_it_is_said_once(counter: "Counter", ana: Phone) -> None:
    for _ in range(2):
        counter.answer(ana)
        counter.run_all()
        counter.take_statuses()
    assert told(ana) == [True, False]


def test_what_is_sent_to_the_other_address_says_it_again(
    counter: "Counter", ana: Phone, graph: StrictGraph
) -> None:
    graph.fail_next(code=131026, failed_status=True)
    counter.answer(ana)
    counter.run()
    counter.take_statuses()
    for _ in range(2):
        counter.run_all()
    assert told(ana) == [True]


def test_where_the_first_answer_never_arrives_the_next_one_says_it(
    counter: "Counter", ana: Phone, graph: StrictGraph
) -> None:
    graph.fail_next(code=130472, failed_status=True)
    counter.answer(ana)
    counter.run()
    counter.take_statuses()
    counter.run_all()
    counter.answer(ana)
    counter.run_all()
    assert told(ana) == [True]
