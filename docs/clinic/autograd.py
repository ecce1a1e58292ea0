# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "自动求导最常见的报错，逐句解释；没有报错、参数却不学习的几种情形；还有载入权重时的两种拒绝。"
#       en: "The common messages of autograd, one by one; parameters that silently do not learn; and two refusals when weights are loaded."
# ---

# %% [markdown] tags=["zh"]
# # 自动求导与保存的权重 { #autograd }
#
# PyTorch 一边计算一边记下计算图，`backward()` 再沿着它往回走。报错几乎都在说同一件事：**这张图断了、用完了、被改过，或者根本没有。** 看懂图在哪里，报错就都读得懂了。
#
# 最后两个病例讲保存和载入：权重存进文件以后，换了名字或者换了形式，都会载不回来。

# %% [markdown] tags=["en"]
# # Autograd, and saved weights { #autograd }
#
# PyTorch writes down a graph while it computes, and `backward()` walks along it in reverse. Nearly all messages say the same: **the graph is cut, used up, tampered with, or was never there.** Whoever sees where the graph is can read them all.
#
# The last two cases are about saving and loading: weights whose names or whose form have changed do not come back from a file.

# %%
import io

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from dlnotes.clinic import autograd

# %% [markdown] tags=["zh"]
# ## 反向传播需要的值，已经就地改掉了 { #in-place-modification }
#
# 正着算没有任何问题，反向时才报错，而且报错的那一行不是写错的那一行：
#
# ```python broken
# --8<-- "dlnotes/clinic/autograd.py:in-place-modification-broken"
# ```

# %% [markdown] tags=["en"]
# ## A value that backward needs was changed in place { #in-place-modification }
#
# Forward, nothing is wrong; the error comes on the way back, and on another line than the one at fault:
#
# ```python broken
# --8<-- "dlnotes/clinic/autograd.py:in-place-modification-broken"
# ```

# %% tags=["broken", "raises-exception"]
autograd.in_place_broken(torch.ones(3, requires_grad=True)).backward()

# %% [markdown] tags=["zh"]
# $y=e^x$ 的导数就是 $y$ 自己，所以 autograd 留着 `y` 的值，等反向时用。`y += 1` 把这块内存就地改掉了。torch 给每个张量记着版本号：报错里的 `is at version 1; expected version 0` 就是说，留下时是第 0 版，现在是第 1 版。
#
# 不是每个原地操作都会出错：`x * 2` 的导数用不着结果，改了也无妨。要找出是谁的值，照报错的提示打开 `torch.autograd.set_detect_anomaly(True)`，它会指出正着算的那一行。
#
# ```python fixed
# --8<-- "dlnotes/clinic/autograd.py:in-place-modification-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/autograd.py:in-place-modification-check"
# ```

# %% [markdown] tags=["en"]
# The derivative of $y=e^x$ is $y$ itself, so autograd keeps the value of `y` for the way back, and `y += 1` changes that memory in place. torch counts versions for each tensor: `is at version 1; expected version 0` means that it was kept at version 0 and is now at version 1.
#
# Not every in-place operation fails: the derivative of `x * 2` does not need the result, which may be changed. To find out whose value it was, follow the hint and switch on `torch.autograd.set_detect_anomaly(True)`; it names the line of the forward pass.
#
# ```python fixed
# --8<-- "dlnotes/clinic/autograd.py:in-place-modification-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/autograd.py:in-place-modification-check"
# ```

# %% [markdown] tags=["zh"]
# ## 对同一张计算图反向两次 { #backward-twice }
#
# 循环外面把特征算好，省得每一步都算一遍。第一步正常，第二步报错：
#
# ```python broken
# --8<-- "dlnotes/clinic/autograd.py:backward-twice-broken"
# ```

# %% [markdown] tags=["en"]
# ## Backward twice through the same graph { #backward-twice }
#
# The features are computed before the loop, to save time. The first step works, the second does not:
#
# ```python broken
# --8<-- "dlnotes/clinic/autograd.py:backward-twice-broken"
# ```

# %% tags=["broken", "raises-exception"]
autograd.twice_broken(torch.ones(3, requires_grad=True), torch.ones(3))

