"""The demonstration: a clinic's questions answered through the whole system, on this machine.

It starts the stack as `atende up` does, reads the sample clinic's documents, and asks as three
kinds of users do: one by one, a burst in one conversation, and a bulk batch. Every outcome comes
back by a signed callback, which is verified here.
"""

import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
from flask import Flask, request
from rich.console import Console
from rich.table import Table
from standardwebhooks import Webhook, WebhookVerificationError
from werkzeug.serving import make_server

from workers.answering.wording.words import wording_of
from workers.commands.ingest import Ingestion
from workers.commands.support.errors import exit_on_error
from workers.commands.up import Interrupted, interruptible, progress
from workers.contracts.signing import callback_secret
from workers.evaluation.questions import KnownQuestion, read_questions
from workers.evaluation.reply import Reply
from workers.evaluation.verdicts import Verdict, judge
from workers.stack.ports import free_port
from workers.stack.settings import LocalSettings
from workers.stack.stack import Stack

CLINIC = Path(__file__).parent / "clinica"
#: Questions of each kind of user: enough to fill the engine, few enough for two cores.
ONE_BY_ONE, BURST, BULK = 6, 6, 14
#: Seconds to wait for one question, and for the last callbacks.
PATIENCE_SECONDS, CALLBACKS_SECONDS = 240.0, 30.0


#: How the table shows what a question's end was worth.
MARKS = {
    Verdict.RIGHT: "✓",
    Verdict.WRONG: "✗",
    Verdict.DANGEROUS: "‼",
    Verdict.TO_PERSON_RIGHTLY: "→",
    Verdict.TO_PERSON_WRONGLY: "?",
    Verdict.UNANSWERED: "-",
}


@dataclass
class Receiver:
    """What the asker's side sees: callbacks, with whether their signature held."""

    url: str
    verified: dict[str, bool] = field(default_factory=dict)


@dataclass
class DemoQuestion:
    """One question of the demonstration, and its record as the API gives it."""

    known: KnownQuestion
    lane: str
    id: str
    record: dict[str, Any] = field(default_factory=dict)


@exit_on_error("demo")
def main() -> None:
    """Run it; status 1 if a question got no outcome or a callback's signature failed."""
    console = Console(width=max(Console().width, 150) if not sys.stdout.isatty() else None)
    settings = LocalSettings().model_copy(
        update={
            "data_dir": Path(".atende/demo").resolve(),
            "port": free_port(),
            "queue_port": free_port(),
        }
    )
    os.environ["ATENDE_CALLBACK_ALLOW_PRIVATE"] = "true"  # the receiver is on this machine
    try:
        with interruptible(), progress(console) as say, Stack(settings, say).running() as stack:
            say("reading the sample clinic's documents")
            ingest(settings, console)
            say("asking")
            is_good = demonstrate(stack, console)
    except Interrupted:
        console.print("Interrupted. Everything was stopped.")
        sys.exit(130)
    sys.exit(0 if is_good else 1)


def ingest(settings: LocalSettings, console: Console) -> None:
    """Hand the sample documents to the worker, as `atende ingest` does."""
    Ingestion(settings, settings.tenant, console)(CLINIC / "documentos")


def demonstrate(stack: Stack, console: Console) -> bool:
    """Ask, collect, show; whether all went well."""
    secret = callback_secret(stack.credentials.secret, stack.settings.tenant)
    headers = {"Authorization": f"Bearer {stack.credentials.api_key}"}
    with (
        receiving(secret) as receiver,
        httpx.Client(base_url=stack.url, headers=headers, timeout=60) as api,
    ):
        started_at = time.monotonic()
        asked = ask(api, receiver.url)
        collect(api, asked)
        seconds = time.monotonic() - started_at
        await_callbacks(receiver, asked)
        show(console, asked, receiver)
        totals(console, asked, receiver, seconds)
    all_ended = all(question.record.get("outcome") for question in asked)
    return all_ended and all(receiver.verified.get(question.id, False) for question in asked)


@contextmanager
def receiving(secret: str) -> Iterator[Receiver]:
    """A callback receiver on loopback, as an asker would write it."""
    app, webhook = Flask("receiver"), Webhook(secret)
    receiver = Receiver(url="")

    @app.post("/callback")
    def callback() -> tuple[str, int]:
        question_id = request.headers["webhook-id"].removeprefix("msg_")
        try:
            webhook.verify(request.get_data(as_text=True), dict(request.headers))
        except WebhookVerificationError:
            receiver.verified[question_id] = False
            return "bad signature", 401
        receiver.verified.setdefault(question_id, True)
        return "", 204

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    receiver.url = f"http://127.0.0.1:{server.server_port}/callback"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()


