# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "上采样：最近邻、双线性与 align_corners 差在半个像素；转置卷积是卷积矩阵的转置，不是逆；像素重排；棋盘伪影从哪里来，训练之后还在不在。"
#       en: "Upsampling: nearest, bilinear and align_corners differ by half a pixel; transposed convolution is the transpose of the convolution's matrix, no inverse; pixel shuffle; where checkerboards come from and whether training removes them."
#     covers: [C-01, F-05, T-13]
#     labels:
#       original: 原图
#       shrunk: 缩小后
#       nearest: 最近邻
#       nearest-exact: nearest-exact
#       bilinear: 双线性
#       bilinear, align_corners: 双线性，align_corners
#       mean squared error: 均方误差
#       input pixels: 输入像素
#       position in the input: 在输入中的位置
#       "input {}×{}": "输入 {}×{}"
#       "nearest, factor {}": "最近邻，{} 倍"
#       matrix of the convolution: 卷积的矩阵
#       "kernel {}, stride {}": "核 {}，步幅 {}"
#       "nearest, then Conv {}×{}": "最近邻，再卷积 {}×{}"
#       "channels {}, {}, {}, {}": "通道 {}、{}、{}、{}"
#       "{} channels": "{} 个通道"
#       shuffled: 重排之后
#       "transposed, kernel {}": "转置卷积，核 {}"
#       Conv, pixel shuffle: 卷积，像素重排
#       nearest, Conv: 最近邻，卷积
#       strength of the pattern: 花纹的强度
#       pattern before training: 训练前的花纹
#       pattern after training: 训练后的花纹
#       the images themselves: 图片本身
#       interpolation alone: 只用双线性插值
# ---

# %% [markdown] tags=["zh"]
# # 上采样：从少到多 { #upsampling }
#
# 把 $28\times28$ 的数字每 $4\times4$ 个像素取平均，缩到 $7\times7$，再放大回来。放大有 3 种现成的办法：最近邻、双线性、双线性加 `align_corners=True`。**先猜：哪种离原图最远？**

# %% [markdown] tags=["en"]
# # Upsampling: from few to many { #upsampling }
#
# Shrink digits from $28\times28$ to $7\times7$ by taking the mean of $4\times4$ pixels, then enlarge them again. Three ways are ready made: nearest, bilinear, and bilinear with `align_corners=True`. **Guess which ends farthest from the original.**

# %%
import torch
from torch import nn
from torch.nn import functional as F

from dlnotes import data, figures

splits = data.load("digits")
original = splits.test.images / 255
small = F.avg_pool2d(original, 4)
ways = {
    "nearest": dict(mode="nearest"),
    "bilinear": dict(mode="bilinear"),
    "bilinear, align_corners": dict(mode="bilinear", align_corners=True),
}
enlarged = {
    name: F.interpolate(small, scale_factor=4, **options)
    for name, options in ways.items()
}
errors = {
    name: (images - original).square().mean().item()
    for name, images in enlarged.items()
}

# %% tags=["hide-input"] alt_zh="一个数字，缩小到 7×7 的样子，以及三种放大：最近邻是一块块的方格；两种双线性都平滑，align_corners 的那张略微向外撑大。" alt_en="A digit, its 7×7 version and three ways to enlarge it: nearest gives blocks; both bilinear ones are smooth, and the one with align_corners is stretched outward a little."
figures.image_grid(
    [original[3, 0], small[3, 0], *[images[3, 0] for images in enlarged.values()]],
    ["original", "shrunk", *ways],
    columns=5,
)

# %% tags=["hide-input"] alt_zh="均方误差：双线性最小，最近邻和带 align_corners 的双线性差不多大。" alt_en="Mean squared error: bilinear is smallest; nearest and bilinear with align_corners are about equally large."
figures.bars(
    {name: [value] for name, value in errors.items()}, xlabel="mean squared error"
)

