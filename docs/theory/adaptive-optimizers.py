# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "自适应优化器：罕见特征为什么学不动，Adagrad 怎样给每个参数自己的步长，RMSprop 怎样忘记，Adam 为什么要修正偏差；再看牛顿法用曲率一步走多远，为什么网络不用它。"
#       en: "Adaptive optimizers: why rare features hardly learn, how Adagrad gives every parameter its own step, how RMSprop forgets, why Adam corrects a bias; then how far Newton's method gets with curvature, and why networks do without."
#     covers: [T-15, N-39, N-31, N-05]
#     labels:
#       one sample in: 多少个样本里出现一次
#       steps: 步数
#       true value: 真值
#       smallest loss: 最小的损失
#       without correction: 不修正
#       with correction: 修正
#       "length of the step in units of η": "步长（以 η 为单位）"
#       Newton: 牛顿法
#       "Newton: {} steps": "牛顿法：{} 步"
#       "momentum: {} steps": "动量：{} 步"
#       "Adam: {} steps": "Adam：{} 步"
#       "full batch, L-BFGS": "全批量，L-BFGS"
#       "full batch, gradient descent": "全批量，梯度下降"
#       "batches of 64, Adam": "批量 64，Adam"
#       passes over the data: 看几遍数据
#       training loss: 训练损失
#       validation accuracy: 验证准确率
#       Adagrad: Adagrad
#       RMSprop: RMSprop
# ---

# %% [markdown] tags=["zh"]
# # 自适应优化器：罕见的特征学得动吗 { #adaptive-optimizers }
#
# 8 个特征，第 $k$ 个平均 $2^k$ 个样本里才出现一次；目标是出现了的特征的个数，所以 8 个权重的真值全是 1。从 0 出发，批量 16，走 100 步。**先猜：SGD 走完之后，每个样本都有的那个权重学到多少？128 个样本里才出现一次的那个呢？**

# %% [markdown] tags=["en"]
# # Adaptive optimizers: can a rare feature learn? { #adaptive-optimizers }
#
# There are 8 features, and number $k$ appears once in $2^k$ samples on average. The target is the number of features that appear, so the true value of all 8 weights is 1. Start at 0 and take 100 steps with batches of 16. **Guess: how far has SGD got with the weight that every sample needs, and how far with the one whose feature appears once in 128?**

# %%
import math

import pandas as pd
import torch
from torch import nn
from torch.nn import functional as F

from dlnotes import data, figures, layers, models, training

one_in = [2**k for k in range(8)]
chances = 1 / torch.tensor(one_in, dtype=torch.float64)


def learn(make, steps=100):
    generator = torch.Generator().manual_seed(0)
    w = torch.zeros(8, dtype=torch.float64, requires_grad=True)
    optimizer = make([w])
    for _ in range(steps):
        x = (torch.rand(16, 8, generator=generator) < chances).double()
        optimizer.zero_grad()
        (x @ w - x.sum(dim=1)).square().mean().div(2).backward()
        optimizer.step()
    return w.tolist()


learned = {
    "SGD": learn(lambda p: layers.SGD(p, lr=0.5)),
    "Adagrad": learn(lambda p: layers.Adagrad(p, lr=0.5)),
}
table = pd.DataFrame(learned, index=pd.Index(one_in, name="one sample in"))
table.map("{:.2f}".format).T

# %% [markdown] tags=["zh"]
# SGD 的学习率已经接近上限（常见的特征说了算，见[学习率](../training/learning-rate.py#divergence)），常见的早就学好了，最罕见的只有 {{ f"{learned['SGD'][-1]:.2f}" }}。原因很简单：特征不出现，梯度就是 0；它 100 步里只动过几次，每次又被批量里的其他样本平均掉。
#
# 一个学习率管不了所有参数。**自适应优化器**给每个参数自己的步长，依据是这个参数自己的梯度历史。第二行的 Adagrad 就是一种：最罕见的也到了 {{ f"{learned['Adagrad'][-1]:.2f}" }}。
#
# ## Adagrad：梯度越少，步子越大 { #adagrad }
#
# $$ \mathbf s\leftarrow\mathbf s+\mathbf g^2, \qquad \mathbf w\leftarrow\mathbf w-\eta\,\frac{\mathbf g}{\sqrt{\mathbf s}+\epsilon} $$
#
# 其中 $\mathbf w$ 是参数，$\mathbf g$ 是小批量的梯度，$\mathbf s$ 是到目前为止梯度平方的总和，$\eta$ 是学习率，$\epsilon$ 防止除以 0；平方、开方、除法都是逐元素的。**Adagrad** 的第一步不管梯度多大都是 $\eta$；很少动的参数 $\mathbf s$ 小，轮到它时步子就大。
#
# ```python
# --8<-- "dlnotes/layers/optimizers.py:adagrad"
# ```
#
# 总和只增不减，这是它的毛病。设一个参数要追的目标是 1，追上之后目标忽然变成 -1，观测里带噪声。训练网络时这很平常：前面的层变了，后面的层要追的东西就变了。**先猜：Adagrad 还追得上吗？**

