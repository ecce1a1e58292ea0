"""What the answers to the exercises of the training pages must be."""

from __future__ import annotations

import contextlib
import itertools
import math
import statistics
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils.data import BatchSampler, SequentialSampler

from dlnotes import models
from dlnotes.exercises.checking import Check, code, number

__all__ = ["CHECKS"]


def _batches(count: int, size: int, *, drop_last: bool) -> list[int]:
    """Return the sizes of the batches of one epoch, as a DataLoader makes them."""
    return [len(batch) for batch in BatchSampler(SequentialSampler(range(count)), size, drop_last)]


def _edge_of_stability() -> Sequence[float]:
    """Find the largest rate that does not grow on a parabola of curvature 50, and the one that ends in one step."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        w = 1.0
        for _ in range(2000):
            w -= middle * 50 * w
            if abs(w) > 1e6:
                break
        low, high = (middle, high) if abs(w) <= 1.0 + 1e-9 else (low, middle)
    return [low, 1 / 50]


def _accumulate(answer: Any) -> tuple[str, str] | None:
    """Compare a step over four small batches with one over all of them."""
    generator = torch.Generator().manual_seed(0)
    images, labels = torch.randn(64, 5, generator=generator), torch.randint(0, 3, (64,), generator=generator)
    loss = nn.CrossEntropyLoss()
    weights = []
    for whole in (True, False):
        torch.manual_seed(0)
        model = nn.Linear(5, 3)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
        if whole:
            loss(model(images), labels).backward()
            optimizer.step()
        else:
            answer(model, loss, optimizer, list(zip(images.split(16), labels.split(16), strict=True)))
            left = [parameter.grad for parameter in model.parameters() if parameter.grad is not None and parameter.grad.abs().max() > 0]
            if left:
                return "结束时梯度没有清零，会混进下一步", "gradients are left over at the end and would go into the next step"
        weights.append(model.weight.detach().clone())
    difference = (weights[0] - weights[1]).abs().max().item()
    if difference > 1e-5:
        return (
            f"权重与一次用 64 个样本更新的结果差 {difference:.2g}",
            f"the weights are {difference:.2g} off those of one update with all 64 samples",
        )
    return None


def _file_sizes() -> Sequence[float]:
    """Return the kilobytes of LeNet's weights, and of these with the state of AdamW."""
    model = models.create("lenet")
    optimizer = torch.optim.AdamW(model.parameters())
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    weights = sum(parameter.nbytes for parameter in model.parameters())
    state = sum(value.nbytes for values in optimizer.state.values() for key, value in values.items() if key != "step")
    return [weights / 1000, (weights + state) / 1000]


def _interval() -> Sequence[float]:
    """Return mean, deviation and half the width of the interval; with 2 degrees of freedom Student's quantile has a closed form."""
    results, share = (96.1, 96.9, 95.7), 0.975
    student = (2 * share - 1) / math.sqrt(2 * share * (1 - share))
    return [statistics.mean(results), statistics.stdev(results), student * statistics.stdev(results) / math.sqrt(3)]


def _highest(count: int) -> float:
    """Integrate the expected largest of so many independent normal variables."""
    z = torch.linspace(-8, 8, 20_001, dtype=torch.float64)
    density = count * torch.special.ndtr(z) ** (count - 1) * torch.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return float(torch.trapezoid(z * density, z))


def _runs_needed(difference: float, deviation: float) -> int:
    """Find, by powers of two, how many runs a side give a t of 2.8, which is 1.96 for the level and 0.84 for the chance."""
    runs = 1
    while difference / (deviation * math.sqrt(2 / runs)) < 2.8:
        runs *= 2
    return runs


def _share_and_loss() -> Sequence[float]:
    """Return the share of time spent writing, in percent, and the minutes lost on average."""
    moments = torch.linspace(0, 5, 100_001, dtype=torch.float64)
    return [100 * 6 / (5 * 60), moments.mean().item()]


class _Cut:
    """Cannot be saved: the disk is full, or the power fails."""

    def __reduce__(self) -> Any:
        raise OSError("the power failed")


def _atomic(answer: Any) -> tuple[str, str] | None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.pt"
        for value in (1.0, 2.0):
            answer({"weight": torch.full((1000,), value)}, str(path))
            if not path.is_file() or torch.load(path)["weight"][0] != value:
                return "写完之后，文件里不是刚才的状态", "after writing, the file does not hold that state"
        whole = path.read_bytes()
        with contextlib.suppress(OSError):
            answer({"weight": torch.zeros(1000), "last": _Cut()}, str(path))
        if not path.is_file() or path.read_bytes() != whole:
            return "中途出错之后，旧文件没有原样留下", "after a failure halfway the old file is not there untouched"
    return None


