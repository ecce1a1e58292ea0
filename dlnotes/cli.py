"""The command `dlnotes`: a thin shell over the package.

Heavy imports stand inside the commands, so that `dlnotes --help` answers at once.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from dlnotes import __version__
from dlnotes.errors import CheckpointError, ConfigError, DlnotesError, UnknownNameError

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Deep learning with PyTorch, measured: train, trace, predict, look up.",
    pretty_exceptions_enable=False,
)

Model = Annotated[str, typer.Argument(help="Name of a model, see: dlnotes list")]
Root = Annotated[Path | None, typer.Option(help="Folder of the data sets; nothing outside it is read.")]


def _plain_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Show an error that dlnotes raised on purpose as one message, without a traceback."""

    @functools.wraps(command)
    def wrapped(*args: Any, **options: Any) -> None:
        try:
            command(*args, **options)
        except DlnotesError as error:
            typer.secho(f"error: {error}", fg=typer.colors.RED, err=True)
            raise typer.Exit(2) from error
        except BrokenPipeError:
            # The reader of a pipe, such as head, has seen enough.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

    return wrapped


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def main(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False) -> None:
    """Deep learning with PyTorch, measured: train, trace, predict, look up."""


@app.command(name="list")
@_plain_errors
def list_() -> None:
    """List the models, with the data sets that they have recipes for."""
    import torch

    from dlnotes import models, recipes

    for name in models.names():
        fitting = [data for model, data in recipes.names() if model == name]
        # Shapes are enough for counting; the largest models would take seconds and gigabytes.
        with torch.device("meta"):
            parameters = sum(parameter.numel() for parameter in models.create(name).parameters())
        shape = "×".join(map(str, models.input_shape(name)))
        typer.echo(f"{name:<18} {parameters:>11,} parameters   {shape:<9}  {', '.join(fitting)}")


@app.command()
@_plain_errors
def train(
    model: Model,
    data: Annotated[str | None, typer.Option(help="Data set; the model's first one if not given.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training data.")] = None,
    lr: Annotated[float | None, typer.Option(help="Learning rate.")] = None,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cuda, mps or cpu.")] = "auto",
    root: Root = None,
    checkpoint: Annotated[Path | None, typer.Option(help="Where the weights are kept; a file in the user's cache if not given.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint.")] = False,
) -> None:
    """Train a model as its recipe says, measure it, and keep its weights."""
    from dlnotes import recipes

    recipe = recipes.get(model, data)
    path = checkpoint or _checkpoint(model, recipe.data)
    settings: dict[str, Any] = {"seed": seed, "device": device}
    settings |= {name: value for name, value in (("epochs", epochs), ("lr", lr)) if value is not None}
    run = recipes.run(model, recipe.data, root=root, checkpoint=path, resume=resume, **settings)
    history = run.history
    typer.echo(f"{model} on {recipe.data}, {history.device} ({history.reason}), {history.precision}, seed {seed}")
    for record in history.epochs:
        typer.echo(
            f"epoch {record.epoch:>3}  training loss {record.train_loss:.4f}  validation loss {record.validation_loss:.4f}  "
            f"validation accuracy {record.validation_accuracy:.2%}"
        )
    typer.echo(f"test accuracy {run.test.accuracy:.2%} of {run.test.count:,} images, {history.seconds:.1f} s")
    typer.echo(f"weights: {path}")


@app.command()
@_plain_errors
def compare(
    names: Annotated[list[str], typer.Argument(metavar="MODEL...", help="Names of models, see: dlnotes list")],
    data: Annotated[str | None, typer.Option(help="Data set; the first model's own if not given.")] = None,
    seeds: Annotated[int, typer.Option(help="Runs of each model.")] = 3,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training data, the same for all.")] = None,
    device: Annotated[str, typer.Option(help="auto, cuda, mps or cpu.")] = "auto",
    root: Root = None,
) -> None:
    """Train several models on the same data, each by its own recipe, and set them side by side."""
    from dlnotes import comparison

    settings = {"device": device} | ({} if epochs is None else {"epochs": epochs})
    entries = comparison.compare(names, data, seeds=seeds, root=root, **settings)
    first = entries[0]
    typer.echo(comparison.table(entries))
    typer.echo(f"{first.data}, {seeds} seed{'s' * (seeds > 1)} each, {first.test_images:,} test images, {first.device}, {first.precision}")


@app.command()
@_plain_errors
def summary(
    model: Model,
    input: Annotated[str | None, typer.Option(help="Shape of one image, such as 1x28x28.")] = None,
) -> None:
    """Show each layer's output shape, parameters, operations, memory and receptive field."""
    import torch

    from dlnotes import models
    from dlnotes.summary import trace

    with torch.device("meta"):
        network = models.create(model)
    typer.echo(str(trace(network, _shape(input) if input else models.input_shape(model))))


