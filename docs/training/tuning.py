# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "哪一处改动真的有用：基线、过拟合一个批量、消融实验、成对比较与显著性、网格搜索与随机搜索、只报告一次测试、集成、交叉验证，每一步都量出来。"
#       en: "Which change really helped: baselines, overfitting one batch, ablation, paired comparison and significance, grid against random search, reporting the test once, ensembles, cross-validation, each step measured."
#     covers: []
#     labels:
#       baseline: 基线
#       "all five changes": 五处改动全上
#       wider: 加宽
#       longer: 加长
#       one cycle: 单周期
#       label smoothing: 标签平滑
#       augmentation: 数据增强
#       always the largest class: 总猜最多的类
#       "linear, no hidden layer": "线性，没有隐藏层"
#       "one hidden layer": 一个隐藏层
#       "as it should be": 照原样
#       "ReLU on the output": 输出上多了 ReLU
#       loss on one batch: 一个批量上的损失
#       "change when taken away (points)": "拿掉之后的变化（百分点）"
#       "mean of 8 differences (points)": "8 个差的平均（百分点）"
#       sign patterns: 正负号组合数
#       seed 0 alone: 只看种子 0
#       "mean of 8 seeds": 8 个种子的平均
#       standard error: 标准误
#       p-value: p 值
#       constant: 不变
#       weight decay: 权重衰减
#       grid search: 网格搜索
#       random search: 随机搜索
#       trials: 次数
#       settings that matter: 要紧的超参数
#       number of hyperparameters: 超参数个数
#       "grid: values of lr": "网格：学习率取值数"
#       "grid: shortfall": "网格：差多少"
#       "random: values of lr": "随机：学习率取值数"
#       "random: shortfall": "随机：差多少"
#       members: 成员数
#       ensemble: 集成
#       one net on average: 单个的平均
#       "hold-out, 40 images": "留出法，40 张"
#       "5 folds": 5 折
#       estimate minus truth: 估计减真值
# ---

# %% [markdown] tags=["zh"]
# # 调参：哪一处改动真的有用 { #tuning }
#
# 有人拿到一个小网络，加了五样东西：隐藏层加宽、训练加长、单周期策略、标签平滑、数据增强。验证准确率变成这样：

# %% [markdown] tags=["en"]
# # Tuning: which change really helped? { #tuning }
#
# Somebody took a small network and added five things: a wider hidden layer, longer training, a one-cycle learning rate, label smoothing, augmentation. The validation accuracy went like this:

# %% tags=["hide-input"]
import dataclasses
import itertools
from statistics import mean, stdev

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.nn import functional as F

from dlnotes import data, figures, training
from dlnotes.figures.style import INK, PALETTE
from dlnotes.models.mlp import MLP

loaded = data.load("digits")
parts = (loaded.train, loaded.validation, loaded.test)
images, labels = torch.cat([part.images for part in parts]), torch.cat([part.labels for part in parts])
order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
# Little to train on, so that changes matter; much to measure on, so that they show.
train, validation, test = (data.Split(images[index], labels[index]) for index in (order[:400], order[400:900], order[900:]))
splits = dataclasses.replace(loaded, train=train, validation=data.Split(validation.images[:10], validation.labels[:10]), test=test)
normalization = training.Normalization.of(train.images)

BASELINE = {"hidden_sizes": (32,), "epochs": 8, "lr": 3e-3, "schedule": "constant", "label_smoothing": 0.0, "augmentation": "none"}
CHANGES = {
    "wider": {"hidden_sizes": (128,)},
    "longer": {"epochs": 16},
    "one cycle": {"schedule": "one_cycle"},
    "label smoothing": {"label_smoothing": 0.1},
    "augmentation": {"augmentation": "digits"},
}


def fit(seed, **changed):
    """Train on the 400 images with the baseline's settings but for `changed`."""
    settings = BASELINE | changed
    training.seed_everything(seed)
    model = MLP(hidden_sizes=settings.pop("hidden_sizes"))
    training.fit(model, splits, training.Config(seed=seed, batch_size=80, **settings))
    return model


def accuracy(model, part=validation):
    return training.evaluate(model, part, normalization).accuracy


SEEDS = range(8)
everything = {name: value for change in CHANGES.values() for name, value in change.items()}
baseline = [accuracy(fit(seed)) for seed in SEEDS]
full = [accuracy(fit(seed, **everything)) for seed in SEEDS]
pd.DataFrame({"validation accuracy": [f"{mean(runs):.1%}" for runs in (baseline, full)]}, index=["baseline", "all five changes"])

# %% [markdown] tags=["zh"]
# 提高了 {{ f"{100 * (mean(full) - mean(baseline)):.1f}" }} 个百分点，论文可以写了：“五项改进共同带来提升。”**先猜：五样里有几样真有用？有没有哪一样其实在拖后腿？** 把猜的写下来，下面一样一样地查。
#
# 这一页从头到尾守一条规矩：挑选只看**验证集**，测试集最后看一次。
#
# ## 基线：和谁比 { #baseline }
#
# **基线**是最简单的合理做法。没有它，一个成绩说明不了好坏：

# %% [markdown] tags=["en"]
# That is {{ f"{100 * (mean(full) - mean(baseline)):.1f}" }} points more, enough for a paper: "together our five improvements …" **Guess: how many of the five really help? Does one of them even hold the others back?** Write it down; we check them one by one below.
#
# One rule holds on this whole page: choices are made on the **validation set** alone, and the test set is looked at once, at the end.
#
# ## The baseline: compared with what? { #baseline }
#
# A **baseline** is the simplest sensible method. Without one a score says little:

# %% tags=["hide-input"] alt_zh="四行验证准确率：总猜最多的类约一成；没有隐藏层的线性模型与一个隐藏层的网络都将近九成；五处改动全上，九成多。" alt_en="Four rows of validation accuracy: always the largest class about a tenth; a linear model and a net with one hidden layer nearly nine tenths; all five changes above nine tenths."
largest = [(validation.labels == train.labels.bincount().argmax()).double().mean().item()]
linear = [accuracy(fit(seed, hidden_sizes=())) for seed in range(3)]
figures.bars(
    {"always the largest class": largest, "linear, no hidden layer": linear, "one hidden layer": baseline, "all five changes": full},
    xlabel="validation accuracy", limits=(0, 1),
)  # fmt: skip

# %% [markdown] tags=["zh"]
# 总猜最多的类只有 {{ f"{largest[0]:.0%}" }}，可是没有隐藏层的线性模型已经有 {{ f"{mean(linear):.0%}" }}。从它到五样全上，错误率从 {{ f"{1 - mean(linear):.1%}" }} 降到 {{ f"{1 - mean(full):.1%}" }}，这才是要解释的那一段。基线也要认真调：拿精心调过的新方法去比随手设的旧方法，比的是谁花的功夫多。
#
# ## 先过拟合一个批量 { #overfit-one-batch }
#
# 调参之前，先确认程序没有错。**过拟合一个批量**：只拿一个小批量反复训练，损失应当降到接近 0。降不下去，说明模型、损失或更新里有错，调什么都白费。它几秒钟就做完：

# %% [markdown] tags=["en"]
# Always naming the largest class gives {{ f"{largest[0]:.0%}" }}, but a linear model without a hidden layer already has {{ f"{mean(linear):.0%}" }}. From there to all five changes the error rate falls from {{ f"{1 - mean(linear):.1%}" }} to {{ f"{1 - mean(full):.1%}" }}, and that is the part that needs explaining. Tune the baseline with care too. A carefully tuned new method against a carelessly set old one compares nothing but effort.
#
# ## Overfit one batch first { #overfit-one-batch }
#
# Before tuning, make sure that the program is right. **Overfitting one batch** means training on a single small batch again and again: the loss should come close to 0. If it does not, something is wrong in the model, the loss or the update, and no tuning will help. The check takes seconds:

# %%
def one_batch(model, steps=150):
    """Return the loss on the same 32 images at every step."""
    x, y = normalization.apply(train.images[:32]), train.labels[:32]
    optimizer, path = torch.optim.AdamW(model.parameters(), lr=3e-3), []
    for _ in range(steps):
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        path.append(loss.item())
    return path


training.seed_everything(0)
paths = {
    "as it should be": one_batch(MLP(hidden_sizes=(32,))),
    "ReLU on the output": one_batch(
        nn.Sequential(MLP(hidden_sizes=(32,)), nn.ReLU())
    ),
}

# %% tags=["hide-input"] alt_zh="一个批量上的损失随步数，对数纵轴。照原样的一路降到千分之一上下；输出上多了 ReLU 的停在半路，再也不降。" alt_en="Loss on one batch by step, logarithmic: as it should be, it falls to about a thousandth; with a ReLU on the output it stops halfway and falls no more."
figures.lines(paths, xlabel="step", ylabel="loss on one batch", log=True)

# %% [markdown] tags=["zh"]
# 照原样的降到 {{ f"{paths['as it should be'][-1]:.3f}" }}；输出上误加了一个 ReLU 的，停在 {{ f"{paths['ReLU on the output'][-1]:.2f}" }}：有的正确类别 logit 卡在 0，梯度也是 0，再也动不了。用全部数据训练，它只会显得“准确率有点低”，很容易被拿去调参。更多这样的检查见[准确率停在 10% 怎么办](debugging.py#checks)。
#
# ## 消融实验：一次拿掉一样 { #ablation }
#
# 五样一起加，看不出功劳是谁的。**消融实验**从完整的版本出发，每次只拿掉一样，其余不变，看成绩变多少。先像很多人那样，每个版本只跑种子 0，再跑满 8 个：

# %% [markdown] tags=["en"]
# In the correct network the loss comes down to {{ f"{paths['as it should be'][-1]:.3f}" }}; with a ReLU on the output by mistake it stops at {{ f"{paths['ReLU on the output'][-1]:.2f}" }}. For some images the logit of the right class is stuck at 0; its gradient is 0 as well, so it never moves again. Trained on all the data, this net would only look "a little low", and somebody would spend days tuning it. More checks of this kind: [when accuracy is stuck at 10%](debugging.py#checks).
#
# ## Ablation: take one away at a time { #ablation }
#
# When five things are added at once, nobody can tell which of them deserves the credit. An **ablation study** starts from the full version, takes one part away at a time, leaves the rest as it is, and looks at how far the score moves. We first do it the way many people do, with seed 0 alone, and then with 8 seeds:

# %%
def all_but(change):
    left_out = CHANGES[change]
    return {name: value for name, value in everything.items() if name not in left_out}


without = {
    change: [accuracy(fit(seed, **all_but(change))) for seed in SEEDS]
    for change in CHANGES
}
# In pairs: the same seed gives the same order.
moved = {
    change: [100 * (a - b) for a, b in zip(runs, full)]
    for change, runs in without.items()
}
error = {
    change: stdev(values) / len(values) ** 0.5 for change, values in moved.items()
}

# %% tags=["hide-input"] alt_zh="五行，每行 8 个点和一个带误差棒的平均：拿掉加宽和加长，准确率明显下降；拿掉单周期，反而上升；标签平滑与数据增强离 0 很近。空心点是种子 0。" alt_en="Five rows of 8 dots with their mean and error bar: taking away width or length lowers the accuracy clearly; taking away one cycle raises it; label smoothing and augmentation lie close to 0. The ring marks seed 0."
figure, axes = plt.subplots(figsize=(6.4, 2.9))
for row, (change, values) in enumerate(moved.items()):
    axes.plot(values[1:], [row] * 7, "o", color=INK, alpha=0.35, markersize=4)
    axes.plot(values[0], row, "o", color=PALETTE[1], markersize=8, markerfacecolor="none")
    axes.errorbar(mean(values), row, xerr=2 * error[change], color=PALETTE[0], marker="D", markersize=6, capsize=4, linewidth=2)
