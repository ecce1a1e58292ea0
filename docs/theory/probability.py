# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "深度学习用到的概率与统计：测试准确率差 0.8 个百分点算不算数，标准误与置信区间的覆盖率，正态与均匀分布，最大似然，贝叶斯定理和一个只靠数数的分类器，指数移动平均。"
#       en: "The probability and statistics of deep learning: whether 0.8 points of test accuracy mean anything, the coverage of confidence intervals, normal and uniform distributions, likelihood, Bayes and a classifier that only counts, moving averages."
#     labels:
#       "right answers out of 360": 360 张里答对几张
#       share of test sets: 占全部测试集的比例
#       accuracy of the test set (%): 这套测试集上的准确率（%）
#       "test set": 测试集
#       "half-width (points)": 半宽（百分点）
#       intervals that hold the truth: 包含真值的区间
#       "independent images": 图片相互独立
#       "ten images from each writer": 每人写十张
#       "mean of 1": 1 个的平均
#       "mean of 2": 2 个的平均
#       "mean of 12": 12 个的平均
#       "value": 值
#       density: 密度
#       "7 of 10": 10 次里 7 次
#       "70 of 100": 100 次里 70 次
#       "probability of heads θ": 正面的概率 θ
#       "likelihood, as a share of its peak": 似然（与最高处之比）
#       "β = 0.9": β = 0.9
#       "β = 0.98": β = 0.98
#       "β = 0.98, uncorrected": β = 0.98，不校正
#       single batches: 单个批量
#       step: 步
# ---

# %% [markdown] tags=["zh"]
# # 概率与统计：多对 3 张，算更好吗 { #probability }
#
# 360 张测试图片，模型甲答对 349 张，96.9%；模型乙答对 352 张，97.8%。多对的这 3 张，论文里就叫“提升 0.8 个百分点”。**先猜：假如两个模型其实一样好，光凭运气差出这么多，有几成可能？**

# %% [markdown] tags=["en"]
# # Probability and statistics: are 3 more right answers better? { #probability }
#
# Of 360 test images model A gets 349 right, 96.9%, and model B 352, 97.8%. In a paper these 3 images become "an improvement of 0.8 points". **Guess: if the two are really equally good, how likely is it that luck alone sets them that far apart?**

# %%
import torch

generator = torch.Generator().manual_seed(0)
truth, images = 0.97, 360


def test_sets(count, size=images, p=truth):
    """Right answers of a model of accuracy p on random test sets; (count,)."""
    return torch.binomial(
        torch.full((count,), float(size)), torch.full((count,), p), generator=generator
    )


right = test_sets(20_000)
model_a, model_b = right[:10_000], right[10_000:]
by_luck = ((model_a - model_b).abs() >= 3).float().mean().item()
print(f"equally good, and yet at least 3 apart: {by_luck:.0%}")

# %% tags=["hide-input"] alt_zh="柱状图：同一个准确率为 97% 的模型，在许多套 360 张的测试集上答对几张。最高的柱在 349、350 附近，340 到 357 之间都常见。" alt_en="Bars: right answers of one model of accuracy 97% on many test sets of 360. The highest bars are near 349 and 350, and anything from 340 to 357 is common."
import matplotlib.pyplot as plt

from dlnotes.figures.style import INK, PALETTE

figure, axes = plt.subplots(figsize=(6.4, 2.8))
counts = torch.bincount(right.long(), minlength=361)
shown = range(335, 361)
axes.bar(
    shown,
    [counts[k] / len(right) for k in shown],
    color=[PALETTE[1] if k in (349, 352) else PALETTE[0] for k in shown],
)
axes.set(xlabel="right answers out of 360", ylabel="share of test sets")
figure

# %% [markdown] tags=["zh"]
# 约 {{ f"{by_luck:.0%}" }}：一样好的两个模型，一半以上的时候也会差出 3 张或更多。两根橙色的柱子就是 349 和 352，都在正中间。（这里两个模型各考各的卷子；考同一张卷子该怎样比，见[常见的坑](#traps)。）
#
# ## 随机变量与期望 { #random-variables }
#
# 随手抽一张图片，答对记 1，答错记 0，结果要抽了才知道。取值由随机试验决定的量叫**随机变量**，记作 $X$；每个取值的概率合起来是它的概率分布。按概率加权的平均叫**期望**：
#
# $$ \mathbb E[X]=\sum_x x\,p(x) $$
#
# 其中 $x$ 是可能的取值，$p(x)$ 是它的概率。这里 $\mathbb E[X]=1\times0.97+0\times0.03=0.97$，就是模型真正的准确率。我们永远看不到它，只看得到 360 次抽样的平均。训练也一样：想降低的是损失的期望，手里只有一个批量的平均。
#
# ## 标准误与置信区间 { #standard-error }
#
# 平均值有多准？$n$ 次独立抽样、每次的标准差是 $s$，平均值的标准差是
#
# $$ \mathrm{SE}=\frac{s}{\sqrt n}, \qquad s=\sqrt{p(1-p)} \text{ （对与错）} $$
#
# 叫**标准误**，$p$ 是准确率。误差要减半，样本得是 4 倍。平均值左右各加 1.96 个标准误，就是 95% 的**置信区间**。“95%”说的是做法：反复抽样，样本够多的话，这样算出的区间约有 95% 包含真值。抽 30 套测试集看看，橙色的没有包住：

