# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "初始化：默认的 nn.Linear 叠 20 层为什么一动不动；逐层量激活值和梯度，Xavier 与 He 从哪里来，全零为什么不行，torch 的默认值到底是什么。"
#       en: "Initialization: why 20 default nn.Linear layers do not learn; activations and gradients measured layer by layer, where Xavier and He come from, why zeros fail, what torch's defaults really are."
#     covers: [N-24, E-49, E-73]
#     labels:
#       layers: 层数
#       "ReLU, torch default": "ReLU，torch 默认"
#       "ReLU, N(0, 0.01²)": "ReLU，N(0, 0.01²)"
#       "ReLU, Xavier": "ReLU，Xavier"
#       "ReLU, He": "ReLU，He"
#       "tanh, Xavier": "tanh，Xavier"
#       "N(0, 0.01²)": "N(0, 0.01²)"
#       "N(0, 1)": "N(0, 1)"
#       torch default: torch 默认
#       Xavier: Xavier
#       He: He
#       size of the activations: 激活值的大小
#       size of the gradient: 梯度的大小
#       predicted factor: 预测的倍数
#       measured forwards: 前向实测
#       measured backwards: 反向实测
#       "all 0": 全 0
#       "all 0.01": 全 0.01
#       first loss: 最初的损失
#       different hidden neurons: 不同的隐藏神经元
#       "size": 大小
#       "spread over samples": 样本之间的差别
#       distribution: 分布
#       largest: 最大值
#       uniform: 均匀
#       normal: 正态
#       constant: 常数
# ---

# %% [markdown] tags=["zh"]
# # 初始化：20 层的网络为什么一动不动 { #initialization }
#
# 同样的数据、同样的 `nn.Linear(64, 64)` 加 ReLU，什么也不改，只把隐藏层从 2 层叠到 20 层。2 层时验证准确率九成多。**先猜：5 层、10 层、20 层呢？会更好，差不多，还是更差？若更差，是程序写错了吗？**

# %% [markdown] tags=["en"]
# # Initialization: why 20 layers stand still { #initialization }
#
# The same data, the same `nn.Linear(64, 64)` with ReLU, nothing changed but the number of hidden layers, from 2 to 20. With 2 the validation accuracy is above ninety percent. **Guess: what about 5, 10, 20? Better, the same, worse? And if worse, is the program wrong?**

# %%
import torch
from torch import nn

from dlnotes import data, training

splits = data.load("digits")


def gaussian(std):
    return lambda weight: nn.init.normal_(weight, std=std)


def train_deep(layers, activation, init, seed):
    training.seed_everything(seed)
    hidden = [
        part for _ in range(layers - 1) for part in (nn.Linear(64, 64), activation())
    ]
    model = nn.Sequential(
        nn.Flatten(), nn.Linear(784, 64), activation(), *hidden, nn.Linear(64, 10)
    )
    # None: what torch does by itself
    if init is not None:
        for module in model.modules():
            if isinstance(module, nn.Linear):
                init(module.weight)
                nn.init.zeros_(module.bias)
    history = training.fit(model, splits, training.Config(epochs=4, lr=1e-3, seed=seed))
    return history.epochs[-1].validation_accuracy


depths = [2, 5, 10, 20]
recipes = {
    "ReLU, torch default": (nn.ReLU, None),
    "ReLU, N(0, 0.01²)": (nn.ReLU, gaussian(0.01)),
    "ReLU, Xavier": (nn.ReLU, nn.init.xavier_normal_),
    "ReLU, He": (nn.ReLU, nn.init.kaiming_normal_),
    "tanh, Xavier": (nn.Tanh, nn.init.xavier_normal_),
}
reached = {
    name: [
        [train_deep(layers, *recipe, seed) for seed in range(2)] for layers in depths
    ]
    for name, recipe in recipes.items()
}

# %% tags=["hide-input"] alt_zh="验证准确率随层数的变化，每点两个种子。torch 默认的 ReLU 在 10 层时掉到三四成，20 层是 0.1；正态 0.01 在 5 层就只有两成；Xavier 到 10 层都好，20 层掉下来；He 在 20 层仍有一大半；tanh 配 Xavier 一直在九成以上。" alt_en="Validation accuracy against layers, two seeds a point. ReLU as torch initialises it drops below one half at 10 layers and to 0.1 at 20; normal 0.01 is near 0.2 at 5; Xavier holds until 10 and drops at 20; He keeps more than half at 20; tanh with Xavier stays above ninety percent."
from statistics import mean

import matplotlib.pyplot as plt

from dlnotes.figures.style import DASHES, PALETTE

figure, axes = plt.subplots(figsize=(6.4, 3.4))
for number, (name, runs) in enumerate(reached.items()):
    axes.plot(
        depths,
        [mean(pair) for pair in runs],
        color=PALETTE[number],
        linestyle=DASHES[number],
        label=name,
    )
    for layers, pair in zip(depths, runs):
        axes.plot([layers] * 2, pair, "o", color=PALETTE[number], markersize=3.5)
