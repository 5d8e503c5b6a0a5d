"""A child process in the place of the one that reads uploaded files, broken as a test wants it.

What it does is the file's content, so a test writes `crash` to a file and sees what follows.
"""

import json
import os
import signal
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

from ingestion.reader.child import READY, bound_memory

ROWS = json.dumps({"rows": [{"key": "1", "question": "Oi?"}], "left_out": {}}).encode()
#: What is said first, by what is done.
MESSAGES = {
    "crash": ROWS,
    "flood": b"x" * 80_000_000,
    "garbage": b"\x80\x04garbage",
    "list": b"[1]",
    "no rows": b'{"rows": [{"key": 7}], "left_out": {}}',
    "no counts": b'{"rows": [], "left_out": ["x"]}',
    "end": b'{"end": true}',
}


def act(channel: Connection, deed: str, seconds: float) -> None:
    """Do what the file says."""
    if deed in MESSAGES:
        channel.send_bytes(MESSAGES[deed])
    match deed:
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "exit":
            sys.exit(3)
        case "hang":
            signal.setitimer(signal.ITIMER_REAL, seconds)
            time.sleep(600)
        case "hang without an alarm":
            time.sleep(600)
        case "endless":
            while True:
                channel.send_bytes(ROWS)


def main() -> None:
    """Serve one request."""
    with Connection(int(sys.argv[1])) as channel:
        bound_memory(int(sys.argv[3]))
        if os.environ.get("TESSDATA_PREFIX") == "mute":  # one of the few that it is given
            return
        channel.send_bytes(READY)
        request = json.loads(channel.recv_bytes())
        act(channel, Path(request["path"]).read_text("utf-8"), request["seconds"])


if __name__ == "__main__":
    main()
