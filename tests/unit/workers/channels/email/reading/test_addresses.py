import pytest

from workers.channels.email.reading.addresses import MOST_ADDRESSES, Mailbox, mailboxes, untagged


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        ("ana@x.example", ["ana@x.example"]),
        ("Ana <Ana@X.example>", ["ana@x.example"]),
        ("ana@x.example <ana@x.example>", ["ana@x.example"]),
        ('"Silva, Ana" <ana@x.example>, b@y.example', ["ana@x.example", "b@y.example"]),
        ("Silva, Ana <ana@x.example>", ["ana@x.example"]),
        ("ana@x.example (Ana, de casa)", ["ana@x.example"]),
        ("undisclosed-recipients:;", []),
        ("equipe: a@x.example, b@x.example;", ["a@x.example", "b@x.example"]),
        ("<>", []),
        ("", []),
        ("a@x.example, A@x.example", ["a@x.example"]),
        ("a@x.example; b@x.example", ["a@x.example", "b@x.example"]),
        ("<mailto:a@x.example>", ["a@x.example"]),
        ('"a@x.example" <b@y.example>', ["b@y.example"]),
        ("a@x@y.example", []),
        ("(" * 5000 + "a@x.example", []),
    ],
)
def test_addresses_are_read_in_all_their_forms(value: str, addresses: list[str]) -> None:
    assert [each.address for each in mailboxes(value)] == addresses


def test_a_name_is_decoded() -> None:
    assert mailboxes("=?utf-8?q?Jo=C3=A3o?= <j@x.example>") == (Mailbox("j@x.example", "João"),)
    assert mailboxes("j@x.example (João)")[0].name == "João"


def test_no_more_addresses_than_the_bound_are_read() -> None:
    assert len(mailboxes(", ".join(f"a{n}@x.example" for n in range(999)))) == MOST_ADDRESSES


def test_a_tag_is_no_part_of_who_reads() -> None:
    assert untagged("contato+site@x.example") == "contato@x.example"
    assert Mailbox("a+b@x.example").domain == "x.example"