# %% [markdown] tags=["en"]
# About {{ f"{by_luck:.0%}" }}: two equally good models end up 3 or more apart more often than not. The two orange bars are 349 and 352, both right in the middle. (Here each model sits its own exam; for comparing two models on the same one see [traps](#traps).)
#
# ## Random variables and expectation { #random-variables }
#
# Pick an image at random, and write 1 for a right answer and 0 for a wrong one; before the draw nobody knows which it will be. A quantity whose value is decided by a random experiment is a **random variable** $X$, and the probabilities of its values make up its probability distribution. The average weighted by probability is its **expectation**:
#
# $$ \mathbb E[X]=\sum_x x\,p(x) $$
#
# where $x$ runs over the possible values and $p(x)$ is the probability of each. Here $\mathbb E[X]=1\times0.97+0\times0.03=0.97$, the true accuracy of the model. We never see it; what we see is the mean of 360 draws. Training is no different: it wants to lower the expectation of the loss, but all it has is the mean of a batch.
#
# ## Standard error and confidence interval { #standard-error }
#
# How sure is a mean? Over $n$ independent draws of standard deviation $s$ each, the standard deviation of the mean is
#
# $$ \mathrm{SE}=\frac{s}{\sqrt n}, \qquad s=\sqrt{p(1-p)} \text{ (right or wrong)} $$
#
# which is called the **standard error**; $p$ is the accuracy. Halving it takes four times as many samples. The mean and 1.96 standard errors on either side are a **confidence interval** of 95%. The "95%" belongs to the method: over repeated sampling, and with enough samples, about 95% of such intervals contain the true value. Here are the intervals of 30 test sets; the orange ones miss it:


# %%
def intervals(right, size):
    p = right / size
    half = 1.96 * (p * (1 - p) / size).sqrt()
    return p - half, p + half


def coverage(right, size):
    low, high = intervals(right, size)
    return ((low <= truth) & (truth <= high)).float().mean().item()


low, high = intervals(right[:30], images)

# %% tags=["hide-input"] alt_zh="30 条横着的线段，每条是一套测试集的置信区间，中间一条竖线是真值 97%。绝大多数线段跨过竖线，个别的没有跨过，画成橙色。" alt_en="30 horizontal segments, each the confidence interval of one test set, and a vertical line at the true 97%. Nearly all segments cross the line; the few that do not are orange."
figure, axes = plt.subplots(figsize=(6.4, 3.4))
for row, (left, end) in enumerate(zip(low.tolist(), high.tolist())):
    colour = PALETTE[0] if left <= truth <= end else PALETTE[1]
    axes.plot(
        [100 * left, 100 * end], [row, row], color=colour, linestyle="-", linewidth=2
    )
axes.axvline(100 * truth, color=INK, linestyle="-", linewidth=1)
axes.set(xlabel="accuracy of the test set (%)", ylabel="test set")
axes.set_yticks([])
figure

# %%
import pandas as pd

rows = {}
for size in (100, 360, 1000, 10_000):
    half = 100 * 1.96 * (truth * (1 - truth) / size) ** 0.5
    rows[f"{size:,}"] = (round(half, 2), coverage(test_sets(10_000, size), size))
table = pd.DataFrame.from_dict(
    rows,
    orient="index",
    columns=["half-width (points)", "intervals that hold the truth"],
)
table.rename_axis("n").assign(
    **{
        "intervals that hold the truth": table["intervals that hold the truth"].map(
            "{:.1%}".format
        )
    }
)

