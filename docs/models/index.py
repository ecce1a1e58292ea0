# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "从 LeNet 到 DenseNet：七个经典网络的时间线，层数、参数、计算量与感受野，同一份数据上的准确率与代价，以及哪些差别是真的。"
#       en: "From LeNet to DenseNet: seven classic networks on a timeline; their depth, parameters, work and receptive fields; accuracy and cost on the same data, and which differences are real."
#     covers: [N-09, N-35, P-06, P-09]
#     labels:
#       LeNet-5: LeNet-5
#       AlexNet: AlexNet
#       NiN: NiN
#       VGG-16: VGG-16
#       GoogLeNet: GoogLeNet
#       ResNet-18: ResNet-18
#       ResNet-50: ResNet-50
#       ResNet-152: ResNet-152
#       DenseNet-121: DenseNet-121
#       LeNet: LeNet
#       VGG: VGG
#       ResNet: ResNet
#       DenseNet: DenseNet
#       "convolution, pooling, backpropagation": 卷积、池化、反向传播
#       "ReLU, dropout, two GPUs": ReLU、dropout、两块 GPU
#       "1×1 convolutions, no fully connected end": 1×1 卷积，末尾不用全连接
#       "3×3 convolutions, stacked deep": 只用 3×3 卷积，越叠越深
#       "four branches side by side": 四条支路并排
#       "batch normalization": 批量归一化
#       "each channel at mean 0, variance 1": 每个通道均值 0、方差 1
#       "y = x + f(x)": y = x + f(x)
#       "every layer sees all before it": 每层都看前面所有层
#       "{} layers, {} parameters": "{} 层，{} 个参数"
#       "billions of MACs per image": 每张图的 MACs（十亿）
#       "ImageNet top-1 accuracy (%)": ImageNet top-1 准确率（%）
#       "millions of MACs per image": 每张图的 MACs（百万）
#       "mistakes in 10,000 images": 10,000 张图里错的张数
# ---

# %% tags=["remove-input"]
import json
from math import sqrt
from pathlib import Path
from statistics import mean, stdev

import torch

from dlnotes import models, summary

CANONICAL = {
    "lenet5": ("LeNet-5", 1998), "alexnet": ("AlexNet", 2012), "nin": ("NiN", 2013), "vgg16": ("VGG-16", 2014), "googlenet": ("GoogLeNet", 2014),
    "resnet18": ("ResNet-18", 2015), "resnet50": ("ResNet-50", 2015), "resnet152": ("ResNet-152", 2015), "densenet121": ("DenseNet-121", 2016),
}
SMALL = {
    "lenet": "LeNet", "alexnet_small": "AlexNet", "nin_small": "NiN", "vgg_small": "VGG",
    "googlenet_small": "GoogLeNet", "resnet_small": "ResNet", "densenet_small": "DenseNet",
}


def ledger_of(name, shape=None):
    """Trace a model on shapes alone: no weights are made."""
    with torch.device("meta"):
        return summary.trace(models.create(name), shape or models.input_shape(name))


def used(ledger):
    """Return the rows that run in evaluation; GoogLeNet's auxiliary heads are for training alone."""
    return [row for row in ledger.rows if row.output_shape]


def parameters(ledger):
    return sum(row.parameters for row in used(ledger))


def linear_share(ledger):
    return sum(row.parameters for row in used(ledger) if row.type == "Linear") / parameters(ledger)


def field(ledger):
    """Return the receptive field of the last feature map, before anything averages or flattens it."""
    return max(row.receptive_field for row in used(ledger) if len(row.output_shape) == 3 and isinstance(row.receptive_field, int))


ledgers = {name: ledger_of(name) for name in CANONICAL}
small = {name: ledger_of(name) for name in SMALL}


def size(count):
    """Write a large number in thousands, millions or billions."""
    return next(f"{count / unit:.3g} {mark}" for unit, mark in ((1e9, "G"), (1e6, "M"), (1e3, "K")) if count >= unit)


def lines(rows):
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)


def canonical_rows():
    return lines(
        (f"**{title}**", year, "×".join(map(str, ledger.input_shape)), ledger.depth, f"{parameters(ledger):,}", size(ledger.macs), field(ledger), f"{linear_share(ledger):.0%}")
        for (title, year), ledger in zip(CANONICAL.values(), ledgers.values())
    )

# %% [markdown] tags=["zh"]
# # 七个网络，十八年 { #models }
#
# 1998 年的 LeNet-5 有 {{ ledgers["lenet5"].depth }} 层，2016 年的 DenseNet-121 有 {{ ledgers["densenet121"].depth }} 层。
#
# **先猜三件事：**这些年里，参数是不是一直在变多？层数最多的网络，计算量也最大吗？在同样的数据上，新的总比旧的准吗？
#
# 本页的层数、参数、计算量，都由代码逐层数出；每个准确率都写明用什么数据、跑了几次。

