"""What the answers to the exercises of the theory pages must be."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import nn

from dlnotes import models
from dlnotes.exercises.checking import Check, code, number
from dlnotes.summary import trace

__all__ = ["CHECKS"]


def _count(*sizes: int, bias: bool = True) -> int:
    """Return the parameters of fully connected layers of these sizes."""
    return sum(i * o + o * bias for i, o in pairwise(sizes))


def _derivatives() -> Sequence[float]:
    x, y = torch.tensor(3.0, requires_grad=True), torch.tensor(4.0, requires_grad=True)
    (x**2 * y + y).backward()
    return [float(x.grad or 0), float(y.grad or 0)]


def _uncleared() -> float:
    """Walk 10 steps of SGD on a slope of 1 without clearing the gradient."""
    w = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    for _ in range(10):
        w.sum().backward()
        optimizer.step()
    return abs(w.item())


def _two_small_kernels() -> Sequence[float]:
    small = trace(nn.Sequential(nn.Conv2d(1, 1, 3, bias=False), nn.Conv2d(1, 1, 3, bias=False)), (1, 9, 9))
    large = trace(nn.Conv2d(1, 1, 5, bias=False), (1, 9, 9))
    return [float(small.rows[-1].receptive_field or 0), small.parameters, large.parameters]


def _best_of(guessers: int, images: int, classes: int) -> float:
    """Integrate the expected best accuracy of so many guessers, each nearly normal around 1 in so many classes."""
    z = torch.linspace(-6, 8, 20_001, dtype=torch.float64)
    below = torch.special.ndtr(z)
    density = guessers * below ** (guessers - 1) * torch.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    highest = float(torch.trapezoid(z * density, z))
    p = 1 / classes
    return p + highest * math.sqrt(p * (1 - p) / images)


def _two_scores() -> Sequence[float]:
    scores = torch.tensor([[3.0, 1.0]], requires_grad=True)
    loss = nn.functional.cross_entropy(scores, torch.tensor([0]))
    loss.backward()
    return [loss.item(), *(scores.grad[0].tolist() if scores.grad is not None else [])]


def _smoothed_floor() -> float:
    target = torch.full((10,), 0.2 / 10)
    target[0] += 0.8
    return float(-(target * target.log()).sum())


def _xor(answer: Any) -> tuple[str, str] | None:
    for x1, x2 in ((0, 0), (0, 1), (1, 0), (1, 1)):
        got, wanted = float(answer(x1, x2)), float(x1 != x2)
        if not math.isclose(got, wanted, abs_tol=1e-6):
            return f"xor({x1}, {x2}) 得到 {got:g}，应为 {wanted:g}", f"xor({x1}, {x2}) is {got:g}, should be {wanted:g}"
    # Two neurons with ReLU are linear between their bends, so far outside the function must be a straight line.
    far = [float(answer(float(k), 2.0 * k)) for k in (100, 200, 300)]
    if not math.isclose(far[1] - far[0], far[2] - far[1], rel_tol=1e-6, abs_tol=1e-6):
        return "远处不是直线：这不是 ReLU 网络", "far from 0 this is no straight line: it is no ReLU network"
    return None


def _exp(answer: Any) -> tuple[str, str] | None:
    class Scalar:
        def __init__(self, value: float, parents: Sequence[Any] = ()) -> None:
            self.value, self.parents, self.grad = value, parents, 0.0

    for x in (0.0, 1.5, -2.0):
        scalar = Scalar(x)
        result = answer(scalar)
        # The answer may build another class of the same form, such as the page's own.
        parents = tuple(result.parents)
        if not math.isclose(result.value, math.exp(x), rel_tol=1e-9):
            return (
                f"exp({x:g}) 的值是 {result.value:g}，应为 {math.exp(x):g}",
                f"the value of exp({x:g}) is {result.value:g}, not {math.exp(x):g}",
            )
        if len(parents) != 1 or parents[0][0] is not scalar or not math.isclose(parents[0][1], math.exp(x), rel_tol=1e-9):
            return (
                f"exp({x:g}) 的 parents 应当是 ((self, {math.exp(x):g}),)，得到 {len(parents)} 项",
                f"the parents of exp({x:g}) should be ((self, {math.exp(x):g}),), got {len(parents)} with another content",
            )
    return None


def _parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _separable_gain(kernel: int) -> float:
    """Compare a convolution with a depthwise separable one for very many output channels."""
    with torch.device("meta"):
        plain = nn.Conv2d(4, 10**6, kernel, bias=False)
        parts = nn.Sequential(nn.Conv2d(4, 4, kernel, groups=4, bias=False), nn.Conv2d(4, 10**6, 1, bias=False))
    return trace(plain, (4, 9, 9)).macs / trace(parts, (4, 9, 9)).macs


def _flat_steps() -> int:
    """Walk along the flat direction until 1 % is left."""
    left, steps = 1.0, 0
    while left > 0.01:
        left, steps = left * (1 - 1 / 400), steps + 1
    return steps


def _buffer(gradients: Callable[[int], float]) -> float:
    """Return the size of SGD's buffer with momentum 0.9 after many steps."""
    w = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=1.0, momentum=0.9)
    for step in range(500):
        w.grad = torch.full_like(w, gradients(step))
        optimizer.step()
    return abs(float(optimizer.state[w]["momentum_buffer"]))