axes.set(xlabel="layers", ylabel="validation accuracy", ylim=(0, 1.02))
axes.set_xticks(depths)
axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
figure

# %% tags=["remove-input"]
at = {
    name: {layers: mean(pair) for layers, pair in zip(depths, runs)}
    for name, runs in reached.items()
}

# %% [markdown] tags=["zh"]
# 程序没有错。20 层的默认网络停在 {{ f"{at['ReLU, torch default'][20]:.0%}" }}，与瞎猜一样；只换一种初始化（He），就有 {{ f"{at['ReLU, He'][20]:.0%}" }}；tanh 配 Xavier 更是 {{ f"{at['tanh, Xavier'][20]:.0%}" }}。数据、结构、优化器、学习率都一样，差别只在**第 0 步的权重有多大**。
#
# ## 一层乘多少 { #one-layer }
#
# 第 $l$ 层先算 $\mathbf z^{(l)}=\mathbf W\mathbf h^{(l-1)}$，再算 $\mathbf h^{(l)}=f(\mathbf z^{(l)})$。设 $\mathbf W$ 的各个元素独立、均值为 0、方差为 $\sigma^2$，与激活值和梯度也独立，则
#
# $$ \operatorname{Var}(z^{(l)}) = n_{\text{in}}\,\sigma^2\;\mathbb E\big[(h^{(l-1)})^2\big], \qquad \mathbb E\big[(\delta^{(l-1)})^2\big] = n_{\text{out}}\,\sigma^2\;\mathbb E[f'(z)^2]\;\mathbb E\big[(\delta^{(l)})^2\big] $$
#
# 其中 $n_{\text{in}}$、$n_{\text{out}}$ 是这一层输入和输出的个数，$\mathbf h$ 是激活值，$\mathbf z$ 是激活前的值，$\delta$ 是损失对 $z$ 的梯度，$f'$ 是激活函数的导数，$\mathbb E$ 是平均。左边管前向，右边管反向；每过一层都乘一个**固定的倍数**。
#
# ReLU 把一半的 $z$ 变成 0，所以 $\mathbb E[h^2]=\frac12\operatorname{Var}(z)$，$f'$ 也有一半是 0。前向和反向的大小，每层都乘 $\sqrt{n\sigma^2/2}$（设 $n_{\text{in}}=n_{\text{out}}=n$）。
#
# 先看斜率为 1 的激活函数，tanh 在 0 附近就是这样：前向要 $\sigma^2=1/n_{\text{in}}$，反向要 $1/n_{\text{out}}$，两头只能顾一头。**Xavier 初始化**取折中，2010 年由 Glorot 和 Bengio 提出。**He 初始化**是 2015 年专为 ReLU 算的，多一个 2，把抹掉的一半补回来：
#
# | 初始化 | $\sigma^2$ | 想法 | ReLU 每层的倍数 |
# |---|---|---|---|
# | Xavier | $2/(n_{\text{in}}+n_{\text{out}})$ | 斜率为 1 的激活函数，前向、反向折中 | $1/\sqrt2$ |
# | He（torch 里叫 kaiming） | $2/n_{\text{in}}$ | ReLU 丢掉一半，补回来 | $1$ |
# | torch 的 `nn.Linear` | $1/(3n_{\text{in}})$ | 历史沿袭，见下文 | $1/\sqrt6$ |
#
# 量一量。256 个神经元一层，叠 50 层，双精度，从前往后、再从后往前各走一遍：