axes.axvline(0, color=INK, alpha=0.5, linewidth=1)
axes.set_yticks(range(len(moved)), moved)
axes.set_ylim(4.5, -0.5)
axes.set_xlabel("change when taken away (points)")
figure

# %% tags=["hide-input"]
pd.DataFrame(
    {
        "seed 0 alone": [f"{values[0]:+.1f}" for values in moved.values()],
        "mean of 8 seeds": [f"{mean(values):+.2f}" for values in moved.values()],
        "standard error": [f"{value:.2f}" for value in error.values()],
    },
    index=list(moved),
)

# %% [markdown] tags=["zh"]
# 圈是种子 0，菱形是平均，横线是正负两个标准误。负数表示拿掉它有损失，也就是它有用。
#
# - 加宽、加长：拿掉哪一样都损失一个多到两个多百分点，实打实有用。
# - 单周期：**拿掉反而高了 {{ f"{mean(moved['one cycle']):.1f}" }} 个百分点**。总成绩里它一直在拖后腿，被另外两样盖住了。
# - 标签平滑、数据增强：差别都不到一个百分点。只看种子 0 的人会说，标签平滑值 {{ f"{-moved['label smoothing'][0]:+.1f}" }}，数据增强值 {{ f"{-moved['augmentation'][0]:+.1f}" }}；8 个种子的平均是 {{ f"{-mean(moved['label smoothing']):+.2f}" }} 和 {{ f"{-mean(moved['augmentation']):+.2f}" }}。
#
# ## 是不是运气：成对比较与显著性 { #significance }
#
# 两边用的是同样的 8 个种子，所以可以一对一对地减，得到 8 个差 $d_1,\dots,d_n$。平均差 $\bar d$ 的**标准误**是 $s/\sqrt n$，其中 $s$ 是这些差的标准差，$n$ 是对数。差超过两个标准误，才值得多看一眼。种子为什么要成对，见[随机种子](seeds.py#pairing)。
#
# 怎样把“多半不是运气”说成一个数？假设这处改动**毫无作用**。那么每一个差是正是负，就像抛硬币。8 个差有 $2^8=256$ 种正负号，全部列出来，看有多少种的平均离 0 不比实际的近：

# %% [markdown] tags=["en"]
# The ring is seed 0, the diamond is the mean, and the bar reaches two standard errors either way. A negative value means that taking the change away costs accuracy, so the change helps.
#
# - Wider, longer: taking either away costs well over a point. They really help.
# - One cycle: **without it the accuracy is {{ f"{mean(moved['one cycle']):.1f}" }} points higher**. It was holding the total back all along, and the two that help hid this.
# - Label smoothing, augmentation: less than a point either way. With seed 0 alone one would call label smoothing worth {{ f"{-moved['label smoothing'][0]:+.1f}" }} and augmentation {{ f"{-moved['augmentation'][0]:+.1f}" }}; the means of 8 seeds are {{ f"{-mean(moved['label smoothing']):+.2f}" }} and {{ f"{-mean(moved['augmentation']):+.2f}" }}.
#
# ## Is it luck? Paired comparison and significance { #significance }
#
# Both sides used the same 8 seeds, so they can be subtracted pair by pair, which gives 8 differences $d_1,\dots,d_n$. Their mean $\bar d$ has the **standard error** $s/\sqrt n$, where $s$ is the standard deviation of the differences and $n$ their number. Only beyond two standard errors is a difference worth a second look. Why the seeds should be paired is explained under [seeds](seeds.py#pairing).
#
# How can "probably not luck" be turned into a number? Suppose the change does **nothing at all**. Then each difference is positive or negative like the toss of a coin. There are $2^8=256$ ways to put signs on 8 differences. List them all, and count those whose mean is no nearer to 0 than the one observed:

# %%
from scipy import stats


def sign_flip(differences):
    """Return the p-value and the means under every pattern of signs."""
    patterns = list(itertools.product((1.0, -1.0), repeat=len(differences)))
    signs = torch.tensor(patterns, dtype=torch.float64)
    means = (signs * torch.tensor(differences, dtype=torch.float64)).mean(dim=1)
    as_far = means.abs() >= abs(mean(differences)) - 1e-9
    return as_far.double().mean().item(), means


p_values = {change: sign_flip(values)[0] for change, values in moved.items()}
for change, values in moved.items():
    theirs = stats.permutation_test(
        (values,), np.mean, permutation_type="samples", n_resamples=np.inf
    )
    assert abs(p_values[change] - theirs.pvalue) < 1e-12
pd.DataFrame(
    {"p-value": [f"{p:.3f}" for p in p_values.values()]}, index=list(p_values)
).T

# %% tags=["hide-input"] alt_zh="两个直方图，256 种正负号下的平均差。左：加长，实际值在分布的最外端；右：标签平滑，实际值落在分布里面。" alt_en="Two histograms of the mean difference under 256 sign patterns. Left, longer: the observed value lies at the very end. Right, label smoothing: it lies inside."
figure, panels = plt.subplots(1, 2, figsize=(7.4, 2.7), sharey=True)
for axes, change in zip(panels, ("longer", "label smoothing")):
    p, means = sign_flip(moved[change])
    axes.hist(means, bins=25, color=PALETTE[0], alpha=0.45)
    axes.axvline(mean(moved[change]), color=PALETTE[1], linewidth=2)
    axes.set(title=change, xlabel="mean of 8 differences (points)")
panels[0].set_ylabel("sign patterns")
figure

