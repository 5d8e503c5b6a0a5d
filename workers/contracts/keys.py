"""The names in Redis that Python uses; `1` in their prefix is the schema's version.

A name that only scripts use is at the head of its script: see lua/jobs/shared.lua and
lua/find_answers.lua.
"""

import hashlib
from typing import Final

from workers.contracts.question import Lane

PREFIX: Final = "atende:1:"
#: The consumer group of both lanes.
GROUP: Final = "drain"
#: zset: question id -> time (ms) of its next delivery attempt.
OUTBOX: Final = PREFIX + "outbox"
#: zset: question id -> time (ms) at which its delivery was given up; of all tenants, for the
#: operator and for the count. Each tenant has one of its own, see `dead`.
DEAD: Final = PREFIX + "dead"
#: zset: question id -> time (ms) at which it expires unanswered.
DEADLINES: Final = PREFIX + "deadlines"
#: hash: name of a counter -> integer, written by the scripts.
COUNTERS: Final = PREFIX + "counters"
#: hash: drain's name -> its last report as JSON.
DRAINS: Final = PREFIX + "drains"
#: hash: drain's name -> its metrics as JSON; apart, since `/readyz` needs the reports alone.
METERS: Final = PREFIX + "meters"
#: hash: Celery node's name, or `*` for all -> Unix seconds since which it shall claim nothing.
PAUSED: Final = PREFIX + "paused"
#: zset: job id -> time (ms) at which somebody may take it; see lua/jobs/shared.lua.
JOBS: Final = PREFIX + "jobs"
#: hash: tenant -> knowledge version that its list of documents was last compared with.
MIRRORED: Final = PREFIX + "mirrored"
#: string: held by the worker that drafts questions for chunks, for a minute at a time.
DRAFTING: Final = PREFIX + "drafting"
#: hash: chunk id -> how often drafting questions for it has failed.
DRAFT_TRIES: Final = PREFIX + "draft-tries"
#: stream: the posts of channels, as they came; see lua/inbound/shared.lua.
INBOUND: Final = PREFIX + "inbound"
#: list: what of the posts could not be read, as JSON; see lua/inbound/done.lua.
INBOUND_ASIDE: Final = PREFIX + "inbound-aside"
#: set: ids of the posts that are mails; see lua/inbound/shared.lua.
INBOUND_MAIL: Final = PREFIX + "inbound-mail"
INBOUND_MAIL_OF: Final = PREFIX + "inbound-mail-of"
#: The consumer group of the posts.
INTAKE: Final = "intake"
#: hash: channel -> why nothing is sent through it, as JSON; see lua/sends/shared.lua.
PAUSED_CHANNELS: Final = PREFIX + "paused-channels"
#: hash: "{channel}:{month}:{category}" -> messages that were billed.
BILLED: Final = PREFIX + "billed"
#: zset: conversation id -> time (ms) at which its burst is due; see lua/conversations/shared.lua.
BURSTS: Final = PREFIX + "bursts"
#: zset: backfill id -> when (ms) it was made; those with work for a feeder, of all tenants. What
#: is kept of each is at the head of lua/backfills/shared.lua.
BACKFILLS: Final = PREFIX + "backfills"
#: zset: backfill id -> when (ms) its summary is due.
BACKFILL_SUMMARIES: Final = PREFIX + "backfill-summaries"
#: hash: SHA-256 of an API key -> whom it lets in, as JSON.
ACCESS: Final = PREFIX + "access"


def question(question_id: str) -> str:
    """The hash of one question."""
    return f"{PREFIX}question:{question_id}"


def lane(name: Lane) -> str:
    """The stream of one lane."""
    return f"{PREFIX}lane:{name}"


def dead(tenant: str) -> str:
    """The zset of a tenant's dead deliveries, with the scores of `DEAD`."""
    return f"{PREFIX}dead:{tenant}"


def ended(question_id: str) -> str:
    """The channel on which a question's end is announced."""
    return f"{PREFIX}ended:{question_id}"


