"""Bounds of automatic mails on a real server: a loop ends, a retry does not count."""

import threading

import pytest
from redis import Redis

from tests.sample_channel import email_channel
from workers.contracts import keys
from workers.contracts.connection import connect
from workers.contracts.email_channel import EmailChannel
from workers.contracts.mail_bounds import Bound, MailBounds
from workers.contracts.settings import QueueSettings

pytestmark = pytest.mark.integration
NOW, HOUR, DAY = 1_800_000_000.0, 3600.0, 86_400.0
ANA = "ana@example.com"


def channel(name: str = "contato", tenant: str = "clinica", minute_cap: int = 30) -> EmailChannel:
    return email_channel(name=name, tenant=tenant, minute_cap=minute_cap)


CHANNEL = channel()


@pytest.fixture
def bounds(redis: Redis) -> MailBounds:
    return MailBounds(redis)


def test_a_loop_that_changes_each_mail_ends_after_three_answers(bounds: MailBounds) -> None:
    passed = [bounds.take(CHANNEL, ANA, f"c{n}", f"<{n}@x>", NOW + n).bound for n in range(20)]
    assert passed == [Bound.GO] * 3 + [Bound.LOOP] * 17


def test_emergencies_have_bounds_of_their_own_and_wait_for_no_answer(bounds: MailBounds) -> None:
    tight = email_channel(hourly_cap=1, daily_cap=1, minute_cap=1)
    assert bounds.take(tight, ANA, "c", "<0@x>", NOW).bound is Bound.GO
    passed = [
        bounds.take(tight, ANA, "c", f"<{n}@x>", NOW + n, f"q{n}", urgent=True).bound
        for n in range(1, 9)
    ]
    assert passed == [Bound.GO] * 3 + [Bound.LOOP] * 5
    later = [
        bounds.take(tight, ANA, "c", f"<d{n}@x>", NOW + n * HOUR, urgent=True).bound
        for n in range(2, 20)
    ]
    assert later.count(Bound.GO) == 7


def test_a_slow_loop_ends_after_ten_answers_in_a_day(bounds: MailBounds) -> None:
    times = [NOW + n * HOUR / 2 for n in range(40)]
    passed = [bounds.take(CHANNEL, ANA, "c1", f"<{at}@x>", at).bound for at in times]
    assert passed.count(Bound.GO) == 10
    assert bounds.take(CHANNEL, ANA, "c1", "<later@x>", NOW + 3 * DAY).bound is Bound.GO


def test_the_clinic_s_mailboxes_count_together_and_another_clinic_s_apart(
    bounds: MailBounds,
) -> None:
    other = channel("exames")
    for n in range(3):
        assert bounds.take(CHANNEL if n % 2 else other, ANA, "c", f"<{n}@x>", NOW).bound == "go"
    assert bounds.take(other, ANA, "c", "<9@x>", NOW).bound is Bound.LOOP
    assert bounds.take(CHANNEL, "bia@example.com", "c", "<10@x>", NOW).bound is Bound.GO
    foreign = channel("sul", "outra")
    assert bounds.take(foreign, ANA, "c", "<11@x>", NOW).bound is Bound.GO


@pytest.mark.parametrize("address", ["Ana@Example.com", "ana+1@example.com", " ana@example.com "])
def test_an_address_written_otherwise_is_the_same_sender(bounds: MailBounds, address: str) -> None:
    for n in range(3):
        bounds.take(CHANNEL, ANA, "c", f"<{n}@x>", NOW)
    assert bounds.take(CHANNEL, address, "c", "<9@x>", NOW).bound is Bound.LOOP


def test_the_same_answer_tried_again_passes_and_counts_once(bounds: MailBounds) -> None:
    for _ in range(20):
        assert bounds.take(CHANNEL, ANA, "c", "<1@x>", NOW, "q1").bound is Bound.GO
    assert bounds.take(CHANNEL, ANA, "c", "<2@x>", NOW, "q2").bound is Bound.GO
    assert bounds.take(CHANNEL, ANA, "c", "<3@x>", NOW, "q3").bound is Bound.GO
    assert bounds.take(CHANNEL, ANA, "c", "<4@x>", NOW, "q4").bound is Bound.LOOP


def test_two_senders_of_one_id_are_both_answered(bounds: MailBounds) -> None:
    assert bounds.take(CHANNEL, ANA, "c1", "<0@localhost>", NOW).bound is Bound.GO
    assert bounds.take(CHANNEL, "bia@example.com", "c2", "<0@localhost>", NOW).bound is Bound.GO


def test_a_flood_of_one_sender_is_heard_twenty_times_in_an_hour(
    bounds: MailBounds, redis: Redis
) -> None:
    mails = [bounds.heard("clinica", ANA, f"<{n}@x>", NOW) for n in range(100)]
    assert mails == [False] * 20 + [True] * 80
    assert not bounds.heard("clinica", "Ana+1@example.com", "<3@x>", NOW)
    assert bounds.heard("clinica", "Ana+1@example.com", "<200@x>", NOW)
    assert not bounds.heard("clinica", "bia@example.com", "<200@x>", NOW)
    assert not bounds.heard("outra", ANA, "<200@x>", NOW)
    assert not bounds.heard("clinica", ANA, "<200@x>", NOW + HOUR)
    [name] = redis.keys(keys.mail_heard("clinica", ANA))
    assert redis.zcard(name) <= 20


