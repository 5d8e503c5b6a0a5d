"""Summaries: once a window in which something happened, once at the end, until they arrive."""

import json
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from tests.rounds_bench import NIGHT, Receiver, RoundsBench
from workers.channels.backfill.summaries import MOST_MAILS, wait_seconds
from workers.contracts import keys
from workers.contracts.backfill import Backfill, BackfillPlan, BackfillState
from workers.contracts.signing import callback_secret
from workers.simulation.email.envelope import Envelope
from workers.simulation.email.faults import Stage
from workers.simulation.email.post_office import PostOffice

pytestmark = pytest.mark.integration
BOSS = "gestao@clinica.example"


def night(receiver: Receiver | None = None, **fields: object) -> BackfillPlan:
    url = {} if receiver is None else {"callback_url": receiver.url}
    return NIGHT.model_copy(update=url | fields)


def work(bench: RoundsBench, most: int) -> None:
    bench.turn()
    bench.answer(most)
    bench.turn()


def send_all(bench: RoundsBench) -> int:
    count = 0
    while bench.summaries.send_one():
        count += 1
    return count


def make_due(bench: RoundsBench, backfill: Backfill) -> None:
    """Let the wait for the next attempt be over."""
    assert bench.redis.zscore(keys.BACKFILL_SUMMARIES, backfill.id) is not None
    bench.redis.zadd(keys.BACKFILL_SUMMARIES, {backfill.id: 0})


def test_a_night_is_summed_up_once_at_its_end(bench: RoundsBench, receiver: Receiver) -> None:
    backfill = bench.make(10, plan=night(receiver))
    bench.clock.set(2, 22)
    work(bench, 4)
    assert send_all(bench) == 0
    bench.clock.set(3, 6)
    bench.turn(2)
    bench.worker().turn()
    assert send_all(bench) == 1
    bench.turn()
    assert send_all(bench) == 0
    (payload,) = receiver.payloads
    assert payload["type"] == "backfill.window_ended"
    assert payload["timestamp"] == "2026-11-03T09:00:00.000+00:00"
    data = payload["data"]
    assert (data["rows"], data["answered"], data["left"], data["lately"]) == (10, 4, 6, 4)
    assert data["goes_on_at"] == "2026-11-04T01:00:00.000+00:00"
    assert bench.read(backfill).error == ""


def test_the_callback_is_signed_and_of_the_tenant_s_secret(
    bench: RoundsBench, receiver: Receiver
) -> None:
    bench.make(1, plan=BackfillPlan(callback_url=receiver.url))
    work(bench, 1)
    assert send_all(bench) == 1
    ((headers, body),) = receiver.posts
    secret = callback_secret(bench.settings.secret.get_secret_value(), "clinica")
    assert Webhook(secret).verify(body, headers)["type"] == "backfill.done"


def test_a_claim_in_flight_at_the_end_is_waited_for(bench: RoundsBench, receiver: Receiver) -> None:
    bench.make(10, plan=night(receiver))
    bench.clock.set(2, 22)
    work(bench, 4)
    claims = bench.claim(1)
    bench.clock.set(3, 6)
    bench.turn(2)
    assert send_all(bench) == 0
    bench.clock.set(3, 6, 5)
    bench.settle(claims)
    bench.turn()
    assert send_all(bench) == 1
    assert receiver.payloads[0]["data"]["answered"] == 5


def test_but_not_for_ever(bench: RoundsBench, receiver: Receiver) -> None:
    bench.make(10, plan=night(receiver))
    bench.clock.set(2, 22)
    work(bench, 4)
    bench.claim(1)
    bench.clock.set(3, 6, 15)
    bench.turn(2)
    assert send_all(bench) == 1


def test_a_night_without_a_result_is_not_summed_up(bench: RoundsBench, receiver: Receiver) -> None:
    bench.make(10, plan=night(receiver))
    bench.clock.set(2, 22)
    work(bench, 4)
    bench.clock.set(3, 6)
    bench.turn(2)
    assert send_all(bench) == 1
    bench.clock.set(3, 22)
    bench.turn()  # no drain is there
    bench.clock.set(4, 6)
    bench.turn(2)
    assert send_all(bench) == 0
    bench.clock.set(4, 22)
    work(bench, 1)
    bench.clock.set(5, 6)
    bench.turn(2)
    assert send_all(bench) == 1
    assert receiver.payloads[-1]["data"]["lately"] == 1


def test_one_that_was_made_by_day_has_no_night_behind_it(
    bench: RoundsBench, receiver: Receiver
) -> None:
    bench.clock.set(3, 10)
    bench.make(10, plan=night(receiver))
    bench.turn(3)
    assert send_all(bench) == 0


