# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "优化器：小批量梯度什么时候无偏、什么时候不是；梯度裁剪；动量、Nesterov、Adam、AdamW 的公式与代码对照；狭长山谷里的轨迹，噪声的地板，参数组，一个优化器管几个网络。"
#       en: "Optimizers: when a mini-batch gradient is unbiased and when not; clipping; momentum, Nesterov, Adam and AdamW, formula beside code; paths through a narrow valley, the floor of noise, parameter groups, one optimizer for several nets."
#     covers: [T-15, N-39, N-31, N-05, P-09, E-20, E-21, E-79, E-83]
#     labels:
#       "gradient": 梯度
#       "SGD moves by": SGD 走多远
#       "Adam moves by": Adam 走多远
#       "one batch": 单个批量
#       "mean of all batches, batch normalization": 全部批量的平均，有批量归一化
#       distance to the full gradient: 与全体梯度的距离
#       "drop the last image": 丢掉最后一张
#       "keep the last image": 留着最后一张
#       "SGD, aligned": "SGD，对齐"
#       "momentum, aligned": "动量，对齐"
#       "Adam, aligned": "Adam，对齐"
#       "SGD, turned": "SGD，转 45°"
#       "momentum, turned": "动量，转 45°"
#       "Adam, turned": "Adam，转 45°"
#       aligned: 与坐标轴对齐
#       turned by 45°: 转 45°
#       predicted: 预测
#       measured: 实测
#       "group {}": "第 {} 组"
#       tensors: 张量个数
#       "numbers": 参数个数
#       weight decay: 权重衰减
#       accuracy of net A: 网络 A 的准确率
#       accuracy of net B: 网络 B 的准确率
#       "optimizer of net A for both": 都用 A 的优化器
#       "one optimizer each": 各用各的优化器
#       "one optimizer, two groups": 一个优化器，两个参数组
# ---

# %% [markdown] tags=["zh"]
# # 优化器：梯度是 1000，第一步走多远 { #optimizers }
#
# 一个参数，学习率 0.1。第一次它的梯度是 1000，另一次是 0.001。SGD 走的距离差一百万倍。**换成 Adam，两次的第一步各走多远？先猜。**

# %% [markdown] tags=["en"]
# # Optimizers: a gradient of 1000, how long a step? { #optimizers }
#
# One parameter, learning rate 0.1. In one run its gradient is 1000, in another 0.001. With SGD the steps differ by a factor of a million. **How long is the first step of Adam in each? Guess.**

# %%
import copy
import math
import statistics

import pandas as pd
import torch

from dlnotes import layers


def first_step(optimizer_class, gradient):
    p = torch.zeros((), dtype=torch.float64, requires_grad=True)
    p.grad = torch.tensor(gradient, dtype=torch.float64)
    optimizer_class([p], lr=0.1).step()
    return abs(p.item())


gradients = [1000.0, 1.0, 0.001]
table = pd.DataFrame(
    {
        "SGD moves by": [first_step(layers.SGD, g) for g in gradients],
        "Adam moves by": [first_step(layers.Adam, g) for g in gradients],
    },
    index=pd.Index([f"{g:g}" for g in gradients], name="gradient"),
)
table.map("{:.5g}".format)

# %% [markdown] tags=["zh"]
# 都约是 0.1，就是学习率本身。Adam 的第一步只看梯度的正负号。所以 Adam 的学习率是“每步走多远”，SGD 的是“梯度乘多少”，两个数不能互相照搬。
#
# 本页先看梯度从哪里来，再看拿到梯度之后怎样走。
#
# ## 小批量的梯度，能代替全体吗 { #mini-batch }
#
# 每一步都用全部 $N$ 个样本的平均梯度，叫**全批量梯度下降**：方向准，可是看完全部数据才走得了一步。小批量 $\mathcal B$ 只平均其中 $B$ 个：
#
# $$ \mathbf g = \frac1N\sum_{s=1}^{N}\nabla\ell_s, \qquad \mathbf g_{\mathcal B} = \frac1B\sum_{s\in\mathcal B}\nabla\ell_s, \qquad \mathbb E[\mathbf g_{\mathcal B}] = \mathbf g $$
#
# 其中 $\ell_s$ 是第 $s$ 个样本的损失。最后一个等式说小批量的梯度是**无偏估计**，它有三个条件：样本抽得均匀；批量内用平均；**每个样本的损失只与它自己有关**。平均起来对，不等于每一次都对。量一量，一个 784-64-10 的网络，1248 张图片，另有一个多了批量归一化：

# %% [markdown] tags=["en"]
# About 0.1 each time, the learning rate itself. The first step of Adam reads the sign of the gradient and nothing else. The learning rate of Adam says how far to go; that of SGD says what to multiply the gradient by. You cannot carry a value over from one to the other.
#
# First, where the gradient comes from; then, how to walk with it.
#
# ## Can a mini-batch stand for all? { #mini-batch }
#
# Using the mean over all $N$ samples at every step is called **full-batch gradient descent**. The direction is exact, but you must go through all the data before taking a single step. A mini-batch $\mathcal B$ averages $B$ of them:
#
# $$ \mathbf g = \frac1N\sum_{s=1}^{N}\nabla\ell_s, \qquad \mathbf g_{\mathcal B} = \frac1B\sum_{s\in\mathcal B}\nabla\ell_s, \qquad \mathbb E[\mathbf g_{\mathcal B}] = \mathbf g $$
#
# where $\ell_s$ is the loss of sample $s$. The last equation says that the mini-batch gradient is an **unbiased estimate**. It has three conditions: every sample is equally likely to be drawn; the batch takes a mean; **the loss of a sample depends on that sample alone**. And being right on average does not mean being right each time. Let us measure it with a net 784-64-10 on 1248 images, and with one that has batch normalization as well:

# %%
from torch import nn
from torch.nn import functional as F

from dlnotes import data, training

splits = data.load("digits")
images = (
    training.Normalization.of(splits.train.images).apply(splits.train.images).double()
)
images, labels = images[:1248], splits.train.labels[:1248]


def gradient(model, index):
    model.zero_grad()
    F.cross_entropy(model(images[index]), labels[index]).backward()
    return torch.cat([p.grad.flatten() for p in model.parameters()])


def batches_against_all(model, order, size):
    """Return the relative distance of one batch, and of the mean of all batches."""
    full = gradient(model, torch.arange(len(labels)))
    parts = torch.stack([gradient(model, index) for index in order.split(size)])
    single = (parts - full).square().sum(dim=1).mean().sqrt()
    together = (parts.mean(dim=0) - full).norm()
    return (single / full.norm()).item(), (together / full.norm()).item()


torch.manual_seed(0)
head, tail = [nn.Flatten(), nn.Linear(784, 64)], [nn.ReLU(), nn.Linear(64, 10)]
plain = nn.Sequential(*head, *tail).double()
normalized = nn.Sequential(*head, nn.BatchNorm1d(64), *tail).double()
order = torch.randperm(len(labels))
sizes = [4, 8, 16, 104, 312, 624]
plain_errors = {size: batches_against_all(plain, order, size) for size in sizes}
batch_norm_errors = {
    size: batches_against_all(normalized, order, size) for size in sizes
}

