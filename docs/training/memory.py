# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "显存用在哪里：权重、梯度、优化器状态、激活值各占多少，按字节量出来；显存不足时的四种办法各省多少；内存泄漏；多个 GPU 怎样平均梯度。"
#       en: "Where GPU memory goes: weights, gradients, optimizer state and activations, measured in bytes; what each of four remedies saves when memory runs out; memory leaks; how several GPUs average gradients."
#     labels:
#       weights: 权重
#       gradients: 梯度
#       Adam: Adam
#       activations: 激活值
#       "batch of {}": "批量 {}"
#       MiB: MiB
#       "as it is, batch of {}": "原样，批量 {}"
#       "batch of {}, four times": "批量 {}，分四次"
#       autocast in bfloat16: bfloat16 的 autocast
#       checkpointing: 激活重计算
#       "checkpointing, and its largest part": 激活重计算，加上最大的一段
#       what is kept: 存下的
#       share: 占比
#       segments: 段数
#       kept between segments: 段与段之间存的
#       largest segment: 最大的一段
#       together: 合计
#       "tensors (64 = every layer)": "张量个数（64 = 每层都存）"
#       loss appended: 存下损失
#       "loss.item() appended": "存下 loss.item()"
#       evaluated batches: 评估过的批量数
#       MiB still kept: 仍占着的 MiB
# ---

# %% [markdown] tags=["zh"]
# # 显存用在哪里 { #memory }
#
# ResNet-18 的权重文件不到 50 MB。拿一块 2 GB 显存的卡来训练它，批量 128，图片 224×224，优化器 Adam。**先猜：放得下吗？权重、梯度、优化器状态、激活值，哪一项最大？占几成？**
#
# 这一页量的是字节数，不是时间，所以不需要 GPU：同样的张量，在哪里都占同样的字节。

# %% [markdown] tags=["en"]
# # Where does the memory go? { #memory }
#
# The weights of ResNet-18 fit into a file of less than 50 MB. Train it with Adam on a card with 2 GB, in batches of 128 images of 224×224. **Guess: does it fit? Which is largest, the weights, the gradients, the optimizer state or the activations, and what share does it take?**
#
# This page measures bytes and not time, so it needs no GPU: the same tensors take the same bytes anywhere.

# %% [markdown] tags=["zh"]
# ## 四项开支 { #four-items }
#
# **显存**是 GPU 自带的内存，训练时要放下四样东西：
#
# $$ M = (w+g+s)\,P + b\,A $$
#
# $M$ 是显存的字节数，$P$ 是参数个数；$w$、$g$、$s$ 是每个参数的权重、梯度、优化器状态各占的字节数，float32 配 Adam 时是 4、4、8；$b$ 是批量大小；$A$ 是一张图片要为反向传播存下的字节数，也就是**激活内存**。前三项与批量无关，第四项与批量成正比。
#
# $P$ 数一数就有。$A$ 可以当场截获：autograd 每存一个张量，`saved_tensors_hooks` 就会叫我们一声。

# %% [markdown] tags=["en"]
# ## Four items { #four-items }
#
# **GPU memory** is the memory on the card itself. In training it holds four things:
#
# $$ M = (w+g+s)\,P + b\,A $$
#
# $M$ is the memory in bytes and $P$ the number of parameters. $w$, $g$ and $s$ are the bytes per parameter for weight, gradient and optimizer state: 4, 4 and 8 for Adam in float32. $b$ is the batch size, and $A$ is the number of bytes that one image keeps for the backward pass, the **activation memory**. The first three items do not depend on the batch; the fourth is proportional to it.
#
# $P$ only needs counting. $A$ can be measured while it happens: whenever autograd keeps a tensor, `saved_tensors_hooks` calls our function.

# %%
import torch
from torch import nn
from torch.nn import functional as F

from dlnotes import models


def kept_bytes(model, x):
    """Return the bytes kept for backward, parameters not counted, and the output."""
    owned = {p.untyped_storage().data_ptr() for p in model.parameters()}
    kept = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in owned:
            kept[storage.data_ptr()] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        output = model(x)
    return sum(storage.nbytes() for storage in kept.values()), output


