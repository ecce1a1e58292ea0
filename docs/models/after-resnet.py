# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "ResNet 之后的主意，各省了多少、换来多少：ResNeXt、MobileNet、倒残差、ShuffleNet、SE、EfficientNet、ConvNeXt、ViT，每个块从零写，与 torchvision 逐数相等；参数和计算量都数出来，再在 digits 上换一次卷积。"
#       en: "What the ideas after ResNet saved and what they bought: ResNeXt, MobileNet, inverted residuals, ShuffleNet, SE, EfficientNet, ConvNeXt, ViT. Each block from scratch and equal to torchvision's, parameters and work counted, and the convolutions of a small net exchanged on digits."
#     labels:
#       "billions of MACs per image": 每张图的 MACs（十亿）
#       "ImageNet top-1 accuracy (%)": ImageNet top-1 准确率（%）
#       "as in the paper": 照论文训练
#       "newer training": 更新的训练方法
#       ResNet-50: ResNet-50
#       ResNeXt-50: ResNeXt-50
#       MobileNetV2: MobileNetV2
#       MobileNetV3-L: MobileNetV3-L
#       ShuffleNetV2: ShuffleNetV2
#       EfficientNet-B0: EfficientNet-B0
#       B3: B3
#       B7: B7
#       ConvNeXt-T: ConvNeXt-T
#       ViT-B/16: ViT-B/16
#       input: 输入
#       "{} channels": "{} 个通道"
#       points lost: 丢失的点
#       "(n + 1) / 2ⁿ": "(n + 1) / 2ⁿ"
#       plain: 普通卷积
#       "plain, narrow": 普通卷积，窄
#       grouped: 分组卷积
#       "grouped, shuffled": 分组卷积，重排
#       depthwise separable: 深度可分离卷积
#       "CPU time, plain = {}": "CPU 时间，普通卷积 = {}"
#       mean test accuracy: 平均测试准确率
#       depth ×: 层数 ×
#       width ×: 宽度 ×
#       input side: 输入边长
#       depth · width² · side²: 层数 · 宽度² · 边长²
#       measured MACs ×: 数出的 MACs ×
# ---

# %% tags=["remove-input"]
import torch
import torchvision

from dlnotes import summary

NETWORKS = {
    "resnet50": ("ResNet-50", 2015), "resnext50_32x4d": ("ResNeXt-50", 2016), "mobilenet_v2": ("MobileNetV2", 2018),
    "shufflenet_v2_x1_0": ("ShuffleNetV2", 2018), "mobilenet_v3_large": ("MobileNetV3-L", 2019), "efficientnet_b0": ("EfficientNet-B0", 2019),
    "vit_b_16": ("ViT-B/16", 2020), "convnext_tiny": ("ConvNeXt-T", 2022),
}
SCALED = [f"efficientnet_b{number}" for number in range(8)]
NEWER = ("vit_b_16", "convnext_tiny")  # all their weights come from newer ways of training


def weights_of(name):
    return {weights.name: weights for weights in torchvision.models.get_model_weights(name)}


def traced(name):
    """Trace one of torchvision's networks at the side that its weights want; shapes alone, no weights are made."""
    first = weights_of(name)["IMAGENET1K_V1"]
    with torch.device("meta"):
        model = torchvision.models.get_model(name, weights=None).eval()
        ledger = summary.trace(model, (3, *[first.transforms.keywords["crop_size"]] * 2))
    assert ledger.parameters == first.meta["num_params"] and abs(ledger.macs / 1e9 - first.meta["_ops"]) < 1e-3
    return ledger


def published(name):
    """Return (as in the paper, newer training) top-1 accuracies; None where there is none."""
    found = [weights.meta["_metrics"]["ImageNet-1K"]["acc@1"] for key, weights in weights_of(name).items() if key.startswith("IMAGENET1K_V")]
    return (None, found[0]) if name in NEWER else (*found, None)[:2]


ledgers = {name: traced(name) for name in [*NETWORKS, *SCALED[1:]]}
accuracy = {name: published(name) for name in ledgers}
old, new, latest = accuracy["resnet50"][0], accuracy["resnet50"][1], accuracy["convnext_tiny"][1]


def network_rows():
    lines = []
    for name, (title, year) in NETWORKS.items():
        ledger, cells = ledgers[name], [f"{value:.1f}%" if value else "" for value in accuracy[name]]
        lines.append(f"| {title} | {year} | {ledger.parameters / 1e6:.1f} M | {ledger.macs / 1e9:.2f} G | {cells[0]} | {cells[1]} |")
    return "\n".join(lines)

# %% [markdown] tags=["zh"]
# # ResNet 之后：每个主意换来什么 { #after-resnet }
#
# 2015 年的 [ResNet-50](resnet.py) 在 ImageNet 上的准确率是 {{ f"{old:.1f}%" }}。2022 年的 ConvNeXt-T 是 {{ f"{latest:.1f}%" }}，参数和计算量却与它差不多。七年，{{ f"{latest - old:.1f}" }} 个百分点。
#
# **先猜：其中有多少是结构换来的？** 再猜一个：把网络里的 3×3 卷积都拆成两步，乘加只剩七分之一，训练会快几倍？
#
# 这一页把 ResNet 之后最有用的八个主意各写一遍，每个只要几行，都与 torchvision 的同名块逐数核对；再算清楚它省了什么，换来什么。

# %% [markdown] tags=["en"]
# # After ResNet: what did each idea buy? { #after-resnet }
#
# [ResNet-50](resnet.py) of 2015 has an accuracy of {{ f"{old:.1f}%" }} on ImageNet. ConvNeXt-T of 2022 has {{ f"{latest:.1f}%" }}, with about as many parameters and about as much work. Seven years, {{ f"{latest - old:.1f}" }} points.
#
# **Guess first: how many of those points did architecture buy?** And a second guess: split every 3×3 convolution of a network into two steps, and a seventh of the multiply-adds is left. How many times faster does it train?
#
# This page writes the eight most useful ideas after ResNet, each in a few lines and each checked number by number against torchvision's block of that name, and works out what it saves and what that buys.

# %% [markdown] tags=["zh"]
# ## 先把账算清 { #bill }

# %% [markdown] tags=["en"]
# ## The bill first { #bill }

# %% tags=["hide-input"] alt_zh="横轴是每张图的乘加次数（对数），纵轴是 ImageNet 的 top-1 准确率。空心圆是照论文训练，实心圆是同一个网络用更新的方法训练，两者之间有竖线：ResNet-50 的竖线最长，从 76 升到近 81。EfficientNet 从 B0 到 B7 连成一条先陡后平的曲线。MobileNet 和 ShuffleNet 在左边，ConvNeXt-T 在 ResNet-50 右上方，ViT-B/16 更靠右，却比它低。" alt_en="Multiply-adds per image (logarithmic) against ImageNet top-1 accuracy. Open circles are trained as in the paper, filled ones are the same network trained in a newer way, with a vertical line between: that of ResNet-50 is the longest, from 76 to nearly 81. EfficientNet from B0 to B7 is a curve, steep at first and then flat. MobileNets and ShuffleNet stand at the left, ConvNeXt-T to the upper right of ResNet-50, and ViT-B/16 further right and yet below it."
import matplotlib.pyplot as plt

from dlnotes.figures.style import INK, PALETTE

