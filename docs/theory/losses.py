# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "损失函数怎么选：八种损失训练同一个网络，离群值的拉力，类别不平衡与权重，多标签，熵与 KL 散度，知识蒸馏，三元组损失，L1 正则化，每一条都有实测。"
#       en: "How to choose a loss function: eight losses train one network, the pull of an outlier, class imbalance and weights, several labels, entropy and KL divergence, distillation, triplet loss, L1 regularization, all measured."
#     labels:
#       "squared error, logits": 平方误差，logits
#       "squared error, probabilities": 平方误差，概率
#       "absolute error, probabilities": 绝对误差，概率
#       "ten yes-or-no questions": 十个是非题
#       "the digit as a number": 把数字当数值
#       test accuracy (%): 测试准确率（%）
#       squared error: 平方误差
#       absolute error: 绝对误差
#       Huber: Huber
#       "error ŷ − y": 误差 ŷ − y
#       "derivative": 导数
#       "height of the last point": 最后一点的高度
#       "fitted slope": 拟合出的斜率
#       "mistake or not": 对错（0 或 1）
#       hinge: 合页
#       focal: 焦点
#       "lead of the right class": 正确类别领先的 logit
#       class weights: 类别权重
#       "eights found (%)": 找到的 8（%）
#       "other digits right (%)": 其余数字答对（%）
#       entropy of p: p 的熵
#       "cross-entropy of p and q": p 与 q 的交叉熵
#       "KL from p to q": KL(p‖q)
#       "KL from q to p": KL(q‖p)
#       "q uniform": q 均匀
#       "q close": q 接近
#       "q too sure": q 过分自信
#       "T = 1": T = 1
#       "T = 4": T = 4
#       "digit": 数字
#       "100 images, labels": 100 张，学标签
#       "100 images, teacher": 100 张，学教师
#       "1257 images, labels": 1257 张，学标签
#       "1257 images, teacher": 1257 张，学教师
#       contrastive: 对比损失
#       triplet: 三元组损失
#       "strength λ": 强度 λ
#       "zeros, gradient step": 0 的个数，梯度步
#       "zeros, shrinking step": 0 的个数，收缩步
# ---

# %% [markdown] tags=["zh"]
# # 损失函数：哪个任务用哪一个 { #losses }
#
# **损失函数**把网络的输出和正确答案变成一个数，训练让这个数变小。网络从不知道你真正想要什么，它只看得见这个数的梯度。那么，换一个损失，结果会差多少？
#
# 下面试 8 种损失，每种训练 3 次，换 3 个随机种子。网络都有 64 个输入、32 个隐藏神经元、10 个输出，记作 64-32-10（最后一种例外，是 64-32-1）；同一个种子的初始权重也相同。数据都是 1257 张 8×8 的数字，都走 150 步 Adam，只有损失不同。**先猜：最好的和最差的差几个百分点？谁最差？**

# %% [markdown] tags=["en"]
# # Loss functions: which one for which task? { #losses }
#
# A **loss function** turns the outputs of a network and the right answers into one number, and training makes that number smaller. The network never learns what you really want; all it sees is the gradient of that number. So how much does it matter which one you take?
#
# Below, each of 8 losses trains a network 3 times, with 3 random seeds. The network always has 64 inputs, 32 hidden neurons and 10 outputs, 64-32-10 for short (the last loss is the exception: 64-32-1), and the same seed means the same initial weights. The data are 1257 digits of 8×8 pixels, and training takes 150 steps of Adam. Only the loss differs. **Guess: how many points lie between the best and the worst? Which one is worst?**

# %%
import torch
from torch import nn
from torch.nn import functional as F

from dlnotes import data

splits = data.load("digits")


def small(part):
    """Shrink the images back to 8×8, so that training takes a fraction of a second."""
    return F.adaptive_avg_pool2d(part.images.float() / 255, 8).flatten(1), part.labels


# (1257, 64), (1257,); 360 for the test
(x, y), (x_test, y_test) = small(splits.train), small(splits.test)


def fit(loss, seed, hidden=32, outputs=10, steps=150, x=x, y=y):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(64, hidden), nn.ReLU(), nn.Linear(hidden, outputs))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01, fused=True)
    for _ in range(steps):
        optimizer.zero_grad()
        loss(net(x), y).backward()
        optimizer.step()
    return net.requires_grad_(False)


def accuracy(net):
    z = net(x_test)
    guess = z.argmax(dim=1) if z.shape[1] > 1 else z.squeeze(1).round()
    return 100 * (guess == y_test).float().mean().item()


def one_hot(labels):
    return F.one_hot(labels, 10).float()


def focal(z, labels, gamma=2.0):
    # ln of the probability of the right class
    log_p = -F.cross_entropy(z, labels, reduction="none")
    return (-((1 - log_p.exp()) ** gamma) * log_p).mean()


candidates = {
    "cross-entropy": F.cross_entropy,
    "focal": focal,
    "hinge": nn.MultiMarginLoss(),
    "squared error, logits": lambda z, labels: F.mse_loss(z, one_hot(labels)),
    "squared error, probabilities": lambda z, labels: F.mse_loss(
        z.softmax(dim=1), one_hot(labels)
    ),
    "ten yes-or-no questions": lambda z, labels: F.binary_cross_entropy_with_logits(
        z, one_hot(labels)
    ),
    "absolute error, probabilities": lambda z, labels: F.l1_loss(
        z.softmax(dim=1), one_hot(labels)
    ),
    "the digit as a number": lambda z, labels: F.mse_loss(z.squeeze(1), labels.float()),
}
nets = {}
for name, loss in candidates.items():
    outputs = 1 if name == "the digit as a number" else 10
    nets[name] = [fit(loss, seed, outputs=outputs) for seed in range(3)]
scores = {name: [accuracy(net) for net in trained] for name, trained in nets.items()}

# %% tags=["hide-input"] alt_zh="8 种损失的测试准确率条形图：前五种挤在一起，都很高；十个是非题略低；概率的绝对误差明显低；把数字当数值的一条极短。" alt_en="Bars of test accuracy for 8 losses: the first five are high and close together, ten yes-or-no questions a little lower, absolute error of probabilities clearly lower, the digit as a number very short."
from dlnotes import figures

figures.bars(scores, xlabel="test accuracy (%)", limits=(0, 108))

# %% tags=["remove-input"]
average = {name: sum(values) / len(values) for name, values in scores.items()}
sensible = [average[name] for name in list(candidates)[:5]]
never, mistaken = set(), []
for net in nets["absolute error, probabilities"]:
    never |= set(range(10)) - set(net(x_test).argmax(dim=1).tolist())
    z = net(x)
    wrong = z.argmax(dim=1) != y
    mistaken.append(z.softmax(dim=1)[wrong, y[wrong]].median().item())
questions = candidates["ten yes-or-no questions"]
patient = sum(accuracy(fit(questions, seed, steps=300)) for seed in range(3)) / 3