torch.manual_seed(0)
resnet = models.create("resnet18")
parameters = sum(p.numel() for p in resnet.parameters())
one, two = (kept_bytes(resnet, torch.rand(b, 3, 224, 224))[0] for b in (1, 2))
A = two - one
rest = 2 * one - two                                 # does not grow with the batch
print(f"parameters: {4 * parameters / 2**20:.1f} MiB")
print(f"kept per image: {A / 2**20:.1f} MiB")
print(f"kept whatever the batch: {rest / 2**20:.2f} MiB")

# %% tags=["hide-input"] alt_zh="四根横条，批量 1、8、32、128：权重、梯度、Adam 三段长度不变，激活值一段随批量成倍增长，批量 128 时占了绝大部分。" alt_en="Four bars for batches of 1, 8, 32 and 128: the parts of weights, gradients and Adam stay the same, the part of activations grows with the batch and takes almost all at 128."
import matplotlib.pyplot as plt

sizes = (1, 8, 32, 128)
items = {
    "weights": [4 * parameters / 2**20] * 4,
    "gradients": [4 * parameters / 2**20] * 4,
    "Adam": [8 * parameters / 2**20] * 4,
    "activations": [b * A / 2**20 for b in sizes],
}
figure, axes = plt.subplots(figsize=(6.4, 2.6))
left = [0.0] * 4
for name, values in items.items():
    axes.barh([f"batch of {b}" for b in sizes], values, left=left, label=name, height=0.6)
    left = [before + value for before, value in zip(left, values)]
axes.invert_yaxis()
axes.set(xlabel="MiB")
figure.legend(loc="outside upper center", ncols=4)
figure

# %% tags=["remove-input"]
fixed = 16 * parameters / 2**20
total = left[-1]
share = items["activations"][-1] / total

# %% [markdown] tags=["zh"]
# 固定的三项共 {{ f"{fixed:.0f}" }} MiB；批量 128 时，激活值一项就有 {{ f"{items['activations'][-1] / 1024:.1f}" }} GiB，占 {{ f"{share:.0%}" }}。2 GB 的卡放不下，而罪魁不是“模型大”，是**批量乘图片**。所以问“这个模型要多少显存”，得先说批量和图片的大小。
#
# 大语言模型正好相反：参数几十亿，每个 16 字节，固定的三项先把卡占满了。两种情形，办法也不同。
#
# 推理呢？在 `torch.no_grad()` 里量一次：

# %% [markdown] tags=["en"]
# The three fixed items are {{ f"{fixed:.0f}" }} MiB together; with batches of 128 the activations alone are {{ f"{items['activations'][-1] / 1024:.1f}" }} GiB, {{ f"{share:.0%}" }} of all. A card of 2 GB does not hold it, and the model is not to blame: **batch times image** is. So "how much memory does this model need?" has no answer until the batch and the images are known.
#
# Large language models are the other way round: billions of parameters at 16 bytes each fill the card with the fixed items. The two cases call for different remedies.
#
# And inference? Measure it under `torch.no_grad()`:

# %%
with torch.no_grad():
    kept, _ = kept_bytes(resnet, torch.rand(2, 3, 224, 224))
print("kept under no_grad:", kept, "bytes")

# %% [markdown] tags=["zh"]
# 一个字节也不存：每层的输出，下一层用完就可以扔。忘了 `no_grad` 的评估会显存不足，病例见[门诊](../clinic/devices.py#out-of-memory)。
#
# 有 GPU 时，用 PyTorch 自己的计数来核对上面的公式：

# %% [markdown] tags=["en"]
# Not a byte: each layer's output can be dropped as soon as the next one has used it. An evaluation without `no_grad` may run out of memory; you find the case in the [clinic](../clinic/devices.py#out-of-memory).
#
# With a GPU, PyTorch's own counter checks the formula:

