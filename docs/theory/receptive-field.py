# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "感受野有多大，里面哪些像素真正要紧；局部连接与权重共享各带来什么；卷积为什么等变却不是不变，步幅又怎样破坏它。全部用梯度和平移量出来。"
#       en: "How large a receptive field is and which of its pixels matter; what local connection and weight sharing each bring; why convolution is equivariant and not invariant, and how stride breaks it. All measured with gradients and shifts."
#     covers: [T-11, T-12, N-08, N-11, E-37, E-60, E-61, E-70, Q-04, Q-05, Q-06, Q-07, Q-08]
#     labels:
#       1 layer: 1 层
#       "{} layers": "{} 层"
#       layers: 层数
#       side in pixels: 边长（像素）
#       theory: 理论感受野
#       95% of the gradient: 装下 95% 梯度的方块
#       by the formula: 按公式
#       by summary.trace: summary.trace
#       by gradients: 按梯度
#       MLP: MLP
#       "convolution, flatten": 卷积，展平
#       "local windows, not shared, global pool": 局部窗口不共享，全局池化
#       "convolution, global pool": 卷积，全局池化
#       tested on the left: 考左边
#       tested on the right: 考右边
#       shown in training: 训练时见到的
#       shown in the test: 考试时见到的
#       "shift {}": "移 {}"
#       "{} of {}×{}": "{} 个 {}×{}"
#       weights: 权重
#       activations in between: 中间的激活次数
#       "Conv {}×{}, stride {}": "卷积 {}×{}，步幅 {}"
#       "{} × (Conv, ReLU, MaxPool)": "{} 组（卷积，ReLU，最大池化）"
#       "Conv, ReLU, global mean": 卷积，ReLU，全局平均
#       "the {} groups, global mean": "同上 {} 组，全局平均"
#       "Conv {}×{}, flatten, Linear": "卷积 {}×{}，展平，全连接"
#       network: 网络
#       field before the classifier: 分类器之前的感受野
# ---

# %% [markdown] tags=["zh"]
# # 感受野：一个数看见了多少 { #receptive-field }
#
# 一个 $3\times3$ 的卷积，每个输出看 9 个像素。叠 20 层，一个输出看到 $41\times41$，共 1681 个像素。**先猜：其中有几成真正影响结果？**

# %% [markdown] tags=["en"]
# # The receptive field: how much one number sees { #receptive-field }
#
# Each output of a $3\times3$ convolution sees 9 pixels. In a stack of 20 layers an output sees $41\times41$, or 1681 pixels. **Guess what share of them really matters.**

# %%
import torch
from torch import nn

from dlnotes import figures


def gradient_map(depth, tries=6, channels=8):
    """Return how strongly one output depends on each pixel of its field, for random weights; the sum is 1."""
    side, total = 2 * depth + 1, 0
    for seed in range(tries):
        torch.manual_seed(seed)
        network = nn.Sequential(
            *[nn.Conv2d(channels, channels, 3, bias=False) for _ in range(depth)]
        )
        for layer in network:
            nn.init.kaiming_normal_(layer.weight)
        image = torch.randn(1, channels, side, side, requires_grad=True)
        network(image)[0, 0].sum().backward()
        squares = image.grad[0].square().sum(0)
        total = total + squares / squares.sum() / tries
    return total


def side_of(share, field):
    """Return the side of the central square that holds a share of the gradient."""
    centre = len(field) // 2
    sums = [
        field[centre - r : centre + r + 1, centre - r : centre + r + 1].sum()
        for r in range(centre + 1)
    ]
    return 2 * next(r for r, part in enumerate(sums) if part >= share) + 1


depths = [1, 2, 5, 10, 20, 40]
maps = {depth: gradient_map(depth) for depth in depths}
effective = [side_of(0.95, maps[depth]) for depth in depths]

# %% tags=["hide-input"] alt_zh="梯度的大小，三格图：2 层是 5×5，处处有颜色；5 层是 11×11，四角几乎空白；10 层是 21×21，只有中间一团有颜色，四周一大圈空白。" alt_en="Size of the gradient in three grids: 2 layers, 5×5, coloured all over; 5 layers, 11×11, the corners nearly blank; 10 layers, 21×21, a blot in the middle and a wide blank border."
figures.cells({f"{depth} layers": maps[depth] for depth in (2, 5, 10)})

