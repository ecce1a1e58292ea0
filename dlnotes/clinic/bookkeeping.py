"""The numbers that a training loop keeps and prints, and how a model is judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parameters_to_vector
from torch.utils.data import DataLoader, TensorDataset

from dlnotes.clinic.case import Apart, Case

__all__ = ["CASES", "graph_nodes"]

Losses = list[Tensor]


def graph_nodes(value: Any) -> int:
    """Return how many operations a result still remembers; 0 for a plain number."""
    seen, waiting = set(), [getattr(value, "grad_fn", None)]
    while waiting:
        node = waiting.pop()
        if node is not None and node not in seen:
            seen.add(node)
            waiting += [following for following, _ in node.next_functions]
    return len(seen)


# --8<-- [start:sum-keeps-graphs-broken]
def running_broken(losses: Losses) -> Any:
    """Add tensors: the sum remembers how each came about."""
    total: Any = 0.0
    for loss in losses:
        total += loss
    return total


# --8<-- [end:sum-keeps-graphs-broken]


# --8<-- [start:sum-keeps-graphs-fixed]
def running_fixed(losses: Losses) -> Any:
    """Add numbers."""
    total = 0.0
    for loss in losses:
        total += loss.item()
    return total


# --8<-- [end:sum-keeps-graphs-fixed]


def running_symptom(version: Callable[[Losses], Any]) -> float:
    """Return how many operations the sum remembers after twenty batches."""
    layer = nn.Linear(4, 3)
    return float(graph_nodes(version([layer(torch.randn(8, 4)).square().mean() for _ in range(20)])))


# --8<-- [start:sum-keeps-graphs-check]
def running_check(total: Callable[[Losses], Any]) -> None:
    """A running sum is a plain number."""
    assert isinstance(total([torch.ones(())]), float)


# --8<-- [end:sum-keeps-graphs-check]


# --8<-- [start:mean-of-means-broken]
def means_broken(batches: list[Tensor]) -> float:
    """Add means per batch, divide by the number of samples."""
    total = sum(batch.mean().item() for batch in batches)
    return total / sum(len(batch) for batch in batches)


# --8<-- [end:mean-of-means-broken]


# --8<-- [start:mean-of-means-fixed]
def means_fixed(batches: list[Tensor]) -> float:
    """Weight each mean by its batch; a short last one counts less."""
    total = sum(batch.mean().item() * len(batch) for batch in batches)
    return total / sum(len(batch) for batch in batches)


# --8<-- [end:mean-of-means-fixed]


def means_symptom(version: Callable[[list[Tensor]], float]) -> float:
    """Return the printed mean of losses that are all 1, in batches of 200."""
    return version(list(torch.ones(1000).split(200)))


# --8<-- [start:mean-of-means-check]
def means_check(average: Callable[[list[Tensor]], float]) -> None:
    """Cutting into batches changes no average, not even a short last one."""
    losses = torch.rand(250)
    assert abs(average(list(losses.split(100))) - losses.mean().item()) < 1e-5


# --8<-- [end:mean-of-means-check]


# --8<-- [start:sum-over-the-batch-broken]
def sum_broken(logits: Tensor, targets: Tensor) -> Tensor:
    """Sum over the batch: more samples, longer steps."""
    return F.cross_entropy(logits, targets, reduction="sum")


# --8<-- [end:sum-over-the-batch-broken]


# --8<-- [start:sum-over-the-batch-fixed]
def sum_fixed(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean is the default, and needs no .sum() behind it."""
    return F.cross_entropy(logits, targets)


# --8<-- [end:sum-over-the-batch-fixed]


def sum_symptom(version: Callable[[Tensor, Tensor], Tensor]) -> float:
    """Return the ratio of gradient norms for the same sample, given 200 times and once."""
    norms = []
    for copies in (200, 1):
        weight = torch.zeros(4, 3, requires_grad=True)
        version(torch.ones(copies, 4) @ weight, torch.zeros(copies, dtype=torch.int64)).backward()
        assert weight.grad is not None
        norms.append(weight.grad.norm().item())
    value: float = norms[0] / norms[1]
    return value