# %%
def peak_on_gpu(batch):
    """Peak of three training steps in MiB, as PyTorch counts it."""
    model = models.create("resnet18").to("cuda")
    optimizer = torch.optim.Adam(model.parameters())
    x = torch.rand(batch, 3, 224, 224, device="cuda")
    y = torch.zeros(batch, dtype=torch.long, device="cuda")
    torch.cuda.reset_peak_memory_stats()
    for _ in range(3):
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
    return torch.cuda.max_memory_allocated() / 2**20


print(f"a batch of 32 takes {fixed + 32 * A / 2**20:.0f} MiB by the formula")
if torch.cuda.is_available():
    print(f"measured: {peak_on_gpu(32):.0f} MiB")
else:
    print("no GPU here")

# %% [markdown] tags=["zh"]
# 实测通常比公式多一些：反向途中有临时的梯度，卷积算法要工作区。`nvidia-smi` 显示的更多：PyTorch 释放的显存先留着备用，不还给系统。看 `torch.cuda.memory_allocated()`（张量真正占的）和 `torch.cuda.memory_reserved()`（留着的）。`empty_cache()` 把留着没用的还给系统，对自己的程序并没有好处。
#
# ## 显存不足，四种办法 { #out-of-memory }
#
# > torch.OutOfMemoryError: CUDA out of memory.
#
# 看清是哪一项大，再选办法。激活值大：减小批量、混合精度、激活重计算。固定的三项大：换省状态的优化器，或者把它们分到几块卡上。
#
# **减小批量**最简单。又想保住大批量的梯度，就用**梯度累积**：分几次前向和反向，让 `.grad` 自己加起来，最后更新一次。交叉熵对批量求平均，所以每份损失要除以份数：

# %% [markdown] tags=["en"]
# What is measured is usually a little more than the formula says: there are temporary gradients on the way back, and convolutions need space to work in. `nvidia-smi` shows still more: PyTorch keeps what was freed in reserve and does not return it to the system. Look at `torch.cuda.memory_allocated()` (what tensors take) and `torch.cuda.memory_reserved()` (what is held). `empty_cache()` gives the reserve back to the system and does not help your own program.
#
# ## Out of memory: four remedies { #out-of-memory }
#
# > torch.OutOfMemoryError: CUDA out of memory.
#
# See which item is large, then choose a remedy. For activations: a smaller batch, mixed precision, activation checkpointing. For the fixed items: an optimizer with less state, or several cards to share them.
#
# A **smaller batch** is simplest. To keep the gradient of the large batch, use **gradient accumulation**: run the forward and backward passes part by part, let `.grad` add up, and update once. Cross-entropy is a mean over the batch, so each part's loss is divided by the number of parts:

# %%
def gradient(model, x, y, parts=1):
    model.zero_grad()
    for images, labels in zip(x.chunk(parts), y.chunk(parts)):
        (F.cross_entropy(model(images), labels) / parts).backward()
    return torch.cat([p.grad.flatten() for p in model.parameters()])


x, y = torch.randn(64, 1, 28, 28), torch.randint(0, 10, (64,))
for name in ("lenet", "lenet_bn"):
    torch.manual_seed(0)
    model = models.create(name)
    whole, parts = gradient(model, x, y), gradient(model, x, y, parts=4)
    difference = (whole - parts).norm() / whole.norm()
    print(f"{name:9} relative difference of the gradients: {difference.item():.0e}")

# %% [markdown] tags=["zh"]
# LeNet 只差舍入误差。加了批量归一化就**不相同**：每一份用自己的均值和方差，归一化的批量变小了。**有效批量大小**（每份的样本数乘以份数）回来了，批量归一化看到的却仍是小批量。
#
# **混合精度**让激活值用 16 位，见[上一页](precision.py#mixed-precision)。**激活重计算**更激进：前向时只存几个检查点，其余的扔掉；反向走到那里，再从最近的检查点重新算一遍。各存多少？**先猜再看：**

# %% [markdown] tags=["en"]
# For LeNet the gradients differ only by rounding. With batch normalization they are **not the same**: each part uses its own mean and variance, over a smaller batch. The **effective batch size** (samples in a part times number of parts) is that of the large batch, but batch normalization still sees only the small one.
#
# **Mixed precision** keeps activations in 16 bits, see [the page before](precision.py#mixed-precision). **Activation checkpointing** goes further: the forward pass keeps a few checkpoints and drops the rest; when the backward pass needs something that was dropped, it is calculated again from the nearest checkpoint. How much does each method keep? **Guess, then look:**

