# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "人工智能、机器学习、深度学习是什么关系；手工特征与学到的特征在同一批数字上比一比；有标签、只有奖励、什么都没有，各能学到多少；深度学习为什么在这时兴起。"
#       en: "How artificial intelligence, machine learning and deep learning nest; hand-made and learned features compared on the same digits; what can be learnt from labels, from rewards, from nothing but images; why deep learning took off when it did."
#     covers: [T-04, T-06, N-19, Q-01, Q-16, E-59, E-76]
#     labels:
#       artificial intelligence: 人工智能
#       search, rules, planning: 搜索、规则、规划
#       features by people: 特征由人设计
#       features learned too: 特征也由数据学
#       "10 features by hand": "10 个手工特征"
#       edge directions: 边缘方向
#       raw pixels: 原始像素
#       learned features: 学到的特征
#       training images: 训练图片数
#       usual digits: 平常的数字
#       half of them inverted: 一半反色
#       images seen: 看过的图片数
#       told the label: 告诉标签
#       told right or wrong: 只说对错
#       "image classification: {}": 图像分类：{}
#       object detection: 目标检测
#       semantic segmentation: 语义分割
# ---

# %% [markdown] tags=["zh"]
# # 什么是深度学习：特征由谁来定 { #what-is-deep-learning }
#
# 给你一张 $28\times28$ 的手写数字，要写一个程序说出它是几。程序该看什么？有几个圈，横着数有几道笔画，左右是否对称？还是把 784 个像素全交给它，让它自己决定？
#
# 下面 4 个程序读同一批数字，差别只在“看什么”由谁定。**先猜：谁最准？只有 30 张训练图片时，名次会变吗？**

# %% [markdown] tags=["en"]
# # What deep learning is: who decides what to look at { #what-is-deep-learning }
#
# Here is a handwritten digit of $28\times28$ pixels, and a program has to name it. What should it look at? The number of loops, the strokes along a line, the symmetry? Or should it get all 784 pixels and work that out by itself?
#
# The 4 programs below read the same digits. They differ in who decides what to look at. **Guess first: which is best? And does the order change when there are only 30 images to learn from?**

# %% [markdown] tags=["zh"]
# ## 三个套在一起的圈 { #nesting }

# %% [markdown] tags=["en"]
# ## Three nested sets { #nesting }

# %% tags=["remove-input"] alt_zh="三个套在一起的圆角框：最外面是人工智能，旁注搜索、规则、规划；里面是机器学习，旁注特征由人设计；最里面是深度学习，旁注特征也由数据学。" alt_en="Three nested boxes: artificial intelligence outside, with search, rules and planning; machine learning inside it, with features by people; deep learning innermost, with features learned too."
import matplotlib.pyplot as plt
from matplotlib.patches import FancyBboxPatch

from dlnotes.figures.style import PALETTE

figure, axes = plt.subplots(figsize=(6.4, 2.7), layout="none")
axes.set_position((0, 0, 1, 1))
axes.axis("off")
axes.set(xlim=(0, 64), ylim=(0, 27))
sets = [
    ((1, 1, 62, 25), "artificial intelligence", "search, rules, planning"),
    ((4, 2.5, 49, 17), "machine learning", "features by people"),
    ((7, 4, 36, 8.6), "deep learning", "features learned too"),
]
for (left, bottom, wide, high), name, note in sets:
    colour = PALETTE[sets.index(((left, bottom, wide, high), name, note))]
    box = FancyBboxPatch(
        (left, bottom),
        wide,
        high,
        boxstyle="round,pad=0,rounding_size=2",
        facecolor=colour,
        edgecolor="none",
        alpha=0.16,
    )
    edge = FancyBboxPatch(
        (left, bottom),
        wide,
        high,
        boxstyle="round,pad=0,rounding_size=2",
        facecolor="none",
        edgecolor=colour,
        linewidth=1.6,
    )
    axes.add_patch(box), axes.add_patch(edge)
    axes.text(left + 2.2, bottom + high - 3.6, name, fontsize=12, fontweight="bold")
    axes.text(
        left + wide - 2, bottom + high - 3.6, note, fontsize=10, ha="right", alpha=0.8
    )

# %% [markdown] tags=["zh"]
# - **人工智能**最大：凡是让机器做需要智力的事，都算。下棋时的搜索、导航时的最短路，都不从数据里学任何东西。
# - **机器学习**是其中一支：程序里留下一些可以调的数，即参数，由数据来定。可是输入要先变成特征，而特征往往由人设计。
# - **深度学习**又是机器学习的一支：用多层的网络，连特征也一起学。
#
# 参数还没有定下来的那个函数，叫**模型**：给它一张图片，它算出一个答案。人只写下它的形状，参数换一组，就是另一个函数。**神经网络**是模型的一种，由[仿射变换和非线性函数](mlp.py)一层套一层拼成；下面前 3 个程序只有一层，第 4 个有 5 层带参数的。
#
# 有两种流行的说法要改一改。“深度学习不需要特征”不对，它不需要的是**人来设计**特征；网络每一层的输出都是特征。“特征就是权重”也不对：特征描述一个样本，换一张图片就换一组数；权重学好之后，对所有图片都一样。
#
# ## 人会看什么：10 个手工特征 { #by-hand }
#
# 先当一回特征工程师。由人写程序算出的特征叫**手工特征**，人懂什么，它才有什么。圈用“走不到图片边缘的空白”来找：从边缘往里漫水，淹不到的就是圈。

