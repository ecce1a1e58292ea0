# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "时间花在哪里：一步训练拆成几段来量，阿姆达尔定律算出上限；怎样计时才可信，性能分析器怎样读；加载、批量、线程、内存格式、算子融合、torch.compile、量化，各能快多少。"
#       en: "Where the time goes: a training step measured part by part, and Amdahl's limit; how to time so that it can be believed, how to read a profiler; loading, batches, threads, memory format, fusion, torch.compile and quantization, and what each gains."
#     labels:
#       load: 加载
#       forward: 前向
#       backward: 反向
#       update: 更新
#       metrics: 度量
#       share of a step: 占一步的比例
#       run: 第几次
#       times the median: 是中位数的几倍
#       operation: 运算
#       own time: 自身用时
#       calls: 调用次数
#       batch size: 批量大小
#       "times the value for 1 image": 是一张图片时的几倍
#       throughput: 吞吐量
#       latency: 延迟
#       bits of each weight: 每个权重的位数
#       test accuracy: 测试准确率
#       one scale for each tensor: 每个张量一个系数
#       one scale for each output: 每个输出一个系数
# ---

# %% [markdown] tags=["zh"]
# # 时间花在哪里 { #speed }
#
# 下面是一个很平常的训练循环：`Dataset` 一张一张地取图、做增强，`DataLoader` 拼成批量，LeNet 前向、反向，AdamW 更新，最后算准确率。有人嫌慢，要换一台计算快 10 倍的机器：前向、反向、更新都变成十分之一，加载还是老样子。**先猜：整个训练快几倍？**
#
# 不要凭感觉，给每一段掐表：

# %% [markdown] tags=["en"]
# # Where does the time go? { #speed }
#
# Here is an everyday training loop: a `Dataset` fetches and augments one image at a time, `DataLoader` makes batches, LeNet goes forward and backward, AdamW updates, and accuracy is counted. Somebody finds it slow and wants a machine that calculates 10 times as fast: forward, backward and update would take a tenth of the time, and loading would stay as it is. **Guess: how many times faster does training get?**
#
# After that guess, no more guesswork. Put a stopwatch on each part:

# %%
import time

import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from dlnotes import data, models, training
from dlnotes.training.augmentation import affine

splits = data.load("digits")
pixels, labels = splits.train.images, splits.train.labels
norm = training.Normalization.of(pixels)
PARTS = ("load", "forward", "backward", "update", "metrics")

# The time that this program had the processor, if the system counts it finely.
fine = time.get_clock_info("process_time").resolution < 1e-5
clock = time.process_time if fine else time.perf_counter


class OneByOne(Dataset):
    """Augments and normalizes an image when it is asked for."""

    def __init__(self):
        self.generator = torch.Generator().manual_seed(0)

    def __len__(self):
        return len(labels)

    def __getitem__(self, index):
        image = affine(pixels[index : index + 1] / 255, self.generator)
        return ((image - norm.mean[0]) / norm.std[0])[0], labels[index]


def stopwatch(batches, spent, model, optimizer):
    """Train for one epoch and add up the seconds of each part."""
    accuracies, marks = [], [clock()]
    for images, targets in batches:
        marks.append(clock())
        logits = model(images)
        loss = F.cross_entropy(logits, targets)
        marks.append(clock())
        optimizer.zero_grad()
        loss.backward()
        marks.append(clock())
        optimizer.step()
        marks.append(clock())
        accuracies.append((logits.argmax(dim=1) == targets).float().mean().item())
        marks.append(clock())
        for part, start, end in zip(PARTS, marks, marks[1:]):
            spent[part] = spent.get(part, 0.0) + end - start
        marks = [clock()]
    return spent


def measure(make_batches, epochs=3):
    torch.manual_seed(0)
    model = models.create("lenet")
    optimizer = torch.optim.AdamW(model.parameters())
    stopwatch(make_batches(), {}, model, optimizer)  # warm up; not counted
    spent = {}
    for _ in range(epochs):
        stopwatch(make_batches(), spent, model, optimizer)
    return spent


before = measure(lambda: DataLoader(OneByOne(), 64, shuffle=True, drop_last=True))

# %% tags=["hide-input"] alt_zh="五段各占一步的比例：加载最长，约占一半；前向、反向次之，更新更短，度量几乎看不见。" alt_en="Shares of a step: loading is longest, about half; then forward and backward, a shorter update, and metrics that hardly show."
from dlnotes import figures

total = sum(before.values())
figures.bars(
    {part: [before[part] / total] for part in PARTS},
    xlabel="share of a step",
    limits=(0, 1),
)

# %% tags=["remove-input"]
p = before["load"] / total
ten = 1 / (p + (1 - p) / 10)
limit = 1 / p