def idempotency(tenant: str, key: str) -> str:
    """Where an asker's `Idempotency-Key` is remembered; hashed, since the key is free text."""
    return f"{PREFIX}idempotency:{tenant}:{hashed(key)}"


def send(question_id: str) -> str:
    """The hash of what is known of an outcome's way out."""
    return f"{PREFIX}send:{question_id}"


def sent(channel: str, message_id: str) -> str:
    """Which question's outcome a message carried; hashed, since its id tells a phone number."""
    return f"{PREFIX}sent:{channel}:{hashed(message_id)}"


def early_statuses(channel: str, message: str) -> str:
    """The list of statuses of a message that is no question's yet; `message` is hashed."""
    return f"{PREFIX}early-statuses:{channel}:{message}"


def pace(channel: str) -> str:
    """The hash of how fast a number may send."""
    return f"{PREFIX}pace:{channel}"


def pair(channel: str, conversation_id: str) -> str:
    """The hash of how fast one contact may be sent to."""
    return f"{PREFIX}pair:{channel}:{conversation_id}"


def answers_of_day(channel: str, conversation_id: str, day: str) -> str:
    """How many answers a contact got on a day."""
    return f"{PREFIX}answers:{channel}:{conversation_id}:{day}"


def null_sender_refused(channel: str, host: str) -> str:
    """That a channel's server takes no mail without an envelope's sender; `host` is hashed."""
    return f"{PREFIX}null-sender-refused:{channel}:{host}"


def acknowledged(conversation_id: str) -> str:
    """The question by which a contact was told that a person will answer: once a conversation."""
    return f"{PREFIX}acknowledged:{conversation_id}"


def conversation(conversation_id: str) -> str:
    """The hash of one conversation."""
    return f"{PREFIX}conversation:{conversation_id}"


def pending(conversation_id: str) -> str:
    """The zset of a conversation's bubbles that wait to be asked."""
    return f"{PREFIX}pending:{conversation_id}"


def transcript(conversation_id: str) -> str:
    """The list of what was said in a conversation."""
    return f"{PREFIX}transcript:{conversation_id}"


def conversations(tenant: str) -> str:
    """The zset of a tenant's conversations: id -> time (ms) of the last message."""
    return f"{PREFIX}conversations:{tenant}"


def aliases(conversation_id: str) -> str:
    """The set of a conversation's aliases: `{kind}:{channel}:{hash}`."""
    return f"{PREFIX}aliases:{conversation_id}"


def handoffs(tenant: str) -> str:
    """The zset of a tenant's conversations that wait for a person: id -> since when (ms)."""
    return f"{PREFIX}handoffs:{tenant}"


def mailbox(channel: str) -> str:
    """The hash of who reads a channel's mailbox, and how it fares."""
    return f"{PREFIX}mailbox:{channel}"


def folder(channel: str, name: str) -> str:
    """The hash of how far a folder of a mailbox is read; hashed, since its name is free text."""
    return f"{PREFIX}folder:{channel}:{hashed(name)}"


def folders(channel: str) -> str:
    """A pattern of the names that `folder` gives for a channel, whose name holds no wildcard."""
    return f"{PREFIX}folder:{channel}:*"


def errands(channel: str) -> str:
    """The zset of what is to be done in a mailbox: errand -> time (ms) at which it is due."""
    return f"{PREFIX}errands:{channel}"


def errands_aside(channel: str) -> str:
    """The zset of what could not be done in a mailbox: errand -> when (ms) that was given up."""
    return f"{PREFIX}errands-aside:{channel}"


def errand(channel: str, name: str) -> str:
    """The hash of one errand; `name` is hashed."""
    return f"{PREFIX}errand:{channel}:{name}"


def mail_passed(tenant: str, mail: str) -> str:
    """Whose automatic answer to a mail passed; `mail` is hashed."""
    return f"{PREFIX}mail-passed:{tenant}:{mail}"


