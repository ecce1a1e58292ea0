# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "softmax 与交叉熵：手算一遍，−ln p 的曲线，梯度为什么是 p − y，怎样不溢出，标签平滑，再不用自动求导训练一个分类器。"
#       en: "Softmax and cross-entropy: worked by hand, the curve of −ln p, why the gradient is p − y, how not to overflow, label smoothing, and a classifier trained without autograd."
#     covers: [N-01, F-01, E-52, E-53, E-56]
#     labels:
#       exp: 取指数
#       "divide by the sum": 除以总和
#       "pick the right class": 取正确类别
#       "−ln": −ln
#       "p − y": p − y
#       "all equal": 全部相等
#       "confidently wrong": 自信地答错
#       "confidently right": 自信地答对
#       "lead of the right class": 正确类别领先的 logit
#       "no smoothing": 不平滑
#       "smoothing 0.1": 平滑 0.1
#       "smoothing 0.2": 平滑 0.2
#       "largest logit": 最大的 logit
#       "naive, wrong answer": 照抄公式，答错
#       "naive, right answer": 照抄公式，答对
#       "right answers": 答对
#       "mean loss": 平均损失
#       "model A": 模型 A
#       "model B": 模型 B
# ---

# %% [markdown] tags=["zh"]
# # softmax 回归：从得分到概率，从概率到损失 { #softmax-regression }
#
# 一个分类器对一张图片给出 3 个得分：2.0、1.0、0.1。正确答案是第 1 类。它答得多好？再换一张，得分一样，正确答案却是第 3 类。**先给两次各打一个分（越小越好），再看交叉熵怎样打。**

# %% [markdown] tags=["en"]
# # Softmax regression: from scores to probabilities to a loss { #softmax-regression }
#
# For one image a classifier gives 3 scores: 2.0, 1.0 and 0.1, and class 1 is right. How well did it do? For another image the scores are the same, but class 3 is right. **Give each answer a mark of your own, lower being better; then see how cross-entropy marks them.**

# %% tags=["remove-input"] alt_zh="从 logits 到损失的 5 步：logits、取指数、除以总和、取正确类别、负对数。" alt_en="Five steps from logits to loss: logits, exp, divide by the sum, pick the right class, minus logarithm."
from dlnotes import figures

figures.flow(("logits", "exp", "divide by the sum", "pick the right class", "−ln"))

# %%
import pandas as pd
import torch
from torch.nn import functional as F

scores = torch.tensor([2.0, 1.0, 0.1])
exponentials = scores.exp()
p = exponentials / exponentials.sum()
steps = pd.DataFrame(
    {"logits": scores, "exp": exponentials, "probability": p, "−ln": -p.log()},
    index=["class 1", "class 2", "class 3"],
)
steps.map("{:.3f}".format)

# %% [markdown] tags=["zh"]
# 若第 1 类正确，损失是 {{ f"{-p[0].log():.3f}" }}；若第 3 类正确，是 {{ f"{-p[2].log():.3f}" }}。一个类别都不偏向，三类各 $1/3$，损失是 $\ln 3\approx1.099$。所以第一次比乱猜好，第二次比乱猜还糟。
#
# ## softmax：变成概率 { #softmax }
#
# $$ p_i = \frac{e^{z_i}}{\sum_{j=1}^{K} e^{z_j}} $$
#
# 其中 $z_i$ 是第 $i$ 类的得分，可以是任意实数，网络最后一层直接给出的这些得分叫 **logits**；$K$ 是类别数；$p_i$ 都为正，加起来是 1，是各个类别上的一个**概率分布**。取指数让差变成比：得分差 1，概率就差 $e\approx2.718$ 倍。所有得分加上同一个常数，结果不变。
#
# 别把它和另外两个函数弄混。**sigmoid** $\sigma(z)=1/(1+e^{-z})$ 各算各的，加起来不是 1；**tanh** 是双曲正切，不是正切 tan，更不是 tan(h(x))：

