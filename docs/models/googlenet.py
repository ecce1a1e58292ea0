# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "GoogLeNet：1×1、3×3、5×5 同时看再拼接，1×1 缩减省了多少，辅助头有没有用，更深是否更好；三次训练，与 torchvision 逐位相同。"
#       en: "GoogLeNet: 1×1, 3×3 and 5×5 at once, then concatenation; what 1×1 reductions save, whether auxiliary heads help, whether deeper is better; three training runs, and the same numbers as torchvision."
#     covers: [A-11, N-17, F-07]
#     labels:
#       from the end: 来自末端
#       from head 4a: 来自辅助头 4a
#       from head 4d: 来自辅助头 4d
#       with batch normalization: 有批量归一化
#       without batch normalization: 无批量归一化
#       "2 inceptions": "2 个 Inception 块"
#       "4 inceptions": "4 个 Inception 块"
#       "8 inceptions": "8 个 Inception 块"
# ---

# %% tags=["remove-input"]
import torch

from dlnotes import figures, models, summary

with torch.device("meta"):  # shapes alone, no memory
    canonical = {
        name: models.create(name)
        for name in ("alexnet_paper", "googlenet", "googlenet_paper")
    }
ledgers = {
    name: summary.trace(model, (3, 224, 224)) for name, model in canonical.items()
}
small = models.create("googlenet_small")
ledgers["googlenet_small"] = summary.trace(small, (1, 28, 28))


def heads(ledger):
    """Parameters of the auxiliary heads, which do not run in evaluation."""
    return sum(row.parameters for row in ledger.rows if row.name.startswith("heads"))


paper = ledgers["googlenet_paper"]
inference = paper.parameters - heads(paper)
ratio = ledgers["alexnet_paper"].parameters / inference

# %% [markdown] tags=["zh"]
# # GoogLeNet：几种窗口同时看 { #googlenet }
#
# 卷积核该用多大？[AlexNet](alexnet.py) 用过 11×11 和 5×5，[VGG](vgg.py) 只用 3×3，[NiN](nin.py) 加上了 1×1。GoogLeNet 的回答是：**都用**，各看各的，再把结果拼在一起。
#
# 什么都要，总得多付钱吧？先猜三件事：
#
# - 它有 22 层，AlexNet 有 8 层。谁的参数多，差几倍？[答案](#where)
# - 每个大核之前都先用 1×1 减少通道。去掉这些 1×1，计算量变成几倍？[答案](#reductions)
# - 再加深一倍、两倍，训练损失会更低吗？[答案](#deeper)

# %% [markdown] tags=["en"]
# # GoogLeNet: several windows at once { #googlenet }
#
# How large should a kernel be? [AlexNet](alexnet.py) had 11×11 and 5×5, [VGG](vgg.py) nothing but 3×3, [NiN](nin.py) added 1×1. GoogLeNet's answer: **all of them**, each with its own view, and the results laid side by side.
#
# To have everything must cost more. Make three guesses:
#
# - It has 22 layers and AlexNet 8. Which has more parameters, and by what factor? [Answer](#where)
# - A 1×1 reduces the maps before each large kernel. How many times the work would it be without? [Answer](#reductions)
# - Twice as deep, four times as deep: does the training loss go down? [Answer](#deeper)

# %% [markdown] tags=["zh"]
# ## 来历 { #history }
#
# Christian Szegedy 等 9 人，Google，2014 年；ILSVRC-2014 图像分类第 1 名，top-5 错误率 6.67%（[论文](#references)）。名字向 LeNet 致敬，所以 L 大写；块叫 Inception，论文说一半因为 NiN，一半因为同名电影带出的一句网络流行语：我们得再深一点。

# %% [markdown] tags=["en"]
# ## Where it comes from { #history }
#
# Christian Szegedy and eight others, Google, 2014; first in image classification at ILSVRC-2014, with a top-5 error of 6.67% ([paper](#references)). The name bows to LeNet, hence the capital L; its block is called Inception, the paper says, half for NiN and half for a line that went round the internet with the film of that name: we need to go deeper.

# %% [markdown] tags=["zh"]
# ## 一张图看懂 { #idea }
#
# 一个 **Inception 块**，由代码画出，取自论文形式的第 1 个块（3a）。同一个输入走四条路，各自保持边长，最后沿通道拼接：

# %% [markdown] tags=["en"]
# ## The idea in one picture { #idea }
#
# One **Inception block**, an inception for short, drawn from the code: the first one (3a) of the paper's form. The same input goes four ways, each keeps its side, and the results are concatenated along the channels:

# %% tags=["remove-input"] alt_zh="Inception 块 3a：192×28×28 的输入分成四路，1×1 得 64 个通道，1×1 再 3×3 得 128 个，1×1 再 5×5 得 32 个，池化再 1×1 得 32 个，拼接成 256×28×28。" alt_en="Inception 3a: the 192×28×28 input goes four ways, 1×1 to 64 maps, 1×1 and 3×3 to 128, 1×1 and 5×5 to 32, pooling and 1×1 to 32, concatenated to 256×28×28."
figures.block_diagram(canonical["googlenet_paper"].features.inception3a, (192, 28, 28))

# %% [markdown] tags=["zh"]
# $64+128+32+32=256$：拼接让通道相加，边长不变。整个网络是一段开头加九个这样的块：

# %% [markdown] tags=["en"]
# $64+128+32+32=256$: concatenation adds the maps up and keeps the side. The network is a stem and nine of these blocks:

# %% tags=["remove-input"] alt_zh="GoogLeNet：3×224×224 的图片经卷积和池化到 192×28×28，然后是 2 个、5 个、2 个 Inception 块，中间以池化相隔，到 1024×7×7，全局平均后接一个全连接层。" alt_en="GoogLeNet: a 3×224×224 image passes convolutions and pooling to 192×28×28, then two, five and two inceptions with pooling between them to 1024×7×7, a global average and one fully connected layer."
figures.architecture(canonical["googlenet_paper"], (3, 224, 224))

# %% [markdown] tags=["zh"]
# 小图形式 `googlenet_small`，1×28×28，四个块：

# %% [markdown] tags=["en"]
# The small form, `googlenet_small`, for 1×28×28, with four blocks:

# %% tags=["remove-input"] alt_zh="小 GoogLeNet：1×28×28 的图片经一个步幅 2 的卷积、2 个 Inception 块、池化、再 2 个 Inception 块到 112×7×7，全局平均后得到 10 个 logits。" alt_en="The small GoogLeNet: a 1×28×28 image passes one convolution of stride 2, two inceptions, pooling and two more inceptions to 112×7×7, then a global average and 10 logits."
figures.architecture(small, (1, 28, 28))

# %% [markdown] tags=["zh"]
# ## 代码，从最小的块开始 { #code }
#
# Inception 块。四条路都不改变边长，所以最后能拼：
#
# ```python
# --8<-- "dlnotes/models/googlenet.py:block"
# ```
#
# **辅助分类器**，又叫辅助头：从网络的半路上也说一次类别，给前面的层一条更短的梯度之路，只在训练时用：
#
# ```python
# --8<-- "dlnotes/models/googlenet.py:auxiliary"
# ```
#
# 整个网络：
#
# ```python
# --8<-- "dlnotes/models/googlenet.py:model"
# ```
#
# 九个块的通道数照抄论文的表，一行一个块：
#
# ```python
# --8<-- "dlnotes/models/googlenet.py:widths"
# ```

# %% [markdown] tags=["en"]
# ## The code, smallest block first { #code }
#
# The inception. All four ways keep the side, so that they fit together in the end:
#
# ```python
# --8<-- "dlnotes/models/googlenet.py:block"
# ```
#
# The **auxiliary classifier**, or auxiliary head, names the class half-way through the network as well, which gives earlier layers a shorter way for gradients. It is used in training alone:
#
# ```python
# --8<-- "dlnotes/models/googlenet.py:auxiliary"
# ```
#
# The whole network:
#
# ```python
# --8<-- "dlnotes/models/googlenet.py:model"
# ```
#
# The widths of the nine blocks are the paper's table, one row a block:
#
# ```python
# --8<-- "dlnotes/models/googlenet.py:widths"
# ```


# %% tags=["remove-input"]
def variant_rows():
    """One row of a Markdown table for each network."""
    lines = []
    for name, ledger in ledgers.items():
        linear = sum(
            row.parameters
            for row in ledger.rows
            if row.type == "Linear" and not row.name.startswith("heads")
        )
        extra = heads(ledger)
        lines.append(
            f"| `{name}` | {ledger.parameters - extra:,} | {linear:,} | {extra:,} | {ledger.macs:,} |"
        )
    return "\n".join(lines)


# %% [markdown] tags=["zh"]
# ## 参数少了几倍 { #where }
#
# 按推理来数，这时辅助头不运行；MACs 是乘加运算的次数：
#
# | 网络 | 参数 | 全连接层 | 辅助头 | MACs |
# |---|--:|--:|--:|--:|
# {{ variant_rows() }}
#
# 层数多了近两倍，参数反而少：`googlenet_paper` 推理时只有 {{ f"{inference:,}" }} 个，论文形式的 AlexNet 是它的 {{ f"{ratio:.1f}" }} 倍。
#
# 论文写的是 12 倍。照它自己的表数出来没有那么多；这种数字值得自己数一遍。论文说设计时把推理限制在 $1.5\times10^9$ 次乘加，账本里是 {{ f"{paper.macs:,}" }}，大致相符。
#
# 省在哪里？AlexNet 和 VGG 的第 1 个全连接层没有了，换成 [NiN](nin.py#class-maps) 的全局平均，只留下最后 1000 类的那一层。

