import pytest

from tests.unit.workers.channels.backfill.sources.mails.boxes import ANA, CLINIC, mail, reply
from workers.channels.backfill.sources.mails.own_addresses import OwnAddresses
from workers.channels.backfill.sources.mails.uses import Use
from workers.channels.email.reading.mail import read_mail

GMAIL = "clinica.exemplo@gmail.com"


def own(
    *mails: bytes | tuple[bytes, Use], named: tuple[str, ...] = (), known: tuple[str, ...] = ()
) -> tuple[str, ...]:
    addresses = OwnAddresses(named, known)
    for each in mails:
        raw, use = each if isinstance(each, tuple) else (each, Use.ORDINARY)
        addresses.add(read_mail(raw), use)
    return addresses.addresses


def patients(count: int, to: str = CLINIC) -> list[bytes]:
    return [mail(sender=f"p{number}@paciente{number}.example", to=to) for number in range(count)]


def test_of_one_mail_the_receiver_is_the_clinic() -> None:
    assert own(mail()) == (CLINIC,)


def test_whom_all_write_to_is_the_clinic() -> None:
    assert own(*patients(20)) == (CLINIC,)


def test_a_patient_who_writes_often_is_not() -> None:
    assert own(*patients(12), *[mail()] * 8) == (CLINIC,)


def test_who_writes_from_the_same_domain_is_too() -> None:
    staff = reply(sender="Rita <rita@clinica.example>")
    assert own(*patients(20), staff) == (CLINIC, "rita@clinica.example")


def test_mail_servers_of_the_domain_are_not() -> None:
    bounce = mail(sender="mailer-daemon@clinica.example")
    assert own(*patients(20), bounce) == (CLINIC,)


def test_a_domain_where_anybody_has_an_address_makes_nobody_one() -> None:
    others = [mail(sender=f"p{number}@gmail.com", to=GMAIL) for number in range(20)]
    assert own(*others) == (GMAIL,)


def test_two_addresses_of_one_mailbox_are_both() -> None:
    mails = [*patients(10), *patients(10, to="recepcao@outra.example")]
    assert set(own(*mails)) == {CLINIC, "recepcao@outra.example"}


def test_where_a_server_laid_the_mail_is_the_clinic_s() -> None:
    forwarded = [mail(sender=f"p{n}@x{n}.example", Delivered_To=GMAIL) for n in range(12)]
    assert set(own(*forwarded)) == {CLINIC, GMAIL}


def test_who_sent_is_the_clinic_however_few_mails_there_are() -> None:
    sent = (reply(), Use.SENT)
    assert own(mail(), mail(own_id="2"), sent) == (CLINIC,)
    assert own(sent) == (CLINIC,)


def test_spam_says_nothing() -> None:
    spam = [(mail(to="lista@spam.example"), Use.SPAM)] * 30
    assert own(*patients(12), *spam) == (CLINIC,)


def test_what_the_user_names_holds_alone() -> None:
    assert own(*patients(20), named=("Recepcao@Clinica.example ",)) == ("recepcao@clinica.example",)


@pytest.mark.parametrize("name", ["clinica.example", "@Clinica.example"])
def test_a_domain_that_the_user_names_holds_for_all_its_addresses(name: str) -> None:
    assert own(mail(), reply(), named=(name,)) == (CLINIC,)


def test_a_mailbox_s_address_is_known_and_what_it_sent_from() -> None:
    sent = (reply(sender=GMAIL), Use.SENT)
    assert own(mail(to="outra@lugar.example"), sent, known=(CLINIC,)) == (CLINIC, GMAIL)


def test_without_mails_nobody_is_known() -> None:
    assert own() == ()
    assert own(b"nada") == ()


@pytest.mark.parametrize("times", [1, 2])
def test_the_rarer_addresses_are_forgotten_where_there_are_many(
    times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = "workers.channels.backfill.sources.mails.own_addresses._MOST_COUNTED"
    monkeypatch.setattr(module, 10)
    mails = [each for each in patients(200) for _ in range(times)]
    assert own(*mails, mail(sender=ANA)) == (CLINIC,)
    addresses = OwnAddresses(["clinica.example"])
    for raw in (reply(sender="Rita <rita@clinica.example>"), *mails):
        addresses.add(read_mail(raw), Use.ORDINARY)
    assert set(addresses.addresses) == {CLINIC, "rita@clinica.example"}  # named: never forgotten
    counted = vars(addresses)
    assert all(len(counted[name]) <= 12 for name in ("_part", "_received", "_others"))
