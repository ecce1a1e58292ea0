# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "稠密连接网络：把相加换成拼接。通道怎样按 c0+n·g 增长，过渡层省下多少，拆掉一条连接会怎样，内存为什么贵、怎样省，与 torchvision 逐数相等。"
#       en: "Densely connected networks: concatenate where ResNet adds. How channels grow as c0+n·g, what transition layers save, what happens when one connection is cut, why memory is dear and how to save it, and the same numbers as torchvision."
#     covers: [A-10, N-34, F-10, F-11, E-72]
#     labels:
#       "ResNet: add": ResNet：相加
#       "DenseNet: concatenate": DenseNet：拼接
#       x0: x0
#       f1: f1
#       f2: f2
#       f3: f3
#       f4: f4
#       f1 reads: f1 读
#       f2 reads: f2 读
#       f3 reads: f3 读
#       f4 reads: f4 读
#       next reads: 下一级读
#       next: 下一级
#       channels: 通道数
#       from x0: 来自 x0
#       from f1: 来自 f1
#       from f2: 来自 f2
#       from f3: 来自 f3
#       from f4: 来自 f4
#       part: 部分
#       layers: 层数
#       channels in: 输入通道
#       channels out: 输出通道
#       side: 边长
#       MACs: MACs
#       source: 来源
#       layers in the block: 块内层数
#       kept for the backward pass (MiB): 为反向传播保留（MiB）
#       all kept: 全部保留
#       recomputed: 重新计算
# ---

# %% tags=["remove-input"]
import torch

from dlnotes import figures, models, summary
from dlnotes.models.densenet import DenseBlock, DenseLayer
from dlnotes.models.resnet import ResidualBlock

ledgers = {}
for name in ("resnet50", "densenet121", "densenet169", "densenet201", "densenet161"):
    with torch.device("meta"):
        network = models.create(name)
    ledgers[name] = summary.trace(network, (3, 224, 224))

# %% [markdown] tags=["zh"]
# # DenseNet：把相加换成拼接 { #densenet }
#
# [ResNet](resnet.py) 把输入加到输出上。加完以后，谁贡献了什么就再也分不清了：$3+5$ 和 $6+2$ 都是 8。
#
# 那就不加，把两者并排放好，谁也不覆盖谁？每一层都能直接看到前面**所有**层的结果。可是这样一来，输入越来越宽，参数岂不是要爆炸？
#
# `densenet121` 有 121 层；`resnet50` 有 50 层，{{ f"{ledgers['resnet50'].parameters:,}" }} 个参数。**先猜：`densenet121` 有多少？** 一倍多，两倍多，还是更多？

# %% [markdown] tags=["en"]
# # DenseNet: concatenate where ResNet adds { #densenet }
#
# [ResNet](resnet.py) adds the input to the output. After the sum nobody can tell who contributed what: $3+5$ and $6+2$ both give 8.
#
# So what if nothing is added, and the two are laid side by side, so that neither hides the other? Each layer then sees what **all** layers before it have made. But inputs grow wider and wider; will the parameters not explode?
#
# `densenet121` has 121 layers and `resnet50` has 50, with {{ f"{ledgers['resnet50'].parameters:,}" }} parameters. **Guess first: how many has `densenet121`?** As many again, twice as many, more?

# %% [markdown] tags=["zh"]
# ## 一张图看懂 { #idea }

# %% [markdown] tags=["en"]
# ## The idea in one picture { #idea }

# %% tags=["remove-input"] alt_zh="左：ResNet 的块把输入加到两层卷积的结果上，64 个通道还是 64 个。右：DenseNet 的层把 64 个通道的输入与新造的 32 个通道拼接，得到 96 个。" alt_en="Left: a block of ResNet adds its input to the result of two convolutions; 64 channels stay 64. Right: a layer of DenseNet concatenates its 64 input channels with 32 new ones and hands on 96."
figures.side_by_side({
    "ResNet: add": figures.block_diagram(ResidualBlock(64, 64), (64, 56, 56)),
    "DenseNet: concatenate": figures.block_diagram(DenseLayer(64, 32), (64, 56, 56)),
})

# %% [markdown] tags=["zh"]
# 看通道数。左边相加，64 进 64 出。右边拼接，64 进 $64+32=96$ 出：前 64 个原封不动，后 32 个是这一层新造的。几层串起来就是
#
# $$ \mathbf x \;\to\; \bigl[\mathbf x,\,f_1(\mathbf x)\bigr] \;\to\; \bigl[\mathbf x,\,f_1(\mathbf x),\,f_2([\mathbf x, f_1(\mathbf x)])\bigr] \;\to\; \cdots $$
#
# 其中 $\mathbf x$ 是块的输入，$f_i$ 是第 $i$ 层造的新特征图，方括号表示沿通道拼接。每层新造的通道数 $g$ 叫**增长率**，这样一串层叫**稠密块**。设输入有 $c_0$ 个通道，过了 $n$ 层就有
#
# $$ c_n = c_0 + n\cdot g $$
#
# 下面是一个 4 层的稠密块，$c_0=16$，$g=12$，从模块里读出来：