# %% [markdown] tags=["en"]
# The learning rate of SGD is close to its limit already (the common features set it, see [learning rate](../training/learning-rate.py#divergence)). The common features have long been learned, but the rarest weight has only got to {{ f"{learned['SGD'][-1]:.2f}" }}. The reason is simple. Where a feature does not appear, its gradient is 0, so in 100 steps the weight moves only now and then. And each time, the mean over the batch makes the step small, since hardly any other sample has the feature.
#
# One learning rate does not suit all parameters. An **adaptive optimizer** gives each parameter a step of its own, set by the history of its own gradients. The second row, Adagrad, is one of them: the rarest weight is at {{ f"{learned['Adagrad'][-1]:.2f}" }}.
#
# ## Adagrad: the fewer gradients, the longer the step { #adagrad }
#
# $$ \mathbf s\leftarrow\mathbf s+\mathbf g^2, \qquad \mathbf w\leftarrow\mathbf w-\eta\,\frac{\mathbf g}{\sqrt{\mathbf s}+\epsilon} $$
#
# where $\mathbf w$ are the parameters, $\mathbf g$ the gradient of the mini-batch, $\mathbf s$ the sum of all squared gradients so far, $\eta$ the learning rate, and $\epsilon$ prevents a division by 0. Squares, roots and quotients are taken element by element. The first step of **Adagrad** has length $\eta$, whatever the gradient. A parameter that seldom moves has a small $\mathbf s$, so when its turn comes it takes a long step.
#
# ```python
# --8<-- "dlnotes/layers/optimizers.py:adagrad"
# ```
#
# The sum never shrinks, and that is its flaw. Let one parameter follow a noisy target: it is 1 at first, and half-way through it jumps to -1. In a network this is common: as the earlier layers change, so does what the later ones should do. **Guess: can Adagrad still keep up?**


# %%
def follow(make, steps=2000):
    generator = torch.Generator().manual_seed(0)
    w = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer, path = make([w]), []
    for step in range(steps):
        target = 1.0 if step < steps // 2 else -1.0
        seen = target + 0.5 * torch.randn((), generator=generator).double()
        optimizer.zero_grad()
        (w - seen).square().div(2).backward()
        optimizer.step()
        path.append(w.item())
    return path


paths = {
    "Adagrad": follow(lambda p: layers.Adagrad(p, lr=0.1)),
    "RMSprop": follow(lambda p: layers.RMSprop(p, lr=0.01)),
    "true value": [1.0] * 1000 + [-1.0] * 1000,
}

# %% tags=["hide-input"] alt_zh="横轴 2000 步。真值先是 1，第 1000 步跳到 -1。Adagrad 和 RMSprop 开头重合，都在 100 步左右追到 1；跳变之后 RMSprop 几百步就到 -1，Adagrad 越走越慢，走到最后才接近。" alt_en="Over 2000 steps the true value is 1, then -1 from step 1000. Adagrad and RMSprop coincide at first and reach 1 near step 100. After the jump RMSprop is at -1 within a few hundred steps, while Adagrad slows down and comes close only at the end."
figures.lines(paths, x=range(2000), xlabel="step", ylabel="w")

