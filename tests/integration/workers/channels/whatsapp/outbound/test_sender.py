"""Answers reach a patient's phone once, whatever Meta and the network do meanwhile."""

import json
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from workers.channels.whatsapp.events import Origin, StatusError, StatusEvent
from workers.channels.whatsapp.graph import GraphTimes
from workers.channels.whatsapp.limits import Pace
from workers.channels.whatsapp.statuses import Statuses
from workers.contracts import keys
from workers.contracts.question import Delivery, Outcome, Status
from workers.contracts.send import Change, NoticeVerdict, SendState, month
from workers.simulation.whatsapp.account import Template
from workers.simulation.whatsapp.graph import StrictGraph
from workers.simulation.whatsapp.phone import Phone

if TYPE_CHECKING:
    from tests.integration.workers.channels.whatsapp.outbound.conftest import Counter

pytestmark = pytest.mark.integration
TEXT = "O jejum é de 8 horas."
EMERGENCY = Outcome(status=Status.NEEDS_HUMAN, text="Ligue 192.", reason="emergency")


# -- one answer, one message ----------------------------------------------------------------------


def test_an_answer_is_one_message_that_quotes_the_question_and_carries_its_id(
    counter: "Counter", ana: Phone
) -> None:
    question_id = counter.answer(ana)
    assert counter.run() == 1
    asked, answered = ana.inbox().bubbles
    assert (answered.text, answered.replies_to, answered.opaque) == (TEXT, asked.id, question_id)
    assert counter.read(question_id).delivery is Delivery.DELIVERED
    counter.take_statuses()
    assert counter.send(question_id).state is SendState.DELIVERED


def test_a_contact_without_a_number_is_answered_by_its_user_id(
    counter: "Counter", graph: StrictGraph
) -> None:
    bia = graph.patient("Bia", username="bia")
    counter.answer(bia)
    counter.run()
    (bubble,) = [b for b in bia.inbox().bubbles if b.by == "assistant"]
    assert bubble.by_user_id


def test_a_number_is_written_with_a_plus_where_there_is_no_user_id(
    counter: "Counter", ana: Phone
) -> None:
    question_id = counter.answer(ana)
    key = keys.conversation(counter.conversation(question_id).id)
    counter.redis.hset(key, "recipient", '{"phone": "+5541999990000"}')
    counter.run()
    assert ana.inbox().answers == [TEXT]


def test_a_person_s_message_is_sent_though_the_assistant_is_paused(
    counter: "Counter", ana: Phone
) -> None:
    conversation_id = counter.hear(ana)
    counter.conversations.pause(conversation_id, 12, "maria")
    counter.say(conversation_id)
    counter.run()
    assert ana.inbox().answers == ["Pode vir às 9h."]


def test_what_a_person_took_over_is_dropped_and_is_not_dead(counter: "Counter", ana: Phone) -> None:
    question_id = counter.answer(ana)
    counter.conversations.pause(counter.conversation(question_id).id, 12, "maria")
    counter.run()
    question = counter.read(question_id)
    assert question.delivery is Delivery.DROPPED
    assert "a person has taken" in question.deliveries[-1].detail
    assert counter.reason(question_id) == "waiting"
    assert ana.inbox().answers == []
    assert counter.outbox.sizes() == {Delivery.PENDING: 0, Delivery.DEAD: 0}
    assert counter.dead.replay(question_id) is Delivery.DROPPED


def test_an_erased_conversation_gets_nothing(counter: "Counter", ana: Phone) -> None:
    question_id = counter.answer(ana)
    counter.redis.delete(keys.conversation(counter.conversation(question_id).id))
    counter.run()
    assert counter.read(question_id).delivery is Delivery.DROPPED
    assert ana.inbox().answers == []


# -- never twice ----------------------------------------------------------------------------------