def _state_of(kind: Any, **options: Any) -> int:
    """Count the numbers that an optimizer keeps for LeNet, without its counters of steps."""
    model = models.create("lenet")
    optimizer = kind(model.parameters(), lr=0.1, **options)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    kept = [value for state in optimizer.state.values() for key, value in state.items() if torch.is_tensor(value) and key != "step"]
    return sum(value.numel() for value in kept)


def _decayed() -> float:
    w = torch.ones(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.AdamW([w], lr=1e-3, weight_decay=0.01)
    for _ in range(100):
        w.grad = torch.zeros_like(w)
        optimizer.step()
    return float(w.detach()) ** 100


def _starts() -> Sequence[int]:
    """Read off where the windows of adaptive pooling begin, from 10 to 4."""
    windows = nn.functional.adaptive_avg_pool1d(torch.eye(10)[None], 4)[0].T
    return [int(row.nonzero()[0]) for row in windows]


def _field(*layers: nn.Module) -> float:
    return float(trace(nn.Sequential(*layers), (1, 96, 96)).rows[-1].receptive_field or 0)


def _apart(got: torch.Tensor, wanted: torch.Tensor) -> tuple[str, str] | None:
    """Say how an output differs from the right one."""
    if got.shape != wanted.shape:
        return (
            f"输出的形状应为 {tuple(wanted.shape)}，得到 {tuple(got.shape)}",
            f"the output should be {tuple(wanted.shape)}, got {tuple(got.shape)}",
        )
    difference = (got - wanted).abs().max().item()
    if difference <= 1e-4:
        return None
    return f"输出与应有的相差 {difference:.2g}", f"the output is {difference:.2g} off the right one"


def _dilated(answer: Any) -> tuple[str, str] | None:
    generator = torch.Generator().manual_seed(0)
    for size, d in (((2, 3, 9, 11), 1), ((1, 2, 12, 9), 2), ((2, 1, 11, 13), 3)):
        image = torch.randn(size, generator=generator)
        weight = torch.randn(4, size[1], 3, 2, generator=generator)
        if complaint := _apart(answer(image, weight, d), nn.functional.conv2d(image, weight, dilation=d)):
            return f"d={d}：{complaint[0]}", f"d={d}: {complaint[1]}"
    return None


def _fold(answer: Any) -> tuple[str, str] | None:
    torch.manual_seed(0)
    for bias in (True, False):
        pair = nn.Sequential(nn.Conv2d(3, 5, 3, stride=2, padding=1, bias=bias), nn.BatchNorm2d(5))
        with torch.no_grad():
            for parameter in pair[1].parameters():
                parameter.normal_()
            for _ in range(3):
                pair(3 * torch.randn(8, 3, 9, 9) + 1)
            pair.eval()
            image = torch.randn(2, 3, 9, 9)
            folded = answer(pair[0], pair[1])
            if not isinstance(folded, nn.Conv2d):
                return f"应当返回 nn.Conv2d，得到 {type(folded).__name__}", f"wanted an nn.Conv2d, got {type(folded).__name__}"
            if complaint := _apart(folded(image), pair(image)):
                return complaint if bias else (f"bias=False 时，{complaint[0]}", f"with bias=False, {complaint[1]}")
    return None


def _bidirectional(answer: Any) -> tuple[str, str] | None:
    torch.manual_seed(0)
    rnn, backwards = nn.RNN(3, 5, batch_first=True), nn.RNN(3, 5, batch_first=True)
    backwards.load_state_dict(rnn.state_dict())
    x = torch.randn(2, 7, 3)
    with torch.no_grad():
        wanted = torch.cat([rnn(x)[1][0], backwards(x.flip(1))[1][0]], dim=1)
        W, U, b, c = rnn.parameters()
        return _apart(answer(x, W, U, b + c), wanted)


def _causal(answer: Any) -> tuple[str, str] | None:
    q, k, v = torch.randn(3, 2, 6, 8, generator=torch.Generator().manual_seed(0))
    return _apart(answer(q, k, v), nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True))


def _patches(answer: Any) -> tuple[str, str] | None:
    for size, side in (((2, 3, 8, 12), 4), ((1, 1, 6, 4), 2)):
        images = torch.randn(size, generator=torch.Generator().manual_seed(0))
        wanted = nn.functional.unfold(images, side, stride=side).transpose(1, 2)
        if complaint := _apart(answer(images, side), wanted):
            return f"{size}，side={side}：{complaint[0]}", f"{size}, side={side}: {complaint[1]}"
    return None


def _rebuild(answer: Any) -> tuple[str, str] | None:
    generator = torch.Generator().manual_seed(0)
    known, images = (torch.randn(n, 6, generator=generator, dtype=torch.float64) * torch.arange(1, 7) + 3 for n in (40, 5))
    for k in (1, 3, 6):
        # By eigenvectors of the covariance, where the page takes singular vectors.
        basis = torch.linalg.eigh((known - known.mean(0)).T.cov(correction=0)).eigenvectors[:, -k:]
        if complaint := _apart(answer(known, images, k), known.mean(0) + (images - known.mean(0)) @ basis @ basis.T):
            return f"k={k}：{complaint[0]}", f"k={k}: {complaint[1]}"
    return None


def _encoder_layer(width: int, inner: int) -> Sequence[float]:
    layer = nn.TransformerEncoderLayer(width, 4, inner)
    return [_parameters(layer), 100 * _parameters(layer.self_attn) / _parameters(layer)]


