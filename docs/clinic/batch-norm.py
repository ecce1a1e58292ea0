# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "自己写批量归一化时的十种错误：训练一切正常，评估全错；载入之后变差；与 torch 总差一点。每一种都量出差多少。"
#       en: "Ten mistakes in writing batch normalization by hand: perfect training and hopeless evaluation, ruin after loading, always a little off from torch; each with its number."
#     covers: [E-02, E-03, E-04, E-05, E-06, E-07, E-08, E-09, E-48, E-80]
#     labels: {moving statistics: 滑动统计量, moving mean: 滑动均值, moving variance: 滑动方差, "swapped, mean": 传反之后的均值, "swapped, variance": 传反之后的方差, batch: 批量, running_mean: running_mean, "momentum={}": "momentum={}", "γ = {}, β = {}": "γ = {}, β = {}", mean of the inputs: 输入的均值, mean of the outputs: 输出的均值, "{} batch": "{} 个批量", "{} batches": "{} 个批量", "{} samples": "{} 个样本", stored by torch: torch 存的, stored with n: 除以 n 存的, ratio: 比值, "variance of the outputs, with n": "输出的方差（除以 n）"}
# ---

# %% [markdown] tags=["zh"]
# # 批量归一化 { #batch-norm }
#
# 批量归一化只有十来行，人人都会自己写一遍；而它几乎每一行都能写错，错了也不报错。**训练时它用当前批量的统计量，评估时用一路攒下来的滑动统计量**，所以许多毛病在训练时完全看不出来，一评估就现形。
#
# 这一页用同一把尺子：与 `nn.BatchNorm1d` 或 `nn.BatchNorm2d` 的最大差是多少？写对了的层只差舍入误差。

# %% [markdown] tags=["en"]
# # Batch normalization { #batch-norm }
#
# Batch normalization is a dozen lines; everybody writes it once, almost every line of it can be wrong, and none of them complains. **In training it uses the statistics of the batch at hand, in evaluation the moving statistics gathered on the way.** So many of its illnesses cannot be seen in training at all and come out on the first evaluation.
#
# This page has one measure for all: what is the largest difference to `nn.BatchNorm1d` or `nn.BatchNorm2d`? A layer that is right differs by rounding alone.

# %%
import pandas as pd
import torch
from torch import nn

from dlnotes import figures
from dlnotes.clinic import batch_norm

# %% [markdown] tags=["zh"]
# ## `if len(X.shape):` 永远为真，卷积的分支从不运行 { #always-true-branch }
#
# 全连接层之后的输入是 2 维的，卷积之后是 4 维的，要在不同的轴上求平均。下面这一行想分清两种情形：
#
# ```python broken
# --8<-- "dlnotes/clinic/batch_norm.py:always-true-branch-broken"
# ```
#
# 给它一批 4 维的图片，与 `nn.BatchNorm2d` 相比：

# %% [markdown] tags=["en"]
# ## `if len(X.shape):` is always true, so the convolution branch never runs { #always-true-branch }
#
# After a fully connected layer the input has 2 axes, after a convolution 4, and the mean runs over different ones. This line wants to tell them apart:
#
# ```python broken
# --8<-- "dlnotes/clinic/batch_norm.py:always-true-branch-broken"
# ```
#
# Give it a batch of images, 4 axes, and compare with `nn.BatchNorm2d`:

# %%
torch.manual_seed(0)
images = 3 + 2 * torch.randn(8, 6, 5, 5)
wanted = nn.BatchNorm2d(6)(images)
for name, version in (("broken", batch_norm.branch_broken), ("mended", batch_norm.branch_fixed)):
    print(f"{name}: largest difference {(version(images) - wanted).abs().max().item():.1e}")
print("statistics of the broken one:", list(images.mean(dim=0, keepdim=True).shape), " of torch:", list(images.mean(dim=(0, 2, 3), keepdim=True).shape))

# %% [markdown] tags=["zh"]
# `images.shape` 的长度是 4，不是 0，在 `if` 里就是真；是 2 也一样为真。卷积的那一支**从来没有运行过**。于是每个像素位置各有一套统计量，一张图里的明暗关系全抹掉了。形状没有变，所以没有报错。
#
# 只要拿长度或个数当条件，就该问一句：它什么时候会是 0？
#
# ```python fixed
# --8<-- "dlnotes/clinic/batch_norm.py:always-true-branch-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/batch_norm.py:always-true-branch-check"
# ```