@pytest.mark.parametrize("accepts", [True, False])
@pytest.mark.parametrize("way", ["silence", "close", "http"])
def test_a_message_of_unknown_fate_is_never_sent_again_blindly(
    counter: "Counter", ana: Phone, graph: StrictGraph, way: str, *, accepts: bool
) -> None:
    if way == "silence":
        graph.silence_next(accepts=accepts)
    elif way == "close":
        graph.close_next(accepts=accepts)
    else:
        graph.fail_next(http=504)
    question_id = counter.answer(ana)
    counter.run()
    assert counter.send(question_id).state is SendState.AMBIGUOUS
    assert counter.read(question_id).delivery_attempts == 1
    messages = graph.server.messages
    for _ in range(3):
        counter.run_all()
    assert graph.server.messages == messages
    assert counter.read(question_id).delivery is Delivery.PENDING
    assert counter.read(question_id).delivery_attempts == 1
    assert counter.counted("sends:ambiguous") == 1


def test_the_status_of_a_message_whose_reply_never_came_ends_the_delivery(
    counter: "Counter", ana: Phone, graph: StrictGraph
) -> None:
    graph.silence_next(accepts=True)
    question_id = counter.answer(ana)
    counter.run()
    assert counter.run() == 0  # it waits
    counter.take_statuses()
    assert counter.run() == 1  # the status made it due
    question = counter.read(question_id)
    assert question.delivery is Delivery.DELIVERED
    assert "as its status says" in question.deliveries[-1].detail
    assert ana.inbox().answers == [TEXT]


def test_without_a_status_a_person_sees_to_it(
    counter: "Counter", ana: Phone, graph: StrictGraph
) -> None:
    graph.silence_next(accepts=True)
    question_id = counter.answer(ana)
    counter.run()
    counter.age(question_id, 5.1)
    counter.run_all()
    question = counter.read(question_id)
    assert question.delivery is Delivery.DEAD
    assert "nobody knows" in question.deliveries[-1].detail
    assert counter.reason(question_id) == "delivery_unknown"
    assert ana.inbox().answers == [TEXT]
    counter.take_statuses()  # hours later
    assert counter.read(question_id).delivery is Delivery.DELIVERED
    assert counter.outbox.sizes()[Delivery.DEAD] == 0


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_worker_whose_clock_is_wrong_waits_for_a_status_as_long_as_any(
    counter: "Counter", ana: Phone, graph: StrictGraph, minutes: float
) -> None:
    graph.silence_next(accepts=True)
    question_id = counter.answer(ana)
    counter.later = timedelta(minutes=minutes)
    counter.run()
    counter.run_all()
    assert counter.read(question_id).delivery is Delivery.PENDING
    counter.age(question_id, 5.1)
    counter.run_all()
    assert counter.reason(question_id) == "delivery_unknown"


def test_where_the_channel_says_so_it_is_sent_once_more_and_once_only(
    counter: "Counter", ana: Phone, graph: StrictGraph
) -> None:
    counter.configure(ambiguous="resend")
    graph.silence_next(times=2, accepts=False)
    question_id = counter.answer(ana)
    counter.run()
    counter.age(question_id, 6)
    counter.run_all()
    assert counter.send(question_id).attempt == 2
    counter.age(question_id, 6)
    counter.run_all()
    assert counter.send(question_id).attempt == 2
    assert counter.reason(question_id) == "delivery_unknown"
    assert counter.counted("sends:resent") == 1


def test_both_messages_of_a_wrong_resend_are_counted(
    counter: "Counter", ana: Phone, graph: StrictGraph
) -> None:
    counter.configure(ambiguous="resend")
    graph.silence_next(accepts=True)
    question_id = counter.answer(ana)
    counter.run()
    counter.age(question_id, 6)
    counter.run_all()
    counter.take_statuses()
    assert counter.counted("sends:twice") == 1


def test_a_worker_that_ended_while_it_sent_leaves_a_message_of_unknown_fate(
    counter: "Counter", ana: Phone
) -> None:
    question_id = counter.answer(ana)
    assert counter.sends.begin(question_id, counter.send(question_id), "recepcao", "user_id") == 1
    counter.run()
    assert counter.send(question_id).state is SendState.AMBIGUOUS
    assert counter.read(question_id).deliveries[-1].detail == "a worker ended while it was sending"
    assert ana.inbox().answers == []


