# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "CNN 看见了什么：把 LeNet 的每一层摊开看，平面的特征图，立体的层叠图；卷积核、遮挡实验、特征空间里的近邻，每一样都配一个对照。"
#       en: "What a CNN sees: every layer of LeNet laid open, feature maps in the plane and the whole stack in space; kernels, an occlusion map and nearest neighbours in feature space, each with a control."
#     covers: [F-03]
#     labels:
#       "conv {}, ReLU": "卷积 {}，ReLU"
#       "pool {}": "池化 {}"
#       "fully connected {}": "全连接 {}"
#       probabilities: 概率
#       share of zeros: 为 0 的比例
#       numbers: 数的个数
#       pixels: 像素
#       "after pool {}, trained": "池化 {} 之后，训练过"
#       "after fully connected {}, trained": "全连接 {} 之后，训练过"
#       "after pool {}, random weights": "池化 {} 之后，随机权重"
#       "after fully connected {}, random weights": "全连接 {} 之后，随机权重"
#       pixels shifted: 平移的像素数
# ---

# %% tags=["remove-input"]
import dataclasses

import torch
from torch.nn import functional as F

from dlnotes import figures, models, recipes, summary, training

# %% [markdown] tags=["zh"]
# # CNN 看见了什么 { #what-a-cnn-sees }
#
# 一张数字图片进去，10 个概率出来。中间那些数，人看得懂吗？
#
# 先写下三个猜测，再往下看：
#
# 1. 第 2 个池化层之后只剩 4×4 的小图。凭这些小图，还认得出是哪个数字吗？
# 2. 有人说第 1 层的卷积核“学会了找边缘”。若把它们冻结在随机的初值，一步也不训练，测试准确率会掉多少？
# 3. 用一块黑布遮住数字的一角。遮住 8 的哪里，它最不像 8？那时它会被认成几？

# %% [markdown] tags=["en"]
# # What a CNN sees { #what-a-cnn-sees }
#
# A picture of a digit goes in, 10 probabilities come out. Can a human make sense of the numbers in between?
#
# Write down three guesses before you read on:
#
# 1. After the second pooling only maps of 4×4 are left. Is it still possible to tell from them which digit it was?
# 2. They say that the kernels of the first layer "learn to find edges". Freeze them at their random start, without a single step of training: how much test accuracy is lost?
# 3. Cover a corner of a digit with a black cloth. Where must an 8 be covered to be least like an 8, and what is it then taken for?

# %% [markdown] tags=["zh"]
# ## 一张图，从头到尾 { #stack }
#
# 训练一个 LeNet，取测试集的一张图，让每一层把算出的东西交出来：

# %% [markdown] tags=["en"]
# ## One picture, all the way { #stack }
#
# Train a LeNet, take one picture of the test part, and let each layer hand over what it computed:

# %%
run = recipes.run("lenet", seed=0)
model, test = run.model, run.splits.test
normalization = run.history.normalization


def look(model, images):
    """Return the activations of every layer, each (N, …), in order."""
    layers = {"input": images.float()}
    x = normalization.apply(images)
    with torch.no_grad():
        for number, (conv, relu, pool) in enumerate(model.features, 1):
            x = layers[f"conv {number}, ReLU"] = relu(conv(x))
            x = layers[f"pool {number}"] = pool(x)
        x = model.classifier[0](x)
        for number in (1, 2):
            x = layers[f"fully connected {number}"] = model.classifier[number](x)
        layers["probabilities"] = model.classifier[3](x).softmax(dim=1)
    return layers


first = int((test.labels == 8).nonzero()[0])
seen = look(model, test.images[first : first + 1])
{name: tuple(values.shape[1:]) for name, values in seen.items()}

# %% tags=["remove-input"]
# The unit of the second convolution that answers loudest, and what it sees in each layer before.
loudest = seen["conv 2, ReLU"][0]
channel, row, column = (int(index) for index in torch.unravel_index(loudest.argmax(), loudest.shape))
kernel, stride = model.features[1][0].kernel_size[0], model.features[0][2].stride
inside = kernel * stride
side = inside + model.features[0][0].kernel_size[0] - 1
ledger = summary.trace(model, (1, 28, 28))
assert side == next(row.receptive_field for row in ledger.rows if row.name == "features.1.0")
strongest = int(seen["conv 1, ReLU"][0, :, stride * row : stride * row + inside, stride * column : stride * column + inside].sum((1, 2)).argmax())
trail = [
    figures.Patch("input", 0, stride * row, stride * column, side, side),
    figures.Patch("conv 1, ReLU", strongest, stride * row, stride * column, inside, inside),
    figures.Patch("pool 1", strongest, row, column, kernel, kernel),
    figures.Patch("conv 2, ReLU", channel, row, column),
]

