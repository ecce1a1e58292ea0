# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "损失停在 1.46，某些类别从不出现，损失是 NaN：最后一层与损失函数之间的病例。"
#       en: "A loss stuck at 1.46, classes that are never named, a loss of NaN: what goes wrong between the last layer and the loss."
#     covers: [E-12, E-66, E-13, E-53]
#     labels: {by the formula: 按公式, after 3 epochs: 3 轮之后, after 15 epochs: 15 轮之后, largest logit: 最大的 logit, first loss: 起始损失}
# ---

# %% [markdown] tags=["zh"]
# # 损失与网络的结尾 { #loss-heads }
#
# 网络的最后一层应该把什么交给损失函数？许多框架图在结尾画着 softmax，损失函数要的却是别的东西。**多做一步会怎样？** 这一页的病例大多不报错，网络只是学不好。

# %% [markdown] tags=["en"]
# # Losses and the end of the network { #loss-heads }
#
# What should the last layer hand to the loss? Many drawings of networks end in softmax, and the loss wants something else. **What if you do one step too many?** Most cases on this page raise no error; the network only learns badly.

# %% [markdown] tags=["zh"]
# ## 损失停在 1.46：交叉熵之前的 softmax { #softmax-before-cross-entropy }
#
# 训练没有报错，准确率也不算低，可是损失到了 1.46 附近就再也下不去。
#
# ```python broken
# --8<-- "dlnotes/clinic/loss_heads.py:softmax-before-cross-entropy-broken"
# ```
#
# 有的教程还在 softmax 之前放一个 ReLU。先猜：softmax 和 ReLU，哪一个的害处更大？同一个 LeNet，同一个随机种子，换三种结尾，训练 3 个轮次，再训练 15 个轮次：

# %% [markdown] tags=["en"]
# ## The loss stops at 1.46: softmax before cross-entropy { #softmax-before-cross-entropy }
#
# Training raises no error and the accuracy is not even bad, but near 1.46 the loss stops for good.
#
# ```python broken
# --8<-- "dlnotes/clinic/loss_heads.py:softmax-before-cross-entropy-broken"
# ```
#
# Some tutorials put a ReLU before the softmax as well. Guess first: which does more harm, softmax or ReLU? The same LeNet and the same seed with three endings, trained for 3 epochs and for 15:

# %% tags=["hide-input"]
import pandas as pd
import torch
from torch import nn
from torch.nn import functional as F

from dlnotes import data, figures, models, training
from dlnotes.clinic import loss_heads

splits = data.load("digits")
rows, losses, answers = {}, {}, {}
for name, ending in (("logits", nn.Identity()), ("softmax", nn.Softmax(dim=1)), ("ReLU", nn.ReLU())):
    for epochs in (3, 15):
        training.seed_everything(1)
        model = nn.Sequential(models.create("lenet"), ending)
        history = training.fit(model, splits, training.Config(epochs=epochs, lr=3e-3, schedule="constant", seed=1))
        answers[name, epochs] = outputs = training.predict(model, splits.test.images, history.normalization)
        accuracy = training.evaluate(model, splits.test, history.normalization).accuracy
        losses[name] = [record.train_loss for record in history.epochs]
        rows[name, epochs] = losses[name][-1], accuracy, loss_heads.classes_named(outputs)
pd.DataFrame(
    [[epochs, f"{loss:.3f}", f"{accuracy:.3f}", classes] for (_, epochs), (loss, accuracy, classes) in rows.items()],
    columns=["epochs", "training loss", "test accuracy", "classes named"],
    index=[name for name, _ in rows],
)

# %% tags=["hide-input"] alt_zh="三种结尾的训练损失：logits 降到接近 0，softmax 停在 1.46 那条线的上方，ReLU 也停住了。" alt_en="Training loss of three endings: logits go to nearly 0, softmax stays above the line at 1.46, and ReLU comes to a halt as well."
figures.lines(losses | {"floor": [loss_heads.loss_floor(10)] * 15}, x=list(range(1, 16)), xlabel="epoch", ylabel="training loss")