@app.command()
@_plain_errors
def predict(
    model: Model,
    image: Annotated[Path, typer.Argument(help="A photo or drawing of one digit.")],
    data: Annotated[str | None, typer.Option(help="Data set that the model was trained on.")] = None,
    checkpoint: Annotated[Path | None, typer.Option(help="Weights to use; a file in the user's cache if not given.")] = None,
    root: Root = None,
) -> None:
    """Read a digit of your own; trains first if there are no weights yet."""
    from dlnotes import models, recipes
    from dlnotes.data import load_digit

    if models.input_shape(model) != (1, 28, 28):
        raise ConfigError(f"{model} takes images of {models.input_shape(model)}; a digit is 1×28×28: use lenet, mlp or digit_cnn")
    recipe = recipes.get(model, data)
    digit = load_digit(image, like="digits" if recipe.data == "digits" else "mnist")
    path = checkpoint or _checkpoint(model, recipe.data)
    if not path.is_file():
        if checkpoint is not None:
            raise CheckpointError(f"there is no checkpoint {path}; make it with: dlnotes train {model} --checkpoint {path}")
        typer.echo(f"no weights yet: training {model} on {recipe.data} first", err=True)
        recipes.run(model, recipe.data, root=root, checkpoint=path)
    _show_prediction(models.create(model), digit, path)