# %% [markdown] tags=["en"]
# Look at the channels. On the left they are added, 64 in and 64 out. On the right they are concatenated, 64 in and $64+32=96$ out: the first 64 untouched, the other 32 new. In a row, layers give
#
# $$ \mathbf x \;\to\; \bigl[\mathbf x,\,f_1(\mathbf x)\bigr] \;\to\; \bigl[\mathbf x,\,f_1(\mathbf x),\,f_2([\mathbf x, f_1(\mathbf x)])\bigr] \;\to\; \cdots $$
#
# where $\mathbf x$ is the input of the block, $f_i$ the new maps that layer $i$ makes, and brackets stand for concatenation along the channels. The number $g$ of channels that each layer adds is the **growth rate**, and such a row of layers a **dense block**. With $c_0$ channels at the start, after $n$ layers there are
#
# $$ c_n = c_0 + n\cdot g $$
#
# Here is a dense block of 4 layers with $c_0=16$ and $g=12$, read off the module:

# %% tags=["hide-input"] alt_zh="上：输入 x0、四层 f1 到 f4 和下一级排成一行，每一个都有弧线连向右边的每一个。下：每一层读到的通道按来源分色的条形，f1 读 16 个，f2 读 28 个，f3 读 40 个，f4 读 52 个，下一级读 64 个。" alt_en="Top: input x0, layers f1 to f4 and what comes next in a row; from each an arc leads to every one on its right. Bottom: bars of the channels that each reads, coloured by source: f1 reads 16, f2 28, f3 40, f4 52, and the next 64."
import matplotlib.pyplot as plt
import numpy as np

from dlnotes.figures.style import INK, PALETTE

block = DenseBlock(16, 12, 4)
reads = [layer.new[0].num_features for layer in block] + [block.out_channels]
made = [reads[0], *np.diff(reads)]
names = ["x0", *(f"f{i + 1}" for i in range(len(block)))]
figure, (arcs, bars) = plt.subplots(2, 1, figsize=(6.4, 4.9), height_ratios=(1, 1.25))
angle = np.linspace(0, np.pi, 40)
for i in range(len(names)):
    for j in range(i + 1, len(names) + 1):
        half = (j - i) / 2
        arcs.plot(i + half - half * np.cos(angle), 0.75 * half * np.sin(angle), color=PALETTE[i], linestyle="-", linewidth=1.6)
for i, name in enumerate([*names, "next"]):
    arcs.plot(i, 0, "o", markersize=8, color=PALETTE[i] if i < len(names) else INK, clip_on=False)
    arcs.annotate(name, (i, 0), xytext=(0, -18), textcoords="offset points", ha="center")
arcs.set(ylim=(-0.25, 2.1), xlim=(-0.3, len(names) + 0.3))
arcs.axis("off")
rows = [f"{name} reads" for name in [*names[1:], "next"]]
for row, total in enumerate(reads):
    left = 0
    for i in range(row + 1):
        bars.barh(row, made[i], left=left, color=PALETTE[i], alpha=0.75, height=0.7, label=f"from {names[i]}" if row == len(reads) - 1 else None)
        left += made[i]
    bars.annotate(str(total), (left, row), xytext=(5, 0), textcoords="offset points", va="center_baseline")
bars.set_yticks(range(len(reads)), rows)
bars.invert_yaxis()
bars.set(xlabel="channels", xlim=(0, 72))
bars.grid(axis="y", visible=False)
bars.legend(loc="upper right")
figure

# %% tags=["remove-input"]
connections = sum(range(1, len(block) + 2))
saving = ledgers["densenet121"].parameters / ledgers["resnet50"].parameters

# %% [markdown] tags=["zh"]
# 上半：每一层都直接连到后面的每一层，4 层就有 {{ connections }} 条连接，$n$ 层是 $(n+1)(n+2)/2$ 条，所以叫“稠密”。下半：各层读到什么，按来源着色。颜色从不混在一起。
#
# 现在揭晓：`densenet121` 只有 {{ f"{ledgers['densenet121'].parameters:,}" }} 个参数，是 `resnet50` 的 {{ f"{saving:.0%}" }}。拼接没有让参数爆炸，反而省了：旧特征留在原处，每层只需再造 $g=32$ 个新的，不必把 256 到 2048 个通道全部重写一遍。

# %% [markdown] tags=["en"]
# Top: each layer is joined to every later one, which makes {{ connections }} connections for 4 layers and $(n+1)(n+2)/2$ for $n$; hence "dense". Bottom: what each layer reads, coloured by source. The colours never mix.
#
# The answer: `densenet121` has just {{ f"{ledgers['densenet121'].parameters:,}" }} parameters, {{ f"{saving:.0%}" }} of those of `resnet50`. Concatenation made nothing explode; it saves. Old features stay where they are, and each layer makes only $g=32$ new ones instead of writing all 256 to 2048 channels anew.

