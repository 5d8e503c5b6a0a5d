"""Logs of every process: one JSON line an event, a fixed name with fields, on standard error.

No event carries a question, an API key or a callback URL. An error is logged by its type and the
places that it passed: its message may quote what a patient wrote.
"""

import logging
import sys
import traceback
from typing import Any

import structlog
from pydantic_core import to_json
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, FilteringBoundLogger, Processor

#: Places of an error that are kept, the innermost.
_PLACES = 12
#: They log a line for each request, each Celery message, each tick of beat: noise.
_NOISY = ("httpx", "httpcore", "celery.worker.strategy", "celery.app.trace", "celery.beat")


def _error(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Replace a traceback by the error's type and the places that it passed."""
    exc_info = event.pop("exc_info", None)
    if exc_info is True:
        exc_info = sys.exc_info()
    error = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    if isinstance(error, BaseException):
        event.setdefault("error", type(error).__name__)
        event["places"] = places(error)
    return event


_SHARED: tuple[Processor, ...] = (
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _error,
)


def _renderer() -> Processor:
    if sys.stderr.isatty():
        return structlog.dev.ConsoleRenderer()
    return structlog.processors.JSONRenderer(serializer=_line)


def _line(event: EventDict, **_: object) -> str:
    return to_json(event, fallback=repr).decode()


def configure(level: str = "INFO") -> None:
    """Send structlog's events to standard error, once per process.

    Straight to the stream: a LogRecord for each of 2,000 questions a second would cost as much as
    settling them.
    """
    structlog.configure(
        processors=[*_SHARED, _renderer()],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )


def logger(name: str) -> FilteringBoundLogger:
    """A logger; `name` is for readers of the code alone."""
    log: FilteringBoundLogger = structlog.get_logger(name)
    return log


def places(error: BaseException) -> list[str]:
    """The places that an error passed, `file:line function`, the innermost last; no values."""
    frames = traceback.extract_tb(error.__traceback__)[-_PLACES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def stdlib_config(level: str = "INFO") -> dict[str, Any]:
    """A `logging` dict config that renders the libraries' own lines in the same way."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [ProcessorFormatter.remove_processors_meta, _renderer()],
            }
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "stream": "ext://sys.stderr",
            }
        },
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {
            "gunicorn.error": {"level": level, "handlers": ["stderr"], "propagate": False},
            **{name: {"level": "WARNING"} for name in _NOISY},
        },
    }