# %% [markdown] tags=["en"]
# The program is right. The default network of 20 layers stands at {{ f"{at['ReLU, torch default'][20]:.0%}" }}, which is guessing; with another initialization (He) it has {{ f"{at['ReLU, He'][20]:.0%}" }}, and tanh with Xavier {{ f"{at['tanh, Xavier'][20]:.0%}" }}. Data, structure, optimizer and learning rate are the same. All the difference lies in **how large the weights are at step 0**.
#
# ## One layer multiplies by how much? { #one-layer }
#
# Layer $l$ computes $\mathbf z^{(l)}=\mathbf W\mathbf h^{(l-1)}$ and then $\mathbf h^{(l)}=f(\mathbf z^{(l)})$. Let the entries of $\mathbf W$ be independent of each other, of the activations and of the gradients, with mean 0 and variance $\sigma^2$. Then
#
# $$ \operatorname{Var}(z^{(l)}) = n_{\text{in}}\,\sigma^2\;\mathbb E\big[(h^{(l-1)})^2\big], \qquad \mathbb E\big[(\delta^{(l-1)})^2\big] = n_{\text{out}}\,\sigma^2\;\mathbb E[f'(z)^2]\;\mathbb E\big[(\delta^{(l)})^2\big] $$
#
# where $n_{\text{in}}$ and $n_{\text{out}}$ count the inputs and outputs of the layer, $\mathbf h$ are the activations, $\mathbf z$ the values before the activation function, $\delta$ the gradient of the loss by $z$, $f'$ the derivative of the activation function and $\mathbb E$ the mean. The left formula rules the forward pass, the right one the backward pass; each layer multiplies by **one fixed factor**.
#
# ReLU turns half of the $z$ into 0, so $\mathbb E[h^2]=\frac12\operatorname{Var}(z)$, and $f'$ is 0 in half of the cases as well. Forwards and backwards, each layer multiplies sizes by $\sqrt{n\sigma^2/2}$ (with $n_{\text{in}}=n_{\text{out}}=n$).
#
# Take an activation of slope 1 first, as tanh is near 0: forwards one needs $\sigma^2=1/n_{\text{in}}$, backwards $1/n_{\text{out}}$, and cannot have both. **Xavier initialization** is the compromise, by Glorot and Bengio in 2010. **He initialization** was worked out for ReLU in 2015, with another factor of 2 that gives back the half wiped out:
#
# | initialization | $\sigma^2$ | idea | factor per layer with ReLU |
# |---|---|---|---|
# | Xavier | $2/(n_{\text{in}}+n_{\text{out}})$ | activation of slope 1, forwards and backwards in balance | $1/\sqrt2$ |
# | He (kaiming in torch) | $2/n_{\text{in}}$ | give back the half that ReLU takes | $1$ |
# | `nn.Linear` of torch | $1/(3n_{\text{in}})$ | history, see below | $1/\sqrt6$ |
#
# Now measure. 256 neurons a layer, 50 layers, double precision, once from front to back and once from back to front:

# %%
import math

WIDTH, DEPTH = 256, 50
inits = {
    "N(0, 0.01²)": gaussian(0.01),
    "N(0, 1)": gaussian(1.0),
    "torch default": lambda weight: nn.init.kaiming_uniform_(weight, a=math.sqrt(5)),
    "Xavier": nn.init.xavier_normal_,
    "He": nn.init.kaiming_normal_,
}
functions = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "ReLU": torch.relu}


def through(f, init):
    """Send random numbers forwards, then back as gradients; return both sizes by layer."""
    torch.manual_seed(0)
    h = torch.randn(32, WIDTH, dtype=torch.float64, requires_grad=True)
    outputs = []
    for _ in range(DEPTH):
        weight = init(torch.empty(WIDTH, WIDTH, dtype=torch.float64))
        h = f(h @ weight.T)
        h.retain_grad()
        outputs.append(h)
    h.backward(torch.randn_like(h))
    forwards = torch.stack([h.detach().square().mean().sqrt() for h in outputs])
    backwards = torch.stack([h.grad.norm() for h in outputs])
    return forwards, backwards / backwards[-1]


sizes = {
    f_name: {name: through(f, init) for name, init in inits.items()}
    for f_name, f in functions.items()
}

# %% tags=["hide-input"] alt_zh="六格图，对数纵轴，上排是激活值的大小随层数，下排是梯度传回来的大小。sigmoid：激活值都在 0.5 上下，梯度除 N(0,1) 外一路掉到 1e-20 以下。tanh：0.01 和默认的两样都掉，Xavier 和 He 基本水平，N(0,1) 的梯度爆炸。ReLU：0.01 和默认的一路掉，N(0,1) 一路涨到 1e50，Xavier 缓缓下降，He 水平。" alt_en="Six panels with logarithmic axes: size of the activations by layer above, size of the gradient on its way back below. Sigmoid: activations all near 0.5, gradients fall below 1e-20 except with N(0,1). tanh: 0.01 and the default fall in both, Xavier and He stay nearly level, the gradient of N(0,1) explodes. ReLU: 0.01 and the default fall, N(0,1) rises to 1e50, Xavier falls slowly, He is level."
figure, panels = plt.subplots(2, 3, figsize=(7.4, 5.2), sharex=True, sharey=True)
for column, (f_name, by_init) in enumerate(sizes.items()):
    for number, (name, (forwards, backwards)) in enumerate(by_init.items()):
        style = {"color": PALETTE[number], "linestyle": DASHES[number]}
        panels[0, column].plot(range(1, DEPTH + 1), forwards, label=name, **style)
        panels[1, column].plot(range(1, DEPTH + 1), backwards, **style)
    panels[0, column].set(title=f_name, yscale="log", ylim=(1e-50, 1e50))
    panels[1, column].set_xlabel("layer")
panels[0, 0].set_ylabel("size of the activations")
panels[1, 0].set_ylabel("size of the gradient")
for axes in panels.flat:
    axes.set_yticks(
        [1e-40, 1e-20, 1, 1e20, 1e40], ["10⁻⁴⁰", "10⁻²⁰", "1", "10²⁰", "10⁴⁰"]
    )
    axes.minorticks_off()
handles, names = panels[0, 0].get_legend_handles_labels()
figure.legend(
    handles,
    names,
    loc="outside lower center",
    ncols=5,
    columnspacing=1.2,
    handlelength=1.6,
)
figure

