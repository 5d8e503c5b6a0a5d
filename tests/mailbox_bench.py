"""A bench for tests of mailboxes: a post office, channels in files, watches that are started."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

from redis import Redis

from workers.channels.email.imap.watch import Watch, WatchStores, Worker
from workers.channels.email.oauth import Tokens
from workers.contracts.channels import ChannelBook
from workers.contracts.errands import ErrandStore
from workers.contracts.inbound import Inbound, Post
from workers.contracts.mailboxes import MailboxStore
from workers.contracts.settings import QueueSettings
from workers.simulation.email.post_office import Mailbox, PostOffice


def mail(number: int | str, body: str = "Qual o horário?") -> bytes:
    """A patient's mail, known by its number."""
    message = EmailMessage()
    message["From"] = "Ana <ana@paciente.example>"
    message["To"] = "contato@clinica.example"
    message["Subject"] = f"Pergunta {number}"
    message["Message-ID"] = f"<{number}@paciente.example>"
    message.set_content(body)
    return message.as_bytes()


def number_of(post: Post) -> str:
    """The number of a posted mail."""
    _, _, rest = post.mail_bytes.partition(b"Message-ID: <")
    return rest.partition(b"@")[0].decode()


def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until something is true; fails where it does not become so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@dataclass
class MailboxBench:
    """One clinic's mailbox, and what reads it.

    `posts` reads off the stream all that came, in order; each stays in `read`.
    """

    redis: Redis
    settings: QueueSettings
    office: PostOffice
    folder: Path
    mailbox: Mailbox
    read: list[Post] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stores = WatchStores(
            MailboxStore(self.redis), ErrandStore(self.redis), Inbound(self.redis, self.settings)
        )
        self.stores.inbound.open()
        self.write()

    def write(self, **fields: object) -> None:
        """Write the channel's file, with other fields."""
        self.write_other("email", **fields)

    def write_other(self, name: str, **fields: object) -> None:
        """Write the file of another channel of the same mailbox."""
        self.folder.mkdir(exist_ok=True)
        path = self.folder / f"{name}.json"
        content = {**self.office.channel(self.mailbox), "name": name, **fields}
        part = path.with_suffix(".part")
        part.touch(mode=0o600)
        part.write_text(json.dumps(content))
        part.replace(path)

    @property
    def book(self) -> ChannelBook:
        return ChannelBook(self.folder, {})

    @contextmanager
    def watching(self, holder: str = "one", name: str | None = None) -> Iterator[Watch]:
        """Follow the mailbox in a thread, as the service does; `name` is the thread's."""
        stopping = threading.Event()
        worker = Worker(holder, stopping)
        watch = Watch("email", self.book, self.stores, Tokens(), worker)
        thread = threading.Thread(target=watch.run, name=name)
        thread.start()
        try:
            yield watch
        finally:
            stopping.set()
            thread.join(5)
            watch.cut()
            thread.join(5)
            assert not thread.is_alive()

    def opened(self) -> None:
        """Wait until the folders were looked through."""
        until(lambda: self.stores.mailboxes.health("email").looked_at > 0)

    def deliver(self, number: int | str) -> None:
        """A patient's mail arrives."""
        self.office.deliver(mail(number), self.mailbox.address)

    def posts(self) -> list[str]:
        """The numbers of all mails that were posted until now."""
        inbound = self.stores.inbound
        while posts := inbound.take("test", 100, 0):
            for post in posts:
                assert inbound.done(post, {})
            self.read += posts
        return [number_of(post) for post in self.read]

    def awaits(self, *numbers: int | str) -> None:
        """Wait for exactly these mails, in this order."""
        wanted = [str(number) for number in numbers]
        until(lambda: len(self.posts()) >= len(wanted))
        assert self.posts() == wanted
