# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "损失降到 1.46 就不动了，或者网络只会说一个类别：交叉熵前面多了 softmax 或 ReLU。"
#       en: "The loss stops near 1.46, or the network names one class only: softmax or ReLU stands before the cross-entropy."
#     covers: [E-12, E-13, E-66]
# ---

# %% [markdown] tags=["zh"]
# # 损失停在 1.46：交叉熵之前的 softmax { #softmax-before-cross-entropy }
#
# 训练没有报错，损失也在下降，可是到了 1.46 附近就再也下不去；有时候准确率还不错，有时候整个网络只会说一两个类别。**没有一行代码是“错”的，那么错在哪里？**

# %% [markdown] tags=["en"]
# # The loss stops at 1.46: softmax before cross-entropy { #softmax-before-cross-entropy }
#
# Training raises no error and the loss falls, but near 1.46 it stops for good. Sometimes the accuracy is not even bad, sometimes the network knows one or two classes only. **No line of the code is "wrong". So what is?**

# %% [markdown] tags=["zh"]
# ## 出错的代码 { #broken }
#
# 很多教程把网络画成以 softmax 结尾，有的还在前面再放一个 ReLU。照着写就是：
#
# ```python
# --8<-- "dlnotes/clinic/softmax_before_cross_entropy.py:broken"
# ```
#
# 先猜：softmax 和 ReLU，哪一个的害处更大？
#
# 用同一个 LeNet 配 4 种结尾，各用 3 个随机种子训练 3 个轮次：

# %% [markdown] tags=["en"]
# ## The broken code { #broken }
#
# Many tutorials draw networks that end in softmax, and some put a ReLU before it. Written down, that is:
#
# ```python
# --8<-- "dlnotes/clinic/softmax_before_cross_entropy.py:broken"
# ```
#
# Guess first: which does more harm, softmax or ReLU?
#
# The same LeNet with 4 endings, each trained with 3 seeds for 3 epochs:

# %%
from dlnotes import data, models, training
from dlnotes.clinic.softmax_before_cross_entropy import broken, fixed, gradient_when_wrong, loss_floor

splits = data.load("digits")
endings = {
    "logits": fixed,
    "softmax": lambda body: broken(body, relu=False),
    "ReLU": lambda body: broken(body, softmax=False),
    "ReLU + softmax": broken,
}


def train(ending, seed):
    training.seed_everything(seed)
    model = ending(models.create("lenet"))
    config = training.Config(epochs=3, lr=3e-3, schedule="constant", seed=seed)
    history = training.fit(model, splits, config)
    return model, history, training.evaluate(model, splits.test, history.normalization)


results = {name: [train(ending, seed) for seed in range(3)] for name, ending in endings.items()}

# %% [markdown] tags=["zh"]
# ## 量一量症状 { #symptom }

# %% [markdown] tags=["en"]
# ## The symptom, measured { #symptom }

# %% tags=["hide-input"] alt_zh="四种结尾的测试准确率，每种三次：只有 logits 一种稳定地高；带 ReLU 的两种有高有低，有的次数低得多。" alt_en="Test accuracy of four endings, three runs each: logits alone are reliably high; the two with ReLU vary, and some runs are far lower."
from dlnotes import figures

figures.bars({name: [test.accuracy for _, _, test in runs] for name, runs in results.items()}, xlabel="test accuracy", limits=(0, 1))

# %% tags=["hide-input"]
import pandas as pd

pd.DataFrame(
    {
        "test accuracy": [" ".join(f"{test.accuracy:.3f}" for _, _, test in runs) for runs in results.values()],
        "training loss": [" ".join(f"{history.epochs[-1].train_loss:.2f}" for _, history, _ in runs) for runs in results.values()],
    },
    index=list(results),
)

