# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "带批量归一化的 LeNet：452 个参数让 sigmoid 网络学得动，为什么；自己写的层与 torch 的层载入同样的权重，输出、梯度、统计量逐一核对；学习率能高到多少。"
#       en: "LeNet with batch normalization: how 452 parameters make a sigmoid network learn; our own layer and torch's with the same weights, compared in outputs, gradients and statistics; and how high the learning rate may go."
#     covers: [A-06, A-07, A-08, P-07]
#     labels:
#       sigmoid: sigmoid
#       with batch normalization: 有批量归一化
#       "with batch normalization, frozen": 有批量归一化，γ、β 冻结
#       without: 无
#       sigmoid layer: 第几个 sigmoid
#       "spread between images": 各图像之间的差别
#       "float32: biases before BN": float32：BN 前的偏置
#       "float32: all others": float32：其余参数
#       "float64: all others": float64：其余参数
#       "float64, wrong ε: all others": float64，ε 写错：其余参数
#       learning rate: 学习率
#       ReLU: ReLU
#       ReLU + BN: ReLU + BN
#       sigmoid + BN: sigmoid + BN
#       largest difference: 最大的差
#       "output, training": 输出，训练模式
#       "gradient by the input": 输入的梯度
#       "gradients by the parameters": 参数的梯度
#       "running statistics": 移动统计量
#       "output, evaluation": 输出，评估模式
#       "output after a reload": 存盘、重新载入后的输出
# ---

# %% tags=["remove-input"]
import torch
from torch import nn

from dlnotes import figures, models, summary

ledgers = {
    name: summary.trace(models.create(name), (1, 28, 28))
    for name in ("lenet_sigmoid", "lenet_bn")
}
added = ledgers["lenet_bn"].parameters - ledgers["lenet_sigmoid"].parameters


def power(value):
    """Write a small number as 5×10⁻¹⁵."""
    mantissa, exponent = f"{value:.0e}".split("e")
    return (
        f"{mantissa}×10"
        + str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
        if value
        else "0"
    )


# %% [markdown] tags=["zh"]
# # 带批量归一化的 LeNet { #batch-norm }
#
# 用 sigmoid 的 [LeNet](lenet.py#activation) 有 {{ f"{ledgers['lenet_sigmoid'].parameters:,}" }} 个参数，训练 5 个轮次，还错得厉害。在每个 sigmoid 前面插一个批量归一化层，一共 4 个，只多 {{ added }} 个参数，同样 5 个轮次就认得绝大多数数字。
#
# 功劳在这 {{ added }} 个参数吗？**先猜：若把它们冻结在初值，一个也不许学，准确率还剩多少？**

# %% [markdown] tags=["en"]
# # LeNet with batch normalization { #batch-norm }
#
# [LeNet](lenet.py#activation) with sigmoid has {{ f"{ledgers['lenet_sigmoid'].parameters:,}" }} parameters, and after 5 epochs of training it still errs badly. Put a layer of batch normalization in front of each sigmoid, 4 in all, with just {{ added }} more parameters, and after the same 5 epochs it reads nearly all digits.
#
# Is it these {{ added }} parameters that do it? **Guess first: freeze them at their initial values, so that none may learn. What accuracy is left?**

# %%
import dataclasses

from dlnotes import data, layers, recipes, training

splits = data.load("digits")
settings = dataclasses.replace(recipes.get("lenet_bn", "digits").config, epochs=5)


def train(name, seed, change=lambda network: network):
    training.seed_everything(seed)
    network = change(models.create(name))
    config = dataclasses.replace(settings, seed=seed)
    history = training.fit(network, splits, config)
    test = training.evaluate(network, splits.test, history.normalization)
    return network, history, test


def freeze(network):
    for module in network.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            module.requires_grad_(False)
    return network


runs = {
    "without": [train("lenet_sigmoid", s) for s in range(2)],
    "with batch normalization": [train("lenet_bn", s) for s in range(2)],
    "with batch normalization, frozen": [
        train("lenet_bn", s, freeze) for s in range(2)
    ],
}

# %% tags=["hide-input"] alt_zh="测试准确率的条形图：没有批量归一化不到一半，有批量归一化接近 100%，γ、β 冻结时同样接近 100%。" alt_en="Bars of test accuracy: less than half without batch normalization, near 100% with it, and just as near with γ and β frozen."
figures.bars(
    {name: [test.accuracy for _, _, test in group] for name, group in runs.items()},
    xlabel="test accuracy",
    limits=(0, 1),
)

# %% tags=["remove-input"]
from statistics import mean

accuracy = {
    name: mean(test.accuracy for _, _, test in group) for name, group in runs.items()
}

# %% [markdown] tags=["zh"]
# 没有批量归一化是 {{ f"{accuracy['without']:.0%}" }}，有是 {{ f"{accuracy['with batch normalization']:.0%}" }}，冻结 $\gamma$、$\beta$ 之后仍是 {{ f"{accuracy['with batch normalization, frozen']:.0%}" }}（每个点是一次训练）。可见出力的是**归一化**本身，几乎不靠这些参数。它做了什么？

