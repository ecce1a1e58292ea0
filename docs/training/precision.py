# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "GPU 与混合精度：屋顶线量出哪些运算受带宽限制，异步执行怎样骗过秒表，四种浮点格式的位数、上溢与下溢，autocast 与损失缩放，全部在构建时测得。"
#       en: "GPU and mixed precision: a measured roofline, how asynchronous execution fools a stopwatch, the bits of four number formats, overflow and underflow, autocast and loss scaling, all measured while the page is built."
#     labels:
#       number: 数
#       "70,000": "70,000"
#       1.001: "1.001"
#       0.00000002: "0.00000002"
#       "add, 16 million": 加法，1600 万个数
#       "add, 100": 加法，100 个数
#       matrix × vector: 矩阵乘向量
#       "matmul, 8 × 8": 矩阵乘法，8 × 8
#       "matmul, 64 × 64": 矩阵乘法，64 × 64
#       "matmul, 512 × 512": 矩阵乘法，512 × 512
#       "convolution 3×3, 64 channels": 3×3 卷积，64 个通道
#       "FLOP per byte": 每字节的浮点运算数
#       "billion FLOP per second": 每秒十亿次浮点运算
#       roof: 屋顶
#       sign: 符号
#       exponent: 指数
#       fraction: 尾数
#       bit: 位
#       bits: 位数
#       largest: 最大值
#       smallest normal: 最小的正规数
#       smallest above 0: 0 之上最小的数
#       machine epsilon: 机器精度
#       relative error: 相对误差
#       all in float32: 全用 float32
#       mixed precision: 混合精度
#       all in bfloat16: 全用 bfloat16
#       updates lost: 丢掉的更新
#       training loss: 训练损失
#       "gradients of layer 1 that became 0": 第 1 层变成 0 的梯度
#       "all gradients that became inf": 所有梯度里变成 inf 的
#       scale as a power of 2: "倍数，2 的几次方"
#       share: 占比
#       step: 步
# ---

# %% [markdown] tags=["zh"]
# # GPU 与混合精度 { #precision }
#
# 教程里说：把模型搬上 GPU，再加一行 `torch.autocast`，训练快几倍，显存省一半。听起来没有代价。
#
# 代价藏在数里。**先猜：下面三个数，分别存成 float16 和 bfloat16，再读出来是多少？** 70,000；1.001；0.00000002。

# %% [markdown] tags=["en"]
# # GPU and mixed precision { #precision }
#
# Tutorials say: move the model to a GPU, add one line of `torch.autocast`, and training is several times faster in half the memory. It sounds free.
#
# The price hides in the numbers. **Guess: stored as float16 and as bfloat16 and read again, what are these three?** 70,000; 1.001; 0.00000002.

# %% tags=["hide-input"]
import pandas as pd
import torch

names = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
values = {"70,000": 70_000.0, "1.001": 1.001, "0.00000002": 2e-8}
read = {name: {text: torch.tensor(value, dtype=dtype).item() for text, value in values.items()} for name, dtype in names.items()}
pd.DataFrame({name: [f"{read[name][text]:.6g}" for text in values] for name in names}, index=list(values)).rename_axis("number")

# %% [markdown] tags=["zh"]
# float16 把大的变成无穷，把小的变成 0；bfloat16 大小都放得下，却把 1.001 变成了 {{ f"{read['bfloat16']['1.001']:g}" }}。训练里恰好三种数都有：大的激活值、小的梯度、每步只改千分之一的权重。这一页先看 GPU 快在哪里，再看怎样用 16 位的数而不出事。
#
# ## 用哪个设备 { #device }

# %% [markdown] tags=["en"]
# float16 turns the large one into infinity and the small one into 0; bfloat16 holds both, and turns 1.001 into {{ f"{read['bfloat16']['1.001']:g}" }}. Training has all three kinds: large activations, small gradients, and weights that change by a thousandth in one step. This page first looks at what makes a GPU fast, then at how to use 16-bit numbers safely.
#
# ## Which device? { #device }

# %%
from dlnotes import training

choice = training.choose_device()
device = choice.device
print(choice.device, "|", choice.reason)

# %% [markdown] tags=["zh"]
# 这一行说的是**构建本页的机器**。`choose_device` 依次看三种：
#
# | 设备名 | 是什么 |
# |---|---|
# | `cuda` | 英伟达的图形处理器（GPU）；PyTorch 的 AMD 版也用这个名字 |
# | `mps` | 苹果芯片里的 GPU，通过 Metal Performance Shaders 使用 |
# | `cpu` | **中央处理器**，什么机器都有 |
#
# CPU 的核心少，每个都很能干：会猜分支、会乱序执行，力求**一件事**尽快做完。GPU 有几千个简单的核心，一起做同一件事，力求**一秒做完最多的事**。**MPS** 有两个脾气：不支持 float64，个别算子还没有实现。谷歌的**张量处理器**（TPU）走得更远，整块芯片就是一个大的矩阵乘法器，PyTorch 要装 `torch_xla` 才能用它。
#
# 没有 GPU 也能读完本页：能在 CPU 上量的都在这里量；非 GPU 不可的，代码照样写出来，在有 GPU 的机器上构建时，同一个单元格会给出测量值。设备弄错时的报错，见[门诊：运行与设备](../clinic/devices.py)。
#
# ## 快在哪里：屋顶线 { #roofline }
#
# 在 GPU 上，一次张量运算会启动一个 **GPU 核函数**：同一小段程序，由成千上万个线程同时执行，每个线程管一个或几个数。它的时间由两件事决定：算多少，搬多少。
#
# **浮点运算**（FLOP）数的是前者，一次乘加算两次。**内存带宽**管后者：一秒能在内存和计算单元之间搬多少字节。每搬一个字节做几次运算，叫做**算术强度**：
#
# $$ I=\frac{\text{FLOP}}{\text{bytes}},\qquad P=\min(P_{\max},\; B\,I) $$
#
# 其中 $I$ 是算术强度，$P$ 是每秒最多能做的运算数，$P_{\max}$ 是算力的峰值，$B$ 是带宽。$I$ 小的时候，数还没搬到，核心只能等；$P$ 随 $I$ 上升，到了峰值就平了，画出来像一个屋顶。
#
# 加法每搬 12 字节（读两个数、写一个数）做 1 次运算，$I=1/12$。$n\times n$ 的矩阵乘法搬 $3n^2$ 个数，做 $2n^3$ 次运算：
#
# $$ I=\frac{2n^3}{4\times3n^2}=\frac n6 $$
#
# 矩阵越大，每个数用的次数越多。**先猜：$2^{24}$ 个数相加，能用上这台机器几成的算力？**