def test_a_crash_after_the_reply_was_noted_sends_nothing_again(
    counter: "Counter", ana: Phone, graph: StrictGraph
) -> None:
    question_id = counter.answer(ana)
    counter.run()
    counter.redis.hset(keys.question(question_id), "delivery", "pending")
    counter.redis.zadd(keys.OUTBOX, {question_id: 0})
    counter.run()
    assert graph.server.messages == 1
    assert counter.read(question_id).delivery is Delivery.DELIVERED


def test_a_status_that_comes_before_the_reply_is_kept(
    counter: "Counter", ana: Phone, graph: StrictGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph.server.status_first = True
    graph.exchange.reads_at_once = True
    flush = graph.courier.flush
    monkeypatch.setattr(graph.courier, "flush", lambda: (counter.take_statuses(), flush()))
    question_id = counter.answer(ana)
    counter.run()
    assert counter.send(question_id).state is SendState.READ
    assert counter.read(question_id).delivery is Delivery.DELIVERED
    counter.run_all()
    assert graph.server.messages == 1


@pytest.mark.parametrize("status", ["delivered", "failed"])
def test_a_status_without_our_mark_that_comes_before_the_reply_is_matched_by_its_id(
    counter: "Counter", ana: Phone, graph: StrictGraph, status: str
) -> None:
    question_id = counter.answer(ana)
    before = counter.send(question_id)
    attempt = counter.sends.begin(question_id, before, "recepcao", "user_id", TEXT)
    assert attempt is not None
    told = Origin(graph.channel("recepcao")["phone_number_id"], "wamid.O1", time.time())
    errors = (StatusError(131026, ""),) if status == "failed" else ()
    event = StatusEvent(told, status, errors=errors, category="service", billable=True)
    noticed = Statuses(counter.book, counter.sends).take(event)
    assert noticed is not None
    assert noticed.verdict is NoticeVerdict.UNKNOWN
    now = counter.sends.move(question_id, attempt, Change(SendState.ACCEPTED, "wamid.O1"))
    assert now.state is SendState(status)
    assert now.code == (131026 if status == "failed" else 0)
    assert sum(counter.sends.billed(month(time.time())).values()) == 1


def test_where_nothing_was_written_it_is_tried_again(counter: "Counter", ana: Phone) -> None:
    counter.configure(graph_url="http://127.0.0.1:1")
    question_id = counter.answer(ana)
    counter.run()
    question = counter.read(question_id)
    assert "no connection" in question.deliveries[-1].detail
    counter.configure()
    counter.run_all()
    assert ana.inbox().answers == [TEXT]


def test_a_reply_that_drips_ends_at_the_time_limit(
    counter: "Counter", ana: Phone, graph: StrictGraph
) -> None:
    counter.times = GraphTimes(connect=1.0, silence=0.2, whole=0.3)
    graph.delay_next(2.0)
    started = time.monotonic()
    question_id = counter.answer(ana)
    counter.run()
    assert time.monotonic() - started < 1.5
    assert counter.send(question_id).state is SendState.AMBIGUOUS


# -- refusals -------------------------------------------------------------------------------------


def test_a_failed_status_undoes_a_delivery_and_the_other_address_is_tried_once(
    counter: "Counter", ana: Phone, graph: StrictGraph
) -> None:
    graph.fail_next(code=131026, failed_status=True)
    question_id = counter.answer(ana)
    counter.run()
    assert counter.read(question_id).delivery is Delivery.DELIVERED
    counter.take_statuses()
    assert counter.read(question_id).delivery is Delivery.PENDING
    for _ in range(2):
        counter.run_all()
    assert [b.by_user_id for b in ana.all_bubbles() if b.by == "assistant"] == [True, False]
    assert ana.inbox().answers == [TEXT]
    counter.take_statuses()
    assert counter.send(question_id).state is SendState.DELIVERED
    assert counter.reason(question_id) is None


def test_what_reaches_neither_address_goes_to_a_person_and_can_be_replayed(
    counter: "Counter", ana: Phone, graph: StrictGraph
) -> None:
    graph.fail_next(times=2, code=131026, failed_status=True)
    question_id = counter.answer(ana)
    for _ in range(5):
        counter.run_all()
        counter.take_statuses()
    question = counter.read(question_id)
    assert question.delivery is Delivery.DEAD
    assert question.deliveries[-1].detail.startswith("Graph 131026")
    assert counter.reason(question_id) == "undeliverable"
    assert [dead.id for dead in counter.dead.page(10).deliveries] == [question_id]
    assert counter.dead.replay(question_id) is Delivery.DEAD
    counter.run_all()
    assert ana.inbox().answers == [TEXT]


def test_a_repeated_status_of_an_earlier_attempt_changes_nothing(
    counter: "Counter", ana: Phone, graph: StrictGraph
) -> None:
    graph.fail_next(code=131026, failed_status=True)
    question_id = counter.answer(ana)
    counter.run()
    counter.take_statuses()
    for _ in range(2):
        counter.run_all()
    counter.take_statuses(again=True)
    counter.run_all()
    assert counter.send(question_id).state is SendState.DELIVERED
    assert ana.inbox().answers == [TEXT]


def test_a_passing_fault_is_tried_again(counter: "Counter", ana: Phone, graph: StrictGraph) -> None:
    graph.fail_next(code=131000)
    question_id = counter.answer(ana)
    counter.run()
    question = counter.read(question_id)
    assert (question.delivery, question.delivery_attempts) == (Delivery.PENDING, 1)
    counter.run_all()
    assert ana.inbox().answers == [TEXT]


def test_a_passing_fault_calls_a_person_at_the_third_attempt_and_is_tried_on(
    counter: "Counter", ana: Phone, graph: StrictGraph
) -> None:
    graph.fail_next(times=3, code=131000)
    question_id = counter.answer(ana)
    counter.run()
    counter.run_all()
    assert counter.reason(question_id) is None
    counter.run_all()
    assert counter.reason(question_id) == "delivery_delayed"
    assert counter.read(question_id).delivery is Delivery.PENDING
    counter.run_all()
    assert ana.inbox().answers == [TEXT]


def test_a_network_that_stays_away_calls_a_person_at_the_third_attempt(
    counter: "Counter", ana: Phone
) -> None:
    counter.configure(graph_url="http://127.0.0.1:1")
    question_id = counter.answer(ana)
    for _ in range(3):
        assert counter.reason(question_id) is None
        counter.run_all()
    assert counter.reason(question_id) == "delivery_delayed"


def test_a_contact_who_is_held_back_again_and_again_is_a_person_s(
    counter: "Counter", ana: Phone, graph: StrictGraph
) -> None:
    graph.fail_next(times=3, code=131056)
    question_id = counter.answer(ana)
    pair = keys.pair("recepcao", counter.conversation(question_id).id)
    for _ in range(3):
        assert counter.reason(question_id) is None
        counter.redis.hset(pair, "wait_until", 0)
        counter.run_all()
    assert counter.reason(question_id) == "delivery_delayed"


def test_our_own_fault_is_dead_at_once_and_loud(
    counter: "Counter", ana: Phone, graph: StrictGraph
) -> None:
    graph.fail_next(code=131009)
    question_id = counter.answer(ana)
    with capture_logs() as logs:
        counter.run()
    assert counter.read(question_id).delivery is Delivery.DEAD
    assert counter.send(question_id).state is SendState.FAILED
    assert counter.reason(question_id) == "undeliverable"
    assert ("send_refused", "error") in [(log["event"], log["log_level"]) for log in logs]


def test_a_reached_limit_lets_everybody_wait_and_burns_no_attempt(
    counter: "Counter", ana: Phone, graph: StrictGraph
) -> None:
    bia = graph.patient("Bia", "+5541988880000")
    graph.fail_next(code=130429)
    first, second = counter.answer(ana), counter.answer(bia)
    counter.run()
    assert counter.attempts(first, second) == 1  # the second did not even try
    for question_id in (first, second):
        assert counter.read(question_id).delivery_attempts == 0
    counter.redis.hset(keys.pace("recepcao"), "wait_until", 0)
    counter.run_all()
    assert (ana.inbox().answers, bia.inbox().answers) == ([TEXT], [TEXT])


def test_too_many_to_one_contact_lets_that_contact_wait_alone(
    counter: "Counter", ana: Phone, graph: StrictGraph
) -> None:
    graph.fail_next(code=131056)
    first = counter.answer(ana)
    counter.run()
    bia = graph.patient("Bia", "+5541988880000")
    counter.answer(bia)
    counter.run_all()
    assert (ana.inbox().answers, bia.inbox().answers) == ([], [TEXT])
    counter.redis.hset(keys.pair("recepcao", counter.conversation(first).id), "wait_until", 0)
    counter.run_all()
    assert ana.inbox().answers == [TEXT]


# -- the channel's pause --------------------------------------------------------------------------


@pytest.mark.parametrize("account", [False, True])
def test_a_revoked_token_burns_nothing_and_a_repaired_one_sends_all(
    counter: "Counter", graph: StrictGraph, *, account: bool
) -> None:
    patients = [graph.patient(f"P{n}", f"+55419999000{n:02}") for n in range(12)]
    if account:
        graph.account.refused_with = 131042
    else:
        graph.revoke_token()
    ids = [counter.answer(patient) for patient in patients]
    with capture_logs() as logs:
        for _ in range(3):
            counter.run_all()
    assert counter.attempts(*ids) == 1  # not twelve
    assert [log["event"] for log in logs].count("channel_paused") == 1
    assert set(counter.sends.paused_channels()) == {"recepcao"}
    assert {counter.read(one).delivery for one in ids} == {Delivery.PENDING}
    assert {counter.read(one).delivery_attempts for one in ids} == {0}
    graph.account.refused_with = None
    graph.account.tokens[0].value = "EAAnew"
    graph.restore_token()
    counter.configure()
    counter.run_all()
    assert [patient.inbox().answers for patient in patients] == [[TEXT]] * 12
    assert counter.sends.paused_channels() == {}


def test_what_waits_leaves_within_seconds_of_the_repair_and_calls_meta_once_before(
    counter: "Counter", graph: StrictGraph
) -> None:
    counter.pace = Pace(look_seconds=0.1)
    patients = [graph.patient(f"P{n}", f"+55419999000{n:02}") for n in range(4)]
    graph.revoke_token()
    ids = [counter.answer(patient) for patient in patients]
    deadline, looks = time.monotonic() + 1.0, 0
    while time.monotonic() < deadline:
        looks += counter.run()
        time.sleep(0.02)
    assert looks > len(ids)  # they came back by themselves
    assert counter.attempts(*ids) == 1
    assert {counter.read(one).delivery_attempts for one in ids} == {0}
    graph.account.tokens[0].value = "EAAnew"
    graph.restore_token()
    counter.configure()
    deadline = time.monotonic() + 5.0
    while time.monotonic() < deadline and counter.outbox.sizes()[Delivery.PENDING]:
        counter.run()
        time.sleep(0.02)
    assert [patient.inbox().answers for patient in patients] == [[TEXT]] * 4


def test_a_channel_that_works_again_resumes_by_itself(
    counter: "Counter", ana: Phone, graph: StrictGraph
) -> None:
    def a_minute_passes() -> None:
        pause = json.loads(str(counter.redis.hget(keys.PAUSED_CHANNELS, "recepcao")))
        raw = json.dumps(pause | {"probe_at": 0})
        counter.redis.hset(keys.PAUSED_CHANNELS, "recepcao", raw)

    graph.account.refused_with = 131031
    question_id = counter.answer(ana)
    counter.run()
    counter.run_all()
    assert counter.attempts(question_id) == 1
    a_minute_passes()
    counter.run_all()  # the probe
    assert counter.attempts(question_id) == 2
    graph.account.refused_with = None
    a_minute_passes()
    counter.run_all()
    assert ana.inbox().answers == [TEXT]
    assert counter.sends.paused_channels() == {}


def test_a_channel_without_a_file_loses_nothing(counter: "Counter", ana: Phone) -> None:
    question_id = counter.answer(ana)
    file = counter.folder / "recepcao.json"
    content = file.read_text("utf-8")
    file.unlink()
    counter.book = type(counter.book)(counter.folder, {})
    counter.run()
    assert counter.read(question_id).delivery_attempts == 0
    file.write_text(content, "utf-8")
    file.chmod(0o600)
    counter.book = type(counter.book)(counter.folder, {})
    counter.run_all()
    assert ana.inbox().answers == [TEXT]


def test_a_channel_whose_file_stays_away_for_a_day_leaves_its_answers_to_a_person(
    counter: "Counter", ana: Phone
) -> None:
    question_id = counter.answer(ana)
    (counter.folder / "recepcao.json").unlink()
    counter.book = type(counter.book)(counter.folder, {})
    counter.later = timedelta(hours=23)
    counter.run_all()
    assert counter.read(question_id).delivery is Delivery.PENDING
    counter.later = timedelta(hours=24, seconds=1)
    counter.run_all()
    question = counter.read(question_id)
    assert question.delivery is Delivery.DEAD
    assert "file has been gone" in question.deliveries[-1].detail
    assert counter.reason(question_id) == "channel_gone"


def test_a_channel_that_is_another_clinic_s_now_answers_no_patient_of_the_one_before(
    counter: "Counter", ana: Phone
) -> None:
    question_id = counter.answer(ana)
    file = counter.folder / "recepcao.json"
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | {"tenant": "outra"}), "utf-8")
    counter.book = type(counter.book)(counter.folder, {})
    counter.run()
    assert counter.read(question_id).delivery is Delivery.PENDING
    assert ana.inbox().answers == []


