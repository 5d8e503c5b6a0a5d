"""The HTTP side of the strict Graph API: routes, and the faults that were ordered."""

import contextlib
import logging
import select
import socket
import threading
from collections.abc import Iterator

from flask import Flask, Response, jsonify, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from workers.simulation.whatsapp import calls
from workers.simulation.whatsapp.account import Number
from workers.simulation.whatsapp.exchange import Exchange
from workers.simulation.whatsapp.faults import Fault, Faults, Way
from workers.simulation.whatsapp.judgement import judge, mark
from workers.simulation.whatsapp.refusal import Refusal, unknown_object
from workers.simulation.whatsapp.request import ReadMark, Send, read

#: Seconds between two looks whether a caller that gets no reply has gone.
_LOOK_SECONDS = 0.05


class GraphServer:
    """Serves an exchange over HTTP.

    Args:
        exchange: the state of all.
        faults: what was ordered to fail.

    Attributes:
        late_errors: see `judge`.
        status_first: whether the status of a message is posted, and taken, before the reply to the
            call that sends it.
        messages: how many messages were accepted.
        refusals: the codes of messages that were refused.
    """

    def __init__(self, exchange: Exchange, faults: Faults) -> None:
        self.exchange = exchange
        self.faults = faults
        self.late_errors = True
        self.status_first = False
        self.messages = 0
        self.refusals: list[int] = []
        self._stopped = threading.Event()

    @contextlib.contextmanager
    def running(self, port: int = 0) -> Iterator[int]:
        """Listen on the loopback interface; gives the port."""
        server = _listen(self._app(), port)
        thread = threading.Thread(target=server.serve_forever, args=(_LOOK_SECONDS,))
        thread.start()
        try:
            yield server.server_port
        finally:
            self._stopped.set()
            server.shutdown()
            thread.join()
            server.server_close()

    def _app(self) -> Flask:
        app = Flask(__name__)
        app.json.sort_keys = False  # type: ignore[attr-defined] # of the default provider
        app.register_error_handler(Refusal, _refused)
        app.add_url_rule("/<version>/<name>/messages", view_func=self._send, methods=["POST"])
        app.add_url_rule("/<version>/debug_token", view_func=self._debug_token)
        app.add_url_rule("/<version>/<name>", view_func=self._show)
        app.add_url_rule("/<version>/<name>/<edge>", view_func=self._list)
        app.add_url_rule(
            "/<version>/<name>/subscribed_apps",
            view_func=self._subscribe,
            methods=["POST", "DELETE"],
        )
        app.after_request(_with_version)
        return app

    # -- views ----------------------------------------------------------------------------------

    def _send(self, version: str, name: str) -> Response:
        try:
            number = self._open(version, name)
            posted = read(request.get_json(silent=True))
            fault = self.faults.take("typing" if isinstance(posted, ReadMark) else "messages")
            if fault is None:
                return self._take(number, posted)
            return self._fail(fault, number, posted)
        except Refusal as refusal:
            self.refusals.append(refusal.code)
            raise

    def _debug_token(self, version: str) -> Response:
        now, account = self.exchange.clock.now(), self.exchange.account
        calls.version_of(version)
        calls.token_of(account, request.headers.get("Authorization", ""), now)
        return jsonify(calls.debug_token(account, request.args.get("input_token", ""), now))

    def _show(self, version: str, name: str) -> Response:
        account = self.exchange.account
        self._manage(version)
        if name == account.id:
            asked, kind = request.args.get("fields", "id,name"), "WhatsAppBusinessAccount"
            return jsonify(calls.chosen(calls.account_fields(account), asked, kind))
        number = calls.number_of(account, name)
        asked = request.args.get("fields", calls.NUMBER_DEFAULTS)
        fields = calls.number_fields(account, number)
        return jsonify(calls.chosen(fields, asked, "WhatsAppBusinessPhoneNumber"))

    def _list(self, version: str, name: str, edge: str) -> Response:
        account = self.exchange.account
        self._manage(version)
        lists = {
            "subscribed_apps": calls.subscribed_apps,
            "phone_numbers": calls.phone_numbers,
            "message_templates": calls.templates,
        }
        if name != account.id or edge not in lists:
            raise unknown_object(name)
        return jsonify(lists[edge](account))

    def _subscribe(self, version: str, name: str) -> Response:
        self._manage(version)
        if name != self.exchange.account.id:
            raise unknown_object(name)
        if request.method == "POST":
            body = request.get_json(silent=True) or request.form
            return jsonify(calls.subscribe(self.exchange, body))
        self.exchange.account.subscribed = False
        return jsonify({"success": True})

    # -- who may --------------------------------------------------------------------------------

    def _open(self, version: str, name: str) -> Number:
        """The number that a message is sent by."""
        account = self.exchange.account
        calls.version_of(version)
        header = request.headers.get("Authorization", "")
        token = calls.token_of(account, header, self.exchange.clock.now())
        number = calls.number_of(account, name)
        calls.require(token, "whatsapp_business_messaging")
        return number

    def _manage(self, version: str) -> None:
        """Whether the account may be read and changed."""
        calls.version_of(version)
        header = request.headers.get("Authorization", "")
        token = calls.token_of(self.exchange.account, header, self.exchange.clock.now())
        calls.check_proof(self.exchange.account, token, request.args.get("appsecret_proof"))
        calls.require(token, "whatsapp_business_management")

    # -- messages -------------------------------------------------------------------------------

    def _take(self, number: Number, posted: Send | ReadMark, error: int | None = None) -> Response:
        """Accept a message; `error` lets it fail by a status."""
        exchange = self.exchange
        with exchange.lock:
            if isinstance(posted, ReadMark):
                mark(exchange, number, posted)
                return jsonify({"success": True})
            verdict = judge(exchange, number, posted, late_errors=self.late_errors)
            verdict.bubble.error = error or verdict.bubble.error
            exchange.sends(number, verdict.patient, verdict.bubble)
            self.messages += 1
        if self.status_first:
            exchange.courier.flush()
        return jsonify(verdict.reply())

    def _fail(self, fault: Fault, number: Number, posted: Send | ReadMark) -> Response:
        """Do what was ordered."""
        if fault.way is Way.REFUSE and not fault.failed_status:
            raise Refusal(fault.code, http=fault.http)
        if fault.way is Way.REFUSE:
            return self._take(number, posted, fault.code)
        reply = self._take(number, posted) if fault.accepts or fault.way is Way.LATE else None
        if fault.way is Way.STATUS:
            return Response("<html>upstream</html>", fault.http or 502, content_type="text/html")
        caller = request.environ["werkzeug.socket"]
        if fault.way is Way.CLOSE:
            _close(caller)
        elif fault.way is Way.SILENCE:
            while not self._stopped.is_set() and not _is_gone(caller, _LOOK_SECONDS):
                pass
            _close(caller)
        else:
            self._stopped.wait(fault.seconds)
        return reply or Response(status=500)


def _refused(refusal: Refusal) -> tuple[Response, int]:
    return jsonify(refusal.reply()), refusal.status


def _with_version(response: Response) -> Response:
    """Say which version served the call, as Graph does."""
    with contextlib.suppress(Refusal):
        version = str((request.view_args or {}).get("version"))
        response.headers["facebook-api-version"] = calls.version_of(version)
    return response


def _close(caller: socket.socket) -> None:
    """End the connection without a reply."""
    with contextlib.suppress(OSError):
        caller.shutdown(socket.SHUT_RDWR)


def _is_gone(caller: socket.socket, seconds: float) -> bool:
    """Whether the caller closes the connection within so many seconds."""
    try:
        readable, _, _ = select.select([caller], [], [], seconds)
        return bool(readable) and caller.recv(1, socket.MSG_PEEK) == b""
    except (OSError, ValueError):
        return True


class _Handler(WSGIRequestHandler):
    """Keeps connections open, and the terminal clean."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        logging.getLogger(__name__).debug("%s %s %s", type, message, args)


def _listen(app: Flask, port: int) -> BaseWSGIServer:
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Handler)
    server.daemon_threads = True  # type: ignore[attr-defined] # of the threaded server
    return server
