# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "给每个像素一个类别：FCN 把分类网络变成一张得分图，U-Net 用跳跃连接找回轮廓；同一个编码器配三种解码器，交并比、边界上的错误、任意大小的输入，再到特征金字塔与目标检测。"
#       en: "A class for every pixel: FCN turns a classifier into a map of scores, U-Net brings outlines back by skip connections. One encoder with three decoders, intersection over union, mistakes on borders, inputs of any size, then feature pyramids and object detection."
#     labels:
#       input: 输入
#       truth: 真值
#       FCN: FCN
#       no skips: 没有跳跃连接
#       U-Net: U-Net
#       mean IoU: 平均交并比
#       IoU of the ink: 笔画的交并比
#       class right, where ink is found: 找到笔画处，类别正确
#       pixel accuracy: 像素准确率
#       mistakes at borders: 错在边界上的
# ---

# %% [markdown] tags=["zh"]
# # 逐像素的预测：从 FCN 到 U-Net { #dense-prediction }
#
# 分类网络给整张图一个标签：“这里有个 3”。医生要的却是肿瘤的轮廓，汽车要知道哪些像素是路。给每个像素判一个类别，叫**语义分割**。
#
# 分类网络一路缩小：它就是靠缩小才看得远，认得出是什么，可是到最后，“在哪里”也丢了。**先猜：同一个编码器，接上三种不同的解码器，哪种认得最准，哪种画得最准？是同一种吗？**

# %% [markdown] tags=["en"]
# # Dense prediction: from FCN to U-Net { #dense-prediction }
#
# A classifier gives one label to a whole image: there is a 3 in it. A doctor wants the outline of the tumour, a car must know which pixels are road. Giving a class to every pixel is called **semantic segmentation**.
#
# A classifier shrinks the image as it goes. That is how it sees far and tells what a thing is, and in the end it no longer knows where. **Guess first: one encoder, three decoders behind it. Which recognises best, which draws best, and are they the same?**

# %% [markdown] tags=["zh"]
# ## 题目 { #task }
#
# 画布是 32×32，放四个缩小到 14×14 的数字（只用 0 到 4），位置随机，再盖上噪声。要预测的是每个像素的类别：0 是背景，1 到 5 是五个数字的笔画。有了画布，标签不用人标：

# %% [markdown] tags=["en"]
# ## The task { #task }
#
# A canvas of 32×32 holds four digits shrunk to 14×14 (0 to 4 only) at random places, under noise. The task is to predict the class of every pixel: 0 for the background, 1 to 5 for strokes of the five digits. As we paint the canvas ourselves, nobody has to label it:

# %%
import torch
from torch import nn
from torch.nn import functional as F

from dlnotes import data, figures, summary

splits = data.load("digits")
CLASSES = 6


def canvases(part, count, rows, columns, seed, noise=0.15):
    """Return images (N, 1, H, W) of rows × columns digits, and classes (N, H, W)."""
    generator = torch.Generator().manual_seed(seed)
    known = part.labels < CLASSES - 1
    digits = F.avg_pool2d(part.images[known, 0].float() / 255, 2)  # (N, 14, 14)
    labels = part.labels[known]
    images = torch.zeros(count, 16 * rows, 16 * columns)
    classes = torch.zeros(images.shape, dtype=torch.long)
    for n in range(count):
        for row in range(rows):
            for column in range(columns):
                which = torch.randint(len(labels), (), generator=generator)
                shift = torch.randint(3, (2,), generator=generator).tolist()
                top, left = 16 * row + shift[0], 16 * column + shift[1]
                place = n, slice(top, top + 14), slice(left, left + 14)
                images[place] = digits[which]
                classes[place] = (digits[which] > 0.4) * (labels[which] + 1)
    images += noise * torch.randn(images.shape, generator=generator)
    return images.unsqueeze(1), classes


train_images, train_classes = canvases(splits.train, 240, 2, 2, seed=0)
test_images, test_classes = canvases(splits.test, 90, 2, 2, seed=1)

# %% tags=["hide-input"] alt_zh="上排四张带噪声的画布，每张四个数字；下排是对应的答案：背景是黑的，笔画按数字涂成五种颜色。" alt_en="Above, four noisy canvases with four digits each; below, the answers: black background, strokes in one of five colours by their digit."
from dlnotes.figures.style import PALETTE

COLOURS = torch.tensor([[0, 0, 0], *[[int(name[i : i + 2], 16) for i in (1, 3, 5)] for name in PALETTE[:5]]], dtype=torch.uint8)


def paint(classes):
    return COLOURS[classes].movedim(-1, 0)  # (3, H, W)


