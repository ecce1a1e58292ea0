# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "VGG：三个 3×3 为什么胜过一个 7×7，边长减半、通道加倍之后什么相等，16 层为什么曾经训练不动；四种深度的配置、三次训练、与 torchvision 逐位相同。"
#       en: "VGG: why three 3×3 beat one 7×7, what stays equal when sides halve and maps double, why 16 layers once could not be trained; four depths, three training runs, the same numbers as torchvision."
#     covers: [A-12, N-06, N-07, N-08, N-16, F-04, E-68]
#     labels:
#       "one 7×7": "一个 7×7"
#       "three 3×3": "三个 3×3"
#       standard deviation of the outputs: 输出的标准差
#       number of the convolution: 第几个卷积
#       normal, 0.01: 正态，0.01
#       Xavier: Xavier
#       He: He
#       with batch normalization: 有批量归一化
#       without batch normalization: 无批量归一化
# ---

# %% tags=["remove-input"]
import torch

from dlnotes import figures, models, summary

DEPTHS = ("vgg11", "vgg13", "vgg16", "vgg19")
with torch.device("meta"):  # shapes alone, no memory
    canonical = {name: models.create(name) for name in DEPTHS}
ledgers = {
    name: summary.trace(model, (3, 224, 224)) for name, model in canonical.items()
}
small = models.create("vgg_small")
ledgers["vgg_small"] = summary.trace(small, (1, 28, 28))
vgg16 = ledgers["vgg16"]
first_linear = next(row for row in vgg16.rows if row.type == "Linear")

# %% [markdown] tags=["zh"]
# # VGG：小核叠起来 { #vgg }
#
# [AlexNet](alexnet.py) 的第 1 个卷积核是 11×11，第 2 个是 5×5。VGG 一个大核也不用，从头到尾都是 3×3。**小核一次只看 9 个像素，凭什么更好？**
#
# 先猜三个答案，下文逐个算：
#
# - 三个 3×3 叠起来，与一个 7×7 相比，谁看得更远？谁的参数多？[答案](#stacks)
# - 每过一次池化，边长减半，通道加倍。这样一来，每层的参数相等，还是计算量相等？[答案](#law)
# - 16 层的网络，权重按标准差 0.01 初始化，信号传到最后还剩多少？[答案](#initialization)

# %% [markdown] tags=["en"]
# # VGG: small kernels, stacked { #vgg }
#
# The first kernel of [AlexNet](alexnet.py) is 11×11, its second 5×5. VGG has no large kernel at all; it is 3×3 from end to end. **A small kernel sees 9 pixels at a time. How can that be better?**
#
# Three guesses, each worked out below:
#
# - Stack three 3×3 and compare with one 7×7: which sees further, and which has more parameters? [Answer](#stacks)
# - Each pooling halves the side, and the number of maps doubles. Which is then equal from layer to layer, the parameters or the work? [Answer](#law)
# - A network of 16 layers starts from weights with standard deviation 0.01. How much of a signal reaches its end? [Answer](#initialization)

# %% [markdown] tags=["zh"]
# ## 来历 { #history }
#
# Karen Simonyan 和 Andrew Zisserman，2014 年，牛津大学的视觉几何组（VGG）；ILSVRC-2014 的定位第 1 名、分类第 2 名，分类只输给同年的 [GoogLeNet](googlenet.py)（[论文](#references)）。它的结构规整得一句话就能说完，所以多年来一直是别的任务的骨干网络。

# %% [markdown] tags=["en"]
# ## Where it comes from { #history }
#
# Karen Simonyan and Andrew Zisserman, 2014, of the Visual Geometry Group (VGG) in Oxford; first in localisation and second in classification at ILSVRC-2014, behind [GoogLeNet](googlenet.py) of the same year ([paper](#references)). Its structure is so regular that one sentence describes it, which made it the backbone of other tasks for years.

# %% [markdown] tags=["zh"]
# ## 一张图看懂 { #idea }
#
# VGG-16，3×224×224 的图片。同样的卷积连着几次，图上写成“×2”“×3”：

# %% [markdown] tags=["en"]
# ## The idea in one picture { #idea }
#
# VGG-16 for images of 3×224×224. Equal convolutions in a row are written "×2" and "×3":

# %% tags=["remove-input"] alt_zh="VGG-16：5 个阶段，每个阶段是 2 到 3 个 3×3 卷积加一次池化，边长 224、112、56、28、14，通道 64、128、256、512、512，最后是 3 个全连接层。" alt_en="VGG-16: five stages of two or three 3×3 convolutions and a pooling, sides 224, 112, 56, 28, 14, maps 64, 128, 256, 512, 512, then three fully connected layers."
figures.architecture(canonical["vgg16"], (3, 224, 224))

