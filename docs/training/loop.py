# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "训练循环一行一行地写：设置、数据、模型、损失、优化器、一个轮次、评估；每一行若写错，测出来是什么样子。"
#       en: "The training loop line by line: settings, data, model, loss, optimizer, one epoch, evaluation; and what it looks like, measured, when one of the lines is wrong."
#     covers: [N-24, T-09, T-14, P-05, C-03, C-04, C-05, C-06, C-07, C-11, C-12, E-22, E-24, E-25, E-27, E-77]
#     labels: {forward: 前向, loss: 损失, clear gradients: 清零梯度, backward: 反向, update: 更新, next batch: 下一个批量, as written: 照原样, zero_grad forgotten: 忘了 zero_grad, step before backward: step 在 backward 之前, zero_grad after backward: zero_grad 在 backward 之后}
# ---

# %% tags=["remove-input"]
from statistics import mean

from dlnotes import figures

# %% [markdown] tags=["zh"]
# # 训练循环，一行一行 { #loop }
#
# 训练循环的核心只有五行。有趣的是：把其中两行换个次序，或者漏掉一行，Python 常常**不报错**，损失照样打印出来。
#
# 先猜：下面三种写错的循环里，哪一种最糟？（一）忘了清零梯度；（二）先更新、后反向传播；（三）反向传播之后才清零梯度。

# %% [markdown] tags=["en"]
# # The training loop, line by line { #loop }
#
# The heart of a training loop is five lines. Here is the interesting part: swap two of them, or leave one out, and Python may raise **no error**, and the loss is still printed.
#
# Guess first: which of these three faulty loops is the worst? (1) Gradients are never cleared. (2) The update comes before the backward pass. (3) Gradients are cleared after the backward pass.

# %% tags=["remove-input"] alt_zh="训练循环：前向，损失，清零梯度，反向，更新，然后回到开头，取下一个批量。" alt_en="The training loop: forward, loss, clear gradients, backward, update, and back to the beginning with the next batch."
figures.flow(
    ["forward", "loss", "clear gradients", "backward", "update"], back="next batch"
)

# %% [markdown] tags=["zh"]
# ## 设置：放在一个地方 { #settings }
#
# **超参数**是训练之前定下、训练中不学习的数：批量大小、轮次、学习率。它们和设备、种子一起，放进一个**冻结的数据类**。怎样选，见[超参数调优](tuning.py#search)。

# %% [markdown] tags=["en"]
# ## Settings, in one place { #settings }
#
# A **hyperparameter** is set before training and is not learnt in training: batch size, number of epochs, learning rate. Put them, together with device and seed, into a **frozen dataclass**. For how to choose them, see [hyperparameter tuning](tuning.py#search).

# %%
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    batch_size: int = 64
    epochs: int = 8
    lr: float = 0.1
    seed: int = 0


settings = Settings()
settings

# %% [markdown] tags=["zh"]
# 为什么不用字典，或者什么键都收的“开放字典”？看看漏写一条下划线会怎样：

# %% [markdown] tags=["en"]
# Why not a dictionary, or an "open dictionary" that takes any key? See what one missing underscore does:

# %%
from types import SimpleNamespace

opened = SimpleNamespace(batch_size=64, lr=0.1)
opened.batchsize = 128
opened.batch_size

# %% [markdown] tags=["zh"]
# 没有人抗议，批量仍是 {{ opened.batch_size }}：多出来的 `batchsize` 谁也不读。数据类会当场说出来：

# %% [markdown] tags=["en"]
# Nothing complains, and the batch size is still {{ opened.batch_size }}: nobody ever reads the new `batchsize`. The dataclass speaks up at once:

# %% tags=["raises-exception"]
Settings(batchsize=128)

# %% [markdown] tags=["zh"]
# ## 数据：先算清楚要走几步 { #data }
#
# **批量**（batch）是一次更新用到的那组样本；**批量大小**是它有几个样本；一次更新叫一次**迭代**；把训练集过一遍叫一个**轮次**（epoch）。MNIST 有 60,000 张，批量大小 200，一个轮次就是 $60000/200=300$ 次迭代。
#
# 这里用内置的 digits：