# %% tags=["hide-input"] alt_zh="双对数图：横轴批量大小，纵轴与全体梯度的距离。单个批量的距离从 3 左右下降到 0.1，大致是斜率为负二分之一的直线；有批量归一化时，全部批量的平均也有距离，从 0.4 降到 0.02。" alt_en="Distance to the full gradient against batch size, both logarithmic. One batch: from about 3 down to 0.1, nearly a straight line of slope one half downwards. With batch normalization even the mean of all batches is off, from 0.4 down to 0.02."
from dlnotes import figures

series = {
    "one batch": [plain_errors[size][0] for size in sizes],
    "mean of all batches, batch normalization": [
        batch_norm_errors[size][1] for size in sizes
    ],
}
figure = figures.lines(
    series,
    x=sizes,
    xlabel="batch size",
    ylabel="distance to the full gradient",
    log=True,
)
axes = figure.axes[0]
axes.set_xscale("log")
axes.set_xticks(sizes, [str(size) for size in sizes])
axes.minorticks_off()
figure

# %% [markdown] tags=["zh"]
# - **无偏**：没有批量归一化时，把一个轮次的批量全平均起来，与全体梯度最多相差 {{ f"{max(pair[1] for pair in plain_errors.values()):.0e}" }}，只剩舍入误差。
# - **但很吵**：小批量的梯度与全体梯度之差叫**梯度噪声**。批量 16 的一次梯度，离全体梯度有 {{ f"{plain_errors[16][0]:.1f}" }} 倍之远，误差比信号还大。批量乘 4，误差大致减半：独立样本的平均，标准差与 $1/\sqrt B$ 成正比。右端降得更快，因为取批不放回：批量等于全体时，误差就是 0。
# - **有批量归一化就不再无偏**：样本的损失还取决于同批的邻居。批量 4 时，全部批量的平均仍偏 {{ f"{batch_norm_errors[4][1]:.0%}" }}，批量 104 时偏 {{ f"{batch_norm_errors[104][1]:.0%}" }}。它估计的是另一个损失，即“随机分批之后的平均损失”。
#
# ## 最后一批只有 1 张 { #last-batch }
#
# 批量不一样大时，“批量梯度的平均”不再是“样本梯度的平均”。1248 张分成 500、500、248：

# %% [markdown] tags=["en"]
# - **Unbiased**: without batch normalization the mean over all batches of an epoch differs from the full gradient by at most {{ f"{max(pair[1] for pair in plain_errors.values()):.0e}" }}, which is rounding.
# - **But noisy**: the difference between the gradient of a mini-batch and the full one is the **gradient noise**. One gradient of a batch of 16 is {{ f"{plain_errors[16][0]:.1f}" }} times the full gradient away from it; the error exceeds the signal. Four times the batch roughly halves it, because the standard deviation of a mean of independent samples is proportional to $1/\sqrt B$. At the right end it falls faster, since batches are drawn without replacement: a batch of everything has no error.
# - **No longer unbiased with batch normalization**: the loss of a sample depends on its neighbours in the batch. With batches of 4 even the mean of all is off by {{ f"{batch_norm_errors[4][1]:.0%}" }}, with 104 by {{ f"{batch_norm_errors[104][1]:.0%}" }}. It estimates another loss, the mean over random batches.
#
# ## A last batch of 1 { #last-batch }
#
# With batches of different sizes, the mean of batch gradients is no longer the mean of sample gradients. Cut 1248 into 500, 500 and 248:


# %%
def unequal(order):
    full = gradient(plain, torch.arange(len(labels)))
    parts = order.split(500)
    gradients = torch.stack([gradient(plain, index) for index in parts])
    sizes = torch.tensor([len(index) for index in parts], dtype=torch.float64)
    by_size = (sizes.unsqueeze(1) * gradients).sum(dim=0) / sizes.sum()
    means = gradients.mean(dim=0), by_size
    return [((mean - full).norm() / full.norm()).item() for mean in means]


off_shuffled, off_sorted = unequal(order), unequal(labels.argsort())
for name, off in (("shuffled", off_shuffled), ("sorted", off_sorted)):
    print(f"{name + ':':9} mean of means {off[0]:.2f}, weighted by size {off[1]:.0e}")

# %% [markdown] tags=["zh"]
# 打乱时偏 {{ f"{off_shuffled[0]:.0%}" }}，是运气，换一次打乱就换一个方向；按类别排好序又不打乱，偏 {{ f"{off_sorted[0]:.0%}" }}，每个轮次都朝同一边。按批量大小加权，两种都准。
#
# 更要命的不是平均，是**单独那一步**。digits 的训练集有 1257 张，批量 157，正好余 1 张：每个轮次的最后一步，由一张图片说了算，学习率却是全额的。**先猜：1257 张里的 1 张，能有多大影响？** 普通 SGD，学习率 0.1，三个种子，每个轮次结束时量：

# %% [markdown] tags=["en"]
# Shuffled, the mean of the batch gradients is off by {{ f"{off_shuffled[0]:.0%}" }}. That is chance, and another shuffle errs in another direction. Sorted by class and not shuffled, it is off by {{ f"{off_sorted[0]:.0%}" }}, in the same direction at every epoch. Weighted by size, both are exact.
#
# Worse than the mean is **that one step**. The training set of digits has 1257 images; batches of 157 leave exactly 1. The last step of every epoch is decided by a single image, at the full learning rate. **Guess what 1 image in 1257 can do.** Plain SGD at 0.1, three seeds, measured at the end of each epoch:

# %%
from dlnotes import models


def accuracies(seed, drop_last):
    training.seed_everything(seed)
    config = training.Config(
        epochs=8,
        batch_size=157,
        lr=0.1,
        optimizer="sgd",
        momentum=0.0,
        weight_decay=0.0,
        schedule="constant",
        seed=seed,
        drop_last=drop_last,
    )
    history = training.fit(models.create("mlp"), splits, config)
    return [record.validation_accuracy for record in history.epochs]


dropped = [accuracies(seed, drop_last=True) for seed in range(3)]
kept = [accuracies(seed, drop_last=False) for seed in range(3)]

# %% tags=["hide-input"] alt_zh="验证准确率随轮次，两组各三条线。丢掉最后一张的三条平稳升到 0.96 上下；留着最后一张的三条上下乱跳，有的轮次跌到 0.2 以下。" alt_en="Validation accuracy by epoch, three lines each. Without the last image they rise smoothly to about 0.96; with it they jump up and down, and in some epochs fall below 0.2."
import matplotlib.pyplot as plt

from dlnotes.figures.style import INK, PALETTE

figure, axes = plt.subplots(figsize=(6.4, 3.2))
for number, (name, runs) in enumerate(
    (("drop the last image", dropped), ("keep the last image", kept))
):
    for seed, run in enumerate(runs):
        axes.plot(
            range(1, 9),
            run,
            color=PALETTE[number],
            linestyle="-",
            linewidth=1.4,
            label=name if seed == 0 else None,
        )
