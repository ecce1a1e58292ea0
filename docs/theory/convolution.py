# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "卷积怎样用很少的参数读一张图：公式、从零实现、与 torch 逐项核对、尺寸公式及其条件、平移等变。"
#       en: "How convolution reads an image with few parameters: the formula, an implementation proved equal to torch's, the size formula and its conditions, translation equivariance."
#     covers: [N-28, N-29, N-37, C-13, E-60, E-61, E-62, E-63, E-64]
# ---

# %% [markdown] tags=["zh"]
# # 卷积：同一个小窗口，走遍整张图 { #convolution }
#
# LeNet 的第 1 层把 $28\times28$ 的图片变成 6 张 $24\times24$ 的特征图。若用全连接层做同样的变换，需要多少参数？卷积又需要多少？**先猜一猜，差几倍。**

# %% [markdown] tags=["en"]
# # Convolution: one small window, all over the image { #convolution }
#
# The first layer of LeNet turns an image of $28\times28$ into 6 feature maps of $24\times24$. How many parameters would a fully connected layer need for that, and how many does convolution need? **Guess the ratio first.**

# %% tags=["hide-input"]
from torch import nn

inputs, outputs = 28 * 28, 6 * 24 * 24
shared = sum(p.numel() for p in nn.Conv2d(1, 6, 5).parameters())
dense = inputs * outputs + outputs
local = outputs * (5 * 5 + 1)
print(f"fully connected:             {dense:>9,}")
print(f"local windows, not shared:   {local:>9,}")
print(f"convolution, shared kernel:  {shared:>9,}")

# %% [markdown] tags=["zh"]
# 差 {{ f"{dense // shared:,}" }} 倍。这个差别来自两个想法，别把它们混在一起：
#
# - **局部连接**：每个输出只看 $5\times5$ 的一个窗口，而不是全部 784 个像素。这一步保留了“哪些像素相邻”的信息。
# - **权重共享**：所有位置用同一个窗口。边缘在左上角是边缘，在右下角也是边缘，没有理由学两遍。
#
# 上面第 2 行只做了前一件事：窗口是小的，但每个位置各有一组权重，叫**局部连接层**。它的参数比全连接少得多，比卷积又多得多；一处学到的边缘，别处还得重新学。
#
# ## 一张图看懂 { #picture }

# %% [markdown] tags=["en"]
# They differ by a factor of {{ f"{dense // shared:,}" }}. Two ideas make that difference, and they should not be mixed up:
#
# - **Local connection**: each output sees one window of $5\times5$, not all 784 pixels. This is what keeps the knowledge of which pixels are neighbours.
# - **Weight sharing**: all positions use the same window. An edge is an edge at the top left and at the bottom right; there is no reason to learn it twice.
#
# The second line above does only the first of these. Its windows are small, but each position has weights of its own: a **locally connected layer**. It has far fewer parameters than full connection and far more than convolution, and an edge learned in one place must be learned again in the next.
#
# ## The idea in one picture { #picture }

# %% tags=["remove-input"] alt_zh="左边是 5×5 的输入，四周填充一圈零；3×3 的卷积核先停在左上角，再按步幅 2 右移。右边是 3×3 的输出，前两个格子与两个位置同色。" alt_en="Left, a 5×5 input with a border of zeros; a 3×3 kernel stands at the top left, then moves right by a stride of 2. Right, the 3×3 output, its first two cells in the colours of the two positions."
from dlnotes import figures

figures.convolution(5, 3, stride=2, padding=1)

