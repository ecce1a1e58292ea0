# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "最大、平均、全局、自适应池化：各留下什么、丢掉什么，梯度流向哪里，ceil_mode 和 count_include_pad 改了什么，以及池化与带步幅的卷积怎么选。"
#       en: "Max, average, global and adaptive pooling: what each keeps and loses, where the gradient goes, what ceil_mode and count_include_pad change, and pooling against strided convolution."
#     covers: [N-30, N-38, T-13, E-67]
#     labels:
#       max: 最大
#       mean: 平均
#       every 4th pixel: 每 4 个取 1 个
#       every 2nd pixel: 每 2 个取 1 个
#       a dot or none: 有没有亮点
#       dense or sparse: 密还是稀
#       class {}: 第 {} 类
#       global max: 全局最大
#       global mean: 全局平均
#       "max {}×{}": "最大 {}×{}"
#       "max {}×{}, stride {}": "最大 {}×{}，步幅 {}"
#       "mean {}×{}": "平均 {}×{}"
#       "max {}×{}, all equal": "最大 {}×{}，全都相等"
#       count_include_pad=True: count_include_pad=True
#       count_include_pad=False: count_include_pad=False
#       ceil_mode=True: ceil_mode=True
#       "{} → {}": "{} → {}"
#       output position: 输出的位置
#       input position: 输入的位置
#       max pooling: 最大池化
#       average pooling: 平均池化
#       convolution with stride 2: 步幅为 2 的卷积
#       "shifted by {}": "平移 {} 格"
# ---

# %% [markdown] tags=["zh"]
# # 池化：许多数里留一个 { #pooling }
#
# 把 $28\times28$ 的数字缩成 $7\times7$，每 16 个像素只留一个数。像这样减小高和宽叫**下采样**，后面的层因此省下计算，也看得更远。三种留法：最大的，平均的，或者干脆只取左上角那一个。再用一个线性分类器去认。**先猜：哪种认得最差？**

# %% [markdown] tags=["en"]
# # Pooling: of many numbers, keep one { #pooling }
#
# Shrink digits from $28\times28$ to $7\times7$, so that of 16 pixels one number is left. To reduce height and width like this is **downsampling**; later layers then have less to compute, and see further. There are three ways: the largest, the mean, or just the pixel at the top left. Then let a linear classifier read them. **Guess which way does worst.**

# %%
import torch
from torch import nn
from torch.nn import functional as F

from dlnotes import data, figures

splits = data.load("digits")
ways = {
    "max": lambda images: F.max_pool2d(images, 4),
    "mean": lambda images: F.avg_pool2d(images, 4),
    "every 4th pixel": lambda images: images[..., ::4, ::4],
}


def linear_accuracy(shrink, seed):
    """Train a linear classifier on shrunk images; returns its accuracy on the test part."""
    torch.manual_seed(seed)
    train, test = (
        shrink(part.images / 255).flatten(1) for part in (splits.train, splits.test)
    )
    model = nn.Linear(train.shape[1], 10)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(150):
        optimizer.zero_grad()
        F.cross_entropy(model(train), splits.train.labels).backward()
        optimizer.step()
    return (model(test).argmax(1) == splits.test.labels).float().mean().item()


readable = {
    name: [linear_accuracy(shrink, seed) for seed in range(2)]
    for name, shrink in ways.items()
}

# %% tags=["hide-input"] alt_zh="一个数字和它的三种 7×7 缩小：取最大时笔画又粗又白，连成一团；取平均时灰而清楚；每 4 个取 1 个时也还看得出形状。" alt_en="A digit and three ways to shrink it to 7×7: the maximum makes strokes thick and white, run together; the mean is grey and clear; every 4th pixel still shows the shape."
digit = splits.test.images[3:4] / 255
figures.image_grid(
    [digit[0, 0], *[shrink(digit)[0, 0] for shrink in ways.values()]],
    ["input", *ways],
    columns=4,
)

# %% tags=["hide-input"] alt_zh="线性分类器的测试准确率：最大最低，平均和每 4 个取 1 个差不多，高出几个百分点。" alt_en="Test accuracy of the linear classifier: the maximum is lowest, the mean and every 4th pixel are close together a few points above."
figures.bars(readable, xlabel="test accuracy", limits=(0, 1))

# %% tags=["remove-input"]
from statistics import mean

average = {name: mean(values) for name, values in readable.items()}

