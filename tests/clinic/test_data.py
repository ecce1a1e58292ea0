"""What the cases of data measure with."""

from __future__ import annotations

import torch

from dlnotes import data
from dlnotes.clinic import data as cases


def test_the_nearest_mean_reads_digits_it_has_not_seen() -> None:
    for split in (data.load("digits").validation, data.load("digits").test):
        assert (cases.nearest_mean(split.images.float()) == split.labels).float().mean() > 0.85


def test_the_nearest_mean_of_a_mean_is_its_class() -> None:
    train = data.load("digits").train
    means = torch.stack([train.images[train.labels == digit].float().mean(dim=0) for digit in range(10)])
    assert cases.nearest_mean(means).tolist() == list(range(10))


def test_the_picture_is_a_red_disc_on_blue() -> None:
    picture = cases.picture()
    assert picture.shape == (32, 48, 3) and picture.dtype == torch.uint8
    assert picture[14, 18].argmax() == 0 and picture[0, 47].argmax() == 2


def test_a_transform_works_where_it_was_given() -> None:
    images = torch.ones(4, 1)
    assert cases.Pictures(images, lambda image: 3 * image)[0].item() == 3 and cases.Pictures(images, None)[0].item() == 1
    assert len(cases.Pictures(images, None)) == 4
