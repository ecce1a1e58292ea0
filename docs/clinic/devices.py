# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "设备不一致、没有 GPU、多进程与中断：程序跑不起来的病例。"
#       en: "Tensors on different devices, no GPU, worker processes, leftovers of debugging: why the program does not run."
#     covers: [E-01]
# ---

# %% [markdown] tags=["zh"]
# # 运行与设备 { #devices }
#
# 代码在一台机器上好好的，换一台就不行了。**是机器的问题，还是代码里早就埋着错误？** 这一页的病例大多平时不露面，要等到第一次用 GPU、第一次开多进程时才发作。

# %% [markdown] tags=["en"]
# # Running, and devices { #devices }
#
# The code works on one machine and fails on the next. **Is it the machine, or was the mistake there all along?** Most cases on this page hide until the first GPU or the first worker process.

# %% [markdown] tags=["zh"]
# ## 写了 `.to(device)`，数据却没有搬过去 { #device-moves }
#
# > RuntimeError: Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!
#
# 你检查了代码，`images.to(device)` 明明写了。先猜：下面两行 `.to(device)`，哪一行起了作用？
#
# ```python broken
# --8<-- "dlnotes/clinic/devices.py:device-moves-broken"
# ```
#
# 没有 GPU 也能看见这个错误。torch 有一个叫 `meta` 的设备：上面的张量只有形状，没有数据，但它确实是另一个设备。报错的措辞与 GPU 上的不同，原因是同一个：

# %% [markdown] tags=["en"]
# ## You wrote `.to(device)`, and the data did not move { #device-moves }
#
# > RuntimeError: Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!
#
# You check the code, and there it is: `images.to(device)`. Guess first: which of the two lines with `.to(device)` did something?
#
# ```python broken
# --8<-- "dlnotes/clinic/devices.py:device-moves-broken"
# ```
#
# The mistake can be seen without a GPU. torch has a device called `meta`, whose tensors have a shape and no data; yet it is truly another device. The message is worded otherwise than on a GPU; the cause is the same:

# %% tags=["broken", "raises-exception"]
import torch
from torch import nn

from dlnotes.clinic import devices

model, images, meta = nn.Linear(4, 2), torch.zeros(3, 4), torch.device("meta")
devices.device_moves_broken(model, images, meta)

# %%
print("model: ", model.weight.device)
print("images:", images.device)
print("what images.to(meta) returns:", images.to(meta).device)

# %% [markdown] tags=["zh"]
# 模型搬过去了，`images` 还在原处。搬过去的那一份在**返回值**里，出错的代码把它丢掉了。同名的两个方法，规矩不同：
#
# | 写法 | 原来的对象 | 返回值 |
# |---|---|---|
# | `module.to(device)` | 就地搬走 | 它自己 |
# | `tensor.to(device)` | 不变 | 在目标设备上的张量 |
#
# `.cuda()`、`.float()`、`.double()` 都是这样。在只有 CPU 的机器上，张量本来就在目标设备上，所以错误不露面。
#
# ```python fixed
# --8<-- "dlnotes/clinic/devices.py:device-moves-fixed"
# ```
#
# 本可以发现它的测试不需要 GPU：
#
# ```python
# --8<-- "dlnotes/clinic/devices.py:device-moves-check"
# ```

# %% [markdown] tags=["en"]
# The model has moved and `images` is where it was. What did move is in the **return value**, which the broken code threw away. Two methods of one name, with different rules:
#
# | what you write | the object itself | what it returns |
# |---|---|---|
# | `module.to(device)` | moves in place | itself |
# | `tensor.to(device)` | stays as it is | a tensor on that device |
#
# `.cuda()`, `.float()` and `.double()` do the same. On a machine with a CPU alone the tensor is already where it should go, so the mistake stays hidden.
#
# ```python fixed
# --8<-- "dlnotes/clinic/devices.py:device-moves-fixed"
# ```
#
# The test that would have caught it needs no GPU:
#
# ```python
# --8<-- "dlnotes/clinic/devices.py:device-moves-check"
# ```

# %%
devices.device_moves_fixed(nn.Linear(4, 2), images, meta).device
