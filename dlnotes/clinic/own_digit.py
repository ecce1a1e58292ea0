"""A picture of one's own, between the camera and a network that was trained on something else."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor, nn
from torch.nn import functional as F

from dlnotes import data
from dlnotes.clinic.case import Apart, Case, attempt
from dlnotes.clinic.data import nearest_mean

__all__ = ["CASES", "centred", "photo", "share_right"]


def photo(side: int = 100) -> Image.Image:
    """Return a "photo", mode "L", side × side: a dark digit of 0.6 of the side on bright paper."""
    digit = data.load("digits").train.images[0, 0].numpy()
    small = Image.fromarray(255 - digit).resize((side * 6 // 10, side * 6 // 10))
    paper = Image.new("L", (side, side), 255)
    paper.paste(small, (side * 2 // 10, side * 2 // 10))
    return paper


def share_right(images: Tensor) -> float:
    """Return the share of images of the validation digits, as someone prepared them, whose nearest class mean is their own.

    Args:
        images: floats (N, 1, 28, 28), 0 to 255, in the order of the validation part.
    """
    return (nearest_mean(images) == data.load("digits").validation.labels).float().mean().item()


def _written() -> Tensor:
    """Return the validation digits as someone would write them: dark on bright, floats (N, 1, 28, 28)."""
    return 255 - data.load("digits").validation.images.float()


def centred(images: Tensor) -> Tensor:
    """Cut out what is bright and fill 28×28 with it, as the embedded digits are made.

    Args:
        images: floats (N, 1, H, W), 0 to 255, white on black.

    Returns:
        Floats (N, 1, 28, 28).
    """
    done = []
    for image in images:
        ys, xs = torch.nonzero(image[0] > 60, as_tuple=True)
        cut = image[:, int(ys.min()) : int(ys.max()) + 1, int(xs.min()) : int(xs.max()) + 1]
        high = cut.shape[1] >= cut.shape[2]
        size = (28, max(1, round(28 * cut.shape[2] / cut.shape[1]))) if high else (max(1, round(28 * cut.shape[1] / cut.shape[2])), 28)
        scaled = F.interpolate(cut[None], size=size, mode="bilinear")[0]
        rows, columns = 28 - size[0], 28 - size[1]
        done.append(F.pad(scaled, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2)))
    return torch.stack(done)


# --8<-- [start:np-resize-refills-broken]
def resize_broken(picture: Image.Image) -> np.ndarray[Any, Any]:
    """Let NumPy fill a new shape."""
    return np.resize(255 - np.asarray(picture), (28, 28))


# --8<-- [end:np-resize-refills-broken]


# --8<-- [start:np-resize-refills-fixed]
def resize_fixed(picture: Image.Image) -> np.ndarray[Any, Any]:
    """Let Pillow scale, then make an array of it."""
    return 255 - np.asarray(picture.resize((28, 28)))


# --8<-- [end:np-resize-refills-fixed]


def resize_symptom(version: Callable[[Image.Image], Any]) -> float:
    """Return how bright the 28×28 picture of a photo is on average, 0 to 1."""
    return float(version(photo()).mean() / 255)


# --8<-- [start:np-resize-refills-check]
def resize_check(scale: Callable[[Image.Image], Any]) -> None:
    """A picture that is dark on its left half alone is so afterwards."""
    half = Image.new("L", (100, 100), 255)
    half.paste(0, (0, 0, 50, 100))
    small = scale(half)
    assert small[:, :13].mean() > 250 and small[:, 15:].mean() < 5


# --8<-- [end:np-resize-refills-check]


# --8<-- [start:two-sizes-broken]
def two_sizes_broken(picture: Image.Image) -> Tensor:
    """Make the size that LeNet's paper speaks of."""
    return torch.from_numpy(255 - np.asarray(picture.resize((32, 32)))).float().view(1, 1, 32, 32)


# --8<-- [end:two-sizes-broken]


