# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "随机种子：同一个网络换种子能差多少，一次幸运的运行值多少，几个种子才分得出两个网络，什么是可复现的、什么不是。"
#       en: "Seeds: how far one and the same network spreads, what a lucky run is worth, how many seeds tell two networks apart, what can be reproduced and what cannot."
#     covers: [E-84]
#     labels:
#       network A: 网络甲
#       network B: 网络乙
#       narrow: 窄网络
#       wide: 宽网络
#       "narrow, lower rate": "窄网络，学习率低"
#       all change: 都换
#       initialization alone: 只换初始化
#       order alone: 只换顺序
#       best of n seeds: n 个种子里最好的
#       mean of n seeds: n 个种子的平均
#       number of seeds: 种子个数
#       chance of the right ranking: 排对名次的机会
#       "by resampling": 重新抽样
#       "by the formula": 按公式
#       seeds: 种子数
#       multiplier t: 倍数 t
#       half width in units of s: "半宽（以 s 为单位）"
#       "MLP, AdamW": "MLP，AdamW"
#       "MLP, SGD with momentum": "MLP，带动量的 SGD"
#       "LeNet, AdamW": "LeNet，AdamW"
#       distance of the weights: 权重的距离
#       accuracy of one run: 一次的准确率
#       accuracy of the other: 另一次的准确率
# ---

# %% [markdown] tags=["zh"]
# # 随机种子：哪个网络更好 { #seeds }
#
# 网络甲与网络乙，同样的数据，同样训练 3 个轮次，测试集上量一次：

# %% [markdown] tags=["en"]
# # Seeds: which network is better? { #seeds }
#
# Network A and network B, trained for 3 epochs on the same data and measured once on the test set:

# %% tags=["hide-input"]
import pandas as pd

from dlnotes import data, training
from dlnotes.models.mlp import MLP

splits = data.load("digits")


def run(seed, *, order=None, hidden=(32, 16), lr=5e-3):
    """Train once; `seed` draws the weights and, unless `order` is given, the order."""
    training.seed_everything(seed)
    model = MLP(hidden_sizes=hidden)
    config = training.Config(epochs=3, lr=lr, seed=seed if order is None else order)
    history = training.fit(model, splits, config)
    return training.evaluate(model, splits.test, history.normalization).accuracy


narrow = [run(seed) for seed in range(20)]
best, worst = max(narrow), min(narrow)
pd.DataFrame(
    {"test accuracy": [f"{best:.1%}", f"{worst:.1%}"]}, index=["network A", "network B"]
)

# %% [markdown] tags=["zh"]
# 相差 {{ f"{100 * (best - worst):.1f}" }} 个百分点。**你选哪一个？愿意为甲多付多少显卡钱？**
#
# 它们是同一个网络。代码一行没改，设置一样，只是一个种子是 {{ narrow.index(best) }}，另一个是 {{ narrow.index(worst) }}。一张写着“我们的方法高出两个点”的表，可能什么也没说。
#
# 这一页量的是波动，不挑选任何东西，所以可以反复看测试集。

# %% [markdown] tags=["en"]
# They differ by {{ f"{100 * (best - worst):.1f}" }} points. **Which do you choose, and how much more would you pay for A?**
#
# They are the same network. Not a line of code and not a setting differs; one has seed {{ narrow.index(best) }}, the other seed {{ narrow.index(worst) }}. A table that claims two points more may say nothing at all.
#
# This page measures spread and chooses nothing, so it may look at the test set again and again.

# %% [markdown] tags=["zh"]
# ## 波动有多大，从哪里来 { #spread }
#
# 全部 20 次是这样的：

# %% [markdown] tags=["en"]
# ## How large is the spread, and where does it come from? { #spread }
#
# These are all 20 runs:

# %%
initialization = [run(seed, order=0) for seed in range(8)]
ordering = [run(0, order=seed) for seed in range(8)]

# %% tags=["hide-input"] alt_zh="测试准确率的点图：都换种子的 20 次散布在几个百分点里；只换初始化和只换顺序的各 8 次，散布都不小。" alt_en="Test accuracies as dots: the 20 runs in which all changes spread over some points; 8 runs each with only initialization or only order changed spread about as much."
from statistics import mean, stdev

from dlnotes import figures

sources = {
    "all change": narrow,
    "initialization alone": initialization,
    "order alone": ordering,
}
figures.bars(sources, xlabel="test accuracy", limits=(0.85, 1))