figure, axes = plt.subplots(figsize=(6.4, 4.4))
line = [(ledgers[name].macs / 1e9, accuracy[name][0]) for name in SCALED]
axes.plot(*zip(*line), "-o", color=PALETTE[1], markersize=4, linewidth=1.2)
for name, (title, _) in NETWORKS.items():
    work, (paper, newer) = ledgers[name].macs / 1e9, accuracy[name]
    colour = PALETTE[1] if name in SCALED else PALETTE[0]
    if paper and newer:
        axes.plot([work] * 2, [paper, newer], "-", color=colour, linewidth=1)
    if paper and name not in SCALED:
        axes.plot(work, paper, "o", color=colour, markersize=7, markerfacecolor="none")
    if newer:
        axes.plot(work, newer, "o", color=colour, markersize=7)
    place = {"resnet50": (0, -15, "right"), "resnext50_32x4d": (8, -2, "left"), "shufflenet_v2_x1_0": (8, -4, "left"), "efficientnet_b0": (8, -6, "left"),
             "mobilenet_v3_large": (0, -15, "center"), "mobilenet_v2": (8, -4, "left"), "convnext_tiny": (9, -4, "left"), "vit_b_16": (0, -16, "center")}
    dx, dy, align = place[name]
    axes.annotate(title, (work, newer if name in NEWER else paper), xytext=(dx, dy), textcoords="offset points", ha=align, fontsize=9)
for name in ("efficientnet_b3", "efficientnet_b7"):
    axes.annotate(f"B{name[-1]}", (ledgers[name].macs / 1e9, accuracy[name][0]), xytext=(0, 8), textcoords="offset points", ha="center", fontsize=9)
axes.plot([], [], "o", color=INK, markersize=7, markerfacecolor="none", label="as in the paper")
axes.plot([], [], "o", color=INK, markersize=7, label="newer training")
axes.set(xscale="log", xlim=(0.09, 60), ylim=(67.5, 86), xlabel="billions of MACs per image", ylabel="ImageNet top-1 accuracy (%)")
axes.set_xticks([0.1, 0.3, 1, 3, 10, 30], ["0.1", "0.3", "1", "3", "10", "30"])
axes.minorticks_off()
axes.legend(loc="lower right")
figure

# %% tags=["remove-input"]
resnext, mobile = accuracy["resnext50_32x4d"], accuracy["mobilenet_v2"]

# %% [markdown] tags=["zh"]
# | | 年份 | 参数 | MACs | 照论文训练 | 更新的训练方法 |
# |---|--:|--:|--:|--:|--:|
# {{ network_rows() }}
#
# 准确率不是本站测的，是 torchvision 随权重公布的，由代码读出。参数和 MACs（一张图的乘加次数，M 是百万，G 是十亿）由本站的[账本](../reference/tools.py)在元设备上数出，与 torchvision 登记的数核对过，一个不差。
#
# 竖线的两头是**同一个网络**。ResNet-50 的结构一个字没改，训练 600 轮而不是 90 轮，再加上更强的增广、标签平滑和权重的移动平均，就从 {{ f"{old:.1f}%" }} 到了 {{ f"{new:.1f}%" }}。七年的 {{ f"{latest - old:.1f}" }} 个百分点里，{{ f"{new - old:.1f}" }} 个是这样来的，结构最多只能分到剩下的 {{ f"{latest - new:.1f}" }} 个。
#
# 所以读论文里的准确率，先问是怎样训练的。结构真正改变的是横轴：左边那几个网络，用 ResNet-50 不到十分之一的计算，就做到了离它不远的地方。

# %% [markdown] tags=["en"]
# | | year | parameters | MACs | as in the paper | newer training |
# |---|--:|--:|--:|--:|--:|
# {{ network_rows() }}
#
# The accuracies were not measured here; torchvision publishes them with its weights, and code reads them. Parameters and MACs (multiply-adds of one image; M is a million, G a billion) are counted on the meta device by our [ledger](../reference/tools.py) and checked against torchvision's own record. They all agree.
#
# Both ends of a vertical line are **the same network**. Nothing in ResNet-50 was altered; trained for 600 epochs instead of 90, with stronger augmentation, label smoothing and a moving average of the weights, it went from {{ f"{old:.1f}%" }} to {{ f"{new:.1f}%" }}. Of the {{ f"{latest - old:.1f}" }} points gained in seven years, {{ f"{new - old:.1f}" }} came from training alone. Architecture can claim the other {{ f"{latest - new:.1f}" }} at most.
#
# So when a paper quotes an accuracy, ask first how it was trained. What architecture really moved is the horizontal axis: the networks at the left come close to ResNet-50 with less than a tenth of its work.

# %% [markdown] tags=["zh"]
# ## 两样工具 { #tools }
#
# 后面的块都由“卷积、批量归一化、激活”这一小段拼成，不少还带[跳跃连接](resnet.py#idea)。`same` 给两个块装上同样的随机权重和移动统计量，比较评估模式下的输出：

# %% [markdown] tags=["en"]
# ## Two tools { #tools }
#
# The blocks below are put together from one piece, convolution, batch normalization, activation, and many have a [shortcut](resnet.py#idea). `same` gives two blocks the same random weights and running statistics and compares their outputs in evaluation mode:

# %%
from torch import nn
from torchvision import models as theirs


def unit(inputs, outputs, kernel=1, stride=1, groups=1, activation=nn.ReLU):
    padding = kernel // 2
    layers = [
        nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*layers, *([activation()] if activation else []))


class Residual(nn.Module):
    def __init__(self, *branch, after=None):
        super().__init__()
        self.branch = nn.Sequential(*branch)
        self.after = after or nn.Identity()

    def forward(self, x):
        return self.after(x + self.branch(x))


def same(ours, other, shape):
    torch.manual_seed(0)
    ours, other = ours.double().eval(), other.double().eval()
    values = []
    for name, value in other.state_dict().items():
        if value.is_floating_point():
            value = torch.rand_like(value) + (0.5 if "var" in name else -0.5)
        values.append(value)
    for model in (ours, other):
        model.load_state_dict(dict(zip(model.state_dict(), values, strict=True)))
    x = torch.randn(shape, dtype=torch.float64)
    with torch.no_grad():
        gap = (ours(x) - other(x)).abs().max().item()
    assert gap < 1e-10
    parameters = sum(p.numel() for p in ours.parameters())
    print(f"{parameters:,} parameters, largest difference {gap:.0g}")

# %% [markdown] tags=["zh"]
# ## ResNeXt：省下来，拿去加宽 { #resnext }
#
# ResNet-50 的瓶颈结构，中间的 3×3 卷积是 64 个通道进、64 个通道出。**ResNeXt** 把它换成 32 组的[分组卷积](../theory/channels.py#groups)。宽度不变时，权重只剩 1/32；省下来的用来把中间加宽一倍，到 128 个通道。组数在论文里叫基数。

# %% [markdown] tags=["en"]
# ## ResNeXt: save, then spend on width { #resnext }
#
# In the bottleneck of ResNet-50 the 3×3 convolution in the middle has 64 channels in and 64 out. **ResNeXt** makes it a [grouped convolution](../theory/channels.py#groups) of 32 groups. At the same width that leaves 1/32 of the weights, and the saving pays for a middle twice as wide, 128 channels. The paper calls the number of groups cardinality.