# %% [markdown] tags=["zh"]
# 360 张时，半宽是 {{ f"{rows['360'][0]:.1f}" }} 个百分点，0.8 的差别淹没在里面；10000 张时是 {{ f"{rows['10,000'][0]:.2f}" }}。样本少、准确率又接近 1 时，这个简单的公式偏乐观：360 张的区间有 {{ f"{rows['360'][1]:.0%}" }} 包住真值，100 张的只有 {{ f"{rows['100'][1]:.0%}" }}。错题太少，分布是歪的；碰巧一题不错，算出的区间宽度竟是 0。
#
# 公式还有一个前提：各次抽样**独立同分布**，互不影响，都来自同一个分布。常见的违反是同一个人的多张照片。假设 36 个人各写 10 张，每人的字好认的程度不同，平均仍是 97%。**先猜：区间还有几成包住真值？**

# %% [markdown] tags=["en"]
# With 360 images the half-width is {{ f"{rows['360'][0]:.1f}" }} points, and a difference of 0.8 drowns in it; with 10000 it is {{ f"{rows['10,000'][0]:.2f}" }}. With few samples and an accuracy near 1 the simple formula is too hopeful: {{ f"{rows['360'][1]:.0%}" }} of the intervals from 360 images hold the truth, and only {{ f"{rows['100'][1]:.0%}" }} of those from 100. Mistakes are so few that their distribution is lopsided; a test set without a single mistake even gets an interval of width 0.
#
# The formula also assumes draws that are **independent and identically distributed** (i.i.d.): none influences another, and all come from one distribution. Several images by one person break it. Say 36 people write 10 images each, some hands being easier to read than others, still 97% on average. **Guess what share of the intervals holds the truth now.**

# %%
torch.manual_seed(0)
# accuracy on each writer, mean 0.97
legible = torch.distributions.Beta(9.7, 0.3).sample((10_000, 36))
by_writer = torch.binomial(
    torch.full((10_000, 36), 10.0), legible, generator=generator
).sum(dim=1)
held = {
    "independent images": coverage(test_sets(10_000), images),
    "ten images from each writer": coverage(by_writer, images),
}
{name: f"{share:.0%}" for name, share in held.items()}

# %% [markdown] tags=["zh"]
# 从 {{ f"{held['independent images']:.0%}" }} 降到 {{ f"{held['ten images from each writer']:.0%}" }}。360 张图片，信息却没有 360 份。换随机种子重训得到的起伏也不在这个公式里，见[种子](../training/seeds.py)。
#
# ## 均匀分布与正态分布 { #normal }
#
# **均匀分布**在区间 $[a,b]$ 里处处同样可能，方差是 $(b-a)^2/12$。PyTorch 的 `nn.Linear` 就从它抽初始权重，$a,b=\mp1/\sqrt n$，$n$ 是输入的个数。**正态分布** $\mathcal N(\mu,\sigma^2)$ 是钟形的，由均值 $\mu$ 和标准差 $\sigma$ 决定，密度是
#
# $$ p(x)=\frac{1}{\sigma\sqrt{2\pi}}\,e^{-(x-\mu)^2/2\sigma^2} $$
#
# 它为什么到处出现？许多独立的小量加起来，不管各自是什么分布，和都接近正态（中心极限定理）。从均匀分布出发，取 1 个、2 个、12 个的平均：

# %% [markdown] tags=["en"]
# Down from {{ f"{held['independent images']:.0%}" }} to {{ f"{held['ten images from each writer']:.0%}" }}: 360 images carry less than 360 images' worth of information. Nor does the formula know how much results scatter when training is repeated, see [seeds](../training/seeds.py).
#
# ## Uniform and normal distributions { #normal }
#
# A **uniform distribution** is equally likely everywhere in an interval $[a,b]$ and has variance $(b-a)^2/12$. In PyTorch `nn.Linear` draws its initial weights from a uniform distribution, with $a,b=\mp1/\sqrt n$ for $n$ inputs. The **normal distribution** $\mathcal N(\mu,\sigma^2)$ is the bell curve, fixed by its mean $\mu$ and standard deviation $\sigma$, with density
#
# $$ p(x)=\frac{1}{\sigma\sqrt{2\pi}}\,e^{-(x-\mu)^2/2\sigma^2} $$
#
# Why does it turn up everywhere? Add many small independent quantities, whatever their distribution, and the sum is close to normal (the central limit theorem). Start from the uniform distribution and take means of 1, 2 and 12:

# %%
from torch import nn