# %% [markdown] tags=["zh"]
# 双线性的误差是 {{ f"{errors['bilinear']:.4f}" }}。加了 `align_corners=True`，变成 {{ f"{errors['bilinear, align_corners']:.4f}" }}，几乎与最近邻的 {{ f"{errors['nearest']:.4f}" }} 一样糟。看上去同样平滑，错在**位置**：每个像素都偏了一点，越靠边偏得越多。
#
# ## 每个输出像素站在哪里 { #positions }
#
# 由格点上的值推算格点之间的值，叫**插值**。放大就是问：第 $y$ 个输出像素，落在输入的什么位置？记 $r=n/m$，$n$、$m$ 是输入和输出的边长：
#
# | 方式 | 位置 | 想法 |
# |---|---|---|
# | `nearest` | $\lfloor y\,r\rfloor$ | 向下取整，所以偏半格 |
# | `nearest-exact` | $\lfloor (y+\tfrac12)\,r\rfloor$ | 离中心最近的那个 |
# | `bilinear` | $(y+\tfrac12)\,r-\tfrac12$ | 像素是小方块，方块的**边**对齐 |
# | `bilinear`, `align_corners=True` | $y\,(n-1)/(m-1)$ | 像素是点，首尾两个**点**对齐 |
#
# 不必背公式：把坐标 0、1、2、3 本身拿去插值，输出就是它站的位置。4 个放大成 8 个：

# %% [markdown] tags=["en"]
# Bilinear has an error of {{ f"{errors['bilinear']:.4f}" }}. With `align_corners=True` it is {{ f"{errors['bilinear, align_corners']:.4f}" }}, nearly as bad as nearest with {{ f"{errors['nearest']:.4f}" }}. It looks just as smooth. What is wrong is the **position**: every pixel is a little off, more so towards the border.
#
# ## Where each output pixel stands { #positions }
#
# To work out values between the points of a grid from those at the points is **interpolation**. To enlarge is to ask where in the input output pixel $y$ falls. Let $r=n/m$, with $n$ and $m$ the sides of input and output:
#
# | mode | position | idea |
# |---|---|---|
# | `nearest` | $\lfloor y\,r\rfloor$ | rounded down, hence half a cell off |
# | `nearest-exact` | $\lfloor (y+\tfrac12)\,r\rfloor$ | the pixel whose centre is nearest |
# | `bilinear` | $(y+\tfrac12)\,r-\tfrac12$ | pixels are small squares, whose **edges** are aligned |
# | `bilinear`, `align_corners=True` | $y\,(n-1)/(m-1)$ | pixels are points, and the outermost **points** are aligned |
#
# No need to learn them by heart: interpolate the coordinates 0, 1, 2, 3 themselves, and the output says where it stands. From 4 to 8:

# %%
coordinates = torch.arange(4.0).expand(1, 1, 4, 4)
stands = {
    name: F.interpolate(coordinates, size=(8, 8), **options)[0, 0, 0]
    for name, options in ways.items()
}
for name, places in stands.items():
    print(f"{name:24}", " ".join(f"{place:.2f}" for place in places))

# %% tags=["hide-input"] alt_zh="四行点。最上面是 0 到 3 的四个输入像素。最近邻：八个输出两两落在输入上。双线性：输出均匀地落在输入两旁四分之一格处，首尾两个被截到边上。align_corners：八个点从 0 均匀铺到 3，首尾正好落在输入上。" alt_en="Four rows of points. On top, four input pixels at 0 to 3. Nearest: the eight outputs fall on the inputs in pairs. Bilinear: outputs fall a quarter of a cell to both sides of the inputs, the first and last cut off at the border. align_corners: eight points evenly from 0 to 3, the outermost exactly on inputs."
import matplotlib.pyplot as plt

from dlnotes.figures.style import INK, PALETTE

figure, axes = plt.subplots(figsize=(6.4, 2.4))
axes.plot(range(4), [0] * 4, "s", color=INK, markersize=11, alpha=0.5)
for row, (name, places) in enumerate(stands.items(), 1):
    spread = [
        0.09 * (index % 2 * 2 - 1) if name == "nearest" else 0 for index in range(8)
    ]
    axes.plot(
        [float(place) + shift for place, shift in zip(places, spread)],
        [row] * 8,
        "o",
        color=PALETTE[row - 1],
        markersize=6,
    )
axes.set_yticks(range(4), ["input pixels", *stands])
axes.set(
    xlabel="position in the input", xlim=(-0.6, 3.6), ylim=(3.5, -0.5), xticks=range(4)
)
axes.grid(axis="y", visible=False)
figure

# %% [markdown] tags=["zh"]
# 缩小时每 $4\times4$ 取平均，像素是小方块，所以放大也要让方块的边对齐，这正是 torch 默认的 `align_corners=False`。两种约定没有绝对的对错，但**前后要一致**；从别的框架搬模型，尤其要查这一项。
#
# ## 最近邻与双线性 { #interpolation }
#
# **最近邻插值**只是抄：每个输出取离它最近的那个输入，不产生新的值。

