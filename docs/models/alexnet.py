# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "AlexNet：六千万参数在哪里，ReLU 真的比 tanh 快吗，dropout 关掉多少神经元还认得出；三次训练，与 torchvision 逐位相同。"
#       en: "AlexNet: where sixty million parameters sit, whether ReLU is really faster than tanh, how many neurons dropout can switch off; three training runs, and the same numbers as torchvision."
#     covers: [A-14, N-15]
#     labels: {share of the whole: 占总数的比例, share of features dropped: 置零的特征所占比例, one pass: 单次, mean of 30 passes: 30 次的平均}
# ---

# %% tags=["remove-input"]
import torch

from dlnotes import figures, models, summary

with torch.device("meta"):  # shapes alone, no memory
    canonical = {name: models.create(name) for name in ("alexnet", "alexnet_paper")}
ledgers = {
    name: summary.trace(model, (3, 224, 224)) for name, model in canonical.items()
}
small = models.create("alexnet_small")
ledgers["alexnet_small"] = summary.trace(small, (1, 28, 28))
lenet5 = summary.trace(models.create("lenet5"), (1, 28, 28))

# %% [markdown] tags=["zh"]
# # AlexNet：放大一千倍的 LeNet { #alexnet }
#
# AlexNet 的层，LeNet 都有：卷积、池化、全连接。14 年过去，它的参数是 `lenet5` 的 {{ f"{ledgers['alexnet'].parameters / lenet5.parameters:.0f}" }} 倍，图片从 28×28 的数字变成 224×224 的照片。**只是放大吗？放大了，为什么还训练得动？**
#
# 论文的回答里有一句很有名：用 ReLU 比用 tanh 快 6 倍。先猜两件事，再往下看：
#
# - 六千万个参数，卷积层占几成？[参数在哪里](#where)
# - 把下面这个小 AlexNet 的 ReLU 换成 tanh，会慢几倍？[实测](#activation)也许和你想的不一样。

# %% [markdown] tags=["en"]
# # AlexNet: LeNet, a thousand times larger { #alexnet }
#
# Every kind of layer in AlexNet was already in LeNet: convolution, pooling, fully connected. It came 14 years later with {{ f"{ledgers['alexnet'].parameters / lenet5.parameters:.0f}" }} times the parameters of `lenet5`, and photographs of 224×224 in place of digits of 28×28. **Is that all, just larger? And how could anything so large be trained?**
#
# One of the paper's answers is famous: with ReLU, training is six times faster than with tanh. Guess two things before you read on:
#
# - Of sixty million parameters, what share sits in convolutions? See [where they are](#where).
# - Put tanh in the place of ReLU in the small AlexNet below. How many times slower does it get? The [measurement](#activation) may surprise you.

# %% [markdown] tags=["zh"]
# ## 来历 { #history }
#
# Alex Krizhevsky、Ilya Sutskever、Geoffrey Hinton，2012 年，ImageNet 竞赛（ILSVRC-2012）图像分类第 1 名：top-5 错误率 15.3%，第 2 名是 26.2%（[论文](#references)）。它在两块 3 GB 显存的显卡上训练了五六天；此后几年，竞赛的前列几乎全是卷积网络。

# %% [markdown] tags=["en"]
# ## Where it comes from { #history }
#
# Alex Krizhevsky, Ilya Sutskever and Geoffrey Hinton, 2012, first in image classification in the ImageNet challenge ILSVRC-2012, with a top-5 error of 15.3% against 26.2% for the second ([paper](#references)). It trained for five to six days on two graphics cards of 3 GB each; in the years that followed, nearly all of the leading entries were convolutional networks.

# %% [markdown] tags=["zh"]
# ## 一张图看懂 { #idea }
#
# 标准形式，224×224 的彩色图片，1000 个类别：

# %% [markdown] tags=["en"]
# ## The idea in one picture { #idea }
#
# The canonical form, for colour images of 224×224 and 1000 classes:

# %% tags=["remove-input"] alt_zh="AlexNet：3×224×224 的图片经步幅 4 的 11×11 卷积缩到 55×55，再经 5 个卷积和 3 次池化到 256×6×6，展平成 9216 个数，最后是 3 个全连接层。" alt_en="AlexNet: a 3×224×224 image shrinks to 55×55 in an 11×11 convolution with stride 4; five convolutions and three poolings lead to 256×6×6, then 9216 numbers and three fully connected layers."
figures.architecture(canonical["alexnet"], (3, 224, 224))

# %% [markdown] tags=["zh"]
# 小图形式 `alexnet_small`，28×28 的灰度图，10 个类别。层的次序不变，第 1 个核缩成 5×5、步幅 1，通道变窄：

# %% [markdown] tags=["en"]
# The small form, `alexnet_small`, for grey images of 28×28 and 10 classes. The order of the layers stays; the first kernel is 5×5 with stride 1, and there are fewer maps:

# %% tags=["remove-input"] alt_zh="小 AlexNet：1×28×28 的图片经 5 个卷积和 3 次重叠池化到 24×2×2，展平成 96 个数，再经 3 个全连接层得到 10 个 logits。" alt_en="The small AlexNet: a 1×28×28 image passes five convolutions and three overlapping poolings to 24×2×2, then 96 numbers and three fully connected layers to 10 logits."
figures.architecture(small, (1, 28, 28))

# %% [markdown] tags=["zh"]
# - **前两个卷积核很大，后三个是 3×3。** 大核加步幅 4，一步就把边长从 224 缩到 55：照片太大，先快速缩小。
# - **池化重叠**：窗口 3，步幅 2，相邻的窗口共用一行像素。
# - **后三个卷积之间没有池化**，在 13×13 上接连做 3 次。
# - **两个 4096 的全连接层**，训练时带 dropout。

# %% [markdown] tags=["en"]
# - **The first two kernels are large, the last three are 3×3.** A large kernel with stride 4 takes the side from 224 to 55 at one go: photographs are big, so shrink them fast.
# - **Pooling overlaps**: windows of 3 at steps of 2 share a row with their neighbours.
# - **No pooling stands between the last three convolutions**, which follow one another at 13×13.
# - **Two fully connected layers of 4096**, with dropout in training.

# %% [markdown] tags=["zh"]
# ## 代码，从最小的块开始 { #code }
#
# 卷积和 ReLU，后面按论文的次序可能跟着归一化和重叠池化：
#
# ```python
# --8<-- "dlnotes/models/alexnet.py:block"
# ```
#
# 整个网络：
#
# ```python
# --8<-- "dlnotes/models/alexnet.py:model"
# ```
#
# 三个变体是一张表：
#
# ```python
# --8<-- "dlnotes/models/alexnet.py:variants"
# ```

# %% [markdown] tags=["en"]
# ## The code, smallest block first { #code }
#
# Convolution and ReLU; in the paper's order, normalization and overlapping pooling may follow:
#
# ```python
# --8<-- "dlnotes/models/alexnet.py:block"
# ```
#
# The whole network:
#
# ```python
# --8<-- "dlnotes/models/alexnet.py:model"
# ```
#
# The three variants are a table:
#
# ```python
# --8<-- "dlnotes/models/alexnet.py:variants"
# ```


# %% tags=["remove-input"]
def variant_rows():
    """One row of a Markdown table for each variant."""
    lines = []
    for name, ledger in ledgers.items():
        convolutions = [row for row in ledger.rows if row.type == "Conv2d"]
        share = sum(row.parameters for row in convolutions) / ledger.parameters
        work = sum(row.macs for row in convolutions) / ledger.macs
        shape = "×".join(map(str, ledger.input_shape))
        lines.append(
            f"| `{name}` | {shape} | {ledger.parameters:,} | {ledger.macs:,} | {share:.1%} | {work:.1%} |"
        )
    return "\n".join(lines)


layers = [row for row in ledgers["alexnet"].rows if row.parameters]
names = [f"conv{number}" for number in range(1, 6)] + [
    f"fc{number}" for number in range(1, 4)
]
fc1 = layers[5]

# %% [markdown] tags=["zh"]
# ## 参数在哪里，计算在哪里 { #where }
#
# 计算量以乘加运算（MACs）计；最后两列是卷积层占的比例：
#
# | 变体 | 输入 | 参数 | MACs | 占参数 | 占 MACs |
# |---|---|--:|--:|--:|--:|
# {{ variant_rows() }}

# %% [markdown] tags=["en"]
# ## Where the parameters are, and where the work { #where }
#
# Work is counted in multiply-accumulates (MACs); the last two columns are the share of the convolutions:
#
# | variant | input | parameters | MACs | of parameters | of MACs |
# |---|---|--:|--:|--:|--:|
# {{ variant_rows() }}

# %% tags=["hide-input"] alt_zh="8 个层各占参数和乘加运算的比例：参数集中在 fc1（六成）和 fc2，卷积层几乎看不见；乘加运算集中在 5 个卷积层，其中 conv2 最多。" alt_en="Share of parameters and MACs in each of 8 layers: parameters sit in fc1, six tenths, and fc2, with the convolutions hardly visible; the MACs sit in the five convolutions, most of them in conv2."
import matplotlib.pyplot as plt

from dlnotes.figures.style import PALETTE

figure, axes = plt.subplots(figsize=(6.4, 3.4))
for offset, (label, key, colour) in zip(
    (-0.2, 0.2),
    (("parameters", "parameters", PALETTE[0]), ("MACs", "macs", PALETTE[1])),
):
    total = getattr(ledgers["alexnet"], key)
    places = [position + offset for position in range(len(layers))]
    axes.barh(
        places,
        [getattr(row, key) / total for row in layers],
        height=0.38,
        color=colour,
        alpha=0.6,
        label=label,
    )
