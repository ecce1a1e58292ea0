# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "clinic.examine 拿你自己的模型和一个批量，报告能够断定的毛病：查什么、凭哪个数字、查不出什么，都在这里量过。"
#       en: "clinic.examine takes your own model and one batch and reports what is surely wrong: what it looks for, by which number, and what it cannot see, all measured."
#     labels: {softmax on top: 末尾多了 softmax, ReLU on top: 末尾多了 ReLU, optimizer of another model: 优化器属于别的模型, new head not held: 优化器没有新换的层, graph cut: 计算图断了, all weights zero: 权重全为零, "pixels 0 to 255": "像素 0 到 255", images in float64: 图片是 float64, labels from 1: 标签从 1 数起, batch of one: 批量只有一个样本, left in evaluation mode: 停在评估模式, one picture in two: 每两张图混成一张, healthy: 正常, images upside down: 图片上下颠倒, labels shuffled: 标签被打乱, lr too large: 学习率太大, test set seen in training: 训练时见过测试集, found: 查到的, evidence: 证据, case: 病例, nothing: 没有, accuracy after 3 epochs: 3 轮后的准确率}
# ---

# %% [markdown] tags=["zh"]
# # 给自己的模型体检 { #doctor }
#
# 网络是自己写的，跑得起来，学得不好。翻遍整个门诊对照症状，要花一个下午。**一个程序只看一个批量，能断定多少种毛病？又有哪些它绝对看不出来？**
#
# `clinic.examine` 就是这样一个程序。给它模型和一个批量，它拿副本试运行，只报告有把握的毛病；每一条都带着病例的编号、一个数字和链接。

# %% [markdown] tags=["en"]
# # An examination for your own model { #doctor }
#
# The network is your own; it runs, and it learns badly. Comparing it with every case of the clinic takes an afternoon. **How many illnesses can a program be sure of that sees one batch alone? And which can it never see?**
#
# `clinic.examine` is such a program. Give it the model and one batch; it tries a copy and reports only what is certain. Each finding carries the id of a case, a number, and a link.

# %%
import pandas as pd
import torch
from torch import nn

from dlnotes import clinic, data, models, training
from dlnotes.clinic import autograd, bookkeeping

splits = data.load("digits")
images = training.Normalization.of(splits.train.images).apply(splits.train.images)[:32]
labels = splits.train.labels[:32]

model = nn.Sequential(models.create("lenet"), nn.Softmax(dim=1))
print(clinic.examine(model, (images, labels)))

# %% [markdown] tags=["zh"]
# 没有毛病的模型，`findings` 是一张空表：

# %% [markdown] tags=["en"]
# For a healthy model `findings` is an empty list:

# %%
training.seed_everything(0)
clinic.examine(models.create("lenet"), (images, labels)).findings

# %% [markdown] tags=["zh"]
# ## 十二个病人 { #patients }
#
# 先猜：下面这些毛病，不训练、只看一个批量，它能认出几个？

# %% [markdown] tags=["en"]
# ## Twelve patients { #patients }
#
# Guess first: of the illnesses below, how many can it tell without training, from one batch?

# %% tags=["hide-input"]
def optimizer_of(network):
    return torch.optim.SGD(network.parameters(), lr=0.1)


def with_new_head():
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 8), nn.ReLU(), nn.Linear(8, 20))
    optimizer = optimizer_of(network)
    network[-1] = nn.Linear(8, 10)
    return network, (images, labels), optimizer


def in_evaluation():
    network = models.create("lenet_bn").eval()
    return network, (images, labels), optimizer_of(network)


def mixing():
    return nn.Sequential(nn.Flatten(), nn.Unflatten(1, (28, 28)), nn.Flatten(0, 1), nn.Unflatten(0, (16, 56)), nn.Flatten(), nn.Linear(1568, 10))


lenet, lenet_bn = models.create("lenet"), models.create("lenet_bn")
patients = {
    "softmax on top": (model, (images, labels)),
    "ReLU on top": (nn.Sequential(lenet, nn.ReLU()), (images, labels)),
    "optimizer of another model": (lenet, (images, labels), optimizer_of(lenet_bn)),
    "new head not held": with_new_head(),
    "graph cut": (nn.Sequential(nn.Flatten(), nn.Linear(784, 4), autograd.GradientCut()), (images, labels % 3)),
    "all weights zero": (bookkeeping.zeros_broken(models.create("lenet")), (images, labels)),
    "pixels 0 to 255": (models.create("mlp"), (splits.train.images[:32].float(), labels)),
    "images in float64": (lenet, (images.double(), labels)),
    "labels from 1": (lenet, (images, labels + 1)),
    "batch of one": (lenet_bn, (images[:1], labels[:1])),
    "left in evaluation mode": in_evaluation(),
    "one picture in two": (mixing(), (images, labels)),
}
rows, reports = {}, {}
for name, patient in patients.items():
    reports[name] = clinic.examine(*patient).findings
    rows[name] = [", ".join(finding.case for finding in reports[name]), ", ".join(f"{finding.evidence:.3g}" for finding in reports[name])]
