# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "加深为什么会变差：8 到 56 层的普通网络与残差网络，训练损失、起点的梯度、沿梯度走一小步、拆掉一块。过拟合、梯度消失、表示不了，逐个排除。"
#       en: "Why more layers can do worse: plain and residual networks of 8 to 56 layers, their training loss, gradients at the start, one small step along them, one block cut out. Overfitting, vanishing gradients and lack of capacity are ruled out one by one."
#     covers: [E-51, N-18]
#     labels:
#       layers: 层数
#       ln 10: ln 10
#       layer: 层
#       plain: 普通网络
#       residual: 残差网络
#       "plain, no BN": "普通网络，无 BN"
#       "residual, no BN": "残差网络，无 BN"
#       "plain, BN": "普通网络，有 BN"
#       "residual, BN": "残差网络，有 BN"
#       training loss, last epoch: 最后一轮的训练损失
#       gradient norm: 梯度范数
#       block cut out: 拆掉的块
#       "plain: change of loss": 普通网络：损失的变化
#       "residual: change of loss": 残差网络：损失的变化
#       "plain: cosine": 普通网络：余弦
#       "residual: cosine": 残差网络：余弦
# ---

# %% [markdown] tags=["zh"]
# # 越深越好吗：退化问题 { #depth }
#
# 一个网络学得不够好，多加几层试试？这话听上去没有错：新加的层若帮不上忙，学成“原样交出”就是了，总不会更差。
#
# 来做这个实验。8、20、32、56 层，每种深度两个网络：**普通**的一层接一层，**残差**的每两层加一条[跳跃连接](resnet.py#idea)。两者参数个数相同，都有批量归一化，训练设置相同，都在 digits 上训练 3 个轮次。
#
# **先猜：加深以后，训练损失怎样变？** 问的是训练损失，与测试无关。

# %% [markdown] tags=["en"]
# # Is deeper better? Degradation { #depth }
#
# A network does not learn well enough, so why not add layers? It sounds safe: layers that are of no use can learn to hand on what they are given, and nothing gets worse.
#
# Let us try. At 8, 20, 32 and 56 layers take two networks each: a **plain** one, layer after layer, and a **residual** one with a [shortcut](resnet.py#idea) around every two layers. They have the same number of parameters, both have batch normalization, and both train on digits for 3 epochs with the same settings.
#
# **Guess first: what happens to the training loss as layers are added?** The training loss, that is; this is not about the test.

# %%
from dlnotes import data, training
from dlnotes.models.resnet import ResNet

splits = data.load("digits")
SHORTCUTS = {"plain": "none", "residual": "zeros"}  # neither adds a parameter


def build(kind, layers, seed):
    """1 + 6n + 1 layers, as in the paper: three stages of n blocks of two."""
    training.seed_everything(seed)
    n = (layers - 2) // 6
    return ResNet(1, 10, (n, n, n), 8, shortcut=SHORTCUTS[kind], stem_stride=2)


def train(kind, layers, seed, epochs=3):
    network = build(kind, layers, seed)
    config = training.Config(epochs=epochs, lr=1e-2, seed=seed)
    history = training.fit(network, splits, config)
    return network, history


runs = {}
for layers, seeds in {8: 2, 20: 2, 32: 2, 56: 1}.items():
    for kind in SHORTCUTS:
        runs[kind, layers] = [train(kind, layers, seed) for seed in range(seeds)]

# %% tags=["hide-input"] alt_zh="横轴是层数，纵轴是最后一轮的训练损失。普通网络从 8 层起随深度不断升高，56 层时接近瞎猜；残差网络 8 层时与它相同，20 层以后低而平。" alt_en="Training loss of the last epoch against the number of layers. That of plain networks rises with depth and at 56 layers is close to guessing; that of residual networks is the same at 8 layers and then low and flat."
import matplotlib.pyplot as plt

from dlnotes.figures.style import INK, PALETTE

losses = {key: [history.epochs[-1].train_loss for _, history in group] for key, group in runs.items()}
depths = sorted({layers for _, layers in losses})
figure, axes = plt.subplots()
for colour, style, kind in zip(PALETTE, ("-", "--"), SHORTCUTS):
    axes.plot(depths, [sum(losses[kind, d]) / len(losses[kind, d]) for d in depths], color=colour, linestyle=style, label=kind)
    for d in depths:
        axes.plot([d] * len(losses[kind, d]), losses[kind, d], "o", color=colour, markersize=4)