# %% [markdown] tags=["zh"]
# 前 5 种说的都是“给正确的类别最高分”，只是罚法不同，平均成绩落在 {{ f"{min(sensible):.1f}" }}% 到 {{ f"{max(sensible):.1f}" }}% 之间。**合理的损失彼此差不多，不合理的能毁掉一切**：
#
# - 把数字当数值，只剩 {{ f"{average['the digit as a number']:.0f}" }}%。这个损失认为 3 在 2 与 4 之间，把 1 答成 9，罚的是答成 2 的 64 倍。字形里没有这种顺序，类别的编号只是名字。
# - 概率的绝对误差是 {{ f"{average['absolute error, probabilities']:.0f}" }}%。三个种子里，有的网络从来不答某些数字：{{ ", ".join(map(str, sorted(never))) }}。这个损失对正确类别的得分求导，含有因子 $p_y(1-p_y)$，$p_y$ 是正确类别的概率。训练集里答错的图片，$p_y$ 的中位数只有 {{ f"{max(mistaken):.6f}" }} 或更低：错得越自信，梯度越小，一整类就这样被放弃了。概率的平方误差，梯度里也有因子 $p_y$，这里躲了过去。交叉熵的同一个导数是 $p_y-1$，没有这个因子：错得越离谱，它越接近 −1。
# - 十个是非题合理，只是学得慢：150 步时是 {{ f"{average['ten yes-or-no questions']:.1f}" }}%，走到 300 步，三次平均是 {{ f"{patient:.1f}" }}%。
#
# ## 预测一个数：平方、绝对值、Huber { #regression }
#
# 设误差 $e=\hat y-y$，$\hat y$ 是预测，$y$ 是真值。三种损失对所有样本取平均：
#
# $$ \ell_{\text{MSE}}=e^2, \qquad \ell_{\text{MAE}}=|e|, \qquad \ell_{\delta}=\begin{cases}\tfrac12e^2 & |e|\le\delta\\ \delta\,(|e|-\tfrac12\delta) & |e|>\delta\end{cases} $$
#
# 依次是**均方误差**（MSE）、**平均绝对误差**（MAE）和 **Huber 损失**，$\delta$ 是从平方换成直线的地方。右图画的是导数，也就是一个样本有多大的力气去拉模型：

# %% [markdown] tags=["en"]
# The first 5 all say "give the right class the highest score" and differ in how they punish mistakes. Their means lie between {{ f"{min(sensible):.1f}" }}% and {{ f"{max(sensible):.1f}" }}%. **Reasonable losses are much alike; an unreasonable one ruins everything**:
#
# - The digit as a number leaves {{ f"{average['the digit as a number']:.0f}" }}%. To this loss 3 lies between 2 and 4, and taking a 1 for a 9 is 64 times as bad as taking it for a 2. The shapes have no such order; the number of a class is only a name.
# - Absolute error of the probabilities gets {{ f"{average['absolute error, probabilities']:.0f}" }}%. Some of its three networks never answer certain digits at all: {{ ", ".join(map(str, sorted(never))) }}. Its derivative by the score of the right class has the factor $p_y(1-p_y)$, where $p_y$ is the probability of that class. On the training images that are answered wrongly the median $p_y$ is {{ f"{max(mistaken):.6f}" }} or less: the more confident the mistake, the smaller the gradient, and so a whole class is given up. With squared error of the probabilities the gradient has a factor $p_y$ too; here it gets away with it. For cross-entropy the same derivative is $p_y-1$, without that factor: the worse the mistake, the closer it is to −1.
# - Ten yes-or-no questions are reasonable and merely learn slowly: {{ f"{average['ten yes-or-no questions']:.1f}" }}% after 150 steps, and {{ f"{patient:.1f}" }}% after 300, again the mean of three.
#
# ## To predict a number: squares, absolute values, Huber { #regression }
#
# Let the error be $e=\hat y-y$, where $\hat y$ is the prediction and $y$ the truth. Three losses, each averaged over the samples:
#
# $$ \ell_{\text{MSE}}=e^2, \qquad \ell_{\text{MAE}}=|e|, \qquad \ell_{\delta}=\begin{cases}\tfrac12e^2 & |e|\le\delta\\ \delta\,(|e|-\tfrac12\delta) & |e|>\delta\end{cases} $$
#
# They are the **mean squared error** (MSE), the **mean absolute error** (MAE) and the **Huber loss**, with $\delta$ the place where the square gives way to a straight line. On the right are their derivatives: how hard one sample pulls at the model.

# %% tags=["hide-input"] alt_zh="左：三种损失随误差的曲线，平方是抛物线，绝对值是 V 形，Huber 中间弯、两头直。右：导数，平方的是一直上升的直线，绝对值的在 0 处从 −1 跳到 1，Huber 的在 ±1 处封顶。" alt_en="Left: the three losses against the error: a parabola, a V, and Huber, round in the middle and straight outside. Right: the derivatives: a line that rises without end, a jump from −1 to 1 at 0, and Huber's, capped at ±1."
import matplotlib.pyplot as plt

from dlnotes.figures.style import INK, PALETTE

errors = torch.linspace(-3, 3, 241, requires_grad=True)
zero = torch.zeros(241)
shapes = {
    "squared error": F.mse_loss,
    "absolute error": F.l1_loss,
    "Huber": F.huber_loss,
}
figure, panels = plt.subplots(1, 2, figsize=(7.4, 3.0))
for name, function in shapes.items():
    values = function(errors, zero, reduction="none")
    (slopes,) = torch.autograd.grad(values.sum(), errors)
    panels[0].plot(errors.detach(), values.detach(), label=name)
    panels[1].plot(errors.detach(), slopes)
panels[0].set(xlabel="error ŷ − y", ylabel="loss", ylim=(0, 5))
panels[1].set(xlabel="error ŷ − y", ylabel="derivative", ylim=(-4, 4))
panels[0].legend(loc="upper center")
figure

# %% [markdown] tags=["zh"]
# 平方误差的拉力随误差无限增长；绝对误差的拉力永远是 1，误差快到 0 时也不减，所以会在最低点附近来回跳；Huber 近处像前者，远处像后者。
#
# 用 21 个点来验证：真正的直线是 $y=0.5x$，加一点噪声；然后把最右边那一个点往上抬，重新拟合。**先猜：抬到 30，三条直线的斜率各是多少？**

# %% [markdown] tags=["en"]
# The pull of squared error grows with the error, without limit. That of absolute error is always 1, even close to 0, so near the lowest point it jumps back and forth. The Huber loss behaves like squared error for small errors and like absolute error for large ones.
#
# Test this on 21 points: the true line is $y=0.5x$, with a little noise. Then lift the rightmost point and fit again. **Guess the three slopes when it stands at 30.**

# %%
across = torch.linspace(-5, 5, 21, dtype=torch.float64)
noise = 0.3 * torch.randn(
    21, generator=torch.Generator().manual_seed(0), dtype=torch.float64
)
design = torch.stack([across, torch.ones_like(across)], dim=1)  # (21, 2)
# derivative divided by the error
pulls = {
    "squared error": torch.ones_like,
    "absolute error": lambda e: 1 / e.abs().clamp_min(1e-6),
    "Huber": lambda e: 1 / e.abs().clamp_min(1.0),
}


def fit_line(pull, targets, rounds=60):
    """Repeat weighted least squares until the derivatives of the loss cancel."""
    line = torch.zeros(2, dtype=torch.float64)
    for _ in range(rounds):
        w = pull(design @ line - targets).sqrt().unsqueeze(1)
        line = torch.linalg.lstsq(
            w * design, w * targets.unsqueeze(1)
        ).solution.squeeze(1)
    return line


heights = torch.linspace(2.5, 30, 23, dtype=torch.float64)
slopes = {name: [] for name in pulls}
for height in heights:
    targets = 0.5 * across + noise
    targets[-1] = height
    for name, pull in pulls.items():
        slopes[name].append(fit_line(pull, targets)[0].item())

