"""Learns for so many seconds: the rate rises at first, and falls to nearly 0 over the time."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

import torch
from torch import Tensor, nn

DEVICE: Final = "cuda" if torch.cuda.is_available() else "cpu"
#: The rate at the end, as a share of the highest.
_LAST: Final = 0.03
_Step = TypeVar("_Step")


def learn(
    steps: Iterable[_Step],
    loss_of: Callable[[_Step], Tensor],
    groups: Sequence[tuple[Sequence[nn.Parameter], float]],
    seconds: float,
    warm_up: int,
) -> None:
    """Take steps until the time is over, and show how far it is.

    Args:
        steps: without an end.
        loss_of: of one step.
        groups: weights with their highest rate.
        seconds: in all.
        warm_up: steps until the highest rate.
    """
    optimizer = torch.optim.AdamW(
        [{"params": list(weights), "most": most} for weights, most in groups], weight_decay=0.01
    )
    everything = [weight for weights, _ in groups for weight in weights]
    start = time.monotonic()
    for number, step in enumerate(steps, 1):
        share = (time.monotonic() - start) / seconds
        if share >= 1:
            return
        for group in optimizer.param_groups:
            group["lr"] = group["most"] * min(1.0, number / warm_up) * max(_LAST, 1 - share)
        with torch.autocast(DEVICE, dtype=torch.bfloat16):
            loss = loss_of(step)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(everything, 1.0)
        optimizer.step()
        print(f"\rstep {number}  loss {loss.item():.3f}  {100 * share:.0f} %", end="", flush=True)