axes.axhline(2.303, color=INK, linewidth=0.8, linestyle=":")
axes.annotate("ln 10", (8, 2.303), xytext=(0, -12), textcoords="offset points")
axes.set(xlabel="layers", ylabel="training loss, last epoch", xticks=depths, ylim=(0, 2.6))
axes.legend(loc="center right")
figure

# %% tags=["remove-input"]
from statistics import mean

average = {key: mean(values) for key, values in losses.items()}
cpu = sum(history.cpu_seconds for group in runs.values() for _, history in group)
parameters = {layers: sum(p.numel() for p in runs["plain", layers][0][0].parameters()) for layers in depths}

# %% [markdown] tags=["zh"]
# 点是每一次训练（56 层各 1 次，其余各 2 次），虚线的水平线是瞎猜的损失 $\ln10\approx2.30$。
#
# 8 层时，两者几乎一样（{{ f"{average['plain', 8]:.2f}" }} 与 {{ f"{average['residual', 8]:.2f}" }}）。往上加，残差网络越来越好，普通网络越来越差；56 层的普通网络有 {{ f"{parameters[56]:,}" }} 个参数，训练损失 {{ f"{average['plain', 56]:.2f}" }}，还不如只有 {{ f"{parameters[8]:,}" }} 个参数的 8 层网络。
#
# 这就是**退化问题**：加深之后，连训练损失都变大。何恺明等人 2015 年在 CIFAR-10 和 ImageNet 上看到的正是它。为什么会这样？下面逐个排除三种常见的说法。

# %% [markdown] tags=["en"]
# Each dot is one run (1 at 56 layers, 2 elsewhere); the dotted line is the loss of guessing, $\ln10\approx2.30$.
#
# At 8 layers the two are nearly the same ({{ f"{average['plain', 8]:.2f}" }} and {{ f"{average['residual', 8]:.2f}" }}). Further up the residual networks do better and the plain ones worse; the plain network of 56 layers, with {{ f"{parameters[56]:,}" }} parameters, has a training loss of {{ f"{average['plain', 56]:.2f}" }} and is beaten by the one of 8 layers with just {{ f"{parameters[8]:,}" }}.
#
# This is **degradation**: with more layers even the training loss goes up. It is what Kaiming He and colleagues saw on CIFAR-10 and ImageNet in 2015. Why? Let us go through three common explanations.

# %% [markdown] tags=["zh"]
# ## 是过拟合吗 { #overfitting }
#
# 过拟合是训练得太好、测试不好。这里训练集上就不好，所以与它无关。降低复杂度、加正则化都帮不上忙。
#
# ## 是表示不了吗 { #construction }
#
# 也不是，而且可以构造出反例。把训练好的 8 层普通网络的权重搬进 32 层的网络，多出来的块设成恒等映射：卷积核正中是 1，其余是 0。ReLU 不会改变它，因为上一块的输出已经不小于 0。

# %% [markdown] tags=["en"]
# ## Is it overfitting? { #overfitting }
#
# Overfitting means too good on the training set and bad on the test set. Here it is bad on the training set already, so that is not it, and neither a simpler model nor regularization would help.
#
# ## Is it a lack of capacity? { #construction }
#
# No, and there is a construction that shows it. Carry the weights of the trained plain network of 8 layers into one of 32, and make the other blocks identity mappings: a kernel with 1 in its middle and 0 elsewhere. ReLU changes nothing there, because what the block before hands on is not below 0.

# %%
import torch
from torch import nn

shallow, history = runs["plain", 8][0]
built = build("plain", 32, seed=0)
for name, block in built.named_modules():
    if not name.startswith("features.stage") or not hasattr(block, "residual"):
        continue
    if name.endswith(".0"):  # the first block of a stage: a copy
        block.load_state_dict(shallow.get_submodule(name).state_dict())
    else:  # the others: the identity mapping
        for layer in block.residual:
            if isinstance(layer, nn.Conv2d):
                nn.init.dirac_(layer.weight)
            elif isinstance(layer, nn.BatchNorm2d):  # it divides by √(1 + ε)
                nn.init.constant_(layer.weight, (1 + layer.eps) ** 0.5)
