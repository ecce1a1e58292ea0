# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "设备不一致、没有 GPU、多进程与中断：程序跑不起来的病例。"
#       en: "Tensors on different devices, no GPU, worker processes, leftovers of debugging: why the program does not run."
#     covers: [E-01, E-32, E-28, E-31]
#     labels: {mended: 改好之后, "{} images": "{} 张图片"}
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
# The mistake can be seen without a GPU. torch has a device called `meta`, whose tensors have a shape and no data; yet it is truly another device. The message is not worded as on a GPU; the cause is the same:

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

# %% [markdown] tags=["zh"]
# ## 设备写死成 cuda { #hard-coded-cuda }
#
# 从网上复制的脚本，第一行往往就是 `device = "cuda"`。在没有 NVIDIA 显卡的电脑上，程序会停在哪一行？
#
# ```python broken
# --8<-- "dlnotes/clinic/devices.py:hard-coded-cuda-broken"
# ```
#
# 把它当作一个程序来运行，并且把显卡都藏起来。程序停在下面第一行，报的错是最后一行：

# %% [markdown] tags=["en"]
# ## The device is written as cuda, once and for all { #hard-coded-cuda }
#
# A script copied from the web often begins with `device = "cuda"`. On a computer without an NVIDIA card, at which line does it stop?
#
# ```python broken
# --8<-- "dlnotes/clinic/devices.py:hard-coded-cuda-broken"
# ```
#
# Run as a program of its own, with every card hidden, it stops at the first line below, and says the last one:

# %%
message = devices.run_program(devices.CUDA_BROKEN).strip().splitlines()
print(*(line.strip() for line in message[1:] if "File" not in line and "^" not in line), sep="\n")

# %% [markdown] tags=["zh"]
# 造出 `torch.device("cuda")` 不会出错，它只是一个名字；到了第一次搬数据的时候才出错。最后一句话因安装的版本而异：
#
# | 报错 | 说明什么 |
# |---|---|
# | `Torch not compiled with CUDA enabled` | 装的是只支持 CPU 的版本 |
# | `Found no NVIDIA driver on your system` | 装的是支持 CUDA 的版本，没有驱动 |
# | `No CUDA GPUs are available` | 有驱动，但没有可用的显卡，例如 `CUDA_VISIBLE_DEVICES` 把它们藏了起来 |
#
# 三句话都来自 `torch/cuda/__init__.py` 里的 `_lazy_init`。解法是同一个：有什么就用什么。
#
# ```python fixed
# --8<-- "dlnotes/clinic/devices.py:hard-coded-cuda-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/devices.py:hard-coded-cuda-check"
# ```

# %% [markdown] tags=["en"]
# Making `torch.device("cuda")` is not an error: it is only a name. The error comes with the first data to be moved. The last sentence depends on what is installed:
#
# | message | what it tells |
# |---|---|
# | `Torch not compiled with CUDA enabled` | this is a build for the CPU alone |
# | `Found no NVIDIA driver on your system` | a build with CUDA, and no driver |
# | `No CUDA GPUs are available` | a driver, but no card to be used; perhaps `CUDA_VISIBLE_DEVICES` hides them |
#
# All of them come out of `_lazy_init` in `torch/cuda/__init__.py`, and one answer serves for all: use what is there.
#
# ```python fixed
# --8<-- "dlnotes/clinic/devices.py:hard-coded-cuda-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/devices.py:hard-coded-cuda-check"
# ```

# %% [markdown] tags=["zh"]
# ## 在显卡上保存的权重，没有显卡的电脑载不进来 { #weights-from-a-gpu }
#
# 在服务器上训练好的权重，下载到笔记本电脑上。这里没有显卡，所以按照 GPU 机器的写法造了一个文件，其中每个张量都写着自己在 `cuda:0` 上：
#
# ```python broken
# --8<-- "dlnotes/clinic/devices.py:weights-from-a-gpu-broken"
# ```

# %% [markdown] tags=["en"]
# ## Weights saved on a GPU do not load without one { #weights-from-a-gpu }
#
# Weights trained on a server are downloaded to a laptop. No GPU is here, so this is a file made just as a machine with a GPU would write it, in which each tensor says that it lives on `cuda:0`:
#
# ```python broken
# --8<-- "dlnotes/clinic/devices.py:weights-from-a-gpu-broken"
# ```

# %% tags=["broken", "raises-exception"]
file = devices.saved_on_gpu({"weight": torch.ones(2, 2)})
devices.load_broken(file)

