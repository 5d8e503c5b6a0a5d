"""Gunicorn's configuration: `gunicorn -c python:api.gunicorn "api.server:create_app()"`.

One process with many threads: most requests wait, for Redis or for an outcome. For more than one
core's worth of requests, run more of these behind a load balancer; they share nothing but Redis.
"""

import signal
import socket
import struct
from collections.abc import Sequence
from types import FrameType
from typing import Protocol

from flask import Flask

from api.services import EXTENSION, Services
from api.settings import ApiSettings
from workers.contracts.logs import configure, stdlib_config


class Listener(Protocol):
    """What is used of gunicorn's listener."""

    sock: socket.socket


class Worker(Protocol):
    """What is used of gunicorn's worker, which is untyped."""

    wsgi: Flask
    sockets: Sequence[Listener]


_settings = ApiSettings()

bind = f"{_settings.host}:{_settings.port}"
worker_class = "gthread"
workers = 1
threads = _settings.threads
worker_connections = max(1000, 4 * _settings.threads)
#: Seconds that an idle connection is kept for a bot that asks again.
keepalive = 65
#: Seconds that the rest of a request is waited for. gunicorn alone would wait for ever: each client
#: that died in the middle of one would hold a thread until the process ends.
_READ_SECONDS = 30
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
    for listener in worker.sockets:
        bound_reads(listener.sock, _READ_SECONDS)
    services: Services = worker.wsgi.extensions[EXTENSION]
    stop = signal.getsignal(signal.SIGTERM)

    def begin_stop(number: int, frame: FrameType | None) -> None:
        services.stopping.set()
        if callable(stop):
            stop(number, frame)

    signal.signal(signal.SIGTERM, begin_stop)


def bound_reads(listener: socket.socket, seconds: float) -> None:
    """Let no connection of a listener wait longer for bytes: on Linux they inherit its limit."""
    whole, rest = divmod(seconds, 1)
    limit = struct.pack("@ll", int(whole), int(rest * 1_000_000))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
