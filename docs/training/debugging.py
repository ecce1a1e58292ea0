# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "准确率停在 10% 怎么办：五项检查，六种故障，每项检查能抓住哪一种都量出来；再加上断点调试。"
#       en: "What to do when accuracy stands at 10 %: five checks against six faults, with a measured table of which check catches which; and the debugger."
#     covers: [C-08, E-28, P-03, Q-14, Q-15]
#     labels: {healthy: 正常, softmax on top: 末尾多了 softmax, all weights zero: 权重全为零, "pixels 0 to 255": "像素 0 到 255", labels shuffled: 标签被打乱, lr too large: 学习率太大, optimizer of another model: 优化器属于别的模型, start loss: 起始损失, smallest change: 最小改变, loss on one batch: 一个批量上的损失, accuracy after 3 epochs: 3 轮后的准确率, zero gradients: 零梯度}
# ---

# %% tags=["remove-input"]
import math

import pandas as pd

# %% [markdown] tags=["zh"]
# # 准确率停在 10% 怎么办 { #debugging }
#
# 程序跑完了，没有报错，准确率 10%：十个类别，等于瞎猜。故障可能在数据、标签、网络、损失、优化器或者学习率里，一个个改着试，一个下午就没了。
#
# 有没有几项**便宜的检查**，一分钟之内说出故障在哪一段？先猜：下面六种故障里，哪几种连“在一个小批量上过拟合”这项检查也能通过？
#
# - 网络末尾多了一个 softmax
# - 权重全部初始化为零
# - 像素没有归一化，仍是 0 到 255
# - 图片和标签对不上号
# - 学习率太大
# - 优化器拿着另一个网络的参数

# %% [markdown] tags=["en"]
# # When accuracy stands at 10 % { #debugging }
#
# The program ran, nothing complained, accuracy is 10 %: with ten classes, that is guessing. The fault may lie in the data, the labels, the network, the loss, the optimizer or the learning rate; trying them one after another costs an afternoon.
#
# Are there **cheap checks** that tell within a minute where the fault lies? Guess first: which of these six faults pass even the check "overfit one small batch"?
#
# - a softmax too many at the end of the network
# - all weights initialised to zero
# - pixels left at 0 to 255, not normalised
# - images and labels that do not belong together
# - a learning rate that is too large
# - an optimizer that holds another network's parameters

# %% [markdown] tags=["zh"]
# ## 病人：六种故障 { #faults }

# %% [markdown] tags=["en"]
# ## The patients: six faults { #faults }

# %%
import torch
from torch import nn
from torch.nn import functional as F

from dlnotes import data, models, training

splits = data.load("digits")
images = training.Normalization.of(splits.train.images).apply(splits.train.images)
labels = splits.train.labels


def patient(fault):
    training.seed_everything(0)
    model, x, y = models.create("lenet"), images, labels
    if fault == "softmax on top":
        model = nn.Sequential(model, nn.Softmax(dim=1))
    if fault == "all weights zero":
        for parameter in model.parameters():
            nn.init.zeros_(parameter)
    if fault == "pixels 0 to 255":
        x = splits.train.images.float()
    if fault == "labels shuffled":
        y = labels[torch.randperm(len(labels))]
    held = models.create("lenet") if fault == "optimizer of another model" else model
    optimizer = torch.optim.AdamW(
        held.parameters(), lr=1.0 if fault == "lr too large" else 3e-3
    )
    return model, optimizer, x, y


def step(model, optimizer, x, y):
    loss = F.cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


FAULTS = [
    "healthy",
    "softmax on top",
    "all weights zero",
    "pixels 0 to 255",
    "labels shuffled",
    "lr too large",
    "optimizer of another model",
]

# %% [markdown] tags=["zh"]
# ## 五项检查 { #checks }
#
# 由便宜到贵：
#
# 1. **起始损失**：还没训练时，$C$ 个类别的交叉熵应接近 $\ln C$。这里是 $\ln 10\approx2.30$。
# 2. **零梯度**：反向一次，数一数梯度全为 0 的参数张量。
# 3. **最小改变**：走一步，看改变最小的那个参数张量动了多少。应当动一点，但不到 0.1。
# 4. **过拟合一个批量**：同样的 32 张图训练 80 步，损失应当接近 0。
# 5. **三个轮次**：训练准确率应当远高于随机猜测。

