"""Every kind of post, recorded and made by hand, becomes events, whatever stands in it."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.workers.channels.whatsapp.webhooks import MADE, RECORDED, made, message, post
from workers.channels.whatsapp.events import (
    BadItem,
    EchoEvent,
    EditEvent,
    Event,
    IdentityEvent,
    MessageEvent,
    OtherEvent,
    Person,
    ReactionEvent,
    RevokeEvent,
    StatusEvent,
)
from workers.channels.whatsapp.webhook import events_of

MARIA = Person("BR.1502576394655843", "5541998765432", "Maria Souza")
NUMBER = "106540352242922"


def recorded(project: str, name: str) -> str:
    path = RECORDED / project / f"{name}.json"
    if not path.exists():
        pytest.skip(f"the recorded webhooks of other projects are not at {RECORDED}")
    return path.read_text("utf-8")


def event(name: str) -> Event:
    (only,) = events_of(made(name))
    return only


# -- the recorded posts ---------------------------------------------------------------------------


def test_of_the_recorded_posts_no_item_is_lost_and_none_is_bad() -> None:
    if not RECORDED.exists():
        pytest.skip(f"the recorded webhooks of other projects are not at {RECORDED}")
    posts = sorted(RECORDED.glob("*/*.json"))
    kinds = Counter(each.name for path in posts for each in events_of(path.read_text("utf-8")))
    assert len(posts) == 104
    assert kinds == {
        "message": 46,
        "reaction": 5,
        "edit": 1,
        "revoke": 1,
        "echo": 3,
        "identity": 2,
        "status": 16,
        "other": 32,
    }


@pytest.mark.parametrize("path", sorted(MADE.glob("*.json")), ids=lambda path: path.stem)
def test_of_the_posts_made_by_hand_each_item_gives_an_event(path: Path) -> None:
    assert events_of(path.read_text("utf-8"))


def test_a_contact_without_a_profile_is_no_error() -> None:  # case 11
    name = "test_build_from_payload_without_contact_profile_can_build_a_notification_0"
    (only,) = events_of(recorded("netflie", name))
    assert isinstance(only, MessageEvent)
    assert (only.text, only.sender.name) == ("MESSAGE_BODY", None)


# -- who wrote ------------------------------------------------------------------------------------


def test_a_person_with_a_user_name_and_no_number_is_known_by_the_user_id() -> None:  # case 1
    only = event("username_without_number")
    assert isinstance(only, MessageEvent)
    assert only.sender == Person("BR.1502576394655843", None, "Maria Souza")
    assert only.sender.recipient == {"user_id": "BR.1502576394655843"}


def test_a_parent_id_is_no_id_of_its_own() -> None:
    only = event("parent_user_ids")
    assert isinstance(only, MessageEvent)
    assert only.sender == MARIA


def test_in_a_batch_everybody_keeps_his_own_ids() -> None:
    messages = [each for each in events_of(made("batch_of_many")) if each.name == "message"]
    assert [(each.sender, each.text) for each in messages if isinstance(each, MessageEvent)] == [
        (MARIA, "Bom dia"),
        (Person("BR.2202576394655844", "554199991111", "João Lima"), "Quanto custa a consulta?"),
        (Person("BR.3302576394655845", None, "Ana Reis"), "Aceitam Bradesco?"),
        (MARIA, "Preciso de encaminhamento?"),
    ]


def test_of_several_senders_none_is_given_another_s_id() -> None:
    texts = [
        {"id": f"wamid.{sender}", "from": sender, "text": {"body": "Oi"}}
        for sender in ("5541998765432", "5541991112222")
    ]
    contact = {"wa_id": "5541998765432", "user_id": "BR.1"}
    first, second = events_of(post({"contacts": [contact], "messages": texts}))
    assert isinstance(first, MessageEvent)
    assert isinstance(second, MessageEvent)
    assert first.sender.user_id == "BR.1"
    assert second.sender.user_id is None


def test_the_ninth_digit_parts_no_contact_from_its_message() -> None:  # case 20
    text = {"id": "wamid.1", "from": "554198765432", "text": {"body": "Oi"}}
    other = {"id": "wamid.2", "from": "5541991112222", "text": {"body": "Oi"}}
    contact = {"wa_id": "5541998765432", "user_id": "BR.1"}
    first, _ = events_of(post({"contacts": [contact], "messages": [text, other]}))
    assert isinstance(first, MessageEvent)
    assert first.sender == Person("BR.1", "554198765432")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (
            "user_changed_user_id",
            Person("BR.1502576394655843", "5541998765432"),
            Person("BR.9917773331112224", "5541998765432"),
        ),
        (
            "user_changed_user_id_without_number",
            Person("BR.1502576394655843"),
            Person("BR.9917773331112224"),
        ),
        (
            "user_changed_number",
            Person("BR.1502576394655843", "5541998765432"),
            Person("BR.9917773331112224", "5541991112222"),
        ),
    ],
)
def test_a_change_of_identity_names_both_without_contacts(
    name: str, old: Person, new: Person
) -> None:
    only = event(name)
    assert isinstance(only, IdentityEvent)
    assert (only.old, only.new) == (old, new)


# -- what it says ---------------------------------------------------------------------------------


def test_an_unsupported_message_is_one_that_is_not_read() -> None:  # case 10
    for name in ("unsupported_131060", "unsupported_of_a_kind"):
        only = event(name)
        assert isinstance(only, MessageEvent)
        assert (only.kind, only.text, only.type) == ("media", "", "unsupported")


def test_a_group_s_message_names_its_group() -> None:
    only = event("group_text")
    assert isinstance(only, MessageEvent)
    assert only.group == "Y2FwaV9ncm91cDoxNzA1NTU1MDEzOToxMjA"


def test_a_medium_s_caption_is_its_text_and_its_address_is_not_kept() -> None:
    only = event("media_with_url")
    assert isinstance(only, MessageEvent)
    assert (only.kind, only.text) == ("media", "Este pedido serve?")
    assert "lookaside" not in repr(only)


def test_a_shared_contact_is_not_read() -> None:
    only = event("contact_request_reply")
    assert isinstance(only, MessageEvent)
    assert (only.kind, only.text, only.sender.phone) == ("media", "", None)


def test_an_edit_and_a_deletion_name_the_message() -> None:
    edit, revoke = event("edit"), event("revoke")
    assert isinstance(edit, EditEvent)
    assert (edit.original, edit.text) == ("wamid.T1", "Quanto custa a ressonância?")
    assert isinstance(revoke, RevokeEvent)
    assert revoke.original == "wamid.T1"


def test_a_reaction_taken_back_has_no_emoji() -> None:
    reaction = {"message_id": "wamid.O1", "emoji": "👍"}
    first = events_of(message(**{"from": "5541998765432"}, type="reaction", reaction=reaction))
    again = {"message_id": "wamid.O1"}
    second = events_of(message(**{"from": "5541998765432"}, type="reaction", reaction=again))
    emojis = [each.emoji for each in (*first, *second) if isinstance(each, ReactionEvent)]
    assert emojis == ["👍", ""]


def test_a_quote_of_ours_is_kept_and_one_of_himself_is_not() -> None:
    def quoting(sender: str) -> Event:
        context = {"from": sender, "id": "wamid.O1"}
        text = {"body": "E este?"}
        (only,) = events_of(message(**{"from": "5541998765432"}, text=text, context=context))
        return only

    ours, own = quoting("554133334444"), quoting("5541998765432")
    assert isinstance(ours, MessageEvent)
    assert isinstance(own, MessageEvent)
    assert (ours.replies_to, own.replies_to) == ("wamid.O1", None)


# -- what is never answered -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("history", "history"),  # case 23
        ("standby", "standby"),
        ("app_state_sync", "smb_app_state_sync"),
        ("call_opened_window", "calls"),
        ("call_permission_reply", "message interactive"),
        ("unknown_field_of_tomorrow", "thread_weather"),
        ("unknown_type_of_tomorrow", "message hologram"),
    ],
)
def test_what_is_never_answered_is_told_by_its_kind(name: str, kind: str) -> None:
    only = event(name)
    assert isinstance(only, OtherEvent)
    assert (only.number, only.kind) == (NUMBER, kind)


def test_an_echo_names_its_receiver_with_and_without_a_number() -> None:
    first, second = event("echo_of_a_person"), event("echo_without_number")
    assert isinstance(first, EchoEvent)
    assert first.receiver == Person("BR.1502576394655843", "5541998765432")
    assert first.text == "Oi, aqui é a Carla da recepção"
    assert isinstance(second, EchoEvent)
    assert (second.receiver, second.text) == (Person("BR.1502576394655843"), "")


def test_a_status_is_never_a_message() -> None:  # case 12
    statuses = [each for each in events_of(made("batch_of_many")) if isinstance(each, StatusEvent)]
    assert [(each.origin.id, each.status) for each in statuses] == [
        ("wamid.O1", "delivered"),
        ("wamid.O2", "failed"),
    ]
    assert (statuses[0].data, statuses[0].category, statuses[0].billable) == (
        "a" * 32,
        "service",
        True,
    )
    assert [(error.code, error.details) for error in statuses[1].errors] == [
        (131026, "Message Undeliverable.")
    ]


def test_a_failure_comes_without_contacts_and_recipient() -> None:
    only = event("failed_without_contacts")
    assert isinstance(only, StatusEvent)
    assert only.errors[0].code == 131047


# -- what cannot be read --------------------------------------------------------------------------


def test_one_bad_item_loses_no_other() -> None:
    events = events_of(made("one_bad_item_among_good_ones"))
    assert [each.name for each in events] == ["bad", "bad", "message", "bad", "message"]
    last = events[-1]
    assert isinstance(last, MessageEvent)
    assert (last.text, last.origin.sent_at) == ("E no sábado?", None)


@pytest.mark.parametrize(
    "raw", ["", "{", "[]", "null", "1", '"a"', '{"entry": 3}', "[" * 100_000, '{"a": NaN}']
)
def test_a_post_that_is_none_is_one_bad_item(raw: str) -> None:
    (only,) = events_of(raw)
    assert isinstance(only, BadItem)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)
NAMES = (
    "id from timestamp type text context interactive reaction edit revoke system button image"
    " errors status pricing profile wa_id"
)
FIELDS = st.sampled_from(NAMES.split())


@given(st.dictionaries(FIELDS, ANY), st.dictionaries(FIELDS, ANY), ANY)
def test_whatever_stands_in_a_post_nothing_raises(
    item: dict[str, Any], contact: dict[str, Any], other: object
) -> None:
    value = {"contacts": [contact, other], "messages": [item, other], "statuses": [item, other]}
    events = events_of(post(value))
    assert len(events) >= 4
    assert all(each.name in {"bad", "other"} for each in events_of(json.dumps(other)))
    for field in ("smb_message_echoes", "history"):
        assert events_of(post({"message_echoes": [item]}, field))


def test_an_edit_a_revoke_and_a_reaction_of_nothing_are_bad() -> None:
    for kind in ("edit", "revoke", "reaction"):
        (only,) = events_of(message(**{"from": "5541998765432", "type": kind, kind: {}}))
        assert isinstance(only, BadItem), kind


def test_events_are_of_the_kinds_that_are_handled() -> None:
    assert RevokeEvent.name == "revoke"
    assert {kind.name for kind in Event.__args__} >= {"message", "echo", "status", "bad"}