built.features.stem.load_state_dict(shallow.features.stem.state_dict())
built.classifier.load_state_dict(shallow.classifier.state_dict())

networks = {"8 layers, trained": shallow, "32 layers, built from it": built}
for seed, (network, _) in enumerate(runs["plain", 32]):
    networks[f"32 layers, trained (seed {seed})"] = network
for name, network in networks.items():
    found = training.evaluate(network, splits.train, history.normalization)
    print(f"{name:28}  training loss {found.loss:.3f}  accuracy {found.accuracy:.3f}")

# %% [markdown] tags=["zh"]
# 构造出来的 32 层网络与 8 层的分毫不差。它就在 32 层网络的参数空间里，训练却没有找到它，也没有找到同样好的。**能表示，不等于学得到。**

# %% [markdown] tags=["en"]
# The network of 32 layers built this way is exactly as good as the one of 8. It lies in the parameter space of the 32 layers, and training found neither it nor anything as good. **What a network can represent is more than what training will find.**

# %% [markdown] tags=["zh"]
# ## 是梯度消失吗 { #gradients }
#
# 最流行的说法：梯度穿过几十层，越乘越小。量一量就知道。56 层，刚初始化，一次反向传播，看每一层卷积的梯度有多大；有、没有批量归一化，各量一遍。**先猜：普通网络加上批量归一化，第 1 层的梯度是大还是小？**

# %% [markdown] tags=["en"]
# ## Is it vanishing gradients? { #gradients }
#
# The most popular explanation: on its way through dozens of layers the gradient is multiplied down to nothing. That can be measured. Take 56 layers, freshly initialized, and one backward pass, and look at the size of the gradient in each convolution, with and without batch normalization. **Guess first: with batch normalization, is the gradient of layer 1 in the plain network large or small?**

# %%
from torch.nn import functional as F

normalization = training.Normalization.of(splits.train.images)
images = normalization.apply(splits.train.images[:128])
labels = splits.train.labels[:128]


def without_batch_norm(network):
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.BatchNorm2d):
                setattr(module, name, nn.Identity())
    return network


def gradient_norms(network):
    F.cross_entropy(network(images), labels).backward()
    return [
        module.weight.grad.norm().item()
        for module in network.modules()
        if isinstance(module, nn.Conv2d)
    ]


norms = {}
for kind in SHORTCUTS:
    network = build(kind, 56, seed=0)
    norms[f"{kind}, BN"] = gradient_norms(network)
    norms[f"{kind}, no BN"] = gradient_norms(without_batch_norm(build(kind, 56, 0)))

# %% tags=["hide-input"] alt_zh="56 层网络各层卷积的梯度范数，对数纵轴。普通网络无批量归一化时处处很小；残差网络无批量归一化时处处极大；普通网络有批量归一化时从最后一层往前指数增长；残差网络有批量归一化时各层相近。" alt_en="Norm of the gradient in each convolution of 56-layer networks, on a log scale. Plain without batch normalization: small everywhere. Residual without: very large everywhere. Plain with: grows exponentially from the last layer to the first. Residual with: about the same in every layer."
from dlnotes import figures

figure = figures.lines(norms, xlabel="layer", ylabel="gradient norm", log=True)
figure.axes[0].legend(loc=(0.6, 0.55))
figure

# %% tags=["remove-input"]
growth = {name: (values[0] / values[-1]) ** (1 / (len(values) - 1)) for name, values in norms.items()}
ends = {name: (values[0], values[-1]) for name, values in norms.items()}

# %% [markdown] tags=["zh"]
# - **没有批量归一化**，普通网络的梯度处处都小，最前面一层是 {{ f"{ends['plain, no BN'][0]:.1g}" }}。残差网络反而大得离谱：每加一次，信号就变强，几十块之后数值早已失控。所以光有加号也不行。
# - **有批量归一化的普通网络，梯度没有消失，而是爆炸**：最后一层 {{ f"{ends['plain, BN'][1]:.2f}" }}，往前每层平均乘以 {{ f"{growth['plain, BN']:.2f}" }}，到第 1 层已是 {{ f"{ends['plain, BN'][0]:.0f}" }}。Yang 等人证明过，这是批量归一化叠在普通网络上的必然结果。
# - **批量归一化加跳跃连接**，从头到尾变化不大，第 1 层是 {{ f"{ends['residual, BN'][0]:.1f}" }}。
#
# 所以，退化发生在梯度并不小的网络里（梯度真的消失是什么样子，见[门诊](../clinic/statements.py#gradients-fade)）。可是梯度大，不就该学得快吗？