# %%
resnext_block = Residual(
    unit(256, 128),
    unit(128, 128, 3, groups=32),
    unit(128, 256, activation=None),
    after=nn.ReLU(),
)
same(
    resnext_block,
    theirs.resnet.Bottleneck(256, 64, groups=32, base_width=4),
    (2, 256, 8, 8),
)

# %% tags=["remove-input"]
narrow, grouped = nn.Conv2d(64, 64, 3, bias=False).weight.numel(), nn.Conv2d(128, 128, 3, groups=32, bias=False).weight.numel()

# %% [markdown] tags=["zh"]
# 中间那一层的权重从 {{ f"{narrow:,}" }} 降到 {{ f"{grouped:,}" }}，通道反而多一倍。整个网络的参数和计算量与 ResNet-50 几乎相同。换来多少？照论文训练，{{ f"{resnext[0] - old:+.1f}" }} 个百分点；两者都用新方法训练，只剩 {{ f"{resnext[1] - new:+.1f}" }} 个。

# %% [markdown] tags=["en"]
# The weights of that layer fall from {{ f"{narrow:,}" }} to {{ f"{grouped:,}" }}, with twice the channels. Parameters and work of the whole network are nearly those of ResNet-50. What did it buy? Trained as in the papers, {{ f"{resnext[0] - old:+.1f}" }} points; with both trained the new way, {{ f"{resnext[1] - new:+.1f}" }}.

# %% [markdown] tags=["zh"]
# ## MobileNet：滤波与混合分开做 { #mobilenet }
#
# 普通的 3×3 卷积同时做两件事：看邻居，混合通道。**MobileNet** 把它们分开，先[逐通道卷积](../theory/channels.py#groups)，每个通道看自己的邻居；再用 1×1 卷积混合通道。第一版就是 13 个这样的[深度可分离卷积](../theory/channels.py#groups)叠起来，十行写完。torchvision 没有这一版，就与论文里的数比：

# %% [markdown] tags=["en"]
# ## MobileNet: filter and mix apart { #mobilenet }
#
# An ordinary 3×3 convolution does two things at once: it looks at neighbours and mixes channels. **MobileNet** does them apart: first a [depthwise convolution](../theory/channels.py#groups), in which each channel looks at its own neighbours, then a 1×1 to mix the channels. Its first version is 13 such [depthwise separable convolutions](../theory/channels.py#groups) in a row, written in ten lines. torchvision does not have it, so compare with the figures of the paper:

# %%
STRIDES = {
    64: [1], 128: [2, 1], 256: [2, 1], 512: [2, 1, 1, 1, 1, 1], 1024: [2, 1],
}


def plain(inputs, outputs, stride):
    return [unit(inputs, outputs, 3, stride)]


def separable(inputs, outputs, stride):
    return [unit(inputs, inputs, 3, stride, groups=inputs), unit(inputs, outputs)]


def mobilenet_v1(step):
    layers, channels = [unit(3, 32, 3, 2)], 32
    for outputs, strides in STRIDES.items():
        for stride in strides:
            layers += step(channels, outputs, stride)
            channels = outputs
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 1000)]
    return nn.Sequential(*layers, *head)


with torch.device("meta"):
    v1 = summary.trace(mobilenet_v1(separable), (3, 224, 224))
    full = summary.trace(mobilenet_v1(plain), (3, 224, 224))
for name, ledger in {"depthwise separable": v1, "plain 3×3": full}.items():
    macs, parameters = ledger.macs / 1e6, ledger.parameters / 1e6
    print(f"{name:20} {macs:7,.0f} M MACs {parameters:6.1f} M parameters")

# %% tags=["remove-input"]
convolutions = [row for row in v1.rows if row.type == "Conv2d"][1:]  # behind the first, depthwise and 1×1 take turns
in_depthwise, in_pointwise = (sum(row.macs for row in convolutions[start::2]) / v1.macs for start in (0, 1))

# %% [markdown] tags=["zh"]
# 论文写的是 569 百万和 4.2 百万，4866 百万和 29.3 百万：对得上，只有末位的舍入不同。论文在 ImageNet 上的结果是 70.6% 与 71.7%：**乘加少到 {{ f"{v1.macs / full.macs:.0%}" }}，准确率只少 1.1 个百分点。**这是本页最划算的一笔。
#
# 拆开之后，钱花在哪里？逐通道卷积只占乘加的 {{ f"{in_depthwise:.0%}" }}，{{ f"{in_pointwise:.0%}" }} 都在 1×1 上。后面的主意，多半冲着它去。

# %% [markdown] tags=["en"]
# The paper says 569 million and 4.2 million, 4866 million and 29.3 million: they agree, up to rounding in the last digit. On ImageNet the paper has 70.6% and 71.7%: **{{ f"{v1.macs / full.macs:.0%}" }} of the multiply-adds for 1.1 points less.** It is the best bargain on this page.
#
# Where does the work go after the split? The depthwise convolutions take {{ f"{in_depthwise:.0%}" }} of the multiply-adds, and the 1×1 take {{ f"{in_pointwise:.0%}" }}. Most of the ideas that follow are about those 1×1.

# %% [markdown] tags=["zh"]
# ## 倒残差：窄的两头，宽的中间 { #inverted }
#
# 第二版加上了跳跃连接。ResNet 的瓶颈是两头宽、中间窄，这里正相反，所以叫**倒残差块**：1×1 把 24 个通道扩到 144 个，逐通道卷积在宽处做（它便宜），再用 1×1 收回 24 个。跳跃连接接在窄的两头，要存的特征图就小。激活是 ReLU6，即截到 6 为止的 ReLU，为的是手机上的低精度运算：

# %% [markdown] tags=["en"]
# ## Inverted residuals: narrow ends, wide middle { #inverted }
#
# The second version adds shortcuts. ResNet's bottleneck is wide at its ends and narrow in the middle; here it is the other way round, hence the name **inverted residual**: a 1×1 widens 24 channels to 144, the depthwise convolution, being cheap, works in the wide part, and a 1×1 goes back to 24. The shortcut joins the narrow ends, so the maps to be kept are small. The activation is ReLU6, ReLU cut off at 6, for the low precision of phones:

# %%
inverted = Residual(
    unit(24, 144, activation=nn.ReLU6),
    unit(144, 144, 3, groups=144, activation=nn.ReLU6),
    unit(144, 24, activation=None),  # no activation in the narrow part
)
same(
    inverted,
    theirs.mobilenetv2.InvertedResidual(24, 24, 1, 6),
    (2, 24, 8, 8),
)

# %% [markdown] tags=["zh"]
# 最后一步没有激活，是故意的：**ReLU 在窄处会丢信息**。做个实验：把平面上的一条螺线用随机矩阵送进 $n$ 个通道，过 ReLU，再用最好的线性变换取回来。一个点若只剩不到两个通道是正的，它在平面上的位置就再也找不回来了。**先猜：3 个通道时，丢掉几成的点？**

# %% [markdown] tags=["en"]
# That the last step has no activation is on purpose: **ReLU loses information where it is narrow**. An experiment: send a spiral in the plane through a random matrix into $n$ channels, apply ReLU, and bring it back by the best linear map. A point with fewer than two channels above 0 can never be told from its neighbours again. **Guess what share of the points is lost with 3 channels.**

