# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "同样的输入和输出形状，参数可以差 9 倍：填充、步幅、膨胀、分组、1×1 卷积与深度可分离卷积，各读哪些格子，各花多少乘加，实测多少毫秒。"
#       en: "Equal input and output shapes, and a ninefold difference in parameters: padding, stride, dilation, groups, 1×1 and depthwise separable convolution, what each reads, its multiply-adds and its milliseconds."
#     covers: [T-12, T-18, N-37, E-65]
#     labels:
#       "Conv {}×{}": "卷积 {}×{}"
#       "Conv {}×{}, dilation {}": "卷积 {}×{}，膨胀率 {}"
#       "Conv {}×{}, groups {}": "卷积 {}×{}，分 {} 组"
#       depthwise separable: 深度可分离卷积
#       "dilation {}": "膨胀率 {}"
#       "dilations {}, {}, {}": "膨胀率 {}、{}、{}"
#       "groups {}": "{} 组"
#       input channel: 输入通道
#       "MACs, Conv {}×{} = {}": "乘加，卷积 {}×{} = {}"
#       "time, Conv {}×{} = {}": "时间，卷积 {}×{} = {}"
#       output channel: 输出通道
#       zeros: zeros
#       reflect: reflect
#       replicate: replicate
#       circular: circular
#       share never read: 从未读到的比例
#       "kernel {}": "核 {}"
#       by the formula: 按公式
# ---

# %% [markdown] tags=["zh"]
# # 通道、填充、步幅、膨胀、分组 { #channels }
#
# 下面 5 种层都把 $64\times32\times32$ 的输入变成 $128\times32\times32$ 的输出。**先猜：参数最多的与最少的差几倍？哪几种看得一样远？**

# %% [markdown] tags=["en"]
# # Channels, padding, stride, dilation, groups { #channels }
#
# The 5 layers below all turn an input of $64\times32\times32$ into an output of $128\times32\times32$. **Guess: how many times the parameters of the smallest has the largest, and which see equally far?**

# %% tags=["hide-input"]
import pandas as pd
import torch
from torch import nn

from dlnotes import summary

five = {
    "Conv 3×3": nn.Conv2d(64, 128, 3, padding=1),
    "Conv 3×3, dilation 2": nn.Conv2d(64, 128, 3, padding=2, dilation=2),
    "Conv 3×3, groups 4": nn.Conv2d(64, 128, 3, padding=1, groups=4),
    "depthwise separable": nn.Sequential(
        nn.Conv2d(64, 64, 3, padding=1, groups=64), nn.Conv2d(64, 128, 1)
    ),
    "Conv 1×1": nn.Conv2d(64, 128, 1),
}
ledgers = {name: summary.trace(layer, (64, 32, 32)) for name, layer in five.items()}
pd.DataFrame(
    {
        "parameters": [f"{ledger.parameters:,}" for ledger in ledgers.values()],
        "MACs": [f"{ledger.macs:,}" for ledger in ledgers.values()],
        "receptive field": [
            ledger.rows[-1].receptive_field for ledger in ledgers.values()
        ],
    },
    index=list(five),
)

# %% tags=["remove-input"]
full, separable, pointwise = (
    ledgers[name] for name in ("Conv 3×3", "depthwise separable", "Conv 1×1")
)

# %% [markdown] tags=["zh"]
# 最多的是最少的 {{ f"{full.parameters / pointwise.parameters:.1f}" }} 倍。膨胀不花一个参数就看到 $5\times5$；深度可分离卷积看得和普通的 $3\times3$ 一样远，参数却只有 {{ f"{separable.parameters / full.parameters:.0%}" }}。这些差别都来自同一个公式里的几个字母。
#
# ## 公式与账 { #formula }
#
# $$ y_{o,u,v} = b_o + \sum_{c\,\in\,G(o)}\sum_{i,j} w_{o,c,i,j}\; x_{c,\;us+id-p,\;vs+jd-p} $$
#
# 其中 $x$ 是输入，$y$ 是输出，$w$ 是权重，$b$ 是偏置；$o$、$c$ 是输出和输入通道，$u,v$ 是输出的位置，$i,j$ 是核内的位置；$s$ 是步幅，$p$ 是填充，$d$ 是膨胀率；$G(o)$ 是与输出通道 $o$ 同组的输入通道，共 $C/g$ 个，$C$ 是输入通道数，$g$ 是组数。
#
# 计算量以**乘加运算**（MAC）计：乘一次，加进总和，算一次。于是参数和 MAC 都数得出来，$O$ 是输出通道数，$k$ 是核的边长，$H',W'$ 是输出的高和宽：
#
# $$ \text{参数} = O\,\frac{C}{g}\,k^2 + O \qquad\qquad \text{乘加} = H'W'\,O\,\frac{C}{g}\,k^2 $$
#
# 注意谁不在公式里：参数与图像大小、步幅、填充、膨胀率都无关。乘加与图像大小有关，所以网络前几层参数很少，却往往最费时间。
#
# ## 一个输出读哪些格子 { #what-is-read }
#
# 不靠想象，靠测量：把核全设为 1，对**一个**输出求梯度，梯度不为 0 的输入格子就是它读的。下图给相邻的两个输出各涂一种颜色：

