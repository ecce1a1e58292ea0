"""The command line, as a user types it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from typer.testing import CliRunner

from dlnotes import models
from dlnotes.cli import app


def run(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output + result.stderr
    assert "Traceback" not in result.output + result.stderr
    return result.stdout if code == 0 else result.stderr


@pytest.fixture
def digit(tmp_path: Path) -> Path:
    picture = Image.new("RGB", (200, 300), (240, 240, 230))
    ImageDraw.Draw(picture).line([(100, 40), (100, 260)], fill=(20, 20, 60), width=22)
    picture.save(tmp_path / "one.png")
    return tmp_path / "one.png"


def test_list() -> None:
    text = run("list")
    assert all(name in text for name in models.names()) and "44,426" in text


def test_summary() -> None:
    assert "281,640" in run("summary", "lenet") and "61,706" in run("summary", "lenet5", "--input", "1x28x28")
    assert "classifier.1.0" in run("summary", "lenet", "--input", "1x32x32", code=2)
    assert "such as 1x28x28" in run("summary", "lenet", "--input", "28-28", code=2)


def test_train_resume_predict(tmp_path: Path, digit: Path) -> None:
    weights = tmp_path / "weights.pt"
    text = run("train", "lenet", "--epochs", 2, "--checkpoint", weights)
    assert "no GPU" in text or "GPU" in text
    assert "epoch   2" in text and "test accuracy" in text and str(weights) in text and weights.is_file()
    assert "epoch   2" in run("train", "lenet", "--epochs", 2, "--checkpoint", weights, "--resume")
    assert "other settings" in run("train", "lenet", "--epochs", 3, "--checkpoint", weights, "--resume", code=2)
    text = run("predict", "lenet", digit, "--checkpoint", weights)
    assert "this is a " in text and text.count("%") == 11
    assert "another model" in run("predict", "mlp", digit, "--checkpoint", weights, code=2)


def test_compare() -> None:
    text = run("compare", "mlp_32_16", "lenet", "--seeds", 2, "--epochs", 1, "--device", "cpu")
    lines = text.splitlines()
    assert lines[1].startswith("mlp_32_16") and lines[2].startswith("lenet") and "44,426" in lines[2] and "±" in lines[2]
    assert lines[3] == "digits, 2 seeds each, 360 test images, cpu, float32"
    assert "Did you mean 'lenet'" in run("compare", "mlp", "lenett", code=2)
    assert "seeds must be a whole number of runs from 1, got 0" in run("compare", "mlp", "--seeds", 0, code=2)


def test_predict_says_what_is_wrong(tmp_path: Path, digit: Path) -> None:
    (tmp_path / "text.png").write_text("x")
    assert "no image" in run("predict", "lenet", tmp_path / "text.png", code=2)
    assert "there is no checkpoint" in run("predict", "lenet", digit, "--checkpoint", tmp_path / "none.pt", code=2)
    assert "use lenet, mlp" in run("predict", "lenet_cifar", digit, code=2)


@pytest.mark.parametrize("arguments", [("train", "lenett"), ("summary", "lenett"), ("copy", "lenett")])
def test_unknown_models_name_the_nearest(arguments: tuple[str, ...]) -> None:
    assert "Did you mean 'lenet'" in run(*arguments, code=2)


def test_settings_out_of_range() -> None:
    assert "epochs must be an integer of at least 1" in run("train", "mlp", "--epochs", 0, code=2)
    assert "lr must be a finite number greater than 0, got -1.0" in run("train", "mlp", "--lr", -1, code=2)
    assert "lr must be a finite number greater than 0, got nan" in run("train", "mlp", "--lr", "nan", code=2)


@pytest.mark.parametrize("name", ["mlp", "lenet", "digit_cnn", "lenet_cifar"])
def test_copy_prints_a_file_that_runs(name: str, tmp_path: Path) -> None:
    text = run("copy", name)
    assert "--8<--" not in text and "dlnotes" not in text
    (tmp_path / "copied.py").write_text(text + "\nprint(sum(p.numel() for p in build().parameters()))\n", "utf-8")
    subprocess.run([sys.executable, "-I", str(tmp_path / "copied.py")], check=True)


def test_glossary() -> None:
    text = run("glossary", "卷积")
    assert "convolution" in text and "torch.nn.Conv2d" in text
    assert run("glossary", "CNN") == run("glossary", "convolutional neural networks")
    assert "Did you mean" in run("glossary", "convolutoin", code=2)
    assert r"\frac{TP}{TP + FN}" in run("glossary", "召回率")


def test_glossary_export() -> None:
    assert run("glossary", "--export", "csv").startswith("key,zh,en,abbreviation,")
    assert "unknown format 'xls'" in run("glossary", "--export", "xls", code=2)
    assert "one of the two" in run("glossary", code=2)
    assert "one of the two" in run("glossary", "CNN", "--export", "csv", code=2)


def test_data(tmp_path: Path) -> None:
    text = run("data", "--root", tmp_path)
    assert "digits" in text and "missing" in text and "DLNOTES_DATA" in text
    assert "unknown data set" in run("data", "--download", "minst", code=2)
    assert "could not be downloaded" in run("data", "--download", "mnist", code=2)


def test_help_and_version() -> None:
    for command in ("list", "train", "summary", "predict", "copy", "glossary", "data"):
        assert run(command, "--help")
    assert run("--version").strip() == "0.1.0"


def test_exercises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = run("exercise", "--lang", "en")
    assert "* theory/tensors/3 " in text and "  theory/convolution/3 " in text and "can be checked" in text
    text = run("exercise", "tensors/3", "--lang", "zh")
    assert "MiB" in text and "核对" in text and "theory/tensors/#exercises" in text and "147" not in text and "答案" not in text
    assert "gives 73" not in run("exercise", "lenet/1", "--lang", "en") and "2416" in run("exercise", "lenet/1", "--answer", "--lang", "en")
    for variable, language in (("zh_CN.UTF-8", "页面"), ("en_GB.UTF-8", "Page"), ("C", "Page")):
        monkeypatch.setenv("LC_ALL", variable)
        assert language in run("exercise", "lenet/1")
    assert "unknown language 'fr'" in run("exercise", "--lang", "fr", code=2)
    assert "Did you mean 'theory/tensors/3'" in run("exercise", "theory/tensor/3", code=2)


def test_an_answer_is_checked(tmp_path: Path) -> None:
    file = tmp_path / "answer.py"
    assert "there is no file" in run("exercise", "lenet/1", file, code=2)
    file.write_text("answer = 6 * 16 * 25")
    result = CliRunner().invoke(app, ["exercise", "lenet/1", str(file), "--lang", "zh"])
    assert (result.exit_code, result.stdout) == (1, "2400 不对\n")
    file.write_text("answer = 1 / 0")
    assert "ZeroDivisionError" in run("exercise", "lenet/1", file, code=2)
    file.write_text("result = 2416")
    assert "must define answer" in run("exercise", "lenet/1", file, code=2)
    file.write_text("answer = 16 * (6 * 25 + 1)")
    assert run("exercise", "lenet/1", file, "--lang", "en") == "Right.\n"
    assert "exercise that can be checked" in run("exercise", "lenet/3", file, code=2)


PATIENTS = """
import torch
from torch import nn
from neighbour import ending


