# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "批量归一化：算法、统计沿哪些轴、训练与推理的差别、momentum 的两种约定、无偏方差、nn.BatchNorm2d 的每个选项各做一个实验，以及层归一化和组归一化。"
#       en: "Batch normalization: the algorithm, the axes of its statistics, training against evaluation, two conventions of momentum, the unbiased variance, an experiment for every option of nn.BatchNorm2d, and layer and group norm beside it."
#     covers: [T-13, T-17, N-12, N-13, N-32, A-06, A-07, C-02, F-06, P-07, E-06, E-07, E-08, E-09, E-48, E-49, E-80]
#     labels:
#       sigmoid LeNet: sigmoid 的 LeNet
#       sigmoid LeNet + batch norm: 加上批量归一化
#       batch norm: 批量归一化
#       layer norm: 层归一化
#       instance norm: 实例归一化
#       "group norm, {} groups": "组归一化，{} 组"
#       channel: 通道
#       sample: 样本
#       layer, counted from the input: 第几层（从输入数起）
#       without batch norm: 没有批量归一化
#       with batch norm: 有批量归一化
#       after {} step: "{} 步之后"
#       after {} steps: "{} 步之后"
#       mean of the input: 输入的均值
#       variance of the input: 输入的方差
#       mean of the output: 输出的均值
#       variance of the output: 输出的方差
#       running_mean: running_mean
#       running_var: running_var
#       "momentum={}": "momentum={}"
#       momentum=None: momentum=None
#       running mean: 移动均值
#       variation of the output: 输出的波动
#       fully connected: 全连接之后
#       convolution: 卷积之后
# ---

# %% [markdown] tags=["zh"]
# # 归一化：让每一层的输入站稳 { #normalization }
#
# 用 sigmoid 的 LeNet，学习率 0.005，训练 3 个轮次。再在每个 sigmoid 之前插一层批量归一化，其余都不变。**先猜：3 个轮次之后，各有多少验证准确率？**

# %% [markdown] tags=["en"]
# # Normalization: a steady input for every layer { #normalization }
#
# Take LeNet with sigmoid, learning rate 0.005, and train for 3 epochs. Then put batch normalization before each sigmoid and change nothing else. **Guess the validation accuracy of each after 3 epochs.**

# %%
from dlnotes import data, figures, models, training

splits = data.load("digits")


def validation(name, seed):
    training.seed_everything(seed)
    history = training.fit(
        models.create(name), splits, training.Config(epochs=3, lr=5e-3, seed=seed)
    )
    return [epoch.validation_accuracy for epoch in history.epochs]


names = {"sigmoid LeNet": "lenet_sigmoid", "sigmoid LeNet + batch norm": "lenet_bn"}
first_epochs = {
    label: [validation(name, seed) for seed in range(2)]
    for label, name in names.items()
}

# %% tags=["hide-input"] alt_zh="验证准确率随轮次：没有归一化的前两个轮次停在 0.1，第三个刚开始动；加上批量归一化的第二个轮次就到八成，第三个超过九成。" alt_en="Validation accuracy by epoch: without normalization it stands at 0.1 for two epochs and begins to move in the third; with batch norm it passes eighty percent in the second and ninety in the third."
from statistics import mean

averaged = {
    label: [mean(values) for values in zip(*runs)]
    for label, runs in first_epochs.items()
}
figure = figures.lines(averaged, xlabel="epoch", ylabel="validation accuracy")
figure.axes[0].set(xticks=(1, 2, 3), ylim=(0, 1))
figure

# %% [markdown] tags=["zh"]
# 没有归一化的只有 {{ f"{averaged['sigmoid LeNet'][-1]:.0%}" }}，加了的到了 {{ f"{averaged['sigmoid LeNet + batch norm'][-1]:.0%}" }}。它究竟做了什么？
#
# ## 算法 { #algorithm }
#
# !!! abstract "批量归一化：训练时的一步，对每个通道分别做"
#     输入：这个通道在整个批量里的 $n$ 个值 $x_1,\dots,x_n$（图像是 $n=N\cdot H\cdot W$）；可学的 $\gamma,\beta$；常数 $\epsilon$、$\alpha$。
#
#     1. 均值 $\mu=\dfrac1n\displaystyle\sum_i x_i$
#     2. 方差 $\sigma^2=\dfrac1n\displaystyle\sum_i (x_i-\mu)^2$，除以 $n$
#     3. 标准化 $\hat x_i=\dfrac{x_i-\mu}{\sqrt{\sigma^2+\epsilon}}$
#     4. 缩放与平移 $y_i=\gamma\,\hat x_i+\beta$
#     5. 更新移动均值 $m\leftarrow(1-\alpha)\,m+\alpha\,\mu$
#     6. 更新移动方差 $v\leftarrow(1-\alpha)\,v+\alpha\,\dfrac{n}{n-1}\sigma^2$
#
#     推理时没有批量可言，第 3 步改用 $m$ 和 $v$。
#
# 在 torch 里，$\gamma$ 叫 `weight`，$\beta$ 叫 `bias`，$m$ 是 `running_mean`，$v$ 是 `running_var`，$\alpha$ 是 `momentum`。开头 $\gamma=1$、$\beta=0$、$m=0$、$v=1$。$\gamma,\beta$ 合称**缩放与平移参数**，每个通道一对。第 4 步让网络能把标准化撤销：若 $\gamma=\sqrt{\sigma^2+\epsilon}$、$\beta=\mu$，就什么也没做。
#
# 从零写出来，与上面逐行对应：
#
# ```python
# --8<-- "dlnotes/layers/batchnorm.py:batch_norm"
# ```
#
# 与 `nn.BatchNorm2d` 核对：10 个训练步之后的输出、输入的梯度、移动统计，再加上推理的输出：

