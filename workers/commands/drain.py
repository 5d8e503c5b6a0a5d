"""`atende drain`: the status of the drains; pause and resume them without a restart."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from cyclopts import App, Parameter
from redis import Redis
from rich.console import Console
from rich.table import Table

from workers.commands.support.errors import exit_on_error
from workers.commands.support.queue import queue_settings
from workers.contracts.connection import connect
from workers.contracts.drains import DrainReport, drain_metrics, live_drains
from workers.contracts.pauses import ALL, Pauses
from workers.contracts.question import Lane
from workers.contracts.questions import QuestionStore
from workers.monitor.status import drain_status
from workers.stack.settings import LocalSettings

drain = App(name="drain", help="See, pause and resume the drains.")

#: Seconds that drains get to follow their switch, which they read every five; and seconds between
#: two readings of their reports.
_LONGEST_WAIT_SECONDS: Final = 12.0
_NEXT_REPORT_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Fleet:
    """Everything that `status` shows."""

    pauses: Mapping[str, float]
    drains: Sequence[Mapping[str, Any]]
    not_ended: Mapping[Lane, int]
    oldest: Mapping[Lane, float]

    @classmethod
    def read(cls, redis: Redis, settings: LocalSettings) -> "Fleet":
        """Read it from Redis."""
        store, reports = QuestionStore(redis, settings), live_drains(redis)
        families = drain_metrics(redis, reports)
        return cls(
            Pauses(redis).all(),
            [drain_status(report, families[report.worker]) for report in reports],
            store.waiting(),
            {lane: store.oldest(lane) or 0.0 for lane in Lane},
        )

    def in_flight(self, lane: Lane) -> int:
        """Questions of the lane in all drains."""
        return sum(drain["in_flight"][lane] for drain in self.drains)

    def waiting(self, lane: Lane) -> int:
        """Questions of the lane that nobody has claimed; reports are seconds old."""
        return max(0, self.not_ended[lane] - self.in_flight(lane))


@drain.command
@exit_on_error("atende drain status")
def status(*, as_json: Annotated[bool, Parameter(name="--json")] = False) -> None:
    """Show each drain, the questions that wait, and what is paused since when.

    Args:
        as_json: print JSON, with claim sizes and times.
    """
    settings = queue_settings()
    fleet = Fleet.read(connect(settings), settings)
    if as_json:
        print(json.dumps(_as_json(fleet), indent=2))  # noqa: T201 - for programs, unstyled
        return
    show(fleet, Console(), time.time())


@drain.command
@exit_on_error("atende drain pause")
def pause(*, worker: str | None = None) -> None:
    """Claim nothing more; questions in flight are finished, and new ones are accepted and wait.

    The pause lasts until `atende drain resume`, also over restarts, and holds for workers that
    start meanwhile.

    Args:
        worker: the one node to pause, as `status` names it; without it, all.
    """
    settings, console = queue_settings(), Console()
    redis = connect(settings)
    new = Pauses(redis).pause(worker or ALL)
    console.print(f"{_subject(worker)} paused{'' if new else ' already'}.", highlight=False)
    _await_reports(
        redis, worker, console, is_followed=lambda report: report.paused_since is not None
    )
    show(Fleet.read(redis, settings), console, time.time())


@drain.command
@exit_on_error("atende drain resume")
def resume(*, worker: str | None = None) -> None:
    """Claim questions again.

    Args:
        worker: the node whose own pause ends; without it, the pause of all.
    """
    settings, console = queue_settings(), Console()
    redis = connect(settings)
    pauses = Pauses(redis)
    ended = pauses.resume(worker or ALL)
    console.print(f"{_subject(worker)} {'resumed' if ended else 'not paused'}.", highlight=False)
    left = pauses.all()
    _await_reports(
        redis,
        worker,
        console,
        is_followed=lambda report: not report.paused or ALL in left or report.node in left,
    )
    show(Fleet.read(redis, settings), console, time.time())


def _subject(worker: str | None) -> str:
    return worker or "All drains:"


def _await_reports(
    redis: Redis, worker: str | None, console: Console, is_followed: Callable[[DrainReport], bool]
) -> None:
    """Wait until the reports of the drains concerned show the change."""
    deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
    with console.status("waiting for the drains' next report"):
        while True:
            reports = [report for report in live_drains(redis) if worker in (None, report.node)]
            late = [report.node or report.worker for report in reports if not is_followed(report)]
            if not late:
                break
            if time.monotonic() > deadline:
                console.print(f"These follow with a later report: {', '.join(late)}.")
                break
            time.sleep(_NEXT_REPORT_SECONDS)
    if worker and not reports:
        console.print(f"No live drain is named {worker}: this applies once one is.")


def show(fleet: Fleet, console: Console, now: float) -> None:
    """Print what is paused, the lanes and the drains."""
    waiting = sum(fleet.waiting(lane) for lane in Lane)
    for node, since in sorted(fleet.pauses.items()):
        subject = "All drains are" if node == ALL else f"{node} is"
        option = "" if node == ALL else f" --worker {node}"
        console.print(
            f"{subject} paused since {_moment(since)} ({_age(now - since)}), {waiting} waiting. "
            f"`atende drain resume{option}` ends it.",
            highlight=False,
            style="yellow",
            soft_wrap=True,
        )
    console.print(_lanes(fleet))
    if fleet.drains:
        console.print(_drains(fleet.drains))
    else:
        console.print("No drain is alive. Start a worker, e.g. with `atende up`.", style="red")


def _lanes(fleet: Fleet) -> Table:
    table = Table("lane", box=None, header_style="bold")
    for name in ("waiting", "in flight", "oldest"):
        table.add_column(name, justify="right")
    for lane in Lane:
        oldest = _age(fleet.oldest[lane]) if fleet.not_ended[lane] else ""
        table.add_row(lane, str(fleet.waiting(lane)), str(fleet.in_flight(lane)), oldest)
    return table


def _drains(drains: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(box=None, header_style="bold")
    table.add_column("node", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("model", overflow="fold")
    for name in ("slots", "claim", "tokens/s", "cached", "shared", "taken over"):
        table.add_column(name, justify="right")
    for entry in sorted(drains, key=lambda entry: str(entry["node"])):
        share, size = entry["cached_prompt_share"], entry["claims"]["mean_size"]
        table.add_row(
            entry["node"] or entry["worker"],
            entry["state"],
            entry["model"],
            f"{_busy_slots(entry)}/{entry['slots']}",
            "" if size is None else f"{size:.1f}",
            "" if entry["tokens_per_second"] is None else f"{entry['tokens_per_second']:.1f}",
            "" if share is None else f"{share:.0%}",
            str(sum(entry["shared"].values())),
            str(entry["taken_over"]),
        )
    return table


def _busy_slots(entry: Mapping[str, Any]) -> int:
    """Slots that generate."""
    return sum(stages.get("generating", 0) for stages in entry["stages"].values())


def _as_json(fleet: Fleet) -> dict[str, Any]:
    return {
        "paused": {"all" if node == ALL else node: since for node, since in fleet.pauses.items()},
        "lanes": {
            lane.value: {
                "waiting": fleet.waiting(lane),
                "in_flight": fleet.in_flight(lane),
                "oldest_seconds": round(fleet.oldest[lane], 1),
            }
            for lane in Lane
        },
        "drains": list(fleet.drains),
    }


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def _age(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
