# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "正则化：300 张图片，三成标签是乱写的，谁能救回来；权重衰减与 L2 在 SGD、Adam、AdamW 里各是什么，暂退法、标签平滑、早停、数据增强各值多少。"
#       en: "Regularization: 300 images, three in ten labels drawn at random, and what saves the day; weight decay against L2 in SGD, Adam and AdamW; what dropout, label smoothing, early stopping and augmentation are worth."
#     covers: [N-04, T-16, E-54]
#     labels:
#       option against penalty: 选项与惩罚项
#       option against shrinking apart: 选项与单独缩小
#       SGD with momentum: 带动量的 SGD
#       "Adam, large gradients": "Adam，梯度大"
#       "Adam, small gradients": "Adam，梯度小"
#       "AdamW, large gradients": "AdamW，梯度大"
#       "AdamW, small gradients": "AdamW，梯度小"
#       "size of the weight": 权重的大小
#       norm of the weights: 权重的范数
#       "weight decay λ": "权重衰减 λ"
#       nothing: 什么也不加
#       weight decay 10: 权重衰减 10
#       dropout 0.5: 暂退法 0.5
#       label smoothing 0.2: 标签平滑 0.2
#       early stopping: 早停
#       augmentation: 数据增强
#       all but early stopping: 除早停外全加
#       "300 images, noisy labels": "300 张，标签有噪声"
#       "1257 images, clean labels": "1257 张，标签干净"
#       expected: 期望
#       "value": 值
#       one pass in training mode: 训练模式跑一遍
#       mean of 50 passes: 跑 50 遍取平均
#       evaluation mode: 评估模式
# ---

# %% [markdown] tags=["zh"]
# # 正则化：标签有三成是乱写的，还学得会吗 { #regularization }
#
# 300 张数字，标注的人偷懒，三成的标签是随便写的。一个 784-128-10 的网络训练到底。**先猜三个数：训练准确率、验证准确率的最高点、最后的验证准确率。**

# %% [markdown] tags=["en"]
# # Regularization: three in ten labels are made up { #regularization }
#
# There are 300 digits, and a lazy annotator made up three labels in ten. A net 784-128-10 is trained to the end. **Guess three numbers: training accuracy, the peak of validation accuracy, and validation accuracy at the end.**

# %%
import dataclasses

import torch
from torch import nn

from dlnotes import data, training

splits = data.load("digits")


def noisy(count, share, seed):
    """Keep `count` training images, and draw a share of their labels anew."""
    generator = torch.Generator().manual_seed(seed)
    kept = torch.randperm(len(splits.train.labels), generator=generator)[:count]
    labels = splits.train.labels[kept].clone()
    wrong = torch.rand(count, generator=generator) < share
    labels[wrong] = torch.randint(10, (int(wrong.sum()),), generator=generator)
    return dataclasses.replace(
        splits, train=data.Split(splits.train.images[kept], labels)
    )


def train(seed, *, dropout=0.0, count=300, share=0.3, epochs=40, **settings):
    training.seed_everything(seed)
    model = nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 128),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(128, 10),
    )
    options = {
        "epochs": epochs,
        "batch_size": 100,
        "lr": 3e-3,
        "weight_decay": 0.0,
        "seed": seed,
    }
    config = training.Config(**{"schedule": "constant", **options, **settings})
    return model, training.fit(model, noisy(count, share, seed), config)


SEEDS = range(3)
bare = [train(seed) for seed in SEEDS]

# %% tags=["hide-input"] alt_zh="左：训练损失一路降到 0 附近，验证损失先降后升。右：训练准确率升到 0.98 左右，验证准确率几个轮次就到 0.88 附近，然后慢慢掉到 0.75 上下。" alt_en="Left: training loss falls to nearly 0, validation loss falls and then rises. Right: training accuracy climbs to about 0.98; validation accuracy reaches about 0.88 in a few epochs and then sinks to about 0.75."
from dlnotes import figures

figures.curves([history for _, history in bare])

# %% tags=["remove-input"]
from statistics import mean, stdev


def test_accuracy(model, history):
    return training.evaluate(model, splits.test, history.normalization).accuracy


peak = mean(
    max(epoch.validation_accuracy for epoch in history.epochs) for _, history in bare
)
last = mean(history.epochs[-1].validation_accuracy for _, history in bare)
memorized = mean(history.epochs[-1].train_accuracy for _, history in bare)

# %% [markdown] tags=["zh"]
# 训练准确率 {{ f"{memorized:.0%}" }}：连乱写的标签也背下来了。验证准确率最高 {{ f"{peak:.0%}" }}，最后 {{ f"{last:.0%}" }}。
#
# 看先后：网络**先学规律，后背例外**。规律对大多数样本有用，梯度朝同一个方向；乱写的标签各说各的，要一个一个背。正则化，就是给“背例外”加一道坎，哪怕训练误差因此变大。下面五种办法，**先猜哪一种最管用。**
#
# ## 权重衰减与 L2：什么时候是一回事 { #weight-decay }
#
# 在损失上加一项惩罚，让权重小一些：
#
# $$ \tilde L(\mathbf w) = L(\mathbf w) + \frac\lambda2\lVert\mathbf w\rVert^2, \qquad \nabla\tilde L = \nabla L + \lambda\mathbf w $$
#
# 其中 $L$ 是原来的损失，$\mathbf w$ 是权重，$\lambda$ 是强度，$\lVert\mathbf w\rVert$ 是 L2 范数。代进 SGD：
#
# $$ \mathbf w \leftarrow \mathbf w - \eta\,(\nabla L+\lambda\mathbf w) = (1-\eta\lambda)\,\mathbf w - \eta\,\nabla L $$
#
# 其中 $\eta$ 是学习率。右边是“先把权重缩小一点，再走原来的一步”，这就是权重衰减。所以用 SGD 时，L2 惩罚等于权重衰减，惩罚里的 $\frac12$ 正好让两个 $\lambda$ 相同。别的优化器呢？三种写法各走 100 步，双精度：优化器的 `weight_decay` 选项，损失里的惩罚项，每步自己乘 $1-\eta\lambda$。表中是最后的权重最多相差多少。**先猜：哪几对会一样？**