def test_the_end_is_summed_up_once_and_the_morning_after_is_not(
    bench: RoundsBench, receiver: Receiver
) -> None:
    backfill = bench.make(3, plan=night(receiver))
    bench.clock.set(2, 22)
    work(bench, 3)
    assert bench.read(backfill).state is BackfillState.DONE
    assert send_all(bench) == 1
    bench.clock.set(3, 6)
    bench.turn(2)
    assert send_all(bench) == 0
    assert [payload["type"] for payload in receiver.payloads] == ["backfill.done"]
    assert bench.store.running() == []


def test_an_end_that_a_killed_worker_did_not_sum_up_is_summed_up(
    bench: RoundsBench, receiver: Receiver
) -> None:
    backfill = bench.make(3, plan=BackfillPlan(callback_url=receiver.url))
    bench.turn()
    bench.answer()
    bench.rounds._collecting.collect(bench.read(backfill))  # noqa: SLF001 - and the worker is gone
    assert bench.read(backfill).state is BackfillState.DONE
    bench.worker().turn()
    assert send_all(bench) == 1


def test_rows_that_come_later_end_once_more(bench: RoundsBench, receiver: Receiver) -> None:
    backfill = bench.make(3, plan=BackfillPlan(callback_url=receiver.url))
    work(bench, 3)
    bench.add(backfill, range(5))
    bench.store.seal("clinica", backfill.id)
    work(bench, 2)
    assert send_all(bench) == 1  # the first had not been sent: it is replaced
    bench.add(backfill, range(6))
    bench.store.seal("clinica", backfill.id)
    work(bench, 1)
    assert send_all(bench) == 1
    assert [payload["data"]["rows"] for payload in receiver.payloads] == [5, 6]


def test_where_nobody_wants_to_hear_of_it_nothing_is_sent(bench: RoundsBench) -> None:
    bench.make(3)
    work(bench, 3)
    assert send_all(bench) == 0
    assert bench.store.running() == []


# -- what fails -----------------------------------------------------------------------------------


def test_a_callback_that_fails_is_tried_again_with_the_same_id(
    bench: RoundsBench, receiver: Receiver
) -> None:
    receiver.replies = [500, 503]
    backfill = bench.make(1, plan=BackfillPlan(callback_url=receiver.url))
    work(bench, 1)
    assert send_all(bench) == 1
    assert "HTTP 500" in bench.read(backfill).error
    assert "tried again" in bench.read(backfill).error
    for _ in range(2):
        make_due(bench, backfill)
        assert send_all(bench) == 1
    assert bench.read(backfill).error == ""
    assert len(receiver.posts) == 3
    assert len({headers["webhook-id"] for headers, _ in receiver.posts}) == 1
    assert len({body for _, body in receiver.posts}) == 1
    assert bench.redis.zcard(keys.BACKFILL_SUMMARIES) == 0


def test_after_a_day_it_is_given_up_and_said(bench: RoundsBench, receiver: Receiver) -> None:
    receiver.replies = [500] * 10
    backfill = bench.make(1, plan=BackfillPlan(callback_url=receiver.url))
    work(bench, 1)
    send_all(bench)
    bench.clock.moment = bench.clock.moment.now(bench.clock.moment.tzinfo)
    bench.clock.move(hours=25)
    make_due(bench, backfill)
    send_all(bench)
    assert "not sent again" in bench.read(backfill).error
    assert bench.redis.zcard(keys.BACKFILL_SUMMARIES) == 0


@pytest.mark.parametrize("url", ["ftp://x.example/", "http://", "https://127.0.0.1:1/cb"])
def test_an_address_that_never_works_is_said(bench: RoundsBench, url: str) -> None:
    backfill = bench.make(1, plan=BackfillPlan(callback_url=url))
    work(bench, 1)
    send_all(bench)
    assert "The summary was not posted" in bench.read(backfill).error


def test_one_of_another_version_blocks_nothing(bench: RoundsBench, receiver: Receiver) -> None:
    bad = bench.make(1, plan=BackfillPlan(callback_url=receiver.url), name="a")
    bench.make(1, plan=BackfillPlan(callback_url=receiver.url), name="b")
    work(bench, 2)
    bench.redis.hset(keys.backfill(bad.id), "summary_text", "{")
    assert send_all(bench) == 2
    assert [payload["data"]["name"] for payload in receiver.payloads] == ["b"]


@pytest.mark.parametrize(
    ("tries", "seconds"), [(1, 30), (2, 60), (3, 120), (8, 3600), (100_000, 3600)]
)
def test_each_wait_is_twice_the_one_before_up_to_an_hour(tries: int, seconds: float) -> None:
    assert wait_seconds(tries) == seconds


# -- by mail --------------------------------------------------------------------------------------