axes.set(xlabel="epoch", ylabel="validation accuracy", ylim=(0, 1.02))
axes.legend()
figure

# %% tags=["remove-input"]
lowest_kept = min(min(run[2:]) for run in kept)
lowest_dropped = min(min(run[2:]) for run in dropped)

# %% [markdown] tags=["zh"]
# 第 3 轮以后，丢掉那一张，最低 {{ f"{lowest_dropped:.0%}" }}；留着它，最低跌到 {{ f"{lowest_kept:.0%}" }}。打乱以后，这张图的梯度也是无偏的，只是方差是整批的 157 倍。**无偏说的是平均，站不站得稳看方差。** 所以 `training.Config` 默认丢弃末批；数据很多、末批不太小时，丢不丢都行。末批 3 张的病例见[门诊](../clinic/optimizers.py#short-last-batch)。
#
# ### 给步子一个上限：梯度裁剪 { #clipping }
#
# 末批是自己造成的，可以丢；有时坏批量丢不掉，例如一张标错的图、一段特别长的文字。**梯度裁剪**给一步的长度设上限 $c$：全部参数的梯度连成一个向量 $\mathbf g$，它的长度 $\lVert\mathbf g\rVert$ 超过 $c$，就按比例缩回来，方向不变。

# %% [markdown] tags=["en"]
# From epoch 3 on, the lowest is {{ f"{lowest_dropped:.0%}" }} without that image and {{ f"{lowest_kept:.0%}" }} with it. After shuffling, the gradient of that image is unbiased too; but its variance is 157 times as large. **Being unbiased is about the mean; staying stable is about the variance.** That is why `training.Config` drops the last batch by default; with much data and a last batch that is not tiny, either will do. The case of a last batch of 3 is in the [clinic](../clinic/optimizers.py#short-last-batch).
#
# ### A bound for the step: gradient clipping { #clipping }
#
# That last batch was of our own making, and we can drop it. Other bad batches cannot be avoided so easily: an image with a wrong label, an unusually long text. **Gradient clipping** sets a bound $c$: the gradients of all parameters make one vector $\mathbf g$, and when its length $\lVert\mathbf g\rVert$ exceeds $c$, it is scaled down to that length, in the same direction.


# %%
def clip(parameters, limit):
    gradients = [p.grad for p in parameters]
    length = torch.sqrt(sum(g.square().sum() for g in gradients))
    for g in gradients:
        g *= (limit / length).clamp(max=1)
    return length.item()


def train_with_the_last_image(seed, limit):
    """Return accuracy by epoch, and (batch size, length of the gradient) by step."""
    training.seed_everything(seed)
    net, lengths, accuracy = models.create("mlp"), [], []
    norm = training.Normalization.of(splits.train.images)
    x, y = norm.apply(splits.train.images), splits.train.labels
    optimizer = layers.SGD(net.parameters(), lr=0.1)
    for _ in range(8):
        for index in torch.randperm(len(y)).split(157):
            optimizer.zero_grad()
            F.cross_entropy(net(x[index]), y[index]).backward()
            lengths.append((len(index), clip(list(net.parameters()), limit)))
            optimizer.step()
        with torch.no_grad():
            guesses = net(norm.apply(splits.validation.images)).argmax(dim=1)
        accuracy.append((guesses == splits.validation.labels).float().mean().item())
    return accuracy, lengths


free = [train_with_the_last_image(seed, limit=math.inf) for seed in range(3)]
clipped = [train_with_the_last_image(seed, limit=1.0) for seed in range(3)]
lowest_free, lowest_clipped = (
    min(min(accuracy[2:]) for accuracy, _ in runs) for runs in (free, clipped)
)
usual, longest = (
    choose(length for _, run in free for size, length in run if (size == 1) == single)
    for choose, single in ((statistics.median, False), (max, True))
)
print(f"length: median of full batches {usual:.1f}, longest single image {longest:.1f}")
print(
    f"lowest accuracy from epoch 3 on: {lowest_free:.0%}, clipped {lowest_clipped:.0%}"
)

layer = nn.Linear(20, 5)
layer(torch.ones(3, 20)).square().sum().backward()
ours = copy.deepcopy(layer)
for mine, theirs in zip(ours.parameters(), layer.parameters()):
    mine.grad = theirs.grad.clone()
clip(list(ours.parameters()), 1.0)
nn.utils.clip_grad_norm_(layer.parameters(), 1.0)
for mine, theirs in zip(ours.parameters(), layer.parameters()):
    assert torch.allclose(mine.grad, theirs.grad, rtol=1e-5)

# %% [markdown] tags=["zh"]
# 整批的梯度长度的中位数是 {{ f"{usual:.1f}" }}，单张图片最长的到 {{ f"{longest:.1f}" }}。上限设在 1，第 3 轮以后最低也有 {{ f"{lowest_clipped:.0%}" }}，不裁是 {{ f"{lowest_free:.0%}" }}：同样的数据、同样的学习率，那一张图片还在，只是不再由它一次推翻一整轮。裁剪写在 `backward()` 之后、`step()` 之前。最后几行核对它与 `nn.utils.clip_grad_norm_` 一致。
#
# 裁剪也带来偏差：长的梯度打了折扣。上限取平时长度的中位数到几倍，让多数步子不受影响。
#
# ## 四个优化器：公式与代码 { #algorithms }
#
# | 优化器 | 记住什么 | 怎样走 |
# |---|---|---|
# | SGD | 无 | $\mathbf w\leftarrow\mathbf w-\eta\,\mathbf g$ |
# | 动量 | $\mathbf b\leftarrow\mu\,\mathbf b+\mathbf g$ | $\mathbf w\leftarrow\mathbf w-\eta\,\mathbf b$ |
# | Nesterov | 同动量 | $\mathbf w\leftarrow\mathbf w-\eta\,(\mathbf g+\mu\,\mathbf b)$ |
# | Adam | $\mathbf m\leftarrow\beta_1\mathbf m+(1-\beta_1)\,\mathbf g$，$\mathbf v\leftarrow\beta_2\mathbf v+(1-\beta_2)\,\mathbf g^2$ | $\mathbf w\leftarrow\mathbf w-\eta\,\hat{\mathbf m}/(\sqrt{\hat{\mathbf v}}+\epsilon)$ |
# | AdamW | 同 Adam | 先 $\mathbf w\leftarrow(1-\eta\lambda)\,\mathbf w$，再同 Adam |
#
# 其中 $\mathbf w$ 是参数，$\mathbf g$ 是小批量的梯度，$\eta$ 是学习率；$\mathbf b$ 是动量缓冲，$\mu$ 是它每步留下的比例；$\mathbf m$、$\mathbf v$ 是梯度与梯度平方的指数移动平均，$\beta_1,\beta_2$ 是它们的衰减系数；$\hat{\mathbf m}=\mathbf m/(1-\beta_1^t)$、$\hat{\mathbf v}=\mathbf v/(1-\beta_2^t)$ 是偏差修正，$t$ 是步数；$\epsilon$ 防止除以 0；$\lambda$ 是权重衰减。平方、开方、除法都是逐元素的。
#
# **Nesterov 动量**按“再走一步动量之后”的梯度来走：普通动量冲过谷底才发觉坡度反了，它提前一步就开始刹车。Adam 从哪里来，又为什么要修正偏差，另有一页：[自适应优化器](adaptive-optimizers.py)。
#
# SGD 连同两种动量：
#
# ```python
# --8<-- "dlnotes/layers/optimizers.py:sgd"
# ```
#
# Adam 与 AdamW，差别只在 `_decoupled` 那一处：
#
# ```python
# --8<-- "dlnotes/layers/optimizers.py:adam"
# ```
#
# 测试里，它们与 `torch.optim` 在几百种设置下各走 20 步（见[等价性](../results/equivalence.py#layers)）。这里现场再走 200 步：

