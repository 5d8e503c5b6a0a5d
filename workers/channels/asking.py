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
from workers.contracts.channel import Channel
from workers.contracts.channels import ChannelBook
from workers.contracts.connection import AWAY
from workers.contracts.conversations import AskVerdict, Burst, ConversationStore
from workers.contracts.question import Outcome, Request, Status
from workers.contracts.reply import address_of

_log = logs.logger(__name__)
#: Bursts of one round trip.
_MOST: Final = 50
#: Seconds for which a burst waits for a channel whose file is gone.
_NO_CHANNEL_SECONDS: Final = 30 * 60.0
#: In which its patients are told meanwhile.
_LANGUAGE: Final[Language] = "pt"


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

        One that fails is due again later, and holds up no other. One that always fails goes to a
        person.
        """
        bursts = self._conversations.take_due(_MOST)
        for burst in bursts:
            try:
                self.ask(burst)
            except AWAY:
                raise
            except Exception:  # noqa: BLE001 - one question never fails the others
                _log.exception("burst_failed", conversation=burst.conversation.id)
                if burst.is_stuck:
                    self._give_up(burst)
        return len(bursts)

    def ask(self, burst: Burst) -> AskVerdict | None:
        """Ask one burst; None where its channel is gone: it waits for it, but not long."""
        channel = self._channels.named(burst.conversation.channel)
        alone = burst_text(burst.messages)
        fixed = self._fixed(alone, burst, channel.language if channel else _LANGUAGE)
        patience = channel.patience_minutes * 60 if channel else _NO_CHANNEL_SECONDS
        is_usual = channel is not None and not burst.is_stuck
        if fixed is not None and (is_usual or fixed.reason == Reason.EMERGENCY):
            return self._ask_fixed(burst, alone.question, fixed)
        if channel is None and self._waited(burst) < patience:
            _log.error("channel_unknown", channel=burst.conversation.channel, kept="the burst")
            self._conversations.spare(burst.conversation.id)
            return None
        if channel is None or burst.is_stuck:
            reason = "unreadable" if channel else "channel_gone"
            return self._ask(burst, alone.question, patience, self._for_a_person(reason, channel))
        text = burst_text(burst.messages, burst.waiting).question
        verdict = self._ask(burst, text, patience, None)
        if verdict is AskVerdict.FULL and self._waited(burst) > patience:
            outcome = self._for_a_person("lane_full", channel)
            return self._ask(burst, alone.question, patience, outcome)
        return verdict

    def _waited(self, burst: Burst) -> float:
        """Seconds since the first of its bubbles was sent."""
        return self._clock() - min(
            (message.sent_at for message in burst.messages), default=self._clock()
        )

    def _for_a_person(self, reason: str, channel: Channel | None) -> Outcome:
        language = channel.language if channel else _LANGUAGE
        text = self._templates.needs_human(language)
        return Outcome(status=Status.NEEDS_HUMAN, text=text, reason=reason, language=language)

    def _give_up(self, burst: Burst) -> None:
        """Leave a burst to a person that not even a fixed text could end; its patient is told."""
        conversation = burst.conversation
        self._conversations.give_up(conversation.id)
        channel = self._channels.named(conversation.channel)
        outcome = self._for_a_person("unreadable", channel)
        try:
            request = self._request(burst, "", _NO_CHANNEL_SECONDS)
            self._on_asked(self._conversations.say(conversation.id, request, outcome), True)  # noqa: FBT003 - it has ended
        except AWAY:
            raise
        except Exception:  # noqa: BLE001 - a person is called already
            _log.exception("burst_given_up", conversation=conversation.id)

    def _fixed(self, text: BurstText, burst: Burst, language: Language) -> FixedReply | None:
        """What it gets at once; a burst that triage fails on is asked."""
        late = any(message.late for message in burst.messages)
        try:
            is_mail = burst.conversation.kind == "email"
            return fixed_reply(text, self._triage, language, late=late, in_mailbox=is_mail)
        except Exception:  # noqa: BLE001 - one question never fails the others
            _log.exception("triage_failed", conversation=burst.conversation.id)
            return None

    def _ask_fixed(self, burst: Burst, text: str, fixed: FixedReply) -> AskVerdict:
        if fixed.reason == Reason.OPT_OUT:
            self._conversations.opt_out(burst.conversation.id, self._clock())
        return self._ask(burst, text, 0.0, self._outcome(fixed))

    def _ask(self, burst: Burst, text: str, patience: float, outcome: Outcome | None) -> AskVerdict:
        conversation = burst.conversation
        asked = self._conversations.ask(burst, self._request(burst, text, patience), outcome)
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

    def _request(self, burst: Burst, text: str, patience: float) -> Request:
        conversation, now = burst.conversation, self._clock()
        last = burst.messages[-1] if burst.messages else None
        address = address_of(conversation, (last.edits or last.id or None) if last else None)
        return Request(
            tenant=conversation.tenant,
            question=text,
            asked_at=now,
            reply_to=address,
            conversation_id=conversation.id,
            context=burst.turns,
            expires_at=now + patience,
        )