# %% [markdown] tags=["en"]
# Training accuracy {{ f"{memorized:.0%}" }}: even the made-up labels were learned by heart. Validation accuracy peaks at {{ f"{peak:.0%}" }} and ends at {{ f"{last:.0%}" }}.
#
# Mind the order: a network **learns the rule first and the exceptions later**. The rule serves most samples, and their gradients agree; made-up labels agree with nothing and must be memorised one by one. Regularization makes the exceptions harder to learn, even at the price of a larger training error. Five ways follow. **Guess which helps most.**
#
# ## Weight decay and L2: when are they the same? { #weight-decay }
#
# Add a penalty to the loss that keeps weights small:
#
# $$ \tilde L(\mathbf w) = L(\mathbf w) + \frac\lambda2\lVert\mathbf w\rVert^2, \qquad \nabla\tilde L = \nabla L + \lambda\mathbf w $$
#
# where $L$ is the loss as it was, $\mathbf w$ are the weights, $\lambda$ is the strength and $\lVert\mathbf w\rVert$ the L2 norm. Put this gradient into SGD:
#
# $$ \mathbf w \leftarrow \mathbf w - \eta\,(\nabla L+\lambda\mathbf w) = (1-\eta\lambda)\,\mathbf w - \eta\,\nabla L $$
#
# where $\eta$ is the learning rate. On the right the weights shrink a little and then take their usual step: weight decay. With SGD the L2 penalty is weight decay, and thanks to the $\frac12$ the $\lambda$ is the same in both. What about other optimizers? Walk 100 steps in double precision in three ways: the option `weight_decay`, the penalty in the loss, and multiplying by $1-\eta\lambda$ at each step. The table shows the largest difference between the final weights. **Guess which pairs agree.**

# %%
import pandas as pd

from dlnotes import layers

DECAY = 0.1


def regress(optimizer_class, way, **settings):
    """Fit 40 equations in 20 unknowns; λ comes in by option, as a penalty, or apart."""
    torch.manual_seed(0)
    w = torch.randn(20, dtype=torch.float64, requires_grad=True)
    A, y = (
        torch.randn(40, 20, dtype=torch.float64),
        torch.randn(40, dtype=torch.float64),
    )
    option = DECAY if way == "option" else 0.0
    optimizer = optimizer_class([w], weight_decay=option, **settings)
    for _ in range(100):
        optimizer.zero_grad()
        penalty = DECAY / 2 * w.square().sum() if way == "penalty" else 0.0
        ((A @ w - y).square().mean() + penalty).backward()
        if way == "apart":
            with torch.no_grad():
                w *= 1 - settings["lr"] * DECAY
        optimizer.step()
    return w.detach()


kinds = {
    "SGD": (layers.SGD, {"lr": 0.05}),
    "SGD with momentum": (layers.SGD, {"lr": 0.02, "momentum": 0.9}),
    "Adam": (layers.Adam, {"lr": 0.01}),
    "AdamW": (layers.AdamW, {"lr": 0.01}),
}
gaps = {}
for name, (optimizer_class, settings) in kinds.items():
    by = {
        way: regress(optimizer_class, way, **settings)
        for way in ("option", "penalty", "apart")
    }
    gaps[name] = [
        (by["option"] - by[way]).abs().max().item() for way in ("penalty", "apart")
    ]
columns = ["option against penalty", "option against shrinking apart"]
pd.DataFrame.from_dict(gaps, orient="index", columns=columns).map("{:.1g}".format)

# %% [markdown] tags=["zh"]
# | 优化器 | `weight_decay` 实际做的 |
# |---|---|
# | SGD | L2 惩罚，也就是权重衰减，两者一样 |
# | 带动量的 SGD | L2 惩罚；它进了动量缓冲，与单独缩小不同 |
# | Adam | L2 惩罚；它还要被 $\sqrt{\hat{\mathbf v}}$ 除 |
# | AdamW | 单独缩小，与梯度无关 |
#
# 相等的都等到机器精度（最多 {{ f"{max(gaps['SGD'][0], gaps['SGD'][1], gaps['Adam'][0], gaps['AdamW'][1]):.0e}" }}），不等的差在小数点后一两位。所以“权重衰减就是 L2”这句话，只对没有动量的 SGD 成立。**AdamW** 就是为此而生的 Adam：权重衰减不进梯度，每步另外缩小一次，`weight_decay` 才名副其实。
#
# ### Adam 里的 L2 出了什么事 { #adam-l2 }
#
# Adam 的一步是 $\eta\,\hat{\mathbf m}/\sqrt{\hat{\mathbf v}}$，把 $\lambda\mathbf w$ 加进梯度，它也跟着除以 $\sqrt{\hat{\mathbf v}}$。梯度一向大的权重，几乎不衰减；梯度一向小的，衰减得飞快。取许多从 1 出发的权重，梯度是纯噪声（均值 0），一组的标准差是 10，另一组是 0.1，$\lambda=0.1$：

# %% [markdown] tags=["en"]
# | optimizer | what `weight_decay` really does |
# |---|---|
# | SGD | L2 penalty, which is weight decay: the same |
# | SGD with momentum | L2 penalty; it goes into the momentum buffer, so it differs from shrinking separately |
# | Adam | L2 penalty, which $\sqrt{\hat{\mathbf v}}$ then divides |
# | AdamW | shrinks the weights separately, whatever the gradient |
#
# Pairs that agree do so to machine precision (at most {{ f"{max(gaps['SGD'][0], gaps['SGD'][1], gaps['Adam'][0], gaps['AdamW'][1]):.0e}" }}), and pairs that differ do so in the first or second decimal. "Weight decay is L2" holds only for SGD without momentum. **AdamW** is Adam with this corrected: the decay stays out of the gradient and shrinks the weights separately, so that `weight_decay` does what its name says.
#
# ### What happens to L2 in Adam { #adam-l2 }
#
# A step of Adam is $\eta\,\hat{\mathbf m}/\sqrt{\hat{\mathbf v}}$, and $\lambda\mathbf w$, once in the gradient, is divided by $\sqrt{\hat{\mathbf v}}$ too. Weights with large gradients hardly decay; weights with small ones decay in no time. Take many weights that start at 1 with gradients of pure noise (mean 0), of deviation 10 for one group and 0.1 for the other, and $\lambda=0.1$:


# %%
def decay_under_noise(optimizer_class, deviation, steps=400):
    generator = torch.Generator().manual_seed(0)
    w = torch.ones(2000, dtype=torch.float64, requires_grad=True)
    optimizer, sizes = optimizer_class([w], lr=0.005, weight_decay=0.1), []
    for _ in range(steps):
        w.grad = deviation * torch.randn(2000, generator=generator, dtype=torch.float64)
        optimizer.step()
        sizes.append(w.detach().mean().item())
    return sizes


paths = {
    f"{cls.__name__}, {size} gradients": decay_under_noise(cls, deviation)
    for cls in (layers.Adam, layers.AdamW)
    for size, deviation in (("large", 10.0), ("small", 0.1))
}

# %% tags=["hide-input"] alt_zh="权重平均大小随步数。Adam、梯度小的一组很快掉下来；Adam、梯度大的一组几乎不动；AdamW 的两条重合，居中，400 步后约 0.82。" alt_en="Mean weight by step. Adam with small gradients falls fast; Adam with large gradients hardly moves; the two lines of AdamW coincide in between, at about 0.82 after 400 steps."
figures.lines(paths, xlabel="step", ylabel="size of the weight")

# %% [markdown] tags=["zh"]
# AdamW 的两条线重合，400 步后是 {{ f"{paths['AdamW, large gradients'][-1]:.2f}" }}，正好是 $(1-0.005\times0.1)^{400}\approx0.82$：衰减多少只由 $\eta\lambda$ 定。Adam 的两组，一组还有 {{ f"{paths['Adam, large gradients'][-1]:.2f}" }}，一组只剩 {{ f"{paths['Adam, small gradients'][-1]:.2f}" }}。用 Adam 时想要权重衰减，就用 AdamW。
#
# 默认值也不同：torch 的 SGD 和 Adam 默认 0，AdamW 默认 0.01。
#
# ### 强度：太弱没用，太强学不会 { #strength }
#
# 回到乱写的标签，用 AdamW，$\lambda$ 从 0 到 100：

# %% [markdown] tags=["en"]
# The two lines of AdamW coincide, at {{ f"{paths['AdamW, large gradients'][-1]:.2f}" }} after 400 steps, just $(1-0.005\times0.1)^{400}\approx0.82$: only $\eta\lambda$ decides. Of Adam's two groups one is still at {{ f"{paths['Adam, large gradients'][-1]:.2f}" }}, the other at {{ f"{paths['Adam, small gradients'][-1]:.2f}" }}. If you want weight decay with Adam, use AdamW.
#
# The defaults differ too: 0 for SGD and Adam in torch, 0.01 for AdamW.
#
# ### Strength: too weak is useless, too strong learns nothing { #strength }
#
# Back to the made-up labels, with AdamW and $\lambda$ from 0 to 100:

# %%
strengths = [0.0, 1.0, 10.0, 100.0]
decayed = {
    decay: [train(seed, weight_decay=decay) for seed in SEEDS]
    for decay in strengths[1:]
}
decayed[0.0] = bare
dose = {
    "training": [
        mean(h.epochs[-1].train_accuracy for _, h in decayed[d]) for d in strengths
    ],
    "validation": [
        mean(h.epochs[-1].validation_accuracy for _, h in decayed[d]) for d in strengths
    ],
}
norms = [
    mean(model[1].weight.norm().item() for model, _ in decayed[d]) for d in strengths
]

# %% tags=["hide-input"] alt_zh="左：横轴权重衰减强度，训练准确率从 0.98 一路下降，验证准确率先升，在 10 处最高，到 100 又下降。右：权重的范数从 12 左右一路降到不足 2。" alt_en="Left, against the strength of weight decay: training accuracy falls from 0.98; validation accuracy rises to its best at 10 and falls again at 100. Right: the norm of the weights falls from about 12 to below 2."
import matplotlib.pyplot as plt

from dlnotes.figures.style import DASHES, PALETTE

figure, panels = plt.subplots(1, 2, figsize=(7.4, 2.9))
for number, (name, values) in enumerate(dose.items()):
    panels[0].plot(
        range(4),
        values,
        "o",
        color=PALETTE[number],
        linestyle=DASHES[number],
        label=name,
        markersize=4,
    )
panels[0].set(ylabel="accuracy", ylim=(0.3, 1.02))
panels[0].legend()
panels[1].plot(range(4), norms, "o-", color=PALETTE[0], markersize=4)
panels[1].set(ylabel="norm of the weights", ylim=(0, None))
for axes in panels:
    axes.set_xticks(range(4), [f"{d:g}" for d in strengths])
    axes.set_xlabel("weight decay λ")
figure

# %% [markdown] tags=["zh"]
# 范数从 {{ f"{norms[0]:.1f}" }} 降到 {{ f"{norms[-1]:.1f}" }}，一路变小。训练准确率一路下降，验证准确率却先升后降：$\lambda=10$ 时 {{ f"{dose['validation'][2]:.0%}" }}，比不加高 {{ f"{100 * (dose['validation'][2] - dose['validation'][0]):.0f}" }} 个百分点；$\lambda=100$ 时 {{ f"{dose['validation'][3]:.0%}" }}，连规律也学不好了。10 听着吓人，其实每步只缩小 $\eta\lambda=0.003\times10=3\%$，而且只走了 120 步；步数多时要小得多。**$\lambda$ 不能脱离 $\eta$ 和步数来说。**
#
# ## 暂退法：每一步换一个网络 { #dropout }
#
# 训练时，每个激活值以概率 $p$ 变成 0，留下的放大到 $1/(1-p)$ 倍：
#
# $$ \tilde h_i = \frac{m_i}{1-p}\,h_i, \qquad m_i \sim \operatorname{Bernoulli}(1-p) \qquad\Longrightarrow\qquad \mathbb E[\tilde h_i] = h_i $$
#
# 其中 $h_i$ 是第 $i$ 个激活值，$m_i$ 是每一步重新抽的掩码，以概率 $1-p$ 取 1，否则取 0，$p$ 是**丢掉**的比例。期望不变，所以评估时什么也不用做，原样通过。从零实现：
#
# ```python
# --8<-- "dlnotes/layers/dropouts.py:dropout"
# ```
#
# 期望真的不变吗？下一层若是线性的，也不变；若再过一个 ReLU 呢？**先猜。** 各抽两万次：

