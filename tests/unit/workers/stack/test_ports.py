import os
import socket

from workers.stack.ports import free_port, holder


def test_a_free_port_is_held_by_nobody() -> None:
    assert holder(free_port()) is None


def test_a_taken_port_names_its_program() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        program = holder(taken.getsockname()[1])
    assert program is not None
    assert str(os.getpid()) in program