# %% [markdown] tags=["en"]
# Full batches have gradients of median length {{ f"{usual:.1f}" }}, a single image has one of up to {{ f"{longest:.1f}" }}. With a bound of 1 the lowest accuracy from epoch 3 on is {{ f"{lowest_clipped:.0%}" }}, without it {{ f"{lowest_free:.0%}" }}: the same data, the same learning rate, and that image still there, but it can no longer overturn an epoch in one step. Clipping stands between `backward()` and `step()`. The last lines check that it agrees with `nn.utils.clip_grad_norm_`.
#
# Clipping makes the gradient biased, since it shortens long gradients. Choose a bound between the usual length and a few times that, so that most steps are left alone.
#
# ## Four optimizers: formula and code { #algorithms }
#
# | optimizer | what it remembers | how it moves |
# |---|---|---|
# | SGD | nothing | $\mathbf w\leftarrow\mathbf w-\eta\,\mathbf g$ |
# | momentum | $\mathbf b\leftarrow\mu\,\mathbf b+\mathbf g$ | $\mathbf w\leftarrow\mathbf w-\eta\,\mathbf b$ |
# | Nesterov | as momentum | $\mathbf w\leftarrow\mathbf w-\eta\,(\mathbf g+\mu\,\mathbf b)$ |
# | Adam | $\mathbf m\leftarrow\beta_1\mathbf m+(1-\beta_1)\,\mathbf g$, $\mathbf v\leftarrow\beta_2\mathbf v+(1-\beta_2)\,\mathbf g^2$ | $\mathbf w\leftarrow\mathbf w-\eta\,\hat{\mathbf m}/(\sqrt{\hat{\mathbf v}}+\epsilon)$ |
# | AdamW | as Adam | first $\mathbf w\leftarrow(1-\eta\lambda)\,\mathbf w$, then as Adam |
#
# where $\mathbf w$ are the parameters, $\mathbf g$ the gradient of the mini-batch, $\eta$ the learning rate; $\mathbf b$ is the momentum buffer and $\mu$ the share of it that stays at each step; $\mathbf m$ and $\mathbf v$ are exponential moving averages of the gradient and of its square, $\beta_1,\beta_2$ their decay rates; $\hat{\mathbf m}=\mathbf m/(1-\beta_1^t)$ and $\hat{\mathbf v}=\mathbf v/(1-\beta_2^t)$ correct their bias, $t$ counting steps; $\epsilon$ prevents a division by 0; $\lambda$ is the weight decay. Squares, roots and quotients are taken element by element.
#
# **Nesterov momentum** goes by the gradient one step of momentum ahead. Plain momentum notices that the slope has turned only when it is past the floor of a valley; Nesterov momentum brakes one step earlier. Where Adam comes from, and why it corrects a bias, is the subject of a page of its own: [adaptive optimizers](adaptive-optimizers.py).
#
# SGD with both kinds of momentum:
#
# ```python
# --8<-- "dlnotes/layers/optimizers.py:sgd"
# ```
#
# Adam and AdamW differ in the one place that asks for `_decoupled`:
#
# ```python
# --8<-- "dlnotes/layers/optimizers.py:adam"
# ```
#
# The tests walk 20 steps beside `torch.optim` in hundreds of settings (see [equivalence](../results/equivalence.py#layers)). Here are 200 more:


# %%
def race(name, **options):
    torch.manual_seed(0)
    start = torch.randn(50, dtype=torch.float64)
    pair = []
    for place in (layers, torch.optim):
        p = start.clone().requires_grad_()
        optimizer = getattr(place, name)([p], lr=0.01, **options)
        for _ in range(200):
            optimizer.zero_grad()
            (p.sin().sum() + (p**4).sum()).backward()
            optimizer.step()
        pair.append(p.detach())
    return (pair[0] - pair[1]).abs().max().item()


gaps = {
    "momentum": race("SGD", momentum=0.9),
    "Nesterov": race("SGD", momentum=0.9, nesterov=True),
    "Adam": race("Adam"),
    "AdamW": race("AdamW", weight_decay=0.1),
}
print({name: f"{gap:.0e}" for name, gap in gaps.items()})

# %% [markdown] tags=["zh"]
# ## 一条狭长的山谷 { #valley }
#
# 把损失看成参数的函数，就是一张**损失曲面**，训练是在上面往低处走。最要紧的地形是狭长的山谷：损失 $\frac12(x^2+100\,y^2)$，一个方向的曲率是另一个的 100 倍。SGD 与动量都取理论上最好的设置，Adam 取学习率 0.5。起点是圆周上的 64 个点，图上画出其中一条路。上排的山谷与坐标轴对齐，下排把同一条山谷**转 45°**，起点也跟着转。**先猜：谁最快？转过之后，谁会变慢？**

# %% [markdown] tags=["en"]
# ## A narrow valley { #valley }
#
# The loss as a function of the parameters is a **loss surface**, and training walks downhill on it. The terrain that matters most is a narrow valley: $\frac12(x^2+100\,y^2)$ bends 100 times as much in one direction as in the other. SGD and momentum take the settings that are best in theory, Adam a learning rate of 0.5. They start from 64 points on a circle, and one path of each is drawn. Above, the valley lies along an axis; below, the same valley is **turned by 45°**, and the start with it. **Guess which is fastest, and which slows down when the valley is turned.**

# %%
SHARP = 100.0
root = math.sqrt(SHARP)
best_lr, best_momentum = 4 / (root + 1) ** 2, ((root - 1) / (root + 1)) ** 2
walkers = {
    "SGD": lambda p: layers.SGD(p, lr=2 / (SHARP + 1)),
    "momentum": lambda p: layers.SGD(p, lr=best_lr, momentum=best_momentum),
    "Adam": lambda p: layers.Adam(p, lr=0.5),
}


around = 0.05 + torch.arange(64, dtype=torch.float64) * 2 * math.pi / 64
# 64 points on a circle
starts = 8 * torch.stack([around.cos(), around.sin()], dim=1)


