"""Statements that one reads everywhere, each as code, so that a measurement can say whether it holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dlnotes import data, models, training
from dlnotes.clinic.case import Apart, Case, attempt

__all__ = ["CASES", "Block", "deep_net", "draw", "first_over_last", "plateau_loss", "saved_bytes", "xor_right"]


def first_over_last(net: nn.Module, inputs: Tensor) -> float:
    """Return the norm of the gradient of the first weight over that of the last.

    Args:
        net: any net with a gradient for every weight.
        inputs: what it takes; the loss is the sum of squares of what it gives.
    """
    net.zero_grad()
    net(inputs).pow(2).sum().backward()
    norms = [float(parameter.grad.norm()) for parameter in net.parameters() if parameter.dim() > 1 and parameter.grad is not None]
    return norms[0] / norms[-1]


def saved_bytes(net: nn.Module, inputs: Tensor) -> int:
    """Return how many bytes autograd keeps from the forward pass until backward, weights left out."""
    weights = {parameter.untyped_storage().data_ptr() for parameter in net.parameters()}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        # Alive until the bytes are summed, so that no address is used twice.
        outputs = net(inputs)
        total = sum(kept.values())
    del outputs
    return total


class Block(nn.Module):
    """Two convolutions of 3×3, with the input added at the end or not."""

    def __init__(self, channels: int, *, skip: bool) -> None:
        super().__init__()
        self.one, self.two = (nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))
        self.skip = skip

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C, H, W)."""
        maps: Tensor = self.two(torch.relu(self.one(images)))
        return torch.relu(maps + images if self.skip else maps)


class _Layer(nn.Module):
    """Linear, batch normalization, ReLU; the input added or not."""

    def __init__(self, width: int, *, skip: bool) -> None:
        super().__init__()
        self.linear, self.norm, self.skip = nn.Linear(width, width, bias=False), nn.BatchNorm1d(width), skip

    def forward(self, inputs: Tensor) -> Tensor:
        outputs: Tensor = torch.relu(self.norm(self.linear(inputs)))
        return inputs + outputs if self.skip else outputs


def deep_net(*, skip: bool, depth: int = 30, width: int = 64) -> nn.Sequential:
    """Return a net of `depth` normalised layers for the digits, with shortcuts or without."""
    layers = [_Layer(width, skip=skip) for _ in range(depth)]
    # The last norm takes out the scale that sums over many layers build up; the plain net has it too.
    return nn.Sequential(nn.Flatten(), nn.Linear(784, width), *layers, nn.BatchNorm1d(width), nn.Linear(width, 10))


_PLAIN_SGD = {"optimizer": "sgd", "weight_decay": 0.0, "schedule": "constant"}


def plateau_loss(net: nn.Module, epochs: int, lr: float, momentum: float) -> list[float]:
    """Return the training loss of each epoch with plain SGD on the digits."""
    config = training.Config(epochs=epochs, lr=lr, momentum=momentum, **_PLAIN_SGD)  # type: ignore[arg-type]
    return [record.train_loss for record in training.fit(net, data.load("digits"), config).epochs]


def xor_right(net: nn.Module) -> int:
    """Train on the four points of exclusive or and return how many are then told right."""
    points = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    wanted = torch.tensor([0, 1, 1, 0])
    optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
    for _ in range(300):
        optimizer.zero_grad()
        F.cross_entropy(net(points), wanted).backward()
        optimizer.step()
    return int((net(points).argmax(dim=1) == wanted).sum())


def draw(candidates: int, samples: int) -> Tensor:
    """Return the accuracies of candidates that all guess among 10 classes, float (candidates,)."""
    return (torch.randint(10, (candidates, samples)) == 0).float().mean(dim=1)


# --8<-- [start:sigmoid-called-softmax-broken]
def softmax_broken(logits: Tensor) -> Tensor:
    """1 / (1 + e^-x), each number by itself."""
    return 1 / (1 + torch.exp(-logits))


# --8<-- [end:sigmoid-called-softmax-broken]


