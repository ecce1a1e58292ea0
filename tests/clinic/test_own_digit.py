"""What the cases of one's own picture measure with."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image

from dlnotes import data
from dlnotes.clinic import own_digit


def test_the_photo_is_dark_on_bright_with_empty_margins() -> None:
    pixels = np.asarray(own_digit.photo(50))
    assert pixels.shape == (50, 50) and pixels.min() < 60
    assert (pixels[:10] == 255).all() and (pixels[:, -10:] == 255).all()


def test_untouched_digits_are_told_right() -> None:
    assert own_digit.share_right(data.load("digits").validation.images.float()) > 0.85


def test_centred_fills_the_frame_and_keeps_proportions() -> None:
    sheet = torch.zeros(2, 1, 60, 60)
    sheet[0, :, 5:25, 40:50] = 255  # 20 high, 10 wide
    sheet[1, :, 50:55, 0:20] = 255  # 5 high, 20 wide
    done = own_digit.centred(sheet)
    assert done.shape == (2, 1, 28, 28)
    high, wide = (image[0] > 128 for image in done)
    assert high.any(dim=1).sum() == 28 and high.any(dim=0).sum() == 14 and high[:, 7:21].all()
    assert wide.any(dim=0).sum() == 28 and wide.any(dim=1).sum() == 7


def test_the_upright_photo_is_stored_lying_with_a_note() -> None:
    picture = Image.open(own_digit.upright())
    assert picture.size == (40, 20) and picture.getexif()[0x0112] == 6


def test_the_slope_uses_all_sixteen_bits() -> None:
    pixels = np.asarray(own_digit.slope())
    assert pixels.min() == 0 and pixels.max() == 65535 and (np.diff(pixels.ravel().astype(int)) > 0).all()