# %% [markdown] tags=["en"]
# The length of `images.shape` is 4, not 0, which counts as true in an `if`; so does 2. The branch for convolutions **never ran**. Each pixel position got statistics of its own, and light and dark within an image were wiped out. The shape is unchanged, so there is no error.
#
# Whenever a length or a count is a condition, ask when it could be 0.
#
# ```python fixed
# --8<-- "dlnotes/clinic/batch_norm.py:always-true-branch-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/batch_norm.py:always-true-branch-check"
# ```

# %% [markdown] tags=["zh"]
# ## `==` 写在了 `=` 的位置上 { #comparison-for-assignment }
#
# 造层的时候就报错，说没有 `beta` 这个属性。可是这一行明明是在造它：
#
# ```python broken
# --8<-- "dlnotes/clinic/batch_norm.py:comparison-for-assignment-broken"
# ```

# %% [markdown] tags=["en"]
# ## `==` where `=` was meant { #comparison-for-assignment }
#
# The layer cannot even be built: it has no attribute `beta`. Yet this very line makes it:
#
# ```python broken
# --8<-- "dlnotes/clinic/batch_norm.py:comparison-for-assignment-broken"
# ```

# %% tags=["broken", "raises-exception"]
batch_norm.comparison_broken()

# %% [markdown] tags=["zh"]
# `==` 是比较，要先读左边的值，而它还不存在。这一次算是走运：如果 `beta` 恰好已经有了，比较照常完成，结果扔掉，没有任何提示。检查代码的工具会指出“比较的结果没有用到”，`ruff` 的规则叫 `B015`。
#
# ```python fixed
# --8<-- "dlnotes/clinic/batch_norm.py:comparison-for-assignment-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/batch_norm.py:comparison-for-assignment-check"
# ```

# %% [markdown] tags=["en"]
# `==` compares, and must read the left side first, which does not exist. That was luck: had there been a `beta` already, the comparison would have run, its result would have been thrown away, and nothing would have told you. A linter points it out, a comparison without use; in `ruff` the rule is `B015`.
#
# ```python fixed
# --8<-- "dlnotes/clinic/batch_norm.py:comparison-for-assignment-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/batch_norm.py:comparison-for-assignment-check"
# ```

# %% [markdown] tags=["zh"]
# ## 训练一切正常，评估全错：均值和方差传反了 { #swapped-statistics }
#
# 训练准确率很高，`model.eval()` 之后却和瞎猜一样。更新滑动统计量的函数收 3 个参数，调用时按位置传：
#
# ```python broken
# --8<-- "dlnotes/clinic/batch_norm.py:swapped-statistics-broken"
# ```
#
# 数据的均值是 3，方差是 4。先猜：每一步都传反，攒下来的两个数会是 3 和 4，还是 4 和 3？

# %% [markdown] tags=["en"]
# ## Training is perfect, evaluation is chance: mean and variance were swapped { #swapped-statistics }
#
# Accuracy in training is high, and after `model.eval()` it is that of a guess. The function that updates the moving statistics takes 3 arguments, and they are passed by position:
#
# ```python broken
# --8<-- "dlnotes/clinic/batch_norm.py:swapped-statistics-broken"
# ```
#
# The data have mean 3 and variance 4. Guess first: exchanged at each step, will the two numbers end as 3 and 4, or as 4 and 3?

# %% tags=["hide-input"] alt_zh="传对时，均值的曲线停在 3，方差停在 4；传反时，两条曲线纠缠在一起，都停在 3.5 附近。" alt_en="Passed rightly, the mean settles at 3 and the variance at 4; exchanged, the two curves entwine and both settle near 3.5."
torch.manual_seed(0)
batches = [3 + 2 * torch.randn(256, 1) for _ in range(60)]
curves = {name: [] for name in ("moving mean", "moving variance", "swapped, mean", "swapped, variance")}
right, wrong = (torch.zeros(1), torch.ones(1)), (torch.zeros(1), torch.ones(1))
for batch in batches:
    right, wrong = batch_norm.update(*right, batch), batch_norm.update(wrong[1], wrong[0], batch)
    for name, value in zip(curves, (*right, *wrong)):
        curves[name].append(value.item())
figures.lines(curves, x=list(range(1, 61)), xlabel="batch", ylabel="moving statistics")