# %% [markdown] tags=["zh"]
# 看损失那一列。带 softmax 的，没有一次低于 {{ f"{loss_floor(10):.4f}" }}。这不是训练得不够，而是一道**墙**。准确率却可能骗过你：即使损失停在墙边，预测的类别仍可以是对的，所以不少人带着这个错误用了很久。
#
# ## 为什么有这道墙 { #why }
#
# `F.cross_entropy` 自己会做一次 log-softmax。再加一次，就是把概率当作 logits。概率在 0 与 1 之间，所以最好的情形是：正确类别为 1，其余 9 个为 0。此时损失是
#
# $$ -\ln\frac{e^{1}}{e^{1}+9e^{0}} = \ln\left(1+\frac{9}{e}\right) \approx 1.4612 $$
#
# 其中 $e$ 是自然对数的底，9 是其余类别的个数。更糟的是梯度。设网络**自信地答错**，错误类别的 logit 领先得越多，本应纠正得越用力：

# %% [markdown] tags=["en"]
# Look at the losses. With softmax, none is below {{ f"{loss_floor(10):.4f}" }}. That is no lack of training; it is a **wall**. Accuracy may deceive you: even with the loss at the wall the predicted class can be right, which is why many live with this mistake for long.
#
# ## Why there is a wall { #why }
#
# `F.cross_entropy` applies log-softmax itself. A second one takes probabilities for logits. Probabilities lie between 0 and 1, so the best there can be is 1 for the right class and 0 for the other 9. Then the loss is
#
# $$ -\ln\frac{e^{1}}{e^{1}+9e^{0}} = \ln\left(1+\frac{9}{e}\right) \approx 1.4612 $$
#
# where $e$ is the base of the natural logarithm and 9 the number of other classes. The gradient is worse. Let the network be **confidently wrong**: the further the wrong class leads, the harder it should be corrected.

# %% tags=["hide-input"] alt_zh="横轴是错误类别领先的 logit，纵轴是梯度的范数（对数）。直接用 logits 时梯度趋于 1.41；先做 softmax 时梯度随领先量指数般消失。" alt_en="Norm of the gradient, logarithmic, against the lead of the wrong class: with logits it tends to 1.41, after softmax it vanishes exponentially with the lead."
lead = [number / 2 for number in range(21)]
figures.lines(
    {name: [gradient_when_wrong(value, softmax=softmax) for value in lead] for name, softmax in (("logits", False), ("softmax", True))},
    x=lead, xlabel="lead of the wrong class", ylabel="gradient norm", log=True,
)

# %% [markdown] tags=["zh"]
# 领先 8 时，直接用 logits 的梯度范数是 {{ f"{gradient_when_wrong(8, softmax=False):.2f}" }}，先做 softmax 的只有 {{ f"{gradient_when_wrong(8, softmax=True):.1e}" }}：错得最厉害的样本，反而最不被纠正。
#
# ReLU 的害处是另一种：它把每个负的 logit 变成 0，并且不让梯度通过。某个类别的 logit 若对所有样本都是负的，这个类别就再也学不会了。看看带 ReLU 的网络会说出多少个类别：

# %% [markdown] tags=["en"]
# At a lead of 8 the gradient has norm {{ f"{gradient_when_wrong(8, softmax=False):.2f}" }} with logits and {{ f"{gradient_when_wrong(8, softmax=True):.1e}" }} after softmax: the worst mistakes are corrected least.
#
# ReLU does another kind of harm: it turns every negative logit into 0 and lets no gradient through. A class whose logit is negative for all samples can never be learned again. How many classes do the networks with ReLU ever name?

# %%
def classes_named(model, normalization):
    return len(training.predict(model, splits.test.images, normalization).argmax(dim=1).unique())


named = {name: [classes_named(model, history.normalization) for model, history, _ in runs] for name, runs in results.items()}
named

# %% [markdown] tags=["zh"]
# 一共有 10 个类别。少掉的那些，就是被 ReLU 杀死的。
#
# ## 顺便：softmax 要写 dim { #dim }
#
# 不写 `dim` 的 `nn.Softmax()` 会按维数猜一个轴，并给出警告。对于三维输入，它猜的是第 0 轴，也就是批量那一维：