# %% [markdown] tags=["zh"]
# 名气最大的最大池化反而垫底：{{ f"{average['max']:.1%}" }}，平均是 {{ f"{average['mean']:.1%}" }}，随便取一个也有 {{ f"{average['every 4th pixel']:.1%}" }}。原因有两个：窗口里只要沾到一点笔画就全白，形状糊了；而这些图片是从 $8\times8$ 放大来的，很平滑，隔 4 个取 1 个没丢多少。
#
# 那么最大池化好在哪里？它放在卷积和 ReLU **后面**，输入已经不是像素，而是“这里有没有某个特征”的得分。取最大，就是问“这一带有没有”。
#
# ## 公式与代码 { #formula }
#
# $$ \text{最大}\quad y_{u,v}=\max_{i,j}\;x_{us+i-p,\;vs+j-p} \qquad\qquad \text{平均}\quad y_{u,v}=\frac1{k^2}\sum_{i,j}x_{us+i-p,\;vs+j-p} $$
#
# 其中 $x$ 是一个通道的输入，$y$ 是输出，$u,v$ 是输出的位置，$i,j$ 从 0 到 $k-1$，$k$ 是窗口边长，$s$ 是步幅（不写就等于 $k$），$p$ 是填充。各个通道各算各的，没有可学的参数。填充的格子，最大池化当作 $-\infty$，平均池化当作 0。
#
# ```python
# --8<-- "dlnotes/layers/pooling.py:max_loops"
# ```
#
# ```python
# --8<-- "dlnotes/layers/pooling.py:avg_loops"
# ```
#
# 快的版本用[滑动窗口](convolution.py#vectorised)一次取出所有窗口。与 torch 逐项核对，输出和梯度都比：

# %% [markdown] tags=["en"]
# Max pooling, the most famous, comes last with {{ f"{average['max']:.1%}" }}; the mean has {{ f"{average['mean']:.1%}" }} and a pixel taken anyhow {{ f"{average['every 4th pixel']:.1%}" }}. There are two reasons. A window that touches a stroke turns white, and shapes run together; and these images were enlarged from $8\times8$ and are smooth, so that every 4th pixel loses little.
#
# What then is max pooling good for? It stands **behind** convolution and ReLU, where its input is no pixel but a score for a feature being here. The maximum asks whether it is anywhere around.
#
# ## Formula and code { #formula }
#
# $$ \text{max}\quad y_{u,v}=\max_{i,j}\;x_{us+i-p,\;vs+j-p} \qquad\qquad \text{mean}\quad y_{u,v}=\frac1{k^2}\sum_{i,j}x_{us+i-p,\;vs+j-p} $$
#
# where $x$ is one channel of the input, $y$ the output, $u,v$ a position in the output, $i,j$ go from 0 to $k-1$, $k$ is the side of the window, $s$ the stride (equal to $k$ if not given) and $p$ the padding. Each channel is pooled by itself, and nothing is learned. Cells of the padding are $-\infty$ to max pooling and 0 to average pooling.
#
# ```python
# --8<-- "dlnotes/layers/pooling.py:max_loops"
# ```
#
# ```python
# --8<-- "dlnotes/layers/pooling.py:avg_loops"
# ```
#
# The fast version takes all [windows](convolution.py#vectorised) at once. Compare it with torch, outputs and gradients:

# %%
from itertools import product

from dlnotes import layers


def compare(ours, theirs, **options):
    image = torch.randn(2, 3, 11, 9, dtype=torch.float64)
    first, second = image.clone().requires_grad_(), image.clone().requires_grad_()
    y, z = ours(first, **options), theirs(second, **options)
    y.square().sum().backward(), z.square().sum().backward()
    return max(
        (y - z).abs().max().item(), (first.grad - second.grad).abs().max().item()
    )


torch.manual_seed(0)
common = [
    dict(kernel_size=k, stride=s, padding=p, ceil_mode=c)
    for k, s, p, c in product((2, 3), (1, 2, 3), (0, 1), (False, True))
]
gaps = [compare(layers.max_pool2d, F.max_pool2d, **options) for options in common]
gaps += [
    compare(layers.avg_pool2d, F.avg_pool2d, **options, count_include_pad=c)
    for options in common
    for c in (False, True)
]
print(f"{len(gaps)} settings, largest difference {max(gaps):.0e}")

# %% [markdown] tags=["zh"]
# ## 留下什么，丢掉什么 { #kept-and-lost }
#
# 最大留下“**有没有**”，平均留下“**有多少**”。造两道题来验证这句话，图都是 $24\times24$：
#
# - **有没有亮点**：全是噪声，其中一半的图里藏着一个 $3\times3$ 的小亮块。
# - **密还是稀**：黑白随机的点，一类 45% 是白的，一类 55%。
#
# 网络都是一层卷积、ReLU、全局池化、全连接，只换池化。**先猜：各自擅长哪道？**