# %% [markdown] tags=["en"]
# Without normalization it ends at {{ f"{averaged['sigmoid LeNet'][-1]:.0%}" }}, with it at {{ f"{averaged['sigmoid LeNet + batch norm'][-1]:.0%}" }}. What does it do?
#
# ## The algorithm { #algorithm }
#
# !!! abstract "Batch normalization: one step in training, for each channel by itself"
#     Input: the $n$ values $x_1,\dots,x_n$ of this channel in the whole batch ($n=N\cdot H\cdot W$ for images); $\gamma,\beta$ to be learned; constants $\epsilon$ and $\alpha$.
#
#     1. mean $\mu=\dfrac1n\displaystyle\sum_i x_i$
#     2. variance $\sigma^2=\dfrac1n\displaystyle\sum_i (x_i-\mu)^2$, divided by $n$
#     3. standardize $\hat x_i=\dfrac{x_i-\mu}{\sqrt{\sigma^2+\epsilon}}$
#     4. scale and shift $y_i=\gamma\,\hat x_i+\beta$
#     5. update the running mean $m\leftarrow(1-\alpha)\,m+\alpha\,\mu$
#     6. update the running variance $v\leftarrow(1-\alpha)\,v+\alpha\,\dfrac{n}{n-1}\sigma^2$
#
#     In evaluation no batch statistics are used: step 3 takes $m$ and $v$ instead.
#
# In torch $\gamma$ is `weight`, $\beta$ is `bias`, $m$ is `running_mean`, $v$ is `running_var` and $\alpha$ is `momentum`. They start at $\gamma=1$, $\beta=0$, $m=0$ and $v=1$. The pair $\gamma,\beta$ of a channel is called its **scale and shift**. Step 4 lets the network undo the standardizing: with $\gamma=\sqrt{\sigma^2+\epsilon}$ and $\beta=\mu$ nothing has been done.
#
# From scratch, line by line as above:
#
# ```python
# --8<-- "dlnotes/layers/batchnorm.py:batch_norm"
# ```
#
# Compare it with `nn.BatchNorm2d`: after 10 steps of training the outputs, the gradients of the inputs and the running statistics, and then the output in evaluation:

# %%
import torch
from torch import nn
from torch.nn import functional as F

from dlnotes import layers

torch.manual_seed(0)
ours, theirs = (
    kind(6, dtype=torch.float64) for kind in (layers.BatchNorm2d, nn.BatchNorm2d)
)
gaps = []
for _ in range(10):
    images = torch.randn(4, 6, 5, 5, dtype=torch.float64) * 3 + 2
    first, second = images.clone().requires_grad_(), images.clone().requires_grad_()
    y, z = ours(first), theirs(second)
    y.pow(3).sum().backward(), z.pow(3).sum().backward()
    gaps += [(y - z).abs().max().item(), (first.grad - second.grad).abs().max().item()]
gaps += [(a - b).abs().max().item() for a, b in zip(ours.buffers(), theirs.buffers())]
gaps.append((ours.eval()(images) - theirs.eval()(images)).abs().max().item())
print(f"{len(gaps)} comparisons, largest difference {max(gaps):.0e}")

# %% [markdown] tags=["zh"]
# 把 LeNet 里的 `nn.BatchNorm` 换成自己的，从同样的权重开始训练 2 个轮次，也该得到同样的网络：

# %% [markdown] tags=["en"]
# Put our layers in place of `nn.BatchNorm` in LeNet, and training for 2 epochs from the same weights should give the same network:

# %%
import copy

torch.manual_seed(0)
torch_lenet = models.create("lenet_bn")
own_lenet = layers.convert_batch_norm(copy.deepcopy(torch_lenet))
both = [
    training.fit(model, splits, training.Config(epochs=2, lr=5e-3)).epochs[-1]
    for model in (torch_lenet, own_lenet)
]
print("torch    ", f"{both[0].train_loss:.4f} {both[0].validation_accuracy:.1%}")
print("own layer", f"{both[1].train_loss:.4f} {both[1].validation_accuracy:.1%}")

# %% [markdown] tags=["zh"]
# 训练损失相差 {{ f"{abs(both[0].train_loss - both[1].train_loss):.0e}" }}：只剩舍入误差，随着训练慢慢积累。
#
# ## 沿哪些轴 { #axes }
#
# 输入是 $(N,C,H,W)$，批量归一化得到 $C$ 个均值、$C$ 个方差。换一种分法，就是另一种归一化。不画示意图，直接量：样本 0、通道 0 的输出，受哪些样本、哪些通道的影响？下图每行一个样本，每列一个通道，每格代表一整张 $H\times W$：

# %% [markdown] tags=["en"]
# The training losses differ by {{ f"{abs(both[0].train_loss - both[1].train_loss):.0e}" }}: mere rounding, which adds up slowly as training goes on.
#
# ## Along which axes { #axes }
#
# From an input $(N,C,H,W)$ batch normalization computes $C$ means and $C$ variances. Group the values in another way, and you get another normalization. Let us measure this instead of sketching it: which samples and channels influence the output for sample 0 and channel 0? Each row is a sample, each column a channel, and each cell stands for a whole map of $H\times W$:

# %%
torch.manual_seed(0)
kinds = {
    "batch norm": nn.BatchNorm2d(6),
    "layer norm": nn.LayerNorm((6, 3, 3)),
    "instance norm": nn.InstanceNorm2d(6),
    "group norm, 3 groups": nn.GroupNorm(3, 6),
}


def influence(layer):
    batch = torch.randn(4, 6, 3, 3, requires_grad=True)
    layer(batch)[0, 0, 0, 0].backward()
    return (batch.grad.abs().sum((2, 3)) > 0).float()


reach = {name: influence(layer) for name, layer in kinds.items()}

# %% tags=["hide-input"] alt_zh="四个 4 行 6 列的格子图。批量归一化：第一列全部涂色。层归一化：第一行全部涂色。实例归一化：只有左上角一格。组归一化 3 组：第一行的前两格。" alt_en="Four grids of 4 rows and 6 columns. Batch norm: the whole first column. Layer norm: the whole first row. Instance norm: the top left cell alone. Group norm with 3 groups: the first two cells of the first row."
figure = figures.cells(reach)
for axes in figure.axes:
    axes.set_xlabel("channel")
figure.axes[0].set_ylabel("sample")
figure.set_size_inches(6.4, 1.9)
figure

# %% [markdown] tags=["zh"]
# | 层 | 一个均值管什么 | 均值的个数 | 看别的样本吗 |
# |---|---|---|---|
# | 批量归一化 | 一个通道，全部样本、全部位置 | $C$ | 看 |
# | 层归一化 | 一个样本，全部通道、全部位置 | $N$ | 不看 |
# | 实例归一化 | 一个样本的一个通道 | $N\,C$ | 不看 |
# | 组归一化，$G$ 组 | 一个样本的 $C/G$ 个通道 | $N\,G$ | 不看 |
#
# 只有批量归一化看别的样本，它的长处和麻烦都从这里来。
#
# ## 为什么有用 { #why }
#
# 10 层 sigmoid，每层 64 个神经元，刚初始化。看每一层权重的梯度有多大：