# %% [markdown] tags=["en"]
# - **Artificial intelligence** is the largest: anything that makes a machine do what takes judgement. The search in a chess program and the shortest path in a navigation system learn nothing from data.
# - **Machine learning** is a part of it: the program has numbers left open, its parameters, and data sets them. The input must first become features, though, and those are often designed by people.
# - **Deep learning** is a part of machine learning: networks of many layers that learn the features as well.
#
# The function whose parameters are still open is called a **model**: it takes an image and computes an answer. People write down only its form; with other parameters it is another function. A **neural network** is one kind of model, [affine maps and non-linear functions](mlp.py) put one after another; the first 3 programs below have a single layer, the fourth has 5 layers with parameters.
#
# Two common sayings need correcting. "Deep learning needs no features" is wrong: it needs no **designed** ones, but the output of every layer is a set of features. "A feature is a weight" is wrong too: a feature describes a sample and changes from image to image, while weights, once learned, are the same for all images.
#
# ## What a person would look at: ten features by hand { #by-hand }
#
# Be a feature engineer for a moment. What such a program computes is called **hand-crafted features**; they hold what people knew and nothing else. A loop is paper that cannot be reached from the border: flood the image from outside, and what stays dry is a loop.

# %%
import torch
from torch.nn import functional as F

from dlnotes import data

splits = data.load("digits")


def loops(ink):
    """Mark the paper that no path joins to the border.

    Booleans (N, 28, 28) → 0 or 1, the same shape.
    """
    paper = F.pad((~ink).float().unsqueeze(1), (1, 1, 1, 1), value=1.0)
    water = torch.zeros_like(paper)
    water[..., 0, :] = 1
    for _ in range(60):
        water = F.max_pool2d(water, 3, stride=1, padding=1) * paper
    return (paper - water)[:, 0, 1:-1, 1:-1]


def strokes(line):
    """Count where ink begins along lines. Booleans (N, 28) → (N,)."""
    return (line[:, 1:] & ~line[:, :-1]).sum(dim=1)


def ten_features(images):
    """Describe uint8 images (N, 1, 28, 28) by 10 numbers of our own: (N, 10)."""
    x = images[:, 0].float() / 255
    ink = x > 0.35
    hole = loops(ink)
    return torch.stack(
        [
            x.mean((1, 2)),  # how much ink
            x[:, :14].mean((1, 2)) - x[:, 14:].mean((1, 2)),  # more above or below
            x[:, :, :14].mean((1, 2)) - x[:, :, 14:].mean((1, 2)),  # more left or right
            (x - x.flip(2)).abs().mean((1, 2)),  # left-right symmetry
            (x - x.flip(1)).abs().mean((1, 2)),  # top-bottom symmetry
            # loops above and below
            hole[:, :14].mean((1, 2)),
            hole[:, 14:].mean((1, 2)),
            # strokes across two rows
            strokes(ink[:, 9]),
            strokes(ink[:, 18]),
            # strokes down the middle
            strokes(ink[:, :, 14]),
        ],
        dim=1,
    )


# %% tags=["hide-input"] alt_zh="5 个数字，下面是各自的圈：0、6、9 各有一块，8 常有两块，1 没有。" alt_en="5 digits and, below, their loops: one patch for 0, 6 and 9, often two for 8, none for 1."
from dlnotes import figures

shown = torch.stack(
    [
        splits.train.images[(splits.train.labels == digit).nonzero()[0, 0]]
        for digit in (0, 1, 6, 8, 9)
    ]
)
found = loops(shown[:, 0].float() / 255 > 0.35) * 255
figures.image_grid([*shown[:, 0], *found.to(torch.uint8)], columns=5)

# %% [markdown] tags=["zh"]
# 再来一种经典得多的特征：每一小块里，边缘朝 8 个方向各有多强。它是**方向梯度直方图**（HOG）的简化版，2005 年为找行人而提出，深度学习之前一直是检测物体的标准做法。分 $4\times4$ 块，每块 8 个方向，共 128 个数。

# %% [markdown] tags=["en"]
# Then a far more classical kind: how strong the edges are in each of 8 directions, cell by cell. This is a small form of the **histogram of oriented gradients** (HOG), introduced in 2005 to find pedestrians, and a standard way to detect objects until deep learning came. With $4\times4$ cells and 8 directions there are 128 numbers.


# %%
def edge_directions(images, cells=4, directions=8):
    """Describe images by the strength of edges per cell and direction.

    Returns (N, directions * cells²).
    """
    kernel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    across_down = F.conv2d(
        images.float() / 255, torch.stack([kernel, kernel.T]).unsqueeze(1), padding=1
    )
    angle = torch.atan2(across_down[:, 1], across_down[:, 0]) / (2 * torch.pi) + 0.5
    which = F.one_hot(
        (angle * directions).long().clamp(0, directions - 1), directions
    ).permute(0, 3, 1, 2)
    strength = F.adaptive_avg_pool2d(
        which * across_down.norm(dim=1).unsqueeze(1), cells
    ).flatten(1)
    return strength / (strength.norm(dim=1, keepdim=True) + 1e-6)


# %% [markdown] tags=["zh"]
# ## 同一场考试 { #race }
#
# 前 3 个程序都是“固定的特征 + 一个线性分类器”（[softmax 回归](softmax-regression.py)）：10 个手工特征、边缘方向、原始像素。第 4 个是 [LeNet](../models/lenet.py)，特征与分类器一起学。训练图片从 30 张加到 {{ f"{len(splits.train.labels):,}" }} 张，每种情形两个随机种子。