# %% [markdown] tags=["zh"]
# 这个比例叫 p 值：**假如改动毫无作用，偶然也能得到这么大（或更大）的差的机会**。它很小，说明难以用偶然解释，叫**统计显著性**；习惯上的界限是 0.05。加宽和加长是 {{ f"{p_values['longer']:.3f}" }}，8 对能给出的最小值；单周期 {{ f"{p_values['one cycle']:.3f}" }}。数据增强 {{ f"{p_values['augmentation']:.2f}" }}：两个标准误只是粗略的门槛，只有几对的时候，数出来的结果可能和它不一致。标签平滑 {{ f"{p_values['label smoothing']:.2f}" }}，这 8 次不足以下结论，但**不等于**证明了它没用。
#
# 两件事别混淆。显著不等于重要：种子够多，0.05 个百分点也会显著。而且试得越多，碰巧“显著”的越多。做个实验：拿**完全相同**的两组设置，只换种子，当作 8 对来比，反复做：

# %% [markdown] tags=["en"]
# This share is the p-value: **the chance of a difference so large, or larger, if the change did nothing**. When it is small, chance is a poor explanation, and one speaks of **statistical significance**; the customary limit is 0.05. Wider and longer have {{ f"{p_values['longer']:.3f}" }}, the smallest value that 8 pairs can give; one cycle has {{ f"{p_values['one cycle']:.3f}" }}. Augmentation has {{ f"{p_values['augmentation']:.2f}" }}. Two standard errors are only a rule of thumb, and with so few pairs the count may come out differently. Label smoothing has {{ f"{p_values['label smoothing']:.2f}" }}: these 8 runs cannot decide, which is **no** proof that it is useless.
#
# Two warnings. Significant does not mean important: with enough seeds, even 0.05 points become significant. And the more one tries, the more turns out "significant" by accident. Try it: take two groups of runs with **exactly the same** settings and different seeds, compare them as 8 pairs, and repeat:

# %%
pool = torch.tensor(
    baseline + [accuracy(fit(seed)) for seed in range(100, 124)], dtype=torch.float64
)
shuffle = torch.Generator().manual_seed(0)


def useless_change():
    """Return the p-value of a change that changes nothing."""
    first, second = pool[torch.randperm(len(pool), generator=shuffle)[:16]].split(8)
    return sign_flip((100 * (first - second)).tolist())[0]


# 30 papers with 20 changes each.
tried = torch.tensor([useless_change() for _ in range(600)]).view(30, 20)
false_alarms = (tried <= 0.05).double().mean().item()
fooled = (tried <= 0.05).any(dim=1).double().mean().item()
print(
    f"below 0.05: {false_alarms:.1%} of the useless changes, "
    f"in {fooled:.0%} of the papers at least one"
)

# %% [markdown] tags=["zh"]
# 没有任何改动，单次比较仍有 {{ f"{false_alarms:.1%}" }} “显著”；0.05 这条界限，本来就容许二十分之一。可是一篇“论文”试 20 样，有 {{ f"{fooled:.0%}" }} 的论文至少能报告一样“显著的改进”。试了几样就要说几样；要一起下结论，就把界限除以样数。
#
# ## 单周期真的没用吗 { #fair }
#
# 消融说单周期有害。先别删：它把学习率从小升到峰值再降到几乎为零，峰值相同，**平均**就低得多。拿为不变的学习率选好的 0.003 去用它，公平吗？给两边各扫一遍学习率。加宽、加长、标签平滑留着，没有看出好处又费时间的数据增强放下：

# %% [markdown] tags=["en"]
# Nothing was changed, and {{ f"{false_alarms:.1%}" }} of the single comparisons are "significant" all the same; a limit of 0.05 allows up to one in twenty. But a "paper" that tries 20 things can report at least one "significant improvement" in {{ f"{fooled:.0%}" }} of the cases. Say how many things you tried; to draw conclusions from all of them, divide the limit by their number.
#
# ## Is one cycle really useless? { #fair }
#
# The ablation calls one cycle harmful. Do not delete it yet. One cycle takes the learning rate from low up to a peak and down to almost nothing, so with the same peak its **mean** is far lower. Is it fair to run it at 0.003, which was chosen for a constant rate? Sweep the rate for both. Wider, longer and label smoothing stay; augmentation, which costs time and showed no gain, is left out:

# %%
kept = CHANGES["wider"] | CHANGES["longer"] | CHANGES["label smoothing"]
rates = [2e-3 * 2**k for k in range(6)]
swept = {
    name: [
        mean(accuracy(fit(s, lr=lr, schedule=schedule, **kept)) for s in range(3))
        for lr in rates
    ]
    for name, schedule in (("constant", "constant"), ("one cycle", "one_cycle"))
}

# %% tags=["hide-input"] alt_zh="验证准确率随学习率，对数横轴。不变的学习率在 0.004 上下最高；单周期在 0.016 上下最高；两个最高点几乎一样高。" alt_en="Validation accuracy against learning rate, logarithmic: constant is best near 0.004, one cycle near 0.016, and the two peaks are about as high."
figure = figures.lines(swept, x=rates, xlabel="learning rate", ylabel="validation accuracy")
figure.axes[0].set(xscale="log", ylim=(0.85, 0.97))
figure.axes[0].set_xticks(rates, [f"{lr:g}" for lr in rates])
figure.axes[0].minorticks_off()
figure

# %% tags=["remove-input"]
at_default = {name: np.interp(np.log(3e-3), np.log(rates), values) for name, values in swept.items()}
top = {name: max(values) for name, values in swept.items()}
top_rate = {name: rates[values.index(max(values))] for name, values in swept.items()}

