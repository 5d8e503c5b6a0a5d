"""The intake's loop: nothing is lost where it is killed, Redis is away, or an item is bad."""

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from redis import exceptions as redis_errors

from tests.intake_bench import IntakeBench
from workers.contracts.conversations import ConversationStore
from workers.contracts.echoes import EchoStore
from workers.contracts.inbound import Inbound

pytestmark = pytest.mark.integration


class Killed(BaseException):
    """Ends a worker at a line, as a kill does: nothing after it runs."""


def questions(bench: IntakeBench) -> list[str]:
    return [each.request.question for each in bench.asked_questions()]


# -- kills ----------------------------------------------------------------------------------------

#: Every step that the intake takes outside of itself, in the order in which it takes them.
STEPS: list[tuple[type, str]] = [
    (Inbound, "take"),
    (ConversationStore, "admit"),
    (EchoStore, "take"),
    (Inbound, "done"),
    (ConversationStore, "take_due"),
    (ConversationStore, "ask"),
]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("owner", "name"), STEPS, ids=[f"{o.__name__}.{n}" for o, n in STEPS])
def test_a_worker_that_is_killed_at_any_step_loses_and_repeats_nothing(
    bench: IntakeBench,
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    name: str,
    after: bool,  # noqa: FBT001
) -> None:
    real: Callable[..., Any] = getattr(owner, name)

    def killed(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        if after:
            real(*args, **kwargs)
        raise Killed

    other = {"to": "5541991112222", "id": "wamid.E1", "type": "text", "text": {"body": "Oi"}}
    bench.post(bench.text("Bom dia"))
    bench.post(message_echoes=[other])
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, killed)
        with pytest.raises(Killed):
            bench.turn()

    bench.intake = bench.worker("w2")  # the first one never comes back
    bench.redis.xautoclaim("atende:1:inbound", "intake", "w2", 0, justid=True)
    bench.intake._inbound = Impatient(bench.redis, bench.settings)  # noqa: SLF001 - no half minute
    bench.quiet()
    bench.quiet()

    asked = {each.id for each in everything_asked(bench)}
    assert len(asked) == 1
    assert (bench.inbound.waiting(), bench.count("message"), bench.count("echo")) == (0, 1, 1)
    paused = [each for each in bench.all_conversations() if each.paused_until]
    assert len(paused) == 1
    assert len(bench.conversations.transcript(paused[0].id)) == 1


class Impatient(Inbound):
    """Takes over at once what another worker had in hand."""

    def take_over(self, worker: str, most: int, _: float) -> list[Any]:
        """See `Inbound`."""
        return super().take_over(worker, most, 0.0)


def everything_asked(bench: IntakeBench) -> list[Any]:
    """The questions that there are, whoever was told of them."""
    ids = [key.rpartition(":")[2] for key in bench.redis.scan_iter("atende:1:question:*")]
    return [bench.question(each) for each in ids]