# %% [markdown] tags=["zh"]
# 窗口停在一个位置，就把盖住的像素与核里的权重逐个相乘再相加，得到输出的一个数；移动一个步幅，再来一次。
#
# ## 公式 { #formula }
#
# $$ y_{o,u,v} = b_o + \sum_{c}\sum_{i}\sum_{j} w_{o,c,i,j}\; x_{c,\;us+i-p,\;vs+j-p} $$
#
# 其中 $x$ 是输入，$y$ 是输出，$w$ 是卷积核，$b$ 是偏置；$o$ 与 $c$ 是输出和输入的通道，$u,v$ 是输出的位置，$i,j$ 是核内的位置，$s$ 是步幅，$p$ 是填充。图像之外的 $x$ 取 0。
#
# 多通道时，各通道的结果**相加**；要几张输出特征图，就有几个核。数学书里的卷积要先把核翻转，这里没有：它其实是**互相关**，窗口与核直接逐格相乘再相加。因为核是学出来的，翻不翻转没有区别。
#
# ## 手工做 3 个卷积核 { #hand-made }
#
# 在学习之前，先看看人能设计出什么。同一个数字，配 3 个 $3\times3$ 的核：

# %% [markdown] tags=["en"]
# Where the window stands, the pixels under it are multiplied by the weights of the kernel, one by one, and added up: one number of the output. Move by a stride and do it again.
#
# ## The formula { #formula }
#
# $$ y_{o,u,v} = b_o + \sum_{c}\sum_{i}\sum_{j} w_{o,c,i,j}\; x_{c,\;us+i-p,\;vs+j-p} $$
#
# where $x$ is the input, $y$ the output, $w$ the kernel and $b$ the bias; $o$ and $c$ are output and input channels, $u,v$ a position in the output, $i,j$ a position in the kernel, $s$ the stride and $p$ the padding. Outside the image $x$ is 0.
#
# With several channels the results are **added**; there are as many kernels as output maps. In mathematics convolution first flips the kernel. Here nothing is flipped: window and kernel are multiplied cell by cell as they lie, which strictly is **cross-correlation**. The kernel is learned, so flipping would change nothing.
#
# ## Three kernels made by hand { #hand-made }
#
# Before anything is learned, see what can be designed. One digit and 3 kernels of $3\times3$:

# %%
import torch

from dlnotes import data, layers

image = data.load("digits").test.images[4:5].float() / 255
by_hand = (
    torch.tensor(
        [
            [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],  # difference between right and left
            [[1, 2, 1], [2, 4, 2], [1, 2, 1]],  # weighted mean of the neighbourhood
            [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],  # centre minus its neighbours
        ]
    )
    .float()
    .unsqueeze(1)
)
by_hand[1] /= 16
filtered = layers.conv2d(image, by_hand, padding=1)

# %% tags=["hide-input"] alt_zh="原来的数字，以及边缘、模糊、锐化三个核的输出：竖直的边缘一侧亮一侧暗；模糊后笔画变软；锐化后轮廓更分明。" alt_en="The digit and the outputs of an edge, a blur and a sharpening kernel: vertical edges are bright on one side and dark on the other; the blur softens strokes; sharpening makes outlines crisp."
figures.image_grid(
    [image[0, 0], *filtered[0]], ["input", "edge", "blur", "sharpen"], columns=4
)

# %% [markdown] tags=["zh"]
# 第 1 个核叫 **Sobel 算子**：右边减左边，中间一行算两遍，估计亮度横着变化有多快；转 90 度就估计竖着的。它的权重之和为 0，所以平坦的地方输出 0，只有左右不同的地方才亮。网络学到的核，常常就是这样的东西，只是没有人告诉它。
#
# ## 尺寸公式，以及它何时成立 { #size }
#
# $$ m = \left\lfloor \frac{n + 2p - d(k-1) - 1}{s} \right\rfloor + 1 $$
#
# 其中 $m$ 是**卷积输出边长**，$n$ 是输入边长，$k$ 是核的边长，$p$ 是每侧填充，$s$ 是步幅，$d$ 是膨胀率，$\lfloor\cdot\rfloor$ 是向下取整。分子是窗口还能往右走几格，除以每步走几格，再加上起点那一个位置。
#
# 两种特例有名字。不填充、窗口只停在图内的是 **valid 卷积**；填充得恰好让 $m=n$ 的是 **same 卷积**，深的网络靠它才不会越算越小。网上常见的 $m=n-k+1$ 只对步幅 1、不膨胀的前者成立；后者常写的 $p=(k-1)/2$ 只对奇数的 $k$ 成立。写成 `28-5/1+1` 少了括号，步幅为 1 时碰巧得到正确的 24，步幅 2 时就成了 26.5。**先猜下表最后一列，再看：**