# %% [markdown] tags=["zh"]
# 一步的时间有 {{ f"{p:.0%}" }} 花在加载上。计算快 10 倍，整个训练只快 {{ f"{ten:.2f}" }} 倍；计算快到不花时间，也只快 {{ f"{limit:.2f}" }} 倍。这就是阿姆达尔定律：
#
# $$ S=\frac{1}{(1-f)+f/s} $$
#
# $f$ 是被改进的那部分原来占的比例，$s$ 是它快了几倍，$S$ 是整体快了几倍。$S$ 永远小于 $1/(1-f)$。**所以先量，再动手**：花在小头上的功夫，再巧也看不出来。
#
# ## 加载：先修大头 { #loading }
#
# 64 张图片，增强函数被叫了 64 次，每次的固定开销都付一遍。它本来就能一次处理一批，每张图片照样各转各的角度。数据集不大，整个放在内存里，按下标切：

# %% [markdown] tags=["en"]
# Loading takes {{ f"{p:.0%}" }} of each step. Calculating 10 times as fast makes training {{ f"{ten:.2f}" }} times as fast; if calculating took no time at all, training would be {{ f"{limit:.2f}" }} times as fast. This is Amdahl's law:
#
# $$ S=\frac{1}{(1-f)+f/s} $$
#
# where $f$ is the share of the part that is improved, $s$ how many times faster it gets, and $S$ how many times faster the whole gets. $S$ is always below $1/(1-f)$. **So measure first, then act**: work on a small part does not show, however clever it is.
#
# ## Loading: mend the large part first { #loading }
#
# For 64 images the augmentation was called 64 times, and its fixed cost was paid each time. It can take a whole batch at once, and each image still gets an angle of its own. The data are small, so keep them in memory and pick the batches by index:

# %%
generator = torch.Generator().manual_seed(0)