# %% [markdown] tags=["zh"]
# 看 softmax 的损失：15 个轮次之后是 {{ f"{rows['softmax', 15][0]:.3f}" }}，准确率却有 {{ f"{rows['softmax', 15][1]:.3f}" }}。这不是训练得不够。`F.cross_entropy` 自己会做一次 log-softmax，再加一次，就是把概率当作 logits。概率最好也只能是：正确类别为 1，其余 9 个为 0。这时的损失是
#
# $$ -\ln\frac{e^{1}}{e^{1}+9e^{0}} = \ln\left(1+\frac{9}{e}\right) \approx 1.4612 $$
#
# 其中 $e$ 是自然对数的底，9 是其余类别的个数。这就是地板。损失碰到了地板，类别的大小顺序仍可以是对的，所以不少人带着这个错误用了很久。
#
# 害处在梯度里。设错误的类别领先 8 个 logit：直接用 logits，梯度的范数是 {{ f"{loss_heads.gradient_when_wrong(8, softmax=False):.2f}" }}；先做 softmax，只剩 {{ f"{loss_heads.gradient_when_wrong(8, softmax=True):.1e}" }}。错得最厉害的样本，反而最不被纠正。
#
# 再看最后一列。softmax 训练 3 个轮次时说出 {{ rows['softmax', 3][2] }} 个类别，15 个轮次时说出 {{ rows['softmax', 15][2] }} 个：它会慢慢赶上来，只是停在地板上。ReLU 是 {{ rows['ReLU', 3][2] }} 个和 {{ rows['ReLU', 15][2] }} 个，这是另一种病，见下一个病例。
#
# ```python fixed
# --8<-- "dlnotes/clinic/loss_heads.py:softmax-before-cross-entropy-fixed"
# ```
#
# 要给人看概率时，再对 logits 做一次 `softmax(dim=1)`。要类别时连这一步也不必：softmax 不改变大小顺序。
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/loss_heads.py:softmax-before-cross-entropy-check"
# ```

# %% [markdown] tags=["en"]
# Look at the loss with softmax: {{ f"{rows['softmax', 15][0]:.3f}" }} after 15 epochs, at an accuracy of {{ f"{rows['softmax', 15][1]:.3f}" }}. That is no lack of training. `F.cross_entropy` applies log-softmax itself, and a second one takes probabilities for logits. The best that probabilities can be is 1 for the right class and 0 for the other 9. Then the loss is
#
# $$ -\ln\frac{e^{1}}{e^{1}+9e^{0}} = \ln\left(1+\frac{9}{e}\right) \approx 1.4612 $$
#
# where $e$ is the base of the natural logarithm and 9 the number of other classes. This is the floor. With the loss on the floor the order of the classes can still be right, which is why many live with this mistake for long.
#
# The harm is in the gradient. Let the wrong class lead by 8 logits: with logits, the gradient has norm {{ f"{loss_heads.gradient_when_wrong(8, softmax=False):.2f}" }}; after softmax, {{ f"{loss_heads.gradient_when_wrong(8, softmax=True):.1e}" }}. The worst mistakes are corrected least.
#
# Now the last column. With softmax the network names {{ rows['softmax', 3][2] }} classes after 3 epochs and {{ rows['softmax', 15][2] }} after 15: it catches up slowly, and stays on the floor. With ReLU it is {{ rows['ReLU', 3][2] }} and {{ rows['ReLU', 15][2] }}. That is another illness, see the next case.
#
# ```python fixed
# --8<-- "dlnotes/clinic/loss_heads.py:softmax-before-cross-entropy-fixed"
# ```
#
# To show probabilities to someone, apply `softmax(dim=1)` to the logits then. To name a class you need not even do that: softmax keeps the order.
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/loss_heads.py:softmax-before-cross-entropy-check"
# ```