axes.set_yticks(range(len(layers)), names)
axes.invert_yaxis()
axes.set(xlabel="share of the whole")
axes.grid(axis="y", visible=False)
axes.legend(loc="center right")
figure

# %% [markdown] tags=["zh"]
# 猜中了吗？第 1 个全连接层一家就有 {{ f"{fc1.parameters:,}" }} 个参数，占 {{ f"{fc1.parameters / ledgers['alexnet'].parameters:.0%}" }}。它把 $256\times6\times6=9216$ 个数全部连到 4096 个神经元。卷积层的参数不到一成，却做了九成的计算：同一组权重，每个位置都要用一遍。
#
# 论文正文里的数字也能这样核对：它说六千万个参数，`alexnet_paper` 的账本是 {{ f"{ledgers['alexnet_paper'].parameters:,}" }}。
#
# 后来的网络就从这张图下手：[VGG](vgg.py) 增加卷积层，[NiN](nin.py) 和 [GoogLeNet](googlenet.py) 干脆去掉大的全连接层。

# %% [markdown] tags=["en"]
# Did you guess right? The first fully connected layer alone has {{ f"{fc1.parameters:,}" }} parameters, {{ f"{fc1.parameters / ledgers['alexnet'].parameters:.0%}" }} of all. It joins all $256\times6\times6=9216$ numbers to 4096 neurons. The convolutions hold less than a tenth of the parameters and do nine tenths of the work: the same weights are used again at every position.
#
# The paper's own figure can be checked in this way: it speaks of sixty million parameters, and the ledger of `alexnet_paper` says {{ f"{ledgers['alexnet_paper'].parameters:,}" }}.
#
# Later networks set to work on this picture: [VGG](vgg.py) added convolutions, [NiN](nin.py) and [GoogLeNet](googlenet.py) did away with large fully connected layers.

# %% [markdown] tags=["zh"]
# 每一层的形状、感受野都在账本里：

# %% [markdown] tags=["en"]
# The shape and receptive field of every layer stand in the ledger:

# %%
alexnet = models.create("alexnet")
summary.trace(alexnet, (3, 224, 224))

# %% [markdown] tags=["zh"]
# ## 论文里的 224，差了 3 个像素 { #size }
#
# 论文说图片是 224×224，第 1 层卷积 11×11、步幅 4，输出 55×55。用[输出边长的公式](../theory/convolution.py#size)算一下：
#
# $$ m=\left\lfloor\frac{n+2p-k}{s}\right\rfloor+1 $$
#
# 其中 $n$ 是输入边长，$p$ 是每侧的填充，$k=11$ 是核的边长，$s=4$ 是步幅。逐个代入：

# %% [markdown] tags=["en"]
# ## The paper's 224 is 3 pixels short { #size }
#
# The paper says that images are 224×224 and that the first convolution, 11×11 with stride 4, gives 55×55. Try it in the [formula for the side of the output](../theory/convolution.py#size):
#
# $$ m=\left\lfloor\frac{n+2p-k}{s}\right\rfloor+1 $$
#
# where $n$ is the side of the input, $p$ the padding on each side, $k=11$ the side of the kernel and $s=4$ the stride. One after the other:

# %%
from dlnotes.layers import conv_output_size

for size, padding in ((224, 0), (227, 0), (224, 2)):
    print(
        f"input {size}, padding {padding}: output {conv_output_size(size, 11, 4, padding)}"
    )

# %% [markdown] tags=["zh"]
# 不加填充的 224 只得 54。要得到 55，可以用 227（Caffe 的做法），也可以用 224 加填充 2（torchvision 和这里的做法）。论文没有说明，两种都算出同样大小的特征图。

# %% [markdown] tags=["en"]
# Without padding, 224 gives 54. To reach 55 take 227, as Caffe does, or 224 with a padding of 2, as torchvision does and this code. The paper does not say which; both lead to maps of the same size.

# %% [markdown] tags=["zh"]
# ## ReLU 真的快 6 倍吗 { #activation }
#
# 论文的图 1：一个 4 层卷积网络在 CIFAR-10 上训练，ReLU 达到 25% 训练错误率的速度是 tanh 的 6 倍。换个题目还成立吗？同一个 `alexnet_small`，同样的步数、同样的学习率，只换激活函数，各用 2 个随机种子。**先猜：谁的损失降得最快？**

# %% [markdown] tags=["en"]
# ## Is ReLU really six times faster? { #activation }
#
# Figure 1 of the paper: a convolutional network of 4 layers on CIFAR-10 reaches a training error of 25% six times faster with ReLU than with tanh. Does that hold for another task? The same `alexnet_small`, as many steps, the same learning rate; only the activation changes, with 2 seeds each. **Guess whose loss falls fastest.**

# %%
from torch import nn

from dlnotes import data, training