# --8<-- [start:two-sizes-fixed]
def two_sizes_fixed(picture: Image.Image) -> Tensor:
    """Make the size of the training images."""
    height, width = data.load("digits").train.images.shape[2:]
    pixels = 255 - np.asarray(picture.resize((width, height)))
    return torch.from_numpy(pixels).float().view(1, 1, height, width)


# --8<-- [end:two-sizes-fixed]


def two_sizes_symptom(version: Callable[[Image.Image], Tensor]) -> str:
    """Return what a network for 28×28 raises."""
    return attempt(nn.Sequential(nn.Flatten(), nn.Linear(784, 256)), version(photo()))


# --8<-- [start:two-sizes-check]
def two_sizes_check(prepare: Callable[[Image.Image], Tensor]) -> None:
    """The picture has the shape of a training image."""
    assert prepare(photo()).shape[1:] == data.load("digits").train.images.shape[1:]


# --8<-- [end:two-sizes-check]


# --8<-- [start:not-inverted-broken]
def invert_broken(pictures: Tensor) -> Tensor:
    """Take the pixels as they are."""
    return pictures


# --8<-- [end:not-inverted-broken]


# --8<-- [start:not-inverted-fixed]
def invert_fixed(pictures: Tensor) -> Tensor:
    """Turn a bright ground dark, judging by the border, where there is no ink."""
    border = torch.cat([pictures[..., 0, :], pictures[..., -1, :], pictures[..., 0], pictures[..., -1]], dim=-1)
    bright = border.median(dim=-1).values > 127
    return torch.where(bright[..., None, None], 255 - pictures, pictures)


# --8<-- [end:not-inverted-fixed]


def invert_symptom(version: Callable[[Tensor], Tensor]) -> float:
    """Return the share of digits, written dark on bright, that are told right."""
    return share_right(version(F.pad(_written(), (2, 2, 2, 2), value=255))[..., 2:-2, 2:-2])


# --8<-- [start:not-inverted-check]
def invert_check(prepare: Callable[[Tensor], Tensor]) -> None:
    """The ground is 0, whether the paper was bright or dark."""
    picture = torch.full((1, 1, 28, 28), 255.0)
    picture[..., 10:18, 12:16] = 0
    for given in (picture, 255 - picture):
        assert prepare(given)[..., 0, :].max() == 0


# --8<-- [end:not-inverted-check]


# --8<-- [start:other-normalization-broken]
def scale_broken(pixels: Tensor, mean: float, std: float) -> Tensor:
    """Only bring the pixels to between 0 and 1."""
    return pixels / 255


# --8<-- [end:other-normalization-broken]


# --8<-- [start:other-normalization-fixed]
def scale_fixed(pixels: Tensor, mean: float, std: float) -> Tensor:
    """Do what training did: between 0 and 1, then minus the mean, over the deviation."""
    return (pixels / 255 - mean) / std


# --8<-- [end:other-normalization-fixed]


def scale_symptom(version: Callable[[Tensor, float, float], Tensor]) -> float:
    """Return the standard deviation of the input, which in training was 1."""
    pixels = data.load("digits").train.images.float()
    mean, std = (pixels / 255).mean().item(), (pixels / 255).std().item()
    return version(pixels, mean, std).std().item()


# --8<-- [start:other-normalization-check]
def scale_check(prepare: Callable[[Tensor, float, float], Tensor]) -> None:
    """Over the training images the input has mean 0 and deviation 1."""
    pixels = torch.randint(256, (64, 1, 28, 28)).float()
    inputs = prepare(pixels, (pixels / 255).mean().item(), (pixels / 255).std().item())
    assert abs(inputs.mean().item()) < 0.01 and abs(inputs.std().item() - 1) < 0.01


# --8<-- [end:other-normalization-check]


# --8<-- [start:not-centred-broken]
def centre_broken(pictures: Tensor) -> Tensor:
    """Scale the whole sheet."""
    return F.interpolate(pictures, size=(28, 28), mode="bilinear")