# %% [markdown] tags=["zh"]
# `backward()` 走过一遍，就把图里存的中间结果释放掉，腾出内存。第二次再走，已经没有东西可用。
#
# 报错建议加上 `retain_graph=True`，**多半是个坏主意**：参数更新之后，旧图算的是旧参数的梯度，而且图一直留着，内存越用越多。先想清楚：这个中间结果如果依赖参数，每一步都要重算；如果不依赖，在循环外面 `.detach()`。循环神经网络的隐状态也是这样，每一段开始前要 `.detach()`。
#
# ```python fixed
# --8<-- "dlnotes/clinic/autograd.py:backward-twice-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/autograd.py:backward-twice-check"
# ```

# %% [markdown] tags=["en"]
# When `backward()` has passed, it frees the intermediate results in the graph to make room. On the second pass there is nothing left to use.
#
# The message suggests `retain_graph=True`, and **that is mostly a bad idea**: once parameters have changed, the old graph gives gradients for the old ones, and since it stays, memory grows. Think first: if the result depends on parameters, compute it anew in each step; if it does not, `.detach()` it before the loop. The hidden state of a recurrent network is such a case: `.detach()` it before each stretch.
#
# ```python fixed
# --8<-- "dlnotes/clinic/autograd.py:backward-twice-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/autograd.py:backward-twice-check"
# ```

# %% [markdown] tags=["zh"]
# ## 参数没有梯度：计算图断了 { #parameter-without-gradient }
#
# 损失在下降，但只降了一点。没有任何报错。
#
# ```python broken
# --8<-- "dlnotes/clinic/autograd.py:parameter-without-gradient-broken"
# ```
#
# 反向一次，看看谁有梯度：

# %% [markdown] tags=["en"]
# ## Parameters without a gradient: the graph is cut { #parameter-without-gradient }
#
# The loss falls, though only a little. No error anywhere.
#
# ```python broken
# --8<-- "dlnotes/clinic/autograd.py:parameter-without-gradient-broken"
# ```
#
# Go backward once and see who has a gradient:

# %%
for name, version in (("broken", autograd.GradientCut), ("mended", autograd.GradientWhole)):
    torch.manual_seed(0)
    model = version()
    model(torch.randn(5, 4)).sum().backward()
    print(f"{name}:", {key: "none" if parameter.grad is None else f"{parameter.grad.norm().item():.2f}" for key, parameter in model.named_parameters()})

# %% [markdown] tags=["zh"]
# `.detach()` 之前的参数，`grad` 是 `None`，不是 0：图在这里断了，前面的层永远停在随机的初始值上。`.data`、`.numpy()`、`.item()` 和重新包一层 `torch.tensor(...)` 也会这样，只是更难看出来。
#
# 第二种原因是 `forward` 根本没有用到那个层。训练之前反向一次，检查每个参数的 `grad`，两种都能抓到。
#
# ```python fixed
# --8<-- "dlnotes/clinic/autograd.py:parameter-without-gradient-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/autograd.py:parameter-without-gradient-check"
# ```

# %% [markdown] tags=["en"]
# The parameters before `.detach()` have `grad` equal to `None`, not to 0: the graph is cut here, and the layers before it stay at their random start for ever. `.data`, `.numpy()`, `.item()` and another `torch.tensor(...)` around a tensor do the same, and are harder to spot.
#
# The other cause is a layer that `forward` never uses. One backward pass before training and a look at every `grad` catch both.
#
# ```python fixed
# --8<-- "dlnotes/clinic/autograd.py:parameter-without-gradient-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/autograd.py:parameter-without-gradient-check"
# ```

# %% [markdown] tags=["zh"]
# ## 损失没有 grad_fn { #loss-without-graph }
#
# 想直接优化错误率，于是拿它当损失：
#
# ```python broken
# --8<-- "dlnotes/clinic/autograd.py:loss-without-graph-broken"
# ```

# %% [markdown] tags=["en"]
# ## The loss has no grad_fn { #loss-without-graph }
#
# It is the error rate that matters, so take it as the loss:
#
# ```python broken
# --8<-- "dlnotes/clinic/autograd.py:loss-without-graph-broken"
# ```

# %% tags=["broken", "raises-exception"]
logits = torch.randn(4, 3, requires_grad=True)
autograd.graph_broken(logits, torch.zeros(4, dtype=torch.int64)).backward()

# %% [markdown] tags=["zh"]
# `argmax` 和 `!=` 的结果是整数和真假，没有导数，图到这里就没有了。道理上也说不通：参数动一点点，错误率多半不变，斜率处处为 0。所以才要用交叉熵这样平滑的替代品来学，用错误率来看。
#
# 同一句报错还有三种常见的来由：整段训练写在了 `torch.no_grad()` 里；所有参数都设成了 `requires_grad=False`；损失已经用 `.item()` 取成了数。
#
# ```python fixed
# --8<-- "dlnotes/clinic/autograd.py:loss-without-graph-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/autograd.py:loss-without-graph-check"
# ```