# %% [markdown] tags=["en"]
# The first kernel is a **Sobel filter**: right minus left, with the middle row counted twice, an estimate of how fast brightness changes across; turned by 90 degrees it estimates the change downwards. Its weights add up to 0, so flat regions give 0 and only differences between left and right light up. What networks learn is often just such a thing, though nobody told them.
#
# ## The size formula, and when it holds { #size }
#
# $$ m = \left\lfloor \frac{n + 2p - d(k-1) - 1}{s} \right\rfloor + 1 $$
#
# where $m$ is the **convolution output size**, the side of what comes out, $n$ the side of the input, $k$ that of the kernel, $p$ the padding on each side, $s$ the stride, $d$ the dilation, and $\lfloor\cdot\rfloor$ rounds down. The numerator is how many cells the window can still move, the division makes it steps, and 1 is the place where it starts.
#
# Two special cases have names. Without padding, the window stays inside the image: a **valid convolution**. Padded so that $m=n$, it is a **same convolution**, which keeps deep networks from shrinking their maps away. The common $m=n-k+1$ holds for the former with stride 1 and no dilation; the usual $p=(k-1)/2$ of the latter only for odd $k$. Written as `28-5/1+1` the brackets are missing: at stride 1 it happens to give the right 24, at stride 2 it gives 26.5. **Guess the last column, then look:**

# %%
import pandas as pd
from torch.nn import functional as F

cases = [
    (28, 5, 1, 0, 1),
    (28, 5, 1, 2, 1),
    (28, 5, 2, 0, 1),
    (28, 4, 1, 1, 1),
    (28, 4, 1, 2, 1),
    (13, 2, 2, 0, 1),
    (28, 3, 1, 2, 2),
]
rows = []
for size, k, s, p, d in cases:
    torch_size = F.conv2d(
        torch.zeros(1, 1, size, size),
        torch.zeros(1, 1, k, k),
        stride=s,
        padding=p,
        dilation=d,
    ).shape[-1]
    rows.append(
        (size, k, s, p, d, layers.conv_output_size(size, k, s, p, d), torch_size)
    )
pd.DataFrame(rows, columns=["n", "k", "s", "p", "d", "formula", "torch"])

# %% [markdown] tags=["zh"]
# 偶数的核填充 1 得 27，填充 2 得 29，怎样都不是 28：两侧填得一样多，就做不到。
#
# ### 代入 LeNet { #lenet-in-numbers }
#
# 第 1 层：$28-5+1=24$，池化后 12；第 2 层：$12-5+1=8$，池化后 4。所以展平后是 $16\times4\times4=256$ 个数。[LeNet 的账本](../models/lenet.py#ledger)里就是这些数。
#
# ## 从零实现：先用循环 { #loops }
#
# 公式里每个求和号、每个下标，对应一层循环或一次切片：
#
# ```python
# --8<-- "dlnotes/layers/convolution.py:loops"
# ```
#
# ## 再一次算完 { #vectorised }
#
# 循环好懂，但慢。把每个窗口摊成矩阵的一列，一次矩阵乘法就能算完所有位置，这个办法叫 **im2col**。真的摊开，$3\times3$ 的窗口会把每个像素抄上 9 遍，很费内存。这里取窗口用 `unfold`，它不复制数据，只是换一种方式读同一块内存：
#
# ```python
# --8<-- "dlnotes/layers/_windows.py:windows"
# ```
#
# ```python
# --8<-- "dlnotes/layers/convolution.py:conv2d"
# ```
#
# ## 证明它和 torch 一样 { #proof }
#
# “看起来一样”不算数。下面在一组设置上逐一比较输出，以及对输入、权重、偏置的梯度：