def descend(make, angle, steps=600):
    """Walk from all starts; return the valley, the paths and when each arrived."""
    cos, sin = math.cos(angle), math.sin(angle)
    turn = torch.tensor([[cos, -sin], [sin, cos]], dtype=torch.float64)
    H = turn @ torch.tensor([1.0, SHARP], dtype=torch.float64).diag() @ turn.T
    p = (starts @ turn.T).requires_grad_()
    optimizer, paths, arrived = make([p]), [p.detach().clone()], torch.zeros(64)
    for step in range(steps):
        optimizer.zero_grad()
        losses = 0.5 * ((p @ H) * p).sum(dim=1)
        losses.sum().backward()
        arrived[losses.detach() > 1e-3] = step + 1
        optimizer.step()
        paths.append(p.detach().clone())
    return H, torch.stack(paths, dim=1), arrived


angles = {"aligned": 0.0, "turned by 45°": math.pi / 4}
walks = {
    name: {kind: descend(make, angle) for kind, angle in angles.items()}
    for name, make in walkers.items()
}

# %% tags=["hide-input"] alt_zh="六格等高线图，上排山谷水平，下排转 45°，三列是 SGD、动量、Adam 的路径。SGD 在两壁之间来回跳着向中心走；动量先大幅摆动、再很快到达；Adam 上排平滑地滑向中心，下排沿谷底曲折前进，慢得多。" alt_en="Six contour plots, valley horizontal above and turned below, with the paths of SGD, momentum and Adam. SGD jumps from wall to wall towards the centre; momentum swings widely at first and soon arrives; Adam glides to the centre above, and below winds along the floor far more slowly."
figure, panels = plt.subplots(2, 3, figsize=(7.4, 4.8))
for column, (name, by_kind) in enumerate(walks.items()):
    for row, (H, paths, _) in enumerate(by_kind.values()):
        axes, path = panels[row, column], paths[31]
        low, high = (-9, 5) if row else (-5, 5)
        xs, ys = (
            torch.linspace(*ends, 120, dtype=torch.float64)
            for ends in ((-10, 4), (low, high))
        )
        grid = torch.cartesian_prod(xs, ys)
        heights = 0.5 * ((grid @ H) * grid).sum(dim=1).reshape(120, 120).T
        axes.contour(
            xs,
            ys,
            heights,
            levels=[0.5 * 4**k for k in range(7)],
            colors=[INK],
            linewidths=0.6,
            alpha=0.4,
        )
        axes.plot(
            path[:150, 0],
            path[:150, 1],
            "o-",
            color=PALETTE[column],
            markersize=2,
            linewidth=1.1,
        )
        axes.plot(0, 0, "*", color=INK, markersize=9)
        axes.set(
            title=f"{name}, {'turned' if row else 'aligned'}",
            xlim=(xs[0], xs[-1]),
            ylim=(ys[0], ys[-1]),
        )
        axes.grid(False)
        axes.set_xticks([])
        axes.set_yticks([])
figure

# %%
needed = {
    name: {
        kind: round(arrived.mean().item()) for kind, (_, _, arrived) in by_kind.items()
    }
    for name, by_kind in walks.items()
}
pd.DataFrame(needed).T

# %% tags=["remove-input"]
same = {"lr": 1 / SHARP, "momentum": 0.9}
braking = {
    name: round(
        descend(lambda p, n=nesterov: layers.SGD(p, nesterov=n, **same), 0.0)[2]
        .mean()
        .item()
    )
    for name, nesterov in (("momentum", False), ("Nesterov", True))
}

# %% [markdown] tags=["zh"]
# 表中是损失降到 0.001 以下并留在那里所用的步数，64 个起点的平均。
#
# - **SGD** 由陡的方向决定学习率，平的方向只好慢走：步数随两个曲率之比 $\kappa=100$ 增长。
# - **动量**把来回的那部分抵消，把一致的那部分累加起来：步数随 $\sqrt\kappa$ 增长。来回摆得厉害时，提前刹车有用：学习率 0.01、动量 0.9，普通动量要 {{ braking["momentum"] }} 步，Nesterov 动量要 {{ braking["Nesterov"] }} 步。
# - **Adam** 给每个坐标单独定步长。山谷与坐标轴对齐，它就把两个方向抹平了，要 {{ needed["Adam"]["aligned"] }} 步；转过 45°，每个坐标里陡和平混在一起，拉不平了，要 {{ needed["Adam"]["turned by 45°"] }} 步。SGD 和动量转不转一步不差（{{ needed["SGD"]["aligned"] }} 与 {{ needed["momentum"]["aligned"] }}），因为它们只做向量的加法和数乘。
#
# 所以“Adam 自适应”说的是**逐坐标**的自适应。神经网络里，不同层、不同参数的梯度大小常差几个数量级，逐坐标已经很有用；它不是万能的曲率矫正。
#
# ## 批量、学习率与噪声的地板 { #noise }
#
# 学习率不变的 SGD 不会停在最低点，它在最低点周围抖。在一个曲率为 $\lambda$ 的方向上，设每个样本的梯度噪声的标准差是 $\sigma$，长期平均下来：
#
# $$ \mathbb E[L]-L^\star = \frac{\eta\,\sigma^2}{2B\,(2-\eta\lambda)} $$
#
# 其中 $L^\star$ 是最低的损失，$B$ 是批量大小。学习率不大时，地板正比于 $\eta/B$。两千个独立的“行走者”，走 600 步来检验（$\lambda=\sigma=1$）：

# %% [markdown] tags=["en"]
# The table counts steps until the loss is below 0.001 and stays there, on average over the 64 starts.
#
# - **SGD**: the steep direction limits the learning rate, so along the flat one it has to creep. The number of steps grows with $\kappa=100$, the ratio of the two curvatures.
# - **Momentum** cancels what swings back and forth and adds up what agrees. The number of steps grows with $\sqrt\kappa$. Where it swings a lot, it pays to brake early: with a learning rate of 0.01 and momentum 0.9, plain momentum takes {{ braking["momentum"] }} steps and Nesterov momentum {{ braking["Nesterov"] }}.
# - **Adam** sets the step for each coordinate. Along the axes it evens the two directions out and takes {{ needed["Adam"]["aligned"] }} steps; turned by 45°, steep and flat are mixed in each coordinate, so there is nothing to even out, and it takes {{ needed["Adam"]["turned by 45°"] }}. SGD and momentum need the very same number either way ({{ needed["SGD"]["aligned"] }} and {{ needed["momentum"]["aligned"] }}), as all they do is add and scale vectors.
#
# That Adam adapts means that it adapts **coordinate by coordinate**. In neural networks the gradients of different layers often differ by orders of magnitude, so this helps a lot. But it does not cure every kind of curvature.
#
# ## Batch, learning rate and a floor of noise { #noise }
#
# SGD with a constant learning rate does not stop at the lowest point; it jitters around it. Along a direction of curvature $\lambda$, with $\sigma$ the deviation of the noise in one sample's gradient, the long-term mean is
#
# $$ \mathbb E[L]-L^\star = \frac{\eta\,\sigma^2}{2B\,(2-\eta\lambda)} $$
#
# where $L^\star$ is the lowest loss and $B$ the batch size. For small learning rates the floor is proportional to $\eta/B$. Check it with two thousand independent walkers and 600 steps ($\lambda=\sigma=1$):