pd.DataFrame(rows, index=["found", "evidence"]).T

# %% [markdown] tags=["zh"]
# {{ len(patients) }} 个病人，查出了 {{ sum(map(bool, reports.values())) }} 个。数字是凭据：softmax 的输出每行之和、恰好为 0 的输出占多大一部分、优化器没有拿到的参数个数、第一个损失、越界的标签、两个样本停住时的损失。像素没有缩放的那一个，换成卷积网络就不一定查得出：LeNet 的卷积核很小，第一个损失只大一点，够不上“断定”。要看说明，就打印整份报告：

# %% [markdown] tags=["en"]
# Of {{ len(patients) }} patients, {{ sum(map(bool, reports.values())) }} have a finding. The number is the evidence: the sum of a row of softmax outputs, the share of outputs that are exactly 0, the number of parameters that the optimizer lacks, the first loss, the label out of range, the loss at which two samples got stuck. The one with unscaled pixels may well pass when it is a convolutional network: the kernels of LeNet are small, its first loss is only a little too large, and that is no certainty. To read what the report says, print it:

# %%
print(clinic.examine(*patients["new head not held"]))

# %% [markdown] tags=["zh"]
# ## 它查什么 { #checks }
#
# 由便宜到贵，前面的查出了致命的毛病，后面的就不再做：
#
# | 查什么 | 怎样断定 | 病例 |
# |---|---|---|
# | 优化器手里有没有这些参数 | 逐个比较对象，不比较数值 | [全没有](optimizers.py#optimizer-of-another-net)，[少几个](bookkeeping.py#head-replaced-too-late) |
# | 模式对不对 | dropout 和批量归一化与整个模型的模式是否一致 | [评估](bookkeeping.py#evaluation-in-training-mode) |
# | 一个样本上的统计量 | 批量为 1，又有批量归一化 | [一个样本](batch-norm.py#one-sample-batch) |
# | 跑不跑得通 | 前向一次，照报错的原文找病例；设备和类型另外核对 | [设备](devices.py#device-moves)，[形状](shapes.py#missing-flatten)，[类型](shapes.py#double-inputs) |
# | 输出与标签 | 行数、轴、类型、编号的范围 | [混行](shapes.py#flatten-across-samples)，[多一维](shapes.py#column-of-labels)，[越界](shapes.py#label-out-of-range) |
# | 网络的结尾 | 每行之和为 1；或者输出直接来自 ReLU | [softmax](loss-heads.py#softmax-before-cross-entropy)，[ReLU](loss-heads.py#relu-on-logits) |
# | 梯度到不到 | 反向一次，数 `grad` 为 `None` 的参数；再找有梯度、模型却不认识的参数 | [断图](autograd.py#parameter-without-gradient)，[藏在列表里](python.py#layers-in-a-list) |
# | 第一个损失 | 远大于 $\ln C$，$C$ 是类别数 | [起始损失](loss-heads.py#first-loss) |
# | 背不背得下来 | 两个不同类别的样本，Adam，几种学习率 | [两个样本](bookkeeping.py#one-batch-not-learnt) |
#
# 它宁可不说，也不乱说：测试要求它在这个软件包的全部 {{ len(models.names()) }} 个模型上，以及 torchvision 里同一家族的分类模型上一声不吭；同时要求上面每一类故障，埋进去就要查出来，修好了就不再报告。