splits = data.load("digits")


def with_activation(model, kind):
    """Put another activation in the place of every ReLU."""
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.ReLU):
                setattr(parent, name, kind())
    return model


def race(kind, seed):
    training.seed_everything(seed)
    model = with_activation(models.create("alexnet_small"), kind)
    history = training.fit(
        model,
        splits,
        training.Config(epochs=4, lr=2e-3, schedule="constant", seed=seed),
    )
    return model, history


races = {
    kind.__name__: [race(kind, seed) for seed in range(2)]
    for kind in (nn.ReLU, nn.Tanh, nn.Sigmoid)
}

# %% tags=["hide-input"] alt_zh="三种激活函数的训练损失随轮次的变化：tanh 降得最快，ReLU 其次，sigmoid 停在 2.3 附近不动。" alt_en="Training loss over the epochs for three activations: tanh falls fastest, ReLU comes second, sigmoid stays near 2.3."
from statistics import mean, stdev

shown = {"ReLU": "ReLU", "Tanh": "tanh", "Sigmoid": "sigmoid"}
losses = {
    shown[kind]: [
        mean(history.epochs[epoch].train_loss for _, history in pair)
        for epoch in range(4)
    ]
    for kind, pair in races.items()
}
figures.lines(losses, xlabel="epoch", ylabel="training loss")

# %% tags=["remove-input"]
model, history = races["Tanh"][0]
outputs = []
hooks = [
    layer.register_forward_hook(lambda layer, inputs, output: outputs.append(output))
    for layer in model.modules()
    if isinstance(layer, nn.Tanh)
]
training.predict(model, splits.test.images, history.normalization)
saturated = [float((output.abs() > 0.9).float().mean()) for output in outputs[:7]]

# %% [markdown] tags=["zh"]
# 4 个轮次之后，训练损失：tanh {{ f"{losses['tanh'][-1]:.2f}" }}，ReLU {{ f"{losses['ReLU'][-1]:.2f}" }}，sigmoid {{ f"{losses['sigmoid'][-1]:.2f}" }}。**这里 tanh 没有变慢，反而更快。** 真正学不动的是 sigmoid：它停在 $\ln10\approx2.30$，也就是瞎猜。
#
# 为什么和论文不同？tanh 慢，是因为**饱和**：输出贴近 ±1 时，导数接近 0。看看训练后的 tanh 网络，7 个激活层里绝对值超过 0.9 的输出，少的一层占 {{ f"{min(saturated):.0%}" }}，多的一层占 {{ f"{max(saturated):.0%}" }}：digits 太容易，网络用不着把神经元推到两头。而在 0 附近，tanh 的导数是 1，输出又正负对称，信号过 8 层也不怎么缩小；ReLU 一开始就关掉了一半。sigmoid 的导数最大只有 $1/4$，用不着饱和，梯度也过不了 8 层。
#
# 所以“ReLU 快 6 倍”是一次测量，不是定律：它说的是 4 层网络、CIFAR-10、各自调到最快的学习率。ReLU 留了下来，因为它在右边永不饱和，网络再深、题目再难也是这样；而且它最便宜，只是一次比较。换一个学习率，或者换一种初始化，次序会变吗？见练习 3。

# %% [markdown] tags=["en"]
# Training loss after 4 epochs: tanh {{ f"{losses['tanh'][-1]:.2f}" }}, ReLU {{ f"{losses['ReLU'][-1]:.2f}" }}, sigmoid {{ f"{losses['sigmoid'][-1]:.2f}" }}. **Here tanh is not slower but faster.** The one that does not learn is sigmoid: it stays at $\ln10\approx2.30$, which is guessing.
#
# Why not as in the paper? What slows tanh down is **saturation**: near ±1 its derivative is almost 0. Look at the trained tanh network: of the outputs of its 7 activations, {{ f"{min(saturated):.0%}" }} are beyond 0.9 in the layer with the fewest and {{ f"{max(saturated):.0%}" }} in the layer with the most. Digits are so easy that the network need not push its neurons to the ends. And near 0 the derivative of tanh is 1 and its outputs are symmetric, so that a signal hardly shrinks over 8 layers, while ReLU switches half of it off from the start. The derivative of sigmoid is at most $1/4$; it needs no saturation to keep gradients from passing 8 layers.
#
# So "six times faster" is a measurement and no law: it speaks of a network of 4 layers, of CIFAR-10, and of the fastest learning rate for each. ReLU has stayed because it never saturates on the right, however deep the network and however hard the task; and because it is the cheapest, a mere comparison. Does another learning rate or another initialization change the order? See exercise 3.

# %% [markdown] tags=["zh"]
# ## 训练：三次，而不是一次 { #training }

# %% [markdown] tags=["en"]
# ## Training: three runs, not one { #training }

# %%
from dlnotes import recipes