# --8<-- [start:sigmoid-called-softmax-fixed]
def softmax_fixed(logits: Tensor) -> Tensor:
    """e^x over the sum of all e^x; the largest is taken off first, so that nothing overflows."""
    powers = torch.exp(logits - logits.max(dim=-1, keepdim=True).values)
    return powers / powers.sum(dim=-1, keepdim=True)


# --8<-- [end:sigmoid-called-softmax-fixed]


def softmax_symptom(version: Callable[[Tensor], Tensor]) -> float:
    """Return how far the probabilities of three classes are from summing to 1."""
    return abs(float(version(torch.tensor([1.0, 2.0, 3.0])).sum()) - 1)


# --8<-- [start:sigmoid-called-softmax-check]
def softmax_check(softmax: Callable[[Tensor], Tensor]) -> None:
    """It is what torch's softmax is."""
    logits = torch.randn(4, 10)
    assert torch.allclose(softmax(logits), logits.softmax(dim=1), atol=1e-6)


# --8<-- [end:sigmoid-called-softmax-check]


# --8<-- [start:only-the-right-class-broken]
def right_class_broken(logits: Tensor, label: int) -> Tensor:
    """Push the right logit, and let the others be."""
    gradient = torch.zeros_like(logits)
    gradient[label] = logits.softmax(dim=0)[label] - 1
    return gradient


# --8<-- [end:only-the-right-class-broken]


# --8<-- [start:only-the-right-class-fixed]
def right_class_fixed(logits: Tensor, label: int) -> Tensor:
    """Probabilities minus one-hot label: every logit is pushed."""
    return logits.softmax(dim=0) - F.one_hot(torch.tensor(label), len(logits))


# --8<-- [end:only-the-right-class-fixed]


def right_class_symptom(version: Callable[[Tensor, int], Tensor]) -> float:
    """Return the largest difference to autograd's gradient, for ten equal logits."""
    logits = torch.zeros(10, requires_grad=True)
    F.cross_entropy(logits, torch.tensor(3)).backward()
    assert logits.grad is not None
    return float((version(logits.detach(), 3) - logits.grad).abs().max())


# --8<-- [start:only-the-right-class-check]
def right_class_check(gradient: Callable[[Tensor, int], Tensor]) -> None:
    """The gradients of a softmax sum to 0: what one class gains the others lose."""
    assert abs(float(gradient(torch.randn(10), 3).sum())) < 1e-5


# --8<-- [end:only-the-right-class-check]


# --8<-- [start:layers-without-activation-broken]
def affine_broken() -> nn.Module:
    """Three layers."""
    return nn.Sequential(nn.Linear(2, 16), nn.Linear(16, 16), nn.Linear(16, 2))


# --8<-- [end:layers-without-activation-broken]


# --8<-- [start:layers-without-activation-fixed]
def affine_fixed() -> nn.Module:
    """Two layers, with a bend in between."""
    return nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))


# --8<-- [end:layers-without-activation-fixed]


def affine_symptom(version: Callable[[], nn.Module]) -> float:
    """Return how many of the four points of exclusive or are told right after training."""
    return xor_right(version())


# --8<-- [start:layers-without-activation-check]
def affine_check(make: Callable[[], nn.Module]) -> None:
    """The middle of two inputs does not always give the middle of two outputs."""
    net, (one, other) = make(), torch.randn(2, 8, 2)
    assert not torch.allclose(net((one + other) / 2), (net(one) + net(other)) / 2, atol=1e-4)


# --8<-- [end:layers-without-activation-check]


# --8<-- [start:gradients-fade-broken]
def fading_broken(depth: int = 10) -> nn.Sequential:
    """Sigmoid after every layer."""
    return nn.Sequential(*[nn.Sequential(nn.Linear(64, 64), nn.Sigmoid()) for _ in range(depth)])


# --8<-- [end:gradients-fade-broken]


# --8<-- [start:gradients-fade-fixed]
def fading_fixed(depth: int = 10) -> nn.Sequential:
    """Batch normalization ahead of every sigmoid."""
    return nn.Sequential(*[nn.Sequential(nn.Linear(64, 64), nn.BatchNorm1d(64), nn.Sigmoid()) for _ in range(depth)])