# %% [markdown] tags=["en"]
# If class 1 is right, the loss is {{ f"{-p[0].log():.3f}" }}; if class 3 is right, it is {{ f"{-p[2].log():.3f}" }}. With no preference at all, $1/3$ each, it would be $\ln 3\approx1.099$. So the first answer beats guessing, and the second is worse than guessing.
#
# ## Softmax: into probabilities { #softmax }
#
# $$ p_i = \frac{e^{z_i}}{\sum_{j=1}^{K} e^{z_j}} $$
#
# where $z_i$ is the score of class $i$, any real number; such scores, as the last layer gives them, are called **logits**. $K$ is the number of classes. All $p_i$ are positive and sum to 1: they are a **probability distribution** over the classes. The exponential turns differences into ratios: 1 more in score is $e\approx2.718$ times the probability. Adding one constant to all scores changes nothing.
#
# Two other functions are often taken for it. **Sigmoid** $\sigma(z)=1/(1+e^{-z})$ treats each score by itself, and its values do not sum to 1; **tanh** is the hyperbolic tangent, neither tan nor tan(h(x)):

# %%
z = torch.tensor([1.0, 2.0, 3.0])
print(
    "softmax sums to",
    round(float(z.softmax(dim=0).sum()), 3),
    " sigmoid sums to",
    round(float(z.sigmoid().sum()), 3),
)
print(
    "tanh(1.5) =",
    round(float(torch.tensor(1.5).tanh()), 3),
    "  tan(1.5) =",
    round(float(torch.tensor(1.5).tan()), 3),
)

# %% [markdown] tags=["zh"]
# ## 交叉熵：给概率打分 { #cross-entropy }
#
# 一个样本的损失，是正确类别 $y$ 的概率取负对数；一批样本取平均：
#
# $$ \ell = -\ln p_y, \qquad \mathcal L = \frac1N \sum_{s=1}^{N} -\ln p_{s,\,y_s} $$
#
# 其中 $p_{s,\,y_s}$ 是第 $s$ 个样本给其正确类别的概率，$N$ 是样本数。

# %% [markdown] tags=["en"]
# ## Cross-entropy: marking the probabilities { #cross-entropy }
#
# The loss of one sample is minus the logarithm of the probability of its right class $y$; over a batch, the mean:
#
# $$ \ell = -\ln p_y, \qquad \mathcal L = \frac1N \sum_{s=1}^{N} -\ln p_{s,\,y_s} $$
#
# where $p_{s,\,y_s}$ is the probability that sample $s$ gives to its right class, and $N$ the number of samples.

# %% tags=["hide-input"] alt_zh="−ln p 的曲线：p 趋于 0 时冲向无穷，p 为 0.1 时约 2.3，p 为 0.5 时约 0.69，p 为 1 时为 0。" alt_en="The curve of −ln p: towards infinity as p tends to 0, about 2.3 at 0.1, about 0.69 at 0.5, and 0 at 1."
import matplotlib.pyplot as plt

from dlnotes.figures.style import PALETTE

figure, axes = plt.subplots(figsize=(6.4, 3.0))
grid = torch.linspace(0.006, 1, 300)
axes.plot(grid, -grid.log(), linestyle="-")
for value in (0.1, 0.5, 0.9):
    height = -torch.tensor(value).log().item()
    axes.plot(value, height, "o", color=PALETTE[1])
    axes.annotate(
        f"{height:.2f}", (value, height), xytext=(8, 6), textcoords="offset points"
    )
axes.set(xlabel="probability of the right class", ylabel="loss", ylim=(0, 5))
figure

# %% [markdown] tags=["zh"]
# 曲线的两头脾气不同：从 0.5 提到 0.9，损失只省 0.59；从 0.1 提到 0.5，省 1.61。**自信地答错，代价没有上限。**
#
# 再手算一批。3 个样本、3 个类别，先看正确类别那一格，取负对数，求平均，再与 torch 对一对：

# %% [markdown] tags=["en"]
# Its two ends differ in temper: from 0.5 to 0.9 saves only 0.59, from 0.1 to 0.5 saves 1.61. **To be confidently wrong costs without limit.**
#
# Now a batch by hand: 3 samples, 3 classes. Take the entry of the right class, minus its logarithm, the mean; then compare with torch:

# %%
from torch import nn

logits = torch.tensor([[2.0, 1.0, 0.1], [0.5, 2.5, -1.0], [1.0, 1.0, 1.0]])
labels = torch.tensor([0, 0, 2])

probabilities = logits.exp() / logits.exp().sum(dim=1, keepdim=True)
right_class = probabilities[torch.arange(3), labels]
by_hand = -right_class.log().mean()
print("p of the right class:", [round(v, 3) for v in right_class.tolist()])
print(f"by hand {by_hand:.6f}, torch {nn.CrossEntropyLoss()(logits, labels):.6f}")

# %% [markdown] tags=["zh"]
# ## “只关心正确类别”，对了一半 { #only-the-right-class }
#
# 常听说交叉熵“只看正确类别的概率，只要它够大就对了”。分开看：
#
# - **数值**：对。$\ell$ 里只出现 $p_y$。
# - **梯度**：不对。softmax 的分母里有每一个得分，推一推就知道：
#
# $$ \ell = -z_y + \ln\sum_j e^{z_j} \quad\Longrightarrow\quad \frac{\partial \ell}{\partial z_i} = \frac{e^{z_i}}{\sum_j e^{z_j}} - [i=y] = p_i - y_i $$
#
# 其中 $[i=y]$ 在 $i$ 是正确类别时为 1，否则为 0，也就是标签的**独热编码**：长度为 $K$ 的向量，只有第 $y$ 个数是 1；$y_i$ 是它的第 $i$ 个数。预测减答案，就这么简单：正确类别被往上推，其余每一类都被往下压，压多少正好是它分到的概率。
#
# **先猜：10 个得分全相等时，梯度是什么样子？**

# %% [markdown] tags=["en"]
# ## "Only the right class counts": half true { #only-the-right-class }
#
# Cross-entropy, one hears, "reads only the probability of the right class, and if that is large enough the answer is right". Take it apart:
#
# - **The value**: true. $\ell$ contains $p_y$ alone.
# - **The gradient**: false. Every score stands in the denominator of softmax, and working it out gives
#
# $$ \ell = -z_y + \ln\sum_j e^{z_j} \quad\Longrightarrow\quad \frac{\partial \ell}{\partial z_i} = \frac{e^{z_i}}{\sum_j e^{z_j}} - [i=y] = p_i - y_i $$
#
# where $[i=y]$ is 1 if $i$ is the right class and 0 if not: the **one-hot encoding** of the label, a vector of length $K$ in which only number $y$ is 1 and number $i$ is called $y_i$. Prediction minus answer, nothing more. The right class is pushed up, each other class is pressed down by just the probability it holds.
#
# **Guess: what does the gradient look like when all 10 scores are equal?**


# %%
def gradient(logits, label):
    z = logits.clone().requires_grad_(True)
    F.cross_entropy(z.unsqueeze(0), torch.tensor([label])).backward()
    return z.grad


equal = torch.zeros(10)
wrong, right = equal.clone(), equal.clone()
wrong[7], right[3] = 6.0, 6.0
situations = {
    "all equal": equal,
    "confidently wrong": wrong,
    "confidently right": right,
}
gradients = {name: gradient(z, label=3) for name, z in situations.items()}
one_hot = F.one_hot(torch.tensor(3), 10)
gap = max(
    float((gradients[name] - (z.softmax(0) - one_hot)).abs().max())
    for name, z in situations.items()
)
print(f"largest difference to p − y: {gap:.0e}")

