"""From files to batches: what happens to images and labels before the network sees them."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchvision
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset, random_split
from torchvision import tv_tensors
from torchvision.datasets.folder import find_classes
from torchvision.transforms import v2

from dlnotes import data
from dlnotes.clinic.case import Apart, Case, attempt

__all__ = ["CASES", "nearest_mean", "picture"]


def nearest_mean(images: Tensor) -> Tensor:
    """Name the digits in images by the training class whose mean image is nearest.

    Args:
        images: floats (N, 1, 28, 28), 0 to 255.

    Returns:
        Labels, int64 (N,).
    """
    train = data.load("digits").train
    means = torch.stack([train.images[train.labels == digit].float().mean(dim=0) for digit in range(10)])
    return torch.cdist(images.flatten(1), means.flatten(1)).argmin(dim=1)


def picture() -> Tensor:
    """Return a colour picture, uint8 (32, 48, 3), as Pillow and OpenCV hold one: a red disc on a blue slope."""
    rows, columns = torch.meshgrid(torch.arange(32), torch.arange(48), indexing="ij")
    image = torch.stack([30 + 0 * columns, 60 + columns, 120 + 2 * columns], dim=2)
    image[(rows - 14) ** 2 + (columns - 18) ** 2 < 80] = torch.tensor([220, 40, 40])
    return image.to(torch.uint8)


# --8<-- [start:data-set-not-there-broken]
def missing_broken(root: Path) -> Tensor:
    """Trust that the files are there."""
    return torch.as_tensor(torchvision.datasets.MNIST(root, download=False).data)


# --8<-- [end:data-set-not-there-broken]


# --8<-- [start:data-set-not-there-fixed]
def missing_fixed(root: Path) -> Tensor:
    """Say what is missing, and begin with what needs no file."""
    if not (root / "MNIST").is_dir():
        warnings.warn(f"no MNIST below {root}: taking the embedded digits", stacklevel=2)
        return data.load("digits").train.images
    return torch.as_tensor(torchvision.datasets.MNIST(root, download=False).data)


# --8<-- [end:data-set-not-there-fixed]


def missing_symptom(version: Callable[[Path], Tensor]) -> str:
    """Return what is raised in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        return attempt(version, Path(folder))


# --8<-- [start:data-set-not-there-check]
def missing_check(load: Callable[[Path], Tensor]) -> None:
    """In an empty folder, without network, there are still images to begin with."""
    with tempfile.TemporaryDirectory() as folder:
        assert len(load(Path(folder))) > 0


# --8<-- [end:data-set-not-there-check]


# --8<-- [start:leaked-statistics-broken]
def leak_broken(train: Tensor, test: Tensor) -> tuple[Tensor, Tensor]:
    """Measure mean and deviation over everything there is."""
    both = torch.cat([train, test])
    mean, std = both.mean(), both.std()
    return (train - mean) / std, (test - mean) / std


# --8<-- [end:leaked-statistics-broken]


# --8<-- [start:leaked-statistics-fixed]
def leak_fixed(train: Tensor, test: Tensor) -> tuple[Tensor, Tensor]:
    """Measure on the training part, apply to all parts."""
    mean, std = train.mean(), train.std()
    return (train - mean) / std, (test - mean) / std


# --8<-- [end:leaked-statistics-fixed]


def leak_symptom(version: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]) -> float:
    """Return how far the training input moves when nothing but the test images become brighter."""
    train, test = torch.rand(300, 16), torch.rand(100, 16)
    return float((version(train, test)[0] - version(train, test + 1)[0]).abs().max())


# --8<-- [start:leaked-statistics-check]
def leak_check(scale: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]) -> None:
    """What the network trains on does not depend on the test set."""
    train, test = torch.rand(300, 16), torch.rand(100, 16)
    assert torch.equal(scale(train, test)[0], scale(train, 5 * test)[0])


# --8<-- [end:leaked-statistics-check]


# --8<-- [start:copies-on-both-sides-broken]
def twins_broken(originals: int, copies: int) -> tuple[Tensor, Tensor]:
    """Make copies, shuffle, split; return the original's number for each image of the two parts."""
    order = torch.arange(originals).repeat_interleave(copies)[torch.randperm(originals * copies)]
    cut = len(order) * 4 // 5
    return order[:cut], order[cut:]


# --8<-- [end:copies-on-both-sides-broken]


# --8<-- [start:copies-on-both-sides-fixed]
def twins_fixed(originals: int, copies: int) -> tuple[Tensor, Tensor]:
    """Split the originals, then make copies of the training part alone."""
    order = torch.randperm(originals)
    cut = originals * 4 // 5
    return order[:cut].repeat_interleave(copies), order[cut:]


# --8<-- [end:copies-on-both-sides-fixed]


def twins_symptom(version: Callable[[int, int], tuple[Tensor, Tensor]]) -> float:
    """Return the share of validation images of which training holds a copy."""
    train, validation = version(200, 5)
    return torch.isin(validation, train).float().mean().item()


# --8<-- [start:copies-on-both-sides-check]
def twins_check(split: Callable[[int, int], tuple[Tensor, Tensor]]) -> None:
    """No original is on both sides."""
    train, validation = split(200, 5)
    assert not set(train.tolist()) & set(validation.tolist())


# --8<-- [end:copies-on-both-sides-check]


# --8<-- [start:label-off-by-one-broken]
def shifted_broken(stored: Tensor) -> Tensor:
    """Subtract one, since classes begin at 0."""
    return stored - 1


# --8<-- [end:label-off-by-one-broken]


# --8<-- [start:label-off-by-one-fixed]
def shifted_fixed(stored: Tensor) -> Tensor:
    """Give each digit the class of its own value: only 10 has to change, to 0."""
    return stored % 10


