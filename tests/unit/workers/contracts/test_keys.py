"""Names in Redis."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.contracts import keys, scripts
from workers.contracts.question import TRANSITIONS, Lane, Status
from workers.contracts.questions import new_id

LUA = Path(str(files("workers.contracts") / "lua"))
NAMES = sorted(path.relative_to(LUA).with_suffix("").as_posix() for path in LUA.rglob("*.lua"))
SHARED = {
    "prelude",
    "accept",
    "jobs/shared",
    "sends/shared",
    "conversations/shared",
    "conversations/contacts",
    "inbound/shared",
    "mailboxes/shared",
    "errands/shared",
    "mail_bounds/shared",
    "backfills/shared",
}
SCRIPTS = [name for name in NAMES if name not in SHARED]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        (keys.question("q1"), "atende:1:question:q1"),
        (keys.lane(Lane.INTERACTIVE), "atende:1:lane:interactive"),
        (keys.lane(Lane.BULK), "atende:1:lane:bulk"),
        (keys.ended("q1"), "atende:1:ended:q1"),
        (keys.job("j1"), "atende:1:job:j1"),
        (keys.upload("j1"), "atende:1:upload:j1"),
        (keys.document("d1"), "atende:1:document:d1"),
        (keys.documents("clinica-a"), "atende:1:documents:clinica-a"),
        (keys.conversation("c1"), "atende:1:conversation:c1"),
        (keys.pending("c1"), "atende:1:pending:c1"),
        (keys.transcript("c1"), "atende:1:transcript:c1"),
        (keys.conversations("clinica-a"), "atende:1:conversations:clinica-a"),
        (keys.handoffs("clinica-a"), "atende:1:handoffs:clinica-a"),
        (keys.BURSTS, "atende:1:bursts"),
        (keys.JOBS, "atende:1:jobs"),
        (keys.send("q1"), "atende:1:send:q1"),
        (keys.pace("recepcao"), "atende:1:pace:recepcao"),
        (keys.pair("recepcao", "c1"), "atende:1:pair:recepcao:c1"),
        (
            keys.answers_of_day("recepcao", "c1", "2026-11-27"),
            "atende:1:answers:recepcao:c1:2026-11-27",
        ),
        (keys.OUTBOX, "atende:1:outbox"),
        (keys.DEAD, "atende:1:dead"),
        (keys.dead("clinica-a"), "atende:1:dead:clinica-a"),
        (keys.DEADLINES, "atende:1:deadlines"),
        (keys.COUNTERS, "atende:1:counters"),
    ],
)
def test_names(name: str, key: str) -> None:
    assert name == key


def test_the_scripts_use_the_same_names() -> None:
    prelude = (files("workers.contracts") / "lua" / "prelude.lua").read_text(encoding="utf-8")
    assert f"local PREFIX = '{keys.PREFIX}'" in prelude
    for name in (keys.OUTBOX, keys.DEAD, keys.dead(""), keys.DEADLINES, keys.COUNTERS):
        assert f"PREFIX .. '{name.removeprefix(keys.PREFIX)}'" in prelude
    shared = scripts.source("jobs/take")
    for name in (keys.JOBS, keys.job(""), keys.upload(""), keys.document(""), keys.documents("")):
        assert f"PREFIX .. '{name.removeprefix(keys.PREFIX)}'" in shared
    admit = scripts.source("conversations/admit")
    of_one = (keys.conversation(""), keys.pending(""), keys.transcript(""))
    for name in (*of_one, keys.conversations(""), keys.handoffs(""), keys.BURSTS):
        assert f"PREFIX .. '{name.removeprefix(keys.PREFIX)}'" in admit


def test_the_scripts_of_messages_that_go_out_use_the_same_names() -> None:
    shared = scripts.source("sends/move")
    for name in (keys.send(""), keys.PAUSED_CHANNELS, keys.BILLED):
        assert f"PREFIX .. '{name.removeprefix(keys.PREFIX)}'" in shared
    assert "return PREFIX .. 'sent:' .. channel .. ':' .. message" in shared


def test_the_scripts_of_backfills_use_the_same_names() -> None:
    shared = scripts.source("backfills/add")
    of_one = [keys.backfill, keys.backfill_rows, keys.backfill_keys, keys.backfill_marks]
    of_one += [keys.backfill_open, keys.backfill_results, keys.backfill_blocks]
    of_one += [keys.backfill_file, keys.backfill_report]
    names = [*(each("") for each in of_one), keys.backfills("")]
    for name in (keys.BACKFILLS, keys.BACKFILL_SUMMARIES, *names):
        assert f"PREFIX .. '{name.removeprefix(keys.PREFIX)}'" in shared


def test_no_name_holds_a_backfill_s_name() -> None:
    name = keys.backfill_name("clinica-a", "Perguntas da Ana")
    assert re.fullmatch(r"atende:1:backfill-name:clinica-a:[0-9a-f]{32}", name)


def test_the_scripts_of_posts_use_the_same_names() -> None:
    shared = scripts.source("inbound/add")
    for name in (keys.INBOUND, keys.INBOUND_MAIL, keys.INBOUND_MAIL_OF):
        assert f"PREFIX .. '{name.removeprefix(keys.PREFIX)}'" in shared


def test_no_name_holds_a_message_s_id() -> None:
    assert re.fullmatch(r"atende:1:sent:recepcao:[0-9a-f]{32}", keys.sent("recepcao", "wamid.55"))


@given(st.text(), st.text())
def test_an_idempotency_key_of_any_text_is_one_short_word(tenant: str, text: str) -> None:
    name = keys.idempotency("clinica-a", text)
    assert re.fullmatch(r"atende:1:idempotency:clinica-a:[0-9a-f]{32}", name)
    assert (keys.idempotency("clinica-a", tenant) == name) == (tenant == text)


def test_ids_are_not_guessable_and_differ() -> None:
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(re.fullmatch(r"[0-9a-f]{32}", question_id) for question_id in ids)


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_begins_with_what_it_does_and_its_keys(name: str) -> None:
    own = (files("workers.contracts") / "lua" / f"{name}.lua").read_text(encoding="utf-8")
    lines = own.splitlines()
    head = lines[: next(i for i, line in enumerate(lines) if not line.startswith("--"))]
    assert any(line.startswith("-- KEYS: ") for line in head)
    assert any(line.startswith("-- ARGV: ") for line in head)
    assert any(line.startswith("-- Returns ") for line in head)
    assert scripts.source(name).endswith(own)


def test_the_scripts_carry_the_whole_table_of_transitions() -> None:
    table = scripts.source("settle").splitlines()[0]
    for start, ends in TRANSITIONS.items():
        row = re.search(rf'\["{start}"\] = {{([^}}]*)}}', table)
        assert row is not None
        assert {part.split(" = ")[0] for part in row[1].split(", ") if part} == set(ends)
    assert set(TRANSITIONS) == set(Status)
