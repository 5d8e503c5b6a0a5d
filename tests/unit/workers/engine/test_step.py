import pytest

from workers.engine.step import GIB, STEP_SECONDS, Card, step_tokens

H100 = Card("NVIDIA H100 80GB HBM3", 80 * GIB - 500_000_000, (9, 0))
A100 = Card("NVIDIA A100-SXM4-80GB", 80 * GIB, (8, 0))
L4 = Card("NVIDIA L4", 24 * GIB, (8, 9))
T4 = Card("Tesla T4", 15 * GIB, (7, 5))
B200 = Card("NVIDIA B200", 180 * GIB, (10, 0))
MI300X = Card("AMD Instinct MI300X", 192 * GIB, None)
#: Parameters in the layers of Qwen2.5 0.5B and 7B, and of Llama 3 70B.
SMALL, USUAL, LARGE = 357_800_000, 6_525_000_000, 68_450_000_000


@pytest.mark.parametrize(
    ("card", "parameters", "ranks", "tokens"),
    [
        (H100, SMALL, 1, 16_384),
        (H100, USUAL, 1, 4_096),
        (H100, LARGE, 4, 2_048),
        (H100, LARGE, 8, 4_096),
        (B200, USUAL, 1, 16_384),
        (A100, SMALL, 1, 8_192),
        (A100, USUAL, 1, 2_048),
        (L4, SMALL, 1, 8_192),
        (L4, USUAL, 1, 1_024),
        (T4, USUAL, 1, 512),
    ],
)
def test_a_step_follows_the_model_and_the_card(
    card: Card, parameters: int, ranks: int, tokens: int
) -> None:
    chosen, reason = step_tokens(card, parameters, ranks)
    assert chosen == tokens
    assert "waits for its end" in reason


@pytest.mark.parametrize("card", [H100, A100, L4, T4, B200])
@pytest.mark.parametrize("parameters", [SMALL, 3_000_000_000, USUAL])
def test_no_step_takes_longer_than_it_may_and_none_is_needlessly_short(
    card: Card, parameters: int
) -> None:
    tokens, _ = step_tokens(card, parameters)
    assert card.reached is not None
    seconds = 2 * parameters * tokens / card.reached
    assert seconds <= STEP_SECONDS
    assert seconds > STEP_SECONDS / 2 or tokens in {8_192, 16_384}


def test_several_cards_share_a_step_but_not_without_loss() -> None:
    alone, _ = step_tokens(H100, LARGE)
    four, _ = step_tokens(H100, LARGE, 4)
    assert alone < four < 4 * alone + 1


def test_a_step_holds_a_token_for_each_slot_and_says_how_long_it_takes_then() -> None:
    tokens, reason = step_tokens(T4, USUAL, least=2_000)
    assert tokens == 2_000
    assert "0.87 s" in reason


def test_what_is_not_known_is_as_vllms_own_server_has_it() -> None:
    for card, parameters, tokens, unknown in (
        (H100, None, 8_192, "the model's size"),
        (L4, None, 2_048, "the model's size"),
        (A100, None, 2_048, "the model's size"),
        (MI300X, USUAL, 8_192, "the card's speed"),
    ):
        chosen, reason = step_tokens(card, parameters)
        assert chosen == tokens
        assert unknown in reason
