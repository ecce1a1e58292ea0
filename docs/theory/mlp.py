# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "多层感知机：两个仿射变换为什么等于一个，异或要几个隐藏神经元，八种激活函数及其导数，神经元怎样死掉，全连接网络为什么看不见图像的形状。"
#       en: "The multilayer perceptron: why two affine maps are one, how many hidden neurons XOR takes, eight activations with their derivatives, how neurons die, why a fully connected network does not see the shape of an image."
#     covers: [N-03, N-22, N-27, F-02, F-13, A-04, A-05, E-57, Q-03, Q-12]
#     labels:
#       no activation: 没有激活函数
#       identity: 恒等
#       f(x): f(x)
#       f′(x): f′(x)
#       hidden neurons: 隐藏神经元
#       share of seeds that solve XOR: 学会异或的种子所占比例
#       "no activation, 8": "没有激活函数，8 个"
#       "ReLU, 2": "ReLU，2 个"
#       "ReLU, 4": "ReLU，4 个"
#       "ReLU, 8": "ReLU，8 个"
#       "tanh, 4": "tanh，4 个"
#       LeakyReLU: LeakyReLU
#       ELU: ELU
#       softplus: softplus
#       silent before the accident: 事故之前沉默的
#       right after it: 刚出事之后
#       200 steps later: 再训练 200 步
#       GELU: GELU
#       SiLU: SiLU
#       largest derivative: 导数的最大值
#       derivative at −4: −4 处的导数
#       derivative at 0: 0 处的导数
#       derivative at 4: 4 处的导数
#       pixels shifted: 平移的像素数
#       usual order: 原来的顺序
#       shuffled pixels: 打乱的像素
#       test accuracy: 测试准确率
#       hidden layers: 隐藏层数
# ---

# %% [markdown] tags=["zh"]
# # 多层感知机：弯一下，才有第二层 { #mlp }
#
# [softmax 回归](softmax-regression.py)只有一层。再叠一层、叠十层，是不是就更强？
#
# 做个实验。**异或问题**只有 4 个点，答案是 0、1、1、0：两个输入恰有一个是 1，才答 1。8 个隐藏神经元的两层网络，一种中间什么也不加，一种加 ReLU，各用 30 个随机种子训练。**先猜：各有几成能学会？**

# %% [markdown] tags=["en"]
# # The multilayer perceptron: a second layer needs a bend { #mlp }
#
# [Softmax regression](softmax-regression.py) has one layer. If you stack another on top, or ten, is the network more powerful?
#
# Try it. The **XOR problem** has 4 points with the answers 0, 1, 1, 0: say 1 when exactly one of the two inputs is 1. Take two layers with 8 hidden neurons, once with nothing in between and once with ReLU, and train each with 30 seeds. **Guess what share of the seeds learns it.**

# %%
import torch
from torch.nn import functional as F

points = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
answers = torch.tensor([0.0, 1.0, 1.0, 0.0])


def train_xor(hidden, activation, seeds=30, steps=500):
    """Train `seeds` small networks side by side.

    Returns which of them solve XOR, and one network that does, if any.
    """
    torch.manual_seed(0)
    shapes = [(2, hidden), (1, hidden), (hidden, 1), (1, 1)]
    # as torch initialises nn.Linear
    spread = [2**-0.5, 2**-0.5, hidden**-0.5, hidden**-0.5]
    weights = [
        ((torch.rand(seeds, *s) * 2 - 1) * k).requires_grad_()
        for s, k in zip(shapes, spread)
    ]
    optimizer = torch.optim.Adam(weights, lr=0.05)

    def network(x):
        W1, b1, W2, b2 = weights
        # (seeds, points)
        return (activation(x @ W1 + b1) @ W2 + b2).squeeze(-1)

    for _ in range(steps):
        optimizer.zero_grad()
        z = network(points)
        F.binary_cross_entropy_with_logits(
            z, answers.expand_as(z), reduction="sum"
        ).backward()
        optimizer.step()
    solved = ((network(points) > 0) == (answers > 0)).all(dim=1)
    return solved, network


trials = {
    "no activation, 8": train_xor(8, lambda x: x),
    "ReLU, 2": train_xor(2, torch.relu),
    "ReLU, 4": train_xor(4, torch.relu),
    "ReLU, 8": train_xor(8, torch.relu),
    "tanh, 4": train_xor(4, torch.tanh),
}
share = {name: solved.float().mean().item() for name, (solved, _) in trials.items()}

# %% tags=["hide-input"] alt_zh="学会异或的比例：没有激活函数时为 0；ReLU 2 个神经元时很少，4 个时多数，8 个时几乎全部；tanh 4 个时几乎全部。" alt_en="Share of seeds that solve XOR: none without activation; few with 2 ReLU neurons, most with 4, nearly all with 8; nearly all with 4 of tanh."
from dlnotes import figures

figures.bars(
    {name: [value] for name, value in share.items()},
    xlabel="share of seeds that solve XOR",
    limits=(0, 1),
)

# %% tags=["hide-input"] alt_zh="异或的判决区域。左：没有激活函数，一条毛糙的直线把平面分成两半，总有点在错误的一边。右：8 个 ReLU，一条斜带把两个答案为 1 的点圈在一起。" alt_en="Regions for XOR. Left: without activation a ragged straight line halves the plane and some point is on the wrong side. Right: with 8 ReLU, a slanted band holds the two points whose answer is 1."
import matplotlib.pyplot as plt

from dlnotes.figures.style import INK, PALETTE