# %% [markdown] tags=["en"]
# - **Without batch normalization** the gradients of the plain network are small everywhere; in the first layer it is {{ f"{ends['plain, no BN'][0]:.1g}" }}. Those of the residual network are absurdly large: every sum makes the signal stronger, and after dozens of blocks it is out of hand. The plus sign alone does not do it either.
# - **In the plain network with batch normalization the gradient does not vanish, it explodes**: {{ f"{ends['plain, BN'][1]:.2f}" }} in the last layer, multiplied by {{ f"{growth['plain, BN']:.2f}" }} per layer on the way back, and {{ f"{ends['plain, BN'][0]:.0f}" }} in layer 1. Yang and others proved that batch normalization stacked in a plain network must do this.
# - **Batch normalization with shortcuts** changes little from end to end; layer 1 has {{ f"{ends['residual, BN'][0]:.1f}" }}.
#
# So degradation happens where gradients are not small at all (what it looks like when they do vanish stands in the [clinic](../clinic/statements.py#gradients-fade)). But should a large gradient not learn fast?

# %% [markdown] tags=["zh"]
# ## 沿着梯度走一小步 { #step }
#
# 梯度只说“就在这一点，往哪边下降最快”。它说的话能管多远？从初始权重 $\mathbf w$ 出发，沿负梯度走一步，长度只有 $\lVert\mathbf w\rVert$ 的千分之一，然后看两件事：损失降了多少；新位置的梯度与原来的夹角，用余弦表示，1 是同向，0 是毫不相干。

# %% [markdown] tags=["en"]
# ## One small step along the gradient { #step }
#
# The gradient says which way is steepest down at this very point. How far can it be trusted? Start from the initial weights $\mathbf w$ and take one step against the gradient, as short as a thousandth of $\lVert\mathbf w\rVert$. Then look at two things: how much the loss has fallen, and the angle between the new gradient and the old one, as a cosine: 1 is the same direction, 0 has nothing to do with it.

# %%
def gradient(network):
    weights = list(network.parameters())
    network.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    return loss.item(), torch.cat([p.grad.flatten() for p in weights])


def small_step(network, share=1e-3):
    weights = list(network.parameters())
    length = torch.cat([p.detach().flatten() for p in weights]).norm()
    before, old = gradient(network)
    with torch.no_grad():
        for p in weights:
            p -= p.grad / old.norm() * share * length
    after, new = gradient(network)
    return after - before, F.cosine_similarity(old, new, dim=0).item()


steps = {
    (kind, layers): [small_step(build(kind, layers, seed)) for seed in range(3)]
    for kind in SHORTCUTS
    for layers in depths
}

# %% tags=["hide-input"]
import pandas as pd

table = pd.DataFrame({
    f"{kind}: {what}": {layers: mean(step[i] for step in steps[kind, layers]) for layers in depths}
    for i, what in enumerate(("change of loss", "cosine"))
    for kind in SHORTCUTS
}).rename_axis("layers")
loss, cosine = table.iloc[:, :2].map("{:+.3f}".format), table.iloc[:, 2:].map("{:.2f}".format)
pd.concat([loss, cosine], axis=1).rename_axis(None).map(lambda text: text.replace("-", "−"))

# %% [markdown] tags=["zh"]
# 行是层数，数字是 3 个随机种子的平均。
#
# 残差网络越深，这一小步走得越值：56 层时损失变化 {{ f"{table.loc[56, 'residual: change of loss']:+.2f}".replace("-", "−") }}。普通网络 56 层时是 {{ f"{table.loc[56, 'plain: change of loss']:+.3f}".replace("-", "−") }}，白走了一步；新旧梯度的余弦只有 {{ f"{table.loc[56, 'plain: cosine']:.2f}" }}，权重只动了千分之一，方向就不作数了。
#
# 这就是“训练得动”与“训练不动”的区别：**普通网络的损失像一片碎石地，每一步都有坡，可是走一步坡就变了向；跳跃连接把它铺成了缓坡。** Balduzzi 等人称之为“破碎的梯度”，Li 等人把两种地形画了出来。