def test_a_post_that_kills_its_workers_is_kept_aside_and_the_next_one_read(
    bench: IntakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.post(bench.text("mata"))
    with monkeypatch.context() as patch:
        patch.setattr(ConversationStore, "admit", _raise(Killed()))
        for number in range(4):
            bench.intake = bench.worker(f"w{number}")
            bench.intake._inbound = Impatient(bench.redis, bench.settings)  # noqa: SLF001
            if number < 3:
                with pytest.raises(Killed):
                    bench.turn()
            else:
                bench.turn()
    bench.post(bench.text("Bom dia"))
    bench.turn()
    assert questions(bench) == ["Bom dia"]
    assert (len(bench.inbound.aside()), bench.inbound.waiting()) == (1, 0)


def test_posts_that_were_in_one_hand_with_it_are_not_kept_aside(
    bench: IntakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ConversationStore.admit

    def deadly(self: ConversationStore, *args: Any) -> Any:  # noqa: ANN401
        if args[4].text == "mata":
            raise Killed
        return real(self, *args)

    for number in range(5):
        bench.post(bench.text("mata" if number == 2 else "Bom dia", from_user_id=f"BR.{number}"))
    monkeypatch.setattr(ConversationStore, "admit", deadly)
    for number in range(6):
        bench.intake = bench.worker(f"w{number}")
        bench.intake._inbound = Impatient(bench.redis, bench.settings)  # noqa: SLF001
        with contextlib.suppress(Killed):
            for _ in range(5):
                bench.turn()
    assert questions(bench) == ["Bom dia"] * 4
    (kept,) = bench.inbound.aside()
    assert "mata" in kept


def test_a_worker_looks_past_what_others_have_in_hand(bench: IntakeBench) -> None:
    for number in range(31):
        bench.post(bench.text("Bom dia", from_user_id=f"BR.{number}"))
    bench.inbound.take("alive", 30, 0)
    bench.inbound.take("dead", 1, 0)
    time.sleep(0.3)
    busy = bench.redis.xpending_range("atende:1:inbound", "intake", "-", "+", 30)
    bench.redis.xclaim(
        "atende:1:inbound", "intake", "alive", 0, [each["message_id"] for each in busy]
    )
    assert len(bench.inbound.take_over("w2", 1, 0.2)) == 1


def test_what_is_due_is_asked_between_two_posts_and_an_emergency_first(
    bench: IntakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.channels.asking._MOST", 1)
    real = ConversationStore.admit
    asked_before: list[int] = []

    def slow(self: ConversationStore, *args: Any) -> Any:  # noqa: ANN401
        time.sleep(0.05)
        asked_before.append(len(bench.asked))
        return real(self, *args)

    monkeypatch.setattr(ConversationStore, "admit", slow)
    words = ["Bom dia"] * 4 + ["estou com dor no peito"] + ["Bom dia"] * 15
    for number, each in enumerate(words):
        bench.post(
            bench.text(each, **{"from": f"554199{number:07}", "from_user_id": f"B.{number}"})
        )
    bench.turn()
    assert asked_before[-1] >= 3
    assert "estou com dor no peito" in questions(bench)[:4]


def _raise(error: BaseException) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:  # noqa: ANN401
        raise error

    return fail


# -- Redis is away --------------------------------------------------------------------------------


@pytest.mark.parametrize(("owner", "name"), STEPS, ids=[f"{o.__name__}.{n}" for o, n in STEPS])
def test_where_redis_is_away_in_between_the_same_worker_goes_on(
    bench: IntakeBench, monkeypatch: pytest.MonkeyPatch, owner: type, name: str
) -> None:
    other = {"to": "5541991112222", "id": "wamid.E1", "type": "text", "text": {"body": "Oi"}}
    bench.post(bench.text("Bom dia"))
    bench.post(message_echoes=[other])
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, _raise(redis_errors.ConnectionError()))
        with pytest.raises(redis_errors.ConnectionError):
            bench.turn()
    bench.quiet()  # the lease of a burst that was taken has passed
    assert questions(bench) == ["Bom dia"]
    assert (bench.inbound.waiting(), bench.count("bad")) == (0, 0)


@pytest.mark.parametrize(
    "reply",
    ["MISCONF Errors writing to the AOF file", "BUSY Redis is busy", "NOREPLICAS Not enough"],
)
def test_a_server_in_trouble_of_its_own_is_no_fault_of_a_post(
    bench: IntakeBench, monkeypatch: pytest.MonkeyPatch, reply: str
) -> None:
    bench.post(bench.text("Bom dia"))
    with monkeypatch.context() as patch:
        patch.setattr(ConversationStore, "admit", _raise(redis_errors.ResponseError(reply)))
        with pytest.raises(redis_errors.ResponseError):
            bench.turn()
    bench.turn()
    assert questions(bench) == ["Bom dia"]
    assert (bench.inbound.waiting(), bench.count("bad")) == (0, 0)


def test_the_loop_waits_out_an_absence_and_stops_when_it_is_told_to(
    bench: IntakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    absences = iter([True, True, False])
    real = ConversationStore.take_due

    def sometimes(self: ConversationStore, most: int) -> Any:  # noqa: ANN401
        if next(absences, False):
            raise redis_errors.ConnectionError
        return real(self, most)

    monkeypatch.setattr(ConversationStore, "take_due", sometimes)
    monkeypatch.setattr("workers.channels.intake._AWAY_SECONDS", 0.01)
    stopping = threading.Event()
    thread = threading.Thread(target=bench.intake.run, args=(stopping,))
    thread.start()
    try:
        bench.post(bench.text("Bom dia"))
        deadline = time.monotonic() + 10
        while not bench.asked and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        stopping.set()
        thread.join(5)
    assert not thread.is_alive()
    assert questions(bench) == ["Bom dia"]
    assert bench.redis.xinfo_consumers("atende:1:inbound", "intake") == []


# -- what fails by itself -------------------------------------------------------------------------


def test_an_event_that_fails_is_kept_aside_and_the_others_of_its_post_are_stored(
    bench: IntakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ConversationStore.admit

    def failing(self: ConversationStore, *args: Any) -> Any:  # noqa: ANN401
        if args[4].text == "quebra":
            raise ValueError("said by a test")
        return real(self, *args)

    monkeypatch.setattr(ConversationStore, "admit", failing)
    bench.post(bench.text("quebra"), bench.text("Bom dia"))
    bench.turn()
    assert questions(bench) == ["Bom dia"]
    (kept,) = bench.inbound.aside()
    assert "ValueError" in kept
    assert bench.count("bad") == 1


def test_a_burst_that_fails_holds_up_no_other(
    bench: IntakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ConversationStore.ask

    def failing(self: ConversationStore, burst: Any, *args: Any) -> Any:  # noqa: ANN401
        if "quebra" in burst.messages[0].text:
            raise ValueError("said by a test")
        return real(self, burst, *args)

    monkeypatch.setattr(ConversationStore, "ask", failing)
    other = {"from": "5541991112222", "from_user_id": "BR.7"}
    bench.post(bench.text("quebra o galho?"))
    bench.post(bench.text("Abrem aos sábados?", **other))
    bench.quiet()
    assert questions(bench) == ["Abrem aos sábados?"]


def test_a_burst_whose_channel_s_file_is_gone_waits_for_it(bench: IntakeBench) -> None:
    bench.post(bench.text("Abrem aos sábados?"))
    bench.turn()
    (bench.folder / "recepcao.json").rename(bench.folder / "recepcao.away")
    bench.book = type(bench.book)(bench.folder, {})
    bench.intake = bench.worker("w2")
    bench.quiet()
    assert bench.asked == []
    (bench.folder / "recepcao.away").rename(bench.folder / "recepcao.json")
    bench.book = type(bench.book)(bench.folder, {})
    bench.intake = bench.worker("w3")
    bench.quiet()
    assert questions(bench) == ["Abrem aos sábados?"]


def test_two_workers_share_the_posts_and_ask_each_burst_once(bench: IntakeBench) -> None:
    workers = [bench.worker("w1"), bench.worker("w2")]
    for number in range(40):
        person = {"from": f"55419900{number:05}", "from_user_id": f"BR.{number}"}
        bench.post(bench.text(f"Pergunta {number}?", **person))
    stopping = threading.Event()
    threads = [threading.Thread(target=worker.run, args=(stopping,)) for worker in workers]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 20
    while len(bench.asked) < 40 and time.monotonic() < deadline:
        time.sleep(0.05)
    stopping.set()
    for thread in threads:
        thread.join(5)
    assert sorted(questions(bench)) == sorted(f"Pergunta {number}?" for number in range(40))
    assert bench.count("message") == 40