# %% [markdown] tags=["en"]
# # Seven networks, eighteen years { #models }
#
# LeNet-5 of 1998 has {{ ledgers["lenet5"].depth }} layers, DenseNet-121 of 2016 has {{ ledgers["densenet121"].depth }}.
#
# **Guess three things first.** Did parameters only ever grow? Does the deepest network also do the most work? On the same data, is newer always better?
#
# Depth, parameters and work on this page are counted by code, layer by layer. With every accuracy stands the data it was measured on and the number of runs.

# %% [markdown] tags=["zh"]
# ## 时间线 { #timeline }

# %% [markdown] tags=["en"]
# ## The timeline { #timeline }

# %% tags=["remove-input"] alt_zh="竖直的时间轴，从 1998 到 2017。1998 年是 LeNet-5；然后空了十四年，2012 年出现 AlexNet；此后四年里依次是 NiN、VGG、GoogLeNet、批量归一化、ResNet 和 DenseNet，每个名字下写着它的主意、层数和参数。" alt_en="A vertical time axis from 1998 to 2017. LeNet-5 stands at 1998; then fourteen empty years until AlexNet in 2012; within the next four years follow NiN, VGG, GoogLeNet, batch normalization, ResNet and DenseNet, each with its idea, its layers and its parameters."
from dlnotes import figures

# When the paper became public: the month of the journal or conference, or the day on arXiv.
EVENTS = [
    (1998.87, "lenet5", "convolution, pooling, backpropagation"),
    (2012.92, "alexnet", "ReLU, dropout, two GPUs"),
    (2013.96, "nin", "1×1 convolutions, no fully connected end"),
    (2014.67, "vgg16", "3×3 convolutions, stacked deep"),
    (2014.71, "googlenet", "four branches side by side"),
    (2015.11, None, "each channel at mean 0, variance 1"),
    (2015.94, "resnet152", "y = x + f(x)"),
    (2016.65, "densenet121", "every layer sees all before it"),
]


def label(name, idea):
    if name is None:
        return ["batch normalization", idea]
    return [CANONICAL[name][0], idea, f"{ledgers[name].depth} layers, {parameters(ledgers[name]):,} parameters"]


figures.timeline([(when, label(name, idea)) for when, name, idea in EVENTS])

# %% tags=["remove-input"]
most = max(ledgers, key=lambda name: parameters(ledgers[name]))
busiest = max(ledgers, key=lambda name: ledgers[name].macs)
deepest = max(ledgers, key=lambda name: ledgers[name].depth)
reuse = max(ledgers, key=lambda name: ledgers[name].macs / ledgers[name].parameters)

# %% [markdown] tags=["zh"]
# 时间轴按比例画。1998 到 2012 之间的空白是真的：主意有了，数据和算力还没有。ImageNet 和 GPU 到位之后，其余的全挤进了四年里。
#
# ## 原版：层数、参数、计算量、感受野 { #canonical }
#
# | | 年份 | 输入 | 层数 | 参数 | MACs | 感受野 | 全连接层占参数 |
# |---|--:|---|--:|--:|--:|--:|--:|
# {{ canonical_rows() }}
#
# MACs 是一张图的乘加次数，K、M、G 是千、百万、十亿；类别有 1,000 个（LeNet-5 是 10 个）。层数是从输入到输出**最长的一条路**上带权重的层，跳跃连接上的卷积和并排的支路不算。感受野是最后一张特征图上一个位置能看到的边长，按输入的像素计。GoogLeNet 没有算两个只在训练时用的辅助头。
#
# 三个猜测，前两个现在就有答案：
#
# - **参数并没有一直变多。**最多的是 {{ CANONICAL[most][0] }}，{{ f"{parameters(ledgers[most]):,}" }} 个；两年之后的 DenseNet-121 只有它的 {{ f"{parameters(ledgers['densenet121']) / parameters(ledgers[most]):.0%}" }}。看最后一列就知道省在哪里：AlexNet 的参数 {{ f"{linear_share(ledgers['alexnet']):.0%}" }} 在全连接层。NiN 用全局平均池化换掉了它们，后来的网络都跟着这样做。
# - **最深的不是最忙的。**{{ CANONICAL[deepest][0] }} 最深，有 {{ ledgers[deepest].depth }} 层；计算量最大的却是 16 层的 {{ CANONICAL[busiest][0] }}，因为它在 224×224 的整张图上就用了 64 个通道。DenseNet-121 有 121 层，计算量不到它的五分之一。
# - 感受野从 AlexNet 的 {{ field(ledgers["alexnet"]) }} 涨到 {{ field(ledgers["densenet121"]) }}，比 224 像素的图还大好几倍：深的网络里，最后一层的每个位置都看得到整张图。

