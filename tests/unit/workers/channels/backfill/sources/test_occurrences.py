"""Keys that occur once."""

from workers.channels.backfill.sources.occurrences import Occurrences


def test_a_key_that_occurs_again_gets_the_first_suffix_that_is_free() -> None:
    seen = Occurrences()
    keys = [seen.unique(key) for key in ("a", "a", "a#2", "a", "b", "a#2", "\ud800")]
    assert keys == ["a", "a#2", "a#2#2", "a#3", "b", "a#2#3", "\ud800"]
    seen.close()


def test_ten_thousand_of_one_text_are_told_apart_in_time() -> None:
    seen = Occurrences()
    assert len({seen.unique("Oi") for _ in range(10_000)}) == 10_000
    seen.close()