# %%
turns = torch.linspace(0.5, 12.5, 500, dtype=torch.float64)
spiral = torch.stack([turns * turns.cos(), turns * turns.sin()], 1) / 12.5


def through_relu(channels, seed):
    """Return the share of points lost, and the spiral brought back."""
    generator = torch.Generator().manual_seed(seed)
    matrix = torch.randn(2, channels, generator=generator, dtype=torch.float64)
    features = (spiral @ matrix).relu()  # (500, channels)
    lost = ((features > 0).sum(1) < 2).double().mean().item()
    return lost, features @ torch.linalg.lstsq(features, spiral).solution


lost = {}
for n in (2, 3, 4, 5, 6, 8, 12):
    lost[n] = sum(through_relu(n, seed)[0] for seed in range(200)) / 200

# %% tags=["hide-input"] alt_zh="五幅小图。左起：一条完整的螺线；经过 2 个、3 个通道的 ReLU 再取回，螺线大半被压扁成几段直线；5 个通道时形状大致还在，有几处折痕；12 个通道时几乎复原。" alt_en="Five panels. From the left: a whole spiral; brought back from ReLU with 2 and with 3 channels, most of it is crushed into a few straight lines; with 5 the shape is roughly there, with creases; with 12 it is nearly restored."
figure, panels = plt.subplots(1, 5, figsize=(6.4, 1.55))
shown = {"input": spiral} | {f"{n} channels": through_relu(n, 1)[1] for n in (2, 3, 5, 12)}
for axes, (title, points) in zip(panels, shown.items()):
    axes.plot(*points.T, color=PALETTE[0], linewidth=1)
    axes.set_title(title, fontsize=9)
    axes.set(xlim=(-1.1, 1.1), ylim=(-1.1, 1.1), aspect="equal")
    axes.axis("off")
figure

# %% tags=["hide-input"] alt_zh="通道数与丢失的点的比例：测得的圆点与公式的曲线重合，2 个通道时约四分之三，3 个时一半，6 个时约一成，12 个时几乎为 0。" alt_en="Number of channels against the share of points lost: the measured dots lie on the curve of the formula, about three quarters at 2 channels, half at 3, a tenth at 6, and nearly 0 at 12."
figure, axes = plt.subplots(figsize=(6.4, 2.4))
axes.plot(range(2, 13), [(n + 1) / 2**n for n in range(2, 13)], color=PALETTE[1], label="(n + 1) / 2ⁿ")
axes.plot(list(lost), list(lost.values()), "o", color=PALETTE[0], label="points lost")
axes.set(xlabel="channels", ylim=(0, 0.8))
axes.legend()
figure

# %% [markdown] tags=["zh"]
# 3 个通道时是 {{ f"{lost[3]:.0%}" }}，12 个时 {{ f"{lost[12]:.1%}" }}。这个数可以算出来：每个通道一半的可能是正的，至多一个为正的概率是 $(1+n)/2^n$，其中 $n$ 是通道数。螺线只有两维，通道一多就安全了；真的特征维数高得多，窄处就容易丢。MobileNetV2 因此只在宽的中间用 ReLU。
#
# 整个网络：{{ f"{ledgers['mobilenet_v2'].parameters / 1e6:.1f}" }} M 参数，{{ f"{ledgers['mobilenet_v2'].macs / 1e9:.2f}" }} G 次乘加，是 ResNet-50 的 {{ f"{ledgers['mobilenet_v2'].macs / ledgers['resnet50'].macs:.0%}" }}；准确率 {{ f"{mobile[0]:.1f}%" }}，比它少 {{ f"{old - mobile[0]:.1f}" }} 个百分点。

# %% [markdown] tags=["en"]
# With 3 channels it is {{ f"{lost[3]:.0%}" }}, with 12 {{ f"{lost[12]:.1%}" }}. The number can be worked out: each channel is above 0 half of the time, so with $n$ channels the probability that at most one is above 0 is $(1+n)/2^n$. A spiral has only two dimensions, and a few more channels keep it safe. Real features have many more dimensions, and a narrow part loses them easily. So MobileNetV2 uses ReLU only in its wide middles.
#
# The whole network: {{ f"{ledgers['mobilenet_v2'].parameters / 1e6:.1f}" }} M parameters and {{ f"{ledgers['mobilenet_v2'].macs / 1e9:.2f}" }} G multiply-adds, {{ f"{ledgers['mobilenet_v2'].macs / ledgers['resnet50'].macs:.0%}" }} of those of ResNet-50; accuracy {{ f"{mobile[0]:.1f}%" }}, {{ f"{old - mobile[0]:.1f}" }} points less.

# %% [markdown] tags=["zh"]
# ## ShuffleNet：换座位 { #shufflenet }
#
# 1×1 占了大头，那就也分组？分组之后[组与组不通消息](../theory/channels.py#groups)，叠多少层都不通。**ShuffleNet** 的办法是在中间换座位：把 $(g, C/g)$ 的通道转置成 $(C/g, g)$，下一层的每一组里就都有来自各组的通道。换座位不用参数，也不用乘加，一行代码。
#
# 第二版的块更简单：通道分成两半，一半原样走，一半过“1×1、逐通道、1×1”，拼接，再换座位：

# %% [markdown] tags=["en"]
# ## ShuffleNet: change seats { #shufflenet }
#
# If the 1×1 take the most, why not group them too? Then [groups hear nothing of each other](../theory/channels.py#groups), in however many layers. The answer of **ShuffleNet** is to change seats in between: transpose channels of $(g, C/g)$ to $(C/g, g)$, and every group of the next layer has channels out of all groups. It takes no parameters, no multiply-adds, and one line.
#
# The block of the second version is simpler still: half of the channels go straight through, half pass 1×1, depthwise, 1×1; concatenation follows, then a change of seats:

# %%
def shuffle(x, groups):
    return x.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2)


class ShuffleUnit(nn.Module):
    def __init__(self, channels):
        super().__init__()
        c = channels // 2
        self.branch = nn.Sequential(
            unit(c, c), unit(c, c, 3, groups=c, activation=None), unit(c, c)
        )

    def forward(self, x):
        kept, changed = x.chunk(2, 1)
        return shuffle(torch.cat([kept, self.branch(changed)], 1), 2)


same(
    ShuffleUnit(116),
    theirs.shufflenetv2.InvertedResidual(116, 116, 1),
    (2, 116, 8, 8),
)
print(shuffle(torch.arange(8).reshape(1, 8, 1, 1), 2).flatten().tolist())

# %% [markdown] tags=["zh"]
# 表里它是计算最少的：{{ f"{ledgers['shufflenet_v2_x1_0'].macs / 1e9:.2f}" }} G，MobileNetV2 的一半；准确率 {{ f"{accuracy['shufflenet_v2_x1_0'][0]:.1f}%" }}。

# %% [markdown] tags=["en"]
# In the table it has the least work, {{ f"{ledgers['shufflenet_v2_x1_0'].macs / 1e9:.2f}" }} G, half of MobileNetV2's, at an accuracy of {{ f"{accuracy['shufflenet_v2_x1_0'][0]:.1f}%" }}.