# --8<-- [end:label-off-by-one-fixed]


def shifted_symptom(version: Callable[[Tensor], Tensor]) -> float:
    """Return the share of digits whose label is not what is written in the picture."""
    written = torch.arange(10).repeat(5)
    stored = torch.where(written == 0, 10, written)
    return (version(stored) != written).float().mean().item()


# --8<-- [start:label-off-by-one-check]
def shifted_check(read: Callable[[Tensor], Tensor]) -> None:
    """A picture of a 1 has the label 1, and a picture of a 0 the label 0."""
    assert read(torch.tensor([1, 10])).tolist() == [1, 0]


# --8<-- [end:label-off-by-one-check]


# --8<-- [start:classes-in-alphabetical-order-broken]
def folders_broken(root: Path) -> list[str]:
    """Believe that class number i is in folder i."""
    return [str(number) for number in range(len(list(root.iterdir())))]


# --8<-- [end:classes-in-alphabetical-order-broken]


# --8<-- [start:classes-in-alphabetical-order-fixed]
def folders_fixed(root: Path) -> list[str]:
    """Ask for the order that was used; a data set keeps it in `classes` and `class_to_idx`."""
    return list(find_classes(root)[0])


# --8<-- [end:classes-in-alphabetical-order-fixed]


def folders_symptom(version: Callable[[Path], list[str]]) -> float:
    """Return the share of 12 folders whose name is wrong."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for number in range(12):
            (root / str(number)).mkdir()
        numbers = find_classes(root)[1]
        names = version(root)
        return float(sum(names[index] != folder for folder, index in numbers.items())) / 12


# --8<-- [start:classes-in-alphabetical-order-check]
def folders_check(names_of: Callable[[Path], list[str]]) -> None:
    """The name of the class that a folder was given is the folder's."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for folder in ("1", "2", "10"):
            (root / folder).mkdir()
        for folder, index in find_classes(root)[1].items():
            assert names_of(root)[index] == folder


# --8<-- [end:classes-in-alphabetical-order-check]


# --8<-- [start:bgr-for-rgb-broken]
def bgr_broken(array: np.ndarray[Any, Any]) -> Tensor:
    """Move the channels to the front, as they come."""
    return torch.from_numpy(array).permute(2, 0, 1) / 255


# --8<-- [end:bgr-for-rgb-broken]


# --8<-- [start:bgr-for-rgb-fixed]
def bgr_fixed(array: np.ndarray[Any, Any]) -> Tensor:
    """Turn BGR to RGB first; torch takes no array that runs backwards, hence the copy."""
    return torch.from_numpy(array[:, :, ::-1].copy()).permute(2, 0, 1) / 255


# --8<-- [end:bgr-for-rgb-fixed]


def bgr_symptom(version: Callable[[Any], Tensor]) -> float:
    """Return the red channel in the middle of a red disc."""
    from_opencv = picture().flip(2).numpy()
    return version(from_opencv)[0, 14, 18].item()


# --8<-- [start:bgr-for-rgb-check]
def bgr_check(read: Callable[[Any], Tensor]) -> None:
    """A red pixel, as OpenCV holds it, has its 1 in channel 0."""
    red = np.array([[[0, 0, 255]]], dtype=np.uint8)
    assert read(red)[:, 0, 0].tolist() == [1, 0, 0]


# --8<-- [end:bgr-for-rgb-check]


# --8<-- [start:reshape-for-permute-broken]
def axes_broken(image: Tensor) -> Tensor:
    """(32, 48, 3) → (3, 32, 48): the shape is right."""
    return image.reshape(3, 32, 48)


# --8<-- [end:reshape-for-permute-broken]


# --8<-- [start:reshape-for-permute-fixed]
def axes_fixed(image: Tensor) -> Tensor:
    """(32, 48, 3) → (3, 32, 48): the last axis goes to the front."""
    return image.permute(2, 0, 1)


# --8<-- [end:reshape-for-permute-fixed]


def axes_symptom(version: Callable[[Tensor], Tensor]) -> float:
    """Return how far the red channel is from the picture's, on average, of 255."""
    image = picture()
    return (version(image)[0].float() - image[:, :, 0].float()).abs().mean().item()


# --8<-- [start:reshape-for-permute-check]
def axes_check(to_channels_first: Callable[[Tensor], Tensor]) -> None:
    """A pixel keeps its place and its colour."""
    image = picture()
    assert torch.equal(to_channels_first(image)[:, 5, 7], image[5, 7])


# --8<-- [end:reshape-for-permute-check]


# --8<-- [start:to-tensor-does-not-scale-broken]
def scale_broken(pixels: np.ndarray[Any, Any]) -> Tensor:
    """Believe that ToTensor scales to [0, 1] whatever it gets."""
    array = pixels.astype(np.float32)
    return torch.as_tensor(torchvision.transforms.ToTensor()(array))


# --8<-- [end:to-tensor-does-not-scale-broken]


# --8<-- [start:to-tensor-does-not-scale-fixed]
def scale_fixed(pixels: np.ndarray[Any, Any]) -> Tensor:
    """Hand over bytes, the one type that it scales."""
    return torch.as_tensor(torchvision.transforms.ToTensor()(pixels))


# --8<-- [end:to-tensor-does-not-scale-fixed]


def scale_symptom(version: Callable[[Any], Tensor]) -> float:
    """Return the value of white."""
    return float(version(np.full((4, 4, 1), 255, dtype=np.uint8)).max())


# --8<-- [start:to-tensor-does-not-scale-check]
def scale_check(read: Callable[[Any], Tensor]) -> None:
    """Inputs lie between 0 and 1."""
    assert 0 <= read(np.full((4, 4, 1), 255, dtype=np.uint8)).max() <= 1


# --8<-- [end:to-tensor-does-not-scale-check]