def _mass(answer: Any) -> tuple[str, str] | None:
    image = torch.zeros(5, 7)
    image[1, 2], image[4, 6] = 1.0, 3.0
    if [round(float(value), 4) for value in answer(image)] != [3.25, 5.0]:
        return "1 份在（1, 2）、3 份在（4, 6）时，质心应当是（3.25, 5）", "with 1 at (1, 2) and 3 at (4, 6) the centre is (3.25, 5)"
    return None


def _ill() -> float:
    """Return the percentage of the ill among those reported, from the odds: those before, times the ratio of the two rates."""
    odds = 1 / 99 * (0.9 / 0.05)
    return 100 * odds / (1 + odds)


def _always_yes() -> float:
    from sklearn.metrics import f1_score

    return float(f1_score([1] + [0] * 9, [1] * 10))


def _apart() -> float:
    from torchvision.ops import box_iou

    boxes = torch.tensor([[0, 0, 16, 16], [4, 4, 20, 20]], dtype=torch.float64)
    return float(box_iou(boxes[:1], boxes[1:]))


def _auc(answer: Any) -> tuple[str, str] | None:
    generator = torch.Generator().manual_seed(0)
    for count, levels in ((40, 10_000), (41, 5), (30, 2)):
        positive = torch.rand(count, generator=generator) < 0.3
        scores = (torch.randint(levels, (count,), generator=generator) + positive * (levels // 3)).double()
        gap = scores[positive][:, None] - scores[~positive]
        wanted = ((gap > 0).double() + 0.5 * (gap == 0).double()).mean().item()
        got = float(answer(scores, positive))
        if not math.isclose(got, wanted, abs_tol=1e-6):
            return (
                f"{count} 个分数、最多 {levels} 种取值时得到 {got:.4f}，应当是 {wanted:.4f}",
                f"with {count} scores of at most {levels} values it gives {got:.4f}, which should be {wanted:.4f}",
            )
    return None


def _intensities() -> Sequence[float]:
    """Count operations and bytes of a product of 4096 × 4096, and find the first size with 20 operations per byte."""

    def intensity(n: int) -> float:
        return 2 * n**3 / (3 * n**2 * torch.finfo(torch.float32).bits / 8)

    return [intensity(4096), next(n for n in range(1, 4096) if intensity(n) >= 20)]


def _largest_scale() -> int:
    """Double the scale of a gradient of 0.5 in float16 until it is infinite."""
    gradient = torch.tensor(0.5, dtype=torch.float16)
    return max(power for power in range(30) if (gradient.float() * 2.0**power).half().isfinite())


def _epsilon(answer: Any) -> tuple[str, str] | None:
    for dtype in (torch.bfloat16, torch.float16, torch.float32, torch.float64):
        found, wanted = float(answer(dtype)), torch.finfo(dtype).eps
        if found != wanted:
            return f"{dtype} 的应当是 {wanted:.6g}，得到 {found:.6g}", f"for {dtype} it is {wanted:.6g}, got {found:.6g}"
    return None


def _fixed_memory() -> Sequence[float]:
    """Return the megabytes of 25 million parameters with gradients and the state of Adam, and of SGD, from a smaller layer."""
    totals = []
    for optimizer_type in (torch.optim.Adam, torch.optim.SGD):
        layer = nn.Linear(1000, 250, bias=False)
        optimizer = optimizer_type(layer.parameters(), lr=0.1)
        layer.weight.grad = torch.zeros_like(layer.weight)
        optimizer.step()
        state = sum(
            value.nbytes for values in optimizer.state.values() for key, value in values.items() if key != "step" and value is not None
        )
        totals.append(100 * (layer.weight.nbytes + layer.weight.grad.nbytes + state) / 1e6)
    return totals


def _fewest_kept() -> Sequence[float]:
    """Try every number of segments of 100 layers."""
    kept = {segments: segments + 100 / segments for segments in range(1, 101)}
    best = min(kept, key=kept.__getitem__)
    return [best, kept[best]]


def _quantized(answer: Any) -> tuple[str, str] | None:
    x = torch.randn(4, 6, generator=torch.Generator().manual_seed(0)) - 0.3
    for bits in (8, 4, 2):
        found, most = answer(x.clone(), bits), 2 ** (bits - 1) - 1
        wanted = torch.fake_quantize_per_tensor_affine(x, x.abs().max().item() / most, 0, -most, most)
        if found.shape != x.shape or (found - wanted).abs().max() > 1e-5:
            return f"{bits} 位时，读回来的值不对", f"with {bits} bits the values read back are not right"
    return None


def _speedup(share: float, factor: float) -> float:
    """Time a whole of 1 before and after a share of it gets faster."""
    return 1 / (1 - share + share / factor)


def _sent_in_a_ring() -> int:
    """Play 8 cards: n - 1 steps that add and n - 1 that copy, a block of an eighth each."""
    return sum(40_000_000 // 8 for _ in range(2 * (8 - 1)))


def _fewest_pairs() -> Sequence[float]:
    """Count the sign patterns of n equal differences whose mean is as far from 0; return the share for 5, and the first n at 0.01."""

    def share(count: int) -> float:
        patterns = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0])] * count)
        return (patterns.sum(dim=1).abs() == count).double().mean().item()

    return [share(5), next(count for count in range(2, 20) if share(count) <= 0.01)]


