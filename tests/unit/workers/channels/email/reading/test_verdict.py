from dataclasses import replace

import pytest

from tests.unit.workers.channels.email.letters import CLINIC, letter
from workers.channels.email.reading.addresses import Mailbox
from workers.channels.email.reading.screening import screen


def test_an_own_address_is_known_with_its_tag() -> None:
    assert CLINIC.owns("contato+site@clinica.example")
    assert not CLINIC.owns("contato@clinica.example.net")


@pytest.mark.parametrize(
    ("own", "written"),
    [
        ("contato@clinica.example", "Contato@clinica.example."),
        ("contato@clinica.example", "contato@clinica.example\u200b"),
        ("contato@cl\u00ednica.example", "contato@xn--clnica-4va.example"),
        ("contato@xn--clnica-4va.example", "contato@CL\u00cdNICA.example"),
    ],
)
def test_an_own_address_is_known_however_its_domain_is_written(own: str, written: str) -> None:
    assert replace(CLINIC, addresses=frozenset({own})).owns(written)
    assert screen(letter({"From": written}), replace(CLINIC, addresses=frozenset({own}))).kind == (
        "own"
    )


def test_programs_and_the_clinic_itself_read_nothing() -> None:
    read = {
        local: CLINIC.is_read(Mailbox(f"{local}@x.example"))
        for local in ("ana", "noreply", "postmaster", "lista-bounces")
    }
    assert read == {"ana": True, "noreply": False, "postmaster": False, "lista-bounces": False}
    assert not CLINIC.is_read(Mailbox("contato@clinica.example"))


def test_who_is_to_be_answered_in_place_of_the_sender_is_one_outside() -> None:
    assert CLINIC.outsider(letter({"Reply-To": "Rita <rita@x.example>"})) == "rita@x.example"
    for reply_to in ("a@x.example, b@x.example", "contato@clinica.example", "noreply@x.example"):
        assert CLINIC.outsider(letter({"Reply-To": reply_to})) is None
    assert CLINIC.outsider(letter()) is None


def test_a_form_is_known_by_its_sender() -> None:
    assert replace(CLINIC, forms=("ana@paciente.example",)).is_form(letter())
    assert not CLINIC.is_form(letter())