# %% [markdown] tags=["en"]
# The largest has {{ f"{full.parameters / pointwise.parameters:.1f}" }} times the parameters of the smallest. Dilation sees $5\times5$ without one parameter more; the depthwise separable one sees as far as the plain $3\times3$ with {{ f"{separable.parameters / full.parameters:.0%}" }} of its parameters. A few letters of one formula make all these differences.
#
# ## The formula and the bill { #formula }
#
# $$ y_{o,u,v} = b_o + \sum_{c\,\in\,G(o)}\sum_{i,j} w_{o,c,i,j}\; x_{c,\;us+id-p,\;vs+jd-p} $$
#
# where $x$ is the input, $y$ the output, $w$ the weights and $b$ the bias; $o$ and $c$ are output and input channels, $u,v$ a position in the output, $i,j$ a position in the kernel; $s$ is the stride, $p$ the padding and $d$ the dilation; $G(o)$ are the input channels in the group of output channel $o$, $C/g$ of them, with $C$ input channels and $g$ groups.
#
# Work is counted in **multiply-accumulate operations** (MACs): one product, added to a running sum. So parameters and MACs can both be counted, with $O$ output channels, a kernel of side $k$ and an output of $H',W'$ rows and columns:
#
# $$ \text{parameters} = O\,\frac{C}{g}\,k^2 + O \qquad\qquad \text{MACs} = H'W'\,O\,\frac{C}{g}\,k^2 $$
#
# Note what is missing: parameters depend neither on the size of the image nor on stride, padding or dilation. MACs do depend on the size, so the first layers of a network have few parameters and often take most of the time.
#
# ## Which cells one output reads { #what-is-read }
#
# Measure it instead of imagining it: set all weights to 1 and take the gradient of **one** output. Input cells with a gradient other than 0 are those it reads. Two neighbouring outputs, a colour for each:


# %%
def ones(*args, **options):
    """A convolution without bias whose weights are all 1, so that no gradient cancels."""
    layer = nn.Conv2d(*args, bias=False, **options)
    nn.init.ones_(layer.weight)
    return layer


def reads(network, size, row, column):
    """Return the gradient of one output by each of size × size input cells."""
    image = torch.ones(1, 1, size, size, requires_grad=True)
    network(image)[0, 0, row, column].backward()
    return image.grad[0, 0]


def neighbours(network, size=9):
    return torch.stack([reads(network, size, 0, 0), reads(network, size, 0, 1)])


panels = {
    "stride 1": neighbours(ones(1, 1, 3)),
    "padding 1": neighbours(ones(1, 1, 3)),
    "stride 2": neighbours(ones(1, 1, 3, stride=2)),
    "dilation 2": neighbours(ones(1, 1, 3, dilation=2)),
}

# %% tags=["hide-input"] alt_zh="四个 9×9 的格子图，各涂两个相邻输出读到的格子。步幅 1：两个 3×3 的窗口，错开一格，大半重叠。填充 1：粗框里是 7×7 的图像，窗口从框外一格开始。步幅 2：两个窗口错开两格，只重叠一列。膨胀率 2：窗口隔一格取一个，两个输出的格子互相穿插，没有重叠。" alt_en="Four grids of 9×9 with the cells that two neighbouring outputs read. Stride 1: two windows of 3×3, one cell apart, mostly overlapping. Padding 1: a frame marks the image of 7×7, and the window starts one cell outside it. Stride 2: windows two cells apart share one column. Dilation 2: every other cell is taken, and the two interleave without overlap."
from dlnotes import figures

figures.cells(panels, outlines={"padding 1": [(1, 1, 7, 7)]})

# %% [markdown] tags=["zh"]
# - **填充**在图像外面加一圈，窗口可以从框外开始。`padding=0` 的意思是“不加边”，与“跳不跳格”无关；跳格的是步幅。
# - **步幅**是窗口每次移动的格数。步幅 2 的结果，就是步幅 1 的结果隔行隔列取一个，只是不算那些要扔掉的。
# - **膨胀率**把核的格子拉开，$k$ 个权重跨过 $d(k-1)+1$ 格，权重的个数不变。
#
# ## 步幅：有的像素从来没人读 { #stride }
#
# 步幅变大，会不会有像素被漏掉？对**全部**输出求梯度，数一数还是 0 的格子。**先猜：$1\times1$ 的核、步幅 2，漏掉几成？$3\times3$ 的核呢？**