# %% [markdown] tags=["en"]
# | layer | what one mean covers | how many means | sees other samples |
# |---|---|---|---|
# | batch norm | one channel, all samples and positions | $C$ | yes |
# | layer norm | one sample, all channels and positions | $N$ | no |
# | instance norm | one channel of one sample | $N\,C$ | no |
# | group norm, $G$ groups | $C/G$ channels of one sample | $N\,G$ | no |
#
# Only batch norm sees other samples. Its strengths and its troubles both come from that.
#
# ## Why it helps { #why }
#
# Take 10 sigmoid layers of 64 neurons each, just initialised, and look at the gradient of each layer's weights:


# %%
def gradient_norms(normalized):
    torch.manual_seed(0)
    stack = [nn.Flatten(), nn.Linear(784, 64)]
    for _ in range(10):
        stack += [nn.BatchNorm1d(64)] * normalized + [nn.Sigmoid(), nn.Linear(64, 64)]
    network = nn.Sequential(*stack, nn.Linear(64, 10))
    F.cross_entropy(
        network(splits.train.images[:64] / 255), splits.train.labels[:64]
    ).backward()
    return [
        layer.weight.grad.norm().item()
        for layer in network
        if isinstance(layer, nn.Linear)
    ]


norms = {
    "without batch norm": gradient_norms(False),
    "with batch norm": gradient_norms(True),
}

# %% tags=["hide-input"] alt_zh="对数纵轴，横轴从输入到输出 12 层。没有批量归一化，梯度从输出处的 0.1 一路跌到输入处的十亿分之几；有批量归一化，各层都在 0.1 到 1 之间。" alt_en="On a logarithmic scale, 12 layers from input to output. Without batch norm the gradient falls from 0.1 at the output to some billionths at the input; with it all layers lie between 0.1 and 1."
figures.lines(
    norms, xlabel="layer, counted from the input", ylabel="gradient norm", log=True
)

# %% [markdown] tags=["zh"]
# 没有归一化，第一层的梯度只有 {{ f"{norms['without batch norm'][0]:.0e}" }}；有归一化，是 {{ f"{norms['with batch norm'][0]:.1f}" }}。这叫[梯度消失](../clinic/statements.py#gradients-fade)，也写作“弥散”，不要写成“离散”：梯度是**变小**，不是变得不连续。归一化让每层的输入回到 sigmoid 斜率大的那一段，梯度就传得下去，学习率也能取大。另一条路是[把初始化做对](initialization.py)。原论文说是“减少了内部协变量偏移”，后来的实验更支持“损失面变平滑了”；见参考文献。
#
# ## 训练与推理 { #train-and-eval }
#
# 训练时每一步都把这一批的均值按份额 $\alpha$ 并进**移动均值**，方差也一样，推理就靠它们。这两个移动统计记的是什么？有的教程说是“归一化**之后**的均值和方差”。输入取均值 0.5、方差 0.083（$[0,1]$ 上的均匀分布），量一量：

# %% [markdown] tags=["en"]
# Without normalization the first layer has a gradient of {{ f"{norms['without batch norm'][0]:.0e}" }}, with it {{ f"{norms['with batch norm'][0]:.1f}" }}. This is the [vanishing gradient](../clinic/statements.py#gradients-fade): the gradient becomes **small**. It does not become discrete, as a common misspelling of the Chinese term would have it. Normalization brings each input back to where sigmoid is steep, so that gradients get through and larger learning rates are tolerated. Another way is [to initialize well](initialization.py). The original paper explained it as "reducing internal covariate shift"; later experiments rather suggest that the loss surface becomes smoother, see the references.
#
# ## Training and evaluation { #train-and-eval }
#
# In training each step mixes the mean of its batch into the **running mean**, by a share of $\alpha$, and the variance in the same way; evaluation relies on the two. What do these running statistics record? Some tutorials say it is the mean and variance **after** normalization. Take an input with mean 0.5 and variance 0.083 (uniform on $[0,1]$) and measure:

# %%
import pandas as pd

torch.manual_seed(0)
tracker, records = nn.BatchNorm2d(1), {}
for step in range(1, 101):
    batch = torch.rand(8, 1, 7, 7)
    output = tracker(batch)
    if step in (1, 100):
        values = (
            batch.mean(),
            batch.var(),
            output.mean(),
            output.var(unbiased=False),
            tracker.running_mean,
            tracker.running_var,
        )
        records["after 1 step" if step == 1 else "after 100 steps"] = [
            abs(round(value.item(), 4)) for value in values
        ]
columns = [
    "mean of the input",
    "variance of the input",
    "mean of the output",
    "variance of the output",
    "running_mean",
    "running_var",
]
pd.DataFrame(records, index=columns)

# %% tags=["remove-input"]
records = {key: dict(zip(columns, values)) for key, values in records.items()}
late = records["after 100 steps"]

# %% [markdown] tags=["zh"]
# 输出的均值和方差从第 1 步起就是 0 和 1；移动统计从 0 和 1 出发，100 步后是 {{ late["running_mean"] }} 和 {{ late["running_var"] }}，追上的是**输入**。
#
# 训练时，一个样本的输出取决于同批的**别人**。推理时用移动统计，与别人无关。忘了 `eval()` 会怎样？同一张图片，放进不同的批量，量它的输出变了多少（以输出的标准差为 1）。**先猜：批量多大才算“无所谓”？**

# %% [markdown] tags=["en"]
# The output has mean 0 and variance 1 from the first step on. The running statistics start from 0 and 1, and after 100 steps stand at {{ late["running_mean"] }} and {{ late["running_var"] }}: what they follow is the **input**.
#
# In training, the output for a sample depends on the **others** in its batch. In evaluation running statistics are used, and the others do not matter. What if `eval()` is forgotten? Put the same image into different batches and measure by how much its output changes, in standard deviations of the output. **Guess from which batch size on it does not matter.**

# %%
torch.manual_seed(0)
images = splits.test.images / 255
with torch.no_grad():
    after_linear = nn.Linear(784, 8)(images.flatten(1))
    after_convolution = nn.Conv2d(1, 8, 5)(images)
batch_sizes = [2, 4, 8, 16, 32, 64, 128]