figures.image_grid([*[image[0].clamp(0, 1) for image in test_images[:4]], *[paint(classes) for classes in test_classes[:4]]], columns=4)

# %% [markdown] tags=["zh"]
# ## 怎样打分：交并比 { #iou }
#
# 最懒的答案是“全是背景”。它的像素准确率是多少？

# %% [markdown] tags=["en"]
# ## How to score: intersection over union { #iou }
#
# The laziest answer is background everywhere. What is its pixel accuracy?

# %%
def iou(predicted, target, classes=CLASSES):
    """Return the intersection over union of each class, (classes,)."""
    pairs = target.flatten() * classes + predicted.flatten()
    counts = torch.bincount(pairs, minlength=classes**2).reshape(classes, classes)
    both = counts.diagonal()
    return both / (counts.sum(0) + counts.sum(1) - both)


lazy = torch.zeros_like(test_classes)
lazy_accuracy = (lazy == test_classes).float().mean().item()
lazy_iou = iou(lazy, test_classes)
print(f"pixel accuracy {lazy_accuracy:.0%}")
print("IoU of each class", *[f"{value:.2f}" for value in lazy_iou])

# %% [markdown] tags=["zh"]
# {{ f"{lazy_accuracy:.0%}" }}，却什么也没找到：背景太多，准确率只看见背景。**交并比**（IoU）不吃这一套，它对每一类问：预测的区域 $A$ 与真正的区域 $B$，重合的部分占两者合起来的几成？
#
# $$ \operatorname{IoU}(A,B)=\frac{|A\cap B|}{|A\cup B|} $$
#
# 其中 $|\cdot|$ 是像素的个数。多画、漏画都会扣分，从没被找到的类得 0。各类取平均，懒答案只有 {{ f"{lazy_iou.mean():.2f}" }}。

# %% [markdown] tags=["en"]
# {{ f"{lazy_accuracy:.0%}" }}, and nothing was found: there is so much background that accuracy sees nothing else. **Intersection over union** (IoU) is not fooled. Of each class it asks: of all that the predicted region $A$ and the true region $B$ cover together, what share do they have in common?
#
# $$ \operatorname{IoU}(A,B)=\frac{|A\cap B|}{|A\cup B|} $$
#
# where $|\cdot|$ counts pixels. Too much paint costs, too little costs, and a class that is never found has 0. On average over the classes, the lazy answer has {{ f"{lazy_iou.mean():.2f}" }}.

# %% [markdown] tags=["zh"]
# ## FCN：分类网络本来就会滑动 { #fcn }
#
# 最直接的办法：以每个像素为中心切一个窗口，逐个分类。可是相邻的窗口大半重叠，同样的卷积算了又算。2015 年的**全卷积网络**（FCN）看出，不必切：把[全连接层改写成卷积](lenet.py#exercises)，整个分类网络就是一个大卷积，放在大图上自己会滑动。验证一下，用一个看 14×14 的分类网络：

# %% [markdown] tags=["en"]
# ## FCN: a classifier slides by itself { #fcn }
#
# The straight way: cut a window around every pixel, and classify the windows one by one. But neighbouring windows overlap almost wholly, and the same convolutions are computed again and again. The **fully convolutional network** (FCN) of 2015 saw that there is no need to cut: [write the fully connected layer as a convolution](lenet.py#exercises), and the whole classifier is one large convolution, which slides over a larger image by itself. Check that, with a classifier that sees 14×14:

# %%
torch.manual_seed(0)
body = [nn.Conv2d(1, 12, 3), nn.ReLU(), nn.Conv2d(12, 24, 3, 2), nn.ReLU()]
linear, convolution = nn.Linear(24 * 5 * 5, 6), nn.Conv2d(24, 6, 5)
with torch.no_grad():
    convolution.weight.copy_(linear.weight.reshape(6, 24, 5, 5))
    convolution.bias.copy_(linear.bias)
classifier = nn.Sequential(*body, nn.Flatten(), linear)
sliding = nn.Sequential(*body, convolution)

large = torch.randn(1, 1, 128, 128)
windows = large[0, 0].unfold(0, 14, 2).unfold(1, 14, 2)  # (58, 58, 14, 14)
windows = windows.reshape(-1, 1, 14, 14)
with torch.no_grad():
    one_by_one, at_once = classifier(windows), sliding(large)
gap = (one_by_one - at_once[0].flatten(1).T).abs().max().item()
assert gap < 1e-5
cut_macs = len(windows) * summary.trace(classifier, (1, 14, 14)).macs
slide_macs = summary.trace(sliding, (1, 128, 128)).macs
print(f"{len(windows):,} windows: {cut_macs:,} MACs; sliding: {slide_macs:,}")
print(f"largest difference {gap:.0e}")

