# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "视觉 Transformer：把数字切成 16 块当作一句话，Transformer 块从零写起并与 torch 核对，与 LeNet 同台训练：数据少时为什么输，输在哪里。"
#       en: "The vision Transformer: a digit cut into 16 patches and read as a sentence, the block written from scratch and held equal to torch's, and trained beside LeNet: why it loses when data is short, and where."
#     covers: []
#     labels:
#       LeNet: LeNet
#       vision Transformer: 视觉 Transformer
#       "LeNet, {} images": "LeNet，{} 张"
#       "vision Transformer, {} images": "视觉 Transformer，{} 张"
#       test accuracy: 测试准确率
#       pixels shifted: 平移的像素数
#       digit: 数字
#       "block {}, head {}": "第 {} 块，头 {}"
# ---

# %% [markdown] tags=["zh"]
# # 视觉 Transformer：把数字当作 16 个词来读 { #vision-transformer }
#
# [LeNet](../models/lenet.py) 生来就懂两件事：相邻的像素要一起看，同一种笔画在哪里都算数。它用 $5\times5$ 的小窗滑过全图，这两条写死在结构里。
#
# 把这些全拿掉。图片切成 16 块，每块 $7\times7$，当作一句 16 个词的话；[自注意力](attention.py#self-attention)让任何一块看任何一块，谁与谁相邻，自己去学。同样的数字、同样的设置，不做增强，与 LeNet 各训练 2 次。**先猜：谁准？训练图片从 1257 张减到 100 张，差距变大还是变小？**

# %% [markdown] tags=["en"]
# # The vision Transformer: a digit read as 16 words { #vision-transformer }
#
# [LeNet](../models/lenet.py) is born with two pieces of knowledge: neighbouring pixels belong together, and a stroke is the same stroke anywhere. Its $5\times5$ windows slide over the whole image, so both are built into its structure.
#
# Take all that away. Cut the image into 16 patches of $7\times7$ and read them as a sentence of 16 words; [self-attention](attention.py#self-attention) lets any patch look at any other, and which ones are neighbours has to be learned. Train it and LeNet 2 times each, on the same digits, with the same settings and no augmentation. **Guess which is better, and whether the gap grows or shrinks when 1257 training images become 100.**

# %% [markdown] tags=["zh"]
# ## 块就是词 { #patches }

# %% [markdown] tags=["en"]
# ## Patches are words { #patches }

# %%
import torch
from torch import nn
from torch.nn import functional as F

from dlnotes import data, figures

splits = data.load("digits")
SIDE, WIDTH, HEADS = 7, 32, 4

image = splits.test.images[:1]  # (1, 1, 28, 28)
# (1, 16, 49): 16 words of 49 numbers
patches = F.unfold(image.float(), SIDE, stride=SIDE).transpose(1, 2)

# %% tags=["hide-input"] alt_zh="左边是一个手写数字，右边是它切成的 16 块，四行四列，块与块之间留着空隙。" alt_en="A handwritten digit on the left; on the right the 16 patches it is cut into, four by four with gaps between."
import matplotlib.pyplot as plt

from dlnotes.figures.style import PALETTE

figure = plt.figure(figsize=(5.2, 2.6), layout="none")
whole = figure.add_axes((0.0, 0.02, 0.48, 0.96))
whole.imshow(255 - image[0, 0], cmap="gray", vmin=0, vmax=255)
whole.axis("off")
for number, patch in enumerate(patches[0]):
    row, column = divmod(number, 4)
    axes = figure.add_axes(
        (0.52 + 0.12 * column, 0.98 - 0.24 * (row + 1) + 0.01, 0.11, 0.22)
    )
    axes.imshow(255 - patch.view(SIDE, SIDE), cmap="gray", vmin=0, vmax=255)
    axes.set_xticks([]), axes.set_yticks([])
    axes.grid(False)
    axes.spines[:].set(visible=True, linewidth=0.5, alpha=0.4)
figure

# %% [markdown] tags=["zh"]
# 每块 49 个数，乘一个矩阵，变成长 32 的向量，这叫**图像块嵌入**。与词的[嵌入](sequences.py#embedding)不同，它不查表，因为块的样子数不完。写成代码，就是一个核与步幅都是 7 的卷积：

