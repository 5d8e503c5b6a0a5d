import pytest

from tests.unit.workers.channels.email.letters import letter
from workers.channels.email.reading.authenticity import NAMELESS, Dmarc, dmarc_of

OURS = "mx.clinica.example"


def judged(value: str, authserv_id: str | None = OURS) -> Dmarc:
    return dmarc_of(letter({"Authentication-Results": value}), authserv_id)


@pytest.mark.parametrize(
    ("value", "dmarc"),
    [
        ("mx.clinica.example; dmarc=fail header.from=paciente.example", Dmarc.FAILED),
        ("mx.clinica.example; dkim=pass; dmarc=pass header.from=paciente.example", Dmarc.PASSED),
        ("MX.Clinica.example 1; dmarc=fail (p=REJECT sp=REJECT dis=NONE)", Dmarc.FAILED),
        ("mx.clinica.example; dmarc=pass header.from=outro.example", Dmarc.UNKNOWN),
        ("mx.clinica.example; dmarc=none", Dmarc.UNKNOWN),
        ("mx.clinica.example; none", Dmarc.UNKNOWN),
        ("mx.outro.example; dmarc=fail", Dmarc.UNKNOWN),
        ("", Dmarc.UNKNOWN),
    ],
)
def test_only_our_own_server_is_believed(value: str, dmarc: Dmarc) -> None:
    assert judged(value) is dmarc


def test_the_topmost_header_of_our_server_counts() -> None:
    forged = (
        "mx.clinica.example; dmarc=fail\nAuthentication-Results: mx.clinica.example; dmarc=pass"
    )
    assert judged(forged) is Dmarc.FAILED


@pytest.mark.parametrize(
    ("values", "dmarc"),
    [
        (("dkim=pass", "dmarc=fail"), Dmarc.FAILED),
        (("spf=pass", "dkim=pass", "dmarc=fail"), Dmarc.FAILED),
        (("dkim=pass", "dmarc=pass"), Dmarc.UNKNOWN),
        (("dmarc=pass", "dmarc=fail"), Dmarc.PASSED),
        (("dkim=pass", "dmarc=pass", "dmarc=fail"), Dmarc.UNKNOWN),
    ],
)
def test_a_server_may_write_a_header_for_each_method(values: tuple[str, ...], dmarc: Dmarc) -> None:
    headers = "\nAuthentication-Results: ".join(f"{OURS}; {value}" for value in values)
    assert judged(headers) is dmarc


def test_without_an_id_nobody_is_believed() -> None:
    assert judged("mx.clinica.example; dmarc=fail", None) is Dmarc.UNKNOWN


def test_a_server_that_names_no_id_is_known_by_a_sign() -> None:
    microsoft = "spf=pass (sender IP is 1.2.3.4) smtp.mailfrom=x;dmarc=fail action=none"
    assert judged(microsoft, NAMELESS) is Dmarc.FAILED
    assert judged(microsoft) is Dmarc.UNKNOWN


@pytest.mark.parametrize("broken", ["(" * 3000, '"', "a b c", ";;;"])
def test_a_failure_that_cannot_be_parsed_is_one_all_the_same(broken: str) -> None:
    assert judged(f"mx.clinica.example; dmarc=fail {broken}") is Dmarc.FAILED
