from types import SimpleNamespace
from typing import Any

from workers.engine.setup import card_of
from workers.engine.step import GIB, Card


class Driver:
    """A platform as vLLM knows it, of which only the driver is asked."""

    def __init__(self, *, cuda: bool = True, works: bool = True) -> None:
        self._cuda = cuda
        self._works = works

    def is_cuda(self) -> bool:
        return self._cuda

    def get_device_capability(self) -> Any:  # noqa: ANN401 - vLLM's named tuple
        return SimpleNamespace(major=9, minor=0)

    def get_device_name(self) -> str:
        return "NVIDIA H100 80GB HBM3"

    def get_device_total_memory(self) -> int:
        if not self._works:
            raise RuntimeError("NVML: driver not loaded")
        return 80 * GIB


def test_a_card_is_what_its_driver_says() -> None:
    card = card_of(Driver())  # type: ignore[arg-type]
    assert card == Card("NVIDIA H100 80GB HBM3", 80 * GIB, (9, 0))


def test_a_capability_of_another_maker_says_nothing() -> None:
    card = card_of(Driver(cuda=False))  # type: ignore[arg-type]
    assert card is not None
    assert card.capability is None


def test_a_driver_that_fails_stops_no_start() -> None:
    assert card_of(Driver(works=False)) is None  # type: ignore[arg-type]
