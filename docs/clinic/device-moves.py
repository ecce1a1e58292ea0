# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "写了 images.to(device)，却报“张量在不同设备上”：结果没有接住。"
#       en: "You wrote images.to(device) and still get 'tensors on different devices': the result was thrown away."
#     covers: [E-01]
# ---

# %% [markdown] tags=["zh"]
# # 写了 `.to(device)`，数据却没有搬过去 { #device-moves }
#
# 你是不是这样搜到这一页的：
#
# > RuntimeError: Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!
#
# 你检查了代码，`images.to(device)` 明明写了。在没有 GPU 的机器上，同样的代码一直好好的。**它到底做了什么？**

# %% [markdown] tags=["en"]
# # You wrote `.to(device)`, and the data did not move { #device-moves }
#
# Did this message bring you here?
#
# > RuntimeError: Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!
#
# You check the code, and there it is: `images.to(device)`. On a machine without a GPU the same code has always worked. **So what did it do?**

# %% [markdown] tags=["zh"]
# ## 出错的代码 { #broken }
#
# ```python
# --8<-- "dlnotes/clinic/device_moves.py:broken"
# ```
#
# 先猜：这两行 `.to(device)`，哪一行起了作用，哪一行没有？
#
# 没有 GPU 也能看见这个错误。torch 有一个叫 `meta` 的设备：上面的张量只有形状，没有数据，但它确实是**另一个设备**。下面就用它代替 GPU。报错的措辞与 GPU 上的不同，原因是同一个。

# %% [markdown] tags=["en"]
# ## The broken code { #broken }
#
# ```python
# --8<-- "dlnotes/clinic/device_moves.py:broken"
# ```
#
# Guess first: of the two lines with `.to(device)`, which one did something and which one did not?
#
# The mistake can be seen without a GPU. torch has a device called `meta`, whose tensors have a shape and no data; yet it is truly **another device**. It stands for the GPU below. The message is worded otherwise than on a GPU; the cause is the same.

# %% tags=["raises-exception"]
import torch

from dlnotes import models
from dlnotes.clinic import device_moves

device = torch.device("meta")
images = torch.zeros(2, 1, 28, 28)
device_moves.broken(models.create("mlp"), images, device)

# %% [markdown] tags=["zh"]
# ## 量一量症状 { #symptom }
#
# 不要猜，直接问每个对象它在哪里：

# %% [markdown] tags=["en"]
# ## The symptom, measured { #symptom }
#
# Do not guess; ask each object where it is:

# %%
import pandas as pd

model = models.create("mlp")
before = next(model.parameters())
model.to(device)
images.to(device)
moved = images.to(device)
pd.DataFrame(
    {"device": [str(next(model.parameters()).device), str(images.device), str(moved.device)]},
    index=["model, after model.to(device)", "images, after images.to(device)", "the result of images.to(device)"],
)

# %% [markdown] tags=["zh"]
# 模型搬过去了，`images` 还在原处，搬过去的那一份在**返回值**里，而出错的代码把它丢掉了。
#
# 把这次询问写成函数，以后随时可以问：
#
# ```python
# --8<-- "dlnotes/clinic/device_moves.py:symptom"
# ```
#
# 对上面的 `model` 和 `images`，它回答 {{ device_moves.symptom(model, images) }}；换成 `moved`，它回答空字符串：{{ repr(device_moves.symptom(model, moved)) }}。
#
# ## 为什么 { #why }
#
# 同名的两个方法，规矩不同：
#
# | 写法 | 原来的对象 | 返回值 |
# |---|---|---|
# | `module.to(device)` | 就地搬走 | 它自己 |
# | `tensor.to(device)` | 不变 | 在目标设备上的张量 |
#
# 张量像数：`x + 1` 不会改变 `x`，`x.to(device)` 也不会。模块像容器：搬的是它里面的参数。`.cuda()`、`.float()`、`.double()` 都是同样的规矩，下面会用 `.double()` 验证。
#
# 在只有 CPU 的机器上，目标设备就是原来的设备，`tensor.to` 直接返回同一个张量，所以错误不会露面。它等着你第一次换到 GPU 上。

# %% [markdown] tags=["en"]
# The model has moved, `images` is where it was, and what did move is in the **return value**, which the broken code threw away.
#
# Make the question a function, to be asked at any time:
#
# ```python
# --8<-- "dlnotes/clinic/device_moves.py:symptom"
# ```
#
# Of `model` and `images` above it says {{ device_moves.symptom(model, images) }}; with `moved` it returns an empty string: {{ repr(device_moves.symptom(model, moved)) }}.
#
# ## Why { #why }
#
# Two methods of one name, with different rules:
#
# | what you write | the object itself | what it returns |
# |---|---|---|
# | `module.to(device)` | moves in place | itself |
# | `tensor.to(device)` | stays as it is | a tensor on that device |
#
# A tensor is like a number: `x + 1` does not change `x`, and neither does `x.to(device)`. A module is like a container: what moves is the parameters inside. `.cuda()`, `.float()` and `.double()` follow the same rule; `.double()` is put to the test below.
#
# On a machine with a CPU alone, the tensor is already where it should go; `tensor.to` returns the very same tensor and the mistake stays hidden. It waits for your first GPU.