# %% [markdown] tags=["en"]
# ## Five checks { #checks }
#
# From cheap to expensive:
#
# 1. **Start loss**: before training, cross-entropy over $C$ classes should be near $\ln C$; here that is $\ln 10\approx2.30$.
# 2. **Zero gradients**: go backward once and count the parameter tensors whose gradient is 0 throughout.
# 3. **Smallest change**: take one step and see how far the parameter tensor that changed least has moved. It should move, but by less than 0.1.
# 4. **Overfit one batch**: train 80 steps on the same 32 images; the loss should come close to 0.
# 5. **Three epochs**: training accuracy should be far above chance.


# %%
def start_loss(model, optimizer, x, y):
    with torch.no_grad():
        return F.cross_entropy(model(x[:256]), y[:256]).item()


def zero_gradients(model, optimizer, x, y):
    F.cross_entropy(model(x[:64]), y[:64]).backward()
    return sum(not parameter.grad.any() for parameter in model.parameters())


def smallest_change(model, optimizer, x, y):
    before = [parameter.detach().clone() for parameter in model.parameters()]
    step(model, optimizer, x[:64], y[:64])
    return min(
        (new - old).abs().max().item() for new, old in zip(model.parameters(), before)
    )


def one_batch(model, optimizer, x, y):
    for _ in range(80):
        loss = step(model, optimizer, x[:32], y[:32])
    return loss


def three_epochs(model, optimizer, x, y):
    for _ in range(3):
        for index in torch.randperm(len(y)).split(64):
            step(model, optimizer, x[index], y[index])
    with torch.no_grad():
        return (model(x).argmax(dim=1) == y).float().mean().item()


CHECKS = {
    "start loss": start_loss,
    "zero gradients": zero_gradients,
    "smallest change": smallest_change,
    "loss on one batch": one_batch,
    "accuracy after 3 epochs": three_epochs,
}
measured = {
    fault: {name: check(*patient(fault)) for name, check in CHECKS.items()}
    for fault in FAULTS
}
pd.DataFrame(measured).T.round(3)

# %% tags=["remove-input"]
passes = {
    "start loss": lambda value: abs(value - math.log(10)) < 0.5,
    "zero gradients": lambda value: value == 0,
    "smallest change": lambda value: 1e-5 < value < 0.1,
    "loss on one batch": lambda value: value < 0.1,
    "accuracy after 3 epochs": lambda value: value > 0.5,
}
failed = {
    fault: [name for name in CHECKS if not passes[name](measured[fault][name])]
    for fault in FAULTS
}


def row(fault):
    return " | ".join("**✗**" if name in failed[fault] else "✓" for name in CHECKS)


# %% [markdown] tags=["zh"]
# 通过的标准：起始损失与 $\ln 10$ 相差不到 0.5；没有零梯度；最小改变在 $10^{-5}$ 与 0.1 之间；一个批量上的损失低于 0.1；三个轮次后的准确率高于 0.5。✗ 表示检查没有通过，也就是抓住了故障：
#
# | 情形 | 起始损失 | 零梯度 | 最小改变 | 一个批量 | 三个轮次 |
# |---|:-:|:-:|:-:|:-:|:-:|
# | 正常 | {{ row("healthy") }} |
# | 末尾多了 softmax | {{ row("softmax on top") }} |
# | 权重全为零 | {{ row("all weights zero") }} |
# | 像素 0 到 255 | {{ row("pixels 0 to 255") }} |
# | 标签被打乱 | {{ row("labels shuffled") }} |
# | 学习率太大 | {{ row("lr too large") }} |
# | 优化器属于别的模型 | {{ row("optimizer of another model") }} |
#
# 怎样读这张表：
#
# - 没有一项检查能抓住所有的故障，但每种故障都至少有一项抓得住。
# - 能过拟合一个批量的有两种：标签被打乱，像素 0 到 255。**标签被打乱**时，32 张图随便配什么标签都能背下来；三个轮次之后却只有 {{ f"{measured['labels shuffled']['accuracy after 3 epochs']:.0%}" }}。“背得下，学不会”，先去看数据。
# - **末尾多了 softmax** 三个轮次后也有 {{ f"{measured['softmax on top']['accuracy after 3 epochs']:.0%}" }}，只看准确率会以为一切正常；一个批量上的损失却停在 {{ f"{measured['softmax on top']['loss on one batch']:.2f}" }}，下不去，因为它有一个下限。见[门诊](../clinic/loss-heads.py#softmax-before-cross-entropy)。
# - **像素 0 到 255** 的网络靠 AdamW 也训练出来了，起始损失却有 {{ f"{measured['pixels 0 to 255']['start loss']:.1f}" }}：换成 SGD，这一步就可能发散。
# - **优化器属于别的模型**，梯度好好的，参数一动不动：改变是 {{ f"{measured['optimizer of another model']['smallest change']:.0f}" }}。