# %% [markdown] tags=["zh"]
# 开头两者一样快。跳变 300 步之后，RMSprop 到了 {{ f"{paths['RMSprop'][1300]:.2f}" }}，Adagrad 还在 {{ f"{paths['Adagrad'][1300]:.2f}" }}：前一千步的梯度永远记在账上，步子按 $1/\sqrt t$ 缩下去，其中 $t$ 是步数。
#
# ## RMSprop：用移动平均，忘掉旧账 { #rmsprop }
#
# **RMSprop** 只改一处，把总和换成指数移动平均：
#
# $$ \mathbf v\leftarrow\alpha\,\mathbf v+(1-\alpha)\,\mathbf g^2, \qquad \mathbf w\leftarrow\mathbf w-\eta\,\frac{\mathbf g}{\sqrt{\mathbf v}+\epsilon} $$
#
# 其中 $\alpha$ 是每步留下的比例，默认 0.99，大约记得最近 100 步。
#
# ```python
# --8<-- "dlnotes/layers/optimizers.py:rmsprop"
# ```
#
# 两者与 `torch.optim` 并排走 200 步：

# %% [markdown] tags=["en"]
# At first the two are equally fast. 300 steps after the jump RMSprop is at {{ f"{paths['RMSprop'][1300]:.2f}" }} and Adagrad at {{ f"{paths['Adagrad'][1300]:.2f}" }}: the gradients of the first thousand steps stay in its sum for ever, and its steps shrink like $1/\sqrt t$, with $t$ the number of the step.
#
# ## RMSprop: a moving average that forgets { #rmsprop }
#
# **RMSprop** changes one thing: an exponential moving average takes the place of the sum:
#
# $$ \mathbf v\leftarrow\alpha\,\mathbf v+(1-\alpha)\,\mathbf g^2, \qquad \mathbf w\leftarrow\mathbf w-\eta\,\frac{\mathbf g}{\sqrt{\mathbf v}+\epsilon} $$
#
# where $\alpha$ is the share that is kept at each step. The default is 0.99, which remembers roughly the last 100 steps.
#
# ```python
# --8<-- "dlnotes/layers/optimizers.py:rmsprop"
# ```
#
# 200 steps of both, side by side with `torch.optim`:


# %%
def race(name, **options):
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(50, generator=generator, dtype=torch.float64)
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


gaps = {name: race(name) for name in ("Adagrad", "RMSprop")}
gaps["RMSprop, centered"] = race("RMSprop", centered=True)
assert max(gaps.values()) < 1e-12
print({name: f"{gap:.0e}" for name, gap in gaps.items()})

# %% [markdown] tags=["zh"]
# Adam 又加两样：分子也取移动平均（动量），再修正两个平均的偏差。代码在[优化器](optimizers.py#algorithms)一页。
#
# ## 偏差修正：平均值从 0 开始 { #bias-correction }
#
# Adam 的 $\mathbf m$ 与 $\mathbf v$ 从 0 开始，头几步都偏小。设梯度一直是 1，真正的平均就是 1：
#
# $$ m_t = 1-\beta_1^t, \qquad v_t = 1-\beta_2^t $$
#
# 其中 $m_t$、$v_t$ 是第 $t$ 步之后的值，$\beta_1=0.9$，$\beta_2=0.999$。**先猜：不修正的话，第一步会太长还是太短？**

# %% [markdown] tags=["en"]
# Adam adds two things: a moving average in the numerator too (momentum), and a correction of both averages. Its code is on the page on [optimizers](optimizers.py#algorithms).
#
# ## Bias correction: averages that start at 0 { #bias-correction }
#
# Adam's averages, $\mathbf m$ of the gradients and $\mathbf v$ of their squares, start at 0 and are too small for the first steps. Let the gradient be 1 at every step, so that the true averages are 1:
#
# $$ m_t = 1-\beta_1^t, \qquad v_t = 1-\beta_2^t $$
#
# where $m_t$ and $v_t$ are the values after step $t$, with $\beta_1=0.9$ and $\beta_2=0.999$. **Guess: without correction, is the first step too long or too short?**

# %%
t = torch.arange(1, 2001, dtype=torch.float64)
m, v = 1 - 0.9**t, 1 - 0.999**t
raw = m / v.sqrt()
pd.DataFrame(
    {
        f"step {k}": [f"{m[k - 1]:.3f}", f"{v[k - 1]:.3f}", f"{raw[k - 1]:.2f}", "1.00"]
        for k in (1, 2, 10, 100, 1000)
    },
    index=["m", "v", "without correction", "with correction"],
)