# %% [markdown] tags=["en"]
# Without batch normalization it is {{ f"{accuracy['without']:.0%}" }}, with it {{ f"{accuracy['with batch normalization']:.0%}" }}, and with $\gamma$ and $\beta$ frozen still {{ f"{accuracy['with batch normalization, frozen']:.0%}" }} (each dot is one run). So the **normalization** itself does the work, with next to no help from these parameters. What does it do?

# %% [markdown] tags=["zh"]
# ## 一张图看懂 { #idea }

# %% [markdown] tags=["en"]
# ## The idea in one picture { #idea }

# %% tags=["remove-input"] alt_zh="lenet_bn 的结构：两次“卷积、批量归一化、sigmoid、最大池化”，展平，两次“全连接、批量归一化、sigmoid”，最后一个全连接层输出 10 个 logits。" alt_en="lenet_bn: twice convolution, batch normalization, sigmoid and max pooling, flatten, twice fully connected, batch normalization and sigmoid, and a last fully connected layer with 10 logits."
figures.architecture(models.create("lenet_bn"), (1, 28, 28))

# %% [markdown] tags=["zh"]
# 每个通道，用这一批图像自己的均值和方差，拉到均值 0、方差 1，再乘一个数、加一个数：
#
# $$ \hat x = \frac{x-\mu}{\sqrt{\sigma^2+\epsilon}},\qquad y = \gamma\,\hat x+\beta $$
#
# 其中 $x$ 是某个通道里的一个数，$\mu$ 与 $\sigma^2$ 是该通道在整个批量（卷积层还要加上所有位置）上的均值与方差，$\epsilon=10^{-5}$ 防止除以 0，$\gamma$ 与 $\beta$ 是这个通道要学的缩放与平移，初值为 1 和 0。
#
# 现在看信号。把 256 张图送进刚初始化的网络，在每个 sigmoid 的出口量一量：换一张图，输出会变多少（各图像之间的标准差）？

# %% [markdown] tags=["en"]
# Each channel is brought to mean 0 and variance 1 by the mean and variance of the very batch, then multiplied by a number and shifted by another:
#
# $$ \hat x = \frac{x-\mu}{\sqrt{\sigma^2+\epsilon}},\qquad y = \gamma\,\hat x+\beta $$
#
# where $x$ is one number of a channel, $\mu$ and $\sigma^2$ are the mean and variance of that channel over the batch (in convolutional layers over all positions too), $\epsilon=10^{-5}$ prevents division by 0, and $\gamma$ and $\beta$ are the trained scale and shift of the channel, 1 and 0 at first.
#
# Now look at the signal. Send 256 images through freshly initialized networks and measure behind each sigmoid: with another image, by how much does the output change (standard deviation between images)?

# %%
normalization = training.Normalization.of(splits.train.images)
images = normalization.apply(splits.train.images[:256])


def spreads(name):
    training.seed_everything(0)
    network, found = models.create(name), []
    for module in network.modules():
        if isinstance(module, nn.Sigmoid):
            module.register_forward_hook(lambda m, args, out: found.append(out))
    with torch.no_grad():
        network(images)
    return [output.std(dim=0).mean().item() for output in found]


spread = {
    "without": spreads("lenet_sigmoid"),
    "with batch normalization": spreads("lenet_bn"),
}

# %% tags=["hide-input"] alt_zh="横轴是第几个 sigmoid，对数纵轴是各图像之间的差别。没有批量归一化时每过一层就小好几倍，到第四个不到千分之一；有批量归一化时四层差不多大，在 0.15 到 0.2 之间。" alt_en="Spread between images behind each sigmoid, on a log scale. Without batch normalization it shrinks several times per layer, below a thousandth at the fourth; with it all four are about the same, between 0.15 and 0.2."
figure = figures.lines(
    spread, xlabel="sigmoid layer", ylabel="spread between images", log=True
)
figure.axes[0].set_xticks(range(1, 5))
figure

# %% [markdown] tags=["zh"]
# 没有批量归一化时，图像之间的差别从 {{ f"{spread['without'][0]:.2f}" }} 一路缩到 {{ f"{spread['without'][-1]:.4f}" }}：到了最后，不管给它 3 还是 8，输出都差不多。sigmoid 的斜率至多 $1/4$，每过一层，差别就被压扁一次；反向的梯度也同样被压扁。
#
# 批量归一化每次都把它撑回来，四层都在 {{ f"{min(spread['with batch normalization']):.2f}" }} 以上。这就是它在这里做的事：**给每一层重新定标，让信号不会越走越弱。**

# %% [markdown] tags=["en"]
# Without batch normalization the difference between images shrinks from {{ f"{spread['without'][0]:.2f}" }} to {{ f"{spread['without'][-1]:.4f}" }}: in the end the output is nearly the same whether it sees a 3 or an 8. The slope of sigmoid is at most $1/4$, so each layer flattens the differences, and the gradients on their way back.
#
# Batch normalization stretches them again each time; all four stay above {{ f"{min(spread['with batch normalization']):.2f}" }}. That is what it does here: **it sets the scale anew at every layer, so that the signal does not fade.**