# %% [markdown] tags=["zh"]
# 都不是：两个数每一步互换一次，各自一半时间朝 3 走，一半时间朝 4 走，最后都落在 3.5 附近，分不出谁是谁。如果均值是负数，“方差”就会变成负的，开方得到 `nan`。
#
# 训练时用的是批量自己的统计量，所以**损失曲线一点也看不出来**。改法是写出参数的名字。
#
# ```python fixed
# --8<-- "dlnotes/clinic/batch_norm.py:swapped-statistics-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/batch_norm.py:swapped-statistics-check"
# ```

# %% [markdown] tags=["en"]
# Neither: they change places at each step, walk half of the time towards 3 and half of it towards 4, and both settle near 3.5, where nothing tells them apart. With a negative mean, the "variance" turns negative, and its root is `nan`.
#
# Training uses the statistics of the batch itself, so **the curve of the loss shows nothing**. The cure is to name the arguments.
#
# ```python fixed
# --8<-- "dlnotes/clinic/batch_norm.py:swapped-statistics-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/batch_norm.py:swapped-statistics-check"
# ```

# %% [markdown] tags=["zh"]
# ## 重新载入之后等于瞎猜：统计量没有存进 state_dict { #statistics-not-saved }
#
# 训练好、评估好，保存；第二天载入，准确率掉到一成。
#
# ```python broken
# --8<-- "dlnotes/clinic/batch_norm.py:statistics-not-saved-broken"
# ```

# %% [markdown] tags=["en"]
# ## Chance level after reloading: the statistics are not in the state_dict { #statistics-not-saved }
#
# Trained, evaluated, saved; loaded the next day, and accuracy is down to a tenth.
#
# ```python broken
# --8<-- "dlnotes/clinic/batch_norm.py:statistics-not-saved-broken"
# ```

# %%
for name, version in (("broken", batch_norm.PlainStatistics), ("mended", batch_norm.BufferedStatistics)):
    torch.manual_seed(0)
    layer, inputs = version(4), 3 + torch.randn(64, 4)
    for _ in range(50):
        layer(inputs)
    again = version(4)
    again.load_state_dict(layer.state_dict())
    difference = (layer.eval()(inputs) - again.eval()(inputs)).abs().max().item()
    print(f"{name}: saved {list(layer.state_dict())}, outputs differ by {difference:.2f} after loading")

# %% [markdown] tags=["zh"]
# 一个普通的属性，`state_dict` 不知道它，`.to(device)` 也不搬它。可学习的量用 `nn.Parameter`；不学习、但属于模型状态的量，用 `register_buffer`：存得下，载得回，搬得走，优化器又碰不到。
#
# `load_state_dict` 没有报错，因为两边都缺。
#
# ```python fixed
# --8<-- "dlnotes/clinic/batch_norm.py:statistics-not-saved-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/batch_norm.py:statistics-not-saved-check"
# ```

# %% [markdown] tags=["en"]
# A plain attribute is unknown to `state_dict`, and `.to(device)` does not move it. What is learnt is an `nn.Parameter`; what is not learnt and yet belongs to the state of the model goes through `register_buffer`: saved, loaded and moved, and out of the optimizer's reach.
#
# `load_state_dict` raised nothing, since both sides lack it.
#
# ```python fixed
# --8<-- "dlnotes/clinic/batch_norm.py:statistics-not-saved-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/batch_norm.py:statistics-not-saved-check"
# ```

# %% [markdown] tags=["zh"]
# ## 还没训练就评估，输出爆炸：方差从 0 开始 { #variance-from-zero }
#
# 两个滑动统计量都从 0 开始，看起来最自然。
#
# ```python broken
# --8<-- "dlnotes/clinic/batch_norm.py:variance-from-zero-broken"
# ```
#
# 还没有训练就评估，输入会放大多少倍？

# %% [markdown] tags=["en"]
# ## Outputs explode before training: the moving variance starts at 0 { #variance-from-zero }
#
# Both moving statistics start at 0, which looks most natural.
#
# ```python broken
# --8<-- "dlnotes/clinic/batch_norm.py:variance-from-zero-broken"
# ```
#
# Evaluate before any training: by which factor are inputs magnified?

# %%
for name, version in (("broken", batch_norm.variance_broken), ("mended", batch_norm.variance_fixed)):
    print(f"{name}: {(1 / (version(1)[1] + 1e-5).sqrt()).item():.1f}")