side = torch.linspace(-0.4, 1.4, 90)
plane = torch.cartesian_prod(side, side)
figure, panels = plt.subplots(1, 2, figsize=(5.6, 2.8), sharey=True)
for axes, name in zip(panels, ("no activation, 8", "ReLU, 8")):
    solved, network = trials[name]
    with torch.no_grad():
        z = network(plane)[int(solved.float().argmax())].reshape(90, 90).T
    axes.contourf(
        side,
        side,
        (z > 0).float(),
        levels=[-0.5, 0.5, 1.5],
        colors=[PALETTE[0], PALETTE[1]],
        alpha=0.3,
    )
    for (x, y), answer in zip(points.tolist(), answers.tolist()):
        axes.plot(
            x, y, "o", color=PALETTE[int(answer)], markersize=9, markeredgecolor=INK
        )
        axes.annotate(
            str(int(answer)), (x, y), xytext=(9, 5), textcoords="offset points"
        )
    axes.set(title=name, aspect="equal")
figure

# %% [markdown] tags=["zh"]
# 没有激活函数，{{ f"{share['no activation, 8']:.0%}" }}；8 个 ReLU，{{ f"{share['ReLU, 8']:.0%}" }}。前者不是运气不好，是根本做不到。两个类别得分相等的那些点连成**决策边界**；没有激活函数，它只能是一条直线，而一条直线分不开异或。这样的网络最好也只能处处答“一半一半”，左图的边界只是舍入的痕迹。
#
# 历史也卡在这里。1958 年的**感知机**只有一个神经元：加权求和，按正负作答，答错了才改权重。直线分得开，它一定能学会；分不开，它就改个没完。加上隐藏层，才有了多层感知机。
#
# 2 个 ReLU 在理论上够用，实际只有 {{ f"{share['ReLU, 2']:.0%}" }} 的种子学会，其余的卡在了半路。**能表示，不等于学得到**；多给几个神经元，路就多了。**万能近似定理**说的也只是前一半：隐藏层足够宽，就能在有界区域上任意逼近连续函数。参数存在，训练找不找得到，它不管。
#
# ## 两个仿射等于一个 { #two-affine-maps-are-one }
#
# $$ (\mathbf x\mathbf W_1+\mathbf b_1)\mathbf W_2+\mathbf b_2 = \mathbf x\,\underbrace{\mathbf W_1\mathbf W_2}_{\mathbf W} + \underbrace{\mathbf b_1\mathbf W_2+\mathbf b_2}_{\mathbf b} $$
#
# 其中 $\mathbf W_1,\mathbf W_2$ 是两层的权重，$\mathbf b_1,\mathbf b_2$ 是偏置，$\mathbf x$ 是一行输入。右边是**一个**仿射层，不是“一个隐藏层”：再多的线性层叠起来，也只是一个。量一量：

# %% [markdown] tags=["en"]
# Without activation, {{ f"{share['no activation, 8']:.0%}" }}; with 8 ReLU, {{ f"{share['ReLU, 8']:.0%}" }}. The first was not just unlucky; without activation it cannot be done. The points where both classes score the same form the **decision boundary**. Without an activation it is a straight line, and no straight line separates XOR. The best such a network can do is answer fifty-fifty everywhere, and the border you see on the left is only rounding.
#
# History got stuck here too. The **perceptron** of 1958 is a single neuron: it adds up weighted inputs, answers by the sign, and changes its weights only after a mistake. If a line separates the classes, it is sure to learn them; if not, it goes on changing for ever. With hidden layers it became the multilayer perceptron.
#
# In theory 2 ReLU neurons are enough, yet only {{ f"{share['ReLU, 2']:.0%}" }} of the seeds learn it, and the others get stuck on the way. **That a network can represent something does not mean it will learn it**; more neurons give it more ways to get there. The **universal approximation theorem** is only about the first half: with enough hidden neurons a network comes as close as you like to any continuous function on a bounded region. Such weights exist; whether training finds them is another matter.
#
# ## Two affine maps are one { #two-affine-maps-are-one }
#
# $$ (\mathbf x\mathbf W_1+\mathbf b_1)\mathbf W_2+\mathbf b_2 = \mathbf x\,\underbrace{\mathbf W_1\mathbf W_2}_{\mathbf W} + \underbrace{\mathbf b_1\mathbf W_2+\mathbf b_2}_{\mathbf b} $$
#
# where $\mathbf W_1,\mathbf W_2$ are the weights of the two layers, $\mathbf b_1,\mathbf b_2$ their biases and $\mathbf x$ a row of inputs. On the right stands **one** affine layer, with no hidden layer at all. However many linear layers you stack, they collapse into one. Let us measure it:

# %%
from torch import nn

torch.manual_seed(0)
stack = nn.Sequential(
    nn.Linear(784, 256), nn.Linear(256, 256), nn.Linear(256, 10)
).double()
single = nn.Linear(784, 10).double()
with torch.no_grad():
    product, offset = (
        torch.eye(784, dtype=torch.float64),
        torch.zeros(784, dtype=torch.float64),
    )
    for layer in stack:
        product, offset = product @ layer.weight.T, offset @ layer.weight.T + layer.bias
    single.weight.copy_(product.T), single.bias.copy_(offset)
x = torch.randn(100, 784, dtype=torch.float64)
difference = (stack(x) - single(x)).abs().max().item()
counts = [sum(p.numel() for p in net.parameters()) for net in (stack, single)]
print(f"{counts[0]:,} parameters against {counts[1]:,}")
print(f"outputs differ by {difference:.0e}")

