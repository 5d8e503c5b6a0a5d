from workers.channels.email.reading.addresses import Mailbox
from workers.channels.email.reading.automatic import is_automatic, is_no_reply, precedences


def test_the_first_word_of_a_header_counts() -> None:
    assert is_automatic({"auto-submitted": ("auto-replied; owner-email=x",)})
    assert not is_automatic({"auto-submitted": ("No (by hand)",)})
    assert precedences({"precedence": ("Bulk (news)", "auto-reply")}) == {"bulk", "auto_reply"}


def test_a_form_may_be_generated_but_not_reply_by_itself() -> None:
    assert not is_automatic({"auto-submitted": ("auto-generated",)}, is_form=True)
    assert is_automatic({"auto-submitted": ("auto-replied",)}, is_form=True)


def test_a_name_that_holds_the_word_is_no_such_address() -> None:
    assert is_no_reply(Mailbox("conta.noreply@x.example"))
    assert not is_no_reply(Mailbox("noreplyson@x.example"))