# %% [markdown] tags=["en"]
# ## How many times fewer parameters? { #where }
#
# Counted for inference, where the heads do not run; MACs are multiply-accumulates:
#
# | network | parameters | fully connected | heads | MACs |
# |---|--:|--:|--:|--:|
# {{ variant_rows() }}
#
# Nearly three times the layers, and fewer parameters: `googlenet_paper` has {{ f"{inference:,}" }} in inference, and the paper's form of AlexNet {{ f"{ratio:.1f}" }} times as many.
#
# The paper says 12 times. Counted by its own table it is less; such numbers are worth counting for yourself. The paper's budget was $1.5\times10^9$ multiply-adds in inference, and the ledger has {{ f"{paper.macs:,}" }}, which roughly agrees.
#
# Where is it saved? The first fully connected layer of AlexNet and VGG is gone. The global average of [NiN](nin.py#class-maps) stands in its place, with one last layer for the 1000 classes.

# %% [markdown] tags=["zh"]
# ## 1×1 省了多少 { #reductions }
#
# 论文先画了一个“天真”的块：没有 1×1 缩减，3×3 和 5×5 直接面对全部输入通道，池化那条路原样带走所有通道。把九个块全换成这样，通道和论文的表一致，算一算账：

# %% [markdown] tags=["en"]
# ## What the 1×1 save { #reductions }
#
# The paper first draws a "naive" block: no 1×1 reductions, 3×3 and 5×5 face all input maps, and the pooling branch carries all of them along. Make all nine blocks naive, with the widths of the paper's table, and do the accounts:

# %%
from torch import nn

from dlnotes.models.googlenet import STAGES, Inception