# --8<-- [end:gradients-fade-fixed]


def fading_symptom(version: Callable[[], nn.Sequential]) -> float:
    """Return the gradient of the first weight over that of the last."""
    return first_over_last(version(), torch.randn(64, 64))


# --8<-- [start:gradients-fade-check]
def fading_check(make: Callable[[], nn.Sequential]) -> None:
    """The first layer's gradient is within a factor of 1000 of the last one's."""
    assert 1e-3 < first_over_last(make(), torch.randn(64, 64)) < 1e3


# --8<-- [end:gradients-fade-check]


# --8<-- [start:sigmoid-plateau-broken]
def plateau_broken() -> nn.Module:
    """Sigmoid after every layer."""
    return models.create("lenet_sigmoid")


# --8<-- [end:sigmoid-plateau-broken]


# --8<-- [start:sigmoid-plateau-fixed]
def plateau_fixed() -> nn.Module:
    """Batch normalization ahead of every sigmoid."""
    return models.create("lenet_bn")


# --8<-- [end:sigmoid-plateau-fixed]


def plateau_symptom(version: Callable[[], nn.Module]) -> float:
    """Return the training loss of the third epoch of plain SGD, where guessing gives ln 10 = 2.30."""
    return plateau_loss(version(), epochs=3, lr=0.1, momentum=0.0)[-1]


# --8<-- [start:sigmoid-plateau-check]
def plateau_check(make: Callable[[], nn.Module]) -> None:
    """Three epochs do better than guessing, clearly."""
    assert plateau_loss(make(), epochs=3, lr=0.1, momentum=0.0)[-1] < 2.0


# --8<-- [end:sigmoid-plateau-check]


# --8<-- [start:shortcuts-beyond-gradients-broken]
def shortcut_broken() -> nn.Module:
    """Batch normalization keeps gradients alive, so that must do."""
    return deep_net(skip=False)


# --8<-- [end:shortcuts-beyond-gradients-broken]


# --8<-- [start:shortcuts-beyond-gradients-fixed]
def shortcut_fixed() -> nn.Module:
    """Let each layer add to what came in."""
    return deep_net(skip=True)


# --8<-- [end:shortcuts-beyond-gradients-fixed]


def shortcut_symptom(version: Callable[[], nn.Module]) -> float:
    """Return the training loss of the fifth epoch."""
    return plateau_loss(version(), epochs=5, lr=0.01, momentum=0.9)[-1]


# --8<-- [start:shortcuts-beyond-gradients-check]
def shortcut_check(make: Callable[[], nn.Module]) -> None:
    """Five epochs are enough to fit most of the training set."""
    assert plateau_loss(make(), epochs=5, lr=0.01, momentum=0.9)[-1] < 0.7


# --8<-- [end:shortcuts-beyond-gradients-check]


# --8<-- [start:shortcuts-and-memory-broken]
def memory_broken(plain: int, skip: int) -> bool:
    """With a shortcut, much less has to be kept for backward."""
    return skip < 0.8 * plain


# --8<-- [end:shortcuts-and-memory-broken]


# --8<-- [start:shortcuts-and-memory-fixed]
def memory_fixed(plain: int, skip: int) -> bool:
    """A shortcut saves nothing: what is added has to be kept as before."""
    return skip >= plain


# --8<-- [end:shortcuts-and-memory-fixed]


def memory_symptom(version: Callable[[int, int], bool]) -> float:
    """Return 1 if the statement holds for the bytes that autograd keeps, and 0 if not."""
    plain, skip = (saved_bytes(Block(16, skip=skip), torch.randn(8, 16, 28, 28)) for skip in (False, True))
    return float(version(plain, skip))


# --8<-- [start:shortcuts-and-memory-check]
def memory_check(statement: Callable[[int, int], bool]) -> None:
    """It holds for blocks of several widths."""
    for channels in (4, 16):
        images = torch.randn(2, channels, 12, 12)
        assert statement(*(saved_bytes(Block(channels, skip=skip), images) for skip in (False, True)))