# %% tags=["hide-input"] alt_zh="横轴步数（对数），纵轴步长。修正后一直是 1；不修正从 3.2 升到约 6.6，在第 12 步左右最高，之后慢慢降到 1，一千步以后仍高出一截。" alt_en="Length of the step against its number, logarithmic: with correction 1 throughout; without it from 3.2 up to about 6.6 near step 12, then slowly down to 1, and still above it after a thousand steps."
figure = figures.lines(
    {"without correction": raw, "with correction": torch.ones_like(raw)},
    x=t,
    xlabel="step",
    ylabel="length of the step in units of η",
)
axes = figure.axes[0]
axes.set(xscale="log", ylim=(0, 7.5))
axes.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1000"])
axes.minorticks_off()
figure

# %% [markdown] tags=["zh"]
# 太长。两个都偏小，可是 $v$ 偏小得更久，又在分母里：第 1 步是 {{ f"{raw[0]:.2f}" }} 倍，第 {{ int(raw.argmax()) + 1 }} 步最高，{{ f"{raw.max():.2f}" }} 倍，恰好在网络最不稳的开头。修正之后始终是 1。RMSprop 不修正，第一步就是 $1/\sqrt{1-\alpha}=10$ 倍学习率，所以它更需要预热。
#
# ## 自适应了，还要不要调学习率 { #still-tune }
#
# 常听说 Adam 不用调学习率。同一个网络 `mlp_32_16`，4 个轮次，学习率按 10 倍扫一遍：

# %% [markdown] tags=["en"]
# Too long. Both are too small, but $v$ stays too small for longer, and its root stands in the denominator. Step 1 is {{ f"{raw[0]:.2f}" }} times as long as it should be, and step {{ int(raw.argmax()) + 1 }} is the worst with {{ f"{raw.max():.2f}" }}, just when a network is least stable. With correction the length is 1 throughout. RMSprop has no such correction and begins with a step of $1/\sqrt{1-\alpha}=10$ learning rates, so a warm-up helps it all the more.
#
# ## Must an adaptive learning rate be tuned? { #still-tune }
#
# Adam is often said to need no tuning. Let us train one network, `mlp_32_16`, for 4 epochs, with learning rates in powers of ten. The table shows the validation accuracy:

# %%
splits = data.load("digits")
norm = training.Normalization.of(splits.train.images)
x, y = norm.apply(splits.train.images), splits.train.labels
x_val, y_val = norm.apply(splits.validation.images), splits.validation.labels


def accuracy(make, epochs=4):
    training.seed_everything(0)
    net = models.create("mlp_32_16")
    optimizer = make(net.parameters())
    for _ in range(epochs):
        for index in torch.randperm(len(y)).split(64)[:-1]:
            optimizer.zero_grad()
            F.cross_entropy(net(x[index]), y[index]).backward()
            optimizer.step()
    with torch.no_grad():
        return (net(x_val).argmax(dim=1) == y_val).float().mean().item()


rates = [1e-4, 1e-3, 1e-2, 1e-1, 1.0]
makers = {
    "SGD": torch.optim.SGD,
    "momentum": lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.9),
    "Adagrad": torch.optim.Adagrad,
    "RMSprop": torch.optim.RMSprop,
    "Adam": torch.optim.Adam,
}
swept = {
    name: [accuracy(lambda p, m=make, lr=lr: m(p, lr=lr)) for lr in rates]
    for name, make in makers.items()
}
pd.DataFrame(swept, index=[f"lr {lr:g}" for lr in rates]).map("{:.0%}".format)

# %% tags=["remove-input"]
best = {
    name: rates[max(range(5), key=lambda k: values[k])]
    for name, values in swept.items()
}
worst_at = {name: min(values) for name, values in swept.items()}

# %% [markdown] tags=["zh"]
# 每一列都有好有坏：最好的学习率，SGD 是 {{ f"{best['SGD']:g}" }}，Adam 是 {{ f"{best['Adam']:g}" }}；而 Adam 最差的一格只有 {{ f"{worst_at['Adam']:.0%}" }}。自适应省去的是给**每个参数**分别调，整体的大小还得调。默认值只是在许多任务上碰巧靠近好用的那一段。
#
# ## 再进一步：把曲率也用上 { #second-order }
#
# Adam 只能按坐标轴缩放，山谷一转就不灵（见[狭长的山谷](optimizers.py#valley)）。**二阶方法**用黑塞矩阵 $\mathbf H$，也就是所有二阶导数组成的矩阵，缩放并旋转梯度。牛顿法是
#
# $$ \mathbf w\leftarrow\mathbf w-\mathbf H^{-1}\mathbf g $$
#
# 损失若是二次函数，不管山谷多窄、朝哪边，一步到底。换一条弯的山谷，$(1-x)^2+100\,(y-x^2)^2$，从 $(-1.2, 1)$ 走到 $(1, 1)$。**先猜：动量、Adam、牛顿法各要几步？** 走到损失低于 0.001 为止：

