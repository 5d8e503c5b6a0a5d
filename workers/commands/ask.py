"""`atende ask`: one question, and the wait for its answer."""

import sys
import time
from typing import Any

import httpx
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from workers.commands.support.errors import exit_on_error
from workers.stack.api import ApiAddress, api_address, body_of
from workers.stack.errors import ApiError
from workers.stack.settings import load_settings

#: Longest wait of one request, in seconds; the API answers 30 s long polls.
_LONG_POLL_SECONDS = 30


@exit_on_error("atende ask")
def ask(question: str, /, *, wait: float = 120.0) -> None:
    """Ask one question, and show the answer with its sources and times.

    Args:
        question: as a patient would write it.
        wait: longest wait for the answer, in seconds.
    """
    console = Console()
    with console.status("waiting for the answer"):
        record = ask_and_wait(api_address(load_settings()), question, wait)
    show(record, console)
    sys.exit(0 if record["status"] in {"answered", "needs_human"} else 1)


def ask_and_wait(address: ApiAddress, question: str, wait: float) -> dict[str, Any]:
    """Ask a question and wait for its end; the question as the API gives it.

    Raises:
        ApiError: refused, unreachable, or not ended in time.
    """
    deadline = time.monotonic() + wait
    try:
        with address.client(_LONG_POLL_SECONDS + 10) as client:
            accepted = body_of(client.post("/v1/questions", json={"question": question}))
            while True:
                left = max(0.0, min(_LONG_POLL_SECONDS, deadline - time.monotonic()))
                record = body_of(
                    client.get(f"/v1/questions/{accepted['id']}", params={"wait": int(left)})
                )
                if record.get("outcome"):
                    return record
                if time.monotonic() >= deadline:
                    raise ApiError(
                        f"No answer within {wait:.0f} s. The question {accepted['id']} is kept and "
                        f"still waits (status {record['status']}). `atende drain status` says "
                        f"whether a worker is paused or busy; see also {address.url}/readyz"
                    )
    except httpx.TransportError as error:
        raise ApiError(
            f"{address.url} does not answer ({type(error).__name__}). A question that it had "
            "accepted is kept. `atende doctor` checks each part."
        ) from error


def show(record: dict[str, Any], console: Console) -> None:
    """Print one ended question."""
    outcome = record["outcome"]
    style = "green" if record["status"] == "answered" else "yellow"
    title = record["status"] + (f" ({outcome['reason']})" if outcome.get("reason") else "")
    console.print(Panel(Text(outcome["text"]), title=title, border_style=style))
    if outcome["citations"]:
        table = Table("source", "where", "quote", box=None, header_style="bold")
        for citation in outcome["citations"]:
            page = f"p. {citation['page']}" if citation.get("page") else ""
            place = " ".join(filter(None, [page, citation.get("heading")]))
            table.add_row(Text(citation["document"]), Text(place), Text(citation["quote"]))
        console.print(table)
    times, usage = outcome["timings"], outcome["usage"]
    console.print(
        f"waited {times['waited']:.2f} s · retrieved {times['retrieved']:.2f} s · generated "
        f"{times['generated']:.2f} s · {usage['prompt_tokens']} prompt tokens "
        f"({usage['cached_tokens']} cached) · {usage['completion_tokens']} answer tokens · "
        f"{outcome.get('model') or 'model not asked'}",
        style="dim",
        highlight=False,
    )
    if outcome.get("finish_reason") == "length":
        console.print("The answer was cut off at ATENDE_ANSWER_TOKENS.", style="yellow")