# %% [markdown] tags=["zh"]
# ## 自己写的层 { #code }
#
# 函数照着公式写。训练时用批量的统计量，并更新移动均值和移动方差；评估时用后两者：
#
# ```python
# --8<-- "dlnotes/layers/batchnorm.py:batch_norm"
# ```
#
# 类替它保管参数和统计量。统计量是**缓冲区**：随模型保存、随模型搬到 GPU，但优化器不动它：
#
# ```python
# --8<-- "dlnotes/layers/batchnorm.py:module"
# ```
#
# 怎样让 LeNet 用上自己的层？网络的代码不必写第二遍，把其中 torch 的层逐个换成自己的：
#
# ```python
# --8<-- "dlnotes/layers/batchnorm.py:convert"
# ```

# %% [markdown] tags=["en"]
# ## A layer of our own { #code }
#
# The function follows the formula. In training it takes the statistics of the batch and updates the running mean and variance; in evaluation it takes these:
#
# ```python
# --8<-- "dlnotes/layers/batchnorm.py:batch_norm"
# ```
#
# The class looks after parameters and statistics. The statistics are **buffers**: saved with the model and moved to the GPU with it, but left alone by the optimizer:
#
# ```python
# --8<-- "dlnotes/layers/batchnorm.py:module"
# ```
#
# And how does LeNet get our own layer? The network need not be written twice; put ours in the place of each of torch's:
#
# ```python
# --8<-- "dlnotes/layers/batchnorm.py:convert"
# ```

# %%
network = layers.convert_batch_norm(models.create("lenet_bn"))
[
    f"{type(module).__module__}.{type(module).__name__}"
    for module in network.modules()
    if isinstance(module, layers.BatchNorm)
]

# %% [markdown] tags=["zh"]
# ## 四条容易写错的规则 { #rules }
#
# | | torch 的规则 | 写错会怎样 |
# |---|---|---|
# | $\epsilon$ | 在根号里面 | 方差很小的通道结果不同 |
# | 归一化用的方差 | 有偏，除以 $n$ | 输出的方差不是 1 |
# | 移动方差 | 无偏，除以 $n-1$ | 评估时略有偏差，批量越小越明显 |
# | `momentum` | **新**值所占的份额，默认 0.1 | 统计量抖动，或者跟不上 |
#
# 公式从哪里来、按哪些轴取平均，见[归一化](../theory/normalization.py)；写错每一条各有什么症状，见[门诊](../clinic/batch-norm.py)。这里用手算得出的小例子核对后三条。一个通道，两个数 0 和 2：均值 1，有偏方差 1，无偏方差 2。

# %% [markdown] tags=["en"]
# ## Four rules that are easy to get wrong { #rules }
#
# | | torch's rule | if it is wrong |
# |---|---|---|
# | $\epsilon$ | inside the root | other results for channels of small variance |
# | variance to normalize by | biased, divided by $n$ | the variance of the output is not 1 |
# | running variance | unbiased, divided by $n-1$ | slightly off in evaluation, more so for small batches |
# | `momentum` | share of the **new** value, 0.1 by default | statistics that jitter, or lag behind |
#
# Where the formula comes from and over which axes it averages stands on the page on [normalization](../theory/normalization.py), and what each mistake looks like in the [clinic](../clinic/batch-norm.py). Check the last three here on an example that can be done by hand. One channel, two numbers 0 and 2: mean 1, biased variance 1, unbiased variance 2.

# %%
x = torch.tensor([[0.0], [2.0]])
for norm in (layers.BatchNorm1d(1), nn.BatchNorm1d(1)):
    y = norm(x).flatten()
    print([round(v, 3) for v in y.tolist()], end="  ")
    print(f"mean 0.9·0 + 0.1·1 = {norm.running_mean.item():.1f}", end="  ")
    print(f"variance 0.9·1 + 0.1·2 = {norm.running_var.item():.1f}")

# %% [markdown] tags=["zh"]
# ## 载入同样的权重，是同样的数吗 { #equal }
#
# 两个 `lenet_bn`，一个用自己的层，一个用 torch 的。网络的**状态字典**（`state_dict`）从名字到张量，参数和缓冲区都在里面；两者的键完全相同，可以互相载入。给它们同样的权重、同样的图像，比较能比较的一切：训练模式的输出、对输入和所有参数的梯度、移动统计量，评估模式的输出，存盘再载入以后的输出。双精度，为的是看清舍入误差。

# %% [markdown] tags=["en"]
# ## The same numbers with the same weights? { #equal }
#
# Take two of `lenet_bn`, one with our own layer and one with torch's. The **state dict** of a network (`state_dict`) maps names to tensors and holds parameters and buffers alike; both have the same keys, so each loads the other's. Give them the same weights and images, and compare all there is to compare: the output in training mode, the gradients by the input and by every parameter, the running statistics, the output in evaluation mode, and once more after a reload from a file. It is done in double precision, to see rounding for what it is.

# %%
import io

from torch.nn import functional as F

labels = splits.train.labels[:256]


