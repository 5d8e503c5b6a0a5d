"""Mails of persons that look like a program's: none is lost, and none is answered."""

import pytest

from tests.unit.workers.channels.email.letters import CLINIC, OWN, letter
from workers.channels.email.reading.screening import screen
from workers.channels.email.reading.verdict import Kind

GROUP = {
    "To": OWN,
    "Precedence": "list",
    "Mailing-list": f"list {OWN}; contact contato+owners@clinica.example",
    "List-ID": "<contato.clinica.example>",
    "List-Post": f"<https://groups.google.com/a/clinica.example>, <mailto:{OWN}>",
    "List-Unsubscribe": "<mailto:googlegroups-manage+1+unsubscribe@googlegroups.com>",
    "Return-Path": "<contato+bncBC1@clinica.example>",
}
VIA = "'Ana Souza' via Contato <contato@clinica.example>"
RITA = "Rita <rita@paciente.example>"
SITE = "Site <noreply@clinica.example>"


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"X-Auto-Response-Suppress": "DR, OOF, AutoReply"}, Kind.AUTOMATIC),
        ({"X-Loop": "contato@antigo.example"}, Kind.AUTOMATIC),
        ({"Return-Path": "<>"}, Kind.AUTOMATIC),
        ({"Sender": OWN}, Kind.OWN),
        ({"Sender": "noreply@hospedagem.example"}, Kind.AUTOMATIC),
        ({"Reply-To": OWN}, Kind.OWN),
        (GROUP, Kind.LIST),
        (GROUP | {"Sender": OWN, "Reply-To": OWN}, Kind.OWN),
        ({"List-Unsubscribe": "<https://crm.example/u>", "In-Reply-To": "<1@x>"}, Kind.LIST),
    ],
)
def test_what_a_person_may_have_written_is_filed(headers: dict[str, str], kind: Kind) -> None:
    verdict = screen(letter(headers), CLINIC)
    assert (verdict.kind, verdict.filed, verdict.reply_to) == (kind, True, None)


@pytest.mark.parametrize(
    "headers",
    [
        {"From": SITE, "Reply-To": RITA},
        {"From": f"Site <{OWN}>", "Reply-To": RITA},
        {"From": "Wix <no-reply@crm.wix.example>", "Reply-To": RITA},
        GROUP | {"From": VIA, "Reply-To": RITA},
    ],
)
def test_of_a_form_that_nobody_named_the_patient_is_known(headers: dict[str, str]) -> None:
    verdict = screen(letter(headers), CLINIC)
    assert (verdict.filed, verdict.writer) == (True, "rita@paciente.example")


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"},
        {"Auto-Submitted": "auto-generated", "From": OWN, "Reply-To": RITA},
        {"List-Unsubscribe": "<https://loja.example/u>", "Return-Path": "<>"},
        {"List-Unsubscribe": "<https://x.example>", "List-Id": "<a.x>", "In-Reply-To": "<1@x>"},
        {"From": "noreply@banco.example", "Reply-To": "sac@banco.example"},
        {"From": SITE, "Reply-To": "noreply@clinica.example"},
        {"From": OWN},
        {"From": OWN, "Reply-To": "recepcao@clinica.example"},
        {"X-Spam-Flag": "YES", "X-Loop": "x"},
    ],
)
def test_what_only_a_program_wrote_stays_in_silence(headers: dict[str, str]) -> None:
    assert not screen(letter(headers), CLINIC).filed