# %% [markdown] tags=["zh"]
# ## 来历 { #history }
#
# Gao Huang、Zhuang Liu、Laurens van der Maaten 和 Kilian Weinberger 2016 年 8 月公布，获 2017 年计算机视觉与模式识别会议（CVPR）最佳论文奖。起因是他们前一年的随机深度：训练 ResNet 时随机扔掉一些块，网络照样学得好，可见块与块之间有许多重复。既然如此，不如让每一层窄一些，把前面的结果直接拿来用。
#
# 正文里的网络是论文的 DenseNet-BC：B 指每层先用 1×1 收窄（瓶颈），C 指过渡层压缩通道。

# %% [markdown] tags=["en"]
# ## Where it came from { #history }
#
# Gao Huang, Zhuang Liu, Laurens van der Maaten and Kilian Weinberger published it in August 2016, and it won the best paper award of CVPR 2017. It grew out of their stochastic depth of the year before: drop blocks of a ResNet at random in training, and it learns well all the same, so blocks must repeat each other's work. Then each layer may as well be narrow, and take what is there.
#
# The networks on this page are the paper's DenseNet-BC: B for the 1×1 that narrows the input of each layer (bottleneck), C for transition layers that compress the channels.

# %% [markdown] tags=["zh"]
# ## 代码，从最小的块开始 { #code }
#
# 一层：批量归一化、ReLU、1×1 收窄到 $4g$、再归一化、ReLU、3×3 造出 $g$ 个通道，拼在输入后面。归一化在卷积之前，与[预激活](resnet.py#preactivation)同样的次序：每一位读者用自己的 $\gamma$ 和 $\beta$ 决定要读什么。
#
# ```python
# --8<-- "dlnotes/models/densenet.py:layer"
# ```
#
# 一个稠密块就是若干层，通道数按公式增长：
#
# ```python
# --8<-- "dlnotes/models/densenet.py:block"
# ```
#
# 块与块之间是**过渡层**，通道减半，长宽减半：
#
# ```python
# --8<-- "dlnotes/models/densenet.py:transition"
# ```
#
# 整个网络和全部变体：
#
# ```python
# --8<-- "dlnotes/models/densenet.py:model"
# ```
#
# ```python
# --8<-- "dlnotes/models/densenet.py:variants"
# ```
#
# `dlnotes copy densenet121` 打印整个文件，除了 torch 什么都不需要。

# %% [markdown] tags=["en"]
# ## The code, smallest block first { #code }
#
# One layer: batch normalization, ReLU, a 1×1 that narrows to $4g$, normalization, ReLU, a 3×3 that makes $g$ channels, which are put behind the input. Normalization comes before the convolution, in the order of [pre-activation](resnet.py#preactivation): every reader chooses by its own $\gamma$ and $\beta$ what to read.
#
# ```python
# --8<-- "dlnotes/models/densenet.py:layer"
# ```
#
# A dense block is a row of layers whose channels grow by the formula:
#
# ```python
# --8<-- "dlnotes/models/densenet.py:block"
# ```
#
# Between blocks stands a **transition layer**, which halves the channels, the height and the width:
#
# ```python
# --8<-- "dlnotes/models/densenet.py:transition"
# ```
#
# The whole network and all variants:
#
# ```python
# --8<-- "dlnotes/models/densenet.py:model"
# ```
#
# ```python
# --8<-- "dlnotes/models/densenet.py:variants"
# ```
#
# `dlnotes copy densenet121` prints the whole file; it needs nothing but torch.

# %% [markdown] tags=["zh"]
# ## 账本：形状、参数、计算量 { #ledger }
#
# 给数字用的小号 `densenet_small`，3 个稠密块，每块 4 层，$g=12$：

# %% [markdown] tags=["en"]
# ## The ledger: shapes, parameters, work { #ledger }
#
# The small form for digits, `densenet_small`: 3 dense blocks of 4 layers, $g=12$:

# %%
summary.trace(models.create("densenet_small"), (1, 28, 28)).collapse(2)

# %% [markdown] tags=["zh"]
# 对照公式：块 1 输入 16 个通道，输出 $16+4\cdot12=64$；过渡层减半为 32，块 2 输出 $32+48=80$；再减半为 40，块 3 输出 88。边长 7 是奇数，过渡层的平均池化向下取整，得 3。
#
# 再看 `densenet121`。**若没有过渡层，会怎样？** 58 层全都在 $56\times56$ 上一路拼下去：

# %% [markdown] tags=["en"]
# Check the formula: block 1 takes 16 channels and gives $16+4\cdot12=64$; a transition halves them to 32, and block 2 gives $32+48=80$; halved to 40, block 3 gives 88. The side of 7 is odd, and the average pooling of the transition rounds down to 3.
#
# Now `densenet121`. **What if there were no transition layers?** All 58 layers would go on concatenating at $56\times56$:

# %%
with torch.device("meta"):
    real = models.create("densenet121").features
    endless = DenseBlock(64, 32, depth=6 + 12 + 24 + 16)
with_transitions = summary.trace(real, (3, 224, 224))
without = summary.trace(endless, (64, 56, 56))
print(f"with transitions:    {with_transitions.macs / 1e9:6.1f} G MACs")
print(f"without transitions: {without.macs / 1e9:6.1f} G MACs")

# %% tags=["hide-input"]
import pandas as pd

frame = []
folded = with_transitions.collapse(1)
before = None
for row in folded.rows:
    channels, side, _ = row.output_shape
    inside = sum(call.type == "DenseLayer" and call.name.startswith(row.name + ".") for call in with_transitions.calls)
    frame.append([row.name, inside or "", before or 3, channels, side, f"{row.parameters:,}", f"{row.macs / 1e6:,.0f} M"])
    before = channels
pd.DataFrame(frame, columns=["part", "layers", "channels in", "channels out", "side", "parameters", "MACs"]).set_index("part").rename_axis(None)

# %% [markdown] tags=["zh"]
# 没有过渡层，计算量是 {{ f"{without.macs / with_transitions.macs:.0f}" }} 倍，最后有 $64+58\cdot32=1920$ 个通道。过渡层省下的正是这些，还让网络有了从细到粗的几个尺度。
#
# 全部变体，与 `resnet50` 放在一起：

# %% [markdown] tags=["en"]
# Without transitions the work is {{ f"{without.macs / with_transitions.macs:.0f}" }} times as much, and there are $64+58\cdot32=1920$ channels in the end. Transitions save just that, and give the network scales from fine to coarse.
#
# All variants, beside `resnet50`:

# %% tags=["hide-input"]
table = []
for name, ledger in ledgers.items():
    table.append([name, f"{ledger.parameters:,}", f"{ledger.macs / 1e6:,.0f} M", f"{ledger.activation_bytes / 2**20:,.0f} MiB"])
pd.DataFrame(table, columns=["model", "parameters", "MACs", "activation memory"]).set_index("model").rename_axis(None)

# %% [markdown] tags=["zh"]
# 参数和计算量都少，激活内存却多。这是 DenseNet 的代价，[下面](#memory)专门说它。
#
# ## 训练：三次，而不是一次 { #training }

# %% [markdown] tags=["en"]
# Fewer parameters and less work, but more memory for activations. That is the price of DenseNet; more on it [below](#memory).
#
# ## Training: three runs, not one { #training }

# %%
from dlnotes import recipes

runs = [recipes.run("densenet_small", seed=seed) for seed in range(3)]
runs[0].history.config

# %% tags=["hide-input"] alt_zh="三次训练的损失与准确率随轮次的变化；细线是每一次，粗线是平均。五个轮次以后，训练与验证的准确率都接近 1。" alt_en="Loss and accuracy over the epochs for three runs; thin lines are single runs, thick lines their mean. After five epochs training and validation accuracy are both near 1."
figures.curves([run.history for run in runs])

# %% tags=["remove-input"]
from statistics import mean, stdev

accuracies = [run.test.accuracy for run in runs]
cpu = mean(run.history.cpu_seconds for run in runs)
epochs = runs[0].history.config.epochs
size = sum(p.numel() for p in runs[0].model.parameters())

# %% [markdown] tags=["zh"]
# 测试准确率：{{ f"{mean(accuracies):.1%}" }} ± {{ f"{100 * stdev(accuracies):.1f}" }} 个百分点（3 次的平均与标准差），{{ epochs }} 个轮次，每次约 {{ f"{cpu:.1f}" }} CPU 秒，{{ f"{size:,}" }} 个参数。测试集只在训练结束后看了一次。

# %% [markdown] tags=["en"]
# Test accuracy: {{ f"{mean(accuracies):.1%}" }} ± {{ f"{100 * stdev(accuracies):.1f}" }} percentage points (mean and standard deviation of 3 runs), with {{ epochs }} epochs, about {{ f"{cpu:.1f}" }} CPU seconds a run and {{ f"{size:,}" }} parameters. The test set was looked at once, after training.

# %% [markdown] tags=["zh"]
# ## 谁在读谁 { #reuse }
#
# 每一层都**能**读前面所有层，它真的都在读吗？在训练好的网络里剪掉一条连接试试：让某位读者的批量归一化把某个来源的通道变成 0（$\gamma=\beta=0$），别的读者照常，再测准确率。第 1 个稠密块有 {{ connections }} 条连接，逐条剪。**先猜：哪几条最要紧？**

# %% [markdown] tags=["en"]
# ## Who reads whom { #reuse }
#
# Each layer **can** read all layers before it; does it? In the trained networks cut one connection: let the batch normalization of one reader turn the channels of one source into 0 ($\gamma=\beta=0$) while the other readers carry on, and measure the accuracy. The first dense block has {{ connections }} connections; cut one after the other. **Guess first: which of them matter most?**