# --8<-- [end:not-centred-broken]


# --8<-- [start:not-centred-fixed]
def centre_fixed(pictures: Tensor) -> Tensor:
    """Cut the ink out, then scale it as the training images are scaled."""
    return centred(pictures)


# --8<-- [end:not-centred-fixed]


def centre_symptom(version: Callable[[Tensor], Tensor]) -> float:
    """Return the share told right of digits that fill a third of the sheet, in a corner."""
    digits = 255 - _written()
    return share_right(version(F.pad(digits, (8, 48, 48, 8))))


# --8<-- [start:not-centred-check]
def centre_check(prepare: Callable[[Tensor], Tensor]) -> None:
    """Where on the sheet a digit stands makes no difference."""
    sheet = torch.zeros(1, 1, 84, 84)
    sheet[..., 30:50, 40:44] = 255
    assert torch.allclose(prepare(sheet), prepare(sheet.roll((20, -30), dims=(2, 3))), atol=1)


# --8<-- [end:not-centred-check]


# --8<-- [start:list-of-pixels-broken]
def pixels_broken(picture: Image.Image) -> np.ndarray[Any, Any]:
    """Make a list of numbers, then an array of the list."""
    return np.array(list(picture.getdata()), dtype=np.float32)


# --8<-- [end:list-of-pixels-broken]


# --8<-- [start:list-of-pixels-fixed]
def pixels_fixed(picture: Image.Image) -> np.ndarray[Any, Any]:
    """Let NumPy read the pixels where they are."""
    return np.asarray(picture, dtype=np.float32)


# --8<-- [end:list-of-pixels-fixed]


def pixels_symptom(version: Callable[[Image.Image], Any]) -> float:
    """Return how many axes the array has."""
    return float(version(photo()).ndim)


# --8<-- [start:list-of-pixels-check]
def pixels_check(read: Callable[[Image.Image], Any]) -> None:
    """A pixel is found by its row and column."""
    picture = Image.new("L", (4, 3))
    picture.putpixel((3, 1), 9)
    assert read(picture)[1, 3] == 9


# --8<-- [end:list-of-pixels-check]


# --8<-- [start:transparent-ground-broken]
def alpha_broken(picture: Image.Image) -> Image.Image:
    """Drop the transparency."""
    return picture.convert("L")


# --8<-- [end:transparent-ground-broken]


# --8<-- [start:transparent-ground-fixed]
def alpha_fixed(picture: Image.Image) -> Image.Image:
    """Lay it on white paper first."""
    layer = picture.convert("RGBA")
    paper = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(paper, layer).convert("L")


# --8<-- [end:transparent-ground-fixed]


def alpha_symptom(version: Callable[[Image.Image], Image.Image]) -> float:
    """Return the contrast of a black stroke on a transparent ground, of 255."""
    pixels = np.asarray(version(stroke())).astype(int)
    return float(pixels.max() - pixels.min())


def stroke() -> Image.Image:
    """Return a black stroke on a transparent ground, mode "RGBA", 28×28."""
    picture = Image.new("RGBA", (28, 28), (0, 0, 0, 0))
    picture.paste((0, 0, 0, 255), (12, 4, 16, 24))
    return picture


# --8<-- [start:transparent-ground-check]
def alpha_check(to_grey: Callable[[Image.Image], Image.Image]) -> None:
    """The stroke can be told from the ground."""
    grey = to_grey(stroke())
    assert grey.getpixel((14, 14)) != grey.getpixel((2, 2))


# --8<-- [end:transparent-ground-check]


# --8<-- [start:photo-on-its-side-broken]
def exif_broken(file: io.BytesIO) -> np.ndarray[Any, Any]:
    """Read the pixels as they are stored."""
    return np.asarray(Image.open(file))


# --8<-- [end:photo-on-its-side-broken]


