"""Every task is routed, and every queue has a worker that consumes it."""

from pathlib import Path

from workers.app import app
from workers.stack.command_lines import commands


def consumed(command: list[str]) -> set[str]:
    if "--queues" not in command:
        return set()
    return set(command[command.index("--queues") + 1].split(","))


def test_every_queue_is_consumed_by_exactly_one_worker_of_the_embedded_stack() -> None:
    found = [consumed(command) for command in commands(Path()).values()]
    every = [queue for queues in found for queue in queues]
    assert sorted(every) == sorted(queue.name for queue in app.conf.task_queues)


def test_every_task_has_a_route_to_a_queue_that_exists() -> None:
    app.loader.import_default_modules()
    tasks = {name for name in app.tasks if name.startswith("workers.")}
    assert tasks == set(app.conf.task_routes)
    queues = {queue.name for queue in app.conf.task_queues}
    assert {route["queue"] for route in app.conf.task_routes.values()} <= queues


def test_every_periodic_task_exists() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)