# %% [markdown] tags=["zh"]
# 小图形式 `vgg_small`，1×28×28。三个阶段，通道 8、16、32，卷积之后有批量归一化：

# %% [markdown] tags=["en"]
# The small form, `vgg_small`, for 1×28×28. Three stages with 8, 16 and 32 maps, and batch normalization behind each convolution:

# %% tags=["remove-input"] alt_zh="小 VGG：1×28×28 的图片经 3 个阶段、4 个 3×3 卷积到 32×3×3，平均到 32×2×2，再经 3 个全连接层得到 10 个 logits。" alt_en="The small VGG: a 1×28×28 image passes three stages with four 3×3 convolutions to 32×3×3, is averaged to 32×2×2, and three fully connected layers give 10 logits."
figures.architecture(small, (1, 28, 28))

# %% tags=["remove-input"]
from torch import nn


def configuration_rows():
    """The paper's table of configurations, read off the modules."""
    columns = []
    for name in DEPTHS:
        stages, widths = [], []
        for layer in canonical[name].features:
            if isinstance(layer, nn.Conv2d):
                widths.append(
                    f"{layer.kernel_size[0]}×{layer.kernel_size[1]}, {layer.out_channels}"
                )
            elif isinstance(layer, nn.MaxPool2d):
                assert len(set(widths)) == 1
                stages.append(f"{len(widths)} × ({widths[0]})")
                widths = []
        linear = [
            str(layer.out_features)
            for layer in canonical[name].classifier
            if isinstance(layer, nn.Linear)
        ]
        columns.append([*stages, ", ".join(linear)])
    return "\n".join(
        "| " + " | ".join(cells) + " |"
        for cells in zip(["224", "112", "56", "28", "14", "1"], *columns)
    )


def variant_rows():
    """One row of a Markdown table for each variant."""
    lines = []
    for name, ledger in ledgers.items():
        weighted = sum(row.type in ("Conv2d", "Linear") for row in ledger.rows)
        linear = sum(row.parameters for row in ledger.rows if row.type == "Linear")
        lines.append(
            f"| `{name}` | {weighted} | {ledger.parameters:,} | {linear / ledger.parameters:.0%} | {ledger.macs:,} |"
        )
    return "\n".join(lines)


# %% [markdown] tags=["zh"]
# 论文试了几种深度，区别只在每个阶段有几个卷积。下表从代码读出，2 × (3×3, 64) 指两个 3×3 卷积、各 64 个通道；每个阶段以一次 2×2 最大池化结束：
#
# | 边长 | `vgg11`（A） | `vgg13`（B） | `vgg16`（D） | `vgg19`（E） |
# |--:|---|---|---|---|
# {{ configuration_rows() }}
#
# 代价如下，计算量以乘加运算（MACs）计。层数只数有权重的层，名字里的 16、19 就是它：
#
# | 变体 | 层数 | 参数 | 全连接层占 | MACs |
# |---|--:|--:|--:|--:|
# {{ variant_rows() }}
#
# 猜猜 VGG-16 的一亿多参数大多在哪？在第 1 个全连接层：{{ f"{first_linear.parameters:,}" }} 个，占 {{ f"{first_linear.parameters / vgg16.parameters:.0%}" }}。13 个卷积层加起来也只有 {{ f"{sum(row.parameters for row in vgg16.rows if row.type == 'Conv2d'):,}" }} 个。所以从 11 层加到 19 层，参数没多出多少，计算却多了一倍半。

# %% [markdown] tags=["en"]
# The paper tried several depths, which differ only in the number of convolutions per stage. The table is read off the code; 2 × (3×3, 64) stands for two convolutions of 3×3 with 64 maps each, and every stage ends in max pooling of 2×2:
#
# | side | `vgg11` (A) | `vgg13` (B) | `vgg16` (D) | `vgg19` (E) |
# |--:|---|---|---|---|
# {{ configuration_rows() }}
#
# And the price, with the work in multiply-accumulates (MACs). Only layers with weights are counted, which is where the 16 and 19 of the names come from:
#
# | variant | layers | parameters | fully connected | MACs |
# |---|--:|--:|--:|--:|
# {{ variant_rows() }}
#
# Where are most of the parameters of VGG-16, more than a hundred million? In the first fully connected layer: {{ f"{first_linear.parameters:,}" }} of them, {{ f"{first_linear.parameters / vgg16.parameters:.0%}" }}. All 13 convolutions together have {{ f"{sum(row.parameters for row in vgg16.rows if row.type == 'Conv2d'):,}" }}. So from 11 layers to 19 the parameters hardly grow, and the work grows two and a half times.

