# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "线性回归：一个公式直接求解，梯度下降慢慢走；为什么换个单位就慢三百万倍；平方误差从哪里来；nn.Linear 里面是什么。"
#       en: "Linear regression: solved by one formula or by gradient descent; why a change of units makes it three million times slower; where squared error comes from; what nn.Linear computes."
#     covers: [T-13, T-03, E-19]
#     labels:
#       body mass index: 体重指数
#       disease progression: 病情发展
#       slope w: 斜率 w
#       intercept b: 截距 b
#       BMI as recorded: 原始的体重指数
#       BMI standardized: 标准化的体重指数
#       as recorded: 原始
#       centred: 减均值
#       standardized: 标准化
#       loss above the best: 损失高出最优的比例
#       condition number: 条件数
#       "steps to within 1% of the best": 到最优的 1% 以内要几步
#       typed correctly: 输入正确
#       one zero too many: 多打一个 0
#       squared error: 平方误差
#       absolute error: 绝对误差
#       slope: 斜率
#       prediction (442, 1): 预测 (442, 1)
#       prediction (442,): 预测 (442,)
# ---

# %% [markdown] tags=["zh"]
# # 线性回归：答案一样，为什么要走三百万倍的路 { #linear-regression }
#
# 442 位糖尿病人，每人量了 10 个数：年龄、性别、体重指数、血压和六项血清指标；一年后，医生给病情的发展打了分。拿这 10 个数预测那个分数，最简单的办法是画一条直线。
#
# 甲直接用表格里的数。乙先把每一列减去均值、除以标准差，这叫**标准化**。两人都用梯度下降，学习率各取自己的最佳值。**先猜两件事：训练到底，两人的预测会不会不同？乙要快多少：2 倍，100 倍，还是更多？**

# %% [markdown] tags=["en"]
# # Linear regression: one answer, three million times the way { #linear-regression }
#
# 442 people with diabetes, and 10 numbers for each: age, sex, body mass index (BMI), blood pressure and six blood values. A year later a doctor scored how far the disease had moved on. The simplest way to predict that score from the 10 numbers is a straight line.
#
# Ann takes the numbers of the table as they are. Ben first subtracts the mean of each column and divides by its standard deviation, which is called **standardization**. Both use gradient descent, each at their own best learning rate. **Guess two things: will their predictions differ in the end? And how much faster is Ben: 2 times, 100 times, or more?**

# %%
import torch
from sklearn.datasets import load_diabetes

table = load_diabetes(scaled=False)  # embedded in scikit-learn
X, y = torch.tensor(table.data), torch.tensor(table.target)  # (442, 10), (442,)
bmi = X[:, 2]


def with_ones(features):
    """Append a column of ones, so that the intercept is one more weight."""
    return torch.cat([features, torch.ones_like(features[:, :1])], dim=1)


def solve(features, targets):
    """Return the weights of least squares, the intercept last."""
    A = with_ones(features)
    return torch.linalg.lstsq(A, targets.unsqueeze(1)).solution.squeeze(1)


w, b = solve(bmi.unsqueeze(1), y).tolist()

# %% tags=["hide-input"] alt_zh="散点图：横轴体重指数，纵轴病情发展。点很散，大体上越往右越高；一条直线穿过，几条竖线标出点到直线的残差。" alt_en="Disease progression against body mass index: widely scattered points that rise to the right, a straight line through them, and a few vertical lines that mark residuals."
import matplotlib.pyplot as plt

from dlnotes.figures.style import INK, PALETTE

figure, axes = plt.subplots(figsize=(6.4, 3.4))
axes.plot(bmi, y, "o", color=PALETTE[0], markersize=3, alpha=0.6)
ends = torch.tensor([bmi.min(), bmi.max()])
axes.plot(ends, w * ends + b, color=PALETTE[1], linestyle="-", linewidth=2.4)
for i in bmi.argsort()[40::55].tolist():
    axes.plot(
        [bmi[i]] * 2, [y[i], w * bmi[i] + b], color=INK, linestyle="-", linewidth=1
    )
axes.set(xlabel="body mass index", ylabel="disease progression")
figure