# %% [markdown] tags=["en"]
# The norm falls all the way from {{ f"{norms[0]:.1f}" }} to {{ f"{norms[-1]:.1f}" }}. Training accuracy falls all the way; validation accuracy rises first: {{ f"{dose['validation'][2]:.0%}" }} at $\lambda=10$, {{ f"{100 * (dose['validation'][2] - dose['validation'][0]):.0f}" }} points above none; and {{ f"{dose['validation'][3]:.0%}" }} at $\lambda=100$, where not even the rule is learned. 10 sounds enormous, yet each step shrinks the weights by only $\eta\lambda=0.003\times10=3\%$, and there are just 120 steps; with many steps it must be far smaller. **$\lambda$ means nothing without $\eta$ and the number of steps.**
#
# ## Dropout: another network at each step { #dropout }
#
# In training each activation becomes 0 with probability $p$, and those that stay grow to $1/(1-p)$ times their size:
#
# $$ \tilde h_i = \frac{m_i}{1-p}\,h_i, \qquad m_i \sim \operatorname{Bernoulli}(1-p) \qquad\Longrightarrow\qquad \mathbb E[\tilde h_i] = h_i $$
#
# where $h_i$ is activation number $i$, $m_i$ a mask drawn anew at each step, 1 with probability $1-p$ and else 0, and $p$ the share that is **dropped**. The expectation stays the same, so in evaluation dropout has nothing to do and passes everything through. From scratch:
#
# ```python
# --8<-- "dlnotes/layers/dropouts.py:dropout"
# ```
#
# Does the expectation really stay? Through a linear layer it does; and through a ReLU after it? **Guess.** Twenty thousand draws of each:

# %%
torch.manual_seed(0)
h, weights = torch.rand(2, 50, dtype=torch.float64)
weights = weights - (h @ weights) / (h @ h) * h + 0.2 * h / (h @ h)  # h·w = 0.2
draws = layers.dropout(h.expand(20_000, 50), p=0.5)
before, after = (draws @ weights), (draws @ weights).relu()
table = pd.DataFrame(
    {
        "evaluation mode": [h[0], h @ weights, (h @ weights).relu()],
        "mean": [draws[:, 0].mean(), before.mean(), after.mean()],
        "standard deviation": [draws[:, 0].std(), before.std(), after.std()],
    },
    index=["h", "h·w", "ReLU(h·w)"],
)
table.map("{:.3f}".format)

# %% tags=["remove-input"]
kept_gap = abs(float(before.mean() - h @ weights))
relu_gap = float(after.mean() - (h @ weights).relu())
dropped = [train(seed, dropout=0.5) for seed in SEEDS]


def three_ways(model, history):
    """Return the test accuracy in evaluation mode, of one pass in training mode, and of the mean of 50 passes."""
    x, y = history.normalization.apply(splits.test.images), splits.test.labels
    with torch.no_grad():
        evaluated = model.eval()(x)
        torch.manual_seed(0)
        passes = torch.stack([model.train()(x).softmax(dim=1) for _ in range(50)])
    model.eval()
    return {
        "one pass in training mode": (passes.argmax(dim=2) == y).float().mean().item(),
        "mean of 50 passes": (passes.mean(dim=0).argmax(dim=1) == y)
        .float()
        .mean()
        .item(),
        "evaluation mode": (evaluated.argmax(dim=1) == y).float().mean().item(),
    }


ways = [three_ways(*pair) for pair in dropped]

# %% [markdown] tags=["zh"]
# 前两行的平均与评估模式相符（第二行差 {{ f"{kept_gap:.3f}" }}，是抽样误差）；过了 ReLU，平均高出 {{ f"{relu_gap:.3f}" }}：负的一半被砍掉，正的一半留下。所以评估模式只是“所有子网络的平均”的近似。近似得好不好？在训练好的网络上比一比：评估模式、训练模式跑一遍、训练模式跑 50 遍取平均。

# %% [markdown] tags=["en"]
# In the first two rows the mean agrees with evaluation mode (the second row differs by {{ f"{kept_gap:.3f}" }}, from sampling); after ReLU it is higher by {{ f"{relu_gap:.3f}" }}, because the negative half is cut off and the positive half stays. So evaluation mode only approximates the mean of all subnetworks. Is the approximation good? Compare on trained networks: evaluation mode, one pass in training mode, the mean of 50 passes in training mode.

# %% tags=["hide-input"] alt_zh="测试准确率：训练模式跑一遍最低，跑 50 遍取平均与评估模式差不多。" alt_en="Test accuracy: one pass in training mode is lowest, the mean of 50 passes is about as good as evaluation mode."
figures.bars(
    {name: [way[name] for way in ways] for name in ways[0]},
    xlabel="test accuracy",
    limits=(0.5, 1),
)

# %% tags=["remove-input"]
average_way = {name: mean(way[name] for way in ways) for name in ways[0]}

# %% [markdown] tags=["zh"]
# 50 遍取平均 {{ f"{average_way['mean of 50 passes']:.1%}" }}，评估模式 {{ f"{average_way['evaluation mode']:.1%}" }}，一遍就够，近似得很好。训练模式只跑一遍是 {{ f"{average_way['one pass in training mode']:.1%}" }}，而且每次都不同：这就是忘了 `eval()` 的样子。
#
# ### 整张丢，整支丢 { #whole-parts }
#
# 卷积层后面用暂退法，常常没什么用。原因在图上：相邻的像素太像了，丢掉一个，从旁边就能猜回来。**空间暂退法**（`nn.Dropout2d`）以通道为单位，一张特征图要么整张变 0，要么整张留下：

