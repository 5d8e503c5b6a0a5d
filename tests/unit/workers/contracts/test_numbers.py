import pytest

from workers.contracts.numbers import alias_of, canonical, canonical_address, dialled


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5541998765432", "554198765432"),  # a mobile with and without the ninth digit
        ("+55 (41) 99876-5432", "5541998765432"),
        ("5511961234567", "551161234567"),
    ],
)
def test_spellings_of_one_number_are_equal(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("554133334444", "5541933334444"),  # a landline has no ninth digit
        ("5541998765432", "5541998765433"),
        ("5541998765432", "5511998765432"),
        ("5491198765432", "54198765432"),  # Argentina's 9 is another matter
        ("15550998765432", "1555098765432"),
    ],
)
def test_different_numbers_stay_different(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


def test_what_is_no_number_is_left_as_it_is() -> None:
    assert canonical(" PHONE ") == "PHONE"
    assert canonical("٣٣٣") == "٣٣٣"


def test_what_meta_gave_is_dialled_with_a_plus_and_never_rewritten() -> None:
    assert dialled("554198765432") == "+554198765432"
    assert dialled("+5541998765432") == "+5541998765432"


@pytest.mark.parametrize(
    ("contact", "alias"),
    [
        (" +55 41 99876-5432", "phone:+554198765432"),
        ("BR.150", "user:BR.150"),
        ("Ana@Exemplo.com.br ", "email:ana@exemplo.com.br"),
    ],
)
def test_a_contact_is_found_by_number_user_id_or_address(contact: str, alias: str) -> None:
    assert alias_of(contact) == alias


def test_an_address_has_one_form_however_its_domain_is_written() -> None:
    forms = ("Ana@Cl\u00ednica.example", "ana@xn--clnica-4va.example.", " ANA@CL\u00cdNICA.EXAMPLE")
    assert {alias_of(form) for form in forms} == {"email:ana@xn--clnica-4va.example"}
    assert canonical_address("ana@x..y") == "ana@x..y"
