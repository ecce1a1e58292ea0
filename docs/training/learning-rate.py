# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "学习率怎样找：先按 10 倍走，再在验证集上用多个随机种子细看；为什么太大会发散，怎样用一次训练看遍所有学习率，批量变了怎么办，几种调度各有什么脾气。"
#       en: "How to find a learning rate: powers of ten first, then a closer look on the validation set over several seeds; why a large one diverges, how one run tries them all, what a change of batch size asks for, and what the common schedules do."
#     covers: [N-25, P-02, P-08, Q-13, E-74, E-84]
#     labels: {"lr {}": "学习率 {}", "{}, lr {}": "{}，学习率 {}", constant: 不变, one cycle: 单周期, step decay: 阶梯衰减, "warmup, then cosine": 预热后余弦, reduce on plateau: 停滞时降学习率, mean loss: 平均损失, "constant, lr {}": "不变，学习率 {}", "one cycle, lr {}": "单周期，学习率 {}"}
# ---

# %% tags=["remove-input"]
from statistics import mean, stdev

from dlnotes import figures, recipes

SETTINGS = dict(
    optimizer="sgd",
    momentum=0.0,
    weight_decay=0.0,
    schedule="constant",
    label_smoothing=0.0,
    augmentation="none",
    epochs=10,
)

# %% [markdown] tags=["zh"]
# # 学习率怎样选 { #learning-rate }
#
# 有人这样调一个两层的网络：学习率先试 0.01，再试 0.1，再试 0.2；0.2 差一点，就退到 0.15，最后停在 0.165，因为测试准确率最高。每个值只跑一次。
#
# **0.165 真的比 0.15 好吗？** 先猜：换一个随机种子，名次还一样吗？

# %% [markdown] tags=["en"]
# # Choosing a learning rate { #learning-rate }
#
# Someone tuned a small network like this: try 0.01, then 0.1, then 0.2; 0.2 is a little worse, so step back to 0.15, and settle on 0.165, because its test accuracy was the highest. Each value was run once.
#
# **Is 0.165 really better than 0.15?** Guess first: with another seed, does the ranking stay?

# %% [markdown] tags=["zh"]
# ## 先按 10 倍走 { #powers-of-ten }
#
# 学习率差 2 倍，结果往往看不出差别；差 100 倍，结果天差地别。所以第一轮不要挑 0.15 还是 0.165，要问的是数量级。网络是 `mlp_32_16`，优化器是最普通的 SGD，每个值用 3 个随机种子：

# %% [markdown] tags=["en"]
# ## Powers of ten first { #powers-of-ten }
#
# Two learning rates that differ by a factor of 2 are often hard to tell apart; a factor of 100 makes all the difference. So leave 0.15 against 0.165 for later and ask for the order of magnitude first. The network is `mlp_32_16`, the optimizer plain SGD, and each value gets 3 seeds:


# %%
def validation_accuracy(lr, seed, **changes):
    run = recipes.run("mlp_32_16", lr=lr, seed=seed, **(SETTINGS | changes))
    return run.history.epochs[-1].validation_accuracy


coarse = {
    lr: [validation_accuracy(lr, seed) for seed in range(3)]
    for lr in (0.001, 0.01, 0.1, 1.0, 10.0)
}

# %% tags=["hide-input"] alt_zh="五个学习率的验证准确率：0.001 几乎没学到，0.01 学了一半，0.1 最好，1 和 10 停在随机猜测的水平。" alt_en="Validation accuracy for five learning rates: 0.001 has hardly learnt, 0.01 is half way, 0.1 is best, 1 and 10 stay at chance."
figures.bars(
    {f"lr {lr:g}": values for lr, values in coarse.items()},
    xlabel="validation accuracy",
    limits=(0, 1),
)

# %% [markdown] tags=["zh"]
# 左边太小：10 个轮次走不了多远，0.001 时平均只有 {{ f"{mean(coarse[0.001]):.0%}" }}。右边太大：停在 {{ f"{mean(coarse[10.0]):.0%}" }} 上下，和随机猜 10 个类别一样。中间只有一个数量级好用，而三个种子的点几乎叠在一起：这样的差别才值得相信。

# %% [markdown] tags=["en"]
# On the left, too small: 10 epochs do not get far, and 0.001 averages {{ f"{mean(coarse[0.001]):.0%}" }}. On the right, too large: around {{ f"{mean(coarse[10.0]):.0%}" }}, which is what guessing among 10 classes gives. One order of magnitude works, and the dots of its seeds lie close together: a difference like this can be believed.

# %% [markdown] tags=["zh"]
# ## 再细看：差别比噪声大吗 { #refine }
#
# 现在回到 0.1 附近，把开头那几个候选各跑 5 次：