# %% [markdown] tags=["en"]
# ## What is kept and what is lost { #kept-and-lost }
#
# The maximum keeps **whether**, the mean keeps **how much**. Two tasks to test that sentence, with images of $24\times24$:
#
# - **A dot or none**: noise, and in half of the images a small bright block of $3\times3$ is hidden.
# - **Dense or sparse**: random black and white pixels, 45% of them white in one class and 55% in the other.
#
# The network is one convolution, ReLU, global pooling, fully connected; only the pooling changes. **Guess which is good at which.**


# %%
def dots(count, generator):
    images = torch.randn(count, 1, 24, 24, generator=generator)
    labels, each = torch.arange(count) % 2, torch.arange(count)
    rows, columns = torch.randint(1, 23, (2, count), generator=generator)
    for i, j in product((-1, 0, 1), repeat=2):
        images[each, 0, rows + i, columns + j] += 1.33 * labels
    return images, labels


def textures(count, generator):
    labels = torch.arange(count) % 2
    density = (0.45 + 0.1 * labels)[:, None, None, None]
    return (
        torch.rand(count, 1, 24, 24, generator=generator) < density
    ).float() * 2 - 1, labels


def global_pool_accuracy(task, pool, seed):
    generator = torch.Generator().manual_seed(0)
    (images, labels), (test_images, test_labels) = (
        task(1000, generator) for _ in range(2)
    )
    torch.manual_seed(seed)
    network = nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.ReLU(), pool, nn.Flatten(), nn.Linear(8, 2)
    )
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    for _ in range(8):
        for batch in torch.randperm(1000).split(50):
            optimizer.zero_grad()
            F.cross_entropy(network(images[batch]), labels[batch]).backward()
            optimizer.step()
    with torch.no_grad():
        return (network(test_images).argmax(1) == test_labels).float().mean().item()


pools = {"global max": nn.AdaptiveMaxPool2d(1), "global mean": nn.AdaptiveAvgPool2d(1)}
tasks = {"a dot or none": dots, "dense or sparse": textures}
results = {
    task: {
        pool: mean(global_pool_accuracy(build, layer, seed) for seed in range(2))
        for pool, layer in pools.items()
    }
    for task, build in tasks.items()
}

# %% tags=["hide-input"] alt_zh="两道题的样子：前两张是噪声，第二张里藏着一个几乎看不出的小亮块；后两张是黑白点，第二张稍密。" alt_en="The two tasks: two images of noise, the second with a small block that can hardly be seen; two images of black and white pixels, the second slightly denser."
generator = torch.Generator().manual_seed(1)
samples = [image[0] for build in tasks.values() for image in build(2, generator)[0]]
figures.image_grid(samples, ["class 0", "class 1", "class 0", "class 1"], columns=4)

# %% tags=["hide-input"]
import pandas as pd

pd.DataFrame.from_dict(results, orient="index").map("{:.1%}".format)

# %% [markdown] tags=["zh"]
# 找亮点，最大 {{ f"{results['a dot or none']['global max']:.0%}" }}，平均 {{ f"{results['a dot or none']['global mean']:.0%}" }}：一个小块平均到 484 个位置上，就淹没了。数密度，最大 {{ f"{results['dense or sparse']['global max']:.0%}" }}，平均 {{ f"{results['dense or sparse']['global mean']:.0%}" }}：哪一类里都有全白的小窗口，最大值差不多。两者都丢掉的是**在哪里**。
#
# ## 梯度流向哪里 { #gradient }
#
# 反向传播时，最大池化把整个窗口的梯度交给取到最大值的那一格，其余为 0；平均池化人人有份，各得 $1/k^2$。下图的输入是同一张随机的 $6\times6$，输出的梯度都是 1：

# %% [markdown] tags=["en"]
# To find the dot, the maximum has {{ f"{results['a dot or none']['global max']:.0%}" }} and the mean {{ f"{results['a dot or none']['global mean']:.0%}" }}: one small block is drowned in the mean of 484 positions. For density, the maximum has {{ f"{results['dense or sparse']['global max']:.0%}" }} and the mean {{ f"{results['dense or sparse']['global mean']:.0%}" }}: white windows occur in both classes, and the maxima are much the same. What both lose is **where**.
#
# ## Where the gradient goes { #gradient }
#
# On the way back, max pooling hands the gradient of a window to the cell that held the maximum and 0 to the others; average pooling gives each its share of $1/k^2$. Below, the same random input of $6\times6$, with a gradient of 1 on every output:

# %%
values = torch.rand(1, 1, 6, 6, generator=torch.Generator().manual_seed(3))