# %% [markdown] tags=["en"]
# The mean of 50 has {{ f"{average_way['mean of 50 passes']:.1%}" }} and evaluation mode {{ f"{average_way['evaluation mode']:.1%}" }}: with a single pass it is a good approximation. One pass in training mode has {{ f"{average_way['one pass in training mode']:.1%}" }}, another value each time. That is what forgetting `eval()` looks like.
#
# ### Whole maps, whole branches { #whole-parts }
#
# Dropout behind a convolution often does little, and the picture shows why: neighbouring pixels are so alike that one that was dropped can be guessed from those beside it. **Spatial dropout** (`nn.Dropout2d`) works by channel; a feature map is either zeroed or kept as a whole:

# %%
import torchvision
from torch.nn import functional as F

from dlnotes import models

training.seed_everything(0)
lenet = models.create("lenet")
lenet_history = training.fit(lenet, splits, training.Config(epochs=2, lr=5e-3))
with torch.no_grad():
    # (64, 6, 24, 24)
    maps = lenet.features[0][:2](
        lenet_history.normalization.apply(splits.test.images[:64])
    )
    thinned = {
        "usual dropout": nn.Dropout(0.5)(maps),
        "spatial dropout": nn.Dropout2d(0.5)(maps),
    }


def alike(a, b):
    return torch.corrcoef(torch.stack([a.flatten(), b.flatten()]))[0, 1].item()


neighbours = alike(maps[..., :-1], maps[..., 1:])
pooled = {
    name: alike(F.max_pool2d(values, 2), F.max_pool2d(maps, 2))
    for name, values in thinned.items()
}

# %% tags=["hide-input"] alt_zh="三行，每行六张特征图。第一行原样；第二行普通暂退法，每张都成了雪花点，形状仍看得出；第三行空间暂退法，有几张全黑，其余完整。" alt_en="Three rows of six feature maps: intact; under usual dropout, each speckled but its shape still plain; under spatial dropout, some all dark and the others whole."
rows = [maps[0], *(values[0] for values in thinned.values())]
figures.image_grid([channel for row in rows for channel in row], columns=6)

# %% [markdown] tags=["zh"]
# 相邻两个值的相关系数是 {{ f"{neighbours:.2f}" }}。一半的值丢掉之后再做最大池化，普通暂退法的结果与原样的相关系数仍有 {{ f"{pooled['usual dropout']:.2f}" }}，等于没丢；空间暂退法只有 {{ f"{pooled['spatial dropout']:.2f}" }}，下一层真的得靠别的通道。
#
# 残差网络还可以丢得更大。**随机深度**在训练时按概率跳过整条残差支路，只走恒等那条路；推理时所有支路都用。每步训练的是一个更浅的网络，梯度传得也更近：

# %% [markdown] tags=["en"]
# The correlation of neighbouring values is {{ f"{neighbours:.2f}" }}. With half the values dropped and a max pooling behind, the result of usual dropout still correlates with the intact one by {{ f"{pooled['usual dropout']:.2f}" }}, as if nothing had been dropped; that of spatial dropout by {{ f"{pooled['spatial dropout']:.2f}" }}, so the next layer really does have to rely on other channels.
#
# Residual networks let you drop larger pieces. **Stochastic depth** skips whole residual branches at random in training, leaving the identity path; at inference all of them are used. Each step trains a shallower network, with a shorter way for the gradient:


# %%
def stochastic_depth(branch, p, training):
    """Drop the whole branch (N, …) for some samples, and scale it up for the others."""
    if not training or p == 0:
        return branch
    kept = torch.empty(len(branch), *[1] * (branch.dim() - 1)).bernoulli_(1 - p)
    return branch * kept / (1 - p)


probe = torch.randn(6, 3, 4, 4)
torch.manual_seed(0)
own = stochastic_depth(probe, 0.4, training=True)
torch.manual_seed(0)
torch.testing.assert_close(own, torchvision.ops.stochastic_depth(probe, 0.4, "row"))


class Residual(nn.Module):
    def __init__(self, p, branches=8, width=64):
        super().__init__()
        self.p, self.cut = p, 0
        self.stem, self.head = nn.Linear(784, width), nn.Linear(width, 10)
        self.branches = nn.ModuleList(
            nn.Sequential(
                nn.LayerNorm(width),
                nn.Linear(width, width),
                nn.ReLU(),
                nn.Linear(width, width),
            )
            for _ in range(branches)
        )

    def forward(self, x):
        x = self.stem(x.flatten(1))
        for branch in self.branches[self.cut :]:
            x = x + stochastic_depth(branch(x), self.p, self.training)
        return self.head(x)


def after_cutting(p, seed):
    """Train on the noisy labels; return training and test accuracy.

    The third number is the test accuracy without the first 7 branches.
    """
    training.seed_everything(seed)
    network = Residual(p)
    config = training.Config(
        epochs=40,
        batch_size=100,
        lr=3e-3,
        weight_decay=0.0,
        schedule="constant",
        seed=seed,
    )
    history = training.fit(network, noisy(300, 0.3, seed), config)
    scores = [history.epochs[-1].train_accuracy]
    for network.cut in (0, 7):
        scores.append(test_accuracy(network, history))
    return scores


kinds = {"nothing": 0.0, "stochastic depth 0.5": 0.5}
survival = {
    name: [after_cutting(p, seed) for seed in SEEDS] for name, p in kinds.items()
}
learned, whole, stump = (
    {name: mean(run[i] for run in runs) for name, runs in survival.items()}
    for i in range(3)
)

# %% [markdown] tags=["zh"]
# 还是那些乱写的标签。训练准确率从 {{ f"{learned['nothing']:.0%}" }} 降到 {{ f"{learned['stochastic depth 0.5']:.0%}" }}，背得少了；测试准确率是 {{ f"{whole['nothing']:.0%}" }} 与 {{ f"{whole['stochastic depth 0.5']:.0%}" }}，差别在种子的波动之内。再把前 7 条支路切掉，只留最后 1 条：不用随机深度的剩 {{ f"{stump['nothing']:.0%}" }}，用了的剩 {{ f"{stump['stochastic depth 0.5']:.0%}" }}。哪一条支路都不再是非有不可的，暂退法对神经元做的也是这件事。真正需要它的是上百层的网络。
#
# ## 早停：见好就收 { #early-stopping }
#
# 开头的曲线已经说明：最好的网络在半路上。早停就是每个轮次看一眼验证损失，连续几个轮次没有改善就停下，取回最好的那一次：