# %%
from torch.utils.checkpoint import checkpoint


class Checkpointed(nn.Module):
    """Keeps only what goes into its parts: stem, four stages, classifier."""

    def __init__(self, model):
        super().__init__()
        self.parts = nn.ModuleList([*model.features, model.classifier])

    def forward(self, x):
        for part in self.parts:
            x = checkpoint(part, x, use_reentrant=False)
        return x


x = torch.rand(8, 3, 224, 224)
normal, output = kept_bytes(resnet, x)
quarter = kept_bytes(resnet, x[:2])[0]
with torch.autocast("cpu", dtype=torch.bfloat16):
    half = kept_bytes(resnet, x)[0]
recomputing = Checkpointed(resnet)
few, again = kept_bytes(recomputing, x)
assert torch.allclose(output, again, atol=1e-4)

largest, inside = 0, x                               # the part that keeps most
for part in recomputing.parts:
    kept, inside = kept_bytes(part, inside.detach())
    largest = max(largest, kept)

# %% tags=["hide-input"]
import pandas as pd

ways = {"as it is, batch of 8": normal, "batch of 2, four times": quarter, "autocast in bfloat16": half, "checkpointing": few, "checkpointing, and its largest part": few + largest}
shown = {name: [f"{value / 2**20:.0f} MiB", f"{value / normal:.0%}"] for name, value in ways.items()}
pd.DataFrame.from_dict(shown, orient="index", columns=["what is kept", "share"])

# %% [markdown] tags=["zh"]
# 混合精度没有减到一半：权重要另存一份 16 位的副本，归一化的统计量仍是 float32；批量越大，越接近一半。激活重计算一直占着的极少，但反向走到某一段时，这一段要整个重算出来。最大的一段是 ResNet 开头的几层，图还很大，它一段就占了大头。所以**段要分得匀**。
#
# ### 分成几段最好 { #segments }
#
# 64 层一样的网络，分成 $k$ 段，每段 $64/k$ 层。一直占着的是段与段之间的 $k$ 个张量；反向时，还要加上正在重算的那一段。两者之和：

# %% [markdown] tags=["en"]
# Mixed precision does not come down to half: there are 16-bit copies of the weights, and the statistics of normalization remain float32. The larger the batch, the closer it comes to half. Checkpointing keeps very little all the time, but when the backward pass reaches a part, that part is calculated again as a whole. The largest part is among the first layers of the ResNet, where the feature maps are still large, and it takes the lion's share. So **cut the network into even parts**.
#
# ### How many segments are best? { #segments }
#
# Cut a network of 64 equal layers into $k$ segments of $64/k$ layers each. The $k$ tensors between segments are kept all the time; on the way back, the tensors of the segment being recomputed come on top. Here is the sum of the two:

# %%
blocks = [nn.Sequential(nn.Linear(32, 32), nn.Tanh()) for _ in range(64)]
layers = nn.Sequential(*blocks)
x = torch.randn(16, 32)
runs = 0


def count(module, inputs, output):
    global runs
    runs += 1


def segmented(k):
    """Return tensors between segments and in one, and runs of a layer in a step."""
    global runs
    length = 64 // k
    starts = range(0, 64, length)
    cut = nn.ModuleList(nn.Sequential(*layers[i : i + length]) for i in starts)

    def forward(x):
        for segment in cut:
            x = checkpoint(segment, x, use_reentrant=False)
        return x

    chain = nn.Sequential(*cut)
    chain.forward = forward
    start = x.clone().requires_grad_()
    runs = 0
    between, output = kept_bytes(chain, start)
    output.sum().backward()
    ran = runs / 64
    return between / x.nbytes, kept_bytes(cut[0], start)[0] / x.nbytes, ran


handles = [layer.register_forward_hook(count) for layer in layers]
ks = [1, 2, 4, 8, 16, 32, 64]
measured = {k: segmented(k) for k in ks}
for handle in handles:
    handle.remove()