# %% [markdown] tags=["en"]
# The axis is to scale. The gap between 1998 and 2012 is real: the ideas were there, the data and the machines were not. Once ImageNet and GPUs had come, all the rest followed within four years.
#
# ## The canonical forms: depth, parameters, work, receptive field { #canonical }
#
# | | year | input | layers | parameters | MACs | receptive field | fully connected share |
# |---|--:|---|--:|--:|--:|--:|--:|
# {{ canonical_rows() }}
#
# MACs are the multiply-accumulate operations of one image, in thousands (K), millions (M) or billions (G); there are 1,000 classes (10 for LeNet-5). Layers are those with weights on the **longest way** from input to output: a convolution on a shortcut or on a parallel branch does not add to it. The receptive field is the side, in input pixels, of what one position of the last feature map sees. GoogLeNet is counted without the two auxiliary heads that only training uses.
#
# Three guesses, and two of them are answered here:
#
# - **Parameters did not only grow.** {{ CANONICAL[most][0] }} has the most, {{ f"{parameters(ledgers[most]):,}" }}; two years later DenseNet-121 has {{ f"{parameters(ledgers['densenet121']) / parameters(ledgers[most]):.0%}" }} of that. The last column shows where they were saved: {{ f"{linear_share(ledgers['alexnet']):.0%}" }} of AlexNet's parameters are in fully connected layers. NiN put global average pooling in their place, and the later networks did the same.
# - **The deepest is not the busiest.** {{ CANONICAL[deepest][0] }} is the deepest with {{ ledgers[deepest].depth }} layers, but most of all works {{ CANONICAL[busiest][0] }} with its 16, since it has 64 channels on the whole picture of 224×224. DenseNet-121 has 121 layers and does less than a fifth of that work.
# - The receptive field grows from {{ field(ledgers["alexnet"]) }} in AlexNet to {{ field(ledgers["densenet121"]) }}, several times the 224 pixels of the picture: in a deep network every position of the last map sees all of it.

# %% [markdown] tags=["zh"]
# 层数怎样数？账本记着每一行从哪几行来，沿着它走最长的路就行。ResNet-18 里带权重的层其实不止 18 个：

# %% [markdown] tags=["en"]
# How is depth counted? The ledger knows from which rows each row comes, and the longest way is found along them. ResNet-18 has more than 18 layers with weights to multiply by:

# %%

ledger = summary.trace(models.create("resnet18"), (3, 224, 224))
weighted = [row for row in ledger.rows if row.type in ("Conv2d", "Linear")]
len(weighted), ledger.depth

# %% [markdown] tags=["zh"]
# 多出的 3 个是跳跃连接上的 1×1 卷积，与主路并排。
#
# ## 准确率与代价：ImageNet { #imagenet }
#
# 下图的准确率**不是本站测的**：ImageNet 太大，没法在构建网站时训练。它们来自 torchvision 随权重一起公布的数据，由代码读出；横轴的计算量由本站的账本数出，圆的面积与参数成正比。

# %% [markdown] tags=["en"]
# The 3 others are 1×1 convolutions on shortcuts, side by side with the main way.
#
# ## Accuracy against cost: ImageNet { #imagenet }
#
# The accuracies of this figure were **not measured here**: ImageNet is too large to train on while a site is built. They are those that torchvision publishes with its weights, read by code; the work on the horizontal axis is counted by our ledger, and the area of a circle is proportional to the parameters.

# %% tags=["hide-input"] alt_zh="横轴是每张图的乘加次数，纵轴是 ImageNet 的 top-1 准确率，圆越大参数越多。AlexNet 在左下；VGG-16 的圆最大，计算量也最大，准确率却低于 ResNet-50 和 DenseNet-121；ResNet-152 最高。" alt_en="Multiply-accumulate operations per image against ImageNet top-1 accuracy; larger circles have more parameters. AlexNet is at the lower left; VGG-16 has the largest circle and the most work, yet lies below ResNet-50 and DenseNet-121; ResNet-152 is highest."
import matplotlib.pyplot as plt
import torchvision

from dlnotes.figures.style import INK, PALETTE

published = {}
for name in ("alexnet", "vgg16", "googlenet", "resnet18", "resnet50", "resnet152", "densenet121"):
    weights = torchvision.models.get_model_weights(name)["IMAGENET1K_V1"]
    published[name] = weights.meta["_metrics"]["ImageNet-1K"]["acc@1"]

figure, axes = plt.subplots(figsize=(6.4, 3.8))
for number, (name, accuracy) in enumerate(published.items()):
    work = ledgers[name].macs / 1e9
    axes.scatter(work, accuracy, s=parameters(ledgers[name]) / 1e5, color=PALETTE[number], alpha=0.35, linewidths=0)
    axes.scatter(work, accuracy, s=10, color=PALETTE[number])
    below = name == "resnet18"
    axes.annotate(CANONICAL[name][0], (work, accuracy), xytext=(0, -17 if below else 9), textcoords="offset points", ha="center", fontsize=10)
axes.set(xscale="log", xlim=(0.45, 30), ylim=(52, 83), xlabel="billions of MACs per image", ylabel="ImageNet top-1 accuracy (%)")
axes.set_xticks([0.5, 1, 2, 5, 10, 20], ["0.5", "1", "2", "5", "10", "20"])
axes.minorticks_off()
figure

# %% tags=["remove-input"]
vgg, resnet = ledgers["vgg16"], ledgers["resnet50"]
second = torchvision.models.ResNet50_Weights.IMAGENET1K_V2.meta["_metrics"]["ImageNet-1K"]["acc@1"]