# %% tags=["remove-input"]
s = stdev(narrow)
sampling = (mean(narrow) * (1 - mean(narrow)) / len(splits.test.labels)) ** 0.5

# %% [markdown] tags=["zh"]
# 种子同时管着好几件事：初始权重、样本的顺序、数据增强、暂退法。只换其中一件，波动就有了：只换初始化，标准差 {{ f"{100 * stdev(initialization):.2f}" }} 个百分点；只换顺序，{{ f"{100 * stdev(ordering):.2f}" }}；都换，{{ f"{100 * s:.2f}" }}。这三个数不要细比：8 次算出来的标准差，自己也只准到四分之一左右。
#
# 还有一种噪声，换多少种子也看不见：**测试集本身是抽样得来的**。360 张图片、准确率 {{ f"{mean(narrow):.0%}" }}，[标准误](../theory/probability.py#standard-error)是
#
# $$ \sqrt{\frac{p\,(1-p)}{n_{\text{test}}}} $$
#
# 其中 $p$ 是准确率，$n_{\text{test}}$ 是测试图片数；算出来是 {{ f"{100 * sampling:.2f}" }} 个百分点。比较两个网络时，两者考的是同一张卷子，这部分大多抵消；但若要说“这个网络在新图片上有 {{ f"{mean(narrow):.0%}" }}”，两种噪声都要算进去。
#
# ## 一次幸运的运行值多少 { #lucky }
#
# “我们跑了几次，报告最好的一次。”用上面的 20 次模拟：随机抽 $n$ 次，取最好的一次，与取平均相比：

# %% [markdown] tags=["en"]
# A seed decides several things at once: the first weights, the order of the samples, augmentation, dropout. Any one of them is enough to cause spread: initialization alone gives a standard deviation of {{ f"{100 * stdev(initialization):.2f}" }} points, order alone {{ f"{100 * stdev(ordering):.2f}" }}, all together {{ f"{100 * s:.2f}" }}. Do not compare these three too closely: a standard deviation from 8 runs is itself known to about a quarter.
#
# There is another kind of noise that no number of seeds can show: **the test set is itself a sample**. With 360 images and an accuracy of {{ f"{mean(narrow):.0%}" }} the [standard error](../theory/probability.py#standard-error) is
#
# $$ \sqrt{\frac{p\,(1-p)}{n_{\text{test}}}} $$
#
# where $p$ is the accuracy and $n_{\text{test}}$ the number of test images; it comes to {{ f"{100 * sampling:.2f}" }} points. Two networks that are compared sit the same exam, so most of this noise cancels. To say that a network has {{ f"{mean(narrow):.0%}" }} on new images, count both.
#
# ## What is a lucky run worth? { #lucky }
#
# "We ran it a few times and report the best." Take the 20 runs above, draw $n$ of them at random, and compare the best with the mean:

# %%
import torch

generator = torch.Generator().manual_seed(0)


def draw(values, n, times=4000):
    """Draw n different runs, many times; returns (times, n)."""
    order = torch.rand(times, len(values), generator=generator).argsort(dim=1)[:, :n]
    return torch.tensor(values)[order]


counts = list(range(1, 13))
luck = {
    "best of n seeds": [
        draw(narrow, n).max(dim=1).values.mean().item() for n in counts
    ],
    "mean of n seeds": [draw(narrow, n).mean().item() for n in counts],
}

# %% tags=["hide-input"] alt_zh="横轴种子个数 1 到 12。平均一直是水平的；最好的一次随个数上升，先快后慢。" alt_en="Against the number of seeds, 1 to 12: the mean is level; the best rises with it, fast at first and then slowly."
figures.lines(luck, x=counts, xlabel="number of seeds", ylabel="test accuracy")