def everything(network, weights):
    """Train on three batches, evaluate, reload, evaluate again."""
    network.load_state_dict(weights)
    found = {}
    for start in (0, 64, 128):
        batch = images[start : start + 64].double().requires_grad_()
        network.train().zero_grad()
        output = network(batch)
        F.cross_entropy(output, labels[start : start + 64]).backward()
    found["output, training"] = [output]
    found["gradient by the input"] = [batch.grad]
    found["gradients by the parameters"] = [p.grad for p in network.parameters()]
    found["running statistics"] = [b.double() for b in network.buffers()]
    found["output, evaluation"] = [network.eval()(images[192:].double())]
    file = io.BytesIO()
    torch.save(network.state_dict(), file)
    file.seek(0)
    fresh = type(network)(activation=nn.Sigmoid, batch_norm=True).double()
    fresh.load_state_dict(torch.load(file))
    found["output after a reload"] = [fresh.eval()(images[192:].double())]
    return found


torch.manual_seed(0)
theirs = models.create("lenet_bn").double()
ours = layers.convert_batch_norm(models.create("lenet_bn").double())
start = {key: value.clone() for key, value in theirs.state_dict().items()}
pairs = zip(everything(theirs, start).items(), everything(ours, start).values())
gaps = {
    what: max((a - b).abs().max().item() for a, b in zip(one, other))
    for (what, one), other in pairs
}

# %% tags=["hide-input"]
import pandas as pd

pd.DataFrame({"largest difference": {what: power(gap) for what, gap in gaps.items()}})

# %% [markdown] tags=["zh"]
# 最大的差是 {{ power(max(gaps.values())) }}，双精度的舍入误差。存盘的那一行还多说明一件事：用自己的层训练出的权重，换成 torch 的层载入，结果照旧。
#
# 更多的设置，以及换掉 `resnet_small`、`densenet_small` 里的层以后仍然相等，由测试核对，见[与 torch 相等吗](../results/equivalence.py#layers)。

# %% [markdown] tags=["en"]
# The largest difference is {{ power(max(gaps.values())) }}, which is rounding in double precision. The row of the reload says one thing more: weights from our layer, loaded into torch's, give the same results.
#
# More settings, and the same after replacing the layers of `resnet_small` and `densenet_small`, are held equal by tests; see [Equal to torch?](../results/equivalence.py#layers)

# %% [markdown] tags=["zh"]
# ## 两种层各训练一遍 { #trained }
#
# 公式相同，舍入不同，训练一百来步以后呢？**先猜：两个网络的权重会差多少？**

# %% [markdown] tags=["en"]
# ## Train with both { #trained }
#
# The formula is the same and rounding differs; what about a hundred steps? **Guess first: how far apart are the weights of the two networks?**

# %%
own_runs = [train("lenet_bn", s, layers.convert_batch_norm) for s in range(2)]
torch_runs = runs["with batch normalization"]
for seed, (theirs, ours) in enumerate(zip(torch_runs, own_runs)):
    pairs = zip(theirs[0].parameters(), ours[0].parameters())
    apart = max((a - b).abs().max().item() for a, b in pairs)
    print(f"seed {seed}: accuracy {theirs[2].accuracy:.3f}", end=" ")
    print(f"and {ours[2].accuracy:.3f}, weights up to {apart:.3f} apart")

# %% [markdown] tags=["zh"]
# 准确率相同，权重却差到了百分位。是公式有一处写错，还是舍入误差？有办法分辨：**一步一步地看，再换成双精度。** 舍入误差在双精度里小得多；写错的规则第 1 步就露馅，换什么精度都没用。
#
# 参数分成两组来看：归一化前面那些层的**偏置**，和其余所有参数。作为对照，再放一个故意写错的：$\epsilon$ 用 $10^{-4}$。

# %% [markdown] tags=["en"]
# The accuracy is the same, and yet weights differ in the second decimal. Is one of the rules wrong, or is it rounding? There is a way to tell: **look step by step, and once more in double precision.** Rounding is far smaller there; a wrong rule shows at step 1, and no precision helps.
#
# Look at two groups of parameters: the **biases** of the layers in front of a normalization, and all others. For comparison, take one that is wrong on purpose: $\epsilon$ of $10^{-4}$.


# %%
def apart_by_step(dtype, eps=1e-5, steps=40):
    """Largest difference of parameters by step: biases before BN, and others."""
    training.seed_everything(0)
    theirs = models.create("lenet_bn").to(dtype)
    ours = models.create("lenet_bn").to(dtype)
    ours.load_state_dict(theirs.state_dict())
    for module in layers.convert_batch_norm(ours).modules():
        if isinstance(module, layers.BatchNorm):
            module.eps = eps
    nets = theirs, ours
    optimizers = [torch.optim.AdamW(net.parameters(), lr=5e-3) for net in nets]
    generator = torch.Generator().manual_seed(0)
    found = []
    for _ in range(steps):
        index = torch.randint(len(splits.train.labels), (64,), generator=generator)
        batch = normalization.apply(splits.train.images[index]).to(dtype)
        for net, optimizer in zip(nets, optimizers):
            optimizer.zero_grad()
            F.cross_entropy(net(batch), splits.train.labels[index]).backward()
            optimizer.step()
        groups = {True: 0.0, False: 0.0}
        for (name, a), b in zip(theirs.named_parameters(), ours.parameters()):
            before = name.endswith("0.bias")  # BN follows in the same block
            groups[before] = max(groups[before], (a - b).abs().max().item())
        found.append((groups[True], groups[False]))
    return [list(column) for column in zip(*found)]