# %% [markdown] tags=["zh"]
# ## 模型和损失 { #model }
#
# $$ \hat y = \mathbf x\mathbf w + b = x_1w_1+\dots+x_dw_d+b, \qquad L(\mathbf w,b) = \frac1N\sum_{s=1}^{N}(\hat y_s-y_s)^2 $$
#
# 其中 $\mathbf x$ 是一位病人的 $d$ 个特征，$\mathbf w$ 是 $d$ 个权重，$b$ 是偏置（截距），$\hat y$ 是预测，$y$ 是真值，$N$ 是样本数，$L$ 是均方误差。竖线那一段 $\hat y_s-y_s$ 叫残差。
#
# 只用体重指数，最好的直线是 $\hat y=$ {{ f"{w:.2f}" }} $x$ {{ f"− {abs(b):.1f}" }}。怎样知道它最好？损失是 $\mathbf w$ 与 $b$ 的二次函数，像一只碗，只有一个底。
#
# ## 一个公式走到碗底 { #closed-form }
#
# 在 $\mathbf X$ 后面补一列 1，把 $b$ 并进 $\mathbf w$。碗底处梯度为零：
#
# $$ \nabla L = \frac2N\,\mathbf X^\top(\mathbf X\mathbf w-\mathbf y) = \mathbf 0 \quad\Longrightarrow\quad \mathbf X^\top\mathbf X\,\mathbf w = \mathbf X^\top\mathbf y $$
#
# 其中 $\mathbf X$ 是 $(N,d+1)$ 的矩阵，一行一个样本；$\mathbf y$ 是 $N$ 个真值。左边的条件说的是：残差与每一列特征都正交，也就是**剩下的误差里，再也没有这些特征能解释的东西**。这组方程叫正规方程。拿 10 个特征检验：

# %% [markdown] tags=["en"]
# ## The model and its loss { #model }
#
# $$ \hat y = \mathbf x\mathbf w + b = x_1w_1+\dots+x_dw_d+b, \qquad L(\mathbf w,b) = \frac1N\sum_{s=1}^{N}(\hat y_s-y_s)^2 $$
#
# where $\mathbf x$ are the $d$ features of one person, $\mathbf w$ the $d$ weights, $b$ the bias (intercept), $\hat y$ the prediction, $y$ the truth, $N$ the number of samples and $L$ the mean squared error. The vertical stretch $\hat y_s-y_s$ is a residual.
#
# With BMI alone the best line is $\hat y=$ {{ f"{w:.2f}" }} $x$ {{ f"− {abs(b):.1f}" }}. How do we know it is the best? The loss is quadratic in $\mathbf w$ and $b$: a bowl with a single bottom.
#
# ## To the bottom by one formula { #closed-form }
#
# Append a column of ones to $\mathbf X$, so that $b$ joins $\mathbf w$. At the bottom the gradient is zero:
#
# $$ \nabla L = \frac2N\,\mathbf X^\top(\mathbf X\mathbf w-\mathbf y) = \mathbf 0 \quad\Longrightarrow\quad \mathbf X^\top\mathbf X\,\mathbf w = \mathbf X^\top\mathbf y $$
#
# where $\mathbf X$ is $(N,d+1)$ with one sample per row, and $\mathbf y$ holds the $N$ true values. The condition on the left says that the residuals are orthogonal to every column: **the error that is left contains nothing these features could still explain**. These are the normal equations. Check them with all 10 features:

# %%
A = with_ones(X)
by_equations = torch.linalg.solve(A.T @ A, A.T @ y)
best = solve(X, y)
residual = A @ best - y
loss_best = residual.square().mean().item()
explained = 1 - loss_best / y.var(correction=0).item()
cosines = A.T @ residual / (A.norm(dim=0) * residual.norm())
print(f"normal equations against lstsq: {(A @ (by_equations - best)).abs().max():.0e}")
print(f"largest cosine of residual and column: {cosines.abs().max():.0e}")
print(f"mean squared error {loss_best:.0f}, R² {explained:.2f}")

# %% [markdown] tags=["zh"]
# $R^2$ 是误差比“永远猜平均分”少了几成：这里 {{ f"{explained:.2f}" }}。大半的差别能解释，离看准还远，这是数据的性质，不是没训练好：**同样的特征、同样的直线，谁也做不到更低的均方误差。**
#
# 写程序用 `lstsq`，不要真去求 $(\mathbf X^\top\mathbf X)^{-1}$：$\mathbf X^\top\mathbf X$ 的条件数是 $\mathbf X$ 的平方，float32 的有效数字会丢光。
#
# 既然有公式，还要梯度下降做什么？因为再加一个隐藏层，公式就没有了；梯度下降照样能用。所以值得先在这只看得见底的碗里，弄清它的脾气。
#
# ## 梯度下降：一步步走到碗底 { #gradient-descent }
#
# $$ \mathbf w \leftarrow \mathbf w - \eta\,\nabla L(\mathbf w) $$
#
# 其中 $\eta$ 是学习率。碗在不同方向的弯曲程度，由[黑塞矩阵](linear-algebra.py#derivatives) $\mathbf H=\frac2N\mathbf X^\top\mathbf X$ 的特征值 $\lambda_1\le\dots\le\lambda_{d+1}$ 给出。沿第 $k$ 个特征方向，离碗底的距离每步乘 $1-\eta\lambda_k$（推导见[学习率](../training/learning-rate.py#divergence)）。最陡的方向要求 $\eta<2/\lambda_{d+1}$，最平的方向就只能慢慢挪。两者之比
#
# $$ \kappa = \frac{\lambda_{d+1}}{\lambda_1} $$
#
# 叫**条件数**，步数大致与它成正比。下面只用体重指数一个特征，两只碗，都取 $\eta=1/\lambda_{\max}$，从 $(0,0)$ 出发走 60 步。左边是原始的体重指数，右边先标准化：