# %% tags=["hide-input"] alt_zh="横轴是最后一点的高度，纵轴是拟合出的斜率：平方误差的直线一路上升，绝对误差和 Huber 的几乎是水平的。" alt_en="Fitted slope against the height of the last point: the line of squared error rises all the way, those of absolute error and Huber stay almost level."
figures.lines(
    slopes, x=heights, xlabel="height of the last point", ylabel="fitted slope"
)

# %% [markdown] tags=["zh"]
# 抬到 30 时，平方误差的斜率是 {{ f"{slopes['squared error'][-1]:.2f}" }}，绝对误差 {{ f"{slopes['absolute error'][-1]:.2f}" }}，Huber {{ f"{slopes['Huber'][-1]:.2f}" }}，真值 0.5。拉力封了顶，那个点再远也没有更多的发言权。平方误差的背后是正态噪声的假设，见[线性回归](linear-regression.py#why-squares)；离群值正是这个假设不成立的时候。
#
# ## 选一个类别：NLL、合页、焦点 { #classification }
#
# 分类的损失从 logits 出发。**log-softmax** 把它们变成概率的对数，$\ln p_i=z_i-\ln\sum_j e^{z_j}$，$z_i$ 是第 $i$ 类的得分；**负对数似然**（NLL）取出正确类别的那一个，变号：$-\ln p_y$。两步合起来就是[交叉熵](softmax-regression.py#cross-entropy)。从零写的 `nll_loss` 连同类别权重和忽略标签，只有几行：

# %% [markdown] tags=["en"]
# At 30 the slope is {{ f"{slopes['squared error'][-1]:.2f}" }} for squared error, {{ f"{slopes['absolute error'][-1]:.2f}" }} for absolute error and {{ f"{slopes['Huber'][-1]:.2f}" }} for Huber; the truth is 0.5. Once the pull is capped, the point gains no more influence, however far away it moves. Squared error rests on the assumption of normal noise, see [linear regression](linear-regression.py#why-squares); an outlier breaks that assumption.
#
# ## To choose a class: NLL, hinge, focal { #classification }
#
# Losses for classes start from logits. **Log-softmax** turns them into logarithms of probabilities, $\ln p_i=z_i-\ln\sum_j e^{z_j}$, where $z_i$ is the score of class $i$. The **negative log-likelihood** (NLL) picks the one of the right class and flips its sign: $-\ln p_y$. The two steps together are [cross-entropy](softmax-regression.py#cross-entropy). From scratch, with class weights and ignored labels, `nll_loss` takes a few lines:

# %% [markdown] tags=["zh"]
# ```python
# --8<-- "dlnotes/layers/losses.py:nll_loss"
# ```

# %% [markdown] tags=["en"]
# ```python
# --8<-- "dlnotes/layers/losses.py:nll_loss"
# ```

# %%
from dlnotes import layers

logits, labels = (
    torch.randn(6, 10, generator=torch.Generator().manual_seed(0)),
    torch.tensor([3, 1, 4, 1, 5, 9]),
)
two_steps = layers.nll_loss(layers.log_softmax(logits, dim=1), labels)
one_step = F.cross_entropy(logits, labels)
print(f"nll_loss of log_softmax {two_steps:.6f}, cross_entropy {one_step:.6f}")

# %% [markdown] tags=["zh"]
# 另外两种罚法：**合页损失** $\max(0,\,1-m)$ 只要求正确类别领先够 1，$m$ 是它领先的得分；支持向量机用它。**焦点损失** $-(1-p_y)^\gamma\ln p_y$ 在交叉熵前乘一个系数，样本越容易，系数越小，$\gamma$ 通常取 2。只有两个类别时画出来：

# %% [markdown] tags=["en"]
# There are other ways to punish a mistake. The **hinge loss** $\max(0,\,1-m)$ asks only that the right class lead by 1, where $m$ is its lead; support vector machines use it. The **focal loss** $-(1-p_y)^\gamma\ln p_y$ multiplies cross-entropy by a factor that gets smaller the easier the sample is; $\gamma$ is usually 2. With two classes they look like this:

# %% tags=["hide-input"] alt_zh="横轴是正确类别领先的 logit。对错是一级台阶；交叉熵平滑下降、永不到 0；合页在领先 1 处变成 0；焦点损失在领先为正以后很快贴近 0。" alt_en="Losses against the lead of the right class: mistake or not is a step; cross-entropy falls smoothly and never reaches 0; hinge is 0 from a lead of 1; focal loss hugs 0 soon after the lead is positive."
lead = torch.linspace(-3, 4, 281)
p = lead.sigmoid()
curves = {
    "cross-entropy": -p.log(),
    "focal": -((1 - p) ** 2) * p.log(),
    "hinge": (1 - lead).clamp_min(0),
    "mistake or not": (lead < 0).float(),
}
figures.lines(curves, x=lead, xlabel="lead of the right class", ylabel="loss")

# %% tags=["remove-input"]
easy = torch.tensor(3.0).sigmoid()
easy_ce, easy_focal = float(-easy.log()), float(-((1 - easy) ** 2) * easy.log())

# %% [markdown] tags=["zh"]
# 我们真正在乎的是台阶那一条：错一个算一个。可是它的导数处处为 0，梯度下降没有方向，所以才要另外三条有坡度的替身。领先 3 时，合页损失是 0，这个样本就不再出力；交叉熵还有 {{ f"{easy_ce:.3f}" }}，焦点损失 {{ f"{easy_focal:.5f}" }}。
#
# ## 类别不平衡：6 个 8 和一千多个别的 { #imbalance }
#
# 把训练集里的 8 删到只剩 6 个，其余数字照旧。测试集里每类只占一成，就算 8 全认错，整体准确率也还有八成多，看上去不算糟。**先猜：测试集里的 8 还能认出几成？** **混淆矩阵**把真实类别排成行、预测排成列，第 $i$ 行第 $j$ 列是“真的是 $i$、答成 $j$”的个数。下面是交叉熵 4 次训练中的第一次：

# %% [markdown] tags=["en"]
# What we really care about is the step: a mistake counts 1. But on both sides of the step its derivative is 0, so it gives gradient descent no direction. That is why we use the three stand-ins, which do have a slope. At a lead of 3 the hinge loss is 0 and the sample has nothing more to say; cross-entropy still has {{ f"{easy_ce:.3f}" }}, and focal loss {{ f"{easy_focal:.5f}" }}.
#
# ## Class imbalance: 6 eights and over a thousand others { #imbalance }
#
# Delete all but 6 of the eights from the training set and leave the other digits alone. Each class is a tenth of the test set, so even if every 8 is misread, overall accuracy stays above eighty percent and does not look alarming. **Guess what share of the eights in the test set is still found.** A **confusion matrix** has true classes as rows and predictions as columns; row $i$, column $j$ counts how often a true $i$ was taken for $j$. This is the first of 4 trainings with cross-entropy:


# %%
def with_few_eights(seed, kept=6):
    eights = (y == 8).nonzero().squeeze(1)
    chosen = eights[
        torch.randperm(len(eights), generator=torch.Generator().manual_seed(seed))[
            :kept
        ]
    ]
    index = torch.cat([(y != 8).nonzero().squeeze(1), chosen])
    return x[index], y[index]