# %% tags=["hide-input"] alt_zh="横轴段数 1 到 64：段间的张量随段数直线上升，最大的一段成反比下降，两者之和在 8 段附近最小。" alt_en="Against 1 to 64 segments: the tensors between segments rise in proportion, the largest segment falls in inverse proportion, and their sum is least near 8."
from dlnotes import figures

figure = figures.lines(
    {
        "kept between segments": [measured[k][0] for k in ks],
        "largest segment": [measured[k][1] for k in ks],
        "together": [measured[k][0] + measured[k][1] for k in ks],
    },
    x=ks,
    xlabel="segments",
    ylabel="tensors (64 = every layer)",
)
figure.axes[0].set(xscale="log", xticks=ks, xticklabels=ks)
figure.axes[0].minorticks_off()
figure

# %% tags=["remove-input"]
best = min(ks, key=lambda k: measured[k][0] + measured[k][1])
least = measured[best][0] + measured[best][1]

# %% [markdown] tags=["zh"]
# 最低点在 {{ best }} 段，$\sqrt{64}$ 处：约 {{ f"{least:.0f}" }} 个张量，而不是 64 个。$n$ 层的网络，$k+n/k$ 在 $k=\sqrt n$ 时最小，内存从 $n$ 降到 $2\sqrt n$。代价也数出来了：每层在一步里跑了 {{ f"{measured[best][2]:.0f}" }} 次前向，而不是 1 次。一次反向约等于两次前向，所以总共多算约三分之一。
#
# ## 内存泄漏：一直涨的那种 { #leak }
#
# 第一个批量就显存不足，是放不下；跑了一小时才不足，多半是**内存泄漏**：有东西用完了没有放手。Python 会自动回收没人引用的对象，所以这样的泄漏，都是因为**还有人引用它**。训练里最常见的：把带着计算图的损失存进列表。评估 20 个批量，看看还有多少字节没有放：

# %% [markdown] tags=["en"]
# The lowest point is at {{ best }} segments, $\sqrt{64}$: about {{ f"{least:.0f}" }} tensors instead of 64. For $n$ layers, $k+n/k$ is least at $k=\sqrt n$, and memory falls from $n$ to $2\sqrt n$. The price was counted too: in one step each layer ran forward {{ f"{measured[best][2]:.0f}" }} times instead of once. A backward pass costs about as much as two forward passes, so a step becomes about a third more work.
#
# ## A memory leak: the kind that keeps growing { #leak }
#
# Running out of memory at the first batch means that the model and batch do not fit. Running out after an hour is usually a **memory leak**: something was used and never released. Python frees what nothing refers to, so such a leak means that **something still refers to it**. The most common leak in training is a list of losses that still have their graphs. Evaluate 20 batches and see how many bytes are still held:

# %%
import weakref

from torch.autograd.graph import saved_tensors_hooks


class Kept:
    """Holds a tensor for autograd; gone as soon as the graph is gone."""

    def __init__(self, tensor):
        self.tensor = tensor.detach()                # or it would hold on to itself


def still_kept(read, batches=20):
    torch.manual_seed(0)
    model, alive, history, sizes = models.create("lenet"), [], [], []

    def pack(tensor):
        kept = Kept(tensor)
        alive.append((weakref.ref(kept), tensor.nbytes))
        return kept

    for _ in range(batches):
        x, y = torch.rand(64, 1, 28, 28), torch.zeros(64, dtype=torch.long)
        with saved_tensors_hooks(pack, lambda kept: kept.tensor):
            loss = F.cross_entropy(model(x), y)
        history.append(read(loss))
        del loss
        held = sum(size for kept, size in alive if kept() is not None)
        sizes.append(held / 2**20)
    return sizes


growth = {
    "loss appended": still_kept(lambda loss: loss),
    "loss.item() appended": still_kept(lambda loss: loss.item()),
}

# %% tags=["hide-input"] alt_zh="横轴评估过的批量数。存下损失的那条线直线上升；存下 loss.item() 的那条一直是 0。" alt_en="Against the number of evaluated batches: with the loss appended the line rises steadily; with loss.item() it stays at 0."
figures.lines(growth, xlabel="evaluated batches", ylabel="MiB still kept")