# %% [markdown] tags=["zh"]
# {{ f"{counts[0]:,}" }} 个参数的三层，与 {{ f"{counts[1]:,}" }} 个参数的一层，是同一个函数。
#
# ## 激活函数与它的导数 { #activations }
#
# 只要在中间弯一下，就合并不了了。前向看函数，反向看**导数**：梯度每过一层，就要乘一次。
#
# | 名字 | $f(x)$ | $f'(x)$ |
# |---|---|---|
# | sigmoid | $\sigma(x)=1/(1+e^{-x})$ | $\sigma(x)(1-\sigma(x))$ |
# | tanh | $(e^x-e^{-x})/(e^x+e^{-x})$ | $1-\tanh^2 x$ |
# | ReLU | $\max(0,x)$ | $x>0$ 时为 1，否则为 0 |
# | LeakyReLU | $\max(0,x)+a\min(0,x)$ | $x>0$ 时为 1，否则为 $a$ |
# | ELU | $\max(0,x)+e^{\min(0,x)}-1$ | $x>0$ 时为 1，否则为 $e^x$ |
# | softplus | $\ln(1+e^x)$ | $\sigma(x)$ |
# | GELU | $x\,\Phi(x)$ | $\Phi(x)+x\,\varphi(x)$ |
# | SiLU | $x\,\sigma(x)$ | $\sigma(x)\bigl(1+x(1-\sigma(x))\bigr)$ |
#
# 其中 $a$ 是负半轴的斜率（torch 默认 0.01），$\Phi$ 与 $\varphi$ 是标准正态分布的分布函数与密度。ReLU 在 0 处没有导数，torch 取 0。**先猜：哪几条导数会超过 1？**

# %% [markdown] tags=["en"]
# Three layers of {{ f"{counts[0]:,}" }} parameters and one of {{ f"{counts[1]:,}" }} are the same function.
#
# ## Activation functions and their derivatives { #activations }
#
# Put one bend in between, and the layers no longer merge. In the forward pass the function itself counts, in the backward pass its **derivative**: at each layer the gradient is multiplied by it.
#
# | name | $f(x)$ | $f'(x)$ |
# |---|---|---|
# | sigmoid | $\sigma(x)=1/(1+e^{-x})$ | $\sigma(x)(1-\sigma(x))$ |
# | tanh | $(e^x-e^{-x})/(e^x+e^{-x})$ | $1-\tanh^2 x$ |
# | ReLU | $\max(0,x)$ | 1 for $x>0$, else 0 |
# | LeakyReLU | $\max(0,x)+a\min(0,x)$ | 1 for $x>0$, else $a$ |
# | ELU | $\max(0,x)+e^{\min(0,x)}-1$ | 1 for $x>0$, else $e^x$ |
# | softplus | $\ln(1+e^x)$ | $\sigma(x)$ |
# | GELU | $x\,\Phi(x)$ | $\Phi(x)+x\,\varphi(x)$ |
# | SiLU | $x\,\sigma(x)$ | $\sigma(x)\bigl(1+x(1-\sigma(x))\bigr)$ |
#
# where $a$ is the slope on the negative side (0.01 in torch), and $\Phi$ and $\varphi$ are the distribution function and density of the standard normal. ReLU has no derivative at 0; torch takes 0. **Guess which derivatives exceed 1.**

# %%
from dlnotes.layers import activations

functions = {
    "sigmoid": activations.sigmoid,
    "tanh": activations.tanh,
    "ReLU": activations.relu,
    "LeakyReLU": activations.leaky_relu,
    "ELU": activations.elu,
    "softplus": activations.softplus,
    "GELU": activations.gelu,
    "SiLU": activations.silu,
}
x = torch.linspace(-5, 5, 1001, dtype=torch.float64, requires_grad=True)
curves = {name: f(x).detach() for name, f in functions.items()}
slopes = {name: torch.autograd.grad(f(x).sum(), x)[0] for name, f in functions.items()}

# %% tags=["hide-input"] alt_zh="八格图，每格画一个激活函数和它的导数。sigmoid 的导数最高 0.25；tanh 的在 0 处为 1；ReLU 的是 0 或 1；LeakyReLU 的左边略高于 0；ELU 的左边沿曲线落向 0；softplus 的就是 sigmoid；GELU 和 SiLU 的导数在右边略超过 1，左边略小于 0。" alt_en="Eight panels, each with an activation and its derivative. That of sigmoid reaches 0.25, that of tanh is 1 at 0, that of ReLU 0 or 1, that of LeakyReLU slightly above 0 on the left; that of ELU falls to 0 along a curve; that of softplus is sigmoid; those of GELU and SiLU slightly exceed 1 on the right and dip below 0 on the left."
figure, panels = plt.subplots(2, 4, figsize=(7.4, 3.9), sharex=True, sharey=True)
grid = x.detach()
for axes, name in zip(panels.flat, functions):
    axes.plot(grid, curves[name], color=PALETTE[0], linestyle="-", label="f(x)")
    axes.plot(grid, slopes[name], color=PALETTE[1], linestyle="--", label="f′(x)")
    axes.set(title=name, ylim=(-1.2, 2.2))
panels[0, 0].legend(loc="upper left")
figure

# %% tags=["hide-input"]
import pandas as pd