# --8<-- [end:shortcuts-and-memory-check]


# --8<-- [start:added-not-concatenated-broken]
def dense_broken(maps: Tensor, layer: nn.Module) -> Tensor:
    """Add, as ResNet does."""
    new: Tensor = layer(maps)
    return maps + new


# --8<-- [end:added-not-concatenated-broken]


# --8<-- [start:added-not-concatenated-fixed]
def dense_fixed(maps: Tensor, layer: nn.Module) -> Tensor:
    """Put the new maps beside the old ones, along the channels."""
    return torch.cat([maps, layer(maps)], dim=1)


# --8<-- [end:added-not-concatenated-fixed]


def dense_symptom(version: Callable[[Tensor, nn.Module], Tensor]) -> str:
    """Return what a layer raises that makes 32 maps out of 64."""
    return attempt(version, torch.zeros(2, 64, 8, 8), nn.Conv2d(64, 32, 3, padding=1))


# --8<-- [start:added-not-concatenated-check]
def dense_check(step: Callable[[Tensor, nn.Module], Tensor]) -> None:
    """64 maps and 32 new ones make 96, and the old ones come through unchanged."""
    maps = torch.randn(2, 64, 8, 8)
    out = step(maps, nn.Conv2d(64, 32, 3, padding=1))
    assert out.shape == (2, 96, 8, 8) and torch.equal(out[:, :64], maps)


# --8<-- [end:added-not-concatenated-check]


# --8<-- [start:who-invented-what-broken]
def history_broken() -> dict[str, bool]:
    """Which networks have 1×1 convolutions, as the notes tell it."""
    return {"vgg16": True, "nin": False, "googlenet": True}


# --8<-- [end:who-invented-what-broken]


# --8<-- [start:who-invented-what-fixed]
def history_fixed() -> dict[str, bool]:
    """Which networks have 1×1 convolutions."""
    return {"vgg16": False, "nin": True, "googlenet": True}


# --8<-- [end:who-invented-what-fixed]


def has_pointwise(name: str) -> bool:
    """Say whether a model of the package has a convolution of 1×1 on more than one position."""
    with torch.device("meta"):
        net = models.create(name)
    return any(isinstance(layer, nn.Conv2d) and layer.kernel_size == (1, 1) for layer in net.modules())


def history_symptom(version: Callable[[], dict[str, bool]]) -> float:
    """Return how many of the entries are wrong."""
    return sum(claim != has_pointwise(name) for name, claim in version().items())


# --8<-- [start:who-invented-what-check]
def history_check(table: Callable[[], dict[str, bool]]) -> None:
    """The modules say the same as the table."""
    assert all(has_pointwise(name) == claim for name, claim in table().items())


# --8<-- [end:who-invented-what-check]


# --8<-- [start:equal-weights-broken]
def equal_broken(layer: nn.Linear) -> None:
    """Start neutrally."""
    nn.init.constant_(layer.weight, 0.01)
    nn.init.zeros_(layer.bias)


# --8<-- [end:equal-weights-broken]


# --8<-- [start:equal-weights-fixed]
def equal_fixed(layer: nn.Linear) -> None:
    """Start differently: draw evenly between ±1/√n, as torch does."""
    bound = layer.in_features**-0.5
    nn.init.uniform_(layer.weight, -bound, bound)
    nn.init.zeros_(layer.bias)


# --8<-- [end:equal-weights-fixed]


def equal_symptom(version: Callable[[nn.Linear], None]) -> float:
    """Return how many of 256 hidden neurons are different after three steps."""
    hidden, out = nn.Linear(20, 256), nn.Linear(256, 10)
    for layer in (hidden, out):
        version(layer)
    net = nn.Sequential(hidden, nn.ReLU(), out)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        F.cross_entropy(net(torch.rand(64, 20)), torch.randint(10, (64,))).backward()
        optimizer.step()
    return float(len(hidden.weight.detach().unique(dim=0)))


# --8<-- [start:equal-weights-check]
def equal_check(initialize: Callable[[nn.Linear], None]) -> None:
    """No two neurons begin alike."""
    layer = nn.Linear(20, 256)
    initialize(layer)
    assert len(layer.weight.detach().unique(dim=0)) == 256