# %% [markdown] tags=["zh"]
# ## SE：给通道打分 { #squeeze }
#
# 卷积只看一个小窗口，不知道整张图里有什么。**SE 模块**补上这一点：每个通道取全图平均，得到一个数（squeeze）；两个小的全连接层和 sigmoid 由这些数算出每个通道的权重（excitation）；再乘回去。对这张图没用的通道，就调小：

# %% [markdown] tags=["en"]
# ## SE: score the channels { #squeeze }
#
# A convolution sees a small window and knows nothing of the rest of the image. A **squeeze-and-excitation block** adds that: each channel is averaged over the whole map to one number (squeeze); two small fully connected layers and a sigmoid turn these numbers into a weight for each channel (excitation); the map is multiplied by them. Channels of no use for this image are turned down:

# %%
class SE(nn.Module):
    def __init__(self, channels, squeezed, activation=nn.ReLU):
        super().__init__()
        self.down = nn.Conv2d(channels, squeezed, 1)
        self.up = nn.Conv2d(squeezed, channels, 1)
        self.activation = activation()

    def forward(self, x):
        marks = x.mean((2, 3), keepdim=True)  # (N, C, 1, 1)
        return x * torch.sigmoid(self.up(self.activation(self.down(marks))))


same(SE(64, 16), torchvision.ops.SqueezeExcitation(64, 16), (2, 64, 8, 8))

# %% tags=["remove-input"]
b0 = ledgers["efficientnet_b0"]
se_rows = [row for row in b0.rows if ".fc" in row.name]
se_share = {key: sum(getattr(row, key) for row in se_rows) / getattr(b0, key) for key in ("parameters", "macs")}

# %% [markdown] tags=["zh"]
# 论文给 ResNet-50 的每个块加上它，错误率从 24.80% 降到 23.29%，作者还靠它赢了 2017 年的 ImageNet 分类比赛。代价是什么？在 EfficientNet-B0 里数一数：SE 占参数的 {{ f"{se_share['parameters']:.0%}" }}，占乘加的 {{ f"{se_share['macs']:.1%}" }}。它在每张图上只算一次，不在每个像素上算，所以几乎不花计算，花的是参数。MobileNetV3 就是倒残差加 SE，再由自动搜索定下每层的大小。

# %% [markdown] tags=["en"]
# The paper adds it to each block of ResNet-50, and the error falls from 24.80% to 23.29%; it also won the ImageNet classification contest of 2017. The price? Counted in EfficientNet-B0, SE has {{ f"{se_share['parameters']:.0%}" }} of the parameters and {{ f"{se_share['macs']:.1%}" }} of the multiply-adds. It is computed once per image and not at every pixel, so it costs hardly any work. What it costs is parameters. MobileNetV3 is inverted residuals with SE, and a search that settled the size of each layer.

# %% [markdown] tags=["zh"]
# ## EfficientNet：三样一起放大 { #efficientnet }
#
# **EfficientNet** 的块是倒残差加 SE，激活换成 SiLU。B0 由自动搜索得到，下面是它的一个块：

# %% [markdown] tags=["en"]
# ## EfficientNet: scale three things together { #efficientnet }
#
# The block of **EfficientNet** is an inverted residual with SE, and SiLU for its activation. B0 came out of an automatic search; this is one of its blocks:

# %%
mbconv = Residual(
    unit(40, 240, activation=nn.SiLU),
    unit(240, 240, 5, groups=240, activation=nn.SiLU),
    SE(240, 10, nn.SiLU),
    unit(240, 40, activation=None),
)
config = theirs.efficientnet.MBConvConfig(6, 5, 1, 40, 40, 1)
same(
    mbconv,
    theirs.efficientnet.MBConv(config, 0.0, nn.BatchNorm2d),
    (2, 40, 8, 8),
)

# %% [markdown] tags=["zh"]
# 想要更准，可以加深，可以加宽，也可以用更大的图。论文的主张是三样按固定的比例一起放大。代价好算：层数乘 $d$、通道乘 $w$、边长乘 $r$，乘加大约变成 $d\,w^2r^2$ 倍，因为一层的乘加与输入通道、输出通道、高、宽都成正比。公式准吗？B0 到 B7 都数一遍：

# %% [markdown] tags=["en"]
# For more accuracy one may add layers, add channels, or take larger images. The paper's claim is to do all three in fixed proportion. The price is easy to predict: $d$ times the layers, $w$ times the channels and $r$ times the side make about $d\,w^2r^2$ times the multiply-adds, since the work of a layer grows with its input channels, its output channels, its height and its width. Does the formula hold? Count B0 to B7:

# %% tags=["hide-input"]
import pandas as pd

DEPTH, WIDTH = (1.0, 1.1, 1.2, 1.4, 1.8, 2.2, 2.6, 3.1), (1.0, 1.0, 1.1, 1.2, 1.4, 1.6, 1.8, 2.0)
sides = [ledgers[name].input_shape[-1] for name in SCALED]
foreseen = [d * w**2 * (side / 224) ** 2 for d, w, side in zip(DEPTH, WIDTH, sides)]
times = [ledgers[name].macs / b0.macs for name in SCALED]
pd.DataFrame(
    {
        "depth ×": DEPTH, "width ×": WIDTH, "input side": sides,
        "depth · width² · side²": [f"{value:.1f}" for value in foreseen], "measured MACs ×": [f"{value:.1f}" for value in times],
        "accuracy (%)": [f"{accuracy[name][0]:.1f}" for name in SCALED],
    },
    index=[f"B{number}" for number in range(8)],
)

# %% tags=["remove-input"]
gain = [accuracy[f"efficientnet_b{b}"][0] - accuracy[f"efficientnet_b{a}"][0] for a, b in ((0, 3), (4, 7))]
cost = [times[b] / times[a] for a, b in ((0, 3), (4, 7))]

# %% [markdown] tags=["zh"]
# 公式偏低一些，因为层数要向上取整，通道数要凑成 8 的倍数，但大致不错。准确率却涨得慢得多：B0 到 B3，{{ f"{cost[0]:.1f}" }} 倍的乘加换来 {{ f"{gain[0]:.1f}" }} 个百分点；B4 到 B7，{{ f"{cost[1]:.1f}" }} 倍只换来 {{ f"{gain[1]:.1f}" }} 个。B0 本身倒很划算：{{ f"{b0.macs / ledgers['resnet50'].macs:.0%}" }} 的乘加，照论文训练就比 ResNet-50 高 {{ f"{accuracy['efficientnet_b0'][0] - old:.1f}" }} 个百分点。只是它论文里的训练方法比 ResNet 的晚四年，也更讲究。

# %% [markdown] tags=["en"]
# The formula is somewhat low, since layers are rounded up and channels to a multiple of 8, but it is roughly right. Accuracy grows far more slowly: from B0 to B3, {{ f"{cost[0]:.1f}" }} times the work buys {{ f"{gain[0]:.1f}" }} points; from B4 to B7, {{ f"{cost[1]:.1f}" }} times buys {{ f"{gain[1]:.1f}" }}. B0 itself is a bargain: with {{ f"{b0.macs / ledgers['resnet50'].macs:.0%}" }} of the multiply-adds, trained as in its paper, it is {{ f"{accuracy['efficientnet_b0'][0] - old:.1f}" }} points above ResNet-50. But its training recipe is four years younger than ResNet's, and more refined.