class Naive(nn.Module):
    """An inception without reductions."""

    def __init__(self, in_channels, widths):
        super().__init__()
        point, _, wide3, _, wide5, _ = widths
        kernels = ((point, 1), (wide3, 3), (wide5, 5))
        self.branches = nn.ModuleList(
            nn.Conv2d(in_channels, wide, k, padding=k // 2, bias=False)
            for wide, k in kernels
        )
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.out_channels = in_channels + point + wide3 + wide5

    def forward(self, features):
        return torch.cat(
            [branch(features) for branch in self.branches] + [self.pool(features)],
            dim=1,
        )


def cost(block):
    """Parameters, MACs and last number of maps of nine blocks in a row."""
    channels, parameters, macs = 192, 0, 0
    with torch.device("meta"):
        for rows, side in zip(STAGES, (28, 14, 7)):
            for widths in rows:
                inception = block(channels, widths)
                ledger = summary.trace(inception, (channels, side, side))
                parameters, macs = parameters + ledger.parameters, macs + ledger.macs
                channels = inception.out_channels
    return parameters, macs, channels


reduced, naive = cost(Inception), cost(Naive)
for name, (parameters, macs, channels) in (("with 1×1", reduced), ("naive", naive)):
    print(
        f"{name:>8}: {parameters:>11,} parameters, {macs:>13,} MACs, {channels:,} maps at the end"
    )

# %% tags=["remove-input"]
first_reduced = summary.trace(Inception(192, STAGES[0][0]), (192, 28, 28))
five = next(row for row in first_reduced.rows if row.name == "branch3.1.0")
five_narrow = next(row for row in first_reduced.rows if row.name == "branch3.0.0")
five_naive = 5 * 5 * 192 * 32 * 28 * 28

# %% [markdown] tags=["zh"]
# 天真的做法，九个块的 MACs 是 {{ f"{naive[1] / reduced[1]:.0f}" }} 倍，参数是 {{ f"{naive[0] / reduced[0]:.0f}" }} 倍。原因是**滚雪球**：池化那条路不缩减，每过一个块，通道只增不减，后面的每个核都要面对更多的通道，最后有 {{ f"{naive[2]:,}" }} 个。
#
# 单看 3a 的 5×5 那一路：$5\times5\times192\times32\times28^2$，是 {{ f"{five_naive:,}" }} 次；先用 1×1 从 192 减到 16，再做 5×5，两步合计 {{ f"{five_narrow.macs + five.macs:,}" }} 次，省了 {{ f"{1 - (five_narrow.macs + five.macs) / five_naive:.0%}" }}。1×1 卷积出自 [NiN](nin.py#pointwise)，GoogLeNet 的功劳是拿它来省钱。

# %% [markdown] tags=["en"]
# Done naively, the nine blocks take {{ f"{naive[1] / reduced[1]:.0f}" }} times the MACs and {{ f"{naive[0] / reduced[0]:.0f}" }} times the parameters. It is a **snowball**: the pooling branch reduces nothing, so maps only ever increase from block to block, every later kernel faces more of them, and in the end there are {{ f"{naive[2]:,}" }}.
#
# Take the 5×5 branch of 3a alone: $5\times5\times192\times32\times28^2$ is {{ f"{five_naive:,}" }}; a 1×1 from 192 to 16 and then the 5×5 take {{ f"{five_narrow.macs + five.macs:,}" }} together, {{ f"{1 - (five_narrow.macs + five.macs) / five_naive:.0%}" }} less. The 1×1 convolution comes from [NiN](nin.py#pointwise); GoogLeNet's merit is to save with it.

# %% [markdown] tags=["zh"]
# ## 辅助头有用吗 { #auxiliary }
#
# 22 层，2014 年还没有批量归一化，论文担心梯度传不到前面，于是在 4a 和 4d 之后各接一个头，它们的损失各乘 0.3 加进总损失，推理时丢掉。
#
# 有没有用，可以在训练开始之前就量：第 1 个卷积收到的梯度里，来自末端的有多少，来自两个头的有多少？量两次：这里的网络带着批量归一化；把它们去掉，就是 2014 年的样子（用 Xavier 初始化）。**先猜：哪一种里，辅助头的份量更大？**

# %% [markdown] tags=["en"]
# ## Do auxiliary heads help? { #auxiliary }
#
# With 22 layers, and no batch normalization in 2014, the authors feared that gradients would not reach the front. So a head stands after 4a and another after 4d; their losses, times 0.3, are added to the loss, and inference throws the heads away.
#
# Whether they help can be measured before training starts: of the gradient that the first convolution receives, how much comes from the end and how much from each head? Measure twice: the network here has batch normalization; without it we have the state of 2014 (with Xavier's initialization). **Guess in which of the two the heads weigh more.**

# %%
from torch.nn import functional as F


def first_gradient(model):
    """Size of the first convolution's gradient from the end of the net and from each head, at random images."""
    outputs = model(torch.randn(8, 3, 96, 96))
    first, targets = model.features.stem[0][0].weight, torch.randint(10, (8,))
    parts = (
        (1.0, outputs.logits),
        (0.3, outputs.auxiliary1),
        (0.3, outputs.auxiliary2),
    )
    return [
        torch.autograd.grad(
            w * F.cross_entropy(logits, targets), first, retain_graph=True
        )[0].norm()
        for w, logits in parts
    ]


def without_batch_norm(model):
    """As in 2014: no batch normalization, and Xavier's initialization."""
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.BatchNorm2d):
                setattr(parent, name, nn.Identity())
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.xavier_normal_(layer.weight)
    return model


torch.manual_seed(0)
model = models.create("googlenet_paper", num_classes=10).train()
shares = {
    "with batch normalization": first_gradient(model),
    "without batch normalization": first_gradient(without_batch_norm(model)),
}

# %% tags=["hide-input"]
import pandas as pd

pd.DataFrame(
    [[f"{value:.3g}" for value in sizes] for sizes in shares.values()],
    columns=["from the end", "from head 4a", "from head 4d"],
    index=list(shares),
)

# %% tags=["remove-input"]
now, then = shares.values()

# %% [markdown] tags=["zh"]
# 没有批量归一化时，头 4a 送到第 1 层的梯度是末端的 {{ f"{float(then[1] / then[0]):.1f}" }} 倍，尽管它的损失只按 0.3 计；有批量归一化时只有 {{ f"{float(now[1] / now[0]):.0%}" }}，几乎没有份量。所以辅助头解决的是 2014 年的难题，归一化和[跳跃连接](resnet.py)出现之后，新的网络大多不再用它。论文自己也说它的作用不大，只有约 0.5 个百分点。
#
# 小图形式没有辅助头：它到前面的路本来就短。

# %% [markdown] tags=["en"]
# Without batch normalization, head 4a sends the first layer {{ f"{float(then[1] / then[0]):.1f}" }} times the gradient that the end sends, although its loss counts only 0.3; with batch normalization it is {{ f"{float(now[1] / now[0]):.0%}" }}, hardly anything. So the heads solved a problem of 2014; since normalization and [residual connections](resnet.py) exist, most new networks do without. The paper itself calls their effect minor, about 0.5 percentage points.
#
# The small form has no heads: its way to the front is short.

# %% [markdown] tags=["zh"]
# ## 训练：三次，而不是一次 { #training }

# %% [markdown] tags=["en"]
# ## Training: three runs, not one { #training }

# %%
from dlnotes import recipes

