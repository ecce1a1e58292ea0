# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "NiN：1×1 卷积是每个像素上的线性层，全局平均池化取代全连接层，一个网络能指出三个数字各在哪里；以及它为什么有时会塌，怎样不塌。"
#       en: "NiN: a 1×1 convolution is a linear layer at every pixel, global average pooling takes the place of fully connected layers, one net points at three digits; and why it sometimes collapses, and how not to."
#     covers: [A-13, E-69]
#     labels: {"ReLU: accuracy": "有 ReLU：准确率", "ReLU: lost": "丢掉的类别", "no ReLU: accuracy": "无 ReLU：准确率", "no ReLU: lost": "丢掉的类别", three digits: 三个数字, "map of {}": "“{}”的图"}
# ---

# %% tags=["remove-input"]
import torch

from dlnotes import figures, models, summary

with torch.device("meta"):  # shapes alone, no memory
    canonical = {name: models.create(name) for name in ("alexnet", "vgg16", "nin")}
ledgers = {
    name: summary.trace(model, (3, 224, 224)) for name, model in canonical.items()
}
small = models.create("nin_small")
ledgers["nin_small"] = summary.trace(small, (1, 28, 28))

# %% [markdown] tags=["zh"]
# # NiN：每个像素上一个小网络 { #nin }
#
# [AlexNet](alexnet.py) 和 [VGG](vgg.py) 的参数大多压在第 1 个全连接层里。NiN 一个全连接层也没有，参数只有 AlexNet 的 {{ f"{ledgers['nin'].parameters / ledgers['alexnet'].parameters:.0%}" }}。**没有全连接层，谁来说出类别？**
#
# 它多的是 1×1 卷积：窗口里只有 1 个像素，看不见任何邻居。**这样的卷积有什么用？**
#
# 还有一个谜。同一份代码，同一套设置，换一个随机种子，有的网络样样都认得，有的却有几个数字**从来**不说。先猜是数据、学习率还是结构的问题，[下文](#collapse)把它找出来。

# %% [markdown] tags=["en"]
# # NiN: a small network at every pixel { #nin }
#
# [AlexNet](alexnet.py) and [VGG](vgg.py) keep most of their parameters in the first fully connected layer. NiN has no such layer at all, and {{ f"{ledgers['nin'].parameters / ledgers['alexnet'].parameters:.0%}" }} of AlexNet's parameters. **Without fully connected layers, what names the class?**
#
# It has many 1×1 convolutions: their window holds 1 pixel and sees no neighbour. **What good is such a convolution?**
#
# And there is a riddle. With the same code and the same settings, one seed gives a network that knows every digit, another one that **never** names some of them. Guess whether data, learning rate or structure is to blame; we [find it](#collapse) below.

# %% [markdown] tags=["zh"]
# ## 来历 { #history }
#
# Min Lin、Qiang Chen、Shuicheng Yan，新加坡国立大学，2013 年底；当时 CIFAR-10 和 CIFAR-100 上最好的结果（[论文](#references)）。名字是 Network in Network（网络中的网络），它留下的两样东西，1×1 卷积和全局平均池化，后来的 GoogLeNet 和 ResNet 都在用。

# %% [markdown] tags=["en"]
# ## Where it comes from { #history }
#
# Min Lin, Qiang Chen and Shuicheng Yan, National University of Singapore, end of 2013; the best results of their time on CIFAR-10 and CIFAR-100 ([paper](#references)). The name is short for Network in Network, and its two legacies, 1×1 convolutions and global average pooling, are in GoogLeNet and ResNet.

# %% [markdown] tags=["zh"]
# ## 一张图看懂 { #idea }
#
# ImageNet 形式，3×224×224。图上没有一根橙色的长条，直到最后的 1000 个数：

# %% [markdown] tags=["en"]
# ## The idea in one picture { #idea }
#
# The form for ImageNet, 3×224×224. There is no tall orange bar before the 1000 numbers at the end:

# %% tags=["remove-input"] alt_zh="NiN：4 个块，每块是一个大核卷积加两个 1×1 卷积，中间是重叠池化；最后得到 1000 张 6×6 的图，全局平均成 1000 个 logits。" alt_en="NiN: four blocks of one larger convolution and two of 1×1, with overlapping pooling between them; at the end 1000 maps of 6×6 are averaged to 1000 logits."
figures.architecture(canonical["nin"], (3, 224, 224))

# %% [markdown] tags=["zh"]
# 小图形式 `nin_small`，1×28×28，3 个块，最后是 10 张 3×3 的图：

# %% [markdown] tags=["en"]
# The small form, `nin_small`, for 1×28×28: 3 blocks, and 10 maps of 3×3 at the end:

# %% tags=["remove-input"] alt_zh="小 NiN：1×28×28 的图片经 3 个块到 10 张 3×3 的图，全局平均成 10 个 logits。" alt_en="The small NiN: a 1×28×28 image passes three blocks to 10 maps of 3×3, averaged to 10 logits."
figures.architecture(small, (1, 28, 28))

# %% [markdown] tags=["zh"]
# - **一个块** = 一个普通卷积 + 两个 1×1 卷积，各带 ReLU。普通卷积看邻居，1×1 卷积在每个像素上把各通道混合两次，就是一个小的多层感知机。
# - **最后一层**给每个类别一张图；把图平均成一个数，就是这个类别的 logit。这一步没有参数。

# %% [markdown] tags=["en"]
# - **A block** is one ordinary convolution and two of 1×1, each with a ReLU. The ordinary one looks at neighbours; the 1×1 mix the maps at every pixel, twice, which is a small multilayer perceptron.
# - **The last layer** makes one map for each class, and the mean of a map is the logit of its class. This step has no parameters.

# %% [markdown] tags=["zh"]
# ## 代码，从最小的块开始 { #code }
#
# 一个块：
#
# ```python
# --8<-- "dlnotes/models/nin.py:block"
# ```
#
# 整个网络：
#
# ```python
# --8<-- "dlnotes/models/nin.py:model"
# ```
#
# 变体是一张表。注意最后两行只差一个 `last_relu`：
#
# ```python
# --8<-- "dlnotes/models/nin.py:variants"
# ```

# %% [markdown] tags=["en"]
# ## The code, smallest block first { #code }
#
# A block:
#
# ```python
# --8<-- "dlnotes/models/nin.py:block"
# ```
#
# The whole network:
#
# ```python
# --8<-- "dlnotes/models/nin.py:model"
# ```
#
# The variants are a table. Note that its last two rows differ in `last_relu` alone:
#
# ```python
# --8<-- "dlnotes/models/nin.py:variants"
# ```


# %% tags=["remove-input"]
def variant_rows():
    """One row of a Markdown table for each network."""
    lines = []
    for name, ledger in ledgers.items():
        linear = sum(row.parameters for row in ledger.rows if row.type == "Linear")
        modules = dict((canonical.get(name) or small).named_modules())
        pointwise = sum(
            row.parameters
            for row in ledger.rows
            if row.type == "Conv2d" and modules[row.name].kernel_size == (1, 1)
        )
        lines.append(
            f"| `{name}` | {ledger.parameters:,} | {linear:,} | {pointwise:,} | {ledger.macs:,} |"
        )
    return "\n".join(lines)


# %% [markdown] tags=["zh"]
# ## 省下了什么 { #where }
#
# 计算量以乘加运算（MACs）计：
#
# | 网络 | 参数 | 其中全连接层 | 其中 1×1 | MACs |
# |---|--:|--:|--:|--:|
# {{ variant_rows() }}
#
# 省的是参数，不是计算：NiN 的 MACs 比 AlexNet 还多。全连接层一个权重只用一次，1×1 卷积的权重每个像素都要用。

# %% [markdown] tags=["en"]
# ## What is saved { #where }
#
# Work is counted in multiply-accumulates (MACs):
#
# | network | parameters | fully connected | 1×1 | MACs |
# |---|--:|--:|--:|--:|
# {{ variant_rows() }}
#
# It saves parameters and no work: NiN needs more MACs than AlexNet. A weight of a fully connected layer is used once, one of a 1×1 convolution at every pixel.