found, predictions = {"cross-entropy": [], "focal": [], "class weights": []}, {}
for seed in range(4):
    few_x, few_y = with_few_eights(seed)
    # rare classes weigh more
    weight = len(few_y) / (10 * few_y.bincount(minlength=10))
    ways = {
        "cross-entropy": F.cross_entropy,
        "focal": focal,
        "class weights": nn.CrossEntropyLoss(weight=weight),
    }
    for name, loss in ways.items():
        guess = fit(loss, seed, x=few_x, y=few_y)(x_test).argmax(dim=1)
        right = guess == y_test
        found[name].append(
            (
                100 * right[y_test == 8].float().mean().item(),
                100 * right[y_test != 8].float().mean().item(),
            )
        )
        predictions.setdefault(name, guess)

# %% tags=["hide-input"] alt_zh="混淆矩阵：除 8 以外的各行几乎全在对角线上；8 那一行大半落在别的列里。" alt_en="Confusion matrix: every row but that of 8 is almost entirely on the diagonal; most of row 8 stands in other columns."
counts = torch.zeros(10, 10, dtype=torch.int64).index_put_(
    (y_test, predictions["cross-entropy"]), torch.tensor(1), accumulate=True
)
figures.confusion_matrix(counts, [str(digit) for digit in range(10)])

# %% tags=["hide-input"]
import pandas as pd

means = {
    name: [sum(column) / len(column) for column in zip(*values)]
    for name, values in found.items()
}
pd.DataFrame.from_dict(
    means, orient="index", columns=["eights found (%)", "other digits right (%)"]
).round(1)

# %% [markdown] tags=["zh"]
# 4 次平均，交叉熵只找到 {{ f"{means['cross-entropy'][0]:.0f}" }}% 的 8。**类别权重**给每个样本的损失乘上所属类别的系数，这里取与类别的个数成反比，8 的损失于是重到约 {{ f"{(few_y != 8).sum().item() / 9 / 6:.0f}" }} 倍，找到 {{ f"{means['class weights'][0]:.0f}" }}%，别的数字几乎没有代价。焦点损失是 {{ f"{means['focal'][0]:.0f}" }}%：它偏向难的样本，不管样本属于哪一类，所以帮得少。它是为检测设计的，那里一张图有上万个容易的背景框。权重不会变出新的信息：6 个 8 还是 6 个 8，多收集一些永远更好。
#
# 与权重相对的是**忽略标签**：标成 `ignore_index`（默认 −100）的位置，既不算损失，也不进平均的分母。填充的位置、没有标注的像素就这样标。4 个样本忽略 1 个，得到的是另外 3 个的平均：

# %% [markdown] tags=["en"]
# Over 4 runs cross-entropy finds {{ f"{means['cross-entropy'][0]:.0f}" }}% of the eights. A **class weight** multiplies the loss of each sample by a factor for its class, here in inverse proportion to the size of the class; an eight then weighs about {{ f"{(few_y != 8).sum().item() / 9 / 6:.0f}" }} times as much, and {{ f"{means['class weights'][0]:.0f}" }}% are found at hardly any cost to the other digits. Focal loss finds {{ f"{means['focal'][0]:.0f}" }}%: it favours hard samples of every class, and so helps less. It was made for object detection, where each image has tens of thousands of easy background boxes. Weights create no information: 6 eights remain 6 eights, and it is always better to collect more.
#
# The opposite of a weight is the **ignore index**: positions labelled `ignore_index`, −100 by default, count neither in the loss nor in the denominator of its mean. Use it for padding and for pixels that nobody annotated. With 1 of 4 samples ignored, the result is the mean of the other 3:

# %%
partly = torch.tensor([3, 1, -100, 1])
with_ignored = F.cross_entropy(logits[:4], partly)
others = F.cross_entropy(logits[[0, 1, 3]], labels[[0, 1, 3]])
print(f"{with_ignored:.6f}  {others:.6f}")

# %% [markdown] tags=["zh"]
# ## 同时属于几类：多标签分类 { #multi-label }
#
# 对每个数字问 3 个是非题：是偶数吗？大于等于 5 吗？写出来有圈吗（0、6、8、9）？8 三题全“是”，1 三题全“否”。softmax 的概率加起来是 1，三个“是”最多各得 1/3，三个“否”根本说不出口。**多标签分类**给每题一个 sigmoid，各算各的[二元交叉熵](../clinic/loss-heads.py#bce-of-logits)：

# %% [markdown] tags=["en"]
# ## Several classes at once: multi-label classification { #multi-label }
#
# Ask 3 yes-or-no questions about each digit. Is it even? Is it 5 or more? Does its shape have a loop (0, 6, 8, 9)? For 8 all three answers are yes, for 1 all three are no. The outputs of softmax sum to 1, so three answers of yes get 1/3 each at best, and three answers of no cannot be expressed at all. **Multi-label classification** gives each question a sigmoid of its own, and a [binary cross-entropy](../clinic/loss-heads.py#bce-of-logits) of its own:


# %%
def answers(labels):
    return torch.stack(
        [labels % 2 == 0, labels >= 5, torch.isin(labels, torch.tensor([0, 6, 8, 9]))],
        dim=1,
    ).float()


truth = answers(y_test)  # (360, 3)
by_sigmoid = (
    fit(
        lambda z, t: layers.binary_cross_entropy_with_logits(z, answers(t)),
        0,
        outputs=3,
    )(x_test).sigmoid()
    > 0.5
)
# softmax wants a distribution
shares = answers(y) / answers(y).sum(dim=1, keepdim=True).clamp_min(1)
by_softmax = (
    fit(lambda z, t: F.cross_entropy(z, shares), 0, outputs=3)(x_test).softmax(dim=1)
    > 0.25
)
sigmoid_right, softmax_right = [
    (guess == truth.bool()).all(dim=1).float().mean().item()
    for guess in (by_sigmoid, by_softmax)
]
print(f"all 3 answers right: sigmoid {sigmoid_right:.1%}, softmax {softmax_right:.1%}")

# %% [markdown] tags=["zh"]
# 三题全对的比例，sigmoid {{ f"{sigmoid_right:.1%}" }}，softmax 配上 0.25 的门槛 {{ f"{softmax_right:.1%}" }}。
#
# ## 熵、交叉熵与 KL 散度 { #entropy }
#
# 交叉熵为什么叫这个名字？设真实的分布是 $p$，模型给出 $q$，两者在 $K$ 个类别上各自加起来是 1：
#
# $$ \begin{aligned}
# H(p)&=-\sum_i p_i\ln p_i, \qquad H(p,q)=-\sum_i p_i\ln q_i \\
# D_{\mathrm{KL}}(p\,\Vert\,q)&=H(p,q)-H(p)=\sum_i p_i\ln\frac{p_i}{q_i}
# \end{aligned} $$
#
# **熵** $H(p)$ 是不确定的程度：结果确定时为 0，$K$ 类等可能时最大，为 $\ln K$。交叉熵 $H(p,q)$ 是拿 $q$ 去预测 $p$ 的平均代价，最少也要付 $H(p)$。多付的那一份就是 **KL 散度**，$q=p$ 时才为 0。取 $p=(0.7,\,0.2,\,0.1)$，算三个 $q$：