# %% [markdown] tags=["zh"]
# 什么也没改进，只多跑了 9 次再挑最好的，就“提高”了 {{ f"{100 * (luck['best of n seeds'][9] - luck['mean of n seeds'][9]):.1f}" }} 个百分点，约 {{ f"{(luck['best of n seeds'][9] - luck['mean of n seeds'][9]) / s:.1f}" }} 个标准差。超参数调优时，每换一个设置就跑一次，再挑最好的，拿到的正是这种“提高”，见[学习率](learning-rate.py#refine)、[超参数调优](tuning.py#report)和[门诊](../clinic/statements.py#winner-of-one-run)。报告**平均**和**标准差**，再说清跑了几次。
#
# ## 几个种子才分得出两个网络 { #how-many }
#
# 把隐藏层从 32 加宽到 64，再跑 20 个种子。平均真的高了一些。可是只跑 $n$ 次的人，有多大机会看出谁更好？**先猜：$n=1$ 呢？要 95% 的把握，几次才够？**
#
# 设两边的标准差都是 $s$，真正的差是 $d$。$n$ 次平均之差的标准差是 $s\sqrt{2/n}$，排对名次的机会约是
#
# $$ \Phi\!\left(\frac{d}{s}\sqrt{\frac n2}\right) $$
#
# 其中 $\Phi$ 是标准正态分布的分布函数。

# %% [markdown] tags=["en"]
# Nothing improved; 9 more runs and a choice of the best "gained" {{ f"{100 * (luck['best of n seeds'][9] - luck['mean of n seeds'][9]):.1f}" }} points, about {{ f"{(luck['best of n seeds'][9] - luck['mean of n seeds'][9]) / s:.1f}" }} standard deviations. Whoever tunes by running each setting once and keeping the best collects exactly this gain; see [learning rate](learning-rate.py#refine), [hyperparameter tuning](tuning.py#report) and the [clinic](../clinic/statements.py#winner-of-one-run). Report **mean** and **standard deviation**, and how many runs there were.
#
# ## How many seeds tell two networks apart? { #how-many }
#
# Widen the hidden layer from 32 to 64 and run 20 seeds again. The mean is indeed a little higher. With $n$ runs each, what is the chance of seeing which is better? **Guess: with $n=1$? And how many for a confidence of 95%?**
#
# Let both sides have standard deviation $s$ and differ by $d$ in truth. The difference of two means of $n$ has standard deviation $s\sqrt{2/n}$, and the chance of the right ranking is about
#
# $$ \Phi\!\left(\frac{d}{s}\sqrt{\frac n2}\right) $$
#
# where $\Phi$ is the distribution function of the standard normal.

# %%
wide = [run(seed, hidden=(64, 16)) for seed in range(20)]
d = mean(wide) - mean(narrow)
pooled = ((stdev(wide) ** 2 + stdev(narrow) ** 2) / 2) ** 0.5
tries = [1, 2, 3, 5, 8, 12]


def right_ranking(n):
    first, second = draw(narrow, n).mean(dim=1), draw(wide, n).mean(dim=1)
    return ((second > first).float() + 0.5 * (second == first).float()).mean().item()


normal = torch.distributions.Normal(0.0, 1.0)
chance = {
    "by resampling": [right_ranking(n) for n in tries],
    "by the formula": [
        normal.cdf(torch.tensor(d / pooled * (n / 2) ** 0.5)).item() for n in tries
    ],
}

# %% tags=["hide-input"] alt_zh="横轴种子个数，纵轴排对名次的机会。两条线很接近，从 1 个种子的七八成升到 5 个以上的九成多。" alt_en="Chance of the right ranking against the number of seeds: the two lines are close and rise from seventy or eighty percent with 1 seed to well above ninety with 5 and more."
figure = figures.lines(
    chance, x=tries, xlabel="number of seeds", ylabel="chance of the right ranking"
)
figure.axes[0].set(ylim=(0.5, 1.02))
figure

# %% tags=["remove-input"]
import math

from scipy import stats

enough = math.ceil(16 * (pooled / d) ** 2)
multipliers = {n: stats.t.ppf(0.975, n - 1) for n in (2, 3, 5, 10, 30)}
interval_5 = multipliers[5] * stdev(narrow[:5]) / 5**0.5

# %% [markdown] tags=["zh"]
# 把这些均值当作真值，两个网络相差 {{ f"{100 * d:.1f}" }} 个百分点，是标准差的 {{ f"{d / pooled:.1f}" }} 倍。只跑 1 次，排对的机会是 {{ f"{chance['by resampling'][0]:.0%}" }}；跑 5 次，{{ f"{chance['by resampling'][3]:.0%}" }}。次数多时重新抽样的线略高，因为一共只有 20 次可抽，而且不放回。
#
# 排对名次还不等于“能确定”。若要在 5% 的显著性水平上、以 80% 的机会发现这个差别，两边各要大约
#
# $$ n \approx 16\left(\frac sd\right)^2 $$
#
# 次，这里是 {{ enough }} 次。差别是标准差的一半，就要 64 次；差别是两倍标准差，4 次就够。**先知道 $s$，才知道要跑几次。**
#
# ## 误差棒怎样写 { #interval }
#
# $n$ 次的平均是 $\bar x$，标准差是 $s$，平均的 95% 置信区间是 $\bar x\pm t\,s/\sqrt n$。次数少时，连 $s$ 也估不准，所以倍数 $t$ 要大得多：