def test_a_flood_of_one_text_is_kept_in_no_list(bounds: MailBounds, redis: Redis) -> None:
    said = [bounds.repeated("clinica", f"a{n}@x.example", "t", f"<{n}@x>") for n in range(200)]
    assert said == [False] * 9 + [True] * 191
    assert redis.hlen(keys.mail_text("clinica", "x.example", "t")) == 10


def test_a_mail_gets_no_second_answer(bounds: MailBounds) -> None:
    assert bounds.take(CHANNEL, ANA, "c", "<1@x>", NOW, "q1").bound is Bound.GO
    assert bounds.take(CHANNEL, ANA, "c", "<1@x>", NOW, "q2").bound is Bound.LOOP


def test_what_was_a_loop_is_not_answered_when_it_is_asked_for_later(bounds: MailBounds) -> None:
    for n in range(4):
        last = bounds.take(CHANNEL, ANA, "c", f"<{n}@x>", NOW, f"q{n}").bound
    assert last is Bound.LOOP
    assert bounds.take(CHANNEL, ANA, "c", "<3@x>", NOW + 2 * HOUR, "q3").bound is Bound.LOOP


def test_above_the_channel_s_most_of_a_minute_an_answer_waits_and_is_not_counted(
    bounds: MailBounds,
) -> None:
    narrow = channel(minute_cap=2)
    for n in range(2):
        assert bounds.take(narrow, f"p{n}@x.example", "c", f"<{n}@x>", NOW + n * 10).bound == "go"
    for _ in range(5):
        passage = bounds.take(narrow, "p9@x.example", "c", "<9@x>", NOW + 20)
        assert (passage.bound, passage.seconds) == (Bound.WAIT, 40)
    assert bounds.take(narrow, "p9@x.example", "c", "<9@x>", NOW + 60).bound is Bound.GO


def test_workers_that_ask_at_once_let_no_more_through(
    bounds: MailBounds, queue_settings: QueueSettings
) -> None:
    passed: list[Bound] = []
    start = threading.Barrier(8)

    def take(worker: int) -> None:
        own = connect(queue_settings)
        start.wait()
        passed.extend(
            MailBounds(own).take(CHANNEL, ANA, "c", f"<{worker}.{n}@x>", NOW).bound
            for n in range(5)
        )
        own.close()

    threads = [threading.Thread(target=take, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert passed.count(Bound.GO) == 3
    assert bounds.take(CHANNEL, ANA, "c", "<last@x>", NOW).bound is Bound.LOOP


def test_a_text_of_the_same_sender_is_repeated_the_second_time(bounds: MailBounds) -> None:
    assert not bounds.repeated("clinica", ANA, "h1", "<1@x>")
    assert not bounds.repeated("clinica", ANA, "h2", "<2@x>")
    assert not bounds.repeated("outra", ANA, "h1", "<3@x>")
    assert bounds.repeated("clinica", ANA, "h1", "<4@x>")
    assert bounds.repeated("clinica", "Ana+2@example.com", "h1", "<5@x>")


def test_the_same_mail_read_again_is_no_repetition(bounds: MailBounds) -> None:
    for _ in range(3):
        assert not bounds.repeated("clinica", ANA, "h1", "<1@x>")
    for _ in range(3):
        assert bounds.repeated("clinica", ANA, "h1", "<2@x>")
    assert not bounds.repeated("clinica", ANA, "h1", "<1@x>")


def test_a_robot_that_changes_its_address_is_known_by_the_tenth_mail(bounds: MailBounds) -> None:
    """A CRM rewrote one byte of its From on every bounce (freescout#688)."""
    mails = [(f"crm-{n}@robot.example", f"<{n}@x>") for n in range(12)]
    verdicts = [bounds.repeated("clinica", address, "h1", mail) for address, mail in mails]
    assert verdicts == [False] * 9 + [True] * 3
    assert not bounds.repeated("clinica", "ana@outro.example", "h1", "<99@x>")


def test_after_an_hour_a_text_may_come_again(bounds: MailBounds, redis: Redis) -> None:
    bounds.repeated("clinica", ANA, "h1", "<1@x>")
    (name,) = redis.scan_iter("*mail-text*")
    assert 3590 <= int(redis.ttl(name)) <= 3600
    redis.delete(name)
    assert not bounds.repeated("clinica", ANA, "h1", "<2@x>")


def test_no_name_of_a_key_holds_an_address_or_a_mail_s_id(bounds: MailBounds, redis: Redis) -> None:
    bounds.take(CHANNEL, ANA, "c", "<1@example.com>", NOW)
    bounds.repeated("clinica", ANA, "h1", "<1@example.com>")
    assert not [name for name in redis.scan_iter() if "example" in name]
    assert not [name for name in redis.scan_iter() if redis.ttl(name) == -1]