# %% [markdown] tags=["en"]
# There are 10 classes in all. The missing ones were killed by ReLU.
#
# ## By the way: give softmax its dim { #dim }
#
# Without `dim`, `nn.Softmax()` guesses an axis from the number of dimensions, and warns. For an input of 3 dimensions it guesses axis 0, the batch:

# %%
import warnings

import torch
from torch import nn

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    outputs = nn.Softmax()(torch.zeros(2, 3, 4))
print(caught[0].message)
print("sums over axis 0:", outputs.sum(dim=0)[0].tolist())

# %% [markdown] tags=["zh"]
# ## 改好的代码 { #fixed }
#
# 什么都不加：
#
# ```python
# --8<-- "dlnotes/clinic/softmax_before_cross_entropy.py:fixed"
# ```
#
# 需要给人看概率时，再对 logits 做一次 `softmax(dim=1)`。需要类别时，连这一步也不必：softmax 不改变大小顺序，`argmax` 的结果相同。
#
# ## 本可以发现它的测试 { #test }
#
# ```python
# --8<-- "tests/clinic/test_softmax_before_cross_entropy.py:test"
# ```

# %% [markdown] tags=["en"]
# ## The mended code { #fixed }
#
# Add nothing:
#
# ```python
# --8<-- "dlnotes/clinic/softmax_before_cross_entropy.py:fixed"
# ```
#
# To show probabilities to someone, apply `softmax(dim=1)` to the logits then. To name a class you need not even do that: softmax keeps the order, so `argmax` is the same.
#
# ## The test that would have caught it { #test }
#
# ```python
# --8<-- "tests/clinic/test_softmax_before_cross_entropy.py:test"
# ```

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 100 个类别时，这道墙有多高？
#
# ??? success "答案"
#     $\ln(1+99/e)\approx3.62$。而随便猜的损失是 $\ln 100\approx4.61$：能学到的余地更小了。
#
# **2.** 损失函数换成 `nn.NLLLoss`，网络应该以什么结尾？
#
# ??? success "答案"
#     `nn.LogSoftmax(dim=1)`。`nn.CrossEntropyLoss` 等于这两者合在一起。
#
# **3.** 为什么不先 softmax，再自己取对数？
#
# ??? success "答案"
#     数值会出问题：概率可能下溢成 0，对数就是 $-\infty$。log-softmax 先减去最大的 logit，不会这样。

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** How high is the wall with 100 classes?
#
# ??? success "Answer"
#     $\ln(1+99/e)\approx3.62$. Pure guessing costs $\ln 100\approx4.61$, so there is even less room to learn in.
#
# **2.** If the loss is `nn.NLLLoss`, what should the network end in?
#
# ??? success "Answer"
#     `nn.LogSoftmax(dim=1)`. `nn.CrossEntropyLoss` is both in one.
#
# **3.** Why not apply softmax and take the logarithm yourself?
#
# ??? success "Answer"
#     The numbers break: a probability may underflow to 0, and its logarithm is $-\infty$. Log-softmax subtracts the largest logit first and does not.

# %% [markdown] tags=["zh"]
# ## 参考文献 { #references }
#
# - [torch.nn.CrossEntropyLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html)，PyTorch 文档。
# - I. Goodfellow, Y. Bengio, A. Courville. [Deep Learning](https://www.deeplearningbook.org/contents/mlp.html), 6.2.2. MIT Press, 2016.

# %% [markdown] tags=["en"]
# ## References { #references }
#
# - [torch.nn.CrossEntropyLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html), PyTorch documentation.
# - I. Goodfellow, Y. Bengio, A. Courville. [Deep Learning](https://www.deeplearningbook.org/contents/mlp.html), 6.2.2. MIT Press, 2016.