# %% [markdown] tags=["en"]
# The true means of the two networks are taken to differ by {{ f"{100 * d:.1f}" }} points, {{ f"{d / pooled:.1f}" }} times the standard deviation. With a single run each, the ranking is right with a chance of {{ f"{chance['by resampling'][0]:.0%}" }}; with 5, of {{ f"{chance['by resampling'][3]:.0%}" }}. For many runs the line from resampling lies a little higher, as there are only 20 to draw from, without replacement.
#
# To rank right is not yet to be sure. To find the difference at the 5% level with a chance of 80%, each side needs about
#
# $$ n \approx 16\left(\frac sd\right)^2 $$
#
# runs, {{ enough }} here. A difference of half a standard deviation takes 64, one of two standard deviations takes 4. **Know $s$ first, and you know how often to run.**
#
# ## How to write an error bar { #interval }
#
# Let $\bar x$ be the mean of $n$ runs and $s$ their standard deviation. The 95% confidence interval of the mean is $\bar x\pm t\,s/\sqrt n$. With few runs $s$ itself is uncertain, and the multiplier $t$ is far larger:

# %% tags=["hide-input"]
pd.DataFrame(
    {
        "seeds": list(multipliers),
        "multiplier t": [f"{t:.2f}" for t in multipliers.values()],
        "half width in units of s": [
            f"{t / n**0.5:.2f}" for n, t in multipliers.items()
        ],
    }
).set_index("seeds")

# %% [markdown] tags=["zh"]
# 两次运行的“误差棒”有 {{ f"{multipliers[2] / 2**0.5:.0f}" }} 个标准差宽，等于没说；5 次才像样。窄网络前 5 次的结果应当写成 {{ f"{100 * mean(narrow[:5]):.1f}" }} ± {{ f"{100 * interval_5:.1f}" }}%（95% 置信区间，5 个种子）。要写明 ± 后面是什么：标准差、标准误还是置信区间，三者能差好几倍。
#
# ## 成对比较：种子相同，能省一半 { #pairing }
#
# 比较两个设置时，若两边用同样的种子，初始权重和样本顺序都一样，运气也就共享了。**先猜：对宽网络有用吗？对只改学习率的呢？** 看同一种子下两边准确率的相关系数：

# %% [markdown] tags=["en"]
# An "error bar" of two runs is {{ f"{multipliers[2] / 2**0.5:.0f}" }} standard deviations wide and says nothing; with 5 it begins to mean something. The first 5 runs of the narrow network should read {{ f"{100 * mean(narrow[:5]):.1f}" }} ± {{ f"{100 * interval_5:.1f}" }}% (95% confidence interval, 5 seeds). Say what follows ±: standard deviation, standard error or confidence interval differ by large factors.
#
# ## In pairs: the same seeds may save half { #pairing }
#
# When two settings are compared with the same seeds, the first weights and the order agree, and luck is shared. **Guess: does that help with the wide network? And when only the learning rate changes?** Look at the correlation of the accuracies by seed:

# %%
slower = [run(seed, lr=4e-3) for seed in range(20)]


def compare(other):
    differences = [b - a for a, b in zip(narrow, other)]
    correlation = torch.corrcoef(torch.tensor([narrow, other]))[0, 1].item()
    unpaired = (stdev(narrow) ** 2 + stdev(other) ** 2) ** 0.5
    return correlation, 100 * stdev(differences), 100 * unpaired


pairs = {"wide": compare(wide), "narrow, lower rate": compare(slower)}
for name, (correlation, paired, unpaired) in pairs.items():
    print(
        f"{name:20} correlation {correlation:+.2f}, difference ± {paired:.2f} (unpaired: {unpaired:.2f})"
    )