# %% [markdown] tags=["en"]
# Shrinking took means over $4\times4$, with pixels as squares; so enlarging must align the edges of squares too, which is torch's default, `align_corners=False`. Neither convention is wrong in itself, but **both directions must use the same**. Check this first when carrying a model over from another framework.
#
# ## Nearest and bilinear { #interpolation }
#
# **Nearest-neighbour interpolation** copies: each output takes the input that is closest, and no new values arise.

# %%
grid = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
doubled = F.interpolate(grid, scale_factor=2, mode="nearest")
print(
    tuple(
        F.interpolate(torch.zeros(1, 16, 14, 14), scale_factor=2, mode="nearest").shape
    )
)

# %% tags=["hide-input"] alt_zh="左：2×2 的格子，写着 1、2、3、4。右：4×4 的格子，每个数字各占 2×2。" alt_en="Left, a grid of 2×2 with 1, 2, 3 and 4. Right, a grid of 4×4 in which each of them fills 2×2."
figures.cells(
    {"input 2×2": grid[0, 0], "nearest, factor 2": doubled[0, 0]}, numbers=True
)

# %% [markdown] tags=["zh"]
# **双线性插值**按距离混合左右、上下两个邻居。记位置 $q$，左邻 $a=\lfloor q\rfloor$，$t=q-a$，先横后竖各做一次：
#
# $$ (1-t)\,x_a + t\,x_{a+1} $$
#
# 其中 $x_a$、$x_{a+1}$ 是两个邻居的值；出了边界就用最边上的。
#
# ```python
# --8<-- "dlnotes/layers/upsampling.py:loops"
# ```
#
# 与 torch 核对，输出和梯度：

# %% [markdown] tags=["en"]
# **Bilinear interpolation** mixes the two neighbours across, and then down, by distance. Let $q$ be the position, $a=\lfloor q\rfloor$ the left neighbour and $t=q-a$; in each direction take
#
# $$ (1-t)\,x_a + t\,x_{a+1} $$
#
# where $x_a$ and $x_{a+1}$ are the values of the neighbours; beyond the border the outermost one serves.
#
# ```python
# --8<-- "dlnotes/layers/upsampling.py:loops"
# ```
#
# Compare it with torch, outputs and gradients:

# %%
from functools import partial

from dlnotes import layers


def compare(ours, theirs, shape):
    image = torch.randn(shape, dtype=torch.float64)
    first, second = image.clone().requires_grad_(), image.clone().requires_grad_()
    y, z = ours(first), theirs(second)
    y.square().sum().backward(), z.square().sum().backward()
    return max(
        (y - z).abs().max().item(), (first.grad - second.grad).abs().max().item()
    )


torch.manual_seed(0)
modes = [
    dict(mode="nearest"),
    dict(mode="nearest-exact"),
    dict(mode="bilinear"),
    dict(mode="bilinear", align_corners=True),
]
sizes = [(10, 10), (7, 13), (3, 2), (1, 9)]
gaps = [
    compare(
        partial(layers.interpolate, size=size, **mode),
        partial(F.interpolate, size=size, **mode),
        (2, 3, 5, 6),
    )
    for mode in modes
    for size in sizes
]
bilinear = partial(F.interpolate, mode="bilinear")
gaps += [
    compare(
        partial(layers.interpolate_loops, size=size),
        partial(bilinear, size=size),
        (1, 2, 4, 5),
    )
    for size in sizes
]
print(f"{len(gaps)} settings, largest difference {max(gaps):.0e}")

# %% [markdown] tags=["zh"]
# ## 转置卷积：把矩阵转过来 { #transposed }
#
# 插值没有参数。想让网络**学**怎样放大，最常用的是转置卷积。名字从何而来？卷积是线性的，所以等于乘一个矩阵。$3\times3$ 的核、步幅 2、填充 1，输入 $4\times4$，输出 $2\times2$，矩阵 $M$ 就是 $4\times16$。**先猜它长什么样**，再用梯度把它读出来：

# %% [markdown] tags=["en"]
# ## Transposed convolution: turn the matrix round { #transposed }
#
# Interpolation has no parameters. To let a network **learn** how to enlarge, transposed convolution is the usual choice. Why the name? A convolution is linear, and so equals a product with a matrix. For a $3\times3$ kernel with stride 2 and padding 1, an input of $4\times4$ and an output of $2\times2$, the matrix $M$ is $4\times16$. **Guess what it looks like,** then read it off the gradients:

# %%
kernel = torch.arange(1.0, 10.0).reshape(1, 1, 3, 3)