# %% [markdown] tags=["en"]
# ## Then look closer: is the difference larger than the noise? { #refine }
#
# Now back to the neighbourhood of 0.1, with the candidates from the beginning, 5 runs each:

# %%
fine = {
    lr: [validation_accuracy(lr, seed) for seed in range(5)]
    for lr in (0.1, 0.15, 0.165, 0.2)
}

# %% tags=["hide-input"] alt_zh="0.1、0.15、0.165、0.2 四个学习率各 5 次的验证准确率：均值相近，各次的散布比均值之差大。" alt_en="Validation accuracy of 5 runs each for learning rates 0.1, 0.15, 0.165 and 0.2: the means are close, and the runs spread wider than the means differ."
figures.bars(
    {f"lr {lr:g}": values for lr, values in fine.items()},
    xlabel="validation accuracy",
    limits=(0.85, 1),
)

# %% tags=["remove-input"]
means = [mean(values) for values in fine.values()]
gap = max(means) - min(means)
noise = mean(stdev(values) for values in fine.values())
winners = [max(fine, key=lambda lr: fine[lr][seed]) for seed in range(5)]

# %% [markdown] tags=["zh"]
# 四个均值里，最高与最低相差 {{ f"{100 * gap:.1f}" }} 个百分点；而同一个学习率换个种子，标准差平均就有 {{ f"{100 * noise:.1f}" }} 个百分点。若每个值只跑一次，种子 0 到 4 选出的冠军依次是 {{ ", ".join(f"{lr:g}" for lr in winners) }}。
#
# 所以，“0.165 比 0.15 好”不是结论，是一次抽签。在平坦的这一段里，选哪个都行；有时间不如多跑几个种子，或者去改别的东西。
#
# 还有一处更隐蔽：开头那个人看的是**测试集**。挑了 5 个值里最高的，那个最高分就含有运气，再当成测试成绩报出来就偏高。挑选看验证集，测试集留到最后只看一次。

# %% [markdown] tags=["en"]
# The highest and the lowest of the four means differ by {{ f"{100 * gap:.1f}" }} percentage points; the standard deviation over seeds, at one and the same learning rate, is {{ f"{100 * noise:.1f}" }} points on average. Had each value been run once, seeds 0 to 4 would have crowned in turn {{ ", ".join(f"{lr:g}" for lr in winners) }}.
#
# So "0.165 beats 0.15" is no finding, it is the luck of the draw. On this flat stretch any of them will do: spend the time on more seeds, or on changing something else.
#
# One more thing is easy to miss: that person looked at the **test set**. The best of 5 values contains luck, so as a test result it is too high. Choose on the validation set; look at the test set once, at the end.

# %% [markdown] tags=["zh"]
# ## 为什么太大会发散 { #divergence }
#
# 只看一个参数 $w$，损失是一条抛物线 $L(w)=\frac{\lambda}{2}w^2$，其中 $\lambda$ 是曲率。梯度是 $\lambda w$，学习率记作 $\eta$，一步之后
#
# $$ w \leftarrow w - \eta\lambda w = (1-\eta\lambda)\,w $$
#
# 每一步都乘上 $1-\eta\lambda$。它的绝对值小于 1，也就是 $0<\eta<2/\lambda$，步子越走越近，叫**收敛**；大于 1，越走越远，叫**发散**。取 $\lambda=1$，**先猜：$\eta$ 是 1.9 和 2.1 时，各走 20 步会怎样？**

# %% [markdown] tags=["en"]
# ## Why a large one diverges { #divergence }
#
# Take a single parameter $w$ and a parabola for a loss, $L(w)=\frac{\lambda}{2}w^2$, where $\lambda$ is the curvature. The gradient is $\lambda w$; with learning rate $\eta$, one step gives
#
# $$ w \leftarrow w - \eta\lambda w = (1-\eta\lambda)\,w $$
#
# Each step multiplies by $1-\eta\lambda$. Where that is less than 1 in absolute value, that is for $0<\eta<2/\lambda$, each step comes closer, which is **convergence**; where it is more than 1, each leads further away, which is **divergence**. With $\lambda=1$, **guess: where do 20 steps lead with $\eta$ at 1.9, and at 2.1?**


# %%
def walk(lr, steps=20, w=1.0):
    path = [w]
    for _ in range(steps):
        path.append(path[-1] - lr * path[-1])
    return path


paths = {f"lr {lr:g}": walk(lr) for lr in (0.1, 1.9, 2.1)}