# %% [markdown] tags=["en"]
# The results of `argmax` and `!=` are integers and truth values; they have no derivative, and the graph ends there. It makes no sense either: move a parameter a little, and the error rate mostly stays what it is; its slope is 0 nearly everywhere. That is why one learns from a smooth stand-in such as cross-entropy, and looks at the error rate.
#
# The same message has three more common causes: the training stands under `torch.no_grad()`; all parameters have `requires_grad=False`; or the loss was turned into a number with `.item()`.
#
# ```python fixed
# --8<-- "dlnotes/clinic/autograd.py:loss-without-graph-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/autograd.py:loss-without-graph-check"
# ```

# %% [markdown] tags=["zh"]
# ## 反向传播的起点不是一个数 { #backward-of-many }
#
# `reduction="none"` 给每个样本一个损失。从 4 个损失出发反向：
#
# ```python broken
# --8<-- "dlnotes/clinic/autograd.py:backward-of-many-broken"
# ```

# %% [markdown] tags=["en"]
# ## Backward from more than one number { #backward-of-many }
#
# With `reduction="none"` each sample has a loss of its own. Go backward from 4 losses:
#
# ```python broken
# --8<-- "dlnotes/clinic/autograd.py:backward-of-many-broken"
# ```

# %% tags=["broken", "raises-exception"]
autograd.scalar_broken(torch.randn(4, 3, requires_grad=True), torch.zeros(4, dtype=torch.int64))

# %% [markdown] tags=["zh"]
# 梯度是**一个**数对许多参数的导数。4 个数就要先说清楚怎样合成一个：求平均、求和，还是加权。取平均是通常的选择；想给难的样本更大的权重，就在平均之前乘上去。
#
# ```python fixed
# --8<-- "dlnotes/clinic/autograd.py:backward-of-many-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/autograd.py:backward-of-many-check"
# ```

# %% [markdown] tags=["en"]
# A gradient is the derivative of **one** number with respect to many parameters. With 4 numbers you must say how they become one: mean, sum, or weighted. The mean is the usual choice; to give hard samples more weight, multiply before the mean.
#
# ```python fixed
# --8<-- "dlnotes/clinic/autograd.py:backward-of-many-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/autograd.py:backward-of-many-check"
# ```

# %% [markdown] tags=["zh"]
# ## 手写梯度下降，参数不让就地改 { #update-of-a-leaf }
#
# 不用优化器，自己写梯度下降：
#
# ```python broken
# --8<-- "dlnotes/clinic/autograd.py:update-of-a-leaf-broken"
# ```

# %% [markdown] tags=["en"]
# ## Gradient descent by hand: a leaf refuses to be changed { #update-of-a-leaf }
#
# Gradient descent by hand, without an optimizer:
#
# ```python broken
# --8<-- "dlnotes/clinic/autograd.py:update-of-a-leaf-broken"
# ```

# %% tags=["broken", "raises-exception"]
autograd.leaf_broken(torch.ones(3, requires_grad=True))

# %% [markdown] tags=["zh"]
# “叶子”是自己造出来、要求梯度的张量，比如参数。更新参数不是模型的一部分，不该记进图里，所以放进 `torch.no_grad()`。
#
# 另一种写法 `weight = weight - 0.1 * weight.grad` 不报错，却更糟：它造了一个新张量，模型手里的仍是旧的，于是模型永远不变。
#
# ```python fixed
# --8<-- "dlnotes/clinic/autograd.py:update-of-a-leaf-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/autograd.py:update-of-a-leaf-check"
# ```

# %% [markdown] tags=["en"]
# A "leaf" is a tensor that you made and that wants a gradient, such as a parameter. Updating it is not part of the model and should not go into the graph; hence `torch.no_grad()`.
#
# Written as `weight = weight - 0.1 * weight.grad`, there is no error, and it is worse: that makes a new tensor while the model keeps the old one, so the model never changes.
#
# ```python fixed
# --8<-- "dlnotes/clinic/autograd.py:update-of-a-leaf-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/autograd.py:update-of-a-leaf-check"
# ```

# %% [markdown] tags=["zh"]
# ## 自己造的权重，优化器不收 { #weights-that-are-no-leaf }
#
# 不用 `nn.Linear`，自己造一个权重，初始值小一点。优化器不肯收：
#
# ```python broken
# --8<-- "dlnotes/clinic/autograd.py:weights-that-are-no-leaf-broken"
# ```

