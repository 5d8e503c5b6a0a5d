"""To which conversation a mail belongs."""

import pytest

from workers.channels.email.reading.mail import Mail
from workers.channels.email.threads import aliases_of, recipient_of
from workers.contracts.inbound import Post

ANA = "ana@paciente.example"


def mail(**fields: object) -> Mail:
    return Mail(**({"message_id": "<9@x>", "key": "<9@x>"} | fields))  # type: ignore[arg-type]


def test_its_own_id_comes_first_then_what_it_answers_then_the_latest_of_its_thread() -> None:
    reply = mail(in_reply_to=("<3@x>",), references=("<1@x>", "<2@x>", "<3@x>"))
    ids = ["<9@x>", "<3@x>", "<2@x>", "<1@x>"]
    assert aliases_of(reply, ANA) == [f"thread:{ANA}|{each}" for each in ids]


def test_a_reply_is_found_by_its_subject_last_and_a_new_mail_never() -> None:
    reply = aliases_of(mail(subject="RES: Re: Preparo do exame"), ANA)
    assert reply == [f"thread:{ANA}|<9@x>", f"subject:{ANA}|preparo do exame"]
    assert aliases_of(mail(subject="Preparo do exame"), ANA) == [f"thread:{ANA}|<9@x>"]
    assert aliases_of(mail(subject="Re:"), ANA) == [f"thread:{ANA}|<9@x>"]


def test_a_thread_without_end_is_bounded() -> None:
    references = tuple(f"<{number}@x>" for number in range(400))
    aliases = aliases_of(mail(references=references), ANA)
    assert len(aliases) == 30
    assert aliases[1] == f"thread:{ANA}|<399@x>"


def test_the_recipient_is_who_is_answered_and_where_the_mail_lies() -> None:
    post = Post("1-1", "email", "correio", "", 0.0, folder="INBOX", uid=4, validity=7)
    recipient = recipient_of(mail(subject="Oi", references=("<1@x>", "<2@x>")), ANA, post)
    assert recipient == {
        "email": ANA,
        "subject": "Oi",
        "message": "<9@x>",
        "references": "<1@x> <2@x>",
        "folder": "INBOX",
        "uid": "4",
        "validity": "7",
        "attached": "",
    }


@pytest.mark.parametrize(
    ("names", "attached"),
    [
        (("pedido.pdf",), "1"),
        (("image0.jpeg",), "1"),  # a photograph of a telephone
        (("image001.png", "Outlook-abc.png"), ""),  # pictures of a signature
        ((), ""),
    ],
)
def test_it_is_known_whether_a_person_has_something_to_open(
    names: tuple[str, ...], attached: str
) -> None:
    post = Post("1-1", "email", "correio", "", 0.0)
    assert recipient_of(mail(attachments=names), ANA, post)["attached"] == attached


def test_of_a_mail_without_an_id_that_came_by_http_nothing_is_said_that_is_not_so() -> None:
    post = Post("1-1", "email", "correio", "", 0.0)
    recipient = recipient_of(mail(message_id=None, key="sha256:1"), ANA, post)
    assert (recipient["message"], recipient["uid"], recipient["validity"]) == ("", "", "")


def test_of_very_many_references_the_latest_are_kept_whole() -> None:
    references = tuple(f"<{number:0100}@x>" for number in range(100))
    kept = recipient_of(mail(references=references), ANA, Post("1-1", "email", "", "", 0.0))
    ids = kept["references"].split(" ")
    assert len(kept["references"]) <= 4_000
    assert tuple(ids) == references[-len(ids) :]