# --8<-- [start:bytes-wrap-around-broken]
def wrap_broken(images: Tensor) -> Tensor:
    """Centre the bytes."""
    return images - 128


# --8<-- [end:bytes-wrap-around-broken]


# --8<-- [start:bytes-wrap-around-fixed]
def wrap_fixed(images: Tensor) -> Tensor:
    """Make floats of them first."""
    return images.float() - 128


# --8<-- [end:bytes-wrap-around-fixed]


def wrap_symptom(version: Callable[[Tensor], Tensor]) -> float:
    """Return what becomes of a pixel of 100."""
    return version(torch.tensor([100], dtype=torch.uint8)).item()


# --8<-- [start:bytes-wrap-around-check]
def wrap_check(centre: Callable[[Tensor], Tensor]) -> None:
    """A darker pixel stays darker."""
    dark, bright = centre(torch.tensor([100, 200], dtype=torch.uint8)).tolist()
    assert dark < bright


# --8<-- [end:bytes-wrap-around-check]


# --8<-- [start:copied-statistics-broken]
def copied_broken(images: Tensor) -> Tensor:
    """Statistics of ImageNet, with a slip in the last: 0.456 in place of 0.406."""
    mean, std = torch.tensor([0.485, 0.456, 0.456]), torch.tensor([0.229, 0.224, 0.225])
    return (images - mean.view(3, 1, 1)) / std.view(3, 1, 1)


# --8<-- [end:copied-statistics-broken]


# --8<-- [start:copied-statistics-fixed]
def copied_fixed(images: Tensor) -> Tensor:
    """Statistics of the training images themselves."""
    mean, std = images.mean(dim=(0, 2, 3)), images.std(dim=(0, 2, 3))
    return (images - mean.view(3, 1, 1)) / std.view(3, 1, 1)


# --8<-- [end:copied-statistics-fixed]


def copied_symptom(version: Callable[[Tensor], Tensor]) -> float:
    """Return the largest channel mean after normalizing images with ImageNet's statistics."""
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    images = mean.view(3, 1, 1) + std.view(3, 1, 1) * torch.randn(64, 3, 16, 16)
    return float(version(images).mean(dim=(0, 2, 3)).abs().max())


# --8<-- [start:copied-statistics-check]
def copied_check(normalize: Callable[[Tensor], Tensor]) -> None:
    """Over the training images each channel has mean 0 and deviation 1."""
    normal = normalize(torch.rand(64, 3, 16, 16) * torch.tensor([0.2, 0.5, 1.0]).view(3, 1, 1))
    assert normal.mean(dim=(0, 2, 3)).abs().max() < 0.01 and (normal.std(dim=(0, 2, 3)) - 1).abs().max() < 0.01


# --8<-- [end:copied-statistics-check]


# --8<-- [start:three-channel-normalize-broken]
def channels_broken() -> Any:
    """Statistics for red, green and blue."""
    return torchvision.transforms.Normalize([0.5, 0.5, 0.5], [0.5, 0.5, 0.5])


# --8<-- [end:three-channel-normalize-broken]


# --8<-- [start:three-channel-normalize-fixed]
def channels_fixed() -> Any:
    """Statistics for the one channel that there is."""
    return torchvision.transforms.Normalize([0.1307], [0.3081])


# --8<-- [end:three-channel-normalize-fixed]


def channels_symptom(version: Callable[[], Any]) -> str:
    """Return what a grey image raises."""
    return attempt(version(), torch.zeros(1, 28, 28))


# --8<-- [start:three-channel-normalize-check]
def channels_check(make: Callable[[], Any]) -> None:
    """A grey image goes in and comes out as one."""
    assert make()(torch.zeros(1, 28, 28)).shape == (1, 28, 28)


# --8<-- [end:three-channel-normalize-check]


# --8<-- [start:step-that-does-nothing-broken]
def idle_broken() -> list[v2.Transform]:
    """A chain made for larger images."""
    return [v2.Resize((32, 32)), v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.5], [0.25])]


# --8<-- [end:step-that-does-nothing-broken]


# --8<-- [start:step-that-does-nothing-fixed]
def idle_fixed() -> list[v2.Transform]:
    """What CIFAR-10 needs."""
    return [v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.5], [0.25])]


# --8<-- [end:step-that-does-nothing-fixed]


def idle_symptom(version: Callable[[], list[v2.Transform]]) -> float:
    """Return how many steps hand an image of 32×32 on as they got it."""
    image, idle = torch.randint(256, (3, 32, 32), dtype=torch.uint8), 0
    for step in version():
        image, before = step(image), image
        idle += image.dtype == before.dtype and torch.equal(image, before)
    return idle


# --8<-- [start:step-that-does-nothing-check]
def idle_check(make: Callable[[], list[v2.Transform]]) -> None:
    """Each step changes something."""
    image = torch.randint(256, (3, 32, 32), dtype=torch.uint8)
    for step in make():
        image, before = step(image), image
        assert image.dtype != before.dtype or not torch.equal(image, before)


# --8<-- [end:step-that-does-nothing-check]


# --8<-- [start:list-means-range-broken]
def angles_broken() -> v2.Transform:
    """Three numbers, where the range wants two."""
    return v2.RandomRotation([90, 180, 270])


# --8<-- [end:list-means-range-broken]


# --8<-- [start:list-means-range-fixed]
def angles_fixed() -> v2.Transform:
    """Choose among three rotations, each with a range of one angle."""
    return v2.RandomChoice([v2.RandomRotation((angle, angle)) for angle in (90, 180, 270)])


# --8<-- [end:list-means-range-fixed]


def angles_symptom(version: Callable[[], v2.Transform]) -> str:
    """Return what is raised when it is made."""
    return attempt(version)


