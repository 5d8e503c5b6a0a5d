import socket

import pytest

from api.presence import watch


def test_who_listens_is_there_also_with_more_to_say() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        is_gone = watch({"gunicorn.socket": ours})
        assert not is_gone()
        theirs.sendall(b"GET / HTTP/1.1\r\n")
        assert not is_gone()
        assert ours.recv(3) == b"GET"  # nothing was taken from it


@pytest.mark.parametrize("how", [socket.SHUT_WR, socket.SHUT_RDWR])
def test_who_hangs_up_is_gone(how: int) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        is_gone = watch({"gunicorn.socket": ours})
        theirs.shutdown(how)
        assert is_gone()


def test_without_a_connection_nobody_leaves() -> None:
    assert not watch({})()