# %% [markdown] tags=["en"]
# $R^2$ says by how much the error is less than that of always guessing the mean score: {{ f"{explained:.2f}" }} here. Much is explained, and far from all. That is how these data are, and no lack of training: **with these features and a straight line nobody gets a lower mean squared error.**
#
# In programs use `lstsq` and do not form $(\mathbf X^\top\mathbf X)^{-1}$: the condition number of $\mathbf X^\top\mathbf X$ is that of $\mathbf X$ squared, and float32 runs out of digits.
#
# With a formula at hand, why gradient descent? Because one hidden layer more and the formula is gone, while gradient descent still works. So learn its temper here, in a bowl whose bottom is known.
#
# ## Gradient descent: to the bottom step by step { #gradient-descent }
#
# $$ \mathbf w \leftarrow \mathbf w - \eta\,\nabla L(\mathbf w) $$
#
# where $\eta$ is the learning rate. How much the bowl bends in each direction is told by the eigenvalues $\lambda_1\le\dots\le\lambda_{d+1}$ of the [Hessian matrix](linear-algebra.py#derivatives) $\mathbf H=\frac2N\mathbf X^\top\mathbf X$. Along eigenvector number $k$ each step multiplies the distance to the bottom by $1-\eta\lambda_k$ (see [learning rate](../training/learning-rate.py#divergence)). The steepest direction demands $\eta<2/\lambda_{d+1}$, and the flattest has to crawl. Their ratio
#
# $$ \kappa = \frac{\lambda_{d+1}}{\lambda_1} $$
#
# is the **condition number**, and the steps needed grow in proportion to it. Below are two bowls for BMI alone, both with $\eta=1/\lambda_{\max}$ and 60 steps from $(0,0)$. On the left BMI as recorded, on the right standardized first:


# %%
def standardize(features):
    return (features - features.mean(dim=0)) / features.std(dim=0)


def curvature(features):
    """Return eigenvalues and eigenvectors of the Hessian matrix of the loss."""
    A = with_ones(features)
    return torch.linalg.eigh(2 / len(A) * A.T @ A)


def condition(features):
    eigenvalues, _ = curvature(features)
    return float(eigenvalues[-1] / eigenvalues[0])


def descend(features, targets, steps):
    """Gradient descent from 0 with the learning rate 1/λ_max; return all points and losses."""
    A, lr = with_ones(features), 1 / curvature(features)[0][-1]
    w = torch.zeros(A.shape[1], dtype=A.dtype)
    points, losses = [w], []
    for _ in range(steps):
        residual = A @ w - targets
        losses.append(residual.square().mean().item())
        w = w - lr * 2 / len(A) * (A.T @ residual)
        points.append(w)
    return torch.stack(points), losses


bowls = {
    "BMI as recorded": bmi.unsqueeze(1),
    "BMI standardized": standardize(bmi).unsqueeze(1),
}
{name: round(condition(values)) for name, values in bowls.items()}

# %% tags=["hide-input"] alt_zh="损失的等高线与梯度下降的路径。左：等高线挤成一条极细的斜谷，路径一步落进谷底后几乎不动，离最低点还很远。右：等高线是圆，路径一步走到最低点。" alt_en="Contours of the loss with the path of gradient descent. Left: they shrink to a thin slanted valley; the path drops into it and hardly moves on, far from the lowest point. Right: circles, and the path reaches the lowest point in one step."
figure, panels = plt.subplots(1, 2, figsize=(7.4, 3.2))
windows = {
    "BMI as recorded": (-2, 14, -150, 60),
    "BMI standardized": (-25, 105, -10, 260),
}
for axes, (name, values) in zip(panels, bowls.items()):
    left, right, low, high = windows[name]
    slopes, intercepts = (
        torch.linspace(left, right, 160, dtype=torch.float64),
        torch.linspace(low, high, 160, dtype=torch.float64),
    )
    grid = torch.cartesian_prod(slopes, intercepts)
    A = with_ones(values)
    losses = ((A @ grid.T - y.unsqueeze(1)) ** 2).mean(dim=0).reshape(160, 160).T
    floor = float(((A @ solve(values, y) - y) ** 2).mean())
    axes.contour(
        slopes,
        intercepts,
        losses,
        levels=[floor + 60 * 2.2**k for k in range(1, 10)],
        colors=[INK],
        linewidths=0.7,
        alpha=0.5,
    )
    path, _ = descend(values, y, 60)
    axes.plot(
        path[:, 0], path[:, 1], "o-", color=PALETTE[0], markersize=4, linewidth=1.4
    )
    axes.plot(*solve(values, y).tolist(), "*", color=PALETTE[1], markersize=13)
    axes.set(
        title=name,
        xlabel="slope w",
        ylabel="intercept b",
        xlim=(left, right),
        ylim=(low, high),
    )
