"""One attempt to hand a letter over, noted from the moment in which its text may go."""

from workers.channels.email.sending.outgoing import SENT
from workers.contracts.send import Change, Send
from workers.contracts.sends import SendStore


class Attempt:
    """An attempt that is begun late: a worker that ends before it leaves nothing unclear.

    Args:
        sends: where it is noted.
        name: whose letter it is: a question's id.
        seen: what was known when it was decided to send.
        channel: the channel's name.

    Attributes:
        number: the fence; 0: it was not begun.
    """

    def __init__(self, sends: SendStore, name: str, seen: Send, channel: str) -> None:
        self._sends = sends
        self._name = name
        self._seen = seen
        self._channel = channel
        self.number = 0

    def begin(self) -> bool:
        """Note that the text may go from now; False: it must not, another attempt was begun."""
        if not self.number:
            attempt = self._sends.begin(self._name, self._seen, self._channel, SENT)
            self.number = attempt or 0
        return self.number > 0

    def note(self, change: Change) -> Send:
        """Note what came of it, if it was begun; what is known now."""
        return self._sends.move(self._name, self.number, change) if self.number else self._seen