runs = [recipes.run("googlenet_small", seed=seed) for seed in range(3)]
runs[0].history.config

# %% tags=["hide-input"] alt_zh="三次训练的损失与准确率随轮次的变化：只有 5 个轮次，验证准确率就接近 1。" alt_en="Loss and accuracy over the epochs for three runs: after only 5 epochs, validation accuracy nears 1."
figures.curves([run.history for run in runs])

# %% tags=["remove-input"]
from statistics import mean, stdev

accuracies = [run.test.accuracy for run in runs]
cpu = mean(run.history.cpu_seconds for run in runs)
steps = runs[0].history.steps

# %% [markdown] tags=["zh"]
# 测试准确率：{{ f"{mean(accuracies):.1%}" }} ± {{ f"{100 * stdev(accuracies):.1f}" }} 个百分点（3 次的平均与标准差），每次 {{ steps }} 步，约 {{ f"{cpu:.1f}" }} CPU 秒。它的参数和 [NiN](nin.py#training) 差不多，轮次只有四分之一：批量归一化让它受得住大的学习率。每一步却贵得多，因为四条路都要走。

# %% [markdown] tags=["en"]
# Test accuracy: {{ f"{mean(accuracies):.1%}" }} ± {{ f"{100 * stdev(accuracies):.1f}" }} percentage points (mean and standard deviation of 3 runs), at {{ steps }} steps and about {{ f"{cpu:.1f}" }} CPU seconds a run. It has about as many parameters as [NiN](nin.py#training) and takes a quarter of the epochs: batch normalization lets it bear a high learning rate. Each step costs far more, since all four ways must be walked.

# %% [markdown] tags=["zh"]
# ## 更深，就更好吗 { #deeper }
#
# 论文的题目是《Going deeper with convolutions》。那就继续加深：把小网络每个阶段的块数从 1 加到 2、再到 4，别的设置都不变，各训练 2 个轮次、2 个随机种子。为了快，图片缩到 14×14。**先猜：训练损失谁最低？** 注意看的是**训练**损失，所以不会是过拟合的缘故。

# %% [markdown] tags=["en"]
# ## Is deeper better? { #deeper }
#
# The paper is called "Going deeper with convolutions". So go on: from 1 block in each stage of the small net to 2 and to 4, with everything else unchanged, for 2 epochs and with 2 seeds each. To be quick, images shrink to 14×14. **Guess whose training loss is lowest.** Since it is the loss in **training**, overfitting cannot be the reason.

# %%
import dataclasses

from dlnotes import data, training
from dlnotes.models.googlenet import SMALL, GoogLeNet

splits = data.load("digits")


def shrunk(split):
    images = (
        F.interpolate(split.images.float(), size=(14, 14), mode="area")
        .round()
        .to(torch.uint8)
    )
    return data.Split(images, split.labels)


half = dataclasses.replace(
    splits,
    train=shrunk(splits.train),
    validation=shrunk(splits.validation),
    test=shrunk(splits.test),
)


def depth_run(blocks, seed):
    training.seed_everything(seed)
    stages = tuple((first,) + (second,) * (blocks - 1) for first, second in SMALL)
    model = GoogLeNet(1, 10, stages, stem=(16,), auxiliary=False, dropout=0.1)
    history = training.fit(model, half, training.Config(epochs=2, lr=1e-2, seed=seed))
    return (
        history.epochs[-1].train_loss,
        sum(parameter.numel() for parameter in model.parameters()),
        model,
        history.normalization,
    )


deeper = {
    blocks: [depth_run(blocks, seed) for seed in range(2)] for blocks in (1, 2, 4)
}

# %% tags=["hide-input"] alt_zh="训练损失：2 个和 4 个 Inception 块都很低，8 个的明显更高。" alt_en="Training loss: low with 2 and with 4 inceptions, clearly higher with 8."
figures.bars(
    {
        f"{2 * blocks} inceptions": [loss for loss, *_ in values]
        for blocks, values in deeper.items()
    },
    xlabel="training loss",
)

# %% tags=["remove-input"]
losses = {
    blocks: mean(loss for loss, *_ in values) for blocks, values in deeper.items()
}
sizes = {blocks: values[0][1] for blocks, values in deeper.items()}

# %% [markdown] tags=["zh"]
# 8 个块有 {{ f"{sizes[4]:,}" }} 个参数，是 4 个块的 {{ f"{sizes[4] / sizes[2]:.1f}" }} 倍，训练损失却是 {{ f"{losses[4]:.2f}" }} 对 {{ f"{losses[2]:.2f}" }}。**同样的步数，更深的网络连训练集都学得更差。** 多出来的块只要什么也不改，损失就不会变高；可是梯度下降没有找到这条路，至少在这么多步之内没有。
#
# 这叫退化问题，[加深为什么会变差](depth.py)一页专门追究它。第二年的[残差网络](resnet.py)给每个块加了一条近路，让“什么也不改”成为最容易的选择，这才能深到上百层。这里只有 2 个轮次、一个学习率；多训练几轮，差距会缩小，见练习 4。