at = {"derivative at −4": 100, "derivative at 0": 500, "derivative at 4": 900}
rows = {
    name: [float(values.max()), *(float(values[index]) for index in at.values())]
    for name, values in slopes.items()
}
pd.DataFrame.from_dict(rows, orient="index", columns=["largest derivative", *at]).map(
    "{:.3f}".format
)

# %% tags=["remove-input"]
phi = torch.distributions.Normal(0.0, 1.0)
s = torch.sigmoid(grid)
formulas = {
    "sigmoid": s * (1 - s),
    "tanh": 1 - torch.tanh(grid) ** 2,
    "ReLU": (grid > 0).double(),
    "LeakyReLU": torch.where(grid > 0, 1.0, 0.01),
    "ELU": grid.clamp(max=0).exp(),
    "softplus": s,
    "GELU": phi.cdf(grid) + grid * phi.log_prob(grid).exp(),
    "SiLU": s * (1 + grid * (1 - s)),
}
formula_gap = max(
    float((formulas[name].double() - slopes[name]).abs().max()) for name in functions
)

# %% [markdown] tags=["zh"]
# 上表的 8 个公式与自动求导的结果最多相差 {{ f"{formula_gap:.0e}" }}。读这张图：
#
# - **sigmoid** 的导数最大只有 0.25，两头都是 0：层数一多，梯度就没了。
# - **tanh** 在 0 处的导数是 1，好一些，两头照样饱和。
# - **ReLU** 在右边恒为 1，梯度过多少层都不缩；左边恒为 0，神经元可能“死掉”。
# - **带泄漏 ReLU**（LeakyReLU）给左边留了一点斜率；**ELU** 在左边弯向 $-1$，平均值离 0 更近，斜率却越往左越小。
# - **softplus** 是磨圆了角的 ReLU，导数正好是 sigmoid，值恒为正，常用来保证输出（例如标准差）大于 0。
# - **GELU** 和 **SiLU** 都是 $x$ 乘一道从 0 开到 1 的门，门分别是 $\Phi(x)$ 和 $\sigma(x)$。两者处处光滑，右边的导数略超过 1，左边略小于 0；[Transformer](vision-transformer.py#block) 里常用 GELU。
#
# 图上这些函数都来自本站从零写的层，例如 sigmoid 要分两种情形算，免得溢出：
#
# ```python
# --8<-- "dlnotes/layers/activations.py:sigmoid"
# ```
#
# ## 死掉的神经元 { #dead-neurons }
#
# 一个 ReLU 神经元若对**所有**样本都输出 0，它的梯度就是 0，权重和偏置从此不动，这叫 **ReLU 死亡**。学习率太大的一步，就可能把偏置推得太负。
#
# 造一次事故：784-64-10 的网络训练 100 步，把隐藏层的偏置一律减 8，再好好训练 200 步。数一数对所有训练图片加权和都为负的神经元。**先猜：哪几种激活函数能把它们救回来？准确率呢？**

# %% [markdown] tags=["en"]
# The 8 formulas of the table differ from autograd by at most {{ f"{formula_gap:.0e}" }}. How to read the picture:
#
# - **Sigmoid** has a derivative of at most 0.25, and close to 0 at both ends: after many layers the gradient is gone.
# - **tanh** has a derivative of 1 at 0, which is better, but it saturates at both ends all the same.
# - **ReLU** has a derivative of 1 on the right, so that a gradient passes through any number of layers undiminished. On the left the derivative is 0, where a neuron may "die".
# - **Leaky ReLU** leaves a little slope on the left; **ELU** bends towards $-1$ there, which brings the mean nearer to 0, but its slope fades further left.
# - **Softplus** is a ReLU with its corner rounded. Its derivative is sigmoid itself, and it is always positive, so it serves to keep an output, a standard deviation say, above 0.
# - **GELU** and **SiLU** multiply $x$ by a gate that opens from 0 to 1, $\Phi(x)$ and $\sigma(x)$. Both are smooth everywhere; their derivative slightly exceeds 1 on the right and dips below 0 on the left. [Transformers](vision-transformer.py#block) mostly take GELU.
#
# The functions in the picture are this site's layers from scratch. Sigmoid, for one, is computed in two cases, so that it does not overflow:
#
# ```python
# --8<-- "dlnotes/layers/activations.py:sigmoid"
# ```
#
# ## Dead neurons { #dead-neurons }
#
# If a ReLU neuron gives 0 for **every** sample, its gradient is 0, and its weights and bias never move again: a **dead ReLU**. One step with too large a learning rate may push a bias that far down.
#
# Let us cause an accident: train a network 784-64-10 for 100 steps, take 8 from every bias of the hidden layer, and train properly for 200 steps more. Count the neurons whose weighted sum is negative for all training images. **Guess which activations bring them back, and what happens to the accuracy.**

# %%
from dlnotes import data, training

splits = data.load("digits")
normalize = training.Normalization.of(splits.train.images).apply
pixels, validation = (
    normalize(part.images).flatten(1) for part in (splits.train, splits.validation)
)


def accident(activation):
    torch.manual_seed(0)
    hidden, head = nn.Linear(784, 64), nn.Linear(64, 10)
    model = nn.Sequential(hidden, activation(), head)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    silent = []
    for steps, push in ((100, 0.0), (0, 8.0), (200, 0.0)):
        with torch.no_grad():
            hidden.bias -= push
        for _ in range(steps):
            batch = torch.randint(len(pixels), (64,))
            optimizer.zero_grad()
            F.cross_entropy(model(pixels[batch]), splits.train.labels[batch]).backward()
            optimizer.step()
        silent.append((hidden(pixels) <= 0).all(dim=0))
    right = (
        (model(validation).argmax(1) == splits.validation.labels).float().mean().item()
    )
    return silent, right


