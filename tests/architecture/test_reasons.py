"""The reasons why a question has no answer are those that `Outcome` documents."""

import re
from pathlib import Path
from typing import get_args

from workers.answering.gate import Weakness
from workers.answering.read import Refusal
from workers.answering.triage.reasons import Reason
from workers.contracts.question import Outcome

SOURCES = Path(__file__).parents[2] / "workers"
#: A reason where an outcome, or a refusal that becomes one, is made.
REASON = re.compile(
    r"(?:\bRefusedQuestion\(Status\.\w+, |\bOutcome\([^)]*\breason=|(?:\bU|\b_u)nsent\(\w+, )"
    r'"(\w+)"'
)


def documented() -> set[str]:
    text = (Outcome.__doc__ or "").partition(" reason:")[2].partition(" way:")[0]
    return set(re.findall(r"`(\w+)`", text))


def reasons_in_use() -> set[str]:
    literals = {
        word for path in SOURCES.rglob("*.py") for word in REASON.findall(path.read_text("utf-8"))
    }
    return literals | {*Weakness, *Reason} | {f"model_{refusal}" for refusal in get_args(Refusal)}


def test_every_reason_is_documented_and_every_documented_one_exists() -> None:
    assert {"poison", "cancelled", "generation_failed"} <= reasons_in_use()
    assert documented() == reasons_in_use()