# %% [markdown] tags=["en"]
# The made-up labels again. Training accuracy goes from {{ f"{learned['nothing']:.0%}" }} to {{ f"{learned['stochastic depth 0.5']:.0%}" }}, so less is learned by heart; test accuracy is {{ f"{whole['nothing']:.0%}" }} and {{ f"{whole['stochastic depth 0.5']:.0%}" }}, a difference within that of the seeds. Now cut the first 7 branches and leave only the last one: without stochastic depth {{ f"{stump['nothing']:.0%}" }} is left, with it {{ f"{stump['stochastic depth 0.5']:.0%}" }}. No branch is indispensable any more, which is what dropout does for neurons. It is in nets of a hundred layers that stochastic depth is really needed.
#
# ## Early stopping: leave while it is good { #early-stopping }
#
# The first curves showed it: the best network lies on the way. Early stopping looks at the validation loss after each epoch, stops when it has not improved for a few, and takes back the best:


# %%
def best_epoch(losses, patience=5):
    """Return the epoch to go back to, and the one at which training would stop."""
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        if epoch - best == patience:
            return best + 1, epoch + 1
    return best + 1, len(losses)


stops = [
    best_epoch([epoch.validation_loss for epoch in history.epochs])
    for _, history in bare
]
# With the same seed and a constant learning rate,
# a shorter run passes through the same weights.
stopped = [train(seed, epochs=best) for seed, (best, _) in zip(SEEDS, stops)]
same = all(
    short.epochs[-1].validation_loss == long.epochs[best - 1].validation_loss
    for (_, short), (_, long), (best, _) in zip(stopped, bare, stops)
)
print("best epoch, stopped at:", stops, "  same weights on the way:", same)

# %% [markdown] tags=["zh"]
# 40 个轮次的计划，最晚第 {{ max(stop for _, stop in stops) }} 轮就停了，还省了时间。真的训练时不必重跑，每次创新低就存一个检查点。注意两点：学习率在降的调度（例如单周期），半路停下的网络还没有“停稳”，早停与它配合不好；验证集既然用来选了轮次，它的分数就偏乐观，报告要用测试集。
#
# ## 标签平滑与数据增强 { #smoothing-and-augmentation }
#
# **标签平滑**不要求概率到 1，背一个错误标签也就不必使足力气，公式见 [softmax 回归](softmax-regression.py#label-smoothing)。**数据增强**每一步都给出没见过的图片：转一点、缩放一点、挪一点，意思不变。同一张图每次都不一样，自然背不下来。

# %% [markdown] tags=["en"]
# Planned for 40 epochs, it stops by epoch {{ max(stop for _, stop in stops) }} at the latest and saves the time. In real training nothing is run again; each new low is saved as a checkpoint. Mind two things. Under a schedule that lowers the learning rate (one cycle, say) a network stopped halfway has not settled, so early stopping does not go well with it. And since the validation set was used to choose, its score is flattering; report the test set.
#
# ## Label smoothing and augmentation { #smoothing-and-augmentation }
#
# **Label smoothing** does not ask for a probability of 1, so that a wrong label is memorised with less force; for the formula see [softmax regression](softmax-regression.py#label-smoothing). **Data augmentation** shows new images at each step: turned, scaled or shifted a little, with the same meaning. What looks different each time is hard to learn by heart.

# %% tags=["hide-input"] alt_zh="上排最左是原图，其余 7 张是它稍微旋转、缩放、平移之后的样子，都还看得出是同一个数字。" alt_en="The original on the left, then 7 versions slightly turned, scaled and shifted; all still read as the same digit."
generator = torch.Generator().manual_seed(1)
original = splits.train.images[3:4]
versions = training.affine(original.float().expand(7, -1, -1, -1), generator)
versions = versions.round().clamp(0, 255).to(torch.uint8)
figures.image_grid([original[0, 0], *versions[:, 0]], columns=8)

# %% [markdown] tags=["zh"]
# ## 哪一种最管用 { #compare }
#
# 同样的 300 张、同样的三成乱标签，三个种子，测试集各量一次：

# %% [markdown] tags=["en"]
# ## Which helps most? { #compare }
#
# The same 300 images, the same made-up labels, three seeds, the test set measured once for each:

# %%
together = {
    "dropout": 0.5,
    "weight_decay": 1.0,
    "label_smoothing": 0.1,
    "augmentation": "digits",
}
contest = {
    "nothing": bare,
    "label smoothing 0.2": [train(seed, label_smoothing=0.2) for seed in SEEDS],
    "dropout 0.5": dropped,
    "augmentation": [train(seed, augmentation="digits") for seed in SEEDS],
    "early stopping": stopped,
    "weight decay 10": decayed[10.0],
    "all but early stopping": [train(seed, **together) for seed in SEEDS],
}
scores = {name: [test_accuracy(*run) for run in runs] for name, runs in contest.items()}

# %% tags=["hide-input"] alt_zh="测试准确率：什么也不加最低，约 0.75；标签平滑略高；暂退法、数据增强、早停、权重衰减在 0.84 到 0.88；除早停外全加最高，约 0.91。" alt_en="Test accuracy: nothing is lowest, about 0.75; label smoothing is a little above; dropout, augmentation, early stopping and weight decay are between 0.84 and 0.88; all but early stopping is best, about 0.91."
figures.bars(scores, xlabel="test accuracy", limits=(0.5, 1))

# %% tags=["remove-input"]
average = {name: mean(values) for name, values in scores.items()}
spread = mean(stdev(values) for values in scores.values())
singles = [
    name for name in average if name not in ("nothing", "all but early stopping")
]
best_single = max(average[name] for name in singles)
clean = {
    name: [
        test_accuracy(*train(seed, count=1257, share=0.0, epochs=12, **options))
        for seed in SEEDS
    ]
    for name, options in (("nothing", {}), ("all but early stopping", together))
}
clean_average = {name: mean(values) for name, values in clean.items()}