def convolve(flat):
    return layers.conv2d(
        flat.reshape(1, 1, 4, 4), kernel, stride=2, padding=1
    ).flatten()


# (4, 16)
M = torch.autograd.functional.jacobian(convolve, torch.zeros(16))
y = torch.randn(1, 1, 2, 2)
by_matrix = (M.T @ y.flatten()).reshape(1, 1, 4, 4)
by_layer = layers.conv_transpose2d(y, kernel, stride=2, padding=1, output_padding=1)
x = torch.randn(16)
print(f"M.T @ y against conv_transpose2d: {(by_matrix - by_layer).abs().max():.0e}")
print(f"M.T @ M @ x against x:            {(M.T @ M @ x - x).abs().max():.0f}")

# %% tags=["hide-input"] alt_zh="4×16 的矩阵：每一行是核的权重 1 到 9，按行摊开，放在一个位置上，落在填充里的权重不见了；其余的格子是 0。" alt_en="A matrix of 4×16: each row holds the weights 1 to 9, laid out row by row at one position, without those that fall on the padding; the other cells are 0."
figure = figures.cells({"matrix of the convolution": M}, numbers=True)
figure.set_size_inches(6.4, 2.0)
figure

# %% [markdown] tags=["zh"]
# $M$ 的每一行是核摊平之后放在一个位置上，大多数格子是 0。卷积是 $y=Mx$；转置卷积是把这个矩阵转过来，$M^\top y$，4 个数变成 16 个。两件事要分清：
#
# - 它**不是逆运算**：$M^\top Mx\ne x$（上面差得很远），丢掉的信息回不来。“反卷积”这个旧名字容易误会。
# - 它正是卷积对输入的**梯度**：反向传播时用的就是 $M^\top$。
#
# 不用矩阵，也可以这样想：每个输入像素拿着核当**印章**，盖在输出上，重叠的地方相加。
#
# ```python
# --8<-- "dlnotes/layers/transposed.py:loops"
# ```
#
# 尺寸公式是卷积的公式反过来，$k$、$s$、$p$ 是核、步幅和填充：
#
# $$ m = (n-1)\,s - 2p + k + \text{output\_padding} $$
#
# 最后一项从何而来？步幅 2 的卷积把 13 和 14 都变成 7，反过来就说不清要 13 还是 14。`output_padding` 只说要哪一个，并不补 0。注意权重的形状是（输入通道，输出通道，$k$，$k$），与卷积相反。
#
# ## 像素重排 { #pixel-shuffle }
#
# 另一条路：先在小图上算出 $r^2$ 倍的通道，再把它们铺成像素。搬动而已，没有参数：
#
# ```python
# --8<-- "dlnotes/layers/shuffling.py:loops"
# ```

# %% [markdown] tags=["en"]
# Each row of $M$ is the flattened kernel laid at one position, and most cells are 0. Convolution is $y=Mx$; transposed convolution turns the matrix round, $M^\top y$, from 4 numbers to 16. Keep two things apart:
#
# - It is **no inverse**: $M^\top Mx\ne x$ (far from it, above), and what was lost does not come back. The old name "deconvolution" misleads.
# - It is the **gradient** of a convolution by its input: backpropagation multiplies by $M^\top$.
#
# Without matrices: each input pixel uses the kernel as a **stamp** on the output, and where stamps overlap they are added.
#
# ```python
# --8<-- "dlnotes/layers/transposed.py:loops"
# ```
#
# The size is the formula of convolution turned round, with $k$, $s$ and $p$ for kernel, stride and padding:
#
# $$ m = (n-1)\,s - 2p + k + \text{output\_padding} $$
#
# Why the last term? A convolution of stride 2 turns both 13 and 14 into 7, so 7 alone does not say whether 13 or 14 is wanted. `output_padding` says which is meant; it adds no zeros. Note that the weight has shape (inputs, outputs, $k$, $k$), the other way round than in a convolution.
#
# ## Pixel shuffle { #pixel-shuffle }
#
# Another way: compute $r^2$ times the channels on the small image, then lay them out as pixels. That only moves numbers and has no parameters:
#
# ```python
# --8<-- "dlnotes/layers/shuffling.py:loops"
# ```

# %%
channels = torch.arange(1.0, 5.0).reshape(1, 4, 1, 1).expand(1, 4, 2, 2)
laid_out = layers.pixel_shuffle(channels, 2)