# %% [markdown] tags=["en"]
# - **Padding** adds a border outside the image, and the window may start there. `padding=0` means that no border is added and says nothing about skipping cells; that is the stride's business.
# - **Stride** is how many cells the window moves at a time. The result of stride 2 is that of stride 1 with every other row and column taken; what would be thrown away is not computed.
# - **Dilation** pulls the kernel apart: $k$ weights span $d(k-1)+1$ cells, and there are no more weights than before.
#
# ## Stride: pixels that nobody reads { #stride }
#
# Does a larger stride miss pixels? Take the gradient of **all** outputs and count the cells that still have 0. **Guess: with a $1\times1$ kernel and stride 2, what share is missed? And with $3\times3$?**


# %%
def unread(network, size):
    image = torch.ones(1, 1, size, size, requires_grad=True)
    network(image).sum().backward()
    return float((image.grad == 0).float().mean())


sizes, kernel_sizes = (8, 9), (1, 2, 3)
missed = {
    (k, size): unread(ones(1, 1, k, stride=2), size)
    for k in kernel_sizes
    for size in sizes
}
picture = torch.randn(1, 1, 9, 9, dtype=torch.float64)
every, second = (ones(1, 1, 3, stride=s).double()(picture) for s in (1, 2))
subsampled_gap = (second - every[:, :, ::2, ::2]).abs().max().item()
pd.DataFrame(
    [[f"{missed[k, size]:.0%}" for size in sizes] for k in kernel_sizes],
    index=[f"kernel {k}" for k in kernel_sizes],
    columns=[f"input {size}×{size}" for size in sizes],
)

# %% [markdown] tags=["zh"]
# $1\times1$ 的核配步幅 2，偶数的边长漏掉四分之三：一行里隔一个读一个，一列里也是。ResNet 的捷径就是这样下采样的，那些像素的信息只能从另一条路走。$3\times3$ 的核在 9 格上一个不漏，在 8 格上却漏了 {{ f"{missed[3, 8]:.0%}" }}：除不尽，尺寸公式[向下取整](convolution.py#size)，最后一行和一列就没人读了。填充 1 可以补上。
#
# 顺便验证上面那句话：步幅 2 的输出，与步幅 1 的输出隔行隔列取一个，最大的差是 {{ f"{subsampled_gap:.0g}" }}。
#
# ## 空洞卷积：看得远，看得稀 { #dilation }
#
# 叠 3 层 $3\times3$，膨胀率都是 2，感受野是 $13\times13$。膨胀率改成 1、2、3，感受野也是 $13\times13$。**它们读到的格子一样多吗？**

# %% [markdown] tags=["en"]
# A $1\times1$ kernel with stride 2 misses three quarters of an even side: it reads every other pixel of a row, and every other row. The shortcuts of ResNet downsample in this way, and what those pixels say must go by the other path. A $3\times3$ kernel misses nothing on 9 cells and {{ f"{missed[3, 8]:.0%}" }} on 8: the division has a remainder, the size formula [rounds down](convolution.py#size), and nobody reads the last row and column. Padding 1 mends that.
#
# As to what was said above: between the output of stride 2 and that of stride 1 at every other row and column, the largest difference is {{ f"{subsampled_gap:.0g}" }}.
#
# ## Dilation: far, and full of holes { #dilation }
#
# Stack 3 layers of $3\times3$ with dilation 2 each, and the receptive field is $13\times13$. With dilations 1, 2 and 3 it is $13\times13$ as well. **Do they read equally many cells?**


# %%
def dilated(*rates):
    return nn.Sequential(*[ones(1, 1, 3, dilation=rate) for rate in rates])


fields = {
    f"dilations {', '.join(map(str, rates))}": reads(dilated(*rates), 15, 1, 1)
    for rates in ((2, 2, 2), (1, 2, 3))
}
read_cells = [int((field > 0).sum()) for field in fields.values()]

# %% tags=["hide-input"] alt_zh="左：膨胀率都是 2，只读到隔行隔列的格子，像一张网，中间的颜色深。右：膨胀率 1、2、3，13×13 的方块里每一格都读到，中间深，四周浅。" alt_en="Left, dilation 2 thrice: only every other row and column is read, like a net, strongest in the middle. Right, dilations 1, 2 and 3: every cell of a 13×13 square is read, strong in the middle and pale outside."
figures.cells(fields)