# %%
import copy

from dlnotes import training


def accuracies_without_connection(run):
    features = run.model.features
    readers = [layer.new[0] for layer in features.block1]
    readers.append(features.transition1[0])
    starts = [0, *(reader.num_features for reader in readers)]  # 0, 16, 28, 40, …
    found = np.full((len(readers), len(readers)), np.nan)
    for i, reader in enumerate(readers):
        for j in range(i + 1):
            saved = copy.deepcopy(reader.state_dict())
            with torch.no_grad():
                reader.weight[starts[j] : starts[j + 1]] = 0
                reader.bias[starts[j] : starts[j + 1]] = 0
            found[i, j] = training.evaluate(
                run.model, run.splits.test, run.history.normalization
            ).accuracy
            reader.load_state_dict(saved)
    return found


cut = np.mean([accuracies_without_connection(run) for run in runs], axis=0)

# %% tags=["hide-input"] alt_zh="下三角的格子：行是读者，列是来源，数字是剪掉这条连接之后的测试准确率，颜色越深跌得越多。第一层唯一的输入最要紧，其次是下一级对 x0 的直接连接，大多数连接剪掉也几乎没有影响。" alt_en="A lower triangle: rows are readers, columns sources, numbers the test accuracy after that connection was cut; darker means a greater fall. The only input of the first layer matters most, then the direct connection from x0 to what comes next; most others hardly matter."
figure, axes = plt.subplots(figsize=(5.6, 3.6))
whole = mean(accuracies)
for i, j in zip(*np.nonzero(~np.isnan(cut))):
    strength = min(1, max(0, (whole - cut[i, j]) / 0.5)) ** 0.5
    axes.bar(j, 0.94, width=0.94, bottom=i - 0.47, color=PALETTE[1], alpha=0.75 * strength)
    axes.annotate(f"{100 * cut[i, j]:.0f}", (j, i), ha="center", va="center_baseline")
axes.set_xticks(range(5), names)
axes.set_yticks(range(5), rows)
axes.set(xlim=(-0.5, 4.5), ylim=(4.5, -0.5), xlabel="source")
axes.grid(False)
axes.spines[["left", "bottom"]].set_visible(False)
axes.tick_params(length=0)
figure

# %% tags=["remove-input"]
middle = [cut[i, j] for i in range(1, 4) for j in range(i + 1)]

# %% [markdown] tags=["zh"]
# 数字是剪掉一条连接以后的测试准确率（%），3 次训练的平均；一条也不剪是 {{ f"{whole:.1%}" }}。
#
# - 最要紧的是第 1 层的输入（{{ f"{cut[0, 0]:.0%}" }}），它只有这一条，没有别的可读。
# - 第 2 到第 4 层的 {{ len(middle) }} 条，任剪一条都无伤大雅，平均还有 {{ f"{mean(middle):.0%}" }}：同样的信息，从别处也读得到。
# - 下一级从 `x0` 读的那一条，跳过了整个块，剪掉以后剩 {{ f"{cut[4, 0]:.0%}" }}。走了很远的老特征，真的有人在用。
#
# 论文里画过一张类似的图，用权重的大小来估计；这里直接测的是剪掉以后的后果。

# %% [markdown] tags=["en"]
# The numbers are test accuracies in % after one connection was cut, means of 3 runs; with nothing cut it is {{ f"{whole:.1%}" }}.
#
# - What matters most is the input of layer 1 ({{ f"{cut[0, 0]:.0%}" }}), which has this one and nothing else to read.
# - Of the {{ len(middle) }} connections of layers 2 to 4 any one can go, with {{ f"{mean(middle):.0%}" }} on average: the same information can be read elsewhere.
# - Cutting the one by which the next stage reads `x0`, past the whole block, brings it down to {{ f"{cut[4, 0]:.0%}" }}. Old features from far back are really used.
#
# The paper has a picture of this kind that judges by the size of the weights; here the consequence of a cut is measured.

# %% [markdown] tags=["zh"]
# ## 内存：平方增长，怎样变回线性 { #memory }
#
# 前向传播要替反向传播留下每层的输入。第 $k$ 层的输入是新拼出来的一块，有 $c_0+kg$ 个通道，$n$ 层加起来是 $\tfrac12 n^2 g$ 的量级：**层数翻倍，内存翻两番**，虽然其中大部分是同一批特征的副本。
#
# Pleiss 等人 2017 年的办法：只留下每层新造的 $g$ 个通道，拼接和它后面的归一化、ReLU、1×1 卷积等到反向传播时再算一遍。用 `torch.utils.checkpoint` 写出来，量一量为反向传播留下了多少：