# %% [markdown] tags=["zh"]
# 每个损失都牵着自己的计算图，图又牵着各层的激活值：20 个批量就占了 {{ f"{growth['loss appended'][-1]:.0f}" }} MiB，每个批量一样多。`.item()` 只取出数，图随即释放。同类的还有：`total += loss`（[门诊](../clinic/bookkeeping.py#sum-keeps-graphs)）、把预测存进列表忘了 `detach()`、在 Jupyter 里出错之后回溯信息还引用着局部变量。
#
# ## 几块 GPU { #several }
#
# **数据并行**：每块卡放一份完整的模型，各算批量的一部分，再把梯度平均，然后各自做同样的更新。除了批量归一化，它与一块大卡上的大批量算出同样的梯度，道理与梯度累积一样：一个在空间上分，一个在时间上分。PyTorch 里用 `DistributedDataParallel`。
#
# 平均梯度的那一步叫做**全归约**：每块卡都有一个张量，做完之后，每块卡都有它们的和。常用的做法是围成一圈：把张量切成 $n$ 块，每步把一块传给右边的邻居。下面用列表扮演 4 块卡：

# %% [markdown] tags=["en"]
# Each loss holds on to its graph, and the graph to the activations of every layer: {{ f"{growth['loss appended'][-1]:.0f}" }} MiB after 20 batches, and every batch adds the same amount. `.item()` takes only the number, and the graph is freed at once. There are more leaks of this kind: `total += loss` (in the [clinic](../clinic/bookkeeping.py#sum-keeps-graphs)), predictions collected without `detach()`, and in Jupyter a traceback that still refers to local variables after an error.
#
# ## Several GPUs { #several }
#
# **Data parallelism**: each card holds a whole copy of the model and works on its share of the batch; gradients are averaged, and every card makes the same update. Apart from batch normalization, the gradient equals that of the large batch on one large card. The reason is the same as with gradient accumulation: one divides the batch in space, the other in time. In PyTorch this is `DistributedDataParallel`.
#
# The step that averages is an **all-reduce**: each card has a tensor, and afterwards each card has the sum of all of them. It is often done in a ring: cut the tensor into $n$ blocks, one for each card, and let each card hand one block to its right neighbour at each step. Here 4 lists play the cards:

# %%
def ring_all_reduce(tensors):
    """Sum over the cards; return what each has, and how many numbers each has sent."""
    n, sent = len(tensors), 0
    cards = [list(tensor.clone().chunk(n)) for tensor in tensors]
    for step in range(2 * (n - 1)):                  # n - 1 steps add, n - 1 copy
        moving = [(card, (card - step) % n) for card in range(n)]
        blocks = [cards[card][block].clone() for card, block in moving]
        for (card, block), values in zip(moving, blocks):
            right = cards[(card + 1) % n]
            right[block] = right[block] + values if step < n - 1 else values
        sent += blocks[0].numel()
    return [torch.cat(card) for card in cards], sent


torch.manual_seed(0)
model = models.create("lenet")
x, y = torch.randn(64, 1, 28, 28), torch.randint(0, 10, (64,))
shares = [gradient(model, *part) for part in zip(x.chunk(4), y.chunk(4))]
length = len(shares[0])
padded = [F.pad(share, (0, -length % 4)) for share in shares]
reduced, sent = ring_all_reduce(padded)
whole = gradient(model, x, y)
for card in reduced:
    torch.testing.assert_close(card[:length] / 4, whole, atol=1e-6, rtol=1e-4)
print(f"sent by each card: {sent:,} numbers, {sent / length:.2f} times the gradient")