# %% [markdown] tags=["zh"]
# 宽网络的权重形状不同，同一个种子给出的初始值毫不相干，相关系数 {{ f"{pairs['wide'][0]:+.2f}" }}，成对没有好处。只改学习率的，初始值和顺序都一样，相关系数 {{ f"{pairs['narrow, lower rate'][0]:+.2f}" }}，差的标准差从 {{ f"{pairs['narrow, lower rate'][2]:.2f}" }} 降到 {{ f"{pairs['narrow, lower rate'][1]:.2f}" }}，同样的把握可以少跑一些。成对几乎不会吃亏，所以习惯上就用同样的种子 0、1、2……
#
# ## 种子固定了什么 { #what-a-seed-fixes }

# %% [markdown] tags=["en"]
# The wide network has weights of another shape, and what the same seed draws for it is unrelated: correlation {{ f"{pairs['wide'][0]:+.2f}" }}, no use in pairing. With the learning rate alone changed, weights and order agree: correlation {{ f"{pairs['narrow, lower rate'][0]:+.2f}" }}, and the deviation of the difference falls from {{ f"{pairs['narrow, lower rate'][2]:.2f}" }} to {{ f"{pairs['narrow, lower rate'][1]:.2f}" }}, so fewer runs will do. Pairing hardly ever hurts; make it a habit to use the same seeds 0, 1, 2 …
#
# ## What does a seed fix? { #what-a-seed-fixes }


# %%
def weights_after(before_building=lambda: None):
    training.seed_everything(0)
    before_building()
    model = MLP(hidden_sizes=(32, 16))
    training.fit(model, splits, training.Config(epochs=1))
    return torch.cat([p.detach().flatten() for p in model.parameters()])


once, twice = weights_after(), weights_after()
disturbed = weights_after(lambda: torch.rand(1))  # one random number too many
print("same seed twice, bit for bit:", torch.equal(once, twice))
print(
    f"one number drawn in between: weights differ by up to {(once - disturbed).abs().max():.2f}"
)

a, b, c = torch.tensor([1e8, 1.0, -1e8])
print(
    "the same three numbers: (a + b) + c =",
    ((a + b) + c).item(),
    "  (a + c) + b =",
    ((a + c) + b).item(),
)

# %% [markdown] tags=["zh"]
# 别人用同样的代码、数据和设置，能得到同样的结果吗？这叫**可复现性**。种子只是其中一环：
#
# - 同样的种子、同一台机器、同样的版本，CPU 上**逐位相同**。
# - 种子固定的是**一串**随机数，不是某一个数。中间多取一个，后面全部错位。画图、读数据、多建一个模型，都可能取走随机数。所以样本的顺序最好有自己的生成器（`torch.Generator`），`training.fit` 就是这样做的。
# - 浮点加法与次序有关：同样三个数，换个次序加，一个得 0，一个得 1。
#
# | 变了什么 | 还会逐位相同吗 |
# |---|---|
# | 什么也没变，CPU | 会 |
# | 线程数、CPU 型号 | 不保证，求和的分法变了 |
# | GPU，默认设置 | 不保证，有的核函数用原子加法，次序不定 |
# | GPU，`torch.use_deterministic_algorithms(True)` | 同型号、同版本会；有的运算没有确定的实现，会[报错](../clinic/devices.py#deterministic-algorithms) |
# | torch 的版本、CPU 换 GPU | 不保证 |
# | DataLoader 的加载进程 | 种子在建迭代器之前设好，会；数据集自带的随机数生成器要在 `worker_init_fn=` 里设种子；顺序想不受别处抽数影响，给 `generator=` |
#
# 同样的输入总给出逐位相同的输出，这样的实现叫**确定性算法**。它往往慢一些，因为加法的次序不能随谁先算完而定。
#
# ## 差一个舍入误差，后来会怎样 { #butterfly }
#
# 不能逐位相同，要紧吗？做个实验：两次训练完全一样，只把一个权重改动 $10^{-6}$，约等于一次舍入误差。走下去，两个网络的距离怎样变？**先猜：缩小，不变，还是爆炸？**