# %% [markdown] tags=["en"]
# ## Memory: quadratic, and how to make it linear again { #memory }
#
# The forward pass must keep the input of each layer for the backward pass. The input of layer $k$ is a newly concatenated piece of $c_0+kg$ channels, which over $n$ layers comes to the order of $\tfrac12 n^2 g$: **twice the layers, four times the memory**, most of it copies of the same features.
#
# The way out, by Pleiss and others in 2017: keep only the $g$ new channels of each layer, and compute the concatenation, normalization, ReLU and 1×1 behind it once more during the backward pass. Write it with `torch.utils.checkpoint` and measure what is kept:

# %%
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.checkpoint import checkpoint


def recomputed(block, x):
    """Run a dense block that keeps pieces, and joins them anew when needed."""
    pieces = [x]
    for layer in block:
        narrow = checkpoint(
            lambda *kept, layer=layer: layer.new[:3](torch.cat(kept, 1)),
            *pieces,
            use_reentrant=False,
        )
        pieces.append(layer.new[3:](narrow))
    return torch.cat(pieces, 1), pieces


def kept_mebibytes(run, block, x):
    kept = {}

    def keep(tensor):
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage()
        return tensor

    with saved_tensors_hooks(keep, lambda tensor: tensor):
        _, pieces = run(block, x)
    for piece in pieces:  # what a checkpoint holds on to
        keep(piece)
    for parameter in block.parameters():  # these are there in any case
        kept.pop(parameter.untyped_storage().data_ptr(), None)
    return sum(storage.nbytes() for storage in kept.values()) / 2**20


depths = [4, 8, 16, 32]
memory = {"all kept": [], "recomputed": []}
x = torch.randn(4, 64, 14, 14)
for depth in depths:
    block = DenseBlock(64, 32, depth)
    plain = kept_mebibytes(lambda block, x: (block(x), []), block, x)
    memory["all kept"].append(plain)
    memory["recomputed"].append(kept_mebibytes(recomputed, block, x))

# %% tags=["hide-input"] alt_zh="横轴是块内层数，纵轴是为反向传播保留的内存。全部保留的一条向上弯，重新计算的一条是直线，32 层时差好几倍。" alt_en="Memory kept for the backward pass against the layers in a block. With all kept it bends upwards; recomputed it is a straight line, several times lower at 32 layers."
figures.lines(memory, x=depths, xlabel="layers in the block", ylabel="kept for the backward pass (MiB)")

# %% tags=["remove-input"]
block, probe = DenseBlock(16, 12, 4), torch.randn(2, 16, 8, 8)
gradients = []
for run in (lambda block, x: block(x), lambda block, x: recomputed(block, x)[0]):
    block.zero_grad()
    output = run(block, probe)
    output.square().sum().backward()
    gradients.append([output.detach(), *(p.grad.clone() for p in block.parameters())])
memory_gap = max(float((a - b).abs().max() / b.abs().max()) for a, b in zip(*gradients))
share = memory["recomputed"][-1] / memory["all kept"][-1]

# %% [markdown] tags=["zh"]
# {{ depths[-1] }} 层时只剩 {{ f"{share:.0%}" }}，代价是这些便宜的层多算一遍。输出和所有参数的梯度，与原来的写法最多差 {{ f"{memory_gap:.1g}" }}（相对）。torchvision 里的 `memory_efficient=True` 就是这个办法。
#
# 只有一点要当心：重新计算时，批量归一化会把移动均值和移动方差更新两次。

# %% [markdown] tags=["en"]
# At {{ depths[-1] }} layers {{ f"{share:.0%}" }} is left, for the price of computing these cheap layers twice. The output and the gradients of all parameters differ from the plain way by {{ f"{memory_gap:.1g}" }} at most (relative). `memory_efficient=True` in torchvision does this.
#
# One thing to mind: the second computation makes batch normalization update its running mean and variance twice.

# %% [markdown] tags=["zh"]
# ## 论文、这份代码、torchvision { #paper }
#
# | | 论文（2017） | 这里 | torchvision |
# |---|---|---|---|
# | ImageNet 的开头 | 7×7，步幅 2，$2g$ 个通道，最大池化 | 同论文 | 同论文 |
# | 每层 | BN、ReLU、1×1（$4g$）、BN、ReLU、3×3 | 同论文 | 同论文 |
# | 压缩 | 0.5 | 0.5 | 0.5 |
# | 暂退法 | 小数据集、无增广时 0.2 | 没有 | `drop_rate`，默认 0 |
# | 拼接 | 层内 | 层返回拼好的结果 | 保存一个列表 |
# | 161 型的 $g$ | 48 | 48 | 48 |
#
# 把 torchvision 的权重搬过来：

# %% [markdown] tags=["en"]
# ## The paper, this code, torchvision { #paper }
#
# | | paper (2017) | here | torchvision |
# |---|---|---|---|
# | start for ImageNet | 7×7, stride 2, $2g$ channels, max pooling | as in the paper | as in the paper |
# | each layer | BN, ReLU, 1×1 ($4g$), BN, ReLU, 3×3 | as in the paper | as in the paper |
# | compression | 0.5 | 0.5 | 0.5 |
# | dropout | 0.2 on small data sets without augmentation | none | `drop_rate`, 0 by default |
# | concatenation | inside the layer | a layer returns the whole | a list is kept |
# | $g$ of the 161 | 48 | 48 | 48 |
#
# With torchvision's weights carried over:

# %%
import torchvision

torch.manual_seed(0)
theirs = torchvision.models.densenet121().eval()
ours = models.from_torchvision("densenet121", theirs.state_dict()).eval()
images = torch.randn(2, 3, 64, 64)
with torch.no_grad():
    parity = (ours(images) - theirs(images)).abs().max().item()
print(f"densenet121: largest difference {parity:.0e}")

# %% [markdown] tags=["zh"]
# 训练模式、输入的梯度和其余三种，见[与 torch 相等吗](../results/equivalence.py#models)。
#
# ## 常见的坑 { #traps }
#
# !!! warning "拼错了维度"
#     图像是 $(N,C,H,W)$，要沿第 1 维拼。沿第 0 维也拼得上，不报错，只是批量翻了倍，要到算损失时才露馅。把拼接写成相加，也不报错（[门诊](../clinic/statements.py#added-not-concatenated)）：

# %% [markdown] tags=["en"]
# Training mode, the gradient by the input and the other three stand under [Equal to torch?](../results/equivalence.py#models)
#
# ## Traps { #traps }
#
# !!! warning "Concatenated along the wrong dimension"
#     Images are $(N,C,H,W)$, and dimension 1 is the right one. Dimension 0 works without an error too; it only doubles the batch, and nobody notices before the loss. Nor does addition in the place of concatenation raise one ([clinic](../clinic/statements.py#added-not-concatenated)):

# %%
x, new = torch.rand(2, 3, 8, 8), torch.rand(2, 3, 8, 8)
print("add:       ", tuple((x + new).shape))
print("cat, dim=1:", tuple(torch.cat([x, new], 1).shape))
print("cat, dim=0:", tuple(torch.cat([x, new], 0).shape))

# %% [markdown] tags=["zh"]
# !!! warning "参数少，就以为省内存"
#     `densenet121` 的参数不到 `resnet50` 的三分之一，激活内存却更多。显存不够时，先减批量，或者用[重新计算](#memory)。
#
# !!! warning "忘了过渡层"
#     “每层 32 个通道，不多”，可是 58 层以后就是 1920 个，而且都在大图上。
#
# !!! warning "把图像留在了 CPU 上"
#     大的 DenseNet 多半要用 GPU。`images.to(device)` 要接住结果，见[门诊：数据没有搬过去](../clinic/devices.py#device-moves)。
#
# !!! warning "图太小"
#     过渡层每次减半，平均池化至少要 2×2。`densenet_small` 最小 7×7，`densenet121` 最小 29×29，再小会得到一个说明原因的错误。

# %% [markdown] tags=["en"]
# !!! warning "Few parameters, so little memory"
#     `densenet121` has less than a third of the parameters of `resnet50`, and needs more memory for activations. When memory runs out, take a smaller batch first, or [compute again](#memory).
#
# !!! warning "Transition layers forgotten"
#     "32 channels a layer is not much", but after 58 layers they are 1920, all at full size.
#
# !!! warning "Images left on the CPU"
#     A large DenseNet mostly asks for a GPU. `images.to(device)` returns what you need to keep; see [Clinic: the data never moved](../clinic/devices.py#device-moves).
#
# !!! warning "The image is too small"
#     Every transition halves the sides, and average pooling needs 2×2 at least. `densenet_small` takes 7×7 and more, `densenet121` 29×29 and more; smaller ones get an error that says so.

