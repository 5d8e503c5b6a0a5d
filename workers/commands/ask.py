"""`atende ask`: one question, waited for."""

import sys
import time
from typing import Any

import httpx
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from workers.stack.address import Door, NotRunningError, door
from workers.stack.credentials import CredentialsError
from workers.stack.settings import load_settings

#: Longest wait of one request, in seconds; the API answers 30 s long polls.
_POLL = 30


class AskError(Exception):
    """The API refused or did not answer."""


def ask(question: str, /, *, wait: float = 120.0) -> None:
    """Ask one question and show the answer, its sources and its timings.

    Args:
        question: as a patient would write it.
        wait: longest wait for the answer, in seconds.
    """
    console = Console()
    try:
        with console.status("waiting for the answer"):
            found = answer(door(load_settings()), question, wait)
    except (NotRunningError, CredentialsError, AskError) as error:
        Console(stderr=True).print(f"[red]atende ask:[/red] {escape(str(error))}", highlight=False)
        sys.exit(1)
    show(found, console)
    sys.exit(0 if found["outcome"] and found["status"] in {"answered", "needs_human"} else 1)


def answer(at: Door, question: str, wait: float) -> dict[str, Any]:
    """Hand a question in and wait for its end.

    Raises:
        AskError: refused, unreachable, or not ended in time.
    """
    headers = {"Authorization": f"Bearer {at.api_key}"}
    until = time.monotonic() + wait
    try:
        with httpx.Client(base_url=at.url, headers=headers, timeout=_POLL + 10) as client:
            accepted = _checked(client.post("/v1/questions", json={"question": question}))
            while True:
                left = max(0.0, min(_POLL, until - time.monotonic()))
                found = _checked(
                    client.get(f"/v1/questions/{accepted['id']}", params={"wait": int(left)})
                )
                if found.get("outcome"):
                    return found
                if time.monotonic() >= until:
                    raise AskError(
                        f"No answer within {wait:.0f} s; the question {accepted['id']} waits on "
                        f"(status {found['status']}). Is the worker paused, or overloaded? See "
                        f"{at.url}/readyz"
                    )
    except httpx.TransportError as error:
        raise AskError(f"{at.url} does not answer ({type(error).__name__}).") from error


def show(found: dict[str, Any], console: Console) -> None:
    """Print one ended question."""
    outcome = found["outcome"]
    style = "green" if found["status"] == "answered" else "yellow"
    title = found["status"] + (f" ({outcome['reason']})" if outcome.get("reason") else "")
    console.print(Panel(Text(outcome["text"]), title=title, border_style=style))
    if outcome["citations"]:
        table = Table("source", "where", "quote", box=None, header_style="bold")
        for citation in outcome["citations"]:
            page = f"p. {citation['page']}" if citation.get("page") else ""
            where = " ".join(filter(None, [page, citation.get("heading")]))
            table.add_row(Text(citation["document"]), Text(where), Text(citation["quote"]))
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
        console.print("The answer was cut at ATENDE_ANSWER_TOKENS.", style="yellow")


def _checked(response: httpx.Response) -> dict[str, Any]:
    if response.is_success:
        found: dict[str, Any] = response.json()
        return found
    try:
        problem = response.json()
        told = problem.get("detail") or problem.get("title")
    except ValueError:
        told = response.reason_phrase
    raise AskError(f"{response.status_code}: {told}")