# %% [markdown] tags=["en"]
# A matrix turns the 49 numbers of a patch into a vector of 32 numbers; this is called **patch embedding**. Unlike the [embedding](sequences.py#embedding) of words it is not a table, because there is no end of possible patches. In code it is a convolution whose kernel and stride are both 7:

# %%
embed = nn.Conv2d(1, WIDTH, kernel_size=SIDE, stride=SIDE)
by_convolution = embed(image.float()).flatten(2).transpose(1, 2)  # (1, 16, 32)
by_matrix = patches @ embed.weight.flatten(1).T + embed.bias
torch.testing.assert_close(by_convolution, by_matrix, rtol=1e-4, atol=1e-3)

# %% [markdown] tags=["zh"]
# 于是这个“没有卷积”的网络，第一层还是一个卷积，也是它唯一看得见相邻像素的地方。
#
# ## Transformer 块 { #block }
#
# **Transformer** 由许多结构相同的 Transformer 块叠成，别与图像块混了。每个 Transformer 块做两件事：先让各个位置**互相看**，再让每个位置**自己想**。
#
# $$ \mathbf Z=\mathbf X+\operatorname{MHA}(\operatorname{LN}(\mathbf X)),\qquad \mathbf Y=\mathbf Z+\operatorname{MLP}(\operatorname{LN}(\mathbf Z)) $$
#
# 其中 $\mathbf X$ 是 $T\times d$ 的输入，一行一个位置；$\operatorname{MHA}$ 是[多头自注意力](attention.py#multi-head)；$\operatorname{MLP}$ 是两层全连接，中间夹一个 [GELU](mlp.py#activations)，逐行计算，各行用同一组权重；$\operatorname{LN}$ 是**层归一化**，每一行减自己的均值、除以自己的标准差，与别的行、别的样本都无关；两个加号是[跳跃连接](../models/resnet.py)。

# %% [markdown] tags=["en"]
# So the network "without convolution" begins with one. It is the only place where neighbouring pixels are treated as neighbours.
#
# ## The Transformer block { #block }
#
# A **Transformer** is a stack of identical blocks. Each does two things: first the positions **look at each other**, then each position **thinks for itself**.
#
# $$ \mathbf Z=\mathbf X+\operatorname{MHA}(\operatorname{LN}(\mathbf X)),\qquad \mathbf Y=\mathbf Z+\operatorname{MLP}(\operatorname{LN}(\mathbf Z)) $$
#
# where $\mathbf X$ is the input of $T\times d$, one row per position, and $\operatorname{MHA}$ is [multi-head self-attention](attention.py#multi-head). $\operatorname{MLP}$ is two fully connected layers with a [GELU](mlp.py#activations) in between, applied to each row with the same weights. $\operatorname{LN}$ is **layer normalization**: it subtracts from each row the row's own mean and divides by its own standard deviation, whatever the other rows and samples are. The two plus signs are [shortcuts](../models/resnet.py).


# %%
class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.project = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )

    def split(self, x):
        # (N, T, 3, heads, d / heads)
        parts = self.qkv(x).unflatten(-1, (3, self.heads, -1))
        return parts.permute(2, 0, 3, 1, 4)  # q, k and v: (N, heads, T, d / heads) each

    def look(self, x):
        # (N, heads, T, d / heads)
        mixed = F.scaled_dot_product_attention(*self.split(x))
        return self.project(mixed.transpose(1, 2).flatten(2))

    def forward(self, x):  # (N, T, d) → (N, T, d)
        x = x + self.look(self.norm1(x))
        return x + self.mlp(self.norm2(x))


# %% tags=["hide-input"]
torch.manual_seed(0)
block = Block(WIDTH, HEADS).double()
theirs = nn.TransformerEncoderLayer(
    WIDTH,
    HEADS,
    2 * WIDTH,
    dropout=0.0,
    activation="gelu",
    batch_first=True,
    norm_first=True,
).double()
with torch.no_grad():
    for own, other in (
        (block.qkv.weight, theirs.self_attn.in_proj_weight),
        (block.qkv.bias, theirs.self_attn.in_proj_bias),
        (block.project.weight, theirs.self_attn.out_proj.weight),
        (block.project.bias, theirs.self_attn.out_proj.bias),
        *zip(block.mlp[0].parameters(), theirs.linear1.parameters()),
        *zip(block.mlp[2].parameters(), theirs.linear2.parameters()),
    ):
        own.copy_(other)
