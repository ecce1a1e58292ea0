# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "从零写成的每个层、每个优化器、每个模型与 torch 和 torchvision 相差多少：试了多少种设置，最大的差是多少，由哪个测试写下。"
#       en: "How far each layer, optimizer and model written from scratch is from torch and torchvision: how many settings were tried, the largest difference, and the test that wrote it down."
# ---

# %% tags=["remove-input"]
import json
from pathlib import Path

records = [json.loads(path.read_text("utf-8")) for path in sorted(Path("equivalence").glob("*.json"), key=lambda path: path.stem.casefold())]
layers, models = ([row for row in records if row["name"].startswith(kind)] for kind in ("layers.", "models."))
optimizers = [row for row in layers if row["against"].startswith("torch.optim.")]
modules = [row for row in layers if row["against"].startswith("torch.nn.") and row["name"][7].isupper()]
loops = [row for row in layers if row["name"].endswith("_loops")]
functions = [row for row in layers if row not in optimizers + modules + loops]
GRADIENTS = ("forward", "input gradient", "parameter gradient")
WORDS = {
    "zh": {"name": "名字", "settings": "设置数", "found": "最大的差", "allowed": "允许的差", "also": "另外", "comma": "、", "against": "对照 {}",
           "forward": "输出", "output": "输出", "input gradient": "输入的梯度", "parameter gradient": "参数的梯度", "state": "状态", "parameters": "参数",
           "parameters after 20 steps": "走 20 步以后的参数", "train and eval": "训练与评估", "reload": "存盘再读", "indices": "最大值的位置",
           "the same values dropped": "丢掉的数相同", "size of the output": "输出的边长", "target gradient": "标签的梯度"},
    "en": {"found": "largest difference", "comma": ", ", "against": "against {}", "forward": "output", "input gradient": "input gradient",
           "parameter gradient": "parameter gradient", "reload": "saved and loaded",
           "indices": "places of the maxima", "target gradient": "label gradient"},
}


def number(value):
    """Write a small number as a power of ten, as short as it goes."""
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.0e}".split("e")
    return f"{mantissa}·10<sup>{int(exponent)}</sup>".replace("-", "−")


class Table:
    """Records as a table in the language of the page: a column for each check, and one for what only some rows have."""

    def __init__(self, records, checks):
        self.records, self.checks = records, checks

    def also(self, row, word):
        """Name the other checks, and torch's name where it is another."""
        rest = [word(check) for check in row["checks"] if check not in self.checks]
        own = row["name"].rpartition(".")[2].removesuffix("_loops")
        if own != row["against"].rpartition(".")[2] or "," in row["against"]:
            names = [f"`{name.rpartition('.')[2]}`" for name in row["against"].split(",")]
            rest.append(word("against").format(word("comma").join(names)))
        return word("comma").join(rest)

    def markdown(self, language):
        def word(key):
            return WORDS[language].get(key, key)

        rest = [self.also(row, word) for row in self.records]
        head = [word("name"), *map(word, self.checks), *([word("also")] if any(rest) else []), word("settings"), word("found"), word("allowed")]
        lines = [head, ["---"] * (len(head) - 3) + ["--:"] * 3]
        for row, others in zip(self.records, rest):
            marks = ["✓" if check in row["checks"] else "" for check in self.checks]
            lines.append([f"`{row['name'].rpartition('.')[2]}`", *marks, *([f"<span>{others}</span>" if others else ""] if any(rest) else []),
                          f"{row['settings']:,}", number(row["difference"]), number(row["tolerance"])])
        return '<div class="dl-proofs" markdown>\n\n' + "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n\n</div>"

    def _repr_mimebundle_(self, **_):
        return {"text/plain": self.markdown("en"), "text/markdown+zh": self.markdown("zh"), "text/markdown+en": self.markdown("en")}