# -- window, templates, caps ----------------------------------------------------------------------


def test_outside_the_window_a_person_sees_to_it(counter: "Counter", ana: Phone) -> None:
    question_id = counter.answer(ana)
    counter.later = timedelta(hours=24, seconds=1)
    counter.run()
    assert counter.read(question_id).delivery is Delivery.DEAD
    assert counter.reason(question_id) == "window_closed"
    assert ana.inbox().answers == []


@pytest.mark.parametrize("told_by", ["clock", "reply", "status"])
def test_outside_the_window_the_template_is_sent_once(
    counter: "Counter", ana: Phone, graph: StrictGraph, told_by: str
) -> None:
    graph.add_template(Template("retorno", "Temos uma resposta. Escreva para recebê-la."))
    counter.configure(template="retorno")
    question_id = counter.answer(ana)
    if told_by == "clock":
        counter.later = timedelta(hours=24, seconds=1)
    else:
        graph.fail_next(code=131047, failed_status=told_by == "status")
    for _ in range(4):
        counter.run_all()
        counter.take_statuses()
    assert ana.inbox().answers == ["Temos uma resposta. Escreva para recebê-la."]
    assert counter.reason(question_id) == "window_closed"
    assert counter.read(question_id).delivery is Delivery.DELIVERED


def test_a_paused_template_falls_to_a_person(
    counter: "Counter", ana: Phone, graph: StrictGraph
) -> None:
    graph.add_template(Template("retorno", "Olá", status="PAUSED"))
    counter.configure(template="retorno")
    question_id = counter.answer(ana)
    counter.later = timedelta(hours=25)
    counter.run_all()
    assert counter.read(question_id).delivery is Delivery.DEAD
    assert counter.reason(question_id) == "undeliverable"