# %% tags=["hide-input"] alt_zh="正确类别是 3 时对 10 个 logits 的梯度。全部相等：第 3 类 −0.9，其余各 0.1。自信地答成 7：第 3 类近 −1，第 7 类近 1。自信地答对：几乎全为 0。" alt_en="Gradient for 10 logits, class 3 being right. All equal: −0.9 for class 3 and 0.1 for each other. Confidently taken for 7: nearly −1 for class 3 and 1 for class 7. Confidently right: almost 0 everywhere."
figure, panels = plt.subplots(1, 3, figsize=(7.4, 2.4), sharey=True)
for axes, (name, values) in zip(panels, gradients.items()):
    axes.bar(
        range(10),
        values,
        color=[PALETTE[1] if i == 3 else PALETTE[0] for i in range(10)],
    )
    axes.set(title=name, xlabel="class", ylim=(-1.1, 1.1))
    axes.set_xticks(range(0, 10, 3))
panels[0].set_ylabel("p − y")
figure

# %% [markdown] tags=["zh"]
# 全相等时，第 3 类得 {{ f"{float(gradients['all equal'][3]):.1f}" }}，另外九类各得 {{ f"{float(gradients['all equal'][0]):.1f}" }}，谁也没漏掉。梯度加起来总是 0。
#
# “够大就对了”也要说清楚：$p_y>0.5$ 时一定答对，但**不必**超过一半。10 类时，$p_y=0.2$ 也可能是最大的。反过来，损失低不等于答对得多：

# %% [markdown] tags=["en"]
# When all are equal, class 3 gets {{ f"{float(gradients['all equal'][3]):.1f}" }} and the nine others {{ f"{float(gradients['all equal'][0]):.1f}" }} each; nobody is left out. The gradient always sums to 0.
#
# "Large enough" needs care as well: $p_y>0.5$ is certainly right, but half is **not required**. With 10 classes $p_y=0.2$ may well be the largest. Nor does a lower loss mean more right answers:

# %%
# probability of the right class, of 3 classes, for 4 samples
model_a = torch.tensor([0.4, 0.4, 0.4, 0.01])
model_b = torch.tensor([0.45, 0.45, 0.45, 0.45])
# the largest other class
others = {"model A": [0.3, 0.3, 0.3, 0.9], "model B": [0.5, 0.5, 0.5, 0.5]}
rows = {
    name: (
        int((values > torch.tensor(others[name])).sum()),
        float(-values.log().mean()),
    )
    for name, values in (("model A", model_a), ("model B", model_b))
}
pd.DataFrame.from_dict(
    rows, orient="index", columns=["right answers", "mean loss"]
).round(3)

# %% [markdown] tags=["zh"]
# 模型 A 答对 {{ rows["model A"][0] }} 个，损失却更高：一次自信的错误就够了。所以训练看损失，报告看准确率，两者都要画。
#
# ## 照抄公式会溢出 { #overflow }
#
# 数学上没有问题的式子，到了 float32 就不一定。$e^{89}$ 已经大过它能表示的最大值（约 $3.4\times10^{38}$）。取两个类别，正确的是得分低的那个，把领先的得分一路加大：

# %% [markdown] tags=["en"]
# Model A has {{ rows["model A"][0] }} right answers and yet the higher loss: one confident mistake is enough. Train by the loss, report the accuracy, draw both.
#
# ## Copying the formula overflows { #overflow }
#
# What is right in mathematics need not be in float32. $e^{89}$ exceeds the largest number it can hold, about $3.4\times10^{38}$. Take two classes, the right one scored lower, and let the other one lead by more and more:


# %%
def naive(logits, label):
    p = logits.exp() / logits.exp().sum()
    return -p[label].log()


cases = {}
for largest in (10.0, 80.0, 88.0, 100.0, 1000.0):
    z = torch.tensor([largest, 0.0])
    cases[f"{largest:g}"] = (
        float(naive(z, 1)),
        float(naive(z, 0)) + 0.0,
        float(F.cross_entropy(z.unsqueeze(0), torch.tensor([1]))),
    )
table = pd.DataFrame.from_dict(
    cases,
    orient="index",
    columns=["naive, wrong answer", "naive, right answer", "F.cross_entropy"],
)
table.rename_axis("largest logit").map("{:g}".format)

