"""`atende callbacks`: list callbacks that were given up, and send them again."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from cyclopts import App, Parameter
from cyclopts.validators import Number
from redis import RedisError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from workers.commands.support.errors import CommandError, exit_on_error
from workers.commands.support.queue import queue_settings
from workers.contracts.connection import connect
from workers.contracts.dead_deliveries import NOT_DEAD, DeadDeliveries, DeadDelivery
from workers.contracts.question import Delivery

callbacks = App(name="callbacks", help="List and replay callbacks that were given up.")

#: Callbacks of one page.
_PAGE: Final = 500
_UNREADABLE: Final = "its record cannot be read"


@callbacks.command(name="list")
@exit_on_error("atende callbacks list")
def show_all(
    *,
    tenant: str | None = None,
    limit: Annotated[int, Parameter(validator=Number(gte=1))] = 100,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """List the callbacks that were given up, newest first, with the last reason.

    Args:
        tenant: the clinic whose callbacks are listed; without it, all clinics'.
        limit: how many are listed at most.
        as_json: print JSON, with every attempt that is remembered.
    """
    settings, console = queue_settings(), Console()
    page = DeadDeliveries(connect(settings), settings).page(limit, tenant=tenant)
    if as_json:
        content = {
            "callbacks": [_as_json(delivery) for delivery in page.deliveries],
            "more": page.after is not None,
        }
        print(json.dumps(content, indent=2))  # noqa: T201 - for programs, unstyled
        return
    if not page.deliveries:
        console.print("No callback was given up.")
        return
    console.print(listing_table(page.deliveries))
    if page.after is not None:
        console.print(f"These are the newest {limit}; `--limit` shows more.", style="dim")
    console.print(
        "Once the receiver is repaired, `atende callbacks replay ID` or `replay --all` sends them "
        "again.",
        style="dim",
    )


@callbacks.command
@exit_on_error("atende callbacks replay")
def replay(
    *question_ids: str,
    every: Annotated[bool, Parameter(name="--all")] = False,
    tenant: str | None = None,
) -> None:
    """Send callbacks again that were given up, each with all its attempts.

    Exit code 1 where one of them was not replayed.

    Args:
        question_ids: ids of their questions, as `atende callbacks list` gives them.
        every: replay all that were given up.
        tenant: the clinic whose callbacks are replayed; without it, any clinic's.
    """
    if every == bool(question_ids):
        raise CommandError(
            "Name the callbacks to replay by their questions' ids, or give --all; not both. "
            "Nothing was changed. `atende callbacks list` shows them."
        )
    settings, console = queue_settings(), Console()
    dead = DeadDeliveries(connect(settings), settings)
    ids = _all_ids(dead, tenant) if every else iter(dict.fromkeys(question_ids))
    replayed, left = 0, 0
    try:
        for question_id in ids:
            state = dead.replay(question_id, tenant)
            if state is Delivery.DEAD:
                replayed += 1
            else:
                left += 1
            if state is not Delivery.DEAD or not every:
                console.print(f"{question_id}: {_result(state, tenant)}.", **_PLAIN)
    except RedisError as error:
        raise CommandError(
            f"The queue stopped answering ({type(error).__name__}). {replayed} callbacks were "
            "replayed and stay so. Type the same again for the others."
        ) from None
    _sum_up(replayed, left, console)
    if left:
        sys.exit(1)


#: Lines with ids are printed as they are, and never wrapped.
_PLAIN: Final[dict[str, Any]] = {"highlight": False, "markup": False, "soft_wrap": True}


def listing_table(deliveries: list[DeadDelivery]) -> Table:
    """One row a callback, the last reason below its receiver."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("question", no_wrap=True)
    table.add_column("tenant", overflow="fold")
    table.add_column("given up", no_wrap=True)
    table.add_column("attempts", justify="right")
    table.add_column("receiver, and why", overflow="fold", ratio=1)
    for delivery in deliveries:
        question = delivery.question
        since = datetime.fromtimestamp(delivery.dead_at).astimezone().strftime("%Y-%m-%d %H:%M")
        if question is None:
            table.add_row(delivery.id, "", since, "", Text(_UNREADABLE, "dim"))
            continue
        receiver = Text(question.request.receiver or "no receiver")
        if question.deliveries:
            receiver.append(f"\n{question.deliveries[-1].detail}", "dim")
        attempts = str(question.delivery_attempts)
        table.add_row(delivery.id, Text(question.request.tenant), since, attempts, receiver)
    return table


def _all_ids(dead: DeadDeliveries, tenant: str | None) -> Iterator[str]:
    """Ids of all that are dead now; one that dies again meanwhile is newer, and not given twice."""
    after: str | None = ""
    while after is not None:
        page = dead.page(_PAGE, after, tenant)
        yield from (delivery.id for delivery in page.deliveries)
        after = page.after


def _result(state: Delivery | None, tenant: str | None) -> str:
    """What became of a replay, by the state that the delivery was in."""
    if state is Delivery.DEAD:
        return "will be sent again"
    if state is not None:
        return f"not replayed, {NOT_DEAD[state]}"
    whose = f" of {tenant}" if tenant else ""
    return f"not replayed, there is no question{whose} with this id, or it is no longer kept"


def _sum_up(replayed: int, left: int, console: Console) -> None:
    if not replayed and not left:
        console.print("No callback was given up: nothing to replay.")
        return
    console.print(f"{replayed} replayed, {left} not.", highlight=False)
    if replayed:
        console.print(
            "Workers send them within seconds. `atende callbacks list` shows those that fail for "
            "good.",
            style="dim",
        )


def _as_json(delivery: DeadDelivery) -> dict[str, Any]:
    question = delivery.question
    return {
        "id": delivery.id,
        "tenant": question and question.request.tenant,
        "receiver": question and question.request.receiver,
        "dead_at": datetime.fromtimestamp(delivery.dead_at, UTC).isoformat(timespec="milliseconds"),
        "attempts": question and question.delivery_attempts,
        "recent": [attempt.model_dump() for attempt in question.deliveries] if question else None,
    }