# %% [markdown] tags=["en"]
# Every column has good cells and bad ones: the best rate is {{ f"{best['SGD']:g}" }} for SGD and {{ f"{best['Adam']:g}" }} for Adam, and the worst cell of Adam is {{ f"{worst_at['Adam']:.0%}" }}. Being adaptive saves you from tuning **each parameter** separately, but you still have to find the overall size. The default just happens to lie near the useful range in many tasks.
#
# ## One step further: use the curvature { #second-order }
#
# Adam scales along the axes, which does not help when the valley runs at an angle to them (see [a narrow valley](optimizers.py#valley)). A **second-order method** scales and turns the gradient with the Hessian matrix $\mathbf H$, which holds all second derivatives. Newton's method is
#
# $$ \mathbf w\leftarrow\mathbf w-\mathbf H^{-1}\mathbf g $$
#
# On a quadratic loss it arrives in one step, however narrow the valley and whichever way it runs. Now take a bent valley, $(1-x)^2+100\,(y-x^2)^2$. The start is $(-1.2, 1)$, the lowest point $(1, 1)$. Each method walks until the loss is below 0.001. **Guess: how many steps do momentum, Adam and Newton take?**


# %%
def bent(p):
    return (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2


def walk(make, limit=2000):
    p = torch.tensor([-1.2, 1.0], dtype=torch.float64, requires_grad=True)
    optimizer, path = make([p]), [p.detach().clone()]
    while bent(p) > 1e-3 and len(path) <= limit:
        optimizer.zero_grad()
        bent(p).backward()
        optimizer.step()
        path.append(p.detach().clone())
    return torch.stack(path)


def newton(loss, start, steps=20, target=1e-3):
    p = torch.tensor(start, dtype=torch.float64)
    path = [p]
    while loss(p) > target and len(path) <= steps:
        gradient = torch.func.grad(loss)(p)
        hessian = torch.autograd.functional.hessian(loss, p)
        p = p - torch.linalg.solve(hessian, gradient)
        path.append(p)
    return torch.stack(path)


trails = {
    "momentum": walk(lambda p: layers.SGD(p, lr=0.001, momentum=0.9)),
    "Adam": walk(lambda p: layers.Adam(p, lr=0.1)),
    "Newton": newton(bent, [-1.2, 1.0]),
}

# %% tags=["hide-input"] alt_zh="三格等高线图，都是一条向上弯的山谷，起点在左上，星号是最低点。动量沿谷底慢慢走；Adam 先左右摆、再沿谷底走；牛顿法只有五步，其中一步远远跳出图外，下一步又跳回谷底。" alt_en="Three contour plots of a valley bent upwards, start at upper left, a star at the lowest point. Momentum creeps along the floor; Adam swings and then follows the floor; Newton takes five steps, one of which leaps far out of the picture and the next back to the floor."
import matplotlib.pyplot as plt

from dlnotes.figures.style import INK, PALETTE

xs, ys = torch.linspace(-1.8, 1.6, 160), torch.linspace(-0.8, 2.2, 160)
heights = torch.stack([(1 - xs) ** 2 + 100 * (level - xs**2) ** 2 for level in ys])
figure, panels = plt.subplots(1, 3, figsize=(7.4, 2.7))
for number, (axes, (name, path)) in enumerate(zip(panels, trails.items())):
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
        path[:, 0],
        path[:, 1],
        "o-" if name == "Newton" else "-",
        color=PALETTE[number],
        markersize=4,
        linewidth=1.3,
    )
    axes.plot(1, 1, "*", color=INK, markersize=9)
    axes.set(title=f"{name}: {len(path) - 1} steps", xlim=(-1.8, 1.6), ylim=(-0.8, 2.2))
    axes.grid(False)
    axes.set_xticks([])
    axes.set_yticks([])
figure