stamp = nn.ConvTranspose2d(3, 5, 2, stride=2, bias=False).double()
mix = nn.Conv2d(3, 20, 1, bias=False).double()
with torch.no_grad():
    mix.weight.copy_(stamp.weight.permute(1, 2, 3, 0).reshape(20, 3, 1, 1))
    maps = torch.randn(2, 3, 6, 6, dtype=torch.float64)
    same_layer = (stamp(maps) - layers.pixel_shuffle(mix(maps), 2)).abs().max().item()

# %% tags=["hide-input"] alt_zh="四个 2×2 的格子，分别写满 1、2、3、4；重排之后是一个 4×4 的格子，每个 2×2 的小块里依次是 1、2、3、4。" alt_en="Four grids of 2×2 filled with 1, 2, 3 and 4; shuffled, one grid of 4×4 in which each 2×2 block reads 1, 2, 3, 4."
figures.cells(
    {
        **{f"channel {c + 1}": channels[0, c] for c in range(4)},
        "shuffled": laid_out[0, 0],
    },
    numbers=True,
    columns=5,
)

# %% [markdown] tags=["zh"]
# 它与转置卷积是亲戚：核等于步幅（这里都是 2）的转置卷积，就是 $1\times1$ 卷积加像素重排。把权重搬过去，输出相差 {{ f"{same_layer:.0g}" }}。
#
# ## 棋盘从哪里来 { #checkerboard }
#
# 用转置卷积生成的图片，常有一格一格的花纹，叫**棋盘伪影**：它来自算法，与画的是什么无关。让所有权重都是 1，输入处处是 1，看每个输出加了几次：

# %% [markdown] tags=["en"]
# It is a relative of transposed convolution: with a kernel as large as the stride (2, here), that is a $1\times1$ convolution and a pixel shuffle. Carry the weights over, and the outputs differ by {{ f"{same_layer:.0g}" }}.
#
# ## Where checkerboards come from { #checkerboard }
#
# Images made by transposed convolution often show a pattern of cells, called a **checkerboard artifact**: it comes from the operation and has nothing to do with what is drawn. Let all weights and all inputs be 1, and see how many terms each output adds up:

# %%
flat_input = torch.ones(1, 1, 5, 5)
counts = {
    "kernel 3, stride 2": layers.conv_transpose2d(
        flat_input, torch.ones(1, 1, 3, 3), stride=2, padding=1, output_padding=1
    ),
    "kernel 4, stride 2": layers.conv_transpose2d(
        flat_input, torch.ones(1, 1, 4, 4), stride=2, padding=1
    ),
    "nearest, then Conv 3×3": layers.conv2d(
        layers.interpolate(flat_input, scale_factor=2),
        torch.ones(1, 1, 3, 3),
        padding=1,
    ),
}

# %% tags=["hide-input"] alt_zh="三个 10×10 的格子图，写着每个输出加了几次。核 3 步幅 2：1、2、4 交错，像棋盘。核 4 步幅 2：除了边缘都是 4。先放大再卷积：除了边缘都是 9。" alt_en="Three grids of 10×10 with the number of terms. Kernel 3, stride 2: 1, 2 and 4 take turns as on a chequerboard. Kernel 4, stride 2: 4 throughout except at the border. Nearest, then convolution: 9 throughout except at the border."
figures.cells({name: output[0, 0] for name, output in counts.items()}, numbers=True)

# %% [markdown] tags=["zh"]
# 核 3 不能被步幅 2 整除，重叠的次数就不均匀。常见的建议因此是“让核被步幅整除”。**这样就没有棋盘了吗？**
#
# 上图是权重全为 1 的情形，真正的权重是随机的。取 50 个随机的层，输入一片均匀的灰，量一量花纹：把输出按 $2\times2$ 的四种位置分组，各组均值的标准差除以输出的均方根。0 是没有花纹：

# %% [markdown] tags=["en"]
# Stride 2 does not divide a kernel of 3, and the terms are unevenly many. So the common advice is to let the stride divide the kernel. **Does that do away with the checkerboard?**
#
# The picture has all weights at 1; real weights are random. Take 50 random layers and an even grey, and measure the pattern: group the outputs by their four places within $2\times2$, and divide the standard deviation of the four means by the root mean square. 0 means no pattern:

# %%
builders = {
    "transposed, kernel 3": lambda a, b: nn.ConvTranspose2d(
        a, b, 3, 2, padding=1, output_padding=1
    ),
    "transposed, kernel 4": lambda a, b: nn.ConvTranspose2d(a, b, 4, 2, padding=1),
    "Conv, pixel shuffle": lambda a, b: nn.Sequential(
        nn.Conv2d(a, 4 * b, 3, padding=1), nn.PixelShuffle(2)
    ),
    "nearest, Conv": lambda a, b: nn.Sequential(
        nn.Upsample(scale_factor=2), nn.Conv2d(a, b, 3, padding=1)
    ),
}