# %% [markdown] tags=["zh"]
# # 与 torch 相等吗 { #equivalence }
#
# 从零写成的层容易“看着对”：形状对，损失也在降，可是某个边界的规则与 torch 不同。那么，怎样才算**真的**一样？
#
# 这里的回答是：同样的输入、同样的权重，比较输出，比较对输入和参数的梯度，有状态的还比较状态；设置换着试，记下最大的差。torch 拒绝的输入，这里也要拒绝。
#
# 下面每一行都由证明它的那个测试写下。之后每次运行测试，都要求差不超过最后一列；差在 $10^{-14}$ 上下的是舍入误差，因为加法的次序不同。[`dlnotes.layers`](../reference/layers.py) 的 {{ len(layers) }} 个名字个个有一行，少一行测试就不过；一共试过 {{ f"{sum(row['settings'] for row in layers):,}" }} 种设置。
#
# ## 函数 { #layers }
#
# 与 `torch.nn.functional` 里同名的函数比较，{{ len(functions) }} 行。

# %% [markdown] tags=["en"]
# # Equal to torch? { #equivalence }
#
# A layer written from scratch easily looks right: the shape is right, the loss falls, and still one rule at some border differs from torch's. What does it take to be **really** the same?
#
# The answer here: with the same input and the same weights, compare the outputs, compare their gradients with respect to the input and the parameters, and where there is state, compare the state. Try many settings, and note the largest difference. What torch refuses must be refused here too.
#
# Each row below was written by the test that proves it. Every later run of the tests holds the difference to the last column; a difference around $10^{-14}$ is rounding, because sums are added in another order. Each of the {{ len(layers) }} names of [`dlnotes.layers`](../reference/layers.py) has its row, and a test fails if one is missing; {{ f"{sum(row['settings'] for row in layers):,}" }} settings were tried in all.
#
# ## Functions { #layers }
#
# Compared with the function of that name in `torch.nn.functional`, {{ len(functions) }} rows.

# %% tags=["remove-input"]
Table(functions, (*GRADIENTS, "state"))

# %% [markdown] tags=["zh"]
# ## 模块 { #modules }
#
# 与 `torch.nn` 里同名的模块比较，{{ len(modules) }} 行。有参数的还要能互相读对方的 `state_dict`。

# %% [markdown] tags=["en"]
# ## Modules { #modules }
#
# Compared with the module of that name in `torch.nn`, {{ len(modules) }} rows. Those with parameters also load each other's `state_dict`.

# %% tags=["remove-input"]
Table(modules, (*GRADIENTS, "state"))

# %% [markdown] tags=["zh"]
# ## 写给人读的循环 { #loops }
#
# 公式里有几个下标，代码里就有几层循环。它们慢，只处理常见的设置，结果同样要与 `torch.nn.functional` 的相等。

# %% [markdown] tags=["en"]
# ## Loops written to be read { #loops }
#
# One loop for each index of the formula. They are slow and take the common settings only; their results equal those of `torch.nn.functional` all the same.

# %% tags=["remove-input"]
Table(loops, GRADIENTS)

# %% [markdown] tags=["zh"]
# ## 优化器 { #optimizers }
#
# 与 `torch.optim` 里同名的优化器比较：两份同样的参数从同一点出发，梯度随参数和步数变化，各走 20 步，看最后相差多少；差是**相对**的。学习率、动量、权重衰减等参数的组合都试过。

# %% [markdown] tags=["en"]
# ## Optimizers { #optimizers }
#
# Compared with the optimizer of that name in `torch.optim`: two copies of the same parameters set out from one point, follow gradients that change with the parameters and from step to step, and are compared after 20 steps; the difference is **relative**. Combinations of learning rate, momentum, weight decay and the other settings were tried.

# %% tags=["remove-input"]
Table(optimizers, ())

# %% [markdown] tags=["zh"]
# ## 模型 { #models }
#
# torchvision 里有的网络，逐个核对：参数总数与逐层的形状相同；把 torchvision 的权重搬过来以后，训练模式（关掉 dropout）和评估模式下，输出与对输入的梯度都相同。下面的差是**相对**的，用双精度算出。

# %% [markdown] tags=["en"]
# ## Models { #models }
#
# The networks that torchvision has, one by one: the same parameters in total and layer by layer; and with torchvision's weights carried over, equal outputs and equal gradients with respect to the input, in training mode (without dropout) and in evaluation mode. Differences are **relative**, computed in double precision.

# %% tags=["remove-input"]
Table(models, ("parameters", "output", "input gradient"))