# %% [markdown] tags=["zh"]
# 得分到了 100，照抄的公式就坏了：答错时是 `inf`（概率成了 0，再取对数），答对时是 `nan`（无穷除以无穷）；一个 `nan` 就会毁掉全部权重。解法只有一步：先减去最大的得分。
#
# $$ \ln\sum_j e^{z_j} = m + \ln\sum_j e^{z_j-m}, \qquad m=\max_j z_j $$
#
# 左边叫**对数求和指数**（log-sum-exp），是最大值的光滑近似：最大的得分遥遥领先时，它几乎就是 $m$。减过之后，指数里最大的是 $e^0=1$，不会上溢；和至少是 1，不会对 0 取对数。从零实现就是这几行，已在测试里与 torch 逐项核对：
#
# ```python
# --8<-- "dlnotes/layers/probabilities.py:logsumexp"
# ```
#
# 交叉熵于是写成 $-z_y+\ln\sum_j e^{z_j}$，根本不经过概率。这就是 `nn.CrossEntropyLoss` 要 logits、不要概率的原因；先做 softmax 会怎样，见[门诊](../clinic/loss-heads.py#softmax-before-cross-entropy)；别的任务用别的损失，见[损失函数](losses.py)。
#
# ## 标签平滑：别太自信 { #label-smoothing }
#
# 独热的目标要 $p_y=1$，得分的差就得是无穷大，训练永远到不了头。标签平滑把目标改软一点：
#
# $$ q_i = (1-\epsilon)\,[i=y] + \frac{\epsilon}{K}, \qquad \ell = -\sum_i q_i \ln p_i $$
#
# 其中 $\epsilon$ 是平滑的分量，$K$ 是类别数。设正确类别领先其余各类 $\Delta$，画出损失：

# %% [markdown] tags=["en"]
# At a score of 100 the copied formula breaks: `inf` for a wrong answer (its probability became 0 before the logarithm), `nan` for a right one (infinity over infinity); one `nan` ruins all weights. One step mends it: subtract the largest score first.
#
# $$ \ln\sum_j e^{z_j} = m + \ln\sum_j e^{z_j-m}, \qquad m=\max_j z_j $$
#
# The left side is called **log-sum-exp**, a smooth version of the maximum: when one score leads by far it is almost $m$. After the subtraction the largest exponential is $e^0=1$, so nothing overflows, and the sum is at least 1, so no logarithm of 0 is taken. From scratch it is these few lines, compared with torch in the tests:
#
# ```python
# --8<-- "dlnotes/layers/probabilities.py:logsumexp"
# ```
#
# Cross-entropy becomes $-z_y+\ln\sum_j e^{z_j}$ and never passes through probabilities. That is why `nn.CrossEntropyLoss` wants logits; what happens with a softmax before it stands in the [clinic](../clinic/loss-heads.py#softmax-before-cross-entropy). Other tasks take other [losses](losses.py).
#
# ## Label smoothing: not too sure { #label-smoothing }
#
# A one-hot target asks for $p_y=1$, hence for infinite differences between scores, and training never arrives. Label smoothing makes the target softer:
#
# $$ q_i = (1-\epsilon)\,[i=y] + \frac{\epsilon}{K}, \qquad \ell = -\sum_i q_i \ln p_i $$
#
# where $\epsilon$ is how much is spread and $K$ the number of classes. Let the right class lead each other one by $\Delta$ and draw the loss:

# %% tags=["hide-input"] alt_zh="横轴是正确类别领先的 logit，纵轴是损失。不平滑时一直下降趋于 0；平滑 0.1 和 0.2 的曲线先降到最低点，再慢慢上升，最低点都大于 0。" alt_en="Loss against the lead of the right class: without smoothing it falls towards 0; with smoothing 0.1 and 0.2 it has a lowest point above 0 and then rises again."
lead = torch.linspace(0, 12, 121)
logits = torch.cat([lead.unsqueeze(1), torch.zeros(121, 9)], dim=1)
target = torch.zeros(121, dtype=torch.int64)
names = {"no smoothing": 0.0, "smoothing 0.1": 0.1, "smoothing 0.2": 0.2}
smoothed = {
    name: F.cross_entropy(logits, target, reduction="none", label_smoothing=e)
    for name, e in names.items()
}
figures.lines(smoothed, x=lead, xlabel="lead of the right class", ylabel="loss")