# %% [markdown] tags=["zh"]
# 越靠左上越划算。ResNet-50 的计算量是 VGG-16 的 {{ f"{resnet.macs / vgg.macs:.0%}" }}，参数是它的 {{ f"{parameters(resnet) / parameters(vgg):.0%}" }}，准确率却高 {{ f"{published['resnet50'] - published['vgg16']:.1f}" }} 个百分点。AlexNet 到 VGG-16 那一大步，是用二十多倍的计算量换来的；之后的进步靠结构。
#
# ## 小型版：同一份数据 { #small }
#
# 论文里的准确率很难直接比：训练的轮数、增广、分辨率都不一样。所以本站给每个家族写了一个小型版，吃同样的 28×28 的数字，用同样的训练循环，各按自己的[配方](../reference/tools.py)训练 3 次。

# %% [markdown] tags=["en"]
# Up and to the left is a good bargain. ResNet-50 does {{ f"{resnet.macs / vgg.macs:.0%}" }} of the work of VGG-16 with {{ f"{parameters(resnet) / parameters(vgg):.0%}" }} of its parameters, and is {{ f"{published['resnet50'] - published['vgg16']:.1f}" }} points better. The great step from AlexNet to VGG-16 was paid for with more than twenty times the work; what came after was won by structure.
#
# ## The small forms: the same data { #small }
#
# Accuracies out of papers are hard to compare: epochs, augmentation and resolution all differ. So each family has a small form here, which takes the same digits of 28×28 through the same training loop, and trains 3 times by its own [recipe](../reference/tools.py).

# %% tags=["remove-input"]
records = {
    data: {name: json.loads(Path(f"../results/comparison/{data}.{name}.json").read_text("utf-8")) for name in SMALL}
    for data in ("digits", "mnist")
}
every = [record for group in records.values() for record in group.values()]
VERSIONS = ", ".join(sorted({record["torch"] for record in every}))
PROCESSORS = ", ".join(sorted({record["processor"] for record in every}))


def gap(data):
    """Return the distance between the best and the worst mean accuracy."""
    means = [mean(record["accuracies"]) for record in records[data].values()]
    return max(means) - min(means)


def spread(record):
    return f"{mean(record['accuracies']):.2%} ± {100 * stdev(record['accuracies']):.2f}"


def small_rows():
    return lines(
        (f"**{title}**", small[name].depth, f"{small[name].parameters:,}", size(small[name].macs), spread(records["digits"][name]),
         f"{mean(records['digits'][name]['cpu_seconds']):.1f}", spread(records["mnist"][name]), f"{mean(records['mnist'][name]['cpu_seconds']):.0f}")
        for name, title in SMALL.items()
    )

# %% [markdown] tags=["zh"]
# | | 层数 | 参数 | 28×28 的 MACs | digits 测试准确率 | CPU 秒 | MNIST 测试准确率 | CPU 秒 |
# |---|--:|--:|--:|--:|--:|--:|--:|
# {{ small_rows() }}
#
# 准确率是 3 个种子的平均 ± 标准差（百分点）；CPU 秒是每次训练的处理器时间，单线程。digits 的测试集有 360 张，MNIST 有 10,000 张。
#
# **这张表从哪里来。**全部训练一遍要十几分钟，所以它不在构建这一页时跑，而是由一个测试事先跑好，连同设置存成记录（torch {{ VERSIONS }}，{{ PROCESSORS }}）。之后配方或模型一改，测试就会报错，要求重跑。记录可不可信，你可以自己核对，本页也核对一次：

# %% [markdown] tags=["en"]
# | | layers | parameters | MACs at 28×28 | digits, test accuracy | CPU seconds | MNIST, test accuracy | CPU seconds |
# |---|--:|--:|--:|--:|--:|--:|--:|
# {{ small_rows() }}
#
# Accuracies are the mean ± standard deviation, in percentage points, over 3 seeds; CPU seconds are the processor time of one run, on one thread. The test part of digits has 360 images, that of MNIST 10,000.
#
# **Where this table comes from.** To train them all takes a quarter of an hour, so it does not happen while this page is built: a test ran them beforehand and wrote down the results with their settings (torch {{ VERSIONS }}, {{ PROCESSORS }}). When a recipe or a model changes, a test fails until they are run again. You need not take the records on trust, and neither does this page:

# %%
from dlnotes import comparison

again = comparison.compare(["mlp_32_16", "lenet"], "digits", seeds=2)
print(comparison.table(again))

# %% tags=["remove-input"]
then, now = records["digits"]["lenet"]["accuracies"][:2], again[1].accuracies
off = max(round(abs(a - b) * 360) for a, b in zip(then, now))