# %% [markdown] tags=["zh"]
# ## 有的类别从不出现：logits 之后的 ReLU { #relu-on-logits }
#
# 上一个病例里，带 ReLU 结尾的网络训练 15 个轮次，只说出 {{ rows['ReLU', 15][2] }} 个类别。它是怎么“忘掉”其余类别的？
#
# ```python broken
# --8<-- "dlnotes/clinic/loss_heads.py:relu-on-logits-broken"
# ```
#
# 看一个刚初始化的网络，再看它训练之后的输出，各有多大一部分恰好是 0：

# %% [markdown] tags=["en"]
# ## Some classes are never named: ReLU after the last layer { #relu-on-logits }
#
# In the last case the network that ends in ReLU named {{ rows['ReLU', 15][2] }} classes after 15 epochs. How did it "forget" the others?
#
# ```python broken
# --8<-- "dlnotes/clinic/loss_heads.py:relu-on-logits-broken"
# ```
#
# Look at a network before training and after, and at the share of outputs that are exactly 0:

# %%
training.seed_everything(1)
model = loss_heads.relu_broken(models.create("lenet"))
before = training.predict(model, splits.test.images, history.normalization)
columns = {"before": before, "after 3 epochs": answers["ReLU", 3], "after 15 epochs": answers["ReLU", 15]}
pd.DataFrame({name: outputs.eq(0).float().mean(dim=0) for name, outputs in columns.items()}).map("{:.2f}".format).T

# %% [markdown] tags=["zh"]
# 每一列是一个类别。一个类别要是对所有图片都输出 0，它的那一列就是 1.00，**只要一直这样，它就收不到梯度**：ReLU 在负数一侧的导数是 0，无论损失多大，都传不回那一行权重。训练开始之前，碰巧就有 {{ int(before.eq(0).all(dim=0).sum()) }} 个类别是这样；15 个轮次之后，有 {{ int(answers["ReLU", 15].eq(0).all(dim=0).sum()) }} 个。没有死的类别也只在少数图片上出声，那多半就是它自己的图片。
#
# 负的 logit 有用：它说“不像这个类别”。ReLU 是给隐藏层用的，最后一层后面什么也不要加。
#
# ```python fixed
# --8<-- "dlnotes/clinic/loss_heads.py:relu-on-logits-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/loss_heads.py:relu-on-logits-check"
# ```

# %% [markdown] tags=["en"]
# Each column is a class. A class that answers 0 to every image has 1.00 in its column, and **while that lasts it gets no gradient**: left of zero the derivative of ReLU is 0, and no loss, however large, comes back to that row of weights. Before training, {{ int(before.eq(0).all(dim=0).sum()) }} classes happened to be like that; after 15 epochs the number was {{ int(answers["ReLU", 15].eq(0).all(dim=0).sum()) }}. The classes that live speak up on few images, mostly those that are their own.
#
# A negative logit is of use: it says "not this class". ReLU belongs to hidden layers; add nothing behind the last one.
#
# ```python fixed
# --8<-- "dlnotes/clinic/loss_heads.py:relu-on-logits-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/loss_heads.py:relu-on-logits-check"
# ```

# %% [markdown] tags=["zh"]
# ## 没有写 dim 的 softmax { #softmax-without-dim }
#
# 概率应当在哪一个轴上加起来等于 1？没有写 `dim` 时，torch 只好猜：
#
# ```python broken
# --8<-- "dlnotes/clinic/loss_heads.py:softmax-without-dim-broken"
# ```

# %% [markdown] tags=["en"]
# ## Softmax without dim { #softmax-without-dim }
#
# Along which axis should the probabilities sum to 1? Without `dim`, torch has to guess:
#
# ```python broken
# --8<-- "dlnotes/clinic/loss_heads.py:softmax-without-dim-broken"
# ```

# %%
from dlnotes.clinic.case import warned

print(warned(loss_heads.dim_broken, torch.randn(2, 4)))

# %% tags=["broken"]
import warnings

