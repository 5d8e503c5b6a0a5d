"""How long to wait after a bubble before a burst is asked. Pure."""

from typing import Final

from workers.answering.triage.opt_out import opts_out
from workers.answering.triage.reasons import COURTESIES, Reason
from workers.answering.triage.triage import Triage
from workers.answering.triage.unfinished import load_unfinished
from workers.contracts.channel import Channel
from workers.contracts.conversation import PatientMessage

#: Seconds of silence after a bubble whose writer has not done yet. Five before every answer annoyed
#: (hermes-agent#44883); here only who writes "queria saber" waits.
UNFINISHED_SECONDS: Final = 8.0
#: Nothing is waited for after these, whatever the text looks like.
_URGENT: Final = frozenset({Reason.EMERGENCY, Reason.PERSON_ASKED})


def quiet_seconds(message: PatientMessage, channel: Channel, triage: Triage) -> float:
    """Seconds of silence after this bubble, after which what was written is asked.

    None after a choice, an emergency, a wish for a person or to get no more messages, and a
    courtesy; more than the channel's own after a text that looks unfinished.
    """
    if message.kind == "choice":
        return 0.0
    if not message.text.strip():
        return channel.quiet_seconds
    fixed = triage.of(message.text, channel.language)
    if (fixed and fixed.reason in _URGENT) or opts_out(message.text):
        return 0.0
    if load_unfinished().looks(message.text):
        return max(UNFINISHED_SECONDS, channel.quiet_seconds)
    return 0.0 if fixed and fixed.reason in COURTESIES else channel.quiet_seconds


def is_emergency(text: str, channel: Channel, triage: Triage) -> bool:
    """Whether a bubble's own words are an emergency's."""
    fixed = triage.of(text, channel.language) if text.strip() else None
    return fixed is not None and fixed.reason == Reason.EMERGENCY


def is_thanks(message: PatientMessage, channel: Channel, triage: Triage) -> bool:
    """Whether a bubble says thanks and nothing else."""
    if message.kind == "media" or not message.text.strip():
        return False
    fixed = triage.of(message.text, channel.language)
    return fixed is not None and fixed.reason == Reason.THANKS
