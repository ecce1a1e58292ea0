"""Mistakes that only words can carry: no code runs differently, only the reader is misled.

Each stands on the page clinic/vocabulary with the right words and a way to the glossary.
"""

from __future__ import annotations

from dlnotes.clinic.case import Wording

__all__ = ["MISSPELT", "WORDINGS", "misspelt"]

MISSPELT = (
    # (wrong, right), as found in notes and code; a search for either shall find the page.
    ("fucntion", "function"),  # codespell:ignore fucntion
    ("genenralization", "generalization"),
    ("tranning", "training"),  # codespell:ignore tranning
    ("vaild", "valid"),  # codespell:ignore vaild
    ("sane", "same"),
    ("accruate", "accurate"),  # codespell:ignore accruate
    ("mormalization", "normalization"),
    ("optimzer", "optimizer"),  # codespell:ignore optimzer
    ("criteon", "criterion"),
    ("minst, MINIST", "MNIST"),
    ("GoogleNet", "GoogLeNet"),
    ("神经原", "神经元"),
    ("全相连", "全连接"),
    ("稠密连结", "稠密连接"),
    ("卷积和", "卷积核"),
    ("何凯明", "何恺明"),
)


def misspelt() -> str:
    """Return the list of misspelt words as it stands on the page, "wrong → right" each."""
    return " · ".join(f"{wrong} → {right}" for wrong, right in MISSPELT)


WORDINGS = (
    Wording(
        "E-58",
        "layer-and-neuron",
        title=("同一个字母又指层又指神经元", "One letter for both the layer and the neuron"),
        seen=("公式里的 H_i^(i)、b_i^(i) 看不懂", "H_i^(i) or b_i^(i) in a formula makes no sense"),
    ),
    Wording(
        "E-59",
        "feature-or-weight",
        title=("特征不是“因素（权重）”", "A feature is not a weight"),
        seen=(
            "特征和权重是一回事吗，全连接层只在输入和输出之间吗",
            "are feature and weight the same; is a fully connected layer only between input and output",
        ),
    ),
    Wording(
        "E-65",
        "comments-that-mislead",
        title=("注释里用错的词", "Wrong words in comments"),
        seen=(
            "padding=0 是不跳过吗，Normalize 是正则化吗，DataLoader 下载数据吗",
            "is padding skipping, is Normalize regularization, does a DataLoader download",
        ),
    ),
    Wording(
        "E-71",
        "names-of-people-and-networks",
        title=("人名和网络名", "Names of people and networks"),
        seen=("何恺明 何凯明，GoogLeNet 为什么 L 大写", "why the capital L in GoogLeNet; Kaiming He"),
    ),
    Wording(
        "E-76",
        "batch-iteration-batch-size",
        title=("批量、迭代、批量大小是三件事", "Batch, iteration and batch size are three things"),
        seen=(
            "batch 和 iteration 和 batch size 的区别，一个轮次有几次迭代",
            "batch or iteration or batch size; how many iterations in an epoch",
        ),
    ),
    Wording(
        "E-81",
        "where-packages-go",
        title=("装到系统目录里的环境", "Environments in system folders"),
        seen=("conda free 频道，root 环境，sudo 安装到 /opt", "conda channel free, environment called root, sudo install into /opt"),
    ),
    Wording(
        "E-82",
        "misspelt-words",
        title=("拼错的词搜不到", "A misspelt word is not found"),
        seen=(f"拼写错误：{misspelt()}", f"misspelt: {misspelt()}"),
    ),
)