figure

# %% [markdown] tags=["zh"]
# 左边一步跌进谷底，之后几乎看不出在动：最低点（星号）在谷的那一头，谷底却是平的。体重指数都在 {{ f"{bmi.min():.0f}" }} 到 {{ f"{bmi.max():.0f}" }} 之间，离 0 很远，所以斜率加一点、截距就得减很多，两者缠在一起。右边的碗是圆的，一步就到。
#
# ## 换个单位，差多少步 { #conditioning }
#
# 现在用全部 10 个特征。要走多少步，损失才到最优的 1% 以内？不用真的等：每个特征方向各走各的，超出最优的部分可以直接算出来：
#
# $$ L(\mathbf w_t)-L^\star = \frac12\sum_k \lambda_k\,(1-\eta\lambda_k)^{2t}\,c_k^2 $$
#
# 其中 $\mathbf w_t$ 是第 $t$ 步的权重，$L^\star$ 是最低的损失，$c_k$ 是起点到碗底的距离在第 $k$ 个方向上的分量。先拿真的走 2000 步来检验这个公式，再用它算。**先猜：只减均值、不除标准差，能省掉多少？**

# %% [markdown] tags=["en"]
# On the left one step falls into the valley, and then hardly anything moves: the lowest point (the star) is at the far end, and the floor is flat. All BMI lie between {{ f"{bmi.min():.0f}" }} and {{ f"{bmi.max():.0f}" }}, far from 0, so a little more slope takes a lot less intercept, and the two are tied together. On the right the bowl is round, and one step is enough.
#
# ## Other units, how many more steps? { #conditioning }
#
# Now take all 10 features. How many steps until the loss is within 1% of the best? No need to wait: each eigenvector goes its own way, so the excess over the best can be computed.
#
# $$ L(\mathbf w_t)-L^\star = \frac12\sum_k \lambda_k\,(1-\eta\lambda_k)^{2t}\,c_k^2 $$
#
# where $\mathbf w_t$ are the weights at step $t$, $L^\star$ is the lowest loss and $c_k$ the distance from start to bottom along direction $k$. First check the formula against 2000 real steps, then use it. **Guess how much is saved by subtracting the mean alone, without dividing by the deviation.**


# %%
def excess(features, steps):
    """Return how far the loss is above the best after so many steps, for a tensor of steps."""
    eigenvalues, vectors = curvature(features)
    c = vectors.T @ solve(features, y)
    shrink = (1 - eigenvalues / eigenvalues[-1]) ** (2 * steps.unsqueeze(1))
    return 0.5 * (shrink * eigenvalues * c**2).sum(dim=1)


tables = {
    "as recorded": X,
    "centred": X - X.mean(dim=0),
    "standardized": standardize(X),
}
walked = torch.arange(2000)
gaps = {}
for name, features in tables.items():
    real = torch.tensor(descend(features, y, 2000)[1])
    gaps[name] = float((real / (loss_best + excess(features, walked)) - 1).abs().max())
times = torch.logspace(0, 8.5, 2000, dtype=torch.float64).round()
curves = {
    name: loss_best + excess(features, times) for name, features in tables.items()
}
needed = {
    name: int(times[(curve < 1.01 * loss_best).nonzero()[0]])
    for name, curve in curves.items()
}
kappa = {name: condition(features) for name, features in tables.items()}
print(f"formula against 2000 real steps, relative: {max(gaps.values()):.0e}")

# %% tags=["hide-input"]
import pandas as pd

pd.DataFrame(
    {
        "condition number": [f"{v:,.0f}" for v in kappa.values()],
        "steps to within 1% of the best": [f"{v:,}" for v in needed.values()],
    },
    index=list(kappa),
)