# --8<-- [end:equal-weights-check]


# --8<-- [start:uneven-batches-broken]
def uneven_broken(gradients: Sequence[Tensor], sizes: Sequence[int]) -> Tensor:
    """Take the mean of the gradients of all batches."""
    return torch.stack(list(gradients)).mean(dim=0)


# --8<-- [end:uneven-batches-broken]


# --8<-- [start:uneven-batches-fixed]
def uneven_fixed(gradients: Sequence[Tensor], sizes: Sequence[int]) -> Tensor:
    """Weigh each gradient by the size of its batch."""
    weights = torch.tensor(sizes, dtype=torch.float64) / sum(sizes)
    return (torch.stack(list(gradients)) * weights[:, None]).sum(dim=0)


# --8<-- [end:uneven-batches-fixed]


def sorted_gradients(batch_size: int) -> tuple[list[Tensor], list[int], Tensor]:
    """Return the gradient of a least-squares loss for each batch, the sizes, and the gradient over all 1200 samples.

    Samples are sorted by their target, as in a file that nobody shuffled.
    """
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(1200, 4, dtype=torch.float64, generator=generator)
    wanted = rows.sum(dim=1)
    rows, wanted = rows[wanted.argsort()], wanted.sort().values
    at = torch.zeros(4, dtype=torch.float64)

    def gradient(x: Tensor, y: Tensor) -> Tensor:
        return 2 * (x * (x @ at - y)[:, None]).mean(dim=0)

    batches = list(zip(rows.split(batch_size), wanted.split(batch_size), strict=True))
    return [gradient(x, y) for x, y in batches], [len(y) for _, y in batches], gradient(rows, wanted)


def uneven_symptom(version: Callable[[Sequence[Tensor], Sequence[int]], Tensor]) -> float:
    """Return the relative error of the mean over batches of 500, 500 and 200."""
    gradients, sizes, full = sorted_gradients(500)
    return float((version(gradients, sizes) - full).norm() / full.norm())


# --8<-- [start:uneven-batches-check]
def uneven_check(average: Callable[[Sequence[Tensor], Sequence[int]], Tensor]) -> None:
    """Whatever the batch size, the mean over an epoch is the full gradient."""
    for batch_size in (100, 500, 700):
        gradients, sizes, full = sorted_gradients(batch_size)
        assert torch.allclose(average(gradients, sizes), full)


# --8<-- [end:uneven-batches-check]


# --8<-- [start:one-run-reported-broken]
def seedless_broken(seed: int) -> nn.Module:
    """Build the model as it comes."""
    return nn.Linear(20, 10)


# --8<-- [end:one-run-reported-broken]


# --8<-- [start:one-run-reported-fixed]
def seedless_fixed(seed: int) -> nn.Module:
    """Fix what chance decides, first."""
    torch.manual_seed(seed)
    return nn.Linear(20, 10)


# --8<-- [end:one-run-reported-fixed]


def seedless_symptom(version: Callable[[int], nn.Linear]) -> float:
    """Return how far the weights of two runs with one seed are apart."""
    return float((version(0).weight - version(0).weight).detach().abs().max())


# --8<-- [start:one-run-reported-check]
def seedless_check(build: Callable[[int], nn.Linear]) -> None:
    """One seed gives one result, and another seed another."""
    assert torch.equal(build(0).weight, build(0).weight)
    assert not torch.equal(build(0).weight, build(1).weight)


# --8<-- [end:one-run-reported-check]


# --8<-- [start:winner-of-one-run-broken]
def winner_broken(accuracies: Tensor) -> bool:
    """Whichever is highest in the first run is better."""
    first = accuracies[:, 0]
    return bool(first.max() > first.min())


# --8<-- [end:winner-of-one-run-broken]


# --8<-- [start:winner-of-one-run-fixed]
def winner_fixed(accuracies: Tensor) -> bool:
    """Better is what leads by more than twice the noise of the means."""
    means, noise = accuracies.mean(dim=1), accuracies.std(dim=1).mean() / accuracies.shape[1] ** 0.5
    return bool(means.max() - means.min() > 2 * 2**0.5 * noise)