# %% [markdown] tags=["zh"]
# 得分一样，乘加只有 {{ f"{slide_macs / cut_macs:.0%}" }}。而且输入多大都行，输出是一张**得分图**，不再是一个向量。只剩一个毛病：网络里有步幅，得分图比原图小。FCN 用双线性插值把它放大回去。

# %% [markdown] tags=["en"]
# The scores are the same, for {{ f"{slide_macs / cut_macs:.0%}" }} of the multiply-adds. The input may have any size, and the output is a **map of scores** instead of one vector. One fault is left: the network has strides, and the map is smaller than the image. FCN enlarges it by bilinear interpolation.

# %% [markdown] tags=["zh"]
# ## 一个编码器，三种解码器 { #decoders }
#
# 缩小的一半叫**编码器**，放大的一半叫解码器。编码器减半三次，32×32 的画布变成 4×4，每个位置看得见整个数字。解码器有三种：
#
# - **FCN**：在 4×4 的特征图上打分，一步放大 8 倍。这是最朴素的一种，论文里最好的那种也从浅层加得分；
# - **没有跳跃连接**：分三次放大，每次 2 倍，每次之后一个卷积；
# - **U-Net**：同样分三次，但每次都把编码器里**同样大小**的特征图拼接进来。
#
# 放大 2 倍这里用[双线性插值](../theory/upsampling.py#interpolation)，也可以用[转置卷积](../theory/upsampling.py#transposed)来学，见练习。
#
# **U-Net** 由 2015 年的医学图像分割得名：画出来像字母 U，左边一级级下去，右边一级级上来，中间架着横桥。

# %% [markdown] tags=["en"]
# ## One encoder, three decoders { #decoders }
#
# The half that shrinks is the **encoder**, the half that enlarges is the decoder. The encoder halves the map three times: a canvas of 32×32 becomes 4×4, and each position sees a whole digit. There are three decoders:
#
# - **FCN**: score the map of 4×4 and enlarge it 8 times in one step. This is its plainest form; the best in the paper adds scores of shallower layers, too;
# - **no skips**: enlarge three times by 2, with a convolution after each;
# - **U-Net**: the same three steps, but each time with concatenation of the encoder's map of the **same size**.
#
# To enlarge by 2, [bilinear interpolation](../theory/upsampling.py#interpolation) is used here; a [transposed convolution](../theory/upsampling.py#transposed) would learn it, see the exercises.
#
# **U-Net** comes from the segmentation of medical images, in 2015, and takes its name from the drawing: down on the left step by step, up on the right, with bridges across.

# %%
def unit(inputs, outputs, stride=1):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


def enlarge(inputs, outputs):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 1),
        nn.Upsample(scale_factor=2, mode="bilinear"),
    )


class Segmenter(nn.Module):
    def __init__(self, skips=True, widths=(12, 24, 48, 48)):
        super().__init__()
        self.skips = skips
        w = widths
        deepest = nn.Sequential(unit(w[2], w[3], 2), unit(w[3], w[3]))
        self.encoder = nn.ModuleList(
            [unit(1, w[0]), unit(w[0], w[1], 2), unit(w[1], w[2], 2), deepest]
        )
        self.up = nn.ModuleList(enlarge(w[k + 1], w[k]) for k in (2, 1, 0))
        times = 2 if skips else 1
        self.join = nn.ModuleList(unit(times * w[k], w[k]) for k in (2, 1, 0))
        self.score = nn.Conv2d(w[0], CLASSES, 1)

    def forward(self, x):
        maps = []
        for stage in self.encoder:
            x = stage(x)
            maps.append(x)  # sides 1, 1/2, 1/4, 1/8
        for up, join, bridge in zip(self.up, self.join, maps[-2::-1]):
            x = up(x)
            x = join(torch.cat([x, bridge], 1) if self.skips else x)
        return self.score(x)  # (N, classes, H, W)