# %% [markdown] tags=["en"]
# ## What it looks for { #checks }
#
# From cheap to expensive; once something fatal is found, what comes later is left out:
#
# | what | how it can be sure | case |
# |---|---|---|
# | whether the optimizer holds the parameters | objects are compared one by one, not their values | [none](optimizers.py#optimizer-of-another-net), [some missing](bookkeeping.py#head-replaced-too-late) |
# | the mode | dropout and batch normalization against the mode of the whole model | [evaluation](bookkeeping.py#evaluation-in-training-mode) |
# | statistics over one sample | a batch of 1, and batch normalization | [one sample](batch-norm.py#one-sample-batch) |
# | whether it runs | one forward pass; the text of an error is looked up, devices and types are checked besides | [devices](devices.py#device-moves), [shapes](shapes.py#missing-flatten), [types](shapes.py#double-inputs) |
# | outputs and labels | rows, axes, types, range of the numbers | [mixed rows](shapes.py#flatten-across-samples), [one axis too many](shapes.py#column-of-labels), [out of range](shapes.py#label-out-of-range) |
# | the end of the network | rows that sum to 1, or outputs straight from a ReLU | [softmax](loss-heads.py#softmax-before-cross-entropy), [ReLU](loss-heads.py#relu-on-logits) |
# | whether gradients arrive | one backward pass; parameters whose `grad` is `None`, and those with a gradient that the model does not know | [cut graph](autograd.py#parameter-without-gradient), [hidden in a list](python.py#layers-in-a-list) |
# | the first loss | far above $\ln C$, where $C$ is the number of classes | [first loss](loss-heads.py#first-loss) |
# | learning by heart | two samples of different classes, Adam, several learning rates | [two samples](bookkeeping.py#one-batch-not-learnt) |
#
# It would rather say nothing than something doubtful: the tests demand silence on all {{ len(models.names()) }} models of this package, and on torchvision's classification models of the same families; they also demand that every fault of the kinds above is found when it is planted, and no longer reported when it is mended.

# %% [markdown] tags=["zh"]
# ## 它看不出什么 { #limits }
#
# 没有查出毛病，不等于没有毛病。下面四种，训练出来的结果都不能用，或者不能信：

# %% [markdown] tags=["en"]
# ## What it cannot see { #limits }
#
# Nothing found does not mean that nothing is wrong. With each of these four, the result is of no use, or not to be trusted:

# %% tags=["hide-input"]
from dataclasses import replace

order = torch.randperm(len(splits.train.labels), generator=torch.Generator().manual_seed(0))
flipped = splits.test.images.flip(2)
faults = {
    "healthy": (splits, 3e-3),
    "labels shuffled": (replace(splits, train=splits.train._replace(labels=splits.train.labels[order])), 3e-3),
    "images upside down": (replace(splits, test=splits.test._replace(images=flipped)), 3e-3),
    "lr too large": (splits, 1.0),
    "test set seen in training": (replace(splits, train=type(splits.train)(*map(torch.cat, zip(splits.train, splits.test)))), 3e-3),
}
rows = {}
for name, (sets, rate) in faults.items():
    training.seed_everything(0)
    network = models.create("mlp_32_16")
    constants = training.Normalization.of(sets.train.images)
    seen = constants.apply(sets.train.images[:32]), sets.train.labels[:32]
    report = clinic.examine(network, seen, torch.optim.AdamW(network.parameters(), lr=rate))
    training.fit(network, sets, training.Config(epochs=3, lr=rate, seed=0))
    score = training.evaluate(network, sets.test, constants).accuracy
    rows[name] = [", ".join(finding.case for finding in report.findings) or "nothing", f"{score:.3f}"]
pd.DataFrame(rows, index=["found", "accuracy after 3 epochs"]).T

# %% [markdown] tags=["zh"]
# 标签打乱以后，两个样本照样背得下来；图片颠倒与否，一个批量里看不出来；学习率要走几步才知道太大；训练时见过测试集，分数只会更好看。这些毛病不在模型里，在数据和流程里，要靠[数据的病例](data.py)和[调试的办法](../training/debugging.py)。

# %% [markdown] tags=["en"]
# With labels shuffled, two samples are still learnt by heart; one batch does not show whether pictures stand on their heads; a learning rate turns out too large only after some steps; and having seen the test set makes the score look better. These ills are in the data and in the procedure, not in the model; for them there are [the cases of data](data.py) and [the ways of debugging](../training/debugging.py).

# %% [markdown] tags=["zh"]
# ## 什么也不改动 { #untouched }
#
# 体检用的是副本。模型的权重、统计量、梯度和模式，优化器的状态，批量，随机数，都与体检前一样：

# %% [markdown] tags=["en"]
# ## Nothing is touched { #untouched }
#
# The examination works on a copy. The weights, statistics, gradients and modes of the model, the state of the optimizer, the batch and the random numbers are as they were:

# %%
network = models.create("lenet_bn")
optimizer = torch.optim.Adam(network.parameters())
before = {key: value.clone() for key, value in network.state_dict().items()}
state = torch.get_rng_state()
clinic.examine(network, (images, labels), optimizer)
print("model unchanged:", all(torch.equal(value, before[key]) for key, value in network.state_dict().items()))
print("optimizer unchanged:", not optimizer.state, " random state unchanged:", torch.equal(state, torch.get_rng_state()))