accidents = {
    name: accident(kind)
    for name, kind in (
        ("ReLU", nn.ReLU),
        ("LeakyReLU", nn.LeakyReLU),
        ("ELU", nn.ELU),
        ("softplus", nn.Softplus),
        ("GELU", nn.GELU),
    )
}
# not one of the dead came back
assert not (accidents["ReLU"][0][1] & ~accidents["ReLU"][0][2]).any()

# %% tags=["hide-input"]
columns = [
    "silent before the accident",
    "right after it",
    "200 steps later",
    "validation accuracy",
]
rows = {
    name: [*(f"{int(s.sum())} / 64" for s in silent), f"{right:.0%}"]
    for name, (silent, right) in accidents.items()
}
pd.DataFrame.from_dict(rows, orient="index", columns=columns)

# %% tags=["remove-input"]
back = {
    name: int((silent[1] & ~silent[2]).sum()) for name, (silent, _) in accidents.items()
}

# %% [markdown] tags=["zh"]
# ReLU 的死者一个也没回来（{{ back["ReLU"] }} 个）。有斜率的就能往回爬：LeakyReLU 救回 {{ back["LeakyReLU"] }} 个，ELU 救回 {{ back["ELU"] }} 个，softplus 救回 {{ back["softplus"] }} 个。斜率不等于 0 还不够，要看有多大：LeakyReLU 处处有 0.01，爬得却慢；GELU 在左边远处几乎是平的，救回 {{ back["GELU"] }} 个。
#
# 再看最后一列：只剩几个活的神经元，ReLU 网络照样恢复到 {{ f"{accidents['ReLU'][1]:.0%}" }}。死掉一部分神经元，在容易的题目上看不出来，所以要**数**，不要只看准确率。
#
# ## 换一换，差多少 { #compare }
#
# 4 个隐藏层、每层 64 个神经元，在 digits 上训练 5 个轮次，只换激活函数，各两个种子。**先猜：谁垫底？没有激活函数的能排第几？**

# %% [markdown] tags=["en"]
# Of the dead ReLU neurons {{ back["ReLU"] }} came back. Where there is a slope, neurons climb back: leaky ReLU gets {{ back["LeakyReLU"] }} back, ELU {{ back["ELU"] }}, softplus {{ back["softplus"] }}. A slope other than 0 is not enough; its size counts too. Leaky ReLU has 0.01 everywhere on the left and is slow. GELU is almost flat far to the left and gets {{ back["GELU"] }} back.
#
# Now the last column: with a few neurons alive the ReLU network recovers to {{ f"{accidents['ReLU'][1]:.0%}" }} all the same. On an easy task dead neurons do not show, so **count** them and do not rely on the accuracy.
#
# ## How much does it matter? { #compare }
#
# Take 4 hidden layers of 64 neurons each, train for 5 epochs on digits, and change only the activation, with two seeds each. **Guess which comes last, and where no activation at all ends up.**


# %%
def train_deep(activation, seed, hidden_layers=4):
    training.seed_everything(seed)
    inner = [
        layer
        for _ in range(hidden_layers - 1)
        for layer in (nn.Linear(64, 64), activation())
    ]
    model = nn.Sequential(
        nn.Flatten(), nn.Linear(784, 64), activation(), *inner, nn.Linear(64, 10)
    )
    history = training.fit(model, splits, training.Config(epochs=5, lr=3e-3, seed=seed))
    return history.epochs[-1].validation_accuracy


kinds = {
    "no activation": nn.Identity,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "ReLU": nn.ReLU,
    "LeakyReLU": nn.LeakyReLU,
    "GELU": nn.GELU,
    "SiLU": nn.SiLU,
}
results = {
    name: [train_deep(kind, seed) for seed in range(2)] for name, kind in kinds.items()
}

# %% tags=["hide-input"] alt_zh="7 种激活函数的验证准确率：sigmoid 远远落后，不到一半；其余都在九成以上，连没有激活函数的也是。" alt_en="Validation accuracy of 7 activations: sigmoid is far behind, below one half; all the others are above ninety, even the one without activation."
figures.bars(results, xlabel="validation accuracy", limits=(0, 1))

# %% tags=["remove-input"]
from statistics import mean

average = {name: mean(values) for name, values in results.items()}
others = [value for name, value in average.items() if name != "sigmoid"]

# %% [markdown] tags=["zh"]
# sigmoid 只有 {{ f"{average['sigmoid']:.0%}" }}；其余几种在 {{ f"{min(others):.0%}" }} 到 {{ f"{max(others):.0%}" }} 之间，名次换个种子就变。
#
# 意外的是，没有激活函数的也有 {{ f"{average['no activation']:.0%}" }}。它等于一个线性分类器，而 digits 差不多是线性可分的。所以“没有激活函数就学不会”要看题目：异或学不会，digits 学得会。**拿容易的数据集说明不了结构的好坏。**
#
# ## 完整的网络 { #code }

# %% [markdown] tags=["en"]
# Sigmoid has {{ f"{average['sigmoid']:.0%}" }}; the others lie between {{ f"{min(others):.0%}" }} and {{ f"{max(others):.0%}" }}, in an order that changes with the seed.
#
# The surprise is {{ f"{average['no activation']:.0%}" }} without any activation. That is a linear classifier, and digits are nearly linearly separable. So whether a network fails without activation depends on the task: on XOR it does, on digits it does not. **An easy data set proves little about a structure.**
#
# ## The whole network { #code }