# %% [markdown] tags=["zh"]
# ## ConvNeXt：向 Transformer 学来的卷积网络 { #convnext }
#
# **ConvNeXt** 从 ResNet-50 出发，一步步换成 Transformer 的做法，看每步值多少。最后的块是：7×7 的逐通道卷积，[层归一化](../theory/normalization.py)，1×1 扩到 4 倍，GELU，1×1 收回，乘上每个通道一个很小的系数，再相加。一个块只有一次激活、一次归一化：

# %% [markdown] tags=["en"]
# ## ConvNeXt: a convolutional network that learned from Transformers { #convnext }
#
# **ConvNeXt** sets out from ResNet-50 and takes over the ways of Transformers step by step, to see what each is worth. The block it ends with: a depthwise convolution of 7×7, [layer normalization](../theory/normalization.py), a 1×1 to 4 times the channels, GELU, a 1×1 back, a small factor for each channel, and the sum. There is one activation and one normalization in a block:

# %%
class ConvNeXtBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.scale = nn.Parameter(torch.full((channels, 1, 1), 1e-6))
        self.depthwise = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.normalize = nn.LayerNorm(channels, eps=1e-6)
        self.widen = nn.Linear(channels, 4 * channels)
        self.narrow = nn.Linear(4 * channels, channels)

    def forward(self, x):
        y = self.normalize(self.depthwise(x).movedim(1, -1))  # (N, H, W, C)
        y = self.narrow(nn.functional.gelu(self.widen(y)))
        return x + self.scale * y.movedim(-1, 1)


same(ConvNeXtBlock(96), theirs.convnext.CNBlock(96, 1e-6, 0.0), (2, 96, 8, 8))

# %% [markdown] tags=["zh"]
# 认得出来吗？它就是一个倒残差块，只是逐通道卷积挪到了最前面，窗口更大。用新方法训练，ConvNeXt-T 比 ResNet-50 高 {{ f"{latest - new:.1f}" }} 个百分点，乘加多 {{ f"{ledgers['convnext_tiny'].macs / ledgers['resnet50'].macs - 1:.0%}" }}。

# %% [markdown] tags=["en"]
# Do you recognise it? It is an inverted residual, with the depthwise convolution moved to the front and a larger window. Trained the new way, ConvNeXt-T is {{ f"{latest - new:.1f}" }} points above ResNet-50, with {{ f"{ledgers['convnext_tiny'].macs / ledgers['resnet50'].macs - 1:.0%}" }} more multiply-adds.

# %% [markdown] tags=["zh"]
# ## 视觉 Transformer：除了第一层，没有卷积 { #vit }
#
# **视觉 Transformer**（ViT）把 224×224 的图切成 196 块 16×16 的方块，每块当作一个词，后面全交给 [Transformer 的块](../theory/vision-transformer.py#block)。切块并线性映射成向量，叫**图像块嵌入**；它其实是一个卷积，核与步幅都是 16：

# %% [markdown] tags=["en"]
# ## Vision Transformer: no convolution but the first { #vit }
#
# A **vision Transformer** (ViT) cuts an image of 224×224 into 196 squares of 16×16, takes each for a word, and leaves the rest to [Transformer blocks](../theory/vision-transformer.py#block). Cutting squares and mapping each to a vector is called **patch embedding**. It is a convolution, with kernel and stride both 16:

# %%
class PatchEmbedding(nn.Module):
    def __init__(self, side, width):
        super().__init__()
        self.side, self.linear = side, nn.Linear(3 * side * side, width)

    def forward(self, x):
        cut = (-1, self.side)
        x = x.unflatten(3, cut).unflatten(2, cut)  # (N, 3, rows, side, columns, side)
        squares = x.permute(0, 2, 4, 1, 3, 5).flatten(3)  # (N, rows, columns, 3·side²)
        return self.linear(squares)  # (N, rows, columns, width)


vit = torchvision.models.VisionTransformer(
    32, patch_size=16, num_layers=1, num_heads=1, hidden_dim=24, mlp_dim=8
)
squares, convolution = PatchEmbedding(16, 24), vit.conv_proj
with torch.no_grad():
    squares.linear.weight.copy_(convolution.weight.flatten(1))
    squares.linear.bias.copy_(convolution.bias)
    images = torch.randn(2, 3, 32, 32)
    difference = squares(images) - convolution(images).movedim(1, -1)
gap = difference.abs().max().item()
assert gap < 1e-5
print(f"largest difference {gap:.0e}")

# %% tags=["remove-input"]
swag = weights_of("vit_b_16")["IMAGENET1K_SWAG_E2E_V1"].meta["_metrics"]["ImageNet-1K"]["acc@1"]
vit_macs, vit_accuracy = ledgers["vit_b_16"].macs / 1e9, accuracy["vit_b_16"][1]

# %% [markdown] tags=["zh"]
# 块与块之间谁与谁相邻，它事先不知道，要从数据里学。所以数据少时吃亏：只用 ImageNet 训练，ViT-B/16 花 {{ f"{vit_macs:.1f}" }} G 次乘加，{{ f"{vit_accuracy:.1f}%" }}，不如 ConvNeXt-T。先用多得多的图片预训练，再在 ImageNet 上用 384 像素的大图微调，同一个网络到了 {{ f"{swag:.1f}%" }}。

# %% [markdown] tags=["en"]
# It does not know beforehand which squares are neighbours, and must learn that from data. So it does poorly when data are scarce: trained on ImageNet alone, ViT-B/16 spends {{ f"{vit_macs:.1f}" }} G multiply-adds for {{ f"{vit_accuracy:.1f}%" }}, less than ConvNeXt-T. Pretrained on far more images and then fine-tuned on ImageNet at 384 pixels, the same network reaches {{ f"{swag:.1f}%" }}.

# %% [markdown] tags=["zh"]
# ## 亲手换一次 { #digits }
#
# 回到 digits。一个小网络：开头一个步幅 2 的卷积，然后三个块，各 64 个通道，最后全局平均池化。只换三个块里的 3×3 卷积：
#
# - **普通**；另有一个窄版，通道少得多，总乘加与下面几种相近；
# - **分组**，8 组；不重排与重排；
# - **深度可分离**。
#
# 都训练同样的 3 个轮次，3 个种子。**先猜：乘加差不多时，窄的普通卷积与深度可分离卷积，谁更准？乘加少到七分之一，训练快几倍？**

# %% [markdown] tags=["en"]
# ## Exchange them yourself { #digits }
#
# Back to digits. A small network: a convolution of stride 2, then three blocks of 64 channels, and global average pooling at the end. Only the 3×3 convolutions of the blocks are exchanged:
#
# - **plain**, and a plain one with far fewer channels, whose work is close to that of those below;
# - **grouped**, 8 groups, without and with shuffling;
# - **depthwise separable**.
#
# All train for the same 3 epochs, with 3 seeds. **Guess: for the same bill, which is more accurate, narrow plain convolution or depthwise separable? And with a seventh of the multiply-adds, how many times faster is training?**

# %%
import time

from dlnotes import data, training

splits = data.load("digits")
BLOCKS = {
    "plain": plain,
    "grouped": lambda i, o, s: [unit(i, o, 3, s, groups=8)],
    "grouped, shuffled": lambda i, o, s: [unit(i, o, 3, s, 8), nn.ChannelShuffle(8)],
    "depthwise separable": separable,
}