# %% [markdown] tags=["en"]
# With 8 blocks there are {{ f"{sizes[4]:,}" }} parameters, {{ f"{sizes[4] / sizes[2]:.1f}" }} times those of 4 blocks, and the training loss is {{ f"{losses[4]:.2f}" }} against {{ f"{losses[2]:.2f}" }}. **In as many steps, the deeper network learns even the training set less well.** If the extra blocks changed nothing at all, the loss would be no higher; gradient descent did not find that way, not in so few steps.
#
# This is called degradation, and the page on [depth](depth.py) goes after its cause. The [residual networks](resnet.py) of the following year gave each block a shortcut, which makes "change nothing" the easiest choice, and went to more than a hundred layers. There are only 2 epochs here, and a single learning rate; more training narrows the gap, see exercise 4.

# %% [markdown] tags=["zh"]
# ### 为什么不看验证准确率 { #running-statistics }
#
# [学习曲线](#training)里有件怪事：头几轮训练损失直降，验证损失反而升高。刚才 4 个块的网络也是这样，正好拿来查。评估时，批量归一化用的是训练中积累的移动平均；换成当前这批验证图片自己的均值和方差，权重一个不动：

# %% [markdown] tags=["en"]
# ### Why not validation accuracy? { #running-statistics }
#
# Something is odd in the [learning curves](#training): in the first epochs training loss drops and validation loss rises. The networks of 4 blocks just trained do the same, so let us look into them. In evaluation, batch normalization uses the moving averages gathered in training. Put the mean and variance of the validation images themselves in their place, without touching a weight:

# %%
import copy


def two_ways(model, normalization):
    """Validation accuracy with the moving averages, and with the statistics of the batch at hand."""
    moving = training.evaluate(model, half.validation, normalization).accuracy
    live = copy.deepcopy(model).train()
    for layer in live.modules():
        if isinstance(layer, nn.Dropout):
            layer.p = 0.0
    with torch.no_grad():
        answers = live(normalization.apply(half.validation.images)).argmax(1)
    return moving, (answers == half.validation.labels).float().mean().item()


for seed, (_, _, model, normalization) in enumerate(deeper[2]):
    moving, batch = two_ways(model, normalization)
    print(
        f"seed {seed}: moving averages {moving:.0%}, statistics of the batch {batch:.0%}"
    )

# %% [markdown] tags=["zh"]
# 权重早已学会，是移动平均没有跟上：步子大，权重变得快，而平均每步只更新十分之一，短短几十步追不上。学习率降下来以后，它自己会追上，正式训练的最后两轮就是这样。所以训练很短、学习率很大时，别急着拿验证准确率下结论；[门诊](../clinic/batch-norm.py)里还有别的几种批量归一化的病。

# %% [markdown] tags=["en"]
# The weights have learnt it long since; the moving averages lag behind. Steps are long and weights change fast, while the averages move by a tenth of the way at each step, too little for some dozens of steps. Once the learning rate comes down they catch up, as in the last two epochs of the full training. So when training is short and the rate is high, do not judge by validation accuracy yet; the [clinic](../clinic/batch-norm.py) has more that can go wrong with batch normalization.

# %% [markdown] tags=["zh"]
# ## 论文、这份代码、torchvision { #paper }
#
# | | 论文 | `googlenet_paper` | `googlenet`，同 torchvision |
# |---|---|---|---|
# | 大窗口 | 5×5 | 5×5 | 3×3 |
# | 最后一次池化 | 3×3 | 3×3 | 2×2 |
# | 归一化 | 两处局部响应归一化 | 每个卷积之后批量归一化 | 每个卷积之后批量归一化 |
# | 辅助头的池化 | 5×5，步幅 3 | 平均到 4×4 | 平均到 4×4 |
# | 最后的 dropout | 0.4 | 0.4 | 0.2 |
# | 推理时的参数 | 论文的表合计约 $6.8\times10^6$ | {{ f"{inference:,}" }} | {{ f"{ledgers['googlenet'].parameters - heads(ledgers['googlenet']):,}" }} |
#
# torchvision 的 3×3 是一个流传下来的笔误：它的权重从 TensorFlow 的实现移植而来，那里就写成了 3×3；改正就得重新训练，于是在源码里[注明](https://github.com/pytorch/vision/issues/906)之后留了下来。这里两种都有，`googlenet` 能载入它的权重，`googlenet_paper` 用 5×5。
#
# 参数的名字也不同，`models.from_torchvision` 负责翻译。核对一下：

