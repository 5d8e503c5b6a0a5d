"""The strict Graph API as one object: start it, give patients phones, and look what came."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from workers.simulation.whatsapp.account import Account, Number, Template
from workers.simulation.whatsapp.chat import Inbox
from workers.simulation.whatsapp.clock import Clock
from workers.simulation.whatsapp.courier import Courier
from workers.simulation.whatsapp.exchange import Exchange
from workers.simulation.whatsapp.faults import Fault, Faults, Way
from workers.simulation.whatsapp.patient import Patient, new_user_id
from workers.simulation.whatsapp.phone import Phone
from workers.simulation.whatsapp.server import GraphServer


@dataclass(frozen=True, slots=True)
class Options:
    """How the server is set up.

    Attributes:
        phone: the clinic's number.
        port: that it listens on; 0: any free one.
        verify_token: for the handshake.
        threads: webhooks posted at once; with one they keep their order.
    """

    phone: str = "+554130000000"
    port: int = 0
    verify_token: str = field(default_factory=lambda: secrets.token_hex(8))
    threads: int = 1


class StrictGraph:
    """A Graph API that refuses what Meta refuses, with one clinic's account behind it.

    ```python
    with StrictGraph().running() as graph:
        ana = graph.patient("Ana", "+5541999990000")
        ana.writes("Oi")  # posts a signed webhook to graph.courier.url
        ...  # a client sends to graph.url
        assert ana.inbox().answers == ["Olá!"]
    ```

    Attributes:
        account: tokens, numbers, templates and their states; change them as a test needs.
        clock: can be moved on.
        courier: the webhooks; `courier.url` is where they go, `courier.posts` all that were made.
        faults: what shall fail; see also `fail_next`.
        server: `late_errors`, `status_first`, and the count of accepted `messages`.
        exchange: `reads_at_once`, and the chats.
        url: `http://127.0.0.1:…`, for a channel's `graph_url`.
    """

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.account = Account([Number(self.options.phone)])
        self.clock = Clock()
        self.courier = Courier(self.account.id, self.account.app_secret, self.options.threads)
        self.faults = Faults()
        self.exchange = Exchange(self.account, self.clock, self.courier)
        self.server = GraphServer(self.exchange, self.faults)
        self.url = ""

    @contextmanager
    def running(self) -> Iterator["StrictGraph"]:
        """Listen, and post webhooks."""
        with self.server.running(self.options.port) as port:
            self.url = f"http://127.0.0.1:{port}"
            self.courier.start()
            try:
                yield self
            finally:
                self.courier.stop()

    # -- what a channel's file needs ------------------------------------------------------------

    @property
    def number(self) -> Number:
        """The clinic's first number."""
        return self.account.numbers[0]

    @property
    def token(self) -> str:
        """The value of the first access token."""
        return self.account.tokens[0].value

    def channel(self, name: str = "whatsapp", tenant: str = "clinica") -> dict[str, str]:
        """The content of a channel's file that leads here."""
        return {
            "kind": "whatsapp",
            "name": name,
            "tenant": tenant,
            "clinic": self.number.name,
            "number": self.number.phone,
            "phone_number_id": self.number.id,
            "business_account_id": self.account.id,
            "token": self.token,
            "app_secret": self.account.app_secret,
            "verify_token": self.options.verify_token,
            "graph_url": self.url,
        }

    # -- people ---------------------------------------------------------------------------------

    def patient(
        self,
        name: str | None,
        phone: str | None = None,
        *,
        username: str | None = None,
        user_id: str | None = None,
        number: Number | None = None,
    ) -> Phone:
        """A patient's phone; without `phone`, WhatsApp tells the business no number."""
        patient = Patient(name, phone, username, user_id or new_user_id())
        self.exchange.join(patient)
        return Phone(self.exchange, number or self.number, patient)

    def inbox(self, phone: Phone) -> Inbox:
        """What stands on a patient's phone."""
        return phone.inbox()

    # -- faults ---------------------------------------------------------------------------------

    def fail_next(
        self, times: int | None = 1, *, code: int = 0, http: int = 0, failed_status: bool = False
    ) -> None:
        """Refuse the next messages by a code, or by an HTTP status alone.

        Args:
            times: how many; None: until `faults.clear`.
            code: Meta's; 0: a bare HTTP status.
            http: the status; 0: the code's own.
            failed_status: the message is accepted, and the code comes by webhook.
        """
        way = Way.REFUSE if code else Way.STATUS
        self.faults.order(Fault(way, code, http, failed_status=failed_status), times)

    def silence_next(self, times: int | None = 1, *, accepts: bool = True) -> None:
        """Give the next messages no reply; `accepts`: they arrive all the same."""
        self.faults.order(Fault(Way.SILENCE, accepts=accepts), times)

    def close_next(self, times: int | None = 1, *, accepts: bool = True) -> None:
        """Close the connection of the next messages; `accepts`: they arrive all the same."""
        self.faults.order(Fault(Way.CLOSE, accepts=accepts), times)

    def delay_next(self, seconds: float, times: int | None = 1) -> None:
        """Reply late to the next messages."""
        self.faults.order(Fault(Way.LATE, seconds=seconds), times)

    def revoke_token(self) -> None:
        """From here on every call is refused with 190."""
        self.account.tokens[0].revoked = True

    def restore_token(self) -> None:
        """The token opens again."""
        self.account.tokens[0].revoked = False

    def add_template(self, template: Template) -> None:
        """Have a template approved."""
        self.account.templates.append(template)