# %% [markdown] tags=["en"]
# ## One exam for all { #race }
#
# The first 3 programs are fixed features with a linear classifier ([softmax regression](softmax-regression.py)): the ten by hand, the edge directions, the raw pixels. The fourth is [LeNet](../models/lenet.py), which learns features and classifier together. The training images go from 30 up to {{ f"{len(splits.train.labels):,}" }}, with two seeds each.

# %%
import dataclasses
from statistics import mean

from torch import nn

from dlnotes import models, training

designed = {
    "10 features by hand": ten_features,
    "edge directions": edge_directions,
    "raw pixels": lambda images: images.float().flatten(1) / 255,
}


def linear(x, labels, z, test_labels):
    """Fit a linear classifier on fixed features and return its test accuracy."""
    centre, spread = x.mean(dim=0), x.std(dim=0).clamp_min(1e-4)
    x, z = (x - centre) / spread, (z - centre) / spread
    classifier = nn.Linear(x.shape[1], 10)
    optimizer = torch.optim.LBFGS(classifier.parameters(), max_iter=25)

    def loss():
        optimizer.zero_grad()
        value = (
            F.cross_entropy(classifier(x), labels)
            + 1e-3 * classifier.weight.square().sum()
        )
        value.backward()
        return value

    optimizer.step(loss)
    return (classifier(z).argmax(dim=1) == test_labels).float().mean().item()


def deep(splits, epochs, seed):
    """Train LeNet from raw pixels and return its test accuracy."""
    training.seed_everything(seed)
    model = models.create("lenet")
    size = min(32, len(splits.train.labels))
    history = training.fit(
        model,
        splits,
        training.Config(epochs=epochs, batch_size=size, lr=4e-3, seed=seed),
    )
    return training.evaluate(model, splits.test, history.normalization).accuracy


def draw(count, seed):
    """Choose `count` training images at random."""
    order = torch.randperm(
        len(splits.train.labels), generator=torch.Generator().manual_seed(seed)
    )
    return order[:count]


def few(chosen):
    """Keep the chosen training images only."""
    train = data.Split(splits.train.images[chosen], splits.train.labels[chosen])
    return dataclasses.replace(splits, train=train)


epochs = {30: 40, 150: 15, 600: 7, len(splits.train.labels): 6}
race = {}
for name, features in designed.items():
    x, z = features(splits.train.images), features(splits.test.images)
    race[name] = [
        mean(
            linear(x[chosen], splits.train.labels[chosen], z, splits.test.labels)
            for chosen in (draw(n, 0), draw(n, 1))
        )
        for n in epochs
    ]
race["learned features"] = [
    mean(deep(few(draw(n, seed)), passes, seed) for seed in (0, 1))
    for n, passes in epochs.items()
]

# %% tags=["hide-input"] alt_zh="横轴是训练图片数（对数），纵轴是测试准确率。10 个手工特征最后停在七成多；其余三种都随数据增多而上升，最后都在九成五以上。" alt_en="Test accuracy against the number of training images, logarithmic: the ten features stop above seventy percent; the other three rise with the data and end above 95 percent."
figure = figures.lines(
    race, x=list(epochs), xlabel="training images", ylabel="test accuracy"
)
axes = figure.axes[0]
axes.set_xscale("log")
axes.set_xticks(list(epochs), [f"{n:,}" for n in epochs])
axes.minorticks_off()
figure

# %% [markdown] tags=["zh"]
# 4 件事值得看：
#
# - **特征好坏比分类器要紧。** 同样是线性分类器，10 个手工特征到 {{ f"{race['10 features by hand'][-1]:.0%}" }} 就上不去了，边缘方向有 {{ f"{race['edge directions'][-1]:.1%}" }}。丢掉的信息，后面再也找不回来。
# - **好的手工特征并不输。** 用上全部图片，只训练 6 个轮次的 LeNet 是 {{ f"{race['learned features'][-1]:.1%}" }}，没有胜过边缘方向；要加上数据增强、训练更久，它才[追平](../models/lenet.py#training)。
# - **只有 30 张图片时，谁都不行。** 边缘方向 {{ f"{race['edge directions'][0]:.0%}" }}，LeNet {{ f"{race['learned features'][0]:.0%}" }}，都离自己的最好成绩很远。LeNet 能到这一步，靠的也是人给的知识：卷积假定相邻的像素有关系。其余的，只能从数据里来。
# - **LeNet 没有问过任何人。** 边缘方向背后是许多人多年的摸索；LeNet 只拿到像素和标签。
#
# 那为什么今天大家都让网络学特征？题目大了，人的特征就跟不上了。2012 年的 ImageNet 竞赛有 1000 个类别、1,200,000 张训练图片：AlexNet 的 top-5 错误率是 15.3%，第二名用手工特征，26.2%。
#
# ## 世界变了，谁要返工 { #changed-world }
#
# 现在把训练、验证、测试图片都随机挑一半反色，好比有人用黑板、有人用白纸。**猜猜谁会垮掉。**

# %% [markdown] tags=["en"]
# Four things to see:
#
# - **Features matter more than the classifier.** All three use the same linear one, but the ten features by hand stop at {{ f"{race['10 features by hand'][-1]:.0%}" }} where edge directions reach {{ f"{race['edge directions'][-1]:.1%}" }}. What the features throw away, no later step can bring back.
# - **Good features by hand hold their own.** With all images and 6 epochs, LeNet gets {{ f"{race['learned features'][-1]:.1%}" }} and does not beat the edge directions. With augmentation and longer training it can [catch up](../models/lenet.py#training).
# - **With 30 images nobody does well.** Edge directions get {{ f"{race['edge directions'][0]:.0%}" }} and LeNet {{ f"{race['learned features'][0]:.0%}" }}, both far from their best. That LeNet gets even this far is thanks to people, too: convolution assumes that neighbouring pixels belong together. The rest has to come from data.
# - **LeNet asked nobody.** Behind edge directions lie years of trial and error by many people; LeNet was given pixels and labels.
#
# So why does everyone let networks learn features today? When the task grows, people's features no longer keep up. In the ImageNet contest of 2012, with 1000 classes and 1,200,000 training images, AlexNet had a top-5 error of 15.3%; the runner-up, on designed features, had 26.2%.
#
# ## The world changes: who must go back to work { #changed-world }
#
# Now invert half of the images, at random, in training, validation and test, as if some people wrote on blackboards and some on paper. **Guess which of them break down.**