def sound():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))


def softmax():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10), ending())


def with_optimizer():
    return sound(), torch.optim.SGD(sound().parameters(), lr=0.1)


def batch():
    return torch.randn(4, 1, 28, 28), torch.tensor([0, 1, 2, 10])


def number():
    return 3


if __name__ == "__main__":
    raise RuntimeError("this file was run, and not only read")
"""


def test_doctor(tmp_path: Path) -> None:
    file = tmp_path / "patients.py"
    file.write_text(PATIENTS, "utf-8")
    (tmp_path / "neighbour.py").write_text("from torch.nn import Softmax\n\n\ndef ending():\n    return Softmax(dim=1)\n", "utf-8")
    path = list(sys.path)
    assert run("doctor", f"{file}:sound").strip() == "nothing found"
    for arguments, case, anchor in (
        ((f"{file}:softmax",), "E-12", "clinic/loss-heads/#softmax-before-cross-entropy"),
        ((f"{file}:with_optimizer",), "E-20", "clinic/optimizers/#"),
        ((f"{file}:sound", "--input", "1x32x32"), "E-18", "clinic/shapes/#missing-flatten"),
        ((f"{file}:sound", "--classes", 12, "--batch", f"{file}:batch"), "E-88", "clinic/shapes/#label-out-of-range"),
    ):
        result = CliRunner().invoke(app, ["doctor", *map(str, arguments)])
        assert result.exit_code == 1 and result.stdout.startswith(f"{case}: ") and anchor in result.stdout
    assert sys.path == path


def test_doctor_says_what_is_wrong_with_the_call(tmp_path: Path) -> None:
    file = tmp_path / "patients.py"
    file.write_text(PATIENTS.replace("from neighbour import ending", ""), "utf-8")
    assert "such as my_code.py:make_model" in run("doctor", "lenet", code=2)
    assert "there is no file" in run("doctor", tmp_path / "none.py:sound", code=2)
    assert "Did you mean 'sound'" in run("doctor", f"{file}:sond", code=2)
    assert "must return a torch.nn.Module" in run("doctor", f"{file}:number", code=2)
    assert "must return a pair" in run("doctor", f"{file}:sound", "--batch", f"{file}:number", code=2)