# %% [markdown] tags=["zh"]
# `torch.load` 默认把张量放回**保存时的设备**。`map_location="cpu"` 先全部放到内存里；再由 `load_state_dict` 复制到模型所在的设备上，模型在哪里都可以。有显卡时也该这样写：否则权重会先在显卡上多占一份，而且总是那一张卡。
#
# ```python fixed
# --8<-- "dlnotes/clinic/devices.py:weights-from-a-gpu-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/devices.py:weights-from-a-gpu-check"
# ```

# %% [markdown] tags=["en"]
# `torch.load` puts tensors back on **the device where they were saved**. With `map_location="cpu"` all of them come to main memory first, and `load_state_dict` copies them to wherever the model is. Write it this way with a GPU as well: otherwise the weights take a second place on the card, and always on that same card.
#
# ```python fixed
# --8<-- "dlnotes/clinic/devices.py:weights-from-a-gpu-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/devices.py:weights-from-a-gpu-check"
# ```

# %% [markdown] tags=["zh"]
# ## 忘了删的 breakpoint() { #leftover-breakpoint }
#
# 调试完忘了删 `breakpoint()`。在终端里，程序会停下来等你输入；夜里在服务器上无人值守时，它会一直等着吗？
#
# ```python broken
# --8<-- "dlnotes/clinic/devices.py:leftover-breakpoint-broken"
# ```

# %% [markdown] tags=["en"]
# ## A breakpoint() that was left behind { #leftover-breakpoint }
#
# After debugging, a `breakpoint()` was left behind. At a terminal the program stops and waits for you. On a server at night, with nobody there, will it wait for ever?
#
# ```python broken
# --8<-- "dlnotes/clinic/devices.py:leftover-breakpoint-broken"
# ```

# %%
print(*devices.run_program(devices.BREAKPOINT_BROKEN).strip().splitlines()[-3:], sep="\n")

# %% [markdown] tags=["zh"]
# 没有终端可读，调试器读到输入的末尾，当作“退出”，整个训练在第一步就中断了。报错里一个字也没有提到 `breakpoint`，所以值得记住 `BdbQuit` 这个名字。
#
# 删掉那一行。来不及改代码时，在命令前加上 `PYTHONBREAKPOINT=0`，所有的 `breakpoint()` 都会失效。
#
# ```python fixed
# --8<-- "dlnotes/clinic/devices.py:leftover-breakpoint-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/devices.py:leftover-breakpoint-check"
# ```

# %% [markdown] tags=["en"]
# With no terminal to read from, the debugger finds the end of its input, takes that for "quit", and the training ends at its first step. The message says nothing of `breakpoint`, so the name `BdbQuit` is worth remembering.
#
# Delete the line. If there is no time to change the code, `PYTHONBREAKPOINT=0` before the command turns every `breakpoint()` off.
#
# ```python fixed
# --8<-- "dlnotes/clinic/devices.py:leftover-breakpoint-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/devices.py:leftover-breakpoint-check"
# ```

# %% [markdown] tags=["zh"]
# ## 多进程读数据，没有 `if __name__ == "__main__":` { #workers-without-guard }
#
# `DataLoader(..., num_workers=4)` 会另开几个进程。下面用一个最小的程序代替它，道理一样：
#
# ```python broken
# --8<-- "dlnotes/clinic/devices.py:workers-without-guard-broken"
# ```
#
# 在 Windows 和 macOS 上，新进程不是复制出来的，而是**从头导入你的脚本**。那么脚本里开进程的那几行会怎么样？

# %% [markdown] tags=["en"]
# ## Worker processes without `if __name__ == "__main__":` { #workers-without-guard }
#
# `DataLoader(..., num_workers=4)` starts processes of its own. The smallest program that does so stands for it here:
#
# ```python broken
# --8<-- "dlnotes/clinic/devices.py:workers-without-guard-broken"
# ```
#
# On Windows and macOS a new process is no copy: it **imports your script from the top**. What happens to the lines that start the process?

# %%
message = devices.run_program(devices.WORKERS_BROKEN)
print(message[message.rindex("RuntimeError:") :].strip())