# %%
import pandas as pd

variance = {
    "N(0, 0.01²)": 0.01**2,
    "N(0, 1)": 1.0,
    "torch default": 1 / (3 * WIDTH),
    "Xavier": 1 / WIDTH,
    "He": 2 / WIDTH,
}
factors = {
    name: {
        "predicted factor": math.sqrt(WIDTH * variance[name] / 2),
        "measured forwards": float((forwards[-1] / forwards[0]) ** (1 / (DEPTH - 1))),
        "measured backwards": float((1 / backwards[0]) ** (-1 / (DEPTH - 1))),
    }
    for name, (forwards, backwards) in sizes["ReLU"].items()
}
pd.DataFrame(factors).T.map("{:.3f}".format)

# %% tags=["remove-input"]
relu, tanh, sigmoid = sizes["ReLU"], sizes["tanh"], sizes["sigmoid"]

# %% [markdown] tags=["zh"]
# 上表是 ReLU 的，预测与实测只差百分之一二。倍数看着不吓人，连乘 50 次就吓人了：默认的 0.408 连乘下来，梯度只剩 {{ f"{relu['torch default'][1][0]:.0e}" }}；$\mathcal N(0,1)$ 的 11.3 连乘下来，激活值到了 {{ f"{relu['N(0, 1)'][0][-1]:.0e}" }}，float32 装不下。
#
# 再看图上另外两列：
#
# - **sigmoid** 的激活值总在 0.5 附近，看上去很健康，梯度却没了：导数最大才 0.25。用 Xavier 也只剩 {{ f"{sigmoid['Xavier'][1][0]:.0e}" }}。只看激活值会被骗。
# - **tanh** 配 Xavier，50 层后激活值还有 {{ f"{tanh['Xavier'][0][-1]:.2f}" }}，梯度还有 {{ f"{tanh['Xavier'][1][0]:.2f}" }}。倍数略小于 1，因为 tanh 在 0 以外的斜率小于 1。
# - **tanh** 配 $\mathcal N(0,1)$，激活值全压在 ±1 上，梯度却**爆炸**：权重太大时，导数虽小，抵不过权重的放大。饱和不一定就是消失。
#
# 这就是**梯度消失**与**梯度爆炸**。有的笔记写成“梯度离散”，那是“弥散”的误写；没有什么东西离散化了，梯度只是太小，见[门诊](../clinic/statements.py#gradients-fade)。
#
# ## torch 的默认值到底是什么 { #torch-defaults }
#
# 很多笔记说“权重用高斯随机数初始化”。`nn.Linear` 默认用的不是正态分布，是均匀分布：

# %% [markdown] tags=["en"]
# The table is for ReLU; prediction and measurement differ by a percent or two. The factors look harmless until they are multiplied 50 times: 0.408 of the default leaves {{ f"{relu['torch default'][1][0]:.0e}" }} of the gradient, and 11.3 of $\mathcal N(0,1)$ takes the activations to {{ f"{relu['N(0, 1)'][0][-1]:.0e}" }}, which float32 cannot hold.
#
# Now the two other columns:
#
# - **Sigmoid** keeps its activations near 0.5 and looks healthy, yet the gradient is gone: its derivative is at most 0.25. Even Xavier leaves {{ f"{sigmoid['Xavier'][1][0]:.0e}" }}. Activations alone deceive.
# - **tanh** with Xavier has activations of {{ f"{tanh['Xavier'][0][-1]:.2f}" }} after 50 layers, and {{ f"{tanh['Xavier'][1][0]:.2f}" }} of the gradient. The factor is slightly below 1, since away from 0 the slope of tanh is.
# - **tanh** with $\mathcal N(0,1)$ has all activations pressed against ±1, and yet the gradient **explodes**: the derivative is small, but large weights more than make up for it. Saturation need not mean vanishing.
#
# These are **vanishing gradients** and **exploding gradients**. Some notes say that the gradient becomes "discrete", a misprint; nothing is made discrete, it is only too small, see the [clinic](../clinic/statements.py#gradients-fade).
#
# ## What torch's defaults really are { #torch-defaults }
#
# "Weights are drawn from a Gaussian", say many notes. The default of `nn.Linear` is no Gaussian; it is uniform:

# %%
torch.manual_seed(0)
layer = nn.Linear(784, 256)

torch.manual_seed(0)
by_hand = nn.init.kaiming_uniform_(torch.empty(256, 784), a=math.sqrt(5))

torch.manual_seed(0)
plain = torch.empty(256, 784).uniform_(-1 / math.sqrt(784), 1 / math.sqrt(784))

print("kaiming_uniform_(a=√5):", torch.equal(layer.weight, by_hand))
print(f"uniform ±1/√784: largest difference {(layer.weight - plain).abs().max():g}")

