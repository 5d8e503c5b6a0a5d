"""What an idempotency key is compared by."""

import pytest

from workers.contracts.conversation import Turn
from workers.contracts.question import Request
from workers.contracts.questions import digest
from workers.contracts.reply import WebhookAddress


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (
            Request(
                tenant="clinica",
                question="Preciso de jejum?",
                asked_at=1.0,
                reply_to=WebhookAddress(url="https://bot.example/cb"),
                metadata={"canal": "whatsapp"},
            ),
            "0c3a3721d3481a797d2dd11c4714ca384a473fcc1389b02a0c308211411435a7",
        ),
        (
            Request(tenant="clinica", question="Preciso de jejum?", asked_at=1.0, expires_at=61.0),
            "dffeea3d95b34abc5d97542548cbcb3b26a173a4f5755528966390a1b353d512",
        ),
    ],
)
def test_a_retry_over_an_update_is_the_same_question(request_: Request, expected: str) -> None:
    assert digest(request_) == expected  # as the first versions wrote it


def test_a_chat_that_is_sent_again_later_is_the_same_question() -> None:
    def asked(answer: str, now: float) -> str:
        turns = (Turn(question="jejum?", answer=answer, at=now),)
        return digest(Request(tenant="a", question="e água?", asked_at=now, context=turns))

    assert asked("Sim.", 1.0) == asked("Sim.", 61.0)
    assert asked("Sim.", 1.0) != asked("Não.", 1.0)
