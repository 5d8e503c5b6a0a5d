"""How a mailbox is opened: with a password (LOGIN, PLAIN) or an access token (XOAUTH2)."""

import imaplib

from imap_tools import BaseMailBox
from pydantic import SecretStr

from workers.channels.email.imap.mailbox_errors import CredentialsError, log_in_refusal
from workers.channels.email.oauth import Tokens, xoauth2
from workers.contracts.email_channel import EmailChannel, MailOAuth


def log_in(client: BaseMailBox, channel: EmailChannel, tokens: Tokens) -> float | None:
    """Log in; gives when the token ends (Unix seconds), None with a password.

    Raises:
        MailboxError, and what `translated` takes.
    """
    if channel.oauth is not None:
        return _by_token(client, channel, channel.oauth, tokens)
    password = (channel.password or SecretStr("")).get_secret_value()
    # LOGIN takes ASCII alone, and is forbidden by some (RFC 3501, 6.2.3); PLAIN takes all.
    needs_plain = not (channel.user + password).isascii()
    if needs_plain or "LOGINDISABLED" in client.client.capabilities:
        try:
            client.login_utf8(channel.user, password, initial_folder=None)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            raise log_in_refusal(str(error)) from None
    else:
        client.login(channel.user, password, initial_folder=None)
    return None


def _by_token(
    client: BaseMailBox, channel: EmailChannel, oauth: MailOAuth, tokens: Tokens
) -> float:
    token = tokens.token(oauth, channel.ca_file)
    answers = iter([xoauth2(channel.user, token.access)])
    try:
        # A refusal comes as a challenge, to be answered with nothing before the server says NO.
        client.client.authenticate("XOAUTH2", lambda _challenge: next(answers, b""))
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        tokens.forget(oauth)
        refusal = log_in_refusal(str(error))
        if isinstance(refusal, CredentialsError):
            raise CredentialsError(
                "The mail server refused the access token: it must be allowed for this mailbox "
                "(user, scope, the provider's permissions)."
            ) from None
        raise refusal from None
    return token.ends_at
