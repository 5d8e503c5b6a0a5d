"""All that goes out to WhatsApp from one process, put together from its parts."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from workers.answering.templates import Templates
from workers.channels.composing import Composer
from workers.channels.disclosures import Disclosures
from workers.channels.whatsapp.graph import GraphClient, GraphTimes
from workers.channels.whatsapp.limits import Limits
from workers.channels.whatsapp.sender import Desk, WhatsAppSender
from workers.channels.whatsapp.typing_mark import Typing
from workers.contracts.channels import ChannelBook
from workers.contracts.conversations import ConversationStore
from workers.contracts.questions import QuestionStore
from workers.contracts.sends import SendStore

if TYPE_CHECKING:
    from redis import Redis

    from workers.settings import WorkerSettings

#: A mark that comes late is worth nothing, and must not hold a worker's thread.
_MARK_TIMES: Final = GraphTimes(connect=2.0, silence=3.0, whole=4.0)


@dataclass(frozen=True, slots=True)
class Outbound:
    """The sender of answers, and the typing mark. Safe for threads."""

    sender: WhatsAppSender
    typing: Typing

    @classmethod
    def open(cls, redis: "Redis", settings: "WorkerSettings") -> Self:
        """Over this installation's channels, conversations and texts.

        Raises:
            TemplateError: a text of the clinic's cannot be used.
        """
        book = ChannelBook.open(settings)
        conversations = ConversationStore(redis, settings)
        limits, disclosures = Limits(redis), Disclosures(conversations)

        desk = Desk(
            book=book,
            conversations=conversations,
            sends=SendStore(redis, settings),
            limits=limits,
            graph=GraphClient(),
            compose=Composer(Templates.load(settings.prompt_dir)).compose,
            after=disclosures.sent,
            failed=disclosures.failed,
        )
        typing = Typing(
            book=book,
            questions=QuestionStore(redis, settings),
            conversations=conversations,
            limits=limits,
            graph=GraphClient(_MARK_TIMES),
        )
        return cls(WhatsAppSender(desk), typing)