# %% [markdown] tags=["en"]
# This line describes **the machine that built this page**. `choose_device` looks for three devices, in this order:
#
# | name | what it is |
# |---|---|
# | `cuda` | a graphics processing unit (GPU) of NVIDIA; PyTorch for AMD uses the same name |
# | `mps` | the GPU in Apple's chips, reached through Metal Performance Shaders |
# | `cpu` | the **central processing unit**, which every machine has |
#
# A CPU has a few powerful cores: they predict branches and reorder instructions to get **one thing** done soon. A GPU has thousands of simple cores that do the same thing together, to get **the most things** done in a second. **MPS** has two quirks: there is no float64, and single operators may be missing. Google's **tensor processing unit** (TPU) goes further: it is built around large units that multiply matrices. PyTorch reaches it through `torch_xla`.
#
# You need no GPU to read on. What can be measured on a CPU is measured here. For what needs a GPU the code is here too, and on a machine with a GPU the same cells measure it. For the messages when devices are mixed up, see the [clinic on devices](../clinic/devices.py).
#
# ## What makes it fast: the roofline { #roofline }
#
# On a GPU a tensor operation launches a **GPU kernel**: one small program that many thousands of threads execute at once, each in charge of one number or a few. Two things decide how long it takes: how much there is to calculate, and how much data has to be moved.
#
# A **floating-point operation** (FLOP) is the unit of the first; a multiply-add counts as two. **Memory bandwidth** rules the second: how many bytes per second go between memory and arithmetic units. The operations per byte moved are the **arithmetic intensity**:
#
# $$ I=\frac{\text{FLOP}}{\text{bytes}},\qquad P=\min(P_{\max},\; B\,I) $$
#
# Here $I$ is the arithmetic intensity, $P$ the largest possible number of operations per second, $P_{\max}$ the peak of the arithmetic units, and $B$ the bandwidth. While $I$ is small the cores wait for numbers; $P$ rises with $I$ until it meets the peak. From there on it is level, so the plot looks like a roof.
#
# An addition moves 12 bytes (reads two numbers, writes one) for 1 operation: $I=1/12$. A product of $n\times n$ matrices moves $3n^2$ numbers and does $2n^3$ operations:
#
# $$ I=\frac{2n^3}{4\times3n^2}=\frac n6 $$
#
# The larger the matrix, the more often each number is used. **Guess: when $2^{24}$ numbers are added, what share of this machine's arithmetic is at work?**

# %%
import time

from torch import nn


fine = time.get_clock_info("process_time").resolution < 1e-5
on_cpu = device.type == "cpu"
# On a CPU count only the time that this program had the processor.
clock = time.process_time if on_cpu and fine else time.perf_counter


def once(work):
    """Return the seconds of one run."""
    if not on_cpu:
        torch.accelerator.synchronize()              # nothing may still be queued
    start = clock()
    work()
    if not on_cpu:
        torch.accelerator.synchronize()              # and the work must be done
    return clock() - start


def fastest(work, least=0.04):
    """Warm up, then repeat for a while; return the seconds of the fastest run."""
    once(work)
    runs = [once(work), once(work)]
    while sum(runs) < least:
        runs.append(once(work))
    return min(runs)


def square(n):
    x = torch.rand(n, n, device=device)
    return lambda: x @ x, 2 * n**3, 4 * 3 * n**2     # work, operations, bytes


def add(n):
    x, y, out = torch.rand(3, n, device=device)
    return lambda: torch.add(x, y, out=out), n, 4 * 3 * n


def matrix_vector(n):
    x, y = torch.rand(n, n, device=device), torch.rand(n, device=device)
    return lambda: x @ y, 2 * n**2, 4 * (n**2 + 2 * n)


def convolution():
    layer = nn.Conv2d(64, 64, 3, padding=1, device=device).requires_grad_(False)
    x = torch.rand(8, 64, 28, 28, device=device)
    moved = 4 * (2 * x.numel() + layer.weight.numel())
    return lambda: layer(x), 2 * x.numel() * 64 * 9, moved


tasks = {
    "add, 16 million": add(2**24),
    "add, 100": add(100),
    "matrix × vector": matrix_vector(2048),
    "matmul, 8 × 8": square(8),
    "matmul, 64 × 64": square(64),
    "matmul, 512 × 512": square(512),
    "convolution 3×3, 64 channels": convolution(),
}
speed, intensity = {}, {}
for name, (work, operations, moved) in tasks.items():
    speed[name] = operations / fastest(work) / 1e9
    intensity[name] = operations / moved

peak = max(speed.values())                           # billion operations per second
bandwidth = max(speed[name] / intensity[name] for name in tasks)   # billion bytes
ridge = peak / bandwidth                             # where the roof bends

# %% tags=["hide-input"] alt_zh="双对数坐标的屋顶线：斜边到拐点，然后水平。大加法和矩阵乘向量在左边，靠近斜边；大矩阵乘法和卷积在右上方；8×8 的矩阵乘法和 100 个数的加法远低于屋顶。" alt_en="Roofline on logarithmic axes: a slope up to a corner, then level. The large addition and matrix times vector are on the left, near the slope; the large matrix product and the convolution are at the upper right; the product of 8×8 matrices and the sum of 100 numbers lie far below the roof."
import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(6.4, 4.6))
ends = torch.logspace(-1.5, 2.8, 60)
axes.loglog(ends, [min(peak, bandwidth * x) for x in ends.tolist()], label="roof", linestyle="-", linewidth=1.5)
for marker, name in zip("os^vDPX", tasks):
    axes.loglog([intensity[name]], [speed[name]], marker=marker, linestyle="", markersize=8, label=name)
