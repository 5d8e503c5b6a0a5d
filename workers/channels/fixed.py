"""What a burst gets at once, without being asked: fixed texts. Pure."""

from collections.abc import Mapping
from typing import Final

from workers.answering.language import Language, language_of
from workers.answering.templates import Message
from workers.answering.triage.opt_out import opts_out
from workers.answering.triage.reasons import Reason
from workers.answering.triage.triage import FixedReply, Triage
from workers.channels.burst_text import BurstText

#: The text for each kind of media that is not read, by what channels call it.
_MEDIA: Final[Mapping[str, Message]] = {
    "audio": "media_audio",
    "voice": "media_audio",
    "image": "media_image",
    "video": "media_image",
    "document": "media_document",
}
#: It says as much as a thumb up.
_STICKER: Final = "sticker"


def fixed_reply(
    burst: BurstText,
    triage: Triage,
    language: Language,
    *,
    late: bool = False,
    in_mailbox: bool = False,
) -> FixedReply | None:
    """What a burst gets at once; None where it is a question to be asked.

    An emergency comes first, however old it is. One sentence for all that is not read.

    Args:
        burst: what it says.
        triage: the word lists.
        language: the channel's, where the burst's own is unclear.
        late: whether it came long after it was written.
        in_mailbox: whether it is a mail: people who have the mailbox open what is not read here.
    """
    fixed = triage.of(burst.question, language) if burst.question else None
    if fixed and fixed.reason == Reason.EMERGENCY:
        return fixed
    if burst.urgent:  # it was answered for by itself: what stands around it takes nothing back
        return triage.of(burst.urgent, language)
    if late:
        own = fixed.language if fixed else language_of(burst.question, language)
        return FixedReply(Reason.LATE, "late", own)
    if not burst.question:
        return _of_media(burst, language, in_mailbox=in_mailbox)
    if wish := opts_out(burst.question):
        return FixedReply(Reason.OPT_OUT, "opt_out", wish)
    return fixed


def _of_media(burst: BurstText, language: Language, *, in_mailbox: bool) -> FixedReply:
    if in_mailbox:
        return FixedReply(Reason.ATTACHMENT, "person_asked", language)
    kinds = set(burst.media)
    if kinds == {_STICKER}:
        return FixedReply(Reason.ACKNOWLEDGED, "acknowledged", language)
    texts = {_MEDIA.get(kind, "media") for kind in kinds - {_STICKER}}
    message: Message = texts.pop() if len(texts) == 1 else "media"
    return FixedReply(Reason.MEDIA, message, language)