# %% [markdown] tags=["en"]
# To pass: the start loss is within 0.5 of $\ln 10$; no gradient is zero; the smallest change lies between $10^{-5}$ and 0.1; the loss on one batch is below 0.1; the accuracy after three epochs is above 0.5. ✗ means that the check failed, in other words that it caught the fault:
#
# | case | start loss | zero gradients | smallest change | one batch | three epochs |
# |---|:-:|:-:|:-:|:-:|:-:|
# | healthy | {{ row("healthy") }} |
# | softmax on top | {{ row("softmax on top") }} |
# | all weights zero | {{ row("all weights zero") }} |
# | pixels 0 to 255 | {{ row("pixels 0 to 255") }} |
# | labels shuffled | {{ row("labels shuffled") }} |
# | learning rate too large | {{ row("lr too large") }} |
# | optimizer of another model | {{ row("optimizer of another model") }} |
#
# How to read the table:
#
# - No single check catches everything, but each fault is caught by at least one.
# - Two faults overfit one batch: shuffled labels, and pixels from 0 to 255. With **shuffled labels**, 32 images can be learnt by heart whatever their labels are. After three epochs accuracy is still only {{ f"{measured['labels shuffled']['accuracy after 3 epochs']:.0%}" }}. The network memorises but does not learn: look at the data first.
# - **Softmax on top** has {{ f"{measured['softmax on top']['accuracy after 3 epochs']:.0%}" }} after three epochs, so accuracy alone looks fine; yet the loss on one batch sticks at {{ f"{measured['softmax on top']['loss on one batch']:.2f}" }}, because it has a floor. See the [clinic](../clinic/loss-heads.py#softmax-before-cross-entropy).
# - With **pixels from 0 to 255** the network trained all the same, thanks to AdamW, but the start loss is {{ f"{measured['pixels 0 to 255']['start loss']:.1f}" }}: with SGD such a step may diverge.
# - With the **optimizer of another model** the gradients are fine and the parameters stand still: the change is {{ f"{measured['optimizer of another model']['smallest change']:.0f}" }}.

# %% [markdown] tags=["zh"]
# ## 会报错的：从回溯信息读起 { #traceback }
#
# 会报错的故障反而好办，答案就在打印出来的那一大段里。**回溯信息**从外到里列出经过的每一次调用，最后一行是错误的种类和说明。长的是框架内部的那些行，可以跳过。**先猜：下面这个错误，该改哪一行？**

# %% [markdown] tags=["en"]
# ## When something is raised: read the traceback { #traceback }
#
# Faults that raise are the easier kind: the answer is in what is printed. A **traceback** lists every call on the way, from the outermost inwards, and its last line names the error. It is long because of the lines inside the framework, which you may skip. **Guess: which line needs changing here?**

# %%
import os
import traceback

import numpy as np


def predict(model, pictures):
    return model(torch.from_numpy(pictures)).argmax(dim=1)


def main():
    pictures = np.zeros((2, 784))
    return predict(nn.Linear(784, 10), pictures)


try:
    main()