# %% tags=["hide-input"] alt_zh="横轴是层数，纵轴是边长。理论感受野是一条直线，40 层到 81；装下 95% 梯度的方块增长得慢得多，40 层时不到它的一半。" alt_en="Side against the number of layers. The theoretical field is a straight line that reaches 81 at 40 layers; the square that holds 95% of the gradient grows far more slowly and is less than half of it there."
figures.lines(
    {"theory": [2 * depth + 1 for depth in depths], "95% of the gradient": effective},
    x=depths,
    xlabel="layers",
    ylabel="side in pixels",
)

# %% tags=["remove-input"]
side20, side10, side40 = effective[4], effective[3], effective[5]
area20 = side20**2 / 41**2

# %% [markdown] tags=["zh"]
# 20 层时，95% 的梯度（按平方算）落在中间 $s\times s$ 的方块里，$s=$ {{ side20 }}，只占理论面积的 {{ f"{area20:.0%}" }}。这是**有效感受野**。道理像抛硬币：从输出走回输入，每层左、中、右三选一，走到最边上只有一条路，走到中间却有很多条。路的条数近似正态分布，宽度按 $\sqrt{\text{层数}}$ 增长；理论感受野按层数增长。从 10 层到 40 层，理论边长变成 {{ f"{81 / 21:.1f}" }} 倍，有效边长变成 {{ f"{side40 / side10:.1f}" }} 倍。
#
# 上面量的是随机的权重。训练会改变这张图，所以别背数字，拿自己的网络量一量，用的就是这十几行代码。
#
# ## 理论感受野：公式 { #formula }
#
# 从第 1 层往后算，记 $r$ 为感受野的边长，$j$ 为相邻两个输出在输入上相隔的像素数（跨度）：
#
# $$ r_l = r_{l-1} + (k_l-1)\,d_l\,j_{l-1} \qquad j_l = j_{l-1}\,s_l \qquad r_0=j_0=1 $$
#
# 其中 $k_l$、$s_l$、$d_l$ 是第 $l$ 层的核、步幅和膨胀率；池化也算一层。步幅不增大自己这层的感受野，只让**后面**的层每一格跨得更远。写成代码只有 4 行：

# %% [markdown] tags=["en"]
# At 20 layers, 95% of the gradient (of its squares) lies in the central $s\times s$ with $s=$ {{ side20 }}, which is {{ f"{area20:.0%}" }} of the area in theory. This is the **effective receptive field**. It is much like tossing coins: on the way back from the output each layer goes left, straight on or right; a single path leads to the outermost pixel, and very many lead to the middle. The number of paths is nearly a normal distribution, whose width grows as $\sqrt{\text{layers}}$, while the theoretical field grows as the number of layers. From 10 layers to 40 the side in theory grows by a factor of {{ f"{81 / 21:.1f}" }} and the effective one by {{ f"{side40 / side10:.1f}" }}.
#
# These were random weights. Training changes the picture, so do not learn the numbers by heart; measure your own network with the dozen lines above.
#
# ## The field in theory: the formula { #formula }
#
# From the first layer on, let $r$ be the side of the field and $j$ the distance in input pixels between two neighbouring outputs (the jump):
#
# $$ r_l = r_{l-1} + (k_l-1)\,d_l\,j_{l-1} \qquad j_l = j_{l-1}\,s_l \qquad r_0=j_0=1 $$
#
# where $k_l$, $s_l$ and $d_l$ are kernel, stride and dilation of layer $l$; pooling counts as a layer. A stride does not widen the field of its own layer. It makes each step of the layers **behind** it longer. As code this is 4 lines:


# %%
def receptive_field(layers):
    """Return the side that one output sees, for layers (kernel, stride, dilation)."""
    side, jump = 1, 1
    for kernel, stride, dilation in layers:
        side, jump = side + (kernel - 1) * dilation * jump, jump * stride
    return side


# conv, pool, conv, pool
lenet = [(5, 1, 1), (2, 2, 1), (5, 1, 1), (2, 2, 1)]
by_formula = [receptive_field(lenet[:n]) for n in range(1, 5)]
by_formula

# %% [markdown] tags=["zh"]
# 公式会不会错？用梯度来查：对 64 张随机图片，求中间一个输出对输入的梯度，凡是有一次不为 0 的像素就算看见了。（最大池化和 ReLU 每次只让一部分通过，所以要多张图片。）本站的 [`summary.trace`][dlnotes.summary.trace] 是第三种办法，它跟着每一步运算推区间，分支和上采样也认得：