single, double, wrong = (
    apart_by_step(torch.float32),
    apart_by_step(torch.float64),
    apart_by_step(torch.float64, eps=1e-4),
)

# %% tags=["hide-input"] alt_zh="对数纵轴：两个网络参数的最大差随步数的变化。单精度下归一化前的偏置差得最多，其余参数小一个量级左右；双精度下其余参数只差十的负十三次方左右；ε 写错时即使双精度也从第一步起就差百分之一。" alt_en="Largest difference of parameters over the steps, on a log scale. In single precision the biases before a normalization differ most, all others by about an order of magnitude less; in double precision the others differ by about 1e-13; with a wrong ε they differ by a hundredth from step 1 even in double precision."
figure = figures.lines(
    {
        "float32: biases before BN": single[0],
        "float32: all others": single[1],
        "float64: all others": double[1],
        "float64, wrong ε: all others": wrong[1],
    },
    xlabel="step",
    ylabel="largest difference",
    log=True,
)
figure.axes[0].legend(loc=(0.45, 0.36))
figure

# %% [markdown] tags=["zh"]
# 第 1 步之后，偏置以外的参数：单精度差 {{ power(single[1][0]) }}，双精度差 {{ power(double[1][0]) }}，$\epsilon$ 写错的差 {{ power(wrong[1][0]) }}。所以规则没有写错，差别来自舍入。
#
# 差得最多的偏置（单精度第 1 步就是 {{ power(single[0][0]) }}）是怎么回事？归一化要减去均值，前面的偏置无论是多少都会抵消，真正的梯度是 0，算出来的只有舍入的噪声。AdamW 又把每个梯度除以它自己的大小，于是噪声也迈出整整一步 $\eta=0.005$，方向随机。两个网络各走各的，输出却不受影响。
#
# 教训有两条：比较两个实现，比输出和梯度，别只比训练后的权重；归一化前面的层，用 `bias=False`。

# %% [markdown] tags=["en"]
# After step 1 the parameters other than those biases differ by {{ power(single[1][0]) }} in single precision, by {{ power(double[1][0]) }} in double, and by {{ power(wrong[1][0]) }} with the wrong $\epsilon$. So the rules are right, and the difference is rounding.
#
# And the biases, which differ most ({{ power(single[0][0]) }} at step 1 in single precision)? A normalization subtracts the mean, so whatever the bias before it is, it cancels; its true gradient is 0, and what is computed is the noise of rounding. AdamW divides each gradient by its own size, and so the noise takes a whole step of $\eta=0.005$ in a random direction. The two networks go their own ways there, and their outputs do not care.
#
# Two lessons: compare implementations by outputs and gradients, and not by trained weights alone; and in front of a normalization use `bias=False`.

# %% [markdown] tags=["zh"]
# ## 学习率能有多高 { #learning-rate }
#
# 批量归一化最常被称道的一点：学习率可以用得高。用最朴素的 SGD（没有动量，学习率不变），训练 3 个轮次，3 个随机种子。**先猜：学习率 1，哪几种还能学？**

# %% [markdown] tags=["en"]
# ## How high may the learning rate go? { #learning-rate }
#
# What batch normalization is praised for most is that it bears a high learning rate. Take the plainest SGD (no momentum, constant rate), 3 epochs and 3 seeds. **Guess first: at a rate of 1, which of these still learn?**

# %%
from dlnotes.errors import DivergenceError
from dlnotes.models.lenet import LeNet

kinds = {
    "sigmoid": {"activation": nn.Sigmoid},
    "sigmoid + BN": {"activation": nn.Sigmoid, "batch_norm": True},
    "ReLU": {},
    "ReLU + BN": {"batch_norm": True},
}
rates = [0.03, 0.3, 1.0]


def accuracy_at(kind, lr, seed):
    """Test accuracy, or None if the loss became infinite."""
    training.seed_everything(seed)
    network = LeNet(**kinds[kind])
    plain = {"optimizer": "sgd", "momentum": 0.0, "schedule": "constant"}
    config = training.Config(epochs=3, lr=lr, seed=seed, **plain)
    try:
        history = training.fit(network, splits, config)
    except DivergenceError:
        return None
    test = training.evaluate(network, splits.test, history.normalization)
    return test.accuracy


sweep = {
    (kind, lr): [accuracy_at(kind, lr, seed) for seed in range(3)]
    for kind in kinds
    for lr in rates
}

# %% tags=["hide-input"] alt_zh="横轴是学习率（对数），纵轴是测试准确率，每个点是一次训练，空心点表示发散。带批量归一化的两种在低学习率时就高，学习率 1 时仍远高于瞎猜；ReLU 在 0.3 附近已不稳，学习率 1 时全部发散；sigmoid 始终在瞎猜水平。" alt_en="Test accuracy against the learning rate (log); each dot is a run, hollow ones diverged. Both with batch normalization are high at low rates and far above guessing at 1; ReLU is unsteady near 0.3 and diverges at 1; sigmoid stays at guessing."
import matplotlib.pyplot as plt

from dlnotes.figures.style import INK, PALETTE

