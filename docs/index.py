# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     hide: [navigation, toc]
#     description:
#       zh: "用 PyTorch 学深度学习：每个数字都在构建时测得，中英双语，离线可用。"
#       en: "Deep learning with PyTorch: every number measured while the site is built, in Chinese and English, offline."
# ---

# %% tags=["remove-input"]
from statistics import mean

from dlnotes import clinic, figures, glossary, models, recipes, summary

model = models.create("lenet")
ledger = summary.trace(model, (1, 28, 28))
runs = [recipes.run("lenet", seed=seed) for seed in range(3)]

# %% [markdown] tags=["zh"]
# # 深度学习笔记 { #home }
#
# <div class="dl-hero" markdown>
#
# 从像素到预测，每一步都跑给你看。这里的每个数字都在构建站点时测得，每段代码都运行过，每个层都与 torch 核对过；没有网络、没有 GPU 也能全部重做一遍。
#
# </div>

# %% [markdown] tags=["en"]
# # Deep learning notes { #home }
#
# <div class="dl-hero" markdown>
#
# From pixels to predictions, with every step run before your eyes. Each number here was measured while the site was built, each piece of code was run, each layer was checked against torch; and all of it can be done again without a network and without a GPU.
#
# </div>

# %% tags=["remove-input"] alt_zh="LeNet 的结构图，由代码直接画出：从 1×28×28 的图片到 10 个 logits。" alt_en="The structure of LeNet, drawn from its code: from a 1×28×28 image to 10 logits."
figures.architecture(model, (1, 28, 28))

# %% [markdown] tags=["zh"]
# 这个 LeNet 有 {{ f"{ledger.parameters:,}" }} 个参数。就在构建本站的时候，它用 {{ len(runs) }} 个随机种子各训练了一遍，平均每次 {{ f"{mean(run.history.cpu_seconds for run in runs):.1f}" }} CPU 秒，测试准确率平均 {{ f"{mean(run.test.accuracy for run in runs):.1%}" }}。[看看它是怎么做到的](models/lenet.py)。
#
# <div class="dl-cards" markdown>
#
# <div markdown>
#
# **[开始](start/index.py)**
#
# 安装，[五条路线](start/path.py)，十分钟训练[第一个模型](start/first-model.py)。
#
# </div>
#
# <div markdown>
#
# **[理论](theory/what-is-deep-learning.py)**
#
# 每个概念一个小实验，结果本来可能是另一个样子。
#
# </div>
#
# <div markdown>
#
# **[模型](models/index.py)**
#
# 七个经典网络：结构图、代码、账本、多次训练、它看见什么、它错在哪里。
#
# </div>
#
# <div markdown>
#
# **[训练](training/loop.py)**
#
# 循环、数据、学习率、随机种子，以及准确率停在 10% 时该查什么。
#
# </div>
#
# <div markdown>
#
# **[门诊](clinic/index.py)**
#
# {{ len(clinic.names()) }} 个错误，原样运行，量出症状，再改好。粘贴报错就能找到；`dlnotes doctor` 检查你自己的模型。
#
# </div>
#
# <div markdown>
#
# **[术语表](glossary.md)**
#
# {{ len(glossary.terms()) }} 个术语，中英两种定义，正文里随处可查。
#
# </div>
#
# <div markdown>
#
# **[与 torch 相等吗](results/equivalence.py)**
#
# 每个层、每个模型、每个优化器都有一行证明，由测试写下。
#
# </div>
#
# <div markdown>
#
# **[参考](reference/index.py)**
#
# 本站背后的 Python 包：复制一个文件，只需要 torch。
#
# </div>
#
# </div>

# %% [markdown] tags=["en"]
# This LeNet has {{ f"{ledger.parameters:,}" }} parameters. While this site was built it was trained with {{ len(runs) }} seeds, at {{ f"{mean(run.history.cpu_seconds for run in runs):.1f}" }} CPU seconds a run, and reached {{ f"{mean(run.test.accuracy for run in runs):.1%}" }} test accuracy on average. [See how it does that](models/lenet.py).
#
# <div class="dl-cards" markdown>
#
# <div markdown>
#
# **[Get started](start/index.py)**
#
# Install, choose one of [five routes](start/path.py), and train a [first model](start/first-model.py) in ten minutes.
#
# </div>
#
# <div markdown>
#
# **[Theory](theory/what-is-deep-learning.py)**
#
# A small experiment for each idea, which could have come out otherwise.
#
# </div>
#
# <div markdown>
#
# **[Models](models/index.py)**
#
# Seven classics: the picture, the code, the ledger, several training runs, what it sees, where it errs.
#
# </div>
#
# <div markdown>
#
# **[Training](training/loop.py)**
#
# The loop, data, learning rates, seeds, and what to check when accuracy stands at 10%.
#
# </div>
#
# <div markdown>
#
# **[Clinic](clinic/index.py)**
#
# {{ len(clinic.names()) }} mistakes: run as they are, their symptoms measured, then mended. Paste an error message to find yours; `dlnotes doctor` examines your own model.
#
# </div>
#
# <div markdown>
#
# **[Glossary](glossary.md)**
#
# {{ len(glossary.terms()) }} terms, defined in two languages, at hand all through the text.
#
# </div>
#
# <div markdown>
#
# **[Equal to torch?](results/equivalence.py)**
#
# For every layer, model and optimizer a row of proof, written by the test that proves it.
#
# </div>
#
# <div markdown>
#
# **[Reference](reference/index.py)**
#
# The Python package behind this site: copy one file, and torch is all it needs.
#
# </div>
#
# </div>