# %% [markdown] tags=["zh"]
# 在 0.003 附近，单周期差 {{ f"{100 * (at_default['constant'] - at_default['one cycle']):.1f}" }} 个百分点；各用各的最佳学习率，{{ f"{top_rate['constant']:g}" }} 对 {{ f"{top_rate['one cycle']:g}" }}，只差 {{ f"{100 * abs(top['constant'] - top['one cycle']):.1f}" }}。消融没有算错，它回答的是“在**这个**学习率下拿掉它会怎样”。要问“哪个更好”，两边都得用自己的最佳设置，花同样多的调参功夫。还有一样没变：单周期在大学习率下宽容得多，0.032 时不变的学习率已经明显变差。
#
# ## 网格搜索与随机搜索 { #search }
#
# **超参数调优**就是试不同的设置，按验证集挑。设要调两个：学习率和权重衰减，预算 16 次。**网格搜索**每个取 4 个值，$4\times4$ 全试；**随机搜索**在同样的范围里随机抽 16 组，都按对数均匀。**先猜哪个会赢，为什么。**

# %% [markdown] tags=["en"]
# Near 0.003 one cycle is {{ f"{100 * (at_default['constant'] - at_default['one cycle']):.1f}" }} points behind; at the best rate of each, {{ f"{top_rate['constant']:g}" }} against {{ f"{top_rate['one cycle']:g}" }}, the difference is {{ f"{100 * abs(top['constant'] - top['one cycle']):.1f}" }}. The ablation was not wrong: it tells us what happens without one cycle **at this rate**. To ask which is better, give each side its own best settings and the same effort of tuning. One advantage does remain: one cycle forgives large rates, while a constant rate is already clearly worse at 0.032.
#
# ## Grid search and random search { #search }
#
# **Hyperparameter tuning** means trying settings and choosing by the validation set. Say there are two to tune, learning rate and weight decay, and the budget is 16 trials. **Grid search** takes 4 values of each and tries all $4\times4$; **random search** draws 16 pairs from the same ranges, both uniformly on a logarithmic scale. **Guess which one wins, and why.**

# %%
# Learning rate and weight decay, as powers of ten.
LOW, HIGH = np.log10([2e-3, 1e-4]), np.log10([6.4e-2, 1.0])


def trial(lr, decay):
    return accuracy(fit(0, lr=lr, weight_decay=decay, schedule="one_cycle", **kept))


generator = np.random.default_rng(0)
four = [np.linspace(low, high, 9)[1::2] for low, high in zip(LOW, HIGH)]
points = {
    "grid search": np.array(list(itertools.product(*four))),
    "random search": generator.uniform(LOW, HIGH, (16, 2)),
}
tested = {
    name: [trial(*(10**point).tolist()) for point in where]
    for name, where in points.items()
}
best = {name: max(scores) for name, scores in tested.items()}

# %% tags=["hide-input"] alt_zh="左：网格搜索的 16 个点排成 4 乘 4，只用了 4 个不同的学习率。右：随机搜索的 16 个点散开，学习率有 16 个不同的值。颜色越浓，验证准确率越高；上下方向几乎没有差别，左右方向差别很大。" alt_en="Left, the 16 points of grid search in 4 by 4, with 4 different learning rates. Right, the 16 points of random search, with 16 different rates. The stronger the colour, the higher the validation accuracy: hardly any difference up and down, a large one left and right."
scores = np.concatenate(list(tested.values()))
figure, panels = plt.subplots(1, 2, figsize=(7.4, 3.2), sharex=True, sharey=True)
for axes, (name, where) in zip(panels, points.items()):
    for (x, y), score in zip(10**where, tested[name]):
        axes.plot(x, y, "o", color=PALETTE[0], markersize=9, alpha=0.12 + 0.88 * (score - scores.min()) / np.ptp(scores))
        axes.plot(x, 6e-5, "|", color=INK, markersize=9, alpha=0.6)
    x, y = 10 ** where[int(np.argmax(tested[name]))]
    axes.plot(x, y, "o", color=PALETTE[1], markersize=14, markerfacecolor="none", markeredgewidth=2)
    axes.set(xscale="log", yscale="log", title=name, xlabel="learning rate", ylim=(5e-5, 2))
    axes.set_xticks([0.003, 0.01, 0.03], ["0.003", "0.01", "0.03"])
    axes.minorticks_off()
panels[0].set_ylabel("weight decay")
figure

# %% [markdown] tags=["zh"]
# 网格的冠军 {{ f"{best['grid search']:.1%}" }}，随机的冠军 {{ f"{best['random search']:.1%}" }}。单独这一次说明不了谁更好，但图上看得出原因：要紧的只有学习率（左右），权重衰减（上下）在这里几乎没有影响。网格跑了 16 次，**只看到 4 个学习率**；随机看到 16 个，就是底边上的那些短线。
#
# 想知道平均起来怎样，不必再训练。把上面单周期的那条曲线当作真相，让两种搜索各在它上面跑 2000 次，网格的位置随机平移；超参数共有 1、2、4 个，其中只有学习率要紧。表里的差距，是找到的最好成绩比曲线顶点低几个百分点：

# %% [markdown] tags=["en"]
# The winner of the grid has {{ f"{best['grid search']:.1%}" }}, the winner of the random search {{ f"{best['random search']:.1%}" }}. One contest does not tell which method is better, but the picture shows what is going on. Only the learning rate (left and right) matters; weight decay (up and down) does next to nothing here. In 16 trials the grid saw **4 learning rates**. Random search saw 16: they are the ticks at the bottom.
#
# To see what happens on average, no more training is needed. Take the one-cycle curve above as the truth and let each search run on it 2000 times, the grid at a random offset. There are 1, 2 or 4 hyperparameters, of which only the learning rate matters. The shortfall is how many points the best trial stays below the top of the curve:

# %%
def shortfall(rates_tried):
    """Return by how many points searches at places 0 to 1 miss the top."""
    curve = np.array(swept["one cycle"])
    found = np.interp(rates_tried, np.linspace(0, 1, len(curve)), curve).max(axis=1)
    return 100 * (curve.max() - found.mean())


rows = {}
for count in (1, 2, 4):
    values = round(16 ** (1 / count))
    offset = generator.uniform(size=(2000, 1))
    rows[count] = (
        values,
        shortfall((np.arange(values) + offset) / values),
        16,
        shortfall(generator.uniform(size=(2000, 16))),
    )