def _average(answer: Any) -> tuple[str, str] | None:
    images = torch.randn(2, 3, 8, 6, generator=torch.Generator().manual_seed(0))
    convolution = answer(3)
    if not isinstance(convolution, nn.Conv2d):
        return f"应当返回 nn.Conv2d，得到 {type(convolution).__name__}", f"wanted an nn.Conv2d, got {type(convolution).__name__}"
    with torch.no_grad():
        return _apart(convolution(images), nn.functional.avg_pool2d(images, 2))


def _metres() -> float:
    """Fit a line to millimetres and to metres, and return by how much the weight grows."""
    x = torch.linspace(900.0, 1200.0, 30, dtype=torch.float64).unsqueeze(1)
    ones, y = torch.ones_like(x), 0.3 * x + 7
    small, large = (float(torch.linalg.lstsq(torch.cat([unit, ones], dim=1), y).solution[0]) for unit in (x, x / 1000))
    return large / small


def _whiten(answer: Any) -> tuple[str, str] | None:
    generator = torch.Generator().manual_seed(0)
    mixed = torch.randn(200, 4, generator=generator, dtype=torch.float64) @ torch.randn(4, 4, generator=generator, dtype=torch.float64)
    white = answer(mixed * torch.tensor([1.0, 10.0, 0.1, 100.0], dtype=torch.float64) + 50)
    if tuple(white.shape) != (200, 4):
        return f"形状应当是 (200, 4)，得到 {tuple(white.shape)}", f"the shape should be (200, 4), got {tuple(white.shape)}"
    if white.mean(dim=0).abs().max() > 1e-6:
        return "各列的均值不是 0", "the columns do not have mean 0"
    off = (torch.cov(white.T) - torch.eye(4, dtype=torch.float64)).abs().max().item()
    if off > 0.02:  # dividing by N or by N - 1 is left open
        return f"协方差与单位矩阵差 {off:.2g}", f"the covariance is {off:.2g} off the identity matrix"
    return None