axes.set(xlabel="FLOP per byte", ylabel="billion FLOP per second")
figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)
figure

# %% [markdown] tags=["zh"]
# 屋顶是量出来的：七项里每秒算得最多的一项给出平顶，每秒搬得最多的一项给出斜边。要找的是上限，所以每项取最快的一次；比较两种写法时要用[中位数](speed.py#benchmark)。大加法只用了算力的 {{ f"{speed['add, 16 million'] / peak:.2%}" }}，核心几乎都在等数。拐点在每字节 {{ f"{ridge:.0f}" }} 次运算上下；算术强度比它低的，换再快的核心也没用。
#
# 还有两个点远在屋顶下面：8 × 8 的矩阵乘法和 100 个数的加法。它们太小，时间都花在准备工作上：Python 调用、检查形状，在 GPU 上再加几微秒的核函数启动。**小任务、小批量，GPU 可能比 CPU 还慢。**
#
# 英伟达 H100 的规格书上，float32 的峰值是每秒 67 万亿次，带宽是每秒 3.35 万亿字节：拐点在 {{ f"{67 / 3.35:.0f}" }}。用张量核心算 bfloat16，峰值是 989 万亿次，拐点就到了 {{ f"{989 / 3.35:.0f}" }}。算力长得比带宽快，所以受带宽限制的运算越来越多。归一化、激活函数、逐元素的更新都在斜边上。
#
# ## 搬运与等待 { #transfer }
#
# GPU 有自己的内存。**主机与设备间传输**要走主板上的总线（PCIe）：H100 一个方向每秒约 64 GB，它自己的内存带宽是这个数的 {{ f"{3350 / 64:.0f}" }} 倍。所以数据要尽量早搬、整批搬，不要在循环里一张一张地搬；也不要每步都 `.item()`，那是往回搬。
#
# 操作系统可能把普通内存换到硬盘上，GPU 不敢直接去读，得先抄一份。**锁页内存**不会换走，GPU 可以自己来取，并且一边取、一边算：

# %% [markdown] tags=["en"]
# The roof was measured: of the seven, the one with the most operations per second gives the flat top, the one with the most bytes per second the slope. We look for an upper limit, so each counts with its fastest run; to compare two versions, take the [median](speed.py#benchmark). The large addition put {{ f"{speed['add, 16 million'] / peak:.2%}" }} of the arithmetic to work; the cores mostly waited for numbers. The corner is near {{ f"{ridge:.0f}" }} operations per byte, and below it faster cores are of no use.
#
# Two more points lie far below the roof: the product of 8 × 8 matrices and the sum of 100 numbers. They are too small. Their time goes into preparation: the call from Python, the checks of shapes, and on a GPU a few microseconds to launch the kernel. **With small tasks and small batches a GPU may be slower than a CPU.**
#
# By its data sheet NVIDIA's H100 reaches 67 trillion operations per second in float32 and moves 3.35 trillion bytes: the corner is at {{ f"{67 / 3.35:.0f}" }}. In bfloat16 on tensor cores the peak is 989 trillion, and the corner moves to {{ f"{989 / 3.35:.0f}" }}. Arithmetic grows faster than bandwidth, so more and more operations are limited by memory. Normalization, activation functions and elementwise updates all live on the slope.
#
# ## Moving and waiting { #transfer }
#
# A GPU has memory of its own. **Host–device transfer** goes over the bus of the board (PCIe): about 64 GB per second in one direction on an H100, whose own memory is {{ f"{3350 / 64:.0f}" }} times as fast. So move data early and in bulk, not image by image inside the loop; and do not call `.item()` at each step, because that moves data back and waits for it.
#
# The operating system may swap ordinary memory out to disk, so the GPU cannot safely read it directly; a copy is made first. **Pinned memory** stays where it is: the GPU fetches it by itself, and calculates meanwhile:

# %%
def transfers(megabytes=256):
    """Return GB per second from ordinary and from pinned memory."""
    ordinary = torch.empty(megabytes * 2**20, dtype=torch.uint8)
    pinned = ordinary.pin_memory()
    slow = fastest(lambda: ordinary.to("cuda"))
    fast = fastest(lambda: pinned.to("cuda", non_blocking=True))
    return ordinary.numel() / slow / 1e9, pinned.numel() / fast / 1e9


print(transfers() if torch.cuda.is_available() else "no GPU here")

# %% [markdown] tags=["zh"]
# `non_blocking=True` 是说：不等搬完就往下走。`DataLoader(..., pin_memory=True)` 会把每个批量放进锁页内存。
#
# 不只是搬运，GPU 上的**一切**运算都是**异步执行**：CPU 把活排进队列就返回，GPU 慢慢做。于是秒表会骗人。没有 GPU 也能看到，让一个线程来扮演 GPU：它有一个队列，一次做一件。**先猜：20 次矩阵乘法，交活的时间占总时间的几成？**

# %% [markdown] tags=["en"]
# `non_blocking=True` says: go on without waiting for the end of the copy. `DataLoader(..., pin_memory=True)` puts each batch into pinned memory.
#
# In fact **all** work on a GPU goes this way. In **asynchronous execution** the CPU queues the work and returns at once, and the GPU does it in its own time. That fools a stopwatch. You can see it without a GPU: let a thread play the part of the GPU, with a queue and one job at a time. **Guess: for 20 matrix products, what share of the time goes into handing them in?**

# %%
from concurrent.futures import ThreadPoolExecutor

x = torch.rand(512, 512)
with ThreadPoolExecutor(max_workers=1) as gpu:       # a thread that plays the GPU
    gpu.submit(torch.mm, x, x).result()              # warm up
    start = time.perf_counter()
    jobs = [gpu.submit(torch.mm, x, x) for _ in range(20)]
    handed_in = time.perf_counter() - start
    for job in jobs:
        job.result()                                 # wait for the queue
    finished = time.perf_counter() - start

print(f"handing in took 1/{finished / handed_in:.0f} of the time until all was done")