# %% [markdown] tags=["zh"]
# 自己的损失函数用 `loss=` 传进去，它收到的就是模型返回的东西。这时输出和标签的形状、网络的结尾、损失的大小都由你的损失函数说了算，不再评判；梯度照查。
#
# ## 在命令行里 { #shell }
#
# ```bash
# dlnotes doctor my_code.py:make_model --input 3x32x32 --classes 10
# dlnotes doctor my_code.py:make_model --batch my_code.py:make_batch
# ```
#
# `make_model` 不带参数，返回模型，或者返回模型和优化器这一对。不给批量，就用随机数代替：形状、类型、梯度、优化器照样查得出，只有数据本身的毛病查不到。查出毛病时退出码为 1，可以放进自动测试。

# %% [markdown] tags=["en"]
# A loss of your own goes in as `loss=`, and receives what the model returns. Then the form of outputs and labels, the end of the network and the size of the loss are your loss's business and are not judged; gradients still are.
#
# ## From the shell { #shell }
#
# ```bash
# dlnotes doctor my_code.py:make_model --input 3x32x32 --classes 10
# dlnotes doctor my_code.py:make_model --batch my_code.py:make_batch
# ```
#
# `make_model` takes no arguments and returns a model, or a pair of a model and its optimizer. Without a batch, random numbers stand in: shapes, types, gradients and the optimizer are examined all the same, and only faults of the data stay hidden. The exit code is 1 if something was found, so it can be part of your tests.

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 网络的最后一层之后是 ReLU，再之后是全局平均池化，像 [NiN 的论文](https://arxiv.org/abs/1312.4400)那样。为什么体检不报告它？
#
# ??? success "答案"
#     平均之后的输出恰好为 0，要求一个类别在图上每个位置都不大于 0。这可能发生，但不是必然，所以不能断定。输出直接来自 ReLU 就不同了：每个为负的 logit 都当场丢掉，梯度也是 0。
#
# **2.** 它怎样区分 `.detach()` 造成的“没有梯度”和“梯度恰好是 0”？为什么后一种不报告？
#
# ??? success "答案"
#     看 `grad` 是 `None` 还是一个全零的张量。全零可以是暂时的：初始化时 ReLU 后面恰好没有活着的单元，或者 $\gamma=0$ 的残差块，走几步就不是 0 了。
#
# **3.** 背两个样本时，为什么要关掉 dropout，却不把批量归一化切到评估模式？
#
# ??? success "答案"
#     dropout 会随机改变同一个样本的输出，损失就降不到底。批量归一化在评估模式下用的是还没有攒好的滑动统计量，与训练时不是同一个函数；体检要看的是训练时的那一个。
#
# **4.** 给 `clinic.examine` 一个训练好的模型，`findings` 会不会因为损失太小而不是空表？
#
# ??? success "答案"
#     不会。它只在第一个损失远大于 $\ln C$ 时才报告；训练好的模型损失更小，两个样本也早就会了。

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** Behind the last layer comes a ReLU, and then global average pooling, as in [the paper on NiN](https://arxiv.org/abs/1312.4400). Why does the examination not report it?
#
# ??? success "Answer"
#     After the average, an output is exactly 0 only if a class is at or below 0 at every place of the map. That can happen and need not, so it is no certainty. Outputs straight from a ReLU are another matter: each negative logit is lost at once, and its gradient is 0.
#
# **2.** How does it tell "no gradient", the work of `.detach()`, from a gradient that happens to be 0? And why is the latter not reported?
#
# ??? success "Answer"
#     By whether `grad` is `None` or a tensor of zeros. Zeros can be passing: all units behind a ReLU may be dead at the start, or a residual block has $\gamma=0$, and after some steps they are gone.
#
# **3.** While two samples are learnt by heart, why is dropout switched off and batch normalization not put into evaluation mode?
#
# ??? success "Answer"
#     Dropout changes the output of one and the same sample at random, and the loss never gets to the bottom. In evaluation mode, batch normalization uses moving statistics that have not been gathered yet, which is another function than the one in training; and it is that one which is examined.
#
# **4.** The model is trained already, so its loss is small. Can that alone put something into the `findings` of `clinic.examine`?
#
# ??? success "Answer"
#     No. It reports only a first loss far above $\ln C$; a trained model's is smaller, and it knows the two samples already.