# %% tags=["remove-input"]
import math

peak, rest = 0.9 + 0.01, 0.01
best_lead = math.log(peak / rest)
floor = -(peak * math.log(peak) + 9 * rest * math.log(rest))
measured_lead = float(lead[smoothed["smoothing 0.1"].argmin()])

# %% [markdown] tags=["zh"]
# 平滑 0.1、10 个类别时，最好的领先是 $\ln(0.91/0.01)\approx$ {{ f"{best_lead:.2f}" }}（曲线上量到 {{ f"{measured_lead:.1f}" }}），再自信反而要罚；最低损失是 {{ f"{floor:.2f}" }}，不是 0。看到训练损失停在这个数附近，是它到头了，不是学不动。
#
# ## 不用自动求导，训练一个分类器 { #train-by-hand }
#
# softmax 回归就是一个线性层加 softmax：$\mathbf Z=\mathbf X\mathbf W+\mathbf b$；只有两类时，用一个得分加 sigmoid 就够了，叫**逻辑回归**（练习 3）。有了 $\mathbf P-\mathbf Y$，链式法则只差一步：
#
# $$ \frac{\partial\mathcal L}{\partial\mathbf W} = \frac1N\,\mathbf X^\top(\mathbf P-\mathbf Y), \qquad \frac{\partial\mathcal L}{\partial\mathbf b} = \frac1N\sum_s (\mathbf P-\mathbf Y)_s $$
#
# 其中 $\mathbf X$ 是 $(N,784)$ 的图片，$\mathbf W$ 是 $(784,10)$ 的权重，$\mathbf b$ 是 10 个偏置，$\mathbf P$ 与 $\mathbf Y$ 都是 $(N,10)$。下面没有一处 `backward()`：

# %% [markdown] tags=["en"]
# With smoothing 0.1 and 10 classes the best lead is $\ln(0.91/0.01)\approx$ {{ f"{best_lead:.2f}" }} (read off the curve: {{ f"{measured_lead:.1f}" }}), and more confidence is fined; the lowest loss is {{ f"{floor:.2f}" }}, not 0. A training loss that stops near it has arrived; it is not stuck.
#
# ## Train a classifier without autograd { #train-by-hand }
#
# Softmax regression is one linear layer and softmax: $\mathbf Z=\mathbf X\mathbf W+\mathbf b$. With two classes a single score and a sigmoid will do, which is **logistic regression** (exercise 3). With $\mathbf P-\mathbf Y$ known, the chain rule has one step left:
#
# $$ \frac{\partial\mathcal L}{\partial\mathbf W} = \frac1N\,\mathbf X^\top(\mathbf P-\mathbf Y), \qquad \frac{\partial\mathcal L}{\partial\mathbf b} = \frac1N\sum_s (\mathbf P-\mathbf Y)_s $$
#
# where $\mathbf X$ are the images, $(N,784)$, $\mathbf W$ the weights, $(784,10)$, $\mathbf b$ the 10 biases, and $\mathbf P$ and $\mathbf Y$ are $(N,10)$. There is no `backward()` in what follows:

# %%
from dlnotes import data

splits = data.load("digits")
X = splits.train.images.flatten(1).float() / 255
Y = F.one_hot(splits.train.labels, 10).float()
W, b = torch.zeros(784, 10), torch.zeros(10)
losses = []
for _ in range(300):
    Z = X @ W + b
    error = (Z.softmax(dim=1) - Y) / len(X)  # P − Y, (N, 10)
    losses.append(F.cross_entropy(Z, splits.train.labels).item())
    W -= 0.5 * (X.T @ error)
    b -= 0.5 * error.sum(dim=0)

right = ((splits.test.images.flatten(1).float() / 255) @ W + b).argmax(
    dim=1
) == splits.test.labels
accuracy = right.float().mean().item()
print(f"loss {losses[0]:.3f} → {losses[-1]:.3f}, test accuracy {accuracy:.1%}")