# %% [markdown] tags=["en"]
# ## The paper, this code, torchvision { #paper }
#
# | | paper | `googlenet_paper` | `googlenet`, as torchvision |
# |---|---|---|---|
# | large window | 5×5 | 5×5 | 3×3 |
# | last pooling | 3×3 | 3×3 | 2×2 |
# | normalization | two local response normalizations | batch normalization behind each convolution | batch normalization behind each convolution |
# | pooling in the heads | 5×5 with stride 3 | average to 4×4 | average to 4×4 |
# | last dropout | 0.4 | 0.4 | 0.2 |
# | parameters in inference | about $6.8\times10^6$ by the paper's table | {{ f"{inference:,}" }} | {{ f"{ledgers['googlenet'].parameters - heads(ledgers['googlenet']):,}" }} |
#
# The 3×3 of torchvision is an inherited slip: its weights were ported from an implementation in TensorFlow, which has 3×3 there. To correct it means to train anew, so it stayed, with a [note](https://github.com/pytorch/vision/issues/906) in the source. Both are here: `googlenet` takes torchvision's weights, `googlenet_paper` has 5×5.
#
# The parameters have other names, too, which `models.from_torchvision` translates. Check it:

# %%
import torchvision

torch.manual_seed(0)
twin = torchvision.models.googlenet(weights=None, init_weights=False).eval()
ours = models.from_torchvision("googlenet", twin.state_dict()).eval()
images = torch.randn(2, 3, 224, 224)
with torch.no_grad():
    print("largest difference:", (ours(images) - twin(images)).abs().max().item())

# %% [markdown] tags=["zh"]
# 训练模式、辅助头的输出和梯度也都比过，见[与 torch 相等吗](../results/equivalence.py#models)。

# %% [markdown] tags=["en"]
# Training mode, the outputs of the heads, and gradients are compared as well, see [equal to torch?](../results/equivalence.py#models).

# %% [markdown] tags=["zh"]
# ## 常见的坑 { #traps }
#
# !!! warning "训练模式下返回的不是一个张量"
#     有辅助头时，训练模式返回 `Outputs(logits, auxiliary1, auxiliary2)`，直接送进 `F.cross_entropy` 会报错；用 `GoogLeNet.loss`。评估模式只返回 logits。
#
# !!! warning "按位置拆开 torchvision 的输出"
#     它的次序是 `logits, aux_logits2, aux_logits1`，后面的头在前。两者形状相同，拆反了也不报错。按名字取。
#
# !!! warning "拼接时边长对不上"
#     四条路的填充要正好让边长不变：3×3 填充 1，5×5 填充 2，池化步幅 1、填充 1。少一个，`torch.cat` 就报错：

# %% [markdown] tags=["en"]
# ## Traps { #traps }
#
# !!! warning "Training mode does not return a tensor"
#     With auxiliary heads it returns `Outputs(logits, auxiliary1, auxiliary2)`, and `F.cross_entropy` complains about that; use `GoogLeNet.loss`. Evaluation mode returns logits alone.
#
# !!! warning "Unpacking torchvision's outputs by position"
#     Their order is `logits, aux_logits2, aux_logits1`, with the later head first. Both have the same shape, and nothing complains if they are swapped. Take them by name.
#
# !!! warning "Sides that do not fit when concatenated"
#     The padding of each way must just keep the side: 1 for 3×3, 2 for 5×5, and pooling with stride 1 and padding 1. Forget one, and `torch.cat` complains:

# %% tags=["raises-exception"]
features = torch.zeros(1, 8, 14, 14)
torch.cat(
    [nn.Conv2d(8, 4, 1)(features), nn.Conv2d(8, 4, 5, padding=1)(features)], dim=1
)

# %% [markdown] tags=["zh"]
# !!! warning "在最后加 softmax"
#     论文的图画着 softmax，连辅助头也有；损失函数里已经做了。[门诊：交叉熵之前的 softmax](../clinic/loss-heads.py#softmax-before-cross-entropy)。