def _folds(answer: Any) -> tuple[str, str] | None:
    for count, parts in ((10, 4), (23, 5), (12, 3)):
        pairs = answer(count, parts)
        if len(pairs) != parts:
            return f"folds({count}, {parts}) 给出 {len(pairs)} 折", f"folds({count}, {parts}) gives {len(pairs)} folds"
        whole, sizes = list(range(count)), [len(validation) for _, validation in pairs]
        if sorted(int(index) for _, validation in pairs for index in validation) != whole:
            return "不是每个下标恰好作一次验证", "not every index is in validation exactly once"
        if any(sorted(map(int, torch.cat(list(pair)))) != whole for pair in pairs):
            return "有一折的训练与验证合起来不是全部下标，或有重复", "training and validation of a fold are not all indices, each once"
        if max(sizes) - min(sizes) > 1:
            return f"folds({count}, {parts}) 各折的大小是 {sizes}", f"the folds of folds({count}, {parts}) have the sizes {sizes}"
    return None


def _normalized_ends() -> Sequence[float]:
    """Send a black and a white pixel through torchvision's formula, done by torch."""
    pixels = torch.tensor([[[[0.0, 1.0]]]], dtype=torch.float64)
    norm = nn.BatchNorm2d(1, eps=0.0, affine=False, dtype=torch.float64).eval()
    norm.running_mean, norm.running_var = torch.tensor([0.1307], dtype=torch.float64), torch.tensor([0.3081**2], dtype=torch.float64)
    black, white = norm(pixels).flatten().tolist()
    return [black, white]


def _in_both() -> Sequence[float]:
    """Count how many images the first batches of two epochs share on average: 1,000 shuffled as a whole, and within batches of 100."""
    generator = torch.Generator().manual_seed(0)

    def first(within: bool) -> set[int]:
        if within:
            return set(torch.arange(1000).split(100)[0][torch.randperm(100, generator=generator)].tolist())
        return set(torch.randperm(1000, generator=generator)[:100].tolist())

    return [round(statistics.mean(len(first(within) & first(within)) for _ in range(2000))) for within in (False, True)]


def _constants(answer: Any) -> tuple[str, str] | None:
    generator = torch.Generator().manual_seed(0)
    shades = torch.randint(0, 200, (6, 3, 1, 1), generator=generator)
    images = (shades + torch.randint(0, 56, (6, 3, 4, 5), generator=generator)).to(torch.uint8)
    by_channel = (images.double() / 255).transpose(0, 1).reshape(3, -1)
    wanted = by_channel.mean(dim=1), (by_channel - by_channel.mean(dim=1, keepdim=True)).square().mean(dim=1).sqrt()
    for got, right, (zh, en) in zip(answer(images), wanted, (("均值", "means"), ("标准差", "deviations")), strict=True):
        got = torch.as_tensor(got, dtype=torch.float64)
        # A reader may divide by n - 1.
        if got.shape != (3,) or (got - right).abs().max() > 6e-3:
            return f"{zh}应为 {_rounded(right)}，得到 {_rounded(got)}", f"the {en} should be {_rounded(right)}, got {_rounded(got)}"
    return None


