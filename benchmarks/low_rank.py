"""Low-rank changes of linear layers: learnt as such (LoRA, Hu et al. 2021), or cut to be."""

import math
from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor, nn

#: What the changes are multiplied with.
SCALE: Final = 2.0
#: Linear layers of a BERT layer that are changed.
MODULES: Final = ("query", "key", "value", "dense")


class Changed(nn.Module):
    """A linear layer with a low-rank change."""

    def __init__(self, layer: nn.Linear, rank: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.layer = layer
        self.dropout = nn.Dropout(dropout)
        self.a = nn.Parameter(torch.randn(rank, layer.in_features) / math.sqrt(layer.in_features))
        self.b = nn.Parameter(torch.zeros(layer.out_features, rank))

    def forward(self, values: Tensor) -> Tensor:
        """The layer's output with the change."""
        change = self.dropout(values) @ self.a.T @ self.b.T
        output: Tensor = self.layer(values) + change * SCALE
        return output


def add_changes(layers: nn.ModuleList, rank: int, dropout: float) -> None:
    """Make the linear layers of a BERT's layers changeable; nothing else learns."""
    for parent in list(layers.modules()):
        for name, child in list(parent.named_children()):
            if name in MODULES and isinstance(child, nn.Linear):
                setattr(parent, name, Changed(child, rank, dropout))


def changes_of(model: nn.Module) -> dict[str, Tensor]:
    """The changes by the names of their layers, their scale in them, in half precision."""
    changes: dict[str, Tensor] = {}
    for name, module in model.named_modules():
        if isinstance(module, Changed):
            changes[f"{name}.a"] = module.a.detach().half().cpu().contiguous()
            changes[f"{name}.b"] = (module.b.detach() * SCALE).half().cpu().contiguous()
    return changes


def cut_changes(before: Mapping[str, Tensor], model: nn.Module, rank: int) -> dict[str, Tensor]:
    """What linear layers learnt, each change by its nearest matrix of a rank (Eckart and Young).

    Args:
        before: the weights by their names, before the training.
        model: after it.
        rank: of what is kept.
    """
    changes: dict[str, Tensor] = {}
    for name, module in model.named_modules():
        weight = before.get(f"{name}.weight")
        if isinstance(module, nn.Linear) and weight is not None:
            change = module.weight.detach().float() - weight
            left, values, right = torch.linalg.svd(change, full_matrices=False)
            changes[f"{name}.a"] = right[:rank].half().cpu().contiguous()
            changes[f"{name}.b"] = (left[:, :rank] * values[:rank]).half().cpu().contiguous()
    return changes