draws = {k: torch.rand(40_000, k, generator=generator).mean(dim=1) for k in (1, 2, 12)}
within = {
    k: ((values - 0.5).abs() < (1 / 12 / k) ** 0.5).float().mean().item()
    for k, values in draws.items()
}
weights = nn.Linear(784, 256).weight.detach()
bound = 784**-0.5
by_formula = 2 * bound / 12**0.5
print(f"largest weight {weights.abs().max():.5f}, 1/√784 = {bound:.5f}")
print(f"deviation {weights.std():.5f}, by the formula {by_formula:.5f}")

# %% tags=["hide-input"] alt_zh="三幅直方图和正态曲线：1 个均匀数是平的，2 个的平均是三角形，12 个的平均与钟形曲线几乎重合。" alt_en="Three histograms with the normal curve: one uniform number is flat, the mean of 2 is a triangle, the mean of 12 almost coincides with the bell."
figure, panels = plt.subplots(1, 3, figsize=(7.4, 2.4))
grid = torch.linspace(0, 1, 201)
for axes, (k, values) in zip(panels, draws.items()):
    axes.hist(
        values.numpy(), bins=40, range=(0, 1), density=True, color=PALETTE[0], alpha=0.6
    )
    axes.plot(
        grid,
        torch.distributions.Normal(0.5, (1 / 12 / k) ** 0.5).log_prob(grid).exp(),
        color=PALETTE[1],
        linestyle="-",
    )
    axes.set(title=f"mean of {k}", xlabel="value")
panels[0].set_ylabel("density")
figure

# %% [markdown] tags=["zh"]
# 12 个就足够像了：正态分布有 68% 落在 $\mu\pm\sigma$ 之内，这里 1 个、2 个、12 个的平均依次是 {{ f"{within[1]:.0%}" }}、{{ f"{within[2]:.0%}" }}、{{ f"{within[12]:.0%}" }}。准确率是 360 个 0 和 1 的平均，所以才可以用 1.96。
#
# ## 似然：哪个参数最说得通 { #likelihood }
#
# 一枚硬币抛 10 次，7 次正面。设正面的概率是 $\theta$，这件事发生的概率正比于
#
# $$ L(\theta)=\theta^7(1-\theta)^3 $$
#
# 数据固定、看作参数 $\theta$ 的函数，就叫**似然**。它不是 $\theta$ 的概率，对 $\theta$ 积分也不等于 1。使它最大的 $\theta$ 是**最大似然估计**。实际计算都取对数，乘积变成和：$\ln L=7\ln\theta+3\ln(1-\theta)$，求导令其为 0，得 $\hat\theta=7/10$，就是数出来的比例：

# %% [markdown] tags=["en"]
# A mean of 12 is already close. A normal distribution has 68% within $\mu\pm\sigma$; the means of 1, 2 and 12 have {{ f"{within[1]:.0%}" }}, {{ f"{within[2]:.0%}" }} and {{ f"{within[12]:.0%}" }}. Accuracy is a mean of 360 zeros and ones, which is why 1.96 may be used for it.
#
# ## Likelihood: which parameter explains the data best { #likelihood }
#
# A coin is tossed 10 times and shows heads 7 times. If the probability of heads is $\theta$, the probability of this result is proportional to
#
# $$ L(\theta)=\theta^7(1-\theta)^3 $$
#
# Read as a function of the parameter $\theta$, with the data fixed, it is called the **likelihood**. It is not a probability of $\theta$, and its integral over $\theta$ is not 1. The $\theta$ that makes it greatest is the **maximum likelihood** estimate. In practice you take logarithms, so that the product becomes a sum: $\ln L=7\ln\theta+3\ln(1-\theta)$. Set its derivative to 0, and $\hat\theta=7/10$, the share we counted:

# %% tags=["hide-input"] alt_zh="似然随 θ 的曲线：10 次里 7 次的一条宽而平缓，100 次里 70 次的一条窄得多，两条都在 0.7 处最高。" alt_en="Likelihood against θ: wide for 7 of 10, much narrower for 70 of 100, both highest at 0.7."
from dlnotes import figures

theta = torch.linspace(0.005, 0.995, 199)
log_likelihood = 7 * theta.log() + 3 * (1 - theta).log()
shapes = {"7 of 10": log_likelihood, "70 of 100": 10 * log_likelihood}
best = theta[log_likelihood.argmax()].item()
figures.lines(
    {name: (values - values.max()).exp() for name, values in shapes.items()},
    x=theta,
    xlabel="probability of heads θ",
    ylabel="likelihood, as a share of its peak",
)