def _adam_step(answer: Any) -> tuple[str, str] | None:
    start = torch.randn(5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    w, m, v = start.clone(), torch.zeros(5, dtype=torch.float64), torch.zeros(5, dtype=torch.float64)
    theirs = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([theirs], lr=0.1)
    for t in range(1, 6):
        g = theirs.detach().sin() + 0.1
        theirs.grad = g
        optimizer.step()
        w, m, v = answer(w, g, m, v, t, 0.1)
        if (off := (w - theirs.detach()).abs().max().item()) > 1e-9:
            return f"第 {t} 步之后与 torch.optim.Adam 差 {off:.2g}", f"after step {t} it is {off:.2g} off torch.optim.Adam"
    return None


def _best_constants() -> Sequence[float]:
    values = torch.tensor([1.0, 2.0, 3.0, 4.0, 90.0])
    grid = torch.linspace(0, 90, 9001)
    errors = grid.unsqueeze(1) - values
    return [round(grid[loss.mean(dim=1).argmin()].item(), 2) for loss in (errors**2, errors.abs())]


def _huber() -> Sequence[float]:
    e = torch.tensor([0.5, 3.0], dtype=torch.float64, requires_grad=True)
    losses = nn.functional.huber_loss(e, torch.zeros_like(e), reduction="none")
    (slopes,) = torch.autograd.grad(losses.sum(), e)
    return [losses[0].item(), slopes[0].item(), losses[1].item(), slopes[1].item()]


def _divergences() -> Sequence[float]:
    p, q = (torch.tensor([share, 1 - share], dtype=torch.float64) for share in (0.5, 0.9))
    return [torch.distributions.kl_divergence(*map(torch.distributions.Categorical, pair)).item() for pair in ((p, q), (q, p))]


def _distillation(answer: Any) -> tuple[str, str] | None:
    generator = torch.Generator().manual_seed(0)
    student, teacher = (torch.randn(7, 5, generator=generator, dtype=torch.float64).requires_grad_() for _ in range(2))
    labels = torch.randint(5, (7,), generator=generator)
    for temperature, alpha in ((1.0, 1.0), (4.0, 1.0), (4.0, 0.0), (2.5, 0.3)):
        p, log_q = (teacher / temperature).softmax(dim=1), (student / temperature).log_softmax(dim=1)
        soft = temperature**2 * (p * (p.log() - log_q)).sum(dim=1).mean()
        hard = -student.log_softmax(dim=1)[torch.arange(7), labels].mean()
        wanted, got = alpha * soft + (1 - alpha) * hard, answer(student, teacher, labels, temperature, alpha)
        if abs(got.item() - wanted.item()) > 1e-9:
            return (
                f"T={temperature:g}、alpha={alpha:g} 时应为 {wanted.item():.6f}，得到 {got.item():.6f}",
                f"at T={temperature:g}, alpha={alpha:g} it should be {wanted.item():.6f}, got {got.item():.6f}",
            )
        teacher.grad = None
        got.backward()
        if teacher.grad is not None and teacher.grad.abs().max() > 0:
            return "梯度流进了教师", "the gradient flows into the teacher"
    return None


def _pass_through_round(function: Callable[..., Any]) -> tuple[str, str] | None:
    x = torch.tensor([-1.7, -0.2, 0.3, 2.6], requires_grad=True)
    rounded = function(x)
    if not torch.equal(rounded.detach(), x.detach().round()):
        return f"前向应当得到 {x.detach().round().tolist()}，得到 {rounded.tolist()}", (
            f"forwards it should give {x.detach().round().tolist()}, got {rounded.tolist()}"
        )
    if not rounded.requires_grad:
        return "结果已经不在图上，梯度到不了 x", "the result is cut off from the graph: no gradient reaches x"
    passed = torch.tensor([1.0, -2.0, 3.0, 0.5])
    (gradient,) = torch.autograd.grad(rounded, x, passed)
    if not torch.allclose(gradient, passed):
        return f"传来的梯度 {passed.tolist()} 应当原样通过，得到 {gradient.tolist()}", (
            f"the gradient {passed.tolist()} should pass unchanged, got {gradient.tolist()}"
        )
    return None


def _one_hot(function: Callable[..., Any]) -> tuple[str, str] | None:
    for labels, classes in ((torch.tensor([2, 0, 2, 1]), 4), (torch.tensor([5]), 6), (torch.arange(3), 3)):
        found, wanted = function(labels, classes), nn.functional.one_hot(labels, classes).float()
        if found.shape != wanted.shape:
            return f"形状应当是 {tuple(wanted.shape)}，得到 {tuple(found.shape)}", (
                f"the shape should be {tuple(wanted.shape)}, got {tuple(found.shape)}"
            )
        if not found.is_floating_point():
            return f"应当是浮点张量，得到 {found.dtype}", f"it should be a float tensor, got {found.dtype}"
        if not torch.equal(found, wanted):
            return f"类别号 {labels.tolist()} 得到了 {found.tolist()}", f"labels {labels.tolist()} gave {found.tolist()}"
    return None


def _cut(function: Callable[..., Any]) -> tuple[str, str] | None:
    for shape, size in (((2, 3, 6, 4), 2), ((1, 1, 28, 28), 7), ((2, 2, 3, 6), 3)):
        images = torch.arange(float(math.prod(shape))).reshape(shape)
        found = function(images, size)
        # unfold lists the windows along its last dimension.
        wanted = nn.functional.unfold(images, size, stride=size).mT
        if found.shape != wanted.shape:
            return f"{shape}、边长 {size} 的结果应当是 {tuple(wanted.shape)}，得到 {tuple(found.shape)}", (
                f"{shape} with side {size} should give {tuple(wanted.shape)}, got {tuple(found.shape)}"
            )
        if not torch.equal(found, wanted):
            return f"{shape}、边长 {size} 时形状对，数的次序不对", (
                f"{shape} with side {size}: the shape is right, the order of the numbers is not"
            )
    return None
def _vectors() -> Sequence[float]:
    u, v = torch.tensor([1.0, 2.0, 2.0], dtype=torch.float64), torch.tensor([2.0, 0.0, 1.0], dtype=torch.float64)
    lengths = [torch.linalg.vector_norm(u, order).item() for order in (2, 1)]
    return [torch.dot(u, v).item(), *lengths, nn.functional.cosine_similarity(u, v, dim=0).item()]


def _cosine_matrix(answer: Any) -> tuple[str, str] | None:
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(4, 3, generator=generator), 5 * torch.randn(6, 3, generator=generator)
    wanted = torch.stack([nn.functional.cosine_similarity(row.expand_as(b), b, dim=1) for row in a])
    return _apart(answer(a, b), wanted)


def _slopes_and_curvatures() -> Sequence[float]:
    def f(v: torch.Tensor) -> torch.Tensor:
        return v[0] ** 2 * v[1] + 3 * v[1]

    at = torch.tensor([2.0, 1.0], dtype=torch.float64)
    slopes, curvatures = torch.func.grad(f)(at), torch.linalg.eigvalsh(torch.func.jacrev(torch.func.grad(f))(at))
    return [*slopes.tolist(), *curvatures.tolist()]


def _softmax_moves() -> Sequence[float]:
    scores = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64).log()
    jacobian = torch.func.jacrev(lambda z: z.softmax(dim=0))(scores)
    return [0.01 * value for value in jacobian[:, 0].tolist()]


def _interval(answer: Any) -> tuple[str, str] | None:
    for right, total in ((349, 360), (9900, 10000), (7, 10)):
        share = right / total
        deviation = math.sqrt(sum((outcome - share) ** 2 for outcome in [1] * right + [0] * (total - right)) / total)
        wanted = [share + side * 1.96 * deviation / math.sqrt(total) for side in (-1, 1)]
        got = [float(bound) for bound in answer(right, total)]
        # Dividing by N or by N - 1, and 1.96 or 2, are left open.
        if len(got) != 2 or any(abs(one - other) > 0.06 * (wanted[1] - wanted[0]) for one, other in zip(got, wanted, strict=True)):
            bounds = ", ".join(f"{bound:.4f}" for bound in wanted)
            return f"{right}/{total} 应得 ({bounds})，得到 {got}", f"{right}/{total} should give ({bounds}), got {got}"
    return None


def _step_length(optimizer: Callable[..., torch.optim.Optimizer], step: int) -> float:
    """Return the length of a step at learning rate 0.1 when all gradients are 2."""
    w = torch.zeros((), dtype=torch.float64, requires_grad=True)
    walker, before = optimizer([w], lr=0.1), 0.0
    for _ in range(step):
        before = w.item()
        w.grad = torch.full_like(w, 2.0)
        walker.step()
    return before - w.item()