# --8<-- [start:photo-on-its-side-fixed]
def exif_fixed(file: io.BytesIO) -> np.ndarray[Any, Any]:
    """Turn the picture as the camera noted."""
    return np.asarray(ImageOps.exif_transpose(Image.open(file)))


# --8<-- [end:photo-on-its-side-fixed]


def upright() -> io.BytesIO:
    """Return a JPEG file of a photo taken upright, 40 high and 20 wide, stored lying with a note to turn it."""
    picture = Image.new("L", (20, 40), 255)
    picture.paste(0, (9, 4, 11, 36))
    picture.paste(0, (4, 4, 11, 6))
    notes = picture.getexif()
    notes[0x0112] = 6
    file = io.BytesIO()
    picture.transpose(Image.Transpose.ROTATE_90).save(file, "JPEG", exif=notes)
    file.seek(0)
    return file


def exif_symptom(version: Callable[[io.BytesIO], Any]) -> float:
    """Return height over width of a photo that was taken upright."""
    height, width = version(upright()).shape
    return float(height / width)


# --8<-- [start:photo-on-its-side-check]
def exif_check(read: Callable[[io.BytesIO], Any]) -> None:
    """A photo taken upright is higher than wide."""
    assert read(upright()).shape == (40, 20)


# --8<-- [end:photo-on-its-side-check]


# --8<-- [start:sixteen-bit-grey-broken]
def deep_broken(picture: Image.Image) -> np.ndarray[Any, Any]:
    """Convert to 8 bits."""
    return np.asarray(picture.convert("L"))


# --8<-- [end:sixteen-bit-grey-broken]


# --8<-- [start:sixteen-bit-grey-fixed]
def deep_fixed(picture: Image.Image) -> np.ndarray[Any, Any]:
    """Scale 0 to 65535 down to 0 to 255 first."""
    return (np.asarray(picture, dtype=np.float32) / 257).astype(np.uint8)


# --8<-- [end:sixteen-bit-grey-fixed]


