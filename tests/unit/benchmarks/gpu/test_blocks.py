from benchmarks.gpu.blocks import BlockCache, block_keys


def test_equal_beginnings_have_equal_keys_up_to_the_first_other_block() -> None:
    one = block_keys(range(48))
    other = block_keys([*range(32), *range(100, 116), 7])
    assert len(one) == len(other) == 3
    assert one[:2] == other[:2]
    assert one[2] != other[2]


def test_equal_blocks_after_another_beginning_are_not_shared() -> None:
    assert block_keys([1] * 16 + [2] * 16)[1] != block_keys([3] * 16 + [2] * 16)[1]


def test_a_prompts_last_token_is_always_computed() -> None:
    cache, keys = BlockCache(10), block_keys(range(32))
    lease = cache.take(keys, 32, 32)
    assert lease is not None
    cache.share(lease, 32)
    again = cache.take(keys, 32, 32)
    assert again is not None
    assert again.hits == 1


def test_the_oldest_block_without_a_user_is_forgotten_first_and_from_its_end() -> None:
    cache = BlockCache(4)
    for tokens in (range(32), range(100, 132)):
        lease = cache.take(block_keys(tokens), 33, 32)
        assert lease is not None
        cache.share(lease, 32)
        cache.give_back(lease)
    assert cache.available == 4
    lease = cache.take((), 16, 16)  # takes the place of one block
    assert lease is not None
    first = cache.take(block_keys(range(32)), 33, 16)
    assert first is not None
    assert first.hits == 1
    second = cache.take(block_keys(range(100, 132)), 33, 32)
    assert second is not None
    assert second.hits == 2


def test_blocks_in_use_are_never_taken() -> None:
    cache = BlockCache(3)
    lease = cache.take(block_keys(range(32)), 32, 40)
    assert lease is not None
    cache.share(lease, 32)
    assert cache.take((), 16, 16) is None
    cache.give_back(lease)
    assert cache.available == 3