# %% [markdown] tags=["en"]
# Do others get the same result from the same code, data and settings? That is **reproducibility**, and the seed is only one part of it:
#
# - The same seed, machine and versions give the same **bit for bit** on the CPU.
# - A seed fixes a **sequence**, not a number. Draw one more in between, and all that follows is shifted. Plotting, loading data or building another model may all draw. So give the order of the samples a generator of its own (`torch.Generator`), as `training.fit` does.
# - Floating-point addition depends on order: the same three numbers give 0 one way and 1 the other.
#
# | what changed | still the same bit for bit? |
# |---|---|
# | nothing, CPU | yes |
# | threads, model of the CPU | no promise; sums are split in another way |
# | GPU, default settings | no promise; some kernels add atomically, in any order |
# | GPU, `torch.use_deterministic_algorithms(True)` | yes on the same model and version; some operations have no such form and [raise an error](../clinic/devices.py#deterministic-algorithms) |
# | torch's version, CPU to GPU | no promise |
# | workers of a DataLoader | yes, if the seed is set before the loader is iterated; a generator of the data set's own has to be seeded in `worker_init_fn=`; to keep the order apart from other draws, pass `generator=` |
#
# An implementation whose output is the same bit for bit for the same input is a **deterministic algorithm**. It is often slower, for the order of additions must not depend on who finishes first.
#
# ## One rounding error, and what becomes of it { #butterfly }
#
# Does it matter when runs are not bit for bit the same? Try it: two runs are exactly alike but for one weight, moved by $10^{-6}$, about one rounding error. What happens to the distance between the networks? **Guess: does it shrink, stay, or explode?**

# %%
from torch.nn import functional as F

from dlnotes import models

norm = training.Normalization.of(splits.train.images)
x, y = norm.apply(splits.train.images), splits.train.labels
x_test, y_test = norm.apply(splits.test.images), splits.test.labels


def follow(build, make_optimizer, nudge, steps=300):
    """Train from seed 0 with one weight nudged; return all weights at each step, and the accuracy."""
    training.seed_everything(0)
    model = build()
    with torch.no_grad():
        next(model.parameters()).view(-1)[0] += nudge
    optimizer, order = (
        make_optimizer(model.parameters()),
        torch.Generator().manual_seed(0),
    )
    path = []
    for _ in range(steps):
        index = torch.randint(len(y), (64,), generator=order)
        loss = F.cross_entropy(model(x[index]), y[index])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        path.append(torch.cat([p.detach().flatten() for p in model.parameters()]))
    with torch.no_grad():
        return torch.stack(path), (
            model(x_test).argmax(dim=1) == y_test
        ).float().mean().item()


def adamw(parameters):
    return torch.optim.AdamW(parameters, lr=5e-3)


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=0.1, momentum=0.9)


settings = {
    "MLP, AdamW": (lambda: MLP(hidden_sizes=(32, 16)), adamw),
    "MLP, SGD with momentum": (lambda: MLP(hidden_sizes=(32, 16)), sgd),
    "LeNet, AdamW": (lambda: models.create("lenet"), adamw),
}
twins = {
    name: [follow(*parts, nudge) for nudge in (0.0, 1e-6)]
    for name, parts in settings.items()
}
distances = {name: (a[0] - b[0]).norm(dim=1) for name, (a, b) in twins.items()}

# %% tags=["hide-input"] alt_zh="对数纵轴，权重的距离随步数。MLP 配 AdamW 一直在 1e-5 上下；MLP 配带动量的 SGD 在几十步后从 1e-6 爆炸到 10 左右；LeNet 配 AdamW 也升到 1 左右。" alt_en="Distance of the weights by step on a logarithmic axis: MLP with AdamW stays near 1e-5; MLP with SGD and momentum explodes after some dozens of steps from 1e-6 to about 10; LeNet with AdamW rises to about 1 as well."
figures.lines(distances, xlabel="step", ylabel="distance of the weights", log=True)

# %% tags=["hide-input"]
pd.DataFrame(
    {name: [f"{a[1]:.1%}", f"{b[1]:.1%}"] for name, (a, b) in twins.items()},
    index=["accuracy of one run", "accuracy of the other"],
).T