# %% [markdown] tags=["zh"]
# 牛顿法 {{ len(trails["Newton"]) - 1 }} 步，Adam {{ len(trails["Adam"]) - 1 }} 步，动量 {{ len(trails["momentum"]) - 1 }} 步。那么训练网络为什么不用它？
#
# - **存不下。** $n$ 个参数，$\mathbf H$ 有 $n^2$ 个数。LeNet 只有 44,426 个参数，$\mathbf H$ 用 float32 存就要 {{ f"{44426**2 * 4 / 2**30:.1f}" }} GiB，还要解一个这么大的方程组。
# - **奔向鞍点。** 牛顿法找的是梯度为 0 的地方，不管那里是谷底还是鞍点。
# - **噪声。** 小批量的曲率比小批量的梯度更不可靠。
#
# 第二条当场就能看到。$\frac12x^2+\frac14y^4-\frac12y^2$ 的最低点在 $y=\pm1$，$(0,0)$ 是鞍点。从 $(1, 0.3)$ 出发：

# %% [markdown] tags=["en"]
# Newton takes {{ len(trails["Newton"]) - 1 }} steps, Adam {{ len(trails["Adam"]) - 1 }}, momentum {{ len(trails["momentum"]) - 1 }}. Then why are networks not trained with it?
#
# - **It does not fit.** For $n$ parameters $\mathbf H$ has $n^2$ numbers. LeNet has only 44,426 parameters, and yet $\mathbf H$ in float32 takes {{ f"{44426**2 * 4 / 2**30:.1f}" }} GiB. On top of that, each step has to solve a system of equations of that size.
# - **It is drawn to saddle points.** Newton looks for a place where the gradient is 0, whether it is the floor of a valley or a saddle.
# - **Noise.** The curvature of a mini-batch is even less reliable than its gradient.
#
# The second point is easy to see. $\frac12x^2+\frac14y^4-\frac12y^2$ is lowest at $y=\pm1$, and $(0,0)$ is a saddle point. Start at $(1, 0.3)$:


# %%
def saddle(p):
    return p[0] ** 2 / 2 + p[1] ** 4 / 4 - p[1] ** 2 / 2


by_newton = newton(saddle, [1.0, 0.3], target=-math.inf)[-1]
p = torch.tensor([1.0, 0.3], dtype=torch.float64, requires_grad=True)
optimizer = layers.SGD([p], lr=0.1)
for _ in range(200):
    optimizer.zero_grad()
    saddle(p).backward()
    optimizer.step()
print(f"Newton ends at       ({abs(by_newton[0]):.2f}, {abs(by_newton[1]):.2f})")
print(f"gradient descent at  ({abs(p[0]):.2f}, {p[1]:.2f})")

# %% [markdown] tags=["zh"]
# 牛顿法停在鞍点上，还以为到了。
#
# **黑塞矩阵存不下，可以不存。** L-BFGS 不存 $\mathbf H$，用最近几步的梯度之差来近似 $\mathbf H^{-1}\mathbf g$，内存够用了。它要的是没有噪声的梯度，所以用全批量。在 softmax 回归上试：一次求值就是看一遍数据，三种办法看同样多遍。**先猜：谁的训练损失最低？谁的验证准确率最高？**

# %% [markdown] tags=["en"]
# Newton stops at the saddle point and takes it for its goal; gradient descent goes on down to the valley.
#
# **What does not fit need not be stored.** L-BFGS does without $\mathbf H$. It approximates $\mathbf H^{-1}\mathbf g$ from how the gradient changed over the last few steps, and that fits in memory. It needs gradients without noise, hence the full batch. Try it on softmax regression, where one evaluation is one pass over the data, and give three methods the same number of passes. **Guess: which has the lowest training loss, and which the highest validation accuracy?**

# %%
flat, flat_val = x.flatten(1), x_val.flatten(1)


def fresh():
    torch.manual_seed(0)
    return nn.Linear(784, 10)


passes = []
quasi, steepest, stochastic = fresh(), fresh(), fresh()
optimizer = torch.optim.LBFGS(
    quasi.parameters(), max_iter=30, line_search_fn="strong_wolfe"
)


def evaluate():
    optimizer.zero_grad()
    loss = F.cross_entropy(quasi(flat), y)
    loss.backward()
    passes.append(loss.item())
    return loss


optimizer.step(evaluate)
others = [
    (steepest, layers.SGD(steepest.parameters(), lr=0.3), len(y)),
    (stochastic, layers.Adam(stochastic.parameters(), lr=0.003), 64),
]
for net, other, size in others:
    for _ in range(len(passes)):
        for index in torch.randperm(len(y)).split(size):
            other.zero_grad()
            F.cross_entropy(net(flat[index]), y[index]).backward()
            other.step()