def _rmsprop_step(function: Callable[..., Any]) -> tuple[str, str] | None:
    generator = torch.Generator().manual_seed(0)
    w = torch.randn(5, generator=generator, dtype=torch.float64)
    theirs = w.clone().requires_grad_()
    optimizer = torch.optim.RMSprop([theirs], lr=0.05)
    v = torch.zeros_like(w)
    for step in range(1, 6):
        theirs.grad = torch.randn(5, generator=generator, dtype=torch.float64) * 10.0 ** -(step % 3)
        optimizer.step()
        w, v = function(w, theirs.grad.clone(), v, 0.05)
        if (off := (w - theirs.detach()).abs().max().item()) > 1e-9:
            return f"第 {step} 步之后与 torch.optim.RMSprop 差 {off:.2g}", f"after step {step} it is {off:.2g} off torch.optim.RMSprop"
    return None


def _step_length(optimizer: Callable[..., torch.optim.Optimizer], step: int) -> float:
    """Return the length of a step at learning rate 0.1 when all gradients are 2."""
    w = torch.zeros((), dtype=torch.float64, requires_grad=True)
    walker, before = optimizer([w], lr=0.1), 0.0
    for _ in range(step):
        before = w.item()
        w.grad = torch.full_like(w, 2.0)
        walker.step()
    return before - w.item()


def _rmsprop_step(function: Callable[..., Any]) -> tuple[str, str] | None:
    generator = torch.Generator().manual_seed(0)
    w = torch.randn(5, generator=generator, dtype=torch.float64)
    theirs = w.clone().requires_grad_()
    optimizer = torch.optim.RMSprop([theirs], lr=0.05)
    v = torch.zeros_like(w)
    for step in range(1, 6):
        theirs.grad = torch.randn(5, generator=generator, dtype=torch.float64) * 10.0 ** -(step % 3)
        optimizer.step()
        w, v = function(w, theirs.grad.clone(), v, 0.05)
        if (off := (w - theirs.detach()).abs().max().item()) > 1e-9:
            return f"第 {step} 步之后与 torch.optim.RMSprop 差 {off:.2g}", f"after step {step} it is {off:.2g} off torch.optim.RMSprop"
    return None


def _running_mean(function: Callable[..., Any]) -> tuple[str, str] | None:
    generator = torch.Generator().manual_seed(0)
    sets = [{"w": torch.randn(3, 2, generator=generator), "b": torch.randn(2, generator=generator)} for _ in range(5)]
    average = {name: value.clone() for name, value in sets[0].items()}
    for count, weights in enumerate(sets[1:], 1):
        before = {name: value.clone() for name, value in average.items()}
        given, average = average, function(average, weights, count)
        if any(not torch.equal(given[name], before[name]) for name in before):
            return "传进来的字典被改动了", "the dictionary that was passed in has changed"
        for name in before:
            wanted = torch.stack([each[name] for each in sets[: count + 1]]).mean(dim=0)
            if not torch.allclose(average[name], wanted, atol=1e-6):
                return f"{count + 1} 组的平均不对", f"the mean of {count + 1} sets is not right"
    return None


def _share_of_a_mean() -> float:
    """Draw sets of weights around the lowest point, and compare the loss of their means with that of single ones."""
    w = torch.randn(20_000, 25, generator=torch.Generator().manual_seed(0))
    return float(w.mean(dim=1).square().mean() / w.square().mean())


