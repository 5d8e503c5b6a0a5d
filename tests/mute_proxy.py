"""A TCP proxy that can fall silent, as a NAT that has forgotten a connection."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class MuteProxy:
    """Forwards to a port of this machine until `mute` is set: then bytes go nowhere.

    Connections that were made while it was mute, or before, stay open and dead.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self._muted: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self.accepted = 0
        #: Whether new connections are silent from the start.
        self.mute_all = False
        self.port: int = self._listener.getsockname()[1]

    def mute(self) -> None:
        """Let every connection that is open now fall silent, for ever."""
        self._muted.update(self._sockets)

    @contextmanager
    def running(self) -> Iterator["MuteProxy"]:
        """Listen on a free port."""
        self._start(self._accept)
        try:
            yield self
        finally:
            for each in (self._listener, *self._sockets):
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()
            for thread in self._threads:
                thread.join(5)

    def _start(self, run: "object", *args: object) -> None:
        thread = threading.Thread(target=run, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._sockets += [client, server]
                self.accepted += 1
                if self.mute_all:
                    self.mute()
                self._start(self._forward, client, server)
                self._start(self._forward, server, client)

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if source not in self._muted:
                    sink.sendall(data)
            if source not in self._muted:
                sink.shutdown(socket.SHUT_WR)