# %% [markdown] tags=["zh"]
# ## 1×1 卷积就是每个像素上的线性层 { #pointwise }
#
# $$ z_{o}(i,j)=b_o+\sum_{c=1}^{C} w_{oc}\,x_c(i,j) $$
#
# 其中 $x_c(i,j)$ 是第 $c$ 个输入通道在 $(i,j)$ 处的值，$w_{oc}$ 是权重，$b_o$ 是偏置，$z_o$ 是第 $o$ 个输出通道。右边没有邻居，所以它与全连接层是同一个算式，只是每个像素各算一遍、共用权重。两种写法比一比：

# %% [markdown] tags=["en"]
# ## A 1×1 convolution is a linear layer at every pixel { #pointwise }
#
# $$ z_{o}(i,j)=b_o+\sum_{c=1}^{C} w_{oc}\,x_c(i,j) $$
#
# where $x_c(i,j)$ is the value of input map $c$ at $(i,j)$, $w_{oc}$ a weight, $b_o$ a bias and $z_o$ output map $o$. No neighbour stands on the right, so this is the formula of a fully connected layer, applied at every pixel with the same weights. Compare the two:

# %%
from torch import nn

torch.manual_seed(0)
pointwise = nn.Conv2d(32, 48, kernel_size=1)
linear = nn.Linear(32, 48)
with torch.no_grad():
    # (48, 32, 1, 1) → (48, 32)
    linear.weight.copy_(pointwise.weight.flatten(1))
    linear.bias.copy_(pointwise.bias)
images = torch.randn(4, 32, 14, 14)
# channels last: (4, 14, 14, 48)
rows = linear(images.permute(0, 2, 3, 1))
print(
    "largest difference:",
    f"{(pointwise(images) - rows.permute(0, 3, 1, 2)).abs().max().item():.1g}",
)

# %% [markdown] tags=["zh"]
# 两者相同，至多差一点舍入。由此可以预言一件怪事：把 196 个像素的位置**随便打乱**，1×1 卷积应该毫不在意，先打乱再卷积、先卷积再打乱，结果一样。3×3 呢？

# %% [markdown] tags=["en"]
# The same, but for rounding. This predicts something odd: **shuffle** the 196 pixels in any way, and a 1×1 convolution should not mind; shuffled before or after, the result is the same. And a 3×3?

# %%
order = torch.randperm(14 * 14)


def shuffle(maps):
    return maps.flatten(2)[:, :, order].reshape(maps.shape)