# %% [markdown] tags=["zh"]
# 两条都在 {{ f"{best:.1f}" }} 处最高；数据多 10 倍，峰就窄得多。训练分类器做的是同一件事，只是 $\theta$ 换成几十万个权重：让训练集标签的似然最大，就是让[交叉熵](softmax-regression.py#cross-entropy)最小；正态噪声下的最大似然，就是[最小二乘](linear-regression.py#why-squares)。
#
# ## 条件概率与贝叶斯定理 { #bayes }
#
# 已知 $B$ 发生，$A$ 有多可能？这叫**条件概率** $p(A\mid B)=p(A,B)/p(B)$，其中 $p(A,B)$ 是两者都发生的概率。从一个方向换到另一个方向，用**贝叶斯定理**：
#
# $$ p(A\mid B)=\frac{p(B\mid A)\,p(A)}{p(B)} $$
#
# $p(A)$ 叫先验，$p(A\mid B)$ 叫后验。一个检测器，有缺陷的零件 99% 会报警，好零件 5% 误报，缺陷占 1%。它报警了，**先猜：真有缺陷的概率是多少？**

# %% [markdown] tags=["en"]
# Both peak at {{ f"{best:.1f}" }}; ten times as much data makes the peak much narrower. Training a classifier does the same, with perhaps a hundred thousand weights in place of $\theta$: making the likelihood of the training labels as great as possible is making the [cross-entropy](softmax-regression.py#cross-entropy) as small as possible; under normal noise it is [least squares](linear-regression.py#why-squares).
#
# ## Conditional probability and Bayes' theorem { #bayes }
#
# How likely is $A$ once $B$ is known to have happened? That is the **conditional probability** $p(A\mid B)=p(A,B)/p(B)$, where $p(A,B)$ is the probability of both. **Bayes' theorem** turns it round:
#
# $$ p(A\mid B)=\frac{p(B\mid A)\,p(A)}{p(B)} $$
#
# $p(A)$ is called the prior and $p(A\mid B)$ the posterior. A detector sounds for 99% of faulty parts and, by mistake, for 5% of good ones; 1% of parts are faulty. It sounds. **Guess the probability that the part is faulty.**

# %%
by_bayes = 0.99 * 0.01 / (0.99 * 0.01 + 0.05 * 0.99)
faulty = torch.rand(1_000_000, generator=generator) < 0.01
alarm = torch.rand(1_000_000, generator=generator) < torch.where(faulty, 0.99, 0.05)
counted = faulty[alarm].float().mean()
print(f"Bayes {by_bayes:.1%}; counted among {int(alarm.sum()):,} alarms {counted:.1%}")

# %% [markdown] tags=["zh"]
# 只有 {{ f"{by_bayes:.0%}" }}。好零件是坏零件的 99 倍，5% 的误报就盖过了真的。稀少的类别最容易这样，所以光看准确率不够。
#
# ## 只靠数数的分类器 { #naive-bayes }
#
# 贝叶斯定理能直接认数字。把每个像素二值化：超过一半灰度算有墨。对每个数字 $k$，数一数像素 $i$ 有墨的比例 $\theta_{ki}=p(x_i=1\mid k)$，这正是最大似然估计。再**假设**给定数字后各像素互相独立，似然就是 64 个因子的乘积，乘上先验 $p(k)$，取最大：
#
# $$ \ln p(k\mid\mathbf x)=\ln p(k)+\sum_i\bigl[x_i\ln\theta_{ki}+(1-x_i)\ln(1-\theta_{ki})\bigr]+\text{const} $$
#
# 其中 $x_i$ 是 0 或 1，$\text{const}$ 与 $k$ 无关。这叫朴素贝叶斯。没有梯度，没有轮次，只数一遍：

# %% [markdown] tags=["en"]
# Only {{ f"{by_bayes:.0%}" }}. There are 99 times as many good parts, and even 5% of those drown the real faults. The rarer a class, the worse this gets, and accuracy alone does not show it.
#
# ## A classifier that only counts { #naive-bayes }
#
# Bayes' theorem can read digits. Make every pixel black or white: ink where it is above half. For each digit $k$ and each pixel $i$, count in what share of the images the pixel has ink, $\theta_{ki}=p(x_i=1\mid k)$; that is maximum likelihood. Then **assume** that the pixels of a given digit are independent. The likelihood is a product of 64 factors; multiply it by the prior $p(k)$ and choose the digit with the greatest result. In logarithms:
#
# $$ \ln p(k\mid\mathbf x)=\ln p(k)+\sum_i\bigl[x_i\ln\theta_{ki}+(1-x_i)\ln(1-\theta_{ki})\bigr]+\text{const} $$
#
# where $x_i$ is 0 or 1 and $\text{const}$ does not depend on $k$. This is called naive Bayes. There is no gradient and there are no epochs, only one round of counting:

# %%
from torch.nn import functional as F

from dlnotes import data

splits = data.load("digits")


def small(part):
    return F.adaptive_avg_pool2d(part.images.float() / 255, 8).flatten(1), part.labels


(x, y), (x_test, y_test) = small(splits.train), small(splits.test)
ink, ink_test = (x > 0.5).float(), (x_test > 0.5).float()


def count(extra):
    """Shares of ink (10, 64) and of digits (10,).

    Each digit counts as if it had `extra` more images with and without ink.
    """
    members = y.bincount(minlength=10)
    inked = torch.zeros(10, 64).index_add_(0, y, ink)
    return (inked + extra) / (members + 2 * extra).unsqueeze(1), members / len(y)


def log_posterior(images, theta, prior):
    # (N, 10, 64)
    scores = torch.xlogy(images[:, None], theta) + torch.xlogy(
        1 - images[:, None], 1 - theta
    )
    return scores.sum(dim=2) + prior.log()


theta, prior = count(extra=1)
posterior = log_posterior(ink_test, theta, prior).softmax(dim=1)
counted = (posterior.argmax(dim=1) == y_test).float().mean().item()
sure = posterior.max(dim=1).values.mean().item()
bare = log_posterior(ink_test, *count(extra=0))
impossible = (
    (bare[torch.arange(len(y_test)), y_test] == -torch.inf).float().mean().item()
)
print(f"right {counted:.1%}; mean probability of its answers {sure:.1%}")
print(f"right class ruled out without extra counts: {impossible:.0%}")

# %% tags=["hide-input"] alt_zh="10 张 8×8 的图：每个数字各像素有墨的概率，像模糊的数字 0 到 9。" alt_en="Ten pictures of 8×8 cells: the probability of ink at each pixel for each digit, like blurred digits 0 to 9."
figures.image_grid(
    1 - theta.reshape(10, 8, 8), [str(digit) for digit in range(10)], columns=5
)

# %% [markdown] tags=["zh"]
# 数一遍就对了 {{ f"{counted:.1%}" }}。两处毛病值得记住：
#
# - 最大似然会给没见过的事概率 0。训练集里某个数字的某个像素从来没有墨，测试图片在那里多一点，正确答案就成了 $\ln0=-\infty$：不加修正，有 {{ f"{impossible:.0%}" }} 的测试图片因此被一票否决。代码里的 `extra=1` 给每种情况多记 1 次。
# - 独立的假设不成立（[相邻像素](linear-algebra.py#covariance)强烈相关），同一条证据算了好几遍，所以它过分自信：平均给自己的答案 {{ f"{sure:.1%}" }} 的概率，实际对 {{ f"{counted:.1%}" }}。
#
# ## 指数移动平均 { #moving-average }
#
# 小批量的损失跳得厉害，看不出趋势。**指数移动平均**（EMA）越近的值权重越大：
#
# $$ m_t=\beta\,m_{t-1}+(1-\beta)\,x_t, \qquad \hat m_t=\frac{m_t}{1-\beta^t} $$
#
# 其中 $x_t$ 是第 $t$ 步的值，$m_0=0$。它大致相当于看最近 $1/(1-\beta)$ 个值，$\hat m_t$ 校正开头偏向 0 的毛病。Adam 和批量归一化的移动均值用的都是它，动量是它的近亲。拿 16 张一批的训练试试：

# %% [markdown] tags=["en"]
# One round of counting gets {{ f"{counted:.1%}" }} right. Two faults are worth remembering:
#
# - Maximum likelihood gives probability 0 to what was never seen. If a pixel never had ink in the training images of a digit, a little ink there in a test image makes the score of that digit $\ln0=-\infty$. Without a remedy the right class is ruled out for {{ f"{impossible:.0%}" }} of the test images. In the code, `extra=1` counts each case one extra time.
# - Independence does not hold ([neighbouring pixels](linear-algebra.py#covariance) are strongly correlated), so one piece of evidence is counted several times, and the classifier is too sure: it gives its answers a probability of {{ f"{sure:.1%}" }} on average, but is right in only {{ f"{counted:.1%}" }}.
#
# ## Exponential moving average { #moving-average }
#
# The loss of small batches jumps so much that no trend can be seen. An **exponential moving average** (EMA) gives recent values more weight:
#
# $$ m_t=\beta\,m_{t-1}+(1-\beta)\,x_t, \qquad \hat m_t=\frac{m_t}{1-\beta^t} $$
#
# where $x_t$ is the value at step $t$ and $m_0=0$. The average looks back over roughly $1/(1-\beta)$ values, and $\hat m_t$ corrects the pull towards 0 at the start. Adam and the running mean of batch normalization use it, and momentum is a close relative. Try it on a training run with batches of 16:

# %%
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
losses = []
for _ in range(400):
    batch = torch.randint(len(x), (16,))
    loss = F.cross_entropy(net(x[batch]), y[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())


def moving_average(values, beta, corrected=True):
    m, averages = 0.0, []
    for t, value in enumerate(values, start=1):
        m = beta * m + (1 - beta) * value
        averages.append(m / (1 - beta**t) if corrected else m)
    return averages


smooth = {
    "β = 0.9": moving_average(losses, 0.9),
    "β = 0.98": moving_average(losses, 0.98),
    "β = 0.98, uncorrected": moving_average(losses, 0.98, corrected=False),
}

# %% tags=["hide-input"] alt_zh="训练损失：单个批量的灰线上下乱跳；β 为 0.9 的线跟得紧、略有起伏；β 为 0.98 的线平滑而滞后；不校正的一条从 0 附近爬上来。" alt_en="Training loss: the line of single batches jumps about; β = 0.9 follows closely with some ripple; β = 0.98 is smooth and lags behind; uncorrected, it climbs from near 0."
figure, axes = plt.subplots()
axes.plot(
    range(1, 401),
    losses,
    color=INK,
    linestyle="-",
    linewidth=0.7,
    alpha=0.35,
    label="single batches",
)
for name, values in smooth.items():
    axes.plot(range(1, 401), values, label=name)
axes.set(xlabel="step", ylabel="loss")
axes.legend()
figure

# %% [markdown] tags=["zh"]
# 平滑要用滞后来换：$\beta=0.98$ 的线比真实的下降晚几十步。不校正的那条开头几乎是 0，像是还没训练就学会了。
#
# ## 常见的坑 { #traps }
#
# !!! warning "标准差和标准误混着报"
#     “96.9 ± 0.9”里的 0.9 是什么？5 个种子的标准差说明单次结果有多散，标准误说明平均值有多准，两者差 $\sqrt5$ 倍。要写明。
#
# !!! warning "挑最好的种子再算区间"
#     挑过的最大值不是随机抽样，区间不再成立，见[泛化](generalization.py)。
#
# !!! warning "两个模型在同一套图片上，却当作独立的来比"
#     题目难的时候两个模型一起错，差别其实比两个独立区间显示的更清楚。应当数“甲对乙错”和“甲错乙对”各有几张。
#
# !!! warning "许多概率直接相乘"
#     64 个 0.1 相乘是 $10^{-64}$，float32 最小只到约 $10^{-45}$，结果是 0。把对数加起来。

# %% [markdown] tags=["en"]
# Smoothness is paid for with delay: the line of $\beta=0.98$ is dozens of steps behind the real descent. Uncorrected, it is almost 0 at the start, as if the network had known everything before training.
#
# ## Traps { #traps }
#
# !!! warning "Standard deviation or standard error?"
#     What is the 0.9 in "96.9 ± 0.9"? The standard deviation over 5 seeds says how far single results scatter, the standard error says how sure their mean is, and they differ by a factor of $\sqrt5$. Say which one you mean.
#
# !!! warning "An interval for the best seed"
#     The best of several is not a random draw, so the interval means nothing, see [generalization](generalization.py).
#
# !!! warning "Two models on the same images, compared as if independent"
#     Both fail on the same hard images, so the difference between them is known more precisely than two separate intervals suggest. Count how often A is right and B wrong, and how often it is the other way round.
#
# !!! warning "Multiplying many probabilities"
#     A product of 64 factors of 0.1 is $10^{-64}$; float32 goes down to about $10^{-45}$, so the product is 0. Add logarithms.

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 10000 张测试图片，准确率 99%。标准误是几个百分点？95% 置信区间的半宽呢？
#
# ??? success "答案"
#     $\sqrt{0.99\times0.01/10000}$，即 {{ f"{100 * (0.99 * 0.01 / 10_000) ** 0.5:.4f}" }} 个百分点；半宽是它的 1.96 倍，{{ f"{196 * (0.99 * 0.01 / 10_000) ** 0.5:.3f}" }}。
#
# **2.** 检测器对有缺陷的报警 90%，误报 10%，缺陷占 1%。报警时真有缺陷的概率是多少？
#
# ??? success "答案"
#     $0.9\times0.01/(0.9\times0.01+0.1\times0.99)\approx$ {{ f"{0.009 / (0.009 + 0.099):.4f}" }}，十二次里只有一次是真的。
#
# **3.** 要让 $[-a,a]$ 上的均匀分布方差为 $1/784$，$a$ 取多少？
#
# ??? success "答案"
#     方差是 $(2a)^2/12=a^2/3$，所以 $a=\sqrt{3/784}\approx$ {{ f"{(3 / 784) ** 0.5:.4f}" }}。PyTorch 默认的界还要再除以 $\sqrt3$。
#
# **4.** $\beta=0.99$ 时，第 100 步的 $m_t$ 里初始值 $m_0$ 还占多大的权重？到第几步才低于 1%？
#
# ??? success "答案"
#     权重是 $0.99^{100}\approx$ {{ f"{0.99**100:.3f}" }}；$0.99^t<0.01$ 要 $t=$ {{ next(t for t in range(1, 999) if 0.99**t < 0.01) }}。
#
# **5.** 写 `interval(right, total)`：返回准确率的 95% 置信区间（下界，上界）。
#
# ??? success "答案"
#     ```python
#     def interval(right, total):
#         p = right / total
#         half = 1.96 * (p * (1 - p) / total) ** 0.5
#         return p - half, p + half
#     ```
#
# ## 参考文献 { #references }
#
# - L. Wasserman. [All of Statistics](https://doi.org/10.1007/978-0-387-21736-9). Springer, 2004.
# - C. Bishop. [Pattern Recognition and Machine Learning](https://www.microsoft.com/en-us/research/publication/pattern-recognition-machine-learning/), 1.2. Springer, 2006.
# - L. Brown, T. Cai, A. DasGupta. [Interval estimation for a binomial proportion](https://doi.org/10.1214/ss/1009213286). 2001.（简单公式在什么时候不准，用什么代替）
# - [torch.distributions](https://docs.pytorch.org/docs/stable/distributions.html)，PyTorch 文档。

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** 10000 test images, accuracy 99%. What is the standard error in percentage points, and what is the half-width of the 95% confidence interval?
#
# ??? success "Answer"
#     $\sqrt{0.99\times0.01/10000}$, that is {{ f"{100 * (0.99 * 0.01 / 10_000) ** 0.5:.4f}" }} points; the half-width is 1.96 times that, {{ f"{196 * (0.99 * 0.01 / 10_000) ** 0.5:.3f}" }}.
#
# **2.** A detector sounds for 90% of faulty parts and, by mistake, for 10% of good ones; 1% of parts are faulty. When it sounds, how likely is a fault?
#
# ??? success "Answer"
#     $0.9\times0.01/(0.9\times0.01+0.1\times0.99)\approx$ {{ f"{0.009 / (0.009 + 0.099):.4f}" }}: one alarm in twelve is real.
#
# **3.** Which $a$ gives the uniform distribution on $[-a,a]$ a variance of $1/784$?
#
# ??? success "Answer"
#     The variance is $(2a)^2/12=a^2/3$, so $a=\sqrt{3/784}\approx$ {{ f"{(3 / 784) ** 0.5:.4f}" }}. The default bound of PyTorch is smaller by a factor of $\sqrt3$.
#
# **4.** With $\beta=0.99$, what weight does the initial $m_0$ have in $m_t$ at step 100? At which step does that weight first fall below 1%?
#
# ??? success "Answer"
#     $0.99^{100}\approx$ {{ f"{0.99**100:.3f}" }}; for $0.99^t<0.01$ it takes $t=$ {{ next(t for t in range(1, 999) if 0.99**t < 0.01) }}.
#
# **5.** Write `interval(right, total)`, which returns the 95% confidence interval (low, high) of an accuracy.
#
# ??? success "Answer"
#     ```python
#     def interval(right, total):
#         p = right / total
#         half = 1.96 * (p * (1 - p) / total) ** 0.5
#         return p - half, p + half
#     ```
#
# ## References { #references }
#
# - L. Wasserman. [All of Statistics](https://doi.org/10.1007/978-0-387-21736-9). Springer, 2004.
# - C. Bishop. [Pattern Recognition and Machine Learning](https://www.microsoft.com/en-us/research/publication/pattern-recognition-machine-learning/), 1.2. Springer, 2006.
# - L. Brown, T. Cai, A. DasGupta. [Interval estimation for a binomial proportion](https://doi.org/10.1214/ss/1009213286). 2001. (when the simple formula fails, and what to use)
# - [torch.distributions](https://docs.pytorch.org/docs/stable/distributions.html), PyTorch documentation.
