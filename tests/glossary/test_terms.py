"""The vocabulary itself: complete, correct where a machine can tell, and well set."""

from __future__ import annotations

import importlib
import re
import warnings
from importlib import resources

import pytest
import torch
import yaml
from torch import nn
from torch.nn import functional

from dlnotes import glossary
from dlnotes.glossary import Term

TERMS = tuple(glossary.terms().values())
LABELS = yaml.safe_load(resources.files("dlnotes").joinpath("figures/labels.yml").read_text("utf-8"))

CJK = "\u3400-\u9fff"
FULL_WIDTH = "，。；：？！（）、“”《》"
# Sentences end at a full stop that is followed by a space or the end, so that 0.1 and nn.Linear stay whole.
SENTENCE_END = re.compile(r"(?<=。)|(?<=[.?!])(?=\s|$)")

# What the inventory of the source notes (T-01 to T-18) asks for.
INVENTORY = {
    "T-01": "tensor",
    "T-02": "scalar function",
    "T-03": "fully connected layer",
    "T-04": "feature",
    "T-05": "label, ground truth",
    "T-06": "artificial intelligence, machine learning, deep learning",
    "T-07": "training set, validation set, test set",
    "T-08": "generalization, overfitting, underfitting",
    "T-09": "batch, batch size, iteration, epoch",
    "T-10": "neuron, layer, weight, bias, activation",
    "T-11": "receptive field",
    "T-12": "weight sharing, kernel",
    "T-13": "upsampling, pooling, batch norm, feature scaling, data augmentation, shortcut",
    "T-14": "batch_size, device, epoch, lr, hyperparameter",
    "T-15": "SGD, mini-batch, unbiased estimate",
    "T-16": "regularization, weight decay, L2 norm",
    "T-17": "running mean, running variance, moving mean, moving variance",
    "T-18": "valid convolution, same convolution, stride, padding, feature map",
}


def without_formulas(text: str) -> str:
    return re.sub(r"\$[^$]*\$", "x", text)


def typographic_faults(text: str) -> list[str]:
    """Find what Chinese typesetting forbids; each fault comes with a little of its surroundings."""
    rules = [
        rf"[{CJK}][A-Za-z0-9$]",
        rf"[A-Za-z0-9$][{CJK}]",
        rf"[{CJK}] ?[,.;:?!()\"']",
        rf"[,;:?!()\"'] ?[{CJK}]",
        rf" [{FULL_WIDTH}]",
        rf"[{FULL_WIDTH}] ",
        rf"[{CJK}] +[{CJK}]",
        r"  ",
    ]
    # A formula counts as one dollar sign: what is inside it follows the rules of formulas.
    text = re.sub(r"\$[^$]*\$", "$", text)
    # The brackets of a call, as in eval(), belong to the code.
    text = re.sub(r"\b[\w.]+\(\)", "call", text, flags=re.ASCII)
    return [text[max(0, m.start() - 5) : m.end() + 5] for rule in rules for m in re.finditer(rule, text)]


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        ("用 softmax 得到概率。", True),
        ("输出 $p_i$，总和为 1。", True),
        ("卷积（Conv2d）有 9 个权重。", True),
        ("用softmax 得到概率。", False),
        ("有 9个权重。", False),
        ("卷积,池化。", False),
        ("卷积.", False),
        ("卷积(局部)", False),
        ("输出$p_i$，", False),
        ("卷积 ，池化", False),
        ("卷积 核", False),
    ],
)
def test_typographic_rule_itself(text: str, sound: bool) -> None:
    assert (not typographic_faults(text)) is sound


def test_number_of_terms() -> None:
    assert len(TERMS) >= 350