class FCN(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(*Segmenter().encoder)
        self.score = nn.Conv2d(48, CLASSES, 1)

    def forward(self, x):
        scores = self.score(self.encoder(x))  # (N, classes, H/8, W/8)
        return F.interpolate(scores, size=x.shape[-2:], mode="bilinear")

# %% [markdown] tags=["zh"]
# 损失就是逐像素的交叉熵，`F.cross_entropy` 直接收 $(N, C, H, W)$ 的 logits 和 $(N, H, W)$ 的类别。每种训练 5 个轮次，2 个种子：

# %% [markdown] tags=["en"]
# The loss is cross-entropy pixel by pixel; `F.cross_entropy` takes logits of $(N, C, H, W)$ and classes of $(N, H, W)$ as they are. Each trains for 5 epochs with 2 seeds:

# %%
def fit(build, seed, epochs=5, lr=0.01):
    torch.manual_seed(seed)
    model = build()
    optimizer = torch.optim.AdamW(model.parameters(), lr)
    steps = epochs * (len(train_images) // 8)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, lr, total_steps=steps
    )
    for _ in range(epochs):
        for batch in torch.randperm(len(train_images)).split(8):
            optimizer.zero_grad()
            logits = model(train_images[batch])
            F.cross_entropy(logits, train_classes[batch]).backward()
            optimizer.step()
            schedule.step()
    return model.eval()


@torch.no_grad()
def predict(model, images):
    return model(images).argmax(1)


KINDS = {
    "FCN": FCN,
    "no skips": lambda: Segmenter(skips=False),
    "U-Net": Segmenter,
}
trained = {
    kind: [fit(build, seed) for seed in range(2)]
    for kind, build in KINDS.items()
}
predicted = {
    kind: [predict(model, test_images) for model in found]
    for kind, found in trained.items()
}

# %% tags=["hide-input"] alt_zh="三张画布各一行，依次是输入、真值、FCN、没有跳跃连接、U-Net。FCN 只涂出零星的小团，颜色却对；没有跳跃连接的画出粗略的形状；U-Net 的笔画与真值几乎一样。" alt_en="Three canvases, a row each: input, truth, FCN, no skips, U-Net. FCN paints only a few small blobs, in the right colours; without skips there are rough shapes; the strokes of U-Net look almost like the truth."
shown = [0, 1, 2]
tiles, titles = [], []
for n in shown:
    tiles += [test_images[n, 0].clamp(0, 1), paint(test_classes[n]), *[paint(predicted[kind][0][n]) for kind in ("FCN", "no skips", "U-Net")]]
    titles += ["input", "truth", "FCN", "no skips", "U-Net"] if n == shown[0] else [""] * 5
figures.image_grid(tiles, titles, columns=5)

# %% tags=["hide-input"] alt_zh="三种解码器的平均交并比，各两个点：FCN 最低，约 0.2；没有跳跃连接的居中；U-Net 最高，在 0.8 上下。" alt_en="Mean IoU of the three decoders, two dots each: FCN is lowest, about 0.2; no skips in the middle; U-Net highest, around 0.8."
figures.bars({kind: [iou(one, test_classes).mean().item() for one in found] for kind, found in predicted.items()}, xlabel="mean IoU", limits=(0, 1))

# %% tags=["hide-input"]
import pandas as pd


def ink_iou(one):
    return iou((one > 0).long(), (test_classes > 0).long(), 2)[1].item()


def class_right(one):
    found = (one > 0) & (test_classes > 0)
    return (one == test_classes)[found].float().mean().item()


def average(measure, kind):
    return sum(measure(one) for one in predicted[kind]) / len(predicted[kind])


ledgers = {kind: summary.trace(build(), (1, 32, 32)) for kind, build in KINDS.items()}
pd.DataFrame(
    {
        "parameters": [f"{ledger.parameters:,}" for ledger in ledgers.values()],
        "MACs": [f"{ledger.macs:,}" for ledger in ledgers.values()],
        "pixel accuracy": [f"{average(lambda one: (one == test_classes).float().mean().item(), kind):.0%}" for kind in KINDS],
        "IoU of the ink": [f"{average(ink_iou, kind):.2f}" for kind in KINDS],
        "class right, where ink is found": [f"{average(class_right, kind):.0%}" for kind in KINDS],
    },
    index=list(KINDS),
)

# %% tags=["remove-input"]
def border(classes):
    """Return where a pixel has a neighbour of another class."""
    padded = F.pad(classes.float().unsqueeze(1), (1, 1, 1, 1), mode="replicate")
    return (F.max_pool2d(padded, 3, 1) != -F.max_pool2d(-padded, 3, 1))[:, 0]


edge = border(test_classes)
edge_share = edge.float().mean().item()
wrong_at_edge = {kind: sum(edge[one != test_classes].float().mean().item() for one in found) / 2 for kind, found in predicted.items()}
score = {kind: sum(iou(one, test_classes).mean().item() for one in found) / 2 for kind, found in predicted.items()}

# %% [markdown] tags=["zh"]
# 猜对了吗？**最会认的不是最会画的。**FCN 找到的笔画不多，凡是找到的，类别有 {{ f"{average(class_right, 'FCN'):.0%}" }} 是对的；可是它的笔画交并比只有 {{ f"{average(ink_iou, 'FCN'):.2f}" }}。4×4 的图上，一格就是 8×8 个像素，其中多半是背景，再怎么插值也画不出两三个像素宽的笔画。
#
# 分三步放大、每步都学，好了一些：平均交并比 {{ f"{score['no skips']:.2f}" }}。但轮廓的信息在缩小时已经丢了，学也学不回来。加上横桥，升到 {{ f"{score['U-Net']:.2f}" }}。**深层说是什么，浅层说在哪里**。
#
# 剩下的错误在哪里？周围 8 个像素里有别的类，就算边界像素，它们占全图的 {{ f"{edge_share:.0%}" }}；U-Net 的错误有 {{ f"{wrong_at_edge['U-Net']:.0%}" }} 在边界像素上。几个人标注同一张图，边界也画得不一样，这是分割的分数很少到 1 的一个原因。

# %% [markdown] tags=["en"]
# Did you guess right? **The best at recognising is not the best at drawing.** FCN finds little ink, but where it finds some, the class is right {{ f"{average(class_right, 'FCN'):.0%}" }} of the time; yet the IoU of its ink is {{ f"{average(ink_iou, 'FCN'):.2f}" }}. One cell of the 4×4 map is 8×8 pixels, most of them background, and no interpolation makes strokes of two or three pixels out of that.
#
# Enlarging in three steps, with something learned at each, is better: a mean IoU of {{ f"{score['no skips']:.2f}" }}. But the outline got lost on the way down, and learning does not bring it back. With bridges it is {{ f"{score['U-Net']:.2f}" }}: **deep layers say what, shallow layers say where**.
#
# Where are the mistakes that remain? Call a pixel a border pixel if one of the 8 around it has another class. Border pixels make up {{ f"{edge_share:.0%}" }} of the canvas; {{ f"{wrong_at_edge['U-Net']:.0%}" }} of U-Net's mistakes are on them. People who label images disagree there as well, which is one reason why segmentation rarely scores 1.

# %% [markdown] tags=["zh"]
# ## 任意大小 { #any-size }
#
# U-Net 里没有全连接层，不限定输入的大小。训练时见的是 32×32，用的时候可以给它 64×96，上面有二十四个数字：

# %% [markdown] tags=["en"]
# ## Any size { #any-size }
#
# U-Net has no fully connected layer, so the size of its input is free. It was trained on 32×32 and may be given 64×96, with two dozen digits:

# %%
big_images, big_classes = canvases(splits.test, 10, 4, 6, seed=2)
big_predicted = predict(trained["U-Net"][0], big_images)
big_score = iou(big_predicted, big_classes).mean().item()
small_score = iou(predicted["U-Net"][0], test_classes).mean().item()
print(f"mean IoU: {small_score:.2f} on 32×32, {big_score:.2f} on 64×96")

# %% tags=["hide-input"] alt_zh="左：64×96 的画布，4 行 6 列带噪声的数字。中：真值。右：U-Net 的预测，绝大多数数字的颜色和形状都对，少数笔画里混进了别的颜色。" alt_en="Left, a canvas of 64×96 with 4 rows and 6 columns of noisy digits. Middle, the truth. Right, U-Net's prediction: most digits have the right colour and shape, in a few strokes other colours are mixed in."
import matplotlib.pyplot as plt

figure, panels = plt.subplots(1, 3, figsize=(6.4, 1.8))
big = {"input": big_images[0, 0].clamp(0, 1), "truth": paint(big_classes[0]).movedim(0, -1), "U-Net": paint(big_predicted[0]).movedim(0, -1)}
for axes, (title, values) in zip(panels, big.items()):
    axes.imshow(values, interpolation="none")
    axes.set_title(title, fontsize=10)
    axes.axis("off")
figure

# %% [markdown] tags=["zh"]
# 有一个条件：边长要能被 8 整除。20 缩成 10、5、3，从 3 放大是 6，与编码器的 5 拼不起来：

# %% [markdown] tags=["en"]
# There is one condition: 8 must divide the sides. 20 shrinks to 10, 5 and 3, and 3 enlarged is 6, which does not fit the encoder's 5:

# %% tags=["raises-exception"]
predict(trained["U-Net"][0], torch.zeros(1, 1, 20, 32))

# %% [markdown] tags=["zh"]
# 先把图填充到 8 的倍数，预测之后再裁回来。

# %% [markdown] tags=["en"]
# Pad the image to a multiple of 8 first, and crop the prediction.

# %% [markdown] tags=["zh"]
# ## 特征金字塔：每一级都要用 { #pyramid }
#
# U-Net 只用最后那张大图。若物体有大有小，每种大小的图都用得上：大物体在粗的图上认，小物体在细的图上认。可是细的图来自浅层，不懂“是什么”。**特征金字塔网络**（FPN）的办法与 U-Net 相近：从最深的一级起，放大 2 倍，**加上**（不是拼接）上一级经过 1×1 卷积的特征图，最后每一级再各做一次 3×3 卷积。代码不长，结果与 torchvision 的相同：

# %% [markdown] tags=["en"]
# ## Feature pyramids: use every level { #pyramid }
#
# U-Net predicts from its last, large map alone. Where objects come in many sizes, maps of every size are useful: large objects are recognised on coarse maps, small ones on fine maps. But fine maps come from shallow layers, which do not know what they see. The way of the **feature pyramid network** (FPN) is close to U-Net's: from the deepest level up, enlarge by 2, **add** the next map after a 1×1 convolution (a sum, where U-Net has concatenation), and end each level with a 3×3. The code is short, and its results equal torchvision's:

# %%
from torchvision import ops


class Pyramid(nn.Module):
    def __init__(self, widths, outputs):
        super().__init__()
        self.across = nn.ModuleList(nn.Conv2d(w, outputs, 1) for w in widths)
        self.smooth = nn.ModuleList(
            nn.Conv2d(outputs, outputs, 3, padding=1) for _ in widths
        )

    def forward(self, maps):  # from fine to coarse
        levels = [across(x) for across, x in zip(self.across, maps)]
        for fine in reversed(range(len(levels) - 1)):
            coarse = F.interpolate(levels[fine + 1], size=levels[fine].shape[-2:])
            levels[fine] = levels[fine] + coarse
        return [smooth(x) for smooth, x in zip(self.smooth, levels)]


ours = Pyramid([12, 24, 48], 16)
theirs = ops.FeaturePyramidNetwork([12, 24, 48], 16)
values = theirs.state_dict().values()
ours.load_state_dict(dict(zip(ours.state_dict(), values, strict=True)))
maps = {"1": torch.randn(2, 12, 32, 48), "1/2": torch.randn(2, 24, 16, 24)}
maps["1/4"] = torch.randn(2, 48, 8, 12)
with torch.no_grad():
    pairs = zip(ours(maps.values()), theirs(maps).values(), strict=True)
    difference = max((a - b).abs().max().item() for a, b in pairs)
assert difference < 1e-5
print(f"largest difference {difference:.0g}")

# %% [markdown] tags=["zh"]
# 前面算出各级特征图的分类网络，在这里叫**骨干网络**：通常就是去掉结尾的 ResNet，带着 ImageNet 上训练好的权重。

# %% [markdown] tags=["en"]
# The classifier that computes these maps is called the **backbone** here: mostly a ResNet without its end, with weights trained on ImageNet.

# %% [markdown] tags=["zh"]
# ## 目标检测：框也是逐位置的预测 { #detection }
#
# **目标检测**要的是每个物体的类别和外接框，而且事先不知道有几个。常见的做法还是逐位置：在金字塔的每一级、每个位置上，预测各类的得分和一个框的 4 个数。于是框有成千上万个，同一个物体会被许多位置同时报出来，要靠**非极大值抑制**收拾：留下得分最高的框，删掉与它重合太多的，再看剩下的。重合多少，还是用交并比，这回是两个框的：

# %% [markdown] tags=["en"]
# ## Object detection: boxes position by position { #detection }
#
# **Object detection** asks for the class and the box of each object, and nobody says beforehand how many there are. The usual way is position by position again: on each level of the pyramid, each position predicts the scores of the classes and the 4 numbers of a box. That makes thousands of boxes, and many positions report the same object. **Non-maximum suppression** clears up: keep the box with the highest score, drop those that overlap it too much, and go on with the rest. Overlap is IoU once more, this time of two boxes:

# %%
def box_iou(one, other):
    """Return the IoU of boxes (A, 4) with boxes (B, 4): left, top, right, bottom."""
    start = torch.maximum(one[:, None, :2], other[:, :2])  # (A, B, 2)
    end = torch.minimum(one[:, None, 2:], other[:, 2:])
    both = (end - start).clamp(min=0).prod(2)
    area = [(boxes[:, 2:] - boxes[:, :2]).prod(1) for boxes in (one, other)]
    return both / (area[0][:, None] + area[1] - both)


def suppress(boxes, scores, threshold):
    kept, rest = [], scores.argsort(descending=True)
    while len(rest):
        best, rest = rest[0], rest[1:]
        kept.append(best)
        rest = rest[box_iou(boxes[best, None], boxes[rest])[0] <= threshold]
    return torch.stack(kept)


torch.manual_seed(0)
corners = torch.rand(300, 2) * 50
boxes = torch.cat([corners, corners + 5 + torch.rand(300, 2) * 20], 1)
scores = torch.rand(300)
kept = suppress(boxes, scores, 0.5)
assert torch.allclose(box_iou(boxes, boxes), ops.box_iou(boxes, boxes))
assert torch.equal(kept, ops.nms(boxes, scores, 0.5))
print(f"{len(boxes)} boxes, {len(kept)} kept")

# %% [markdown] tags=["zh"]
# ## 常见的坑 { #traps }
#
# !!! warning "只报像素准确率"
#     “全是背景”在这里就有 {{ f"{lazy_accuracy:.0%}" }}。报各类的交并比。
#
# !!! warning "图变了，标签没跟着变"
#     翻转、裁剪、缩放都要[对图和标签一起做](../clinic/data.py#target-not-augmented)。
#
# !!! warning "用双线性缩放标签图"
#     类别号不能取平均；[标签只能用最近邻](../clinic/data.py#interpolated-mask)。
#
# !!! warning "在 logits 上先取 argmax 再放大"
#     先放大 logits，再取 argmax，边界才平滑；反过来，边界是一格一格的。
#
# !!! warning "不存在的类算 0 分"
#     某一类在这批图里既没有真值也没有预测，交并比是 $0/0$，得到 `nan`。跳过它，别当 0；而且要在**整个测试集**上累计，不要逐张算了再平均。

# %% [markdown] tags=["en"]
# ## Traps { #traps }
#
# !!! warning "Pixel accuracy alone"
#     Background everywhere has {{ f"{lazy_accuracy:.0%}" }} here. Report the IoU of each class.
#
# !!! warning "The image is changed, and its labels are not"
#     Flips, crops and scaling must be done [to image and labels together](../clinic/data.py#target-not-augmented).
#
# !!! warning "A map of labels scaled bilinearly"
#     Class numbers have no meaningful average; [labels take nearest](../clinic/data.py#interpolated-mask).
#
# !!! warning "argmax first, then enlarge"
#     Enlarge the logits and take argmax afterwards, and borders are smooth. The other way round they are stairs.
#
# !!! warning "A class that is not there scores 0"
#     Where a class is in neither the truth nor the prediction, its IoU is $0/0$, which is `nan`. Skip it and do not count 0; and sum up over the **whole test set** instead of averaging image by image.

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 框 $(0,0,4,4)$ 与框 $(2,1,6,5)$，次序是左、上、右、下。交并比是多少？
#
# ??? success "答案"
#     交集 $2\times3=6$，并集 $16+16-6=26$，$6/26\approx0.2308$。
#
# **2.** 6 个类，背景占像素的 72%。“全是背景”的平均交并比是多少？
#
# ??? success "答案"
#     背景的交并比是 $0.72$，其余 5 类是 0，平均 $0.72/6=0.12$。
#
# **3.** 医学里常用 Dice 系数 $2|A\cap B|/(|A|+|B|)$。某个预测的交并比是 0.6，Dice 是多少？
#
# ??? success "答案"
#     $\text{Dice}=2\,\text{IoU}/(1+\text{IoU})=1.2/1.6=0.75$。两者大小的次序总是一致。
#
# **4.** 写 `box(mask)`：`mask` 是布尔张量 $(H, W)$，返回外接框 `(left, top, right, bottom)`：左右是最边上那些像素的列号，上下是行号。
#
# ??? success "答案"
#     ```python
#     def box(mask):
#         rows, columns = mask.any(1).nonzero()[:, 0], mask.any(0).nonzero()[:, 0]
#         return tuple(int(value) for value in (columns[0], rows[0], columns[-1], rows[-1]))
#     ```
#
# **5.** 本页的 U-Net 接收 40×56 的图，最小的特征图多大？42×56 呢？
#
# ??? success "答案"
#     $40/8=5$、$56/8=7$，即 5×7。42 缩成 21、11、6，放大时 6 变 12，与 11 拼不上，报错。
#
# **6.** 把 `enlarge` 换成转置卷积。参数多了多少？用 3 个种子比一比，它更好吗？
#
# ??? success "答案"
#     `nn.ConvTranspose2d(inputs, outputs, 2, stride=2)` 的权重是那个 1×1 卷积的 4 倍，三处一共多 $3\times(48\times48+48\times24+24\times12)=11232$ 个。这里训练得这么短，它多半不如双线性，种子之间也更散：放大的办法也要学，学得慢。
#
# **7.** 把训练的画布改成 16×32（一行两个数字），再拿到 64×96 上用。分数会怎样，为什么？
#
# ??? success "答案"
#     自己试：`canvases(splits.train, 480, 1, 2, seed=0)`。在 16×32 上照样好，到了 64×96 上掉一大截。训练时每个数字的上下都是图的边，补的是 0；大画布里，上下却是别的数字，它从没见过。接受任意大小，不等于在任意大小上一样准。

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** Take the boxes $(0,0,4,4)$ and $(2,1,6,5)$, given as left, top, right, bottom. What is their IoU?
#
# ??? success "Answer"
#     They share $2\times3=6$ and cover $16+16-6=26$ together: $6/26\approx0.2308$.
#
# **2.** Of 6 classes, the background has 72% of the pixels. What is the mean IoU of background everywhere?
#
# ??? success "Answer"
#     The background has an IoU of $0.72$ and the other 5 classes have 0, on average $0.72/6=0.12$.
#
# **3.** Medicine likes the Dice coefficient, $2|A\cap B|/(|A|+|B|)$. A prediction has an IoU of 0.6; what is its Dice?
#
# ??? success "Answer"
#     $\text{Dice}=2\,\text{IoU}/(1+\text{IoU})=1.2/1.6=0.75$. The two always rank predictions alike.
#
# **4.** Write `box(mask)`: `mask` is a Boolean tensor of $(H, W)$, and the result is its box `(left, top, right, bottom)`, the numbers of the outermost columns and rows.
#
# ??? success "Answer"
#     ```python
#     def box(mask):
#         rows, columns = mask.any(1).nonzero()[:, 0], mask.any(0).nonzero()[:, 0]
#         return tuple(int(value) for value in (columns[0], rows[0], columns[-1], rows[-1]))
#     ```
#
# **5.** The U-Net of this page is given an image of 40×56. How large is its smallest map? And for 42×56?
#
# ??? success "Answer"
#     $40/8=5$ and $56/8=7$, so 5×7. 42 shrinks to 21, 11 and 6; enlarged, 6 becomes 12, which does not fit 11, and an error is raised.
#
# **6.** Make `enlarge` a transposed convolution. How many parameters more are there? Compare 3 seeds: is it better?
#
# ??? success "Answer"
#     `nn.ConvTranspose2d(inputs, outputs, 2, stride=2)` has 4 times the weights of that 1×1, in three places $3\times(48\times48+48\times24+24\times12)=11232$ more. With training as short as here it mostly does worse than bilinear, and its seeds are further apart: the way of enlarging must be learned too, and that takes time.
#
# **7.** Train on canvases of 16×32, one row of two digits, and use the network on 64×96. What happens to its score, and why?
#
# ??? success "Answer"
#     Try `canvases(splits.train, 480, 1, 2, seed=0)`. On 16×32 it does as well as before, and on 64×96 it falls far. In training every digit had the border above and below it, padded with zeros; on the large canvas there are other digits, neighbours that it has never met. A network that accepts any size is not equally good at every size.

# %% [markdown] tags=["zh"]
# ## 参考文献 { #references }
#
# - J. Long, E. Shelhamer, T. Darrell. [Fully convolutional networks for semantic segmentation](https://arxiv.org/abs/1411.4038). CVPR, 2015.
# - O. Ronneberger, P. Fischer, T. Brox. [U-Net: convolutional networks for biomedical image segmentation](https://arxiv.org/abs/1505.04597). MICCAI, 2015.
# - T. Lin, P. Dollár, R. Girshick, K. He, B. Hariharan, S. Belongie. [Feature pyramid networks for object detection](https://arxiv.org/abs/1612.03144). CVPR, 2017.
# - T. Lin, P. Goyal, R. Girshick, K. He, P. Dollár. [Focal loss for dense object detection](https://arxiv.org/abs/1708.02002). ICCV, 2017.

# %% [markdown] tags=["en"]
# ## References { #references }
#
# - J. Long, E. Shelhamer, T. Darrell. [Fully convolutional networks for semantic segmentation](https://arxiv.org/abs/1411.4038). CVPR, 2015.
# - O. Ronneberger, P. Fischer, T. Brox. [U-Net: convolutional networks for biomedical image segmentation](https://arxiv.org/abs/1505.04597). MICCAI, 2015.
# - T. Lin, P. Dollár, R. Girshick, K. He, B. Hariharan, S. Belongie. [Feature pyramid networks for object detection](https://arxiv.org/abs/1612.03144). CVPR, 2017.
# - T. Lin, P. Goyal, R. Girshick, K. He, P. Dollár. [Focal loss for dense object detection](https://arxiv.org/abs/1708.02002). ICCV, 2017.
