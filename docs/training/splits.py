# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "数据怎样让分数失真：分层划分，交叉验证，同一个人的字落在两边，罕见的类别，与训练不同的图片，写错的标签；每一样伤多少，都量出来。"
#       en: "How data spoil a score: stratified splits, cross-validation, one writer on both sides, a rare class, pictures unlike those of training, wrong labels; and how much each of them costs, measured."
#     covers: [N-36, D-05]
#     labels:
#       5 folds: 5 折
#       one fifth held out: 只留出一次
#       mean of 5 folds: "5 折的平均"
#       drawn at random: 随机抽
#       cut in the order of the file: 按文件次序切
#       every image equally often: 每张图一样多
#       every class equally often: 每个类别一样多
#       the same, and small moves: 同上，再小幅变动
#       recall of the rare class: 罕见类别的召回率
#       as in training: 与训练相同
#       grainy: 有颗粒
#       thick pen: 粗笔
#       "turned 15°": "转 15°"
#       "turned 30°": "转 30°"
#       frame of MNIST: MNIST 的边框
#       told apart: 分得开的
#       no wrong labels: 没有错标签
#       "20% wrong": "20% 错标签"
#       "given {}": "标成 {}"
# ---

# %% [markdown] tags=["zh"]
# # 划分、泄漏与偏移：分数怎样失真 { #splits-page }
#
# 测试集上的分数很好，拿去用却差一截，代码里没有一行写错。毛病出在数据上。**先猜，下面四件事，哪一件最伤？给它们排个名次。**
#
# 1. 训练集里有一个类别只有 5 张图，别的都有一百多张。
# 2. 训练标签有五分之一是错的。
# 3. 同一个人写的字，既在训练集里，又在测试集里。
# 4. 用的时候，数字在画面里小了一圈。
#
# 这一页一件一件地量，最后对答案。

# %% [markdown] tags=["en"]
# # Splits, leakage and shift: how a score goes wrong { #splits-page }
#
# The score on the test set is fine, the score in use is clearly worse, and no line of the code is wrong. The fault lies in the data. **Guess first: which of these four does the most harm? Rank them.**
#
# 1. One class has 5 training images, the others have more than a hundred each.
# 2. One training label in five is wrong.
# 3. Digits by the same writer are in both the training set and the test set.
# 4. In use, the digits are a size smaller within their frame.
#
# This page measures them one by one, and ends with the answers.

# %%
import pandas as pd
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

from dlnotes import data, figures, training
from dlnotes.models.mlp import MLP

splits = data.load("digits")
normalization = training.Normalization.of(splits.train.images)
labels = splits.train.labels

# %% [markdown] tags=["zh"]
# ## 划分：分层，互不相交 { #splits }
#
# 三份数据各有用处：训练部分拟合权重，验证部分选择设置，测试部分最后量一次（为什么要三份，见[泛化](../theory/generalization.py#three-sets)）。`data.load` 给出的就是三份：

# %% [markdown] tags=["en"]
# ## Splits: stratified and disjoint { #splits }
#
# Three parts for three uses: training fits the weights, validation chooses settings, the test part measures once, at the end ([generalization](../theory/generalization.py#three-sets) tells why it takes three). `data.load` gives all three:

# %%
from itertools import combinations

parts = {
    "training": splits.train,
    "validation": splits.validation,
    "test": splits.test,
}
pictures = [
    {image.numpy().tobytes() for image in part.images}
    for part in parts.values()
]
shared = sum(len(one & other) for one, other in combinations(pictures, 2))
classes = {name: torch.bincount(part.labels) for name, part in parts.items()}
pd.DataFrame({name: counts.tolist() for name, counts in classes.items()}).T

# %% tags=["remove-input"]
generator = torch.Generator().manual_seed(0)
every = torch.cat([part.labels for part in parts.values()])
drawn = torch.stack([torch.bincount(every[torch.randperm(len(every), generator=generator)[:360]], minlength=10) for _ in range(200)])
fewest, most = drawn.min().item(), drawn.max().item()
stratified = classes["test"].tolist()

# %% [markdown] tags=["zh"]
# 列是数字 0 到 9。测试部分里，最少的类别 {{ min(stratified) }} 张，最多的 {{ max(stratified) }} 张，这是**分层划分**：每个类别按比例分。若随手抽 360 张，重复 200 次，一个类别少到 {{ fewest }} 张、多到 {{ most }} 张的情形都出现过。
#
# 三份之间相同的图有 {{ shared }} 张。这一行值得在自己的数据上也跑一遍：网上收集的图常有重复，一张图落在两边，考试就成了默写。[先增强后划分](../clinic/data.py#copies-on-both-sides)也会造出这样的孪生兄弟。

# %% [markdown] tags=["en"]
# The columns are the digits 0 to 9. In the test part the rarest class has {{ min(stratified) }} images and the most frequent {{ max(stratified) }}. This is a **stratified split**: every class in proportion. Draw 360 images at random, 200 times over, and a class has as few as {{ fewest }} or as many as {{ most }}.
#
# The number of pictures that two parts share is {{ shared }}. That line is worth running on your own data. Collections from the web often hold duplicates, and with a picture on both sides the exam only asks what was learnt by heart. [Augmenting before splitting](../clinic/data.py#copies-on-both-sides) makes such twins too.

# %% [markdown] tags=["zh"]
# ## 交叉验证：数据太少，轮流来考 { #cross-validation }
#
# 手里只有 150 张图。留出五分之一验证，只剩 30 张考卷，错一张就是三个多百分点。**交叉验证**让每一张都当一次考卷：切成 $k$ 折，每次留一折验证、用其余的训练，训练 $k$ 次，再把 $k$ 个成绩平均。$k=5$ 时是这样，每行一次训练，另一种颜色的是验证：