# %% [markdown] tags=["zh"]
# $a=\sqrt5$ 是什么意思？`kaiming_uniform_` 的界是
#
# $$ \sqrt{\frac{6}{(1+a^2)\,n_{\text{in}}}} \;\Big|_{a=\sqrt5} = \frac{1}{\sqrt{n_{\text{in}}}}, \qquad \sigma^2 = \frac{1}{3n_{\text{in}}} $$
#
# 其中 $a$ 本来是 LeakyReLU 负半轴的斜率。没有人真用斜率为 $\sqrt5$ 的激活函数；它只是为了凑出从早期 Torch 沿用下来的 $1/\sqrt{n_{\text{in}}}$。名字里有 kaiming，方差却是 He 的六分之一。别的层：

# %% [markdown] tags=["en"]
# What does $a=\sqrt5$ mean? The bound of `kaiming_uniform_` is
#
# $$ \sqrt{\frac{6}{(1+a^2)\,n_{\text{in}}}} \;\Big|_{a=\sqrt5} = \frac{1}{\sqrt{n_{\text{in}}}}, \qquad \sigma^2 = \frac{1}{3n_{\text{in}}} $$
#
# where $a$ is meant to be the slope of LeakyReLU on its negative side. Nobody uses an activation of slope $\sqrt5$; the number reproduces the $1/\sqrt{n_{\text{in}}}$ that has come down from early Torch. Its name says kaiming, its variance is a sixth of He's. Other layers:

# %%
torch.manual_seed(0)
modules = {
    "nn.Linear(784, 256)": nn.Linear(784, 256),
    "nn.Conv2d(16, 32, 3)": nn.Conv2d(16, 32, 3),
    "nn.Embedding(1000, 64)": nn.Embedding(1000, 64),
    "nn.LSTM(64, 128)": nn.LSTM(64, 128).weight_hh_l0,
    "nn.BatchNorm2d(32)": nn.BatchNorm2d(32),
}
rows = {}
for name, module in modules.items():
    weight = getattr(module, "weight", module).detach().double()
    mean_, std = weight.mean(), weight.std()
    kurtosis = float(((weight - mean_) ** 4).mean() / std**4) if std > 0 else 0
    kind = "constant" if std == 0 else "uniform" if kurtosis < 2.4 else "normal"
    rows[name] = [kind, f"{abs(mean_):.2f}", f"{std:.4f}", f"{weight.abs().max():.4f}"]
columns = ["distribution", "mean", "standard deviation", "largest"]
pd.DataFrame.from_dict(rows, orient="index", columns=columns)

# %% [markdown] tags=["zh"]
# 分布是按峰度判的：正态是 3，均匀是 1.8。`nn.Linear` 与 `nn.Conv2d` 的最大值都紧贴 $1/\sqrt{n_{\text{in}}}$，分别是 $1/\sqrt{784}\approx0.0357$ 和 $1/\sqrt{16\times9}\approx0.0833$：卷积的 $n_{\text{in}}$ 是通道数乘核的面积。`nn.Embedding` 才是 $\mathcal N(0,1)$，批量归一化从 $\gamma=1$ 开始。
#
# ## 激活值没有消失，消失的是图片 { #illusion }
#
# 上面量的时候没有偏置。默认的 `nn.Linear` 有，也在 $\pm1/\sqrt{n_{\text{in}}}$ 之间均匀分布。加上它，ReLU 的激活值就不再掉到 0 了。**先猜：这样就好了吗？**

# %% [markdown] tags=["en"]
# The distribution is told by kurtosis: 3 for a normal one, 1.8 for a uniform one. For `nn.Linear` and `nn.Conv2d` the largest value sits right at $1/\sqrt{n_{\text{in}}}$, that is $1/\sqrt{784}\approx0.0357$ and $1/\sqrt{16\times9}\approx0.0833$: for a convolution $n_{\text{in}}$ is channels times area of the kernel. `nn.Embedding` does use $\mathcal N(0,1)$, and batch normalization starts from $\gamma=1$.
#
# ## The activations stay, the image is gone { #illusion }
#
# So far there was no bias. The default `nn.Linear` has one, also uniform within $\pm1/\sqrt{n_{\text{in}}}$. With it the activations of ReLU no longer fall to 0. **Guess: is all well now?**

# %%
torch.manual_seed(0)
images = training.Normalization.of(splits.train.images).apply(splits.train.images)
h = images[:256].flatten(1)
stack = [nn.Linear(784, WIDTH)] + [nn.Linear(WIDTH, WIDTH) for _ in range(DEPTH - 1)]
size, spread = [], []
with torch.no_grad():
    for layer in stack:
        h = layer(h).relu()
        size.append(h.square().mean().sqrt().item())
        spread.append(h.std(dim=0).square().mean().sqrt().item())  # over images

# %% tags=["hide-input"] alt_zh="对数纵轴。激活值的大小前几层下降后稳在 0.03 上下；样本之间的差别一路直线下降，20 层时已到 1e-8 的量级，之后是舍入误差。" alt_en="Logarithmic axis: the size of the activations falls at first and settles near 0.03; the spread over samples falls in a straight line to about 1e-8 by layer 20, and what follows is rounding."
from dlnotes import figures