# --8<-- [start:sum-over-the-batch-check]
def sum_check(loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    """Twice the same batch has the same loss."""
    logits, targets = torch.randn(4, 3), torch.zeros(4, dtype=torch.int64)
    assert torch.isclose(loss(logits, targets), loss(logits.repeat(2, 1), targets.repeat(2)))


# --8<-- [end:sum-over-the-batch-check]


# --8<-- [start:evaluation-in-training-mode-broken]
def evaluation_broken(model: nn.Module, images: Tensor) -> Tensor:
    """Switch gradients off; dropout and batch norm go on training."""
    with torch.no_grad():
        return torch.as_tensor(model(images))


# --8<-- [end:evaluation-in-training-mode-broken]


# --8<-- [start:evaluation-in-training-mode-fixed]
def evaluation_fixed(model: nn.Module, images: Tensor) -> Tensor:
    """Evaluate in evaluation mode, and give the mode back."""
    mode = model.training
    model.eval()
    with torch.no_grad():
        outputs = torch.as_tensor(model(images))
    model.train(mode)
    return outputs


# --8<-- [end:evaluation-in-training-mode-fixed]


def evaluation_symptom(version: Callable[[nn.Module, Tensor], Tensor]) -> float:
    """Return the largest difference between two evaluations of one model."""
    model, images = nn.Sequential(nn.BatchNorm1d(4), nn.Dropout(), nn.Linear(4, 3)), torch.randn(64, 4)
    return float((version(model, images) - version(model, images)).abs().max())


# --8<-- [start:evaluation-in-training-mode-check]
def evaluation_check(predict: Callable[[nn.Module, Tensor], Tensor]) -> None:
    """Twice the same, no statistics moved, and the mode given back."""
    model, images = nn.Sequential(nn.BatchNorm1d(4), nn.Dropout()), torch.randn(64, 4)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    assert torch.equal(predict(model, images), predict(model, images))
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert model.training


# --8<-- [end:evaluation-in-training-mode-check]


# --8<-- [start:shuffled-test-set-broken]
def order_broken(test_set: TensorDataset) -> DataLoader[Any]:
    """Shuffle the test set like the training set."""
    return DataLoader(test_set, batch_size=50, shuffle=True)


# --8<-- [end:shuffled-test-set-broken]


# --8<-- [start:shuffled-test-set-fixed]
def order_fixed(test_set: TensorDataset) -> DataLoader[Any]:
    """Leave the order; the score does not depend on it."""
    return DataLoader(test_set, batch_size=50, shuffle=False)


# --8<-- [end:shuffled-test-set-fixed]


def order_symptom(version: Callable[[TensorDataset], DataLoader[Any]]) -> float:
    """Return how often a perfect prediction agrees with the data set's label of the same index."""
    labels = torch.arange(500) % 10
    predictions = torch.cat([batch for (batch,) in version(TensorDataset(labels))])
    return float((predictions == labels).float().mean())


# --8<-- [start:shuffled-test-set-check]
def order_check(loader: Callable[[TensorDataset], DataLoader[Any]]) -> None:
    """The batches, put together, are the data set."""
    numbers = torch.arange(500)
    assert torch.equal(torch.cat([batch for (batch,) in loader(TensorDataset(numbers))]), numbers)


# --8<-- [end:shuffled-test-set-check]


# --8<-- [start:shuffle-within-a-batch-broken]
def shuffle_broken(samples: Tensor) -> Losses:
    """Cut once, then change the order inside each batch."""
    return [batch[torch.randperm(len(batch))] for batch in samples.split(10)]


# --8<-- [end:shuffle-within-a-batch-broken]


# --8<-- [start:shuffle-within-a-batch-fixed]
def shuffle_fixed(samples: Tensor) -> Losses:
    """Change the order of all samples, then cut."""
    return list(samples[torch.randperm(len(samples))].split(10))


# --8<-- [end:shuffle-within-a-batch-fixed]


def shuffle_symptom(version: Callable[[Tensor], Losses]) -> float:
    """Return how many samples of the first batch come from outside the first ten."""
    return float((version(torch.arange(100))[0] >= 10).sum())


# --8<-- [start:shuffle-within-a-batch-check]
def shuffle_check(batches: Callable[[Tensor], Losses]) -> None:
    """Two epochs do not begin with the same samples."""
    first, second = (set(batches(torch.arange(1000))[0].tolist()) for _ in range(2))
    assert first != second


# --8<-- [end:shuffle-within-a-batch-check]


# --8<-- [start:one-batch-not-learnt-broken]
def zeros_broken(model: nn.Module) -> nn.Module:
    """Start every weight at 0: all hidden units are the same, and dead."""
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    return model


# --8<-- [end:one-batch-not-learnt-broken]


# --8<-- [start:one-batch-not-learnt-fixed]
def zeros_fixed(model: nn.Module) -> nn.Module:
    """Leave torch's random initialisation."""
    return model


# --8<-- [end:one-batch-not-learnt-fixed]


def zeros_symptom(version: Callable[[nn.Module], nn.Module]) -> float:
    """Return the loss of two samples after 100 steps of Adam; a guess between two classes costs ln 2 = 0.69."""
    model = version(nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3)))
    images, targets = torch.randn(2, 4), torch.tensor([0, 1])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
    for _ in range(100):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images), targets)
        loss.backward()
        optimizer.step()
    return loss.item()