# %% [markdown] tags=["en"]
# ## Cross-validation: too few data, so all take a turn { #cross-validation }
#
# Suppose 150 images are all you have. Hold out a fifth, and the exam has 30 questions, each worth more than three percentage points. **Cross-validation** lets every image serve as a question once: cut the data into $k$ folds, hold out one at a time and train on the others, $k$ times, then average the $k$ scores. For $k=5$, one row per training run, with the fold held out in the other colour:

# %% tags=["hide-input"] alt_zh="5 行 5 列的格子：每行一次训练，对角线上的一折用来验证，其余四折用来训练。" alt_en="A grid of 5 rows and 5 columns: one training run per row, validated on the fold of the diagonal and trained on the other four."
figures.cells({"5 folds": torch.stack([1 - torch.eye(5), torch.eye(5)])}, columns=3)

# %% [markdown] tags=["zh"]
# 用最近邻来试，它不用训练：给一张新图，找像素差别最小的那张训练图，抄它的标签。同样的 150 张，换 20 种分法：

# %% [markdown] tags=["en"]
# Try it by the nearest neighbour, a method that needs no training: for a new image, find the training image whose pixels differ least, and copy its label. The same 150 images, divided in 20 ways:

# %%
raw = load_digits()  # 1,797 images of 8×8, in the order of their file
pixels = torch.tensor(raw.data, dtype=torch.float32) / 16  # (1797, 64)
truth = torch.tensor(raw.target)


def nearest(known, asked):
    """Return the share of `asked` whose nearest among `known` agrees."""
    closest = torch.cdist(pixels[asked], pixels[known]).argmin(dim=1)
    return (truth[known][closest] == truth[asked]).float().mean().item()


def cross_validate(score, folds):
    known = [torch.cat(folds[:i] + folds[i + 1 :]) for i in range(len(folds))]
    return [score(one, other) for one, other in zip(known, folds)]


def again():
    return few[torch.randperm(150, generator=generator)].chunk(5)


generator = torch.Generator().manual_seed(0)
order = torch.randperm(len(truth), generator=generator)
few, rest = order[:150], order[150:]
ways = [cross_validate(nearest, again()) for _ in range(20)]
estimates = {
    "one fifth held out": [scores[0] for scores in ways],
    "mean of 5 folds": [sum(scores) / 5 for scores in ways],
}
beyond = nearest(few, rest)

# %% tags=["hide-input"] alt_zh="20 种分法的准确率：只留出一次的散得很开，5 折平均的挤在一起。" alt_en="Accuracy for 20 ways to divide: held out once they scatter widely, averaged over 5 folds they stay close together."
figures.bars(estimates, xlabel="accuracy", limits=(0, 1))

# %% tags=["remove-input"]
width = {name: 100 * (max(values) - min(values)) for name, values in estimates.items()}
middle = sum(estimates["mean of 5 folds"]) / 20

# %% [markdown] tags=["zh"]
# 只留出一次，最好与最差的分法差 {{ f"{width['one fifth held out']:.0f}" }} 个百分点；5 折平均，只差 {{ f"{width['mean of 5 folds']:.1f}" }} 个。平均值是 {{ f"{middle:.1%}" }}，拿没用过的 {{ f"{len(rest):,}" }} 张去考，得 {{ f"{beyond:.1%}" }}。
#
# 代价是训练 $k$ 次，所以大网络、大数据很少这样做：测试集有一万张时，留出一次已经够准。还有两点要当心。折与折之间共用大部分训练图，$k$ 个成绩并不独立，拿它们算出的标准误偏小。用交叉验证挑过设置之后，那个分数也参与了选择，最后仍要有一份没看过的测试集。

# %% [markdown] tags=["en"]
# Held out once, the best and the worst way to divide are {{ f"{width['one fifth held out']:.0f}" }} percentage points apart; averaged over 5 folds, {{ f"{width['mean of 5 folds']:.1f}" }}. The average is {{ f"{middle:.1%}" }}, and {{ f"{len(rest):,}" }} images that took no part give {{ f"{beyond:.1%}" }}.
#
# The price is $k$ training runs, so it is rare with large networks and large data: with ten thousand test images, holding out once is accurate enough. Two cautions. The folds share most of their training images, so the $k$ scores are not independent, and a standard error computed from them is too small. And once cross-validation has been used to choose settings, its score took part in the choice, so you still need a test set that nobody has looked at.

# %% [markdown] tags=["zh"]
# ## 数据泄漏：考卷上有熟人 { #leakage }
#
# **数据泄漏**，就是评估时不该知道的东西溜进了训练或选择。每个轮次盯着测试集、[先挑特征后划分](../theory/generalization.py#feature-leak)、[用全部数据算归一化常数](../clinic/data.py#leaked-statistics)，都是。这里再量一种更不显眼的：一张图也没有重复，可是**同一个人的字分在了两边**。
#
# 内置的 digits 出自 13 个人之手。谁写的哪一张，文件里没有记，但次序泄露了天机。给每张图找出最像它的另一张，看两者在文件里隔多远：

# %% [markdown] tags=["en"]
# ## Data leakage: an acquaintance in the exam { #leakage }
#
# **Data leakage** means that something which should be unknown at evaluation finds its way into training or into a choice. Watching the test set in every epoch, [choosing features before splitting](../theory/generalization.py#feature-leak) and [computing the normalization constants from all data](../clinic/data.py#leaked-statistics) are cases of it. Here is one that is harder to see: no picture occurs twice, and yet **one writer's digits are on both sides**.
#
# The embedded digits were written by 13 people. The file does not say who wrote which, but the order gives it away. For each image, find the other one most like it, and see how far apart the two are in the file:

# %%
distance = torch.cdist(pixels, pixels).fill_diagonal_(torch.inf)
apart = (distance.argmin(dim=1) - torch.arange(len(truth))).abs()
near = (apart <= 70).float().mean().item()
by_chance = 2 * 70 / (len(truth) - 1)
print(f"at most 70 places apart: {near:.0%}, by chance {by_chance:.0%}")

# %% [markdown] tags=["zh"]
# 最像的那张多半就在附近：写的人一个接一个，挨着的图多半出自同一只手。所以按文件次序切 5 折，验证的那一折大多是**没见过的人**；先打乱再切，每个人的字两边都有。其余完全相同：

# %% [markdown] tags=["en"]
# The most similar image tends to be close by: the writers come one after another, and neighbours mostly come from the same hand. So if 5 folds are cut in the order of the file, the fold held out is mostly by **people not seen before**. If the images are shuffled first, everybody is on both sides. All else is equal:

# %%
def small_network(known, asked):
    training.seed_everything(0)
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(80):
        loss = F.cross_entropy(model(pixels[known]), truth[known])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        said = model(pixels[asked]).argmax(dim=1)
    return (said == truth[asked]).float().mean().item()


divisions = {
    "drawn at random": order.tensor_split(5),
    "cut in the order of the file": torch.arange(len(truth)).tensor_split(5),
}
by_writer = {
    name: cross_validate(small_network, folds) for name, folds in divisions.items()
}

# %% tags=["hide-input"] alt_zh="5 折的准确率，每个点一折：随机抽的高，按文件次序切的低几个百分点，而且散得更开。" alt_en="Accuracy of 5 folds, one dot per fold: drawn at random is higher; cut in the order of the file is some points lower, and more scattered."
figures.bars(by_writer, xlabel="accuracy", limits=(0, 1))

# %% tags=["remove-input"]
of_writers = {name: sum(values) / 5 for name, values in by_writer.items()}
leak = 100 * (of_writers["drawn at random"] - of_writers["cut in the order of the file"])

# %% [markdown] tags=["zh"]
# 随机抽得 {{ f"{of_writers['drawn at random']:.1%}" }}，按次序切得 {{ f"{of_writers['cut in the order of the file']:.1%}" }}。这 {{ f"{leak:.0f}" }} 个百分点没有哪行代码写错，只是两个数回答的问题不同：前一个问“这些人再写一张，认得吗”，后一个问“换一个人来写，认得吗”。
#
# 用的时候来的是新的人，就该**按人划分**：同一个人、同一个病人、同一段视频的图，整组放在一边（scikit-learn 里是 `GroupKFold`）。`data.load("digits")` 是随机抽的，所以本站 digits 的分数都属于前一种，对新来的人偏乐观。MNIST 划分时就让测试集的写字人不出现在训练集里。

# %% [markdown] tags=["en"]
# Drawn at random: {{ f"{of_writers['drawn at random']:.1%}" }}; cut in order: {{ f"{of_writers['cut in the order of the file']:.1%}" }}. No line of code is to blame for these {{ f"{leak:.0f}" }} percentage points. The two numbers answer two different questions. The first: "these people write another digit; is it recognized?" The second: "somebody else writes a digit; is it recognized?"
#
# If new people will come, **split by person**: all images of one writer, one patient, one video go to one side (`GroupKFold` in scikit-learn). `data.load("digits")` draws at random, so all digits scores on this site are of the first kind, and too optimistic for new writers. MNIST was divided so that no writer of the test set is in the training set.

# %% [markdown] tags=["zh"]
# ## 类别不平衡：罕见的那一类 { #imbalance }
#
# 训练集里的 9 只留 5 张，其余数字照旧。这叫**类别不平衡**。训练 60 步，每步 64 张，先猜：测试集里的 9 能认出多少？
#
# 一个办法是改抽样：按 $1/n_c$ 给每张图一个权重，$n_c$ 是它那个类别的张数，于是每个类别抽到的机会一样多。`torch.utils.data.WeightedRandomSampler` 就是按权重有放回地抽，可以直接交给 `DataLoader` 的 `sampler`：

# %% [markdown] tags=["en"]
# ## Class imbalance: the rare one { #imbalance }
#
# Keep only 5 of the nines in the training set, and all of the other digits. This is **class imbalance**. Train for 60 steps of 64 images. Guess first: how many nines of the test set will be recognized?
#
# One remedy changes the sampling: give each image the weight $1/n_c$, where $n_c$ is the number of images of its class. Then every class is drawn equally often. `torch.utils.data.WeightedRandomSampler` draws by such weights, with replacement, and goes into `DataLoader` as its `sampler`:

# %%
from torch.utils.data import WeightedRandomSampler

from dlnotes.training.augmentation import affine

test_images = normalization.apply(splits.test.images)
test_labels = splits.test.labels


