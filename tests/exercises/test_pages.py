"""The exercises on the pages: enough of them, folded answers, code that runs, and the same results as the checks."""

from __future__ import annotations

import importlib
import itertools
import math
import re
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from dlnotes import exercises
from dlnotes.exercises import reading
from dlnotes.site.execution import Executor
from dlnotes.site.pages import EXPRESSION, read

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = [path.relative_to(DOCS).with_suffix("").as_posix() for folder in reading.FOLDERS for path in sorted((DOCS / folder).glob("*.py"))]
NUMBERS = [key for key, check in exercises.checks().items() if check.expected is not None]
CODE = [key for key in exercises.checks() if key not in NUMBERS]
LANGUAGES = ("zh", "en")
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)
NUMBER = re.compile(r"(?<![\d.])-?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:e[-+]?\d+)?")


def test_the_pages_are_those_of_this_checkout() -> None:
    assert reading.pages() == DOCS and len(PAGES) >= 13


@pytest.mark.parametrize("page", PAGES)
def test_every_page_has_exercises_with_folded_answers(page: str) -> None:
    found = [exercise for exercise in exercises.exercises().values() if exercise.page == page]
    assert len(found) >= 4, f"{page} has {len(found)} exercises; a page under {', '.join(reading.FOLDERS)} has at least 4"
    for exercise in found:
        zh, en = (exercise.question[language] + exercise.answer[language] for language in LANGUAGES)
        assert re.search(r"[\u4e00-\u9fff]", exercise.question["zh"]) and not re.search(r"[\u4e00-\u9fff]", re.sub(r"`[^`]*`", "", en))
        assert BLOCK.findall(zh) == BLOCK.findall(en) and Counter(EXPRESSION.findall(zh)) == Counter(EXPRESSION.findall(en))


def test_ids_are_unique() -> None:
    found = [exercise.id for page in PAGES for exercise in exercises.read(DOCS / f"{page}.py", DOCS)]
    assert len(found) == len(set(found)) and list(exercises.exercises()) == found


@pytest.mark.parametrize("name", [key for key, exercise in exercises.exercises().items() if BLOCK.search(exercise.answer["en"])])
def test_answers_that_are_code_run(name: str) -> None:
    # A reader copies the block into a file: it needs nothing else.
    for block in BLOCK.findall(exercises.find(name).answer["en"]):
        exec(compile(block, f"{name}.py", "exec"), {"__name__": "answer"})


def test_checks_are_of_exercises() -> None:
    assert exercises.checks().keys() <= exercises.exercises().keys()
    for table in reading.FOLDERS:
        assert all(key.startswith(f"{table}/") for key in importlib.import_module(f"dlnotes.exercises.{table}").CHECKS)
    assert len(exercises.checks()) >= 30 and len(CODE) >= 6


# ---- the pages' own answers


def numbers(text: str) -> list[float]:
    # 50{,}000, 50,000 and 50000 are one number; 0,2,5,7 are four.
    return [float(match.replace(",", "")) for match in NUMBER.findall(text.replace("{,}", ","))]


def missing(name: str, text: str) -> list[float]:
    check = exercises.checks()[name]
    assert check.expected is not None
    given = numbers(text)
    # What a page shows is rounded, and a tolerance is there for readers who round too.
    near = max(check.tolerance, 1e-9)
    return [value for value in check.expected() if not any(math.isclose(value, one, rel_tol=near) for one in given)]


def plainly_evaluated(text: str) -> str:
    """Put in the values of expressions that need nothing of their page."""
    return EXPRESSION.sub(lambda match: str(eval(match[1], {"math": math, "torch": torch})), text)


def needs_its_page(name: str) -> bool:
    try:
        for language in LANGUAGES:
            plainly_evaluated(exercises.find(name).answer[language])
    except NameError:
        return True
    return False


@pytest.mark.parametrize("name", [name for name in NUMBERS if not needs_its_page(name)])
@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_of_the_page_pass_its_check(name: str, language: str) -> None:
    answer = plainly_evaluated(exercises.find(name).answer[language])
    assert not missing(name, answer), f"the check of {name} wants numbers that its page does not give: {answer}"