figure, axes = plt.subplots()
for i, kind in enumerate(kinds):
    shift = 1.07 ** (i - 1.5)
    for lr in rates:
        for value in sweep[kind, lr]:
            face = "none" if value is None else PALETTE[i]
            axes.plot(
                lr * shift,
                value or 0,
                "osD^"[i],
                color=PALETTE[i],
                markerfacecolor=face,
                markersize=6,
            )
    means = [mean(value or 0 for value in sweep[kind, lr]) for lr in rates]
    axes.plot(
        [lr * shift for lr in rates],
        means,
        color=PALETTE[i],
        linestyle=("--", "-")["BN" in kind],
        linewidth=1.4,
        label=kind,
    )
axes.axhline(0.1, color=INK, linewidth=0.8, linestyle=":")
axes.set(
    xscale="log", xlabel="learning rate", ylabel="test accuracy", ylim=(-0.05, 1.03)
)
axes.set_xticks(rates, [str(rate) for rate in rates])
axes.minorticks_off()
axes.legend(loc=(1.01, 0.3))
figure

# %% tags=["remove-input"]
score = {key: mean(value or 0 for value in values) for key, values in sweep.items()}
lost = {key: sum(value is None for value in values) for key, values in sweep.items()}

# %% [markdown] tags=["zh"]
# 空心点是发散（损失变成无穷大），按 0 计入平均。
#
# - `ReLU` 在学习率 1 时，3 次里发散了 {{ lost['ReLU', 1.0] }} 次；加上批量归一化，一次也没有发散，平均 {{ f"{score['ReLU + BN', 1.0]:.0%}" }}。
# - `sigmoid` 不管学习率多少，都停在 {{ f"{max(score['sigmoid', rate] for rate in rates):.0%}" }} 左右；加上批量归一化，学习率 0.3 时有 {{ f"{score['sigmoid + BN', 0.3]:.0%}" }}。
# - 在最低的 0.03，有批量归一化的也领先：`ReLU` {{ f"{score['ReLU', 0.03]:.0%}" }}，`ReLU + BN` {{ f"{score['ReLU + BN', 0.03]:.0%}" }}。
#
# 为什么不怕高学习率？归一化之前的权重放大 $a$ 倍，归一化的输出不变，而梯度缩小到 $1/a$：步子迈大了，权重变长，下一步自动变小。练习 3 请你验证。不过高学习率也不是白来的，最好的一列并不是 1。

# %% [markdown] tags=["en"]
# Hollow dots diverged (the loss became infinite) and count as 0 in the mean.
#
# - At a rate of 1, `ReLU` diverged {{ lost['ReLU', 1.0] }} times of 3; with batch normalization it never did, and has {{ f"{score['ReLU + BN', 1.0]:.0%}" }} on average.
# - `sigmoid` stays near {{ f"{max(score['sigmoid', rate] for rate in rates):.0%}" }} whatever the rate; with batch normalization it has {{ f"{score['sigmoid + BN', 0.3]:.0%}" }} at 0.3.
# - At the lowest rate, 0.03, batch normalization leads too: `ReLU` {{ f"{score['ReLU', 0.03]:.0%}" }}, `ReLU + BN` {{ f"{score['ReLU + BN', 0.03]:.0%}" }}.
#
# Why does it bear high rates? Multiply the weights before a normalization by $a$, and its output stays the same while their gradient shrinks to $1/a$: too large a step makes the weights longer, and the next step is smaller by itself. Exercise 3 asks you to check. A high rate is no gift, though; the best column is not that of 1.

# %% [markdown] tags=["zh"]
# ## 训练与评估，是两个函数 { #modes }
#
# 训练时，一张图的输出取决于同批的**其他**图像。取同一张图，与不同的图搭成一批，看它的 logits 变不变：

# %% [markdown] tags=["en"]
# ## Training and evaluation are two functions { #modes }
#
# In training, the output of an image depends on the **other** images of its batch. Take one image in different company and see whether its logits change:

# %%
import copy

network, history, _ = runs["with batch normalization"][0]
test_images = history.normalization.apply(splits.test.images)
first, companies = test_images[:1], (test_images[1:32], test_images[32:63])
changes = {}
with torch.no_grad():
    for mode in (True, False):
        network.train(mode)
        saved = copy.deepcopy(network.state_dict())
        a, b = (network(torch.cat([first, others]))[0] for others in companies)
        network.load_state_dict(saved)  # in training, looking is changing
        changes[mode] = (a - b).abs().max().item()
        print(f"training mode {mode!s:5}: logits change by {changes[mode]:.3f}")
network = network.eval()

# %% [markdown] tags=["zh"]
# 训练模式下，同一张图的 logits 变了 {{ f"{changes[True]:.2f}" }}；评估模式下不变。所以预测之前一定要 `eval()`，而训练模式下的每次前向传播，哪怕在 `no_grad` 里，都会改动移动统计量。

# %% [markdown] tags=["en"]
# In training mode the logits of the same image changed by {{ f"{changes[True]:.2f}" }}, in evaluation mode they did not. So call `eval()` before predicting; and in training mode each forward pass moves the running statistics, even under `no_grad`.