# %% [markdown] tags=["zh"]
# 什么也不加 {{ f"{average['nothing']:.0%}" }}；单独一种里最好的 {{ f"{best_single:.0%}" }}；全加 {{ f"{average['all but early stopping']:.0%}" }}。种子之间的标准差平均 {{ f"{100 * spread:.1f}" }} 个百分点，所以中间那几种谁先谁后不要当真；它们与两头的差距是真的。这场比赛也不完全公平：权重衰减的强度在验证集上挑过，别的没有挑。早停几乎不花钱，先用它；标签平滑在这里帮助不大，它治的是过分自信。
#
# ## 数据够好，还要正则化吗 { #when }
#
# 同样的网络，换成全部 1257 张、标签干净，训练 12 个轮次。**先猜：全加上，会再高几个点？**

# %% [markdown] tags=["en"]
# Without any of them the net gets {{ f"{average['nothing']:.0%}" }}, the best single one {{ f"{best_single:.0%}" }}, all together {{ f"{average['all but early stopping']:.0%}" }}. The deviation over seeds is {{ f"{100 * spread:.1f}" }} points on average, so do not trust the order of those in the middle; their distance from both ends is real. Nor is the contest quite fair: the strength of weight decay was chosen on the validation set, those of the others were not. Early stopping costs next to nothing, so try it first. Label smoothing helps little here, because what it treats is overconfidence.
#
# ## With good data, is it needed at all? { #when }
#
# The same network with all 1257 images and clean labels, 12 epochs. **Guess by how many points all together are better.**

# %%
pd.DataFrame(
    {
        "300 images, noisy labels": [f"{average[name]:.1%}" for name in clean],
        "1257 images, clean labels": [f"{clean_average[name]:.1%}" for name in clean],
    },
    index=list(clean),
)

# %% tags=["remove-input"]
gain = 100 * (clean_average["all but early stopping"] - clean_average["nothing"])


def overconfidence(runs):
    """Return the mean probability that is given to wrong answers."""
    values = []
    for model, history in runs:
        with torch.no_grad():
            p = model(history.normalization.apply(splits.test.images)).softmax(dim=1)
        top, answer = p.max(dim=1)
        values.append(top[answer != splits.test.labels].mean().item())
    return mean(values)


sure = {
    name: overconfidence(contest[name]) for name in ("nothing", "label smoothing 0.2")
}

# %% [markdown] tags=["zh"]
# 全加上与什么也不加相比，差 {{ f"{gain:+.1f}" }} 个百分点：没有帮上忙，也许还亏一点。正则化治的是过拟合；没有病，药就只剩副作用。先看[泛化缺口](generalization.py#width)，再决定用不用。
#
# ## 常见的坑 { #traps }
#
# !!! warning "把 Normalize 叫作正则化"
#     `transforms.Normalize` 是归一化：减均值、除标准差。正则化是 regularization。两个词在中文笔记里常写混。
#
# !!! warning "从 Adam 换成 AdamW，weight_decay 原样照搬"
#     在 Adam 里 0.0001 的 L2 与在 AdamW 里 0.0001 的衰减，强弱可以差几个数量级。换了优化器就重新找一遍，见[门诊](../clinic/optimizers.py#decay-is-not-l2)。
#
# !!! warning "连偏置和归一化层的 γ 也衰减"
#     默认会。用[参数组](optimizers.py#groups)排除，见[门诊](../clinic/optimizers.py#decay-on-everything)。
#
# !!! warning "Dropout(p) 的 p 当成留下的比例"
#     torch 的 $p$ 是丢掉的比例。有的旧框架正好相反，`keep_prob=0.9` 要写成 `p=0.1`。评估时也不要再乘一次留下的比例，见[门诊](../clinic/statements.py#dropout-scaled-twice)。
#
# !!! warning "拿带增强、带平滑的训练损失与验证损失比"
#     训练损失里加了料，验证损失没有。验证损失更低不奇怪。
#
# ## 面试里会问 { #questions }
#
# ??? question "权重衰减和 L2 正则化是一回事吗？"
#     用不带动量的 SGD 时是：惩罚 $\frac\lambda2\lVert\mathbf w\rVert^2$ 的梯度是 $\lambda\mathbf w$，一步相当于先乘 $1-\eta\lambda$。用 Adam 时不是：L2 的梯度要除以 $\sqrt{\hat{\mathbf v}}$，梯度大的权重几乎不衰减。AdamW 把衰减从梯度里拿出来，才是原来意义上的权重衰减。
#
# ??? question "暂退法为什么能防过拟合？训练和评估有什么不同？"
#     每一步随机去掉一部分神经元，等于在许多共享权重的子网络里各走一步，任何神经元都不能只靠某几个同伴来背样本。训练时留下的放大到 $1/(1-p)$ 倍，期望不变；评估时全部保留、不再缩放，近似所有子网络的平均。
#
# ## 练习 { #exercises }
#
# **1.** 学习率 0.001、$\lambda=0.01$、AdamW、梯度恒为 0，走 10,000 步，权重还剩几成？
#
# ??? success "答案"
#     $(1-0.001\times0.01)^{10000}\approx e^{-0.1}\approx$ {{ f"{(1 - 1e-5) ** 10_000:.3f}" }}。默认的 0.01 很温和。
#
# **2.** 三成标签重新随机抽。平均有几成真的是错的？训练准确率若超过多少，就一定背了噪声？
#
# ??? success "答案"
#     随机抽仍有十分之一碰巧对，错的约 $0.3\times0.9=27\%$。只学规律的网络在训练集上最多约 73%，实测 {{ f"{memorized:.0%}" }}，背了。
#
# **3.** 暂退法 $p=0.5$，$h_i=1$。$\tilde h_i$ 的方差是多少？$p=0.9$ 呢？
#
# ??? success "答案"
#     $\operatorname{Var}(\tilde h_i)=\frac{p}{1-p}h_i^2$，分别是 1 和 9。$p$ 越大，噪声越大。
#
# **4.** 什么也不加的网络，答错时给出的平均概率是 {{ f"{sure['nothing']:.2f}" }}，标签平滑 0.2 的是 {{ f"{sure['label smoothing 0.2']:.2f}" }}。平滑 0.2、10 个类别时，目标里最高的概率是多少？
#
# ??? success "答案"
#     $1-0.2+0.2/10=0.82$。网络不必更自信，于是答错时也不那么理直气壮。
#
# **5.** 验证集 180 张，早停从 40 个轮次里挑最好的一个。为什么不能把那个最高的验证准确率当成绩报？
#
# ??? success "答案"
#     它是 40 个有噪声的数里最大的一个。每个数的标准误约 $\sqrt{0.88\times0.12/180}\approx$ {{ f"{(0.88 * 0.12 / 180) ** 0.5:.1%}" }}，挑最大的会系统地偏高，见[泄漏](generalization.py#leakage)。
#
# ## 参考文献 { #references }
#
# - A. Krogh, J. Hertz. [A simple weight decay can improve generalization](https://proceedings.neurips.cc/paper/1991/hash/8eefcfdf5990e441f0fb6f3fad709e21-Abstract.html). NeurIPS, 1991.
# - N. Srivastava 等. [Dropout](https://jmlr.org/papers/v15/srivastava14a.html). JMLR, 2014.
# - I. Loshchilov, F. Hutter. [Decoupled weight decay regularization](https://arxiv.org/abs/1711.05101). ICLR, 2019.
# - D. Arpit 等. [A closer look at memorization in deep networks](https://arxiv.org/abs/1706.05394). ICML, 2017.

