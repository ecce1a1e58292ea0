# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "残差网络：一个加号怎样让 152 层也训练得动。残差块从零写起，三次训练，拆掉一条路看谁在干活，零初始化、步幅的位置、预激活，与 torchvision 逐数相等。"
#       en: "Residual networks: how one plus sign makes 152 layers trainable. The block from scratch, three training runs, cutting one way to see which does the work, zero initialization, where the stride stands, pre-activation, and the same numbers as torchvision."
#     covers: [A-09, A-15, N-18, N-33, F-08, F-09, E-10, E-11, E-50]
#     labels:
#       plain block: 普通块
#       residual block: 残差块
#       with projection: 带投影
#       pre-activation: 预激活
#       bottleneck: 瓶颈结构
#       paper: 论文
#       v1.5: v1.5
#       blocks: 各阶段的块数
#       layers: 层数
#       image: 图像
#       usual: 通常的初始化
#       zero: 零初始化
#       nothing: 什么也不拆
#       "block 1: branch": "块 1 的分支"
#       "block 1: shortcut": "块 1 的跳跃连接"
#       "block 2: branch": "块 2 的分支"
#       "block 2: shortcut": "块 2 的跳跃连接"
#       "block 3: branch": "块 3 的分支"
#       "block 3: shortcut": "块 3 的跳跃连接"
# ---

# %% tags=["remove-input"]
from dlnotes import figures, models, summary
from dlnotes.models.resnet import Bottleneck, PaperBottleneck, PreActivationBlock, ResidualBlock

twins = [sum(p.numel() for p in models.create(name).parameters()) for name in ("plain56", "resnet56")]

# %% [markdown] tags=["zh"]
# # ResNet：一个加号 { #resnet }
#
# 2015 年，何恺明等人在 CIFAR-10 上训练了两个普通的卷积网络，一个 20 层，一个 56 层。56 层的那个，**训练**误差反而更高。
#
# 这说不通。56 层里放得下那个 20 层的网络：多出来的 36 层什么也不必学，只要把输入原样交出去。它最差也该打个平手，为什么训练却找不到这个解？
#
# 他们的办法是在每两层旁边加一个加号，没有添一个参数：`plain56` 和 `resnet56` 都是 {{ f"{twins[0]:,}" }} 个参数。**先猜：一个权重全是 0 的块，普通的输出什么？带加号的呢？**

# %% [markdown] tags=["en"]
# # ResNet: one plus sign { #resnet }
#
# In 2015 Kaiming He and colleagues trained two ordinary convolutional networks on CIFAR-10, one with 20 layers and one with 56. The one with 56 had the higher **training** error.
#
# That makes no sense. The network of 20 layers fits inside the one of 56: the other 36 need to learn nothing, if only they hand on their input as it is. At worst it should be a draw, so why does training not find that solution?
#
# Their remedy was a plus sign beside every two layers, without one more parameter: `plain56` and `resnet56` both have {{ f"{twins[0]:,}" }}. **Guess first: what comes out of an ordinary block whose weights are all 0? And of one with the plus sign?**

# %% [markdown] tags=["zh"]
# ## 一张图看懂 { #idea }

# %% [markdown] tags=["en"]
# ## The idea in one picture { #idea }

# %% tags=["remove-input"] alt_zh="左：普通块，输入依次经过两次卷积、批量归一化和 ReLU。右：残差块，同样两层的结果与绕过它们的输入相加，再经过 ReLU。" alt_en="Left: a plain block, where the input passes two convolutions with batch normalization and ReLU. Right: a residual block, where the result of the same two layers is added to the input that went around them, and ReLU follows."
figures.side_by_side({
    "plain block": figures.block_diagram(ResidualBlock(64, 64, shortcut="none"), (64, 56, 56)),
    "residual block": figures.block_diagram(ResidualBlock(64, 64), (64, 56, 56)),
})

# %% [markdown] tags=["zh"]
# 两张图都由下面的代码画出。左边的两层必须自己造出整个输出 $H(\mathbf x)$。右边的两层只造出差额，再与输入相加：
#
# $$ \mathbf y = \operatorname{relu}\bigl(\mathbf x + F(\mathbf x)\bigr) $$
#
# 其中 $\mathbf x$ 是块的输入，$F$ 是那两层（**分支**），绕过去的线叫**跳跃连接**，$\mathbf y$ 是输出。要的还是同一个 $H$，只是改学 $F(\mathbf x)=H(\mathbf x)-\mathbf x$，也就是“还差多少”，所以叫**残差**。

# %% [markdown] tags=["en"]
# Both pictures are drawn from the code below. On the left, the two layers must make the whole output $H(\mathbf x)$ themselves. On the right they make only the difference, which is added to the input:
#
# $$ \mathbf y = \operatorname{relu}\bigl(\mathbf x + F(\mathbf x)\bigr) $$
#
# where $\mathbf x$ is the input of the block, $F$ the two layers (the **branch**), the line around them the **shortcut**, and $\mathbf y$ the output. What is wanted is still $H$; what is learned is $F(\mathbf x)=H(\mathbf x)-\mathbf x$, that which is missing. Hence the name **residual**.

# %%
import torch
from torch import nn

x = torch.rand(2, 16, 8, 8)  # as it leaves a ReLU: nothing below 0
for name, shortcut in {"plain": "none", "residual": "projection"}.items():
    block = ResidualBlock(16, 16, shortcut=shortcut)
    for parameter in block.parameters():
        nn.init.zeros_(parameter)
    y = block(x)
    print(f"{name:8}  y = 0: {not y.any()},  y = x: {torch.equal(y, x)}")

# %% [markdown] tags=["zh"]
# 权重全 0 时，普通块把一切都变成 0，残差块把输入原样交出。残差块若想“什么也不做”，起点旁边就是；普通块要做到这一点，得让两层卷积恰好拼成**恒等映射** $f(\mathbf x)=\mathbf x$，还要隔着批量归一化和 ReLU。
#
# 反向也一样。在激活的位置上，$\partial\mathbf y/\partial\mathbf x = \mathbf I + \partial F/\partial\mathbf x$，其中 $\mathbf I$ 是单位矩阵：不管 $F$ 学成什么样，梯度总有一份不打折地传回去。
#
# 常听说 ResNet 解决了“梯度消失”。论文里的普通网络都带批量归一化，作者查过，梯度并没有消失。真正的麻烦叫**退化问题**，[越深越好吗](depth.py)一页把它做了出来，并逐个排除常见的解释。