def small(kind):
    w, block = (12, plain) if kind == "plain, narrow" else (32, BLOCKS[kind])
    body = [*block(w, 2 * w, 2), *block(2 * w, 2 * w, 1), *block(2 * w, 2 * w, 1)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2 * w, 10)]
    return nn.Sequential(unit(1, w, 3, 2), *body, *head)


def trained(kind, seed):
    training.seed_everything(seed)
    model, start = small(kind), time.process_time()
    config = training.Config(epochs=3, lr=1e-2, seed=seed)
    history = training.fit(model, splits, config)
    seconds = time.process_time() - start
    result = training.evaluate(model, splits.test, history.normalization)
    return seconds, result.accuracy


kinds = ("plain", "plain, narrow", *list(BLOCKS)[1:])
runs = {kind: [trained(kind, seed) for seed in range(3)] for kind in kinds}

# %% tags=["hide-input"] alt_zh="五种卷积的测试准确率，各三个点：普通的最高，接近 1；窄的普通卷积最低，三个点也最散；两种分组卷积和深度可分离卷积在中间。" alt_en="Test accuracy of the five kinds, three dots each: plain is highest, close to 1; narrow plain is lowest, with its dots furthest apart; both grouped kinds and depthwise separable are in between."
from dlnotes import figures

figures.bars({kind: [score for _, score in found] for kind, found in runs.items()}, xlabel="test accuracy", limits=(0.8, 1))

# %% tags=["hide-input"]
from statistics import mean

bills = {kind: summary.trace(small(kind), (1, 28, 28)) for kind in kinds}
seconds = {kind: min(spent for spent, _ in found) for kind, found in runs.items()}
scores = {kind: mean(score for _, score in found) for kind, found in runs.items()}
spread = max(max(s for _, s in found) - min(s for _, s in found) for found in runs.values())
pd.DataFrame(
    {
        "parameters": [f"{bill.parameters:,}" for bill in bills.values()],
        "MACs": [f"{bill.macs:,}" for bill in bills.values()],
        "CPU time, plain = 1": [f"{seconds[kind] / seconds['plain']:.1f}" for kind in kinds],
        "mean test accuracy": [f"{scores[kind]:.1%}" for kind in kinds],
    },
    index=list(kinds),
)

# %% [markdown] tags=["zh"]
# - **乘加相近时**，深度可分离卷积平均 {{ f"{scores['depthwise separable']:.1%}" }}，窄的普通卷积 {{ f"{scores['plain, narrow']:.1%}" }}。省下来的乘加能养活 64 个通道，在这里划算。
# - **重排**前后是 {{ f"{scores['grouped']:.1%}" }} 与 {{ f"{scores['grouped, shuffled']:.1%}" }}。只有三层，末尾的全连接层又把所有通道合在一起，组与组不通消息在这里妨碍不大；别凭这两个数下结论。
# - 同样训练 3 个轮次，**省钱的办法都没有追上普通卷积**的 {{ f"{scores['plain']:.1%}" }}。同一种卷积换个种子，最多差 {{ f"{100 * spread:.1f}" }} 个百分点，比较时别忘了。
# - **时间没有跟着乘加走。**深度可分离卷积的乘加只有 {{ f"{bills['depthwise separable'].macs / bills['plain'].macs:.0%}" }}，训练的 CPU 时间却是普通卷积的 {{ f"{seconds['depthwise separable'] / seconds['plain']:.1f}" }} 倍：层数多了，每层要做的事又太少，[处理器多半在等内存](../theory/channels.py#milliseconds)。MobileNet 在手机上快，靠的是专门写过的逐通道卷积。

# %% [markdown] tags=["en"]
# - **For about the same bill**, depthwise separable convolution has {{ f"{scores['depthwise separable']:.1%}" }} on average and narrow plain convolution {{ f"{scores['plain, narrow']:.1%}" }}. What it saves keeps its 64 channels, and here they are worth it.
# - **Shuffling**: {{ f"{scores['grouped']:.1%}" }} without and {{ f"{scores['grouped, shuffled']:.1%}" }} with it. There are only three such layers, and the fully connected one at the end joins all channels, so it matters little here that groups hear nothing of each other. Do not draw conclusions from these two numbers.
# - **No saver reaches plain convolution** with its {{ f"{scores['plain']:.1%}" }} in the same 3 epochs. Seeds differ by up to {{ f"{100 * spread:.1f}" }} points; keep that in mind with every difference.
# - **Time does not follow multiply-adds.** Depthwise separable convolution has {{ f"{bills['depthwise separable'].macs / bills['plain'].macs:.0%}" }} of them, and its training takes {{ f"{seconds['depthwise separable'] / seconds['plain']:.1f}" }} times the CPU time of plain convolution: there are more layers, each with too little to do, and [the processor mostly waits for memory](../theory/channels.py#milliseconds). MobileNet is fast on phones because depthwise convolution was written for them with care.

# %% [markdown] tags=["zh"]
# ## 常见的坑 { #traps }
#
# !!! warning "用准确率之差比结构"
#     先看两边怎样训练。ResNet-50 自己和自己就差 {{ f"{new - old:.1f}" }} 个百分点。
#
# !!! warning "参数少就是快"
#     参数、乘加、毫秒是三本账。SE 花参数，几乎不花乘加；逐通道卷积省乘加，在这里却不省时间。
#
# !!! warning "逐通道卷积忘了改 groups"
#     `nn.Conv2d(64, 64, 3)` 不报错，只是成了普通卷积。反过来，`nn.Conv2d(64, 128, 3, groups=64)` 也不报错：每个通道给出 2 个输出，仍不混合通道。
#
# !!! warning "倒残差的末尾顺手加了 ReLU"
#     形状、参数都对，训练也能跑，只是[窄处丢了信息](#inverted)；相加之后也不要加。
#
# !!! warning "SE 在批量上取平均"
#     `x.mean((0, 2, 3))` 把整个批量混成一个权重，一张图的结果便取决于同批的别的图。要 `x.mean((2, 3))`。
#
# !!! warning "给 EfficientNet-B4 喂 224 的图"
#     不报错，准确率会低。它的权重是在 380 的图上训练的；用 `weights.transforms()` 得到它要的预处理。

