import torch

from benchmarks.low_rank import SCALE, Changed, add_changes, changes_of, cut_changes
from workers.answering.quoting.encoder import change


def test_a_changed_layer_begins_as_the_layer_and_adds_its_low_rank_product() -> None:
    layer = torch.nn.Linear(4, 3)
    changed, values = Changed(layer, rank=2), torch.randn(2, 4)
    assert torch.equal(changed(values), layer(values))
    with torch.no_grad():
        changed.b.fill_(1.0)
    product = values @ (changed.b @ changed.a * SCALE).T
    assert torch.allclose(changed(values), layer(values) + product, atol=1e-5)


def test_changes_that_were_written_change_the_plain_model_alike() -> None:
    layer = torch.nn.Linear(4, 3)
    trained = torch.nn.ModuleDict({"dense": layer, "other": torch.nn.Linear(3, 2)})
    add_changes(torch.nn.ModuleList([trained]), rank=2, dropout=0.0)
    changed = trained["dense"]
    assert isinstance(changed, Changed)
    with torch.no_grad():
        changed.b.fill_(1.0)
    values = torch.randn(2, 4)
    wanted = changed(values)
    changes = changes_of(trained)
    assert sorted(changes) == ["dense.a", "dense.b"]
    change(torch.nn.ModuleDict({"dense": layer}), changes)
    assert torch.allclose(layer(values), wanted, atol=1e-2)


def test_what_was_learnt_in_full_is_cut_to_the_nearest_change_of_a_rank() -> None:
    layer = torch.nn.Linear(4, 3)
    before = {"dense.weight": layer.weight.detach().clone()}
    large, small = torch.outer(torch.ones(3), torch.ones(4)), torch.zeros(3, 4)
    small[0, 0], small[0, 1] = 0.01, -0.01
    with torch.no_grad():
        layer.weight.add_(large + small)
    changes = cut_changes(before, torch.nn.ModuleDict({"dense": layer}), rank=1)
    assert changes["dense.a"].shape == (1, 4)
    product = changes["dense.b"].float() @ changes["dense.a"].float()
    assert torch.allclose(product, large, atol=2e-2)