except RuntimeError as error:
    for frame in traceback.extract_tb(error.__traceback__):
        whose = "torch" if f"{os.sep}torch{os.sep}" in frame.filename else "yours"
        print(f"{whose:6} {frame.name:12} {frame.line}")
    print(f"{type(error).__name__}: {error}")

# %% [markdown] tags=["zh"]
# 从最后一行往上，第一行**自己写的**代码在 `predict` 里：错在这里**发作**。说明里有 `Double` 和 `Float`，这叫**数据类型不一致**：NumPy 的 `np.zeros` 默认是 float64，权重是 float32。病根还要往上一层，在 `main`：造数组时写 `dtype=np.float32`，或者转成张量后加 `.float()`。
#
# 回溯信息给的是发作的地方，病根往往早几行。另外两种“对不上”也一样：**设备不一致**，一个张量在 GPU、一个在 CPU，见[门诊](../clinic/devices.py#device-moves)；还有最常见的形状。
#
# ## 形状错误：先读数字 { #shapes }
#
# 尺寸合不上，叫做**形状不匹配**。说明里的数字就是线索：

# %% [markdown] tags=["en"]
# From the last line upwards, the first line of **your own** code is in `predict`: this is where the error **broke out**. The message speaks of `Double` and `Float`, which is a **dtype mismatch**: NumPy's `np.zeros` makes float64, and the weights are float32. The cause is one level up, in `main`: write `dtype=np.float32` for the array, or `.float()` after making it a tensor.
#
# A traceback shows where an error broke out; the cause is often some lines earlier. The same holds for two other mismatches: a **device mismatch**, one tensor on the GPU and one on the CPU, which is in the [clinic](../clinic/devices.py#device-moves); and shapes, the most common of all.
#
# ## Shape errors: read the numbers first { #shapes }
#
# Sizes that do not go together are a **shape mismatch**. The numbers of the message are the clue:

# %% tags=["raises-exception"]
layer = nn.Linear(784, 256)
layer(torch.zeros(200, 1, 28, 28))

# %% [markdown] tags=["zh"]
# 矩阵相乘要求左边的列数等于右边的行数：左边是 `5600x28`，右边是 `784x256`，28 对不上 784。5600 从哪里来？$200\times1\times28$：`Linear` 只作用在最后一个维度上，把前面的全当成“行”。所以缺的是展平。读形状错误时，先问每个数是哪几个维度乘出来的。

# %% [markdown] tags=["en"]
# A matrix product needs as many columns on the left as rows on the right: `5600x28` meets `784x256`, and 28 is not 784. Where does 5600 come from? $200\times1\times28$: `Linear` works on the last dimension and treats all the others as rows. What is missing is flattening. With a shape error, first ask which dimensions were multiplied to give each number.

# %% [markdown] tags=["zh"]
# ## 警告：晚一点才发作的错误 { #warnings }
#
# 警告不会让程序停下，一闪就过去了。**弃用警告**说的是：这种写法将来会去掉，或者意思会变。下面的 `nn.Softmax()` 还能跑，**先猜：它沿哪一维做 softmax？**

# %% [markdown] tags=["en"]
# ## Warnings: errors that come later { #warnings }
#
# A warning does not stop the program and is soon scrolled away. A **deprecation warning** says that this usage will go away, or will mean something else. The `nn.Softmax()` below still runs. **Guess: along which dimension does it take the softmax?**

# %%
import warnings

sequence = torch.zeros(2, 3, 4)  # batch, positions, classes
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    shares = nn.Softmax()(sequence)
print(f"{caught[0].category.__name__}: {caught[0].message}")
for dim in range(3):
    print(f"sums along dimension {dim}: {shares.sum(dim=dim).unique().tolist()}")