# %% [markdown] tags=["en"]
# Rows are numbers of layers; values are means over 3 seeds.
#
# The deeper a residual network, the more the small step pays: {{ f"{table.loc[56, 'residual: change of loss']:+.2f}".replace("-", "−") }} in the loss at 56 layers. For the plain network of 56 it is {{ f"{table.loc[56, 'plain: change of loss']:+.3f}".replace("-", "−") }}, a step for nothing; the cosine of the old and new gradients is {{ f"{table.loc[56, 'plain: cosine']:.2f}" }}: the weights moved by a thousandth and the direction no longer holds.
#
# That is the difference between what trains and what does not: **the loss of the plain network is like a field of rubble, with a slope at each point that has turned after one step; shortcuts pave it into a gentle hill.** Balduzzi and others call it shattered gradients, and Li and others drew both landscapes.

# %% [markdown] tags=["zh"]
# ## 拆掉一块，会塌吗 { #cut }
#
# 换个角度看跳跃连接。训练好 20 层的两种网络，把其中一块整个拆掉，换成恒等映射，不再训练，直接测。每个网络 9 块，每次拆 1 块。普通网络里第 4、第 7 块改变形状，拆不了。

# %% [markdown] tags=["en"]
# ## Cut a block out: does it collapse? { #cut }
#
# Look at shortcuts from another side. Take both trained networks of 20 layers, cut one whole block out, put the identity mapping in its place, and measure without training again. There are 9 blocks; cut 1 at a time. In the plain network blocks 4 and 7 change the shape and cannot be cut.

# %%
import copy


def accuracy_without(run, kind, stage, number):
    network, history = copy.deepcopy(run[0]), run[1]
    block = network.get_submodule(f"features.stage{stage}.{number}")
    if kind == "plain" and stage > 1 and number == 0:
        return float("nan")
    if kind == "plain":
        block.residual = nn.Identity()
    else:  # γ = β = 0: the branch adds nothing
        nn.init.zeros_(block.residual[-1].weight)
        nn.init.zeros_(block.residual[-1].bias)
    test = training.evaluate(network, splits.test, history.normalization)
    return test.accuracy


blocks = [(stage, number) for stage in (1, 2, 3) for number in range(3)]
cut, whole = {}, {}
for kind in SHORTCUTS:
    group = runs[kind, 20]
    cut[kind] = [mean(accuracy_without(run, kind, *b) for run in group) for b in blocks]
    whole[kind] = mean(
        training.evaluate(network, splits.test, history.normalization).accuracy
        for network, history in group
    )

# %% tags=["hide-input"] alt_zh="横轴是拆掉的块 1 到 9，纵轴是测试准确率，虚线是完整网络。普通网络拆掉任何一块都跌到很低；残差网络拆掉后面的大多数块几乎不变，拆掉每个阶段的第一块跌得多一些。" alt_en="Test accuracy after cutting block 1 to 9; dotted lines are the whole networks. The plain network falls low whichever block is cut; the residual one hardly changes for most later blocks, and falls more for the first block of a stage."
figure, axes = plt.subplots()
for colour, marker, kind in zip(PALETTE, ("o", "s"), SHORTCUTS):
    axes.plot(range(1, 10), cut[kind], marker, color=colour, markersize=6, label=kind)
    axes.axhline(whole[kind], color=colour, linewidth=1, linestyle=":")
axes.set(xlabel="block cut out", ylabel="test accuracy", ylim=(0, 1.03), xticks=range(1, 10))
axes.legend(loc=(0.7, 0.36))
figure

# %% tags=["remove-input"]
import math

best_plain = max(value for value in cut["plain"] if not math.isnan(value))
late = [cut["residual"][i] for i in (4, 5, 7, 8)]

# %% [markdown] tags=["zh"]
# 虚线是完整的网络。普通网络拆掉哪一块都塌，最好的也只剩 {{ f"{best_plain:.0%}" }}：每一块都等着上一块的输出，少一环就断了。残差网络拆掉第 5、6、8、9 块，平均还有 {{ f"{mean(late):.0%}" }}；最要紧的是最前面的一块。
#
# 把 9 个加号展开，$(1+F_9)\cdots(1+F_1)$ 是 $2^9=512$ 条长短不一的路，拆掉一块还剩下一半。Veit 等人 2016 年由此说，残差网络像许多浅网络的集成。这也解释了它为什么好训练：梯度总能走短的那些路。