def _rounded(values: torch.Tensor) -> str:
    return ", ".join(f"{value:.3f}" for value in values.flatten()[:6].tolist())


def _places() -> int:
    """Count the crops of 28 by 28 in 32 by 32."""
    return int(torch.zeros(32, 32).unfold(0, 28, 1).unfold(1, 28, 1)[..., 0, 0].numel())


def _flipped(answer: Any) -> tuple[str, str] | None:
    images = torch.arange(2 * 4 * 3 * 5, dtype=torch.float32).reshape(4, 2, 3, 5)
    labels = torch.tensor([0, 3, 8, 5])
    got = answer(images.clone(), labels, [8, 0])
    if got.shape != images.shape:
        return f"输出的形状应为 {tuple(images.shape)}", f"the output should be {tuple(images.shape)}"
    for image, one, label in zip(images, got, labels.tolist(), strict=True):
        if not torch.equal(one, torch.from_numpy(image.numpy()[..., ::-1].copy()) if label in (0, 8) else image):
            should = ("应当左右翻转", "should be flipped left-right") if label in (0, 8) else ("应当原样", "should stay as it is")
            return f"标签是 {label} 的图{should[0]}", f"the image labelled {label} {should[1]}"
    return None


def _mixed(answer: Any) -> tuple[str, str] | None:
    generator = torch.Generator().manual_seed(0)
    images, labels, order = torch.rand(4, 1, 3, 3, generator=generator), torch.tensor([2, 0, 2, 4]), torch.tensor([1, 2, 0, 3])
    inputs, targets = answer(images, labels, order, 0.7, 6)
    wanted = torch.zeros(4, 6)
    for row, other in enumerate(order.tolist()):
        wanted[row, labels[row]] += 0.7
        wanted[row, labels[other]] += 0.3
    if inputs.shape != images.shape or not torch.allclose(inputs, 0.7 * images + 0.3 * images[order], atol=1e-5):
        return "图片没有按 0.7 比 0.3 混合", "the images are not mixed 0.7 to 0.3"
    if targets.shape != (4, 6) or not torch.allclose(targets.float(), wanted, atol=1e-5):
        return "标签没有按 0.7 比 0.3 混合成 (4, 6)", "the labels are not mixed 0.7 to 0.3, as (4, 6)"
    return None


def _covered() -> Sequence[float]:
    """Count the pixels of a cat that a piece of a dog leaves."""
    dog = torch.zeros(32, 32, dtype=torch.bool)
    dog[4:28, 8:24] = True
    return [(~dog).double().mean().item(), dog.double().mean().item()]


def _negative_for_all() -> Sequence[float]:
    truth, said = torch.arange(1000) < 10, torch.zeros(1000, dtype=torch.bool)
    return [(truth == said).double().mean().item(), said[truth].double().mean().item()]


def _fold_sizes() -> Sequence[float]:
    from sklearn.model_selection import KFold

    kept = [len(train) for train, _ in KFold(5).split(range(1257))]
    return [len(kept), min(kept)]


def _behind_noise() -> float:
    """Find by halving the true accuracy that shows as 78 % when a fifth of the labels is wrong."""
    low, high = 0.0, 1.0
    for _ in range(60):
        true = (low + high) / 2
        # Columns are classes, the first one right: where answer and label agree, a point is counted.
        said, written = torch.tensor([true] + [(1 - true) / 9] * 9), torch.tensor([0.8] + [0.2 / 9] * 9)
        low, high = (true, high) if float(said @ written) < 0.78 else (low, true)
    return low


def _sampling(answer: Any) -> tuple[str, str] | None:
    labels = torch.tensor([0, 3, 0, 0, 1, 3, 0, 0, 0, 3])
    weights = torch.as_tensor(answer(labels), dtype=torch.float64)
    if weights.shape != labels.shape or weights.min() <= 0:
        return "应当给每个样本一个正的权重", "there should be a positive weight for each sample"
    chances = [float(weights[labels == label].sum() / weights.sum()) for label in (0, 1, 3)]
    if max(abs(chance - 1 / 3) for chance in chances) > 1e-4:
        shown = ", ".join(f"{chance:.2f}" for chance in chances)
        return (
            f"3 个类别抽到的机会是 {shown}，应当各占三分之一",
            f"the 3 classes are drawn with chances {shown}, which should be a third each",
        )
    return None