warnings.simplefilter("ignore")
for shape in ((2, 4), (2, 3, 4)):
    sums = loss_heads.dim_broken(torch.zeros(shape)).sum(dim=-1)
    print(f"{len(shape)} axes, sums along the last:", [round(value, 3) for value in sums.flatten().tolist()])
warnings.resetwarnings()

# %% [markdown] tags=["zh"]
# 两个轴的时候猜对了，三个轴的时候选的是第 0 轴，也就是**在不同的样本之间**做 softmax。这条老规矩出自早年的版本，留下来只是为了旧代码。注意力层的张量正好有三四个轴，最容易中招。
#
# ```python fixed
# --8<-- "dlnotes/clinic/loss_heads.py:softmax-without-dim-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/loss_heads.py:softmax-without-dim-check"
# ```

# %% [markdown] tags=["en"]
# With two axes the guess is right; with three it takes axis 0, a softmax **across samples**. This rule comes from an early version and stays for the sake of old code. In attention, tensors have three axes or four, and that is where it strikes.
#
# ```python fixed
# --8<-- "dlnotes/clinic/loss_heads.py:softmax-without-dim-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/loss_heads.py:softmax-without-dim-check"
# ```

# %% [markdown] tags=["zh"]
# ## 损失是 NaN 或 inf：自己取对数 { #log-of-softmax }
#
# 照着公式写交叉熵：先求 softmax，再取对数。logits 不大时，结果和 torch 一模一样。logits 变大呢？
#
# ```python broken
# --8<-- "dlnotes/clinic/loss_heads.py:log-of-softmax-broken"
# ```

# %% [markdown] tags=["en"]
# ## A loss of NaN or inf: taking the logarithm yourself { #log-of-softmax }
#
# Write cross-entropy as the formula has it: softmax first, then the logarithm. With small logits the result is torch's. And with large ones?
#
# ```python broken
# --8<-- "dlnotes/clinic/loss_heads.py:log-of-softmax-broken"
# ```

# %%
sizes = (1, 10, 80, 90, 110)
targets = torch.tensor([1])
pd.DataFrame(
    [[version(torch.tensor([[float(size), 0.0]]), targets).item() for version in (loss_heads.log_broken, loss_heads.log_fixed)] for size in sizes],
    columns=["by the formula", "log-softmax"], index=[f"logit {size}" for size in sizes],
).map("{:.4g}".format)

# %% [markdown] tags=["zh"]
# `float32` 能表示的最大的数约是 $3.4\times10^{38}$，而 $e^{88.8}$ 已经超过它。于是指数变成 `inf`，`inf / inf` 是 `nan`，$-\ln 0$ 是 `inf`。logit 到 90 听着很大；本页最后一个病例只是初始化不当，logit 就上万了。
#
# `log_softmax` 先减去最大的 logit $m$：
#
# $$ \ln\frac{e^{z_j}}{\sum_k e^{z_k}} = z_j - m - \ln\sum_k e^{z_k-m} $$
#
# $z_j$ 是第 $j$ 类的 logit，求和遍历所有类别。两边相等，但右边的指数都不超过 1，永远不会溢出。
#
# ```python fixed
# --8<-- "dlnotes/clinic/loss_heads.py:log-of-softmax-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/loss_heads.py:log-of-softmax-check"
# ```

# %% [markdown] tags=["en"]
# The largest number of `float32` is about $3.4\times10^{38}$, and $e^{88.8}$ exceeds it. So the exponential becomes `inf`, `inf / inf` is `nan`, and $-\ln 0$ is `inf`. A logit of 90 sounds large; in the last case on this page a bad initialization is enough for ten thousand.
#
# `log_softmax` subtracts the largest logit $m$ first:
#
# $$ \ln\frac{e^{z_j}}{\sum_k e^{z_k}} = z_j - m - \ln\sum_k e^{z_k-m} $$
#
# Here $z_j$ is the logit of class $j$, and the sum runs over all classes. Both sides are equal, but on the right no exponential exceeds 1, and nothing can overflow.
#
# ```python fixed
# --8<-- "dlnotes/clinic/loss_heads.py:log-of-softmax-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/loss_heads.py:log-of-softmax-check"
# ```