# %% [markdown] tags=["en"]
# ## Traps { #traps }
#
# !!! warning "Comparing architectures by their accuracies"
#     See how each was trained. ResNet-50 differs from itself by {{ f"{new - old:.1f}" }} points.
#
# !!! warning "Few parameters are fast"
#     Parameters, multiply-adds and milliseconds are three bills. SE spends parameters and hardly any multiply-adds; depthwise convolution saves multiply-adds, and here it saves no time.
#
# !!! warning "Depthwise, with groups forgotten"
#     `nn.Conv2d(64, 64, 3)` raises nothing; it is a plain convolution. The other way round, `nn.Conv2d(64, 128, 3, groups=64)` raises nothing either: each channel yields 2 outputs, and none are mixed.
#
# !!! warning "A ReLU at the end of an inverted residual"
#     Shapes and parameters are right and it trains, but [the narrow part loses information](#inverted). Put none after the sum either.
#
# !!! warning "SE averaged over the batch"
#     `x.mean((0, 2, 3))` makes one weight of the whole batch, and the result of an image depends on the others beside it. It must be `x.mean((2, 3))`.
#
# !!! warning "Images of 224 into EfficientNet-B4"
#     Nothing is raised, and accuracy suffers. Its weights were trained on images of 380; `weights.transforms()` returns the preprocessing they want.

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 一个 3×3 卷积，128 个通道进、128 个通道出，无偏置。不分组、分 32 组、逐通道，各有多少个权重？
#
# ??? success "答案"
#     $128\times128\times9=147456$；分 32 组是它的三十二分之一，$4608$；逐通道 $128\times9=1152$。
#
# **2.** 上面那个倒残差块（24 → 144 → 24），不算批量归一化有多少个权重？中间的逐通道卷积占几成？
#
# ??? success "答案"
#     $24\times144+144\times9+144\times24=8208$，逐通道的 $1296$ 占 $0.158$，将近六分之一。
#
# **3.** 若数据有 3 维，送进 4 个随机的通道，过 ReLU。不到 3 个通道为正的概率是多少？
#
# ??? success "答案"
#     $(1+4+6)/2^4=0.6875$：从 4 个里选 0、1、2 个为正的办法共有 11 种，总共 16 种。
#
# **4.** 写 `unshuffle(x, groups)`，撤销 `shuffle(x, groups)`。
#
# ??? success "答案"
#     换回座位就是再换一次，组数用 $C/g$：
#
#     ```python
#     def unshuffle(x, groups):
#         channels = x.shape[1]
#         return x.unflatten(1, (channels // groups, groups)).transpose(1, 2).flatten(1, 2)
#     ```
#
# **5.** 估一估 EfficientNet-B4 的乘加是 B0 的几倍：层数乘 1.8，宽度乘 1.4，边长 380 比 224。
#
# ??? success "答案"
#     $1.8\times1.4^2\times(380/224)^2\approx10.15$。数出来的是 {{ f"{times[4]:.1f}" }} 倍。
#
# **6.** 把 [digits 的实验](#digits)改成 6 个轮次。差距还在吗？这说明什么？
#
# ??? success "答案"
#     大半消失，各种卷积只差一两个百分点。省钱的块学得慢一些，不一定学得差；而 digits 太容易，训练够了就[分不出高下](index.py#differences)。

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** A 3×3 convolution has 128 channels in and 128 out and no bias. How many weights has it without groups, with 32 groups, and depthwise?
#
# ??? success "Answer"
#     $128\times128\times9=147456$; with 32 groups a thirty-second of that, $4608$; depthwise $128\times9=1152$.
#
# **2.** How many weights has the inverted residual above (24 → 144 → 24), leaving batch normalization aside? What share has the depthwise convolution in its middle?
#
# ??? success "Answer"
#     $24\times144+144\times9+144\times24=8208$, of which the depthwise $1296$ are $0.158$, nearly a sixth.
#
# **3.** Data of 3 dimensions go into 4 random channels and through ReLU. With what probability are fewer than 3 channels above 0?
#
# ??? success "Answer"
#     $(1+4+6)/2^4=0.6875$: there are 11 ways to have 0, 1 or 2 of the 4 above 0, out of 16.
#
# **4.** Write `unshuffle(x, groups)`, which undoes `shuffle(x, groups)`.
#
# ??? success "Answer"
#     To go back to one's seat, change seats again, with $C/g$ groups:
#
#     ```python
#     def unshuffle(x, groups):
#         channels = x.shape[1]
#         return x.unflatten(1, (channels // groups, groups)).transpose(1, 2).flatten(1, 2)
#     ```
#
# **5.** Estimate how many times the multiply-adds of B0 EfficientNet-B4 takes: 1.8 times the layers, 1.4 times the width, a side of 380 against 224.
#
# ??? success "Answer"
#     $1.8\times1.4^2\times(380/224)^2\approx10.15$. Counted, it is {{ f"{times[4]:.1f}" }}.
#
# **6.** Give the [experiment on digits](#digits) 6 epochs. Is the gap still there? What does that tell you?
#
# ??? success "Answer"
#     Most of it is gone, and the kinds are within a point or two. The saving blocks learn more slowly, and not necessarily worse; and digits are so easy that, given enough training, they [cannot tell the kinds apart](index.py#differences).

# %% [markdown] tags=["zh"]
# ## 参考文献 { #references }
#
# - S. Xie, R. Girshick, P. Dollár, Z. Tu, K. He. [Aggregated residual transformations for deep neural networks](https://arxiv.org/abs/1611.05431). CVPR, 2017. ResNeXt.
# - A. Howard 等. [MobileNets](https://arxiv.org/abs/1704.04861). 2017.
# - M. Sandler, A. Howard, M. Zhu, A. Zhmoginov, L. Chen. [MobileNetV2: inverted residuals and linear bottlenecks](https://arxiv.org/abs/1801.04381). CVPR, 2018.
# - N. Ma, X. Zhang, H. Zheng, J. Sun. [ShuffleNet V2](https://arxiv.org/abs/1807.11164). ECCV, 2018.
# - J. Hu, L. Shen, G. Sun. [Squeeze-and-excitation networks](https://arxiv.org/abs/1709.01507). CVPR, 2018.
# - M. Tan, Q. Le. [EfficientNet](https://arxiv.org/abs/1905.11946). ICML, 2019.
# - A. Dosovitskiy 等. [An image is worth 16×16 words](https://arxiv.org/abs/2010.11929). ICLR, 2021.
# - Z. Liu 等. [A ConvNet for the 2020s](https://arxiv.org/abs/2201.03545). CVPR, 2022.
# - V. Vryniotis. [How to train state-of-the-art models using TorchVision's latest primitives](https://pytorch.org/blog/how-to-train-state-of-the-art-models-using-torchvision-latest-primitives/). 2021.

# %% [markdown] tags=["en"]
# ## References { #references }
#
# - S. Xie, R. Girshick, P. Dollár, Z. Tu, K. He. [Aggregated residual transformations for deep neural networks](https://arxiv.org/abs/1611.05431). CVPR, 2017. ResNeXt.
# - A. Howard and others. [MobileNets](https://arxiv.org/abs/1704.04861). 2017.
# - M. Sandler, A. Howard, M. Zhu, A. Zhmoginov, L. Chen. [MobileNetV2: inverted residuals and linear bottlenecks](https://arxiv.org/abs/1801.04381). CVPR, 2018.
# - N. Ma, X. Zhang, H. Zheng, J. Sun. [ShuffleNet V2](https://arxiv.org/abs/1807.11164). ECCV, 2018.
# - J. Hu, L. Shen, G. Sun. [Squeeze-and-excitation networks](https://arxiv.org/abs/1709.01507). CVPR, 2018.
# - M. Tan, Q. Le. [EfficientNet](https://arxiv.org/abs/1905.11946). ICML, 2019.
# - A. Dosovitskiy and others. [An image is worth 16×16 words](https://arxiv.org/abs/2010.11929). ICLR, 2021.
# - Z. Liu and others. [A ConvNet for the 2020s](https://arxiv.org/abs/2201.03545). CVPR, 2022.
# - V. Vryniotis. [How to train state-of-the-art models using TorchVision's latest primitives](https://pytorch.org/blog/how-to-train-state-of-the-art-models-using-torchvision-latest-primitives/). 2021.