# %% [markdown] tags=["zh"]
# 停在第一个时刻的人会说：“快了 {{ f"{finished / handed_in:.0f}" }} 倍。”真正的 GPU 也是这样，所以计时之前和之后都要做**设备同步**：`torch.cuda.synchronize()`，不分厂商的写法是 `torch.accelerator.synchronize()`，上面的 `once` 就是这样写的。`.item()`、`.cpu()`、`print(loss)` 要拿到数才能返回，因此也会暗中同步。
#
# 异步还让报错**迟到**：核函数里越界，错误要到下一次同步才冒出来，指着一行无辜的代码。设环境变量 `CUDA_LAUNCH_BLOCKING=1`，让每个核函数做完才返回，就能看到真正的位置。
#
# ## 四种浮点数 { #formats }
#
# 浮点数分三段：符号、指数、尾数。指数管**能有多大、多小**，尾数管**多细**。总共只有这么些位，给了一边就少了另一边：

# %% [markdown] tags=["en"]
# If you stop the clock right after handing in, you will report: "{{ f"{finished / handed_in:.0f}" }} times faster." A real GPU behaves the same, so a measurement needs **device synchronization** before and after: `torch.cuda.synchronize()`, or, for a GPU of any make, `torch.accelerator.synchronize()`, as in `once` above. `.item()`, `.cpu()` and `print(loss)` cannot return without the number, so they synchronize too, silently.
#
# Asynchronous work also makes errors come **late**: an index out of range inside a kernel surfaces at the next synchronization and points at an innocent line. With `CUDA_LAUNCH_BLOCKING=1` in the environment, PyTorch waits for every kernel, and the error shows the true place.
#
# ## Four kinds of floats { #formats }
#
# A float has three parts: sign, exponent, fraction. The exponent decides **how large and how small** it can be, the fraction **how fine**. There are only so many bits, and what one part gets, the other lacks:

# %% tags=["hide-input"] alt_zh="四行方格：float32 有 1 位符号、8 位指数、23 位尾数；TF32 是 1、8、10；float16 是 1、5、10；bfloat16 是 1、8、7。" alt_en="Four rows of cells: float32 has 1 sign bit, 8 exponent bits and 23 fraction bits; TF32 has 1, 8, 10; float16 1, 5, 10; bfloat16 1, 8, 7."
FORMATS = {"float32": (8, 23), "TF32": (8, 10), "float16": (5, 10), "bfloat16": (8, 7)}
figure, axes = plt.subplots(figsize=(6.4, 2.6))
for row, (exponent_bits, fraction_bits) in enumerate(FORMATS.values()):
    parts = {"sign": 1, "exponent": exponent_bits, "fraction": fraction_bits}
    left = 0
    for number, (part, count) in enumerate(parts.items()):
        axes.bar(
            [left + i + 0.5 for i in range(count)], 0.7, bottom=row - 0.35, width=0.86,
            color=f"C{number}", alpha=0.75, label=part if row == 0 else None,
        )  # fmt: skip
        left += count
axes.set(yticks=range(4), yticklabels=list(FORMATS), xlabel="bit", xlim=(0, 32))
axes.invert_yaxis()
axes.grid(False)
axes.tick_params(axis="y", length=0)
figure.legend(loc="outside upper center", ncols=3)
figure

# %% [markdown] tags=["zh"]
# 由位数就能算出一切。$e$ 位指数、$f$ 位尾数的格式，最大的数，以及 1 与下一个数的间隔，是
#
# $$ x_{\max}=(2-2^{-f})\,2^{2^{e-1}-1},\qquad \varepsilon=2^{-f} $$
#
# $\varepsilon$ 叫做**机器精度**。算出来，再与 `torch.finfo` 核对：

# %% [markdown] tags=["en"]
# All else follows from the numbers of bits. With $e$ exponent bits and $f$ fraction bits, the largest number and the step above 1 are
#
# $$ x_{\max}=(2-2^{-f})\,2^{2^{e-1}-1},\qquad \varepsilon=2^{-f} $$
#
# where $\varepsilon$ is called **machine epsilon**. Work them out and compare with `torch.finfo`:

# %%
rows = {}
for name, (e, f) in FORMATS.items():
    largest = (2 - 2.0**-f) * 2.0 ** (2 ** (e - 1) - 1)
    normal = 2.0 ** (2 - 2 ** (e - 1))
    epsilon, subnormal = 2.0**-f, normal * 2.0**-f
    limits = largest, normal, subnormal, epsilon
    rows[name] = [1 + e + f, *(f"{limit:.2g}" for limit in limits)]
    if name in names:                                # TF32 is no dtype of torch
        info = torch.finfo(names[name])
        assert (info.max, info.tiny, info.eps) == (largest, normal, epsilon)

# %% tags=["hide-input"]
columns = ["bits", "largest", "smallest normal", "smallest above 0", "machine epsilon"]
pd.DataFrame.from_dict(rows, orient="index", columns=columns)

# %% [markdown] tags=["zh"]
# - **单精度浮点数** float32：通用，每个数 4 字节。
# - **半精度浮点数** float16：够细，但太窄。超过 65,504 就**上溢**成无穷；比最小的正规数还小，先是丢位数，再小就**下溢**成 0。
# - **bfloat16**：float32 砍掉后 16 位，范围不变，只剩两三位有效数字。
# - **TF32**：名字里有 32，其实只有 19 位。它不是一种存储格式：张量仍是 float32，只在相乘之前把尾数舍入到 10 位。
#
# 舍入自己写也不难，砍到 7 位时应当与 bfloat16 逐位相同：

# %% [markdown] tags=["en"]
# - float32, **single precision**: for everything, 4 bytes a number.
# - float16, **half precision**: fine enough, but its range is too narrow. Past 65,504 a number **overflows** and becomes infinity. Below the smallest normal number it first loses digits, then **underflows** and becomes 0.
# - **bfloat16**: float32 without its last 16 bits; the same range, and two or three digits.
# - **TF32**: the name says 32, but it has 19 bits. Nothing is stored in it: tensors remain float32, and fractions are rounded to 10 bits just before a multiplication.
#
# Rounding is easy to write yourself. With 7 fraction bits the result must equal bfloat16 bit for bit:

# %%
def keep(x, fraction_bits):
    """Round float32 to fewer fraction bits, to the nearest, halves to even."""
    drop = 23 - fraction_bits
    bits = x.view(torch.int32)
    half = (1 << (drop - 1)) - 1 + ((bits >> drop) & 1)
    return (bits + half >> drop << drop).view(torch.float32)


torch.manual_seed(0)
a, b = torch.randn(2, 256, 256)
assert torch.equal(keep(a, 7), a.bfloat16().float())

exact = a.double() @ b.double()
error = {}
for name in ("TF32", "float16", "bfloat16"):
    f = FORMATS[name][1]
    product = keep(a, f).double() @ keep(b, f).double()  # only inputs are rounded
    error[name] = ((product - exact).norm() / exact.norm()).item()

# %% tags=["hide-input"]
pd.DataFrame({"relative error": [f"{value:.1e}" for value in error.values()]}, index=list(error))

# %% [markdown] tags=["zh"]
# TF32 和 float16 的尾数一样长，误差也一样；bfloat16 少 3 位，误差约是它们的 {{ f"{error['bfloat16'] / error['TF32']:.0f}" }} 倍。对神经网络，这点误差和批量里的随机性相比往往微不足道。
#
# ## 张量核心与 cuDNN { #tensor-cores }
#
# 16 位的数搬起来省一半，算起来省得更多：**张量核心**一条指令做完一小块矩阵的乘加，输入是 float16、bfloat16 或 TF32，累加用 float32。各维最好是 8 的倍数，才填得满那一小块。
#
# float32 的矩阵乘法默认不用 TF32，`torch.set_float32_matmul_precision("high")` 才允许。卷积归 **cuDNN** 管，这是英伟达写好的一套算子，默认就允许 TF32。输入形状固定时，`torch.backends.cudnn.benchmark = True` 会让它在第一次试几种算法、记住最快的；形状变来变去时，它反而一直在试。
#
# 在这台机器上比一比同一个矩阵乘法：

# %% [markdown] tags=["en"]
# TF32 and float16 have fractions of the same length and errors of the same size; bfloat16 has 3 bits fewer, and about {{ f"{error['bfloat16'] / error['TF32']:.0f}" }} times the error. For a neural network that is mostly negligible beside the randomness of the batches.
#
# ## Tensor cores and cuDNN { #tensor-cores }
#
# 16-bit numbers halve what has to be moved, and save more than that in arithmetic: a **tensor core** multiplies and accumulates a small tile of matrices in one instruction, taking float16, bfloat16 or TF32 and adding up in float32. Sizes should be multiples of 8, so that the tiles are full.
#
# A float32 product does not use TF32 by default; `torch.set_float32_matmul_precision("high")` permits it. Convolutions belong to **cuDNN**, NVIDIA's own set of operators, where TF32 is permitted by default. With inputs of one shape, `torch.backends.cudnn.benchmark = True` makes it try several algorithms at first and remember the fastest; with shapes that keep changing it keeps trying.
#
# The same matrix product on this machine, in three ways:

# %%
size = 512 if on_cpu else 8192
x = torch.rand(size, size, device=device)
half = x.bfloat16()
plain = fastest(lambda: x @ x)
torch.set_float32_matmul_precision("high")
allowed = fastest(lambda: x @ x)
torch.set_float32_matmul_precision("highest")        # the default
short = fastest(lambda: half @ half)
print(f"{device.type}, times as fast as float32:")
print(f'with "high" {plain / allowed:.1f}, in bfloat16 {plain / short:.1f}')

# %% [markdown] tags=["zh"]
# 大于 1 是变快，小于 1 是变慢。**只有硬件会乘这种数时才会快**：有张量核心的 GPU、带矩阵单元（AMX）的 CPU 会；没有的 CPU 要先转换再算，bfloat16 反而更慢。所以 `training.Config` 的 `precision="auto"` 先看硬件，再看一步的计算量够不够大。
#
# ## 混合精度：哪里用 16 位 { #mixed-precision }
#
# `torch.autocast` 逐个运算决定用哪种格式。**先猜：下面几个结果，哪些是 bfloat16？**

# %% [markdown] tags=["en"]
# Above 1 is faster, below 1 slower. **It is faster only where the hardware multiplies such numbers**: GPUs with tensor cores and CPUs with a matrix unit (AMX) do; other CPUs convert first, and bfloat16 is slower. So `precision="auto"` in `training.Config` looks at the hardware, and then at whether a step is large enough.
#
# ## Mixed precision: what is done in 16 bits { #mixed-precision }
#
# `torch.autocast` chooses a format for each operation. **Guess: which of these results are bfloat16?**

# %%
from torch.nn import functional as F

torch.manual_seed(0)
layer, image = nn.Linear(8, 8), torch.rand(4, 8)
with torch.autocast("cpu", dtype=torch.bfloat16):
    hidden = layer(image)
    results = {
        "linear": hidden,
        "relu of it": hidden.relu(),
        "it plus a float32": hidden + image,
        "cross-entropy": F.cross_entropy(hidden, torch.tensor([0, 1, 2, 3])),
    }
results["cross-entropy"].backward()
results |= {"weight": layer.weight, "gradient of weight": layer.weight.grad}
for name, tensor in results.items():
    print(f"{name:20}", str(tensor.dtype).removeprefix("torch."))

# %% [markdown] tags=["zh"]
# 矩阵乘法和卷积用 16 位，省时间的正是它们；损失这类要把许多数加起来的，用 float32。参数和它的梯度**始终是 float32**，所以才叫**混合精度**。
#
# 为什么不干脆把权重也换成 bfloat16，还能再省一半？训练同一个小网络，学习率 0.001 和 0.01，三种做法，三个种子。顺便数一数**丢掉的更新**：梯度不为 0，走完一步，权重却一位也没变。

# %% [markdown] tags=["en"]
# Matrix products and convolutions use 16 bits, and these are where the time goes. Operations that add up many numbers, such as the loss, use float32. Parameters and their gradients are **float32 all the time**, hence the name **mixed precision**.
#
# Why not turn the weights into bfloat16 too and save another half? Train one small network with learning rates 0.001 and 0.01 in three ways, three seeds each. And count **lost updates**: the gradient is not 0, the step is taken, and not one bit of the weight has changed.