# %%
noise = torch.Generator().manual_seed(0)


def floor(lr, batch, steps=600):
    w, losses = torch.zeros(2000, dtype=torch.float64), []
    for step in range(steps):
        gradient = (
            w + torch.randn(2000, generator=noise, dtype=torch.float64) / batch**0.5
        )
        w = w - lr * gradient
        if step >= steps // 2:
            losses.append(0.5 * w.square().mean())
    return torch.stack(losses).mean().item()


settings = [(0.1, 16), (0.1, 64), (0.4, 64), (0.025, 16)]
floors = {
    f"η = {lr}, B = {batch}": (lr / (2 * batch * (2 - lr)), floor(lr, batch))
    for lr, batch in settings
}
table = pd.DataFrame.from_dict(
    floors, orient="index", columns=["predicted", "measured"]
)
table.map("{:.5f}".format)

# %% [markdown] tags=["zh"]
# 批量从 16 加到 64，地板降到四分之一；学习率再乘 4，又回来了。想降地板，减小学习率与加大批量是一回事，所以训练末尾要把学习率降下来。另一个办法是把后半程的权重[平均起来](loss-surface.py#weight-averaging)。换批量时学习率怎样跟着换、什么时候不灵，见[学习率](../training/learning-rate.py#batch-size)。
#
# ## 参数组：权重衰减，偏置不衰减 { #groups }
#
# 优化器拿到的是一组组参数，每组有自己的设置。常见的用法：卷积核和权重矩阵衰减，偏置和归一化层的 $\gamma$、$\beta$ 不衰减。按维数分就行：

# %% [markdown] tags=["en"]
# From 16 to 64 the floor falls to a quarter; four times the learning rate, and it is back. A smaller learning rate lowers it just as a larger batch does, which is why the rate is lowered at the end of training. Another way is to [average the weights](loss-surface.py#weight-averaging) of the second half. How the learning rate should follow the batch, and when that fails, is under [learning rate](../training/learning-rate.py#batch-size).
#
# ## Parameter groups: decay weights, not biases { #groups }
#
# An optimizer is given groups of parameters, each with settings of its own. A common use: kernels and weight matrices decay, biases and the $\gamma$, $\beta$ of normalization do not. Their number of dimensions tells them apart:


# %%
def decay_groups(model, weight_decay):
    """Let parameters of 2 dimensions and more decay, and no others."""
    weights = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    return [
        {"params": weights, "weight_decay": weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]


model = models.create("lenet_bn")
optimizer = torch.optim.SGD(decay_groups(model, 0.1), lr=0.5)
pd.DataFrame(
    {
        "tensors": [len(group["params"]) for group in optimizer.param_groups],
        "numbers": [
            sum(p.numel() for p in group["params"]) for group in optimizer.param_groups
        ],
        "weight decay": [group["weight_decay"] for group in optimizer.param_groups],
    },
    index=[f"group {number}" for number in range(2)],
)

# %% [markdown] tags=["zh"]
# 真的只衰减了该衰减的吗？把梯度全置为 0，走一步，只剩衰减在起作用。再与“两个优化器，各管一半”比一比：

# %% [markdown] tags=["en"]
# Do only the right parameters decay? Set all gradients to 0 and take a step, so that only decay acts. And compare with two optimizers that share the parameters between them:


# %%
def norms_after_step(make):
    training.seed_everything(0)
    model = models.create("lenet_bn")
    for p in model.parameters():
        nn.init.ones_(p)
        p.grad = torch.zeros_like(p)
    for optimizer in make(model):
        optimizer.step()
    return {name: p.detach().unique().tolist() for name, p in model.named_parameters()}


def one_optimizer(model):
    return [torch.optim.SGD(decay_groups(model, 0.1), lr=0.5)]


def two_optimizers(model):
    weights, others = decay_groups(model, 0.1)
    decaying = torch.optim.SGD(weights["params"], lr=0.5, weight_decay=0.1)
    return [decaying, torch.optim.SGD(others["params"], lr=0.5)]


one, two = norms_after_step(one_optimizer), norms_after_step(two_optimizers)
for name in list(one)[:4]:
    print(f"{name:24} 1 → {one[name][0]:.2f}")
print("both ways agree:", one == two)

# %% tags=["remove-input"]
weights_value = {
    value
    for name, (value,) in one.items()
    if models.create("lenet_bn").get_parameter(name).dim() > 1
}
others_value = {
    value
    for name, (value,) in one.items()
    if models.create("lenet_bn").get_parameter(name).dim() <= 1
}

# %% [markdown] tags=["zh"]
# 权重成了 $1-0.5\times0.1=0.95$，其余仍是 1，两种写法结果相同。参数组更省心：一个 `step()`，一个状态字典，调度器也只有一个。
#
# ## 一个优化器，几个网络 { #several-nets }
#
# 优化器在创建时记住参数**对象**，此后只认这些对象。于是有这样一个经典的错误：比较两个网络，第二个网络却用了第一个的优化器。不报错。三种写法都量一量：

# %% [markdown] tags=["en"]
# Weights became $1-0.5\times0.1=0.95$, all others are still 1, and both ways agree. Groups are the easier way: one `step()`, one state dict, one scheduler.
#
# ## One optimizer, several nets { #several-nets }
#
# An optimizer remembers parameter **objects** when it is made, and knows no others. Hence a classic mistake: two nets are compared, and the second is trained with the optimizer of the first. No error is raised. Measure three ways:


# %%
def compare_nets(nets, optimizers, epochs=4):
    """Train nets on the same batches; return their validation accuracies by epoch."""
    norm = training.Normalization.of(splits.train.images)
    x, y = norm.apply(splits.train.images), splits.train.labels
    x_val, y_val = norm.apply(splits.validation.images), splits.validation.labels
    history = [[] for _ in nets]
    for epoch in range(epochs):
        order = torch.randperm(len(y), generator=torch.Generator().manual_seed(epoch))
        for index in order.split(64)[:-1]:
            for net, optimizer in zip(nets, optimizers):
                loss = F.cross_entropy(net(x[index]), y[index])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        with torch.no_grad():
            for net, row in zip(nets, history):
                row.append((net(x_val).argmax(dim=1) == y_val).float().mean().item())
    return history


def two_nets():
    training.seed_everything(0)
    return models.create("mlp"), models.create("mlp_32_16")


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=0.05, momentum=0.9)


runs = {}
a, b = two_nets()
runs["optimizer of net A for both"] = compare_nets([a, b], [sgd(a.parameters())] * 2)
stale = nn.utils.get_total_norm([p.grad for p in b.parameters()]).item()
a, b = two_nets()
runs["one optimizer each"] = compare_nets(
    [a, b], [sgd(a.parameters()), sgd(b.parameters())]
)
fresh = nn.utils.get_total_norm([p.grad for p in b.parameters()]).item()
a, b = two_nets()
shared = sgd([{"params": a.parameters()}, {"params": b.parameters(), "lr": 0.02}])
runs["one optimizer, two groups"] = compare_nets([a, b], [shared, shared])
pd.DataFrame(
    {
        f"accuracy of net {letter}": [
            " → ".join(f"{v:.0%}" for v in (run[n][0], run[n][-1]))
            for run in runs.values()
        ]
        for n, letter in enumerate("AB")
    },
    index=list(runs),
)

