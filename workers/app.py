"""The Celery app: queues, routes, the beat schedule; the drain and the intake as bootsteps.

    drain worker      celery -A workers.app worker --pool threads --queues ingest   (ATENDE_DRAIN=1)
    callbacks worker  celery -A workers.app worker --pool threads --queues callbacks,periodic
                      (ATENDE_INTAKE=1)
    beat              celery -A workers.app beat

Nothing that must not be lost is kept in a Celery message alone: deliveries are leased from the
outbox, and again where their task is lost; jobs are leased from their line in Redis; periodic work
repeats.
"""

from logging.config import dictConfig
from typing import Any, Final

from celery import Celery, bootsteps
from celery.signals import setup_logging, worker_shutdown
from kombu import Queue

from workers.contracts import logs
from workers.knowledge import close_knowledge
from workers.monitor import inspection as inspection  # noqa: PLC0414 - registers the command
from workers.monitor.report import Reporter
from workers.settings import WorkerSettings, broker_url

CALLBACKS: Final = "callbacks"
PERIODIC: Final = "periodic"
INGEST: Final = "ingest"

#: The queue of each task in `workers.tasks`.
_QUEUES: Final = {
    "deliver": CALLBACKS,
    "show_typing": CALLBACKS,
    "dispatch": PERIODIC,
    "sweep": PERIODIC,
    "tidy": PERIODIC,
    "work": INGEST,
    "mirror": INGEST,
}
#: Seconds between two runs of each periodic task. A message that waited as long is dropped.
_PERIOD_SECONDS: Final = {
    "dispatch": 2.0,  # settles hint at the outbox at once; this catches the rest
    "sweep": 5.0,
    "tidy": 600.0,
    "work": 1.0,  # commands ask at once; uploads wait for this
    "mirror": 10.0,
}

#: A typing mark that was not shown after so long is dropped.
_TYPING_EXPIRES_SECONDS: Final = 10.0

settings = WorkerSettings()
app = Celery("atende", include=["workers.tasks"])
app.conf.update(
    broker_url=broker_url(settings),
    broker_connection_retry_on_startup=True,
    task_ignore_result=True,
    task_queues=[Queue(name) for name in (CALLBACKS, PERIODIC, INGEST)],
    task_default_queue=PERIODIC,
    task_create_missing_queues=False,
    task_routes={f"workers.tasks.{name}": {"queue": queue} for name, queue in _QUEUES.items()},
    worker_prefetch_multiplier=1,
    worker_send_task_events=False,
    beat_schedule={
        name: {
            "task": f"workers.tasks.{name}",
            "schedule": seconds,
            "options": {"expires": seconds},
        }
        for name, seconds in _PERIOD_SECONDS.items()
    },
)


class DrainStep(bootsteps.StartStopStep):
    """Starts the drain with a worker that has `ATENDE_DRAIN=1`, and stops it with the worker."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, **_: Any) -> None:  # noqa: ANN401 - Celery's worker, untyped
        super().__init__(parent)
        self.enabled = settings.drain

    def start(self, parent: Any) -> None:  # noqa: ANN401
        """Start its thread; Celery goes on meanwhile."""
        from workers.service import DrainService  # noqa: PLC0415 - vLLM, for this worker alone

        parent.reporter = Reporter(parent.hostname)
        parent.drain = DrainService(settings, hint=hint_dispatch, reporter=parent.reporter)
        parent.drain.start()

    def stop(self, parent: Any) -> None:  # noqa: ANN401
        """Finish or release what is in flight; returns once the engine has stopped."""
        parent.drain.stop()


class IntakeStep(bootsteps.StartStopStep):
    """Starts the intake, the mailboxes and the backfills with a worker with `ATENDE_INTAKE=1`.

    It stops them with the worker.
    """

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, **_: Any) -> None:  # noqa: ANN401 - Celery's worker, untyped
        super().__init__(parent)
        self.enabled = settings.intake

    def start(self, parent: Any) -> None:  # noqa: ANN401
        """Start their threads; Celery goes on meanwhile."""
        from workers.channels.backfill.service import (  # noqa: PLC0415 - likewise
            BackfillService,
        )
        from workers.channels.email.imap.watching import (  # noqa: PLC0415 - likewise
            MailboxService,
        )
        from workers.channels.intake_service import (  # noqa: PLC0415 - dictionaries, for it alone
            IntakeService,
        )

        parent.intake = IntakeService(settings, on_asked=_hint_asked)
        parent.intake.start()
        parent.mailboxes = MailboxService(settings)
        parent.mailboxes.start()
        parent.backfills = BackfillService(settings)
        parent.backfills.start()

    def stop(self, parent: Any) -> None:  # noqa: ANN401
        """Finish the mails, the post and the rows in hand; returns after that."""
        parent.backfills.stop()
        parent.mailboxes.stop()
        parent.intake.stop()


def _hint_asked(question_id: str, ended: bool) -> None:  # noqa: FBT001 - as the intake calls it
    if ended:
        hint_dispatch()
    else:
        hint_typing(question_id)


def hint_dispatch() -> None:
    """Ask for a dispatch now; where the message is lost, the periodic one does the work."""
    app.send_task("workers.tasks.dispatch", queue=PERIODIC, expires=_PERIOD_SECONDS["dispatch"])


def hint_typing(question_id: str) -> None:
    """Let a patient see that an answer will come; where the message is lost, nothing is."""
    app.send_task(
        "workers.tasks.show_typing",
        args=(question_id,),
        queue=CALLBACKS,
        expires=_TYPING_EXPIRES_SECONDS,
    )


@setup_logging.connect
def _configure_logs(loglevel: str | int = "INFO", **_: object) -> None:
    level = loglevel if isinstance(loglevel, str) else "INFO"
    logs.configure(level)
    dictConfig(logs.stdlib_config(level))


@worker_shutdown.connect
def _close(**_: object) -> None:
    close_knowledge()


app.steps["worker"].add(DrainStep)
app.steps["worker"].add(IntakeStep)