def gradient(pool, image=values):
    image = image.clone().requires_grad_()
    pool(image).sum().backward()
    return image.grad[0, 0]


flows = {
    "max 2×2": gradient(nn.MaxPool2d(2)),
    "max 3×3, stride 2": gradient(nn.MaxPool2d(3, 2, 1)),
    "mean 2×2": gradient(nn.AvgPool2d(2)),
    "max 2×2, all equal": gradient(nn.MaxPool2d(2), torch.ones(1, 1, 6, 6)),
}
silent = float((flows["max 2×2"] == 0).float().mean())
most = int(flows["max 3×3, stride 2"].max())

# %% tags=["hide-input"] alt_zh="四个 6×6 的格子图。最大 2×2：9 格有颜色，每个窗口一格。最大 3×3 步幅 2：窗口重叠，有几格颜色更深。平均：所有格子颜色相同。全都相等：每个窗口左上角那一格有颜色。" alt_en="Four grids of 6×6. Max 2×2: 9 cells coloured, one in each window. Max 3×3, stride 2: windows overlap and some cells are darker. Mean: all cells alike. All equal: the top left cell of each window."
frames = [(row, column, 2, 2) for row in (0, 2, 4) for column in (0, 2, 4)]
figures.cells(flows, outlines={name: frames for name in flows if "2×2" in name})

# %% [markdown] tags=["zh"]
# 最大池化之后，{{ f"{silent:.0%}" }} 的格子收不到梯度。窗口重叠时，一格可以赢好几个窗口，梯度相加，图里最多的一格赢了 {{ most }} 次。几个值并列时，torch 和我们的层都选窗口里的第一个（按行数），梯度不平分。
#
# ## 尺寸：向下取整、ceil_mode、填充算不算 { #size }
#
# 尺寸与卷积同一个公式，默认向下取整，多出来的行列不要了。$2\times2$ 的池化让**边长**减半，**面积**变成四分之一：24 变 12；13 变 6。28 连着池化：

# %% [markdown] tags=["en"]
# After max pooling, {{ f"{silent:.0%}" }} of the cells get no gradient. Where windows overlap, a cell may win several and their gradients add up; one cell above won {{ most }} times. Of equal values torch and our layer take the first of the window, row by row, and do not divide the gradient.
#
# ## Size: rounding down, ceil_mode, and whether padding counts { #size }
#
# The size follows the formula of convolution, rounded down by default, and rows and columns that are left over are dropped. Pooling by $2\times2$ halves each **side** and leaves a quarter of the **area**: 24 becomes 12, and 13 becomes 6. Pool 28 again and again:

# %% tags=["raises-exception"]
size = 28
for _ in range(5):
    size = layers.pool_output_size(size, kernel_size=2, stride=2)
    print(size)

# %% [markdown] tags=["zh"]
# 第 5 次已经没有窗口放得下。`ceil_mode=True` 改成向上取整，最后一个窗口可以伸到图外。旧的 Caffe 模型这样算，搬权重时要一致。
#
# 平均池化还有一个问题：补的 0 算不算个数？下面是全 1 的图，理想的平均处处是 1（$3\times3$、步幅 2、填充 1）：

# %% [markdown] tags=["en"]
# The 5th time no window fits. `ceil_mode=True` rounds up instead, and the last window may reach beyond the image. Old Caffe models count in this way; when weights are carried over, so must you.
#
# Average pooling raises one more question: do the zeros of the padding count? Below, an image of ones, whose means should all be 1 ($3\times3$, stride 2, padding 1):

# %%
all_ones = torch.ones(1, 1, 6, 6)
counted = {
    "count_include_pad=True": layers.avg_pool2d(all_ones, 3, 2, 1),
    "count_include_pad=False": layers.avg_pool2d(
        all_ones, 3, 2, 1, count_include_pad=False
    ),
    "ceil_mode=True": layers.avg_pool2d(all_ones, 3, 2, 1, ceil_mode=True),
}

# %% tags=["hide-input"] alt_zh="三个格子图，写着平均值。默认：3×3，左上角 0.44，第一行和第一列的其余 0.67，里面是 1。不计填充：全是 1。ceil_mode：4×4，多出的一行一列在右边和下边，值为 0.5，与角上的 0.33、0.25 一起都小于 1。" alt_en="Three grids with their means. By default: 3×3, 0.44 at the top left, 0.67 along the first row and column, 1 inside. Without the padding: all 1. With ceil_mode: 4×4, with one more row and column at the right and the bottom, 0.50 and, towards the corners, 0.33 and 0.25."
figures.cells(
    {name: output[0, 0] for name, output in counted.items()}, numbers=True, decimals=2
)