# %% tags=["remove-input"] alt_zh="一个 784-256-10 的网络，输入层和隐藏层各画 8 个，中间用点表示省略，输出层画了 8 个，相邻层两两相连。" alt_en="A network 784-256-10: of each layer the first and last neurons are drawn, with dots between them, all joined to all of the next layer."
figures.network((784, 256, 10), ("input", "layer 1", "output"))

# %% [markdown] tags=["zh"]
# 图上每一列是一**层**。数层只数带权重的，输入不算，所以这是两层。中间的叫**隐藏层**：数据里没有它的答案，它该取什么值，要训练自己找。最后的叫**输出层**，一个类别一个数。
#
# 层数叫**网络深度**，一层里神经元的个数叫**网络宽度**。相邻两层的宽度都翻倍，它们之间的权重就是 4 倍；隐藏层等宽时，深度翻倍，权重大约只翻倍。
#
# ```python
# --8<-- "dlnotes/models/mlp.py:model"
# ```
#
# `nn.Flatten()` 在网络里面，所以 $(N,1,28,28)$ 的图片可以直接送进来。两个变体，各训练 2 次：

# %% [markdown] tags=["en"]
# Each column of the picture is a **layer**. Only layers with weights are counted, so the input does not count, and there are two. The one in the middle is a **hidden layer**: the data do not say what its values should be, so training has to find out. The last is the **output layer**, with a number for each class.
#
# The number of layers is the **network depth**, the number of neurons in a layer the **network width**. Double the width of two neighbouring layers, and there are 4 times as many weights between them; double the depth with hidden layers of equal width, and there are about twice as many in all.
#
# ```python
# --8<-- "dlnotes/models/mlp.py:model"
# ```
#
# `nn.Flatten()` is inside, so images $(N,1,28,28)$ can go in as they are. Two variants, trained twice each:

# %%
from dlnotes import models, recipes

runs = {
    name: [recipes.run(name, seed=seed) for seed in range(2)]
    for name in ("mlp", "mlp_32_16")
}
pd.DataFrame(
    {
        "parameters": [
            f"{sum(p.numel() for p in models.create(name).parameters()):,}"
            for name in runs
        ],
        "test accuracy": [
            " ".join(f"{run.test.accuracy:.1%}" for run in pair)
            for pair in runs.values()
        ],
    },
    index=["784-256-10", "784-32-16-10"],
)

# %% [markdown] tags=["zh"]
# ## 它看不见形状 { #images }
#
# 把 784 个像素按**同一个**随机顺序打乱，训练和测试都这样。人一个也认不出来了。全连接网络呢？**先猜，再看。**

# %% [markdown] tags=["en"]
# ## It does not see shapes { #images }
#
# Shuffle the 784 pixels in **one** random order, the same for training and test. No person can read them any more. Can a fully connected network? **Guess, then look.**

# %%
import dataclasses

order = torch.randperm(784, generator=torch.Generator().manual_seed(0))


def shuffled(split):
    return data.Split(
        split.images.flatten(1)[:, order].reshape_as(split.images), split.labels
    )


parts = {
    part: shuffled(getattr(splits, part)) for part in ("train", "validation", "test")
}
scrambled = dataclasses.replace(splits, **parts)


def train_on(name, which, seed):
    training.seed_everything(seed)
    model = models.create(name)
    history = training.fit(model, which, training.Config(epochs=5, lr=4e-3, seed=seed))
    return (
        model,
        history.normalization,
        training.evaluate(model, which.test, history.normalization).accuracy,
    )


trained = {
    f"{name}, {label}": [train_on(name, which, seed) for seed in range(2)]
    for name in ("mlp", "lenet")
    for label, which in (("usual order", splits), ("shuffled pixels", scrambled))
}
reading = {
    name: [accuracy for _, _, accuracy in runs] for name, runs in trained.items()
}

# %% tags=["hide-input"] alt_zh="上排是 6 个数字，下排是像素打乱之后，全成了杂点。" alt_en="Top, 6 digits; below, the same with their pixels shuffled: nothing but specks."
figures.image_grid(
    [*splits.test.images[:6, 0], *scrambled.test.images[:6, 0]], columns=6
)

# %% tags=["hide-input"]
table = {
    name: {
        label: " ".join(f"{value:.1%}" for value in reading[f"{name}, {label}"])
        for label in ("usual order", "shuffled pixels")
    }
    for name in ("mlp", "lenet")
}
pd.DataFrame.from_dict(table, orient="index").rename({"mlp": "MLP", "lenet": "LeNet"})

# %% [markdown] tags=["zh"]
# MLP 照样读得出来，因为对它来说，这是**同一道题**：把第 1 层权重的列按同样的顺序打乱，输出一模一样。反过来说，它从来不知道哪些像素相邻。LeNet 靠的正是相邻，打乱之后就没有了依靠。digits 又小又容易，准确率上看不出多少差别；图片越大、内容越复杂，差别越大。
#
# 另一面：图片没有打乱，只是往右挪几个像素。对人毫无影响，对 MLP 却是另一组输入：

# %% [markdown] tags=["en"]
# The MLP reads them as before, since for it this is **the same task**: shuffle the columns of its first weight matrix in the same order, and the outputs are equal. Put the other way, it never knew which pixels are neighbours. LeNet relies on neighbours, and shuffling takes them away. The digits are small and easy, so little of that shows in the accuracy; the larger and richer the images, the more it does.
#
# Now the other way round: leave the order alone and move the image right by a few pixels. To people nothing changes; to the MLP these are different inputs:


# %%
def shifted_accuracy(model, normalization, pixels):
    moved = data.Split(splits.test.images.roll(pixels, dims=-1), splits.test.labels)
    return training.evaluate(model, moved, normalization).accuracy


shifts = [0, 1, 2, 3, 4]
after_shift = {
    label: [
        mean(
            shifted_accuracy(model, norm, pixels)
            for model, norm, _ in trained[f"{name}, usual order"]
        )
        for pixels in shifts
    ]
    for name, label in (("mlp", "MLP"), ("lenet", "LeNet"))
}
with torch.no_grad():
    model, norm, _ = trained["mlp, usual order"][0]
    same_task = models.create("mlp").eval()
    same_task.load_state_dict(model.state_dict())
    same_task.layers[1].weight.copy_(model.layers[1].weight[:, order])
    permuted_gap = (
        (
            same_task(norm.apply(scrambled.test.images))
            - model(norm.apply(splits.test.images))
        )
        .abs()
        .max()
        .item()
    )

# %% tags=["hide-input"] alt_zh="横轴是平移的像素数 0 到 4，纵轴是测试准确率：两条线都随平移下降，而且越来越快。" alt_en="Test accuracy against a shift of 0 to 4 pixels: both lines fall with the shift, faster and faster."
figures.lines(after_shift, x=shifts, xlabel="pixels shifted", ylabel="test accuracy")

# %% [markdown] tags=["zh"]
# 移 3 个像素，MLP 从 {{ f"{after_shift['MLP'][0]:.0%}" }} 掉到 {{ f"{after_shift['MLP'][3]:.0%}" }}，LeNet 从 {{ f"{after_shift['LeNet'][0]:.0%}" }} 掉到 {{ f"{after_shift['LeNet'][3]:.0%}" }}。LeNet 也不是不变的：它的卷积[等变而不是不变](convolution.py#equivariance)，最后还是接着全连接层。要真的不怕平移，得在训练里加上平移的图片。
#
# ## 常见的坑 { #traps }
#
# !!! warning "最后一层也加激活函数"
#     输出层应当给出任意实数的 logits。加了 ReLU，负的得分全成 0，有的类别再也学不会；softmax 作用在**输出**上，由损失函数来做。
#
# !!! warning "两个线性层之间忘了激活函数"
#     不报错，在容易的数据上准确率也不低。检查办法：把两层乘起来，看输出是否相同。
#
# !!! warning "学习率太大，ReLU 成片死掉"
#     偏置一步走得太负，神经元对所有样本都输出 0，梯度也是 0，再也回不来。看一眼每层激活值为 0 的比例。
#
# ## 面试里会问 { #questions }
#
# ??? question "激活函数起什么作用？"
#     让相邻的线性层不能合并成一个，网络才能表示仿射变换以外的函数；最小的例子是异或。选的时候还要看导数：它决定梯度一层层传回来时缩小多少。隐藏层常用 ReLU，深的 Transformer 常用 GELU；输出层不加，分类的 softmax 由损失函数来做。
#
# ??? question "全连接网络处理图像有什么问题？"
#     三点。参数多：$28\times28$ 的灰度图接 256 个神经元就是 200,960 个参数，大图更多。不懂相邻：像素打乱了它也不知道，要从数据里把“相邻”重学一遍。不认平移：同一笔画换个位置，就要另一组权重。卷积用局部连接和权重共享解决前两点，并给出平移等变。
#
# ## 练习 { #exercises }
#
# **1.** 不训练，手写一个 2-2-1 的 ReLU 网络 `xor(x1, x2)` 算异或。
#
# ??? success "答案"
#     $h_1=\max(0,x_1+x_2)$，$h_2=\max(0,x_1+x_2-1)$，$y=h_1-2h_2$。四个点依次是 0、1、1、0。
#
#     ```python
#     def xor(x1, x2):
#         h1 = max(0, x1 + x2)
#         h2 = max(0, x1 + x2 - 1)
#         return h1 - 2 * h2
#     ```
#
# **2.** 10 层 sigmoid，只看激活函数的导数，梯度最多剩下多少？tanh 呢？
#
# ??? success "答案"
#     $0.25^{10}\approx$ {{ f"{0.25**10:.1e}" }}；tanh 的上界是 $1^{10}=1$，但只在所有输入都是 0 时才取到。
#
# **3.** 784-32-16-10 有多少个参数？与 784-256-10 比呢？
#
# ??? success "答案"
#     $784\times32+32+32\times16+16+16\times10+10=25818$，约是 203,530 的 {{ f"{25818 / 203530:.0%}" }}。
#
# **4.** 打乱像素后，把 MLP 第 1 层的权重也按同样的顺序打乱，输出差多少？
#
# ??? success "答案"
#     数学上是 0，只是求和的顺序变了：实测 {{ f"{permuted_gap:.0e}" }}。
#
# **5.** SiLU 的最小值大约是多少，在哪里？
#
# ??? success "答案"
#     在 $x\approx$ {{ f"{float(grid[curves['SiLU'].argmin()]):.2f}" }} 处，约 {{ f"{float(curves['SiLU'].min()):.3f}" }}。它不是单调的。
#
# ## 参考文献 { #references }
#
# - F. Rosenblatt. [The perceptron: a probabilistic model for information storage and organization in the brain](https://doi.org/10.1037/h0042519). Psychological Review, 1958.
# - D. Rumelhart, G. Hinton, R. Williams. [Learning representations by back-propagating errors](https://doi.org/10.1038/323533a0). Nature, 1986.
# - M. Leshno, V. Lin, A. Pinkus, S. Schocken. [Multilayer feedforward networks with a nonpolynomial activation function can approximate any function](https://doi.org/10.1016/S0893-6080(05)80131-5). Neural Networks, 1993.
# - V. Nair, G. Hinton. [Rectified linear units improve restricted Boltzmann machines](https://icml.cc/Conferences/2010/papers/432.pdf). ICML, 2010.
# - D. Hendrycks, K. Gimpel. [Gaussian error linear units](https://arxiv.org/abs/1606.08415). 2016.