# %% [markdown] tags=["zh"]
# 没有一个缩小。MLP 配 AdamW，距离很快停在某处，到最后是 {{ f"{distances['MLP, AdamW'][-1]:.0e}" }}，舍入误差没有后果。LeNet 到了 {{ f"{distances['LeNet, AdamW'][-1]:.1f}" }}，权重已经是另一组，准确率却差不多：走的路不同，到的地方一样高。SGD 的学习率配上动量偏大，训练在稳定的边缘，距离爆炸到 {{ f"{distances['MLP, SGD with momentum'][-1]:.0f}" }}，准确率一个 {{ f"{twins['MLP, SGD with momentum'][0][1]:.0%}" }}，一个 {{ f"{twins['MLP, SGD with momentum'][1][1]:.0%}" }}。
#
# 所以，换一台机器重跑，不要指望逐位相同，要看**分布**是否相同。若换了线程数准确率就大变，那不是“不可复现”，是训练不稳。
#
# ## 常见的坑 { #traps }
#
# !!! warning "种子也拿来调"
#     把种子当超参数挑最好的，就是“一次幸运的运行”。种子事先定好：0、1、2……
#
# !!! warning "先建模型，后设种子"
#     权重已经抽完了。`seed_everything` 要在建模型之前调用。
#
# !!! warning "设了 torch 的种子，忘了别的"
#     Python 的 `random`、NumPy、torch 各有各的生成器。`training.seed_everything` 三个一起设。
#
# !!! warning "每个轮次都重新设一遍种子"
#     每个轮次的顺序和增强就都一样了，随机性就少了大半。

# %% [markdown] tags=["en"]
# None shrinks. For the MLP with AdamW the distance soon settles and is {{ f"{distances['MLP, AdamW'][-1]:.0e}" }} at the end, and the rounding error has no consequence. For LeNet it reaches {{ f"{distances['LeNet, AdamW'][-1]:.1f}" }}: by then the weights are different ones, while the accuracy is about the same: another path led to a place of about the same height. SGD has a rather large learning rate for its momentum and trains at the edge of stability: the distance explodes to {{ f"{distances['MLP, SGD with momentum'][-1]:.0f}" }}, and the accuracies are {{ f"{twins['MLP, SGD with momentum'][0][1]:.0%}" }} and {{ f"{twins['MLP, SGD with momentum'][1][1]:.0%}" }}.
#
# So do not expect another machine to agree bit for bit; ask whether the **distribution** agrees. If another number of threads changes the accuracy a lot, the trouble is unstable training, not a lack of reproducibility.
#
# ## Traps { #traps }
#
# !!! warning "Tuning the seed"
#     A seed that is chosen for its result is a lucky run. Fix seeds beforehand: 0, 1, 2 …
#
# !!! warning "The model first, the seed later"
#     The weights have been drawn by then. Call `seed_everything` before the model is built.
#
# !!! warning "torch is seeded, the others are not"
#     Python's `random`, NumPy and torch each have a generator of their own. `training.seed_everything` seeds all three.
#
# !!! warning "Seeding anew at every epoch"
#     Order and augmentation are then the same in every epoch, and most of the randomness is gone.

# %% [markdown] tags=["zh"]
# ## 面试里会问 { #questions }
#
# ??? question "怎样判断模型 B 真的比模型 A 好？"
#     两边各跑至少 5 个种子，用同样的种子和同样的划分，在没有参与选择的测试集上量一次。报告平均、标准差、次数，看差的置信区间是否包含 0。差与标准差之比决定要跑几次；再想一想测试集的抽样误差有多大。
#
# ??? question "固定了种子，结果还是每次不同，为什么？"
#     有东西在种子之外：模型在设种子之前就建好了；NumPy 或 Python 的生成器没有设；DataLoader 的工作进程；GPU 上次序不定的加法；线程数或版本变了；或者中间多取了随机数。逐步缩小：先关掉增强和多进程，在 CPU 上单线程跑两次，比较第 1 步之后的权重。
#
# ## 练习 { #exercises }
#
# **1.** 两个网络的差是 0.5 个百分点，标准差都是 1 个百分点。要在 5% 水平上以 80% 的机会看出来，各跑几次？
#
# ??? success "答案"
#     $16\times(1/0.5)^2=64$ 次。这样小的差，多半不值得追。
#
# **2.** 三次结果是 96.1、96.9、95.7。写出平均和 95% 置信区间。
#
# ??? success "答案"
#     平均 {{ f"{mean([96.1, 96.9, 95.7]):.2f}" }}，标准差 {{ f"{stdev([96.1, 96.9, 95.7]):.2f}" }}，半宽 {{ f"{multipliers[3]:.2f}" }} × {{ f"{stdev([96.1, 96.9, 95.7]):.2f}" }} / √3 = {{ f"{multipliers[3] * stdev([96.1, 96.9, 95.7]) / 3**0.5:.1f}" }}。
#
# **3.** 测试集有 10,000 张，准确率 99.2%。抽样造成的标准误是多少？差 0.1 个百分点的两个网络分得开吗？
#
# ??? success "答案"
#     $\sqrt{0.992\times0.008/10000}\approx$ {{ f"{100 * (0.992 * 0.008 / 10_000) ** 0.5:.2f}" }} 个百分点。单独看分不开；同一张卷子上成对比较，噪声小一些，仍要好几个种子。
#
# **4.** 10 个设置一样好，各跑一次，挑最好的。它看上去比平均高几个标准差？
#
# ??? success "答案"
#     10 个独立正态变量的最大值平均高 1.54 个标准差。这里用重新抽样量到 {{ f"{(luck['best of n seeds'][9] - luck['mean of n seeds'][9]) / s:.2f}" }}，略有出入，因为只有 20 次可抽，也不完全是正态。
#
# ## 参考文献 { #references }
#
# - X. Bouthillier 等. [Accounting for variance in machine learning benchmarks](https://arxiv.org/abs/2103.03098). MLSys, 2021.
# - C. Summers, M. Dinneen. [Nondeterminism and instability in neural network optimization](https://arxiv.org/abs/2103.04514). ICML, 2021.
# - [Reproducibility](https://docs.pytorch.org/docs/stable/notes/randomness.html)，PyTorch 文档。

