"""Softmax, ReLU, or both between the last layer and the cross-entropy, which wants logits.

`F.cross_entropy` applies log-softmax itself. Probabilities lie between 0 and 1, so a second softmax can never come near
certainty: with ten classes the loss of a perfect answer is ln(1 + 9/e) ≈ 1.4612. ReLU sets every negative logit to 0 and
passes no gradient to it.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["broken", "fixed", "gradient_when_wrong", "loss_floor", "symptom"]


# --8<-- [start:broken]
def broken(body: nn.Module, *, relu: bool = True, softmax: bool = True) -> nn.Sequential:
    """Put ReLU, softmax, or both behind the last layer."""
    head: list[nn.Module] = []
    if relu:
        head.append(nn.ReLU())
    if softmax:
        head.append(nn.Softmax(dim=1))
    return nn.Sequential(body, *head)


# --8<-- [end:broken]


# --8<-- [start:fixed]
def fixed(body: nn.Module) -> nn.Sequential:
    """Return the logits as they are; apply softmax only to show probabilities."""
    return nn.Sequential(body)


# --8<-- [end:fixed]


# --8<-- [start:symptom]
def loss_floor(num_classes: int) -> float:
    """Return the loss of a perfect answer that went through softmax first: ln(1 + (C - 1) / e)."""
    return math.log(1 + (num_classes - 1) / math.e)


def symptom(outputs: Tensor) -> str:
    """Say what outputs (N, C) look like: "probabilities", "no negative logits", or "" if they may be logits."""
    sums = outputs.sum(dim=1)
    if bool((outputs >= 0).all()) and torch.allclose(sums, torch.ones_like(sums), atol=1e-4):
        return "probabilities"
    return "no negative logits" if bool((outputs >= 0).all()) else ""


# --8<-- [end:symptom]


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