def _grouped(answer: Any) -> tuple[str, str] | None:
    generator = torch.Generator().manual_seed(0)
    groups = torch.randint(0, 9, (60,), generator=generator) * 7 + 3
    for k in (2, 4):
        folds = [torch.as_tensor(fold) for fold in answer(groups, k)]
        if len(folds) != k or any(fold.numel() == 0 for fold in folds):
            return f"应当有 {k} 折，没有空的", f"there should be {k} folds, none of them empty"
        if torch.cat(folds).sort().values.tolist() != list(range(60)):
            return "每个样本应当恰好在一折里", "every sample should be in exactly one fold"
        people = [set(groups[fold].tolist()) for fold in folds]
        if sum(map(len, people)) != len(set().union(*people)):
            return "同一个人出现在两折里", "one person is in two folds"
    return None
def _new_head() -> Sequence[int]:
    """Return the parameters of the new last layer of ResNet-18, and of the whole network with it."""
    with torch.device("meta"):
        model = models.create("resnet18", num_classes=10)
    return [sum(p.numel() for p in module.parameters()) for module in (list(model.modules())[-1], model)]


def _freeze_batch_norm(answer: Any) -> tuple[str, str] | None:
    torch.manual_seed(0)
    convolution, linear, dropout = nn.Conv2d(1, 2, 3), nn.Linear(32, 3), nn.Dropout(0.5)
    normalized = (nn.BatchNorm2d(2), nn.BatchNorm1d(3))
    model = nn.Sequential(convolution, normalized[0], dropout, nn.Sequential(nn.Flatten(), linear, normalized[1]))
    before = [{key: value.clone() for key, value in layer.state_dict().items()} for layer in normalized]
    model.train()
    answer(model)
    model(torch.randn(8, 1, 6, 6)).sum().backward()
    for layer, old in zip(normalized, before, strict=True):
        if any(not torch.equal(layer.state_dict()[key], value) for key, value in old.items()):
            return "前向一次之后，移动统计量变了", "after one forward pass the running statistics have changed"
        if any(parameter.requires_grad for parameter in layer.parameters()):
            return "批量归一化的参数还要求导", "parameters of batch normalization still want a gradient"
    if not dropout.training:
        return "别的层也离开了训练模式，dropout 不再起作用", "other layers have left training mode too, and dropout does nothing"
    if not all(parameter.requires_grad for layer in (convolution, linear) for parameter in layer.parameters()):
        return "别的层的参数也冻住了", "parameters of other layers are frozen too"
    return None


def _sparse() -> Sequence[float]:
    """Find the share of zeros from which pairs of value and place take less room, and what is left of it at nine tenths."""
    shares = [number / 1000 for number in range(1001)]
    return [max(share for share in shares if (1 - share) * (4 + 4) >= 4), (1 - 0.9) * (4 + 4) / 4]


def _schedule(function: Callable[..., Any]) -> tuple[str, str] | None:
    for steps, warmup, lr in ((100, 10, 0.1), (7, 3, 2.0), (20, 1, 0.5)):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
        rising = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=1 / warmup, total_iters=warmup - 1)
        falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps - warmup)
        both = torch.optim.lr_scheduler.SequentialLR(optimizer, [rising, falling], milestones=[warmup])
        for step in range(steps):
            found, wanted = function(step, steps, warmup, lr), optimizer.param_groups[0]["lr"]
            if not math.isclose(found, wanted, rel_tol=1e-6, abs_tol=1e-9):
                told = f"schedule({step}, {steps}, {warmup}, {lr})"
                return f"{told} 应当是 {wanted:.6g}，得到 {found:.6g}", f"{told} should be {wanted:.6g}, got {found:.6g}"
            optimizer.step()
            both.step()
    return None