names = ("full batch, L-BFGS", "full batch, gradient descent", "batches of 64, Adam")
rows = {}
with torch.no_grad():
    for name, net in zip(names, (quasi, steepest, stochastic)):
        hits = (net(flat_val).argmax(dim=1) == y_val).float().mean().item()
        loss = F.cross_entropy(net(flat), y)
        rows[name] = (len(passes), f"{loss:.1e}", f"{hits:.1%}")
columns = ["passes over the data", "training loss", "validation accuracy"]
pd.DataFrame.from_dict(rows, orient="index", columns=columns)

# %% [markdown] tags=["zh"]
# 训练损失，L-BFGS 低几个数量级：问题小、凸、没有噪声，正是二阶方法的主场。验证准确率却没有跟着走，因为把训练损失压到 0 并不是目的。网络大、数据多、只能看小批量时，省下的那些遍数抵不过每一步的代价，所以至今仍是 SGD 与 Adam 的天下。
#
# ## 常见的坑 { #traps }
#
# !!! warning "把 SGD 的学习率搬给 Adam"
#     SGD 的学习率乘在梯度上，Adam 的学习率就是步长。上面的表里，SGD 最好的那一格，对 Adam 就是最差的几格之一。
#
# !!! warning "ε 不只是防止除以 0"
#     梯度小到与 $\epsilon$ 相当时，步子就短了。低精度训练时常把它从 $10^{-8}$ 调大。
#
# !!! warning "长期训练用 Adagrad"
#     步子按 $1/\sqrt t$ 缩小，再也恢复不了。
#
# !!! warning "权重衰减放进梯度"
#     Adam 会把它也除以 $\sqrt{\hat{\mathbf v}}$，梯度大的参数几乎不衰减。用 AdamW。
#
# ## 练习 { #exercises }
#
# **1.** 梯度一直是 2，学习率 0.1，忽略 $\epsilon$。Adagrad 的第 1 步和第 100 步各走多远？
#
# ??? success "答案"
#     $\mathbf s$ 是 $4t$，步长 $0.1\times2/\sqrt{4t}=0.1/\sqrt t$：$0.1$ 与 $0.01$。梯度的大小抵消了。
#
# **2.** 同样的梯度，RMSprop（$\alpha=0.99$，学习率 0.1）的第 1 步走多远？走了很久以后呢？
#
# ??? success "答案"
#     第 1 步 $\mathbf v=0.01\times4$，步长 $0.1\times2/\sqrt{0.04}=1$，是学习率的 10 倍；以后 $\mathbf v\to4$，步长 $0.1$。
#
# **3.** 不用优化器，写出 RMSprop 的一步 `rmsprop_step(w, g, v, lr)`，返回新的 `(w, v)`，$\alpha=0.99$，$\epsilon=10^{-8}$。
#
# ??? success "答案"
#     先更新平均，再用新的平均去除；$\epsilon$ 在根号外面。
#
#     ```python
#     def rmsprop_step(w, g, v, lr):
#         v = 0.99 * v + 0.01 * g**2
#         return w - lr * g / (v**0.5 + 1e-8), v
#     ```
#
# **4.** 损失 $\frac12(x^2+100\,y^2)$，从 $(3, -2)$ 出发。牛顿法一步之后在哪里？
#
# ??? success "答案"
#     $\mathbf g=(3,-200)$，$\mathbf H^{-1}=\mathrm{diag}(1, 0.01)$，$\mathbf H^{-1}\mathbf g=(3,-2)$，正好走到 $(0, 0)$。
#
# **5.** VGG-16 有约 $1.38\times10^8$ 个参数。它的黑塞矩阵用 float32 存，要多少 PiB（$2^{50}$ 字节）？
#
# ??? success "答案"
#     $(1.38\times10^8)^2\times4/2^{50}\approx$ {{ f"{1.38e8**2 * 4 / 2**50:.0f}" }} PiB。
#
# ## 参考文献 { #references }
#
# - J. Duchi, E. Hazan, Y. Singer. [Adaptive subgradient methods](https://jmlr.org/papers/v12/duchi11a.html). JMLR, 2011.
# - T. Tieleman, G. Hinton. [Lecture 6e: RMSprop](https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf). 2012.
# - D. Kingma, J. Ba. [Adam: a method for stochastic optimization](https://arxiv.org/abs/1412.6980). ICLR, 2015.
# - A. Wilson 等. [The marginal value of adaptive gradient methods](https://arxiv.org/abs/1705.08292). NeurIPS, 2017.
# - Y. Dauphin 等. [Identifying and attacking the saddle point problem](https://arxiv.org/abs/1406.2572). NeurIPS, 2014.

