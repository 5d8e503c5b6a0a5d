from workers.channels.backfill.report.sample import Sample


def drawn(most: int, offers: int) -> Sample[int]:
    sample: Sample[int] = Sample(most)
    for number in range(offers):
        sample.offer(number)
    return sample


def test_few_are_kept_all_in_their_order() -> None:
    sample = drawn(5, 5)
    assert sample.kept == [0, 1, 2, 3, 4]
    assert not sample.is_part


def test_of_many_each_part_is_drawn_from_and_the_order_stays() -> None:
    sample = drawn(100, 10_000)
    assert len(sample.kept) == 100
    assert sample.kept == sorted(sample.kept)
    assert sample.is_part
    assert sample.offered == 10_000
    thirds = [sum(low <= each < low + 3334 for each in sample.kept) for low in (0, 3334, 6667)]
    assert min(thirds) > 20


def test_the_same_offers_give_the_same_sample() -> None:
    assert drawn(10, 1000).kept == drawn(10, 1000).kept