# %% [markdown] tags=["zh"]
# 方差为 0，就只剩分母里的 $\varepsilon=10^{-5}$，倍数是 $1/\sqrt{\varepsilon}\approx316$。这样的层每过一层就再放大这么多，网络一深就成了 `inf`。训练几百步之后滑动方差攒够了，毛病又自己消失，所以它只在训练之前和刚开始的几次评估里露面。
#
# ```python fixed
# --8<-- "dlnotes/clinic/batch_norm.py:variance-from-zero-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/batch_norm.py:variance-from-zero-check"
# ```

# %% [markdown] tags=["en"]
# With variance 0 there is only $\varepsilon=10^{-5}$ under the fraction, and the factor is $1/\sqrt{\varepsilon}\approx316$. Every such layer magnifies that much again, and a deep network soon ends in `inf`. Some hundred steps later the moving variance has gathered enough and the fault is gone by itself; it shows only before training and in the first few evaluations.
#
# ```python fixed
# --8<-- "dlnotes/clinic/batch_norm.py:variance-from-zero-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/batch_norm.py:variance-from-zero-check"
# ```

# %% [markdown] tags=["zh"]
# ## 与 torch 差一点点：移动方差除以了 n { #biased-moving-variance }
#
# 与 torch 对答案，训练时一致，评估时总差一点，批量越小差得越多。
#
# ```python broken
# --8<-- "dlnotes/clinic/batch_norm.py:biased-moving-variance-broken"
# ```
#
# torch 用哪一个方差？先猜：除以 $n$，还是除以 $n-1$？

# %% [markdown] tags=["en"]
# ## Slightly off from torch: the running variance divides by n { #biased-moving-variance }
#
# Checked against torch, it agrees in training and is a little off in evaluation, more so for small batches.
#
# ```python broken
# --8<-- "dlnotes/clinic/batch_norm.py:biased-moving-variance-broken"
# ```
#
# Which variance does torch use? Guess first: divided by $n$, or by $n-1$?

# %%
rows = []
for n in (4, 16, 256):
    torch.manual_seed(0)
    batch, layer = 5 * torch.randn(n, 1), nn.BatchNorm1d(1)
    outputs = layer(batch)
    stored, own = (layer.running_var - 0.9).item(), (batch_norm.biased_broken(batch) - 0.9).item()
    rows.append([outputs.var(unbiased=False).item(), stored, own, stored / own])
pd.DataFrame(rows, columns=["variance of the outputs, with n", "stored by torch", "stored with n", "ratio"], index=[f"{n} samples" for n in (4, 16, 256)]).map("{:.3f}".format)

# %% [markdown] tags=["zh"]
# 两个都用。归一化当前批量时除以 $n$，所以输出的方差正好是 1；存进滑动统计量的，是除以 $n-1$ 的无偏估计。比值是 $n/(n-1)$，批量为 4 时差三分之一，批量为 256 时几乎看不出。
#
# 对训练来说，这点差别无关紧要。可是要证明“我的层与 torch 完全一样”，就必须照着它来；否则容差只好放宽，真正的错误也就溜过去了。
#
# ```python fixed
# --8<-- "dlnotes/clinic/batch_norm.py:biased-moving-variance-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/batch_norm.py:biased-moving-variance-check"
# ```

# %% [markdown] tags=["en"]
# Both. To normalise the batch it divides by $n$, so that the variance of the outputs is 1; what goes into the moving statistics is the unbiased estimate with $n-1$. The ratio is $n/(n-1)$: a third for batches of 4, next to nothing for 256.
#
# For training this hardly matters. But to prove that "my layer equals torch's" one has to follow; otherwise the tolerance must be widened, and true mistakes slip through.
#
# ```python fixed
# --8<-- "dlnotes/clinic/batch_norm.py:biased-moving-variance-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/batch_norm.py:biased-moving-variance-check"
# ```

# %% [markdown] tags=["zh"]
# ## momentum=0.9 在 torch 里是另一个意思 { #momentum-of-the-new }
#
# 论文和许多自己写的层里，0.9 是**旧值**的权重。把它抄进 `nn.BatchNorm1d(features, momentum=0.9)`：
#
# ```python broken
# --8<-- "dlnotes/clinic/batch_norm.py:momentum-of-the-new-broken"
# ```
#
# 数据是标准正态分布，每批 16 个样本，真正的均值是 0：

# %% [markdown] tags=["en"]
# ## momentum=0.9 means something else in torch { #momentum-of-the-new }
#
# In papers and in many hand-written layers, 0.9 is the weight of the **old** value. Copy it into `nn.BatchNorm1d(features, momentum=0.9)`:
#
# ```python broken
# --8<-- "dlnotes/clinic/batch_norm.py:momentum-of-the-new-broken"
# ```
#
# The data are standard normal, in batches of 16, and the true mean is 0:

# %% tags=["hide-input"] alt_zh="momentum 为 0.9 时，running_mean 随每个批量大幅跳动；为 0.1 时，只在 0 附近小幅起伏。" alt_en="With momentum 0.9, running_mean jumps with every batch; with 0.1 it only ripples around 0."
torch.manual_seed(0)
draws = torch.randn(80, 16, 1)
curves = {}
for version, momentum in ((batch_norm.momentum_broken, 0.9), (batch_norm.momentum_fixed, 0.1)):
    layer, curves[f"momentum={momentum}"] = version(1), []
    for draw in draws:
        layer(draw)
        curves[f"momentum={momentum}"].append(layer.running_mean.item())
figures.lines(curves, x=list(range(1, 81)), xlabel="batch", ylabel="running_mean")

# %% [markdown] tags=["zh"]
# torch 里的 `momentum` 是**新值**的权重：`running = (1 - momentum) * running + momentum * new`，与优化器里的动量不是一回事。写成 0.9，滑动统计量差不多就是最后一个批量的统计量，评估结果跟着它跳。Keras 的约定与 torch 相反，迁移代码时要换成 `1 - momentum`。
#
# ```python fixed
# --8<-- "dlnotes/clinic/batch_norm.py:momentum-of-the-new-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/batch_norm.py:momentum-of-the-new-check"
# ```

# %% [markdown] tags=["en"]
# In torch `momentum` is the weight of the **new** value: `running = (1 - momentum) * running + momentum * new`, no relation of the momentum in optimizers. At 0.9 the moving statistics are little more than those of the last batch, and the evaluation jumps with them. Keras has the convention opposite to torch; to carry code over, take `1 - momentum`.
#
# ```python fixed
# --8<-- "dlnotes/clinic/batch_norm.py:momentum-of-the-new-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/batch_norm.py:momentum-of-the-new-check"
# ```

# %% [markdown] tags=["zh"]
# ## γ 从 0 开始：信号到这里就断了 { #gamma-and-beta-exchanged }
#
# 归一化之后，还要乘以可学习的 $\gamma$、加上可学习的 $\beta$。一句注释把初始值的次序写反了：
#
# ```python broken
# --8<-- "dlnotes/clinic/batch_norm.py:gamma-and-beta-exchanged-broken"
# ```

# %% [markdown] tags=["en"]
# ## γ starts at 0: the signal ends here { #gamma-and-beta-exchanged }
#
# After normalising, the layer multiplies by a learnt $\gamma$ and adds a learnt $\beta$. A comment had their initial values in the wrong order:
#
# ```python broken
# --8<-- "dlnotes/clinic/batch_norm.py:gamma-and-beta-exchanged-broken"
# ```

# %%
torch.manual_seed(0)
inputs = torch.randn(64, 4)
for name, version in (("γ = 0, β = 1", batch_norm.affine_broken), ("γ = 1, β = 0", batch_norm.affine_fixed)):
    layer, x = version(nn.BatchNorm1d(4)), inputs.clone().requires_grad_()
    outputs = layer(x)
    outputs.pow(3).sum().backward()
    print(f"{name}: outputs {outputs.min().item():+.2f} to {outputs.max().item():+.2f}, largest gradient {x.grad.abs().max().item():.1e}")

# %% [markdown] tags=["zh"]
# $\gamma=0$ 时，不论输入什么，输出都是 $\beta$；梯度传到这里也乘上 0，前面的层一步都学不到。$\gamma=1$、$\beta=0$ 才表示“先什么也不改”。
#
# 有一处例外值得知道：残差块里**最后一个**批量归一化，常常故意取 $\gamma=0$，让整个块从恒等映射开始。捷径还在，所以信号不会断。
#
# ```python fixed
# --8<-- "dlnotes/clinic/batch_norm.py:gamma-and-beta-exchanged-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/batch_norm.py:gamma-and-beta-exchanged-check"
# ```

# %% [markdown] tags=["en"]
# With $\gamma=0$ the output is $\beta$ whatever comes in, and gradients on their way back are multiplied by 0, so the layers before it learn nothing at first. "Change nothing yet" is $\gamma=1$ and $\beta=0$.
#
# One exception is worth knowing: the **last** batch normalization of a residual block often has $\gamma=0$ on purpose, so that the block starts as the identity. There the shortcut keeps the signal alive.
#
# ```python fixed
# --8<-- "dlnotes/clinic/batch_norm.py:gamma-and-beta-exchanged-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/batch_norm.py:gamma-and-beta-exchanged-check"
# ```