# %% [markdown] tags=["zh"]
# torch 默认把补的 0 算进个数，边上就变小了；`count_include_pad=False` 只数真像素。`ceil_mode` 伸出去的部分从来不算，但填充的部分照算，所以最右一列是 $\tfrac12$ 而不是 $\tfrac13$。最大池化没有这些麻烦，因为 $-\infty$ 从不会赢。
#
# ## 全局池化与自适应池化 { #global }
#
# 窗口大到盖住整张图，就是**全局池化**：$(N,C,H,W)$ 变成每个通道一个数。取平均的那种，即**全局平均池化**，如今几乎是分类网络的标准结尾。它有三个好处，都可以数出来：

# %% [markdown] tags=["en"]
# By default torch counts the zeros of the padding, and values shrink at the border; `count_include_pad=False` counts real pixels only. What `ceil_mode` lets hang over is never counted, padding is, so the last column has $\tfrac12$ and not $\tfrac13$. Max pooling has no such worries, since $-\infty$ never wins.
#
# ## Global and adaptive pooling { #global }
#
# A window as large as the image is **global pooling**: $(N,C,H,W)$ becomes one number for each channel. With the mean it is **global average pooling**, by now the usual end of a classifier. It has three merits, and each can be counted:

# %%
flat = sum(p.numel() for p in nn.Linear(512 * 7 * 7, 4096).parameters())
pooled = sum(p.numel() for p in nn.Linear(512, 4096).parameters())
body = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1),
    nn.ReLU(),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    nn.Linear(8, 10),
)
shapes = [tuple(body(torch.zeros(1, 1, *size)).shape) for size in ((28, 28), (64, 48))]
print(
    f"first layer behind 512×7×7: {flat:,} parameters after flattening, {pooled:,} after pooling"
)
print("images of 28×28 and of 64×48 give", *shapes)

# %% [markdown] tags=["zh"]
# 参数少（展平后的那一层就是 VGG-16 里最大的一层）；图像多大都行；而且[丢掉了位置](receptive-field.py#local-and-shared)。[NiN](../models/nin.py) 开了头，[ResNet](../models/resnet.py) 以后的分类网络几乎都这样结尾。
#
# **自适应池化**倒过来：给定输出大小 $m$，窗口自己算。第 $i$ 个窗口是 $\lfloor i\,n/m\rfloor$ 到 $\lceil (i+1)\,n/m\rceil$（不含右端），$n$ 是输入边长。除不尽时，窗口会重叠。下图一行是一个输出，涂色的是它平均的那些输入：
#
# ```python
# --8<-- "dlnotes/layers/adaptive.py:bins"
# ```

# %% [markdown] tags=["en"]
# Few parameters (the layer behind the flattening is the largest of VGG-16); images of any size; and the position is [dropped](receptive-field.py#local-and-shared). [NiN](../models/nin.py) began it, and nearly all classifiers since [ResNet](../models/resnet.py) end in this way.
#
# **Adaptive pooling** is the other way round: give the size $m$ of the output, and the windows follow. Window $i$ goes from $\lfloor i\,n/m\rfloor$ to $\lceil (i+1)\,n/m\rceil$, without the right end, where $n$ is the side of the input. Where the division has a remainder, windows overlap. In each picture a row is an output, and its coloured cells are the inputs that it averages:
#
# ```python
# --8<-- "dlnotes/layers/adaptive.py:bins"
# ```


# %%
def windows(n, m):
    line = torch.zeros(1, 1, 1, n)
    return torch.autograd.functional.jacobian(
        lambda x: layers.adaptive_avg_pool2d(x, (1, m)).flatten(), line
    ).reshape(m, n)


bins = {f"{n} → {m}": windows(n, m) for n, m in ((8, 4), (7, 3), (10, 4))}

# %% tags=["hide-input"] alt_zh="8 → 4：四个不重叠的窗口，每个两格。7 → 3：三个窗口，各三格，相邻的重叠一格。10 → 4：窗口都长三格，有的重叠，有的只是相邻。" alt_en="8 → 4: four windows of two cells without overlap. 7 → 3: three windows of three cells, neighbours sharing one. 10 → 4: windows of three cells, some overlapping, some side by side."
figure = figures.cells(bins)
for axes in figure.axes:
    axes.set_xlabel("input position")
figure.axes[0].set_ylabel("output position")
figure.set_size_inches(6.4, 1.9)
figure