# --8<-- [start:one-batch-not-learnt-check]
def zeros_check(prepare: Callable[[nn.Module], nn.Module]) -> None:
    """Learn two samples by heart, before any long run."""
    model = prepare(nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3)))
    images, targets = torch.randn(2, 4), torch.tensor([0, 1])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
    for _ in range(100):
        optimizer.zero_grad()
        F.cross_entropy(model(images), targets).backward()
        optimizer.step()
    assert torch.equal(model(images).argmax(dim=1), targets)


# --8<-- [end:one-batch-not-learnt-check]


# --8<-- [start:head-replaced-too-late-broken]
def head_broken(model: nn.Sequential) -> torch.optim.Optimizer:
    """Make the optimizer, then give the model another last layer."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model[-1] = nn.Linear(8, 3)
    return optimizer


# --8<-- [end:head-replaced-too-late-broken]


# --8<-- [start:head-replaced-too-late-fixed]
def head_fixed(model: nn.Sequential) -> torch.optim.Optimizer:
    """Finish the model first; the optimizer holds what it finds."""
    model[-1] = nn.Linear(8, 3)
    return torch.optim.SGD(model.parameters(), lr=0.1)


# --8<-- [end:head-replaced-too-late-fixed]


def head_symptom(version: Callable[[nn.Sequential], torch.optim.Optimizer]) -> float:
    """Return how far the last layer's weights move in ten steps."""
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 10))
    optimizer = version(model)
    before = parameters_to_vector(model[-1].parameters()).detach()
    for _ in range(10):
        optimizer.zero_grad()
        model(torch.ones(5, 4)).square().mean().backward()
        optimizer.step()
    return float((parameters_to_vector(model[-1].parameters()) - before).norm().detach())


# --8<-- [start:head-replaced-too-late-check]
def head_check(prepare: Callable[[nn.Sequential], torch.optim.Optimizer]) -> None:
    """Every parameter of the model is in its optimizer."""
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 10))
    optimizer = prepare(model)
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    assert all(id(p) in held for p in model.parameters())


# --8<-- [end:head-replaced-too-late-check]


