"""Reading files of results back."""

from workers.contracts.result_records import Identity, Numbers, Places, Span, identity_of


def test_a_hundred_thousand_numbers_take_little_memory() -> None:
    numbers = Numbers()
    for number in range(1, 100_001):
        numbers.add(number)
    assert numbers.before_first_gap() == 100_000
    assert 100_001 not in numbers
    assert len(numbers._bits) < 13_000  # noqa: SLF001 - what it is for


def test_the_record_of_a_row_with_the_highest_number_counts() -> None:
    places = Places()
    places.put(Span(50, b"novo"), Identity("b", 3, 9))
    places.put(Span(10, b"velho"), Identity("b", 3, 2))
    places.put(Span(80, b"x"), Identity("b", 0, 1))
    assert list(places.by_row()) == [(80, 1), (50, 4)]
    assert len(places) == 2


def test_what_is_no_record_has_no_identity() -> None:
    for form in ("csv", "ndjson", "openai"):
        for raw in (b"\n", b"nota\n", b'"a";"b"\n', b"[1]\n", b"1\n", b'{"id":"x"}\n', b"\xff\n"):
            assert identity_of(form, raw) is None