# --8<-- [start:list-means-range-check]
def angles_check(make: Callable[[], v2.Transform]) -> None:
    """Quarter turns move pixels about and invent no new value."""
    turn, image = make(), torch.arange(16.0).view(1, 4, 4)
    for _ in range(20):
        assert torch.equal(turn(image).flatten().sort().values, torch.arange(16.0))


# --8<-- [end:list-means-range-check]


# --8<-- [start:augmentation-changes-the-label-broken]
def flips_broken() -> v2.Transform:
    """What helps on photographs: flips, and turns by half a circle."""
    return v2.Compose([v2.RandomHorizontalFlip(), v2.RandomVerticalFlip(), v2.RandomRotation((180, 180))])


# --8<-- [end:augmentation-changes-the-label-broken]


# --8<-- [start:augmentation-changes-the-label-fixed]
def flips_fixed() -> v2.Transform:
    """What a pen does: a little slant, a little shift."""
    return v2.RandomAffine(degrees=10, translate=(0.03, 0.03))


# --8<-- [end:augmentation-changes-the-label-fixed]


def flips_symptom(version: Callable[[], v2.Transform]) -> float:
    """Return the share of augmented 4, 6, 7 and 9 that still look most like their own class."""
    augment, split = version(), data.load("digits").validation
    chosen = torch.isin(split.labels, torch.tensor([4, 6, 7, 9]))
    images = torch.stack([augment(image) for image in split.images[chosen]])
    return (nearest_mean(images.float()) == split.labels[chosen]).float().mean().item()


# --8<-- [start:augmentation-changes-the-label-check]
def flips_check(make: Callable[[], v2.Transform]) -> None:
    """After augmentation most sixes are still what their label says."""
    augment, train = make(), data.load("digits").train
    sixes = torch.stack([augment(image) for image in train.images[train.labels == 6]])
    assert (nearest_mean(sixes.float()) == 6).float().mean() > 0.75


# --8<-- [end:augmentation-changes-the-label-check]


# --8<-- [start:augmented-test-set-broken]
def shared_broken() -> tuple[v2.Transform, v2.Transform]:
    """One chain for both."""
    transform = v2.Compose([v2.RandomAffine(degrees=30, translate=(0.2, 0.2)), v2.ToDtype(torch.float32)])
    return transform, transform


# --8<-- [end:augmented-test-set-broken]


# --8<-- [start:augmented-test-set-fixed]
def shared_fixed() -> tuple[v2.Transform, v2.Transform]:
    """Random steps for training alone."""
    plain = v2.ToDtype(torch.float32)
    return v2.Compose([v2.RandomAffine(degrees=30, translate=(0.2, 0.2)), plain]), plain


# --8<-- [end:augmented-test-set-fixed]


def shared_symptom(version: Callable[[], tuple[v2.Transform, v2.Transform]]) -> float:
    """Return by how much the same test image differs from one reading to the next, of 255."""
    image = data.load("digits").test.images[0]
    transform = version()[1]
    return float((transform(image) - transform(image)).abs().max())


# --8<-- [start:augmented-test-set-check]
def shared_check(make: Callable[[], tuple[v2.Transform, v2.Transform]]) -> None:
    """A test image read twice is the same twice."""
    transform, image = make()[1], torch.rand(1, 28, 28)
    assert torch.equal(transform(image), transform(image))


# --8<-- [end:augmented-test-set-check]


# --8<-- [start:split-shares-its-transform-broken]
def halves_broken(images: Tensor, transform: Callable[[Tensor], Tensor]) -> tuple[Dataset[Tensor], Dataset[Tensor]]:
    """Split, then take the transform away from the validation half."""
    dataset = Pictures(images, transform)
    train, validation = random_split(dataset, [0.8, 0.2])
    validation.dataset.transform = None  # type: ignore[attr-defined]
    return train, validation


# --8<-- [end:split-shares-its-transform-broken]


# --8<-- [start:split-shares-its-transform-fixed]
def halves_fixed(images: Tensor, transform: Callable[[Tensor], Tensor]) -> tuple[Dataset[Tensor], Dataset[Tensor]]:
    """Split the indices, and make a data set for each half."""
    train, validation = random_split(range(len(images)), [0.8, 0.2])  # type: ignore[var-annotated, arg-type]
    return Subset(Pictures(images, transform), train.indices), Subset(Pictures(images, None), validation.indices)


# --8<-- [end:split-shares-its-transform-fixed]


class Pictures(Dataset[Tensor]):
    """Images with a transform that may be None."""

    def __init__(self, images: Tensor, transform: Callable[[Tensor], Tensor] | None) -> None:
        self.images, self.transform = images, transform

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.images)

    def __getitem__(self, index: int) -> Tensor:
        """Return one image, transformed."""
        image = self.images[index]
        return self.transform(image) if self.transform else image


def halves_symptom(version: Callable[..., Any]) -> float:
    """Return what training reads where images are 1 and the transform doubles them."""
    train, _ = version(torch.ones(10, 1), lambda image: 2 * image)
    return float(train[0])


# --8<-- [start:split-shares-its-transform-check]
def halves_check(split: Callable[..., Any]) -> None:
    """The transform works on the training half and on no other."""
    train, validation = split(torch.ones(10, 1), lambda image: 2 * image)
    assert (train[0].item(), validation[0].item()) == (2.0, 1.0)


# --8<-- [end:split-shares-its-transform-check]


