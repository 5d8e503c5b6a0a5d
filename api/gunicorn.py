"""Gunicorn's configuration: `gunicorn -c python:api.gunicorn "api.server:create_app()"`.

One process with many threads: most requests wait, for Redis or for an outcome. For more than one
core's worth of requests, run more of these behind a load balancer; they share nothing but Redis.
"""

import signal
from types import FrameType
from typing import Protocol

from flask import Flask

from api.services import EXTENSION, Services
from api.settings import ApiSettings
from workers.contracts.logs import configure, stdlib_config


class Worker(Protocol):
    """What is used of gunicorn's worker, which is untyped."""

    wsgi: Flask


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
#: It is controlled by signals alone; the default socket would lie in the home folder.
control_socket_disable = True
proc_name = "atende-api"
#: The app logs requests itself, without their queries.
accesslog = None
logconfig_dict = stdlib_config()


def post_worker_init(worker: Worker) -> None:
    """Log as JSON, and end the long polls early once the process is asked to stop."""
    configure()
    services: Services = worker.wsgi.extensions[EXTENSION]
    stop = signal.getsignal(signal.SIGTERM)

    def begin_stop(number: int, frame: FrameType | None) -> None:
        services.stopping.set()
        if callable(stop):
            stop(number, frame)

    signal.signal(signal.SIGTERM, begin_stop)