def _show_prediction(network: Any, digit: Any, path: Path) -> None:
    from dlnotes.training import Normalization, load_checkpoint, load_weights
    from dlnotes.training import predict as logits_of

    state = load_checkpoint(path)
    load_weights(network, state, path)
    # The very constants of the training run: another normalisation would be another input.
    probabilities = logits_of(network, digit, Normalization(*state["normalization"])).softmax(dim=1)[0]
    for row in digit[0, 0, ::2]:
        typer.echo("".join(" ░▒▓█"[min(int(value) // 52, 4)] for value in row))
    best = int(probabilities.argmax())
    typer.echo(f"this is a {best} ({probabilities[best]:.1%})")
    for number, probability in enumerate(probabilities.tolist()):
        typer.echo(f"{number}  {'█' * round(probability * 40):<40} {probability:6.1%}")


@app.command()
@_plain_errors
def copy(model: Model) -> None:
    """Print the file that defines a model; it runs alone, with torch as its only import."""
    from dlnotes import models

    typer.echo(re.sub(r"^# --8<-- .*\n", "", models.source(model).read_text("utf-8"), flags=re.M), nl=False)


@app.command()
@_plain_errors
def glossary(
    term: Annotated[str | None, typer.Argument(help="Any form of a term, in Chinese or English, or its abbreviation.")] = None,
    export: Annotated[str | None, typer.Option(help="Write all terms instead, as csv, json or anki.")] = None,
) -> None:
    """Define a term in both languages, or write all terms as a file."""
    from dlnotes import glossary as terms
    from dlnotes.glossary.export import export as written

    if export is not None and term is None:
        typer.echo(written(export), nl=False)
        return
    if export is not None or term is None:
        raise ConfigError("give a term, as in dlnotes glossary 卷积, or a format, such as: dlnotes glossary --export csv: one of the two")
    found = terms.find(term)
    short = f" ({found.abbreviation})" if found.abbreviation else ""
    typer.echo(f"{found.zh} · {found.en}{short}\n\n{found.definition_zh}\n\n{found.definition_en}")
    if found.formula:
        typer.echo(f"\n{found.formula}")
    names = [terms.terms()[key] for key in found.see]
    if names:
        typer.echo("\nsee also: " + ", ".join(f"{name.zh} · {name.en}" for name in names))
    for label, text in (("torch", found.torch), ("try it", found.run)):
        if text:
            typer.echo(f"{label}: {text}")


@app.command()
@_plain_errors
def data(
    download: Annotated[str | None, typer.Option(help="Fetch this data set through torchvision.")] = None,
    root: Root = None,
) -> None:
    """Say which data sets are here, where, whether they are whole, and how to get the others."""
    from dlnotes import data as sets

    if download is not None:
        if download not in sets.names():
            raise UnknownNameError("data set", download, sets.names())
        splits = sets.load(download, root)
        typer.echo(f"{download}: {len(splits.train.labels):,} + {len(splits.validation.labels):,} + {len(splits.test.labels):,} images")
    for row in sets.status(root):
        typer.echo(f"{row.name:<14} {row.state:<8} {row.path}  {row.detail}")
        if row.state != "here":
            typer.echo(f"{'':<14} {row.how_to_get}")


@app.command()
@_plain_errors
def exercise(
    name: Annotated[str | None, typer.Argument(metavar="[ID]", help="Such as theory/tensors/3; all are listed if not given.")] = None,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Your answer, a Python file, to be checked.")] = None,
    lang: Annotated[str | None, typer.Option(help="zh or en; that of the system if not given.")] = None,
    answer: Annotated[bool, typer.Option("--answer", help="Show the answer too.")] = False,
) -> None:
    """List the exercises, print one, or check your answer to it."""
    from dlnotes import exercises

    language = _language(lang)
    if name is None:
        _list_exercises(language)
        return
    found = exercises.find(name)
    if file is None:
        _show_exercise(found, language, answer)
        return
    verdict = exercises.judge(found.id, file)
    if not verdict.right:
        typer.secho(verdict.reason[language], fg=typer.colors.RED)
        raise typer.Exit(1)
    typer.secho("对了。" if language == "zh" else "Right.", fg=typer.colors.GREEN)


def _list_exercises(language: str) -> None:
    from dlnotes import exercises

    known, checked = exercises.exercises(), exercises.checks()
    width = max(map(len, known))
    for key, item in known.items():
        line = " ".join(item.in_plain(language).question.split())
        typer.echo(f"{'*' if key in checked else ' '} {key:<{width}}  {line if len(line) <= 60 else line[:59] + '…'}")
    count = len(known.keys() & checked.keys())
    if language == "zh":
        typer.echo(f"共 {len(known)} 题；带 * 的 {count} 题能自动核对：dlnotes exercise ID answer.py")
    else:
        typer.echo(f"{len(known)} exercises; the {count} with * can be checked: dlnotes exercise ID answer.py")


def _show_exercise(found: Any, language: str, answer: bool) -> None:
    from dlnotes import exercises

    zh, check, text = language == "zh", exercises.checks().get(found.id), found.in_plain(language)
    typer.secho(found.id, bold=True)
    typer.echo(f"\n{text.question}\n")
    if answer:
        typer.echo(f"{'答案：' if zh else 'Answer:'} {text.answer}\n")
    if check:
        typer.echo(f"{'文件里要有' if zh else 'Your file defines'}  {check.form[language]}")
        typer.echo(f"{'核对' if zh else 'Check it'}  dlnotes exercise {found.id} answer.py")
    typer.echo(f"{'页面' if zh else 'Page'}  {'' if zh else 'en/'}{found.page}/#exercises")


def _language(wanted: str | None) -> str:
    if wanted is None:
        named = next((os.environ[key] for key in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(key)), "")
        return "zh" if named.startswith("zh") else "en"
    if wanted not in ("zh", "en"):
        raise UnknownNameError("language", wanted, ("zh", "en"))
    return wanted


@app.command()
@_plain_errors
def doctor(
    target: Annotated[str, typer.Argument(help="path.py:make_model; the function returns a model, or a model and its optimizer.")],
    input: Annotated[str, typer.Option(help="Shape of one input, such as 3x32x32.")] = "1x28x28",
    classes: Annotated[int, typer.Option(help="How many classes there are.", min=2)] = 10,
    batch: Annotated[str | None, typer.Option(help="path.py:make_batch, returns inputs and targets; random ones if not given.")] = None,
) -> None:
    """Examine a model of your own; exits with 1 if something is wrong with it."""
    import torch

    from dlnotes import clinic

    made = _call(target)
    model, optimizer = made if isinstance(made, tuple) and len(made) == 2 else (made, None)
    if not isinstance(model, torch.nn.Module):
        raise ConfigError(f"{target} must return a torch.nn.Module, or a pair of it and its optimizer, got {type(model).__name__}")
    if batch is None:
        generator = torch.Generator().manual_seed(0)
        pair = torch.randn(8, *_shape(input), generator=generator), torch.arange(8) % classes
    else:
        pair = _call(batch)
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise ConfigError(f"{batch} must return a pair (inputs, targets), such as next(iter(loader)), got {type(pair).__name__}")
    report = clinic.examine(model, (pair[0], pair[1]), optimizer)
    typer.echo(str(report))
    if report.findings:
        raise typer.Exit(1)


def _call(target: str) -> Any:
    """Run the file and call the function that "path.py:function" names."""
    import runpy
    import sys

    path, _, name = target.rpartition(":")
    if not path.endswith(".py") or not Path(path).is_file():
        raise ConfigError(f"there is no file {path or target!r}; write the file and the function, such as my_code.py:make_model")
    # As when Python runs the file itself, its neighbours can be imported.
    sys.path.insert(0, str(Path(path).resolve().parent))
    try:
        functions = {key: value for key, value in runpy.run_path(path).items() if callable(value) and not key.startswith("_")}
        if name not in functions:
            raise UnknownNameError(f"function in {path}", name, functions)
        return functions[name]()
    finally:
        sys.path.pop(0)


def _checkpoint(model: str, data: str) -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dlnotes"
    return cache / "checkpoints" / f"{model}-{data}.pt"


def _shape(text: str) -> tuple[int, ...]:
    if not re.fullmatch(r"\d+([x×,]\d+)*", text):
        raise ConfigError(f"--input must be whole numbers joined by x, such as 1x28x28, got {text!r}")
    return tuple(int(part) for part in re.split("[x×,]", text))