# %% [markdown] tags=["en"]
# Dotted lines are the whole networks. The plain one collapses whichever block is cut, and at best {{ f"{best_plain:.0%}" }} is left: each block waits for what the one before hands on, and one missing link breaks the chain. Without block 5, 6, 8 or 9 the residual network still has {{ f"{mean(late):.0%}" }} on average; what matters most is the very first block.
#
# Expand the 9 plus signs: $(1+F_9)\cdots(1+F_1)$ is $2^9=512$ ways of different length, and half of them remain when one block is cut. In 2016 Veit and others concluded that residual networks behave like ensembles of many shallow ones. It also tells why they train well: the gradient can always take the short ways.

# %% [markdown] tags=["zh"]
# ## 只换起点，行不行 { #start }
#
# [构造](#construction)说明好的解就在那里，[那一小步](#step)说明麻烦在起点附近的地形。那么一条跳跃连接也不加，只把起点挪到恒等映射旁边呢？形状不变的块，卷积核初始化成正中为 1、其余为 0，别的都照旧。**先猜：32 层的普通网络这回学得动吗？**

# %% [markdown] tags=["en"]
# ## What if only the start is changed? { #start }
#
# The [construction](#construction) showed that a good solution is there, and the [small step](#step) that the trouble is the ground around the start. So add no shortcut at all, and only move the start next to the identity mapping: in blocks that keep the shape, initialize kernels with 1 in the middle and 0 elsewhere, and leave all else as it was. **Guess first: does the plain network of 32 layers learn now?**

# %%
def dirac_start(seed):
    network = build("plain", 32, seed)
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.in_channels == module.out_channels:
            nn.init.dirac_(module.weight)
    return training.fit(network, splits, training.Config(epochs=3, lr=1e-2, seed=seed))


dirac = [dirac_start(seed).epochs[-1].train_loss for seed in range(2)]
print("plain, usual start: ", [f"{loss:.2f}" for loss in losses["plain", 32]])
print("plain, Dirac start: ", [f"{loss:.2f}" for loss in dirac])
print("residual:           ", [f"{loss:.2f}" for loss in losses["residual", 32]])

# %% [markdown] tags=["zh"]
# 损失从 {{ f"{average['plain', 32]:.2f}" }} 降到 {{ f"{mean(dirac):.2f}" }}：没有一个加号，只换了起点，深的普通网络就学得动了。Zagoruyko 和 Komodakis 2017 年的 DiracNets 走的正是这条路。
#
# 但它还是追不上残差网络的 {{ f"{average['residual', 32]:.2f}" }}。起点上的恒等映射训练几步就会变形，加号却一直都在。

# %% [markdown] tags=["en"]
# The loss comes down from {{ f"{average['plain', 32]:.2f}" }} to {{ f"{mean(dirac):.2f}" }}: without one plus sign, by its start alone, a deep plain network learns. DiracNets, by Zagoruyko and Komodakis in 2017, go this way.
#
# Still it does not reach the {{ f"{average['residual', 32]:.2f}" }} of the residual network. An identity at the start loses its shape within some steps of training, and the plus sign stays.

# %% [markdown] tags=["zh"]
# ## 若不这样，会怎样 { #otherwise }
#
# - **只加跳跃连接，不加批量归一化**：上图里梯度是天文数字，要么把学习率降得很低，要么让分支从很小开始（零初始化、Fixup）。
# - **只训练得更久**：20 和 32 层的普通网络会慢慢追上来，56 层的很久都不动（练习 2）。何恺明等人也试过 3 倍的迭代，退化还在。
# - **把层变宽**：参数更多，路还是只有一条。
# - **用得很浅**：8 层时加号帮不上什么忙。[ResNet](resnet.py#cut) 一页里，3 块的网络由分支挑大梁。

# %% [markdown] tags=["en"]
# ## What would have happened otherwise { #otherwise }
#
# - **Shortcuts without batch normalization**: the gradients above are astronomical; the learning rate must be tiny, or the branches must start small (zero initialization, Fixup).
# - **Only train longer**: plain networks of 20 and 32 layers slowly catch up, and the one of 56 stays put for long (exercise 2). Kaiming He and colleagues tried 3 times the iterations too, and degradation stayed.
# - **Wider layers**: more parameters, and still a single way.
# - **Stay shallow**: at 8 layers the plus sign is of little help. On the page about [ResNet](resnet.py#cut), in a network of 3 blocks the branches do the work.