# %% [markdown] tags=["en"]
# An even kernel gives 27 with padding 1 and 29 with padding 2, never 28: with equal padding on both sides it cannot be done.
#
# ### LeNet in numbers { #lenet-in-numbers }
#
# First layer: $28-5+1=24$, after pooling 12. Second: $12-5+1=8$, after pooling 4. Flattened, that is $16\times4\times4=256$ numbers: those of [LeNet's ledger](../models/lenet.py#ledger).
#
# ## From scratch: first in loops { #loops }
#
# Each sum and each index of the formula is one loop or one slice:
#
# ```python
# --8<-- "dlnotes/layers/convolution.py:loops"
# ```
#
# ## Then all at once { #vectorised }
#
# Loops are clear and slow. Lay each window out as a column of a matrix, and one matrix product serves all positions; this is **im2col**. Really laid out, windows of $3\times3$ would copy each pixel 9 times, a waste of memory. Here the windows come from `unfold`, which copies nothing; it reads the same memory in another order:
#
# ```python
# --8<-- "dlnotes/layers/_windows.py:windows"
# ```
#
# ```python
# --8<-- "dlnotes/layers/convolution.py:conv2d"
# ```
#
# ## Proof that it equals torch's { #proof }
#
# To look alike is not enough. Over a grid of settings, compare the outputs and the gradients by input, weight and bias:

# %%
from itertools import product