# %% [markdown] tags=["zh"]
# ## 代码，从最小的块开始 { #code }
#
# 一个阶段，也叫 **VGG 块**：`depth` 个 3×3 卷积，再池化。填充 1 让卷积不改变边长，所以边长只由池化决定：
#
# ```python
# --8<-- "dlnotes/models/vgg.py:stage"
# ```
#
# 整个网络：
#
# ```python
# --8<-- "dlnotes/models/vgg.py:model"
# ```
#
# 变体是一张表：
#
# ```python
# --8<-- "dlnotes/models/vgg.py:variants"
# ```

# %% [markdown] tags=["en"]
# ## The code, smallest block first { #code }
#
# A stage, or **VGG block**: `depth` convolutions of 3×3, then pooling. With a padding of 1 a convolution keeps the side, so that pooling alone decides it:
#
# ```python
# --8<-- "dlnotes/models/vgg.py:stage"
# ```
#
# The whole network:
#
# ```python
# --8<-- "dlnotes/models/vgg.py:model"
# ```
#
# The variants are a table:
#
# ```python
# --8<-- "dlnotes/models/vgg.py:variants"
# ```

# %% [markdown] tags=["zh"]
# ## 三个 3×3 对一个 7×7 { #stacks }
#
# 设输入、输出都是 $C$ 个通道，不计偏置。一个 $k\times k$ 卷积有 $k^2C^2$ 个权重；$n$ 个 3×3 叠起来，感受野的边长是 $2n+1$，权重是 $9nC^2$：
#
# $$ \underbrace{3\times 3^2C^2}_{\text{3}\,\times\,(3\times3)}=27C^2 \;<\; 49C^2=\underbrace{7^2C^2}_{7\times7}, \qquad \underbrace{2\times 3^2C^2}_{\text{2}\,\times\,(3\times3)}=18C^2 \;<\; 25C^2=\underbrace{5^2C^2}_{5\times5} $$
#
# 不靠公式，量一量：

# %% [markdown] tags=["en"]
# ## Three 3×3 against one 7×7 { #stacks }
#
# Let there be $C$ maps in and out, and leave biases aside. A $k\times k$ convolution has $k^2C^2$ weights; $n$ stacked 3×3 have a receptive field of side $2n+1$ and $9nC^2$ weights:
#
# $$ \underbrace{3\times 3^2C^2}_{\text{3}\,\times\,(3\times3)}=27C^2 \;<\; 49C^2=\underbrace{7^2C^2}_{7\times7}, \qquad \underbrace{2\times 3^2C^2}_{\text{2}\,\times\,(3\times3)}=18C^2 \;<\; 25C^2=\underbrace{5^2C^2}_{5\times5} $$
#
# Measure it, without the formula:


# %%
def stack(number, kernel, channels=64):
    """`number` convolutions that keep the side, with a ReLU after each."""
    pairs = [
        (
            nn.Conv2d(channels, channels, kernel, padding=kernel // 2, bias=False),
            nn.ReLU(),
        )
        for _ in range(number)
    ]
    return nn.Sequential(*(layer for pair in pairs for layer in pair))


for number, kernel in ((1, 5), (2, 3), (1, 7), (3, 3)):
    ledger = summary.trace(stack(number, kernel), (64, 56, 56))
    field = ledger.rows[-1].receptive_field
    print(
        f"{number} × ({kernel}×{kernel}): field {field}×{field}, weights {ledger.parameters:,} = {ledger.parameters // 64**2}·C², MACs {ledger.macs:,}"
    )

# %% [markdown] tags=["zh"]
# 看得一样远，权重和计算都少了四成多，中间还多了两个 ReLU。这是论文的理由。
#
# 可是“看得一样远”不等于“看得一样重”。取输出正中的一个数，对每个输入像素求梯度，看它在乎哪里；随机权重抽 200 次取平均。**先猜：7×7 的窗口里，正中 3×3 这 9 个像素占几成？** 一个 7×7 卷积是均匀的，占 9/49。三个 3×3 呢？

# %% [markdown] tags=["en"]
# They see equally far, with some forty per cent less weights and work, and with two more ReLUs in between. That is the paper's argument.
#
# But to see equally far is not to weigh equally. Take the number in the middle of the output and its gradient by every input pixel: that is where it looks. Average over 200 draws of random weights. **Guess what share falls on the central 3×3, 9 pixels of the 7×7 window.** One 7×7 convolution is even, at 9/49. And three 3×3?


# %%
def sensitivity(number, kernel, draws=200, channels=8):
    """Mean size of the gradient of the central output by each input pixel, (11, 11), with sum 1."""
    total = torch.zeros(11, 11)
    for _ in range(draws):
        image = torch.randn(1, channels, 11, 11, requires_grad=True)
        output = stack(number, kernel, channels)(image)
        total += (
            torch.autograd.grad(output[0, :, 5, 5].sum(), image)[0].abs().sum((0, 1))
        )
    return total / total.sum()


torch.manual_seed(0)
maps = {"one 7×7": sensitivity(1, 7), "three 3×3": sensitivity(3, 3)}
centre = {name: float(values[4:7, 4:7].sum()) for name, values in maps.items()}
outside = {
    name: float(values.sum() - values[2:9, 2:9].sum()) for name, values in maps.items()
}

# %% tags=["hide-input"] alt_zh="两张 11×11 的图，亮表示梯度大。左：一个 7×7，正中 7×7 的方块均匀发亮。右：三个 3×3，最中间最亮，向外渐暗。" alt_en="Two pictures of 11×11, bright where the gradient is large. Left, one 7×7: an even bright square of 7×7. Right, three 3×3: brightest in the middle, darker outwards."
figures.image_grid(list(maps.values()), list(maps), columns=2)

# %% [markdown] tags=["zh"]
# 一个 7×7：{{ f"{centre['one 7×7']:.0%}" }}；三个 3×3：{{ f"{centre['three 3×3']:.0%}" }}。窗口之外两者都是 {{ f"{max(outside.values()):.0f}" }}，理论上的[感受野](../theory/receptive-field.py#formula)没有错；但走到正中的路最多，走到角上的只有一条，所以叠起来的小核更看重中间。真正起作用的“有效感受野”比算出来的小。

# %% [markdown] tags=["en"]
# One 7×7: {{ f"{centre['one 7×7']:.0%}" }}. Three 3×3: {{ f"{centre['three 3×3']:.0%}" }}. Outside the window both have {{ f"{max(outside.values()):.0f}" }}, so the [receptive field](../theory/receptive-field.py#formula) of theory is right; yet most ways lead to the middle and only one to each corner, and stacked small kernels weigh the middle more. The effective receptive field is smaller than the one computed.

# %% [markdown] tags=["zh"]
# ## 减半与加倍：什么相等 { #law }
#
# VGG 的规矩：3×3 卷积、填充 1、步幅 1，不改变边长；2×2 池化、步幅 2，边长减半，向下取整。从 28 开始走一遍：

# %% [markdown] tags=["en"]
# ## Halving and doubling: what stays equal? { #law }
#
# VGG's rule: 3×3 convolutions with padding 1 and stride 1 keep the side; 2×2 pooling with stride 2 halves it, rounding down. Walk down from 28:

# %%
from dlnotes.models.vgg import stage

images = torch.randn(1, 1, 28, 28)
sides = [images.shape[-1]]
for _ in range(4):
    images = nn.Sequential(*stage(images.shape[1], 8, depth=2, batch_norm=False))(
        images
    )
    sides.append(images.shape[-1])
print(*sides, sep=" → ")

# %% tags=["remove-input"]
rows = []
for row, following in zip(vgg16.rows, vgg16.rows[2:]):
    if row.type == "Conv2d" and following.type == "MaxPool2d":
        rows.append(row)


def law_rows():
    """The last convolution of each stage of VGG-16."""
    return "\n".join(
        f"| {number} | {row.output_shape[1]} | {row.output_shape[0]} | {row.parameters:,} | {row.macs:,} |"
        for number, row in enumerate(rows, 1)
    )


# %% [markdown] tags=["zh"]
# 第 5 次池化就没有像素可减了，所以 28×28 的图放不下 VGG-16 的 5 个阶段，`vgg_small` 只有 3 个。
#
# 同时通道加倍。VGG-16 每个阶段的最后一个卷积：
#
# | 阶段 | 边长 | 通道 | 参数 | MACs |
# |--:|--:|--:|--:|--:|
# {{ law_rows() }}
#
# 前 4 个阶段的 MACs **完全相等**，参数却每次变成 4 倍。设边长为 $m$，通道为 $C$，一层的 MACs 是 $9C^2m^2$，减半加倍之后：
#
# $$ 9\,(2C)^2\left(\frac m2\right)^2 = 9C^2m^2 $$
#
# 面积变成四分之一，权重变成四倍，正好抵消。常有人说“每层参数相等”，那是不对的：**相等的是计算量**。第 5 个阶段通道不再加倍，所以 MACs 降到四分之一，参数不变。

# %% [markdown] tags=["en"]
# The fifth pooling finds no pixels left to halve. So an image of 28×28 has no room for the five stages of VGG-16, and `vgg_small` has 3.
#
# At the same time the number of maps doubles. The last convolution of each stage of VGG-16:
#
# | stage | side | maps | parameters | MACs |
# |--:|--:|--:|--:|--:|
# {{ law_rows() }}
#
# In the first 4 stages the MACs are **exactly equal**, while the parameters grow 4 times at each step. With side $m$ and $C$ maps a layer takes $9C^2m^2$ MACs, and after halving and doubling:
#
# $$ 9\,(2C)^2\left(\frac m2\right)^2 = 9C^2m^2 $$
#
# A quarter of the area and four times the weights cancel. It is often said that the layers have equal parameters; that is wrong: **it is the work that is equal**. In stage 5 the maps no longer double, so the MACs fall to a quarter and the parameters stay.

# %% [markdown] tags=["zh"]
# ## 为什么曾经训练不动 { #initialization }
#
# 论文先训练 11 层的 A，再用它的权重给更深的网络开头，否则训练不动。作者后来发现，换一种初始化就不必如此。拿 19 层那一列的 16 个卷积试一下：随机图片进去，看每个卷积输出的标准差。**先猜：标准差 0.01 的正态初始化，到第 16 个卷积还剩多少？**

# %% [markdown] tags=["en"]
# ## Why it once could not be trained { #initialization }
#
# The paper trained A with its 11 layers first, and started the deeper networks from its weights, since they would not train otherwise. Its authors found later that another initialization makes this needless. Try it on the 16 convolutions of the column with 19 layers: random images go in, and we look at the standard deviation of every convolution's output. **Guess how much is left at convolution 16, when weights are normal with standard deviation 0.01.**

# %%
rules = {
    "normal, 0.01": lambda weight: nn.init.normal_(weight, std=0.01),
    "Xavier": nn.init.xavier_normal_,
    "He": lambda weight: nn.init.kaiming_normal_(
        weight, mode="fan_out", nonlinearity="relu"
    ),
}
features = models.create("vgg19", num_classes=1).features
images = torch.randn(2, 3, 64, 64)
spreads = {}
for name, rule in rules.items():
    torch.manual_seed(0)
    signal, spreads[name] = images, []
    with torch.no_grad():
        for layer in features:
            if isinstance(layer, nn.Conv2d):
                rule(layer.weight), nn.init.zeros_(layer.bias)
            signal = layer(signal)
            if isinstance(layer, nn.Conv2d):
                spreads[name].append(signal.std().item())

# %% tags=["hide-input"] alt_zh="横轴是第 1 到第 16 个卷积，纵轴是输出标准差的对数：0.01 的线一路掉到亿分之一以下，Xavier 掉到千分之一左右，He 几乎水平。" alt_en="Standard deviation of the outputs, logarithmic, for convolutions 1 to 16: the line of 0.01 falls all the way below a hundred millionth, Xavier to about a thousandth, He stays nearly level."
figures.lines(
    spreads,
    xlabel="number of the convolution",
    ylabel="standard deviation of the outputs",
    log=True,
)

# %% [markdown] tags=["zh"]
# 到最后一个卷积，0.01 的只剩 {{ f"{1e9 * spreads['normal, 0.01'][-1]:.0f}" }}·10⁻⁹，Xavier 有 {{ f"{1e4 * spreads['Xavier'][-1]:.0f}" }}·10⁻⁴，He 有 {{ f"{spreads['He'][-1]:.2f}" }}。图片换成什么，输出都几乎是 0，梯度也就传不回来。Xavier 没有算进 ReLU 关掉的一半，所以每层还要缩小一些；He 的规则补上了这一半（推导见[初始化](../theory/initialization.py#one-layer)）。11 层能勉强训练，19 层就不行，差别只在这条线有多长。
#
# 另一条出路是批量归一化，它比论文晚一年。`vgg_small` 用了它。去掉再训练 3 个轮次，各用 2 个随机种子：

# %% [markdown] tags=["en"]
# At the last convolution, 0.01 has {{ f"{1e9 * spreads['normal, 0.01'][-1]:.0f}" }}·10⁻⁹ left, Xavier {{ f"{1e4 * spreads['Xavier'][-1]:.0f}" }}·10⁻⁴ and He {{ f"{spreads['He'][-1]:.2f}" }}. With the first, the output is nearly 0 whatever the image, and no gradient finds its way back. Xavier's rule leaves out the half that ReLU switches off, so each layer still shrinks the signal; He's rule makes up for it (derived under [initialization](../theory/initialization.py#one-layer)). That 11 layers could just be trained and 19 could not is a matter of the length of this line.
#
# Batch normalization, which came a year after the paper, is another way out. `vgg_small` has it. Take it away and train for 3 epochs, with 2 seeds each:

# %%
from dlnotes import data, training
from dlnotes.models.vgg import VARIANTS, VGG

splits = data.load("digits")


def short_run(batch_norm, seed):
    training.seed_everything(seed)
    model = VGG(1, 10, **VARIANTS["vgg_small"] | {"batch_norm": batch_norm})
    history = training.fit(
        model,
        splits,
        training.Config(
            epochs=3, lr=5e-3, label_smoothing=0.05, augmentation="digits", seed=seed
        ),
    )
    return history.epochs[-1].validation_accuracy


short = {
    "with batch normalization": [short_run(True, seed) for seed in range(2)],
    "without batch normalization": [short_run(False, seed) for seed in range(2)],
}

# %% tags=["hide-input"] alt_zh="3 个轮次后的验证准确率：有批量归一化的更高。" alt_en="Validation accuracy after 3 epochs: higher with batch normalization."
figures.bars(short, xlabel="validation accuracy", limits=(0, 1))

# %% tags=["remove-input"]
from statistics import mean, stdev

with_bn, without_bn = (mean(values) for values in short.values())

# %% [markdown] tags=["zh"]
# {{ f"{with_bn:.0%}" }} 对 {{ f"{without_bn:.0%}" }}：同样的步数，有批量归一化的学得更快。没有它也学得会，只是要多走几轮，因为这里只有 4 个卷积，又用了 He 的初始化。

# %% [markdown] tags=["en"]
# {{ f"{with_bn:.0%}" }} against {{ f"{without_bn:.0%}" }}: in as many steps, the network with batch normalization learns more. It would learn without, given a few more epochs, since there are only 4 convolutions here and they start from He's rule.

# %% [markdown] tags=["zh"]
# ## 训练：三次，而不是一次 { #training }

# %% [markdown] tags=["en"]
# ## Training: three runs, not one { #training }

# %%
from dlnotes import recipes

runs = [recipes.run("vgg_small", seed=seed) for seed in range(3)]
runs[0].history.config

# %% tags=["hide-input"] alt_zh="三次训练的损失与准确率随轮次的变化，3 条线靠得很近，验证准确率接近 1。" alt_en="Loss and accuracy over the epochs for three runs, close to one another; validation accuracy nears 1."
figures.curves([run.history for run in runs])

# %% tags=["remove-input"]
accuracies = [run.test.accuracy for run in runs]
cpu = mean(run.history.cpu_seconds for run in runs)
test = runs[0].splits.test
wrong = [
    (
        training.predict(run.model, test.images, run.history.normalization).argmax(1)
        != test.labels
    )
    for run in runs
]
ever_wrong = int(torch.stack(wrong).any(0).sum())

# %% [markdown] tags=["zh"]
# 测试准确率：{{ f"{mean(accuracies):.1%}" }} ± {{ f"{100 * stdev(accuracies):.1f}" }} 个百分点（3 次的平均与标准差），每次约 {{ f"{cpu:.1f}" }} CPU 秒。{{ len(test.labels) }} 张测试图里，3 个网络中至少有一个认错的有 {{ ever_wrong }} 张。
#
# 这份设置当初看着测试准确率挑过，所以数字略偏乐观。事后只看验证集再比过一次：学习率取 `2e-3`、`5e-3`、`1e-2`，验证准确率一样；验证损失最低的，正是这里用的 `5e-3`。

# %% [markdown] tags=["en"]
# Test accuracy: {{ f"{mean(accuracies):.1%}" }} ± {{ f"{100 * stdev(accuracies):.1f}" }} percentage points (mean and standard deviation of 3 runs), at about {{ f"{cpu:.1f}" }} CPU seconds a run. Of {{ len(test.labels) }} test images, {{ ever_wrong }} were misread by at least one of the 3 networks.
#
# These settings were once chosen with an eye on the test accuracy, so the number flatters a little. A later comparison looked at the validation set alone: with learning rates `2e-3`, `5e-3` and `1e-2` validation accuracy is the same, and the validation loss is lowest with the `5e-3` used here.

# %% [markdown] tags=["zh"]
# ## 论文、这份代码、torchvision { #paper }
#
# | | 论文 | 这份代码与 torchvision |
# |---|---|---|
# | 配置 | A、A-LRN、B、C、D、E | A、B、D、E，各有 `_bn` 形式 |
# | 批量归一化 | 无，那时还没有 | `_bn` 形式有 |
# | 初始化 | 深的网络从 A 的权重开始 | 卷积用 He，全连接层标准差 0.01 |
# | 其他大小的图片 | 把全连接层改写成卷积，滑过整张图 | 最后的特征图平均到 7×7 |
# | 预处理 | 减去训练集的平均颜色 | 缩放到 0 与 1 之间，再减均值、除以标准差 |
# | VGG-16 的参数 | 约 $1.38\times10^8$ | {{ f"{vgg16.parameters:,}" }} |
#
# C 配置在几个阶段里加了 1×1 卷积，用来增加非线性。1×1 卷积能改变通道数，这个想法出自更早的 [NiN](nin.py#pointwise)，VGG 的论文自己也这么说。
#
# 同样的权重，同样的输出吗？搬过来比一比（`vgg11` 最小，算得快）：

# %% [markdown] tags=["en"]
# ## The paper, this code, torchvision { #paper }
#
# | | paper | this code and torchvision |
# |---|---|---|
# | configurations | A, A-LRN, B, C, D, E | A, B, D, E, each with a form `_bn` |
# | batch normalization | none, it did not exist yet | in the forms `_bn` |
# | initialization | deep networks start from the weights of A | He's for convolutions, 0.01 for fully connected layers |
# | images of other sizes | fully connected layers become convolutions that slide over the image | the last maps are averaged to 7×7 |
# | preprocessing | minus the mean colour of the training set | scaled to between 0 and 1, minus the mean, over the standard deviation |
# | parameters of VGG-16 | about $1.38\times10^8$ | {{ f"{vgg16.parameters:,}" }} |
#
# Configuration C has 1×1 convolutions in some stages, for more non-linearity. That a 1×1 convolution can change the number of maps is an idea of [NiN](nin.py#pointwise), which is older, as VGG's paper itself says.
#
# Do the same weights give the same outputs? Carry them over and see (`vgg11` is the smallest and quickest):

# %%
import torchvision

torch.manual_seed(0)
twin = torchvision.models.vgg11(weights=None, init_weights=False).eval()
ours = models.from_torchvision("vgg11", twin.state_dict()).eval()
images = torch.randn(1, 3, 224, 224)
with torch.no_grad():
    print("largest difference:", (ours(images) - twin(images)).abs().max().item())

# %% [markdown] tags=["zh"]
# 8 个形式（4 种深度，有无批量归一化）的输出和梯度都比过，见[与 torch 相等吗](../results/equivalence.py#models)。

# %% [markdown] tags=["en"]
# Outputs and gradients of all 8 forms, 4 depths with and without batch normalization, are compared in [equal to torch?](../results/equivalence.py#models).

# %% [markdown] tags=["zh"]
# ## 常见的坑 { #traps }
#
# !!! warning "以为减半加倍让每层的参数相等"
#     相等的是 MACs，参数每次变成 4 倍。[上面](#law)的表就是证据。
#
# !!! warning "`vgg16` 与 `vgg16_bn` 的权重混用"
#     多出来的归一化层让后面的编号全变了，`load_state_dict` 既报缺键，也报形状不符。`strict=False` 只能压住前一种，而且压住之后，缺的那些层还是随机数。
#
# !!! warning "预处理不一致"
#     早年 Caffe 的权重要 BGR 次序、0 到 255 的像素；torchvision 的要 RGB、归一化之后的。用错了不报错，只是准确率低（[门诊](../clinic/data.py#bgr-for-rgb)）。
#
# !!! warning "把 28×28 的图片送进 VGG-16"
#     5 次减半，至少要 32 个像素：

# %% [markdown] tags=["en"]
# ## Traps { #traps }
#
# !!! warning "Believing that halving and doubling keeps parameters equal"
#     It is the MACs that are equal; the parameters grow 4 times at each step. The table [above](#law) shows it.
#
# !!! warning "Mixing weights of `vgg16` and `vgg16_bn`"
#     The extra normalization layers change all later numbers, and `load_state_dict` complains of missing keys and of wrong shapes. `strict=False` silences the former alone, and where it does, the missing layers keep their random numbers.
#
# !!! warning "Another preprocessing"
#     Old weights from Caffe want BGR and pixels from 0 to 255; torchvision's want RGB, normalized. Nothing complains about the wrong one, accuracy is just low ([clinic](../clinic/data.py#bgr-for-rgb)).
#
# !!! warning "Images of 28×28 in VGG-16"
#     Halving 5 times takes at least 32 pixels:

# %% tags=["raises-exception"]
summary.trace(canonical["vgg16"], (3, 28, 28))

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 要让 3×3 卷积的感受野达到 11×11，需要叠几个？权重是一个 11×11 的几成？
#
# ??? success "答案"
#     $2n+1=11$，所以 $n=5$。$5\times9C^2=45C^2$ 对 $121C^2$，不到四成。
#
# **2.** 三个 3×3 的权重少，可是训练时要存的激活值是多还是少？
#
# ??? success "答案"
#     多。每一层的输出都要留到反向传播，三层是三份，一个 7×7 只有一份。省的是权重和计算，不是激活内存。
#
# **3.** 不运行代码，从 `vgg16` 的最后一张特征图算出第 1 个全连接层的参数个数。若最后改成全局平均池化，它会剩多少？
#
# ??? success "答案"
#     $512\times7\times7\times4096+4096=102764544$。全局平均之后输入只有 512 个数：$512\times4096+4096=2101248$，是原来的四十九分之一左右。
#
# **4.** 边长减半时，通道若只变成 $\sqrt2$ 倍，参数和 MACs 各怎样变？
#
# ??? success "答案"
#     参数变成 2 倍，MACs 变成 $2\times\frac14=\frac12$。要让参数相等，通道就不能变，MACs 会变成四分之一，就像第 5 个阶段。
#
# **5.** 上面的[梯度图](#stacks)用的是随机权重。换成训练过的 `vgg_small`，怎样画第 2 个阶段输出的梯度图？
#
# ??? success "答案"
#     取 `runs[0].model.features` 的前两个阶段，对一批测试图求中心输出对输入像素的梯度，取绝对值再平均。记得用 `eval()`，否则批量归一化会让一张图的梯度依赖别的图。

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** How many 3×3 convolutions does a receptive field of 11×11 take? What share of the weights of one 11×11 is that?
#
# ??? success "Answer"
#     $2n+1=11$, so $n=5$. $5\times9C^2=45C^2$ against $121C^2$, less than four tenths.
#
# **2.** Three 3×3 have fewer weights. Do they store more or fewer activations in training?
#
# ??? success "Answer"
#     More. The output of each layer is kept for the backward pass, three of them against one for a 7×7. They save weights and work, not activation memory.
#
# **3.** Without running code, work out the parameters of the first fully connected layer from the last maps of `vgg16`. What would be left with global average pooling before it?
#
# ??? success "Answer"
#     $512\times7\times7\times4096+4096=102764544$. After global averaging there are 512 inputs: $512\times4096+4096=2101248$, about a forty-ninth.
#
# **4.** If the number of maps grew by $\sqrt2$ where the side halves, what would become of parameters and MACs?
#
# ??? success "Answer"
#     Parameters double, MACs change by $2\times\frac14=\frac12$. For equal parameters the maps must stay as they are, and the MACs fall to a quarter, as in stage 5.
#
# **5.** The [gradient map](#stacks) above is one of random weights. How would you draw it for the second stage of a trained `vgg_small`?
#
# ??? success "Answer"
#     Take the first two stages of `runs[0].model.features`, and for a batch of test images the gradient of the central output by the input pixels; average its absolute value. Use `eval()`, or batch normalization makes the gradient of one image depend on the others.

# %% [markdown] tags=["zh"]
# ## 参考文献 { #references }
#
# - K. Simonyan, A. Zisserman. [Very deep convolutional networks for large-scale image recognition](https://arxiv.org/abs/1409.1556). ICLR, 2015.
# - M. Lin, Q. Chen, S. Yan. [Network in network](https://arxiv.org/abs/1312.4400). ICLR, 2014.
# - X. Glorot, Y. Bengio. [Understanding the difficulty of training deep feedforward neural networks](https://proceedings.mlr.press/v9/glorot10a.html). AISTATS, 2010.
# - K. He, X. Zhang, S. Ren, J. Sun. [Delving deep into rectifiers](https://arxiv.org/abs/1502.01852). ICCV, 2015.
# - W. Luo, Y. Li, R. Urtasun, R. Zemel. [Understanding the effective receptive field in deep convolutional neural networks](https://arxiv.org/abs/1701.04128). NIPS, 2016.

# %% [markdown] tags=["en"]
# ## References { #references }
#
# - K. Simonyan, A. Zisserman. [Very deep convolutional networks for large-scale image recognition](https://arxiv.org/abs/1409.1556). ICLR, 2015.
# - M. Lin, Q. Chen, S. Yan. [Network in network](https://arxiv.org/abs/1312.4400). ICLR, 2014.
# - X. Glorot, Y. Bengio. [Understanding the difficulty of training deep feedforward neural networks](https://proceedings.mlr.press/v9/glorot10a.html). AISTATS, 2010.
# - K. He, X. Zhang, S. Ren, J. Sun. [Delving deep into rectifiers](https://arxiv.org/abs/1502.01852). ICCV, 2015.
# - W. Luo, Y. Li, R. Urtasun, R. Zemel. [Understanding the effective receptive field in deep convolutional neural networks](https://arxiv.org/abs/1701.04128). NIPS, 2016.
