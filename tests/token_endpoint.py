"""A token endpoint for tests, over real TLS: it notes what it was asked, and answers as told."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import trustme


@dataclass
class TokenEndpoint:
    """Where it is, who vouches for it, what it was asked, what it answers."""

    url: str
    ca_file: Path
    replies: list[tuple[int, Any]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    tokens: int = 0

    def reply(self) -> tuple[int, Any]:
        """The next prepared reply; else a new token that lives for an hour."""
        if self.replies:
            return self.replies.pop(0)
        self.tokens += 1
        return 200, {
            "access_token": f"token-{self.tokens}",
            "token_type": "Bearer",
            "expires_in": 3600,
        }


@contextmanager
def token_endpoint(folder: Path) -> Iterator[TokenEndpoint]:
    """An endpoint on a free port of this machine; its authority's file is laid into `folder`."""
    authority = trustme.CA()
    ca_file = folder / "token-authority.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    endpoint = TokenEndpoint("", ca_file)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            endpoint.asked.append({name: values[0] for name, values in parse_qs(body).items()})
            status, reply = endpoint.reply()
            text = reply if isinstance(reply, str) else json.dumps(reply)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("localhost", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    endpoint.url = f"https://localhost:{server.server_address[1]}/token"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
