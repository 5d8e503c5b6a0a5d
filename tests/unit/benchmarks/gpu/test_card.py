import pytest

from benchmarks.gpu.card import SHAPES, Card, Load


def test_a_7b_decodes_alone_at_some_7_ms_and_reads_some_30_000_tokens_of_prompts_a_second() -> None:
    card = Card(SHAPES["7b"])
    assert card.seconds(Load(0, 1, 1, 1000)) == pytest.approx(0.0072, abs=0.0005)
    assert 8192 / card.seconds(Load(8192, 0, 9, 8192)) == pytest.approx(32_000, rel=0.05)


def test_many_sequences_read_more_cache_but_the_weights_once() -> None:
    card = Card(SHAPES["7b"])
    one = card.seconds(Load(0, 1, 1, 1000))
    all_at_once = card.seconds(Load(0, 256, 256, 256_000))
    assert one < all_at_once < 3 * one


def test_the_cache_holds_what_the_weights_leave() -> None:
    assert Card(SHAPES["7b"]).cache_tokens == pytest.approx(920_000, rel=0.02)


def test_speed_divides_all_of_it() -> None:
    load = Load(2000, 48, 50, 40_000)
    assert Card(SHAPES["0.5b"], speed=3.0).seconds(load) == pytest.approx(
        Card(SHAPES["0.5b"]).seconds(load) / 3
    )