def recall_of_nines(balanced, moved, seed):
    generator = torch.Generator().manual_seed(seed)
    shuffled = torch.randperm(len(labels), generator=generator)
    nines = labels[shuffled] == 9
    kept = torch.cat([shuffled[~nines], shuffled[nines][:5]])
    images, targets = splits.train.images[kept].float(), labels[kept]
    counts = torch.bincount(targets)
    weights = 1 / counts[targets] if balanced else torch.ones(len(targets))
    sampler = WeightedRandomSampler(weights.tolist(), 60 * 64, generator=generator)
    training.seed_everything(seed)
    model = MLP(hidden_sizes=(64,))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for index in torch.tensor(list(sampler)).split(64):
        batch = affine(images[index], generator) if moved else images[index]
        loss = F.cross_entropy(model(normalization.apply(batch)), targets[index])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        right = (model(test_images).argmax(dim=1) == test_labels).float()
    nines = test_labels == 9
    return right[nines].mean().item(), right[~nines].mean().item()


treatments = {
    "every image equally often": (False, False),
    "every class equally often": (True, False),
    "the same, and small moves": (True, True),
}
rare = {
    name: [recall_of_nines(*how, seed) for seed in range(5)]
    for name, how in treatments.items()
}

# %% tags=["hide-input"] alt_zh="数字 9 的召回率，三种抽法，各 5 个种子：每张图一样多时很低，每个类别一样多时高得多。" alt_en="Recall of the digit 9 for three ways to draw, 5 seeds each: low when every image comes equally often, much higher when every class does."
figures.bars({name: [recall for recall, _ in pairs] for name, pairs in rare.items()}, xlabel="recall of the rare class", limits=(0, 1))

# %% tags=["remove-input"]
recall = {name: sum(value for value, _ in pairs) / 5 for name, pairs in rare.items()}
others = sum(value for _, value in rare["every image equally often"]) / 5
nines_in_training = 5 / (len(labels) - (labels == 9).sum().item() + 5)
seeming = (1 - nines_in_training) * others + nines_in_training * recall["every image equally often"]

# %% [markdown] tags=["zh"]
# 图里画的是[召回率](metrics.py#precision-recall)：真正的 9 里认出了几成。照原样抽，平均只有 {{ f"{recall['every image equally often']:.0%}" }}；每个类别一样多，{{ f"{recall['every class equally often']:.0%}" }}；再加上[小幅变动](augmentation.py#measured)，{{ f"{recall['the same, and small moves']:.0%}" }}。5 张图反复地看，看的还是那 5 张，变一变样子才多出一点新东西。真正的药是再收集一些 9。
#
# 准确率会把这件事藏起来。若用的时候 9 也这么少，照原样抽的网络准确率是 {{ f"{seeming:.1%}" }}，看不出它几乎不认识 9。所以不平衡的数据要看每个类别的召回率，别只看一个总数。
#
# 改抽样还有一个后果：网络会以为 9 很常见，给出的概率也跟着偏。要用概率做决定，得再校正回来。另一条路是不动抽样，在损失里给罕见的类别加权：`F.cross_entropy(…, weight=…)`。

# %% [markdown] tags=["en"]
# The plot shows [recall](metrics.py#precision-recall): the share of real nines that are read as 9. When every image is equally likely, it is {{ f"{recall['every image equally often']:.0%}" }} on average; when every class is, {{ f"{recall['every class equally often']:.0%}" }}; with [small moves](augmentation.py#measured) on top, {{ f"{recall['the same, and small moves']:.0%}" }}. Five images seen again and again are still five images; moving them about adds a little that is new. The real cure is to collect more nines.
#
# Accuracy hides all this. If nines are as rare in use as they are here, the network trained without resampling has an accuracy of {{ f"{seeming:.1%}" }}, and nothing shows that it hardly knows a 9. With imbalanced data, look at the recall of each class and not just at one total.
#
# Changing the sampling has a side effect: the network believes that nines are common, and its probabilities lean that way. Where decisions rest on probabilities, correct for it. The other way leaves the sampling alone and gives the rare class more weight in the loss: `F.cross_entropy(…, weight=…)`.

# %% [markdown] tags=["zh"]
# ## 分布偏移：用的时候不一样 { #shift }
#
# 测试集与训练集同一天、同一批人、同一台扫描仪得来，用的时候可不是。输入的分布变了，标签的规矩没变，这叫**分布偏移**。网络用 digits 训练，不再改动，测试图片换五种样子：

# %% [markdown] tags=["en"]
# ## Distribution shift: in use it is different { #shift }
#
# The test set came from the same day, the same people and the same scanner as the training set. What arrives in use did not. When the distribution of the inputs changes and the rule for the labels stays, this is **distribution shift**. A network is trained on the digits and then left alone; the test images change in five ways:

# %% tags=["hide-input"] alt_zh="同一个数字的六种样子：与训练相同，有颗粒，粗笔，转 15°，转 30°，MNIST 的边框，最后一种数字小一圈、四周留边。" alt_en="One digit in six forms: as in training, grainy, with a thick pen, turned by 15°, turned by 30°, and in the frame of MNIST, where it is smaller, with a margin."
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as T

smooth = InterpolationMode.BILINEAR
speckle = 60 * torch.randn(splits.test.images.shape, generator=torch.Generator().manual_seed(0))
worlds = {
    "as in training": lambda x: x.float(),
    "grainy": lambda x: (x + speckle[: len(x)]).clamp(0, 255),
    "thick pen": lambda x: F.max_pool2d(x.float(), 5, stride=1, padding=2),
    "turned 15°": lambda x: T.rotate(x, 15, smooth).float(),
    "turned 30°": lambda x: T.rotate(x, 30, smooth).float(),
    "frame of MNIST": lambda x: F.pad(T.resize(x, [20, 20], smooth).float(), (4, 4, 4, 4)),
}
figures.image_grid([world(splits.test.images[4:5])[0] for world in worlds.values()], list(worlds), columns=6)

# %%
train_images = normalization.apply(splits.train.images)