# %% tags=["hide-input"] alt_zh="立体的层叠图，从上到下：1 张 28×28 的输入；6 张 24×24 的特征图；池化成 6 张 12×12；16 张 8×8；池化成 16 张 4×4；120 个数；84 个数；10 个概率，其中一个最深。橙色的框与连线从输入上 14×14 的一块，经中间各层，收拢到第 2 层卷积的一个点。" alt_en="The stack in space, from top to bottom: one input of 28×28; 6 maps of 24×24, pooled to 6 of 12×12; 16 of 8×8, pooled to 16 of 4×4; 120 numbers; 84 numbers; 10 probabilities, one of them dark. An orange frame with lines narrows from a patch of 14×14 on the input, through the layers between, to one point of the second convolution."
figures.feature_stack({name: values[0] for name, values in seen.items()}, trail=trail)

# %% [markdown] tags=["zh"]
# 图里没有一处是示意：每一格就是这次算出的一个数，颜色越浓，数越大，空白是 0。橙色的线标出第 2 层卷积里反应最强的那个单元。它只看池化图上 $5\times5$ 的一块，可那一块来自输入上 $14\times14$ 的一片，这就是它的**感受野**。（中间两层的框只画在一张图上，其实它每个通道都看。）
#
# 从上往下看，有两件事在同时发生：图越来越小，张数越来越多。“在哪里”说得越来越粗，“是什么”说得越来越细。

# %% [markdown] tags=["en"]
# Nothing here is a sketch. Every cell is a number of this very run: the stronger its colour, the larger, and blank is 0. The orange lines belong to the unit of the second convolution that answers loudest. It sees a patch of $5\times5$ of the pooled maps, but that patch comes from $14\times14$ pixels of the input: its **receptive field**. (In the two layers between, the frame is drawn on one map; the unit sees all channels.)
#
# On the way down two things happen at once: the maps become smaller, and there are more of them. They say less and less exactly where, and more and more exactly what.

# %% [markdown] tags=["zh"]
# ## 特征图，一层一层看 { #maps }
#
# 同样的数，平放着看。先是第 1 层的 6 张：

# %% [markdown] tags=["en"]
# ## The feature maps, layer by layer { #maps }
#
# The same numbers seen flat. First the 6 maps of layer 1:

# %% tags=["hide-input"] alt_zh="第 1 层卷积的 6 张 24×24 特征图，都还看得出数字 8 的样子，有的亮在笔画左侧，有的亮在右侧或上下。" alt_en="The 6 maps of 24×24 after the first convolution; all still look like an 8, some bright along one side of the strokes, some along another."
figures.feature_maps(seen["conv 1, ReLU"][0], columns=6)

# %% [markdown] tags=["zh"]
# 还认得出是 8。再看第 2 层的 16 张：

# %% [markdown] tags=["en"]
# It is still an 8. Now the 16 maps of layer 2:

# %% tags=["hide-input"] alt_zh="第 2 层卷积的 16 张 8×8 特征图，只剩零散的亮块，看不出数字，好几张几乎全黑。" alt_en="The 16 maps of 8×8 after the second convolution: scattered bright spots, no digit to be seen, several almost black."
figures.feature_maps(seen["conv 2, ReLU"][0], columns=8)

# %% tags=["remove-input"]
import pandas as pd

everything = look(model, test.images)
zeros = {name: (everything[name] == 0).float().mean().item() for name in seen if name != "probabilities"}

# %% [markdown] tags=["zh"]
# 认不出了。它们说的不再是“哪里亮”，而是“哪里有某种拐角或弧”；图上的一个点，代表输入上的一大片。
#
# 很多格子是 0，因为 ReLU 把负数都截掉了。在整个测试集上数一数：

# %% [markdown] tags=["en"]
# It cannot be recognised any more. These maps no longer say where it is bright, but where there is some kind of corner or arc; one point stands for a large patch of the input.
#
# Many cells are 0, since ReLU cuts off what is negative. Counted over the whole test part:

# %%
numbers = [everything[name][0].numel() for name in zeros]
shares = [f"{share:.0%}" for share in zeros.values()]
pd.DataFrame({"numbers": numbers, "share of zeros": shares}, index=list(zeros))

# %% [markdown] tags=["zh"]
# ## 第 1 层的卷积核：学到了多少 { #kernels }
#
# 蓝是负，红是正。上一行是训练之前，下一行是训练之后：

# %% [markdown] tags=["en"]
# ## The kernels of layer 1: how much was learnt { #kernels }
#
# Blue is negative, red is positive. The upper row is before training, the lower after:

# %% tags=["hide-input"] alt_zh="两行各 6 个 5×5 的卷积核。上一行是随机初值，下一行是训练之后；每一列上下两个很相像。" alt_en="Two rows of 6 kernels of 5×5. The upper row is the random start, the lower is after training; the two of each column look much alike."
training.seed_everything(0)  # the same start as that of the run
start = models.create("lenet")
before, after = start.features[0][0].weight.detach(), model.features[0][0].weight.detach()
figures.kernels(torch.cat([before, after]), columns=6)

# %% tags=["remove-input"]
alike = F.cosine_similarity(before.flatten(1), after.flatten(1))
grown = (after.norm() / before.norm()).item()

# %% [markdown] tags=["zh"]
# 一眼就认得出是同一个核：花纹还是随机得来的那个，只是更浓了。每个核与自己的初值的余弦相似度在 {{ f"{alike.min():.2f}" }} 到 {{ f"{alike.max():.2f}" }} 之间（1 表示方向完全相同），大小是原来的 {{ f"{grown:.1f}" }} 倍。那“学会了找边缘”又从何说起？做第 2 个猜测的实验：第 1 层不训练，其余照旧。

# %% [markdown] tags=["en"]
# Each is easily told to be the same kernel: the pattern is still the one that chance gave it, only stronger. The cosine similarity of each kernel with its own start is between {{ f"{alike.min():.2f}" }} and {{ f"{alike.max():.2f}" }} (1 is the same direction), and their size is {{ f"{grown:.1f}" }} times what it was. What then of "learning to find edges"? Make the experiment of the second guess: leave layer 1 untrained, and the rest as it was.

# %%
def train_frozen(seed):
    """Train as the recipe does, but leave the first layer as it began."""
    training.seed_everything(seed)
    frozen = models.create("lenet")
    frozen.features[0].requires_grad_(False)
    config = dataclasses.replace(run.history.config, seed=seed)
    history = training.fit(frozen, run.splits, config)
    return training.evaluate(frozen, test, history.normalization).accuracy


trained = [run.test.accuracy, recipes.run("lenet", seed=1).test.accuracy]
frozen = [train_frozen(0), train_frozen(1)]
trained, frozen

# %% tags=["remove-input"]
right = {name: [round(value * len(test.labels)) for value in values] for name, values in (("trained", trained), ("frozen", frozen))}

# %% [markdown] tags=["zh"]
# {{ len(test.labels) }} 张测试图，两个种子：第 1 层参与训练，答对 {{ right['trained'][0] }} 和 {{ right['trained'][1] }} 张；冻结，答对 {{ right['frozen'][0] }} 和 {{ right['frozen'][1] }} 张。5×5 的随机核已经会对某个方向的明暗变化有反应，6 个各有偏好，后面的层自会把它们组合起来。对这样小的图片和数据，第 1 层学不学，差别很小。
#
# 这并不是说卷积核从来学不到东西：在 ImageNet 上训练的大网络，第 1 层的核会变成整齐的条纹与色块。要下结论，先做对照。
#
# ## 遮住一块 { #occlusion }
#
# 用 7×7 的黑块盖住图片的每个位置，各算一次真实类别的概率。下图里，越亮的地方，盖住它损失的概率越多：

# %% [markdown] tags=["en"]
# Of {{ len(test.labels) }} test images, over two seeds, {{ right['trained'][0] }} and {{ right['trained'][1] }} are right with layer 1 trained, {{ right['frozen'][0] }} and {{ right['frozen'][1] }} with it frozen. A random kernel of 5×5 already answers to changes of brightness in some direction, the 6 prefer different ones, and later layers combine what they get. With pictures and data as small as these it matters little whether layer 1 learns.
#
# That does not mean that kernels never learn: in large networks trained on ImageNet, those of layer 1 turn into clean stripes and patches of colour. But before you conclude, make the control.
#
# ## Cover a part { #occlusion }
#
# Cover every place of a picture with a black square of 7×7, and compute the probability of the true class each time. The brighter a place in the lower row, the more probability is lost when it is covered:

# %%
def occlusion(model, image, label, size=7):
    """Return the loss of probability around each pixel, and the worst case."""
    count = image.shape[-1] - size + 1
    covered = image.repeat(count * count, 1, 1, 1)      # (count², 1, 28, 28)
    hidden = torch.zeros(count * count, *image.shape[-2:])
    for number in range(count * count):
        top, left = divmod(number, count)
        covered[number, :, top : top + size, left : left + size] = 0
        hidden[number, top : top + size, left : left + size] = 1
    p = look(model, covered)["probabilities"]           # (count², 10)
    lost = look(model, image)["probabilities"][0, label] - p[:, label]
    # Each pixel gets the mean over all covers that hide it.
    heat = (lost[:, None, None] * hidden).sum(0) / hidden.sum(0)
    worst = p[lost.argmax()]                            # (10,)
    return heat, int(worst.argmax()), float(worst[label])


# %% tags=["hide-input"] alt_zh="上一行是 1、4、7、8、9 五个数字；下一行是各自的遮挡图，亮处盖住之后损失最大，标题写着此时被认成的数字。" alt_en="Upper row: the digits 1, 4, 7, 8 and 9. Lower row: their occlusion maps, bright where covering costs most; the title says what the digit is then taken for."
digits = (1, 4, 7, 8, 9)
chosen = [test.images[int((test.labels == digit).nonzero()[0])][None] for digit in digits]
results = [occlusion(model, image, digit) for image, digit in zip(chosen, digits)]
figures.image_grid(
    [*(image[0, 0].float() for image in chosen), *(heat for heat, _, _ in results)],
    [*map(str, digits), *(f"{digit} → {worst}" for digit, (_, worst, _) in zip(digits, results))],
    columns=5,
)

# %% tags=["remove-input"]
eight = results[digits.index(8)]

# %% [markdown] tags=["zh"]
# 看这个 8：盖住最要紧的地方，它是 8 的概率降到 {{ f"{eight[2]:.0%}" }}，被认成 {{ eight[1] }}。网络看的地方，和人区分这两个数字时看的地方，大致相同吗？把最亮的那块遮住，自己念念看。
#
# 别把亮处当成“网络的注意力”。黑块不只盖住了笔画，也造出了训练时没有见过的图，直直的断口本身就像一种笔画。换成灰块或模糊，图会变，练习 3 请你试。还有几种用梯度画的图，[为什么是这个答案](why-this-answer.py)一页把它们和遮挡放在一起检验。

# %% [markdown] tags=["en"]
# Take the 8: with its most important place covered, the probability of an 8 falls to {{ f"{eight[2]:.0%}" }}, and it is read as {{ eight[1] }}. Does the network look where a human would, to tell these two apart? Cover the brightest place with a finger and read it yourself.
#
# Do not take bright places for the network's attention. The black square hides strokes, but it also makes a picture as none was in training, and its straight cut is itself like a stroke. A grey square, or blur, gives another map: exercise 3 asks you to try. Other maps are drawn from gradients; [why this answer](why-this-answer.py) puts them to the test beside occlusion.

# %% [markdown] tags=["zh"]
# ## 特征空间里的邻居 { #nearest }
#
# 两张图“像不像”，可以逐个像素比，也可以比网络最后一个隐藏层的 84 个数。把 360 张测试图向右下平移 2 个像素，各在 1,200 张训练图里找 5 张最近的：

# %% [markdown] tags=["en"]
# ## Neighbours in feature space { #nearest }
#
# How alike two pictures are can be judged pixel by pixel, or by the 84 numbers of the last hidden layer. Shift 360 test pictures right and down by 2 pixels, and for each find the 5 nearest of 1,200 training pictures in both ways:

# %%
def shift(images, pixels):
    """Move images right and down; black comes in at the left and top."""
    height, width = images.shape[-2:]
    return F.pad(images, (pixels, 0, pixels, 0))[..., :height, :width]


def spaces(model, images):
    """Return the same images as points of several spaces, each (N, D)."""
    layers = look(model, images)
    return {
        "pixels": layers["input"].flatten(1),
        "after pool 2": layers["pool 2"].flatten(1),
        "after fully connected 2": layers["fully connected 2"],
    }