inputs = [
    torch.randn(
        2, 16, WIDTH, dtype=torch.float64, generator=torch.Generator().manual_seed(1)
    ).requires_grad_()
    for _ in range(2)
]
outputs = [layer(x) for layer, x in zip((block, theirs), inputs)]
for y in outputs:
    y.pow(3).sum().backward()
gap = max(
    (outputs[0] - outputs[1]).abs().max().item(),
    (inputs[0].grad - inputs[1].grad).abs().max().item(),
)
assert gap < 1e-11
counts = {
    "attention": sum(
        p.numel() for part in (block.qkv, block.project) for p in part.parameters()
    ),
    "MLP": sum(p.numel() for p in block.mlp.parameters()),
    "layer norm": sum(
        p.numel() for part in (block.norm1, block.norm2) for p in part.parameters()
    ),
}
print(counts, f"difference from nn.TransformerEncoderLayer: {gap:.0e}")

# %% [markdown] tags=["zh"]
# 与 `nn.TransformerEncoderLayer` 载入同样的权重，输出和梯度都相等。归一化放在支路**里面**，主路从头到尾只有加法，叫“前置”；2017 年的论文放在加号后面，深了就难训练。
#
# 新的大语言模型多用**均方根归一化**（RMSNorm）：不减均值，只除以均方根。对均值本来就接近 0 的行，两者几乎一样；均值很大时就不同了：

# %% [markdown] tags=["en"]
# With the same weights it equals `nn.TransformerEncoderLayer`, in outputs and gradients. The normalization stands **inside** the branches, so that the main road from end to end consists of nothing but additions; this is called pre-norm. The paper of 2017 had it after the plus signs, and such networks are hard to train when they are deep.
#
# Newer language models mostly use **RMS normalization** (RMSNorm): no mean is subtracted, and the row is divided by its root mean square. For a row whose mean is near 0 the two hardly differ; with a large mean they do:


# %%
def rms_norm(x, eps=1e-6):
    return x / (x.square().mean(dim=-1, keepdim=True) + eps).sqrt()


torch.manual_seed(0)
row = torch.randn(1, WIDTH)
torch.testing.assert_close(rms_norm(row), nn.RMSNorm(WIDTH, eps=1e-6)(row))
for offset in (0, 1, 5):
    shifted = row - row.mean() + offset
    gap = (rms_norm(shifted) - nn.LayerNorm(WIDTH)(shifted)).abs().max().item()
    print(f"mean {offset}: largest difference {gap:.4f}")

# %% [markdown] tags=["zh"]
# ## 整个网络，与 LeNet 同台 { #training }
#
# 嵌入、加上学来的[位置编码](attention.py#positions)、2 个 Transformer 块、一次归一化、16 个位置取平均、一个线性层：

# %% [markdown] tags=["en"]
# ## The whole network beside LeNet { #training }
#
# It consists of the embedding, plus a learned [positional encoding](attention.py#positions), then 2 blocks, one normalization, the mean over the 16 positions and one linear layer:

# %%
import dataclasses
from statistics import mean

from dlnotes import models, training