# %% [markdown] tags=["zh"]
# ## 池化，还是带步幅的卷积？ { #stride }
#
# 两种办法都能把边长减半。步幅 2 的卷积只算要留下的四分之一，[等于算完再隔一个扔一个](channels.py#stride)；池化是全算完，再挑。在 digits 上训练同样大小的网络，**先猜谁准、谁更不怕平移：**

# %% [markdown] tags=["en"]
# ## Pooling or a strided convolution? { #stride }
#
# Both halve the side. A convolution of stride 2 computes only the quarter that is kept, which [is the same as](channels.py#stride) computing all and throwing away; pooling computes all, then chooses. Train networks of equal size on digits. **Guess which is more accurate, and which minds shifts less:**

# %%
from dlnotes import summary, training


def network(kind):
    stride = 2 if kind == "convolution with stride 2" else 1
    pool = {"max pooling": nn.MaxPool2d, "average pooling": nn.AvgPool2d}.get(
        kind, nn.Identity
    )
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, stride, 1),
        nn.ReLU(),
        pool(2),
        nn.Conv2d(8, 16, 3, stride, 1),
        nn.ReLU(),
        pool(2),
        nn.Flatten(),
        nn.Linear(16 * 7 * 7, 10),
    )


def train(kind, seed):
    training.seed_everything(seed)
    model = network(kind)
    history = training.fit(model, splits, training.Config(epochs=4, lr=5e-3, seed=seed))
    moved = [
        data.Split(splits.test.images.roll(n, dims=-1), splits.test.labels)
        for n in (0, 1, 2)
    ]
    return [
        training.evaluate(model, part, history.normalization).accuracy for part in moved
    ]


kinds = ("max pooling", "average pooling", "convolution with stride 2")
trained = {
    kind: torch.tensor([train(kind, seed) for seed in range(2)]) for kind in kinds
}
ledgers = {kind: summary.trace(network(kind), (1, 28, 28)) for kind in kinds}
pd.DataFrame(
    {
        "parameters": [f"{ledger.parameters:,}" for ledger in ledgers.values()],
        "MACs": [f"{ledger.macs:,}" for ledger in ledgers.values()],
        "test accuracy": [
            " ".join(f"{value:.1%}" for value in scores[:, 0])
            for scores in trained.values()
        ],
        "shifted by 1": [f"{scores[:, 1].mean():.1%}" for scores in trained.values()],
        "shifted by 2": [f"{scores[:, 2].mean():.1%}" for scores in trained.values()],
    },
    index=list(kinds),
)

# %% tags=["remove-input"]
plain = {kind: float(scores[:, 0].mean()) for kind, scores in trained.items()}
between = max(plain.values()) - min(plain.values())
one_image = 1 / len(splits.test.labels)
moved_spread = max(float(s[:, 2].mean()) for s in trained.values()) - min(
    float(s[:, 2].mean()) for s in trained.values()
)
lower = ledgers["convolution with stride 2"].macs / ledgers["max pooling"].macs

# %% [markdown] tags=["zh"]
# 准确率最多差 {{ f"{between * 100:.1f}" }} 个百分点，一张图就是 {{ f"{one_image * 100:.2f}" }} 个；平移两格之后，三者差 {{ f"{moved_spread * 100:.1f}" }} 个百分点，都掉了一大截。真正拉开的是账单：带步幅的卷积的乘加只有 {{ f"{lower:.0%}" }}。所以现代的网络多用步幅下采样（ResNet 只在开头用一次最大池化），池化留给结尾的全局平均。
#
# 平移的麻烦两种办法都有，因为都隔着取。先模糊再取（BlurPool）可以减轻。
#
# ### 各层的分工 { #roles }
#
# 把用最大池化的那个网络一层层摊开，看谁改形状，谁有参数，谁要计算：

# %% [markdown] tags=["en"]
# Accuracies differ by at most {{ f"{between * 100:.1f}" }} points, and one image is {{ f"{one_image * 100:.2f}" }}; after a shift by two the three differ by {{ f"{moved_spread * 100:.1f}" }} points, and all have fallen far. What differs is the bill: the strided network takes {{ f"{lower:.0%}" }} of the MACs. So modern networks mostly downsample by stride (ResNet has one max pooling, at its beginning) and leave pooling to the global mean at the end.
#
# Both suffer from shifts, for both skip cells. To blur before skipping (BlurPool) is a help.
#
# ### Who does what { #roles }
#
# Lay the network with max pooling open, layer by layer: who changes the shape, who has parameters, who computes?

# %% tags=["hide-input"]
ledgers["max pooling"]