# %% [markdown] tags=["en"]
# With all weights 0 the plain block turns everything into 0, and the residual block hands its input on. For a residual block, doing nothing lies next to where it starts; a plain block would have to bend two convolutions into exactly the **identity mapping** $f(\mathbf x)=\mathbf x$, with batch normalization and ReLU in between.
#
# It is the same backwards. Where the activation is on, $\partial\mathbf y/\partial\mathbf x = \mathbf I + \partial F/\partial\mathbf x$, with $\mathbf I$ the identity matrix: whatever $F$ has become, one share of the gradient comes back undiminished.
#
# ResNet is often said to cure vanishing gradients. The plain networks of the paper had batch normalization, and the authors checked that their gradients did not vanish. The real trouble is called **degradation**; the page [Is deeper better?](depth.py) makes it happen and rules out the usual explanations one by one.

# %% [markdown] tags=["zh"]
# ## 来历 { #history }
#
# - **2015 年春**：Highway networks 也有绕行的路，但每条路上有一个要学的门，关上就断了。
# - **2015 年底**：ResNet 去掉门，路永远开着。152 层，是 VGG-19 的 8 倍，计算量却更小；多个模型一起，在 ImageNet 测试集上 top-5 错误率 3.57%，赢得 ILSVRC 2015 的分类比赛。
# - **2016 年春**：同一组作者把批量归一化和 ReLU 挪到卷积之前（[预激活](#preactivation)），在 CIFAR-10 上训练了 1001 层。
# - **2016 年起**：许多实现把瓶颈结构的步幅从 1×1 挪到 3×3，后来叫 [v1.5](#stride)。torchvision 的就是它。
# - **2017 年**：Goyal 等人把每个分支最后的 $\gamma$ 初始化为 0（[零初始化](#zero-init)），用大批量训练 ImageNet 时更稳。
#
# 今天的 Transformer 每一层旁边也有这个加号。

# %% [markdown] tags=["en"]
# ## Where it came from { #history }
#
# - **Spring 2015**: highway networks have a way around too, but with a gate on it that is learned and may shut.
# - **Late 2015**: ResNet drops the gate; the way is always open. At 152 layers it is 8 times as deep as VGG-19 and needs less work. Several models together reached a top-5 error of 3.57% on the test set of ImageNet and won the classification task of ILSVRC 2015.
# - **Spring 2016**: the same authors move batch normalization and ReLU in front of the convolutions ([pre-activation](#preactivation)) and train 1001 layers on CIFAR-10.
# - **From 2016**: many implementations move the stride of the bottleneck from the 1×1 to the 3×3, later called [v1.5](#stride). torchvision's is one of them.
# - **2017**: Goyal and others start the last $\gamma$ of each branch at 0 ([zero initialization](#zero-init)), which steadies training on ImageNet with large batches.
#
# Every layer of today's transformers has this plus sign beside it.

# %% [markdown] tags=["zh"]
# ## 自己写一个 ResBlk { #resblk }
#
# 网上流传的残差块常写成下面这样：两层卷积，通道数不同时用 1×1 卷积对齐。**它有两处错，先找一找。**

# %% [markdown] tags=["en"]
# ## Write a ResBlk of your own { #resblk }
#
# The residual block is often passed around like this: two convolutions, and a 1×1 that fits the channels where they differ. **It has two faults; look for them first.**