# %% [markdown] tags=["en"]
# ## Weights of your own that no optimizer takes { #weights-that-are-no-leaf }
#
# No `nn.Linear`, but weights of your own, with small initial values. The optimizer will not have them:
#
# ```python broken
# --8<-- "dlnotes/clinic/autograd.py:weights-that-are-no-leaf-broken"
# ```

# %% tags=["broken", "raises-exception"]
torch.optim.SGD([autograd.own_weights_broken(4, 3)], lr=0.1)

# %% [markdown] tags=["zh"]
# 要梯度的是 `torch.randn(...)` 造出来的那个张量，可是它没有名字；乘了 0.01 之后是另一个张量，是算出来的，不是叶子。梯度会一直传到那个没有名字的张量上，谁也够不着。
#
# `.to(device)` 也会这样：在 CPU 上什么也不发生，搬到 GPU 上就成了算出来的张量。记住次序：**先造好，先搬好，最后才 `requires_grad_()`**。`nn.Parameter` 包着的张量也是叶子。
#
# ```python fixed
# --8<-- "dlnotes/clinic/autograd.py:weights-that-are-no-leaf-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/autograd.py:weights-that-are-no-leaf-check"
# ```

# %% [markdown] tags=["en"]
# The tensor that wants a gradient is the one that `torch.randn(...)` made, and it has no name; times 0.01 there is another tensor, a computed one, which is no leaf. The gradient travels on to the nameless tensor, where nobody can reach it.
#
# `.to(device)` does the same: on a CPU nothing happens, and moved to a GPU the tensor is a computed one. Remember the order: **make it, move it, and `requires_grad_()` last**. A tensor wrapped in `nn.Parameter` is a leaf too.
#
# ```python fixed
# --8<-- "dlnotes/clinic/autograd.py:weights-that-are-no-leaf-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/autograd.py:weights-that-are-no-leaf-check"
# ```

# %%
for name, version in (("broken", autograd.own_weights_broken), ("mended", autograd.own_weights_fixed)):
    weights = version(4, 3)
    print(f"{name}: leaf {weights.is_leaf}, computed by {type(weights.grad_fn).__name__}")

# %% [markdown] tags=["zh"]
# ## 带梯度的张量不能直接变成 NumPy { #numpy-of-a-gradient }
#
# 要把输出画成图：
#
# ```python broken
# --8<-- "dlnotes/clinic/autograd.py:numpy-of-a-gradient-broken"
# ```

# %% [markdown] tags=["en"]
# ## A tensor with a gradient does not become NumPy { #numpy-of-a-gradient }
#
# You want to plot the outputs:
#
# ```python broken
# --8<-- "dlnotes/clinic/autograd.py:numpy-of-a-gradient-broken"
# ```

# %% tags=["broken", "raises-exception"]
autograd.numpy_broken(nn.Linear(2, 2)(torch.ones(1, 2)))

# %% [markdown] tags=["zh"]
# NumPy 数组带不走计算图。torch 不肯悄悄丢掉它，要你自己说一声：`.detach()`。在 GPU 上还要 `.cpu()`，因为 NumPy 只认得内存；写全了，两种机器都能用。只要一个数时，用 `.item()`。
#
# ```python fixed
# --8<-- "dlnotes/clinic/autograd.py:numpy-of-a-gradient-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/autograd.py:numpy-of-a-gradient-check"
# ```

# %% [markdown] tags=["en"]
# A NumPy array cannot take the graph along. torch refuses to drop it in silence and wants you to say so: `.detach()`. On a GPU you also need `.cpu()`, because NumPy only knows main memory; the full form works on both. For a single number, use `.item()`.
#
# ```python fixed
# --8<-- "dlnotes/clinic/autograd.py:numpy-of-a-gradient-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/autograd.py:numpy-of-a-gradient-check"
# ```

# %% [markdown] tags=["zh"]
# ## 权重的键多了 `module.` { #keys-with-module }
#
# 权重是在多张显卡上训练后保存的。换一台机器，用同样的模型载入：
#
# ```python broken
# --8<-- "dlnotes/clinic/autograd.py:keys-with-module-broken"
# ```

# %% [markdown] tags=["en"]
# ## Keys that begin with `module.` { #keys-with-module }
#
# The weights were saved after training on several GPUs. On another machine, the same model loads them:
#
# ```python broken
# --8<-- "dlnotes/clinic/autograd.py:keys-with-module-broken"
# ```