# %% [markdown] tags=["zh"]
# 左边只读到 {{ read_cells[0] }} 格，右边读到 {{ read_cells[1] }} 格。膨胀率有公因数时，网眼对着网眼，永远漏掉同样的像素，这叫网格效应。感受野的大小是一个外框，框里有没有洞要另外量。颜色的深浅是有多少条路通到那一格，[下一页](receptive-field.py)接着说。
#
# ## 填充的四种方式 { #padding-modes }
#
# 图像外面该是什么？`padding_mode` 有四种选择，每种都是一句“图像外面看着像……”：
#
# ```python
# --8<-- "dlnotes/layers/padding.py:pad"
# ```
#
# 做个实验。一张**处处相等**的图片，通过 3 层随机的 $3\times3$ 卷积（填充 1，tanh）。窗口处处相同，权重处处相同，**输出也该处处相等吗？**

# %% [markdown] tags=["en"]
# On the left {{ read_cells[0] }} cells are read, on the right {{ read_cells[1] }}. Where dilations share a factor, hole falls on hole and the same pixels are missed for ever; this is called gridding. The receptive field is only an outer frame, and whether it has holes is another measurement. The shades tell how many paths lead to a cell, which the [next page](receptive-field.py) takes up.
#
# ## Four ways to pad { #padding-modes }
#
# What lies outside an image? `padding_mode` offers four answers, each a statement about what the world beyond looks like:
#
# ```python
# --8<-- "dlnotes/layers/padding.py:pad"
# ```
#
# An experiment: send an image that is **equal everywhere** through 3 layers of random $3\times3$ convolution, with padding 1 and tanh. All windows are alike and so are all weights. **Is the output equal everywhere too?**