# %% [markdown] tags=["en"]
# Adding everything changes the accuracy by {{ f"{gain:+.1f}" }} points: no help, and perhaps a small loss. Regularization treats overfitting; if there is no illness, only the side effects remain. Look at the [generalization gap](generalization.py#width) first, then decide.
#
# ## Traps { #traps }
#
# !!! warning "Taking Normalize for regularization"
#     `transforms.Normalize` normalizes: subtract the mean, divide by the deviation. Regularization is another thing; in Chinese notes the two words are often mixed up.
#
# !!! warning "From Adam to AdamW with the same weight_decay"
#     An L2 of 0.0001 in Adam and a decay of 0.0001 in AdamW may differ in strength by orders of magnitude. With a new optimizer search again, see the [clinic](../clinic/optimizers.py#decay-is-not-l2).
#
# !!! warning "Decaying biases and the γ of normalization"
#     That is the default. Exclude them by [parameter groups](optimizers.py#groups), see the [clinic](../clinic/optimizers.py#decay-on-everything).
#
# !!! warning "Reading the p of Dropout(p) as the share that stays"
#     In torch $p$ is the share that is dropped. Some old frameworks have it the other way round: `keep_prob=0.9` becomes `p=0.1`. And do not multiply by the kept share again in evaluation, see the [clinic](../clinic/statements.py#dropout-scaled-twice).
#
# !!! warning "Comparing an augmented, smoothed training loss with the validation loss"
#     The training loss has extras in it, the validation loss has none. So it is no surprise if the validation loss is lower.
#
# ## Asked in interviews { #questions }
#
# ??? question "Are weight decay and L2 regularization the same?"
#     With SGD without momentum they are: the gradient of the penalty $\frac\lambda2\lVert\mathbf w\rVert^2$ is $\lambda\mathbf w$, and a step first multiplies by $1-\eta\lambda$. With Adam they are not: the gradient of L2 is divided by $\sqrt{\hat{\mathbf v}}$, and weights with large gradients hardly decay. AdamW takes the decay out of the gradient, which is weight decay in its first meaning.
#
# ??? question "Why does dropout help against overfitting, and what differs between training and evaluation?"
#     Each step drops some neurons at random and so trains one of many subnetworks that share weights; no neuron can rely on a few fellows to memorise a sample. In training those that stay grow to $1/(1-p)$ times their size, which keeps the expectation; in evaluation all stay and nothing is scaled, an approximation to the mean of all subnetworks.
#
# ## Exercises { #exercises }
#
# **1.** Learning rate 0.001, $\lambda=0.01$, AdamW, all gradients 0, 10,000 steps. How much of a weight is left?
#
# ??? success "Answer"
#     $(1-0.001\times0.01)^{10000}\approx e^{-0.1}\approx$ {{ f"{(1 - 1e-5) ** 10_000:.3f}" }}. The default of 0.01 is gentle.
#
# **2.** Three labels in ten are drawn anew. How many are really wrong on average? Above which training accuracy has noise surely been memorised?
#
# ??? success "Answer"
#     One draw in ten is right by luck, so about $0.3\times0.9=27\%$ are wrong. A network that knows the rule alone has at most about 73% on the training set; measured: {{ f"{memorized:.0%}" }}. It memorised.
#
# **3.** Dropout with $p=0.5$ and $h_i=1$. What is the variance of $\tilde h_i$, and with $p=0.9$?
#
# ??? success "Answer"
#     $\operatorname{Var}(\tilde h_i)=\frac{p}{1-p}h_i^2$, which is 1 and 9. The larger $p$, the more noise.
#
# **4.** When wrong, the network without regularization gives its answer a mean probability of {{ f"{sure['nothing']:.2f}" }}, that with label smoothing 0.2 of {{ f"{sure['label smoothing 0.2']:.2f}" }}. What is the highest probability in the target, with smoothing 0.2 and 10 classes?
#
# ??? success "Answer"
#     $1-0.2+0.2/10=0.82$. The network has no reason to be surer than that, and so it is less sure of itself when it is wrong.
#
# **5.** The validation set has 180 images, and early stopping picks the best of 40 epochs. Why must that highest validation accuracy not be reported?
#
# ??? success "Answer"
#     It is the largest of 40 noisy numbers. Each has a standard error of about $\sqrt{0.88\times0.12/180}\approx$ {{ f"{(0.88 * 0.12 / 180) ** 0.5:.1%}" }}, and the largest is too high by construction, see [leakage](generalization.py#leakage).
#
# ## References { #references }
#
# - A. Krogh, J. Hertz. [A simple weight decay can improve generalization](https://proceedings.neurips.cc/paper/1991/hash/8eefcfdf5990e441f0fb6f3fad709e21-Abstract.html). NeurIPS, 1991.
# - N. Srivastava et al. [Dropout](https://jmlr.org/papers/v15/srivastava14a.html). JMLR, 2014.
# - I. Loshchilov, F. Hutter. [Decoupled weight decay regularization](https://arxiv.org/abs/1711.05101). ICLR, 2019.
# - D. Arpit et al. [A closer look at memorization in deep networks](https://arxiv.org/abs/1706.05394). ICML, 2017.