columns = [
    "grid: values of lr",
    "grid: shortfall",
    "random: values of lr",
    "random: shortfall",
]
table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis(
    "number of hyperparameters"
)
table.assign(**{name: table[name].map("{:.2f}".format) for name in columns[1::2]})

# %% [markdown] tags=["zh"]
# 只有一个超参数时，均匀的网格更好：随机会扎堆，也会留空。到了 2 个，网格只剩 4 个学习率；到了 4 个，只剩 2 个，平均差 {{ f"{rows[4][1]:.1f}" }} 个百分点。随机搜索不受维数影响，因为它每次都换一个新的学习率。所以事先不知道哪个超参数要紧时，用随机搜索；最后在一个要紧的超参数上细扫，用网格。
#
# ## 测试集：只报告一次 { #report }
#
# 从 32 次里挑出验证准确率最高的设置，换 8 个**新的**种子重新训练，与基线比，现在才第一次看测试集：

# %% [markdown] tags=["en"]
# With one hyperparameter the even grid is better: random draws crowd here and leave gaps there. With 2 the grid has only 4 rates left; with 4 it has 2, and falls {{ f"{rows[4][1]:.1f}" }} points short on average. Random search does not care how many there are, since every trial brings a new rate. So search at random as long as you do not know which hyperparameter matters. For the last fine sweep of one that does, use a grid.
#
# ## The test set: report once { #report }
#
# From the 32 trials, take the settings with the highest validation accuracy. Train them again with 8 **new** seeds, compare with the baseline, and look at the test set for the first time:

# %%
name = max(best, key=best.get)
lr, decay = (10 ** points[name][int(np.argmax(tested[name]))]).tolist()
fresh = range(200, 208)
winners = [
    fit(seed, lr=lr, weight_decay=decay, schedule="one_cycle", **kept)
    for seed in fresh
]
again = [accuracy(model) for model in winners]
on_test = {
    "baseline": [accuracy(fit(seed), test) for seed in fresh],
    "chosen": [accuracy(model, test) for model in winners],
}
gain = [100 * (b - a) for a, b in zip(*on_test.values())]
half = stats.t.ppf(0.975, 7) * stdev(gain) / 8**0.5
print(f"validation: {best[name]:.1%} when chosen, {mean(again):.1%} with new seeds")
print(
    f"test: {mean(on_test['baseline']):.1%} -> {mean(on_test['chosen']):.1%}, "
    f"gain {mean(gain):.1f} ± {half:.1f} points (95% interval, 8 pairs)"
)

# %% [markdown] tags=["zh"]
# 选中时验证集上是 {{ f"{best[name]:.1%}" }}，同样的设置换 8 个种子，平均 {{ f"{mean(again):.1%}" }}：从许多次里挑出来的第一名，成绩里总有一部分是运气，见[一次幸运的运行](seeds.py#lucky)。测试集上提高 {{ f"{mean(gain):.1f}" }} ± {{ f"{half:.1f}" }} 个百分点（8 对，95% 置信区间），这才是可以写进报告的数。若看了这个数再回去调，测试集就变成了验证集。
#
# ## 集成：把 8 个都用上 { #ensemble }
#
# 既然为了量波动训练了 8 个，何不让它们一起投票？**集成**把几个网络的概率平均，再取最大。**先猜：8 个各有 {{ f"{mean(on_test['chosen']):.0%}" }} 的网络合起来，能有多少？**

# %% [markdown] tags=["en"]
# When they were chosen, these settings scored {{ f"{best[name]:.1%}" }} on the validation set; with 8 other seeds they score {{ f"{mean(again):.1%}" }} on average. The winner of many trials always owes part of its score to luck, see [a lucky run](seeds.py#lucky). On the test set the gain is {{ f"{mean(gain):.1f}" }} ± {{ f"{half:.1f}" }} points (8 pairs, 95% confidence interval), and that is the number for the report. Anyone who sees it and goes back to tuning has turned the test set into a validation set.
#
# ## Ensembles: use all 8 { #ensemble }
#
# Now that 8 were trained to measure the spread, why not let them vote? An **ensemble** averages the probabilities of several networks and takes the largest. **Guess: if each of 8 networks has {{ f"{mean(on_test['chosen']):.0%}" }}, what do they reach together?**

# %%
logits = [training.predict(model, test.images, normalization) for model in winners]
probabilities = torch.stack(logits).softmax(dim=2)  # (8, N, 10)


def together(members):
    answers = probabilities[list(members)].mean(dim=0).argmax(dim=1)
    return (answers == test.labels).double().mean().item()


sizes = range(1, 9)
voted = [
    mean(together(members) for members in itertools.combinations(range(8), size))
    for size in sizes
]
single = voted[0]

# %% tags=["hide-input"] alt_zh="横轴成员数 1 到 8，纵轴测试准确率。集成随成员数上升，头两三个升得最快；单个的平均是一条水平线。" alt_en="Test accuracy against the number of members, 1 to 8: the ensemble rises, fastest with the first two or three; the mean of single nets is level."
figures.lines({"ensemble": voted, "one net on average": [single] * 8}, x=sizes, xlabel="members", ylabel="test accuracy")

# %% [markdown] tags=["zh"]
# 单个平均 {{ f"{single:.1%}" }}，8 个一起 {{ f"{voted[-1]:.1%}" }}，错误率少了 {{ f"{(voted[-1] - single) / (1 - single):.0%}" }}。头几个成员收获最大，往后越来越少。道理是：每个网络错的图片不全一样，平均之后，各错各的互相抵消，一起错的留下来。代价是训练和预测都贵几倍。比较时要公平：单个对单个，集成对集成。
#
# ## 留出法与交叉验证 { #cross-validation }
#
# 这一页有 500 张图可以做验证。数据少的时候怎么办？设总共只有 200 张。**留出法**留 40 张验证，160 张训练。**交叉验证**把 200 张分成 5 折，轮流留一折，训练 5 次，平均 5 个成绩：每张图都当过一次验证。**先猜：估计的误差能小多少？**
#
# 用一个几毫秒就能解出的线性分类器，把两种办法各做 60 次；真值是用全部 200 张训练之后，在其余 {{ len(labels) - 200 }} 张上的准确率：

