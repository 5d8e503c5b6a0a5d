"""Bursts that are due become questions; those that get a fixed text end in the same step."""

import time
from collections.abc import Callable
from typing import Final

from workers.answering.language import Language
from workers.answering.templates import Templates
from workers.answering.triage.reasons import Reason
from workers.answering.triage.triage import FixedReply, Triage
from workers.channels.burst_text import BurstText, burst_text
from workers.channels.fixed import fixed_reply
from workers.contracts import logs
from workers.contracts.channels import ChannelBook
from workers.contracts.connection import AWAY
from workers.contracts.conversations import AskVerdict, Burst, ConversationStore
from workers.contracts.question import Outcome, Request
from workers.contracts.reply import WhatsAppAddress

_log = logs.logger(__name__)
#: Bursts of one round trip.
_MOST: Final = 50
#: Age at which a question that no worker took is given up: an hour before the window shuts in which
#: the patient may be told so.
_LONGEST_WAIT_SECONDS: Final = 23 * 3600.0


class Asking:
    """Asks what patients wrote.

    Args:
        conversations: where bursts wait.
        channels: whose they are.
        triage: the word lists.
        templates: the fixed texts.
        on_asked: called with a question's id and whether it has ended already, with its text to be
            delivered.
        clock: Unix seconds.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the parts that a question is made of
        self,
        conversations: ConversationStore,
        channels: ChannelBook,
        triage: Triage,
        templates: Templates,
        on_asked: Callable[[str, bool], None] = lambda _id, _ended: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._conversations = conversations
        self._channels = channels
        self._triage = triage
        self._templates = templates
        self._on_asked = on_asked
        self._clock = clock

    def ask_due(self) -> int:
        """Ask the bursts that are due; gives how many there were.

        One that fails is due again later, and holds up no other.
        """
        bursts = self._conversations.take_due(_MOST)
        for burst in bursts:
            try:
                self.ask(burst)
            except AWAY:
                raise
            except Exception:  # noqa: BLE001 - one question never fails the others
                _log.exception("burst_failed", conversation=burst.conversation.id)
        return len(bursts)

    def ask(self, burst: Burst) -> AskVerdict | None:
        """Ask one burst; None where its channel is gone: it waits for it."""
        channel = self._channels.named(burst.conversation.channel)
        if channel is None:
            _log.error("channel_unknown", channel=burst.conversation.channel, kept="the burst")
            return None
        alone = burst_text(burst.messages)
        fixed = self._fixed(alone, burst, channel.language)
        if fixed is not None:
            return self._ask(burst, alone.question, fixed)
        return self._ask(burst, burst_text(burst.messages, burst.waiting).question, None)

    def _fixed(self, text: BurstText, burst: Burst, language: Language) -> FixedReply | None:
        """What it gets at once; a burst that triage fails on is asked."""
        late = any(message.late for message in burst.messages)
        try:
            return fixed_reply(text, self._triage, language, late=late)
        except Exception:  # noqa: BLE001 - one question never fails the others
            _log.exception("triage_failed", conversation=burst.conversation.id)
            return None

    def _ask(self, burst: Burst, text: str, fixed: FixedReply | None) -> AskVerdict:
        conversation = burst.conversation
        if fixed is not None and fixed.reason == Reason.OPT_OUT:
            self._conversations.opt_out(conversation.id, self._clock())
        outcome = self._outcome(fixed) if fixed else None
        asked = self._conversations.ask(burst, self._request(burst, text), outcome)
        if asked.verdict is AskVerdict.FULL:
            _log.warning("lane_full", conversation=conversation.id, kept="the burst")
        if asked.verdict is AskVerdict.ASKED:
            self._on_asked(asked.id, outcome is not None)
        return asked.verdict

    def _outcome(self, fixed: FixedReply) -> Outcome:
        return Outcome(
            status=fixed.status,
            text=self._templates.message(fixed.message, fixed.language),
            reason=str(fixed.reason),
            language=fixed.language,
        )

    def _request(self, burst: Burst, text: str) -> Request:
        conversation, now = burst.conversation, self._clock()
        last = burst.messages[-1] if burst.messages else None
        address = WhatsAppAddress(
            channel=conversation.channel,
            conversation=conversation.id,
            message=last and (last.edits or last.id),
        )
        return Request(
            tenant=conversation.tenant,
            question=text,
            asked_at=now,
            reply_to=address,
            conversation_id=conversation.id,
            context=burst.turns,
            expires_at=now + _LONGEST_WAIT_SECONDS,
        )