# %% [markdown] tags=["en"]
# ## Asked in interviews { #questions }
#
# ??? question "How do you tell that model B is really better than model A?"
#     Run each with at least 5 seeds, the same seeds and the same splits on both sides, and measure once on a test set that chose nothing. Report mean, deviation and number of runs, and see whether the confidence interval of the difference contains 0. The ratio of difference to deviation decides how many runs it takes; and mind the sampling error of the test set.
#
# ??? question "The seed is fixed and results still differ each time. Why?"
#     Something stands outside the seed: the model was built before seeding; NumPy's or Python's generator was not seeded; workers of a DataLoader; additions in no fixed order on a GPU; a different number of threads or another version; or an extra random number in between. Narrow it down: switch augmentation and workers off, run twice on the CPU with one thread, and compare the weights after step 1.
#
# ## Exercises { #exercises }
#
# **1.** Two networks differ by 0.5 points, both with a deviation of 1 point. How many runs each find it at the 5% level with a chance of 80%?
#
# ??? success "Answer"
#     $16\times(1/0.5)^2=64$. A difference this small is rarely worth chasing.
#
# **2.** Three results: 96.1, 96.9, 95.7. Write mean and 95% confidence interval.
#
# ??? success "Answer"
#     Mean {{ f"{mean([96.1, 96.9, 95.7]):.2f}" }}, deviation {{ f"{stdev([96.1, 96.9, 95.7]):.2f}" }}, half width {{ f"{multipliers[3]:.2f}" }} × {{ f"{stdev([96.1, 96.9, 95.7]):.2f}" }} / √3 = {{ f"{multipliers[3] * stdev([96.1, 96.9, 95.7]) / 3**0.5:.1f}" }}.
#
# **3.** A test set has 10,000 images, the accuracy is 99.2%. What is the standard error from sampling? Can two networks that differ by 0.1 points be told apart?
#
# ??? success "Answer"
#     $\sqrt{0.992\times0.008/10000}\approx$ {{ f"{100 * (0.992 * 0.008 / 10_000) ** 0.5:.2f}" }} points. Taken singly, no; paired on the same exam the noise is less, and it still takes several seeds.
#
# **4.** 10 settings are equally good, each is run once, the best is kept. By how many deviations does it seem better than the mean?
#
# ??? success "Answer"
#     The largest of 10 independent normal variables is 1.54 deviations above the mean on average. Resampling gave {{ f"{(luck['best of n seeds'][9] - luck['mean of n seeds'][9]) / s:.2f}" }} here, not quite the same, as there are only 20 runs to draw from and they are not quite normal.
#
# ## References { #references }
#
# - X. Bouthillier et al. [Accounting for variance in machine learning benchmarks](https://arxiv.org/abs/2103.03098). MLSys, 2021.
# - C. Summers, M. Dinneen. [Nondeterminism and instability in neural network optimization](https://arxiv.org/abs/2103.04514). ICML, 2021.
# - [Reproducibility](https://docs.pytorch.org/docs/stable/notes/randomness.html), PyTorch documentation.