# %% [markdown] tags=["en"]
# All three are right for {{ f"{sigmoid_right:.1%}" }} with sigmoid, and for {{ f"{softmax_right:.1%}" }} with softmax and a threshold of 0.25.
#
# ## Entropy, cross-entropy and KL divergence { #entropy }
#
# Where does cross-entropy get its name? Let the true distribution be $p$ and that of the model $q$, each summing to 1 over $K$ classes:
#
# $$ \begin{aligned}
# H(p)&=-\sum_i p_i\ln p_i, \qquad H(p,q)=-\sum_i p_i\ln q_i \\
# D_{\mathrm{KL}}(p\,\Vert\,q)&=H(p,q)-H(p)=\sum_i p_i\ln\frac{p_i}{q_i}
# \end{aligned} $$
#
# The **entropy** $H(p)$ says how uncertain things are: 0 when the outcome is sure, at most $\ln K$, when $K$ classes are equally likely. The cross-entropy $H(p,q)$ is the average price you pay when outcomes follow $p$ and you predict $q$; $H(p)$ is the least you can pay. What you pay on top is the **KL divergence**, which is 0 only for $q=p$. Take $p=(0.7,\,0.2,\,0.1)$ and three $q$:

# %%
p = torch.tensor([0.7, 0.2, 0.1])
guesses = {
    "q uniform": [1 / 3, 1 / 3, 1 / 3],
    "q close": [0.6, 0.25, 0.15],
    "q too sure": [0.98, 0.01, 0.01],
}
rows = {}
for name, values in guesses.items():
    q = torch.tensor(values)
    entropy, crossed = torch.special.entr(p).sum(), -(p * q.log()).sum()
    rows[name] = [
        v.item()
        for v in (entropy, crossed, crossed - entropy, (q * (q / p).log()).sum())
    ]
    assert torch.isclose(
        F.kl_div(q.log(), p, reduction="sum"), crossed - entropy, atol=1e-6
    )
pd.DataFrame.from_dict(
    rows,
    orient="index",
    columns=[
        "entropy of p",
        "cross-entropy of p and q",
        "KL from p to q",
        "KL from q to p",
    ],
).round(3)

# %% tags=["remove-input"]
import math

teacher = fit(F.cross_entropy, 0, hidden=256, steps=200)
teacher_loss = F.cross_entropy(teacher(x_test), y_test).item()
teacher_accuracy = accuracy(teacher)

# %% [markdown] tags=["zh"]
# 最后两列不相等，所以 KL 散度不是距离。过分自信的 $q$ 比什么都不知道的均匀分布还差，因为它在常发生的事上只省了一点，在偶尔发生的事上却要付 $-\ln0.01$。
#
# 标签固定时，$H(p)$ 是常数，所以最小化交叉熵和最小化 KL 散度是一回事。独热标签的熵为 0，两者连数值也相等。
#
# 交叉熵取指数叫**困惑度**，读作“相当于在几个等可能的答案里犹豫”。乱猜 10 类是 10；下一节那个网络在测试集上的损失是 {{ f"{teacher_loss:.3f}" }}，困惑度 {{ f"{math.exp(teacher_loss):.2f}" }}。语言模型的成绩一般这样报，每个词要在几万个候选里选。
#
# ## 温度与知识蒸馏 { #distillation }
#
# 一个 64-256-10 的网络测试准确率 {{ f"{teacher_accuracy:.1f}" }}%。除了答案，它的概率里还有别的：一个写得潦草的数字，还有几分像谁。可是它太自信，别的类别小得看不见。logits 先除以**温度** $T$，再做 softmax：
#
# $$ p_i=\frac{e^{z_i/T}}{\sum_j e^{z_j/T}} $$
#
# $T>1$ 时分布变平，次序不变：

# %% [markdown] tags=["en"]
# The last two columns differ, so KL divergence is not a distance. Being too sure is worse than knowing nothing: $q$ saves a little on what happens often and pays $-\ln0.01$ for each rarer outcome.
#
# For fixed labels $H(p)$ is a constant, so minimizing cross-entropy and minimizing KL divergence are the same. The entropy of a one-hot label is 0, and then even their values agree.
#
# The exponential of cross-entropy is called **perplexity**. Roughly speaking, it is the number of equally likely answers between which the model hesitates. Guessing among 10 classes gives 10; the network of the next section has a test loss of {{ f"{teacher_loss:.3f}" }}, a perplexity of {{ f"{math.exp(teacher_loss):.2f}" }}. It is the usual score of language models, which choose each word from tens of thousands.
#
# ## Temperature and knowledge distillation { #distillation }
#
# A network 64-256-10 has a test accuracy of {{ f"{teacher_accuracy:.1f}" }}%. Its probabilities hold more than the answer: they tell which other digits a carelessly written one resembles, and how much. But the network is so sure that the other probabilities are too small to see. Divide the logits by a **temperature** $T$ before softmax:
#
# $$ p_i=\frac{e^{z_i/T}}{\sum_j e^{z_j/T}} $$
#
# With $T>1$ the distribution becomes flatter, and the order of the classes stays the same:

# %% tags=["hide-input"] alt_zh="左：一张测试图片。中：T 为 1 时教师的概率，几乎全在一个类别上。右：T 为 4 时，其余类别的相对大小看得见了。" alt_en="Left: a test image. Middle: the teacher's probabilities at T = 1, nearly all on one class. Right: at T = 4 the relative sizes of the others can be seen."
top = teacher(x_test).softmax(dim=1).max(dim=1).values
shown = int((top - 0.95).abs().argmin())
figure, panels = plt.subplots(1, 3, figsize=(7.4, 2.4), width_ratios=[1, 1.6, 1.6])
panels[0].imshow(1 - x_test[shown].reshape(8, 8), vmin=0, vmax=1)
panels[0].set_axis_off()
for axes, temperature in zip(panels[1:], (1, 4)):
    axes.bar(
        range(10),
        (teacher(x_test[shown]) / temperature).softmax(dim=0),
        color=PALETTE[0],
    )
    axes.set(title=f"T = {temperature}", xlabel="digit", ylim=(0, 1))
    axes.set_xticks(range(0, 10, 3))
figure

# %% [markdown] tags=["zh"]
# **知识蒸馏**让小的学生去学大教师变软的概率，而不是标签：最小化 $T^2\,D_{\mathrm{KL}}(p^{\text{教师}}\,\Vert\,p^{\text{学生}})$，两边都用温度 $T$。除以 $T$ 使梯度缩小到约 $1/T^2$，前面乘 $T^2$ 补回来。学生是 64-12-10，各训练 5 次，一组有 100 张图片，一组有全部 1257 张。**先猜：哪一组得益更多？**

# %% [markdown] tags=["en"]
# In **knowledge distillation** a small student learns the softened probabilities of a large teacher instead of the labels. It minimizes $T^2\,D_{\mathrm{KL}}(p^{\text{teacher}}\,\Vert\,p^{\text{student}})$ with the temperature $T$ on both sides. Dividing by $T$ shrinks gradients to about $1/T^2$, and the factor $T^2$ makes up for it. The student is 64-12-10, trained 5 times each on 100 images and on all 1257. **Guess which gains more.**


# %%
def distillation_loss(student, teacher, temperature=4.0):
    targets = (teacher / temperature).softmax(dim=1)
    return temperature**2 * F.kl_div(
        (student / temperature).log_softmax(dim=1), targets, reduction="batchmean"
    )


