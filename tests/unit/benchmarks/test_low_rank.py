import torch

from benchmarks.low_rank import SCALE, Changed, add_changes, changes_of
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
    plain = torch.nn.ModuleDict({"dense": torch.nn.Linear(4, 3), "other": torch.nn.Linear(3, 2)})
    trained = torch.nn.ModuleDict({"dense": plain["dense"], "other": plain["other"]})
    add_changes(torch.nn.ModuleList([trained]), rank=2, dropout=0.0)
    with torch.no_grad():
        trained["dense"].b.fill_(1.0)
    values = torch.randn(2, 4)
    wanted = trained["dense"](values)
    changes = changes_of(trained)
    assert sorted(changes) == ["dense.a", "dense.b"]
    change(plain, changes)
    assert torch.allclose(plain["dense"](values), wanted, atol=1e-2)
