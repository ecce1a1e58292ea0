"""Train any module on any tensors: settings, the loop, measurements, seeds, devices, checkpoints."""

from dlnotes.training.augmentation import affine
from dlnotes.training.checkpoints import load_checkpoint, load_weights, save_checkpoint
from dlnotes.training.config import Config
from dlnotes.training.devices import DeviceChoice, choose_device
from dlnotes.training.fit import EpochRecord, History, fit
from dlnotes.training.metrics import Metrics, Normalization, confusion_matrix, evaluate, predict
from dlnotes.training.seeding import seed_everything

__all__ = [
    "Config",
    "DeviceChoice",
    "EpochRecord",
    "History",
    "Metrics",
    "Normalization",
    "affine",
    "choose_device",
    "confusion_matrix",
    "evaluate",
    "fit",
    "load_checkpoint",
    "load_weights",
    "predict",
    "save_checkpoint",
    "seed_everything",
]
