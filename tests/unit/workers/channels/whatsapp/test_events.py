import pytest

from workers.channels.whatsapp.events import BadItem, Person


def test_a_person_is_found_by_the_user_id_first_and_by_the_number_in_one_spelling() -> None:
    person = Person("BR.1", "5541998765432")
    assert person.aliases == ("user:BR.1", "phone:+554198765432")
    assert Person(phone="+55 41 9876-5432").aliases == ("phone:+554198765432",)
    assert Person().aliases == ()


@pytest.mark.parametrize("nothing", ["", " ", "+", "()", "\u200b"])
def test_an_id_that_names_nobody_makes_two_strangers_no_one_person(nothing: str) -> None:
    person = Person(nothing, nothing)
    assert (person.aliases, person.recipient) == ((), {})
    assert Person("BR.1", nothing).aliases == ("user:BR.1",)


def test_what_is_sent_to_is_what_meta_gave() -> None:
    assert Person("BR.1", "5541998765432").recipient == {
        "user_id": "BR.1",
        "phone": "+5541998765432",
    }
    assert Person("BR.1").recipient == {"user_id": "BR.1"}


def test_a_bad_item_shows_nothing_of_itself() -> None:
    assert "5541" not in repr(BadItem("no JSON", "5541998765432"))