# %% [markdown] tags=["zh"]
# LeNet 的这 2 次是构建时刚跑的，与记录里同样两个种子的结果相差至多 {{ off }} 张图。换一台机器，舍入不同，可能差上一两张。
#
# `compare` 就是“一个程序里比较几个网络”：每个网络都按自己的配方拿到自己的优化器、学习率和轮数，数据和种子则相同。在命令行里写 `dlnotes compare lenet vgg_small resnet_small --seeds 3`。
#
# ## 哪些差别是真的 { #differences }
#
# digits 上，七个网络的平均准确率最多相差 {{ f"{100 * gap('digits'):.2f}" }} 个百分点，也就是 360 张里的 {{ f"{360 * gap('digits'):.1f}" }} 张。一张图就值 {{ f"{100 / 360:.2f}" }} 个百分点，单个种子之间的起伏已经有这么大。**这份数据分不出它们的高下。**
#
# MNIST 的测试集大得多，差别才看得清：

# %% [markdown] tags=["en"]
# These 2 runs of LeNet were made while this page was built, and differ from the record's runs with the same seeds by at most {{ off }} images. Another machine rounds otherwise and may be off by one or two.
#
# `compare` is several networks in one program: each gets its own optimizer, learning rate and epochs from its own recipe, while data and seeds are the same for all. On the command line, `dlnotes compare lenet vgg_small resnet_small --seeds 3`.
#
# ## Which differences are real { #differences }
#
# On digits, the mean accuracies of the seven lie within {{ f"{100 * gap('digits'):.2f}" }} percentage points, which is {{ f"{360 * gap('digits'):.1f}" }} of 360 images. One image is worth {{ f"{100 / 360:.2f}" }} points, and seeds of one network differ by as much. **These data cannot tell them apart.**
#
# The test part of MNIST is far larger, and there one can see:

# %% tags=["hide-input"] alt_zh="横轴是每张图的乘加次数，纵轴是 MNIST 的 10,000 张测试图里错的张数，从 55 起，越低越好；每个网络三个小点是三个种子，短横线是平均。" alt_en="Multiply-accumulate operations per image against mistakes in the 10,000 test images of MNIST, from 55 up; lower is better. The three dots of a network are its seeds, the bar is their mean."
figure, axes = plt.subplots(figsize=(6.4, 3.6))
for number, (name, title) in enumerate(SMALL.items()):
    work, wrong = small[name].macs / 1e6, [10_000 * (1 - value) for value in records["mnist"][name]["accuracies"]]
    axes.plot([work] * 3, wrong, "o", color=PALETTE[number], markersize=5, alpha=0.7)
    axes.plot([work * 0.9, work * 1.1], [mean(wrong)] * 2, "-", color=PALETTE[number], linewidth=2.5)
    left = name in ("nin_small", "vgg_small", "resnet_small")
    axes.annotate(title, (work * (0.86 if left else 1.16), mean(wrong)), va="center_baseline", ha="right" if left else "left", fontsize=10)
axes.set(xscale="log", xlim=(0.2, 16), ylim=(55, 105), xlabel="millions of MACs per image", ylabel="mistakes in 10,000 images")
axes.set_xticks([0.3, 1, 3, 10], ["0.3", "1", "3", "10"])
axes.minorticks_off()
figure

# %% tags=["remove-input"]
from itertools import combinations

wrong = {name: 10_000 * (1 - mean(records["mnist"][name]["accuracies"])) for name in SMALL}
best, worst = min(wrong, key=wrong.get), max(wrong, key=wrong.get)
pairs = list(combinations(wrong, 2))
clear = [f"{SMALL[a]}–{SMALL[b]}" for a, b in pairs if abs(wrong[a] - wrong[b]) > 2 * sqrt(wrong[a] + wrong[b])]
slowness = {name: mean(record["cpu_seconds"]) / record["config"]["epochs"] / record["macs"] for name, record in records["mnist"].items()}
slowest, fastest = max(slowness, key=slowness.get), min(slowness, key=slowness.get)
cheap, dear = (mean(records["mnist"][name]["cpu_seconds"]) for name in ("resnet_small", "densenet_small"))