def test_spam_stops_templates_and_not_answers(
    counter: "Counter", ana: Phone, graph: StrictGraph
) -> None:
    graph.add_template(Template("retorno", "Olá"))
    counter.configure(template="retorno")
    graph.fail_next(code=131048)
    counter.answer(ana)
    counter.run()
    bia = graph.patient("Bia", "+5541988880000")
    counter.answer(bia)
    counter.run()
    assert bia.inbox().answers == [TEXT]
    caio = graph.patient("Caio", "+5541977770000")
    question_id = counter.answer(caio)
    counter.later = timedelta(hours=25)
    counter.run()
    assert counter.reason(question_id) == "window_closed"


def test_a_loop_of_two_robots_ends_at_the_contact_s_cap(counter: "Counter", ana: Phone) -> None:
    counter.configure(contact_cap=3)
    ids = []
    for _ in range(5):
        ids.append(counter.answer(ana))
        counter.run_all()
    assert len(ana.inbox().answers) == 3
    assert counter.reason(ids[-1]) == "contact_cap"
    counter.say(counter.conversation(ids[0]).id)  # a person may go on
    counter.run_all()
    assert ana.inbox().answers[-1] == "Pode vir às 9h."


def test_the_text_of_an_emergency_is_stopped_by_no_silence_and_no_cap(
    counter: "Counter", ana: Phone
) -> None:
    counter.configure(contact_cap=1, billed_cap=1)
    for _ in range(2):
        counter.answer(ana)
        counter.run_all()
        counter.take_statuses()
    question_id = counter.answer(ana, EMERGENCY)
    counter.conversations.pause(counter.conversation(question_id).id, 12, "maria")
    counter.run_all()
    assert ana.inbox().answers == [TEXT, "Ligue 192."]