# %% tags=["remove-input"]
Wa, ba = W.clone().requires_grad_(True), b.clone().requires_grad_(True)
F.cross_entropy(X @ Wa + ba, splits.train.labels).backward()
final_error = ((X @ W + b).softmax(dim=1) - Y) / len(X)
gradient_gap = max(
    float((Wa.grad - X.T @ final_error).abs().max()),
    float((ba.grad - final_error.sum(0)).abs().max()),
)

# %% [markdown] tags=["zh"]
# 起点是 $\ln 10\approx2.303$：权重全为 0 时，10 类各得 0.1。训练完测试准确率 {{ f"{accuracy:.1%}" }}。手写的梯度与自动求导相差 {{ f"{gradient_gap:.0e}" }}。
#
# 权重为什么可以从 0 开始？这里只有一层，各类的梯度 $p_i-y_i$ 一开始就不同。有隐藏层的网络就不行。
#
# 每一类有 784 个权重，正好画成一张图：红色是“这里有墨，更像我”，蓝色是“这里有墨，就不是我”。

# %% [markdown] tags=["en"]
# It starts at $\ln 10\approx2.303$: with all weights 0 each of the 10 classes gets 0.1. At the end, test accuracy is {{ f"{accuracy:.1%}" }}. The gradient by hand differs from autograd's by {{ f"{gradient_gap:.0e}" }}.
#
# Why may the weights start at 0? There is one layer only, and the gradients $p_i-y_i$ of the classes differ from the start. With a hidden layer that would not do.
#
# Each class has 784 weights, just enough for a picture: red says "ink here speaks for me", blue says "ink here speaks against me".

# %% tags=["hide-input"] alt_zh="10 个类别的权重图，红蓝相间；0 的正中是一块蓝，四周一圈红。" alt_en="Weights of the 10 classes in red and blue: 0 has a blue centre with red around it."
figures.kernels(W.T.reshape(10, 28, 28), [str(digit) for digit in range(10)], columns=5)

# %% [markdown] tags=["zh"]
# ## 常见的坑 { #traps }
#
# !!! warning "标签写成独热或 float"
#     `F.cross_entropy` 的标签是 int64 的类别编号，形状 $(N,)$。形状为 $(N, 1)$ 会报错。
#
# !!! warning "在网络最后加 softmax，再用 CrossEntropyLoss"
#     做了两次。损失停在 1.46 附近，见[门诊](../clinic/loss-heads.py#softmax-before-cross-entropy)。
#
# !!! warning "softmax 沿错了轴"
#     $(N,K)$ 的 logits 要 `dim=1`。写成 `dim=0`，就成了“这一批样本里谁最像第 $i$ 类”。
#
# !!! warning "把 softmax 的输出当作可信度"
#     概率高不等于可靠。过拟合的网络对错误答案也能给出 0.99，见[泛化](generalization.py#curves)。
#
# ## 练习 { #exercises }
#
# **1.** 100 个类别，刚初始化的网络，损失应当接近多少？
#
# ??? success "答案"
#     $\ln 100\approx$ {{ f"{math.log(100):.3f}" }}。若远大于它，多半是初始得分太大；这是检查网络的第一件事。
#
# **2.** 得分 $(3, 1)$，正确的是第 1 类。损失和两个梯度各是多少？
#
# ??? success "答案"
#     $p_1=1/(1+e^{-2})$，即 {{ f"{1 / (1 + math.exp(-2)):.3f}" }}；损失 {{ f"{math.log(1 + math.exp(-2)):.3f}" }}；梯度 {{ f"{1 / (1 + math.exp(-2)) - 1:.3f}" }} 与 {{ f"{1 - 1 / (1 + math.exp(-2)):.3f}" }}，和为 0。
#
# **3.** 两个类别时，softmax 与 sigmoid 是什么关系？
#
# ??? success "答案"
#     $p_1=\dfrac{e^{z_1}}{e^{z_1}+e^{z_2}}=\dfrac{1}{1+e^{-(z_1-z_2)}}=\sigma(z_1-z_2)$。只有得分的差起作用。
#
# **4.** 一个样本的损失是 4.6，模型给正确类别的概率是多少？
#
# ??? success "答案"
#     $e^{-4.6}\approx$ {{ f"{math.exp(-4.6):.3f}" }}，大约 1%。
#
# **5.** 平滑 0.2、10 个类别，最低损失是多少？
#
# ??? success "答案"
#     目标是 $0.82$ 和九个 $0.02$，最低损失是这个分布的熵：{{ f"{-(0.82 * math.log(0.82) + 9 * 0.02 * math.log(0.02)):.3f}" }}。
#
# ## 参考文献 { #references }
#
# - A. Zhang 等. [Dive into Deep Learning](https://d2l.ai/chapter_linear-classification/softmax-regression.html), 4.1.
# - C. Szegedy 等. [Rethinking the Inception architecture for computer vision](https://arxiv.org/abs/1512.00567). CVPR, 2016.
# - [torch.nn.CrossEntropyLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html)，PyTorch 文档。