# %% tags=["hide-input"] alt_zh="三条路径：学习率 0.1 平缓地走向 0；1.9 在 0 的两侧来回跳，幅度渐小；2.1 也来回跳，幅度越来越大。" alt_en="Three paths: with learning rate 0.1 the value glides to 0; with 1.9 it jumps from side to side, less and less; with 2.1 it jumps too, and ever further."
figures.lines(paths, x=range(21), xlabel="step", ylabel="w")

# %% [markdown] tags=["zh"]
# 20 步之后，1.9 还剩 {{ f"{paths['lr 1.9'][-1]:.2f}" }}，2.1 已经到了 {{ f"{paths['lr 2.1'][-1]:.1f}" }}：跨过 2 这条线，就从“跳着收敛”变成“跳着爆炸”。真实的网络有许多方向，每个方向的曲率不同，最陡的那个说了算；这就是为什么学习率有一个突然的上限，而下限只是慢。

# %% [markdown] tags=["en"]
# After 20 steps 1.9 is down to {{ f"{paths['lr 1.9'][-1]:.2f}" }}, and 2.1 is up at {{ f"{paths['lr 2.1'][-1]:.1f}" }}: once the rate crosses 2, jumping towards the goal turns into blowing up. A real network has many directions, each with its own curvature, and the steepest one decides. That is why a learning rate has a sudden upper limit, while a rate that is too small only makes things slow.

# %% [markdown] tags=["zh"]
# ## 一次训练看遍所有学习率 { #range-test }
#
# 既然上限是突然的，就不必每个值都训练一遍。**学习率范围测试**只训练一次：学习率从极小开始，每步乘一个系数，升到明显太大为止，同时记下每步的损失。**先猜：曲线会在哪里开始降、在哪里冲上去？** 对照上面 10 倍一档的结果。

# %% [markdown] tags=["en"]
# ## All learning rates in one run { #range-test }
#
# As the limit is sudden, there is no need to train with each value. A **learning rate range test** trains once: the rate begins tiny, is multiplied by a factor at each step until it is plainly too large, and the loss of each step is recorded. **Guess where the curve begins to fall and where it shoots up**, judging by the powers of ten above.

# %%
import math

import torch
from torch.nn import functional as F

from dlnotes import data, models, training

splits = data.load("digits")
norm = training.Normalization.of(splits.train.images)
x, y = norm.apply(splits.train.images), splits.train.labels
rates = [1e-4 * 10 ** (5 * step / 119) for step in range(120)]  # 0.0001 to 10


def range_test(seed):
    training.seed_everything(seed)
    net = models.create("mlp_32_16")
    optimizer = torch.optim.SGD(net.parameters(), lr=rates[0])
    losses = []
    for rate in rates:
        optimizer.param_groups[0]["lr"] = rate
        index = torch.randint(len(y), (64,))
        loss = F.cross_entropy(net(x[index]), y[index])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def smooth(values, reach=4):
    return [mean(values[max(0, k - reach) : k + reach + 1]) for k in range(len(values))]


tests = [smooth(range_test(seed)) for seed in range(3)]

# %% tags=["hide-input"] alt_zh="横轴学习率（对数），纵轴平滑后的损失，三个种子三条线。学习率不到 0.003 时损失停在 2.3，从 0.01 起下降，0.1 到 0.2 之间最低，再大就冲上去。" alt_en="Smoothed loss against learning rate on a logarithmic axis, one line for each of three seeds: 2.3 until about 0.003, falling from 0.01 on, lowest between 0.1 and 0.2, then shooting up."
figure = figures.lines(
    {f"seed {seed}": values for seed, values in enumerate(tests)},
    x=rates,
    xlabel="learning rate",
    ylabel="training loss",
)
axes = figure.axes[0]
axes.set(xscale="log", ylim=(1, 4))
axes.set_xticks(
    [1e-4, 1e-3, 1e-2, 1e-1, 1, 10], ["0.0001", "0.001", "0.01", "0.1", "1", "10"]
)
axes.minorticks_off()
figure

# %% tags=["remove-input"]
lowest = [rates[values.index(min(values))] for values in tests]

# %% [markdown] tags=["zh"]
# 三次的最低点在 {{ ", ".join(f"{rate:.2f}" for rate in lowest) }}。最低点不是该用的值：那里离冲上去只差一步，损失还低，靠的是前面攒下的进步。取它左边、下降正快的地方，约为最低点的三分之一，即 {{ f"{min(lowest) / 3:.2g}" }} 上下。{{ len(rates) }} 步的代价，得到的数量级与上面整整 15 次训练相同。它只看训练损失的开头，细的差别仍要看验证集。
#
# ## 批量变了，学习率怎么办 { #batch-size }
#
# 要紧的是**有效批量大小**，即一次更新实际用到几个样本：每块显卡的批量，乘显卡数，再乘[梯度累积](../theory/autograd.py#accumulation)的次数。4 块显卡、每块 64，与一块 256 是一回事；加一块显卡而不动学习率，就等于改了设置。
#
# 轮次不变，批量从 64 加到 256，更新的次数就只剩 $1/4$。常见的说法是把学习率也乘 4。试一试，两种都跑：