# %% [markdown] tags=["zh"]
# 和为 1 的是第 0 维，也就是**批量**：同一批里的样本互相瓜分概率，而张量是二维时它又选第 1 维。没有报错，损失也照样下降，只是学错了东西。写明 `dim=-1`。跑测试时用 `python -W error`，警告就变成错误，当场停下。
#
# ## 断点：停下来看 { #breakpoint }
#
# 在循环里写一行 `breakpoint()`，程序停在那里，进入 pdb。常用的就这几条：
#
# | 命令 | 作用 |
# |---|---|
# | `p logits.shape` | 打印一个表达式 |
# | `n`、`s` | 下一行；进入函数 |
# | `u`、`d` | 上一层、下一层调用 |
# | `c`、`q` | 继续；退出 |
#
# 用完记得删掉。忘了删、又在没有终端的地方运行，程序会在第一个批量上以 `bdb.BdbQuit` 结束；设环境变量 `PYTHONBREAKPOINT=0` 可以让所有断点失效。更好的办法是**有条件**的断点：只在真的出事时停。

# %% [markdown] tags=["en"]
# The sums along dimension 0 are 1, and that is the **batch**: the samples of a batch share out the probability among themselves. For a tensor of two dimensions it takes dimension 1 instead. Nothing is raised, the loss goes down, and the wrong thing is learnt. Write `dim=-1`. Run tests with `python -W error`, and a warning becomes an error on the spot.
#
# ## The debugger: stop and look { #breakpoint }
#
# Write `breakpoint()` in the loop, and the program stops there in pdb. These commands go a long way:
#
# | command | what it does |
# |---|---|
# | `p logits.shape` | print an expression |
# | `n`, `s` | next line; step into a function |
# | `u`, `d` | up and down the calls |
# | `c`, `q` | continue; quit |
#
# Remove it afterwards. If it is left in and the program runs without a terminal, the program ends at the first batch with `bdb.BdbQuit`; the environment variable `PYTHONBREAKPOINT=0` switches all of them off. Better still is a **conditional** stop, which comes only when something is really wrong:


# %%
def checked_step(model, optimizer, x, y):
    loss = F.cross_entropy(model(x), y)
    if not torch.isfinite(loss):
        raise FloatingPointError(
            f"loss is {loss.item()}; largest input {x.abs().max():.3g}"
        )
    optimizer.zero_grad()
    loss.backward()
    norm = nn.utils.get_total_norm([parameter.grad for parameter in model.parameters()])
    optimizer.step()
    return loss.item(), norm.item()


checked_step(
    *(model_part for model_part in patient("healthy")[:2]), images[:64], labels[:64]
)

# %% [markdown] tags=["zh"]
# 返回的是损失和**梯度范数**。梯度范数每步记一个数，几乎不花钱：突然变大是发散的前兆，恒为 0 是断了，一路变小到 $10^{-8}$ 是消失。

# %% [markdown] tags=["en"]
# It returns the loss and the **gradient norm**. One such number per step costs almost nothing: a sudden jump comes before divergence, a constant 0 means that the graph is cut, and shrinking towards $10^{-8}$ means vanishing gradients.

# %% [markdown] tags=["zh"]
# ## 修好之后：留下一个测试 { #unit-test }
#
# 同一个错误犯第二次，就该怪没有测试了。**单元测试**是一小段自动检查：把上面的检查写成 `assert`，每次改动之后跑一遍。**先猜：下面这个测试放过了哪一种故障？**

# %% [markdown] tags=["en"]
# ## Once mended: leave a test behind { #unit-test }
#
# If the same mistake comes back, a test was missing. A **unit test** is a small check that runs by itself: put the checks above into `assert` and run them after each change. **Guess: which fault does this test let through?**


# %%
def classifier_test(model):
    logits = model(images[:32])
    assert logits.shape == (32, 10), f"shape {tuple(logits.shape)}"
    loss = F.cross_entropy(logits, labels[:32])
    torch.testing.assert_close(loss.item(), math.log(10), atol=0.5, rtol=0)
    loss.backward()
    dead = [name for name, p in model.named_parameters() if not p.grad.any()]
    assert not dead, f"no gradient: {len(dead)} tensors"


verdicts = {}
for fault in ("healthy", "all weights zero", "softmax on top"):
    try:
        classifier_test(patient(fault)[0])
        verdicts[fault] = "passed"
    except AssertionError as error:
        verdicts[fault] = f"failed, {error}"
for fault, verdict in verdicts.items():
    print(f"{fault:17} {verdict}")