# %% [markdown] tags=["en"]
# !!! warning "Softmax at the end"
#     The paper's drawing has softmax, on the heads too; the loss applies it already. [Clinic: softmax before cross-entropy](../clinic/loss-heads.py#softmax-before-cross-entropy).

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 3a 的输出有 256 个通道，3b 的一行是 `(128, 128, 192, 32, 96, 64)`。3b 输出几个通道？
#
# ??? success "答案"
#     第 1、3、5、6 个数相加：$128+192+96+64=480$。第 2、4 个是缩减之后的通道，不出现在输出里。
#
# **2.** 名字里的 22 层怎样数？
#
# ??? success "答案"
#     只数有权重的层，并行的路只算最长的一条：开头 3 个卷积，九个块各 2 层，最后 1 个全连接层，$3+9\times2+1=22$。
#
# **3.** 5×5 换成两个 3×3 叠起来，感受野不变，3a 那一路的 MACs 变成多少？（中间也是 32 个通道）
#
# ??? success "答案"
#     原来 $25\times16\times32\times28^2=10035200$，换后 $9\times(16\times32+32\times32)\times28^2=10838016$。缩减到 16 之后没有便宜可占；若中间取 16 个通道，就是 $9\times(16\times16+16\times32)\times28^2=5419008$，省了将近一半。后来的 Inception 版本这样做。
#
# **4.** 在[加深的实验](#deeper)里，把轮次加到 8，或者把学习率降到 `3e-3`。8 个块追上了吗？
#
# ??? success "答案"
#     轮次多了，差距变小；学习率降低，8 个块仍然落后。深的网络不是学不会，是学得慢，也更挑设置。
#
# **5.** 为什么拼接，而不把四条路相加？
#
# ??? success "答案"
#     相加要求通道数相同，而且加过之后分不出谁是谁；拼接保留每条路的结果，让下一层自己决定怎样混合。代价是通道变多，所以要 1×1 来减。

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** Inception 3a puts out 256 maps, and the row of 3b is `(128, 128, 192, 32, 96, 64)`. How many maps come out of 3b?
#
# ??? success "Answer"
#     Add the numbers 1, 3, 5 and 6: $128+192+96+64=480$. Numbers 2 and 4 are the reduced maps, which do not show in the output.
#
# **2.** How are the 22 layers counted?
#
# ??? success "Answer"
#     Only layers with weights, and of parallel ways the longest: 3 convolutions in the stem, 2 layers in each of nine blocks, 1 fully connected layer, $3+9\times2+1=22$.
#
# **3.** Put two stacked 3×3 in the place of the 5×5, with the same receptive field. What becomes of the MACs of that branch in 3a, with 32 maps in between as well?
#
# ??? success "Answer"
#     Before, $25\times16\times32\times28^2=10035200$; after, $9\times(16\times32+32\times32)\times28^2=10838016$. After the reduction to 16 there is no bargain; with 16 maps in between it is $9\times(16\times16+16\times32)\times28^2=5419008$, nearly half. Later versions of Inception do that.
#
# **4.** In the [experiment on depth](#deeper), train for 8 epochs, or lower the learning rate to `3e-3`. Do 8 blocks catch up?
#
# ??? success "Answer"
#     With more epochs the gap narrows; with a lower rate 8 blocks remain behind. Deep networks can learn it, but learn slowly and are choosier about settings.
#
# **5.** Why concatenate the four ways and not add them?
#
# ??? success "Answer"
#     Adding needs equal numbers of maps, and afterwards nobody can tell them apart; concatenation keeps each way's result and leaves it to the next layer how to mix them. The price is more maps, hence the 1×1.

# %% [markdown] tags=["zh"]
# ## 参考文献 { #references }
#
# - C. Szegedy, W. Liu, Y. Jia, P. Sermanet, S. Reed, D. Anguelov, D. Erhan, V. Vanhoucke, A. Rabinovich. [Going deeper with convolutions](https://arxiv.org/abs/1409.4842). CVPR, 2015.
# - M. Lin, Q. Chen, S. Yan. [Network in network](https://arxiv.org/abs/1312.4400). ICLR, 2014.
# - S. Ioffe, C. Szegedy. [Batch normalization](https://arxiv.org/abs/1502.03167). ICML, 2015.
# - C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna. [Rethinking the Inception architecture for computer vision](https://arxiv.org/abs/1512.00567). CVPR, 2016.
# - K. He, X. Zhang, S. Ren, J. Sun. [Deep residual learning for image recognition](https://arxiv.org/abs/1512.03385). CVPR, 2016.

# %% [markdown] tags=["en"]
# ## References { #references }
#
# - C. Szegedy, W. Liu, Y. Jia, P. Sermanet, S. Reed, D. Anguelov, D. Erhan, V. Vanhoucke, A. Rabinovich. [Going deeper with convolutions](https://arxiv.org/abs/1409.4842). CVPR, 2015.
# - M. Lin, Q. Chen, S. Yan. [Network in network](https://arxiv.org/abs/1312.4400). ICLR, 2014.
# - S. Ioffe, C. Szegedy. [Batch normalization](https://arxiv.org/abs/1502.03167). ICML, 2015.
# - C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna. [Rethinking the Inception architecture for computer vision](https://arxiv.org/abs/1512.00567). CVPR, 2016.
# - K. He, X. Zhang, S. Ren, J. Sun. [Deep residual learning for image recognition](https://arxiv.org/abs/1512.03385). CVPR, 2016.