# %% [markdown] tags=["zh"]
# 平均错得最少的是 {{ SMALL[best] }}（{{ f"{wrong[best]:.0f}" }} 张），最多的是 {{ SMALL[worst] }}（{{ f"{wrong[worst]:.0f}" }} 张）。差 {{ f"{wrong[worst] - wrong[best]:.0f}" }} 张，是真的吗？
#
# 换一份同样大的测试集，错的张数会随机起伏。错 $k$ 张，起伏的标准差约为 $\sqrt{k}$；两个数的差，约为 $\sqrt{k_1+k_2}$，其中 $k_1$、$k_2$ 是两个网络各错的张数。这里是 {{ f"{sqrt(wrong[worst] + wrong[best]):.0f}" }} 张。按“超过两倍才算数”这条粗略的规矩，七个网络两两相比共 {{ len(pairs) }} 对，站得住的有 {{ len(clear) }} 对：{{ ', '.join(clear) }}。
#
# 怎样比得更准，见[随机种子](../training/seeds.py)。第三个猜测的答案就是：**新的不总是更准。**在 MNIST 上，除了这几对，谁先谁后都说不准。代价的差别却一清二楚：ResNet 训练一次 {{ f"{cheap:.0f}" }} CPU 秒，DenseNet 要 {{ f"{dear:.0f}" }} 秒，换来的只是少错 {{ f"{wrong['resnet_small'] - wrong['densenet_small']:.0f}" }} 张，还在起伏之内。要让这些结构真正分出高下，得用像 ImageNet 那样难的数据。
#
# ## 读哪一页，用哪一个 { #which }
#
# | 想要 | 先看 | 主意 |
# |---|---|---|
# | 第一次读懂一个卷积网络 | [LeNet](lenet.py) | 卷积、池化、全连接 |
# | 知道 ReLU 与 dropout 为什么出现 | [AlexNet](alexnet.py) | 更大，更多数据，防过拟合 |
# | 一条最朴素的加深之路 | [VGG](vgg.py) | 重复的 3×3 块 |
# | 用 1×1 卷积，不要全连接层 | [NiN](nin.py) | 全局平均池化 |
# | 同时看几种尺度，省计算 | [GoogLeNet](googlenet.py) | 支路与降维 |
# | 解决实际问题的起点 | [ResNet](resnet.py) | 跳跃连接，很深也能训练 |
# | 参数要少，内存不愁 | [DenseNet](densenet.py) | 拼接，重复利用特征 |
#
# 时间线上唯一不是网络的那一项，读[批量归一化](batch-norm.py)；层数加多了为什么反而变差，读[深度](depth.py)；想看网络内部在算什么，读 [CNN 看见了什么](what-a-cnn-sees.py)。教程里抄得最多的两个小网络，各有一处可疑，读[教程里的两个小网络](digit-cnns.py)。
#
# 时间线停在 2016 年，主意没有停：[ResNet 之后](after-resnet.py)逐个算清它们各省了什么、换来什么。要给每个像素一个答案，而不只是每张图一个，读[逐像素的预测](dense-prediction.py)。
#
# ## 常见的坑 { #traps }
#
# !!! warning "把参数当作计算量"
#     全连接层参数多、计算少，卷积层正相反。AlexNet 的参数是 DenseNet-121 的 {{ f"{parameters(ledgers['alexnet']) / parameters(ledgers['densenet121']):.1f}" }} 倍，计算量却只有它的 {{ f"{ledgers['alexnet'].macs / ledgers['densenet121'].macs:.0%}" }}。
#
# !!! warning "把计算量当作时间"
#     同样多的乘加，许多窄小的层比几个宽的层慢：处理器忙于准备，来不及计算。按上面的记录，每次乘加的训练时间，{{ SMALL[slowest] }} 是 {{ SMALL[fastest] }} 的 {{ f"{slowness[slowest] / slowness[fastest]:.1f}" }} 倍。要知道多快，就去量。
#
# !!! warning "拿两篇论文里的准确率相减"
#     结构之外，训练方法也在变。torchvision 的 ResNet-50 有两套权重，网络一模一样，只是训练配方新旧不同：{{ f"{published['resnet50']:.1f}" }}% 与 {{ f"{second:.1f}" }}%。这 {{ f"{second - published['resnet50']:.1f}" }} 个百分点与结构无关。
#
# !!! warning "数层数时各数各的"
#     有人把池化也算一层，有人把批量归一化也算。说“ResNet-18 有 18 层”时，数的是最长路上的卷积与全连接层。
#
# ## 练习 { #exercises }
#
# **1.** 不运行代码：VGG-16 的第 1 个全连接层接在 $512\times7\times7$ 的特征图后面，有 4096 个输出。它有多少个参数，占全网的几成？
#
# ??? success "答案"
#     $512\times7\times7\times4096+4096=102764544$，占 {{ f"{102764544 / ledgers['vgg16'].parameters:.0%}" }}。一层就占了大头。
#
# **2.** ResNet-34 的四段各有 3、4、6、3 个残差块，每块两个 $3\times3$ 卷积，前面一个 $7\times7$ 卷积，最后一个全连接层。验证它的名字。ResNet-50 用同样的段数，每块三个卷积，又怎样？
#
# ??? success "答案"
#     $1+2\times(3+4+6+3)+1=34$；$1+3\times(3+4+6+3)+1=50$。
#
# **3.** 甲在 360 张测试图上错 1 张，乙错 3 张。能说甲更好吗？换成 10,000 张里错 50 张和 100 张呢？
#
# ??? success "答案"
#     差 2 张，起伏约 $\sqrt{1+3}=2$ 张，不能。差 50 张，起伏约 $\sqrt{150}\approx12.2$ 张，差了约 4 倍，能。
#
# **4.** 写一个函数 `macs_per_parameter(name)`，返回一个模型在自己的输入大小上，平均每个参数做几次乘加。上表里的网络，谁最高，为什么？
#
# ??? success "答案"
#     ```python
#     import torch
#
#     from dlnotes import models, summary
#
#
#     def macs_per_parameter(name):
#         with torch.device("meta"):
#             ledger = summary.trace(models.create(name), models.input_shape(name))
#         return ledger.macs / ledger.parameters
#     ```
#
#     最高的是 {{ CANONICAL[reuse][0] }}，每个参数用 {{ f"{ledgers[reuse].macs / ledgers[reuse].parameters:.0f}" }} 次：它几乎全是卷积，同一组权重在每个位置都用一遍。AlexNet 只有 {{ f"{ledgers['alexnet'].macs / ledgers['alexnet'].parameters:.0f}" }} 次，因为它的参数大多在全连接层，每个只用一次。
#
# **5.** 用 `comparison.compare` 比较 `lenet` 与 `nin_small`，digits，5 个种子。哪个好，差别是真的吗？
#
# ??? success "答案"
#     `comparison.compare(["lenet", "nin_small"], "digits", seeds=5)`。两者的平均通常只差一两张图，而种子之间的起伏也有这么大：这份数据分不出来。
#
# ## 参考文献 { #references }
#
# - Y. LeCun 等. [Gradient-based learning applied to document recognition](https://doi.org/10.1109/5.726791). Proceedings of the IEEE, 1998.
# - A. Krizhevsky, I. Sutskever, G. Hinton. [ImageNet classification with deep convolutional neural networks](https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks). NIPS, 2012.
# - M. Lin, Q. Chen, S. Yan. [Network in network](https://arxiv.org/abs/1312.4400). ICLR, 2014.
# - K. Simonyan, A. Zisserman. [Very deep convolutional networks for large-scale image recognition](https://arxiv.org/abs/1409.1556). ICLR, 2015.
# - C. Szegedy 等. [Going deeper with convolutions](https://arxiv.org/abs/1409.4842). CVPR, 2015.
# - S. Ioffe, C. Szegedy. [Batch normalization](https://arxiv.org/abs/1502.03167). ICML, 2015.
# - K. He 等. [Deep residual learning for image recognition](https://arxiv.org/abs/1512.03385). CVPR, 2016.
# - G. Huang 等. [Densely connected convolutional networks](https://arxiv.org/abs/1608.06993). CVPR, 2017.
# - A. Canziani, A. Paszke, E. Culurciello. [An analysis of deep neural network models for practical applications](https://arxiv.org/abs/1605.07678). 2016. 准确率与计算量那张图的先例。