# %% [markdown] tags=["zh"]
# ## 论文、这份代码、torch { #paper }
#
# | | 论文（2015） | 这里 | torch |
# |---|---|---|---|
# | 评估时的统计量 | 训练之后，用许多批量重新估计 | 移动平均 | 移动平均 |
# | 总体方差 | 无偏 | 无偏 | 无偏 |
# | 放在哪里 | 激活之前 | 激活之前（`lenet_bn`） | 由你决定 |
# | 前一层的偏置 | 去掉 | `lenet_bn` 留着，`resnet` 去掉 | 由你决定 |
# | 为什么有效 | 减少“内部协变量偏移” | 测到的是信号不衰减 | |
#
# 论文的解释后来受到质疑：Santurkar 等人 2018 年故意在归一化之后加进漂移的噪声，训练照样又快又稳；他们认为关键是损失变得更平滑。

# %% [markdown] tags=["en"]
# ## The paper, this code, torch { #paper }
#
# | | paper (2015) | here | torch |
# |---|---|---|---|
# | statistics in evaluation | estimated anew from many batches after training | running averages | running averages |
# | variance of the population | unbiased | unbiased | unbiased |
# | where it stands | before the activation | before the activation (`lenet_bn`) | up to you |
# | bias of the layer before | left out | kept in `lenet_bn`, left out in `resnet` | up to you |
# | why it works | less "internal covariate shift" | measured: the signal does not fade | |
#
# The paper's explanation was questioned later. In 2018 Santurkar and others added drifting noise behind the normalization on purpose, and training was as fast and steady as before; in their view the loss becomes smoother, and that is what counts.

# %% tags=["remove-input"]
network.train().zero_grad()
F.cross_entropy(network(images[:64]), labels[:64]).backward()
bias_gradient = network.features[0][0].bias.grad.abs().max().item()
weight_gradient = network.features[0][0].weight.grad.abs().max().item()
network = network.eval()

# %% [markdown] tags=["zh"]
# ## 常见的坑 { #traps }
#
# !!! warning "训练模式下只有一个样本"
#     一个样本没有方差可言，全连接层后面的批量归一化会报错。最后一个批量只剩 1 张图时最容易遇到，`drop_last=True` 可以避开（[门诊](../clinic/batch-norm.py#one-sample-batch)）：

# %% [markdown] tags=["en"]
# ## Traps { #traps }
#
# !!! warning "A single sample in training mode"
#     One sample has no variance, and batch normalization behind a fully connected layer refuses it. It mostly happens when the last batch holds 1 image; `drop_last=True` avoids it ([clinic](../clinic/batch-norm.py#one-sample-batch)):

# %% tags=["raises-exception"]
models.create("lenet_bn").train()(torch.rand(1, 1, 28, 28))

# %% [markdown] tags=["zh"]
# !!! warning "`momentum` 的方向"
#     在 PyTorch 里它是**新**值的份额。别的框架和许多教程里是旧值的份额，那里的 0.9 在这里是 0.1。照抄 0.9，统计量几乎只看最后一个批量。[门诊：momentum=0.9](../clinic/batch-norm.py#momentum-of-the-new)。
#
# !!! warning "前一层的偏置白学了"
#     减均值会把它抵消。`lenet_bn` 第 1 层的偏置，梯度最大 {{ power(bias_gradient) }}，权重的是 {{ power(weight_gradient) }}。写新网络时用 `bias=False`。[门诊：前面的偏置是摆设](../clinic/convolution.py#bias-before-normalization)。
#
# !!! warning "统计量不是缓冲区"
#     自己写时若用普通属性存移动均值，`state_dict` 里就没有它，重新载入以后评估全乱；`.to(device)` 也搬不走它。要用 `register_buffer`。[门诊：统计量没有存进 state_dict](../clinic/batch-norm.py#statistics-not-saved)。