@torch.no_grad()
def unrest(layer, features, size, samples=4, tries=20):
    """Return how much the output of one sample varies with the company it keeps.

    It is a mean over some samples.
    """
    shares = []
    for sample in range(samples):
        companies = [
            torch.randint(samples, len(features), (size - 1,)) for _ in range(tries)
        ]
        outputs = torch.stack(
            [
                layer(torch.cat([features[sample : sample + 1], features[others]]))[0]
                for others in companies
            ]
        )
        shares.append((outputs.std(0).mean() / outputs.std()).item())
    return mean(shares)


restless = {
    "fully connected": [
        unrest(nn.BatchNorm1d(8), after_linear, size) for size in batch_sizes
    ],
    "convolution": [
        unrest(nn.BatchNorm2d(8), after_convolution, size) for size in batch_sizes
    ],
}
layer_norm_unrest = max(
    unrest(nn.LayerNorm(8), after_linear, size) for size in (2, 128)
)

# %% tags=["hide-input"] alt_zh="横轴是批量大小（对数），纵轴是同一样本输出的波动。全连接之后，批量 2 时约一半，128 时降到约一成；卷积之后低得多，从不到一成降到 1% 左右。" alt_en="Variation of one sample's output against batch size, logarithmic. Behind a fully connected layer it falls from about half at 2 to about a tenth at 128; behind a convolution it is much lower, from below a tenth to about one percent."
figure = figures.lines(
    restless, x=batch_sizes, xlabel="batch size", ylabel="variation of the output"
)
axes = figure.axes[0]
axes.set(xscale="log", ylim=(0, None))
axes.set_xticks(batch_sizes, [str(size) for size in batch_sizes])
axes.minorticks_off()
figure

# %% [markdown] tags=["zh"]
# 全连接之后，批量 2 时波动 {{ f"{restless['fully connected'][0]:.0%}" }}，批量 128 时还有 {{ f"{restless['fully connected'][-1]:.0%}" }}，大约按 $1/\sqrt N$ 缩小。卷积之后小得多，批量 2 时是 {{ f"{restless['convolution'][0]:.0%}" }}，因为每张图有 $24\times24$ 个位置一起求平均。层归一化呢？{{ f"{layer_norm_unrest:.0g}" }}：它不看别人。
#
# 这点波动在训练时像一种数据增强，有些正则化的作用；批量太小就成了噪声。
#
# ## 批量很小时 { #small-batches }
#
# 极端的情形：批量是 2，全连接之后每个通道只有 2 个数。减均值、除以标准差，**不论原来是多少，结果总是 $-1$ 和 $1$**（只要差得比 $\sqrt\epsilon$ 大）。大小没有了，只剩谁比谁大。这样还学得会吗？取 512 张图片，两个隐藏层，训练 2 个轮次：

# %% [markdown] tags=["en"]
# Behind a fully connected layer the output varies by {{ f"{restless['fully connected'][0]:.0%}" }} in batches of 2 and still by {{ f"{restless['fully connected'][-1]:.0%}" }} in batches of 128, shrinking roughly as $1/\sqrt N$. Behind a convolution it is far less, {{ f"{restless['convolution'][0]:.0%}" }} in batches of 2, since each image contributes $24\times24$ positions to the mean. And layer norm? {{ f"{layer_norm_unrest:.0g}" }}: it does not see the others.
#
# In training this variation acts a little like augmentation and regularizes. When batches are too small, it is just noise.
#
# ## Very small batches { #small-batches }
#
# The extreme: a batch of 2, so that behind a fully connected layer each channel has 2 numbers. Subtract the mean, divide by the deviation, and **whatever they were, the result is $-1$ and $1$** (as long as they differ by more than $\sqrt\epsilon$). The sizes are gone; all that is left is which one is larger. Can a network learn anything from that? Take 512 images and two hidden layers, and train for 2 epochs:

# %%
import dataclasses

few = dataclasses.replace(
    splits, train=data.Split(splits.train.images[:512], splits.train.labels[:512])
)


def small_batch_accuracy(norm, size, seed):
    training.seed_everything(seed)
    hidden = [
        layer
        for inputs in (784, 64)
        for layer in (nn.Linear(inputs, 64), norm(64), nn.ReLU())
    ]
    network = nn.Sequential(nn.Flatten(), *hidden, nn.Linear(64, 10))
    config = training.Config(
        epochs=2, batch_size=size, lr=1e-3 * (size / 8) ** 0.5, seed=seed
    )
    return training.fit(network, few, config).epochs[-1].validation_accuracy


small_sizes = [2, 4, 8, 32]
by_size = {
    name: [
        mean(small_batch_accuracy(norm, size, seed) for seed in range(2))
        for size in small_sizes
    ]
    for name, norm in (("batch norm", nn.BatchNorm1d), ("layer norm", nn.LayerNorm))
}
for two in ([3.0, 100.0], [5.0, 4.0]):
    print(
        two,
        "→",
        [
            round(value, 3)
            for value in nn.BatchNorm1d(1)(torch.tensor(two)[:, None])
            .flatten()
            .tolist()
        ],
    )

# %% tags=["hide-input"] alt_zh="验证准确率随批量大小。批量归一化在批量 2 时只有三四成，4 时八成多，8 以上九成；层归一化在小批量时一直在九成以上。" alt_en="Validation accuracy against batch size. Batch norm has thirty to forty percent at 2, above eighty at 4 and about ninety from 8 on; layer norm is above ninety in small batches."
figure = figures.lines(
    by_size, x=small_sizes, xlabel="batch size", ylabel="validation accuracy"
)
axes = figure.axes[0]
axes.set(xscale="log", ylim=(0, 1))
axes.set_xticks(small_sizes, [str(size) for size in small_sizes])
axes.minorticks_off()
figure

# %% [markdown] tags=["zh"]
# 批量 2 时，批量归一化只有 {{ f"{by_size['batch norm'][0]:.0%}" }}，层归一化有 {{ f"{by_size['layer norm'][0]:.0%}" }}；批量 8 时，两者是 {{ f"{by_size['batch norm'][2]:.0%}" }} 和 {{ f"{by_size['layer norm'][2]:.0%}" }}。卷积之后每个通道有许多位置，情形好得多；但检测、分割这类一次只放得下一两张大图的任务，还是常用组归一化。若每个通道只有一个值，方差就没有意义，torch 直接报错：