# %% [markdown] tags=["en"]
# Might the formula be wrong? Check it with gradients: for 64 random images, take the gradient of one output in the middle by the input; a pixel whose gradient is ever other than 0 was seen. (Max pooling and ReLU let only a part through each time, hence many images.) This site's [`summary.trace`][dlnotes.summary.trace] is a third way: it follows the intervals through every operation, branches and upsampling included:

# %%
import pandas as pd

from dlnotes import models, summary


def field_by_gradient(network, shape, images=64):
    """Return the side of what the output in the middle sees."""
    image = torch.randn(images, *shape, requires_grad=True)
    output = network(image)
    output[:, :, output.shape[2] // 2, output.shape[3] // 2].sum().backward()
    rows = image.grad.abs().sum((0, 1, 3)).nonzero()
    return int(rows.max() - rows.min()) + 1


features = models.create("lenet").features
parts = [
    nn.Sequential(features[0][0]),
    features[0],
    nn.Sequential(features[0], features[1][0]),
    features,
]
by_gradient = [field_by_gradient(part, (1, 28, 28)) for part in parts]
by_trace = [summary.trace(part, (1, 28, 28)).rows[-1].receptive_field for part in parts]
pd.DataFrame(
    {
        "by the formula": by_formula,
        "by summary.trace": by_trace,
        "by gradients": by_gradient,
    },
    index=["Conv 5×5", "MaxPool 2×2", "Conv 5×5", "MaxPool 2×2"],
)


# %% tags=["hide-input"]
def before_the_classifier(name, shape):
    rows = [
        row
        for row in summary.trace(models.create(name), shape).rows
        if row.output_shape
    ]
    grids = [
        row for row in rows if len(row.output_shape) == 3 and row.output_shape[1] > 1
    ]
    return f"{shape[1]}×{shape[2]}", grids[-1].receptive_field


networks = {
    "lenet": (1, 28, 28),
    "vgg_small": (1, 28, 28),
    "resnet20": (3, 32, 32),
    "resnet56": (3, 32, 32),
}
pd.DataFrame(
    [before_the_classifier(name, shape) for name, shape in networks.items()],
    index=list(networks),
    columns=["input", "field before the classifier"],
)

# %% [markdown] tags=["zh"]
# 三种办法一致。第二张表里，深的网络感受野早已超过整张图；再加深，图像上多出来的只是填充，而有效感受野还在慢慢变大。
#
# ## 叠 3×3 换来什么 { #stacking }
#
# [VGG](../models/vgg.py) 用 3 个 $3\times3$ 代替 1 个 $7\times7$，看得一样远。设通道数都是 $C$，不计偏置：3 个 $3\times3$ 有 $3\times9C^2=27C^2$ 个权重，1 个 $7\times7$ 有 $49C^2$ 个；2 个 $3\times3$ 对 1 个 $5\times5$ 是 $18C^2$ 对 $25C^2$。取 $C=64$，输入 $28\times28$，让账本来算：

# %% [markdown] tags=["en"]
# The three agree. In the second table the deep networks see more than the whole image; deeper still, all that is added on the image is padding, while the effective field keeps growing slowly.
#
# ## What a stack of 3×3 buys { #stacking }
#
# [VGG](../models/vgg.py) takes 3 layers of $3\times3$ in place of 1 of $7\times7$ and sees as far. With $C$ channels throughout and no bias, 3 of $3\times3$ have $3\times9C^2=27C^2$ weights and 1 of $7\times7$ has $49C^2$; 2 of $3\times3$ against 1 of $5\times5$ is $18C^2$ against $25C^2$. Take $C=64$ and an input of $28\times28$, and let the ledger count:


# %%
def stack(kernel, times, channels=64):
    convolutions = [
        nn.Conv2d(channels, channels, kernel, padding=kernel // 2, bias=False)
        for _ in range(times)
    ]
    pairs = [
        layer for convolution in convolutions for layer in (convolution, nn.ReLU())
    ]
    return nn.Sequential(*pairs[:-1])


rows = {}
for kernel, times in ((3, 3), (7, 1), (3, 2), (5, 1)):
    ledger = summary.trace(stack(kernel, times), (64, 28, 28))
    rows[f"{times} of {kernel}×{kernel}"] = (
        ledger.rows[-1].receptive_field,
        f"{ledger.parameters:,}",
        f"{ledger.macs:,}",
        times - 1,
    )
pd.DataFrame.from_dict(
    rows,
    orient="index",
    columns=["receptive field", "weights", "MACs", "activations in between"],
)

# %% [markdown] tags=["zh"]
# 3 个 $3\times3$ 比 1 个 $7\times7$ 省了四成多的权重和乘加，中间还多出两次激活。激活不能省：去掉它，两层 $3\times3$ 就[合并成一层](mlp.py#two-affine-maps-are-one) $5\times5$。这个核是什么样？一个输出对输入的梯度就是它：

# %% [markdown] tags=["en"]
# Against 1 of $7\times7$, 3 of $3\times3$ save over forty percent of weights and MACs, and gain two activations in between. They matter: without one, two layers of $3\times3$ [are one](mlp.py#two-affine-maps-are-one) of $5\times5$. Which kernel is that? The gradient of one output by its input:

# %%
torch.manual_seed(0)
first, second = (nn.Conv2d(1, 1, 3, bias=False, dtype=torch.float64) for _ in range(2))
window = torch.zeros(1, 1, 5, 5, dtype=torch.float64, requires_grad=True)
merged = torch.autograd.grad(second(first(window)).sum(), window)[0]
picture = torch.randn(1, 1, 20, 20, dtype=torch.float64)
with torch.no_grad():
    single = nn.functional.conv2d(picture, merged)
    linear_gap = (second(first(picture)) - single).abs().max().item()
    relu_gap = (second(first(picture).relu()) - single).abs().max().item()
print(f"without activation {linear_gap:.0e}, with ReLU {relu_gap:.2f}")

# %% [markdown] tags=["zh"]
# ## 局部连接和权重共享，各管什么 { #local-and-shared }
#
# [卷积那一页](convolution.py#convolution)数过参数：全连接 2,712,960，[局部而不共享](../clinic/convolution.py#local-without-sharing) 89,856，卷积 156。可是共享除了省参数，还给了什么？
#
# 做个实验：训练时数字只出现在画布的**左边**，考试时让它们出现在**右边**。4 个网络，都在左边学得很好。**先猜：哪几个认得右边的？**

# %% [markdown] tags=["en"]
# ## What local connection does, and what sharing does { #local-and-shared }
#
# The [page on convolution](convolution.py#convolution) counted parameters: fully connected 2,712,960, [local but not shared](../clinic/convolution.py#local-without-sharing) 89,856, convolution 156. What does sharing give besides?
#
# An experiment: in training, digits appear on the **left** of a canvas only; in the test they appear on the **right**. All 4 networks learn the left side well. **Guess which of them can read the right side.**

# %%
from torch.nn import functional as F

from dlnotes import data

splits = data.load("digits")


def canvas(images, side):
    """Put digits of 12×12 on the left or the right of a canvas of 12×24."""
    small = F.interpolate(images / 255, size=(12, 12), mode="area")
    return F.pad(small, (0, 12) if side == "left" else (12, 0))


class LocalWindows(nn.Module):
    """Windows as in a convolution, but each of 6 × 18 positions has its own weights."""

    def __init__(self, channels, kernel=7, rows=6, columns=18):
        super().__init__()
        self.kernel, self.grid = kernel, (rows, columns)
        self.weight = nn.Parameter(
            torch.empty(rows * columns, channels, kernel**2).uniform_(
                -1 / kernel, 1 / kernel
            )
        )
        self.bias = nn.Parameter(torch.zeros(channels, rows * columns))

    def forward(self, images):
        # (N, 49, positions)
        windows = F.unfold(images, self.kernel)
        return (
            torch.einsum("nip,pci->ncp", windows, self.weight) + self.bias
        ).unflatten(2, self.grid)


def top(inputs, pool):
    return nn.Sequential(nn.ReLU(), pool, nn.Flatten(), nn.Linear(inputs, 10))


kinds = {
    "MLP": lambda: nn.Sequential(
        nn.Flatten(), nn.Linear(288, 64), nn.ReLU(), nn.Linear(64, 10)
    ),
    "convolution, flatten": lambda: nn.Sequential(
        nn.Conv2d(1, 32, 7), top(32 * 2 * 6, nn.MaxPool2d(3))
    ),
    "local windows, not shared, global pool": lambda: nn.Sequential(
        LocalWindows(32), top(32, nn.AdaptiveMaxPool2d(1))
    ),
    "convolution, global pool": lambda: nn.Sequential(
        nn.Conv2d(1, 32, 7), top(32, nn.AdaptiveMaxPool2d(1))
    ),
}
left, right = (canvas(splits.test.images, side) for side in ("left", "right"))
training_images = canvas(splits.train.images, "left")


def left_and_right(build, seed):
    torch.manual_seed(seed)
    network = build()
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    for _ in range(6):
        for batch in torch.randperm(len(training_images)).split(64):
            optimizer.zero_grad()
            F.cross_entropy(
                network(training_images[batch]), splits.train.labels[batch]
            ).backward()
            optimizer.step()
    with torch.no_grad():
        return [
            (network(images).argmax(1) == splits.test.labels).float().mean().item()
            for images in (left, right)
        ]


scores = {
    name: torch.tensor([left_and_right(build, seed) for seed in range(2)])
    for name, build in kinds.items()
}

# %% tags=["hide-input"] alt_zh="上：训练时见到的数字在画布左边。下：考试时见到的同样的数字在画布右边。" alt_en="Top, a digit on the left of the canvas as shown in training; bottom, on the right as shown in the test."
figures.image_grid(
    [training_images[0, 0], right[0, 0]],
    ["shown in training", "shown in the test"],
    columns=2,
)

# %% tags=["hide-input"]
pd.DataFrame(
    {
        "parameters": [
            f"{sum(p.numel() for p in build().parameters()):,}"
            for build in kinds.values()
        ],
        "tested on the left": [
            f"{score[:, 0].mean():.0%}" for score in scores.values()
        ],
        "tested on the right": [
            f"{score[:, 1].mean():.0%}" for score in scores.values()
        ],
    },
    index=list(kinds),
)

# %% tags=["remove-input"]
on_the_right = {name: float(score[:, 1].mean()) for name, score in scores.items()}
others = max(
    value for name, value in on_the_right.items() if name != "convolution, global pool"
)

# %% [markdown] tags=["zh"]
# 随机猜是 10%。只有“卷积加全局池化”在右边还有 {{ f"{on_the_right['convolution, global pool']:.0%}" }}，其余三个最好的是 {{ f"{others:.0%}" }}。拆开看：
#
# - **局部而不共享**：右边的核一次也没有训练过，认不出来。可见认得右边靠的是**共享**，不是局部连接。
# - **卷积加展平**：右边的特征其实算对了，但后面的全连接层没有见过它们出现在那里。光共享不够，还要有一步**把位置丢掉**。
#
# 所以“权重共享的好处是保留局部信息”这句常见的答案说反了：保留局部信息的是局部连接；共享的好处是参数少，以及在一处学会、处处能用。
#
# ## 等变，不是不变 { #equivariance }
#
# 把输入平移 $t$ 个像素，记作 $T_t x$。**等变**是 $f(T_tx)=T_t f(x)$，输出跟着走；**不变**是 $f(T_tx)=f(x)$，输出不动。有步幅 $s$ 时，输出只能走整数格，所以要求放宽为：能找到某个平移量，使输出对得上。下表给出对得最好时的误差（以输出的标准差为 1；图像首尾相接，排除边缘的影响）。**先猜哪些格子是 0：**

# %% [markdown] tags=["en"]
# Chance is 10%. Only "convolution, global pool" still has {{ f"{on_the_right['convolution, global pool']:.0%}" }} on the right; the best of the other three has {{ f"{others:.0%}" }}. One by one:
#
# - **Local but not shared**: the kernels on the right were never trained, and recognise nothing. So it is **sharing** that reads the right side; local connection does not.
# - **Convolution, then flatten**: the features on the right are computed well, but the fully connected layer behind has never met them there. Sharing alone is not enough; some step must **drop the position**.
#
# So the common answer "weight sharing keeps local information" has it the wrong way round. Local connection keeps it. Sharing keeps parameters few, and what is learned in one place serves in all.
#
# ## Equivariant, not invariant { #equivariance }
#
# Write $T_t x$ for the input shifted by $t$ pixels. **Equivariant** means $f(T_tx)=T_t f(x)$, the output moves along; **invariant** means $f(T_tx)=f(x)$, the output stays. Behind a stride $s$ the output can move by whole cells only, so ask for less: that some shift makes the outputs agree. The table gives the error at the best such shift, in standard deviations of the output; the image wraps around, so that borders play no part. **Guess which entries are 0:**

# %%
torch.manual_seed(0)


def around(stride=1, inputs=1):
    return nn.Conv2d(inputs, 4, 3, stride=stride, padding=1, padding_mode="circular")


def three_groups():
    return [
        layer
        for inputs in (1, 4, 4)
        for layer in (around(inputs=inputs), nn.ReLU(), nn.MaxPool2d(2))
    ]


tested = {
    "Conv 3×3": around(),
    "Conv 3×3, stride 2": around(stride=2),
    "MaxPool 2×2": nn.MaxPool2d(2),
    "3 × (Conv, ReLU, MaxPool)": nn.Sequential(*three_groups()),
    "Conv, ReLU, global mean": nn.Sequential(
        around(), nn.ReLU(), nn.AdaptiveAvgPool2d(1)
    ),
    "the 3 groups, global mean": nn.Sequential(
        *three_groups(), nn.AdaptiveAvgPool2d(1)
    ),
    "Conv 3×3, flatten, Linear": nn.Sequential(
        around(), nn.Flatten(), nn.Linear(4 * 32 * 32, 10)
    ),
}
# 32×32, so that 8 divides it
digits = F.pad(splits.test.images[:32] / 255, (2, 2, 2, 2))


@torch.no_grad()
def shift_error(network, pixels):
    """Return how far the output of the shifted image is from the best shift of the output."""
    before, after = network(digits), network(digits.roll(pixels, dims=-1))
    spread = (before - before.mean(0)).square().mean().sqrt()
    shifts = range(before.shape[-1]) if before.dim() == 4 else [0]
    return float(
        min((after - before.roll(n, dims=-1)).square().mean().sqrt() for n in shifts)
        / spread
    )


pixels = [1, 2, 3, 4, 8]
table = {
    name: [shift_error(network, t) for t in pixels] for name, network in tested.items()
}
pd.DataFrame.from_dict(
    table, orient="index", columns=[f"shift {t}" for t in pixels]
).map("{:.2f}".format)

# %% tags=["remove-input"]
once, mean_after = table["MaxPool 2×2"][0], table["the 3 groups, global mean"][0]

# %% [markdown] tags=["zh"]
# - 步幅 1 的卷积，移多少都是 0：完全等变。
# - 步幅 2 的卷积和池化，移偶数格是 0，移 1 格误差是 {{ f"{once:.2f}" }} 个标准差（最大池化）：窗口换了一批像素，漏掉的细节变成了假的起伏。这就是**混叠**，隔得太远地取样都会这样。
# - 三组叠起来，总步幅是 8，**只有移 8 的倍数才是 0**。
# - 不变要靠最后的全局平均，而且它前面不能有步幅：三组之后再平均，移 8 格是 0，移 1 格却差 {{ f"{mean_after:.2f}" }} 个标准差（随机权重）。
# - 展平接全连接，既不等变也不不变。
#
# ## 面试常问 { #interview }
#
# ??? question "局部连接是什么意思？"
#     每个输出只与输入的一个小邻域（比如 $5\times5$）相连，而不是与全部像素相连。
#
# ??? question "局部连接有什么好处？"
#     图像里有用的图案多是局部的，所以小窗口就够；每个输出的参数和计算只随窗口增长，不随图像增长；“谁与谁相邻”写进了结构里，不必从数据中学。叠几层，感受野自然变大。
#
# ??? question "参数共享是什么意思？"
#     所有位置用同一个核。一个核产出一张特征图；要找几种特征，就要几个核。
#
# ??? question "参数共享有什么好处？"
#     参数少，与图像大小无关；平移等变，在一处学会的，别处也能用（上面的左右实验）；同一个核在每个位置都得到梯度，等于多了许多样本。它并不负责“保留局部信息”，那是局部连接的事。
#
# ??? question "卷积的结果与特征的位置无关吗？"
#     不是无关，是**跟着走**：步幅 1 的卷积是平移等变的。想要不变，得在后面接全局池化；中间的步幅会破坏小位移的等变，补零会泄漏[离边的距离](channels.py#padding-modes)，展平则把位置全都记住。
#
# ## 常见的坑 { #traps }
#
# !!! warning "感受野够大，就什么都看得见"
#     边上的像素在感受野之内，影响却可能小到可以不计。要量有效感受野。
#
# !!! warning "“没有激活函数，卷积网络就是线性的”"
#     中间若有最大池化，就不是线性的，见练习 4。但也别因此省掉激活：没有池化隔开的两个卷积，[等于一个](../clinic/convolution.py#convolutions-without-activation)。
#
# !!! warning "以为卷积网络天生不怕平移"
#     这是[把等变说成了不变](../clinic/convolution.py#equivariance-not-invariance)。总步幅是 8 的网络，移 1 个像素就足以改变输出。训练时加上平移的图片，或者先模糊再下采样，都有帮助。

# %% [markdown] tags=["en"]
# - Convolution with stride 1 has 0 throughout: wholly equivariant.
# - Convolution with stride 2 and pooling have 0 for even shifts; a shift of 1 costs {{ f"{once:.2f}" }} standard deviations (max pooling): the windows hold other pixels, and detail that was skipped turns into false variation. This is **aliasing**, which befalls all samples taken too far apart.
# - Three groups have a stride of 8 in all, and **only multiples of 8 give 0**.
# - Invariance takes a global mean at the end, and no stride before it: after three groups the mean has 0 at a shift of 8 and is off by {{ f"{mean_after:.2f}" }} standard deviations at 1 (with random weights).
# - Flattening and a fully connected layer give neither.
#
# ## Asked in interviews { #interview }
#
# ??? question "What does local connection mean?"
#     Each output is joined to a small neighbourhood of the input, $5\times5$ say, and not to all pixels.
#
# ??? question "What is local connection good for?"
#     Useful patterns in images are mostly local, so a small window is enough; each output costs parameters and work by the size of the window, whatever the size of the image; which pixels are neighbours is built in and need not be learned. A few layers on, the receptive field has grown by itself.
#
# ??? question "What does parameter sharing mean?"
#     All positions use the same kernel. One kernel gives one feature map; as many kinds of features, as many kernels.
#
# ??? question "What is parameter sharing good for?"
#     Few parameters, whatever the size of the image; translation equivariance, so that what is learned in one place serves elsewhere (the experiment with left and right); and a kernel gets gradients from every position, as if there were many more samples. To keep local information is not its job; that is local connection.
#
# ??? question "Is the result of a convolution independent of where a feature is?"
#     No: it **moves along**. Convolution with stride 1 is translation equivariant. Invariance takes global pooling behind it; strides in between break equivariance for small shifts, zero padding gives away the [distance to the border](channels.py#padding-modes), and flattening remembers every position.
#
# ## Traps { #traps }
#
# !!! warning "A field that is large enough sees everything"
#     Pixels at its edge are inside, and may matter next to nothing. Measure the effective field.
#
# !!! warning "Without activations a convolutional network is linear"
#     With max pooling in between it is not, see exercise 4. That is no reason to leave activations out: two convolutions with nothing between them [are one](../clinic/convolution.py#convolutions-without-activation).
#
# !!! warning "Convolutional networks do not mind shifts"
#     That takes [equivariance for invariance](../clinic/convolution.py#equivariance-not-invariance). With a stride of 8 in all, a shift by one pixel is enough to change the output. Shifted images in training help, and so does blurring before downsampling.

# %% tags=["remove-input"]
torch.manual_seed(0)
no_activation = nn.Sequential(
    nn.Conv2d(1, 6, 5, bias=False),
    nn.MaxPool2d(2),
    nn.Conv2d(6, 16, 5, bias=False),
    nn.MaxPool2d(2),
).double()
with torch.no_grad():
    u, v = torch.randn(2, 1, 1, 28, 28, dtype=torch.float64)
    doubled_gap = (no_activation(2 * u) - 2 * no_activation(u)).abs().max().item()
    added_gap = (
        (no_activation(u + v) - no_activation(u) - no_activation(v)).abs().max().item()
    )
resnet_start = receptive_field([(7, 2, 1), (3, 2, 1)])
wavenet = receptive_field([(3, 1, 2**n) for n in range(5)])

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** ResNet 的开头：$7\times7$ 步幅 2 的卷积，再接 $3\times3$ 步幅 2 的最大池化。池化之后的感受野是多少？再接一个 $3\times3$ 的卷积呢？
#
# ??? success "答案"
#     $1+6\times1+2\times2=$ {{ resnet_start }}，这时跨度是 4；再加 $2\times4$，得 {{ resnet_start + 8 }}。
#
# **2.** 5 层 $3\times3$，膨胀率 1、2、4、8、16，步幅都是 1。感受野多大？要用多少层不膨胀的 $3\times3$ 才能赶上？
#
# ??? success "答案"
#     $1+2\times(1+2+4+8+16)=$ {{ wavenet }}；不膨胀的每层加 2，要 {{ (wavenet - 1) // 2 }} 层。
#
# **3.** 任何一个 $5\times5$ 的核，都能写成两个 $3\times3$（单通道、中间没有激活）叠起来吗？
#
# ??? success "答案"
#     不能。$5\times5$ 有 25 个自由的数，两个 $3\times3$ 只有 18 个，其中还有一个是多余的（一个乘 2，另一个除以 2，结果不变）。中间的通道多了，才都能写出来。
#
# **4.** 卷积、最大池化、卷积、最大池化，没有激活函数，没有偏置。它是线性的吗？设计两个检查。
#
# ??? success "答案"
#     线性要求 $f(2u)=2f(u)$ 和 $f(u+v)=f(u)+f(v)$。实测前者差 {{ f"{doubled_gap:.0g}" }}，后者差 {{ f"{added_gap:.1f}" }}：乘一个正数没问题，相加就不行，所以不是线性的，非线性来自取最大值。没有池化的两层 $5\times5$ 才是线性的，等于一个 $9\times9$。
#
# **5.** 全局平均池化之前的网络总步幅是 1，用 `padding_mode="circular"`。它对平移严格不变吗？换成补零呢？
#
# ??? success "答案"
#     首尾相接时严格不变：卷积等变，全局平均不看位置。补零时边上的值随位置改变，只是近似。
#
# ## 参考文献 { #references }
#
# - W. Luo 等. [Understanding the effective receptive field in deep convolutional neural networks](https://arxiv.org/abs/1701.04128). NeurIPS, 2016.
# - A. Araujo, W. Norris, J. Sim. [Computing receptive fields of convolutional neural networks](https://distill.pub/2019/computing-receptive-fields/). Distill, 2019.
# - K. Simonyan, A. Zisserman. [Very deep convolutional networks for large-scale image recognition](https://arxiv.org/abs/1409.1556). ICLR, 2015.
# - R. Zhang. [Making convolutional networks shift-invariant again](https://arxiv.org/abs/1904.11486). ICML, 2019.

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** ResNet begins with a $7\times7$ convolution of stride 2 and $3\times3$ max pooling of stride 2. What is the field after the pooling, and after one more $3\times3$ convolution?
#
# ??? success "Answer"
#     $1+6\times1+2\times2=$ {{ resnet_start }}, and the jump is 4 by then; another $2\times4$ makes {{ resnet_start + 8 }}.
#
# **2.** 5 layers of $3\times3$ with dilations 1, 2, 4, 8 and 16, all of stride 1. How large is the field, and how many plain layers of $3\times3$ would it take?
#
# ??? success "Answer"
#     $1+2\times(1+2+4+8+16)=$ {{ wavenet }}; a plain layer adds 2, so {{ (wavenet - 1) // 2 }} layers.
#
# **3.** Can every $5\times5$ kernel be written as two of $3\times3$, with one channel and no activation in between?
#
# ??? success "Answer"
#     No. A $5\times5$ kernel has 25 free numbers, two of $3\times3$ have 18, and one of those is spare (double one, halve the other, nothing changes). With more channels in between all can be written.
#
# **4.** Convolution, max pooling, convolution, max pooling, no activation, no bias. Is that linear? Think of two checks.
#
# ??? success "Answer"
#     Linear means $f(2u)=2f(u)$ and $f(u+v)=f(u)+f(v)$. Measured, the first is off by {{ f"{doubled_gap:.0g}" }} and the second by {{ f"{added_gap:.1f}" }}: it bears a positive factor but no sum, so it is not linear, because of the maximum. Two layers of $5\times5$ without pooling are linear, and equal one of $9\times9$.
#
# **5.** A network has stride 1 throughout, `padding_mode="circular"` and a global mean at the end. Is it exactly invariant to shifts? And with zero padding?
#
# ??? success "Answer"
#     Wrapped around, exactly: convolution is equivariant and the global mean does not look at positions. With zeros the values near the border depend on the position, so approximately.
#
# ## References { #references }
#
# - W. Luo et al. [Understanding the effective receptive field in deep convolutional neural networks](https://arxiv.org/abs/1701.04128). NeurIPS, 2016.
# - A. Araujo, W. Norris, J. Sim. [Computing receptive fields of convolutional neural networks](https://distill.pub/2019/computing-receptive-fields/). Distill, 2019.
# - K. Simonyan, A. Zisserman. [Very deep convolutional networks for large-scale image recognition](https://arxiv.org/abs/1409.1556). ICLR, 2015.
# - R. Zhang. [Making convolutional networks shift-invariant again](https://arxiv.org/abs/1904.11486). ICML, 2019.