# %% [markdown] tags=["zh"]
# - **卷积**找局部的特征，几乎包下了全部计算。
# - **ReLU** 不改形状，没有参数，只把负数变成 0；没有它，挨着的两层卷积就合成一层。
# - **池化**缩小，留下最强的回应，让后面的层看得更远。
# - **展平**只是换个形状，数一个不少；从这里起，[位置就固定了](receptive-field.py#local-and-shared)。
# - **全连接**拿全部特征投票，给每个类别一个分数；参数多半在它这里。
#
# ## 常见的坑 { #traps }
#
# !!! warning "“池化减半”"
#     是边长减半、面积剩四分之一，而且向下取整：13 变 6，最后一行一列丢了；[池化太多次](../clinic/convolution.py#pooled-away)，图就没了。
#
# !!! warning "全局池化之后忘了展平"
#     `nn.AdaptiveAvgPool2d(1)` 的输出是 $(N,C,1,1)$，直接交给 `nn.Linear(C, 10)` 会[报形状错误](../clinic/shapes.py#missing-flatten)；中间要有 `nn.Flatten()`。
#
# !!! warning "用填充的平均池化做精细的预测"
#     默认 `count_include_pad=True`，边上的值[系统地偏小](../clinic/convolution.py#pooling-counts-padding)。
#
# !!! warning "池化带来平移不变"
#     只对窗口之内的小位移、而且只是近似。移 1 格，最大池化的输出[就已经变了](receptive-field.py#equivariance)。

# %% [markdown] tags=["en"]
# - **Convolution** finds local features, and does nearly all the computing.
# - **ReLU** changes no shape and has no parameters; it turns negative numbers into 0, and without it two convolutions side by side would merge into one.
# - **Pooling** shrinks, keeps the strongest response, and lets later layers see further.
# - **Flatten** only changes the shape, and loses no number; from here on the [position is fixed](receptive-field.py#local-and-shared).
# - **The fully connected layer** lets all features vote and gives each class a score; most parameters are here.
#
# ## Traps { #traps }
#
# !!! warning "Pooling halves"
#     It halves the sides and leaves a quarter of the area, rounded down: 13 becomes 6, and the last row and column are gone; [pool too often](../clinic/convolution.py#pooled-away), and so is the image.
#
# !!! warning "No flattening behind global pooling"
#     `nn.AdaptiveAvgPool2d(1)` returns $(N,C,1,1)$, and `nn.Linear(C, 10)` refuses it with a [shape error](../clinic/shapes.py#missing-flatten); `nn.Flatten()` belongs in between.
#
# !!! warning "Padded average pooling where values matter"
#     `count_include_pad=True` is the default, and values at the border are [too small throughout](../clinic/convolution.py#pooling-counts-padding).
#
# !!! warning "Pooling makes networks shift invariant"
#     For shifts within a window, and only roughly. One cell is enough to [change](receptive-field.py#equivariance) the output of max pooling.