# %% [markdown] tags=["en"]
# The lowest points of the three are at {{ ", ".join(f"{rate:.2f}" for rate in lowest) }}. That is not the value to take: it stands on the edge of shooting up, and its loss is low because of what was gained before. Go left of it, where the fall is fast, to about a third, near {{ f"{min(lowest) / 3:.2g}" }}. For {{ len(rates) }} steps this gives the same order of magnitude as the 15 trainings above. It sees only the beginning of training, and only the training loss; for finer differences you still need the validation set.
#
# ## When the batch size changes { #batch-size }
#
# What counts is the **effective batch size**, the number of samples behind one update: the batch on each GPU, times the number of GPUs, times the steps of [gradient accumulation](../theory/autograd.py#accumulation). 4 GPUs with 64 each are the same as one with 256; if you add a GPU and leave the learning rate alone, you have changed the setting.
#
# With the epochs fixed, going from batches of 64 to 256 leaves $1/4$ of the updates. A common rule multiplies the learning rate by 4 as well. Try it both ways:

# %%
pairs = {
    "64, lr 0.1": (64, 0.1),
    "256, lr 0.1": (256, 0.1),
    "256, lr 0.4": (256, 0.4),
    "16, lr 0.025": (16, 0.025),
}
batches = {
    label: [validation_accuracy(lr, seed, batch_size=size) for seed in range(3)]
    for label, (size, lr) in pairs.items()
}
warmed = [
    validation_accuracy(0.4, seed, batch_size=256, schedule="one_cycle")
    for seed in range(3)
]

# %% tags=["hide-input"] alt_zh="四种批量与学习率的组合：批量 256 沿用 0.1 时变慢；改成 0.4 时更差；批量 16 配 0.025 与批量 64 配 0.1 相当。" alt_en="Four pairs of batch size and learning rate: 256 with 0.1 is slower; 256 with 0.4 is worse still; 16 with 0.025 equals 64 with 0.1."
figures.bars(batches, xlabel="validation accuracy", limits=(0, 1))

# %% [markdown] tags=["zh"]
# 往小里走，规则很准：批量 16 配 0.025，平均 {{ f"{mean(batches['16, lr 0.025']):.0%}" }}，与批量 64 配 0.1 的 {{ f"{mean(batches['64, lr 0.1']):.0%}" }} 相当。往大里走，0.4 越过了这个网络的上限，只有 {{ f"{mean(batches['256, lr 0.4']):.0%}" }}，还不如原来的 0.1。
#
# **线性缩放是一个起点，不是定律。** 曲率给出的上限不随批量变大。**大批量训练**（几千以上，分在许多显卡上）所以要先预热：开头若干步从小学习率升上去，等到了平缓的地方，再用大学习率。同样是批量 256、峰值 0.4，换成带预热的 `one_cycle`，平均从 {{ f"{mean(batches['256, lr 0.4']):.0%}" }} 升到 {{ f"{mean(warmed):.0%}" }}，但还不如不变的 0.1。

# %% [markdown] tags=["en"]
# Downwards the rule holds well: batches of 16 with 0.025 average {{ f"{mean(batches['16, lr 0.025']):.0%}" }}, the same as 64 with 0.1 at {{ f"{mean(batches['64, lr 0.1']):.0%}" }}. Upwards, 0.4 is past this network's limit: {{ f"{mean(batches['256, lr 0.4']):.0%}" }}, worse than keeping 0.1.
#
# **Linear scaling is a place to start, not a law.** The limit set by curvature does not grow with the batch. **Large-batch training** (thousands and more, spread over many GPUs) therefore warms up: the first steps rise from a small learning rate, and the large one comes when the ground is less steep. With batches of 256 and a peak of 0.4 still, but in `one_cycle`, which contains a warm-up, the average goes from {{ f"{mean(batches['256, lr 0.4']):.0%}" }} to {{ f"{mean(warmed):.0%}" }}, which is still less than a constant 0.1 reaches.