# %%
def half_inverted(split, seed):
    flip = (
        torch.rand(len(split.labels), generator=torch.Generator().manual_seed(seed))
        < 0.5
    )
    images = split.images.clone()
    images[flip] = 255 - images[flip]
    return data.Split(images, split.labels)


parts = {
    part: half_inverted(getattr(splits, part), seed)
    for seed, part in enumerate(("train", "validation", "test"))
}
changed = dataclasses.replace(splits, **parts)
after = {
    name: linear(
        features(changed.train.images),
        changed.train.labels,
        features(changed.test.images),
        changed.test.labels,
    )
    for name, features in designed.items()
}
after["learned features"] = deep(changed, 6, seed=0)

# %% tags=["hide-input"]
import pandas as pd

pd.DataFrame(
    {
        "usual digits": [f"{race[name][-1]:.1%}" for name in after],
        "half of them inverted": [f"{value:.1%}" for value in after.values()],
    },
    index=list(after),
)

# %% [markdown] tags=["zh"]
# 原始像素配线性分类器，掉到 {{ f"{after['raw pixels']:.0%}" }}：同一个像素，在一半图片里亮表示有墨，在另一半里亮表示没有，加权求和分不出来。10 个手工特征掉到 {{ f"{after['10 features by hand']:.0%}" }}，因为 `x > 0.35` 已经不表示墨迹了，得有人回去改代码。
#
# 边缘方向几乎不受影响（{{ f"{after['edge directions']:.1%}" }}）：一笔有两条边，反色只是让两条边互换方向。人们当初选边缘而不选亮度，这正是原因之一。LeNet 没有人替它想，同一份代码重新训练一遍，仍有 {{ f"{after['learned features']:.1%}" }}。
#
# 这就是“学特征”的含义：**题目变了，要换的是数据，不用改代码。** 代价是要有足够的数据。这种做法有个名字，叫**表示学习**：看什么，也交给数据去定。
#
# ## 老师说多少话 { #teachers }
#
# 到这里，每张图片都带着答案。标签要人来写，又慢又贵。**先猜：老师若只说“对”或“错”，不说正确答案，还学得会吗？一个标签也没有呢？**
#
# 四种老师，同一批数字：
#
# **监督学习**有成对的输入和标签，学的是由前者预测后者。答案是有限几类中的一个，就叫**分类**，认数字便是。答案是一个数，就叫**回归**。来一道回归题：把每张图片随机转一个角度，最多左右各 30°，让线性模型说出转了几度。

# %% [markdown] tags=["en"]
# Raw pixels with a linear classifier fall to {{ f"{after['raw pixels']:.0%}" }}: a bright pixel means ink in one half of the images and no ink in the other, and no weighted sum can tell which. The ten features fall to {{ f"{after['10 features by hand']:.0%}" }}, since `x > 0.35` no longer means ink; someone has to go back to the code.
#
# Edge directions hardly notice ({{ f"{after['edge directions']:.1%}" }}): a stroke has two edges, and inverting swaps them. That is one reason why people came to prefer edges to brightness. Nobody had to think of anything for LeNet: the same code, trained again, still gets {{ f"{after['learned features']:.1%}" }}.
#
# That is what learning features means: **when the task changes, replace the data and keep the code.** The price is that there must be enough data. The approach is called **representation learning**: what to look at is left to data as well.
#
# ## How much the teacher says { #teachers }
#
# So far every image came with its answer. Somebody has to write these labels, which is slow and expensive. **Guess first: with a teacher who says "right" or "wrong" but never the answer, can anything be learned? And without a single label?**
#
# Four teachers, the same digits:
#
# **Supervised learning** has pairs of input and label, and learns to predict the label from the input. If the answer is one of a few classes, as with digits, that is **classification**. If it is a number, that is **regression**. Here is a regression: turn every image by a random angle of at most 30° either way, and let a linear model say by how many degrees.

# %%
from torchvision.transforms.functional import rotate


def turned(images, seed):
    """Turn uint8 images at random; return floats (N, 1, 28, 28) and degrees (N,)."""
    generator = torch.Generator().manual_seed(seed)
    degrees = torch.rand(len(images), generator=generator) * 60 - 30
    pairs = zip(images / 255, degrees.tolist())
    return torch.stack([rotate(image, angle) for image, angle in pairs]), degrees


def with_one(images):
    # (N, 785), the last for the bias
    return F.pad(images.flatten(1), (0, 1), value=1.0)


pictures, angles = turned(splits.train.images, seed=0)
unseen, true_angles = turned(splits.test.images, seed=1)
x = with_one(pictures)
weights = torch.linalg.solve(x.T @ x + 0.1 * torch.eye(785), x.T @ angles)
error = (with_one(unseen) @ weights - true_angles).abs().mean().item()
print(f"mean error of always saying 0°: {true_angles.abs().mean():.1f}°")
print(f"mean error of linear regression: {error:.1f}°")

