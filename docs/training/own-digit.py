# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "认自己手写的数字：从一张照片到网络的输入，灰度、反色、去底、裁剪、居中、归一化，每一步之后读成什么；以及哪些数字做对了全部步骤还是认不出。"
#       en: "Reading a digit of your own: from a photo to the input of the network, through grey, inversion, ground, crop, centring and normalization, with the reading after each step; and the digits that stay hard when every step is right."
#     covers: [C-09, D-06, E-41, E-43, E-44, E-45, E-46]
#     labels:
#       photo: 照片
#       grey: 灰度
#       inverted: 反色
#       ground removed: 去底
#       cut out: 裁出
#       centred by mass: 按质心居中
#       like the training set: 照训练图处理
#       normalized as in training: 照训练归一化
#       share read rightly: 认对的比例
#       training {}: 训练图 {}
#       plain {}: 不加横的 {}
#       barred {}: 加横的 {}
#       flag {}: 带挑的 {}
#       base {}: 带底座的 {}
# ---

# %% [markdown] tags=["zh"]
# # 认自己手写的数字 { #own-digit-lesson }
#
# 测试集上一百张错不了几张。拿一张自己的照片给它，却往往认错，而且每个网络错得还不一样。**问题出在网络，还是出在照片到网络之间的那几行代码？**
#
# 先猜：灰度、反色、去掉纸的底色、裁剪、居中、归一化，这六步里，**哪一步最值钱**？六步全对之后，还会有认不出的数字吗？

# %% [markdown] tags=["en"]
# # Reading a digit of your own { #own-digit-lesson }
#
# Of a hundred test images, hardly any is misread. Give the same network a photo of your own, and it is mostly wrong, and each trained network is wrong in its own way. **Is the fault in the network, or in the few lines between the photo and the network?**
#
# Guess first: grey, inversion, removing the paper, cropping, centring, normalization: **which of these six steps is worth most**? And once all six are right, are there digits that still cannot be read?

# %% [markdown] tags=["zh"]
# ## 照片 { #photos }
#
# 这一页用不了你的手机，所以照片由代码画出：深色墨水，浅色纸，光从左边来，右下角暗下去，纸面有颗粒；数字偏在一边，每张的位置和大小都是随机的。每个数字 3 张，一共 30 张：

# %% [markdown] tags=["en"]
# ## The photos { #photos }
#
# This page has no access to your phone, so code draws the photos: dark ink on light paper, light from the left, fading towards the lower right, with grain; the digit stands off centre, at a random place and size. There are 3 of each digit, 30 in all:

# %% tags=["hide-input"] alt_zh="十张画出来的照片，浅色纸上深蓝色的数字 0 到 9，位置和大小各不相同，右下方较暗。" alt_en="Ten drawn photos: dark blue digits 0 to 9 on light paper, each at another place and of another size, darker towards the lower right."
import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFilter

from dlnotes import data, figures, recipes

strokes = {
    0: [[(0.5, 0.04), (0.24, 0.2), (0.17, 0.5), (0.25, 0.82), (0.5, 0.96), (0.75, 0.82), (0.83, 0.5), (0.76, 0.2), (0.5, 0.04)]],
    1: [[(0.4, 0.2), (0.55, 0.05), (0.53, 0.95)]],
    2: [[(0.2, 0.25), (0.35, 0.08), (0.6, 0.06), (0.75, 0.22), (0.7, 0.42), (0.2, 0.92), (0.85, 0.92)]],
    3: [[(0.2, 0.15), (0.45, 0.05), (0.72, 0.16), (0.68, 0.36), (0.42, 0.47), (0.75, 0.6), (0.76, 0.82), (0.48, 0.95), (0.18, 0.85)]],
    4: [[(0.6, 0.05), (0.15, 0.62), (0.88, 0.62)], [(0.65, 0.35), (0.62, 0.97)]],
    5: [[(0.8, 0.07), (0.3, 0.07), (0.26, 0.44), (0.58, 0.4), (0.78, 0.62), (0.7, 0.87), (0.42, 0.95), (0.2, 0.86)]],
    6: [[(0.7, 0.06), (0.4, 0.3), (0.24, 0.62), (0.32, 0.9), (0.6, 0.95), (0.75, 0.76), (0.62, 0.56), (0.28, 0.66)]],
    7: [[(0.15, 0.08), (0.85, 0.08), (0.42, 0.95)]],
    8: [
        [(0.5, 0.48), (0.25, 0.3), (0.32, 0.1), (0.5, 0.05), (0.7, 0.12), (0.74, 0.3), (0.5, 0.48)],
        [(0.5, 0.48), (0.24, 0.7), (0.3, 0.9), (0.5, 0.96), (0.72, 0.9), (0.77, 0.7), (0.5, 0.48)],
    ],
    9: [[(0.74, 0.25), (0.5, 0.06), (0.26, 0.2), (0.32, 0.44), (0.56, 0.5), (0.74, 0.25), (0.7, 0.6), (0.52, 0.95)]],
}