CHECKS: dict[str, Check] = {
    "training/data/1": number(
        lambda: [len(sizes := _batches(55_000, 64, drop_last=True)), 55_000 - sum(sizes)],
        "几次迭代、丢下几张",
        "iterations, and images left out",
        count=2,
    ),
    "training/data/2": number(_normalized_ends, "黑色、白色", "black, white", count=2, tolerance=2e-3),
    "training/data/3": number(_in_both, "打乱全部时、只在批量内打乱时", "shuffled as a whole, and within batches", count=2),
    "training/data/4": code(
        "channel_constants",
        "channel_constants(images)：uint8 (N, C, H, W) → 均值和标准差，各 (C,)，像素按 0 到 1 计",
        "channel_constants(images): uint8 (N, C, H, W) → means and deviations, each (C,), with pixels from 0 to 1",
        _constants,
    ),
    "training/augmentation/2": number(_places),
    "training/augmentation/3": code(
        "flip_some",
        "flip_some(images, labels, symmetric)：(N, C, H, W)、(N,)、标签的列表 → (N, C, H, W)",
        "flip_some(images, labels, symmetric): (N, C, H, W), (N,), a list of labels → (N, C, H, W)",
        _flipped,
    ),
    "training/augmentation/5": code(
        "mix",
        "mix(images, labels, order, weight, num_classes)：混好的图片和标签，(N, C, H, W) 与 (N, num_classes)",
        "mix(images, labels, order, weight, num_classes) gives mixed images and labels, (N, C, H, W) and (N, num_classes)",
        _mixed,
    ),
    "training/augmentation/6": number(_covered, "猫、狗", "cat, dog", count=2),
    "training/splits/1": number(_negative_for_all, "准确率、召回率，0 到 1", "accuracy and recall, 0 to 1", count=2),
    "training/splits/2": number(_fold_sizes, "几个网络、最小的训练集几张", "networks, and images of the smallest training set", count=2),
    "training/splits/3": number(_behind_noise, "0 到 1", "0 to 1", tolerance=2e-3),
    "training/splits/4": code(
        "sampling_weights",
        "sampling_weights(labels)：int64 (N,) → 每个样本的权重 (N,)",
        "sampling_weights(labels): int64 (N,) → a weight for each sample, (N,)",
        _sampling,
    ),
    "training/splits/5": code(
        "group_folds",
        "group_folds(groups, k)：每个样本属于谁，int64 (N,) → k 个下标张量",
        "group_folds(groups, k): whose each sample is, int64 (N,) → k tensors of indices",
        _grouped,
    ),
    "training/checkpoints/2": number(_share_and_loss, "多花百分之几、丢几分钟", "percent more time, minutes lost", count=2),
    "training/checkpoints/5": code(
        "save_atomically",
        "save_atomically(state, path)：把 state 写到 path；中途出错时旧文件原样还在",
        "save_atomically(state, path) writes state to path; if it fails halfway, the old file is untouched",
        _atomic,
    ),
    "training/debugging/1": number(lambda: math.log(100), "起始损失应当是多少", "what the start loss should be", tolerance=5e-3),
    "training/debugging/3": number(lambda: 0.5 + 0.5 * 0.1, "上限，0 到 1", "the upper bound, 0 to 1", tolerance=0.02),
    "training/learning-rate/1": number(
        _edge_of_stability, "上限、一步到底的", "the largest, and the one of a single step", count=2, tolerance=1e-3
    ),
    "training/learning-rate/2": number(lambda: 1 - (2 / 100) / 2 * 1, "每步乘多少", "the factor of a step"),
    "training/learning-rate/3": number(
        lambda: [10 * len(_batches(1257, size, drop_last=True)) for size in (64, 256)],
        "批量 64 的、256 的",
        "with 64, and with 256",
        count=2,
    ),
    "training/learning-rate/5": number(
        lambda: (size := 4 * 32 * 8, len(_batches(51_200, size, drop_last=False))),
        "有效批量大小、更新次数",
        "effective size, updates",
        count=2,
    ),
    "training/learning-rate/6": code(
        "schedule",
        "schedule(step, steps, warmup, lr)：返回第 step 步的学习率",
        "schedule(step, steps, warmup, lr) returns the learning rate of that step",
        _schedule,
    ),
    "training/loop/1": number(
        lambda: [len(sizes := _batches(50_000, 128, drop_last=False)), sizes[-1]],
        "几次迭代、最后一个批量几张",
        "iterations, and images of the last batch",
        count=2,
    ),
    "training/loop/2": number(lambda: 64, "多少倍", "how many times as long"),
    "training/metrics/1": number(_ill, "百分之几", "in percent", tolerance=5e-3),
    "training/metrics/2": code(
        "auc",
        "auc(scores, positive)：一维的分数和布尔标签，返回 ROC 曲线下面积；分数相同算半次",
        "auc(scores, positive): scores and Booleans of one dimension; returns the area under the ROC curve, ties counting one half",
        _auc,
    ),
    "training/metrics/3": number(_always_yes, tolerance=5e-3),
    "training/metrics/4": number(_apart, tolerance=5e-3),
    "training/own-digit/4": code(
        "centre_of_mass",
        "centre_of_mass(image)：二维张量的质心（行，列），两个浮点数",
        "centre_of_mass(image) gives the centre of mass of a tensor of two dimensions as (row, column), two floats",
        _mass,
    ),
    "training/seeds/1": number(lambda: _runs_needed(0.5, 1.0)),
    "training/seeds/3": number(
        lambda: 100 * float(torch.distributions.Bernoulli(0.992).stddev) / math.sqrt(10_000), "百分点", "in points", tolerance=0.02
    ),
    "training/tuning/1": number(_fewest_pairs, "最小的 p 值、对数", "the least p-value, and the number of pairs", count=2),
    "training/tuning/2": number(lambda: len(list(itertools.product(range(5), repeat=4))) * 3 / 6, "小时", "in hours"),
    "training/tuning/3": number(lambda: float(1 - torch.distributions.Binomial(20, torch.tensor(0.05)).log_prob(torch.tensor(0.0)).exp()),
                                tolerance=5e-3),
    "training/tuning/4": code(
        "folds",
        "folds(n, k)：k 个 (train, validation)，都是下标的一维张量",
        "folds(n, k): k pairs (train, validation) of index tensors of one dimension",
        _folds,
    ),
    "training/loop/3": code(
        "accumulate",
        "accumulate(model, loss_function, optimizer, batches)：batches 是几个同样大的 (images, labels)；更新一次，最后清零",
        "accumulate(model, loss_function, optimizer, batches): batches of one size, each (images, labels); one update, then no gradients",
        _accumulate,
    ),
    "training/checkpoints/1": number(
        _file_sizes, "只存权重、连同 AdamW 的状态，都用 kB", "the weights, and with the state of AdamW, in kB", count=2, tolerance=5e-3
    ),
    "training/seeds/2": number(
        _interval, "均值、标准差、区间的半宽", "mean, deviation, half the width of the interval", count=3, tolerance=2e-2
    ),
    "training/transfer/1": number(_new_head, "新头的、整个网络的", "of the new head, and of the whole network", count=2),
    "training/transfer/2": code(
        "freeze_batch_norm",
        "freeze_batch_norm(model)：就地冻结所有批量归一化层，在 model.train() 之后调用",
        "freeze_batch_norm(model) freezes every batch normalization in place; it is called after model.train()",
        _freeze_batch_norm,
    ),
    "training/transfer/4": number(_sparse, "比例、剩几分之几，都写成小数", "the share, and the part that is left, as decimals", count=2),
    "training/seeds/4": number(lambda: _highest(10), tolerance=1e-2),
    "training/memory/1": number(_fixed_memory, "Adam 的、SGD 的，用 MB", "with Adam, and with SGD, in MB", count=2),
    "training/memory/2": number(lambda: max(b for b in range(1, 1000) if 400 + 25 * b <= 8000)),
    "training/memory/3": number(_fewest_kept, "几段、几个张量", "segments, and tensors", count=2),
    "training/memory/4": number(_sent_in_a_ring),
    "training/speed/1": number(
        lambda: [_speedup(0.6, 4), _speedup(0.4, 4)], "加快加载的、加快计算的", "loading, and calculating", count=2, tolerance=5e-3
    ),
    "training/speed/2": number(lambda: [1 / 0.002, 32 / 0.016], "批量 1 的、批量 32 的", "with 1, and with 32", count=2),
    "training/speed/3": number(
        lambda: sum(p.nbytes - p.to(torch.int8).nbytes for p in models.create("lenet").parameters()) / 1000,
        "用 kB",
        "in kB",
        tolerance=5e-3,
    ),
    "training/speed/4": code(
        "quantize",
        "quantize(x, bits)：对称量化，整个张量一个系数，返回读回来的张量",
        "quantize(x, bits) rounds symmetrically with one scale for the tensor and returns what is read back",
        _quantized,
    ),
    "training/precision/1": number(_intensities, "算术强度、最小的 n", "the intensity, and the least n", count=2, tolerance=1e-3),
    "training/precision/2": number(_largest_scale),
    "training/precision/3": number(lambda: torch.finfo(torch.bfloat16).eps / 2),
    "training/precision/4": code(
        "machine_epsilon",
        "machine_epsilon(dtype)：这种格式里 1 与下一个数之差，一个浮点数",
        "machine_epsilon(dtype) gives the difference between 1 and the next number of that format, a float",
        _epsilon,
    ),
}