students = {}
for count in (100, 1257):
    by_labels, by_teacher = [], []
    for seed in range(5):
        chosen = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))[
            :count
        ]
        some_x, some_y, soft = x[chosen], y[chosen], teacher(x[chosen])
        by_labels.append(
            accuracy(fit(F.cross_entropy, seed, 12, steps=250, x=some_x, y=some_y))
        )
        by_teacher.append(
            accuracy(fit(distillation_loss, seed, 12, steps=250, x=some_x, y=soft))
        )
    students |= {
        f"{count} images, labels": by_labels,
        f"{count} images, teacher": by_teacher,
    }

# %% tags=["hide-input"] alt_zh="四组学生的测试准确率：100 张时学教师的一组比学标签的高出几个百分点；1257 张时两组几乎一样。" alt_en="Test accuracy of four groups of students: with 100 images those that learn from the teacher are several points above those that learn from labels; with 1257 the two groups are nearly equal."
figures.bars(students, xlabel="test accuracy (%)", limits=(0, 108))

# %% tags=["remove-input"]
gains = {
    count: [
        b - a
        for a, b in zip(
            students[f"{count} images, labels"], students[f"{count} images, teacher"]
        )
    ]
    for count in (100, 1257)
}

# %% [markdown] tags=["zh"]
# 100 张时，蒸馏平均提高 {{ f"{sum(gains[100]) / 5:.1f}" }} 个百分点，5 次里赢了 {{ sum(g > 0 for g in gains[100]) }} 次。1257 张时平均差 {{ f"{sum(gains[1257]) / 5:+.1f}".replace("-", "−") }}，没有帮上忙。教师见过全部 1257 张，每张图片的 10 个概率把它学到的一部分捎给了学生；标签已经够多时，就没有什么可捎的了。
#
# ## 度量学习：让距离有意义 { #metric-learning }
#
# 人脸识别有几百万个“类别”，多数人只有一两张照片，没法给每人一个 logit。改学一个嵌入：把图片映成平面上的点 $f(x)$，同类的近，异类的远。设 $d$ 是两点的距离：
#
# $$ \ell_{\text{对比}}=\begin{cases}d^2 & \text{同类}\\ \max(0,\,m-d)^2 & \text{异类}\end{cases}, \qquad \ell_{\text{三元组}}=\max(0,\,d_+-d_-+m) $$
#
# **对比损失**看一对：同类拉近，异类推到间隔 $m$ 以外。**三元组损失**看三个：锚点到同类的距离 $d_+$，要比到异类的距离 $d_-$ 至少小 $m$；它不管绝对的远近，只管两者的差。一批 64 张图片里，所有的对、所有的三元组一次算完：

# %% [markdown] tags=["en"]
# With 100 images distillation gains {{ f"{sum(gains[100]) / 5:.1f}" }} points on average and wins {{ sum(g > 0 for g in gains[100]) }} times out of 5. With 1257 the mean difference is {{ f"{sum(gains[1257]) / 5:+.1f}".replace("-", "−") }}: no help. The teacher has seen all 1257 images, and its 10 probabilities for each picture pass some of that on to the student. When there are plenty of labels, little is left to pass on.
#
# ## Metric learning: distances that mean something { #metric-learning }
#
# Face recognition has millions of "classes", most with only a photograph or two, so there cannot be a logit for each. Learn an embedding instead: map each image to a point $f(x)$ in the plane, so that images of the same class lie close together and others far apart. Let $d$ be the distance between two points:
#
# $$ \ell_{\text{contrastive}}=\begin{cases}d^2 & \text{same}\\ \max(0,\,m-d)^2 & \text{other}\end{cases}, \qquad \ell_{\text{triplet}}=\max(0,\,d_+-d_-+m) $$
#
# **Contrastive loss** looks at a pair: it pulls the same class together and pushes others beyond a margin $m$. **Triplet loss** looks at three: an anchor, another image of its class and one of a different class. The distance $d_+$ to its own class has to be smaller by $m$ than the distance $d_-$ to the other; only the difference of the two matters. In a batch of 64 images take all pairs, or all triplets, at once:


# %%
def masks(labels):
    same = labels[:, None] == labels[None]
    return same & ~torch.eye(len(labels), dtype=torch.bool), ~same  # (B, B) each


def contrastive(d, labels, margin=1.0):
    same, other = masks(labels)
    return d[same].square().mean() + (margin - d[other]).clamp_min(0).square().mean()


def triplet(d, labels, margin=1.0):
    same, other = masks(labels)
    # (anchor, same, other)
    losses = (d[:, :, None] - d[:, None, :] + margin).clamp_min(0)
    losses = losses[same[:, :, None] & other[:, None, :]]
    # the mean of those that are not 0 yet
    return losses.sum() / (losses > 0).sum().clamp_min(1)


def embed(loss, steps=250):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01, fused=True)
    for _ in range(steps):
        batch = torch.randint(len(x), (64,))
        points = net(x[batch])
        d = ((points[:, None] - points[None]).square().sum(dim=2) + 1e-9).sqrt()
        optimizer.zero_grad()
        loss(d, y[batch]).backward()
        optimizer.step()
    return net.requires_grad_(False)


def by_neighbours(net, k=5):
    nearest = torch.cdist(net(x_test), net(x)).topk(k, largest=False).indices
    return (y[nearest].mode(dim=1).values == y_test).float().mean().item()


maps = {"contrastive": embed(contrastive), "triplet": embed(triplet)}
neighbours = {name: by_neighbours(net) for name, net in maps.items()}
# for comparison: no labels used
directions = torch.linalg.svd(x - x.mean(dim=0), full_matrices=False).Vh[:2].T
neighbours["PCA"] = by_neighbours(lambda images: images @ directions)

# %% tags=["hide-input"] alt_zh="两张散点图，每个点就是一个小数字，表示那张测试图片的类别。左边对比损失，右边三元组损失：同一个数字聚成一团，各团基本分开，少数几个混进了邻居。" alt_en="Two scatter plots in which each mark is a small digit, the class of that test image. Contrastive loss on the left, triplet loss on the right: equal digits gather in clusters that are mostly apart, with a few marks among the neighbours."
figure, panels = plt.subplots(1, 2, figsize=(7.4, 3.7))
for axes, (name, net) in zip(panels, maps.items()):
    points = net(x_test)
    for digit in range(10):
        chosen = points[y_test == digit]
        axes.plot(
            chosen[:, 0],
            chosen[:, 1],
            linestyle="",
            marker=f"${digit}$",
            markersize=6,
            color=PALETTE[digit % 8],
            markeredgewidth=0.2,
        )
    axes.set_title(name)
    axes.set_xticks([])
    axes.set_yticks([])
figure

# %% [markdown] tags=["zh"]
# 画的是测试集，网络没见过。在平面上找最近的 5 个训练样本投票，这叫 **k 近邻**：对比损失得 {{ f"{neighbours['contrastive']:.1%}" }}，三元组损失 {{ f"{neighbours['triplet']:.1%}" }}；不用标签的两个[主成分](linear-algebra.py#pca)只有 {{ f"{neighbours['PCA']:.1%}" }}。来一个新类别，不必重新训练，把它的照片也映进去就行。实际用的嵌入有几十到几百维，两维只为能画。
#
# ## L1 正则化：恰好为 0 的权重 { #l1 }
#
# 损失里除了“答得对不对”，还可以加一项“参数像不像样”。**L1 正则化**加上 $\lambda\sum_i|w_i|$，$w_i$ 是权重，$\lambda$ 是强度。它的导数是 $\pm\lambda$，不论权重多小，都以同样的力气往 0 推；L2 的推力随权重一起变小，到不了 0，见[正则化](regularization.py)。
#
# 但是写进损失里、照常求梯度，真能得到 0 吗？拿没有隐藏层的 64-10 分类器试，共 640 个权重。另一种走法是先按数据的梯度走一步，再把每个权重朝 0 收缩 $\eta\lambda$，过了头就停在 0，$\eta$ 是学习率：