# %% [markdown] tags=["zh"]
# ## 损失是负数，越来越小 { #nll-of-logits }
#
# 损失变成负数，而且一路往下降，看起来训练得好极了。
#
# ```python broken
# --8<-- "dlnotes/clinic/loss_heads.py:nll-of-logits-broken"
# ```
#
# 同一个线性网络，同一批随机数据，训练 300 步：

# %% [markdown] tags=["en"]
# ## The loss is negative, and falls for ever { #nll-of-logits }
#
# The loss turns negative and goes on falling; training seems to go splendidly.
#
# ```python broken
# --8<-- "dlnotes/clinic/loss_heads.py:nll-of-logits-broken"
# ```
#
# The same linear network on the same random data, for 300 steps:

# %%
inputs, labels = torch.randn(60, 20, generator=torch.Generator().manual_seed(0)), torch.arange(60) % 3
table = {}
for name, version in (("logits", loss_heads.nll_broken), ("log-softmax", loss_heads.nll_fixed)):
    training.seed_everything(0)
    linear = nn.Linear(20, 3)
    optimizer = torch.optim.SGD(linear.parameters(), lr=0.1)
    for step in range(301):
        optimizer.zero_grad()
        loss = version(linear(inputs), labels)
        loss.backward()
        optimizer.step()
        if step % 100 == 0:
            table.setdefault(name, []).append(loss.item())
pd.DataFrame(table, index=[f"step {step}" for step in range(0, 301, 100)]).map("{:.2f}".format)

# %% [markdown] tags=["zh"]
# `nll_loss` 名字里有“对数似然”，却不取对数：它只把第 $y$ 个数挑出来，变个号。给它 logits，把正确类别的 logit 加大就行，不必管别的类别，而 logit 没有上限。概率的对数最多是 0，所以**分类的损失小于 0，就一定有错**。
#
# ```python fixed
# --8<-- "dlnotes/clinic/loss_heads.py:nll-of-logits-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/loss_heads.py:nll-of-logits-check"
# ```

# %% [markdown] tags=["en"]
# `nll_loss` has "log likelihood" in its name and takes no logarithm: it picks number $y$ and changes its sign. Given logits, it is content when the right class's logit grows, whatever the others do, and a logit has no upper limit. The logarithm of a probability is 0 at most, so **a classification loss below 0 is always a mistake**.
#
# ```python fixed
# --8<-- "dlnotes/clinic/loss_heads.py:nll-of-logits-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/loss_heads.py:nll-of-logits-check"
# ```

# %% [markdown] tags=["zh"]
# ## 二元交叉熵只收 0 到 1 之间的数 { #bce-of-logits }
#
# 二分类、多标签分类用二元交叉熵。torch 里有两个名字相近的函数：
#
# ```python broken
# --8<-- "dlnotes/clinic/loss_heads.py:bce-of-logits-broken"
# ```

# %% [markdown] tags=["en"]
# ## Binary cross-entropy takes numbers from 0 to 1 { #bce-of-logits }
#
# Two classes, or several labels at once, take binary cross-entropy. torch has two functions with similar names:
#
# ```python broken
# --8<-- "dlnotes/clinic/loss_heads.py:bce-of-logits-broken"
# ```

# %% tags=["broken", "raises-exception"]
loss_heads.binary_broken(torch.tensor([2.0, -1.0]), torch.tensor([1.0, 0.0]))

