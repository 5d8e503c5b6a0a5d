"""What a post tells is stored: bubbles, edits, echoes, statuses, identities. All of it may repeat.

Every step is keyed by the message's own id, so a post that is read twice, or that Meta sends twice,
changes nothing the second time.
"""

import dataclasses
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from workers.answering.triage.triage import Triage
from workers.channels.whatsapp.bubbles import Bubbles, key_of
from workers.channels.whatsapp.events import (
    BadItem,
    EchoEvent,
    EditEvent,
    Event,
    IdentityEvent,
    MessageEvent,
    OtherEvent,
    ReactionEvent,
    RevokeEvent,
    StatusEvent,
)
from workers.channels.whatsapp.statuses import Statuses
from workers.channels.whatsapp.webhook import events_of
from workers.contracts import keys, logs
from workers.contracts.channels import ChannelBook
from workers.contracts.connection import may_pass
from workers.contracts.conversation import Entry
from workers.contracts.conversations import ConversationStore
from workers.contracts.echoes import EchoStore, Ours
from workers.contracts.inbound import Aside, Post
from workers.contracts.question import Mark
from workers.contracts.questions import QuestionStore
from workers.contracts.send import Notice, SendState
from workers.contracts.sends import SendStore
from workers.contracts.whatsapp_channel import WhatsAppChannel

_log = logs.logger(__name__)
#: Thumbs, of any skin.
_THUMBS: Final = {"\N{THUMBS UP SIGN}": Mark.GOOD, "\N{THUMBS DOWN SIGN}": Mark.BAD}
#: What the operator has to see: the account, the number and its templates are in question.
_NOTICES: Final = frozenset(
    {
        *("account_update", "account_alerts", "account_review_update"),
        *("business_capability_update", "phone_number_quality_update", "security"),
        *("message_template_status_update", "message_template_quality_update"),
        "template_category_update",
    }
)
#: Signed by another app than the number's, or for a number of nobody's.
_FOREIGN: Final = "foreign"
#: Items of one post that are kept aside. It may hold a million: more than a command of Redis takes.
_MOST_ASIDE: Final = 100
#: What an echo of a template may be called; it says nothing.
_TEMPLATES: Final = frozenset({"template", "unsupported"})
#: Begins what is counted of an event.
_COUNT: Final = "channel_events"


@dataclass(frozen=True, slots=True)
class Stores:
    """Where what posts tell is kept."""

    conversations: ConversationStore
    echoes: EchoStore
    questions: QuestionStore
    sends: SendStore
    statuses: Statuses