# %% tags=["hide-input"] alt_zh="双对数图：横轴步数从 1 到 3 亿，纵轴损失高出最优的比例。标准化的一条 15 步就降到 0.01 以下；减均值的一条要几万步；原始的一条在 0.1 附近拖到几百万步以后，几千万步才降下去。" alt_en="Excess of the loss over the best against steps, both logarithmic: standardized falls below 0.01 within 15 steps, centred within tens of thousands; as recorded it lingers near 0.1 for millions of steps and takes tens of millions."
from dlnotes import figures

figure = figures.lines(
    {name: (curve / loss_best - 1).clamp_min(1e-9) for name, curve in curves.items()},
    x=times,
    xlabel="step",
    ylabel="loss above the best",
    log=True,
)
axes = figure.axes[0]
axes.axhline(0.01, color=INK, linestyle="-", linewidth=0.8, alpha=0.6)
axes.set(xscale="log", ylim=(1e-5, 20))
axes.set_xticks([1, 1e2, 1e4, 1e6, 1e8], ["1", "100", "10⁴", "10⁶", "10⁸"])
axes.minorticks_off()
figure

# %% tags=["remove-input"]
raw, scaled = X, standardize(X)
same = (
    (with_ones(raw) @ solve(raw, y) - with_ones(scaled) @ solve(scaled, y))
    .abs()
    .max()
    .item()
)

# %% [markdown] tags=["zh"]
# 乙要 {{ needed["standardized"] }} 步，甲要 {{ f"{needed['as recorded']:,}" }} 步，约 {{ f"{round(needed['as recorded'] / needed['standardized'], -5):,.0f}" }} 倍。可是两人的**答案完全一样**：用公式求出来的预测最多相差 {{ f"{same:.0e}" }}，因为缩放和平移都能由权重和截距抵消。单位改变的不是问题，是路。
#
# 减均值把截距和其余权重拆开，省了大约 {{ f"{needed['as recorded'] / needed['centred']:,.0f}" }} 倍；除以标准差把长短不一的轴拉齐，再省 {{ f"{needed['centred'] / needed['standardized']:,.0f}" }} 倍。条件数还剩 {{ f"{kappa['standardized']:.0f}" }}，不是 1，因为有的列几乎说同一件事（第 5、6 列的相关系数是 {{ f"{torch.corrcoef(X.T)[4, 5]:.2f}" }}），一列一列地缩放消不掉相关。
#
# 神经网络里也是这样。输入要归一化，中间每一层的输入也会跑偏，于是有了[初始化](initialization.py)的讲究和批量归一化。
#
# ## nn.Linear 里面是什么 { #nn-linear }

# %% [markdown] tags=["en"]
# Ben takes {{ needed["standardized"] }} steps and Ann {{ f"{needed['as recorded']:,}" }}: about {{ f"{round(needed['as recorded'] / needed['standardized'], -5):,.0f}" }} times as many. And yet **their answers are the same**: the predictions found by the formula differ by at most {{ f"{same:.0e}" }}, since weights and intercept can undo any shift and scale. Units do not change the problem; they change the way.
#
# Subtracting the mean unties the intercept from the other weights and saves a factor of about {{ f"{needed['as recorded'] / needed['centred']:,.0f}" }}; dividing by the deviation evens out long and short axes and saves another {{ f"{needed['centred'] / needed['standardized']:,.0f}" }}. The condition number that is left is {{ f"{kappa['standardized']:.0f}" }}, not 1, because some columns say nearly the same (columns 5 and 6 have a correlation of {{ f"{torch.corrcoef(X.T)[4, 5]:.2f}" }}), and scaling one column at a time cannot take correlation away.
#
# Neural networks are no different. Inputs want to be normalized, and the inputs of the layers in between drift as well: hence the care taken in [initialization](initialization.py), and batch normalization.
#
# ## What is inside nn.Linear { #nn-linear }

# %% [markdown] tags=["zh"]
# `nn.Linear(10, 1)` 就是这条直线：10 个权重、1 个偏置。从零写成的那一层只有两行要紧，已在测试里与 torch 核对：
#
# ```python
# --8<-- "dlnotes/layers/dense.py:linear"
# ```
#
# 权重的形状是 $(O,I)$，输出在前，所以公式里有一个转置。下面用它训练，再与 `nn.Linear`、与公式的解对一对：

# %% [markdown] tags=["en"]
# `nn.Linear(10, 1)` is this line: 10 weights and 1 bias. In the layer written from scratch two statements matter; the tests compare it with torch:
#
# ```python
# --8<-- "dlnotes/layers/dense.py:linear"
# ```
#
# The weight has shape $(O,I)$, outputs first, hence the transpose in the formula. Train it, and compare with `nn.Linear` and with the solution of the formula:

# %%
from torch import nn
from torch.nn import functional as F