# %% [markdown] tags=["zh"]
# 每块卡的结果都与整批的梯度一致。每块卡发出 $2(n-1)/n$ 倍的梯度，卡再多也不到 2 倍：这就是全归约能扩展到几千块卡的原因。每块卡的有效批量大小不变，总的乘以卡数，所以[学习率](learning-rate.py#batch-size)也要重新看。
#
# **模型并行**用在一块卡放不下模型的时候：前几层放在这块卡上，后几层放在那块卡上；或者把每层的权重也切开。它要在层间传激活值，比数据并行麻烦，所以放得下就用数据并行。
#
# ## 常见的坑 { #traps }
#
# !!! warning "显存不足，先换大卡"
#     先看是哪一项。激活值占了九成时，批量减半就省了将近一半。
#
# !!! warning "累积了梯度，忘了除以份数"
#     梯度大了几倍，等于学习率大了几倍。
#
# !!! warning "model.eval() 当成省内存"
#     它不影响 autograd。省内存的是 `torch.no_grad()` 或 `torch.inference_mode()`。
#
# !!! warning "用 nvidia-smi 找泄漏"
#     它显示的是 PyTorch 留着的，不是张量占的。看 `torch.cuda.memory_allocated()` 是不是每步都涨。
#
# ## 面试里会问 { #questions }
#
# ??? question "用 Adam 训练一个有 $7\times10^9$ 个参数的模型，不算激活值，要多少显存？"
#     float32：每个参数 $4+4+8=16$ 字节，共 112 GB。混合精度常见的做法是权重和梯度用 16 位，另留一份 float32 的权重，仍是 16 字节左右。所以单卡放不下，要把优化器状态、梯度、权重分到几块卡上，或者只微调一小部分参数。
#
# ??? question "激活重计算为什么不影响结果？有没有例外？"
#     重算用的是同样的输入和同样的权重，得到同样的激活值。随机的层要小心：暂退法重算时必须用同样的掩码，PyTorch 默认保存并恢复随机数的状态。批量归一化在重算时会再更新一次滑动统计量。
#
# ## 练习 { #exercises }
#
# **1.** 一个网络有 $25\times10^6$ 个参数，float32，优化器是 Adam。不算激活值，训练要多少 MB（1 MB = 1,000,000 字节）？换成不带动量的 SGD 呢？
#
# ??? success "答案"
#     Adam：$25\times10^6\times16=4\times10^8$ 字节，即 400 MB。SGD 没有状态：$25\times10^6\times8=2\times10^8$，即 200 MB。
#
# **2.** 固定的三项共 400 MB，每张图片的激活值 25 MB，卡上有 8,000 MB 可用。批量最大能取多少？
#
# ??? success "答案"
#     $(8000-400)/25=304$。实际要留余地给临时的张量，常取 256。
#
# **3.** 100 层一样的网络用激活重计算，分成几段时，存下的张量最少？最少是几个（按 $k+100/k$ 算）？
#
# ??? success "答案"
#     $k=\sqrt{100}=10$，共 $10+10=20$ 个。
#
# **4.** 8 块卡做环形的全归约，梯度有 $4\times10^7$ 个数。每块卡要发出多少个数？
#
# ??? success "答案"
#     $2\times\frac78\times4\times10^7$，即 70,000,000 个。
#
# **5.** 训练循环里记了 `best_logits = logits`，显存因此多占了多少？怎样改？
#
# ??? success "答案"
#     `logits` 带着这个批量的整张计算图。反向之后，图里存的激活值大多已释放，但没有反向的批量（例如评估时）会全部留住，直到 `best_logits` 换成别的。写 `logits.detach()`，要长久保存就再加 `.cpu()`。
#
# ## 参考文献 { #references }
#
# - T. Chen 等. [Training deep nets with sublinear memory cost](https://arxiv.org/abs/1604.06174). 2016.
# - P. Patarasuk, X. Yuan. [Bandwidth optimal all-reduce algorithms for clusters of workstations](https://doi.org/10.1016/j.jpdc.2008.09.002). JPDC, 2009.
# - S. Rajbhandari 等. [ZeRO: memory optimizations toward training trillion parameter models](https://arxiv.org/abs/1910.02054). SC, 2020.
# - [torch.utils.checkpoint](https://docs.pytorch.org/docs/stable/checkpoint.html)，PyTorch 文档。