def ask(api: httpx.Client, callback: str) -> list[DemoQuestion]:
    """Three kinds of users: a bulk batch first, so that the others have to overtake it."""
    rows, _ = read_questions(CLINIC / "perguntas.csv")
    # Every third question: each kind of the file is in it.
    rows = (rows[::3] + rows[1::3])[: ONE_BY_ONE + BURST + BULK]
    bulk, rest = rows[:BULK], rows[BULK:]
    items = [{"question": row.question, "callback_url": callback} for row in bulk]
    reply = api.post("/v1/questions/batch", json={"questions": items}).raise_for_status().json()
    asked = [
        DemoQuestion(row, "bulk", item["accepted"]["id"])
        for row, item in zip(bulk, reply["items"], strict=True)
    ]
    for number, row in enumerate(rest):
        body = {"question": row.question, "callback_url": callback}
        if number >= ONE_BY_ONE:
            body["conversation_id"] = "familia-souza"
        accepted = api.post("/v1/questions", json=body).raise_for_status().json()
        asked.append(DemoQuestion(row, "interactive", accepted["id"]))
        if number < ONE_BY_ONE:  # this user waits for the answer before the next question
            asked[-1].record = api.get(
                f"/v1/questions/{accepted['id']}", params={"wait": 30}
            ).json()
    return asked


def collect(api: httpx.Client, asked: list[DemoQuestion]) -> None:
    """Wait for every outcome."""

    def wait(question: DemoQuestion) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not question.record.get("outcome") and time.monotonic() < deadline:
            reply = api.get(f"/v1/questions/{question.id}", params={"wait": 30})
            question.record = reply.raise_for_status().json()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(wait, asked))


def await_callbacks(receiver: Receiver, asked: list[DemoQuestion]) -> None:
    """Until each question's callback came, or `CALLBACKS_SECONDS`."""
    deadline = time.monotonic() + CALLBACKS_SECONDS
    while len(receiver.verified) < len(asked) and time.monotonic() < deadline:
        time.sleep(0.05)


def show(console: Console, asked: list[DemoQuestion], receiver: Receiver) -> None:
    """The table of questions and answers."""
    table = Table(title="What the patients asked, and what they were told", show_lines=True)
    for name, share in (("question", 3), ("lane", None), ("answer", 5)):
        table.add_column(name, ratio=share, overflow="fold")
    table.add_column("right", justify="center")
    table.add_column("source", ratio=2, overflow="fold")
    table.add_column("seconds", justify="right")
    table.add_column("callback verified", justify="center")
    for question in asked:
        outcome = question.record.get("outcome") or {}
        status = question.record.get("status", "lost")
        text = outcome.get("text", "") if status == "answered" else f"[{status}]"
        if status == "needs_human":
            text += f" {outcome.get('reason')}"
        times = outcome.get("timings") or {}
        table.add_row(
            question.known.question,
            question.lane,
            text.replace("[", r"\["),
            MARKS[verdict_of(question)],
            _source(outcome),
            f"{sum(times.values()):.1f}" if times else "",
            {True: "yes", False: "NO"}.get(receiver.verified.get(question.id, False)),
        )
    console.print(table)
    console.print(
        "✓ right, by the facts that the clinic's list of questions gives · ✗ wrong · ‼ wrong and "
        "dangerous · → rightly to a person or a fixed text · ? to a person, though the documents "
        "answer it. The sample clinic is invented; its documents must not advise patients.",
        highlight=False,
    )


def verdict_of(question: DemoQuestion) -> Verdict:
    """What a question's end was worth, as `atende evaluate` judges it."""
    outcome = question.record.get("outcome") or {}
    citations = outcome.get("citations", [])
    reply = Reply.model_validate({
        "status": question.record.get("status", "unanswered"),
        "reason": outcome.get("reason"), "text": outcome.get("text", ""),
        "citations": [cited["document"] for cited in citations], "model": None,
        "f1": None, "exact": None, "waited": 0.0, "retrieved": 0.0, "generated": 0.0,
    })  # fmt: skip
    numbers = [
        number
        for cited in citations
        if cited["document"] in question.known.documents
        for number in wording_of(f"{cited['title']} {cited['heading']} {cited['quote']}").numbers
    ]
    judgement = judge(question.known, reply, numbers)
    if judgement is None:
        raise ValueError(f"the question {question.known.id} has no facts")
    return judgement.verdict


def _source(outcome: dict[str, Any]) -> str:
    cited = next(iter(outcome.get("citations", [])), None)
    if cited is None:
        return ""
    page = f" p. {cited['page']}" if cited.get("page") else ""
    return f"{cited['document']}{page}"


def totals(console: Console, asked: list[DemoQuestion], receiver: Receiver, seconds: float) -> None:
    """One line of totals."""
    outcomes = [question.record["outcome"] for question in asked if question.record.get("outcome")]
    states = [question.record.get("status") for question in asked]
    ways = Counter(outcome.get("way") or "fixed text" for outcome in outcomes)
    verdicts = Counter(verdict_of(question) for question in asked)
    tokens = sum(outcome["usage"]["completion_tokens"] for outcome in outcomes)
    answered = states.count("answered")
    console.print(
        f"{len(asked)} questions: {answered} answered ({ways['quote']} quoted, {ways['write']} "
        f"written), {verdicts[Verdict.RIGHT]} of these right, {verdicts[Verdict.WRONG]} wrong, "
        f"{verdicts[Verdict.DANGEROUS]} dangerous; {states.count('needs_human')} to a person; "
        f"{len(asked) - answered - states.count('needs_human')} other · "
        f"{len(asked) / seconds:.2f} questions/s · {tokens / seconds:.1f} tokens/s · "
        f"{sum(receiver.verified.values())} callbacks verified",
        highlight=False,
    )


if __name__ == "__main__":
    main()