# %% tags=["remove-input"]
torch.manual_seed(0)
scores_map = torch.randn(4, 8, 12, 12)
order_gap = {
    "max": (F.max_pool2d(scores_map, 2).relu() - F.max_pool2d(scores_map.relu(), 2))
    .abs()
    .max()
    .item(),
    "mean": (F.avg_pool2d(scores_map, 2).relu() - F.avg_pool2d(scores_map.relu(), 2))
    .abs()
    .max()
    .item(),
}
as_convolution = F.conv2d(
    scores_map, torch.full((8, 1, 2, 2), 0.25), stride=2, groups=8
)
convolution_gap = (as_convolution - F.avg_pool2d(scores_map, 2)).abs().max().item()
negative = layers.max_pool2d(torch.full((1, 1, 4, 4), -1.0), 3, 2, 1)
ten_to_four = [int((row > 0).sum()) for row in bins["10 → 4"]]

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 先 ReLU 再最大池化，与先最大池化再 ReLU，结果一样吗？换成平均池化呢？哪种顺序省事？
#
# ??? success "答案"
#     ReLU 单调不减，与取最大可以交换，差 {{ f"{order_gap['max']:.0g}" }}；与平均不能交换，实测最多差 {{ f"{order_gap['mean']:.2f}" }}。先池化，ReLU 只用算四分之一。
#
# **2.** 把 $2\times2$ 的平均池化写成一个卷积：`average(channels)` 返回一个 `nn.Conv2d`。
#
# ??? success "答案"
#     逐通道卷积，核全是 $1/4$，步幅 2。实测相差 {{ f"{convolution_gap:.0g}" }}。最大池化写不成卷积，它不是线性的。
#
#     ```python
#     from torch import nn
#
#
#     def average(channels):
#         convolution = nn.Conv2d(channels, channels, 2, stride=2, groups=channels, bias=False)
#         nn.init.constant_(convolution.weight, 1 / 4)
#         return convolution
#     ```
#
# **3.** 全是 $-1$ 的图，$3\times3$、填充 1 的最大池化，左上角是几？如果填充是 0 呢？
#
# ??? success "答案"
#     是 {{ f"{negative[0, 0, 0, 0]:.0f}" }}，因为填充当作 $-\infty$。若当作 0，边上就全成了 0，凭空多出一圈最大值。
#
# **4.** 10 个输入自适应平均池化成 4 个，各个窗口有多长，从哪里开始？
#
# ??? success "答案"
#     长度 {{ ten_to_four[0] }}、{{ ten_to_four[1] }}、{{ ten_to_four[2] }}、{{ ten_to_four[3] }}，起点 $\lfloor 10i/4\rfloor$ 依次是 0、2、5、7。
#
# **5.** 分类的最后用全局**最大**池化而不用全局平均，训练会有什么不同？
#
# ??? success "答案"
#     每个通道只有一个位置收到梯度，其余位置都不学；适合“找到一个就算”的任务。平均让每个位置都得到一点梯度，更稳，也逼着特征覆盖整个物体。
#
# ## 参考文献 { #references }
#
# - Y. Boureau, J. Ponce, Y. LeCun. [A theoretical analysis of feature pooling in visual recognition](https://www.di.ens.fr/willow/pdfs/icml2010b.pdf). ICML, 2010.
# - M. Lin, Q. Chen, S. Yan. [Network in network](https://arxiv.org/abs/1312.4400). 2013. 全局平均池化。
# - J. T. Springenberg 等. [Striving for simplicity: the all convolutional net](https://arxiv.org/abs/1412.6806). 2014.
# - R. Zhang. [Making convolutional networks shift-invariant again](https://arxiv.org/abs/1904.11486). ICML, 2019.

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** ReLU before max pooling, or max pooling before ReLU: is the result the same? With average pooling? Which order saves work?
#
# ??? success "Answer"
#     ReLU never falls, so it may change places with the maximum: they differ by {{ f"{order_gap['max']:.0g}" }}. With the mean it may not: measured, up to {{ f"{order_gap['mean']:.2f}" }}. Pool first, and ReLU has a quarter of the work.
#
# **2.** Write average pooling by $2\times2$ as a convolution: `average(channels)` returns an `nn.Conv2d`.
#
# ??? success "Answer"
#     A depthwise convolution with all weights $1/4$ and stride 2. Measured difference {{ f"{convolution_gap:.0g}" }}. Max pooling cannot be written so; it is not linear.
#
#     ```python
#     from torch import nn
#
#
#     def average(channels):
#         convolution = nn.Conv2d(channels, channels, 2, stride=2, groups=channels, bias=False)
#         nn.init.constant_(convolution.weight, 1 / 4)
#         return convolution
#     ```
#
# **3.** An image of $-1$ and max pooling by $3\times3$ with padding 1: what stands at the top left? And if the padding were 0?
#
# ??? success "Answer"
#     {{ f"{negative[0, 0, 0, 0]:.0f}" }}, since padding is taken as $-\infty$. If it were 0, the whole border would turn 0, a ring of maxima out of nothing.
#
# **4.** 10 inputs are averaged to 4 by adaptive pooling. How long are the windows, and where do they begin?
#
# ??? success "Answer"
#     Lengths {{ ten_to_four[0] }}, {{ ten_to_four[1] }}, {{ ten_to_four[2] }} and {{ ten_to_four[3] }}, beginning at $\lfloor 10i/4\rfloor$, which is 0, 2, 5 and 7.
#
# **5.** A classifier ends in a global **maximum** in place of the global mean. How does training differ?
#
# ??? success "Answer"
#     In each channel one position gets the gradient and the others learn nothing, which suits tasks where one find is enough. With the mean every position gets a little; that is steadier, and makes features cover the whole object.
#
# ## References { #references }
#
# - Y. Boureau, J. Ponce, Y. LeCun. [A theoretical analysis of feature pooling in visual recognition](https://www.di.ens.fr/willow/pdfs/icml2010b.pdf). ICML, 2010.
# - M. Lin, Q. Chen, S. Yan. [Network in network](https://arxiv.org/abs/1312.4400). 2013. Global average pooling.
# - J. T. Springenberg et al. [Striving for simplicity: the all convolutional net](https://arxiv.org/abs/1412.6806). 2014.
# - R. Zhang. [Making convolutional networks shift-invariant again](https://arxiv.org/abs/1904.11486). ICML, 2019.