# %%
from dlnotes import data

splits = data.load("digits")
norm = training.Normalization.of(splits.train.images)
images, labels = norm.apply(splits.train.images).flatten(1), splits.train.labels


def train(lr, seed, weights=torch.float32, cast=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
    model.to(weights)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    lost = wanted = 0
    for _ in range(3):
        for index in torch.randperm(len(labels)).split(64):
            before = [p.detach().clone() for p in model.parameters()]
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=cast):
                logits = model(images[index].to(weights))
                loss = F.cross_entropy(logits, labels[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            for p, old in zip(model.parameters(), before):
                wanted += (p.grad != 0).sum().item()
                lost += ((p.grad != 0) & (p == old)).sum().item()
    with torch.no_grad():
        final = F.cross_entropy(model(images.to(weights)).float(), labels).item()
    return final, lost / wanted


ways = {
    "all in float32": {},
    "mixed precision": {"cast": True},
    "all in bfloat16": {"weights": torch.bfloat16},
}
outcome = {}
for lr in (0.001, 0.01):
    for way, settings in ways.items():
        runs = torch.tensor([train(lr, seed, **settings) for seed in range(3)])
        outcome[lr, way] = runs.mean(dim=0).tolist()

# %% tags=["hide-input"]
shown = [[way, f"{lr:g}", f"{loss:.3f}", f"{lost:.1%}"] for (lr, way), (loss, lost) in outcome.items()]
pd.DataFrame(shown, columns=["", "lr", "training loss", "updates lost"]).set_index("")

# %% [markdown] tags=["zh"]
# 混合精度的损失与 float32 几乎一样。权重也用 bfloat16，学习率 0.001 时 {{ f"{outcome[0.001, 'all in bfloat16'][1]:.0%}" }} 的更新白走了：bfloat16 里相邻的两个数相差 {{ f"{2.0**-8:.1%}" }} 到 {{ f"{2.0**-7:.1%}" }}，更新不到这个间隔的一半，就舍入回原处。学习率越小丢得越多，而训练后期的学习率正是越来越小的。所以权重要留一份 float32，省下的是激活值和计算时间。
#
# ## 损失缩放：别让小梯度变成 0 { #loss-scaling }
#
# float16 窄，危险在反向传播：链式法则一层层往回乘，越靠近输入，梯度往往越小。拿一个 8 层的 sigmoid 网络（[梯度消失](../theory/initialization.py)的老病人），在 float16 的 autocast 里反向一次。**损失缩放**在反向之前把损失乘上一个大数 $S$，由链式法则，每个梯度都乘上了 $S$；更新之前再除回去。**先猜：$S$ 越大越好吗？**

# %% [markdown] tags=["en"]
# The loss of mixed precision is almost that of float32. With the weights in bfloat16 too, {{ f"{outcome[0.001, 'all in bfloat16'][1]:.0%}" }} of the updates came to nothing at a learning rate of 0.001: neighbours in bfloat16 differ by {{ f"{2.0**-8:.1%}" }} to {{ f"{2.0**-7:.1%}" }}, and a weight whose update is less than half of that is rounded back to where it was. The smaller the rate, the more is lost, and late in training rates are small. So keep the weights in float32; what mixed precision saves is activations and time.
#
# ## Loss scaling: keep small gradients from becoming 0 { #loss-scaling }
#
# float16 is narrow, and the danger is in the backward pass: the chain rule multiplies layer by layer, and gradients tend to shrink on their way towards the input. Take a sigmoid network of 8 layers (a classic case of [vanishing gradients](../theory/initialization.py)) and run one backward pass under autocast in float16. **Loss scaling** multiplies the loss by a large number before the backward pass. By the chain rule every gradient is multiplied by $S$ too, and it is divided by $S$ again before the update. **Guess: is a larger $S$ always better?**

# %%
def deep():
    torch.manual_seed(0)
    layers = []
    for inputs in [784] + 7 * [64]:
        layers += [nn.Linear(inputs, 64), nn.Sigmoid()]
    model = nn.Sequential(*layers, nn.Linear(64, 10))
    for layer in model[::2]:
        nn.init.xavier_uniform_(layer.weight)
    return model


def gradients(model, scale=1.0, dtype=torch.float16):
    model.zero_grad()
    with torch.autocast("cpu", dtype=dtype):
        loss = F.cross_entropy(model(images[:256]), labels[:256])
    (scale * loss).backward()
    return [layer.weight.grad.clone() for layer in model[::2]]


model = deep()
powers = list(range(-8, 33, 2))
zeros, infinite = [], []
for power in powers:
    found = gradients(model, 2.0**power)
    everything = torch.cat([g.flatten() for g in found])
    zeros.append((found[0] == 0).float().mean().item())
    infinite.append((~everything.isfinite()).float().mean().item())
first = gradients(model, dtype=torch.bfloat16)[0]
in_bfloat16 = (first == 0).float().mean().item()

# %% tags=["hide-input"] alt_zh="横轴是倍数的指数。倍数小时第 1 层的梯度几乎全是 0；从 2 的 4 次方起降到接近 0；倍数超过 2 的 22 次方后，越来越多的梯度成了 inf，直到全部。" alt_en="Against the exponent of the scale: with small scales nearly all gradients of layer 1 are 0; from 2 to the 4th on hardly any; past 2 to the 22nd more and more gradients become infinite, until all are."
from dlnotes import figures

figures.lines(
    {"gradients of layer 1 that became 0": zeros, "all gradients that became inf": infinite},
    x=powers,
    xlabel="scale as a power of 2",
    ylabel="share",
)

# %% tags=["remove-input"]
at_one = zeros[powers.index(0)]
safe = [power for power, zero, inf in zip(powers, zeros, infinite) if zero < 0.01 and inf == 0]

# %% [markdown] tags=["zh"]
# 不缩放（$2^0$）时，第 1 层 {{ f"{at_one:.0%}" }} 的梯度下溢成 0，这一层学不动，而且**不报错**。倍数太大，另一头又上溢成无穷。中间从 2 的 {{ safe[0] }} 次方到 {{ safe[-1] }} 次方都是安全的。换成 bfloat16，不缩放时变成 0 的占 {{ f"{in_bfloat16:.0%}" }}：它的指数与 float32 一样长，所以**bfloat16 不需要损失缩放**。
#
# 倍数不用自己挑。`torch.amp.GradScaler` 从大的开始：见到无穷就跳过这一步、减半；一连许多步都没事，就加倍。

# %% [markdown] tags=["en"]
# Without scaling ($2^0$) {{ f"{at_one:.0%}" }} of the gradients of layer 1 underflow to 0; that layer does not learn, and **nothing is reported**. If the scale is too large, the other end overflows to infinity. In between, every scale from 2 to the power of {{ safe[0] }} up to the power of {{ safe[-1] }} is safe. In bfloat16 without scaling {{ f"{in_bfloat16:.0%}" }} are 0: its exponent is as long as that of float32, so **bfloat16 needs no loss scaling**.
#
# You do not have to choose the scale yourself. `torch.amp.GradScaler` starts high: when it meets an infinity, it skips the step and halves the scale; after many steps without one, it doubles it.

# %%
model = deep()
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
scaler = torch.amp.GradScaler("cpu", init_scale=2.0**30, growth_interval=30)
scales = []
for _ in range(8):
    for index in torch.randperm(len(labels)).split(64):
        with torch.autocast("cpu", dtype=torch.float16):
            loss = F.cross_entropy(model(images[index]), labels[index])
        optimizer.zero_grad()
        scaler.scale(loss).backward()                # gradients times the scale
        scaler.step(optimizer)                       # divides; skips on inf
        scaler.update()                              # halves or doubles the scale
        scales.append(scaler.get_scale())

# %% tags=["hide-input"] alt_zh="倍数随步数的变化：开头几步一路减半，之后走成台阶，升上去又退回来。" alt_en="The scale over the steps: halved again and again at first, then stairs up and back down."
figures.lines({"scale": [torch.tensor(s).log2().item() for s in scales]}, xlabel="step", ylabel="scale as a power of 2")

# %% tags=["remove-input"]
halved = sum(later < sooner for sooner, later in zip([2.0**30, *scales], scales))

# %% [markdown] tags=["zh"]
# {{ len(scales) }} 步里有 {{ halved }} 步见到无穷，跳过了：开头一连几步，后来每次加倍过了头又有一步。从 $2^{30}$ 降下来，它自己找到了安全的一段。要裁剪梯度，先 `scaler.unscale_(optimizer)`，否则裁的是放大了的梯度。保存检查点时，`scaler.state_dict()` 也要存。
#
# 在 GPU 上，只要把 `"cpu"` 换成 `"cuda"`。选哪一种：硬件支持 bfloat16 就用 bfloat16，少一个出错的地方；较旧的 GPU 只有 float16，才需要 `GradScaler`。
#
# ## 常见的坑 { #traps }
#
# !!! warning "没有同步就停表"
#     量到的只是交活的时间，快得不像话。计时的方法见[时间花在哪里](speed.py#benchmark)。
#
# !!! warning "model.half() 当成混合精度"
#     那是把权重也换成 float16，更新会丢，归一化的统计量也可能溢出。训练用 `torch.autocast`，权重留着 float32。
#
# !!! warning "把 backward 也写进 autocast 里"
#     反向传播会照前向用过的格式走，不用包；包进去是多余的，官方文档也不建议。
#
# !!! warning "在 float16 里减一个 1e9"
#     注意力里常用一个很大的负数做遮罩，$-10^9$ 在 float16 里是 $-\infty$，一整行都遮住时，softmax 得到 nan。用 `torch.finfo(x.dtype).min`。
#
# !!! warning "小网络上了 GPU 反而慢"
#     每层只有几微秒的活，时间全花在启动核函数上。加大批量，或者留在 CPU 上。
#
# ## 面试里会问 { #questions }
#
# ??? question "float16 与 bfloat16 有什么不同，训练用哪个？"
#     都是 16 位。float16 有 5 位指数、10 位尾数，细而窄，最大 65,504，小梯度会下溢，要配损失缩放。bfloat16 有 8 位指数、7 位尾数，范围与 float32 相同，不用缩放，只是粗。硬件支持就用 bfloat16。两种都要留 float32 的权重。
#
# ??? question "模型搬上 GPU，利用率却只有 20%，先看什么？"
#     先看 GPU 是不是在等数据：把同一个批量反复喂进去，若快了许多，问题在加载。再看批量是不是太小、核函数是不是太碎、每步有没有 `.item()` 逼着同步。最后才看算力：用性能分析器看时间花在哪个运算上。
#
# ## 练习 { #exercises }
#
# **1.** 两个 $4096\times4096$ 的 float32 矩阵相乘，算术强度是多少？$n$ 至少多大，才到得了 H100 用 float32 时的拐点 20？
#
# ??? success "答案"
#     $I=n/6=4096/6\approx682.7$，远在拐点右边。$n/6\ge20$，$n$ 至少是 120。
#
# **2.** 有一个梯度是 0.5。在 float16 里，损失缩放的倍数 $S=2^k$，$k$ 最大取多少还不溢出？
#
# ??? success "答案"
#     要 $0.5\times2^k\le65504$，$2^k\le131008$，$k$ 最大是 16。
#
# **3.** 权重是 1，存成 bfloat16。往上加一个更新，更新要大于多少，权重才会变？
#
# ??? success "答案"
#     1 与下一个数的间隔是 $2^{-7}$，要超过它的一半，即大于 $2^{-8}=0.00390625$。正好一半时舍入到偶数，仍是 1。
#
# **4.** 写一个 `machine_epsilon(dtype)`，不用 `torch.finfo`，找出 1 与下一个可表示的数之差。
#
# ??? success "答案"
#     不断减半，直到加一半已经看不出来：
#
#     ```python
#     import torch
#
#     def machine_epsilon(dtype):
#         one = torch.ones((), dtype=dtype)
#         step = torch.ones((), dtype=dtype)
#         while one + step / 2 > one:
#             step = step / 2
#         return step.item()
#     ```
#
# **5.** 这样计时错在哪里：`start = time.time(); loss = model(x); print(time.time() - start)`，模型在 GPU 上？若最后一句之前加一行 `loss.item()` 呢？
#
# ??? success "答案"
#     没有同步，量到的只是把活排进队列的时间。`loss.item()` 会等结果，于是结束时刻对了；但开始之前若队列里还有活，也算了进来。第一次运行还含有预热。所以开始之前也要同步，并且先跑几次。
#
# ## 参考文献 { #references }
#
# - P. Micikevicius 等. [Mixed precision training](https://arxiv.org/abs/1710.03740). ICLR, 2018.
# - S. Williams, A. Waterman, D. Patterson. [Roofline: an insightful visual performance model](https://doi.org/10.1145/1498765.1498785). CACM, 2009.
# - [自动混合精度](https://docs.pytorch.org/docs/stable/amp.html)和 [CUDA 语义](https://docs.pytorch.org/docs/stable/notes/cuda.html)，PyTorch 文档。
# - 英伟达. [H100 规格](https://www.nvidia.com/en-us/data-center/h100/)。

# %% [markdown] tags=["en"]
# {{ len(scales) }} steps, and {{ halved }} of them met an infinity and were skipped: a run of them at the start, and later one whenever doubling went too far. Coming down from $2^{30}$, it found the safe stretch by itself. To clip gradients, call `scaler.unscale_(optimizer)` first; otherwise you clip the enlarged gradients. A checkpoint needs `scaler.state_dict()` as well.
#
# On a GPU write `"cuda"` in place of `"cpu"`. Which format should you choose? bfloat16 where the hardware supports it, because one thing fewer can go wrong. Older GPUs have only float16 and need a `GradScaler`.
#
# ## Traps { #traps }
#
# !!! warning "Stopping the clock without synchronizing"
#     That measures only the queueing, and the result is too good to be true. How to time properly is explained in [where the time goes](speed.py#benchmark).
#
# !!! warning "model.half() mistaken for mixed precision"
#     It turns the weights into float16 too: updates get lost, and the statistics of normalization overflow easily. Train under `torch.autocast` and keep the weights in float32.
#
# !!! warning "backward inside autocast"
#     The backward pass follows the formats of the forward pass by itself. There is no need to wrap it, and the documentation advises against it.
#
# !!! warning "Subtracting 1e9 in float16"
#     Attention often masks with a large negative number, and $-10^9$ is $-\infty$ in float16; where a whole row is masked, softmax gives nan. Use `torch.finfo(x.dtype).min`.
#
# !!! warning "A small network that is slower on the GPU"
#     Each layer is a few microseconds of work, and the time goes into launching kernels. Take larger batches, or stay on the CPU.
#
# ## Asked in interviews { #questions }
#
# ??? question "How do float16 and bfloat16 differ, and which would you train with?"
#     Both have 16 bits. float16 has 5 for the exponent and 10 for the fraction: fine and narrow, at most 65,504; small gradients underflow, so it needs loss scaling. bfloat16 has 8 and 7: the range of float32, no scaling, coarse. Take bfloat16 where the hardware supports it. Both need weights kept in float32.
#
# ??? question "The model is on the GPU and utilization is 20%. What do you look at first?"
#     Whether the GPU waits for data: feed the same batch again and again; if that is much faster, the fault is in loading. Then whether the batch is too small, the kernels too many and too short, or an `.item()` at each step forces synchronization. Arithmetic comes last: a profiler shows which operation takes the time.
#
# ## Exercises { #exercises }
#
# **1.** Two float32 matrices of $4096\times4096$ are multiplied. What is the arithmetic intensity? And how large must $n$ be at least to reach 20, the corner of an H100 in float32?
#
# ??? success "Answer"
#     $I=n/6=4096/6\approx682.7$, far to the right of the corner. From $n/6\ge20$, $n$ is at least 120.
#
# **2.** One gradient is 0.5. In float16, with a loss scale $S=2^k$, what is the largest $k$ that does not overflow?
#
# ??? success "Answer"
#     $0.5\times2^k\le65504$ gives $2^k\le131008$, so $k$ is at most 16.
#
# **3.** A weight is 1, stored as bfloat16, and a positive update is added to it. How large must the update be before the weight changes?
#
# ??? success "Answer"
#     The step above 1 is $2^{-7}$, and the update must exceed half of it, $2^{-8}=0.00390625$. Exactly half is rounded to even, which is 1 again.
#
# **4.** Write `machine_epsilon(dtype)`, which finds the difference between 1 and the next number that can be stored, without `torch.finfo`.
#
# ??? success "Answer"
#     Halve until adding a half no longer shows:
#
#     ```python
#     import torch
#
#     def machine_epsilon(dtype):
#         one = torch.ones((), dtype=dtype)
#         step = torch.ones((), dtype=dtype)
#         while one + step / 2 > one:
#             step = step / 2
#         return step.item()
#     ```
#
# **5.** What is wrong with this measurement of a model on a GPU: `start = time.time(); loss = model(x); print(time.time() - start)`? And with a line `loss.item()` before the last statement?
#
# ??? success "Answer"
#     Nothing synchronizes, so it measures how long it takes to queue the work. `loss.item()` waits for the result, so the end is right; but work that was still queued at the start counts too, and the first run includes warming up. Synchronize before the start as well, and run it a few times first.
#
# ## References { #references }
#
# - P. Micikevicius et al. [Mixed precision training](https://arxiv.org/abs/1710.03740). ICLR, 2018.
# - S. Williams, A. Waterman, D. Patterson. [Roofline: an insightful visual performance model](https://doi.org/10.1145/1498765.1498785). CACM, 2009.
# - [Automatic mixed precision](https://docs.pytorch.org/docs/stable/amp.html) and [CUDA semantics](https://docs.pytorch.org/docs/stable/notes/cuda.html), PyTorch documentation.
# - NVIDIA. [Specifications of the H100](https://www.nvidia.com/en-us/data-center/h100/).