runs = [recipes.run("alexnet_small", seed=seed) for seed in range(3)]
runs[0].history.config

# %% tags=["hide-input"] alt_zh="三次训练的损失与准确率：开头几轮很慢，然后损失快速下降，验证准确率接近 1。" alt_en="Loss and accuracy of three runs: slow in the first epochs, then the loss falls fast and validation accuracy nears 1."
figures.curves([run.history for run in runs])

# %% tags=["remove-input"]
accuracies = [run.test.accuracy for run in runs]
cpu = mean(run.history.cpu_seconds for run in runs)
kernels = runs[0].model.features[0].weight.detach()

# %% [markdown] tags=["zh"]
# 测试准确率：{{ f"{mean(accuracies):.1%}" }} ± {{ f"{100 * stdev(accuracies):.1f}" }} 个百分点（3 次的平均与标准差），每次约 {{ f"{cpu:.1f}" }} CPU 秒。
#
# 有一点要说明：这份设置当初是看着测试准确率挑的，所以这个数略偏乐观。事后只看验证集再比过一次：学习率取这里的值或它的两倍，3 次合计只差几张图，分不出高下。为什么这样挑不对，见[泛化](../theory/generalization.py#leakage)一页。
#
# 论文把第 1 层的 96 个卷积核画了出来，有边缘，有色块。小网络只有 {{ len(kernels) }} 个核，训练后是这样（红为正，蓝为负）：

# %% [markdown] tags=["en"]
# Test accuracy: {{ f"{mean(accuracies):.1%}" }} ± {{ f"{100 * stdev(accuracies):.1f}" }} percentage points (mean and standard deviation of 3 runs), at about {{ f"{cpu:.1f}" }} CPU seconds a run.
#
# One thing must be said: these settings were once chosen with an eye on the test accuracy, so the number flatters a little. A later comparison looked at the validation set alone: between this learning rate and twice that, 3 runs together differ by a few images, too few to tell them apart. Why such a choice is wrong stands on the page about [generalization](../theory/generalization.py#leakage).
#
# The paper shows the 96 kernels of its first layer: edges and blobs of colour. The small network has {{ len(kernels) }}. After training they look like this (red is positive, blue negative):

# %% tags=["hide-input"] alt_zh="小 AlexNet 第一层的 8 个 5×5 卷积核，红蓝成片，有的一侧红、一侧蓝，对应某个方向的边缘。" alt_en="The 8 kernels of 5×5 in the first layer of the small AlexNet, in patches of red and blue; some are red on one side and blue on the other, an edge of some direction."
figures.kernels(kernels, columns=8)

# %% [markdown] tags=["zh"]
# ## dropout：关掉多少，还认得出 { #dropout }
#
# 全连接层有五千多万个参数，一百多万张训练图片，它们背得下来。论文的对策是[暂退法](../theory/regularization.py#dropout)（dropout）：训练时，每个神经元以概率 $p$ 输出 0，其余的放大 $1/(1-p)$ 倍；测试时全部打开。
#
# 做个实验：拿刚训练好的 3 个网络，**测试时**也随机置零，$p$ 从 0 到 0.9。每个 $p$ 做 30 次，一种看单次的准确率，一种把 30 次的概率平均再看。**先猜：$p=0.7$ 时，单次还剩多少？平均之后呢？**

# %% [markdown] tags=["en"]
# ## Dropout: how much can be switched off? { #dropout }
#
# The fully connected layers have more than fifty million parameters, enough to learn a million training images by heart. The paper's remedy is [dropout](../theory/regularization.py#dropout): in training every neuron puts out 0 with probability $p$ and the others are enlarged $1/(1-p)$ times; in testing all of them are on.
#
# An experiment: take the 3 networks just trained and drop features **in testing** too, with $p$ from 0 to 0.9, 30 times for each $p$. Look at the accuracy of a single pass, and at that of the probabilities averaged over 30 passes. **Guess what is left at $p=0.7$, for a single pass and for the mean.**

# %%
rates = [0.0, 0.1, 0.3, 0.5, 0.7, 0.9]
single, averaged = {rate: [] for rate in rates}, {rate: [] for rate in rates}
torch.manual_seed(0)
with torch.no_grad():
    for run in runs:
        images, labels = (
            run.history.normalization.apply(run.splits.test.images),
            run.splits.test.labels,
        )
        # (N, 96)
        features = torch.flatten(run.model.avgpool(run.model.features(images)), 1)
        dropouts = [
            layer for layer in run.model.classifier if isinstance(layer, nn.Dropout)
        ]
        for rate in rates:
            for layer in dropouts:
                layer.p = rate
                # the rest stays in evaluation mode
                layer.train()
            # (30, N, 10)
            logits = torch.stack([run.model.classifier(features) for _ in range(30)])
            single[rate].append((logits.argmax(-1) == labels).float().mean().item())
            averaged[rate].append(
                (logits.softmax(-1).mean(0).argmax(-1) == labels).float().mean().item()
            )