for kernel in (1, 3):
    convolution = nn.Conv2d(32, 48, kernel, padding=kernel // 2)
    gap = (
        (convolution(shuffle(images)) - shuffle(convolution(images))).abs().max().item()
    )
    print(f"{kernel}×{kernel}: largest difference {gap:.1g}")

# %% [markdown] tags=["zh"]
# 1×1 不管空间，[只管通道](../theory/channels.py#one-by-one)：混合通道，改变通道数，再加一个 ReLU。[VGG](vgg.py#paper) 的一个配置和 GoogLeNet 都从这里借用了它；GoogLeNet 拿它来[减少通道](googlenet.py#reductions)，省下大核的计算。

# %% [markdown] tags=["en"]
# 1×1 ignores space and works on [channels alone](../theory/channels.py#one-by-one): it mixes them, changes their number, and adds a ReLU. One configuration of [VGG](vgg.py#paper) and GoogLeNet borrowed it from here; GoogLeNet uses it to [reduce the number of maps](googlenet.py#reductions) before large kernels.

# %% [markdown] tags=["zh"]
# ## 训练：三次，而不是一次 { #training }

# %% [markdown] tags=["en"]
# ## Training: three runs, not one { #training }

# %%
from dlnotes import recipes, training

runs = [recipes.run("nin_small", seed=seed) for seed in range(3)]
runs[0].history.config

# %% tags=["hide-input"] alt_zh="三次训练的损失与准确率随轮次的变化，验证准确率接近 1。" alt_en="Loss and accuracy over the epochs for three runs; validation accuracy nears 1."
figures.curves([run.history for run in runs])

# %% tags=["remove-input"]
from statistics import mean, stdev

accuracies = [run.test.accuracy for run in runs]
cpu = mean(run.history.cpu_seconds for run in runs)

# %% [markdown] tags=["zh"]
# 测试准确率：{{ f"{mean(accuracies):.1%}" }} ± {{ f"{100 * stdev(accuracies):.1f}" }} 个百分点（3 次的平均与标准差），每次约 {{ f"{cpu:.1f}" }} CPU 秒。
#
# 这份设置当初看着测试准确率挑过，所以数字略偏乐观。事后只看验证集，学习率取这里的值和它的两倍，3 次合计只差 1 张图。

# %% [markdown] tags=["en"]
# Test accuracy: {{ f"{mean(accuracies):.1%}" }} ± {{ f"{100 * stdev(accuracies):.1f}" }} percentage points (mean and standard deviation of 3 runs), at about {{ f"{cpu:.1f}" }} CPU seconds a run.
#
# These settings were once chosen with an eye on the test accuracy, so the number flatters a little. A later comparison looked at the validation set alone: with this learning rate and with twice it, 3 runs together differ by 1 image.

# %% [markdown] tags=["zh"]
# ## 类别的图，说出了位置 { #class-maps }
#
# 全连接层要求固定的输入大小，NiN 不要求。那就做一件训练时从没有做过的事：把三个数字并排放进一张 28×84 的图，送进刚才的网络。**先猜：“3”那张图会在哪里亮？网络没有学过位置，也没有见过宽图。**

# %% [markdown] tags=["en"]
# ## The maps of the classes tell where { #class-maps }
#
# A fully connected layer demands one size of input; NiN does not. So do what never happened in training: put three digits side by side into one image of 28×84, and give it to the network just trained. **Guess where the map of "3" lights up. The network was taught no positions, and has seen no wide image.**

# %%
test = runs[0].splits.test
model, normalization = runs[0].model, runs[0].history.normalization
digits = (3, 7, 1)
# (1, 1, 28, 84)
wide = torch.cat(
    [test.images[int((test.labels == digit).nonzero()[0])] for digit in digits], dim=-1
)[None]
with torch.no_grad():
    # (10, 3, 10)
    maps = model.features(normalization.apply(wide))[0]

# %% tags=["hide-input"] alt_zh="上：并排的 3、7、1。下面三张是类别 3、7、1 的图：“3”的图左边亮，“7”的图中间亮，“1”的图右边亮。" alt_en="Top: 3, 7 and 1 side by side. Below, the maps of the classes 3, 7 and 1: that of 3 is bright on the left, that of 7 in the middle, that of 1 on the right."
import matplotlib.pyplot as plt

figure, panels = plt.subplots(2, 2, figsize=(6.4, 2.9))
panels.flat[0].imshow(wide[0, 0], cmap="gray", aspect="auto")
panels.flat[0].set_title("three digits", fontsize=11)
low, high = float(maps[list(digits)].min()), float(maps[list(digits)].max())
for axes, digit in zip(panels.flat[1:], digits):
    axes.imshow(maps[digit], cmap="gray", aspect="auto", vmin=low, vmax=high)
    axes.set_title(f"map of {digit}", fontsize=11)
for axes in panels.flat:
    axes.axis("off")
figure

# %% tags=["remove-input"]
generator = torch.Generator().manual_seed(0)
named = []
for _ in range(200):
    chosen = torch.randperm(len(test.labels), generator=generator)[:3]
    row = torch.cat(list(test.images[chosen]), dim=-1)[None]
    with torch.no_grad():
        # (10, 3, width)
        answer = model.features(normalization.apply(row))[0]
    thirds = [
        answer[
            :,
            :,
            round(k * answer.shape[-1] / 3) : round((k + 1) * answer.shape[-1] / 3),
        ]
        for k in range(3)
    ]
    named += [
        int(third.mean((1, 2)).argmax()) == int(label)
        for third, label in zip(thirds, test.labels[chosen])
    ]
pointing = sum(named) / len(named)
stretched = {}
for side in (28, 40, 56):
    larger = nn.functional.interpolate(
        normalization.apply(test.images), size=(side, side), mode="bilinear"
    )
    with torch.no_grad():
        stretched[side] = float((model(larger).argmax(1) == test.labels).float().mean())

# %% [markdown] tags=["zh"]
# 一个只学过“这是几”的网络，也会指出“它在哪”。随机拼 200 组、每组 3 个数字，把最后的图切成左中右三份，各自平均后说出类别：对了 {{ f"{pointing:.0%}" }}。
#
# 原因就在结构里：每张类别图只由卷积得来，卷积[随输入一起平移](../theory/convolution.py#equivariance)；平均放在最后，之前的位置都还在。换成全连接层，位置在展平时就打散了。
#
# 别指望太多：位置可以变，**大小不行**。同样的数字放大到 40×40，准确率从 {{ f"{stretched[28]:.0%}" }} 降到 {{ f"{stretched[40]:.0%}" }}，56×56 只剩 {{ f"{stretched[56]:.0%}" }}。能接收任意大小，不等于认得任意大小。

# %% [markdown] tags=["en"]
# A network that was taught only "what digit is this" also points at where it is. Over 200 random rows of 3 digits each, cut the last maps into left, middle and right, average each and name the class: {{ f"{pointing:.0%}" }} are right.
#
# The reason is in the structure. Each class map comes from convolutions alone, and a convolution [moves with its input](../theory/convolution.py#equivariance); the average comes last, and before it positions are still there. A fully connected layer scrambles them when it flattens.
#
# Do not expect too much: position may change, **size may not**. Enlarge the same digits to 40×40, and accuracy goes from {{ f"{stretched[28]:.0%}" }} to {{ f"{stretched[40]:.0%}" }}; at 56×56 it is {{ f"{stretched[56]:.0%}" }}. To accept any size is not to read any size.

# %% [markdown] tags=["zh"]
# ## 为什么有时会塌 { #collapse }
#
# 发表的 NiN 在最后一层之后**还有一个 ReLU**，因为那里每个 1×1 卷积都跟着 ReLU。`nin_small_collapsing` 照此办理，别的与 `nin_small` 完全相同。5 个随机种子，各训练 4 个轮次，数一数每个网络丢掉了几个类别，也就是在整个训练集上从不给出正分的类别：

# %% [markdown] tags=["en"]
# ## Why it sometimes collapses { #collapse }
#
# The published NiN has **one more ReLU** after its last layer, since there every 1×1 convolution is followed by one. `nin_small_collapsing` does the same, and is `nin_small` in everything else. Train both for 4 epochs with 5 seeds, and count the classes that each has lost: those that never get a positive score on the whole training set.


# %%
def sweep(name):
    """Test accuracy and the number of classes without any positive score, for 5 seeds."""
    results = []
    for seed in range(1, 6):
        run = recipes.run(name, seed=seed, epochs=4)
        scores = training.predict(
            run.model, run.splits.train.images, run.history.normalization
        )
        results.append(
            (run.test.accuracy, int((scores.max(dim=0).values <= 0).sum()), run)
        )
    return results


sweeps = {"ReLU": sweep("nin_small_collapsing"), "no ReLU": sweep("nin_small")}

# %% tags=["hide-input"]
import pandas as pd

pd.DataFrame(
    {
        f"{label}: {what}": [
            f"{item[index]:.0%}" if index == 0 else item[index] for item in results
        ]
        for label, results in sweeps.items()
        for index, what in enumerate(("accuracy", "lost"))
    },
    index=[f"seed {seed}" for seed in range(1, 6)],
)

# %% tags=["remove-input"]
broken, sound = sweeps.values()
deadest = max(broken, key=lambda item: item[1])
network, inputs, labels = (
    deadest[2].model,
    deadest[2].splits.train.images,
    deadest[2].splits.train.labels,
)
network.zero_grad()
answers = network(deadest[2].history.normalization.apply(inputs))
loss = nn.functional.cross_entropy(answers, labels)
loss.backward()
last = [layer for layer in network.features.modules() if isinstance(layer, nn.Conv2d)][
    -1
]
gradients = last.weight.grad.flatten(1).norm(dim=1)
dead = answers.max(dim=0).values <= 0
full = recipes.run("nin_small_collapsing", seed=1)
full_scores = training.predict(
    full.model, full.splits.test.images, full.history.normalization
)
lost = int((full_scores.max(dim=0).values <= 0).sum())

# %% [markdown] tags=["zh"]
# 有那个 ReLU，5 次里有 {{ sum(item[1] > 0 for item in broken) }} 次丢掉了类别，最糟的一次丢了 {{ deadest[1] }} 个；没有它，丢掉类别的是 {{ sum(item[1] > 0 for item in sound) }} 次。问题不在数据，也不在学习率：两边都一样。
#
# 机制是这样。某个类别的图在所有图片的所有位置上都变成了负数，ReLU 之后就全是 0，logit 恒为 0，梯度也恒为 0：这一类**再也回不来**。训练开头学习率还在升，步子大，最容易把它推下去。看看最糟的那个网络，最后一层各类别权重的梯度：丢掉的类别合起来是 {{ f"{float(gradients[dead].sum()):.0f}" }}，一点不剩；损失 {{ f"{float(loss.detach()):.2f}" }}，瞎猜是 $\ln10\approx2.30$。
#
# 按完整的配方训练 20 个轮次，升温慢些，情况好得多，但仍不保险：种子 1 丢掉 {{ lost }} 个类别，准确率停在 {{ f"{full.test.accuracy:.0%}" }}。同一个种子、去掉 ReLU，是上面三次里的第二次：{{ f"{runs[1].test.accuracy:.1%}" }}。
#
# 改法只有一行：最后一层后面不要激活函数。logits 本来就该可正可负，负数的意思是“不像这个类别”。[门诊](../clinic/loss-heads.py#relu-on-logits)里有同一个毛病在 LeNet 上的样子。
#
# 本可以发现它的测试：训练后，`logits.max(dim=0).values > 0` 对每个类别都应成立。

# %% [markdown] tags=["en"]
# With that ReLU, {{ sum(item[1] > 0 for item in broken) }} of 5 runs lost classes, the worst of them {{ deadest[1] }}; without it, the number of runs that lost any is {{ sum(item[1] > 0 for item in sound) }}. Neither the data nor the learning rate is to blame: they are the same on both sides.
#
# This is how it happens. The map of a class turns negative at every position of every image; behind the ReLU it is 0, the logit is always 0, and so is the gradient: the class **never comes back**. Early in training, while the learning rate still rises and steps are long, it is pushed over the edge most easily. Look at the worst network, and at the gradients of the last layer's weights: those of the lost classes add up to {{ f"{float(gradients[dead].sum()):.0f}" }}, nothing at all; the loss is {{ f"{float(loss.detach()):.2f}" }}, where guessing has $\ln10\approx2.30$.
#
# The full recipe with its 20 epochs warms up more slowly and does far better, and is still not safe: seed 1 loses {{ lost }} of the classes, with accuracy stuck at {{ f"{full.test.accuracy:.0%}" }}. The same seed without the ReLU is the second of the three runs above: {{ f"{runs[1].test.accuracy:.1%}" }}.
#
# The remedy is one line: no activation after the last layer. Logits ought to be free to have either sign: a negative one says "not this class". The [clinic](../clinic/loss-heads.py#relu-on-logits) shows the same fault on LeNet.
#
# The test that would have caught it: after training, `logits.max(dim=0).values > 0` should hold for every class.

# %% [markdown] tags=["zh"]
# ## 论文与这份代码 { #paper }
#
# | | 论文与发表的模型 | `nin` | `nin_small` |
# |---|---|---|---|
# | 图片 | ImageNet，224×224 | 224×224 | 28×28，1 个通道 |
# | 块 | 论文 3 个（CIFAR），发表的模型 4 个 | 4 个 | 3 个 |
# | 最后一层之后 | ReLU | ReLU | 无 |
# | 块与块之间 | 重叠池化，dropout 0.5 | 重叠池化，最后一块之前 dropout 0.5 | 重叠池化，无 dropout |
# | 初始化 | 正态，标准差 0.05，其中 3 层 0.01 | 同左 | He |
# | 参数 | 论文没有列出 | {{ f"{ledgers['nin'].parameters:,}" }} | {{ f"{ledgers['nin_small'].parameters:,}" }} |
#
# 论文写了小图片的网络；ImageNet 形式是第一作者[发表的 Caffe 模型](#references)，`nin` 逐层照它写：通道、核、步幅、填充和每层的边长，测试都与那份文件核对。torchvision 没有 NiN，所以[对照表](../results/equivalence.py#models)里也没有它：

# %% [markdown] tags=["en"]
# ## The paper and this code { #paper }
#
# | | paper and published model | `nin` | `nin_small` |
# |---|---|---|---|
# | images | ImageNet, 224×224 | 224×224 | 28×28, 1 channel |
# | blocks | 3 in the paper (CIFAR), 4 in the published model | 4 | 3 |
# | after the last layer | ReLU | ReLU | nothing |
# | between blocks | overlapping pooling, dropout 0.5 | overlapping pooling, dropout 0.5 before the last block | overlapping pooling, no dropout |
# | initialization | normal with standard deviation 0.05, in 3 layers 0.01 | the same | He's |
# | parameters | not stated in the paper | {{ f"{ledgers['nin'].parameters:,}" }} | {{ f"{ledgers['nin_small'].parameters:,}" }} |
#
# The paper describes nets for small images. The form for ImageNet is the [Caffe model](#references) of its first author, and `nin` follows it layer by layer: tests compare maps, kernels, strides, padding and the side after every layer with that file. torchvision has no NiN, so the [table of equals](../results/equivalence.py#models) has none either:

# %% tags=["raises-exception"]
models.from_torchvision("nin", {})

# %% [markdown] tags=["zh"]
# ## 常见的坑 { #traps }
#
# !!! warning "最后一层后面留着 ReLU"
#     类别会一个个死掉，而且不报错。[上面](#collapse)有实测。
#
# !!! warning "把 1×1 卷积当作 VGG 或 GoogLeNet 的发明"
#     它出自 NiN；后两篇论文都引用了它。
#
# !!! warning "以为全局平均池化就不怕平移"
#     中间的步幅和池化只在移动整数个步长时才严格不变，边缘也会有影响。见[感受野](../theory/receptive-field.py#equivariance)一页。
#
# !!! warning "池化不取整向上"
#     发表的模型用 `ceil_mode=True`，最后一个窗口可以伸出边缘。写成默认的向下取整，边长会变，权重照样装得下，所以没有报错，数却不同：54 经池化得 27 还是 26？规则见[池化](../theory/pooling.py#size)。

# %% [markdown] tags=["en"]
# ## Traps { #traps }
#
# !!! warning "A ReLU left after the last layer"
#     Classes die one by one, and nothing complains. Measured [above](#collapse).
#
# !!! warning "Taking 1×1 convolutions for an invention of VGG or GoogLeNet"
#     They come from NiN; both later papers cite it.
#
# !!! warning "Believing that global averaging makes shifts harmless"
#     Strides and pooling in between are exact only for shifts by whole steps, and borders matter too. See the page about [receptive fields](../theory/receptive-field.py#equivariance).
#
# !!! warning "Pooling that does not round up"
#     The published model has `ceil_mode=True`, where the last window may hang over the edge. With the default, rounding down, the sides change; the weights fit all the same, so nothing complains, and the numbers differ: does pooling take 54 to 27 or to 26? The rule stands under [pooling](../theory/pooling.py#size).

# %%
for ceil in (True, False):
    print(
        f"ceil_mode={ceil}:",
        nn.MaxPool2d(3, stride=2, ceil_mode=ceil)(torch.zeros(1, 1, 54, 54)).shape[-1],
    )

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 不运行代码：一个把 256 个通道变成 64 个的 1×1 卷积有多少个参数？同样通道数的 3×3 呢？
#
# ??? success "答案"
#     $256\times64+64=16448$；$9\times256\times64+64=147520$，约 9 倍。
#
# **2.** `nin` 最后有 1000 张 6×6 的图。若不用全局平均，而是展平后接 1000 个神经元的全连接层，要多少参数？
#
# ??? success "答案"
#     $1000\times36\times1000+1000=36001000$，是整个 `nin` 的 {{ f"{36001000 / ledgers['nin'].parameters:.1f}" }} 倍。
#
# **3.** 平均再做线性层，与先做 1×1 卷积再平均，结果一样吗？
#
# ??? success "答案"
#     中间没有激活函数时一样：两步都是线性的，次序可以交换。所以 `nin_small` 的最后一层也可以写成 `nn.Linear`，放在平均之后；GoogLeNet 和 ResNet 就是那样写的。有 ReLU 就不一样了。
#
# **4.** 只把 `nin_small_collapsing` 的学习率降到十分之一，还会塌吗？用 5 个种子试试，并说出这样做的代价。
#
# ??? success "答案"
#     `recipes.run("nin_small_collapsing", seed=seed, lr=8e-4)`。仍有几个种子丢掉类别，没有丢的也学得更慢。步子小了，病根还在：结构的毛病要在结构上改。
#
# **5.** 把 ReLU 换成 LeakyReLU，类别还会死吗？
#
# ??? success "答案"
#     不会彻底死：左边的斜率不是 0，梯度还能回来。但 logits 的负半轴缩小了 100 倍，表达上并不对称。不加激活函数更简单。

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** Without running code: how many parameters has a 1×1 convolution from 256 maps to 64? And a 3×3 with the same maps?
#
# ??? success "Answer"
#     $256\times64+64=16448$; $9\times256\times64+64=147520$, about 9 times as many.
#
# **2.** `nin` ends in 1000 maps of 6×6. How many parameters would it take to flatten them into a fully connected layer of 1000 neurons, in place of the global average?
#
# ??? success "Answer"
#     $1000\times36\times1000+1000=36001000$, {{ f"{36001000 / ledgers['nin'].parameters:.1f}" }} times the whole `nin`.
#
# **3.** Average and then a linear layer, or a 1×1 convolution and then the average: is the result the same?
#
# ??? success "Answer"
#     Without an activation in between it is: both steps are linear and may change places. So the last layer of `nin_small` could be an `nn.Linear` after the average, which is how GoogLeNet and ResNet write it. With a ReLU it is not.
#
# **4.** Lower the learning rate of `nin_small_collapsing` to a tenth. Does it still collapse? Try 5 seeds, and say what this costs.
#
# ??? success "Answer"
#     `recipes.run("nin_small_collapsing", seed=seed, lr=8e-4)`. Some seeds still lose classes, and the others learn more slowly. The steps are shorter and the cause remains: a fault of structure is mended in the structure.
#
# **5.** Put LeakyReLU in the place of that ReLU. Can classes still die?
#
# ??? success "Answer"
#     Not for good: the slope on the left is not 0, so gradients can come back. But the negative side of the logits shrinks 100 times, which is lopsided. No activation at all is simpler.

# %% [markdown] tags=["zh"]
# ## 参考文献 { #references }
#
# - M. Lin, Q. Chen, S. Yan. [Network in network](https://arxiv.org/abs/1312.4400). ICLR, 2014.
# - M. Lin. [Network in network, ImageNet model for Caffe](https://gist.github.com/mavenlin/d802a5849de39225bcc6). 2014.
# - C. Szegedy et al. [Going deeper with convolutions](https://arxiv.org/abs/1409.4842). CVPR, 2015.
# - B. Zhou, A. Khosla, A. Lapedriza, A. Oliva, A. Torralba. [Learning deep features for discriminative localization](https://arxiv.org/abs/1512.04150). CVPR, 2016.

# %% [markdown] tags=["en"]
# ## References { #references }
#
# - M. Lin, Q. Chen, S. Yan. [Network in network](https://arxiv.org/abs/1312.4400). ICLR, 2014.
# - M. Lin. [Network in network, ImageNet model for Caffe](https://gist.github.com/mavenlin/d802a5849de39225bcc6). 2014.
# - C. Szegedy et al. [Going deeper with convolutions](https://arxiv.org/abs/1409.4842). CVPR, 2015.
# - B. Zhou, A. Khosla, A. Lapedriza, A. Oliva, A. Torralba. [Learning deep features for discriminative localization](https://arxiv.org/abs/1512.04150). CVPR, 2016.