def right(said, wanted):
    return (said.argmax(dim=1) == wanted).float().mean().item()


def trained(targets, seed, steps=200, every=0):
    """Return a model, and its test accuracy after each `every` steps."""
    generator = torch.Generator().manual_seed(seed)
    training.seed_everything(seed)
    model, curve = MLP(hidden_sizes=(64,)), []
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for step in range(1, steps + 1):
        index = torch.randint(len(labels), (64,), generator=generator)
        loss = F.cross_entropy(model(train_images[index]), targets[index])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if every and step % every == 0:
            with torch.no_grad():
                curve.append(right(model(test_images), test_labels))
    return model, curve


readers = [trained(labels, seed)[0] for seed in range(3)]


@torch.no_grad()
def in_world(world):
    """Return the accuracy of the 3 networks, and their mean confidence."""
    images = normalization.apply(world(splits.test.images))
    said = [model(images).softmax(dim=1) for model in readers]
    sure = torch.stack(said).amax(dim=2).mean().item()
    return [right(answer, test_labels) for answer in said], sure


met = {name: in_world(world) for name, world in worlds.items()}

# %% tags=["hide-input"] alt_zh="六种测试图片上的准确率，各 3 个种子：有颗粒时几乎不变，转 30° 掉到一半左右，MNIST 的边框掉到三成上下。" alt_en="Accuracy on six kinds of test images, 3 seeds each: hardly changed by grain, about half when turned by 30°, about three tenths in the frame of MNIST."
figures.bars({name: accuracies for name, (accuracies, _) in met.items()}, xlabel="accuracy", limits=(0, 1))

# %% [markdown] tags=["zh"]
# 颗粒看着最脏，却几乎不伤；只是小了一圈的数字，人一眼就认得，网络却错了一大半。哪种偏移要命，不看人觉得像不像，看它动没动网络依靠的东西：这个网络靠的是**每个位置上有没有墨**。
#
# 用的时候没有标签，怎么发现？先看网络自己的把握，也就是最高概率的平均。再试一个办法：训练一个线性分类器，专门区分“训练时的图”和“现在来的图”。分布没变，它只能瞎猜；分得开，就是变了。

# %% [markdown] tags=["en"]
# Grain looks worst and does hardly any harm. Digits that are merely a size smaller, which any person reads at once, are mostly misread. How alike two images look to people does not tell which shift is deadly. What counts is whether the shift touches what the network relies on, and this network relies on **whether there is ink at each place**.
#
# In use there are no labels, so how would one notice? Look at the network's own confidence, the mean of its highest probability. Then try this: train a linear classifier to tell the training images from those that come in now. If nothing has changed, it can only guess; if it can tell them apart, something has changed.