# %% [markdown] tags=["en"]
# All four cards agree with the gradient of the whole batch. Each has sent $2(n-1)/n$ times the size of the gradient. That is less than 2 times, however many cards there are, so an all-reduce scales to thousands of cards. If each card keeps its batch size, the effective one is multiplied by the number of cards, so look at the [learning rate](learning-rate.py#batch-size) again.
#
# **Model parallelism** is for models that one card cannot hold: the first layers live on one card and the others on the next, or even the weights of one layer are divided. Activations must then travel between cards, which is more trouble than data parallelism. Where the model fits, divide the data.
#
# ## Traps { #traps }
#
# !!! warning "Out of memory, so buy a larger card"
#     First see which item it is. Where activations are nine tenths, half the batch saves almost half.
#
# !!! warning "Accumulating without dividing by the number of parts"
#     The gradient is several times too large, much as if the learning rate were.
#
# !!! warning "model.eval() to save memory"
#     It does not change what autograd records. `torch.no_grad()` and `torch.inference_mode()` save memory.
#
# !!! warning "Hunting a leak with nvidia-smi"
#     It shows what PyTorch holds in reserve, and not what tensors take. See whether `torch.cuda.memory_allocated()` grows at each step.
#
# ## Asked in interviews { #questions }
#
# ??? question "Training a model of $7\times10^9$ parameters with Adam: how much memory without activations?"
#     In float32 it takes $4+4+8=16$ bytes per parameter, 112 GB. Mixed precision commonly keeps 16-bit weights and gradients beside float32 weights and comes to about 16 bytes again. One card does not hold it; spread optimizer state, gradients and weights over several, or fine-tune a small part of the parameters.
#
# ??? question "Why does activation checkpointing leave results unchanged, and are there exceptions?"
#     It repeats the calculation from the same inputs with the same weights, and gets the same activations. Random layers need care: dropout must use the same mask again, and PyTorch saves and restores the state of the generator by default. Batch normalization is an exception: it updates its running statistics a second time.
#
# ## Exercises { #exercises }
#
# **1.** A network has $25\times10^6$ parameters in float32 and is trained with Adam. How many MB (1 MB = 1,000,000 bytes) without activations? And with SGD without momentum?
#
# ??? success "Answer"
#     Adam: $25\times10^6\times16=4\times10^8$ bytes, 400 MB. SGD has no state: $25\times10^6\times8=2\times10^8$, 200 MB.
#
# **2.** The fixed items take 400 MB, the activations of an image 25 MB, and the card has 8,000 MB available. What is the largest batch?
#
# ??? success "Answer"
#     $(8000-400)/25=304$. Leave room for temporary tensors; 256 is a usual choice.
#
# **3.** A network of 100 equal layers uses activation checkpointing. With how many segments are the fewest tensors kept, and how many are they (by $k+100/k$)?
#
# ??? success "Answer"
#     $k=\sqrt{100}=10$, and $10+10=20$ tensors.
#
# **4.** 8 cards do a ring all-reduce of a gradient of $4\times10^7$ numbers. How many numbers does each card send?
#
# ??? success "Answer"
#     $2\times\frac78\times4\times10^7$, which is 70,000,000.
#
# **5.** A training loop keeps `best_logits = logits`. How much memory does that hold, and how do you mend it?
#
# ??? success "Answer"
#     `logits` holds the whole graph of its batch. After a backward pass most of the activations in it are freed. Without one (in evaluation, for example) all of them stay until `best_logits` is replaced. Write `logits.detach()`, and to keep it for long add `.cpu()`.
#
# ## References { #references }
#
# - T. Chen et al. [Training deep nets with sublinear memory cost](https://arxiv.org/abs/1604.06174). 2016.
# - P. Patarasuk, X. Yuan. [Bandwidth optimal all-reduce algorithms for clusters of workstations](https://doi.org/10.1016/j.jpdc.2008.09.002). JPDC, 2009.
# - S. Rajbhandari et al. [ZeRO: memory optimizations toward training trillion parameter models](https://arxiv.org/abs/1910.02054). SC, 2020.
# - [torch.utils.checkpoint](https://docs.pytorch.org/docs/stable/checkpoint.html), PyTorch documentation.