# %%
same = images.to("cpu")
layer = torch.nn.Linear(2, 2)
layer.double()
images.double()
print("images.to('cpu') is images:", same is images)
print("layer, after layer.double():", layer.weight.dtype)
print("images, after images.double():", images.dtype)

# %% [markdown] tags=["zh"]
# 第 1 行是 {{ same is images }}：本来就在 CPU 上，`to` 什么也没做，连副本都没有。后 2 行：层变成了双精度，张量没有变。
#
# ## 改好的代码 { #fixed }
#
# 只差一个 `images =`：
#
# ```python
# --8<-- "dlnotes/clinic/device_moves.py:fixed"
# ```

# %% [markdown] tags=["en"]
# Line 1 says {{ same is images }}: the tensor was on the CPU already, so `to` did nothing and made no copy either. The other 2 lines: the layer became double precision, the tensor did not.
#
# ## The mended code { #fixed }
#
# All it lacked was `images =`:
#
# ```python
# --8<-- "dlnotes/clinic/device_moves.py:fixed"
# ```

# %%
logits = device_moves.fixed(models.create("mlp"), images, device)
logits.shape, logits.device

# %% [markdown] tags=["zh"]
# ## 本可以发现它的测试 { #test }
#
# 这个测试不需要 GPU，也能在提交之前拦住错误：
#
# ```python
# --8<-- "tests/clinic/test_device_moves.py:test"
# ```
#
# 更省事的办法：整个数据集只搬一次。`training.fit` 把所有图片作为一个张量放到设备上，之后每个批量只是从中取出一部分，批量的循环里根本没有 `.to`。

# %% [markdown] tags=["en"]
# ## The test that would have caught it { #test }
#
# It needs no GPU and stops the mistake before it is committed:
#
# ```python
# --8<-- "tests/clinic/test_device_moves.py:test"
# ```
#
# Better still, move the whole data set once. `training.fit` puts all images on the device as one tensor and every batch is then taken from it; the loop over batches has no `.to` at all.

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** `model = model.to(device)` 也常见。它比 `model.to(device)` 多做了什么？
#
# ??? success "答案"
#     什么也没有：`module.to` 返回模块自己。但对张量和模块写同样的句式，就不必记住哪一个需要赋值。
#
# **2.** `labels` 忘了搬，`images` 搬了。错误会在哪一行出现？
#
# ??? success "答案"
#     前向计算没有问题，错误出现在计算损失的那一行：那里 logits 和 labels 第一次相遇。
#
# **3.** 先创建优化器，再 `model.to(device)`，可以吗？
#
# ??? success "答案"
#     不要依赖它。优化器记住的是参数**对象**。在 CPU 与 GPU 之间搬动，torch 默认保留这些对象，所以往往没事；但这不是处处成立：上面搬到 `meta` 的模型，参数还是原来的对象吗？{{ next(model.parameters()) is before }}。那样的话，优化器更新的就是没有人再用的参数，而且不报错。另外，有的优化器（如 Adagrad）在创建时就按参数所在的设备分配状态。先搬模型，再建优化器，总是对的。

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** `model = model.to(device)` is common too. What does it do that `model.to(device)` does not?
#
# ??? success "Answer"
#     Nothing: `module.to` returns the module itself. But if tensors and modules are written alike, you need not remember which of them wants the assignment.
#
# **2.** `images` was moved and `labels` forgotten. Which line fails?
#
# ??? success "Answer"
#     The forward pass works. The line that computes the loss fails: that is where logits and labels first meet.
#
# **3.** May you create the optimizer first and call `model.to(device)` afterwards?
#
# ??? success "Answer"
#     Do not rely on it. An optimizer remembers parameter **objects**. Between CPU and GPU torch keeps those objects by default, so it often works; but not everywhere: does the model that went to `meta` above still have its old ones? {{ next(model.parameters()) is before }}. The optimizer would then update parameters that nobody uses, without an error. Besides, some optimizers (Adagrad is one) allocate their state on the parameters' device when they are made. Moving first and creating the optimizer afterwards is always right.

# %% [markdown] tags=["zh"]
# ## 参考文献 { #references }
#
# - [torch.Tensor.to](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.to.html)，[torch.nn.Module.to](https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html)，PyTorch 文档。
# - [Meta device](https://docs.pytorch.org/docs/stable/meta.html)，PyTorch 文档。

# %% [markdown] tags=["en"]
# ## References { #references }
#
# - [torch.Tensor.to](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.to.html), [torch.nn.Module.to](https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html), PyTorch documentation.
# - [Meta device](https://docs.pytorch.org/docs/stable/meta.html), PyTorch documentation.