# %% [markdown] tags=["zh"]
# ## 学习率应该一直不变吗 { #schedule }
#
# 训练中按步数改变学习率的规则，叫**学习率调度**。开头离得远，要大步赶路；最后要停稳，得用小步：学习率不变的 SGD 会一直在最低点周围抖，抖多宽由学习率定（见[噪声的地板](../theory/optimizers.py#noise)）。怎样从大变小，有几种常用的写法。第 $t$ 步的学习率记作 $\eta_t$，$\eta$ 是最大值，$T$ 是总步数：
#
# | 调度 | 第 $t$ 步的学习率 | 脾气 |
# |---|---|---|
# | 不变 | $\eta_t=\eta$ | 停不稳 |
# | **阶梯衰减** | $\eta_t=\eta\cdot0.1^{\lfloor t/s\rfloor}$，每 $s$ 步乘 0.1 | 损失也一级一级下台阶；$s$ 要自己定 |
# | **余弦退火** | $\eta_t=\frac{\eta}{2}\bigl(1+\cos\frac{\pi t}{T}\bigr)$ | 两头慢中间快，只要知道 $T$ |
# | **学习率预热** | 前 $k$ 步 $\eta_t=\eta\,\frac{t+1}{k}$，以后接别的 | 防开头发散 |
# | **停滞时降学习率** | 损失若干次不再改善，就乘 0.1 | 不用知道 $T$，要看损失 |
# | **单周期策略** | 先沿余弦升，再沿余弦降到几乎为 0 | 预热与退火合在一起 |
#
# 每一种都只有一两行：

# %% [markdown] tags=["en"]
# ## Should it stay constant? { #schedule }
#
# A rule that changes the rate from step to step is a **learning rate schedule**. Far away, at the start, large steps cover ground; settling at the end takes small ones, because SGD at a constant rate keeps trembling around the lowest point, and the larger the rate, the wider it trembles (see [a floor of noise](../theory/optimizers.py#noise)). There are some common ways from large to small. Write $\eta_t$ for the rate of step $t$, $\eta$ for the largest, $T$ for the number of steps:
#
# | schedule | learning rate of step $t$ | character |
# |---|---|---|
# | constant | $\eta_t=\eta$ | never settles |
# | **step decay** | $\eta_t=\eta\cdot0.1^{\lfloor t/s\rfloor}$, times 0.1 every $s$ steps | the loss comes down in stairs too; $s$ is yours to choose |
# | **cosine annealing** | $\eta_t=\frac{\eta}{2}\bigl(1+\cos\frac{\pi t}{T}\bigr)$ | slow at both ends, fast between; needs $T$ alone |
# | **learning rate warmup** | $\eta_t=\eta\,\frac{t+1}{k}$ for $k$ steps, then another | against divergence at the start |
# | **reduce on plateau** | times 0.1 when the loss has stopped improving for a while | needs no $T$, watches the loss |
# | **one-cycle policy** | up along a cosine, then down along another to almost 0 | warm-up and annealing in one |
#
# Each takes a line or two:

# %%
STEPS = 400