figures.lines(
    {"size": size, "spread over samples": spread},
    xlabel="layer",
    ylabel="value",
    log=True,
)

# %% [markdown] tags=["zh"]
# 激活值稳稳地停在 {{ f"{size[-1]:.2f}" }}，直方图看上去很正常。可是 256 张不同的图片，到第 10 层，彼此的差别只剩大小的 {{ f"{spread[9] / size[9]:.1%}" }}；到第 20 层只有 {{ f"{spread[19] / size[19]:.0e}" }}，快到 float32 舍入误差的水平了。剩下的激活值全来自偏置，**与输入无关**。网络对所有图片说同一句话，准确率自然是 0.1。
#
# 所以查初始化，要看**样本之间的差别**，不能只看激活值的大小。
#
# ## 全零为什么不行 { #symmetry }
#
# softmax 回归的权重可以[从 0 开始](softmax-regression.py#train-by-hand)。有隐藏层就不行了。784-256-10 的网络，五种初始化，各训练 5 个轮次：

# %% [markdown] tags=["en"]
# The activations rest at {{ f"{size[-1]:.2f}" }}, and a histogram of them looks fine. Yet by layer 10 the difference between 256 different images is down to {{ f"{spread[9] / size[9]:.1%}" }} of their size, and by layer 20 to {{ f"{spread[19] / size[19]:.0e}" }}, close to the rounding errors of float32. What is left comes from the biases and **does not depend on the input**. The network tells every image the same, and 0.1 is what that earns.
#
# So look at the **spread over samples** when you check an initialization, and do not trust the size of activations alone.
#
# ## Why zeros fail { #symmetry }
#
# The weights of softmax regression may [start at 0](softmax-regression.py#train-by-hand). With a hidden layer they may not. A network 784-256-10, five initializations, 5 epochs each:

# %%
from torch.nn import functional as F

from dlnotes import models


def start_and_end(init):
    training.seed_everything(0)
    model = models.create("mlp")
    for module in model.modules():
        if init is not None and isinstance(module, nn.Linear):
            init(module.weight)
            nn.init.zeros_(module.bias)
    with torch.no_grad():
        first_loss = F.cross_entropy(model(images), splits.train.labels).item()
    history = training.fit(model, splits, training.Config(epochs=5, lr=3e-3))
    hidden = next(
        m for m in model.modules() if isinstance(m, nn.Linear)
    ).weight.detach()
    different = len(torch.unique((1e4 * hidden).round(), dim=0))
    return first_loss, different, history.epochs[-1].validation_accuracy


ways = {
    "all 0": nn.init.zeros_,
    "all 0.01": lambda weight: nn.init.constant_(weight, 0.01),
    "N(0, 0.01²)": gaussian(0.01),
    "N(0, 1)": gaussian(1.0),
    "torch default": None,
}
ends = {name: start_and_end(init) for name, init in ways.items()}
columns = ["first loss", "different hidden neurons", "validation accuracy"]
pd.DataFrame.from_dict(ends, orient="index", columns=columns).round(3)

# %% [markdown] tags=["zh"]
# - **全 0**：隐藏层输出 0，传回来的梯度又要乘上为 0 的权重，除了最后一层的偏置，谁也不动。
# - **全 0.01**：有梯度，但 256 个神经元的输入、权重、梯度全都一样，于是永远一样。训练完仍只有 {{ ends["all 0.01"][1] }} 个不同的神经元：256 宽的网络，只当 1 宽的用。随机是为了让神经元从不同的地方出发，叫**打破对称性**，与数值小不小无关，见[门诊](../clinic/statements.py#equal-weights)。
# - **$\mathcal N(0,1)$**：能学，但最初的损失是 {{ f"{ends['N(0, 1)'][0]:.0f}" }}，而不是 $\ln 10\approx2.3$：一开始就错得很自信，前几步都花在收回大话上。
# - **$\mathcal N(0,0.01^2)$**：许多笔记的写法，在这个只有一个隐藏层的网络上很好，{{ f"{ends['N(0, 0.01²)'][2]:.0%}" }}。回到开头那张图：2 个隐藏层时它还有 {{ f"{at['ReLU, N(0, 0.01²)'][2]:.0%}" }}，5 个时就只剩 {{ f"{at['ReLU, N(0, 0.01²)'][5]:.0%}" }}。**浅网络分不出初始化的好坏。**
#
# 偏置可以从 0 开始，因为对称已经由权重打破了。
#
# ## 自己初始化，怎样写 { #code }

