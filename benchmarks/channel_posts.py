"""How long Meta waits for its 200: the webhook of WhatsApp at 200 posts a second.

    python -m benchmarks.channel_posts [--runs 3] [--seconds 10]

The API under gunicorn as in production, a Valkey server with its append-only file, and a client
that sends signed posts at a fixed rate whether those before were answered or not. First alone; then
beside a callbacks worker that reads the posts that have piled up, and asks what they say. At the
end every message must be in a conversation, once.
"""

import argparse
import itertools
import json
import multiprocessing
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.api import gunicorn
from benchmarks.control_plane import server
from benchmarks.figure import Figure, keep, show
from benchmarks.load import pace, post
from workers.contracts import channel_files
from workers.contracts.connection import connect
from workers.contracts.inbound import Inbound
from workers.contracts.questions import QuestionStore
from workers.contracts.settings import QueueSettings
from workers.contracts.whatsapp_channel import WhatsAppChannel
from workers.simulation.whatsapp.courier import signature
from workers.stack.command_lines import commands

COMMAND: Final = "python -m benchmarks.channel_posts"
PATH: Final = "/v1/channels/whatsapp"
#: Posts per second, and the milliseconds that 99 of 100 replies may take.
RATE, MOST_MS = 200, 250
#: Connections that the client keeps open.
CONNECTIONS: Final = 64
#: Seconds for the worker to read what has piled up.
READ_SECONDS: Final = 600
CHANNEL: Final = WhatsAppChannel.model_validate(
    {
        "name": "recepcao",
        "tenant": "clinica",
        "clinic": "Clínica",
        "number": "+554133334444",
        "phone_number_id": "106540352242922",
        "business_account_id": "102290129340398",
        "token": "token",
        "app_secret": "an-app-secret-for-benchmarks",
        "verify_token": "verify",
    }
)


def body_of(number: int) -> bytes:
    """A post with one question, of a patient of its own."""
    person = {"wa_id": f"5541{900000000 + number}", "user_id": f"BR.{number:020}"}
    message = {
        "from": person["wa_id"],
        "from_user_id": person["user_id"],
        "id": f"wamid.{number:048}",
        "timestamp": str(int(time.time())),
        "type": "text",
        "text": {"body": f"Qual é o preparo para o exame número {number}?"},
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": CHANNEL.number,
            "phone_number_id": CHANNEL.phone_number_id,
        },
        "contacts": [{"profile": {"name": "Paciente"}, **person}],
        "messages": [message],
    }
    changes = [{"value": value, "field": "messages"}]
    entry = [{"id": CHANNEL.business_account_id, "changes": changes}]
    return json.dumps({"object": "whatsapp_business_account", "entry": entry}).encode()


def signed(number: int) -> bytes:
    """The request that Meta would send."""
    body = body_of(number)
    proof = signature(CHANNEL.app_secret.get_secret_value(), body)
    return post(PATH, body, f"X-Hub-Signature-256: {proof}")


@dataclass(frozen=True, slots=True)
class Posts:
    """What the client's process has to send: posts from `first` on, at `RATE`."""

    port: int
    first: int
    seconds: float

    @property
    def count(self) -> int:
        """How many."""
        return int(RATE * self.seconds)

    def run(self) -> list[float]:
        """Milliseconds of each reply, from the moment at which its post was due."""
        numbers = itertools.count(self.first)
        dues = [number / RATE for number in range(self.count)]
        times = pace(
            self.port, lambda: signed(next(numbers)), good=200, connections=CONNECTIONS, dues=dues
        )
        return [1000 * seconds for seconds in times]


@contextmanager
def callbacks(settings: QueueSettings, folder: Path) -> Iterator[None]:
    """A callbacks worker with the intake."""
    environment = {"ATENDE_REDIS_URL": settings.redis_url, "ATENDE_INTAKE": "1"}
    with (folder / "callbacks.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command line
            commands(folder)["callbacks"], env=os.environ | environment, stdout=log, stderr=log
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def await_read(settings: QueueSettings, sent: int) -> None:
    """Wait until every post is read and asked.

    Raises:
        TimeoutError: some are not, after `READ_SECONDS`.
        RuntimeError: a message is missing, or was taken twice.
    """
    redis = connect(settings)
    inbound, store = Inbound(redis, settings), QuestionStore(redis, settings)
    deadline = time.monotonic() + READ_SECONDS
    while (waiting := inbound.waiting()) or redis.exists("atende:1:bursts"):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{waiting} posts of {sent} were not read in {READ_SECONDS} s")
        time.sleep(0.2)
    counts = dict(store.counters())
    if (counts["bubbles:new"], counts["accepted:interactive"]) != (sent, sent):
        raise RuntimeError(f"of {sent} messages {counts} came through")


def measure(runs: int = 3, seconds: float = 10.0) -> list[Figure]:
    """The figures of this script."""
    times: dict[str, list[list[float]]] = {"alone": [], "beside the intake": []}
    sent = 0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        channel_files.save(CHANNEL, folder / "channels")
        os.environ["ATENDE_CHANNELS_DIR"] = str(folder / "channels")
        settings = stack.enter_context(server(folder))
        port = stack.enter_context(gunicorn("api.server:create_app()", settings, folder))
        client = stack.enter_context(
            ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
        )
        for kind, kind_times in times.items():
            if kind != "alone":
                stack.enter_context(callbacks(settings, folder))
            for run in range(-1, runs):  # the first warms up
                posts = Posts(port, sent, seconds if run >= 0 else 2.0)
                milliseconds = client.submit(Posts.run, posts).result()
                sent += posts.count
                if run >= 0:
                    kind_times.append(milliseconds)
                    print(f"  {kind}: p99 {percentile(milliseconds, 99):,.1f} ms")
        await_read(settings, sent)
        print(f"  {sent:,} messages, each in a conversation and asked once")
    return _figures(times)


def percentile(values: list[float], share: int) -> float:
    """The value below which `share` of 100 lie."""
    return statistics.quantiles(values, n=100)[share - 1]


def _figures(times: dict[str, list[list[float]]]) -> list[Figure]:
    figures = []
    for kind, runs in times.items():
        for share in (50, 99):
            values = tuple(percentile(run, share) for run in runs)
            target = MOST_MS if share == 99 else None  # noqa: PLR2004 - as it is named
            name = f"WhatsApp's webhook, {kind}: p{share} at {RATE} posts/s"
            figures.append(Figure(name, values, "ms", target, COMMAND, most=True))
    return figures


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    figures = measure(options.runs, options.seconds)
    show(figures)
    keep(figures)


if __name__ == "__main__":
    main()