# %% tags=["hide-input"] alt_zh="横轴是置零的比例，纵轴是测试准确率：单次的线从 0.3 起快速下降，30 次平均的线到 0.7 仍然很高，到 0.9 才明显下降。" alt_en="Test accuracy against the share of features dropped: the line of a single pass falls fast from 0.3 on, that of the mean of 30 passes is still high at 0.7 and falls clearly only at 0.9."
series = {
    "one pass": [mean(single[rate]) for rate in rates],
    "mean of 30 passes": [mean(averaged[rate]) for rate in rates],
}
figures.lines(
    series, x=rates, xlabel="share of features dropped", ylabel="test accuracy"
)

# %% [markdown] tags=["zh"]
# $p=0.7$ 时，单次只剩 {{ f"{mean(single[0.7]):.0%}" }}，30 次平均却有 {{ f"{mean(averaged[0.7]):.0%}" }}。每一次置零，都是从同一组权重里抽出的一个小网络；单个小网络不可靠，平均起来却很可靠。这就是论文对 dropout 的解释：**用一个网络的代价，训练并平均了许多个网络**。测试时全部打开，是这个平均的近似，只要算一次。
#
# 小网络训练时只用 $p=0.1$，论文用 0.5。{{ f"{ledgers['alexnet_small'].parameters:,}" }} 个参数没有多少可以背的；置零太多，反而学得慢。

# %% [markdown] tags=["en"]
# At $p=0.7$ a single pass has {{ f"{mean(single[0.7]):.0%}" }} left, and the mean of 30 passes {{ f"{mean(averaged[0.7]):.0%}" }}. Each draw is a small network taken out of the same weights; one alone cannot be relied on, their mean can. This is how the paper explains dropout: **at the price of one network, many are trained and averaged**. All neurons on is an approximation of that mean, in a single pass.
#
# The small network trained with $p=0.1$, the paper with 0.5. {{ f"{ledgers['alexnet_small'].parameters:,}" }} parameters cannot learn much by heart, and too much dropping only slows them down.

# %% tags=["remove-input"]
with torch.device("meta"):
    joined = models.create("alexnet_paper")
    for index, layer in list(joined.features.named_children()):
        if isinstance(layer, nn.Conv2d) and layer.groups == 2:
            whole = nn.Conv2d(
                layer.in_channels,
                layer.out_channels,
                layer.kernel_size,
                padding=layer.padding,
            )
            setattr(joined.features, index, whole)
joined_ledger = summary.trace(joined, (3, 224, 224))
paper_ledger = ledgers["alexnet_paper"]

# %% [markdown] tags=["zh"]
# ## 论文、这份代码、torchvision { #paper }
#
# | | 论文（2012） | `alexnet_paper` | `alexnet`，同 torchvision |
# |---|---|---|---|
# | 输入 | 写作 224，要 227 才对 | 224，填充 2 | 224，填充 2 |
# | 各卷积的通道 | 96、256、384、384、256 | 同左 | 64、192、384、256、256 |
# | 两列 | 两块显卡，第 3 个卷积才相通 | `groups=2`，第 2、4、5 个卷积 | 一列 |
# | 局部响应归一化 | 第 1、2 个卷积之后 | 同左 | 无 |
# | dropout | 两个隐藏全连接层的输出 | 同左 | 两个隐藏全连接层的输入 |
# | 初始化 | 标准差 0.01，部分偏置为 1 | 同左 | torch 的默认值 |
# | 参数 | 约六千万 | {{ f"{paper_ledger.parameters:,}" }} | {{ f"{ledgers['alexnet'].parameters:,}" }} |
#
# torchvision 的形式来自 Krizhevsky 2014 年的另一篇[论文](#references)，不是 2012 年的那个网络。说“AlexNet”时要问清是哪一个。
#
# 两列本是显存不够的办法，却也省了参数和计算：把 `alexnet_paper` 的[分组卷积](../theory/channels.py#groups)合起来，卷积的参数会从 {{ f"{sum(row.parameters for row in paper_ledger.rows if row.type == 'Conv2d'):,}" }} 变成 {{ f"{sum(row.parameters for row in joined_ledger.rows if row.type == 'Conv2d'):,}" }}，全网的 MACs 从 {{ f"{paper_ledger.macs:,}" }} 变成 {{ f"{joined_ledger.macs:,}" }}。
#
# 与 torchvision 是否真的相同，运行一下便知：把它的权重搬过来，比较输出。