# %% [markdown] tags=["zh"]
# 同一批图片，同样的模型，换了标签，就是另一道题。
#
# **强化学习**的老师更省话：程序自己选一个答案，做完只得到一个奖励。下面的程序先按自己的概率猜一个数字，猜中得 1 分，猜错得 0 分，**谁也不告诉它那是几**。得分高于近来平均的答案，让它下次更可能；低于平均的，让它更不可能。模型仍是一层线性的：

# %% [markdown] tags=["en"]
# The images and the model are the same; only the labels make it another task.
#
# The teacher of **reinforcement learning** says less: the program picks an answer and gets a reward for it. The one below draws a digit from its own probabilities, and scores 1 if right and 0 if wrong; **nobody tells it which digit it was**. Answers that score above the recent average become more likely, the others less. The model is still one linear layer:


# %%
def learn(reward_only, lr=0.1, passes=6):
    """Train with labels or by reward; return test accuracy after each pass."""
    torch.manual_seed(0)
    parts = splits.train, splits.test
    x, z = (F.avg_pool2d(part.images / 255, 2).flatten(1) for part in parts)
    centre, spread = x.mean(dim=0), x.std(dim=0).clamp_min(1e-2)
    x, z, labels = (x - centre) / spread, (z - centre) / spread, splits.train.labels
    model, average, curve = nn.Linear(x.shape[1], 10), 0.1, []
    optimizer = torch.optim.SGD(model.parameters(), lr)
    for _ in range(passes):
        for batch in torch.randperm(len(labels)).split(32):
            logits = model(x[batch])
            if reward_only:
                guess = torch.distributions.Categorical(logits=logits).sample()
                reward = (guess == labels[batch]).float()  # all that the program hears
                surprise = F.cross_entropy(logits, guess, reduction="none")
                loss = ((reward - average) * surprise).mean()
                average = 0.9 * average + 0.1 * reward.mean().item()
            else:
                loss = F.cross_entropy(logits, labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        hits = model(z).argmax(dim=1) == splits.test.labels
        curve.append(hits.float().mean().item())
    return curve


told = {
    "told the label": learn(reward_only=False),
    "told right or wrong": learn(reward_only=True),
}

# %% tags=["hide-input"] alt_zh="横轴是看过的图片数，纵轴是测试准确率。告诉标签的那条一开始就在九成以上；只说对错的那条从八成左右起步，慢慢追近。" alt_en="Test accuracy against images seen. Told the label, it is above ninety percent from the start; told right or wrong only, it starts near eighty and slowly catches up."
figures.lines(
    told,
    x=[len(splits.train.labels) * (n + 1) for n in range(6)],
    xlabel="images seen",
    ylabel="test accuracy",
)

# %% [markdown] tags=["zh"]
# 只听对错也学得会，只是慢：第一遍之后 {{ f"{told['told right or wrong'][0]:.0%}" }}，有标签的是 {{ f"{told['told the label'][0]:.0%}" }}。猜错一次，只排除了 10 个答案中的 1 个。下棋和控制机器人还要难得多，因为奖励往往在很多步之后才来，不知道该算在哪一步头上。
#
# **无监督学习**没有老师，只有图片。k 均值聚类把图片分成若干团，使每张图片离自己那团的中心最近。分完之后，请人**只看每团最靠中心的那一张**，说出它是几：

# %% [markdown] tags=["en"]
# Hearing "right" or "wrong" is enough to learn, only more slowly: {{ f"{told['told right or wrong'][0]:.0%}" }} after the first pass, against {{ f"{told['told the label'][0]:.0%}" }} with labels. A wrong guess rules out 1 answer of 10. Playing chess or moving a robot is far harder, since the reward comes many steps later, and nobody knows which step earned it.
#
# **Unsupervised learning** has no teacher, only images. Clustering by k-means divides them into groups such that each image is nearest to the centre of its own. Then ask a person to name **a single image per group**, the one nearest to its centre:

# %%
from sklearn.cluster import KMeans

parts = splits.train, splits.test
x, z = (F.avg_pool2d(part.images / 255, 2).flatten(1) for part in parts)
clustered = {}
for groups in (10, 20):
    found = KMeans(groups, n_init=4, random_state=0).fit(x.numpy())
    centres = torch.from_numpy(found.cluster_centers_)
    # the only labels used
    named = splits.train.labels[torch.cdist(centres, x).argmin(dim=1)]
    guesses = named[torch.cdist(z, centres).argmin(dim=1)]
    clustered[groups] = (guesses == splits.test.labels).float().mean().item()
    print(f"{groups} groups, {groups} labels: {clustered[groups]:.1%} right")

# %% [markdown] tags=["zh"]
# 10 个标签，{{ f"{clustered[10]:.0%}" }}；20 个标签，{{ f"{clustered[20]:.0%}" }}。数字本来就成团，标签只是给团起名字。
#
# **自监督学习**也没有人写标签，标签由数据自己造：把图片转 0、90、180 或 270 度，让网络说转了多少；或者遮住一块，让它补上。题目本身没人在乎，要的是答题时学到的特征。[迁移学习一页](../training/transfer.py#self-supervised)量了它值多少标签。
#
# ## 会认，也会画吗 { #generative }
#
# 上面的分类器都只学一件事：给定图片 $\mathbf{x}$，标签 $y$ 是几的概率 $p(y\mid\mathbf{x})$。这叫**判别模型**。它认得出 3，却画不出 3。**生成模型**学的是数据本身怎样分布。最简单的一种：每个数字的 $8\times8$ 图片服从一个正态分布 $p(\mathbf{x}\mid y)$，均值和协方差从训练图片里数出来。它能画，也能认，认的时候用贝叶斯定理：
#
# $$ p(y\mid\mathbf{x}) = \frac{p(\mathbf{x}\mid y)\,p(y)}{\sum_k p(\mathbf{x}\mid k)\,p(k)} $$
#
# 其中 $p(y)$ 是数字 $y$ 在训练集里所占的比例，$k$ 走遍 10 个数字。**先猜：它和上面的线性分类器，谁认得准？**

# %% [markdown] tags=["en"]
# With 10 labels {{ f"{clustered[10]:.0%}" }}, with 20 labels {{ f"{clustered[20]:.0%}" }}. Digits come in groups by nature, and the labels only give these a name.
#
# In **self-supervised learning** nobody writes labels either; the data make their own. Turn an image by 0, 90, 180 or 270 degrees and let the network say by how much, or cover a part and let it fill the gap. Nobody cares about the task itself; what counts are the features learned along the way. The page on [transfer](../training/transfer.py#self-supervised) measures how many labels they are worth.
#
# ## Able to read, able to draw? { #generative }
#
# The classifiers above learn one thing: given an image $\mathbf{x}$, the probability $p(y\mid\mathbf{x})$ that its label is $y$. Such a model is called a **discriminative model**. It can read a 3 but not draw one. A **generative model** learns how the data themselves are distributed. The simplest: images of $8\times8$ of each digit follow a normal distribution $p(\mathbf{x}\mid y)$, with mean and covariance counted from the training images. It can draw, and it can read, by Bayes' theorem:
#
# $$ p(y\mid\mathbf{x}) = \frac{p(\mathbf{x}\mid y)\,p(y)}{\sum_k p(\mathbf{x}\mid k)\,p(k)} $$
#
# where $p(y)$ is the share of the digit $y$ in the training part and $k$ runs over the 10 digits. **Guess: which reads better, this or the linear classifier above?**


# %%
def cells(images):
    """Shrink images (N, 1, 28, 28) to 8×8 numbers between 0 and 1: (N, 64)."""
    large = F.interpolate(images / 255, (32, 32), mode="bilinear")
    return F.avg_pool2d(large, 4).flatten(1)


x, labels = cells(splits.train.images), splits.train.labels
digits = []
for digit in range(10):
    own = x[labels == digit]
    # A little noise: without it, pixels that never change would have no density.
    spread = torch.cov(own.T) + 0.003 * torch.eye(64)
    digits.append(torch.distributions.MultivariateNormal(own.mean(dim=0), spread))
unseen = cells(splits.test.images)
likelihoods = torch.stack([digit.log_prob(unseen) for digit in digits], dim=1)
scores = likelihoods + labels.bincount().log()
reads = (scores.argmax(dim=1) == splits.test.labels).float().mean().item()
print(f"reads {reads:.1%} of the test images")

# %% tags=["hide-input"] alt_zh="两行从 0 到 9 的 8×8 小图，由正态分布抽出，颗粒较重，多数还认得出。" alt_en="Two rows of 8×8 pictures from 0 to 9, drawn from the normal distributions; grainy, but most can be read."
torch.manual_seed(0)
drawn = [digit.sample().clamp(0, 1).view(8, 8) for _ in range(2) for digit in digits]
figures.image_grid(drawn, columns=10)

# %% [markdown] tags=["zh"]
# 这 20 张图谁也没有写过。更意外的是，它认对 {{ f"{reads:.1%}" }}，比只学边界的线性分类器还准：协方差知道哪些像素总是一起亮。可见“生成模型只会画”是误解。不过 $8\times8$ 的数字恰好接近正态分布；图片一大，这个假设就不成立了，那时要用网络来学分布。
#
# ## 一张图，能问什么 { #vision }
#
# 让计算机从图像里得出信息，这门学问叫**计算机视觉**。对同一张图，问法不同，答案的形状也不同。下面的场景由 3 个数字拼成，答案是拼的时候就知道的：

# %% [markdown] tags=["en"]
# Nobody ever wrote these 20 digits. More surprisingly, the model reads {{ f"{reads:.1%}" }}, correctly, better than the linear classifier, which learns only boundaries: the covariance knows which pixels light up together. So much for the belief that generative models can only draw. But digits of $8\times8$ happen to be nearly normal; with larger images that fails, and networks have to learn the distribution.
#
# ## What to ask of a picture { #vision }
#
# The study of how computers draw information from images is called **computer vision**. Of one picture one can ask different things, and the answers have different shapes. The scene below was put together from 3 digits, so its answers are known:

# %% tags=["hide-input"] alt_zh="三幅图。左：单个数字，标题写着类别。中：三个数字的场景，每个数字外面一个框，框上写着类别。右：同一场景，每个有墨的像素按类别上了色。" alt_en="Three panels. Left: one digit with its class as title. Middle: a scene of three digits, each in a box that carries its class. Right: the same scene, every pixel of ink coloured by its class."
places = [(2, 3), (22, 26), (4, 50)]
chosen = [(splits.test.labels == digit).nonzero()[2, 0] for digit in (3, 7, 5)]
scene, classes = torch.zeros(52, 80), torch.full((52, 80), -1)
boxes = []
for (top, left), index in zip(places, chosen):
    image = splits.test.images[index, 0] / 255
    window = (slice(top, top + 28), slice(left, left + 28))
    scene[window] = torch.maximum(scene[window], image)
    rows, columns = (image > 0.35).nonzero(as_tuple=True)
    classes[window][image > 0.35] = splits.test.labels[index]
    boxes.append(
        (
            left + columns.min(),
            top + rows.min(),
            columns.max() - columns.min() + 1,
            rows.max() - rows.min() + 1,
        )
    )

figure, panels = plt.subplots(
    1, 3, figsize=(7.2, 2.1), width_ratios=(28, 80, 80), layout="none"
)
figure.subplots_adjust(0, 0.02, 1, 0.84, wspace=0.06)
panels[0].imshow(splits.test.images[chosen[0], 0])
panels[0].set_title(
    f"image classification: {int(splits.test.labels[chosen[0]])}", loc="left"
)
panels[1].imshow(scene)
panels[1].set_title("object detection")
for number, (left, top, width, height) in enumerate(boxes):
    colour = PALETTE[number]
    panels[1].add_patch(
        plt.Rectangle(
            (left - 0.5, top - 0.5),
            width,
            height,
            fill=False,
            edgecolor=colour,
            linewidth=2,
        )
    )
    panels[1].text(
        left + width,
        top + 3,
        int(splits.test.labels[chosen[number]]),
        color=colour,
        fontsize=12,
        fontweight="bold",
    )
panels[2].imshow(torch.zeros(52, 80), vmin=0, vmax=1)
for number, index in enumerate(chosen):
    rows, columns = (classes == splits.test.labels[index]).nonzero(as_tuple=True)
    panels[2].scatter(
        columns, rows, s=3.4, marker="s", color=PALETTE[number], linewidths=0
    )
panels[2].set_title("semantic segmentation")
for axes in panels:
    axes.axis("off")

# %% [markdown] tags=["zh"]
# - **图像分类**：整张图一个类别，网络输出 10 个数。它不说东西在哪里，有几个。
# - **目标检测**：每个物体一个类别加一个框。有几个，事先不知道，所以输出的长度也不固定。
# - **语义分割**：每个像素一个类别，输出和输入一样大。两个挨着的 3 会连成一片，分不出个数。
#
# 本站主要讲第一种。后两种用的还是同样的卷积网络，换了头和标签。

# %% [markdown] tags=["en"]
# - **Image classification**: one class for the whole picture, 10 numbers from the network. It does not say where or how many.
# - **Object detection**: a class and a box for each thing. How many there are is not known beforehand, so the output has no fixed length.
# - **Semantic segmentation**: a class for every pixel, an output as large as the input. Two 3s that touch become one patch; they are not counted.
#
# This site is mostly about the first. The other two use the same convolutional networks with another head and other labels.

# %% [markdown] tags=["zh"]
# ## 为什么是现在 { #why-now }
#
# 反向传播 1986 年就出名了，LeNet 是 1998 年的。等到 2012 年才爆发，是因为 4 样东西凑齐了：
#
# | 条件 | 发生了什么 | 本站哪里能量到 |
# |---|---|---|
# | 数据 | MNIST 有 60,000 张训练图片，ImageNet 竞赛有 1,200,000 张 | [上面的曲线](#race)：图片从 30 张加到全部，LeNet 涨了多少 |
# | 算力 | AlexNet 用 2 块 GPU 训练了 5 到 6 天 | [账本](../models/lenet.py#ledger)：一张图片要多少次乘加 |
# | 算法 | ReLU、好的初始化、批量归一化、跳跃连接 | [激活函数要紧吗](../models/lenet.py#activation) |
# | 工具 | 自动求导的框架：写出前向，反向白送 | [自动求导](autograd.py) |
#
# 只说“数据多了、显卡快了”，漏掉了后两样。用 sigmoid 的深网，数据再多也学不动；没有自动求导，每换一种结构就要重新推一遍公式。

# %% [markdown] tags=["en"]
# ## Why now { #why-now }
#
# Backpropagation became known in 1986, and LeNet dates from 1998. It took until 2012 because 4 things had to come together:
#
# | what | what happened | where this site measures it |
# |---|---|---|
# | data | MNIST has 60,000 training images, the ImageNet contest 1,200,000 | [the curves above](#race): what LeNet gains from 30 images to all of them |
# | compute | AlexNet was trained on 2 GPUs in 5 to 6 days | [the ledger](../models/lenet.py#ledger): multiply-adds for one image |
# | algorithms | ReLU, good initialization, batch normalization, shortcuts | [does the activation matter](../models/lenet.py#activation) |
# | tools | frameworks with autograd: write the forward pass, get the backward one | [autograd](autograd.py) |
#
# "More data and faster graphics cards" leaves out the last two. A deep network of sigmoids does not learn however much data there is, and without autograd each new structure means deriving new formulas on paper.

# %% [markdown] tags=["zh"]
# ## 常见的坑 { #traps }
#
# !!! warning "小数据也直接上深度网络"
#     先试一个简单的基线。上面的曲线说明，一个好基线未必更差，而且快得多。
#
# !!! warning "只看一次、只差一点，就说谁更好"
#     360 张测试图片上，准确率 95% 的标准误约 1.1 个百分点：$\sqrt{0.95\times0.05/360}\approx0.011$。见[泛化](generalization.py)。
#
# ## 面试里会问 { #questions }
#
# ??? question "深度学习为什么兴起？"
#     4 个原因：数据多了（ImageNet 有 1,200,000 张标注图片）；算力够了（GPU 擅长矩阵乘法）；算法改进了（ReLU、初始化、归一化、跳跃连接让深网训得动）；工具成熟了（自动求导的框架）。缺一样都不行：反向传播早在 1986 年就有了。
#
# ??? question "深度学习和传统机器学习有什么区别？"
#     传统方法由人设计特征，模型在固定的特征上学一个较简单的函数；深度学习用多层网络把特征和分类器一起学。前者在数据少、又懂行的时候强，也好解释；后者在数据多、说不清该看什么的时候强（图像、语音、文字）。深度学习是机器学习的一部分，不是另一样东西。

# %% [markdown] tags=["en"]
# ## Traps { #traps }
#
# !!! warning "A deep network for small data, straight away"
#     Try a simple baseline first. The curves above show that a good one need not be worse, and it is much faster.
#
# !!! warning "One run, a small gap, and a winner"
#     With 360 test images and an accuracy of 95%, the standard error is about 1.1 percentage points: $\sqrt{0.95\times0.05/360}\approx0.011$. See [generalization](generalization.py).
#
# ## Asked in interviews { #questions }
#
# ??? question "Why did deep learning take off?"
#     For 4 reasons: data (ImageNet has 1,200,000 labelled images), compute (GPUs are good at matrix products), algorithms (ReLU, initialization, normalization and shortcuts let deep networks train), tools (frameworks with autograd). None would have been enough alone: backpropagation had been there since 1986.
#
# ??? question "How does deep learning differ from classical machine learning?"
#     Classically, people design the features, and the model learns a fairly simple function of them; deep learning learns features and classifier together in many layers. The classical way is strong when data are few and you know the field, and it is easier to explain. Deep learning is strong when there is plenty of data and nobody can say what to look at (images, speech, text). Deep learning is a part of machine learning; the two are not rivals.

# %% tags=["remove-input"]
x, z = (edge_directions(part.images, cells=2) for part in (splits.train, splits.test))
coarse = linear(x, splits.train.labels, z, splits.test.labels)

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 归类：国际象棋程序穷举后面 6 步；按邮件里出现的词用逻辑回归判断垃圾邮件；用 LeNet 读邮编。
#
# ??? success "答案"
#     依次是：人工智能，但没有学习；机器学习，特征是人选的（词）；深度学习，同时也是机器学习和人工智能。
#
# **2.** 为什么反色之后，10 个手工特征的准确率没有掉到 10%？
#
# ??? success "答案"
#     没有反色的那一半照旧可用；反色后两种对称性、左右差的大小也还有用。它们实测还有 {{ f"{after['10 features by hand']:.0%}" }}。
#
# **3.** 线性分类器用边缘方向、用原始像素，各有多少个参数？和 LeNet 的 44,426 个比呢？
#
# ??? success "答案"
#     $128\times10+10=1290$ 和 $784\times10+10=7850$，都少得多。参数少，需要的数据也少。
#
# **4.** 给 `edge_directions` 改成 2×2 块，只剩多少个数？准确率会怎样？
#
# ??? success "答案"
#     $2\times2\times8=32$ 个。实测 {{ f"{coarse:.1%}" }}：块大了，“哪里”的信息就少了。
#
# **5.** 归类：由心电图预测病人年龄；把顾客分成几群，群的含义事后再看；遮住句子里的一个词让模型猜；机械臂抓到东西得 1 分。
#
# ??? success "答案"
#     依次是：监督学习，而且是回归（年龄是一个数）；无监督学习；自监督学习（答案来自句子本身）；强化学习（没有人说该怎么动，只说抓到没有）。
#
# ## 参考文献 { #references }
#
# - Y. LeCun, Y. Bengio, G. Hinton. [Deep learning](https://doi.org/10.1038/nature14539). Nature 521, 2015.
# - A. Krizhevsky, I. Sutskever, G. Hinton. [ImageNet classification with deep convolutional neural networks](https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks). 2012.
# - N. Dalal, B. Triggs. [Histograms of oriented gradients for human detection](https://doi.org/10.1109/CVPR.2005.177). CVPR, 2005.

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** Sort these: a chess program that tries all continuations 6 moves deep; logistic regression on the words of a mail to find spam; LeNet reading postcodes.
#
# ??? success "Answer"
#     In order: artificial intelligence without learning; machine learning on features that people chose (words); deep learning, hence also machine learning and artificial intelligence.
#
# **2.** Why do the ten features not fall to 10% when half of the images are inverted?
#
# ??? success "Answer"
#     They still work for the other half, and both symmetries and the size of the left-right difference survive inversion. Measured, {{ f"{after['10 features by hand']:.0%}" }} are left.
#
# **3.** How many parameters does a linear classifier have on edge directions, and how many on raw pixels? Compare with the 44,426 of LeNet.
#
# ??? success "Answer"
#     $128\times10+10=1290$ and $784\times10+10=7850$, far fewer. Fewer parameters need fewer data.
#
# **4.** Change `edge_directions` to 2×2 cells. How many numbers are left, and what becomes of the accuracy?
#
# ??? success "Answer"
#     $2\times2\times8=32$. Measured: {{ f"{coarse:.1%}" }}. Larger cells say less about where things are.
#
# **5.** Sort these: predict the age of a patient from an electrocardiogram; divide customers into groups and work out afterwards what the groups mean; hide a word of a sentence and let a model guess it; a robot arm scores 1 whenever it has grasped something.
#
# ??? success "Answer"
#     In order: supervised learning, namely regression (age is a number); unsupervised learning; self-supervised learning (the answer comes from the sentence itself); reinforcement learning (nobody says how to move, only whether it worked).
#
# ## References { #references }
#
# - Y. LeCun, Y. Bengio, G. Hinton. [Deep learning](https://doi.org/10.1038/nature14539). Nature 521, 2015.
# - A. Krizhevsky, I. Sutskever, G. Hinton. [ImageNet classification with deep convolutional neural networks](https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks). 2012.
# - N. Dalal, B. Triggs. [Histograms of oriented gradients for human detection](https://doi.org/10.1109/CVPR.2005.177). CVPR, 2005.