train = run.splits.train
examples, labels = train.images[:1200], train.labels[:1200]
asked, answers = test.images[:360], test.labels[:360]

known = spaces(model, examples)
moved = spaces(model, shift(asked, 2))
distances = {name: torch.cdist(moved[name], known[name]) for name in known}
nearest = {name: d.topk(5, largest=False).indices for name, d in distances.items()}

# %% tags=["remove-input"]
# A picture of which all five neighbours by features have its class, and as few of those by pixels as possible.
good = {name: (labels[nearest[name]] == answers[:, None]).sum(1) for name in ("pixels", "after fully connected 2")}
query = int((good["after fully connected 2"] - good["pixels"]).argmax())

# %% tags=["hide-input"] alt_zh="两行。第一行：平移过的测试图，以及按像素最近的 5 张训练图，多数是别的数字。第二行：同一张图，以及按特征最近的 5 张，都是同一个数字。" alt_en="Two rows. First: the shifted test image and its 5 nearest training images by pixels, most of them other digits. Second: the same image and its 5 nearest by features, all the same digit."
pictures, titles = [], []
for name in ("pixels", "after fully connected 2"):
    pictures += [shift(asked[query], 2)[0].float(), *(examples[index, 0].float() for index in nearest[name][query])]
    titles += [f"{int(answers[query])}:", *(str(int(labels[index])) for index in nearest[name][query])]
figures.image_grid(pictures, titles, columns=6)

# %% [markdown] tags=["zh"]
# 上一行按像素，下一行按特征；每行最左边是被平移的测试图。这一张是特意挑出的、差别最大的；全部 360 张怎样？拿最近那一张的标签当答案，平移几个像素，看准确率还剩多少。再加一个对照：同样的结构，**权重全是随机的**。

# %% [markdown] tags=["en"]
# The upper row is by pixels, the lower by features; leftmost is the shifted test picture. This one was picked because it differs most. What about all 360? Take the label of the single nearest one for the answer, shift by some pixels, and see what accuracy is left. And for a control, the same structure with **all weights random**.

# %%
torch.manual_seed(1)
untrained = models.create("lenet").eval()
rows = {}
for title, network in (("trained", model), ("random weights", untrained)):
    known = spaces(network, examples)
    for pixels in (0, 1, 2, 3):
        points = spaces(network, shift(asked, pixels))
        rows[title, pixels] = {}
        for name in known:
            best = torch.cdist(points[name], known[name]).argmin(dim=1)
            hits = labels[best] == answers
            rows[title, pixels][name] = hits.float().mean().item()

# %% tags=["hide-input"] alt_zh="横轴是平移的像素数，纵轴是最近邻的准确率。五条线从左到右都下降：训练过的网络最后一层的特征降得最慢，像素居中，随机网络的特征降得最快。" alt_en="Nearest-neighbour accuracy against the pixels shifted. All lines fall: the features of the trained network fall slowest, pixels are in the middle, the features of the random network fall fastest."
series = {"pixels": [rows["trained", pixels]["pixels"] for pixels in range(4)]}
for title in ("trained", "random weights"):
    for name in ("after pool 2", "after fully connected 2"):
        series[f"{name}, {title}"] = [rows[title, pixels][name] for pixels in range(4)]
figures.lines(series, x=range(4), xlabel="pixels shifted", ylabel="accuracy")

# %% tags=["remove-input"]
last = "after fully connected 2"
shifted = {title: rows[title, 2][last] for title in ("trained", "random weights")}
by_pixels = rows["trained", 2]["pixels"]

# %% [markdown] tags=["zh"]
# 平移 2 个像素，按像素比只剩 {{ f"{by_pixels:.0%}" }}，按训练过的最后一层特征还有 {{ f"{shifted['trained']:.0%}" }}。随机网络的特征反而比像素更差，{{ f"{shifted['random weights']:.0%}" }}：结构相同，卷积和池化都在，**对平移的宽容却不是白来的**。它是训练时学来的，这份配方的增广里就有小幅平移。
#
# 第 1 个猜测也有了答案：不平移时，只凭第 2 个池化层后那些 4×4 的小图找最近邻，准确率是 {{ f"{rows['trained', 0]['after pool 2']:.1%}" }}。人眼认不出，信息却都在。