# %% [markdown] tags=["en"]
# ## The paper, this code, torchvision { #paper }
#
# | | paper (2012) | `alexnet_paper` | `alexnet`, as torchvision |
# |---|---|---|---|
# | input | says 224, needs 227 | 224, padding 2 | 224, padding 2 |
# | maps of the convolutions | 96, 256, 384, 384, 256 | the same | 64, 192, 384, 256, 256 |
# | columns | on two cards, joined in convolution 3 only | `groups=2` in convolutions 2, 4 and 5 | one |
# | local response normalization | after convolutions 1 and 2 | the same | none |
# | dropout | outputs of both hidden fully connected layers | the same | inputs of both hidden fully connected layers |
# | initialization | standard deviation 0.01, some biases 1 | the same | torch's default |
# | parameters | about sixty million | {{ f"{paper_ledger.parameters:,}" }} | {{ f"{ledgers['alexnet'].parameters:,}" }} |
#
# torchvision's form comes from another [paper](#references) of Krizhevsky's, of 2014, and is not the network of 2012. Ask which one is meant when somebody says "AlexNet".
#
# The two columns were made for want of memory, and they save parameters and work as well: join the [grouped convolutions](../theory/channels.py#groups) of `alexnet_paper`, and the convolutions' parameters go from {{ f"{sum(row.parameters for row in paper_ledger.rows if row.type == 'Conv2d'):,}" }} to {{ f"{sum(row.parameters for row in joined_ledger.rows if row.type == 'Conv2d'):,}" }}, the MACs of the whole from {{ f"{paper_ledger.macs:,}" }} to {{ f"{joined_ledger.macs:,}" }}.
#
# Whether it really equals torchvision's is easily seen: carry the weights over and compare the outputs.

# %%
import torchvision

torch.manual_seed(0)
twin = torchvision.models.alexnet(weights=None).eval()
ours = models.from_torchvision("alexnet", twin.state_dict()).eval()
images = torch.randn(2, 3, 224, 224)
with torch.no_grad():
    print("largest difference:", (ours(images) - twin(images)).abs().max().item())

# %% [markdown] tags=["zh"]
# 梯度和训练模式也比过，见[与 torch 相等吗](../results/equivalence.py#models)。手头有 torchvision 的预训练权重，同样用 `models.from_torchvision` 载入。

# %% [markdown] tags=["en"]
# Gradients and training mode are compared as well, see [equal to torch?](../results/equivalence.py#models). If you have torchvision's pretrained weights, `models.from_torchvision` loads them in the same way.

# %% [markdown] tags=["zh"]
# ## 常见的坑 { #traps }
#
# !!! warning "测试时忘了 `model.eval()`"
#     dropout 还开着，同一张图两次的答案会不同（[门诊](../clinic/bookkeeping.py#evaluation-in-training-mode)）。上面的图就是代价：$p=0.5$ 时单次只有 {{ f"{mean(single[0.5]):.0%}" }}。
#
# !!! warning "照搬 LRN 的 $\alpha$"
#     `nn.LocalResponseNorm` 会把 $\alpha$ 除以窗口大小 5，论文不除。论文的 $10^{-4}$ 在 torch 里要写 $5\times10^{-4}$。
#
# !!! warning "在输出层后面加 softmax"
#     论文的图画着 softmax，损失函数里已经有了。[门诊：交叉熵之前的 softmax](../clinic/loss-heads.py#softmax-before-cross-entropy)。
#
# !!! warning "图片太小"
#     标准形式把边长缩小 32 倍，28×28 的数字进去，还没到头就没有像素了：

# %% [markdown] tags=["en"]
# ## Traps { #traps }
#
# !!! warning "Testing without `model.eval()`"
#     Dropout is still on, and one image gets two different answers ([clinic](../clinic/bookkeeping.py#evaluation-in-training-mode)). The figure above shows the price: a single pass at $p=0.5$ has {{ f"{mean(single[0.5]):.0%}" }}.
#
# !!! warning "Copying the $\alpha$ of LRN"
#     `nn.LocalResponseNorm` divides $\alpha$ by the window of 5, the paper does not. The paper's $10^{-4}$ is $5\times10^{-4}$ in torch.
#
# !!! warning "Softmax after the output layer"
#     The paper's drawing has a softmax, which is inside the loss already. [Clinic: softmax before cross-entropy](../clinic/loss-heads.py#softmax-before-cross-entropy).
#
# !!! warning "Images too small"
#     The canonical form divides the side by 32. A digit of 28×28 runs out of pixels on the way:

# %% tags=["raises-exception"]
summary.trace(alexnet, (3, 28, 28))

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 不运行代码，算出 `alexnet` 第 1 个卷积层的参数个数和 MACs。
#
# ??? success "答案"
#     每个核有 $3\times11\times11=363$ 个权重和 1 个偏置，共 64 个核：$64\times364=23296$。每个权重用在 $55\times55=3025$ 个位置：$64\times363\times3025=70276800$ 次乘加。
#
# **2.** 论文说网络有 650,000 个神经元。从 `alexnet_paper` 的账本数一数。论文还写第 1 层有 253,440 个，对吗？
#
# ??? success "答案"
#     卷积层和全连接层的输出共 659,272 个，与 650,000 相符。第 1 层是 $55\times55\times96=290400$；论文的数等于 $55\times48\times96$，像是笔误。
#
# **3.** 在[激活函数的比赛](#activation)里，把学习率换成 `1e-3` 和 `5e-3`；再用 `nn.init.kaiming_normal_` 初始化 ReLU 网络，用 `nn.init.xavier_normal_` 初始化 tanh 网络。ReLU 追上了吗？
#
# ??? success "答案"
#     两个网络都变快，tanh 在这份数据上仍然领先。所以初始化只是原因的一部分；题目太容易，tanh 不必饱和，才是主要的。
#
# **4.** 重叠池化（窗口 3，步幅 2）与不重叠的（窗口 2，步幅 2）相比，参数和 MACs 有什么变化？边长 13 各变成多少？
#
# ??? success "答案"
#     池化没有参数，账本里也不计 MACs，都不变。$\lfloor(13-3)/2\rfloor+1=6$，$\lfloor(13-2)/2\rfloor+1=6$，边长相同；后者丢掉了最后一行一列。论文说重叠让 top-1 错误率低了 0.4 个百分点。
#
# **5.** 把 dropout 写在 `nn.Sequential` 里，与在 `forward` 里写 `F.dropout(x, 0.5)`，哪一种在 `model.eval()` 之后会关掉？
#
# ??? success "答案"
#     前一种会。后一种默认 `training=True`，不看模型的状态；要写 `F.dropout(x, 0.5, training=self.training)`。

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** Without running code, how many parameters and MACs does the first convolution of `alexnet` have?
#
# ??? success "Answer"
#     Each kernel has $3\times11\times11=363$ weights and 1 bias, and there are 64 kernels: $64\times364=23296$. Each weight is used at $55\times55=3025$ positions: $64\times363\times3025=70276800$ MACs.
#
# **2.** The paper says that the network has 650,000 neurons. Count them in the ledger of `alexnet_paper`. It also says that the first layer has 253,440; is that right?
#
# ??? success "Answer"
#     The outputs of convolutions and fully connected layers are 659,272 numbers, which agrees with 650,000. The first layer has $55\times55\times96=290400$; the paper's number is $55\times48\times96$, which looks like a slip.
#
# **3.** In the [race of activations](#activation), set the learning rate to `1e-3` and `5e-3`; then initialise the ReLU network with `nn.init.kaiming_normal_` and the tanh network with `nn.init.xavier_normal_`. Does ReLU catch up?
#
# ??? success "Answer"
#     Both get faster, and on these data tanh stays ahead. So initialization is only part of the reason; the main one is a task so easy that tanh need not saturate.
#
# **4.** What does overlapping pooling (windows of 3, stride 2) change in parameters and MACs against windows of 2 with stride 2? What becomes of a side of 13?
#
# ??? success "Answer"
#     Nothing: pooling has no parameters, and its MACs count 0. $\lfloor(13-3)/2\rfloor+1=6$ and $\lfloor(13-2)/2\rfloor+1=6$, so the side is the same; the latter drops the last row and column. The paper says that overlapping lowers the top-1 error by 0.4 percentage points.
#
# **5.** Dropout as a layer in `nn.Sequential`, or `F.dropout(x, 0.5)` in `forward`: which of the two does `model.eval()` switch off?
#
# ??? success "Answer"
#     The former. The latter has `training=True` by default and does not look at the model; write `F.dropout(x, 0.5, training=self.training)`.

# %% [markdown] tags=["zh"]
# ## 参考文献 { #references }
#
# - A. Krizhevsky, I. Sutskever, G. Hinton. [ImageNet classification with deep convolutional neural networks](https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks). NIPS, 2012.
# - A. Krizhevsky. [One weird trick for parallelizing convolutional neural networks](https://arxiv.org/abs/1404.5997). 2014.
# - N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov. [Dropout: a simple way to prevent neural networks from overfitting](https://jmlr.org/papers/v15/srivastava14a.html). JMLR, 2014.
# - K. Simonyan, A. Zisserman. [Very deep convolutional networks for large-scale image recognition](https://arxiv.org/abs/1409.1556). ICLR, 2015.

# %% [markdown] tags=["en"]
# ## References { #references }
#
# - A. Krizhevsky, I. Sutskever, G. Hinton. [ImageNet classification with deep convolutional neural networks](https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks). NIPS, 2012.
# - A. Krizhevsky. [One weird trick for parallelizing convolutional neural networks](https://arxiv.org/abs/1404.5997). 2014.
# - N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov. [Dropout: a simple way to prevent neural networks from overfitting](https://jmlr.org/papers/v15/srivastava14a.html). JMLR, 2014.
# - K. Simonyan, A. Zisserman. [Very deep convolutional networks for large-scale image recognition](https://arxiv.org/abs/1409.1556). ICLR, 2015.