# %% [markdown] tags=["zh"]
# ## 常见的坑 { #traps }
#
# !!! warning "损失停在 2.30，就再加几层"
#     损失停在 $\ln10$ 附近，说明网络还在瞎猜。加深只会更糟。先减层，看能不能学；再查[学习率](../training/learning-rate.py)和[损失的用法](../clinic/loss-heads.py#softmax-before-cross-entropy)。
#
# !!! warning "只看测试准确率就说过拟合"
#     深的网络测试差，先看训练损失。训练损失也高，是训练不动；训练损失低，才可能是过拟合。
#
# !!! warning "只训练一次就下结论"
#     20 层的普通网络，换一个随机种子，损失可以差很多（上面第一张图的点）。深度的影响要大过这个差别，才算数。[门诊：没有随机种子，只跑一次](../clinic/statements.py#one-run-reported)。
#
# !!! warning "量梯度时忘了模式"
#     批量归一化在评估模式下用移动统计量，刚初始化时是 0 和 1，等于没有它。比较梯度要用训练模式。

# %% [markdown] tags=["en"]
# ## Traps { #traps }
#
# !!! warning "The loss stays at 2.30, so add layers"
#     A loss near $\ln10$ means that the network is still guessing. More layers make it worse. First take layers away and see whether it learns; then look at the [learning rate](../training/learning-rate.py) and at [how the loss is used](../clinic/loss-heads.py#softmax-before-cross-entropy).
#
# !!! warning "Calling it overfitting by the test accuracy alone"
#     When a deep network tests badly, look at the training loss first. If that is high too, it does not train; only if it is low can it be overfitting.
#
# !!! warning "One run, one conclusion"
#     Another seed can change the loss of the plain network of 20 layers by much (the dots in the first figure). An effect of depth must exceed that. [Clinic: no seed, and a single run](../clinic/statements.py#one-run-reported).
#
# !!! warning "Measuring gradients in the wrong mode"
#     In evaluation mode batch normalization uses its running statistics, which start at 0 and 1, so it is as good as absent. Compare gradients in training mode.

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 为什么跳跃连接在这一页用补 0 的（`zeros`），而不用投影？
#
# ??? success "答案"
#     投影会添参数，残差网络就比普通网络大。补 0 不添一个参数，两者的差别只剩那个加号。可以核对：`plain` 与 `residual` 各深度的参数个数相同。
#
# **2.** 用本页的 `train`，把 32 层和 56 层的普通网络训练 20 个轮次。谁能追上来？
#
# ??? success "答案"
#     `train("plain", 32, 0, epochs=20)` 的训练损失会降到接近 0，`train("plain", 56, 0, epochs=20)` 大半还在瞎猜。浅一些的只是慢，深的几乎动不了。
#
# **3.** 从[构造出来的](#construction) 32 层网络出发继续训练，会怎样？先写下预测。
#
# ??? success "答案"
#     `training.fit(built, splits, training.Config(epochs=3, lr=1e-3))`。第 1 轮的损失先冲高，因为训练时的批量统计量与移动统计量不同；随后降下来，最后比出发时还低。起点好，深的普通网络也学得动，与[换起点](#start)的结果一致。
#
# **4.** 一个有 $n$ 块的残差网络展开后有多少条路？恰好穿过 $k$ 个分支的有多少条？$n=9$ 时，多数路穿过几个分支？
#
# ??? success "答案"
#     共 $2^n$ 条，穿过 $k$ 个分支的有 $\binom nk$ 条。$n=9$ 时 $\binom94=\binom95=126$，合起来 252 条，几乎占 512 的一半。虽然网络有 20 层，典型的路只过四五块。
#
# **5.** 把 56 层普通网络的学习率降到 $10^{-3}$，损失会降得更多吗？为什么？
#
# ??? success "答案"
#     `training.Config(epochs=3, lr=1e-3)`。按[上面的测量](#step)，走权重的千分之一，梯度就变了方向；要让每步都算数，步子得小得多，可是步数就那么多。多半仍停在 2 附近。

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** Why does this page use shortcuts with zeros (`zeros`) and not projections?
#
# ??? success "Answer"
#     A projection adds parameters, and the residual network would be larger than the plain one. Zeros add none, so the plus sign is all that differs. Check it: `plain` and `residual` have the same number of parameters at every depth.
#
# **2.** With `train` from this page, train the plain networks of 32 and 56 layers for 20 epochs. Which one catches up?
#
# ??? success "Answer"
#     The training loss of `train("plain", 32, 0, epochs=20)` falls to nearly 0; `train("plain", 56, 0, epochs=20)` is still guessing most of the time. The shallower one is only slow, the deep one hardly moves.
#
# **3.** Go on training from the network of 32 layers that was [built](#construction). What happens? Write your guess down first.
#
# ??? success "Answer"
#     `training.fit(built, splits, training.Config(epochs=3, lr=1e-3))`. In epoch 1 the loss shoots up, since the statistics of a batch differ from the running ones; then it falls, and ends below where it began. From a good start even a deep plain network learns, as the [other start](#start) says too.
#
# **4.** How many ways are there through a residual network of $n$ blocks? How many of them pass exactly $k$ branches? With $n=9$, how many branches do most ways pass?
#
# ??? success "Answer"
#     There are $2^n$, and $\binom nk$ of them pass $k$ branches. With $n=9$, $\binom94=\binom95=126$ makes 252, almost half of 512. The network has 20 layers, and a typical way passes four or five blocks.
#
# **5.** Lower the learning rate of the plain network of 56 layers to $10^{-3}$. Does the loss fall further? Why?
#
# ??? success "Answer"
#     `training.Config(epochs=3, lr=1e-3)`. By the [measurement above](#step) the gradient turns within a thousandth of the weights; for each step to count, steps must be far smaller, and there are only so many of them. It will most likely stay near 2.