CASES = (
    Case(
        "E-23",
        "sum-keeps-graphs",
        title=("内存一直涨：累加了带图的损失", "Memory keeps growing: the running sum holds every graph"),
        seen=(
            "训练时内存或显存一个批量比一个批量多，最后 CUDA out of memory",
            "memory grows with every batch, in the end CUDA out of memory",
        ),
        where=("打印平均损失的那一行", "the line that prints the average loss"),
        broken=running_broken,
        fixed=running_fixed,
        symptom=running_symptom,
        sign=Apart(broken=50, fixed=0),
        check=running_check,
    ),
    Case(
        "E-24",
        "mean-of-means",
        title=("打印的损失小了 200 倍", "The printed loss is 200 times too small"),
        seen=("损失小得离谱，与批量大小有关", "printed loss is absurdly small and depends on the batch size"),
        where=("打印平均损失的那一行", "the line that prints the average loss"),
        broken=means_broken,
        fixed=means_fixed,
        symptom=means_symptom,
        sign=Apart(broken=0.1, fixed=0.9),
        check=means_check,
    ),
    Case(
        "E-22",
        "sum-over-the-batch",
        title=("换了批量大小，梯度大了 200 倍", "Another batch size, a gradient 200 times as large"),
        seen=('reduction="sum"，批量变大之后训练发散', 'reduction="sum", training diverges with a larger batch'),
        where=("损失函数的 reduction", "the reduction of a loss"),
        broken=sum_broken,
        fixed=sum_fixed,
        symptom=sum_symptom,
        sign=Apart(broken=50, fixed=2),
        check=sum_check,
    ),
    Case(
        "E-25",
        "evaluation-in-training-mode",
        title=("同一个模型，每次评估都不一样", "The same model, another score every time"),
        seen=(
            "每次测试准确率都不同，忘了 model.eval()，或者评估之后忘了 model.train()",
            "accuracy differs on every evaluation, forgotten model.eval(), or model.train() after it",
        ),
        where=("评估函数", "the evaluation function"),
        broken=evaluation_broken,
        fixed=evaluation_fixed,
        symptom=evaluation_symptom,
        sign=Apart(broken=0.1, fixed=0),
        check=evaluation_check,
    ),
    Case(
        "E-26",
        "shuffled-test-set",
        title=("预测与数据集的顺序对不上", "Predictions that do not line up with the data set"),
        seen=(
            "准确率是对的，按下标去看预测却全是错的；测试集 shuffle=True",
            "accuracy is fine, but predictions looked up by index are wrong; test loader with shuffle=True",
        ),
        where=("测试集的 DataLoader", "the loader of the test set"),
        broken=order_broken,
        fixed=order_fixed,
        symptom=order_symptom,
        sign=Apart(broken=0.3, fixed=1.0),
        check=order_check,
    ),
    Case(
        "E-27",
        "shuffle-within-a-batch",
        title=("shuffle 不是在一个批量里换顺序", "Shuffle is not a new order within a batch"),
        seen=("shuffle=True 到底打乱了什么", "what shuffle=True really shuffles"),
        where=("自己写的小批量循环", "a loop over batches of one's own"),
        broken=shuffle_broken,
        fixed=shuffle_fixed,
        symptom=shuffle_symptom,
        sign=Apart(broken=0, fixed=5),
        check=shuffle_check,
    ),
    Case(
        "E-85",
        "one-batch-not-learnt",
        title=("两个样本都背不下来", "Two samples cannot be learnt by heart"),
        seen=("损失不下降，连一个批量都过拟合不了", "loss does not fall, cannot overfit a single batch"),
        where=("任何新写的模型", "any newly written model"),
        broken=zeros_broken,
        fixed=zeros_fixed,
        symptom=zeros_symptom,
        sign=Apart(broken=0.6, fixed=0.2),
        check=zeros_check,
    ),
    Case(
        "E-101",
        "head-replaced-too-late",
        title=("新换的最后一层不学习", "The new last layer does not learn"),
        seen=(
            "微调时换了最后一层，准确率一直停在猜测的水平；新层的权重没有变化，优化器里没有它",
            "last layer replaced for fine-tuning, accuracy stays at chance; its weights never change, the optimizer lacks them",
        ),
        where=("迁移学习、微调预训练模型", "transfer learning, fine-tuning a pretrained model"),
        broken=head_broken,
        fixed=head_fixed,
        symptom=head_symptom,
        sign=Apart(broken=0, fixed=0.01),
        check=head_check,
    ),
)