# %% [markdown] tags=["en"]
# These are test images, which the networks have not seen. Let the 5 nearest training samples in the plane vote, which is called **k-nearest neighbours**: contrastive loss gets {{ f"{neighbours['contrastive']:.1%}" }} and triplet loss {{ f"{neighbours['triplet']:.1%}" }}; two [principal components](linear-algebra.py#pca), which use no labels, get {{ f"{neighbours['PCA']:.1%}" }}. When a new class comes along, no retraining is needed: just map its photographs too. Embeddings in practice have dozens to hundreds of dimensions; we took two so that we can draw them.
#
# ## L1 regularization: weights that are exactly 0 { #l1 }
#
# Besides "is the answer right", a loss can ask "are the parameters reasonable". **L1 regularization** adds $\lambda\sum_i|w_i|$, where $w_i$ are the weights and $\lambda$ is the strength. Its derivative is $\pm\lambda$: however small a weight, it is pushed towards 0 with the same force. The push of L2 shrinks along with the weight, which never quite gets to 0, see [regularization](regularization.py).
#
# But do weights reach 0 if you write this into the loss and differentiate as usual? Try it on a 64-10 classifier without a hidden layer, 640 weights. The other way is to take a step along the gradient of the data and then shrink every weight towards 0 by $\eta\lambda$, stopping at 0, where $\eta$ is the learning rate:


# %%
def sparse(strength, shrink, steps=250, lr=0.5):
    W, b, targets = torch.zeros(10, 64), torch.zeros(10), one_hot(y)
    for _ in range(steps):
        # gradient of cross-entropy by the logits
        error = ((x @ W.T + b).softmax(dim=1) - targets) / len(x)
        gradient = error.T @ x
        if shrink:
            W = W - lr * gradient
            W = W.sign() * (W.abs() - lr * strength).clamp_min(0)
        else:
            W = W - lr * (gradient + strength * W.sign())
        b = b - lr * error.sum(dim=0)
    return W, 100 * ((x_test @ W.T + b).argmax(dim=1) == y_test).float().mean().item()


zeros = {}
for strength in (0.0, 0.0003, 0.001, 0.003, 0.01):
    plain, shrunk = sparse(strength, shrink=False), sparse(strength, shrink=True)
    zeros[f"{strength:g}"] = (
        int((plain[0] == 0).sum()),
        int((shrunk[0] == 0).sum()),
        round(shrunk[1], 1),
    )
    if strength == 0.003:
        kept = shrunk[0]
pd.DataFrame.from_dict(
    zeros,
    orient="index",
    columns=["zeros, gradient step", "zeros, shrinking step", "test accuracy (%)"],
).rename_axis("strength λ")

# %% tags=["hide-input"] alt_zh="λ 为 0.003 时 10 个类别的权重图：多数像素是空白，只剩少数几块红和蓝。" alt_en="Weights of the 10 classes at λ = 0.003: most pixels are blank, with a few red and blue ones left."
figures.kernels(kept.reshape(10, 8, 8), [str(digit) for digit in range(10)], columns=5)

# %% [markdown] tags=["zh"]
# 照常求梯度，一个 0 也没有：权重在 0 的两侧来回跳，每步跳 $\eta\lambda$。收缩的走法在 $\lambda=0.003$ 时得到 {{ zeros["0.003"][1] }} 个 0，测试准确率 {{ zeros["0.003"][2] }}%，不罚时是 {{ zeros["0"][2] }}%。图上只剩每个类别真正用到的像素。
#
# ## 一张表 { #which }
#
# | 任务 | 最后一层 | 目标 | 损失 |
# |---|---|---|---|
# | 预测一个数 | 1 个输出，不加激活 | float，与输出同形状 | `nn.MSELoss`；有离群值用 `nn.HuberLoss` |
# | 多选一 | $K$ 个 logits | int64 的类别编号 | `nn.CrossEntropyLoss` |
# | 类别很不平衡 | 同上 | 同上 | 同上，加 `weight` |
# | 是或否、多标签 | 每题 1 个 logit | float 的 0 和 1 | `nn.BCEWithLogitsLoss` |
# | 学教师的概率 | $K$ 个 logits | 概率 | `nn.KLDivLoss(reduction="batchmean")` |
# | 找相似、类别会增加 | 嵌入 | 哪些是同类 | `nn.TripletMarginLoss` |
#
# ## 常见的坑 { #traps }
#
# !!! warning "kl_div 的两个参数"
#     `F.kl_div(input, target)` 的第一个是**对数**概率，属于模型；第二个是概率，属于目标。次序与数学上的 $D_{\mathrm{KL}}(p\,\Vert\,q)$ 相反。默认的 `reduction="mean"` 还会除以类别数，要写 `"batchmean"`。
#
# !!! warning "两种加权平均的分母不同"
#     `cross_entropy` 带 `weight` 时，平均除以权重之和；`binary_cross_entropy_with_logits` 除以个数。权重整体乘 10，前者的损失不变，后者变成 10 倍，等于把学习率也改了。
#
# !!! warning "拿不同损失的数值互相比较"
#     焦点损失 0.02 不比交叉熵 0.15 好，它们的单位不同。比模型要用同一个指标。
#
# !!! warning "拿 NLLLoss 直接吃 logits"
#     它只取出、变号，不做 log-softmax。结果会变成负数，而且没有下界：“损失”一路跌向负无穷，看上去训练得好极了。