def slope() -> Image.Image:
    """Return a 16-bit picture, 28×28, that goes evenly from black to white."""
    return Image.fromarray((np.arange(784) * 65535 // 783).reshape(28, 28).astype(np.uint16))


def deep_symptom(version: Callable[[Image.Image], Any]) -> float:
    """Return how many different greys are left."""
    return float(len(np.unique(version(slope()))))


# --8<-- [start:sixteen-bit-grey-check]
def deep_check(to_bytes: Callable[[Image.Image], Any]) -> None:
    """Half way from black to white is about 128."""
    assert abs(int(to_bytes(slope())[14, 0]) - 128) < 5


# --8<-- [end:sixteen-bit-grey-check]


CASES = (
    Case(
        "E-41",
        "np-resize-refills",
        title=("`np.resize` 不是缩放", "`np.resize` does not scale"),
        seen=("图片变成斜纹或全黑，形状却是对的", "slanted stripes or plain black, though the shape is right"),
        where=("用 NumPy 改图片大小", "changing the size of a picture with NumPy"),
        broken=resize_broken,
        fixed=resize_fixed,
        symptom=resize_symptom,
        sign=Apart(broken=0.02, fixed=0.1),
        check=resize_check,
    ),
    Case(
        "E-42",
        "two-sizes",
        title=("训练用 28×28，预测用 32×32", "Trained on 28×28, asked with 32×32"),
        seen=(
            "报错 mat1 and mat2 shapes cannot be multiplied (1x1024 and 784x256)",
            "error: mat1 and mat2 shapes cannot be multiplied (1x1024 and 784x256)",
        ),
        where=("预测的代码和训练的代码分开写", "code for prediction written apart from the code for training"),
        broken=two_sizes_broken,
        fixed=two_sizes_fixed,
        symptom=two_sizes_symptom,
        sign="mat1 and mat2 shapes cannot be multiplied (1x1024 and 784x256)",
        check=two_sizes_check,
    ),
    Case(
        "E-43",
        "not-inverted",
        title=("没有反色：白纸黑字，网络只见过黑底白字", "Not inverted: dark on white, and the network knows white on black"),
        seen=("自己写的数字几乎全错，而且很自信", "nearly every digit of your own is wrong, with great confidence"),
        where=("扫描件、照片、画图软件", "scans, photos, drawing programs"),
        broken=invert_broken,
        fixed=invert_fixed,
        symptom=invert_symptom,
        sign=Apart(broken=0.1, fixed=0.8),
        check=invert_check,
    ),
    Case(
        "E-44",
        "other-normalization",
        title=("预测时少了归一化", "Normalization left out at prediction"),
        seen=("自己的图准确率比测试集低，代码里只有 /255", "lower accuracy on your own pictures; the code has only /255"),
        where=("训练和预测各写一套预处理", "one preprocessing for training and another for prediction"),
        broken=scale_broken,
        fixed=scale_fixed,
        symptom=scale_symptom,
        sign=Apart(broken=0.5, fixed=0.95),
        check=scale_check,
    ),
    Case(
        "E-45",
        "not-centred",
        title=("数字没有居中，或者太小", "The digit is off centre, or too small"),
        seen=("写得大一点、居中就认对，偏一点就错", "right when written large in the middle, wrong when a little to the side"),
        where=("自己的照片，没有裁剪", "one's own photo, not cropped"),
        broken=centre_broken,
        fixed=centre_fixed,
        symptom=centre_symptom,
        sign=Apart(broken=0.3, fixed=0.7),
        check=centre_check,
    ),
    Case(
        "E-46",
        "list-of-pixels",
        title=("`getdata()` 丢了形状，还要被删除", "`getdata()` loses the shape, and is about to go"),
        seen=("DeprecationWarning: Image.Image.getdata is deprecated", "DeprecationWarning: Image.Image.getdata is deprecated"),
        where=("旧教程：list(img.getdata())", "old tutorials: list(img.getdata())"),
        broken=pixels_broken,
        fixed=pixels_fixed,
        symptom=pixels_symptom,
        sign=Apart(broken=1.0, fixed=2.0),
        check=pixels_check,
    ),
    Case(
        "E-47",
        "transparent-ground",
        title=("透明背景的 PNG 变成一片黑", "A PNG with a transparent background turns all black"),
        seen=("convert(\"L\") 之后全是 0，什么也看不见", "all zeros after convert(\"L\"), nothing to be seen"),
        where=("画图软件导出的 PNG", "PNG files from drawing programs"),
        broken=alpha_broken,
        fixed=alpha_fixed,
        symptom=alpha_symptom,
        sign=Apart(broken=0.0, fixed=200.0),
        check=alpha_check,
    ),
    Case(
        "E-160",
        "photo-on-its-side",
        title=("手机照片是横的：方向记在拍摄信息（EXIF）里", "A phone's photo lies on its side: the direction is in EXIF"),
        seen=("看图软件里是正的，读进来转了 90 度", "upright in a viewer, turned by 90 degrees when read"),
        where=("手机拍的照片", "photos taken with a phone"),
        broken=exif_broken,
        fixed=exif_fixed,
        symptom=exif_symptom,
        sign=Apart(broken=0.7, fixed=1.5),
        check=exif_check,
    ),
    Case(
        "E-162",
        "sixteen-bit-grey",
        title=("16 位灰度图，亮处全变成 255", "16-bit grey: all that is bright becomes 255"),
        seen=("扫描件读进来几乎全白", "a scan that is nearly all white once read"),
        where=("扫描仪、医学图像、深度图", "scanners, medical pictures, depth maps"),
        broken=deep_broken,
        fixed=deep_fixed,
        symptom=deep_symptom,
        sign=Apart(broken=20.0, fixed=100.0),
        check=deep_check,
    ),
)