# %% [markdown] tags=["en"]
# ## Traps { #traps }
#
# !!! warning "Labels as one-hot or float"
#     Labels for `F.cross_entropy` are class numbers, int64, of shape $(N,)$. A shape of $(N, 1)$ raises an error.
#
# !!! warning "Softmax at the end of the network, then CrossEntropyLoss"
#     Done twice. The loss stops near 1.46, see the [clinic](../clinic/loss-heads.py#softmax-before-cross-entropy).
#
# !!! warning "Softmax along the wrong axis"
#     Logits $(N,K)$ need `dim=1`. With `dim=0` it says which sample of the batch is most like class $i$.
#
# !!! warning "Taking the output of softmax for reliability"
#     A high probability is not a reliable one. An overfitted network gives 0.99 to wrong answers too, see [generalization](generalization.py#curves).
#
# ## Exercises { #exercises }
#
# **1.** With 100 classes and a network just initialised, what should the loss be near?
#
# ??? success "Answer"
#     $\ln 100\approx$ {{ f"{math.log(100):.3f}" }}. If it is far above, the initial scores are probably too large; this is the first thing to check in a network.
#
# **2.** Scores $(3, 1)$, the first class is right. What are the loss and the two gradients?
#
# ??? success "Answer"
#     $p_1=1/(1+e^{-2})$, that is {{ f"{1 / (1 + math.exp(-2)):.3f}" }}; the loss is {{ f"{math.log(1 + math.exp(-2)):.3f}" }}; the gradients are {{ f"{1 / (1 + math.exp(-2)) - 1:.3f}" }} and {{ f"{1 - 1 / (1 + math.exp(-2)):.3f}" }}, with sum 0.
#
# **3.** How are softmax and sigmoid related for two classes?
#
# ??? success "Answer"
#     $p_1=\dfrac{e^{z_1}}{e^{z_1}+e^{z_2}}=\dfrac{1}{1+e^{-(z_1-z_2)}}=\sigma(z_1-z_2)$. Only the difference of the scores matters.
#
# **4.** The loss of one sample is 4.6. Which probability did the model give to the right class?
#
# ??? success "Answer"
#     $e^{-4.6}\approx$ {{ f"{math.exp(-4.6):.3f}" }}, about 1%.
#
# **5.** With smoothing 0.2 and 10 classes, what is the lowest loss?
#
# ??? success "Answer"
#     The target is $0.82$ and nine times $0.02$; the lowest loss is the entropy of that distribution: {{ f"{-(0.82 * math.log(0.82) + 9 * 0.02 * math.log(0.02)):.3f}" }}.
#
# ## References { #references }
#
# - A. Zhang et al. [Dive into Deep Learning](https://d2l.ai/chapter_linear-classification/softmax-regression.html), 4.1.
# - C. Szegedy et al. [Rethinking the Inception architecture for computer vision](https://arxiv.org/abs/1512.00567). CVPR, 2016.
# - [torch.nn.CrossEntropyLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html), PyTorch documentation.