# %% [markdown] tags=["en"]
# A single net has {{ f"{single:.1%}" }} on average, 8 together {{ f"{voted[-1]:.1%}" }}: {{ f"{(voted[-1] - single) / (1 - single):.0%}" }} fewer errors. The first few members bring the most, the later ones less and less. The reason is that the networks do not all fail on the same images. In the mean, their separate mistakes cancel and the common ones stay. The price is several times the cost of training and of prediction. Compare fairly: single with single, ensemble with ensemble.
#
# ## Hold-out and cross-validation { #cross-validation }
#
# This page had 500 images for validation. What if data are scarce, say 200 in all? **Hold-out** keeps 40 for validation and trains on 160. **Cross-validation** cuts the 200 into 5 folds, leaves out one after another, trains 5 times and averages 5 scores, so that every image serves in validation once. **Guess: how much smaller is the error of the estimate?**
#
# With a linear classifier that is solved in milliseconds, do each 60 times; the truth is the accuracy on the other {{ len(labels) - 200 }} images after training on all 200:

# %%
pixels = F.pad(normalization.apply(images).flatten(1).double(), (0, 1), value=1.0)
targets = F.one_hot(labels, 10).double()


def linear_accuracy(fit_on, check_on, ridge=100.0):
    """Solve a linear classifier with an L2 penalty, measure it elsewhere."""
    a = pixels[fit_on]
    dual = torch.linalg.solve(
        a @ a.T + ridge * torch.eye(len(a), dtype=a.dtype), targets[fit_on]
    )
    answers = (pixels[check_on] @ (a.T @ dual)).argmax(dim=1)
    return (answers == labels[check_on]).double().mean().item()


def estimates(shuffled):
    """Return hold-out and 5-fold estimates minus the truth, in points."""
    few, rest = shuffled[:200], shuffled[200:]
    folds = few.chunk(5)
    scores = [
        linear_accuracy(torch.cat([f for f in folds if f is not fold]), fold)
        for fold in folds
    ]
    truth = linear_accuracy(few, rest)
    return 100 * (scores[0] - truth), 100 * (mean(scores) - truth)


shuffles = [torch.randperm(len(labels), generator=shuffle) for _ in range(60)]
off = list(zip(*map(estimates, shuffles)))
spread = [stdev(values) for values in off]

# %% tags=["hide-input"] alt_zh="两行点，各 60 个：留出法的估计误差散布在正负十个百分点里；5 折交叉验证的窄得多。" alt_en="Two rows of 60 dots: errors of the hold-out estimate spread over ten points either way; those of 5 folds are far narrower."
figure, axes = plt.subplots(figsize=(6.4, 1.7))
for row, values in enumerate(off):
    axes.plot(values, row + generator.uniform(-0.18, 0.18, len(values)), "o", color=PALETTE[row], markersize=4, alpha=0.6)
axes.axvline(0, color=INK, alpha=0.5, linewidth=1)
axes.set(xlabel="estimate minus truth", ylim=(1.5, -0.5))
axes.set_yticks([0, 1], ["hold-out, 40 images", "5 folds"])
figure

# %% [markdown] tags=["zh"]
# 留出法的标准差是 {{ f"{spread[0]:.1f}" }} 个百分点，5 折是 {{ f"{spread[1]:.1f}" }}，多花的只是 5 倍训练时间。若 5 折彼此独立，应当小到 $1/\sqrt5$ 倍，即 {{ f"{spread[0] / 5**0.5:.1f}" }}。两种办法平均都偏低（{{ f"{mean(off[0]):+.1f}" }} 和 {{ f"{mean(off[1]):+.1f}" }}），因为各只用了 160 张训练。深度学习数据多、训练贵，通常用留出法；几百个样本时，交叉验证值得。
#
# ## 别人能得到同样的结果吗 { #reproducible }
#
# 一份比较，要让别人能重做：代码和数据的版本、每个超参数、种子、试过几次、怎样挑的、机器和库的版本。哪些能做到逐位相同，哪些只能做到分布相同，见[随机种子](seeds.py#what-a-seed-fixes)。
#
# ## 常见的坑 { #traps }
#
# !!! warning "最好的在范围的边上"
#     那不是最好的，只说明范围设窄了。把范围往那边放宽再搜。
#
# !!! warning "学习率按等差取值"
#     0.01、0.02……0.10 里有九成挤在同一个数量级。学习率、权重衰减按**等比**取。
#
# !!! warning "新方法调一百次，基线不调"
#     比出来的是功夫。两边预算要相同，并写进报告。
#
# !!! warning "一次改两处"
#     好了不知道谁的功劳，坏了不知道谁的错；一好一坏正好抵消，就什么也看不见。