class VisionTransformer(nn.Module):
    def __init__(self, depth=2, positions=True):
        super().__init__()
        self.embed = nn.Conv2d(1, WIDTH, SIDE, SIDE)
        self.positions = (
            nn.Parameter(0.02 * torch.randn((28 // SIDE) ** 2, WIDTH))
            if positions
            else 0
        )
        self.blocks = nn.Sequential(*[Block(WIDTH, HEADS) for _ in range(depth)])
        self.norm = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, 10)

    def words(self, images):  # (N, 1, 28, 28) → (N, 16, 32)
        return self.embed(images).flatten(2).transpose(1, 2) + self.positions

    def forward(self, images):
        return self.head(self.norm(self.blocks(self.words(images))).mean(dim=1))


def train(make, seed, images=1257, epochs=10):
    training.seed_everything(seed)
    network = make()
    fewer = data.Split(splits.train.images[:images], splits.train.labels[:images])
    config = training.Config(epochs=epochs, batch_size=50, lr=4e-3, seed=seed)
    return network, training.fit(
        network, dataclasses.replace(splits, train=fewer), config
    )


def accuracy(run, shift=0):
    network, history = run
    moved = data.Split(splits.test.images.roll(shift, dims=-1), splits.test.labels)
    return training.evaluate(network, moved, history.normalization).accuracy


kinds = {
    "LeNet": lambda: models.create("lenet"),
    "vision Transformer": VisionTransformer,
}
many = {name: [train(make, seed) for seed in range(2)] for name, make in kinds.items()}
few = {
    name: [train(make, seed, images=100, epochs=60) for seed in range(2)]
    for name, make in kinds.items()
}
blind = [train(lambda: VisionTransformer(positions=False), seed) for seed in range(2)]

# %% tags=["hide-input"] alt_zh="测试准确率。1257 张：LeNet 约 0.98，视觉 Transformer 约 0.95。100 张：LeNet 接近 0.8，视觉 Transformer 不到 0.6。" alt_en="Test accuracy. With 1257 images LeNet is near 0.98 and the vision Transformer near 0.95; with 100 images LeNet is near 0.8 and the vision Transformer below 0.6."
scores = {
    f"{name}, {count} images": [accuracy(run) for run in runs]
    for count, group in ((1257, many), (100, few))
    for name, runs in group.items()
}
figures.bars(scores, xlabel="test accuracy", limits=(0, 1))

# %% tags=["remove-input"]
got = {name: mean(values) for name, values in scores.items()}
gap_many = 100 * (got["LeNet, 1257 images"] - got["vision Transformer, 1257 images"])
gap_few = 100 * (got["LeNet, 100 images"] - got["vision Transformer, 100 images"])
sizes = {
    name: sum(p.numel() for p in runs[0][0].parameters()) for name, runs in many.items()
}
seconds = {
    name: mean(history.cpu_seconds for _, history in runs)
    for name, runs in many.items()
}
shifts = {
    name: [mean(accuracy(run, shift) for run in runs) for shift in range(4)]
    for name, runs in many.items()
}

# %% [markdown] tags=["zh"]
# 1257 张时，视觉 Transformer 落后 {{ f"{gap_many:.1f}" }} 个百分点；100 张时落后 {{ f"{gap_few:.0f}" }} 个。它的参数（{{ f"{sizes['vision Transformer']:,}" }}）不到 LeNet（{{ f"{sizes['LeNet']:,}" }}）的一半，每次训练约 {{ f"{seconds['vision Transformer']:.1f}" }} CPU 秒，LeNet 约 {{ f"{seconds['LeNet']:.1f}" }} 秒。
#
# 起作用的是**归纳偏置**：结构里先写进了多少关于题目的知识。LeNet 不用学“相邻”和“平移”，数据就省下来学数字；视觉 Transformer 要先从数据里把这两条学出来，100 张哪里够。数据再多得多，写死的知识反而成了束缚，那时的胜负就倒过来了。2020 年的论文正是这样：用一百多万张的 ImageNet 训练，它输给残差网络；用三亿张，它赢了。
#
# 平移最看得清楚。测试图片向右挪几个像素，网络都没见过：

# %% [markdown] tags=["en"]
# With 1257 images the vision Transformer is behind by {{ f"{gap_many:.1f}" }} points, with 100 by {{ f"{gap_few:.0f}" }}. It has less than half as many parameters ({{ f"{sizes['vision Transformer']:,}" }}, LeNet {{ f"{sizes['LeNet']:,}" }}). A run takes about {{ f"{seconds['vision Transformer']:.1f}" }} CPU seconds, a run of LeNet {{ f"{seconds['LeNet']:.1f}" }}.
#
# Neither structure is simply better. What you see here is **inductive bias**: how much knowledge of the task is built into the structure. LeNet need not learn about neighbours and shifts, and can spend all its data on digits. The vision Transformer has to learn both from data first, and 100 images are not enough for that. With far more data, what is built in becomes a limitation, and the order is reversed. In the paper of 2020 the vision Transformer lost to residual networks when trained on the million images of ImageNet, and won with three hundred million.
#
# Shifts show it best. Move the test images a few pixels to the right, something neither network has seen:

# %% tags=["hide-input"] alt_zh="测试准确率随平移的像素数 0 到 3：两条线都下降，视觉 Transformer 一开始就低，降得也更快。" alt_en="Test accuracy for shifts of 0 to 3 pixels: both lines fall, and that of the vision Transformer starts lower and falls faster."
figure = figures.lines(
    shifts, x=range(4), xlabel="pixels shifted", ylabel="test accuracy"
)
figure.axes[0].set_xticks(range(4))
figure

# %% tags=["remove-input"]
mixed = torch.randperm(16, generator=torch.Generator().manual_seed(0))


@torch.no_grad()
def shuffled_accuracy(run):
    """Shuffle the 16 patches of every test image and measure."""
    network, history = run
    pieces = F.unfold(
        history.normalization.apply(splits.test.images), SIDE, stride=SIDE
    )[:, :, mixed]
    images = F.fold(pieces, 28, SIDE, stride=SIDE)
    return (network(images).argmax(1) == splits.test.labels).float().mean().item()


blind_accuracy = mean(accuracy(run) for run in blind)
blind_shuffled = mean(shuffled_accuracy(run) for run in blind)
assert abs(blind_accuracy - blind_shuffled) < 1e-6
seeing_shuffled = mean(shuffled_accuracy(run) for run in many["vision Transformer"])

# %% [markdown] tags=["zh"]
# 挪 2 个像素，LeNet 剩 {{ f"{shifts['LeNet'][2]:.0%}" }}，视觉 Transformer 剩 {{ f"{shifts['vision Transformer'][2]:.0%}" }}：笔画跨过了块的边界，词全变了。
#
# ## 没有位置编码，还认得吗 { #without-positions }
#
# 去掉位置编码重新训练，网络拿到的是一袋打乱的碎片，谁在上谁在下都不知道。**先猜：准确率还剩多少？**
#
# 还有 {{ f"{blind_accuracy:.0%}" }}。很多数字单看碎片就认得出来，有没有圈、有没有横。证据是：把测试图片的 16 块打乱，它的准确率是 {{ f"{blind_shuffled:.0%}" }}，一张不差；而有位置编码的那个，从 {{ f"{got['vision Transformer, 1257 images']:.0%}" }} 跌到 {{ f"{seeing_shuffled:.0%}" }}。
#
# ## 它在看哪里 { #weights }
#
# 取一张图，画出每个头里 16 个位置合起来，把多少权重给了各个图像块。标题里的“第 1 块”“第 2 块”是 Transformer 块，小图的每一格是一个图像块：

# %% [markdown] tags=["en"]
# Shifted by 2 pixels, LeNet keeps {{ f"{shifts['LeNet'][2]:.0%}" }} and the vision Transformer {{ f"{shifts['vision Transformer'][2]:.0%}" }}: the strokes cross the borders of patches, and every word becomes a different one.
#
# ## Does it read without positions? { #without-positions }
#
# Train again without positional encoding, and the network gets a bag of snippets, with no above or below. **Guess how much accuracy is left.**
#
# It is {{ f"{blind_accuracy:.0%}" }}. Many digits can be recognized from their snippets alone: is there a loop, is there a bar? Here is the proof that it uses no positions: with the 16 patches of each test image shuffled, its accuracy is {{ f"{blind_shuffled:.0%}" }}, the same as before. The network with positions drops from {{ f"{got['vision Transformer, 1257 images']:.0%}" }} to {{ f"{seeing_shuffled:.0%}" }}.
#
# ## Where it looks { #weights }
#
# Take one image and draw how much weight all 16 positions together give to each patch, head by head:

# %% tags=["hide-input"] alt_zh="上排是数字和第 1 块四个头的 4×4 权重图，下排是第 2 块的。各头的深浅分布不同，有的集中在有笔画的块上，有的比较平均。" alt_en="Above, the digit and the 4 by 4 weight grids of the four heads of block 1; below, those of block 2. The heads differ: some gather on patches with ink, some are nearly even."
network, history = many["vision Transformer"][0]
network.eval()
chosen = 3
with torch.no_grad():
    x = network.words(
        history.normalization.apply(splits.test.images[chosen : chosen + 1])
    )
    panels = {}
    for number, layer in enumerate(network.blocks, start=1):
        q, k, _ = layer.split(layer.norm1(x))
        # (heads, 16)
        weights = (
            (q @ k.transpose(-2, -1) / (WIDTH / HEADS) ** 0.5)
            .softmax(-1)[0]
            .mean(dim=1)
        )
        panels |= {
            f"block {number}, head {head}": weights[head - 1].view(4, 4)
            for head in range(1, HEADS + 1)
        }
        x = layer(x)
figure, panes = plt.subplots(2, HEADS + 1, figsize=(7.4, 3.3))
for row in panes:
    row[0].imshow(255 - splits.test.images[chosen, 0], cmap="gray", vmin=0, vmax=255)
    row[0].set_title("digit", fontsize=9)
for axes, (title, grid) in zip([a for row in panes for a in row[1:]], panels.items()):
    for place, value in enumerate(grid.flatten().tolist()):
        axes.add_patch(
            plt.Rectangle(
                (place % 4, place // 4),
                1,
                1,
                facecolor=PALETTE[0],
                alpha=min(1.0, value / 0.2),
                linewidth=0,
            )
        )
    axes.set(xlim=(0, 4), ylim=(4, 0), aspect="equal")
    axes.set_title(title, fontsize=9)
for axes in panes.flat:
    axes.set_xticks([]), axes.set_yticks([])
    axes.grid(False)
figure

# %% [markdown] tags=["zh"]
# 若平均分配，每个图像块都是 1/16，约 6%。各个头分工不同，但别急着替每个头起名字：换一个种子，分工就变。权重能说明[取了哪里的值，不能说明为什么](attention.py#traps)。
#
# ## 常见的坑 { #traps }
#
# !!! warning "图片换了大小，位置编码不够长"
#     学来的位置编码有固定的行数。$28\times28$ 训练的网络拿到 $35\times35$，切成 25 块，与 16 行编码对不上，会报错；拿到 $32\times32$ 倒不报错，卷积悄悄丢掉右边和下边各 4 个像素。常见的办法是把编码当作小图做插值。
#
# !!! warning "最后忘了归一化"
#     归一化前置时，主路上只有加法，数值越叠越大。送进线性层之前要再归一化一次。
#
# !!! warning "照搬大模型的设置"
#     几千张图片、从零训练、没有增强，视觉 Transformer 通常不如一个小卷积网络。要么用预训练的权重，要么加强增强，要么就用卷积。
#
# !!! warning "图像块切得太小"
#     块的边长减半，位置变成 4 倍，注意力的权重变成 16 倍。
#
# ## 练习 { #exercises }
#
# **1.** $224\times224$ 的彩色图，块的边长 16，嵌入长 768。有多少个位置？图像块嵌入有多少个参数（含偏置）？
#
# ??? success "答案"
#     $(224/16)^2=196$ 个位置；每块 $16\times16\times3=768$ 个数，$768\times768+768=590592$ 个参数。
#
# **2.** 本页的一个 Transformer 块（$d=32$，MLP 中间 64）有多少个参数？注意力占几成？
#
# ??? success "答案"
#     注意力 $4\times(32\times32+32)=4224$，MLP $32\times64+64+64\times32+32=4192$，两个层归一化 $2\times2\times32=128$，共 8544，注意力占 {{ f"{4224 / 8544:.0%}" }}。
#
# **3.** 写 `patches(images, side)`：$(N,C,H,W)$ 切成 $(N,\,HW/side^2,\,C\,side^2)$，不用 `unfold`，次序与 `F.unfold` 相同。
#
# ??? success "答案"
#     先把高和宽各拆成“第几块、块内第几个”，再把轴排好。
#
#     ```python
#     import torch
#
#
#     def patches(images, side):
#         n, c, h, w = images.shape
#         cut = images.reshape(n, c, h // side, side, w // side, side)
#         return cut.permute(0, 2, 4, 1, 3, 5).reshape(n, (h // side) * (w // side), c * side * side)
#     ```
#
# **4.** 把位置编码也打乱成同样的次序，再把图片的块照样打乱，准确率会变吗？
#
# ??? success "答案"
#     不变（只差舍入）。每块加到的还是原来那个编码，自注意力又是置换等变的，最后取平均与次序无关。位置的知识全在编码里。
#
# **5.** 卷积也能写成“每个位置看其他位置”。它与自注意力的权重各由什么决定？
#
# ??? success "答案"
#     卷积的权重只由相对位置决定，学好就固定，而且只看近处；自注意力的权重由内容当场算出，每张图都不同，远近一样看。
#
# ## 参考文献 { #references }
#
# - A. Dosovitskiy 等. [An image is worth 16x16 words](https://arxiv.org/abs/2010.11929). ICLR, 2021.
# - A. Vaswani 等. [Attention is all you need](https://arxiv.org/abs/1706.03762). NeurIPS, 2017.
# - B. Zhang, R. Sennrich. [Root mean square layer normalization](https://arxiv.org/abs/1910.07467). NeurIPS, 2019.
# - R. Xiong 等. [On layer normalization in the Transformer architecture](https://arxiv.org/abs/2002.04745). ICML, 2020.

# %% [markdown] tags=["en"]
# If the weight were spread evenly, each patch would get 1/16, about 6%. The heads divide the work, but do not be too quick to give them names: with another seed the work is divided differently. Weights tell [where values were taken, not why](attention.py#traps).
#
# ## Traps { #traps }
#
# !!! warning "Another image size, and too few positions"
#     A learned positional encoding has a fixed number of rows. A network trained at $28\times28$ and given $35\times35$ cuts 25 patches but has only 16 rows, and raises an error. Given $32\times32$ it raises none: the convolution quietly leaves out 4 pixels on the right and at the bottom. The usual way out is to interpolate the encoding, as if it were a small image.
#
# !!! warning "Forgetting the last normalization"
#     With pre-norm the main road has only additions, so values grow from block to block. Normalize once more before the last linear layer.
#
# !!! warning "Settings copied from large models"
#     With a few thousand images, from scratch and without augmentation, a vision Transformer is usually worse than a small convolutional network. Use pretrained weights, augment strongly, or stay with convolution.
#
# !!! warning "Patches cut too small"
#     Halving the side of a patch gives 4 times as many positions and 16 times as many attention weights.
#
# ## Exercises { #exercises }
#
# **1.** A colour image of $224\times224$, patches of side 16, embeddings of 768. How many positions are there, and how many parameters does the patch embedding have (bias included)?
#
# ??? success "Answer"
#     $(224/16)^2=196$ positions; a patch has $16\times16\times3=768$ numbers, so $768\times768+768=590592$ parameters.
#
# **2.** How many parameters does one block of this page have ($d=32$, 64 inside the MLP), and what share of them is attention?
#
# ??? success "Answer"
#     Attention $4\times(32\times32+32)=4224$, MLP $32\times64+64+64\times32+32=4192$, two layer normalizations $2\times2\times32=128$, in all 8544; attention is {{ f"{4224 / 8544:.0%}" }}.
#
# **3.** Write `patches(images, side)`, which cuts $(N,C,H,W)$ into $(N,\,HW/side^2,\,C\,side^2)$ without `unfold`, in the order of `F.unfold`.
#
# ??? success "Answer"
#     Split height and width into "which patch" and "where in it", then put the axes in order.
#
#     ```python
#     import torch
#
#
#     def patches(images, side):
#         n, c, h, w = images.shape
#         cut = images.reshape(n, c, h // side, side, w // side, side)
#         return cut.permute(0, 2, 4, 1, 3, 5).reshape(n, (h // side) * (w // side), c * side * side)
#     ```
#
# **4.** Shuffle the rows of the positional encoding, and the patches of the image in the same order. Does the accuracy change?
#
# ??? success "Answer"
#     No, apart from rounding. Each patch still gets its own encoding, self-attention is permutation equivariant, and the final mean does not depend on order. All knowledge of place is in the encoding.
#
# **5.** In a convolution, too, positions look at positions. What decides the weights there, and what decides them in self-attention?
#
# ??? success "Answer"
#     In a convolution it is the relative position alone: the weights are fixed once learned, and they reach only what is near. In self-attention the weights are computed from the content each time. They differ from image to image and reach near and far alike.
#
# ## References { #references }
#
# - A. Dosovitskiy et al. [An image is worth 16x16 words](https://arxiv.org/abs/2010.11929). ICLR, 2021.
# - A. Vaswani et al. [Attention is all you need](https://arxiv.org/abs/1706.03762). NeurIPS, 2017.
# - B. Zhang, R. Sennrich. [Root mean square layer normalization](https://arxiv.org/abs/1910.07467). NeurIPS, 2019.
# - R. Xiong et al. [On layer normalization in the Transformer architecture](https://arxiv.org/abs/2002.04745). ICML, 2020.