# %% [markdown] tags=["en"]
# With the usual gradient there is not a single 0: weights jump back and forth across it by $\eta\lambda$ a step. Shrinking with $\lambda=0.003$ gives {{ zeros["0.003"][1] }} zeros at a test accuracy of {{ zeros["0.003"][2] }}%; without a penalty it is {{ zeros["0"][2] }}%. The pictures show what is left: the pixels each class really uses.
#
# ## One table { #which }
#
# | task | last layer | targets | loss |
# |---|---|---|---|
# | predict a number | 1 output, no activation | float, the shape of the output | `nn.MSELoss`; with outliers `nn.HuberLoss` |
# | one of several | $K$ logits | class numbers, int64 | `nn.CrossEntropyLoss` |
# | very unequal classes | the same | the same | the same, with `weight` |
# | yes or no, several labels | 1 logit per question | 0 and 1 as float | `nn.BCEWithLogitsLoss` |
# | learn from a teacher | $K$ logits | probabilities | `nn.KLDivLoss(reduction="batchmean")` |
# | find similar items, new classes later | an embedding | which are the same | `nn.TripletMarginLoss` |
#
# ## Traps { #traps }
#
# !!! warning "The two arguments of kl_div"
#     The first argument of `F.kl_div(input, target)` holds **logarithms** of probabilities, the model's; the second holds probabilities, the target's. On paper, $D_{\mathrm{KL}}(p\,\Vert\,q)$, the order is the reverse. The default, `reduction="mean"`, divides by the number of classes as well: write `"batchmean"`.
#
# !!! warning "Two weighted means, two denominators"
#     With `weight`, the mean of `cross_entropy` divides by the sum of the weights, that of `binary_cross_entropy_with_logits` by the number of values. Multiply all weights by 10: the first loss stays the same, the second becomes 10 times as large, which acts like a change of learning rate.
#
# !!! warning "Comparing the values of different losses"
#     A focal loss of 0.02 is no better than a cross-entropy of 0.15; they are measured on different scales. Compare models by the same metric.
#
# !!! warning "Feeding logits to NLLLoss"
#     It only picks and negates; it does not compute log-softmax. The result has no lower bound, and the training "loss" falls towards minus infinity, so training looks splendid.

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 5 个数 1、2、3、4、90，用一个常数去预测。均方误差最小的常数是多少？平均绝对误差最小的呢？
#
# ??? success "答案"
#     均方误差的最优是平均值 20：误差之和要为 0。平均绝对误差的最优是中位数 3：两边的点要一样多。一个离群值把前者拉到谁也不像的地方。
#
# **2.** $\delta=1$ 的 Huber 损失，在误差 0.5 和 3 处，损失和导数各是多少？
#
# ??? success "答案"
#     误差 0.5 在平方的一段：损失 0.125，导数 0.5。误差 3 在直线的一段：损失 2.5，导数 1。
#
# **3.** $\gamma=2$ 时，焦点损失把 $p_y=0.9$ 和 $p_y=0.1$ 的样本各缩小几倍？
#
# ??? success "答案"
#     乘以 $(1-p_y)^2$，也就是缩小 $1/(1-p_y)^2$ 倍：容易的 $1/0.01=100$ 倍，难的 $1/0.81\approx$ {{ f"{1 / 0.81:.3f}" }} 倍。两种样本的相对分量变了 81 倍。
#
# **4.** $p=(0.5,\,0.5)$，$q=(0.9,\,0.1)$。$D_{\mathrm{KL}}(p\,\Vert\,q)$ 与 $D_{\mathrm{KL}}(q\,\Vert\,p)$ 各是多少？
#
# ??? success "答案"
#     {{ f"{0.5 * math.log(0.5 / 0.9) + 0.5 * math.log(0.5 / 0.1):.4f}" }} 与 {{ f"{0.9 * math.log(0.9 / 0.5) + 0.1 * math.log(0.1 / 0.5):.4f}" }}，不对称。
#
# **5.** 写 `distillation(student, teacher, labels, temperature, alpha)`：蒸馏损失占 $\alpha$，对标签的交叉熵占 $1-\alpha$。前两个参数是 logits。
#
# ??? success "答案"
#     教师的 logits 要断开梯度，免得连教师一起训练；别忘了 $T^2$。
#
#     ```python
#     from torch.nn import functional as F
#
#
#     def distillation(student, teacher, labels, temperature, alpha):
#         targets = (teacher.detach() / temperature).softmax(dim=1)
#         log_p = (student / temperature).log_softmax(dim=1)
#         soft = temperature**2 * F.kl_div(log_p, targets, reduction="batchmean")
#         return alpha * soft + (1 - alpha) * F.cross_entropy(student, labels)
#     ```
#
# ## 参考文献 { #references }
#
# - P. J. Huber. [Robust estimation of a location parameter](https://doi.org/10.1214/aoms/1177703732). 1964.
# - T.-Y. Lin 等. [Focal loss for dense object detection](https://arxiv.org/abs/1708.02002). ICCV, 2017.
# - G. Hinton, O. Vinyals, J. Dean. [Distilling the knowledge in a neural network](https://arxiv.org/abs/1503.02531). 2015.
# - R. Hadsell, S. Chopra, Y. LeCun. [Dimensionality reduction by learning an invariant mapping](https://doi.org/10.1109/CVPR.2006.100). CVPR, 2006.
# - F. Schroff, D. Kalenichenko, J. Philbin. [FaceNet: a unified embedding for face recognition and clustering](https://arxiv.org/abs/1503.03832). CVPR, 2015.
# - R. Tibshirani. [Regression shrinkage and selection via the lasso](https://doi.org/10.1111/j.2517-6161.1996.tb02080.x). 1996.

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** Predict the 5 numbers 1, 2, 3, 4, 90 by one constant. Which has the least mean squared error, and which the least mean absolute error?
#
# ??? success "Answer"
#     For mean squared error it is the mean, 20: the errors have to sum to 0. For mean absolute error it is the median, 3: there have to be as many points on either side. One outlier drags the mean to a place where there are no points.
#
# **2.** For the Huber loss with $\delta=1$, what are the loss and its derivative at the errors 0.5 and 3?
#
# ??? success "Answer"
#     0.5 is in the quadratic part: loss 0.125, derivative 0.5. 3 is in the straight part: loss 2.5, derivative 1.
#
# **3.** With $\gamma=2$, by which factors does the focal loss shrink samples of $p_y=0.9$ and of $p_y=0.1$?
#
# ??? success "Answer"
#     It multiplies by $(1-p_y)^2$, that is, it divides by $1/(1-p_y)^2$: easy ones by $1/0.01=100$, hard ones by $1/0.81\approx$ {{ f"{1 / 0.81:.3f}" }}. Relative to each other their weights change by a factor of 81.
#
# **4.** $p=(0.5,\,0.5)$ and $q=(0.9,\,0.1)$. What are $D_{\mathrm{KL}}(p\,\Vert\,q)$ and $D_{\mathrm{KL}}(q\,\Vert\,p)$?
#
# ??? success "Answer"
#     {{ f"{0.5 * math.log(0.5 / 0.9) + 0.5 * math.log(0.5 / 0.1):.4f}" }} and {{ f"{0.9 * math.log(0.9 / 0.5) + 0.1 * math.log(0.1 / 0.5):.4f}" }}: not symmetric.
#
# **5.** Write `distillation(student, teacher, labels, temperature, alpha)`: a share $\alpha$ of the distillation loss, and $1-\alpha$ of cross-entropy with the labels. The first two arguments are logits.
#
# ??? success "Answer"
#     Detach the teacher's logits, so that the teacher is not trained too, and remember $T^2$.
#
#     ```python
#     from torch.nn import functional as F
#
#
#     def distillation(student, teacher, labels, temperature, alpha):
#         targets = (teacher.detach() / temperature).softmax(dim=1)
#         log_p = (student / temperature).log_softmax(dim=1)
#         soft = temperature**2 * F.kl_div(log_p, targets, reduction="batchmean")
#         return alpha * soft + (1 - alpha) * F.cross_entropy(student, labels)
#     ```
#
# ## References { #references }
#
# - P. J. Huber. [Robust estimation of a location parameter](https://doi.org/10.1214/aoms/1177703732). 1964.
# - T.-Y. Lin et al. [Focal loss for dense object detection](https://arxiv.org/abs/1708.02002). ICCV, 2017.
# - G. Hinton, O. Vinyals, J. Dean. [Distilling the knowledge in a neural network](https://arxiv.org/abs/1503.02531). 2015.
# - R. Hadsell, S. Chopra, Y. LeCun. [Dimensionality reduction by learning an invariant mapping](https://doi.org/10.1109/CVPR.2006.100). CVPR, 2006.
# - F. Schroff, D. Kalenichenko, J. Philbin. [FaceNet: a unified embedding for face recognition and clustering](https://arxiv.org/abs/1503.03832). CVPR, 2015.
# - R. Tibshirani. [Regression shrinkage and selection via the lasso](https://doi.org/10.1111/j.2517-6161.1996.tb02080.x). 1996.