@pytest.mark.slow
@pytest.mark.parametrize("page", sorted({exercises.find(name).page for name in NUMBERS if needs_its_page(name)}))
def test_numbers_that_a_page_computes_pass_its_check(page: str) -> None:
    source = read(DOCS / f"{page}.py", DOCS)
    # The same results as those of the site, so that no page runs twice.
    execution = Executor(DOCS, DOCS.parent / ".cache" / "pages", jobs=1).run([source])[page]
    expressions = itertools.chain.from_iterable(cell.expressions() for cell in source.cells)
    values = dict(zip(expressions, itertools.chain.from_iterable(execution.values), strict=True))
    for name in NUMBERS:
        if exercises.find(name).page == page:
            for language in LANGUAGES:
                answer = EXPRESSION.sub(lambda match: values[match[1]], exercises.find(name).answer[language])
                assert not missing(name, answer), f"the check of {name} wants numbers that its page does not give: {answer}"


@pytest.mark.parametrize("name", CODE)
@pytest.mark.parametrize("language", LANGUAGES)
def test_code_of_the_page_passes_its_check(name: str, language: str, tmp_path: Path) -> None:
    blocks = BLOCK.findall(exercises.find(name).answer[language])
    assert len(blocks) == 1, f"the answer to {name} is code: give it as one ```python block"
    (tmp_path / "answer.py").write_text(blocks[0], "utf-8")
    verdict = exercises.judge(name, tmp_path / "answer.py")
    assert verdict.right, verdict.reason


# ---- wrong answers


@pytest.mark.parametrize("name", NUMBERS)
def test_wrong_numbers_are_refused(name: str) -> None:
    check = exercises.checks()[name]
    assert check.expected is not None
    right = check.expected()
    assert check.examine(right if len(right) > 1 else right[0]) is None and check.examine(list(right)) is None
    assert check.examine(torch.tensor(right, dtype=torch.float64)) is None
    for place, value in enumerate(right):
        for wrong in (value * 1.5 + 1, -value - 1, math.nan, value * (1 + 3 * check.tolerance) or 1e-3):
            complaint = check.examine((*right[:place], wrong, *right[place + 1 :]))
            assert complaint and "不对" in complaint[0] and "not right" in complaint[1]
            assert len(right) == 1 or str(place + 1) in complaint[0]
    others: tuple[Any, ...] = ("text", None, (*right, 1.0), True, [], {"answer": 1})
    for other in others:
        complaint = check.examine(other)
        assert complaint and "must be" in complaint[1]