# %% [markdown] tags=["en"]
# The training loss of L-BFGS is lower by orders of magnitude: the problem is small, convex and free of noise, which is where second-order methods are at home. The validation accuracy does not follow, since driving the training loss to 0 was never the aim. With large networks, a lot of data and only mini-batches to look at, the passes saved do not make up for the cost of each step. That is why SGD and Adam are still what people use.
#
# ## Traps { #traps }
#
# !!! warning "Taking SGD's learning rate to Adam"
#     The learning rate of SGD multiplies a gradient; that of Adam is roughly the length of a step. In the table above, the best cell of SGD is one of the worst for Adam.
#
# !!! warning "ε does more than avoid dividing by 0"
#     Where gradients are as small as $\epsilon$, steps get shorter. In low precision people often raise it from $10^{-8}$.
#
# !!! warning "Adagrad for long training"
#     Its steps shrink like $1/\sqrt t$ and never grow again.
#
# !!! warning "Weight decay in the gradient"
#     Adam divides the decay by $\sqrt{\hat{\mathbf v}}$ as well, so parameters with large gradients hardly decay. Use AdamW.
#
# ## Exercises { #exercises }
#
# **1.** The gradient is 2 at every step and the learning rate is 0.1; ignore $\epsilon$. How long are steps 1 and 100 of Adagrad?
#
# ??? success "Answer"
#     $\mathbf s$ is $4t$, and the step is $0.1\times2/\sqrt{4t}=0.1/\sqrt t$: $0.1$ and $0.01$. The size of the gradient cancels.
#
# **2.** For the same gradient, how long is step 1 of RMSprop ($\alpha=0.99$, learning rate 0.1), and how long are its steps in the end?
#
# ??? success "Answer"
#     At step 1 $\mathbf v=0.01\times4$, and the step is $0.1\times2/\sqrt{0.04}=1$, 10 times the learning rate; later $\mathbf v\to4$, and the step is $0.1$.
#
# **3.** Without an optimizer, write one step of RMSprop, `rmsprop_step(w, g, v, lr)`, which returns the new `(w, v)`, with $\alpha=0.99$ and $\epsilon=10^{-8}$.
#
# ??? success "Answer"
#     Update the average first and divide by the new one; $\epsilon$ stands outside the root.
#
#     ```python
#     def rmsprop_step(w, g, v, lr):
#         v = 0.99 * v + 0.01 * g**2
#         return w - lr * g / (v**0.5 + 1e-8), v
#     ```
#
# **4.** The loss is $\frac12(x^2+100\,y^2)$ and the start is $(3, -2)$. Where does one step of Newton's method lead?
#
# ??? success "Answer"
#     $\mathbf g=(3,-200)$ and $\mathbf H^{-1}=\mathrm{diag}(1, 0.01)$, so $\mathbf H^{-1}\mathbf g=(3,-2)$, and the step leads exactly to $(0, 0)$.
#
# **5.** VGG-16 has about $1.38\times10^8$ parameters. How many PiB ($2^{50}$ bytes) does its Hessian take in float32?
#
# ??? success "Answer"
#     $(1.38\times10^8)^2\times4/2^{50}\approx$ {{ f"{1.38e8**2 * 4 / 2**50:.0f}" }} PiB.
#
# ## References { #references }
#
# - J. Duchi, E. Hazan, Y. Singer. [Adaptive subgradient methods](https://jmlr.org/papers/v12/duchi11a.html). JMLR, 2011.
# - T. Tieleman, G. Hinton. [Lecture 6e: RMSprop](https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf). 2012.
# - D. Kingma, J. Ba. [Adam: a method for stochastic optimization](https://arxiv.org/abs/1412.6980). ICLR, 2015.
# - A. Wilson et al. [The marginal value of adaptive gradient methods](https://arxiv.org/abs/1705.08292). NeurIPS, 2017.
# - Y. Dauphin et al. [Identifying and attacking the saddle point problem](https://arxiv.org/abs/1406.2572). NeurIPS, 2014.