# --8<-- [start:target-not-augmented-broken]
def target_broken(image: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Two calls, two coins."""
    flip = v2.RandomHorizontalFlip(p=0.5)
    return flip(image), flip(mask)


# --8<-- [end:target-not-augmented-broken]


# --8<-- [start:target-not-augmented-fixed]
def target_fixed(image: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """One call with both, and the mask marked as a mask."""
    flip = v2.RandomHorizontalFlip(p=0.5)
    flipped: tuple[Tensor, Tensor] = flip(tv_tensors.Image(image), tv_tensors.Mask(mask))
    return flipped


# --8<-- [end:target-not-augmented-fixed]


def target_symptom(version: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]) -> float:
    """Return how often, of 40 draws, the mask still covers the object."""
    image = torch.zeros(1, 8, 8)
    image[:, 2:6, 1:4] = 1
    pairs = [version(image, image[0].bool()) for _ in range(40)]
    return sum(torch.equal(picture[0] > 0, mask) for picture, mask in pairs) / 40


# --8<-- [start:target-not-augmented-check]
def target_check(augment: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]) -> None:
    """The mask covers the object in every draw."""
    image = torch.zeros(1, 8, 8)
    image[:, 2:6, 1:4] = 1
    for _ in range(20):
        picture, mask = augment(image, image[0].bool())
        assert torch.equal(picture[0] > 0, mask)


# --8<-- [end:target-not-augmented-check]


# --8<-- [start:interpolated-mask-broken]
def mask_broken(mask: Tensor) -> Tensor:
    """Resize it as one resizes a picture."""
    resized: Tensor = v2.functional.resize(mask, [6, 6], antialias=False)
    return resized


# --8<-- [end:interpolated-mask-broken]


# --8<-- [start:interpolated-mask-fixed]
def mask_fixed(mask: Tensor) -> Tensor:
    """Take the class of the nearest pixel."""
    resized: Tensor = v2.functional.resize(mask, [6, 6], interpolation=v2.InterpolationMode.NEAREST)
    return resized


# --8<-- [end:interpolated-mask-fixed]


def mask_symptom(version: Callable[[Tensor], Tensor]) -> float:
    """Return how many classes are there that were not there before."""
    mask = torch.zeros(1, 8, 8, dtype=torch.uint8)
    mask[:, 2:5, 3:6] = 4
    return len(set(version(mask).unique().tolist()) - {0, 4})


# --8<-- [start:interpolated-mask-check]
def mask_check(resize: Callable[[Tensor], Tensor]) -> None:
    """A mask of classes 0 and 4 has no other class afterwards."""
    mask = torch.zeros(1, 8, 8, dtype=torch.uint8)
    mask[:, 2:5, 3:6] = 4
    assert set(resize(mask).unique().tolist()) <= {0, 4}


# --8<-- [end:interpolated-mask-check]


# --8<-- [start:augmented-once-broken]
class OnceBroken(Dataset[Tensor]):
    """Augment where the data are read."""

    def __init__(self, images: Tensor) -> None:
        self.images = images + torch.randn_like(images)

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.images)

    def __getitem__(self, index: int) -> Tensor:
        """Return one image."""
        return self.images[index]


# --8<-- [end:augmented-once-broken]


# --8<-- [start:augmented-once-fixed]
class OnceFixed(Dataset[Tensor]):
    """Augment where an image is asked for."""

    def __init__(self, images: Tensor) -> None:
        self.images = images

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.images)

    def __getitem__(self, index: int) -> Tensor:
        """Return one image, with fresh noise."""
        image = self.images[index]
        return image + torch.randn_like(image)


# --8<-- [end:augmented-once-fixed]


def once_symptom(version: Callable[[Tensor], Dataset[Tensor]]) -> float:
    """Return how many different versions of one image three epochs see."""
    dataset = version(torch.zeros(4, 2))
    return len({tuple(dataset[0].tolist()) for _ in range(3)})


# --8<-- [start:augmented-once-check]
def once_check(make: Callable[[Tensor], Dataset[Tensor]]) -> None:
    """An image asked for twice is not the same twice."""
    dataset = make(torch.zeros(4, 2))
    assert not torch.equal(dataset[0], dataset[0])


# --8<-- [end:augmented-once-check]


# --8<-- [start:same-numbers-in-every-worker-broken]
class DrawsBroken(Dataset[int]):
    """Keep a generator; each worker gets a copy of it in the same state."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)

    def __len__(self) -> int:
        """Return the number of samples."""
        return 8

    def __getitem__(self, index: int) -> int:
        """Return the number that decides the augmentation."""
        return int(self.rng.integers(1_000_000))


# --8<-- [end:same-numbers-in-every-worker-broken]


# --8<-- [start:same-numbers-in-every-worker-fixed]
class DrawsFixed(Dataset[int]):
    """Draw from torch, which seeds each worker differently, and anew in each epoch."""

    def __len__(self) -> int:
        """Return the number of samples."""
        return 8

    def __getitem__(self, index: int) -> int:
        """Return the number that decides the augmentation."""
        return int(torch.randint(1_000_000, ()))


# --8<-- [end:same-numbers-in-every-worker-fixed]


def draws_symptom(version: Callable[[], Dataset[int]]) -> float:
    """Return the share of 8 samples whose number another sample drew before, with two workers."""
    numbers = [int(number) for number in DataLoader(version(), batch_size=None, num_workers=2)]
    return 1 - len(set(numbers)) / len(numbers)


# --8<-- [start:same-numbers-in-every-worker-check]
def draws_check(make: Callable[[], Dataset[int]]) -> None:
    """Two workers, eight samples, eight different numbers."""
    numbers = [int(number) for number in DataLoader(make(), batch_size=None, num_workers=2)]
    assert len(set(numbers)) == 8


# --8<-- [end:same-numbers-in-every-worker-check]


# --8<-- [start:error-inside-a-worker-broken]
class LengthBroken(Dataset[Tensor]):
    """Count one more than there is."""

    def __init__(self, rows: list[Tensor]) -> None:
        self.rows = rows

    def __len__(self) -> int:
        """Return the largest index that may be asked for, thought to be the length."""
        return len(self.rows) + 1

    def __getitem__(self, index: int) -> Tensor:
        """Return one row."""
        return self.rows[index]


# --8<-- [end:error-inside-a-worker-broken]


# --8<-- [start:error-inside-a-worker-fixed]
class LengthFixed(Dataset[Tensor]):
    """Count what there is."""

    def __init__(self, rows: list[Tensor]) -> None:
        self.rows = rows

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def __getitem__(self, index: int) -> Tensor:
        """Return one row."""
        return self.rows[index]


# --8<-- [end:error-inside-a-worker-fixed]


def length_symptom(version: Callable[[list[Tensor]], Dataset[Tensor]]) -> str:
    """Return what one pass with a worker raises."""
    return attempt(list, DataLoader(version([torch.zeros(2)] * 4), num_workers=1))


# --8<-- [start:error-inside-a-worker-check]
def length_check(make: Callable[[list[Tensor]], Any]) -> None:
    """Every index below the length can be read; no worker is needed to find out."""
    dataset = make([torch.zeros(2)] * 4)
    assert len([dataset[index] for index in range(len(dataset))]) == 4


# --8<-- [end:error-inside-a-worker-check]


# --8<-- [start:training-not-shuffled-broken]
def order_broken(dataset: TensorDataset) -> DataLoader[Any]:
    """Take the samples as they lie in the file."""
    return DataLoader(dataset, batch_size=50)


# --8<-- [end:training-not-shuffled-broken]


# --8<-- [start:training-not-shuffled-fixed]
def order_fixed(dataset: TensorDataset) -> DataLoader[Any]:
    """Draw a new order in each epoch."""
    return DataLoader(dataset, batch_size=50, shuffle=True)


# --8<-- [end:training-not-shuffled-fixed]


def order_symptom(version: Callable[[TensorDataset], DataLoader[Any]]) -> float:
    """Return how many classes a batch of 50 holds on average, of 10."""
    labels = torch.arange(10).repeat_interleave(100)
    loader = version(TensorDataset(labels))
    counts = [len(batch.unique()) for (batch,) in loader]
    return sum(counts) / len(counts)


# --8<-- [start:training-not-shuffled-check]
def order_check(make: Callable[[TensorDataset], DataLoader[Any]]) -> None:
    """Two epochs do not come in the same order."""
    loader = make(TensorDataset(torch.arange(500)))
    first, second = (torch.cat([batch for (batch,) in loader]) for _ in range(2))
    assert not torch.equal(first, second)


# --8<-- [end:training-not-shuffled-check]


# --8<-- [start:always-the-first-batch-broken]
def first_batch_broken(loader: DataLoader[Any], steps: int) -> list[Tensor]:
    """Ask for the next batch, of a new iterator each time."""
    return [next(iter(loader))[0] for _ in range(steps)]


# --8<-- [end:always-the-first-batch-broken]


# --8<-- [start:always-the-first-batch-fixed]
def first_batch_fixed(loader: DataLoader[Any], steps: int) -> list[Tensor]:
    """Keep the iterator, and begin anew when it is used up."""
    batches, batch_list = iter(loader), []
    for _ in range(steps):
        try:
            (batch,) = next(batches)
        except StopIteration:
            batches = iter(loader)
            (batch,) = next(batches)
        batch_list.append(batch)
    return batch_list


# --8<-- [end:always-the-first-batch-fixed]


def first_batch_symptom(version: Callable[[DataLoader[Any], int], list[Tensor]]) -> float:
    """Return how many different batches six steps see, where there are four."""
    loader = DataLoader(TensorDataset(torch.arange(8)), batch_size=2)
    return len({tuple(batch.tolist()) for batch in version(loader, 6)})


# --8<-- [start:always-the-first-batch-check]
def first_batch_check(take: Callable[[DataLoader[Any], int], list[Tensor]]) -> None:
    """As many steps as there are batches see every sample once."""
    loader = DataLoader(TensorDataset(torch.arange(8)), batch_size=2)
    assert torch.cat(take(loader, 4)).sort().values.tolist() == list(range(8))


# --8<-- [end:always-the-first-batch-check]


CASES = (
    Case(
        "E-30",
        "data-set-not-there",
        title=("换了一台机器，数据集找不到", "On another machine the data set is not there"),
        seen=(
            "RuntimeError: Dataset not found. You can use download=True to download it",
            "error: Dataset not found. You can use download=True to download it",
        ),
        where=("别人的代码里写着 download=False", "code from elsewhere with download=False"),
        broken=missing_broken,
        fixed=missing_fixed,
        symptom=missing_symptom,
        sign="Dataset not found",
        check=missing_check,
    ),
    Case(
        "E-130",
        "leaked-statistics",
        title=("归一化的均值里混进了测试集", "The test set is in the mean that normalizes"),
        seen=(
            "测试分数比上线后好，均值和标准差是在划分之前算的",
            "test scores better than in use; mean and standard deviation were computed before the split",
        ),
        where=("先归一化，后划分", "normalizing first, splitting afterwards"),
        broken=leak_broken,
        fixed=leak_fixed,
        symptom=leak_symptom,
        sign=Apart(broken=0.1, fixed=0.0),
        check=leak_check,
    ),
    Case(
        "E-131",
        "copies-on-both-sides",
        title=("先增强后划分：验证集里有训练图片的孪生兄弟", "Augmented first, split afterwards: validation images have twins in training"),
        seen=("验证准确率高得离谱，换一批新数据就掉下来", "validation accuracy too good to be true, much lower on new data"),
        where=("把增强后的图片存盘，再随机划分", "augmented images stored, then split at random"),
        broken=twins_broken,
        fixed=twins_fixed,
        symptom=twins_symptom,
        sign=Apart(broken=0.8, fixed=0.0),
        check=twins_check,
    ),
    Case(
        "E-132",
        "label-off-by-one",
        title=("标签整体错了一位", "All labels are off by one"),
        seen=("训练损失很好，预测的名字总是差一个", "training looks perfect, and every predicted name is one off"),
        where=(
            "标签从 1 开始，10 表示数字 0（SVHN 的文件就是这样）",
            "labels that begin at 1, with 10 for the digit 0 (as in the files of SVHN)",
        ),
        broken=shifted_broken,
        fixed=shifted_fixed,
        symptom=shifted_symptom,
        sign=Apart(broken=0.9, fixed=0.0),
        check=shifted_check,
    ),
    Case(
        "E-133",
        "classes-in-alphabetical-order",
        title=("文件夹按字母排序，`10` 排在 `2` 前面", "Folders are sorted as text: `10` comes before `2`"),
        seen=("ImageFolder 预测的类别名字对不上", "names of classes predicted with ImageFolder do not fit"),
        where=("用文件夹名当类别，类别超过 10 个", "folder names as classes, more than 10 of them"),
        broken=folders_broken,
        fixed=folders_fixed,
        symptom=folders_symptom,
        sign=Apart(broken=0.5, fixed=0.0),
        check=folders_check,
    ),
    Case(
        "E-134",
        "bgr-for-rgb",
        title=("红的变成蓝的：OpenCV 读出来是 BGR", "Red turns blue: OpenCV reads BGR"),
        seen=("预训练模型效果差，图片颜色发蓝", "a pretrained model does badly; pictures look blue"),
        where=("用 cv2.imread 读图", "images read by cv2.imread"),
        broken=bgr_broken,
        fixed=bgr_fixed,
        symptom=bgr_symptom,
        sign=Apart(broken=0.3, fixed=0.7),
        check=bgr_check,
    ),
    Case(
        "E-143",
        "reshape-for-permute",
        title=("`reshape` 不会交换轴，图片成了雪花", "`reshape` does not exchange axes, and the picture turns to snow"),
        seen=("形状对了，图片却是乱的，网络学不会", "the shape is right, the picture is scrambled, the network learns little"),
        where=("把 (H, W, C) 变成 (C, H, W)", "from (H, W, C) to (C, H, W)"),
        broken=axes_broken,
        fixed=axes_fixed,
        symptom=axes_symptom,
        sign=Apart(broken=20.0, fixed=0.0),
        check=axes_check,
    ),
    Case(
        "E-55",
        "to-tensor-does-not-scale",
        title=("`ToTensor` 并不总是除以 255", "`ToTensor` does not always divide by 255"),
        seen=("输入最大值是 255 而不是 1，损失一开始就很大", "the largest input is 255 instead of 1, and the first loss is huge"),
        where=("自己用 NumPy 读的图", "images read with NumPy"),
        broken=scale_broken,
        fixed=scale_fixed,
        symptom=scale_symptom,
        sign=Apart(broken=255.0, fixed=1.0),
        check=scale_check,
    ),
    Case(
        "E-142",
        "bytes-wrap-around",
        title=("`uint8` 减法会绕回：100 − 128 = 228", "`uint8` wraps around: 100 − 128 = 228"),
        seen=("减去均值后，暗的像素变得很亮", "after subtracting the mean, dark pixels come out bright"),
        where=("在转成浮点之前做算术", "arithmetic before the conversion to floats"),
        broken=wrap_broken,
        fixed=wrap_fixed,
        symptom=wrap_symptom,
        sign=Apart(broken=200.0, fixed=0.0),
        check=wrap_check,
    ),
    Case(
        "E-36",
        "copied-statistics",
        title=("均值抄错了一位，而且抄的是别人的", "A mean copied with a slip, and from other data"),
        seen=("归一化之后蓝色通道的均值不是 0", "after normalizing, the mean of the blue channel is not 0"),
        where=("从别处复制 MEAN 和 STD", "MEAN and STD copied from elsewhere"),
        broken=copied_broken,
        fixed=copied_fixed,
        symptom=copied_symptom,
        sign=Apart(broken=0.2, fixed=0.05),
        check=copied_check,
    ),
    Case(
        "E-146",
        "three-channel-normalize",
        title=("三个均值，一个通道", "Three means, one channel"),
        seen=(
            "RuntimeError: output with shape [1, 28, 28] doesn't match the broadcast shape [3, 28, 28]",
            "error: output with shape [1, 28, 28] doesn't match the broadcast shape [3, 28, 28]",
        ),
        where=("把彩色图的变换用到灰度图", "transforms for colour applied to grey images"),
        broken=channels_broken,
        fixed=channels_fixed,
        symptom=channels_symptom,
        sign="doesn't match the broadcast shape",
        check=channels_check,
    ),
    Case(
        "E-40",
        "step-that-does-nothing",
        title=("`Resize((32, 32))` 用在 32×32 的图上", "`Resize((32, 32))` on images of 32×32"),
        seen=("数据预处理慢，去掉一步结果完全一样", "preprocessing is slow, and leaving a step out changes nothing"),
        where=("从别处抄来的 Compose", "a Compose copied from elsewhere"),
        broken=idle_broken,
        fixed=idle_fixed,
        symptom=idle_symptom,
        sign=Apart(broken=1.0, fixed=0.0),
        check=idle_check,
    ),
    Case(
        "E-33",
        "list-means-range",
        title=("`RandomRotation([90, 180, 270])` 里的列表不是选项", "The list in `RandomRotation([90, 180, 270])` is not a choice"),
        seen=("ValueError: degrees should be a sequence of length 2", "error: degrees should be a sequence of length 2."),
        where=("想从几个固定角度里随机选一个", "picking at random among a few fixed angles"),
        broken=angles_broken,
        fixed=angles_fixed,
        symptom=angles_symptom,
        sign="degrees should be a sequence of length 2",
        check=angles_check,
    ),
    Case(
        "E-34",
        "augmentation-changes-the-label",
        title=("翻转和倒转改变了标签：6 成了 9", "Flips and half turns change the label: a 6 becomes a 9"),
        seen=("加了数据增强，训练变慢，测试准确率反而下降", "with augmentation training is slower and test accuracy falls"),
        where=("把自然图像的增强用到数字上", "augmentation for photographs applied to digits"),
        broken=flips_broken,
        fixed=flips_fixed,
        symptom=flips_symptom,
        sign=Apart(broken=0.55, fixed=0.75),
        check=flips_check,
    ),
    Case(
        "E-35",
        "augmented-test-set",
        title=("测试集也做了随机增强", "The test set is augmented as well"),
        seen=("同一个模型，每次评估的准确率都不一样", "the same model has a different accuracy at every evaluation"),
        where=("训练和测试共用一个 transform", "one transform for training and test"),
        broken=shared_broken,
        fixed=shared_fixed,
        symptom=shared_symptom,
        sign=Apart(broken=10.0, fixed=0.0),
        check=shared_check,
    ),
    Case(
        "E-145",
        "split-shares-its-transform",
        title=("`random_split` 的两半共用一个数据集", "Both halves of `random_split` share one data set"),
        seen=("关掉验证集的增强，训练集的增强也没了", "switching augmentation off for validation switches it off for training"),
        where=("random_split 之后修改 transform", "changing the transform after random_split"),
        broken=halves_broken,
        fixed=halves_fixed,
        symptom=halves_symptom,
        sign=Apart(broken=1.0, fixed=2.0),
        check=halves_check,
    ),
    Case(
        "E-135",
        "target-not-augmented",
        title=("图片翻了，掩码没有翻", "The image is flipped and its mask is not"),
        seen=("分割或检测加了增强，效果变差", "segmentation or detection gets worse with augmentation"),
        where=("目标是图片、掩码或框，不是一个类别", "targets that are masks or boxes, not a class"),
        broken=target_broken,
        fixed=target_fixed,
        symptom=target_symptom,
        sign=Apart(broken=0.75, fixed=0.99),
        check=target_check,
    ),
    Case(
        "E-136",
        "interpolated-mask",
        title=("缩放掩码，多出了不存在的类别", "Resizing a mask invents classes"),
        seen=(
            "掩码里出现了没有定义过的类别，训练报 Target out of bounds",
            "classes in the mask that were never defined; Target is out of bounds",
        ),
        where=("缩放分割的掩码", "resizing masks for segmentation"),
        broken=mask_broken,
        fixed=mask_fixed,
        symptom=mask_symptom,
        sign=Apart(broken=1.0, fixed=0.0),
        check=mask_check,
    ),
    Case(
        "E-144",
        "augmented-once",
        title=("增强只做了一次，每个轮次看到的都一样", "Augmented once, so every epoch sees the same"),
        seen=("加了增强，还是照样过拟合", "overfits as much as before in spite of augmentation"),
        where=("在 __init__ 里做增强，或者缓存了结果", "augmentation in __init__, or its result cached"),
        broken=OnceBroken,
        fixed=OnceFixed,
        symptom=once_symptom,
        sign=Apart(broken=1.0, fixed=3.0),
        check=once_check,
    ),
    Case(
        "E-137",
        "same-numbers-in-every-worker",
        title=("每个 worker 抽到同样的随机数", "Every worker draws the same random numbers"),
        seen=("num_workers 大于 0 时，不同的样本得到同样的增强", "with num_workers > 0, different samples get the same augmentation"),
        where=("把 NumPy 的 Generator 存在数据集里", "a NumPy Generator kept in the data set"),
        broken=DrawsBroken,
        fixed=DrawsFixed,
        symptom=draws_symptom,
        sign=Apart(broken=0.4, fixed=0.1),
        check=draws_check,
    ),
    Case(
        "E-138",
        "error-inside-a-worker",
        title=("worker 里的错误：真正的报错在最下面", "An error inside a worker: the real one is at the bottom"),
        seen=(
            "IndexError: Caught IndexError in DataLoader worker process 0.",
            "error: Caught … in DataLoader worker process 0. Original Traceback (most recent call last)",
        ),
        where=("num_workers 大于 0 的 DataLoader", "DataLoader with num_workers > 0"),
        broken=LengthBroken,
        fixed=LengthFixed,
        symptom=length_symptom,
        sign="in DataLoader worker process 0",
        check=length_check,
    ),
    Case(
        "E-141",
        "training-not-shuffled",
        title=("训练集没有打乱，一个批量只有一个类别", "The training set is not shuffled: one class to a batch"),
        seen=("损失呈锯齿形，准确率停在很低，最后只会认最后一类", "the loss looks like a saw, accuracy stays low, the last class wins"),
        where=("数据按类别存放，忘了 shuffle=True", "data stored class by class, shuffle=True forgotten"),
        broken=order_broken,
        fixed=order_fixed,
        symptom=order_symptom,
        sign=Apart(broken=2.0, fixed=8.0),
        check=order_check,
    ),
    Case(
        "E-147",
        "always-the-first-batch",
        title=("`next(iter(loader))` 永远是第一个批量", "`next(iter(loader))` is always the first batch"),
        seen=("训练准确率很快到 100%，测试很差", "training accuracy is soon 100% and the test is poor"),
        where=("不写 for 循环，按步数训练", "training by steps without a for loop"),
        broken=first_batch_broken,
        fixed=first_batch_fixed,
        symptom=first_batch_symptom,
        sign=Apart(broken=1.0, fixed=4.0),
        check=first_batch_check,
    ),
)