# %% [markdown] tags=["en"]
# ## Data: count the steps first { #data }
#
# A **batch** is the group of samples used for one update; the **batch size** is how many samples it has; one update is an **iteration**; one pass over the training set is an **epoch**. MNIST has 60,000 images; with a batch size of 200, an epoch has $60000/200=300$ iterations.
#
# Here we take the embedded digits:

# %%
import torch

from dlnotes import data, training

splits = data.load("digits")
normalization = training.Normalization.of(splits.train.images)
images, labels = normalization.apply(splits.train.images), splits.train.labels

full, rest = divmod(len(labels), settings.batch_size)
images.shape, full, rest

# %% [markdown] tags=["zh"]
# {{ len(labels) }} 张图，{{ full }} 个完整的批量，剩下 {{ rest }} 张。
#
# 每个轮次开始时**重新打乱，再切成批量**。打乱的是整个训练集，不是批量内部的次序；所以同一张图每个轮次遇到的“同伴”不一样。测试集不打乱：打乱对准确率没有影响，却让第 $i$ 个预测不再对应第 $i$ 张图。

# %% [markdown] tags=["en"]
# {{ len(labels) }} images make {{ full }} full batches, with {{ rest }} left over.
#
# At the start of every epoch they are **shuffled anew and then cut into batches**. What is shuffled is the whole training set, not just the order within a batch, so an image meets different companions in every epoch. The test set is not shuffled: accuracy would not change, but prediction $i$ would no longer belong to image $i$.

# %% [markdown] tags=["zh"]
# ## 模型、损失、优化器 { #model }

# %% [markdown] tags=["en"]
# ## Model, loss, optimizer { #model }

# %%
from torch.nn import functional as F

from dlnotes import models


def start(settings):
    training.seed_everything(settings.seed)
    model = models.create("mlp_32_16")
    optimizer = torch.optim.SGD(model.parameters(), lr=settings.lr)
    return model, optimizer


model, optimizer = start(settings)
F.cross_entropy(model(images[:64]), labels[:64])

# %% [markdown] tags=["zh"]
# 还没训练，损失约为 {{ f"{F.cross_entropy(model(images), labels).item():.2f}" }}，接近 $\ln 10\approx2.30$：10 个类别各占十分之一时，正确类别的 $-\ln 0.1$ 就是它。**起点离这个数很远，先别训练，先找错。**
#
# 优化器拿到的是参数**本身**，不是副本：它在网络外面改，网络里面就变了。所以每个网络要有自己的优化器。

# %% [markdown] tags=["en"]
# Before any training the loss is about {{ f"{F.cross_entropy(model(images), labels).item():.2f}" }}, close to $\ln 10\approx2.30$: if each of the 10 classes gets a probability of one tenth, the loss for the right one is $-\ln 0.1$. **If the first loss is far from this number, look for the mistake before you train.**
#
# The optimizer holds the parameters **themselves**, not copies: when it changes them from outside, the network itself changes. Each network therefore needs its own optimizer.

# %% [markdown] tags=["zh"]
# ## 一个轮次 { #epoch }

# %% [markdown] tags=["en"]
# ## One epoch { #epoch }


# %%
def train_epoch(model, optimizer, images, labels, batch_size):
    model.train()
    loss_sum, correct = 0.0, 0
    for index in torch.randperm(len(labels)).split(batch_size):
        logits = model(images[index])
        loss = F.cross_entropy(logits, labels[index])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss_sum += loss.item() * len(index)
        correct += (logits.argmax(dim=1) == labels[index]).sum().item()
    return loss_sum / len(labels), correct / len(labels)


for epoch in range(settings.epochs):
    loss, accuracy = train_epoch(model, optimizer, images, labels, settings.batch_size)
    print(f"epoch {epoch + 1}: loss {loss:.3f}, accuracy {accuracy:.1%}")