# %% [markdown] tags=["en"]
# In batches of 2 batch norm has {{ f"{by_size['batch norm'][0]:.0%}" }} and layer norm {{ f"{by_size['layer norm'][0]:.0%}" }}; in batches of 8 they have {{ f"{by_size['batch norm'][2]:.0%}" }} and {{ f"{by_size['layer norm'][2]:.0%}" }}. Behind convolutions, where a channel has many positions, things are far better; still, detection and segmentation, where one or two large images fill the memory, often take group norm. With a single value for each channel a variance means nothing, and torch refuses:

# %% tags=["raises-exception"]
nn.BatchNorm1d(4)(torch.ones(1, 4))

# %% [markdown] tags=["zh"]
# ## momentum：两种相反的约定 { #momentum }
#
# torch 的 `momentum` 是**新**值的份额：$m\leftarrow(1-\alpha)m+\alpha\mu$，默认 0.1。许多教程和别的框架写 `moving = 0.9 * moving + 0.1 * mean`，把 0.9 叫 momentum，那是**旧**值的份额。把 0.9 抄进 torch 会怎样？真正的均值是 5，每批 8 个数：

# %% [markdown] tags=["en"]
# ## Momentum: two opposite conventions { #momentum }
#
# In torch `momentum` is the share of the **new** value, $m\leftarrow(1-\alpha)m+\alpha\mu$, by default 0.1. Many tutorials and other frameworks write `moving = 0.9 * moving + 0.1 * mean` and call 0.9 the momentum: the share of the **old** value. What happens if you copy 0.9 into torch? Take batches of 8 numbers whose true mean is 5:


# %%
def running_means(momentum, steps=60):
    torch.manual_seed(0)
    layer, path = nn.BatchNorm1d(1, momentum=momentum), []
    for _ in range(steps):
        layer(torch.randn(8, 1) + 5)
        path.append(layer.running_mean.item())
    return path


paths = {
    f"momentum={momentum}": running_means(momentum) for momentum in (0.1, 0.9, None)
}
jitter = {name: torch.tensor(path[40:]).std().item() for name, path in paths.items()}

# %% tags=["hide-input"] alt_zh="移动均值随步数。momentum 0.1：从 0.5 平滑地升到 5 附近，约需 30 步。0.9：一步就到，之后一直剧烈跳动。None：第一步就在 5 附近，越来越稳。" alt_en="Running mean over the steps. Momentum 0.1 rises smoothly from 0.5 to about 5 in some 30 steps; 0.9 is there at once and jumps about for ever; None is near 5 from the first step and grows steadier."
figures.lines(paths, xlabel="step", ylabel="running mean")

# %% [markdown] tags=["zh"]
# 第 1 步之后，0.1 得到 {{ f"{paths['momentum=0.1'][0]:.2f}" }}，0.9 得到 {{ f"{paths['momentum=0.9'][0]:.2f}" }}。40 步以后，前者抖动 {{ f"{jitter['momentum=0.1']:.2f}" }}，后者 {{ f"{jitter['momentum=0.9']:.2f}" }}，几乎只记得最后一批，而推理用的正是它。换算只要一行：torch 的 momentum 等于 1 减去那一个 momentum（[门诊](../clinic/batch-norm.py#momentum-of-the-new)）。`momentum=None` 是所有批量的简单平均。
#
# ## 方差除以几 { #unbiased }
#
# 标准化用的方差除以 $n$，存进 `running_var` 的却除以 $n-1$（无偏）。自己写的层若不这样做，[就与 torch 差一点](../clinic/batch-norm.py#biased-moving-variance)：差一个因子 $n/(n-1)$。4 个值、momentum 取 1：

# %% [markdown] tags=["en"]
# After the first step 0.1 has {{ f"{paths['momentum=0.1'][0]:.2f}" }} and 0.9 has {{ f"{paths['momentum=0.9'][0]:.2f}" }}. After 40 steps the first jitters by {{ f"{jitter['momentum=0.1']:.2f}" }} and the second by {{ f"{jitter['momentum=0.9']:.2f}" }}: it remembers little more than the last batch, and evaluation relies on it. To convert: momentum in torch is 1 minus that other momentum ([clinic](../clinic/batch-norm.py#momentum-of-the-new)). `momentum=None` is the plain average over all batches.
#
# ## Divided by what { #unbiased }
#
# The variance for standardizing is divided by $n$, but what goes into `running_var` is divided by $n-1$ (unbiased). A layer of your own that does not do this is [slightly off from torch](../clinic/batch-norm.py#biased-moving-variance), by a factor of $n/(n-1)$. With 4 values and momentum 1:

# %%
four = torch.tensor([[1.0], [2.0], [3.0], [6.0]])
keeper = nn.BatchNorm1d(1, momentum=1.0)
keeper(four)
biased, stored = four.var(unbiased=False).item(), keeper.running_var.item()
print(f"divided by n: {biased:.3f}, stored: {stored:.3f}, ratio {stored / biased:.4f}")

# %% [markdown] tags=["zh"]
# ## 选项，一个一个试 { #options }
#
# `nn.BatchNorm2d(16)`，输入 $1\times16\times7\times7$。先看它身上有什么：

# %% [markdown] tags=["en"]
# ## The options, one by one { #options }
#
# `nn.BatchNorm2d(16)` with an input of $1\times16\times7\times7$. First see what the layer holds:

# %%
torch.manual_seed(0)
image, other = torch.randn(2, 1, 16, 7, 7)
layer = nn.BatchNorm2d(16)
print({name: value for name, value in vars(layer).items() if not name.startswith("_")})
print(
    "parameters:",
    {name: tuple(value.shape) for name, value in layer.named_parameters()},
)
print(
    "buffers:   ", {name: tuple(value.shape) for name, value in layer.named_buffers()}
)

# %%
# a variance of 1e-6
faint = image * 1e-3
by_eps = {
    eps: nn.BatchNorm2d(16, eps=eps)(faint).std().item() for eps in (1e-3, 1e-5, 1e-8)
}
plain = nn.BatchNorm2d(16, affine=False)
untracked = nn.BatchNorm2d(16, track_running_stats=False).eval()
tracked = nn.BatchNorm2d(16).eval()
alone_or_not = [
    (layer(torch.cat([image, other]))[0] - layer(image)[0]).abs().max().item()
    for layer in (untracked, tracked)
]