# %% [markdown] tags=["zh"]
# ## 参考文献 { #references }
#
# - K. He, X. Zhang, S. Ren, J. Sun. [Deep residual learning for image recognition](https://arxiv.org/abs/1512.03385). CVPR, 2016.
# - A. Veit, M. Wilber, S. Belongie. [Residual networks behave like ensembles of relatively shallow networks](https://arxiv.org/abs/1605.06431). NIPS, 2016.
# - D. Balduzzi 等. [The shattered gradients problem](https://arxiv.org/abs/1702.08591). ICML, 2017.
# - H. Li, Z. Xu, G. Taylor, C. Studer, T. Goldstein. [Visualizing the loss landscape of neural nets](https://arxiv.org/abs/1712.09913). NeurIPS, 2018.
# - G. Yang, J. Pennington, V. Rao, J. Sohl-Dickstein, S. S. Schoenholz. [A mean field theory of batch normalization](https://arxiv.org/abs/1902.08129). ICLR, 2019.
# - S. Zagoruyko, N. Komodakis. [DiracNets: training very deep neural networks without skip-connections](https://arxiv.org/abs/1706.00388). 2017.
# - H. Zhang, Y. N. Dauphin, T. Ma. [Fixup initialization](https://arxiv.org/abs/1901.09321). ICLR, 2019.

# %% [markdown] tags=["en"]
# ## References { #references }
#
# - K. He, X. Zhang, S. Ren, J. Sun. [Deep residual learning for image recognition](https://arxiv.org/abs/1512.03385). CVPR, 2016.
# - A. Veit, M. Wilber, S. Belongie. [Residual networks behave like ensembles of relatively shallow networks](https://arxiv.org/abs/1605.06431). NIPS, 2016.
# - D. Balduzzi and others. [The shattered gradients problem](https://arxiv.org/abs/1702.08591). ICML, 2017.
# - H. Li, Z. Xu, G. Taylor, C. Studer, T. Goldstein. [Visualizing the loss landscape of neural nets](https://arxiv.org/abs/1712.09913). NeurIPS, 2018.
# - G. Yang, J. Pennington, V. Rao, J. Sohl-Dickstein, S. S. Schoenholz. [A mean field theory of batch normalization](https://arxiv.org/abs/1902.08129). ICLR, 2019.
# - S. Zagoruyko, N. Komodakis. [DiracNets: training very deep neural networks without skip-connections](https://arxiv.org/abs/1706.00388). 2017.
# - H. Zhang, Y. N. Dauphin, T. Ma. [Fixup initialization](https://arxiv.org/abs/1901.09321). ICLR, 2019.