# %% [markdown] tags=["en"]
# Shifted by 3 pixels, the MLP falls from {{ f"{after_shift['MLP'][0]:.0%}" }} to {{ f"{after_shift['MLP'][3]:.0%}" }}, LeNet from {{ f"{after_shift['LeNet'][0]:.0%}" }} to {{ f"{after_shift['LeNet'][3]:.0%}" }}. LeNet is not invariant either: its convolutions are [equivariant, not invariant](convolution.py#equivariance), and fully connected layers follow in the end. To make a network tolerate shifts, train it with shifted images.
#
# ## Traps { #traps }
#
# !!! warning "An activation after the last layer"
#     The output layer should give logits, any real numbers. With a ReLU all negative scores become 0 and some classes can never be learned; softmax acts on the **output** and is done by the loss.
#
# !!! warning "No activation between two linear layers"
#     There is no error, and on easy data the accuracy is not even low. To detect it, multiply the two layers together and see whether the output stays the same.
#
# !!! warning "A large learning rate and dead ReLUs"
#     One step makes a bias so negative that a neuron gives 0 for every sample; its gradient is 0, and it never returns. Look at the share of zeros among the activations of each layer.
#
# ## Asked in interviews { #questions }
#
# ??? question "What is an activation function for?"
#     It keeps neighbouring linear layers from merging into one, so that a network can represent more than an affine map; the smallest example is XOR. Choose it by its derivative too, which decides how much a gradient shrinks from layer to layer. ReLU is common in hidden layers, GELU in deep transformers; the output layer has none, as the softmax of classification belongs to the loss.
#
# ??? question "What is wrong with fully connected networks for images?"
#     Three things. Many parameters: a greyscale image of $28\times28$ and 256 neurons take 200,960, larger images more. No notion of neighbours: it would not notice shuffled pixels, and must learn from data what is next to what. No notion of shifts: the same stroke in another place goes through different weights. Convolution answers the first two by local connection and weight sharing, and adds translation equivariance.
#
# ## Exercises { #exercises }
#
# **1.** Without training, write a ReLU network 2-2-1, `xor(x1, x2)`, that computes XOR.
#
# ??? success "Answer"
#     $h_1=\max(0,x_1+x_2)$, $h_2=\max(0,x_1+x_2-1)$, $y=h_1-2h_2$. On the four points: 0, 1, 1, 0.
#
#     ```python
#     def xor(x1, x2):
#         h1 = max(0, x1 + x2)
#         h2 = max(0, x1 + x2 - 1)
#         return h1 - 2 * h2
#     ```
#
# **2.** Through 10 layers of sigmoid, how much of a gradient is left at most, by the derivatives of the activation alone? And with tanh?
#
# ??? success "Answer"
#     $0.25^{10}\approx$ {{ f"{0.25**10:.1e}" }}; the bound for tanh is $1^{10}=1$, reached only if all inputs are 0.
#
# **3.** How many parameters does 784-32-16-10 have, and how does that compare with 784-256-10?
#
# ??? success "Answer"
#     $784\times32+32+32\times16+16+16\times10+10=25818$, about {{ f"{25818 / 203530:.0%}" }} of 203,530.
#
# **4.** With the pixels shuffled, shuffle the weights of the MLP's first layer in the same order. By how much do the outputs differ?
#
# ??? success "Answer"
#     In mathematics by 0; only the order of the sum changes. Measured: {{ f"{permuted_gap:.0e}" }}.
#
# **5.** About where is the minimum of SiLU, and how low is it?
#
# ??? success "Answer"
#     At $x\approx$ {{ f"{float(grid[curves['SiLU'].argmin()]):.2f}" }}, about {{ f"{float(curves['SiLU'].min()):.3f}" }}. It is not monotonic.
#
# ## References { #references }
#
# - F. Rosenblatt. [The perceptron: a probabilistic model for information storage and organization in the brain](https://doi.org/10.1037/h0042519). Psychological Review, 1958.
# - D. Rumelhart, G. Hinton, R. Williams. [Learning representations by back-propagating errors](https://doi.org/10.1038/323533a0). Nature, 1986.
# - M. Leshno, V. Lin, A. Pinkus, S. Schocken. [Multilayer feedforward networks with a nonpolynomial activation function can approximate any function](https://doi.org/10.1016/S0893-6080(05)80131-5). Neural Networks, 1993.
# - V. Nair, G. Hinton. [Rectified linear units improve restricted Boltzmann machines](https://icml.cc/Conferences/2010/papers/432.pdf). ICML, 2010.
# - D. Hendrycks, K. Gimpel. [Gaussian error linear units](https://arxiv.org/abs/1606.08415). 2016.