# %%
def told_apart(old, new):
    """Train a classifier on half of both; return its accuracy on the rest."""
    inputs = [normalization.apply(part).flatten(1) for part in (old, new)]
    halves = [torch.cat([part[start::2] for part in inputs]) for start in (0, 1)]
    sides = [torch.arange(2).repeat_interleave(len(half) // 2) for half in halves]
    torch.manual_seed(0)
    judge = nn.Linear(784, 2)
    optimizer = torch.optim.Adam(judge.parameters(), lr=1e-3)
    for _ in range(100):
        loss = F.cross_entropy(judge(halves[0]), sides[0])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        return right(judge(halves[1]), sides[1])


generator = torch.Generator().manual_seed(1)
chosen = torch.randperm(len(labels), generator=generator)[: len(test_labels)]
old, rows = splits.train.images[chosen].float(), {}
for name, world in worlds.items():
    accuracies, sure = met[name]
    shares = sum(accuracies) / 3, sure, told_apart(old, world(splits.test.images))
    rows[name] = [f"{share:.0%}" for share in shares]
pd.DataFrame(rows, index=["accuracy", "confidence", "told apart"]).T

# %% tags=["remove-input"]
small = met["frame of MNIST"]
small_right, small_sure = sum(small[0]) / 3, small[1]
usual = sum(met["as in training"][0]) / 3

# %% [markdown] tags=["zh"]
# 把握靠不住（[校准](metrics.py#calibration)也只管与训练相同的数据）：MNIST 的边框里只对了 {{ f"{small_right:.0%}" }}，平均还有 {{ f"{small_sure:.0%}" }} 的把握。分类器那一列（它的准确率，一半就是瞎猜）诚实得多：没有变的图它基本靠猜，其余都分得开。但它只说**变了**，不说变得**有没有害**：颗粒也分得出来，准确率却几乎没动。知道变了，就该去标几十张新图，重新量一次。
#
# 补救也有三条路：把用时的图处理成训练时的样子（[自己手写的数字](own-digit.py#steps)那一页就是这样，一步一步消去差别）；训练时就把这种变化放进去（[数据增强](augmentation.py#measured)）；或者收集新数据，接着[微调](transfer.py)。

# %% [markdown] tags=["en"]
# Confidence is no guide ([calibration](metrics.py#calibration) holds only for data like those in training). In the frame of MNIST {{ f"{small_right:.0%}" }} are right, yet the networks are still {{ f"{small_sure:.0%}" }} sure on average. The column of the classifier (its accuracy, where one half is a guess) is far more honest: on images that did not change it can do little but guess, and it can tell all the others apart. But it only says **that** something changed, and not whether the change does **harm**: grain is noticed too, although accuracy hardly moved. Once you know that something changed, label a few dozen of the new images and measure again.
#
# There are also three remedies: make what comes in look like the training images ([reading a digit of your own](own-digit.py#steps) does so, one difference at a time); put the change into training ([data augmentation](augmentation.py#measured)); or collect new data and [fine-tune](transfer.py).

# %% [markdown] tags=["zh"]
# ## 标签噪声：写错的答案 { #label-noise }
#
# 标注的人会看错、点错，这叫**标签噪声**。把训练标签的 20% 随机换成别的数字，测试标签不动。先猜：网络会跟着错 20% 吗？再猜：训练得越久，是越好还是越坏？

# %% [markdown] tags=["en"]
# ## Label noise: wrong answers in the key { #label-noise }
#
# People who label images sometimes misread or click on the wrong button. This is **label noise**. Replace 20% of the training labels with other digits at random, and leave the test labels alone. Guess first: will the network be wrong 20% of the time as well? And does longer training make it better or worse?

# %%
def with_noise(share, seed):
    generator = torch.Generator().manual_seed(seed)
    wrong = torch.rand(len(labels), generator=generator) < share
    away = torch.randint(1, 10, labels.shape, generator=generator)
    return torch.where(wrong, (labels + away) % 10, labels), wrong


steps = list(range(40, 801, 40))
curves = {}
for name, share in (("no wrong labels", 0.0), ("20% wrong", 0.2)):
    found = []
    for seed in range(2):
        noisy, wrong = with_noise(share, seed)
        model, curve = trained(noisy, seed, steps=800, every=40)
        found.append(curve)
    curves[name] = torch.tensor(found).mean(dim=0).tolist()

with torch.no_grad():
    recited = right(model(train_images[wrong]), noisy[wrong])

# %% tags=["hide-input"] alt_zh="测试准确率随训练步数的变化，2 个种子的平均：没有错标签时升上去就不动；20% 错标签时先升到九成左右，然后一路下滑。" alt_en="Test accuracy over training steps, mean of 2 seeds: without wrong labels it rises and stays; with 20% wrong it rises to about nine tenths, then slides down."
figures.lines(curves, x=steps, xlabel="step", ylabel="test accuracy")

# %% tags=["remove-input"]
best_noisy, last_noisy, last_clean = max(curves["20% wrong"]), curves["20% wrong"][-1], curves["no wrong labels"][-1]

# %% [markdown] tags=["zh"]
# 先升后降。前几十步，网络学的是多数标签共同支持的规律；错标签彼此矛盾，互相抵消，测试准确率到过 {{ f"{best_noisy:.0%}" }}。再练下去，它开始一张一张地背：结束时，错标签里有 {{ f"{recited:.0%}" }} 已经照错的背了下来，测试准确率掉到 {{ f"{last_noisy:.0%}" }}；没有错标签的网络是 {{ f"{last_clean:.0%}" }}。所以训练准确率接近 100% 未必可喜，早停在这里真的有用。
#
# 这个次序还能反过来用：**先学会的是规律，后背下的是错误**，那么早早停下的网络，损失最大的训练样本就最可疑。停在 100 步，把损失最大的 50 张排出来：

# %% [markdown] tags=["en"]
# Test accuracy goes up, then down. In the first few dozen steps the network learns the pattern on which most labels agree. The wrong labels contradict each other and cancel, and test accuracy reaches {{ f"{best_noisy:.0%}" }}. After that the network learns image by image, by heart. In the end it repeats {{ f"{recited:.0%}" }} of the wrong labels as they were given, and test accuracy is down to {{ f"{last_noisy:.0%}" }}, against {{ f"{last_clean:.0%}" }} without wrong labels. So a training accuracy near 100% is not always good news, and early stopping really helps here.
#
# This order can be put to use: **patterns are learnt first, mistakes are memorized later**. So if a network is stopped early, the training samples with the largest loss are the prime suspects. Stop after 100 steps and list the 50 with the largest loss:

# %%
noisy, wrong = with_noise(0.2, 0)
early, _ = trained(noisy, 0, steps=100)
with torch.no_grad():
    losses = F.cross_entropy(early(train_images), noisy, reduction="none")
suspects = losses.topk(50).indices
caught = wrong[suspects].float().mean().item()
print(f"of the 50 suspects, {caught:.0%} carry a wrong label")

# %% tags=["hide-input"] alt_zh="损失最大的八张训练图和它们的标签：图上的数字与标签对不上。" alt_en="The eight training images with the largest loss, with their labels: picture and label do not agree."
figures.image_grid(splits.train.images[suspects[:8]], [f"given {int(label)}" for label in noisy[suspects[:8]]], columns=8)

# %% [markdown] tags=["zh"]
# 真的数据里，错标签不会这样均匀地撒。人常把 4 和 9、1 和 7 弄混，这样的错有规律，网络会当成规律学进去，也不容易排出来。常用的测试集里也有百分之几的错标签，所以最后零点几个百分点的提高，未必是进步。

# %% [markdown] tags=["en"]
# In real data the wrong labels are not spread as evenly as this. People confuse 4 with 9 and 1 with 7. Such mistakes have a pattern: the network learns it like any other, and the list does not reveal them so easily. Well-known test sets hold a few per cent of wrong labels too, so a gain of the last few tenths of a percentage point may be no progress.

# %% [markdown] tags=["zh"]
# ## 对答案 { #ranking }

# %% [markdown] tags=["en"]
# ## The answers { #ranking }

# %% tags=["remove-input"]
lost = {
    "smaller": 100 * (usual - small_right),
    "labels": 100 * (last_clean - last_noisy),
    "rare": 100 * (others - recall["every image equally often"]) / 10,
    "writers": leak,
}

# %% [markdown] tags=["zh"]
# | 数据上的毛病 | 准确率差多少个百分点 |
# |---|--:|
# | 数字小了一圈 | {{ f"{lost['smaller']:.0f}" }} |
# | 五分之一的标签是错的，一直练下去 | {{ f"{lost['labels']:.0f}" }} |
# | 一个类别只有 5 张（10 个类别一样常见时） | {{ f"{lost['rare']:.0f}" }} |
# | 同一个人的字在两边（分数虚高的部分） | {{ f"{lost['writers']:.0f}" }} |
#
# 名次属于这份数据、这个网络，换一份会变。不变的是看法：前三件里，网络真的答得差了，在一份好的测试集上量得出来；最后一件是**尺子坏了**，网络并没有变，只有到用的时候才知道。小的数字不等于小的麻烦。

# %% [markdown] tags=["en"]
# | what is wrong with the data | accuracy lost, in percentage points |
# |---|--:|
# | digits a size smaller | {{ f"{lost['smaller']:.0f}" }} |
# | one label in five wrong, trained to the end | {{ f"{lost['labels']:.0f}" }} |
# | one class with 5 images (all 10 being equally common) | {{ f"{lost['rare']:.0f}" }} |
# | one writer on both sides (by how much the score is too high) | {{ f"{lost['writers']:.0f}" }} |
#
# The ranking belongs to these data and this network. What carries over is the way to look at it. In the first three cases the network does worse, and a good test set shows it. In the last **the ruler is broken**: the network is the same, and you find out only in use. A small number does not always mean a small problem.

# %% [markdown] tags=["zh"]
# ## 常见的坑 { #traps }
#
# !!! warning "先增强，后划分"
#     同一张图的副本落在两边。病例：[两边都有的副本](../clinic/data.py#copies-on-both-sides)。
#
# !!! warning "每个轮次看一眼测试集，报告最高的一次"
#     测试集参与了选择。病例：[盯着看的测试集](../clinic/statements.py#watched-test-set)。
#
# !!! warning "验证集也重新抽样，凑成一样多"
#     重新抽样是训练的事。验证集若被改成每类一样多，它量的就不再是用时的情形。
#
# !!! warning "先复制罕见的图，再划分"
#     为了平衡，把 5 张图复制成 100 张，然后随机划分：验证集里，这一类全是训练时见过的图。先划分，再只对训练部分改抽样。
#
# !!! warning "挑掉损失最大的样本，再报告分数"
#     损失最大的也可能是最难的真样本。拿出来给人看，改错的，留下难的；测试集上绝不能这样挑。

# %% [markdown] tags=["en"]
# ## Traps { #traps }
#
# !!! warning "Augment first, split afterwards"
#     Copies of one image end up on both sides. The case: [copies on both sides](../clinic/data.py#copies-on-both-sides).
#
# !!! warning "Looking at the test set in every epoch and reporting the best"
#     The test set took part in the choice. The case: [the watched test set](../clinic/statements.py#watched-test-set).
#
# !!! warning "Resampling the validation set to equal classes"
#     Resampling is for training. A validation set with classes made equal no longer measures what will happen in use.
#
# !!! warning "Copying the rare images, then splitting"
#     To balance the classes, 5 images are copied until there are 100, and then the data are split at random. Of that class, validation then holds nothing but images seen in training. Split first, then change the sampling of the training part alone.
#
# !!! warning "Dropping the samples with the largest loss, then reporting"
#     The largest loss may belong to a sample that is correct and simply hard. Have a person look, mend what is wrong and keep what is hard. Never pick samples like this in a test set.

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 1,000 张片子里有 10 张是阳性。一个程序不看片子，一律答“阴性”。准确率是多少？阳性的召回率是多少？
#
# ??? success "答案"
#     准确率 0.99，召回率 0。报告罕见类别时，只给准确率等于什么也没说。
#
# **2.** 1,257 张图做 5 折交叉验证。一共训练几个网络？训练集最小的那次有几张？
#
# ??? success "答案"
#     训练 5 个。1,257 除以 5 余 2，最大的一折有 252 张，所以最小的训练集有 {{ 1257 - 252 }} 张。
#
# **3.** 测试标签有 20% 是错的，均匀地错到其余 9 个类别。一个网络在这份测试集上得 78%，它答错时也均匀地错到 9 个类别。按真正的标签，它对了多少？
#
# ??? success "答案"
#     设真正的准确率是 $a$。答对的，标签没错才算对；答错的，碰巧错得和标签一样也算对，机会是 $0.2/9$。于是 $0.78=0.8a+(1-a)\times0.2/9$，$a=(0.78-0.2/9)/(0.8-0.2/9)$，即 {{ f"{(0.78 - 0.2 / 9) / (0.8 - 0.2 / 9):.3f}" }}。错标签让好网络显得差得多，还让两个网络之间的差距变小。
#
# **4.** 写 `sampling_weights(labels)`：输入 `int64` 的 `(N,)`，给每个样本一个正的权重，按它抽样时，出现过的每个类别机会相同。
#
# ??? success "答案"
#     类别 $c$ 有 $n_c$ 张，每张 $1/n_c$，整个类别合起来正好是 1。没有出现的类别不会被取到，不用担心除以 0。
#
#     ```python
#     import torch
#
#
#     def sampling_weights(labels):
#         return 1 / torch.bincount(labels)[labels].float()
#     ```
#
# **5.** 写 `group_folds(groups, k)`：输入每个样本属于哪个人（`int64`，`(N,)`），返回 `k` 个下标张量，每个样本恰好出现一次，同一个人只在一折里，没有空的折。
#
# ??? success "答案"
#     给人分折，再让样本跟着人走。按样本多少从大到小、每次放进当前最小的一折，各折就差不多大；下面只图简单。
#
#     ```python
#     import torch
#
#
#     def group_folds(groups, k):
#         people = groups.unique()
#         return [torch.isin(groups, people[start::k]).nonzero()[:, 0] for start in range(k)]
#     ```
#
# **6.** 医院收集了 400 个病人的 3,000 张片子。怎样划分？若 A 医院的片子都是阳性，B 医院的都是阴性，又会出什么事？
#
# ??? success "答案"
#     按病人划分，一个病人的片子只在一边。阳性全来自 A 医院时，网络只要认出医院（边框、亮度、机器的型号）就能得高分，随机划分也好、按病人划分也好，都看不出来。要么两家医院都有阳性和阴性，要么训练用一家、测试用另一家。

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** Of 1,000 scans 10 are positive. A program looks at none of them and always answers "negative". What is its accuracy, and what is its recall of the positives?
#
# ??? success "Answer"
#     Accuracy 0.99, recall 0. For a rare class, accuracy alone says nothing.
#
# **2.** 5-fold cross-validation on 1,257 images: how many networks are trained, and how many images does the smallest training set have?
#
# ??? success "Answer"
#     5 networks. 1,257 leaves 2 when divided by 5, so the largest folds have 252 images, and the smallest training set {{ 1257 - 252 }}.
#
# **3.** In a test set 20% of the labels are wrong, spread evenly over the other 9 classes. A network scores 78% on it, and its own mistakes are spread evenly over 9 classes as well. Measured by the true labels, what is its accuracy?
#
# ??? success "Answer"
#     Call the true accuracy $a$. A right answer counts if the label is right; a wrong one counts if it happens to agree with a wrong label, which has a chance of $0.2/9$. So $0.78=0.8a+(1-a)\times0.2/9$, $a=(0.78-0.2/9)/(0.8-0.2/9)$, which is {{ f"{(0.78 - 0.2 / 9) / (0.8 - 0.2 / 9):.3f}" }}. Wrong labels make a good network look much worse, and they shrink the gap between two networks.
#
# **4.** Write `sampling_weights(labels)`: it takes `int64` labels of shape `(N,)` and gives each sample a positive weight, so that in drawing by these weights every class that occurs is equally likely.
#
# ??? success "Answer"
#     Class $c$ has $n_c$ images of $1/n_c$ each, which makes 1 for the whole class. Classes that do not occur are never looked up, so there is no division by 0 to worry about.
#
#     ```python
#     import torch
#
#
#     def sampling_weights(labels):
#         return 1 / torch.bincount(labels)[labels].float()
#     ```
#
# **5.** Write `group_folds(groups, k)`: it takes the person who wrote each sample (`int64`, `(N,)`) and returns `k` tensors of indices. Every sample is in exactly one of them, each person is in one fold only, and no fold is empty.
#
# ??? success "Answer"
#     Deal out the people, and let samples follow their person. To make folds of equal size, go from the largest group to the smallest and put each into the fold that is smallest so far; the code below keeps it simple.
#
#     ```python
#     import torch
#
#
#     def group_folds(groups, k):
#         people = groups.unique()
#         return [torch.isin(groups, people[start::k]).nonzero()[:, 0] for start in range(k)]
#     ```
#
# **6.** A hospital has 3,000 scans of 400 patients. How would you split them? And what goes wrong if all scans of hospital A are positive and all of hospital B negative?
#
# ??? success "Answer"
#     By patient: the scans of one patient are on one side only. If all positives come from A, recognizing the hospital (a margin, the brightness, the make of the machine) is enough for a high score, and no split, random or by patient, will show it. Either both hospitals contribute positives and negatives, or train on one and test on the other.

# %% [markdown] tags=["zh"]
# ## 参考文献 { #references }
#
# - E. Alpaydin, C. Kaynak. [Optical recognition of handwritten digits](https://doi.org/10.24432/C50P49). UCI Machine Learning Repository, 1998：写明了写字的人怎样分到两边。
# - S. Kaufman, S. Rosset, C. Perlich. [Leakage in data mining: formulation, detection, and avoidance](https://doi.org/10.1145/2020408.2020496). KDD, 2011.
# - C. G. Northcutt, A. Athalye, J. Mueller. [Pervasive label errors in test sets destabilize machine learning benchmarks](https://arxiv.org/abs/2103.14749). NeurIPS Datasets and Benchmarks, 2021.
# - S. Rabanser, S. Günnemann, Z. C. Lipton. [Failing loudly: an empirical study of methods for detecting dataset shift](https://arxiv.org/abs/1810.11953). NeurIPS, 2019.

# %% [markdown] tags=["en"]
# ## References { #references }
#
# - E. Alpaydin, C. Kaynak. [Optical recognition of handwritten digits](https://doi.org/10.24432/C50P49). UCI Machine Learning Repository, 1998, which tells how the writers were divided.
# - S. Kaufman, S. Rosset, C. Perlich. [Leakage in data mining: formulation, detection, and avoidance](https://doi.org/10.1145/2020408.2020496). KDD, 2011.
# - C. G. Northcutt, A. Athalye, J. Mueller. [Pervasive label errors in test sets destabilize machine learning benchmarks](https://arxiv.org/abs/2103.14749). NeurIPS Datasets and Benchmarks, 2021.
# - S. Rabanser, S. Günnemann, Z. C. Lipton. [Failing loudly: an empirical study of methods for detecting dataset shift](https://arxiv.org/abs/1810.11953). NeurIPS, 2019.