CHECKS: dict[str, Check] = {
    "theory/probability/1": number(
        lambda: [100 * factor * math.sqrt(0.99 * 0.01 / 10_000) for factor in (1, 1.96)],
        "标准误、半宽，都用百分点",
        "standard error and half-width, in points",
        count=2,
        tolerance=3e-3,
    ),
    "theory/probability/2": number(lambda: 1 / (1 + (0.1 * 0.99) / (0.9 * 0.01)), "一个比例，0 到 1", "a share, 0 to 1", tolerance=5e-3),
    "theory/probability/3": number(lambda: math.sqrt(3 / 784), tolerance=1e-2),
    "theory/probability/4": number(
        lambda: [0.99**100, math.ceil(math.log(0.01) / math.log(0.99))],
        "权重（0 到 1）、第几步",
        "the weight (0 to 1), the step",
        count=2,
        tolerance=2e-3,
    ),
    "theory/probability/5": code(
        "interval",
        "interval(right, total)：两个整数，返回（下界，上界），都是 0 到 1 的比例",
        "interval(right, total): two whole numbers; returns (low, high) as shares",
        _interval,
    ),
    "theory/linear-algebra/1": number(
        _vectors, "点积、L2 范数、L1 范数、余弦", "dot product, L2 norm, L1 norm, cosine", count=4, tolerance=1e-3
    ),
    "theory/linear-algebra/2": code(
        "cosine_matrix",
        "cosine_matrix(a, b)：(N, d) 与 (M, d) 的张量，返回 (N, M)",
        "cosine_matrix(a, b): tensors (N, d) and (M, d); returns (N, M)",
        _cosine_matrix,
    ),
    "theory/linear-algebra/3": number(
        _slopes_and_curvatures, "对 x、对 y，再两个特征值", "by x, by y, then both eigenvalues", count=4, tolerance=1e-3
    ),
    "theory/linear-algebra/4": number(_softmax_moves, "三个改变", "the three changes", count=3, tolerance=0.02),
    "theory/losses/1": number(_best_constants, "均方误差的、平均绝对误差的", "for the squared error, for the absolute error", count=2),
    "theory/losses/2": number(
        _huber, "误差 0.5 的损失与导数，误差 3 的损失与导数", "loss and derivative at 0.5, then at 3", count=4, tolerance=1e-3
    ),
    "theory/losses/3": number(
        lambda: [1 / (1 - p) ** 2 for p in (0.9, 0.1)], "容易的、难的", "the easy one, the hard one", count=2, tolerance=2e-3
    ),
    "theory/losses/4": number(_divergences, "KL(p‖q)、KL(q‖p)", "KL(p‖q), KL(q‖p)", count=2, tolerance=1e-3),
    "theory/losses/5": code(
        "distillation",
        "distillation(student, teacher, labels, temperature, alpha)：返回一个数的张量",
        "distillation(student, teacher, labels, temperature, alpha) returns a tensor of one number",
        _distillation,
    ),
    "theory/tensors/1": number(
        lambda: (*torch.zeros(4, 5, 6).stride(), torch.arange(120).view(4, 5, 6)[2, 3, 4].item()),
        "三个步幅，再加位置",
        "the three strides, then the place",
        count=4,
    ),
    "theory/tensors/2": number(lambda: tuple(torch.broadcast_shapes((8, 1, 6, 1), (7, 1, 5))), "形状", "the shape", count=4),
    "theory/tensors/3": number(
        lambda: [torch.empty(128, 3, 224, 224, dtype=kind, device="meta").nbytes / 2**20 for kind in (torch.float32, torch.uint8)],
        "float32 与 uint8 的 MiB 数",
        "MiB as float32, and as uint8",
        count=2,
        tolerance=2e-3,
    ),
    "theory/tensors/5": number(
        lambda: [torch.arange(6.0).view(2, 3).expand(1000, 2, 3).untyped_storage().nbytes() // 4, torch.zeros(6).repeat(1000).numel()],
        "各自的存储里有几个数",
        "how many numbers are in the storage of each",
        count=2,
    ),
    "theory/indexing/1": number(lambda: tuple(torch.zeros(4, 3, 28, 28)[None, 1:3, ..., 0].shape), "形状", "the shape", count=4),
    "theory/indexing/2": code(
        "one_hot",
        "one_hot(labels, classes)：int64 张量 (N,) 与类别数，返回 (N, classes) 的浮点张量",
        "one_hot(labels, classes): an int64 tensor (N,) and a number; returns a float tensor (N, classes)",
        _one_hot,
    ),
    "theory/indexing/3": code(
        "cut",
        "cut(images, size)：(N, C, H, W) 的张量与边长，返回 (N, 块数, C·size²)",
        "cut(images, size): a tensor (N, C, H, W) and a side; returns (N, patches, C·size²)",
        _cut,
    ),
    "theory/indexing/4": number(
        lambda: [torch.einsum("bhqd,bhkd->bhqk", torch.ones(2, 3, 5, 4), torch.ones(2, 3, 7, 4)).numel(), math.prod((2, 3, 5, 7, 4))],
        "结果的个数，乘法的次数",
        "numbers in the result, then multiplications",
        count=2,
    ),
    "theory/indexing/5": number(
        lambda: (*torch.stack(pair := [torch.zeros(64, 10)] * 2).shape, *torch.cat(pair).shape, *torch.cat(pair, dim=1).shape),
        "三个形状接在一起",
        "the three shapes after each other",
        count=7,
    ),
    "theory/convolution/1": number(lambda: _parameters(nn.Conv2d(64, 128, 3))),
    "theory/convolution/2": number(
        _two_small_kernels,
        "看到的边长；两者各是 C² 的几倍",
        "the side that is seen; then both counts as multiples of C²",
        count=3,
    ),
    "theory/autograd/1": number(_derivatives, "对 x，对 y", "by x, by y", count=2),
    "theory/autograd/2": code(
        "exp",
        "exp(self)：就像 Scalar 的一个方法；返回 type(self) 的新对象",
        "exp(self), as a method of Scalar would be; returns a new object of type(self)",
        _exp,
    ),
    "theory/autograd/3": number(_uncleared, tolerance=1e-3),
    "theory/autograd/4": number(lambda: 2 * _parameters(models.create("lenet"))),
    "theory/autograd/6": number(
        lambda: (best := min(range(1, 65), key=lambda k: 64 / k + k), 64 / best + best), "k，一共占多少", "k, and how much", count=2
    ),
    "theory/autograd/7": code(
        "pass_through_round",
        "pass_through_round(x)：张量，返回四舍五入后的张量，梯度原样通过",
        "pass_through_round(x): a tensor; returns it rounded, with the gradient passed on unchanged",
        _pass_through_round,
    ),
    "theory/generalization/2": number(lambda: _best_of(100, 180, 10), "一个比例，0 到 1", "a share, 0 to 1", tolerance=0.05),
    "theory/mlp/1": code("xor", "xor(x1, x2)：返回这个网络的输出", "xor(x1, x2) returns the output of the network", _xor),
    "theory/mlp/2": number(lambda: 0.25**10, "sigmoid 的", "for sigmoid", tolerance=0.02),
    "theory/mlp/3": number(lambda: _count(784, 32, 16, 10), "784-32-16-10 的", "of 784-32-16-10"),
    "theory/notation/1": number(lambda: _count(784, 100, 50, 10), "权重与偏置一共", "weights and biases together"),
    "theory/notation/3": number(lambda: _parameters(nn.Linear(3 * 32 * 32, 256))),
    "theory/notation/5": number(lambda: _count(784, 256, 10) - _count(784, 256, 10, bias=False)),
    "theory/softmax-regression/1": number(lambda: float(-torch.full((100,), 0.01).log().mean()), tolerance=5e-3),
    "theory/softmax-regression/2": number(_two_scores, "损失、两个梯度", "the loss and the two gradients", count=3, tolerance=5e-3),
    "theory/softmax-regression/4": number(lambda: math.exp(-4.6), "一个比例，0 到 1", "a share, 0 to 1", tolerance=0.02),
    "theory/softmax-regression/5": number(_smoothed_floor, tolerance=2e-3),
    "theory/what-is-deep-learning/3": number(
        lambda: [_parameters(nn.Linear(inputs, 10)) for inputs in (4 * 4 * 8, 784)],
        "边缘方向的、像素的",
        "on edge directions, on pixels",
        count=2,
    ),
    "theory/what-is-deep-learning/4": number(lambda: torch.zeros(2, 2, 8).numel(), "几个数", "how many numbers"),
    "theory/channels/1": number(
        lambda: [_parameters(nn.Conv2d(96, 256, 5, groups=groups)) for groups in (2, 1)],
        "分组的、不分组的",
        "with groups, without",
        count=2,
    ),
    "theory/channels/5": number(
        lambda: [_separable_gain(3), _separable_gain(5)], "3×3 的、5×5 的", "for 3×3, for 5×5", count=2, tolerance=1e-3
    ),
    "theory/initialization/1": number(
        lambda: next(n for n in range(99) if 0.408**n < torch.finfo(torch.float32).eps), "几层", "how many layers"
    ),
    "theory/initialization/3": number(
        lambda: [1 / math.sqrt(64 * 9), nn.init.calculate_gain("relu") / math.sqrt(64 * 9)],
        "界、标准差",
        "the bound, the standard deviation",
        count=2,
        tolerance=5e-3,
    ),
    "theory/linear-regression/1": number(_metres, "权重变成几倍", "by how much the weight grows"),
    "theory/linear-regression/4": code(
        "whiten",
        "whiten(features)：(N, d) 的张量，返回同样形状的张量，各列互不相关，均值 0，方差 1",
        "whiten(features): a tensor (N, d); returns one of that shape, with uncorrelated columns of mean 0 and variance 1",
        _whiten,
    ),
    "theory/linear-regression/2": number(_flat_steps, tolerance=2e-3),
    "theory/optimizers/2": number(
        lambda: [_state_of(torch.optim.SGD), _state_of(torch.optim.SGD, momentum=0.9), _state_of(torch.optim.Adam)],
        "SGD、动量、Adam",
        "SGD, momentum, Adam",
        count=3,
    ),
    "theory/optimizers/3": number(lambda: _buffer(lambda step: 1.0), "ηg 的几倍", "as a multiple of ηg", tolerance=1e-3),
    "theory/optimizers/4": number(lambda: _buffer(lambda step: (-1.0) ** step), tolerance=5e-3),
    "theory/optimizers/5": number(
        lambda: [size for size in range(2, 1257) if len(torch.arange(1257).split(size)[-1]) == 1],
        "从小到大",
        "from the smallest",
        count=7,
    ),
    "theory/optimizers/6": code(
        "adam_step",
        "adam_step(w, g, m, v, t, lr)：张量与数，返回新的 (w, m, v)",
        "adam_step(w, g, m, v, t, lr): tensors and numbers; returns the new (w, m, v)",
        _adam_step,
    ),
    "theory/adaptive-optimizers/1": number(
        lambda: [_step_length(torch.optim.Adagrad, step) for step in (1, 100)],
        "第 1 步，第 100 步",
        "step 1, step 100",
        count=2,
        tolerance=1e-3,
    ),
    "theory/adaptive-optimizers/2": number(
        lambda: [_step_length(torch.optim.RMSprop, step) for step in (1, 2000)],
        "第 1 步，很久以后",
        "step 1, and in the end",
        count=2,
        tolerance=1e-3,
    ),
    "theory/adaptive-optimizers/3": code(
        "rmsprop_step",
        "rmsprop_step(w, g, v, lr)：张量与数，返回新的 (w, v)",
        "rmsprop_step(w, g, v, lr): tensors and numbers; returns the new (w, v)",
        _rmsprop_step,
    ),
    "theory/adaptive-optimizers/5": number(lambda: 1.38e8**2 * 4 / 2**50, tolerance=0.02),
    "theory/loss-surface/1": number(
        lambda: [math.log(0.5) / math.log(0.99), 0.99**78], "步数，起点的分量", "the steps, the share of the start", count=2, tolerance=0.01
    ),
    "theory/loss-surface/3": code(
        "running_mean",
        "running_mean(old, new, count)：两个字典与一个整数，返回新的字典",
        "running_mean(old, new, count): two dictionaries and an integer; returns a new dictionary",
        _running_mean,
    ),
    "theory/loss-surface/4": number(_share_of_a_mean, "一个比例，0 到 1", "a share, 0 to 1", tolerance=0.03),
    "theory/regularization/1": number(_decayed, "一个比例，0 到 1", "a share, 0 to 1", tolerance=2e-3),
    "theory/regularization/2": number(lambda: [30 * 9 / 10, 100 - 30 * 9 / 10], "都用百分数", "both in percent", count=2, tolerance=1e-3),
    "theory/regularization/3": number(
        lambda: [(1 - p) * (1 / (1 - p)) ** 2 - 1 for p in (0.5, 0.9)], "两个方差", "both variances", count=2, tolerance=1e-3
    ),
    "theory/regularization/4": number(lambda: 1 - 0.2 + 0.2 / 10, "目标里最大的概率", "the highest probability in the target"),
    "theory/pooling/3": number(
        lambda: [
            nn.functional.max_pool2d(-torch.ones(1, 1, 5, 5), 3, stride=1, padding=1)[0, 0, 0, 0].item(),
            nn.functional.max_pool2d(nn.functional.pad(-torch.ones(1, 1, 5, 5), (1, 1, 1, 1)), 3, stride=1)[0, 0, 0, 0].item(),
        ],
        "左上角的数；若补的是 0",
        "the number at the top left; and with zeros around",
        count=2,
    ),
    "theory/pooling/4": number(_starts, "四个窗口从哪里开始，从 0 数起", "where the four windows begin, counted from 0", count=4),
    "theory/receptive-field/1": number(
        lambda: [
            _field(nn.Conv2d(1, 1, 7, 2, 3), nn.MaxPool2d(3, 2, 1)),
            _field(nn.Conv2d(1, 1, 7, 2, 3), nn.MaxPool2d(3, 2, 1), nn.Conv2d(1, 1, 3, padding=1)),
        ],
        "池化之后、再加一个卷积之后",
        "after the pooling, and after the convolution",
        count=2,
    ),
    "theory/receptive-field/2": number(
        lambda: [
            _field(*(nn.Conv2d(1, 1, 3, dilation=d, padding=d) for d in (1, 2, 4, 8, 16))),
            next(n for n in range(1, 99) if _field(*(nn.Conv2d(1, 1, 3, padding=1) for _ in range(n))) >= 63),
        ],
        "边长、层数",
        "the side, the number of layers",
        count=2,
    ),
    "theory/upsampling/1": number(
        lambda: [
            _parameters(nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1)),
            nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1, device="meta")(torch.empty(1, 64, 7, 7, device="meta")).shape[-1],
        ],
        "参数、输出的边长",
        "parameters, side of the output",
        count=2,
    ),
    "theory/convolution/4": code(
        "dilated",
        "dilated(input, weight, d)：(N, C, H, W) 与 (O, C, K_h, K_w)，步幅 1，不填充，没有偏置",
        "dilated(input, weight, d): (N, C, H, W) and (O, C, K_h, K_w), stride 1, no padding, no bias",
        _dilated,
    ),
    "theory/normalization/2": code(
        "fold",
        "fold(convolution, normalization)：返回评估模式下等价的 nn.Conv2d；卷积没有分组和膨胀",
        "fold(convolution, normalization) returns the nn.Conv2d that equals both in evaluation; there are no groups and no dilation",
        _fold,
    ),
    "theory/normalization/4": number(lambda: 100 * (1 - 0.9**22), "百分数", "in percent", tolerance=5e-3),
    "theory/normalization/5": number(
        lambda: [_parameters(nn.LayerNorm((16, 7, 7))), _parameters(nn.GroupNorm(1, 16))], "各有多少参数", "the parameters of each", count=2
    ),
    "theory/sequences/1": number(
        lambda: [_parameters(nn.RNN(16, 32)), _parameters(nn.LSTM(16, 32))], "两者各有多少", "the parameters of each", count=2
    ),
    "theory/sequences/2": number(
        lambda: [next(n for n in range(1, 99) if 0.5**n < 1e-3), float(torch.logit(torch.tensor(0.5 ** (1 / 40), dtype=torch.float64)))],
        "步数、偏置",
        "the number of steps, the bias",
        count=2,
        tolerance=1e-2,
    ),
    "theory/sequences/3": code(
        "bidirectional",
        "bidirectional(x, W, U, b)：x 是 (N, T, I)，W 是 (H, I)，U 是 (H, H)，b 是 (H,)；返回 (N, 2H)，先左到右",
        "bidirectional(x, W, U, b): x (N, T, I), W (H, I), U (H, H), b (H,); returns (N, 2H), left to right first",
        _bidirectional,
    ),
    "theory/attention/1": number(
        lambda: [float(torch.softmax(torch.tensor([2.0, 0.0]) / root, 0)[0]) for root in (4**0.5, 1)],
        "除以之后的、不除的",
        "divided, and not divided",
        count=2,
        tolerance=1e-3,
    ),
    "theory/attention/2": code(
        "causal_attention",
        "causal_attention(q, k, v)：都是 (N, T, d)",
        "causal_attention(q, k, v), all of shape (N, T, d)",
        _causal,
    ),
    "theory/attention/3": number(
        lambda: [_parameters(nn.MultiheadAttention(32, 4)), 4 * 49 * 49], "参数、权重", "the parameters, the weights", count=2
    ),
    "theory/autoencoder/1": number(lambda: _count(784, 128, 64, 2)),
    "theory/autoencoder/2": code(
        "rebuild", "rebuild(known, images, k)：返回 (M, D)", "rebuild(known, images, k) returns (M, D)", _rebuild
    ),
    "theory/autoencoder/3": number(
        lambda: [0.5, 2 * math.log(0.5)], "概率、目标", "the probability, the objective", count=2, tolerance=1e-3
    ),
    "theory/vision-transformer/1": number(
        lambda: [(224 // 16) ** 2, _parameters(nn.Conv2d(3, 768, 16, 16))], "位置、参数", "positions, parameters", count=2
    ),
    "theory/vision-transformer/2": number(
        lambda: _encoder_layer(32, 64), "参数、百分数", "the parameters, the share in percent", count=2, tolerance=2e-2
    ),
    "theory/vision-transformer/3": code(
        "patches", "patches(images, side)：边长除得尽", "patches(images, side); side divides height and width", _patches
    ),
    "theory/pooling/2": code("average", "average(channels)：返回 nn.Conv2d", "average(channels) returns an nn.Conv2d", _average),
}
