# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "从零写成的每个层、每个模型与 torch 和 torchvision 相差多少：试了多少种设置，最大的差是多少，由哪个测试写下。"
#       en: "How far each layer and model written from scratch is from torch and torchvision: how many settings were tried, the largest difference, and the test that wrote it down."
# ---

# %% tags=["remove-input"]
import json
from pathlib import Path

records = [json.loads(path.read_text("utf-8")) for path in sorted(Path("equivalence").glob("*.json"))]
layers = [row for row in records if row["name"].startswith("layers.")]
models = [row for row in records if row["name"].startswith("models.")]
LAYER_CHECKS = ("forward", "input gradient", "parameter gradient", "state")
MODEL_CHECKS = ("parameters", "output", "input gradient")


def number(value):
    """Write a small number as a power of ten, as short as it goes."""
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.0e}".split("e")
    return f"{mantissa}·10<sup>{int(exponent)}</sup>".replace("-", "−")


def rows(records, checks):
    """Write the records as rows of a Markdown table."""
    lines = []
    for row in records:
        marks = ["✓" if column in row["checks"] else "" for column in checks]
        name, against = row["name"].removeprefix("layers.").removeprefix("models."), row["against"].removeprefix("torch.").removeprefix("nn.functional.").removeprefix("torchvision.models.")
        cells = [f"`{name}`", f"`{against}`", *marks, f"{row['settings']:,}", number(row["difference"]), number(row["tolerance"])]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


# %% [markdown] tags=["zh"]
# # 与 torch 相等吗 { #equivalence }
#
# 从零写成的层容易“看着对”：形状对，损失也在降，可是某个边界的规则与 torch 不同。那么，怎样才算**真的**一样？
#
# 这里的回答是：同样的输入、同样的权重，比较输出，比较对输入和参数的梯度，有状态的还比较状态；设置换着试，记下最大的差。
#
# 下面每一行都由证明它的那个测试写下。之后每次运行测试，都要求差不超过最后一列；差在 $10^{-14}$ 上下的是舍入误差，因为加法的次序不同。

# %% [markdown] tags=["en"]
# # Equal to torch? { #equivalence }
#
# A layer written from scratch easily looks right: the shape is right, the loss falls, and still one rule at some border differs from torch's. What does it take to be **really** the same?
#
# The answer here: with the same input and the same weights, compare the outputs, compare the gradients by input and parameters, and where there is state, the state; try many settings, and note the largest difference.
#
# Each row below was written by the test that proves it. Every later run of the tests holds the difference to the last column; a difference around $10^{-14}$ is rounding, because sums are added in another order.

# %% [markdown] tags=["zh"]
# ## 层 { #layers }
#
# 共 {{ len(layers) }} 行，试过 {{ f"{sum(row['settings'] for row in layers):,}" }} 种设置。
#
# | 这里的 | torch 的 | 输出 | 输入的梯度 | 参数的梯度 | 状态 | 设置数 | 最大的差 | 允许的差 |
# |---|---|---|---|---|---|--:|--:|--:|
# {{ rows(layers, LAYER_CHECKS) }}

# %% [markdown] tags=["en"]
# ## Layers { #layers }
#
# {{ len(layers) }} rows, {{ f"{sum(row['settings'] for row in layers):,}" }} settings tried.
#
# | here | in torch | output | gradient by input | gradient by parameters | state | settings | largest difference | allowed |
# |---|---|---|---|---|---|--:|--:|--:|
# {{ rows(layers, LAYER_CHECKS) }}

# %% [markdown] tags=["zh"]
# ## 模型 { #models }
#
# torchvision 里有的网络，逐个核对：参数总数与逐层的形状相同；把 torchvision 的权重搬过来以后，训练模式（关掉 dropout）和评估模式下，输出与对输入的梯度都相同。下面的差是**相对**的，用双精度算出。
#
# | 这里的 | torchvision 的 | 参数 | 输出 | 输入的梯度 | 设置数 | 最大的差 | 允许的差 |
# |---|---|---|---|---|--:|--:|--:|
# {{ rows(models, MODEL_CHECKS) }}

# %% [markdown] tags=["en"]
# ## Models { #models }
#
# The networks that torchvision has, one by one: the same parameters in total and layer by layer; and with torchvision's weights carried over, equal outputs and equal gradients by the input, in training mode (without dropout) and in evaluation mode. Differences are **relative**, computed in double precision.
#
# | here | in torchvision | parameters | output | gradient by input | settings | largest difference | allowed |
# |---|---|---|---|---|--:|--:|--:|
# {{ rows(models, MODEL_CHECKS) }}
