"""Look-up, plurals, and the checks on a damaged term file."""

from __future__ import annotations

import dataclasses
import re
from importlib import resources

import pytest

from dlnotes import glossary
from dlnotes.errors import DlnotesError, UnknownNameError

SOUND = """
pooling:
  zh: 池化
  en: pooling
  variants: {zh: [汇聚]}
  definition: {zh: 用一个值代替窗口。, en: Replaces a window by one value.}
  see: [kernel]
kernel:
  zh: 卷积核
  en: kernel
  abbreviation: K
  definition: {zh: 滑动的权重。, en: Sliding weights.}
"""


def test_public_names() -> None:
    assert sorted(glossary.__all__) == ["Language", "TOPICS", "Term", "find", "parse", "plural", "terms"]
    assert all(hasattr(glossary, name) for name in glossary.__all__)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("卷积", "convolution"),
        ("汇聚", "pooling"),
        ("批量规范化", "batch-normalization"),
        ("丢弃法", "dropout"),
        ("BN", "batch-normalization"),
        ("cnn", "cnn"),
        ("CNNs", "cnn"),
        ("RELU", "relu"),
        ("Kernels", "kernel"),
        ("mini batches", "mini-batch"),
        ("Cross Entropy", "cross-entropy"),
        ("state_dict", "state-dict"),
        ("  learning   rates ", "learning-rate"),
        ("L2范数", "l2-norm"),
        ("hyper-parameter", "hyperparameter"),
        ("Kullback-Leibler divergence", "kl-divergence"),
        ("tensor-stride", "tensor-stride"),
        ("views of a tensor", "view"),
        ("criteria", "loss-function"),
    ],
)
def test_find(text: str, key: str) -> None:
    assert glossary.find(text).key == key


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("convoluton", "convolution"),
        ("epohc", "epoch"),
        ("卷积和", "卷积"),
        ("softmaks", "softmax"),
        ("全相连层", "全连接层"),
    ],
)
def test_unknown_term_names_the_nearest(text: str, nearest: str) -> None:
    with pytest.raises(UnknownNameError, match=f"unknown term '{text}'.*{nearest}") as caught:
        glossary.find(text)
    assert nearest in str(caught.value.nearest)


@pytest.mark.parametrize("text", ["", "   ", "-", "量子色动力学", "qwxzv"])
def test_nothing_near_is_still_a_clear_error(text: str) -> None:
    with pytest.raises(UnknownNameError, match="unknown term"):
        glossary.find(text)


def test_terms_are_read_once_and_cannot_be_changed() -> None:
    terms = glossary.terms()
    assert terms is glossary.terms()
    with pytest.raises(TypeError):
        terms["pooling"] = terms["kernel"]  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        terms["pooling"].zh = "汇聚"  # type: ignore[misc]


def test_every_file_of_terms_is_a_topic() -> None:
    folder = resources.files("dlnotes.glossary").joinpath("terms")
    assert sorted(file.name for file in folder.iterdir()) == sorted(f"{topic}.yml" for topic in glossary.TOPICS)


def test_term_speaks_both_languages() -> None:
    term = glossary.parse(SOUND)["kernel"]
    assert (term.name("zh"), term.name("en")) == ("卷积核", "kernel")
    assert (term.definition("zh"), term.definition("en")) == ("滑动的权重。", "Sliding weights.")
    assert term.forms("zh") == ("卷积核", "K")
    assert term.forms("en") == ("kernel", "kernels", "K", "Ks")
    assert term.names("en") == ("kernel", "K")
    assert glossary.parse(SOUND)["pooling"].variants("zh") == ("汇聚",)


@pytest.mark.parametrize("method", ["name", "names", "definition", "variants", "forms"])
def test_unknown_language(method: str) -> None:
    with pytest.raises(UnknownNameError, match="unknown language 'fr'"):
        getattr(glossary.find("kernel"), method)("fr")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("kernel", "kernels"),
        ("batch", "batches"),
        ("mini-batch", "mini-batches"),
        ("loss", "losses"),
        ("bias", "biases"),
        ("index", "indices"),
        ("Index", "Indices"),
        ("confusion matrix", "confusion matrices"),
        ("epoch", "epochs"),
        ("entropy", "entropies"),
        ("array", "arrays"),
        ("axis", "axes"),
        ("basis", "bases"),
        ("analysis", "analyses"),
        ("hypothesis", "hypotheses"),
        ("criterion", "criteria"),
        ("forward pass", "forward passes"),
        ("view of a tensor", "views of a tensor"),
        ("data", "data"),
        ("one-hot", "one-hot"),
        ("GPU", "GPUs"),
        ("CIFAR-10", "CIFAR-10"),
        ("卷积核", "卷积核"),
        ("", ""),
    ],
)
def test_plural(word: str, expected: str) -> None:
    assert glossary.plural(word) == expected


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("see: [kernel]", "see: [colonel]", "'pooling': see-also names the unknown key 'colonel'"),
        ("see: [kernel]", "see: [pooling]", "'pooling': see-also names itself"),
        ("see: [kernel]", "see: kernel", "'pooling': see must be a list, got 'kernel'"),
        ("see: [kernel]", "seee: [kernel]", "'pooling': unknown field seee; the fields are abbreviation"),
        ("zh: 卷积核\n", "zh: 汇聚\n", "'kernel': '汇聚' already names 'pooling'"),
        ("abbreviation: K", "abbreviation: Poolings", "'kernel': 'Poolings' already names 'pooling'"),
        ("  zh: 卷积核\n", "", "'kernel': zh missing"),
        ("abbreviation: K", "quiet: [core]", "'kernel': quiet names core, which is no form of it"),
        ("abbreviation: K", "formula: [x]", "'kernel': formula must be text"),
        ("zh: 卷积核\n", "zh: ''\n", "'kernel': zh must be text and not empty, got ''"),
        ("en: kernel\n", "en: 5\n", "'kernel': en must be text and not empty, got 5"),
        (", en: Sliding weights.}", "}", "'kernel': definition in 'en' missing"),
        ("zh: 滑动的权重。, ", "", "'kernel': definition in 'zh' missing"),
        ("{zh: 滑动的权重。, en: Sliding weights.}", "text", "'kernel': definition must be a mapping"),
        ("{zh: [汇聚]}", "{jp: [汇聚]}", "'pooling': variants must be a mapping"),
        ("{zh: [汇聚]}", "{zh: [3]}", "'pooling': variants zh must be text"),
        ("kernel:\n", "Kernel Size:\n", "'Kernel Size': use lower-case English"),
        ("\nkernel:\n", "\npooling:\n", "'pooling' stands twice"),
        ("  en: kernel\n", "  en: kernel\n  en: core\n", "'en' stands twice"),
        ("kernel:\n", "core: 3\nkernel:\n", "'core': its fields must be a mapping, got 3"),
        (SOUND, "", "must be a mapping"),
        (SOUND, "- a\n- b", "must be a mapping"),
        (SOUND, "a: [", "no valid YAML"),
    ],
)
def test_damaged_file_is_named(old: str, new: str, message: str) -> None:
    assert old in SOUND
    with pytest.raises(DlnotesError, match=re.escape(message)):
        glossary.parse(SOUND.replace(old, new, 1))