# %% [markdown] tags=["zh"]
# 表中是第 1 轮和第 4 轮之后的验证准确率。用错优化器，网络 B 一直是 {{ f"{runs['optimizer of net A for both'][1][-1]:.0%}" }}，**每个轮次一模一样**：这个“一模一样”就是症状。它的梯度照算，却没有人清零，越积越大，最后的范数是 {{ f"{stale:.0f}" }}（正常训练时是 {{ f"{fresh:.2f}" }}）。
#
# 有的笔记由此得出“一个优化器只能管一个网络”，也不对：一个优化器、两个参数组，两个网络都在学，B 还有自己的学习率。真正的规矩是：**要训练的参数，都得交到某个优化器手里。** 完整的病例见[门诊](../clinic/optimizers.py#optimizer-of-another-net)；参数对象存在哪里，见[自动求导](autograd.py#where-weights-live)。
#
# ## 常见的坑 { #traps }
#
# !!! warning "先建优化器，后换参数"
#     换掉最后一层、重新建网络、用 `=` 换 `nn.Parameter`，优化器都不知道。改完网络再建优化器，见[门诊](../clinic/bookkeeping.py#head-replaced-too-late)。
#
# !!! warning "把 SGD 的学习率搬给 Adam"
#     开头的表就是原因。SGD 常用 0.01 到 0.5，Adam 常用 0.0001 到 0.003。
#
# !!! warning "梯度是 0，参数还在动"
#     `zero_grad(set_to_none=False)` 留下为 0 的梯度，动量和权重衰减照样推着参数走；`None` 才会跳过。冻结参数要靠 `requires_grad_(False)`，或者不交给优化器，见[门诊](../clinic/optimizers.py#frozen-weights-move)。
#
# !!! warning "从检查点恢复时只恢复权重"
#     动量缓冲、$\mathbf m$、$\mathbf v$ 和步数都在优化器的状态字典里。丢了它们，Adam 等于又从第 1 步开始，见[门诊](../clinic/optimizers.py#resume-without-optimizer)。

# %% [markdown] tags=["en"]
# The table gives validation accuracy after epochs 1 and 4. With the wrong optimizer net B stays at {{ f"{runs['optimizer of net A for both'][1][-1]:.0%}" }}, **exactly the same at every epoch**, and that sameness is the symptom. Its gradients are still computed, but nobody clears them, and they pile up to a norm of {{ f"{stale:.0f}" }} (in a proper run, {{ f"{fresh:.2f}" }}).
#
# Some notes conclude that "one optimizer serves one net only". Not so: with one optimizer and two groups both nets learn, and B has a learning rate of its own. The rule is that **every parameter to be trained must be handed to some optimizer**. The case in full is in the [clinic](../clinic/optimizers.py#optimizer-of-another-net); where parameter objects live is under [autograd](autograd.py#where-weights-live).
#
# ## Traps { #traps }
#
# !!! warning "The optimizer first, new parameters later"
#     A new last layer, a network built anew, an `nn.Parameter` replaced with `=`: the optimizer does not notice any of it. Change the network first, then make the optimizer, see the [clinic](../clinic/bookkeeping.py#head-replaced-too-late).
#
# !!! warning "Taking SGD's learning rate to Adam"
#     The first table says why. Common values are 0.01 to 0.5 for SGD and 0.0001 to 0.003 for Adam.
#
# !!! warning "A gradient of 0, and the parameter still moves"
#     `zero_grad(set_to_none=False)` leaves gradients of 0, and momentum and weight decay go on pushing; only `None` is skipped. To freeze parameters use `requires_grad_(False)`, or do not give them to the optimizer, see the [clinic](../clinic/optimizers.py#frozen-weights-move).
#
# !!! warning "Resuming with weights alone"
#     The momentum buffer, $\mathbf m$, $\mathbf v$ and the count of steps stand in the state dict of the optimizer. Without them Adam starts at step 1 again, see the [clinic](../clinic/optimizers.py#resume-without-optimizer).

# %% tags=["remove-input"]
lenet_numbers = sum(p.numel() for p in models.create("lenet").parameters())


def scaled_losses(optimizer_class, scale, lr):
    training.seed_everything(0)
    model = models.create("mlp_32_16")
    optimizer = optimizer_class(model.parameters(), lr=lr)
    x, y = images.float()[:256], labels[:256]
    for _ in range(30):
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        (scale * loss).backward()
        optimizer.step()
    return loss.item()


scaled = {
    (cls.__name__, k): scaled_losses(cls, k, lr)
    for cls, lr in ((torch.optim.SGD, 0.1), (torch.optim.Adam, 0.003))
    for k in (1, 1000)
}