class WhatsAppInbox:
    """Stores what posts of WhatsApp tell.

    Args:
        channels: whose numbers they are for.
        stores: where it is kept.
        triage: the word lists, which say how long a bubble waits for others.
        clock: Unix seconds.
    """

    def __init__(
        self,
        channels: ChannelBook,
        stores: Stores,
        triage: Triage,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._channels = channels
        self._stores = stores
        self._bubbles = Bubbles(stores.conversations, triage, clock)
        self._clock = clock

    def take(self, post: Post) -> tuple[Counter[str], list[Aside]]:
        """Store what a post tells; gives what it counts and what could not be read of it.

        Raises:
            RedisError: Redis cannot do it now (`may_pass`); what was stored until then is stored
                again.
        """
        counts: Counter[str] = Counter()
        aside: list[Aside] = []
        for event in events_of(post.raw):
            try:
                kinds = self._take(event, post)
            except Exception as error:
                if may_pass(error):
                    raise
                _log.exception("event_failed", kind=event.name)
                event = BadItem(type(error).__name__, dataclasses.asdict(event))  # noqa: PLW2901
                kinds = (event.name,)
            counts.update(f"{_COUNT}:{kind}" for kind in kinds)
            kept = _aside(event, kinds)
            if kept is not None and len(aside) < _MOST_ASIDE:
                _log.warning("item_kept_aside", channel=post.kind, reason=kept.reason)
                aside.append(kept)
        items = counts[f"{_COUNT}:{BadItem.name}"] + counts[f"{_COUNT}:{_FOREIGN}"]
        if items > _MOST_ASIDE:
            _log.error("items_lost", channel=post.kind, items=items)
        return counts, aside

    def _take(self, event: Event, post: Post) -> tuple[str, ...]:
        """The kinds by which it is counted."""
        if isinstance(event, BadItem):
            return (event.name,)
        if isinstance(event, OtherEvent):
            self._tell(event)
            return (event.name,)
        channel = self._channels.whatsapp(event.origin.number)
        if channel is None or channel.app != post.app:
            _log.warning("foreign_number", number=event.origin.number, known=channel is not None)
            return event.name, _FOREIGN
        if isinstance(event, MessageEvent):
            return event.name, *self._bubbles.write(event, channel, post.at)
        self._change(event, channel)
        return (event.name,)

    def _change(
        self,
        event: EditEvent | RevokeEvent | ReactionEvent | EchoEvent | IdentityEvent | StatusEvent,
        channel: WhatsAppChannel,
    ) -> None:
        stores = self._stores
        match event:
            case EditEvent():
                self._bubbles.edit(event, channel)
            case RevokeEvent():
                self._bubbles.take_back(event, channel)
            case IdentityEvent():
                stores.conversations.rekey(
                    channel.name,
                    event.old.aliases,
                    event.new.aliases,
                    event.new.recipient,
                    event.origin.id,
                )
            case StatusEvent():
                stores.statuses.take(event)
            case ReactionEvent():
                self._reaction(event, channel)
            case EchoEvent():
                self._echo(event, channel)
            case _:
                assert_never(event)

    def _reaction(self, event: ReactionEvent, channel: WhatsAppChannel) -> None:
        """A thumb to an answer is a mark; another emoji, or none, is none."""
        question = self._stores.sends.question_of(channel.name, event.message)
        if question is not None:
            self._stores.questions.mark(question, _THUMBS.get(event.emoji[:1]))

    def _echo(self, event: EchoEvent, channel: WhatsAppChannel) -> None:
        """A person wrote to the patient, unless the message was ours."""
        now = self._clock()
        sent_at = min(event.origin.sent_at or now, now)
        ours = self._ours(event, channel)
        if ours is not None:
            if ours.settles:
                self._stores.sends.settle(
                    Notice(
                        channel=channel.name,
                        message=keys.hashed(event.origin.id),
                        question_id=ours.question,
                        state=SendState.SENT,
                        at=sent_at,
                    )
                )
            return
        hours = channel.pause_hours - (now - sent_at) / 3600
        if hours <= 0:  # it came so late that the assistant has its turn again
            return
        entry = Entry(by="person", text=event.text or f"[{event.type}]", at=sent_at)
        self._stores.echoes.take(
            key_of(channel),
            event.receiver.aliases,
            event.receiver.recipient,
            (event.origin.id, entry),
            hours,
        )

    def _ours(self, event: EchoEvent, channel: WhatsAppChannel) -> Ours | None:
        """By its id, by our mark in it, else by what it says: it may come before Meta's reply."""
        known = self._stores.sends.question_of(channel.name, event.origin.id)
        if known is not None:
            return Ours(known, settles=False)
        if event.data and self._stores.questions.get(event.data) is not None:
            return Ours(event.data, settles=True)
        if not event.text and event.type not in _TEMPLATES:
            return None
        return self._stores.echoes.ours(channel.name, event.receiver.aliases, event.text)

    @staticmethod
    def _tell(event: OtherEvent) -> None:
        level = _log.warning if event.kind in _NOTICES else _log.info
        level("not_answered", number=event.number, kind=event.kind)


def _aside(event: Event, kinds: Sequence[str]) -> Aside | None:
    """What is kept of an event that came to nothing: the reason names nobody."""
    if isinstance(event, BadItem):
        return Aside(event.reason, event.item)
    if _FOREIGN in kinds:  # a channel's secret or number may have been changed just now
        return Aside(_FOREIGN, dataclasses.asdict(event))
    return None
