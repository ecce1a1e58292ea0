# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "训练、验证、测试各管什么；太小与太大的网络各有怎样的曲线；随机猜测怎样靠偷看测试集“进步”。"
#       en: "What training, validation and test sets are for; the curves of a net too small and one too large; how pure guessing improves by watching the test set."
#     covers: [T-05, T-07, T-08, E-75]
#     labels:
#       width 1: 宽度 1
#       width 6: 宽度 6
#       width 200: 宽度 200
#       hidden width: 隐藏层宽度
#       number of guessers: 猜测者人数
#       on the watched set: 在被盯着看的集合上
#       on fresh data: 在新数据上
#       chosen on all 120 samples: "用全部 120 个样本挑特征"
#       chosen on the training half: 只用训练的一半挑特征
#       training error: 训练误差
#       error against the true curve: 与真实曲线的误差
#       accuracy on pure noise: 纯噪声上的准确率
#       degree of the polynomial: 多项式次数
#       squared bias: 偏差的平方
#       variance: 方差
#       number of features: 特征个数
#       "true labels": 真标签
#       "shuffled labels": 打乱的标签
# ---

# %% [markdown] tags=["zh"]
# # 泛化：训练时全对，考试时呢 { #generalization }
#
# 三个网络拟合同样的 24 个点。一个怎么训练都对不准，一个差不多，一个把每个点都穿过去了。**只看训练误差，你会选哪个？只看图呢？**

# %% [markdown] tags=["en"]
# # Generalization: all right in training, and in the exam? { #generalization }
#
# Three networks fit the same 24 points. One never comes close, one is about right, and one passes through every single point. **Which would you choose by the training error alone? And which by the picture?**

# %% tags=["hide-input"] alt_zh="同样 24 个带噪声的点，三种拟合：宽度 1 只有一个台阶，错过了波峰；宽度 6 贴着真实曲线；宽度 200 穿过每个点，在点与点之间剧烈抖动。" alt_en="The same 24 noisy points and three fits: width 1 is one step and misses the waves; width 6 follows the true curve; width 200 passes through every point and swings wildly between them."
import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn import functional as F

from dlnotes.figures.style import INK, PALETTE

noise = torch.Generator().manual_seed(0)
x = torch.linspace(-3, 3, 24).unsqueeze(1)
y = torch.sin(1.5 * x) + 0.25 * torch.randn(x.shape, generator=noise)
dense = torch.linspace(-3, 3, 300).unsqueeze(1)
truth = torch.sin(1.5 * dense)