def pattern(images, period, border):
    """Return how much the means over the places of a period differ, against the size of the values."""
    inside = images[..., border:-border, border:-border]
    places = (
        inside.unflatten(2, (-1, period)).unflatten(4, (-1, period)).mean((0, 1, 2, 4))
    )
    return (places.std() / inside.square().mean().sqrt()).item()


def pattern_at_random(build, seed):
    torch.manual_seed(seed)
    with torch.no_grad():
        return pattern(build(8, 1)(torch.ones(1, 8, 8, 8)), period=2, border=4)


strength = {
    name: [pattern_at_random(build, seed) for seed in range(50)]
    for name, build in builders.items()
}

# %% tags=["hide-input"] alt_zh="四种层在随机权重下的花纹强度，各 50 个点：两种转置卷积和像素重排都很强，均值差不多；先放大再卷积的全是 0。" alt_en="Strength of the pattern for random weights, 50 points each: both transposed convolutions and the pixel shuffle are strong with similar means; nearest with convolution is 0 throughout."
figures.bars(strength, xlabel="strength of the pattern")

# %% tags=["remove-input"]
from statistics import mean

typical = {name: mean(values) for name, values in strength.items()}

# %% [markdown] tags=["zh"]
# 核 4 的花纹平均是 {{ f"{typical['transposed, kernel 4']:.2f}" }}，核 3 是 {{ f"{typical['transposed, kernel 3']:.2f}" }}：**整除并没有用**。重叠次数虽然均匀，四种位置各用**不同的权重**，权重一随机，四个均值就不同。像素重排也是这样。只有先放大再卷积，四种位置用的是同一组权重，所以恰好是 0。
#
# ## 训练之后呢 { #after-training }
#
# 随机的权重不是终点。训练 4 种网络把 $7\times7$ 的数字放大回 $28\times28$（两次放大 2 倍，均方误差，各 2 个种子），**花纹还在吗？能胜过双线性吗？**

# %% [markdown] tags=["en"]
# With a kernel of 4 the pattern has {{ f"{typical['transposed, kernel 4']:.2f}" }} on average, with 3 it has {{ f"{typical['transposed, kernel 3']:.2f}" }}: **dividing did not help**. There are equally many terms now, but each of the four places uses **weights of its own**, and when these are random so are the four means. Pixel shuffle is no different. Only where the image is enlarged first do all four places use the same weights, and the pattern is exactly 0.
#
# ## After training { #after-training }
#
# Random weights are only the start. Train 4 networks to enlarge digits from $7\times7$ back to $28\times28$ (twice by a factor of 2, mean squared error, 2 seeds each). **Is the pattern still there, and do they beat bilinear?**

# %%
targets = splits.train.images[:800] / 255
inputs = F.avg_pool2d(targets, 4)


def learn_to_enlarge(build, seed):
    torch.manual_seed(seed)
    network = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        build(16, 16),
        nn.ReLU(),
        build(16, 1),
    )
    with torch.no_grad():
        before = pattern(network(small), period=4, border=4)
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-3)
    for _ in range(4):
        for batch in torch.randperm(800).split(40):
            optimizer.zero_grad()
            F.mse_loss(network(inputs[batch]), targets[batch]).backward()
            optimizer.step()
    with torch.no_grad():
        output = network(small)
    return (
        before,
        pattern(output, period=4, border=4),
        (output - original).square().mean().item(),
    )


learned = {
    name: torch.tensor([learn_to_enlarge(build, seed) for seed in range(2)]).mean(0)
    for name, build in builders.items()
}
own_pattern = pattern(original, period=4, border=4)

# %% tags=["hide-input"]
import pandas as pd

rows = {
    name: [f"{before:.2f}", f"{after:.3f}", f"{error:.4f}"]
    for name, (before, after, error) in learned.items()
}
rows["interpolation alone"] = [
    "",
    f"{pattern(enlarged['bilinear'], 4, 4):.3f}",
    f"{errors['bilinear']:.4f}",
]
rows["the images themselves"] = ["", f"{own_pattern:.3f}", ""]
pd.DataFrame.from_dict(
    rows,
    orient="index",
    columns=["pattern before training", "pattern after training", "mean squared error"],
)

# %% tags=["remove-input"]
worst_after = max(float(values[1]) for values in learned.values())
best_error = min(float(values[2]) for values in learned.values())

