"""Conversations by e-mail on a real server: threads, mails that are filed, whom they name."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from redis import Redis

from workers.contracts import keys
from workers.contracts.conversation import ChannelKey, Conversation, PatientMessage
from workers.contracts.conversations import Admission, Admitted, ConversationStore
from workers.contracts.settings import QueueSettings

pytestmark = pytest.mark.integration
ANA, BIA = "ana@example.com", "bia@example.com"
CONTATO = ChannelKey("clinica", "contato", "email")
EXAMES = ChannelKey("clinica", "exames", "email")


@dataclass
class Post:
    """What a channel does with the mails of correspondents."""

    store: ConversationStore

    def write(  # noqa: PLR0913 - what a mail may say
        self,
        message: str,
        *,
        names: Sequence[str] = (),
        re: str = "",
        sender: str = ANA,
        channel: ChannelKey = CONTATO,
        filed: str | None = None,
        trusted: bool = True,
        thanks: bool = False,
    ) -> Admission:
        """A mail comes in; `names`: the ids in References; `re`: the subject that it answers."""
        aliases = [f"thread:{sender}|{each}" for each in (message, *names)]
        aliases += [f"subject:{sender}|{re}"] if re else []
        recipient = {"email": sender, "subject": "Exame", "message": message, "references": ""}
        mail = PatientMessage(id=message, text=message, sent_at=time.time(), thanks=thanks)
        if filed is None:
            return self.store.admit(channel, aliases, recipient, "Ana", mail, 0)
        rest = (recipient, "Ana", mail, filed or None)
        return self.store.file(channel, aliases, *rest, trusted=trusted)

    def read(self, conversation: str) -> Conversation:
        record = self.store.get(conversation)
        assert record is not None
        return record

    def texts(self, conversation: str) -> list[str]:
        return [entry.text for entry in self.store.transcript(conversation)]


@pytest.fixture
def post(redis: Redis, queue_settings: QueueSettings) -> Post:
    return Post(ConversationStore(redis, queue_settings))


def test_a_mail_that_names_another_is_of_its_conversation(post: Post) -> None:
    first = post.write("<1@a>").conversation
    assert post.write("<2@a>", names=["<1@a>"]).conversation == first
    assert post.write("<3@a>", names=["<unknown@b>", "<2@a>"]).conversation == first
    assert post.write("<4@a>").conversation != first
    assert post.texts(first) == ["<1@a>", "<2@a>", "<3@a>"]


def test_who_names_a_mail_of_another_sender_is_not_let_in(post: Post) -> None:
    first = post.write("<1@a>").conversation
    assert post.write("<2@b>", names=["<1@a>"], sender=BIA).conversation != first


def test_an_answer_to_our_mail_leads_back_to_its_conversation(post: Post) -> None:
    first = post.write("<1@a>").conversation
    ours = f"thread:{ANA}|<q1.1@clinica.example>"
    for _ in range(2):
        assert post.store.bind(first, CONTATO.channel, [ours, f"subject:{ANA}|exame"])
    assert post.write("<2@a>", names=["<q1.1@clinica.example>"]).conversation == first
    assert post.write("<3@a>", re="exame").conversation == first
    assert post.write("<4@a>", re="outro").conversation != first


def test_nothing_leads_to_a_conversation_that_is_gone(post: Post) -> None:
    first = post.write("<1@a>").conversation
    post.store.erase(first)
    assert not post.store.bind(first, CONTATO.channel, [f"thread:{ANA}|<q1.1@c>"])
    assert post.write("<2@a>", names=["<q1.1@c>"]).conversation != first


def test_what_leads_to_a_conversation_expires_with_it(post: Post, redis: Redis) -> None:
    first = post.write("<1@a>", filed="").conversation
    post.store.bind(first, CONTATO.channel, [f"thread:{ANA}|<q1.1@c>"])
    names = list(redis.scan_iter("*alias:*"))
    assert len(names) == 2
    assert all(int(redis.ttl(name)) > 0 for name in names)


def test_a_mail_that_reaches_two_mailboxes_of_a_clinic_is_one(post: Post) -> None:
    first = post.write("<1@a>")
    again = post.write("<1@a>", channel=EXAMES)
    assert (first.verdict, again.verdict) == (Admitted.NEW, Admitted.REPEATED)
    assert again.conversation == first.conversation
    filed = post.write("<1@a>", channel=EXAMES, filed="untrusted")
    assert filed.verdict is Admitted.REPEATED
    other = ChannelKey("outra", "sul", "email")
    assert post.write("<1@a>", channel=other).verdict is Admitted.NEW


def test_a_channel_named_as_a_clinic_shares_nothing_with_its_mailboxes(post: Post) -> None:
    post.write("<1@a>")
    namesake = ChannelKey("outra", "clinica", "whatsapp")
    assert post.write("<1@a>", channel=namesake).verdict is Admitted.NEW


def test_the_recipient_is_as_the_last_mail_said(post: Post) -> None:
    first = post.write("<1@a>").conversation
    post.write("<2@a>", names=["<1@a>"])
    record = post.read(first)
    assert (record.recipient["message"], record.contact) == ("<2@a>", f"email:{ANA}")


def test_a_correspondent_s_conversations_are_listed_by_the_address(post: Post) -> None:
    conversations = {post.write(f"<{n}@a>").conversation for n in range(3)}
    conversations.add(post.write("<9@a>", channel=EXAMES).conversation)
    post.write("<1@b>", sender=BIA)
    listed = post.store.of_contact("clinica", f"email:{ANA}")
    assert {record.id for record in listed} == conversations
    assert len(conversations) == 4


def test_a_filed_mail_is_in_the_transcript_and_nothing_is_asked(post: Post, redis: Redis) -> None:
    filed = post.write("<1@a>", filed="untrusted")
    assert filed.verdict is Admitted.FILED
    assert post.texts(filed.conversation) == ["<1@a>"]
    record = post.read(filed.conversation)
    assert record.handoff is not None
    assert record.handoff.reason == "untrusted"
    assert not redis.exists(keys.BURSTS)
    assert [each.id for each in post.store.page("clinica", needs_human=True, limit=9).conversations]
    again = post.write("<1@a>", filed="untrusted")
    assert again == Admission(filed.conversation, Admitted.REPEATED)
    assert post.texts(filed.conversation) == ["<1@a>"]


def test_filed_without_a_reason_it_calls_nobody(post: Post) -> None:
    filed = post.write("<1@a>", filed="", thanks=True).conversation
    assert post.read(filed).handoff is None


def test_filed_while_a_person_has_the_conversation_it_waits_for_that_person(post: Post) -> None:
    first = post.write("<1@a>", filed="").conversation
    post.store.claim(first, "Joana")
    post.write("<2@a>", names=["<1@a>"], filed="", thanks=True)
    record = post.read(first)
    assert record.handoff is not None
    assert record.handoff.reason == "person_took_over"
    post.write("<3@a>", names=["<1@a>"], filed="")
    record = post.read(first)
    assert record.handoff is not None
    assert record.handoff.reason == "waiting"


def test_of_a_mail_that_may_be_forged_a_conversation_learns_nothing(post: Post) -> None:
    first = post.write("<1@a>").conversation
    before = post.read(first)
    forged = post.write("<2@evil>", names=["<1@a>"], filed="untrusted", trusted=False)
    assert forged.conversation == first
    record = post.read(first)
    assert (record.recipient, record.name) == (before.recipient, before.name)
    assert post.texts(first) == ["<2@evil>", "<1@a>"]  # the other one waits to be asked
    assert post.write("<3@a>", names=["<2@evil>"]).conversation != first


def test_a_new_conversation_of_a_forged_mail_says_whom_it_claims_to_be_from(post: Post) -> None:
    forged = post.write("<1@evil>", filed="untrusted", trusted=False).conversation
    assert post.read(forged).recipient["email"] == ANA


def test_a_thread_without_end_keeps_a_bounded_number_of_names(post: Post, redis: Redis) -> None:
    first = post.write("<0@a>", filed="").conversation
    for n in range(60):
        names = [f"<{n}.{other}@a>" for other in range(10)]
        thread = post.write(f"<{n + 1}@a>", names=[f"<{n}@a>", *names], filed="")
    assert thread.conversation
    assert int(redis.scard(keys.aliases(first))) <= 502
    led = [redis.get(name) for name in redis.scan_iter("*alias:*")]
    assert led.count(first) <= 501