# %% [markdown] tags=["zh"]
# 逐行看，每一行都有它的理由：
#
# - `model.train()`：切到**训练模式**，暂退法要随机丢弃，批量归一化要用这个批量的统计量。评估会把它切到另一种模式，所以每个轮次都写一次。
# - `model(images[index])`：**前向传播**，从输入逐层算到 logits，顺便记下求梯度要用的中间结果。
# - `F.cross_entropy(logits, …)`：输入是 logits，前面不要再加 softmax。结果已经是标量（对批量求了平均），再写 `.sum()` 没有作用。
# - `optimizer.zero_grad()`：`backward` 把梯度**加**到 `.grad` 上，不清零就会把以前的也算进来。
# - `loss.backward()`：**反向传播**，从损失出发沿计算图往回走，用链式法则填好每个参数的 `.grad`。它只求梯度，不改参数，怎样做到的见[自动求导](../theory/autograd.py)。
# - `optimizer.step()`：按 `.grad` 改参数。
# - `loss.item() * len(index)`：`item()` 取出 Python 数，计算图才能释放；乘上样本数，最后除以总数，才是**每个样本**的平均损失。把各批量的平均值加起来再除以样本数，等于多除了一次批量大小。

# %% [markdown] tags=["en"]
# Each line is there for a reason:
#
# - `model.train()`: switches to **training mode**, in which dropout is active and batch normalization uses the statistics of this batch. Evaluation may leave the model in the other mode, so this line stands at the start of every epoch.
# - `model(images[index])`: the **forward pass** computes layer by layer from the input to the logits, and keeps the intermediate results that the gradients will need.
# - `F.cross_entropy(logits, …)`: takes logits, so do not put a softmax in front. The result is a scalar already (a mean over the batch), so a further `.sum()` does nothing.
# - `optimizer.zero_grad()`: `backward` **adds** to `.grad`; without clearing, old gradients count again.
# - `loss.backward()`: **backpropagation** walks the graph back from the loss and fills the `.grad` of every parameter by the chain rule. It only finds gradients and does not change the parameters. How it works is explained under [autograd](../theory/autograd.py).
# - `optimizer.step()`: changes the parameters by their `.grad`.
# - `loss.item() * len(index)`: `item()` takes out a Python number, so that the graph can be freed. Multiply it by the number of samples in the batch, divide by the total number at the end, and you get the mean loss **per sample**. If you add up batch means and divide by the number of samples, the result is too small by a factor of the batch size.

# %% [markdown] tags=["zh"]
# ## 评估 { #evaluate }

# %% [markdown] tags=["en"]
# ## Evaluation { #evaluate }


# %%
def evaluate(model, images, labels):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        logits = model(images)
    model.train(was_training)
    return F.cross_entropy(logits, labels).item(), (
        logits.argmax(dim=1) == labels
    ).float().mean().item()


loss, accuracy = evaluate(
    model, normalization.apply(splits.validation.images), splits.validation.labels
)
print(f"validation: loss {loss:.3f}, accuracy {accuracy:.1%}")

# %% [markdown] tags=["zh"]
# 训练好的网络拿来对新输入给出预测，叫**推理**，评估也是推理。三件事缺一不可：`eval()` 切到**评估模式**，暂退法不再丢弃，批量归一化改用移动统计量；`no_grad()` 不记录计算图，省内存；做完以后**还原**原来的模式。归一化用的是训练集的常数，验证集不能自己另算一套。准确率不够用的时候看什么，见[评价指标](metrics.py)。

# %% [markdown] tags=["en"]
# Using a trained network to predict on new input is called **inference**, and evaluation is a case of it. Three things are needed: `eval()` switches to **evaluation mode**, in which dropout drops nothing and batch normalization uses its running statistics; `no_grad()` records no graph and saves memory; and afterwards the mode is **put back**. Normalization uses the constants of the training set; the validation set must not use its own. For what to look at when accuracy is not enough, see [metrics](metrics.py).

# %% [markdown] tags=["zh"]
# ## 写错一行，会怎样 { #faults }
#
# 现在回到开头的三种写法，各用 3 个随机种子：

# %% [markdown] tags=["en"]
# ## What happens when one line is wrong? { #faults }
#
# Back to the three faulty loops from the beginning, with 3 seeds each:


# %%
def final_accuracy(order, seed):
    model, optimizer = start(Settings(seed=seed))
    for _ in range(settings.epochs):
        for index in torch.randperm(len(labels)).split(settings.batch_size):
            loss = F.cross_entropy(model(images[index]), labels[index])
            actions = {
                "zero": optimizer.zero_grad,
                "backward": loss.backward,
                "step": optimizer.step,
            }
            for name in order:
                actions[name]()
    return evaluate(
        model, normalization.apply(splits.validation.images), splits.validation.labels
    )[1]