# %% tags=["raises-exception"]
models.create("densenet_small")(torch.rand(1, 1, 6, 6))

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** `densenet121` 的第 3 个稠密块输入 256 个通道，有 24 层，$g=32$。输出多少个？过渡层之后呢？
#
# ??? success "答案"
#     $256+24\cdot32=1024$；过渡层减半，512 个。与[账本](#ledger)里的一致。
#
# **2.** 某层的输入有 512 个通道，$g=32$。直接用 3×3，与先用 1×1 收窄到 $4g$ 再用 3×3，权重各多少？输入多宽时两者相等？
#
# ??? success "答案"
#     直接：$512\cdot32\cdot9={{ f"{512 * 32 * 9:,}" }}$；收窄：$512\cdot128+128\cdot32\cdot9={{ f"{512 * 128 + 128 * 32 * 9:,}" }}$。设输入 $c$ 个通道，$288c=128c+36864$，$c=230.4$。更窄的输入，1×1 反而亏。
#
# **3.** 拼接能不能代替相加？写 `as_sum(channels)`，返回一个 1×1 卷积，把 $[\mathbf a,\mathbf b]$ 变成 $\mathbf a+\mathbf b$，两者各有 `channels` 个通道。
#
# ??? success "答案"
#     能。设各有 $c$ 个通道，取 $c\times2c$ 的权重 $[\mathbf I\;\,\mathbf I]$：
#
#     ```python
#     import torch
#     from torch import nn
#
#
#     def as_sum(channels):
#         convolution = nn.Conv2d(2 * channels, channels, kernel_size=1, bias=False)
#         identity = torch.eye(channels)
#         convolution.weight.data = torch.cat([identity, identity], 1)[:, :, None, None]
#         return convolution
#     ```
#
#     所以拼接加上可学的卷积，能做相加所做的一切；反过来，加完就拆不开了。
#
# **4.** 给 `densenet_small` 的第 1 块剪掉**所有**跳过一层以上的连接，让它变成一条链。准确率剩多少？先写下预测，再改 `accuracies_without_connection`。
#
# ??? success "答案"
#     对每个读者，把除最近一层以外的来源全部置 0。单剪一条大多无妨，全剪掉则准确率大跌：每一条都有别的可以替代，但不能所有的一起没有。
#
# **5.** 为什么 DenseNet 把批量归一化放在 1×1 卷积**之前**，而不是在造出特征之后归一化一次、大家共用？
#
# ??? success "答案"
#     同一组特征有许多读者。放在前面，每位读者有自己的 $\gamma$ 和 $\beta$，可以放大、缩小甚至关掉某个来源；放在后面，所有读者只能看到同一个版本。代价是归一化的次数更多。

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** The third dense block of `densenet121` takes 256 channels and has 24 layers with $g=32$. How many come out, and how many after the transition?
#
# ??? success "Answer"
#     $256+24\cdot32=1024$; the transition halves them to 512. It agrees with the [ledger](#ledger).
#
# **2.** A layer has an input of 512 channels and $g=32$. How many weights has a 3×3 alone, and how many a 1×1 to $4g$ with a 3×3 behind it? At which width are they equal?
#
# ??? success "Answer"
#     Alone: $512\cdot32\cdot9={{ f"{512 * 32 * 9:,}" }}$; narrowed: $512\cdot128+128\cdot32\cdot9={{ f"{512 * 128 + 128 * 32 * 9:,}" }}$. With $c$ input channels, $288c=128c+36864$ gives $c=230.4$. For a narrower input the 1×1 is a loss.
#
# **3.** Can concatenation take the place of addition? Write `as_sum(channels)`, which returns a 1×1 convolution that turns $[\mathbf a,\mathbf b]$ into $\mathbf a+\mathbf b$, with `channels` channels each.
#
# ??? success "Answer"
#     Yes. With $c$ channels each, take the $c\times2c$ weights $[\mathbf I\;\,\mathbf I]$:
#
#     ```python
#     import torch
#     from torch import nn
#
#
#     def as_sum(channels):
#         convolution = nn.Conv2d(2 * channels, channels, kernel_size=1, bias=False)
#         identity = torch.eye(channels)
#         convolution.weight.data = torch.cat([identity, identity], 1)[:, :, None, None]
#         return convolution
#     ```
#
#     So concatenation with a trained convolution can do all that addition does; the other way round, a sum cannot be taken apart.
#
# **4.** In block 1 of `densenet_small` cut **all** connections that skip a layer or more, so that it becomes a chain. What accuracy is left? Write your guess down, then change `accuracies_without_connection`.
#
# ??? success "Answer"
#     For each reader set all sources but the nearest to 0. One cut mostly does nothing, all of them together bring the accuracy down sharply: each connection has a stand-in, but not when all are gone.
#
# **5.** Why does DenseNet put batch normalization **before** the 1×1 convolution, and not once behind the new features for all to share?
#
# ??? success "Answer"
#     The same features have many readers. In front, each reader has its own $\gamma$ and $\beta$ and can strengthen, weaken or switch off a source; behind, all readers get the same version. The price is more normalization.

# %% [markdown] tags=["zh"]
# ## 参考文献 { #references }
#
# - G. Huang, Z. Liu, L. van der Maaten, K. Q. Weinberger. [Densely connected convolutional networks](https://arxiv.org/abs/1608.06993). CVPR, 2017.
# - G. Huang, Y. Sun, Z. Liu, D. Sedra, K. Q. Weinberger. [Deep networks with stochastic depth](https://arxiv.org/abs/1603.09382). ECCV, 2016.
# - G. Pleiss 等. [Memory-efficient implementation of DenseNets](https://arxiv.org/abs/1707.06990). 2017.

# %% [markdown] tags=["en"]
# ## References { #references }
#
# - G. Huang, Z. Liu, L. van der Maaten, K. Q. Weinberger. [Densely connected convolutional networks](https://arxiv.org/abs/1608.06993). CVPR, 2017.
# - G. Huang, Y. Sun, Z. Liu, D. Sedra, K. Q. Weinberger. [Deep networks with stochastic depth](https://arxiv.org/abs/1603.09382). ECCV, 2016.
# - G. Pleiss and others. [Memory-efficient implementation of DenseNets](https://arxiv.org/abs/1707.06990). 2017.
