"""Gunicorn's configuration: `gunicorn -c python:api.gunicorn "api.server:create_app()"`.

One process with many threads: most requests wait, for Redis or for an outcome. For more than one
core's worth of requests, run more of these behind a load balancer; they share nothing but Redis.
"""

import signal
import socket
from contextlib import suppress
from types import FrameType
from typing import Any, Final, Protocol

from flask import Flask

from api.services import EXTENSION, Services
from api.settings import ApiSettings
from workers.contracts.logs import configure, stdlib_config


class Worker(Protocol):
    """What is used of gunicorn's worker, which is untyped."""

    wsgi: Any


#: Linux's option that holds back a packet until it is full or the option is taken off.
_CORK: Final[int | None] = getattr(socket, "TCP_CORK", None)
_settings = ApiSettings()

bind = f"{_settings.host}:{_settings.port}"
worker_class = "gthread"
workers = 1
threads = _settings.threads
worker_connections = max(1000, 4 * _settings.threads)
#: Seconds that an idle connection is kept for a bot that asks again.
keepalive = 65
#: Seconds for requests in flight at a stop; long polls end within two.
graceful_timeout = 20
#: Nobody controls it but by signals; the default socket stands in the home folder.
control_socket_disable = True
proc_name = "atende-api"
#: The app logs requests itself, without their queries.
accesslog = None
logconfig_dict = stdlib_config()


def post_worker_init(worker: Worker) -> None:
    """Log as JSON, and tell the long polls when the process was asked to stop."""
    configure()
    app: Flask = worker.wsgi
    worker.wsgi = corked(app)
    at: Services = app.extensions[EXTENSION]
    stop = signal.getsignal(signal.SIGTERM)

    def begin_stop(number: int, frame: FrameType | None) -> None:
        at.stopping.set()
        if callable(stop):
            stop(number, frame)

    signal.signal(signal.SIGTERM, begin_stop)


def corked(app: Any) -> Any:  # noqa: ANN401 - a WSGI app
    """The app, whose answers leave in one packet.

    Gunicorn sends head and body apart; each packet costs both sides 60 µs, a wake-up included.
    """

    def answer(environ: dict[str, Any], start_response: Any) -> Any:  # noqa: ANN401
        if _CORK is not None:
            environ["gunicorn.socket"].setsockopt(socket.IPPROTO_TCP, _CORK, 1)
        return app(environ, start_response)

    return answer


def post_request(_worker: object, _request: object, environ: dict[str, Any], _: object) -> None:
    """Let go what `corked` held back."""
    if _CORK is not None and "gunicorn.socket" in environ:
        with suppress(OSError):  # the asker has hung up
            environ["gunicorn.socket"].setsockopt(socket.IPPROTO_TCP, _CORK, 0)
