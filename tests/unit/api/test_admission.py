import pytest

from api.admission import CallbackError, acceptance, callback_url, request_of, status_of
from api.problems import ProblemError
from api.schemas import QuestionIn
from api.settings import ApiSettings
from workers.contracts.question import Lane
from workers.contracts.questions import Admission, Verdict

SETTINGS = ApiSettings(max_question_chars=20, max_metadata_bytes=30, expires_in_seconds=60)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/x",
        "javascript:alert(1)",
        "/relative",
        "http://",
        "https://user:secret@example.com/",
        "https://user@example.com/",
        "http://127.0.0.1/",
        "http://2130706433/",  # the same, as one number
        "http://0x7f.1/",
        "http://127。0。0。1/",
        "http://localhost:8080/",
        "http://api.LOCALHOST./",
        "http://10.1.2.3/",
        "http://169.254.169.254/latest/meta-data",
        "http://100.64.0.1/",
        "http://0.0.0.0/",
        "http://224.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[fd00::1]/",
        "http://[fe80::1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://192.0.0.8/",
        "http://192.88.99.1/",
        "http://[fec0::1]/",
        "http://[3fff::1]/",
        "http://8.8.8.8:0/",
    ],
)
def test_urls_that_must_not_be_called(url: str) -> None:
    with pytest.raises(CallbackError) as error:
        callback_url(url, allow_private=False)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("https://bot.example.com/a?b=c", "https://bot.example.com/a?b=c"),
        ("http://8.8.8.8:81", "http://8.8.8.8:81/"),
        ("https://clínica.example/", "https://xn--clnica-4va.example/"),
        ("http://[2606:4700::1111]/", "http://[2606:4700::1111]/"),
    ],
)
def test_urls_that_may_be_called(sent: str, stored: str) -> None:
    assert callback_url(sent, allow_private=False) == stored


def test_private_addresses_are_a_setting() -> None:
    assert callback_url("http://127.0.0.1:9/x", allow_private=True) == "http://127.0.0.1:9/x"
    with pytest.raises(CallbackError, match="credentials"):
        callback_url("http://u:p@127.0.0.1/", allow_private=True)


def test_what_is_not_public_is_told_with_what_to_do() -> None:
    with pytest.raises(CallbackError) as error:
        callback_url("http://[3fff::1]/", allow_private=False)
    assert "Give the receiver a public address" in str(error.value)
    assert "ATENDE_CALLBACK_ALLOW_PRIVATE" in str(error.value)


def test_every_wrong_field_is_named_without_its_value() -> None:
    asked = QuestionIn(
        question="segredo " * 5,
        metadata={"nome": "Maria Silva " * 5},
        callback_url="http://127.0.0.1/token-of-maria",
    )
    with pytest.raises(ProblemError) as error:
        request_of(asked, "clinica", Lane.BULK, SETTINGS)
    assert error.value.status == 422
    assert [e.field for e in error.value.errors] == ["/question", "/metadata", "/callback_url"]
    message = error.value.detail + str(error.value.errors)
    assert not {"segredo", "Maria", "token"} & set(message.replace("/", " ").split())


def test_the_defaults_of_a_request() -> None:
    request = request_of(QuestionIn(question="Abre hoje?"), "clinica", Lane.BULK, SETTINGS)
    assert (request.lane, request.tenant, request.reply_to) == (Lane.BULK, "clinica", None)
    assert request.expires_at is not None
    assert request.expires_at - request.asked_at == pytest.approx(60)


def test_what_the_asker_says_wins() -> None:
    asked = QuestionIn(question="Abre hoje?", lane=Lane.INTERACTIVE, expires_in=5)
    request = request_of(asked, "clinica", Lane.BULK, SETTINGS)
    assert request.lane is Lane.INTERACTIVE
    assert request.expires_at is not None
    assert request.expires_at - request.asked_at == pytest.approx(5)


def test_a_question_need_not_expire() -> None:
    settings = ApiSettings(expires_in_seconds=None)
    request = request_of(QuestionIn(question="Abre hoje?"), "clinica", Lane.BULK, settings)
    assert request.expires_at is None


@pytest.mark.parametrize(
    ("admission", "status"),
    [(Admission(Verdict.FULL, waiting=7), 429), (Admission(Verdict.CONFLICT, id="x"), 422)],
)
def test_what_was_not_admitted(admission: Admission, status: int) -> None:
    with pytest.raises(ProblemError) as error:
        acceptance(admission, SETTINGS)
    assert error.value.status == status
    assert ("Retry-After" in error.value.headers) == (status == 429)


@pytest.mark.parametrize(("verdict", "status"), [(Verdict.CREATED, 202), (Verdict.REPEATED, 200)])
def test_what_was_admitted(verdict: Verdict, status: int) -> None:
    answer = acceptance(Admission(verdict, id="x"), SETTINGS)
    assert status_of(answer) == status
    assert answer.links.self == "/v1/questions/x"