# --8<-- [end:winner-of-one-run-fixed]


def winner_symptom(version: Callable[[Tensor], bool]) -> float:
    """Return how often, of 200 times, a winner is named between two settings that are equally good."""
    return sum(version(0.90 + 0.01 * torch.randn(2, 5)) for _ in range(200)) / 200


# --8<-- [start:winner-of-one-run-check]
def winner_check(better: Callable[[Tensor], bool]) -> None:
    """A clear lead is seen, and none is seen where there is none."""
    assert better(torch.tensor([[0.90, 0.91, 0.90, 0.91, 0.90], [0.95, 0.96, 0.95, 0.96, 0.95]]))
    assert not better(torch.tensor([[0.90, 0.91, 0.90, 0.91, 0.90], [0.91, 0.90, 0.91, 0.90, 0.90]]))


# --8<-- [end:winner-of-one-run-check]


# --8<-- [start:watched-test-set-broken]
def watched_broken(validation: Tensor, test: Tensor) -> Tensor:
    """Report the best that was seen on the test set."""
    return test.max()


# --8<-- [end:watched-test-set-broken]


# --8<-- [start:watched-test-set-fixed]
def watched_fixed(validation: Tensor, test: Tensor) -> Tensor:
    """Choose on the validation set, and look at the test set once, for the one that was chosen."""
    return test[validation.argmax()]


# --8<-- [end:watched-test-set-fixed]


def watched_symptom(version: Callable[[Tensor, Tensor], Tensor]) -> float:
    """Return by how much the report exceeds the truth, 0.1, where 100 candidates guess; mean over 200 rounds."""
    reports = torch.stack([version(draw(100, 500), draw(100, 500)) for _ in range(200)])
    return float(reports.mean() - 0.1)


# --8<-- [start:watched-test-set-check]
def watched_check(report: Callable[[Tensor, Tensor], Tensor]) -> None:
    """What is reported does not depend on the test results of candidates that were not chosen."""
    validation, test = torch.tensor([0.8, 0.9, 0.7]), torch.tensor([0.7, 0.8, 0.6])
    better = torch.tensor([0.99, 0.8, 0.99])
    assert report(validation, test) == report(validation, better)


# --8<-- [end:watched-test-set-check]


# --8<-- [start:dropout-scaled-twice-broken]
def dropout_broken(layer: nn.Dropout, values: Tensor) -> Tensor:
    """Scale by 1 - p in evaluation, as the first papers did."""
    out: Tensor = layer(values)
    return out if layer.training else out * (1 - layer.p)


# --8<-- [end:dropout-scaled-twice-broken]


# --8<-- [start:dropout-scaled-twice-fixed]
def dropout_fixed(layer: nn.Dropout, values: Tensor) -> Tensor:
    """nn.Dropout has scaled up while training; in evaluation there is nothing left to do."""
    out: Tensor = layer(values)
    return out


# --8<-- [end:dropout-scaled-twice-fixed]


def dropout_symptom(version: Callable[[nn.Dropout, Tensor], Tensor]) -> float:
    """Return the mean output in evaluation over that in training."""
    layer, values = nn.Dropout(0.5), torch.ones(100_000)
    trained = version(layer, values).mean()
    layer.eval()
    return float(version(layer, values).mean() / trained)


# --8<-- [start:dropout-scaled-twice-check]
def dropout_check(apply: Callable[[nn.Dropout, Tensor], Tensor]) -> None:
    """In evaluation dropout changes nothing."""
    layer, values = nn.Dropout(0.3).eval(), torch.randn(10)
    assert torch.equal(apply(layer, values), values)


# --8<-- [end:dropout-scaled-twice-check]