@pytest.fixture
def office(post_office: PostOffice, bench: RoundsBench) -> PostOffice:
    mailbox = post_office.mailbox("contato@clinica.example")
    post_office.mailbox(BOSS)
    save(bench.folder, post_office.channel(mailbox, name="correio"))
    return post_office


def save(folder: Path, content: dict[str, object]) -> None:
    path = folder / "correio.json"
    path.write_text(json.dumps(content), "utf-8")
    path.chmod(0o600)


def by_mail(**fields: str) -> BackfillPlan:
    plan = BackfillPlan(mail_to=BOSS, mail_channel="correio")
    return plan.model_copy(update=fields)


def mails(office: PostOffice) -> list[Envelope]:
    return [envelope for envelope in office.envelopes if BOSS in envelope.recipients]


def test_the_end_is_mailed_once_with_numbers_alone(office: PostOffice, bench: RoundsBench) -> None:
    backfill = bench.make(2, plan=by_mail(), question="Meu CPF é 111?", later_answer="Maria")
    work(bench, 2)
    assert send_all(bench) == 1
    bench.turn()
    assert send_all(bench) == 0
    (envelope,) = mails(office)
    mail = envelope.message
    assert mail["Subject"] == "perguntas.csv: 2 perguntas prontas"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].startswith(f"<{backfill.id}-")
    text = envelope.content.decode()
    assert "CPF" not in text
    assert "Maria" not in text
    assert "2 respondidas" in text


def test_a_mail_that_did_not_go_is_tried_again(office: PostOffice, bench: RoundsBench) -> None:
    backfill = bench.make(1, plan=by_mail())
    work(bench, 1)
    office.drop_next(Stage.MAIL)
    send_all(bench)
    assert "not mailed" in bench.read(backfill).error
    assert mails(office) == []
    make_due(bench, backfill)
    send_all(bench)
    assert len(mails(office)) == 1
    assert bench.read(backfill).error == ""


def test_a_clinic_s_mails_of_a_day_are_bounded(office: PostOffice, bench: RoundsBench) -> None:
    """Whoever has the key says who gets them: it must not become a way to mail strangers."""
    for _ in range(MOST_MAILS - 1):
        bench.store.note_mailed("clinica")
    bench.make(1, plan=by_mail(), name="a")
    late = bench.make(1, plan=by_mail(), name="b")
    work(bench, 2)
    assert send_all(bench) == 2
    assert len(mails(office)) == 1
    assert bench.store.mailed("clinica") == MOST_MAILS
    assert "50 summaries" in bench.read(late).error
    assert 0 < bench.redis.ttl(keys.backfill_mails("clinica")) <= 86_400
    bench.redis.delete(keys.backfill_mails("clinica"))  # a day later
    make_due(bench, late)
    assert send_all(bench) == 1
    assert len(mails(office)) == 2


def test_a_mail_that_may_have_gone_is_not_sent_again(
    office: PostOffice, bench: RoundsBench, receiver: Receiver
) -> None:
    receiver.replies = [500]
    backfill = bench.make(1, plan=by_mail(callback_url=receiver.url))
    work(bench, 1)
    office.drop_next(Stage.DOT, kept=True)
    send_all(bench)
    assert "nobody knows" in bench.read(backfill).error
    make_due(bench, backfill)  # of the callback
    send_all(bench)
    assert len(mails(office)) == 1
    assert len(receiver.posts) == 2


def test_a_worker_that_was_killed_in_the_middle_of_a_mail_sends_it_once(
    office: PostOffice, bench: RoundsBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    backfill = bench.make(1, plan=by_mail())
    work(bench, 1)
    with monkeypatch.context() as patch:
        patch.setattr(bench.summaries, "_record", killed)
        with pytest.raises(KeyboardInterrupt):
            bench.summaries.send_one()
    make_due(bench, backfill)
    send_all(bench)
    assert len(mails(office)) == 1
    assert "nobody knows" in bench.read(backfill).error


def killed(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (by_mail(mail_channel="outro"), "no e-mail channel named outro"),
        (by_mail(mail_to="x"), "no e-mail address"),
    ],
)
def test_what_a_mail_lacks_is_said(
    office: PostOffice, bench: RoundsBench, plan: BackfillPlan, words: str
) -> None:
    backfill = bench.make(1, plan=plan)
    work(bench, 1)
    send_all(bench)
    assert words in bench.read(backfill).error
    assert office.envelopes == []


def test_another_clinic_s_channel_is_none(post_office: PostOffice, bench: RoundsBench) -> None:
    mailbox = post_office.mailbox("contato@outra.example")
    save(bench.folder, post_office.channel(mailbox, name="correio", tenant="outra"))
    backfill = bench.make(1, plan=by_mail())
    work(bench, 1)
    send_all(bench)
    assert "no e-mail channel" in bench.read(backfill).error
    assert post_office.envelopes == []
