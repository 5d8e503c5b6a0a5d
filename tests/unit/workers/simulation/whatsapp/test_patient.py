"""Numbers and ids of patients."""

import base64

import pytest

from workers.simulation.whatsapp.patient import USER_ID, new_message_id, new_user_id, variants


@pytest.mark.parametrize(
    ("number", "digits"),
    [
        ("+55 41 99999-0000", ["5541999990000", "554199990000"]),
        ("+554199990000", ["554199990000", "5541999990000"]),
        ("+554132100000", ["554132100000"]),  # a landline has no ninth digit
        ("+16505551234", ["16505551234"]),
    ],
)
def test_the_ninth_digit_of_brazilian_mobiles_alone_varies(number: str, digits: list[str]) -> None:
    assert [*variants(number)] == digits


@pytest.mark.parametrize("user_id", [new_user_id(), "BR.1", "US.ENT.118157", "BR." + "a" * 128])
def test_a_user_id_is_known_by_its_form(user_id: str) -> None:
    assert USER_ID.fullmatch(user_id)


@pytest.mark.parametrize("name", ["+554199990000", "BR.", "br.12", "BR.a_b", "BR." + "a" * 129])
def test_what_has_another_form_is_none(name: str) -> None:
    assert not USER_ID.fullmatch(name)


def test_a_message_id_holds_the_number_and_is_never_given_twice() -> None:
    ids = {new_message_id("5541999990000") for _ in range(100)}
    assert len(ids) == 100
    assert all(b"5541999990000" in base64.b64decode(one.removeprefix("wamid.")) for one in ids)