CASES = (
    Case(
        "E-56",
        "sigmoid-called-softmax",
        title=("“softmax 就是 1/(1+e⁻ˣ)”", "\"Softmax is 1/(1+e⁻ˣ)\""),
        seen=("多分类的概率加起来不等于 1", "the probabilities of the classes do not sum to 1"),
        where=("激活函数的公式抄混了", "formulas of activations mixed up"),
        broken=softmax_broken,
        fixed=softmax_fixed,
        symptom=softmax_symptom,
        sign=Apart(broken=0.5, fixed=1e-06),
        check=softmax_check,
    ),
    Case(
        "E-52",
        "only-the-right-class",
        title=("“交叉熵只关心正确的类别”", "\"Cross-entropy cares only about the right class\""),
        seen=("手写的交叉熵梯度与自动求导对不上", "a hand-written gradient of cross-entropy that differs from autograd's"),
        where=("自己推导梯度", "working out the gradient by hand"),
        broken=right_class_broken,
        fixed=right_class_fixed,
        symptom=right_class_symptom,
        sign=Apart(broken=0.05, fixed=1e-06),
        check=right_class_check,
    ),
    Case(
        "E-57",
        "layers-without-activation",
        title=("没有激活函数，“多层”只有一层", "Without an activation, several layers are one"),
        seen=("加了隐藏层，异或还是学不会", "exclusive or is not learnt, in spite of a hidden layer"),
        where=("隐藏层后面忘了激活函数", "the activation after a hidden layer was forgotten"),
        broken=affine_broken,
        fixed=affine_fixed,
        symptom=affine_symptom,
        sign=Apart(broken=3.0, fixed=4.0),
        check=affine_check,
    ),
    Case(
        "E-49",
        "gradients-fade",
        title=("“梯度离散”应当是梯度消失", "Vanishing gradients: the first layers stand still"),
        seen=("很深的 sigmoid 网络，前面几层几乎不动", "in a deep sigmoid net the first layers hardly move"),
        where=("没有归一化的深层网络", "deep nets without normalization"),
        broken=fading_broken,
        fixed=fading_fixed,
        symptom=fading_symptom,
        sign=Apart(broken=1e-05, fixed=0.1),
        check=fading_check,
    ),
    Case(
        "E-38",
        "sigmoid-plateau",
        title=("LeNet 用 sigmoid，像是坏了", "LeNet with sigmoid looks broken"),
        seen=("头几个轮次损失停在 2.3，准确率只有 10 %", "the loss stays at 2.3 for the first epochs, with an accuracy of 10 %"),
        where=("照旧书写的 LeNet", "LeNet as older books write it"),
        broken=plateau_broken,
        fixed=plateau_fixed,
        symptom=plateau_symptom,
        sign=Apart(broken=2.2, fixed=1.5),
        check=plateau_check,
    ),
    Case(
        "E-51",
        "shortcuts-beyond-gradients",
        title=("“跳跃连接只是为了梯度消失”", "\"Shortcuts are there for vanishing gradients\""),
        seen=("加了批量归一化，30 层的直通网络仍然学得很差", "30 plain layers learn badly in spite of batch normalization"),
        where=("很深的网络，没有跳跃连接", "very deep nets without shortcuts"),
        broken=shortcut_broken,
        fixed=shortcut_fixed,
        symptom=shortcut_symptom,
        sign=Apart(broken=1.0, fixed=0.5),
        check=shortcut_check,
    ),
    Case(
        "E-50",
        "shortcuts-and-memory",
        title=("“跳跃连接大大节省显存”", "\"Shortcuts save a great deal of memory\""),
        seen=("换成残差网络，显存没有变少", "no less memory is used with a residual network"),
        where=("估计训练要多少显存", "estimating the memory for training"),
        broken=memory_broken,
        fixed=memory_fixed,
        symptom=memory_symptom,
        sign=Apart(broken=0.0, fixed=1.0),
        check=memory_check,
    ),
    Case(
        "E-72",
        "added-not-concatenated",
        title=("DenseNet 是拼接，不是相加", "DenseNet concatenates, it does not add"),
        seen=(
            "RuntimeError: The size of tensor a (64) must match the size of tensor b (32) at non-singleton dimension 1",
            "error: The size of tensor a (64) must match the size of tensor b (32) at non-singleton dimension 1",
        ),
        where=("照着“不需要加法项”的译文写 DenseNet", "DenseNet written from a translation that muddles adding and concatenating"),
        broken=dense_broken,
        fixed=dense_fixed,
        symptom=dense_symptom,
        sign="must match the size of tensor b",
        check=dense_check,
    ),
    Case(
        "E-69",
        "who-invented-what",
        title=("“1×1 卷积是 VGG 的创新”", "\"VGG brought the 1×1 convolution\""),
        seen=("复习资料里的网络特点张冠李戴", "features of networks credited to the wrong one"),
        where=("面试前背的网络年表", "tables of networks learnt for interviews"),
        broken=history_broken,
        fixed=history_fixed,
        symptom=history_symptom,
        sign=Apart(broken=2.0, fixed=0.0),
        check=history_check,
    ),
    Case(
        "E-73",
        "equal-weights",
        title=("初始化成同一个值，256 个神经元只顶 1 个", "With equal weights, 256 neurons do the work of one"),
        seen=("全零或常数初始化，准确率停在 10 %", "weights of zeros or a constant, accuracy stays at 10 %"),
        where=("自己写初始化", "initialization written by hand"),
        broken=equal_broken,
        fixed=equal_fixed,
        symptom=equal_symptom,
        sign=Apart(broken=1.0, fixed=256.0),
        check=equal_check,
    ),
    Case(
        "E-79",
        "uneven-batches",
        title=("“小批量梯度是无偏的”，有条件", "\"Mini-batch gradients are unbiased\", on conditions"),
        seen=("把各批量的梯度取平均，与整体的梯度不一样", "the mean of the batch gradients differs from the full gradient"),
        where=("最后一个批量不满，或者没有打乱", "a short last batch, or data not shuffled"),
        broken=uneven_broken,
        fixed=uneven_fixed,
        symptom=uneven_symptom,
        sign=Apart(broken=0.02, fixed=1e-06),
        check=uneven_check,
    ),
    Case(
        "E-84",
        "one-run-reported",
        title=("没有随机种子，只跑一次", "No seed, and a single run"),
        seen=("重新运行，结果对不上；别人也复现不了", "another run gives other numbers, and nobody can repeat them"),
        where=("报告或比较一个准确率", "reporting or comparing an accuracy"),
        broken=seedless_broken,
        fixed=seedless_fixed,
        symptom=seedless_symptom,
        sign=Apart(broken=0.01, fixed=0.0),
        check=seedless_check,
    ),
    Case(
        "E-74",
        "winner-of-one-run",
        title=("各跑一次，挑最高的那个学习率", "One run each, and the highest learning rate wins"),
        seen=("换一个随机种子，最好的学习率就变了", "with another seed, another learning rate is best"),
        where=("调参", "tuning"),
        broken=winner_broken,
        fixed=winner_fixed,
        symptom=winner_symptom,
        sign=Apart(broken=0.9, fixed=0.3),
        check=winner_check,
    ),
    Case(
        "E-75",
        "watched-test-set",
        title=("“每个轮次看一眼测试集”", "\"A look at the test set after each epoch\""),
        seen=("报告的准确率比上线后高", "the reported accuracy is higher than in use"),
        where=("按测试准确率挑轮次、挑模型", "choosing the epoch or the model by test accuracy"),
        broken=watched_broken,
        fixed=watched_fixed,
        symptom=watched_symptom,
        sign=Apart(broken=0.02, fixed=0.01),
        check=watched_check,
    ),
    Case(
        "E-170",
        "dropout-scaled-twice",
        title=("“测试时要把输出乘上保留率”", "\"At test time, multiply the outputs by the keep rate\""),
        seen=("评估时的输出比训练时小一半", "outputs in evaluation are half of those in training"),
        where=("照旧教材手写 dropout，又用了 nn.Dropout", "dropout by an old textbook, together with nn.Dropout"),
        broken=dropout_broken,
        fixed=dropout_fixed,
        symptom=dropout_symptom,
        sign=Apart(broken=0.6, fixed=0.95),
        check=dropout_check,
    ),
)