# %% [markdown] tags=["en"]
# - **All 0**: the hidden layer gives 0, and the gradient on its way back is multiplied by weights that are 0. Nothing moves but the last bias.
# - **All 0.01**: there is a gradient, but the 256 neurons have equal inputs, equal weights and equal gradients, and remain equal for ever. After training there is still {{ ends["all 0.01"][1] }} kind of neuron: a net of width 256 used as one of width 1. Randomness makes neurons start from different places, whatever their size; this is called **symmetry breaking**, see the [clinic](../clinic/statements.py#equal-weights).
# - **$\mathcal N(0,1)$**: it learns, but its first loss is {{ f"{ends['N(0, 1)'][0]:.0f}" }} instead of $\ln 10\approx2.3$. It starts out wrong and sure of it, and spends the first steps taking that back.
# - **$\mathcal N(0,0.01^2)$**: what many notes use, and good with one hidden layer: {{ f"{ends['N(0, 0.01²)'][2]:.0%}" }}. Back to the first figure: with 2 hidden layers it still has {{ f"{at['ReLU, N(0, 0.01²)'][2]:.0%}" }}, with 5 it is down to {{ f"{at['ReLU, N(0, 0.01²)'][5]:.0%}" }}. **A shallow net cannot tell good initialization from bad.**
#
# Biases may start at 0, since the weights have broken the symmetry already.
#
# ## How to initialize { #code }


# %%
def initialize(module):
    """He for layers that ReLU follows; biases at 0."""
    if isinstance(module, nn.Linear | nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)


torch.manual_seed(0)
model = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))
# visits every module, the inner ones first
model.apply(initialize)
ratio = model[1].weight.std().item() / (2 / 784) ** 0.5
print(f"standard deviation of the first layer: {ratio:.3f} times √(2/784)")

# %% [markdown] tags=["zh"]
# 还有两条路，不靠初始化也能让深网络训练起来：批量归一化在每一层把大小拉回 1；跳跃连接让信号绕过一层直接走。今天的网络一般两样都用，所以默认的初始化也就够了。
#
# ## 常见的坑 { #traps }
#
# !!! warning "名字叫 kaiming，就以为默认是 He"
#     默认的方差只有 He 的六分之一，每层 ReLU 只留下 {{ f"{factors['torch default']['measured forwards']:.2f}" }}。自己叠深的 ReLU 网络，又没有归一化层，就要自己写初始化。
#
# !!! warning "准确率停在 10%，以为是学习率"
#     先看两个数：最初的损失是不是接近 $\ln C$（$C$ 是类别数），最后一层的输出在样本之间有没有差别。检查清单见[调试](../training/debugging.py#checks)。
#
# !!! warning "fan_in 还是 fan_out，以为只是换个写法"
#     `fan_in` 保前向的大小，`fan_out` 保反向的大小。输入输出通道数不同的层，两者差 $\sqrt{n_{\text{out}}/n_{\text{in}}}$ 倍。混着用不会报错。
#
# !!! warning "先建优化器，再用 = 换掉权重"
#     `layer.weight = nn.Parameter(…)` 是一个新对象，优化器手里还是旧的。`nn.init` 的函数都在原地改写，没有这个问题，见[自动求导](autograd.py#where-weights-live)。
#
# ## 练习 { #exercises }
#
# **1.** 每层的倍数是 0.408，过 20 层还剩多少？要多少层才低于 float32 的机器精度 $1.2\times10^{-7}$？
#
# ??? success "答案"
#     $0.408^{20}\approx$ {{ f"{0.408**20:.1e}" }}。$\ln(1.2\times10^{-7})/\ln0.408\approx$ {{ f"{math.log(1.2e-7) / math.log(0.408):.1f}" }}，18 层就低于它了。
#
# **2.** LeakyReLU 的负半轴斜率是 $a$。He 的方差应当改成多少？
#
# ??? success "答案"
#     $\mathbb E[f(z)^2]=\frac{1+a^2}{2}\operatorname{Var}(z)$，所以 $\sigma^2=\dfrac{2}{(1+a^2)\,n_{\text{in}}}$。$a=0$ 是 ReLU，$a=1$ 是恒等，方差 $1/n_{\text{in}}$。
#
# **3.** `nn.Conv2d(64, 128, 3)` 的默认界是多少？He 的标准差呢？
#
# ??? success "答案"
#     $n_{\text{in}}=64\times9=576$。界是 $1/\sqrt{576}\approx$ {{ f"{576**-0.5:.4f}" }}，He 的标准差是 $\sqrt{2/576}\approx$ {{ f"{(2 / 576) ** 0.5:.4f}" }}。
#
# **4.** sigmoid 网络若要每层的梯度倍数为 1，权重的标准差应当是多少？为什么没人这样做？
#
# ??? success "答案"
#     在 0 附近 $f'=0.25$，要 $\sqrt{n}\,\sigma/4=1$，即 $\sigma=4/\sqrt n$。这样大的权重会让 $z$ 离开 0 附近，导数立刻变小，前提就不成立了。上面的图里，$\mathcal N(0,1)$（{{ WIDTH }} 宽时 $\sigma=16/\sqrt n$）的梯度反而每层略有增大。
#
# **5.** 全 0.01 的网络验证准确率是 {{ f"{ends['all 0.01'][2]:.0%}" }}，比瞎猜高。它凭什么？
#
# ??? success "答案"
#     所有隐藏神经元是同一个，等于只有一个特征，例如“墨有多少”。10 个类别各取这个特征的一段，能分开两类上下。
#
# ## 参考文献 { #references }
#
# - X. Glorot, Y. Bengio. [Understanding the difficulty of training deep feedforward neural networks](https://proceedings.mlr.press/v9/glorot10a.html). AISTATS, 2010.
# - K. He 等. [Delving deep into rectifiers](https://arxiv.org/abs/1502.01852). ICCV, 2015.
# - S. Schoenholz 等. [Deep information propagation](https://arxiv.org/abs/1611.01232). ICLR, 2017.
# - [torch.nn.init](https://docs.pytorch.org/docs/stable/nn.init.html)，PyTorch 文档。