# %% [markdown] tags=["zh"]
# 训练之后最强的花纹只有 {{ f"{worst_after:.3f}" }}，图片本身也有 {{ f"{own_pattern:.3f}" }}：目标图里没有棋盘，均方误差每个像素都罚，网络就学会了不画。误差最小的是 {{ f"{best_error:.4f}" }}，双线性是 {{ f"{errors['bilinear']:.4f}" }}。丢掉的细节没有“恢复”，网络是凭见过的数字猜出来的。
#
# 那么生成网络里的棋盘是怎么回事？一种解释是，那里没有逐像素的标准答案，损失管得松，花纹就留了下来。想一开始就没有，用先放大再卷积；想快，用像素重排。
#
# ## 常见的坑 { #traps }
#
# !!! warning "以为转置卷积能撤销卷积"
#     它只把形状变回去，数值不会回来。
#
# !!! warning "尺寸差 1"
#     $s=2$、$k=3$、$p=1$ 的转置卷积[把 7 变成 13](../clinic/convolution.py#not-quite-back)；想要 14，加 `output_padding=1`，或者把 `output_size` 传给 `forward`。
#
# !!! warning "两个框架的双线性对不上"
#     先查 `align_corners`，再查放大因子是不是整数：因子 1.5 时，torch 用因子而不用实际边长之比来算位置，除非 `recompute_scale_factor=True`。
#
# !!! warning "用双线性放大标签图"
#     类别 2 和 4 混成 3，[凭空出现第三类](../clinic/data.py#interpolated-mask)。标签只能用最近邻。
#
# !!! warning "在 nearest 里写 align_corners"
#     它只属于双线性；torch 和我们的层都会拒绝：

# %% [markdown] tags=["en"]
# After training the strongest pattern is {{ f"{worst_after:.3f}" }}, and the images themselves have {{ f"{own_pattern:.3f}" }}: the targets show no checkerboard, the squared error punishes every pixel, and the networks learn not to draw one. The smallest error is {{ f"{best_error:.4f}" }}, that of bilinear {{ f"{errors['bilinear']:.4f}" }}. The lost detail was not restored; the network guesses it from digits it has seen.
#
# Why then do generative networks show checkerboards? One explanation: they have no right answer for each pixel, the loss is lenient, and the pattern stays. To have none from the start, enlarge and then convolve; to be fast, shuffle pixels.
#
# ## Traps { #traps }
#
# !!! warning "A transposed convolution undoes a convolution"
#     It brings the shape back, and not the values.
#
# !!! warning "Off by one"
#     With $s=2$, $k=3$ and $p=1$ a transposed convolution [turns 7 into 13](../clinic/convolution.py#not-quite-back); for 14 say `output_padding=1`, or pass `output_size` to `forward`.
#
# !!! warning "Bilinear in two frameworks disagrees"
#     First see `align_corners`, then whether the factor is a whole number: at 1.5 torch computes positions from the factor and not from the ratio of the sizes, unless `recompute_scale_factor=True`.
#
# !!! warning "A map of labels enlarged bilinearly"
#     Classes 2 and 4 mix to 3, [a third class out of nothing](../clinic/data.py#interpolated-mask). Labels take nearest.
#
# !!! warning "align_corners with nearest"
#     It belongs to bilinear only; torch and our layer refuse:

# %% tags=["raises-exception"]
layers.interpolate(grid, scale_factor=2, mode="nearest", align_corners=True)

