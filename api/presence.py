"""Whether the client of a request still listens: who has hung up needs no answer."""

import select
from collections.abc import Callable, Mapping
from typing import Any, Final

#: The other side has closed, or the connection is broken. The first is Linux's alone.
_GONE: Final = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR


def watch(environ: Mapping[str, Any]) -> Callable[[], bool]:
    """Tells, whenever asked, whether this request's client has closed its connection.

    Under another server than gunicorn the connection is not known; then nobody ever leaves.
    """
    connection = environ.get("gunicorn.socket")
    if connection is None:
        return lambda: False
    poll = select.poll()
    poll.register(connection, _GONE)

    def is_gone() -> bool:
        return any(events & _GONE for _, events in poll.poll(0))

    return is_gone