# %% [markdown] tags=["en"]
# Shifted by 2 pixels, comparing pixels still gets {{ f"{by_pixels:.0%}" }}, and comparing the last features of the trained network {{ f"{shifted['trained']:.0%}" }}. Those of the random network are worse than pixels, {{ f"{shifted['random weights']:.0%}" }}: the structure is the same, convolution and pooling are there, and yet **tolerance to shifts is not a free gift**. It was learnt; the augmentation of this recipe has small shifts in it.
#
# This answers the first guess too: unshifted, the nearest neighbour by nothing but the 4×4 maps after the second pooling is right in {{ f"{rows['trained', 0]['after pool 2']:.1%}" }} of cases. The eye cannot read them, but the information is there.

# %% [markdown] tags=["zh"]
# ## 常见的坑 { #traps }
#
# !!! warning "看图之前忘了归一化，或忘了 `eval()`"
#     训练时输入减了均值、除了标准差，看特征图时也要用同一组常数。网络里若有 dropout 或批量归一化，还要先 `model.eval()`，否则每次看到的都不一样。
#
# !!! warning "每张图各自拉伸到最亮"
#     多数画图函数会把每张图的最小值画黑、最大值画白。几乎全是 0 的特征图也会显得热闹。本页的 `feature_maps` 让同一层共用一个标尺。
#
# !!! warning "没有对照就讲故事"
#     随机网络的特征图也像边缘，随机的第 1 层也够用。一张好看的图能说明什么，要看随机权重给出什么。
#
# !!! warning "挂了钩子忘了摘"
#     用 `register_forward_hook` 收集特征很方便，可它返回的句柄要 `remove()`，否则每次前向都会再存一份，内存越用越多。
#
# ## 练习 { #exercises }
#
# **1.** 第 2 层卷积的一个单元看到输入上 $14\times14$ 的一块。第 2 个池化层的一个单元看到多大一块？
#
# ??? success "答案"
#     池化窗口是 $2\times2$，相邻两个卷积单元在输入上隔 2 个像素，所以是 $14+2=16$。账本也这样说：{{ next(row.receptive_field for row in ledger.rows if row.name == "features.1.2") }}。
#
# **2.** 从输入到第 2 个池化层，数的个数先增后减。各是多少？信息可能变多吗？
#
# ??? success "答案"
#     $28\times28=784$，$6\times24\times24=3456$，$6\times12\times12=864$，$16\times8\times8=1024$，$16\times4\times4=256$。每一层都由前一层算出，所以关于图片的信息只会不变或变少；数变多，只是换了一种写法。
#
# **3.** 把遮挡用的黑块换成灰块（这张图所有像素的平均值），遮挡图变了吗？
#
# ??? success "答案"
#     把 `occlusion` 里的 `= 0` 改成 `= image.float().mean()`。灰块在黑底上会添出一块亮斑，背景处也会有损失；亮的地方会移动。可见遮挡图说的是“这样改图，输出怎样变”，与盖上去的是什么分不开。
#
# **4.** 用钩子写出 `look` 的通用版：给任意模型，返回每个没有子模块的层的输出。
#
# ??? success "答案"
#     ```python
#     import torch
#
#
#     def activations(model, images):
#         """Return the output of every layer without children, by its name, in the order of the calls."""
#         found = {}
#
#         def keep(name):
#             return lambda module, inputs, output: found.update({name: output.detach()})
#
#         leaves = [(name, module) for name, module in model.named_modules() if not list(module.children())]
#         handles = [module.register_forward_hook(keep(name)) for name, module in leaves]
#         try:
#             with torch.no_grad():
#                 model(images)
#         finally:
#             for handle in handles:
#                 handle.remove()
#         return found
#     ```
#
#     `try … finally` 保证出错时也摘掉钩子。
#
# **5.** 第 1 层的 6 个核若全部相同，训练还能让它们变得不同吗？
#
# ??? success "答案"
#     第 2 层对 6 个通道的权重是随机的，各不相同，所以传回 6 个核的梯度也不同，它们会慢慢分开。若第 2 层的权重也对 6 个通道都相同，那就永远分不开。这正是不能把权重全初始化为同一个数的原因。
#
# ## 参考文献 { #references }
#
# - M. D. Zeiler, R. Fergus. [Visualizing and understanding convolutional networks](https://arxiv.org/abs/1311.2901). ECCV, 2014. 遮挡实验的出处。
# - J. Adebayo 等. [Sanity checks for saliency maps](https://arxiv.org/abs/1810.03292). NeurIPS, 2018. 为什么要与随机权重对照。
# - A. W. Harley. [An interactive node-link visualization of convolutional neural networks](https://adamharley.com/nn_vis/). ISVC, 2015. 可以转动的立体层叠图。
# - C. Olah, A. Mordvintsev, L. Schubert. [Feature visualization](https://distill.pub/2017/feature-visualization/). Distill, 2017.