@pytest.mark.parametrize("item", INVENTORY)
def test_inventory_is_covered(item: str) -> None:
    for name in INVENTORY[item].split(", "):
        glossary.find(name)


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.key)
def test_every_form_finds_its_term(term: Term) -> None:
    for form in (term.key, *term.forms("zh"), *term.forms("en")):
        for spelling in (form, form.upper(), form.lower(), f" {form} "):
            assert glossary.find(spelling) is term


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_form_names_two_terms(lang: glossary.Language) -> None:
    owners: dict[str, str] = {}
    for term in TERMS:
        for form in term.forms(lang):
            assert owners.setdefault(form.casefold(), term.key) == term.key


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.key)
def test_see_also(term: Term) -> None:
    assert 1 <= len(term.see) <= 6
    assert len(set(term.see)) == len(term.see)
    assert set(term.see) <= glossary.terms().keys() - {term.key}


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.key)
def test_definitions_are_whole(term: Term) -> None:
    for text, end in ((term.definition_zh, "。"), (term.definition_en, ".")):
        assert text.endswith(end)
        assert text.count("$") % 2 == 0
        assert 1 <= len(list(filter(None, SENTENCE_END.split(without_formulas(text))))) <= 3
    assert re.search(f"[{CJK}]", term.definition_zh)
    assert not re.search(f"[{CJK}{FULL_WIDTH}]", term.definition_en)
    assert term.definition_en[0].isupper() or term.definition_en[0] in "$0123456789"


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.key)
def test_definition_is_not_circular(term: Term) -> None:
    first_zh, first_en = (SENTENCE_END.split(without_formulas(text))[0] for text in (term.definition_zh, term.definition_en))
    for form in (term.zh, *term.variants_zh):
        assert form not in first_zh
    for form in term.forms("en"):
        assert not re.search(rf"\b{re.escape(form)}\b", first_en, re.IGNORECASE)


def heads() -> dict[str, set[str]]:
    """Name the terms that open each English definition: "A kernel …" opens with kernel."""
    owners = {form.casefold(): term.key for term in TERMS for form in term.forms("en")}
    found = {}
    for term in TERMS:
        opening = re.sub(r"^(the|a|an|one|any)\s+", "", without_formulas(term.definition_en), flags=re.IGNORECASE).casefold()
        cuts = [match.start() for match in re.finditer(r"\b", opening)]
        found[term.key] = {owners[opening[:cut]] for cut in cuts if opening[:cut] in owners}
    return found


def test_two_definitions_do_not_lean_on_each_other() -> None:
    opening = heads()
    assert len([key for key in opening if opening[key]]) > 20, "many definitions open with another term"
    assert [(a, b) for a in opening for b in opening[a] if a in opening[b]] == []


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.key)
def test_typography(term: Term) -> None:
    for text in (term.zh, *term.variants_zh, term.definition_zh):
        assert typographic_faults(text) == []


def resolve(name: str) -> object:
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            found = getattr(found, part)
        return found
    raise ModuleNotFoundError(name)


@pytest.mark.parametrize("term", [term for term in TERMS if term.torch], ids=lambda term: term.key)
def test_torch_name_resolves(term: Term) -> None:
    assert term.torch is not None
    assert resolve(term.torch) is not None


@pytest.mark.parametrize("term", [term for term in TERMS if term.run], ids=lambda term: term.key)
def test_line_runs(term: Term) -> None:
    assert term.run is not None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value = eval(term.run, {"torch": torch, "nn": nn, "F": functional})
    assert value is not None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("fully-connected-layer", 200_960),
        ("parameter", 203_530),
        ("iteration", 300),
        ("weight-sharing", 156),
        ("receptive-field", 14),
        ("mac", 86_400),
        ("mixed-precision", torch.bfloat16),
        ("translation-equivariance", True),
        ("translation-invariance", True),
        ("initialization", True),
        ("seed", True),
        ("inference", False),
        ("unbiased-estimate", 3.0),
        ("accuracy", 0.5),
        ("valid-convolution", torch.Size([1, 1, 24, 24])),
        ("same-convolution", torch.Size([1, 1, 28, 28])),
        ("adamw", 0.01),
    ],
)
def test_line_shows_what_the_definition_says(key: str, value: object) -> None:
    run = glossary.terms()[key].run
    assert run is not None
    assert eval(run, {"torch": torch, "nn": nn, "F": functional}) == value


def test_labels_of_figures_agree_with_the_glossary() -> None:
    assert set(LABELS) == {"phrases", "same"}
    assert not set(LABELS["phrases"]) & set(LABELS["same"])
    names = {form.casefold(): term.zh for term in TERMS for form in term.forms("en")}
    for english, chinese in LABELS["phrases"].items():
        assert isinstance(english, str) and isinstance(chinese, str)
        assert typographic_faults(chinese.replace("{}", "1")) == [], chinese
        assert english.count("{}") == chinese.count("{}")
        assert not re.search(r"\d", english + chinese), "digits are looked up as {}"
        assert names.get(english.casefold(), chinese) == chinese


@pytest.mark.parametrize("label", LABELS["same"])
def test_labels_that_stay_hold_no_digits(label: str) -> None:
    assert not re.search(r"\d", label), "digits are looked up as {}"
