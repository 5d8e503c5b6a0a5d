"""The channel of a trial: its file leads the running stack to the strict server, and goes again."""

import contextlib
import time
from collections.abc import Iterator

from workers.commands.support.errors import CommandError
from workers.commands.support.trial import alone, new_name
from workers.contracts import channel_files
from workers.contracts.whatsapp_channel import WhatsAppChannel
from workers.simulation.whatsapp.account import Token
from workers.simulation.whatsapp.calls import handshake
from workers.simulation.whatsapp.graph import StrictGraph
from workers.simulation.whatsapp.refusal import Refusal
from workers.stack.settings import LocalSettings

#: Seconds for the stack to see a new file, and between two looks.
SEEN_SECONDS, NEXT_LOOK_SECONDS = 10.0, 0.3


class TrialChannel:
    """A channel's file for as long as a trial runs.

    Args:
        graph: the strict server, listening.
        settings: whose folder of channels it goes to, and whose clinic it speaks for.
        hours: when people are there, as a channel's `hours` says it.
    """

    def __init__(self, graph: StrictGraph, settings: LocalSettings, hours: str | None) -> None:
        self._graph = graph
        self._settings = settings
        self._hours = hours
        self.name = new_name()

    @contextlib.contextmanager
    def placed(self, stack_url: str) -> Iterator[None]:
        """Write the file, have the webhook verified, and take the file away at the end.

        Raises:
            CommandError: another trial runs here, or the stack does not take webhooks.
        """
        with alone(self._settings):
            self.write()
            self._verify(f"{stack_url}/v1/channels/whatsapp")
            yield

    def write(self) -> None:
        """Write the file with the token of now.

        Raises:
            CommandError: the hours cannot be read.
        """
        fields = self._graph.channel(self.name, self._settings.tenant)
        hours = {"hours": self._hours} if self._hours else {}
        try:
            channel = WhatsAppChannel.model_validate(fields | hours)
        except ValueError as error:
            raise CommandError(f"--hours {self._hours!r} cannot be read: {error}") from error
        channel_files.save(channel, self._settings.channels_dir)

    def renew_token(self) -> None:
        """Repair the channel as an operator does: a new token, written into its file."""
        self._graph.account.tokens.insert(0, Token())
        self.write()

    def _verify(self, url: str) -> None:
        """Do Meta's handshake until the stack knows the channel; then webhooks go there."""
        deadline = time.monotonic() + SEEN_SECONDS
        while True:
            try:
                handshake(url, self._graph.options.verify_token)
            except Refusal as refusal:
                if time.monotonic() < deadline:
                    time.sleep(NEXT_LOOK_SECONDS)
                    continue
                raise CommandError(
                    f"{url} did not answer the handshake as Meta asks for it: {refusal.message} "
                    "Nothing was sent. See that the stack runs on the same ATENDE_DATA_DIR and on "
                    "this version, and start it again with `atende up`."
                ) from refusal
            self._graph.courier.url = url
            return
