import pytest

from workers.answering.triage.reasons import Reason
from workers.answering.triage.triage import FixedReply, load_triage
from workers.channels.burst_text import BurstText
from workers.channels.fixed import fixed_reply
from workers.contracts.question import Status


def reply(question: str = "", *media: str, late: bool = False) -> FixedReply | None:
    return fixed_reply(BurstText(question, media), load_triage(), "pt", late=late)


def test_a_question_is_asked() -> None:
    assert reply("Qual o preparo da colonoscopia?") is None
    assert reply("quanto custa esse exame?", "image") is None


@pytest.mark.parametrize(
    ("media", "text"),
    [
        (("audio",), "media_audio"),
        (("audio", "voice"), "media_audio"),
        (("image", "video"), "media_image"),
        (("document",), "media_document"),
        (("image", "sticker"), "media_image"),
        (("image", "document"), "media"),
        (("location",), "media"),
        ((), "media"),
    ],
)
def test_all_media_of_a_burst_get_one_text_that_names_their_kind(
    media: tuple[str, ...], text: str
) -> None:
    fixed = reply("", *media)
    assert fixed is not None
    assert (fixed.message, fixed.reason, fixed.status) == (text, Reason.MEDIA, Status.ANSWERED)


def test_a_sticker_is_a_courtesy() -> None:
    fixed = reply("", "sticker")
    assert fixed is not None
    assert fixed.reason == Reason.ACKNOWLEDGED


def test_who_wants_no_more_messages_is_told_that_it_is_so_and_bothers_no_person() -> None:
    fixed = reply("parar")
    assert fixed is not None
    assert (fixed.message, fixed.status) == ("opt_out", Status.ANSWERED)


@pytest.mark.parametrize("text", ["Qual o preparo?", "oi", "parar", ""])
def test_what_comes_late_goes_to_a_person(text: str) -> None:
    fixed = reply(text, late=True)
    assert fixed is not None
    assert (fixed.reason, fixed.status) == (Reason.LATE, Status.NEEDS_HUMAN)


def test_what_comes_late_is_excused_in_its_own_language() -> None:
    fixed = reply("How much is the consultation with a cardiologist?", late=True)
    assert fixed is not None
    assert fixed.language == "en"


@pytest.mark.parametrize("late", [True, False])
def test_an_emergency_comes_first(late: bool) -> None:  # noqa: FBT001 - a parameter of the test
    fixed = reply("não quero mais mensagens\nestou com dor no peito", "audio", late=late)
    assert fixed is not None
    assert fixed.reason == Reason.EMERGENCY


@pytest.mark.parametrize("text", ["#", "0", "9", "não é isso", "não entendi nada", "atendente"])
def test_keys_of_other_menus_and_complaints_reach_a_person(text: str) -> None:
    fixed = reply(text)
    assert fixed is not None
    assert (fixed.reason, fixed.status) == (Reason.PERSON_ASKED, Status.NEEDS_HUMAN)


@pytest.mark.parametrize("text", ["menu", "Menu principal", "oi, menu"])
def test_who_looks_for_a_menu_is_greeted_and_told_what_to_write(text: str) -> None:
    fixed = reply(text)
    assert fixed is not None
    assert fixed.reason == Reason.GREETING


@pytest.mark.parametrize("media", [("document",), ("image", "document"), ()])
def test_a_mail_of_attachments_alone_reaches_a_person_who_can_open_them(
    media: tuple[str, ...],
) -> None:
    fixed = fixed_reply(BurstText("", media), load_triage(), "pt", in_mailbox=True)
    assert fixed is not None
    assert (fixed.reason, fixed.status) == (Reason.ATTACHMENT, Status.NEEDS_HUMAN)
    assert fixed.message == "person_asked"
