"""One letter goes over a connection: its envelope, then its text, and what the server says."""

import re
import smtplib
from collections.abc import Callable
from typing import Final

from workers.channels.email.sending.codes import Stage, enhanced_code
from workers.channels.email.sending.letter import Letter
from workers.channels.email.sending.smtp_connection import SmtpConnection
from workers.channels.email.sending.smtp_reply import Rejected, Sent, SmtpReply, Unknown, Withheld

_DOTS: Final = re.compile(rb"(?m)^\.")
_OK, _READY = 250, 354
#: What is answered to a server that cannot write to the receiver's address (RFC 6531, 3.5).
_NO_UTF8: Final = (553, "5.6.7")
#: Called before the text is sent, and before no more of it than the envelope is: whether it may be.
Begin = Callable[[], bool]


class NotBegunError(Exception):
    """What `begin` raised is its cause: no error of the network's, though it may look like one."""


class Transaction:
    """A mail transaction (RFC 5321, 3.3): one letter's.

    Attributes:
        written: whether the final dot may have reached the server.
    """

    def __init__(self, letter: Letter, connection: SmtpConnection) -> None:
        self._letter = letter
        self._connection = connection
        self.written = False

    def transact(self, sender: str, begin: Begin) -> SmtpReply:
        """The letter itself; an empty `sender` is `<>`."""
        letter, connection, client = self._letter, self._connection, self._connection.client
        options = [f"size={len(letter.content)}"] if client.has_extn("size") else []
        if letter.utf8:
            if not client.has_extn("smtputf8"):
                return Rejected(Stage.RECEIVER, *_NO_UTF8)
            options += ["SMTPUTF8", "BODY=8BITMIME"]
        code, words = connection.command(lambda: client.mail(sender, options))
        if code != _OK:
            return Rejected(Stage.SENDER, code, enhanced_code(words))
        code, words = connection.command(lambda: client.rcpt(letter.receiver))
        if code not in {_OK, 251}:
            return Rejected(Stage.RECEIVER, code, enhanced_code(words))
        if not self._may_begin(begin):
            return Withheld()
        code, words = connection.command(lambda: client.docmd("DATA"))
        if code != _READY:
            return Rejected(Stage.DATA, code, enhanced_code(words))
        return self._text()

    @staticmethod
    def _may_begin(begin: Begin) -> bool:
        try:
            return begin()
        except Exception as error:
            raise NotBegunError from error

    def _text(self) -> SmtpReply:
        connection = self._connection
        connection.wait(connection.times.text)
        # The dot goes by itself: a connection that is broken already is noticed before it.
        connection.client.send(_DOTS.sub(b"..", self._letter.content))
        connection.wait(connection.times.text)
        connection.client.send(b".\r\n")
        self.written = True
        try:
            code, words = connection.client.getreply()
        except smtplib.SMTPResponseException:  # a line without an end
            return Unknown("the server's reply to the letter's end cannot be read")
        if 200 <= code < 300:  # noqa: PLR2004 - the class of success
            return Sent()
        if 400 <= code < 600:  # noqa: PLR2004 - the classes of refusal
            self.written = False
            return Rejected(Stage.TEXT, code, enhanced_code(words))
        return Unknown("the server's reply to the letter's end cannot be read")
