"""All that goes out by mail from one process, put together from its parts."""

from typing import TYPE_CHECKING

from workers.answering.templates import Templates
from workers.channels.disclosures import Disclosures
from workers.channels.email.sending.acknowledgements import Acknowledgements
from workers.channels.email.sending.composing import EmailComposer
from workers.channels.email.sending.desk import Desk
from workers.channels.email.sending.forwarding import Forwarding
from workers.channels.email.sending.limits import MailLimits
from workers.channels.email.sending.mailbox_errands import MailboxErrands
from workers.channels.email.sending.sender import EmailSender
from workers.channels.email.sending.smtp import SmtpClient
from workers.channels.email.sending.writing import Letters
from workers.contracts.channels import ChannelBook
from workers.contracts.conversations import ConversationStore
from workers.contracts.errands import ErrandStore
from workers.contracts.mail_bounds import MailBounds
from workers.contracts.sends import SendStore

if TYPE_CHECKING:
    from redis import Redis

    from workers.settings import WorkerSettings


def open_sender(redis: "Redis", settings: "WorkerSettings") -> EmailSender:
    """The sender of letters over this installation's channels, conversations and texts.

    Raises:
        TemplateError: a text of the clinic's cannot be used.
    """
    conversations = ConversationStore(redis, settings)
    disclosures, sends = Disclosures(conversations), SendStore(redis, settings)
    limits, client = MailLimits(redis), SmtpClient()
    composer = EmailComposer(Templates.load(settings.prompt_dir))
    letters = Letters(composer, conversations.transcript)
    desk = Desk(
        book=ChannelBook.open(settings),
        conversations=conversations,
        sends=sends,
        limits=limits,
        bounds=MailBounds(redis),
        acknowledgements=Acknowledgements(redis, settings),
        errands=MailboxErrands(ErrandStore(redis)),
        forwarding=Forwarding(sends, limits, client, letters),
        client=client,
        letters=letters,
        after=disclosures.sent,
        failed=disclosures.failed,
    )
    return EmailSender(desk)