# %% [markdown] tags=["zh"]
# 新进程导入脚本，又走到开进程的那一行，于是想再开一个新进程。Python 及时拦住了这个无底洞。导入时不该运行的东西，都放到 `if __name__ == "__main__":` 下面。
#
# Linux 过去默认用 `fork` 复制进程，看不到这个错误；从 Python 3.14 起默认方式换成了 `forkserver`，同样需要这一行。数据集很小、整个放在内存里时，`num_workers=0` 既简单又更快。
#
# ```python fixed
# --8<-- "dlnotes/clinic/devices.py:workers-without-guard-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/devices.py:workers-without-guard-check"
# ```

# %% [markdown] tags=["en"]
# The new process imports the script, comes to the line that starts a process, and wants to start another one. Python stops this bottomless pit in time. All that should not run on import belongs under `if __name__ == "__main__":`.
#
# Linux used to copy the process with `fork`, and the mistake did not show; from Python 3.14 on its default is `forkserver`, which needs the line as well. With a small data set that is all in memory, `num_workers=0` is simpler and faster.
#
# ```python fixed
# --8<-- "dlnotes/clinic/devices.py:workers-without-guard-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/devices.py:workers-without-guard-check"
# ```

# %% [markdown] tags=["zh"]
# ## 数据集里的 lambda 送不进工作进程 { #lambda-in-a-worker }
#
# 守卫那一行加上了，换来另一个报错。数据集要送到新进程里去，送的办法是 pickle：
#
# ```python broken
# --8<-- "dlnotes/clinic/devices.py:lambda-in-a-worker-broken"
# ```

# %% [markdown] tags=["en"]
# ## A lambda in the data set does not reach the workers { #lambda-in-a-worker }
#
# The guard is in place, and there is another error. The data set has to travel to the new process, and it travels as a pickle:
#
# ```python broken
# --8<-- "dlnotes/clinic/devices.py:lambda-in-a-worker-broken"
# ```

# %% tags=["broken", "raises-exception"]
import pickle

pickle.dumps(devices.LambdaPictures())

# %% [markdown] tags=["zh"]
# pickle 保存函数时只记**名字和所在的模块**，到了那边再按名字去找。`lambda` 没有名字，写在函数里面的函数也找不到。把它写成模块里的一个普通函数就行；要带参数时用 `functools.partial`，或者写一个带 `__call__` 的类。
#
# 这句话因 Python 的版本而异，有的版本说 `Can't get local object`。
#
# ```python fixed
# --8<-- "dlnotes/clinic/devices.py:lambda-in-a-worker-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/devices.py:lambda-in-a-worker-check"
# ```

# %% [markdown] tags=["en"]
# Of a function, a pickle keeps only the **name and the module**, and looks them up on the other side. A `lambda` has no name, and a function inside a function is not found either. Make it a plain function of the module; where it needs arguments, use `functools.partial` or a class with `__call__`.
#
# The wording depends on the version of Python; some say `Can't get local object`.
#
# ```python fixed
# --8<-- "dlnotes/clinic/devices.py:lambda-in-a-worker-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/devices.py:lambda-in-a-worker-check"
# ```

# %% [markdown] tags=["zh"]
# ## CUDA out of memory：评估也在为反向传播存东西 { #out-of-memory }
#
# > torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.
#
# 训练时好好的，一到评估就显存不足。可是评估不需要反向传播，应当更省才对。先猜：下面这样评估 100 张、200 张、400 张图片，autograd 会为反向传播存下多少字节？
#
# ```python broken
# --8<-- "dlnotes/clinic/devices.py:out-of-memory-broken"
# ```
#
# 这个网站是在没有 GPU 的机器上生成的，所以上面那句报错引自 PyTorch，不是这里跑出来的。存了多少，却在哪里都能量：

# %% [markdown] tags=["en"]
# ## CUDA out of memory: evaluation keeps what only backward needs { #out-of-memory }
#
# > torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.
#
# Training goes well, and the evaluation runs out of memory. Yet evaluation needs no backward pass and should take less. Guess first: how many bytes does autograd keep for backward when 100, 200 and 400 images are evaluated like this?
#
# ```python broken
# --8<-- "dlnotes/clinic/devices.py:out-of-memory-broken"
# ```
#
# This site is built on a machine without a GPU, so the message above is quoted from PyTorch and was not produced here. How much is kept can be measured anywhere:

# %%
import pandas as pd

from dlnotes import models

lenet, rows = models.create("lenet"), []
for count in (100, 200, 400):
    batch = torch.zeros(count, 1, 28, 28)
    rows.append([devices.saved_bytes(version, lenet, batch) / 2**20 for version in (devices.memory_broken, devices.memory_fixed)])