orders = {
    "as written": ("zero", "backward", "step"),
    "zero_grad forgotten": ("backward", "step"),
    "step before backward": ("zero", "step", "backward"),
    "zero_grad after backward": ("backward", "zero", "step"),
}
results = {
    label: [final_accuracy(order, seed) for seed in range(3)]
    for label, order in orders.items()
}

# %% tags=["hide-input"] alt_zh="四种循环的验证准确率：照原样在九成以上，其余三种都停在随机猜测的水平。" alt_en="Validation accuracy of the four loops: as written above nine tenths, the three others at chance level."
figures.bars(results, xlabel="validation accuracy", limits=(0, 1))

# %% [markdown] tags=["zh"]
# 照原样是 {{ f"{mean(results['as written']):.0%}" }}，三种写错的都在随机猜测附近，谁也没有报错。它们错的方式不同：
#
# - 忘了清零，梯度越积越大，参数被甩出去：它**在动**，只是乱动。
# - 先更新后反向：更新时 `.grad` 刚被清空，参数**一步也没动**。
# - 反向之后才清零：同样一步也没动。
#
# 怎样一眼分辨“乱动”和“不动”？看参数有没有变：

# %% [markdown] tags=["en"]
# The loop as written reaches {{ f"{mean(results['as written']):.0%}" }}; the three faulty ones stay near chance, and none raised an error. They fail in different ways:
#
# - Never cleared: gradients pile up and throw the parameters about. They **move**, but wildly.
# - Update before backward: `.grad` has just been cleared when the update comes; the parameters **do not move at all**.
# - Cleared after backward: they do not move either.
#
# How can you tell "wild" from "still" at a glance? See whether the parameters changed:


# %%
def largest_change(order):
    model, optimizer = start(settings)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    for index in torch.randperm(len(labels)).split(settings.batch_size):
        loss = F.cross_entropy(model(images[index]), labels[index])
        actions = {
            "zero": optimizer.zero_grad,
            "backward": loss.backward,
            "step": optimizer.step,
        }
        for name in order:
            actions[name]()
    return max(
        (after - old).abs().max().item()
        for after, old in zip(model.parameters(), before)
    )


changes = {label: largest_change(order) for label, order in orders.items()}
for label, change in changes.items():
    print(f"{label:26} {change:.3f}")

# %% [markdown] tags=["zh"]
# 一个轮次之后：照原样，变化最大的参数挪了 {{ f"{changes['as written']:.2f}" }}；忘了清零，挪了 {{ f"{changes['zero_grad forgotten']:.1f}" }}；另外两种是 {{ f"{changes['step before backward']:.0f}" }}。那么哪一种最糟？三种都什么也没学到，不动的两种至少一查就知道。训练没有效果时，这是最先该看的数。
#
# 整个站点训练时用的 `training.fit` 就是这个循环，加上了调度、增强、[混合精度](precision.py)和检查点；先把这个小的读懂，再去读它。

# %% [markdown] tags=["en"]
# After one epoch the parameter that changed most has moved by {{ f"{changes['as written']:.2f}" }} in the loop as written, by {{ f"{changes['zero_grad forgotten']:.1f}" }} without clearing, and by {{ f"{changes['step before backward']:.0f}" }} in the other two. So which is the worst? All three learn nothing; the two that stand still are at least easy to recognize. When training has no effect, look at this number first.
#
# `training.fit`, which trains everything on this site, is this loop with a schedule, augmentation, [mixed precision](precision.py) and checkpoints added. Read the small one first.

# %% [markdown] tags=["zh"]
# ## 常见的坑 { #traps }
#
# !!! warning "把张量累加起来"
#     `loss_sum += loss` 会留住每个批量的计算图，内存越用越多。用 `loss.item()`。
#
# !!! warning "最后一个批量很小"
#     3 个样本的平均噪声大，却和 64 个样本的平均走同样长的一步。训练时丢掉它（`drop_last`），评估时不丢。
#
# !!! warning "只看训练损失"
#     表里的训练准确率是一边改参数一边量的，是整个轮次的平均，不是轮次结束时的成绩。