# %% [markdown] tags=["zh"]
# `binary_cross_entropy` 要的是概率，`binary_cross_entropy_with_logits` 要的是 logits。在前面补一个 `sigmoid` 也能跑通，但不要这样改：对很大的 logit，`sigmoid` 舍入成 1，损失里的对数就失真了；后一个函数把两步合在一起算，与上面的 `log_softmax` 同理。
#
# 反过来更危险：把已经做过 `sigmoid` 的输出交给带 `logits` 的函数，**没有任何报错**，只是损失永远降不到 0，与第一个病例一样。
#
# ```python fixed
# --8<-- "dlnotes/clinic/loss_heads.py:bce-of-logits-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/loss_heads.py:bce-of-logits-check"
# ```

# %% [markdown] tags=["en"]
# `binary_cross_entropy` wants probabilities, `binary_cross_entropy_with_logits` wants logits. A `sigmoid` in front would run too, but do not mend it that way: for large logits `sigmoid` rounds to 1, and the logarithm in the loss is off; the function with logits in its name computes both steps in one, for the reason that `log_softmax` does above.
#
# The reverse is more dangerous: outputs that went through `sigmoid`, handed to the function with `logits` in its name, raise **no error at all**; the loss never gets to 0, as in the first case.
#
# ```python fixed
# --8<-- "dlnotes/clinic/loss_heads.py:bce-of-logits-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/loss_heads.py:bce-of-logits-check"
# ```

# %% [markdown] tags=["zh"]
# ## 第一个损失就是几百：初始化或输入的尺度不对 { #first-loss }
#
# 第一步的损失就有几百。还没有学，就错得这么自信？
#
# ```python broken
# --8<-- "dlnotes/clinic/loss_heads.py:first-loss-broken"
# ```
#
# 三层网络，两种初始化，不训练：

# %% [markdown] tags=["en"]
# ## The first loss is in the hundreds: the scale of weights or inputs { #first-loss }
#
# The first step's loss is in the hundreds. Nothing has been learnt yet, so where does so much confidence come from?
#
# ```python broken
# --8<-- "dlnotes/clinic/loss_heads.py:first-loss-broken"
# ```
#
# Three layers, two ways to initialise, no training:

# %%
rows = []
for version in (loss_heads.first_loss_broken, loss_heads.first_loss_fixed):
    training.seed_everything(0)
    layers = [version(nn.Linear(784, 256)), nn.ReLU(), version(nn.Linear(256, 256)), nn.ReLU(), version(nn.Linear(256, 10))]
    logits = nn.Sequential(*layers)(torch.randn(64, 784))
    rows.append([logits.abs().max().item(), F.cross_entropy(logits, torch.arange(64) % 10).item()])
pd.DataFrame(rows, columns=["largest logit", "first loss"], index=["N(0, 1)", "N(0, 1/n)"]).map("{:,.1f}".format)

# %% [markdown] tags=["zh"]
# 一个什么都不知道的分类器应当给每个类别差不多的概率，损失约为 $\ln 10\approx2.30$。这是**不花钱的第一项检查**：10 个类别，起始损失若不在 2.3 附近，就先别训练。
#
# 偏大的原因通常有两个：像这里，权重太大，每过一层就放大约 $\sqrt{n}$ 倍，$n$ 是层的输入个数；或者输入没有标准化，像素还是 0 到 255。torch 默认的初始化没有这个问题，自己写初始化时才要当心。
#
# ```python fixed
# --8<-- "dlnotes/clinic/loss_heads.py:first-loss-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/loss_heads.py:first-loss-check"
# ```

# %% [markdown] tags=["en"]
# A classifier that knows nothing should give each class about the same probability, at a loss of about $\ln 10\approx2.30$. This is **the first check, and it costs nothing**: with 10 classes, if the first loss is nowhere near 2.3, do not start training.
#
# If it is too large, there are two usual causes: weights that are too large, as here, where each layer magnifies by about $\sqrt{n}$, with $n$ the number of its inputs; or inputs that are not standardised, pixels from 0 to 255. PyTorch's own initialization is safe; take care when you write one.
#
# ```python fixed
# --8<-- "dlnotes/clinic/loss_heads.py:first-loss-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/loss_heads.py:first-loss-check"
# ```