# %% [markdown] tags=["en"]
# ## Traps { #traps }
#
# !!! warning "Looking without normalization, or without `eval()`"
#     In training the mean was subtracted and the result divided by the standard deviation; use the same constants when you look. With dropout or batch normalization in the network call `model.eval()` first, or you see something else each time.
#
# !!! warning "Every map stretched to its own brightest"
#     Most plotting functions draw the least value of each image black and the greatest white, and a map that is almost all 0 looks busy. `feature_maps` on this page gives one scale to all maps of a layer.
#
# !!! warning "A story without a control"
#     The maps of a random network look like edges too, and a random first layer is good enough. What a pretty picture shows depends on what random weights give.
#
# !!! warning "A hook that stays"
#     `register_forward_hook` is a handy way to collect features, but the handle that it returns must be given a `remove()`; otherwise every forward pass stores another copy and memory grows.
#
# ## Exercises { #exercises }
#
# **1.** A unit of the second convolution sees $14\times14$ pixels of the input. How large is the patch that a unit of the second pooling sees?
#
# ??? success "Answer"
#     The pooling window is $2\times2$, and neighbouring units of the convolution are 2 pixels of the input apart: $14+2=16$. The ledger agrees: {{ next(row.receptive_field for row in ledger.rows if row.name == "features.1.2") }}.
#
# **2.** From the input to the second pooling there are first more numbers, then fewer. How many in each layer, and can there be more information?
#
# ??? success "Answer"
#     $28\times28=784$, $6\times24\times24=3456$, $6\times12\times12=864$, $16\times8\times8=1024$, $16\times4\times4=256$. Each layer is computed from the one before, so what is known about the picture stays the same or shrinks; more numbers only write it in another way.
#
# **3.** Use a grey square instead of the black one (the mean of all pixels of the picture). Does the occlusion map change?
#
# ??? success "Answer"
#     Change `= 0` in `occlusion` to `= image.float().mean()`. A grey square adds a bright spot to the black background, so covering background costs something too, and the bright places move. An occlusion map tells how the output changes when the picture is changed in this way, and that depends on what is put there.
#
# **4.** Write a general form of `look` with hooks: for any model, return the output of every layer that has no layers inside.
#
# ??? success "Answer"
#     ```python
#     import torch
#
#
#     def activations(model, images):
#         """Return the output of every layer without children, by its name, in the order of the calls."""
#         found = {}
#
#         def keep(name):
#             return lambda module, inputs, output: found.update({name: output.detach()})
#
#         leaves = [(name, module) for name, module in model.named_modules() if not list(module.children())]
#         handles = [module.register_forward_hook(keep(name)) for name, module in leaves]
#         try:
#             with torch.no_grad():
#                 model(images)
#         finally:
#             for handle in handles:
#                 handle.remove()
#         return found
#     ```
#
#     `try … finally` takes the hooks off even if something fails.
#
# **5.** If the 6 kernels of layer 1 were all the same, could training still make them differ?
#
# ??? success "Answer"
#     The weights of layer 2 for the 6 channels are random and differ, so the gradients that come back to the 6 kernels differ too, and they slowly part. If the weights of layer 2 were the same for all 6 channels as well, they never would. This is why weights must not all start from one number.
#
# ## References { #references }
#
# - M. D. Zeiler, R. Fergus. [Visualizing and understanding convolutional networks](https://arxiv.org/abs/1311.2901). ECCV, 2014. Where occlusion maps come from.
# - J. Adebayo et al. [Sanity checks for saliency maps](https://arxiv.org/abs/1810.03292). NeurIPS, 2018. Why to compare with random weights.
# - A. W. Harley. [An interactive node-link visualization of convolutional neural networks](https://adamharley.com/nn_vis/). ISVC, 2015. A stack in space that can be turned.
# - C. Olah, A. Mordvintsev, L. Schubert. [Feature visualization](https://distill.pub/2017/feature-visualization/). Distill, 2017.