def test_a_loop_of_two_robots_that_speak_of_emergencies_ends(
    counter: "Counter", ana: Phone
) -> None:
    counter.configure(contact_cap=1)
    for _ in range(15):
        counter.answer(ana, EMERGENCY)
        counter.run_all()
    assert len(ana.inbox().answers) == 11


def test_billed_messages_are_counted_once_warned_of_and_capped(
    counter: "Counter", graph: StrictGraph
) -> None:
    graph.account.free_messages = 0
    counter.configure(billed_warning=2, billed_cap=3)
    patients = [graph.patient(f"P{n}", f"+55419999000{n:02}") for n in range(5)]
    with capture_logs() as logs:
        for patient in patients:
            last = counter.answer(patient)
            counter.run_all()
            counter.take_statuses()
    counter.take_statuses(again=True)
    billed = counter.sends.billed(time.strftime("%Y-%m", time.gmtime()))
    assert billed == {("recepcao", "service"): 3}
    assert [len(patient.inbox().answers) for patient in patients] == [1, 1, 1, 0, 0]
    assert counter.reason(last) == "billed_cap"
    events = [log["event"] for log in logs]
    assert events.count("billed_warning") == events.count("billed_cap_reached") == 1


# -- logs -----------------------------------------------------------------------------------------


def test_no_log_and_no_record_names_a_patient_a_message_or_the_token(
    counter: "Counter", ana: Phone, graph: StrictGraph
) -> None:
    faults: list[dict[str, Any]] = [
        {"code": 131026, "failed_status": True}, {"code": 131009}, {"http": 504}, {"code": 190},
    ]  # fmt: skip
    for fault in faults:
        graph.fail_next(**fault)
    with capture_logs() as logs:
        ids = []
        for _ in faults:
            ids.append(counter.answer(ana, Outcome(status=Status.ANSWERED, text="Sigiloso.")))
            counter.run_all()
            counter.take_statuses()
    events = {log["event"] for log in logs}
    assert events >= {"send_failed", "send_refused", "send_ambiguous", "channel_paused"}
    told = str(logs) + str([counter.read(one).deliveries for one in ids])
    told += str({key: counter.redis.type(key) for key in counter.redis.scan_iter("*sent*")})
    told += str([counter.redis.hgetall(keys.send(one)) for one in ids])
    for secret in ("99990000", "wamid", "Sigiloso", "jejum", graph.token, "BR."):
        assert secret not in told