# %% [markdown] tags=["zh"]
# 权重全为零的抓住了，多了 softmax 的放过了：形状、起始损失、梯度都对。测试只管它写下的那几条。补一条“输出不能每行都和为 1”，这个错误就再也回不来。浮点数的比较用 `torch.testing.assert_close`，它按数据类型给出合适的容差，失败时说明差在哪里。
#
# ## 练习 { #exercises }
#
# **1.** 100 个类别，起始损失应当是多少？量出来是 9.2，你先怀疑什么？
#
# ??? success "答案"
#     $\ln 100\approx4.61$。9.2 是它的两倍，说明起点就很自信而且是错的：输入没有归一化、权重初始化太大，或者最后一层前面乘了很大的数。
#
# **2.** “权重全为零”时，零梯度检查数出了几个张量？为什么不是全部？
#
# ??? success "答案"
#     数出了 {{ measured["all weights zero"]["zero gradients"] }} 个，共 10 个张量。最后一层的偏置仍有梯度（$p-y$ 不为 0），其余的梯度都要乘上为 0 的权重或为 0 的激活值。
#
# **3.** 把“标签被打乱”改成“只打乱一半的标签”，三个轮次后的准确率大约是多少？先猜再试。
#
# ??? success "答案"
#     若学到了规律，未打乱的一半几乎全对，打乱的一半约有十分之一碰巧对上：上限约 $0.5+0.5\times0.1=0.55$。三个轮次后会略低于它。
#
# **4.** 验证准确率很低，训练准确率很高，这五项检查都通过了。问题可能在哪里？
#
# ??? success "答案"
#     不在训练，在**两边不一致**：验证时忘了 `eval()`，归一化用了别的常数，验证集的预处理与训练集不同；或者真的过拟合了。先拿训练图片走一遍验证的代码，看准确率还高不高。

# %% [markdown] tags=["en"]
# Zero weights were caught, and the extra softmax was let through: shape, start loss and gradients are all right. A test checks what it states and nothing else. Add "rows of the output must not all sum to 1", and this mistake can never come back. Compare floats with `torch.testing.assert_close`, which has a fitting tolerance for each dtype and tells how far off they are.
#
# ## Exercises { #exercises }
#
# **1.** With 100 classes, what should the start loss be? It measures 9.2; what do you suspect first?
#
# ??? success "Answer"
#     $\ln 100\approx4.61$. 9.2 is twice that, so the network starts out confident and wrong: inputs not normalised, weights initialised too large, or a large factor before the last layer.
#
# **2.** With all weights zero, how many tensors did the zero-gradient check count, and why not all?
#
# ??? success "Answer"
#     It counted {{ measured["all weights zero"]["zero gradients"] }} of 10. The bias of the last layer still has a gradient ($p-y$ is not 0); every other gradient is multiplied by a weight or an activation that is 0.
#
# **3.** Shuffle only half of the labels. What accuracy do you expect after three epochs? Guess, then try.
#
# ??? success "Answer"
#     If the rule is learnt, the untouched half is almost all right, and about a tenth of the shuffled half is right by luck: at most about $0.5+0.5\times0.1=0.55$. After three epochs it is a little below.
#
# **4.** Validation accuracy is low, training accuracy high, and all five checks pass. Where may the fault be?
#
# ??? success "Answer"
#     Not in training, but in a **difference between the two**: `eval()` forgotten in validation, different constants for normalization, different preprocessing; or plain overfitting. Send training images through the validation code and see whether accuracy stays high.

# %% [markdown] tags=["zh"]
# ## 参考文献 { #references }
#
# - A. Karpathy. [A recipe for training neural networks](https://karpathy.github.io/2019/04/25/recipe/). 2019.
# - Python 文档：[pdb](https://docs.python.org/3/library/pdb.html)。

# %% [markdown] tags=["en"]
# ## References { #references }
#
# - A. Karpathy. [A recipe for training neural networks](https://karpathy.github.io/2019/04/25/recipe/). 2019.
# - Python documentation: [pdb](https://docs.python.org/3/library/pdb.html).