pd.DataFrame([[f"{value:.1f} MiB" for value in row] for row in rows], columns=["broken", "mended"], index=["100 images", "200 images", "400 images"])

# %% [markdown] tags=["zh"]
# 图片翻一倍，存的东西也翻一倍，因为每一层的输入都要留给反向传播。`torch.no_grad()` 让它们立刻释放；再分批计算，峰值就只取决于一个批量。遇到显存不足，依次试：
#
# 1. 评估有没有写 `torch.no_grad()`；
# 2. [累加的损失有没有带着计算图](bookkeeping.py#sum-keeps-graphs)；
# 3. 减小批量；
# 4. 混合精度和别的办法，各省多少见[显存用在哪里](../training/memory.py#out-of-memory)。
#
# `model.eval()` 不省内存：它改的是 dropout 和批量归一化的行为，与 autograd 无关。
#
# ```python fixed
# --8<-- "dlnotes/clinic/devices.py:out-of-memory-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/devices.py:out-of-memory-check"
# ```

# %% [markdown] tags=["en"]
# Twice the images, twice what is kept, since the input of every layer stays for backward. `torch.no_grad()` lets it go at once; and in parts, the peak depends on one batch alone. When memory runs out, try in this order:
#
# 1. does the evaluation have `torch.no_grad()`;
# 2. [does the running loss carry its graph along](bookkeeping.py#sum-keeps-graphs);
# 3. a smaller batch;
# 4. mixed precision and other remedies; what each saves stands in [where memory goes](../training/memory.py#out-of-memory).
#
# `model.eval()` saves no memory: it changes what dropout and batch normalization do, and has nothing to do with autograd.
#
# ```python fixed
# --8<-- "dlnotes/clinic/devices.py:out-of-memory-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/devices.py:out-of-memory-check"
# ```

# %% [markdown] tags=["zh"]
# CPU 的内存用尽时，报错是另一个样子。下面故意索要 4 PiB：

# %% [markdown] tags=["en"]
# A CPU that runs out of memory words it differently. Here we ask for 4 PiB on purpose:

# %% tags=["broken", "raises-exception"]
torch.empty(2**50, dtype=torch.float32)

# %% [markdown] tags=["zh"]
# ## 没有确定性的实现 { #deterministic-algorithms }
#
# 要求每次运行都逐位相同，于是写下 `torch.use_deterministic_algorithms(True)`。然后程序在一个平常的操作上停住了：
#
# ```python broken
# --8<-- "dlnotes/clinic/devices.py:deterministic-algorithms-broken"
# ```

# %% [markdown] tags=["en"]
# ## No deterministic implementation { #deterministic-algorithms }
#
# You want every run to be the same to the last bit, so you write `torch.use_deterministic_algorithms(True)`. Then the program stops at an everyday operation:
#
# ```python broken
# --8<-- "dlnotes/clinic/devices.py:deterministic-algorithms-broken"
# ```

# %% tags=["broken", "raises-exception"]
with devices.deterministic():
    devices.write_broken(torch.zeros(4, 4), torch.tensor([0, 5]), torch.ones(2))

# %% [markdown] tags=["zh"]
# 这不是故障，是 torch 遵守了约定：同一个位置写两次时，`put_` 不保证哪一个值留下，而你要求了保证。办法有三个：换一个有确定性实现的写法；只在这里关掉；或者用 `warn_only=True` 先看看有哪些操作。
#
# 在 GPU 上，没有确定性实现的操作比 CPU 上多，[PyTorch 的文档](https://docs.pytorch.org/docs/stable/generated/torch.use_deterministic_algorithms.html)列出了它们。
#
# ```python fixed
# --8<-- "dlnotes/clinic/devices.py:deterministic-algorithms-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/devices.py:deterministic-algorithms-check"
# ```

# %% [markdown] tags=["en"]
# Nothing is out of order: torch keeps its word. Where a place is written twice, `put_` does not promise which value stays, and you asked for the promise. There are three ways: write it with an operation that has a deterministic implementation; switch the demand off just here; or use `warn_only=True` to see first which operations there are.
#
# On a GPU more operations lack such an implementation than on a CPU; [PyTorch's documentation](https://docs.pytorch.org/docs/stable/generated/torch.use_deterministic_algorithms.html) lists them.
#
# ```python fixed
# --8<-- "dlnotes/clinic/devices.py:deterministic-algorithms-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/devices.py:deterministic-algorithms-check"
# ```