# %% [markdown] tags=["en"]
# ## Traps { #traps }
#
# !!! warning "Adding up tensors"
#     `loss_sum += loss` keeps the graph of every batch, and memory grows. Use `loss.item()`.
#
# !!! warning "A tiny last batch"
#     A mean over 3 samples is noisy, and yet it takes as long a step as a mean over 64. Drop it in training (`drop_last`), keep it in evaluation.
#
# !!! warning "Watching the training loss alone"
#     The training accuracy printed above is measured while the parameters change. It is a mean over the epoch, not the score at its end.

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 训练集 50,000 张，批量大小 128，不丢最后一个批量。一个轮次有几次迭代？最后一个批量有几张？
#
# ??? success "答案"
#     $\lceil50000/128\rceil=391$ 次；$50000-390\times128=80$ 张。
#
# **2.** 把 `reduction="mean"` 换成 `"sum"`，批量大小 64，学习率不变。每一步的长度变成多少倍？
#
# ??? success "答案"
#     SGD 的步长与梯度成正比，和是平均的 64 倍，所以是 64 倍。要走同样的路，学习率得除以 64。
#
# **3.** 显存只够批量 16，却想得到批量 64 的梯度。怎样改这五行？写成 `accumulate(model, loss_function, optimizer, batches)`，其中 `batches` 是 4 个 `(images, labels)`。
#
# ??? success "答案"
#     梯度累积：每个小批量算 `(loss / 4).backward()`，4 次之后才 `step()` 和 `zero_grad()`。“忘了清零”在这里成了有意为之。有批量归一化时结果不完全相同，因为它只看得到 16 个样本。
#
#     ```python
#     def accumulate(model, loss_function, optimizer, batches):
#         for images, labels in batches:
#             loss = loss_function(model(images), labels)
#             (loss / len(batches)).backward()
#         optimizer.step()
#         optimizer.zero_grad()
#     ```
#
# **4.** 为什么 `evaluate` 要还原模式，而不是直接调用 `model.train()`？
#
# ??? success "答案"
#     调用者可能本来就在评估模式里。函数应当把别人的东西放回原处；擅自切到训练模式，之后的预测就会受暂退法影响。

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** 50,000 training images, batch size 128, the last batch kept. How many iterations does an epoch have, and how many images does the last batch have?
#
# ??? success "Answer"
#     $\lceil50000/128\rceil=391$ iterations; $50000-390\times128=80$ images.
#
# **2.** Replace `reduction="mean"` by `"sum"`, with a batch size of 64 and the same learning rate. How many times as long is each step?
#
# ??? success "Answer"
#     A step of SGD is proportional to the gradient, and the sum is 64 times the mean, so each step is 64 times as long. To follow the same path, divide the learning rate by 64.
#
# **3.** Memory only holds batches of 16, but you want the gradient of a batch of 64. How do the five lines change? Write `accumulate(model, loss_function, optimizer, batches)`, where `batches` is a list of 4 pairs `(images, labels)`.
#
# ??? success "Answer"
#     Accumulate gradients: `(loss / 4).backward()` for each small batch, then `step()` and `zero_grad()` after 4 of them. Here "not clearing" is on purpose. With batch normalization the result is not quite the same, because it sees only 16 samples.
#
#     ```python
#     def accumulate(model, loss_function, optimizer, batches):
#         for images, labels in batches:
#             loss = loss_function(model(images), labels)
#             (loss / len(batches)).backward()
#         optimizer.step()
#         optimizer.zero_grad()
#     ```
#
# **4.** Why does `evaluate` put the mode back, instead of calling `model.train()`?
#
# ??? success "Answer"
#     The caller may have been in evaluation mode. A function should leave things as it found them; switching to training mode on its own would let dropout disturb later predictions.

# %% [markdown] tags=["zh"]
# ## 参考文献 { #references }
#
# - PyTorch 文档：[Optimizing model parameters](https://docs.pytorch.org/tutorials/beginner/basics/optimization_tutorial.html)。
# - PyTorch 文档：[torch.optim](https://docs.pytorch.org/docs/stable/optim.html)。

# %% [markdown] tags=["en"]
# ## References { #references }
#
# - PyTorch documentation: [Optimizing model parameters](https://docs.pytorch.org/tutorials/beginner/basics/optimization_tutorial.html).
# - PyTorch documentation: [torch.optim](https://docs.pytorch.org/docs/stable/optim.html).
