"""The mailbox of a trial: its channel's file leads the running stack to the post office."""

import contextlib
import time
from collections.abc import Iterator
from typing import Final

from workers.commands.support.errors import CommandError
from workers.commands.support.letters.sample import DOMAIN
from workers.commands.support.trial import alone, new_name
from workers.contracts import channel_files
from workers.contracts.connection import connect
from workers.contracts.email_channel import EmailChannel
from workers.contracts.mailboxes import MailboxStore
from workers.simulation.email.post_office import Mailbox, PostOffice
from workers.stack.settings import LocalSettings

#: Seconds for the stack to see the file and to open the mailbox, and between two looks.
_OPENED_SECONDS, _NEXT_LOOK_SECONDS = 60.0, 0.3
_FOLDER: Final = "INBOX"


class TrialMailbox:
    """A channel's file for as long as a trial runs.

    Args:
        office: running.
        settings: whose folder of channels the file goes to, and whose queue is looked at.
    """

    def __init__(self, office: PostOffice, settings: LocalSettings) -> None:
        self.office = office
        self.box: Mailbox = office.mailbox(f"contato@{DOMAIN}")
        self._settings = settings
        fields = office.channel(
            self.box,
            name=new_name(),
            tenant=settings.tenant,
            own_addresses=[f"recepcao@{DOMAIN}"],
            forms=[f"formulario@{DOMAIN}"],
            authserv_id=f"mx.{DOMAIN}",
        )
        self.channel = EmailChannel.model_validate(fields)

    @contextlib.contextmanager
    def placed(self) -> Iterator[None]:
        """Write the file, wait until the stack reads the mailbox, and take the file away again.

        Raises:
            CommandError: another trial runs here, or the stack does not read mailboxes.
        """
        with alone(self._settings):
            channel_files.save(self.channel, self._settings.channels_dir)
            self._await()
            yield

    def _await(self) -> None:
        """Wait until the mailbox is open: what lay in it before is never answered."""
        store = MailboxStore(connect(self._settings))
        deadline = time.monotonic() + _OPENED_SECONDS
        while store.state(self.channel.name, _FOLDER) is None:
            if time.monotonic() > deadline:
                fault = store.health(self.channel.name).fault or "no worker looked into it"
                raise CommandError(
                    f"The stack did not open the trial's mailbox in {_OPENED_SECONDS:.0f} s "
                    f"({fault}). Nothing was delivered. See that the stack runs on the same "
                    "ATENDE_DATA_DIR and on this version, and start it again with `atende up`."
                )
            time.sleep(_NEXT_LOOK_SECONDS)