def compare(stride, padding, dilation, groups, kernel):
    torch.manual_seed(0)
    shapes = [(2, 4, 11, 9), (6, 4 // groups, *kernel), (6,)]
    ours = [
        torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes
    ]
    theirs = [tensor.detach().clone().requires_grad_(True) for tensor in ours]
    options = dict(stride=stride, padding=padding, dilation=dilation, groups=groups)
    y, z = layers.conv2d(*ours, **options), F.conv2d(*theirs, **options)
    upstream = torch.randn_like(z)
    y.backward(upstream), z.backward(upstream)
    pairs = [(y, z), *((a.grad, b.grad) for a, b in zip(ours, theirs))]
    return max(float((a - b).detach().abs().max()) for a, b in pairs)


grid = list(product([1, 2, (2, 1)], [0, 1, (2, 1)], [1, 2], [1, 2], [(3, 3), (2, 3)]))
worst = max(compare(*settings) for settings in grid)
print(f"{len(grid)} settings, largest difference {worst:.1e}")

# %% [markdown] tags=["zh"]
# {{ len(grid) }} 种设置，输出与 3 种梯度都比较了，最大的差是 {{ f"{worst:.1e}" }}：只剩下双精度浮点数的舍入。测试里还有由 hypothesis 随机生成的形状，以及两者应当一起拒绝的输入。
#
# ## 平移：等变，而不是不变 { #equivariance }
#
# “卷积的结果不受位置影响”这句话只对了一半。把输入右移 3 个像素，输出会怎样？先猜，再看：

# %% [markdown] tags=["en"]
# For {{ len(grid) }} settings, outputs and 3 gradients were compared, and the largest difference is {{ f"{worst:.1e}" }}: only rounding in double precision is left. The tests add shapes drawn at random by hypothesis, and inputs that both must refuse.
#
# ## Shifts: equivariant, not invariant { #equivariance }
#
# "The result does not depend on the position" is only half true. Shift the input right by 3 pixels: what happens to the output? Guess, then look:

# %%
picture = torch.zeros(1, 1, 20, 20)
picture[..., 6:12, 5:11] = torch.rand(6, 6, generator=torch.Generator().manual_seed(0))
shifted = picture.roll(3, dims=-1)
kernel = torch.randn(1, 1, 3, 3, generator=torch.Generator().manual_seed(1))
before, after = layers.conv2d(picture, kernel), layers.conv2d(shifted, kernel)
same = float((after - before).abs().max())
moved = float((after - before.roll(3, dims=-1)).abs().max())
print(f"against the same output:    {same:.2f}")
print(f"against the shifted output: {moved:.2f}")

# %% [markdown] tags=["zh"]
# 输出没有保持不变（差 {{ f"{same:.2f}" }}），而是**跟着移动**了同样的距离（差 {{ f"{moved:.2f}" }}）。这叫**平移等变性**，来自各处共用的那组权重。输出一动不动才叫**平移不变性**，要靠后面的池化一点点得到，而且[只是近似的](receptive-field.py#equivariance)。
#
# ## 边缘为什么会变暗 { #border }
#
# “same 填充不丢失边缘信息”也只对了一半。在全是 1 的图上做 $5\times5$ 的平均：

# %% [markdown] tags=["en"]
# The output did not stay the same (difference {{ f"{same:.2f}" }}); it **moved along** by the same distance (difference {{ f"{moved:.2f}" }}). This is **translation equivariance**, and it comes from sharing the weights. An output that does not move at all would be **translation invariance**, which comes little by little from pooling further on, and [only approximately](receptive-field.py#equivariance).
#
# ## Why borders turn dark { #border }
#
# "Same padding loses nothing at the border" is half true as well. Take the mean over $5\times5$ of an image that is 1 everywhere:

# %%
ones, mean = torch.ones(1, 1, 12, 12), torch.full((1, 1, 5, 5), 1 / 25)
padded = layers.conv2d(ones, mean, padding="same")[0, 0]
centre, edge, corner = (
    round(float(padded[y, x]), 2) for y, x in ((6, 6), (0, 6), (0, 0))
)
centre, edge, corner

# %% [markdown] tags=["zh"]
# 中间是 {{ centre }}，边上 {{ edge }}，角上只有 {{ corner }}：窗口的一部分落在填充的 0 上，把结果冲淡了。尺寸保住了，数值没有。若边缘要紧，可以用 `padding_mode="reflect"`。
#
# ## 常见的坑 { #traps }
#
# !!! warning "把卷积、局部连接、全连接当作一回事"
#     开头的 3 个数字说明，它们是 3 种不同的层。
#
# !!! warning "same 与步幅一起用"
#     `padding="same"` 只对步幅 1 有定义，torch 和我们的实现都会拒绝：

# %% [markdown] tags=["en"]
# The centre is {{ centre }}, the edge {{ edge }}, the corner only {{ corner }}: part of the window lies on the zeros of the padding and dilutes the result. The size is kept, the values are not. Where borders matter, `padding_mode="reflect"` is an option.
#
# ## Traps { #traps }
#
# !!! warning "Convolution, local connection, full connection: all the same"
#     The 3 numbers at the top say that they are 3 different layers.
#
# !!! warning "Same padding together with a stride"
#     `padding="same"` is defined for stride 1 only; torch and our layer both refuse:

# %% tags=["raises-exception"]
layers.conv2d(ones, mean, stride=2, padding="same")

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 一个 $3\times3$ 的核，输入 64 个通道，输出 128 个通道，带偏置。多少个参数？
#
# ??? success "答案"
#     $128\times(64\times3\times3+1)=73856$。
#
# **2.** 2 个 $3\times3$ 的卷积叠在一起，每个输出看到多大的输入？参数比 1 个 $5\times5$ 多还是少？
#
# ??? success "答案"
#     $5\times5$。设通道数都是 $C$，不计偏置，前者 $18C^2$，后者 $25C^2$。
#
# **3.** $1\times1$ 的卷积看不到任何邻居，有什么用？
#
# ??? success "答案"
#     它在每个位置上把各通道加权组合，等于给每个像素一个共用的全连接层；常用来改变通道数。
#
# **4.** 把 `conv2d_loops` 改成支持膨胀，要改哪一行？写一个步幅为 1、不填充的 `dilated(input, weight, d)`。
#
# ??? success "答案"
#     窗口的切片：从 `top` 到 `top + d * (kernel_height - 1) + 1`，步长为 $d$，列也一样；同时把 $d$ 传给 `conv_output_size`。
#
#     ```python
#     import torch
#
#
#     def dilated(input, weight, d):
#         count, _, height, width = input.shape
#         channels, _, kernel_height, kernel_width = weight.shape
#         rows = height - d * (kernel_height - 1)
#         columns = width - d * (kernel_width - 1)
#         output = torch.zeros(count, channels, rows, columns)
#         for y in range(rows):
#             for x in range(columns):
#                 bottom, right = y + d * (kernel_height - 1) + 1, x + d * (kernel_width - 1) + 1
#                 window = input[:, :, y:bottom:d, x:right:d]
#                 output[:, :, y, x] = torch.einsum("nchw,ochw->no", window, weight)
#         return output
#     ```

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** A kernel of $3\times3$, 64 channels in, 128 channels out, with bias. How many parameters?
#
# ??? success "Answer"
#     $128\times(64\times3\times3+1)=73856$.
#
# **2.** Stack 2 convolutions of $3\times3$. How much of the input does each output see? Are there more or fewer parameters than in one of $5\times5$?
#
# ??? success "Answer"
#     $5\times5$. With $C$ channels throughout and no bias, the stack has $18C^2$ and the single one $25C^2$.
#
# **3.** A convolution of $1\times1$ sees no neighbour at all. What is it good for?
#
# ??? success "Answer"
#     At each position it weighs the channels against each other: one fully connected layer shared by all pixels. It is often used to change the number of channels.
#
# **4.** Which line of `conv2d_loops` must change to support dilation? Write `dilated(input, weight, d)` with stride 1 and no padding.
#
# ??? success "Answer"
#     The slice of the window: from `top` to `top + d * (kernel_height - 1) + 1` in steps of $d$, and the columns likewise; and pass $d$ on to `conv_output_size`.
#
#     ```python
#     import torch
#
#
#     def dilated(input, weight, d):
#         count, _, height, width = input.shape
#         channels, _, kernel_height, kernel_width = weight.shape
#         rows = height - d * (kernel_height - 1)
#         columns = width - d * (kernel_width - 1)
#         output = torch.zeros(count, channels, rows, columns)
#         for y in range(rows):
#             for x in range(columns):
#                 bottom, right = y + d * (kernel_height - 1) + 1, x + d * (kernel_width - 1) + 1
#                 window = input[:, :, y:bottom:d, x:right:d]
#                 output[:, :, y, x] = torch.einsum("nchw,ochw->no", window, weight)
#         return output
#     ```

# %% [markdown] tags=["zh"]
# ## 参考文献 { #references }
#
# - Y. LeCun 等. [Gradient-based learning applied to document recognition](https://doi.org/10.1109/5.726791). 1998.
# - V. Dumoulin, F. Visin. [A guide to convolution arithmetic for deep learning](https://arxiv.org/abs/1603.07285). 2016.
# - [torch.nn.Conv2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html)，PyTorch 文档；本站的 [`conv2d`][dlnotes.layers.conv2d]。

# %% [markdown] tags=["en"]
# ## References { #references }
#
# - Y. LeCun et al. [Gradient-based learning applied to document recognition](https://doi.org/10.1109/5.726791). 1998.
# - V. Dumoulin, F. Visin. [A guide to convolution arithmetic for deep learning](https://arxiv.org/abs/1603.07285). 2016.
# - [torch.nn.Conv2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html), PyTorch documentation; this site's [`conv2d`][dlnotes.layers.conv2d].