from dlnotes import layers


def train(linear_class, steps=3000):
    torch.manual_seed(0)
    layer = linear_class(10, 1).double()
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.2)
    for _ in range(steps):
        loss = F.mse_loss(layer(scaled), y.unsqueeze(1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return layer


ours, theirs = train(layers.Linear), train(nn.Linear)
weights = solve(scaled, y)
between = max(
    (a - b).abs().max().item() for a, b in zip(ours.parameters(), theirs.parameters())
)
to_formula = (ours.weight[0] - weights[:10]).abs().max().item()
print(
    f"layers.Linear against nn.Linear: {between:g}; against the formula: {to_formula:.0e}"
)

# %% [markdown] tags=["zh"]
# 两个层走出同样的路（相差 {{ f"{between:g}" }}），也都走到了公式给出的碗底（权重相差 {{ f"{to_formula:.0e}" }}）。
#
# ## 为什么是平方 { #why-squares }
#
# 设真值等于直线加上独立的正态噪声，$y=\mathbf x\mathbf w+b+\varepsilon$，$\varepsilon\sim\mathcal N(0,\sigma^2)$。那么一个样本的负对数似然是
#
# $$ -\ln p(y\mid\mathbf x) = \frac{(y-\hat y)^2}{2\sigma^2} + \frac12\ln(2\pi\sigma^2), $$
#
# 其中 $\varepsilon$ 是噪声，$\sigma$ 是它的标准差，$p$ 是概率密度。第二项与 $\mathbf w$、$b$ 无关。所以**最小化平方误差，就是在正态噪声的假设下做最大似然估计**（什么是[似然](probability.py#likelihood)）。换成拉普拉斯噪声，同样两行，得到的是绝对误差 $|y-\hat y|$。
#
# 假设不是白给的。正态噪声几乎不会有离谱的值，一旦出现，平方误差就会拼命迁就它。录入时给一位病人多打一个 0，346 成了 3460，**先猜：两种误差各会让斜率变多少？**

# %% [markdown] tags=["en"]
# The two layers walk the same way (they differ by {{ f"{between:g}" }}) and reach the bottom that the formula gives (weights differ by {{ f"{to_formula:.0e}" }}).
#
# ## Why squares? { #why-squares }
#
# Let the truth be the line plus independent normal noise, $y=\mathbf x\mathbf w+b+\varepsilon$ with $\varepsilon\sim\mathcal N(0,\sigma^2)$. Then the negative log-likelihood of one sample is
#
# $$ -\ln p(y\mid\mathbf x) = \frac{(y-\hat y)^2}{2\sigma^2} + \frac12\ln(2\pi\sigma^2), $$
#
# where $\varepsilon$ is the noise, $\sigma$ its standard deviation and $p$ the probability density. The second term does not contain $\mathbf w$ and $b$. So **least squares is maximum likelihood under normal noise** (what is [likelihood](probability.py#likelihood)?). With Laplace noise the same two lines give the absolute error $|y-\hat y|$.
#
# The assumption has its price. Normal noise is hardly ever far off, and when something is, squared error bends over backwards to please it. Type one zero too many for one person, 3460 instead of 346. **Guess: how far does the slope move with either error?**


# %%
def least_absolute(features, targets, rounds=100):
    """Fit by absolute error: least squares again and again, each sample weighted by 1/|its residual|."""
    A, w = with_ones(features), solve(features, targets)
    for _ in range(rounds):
        weight = (targets - A @ w).abs().clamp_min(1e-3).rsqrt()
        weighted, aims = A * weight.unsqueeze(1), (targets * weight).unsqueeze(1)
        w = torch.linalg.lstsq(weighted, aims).solution.squeeze(1)
    return w


mistyped = y.clone()
mistyped[y.argmax()] *= 10
feature = bmi.unsqueeze(1)
versions = {"typed correctly": y, "one zero too many": mistyped}
fits = {"squared error": solve, "absolute error": least_absolute}
slopes = {
    error: {name: fit(feature, targets)[0].item() for name, targets in versions.items()}
    for error, fit in fits.items()
}
pd.DataFrame(slopes).T.map("{:.2f}".format)

# %% tags=["remove-input"]
moved = {
    error: pair["one zero too many"] / pair["typed correctly"] - 1
    for error, pair in slopes.items()
}

# %% [markdown] tags=["zh"]
# 442 个数里错了 1 个，平方误差的斜率变了 {{ f"{moved['squared error']:.0%}" }}；绝对误差的变了 {{ f"{abs(moved['absolute error']):.0%}" }}，因为它只在乎那个点在线的哪一边，不在乎多远。代价是绝对误差在 0 处有尖角，没有公式解。两头都想要，就用 [Huber 损失](losses.py#regression)：近处平方，远处绝对值。
#
# ## 常见的坑 { #traps }
#
# !!! warning "预测是 (N, 1)，标签是 (N,)"
#     两者相减不报错，广播成 $N\times N$ 的矩阵：每个预测都去迁就**所有**标签。自己动手写 `((prediction - y) ** 2).mean()` 最容易中招，下面量给你看。`F.mse_loss` 会警告；准确率里的同一种错，见[张量](tensors.py#broadcasting-bites)和[门诊](../clinic/shapes.py#column-of-labels)。

# %% [markdown] tags=["en"]
# With 1 of 442 numbers wrong, the slope of squared error changes by {{ f"{moved['squared error']:.0%}" }}; that of absolute error by {{ f"{abs(moved['absolute error']):.0%}" }}, since it only asks on which side of the line the point lies, not how far away. The price is a sharp corner at 0 and no formula. Those who want both take the [Huber loss](losses.py#regression): a square nearby, an absolute value far away.
#
# ## Traps { #traps }
#
# !!! warning "Predictions (N, 1), labels (N,)"
#     Subtracting the two raises no error. They broadcast to an $N\times N$ matrix, in which each prediction tries to please **all** labels. Writing `((prediction - y) ** 2).mean()` by hand invites it; the measurement follows. `F.mse_loss` warns; for the same mistake in an accuracy see [tensors](tensors.py#broadcasting-bites) and the [clinic](../clinic/shapes.py#column-of-labels).


# %%
def fit_by_hand(labels, steps=300):
    layer = nn.Linear(1, 1).double()
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.2)
    for _ in range(steps):
        loss = ((layer(standardize(feature)) - labels) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return layer.weight.item(), loss.item()


right_slope, right_loss = fit_by_hand(y.unsqueeze(1))  # (442, 1) − (442, 1)
wrong_slope, wrong_loss = fit_by_hand(y)  # (442, 1) − (442,)
print(f"slope {right_slope:.2f}, loss {right_loss:.0f}")
print(f"with the wrong shape: slope {wrong_slope:.0e}, loss {wrong_loss:.0f}")

# %% tags=["remove-input"]
import math

pressure_twice = with_ones(torch.cat([scaled, scaled[:, 3:4]], dim=1))
twins = torch.linalg.lstsq(pressure_twice, y.unsqueeze(1)).solution
twin_gap = abs(float(twins[3] - twins[10]))
left_vectors, _, _ = torch.linalg.svd(scaled, full_matrices=False)
whitened = condition(left_vectors * (len(X) - 1) ** 0.5)

# %% [markdown] tags=["zh"]
# 形状错了，斜率成了 {{ f"{abs(wrong_slope):.0f}" }}：直线躺平在平均分上，损失正好是标签的方差。损失照样下降、照样收敛，看不出毛病。
#
# !!! warning "用全部数据算均值和标准差"
#     标准化的常数也是学来的，只能用训练集算，再用到验证集和测试集上，见[泛化](generalization.py#feature-leak)。
#
# !!! warning "拿权重的大小当重要性"
#     权重随单位变：体重指数换成“磅每平方英寸”，权重就变，预测不变。标准化之后可以比一比；特征之间相关时，仍然不可信（练习 3）。
#
# ## 练习 { #exercises }
#
# **1.** 一列特征从毫米改成米，它的权重变成原来的几倍？预测呢？
#
# ??? success "答案"
#     数值缩小到 $1/1000$，权重就变成 1000 倍，乘积不变，预测不变。梯度下降的条件数却会变很多。
#
# **2.** 两个方向的曲率是 1 和 400，学习率取 $1/400$。平的方向缩小到 1% 要几步？
#
# ??? success "答案"
#     每步乘 $1-1/400$，需要 $\ln 0.01/\ln(1-1/400)\approx$ {{ f"{math.log(0.01) / math.log(1 - 1 / 400):,.0f}" }} 步，约是 $\kappa\ln 100$。
#
# **3.** 把血压那一列原样再抄一列。公式还有唯一解吗？预测还唯一吗？
#
# ??? success "答案"
#     权重不唯一：两列怎样分都行，只要和不变，$\mathbf X^\top\mathbf X$ 不可逆。预测仍然唯一。CPU 上的 `lstsq` 给出范数最小的那一个解，两列各一半；GPU 上只有 `gels` 一种算法，它要求满秩，遇到这种数据会给出荒唐的权重。实测两列的权重相差 {{ f"{twin_gap:.0e}" }}。
#
# **4.** 怎样让 10 个特征的条件数变成 1？写一个函数 `whiten(features)`。
#
# ??? success "答案"
#     白化：先减均值，再做奇异值分解，转到主成分的方向上，每个方向除以自己的标准差，让各列互不相关、方差为 1。实测条件数是 {{ f"{whitened:.3f}" }}（差的那一点来自除以 $N$ 还是 $N-1$）。
#
#     ```python
#     import torch
#
#     def whiten(features):
#         centred = features - features.mean(dim=0)
#         left, _, _ = torch.linalg.svd(centred, full_matrices=False)
#         return left * (len(features) - 1) ** 0.5
#     ```
#
# **5.** 用直线能拟合抛物线形的数据吗？
#
# ??? success "答案"
#     能：加一列 $x^2$。“线性”说的是对参数 $\mathbf w$ 线性，不是对 $x$。
#
# ## 参考文献 { #references }
#
# - B. Efron, T. Hastie, I. Johnstone, R. Tibshirani. [Least angle regression](https://doi.org/10.1214/009053604000000067). Annals of Statistics, 2004.（数据的出处）
# - T. Hastie, R. Tibshirani, J. Friedman. [The Elements of Statistical Learning](https://hastie.su.domains/ElemStatLearn/), 3.2. Springer, 2009.
# - A. Zhang 等. [Dive into Deep Learning](https://d2l.ai/chapter_linear-regression/linear-regression.html), 3.1.

# %% [markdown] tags=["en"]
# With the wrong shape the slope is {{ f"{abs(wrong_slope):.0f}" }}: the line lies flat at the mean score, and the loss is just the variance of the labels. The loss falls and settles as it should, and nothing looks wrong.
#
# !!! warning "Mean and deviation from all data"
#     The constants of standardization are learned too. Compute them on the training set alone and use them on validation and test set, see [generalization](generalization.py#feature-leak).
#
# !!! warning "Taking the size of a weight for importance"
#     Weights change with units: write BMI in pounds per square inch, and its weight changes while predictions stay. After standardizing they can be compared; with correlated features they still mean little (exercise 3).
#
# ## Exercises { #exercises }
#
# **1.** One feature is rewritten from millimetres to metres. What becomes of its weight, and of the predictions?
#
# ??? success "Answer"
#     The values shrink to $1/1000$, so the weight grows 1000 times; their product and the predictions stay. The condition number that gradient descent meets changes a lot.
#
# **2.** Two directions have curvature 1 and 400, and the learning rate is $1/400$. How many steps until the flat one is down to 1%?
#
# ??? success "Answer"
#     Each step multiplies by $1-1/400$, which takes $\ln 0.01/\ln(1-1/400)\approx$ {{ f"{math.log(0.01) / math.log(1 - 1 / 400):,.0f}" }} steps, about $\kappa\ln 100$.
#
# **3.** Copy the column of blood pressure once more. Is there still a unique solution? Are predictions still unique?
#
# ??? success "Answer"
#     The weights are not: the two columns may share in any way as long as the sum stays, and $\mathbf X^\top\mathbf X$ has no inverse. Predictions are. On the CPU `lstsq` gives the solution of least norm, half for each column; on a GPU there is only `gels`, which wants full rank and returns absurd weights for such data. Measured difference of their weights: {{ f"{twin_gap:.0e}" }}.
#
# **4.** How can the condition number of the 10 features be made 1? Write `whiten(features)`.
#
# ??? success "Answer"
#     By whitening: subtract the mean, turn into the principal components by a singular value decomposition, and divide each by its own deviation, so that columns are uncorrelated with variance 1. Measured condition number: {{ f"{whitened:.3f}" }} (the rest comes from dividing by $N$ or by $N-1$).
#
#     ```python
#     import torch
#
#     def whiten(features):
#         centred = features - features.mean(dim=0)
#         left, _, _ = torch.linalg.svd(centred, full_matrices=False)
#         return left * (len(features) - 1) ** 0.5
#     ```
#
# **5.** Can a straight line fit data that follow a parabola?
#
# ??? success "Answer"
#     Yes: add a column $x^2$. "Linear" means linear in the parameters $\mathbf w$, not in $x$.
#
# ## References { #references }
#
# - B. Efron, T. Hastie, I. Johnstone, R. Tibshirani. [Least angle regression](https://doi.org/10.1214/009053604000000067). Annals of Statistics, 2004. (source of the data)
# - T. Hastie, R. Tibshirani, J. Friedman. [The Elements of Statistical Learning](https://hastie.su.domains/ElemStatLearn/), 3.2. Springer, 2009.
# - A. Zhang et al. [Dive into Deep Learning](https://d2l.ai/chapter_linear-regression/linear-regression.html), 3.1.
