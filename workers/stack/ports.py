"""Ports of this machine: a free one, and which program uses another."""

import socket

import psutil


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def holder(port: int) -> str | None:
    """The program that listens on a loopback port, in words; None if there is none."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return _program(port)
    return None


def _program(port: int) -> str:
    try:
        pids = [
            connection.pid
            for connection in psutil.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN
            and connection.laddr
            and connection.laddr.port == port
        ]
        pid = next(filter(None, pids), None)
        return f"{psutil.Process(pid).name()} (process {pid})" if pid else "another program"
    except psutil.Error:
        return "another program"