# %% [markdown] tags=["en"]
# Hold-out has a standard deviation of {{ f"{spread[0]:.1f}" }} points, 5 folds have {{ f"{spread[1]:.1f}" }}, at the cost of 5 times the training. If the folds were independent, the standard deviation would shrink to $1/\sqrt5$ of its size, {{ f"{spread[0] / 5**0.5:.1f}" }}. Both estimates are too low on average ({{ f"{mean(off[0]):+.1f}" }} and {{ f"{mean(off[1]):+.1f}" }}), because each trains on only 160 images. In deep learning there is much data and training is expensive, so hold-out is the rule; with a few hundred samples cross-validation is worth it.
#
# ## Can others get the same result? { #reproducible }
#
# Others should be able to repeat a comparison. So report the versions of code and data, every hyperparameter, the seeds, how many trials there were and how the winner was chosen, and the machine and library versions. What can be the same bit for bit, and what only in distribution, is explained under [seeds](seeds.py#what-a-seed-fixes).
#
# ## Traps { #traps }
#
# !!! warning "The best lies at the edge of the range"
#     Then it is not the best; the range was too narrow. Widen it on that side and search again.
#
# !!! warning "Learning rates in equal steps"
#     Nine tenths of 0.01, 0.02 … 0.10 crowd into one order of magnitude. Space learning rate and weight decay by equal **ratios**.
#
# !!! warning "A hundred trials for the new method, none for the baseline"
#     That compares effort. Give both sides the same budget, and report it.
#
# !!! warning "Two changes at once"
#     If the result improves, nobody knows which change deserves the credit; if it gets worse, which one is to blame. And if one helps as much as the other harms, you see nothing at all.

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 只有 5 对种子，翻转正负号得到的 p 值最小能是多少？要让它有可能不超过 0.01，至少要几对？
#
# ??? success "答案"
#     全部同号时最小，正反两种：$2/2^5=0.0625$，怎样都到不了 0.05。$2/2^n\le0.01$ 要求 $2^n\ge200$，$n=8$。
#
# **2.** 4 个超参数各取 5 个值做网格，每组跑 3 个种子，每次 10 分钟。总共几小时？
#
# ??? success "答案"
#     $5^4\times3\times10=18750$ 分钟，312.5 小时，约 13 天。
#
# **3.** 20 处改动都毫无作用，各做一次 0.05 水平的检验，彼此独立。至少有一处“显著”的机会是多少？
#
# ??? success "答案"
#     $1-0.95^{20}\approx0.64$。上面的实验量到 {{ f"{fooled:.0%}" }}：8 对的正负号只有 256 种，还有并列，单次的比例本来就略低于 0.05，“论文”也只有 30 篇。
#
# **4.** 写 `folds(n, k)`：返回 `k` 个 `(train, validation)`，都是下标的一维张量。每个下标恰好在一折里作验证，各折大小最多差 1。
#
# ??? success "答案"
#     `torch.chunk` 不行：10 个分成 4 份，它给 3、3、3、1。`tensor_split` 才均匀。
#
#     ```python
#     import torch
#
#     def folds(n, k):
#         parts = torch.randperm(n).tensor_split(k)
#         return [(torch.cat([p for j, p in enumerate(parts) if j != i]), parts[i]) for i in range(k)]
#     ```
#
# **5.** 把同一个种子训练出来的 8 个相同的网络集成起来，会提高多少？由此说出集成要什么条件。
#
# ??? success "答案"
#     一点也不会：8 份相同的概率，平均之后不变。成员要各自不错，又**错得不一样**，平均才有东西可以抵消。
#
# ## 参考文献 { #references }
#
# - J. Bergstra, Y. Bengio. [Random search for hyper-parameter optimization](https://www.jmlr.org/papers/v13/bergstra12a.html). JMLR, 2012.
# - X. Bouthillier 等. [Accounting for variance in machine learning benchmarks](https://arxiv.org/abs/2103.03098). MLSys, 2021.
# - B. Lakshminarayanan 等. [Simple and scalable predictive uncertainty estimation using deep ensembles](https://arxiv.org/abs/1612.01474). NeurIPS, 2017.
# - 谷歌：[Deep learning tuning playbook](https://github.com/google-research/tuning_playbook)。

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** With 5 pairs of seeds only, how small can the p-value from sign flips be? How many pairs are needed before it can be 0.01 or less?
#
# ??? success "Answer"
#     It is smallest when all have the same sign, plus or minus: $2/2^5=0.0625$, so 5 pairs can never get below 0.05. $2/2^n\le0.01$ requires $2^n\ge200$, so $n=8$.
#
# **2.** A grid of 5 values for each of 4 hyperparameters, 3 seeds each, 10 minutes a run. How many hours in all?
#
# ??? success "Answer"
#     $5^4\times3\times10=18750$ minutes, 312.5 hours, about 13 days.
#
# **3.** None of 20 changes does anything; each is tested once at the level of 0.05, independently. What is the chance that at least one is "significant"?
#
# ??? success "Answer"
#     $1-0.95^{20}\approx0.64$. The experiment above gave {{ f"{fooled:.0%}" }}: 8 pairs have only 256 sign patterns, with ties among them, so a single test stays a little below 0.05; and there were only 30 "papers".
#
# **4.** Write `folds(n, k)`, which returns `k` pairs `(train, validation)` of index tensors of one dimension. Each index is in validation in exactly one fold, and the sizes of the folds differ by 1 at most.
#
# ??? success "Answer"
#     `torch.chunk` will not do: 10 into 4 gives 3, 3, 3, 1. `tensor_split` is even.
#
#     ```python
#     import torch
#
#     def folds(n, k):
#         parts = torch.randperm(n).tensor_split(k)
#         return [(torch.cat([p for j, p in enumerate(parts) if j != i]), parts[i]) for i in range(k)]
#     ```
#
# **5.** How much does an ensemble gain from 8 identical networks, trained with the same seed? What does an ensemble need, then?
#
# ??? success "Answer"
#     Nothing: the mean of 8 equal probabilities is the same. Members must each be good and **fail differently**, so that the mean has something to cancel.
#
# ## References { #references }
#
# - J. Bergstra, Y. Bengio. [Random search for hyper-parameter optimization](https://www.jmlr.org/papers/v13/bergstra12a.html). JMLR, 2012.
# - X. Bouthillier et al. [Accounting for variance in machine learning benchmarks](https://arxiv.org/abs/2103.03098). MLSys, 2021.
# - B. Lakshminarayanan et al. [Simple and scalable predictive uncertainty estimation using deep ensembles](https://arxiv.org/abs/1612.01474). NeurIPS, 2017.
# - Google: [Deep learning tuning playbook](https://github.com/google-research/tuning_playbook).