# %% [markdown] tags=["zh"]
# ## running_mean 不是归一化之后的均值 { #statistics-of-the-input }
#
# 有的笔记说，`running_mean` 和 `running_var` 是归一化**之后**的均值和方差。照这个说法写：
#
# ```python broken
# --8<-- "dlnotes/clinic/batch_norm.py:statistics-of-the-input-broken"
# ```
#
# 输入的均值约为 5。一个批量之后、一百个批量之后，看 `running_mean`：

# %% [markdown] tags=["en"]
# ## running_mean is not the mean after normalization { #statistics-of-the-input }
#
# Some notes call `running_mean` and `running_var` the mean and variance **after** normalization. Written down:
#
# ```python broken
# --8<-- "dlnotes/clinic/batch_norm.py:statistics-of-the-input-broken"
# ```
#
# The inputs have a mean of about 5. Look at `running_mean` after one batch, and after a hundred:

# %%
torch.manual_seed(0)
inputs, layer, rows = 5 + torch.randn(64, 1), nn.BatchNorm1d(1), []
for count in range(1, 101):
    outputs = layer(inputs)
    if count in (1, 10, 100):
        rows.append([layer.running_mean.item(), inputs.mean().item(), outputs.mean().item()])
pd.DataFrame(rows, columns=["running_mean", "mean of the inputs", "mean of the outputs"], index=["1 batch", "10 batches", "100 batches"]).map(lambda value: f"{abs(value) if abs(value) < 1e-6 else value:.2f}")

# %% [markdown] tags=["zh"]
# 它朝**输入**的均值走，每次走剩下路程的十分之一。输出的均值永远是 0，攒它没有意义：评估时要减去的，正是输入的均值。
#
# ```python fixed
# --8<-- "dlnotes/clinic/batch_norm.py:statistics-of-the-input-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/batch_norm.py:statistics-of-the-input-check"
# ```

# %% [markdown] tags=["en"]
# It walks towards the mean of the **inputs**, a tenth of what is left at each step. The outputs' mean is always 0 and not worth gathering: what evaluation must subtract is the mean of the inputs.
#
# ```python fixed
# --8<-- "dlnotes/clinic/batch_norm.py:statistics-of-the-input-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/batch_norm.py:statistics-of-the-input-check"
# ```

# %% [markdown] tags=["zh"]
# ## 最后一个批量只有一个样本 { #one-sample-batch }
#
# 训练快到轮次末尾时突然报错。9 个样本，每批 4 个：
#
# ```python broken
# --8<-- "dlnotes/clinic/batch_norm.py:one-sample-batch-broken"
# ```

# %% [markdown] tags=["en"]
# ## The last batch has one sample { #one-sample-batch }
#
# Near the end of an epoch, training stops with an error. There are 9 samples, in batches of 4:
#
# ```python broken
# --8<-- "dlnotes/clinic/batch_norm.py:one-sample-batch-broken"
# ```

# %% tags=["broken", "raises-exception"]
layer = nn.BatchNorm1d(3)
for batch in batch_norm.one_sample_broken(torch.randn(9, 3)):
    layer(batch)

# %% [markdown] tags=["zh"]
# 最后一个批量只有 1 个样本。它的均值就是它自己，方差是 0，归一化之后什么也不剩，所以 torch 拒绝计算。数据集大小除以批量大小余 1，就会这样；换一个数据集大小，错误又不见了。
#
# 训练时用 `drop_last=True`；每个轮次重新打乱，丢下的样本下一次还有机会。预测一张图片时遇到这句话，那是忘了 `model.eval()`。
#
# ```python fixed
# --8<-- "dlnotes/clinic/batch_norm.py:one-sample-batch-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/batch_norm.py:one-sample-batch-check"
# ```

# %% [markdown] tags=["en"]
# The last batch has 1 sample. Its mean is the sample itself, its variance is 0, and nothing would be left of it, so torch refuses. It happens when the size of the data set leaves 1 over; with another size the error is gone.
#
# In training, use `drop_last=True`; with shuffling, those left out have their chance in other epochs. If you read this message while predicting a single picture, `model.eval()` was forgotten.
#
# ```python fixed
# --8<-- "dlnotes/clinic/batch_norm.py:one-sample-batch-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/batch_norm.py:one-sample-batch-check"
# ```
