"""The clinic's mails are of all forms, and some of them are unseen."""

from collections import Counter

from benchmarks.mails import kinds, known_mails
from workers.channels.email.reading.mail import read_mail
from workers.channels.email.reading.verdict import Kind

ALL = known_mails()


def test_there_are_sixty_replies_and_ten_new_mails_of_which_thirty_came_after_the_rules() -> None:
    assert Counter((each.reply, each.unseen) for each in ALL) == {
        (True, False): 40,
        (True, True): 20,
        (False, True): 10,
    }


def test_every_one_has_words_that_are_new_and_replies_have_more() -> None:
    assert all(each.question for each in ALL)
    assert all(len(each.raw) > len(each.question) for each in ALL)


def test_a_mail_is_judged_as_if_it_had_reached_its_receiver() -> None:
    counts = kinds([read_mail(each.raw) for each in ALL])
    assert {kind for kind, _ in counts} == {Kind.QUESTION}