# %% [markdown] tags=["zh"]
# - **`eps`**，默认 `1e-5`：加在根号里，防止除以 0。输入方差只有 $10^{-6}$ 时，`eps` 取 `1e-3`、`1e-5`、`1e-8`，输出的标准差是 {{ f"{by_eps[1e-3]:.2f}" }}、{{ f"{by_eps[1e-5]:.2f}" }}、{{ f"{by_eps[1e-8]:.2f}" }}：比 `eps` 小得多的方差，并不会放大到 1。死掉的通道（方差 0）输出 0，不会冒出 NaN。
# - **`momentum`**，默认 `0.1`：新值的份额，见[上面的图](#momentum)；`None` 是简单平均。
# - **`affine`**，默认 `True`：要不要学 $\gamma$ 和 $\beta$。`False` 时，参数从 {{ sum(p.numel() for p in tracked.parameters()) }} 个变成 {{ sum(p.numel() for p in plain.parameters()) }} 个。后面紧跟线性层时，少了它们也不要紧，下一层可以代劳。
# - **`track_running_stats`**，默认 `True`：要不要记移动统计。`False` 时缓冲区有 {{ len(list(untracked.buffers())) }} 个，推理也用批量的统计：同一张图换个同伴，输出最多变 {{ f"{alone_or_not[0]:.2f}" }}；默认时变 {{ f"{alone_or_not[1]:.0g}" }}。
# - **`bias`**，默认 `True`：`affine` 时要不要 $\beta$。
#
# ## 层归一化与组归一化 { #layer-and-group }
#
# 公式一样，只是均值和方差在每个样本内部求，所以没有移动统计，训练与推理完全相同：
#
# ```python
# --8<-- "dlnotes/layers/normalization.py:group_norm"
# ```

# %% [markdown] tags=["en"]
# - **`eps`**, by default `1e-5`: stands under the root, against division by 0. For an input variance of $10^{-6}$, `eps` at `1e-3`, `1e-5` and `1e-8` gives outputs with a standard deviation of {{ f"{by_eps[1e-3]:.2f}" }}, {{ f"{by_eps[1e-5]:.2f}" }} and {{ f"{by_eps[1e-8]:.2f}" }}: a variance far below `eps` is not stretched to 1. A dead channel, with variance 0, gives 0 and no NaN.
# - **`momentum`**, by default `0.1`: the share of the new value, see the [picture above](#momentum); `None` is the plain average.
# - **`affine`**, by default `True`: whether $\gamma$ and $\beta$ are learned. With `False` there are {{ sum(p.numel() for p in plain.parameters()) }} parameters in place of {{ sum(p.numel() for p in tracked.parameters()) }}. Right before a linear layer you can do without them, since that layer can do their work.
# - **`track_running_stats`**, by default `True`: whether running statistics are kept. With `False` there are {{ len(list(untracked.buffers())) }} buffers, and evaluation uses the batch too: with other images in the batch the output for the same image changes by up to {{ f"{alone_or_not[0]:.2f}" }}; by default by {{ f"{alone_or_not[1]:.0g}" }}.
# - **`bias`**, by default `True`: with `affine`, whether there is a $\beta$.
#
# ## Layer norm and group norm { #layer-and-group }
#
# The formula is the same, but mean and variance are taken inside each sample. So there are no running statistics, and training and evaluation do the same:
#
# ```python
# --8<-- "dlnotes/layers/normalization.py:group_norm"
# ```

# %%
sample = torch.randn(3, 6, 5, 5, dtype=torch.float64)
pairs = {
    "GroupNorm(3, 6)": (
        layers.GroupNorm(3, 6, dtype=torch.float64),
        nn.GroupNorm(3, 6, dtype=torch.float64),
    ),
    "GroupNorm(1, 6) as LayerNorm": (
        layers.GroupNorm(1, 6, dtype=torch.float64),
        nn.LayerNorm((6, 5, 5), dtype=torch.float64),
    ),
    "GroupNorm(6, 6) as InstanceNorm2d": (
        layers.GroupNorm(6, 6, dtype=torch.float64),
        nn.InstanceNorm2d(6, dtype=torch.float64),
    ),
}
for name, (own, reference) in pairs.items():
    print(f"{name:34}", f"{(own(sample) - reference(sample)).abs().max().item():.0e}")

# %% [markdown] tags=["zh"]
# 第三行说的是**实例归一化**：每张图的每个通道各自标准化，图像自己的亮度和对比度就抹掉了。风格迁移要的正是这个，分类却可能把有用的信息一起丢掉。量一量：同一张图调亮、对比度减半，输出变多少？

# %% [markdown] tags=["en"]
# The third row is **instance normalization**: each channel of each image is standardized by itself, which removes the image's own brightness and contrast. That is just what style transfer wants, but a classifier may lose something useful. Let us measure it: make an image brighter at half its contrast, and see how much the output changes:

# %%
picture = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
# half the contrast, and brighter
faded = 0.5 * picture + 0.4
instance, frozen = nn.InstanceNorm2d(3), nn.BatchNorm2d(3).eval()
change = {
    kind: (layer(faded) - layer(picture)).abs().max().item()
    for kind, layer in (("instance", instance), ("batch", frozen))
}
print({kind: f"{value:.0e}" for kind, value in change.items()})

# %% [markdown] tags=["zh"]
# 实例归一化的输出只变 {{ f"{change['instance']:.0e}" }}（$\epsilon$ 的影响），评估模式的批量归一化变 {{ f"{change['batch']:.2f}" }}。
#
# 还有两个亲戚。**均方根归一化**是不减均值的层归一化，大语言模型爱用，[在 Transformer 那一页量过](vision-transformer.py#block)。**局部响应归一化**是 2012 年 AlexNet 用的老办法：每个值除以一个数，同一位置上相邻几个通道的平方和越大，这个数越大，于是强的通道压住周围。它没有可学的参数，也不看别的位置：

# %% [markdown] tags=["en"]
# With instance normalization the output changes by {{ f"{change['instance']:.0e}" }} (the share of $\epsilon$), with batch normalization in evaluation by {{ f"{change['batch']:.2f}" }}.
#
# There are two more relatives. **RMS normalization** is layer norm without subtracting the mean; it is common in large language models, and the [page on transformers measures it](vision-transformer.py#block). **Local response normalization** is the old way of AlexNet in 2012: each value is divided by a number that grows with the sum of squares of a few neighbouring channels at the same place, so that a strong channel suppresses those around it. It has nothing to learn, and it looks at no other place:


# %%
def local_response(x, size=5, alpha=1e-4, beta=0.75, k=1.0):
    """Divide x (N, C, H, W) by the strength of `size` channels at the same place."""
    # zeros beyond the first and last channel
    around = F.pad(x.square(), (0, 0, 0, 0, size // 2, (size - 1) // 2))
    total = sum(around[:, shift : shift + x.shape[1]] for shift in range(size))
    return x / (k + alpha / size * total) ** beta


maps = torch.randn(2, 8, 5, 5, dtype=torch.float64)
for options in (
    {},
    {"size": 2, "alpha": 1.0},
    {"size": 3, "alpha": 0.5, "beta": 0.5, "k": 2.0},
):
    torch.testing.assert_close(
        local_response(maps, **options),
        F.local_response_norm(maps, **{"size": 5, **options}),
    )
strong = torch.ones(1, 9, 1, 1)
strong[0, 4] = 10
held = local_response(strong, alpha=1.0).flatten()
print([round(value, 2) for value in strong.flatten().tolist()], "→")
print([round(value, 2) for value in held.tolist()])

# %% [markdown] tags=["zh"]
# 强的通道把自己和左右各两个都压下去：旁边的 1 变成 {{ f"{held[3].item():.2f}" }}，够不着的还有 {{ f"{held[1].item():.2f}" }}。有了批量归一化，它就用不着了。
#
# 怎么选？卷积网络、批量不小，用批量归一化；批量很小，用组归一化；序列和 [Transformer](vision-transformer.py#block) 用层归一化，而且通常只对最后一维，即每个位置各自归一化；风格迁移用实例归一化。
#
# ## 常见的坑 { #traps }
#
# !!! warning "忘了 eval()，或者忘了换回 train()"
#     前者让预测取决于同批的别人，[每次评估都不一样](../clinic/bookkeeping.py#evaluation-in-training-mode)，还会**继续更新**移动统计，`torch.no_grad()` 拦不住；后者让统计不再更新。
#
# !!! warning "$\gamma$ 和 $\beta$ 的初值写反"
#     $\gamma=1$、$\beta=0$。若 $\gamma=0$，输出与输入无关，[信号就断在这里](../clinic/batch-norm.py#gamma-and-beta-exchanged)。
#
# !!! warning "移动方差从 0 开始"
#     还没训练就推理，等于除以 $\sqrt\epsilon$，[输出放大](../clinic/batch-norm.py#variance-from-zero) {{ f"{1e-5**-0.5:.0f}" }} 倍。torch 从 1 开始。
#
# !!! warning "最后一批只剩一两个样本"
#     只剩 1 个[就报错](../clinic/batch-norm.py#one-sample-batch)，剩 2 个不报错，但统计很糟，还会混进移动统计。用 `drop_last=True`，[训练循环](../training/loop.py)里就是这样。
#
# !!! warning "移动统计没有存进检查点"
#     自己写层时要用 `register_buffer`，普通属性既不进 `state_dict`，也不随 `.to(device)` 移动，[重新载入后等于瞎猜](../clinic/batch-norm.py#statistics-not-saved)。

# %% [markdown] tags=["en"]
# The strong channel suppresses itself and two on either side: beside it 1 becomes {{ f"{held[3].item():.2f}" }}, out of its reach {{ f"{held[1].item():.2f}" }}. Batch norm made it superfluous.
#
# Which one should you use? For convolutional networks with batches that are not too small, batch norm; for very small batches, group norm; for sequences and [transformers](vision-transformer.py#block), layer norm, mostly over the last axis alone, so that each position is normalized by itself; for style transfer, instance norm.
#
# ## Traps { #traps }
#
# !!! warning "eval() forgotten, or train() forgotten afterwards"
#     The first makes a prediction depend on its batch, gives [another score every time](../clinic/bookkeeping.py#evaluation-in-training-mode) and **goes on updating** the running statistics, which `torch.no_grad()` does not prevent; the second stops updating them.
#
# !!! warning "The first values of $\gamma$ and $\beta$ swapped"
#     $\gamma=1$ and $\beta=0$. With $\gamma=0$ the output does not depend on the input, and the [signal ends here](../clinic/batch-norm.py#gamma-and-beta-exchanged).
#
# !!! warning "A running variance that starts at 0"
#     Evaluated before training, the layer divides by $\sqrt\epsilon$ and [magnifies](../clinic/batch-norm.py#variance-from-zero) {{ f"{1e-5**-0.5:.0f}" }} times. In torch it starts at 1.
#
# !!! warning "A last batch of one or two"
#     With 1 sample [an error is raised](../clinic/batch-norm.py#one-sample-batch); with 2 none is, but the statistics are bad and enter the running ones. Use `drop_last=True`, as the [training loop](../training/loop.py) does.
#
# !!! warning "Running statistics missing in the checkpoint"
#     In a layer of your own use `register_buffer`: a plain attribute is neither in the `state_dict` nor moved by `.to(device)`, and [after reloading](../clinic/batch-norm.py#statistics-not-saved) the network is at chance level.

# %% tags=["remove-input"]
torch.manual_seed(0)
convolution, norm = nn.Conv2d(3, 8, 3).double(), nn.BatchNorm2d(8).double()
for _ in range(20):
    norm(convolution(torch.randn(8, 3, 9, 9, dtype=torch.float64)))
norm.eval()
folded = nn.Conv2d(3, 8, 3).double()
with torch.no_grad():
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    folded.weight.copy_(convolution.weight * scale[:, None, None, None])
    folded.bias.copy_((convolution.bias - norm.running_mean) * scale + norm.bias)
    probe = torch.randn(2, 3, 9, 9, dtype=torch.float64)
    folding_gap = (folded(probe) - norm(convolution(probe))).abs().max().item()
norm.train()
norm(convolution(probe)).pow(3).sum().backward()
bias_gradient, weight_gradient = (
    parameter.grad.abs().max().item()
    for parameter in (convolution.bias, convolution.weight)
)
with torch.no_grad():
    ten_times = (
        (norm(10 * convolution(probe)) - norm(convolution(probe))).abs().max().item()
    )
shares = 1 - 0.9**22

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 后面紧跟批量归一化的卷积，为什么可以写 `bias=False`？怎样验证？
#
# ??? success "答案"
#     偏置给整个通道加同一个数，减均值时正好减掉，[成了摆设](../clinic/convolution.py#bias-before-normalization)；真正的偏置是 $\beta$。验证：训练时它的梯度是 0。实测偏置的梯度最大 {{ f"{bias_gradient:.0e}" }}，权重的是 {{ f"{weight_gradient:.1f}" }}。
#
# **2.** 推理时，卷积加批量归一化能合并成一个卷积。新的权重和偏置是什么？写成 `fold(convolution, normalization)`，返回一个 `nn.Conv2d`。
#
# ??? success "答案"
#     记 $a=\gamma/\sqrt{v+\epsilon}$，则 $w'=a\,w$，$b'=a\,(b-m)+\beta$，逐通道计算。实测合并前后相差 {{ f"{folding_gap:.0e}" }}。
#
#     ```python
#     import torch
#     from torch import nn
#
#
#     def fold(convolution, normalization):
#         scale = normalization.weight / (normalization.running_var + normalization.eps).sqrt()
#         folded = nn.Conv2d(
#             convolution.in_channels, convolution.out_channels, convolution.kernel_size,
#             convolution.stride, convolution.padding,
#         )
#         bias = 0.0 if convolution.bias is None else convolution.bias
#         with torch.no_grad():
#             folded.weight.copy_(scale[:, None, None, None] * convolution.weight)
#             folded.bias.copy_(scale * (bias - normalization.running_mean) + normalization.bias)
#         return folded
#     ```
#
# **3.** 把卷积的权重和偏置全部乘 10，训练模式下，归一化之后的输出变多少？这对权重衰减意味着什么？
#
# ??? success "答案"
#     几乎不变，实测 {{ f"{ten_times:.0e}" }}（只剩 $\epsilon$ 的影响）。权重的大小不影响输出，所以权重衰减管的不再是“函数简单”，而是有效的学习率：权重越小，同样的一步转得越多。
#
# **4.** momentum 是 0.1，最近 22 批一共占移动均值的多少？
#
# ??? success "答案"
#     $1-0.9^{22}=$ {{ f"{shares:.0%}" }}。
#
# **5.** `nn.LayerNorm((16, 7, 7))` 和 `nn.GroupNorm(1, 16)` 的统计范围相同，差别在哪里？
#
# ??? success "答案"
#     参数。前者给每个值一个缩放和平移，共 $2\times16\times7\times7=1568$ 个，而且限定了图像大小；后者每个通道一个，共 32 个。
#
# ## 参考文献 { #references }
#
# - S. Ioffe, C. Szegedy. [Batch normalization](https://arxiv.org/abs/1502.03167). ICML, 2015.
# - S. Santurkar 等. [How does batch normalization help optimization?](https://arxiv.org/abs/1805.11604) NeurIPS, 2018.
# - J. L. Ba, J. R. Kiros, G. Hinton. [Layer normalization](https://arxiv.org/abs/1607.06450). 2016.
# - Y. Wu, K. He. [Group normalization](https://arxiv.org/abs/1803.08494). ECCV, 2018.
# - [torch.nn.BatchNorm2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html)，PyTorch 文档；本站的 [`batch_norm`][dlnotes.layers.batch_norm]。

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** Why may a convolution with batch normalization right behind it have `bias=False`, and how would you check?
#
# ??? success "Answer"
#     The bias adds one number to the whole channel, and subtracting the mean takes it away again, so it [is idle](../clinic/convolution.py#bias-before-normalization); the real bias is $\beta$. Check: in training its gradient is 0. Measured, the largest gradient of the bias is {{ f"{bias_gradient:.0e}" }} and of the weights {{ f"{weight_gradient:.1f}" }}.
#
# **2.** In evaluation a convolution and the batch normalization behind it merge into one convolution. With which weight and bias? Write `fold(convolution, normalization)`, which returns an `nn.Conv2d`.
#
# ??? success "Answer"
#     With $a=\gamma/\sqrt{v+\epsilon}$, they are $w'=a\,w$ and $b'=a\,(b-m)+\beta$, channel by channel. Measured, they differ by {{ f"{folding_gap:.0e}" }} before and after.
#
#     ```python
#     import torch
#     from torch import nn
#
#
#     def fold(convolution, normalization):
#         scale = normalization.weight / (normalization.running_var + normalization.eps).sqrt()
#         folded = nn.Conv2d(
#             convolution.in_channels, convolution.out_channels, convolution.kernel_size,
#             convolution.stride, convolution.padding,
#         )
#         bias = 0.0 if convolution.bias is None else convolution.bias
#         with torch.no_grad():
#             folded.weight.copy_(scale[:, None, None, None] * convolution.weight)
#             folded.bias.copy_(scale * (bias - normalization.running_mean) + normalization.bias)
#         return folded
#     ```
#
# **3.** Multiply all weights and biases of the convolution by 10. In training mode, how much does the output of the normalization change, and what does that mean for weight decay?
#
# ??? success "Answer"
#     Next to nothing, measured {{ f"{ten_times:.0e}" }} (the share of $\epsilon$). The size of the weights does not matter to the output, so weight decay no longer keeps the function simple. It sets the effective learning rate: the smaller the weights, the further the same step turns them.
#
# **4.** With momentum at 0.1, what share of the running mean do the last 22 batches have?
#
# ??? success "Answer"
#     $1-0.9^{22}=$ {{ f"{shares:.0%}" }}.
#
# **5.** `nn.LayerNorm((16, 7, 7))` and `nn.GroupNorm(1, 16)` take their statistics over the same values. Where do they differ?
#
# ??? success "Answer"
#     In their parameters. The former has a scale and a shift for every value, $2\times16\times7\times7=1568$ of them, and is bound to one image size; the latter has one of each per channel, 32 in all.
#
# ## References { #references }
#
# - S. Ioffe, C. Szegedy. [Batch normalization](https://arxiv.org/abs/1502.03167). ICML, 2015.
# - S. Santurkar et al. [How does batch normalization help optimization?](https://arxiv.org/abs/1805.11604) NeurIPS, 2018.
# - J. L. Ba, J. R. Kiros, G. Hinton. [Layer normalization](https://arxiv.org/abs/1607.06450). 2016.
# - Y. Wu, K. He. [Group normalization](https://arxiv.org/abs/1803.08494). ECCV, 2018.
# - [torch.nn.BatchNorm2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html), PyTorch documentation; this site's [`batch_norm`][dlnotes.layers.batch_norm].