def fit_curve(width):
    """Fit a network with one hidden layer of tanh, starting from steep and spread steps."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(1, width), nn.Tanh(), nn.Linear(width, 1))
    with torch.no_grad():
        net[0].weight.normal_(0, 3)
        net[0].bias.normal_(0, 5)
    optimizer = torch.optim.LBFGS(
        net.parameters(),
        max_iter=800,
        history_size=50,
        tolerance_change=1e-12,
        line_search_fn="strong_wolfe",
    )

    def closure():
        optimizer.zero_grad()
        loss = F.mse_loss(net(x), y)
        loss.backward()
        return loss

    optimizer.step(closure)
    with torch.no_grad():
        return (
            net(dense),
            F.mse_loss(net(x), y).item(),
            F.mse_loss(net(dense), truth).item(),
        )


fits = {width: fit_curve(width) for width in (1, 6, 200)}
figure, panels = plt.subplots(1, 3, figsize=(7.4, 2.5), sharey=True)
for axes, (width, (curve, _, _)) in zip(panels, fits.items()):
    axes.plot(dense, truth, color=INK, alpha=0.45, linestyle=":")
    axes.plot(x, y, "o", color=PALETTE[1], markersize=3.5)
    axes.plot(dense, curve, color=PALETTE[0], linestyle="-")
    axes.set(title=f"width {width}", ylim=(-2.2, 2.2))
figure

# %% tags=["hide-input"]
import pandas as pd

pd.DataFrame(
    {
        "training error": [f"{fits[w][1]:.1e}" for w in fits],
        "error against the true curve": [f"{fits[w][2]:.3f}" for w in fits],
    },
    index=[f"width {w}" for w in fits],
)

# %% [markdown] tags=["zh"]
# 按训练误差选，一定选中宽度 200 的：它连噪声也背下来了。可是点与点之间，它比宽度 6 的差得多。训练误差问的是“见过的记住了没有”，我们要的却是**没见过的答得对不对**，这叫泛化。
#
# - **欠拟合**：训练误差就高，新数据上一样高。这里是宽度 1。
# - **过拟合**：训练误差极低，新数据上却高。这里是宽度 200。
#
# ## 三份数据，三种用途 { #three-sets }

# %% [markdown] tags=["en"]
# The training error always picks width 200, which has learned even the noise by heart. Between the points it does far worse than width 6. Training error asks whether the network remembers what it has seen. What we want is **right answers on what it has not seen**, and that is generalization.
#
# - **Underfitting**: the error is already high in training, and just as high on new data. Here, width 1.
# - **Overfitting**: the error is tiny in training and high on new data. Here, width 200.
#
# ## Three sets, three uses { #three-sets }

# %% tags=["remove-input"] alt_zh="一条横条按比例分成三段：训练、验证、测试，各标出张数。" alt_en="One bar cut in proportion into three: training, validation and test, with the number of images of each."
from dlnotes import data

splits = data.load("digits")
sizes = {
    "training": len(splits.train.labels),
    "validation": len(splits.validation.labels),
    "test": len(splits.test.labels),
}
figure, axes = plt.subplots(figsize=(6.4, 0.9), layout="none")
axes.set_position((0, 0, 1, 1))
axes.axis("off")
left = 0
for number, (name, size) in enumerate(sizes.items()):
    axes.barh(0, size, left=left, color=PALETTE[number], alpha=0.35)
    axes.text(left + size / 2, 0.08, name, ha="center", fontsize=11)
    axes.text(left + size / 2, -0.22, f"{size:,}", ha="center", fontsize=10)
    left += size
axes.set(xlim=(0, left), ylim=(-0.42, 0.42))
figure

# %% [markdown] tags=["zh"]
# | 集合 | 用来决定什么 | 看几次 |
# |---|---|---|
# | 训练集 | 权重和偏置；归一化的均值与标准差 | 每一步 |
# | 验证集 | 超参数：宽度、学习率、何时停 | 每个轮次 |
# | 测试集 | 什么也不决定，只报告 | 一次，在最后 |
#
# 记住一条就够：**凡是用来做过选择的数据，给出的分数都偏乐观。** 所以有人说的“验证测试集”并不存在，一份数据要么用来选，要么用来报告。样本太少、分不起三份时，可以用[交叉验证](../training/tuning.py#cross-validation)。
#
# 分完要检查两件事：三份数据不重叠，各类别的比例相近。两件都可以算出来：

# %% [markdown] tags=["en"]
# | set | what it decides | how often it is seen |
# |---|---|---|
# | training | weights and biases; mean and deviation for normalization | at every step |
# | validation | hyperparameters: width, learning rate, when to stop | every epoch |
# | test | nothing; it only reports | once, at the end |
#
# One sentence is enough to remember: **data that were used to choose give a score that flatters.** So there is no such thing as a "validation test set": data serve either to choose or to report. When there are too few samples for three sets, there is [cross-validation](../training/tuning.py#cross-validation).
#
# After splitting, check that the sets share nothing and that the classes are in proportion. Both can be computed:


# %%
def fingerprints(split):
    return {image.numpy().tobytes() for image in split.images}


parts = {
    "training": splits.train,
    "validation": splits.validation,
    "test": splits.test,
}
marks = {name: fingerprints(part) for name, part in parts.items()}
shared = {
    f"{a} & {b}": len(marks[a] & marks[b])
    for a, b in (
        ("training", "validation"),
        ("training", "test"),
        ("validation", "test"),
    )
}
shares = pd.DataFrame(
    {
        name: (torch.bincount(part.labels) / len(part.labels)).numpy()
        for name, part in parts.items()
    }
)
print(shared)
shares.T.map("{:.1%}".format)

# %% [markdown] tags=["zh"]
# ## 太小与太大：两种曲线 { #curves }
#
# 把训练集砍到 100 张，好让差别显出来。同样的设置，训练两个 784-$m$-10 的网络：$m=2$ 和 $m=1024$，画出损失和准确率随轮次变化的**学习曲线**。**先猜两者的训练损失和验证损失各长什么样，再看。**

# %% [markdown] tags=["en"]
# ## Too small and too large: two kinds of curves { #curves }
#
# Cut the training set to 100 images, so that the difference shows. With the same settings, train two networks 784-$m$-10, with $m=2$ and $m=1024$, and draw the **learning curve** of each: loss and accuracy by epoch. **Guess the shape of training and validation loss for each, then look.**

# %%
import dataclasses

from dlnotes import figures, training
from dlnotes.models.mlp import MLP

hundred = dataclasses.replace(
    splits, train=data.Split(splits.train.images[:100], splits.train.labels[:100])
)


def train(width, seed, **settings):
    training.seed_everything(seed)
    model = MLP(hidden_sizes=(width,))
    options = {
        "epochs": 60,
        "batch_size": 25,
        "lr": 1e-3,
        "schedule": "constant",
        "weight_decay": 0.0,
        "seed": seed,
    }
    return training.fit(model, hundred, training.Config(**options | settings))


small = [train(2, seed) for seed in range(3)]
large = [train(1024, seed) for seed in range(2)]

# %% tags=["hide-input"] alt_zh="太小的网络：训练损失降得很慢，离 0 还远，验证损失停在 2.2 上下；两条准确率都很低。" alt_en="The net that is too small: training loss falls slowly and stays far from 0, validation loss stops near 2.2; both accuracies are low."
figures.curves(small)

# %% tags=["hide-input"] alt_zh="太大的网络：训练损失很快到 0，训练准确率到 1；验证损失先降后慢慢升，验证准确率停在八成左右。" alt_en="The net that is too large: training loss soon reaches 0 and training accuracy 1; validation loss falls, then creeps up, and validation accuracy stays near eighty percent."
figures.curves(large)

# %% tags=["remove-input"]
from statistics import mean

end = {"small": small, "large": large}
train_accuracy = {
    name: mean(run.epochs[-1].train_accuracy for run in runs)
    for name, runs in end.items()
}
validation_accuracy = {
    name: mean(run.epochs[-1].validation_accuracy for run in runs)
    for name, runs in end.items()
}
lowest = mean(min(epoch.validation_loss for epoch in run.epochs) for run in large)
last = mean(run.epochs[-1].validation_loss for run in large)

# %% [markdown] tags=["zh"]
# **太小**：最后训练准确率 {{ f"{train_accuracy['small']:.0%}" }}，验证准确率 {{ f"{validation_accuracy['small']:.0%}" }}。连训练集都学不会，加数据没有用，要加大网络或训练更久。
#
# **太大**：训练准确率 {{ f"{train_accuracy['large']:.0%}" }}，验证准确率 {{ f"{validation_accuracy['large']:.0%}" }}，两者之差叫**泛化差距**。差距小并不说明模型好，“太小”的那个差距就不大。验证损失最低时是 {{ f"{lowest:.2f}" }}，最后是 {{ f"{last:.2f}" }}：训练损失已经是 0 了，网络还在让自己更自信，于是错的那些错得更重。准确率却没有变差，因为谁大谁小没有变。损失和准确率问的不是同一个问题，两条都要画。
#
# ## 偏差与方差：U 形曲线从哪里来 { #bias-variance }
#
# 回到一条曲线、24 个点，改用多项式拟合，次数就是模型的大小。同样的 24 个位置，**噪声重抽 300 次**，每次拟合一条。同一个 $x$ 处就有 300 个预测，误差可以分成三部分：
#
# $$ \mathbb E\bigl[(\hat f(x)-f(x)-\varepsilon')^2\bigr]=\underbrace{\bigl(\mathbb E\,\hat f(x)-f(x)\bigr)^2}_{\text{bias}^2}+\underbrace{\operatorname{Var}\hat f(x)}_{\text{variance}}+\sigma^2 $$
#
# $f$ 是真实曲线，$\hat f$ 是拟合出来的，$\varepsilon'$ 是新观测的噪声，$\sigma^2$ 是它的方差，$\mathbb E$ 对所有的重抽取平均。第一项是偏差的平方：平均起来偏了多少。第二项是方差：换一批数据，拟合跟着晃多少。第三项谁也消不掉。**先猜：次数升高，前两项各往哪边走？**

# %% [markdown] tags=["en"]
# **Too small**: training accuracy ends at {{ f"{train_accuracy['small']:.0%}" }}, validation accuracy at {{ f"{validation_accuracy['small']:.0%}" }}. It cannot even learn the training set. More data will not help; a larger net or longer training will.
#
# **Too large**: training accuracy {{ f"{train_accuracy['large']:.0%}" }}, validation accuracy {{ f"{validation_accuracy['large']:.0%}" }}, and the difference is called the **generalization gap**. A small gap is nothing to be proud of by itself: that of the small net is not large either. Validation loss was {{ f"{lowest:.2f}" }} at its lowest and is {{ f"{last:.2f}" }} at the end: the training loss is almost 0, yet the net grows more and more confident, also where it is wrong. Accuracy does not suffer, because the order of the scores hardly changes. Loss and accuracy ask different questions; plot both.
#
# ## Bias and variance: where the U comes from { #bias-variance }
#
# Back to one curve and 24 points, now fitted by polynomials, whose degree is the size of the model. Keep the 24 places, **draw new noise 300 times**, and fit each time. At every $x$ there are 300 predictions, and their error falls into three parts:
#
# $$ \mathbb E\bigl[(\hat f(x)-f(x)-\varepsilon')^2\bigr]=\underbrace{\bigl(\mathbb E\,\hat f(x)-f(x)\bigr)^2}_{\text{bias}^2}+\underbrace{\operatorname{Var}\hat f(x)}_{\text{variance}}+\sigma^2 $$
#
# where $f$ is the true curve, $\hat f$ the fitted one, $\varepsilon'$ the noise of a new observation with variance $\sigma^2$, and $\mathbb E$ averages over all draws. The first, squared bias, is how far off the fits are on average; the second, variance, is how much they vary with the data; the third is noise that nobody can remove. **Guess which way the first two go as the degree rises.**

# %%
degrees = list(range(15))
places, line = x.squeeze(1).double() / 3, dense.squeeze(1).double() / 3
target = truth.squeeze(1).double()
wobble = torch.randn(24, 300, generator=noise, dtype=torch.float64)
draws = torch.sin(1.5 * x).double() + 0.25 * wobble


def split_error(degree):
    """Return squared bias, variance, and squared error, over the true curve."""
    chebyshev = torch.special.chebyshev_polynomial_t
    inputs, outputs = (
        torch.stack([chebyshev(t, torch.tensor(n)) for n in range(degree + 1)], dim=1)
        for t in (places, line)
    )
    curves = outputs @ torch.linalg.lstsq(inputs, draws).solution  # (places, draws)
    bias = (curves.mean(dim=1) - target).square().mean()
    variance = curves.var(dim=1, correction=0).mean()
    total = (curves - target[:, None]).square().mean()
    return bias.item(), variance.item(), total.item()


sums = [split_error(degree) for degree in degrees]
assert all(abs(bias + variance - total) < 1e-10 for bias, variance, total in sums)
turn = min(degrees, key=lambda degree: sums[degree][2])

# %% tags=["hide-input"] alt_zh="对数纵轴，横轴是多项式次数 0 到 14。偏差的平方一级一级降到几乎为零，方差一路上升，两者之和先降后升，在中间最低。" alt_en="Logarithmic, against the degree of the polynomial, 0 to 14: squared bias falls in steps to almost nothing, variance rises all the way, and their sum falls, then rises, lowest in between."
figures.lines(
    {name: [row[part] for row in sums] for part, name in enumerate(("squared bias", "variance", "error against the true curve"))},
    x=degrees, xlabel="degree of the polynomial", ylabel="error", log=True,
)  # fmt: skip

# %% [markdown] tags=["zh"]
# 次数低，偏差大，那是欠拟合；次数高，方差大，那是过拟合。和在 {{ turn }} 次最小，断言证明它确实等于两项之和。加大模型是拿偏差换方差，这叫**偏差-方差权衡**，教科书里的 U 形曲线就是这样来的。
#
# ## 越大越过拟合吗 { #width }
#
# 那么网络从小到大，验证误差也应当先降后升。真的吗？**先猜宽度 1024 比宽度 32 差多少。**

# %% [markdown] tags=["en"]
# At a low degree the bias is large: underfitting. At a high degree the variance is: overfitting. Their sum is least at degree {{ turn }}, and the assertion proves that it is their sum. A larger model trades bias for variance; this is the **bias–variance trade-off**, and the U of the textbooks comes from it.
#
# ## Does larger mean more overfitting? { #width }
#
# So as a network grows, validation error should fall and then rise as well. Does it? **Guess how much worse width 1024 is than width 32.**

# %%
widths = [1, 2, 4, 8, 32, 128, 1024]
sweep = {
    width: [
        train(width, seed, lr=3e-3, schedule="one_cycle", epochs=40)
        for seed in range(2)
    ]
    for width in widths
}
errors = {
    "training": [
        1 - mean(run.epochs[-1].train_accuracy for run in sweep[width])
        for width in widths
    ],
    "validation": [
        1 - mean(run.epochs[-1].validation_accuracy for run in sweep[width])
        for width in widths
    ],
}

# %% tags=["hide-input"] alt_zh="横轴是隐藏层宽度（对数），纵轴是错误率。训练误差降到 0 之后不再变；验证误差也先降，随后基本持平，没有再升上去。" alt_en="Error rate against hidden width, logarithmic: training error falls to 0; validation error falls too, then stays about level and does not rise again."
figure = figures.lines(errors, x=widths, xlabel="hidden width", ylabel="error rate")
axes = figure.axes[0]
axes.set_xscale("log")
axes.set_xticks(widths, [f"{w:,}" for w in widths])
axes.minorticks_off()
figure

# %% [markdown] tags=["zh"]
# 宽度 32 的验证误差是 {{ f"{errors['validation'][4]:.0%}" }}，宽度 1024 的是 {{ f"{errors['validation'][6]:.0%}" }}，参数却是它的约 {{ round((1024 * 795 + 10) / (32 * 795 + 10)) }} 倍。左半边的 U 有，右半边没有。网络大到能记住全部训练数据之后，验证误差并不一定再升；梯度下降偏爱的解，往往比“任意一个能记住数据的解”简单。开头的曲线则是反例：24 个点、故意选的陡峭初值，就摆得很厉害。
#
# 所以“参数比样本多就会过拟合”不是定律。要紧的是**量一量缺口**，再对症下药：
#
# | 看到的 | 诊断 | 该试什么 |
# |---|---|---|
# | 训练误差高 | 欠拟合 | 加大网络、训练更久、调学习率 |
# | 训练误差低，验证误差高 | 过拟合 | 加数据、数据增强、权重衰减、早停 |
# | 两个都低，实际用起来差 | 数据不是同一个分布，或有泄漏 | 查数据 |
#
# ## 双下降：最坏的大小 { #double-descent }
#
# 经典的 U 与上面的平线，中间缺了一段。把参数从远少于样本，细细地加到远多于样本，会看到什么？取 100 张训练图片，$m$ 个随机特征（一层随机的 ReLU，不训练），只解最后一层的最小二乘；解不唯一时取范数最小的那个。**先猜：$m$ 在哪里最糟？**

# %% [markdown] tags=["en"]
# At width 32 the validation error is {{ f"{errors['validation'][4]:.0%}" }}, at width 1024 it is {{ f"{errors['validation'][6]:.0%}" }}, with about {{ round((1024 * 795 + 10) / (32 * 795 + 10)) }} times the parameters. The left half of the U is there, the right half is not. Once a net can memorise all training data, validation error need not rise any more; among the solutions that fit, gradient descent tends to favour simpler ones. The curve at the top is the counterexample: with 24 points and deliberately large initial weights it swings wildly.
#
# So "more parameters than samples means overfitting" is not a law. **Measure the gap**, then treat what you find:
#
# | what you see | diagnosis | what to try |
# |---|---|---|
# | high training error | underfitting | a larger net, longer training, another learning rate |
# | low training error, high validation error | overfitting | more data, augmentation, weight decay, early stopping |
# | both low, poor in real use | another distribution, or a leak | look at the data |
#
# ## Double descent: the worst size { #double-descent }
#
# Between the classical U and the level line above, a piece is missing. What happens when the number of parameters goes, in small steps, from far fewer than the samples to far more? Take 100 training images and $m$ random features (one random ReLU layer, not trained), and solve the last layer by least squares; where there are many solutions, take that of least norm. **Guess at which $m$ it is worst.**

# %%
targets = F.one_hot(hundred.train.labels, 10).double()


def random_features(count, seed):
    """Return the test error of least squares on random features."""
    fixed = torch.Generator().manual_seed(seed)
    mix = torch.randn(784, count, generator=fixed, dtype=torch.float64) / 28
    inputs, checks = (
        (part.images.flatten(1).double() / 128 @ mix).relu()
        for part in (hundred.train, splits.test)
    )
    # Of all solutions "gelsd" gives the shortest.
    solved = torch.linalg.lstsq(inputs, targets, driver="gelsd").solution
    wrong = (checks @ solved).argmax(dim=1) != splits.test.labels
    return wrong.double().mean().item()


counts = [10, 20, 40, 60, 80, 90, 100, 110, 120, 150, 200, 400, 1000, 3000]
descent = [mean(random_features(count, seed) for seed in range(3)) for count in counts]
worst = counts[max(range(len(counts)), key=descent.__getitem__)]
dip = min(descent[: counts.index(100)])

# %% tags=["hide-input"] alt_zh="横轴特征个数（对数），纵轴错误率。先降到三成左右，在 100 个特征附近升到七八成，成一个尖峰，之后再次下降，3000 个特征时最低，一成多。" alt_en="Error rate against number of features, logarithmic: it falls to about three tenths, rises to a peak of seven or eight tenths near 100 features, falls again and is lowest at 3000, below two tenths."
figure = figures.lines(
    {"test": descent}, x=counts, xlabel="number of features", ylabel="error rate"
)
axes = figure.axes[0]
axes.axvline(100, color=INK, alpha=0.5, linestyle=":", linewidth=1.2)
axes.set_xscale("log")
axes.set_xticks(
    [10, 30, 100, 300, 1000, 3000], ["10", "30", "100", "300", "1,000", "3,000"]
)
axes.minorticks_off()
figure

# %% [markdown] tags=["zh"]
# 最糟的是 $m={{ worst }}$，错误率 {{ f"{max(descent):.0%}" }}，就在特征刚刚够穿过 100 个样本的地方附近（虚线）。左边先降到 {{ f"{dip:.0%}" }} 再升，是经典的 U；右边却**再次下降**，{{ f"{counts[-1]:,}" }} 个特征时只有 {{ f"{descent[-1]:.0%}" }}，比左边哪里都低。这叫**双下降**。道理是：特征刚刚够用时，穿过所有样本的解只有一个，不管多扭曲都得用它；特征有富余时，能选其中最短、也就最平缓的一个。上面的宽网络就在右边那一段。
#
# ## 死记硬背：标签全错也能满分 { #memorization }
#
# 模型能表示多少种函数，叫**模型容量**。右边那一段的网络，容量大到什么程度？把 100 张训练图片的标签**随机打乱**，图片与标签不再有任何关系，用同样的设置训练宽度 1024 的网络。**先猜：训练准确率能到多少？验证呢？**

# %% [markdown] tags=["en"]
# The worst is $m={{ worst }}$ with an error of {{ f"{max(descent):.0%}" }}, close to the point where there are just enough features to pass through 100 samples (dotted). On the left of it the error falls to {{ f"{dip:.0%}" }} and then rises, the classical U. On the right it **falls again**, and {{ f"{counts[-1]:,}" }} features have {{ f"{descent[-1]:.0%}" }}, lower than anywhere on the left. This is **double descent**. The reason is this. When there are just enough features, only one solution passes through all samples, and we must take it, however twisted it is. With features to spare we can choose the solution with the smallest norm, which is usually smoother. The wide networks above are on this right-hand side.
#
# ## Memorization: full marks with wrong labels { #memorization }
#
# How rich a set of functions a model can represent is its **model capacity**. How large is that of the networks on the right? **Shuffle the labels** of the 100 training images, so that pictures and labels have nothing to do with each other, and train the net of width 1024 with the same settings. **Guess its training accuracy, and its validation accuracy.**


# %%
def recite(seed):
    """Train on the 100 images with their labels shuffled."""
    training.seed_everything(seed)
    mixed = data.Split(hundred.train.images, hundred.train.labels[torch.randperm(100)])
    lied = dataclasses.replace(splits, train=mixed)
    settings = {"epochs": 60, "batch_size": 25, "lr": 1e-3, "weight_decay": 0.0}
    config = training.Config(**settings, schedule="constant", seed=seed)
    return training.fit(MLP(hidden_sizes=(1024,)), lied, config)


parrots = [recite(seed) for seed in range(3)]
recited = [
    mean(getattr(run.epochs[-1], f"{part}_accuracy") for run in parrots)
    for part in ("train", "validation")
]

# %% tags=["hide-input"] alt_zh="两条训练准确率随轮次上升到 1，真标签的快得多，打乱的标签慢得多。" alt_en="Two curves of training accuracy rise to 1 over the epochs, with true labels much sooner than with shuffled ones."
figures.lines(
    {name: [epoch.train_accuracy for epoch in run.epochs] for name, run in (("true labels", large[0]), ("shuffled labels", parrots[0]))},
    xlabel="epoch", ylabel="training accuracy",
)  # fmt: skip

# %% [markdown] tags=["zh"]
# 3 个种子平均，训练准确率 {{ f"{recited[0]:.0%}" }}，验证准确率 {{ f"{recited[1]:.0%}" }}，与瞎猜差不多。网络没有学到任何规律，只是把 100 个答案一个一个记住了，这就是**死记硬背**。它也不是没有代价：同样记到全对，真标签快得多，因为有规律可用。所以训练准确率 100% 什么也不能证明，同一个网络、同样的优化器，能学会真的，也能背下假的。
#
# ## 泄漏：盯着测试集看 { #leakage }
#
# 很多教程每个轮次都打印测试准确率，最后报告最好的一次。测试数据的信息就这样混进了选择，这叫**数据泄漏**。它有多糟？取一个极端：100 个**随机猜测者**，什么都没学，每人对 180 张图片乱猜一遍。我们挑出猜得最好的一个，再让他猜另外 180 张。


# %% [markdown] tags=["en"]
# On average over 3 seeds, training accuracy is {{ f"{recited[0]:.0%}" }}, validation accuracy {{ f"{recited[1]:.0%}" }}, about chance. The network found no rule at all; it stored 100 answers one by one, and that is **memorization**. It comes at a price: getting everything right takes much longer than with true labels, where there is a rule to use. So 100% in training proves nothing. The same network with the same optimizer can learn what is true and recite what is false.
#
# ## Leakage: watching the test set { #leakage }
#
# Many tutorials print the test accuracy after every epoch and report the best one. Knowledge of the test data thus gets into the choice, which is called **data leakage**. How bad is it? Take the extreme: 100 **random guessers** who have learned nothing each guess 180 images. Pick the best of them, and let that one guess another 180.

# %%
labels = splits.test.labels
generator = torch.Generator().manual_seed(0)


def best_of(guessers):
    """Let the best on the first half of the test labels guess the second half."""
    guesses = torch.randint(10, (guessers, len(labels)), generator=generator)
    right = (guesses == labels).float()
    watched, fresh = right[:, :180].mean(dim=1), right[:, 180:].mean(dim=1)
    best = watched.argmax()
    return watched[best].item(), fresh[best].item()


crowds = [1, 3, 10, 30, 100, 300, 1000]
trials = torch.tensor([[best_of(crowd) for _ in range(40)] for crowd in crowds])
scores = trials.mean(dim=1)

# %% tags=["hide-input"] alt_zh="横轴是猜测者人数（对数），纵轴是准确率。被盯着的集合上，最好者的分数随人数上升到 0.17 左右；在新数据上一直是 0.1。" alt_en="Accuracy against the number of guessers, logarithmic: on the watched set the best score climbs to about 0.17; on fresh data it stays at 0.1."
figure = figures.lines(
    {"on the watched set": scores[:, 0], "on fresh data": scores[:, 1]},
    x=crowds,
    xlabel="number of guessers",
    ylabel="accuracy",
)
axes = figure.axes[0]
axes.set(xscale="log", ylim=(0.05, 0.2))
axes.set_xticks(crowds, [f"{n:,}" for n in crowds])
axes.minorticks_off()
figure

# %% [markdown] tags=["zh"]
# 100 个人里最好的一个，在被盯着的集合上平均有 {{ f"{scores[4, 0]:.1%}" }}，在新数据上是 {{ f"{scores[4, 1]:.1%}" }}。没有人学到任何东西，分数却“进步”了一大半。看得越多、挑得越狠，分数越假。
#
# 真实的训练没有这么夸张，因为各个轮次的网络彼此很像，不是 100 个独立的猜测。但偏差的方向一样，永远偏乐观。本站的 `recipes.run` 每个轮次只看验证集，测试集在最后量一次。
#
# ## 另一种泄漏：先挑特征，后分数据 { #feature-leak }
#
# 下面的数据是**纯噪声**：120 个样本，5000 个随机特征，标签靠抛硬币。挑出与标签最相关的 20 个特征，用前 60 个样本拟合，后 60 个测试。唯一的差别，是挑特征时看不看测试的那一半。

# %% [markdown] tags=["en"]
# The best of 100 has {{ f"{scores[4, 0]:.1%}" }} on average on the watched set and {{ f"{scores[4, 1]:.1%}" }} on fresh data. Nobody has learned a thing, and yet the score "improved" by more than half. The more you look and the harder you pick, the less the score is worth.
#
# Real training is milder, since the networks of neighbouring epochs are much alike and far from 100 independent guesses. But the direction is the same: the score is too good. On this site `recipes.run` sees the validation set every epoch and the test set once, at the end.
#
# ## Another leak: choosing features before splitting { #feature-leak }
#
# The data below are **pure noise**: 120 samples, 5000 random features, labels by tossing a coin. Choose the 20 features that go best with the labels, fit on the first 60 samples, test on the other 60. The only difference is whether the test half was seen when choosing.


# %%
def noise_experiment(seen):
    """Return the accuracy on noise, features chosen on `seen` samples."""
    features = torch.randn(120, 5000, generator=generator)
    signs = torch.randint(2, (120, 1), generator=generator) * 2.0 - 1
    centred = features[:seen] - features[:seen].mean(0)
    match = (centred * (signs[:seen] - signs[:seen].mean())).mean(0).abs()
    chosen = torch.cat([features[:, match.topk(20).indices], torch.ones(120, 1)], dim=1)
    weights = torch.linalg.lstsq(chosen[:60], signs[:60]).solution
    return ((chosen[60:] @ weights).sign() == signs[60:]).float().mean().item()


leaky = [noise_experiment(120) for _ in range(15)]
clean = [noise_experiment(60) for _ in range(15)]

# %% tags=["hide-input"] alt_zh="纯噪声上的准确率，各 15 次：用全部样本挑特征的平均七成多，只用训练的一半挑的在五成上下。" alt_en="Accuracy on pure noise, 15 runs each: above seventy percent when features were chosen on all samples, about fifty when chosen on the training half."
figures.bars(
    {"chosen on all 120 samples": leaky, "chosen on the training half": clean},
    xlabel="accuracy on pure noise",
    limits=(0, 1),
)

# %% [markdown] tags=["zh"]
# 抛硬币的标签，居然“预测”对了 {{ f"{mean(leaky):.0%}" }}。模型并没有在测试数据上训练，但**挑特征也是训练**。归一化的均值、填补缺失值、去重、选超参数，凡是看过数据再做的决定，都要放在划分之后，只看训练集。
#
# ## 常见的坑 { #traps }
#
# !!! warning "同一个人、同一段视频落在两边"
#     随机划分时，几乎相同的样本会分到训练和测试两边。要按来源划分：同一个人的字，全放在一边。
#
# !!! warning "拿训练时的平均损失和验证损失比"
#     一个轮次里，训练损失是权重边变边算的平均，有时还带着数据增强和标签平滑；验证损失是轮次结束时算的。所以验证损失低一点不奇怪，见 [LeNet](../models/lenet.py#training)。
#
# !!! warning "验证集太小，差一张就说有提高"
#     {{ sizes["validation"] }} 张图片、准确率 80% 时，标准误是 {{ f"{(0.8 * 0.2 / sizes['validation']) ** 0.5:.1%}" }}。

# %% [markdown] tags=["en"]
# The results of coin tosses were "predicted" with an accuracy of {{ f"{mean(leaky):.0%}" }}. The model was not trained on the test data, but **choosing features is training**. The mean for normalization, filling in what is missing, removing duplicates, choosing hyperparameters: whatever is decided by looking at data comes after the split and looks at the training set alone.
#
# ## Traps { #traps }
#
# !!! warning "One writer, one video, on both sides"
#     A random split puts near-identical samples into training and test. Split by source: all digits of one person go to one side.
#
# !!! warning "Comparing the running training loss with the validation loss"
#     Within an epoch the training loss is a mean taken while the weights change, at times with augmentation and label smoothing in it; the validation loss is taken at the end. So it is no surprise if the validation loss is a little lower, see [LeNet](../models/lenet.py#training).
#
# !!! warning "A small validation set and one image more"
#     With {{ sizes["validation"] }} images and an accuracy of 80%, the standard error is {{ f"{(0.8 * 0.2 / sizes['validation']) ** 0.5:.1%}" }}.

# %% tags=["remove-input"]
early = mean(
    run.epochs[
        min(range(60), key=lambda i: run.epochs[i].validation_loss)
    ].validation_accuracy
    for run in large
)
standard_error = (0.1 * 0.9 / 180) ** 0.5

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 训练准确率 99%，验证准确率 98%，测试准确率 71%。最可能出了什么事？
#
# ??? success "答案"
#     测试数据与另外两份不是同一个分布，或者预处理不同（例如忘了归一化）；也可能训练集与验证集有重复，而测试集没有。过拟合不像：那样验证准确率也会低。
#
# **2.** 100 个猜测者在 180 张图片上，最好的一个大约能到多少？不做实验，估计一下。
#
# ??? success "答案"
#     每人的准确率近似正态，均值 0.1，标准差 $\sqrt{0.1\times0.9/180}\approx0.022$。100 个独立正态变量的最大值约高出 2.5 个标准差：{{ f"{0.1 + 2.5 * standard_error:.3f}" }}。上面量到 {{ f"{scores[4, 0]:.3f}" }}。
#
# **3.** 若把被盯着的集合从 180 张加到 18,000 张，这个偏差还剩多少？
#
# ??? success "答案"
#     标准差缩小 $\sqrt{100}=10$ 倍，偏差也缩小约 10 倍，只剩 {{ f"{2.5 * standard_error / 10:.2%}" }}。测试集越大，越经得起看。
#
# **4.** 太大的网络若在验证损失最低的轮次停下，验证准确率会高很多吗？
#
# ??? success "答案"
#     实测那一轮是 {{ f"{early:.1%}" }}，最后是 {{ f"{validation_accuracy['large']:.1%}" }}。早停让损失（自信的程度）好看得多，对准确率的帮助要小得多。
#
# ## 参考文献 { #references }
#
# - T. Hastie, R. Tibshirani, J. Friedman. [The Elements of Statistical Learning](https://hastie.su.domains/ElemStatLearn/), 7.10.2. Springer, 2009.
# - C. Zhang 等. [Understanding deep learning requires rethinking generalization](https://arxiv.org/abs/1611.03530). ICLR, 2017.
# - M. Belkin 等. [Reconciling modern machine-learning practice and the classical bias–variance trade-off](https://doi.org/10.1073/pnas.1903070116). PNAS, 2019.

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** Training accuracy 99%, validation accuracy 98%, test accuracy 71%. What most likely happened?
#
# ??? success "Answer"
#     The test data come from another distribution, or were prepared differently (normalization forgotten, say). Or training and validation share samples and the test set does not. Plain overfitting to the training set would have lowered the validation accuracy too.
#
# **2.** About how far does the best of 100 guessers get on 180 images? Estimate it without an experiment.
#
# ??? success "Answer"
#     Each accuracy is nearly normal with mean 0.1 and standard deviation $\sqrt{0.1\times0.9/180}\approx0.022$. The largest of 100 independent normal variables lies about 2.5 deviations up: {{ f"{0.1 + 2.5 * standard_error:.3f}" }}. Measured above: {{ f"{scores[4, 0]:.3f}" }}.
#
# **3.** If the watched set had 18,000 images instead of 180, how much of this bias is left?
#
# ??? success "Answer"
#     The deviation shrinks by $\sqrt{100}=10$, and so does the bias, to about {{ f"{2.5 * standard_error / 10:.2%}" }}. The larger a test set, the more often you can look at it.
#
# **4.** Had the large net been stopped at its lowest validation loss, would the accuracy be much higher?
#
# ??? success "Answer"
#     Measured there: {{ f"{early:.1%}" }}, against {{ f"{validation_accuracy['large']:.1%}" }} at the end. Early stopping does a lot for the loss, that is, against overconfidence, and far less for accuracy.
#
# ## References { #references }
#
# - T. Hastie, R. Tibshirani, J. Friedman. [The Elements of Statistical Learning](https://hastie.su.domains/ElemStatLearn/), 7.10.2. Springer, 2009.
# - C. Zhang et al. [Understanding deep learning requires rethinking generalization](https://arxiv.org/abs/1611.03530). ICLR, 2017.
# - M. Belkin et al. [Reconciling modern machine-learning practice and the classical bias–variance trade-off](https://doi.org/10.1073/pnas.1903070116). PNAS, 2019.