# %% tags=["broken", "raises-exception"]
class HalfResBlk(nn.Module):
    def __init__(self, ch_in, ch_out, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(ch_in, ch_out, 3, stride=stride, padding=1)
        self.bn1 = nn.BatchNorm2d(ch_out)
        self.conv2 = nn.Conv2d(ch_out, ch_out, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(ch_out)
        self.extra = nn.Sequential()
        if ch_out != ch_in:
            self.extra = nn.Sequential(
                nn.Conv2d(ch_in, ch_out, 1), nn.BatchNorm2d(ch_out)
            )


HalfResBlk(8, 8)(torch.rand(2, 8, 16, 16))

# %% [markdown] tags=["zh"]
# 第一处：没有 `forward`（[门诊](../clinic/shapes.py#forward-missing)）。`nn.Module` 不会猜层与层怎样相连。补上再试，这回步幅取 2：

# %% [markdown] tags=["en"]
# The first: there is no `forward` ([clinic](../clinic/shapes.py#forward-missing)). `nn.Module` does not guess how layers are joined. Add it and try again, this time with a stride of 2:

# %% tags=["broken", "raises-exception"]
class StillHalfResBlk(HalfResBlk):
    def forward(self, x):
        out = torch.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return torch.relu(self.extra(x) + out)


StillHalfResBlk(8, 8, stride=2)(torch.rand(2, 8, 16, 16))

# %% [markdown] tags=["zh"]
# 第二处：只看通道数（[门诊](../clinic/shapes.py#shortcut-with-stride)）。步幅 2 使分支的输出变成 $8\times8$，跳跃连接还是 $16\times16$，加不起来。只要步幅不是 1，就也要投影，而且 1×1 卷积要用同样的步幅。改好之后：

# %% [markdown] tags=["en"]
# The second: it looks at the channels alone ([clinic](../clinic/shapes.py#shortcut-with-stride)). A stride of 2 makes the branch $8\times8$ while the shortcut stays $16\times16$, and they cannot be added. A stride other than 1 asks for a projection too, and its 1×1 needs the same stride. Mended:

# %%
class ResBlk(nn.Module):
    def __init__(self, ch_in, ch_out, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(ch_in, ch_out, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(ch_out)
        self.conv2 = nn.Conv2d(ch_out, ch_out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(ch_out)
        self.extra = nn.Sequential()  # hands its input on
        if ch_out != ch_in or stride != 1:
            self.extra = nn.Sequential(
                nn.Conv2d(ch_in, ch_out, 1, stride, bias=False),
                nn.BatchNorm2d(ch_out),
            )

    def forward(self, x):  # (N, ch_in, H, W)
        out = torch.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))  # no ReLU before the sum
        return torch.relu(self.extra(x) + out)  # (N, ch_out, H/stride, W/stride)


x = torch.rand(2, 8, 16, 16)
for ch_out, stride in [(8, 1), (8, 2), (16, 1), (16, 2)]:
    shape = tuple(ResBlk(8, ch_out, stride)(x).shape)
    print(f"8 → {ch_out:2} channels, stride {stride}: {shape}")

# %% [markdown] tags=["zh"]
# 它与正文里的 `ResidualBlock` 是不是一回事？把权重按顺序搬过去，比一比输出和输入的梯度：

# %% [markdown] tags=["en"]
# Is it the same thing as the `ResidualBlock` of this package? Carry the weights over in order, and compare the output and the gradient by the input:

# %%
torch.manual_seed(0)
mine, ours = ResBlk(8, 16, stride=2), ResidualBlock(8, 16, stride=2)
mine.load_state_dict(dict(zip(mine.state_dict(), ours.state_dict().values())))
images = torch.randn(4, 8, 15, 15)
found = []
for block in (mine, ours):
    leaf = images.clone().requires_grad_()
    output = block(leaf)
    (output * torch.arange(output.numel()).view_as(output)).sum().backward()
    found.append((output.detach(), leaf.grad))
block_gap = max((a - b).abs().max().item() for a, b in zip(*found))
print(f"largest difference: {block_gap:.0e}")

# %% [markdown] tags=["zh"]
# ## 代码，从最小的块开始 { #code }
#
# 形状不变时，跳跃连接就是恒等映射；形状变了，有两种办法：A 隔点取样、补 0 通道，没有参数；B 用 1×1 卷积投影。
#
# ```python
# --8<-- "dlnotes/models/resnet.py:shortcut"
# ```
#
# 残差块：分支加跳跃连接，再过 ReLU。`shortcut="none"` 就是它的普通孪生。
#
# ```python
# --8<-- "dlnotes/models/resnet.py:block"
# ```
#
# 50 层以上用**瓶颈结构**：先用 1×1 收窄，在窄处做 3×3，再用 1×1 放宽到 4 倍。
#
# ```python
# --8<-- "dlnotes/models/resnet.py:bottleneck"
# ```

# %% [markdown] tags=["en"]
# ## The code, smallest block first { #code }
#
# Where the shape stays, the shortcut is the identity mapping. Where it changes there are two ways: A skips pixels and appends channels of zeros, without parameters; B projects with a 1×1 convolution.
#
# ```python
# --8<-- "dlnotes/models/resnet.py:shortcut"
# ```
#
# The residual block: branch plus shortcut, then ReLU. `shortcut="none"` is its plain twin.
#
# ```python
# --8<-- "dlnotes/models/resnet.py:block"
# ```
#
# From 50 layers on there is the **bottleneck**: narrow with a 1×1, do the 3×3 where it is narrow, widen fourfold with a 1×1.
#
# ```python
# --8<-- "dlnotes/models/resnet.py:bottleneck"
# ```

# %% tags=["remove-input"] alt_zh="左：步幅 2 的残差块，跳跃连接上有一个步幅 2 的 1×1 卷积。右：瓶颈结构，1×1 把 256 个通道收窄到 64，3×3 之后再用 1×1 放回 256，与输入相加。" alt_en="Left: a residual block of stride 2, whose shortcut has a 1×1 convolution of stride 2. Right: a bottleneck, where a 1×1 narrows 256 channels to 64, a 3×3 follows, and a 1×1 widens to 256 before the input is added."
figures.side_by_side({
    "with projection": figures.block_diagram(ResidualBlock(64, 128, stride=2), (64, 56, 56)),
    "bottleneck": figures.block_diagram(Bottleneck(256, 64), (256, 56, 56)),
})

# %% [markdown] tags=["zh"]
# 整个网络：开头的卷积，几个**阶段**，全局平均池化，一个线性层。每个阶段的第一块把边长减半、通道翻倍，其余的块形状不变。
#
# ```python
# --8<-- "dlnotes/models/resnet.py:model"
# ```
#
# 深度、宽度、块的种类都在一张表里：
#
# ```python
# --8<-- "dlnotes/models/resnet.py:variants"
# ```
#
# `dlnotes copy resnet18` 打印整个文件，除了 torch 什么都不需要。

# %% [markdown] tags=["en"]
# The whole network: a convolution at the start, some **stages**, global average pooling, one linear layer. The first block of each stage halves the sides and doubles the channels; the others keep the shape.
#
# ```python
# --8<-- "dlnotes/models/resnet.py:model"
# ```
#
# Depth, width and kind of block stand in one table:
#
# ```python
# --8<-- "dlnotes/models/resnet.py:variants"
# ```
#
# `dlnotes copy resnet18` prints the whole file; it needs nothing but torch.

# %% [markdown] tags=["zh"]
# ## 账本：形状、参数、计算量 { #ledger }
#
# 给数字用的小号 `resnet_small`：3 个阶段，每个阶段 1 块。

# %% [markdown] tags=["en"]
# ## The ledger: shapes, parameters, work { #ledger }
#
# The small form for digits, `resnet_small`: 3 stages of 1 block each.

# %% tags=["remove-input"] alt_zh="resnet_small 的结构：1×28×28 的输入经步幅 2 的 3×3 卷积变成 16×14×14，再过三个残差块变成 64×4×4，全局平均池化得到 64 个数，线性层给出 10 个 logits。" alt_en="resnet_small: a 1×28×28 input becomes 16×14×14 by a 3×3 convolution of stride 2, then 64×4×4 through three residual blocks, 64 numbers by global average pooling, and 10 logits by a linear layer."
small = models.create("resnet_small")
figures.architecture(small, (1, 28, 28))

# %%
summary.trace(models.create("resnet_small"), (1, 28, 28)).collapse(3)

# %% tags=["remove-input"]
import pandas as pd

ledgers, rows = {}, []
for name, shape in ((name, models.input_shape(name)) for name in models.names() if name.startswith(("resnet", "preact"))):
    with torch.device("meta"):
        network = models.create(name)
    ledger = ledgers[name] = summary.trace(network, shape)
    # The paper counts the layers on the longest way: convolutions of the branches, the stem, the last linear layer.
    layers = sum(row.type in ("Conv2d", "Linear") and "shortcut" not in row.name for row in ledger.rows)
    kinds = [row.name for row in ledger.calls if row.type.endswith(("Block", "Bottleneck"))]
    depths = ", ".join(str(sum(kind.startswith(f"features.stage{stage}.") for kind in kinds)) for stage in range(1, 5)).removesuffix(", 0")
    rows.append([name, "×".join(map(str, shape)), layers, depths, f"{ledger.parameters:,}", f"{ledger.macs / 1e6:,.{1 if ledger.macs < 1e8 else 0}f} M", f"{ledger.rows[-4].receptive_field:,}"])
variants = pd.DataFrame(rows, columns=["model", "image", "layers", "blocks", "parameters", "MACs", "receptive field"]).set_index("model")
variants.index.name = None

# %% [markdown] tags=["zh"]
# 全部变体，同样由 `summary.trace` 量出：

# %% [markdown] tags=["en"]
# All variants, measured by `summary.trace` as well:

# %% tags=["remove-input"]
variants

# %% tags=["remove-input"]
ratio_layers = ledgers["resnet50"].macs / ledgers["resnet34"].macs
stages = [sum(row.macs for row in ledgers["resnet34"].rows if row.name.startswith(f"features.stage{k}.1.")) for k in range(1, 5)]
weights = [sum(row.parameters for row in ledgers["resnet34"].rows if row.name.startswith(f"features.stage{k}.1.")) for k in range(1, 5)]

# %% [markdown] tags=["zh"]
# - 从 34 层到 50 层，计算量只多了 {{ f"{ratio_layers - 1:.0%}" }}：把 34 层的每个块换成瓶颈结构，就是 50 层。
# - 边长减半、通道翻倍，每块的计算量不变（`resnet34` 里都约 {{ f"{stages[1] / 1e6:.0f}" }} M），参数却每次翻两番：第 1 阶段的一块有 {{ f"{weights[0]:,}" }} 个，第 4 阶段的一块有 {{ f"{weights[3]:,}" }} 个。
# - 最后一个块的感受野早已超过整张图，再加深也不会看到更多。

# %% [markdown] tags=["en"]
# - From 34 to 50 layers the work grows by only {{ f"{ratio_layers - 1:.0%}" }}: replace each block of the 34 layers by a bottleneck and there are 50.
# - With half the side and twice the channels, a block costs the same work (in `resnet34` about {{ f"{stages[1] / 1e6:.0f}" }} M each), but four times the parameters: a block of stage 1 has {{ f"{weights[0]:,}" }}, one of stage 4 has {{ f"{weights[3]:,}" }}.
# - The receptive field of the last block far exceeds the image; more depth shows it nothing more.

# %% [markdown] tags=["zh"]
# ## 训练：三次，而不是一次 { #training }

# %% [markdown] tags=["en"]
# ## Training: three runs, not one { #training }

# %%
from dlnotes import recipes

runs = [recipes.run("resnet_small", seed=seed) for seed in range(3)]
runs[0].history.config

# %% tags=["hide-input"] alt_zh="三次训练的损失与准确率随轮次的变化；细线是每一次，粗线是平均。第 1 轮之后验证准确率还很低，随后很快接近 1。" alt_en="Loss and accuracy over the epochs for three runs; thin lines are single runs, thick lines their mean. After the first epoch validation accuracy is still low, then it soon nears 1."
figures.curves([run.history for run in runs])

# %% tags=["remove-input"]
from statistics import mean, stdev

accuracies = [run.test.accuracy for run in runs]
cpu = mean(run.history.cpu_seconds for run in runs)
epochs = runs[0].history.config.epochs
steps = runs[0].history.steps
first = [mean(getattr(run.history.epochs[0], f"{part}_accuracy") for run in runs) for part in ("train", "validation")]

# %% [markdown] tags=["zh"]
# 测试准确率：{{ f"{mean(accuracies):.1%}" }} ± {{ f"{100 * stdev(accuracies):.1f}" }} 个百分点（3 次的平均与标准差），{{ epochs }} 个轮次，每次约 {{ f"{cpu:.1f}" }} CPU 秒。测试集只在训练结束后看了一次。
#
# 第 1 轮结束时的验证准确率只有 {{ f"{first[1]:.0%}" }}，而且各次相差很大。原因在[批量归一化](batch-norm.py#modes)：评估用的是移动均值和移动方差，它们每步只更新 10%，而第 1 轮总共才 {{ steps // epochs }} 步，权重又变得飞快，统计量跟不上。再过一两轮就好了。

# %% [markdown] tags=["en"]
# Test accuracy: {{ f"{mean(accuracies):.1%}" }} ± {{ f"{100 * stdev(accuracies):.1f}" }} percentage points (mean and standard deviation of 3 runs), with {{ epochs }} epochs and about {{ f"{cpu:.1f}" }} CPU seconds a run. The test set was looked at once, after training.
#
# After the first epoch the validation accuracy is only {{ f"{first[1]:.0%}" }}, and differs much between runs. [Batch normalization](batch-norm.py#modes) is why: evaluation uses the running mean and variance, which move by 10% a step; the first epoch has just {{ steps // epochs }} steps, the weights change fast, and the statistics lag behind. An epoch or two later they have caught up.

# %% [markdown] tags=["zh"]
# ## 拆掉一条路 { #cut }
#
# 训练好的网络里，是分支在干活，还是跳跃连接？把某一块的一条路拆掉，不再训练，直接测。**先猜：3 个块，拆哪一条损失最大？**
#
# 顺便试一个常见的技巧，**零初始化**：训练之前，把每个分支最后一个批量归一化的 $\gamma$ 设为 0。于是每个块一开始只有跳跃连接，分支从 0 长出来。其他设置一样，也训练 3 次：

# %% [markdown] tags=["en"]
# ## Cut one way { #cut }
#
# In a trained network, does the branch do the work, or the shortcut? Cut one of the two ways in one block and measure, without training again. **Guess first: of 3 blocks, which cut hurts most?**
#
# Let us try a common trick along the way, **zero initialization**: before training, set the $\gamma$ of the last batch normalization in each branch to 0. Each block then begins as its shortcut alone, and the branch grows from 0. Train this 3 times too, all else equal:

# %%
import copy

from dlnotes import data, training


def train_with_zero_init(seed):
    recipe = recipes.get("resnet_small")
    training.seed_everything(seed)
    network, splits = models.create("resnet_small"), data.load(recipe.data)
    for block in network.modules():
        if isinstance(block, ResidualBlock):
            nn.init.zeros_(block.residual[-1].weight)  # γ
    config = training.Config(**{**vars(recipe.config), "seed": seed})
    history = training.fit(network, splits, config)
    test = training.evaluate(network, splits.test, history.normalization)
    return recipes.Run(network, splits, history, test)


def accuracy_without(run, stage, way):
    """Test accuracy after one block has lost its branch or its shortcut."""
    network = copy.deepcopy(run.model)
    block = network.get_submodule(f"features.stage{stage}.0")
    if way == "branch":
        nn.init.zeros_(block.residual[-1].weight)
        nn.init.zeros_(block.residual[-1].bias)
    else:
        block.shortcut = None
    test = training.evaluate(network, run.splits.test, run.history.normalization)
    return test.accuracy


zero_runs = [train_with_zero_init(seed) for seed in range(3)]
groups = {"usual": runs, "zero": zero_runs}
table = {"nothing": {name: mean(run.test.accuracy for run in group)
                     for name, group in groups.items()}}
for stage in (1, 2, 3):
    for way in ("branch", "shortcut"):
        table[f"block {stage}: {way}"] = {
            name: mean(accuracy_without(run, stage, way) for run in group)
            for name, group in groups.items()
        }

# %% tags=["hide-input"]
cuts = pd.DataFrame.from_dict(table, orient="index")
cuts.map("{:.1%}".format)

# %% [markdown] tags=["zh"]
# 每行开头写着拆掉了什么，数字是 3 次训练的平均测试准确率。
#
# 通常的初始化：拆掉块 1 或块 2 的分支，准确率只剩 {{ f"{cuts.loc['block 1: branch', 'usual']:.0%}" }} 和 {{ f"{cuts.loc['block 2: branch', 'usual']:.0%}" }}；拆掉块 2 的跳跃连接，还有 {{ f"{cuts.loc['block 2: shortcut', 'usual']:.0%}" }}。在这么浅的网络里，**分支是主力**。
#
# ### 零初始化 { #zero-init }
#
# 零初始化的网络正相反：拆掉块 1 的分支，还剩 {{ f"{cuts.loc['block 1: branch', 'zero']:.0%}" }}；拆掉块 1 的跳跃连接，只剩 {{ f"{cuts.loc['block 1: shortcut', 'zero']:.0%}" }}。**同样的结构，同样的数据，起点不同，分工就不同。**
#
# 可是它并没有学得更好：测试准确率 {{ f"{table['nothing']['zero']:.1%}" }}，通常的初始化是 {{ f"{table['nothing']['usual']:.1%}" }}。$\gamma=0$ 时，传给分支里卷积的梯度也是 0，要等 $\gamma$ 自己先离开 0。Goyal 等人用几千张图的批量训练几十层的网络，有的是步数；这里一共 {{ steps }} 步，起步慢就亏了。技巧要看场合：照搬之前，先在自己的数据上比一次。

# %% [markdown] tags=["en"]
# Each row begins with what was cut; the numbers are mean test accuracies of 3 runs.
#
# With the usual initialization, cutting the branch of block 1 or of block 2 brings the accuracy down to {{ f"{cuts.loc['block 1: branch', 'usual']:.0%}" }} and {{ f"{cuts.loc['block 2: branch', 'usual']:.0%}" }}; without the shortcut of block 2 there is still {{ f"{cuts.loc['block 2: shortcut', 'usual']:.0%}" }}. In a network as shallow as this, **the branches do the work**.
#
# ### Zero initialization { #zero-init }
#
# With zero initialization it is the other way round: without the branch of block 1, {{ f"{cuts.loc['block 1: branch', 'zero']:.0%}" }} is left; without its shortcut, only {{ f"{cuts.loc['block 1: shortcut', 'zero']:.0%}" }}. **The same structure and the same data, but another start leads to another division of labour.**
#
# It did not learn better, though: its test accuracy is {{ f"{table['nothing']['zero']:.1%}" }}, against {{ f"{table['nothing']['usual']:.1%}" }} with the usual initialization. While $\gamma=0$, the gradient that reaches the convolutions of the branch is 0 too; $\gamma$ itself has to leave 0 first. Goyal and others trained dozens of layers on batches of thousands of images and had steps to spare; here there are {{ steps }} in all, and a slow start costs. A trick has its place: compare on your own data before you copy it.

# %% [markdown] tags=["zh"]
# ## 步幅放在哪里：论文与 v1.5 { #stride }
#
# 瓶颈结构要把边长减半时，步幅 2 放在哪一层？论文放在第 1 个 1×1，torchvision 放在 3×3。参数一模一样。**差别在哪里？** 算输出对输入每个像素的梯度，黑色表示一点也没有，也就是没看过：

# %% [markdown] tags=["en"]
# ## Where the stride stands: the paper and v1.5 { #stride }
#
# When a bottleneck halves the sides, which layer takes the stride of 2? In the paper it is the first 1×1, in torchvision the 3×3. The parameters are the same. **What differs?** Compute the gradient of the output by each pixel of the input; black means none at all, so the pixel was not looked at:

# %% tags=["hide-input"] alt_zh="两张 12×12 的梯度图。论文的写法只有四分之一的像素亮，排成稀疏的网格；v1.5 的写法处处都有深浅不一的灰。" alt_en="Two maps of gradients, 12×12. In the paper's form a quarter of the pixels are bright, a sparse grid; in v1.5 there are greys everywhere."
torch.manual_seed(0)
maps, seen = [], []
for kind in (PaperBottleneck, Bottleneck):
    image = torch.randn(4, 8, 12, 12, requires_grad=True)
    output = kind(8, 4, stride=2)(image)
    (output * torch.randn_like(output)).sum().backward()
    gradient = image.grad.abs().sum(dim=(0, 1))
    maps.append(gradient.sqrt())
    seen.append((gradient > 0).float().mean().item())
figures.image_grid(maps, ["paper", "v1.5"], columns=2)

# %% tags=["remove-input"]
gigas = {name: ledgers[name].macs / 1e9 for name in ("resnet50_paper", "resnet50")}

# %% [markdown] tags=["zh"]
# 步幅 2 的 1×1 卷积每 4 个像素只看 1 个，跳跃连接上的投影也看同样的那一个。所以论文的写法把 {{ f"{1 - seen[0]:.0%}" }} 的像素直接丢掉；v1.5 让 3×3 来跨步，窗口彼此重叠，一个也不漏。代价是前面的 1×1 要在大图上算：`resnet50` 从 {{ f"{gigas['resnet50_paper']:.2f}" }} G 增加到 {{ f"{gigas['resnet50']:.2f}" }} G 次乘加。论文的表里写的正是 3.8 G。据 NVIDIA 的记录，换来的是 ImageNet 上大约 0.5 个百分点。
#
# 载入别人训练好的权重时要留意：两种写法的 `state_dict` 完全一样，装错了不会报错，只会变差。

# %% [markdown] tags=["en"]
# A 1×1 convolution of stride 2 looks at 1 pixel of every 4, and the projection on the shortcut looks at the same one. So the paper's form throws {{ f"{1 - seen[0]:.0%}" }} of the pixels away. In v1.5 the 3×3 takes the stride, its windows overlap, and none is missed. The price: the 1×1 before it works on the larger map, and `resnet50` goes from {{ f"{gigas['resnet50_paper']:.2f}" }} G multiply-accumulates to {{ f"{gigas['resnet50']:.2f}" }} G. The paper's table says 3.8 G. By NVIDIA's record it buys about 0.5 percentage points on ImageNet.
#
# Mind this when you load trained weights: both forms have the same `state_dict`, so a wrong choice raises no error and only makes things worse.

# %% [markdown] tags=["zh"]
# ## 预激活：让加法之后什么也没有 { #preactivation }
#
# 原来的块在相加之后还有一个 ReLU，路并没有全通：每过一块，小于 0 的部分都要剪掉一次。把批量归一化和 ReLU 挪到卷积前面，加法之后就空了：

# %% [markdown] tags=["en"]
# ## Pre-activation: nothing after the sum { #preactivation }
#
# In the original block a ReLU follows the sum, so the way is not quite free: at each block all that is below 0 is cut off. Move batch normalization and ReLU in front of the convolutions, and nothing is left after the sum:

# %% tags=["remove-input"] alt_zh="左：原来的残差块，卷积、批量归一化、ReLU，相加之后还有 ReLU。右：预激活残差块，批量归一化和 ReLU 在每个卷积之前，相加之后直接输出。" alt_en="Left: the original residual block with convolution, batch normalization, ReLU, and a ReLU after the sum. Right: the pre-activation block with batch normalization and ReLU before each convolution and nothing after the sum."
figures.side_by_side({
    "residual block": figures.block_diagram(ResidualBlock(64, 64), (64, 56, 56)),
    "pre-activation": figures.block_diagram(PreActivationBlock(64, 64), (64, 56, 56)),
})

# %% [markdown] tags=["zh"]
# ```python
# --8<-- "dlnotes/models/resnet.py:preactivation"
# ```
#
# 于是第 $L$ 块的输出就是第 $l$ 块的输入加上中间所有的修正：
#
# $$ \mathbf x_L = \mathbf x_l + \sum_{i=l}^{L-1} F_i(\mathbf x_i) $$
#
# 其中 $\mathbf x_i$ 是第 $i$ 块的输入，$F_i$ 是它的分支。梯度因此也是一个和，而不是一串乘积。这个式子对原来的块成立吗？叠 6 块，量一量两边差多少：

# %% [markdown] tags=["en"]
# ```python
# --8<-- "dlnotes/models/resnet.py:preactivation"
# ```
#
# So what comes out at block $L$ is what went into block $l$ plus all corrections in between:
#
# $$ \mathbf x_L = \mathbf x_l + \sum_{i=l}^{L-1} F_i(\mathbf x_i) $$
#
# where $\mathbf x_i$ is the input of block $i$ and $F_i$ its branch. The gradient is then a sum as well, where a plain net has a product. Does this hold for the original block? Stack 6 and measure how far the two sides are apart:

# %%
torch.manual_seed(0)
gaps = {}
for kind in (ResidualBlock, PreActivationBlock):
    corrections = []
    stack = nn.Sequential(*[kind(16, 16) for _ in range(6)])
    for block in stack:
        block.residual.register_forward_hook(
            lambda module, args, output, kept=corrections: kept.append(output.clone())
        )
    x = torch.rand(4, 16, 8, 8)
    gap = stack(x.clone()) - (x + sum(corrections))
    gaps[kind.__name__] = gap.abs().max().item()
    print(f"{kind.__name__:18}  largest gap: {gaps[kind.__name__]:.1e}")

# %% [markdown] tags=["zh"]
# 预激活的块只差舍入误差；原来的块差了 {{ f"{gaps['ResidualBlock']:.1f}" }}，都是 ReLU 剪掉的。论文里 110 层时两者相近，到 1001 层，预激活明显胜出（CIFAR-10 错误率 4.92%，原来的 7.61%）。

# %% [markdown] tags=["en"]
# The pre-activation block is off by rounding only; the original by {{ f"{gaps['ResidualBlock']:.1f}" }}, all of it cut off by ReLU. In the paper the two are close at 110 layers; at 1001 pre-activation clearly wins (error on CIFAR-10 of 4.92%, against 7.61%).

# %% [markdown] tags=["zh"]
# ## 论文、这份代码、torchvision { #paper }
#
# | | 论文（2015） | 这里 | torchvision |
# |---|---|---|---|
# | 瓶颈结构的步幅 | 第 1 个 1×1 | 3×3（`resnet50_paper` 照论文） | 3×3 |
# | ImageNet 的跳跃连接 | 形状改变处投影（B） | 同论文 | 同论文 |
# | CIFAR-10 的跳跃连接 | 补 0（A） | 补 0 | 没有这些网络 |
# | 最后的 $\gamma$ | 1 | 1 | 1，`zero_init_residual=True` 时为 0 |
# | 卷积的初始化 | He | He，按输出 | He，按输出 |
# | 偏置 | 卷积无 | 卷积无 | 卷积无 |
#
# 把 torchvision 的权重搬过来，输出应当逐数相等：

# %% [markdown] tags=["en"]
# ## The paper, this code, torchvision { #paper }
#
# | | paper (2015) | here | torchvision |
# |---|---|---|---|
# | stride of the bottleneck | first 1×1 | 3×3 (`resnet50_paper` as in the paper) | 3×3 |
# | shortcuts for ImageNet | projection where the shape changes (B) | as in the paper | as in the paper |
# | shortcuts for CIFAR-10 | zeros (A) | zeros | no such networks |
# | last $\gamma$ | 1 | 1 | 1; 0 with `zero_init_residual=True` |
# | initialization of convolutions | He | He, by outputs | He, by outputs |
# | bias | none in convolutions | none in convolutions | none in convolutions |
#
# With torchvision's weights carried over, the outputs should be the same number for number:

# %%
import torchvision

torch.manual_seed(0)
theirs = torchvision.models.resnet50().eval()
ours = models.from_torchvision("resnet50", theirs.state_dict()).eval()
images = torch.randn(2, 3, 64, 64)
with torch.no_grad():
    parity = (ours(images) - theirs(images)).abs().max().item()
print(f"resnet50: largest difference {parity:.0e}")

# %% [markdown] tags=["zh"]
# 训练模式、输入的梯度、18 到 152 层，都由测试核对过，见[与 torch 相等吗](../results/equivalence.py#models)。你若有训练好的权重，同样用 `models.from_torchvision` 装进来。

# %% [markdown] tags=["en"]
# Training mode, the gradient by the input, and 18 to 152 layers are all held equal by tests; see [Equal to torch?](../results/equivalence.py#models) If you have trained weights, load them with `models.from_torchvision` in the same way.

# %% tags=["remove-input"]
from torch.autograd.graph import saved_tensors_hooks


def saved_megabytes(name):
    """Bytes that the forward pass keeps for the backward pass, without the parameters."""
    network, kept = models.create(name), {}
    own = {parameter.untyped_storage().data_ptr() for parameter in network.parameters()}

    def pack(tensor):
        if tensor.untyped_storage().data_ptr() not in own:
            kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage()
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        network(torch.randn(8, 3, 32, 32))
    return sum(storage.nbytes() for storage in kept.values()) / 2**20


memory = {name: saved_megabytes(name) for name in ("plain20", "resnet20")}

# %% [markdown] tags=["zh"]
# ## 常见的坑 { #traps }
#
# !!! warning "就地 ReLU 改掉了跳跃连接"
#     块的第一步若是 `nn.ReLU(inplace=True)`，它改的就是 $\mathbf x$ 本身，加回来的已经不是原来的输入：不报错，只是网络变了。批量归一化在前时没有这个问题，因为它交出的是新张量。

# %% [markdown] tags=["en"]
# ## Traps { #traps }
#
# !!! warning "An in-place ReLU changes the shortcut"
#     If a block begins with `nn.ReLU(inplace=True)`, it changes $\mathbf x$ itself, and what is added back is no longer the input: no error, only another network. Behind a batch normalization this cannot happen, since that hands on a new tensor.

# %%
x = torch.tensor([-1.0, 2.0])
branch = nn.ReLU(inplace=True)
print("on a copy:", (x + branch(x.clone())).tolist())
print("in place: ", (branch(x) + x).tolist())

# %% [markdown] tags=["zh"]
# !!! warning "以为 ResNet 省内存"
#     跳跃连接不省内存。前向传播要为反向留下的数据，8 张 32×32 的图，`plain20` 是 {{ f"{memory['plain20']:.1f}" }} MiB，`resnet20` 是 {{ f"{memory['resnet20']:.1f}" }} MiB。一样多。它换来的，是深网络也训练得动。[门诊：残差连接大大节省显存](../clinic/statements.py#shortcuts-and-memory)。
#
# !!! warning "相加之前多了一个 ReLU"
#     分支末尾若是 ReLU，$F(\mathbf x)\ge0$，只能往上加，不能往下减。第 2 个卷积之后到批量归一化为止。
#
# !!! warning "输出层后面再加 softmax"
#     这里的网络交出 logits，softmax 归损失函数管。[门诊：交叉熵之前的 softmax](../clinic/loss-heads.py#softmax-before-cross-entropy)。

# %% [markdown] tags=["en"]
# !!! warning "Expecting ResNet to save memory"
#     Shortcuts save no memory. For 8 images of 32×32, what the forward pass keeps for the backward pass is {{ f"{memory['plain20']:.1f}" }} MiB in `plain20` and {{ f"{memory['resnet20']:.1f}" }} MiB in `resnet20`: the same. What they buy is that a deep net can be trained. [Clinic: shortcuts save a great deal of memory](../clinic/statements.py#shortcuts-and-memory).
#
# !!! warning "One ReLU too many before the sum"
#     With a ReLU at the end of the branch, $F(\mathbf x)\ge0$: it can add and never take away. After the second convolution, stop at batch normalization.
#
# !!! warning "A softmax after the output layer"
#     These networks return logits; softmax belongs to the loss. [Clinic: softmax before cross-entropy](../clinic/loss-heads.py#softmax-before-cross-entropy).

# %% tags=["remove-input"]
large = summary.trace(models.create("resnet_small"), (1, 64, 64))

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 输入输出都是 256 个通道。瓶颈结构（中间 64）和两个 3×3 卷积，权重各有多少？
#
# ??? success "答案"
#     瓶颈结构：$256\cdot64+64\cdot64\cdot9+64\cdot256={{ f"{256 * 64 + 64 * 64 * 9 + 64 * 256:,}" }}$；两个 3×3：$2\cdot9\cdot256^2={{ f"{2 * 9 * 256**2:,}" }}$，是前者的 {{ round(2 * 9 * 256**2 / (256 * 64 + 64 * 64 * 9 + 64 * 256)) }} 倍。
#
# **2.** `resnet20` 的 20 和 `resnet50` 的 50 是怎样数出来的？
#
# ??? success "答案"
#     只数主路上有权重的层。`resnet20`：开头 1 层，3 个阶段各 3 块、每块 2 层，最后 1 层，$1+3\cdot3\cdot2+1=20$。`resnet50`：$1+(3+4+6+3)\cdot3+1=50$。跳跃连接上的 1×1 不算。
#
# **3.** 把 `resnet_small` 的输入换成 64×64，还能用吗？参数和计算量怎样变？再想想 LeNet。
#
# ??? success "答案"
#     能用：全局平均池化把任何大小都变成 64 个数。参数不变，仍是 {{ f"{large.parameters:,}" }} 个；计算量从 {{ f"{ledgers['resnet_small'].macs / 1e6:.1f}" }} M 增加到 {{ f"{large.macs / 1e6:.1f}" }} M。LeNet 展平之后接全连接层，换了大小就接不上。
#
# **4.** 设每一层的导数都是 0.1，叠 30 层。普通网络的梯度剩下多少？残差网络呢（每块的导数是 $1+0.1$）？
#
# ??? success "答案"
#     $0.1^{30}=10^{-30}$，而 $1.1^{30}\approx{{ f"{1.1**30:.1f}" }}$。后者没有消失，反而会增长；所以每块里仍要有批量归一化，或者让分支从很小开始。
#
# **5.** 用 `recipes.run` 训练 `resnet_small`，把轮次减到 2。零初始化会更好还是更差？先写下预测，再运行。
#
# ??? success "答案"
#     把本页的 `train_with_zero_init` 里的设置换成 `{**vars(recipe.config), "seed": seed, "epochs": 2}`，与 `recipes.run("resnet_small", seed=seed, epochs=2)` 比较。步数越少，零初始化起步慢的代价越大，差距会比 8 个轮次时大得多。

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** With 256 channels in and out, how many weights has a bottleneck (64 in the middle), and how many have two 3×3 convolutions?
#
# ??? success "Answer"
#     The bottleneck: $256\cdot64+64\cdot64\cdot9+64\cdot256={{ f"{256 * 64 + 64 * 64 * 9 + 64 * 256:,}" }}$; two 3×3: $2\cdot9\cdot256^2={{ f"{2 * 9 * 256**2:,}" }}$, which is {{ round(2 * 9 * 256**2 / (256 * 64 + 64 * 64 * 9 + 64 * 256)) }} times as many.
#
# **2.** How are the 20 of `resnet20` and the 50 of `resnet50` counted?
#
# ??? success "Answer"
#     Only layers with weights on the main way count. `resnet20`: 1 at the start, 3 stages of 3 blocks of 2 layers, 1 at the end, $1+3\cdot3\cdot2+1=20$. `resnet50`: $1+(3+4+6+3)\cdot3+1=50$. The 1×1 on a shortcut does not count.
#
# **3.** Give `resnet_small` images of 64×64. Does it still work? What happens to parameters and work? And what about LeNet?
#
# ??? success "Answer"
#     It works: global average pooling turns any size into 64 numbers. The parameters stay at {{ f"{large.parameters:,}" }}; the work grows from {{ f"{ledgers['resnet_small'].macs / 1e6:.1f}" }} M to {{ f"{large.macs / 1e6:.1f}" }} M. LeNet flattens into a fully connected layer, which no longer fits.
#
# **4.** Let the derivative of each layer be 0.1, and stack 30 of them. How much gradient is left in a plain net? And in a residual one, where each block has $1+0.1$?
#
# ??? success "Answer"
#     $0.1^{30}=10^{-30}$, and $1.1^{30}\approx{{ f"{1.1**30:.1f}" }}$. The latter does not vanish but grows, which is why a block still needs batch normalization, or a branch that starts small.
#
# **5.** Train `resnet_small` with `recipes.run` for only 2 epochs. Does zero initialization do better or worse? Write your guess down, then run it.
#
# ??? success "Answer"
#     In `train_with_zero_init` on this page change the settings to `{**vars(recipe.config), "seed": seed, "epochs": 2}`, and compare with `recipes.run("resnet_small", seed=seed, epochs=2)`. The fewer the steps, the more the slow start costs: the gap is far wider than at 8 epochs.

# %% [markdown] tags=["zh"]
# ## 参考文献 { #references }
#
# - K. He, X. Zhang, S. Ren, J. Sun. [Deep residual learning for image recognition](https://arxiv.org/abs/1512.03385). CVPR, 2016.
# - K. He, X. Zhang, S. Ren, J. Sun. [Identity mappings in deep residual networks](https://arxiv.org/abs/1603.05027). ECCV, 2016.
# - R. K. Srivastava, K. Greff, J. Schmidhuber. [Highway networks](https://arxiv.org/abs/1505.00387). 2015.
# - P. Goyal 等. [Accurate, large minibatch SGD: training ImageNet in 1 hour](https://arxiv.org/abs/1706.02677). 2017.
# - torchvision. [ResNet 的文档：v1.5](https://docs.pytorch.org/vision/stable/models/resnet.html).

# %% [markdown] tags=["en"]
# ## References { #references }
#
# - K. He, X. Zhang, S. Ren, J. Sun. [Deep residual learning for image recognition](https://arxiv.org/abs/1512.03385). CVPR, 2016.
# - K. He, X. Zhang, S. Ren, J. Sun. [Identity mappings in deep residual networks](https://arxiv.org/abs/1603.05027). ECCV, 2016.
# - R. K. Srivastava, K. Greff, J. Schmidhuber. [Highway networks](https://arxiv.org/abs/1505.00387). 2015.
# - P. Goyal and others. [Accurate, large minibatch SGD: training ImageNet in 1 hour](https://arxiv.org/abs/1706.02677). 2017.
# - torchvision. [Documentation of ResNet: v1.5](https://docs.pytorch.org/vision/stable/models/resnet.html).