def step_decay(step):
    return 0.1 ** (step // 150)


def cosine(step):
    return (1 + math.cos(math.pi * step / STEPS)) / 2


def warmed_up(step):
    return min(1.0, (step + 1) / 40) * cosine(step)


class Plateau:
    """Lower the rate when the loss has not improved by 1 % for a while."""

    def __init__(self, patience=20):
        self.patience, self.best, self.bad, self.scale = patience, math.inf, 0, 1.0

    def __call__(self, loss):
        if loss < 0.99 * self.best:
            self.best, self.bad = loss, 0
        else:
            self.bad += 1
        if self.bad > self.patience:
            self.scale, self.bad = 0.1 * self.scale, 0
        return self.scale


def torch_says(make, feed=()):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler, found = make(optimizer), []
    for step in range(STEPS):
        if feed:
            scheduler.step(feed[step])
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if not feed:
            scheduler.step()
    return torch.tensor(found, dtype=torch.float64)


schedulers = torch.optim.lr_scheduler
bumpy = [1 / (1 + step) + 0.05 * (step % 7) for step in range(STEPS)]
plateau = Plateau()
ours = {
    "step decay": [step_decay(step) for step in range(STEPS)],
    "cosine": [cosine(step) for step in range(STEPS)],
    "plateau": [plateau(loss) for loss in bumpy],
}
theirs = {
    "step decay": torch_says(lambda o: schedulers.StepLR(o, 150)),
    "cosine": torch_says(lambda o: schedulers.CosineAnnealingLR(o, STEPS)),
    "plateau": torch_says(
        lambda o: schedulers.ReduceLROnPlateau(o, patience=20, threshold=0.01), bumpy
    ),
}
for name, mine in ours.items():
    assert torch.allclose(torch.tensor(mine).double(), theirs[name], rtol=1e-6), name

# %% [markdown] tags=["zh"]
# 让它们在同一个带噪声的碗里赛跑：两个方向的曲率是 1 和 0.02，每步的梯度加上标准差为 1 的噪声，500 个行走者取平均，学习率最大 0.5。**先猜：400 步之后，谁的损失最低？不变的小学习率 0.02 呢？**

# %% [markdown] tags=["en"]
# Let them race in one noisy bowl: curvatures 1 and 0.02, noise of deviation 1 on each gradient, the mean of 500 walkers, a largest rate of 0.5. **Guess: whose loss is lowest after 400 steps? And how does a small constant rate of 0.02 do?**


# %%
def bowl(schedule=None, lr=0.5):
    """Return learning rates and mean losses; without a schedule, lower them on a plateau."""
    generator = torch.Generator().manual_seed(0)
    curvature = torch.tensor([1.0, 0.02], dtype=torch.float64)
    w = torch.full((500, 2), 5.0, dtype=torch.float64)
    watch, used, losses = Plateau(), [], []
    for step in range(STEPS):
        losses.append((curvature * w**2 / 2).sum(dim=1).mean().item())
        used.append(lr * (schedule(step) if schedule else watch(losses[-1])))
        noise_now = torch.randn(500, 2, generator=generator, dtype=torch.float64)
        w = w - used[-1] * (curvature * w + noise_now)
    return used, losses


races = {
    "constant, lr 0.5": bowl(lambda step: 1.0),
    "constant, lr 0.02": bowl(lambda step: 1.0, lr=0.02),
    "step decay": bowl(step_decay),
    "warmup, then cosine": bowl(warmed_up),
    "reduce on plateau": bowl(),
}

# %% tags=["hide-input"] alt_zh="上图：各种调度的学习率，0.5 的水平线、0.02 的水平线、两级台阶、先升后降的余弦、停滞时的台阶。下图：平均损失，对数纵轴。不变的 0.5 很快停在 0.3；0.02 一直慢慢降；阶梯的在每级台阶处骤降；余弦的先慢后快，最后最低。" alt_en="Above, the rates: level lines at 0.5 and 0.02, stairs, a cosine with warm-up, stairs upon plateaus. Below, the mean loss, logarithmic: constant 0.5 soon stays at 0.3; 0.02 falls slowly all the time; stairs drop at each step; the cosine falls late and ends lowest."
import matplotlib.pyplot as plt

from dlnotes.figures.style import DASHES, PALETTE

figure, (above, below) = plt.subplots(2, 1, figsize=(6.4, 5.0), sharex=True)
for number, (name, (used, losses)) in enumerate(races.items()):
    above.plot(used, color=PALETTE[number], linestyle=DASHES[number], label=name)
    below.plot(losses, color=PALETTE[number], linestyle=DASHES[number])
above.set(ylabel="learning rate")
above.legend(fontsize=9, loc="upper right")
below.set(xlabel="step", ylabel="mean loss", yscale="log", ylim=(0.05, 4))
below.set_yticks([0.1, 1], ["0.1", "1"])
below.minorticks_off()
figure

# %% tags=["remove-input"]
ends = {name: mean(losses[-20:]) for name, (_, losses) in races.items()}

# %% [markdown] tags=["zh"]
# 最后 20 步的平均损失：不变的 0.5 是 {{ f"{ends['constant, lr 0.5']:.2f}" }}，地板太高；不变的 0.02 是 {{ f"{ends['constant, lr 0.02']:.2f}" }}，平的方向还没走到；阶梯 {{ f"{ends['step decay']:.2f}" }}，预热加余弦 {{ f"{ends['warmup, then cosine']:.2f}" }}，停滞时降 {{ f"{ends['reduce on plateau']:.2f}" }}。会变的都胜过不变的。阶梯降得早，噪声先压下去了，平的方向却也跟着走不动了；余弦把大学习率留得久一些。
#
# 在真正的网络上，比较一下不变与单周期：

# %% [markdown] tags=["en"]
# Mean loss of the last 20 steps: constant 0.5 has {{ f"{ends['constant, lr 0.5']:.2f}" }}, its floor is too high; constant 0.02 has {{ f"{ends['constant, lr 0.02']:.2f}" }}, and has not yet arrived in the flat direction; stairs have {{ f"{ends['step decay']:.2f}" }}, warm-up and cosine {{ f"{ends['warmup, then cosine']:.2f}" }}, the plateau rule {{ f"{ends['reduce on plateau']:.2f}" }}. Every schedule that lowers the rate beats the constant ones. Early stairs silence the noise, but they also bring the flat direction to a standstill; the cosine keeps the rate large for longer.
#
# On a real network, compare constant with one cycle:

# %%
adam = {"optimizer": "adamw", "epochs": 5}
schedules = {
    f"{name}, lr {lr:g}": [
        validation_accuracy(lr, seed, schedule=schedule, **adam) for seed in range(3)
    ]
    for lr in (0.003, 0.03)
    for name, schedule in (("constant", "constant"), ("one cycle", "one_cycle"))
}

# %% tags=["hide-input"] alt_zh="AdamW 在两个学习率下，学习率不变与单周期的验证准确率对比。" alt_en="Validation accuracy of AdamW at two learning rates, constant against one cycle."
figures.bars(schedules, xlabel="validation accuracy", limits=(0.5, 1))

# %% [markdown] tags=["zh"]
# 只训练 5 个轮次。AdamW 用 0.03 偏大：不变时平均 {{ f"{mean(schedules['constant, lr 0.03']):.0%}" }}，用单周期是 {{ f"{mean(schedules['one cycle, lr 0.03']):.0%}" }}。用 0.003 则反过来，不变的更好。注意：写给单周期的 `lr` 是**峰值**，平均下来不到它的一半，所以两种调度的 `lr` 不能直接比较。

# %% [markdown] tags=["en"]
# These runs have only 5 epochs. 0.03 is on the large side for AdamW: kept constant it averages {{ f"{mean(schedules['constant, lr 0.03']):.0%}" }}; with one cycle, {{ f"{mean(schedules['one cycle, lr 0.03']):.0%}" }}. At 0.003 it is the other way round, and the constant rate does better. Note that the `lr` given to one cycle is its **peak**; the average is less than half of it, so the `lr` of two schedules cannot be compared directly.

# %% [markdown] tags=["zh"]
# ## 常见的坑 { #traps }
#
# !!! warning "只跑一次就下结论"
#     这里种子之间的标准差约 {{ f"{100 * noise:.1f}" }} 个百分点。比它小的差别，一次运行看不出来。
#
# !!! warning "在测试集上挑"
#     挑选本身就是一种训练。看过测试集的分数，就不再是测试分数。
#
# !!! warning "学习率在边界上"
#     最好的值若是试过的最大或最小值，说明范围没有盖住；再往外走一个数量级。

# %% [markdown] tags=["en"]
# ## Traps { #traps }
#
# !!! warning "A conclusion from one run"
#     The standard deviation over seeds is about {{ f"{100 * noise:.1f}" }} percentage points here. A smaller difference does not show in a single run.
#
# !!! warning "Choosing on the test set"
#     Choosing is a kind of training. Once the test set has been used for that, its score is no longer a test score.
#
# !!! warning "The best value lies at the edge"
#     If the best value is the largest or smallest that was tried, the range did not cover the answer. Go one more order of magnitude out.

# %% [markdown] tags=["zh"]
# ## 面试题 { #interview }
#
# ??? question "怎样调学习率？"
#     先固定其他设置，按 10 倍扫一遍（例如从 $10^{-4}$ 到 $1$），每个值至少 3 个随机种子，看验证集。找到好用的数量级，再在它周围看 3 到 5 个值；差别小于种子间的标准差就停手，取略小的一个。然后才考虑预热和衰减。换了批量、优化器或网络，重扫第一遍。

# %% [markdown] tags=["en"]
# ## Interview question { #interview }
#
# ??? question "How do you tune a learning rate?"
#     Keep everything else fixed and sweep powers of ten (say $10^{-4}$ to $1$), at least 3 seeds each, on the validation set. Around the order of magnitude that works, look at 3 to 5 values; stop when they differ by less than the spread over seeds, and take one a little below the best. Only then think of warm-up and decay. After a change of batch size, optimizer or network, do the first sweep again.

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 抛物线 $L(w)=\frac{\lambda}{2}w^2$，$\lambda=50$。学习率最大能到多少？取多少时一步就到底？
#
# ??? success "答案"
#     上限是 $2/\lambda=0.04$。$\eta=1/\lambda=0.02$ 时 $1-\eta\lambda=0$，一步到底。
#
# **2.** 两个方向的曲率是 1 和 100。学习率取上限的一半，平缓的方向每步缩小多少？
#
# ??? success "答案"
#     上限由 100 决定，是 $0.02$，一半是 $0.01$。平缓的方向每步乘 $1-0.01\times1=0.99$，缩小到一半要约 69 步。曲率相差悬殊时，SGD 就慢在这里；动量和 Adam 正是为此而来。
#
# **3.** 训练集 1257 张，批量 64，丢掉最后不足的一批，10 个轮次共更新多少次？批量 256 呢？
#
# ??? success "答案"
#     $\lfloor1257/64\rfloor\times10=190$ 次；$\lfloor1257/256\rfloor\times10=40$ 次。
#
# **4.** 把上面的 SGD 加上动量 0.9，最好的学习率会变大还是变小？先猜，再用 `validation_accuracy(0.01, 0, momentum=0.9)` 检验。
#
# ??? success "答案"
#     变小。动量把过去的梯度累加起来，稳定时步长约为 $\eta/(1-0.9)=10\eta$，所以 0.01 大致相当于没有动量的 0.1。
#
# **5.** 4 块显卡，每块批量 32，累积 8 次才更新一次。有效批量大小是多少？$51200$ 张图一个轮次更新几次？
#
# ??? success "答案"
#     $32\times4\times8=1024$；$51200/1024=50$ 次。
#
# **6.** 写 `schedule(step, steps, warmup, lr)`：前 `warmup` 步线性升到 `lr`（第 0 步是 `lr / warmup`），以后的 `steps - warmup` 步沿余弦降，第一步正好是 `lr`，若再走一步就到 0。
#
# ??? success "答案"
#     余弦那一段从 0 数起，占全长的比例是 `(step - warmup) / (steps - warmup)`。
#
#     ```python
#     import math
#
#
#     def schedule(step, steps, warmup, lr):
#         if step < warmup:
#             return lr * (step + 1) / warmup
#         share = (step - warmup) / (steps - warmup)
#         return lr * (1 + math.cos(math.pi * share)) / 2
#     ```

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** For the parabola $L(w)=\frac{\lambda}{2}w^2$ with $\lambda=50$: what is the largest learning rate that converges, and which one arrives in a single step?
#
# ??? success "Answer"
#     The limit is $2/\lambda=0.04$. With $\eta=1/\lambda=0.02$ we have $1-\eta\lambda=0$, and one step is enough.
#
# **2.** Two directions have curvature 1 and 100. With half of the largest possible learning rate, by how much does the flat direction shrink per step?
#
# ??? success "Answer"
#     The limit comes from 100 and is $0.02$; half of it is $0.01$. The flat direction is multiplied by $1-0.01\times1=0.99$ per step and needs about 69 steps to halve. This is where SGD is slow when curvatures differ; momentum and Adam were made for it.
#
# **3.** With 1257 training images, batches of 64, and the last short batch dropped, how many updates are 10 epochs? And with batches of 256?
#
# ??? success "Answer"
#     $\lfloor1257/64\rfloor\times10=190$; $\lfloor1257/256\rfloor\times10=40$.
#
# **4.** Give the SGD above a momentum of 0.9. Will the best learning rate grow or shrink? Guess, then check with `validation_accuracy(0.01, 0, momentum=0.9)`.
#
# ??? success "Answer"
#     Shrink. Momentum adds up past gradients; once settled, a step is about $\eta/(1-0.9)=10\eta$ long, so 0.01 does roughly what 0.1 does without momentum.
#
# **5.** 4 GPUs with batches of 32 each, one update after 8 accumulations. What is the effective batch size, and how many updates are an epoch of $51200$ images?
#
# ??? success "Answer"
#     $32\times4\times8=1024$; $51200/1024=50$.
#
# **6.** Write `schedule(step, steps, warmup, lr)`: linear up to `lr` in the first `warmup` steps (step 0 has `lr / warmup`), then down along a cosine in the other `steps - warmup`, whose first has exactly `lr`, and one more step would have 0.
#
# ??? success "Answer"
#     The part along the cosine counts from 0; its share is `(step - warmup) / (steps - warmup)`.
#
#     ```python
#     import math
#
#
#     def schedule(step, steps, warmup, lr):
#         if step < warmup:
#             return lr * (step + 1) / warmup
#         share = (step - warmup) / (steps - warmup)
#         return lr * (1 + math.cos(math.pi * share)) / 2
#     ```

# %% [markdown] tags=["zh"]
# ## 参考文献 { #references }
#
# - L. N. Smith. [Cyclical learning rates for training neural networks](https://arxiv.org/abs/1506.01186). WACV, 2017.
# - L. N. Smith, N. Topin. [Super-convergence](https://arxiv.org/abs/1708.07120). 2018.
# - I. Loshchilov, F. Hutter. [SGDR: stochastic gradient descent with warm restarts](https://arxiv.org/abs/1608.03983). ICLR, 2017.
# - P. Goyal 等. [Accurate, large minibatch SGD](https://arxiv.org/abs/1706.02677). 2017.

# %% [markdown] tags=["en"]
# ## References { #references }
#
# - L. N. Smith. [Cyclical learning rates for training neural networks](https://arxiv.org/abs/1506.01186). WACV, 2017.
# - L. N. Smith, N. Topin. [Super-convergence](https://arxiv.org/abs/1708.07120). 2018.
# - I. Loshchilov, F. Hutter. [SGDR: stochastic gradient descent with warm restarts](https://arxiv.org/abs/1608.03983). ICLR, 2017.
# - P. Goyal et al. [Accurate, large minibatch SGD](https://arxiv.org/abs/1706.02677). 2017.
