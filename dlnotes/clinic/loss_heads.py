"""What stands between the last layer and the loss, and what the loss does with it."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dlnotes.clinic.case import Apart, Case

__all__ = ["CASES", "classes_named", "gradient_when_wrong", "loss_floor"]


# --8<-- [start:softmax-before-cross-entropy-broken]
def softmax_broken(body: nn.Module) -> nn.Module:
    """End the network in softmax, though the cross-entropy applies one itself."""
    return nn.Sequential(body, nn.Softmax(dim=1))


# --8<-- [end:softmax-before-cross-entropy-broken]


# --8<-- [start:softmax-before-cross-entropy-fixed]
def softmax_fixed(body: nn.Module) -> nn.Module:
    """Return the logits as they are; apply softmax only to show probabilities."""
    return nn.Sequential(body)


# --8<-- [end:softmax-before-cross-entropy-fixed]


def softmax_symptom(version: Callable[[nn.Module], nn.Module]) -> float:
    """Return the cross-entropy of answers that could not be better."""
    perfect = 100 * torch.eye(10)
    return F.cross_entropy(version(nn.Identity())(perfect), torch.arange(10)).item()


# --8<-- [start:softmax-before-cross-entropy-check]
def softmax_check(build: Callable[[nn.Module], nn.Module]) -> None:
    """Logits do not sum to 1."""
    outputs = build(nn.Linear(4, 10))(torch.randn(64, 4))
    assert not torch.allclose(outputs.sum(dim=1), torch.ones(64), atol=1e-4)


# --8<-- [end:softmax-before-cross-entropy-check]


def loss_floor(num_classes: int) -> float:
    """Return the loss of a perfect answer that went through softmax first: ln(1 + (C - 1) / e)."""
    return math.log(1 + (num_classes - 1) / math.e)


def gradient_when_wrong(confidence: float, *, softmax: bool) -> float:
    """Return the norm of the gradient by the logits of one sample whose wrong class leads by `confidence`.

    Args:
        confidence: the logit of the wrong class; all others are 0.
        softmax: whether a softmax stands before the cross-entropy.
    """
    logits = torch.zeros(1, 10, dtype=torch.float64)
    logits[0, 3] = confidence
    logits.requires_grad_(True)
    outputs = logits.softmax(dim=1) if softmax else logits
    F.cross_entropy(outputs, torch.tensor([7])).backward()
    assert logits.grad is not None
    return float(logits.grad.norm())


def classes_named(outputs: Tensor) -> int:
    """Return how many classes outputs (N, C) name at least once.

    A row of zeros, as ReLU leaves it, names none: `argmax` would break the tie in favour of class 0.
    """
    return len(outputs[outputs.ne(0).any(dim=1)].argmax(dim=1).unique())


CASES = (
    Case(
        "E-12",
        "softmax-before-cross-entropy",
        title=("损失停在 1.46：交叉熵之前的 softmax", "The loss stops at 1.46: softmax before cross-entropy"),
        seen=("损失降到 1.46 就不再下降，准确率却不低", "loss stuck at 1.46 while the accuracy is not bad"),
        where=("网络的最后一层", "the last layer of a classifier"),
        broken=softmax_broken,
        fixed=softmax_fixed,
        symptom=softmax_symptom,
        sign=Apart(broken=1.4, fixed=0.1),
        check=softmax_check,
    ),
)
