"""The case of the data that never moved; torch's meta device stands for a GPU."""

import pytest
import torch

from dlnotes import models
from dlnotes.clinic import device_moves


# --8<-- [start:test]
def test_model_and_images_meet_on_the_device() -> None:
    images = torch.zeros(2, 1, 28, 28)
    logits = device_moves.fixed(models.create("mlp"), images, torch.device("meta"))
    assert logits.device.type == "meta"


# --8<-- [end:test]


def test_the_broken_code_fails_as_on_a_gpu() -> None:
    images = torch.zeros(2, 1, 28, 28)
    with pytest.raises(RuntimeError, match="meta"):
        device_moves.broken(models.create("mlp"), images, torch.device("meta"))
    assert images.device.type == "cpu"


def test_the_broken_code_works_on_one_device() -> None:
    assert device_moves.broken(models.create("mlp"), torch.zeros(2, 1, 28, 28), torch.device("cpu")).shape == (2, 10)


def test_the_symptom_tells_them_apart() -> None:
    model, images = models.create("mlp").to("meta"), torch.zeros(1, 1, 28, 28)
    assert device_moves.symptom(model, images) == "cpu and meta"
    assert device_moves.symptom(model, images.to("meta")) == ""
