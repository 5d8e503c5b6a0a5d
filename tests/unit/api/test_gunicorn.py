import socket
import time

import pytest

from api.gunicorn import bound_reads


def test_a_connection_that_says_no_more_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        bound_reads(listener, 0.2)
        with socket.create_connection(listener.getsockname()) as client:
            client.sendall(b"POST /v1/questions HTTP/1.1\r\n")
            server, _ = listener.accept()
            with server:
                server.setblocking(True)  # noqa: FBT003 - as gunicorn does
                assert server.recv(100).startswith(b"POST")
                begun = time.monotonic()
                with pytest.raises(BlockingIOError):
                    server.recv(100)
                assert time.monotonic() - begun < 5