# %% tags=["broken", "raises-exception"]
nn.Linear(2, 2).load_state_dict(autograd.keys_broken(nn.Linear(2, 2)))

# %% [markdown] tags=["zh"]
# 把“缺少”和“多出”的键并排看：只差开头的 `module.`。`nn.DataParallel` 和 `DistributedDataParallel` 把模型包了一层，里面的模型就叫 `module`，名字跟着进了每一个键。`torch.compile` 也一样，前缀是 `_orig_mod.`。
#
# 保存时存里面的模型就没有这个问题。文件已经这样存了，就在载入前把前缀去掉：
#
# ```python fixed
# --8<-- "dlnotes/clinic/autograd.py:keys-with-module-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/autograd.py:keys-with-module-check"
# ```

# %% [markdown] tags=["en"]
# Put the missing and the unexpected keys side by side: only the leading `module.` differs. `nn.DataParallel` and `DistributedDataParallel` wrap the model, the model inside is called `module`, and the name goes into every key. `torch.compile` does the same with `_orig_mod.`.
#
# Save the model inside, and the trouble does not arise. If the file is there already, take the prefix off before loading:
#
# ```python fixed
# --8<-- "dlnotes/clinic/autograd.py:keys-with-module-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/autograd.py:keys-with-module-check"
# ```

# %%
state = autograd.keys_broken(nn.Linear(2, 2))
nn.Linear(2, 2).load_state_dict({key.removeprefix("module."): value for key, value in state.items()})

# %% [markdown] tags=["zh"]
# 不要用 `strict=False` 来“解决”：它只是把缺少的键放过去，**一个权重也没有载入**，模型还是随机的。

# %% [markdown] tags=["en"]
# Do not "solve" it with `strict=False`: that waves the missing keys through, **loads not one weight**, and leaves the model random.

# %%
result = nn.Linear(2, 2).load_state_dict(state, strict=False)
print("not loaded:", result.missing_keys)

# %% [markdown] tags=["zh"]
# ## torch.load 拒绝载入整个模型 { #whole-model-in-a-file }
#
# 几年前用 `torch.save(model, path)` 存的文件，今天载不回来：
#
# ```python broken
# --8<-- "dlnotes/clinic/autograd.py:whole-model-in-a-file-broken"
# ```

# %% [markdown] tags=["en"]
# ## torch.load refuses a whole model { #whole-model-in-a-file }
#
# A file written some years ago with `torch.save(model, path)` cannot be loaded today:
#
# ```python broken
# --8<-- "dlnotes/clinic/autograd.py:whole-model-in-a-file-broken"
# ```

# %%
import textwrap

from dlnotes.clinic.case import attempt

file = io.BytesIO()
autograd.whole_broken(nn.Linear(2, 2), file)
file.seek(0)
message = attempt(torch.load, file).replace("\x1b[1m", "").replace("\x1b[0m", "")
print("\n".join(textwrap.fill(line, 84) for line in message.splitlines()))

# %% [markdown] tags=["zh"]
# 这样存的不只是数字，而是一个 pickle：载入它会**运行文件里写的任意代码**，从网上下载的文件可以借此做任何事。所以从 torch 2.6 起，`torch.load` 默认 `weights_only=True`，只收张量和普通的容器。
#
# - 自己存文件：存 `state_dict()`，载入时先造模型，再填数字。代码改了名字、挪了位置，文件照样能用。
# - 旧文件，来源可信：`torch.load(path, weights_only=False)` 载入一次，改存成 `state_dict()`。
# - 来源不明：不要载入。
#
# ```python fixed
# --8<-- "dlnotes/clinic/autograd.py:whole-model-in-a-file-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/autograd.py:whole-model-in-a-file-check"
# ```

# %% [markdown] tags=["en"]
# Such a file holds more than numbers; it is a pickle, and loading it **runs whatever code the file says**, so that a file from the web can do anything at all. Since torch 2.6, `torch.load` therefore has `weights_only=True` by default and takes tensors and plain containers alone.
#
# - For files of your own: save `state_dict()`; to load, build the model, then fill in the numbers. The file survives when code is renamed or moved.
# - For an old file that you trust: load it once with `torch.load(path, weights_only=False)` and save its `state_dict()`.
# - From an unknown source: do not load it.
#
# ```python fixed
# --8<-- "dlnotes/clinic/autograd.py:whole-model-in-a-file-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/autograd.py:whole-model-in-a-file-check"
# ```
