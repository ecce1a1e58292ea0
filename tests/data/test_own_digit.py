"""Photos and drawings of a digit become what a network was trained on (E-41 to E-47)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from dlnotes.data import load_digit
from dlnotes.errors import ImageError, UnknownNameError


def drawing(
    mode: str = "L", ground: object = 255, ink: object = 0, size: tuple[int, int] = (200, 300), box: tuple[int, ...] = (80, 60, 120, 240)
) -> Image.Image:
    picture = Image.new(mode, size, ground)  # type: ignore[arg-type]
    ImageDraw.Draw(picture).rectangle(box, fill=ink)  # type: ignore[arg-type]
    return picture


def check(digit: torch.Tensor) -> None:
    assert digit.dtype == torch.uint8 and digit.shape == (1, 1, 28, 28)
    image = digit[0, 0].float()
    rows, columns = (image.sum(dim=1) > 0).nonzero().flatten(), (image.sum(dim=0) > 0).nonzero().flatten()
    assert int(rows[-1] - rows[0]) + 1 == 20, "the ink is scaled to 20 pixels"
    assert int(columns[-1] - columns[0]) + 1 in (4, 5), "proportions are kept"
    centre = (image.sum(dim=1) * torch.arange(28)).sum() / image.sum(), (image.sum(dim=0) * torch.arange(28)).sum() / image.sum()
    assert all(abs(float(value) - 13.5) <= 1 for value in centre), "the ink is centred by mass"
    assert image.max() > 200 and image[0].max() == 0, "white ink on black"


@pytest.mark.parametrize(
    "picture",
    [
        drawing(),
        drawing(ground=0, ink=255),
        drawing("RGB", (240, 235, 220), (40, 30, 90)),
        drawing("RGBA", (0, 0, 0, 0), (0, 0, 0, 255)),
        drawing("LA", (0, 0), (0, 255)),
        drawing("I;16", 65535, 3000),
        drawing("I", 65535, 0),
        drawing("1", 1, 0),
        drawing(size=(900, 400), box=(700, 20, 720, 110)),
        drawing("RGB", (255, 255, 255), (20, 20, 20)).convert("P"),
    ],
    ids=["paper", "blackboard", "photo", "transparent", "grey-alpha", "16-bit", "32-bit", "1-bit", "off-centre", "palette"],
)
def test_kinds_of_pictures(picture: Image.Image, tmp_path: Path) -> None:
    check(load_digit(picture))
    if picture.mode != "I":  # PNG has no 32-bit grey
        picture.save(tmp_path / "digit.png")
        assert torch.equal(load_digit(tmp_path / "digit.png"), load_digit(picture))


def test_the_rotation_of_a_phone_is_applied(tmp_path: Path) -> None:
    lying = drawing().rotate(90, expand=True)
    exif = lying.getexif()
    exif[0x0112] = 6
    lying.save(tmp_path / "photo.png", exif=exif)
    check(load_digit(tmp_path / "photo.png"))


def test_like_digits_fills_the_frame() -> None:
    digit = load_digit(drawing(), like="digits")[0, 0]
    assert digit.dtype == torch.uint8 and digit[0].max() > 100 and digit[-1].max() > 100
    with pytest.raises(UnknownNameError, match="mnist"):
        load_digit(drawing(), like="minst")


def test_faint_shadows_are_no_ink() -> None:
    picture = drawing()
    ImageDraw.Draw(picture).rectangle((0, 250, 60, 300), fill=215)
    check(load_digit(picture))


def test_refusals(tmp_path: Path) -> None:
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.png").write_text("no image")
    drawing().save(tmp_path / "cut.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "cut.png").read_bytes()[:120])
    drawing(ink=255).save(tmp_path / "blank.png")
    Image.new("1", (9000, 9000)).save(tmp_path / "bomb.png")
    Image.new("1", (40000, 10000)).save(tmp_path / "larger-bomb.png")
    Image.new("L", (1, 1)).save(tmp_path / "dot.png")
    wanted = {
        "nothing.png": "there is no file",
        "empty.png": "empty",
        "text.png": "no image",
        "cut.png": "damaged",
        "blank.png": "no ink",
        "bomb.png": "scale it down",
        "larger-bomb.png": "scale it down",
        "dot.png": "at least 2×2",
        "": "folder",
    }
    for name, message in wanted.items():
        with pytest.raises(ImageError, match=message):
            load_digit(tmp_path / name)


def test_values_are_spread_even_in_low_contrast() -> None:
    assert load_digit(drawing(ground=160, ink=100)).max() > 200
    assert np.asarray(load_digit(drawing())).shape == (1, 1, 28, 28)