WRONG = {
    "training/speed/4": [
        # The integers; a scale for each row; one integer too many on the positive side.
        "def quantize(x, bits):\n    m = 2 ** (bits - 1) - 1\n    return (x / (x.abs().max() / m)).round()",
        "def quantize(x, bits):\n    s = x.abs().amax(dim=1, keepdim=True) / (2 ** (bits - 1) - 1)\n    return (x / s).round() * s",
        "def quantize(x, bits):\n    s = x.abs().max() / 2 ** (bits - 1)\n    return (x / s).round() * s",
    ],
    "training/precision/4": [
        # The smallest normal number; one halving too many; not the format asked for.
        "import torch\ndef machine_epsilon(dtype):\n    return torch.finfo(dtype).tiny",
        "import torch\ndef machine_epsilon(dtype):\n    return torch.finfo(dtype).eps / 2",
        "def machine_epsilon(dtype):\n    return 2.0**-23",
    ],
    "theory/autograd/2": [
        "import math\ndef exp(self):\n    return type(self)(math.exp(self.value), ())",
        "import math\ndef exp(self):\n    return type(self)(math.exp(self.value), ((self, self.value),))",
        "def exp(self):\n    return type(self)(1 + self.value, ((self, 1.0),))",
    ],
    "theory/autograd/7": [
        # No gradient; cut off; rounded down; a gradient of its own.
        "def pass_through_round(x):\n    return x.round()",
        "def pass_through_round(x):\n    return x.detach().round()",
        "def pass_through_round(x):\n    return x + (x.floor() - x).detach()",
        "def pass_through_round(x):\n    return 2 * x + (x.round() - 2 * x).detach()",
    ],
    "theory/indexing/2": [
        # Of the wrong type; turned; as many classes as labels.
        "import torch\ndef one_hot(labels, classes):\n    return labels[:, None] == torch.arange(classes)",
        "import torch\ndef one_hot(labels, classes):\n    return (torch.arange(classes)[:, None] == labels).float()",
        "import torch\ndef one_hot(labels, classes):\n    return torch.eye(classes)[: len(labels)]",
    ],
    "theory/indexing/3": [
        # By reshape alone; patches column by column; the channel last within a patch.
        "def cut(x, s):\n    return x.reshape(len(x), -1, x.shape[1] * s * s)",
        "def cut(x, s):\n    n, c, h, w = x.shape\n"
        "    return x.reshape(n, c, h // s, s, w // s, s).permute(0, 4, 2, 1, 3, 5).reshape(n, -1, c * s * s)",
        "def cut(x, s):\n    n, c, h, w = x.shape\n"
        "    return x.reshape(n, c, h // s, s, w // s, s).permute(0, 2, 4, 3, 5, 1).reshape(n, -1, c * s * s)",
    ],
    "training/learning-rate/6": [
        # No warm-up; the cosine counted from step 0; a warm-up that begins at 0.
        "import math\ndef schedule(step, steps, warmup, lr):\n    return lr * (1 + math.cos(math.pi * step / steps)) / 2",
        "import math\ndef schedule(step, steps, warmup, lr):\n    if step < warmup:\n        return lr * (step + 1) / warmup\n"
        "    return lr * (1 + math.cos(math.pi * step / steps)) / 2",
        "import math\ndef schedule(step, steps, warmup, lr):\n    if step < warmup:\n        return lr * step / warmup\n"
        "    return lr * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup))) / 2",
    ],
    "theory/loss-surface/3": [
        # The middle of both, whatever the count; a count off by one; writes into what it was given.
        "def running_mean(old, new, count):\n    return {k: (old[k] + new[k]) / 2 for k in old}",
        "def running_mean(old, new, count):\n    return {k: old[k] + (new[k] - old[k]) / count for k in old}",
        "def running_mean(old, new, count):\n    for k in old:\n        old[k] += (new[k] - old[k]) / (count + 1)\n    return old",
    ],
    "theory/mlp/1": [
        "def xor(x1, x2):\n    return max(0, x1 + x2)",
        "def xor(x1, x2):\n    return int(x1 != x2) * (x1 + x2) ** 2",
        "def xor(x1):\n    return x1",
        "xor = 3",
    ],
    "theory/convolution/4": [
        # Without dilation; with the kernel turned as in mathematics; transposed.
        "from torch.nn.functional import conv2d\ndef dilated(input, weight, d):\n    return conv2d(input, weight)",
        "from torch.nn.functional import conv2d\ndef dilated(input, weight, d):\n    return conv2d(input, weight.flip(2, 3), dilation=d)",
        "from torch.nn.functional import conv2d\ndef dilated(input, weight, d):\n    return conv2d(input, weight, dilation=d).mT",
    ],
    "theory/normalization/2": [
        "def fold(convolution, normalization):\n    return convolution",
        "def fold(convolution, normalization):\n    return normalization",
        # Forgets eps and the mean.
        "import torch\nfrom torch import nn\ndef fold(c, n):\n"
        "    f = nn.Conv2d(c.in_channels, c.out_channels, c.kernel_size, c.stride, c.padding)\n"
        "    with torch.no_grad():\n        s = n.weight / n.running_var.sqrt()\n"
        "        f.weight.copy_(s[:, None, None, None] * c.weight)\n        f.bias.copy_(n.bias)\n    return f",
    ],
    "theory/sequences/3": [
        # One way only; the order of the two ends changed.
        "import torch\ndef bidirectional(x, W, U, b):\n    h = x.new_zeros(len(x), len(b))\n    for x_t in x.unbind(1):\n"
        "        h = torch.tanh(x_t @ W.T + h @ U.T + b)\n    return torch.cat([h, h], dim=1)",
        "import torch\ndef bidirectional(x, W, U, b):\n    ends = []\n    for s in (x.flip(1), x):\n"
        "        h = x.new_zeros(len(x), len(b))\n        for x_t in s.unbind(1):\n"
        "            h = torch.tanh(x_t @ W.T + h @ U.T + b)\n        ends.append(h)\n    return torch.cat(ends, 1)",
    ],
    "theory/attention/2": [
        # Not scaled; the mask after softmax; softmax along the queries; no mask.
        "import math, torch\ndef causal_attention(q, k, v):\n    m = torch.ones(q.shape[1], k.shape[1]).triu(1).bool()\n"
        "    return (q @ k.mT).masked_fill(m, -math.inf).softmax(-1) @ v",
        "import torch\ndef causal_attention(q, k, v):\n    return ((q @ k.mT / q.shape[-1] ** 0.5).softmax(-1)).tril() @ v",
        "import math, torch\ndef causal_attention(q, k, v):\n    m = torch.ones(q.shape[1], k.shape[1]).triu(1).bool()\n"
        "    return (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(m, -math.inf).softmax(-2) @ v",
        "from torch.nn import functional as F\ndef causal_attention(q, k, v):\n    return F.scaled_dot_product_attention(q, k, v)",
    ],
    "theory/autoencoder/2": [
        # Not centred; the last components; the components of the wrong images.
        "import torch\ndef rebuild(known, images, k):\n"
        "    d = torch.linalg.svd(known, full_matrices=False).Vh[:k]\n    return images @ d.T @ d",
        "import torch\ndef rebuild(known, images, k):\n    c = known.mean(0)\n"
        "    d = torch.linalg.svd(known - c, full_matrices=False).Vh[-k:]\n    return c + (images - c) @ d.T @ d",
        "import torch\ndef rebuild(known, images, k):\n    c = images.mean(0)\n"
        "    d = torch.linalg.svd(images - c, full_matrices=False).Vh[:k]\n    return c + (images - c) @ d.T @ d",
    ],
    "theory/vision-transformer/3": [
        # Cuts rows, not patches; leaves the channels last.
        "def patches(images, side):\n    return images.reshape(len(images), -1, images.shape[1] * side * side)",
        "def patches(images, side):\n    n, c, h, w = images.shape\n    x = images.reshape(n, c, h // side, side, w // side, side)\n"
        "    return x.permute(0, 2, 4, 3, 5, 1).reshape(n, -1, c * side * side)",
    ],
    "theory/pooling/2": [
        "from torch import nn\ndef average(channels):\n    return nn.AvgPool2d(2)",
        # Mixes the channels.
        "from torch import nn\ndef average(channels):\n    c = nn.Conv2d(channels, channels, 2, stride=2, bias=False)\n"
        "    nn.init.constant_(c.weight, 1 / 4)\n    return c",
    ],
    "theory/linear-regression/4": [
        # Standardized, and still correlated; uncorrelated, of unequal variance; not centred.
        "def whiten(features):\n    return (features - features.mean(dim=0)) / features.std(dim=0)",
        "import torch\ndef whiten(features):\n    c = features - features.mean(dim=0)\n"
        "    return c @ torch.linalg.svd(c, full_matrices=False)[2].T",
        "import torch\ndef whiten(features):\n    return torch.linalg.svd(features, full_matrices=False)[0] * (len(features) - 1) ** 0.5",
        "def whiten(features):\n    return features[:, :2]",
    ],
    "theory/linear-algebra/2": [
        # Not divided; divided by one length; the columns instead of the rows.
        "def cosine_matrix(a, b):\n    return a @ b.T",
        "def cosine_matrix(a, b):\n    return a @ b.T / a.norm(dim=1, keepdim=True)",
        "def cosine_matrix(a, b):\n    return (a / a.norm(dim=0)) @ (b / b.norm(dim=0)).T",
    ],
    "theory/probability/5": [
        # The spread of single answers; one standard error; in percent.
        "def interval(right, total):\n    p = right / total\n    h = 1.96 * (p * (1 - p)) ** 0.5\n    return p - h, p + h",
        "def interval(right, total):\n    p = right / total\n    h = (p * (1 - p) / total) ** 0.5\n    return p - h, p + h",
        "def interval(right, total):\n    p = right / total\n    h = 1.96 * (p * (1 - p) / total) ** 0.5\n"
        "    return 100 * (p - h), 100 * (p + h)",
    ],
    "theory/losses/5": [
        # Without T²; averaged over the classes too; the teacher is trained as well.
        "from torch.nn.functional import cross_entropy, kl_div\ndef distillation(s, t, y, T, a):\n"
        "    soft = kl_div((s / T).log_softmax(1), (t.detach() / T).softmax(1), reduction='batchmean')\n"
        "    return a * soft + (1 - a) * cross_entropy(s, y)",
        "from torch.nn.functional import cross_entropy, kl_div\ndef distillation(s, t, y, T, a):\n"
        "    soft = T**2 * kl_div((s / T).log_softmax(1), (t.detach() / T).softmax(1), reduction='none').mean()\n"
        "    return a * soft + (1 - a) * cross_entropy(s, y)",
        "from torch.nn.functional import cross_entropy, kl_div\ndef distillation(s, t, y, T, a):\n"
        "    soft = T**2 * kl_div((s / T).log_softmax(1), (t / T).softmax(1), reduction='batchmean')\n"
        "    return a * soft + (1 - a) * cross_entropy(s, y)",
    ],
    "theory/adaptive-optimizers/3": [
        # Divides by the old average; eps within the root; a sum.
        "def rmsprop_step(w, g, v, lr):\n    return w - lr * g / (v**0.5 + 1e-8), 0.99 * v + 0.01 * g**2",
        "def rmsprop_step(w, g, v, lr):\n    v = 0.99 * v + 0.01 * g**2\n    return w - lr * g / (v + 1e-2) ** 0.5, v",
        "def rmsprop_step(w, g, v, lr):\n    v = v + g**2\n    return w - lr * g / (v**0.5 + 1e-8), v",
    ],
    "theory/optimizers/6": [
        # Without correction; with t one too large; with the sign alone.
        "def adam_step(w, g, m, v, t, lr):\n    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2\n"
        "    return w - lr * m / (v**0.5 + 1e-8), m, v",
        "def adam_step(w, g, m, v, t, lr):\n    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2\n"
        "    return w - lr * m / (1 - 0.9**(t + 1)) / ((v / (1 - 0.999**(t + 1)))**0.5 + 1e-8), m, v",
        "def adam_step(w, g, m, v, t, lr):\n    return w - lr * g.sign(), m, v",
    ],
    "training/checkpoints/5": [
        # Over the old file; after removing it; to another place.
        "import torch\ndef save_atomically(state, path):\n    torch.save(state, path)",
        "import os, torch\ndef save_atomically(state, path):\n    if os.path.exists(path):\n        os.remove(path)\n"
        "    torch.save(state, path)",
        "import torch\ndef save_atomically(state, path):\n    torch.save(state, path + '.partial')",
    ],
    "training/metrics/2": [
        # Ties count nothing; ties count whole; the accuracy at a threshold; the order turned round.
        "def auc(scores, positive):\n    return (scores[positive][:, None] > scores[~positive]).double().mean().item()",
        "def auc(scores, positive):\n    return (scores[positive][:, None] >= scores[~positive]).double().mean().item()",
        "def auc(scores, positive):\n    return ((scores > scores.median()) == positive).double().mean().item()",
        "from sklearn.metrics import roc_auc_score\ndef auc(scores, positive):\n    return roc_auc_score(positive, -scores)",
    ],
    "training/tuning/4": [
        # Sizes of 3, 3, 3, 1; validation left in training; the same images in validation again and again; one fold too few.
        "import torch\ndef folds(n, k):\n    p = torch.randperm(n).chunk(k)\n"
        "    return [(torch.cat([q for j, q in enumerate(p) if j != i]), p[i]) for i in range(k)]",
        "import torch\ndef folds(n, k):\n    return [(torch.arange(n), p) for p in torch.arange(n).tensor_split(k)]",
        "import torch\ndef folds(n, k):\n    return [tuple(torch.randperm(n).split([n - n // k, n // k])) for _ in range(k)]",
        "import torch\ndef folds(n, k):\n    p = torch.randperm(n).tensor_split(k)\n"
        "    return [(torch.cat([q for j, q in enumerate(p) if j != i]), p[i]) for i in range(k - 1)]",
    ],
    "training/data/4": [
        # Per image and then averaged; over everything; bytes; per channel and place.
        "def channel_constants(images):\n    x = images.double() / 255\n    return x.mean(dim=(0, 2, 3)), x.std(dim=(2, 3)).mean(dim=0)",
        "def channel_constants(images):\n    x = images.double() / 255\n    return x.mean().expand(3), x.std().expand(3)",
        "def channel_constants(images):\n    x = images.double()\n    return x.mean(dim=(0, 2, 3)), x.std(dim=(0, 2, 3))",
        "def channel_constants(images):\n    x = images.double() / 255\n    return x.mean(dim=0), x.std(dim=0)",
    ],
    "training/augmentation/3": [
        # All of them; none; upside down.
        "def flip_some(images, labels, symmetric):\n    return images.flip(3)",
        "def flip_some(images, labels, symmetric):\n    return images",
        "import torch\ndef flip_some(images, labels, symmetric):\n    c = torch.isin(labels, torch.tensor(symmetric))\n"
        "    return torch.where(c[:, None, None, None], images.flip(2), images)",
        "def flip_some(images, labels, symmetric):\n    return images[:1]",
    ],
    "training/augmentation/5": [
        # Labels of one image alone; the weights exchanged; labels mixed as numbers.
        "from torch.nn.functional import one_hot\ndef mix(x, y, order, w, n):\n"
        "    return w * x + (1 - w) * x[order], one_hot(y, n).float()",
        "from torch.nn.functional import one_hot\ndef mix(x, y, order, w, n):\n    t = one_hot(y, n).float()\n"
        "    return (1 - w) * x + w * x[order], (1 - w) * t + w * t[order]",
        "def mix(x, y, order, w, n):\n    return w * x + (1 - w) * x[order], w * y + (1 - w) * y[order]",
    ],
    "training/splits/4": [
        # All alike; by the classes; the more there are, the more often.
        "import torch\ndef sampling_weights(labels):\n    return torch.ones(len(labels))",
        "import torch\ndef sampling_weights(labels):\n    return 1 / torch.bincount(labels).float()",
        "import torch\ndef sampling_weights(labels):\n    return torch.bincount(labels)[labels].float()",
    ],
    "training/splits/5": [
        # Samples dealt out; one fold of all; a sample left out.
        "import torch\ndef group_folds(groups, k):\n    return list(torch.arange(len(groups)).chunk(k))",
        "import torch\ndef group_folds(groups, k):\n    return [torch.arange(len(groups))] + [torch.arange(0)] * (k - 1)",
        "import torch\ndef group_folds(groups, k):\n    people = groups.unique()[1:]\n"
        "    return [torch.isin(groups, people[i::k]).nonzero()[:, 0] for i in range(k)]",
    ],
    "models/why-this-answer/2": [
        # Downhill; the gradient itself; not cut to 0 … 1; gradients left on the parameters.
        "import torch\nfrom torch.nn import functional as F\ndef fgsm(m, x, y, e):\n    x = x.clone().requires_grad_(True)\n"
        "    g, = torch.autograd.grad(F.cross_entropy(m(x), y), x)\n    return (x.detach() - e * g.sign()).clamp(0, 1)",
        "import torch\nfrom torch.nn import functional as F\ndef fgsm(m, x, y, e):\n    x = x.clone().requires_grad_(True)\n"
        "    g, = torch.autograd.grad(F.cross_entropy(m(x), y), x)\n    return (x.detach() + e * g).clamp(0, 1)",
        "import torch\nfrom torch.nn import functional as F\ndef fgsm(m, x, y, e):\n    x = x.clone().requires_grad_(True)\n"
        "    g, = torch.autograd.grad(F.cross_entropy(m(x), y), x)\n    return x.detach() + e * g.sign()",
        "from torch.nn import functional as F\ndef fgsm(m, x, y, e):\n    x = x.clone().requires_grad_(True)\n"
        "    F.cross_entropy(m(x), y).backward()\n    return (x.detach() + e * x.grad.sign()).clamp(0, 1)",
    ],
    "training/transfer/2": [
        # Nothing; the parameters alone; the statistics alone; the whole model.
        "def freeze_batch_norm(model):\n    pass",
        "def freeze_batch_norm(model):\n    for m in model.modules():\n        if 'BatchNorm' in type(m).__name__:\n"
        "            m.requires_grad_(False)",
        "def freeze_batch_norm(model):\n    for m in model.modules():\n        if 'BatchNorm' in type(m).__name__:\n            m.eval()",
        "def freeze_batch_norm(model):\n    model.eval().requires_grad_(False)",
        "from torch import nn\ndef freeze_batch_norm(model):\n    model.requires_grad_(False)\n    for m in model.modules():\n"
        "        if isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d)):\n            m.eval()",
    ],
    "training/own-digit/4": [
        # The centre of the frame; columns before rows; every pixel with ink counted once.
        "def centre_of_mass(image):\n    return (image.shape[0] - 1) / 2, (image.shape[1] - 1) / 2",
        "import torch\ndef centre_of_mass(image):\n    m = image.sum()\n    r = torch.arange(image.shape[0], dtype=image.dtype)\n"
        "    c = torch.arange(image.shape[1], dtype=image.dtype)\n"
        "    return float((image.sum(0) * c).sum() / m), float((image.sum(1) * r).sum() / m)",
        "def centre_of_mass(image):\n    where = image.nonzero().double().mean(0)\n    return float(where[0]), float(where[1])",
    ],
    "training/loop/3": [
        # Without the division; without the clearing; with an update for each batch.
        "def accumulate(model, f, optimizer, batches):\n    for x, y in batches:\n        f(model(x), y).backward()\n"
        "    optimizer.step()\n    optimizer.zero_grad()",
        "def accumulate(model, f, optimizer, batches):\n    for x, y in batches:\n        (f(model(x), y) / len(batches)).backward()\n"
        "    optimizer.step()",
        "def accumulate(model, f, optimizer, batches):\n    for x, y in batches:\n        (f(model(x), y) / len(batches)).backward()\n"
        "        optimizer.step()\n        optimizer.zero_grad()",
    ],
    "models/lenet/4": [
        "def as_convolution(linear, channels, side):\n    return linear",
        "from torch import nn\ndef as_convolution(linear, channels, side):\n    return nn.Conv2d(channels, linear.out_features, side)",
    ],
    "models/densenet/3": [
        "from torch import nn\ndef as_sum(channels):\n    return nn.Conv2d(2 * channels, channels, 1)",
        "import torch\nfrom torch import nn\ndef as_sum(channels):\n    c = nn.Conv2d(2 * channels, channels, 1, bias=False)\n"
        "    c.weight.data = torch.ones_like(c.weight)\n    return c",
        "from torch import nn\ndef as_sum(channels):\n    return nn.Identity()",
    ],
    "models/what-a-cnn-sees/4": [
        "def activations(model, images):\n    return {}",
        # The hooks stay.
        "def activations(model, images):\n    found = {}\n    for name, m in model.named_modules():\n        if not list(m.children()):\n"
        "            m.register_forward_hook(lambda m, i, o, name=name: found.update({name: o.detach()}))\n"
        "    model(images)\n    return found",
        # Every layer under the name of the last one.
        "def activations(model, images):\n    found = {}\n    hs = []\n    for name, m in model.named_modules():\n"
        "        if not list(m.children()):\n"
        "            hs.append(m.register_forward_hook(lambda m, i, o: found.update({name: o.detach()})))\n"
        "    model(images)\n    [h.remove() for h in hs]\n    return found",
    ],
    "models/after-resnet/4": [
        # Shuffled once more, which is right only where there are as many groups as channels in each.
        "def unshuffle(x, groups):\n    return x.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2)",
        "def unshuffle(x, groups):\n    return x",
        "def unshuffle(x, groups):\n    return x.flip(1)",
    ],
    "models/dense-prediction/4": [
        # Rows before columns; one past the end.
        "def box(mask):\n    r, c = mask.nonzero().T\n    return r.min(), c.min(), r.max(), c.max()",
        "def box(mask):\n    r, c = mask.nonzero().T\n    return c.min(), r.min(), c.max() + 1, r.max() + 1",
        "def box(mask):\n    return 0, 0, mask.shape[1] - 1, mask.shape[0] - 1",
    ],
    "models/index/4": ["def macs_per_parameter(name):\n    return 6.34", "def macs_per_parameter(name):\n    return None"],
}


def test_every_check_of_code_has_wrong_answers() -> None:
    assert WRONG.keys() == set(CODE)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in WRONG.items() for text in texts])
def test_wrong_code_is_refused(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "answer.py").write_text(text, "utf-8")
    verdict = exercises.judge(name, tmp_path / "answer.py")
    assert not verdict.right and all(verdict.reason[language] for language in LANGUAGES)
    assert re.search(r"[\u4e00-\u9fff]", verdict.reason["zh"]) and not re.search(r"[\u4e00-\u9fff]", verdict.reason["en"])


def test_the_numbers_are_worked_out_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    # Listing exercises must not train or trace anything.
    from dlnotes.exercises import theory

    assert isinstance(theory, ModuleType)
    check = exercises.checks()["theory/autograd/4"]
    calls: list[int] = []
    monkeypatch.setattr(theory.models, "create", lambda *_, **__: calls.append(1))
    assert check.form["en"] and not calls