# %% [markdown] tags=["en"]
# Two other ways let deep networks train without such care: batch normalization brings sizes back to 1 at every layer, and shortcut connections carry the signal past a layer. Networks of today mostly use both, and then the default is good enough.
#
# ## Traps { #traps }
#
# !!! warning "It is called kaiming, so the default must be He"
#     The default has a sixth of He's variance, and each layer of ReLU leaves {{ f"{factors['torch default']['measured forwards']:.2f}" }}. If you stack ReLU layers deep and without normalization, initialize them yourself.
#
# !!! warning "Accuracy stands at 10%, so it must be the learning rate"
#     Look at two numbers first: whether the first loss is near $\ln C$ ($C$ classes), and whether the outputs differ from sample to sample. The list of checks is under [debugging](../training/debugging.py#checks).
#
# !!! warning "fan_in or fan_out, as if they were the same"
#     `fan_in` keeps sizes forwards, `fan_out` backwards. Where a layer has different numbers of channels the two differ by $\sqrt{n_{\text{out}}/n_{\text{in}}}$. Mixing them raises no error.
#
# !!! warning "An optimizer first, then new weights with ="
#     `layer.weight = nn.Parameter(…)` is a new object, and the optimizer still holds the old one. The functions of `nn.init` write in place and are safe, see [autograd](autograd.py#where-weights-live).
#
# ## Exercises { #exercises }
#
# **1.** With a factor of 0.408 per layer, what is left after 20 layers? How many layers until it is below the machine epsilon of float32, $1.2\times10^{-7}$?
#
# ??? success "Answer"
#     $0.408^{20}\approx$ {{ f"{0.408**20:.1e}" }}. $\ln(1.2\times10^{-7})/\ln0.408\approx$ {{ f"{math.log(1.2e-7) / math.log(0.408):.1f}" }}, so 18 layers are enough.
#
# **2.** LeakyReLU has slope $a$ on its negative side. What should He's variance become?
#
# ??? success "Answer"
#     $\mathbb E[f(z)^2]=\frac{1+a^2}{2}\operatorname{Var}(z)$, hence $\sigma^2=\dfrac{2}{(1+a^2)\,n_{\text{in}}}$. $a=0$ is ReLU; $a=1$ is the identity with variance $1/n_{\text{in}}$.
#
# **3.** What is the default bound of `nn.Conv2d(64, 128, 3)`, and what He's standard deviation?
#
# ??? success "Answer"
#     $n_{\text{in}}=64\times9=576$. The bound is $1/\sqrt{576}\approx$ {{ f"{576**-0.5:.4f}" }}, and He's deviation $\sqrt{2/576}\approx$ {{ f"{(2 / 576) ** 0.5:.4f}" }}.
#
# **4.** Which standard deviation would give a sigmoid network a gradient factor of 1 per layer, and why does nobody use it?
#
# ??? success "Answer"
#     Near 0 we have $f'=0.25$, so $\sqrt{n}\,\sigma/4=1$ and $\sigma=4/\sqrt n$. Weights that large drive $z$ away from 0, where the derivative drops and the premise fails. In the figure above $\mathcal N(0,1)$ ($\sigma=16/\sqrt n$ at a width of {{ WIDTH }}) even makes the gradient grow a little from layer to layer.
#
# **5.** The network with all weights 0.01 has a validation accuracy of {{ f"{ends['all 0.01'][2]:.0%}" }}, better than guessing. How?
#
# ??? success "Answer"
#     All hidden neurons are one, so there is one feature, such as how much ink there is. Each of the 10 classes gets a stretch of it, and that separates about two of them.
#
# ## References { #references }
#
# - X. Glorot, Y. Bengio. [Understanding the difficulty of training deep feedforward neural networks](https://proceedings.mlr.press/v9/glorot10a.html). AISTATS, 2010.
# - K. He et al. [Delving deep into rectifiers](https://arxiv.org/abs/1502.01852). ICCV, 2015.
# - S. Schoenholz et al. [Deep information propagation](https://arxiv.org/abs/1611.01232). ICLR, 2017.
# - [torch.nn.init](https://docs.pytorch.org/docs/stable/nn.init.html), PyTorch documentation.