# %% [markdown] tags=["en"]
# On average {{ SMALL[best] }} makes the fewest mistakes ({{ f"{wrong[best]:.0f}" }}) and {{ SMALL[worst] }} the most ({{ f"{wrong[worst]:.0f}" }}). Are these {{ f"{wrong[worst] - wrong[best]:.0f}" }} images a real difference?
#
# On another test set of the same size the number of mistakes would vary by chance. With $k$ mistakes its standard deviation is about $\sqrt{k}$, and that of a difference about $\sqrt{k_1+k_2}$, where $k_1$ and $k_2$ are the mistakes of the two networks: here {{ f"{sqrt(wrong[worst] + wrong[best]):.0f}" }} images. By the rough rule that only twice as much counts, {{ len(clear) }} of the {{ len(pairs) }} pairs of the seven hold: {{ ', '.join(clear) }}.
#
# How to compare more sharply stands on the page about [seeds](../training/seeds.py). The third guess is answered: **newer is not always better.** On MNIST, but for these pairs, one cannot say who comes first. What differs clearly is the cost: one run of ResNet takes {{ f"{cheap:.0f}" }} CPU seconds, one of DenseNet {{ f"{dear:.0f}" }}, and all it buys is {{ f"{wrong['resnet_small'] - wrong['densenet_small']:.0f}" }} mistakes fewer, which is within chance. It takes data as hard as ImageNet to tell what these structures are really worth.
#
# ## Which page to read, which network to use { #which }
#
# | You want | start with | its idea |
# |---|---|---|
# | to understand a convolutional network for the first time | [LeNet](lenet.py) | convolution, pooling, fully connected layers |
# | to know why ReLU and dropout came up | [AlexNet](alexnet.py) | larger, more data, against overfitting |
# | the plainest way to depth | [VGG](vgg.py) | blocks of 3×3, repeated |
# | 1×1 convolutions and no fully connected layer | [NiN](nin.py) | global average pooling |
# | several scales at once, for less work | [GoogLeNet](googlenet.py) | branches, and fewer channels before them |
# | a start for a real problem | [ResNet](resnet.py) | shortcuts: trainable at great depth |
# | few parameters, and memory to spare | [DenseNet](densenet.py) | concatenation: features used again |
#
# The one entry of the timeline that is no network has a page too, [batch normalization](batch-norm.py). Why more layers can make things worse stands on the page about [depth](depth.py); what a network computes inside, on [what a CNN sees](what-a-cnn-sees.py). The two small networks that tutorials copy most, each with one suspicious spot, are on [two small networks of the tutorials](digit-cnns.py).
#
# The timeline stops in 2016, and ideas did not: [after ResNet](after-resnet.py) works out what each of them saved and what it bought. For an answer at every pixel instead of one for the picture, read [dense prediction](dense-prediction.py).
#
# ## Traps { #traps }
#
# !!! warning "Taking parameters for work"
#     Fully connected layers have many parameters and do little work; convolutions are the other way round. AlexNet has {{ f"{parameters(ledgers['alexnet']) / parameters(ledgers['densenet121']):.1f}" }} times the parameters of DenseNet-121 and does {{ f"{ledgers['alexnet'].macs / ledgers['densenet121'].macs:.0%}" }} of its work.
#
# !!! warning "Taking work for time"
#     For the same number of multiply-adds, many narrow layers take longer than a few wide ones: the processor spends its time on getting ready. By the records above, training time per multiply-add of {{ SMALL[slowest] }} is {{ f"{slowness[slowest] / slowness[fastest]:.1f}" }} times that of {{ SMALL[fastest] }}. To know how fast something is, measure it.
#
# !!! warning "Subtracting accuracies of two papers"
#     Besides structure, training methods change. torchvision has two sets of weights for ResNet-50, the same network trained by an older and a newer recipe: {{ f"{published['resnet50']:.1f}" }}% and {{ f"{second:.1f}" }}%. These {{ f"{second - published['resnet50']:.1f}" }} points have nothing to do with structure.
#
# !!! warning "Everyone counts layers in a way of their own"
#     Some count pooling as a layer, some batch normalization. "ResNet-18 has 18 layers" counts convolutions and fully connected layers on the longest way.
#
# ## Exercises { #exercises }
#
# **1.** Without running code: the first fully connected layer of VGG-16 follows maps of $512\times7\times7$ and has 4096 outputs. How many parameters has it, and what share of the whole?
#
# ??? success "Answer"
#     $512\times7\times7\times4096+4096=102764544$, which is {{ f"{102764544 / ledgers['vgg16'].parameters:.0%}" }}: most of the network is in one layer.
#
# **2.** The four stages of ResNet-34 have 3, 4, 6 and 3 residual blocks with two $3\times3$ convolutions each; before them comes a convolution of $7\times7$, after them a fully connected layer. Check its name. And ResNet-50, with the same stages and three convolutions in a block?
#
# ??? success "Answer"
#     $1+2\times(3+4+6+3)+1=34$; $1+3\times(3+4+6+3)+1=50$.
#
# **3.** Of 360 test images, A gets 1 wrong and B 3. Is A better? And with 50 and 100 wrong of 10,000?
#
# ??? success "Answer"
#     The difference is 2, chance about $\sqrt{1+3}=2$: one cannot say. The difference is 50, chance about $\sqrt{150}\approx12.2$, a quarter of it: yes.
#
# **4.** Write a function `macs_per_parameter(name)` that returns how many multiply-adds a model does for each parameter on average, at its own input size. Which network of the table has the most, and why?
#
# ??? success "Answer"
#     ```python
#     import torch
#
#     from dlnotes import models, summary
#
#
#     def macs_per_parameter(name):
#         with torch.device("meta"):
#             ledger = summary.trace(models.create(name), models.input_shape(name))
#         return ledger.macs / ledger.parameters
#     ```
#
#     Most has {{ CANONICAL[reuse][0] }}, which uses each parameter {{ f"{ledgers[reuse].macs / ledgers[reuse].parameters:.0f}" }} times: it is almost all convolution, and the same weights are used at every position. AlexNet has only {{ f"{ledgers['alexnet'].macs / ledgers['alexnet'].parameters:.0f}" }}, since most of its parameters are in fully connected layers, where each is used once.
#
# **5.** Compare `lenet` and `nin_small` with `comparison.compare` on digits over 5 seeds. Which is better, and is the difference real?
#
# ??? success "Answer"
#     `comparison.compare(["lenet", "nin_small"], "digits", seeds=5)`. The means are usually an image or two apart, and seeds of one network differ by as much: these data cannot tell.
#
# ## References { #references }
#
# - Y. LeCun et al. [Gradient-based learning applied to document recognition](https://doi.org/10.1109/5.726791). Proceedings of the IEEE, 1998.
# - A. Krizhevsky, I. Sutskever, G. Hinton. [ImageNet classification with deep convolutional neural networks](https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks). NIPS, 2012.
# - M. Lin, Q. Chen, S. Yan. [Network in network](https://arxiv.org/abs/1312.4400). ICLR, 2014.
# - K. Simonyan, A. Zisserman. [Very deep convolutional networks for large-scale image recognition](https://arxiv.org/abs/1409.1556). ICLR, 2015.
# - C. Szegedy et al. [Going deeper with convolutions](https://arxiv.org/abs/1409.4842). CVPR, 2015.
# - S. Ioffe, C. Szegedy. [Batch normalization](https://arxiv.org/abs/1502.03167). ICML, 2015.
# - K. He et al. [Deep residual learning for image recognition](https://arxiv.org/abs/1512.03385). CVPR, 2016.
# - G. Huang et al. [Densely connected convolutional networks](https://arxiv.org/abs/1608.06993). CVPR, 2017.
# - A. Canziani, A. Paszke, E. Culurciello. [An analysis of deep neural network models for practical applications](https://arxiv.org/abs/1605.07678). 2016. An early form of the figure of accuracy against work.