# %% [markdown] tags=["zh"]
# ## 面试里会问 { #questions }
#
# ??? question "小批量梯度是全体梯度的无偏估计吗？"
#     均匀抽样、批量内取平均、每个样本的损失只与自己有关时，是。打乱后不放回地取批，每一批单独看也无偏。反例：有批量归一化时不是；不打乱又有短批时，一个轮次的平均会偏；按类别重新采样时，它估计的是重新加权之后的损失。无偏之外还要说方差：与批量大小成反比。
#
# ??? question "Adam 与带动量的 SGD 怎样选？"
#     Adam 对学习率不挑剔，各层梯度大小悬殊时省事，Transformer 几乎都用 AdamW。带动量的 SGD 只存一份状态，调好学习率和调度之后，图像分类上常不输给 Adam。要紧的是各自调好学习率再比，并且换几个种子。
#
# ## 练习 { #exercises }
#
# **1.** 把损失乘 1000，SGD 和 Adam 各会怎样？
#
# ??? success "答案"
#     SGD 等于学习率乘 1000。Adam 的 $\hat{\mathbf m}$ 和 $\sqrt{\hat{\mathbf v}}$ 同乘 1000，抵消了。实测 30 步之后的损失：SGD 从 {{ f"{scaled['SGD', 1]:.3f}" }} 变成 {{ f"{scaled['SGD', 1000]:.3g}" }}，Adam 从 {{ f"{scaled['Adam', 1]:.3f}" }} 变成 {{ f"{scaled['Adam', 1000]:.3f}" }}。
#
# **2.** LeNet 有 {{ f"{lenet_numbers:,}" }} 个参数。SGD、带动量的 SGD、Adam 的状态各有多少个数？
#
# ??? success "答案"
#     0 个；一份，{{ f"{lenet_numbers:,}" }} 个；两份，{{ f"{2 * lenet_numbers:,}" }} 个（另有每个张量一个步数）。训练大模型时，Adam 的状态比模型还占显存。
#
# **3.** 动量 $\mu=0.9$，梯度一直是 $\mathbf g$。许多步之后，一步走多远？
#
# ??? success "答案"
#     $\mathbf b$ 满足 $\mathbf b=0.9\,\mathbf b+\mathbf g$，所以 $\mathbf b=10\,\mathbf g$，一步是 $10\,\eta\,\mathbf g$。加上动量之后，学习率通常要减小。
#
# **4.** 梯度每步变号：$+1,-1,+1,-1,\dots$。动量 0.9 的缓冲最后在什么范围？
#
# ??? success "答案"
#     $b$ 满足 $b=-0.9\,b+1$（隔一步反号），$|b|=1/1.9\approx$ {{ f"{1 / 1.9:.3f}" }}。来回的梯度缩小将近一半，一致的梯度放大到 $10$ 倍，这就是它在山谷里走得快的原因。
#
# **5.** 1257 张图片，批量取多少时末批只有 1 张？
#
# ??? success "答案"
#     $1256=2^3\times157$ 的因数：{{ ", ".join(str(d) for d in range(2, 1257) if 1256 % d == 0) }}。
#
# **6.** 不用优化器，写出 Adam 的一步 `adam_step(w, g, m, v, t, lr)`，返回新的 `(w, m, v)`。$t$ 从 1 数起，其余取默认值 $\beta_1=0.9$、$\beta_2=0.999$、$\epsilon=10^{-8}$。
#
# ??? success "答案"
#     $\epsilon$ 在根号外面；两个修正用的是同一个 $t$。
#
#     ```python
#     def adam_step(w, g, m, v, t, lr):
#         m = 0.9 * m + 0.1 * g
#         v = 0.999 * v + 0.001 * g**2
#         m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.999**t)
#         return w - lr * m_hat / (v_hat**0.5 + 1e-8), m, v
#     ```
#
# ## 参考文献 { #references }
#
# - L. Bottou, F. Curtis, J. Nocedal. [Optimization methods for large-scale machine learning](https://arxiv.org/abs/1606.04838). SIAM Review, 2018.
# - I. Sutskever 等. [On the importance of initialization and momentum in deep learning](https://proceedings.mlr.press/v28/sutskever13.html). ICML, 2013.
# - D. Kingma, J. Ba. [Adam: a method for stochastic optimization](https://arxiv.org/abs/1412.6980). ICLR, 2015.
# - I. Loshchilov, F. Hutter. [Decoupled weight decay regularization](https://arxiv.org/abs/1711.05101). ICLR, 2019.
# - G. Goh. [Why momentum really works](https://distill.pub/2017/momentum/). Distill, 2017.

# %% [markdown] tags=["en"]
# ## Asked in interviews { #questions }
#
# ??? question "Is the mini-batch gradient an unbiased estimate of the full one?"
#     Yes, if samples are drawn evenly, the batch takes a mean, and the losses of samples do not depend on each other. Each batch drawn without replacement after shuffling is unbiased too. It is not with batch normalization, nor is the mean over an epoch with a short batch and no shuffling. With resampling by class it estimates the reweighted loss. Besides bias, mention the variance: it is proportional to one over the batch size.
#
# ??? question "Adam or SGD with momentum?"
#     Adam is less sensitive to the choice of a learning rate, and convenient where gradients differ a lot between layers; nearly all transformers use AdamW. SGD with momentum keeps only one state and, with a well-tuned learning rate and schedule, is often as good as Adam in image classification. What matters is to tune each learning rate before comparing, and to use several seeds.
#
# ## Exercises { #exercises }
#
# **1.** Multiply the loss by 1000. What happens with SGD, and with Adam?
#
# ??? success "Answer"
#     For SGD it is a learning rate 1000 times as large. In Adam $\hat{\mathbf m}$ and $\sqrt{\hat{\mathbf v}}$ both grow by 1000 and cancel. Measured loss after 30 steps: SGD from {{ f"{scaled['SGD', 1]:.3f}" }} to {{ f"{scaled['SGD', 1000]:.3g}" }}, Adam from {{ f"{scaled['Adam', 1]:.3f}" }} to {{ f"{scaled['Adam', 1000]:.3f}" }}.
#
# **2.** LeNet has {{ f"{lenet_numbers:,}" }} parameters. How many numbers does the optimizer state hold for SGD, for SGD with momentum, and for Adam?
#
# ??? success "Answer"
#     0; one copy, {{ f"{lenet_numbers:,}" }}; two copies, {{ f"{2 * lenet_numbers:,}" }} (and one count of steps for each tensor). For large models the state of Adam takes more memory than the model.
#
# **3.** With momentum $\mu=0.9$ and a constant gradient $\mathbf g$, how long is a step in the end?
#
# ??? success "Answer"
#     $\mathbf b$ satisfies $\mathbf b=0.9\,\mathbf b+\mathbf g$, so $\mathbf b=10\,\mathbf g$ and a step is $10\,\eta\,\mathbf g$. With momentum the learning rate usually has to be smaller.
#
# **4.** The gradient changes its sign at each step: $+1,-1,+1,-1,\dots$. How large is the buffer of momentum 0.9 in the end?
#
# ??? success "Answer"
#     $b$ satisfies $b=-0.9\,b+1$ (its sign alternates), so $|b|=1/1.9\approx$ {{ f"{1 / 1.9:.3f}" }}. What swings back and forth shrinks by nearly a half, what agrees grows to $10$ times its size; hence its speed in the valley.
#
# **5.** For 1257 images, which batch sizes leave a last batch of 1?
#
# ??? success "Answer"
#     The divisors of $1256=2^3\times157$: {{ ", ".join(str(d) for d in range(2, 1257) if 1256 % d == 0) }}.
#
# **6.** Without an optimizer, write one step of Adam, `adam_step(w, g, m, v, t, lr)`, which returns the new `(w, m, v)`. $t$ counts from 1; the rest are the defaults $\beta_1=0.9$, $\beta_2=0.999$, $\epsilon=10^{-8}$.
#
# ??? success "Answer"
#     $\epsilon$ stands outside the root, and both corrections use the same $t$.
#
#     ```python
#     def adam_step(w, g, m, v, t, lr):
#         m = 0.9 * m + 0.1 * g
#         v = 0.999 * v + 0.001 * g**2
#         m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.999**t)
#         return w - lr * m_hat / (v_hat**0.5 + 1e-8), m, v
#     ```
#
# ## References { #references }
#
# - L. Bottou, F. Curtis, J. Nocedal. [Optimization methods for large-scale machine learning](https://arxiv.org/abs/1606.04838). SIAM Review, 2018.
# - I. Sutskever et al. [On the importance of initialization and momentum in deep learning](https://proceedings.mlr.press/v28/sutskever13.html). ICML, 2013.
# - D. Kingma, J. Ba. [Adam: a method for stochastic optimization](https://arxiv.org/abs/1412.6980). ICLR, 2015.
# - I. Loshchilov, F. Hutter. [Decoupled weight decay regularization](https://arxiv.org/abs/1711.05101). ICLR, 2019.
# - G. Goh. [Why momentum really works](https://distill.pub/2017/momentum/). Distill, 2017.