# %% [markdown] tags=["en"]
# !!! warning "The direction of `momentum`"
#     In PyTorch it is the share of the **new** value. In other frameworks and many tutorials it is that of the old one, and their 0.9 is 0.1 here. Copy 0.9, and the statistics see little more than the last batch. [Clinic: momentum=0.9](../clinic/batch-norm.py#momentum-of-the-new).
#
# !!! warning "The bias before it learns in vain"
#     Subtracting the mean takes it away. In layer 1 of `lenet_bn` the largest gradient of the bias is {{ power(bias_gradient) }}, that of the weights {{ power(weight_gradient) }}. Write `bias=False` in a new network. [Clinic: an idle bias](../clinic/convolution.py#bias-before-normalization).
#
# !!! warning "Statistics that are not buffers"
#     Keep the running mean in a plain attribute of your own layer, and it is not in the `state_dict`, so evaluation is wrong after a reload; nor does `.to(device)` move it. Use `register_buffer`. [Clinic: statistics that are not saved](../clinic/batch-norm.py#statistics-not-saved).

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 不运行代码，算出 4 个批量归一化层的参数个数，和缓冲区里数字的个数。
#
# ??? success "答案"
#     通道数是 6、16、120、84，合计 226。参数是 $\gamma$ 与 $\beta$，$2\cdot226={{ 2 * (6 + 16 + 120 + 84) }}$ 个；缓冲区是移动均值与移动方差，也是 452 个，另加 4 个批量计数器。
#
# **2.** 批量归一化之后，把 $\gamma$ 设为 $\sqrt{\sigma^2+\epsilon}$、$\beta$ 设为 $\mu$，得到什么？这说明什么？
#
# ??? success "答案"
#     得到原来的 $x$。所以加上 $\gamma$ 和 $\beta$ 以后，表示能力没有损失：若不归一化更好，网络可以学回去。
#
# **3.** 取 `lenet_bn` 的第 1 个卷积层，把权重乘以 10，比较训练模式下的输出和这一层权重的梯度。
#
# ??? success "答案"
#     输出几乎不变（只差 $\epsilon$ 的影响），梯度变成约 $1/10$。步长相对于权重的长度就缩小到约 $1/100$，这就是它能承受高学习率的原因。
#
# **4.** 训练好 `lenet_bn`，用批量 2 更新 30 次统计量（训练模式下前向传播，不更新参数），再评估。`momentum` 取 0.1 与 0.9，准确率各会怎样？先写下预测。
#
# ??? success "答案"
#     0.1 时几乎不变：每个批量的估计虽然很吵，移动平均却把最近十来个批量合在一起，而且无偏的方差不会系统地偏小。0.9 时几乎只看最后 2 张图，准确率明显下降。参数一个也没有变，变的只是缓冲区。
#
# **5.** 若移动方差误用了有偏的，第 1 步以后，全连接层的移动方差会差多少？[上面](#trained)的曲线看得出来吗？
#
# ??? success "答案"
#     批量是 64，无偏是有偏的 $64/63$ 倍，差约 1.6%；乘以份额 0.1，移动方差大约差 $0.0016$ 倍的方差，远大于舍入误差。可是上面的曲线只看参数，训练模式又不用移动统计量，所以看不出来：要比的是缓冲区，或者评估模式的输出。

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** Without running code, how many parameters do the 4 layers of batch normalization have, and how many numbers are in their buffers?
#
# ??? success "Answer"
#     There are 6, 16, 120 and 84 channels, 226 in all. Parameters are $\gamma$ and $\beta$, $2\cdot226={{ 2 * (6 + 16 + 120 + 84) }}$; buffers are running mean and variance, 452 as well, and 4 counters of batches.
#
# **2.** After batch normalization set $\gamma$ to $\sqrt{\sigma^2+\epsilon}$ and $\beta$ to $\mu$. What comes out, and what does that say?
#
# ??? success "Answer"
#     The original $x$. So with $\gamma$ and $\beta$ nothing is lost in what the network can represent: if it is better off without normalization, it can learn its way back.
#
# **3.** Multiply the weights of the first convolution of `lenet_bn` by 10, and compare the output in training mode and the gradient of these weights.
#
# ??? success "Answer"
#     The output hardly changes (by the effect of $\epsilon$), and the gradient becomes about $1/10$. Relative to the length of the weights a step is then about $1/100$, which is why high learning rates are borne.
#
# **4.** Train `lenet_bn`, update its statistics 30 times with batches of 2 (forward in training mode, parameters left alone), then evaluate. What happens to the accuracy with `momentum` of 0.1, and what with 0.9? Write your guess down first.
#
# ??? success "Answer"
#     With 0.1 it hardly changes: single batches are noisy, but the running average puts the last ten or so together, and the unbiased variance is not too small on average. With 0.9 it sees little more than the last 2 images, and the accuracy falls clearly. No parameter has changed, only buffers.
#
# **5.** Let the running variance be biased by mistake. By how much is it off in the fully connected layers after step 1? Would the curves [above](#trained) show it?
#
# ??? success "Answer"
#     The batch is 64, unbiased is $64/63$ times biased, a difference of 1.6%; times the share of 0.1, the running variance is off by about $0.0016$ of the variance, far above rounding. But the curves show parameters alone, and training mode does not use running statistics, so they show nothing: compare buffers, or outputs in evaluation mode.

# %% [markdown] tags=["zh"]
# ## 参考文献 { #references }
#
# - S. Ioffe, C. Szegedy. [Batch normalization: accelerating deep network training by reducing internal covariate shift](https://arxiv.org/abs/1502.03167). ICML, 2015.
# - S. Santurkar, D. Tsipras, A. Ilyas, A. Madry. [How does batch normalization help optimization?](https://arxiv.org/abs/1805.11604) NeurIPS, 2018.
# - J. Bjorck, C. Gomes, B. Selman, K. Q. Weinberger. [Understanding batch normalization](https://arxiv.org/abs/1806.02375). NeurIPS, 2018.

# %% [markdown] tags=["en"]
# ## References { #references }
#
# - S. Ioffe, C. Szegedy. [Batch normalization: accelerating deep network training by reducing internal covariate shift](https://arxiv.org/abs/1502.03167). ICML, 2015.
# - S. Santurkar, D. Tsipras, A. Ilyas, A. Madry. [How does batch normalization help optimization?](https://arxiv.org/abs/1805.11604) NeurIPS, 2018.
# - J. Bjorck, C. Gomes, B. Selman, K. Q. Weinberger. [Understanding batch normalization](https://arxiv.org/abs/1806.02375). NeurIPS, 2018.