# %% tags=["remove-input"]
labels = torch.tensor([[[[2.0, 4.0], [4.0, 2.0]]]])
invented = sorted(
    set(
        F.interpolate(labels, size=(3, 3), mode="bilinear", align_corners=True)
        .flatten()
        .tolist()
    )
)
thirteen = nn.ConvTranspose2d(1, 1, 3, 2, 1)(torch.zeros(1, 1, 7, 7)).shape[-1]
transposed_parameters = sum(
    p.numel() for p in nn.ConvTranspose2d(64, 32, 4, 2, 1).parameters()
)
bilinear_kernel = torch.outer(
    torch.tensor([0.25, 0.75, 0.75, 0.25]), torch.tensor([0.25, 0.75, 0.75, 0.25])
)[None, None]
sample = torch.randn(1, 1, 6, 6)
as_transposed = layers.conv_transpose2d(sample, bilinear_kernel, stride=2, padding=1)
inside_gap = (
    (as_transposed - F.interpolate(sample, scale_factor=2, mode="bilinear"))[
        ..., 1:-1, 1:-1
    ]
    .abs()
    .max()
    .item()
)

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** `nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1)` 有多少个参数？输入 $7\times7$，输出多大？
#
# ??? success "答案"
#     $64\times32\times16+32=$ {{ f"{transposed_parameters:,}" }}；$(7-1)\times2-2+4=14$。
#
# **2.** 双线性放大 2 倍也是一个转置卷积。核是什么？
#
# ??? success "答案"
#     一维是 $(\tfrac14,\tfrac34,\tfrac34,\tfrac14)$，二维是它与自己的外积，步幅 2，填充 1。实测内部相差 {{ f"{inside_gap:.0e}" }}，只有最外一圈不同。很多[分割网络](../models/dense-prediction.py)用它初始化。
#
# **3.** 标签图 $\begin{pmatrix}2&4\\4&2\end{pmatrix}$ 用双线性放大到 $3\times3$（`align_corners=True`），会出现哪些值？
#
# ??? success "答案"
#     实测是 {{ [round(value) for value in invented] }}：中间那个原来没有。
#
# **4.** 矩阵 $M$ 是 $4\times16$ 的。$M^\top M$ 有没有可能等于单位矩阵？
#
# ??? success "答案"
#     不可能。$M^\top M$ 是 $16\times16$，秩至多为 4，单位矩阵的秩是 16。
#
# **5.** 像素重排之前的卷积，怎样初始化才没有棋盘？
#
# ??? success "答案"
#     让铺到同一块里的 $r^2$ 个通道一开始用同样的权重（[Aitken 等](#references)的初始化），它就等于最近邻放大再卷积，四种位置的均值相同。
#
# ## 参考文献 { #references }
#
# - V. Dumoulin, F. Visin. [A guide to convolution arithmetic for deep learning](https://arxiv.org/abs/1603.07285). 2016.
# - A. Odena, V. Dumoulin, C. Olah. [Deconvolution and checkerboard artifacts](https://distill.pub/2016/deconv-checkerboard/). Distill, 2016.
# - W. Shi 等. [Real-time single image and video super-resolution using an efficient sub-pixel convolutional neural network](https://arxiv.org/abs/1609.05158). CVPR, 2016.
# - A. Aitken 等. [Checkerboard artifact free sub-pixel convolution](https://arxiv.org/abs/1707.02937). 2017.

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** How many parameters has `nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1)`, and how large is its output for $7\times7$?
#
# ??? success "Answer"
#     $64\times32\times16+32=$ {{ f"{transposed_parameters:,}" }}; $(7-1)\times2-2+4=14$.
#
# **2.** Bilinear by a factor of 2 is a transposed convolution too. With which kernel?
#
# ??? success "Answer"
#     In one dimension $(\tfrac14,\tfrac34,\tfrac34,\tfrac14)$, in two its outer product with itself, stride 2, padding 1. Measured inside, they differ by {{ f"{inside_gap:.0e}" }}; only the outermost ring is different. Many [segmentation networks](../models/dense-prediction.py) start from it.
#
# **3.** A map of labels $\begin{pmatrix}2&4\\4&2\end{pmatrix}$ is enlarged bilinearly to $3\times3$ with `align_corners=True`. Which values appear?
#
# ??? success "Answer"
#     Measured, {{ [round(value) for value in invented] }}: the one in the middle was not there before.
#
# **4.** The matrix $M$ is $4\times16$. Could $M^\top M$ be the identity?
#
# ??? success "Answer"
#     No. $M^\top M$ is $16\times16$ of rank 4 at most, and the identity has rank 16.
#
# **5.** How must the convolution before a pixel shuffle be initialised to show no checkerboard?
#
# ??? success "Answer"
#     Give the $r^2$ channels that share a block the same weights (the initialization of [Aitken et al.](#references)): then it equals nearest and a convolution, and the four places have equal means.
#
# ## References { #references }
#
# - V. Dumoulin, F. Visin. [A guide to convolution arithmetic for deep learning](https://arxiv.org/abs/1603.07285). 2016.
# - A. Odena, V. Dumoulin, C. Olah. [Deconvolution and checkerboard artifacts](https://distill.pub/2016/deconv-checkerboard/). Distill, 2016.
# - W. Shi et al. [Real-time single image and video super-resolution using an efficient sub-pixel convolutional neural network](https://arxiv.org/abs/1609.05158). CVPR, 2016.
# - A. Aitken et al. [Checkerboard artifact free sub-pixel convolution](https://arxiv.org/abs/1707.02937). 2017.