# %%
def deviation(mode, depth=3, size=15):
    """Return by how much each position differs from the centre, for a constant image."""
    torch.manual_seed(0)
    pairs = [
        (nn.Conv2d(4, 4, 3, padding=1, padding_mode=mode), nn.Tanh())
        for _ in range(depth)
    ]
    with torch.no_grad():
        output = nn.Sequential(*[layer for pair in pairs for layer in pair])(
            torch.ones(1, 4, size, size)
        )[0]
    difference = (output - output[:, size // 2, size // 2, None, None]).abs().amax(0)
    return difference * (difference > 1e-6)


modes = {
    mode: deviation(mode) for mode in ("zeros", "reflect", "replicate", "circular")
}
ring = int((modes["zeros"][7] > 0).sum()) // 2

# %% tags=["hide-input"] alt_zh="四种填充方式的输出与中心之差：zeros 在四周有一圈三格宽的差别，角上最深；其余三种一片空白。" alt_en="By how much the output differs from its centre under four paddings: zeros leaves a ring of three cells, strongest at the corners; the other three are blank."
figures.cells(modes)

# %% [markdown] tags=["zh"]
# 只有补零的输出不相等，四周有一圈 {{ ring }} 格宽的印子：每过一层，边上的“假像素”就往里传一格。这是坏事，也是好事：
#
# - 坏处是边缘的数值被冲淡，见[上一页](convolution.py#border)。
# - 好处是网络因此能知道**自己离边有多远**。另外三种填充在这张图上什么也不透露。所以“卷积不知道位置”只在没有补零时才成立。
#
# `reflect` 是**镜像填充**：照着边上的像素往外翻，边外的样子与边内相像，适合照片；`circular` 适合全景图和周期信号；`replicate` 只重复边上那一个像素。分类网络大都补零：便宜，也够用。
#
# ## 多个通道：各算各的，再相加 { #several-channels }
#
# 权重的形状是 $(O, C/g, k, k)$。一个输出通道对应**一组**核，每个输入通道一个，结果相加，再加一个偏置。有几个输出通道，就能找几种特征。验证一下“相加”：

# %% [markdown] tags=["en"]
# Zeros alone leave a mark, a ring of {{ ring }} cells: with each layer the made-up pixels reach one cell further in. That is bad, and it is good:
#
# - Bad: values near the border are diluted, see the [page before](convolution.py#border).
# - Good: this is how a network can know **how far it is from the border**. The other three give nothing away here. That convolution knows nothing of positions is true only without padding by zeros.
#
# `reflect` is **reflection padding**: the pixels inside the edge are mirrored outwards, so that the world beyond looks like the world within, which suits photographs. `circular` suits panoramas and periodic signals, and `replicate` repeats the outermost pixel. Most classifiers pad with zeros: cheap, and good enough.
#
# ## Several channels: each by itself, then added { #several-channels }
#
# The weight has shape $(O, C/g, k, k)$. An output channel owns **a set** of kernels, one for each input channel; their results are added up, then the bias. As many output channels, as many kinds of features. Check the adding:

# %%
from dlnotes import layers

torch.manual_seed(0)
colour, weight = (
    torch.randn(1, 3, 12, 12, dtype=torch.float64),
    torch.randn(5, 3, 3, 3, dtype=torch.float64),
)
at_once = layers.conv2d(colour, weight)
one_by_one = sum(
    layers.conv2d(colour[:, c : c + 1], weight[:, c : c + 1]) for c in range(3)
)
adding_gap = float((at_once - one_by_one).abs().max())
print(
    tuple(weight.shape),
    "→",
    tuple(at_once.shape),
    f"largest difference {adding_gap:.0g}",
)

# %% [markdown] tags=["zh"]
# 5 个输出通道，3 个输入通道，一共 $5\times3$ 个 $3\times3$ 的核。从零写的 [`conv2d`](convolution.py#vectorised) 认得上面公式里的每个字母。把填充方式、步幅、膨胀率、组数两两搭配，与 `nn.Conv2d` 比一比：

# %% [markdown] tags=["en"]
# With 5 output and 3 input channels there are $5\times3$ kernels of $3\times3$. The [`conv2d`](convolution.py#vectorised) from scratch knows every letter of the formula above. Compare it with `nn.Conv2d` over all combinations of padding mode, stride, dilation and groups:

# %%
from itertools import product

settings = list(
    product(("zeros", "reflect", "replicate", "circular"), (1, 2), (1, 2), (1, 2, 4))
)
gaps = []
for mode, stride, dilation, groups in settings:
    options = dict(
        stride=stride,
        padding=2,
        dilation=dilation,
        groups=groups,
        padding_mode=mode,
        dtype=torch.float64,
    )
    ours, theirs = layers.Conv2d(4, 8, 3, **options), nn.Conv2d(4, 8, 3, **options)
    ours.load_state_dict(theirs.state_dict())
    sample = torch.randn(2, 4, 9, 8, dtype=torch.float64)
    gaps.append((ours(sample) - theirs(sample)).abs().max().item())
print(f"{len(settings)} settings, largest difference {max(gaps):.0e}")

# %% [markdown] tags=["zh"]
# ## 1×1 卷积：每个像素一个全连接 { #one-by-one }
#
# $k=1$ 时没有邻居，只剩下 $\sum_c w_{o,c}\,x_{c,u,v}$：每个位置上，同一个矩阵乘以那里的通道向量。它是不是就等于 `nn.Linear`？

# %% [markdown] tags=["en"]
# ## 1×1 convolution: one fully connected layer per pixel { #one-by-one }
#
# With $k=1$ there are no neighbours and $\sum_c w_{o,c}\,x_{c,u,v}$ is left: at each position the same matrix times the vector of channels there. Is it just `nn.Linear`?

# %%
point = nn.Conv2d(64, 16, 1).double()
linear = nn.Linear(64, 16).double()
with torch.no_grad():
    linear.weight.copy_(point.weight[:, :, 0, 0]), linear.bias.copy_(point.bias)
    maps = torch.randn(2, 64, 8, 8, dtype=torch.float64)
    point_gap = float(
        (point(maps) - linear(maps.movedim(1, -1)).movedim(-1, 1)).abs().max()
    )

wide = summary.trace(nn.Conv2d(256, 256, 3, padding=1, bias=False), (256, 14, 14))
bottleneck = summary.trace(
    nn.Sequential(
        nn.Conv2d(256, 64, 1, bias=False),
        nn.ReLU(),
        nn.Conv2d(64, 64, 3, padding=1, bias=False),
        nn.ReLU(),
        nn.Conv2d(64, 256, 1, bias=False),
    ),
    (256, 14, 14),
)
print(f"1×1 against Linear: {point_gap:.0g}")
print(
    f"3×3 at 256 channels: {wide.parameters:,} weights; 1×1 → 3×3 → 1×1 by way of 64: {bottleneck.parameters:,}"
)

# %% [markdown] tags=["zh"]
# 最大的差是 {{ f"{point_gap:.0g}" }}：就是它。用处有三个：换通道数，混合通道，以及省钱。先用 $1\times1$ 把 256 个通道压到 64，在窄处做 $3\times3$，再放回 256，权重只有直接做的 {{ f"{bottleneck.parameters / wide.parameters:.0%}" }}；ResNet-50 的瓶颈结构就是这样。$1\times1$ 卷积由 [NiN](../models/nin.py)（2013）推广开来；[VGG 只有配置 C 用到它](../clinic/statements.py#who-invented-what)。
#
# ## 分组：互不往来 { #groups }
#
# **分组卷积** `groups=g` 把输入通道和输出通道各分成 $g$ 份，第几份只看第几份。同样用梯度来量：哪个输出通道读哪个输入通道？

# %% [markdown] tags=["en"]
# The largest difference is {{ f"{point_gap:.0g}" }}: so it is. It has three uses: to change the number of channels, to mix them, and to save. Squeeze 256 channels to 64 by $1\times1$, do the $3\times3$ in the narrow part, and go back to 256: that has {{ f"{bottleneck.parameters / wide.parameters:.0%}" }} of the weights of doing it directly, and is the bottleneck block of ResNet-50. [NiN](../models/nin.py) (2013) made $1\times1$ convolution popular; of the VGG nets [only configuration C has it](../clinic/statements.py#who-invented-what).
#
# ## Groups: strangers to each other { #groups }
#
# **Grouped convolution**, `groups=g`, cuts input and output channels into $g$ parts each, and each part sees its own counterpart only. Gradients tell again: which output channel reads which input channel?


# %%
def channel_reads(network, channels=8):
    image = torch.ones(1, channels, 5, 5)
    return (
        torch.autograd.functional.jacobian(lambda x: network(x).sum((0, 2, 3)), image)
        .sum((1, 3, 4))
        .detach()
    )


masks = {f"groups {g}": channel_reads(ones(8, 8, 3, groups=g)) for g in (1, 2, 4, 8)}
weights = {g: tuple(nn.Conv2d(8, 8, 3, groups=g).weight.shape) for g in (1, 2, 4, 8)}

# %% tags=["hide-input"] alt_zh="四个 8×8 的格子图，行是输出通道，列是输入通道。1 组：全部涂满。2 组：对角线上两个 4×4 的方块。4 组：四个 2×2 的方块。8 组：只剩对角线。" alt_en="Four grids of 8×8, rows for output channels, columns for input channels. 1 group: all filled. 2 groups: two 4×4 blocks on the diagonal. 4 groups: four 2×2 blocks. 8 groups: the diagonal alone."
figure = figures.cells(masks)
for axes in figure.axes:
    axes.set_xlabel("input channel")
figure.axes[0].set_ylabel("output channel")
figure.set_size_inches(6.4, 2.2)
figure

# %% [markdown] tags=["zh"]
# 权重从 {{ "×".join(map(str, weights[1])) }} 变成 {{ "×".join(map(str, weights[2])) }}、{{ "×".join(map(str, weights[4])) }}、{{ "×".join(map(str, weights[8])) }}：参数和乘加都是原来的 $1/g$。代价是组与组之间不通消息；只叠分组卷积，叠多少层都不通。
#
# 分到头，$g=C$，就是**逐通道卷积**：每个通道自己滤一遍，完全不混合。后面接一个 $1\times1$ 卷积专管混合，就成了**深度可分离卷积**，[MobileNet](../models/after-resnet.py#mobilenet) 的基本零件。它与普通卷积的乘加之比：
#
# $$ \frac{H'W'\,(Ck^2 + CO)}{H'W'\,O\,C\,k^2} = \frac1O+\frac1{k^2} $$
#
# 开头的例子里 $O=128$、$k=3$，公式给出 {{ f"{1 / 128 + 1 / 9:.4f}" }}，账本给出 {{ f"{separable.macs / full.macs:.4f}" }}。
#
# ## 乘加不是毫秒 { #milliseconds }
#
# 乘加少了这么多，时间也少这么多吗？**先猜，再看**这台机器单线程实测的时间（16 张图，取最快的一次）：

# %% [markdown] tags=["en"]
# The weight goes from {{ "×".join(map(str, weights[1])) }} to {{ "×".join(map(str, weights[2])) }}, {{ "×".join(map(str, weights[4])) }} and {{ "×".join(map(str, weights[8])) }}: parameters and MACs fall to $1/g$. The price is that groups hear nothing of each other, and however many grouped layers are stacked, they never will.
#
# At the extreme, $g=C$, stands **depthwise convolution**: each channel is filtered by itself and nothing is mixed. Put a $1\times1$ convolution behind it for the mixing, and you have **depthwise separable convolution**, the building block of [MobileNet](../models/after-resnet.py#mobilenet). Its MACs over those of the plain one:
#
# $$ \frac{H'W'\,(Ck^2 + CO)}{H'W'\,O\,C\,k^2} = \frac1O+\frac1{k^2} $$
#
# At the top, $O=128$ and $k=3$: the formula gives {{ f"{1 / 128 + 1 / 9:.4f}" }}, the ledger {{ f"{separable.macs / full.macs:.4f}" }}.
#
# ## MACs are not milliseconds { #milliseconds }
#
# So many fewer MACs: is the time shorter by as much? **Guess, then look** at what one thread of this machine took for 16 images, best of several runs:

# %%
import time


@torch.inference_mode()
def fastest(layer, images, repeats=6):
    """Return the seconds of the fastest of several runs."""
    layer(images)
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        layer(images)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


images = torch.randn(16, 64, 32, 32)
seconds = {name: fastest(layer, images) for name, layer in five.items()}

# %% tags=["hide-input"]
base = seconds["Conv 3×3"]
pd.DataFrame(
    {
        "time (ms)": [f"{value * 1e3:.1f}" for value in seconds.values()],
        "MACs, Conv 3×3 = 1": [
            f"{ledger.macs / full.macs:.2f}" for ledger in ledgers.values()
        ],
        "time, Conv 3×3 = 1": [f"{value / base:.2f}" for value in seconds.values()],
    },
    index=list(five),
)

# %% tags=["remove-input"]
mac_ratio, time_ratio = (
    separable.macs / full.macs,
    seconds["depthwise separable"] / base,
)

# %% [markdown] tags=["zh"]
# 深度可分离卷积的乘加是普通 $3\times3$ 的 {{ f"{mac_ratio:.0%}" }}，时间是 {{ f"{time_ratio:.0%}" }}。逐通道那一步，每个输出只做 9 次乘加，处理器多半在等内存；普通卷积读进来的每个数要用上千次，能吃满算力。所以乘加只是估计，要知道快多少，就得在用它的机器上量；换到 GPU 上又是另一个比值。
#
# ## 常见的坑 { #traps }
#
# !!! warning "灰度图是“一维的”"
#     灰度图是**一个通道**，张量仍是 $(N,1,H,W)$。少了通道这一维，`nn.Conv2d` 会把整个批量当成一张图的通道；[少了批量轴](../clinic/shapes.py#picture-without-batch)、[通道排在最后](../clinic/shapes.py#channels-last)，门诊里都有。
#
# !!! warning "膨胀之后还用 $p=1$"
#     想让 $3\times3$、膨胀率 $d$ 的卷积保持尺寸，要填充 $p=d$；一般是 $p=d(k-1)/2$；$k$ 为[偶数时不成立](../clinic/convolution.py#even-kernel-same-size)。
#
# !!! warning "F.pad 的顺序"
#     从最后一维开始数，顺序是 `(left, right, top, bottom)`，即左、右、上、下。写成上下在前，不报错，只是填错了边。
#
# !!! warning "把 MAC 和 FLOP 混着比"
#     一次乘加约是两次浮点运算。论文里两种写法都有，比较之前先看清数的是哪一种；本站一律数乘加。
#
# !!! warning "组数除不尽通道数"
#     $g$ 必须同时整除 $C$ 和 $O$，torch 和我们的层都会拒绝：

# %% [markdown] tags=["en"]
# The depthwise separable layer takes {{ f"{mac_ratio:.0%}" }} of the MACs of the plain $3\times3$ and {{ f"{time_ratio:.0%}" }} of its time. Its depthwise step does 9 MACs for each output and mostly waits for memory; the plain layer uses each number that it reads over a thousand times and keeps the processor busy. So MACs are an estimate. To know how much faster a layer is, measure it on the machine that will run it; on a GPU the ratio is yet another.
#
# ## Traps { #traps }
#
# !!! warning "A grey image is one-dimensional"
#     A grey image has **one channel**, and its tensor is still $(N,1,H,W)$. Without the channel axis, `nn.Conv2d` takes the whole batch for the channels of a single image; the clinic has [no batch axis](../clinic/shapes.py#picture-without-batch) and [channels last](../clinic/shapes.py#channels-last) too.
#
# !!! warning "Dilated, and still $p=1$"
#     To keep the size with a $3\times3$ kernel of dilation $d$, pad by $p=d$; in general $p=d(k-1)/2$, which [fails for even](../clinic/convolution.py#even-kernel-same-size) $k$.
#
# !!! warning "The order of F.pad"
#     It counts from the last axis: `(left, right, top, bottom)`. With top and bottom first nothing is raised; the wrong borders are padded.
#
# !!! warning "MACs compared with FLOPs"
#     One MAC is about two floating-point operations. Papers use either; see which before comparing. This site counts MACs throughout.
#
# !!! warning "Groups that do not divide the channels"
#     $g$ must divide both $C$ and $O$; torch and our layer refuse anything else:

# %% tags=["raises-exception"]
layers.Conv2d(64, 100, 3, groups=8)


# %% tags=["remove-input"]
class Shuffle(nn.Module):
    def forward(self, x):
        return x.unflatten(1, (4, 2)).transpose(1, 2).flatten(1, 2)


plain_stack = channel_reads(
    nn.Sequential(ones(8, 8, 1, groups=4), ones(8, 8, 1, groups=4))
)
shuffled_stack = channel_reads(
    nn.Sequential(ones(8, 8, 1, groups=4), Shuffle(), ones(8, 8, 1, groups=4))
)
seen_by_first = [int((stack[0] > 0).sum()) for stack in (plain_stack, shuffled_stack)]
alexnet = [96 * 256 * 25 // g + 256 for g in (1, 2)]
position = deviation("zeros", depth=6)
deep_ring = int((position[7] > 0).sum()) // 2

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** AlexNet 的第 2 层：96 个通道到 256 个，$5\times5$，分 2 组（当年要分到 2 块 GPU 上）。有多少个参数？不分组呢？
#
# ??? success "答案"
#     分组：$256\times48\times25+256=$ {{ f"{alexnet[1]:,}" }}；不分组：{{ f"{alexnet[0]:,}" }}。
#
# **2.** 8 个通道，两层 $1\times1$ 的分组卷积，都是 4 组。第 1 个输出通道能读到几个输入通道？如果两层之间把通道像洗牌一样重排（ShuffleNet），又是几个？
#
# ??? success "答案"
#     不洗牌是 {{ seen_by_first[0] }} 个；把 $(4,2)$ 转置成 $(2,4)$ 再接第二层，是 {{ seen_by_first[1] }} 个：实测，用的就是上面的 `channel_reads`。
#
# **3.** 补零的那圈印子在 6 层之后有多宽？如果图像是 $11\times11$ 呢？
#
# ??? success "答案"
#     每层宽一格：6 层是 {{ deep_ring }} 格（实测）。$11\times11$ 的图上，两边各 6 格已经盖住全图，每个位置都收得到边的消息。
#
# **4.** 一个 $3\times3$、步幅 2、填充 1 的卷积，输入 $32\times32$，64 到 128 个通道。乘加是步幅 1 时的几分之几？参数呢？
#
# ??? success "答案"
#     输出从 $32\times32$ 变成 $16\times16$，乘加是 $1/4$；参数一个不少。
#
# **5.** $O$ 很大时，深度可分离卷积最多能省几倍乘加？用 $5\times5$ 的核呢？
#
# ??? success "答案"
#     $1/O\to0$，比值趋于 $1/k^2$：$3\times3$ 最多 9 倍，$5\times5$ 最多 25 倍。
#
# ## 参考文献 { #references }
#
# - M. Lin, Q. Chen, S. Yan. [Network in network](https://arxiv.org/abs/1312.4400). 2013.
# - F. Yu, V. Koltun. [Multi-scale context aggregation by dilated convolutions](https://arxiv.org/abs/1511.07122). ICLR, 2016.
# - P. Wang 等. [Understanding convolution for semantic segmentation](https://arxiv.org/abs/1702.08502). 2017. 网格效应。
# - A. Howard 等. [MobileNets](https://arxiv.org/abs/1704.04861). 2017.
# - M. A. Islam, S. Jia, N. Bruce. [How much position information do convolutional neural networks encode?](https://arxiv.org/abs/2001.08248) ICLR, 2020.

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** The second layer of AlexNet: 96 channels to 256, $5\times5$, in 2 groups (for the 2 GPUs of that time). How many parameters? And without groups?
#
# ??? success "Answer"
#     In groups $256\times48\times25+256=$ {{ f"{alexnet[1]:,}" }}; without, {{ f"{alexnet[0]:,}" }}.
#
# **2.** 8 channels and two grouped $1\times1$ convolutions of 4 groups each: how many input channels does the first output channel read? And if the channels are shuffled in between, as in ShuffleNet?
#
# ??? success "Answer"
#     Without shuffling {{ seen_by_first[0] }}; with $(4,2)$ transposed to $(2,4)$ before the second layer, {{ seen_by_first[1] }}: measured with `channel_reads` above.
#
# **3.** How wide is the ring that zeros leave after 6 layers? What if the image is $11\times11$?
#
# ??? success "Answer"
#     One cell a layer: {{ deep_ring }} cells after 6 (measured). On $11\times11$, 6 from each side cover the whole image, and word of the border reaches every position.
#
# **4.** A $3\times3$ convolution with stride 2 and padding 1, input $32\times32$, from 64 to 128 channels. What fraction of the MACs at stride 1 does it take? And of the parameters?
#
# ??? success "Answer"
#     The output goes from $32\times32$ to $16\times16$, so $1/4$ of the MACs; and every one of the parameters.
#
# **5.** For large $O$, by how much at most does depthwise separable convolution reduce the MACs? And with $5\times5$ kernels?
#
# ??? success "Answer"
#     As $1/O\to0$ the ratio goes to $1/k^2$: at most 9 times for $3\times3$ and 25 times for $5\times5$.
#
# ## References { #references }
#
# - M. Lin, Q. Chen, S. Yan. [Network in network](https://arxiv.org/abs/1312.4400). 2013.
# - F. Yu, V. Koltun. [Multi-scale context aggregation by dilated convolutions](https://arxiv.org/abs/1511.07122). ICLR, 2016.
# - P. Wang et al. [Understanding convolution for semantic segmentation](https://arxiv.org/abs/1702.08502). 2017. On gridding.
# - A. Howard et al. [MobileNets](https://arxiv.org/abs/1704.04861). 2017.
# - M. A. Islam, S. Jia, N. Bruce. [How much position information do convolutional neural networks encode?](https://arxiv.org/abs/2001.08248) ICLR, 2020.