def mail_answers(tenant: str, address: str) -> str:
    """The zset of automatic answers that an address got from a clinic in a day."""
    return f"{PREFIX}mail-answers:{tenant}:{hashed(address)}"


def mail_emergencies(tenant: str, address: str) -> str:
    """The zset of texts of emergencies that an address got from a clinic in a day."""
    return f"{PREFIX}mail-emergencies:{tenant}:{hashed(address)}"


def mail_heard(tenant: str, address: str, *, urgent: bool = False) -> str:
    """The zset of mails, or of emergencies, of an address that a clinic got in an hour."""
    return f"{PREFIX}mail-heard:{tenant}:{hashed(f'urgent {address}' if urgent else address)}"


def mail_minute(channel: str) -> str:
    """The zset of automatic answers of a channel in a minute."""
    return f"{PREFIX}mail-minute:{channel}"


def mail_text(tenant: str, domain: str, text_hash: str) -> str:
    """The hash of mails to a clinic from one domain that say the same."""
    return f"{PREFIX}mail-text:{tenant}:{hashed(domain)}:{hashed(text_hash)}"


def backfills(tenant: str) -> str:
    """The zset of a tenant's backfills: id -> when (ms) each was made."""
    return f"{PREFIX}backfills:{tenant}"


def backfill_name(tenant: str, name: str) -> str:
    """Which backfill of a tenant has a name; hashed, since it is free text."""
    return f"{PREFIX}backfill-name:{tenant}:{hashed(name)}"


def backfill(backfill_id: str) -> str:
    """The hash of one backfill."""
    return f"{PREFIX}backfill:{backfill_id}"


def backfill_rows(backfill_id: str) -> str:
    """The hash of a backfill's rows: number of a block's first row -> the block, compressed."""
    return f"{PREFIX}backfill-rows:{backfill_id}"


def backfill_keys(backfill_id: str) -> str:
    """The set of the hashes of a backfill's rows' keys: 12 bytes each."""
    return f"{PREFIX}backfill-keys:{backfill_id}"


def backfill_marks(backfill_id: str) -> str:
    """How each row of a backfill ended: 4 bytes a row."""
    return f"{PREFIX}backfill-marks:{backfill_id}"


def backfill_open(backfill_id: str) -> str:
    """The hash of a backfill's questions in the lane: question id -> row."""
    return f"{PREFIX}backfill-open:{backfill_id}"


def backfill_results(backfill_id: str) -> str:
    """The list of a backfill's newest results."""
    return f"{PREFIX}backfill-results:{backfill_id}"


def backfill_blocks(backfill_id: str) -> str:
    """The hash of a backfill's older results: number of a block -> the block, compressed."""
    return f"{PREFIX}backfill-blocks:{backfill_id}"


def backfill_file(backfill_id: str) -> str:
    """The bytes of a file that waits to be read into a backfill's rows."""
    return f"{PREFIX}backfill-file:{backfill_id}"


def backfill_mails(tenant: str) -> str:
    """How many summaries of a tenant's backfills were mailed since the first of the day."""
    return f"{PREFIX}backfill-mails:{tenant}"


def backfill_report(backfill_id: str) -> str:
    """The hash of what was made of a backfill's results: report, pairs."""
    return f"{PREFIX}backfill-report:{backfill_id}"


def hashed(text: str) -> str:
    """What stands for a free text in a name: 128 bits. An alias or a message id tells a number."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def job(job_id: str) -> str:
    """The hash of one job."""
    return f"{PREFIX}job:{job_id}"


def upload(job_id: str) -> str:
    """The bytes that an upload's job will read."""
    return f"{PREFIX}upload:{job_id}"


def document(document_id: str) -> str:
    """The hash of one document."""
    return f"{PREFIX}document:{document_id}"


def documents(tenant: str) -> str:
    """The zset of the names of a tenant's documents."""
    return f"{PREFIX}documents:{tenant}"