def photo(lines, seed, side=240):
    """Draw strokes, whose points lie between 0 and 1, as a photo of ink on paper."""
    random = np.random.default_rng(seed)
    height = random.uniform(85, 140)
    left, top = random.uniform(20, 225 - 0.8 * height), random.uniform(15, 225 - height)
    mask = Image.new("L", (side, side), 0)
    for line in lines:
        points = [(left + 0.8 * height * x, top + height * y) for x, y in line]
        ImageDraw.Draw(mask).line(points, fill=255, width=round(0.12 * height), joint="curve")
    wet = np.asarray(mask.filter(ImageFilter.GaussianBlur(1.2)), dtype=np.float32) / 255
    down, right = np.mgrid[:side, :side] / side
    paper = 225 - random.uniform(20, 70) * right - random.uniform(10, 40) * down + random.normal(0, 3, (side, side))
    colours = [paper * (1 - wet) + ink * wet for ink in (35, 40, 80)]
    return Image.fromarray(np.stack(colours, axis=-1).clip(0, 255).astype(np.uint8))


photos = [photo(strokes[number // 3], seed=number) for number in range(30)]
truth = torch.arange(10).repeat_interleave(3)
small = [picture.reduce(3) for picture in photos[::3]]  # for the page alone
figures.image_grid([torch.from_numpy(np.asarray(picture).copy()).permute(2, 0, 1) for picture in small], columns=5)

# %% [markdown] tags=["zh"]
# 读者是 3 个 LeNet，随机种子不同，都在内置的 digits 上训练：

# %% [markdown] tags=["en"]
# The readers are 3 LeNets from 3 seeds, all trained on the embedded digits:

# %%
runs = [recipes.run("lenet", "digits", seed=seed) for seed in range(3)]
print("test accuracy:", *[f"{run.test.accuracy:.3f}" for run in runs])


def probabilities(images, normalize=True):
    """Return what each run says of uint8 images (N, 1, 28, 28), as (runs, N, 10)."""
    answers = []
    for run in runs:
        apply = run.history.normalization.apply
        inputs = apply(images) if normalize else images.float() / 255
        run.model.eval()
        with torch.no_grad():
            answers.append(run.model(inputs).softmax(dim=1))
    return torch.stack(answers)


# %% [markdown] tags=["zh"]
# ## 直接喂进去 { #naive }
#
# 许多教程只做这些：读图，转灰度，缩到网络要的大小，除以 255。注意大小要和训练时一样，是 28×28；写成 32×32 的，[形状就对不上](../clinic/own-digit.py#two-sizes)。
#
# 读像素用 `np.asarray(picture)`，得到（高，宽）的数组。许多旧笔记先取出一个长列表 `list(picture.getdata())`，再拼回去：慢得多，形状要自己记，而且新版 Pillow 已经警告要删掉 `getdata`。慢多少倍，[门诊](../clinic/own-digit.py#list-of-pixels)里量过。

# %% [markdown] tags=["en"]
# ## Fed in as it is { #naive }
#
# Many tutorials do this and no more: open the photo, turn it grey, scale it to the size the network takes, divide by 255. The size has to be that of training, 28×28; with 32×32 the [shapes do not fit](../clinic/own-digit.py#two-sizes).
#
# To read the pixels, take `np.asarray(picture)`, an array of (height, width). Many older notes pull out one long list, `list(picture.getdata())`, and put it together again: this is much slower, you have to remember the shape yourself, and recent Pillow warns that `getdata` will be removed. How much slower is measured in the [clinic](../clinic/own-digit.py#list-of-pixels).


# %%
def grey(picture):
    # (H, W), 0 = black, 1 = white
    return np.asarray(picture.convert("L"), dtype=np.float32) / 255


def scaled(values, width, height):
    picture = Image.fromarray((values * 255).astype(np.uint8))
    small = picture.resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(small, dtype=np.float32)


def tensor(values):
    return torch.from_numpy(values.astype(np.uint8))[None, None]  # (1, 1, 28, 28)


naive = torch.cat([tensor(scaled(grey(picture), 28, 28)) for picture in photos])
for seed, said in enumerate(probabilities(naive, normalize=False).argmax(dim=2)):
    right = (said == truth).float().mean()
    print(f"seed {seed}: says", *said.tolist()[::3], f" right: {right:.0%} of 30")

# %% tags=["remove-input"]
naive_right = (probabilities(naive, normalize=False).argmax(dim=2) == truth).float().mean().item()

# %% [markdown] tags=["zh"]
# 上面每行是 0 到 9 各一张的读法，右边是 30 张里认对的比例。3 个网络平均 {{ f"{naive_right:.0%}" }}，与瞎猜差不多：它几乎不看图，只认准两三个答案。

# %% [markdown] tags=["en"]
# Each line reads one photo of every digit from 0 to 9, and gives the share of all 30 that are right. The 3 networks average {{ f"{naive_right:.0%}" }}, about what guessing gets: they hardly respond to the picture, and settle on two or three answers.

# %% [markdown] tags=["zh"]
# ## 一步一步来 { #steps }
#
# 网络只见过黑底白字，填满画面，居中。每一步消去照片与训练图的一处差别：

# %% [markdown] tags=["en"]
# ## Step by step { #steps }
#
# All that the network has seen is white on black, filling the frame, centred. Each step removes one difference between the photo and the training images:


# %%
def border(values):
    edges = [values[0], values[-1], values[:, 0], values[:, -1]]
    return np.median(np.concatenate(edges))


def inverted(values):
    # Look first: the ground may be dark already.
    return 1 - values if border(values) > 0.5 else values


def ink(values):
    distance = np.abs(values - border(values))
    # Shadow and grain stay below a quarter of the contrast.
    return ((distance / distance.max() - 0.25) / 0.75).clip(0, 1)


def cut_out(values):
    rows = np.flatnonzero(values.max(axis=1) > 0.3)
    columns = np.flatnonzero(values.max(axis=0) > 0.3)
    return values[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def fitted(values, box):
    scale = box / max(values.shape)  # one scale for both sides: proportions stay
    height, width = (max(1, round(side * scale)) for side in values.shape)
    return scaled(values, width, height)


def placed(small, top, left, side=28):
    canvas = np.zeros((side, side), dtype=np.float32)
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas


def centred_by_mass(small):
    starts = []
    for axis, size in zip(np.mgrid[: small.shape[0], : small.shape[1]], small.shape):
        start = round(13.5 - float((axis * small).sum() / small.sum()))
        starts.append(min(max(start, 0), 28 - size))
    return placed(small, *starts)


# %% [markdown] tags=["zh"]
# 质心是按亮度加权的平均位置：
#
# $$ \bar y = \frac{\sum_{y,x} y\,v_{yx}}{\sum_{y,x} v_{yx}} $$
#
# 其中 $v_{yx}$ 是第 $y$ 行第 $x$ 列的墨迹浓度，$\bar y$ 是质心所在的行；列同理。MNIST 就是这样做的：数字缩进 20×20，质心放到 28×28 的正中。
#
# 可是这里的网络学的是 digits，它的图另有做法：数字填满 32×32，每 4×4 个像素平均成一格，得到 8×8 格，每格 17 级灰度，再放大。所以最后一步不按质心居中，而是**照训练图的做法重做一遍**：

# %% [markdown] tags=["en"]
# The centre of mass is the mean position, weighted by brightness:
#
# $$ \bar y = \frac{\sum_{y,x} y\,v_{yx}}{\sum_{y,x} v_{yx}} $$
#
# where $v_{yx}$ is the amount of ink in row $y$ and column $x$, and $\bar y$ the row of the centre; columns likewise. That is how MNIST was made: a digit is scaled into 20×20, and its centre of mass set to the middle of 28×28.
#
# But these networks learnt from the embedded digits, whose images were made in another way: a digit fills 32×32, every block of 4×4 pixels is averaged to one cell, which gives 8×8 cells of 17 grey levels, and these are enlarged. So the last step replaces centring by mass: **repeat what was done to the training images**:


# %%
def like_training(cut):
    small = fitted(cut, 32)
    canvas = placed(small, *((32 - size) // 2 for size in small.shape), side=32)
    cells = canvas.reshape(8, 4, 8, 4).mean(axis=(1, 3)) / 255 * 16
    levels = torch.from_numpy(cells.round())[None, None] * (255 / 16)
    large = torch.nn.functional.interpolate(levels, size=(28, 28), mode="bicubic")
    return large.round().clamp(0, 255).to(torch.uint8)


steps = {
    "grey": lambda x: tensor(scaled(x, 28, 28)),
    "inverted": lambda x: tensor(scaled(inverted(x), 28, 28)),
    "ground removed": lambda x: tensor(scaled(ink(x), 28, 28)),
    "cut out": lambda x: tensor(placed(fitted(cut_out(ink(x)), 20), 0, 0)),
    "centred by mass": lambda x: tensor(centred_by_mass(fitted(cut_out(ink(x)), 20))),
    "like the training set": lambda x: like_training(cut_out(ink(x))),
}
images = {
    name: torch.cat([step(grey(picture)) for picture in photos])
    for name, step in steps.items()
}

# %% tags=["hide-input"] alt_zh="两个数字 2 和 5，各六张小图：灰度；反色；底色变黑；裁出后贴在左上角；按质心居中；最后一张填满画面、略模糊，与训练图一样。" alt_en="Two digits, 2 and 5, as six small pictures each: grey; inverted; the ground gone black; cut out and put into the upper left corner; centred by mass; and last filling the frame and slightly blurred, as the training images are."
tiles = [images[name][index] for index in (6, 15) for name in steps]
figures.image_grid(tiles, [*steps, *[""] * len(steps)], columns=3)

# %% [markdown] tags=["zh"]
# 现在看数字 2 的那一张：每一步之后，3 个网络各读成什么，以及它们给 10 个类别的平均概率，单位是百分之一。最后一行才用上训练时的均值和标准差，前面都只除以 255。

# %% [markdown] tags=["en"]
# Now the photo of the 2: what each of the 3 networks reads after every step, and the mean probability that they give to the 10 classes, in per cent. Only the last line uses the mean and the deviation of training; the lines before divide by 255.

# %%
answers = {
    name: probabilities(batch, normalize=False) for name, batch in images.items()
}
answers["normalized as in training"] = probabilities(images["like the training set"])

print(f"{'':26}{'read as':8}" + "".join(f"{digit:4}" for digit in range(10)))
for name, said in answers.items():
    read = " ".join(map(str, said[:, 6].argmax(dim=1).tolist()))
    row = said[:, 6].mean(dim=0).tolist()
    print(f"{name:26}{read:8}" + "".join(f"{100 * value:4.0f}" for value in row))

# %% [markdown] tags=["zh"]
# 一张图可能只是运气。把 30 张都算上，每个点是一个网络：

# %% [markdown] tags=["en"]
# One picture may be luck. Here are all 30, one dot per network:

# %% tags=["hide-input"] alt_zh="每一步之后认对的比例：灰度、反色、去底、裁出都在随机水平附近；按质心居中后跳到一半以上；照训练图处理再高一些；照训练归一化后九成左右。" alt_en="Share read rightly after each step: grey, inverted, ground removed and cut out stay about chance level; centred by mass jumps to more than half; like the training set is higher; normalized as in training reaches about nine tenths."
right = {name: (said.argmax(dim=2) == truth).float().mean(dim=1).tolist() for name, said in answers.items()}
figures.bars(right, xlabel="share read rightly", limits=(0, 1))

# %% tags=["remove-input"]
share = {name: sum(values) / len(values) for name, values in right.items()}
sure = {name: said.amax(dim=2).mean().item() for name, said in answers.items()}

# %% [markdown] tags=["zh"]
# 猜对了吗？反色、去底、裁剪做完，也不比瞎猜强多少（裁出后 {{ f"{share['cut out']:.0%}" }}）；一居中，就跳到 {{ f"{share['centred by mass']:.0%}" }}。但不能说“居中最值钱，别的可以不要”：**它们是串在一起的**，少了前面任何一步，居中就无从做起。没有反色和去底，阴影也算墨迹，外框就成了大半张纸。练习 2 请你拆开来量。
#
# 最后两行也不小。照训练图处理，{{ f"{share['like the training set']:.0%}" }}；再照训练归一化，{{ f"{share['normalized as in training']:.0%}" }}。归一化还改变了把握：平均最高概率从 {{ f"{sure['like the training set']:.2f}" }} 到 {{ f"{sure['normalized as in training']:.2f}" }}。

# %% [markdown] tags=["en"]
# Did you guess right? After inversion, ground and crop, readings are still hardly better than chance (cut out: {{ f"{share['cut out']:.0%}" }}); centring takes them to {{ f"{share['centred by mass']:.0%}" }}. Still, this does not make centring the one step that counts: **the steps form a chain**, and without those before it there is nothing to centre. With the ground left in, shadow counts as ink, and the box takes in most of the sheet. Exercise 2 takes the chain apart.
#
# The last two lines matter as well. Treated like the training images: {{ f"{share['like the training set']:.0%}" }}; normalized as in training on top: {{ f"{share['normalized as in training']:.0%}" }}. Normalization also changes confidence: the mean of the highest probability goes from {{ f"{sure['like the training set']:.2f}" }} to {{ f"{sure['normalized as in training']:.2f}" }}.

# %% [markdown] tags=["zh"]
# ## 一个函数，一条命令 { #load-digit }
#
# `data.load_digit` 做的正是这些步骤，另外还转正手机照片、给透明背景垫白纸、处理 16 位灰度。`like` 说的是照哪个数据集的做法：

# %% [markdown] tags=["en"]
# ## One function, one command { #load-digit }
#
# `data.load_digit` does exactly these steps. It also turns photos upright, lays transparent drawings on white, and accepts 16-bit grey. `like` names the data set whose recipe it follows:

# %%
ours = {
    "mnist": images["centred by mass"],
    "digits": images["like the training set"],
}
{
    like: torch.equal(torch.cat([data.load_digit(x, like=like) for x in photos]), batch)
    for like, batch in ours.items()
}

# %% [markdown] tags=["zh"]
# 30 张图，两种做法，像素一个不差。命令行上只要一句；还没有权重时，它会先训练一个：
#
# ```bash
# dlnotes predict lenet photo.jpg --data digits
# ```
#
# 它从检查点里取出训练时的均值和标准差，不另算一套。

# %% [markdown] tags=["en"]
# 30 pictures, both ways, equal to the pixel. On the command line it is one line; if there are no weights yet, it trains first:
#
# ```bash
# dlnotes predict lenet photo.jpg --data digits
# ```
#
# The mean and the standard deviation come from the checkpoint, as they were in training.

# %% [markdown] tags=["zh"]
# ## 还认不出的 { #still-hard }
#
# 六步全对，也到不了 100%。错的是哪些？

# %% [markdown] tags=["en"]
# ## What stays hard { #still-hard }
#
# All six steps are right, and still the share is below 100 %. Which digits are missed?

# %%
final = answers["normalized as in training"]
for digit in range(10):
    said = final[:, truth == digit].argmax(dim=2).flatten().tolist()
    if any(answer != digit for answer in said):
        print(f"{digit} read as", *said)

# %% [markdown] tags=["zh"]
# 7 错得最多。预处理没有错，那就看看训练集里的 7：

# %% [markdown] tags=["en"]
# The 7 comes off worst. Preprocessing is right, so look at the 7s of the training set:

# %% tags=["hide-input"] alt_zh="上排：八张训练用的 7，中间大多有一横。下排：自己画的不加横的 7、加横的 7、带挑的 1、带底座的 1。" alt_en="Top row: eight 7s of the training set, most with a bar through the stem. Bottom row, drawn: a plain 7, a barred 7, a 1 with a flag, a 1 on a base."
variants = {
    "plain 7": strokes[7],
    "barred 7": [*strokes[7], [(0.3, 0.5), (0.8, 0.5)]],
    "flag 1": [[(0.2, 0.4), (0.6, 0.05), (0.6, 0.95)]],
    "base 1": [[(0.3, 0.3), (0.55, 0.05), (0.55, 0.95)], [(0.25, 0.95), (0.85, 0.95)]],
}
train = runs[0].splits.train
drawn = {name: torch.cat([data.load_digit(photo(lines, seed), like="digits") for seed in range(3)]) for name, lines in variants.items()}
sevens = list(train.images[train.labels == 7][:8])
figures.image_grid([*sevens, *[batch[0] for batch in drawn.values()]], [*["training 7"] * 8, *drawn], columns=4)

# %%
for name, batch in drawn.items():
    said, wanted = probabilities(batch), int(name[-1])
    print(f"{name:9} read as", *said.argmax(dim=2).flatten().tolist(), end=", ")
    print(f"mean probability of {wanted}: {said[..., wanted].mean():.2f}")

# %% tags=["remove-input"]
plain, barred = (probabilities(drawn[name])[..., 7].mean().item() for name in ("plain 7", "barred 7"))

# %% [markdown] tags=["zh"]
# 原来训练集里的 7 大多在中间加一横，写字的人是这个习惯。不加横的 7，概率平均 {{ f"{plain:.2f}" }}；只加那一横，就到 {{ f"{barred:.2f}" }}。带底座的 1 读成了 2，原因就没有这么简单：训练集里也有带底座的 1，只是笔画斜，没有挑。
#
# **预处理只能消去拍照带来的差别，消不去写法的差别。** 这要靠数据：换 MNIST 训练（写的人多得多），或者收集你自己的写法。还有几样这一页没有解决：
#
# - 格子纸、横线纸：格线也是深色的，会留在墨迹里。
# - 阴影很重：颜色离底色超过最大差别的四分之一，就会当成墨迹。
# - 笔太细：缩小之后变淡。
# - 一张图里有两个数字：外框会把两个都圈进来。
# - 不是数字的图：10 个概率加起来总是 1，网络没有“都不是”这个选项。

# %% [markdown] tags=["en"]
# Most 7s of the training set have a bar through the stem; that is how its writers wrote. A plain 7 gets a mean probability of {{ f"{plain:.2f}" }}; the bar alone lifts it to {{ f"{barred:.2f}" }}. A 1 on a base is read as a 2, and that is less simple: the training set has some with a base, but they lean, and have no flag.
#
# **Preprocessing removes what the camera brought in; it does not remove how people write.** For that you need data: train on MNIST, which has many more writers, or collect samples of your own handwriting. A few more things are not solved here:
#
# - Squared or ruled paper: the lines are dark too, and stay in as ink.
# - A deep shadow: whatever differs from the ground by more than a quarter of the greatest difference counts as ink.
# - A thin pen: it fades when scaled down.
# - Two digits in one picture: the box takes in both.
# - A picture of no digit: the 10 probabilities still add up to 1, and the network has no answer for "none of these".

# %% [markdown] tags=["zh"]
# ## 常见的坑 { #traps }
#
# !!! warning "用 `np.resize` 缩放"
#     它不缩放，只是把像素从头填进新的形状。[门诊](../clinic/own-digit.py#np-resize-refills)里看得到结果。
#
# !!! warning "一律 `255 - x`"
#     画图软件可能本来就是黑底。先看边缘。[门诊：没有反色](../clinic/own-digit.py#not-inverted)。
#
# !!! warning "预测时另写一套归一化"
#     不报错，只是变差。[门诊：预测时少了归一化](../clinic/own-digit.py#other-normalization)。
#
# !!! warning "透明背景、横着的照片、16 位灰度"
#     看图软件里都正常，读进来却不是那样：[透明](../clinic/own-digit.py#transparent-ground)、[横放](../clinic/own-digit.py#photo-on-its-side)、[16 位](../clinic/own-digit.py#sixteen-bit-grey)。

# %% [markdown] tags=["en"]
# ## Traps { #traps }
#
# !!! warning "Scaling with `np.resize`"
#     It does not scale; it fills the new shape with pixels from the front. The [clinic](../clinic/own-digit.py#np-resize-refills) shows what comes out.
#
# !!! warning "Always `255 - x`"
#     A drawing program may have a dark ground already. Look at the border first. [Clinic: not inverted](../clinic/own-digit.py#not-inverted).
#
# !!! warning "A second normalization, written for prediction"
#     No error, only worse answers. [Clinic: normalization left out at prediction](../clinic/own-digit.py#other-normalization).
#
# !!! warning "Transparent grounds, photos on their side, 16-bit grey"
#     All look right in a viewer and are read as something else: [transparent](../clinic/own-digit.py#transparent-ground), [on its side](../clinic/own-digit.py#photo-on-its-side), [16 bits](../clinic/own-digit.py#sixteen-bit-grey).

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 一张 3×3 的图，墨迹只在第 0 行第 0 列（值 1）和第 2 行第 0 列（值 3）。质心在哪一行、哪一列？
#
# ??? success "答案"
#     行：$(0\times1+2\times3)/4=1.5$。列：0。质心靠近浓的那一头，与外框的中心（第 1 行）不同。
#
# **2.** 跳过“去底”，直接对反色后的图裁剪，外框会是什么？
#
# ??? success "答案"
#     反色以后，亮纸变成暗灰，右下角的阴影变成较亮的灰。阴影超过 0.3 时就进了外框，往往直到纸的边缘；数字于是还是偏在一边，还是小。先用 `cut_out(inverted(grey(photos[6]))).shape` 看看，再与 `cut_out(ink(grey(photos[6]))).shape` 比较。
#
# **3.** 为什么长宽要用同一个比例缩放，不直接拉成正方形？哪个数字受害最深？
#
# ??? success "答案"
#     1 又高又窄，拉成正方形就成了一块白。宽高比本身就是线索。
#
# **4.** 写 `centre_of_mass(image)`：给出二维张量的质心（行，列），两个 Python 浮点数。全黑的图该怎样？
#
# ??? success "答案"
#     全黑的图没有质心，分母是 0；宁可报错，也不要让 `nan` 走到下一步。
#
#     ```python
#     import torch
#
#
#     def centre_of_mass(image):
#         mass = image.sum()
#         if mass == 0:
#             raise ValueError("the image shows no ink")
#         rows = torch.arange(image.shape[0], dtype=image.dtype)
#         columns = torch.arange(image.shape[1], dtype=image.dtype)
#         return (image.sum(dim=1) @ rows / mass).item(), (image.sum(dim=0) @ columns / mass).item()
#     ```
#
# **5.** 给网络一张白噪声，它说是哪个数字？概率多高？这个概率能当作“它是数字”的证据吗？
#
# ??? success "答案"
#     总会说出一个，因为 softmax 只在 10 个类别之间分配。概率说的是“若是这 10 个之一，更像哪个”，不是“它是不是数字”。用 `probabilities(torch.randint(0, 256, (1, 1, 28, 28), dtype=torch.uint8))` 试。

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** A picture of 3×3 has ink in row 0, column 0 (value 1) and in row 2, column 0 (value 3) only. In which row and column is its centre of mass?
#
# ??? success "Answer"
#     Row: $(0\times1+2\times3)/4=1.5$. Column: 0. The centre leans to the heavier end; the middle of the box would be row 1.
#
# **2.** Leave out the removal of the ground, and crop the inverted picture. What is the box?
#
# ??? success "Answer"
#     After inversion, bright paper is dark grey and the shadow at the lower right a brighter grey. Where the shadow exceeds 0.3 it is inside the box, often up to the edge of the sheet; the digit is still off centre, and still small. Look at `cut_out(inverted(grey(photos[6]))).shape`, and compare `cut_out(ink(grey(photos[6]))).shape`.
#
# **3.** Why scale both sides by the same factor, and not stretch to a square? Which digit suffers most?
#
# ??? success "Answer"
#     A 1 is tall and narrow; stretched to a square it is a white block. The proportions are a clue in themselves.
#
# **4.** Write `centre_of_mass(image)`, which gives the centre of mass of a tensor of two dimensions as (row, column), two Python floats. What should happen for an all-black image?
#
# ??? success "Answer"
#     An all-black image has none: the denominator is 0. Better an error than a `nan` that goes on to the next step.
#
#     ```python
#     import torch
#
#
#     def centre_of_mass(image):
#         mass = image.sum()
#         if mass == 0:
#             raise ValueError("the image shows no ink")
#         rows = torch.arange(image.shape[0], dtype=image.dtype)
#         columns = torch.arange(image.shape[1], dtype=image.dtype)
#         return (image.sum(dim=1) @ rows / mass).item(), (image.sum(dim=0) @ columns / mass).item()
#     ```
#
# **5.** Give the network white noise. Which digit does it name, and with what probability? Is that evidence that the picture is a digit?
#
# ??? success "Answer"
#     It always names one, as softmax shares out between the 10 classes. The probability says which of the 10 is the likeliest, given that it is one of them; it does not say whether it is. Try `probabilities(torch.randint(0, 256, (1, 1, 28, 28), dtype=torch.uint8))`.

# %% [markdown] tags=["zh"]
# ## 参考文献 { #references }
#
# - Y. LeCun, C. Cortes, C. J. C. Burges. [The MNIST database of handwritten digits](http://yann.lecun.com/exdb/mnist/)，写明了 20×20 与质心居中。
# - E. Alpaydin, C. Kaynak. [Optical recognition of handwritten digits](https://doi.org/10.24432/C50P49). UCI Machine Learning Repository, 1998.
# - [Pillow：`Image.resize`](https://pillow.readthedocs.io/en/stable/reference/Image.html#PIL.Image.Image.resize)。

# %% [markdown] tags=["en"]
# ## References { #references }
#
# - Y. LeCun, C. Cortes, C. J. C. Burges. [The MNIST database of handwritten digits](http://yann.lecun.com/exdb/mnist/), which describes 20×20 and centring by mass.
# - E. Alpaydin, C. Kaynak. [Optical recognition of handwritten digits](https://doi.org/10.24432/C50P49). UCI Machine Learning Repository, 1998.
# - [Pillow: `Image.resize`](https://pillow.readthedocs.io/en/stable/reference/Image.html#PIL.Image.Image.resize).