def in_batches():
    for index in torch.randperm(len(labels)).split(64)[: len(labels) // 64]:
        images = affine(pixels[index] / 255, generator)
        yield (images - norm.mean[0]) / norm.std[0], labels[index]


after = measure(in_batches)
steps = 3 * (len(labels) // 64)
faster = {part: before[part] / after[part] for part in PARTS}
for part in ("load", "forward", "backward"):
    print(f"{part}: {faster[part]:.1f} times as fast")
print(f"the whole: {total / sum(after.values()):.1f}")

# %% [markdown] tags=["zh"]
# 加载快了 {{ f"{faster['load']:.0f}" }} 倍，阿姆达尔定律算出整体应当快 {{ f"{1 / (1 - p + p / faster['load']):.1f}" }} 倍，实测 {{ f"{total / sum(after.values()):.1f}" }} 倍。前向和反向一行没改，它们的比值本该是 1.0；离 1 有多远，就是这次测量有多准。
#
# 现在加载占 {{ f"{after['load'] / sum(after.values()):.0%}" }}，大头换成了计算。优化就是这样一轮一轮来的：每修好一处，重新量一遍。取一张图要等很久、或者内存装不下时，才轮到多个[加载进程](data.py#data-loader)。
#
# ## 怎样计时才可信 { #benchmark }
#
# **性能测试**最容易骗人的是第一次。同一个网络、同一批图片，连跑 30 次，每次与中位数相比：

# %% [markdown] tags=["en"]
# Loading got {{ f"{faster['load']:.0f}" }} times as fast; by Amdahl's law the whole step should become {{ f"{1 / (1 - p + p / faster['load']):.1f}" }} times as fast, and the measurement gives {{ f"{total / sum(after.values()):.1f}" }}. Not a line of forward and backward was changed, so their ratios should be 1.0. How far they are from 1 tells how good the measurement is.
#
# Loading is down to {{ f"{after['load'] / sum(after.values()):.0%}" }} now, and calculating is the large part. That is how it goes, round by round: mend one thing, then measure again. Several [data workers](data.py#data-loader) become useful when a single sample is slow to load, or when the data do not fit into memory.
#
# ## How to measure time reliably { #benchmark }
#
# In a **benchmark** the first run is the most misleading. Take one network, one batch and 30 runs in a row, each compared with their median:

# %%
from statistics import median

torch.manual_seed(0)
model, images = models.create("digit_cnn").eval(), torch.rand(48, 1, 28, 28)


def seconds(work):
    start = clock()
    work()
    return clock() - start


with torch.inference_mode():
    runs = [seconds(lambda: model(images)) for _ in range(30)]
relative = [run / median(runs) for run in runs]

# %% tags=["hide-input"] alt_zh="30 次运行的时间与中位数之比：第一次偏高，后面在 1 附近，偶尔有一根跳起来。" alt_en="Times of 30 runs relative to their median: the first is higher, the others lie near 1, and now and then one jumps."
import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(6.4, 2.6))
axes.bar(range(1, 31), relative, width=0.7)
axes.set(xlabel="run", ylabel="times the median")
figure

# %% [markdown] tags=["zh"]
# 第一次是中位数的 {{ f"{relative[0]:.1f}" }} 倍：分配内存、挑选算法、把权重读进缓存。后面最慢的一次是 {{ f"{max(relative[1:]):.1f}" }} 倍，可能是缓存被别的程序占去了，或者处理器降了频。所以：
#
# 1. **先预热**几次，不算数。
# 2. 量很多次，报**中位数**和散布，不报平均，更不报最好的一次。
# 3. GPU 上前后都要[同步](precision.py#transfer)，按实际流逝的时间算（`time.perf_counter`）。CPU 上别的程序会来抢处理器，本页的 `clock` 因此用 `time.process_time`，只数自己占用处理器的时间。
# 4. 比较两种写法，就在**同一次运行里交替着量**，报比值。换一台机器，秒数全变，比值还有意义。
#
# 还要知道自己的尺子有多准：**同一种写法**与自己比，比值离 1 有多远？

# %% [markdown] tags=["en"]
# The first took {{ f"{relative[0]:.1f}" }} times the median: memory was allocated, algorithms were chosen, weights came into the caches. The slowest of the others took {{ f"{max(relative[1:]):.1f}" }} times the median: other programs may have taken the caches, or the processor may have slowed down. So:
#
# 1. **Warm up** first, and do not count it.
# 2. Measure many times. Report the **median** and the spread, not the mean, and certainly not the best run.
# 3. On a GPU [synchronize](precision.py#transfer) before and after, and use wall-clock time (`time.perf_counter`). On a CPU other programs take their turns, so `clock` on this page is `time.process_time`, which counts only the time that this program had the processor.
# 4. To compare two versions, measure them **by turns in one run** and report the ratio. On another machine all seconds change, and the ratio still means something.
#
# And know how good your ruler is: compare **one version with itself**. How far from 1 is the ratio?


# %%
def ratio(slow, fast, rounds=21):
    """Time two versions by turns; return the median ratio and the middle half."""
    slow(), fast()  # warm up
    ratios = sorted(seconds(slow) / seconds(fast) for _ in range(rounds))
    return median(ratios), ratios[rounds // 4], ratios[-1 - rounds // 4]


def show(label, measured):
    middle, low, high = measured
    print(f"{label}: {middle:.2f} (middle half {low:.2f} to {high:.2f})")


with torch.inference_mode():
    itself = ratio(lambda: model(images), lambda: model(images))
show("the same against the same", itself)

# %% [markdown] tags=["zh"]
# 这就是尺子的刻度。比它还小的“提速”，什么也没说明。`torch.utils.benchmark.Timer` 替你做完上面这些事：预热、同步、重复、中位数，并把线程数固定为 1。
#
# ## 性能分析器：哪个运算 { #profiler }
#
# 掐表只能掐自己写的那几段。**性能分析器**记录框架里每个运算的时间。量 10 步训练：

# %% [markdown] tags=["en"]
# That is the resolution of the ruler. A "speed-up" smaller than this says nothing. `torch.utils.benchmark.Timer` does all of the above for you: warm-up, synchronization, repetition, median, and one thread unless told otherwise.
#
# ## The profiler: which operation { #profiler }
#
# A stopwatch covers the parts that you wrote. A **profiler** records the time of every operation inside the framework. Ten steps of training:

# %% tags=["remove-input"]
import os

# the profiler reports on itself otherwise
os.environ["KINETO_LOG_LEVEL"] = "99"

# %%
import pandas as pd
from torch.profiler import ProfilerActivity, profile

torch.manual_seed(0)
lenet = models.create("lenet")
optimizer = torch.optim.AdamW(lenet.parameters())
x, y = next(in_batches())


def step():
    optimizer.zero_grad()
    F.cross_entropy(lenet(x), y).backward()
    optimizer.step()


step()
with profile(activities=[ProfilerActivity.CPU]) as profiled:
    for _ in range(10):
        step()

own = {event.key: event.self_cpu_time_total for event in profiled.key_averages()}
count = {event.key: event.count for event in profiled.key_averages()}
names = sorted(own, key=own.get, reverse=True)
rows = [
    [name, f"{own[name] / sum(own.values()):.0%}", count[name]] for name in names[:7]
]
table = pd.DataFrame(rows, columns=["operation", "own time", "calls"])
table.set_index("operation")

# %% tags=["remove-input"]
top = names[0]
calls = sum(count.values()) / 10

# %% [markdown] tags=["zh"]
# 名字以 `aten::` 开头的是 PyTorch 自己的算子。**自身用时**不含它调用的别的运算，这一列加起来才是 100%。先看最上面的一行：{{ top }} 占了 {{ f"{own[top] / sum(own.values()):.0%}" }}。再看调用次数：每步约有 {{ f"{calls:.0f}" }} 次，其中许多小得不值一提，而每一次都有固定开销。
#
# 在 GPU 上加一个 `ProfilerActivity.CUDA`，就能看到每个核函数。`profiled.export_chrome_trace("trace.json")` 存成时间线，用浏览器的 `chrome://tracing` 打开，一眼看出 GPU 有没有空等。
#
# ## 批量：吞吐量与延迟 { #batch }
#
# 推理时有两个不同的问题。**吞吐量**：一秒能处理多少张？**延迟**：送进一张，多久拿到结果？**先猜：批量从 1 加到 64，两者各变成几倍？**

# %% [markdown] tags=["en"]
# Names that begin with `aten::` are PyTorch's own operators. **Own time** leaves out what an operation calls in turn, so this column adds up to 100%. Look at the first row: {{ top }} takes {{ f"{own[top] / sum(own.values()):.0%}" }}. Then look at the calls: there are about {{ f"{calls:.0f}" }} in each step, many of them tiny, each with its fixed cost.
#
# On a GPU add `ProfilerActivity.CUDA`, and every kernel is listed too. `profiled.export_chrome_trace("trace.json")` writes a timeline; open it in a browser at `chrome://tracing`, and you see whether the GPU stood idle.
#
# ## The batch: throughput and latency { #batch }
#
# Inference has two different questions. **Throughput**: how many images a second? **Latency**: how long does it take from handing in the input to getting the result? **Guess: when the batch grows from 1 to 64, what happens to the two?**

# %%
lenet.eval()
batch_sizes = [1, 2, 4, 8, 16, 32, 64]


@torch.inference_mode()
def seconds_of(size):
    batch = torch.rand(size, 1, 28, 28)
    lenet(batch)
    return median(seconds(lambda: lenet(batch)) for _ in range(40))


latency = [seconds_of(size) for size in batch_sizes]
longer = [value / latency[0] for value in latency]
more = [size / value for size, value in zip(batch_sizes, longer)]

# %% tags=["hide-input"] alt_zh="双对数坐标，横轴批量 1 到 64。吞吐量先上升、后变平；延迟先平缓、后几乎与批量成正比。" alt_en="Logarithmic axes, batches of 1 to 64: throughput rises and then levels off; latency is flat at first and then almost proportional to the batch."
figure = figures.lines(
    {"throughput": more, "latency": longer},
    x=batch_sizes,
    xlabel="batch size",
    ylabel="times the value for 1 image",
    log=True,
)
figure.axes[0].set(xscale="log", xticks=batch_sizes, xticklabels=batch_sizes)
figure.axes[0].minorticks_off()
figure

# %% [markdown] tags=["zh"]
# 批量 64 的吞吐量是 {{ f"{more[-1]:.1f}" }} 倍，延迟是 {{ f"{longer[-1]:.0f}" }} 倍。开头几乎白送：固定的开销由大家分摊；硬件满了以后，多一张就多等一张的时间。离线处理一百万张，要吞吐量，用大批量；用户在等，要延迟，用小批量。GPU 要更大的批量才占满，曲线变平的地方更靠右。
#
# 推理还要写 `model.eval()` 和 `torch.inference_mode()`：前者为了结果正确，后者不记计算图，省[内存](memory.py#four-items)，也省一点时间：

# %% [markdown] tags=["en"]
# With batches of 64, throughput is {{ f"{more[-1]:.1f}" }} times as large and latency {{ f"{longer[-1]:.0f}" }} times. The first extra images cost little, because all images of a batch share the fixed cost. Once the hardware is full, each further image adds its own time. For a million images offline, throughput counts: use large batches. With a user waiting, latency counts: use small ones. A GPU fills up later, so there the line levels off further to the right.
#
# Inference also wants `model.eval()` and `torch.inference_mode()`: the first so that results are right, the second to record no graph, which saves [memory](memory.py#four-items) and a little time:

# %%
one = torch.rand(1, 1, 28, 28)


def recording():
    lenet(one)


@torch.inference_mode()
def not_recording():
    lenet(one)


show("with the graph over without", ratio(recording, not_recording, rounds=41))

# %% [markdown] tags=["zh"]
# ## 线程 { #threads }
#
# CPU 上的大运算会分给几个**线程**，每个核心一个最好。PyTorch 默认占满所有核心，所以同时跑几个训练时，要用 `torch.set_num_threads` 给每个少分一点，否则互相抢，比排队还慢。小运算分不动，多了没用。
#
# 线程数还可能改变**结果**。把一百万个数加起来，几个线程先各加一段：

# %% [markdown] tags=["en"]
# ## Threads { #threads }
#
# A large operation on the CPU is shared among several **threads**, ideally one for each core. PyTorch takes all cores by default. If you train several networks at once, give each fewer threads with `torch.set_num_threads`; otherwise they fight for the cores and are slower than one after the other. Small operations are not shared, and more threads do not help them.
#
# The number of threads can also change **results**. When a million numbers are added, each thread first adds a stretch of its own:

# %%
torch.manual_seed(0)
numbers = torch.rand(1_000_000)
usual = torch.get_num_threads()
for count in (1, 2, 4):
    torch.set_num_threads(count)
    print(f"{count} threads: {numbers.sum().item():.4f}")
torch.set_num_threads(usual)
print(f"exactly:   {numbers.double().sum().item():.4f}")

# %% [markdown] tags=["zh"]
# 末几位可以不同：加法的次序变了。所以“换了机器，结果差一点点”多半不是错误，见[随机种子](seeds.py#what-a-seed-fixes)。
#
# ## 内存格式 { #memory-format }
#
# 图片张量的形状写成 $(N,C,H,W)$，在内存里却有两种排法：一个通道连着一个通道（默认），或者一个像素的各通道挨在一起，叫 `channels_last`。这就是**内存格式**：形状不变，步幅变了。

# %% [markdown] tags=["en"]
# The last digits may differ, because the additions happen in another order. So slightly different results on another machine are mostly no mistake, see [seeds](seeds.py#what-a-seed-fixes).
#
# ## Memory format { #memory-format }
#
# Tensors of images have the shape $(N,C,H,W)$, and may lie in memory in two ways: channel after channel (the default), or the channels of a pixel side by side, called `channels_last`. This is the **memory format**: the shape stays, the strides change.

# %%
layer = torch.nn.Conv2d(64, 64, 3, padding=1)
x = torch.rand(8, 64, 28, 28)
last = torch.channels_last
turned = x.to(memory_format=last)
turned_layer = torch.nn.Conv2d(64, 64, 3, padding=1).to(memory_format=last)
turned_layer.load_state_dict(layer.state_dict())
print("shape:  ", tuple(x.shape), "and", tuple(turned.shape))
print("strides:", x.stride(), "and", turned.stride())
with torch.inference_mode():
    assert torch.allclose(layer(x), turned_layer(turned), atol=1e-5)
    found = ratio(lambda: layer(x), lambda: turned_layer(turned))
show("default over channels_last", found)

# %% [markdown] tags=["zh"]
# 在 CPU 上差别时大时小。在张量核心上，卷积本来就按像素读通道，`channels_last` 省去来回换排法，配混合精度常能快一截。模型和数据都要换，而且要量：哪一层不支持，就会在它前后多换两次。
#
# ## 算子融合与 torch.compile { #fusion }
#
# GELU 的近似式写成 Python，是 8 个逐元素的运算。每个都把整个张量读一遍、写一遍，而它们[受带宽限制](precision.py#roofline)。**算子融合**把它们合成一个：读一遍，在寄存器里算完，写一遍。**先猜：能快几倍？** PyTorch 里现成的 `F.gelu` 就是融合好的：

# %% [markdown] tags=["en"]
# On a CPU the difference varies. On tensor cores a convolution reads pixel by pixel anyway, so `channels_last` saves the conversion there and back; with mixed precision the gain is often large. Convert both model and data, and measure: a layer that does not support it adds two conversions.
#
# ## Operator fusion and torch.compile { #fusion }
#
# The approximation of GELU, written in Python, is 8 elementwise operations. Each reads the whole tensor and writes it, and they are [limited by bandwidth](precision.py#roofline). **Operator fusion** makes them one: read once, calculate in registers, write once. **Guess: how many times faster?** PyTorch's own `F.gelu` is fused already:

# %%
import functools


def gelu(x):
    return 0.5 * x * (1 + torch.tanh(0.7978845608 * (x + 0.044715 * x**3)))


x = torch.randn(2**21)
fused = functools.partial(F.gelu, approximate="tanh")
assert torch.allclose(gelu(x), fused(x), atol=1e-5)
show("8 operations over 1", ratio(lambda: gelu(x), lambda: fused(x)))

# %% [markdown] tags=["zh"]
# 快多少要看机器：`tanh` 算得越快、内存越慢，融合越划算，GPU 上常有好几倍。
#
# 不必自己写融合的核函数：**torch.compile** 把 Python 函数捕获成图，再为整张图生成融合好的代码。生成代码要编译器，第一次调用要等十几秒到几分钟，所以本页不真的编译，只看它**捕获**了什么。给它一个自己的后端，把图记下来，原样运行：

# %% [markdown] tags=["en"]
# How much it gains depends on the machine: the faster the `tanh` and the slower the memory, the more fusion pays; on GPUs it is often several times.
#
# Nobody has to write fused kernels: **torch.compile** captures a Python function as a graph and generates fused code for the whole of it. Generating code takes a compiler, and the first call takes seconds or minutes, so this page does not really compile. It looks at what is **captured**: we pass a backend of our own, which writes the graph down and runs it as it is:

# %%
captured = []


def spy(module, inputs):
    nodes = module.graph.nodes
    captured.append([node.name for node in nodes if node.op.startswith("call")])
    return module.forward


compiled = torch.compile(gelu, backend=spy)
for size in (1000, 1000, 2000, 3000):
    compiled(torch.rand(size))
    print(f"{size} numbers: captured {len(captured)} times so far")
print(captured[0])
operations = len(captured[0])


@torch.compile(backend=spy)
def choosy(x):
    y = x * 2
    if y.sum() > 0:  # only the numbers can tell
        y = y + 1
    return y * 3


captured.clear()
choosy(torch.ones(3))
print("with an if:", captured)

# %% tags=["remove-input"]
graphs = len(captured)

# %% [markdown] tags=["zh"]
# 三件事值得记住：
#
# - 第二次同样的形状，不再捕获；换了长度，重新捕获一次，这次把长度当作变量；再换就不用了。所以形状变来变去时，头几步特别慢，计时要先预热。
# - 图里是 {{ operations }} 个运算，与自己数的一样。它们会变成一个核函数。
# - 遇到要看数值才知道走哪边的 `if`，图就断成 {{ graphs }} 段，中间回到 Python。断得太碎，就没什么可融合的了。
#
# 什么时候用：同样的形状要跑成千上万步，在 GPU 上训练。几分钟就跑完的小网络，编译的时间还没挣回来。
#
# ## 量化：用 8 位整数 { #quantization }
#
# 推理时权重不再变，可以存得更粗。**量化**把每个权重 $x$ 换成整数：
#
# $$ q=\operatorname{round}(x/s),\qquad \hat x=s\,q $$
#
# $s$ 是缩放系数，取最大的 $|x|$ 除以最大的整数；$\hat x$ 是读回来的值。8 位时整数从 −127 到 127，权重只占 float32 的四分之一。**先猜：LeNet 的权重减到几位，准确率才开始掉？**

# %% [markdown] tags=["en"]
# Three things to remember:
#
# - The same shape a second time is not captured again. A different length is captured once more, now with the length as a variable; further lengths are not. With shapes that keep changing, the first steps are very slow, and a measurement must warm up.
# - The graph has {{ operations }} operations, as many as we counted. They would become one kernel.
# - At an `if` that depends on the values of a tensor, the graph breaks into {{ graphs }} pieces, with Python in between. If there are too many pieces, there is nothing left to fuse.
#
# When to use it: for thousands of steps with the same shape, in training on a GPU. A small network that is done in minutes never earns back the time of compiling.
#
# ## Quantization: 8-bit integers { #quantization }
#
# In inference the weights no longer change, so they can be stored more coarsely. **Quantization** replaces each weight $x$ by an integer:
#
# $$ q=\operatorname{round}(x/s),\qquad \hat x=s\,q $$
#
# where $s$ is the scale, the largest $|x|$ divided by the largest integer, and $\hat x$ is the value read back. With 8 bits the integers go from −127 to 127, and weights take a quarter of float32. **Guess: at how many bits does LeNet begin to lose accuracy?**

# %%
import copy

from dlnotes import recipes

trained = recipes.run("lenet", seed=0, epochs=4)
x_test = trained.history.normalization.apply(trained.splits.test.images)
y_test = trained.splits.test.labels


def quantize(weight, bits, each_output):
    """Round to integers and back, with one scale, or one for each output."""
    largest = 2 ** (bits - 1) - 1
    dims = tuple(range(1 if each_output else 0, weight.dim()))
    scale = weight.abs().amax(dim=dims, keepdim=True) / largest
    return (weight / scale).round().clamp(-largest, largest) * scale


weight = next(trained.model.parameters()).detach()
scale = weight.abs().max().item() / 127
by_torch = torch.fake_quantize_per_tensor_affine(weight, scale, 0, -127, 127)
assert torch.allclose(quantize(weight, 8, each_output=False), by_torch, atol=1e-6)


def accuracy(bits, each_output):
    model = copy.deepcopy(trained.model).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:  # biases stay as they are
                parameter.copy_(quantize(parameter, bits, each_output))
        return (model(x_test).argmax(dim=1) == y_test).float().mean().item()


bits = [8, 7, 6, 5, 4, 3, 2]
kept = {
    "one scale for each tensor": [accuracy(b, False) for b in bits],
    "one scale for each output": [accuracy(b, True) for b in bits],
}

# %% tags=["hide-input"] alt_zh="横轴每个权重的位数 2 到 8。5 位以上两条线都平；位数再少就往下掉，2 位时每个张量一个系数的掉得最多。" alt_en="Against 2 to 8 bits for each weight: both lines are level from 5 bits on; with fewer they fall, and at 2 bits the one with one scale for each tensor falls most."
figures.lines(kept, x=bits, xlabel="bits of each weight", ylabel="test accuracy")

# %% tags=["remove-input"]
full = trained.test.accuracy
eight, two, two_each = (
    kept["one scale for each tensor"][0],
    kept["one scale for each tensor"][-1],
    kept["one scale for each output"][-1],
)

# %% [markdown] tags=["zh"]
# float32 时 {{ f"{full:.1%}" }}，8 位时 {{ f"{eight:.1%}" }}，2 位时 {{ f"{two:.0%}" }}；每个输出通道各用一个系数，2 位时是 {{ f"{two_each:.0%}" }}：大的权重不再拖累小的。
#
# 这里只模拟了权重的舍入，省的是存储；要快，激活值也得是整数，并且要有整数的矩阵乘法。PyTorch 原来的 `torch.ao.quantization` 已经弃用，后继是单独安装的 torchao。在训练时就模拟这种舍入，让网络适应它，叫做量化感知训练。
#
# 还有一条路是换个运行环境。`torch.export` 把模型变成一张不需要 Python 的图；**ONNX** 是与框架无关的文件格式，`torch.onnx.export` 存成它，手机、浏览器、别的语言都有程序能运行：

# %% [markdown] tags=["en"]
# The accuracy is {{ f"{full:.1%}" }} in float32, {{ f"{eight:.1%}" }} with 8 bits and {{ f"{two:.0%}" }} with 2. If each output has a scale of its own, it is {{ f"{two_each:.0%}" }} with 2 bits, because large weights no longer spoil the small ones.
#
# Only the rounding of weights is simulated here, and that saves storage. To gain speed as well, activations must be integers too, and the products must be products of integer matrices. PyTorch's former `torch.ao.quantization` is deprecated; its successor is torchao, installed separately. Simulating the rounding during training, so that the network gets used to it, is called quantization-aware training.
#
# Another way is to run the model elsewhere. `torch.export` turns it into a graph that needs no Python; **ONNX** is a file format that belongs to no framework, written by `torch.onnx.export`, and phones, browsers and other languages have programs that run it:

# %%
exported = torch.export.export(trained.model.eval(), (x_test[:1],))
operators = [node.target for node in exported.graph.nodes if node.op == "call_function"]
print(*(str(target).removeprefix("aten.").partition(".")[0] for target in operators))

# %% [markdown] tags=["zh"]
# ## 常见的坑 { #traps }
#
# !!! warning "还没量就动手"
#     最常见的结果：把只占 5% 的部分改快了一倍，整体快了不到 3%。
#
# !!! warning "报最好的一次"
#     它挑的是运气。报中位数和散布，并与“自己比自己”的散布对照。
#
# !!! warning "拿训练模式的时间当推理"
#     没有 `eval()`，暂退法和批量归一化还在做训练的事；没有 `inference_mode`，还在记计算图。
#
# !!! warning "每步都打印损失"
#     在 GPU 上，`print(loss.item())` 让 CPU 每步都等 GPU 做完。攒几十步再取一次。
#
# !!! warning "torch.compile 第一步很慢，就说它没用"
#     那是编译。预热之后再比；但总时间里，编译也要算进去。
#
# ## 面试里会问 { #questions }
#
# ??? question "训练太慢，你怎么查？"
#     先拆：同一个批量反复喂，快了很多就是加载的问题，否则是计算。加载：缓存、成批处理、多进程、锁页内存。计算：用性能分析器看哪个运算占大头；GPU 空着就加大批量、减少同步；满了再用混合精度、`channels_last`、`torch.compile`。每改一处量一次，用阿姆达尔定律先估上限。
#
# ??? question "量化为什么能不掉准确率？"
#     权重的有效精度本来就不需要 23 位尾数。舍入误差像加在输出上的小噪声，几百项加起来还互相抵消一部分；网络训练时受过小批量和增强的噪声，对它不敏感。误差大的多半是少数极大的权重撑大了 $s$，所以按通道取系数，或者先截掉极端值。
#
# ## 练习 { #exercises }
#
# **1.** 加载占一步的 60%，计算占 40%。只把加载加快 4 倍，整体快几倍？只把计算加快 4 倍呢？
#
# ??? success "答案"
#     $1/(0.4+0.6/4)\approx1.82$；$1/(0.6+0.4/4)\approx1.43$。
#
# **2.** 批量 1 的延迟是 2 毫秒，批量 32 的延迟是 16 毫秒。吞吐量各是每秒多少张？
#
# ??? success "答案"
#     $1/0.002=500$ 张；$32/0.016=2000$ 张。
#
# **3.** LeNet 有 44,426 个参数。全部用 8 位整数存，比 float32 省多少 kB（1 kB = 1,000 字节，不计缩放系数）？
#
# ??? success "答案"
#     $44426\times(4-1)/1000\approx133$ kB。
#
# **4.** 写一个 `quantize(x, bits)`：对称量化，整个张量一个系数，返回读回来的张量。
#
# ??? success "答案"
#     ```python
#     import torch
#
#     def quantize(x, bits):
#         largest = 2 ** (bits - 1) - 1
#         scale = x.abs().max() / largest
#         return (x / scale).round().clamp(-largest, largest) * scale
#     ```
#
# **5.** 有人报告：新的写法用了 1.00 秒，旧的用了 1.04 秒，“快了 4%”。要相信它，你还想知道什么？
#
# ??? success "答案"
#     各量了几次、散布多大、是不是交替着量的、有没有预热和同步，以及旧的与自己比会差多少。各量一次的 4%，什么也说明不了。
#
# ## 参考文献 { #references }
#
# - [Performance tuning guide](https://docs.pytorch.org/tutorials/recipes/recipes/tuning_guide.html)、[Benchmark](https://docs.pytorch.org/tutorials/recipes/recipes/benchmark.html)、[Profiler](https://docs.pytorch.org/tutorials/recipes/recipes/profiler_recipe.html)，PyTorch 教程。
# - G. M. Amdahl. [Validity of the single processor approach to achieving large scale computing capabilities](https://doi.org/10.1145/1465482.1465560). AFIPS, 1967.
# - B. Jacob 等. [Quantization and training of neural networks for efficient integer-arithmetic-only inference](https://arxiv.org/abs/1712.05877). CVPR, 2018.
# - J. Ansel 等. [PyTorch 2](https://doi.org/10.1145/3620665.3640366). ASPLOS, 2024.

# %% [markdown] tags=["en"]
# ## Traps { #traps }
#
# !!! warning "Acting before measuring"
#     The usual outcome: a part that took 5% is twice as fast, and the whole gains less than 3%.
#
# !!! warning "Reporting the best run"
#     That selects luck. Report median and spread, and compare them with the spread of one version against itself.
#
# !!! warning "Timing inference in training mode"
#     Without `eval()` dropout and batch normalization still do what they do in training; without `inference_mode` the graph is still recorded.
#
# !!! warning "Printing the loss at each step"
#     On a GPU `print(loss.item())` makes the CPU wait for the GPU every time. Fetch it only every few dozen steps.
#
# !!! warning "torch.compile is slow at the first step, so it is no use"
#     That is the compiling. Compare after the warm-up, but count the compiling in the total time.
#
# ## Asked in interviews { #questions }
#
# ??? question "Training is too slow. How do you look into it?"
#     First divide the problem: feed the same batch again and again. If that is much faster, the fault is in loading, otherwise in calculating. For loading: cache, work in batches, use several processes and pinned memory. For calculating: a profiler shows the largest operation. An idle GPU needs larger batches and fewer synchronizations; a busy one needs mixed precision, `channels_last` or `torch.compile`. Measure after each change, and use Amdahl's law to know the limit beforehand.
#
# ??? question "Why can quantization leave accuracy as it is?"
#     Weights never needed 23 fraction bits. The rounding acts like a little noise on the outputs, and over hundreds of terms it partly cancels. The network was trained with the noise of small batches and augmentation, so it tolerates this. Large errors mostly come from a few huge weights that stretch $s$, so take a scale for each channel, or clip extremes first.
#
# ## Exercises { #exercises }
#
# **1.** Loading takes 60% of a step, calculating 40%. How many times faster is the whole if only loading becomes 4 times as fast? And if only calculating does?
#
# ??? success "Answer"
#     $1/(0.4+0.6/4)\approx1.82$; $1/(0.6+0.4/4)\approx1.43$.
#
# **2.** Latency is 2 milliseconds with a batch of 1, and 16 with a batch of 32. What are the throughputs, in images per second?
#
# ??? success "Answer"
#     $1/0.002=500$; $32/0.016=2000$.
#
# **3.** LeNet has 44,426 parameters. Stored as 8-bit integers, how many kB less than float32 do they take (1 kB = 1,000 bytes, scales not counted)?
#
# ??? success "Answer"
#     $44426\times(4-1)/1000\approx133$ kB.
#
# **4.** Write `quantize(x, bits)`: symmetric, one scale for the whole tensor, returning the tensor as it is read back.
#
# ??? success "Answer"
#     ```python
#     import torch
#
#     def quantize(x, bits):
#         largest = 2 ** (bits - 1) - 1
#         scale = x.abs().max() / largest
#         return (x / scale).round().clamp(-largest, largest) * scale
#     ```
#
# **5.** Somebody reports: the new version took 1.00 seconds, the old one 1.04, "4% faster". What else do you want to know before you believe it?
#
# ??? success "Answer"
#     How often was each measured, and with what spread? By turns? Was there a warm-up, and synchronization? How far is the old version from itself? 4% between two single runs says nothing.
#
# ## References { #references }
#
# - [Performance tuning guide](https://docs.pytorch.org/tutorials/recipes/recipes/tuning_guide.html), [Benchmark](https://docs.pytorch.org/tutorials/recipes/recipes/benchmark.html), [Profiler](https://docs.pytorch.org/tutorials/recipes/recipes/profiler_recipe.html), PyTorch tutorials.
# - G. M. Amdahl. [Validity of the single processor approach to achieving large scale computing capabilities](https://doi.org/10.1145/1465482.1465560). AFIPS, 1967.
# - B. Jacob et al. [Quantization and training of neural networks for efficient integer-arithmetic-only inference](https://arxiv.org/abs/1712.05877). CVPR, 2018.
# - J. Ansel et al. [PyTorch 2](https://doi.org/10.1145/3620665.3640366). ASPLOS, 2024.
