# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "迁移学习：先在印刷体上训练，再用几张手写数字接着学，值多少张标签；冻结与微调、参数组、自监督预训练、灾难性遗忘、批量归一化的陷阱和剪枝，每一样都量过。"
#       en: "Transfer learning: train on printed characters first, go on with a few handwritten digits, and see how many labels that is worth; freezing, fine-tuning, parameter groups, self-supervised pretraining, forgetting, the trap of batch normalization and pruning, all measured."
#     labels:
#       labels per digit: 每个数字的标签数
#       from scratch: 从头训练
#       "letters, fine-tuned": 印刷字母，微调
#       "printed digits, fine-tuned": 印刷数字，微调
#       "printed digits, frozen": 印刷数字，冻结
#       printed digits first: 先学印刷数字
#       step: 步
#       "from scratch, {} labels": 从头训练，{} 个标签
#       "frozen, random, {} labels": 冻结随机卷积，{} 个标签
#       "frozen, by rotation, {} labels": 冻结旋转学来的卷积，{} 个标签
#       smallest weights: 去掉最小的
#       random weights: 随机去掉
#       "smallest, then trained on": 去掉最小的，再接着训练
#       share of weights removed: 去掉的权重所占比例
#       new task: 新任务
#       old task: 旧任务
# ---

# %% [markdown] tags=["zh"]
# # 迁移学习：别处学来的，这里用得上吗 { #transfer-learning }
#
# 你要认手写数字，可是每个数字只有**一张**带标签的图片。另有一个网络，从来没有见过手写的东西，只读过计算机字体印出来的字。它帮得上忙吗？
#
# **先猜三件事：**
#
# 1. 一个只学过**印刷数字**的网络，不再训练，直接读手写数字，能对几成？
# 2. 一个只学过**印刷字母**、一个数字也没见过的网络，比从头训练强吗？
# 3. 标签多到每个数字 30 张时，先学印刷体还有没有用？

# %% [markdown] tags=["en"]
# # Transfer learning: is what was learnt elsewhere of use here? { #transfer-learning }
#
# You want to read handwritten digits, but have **one** labelled image of each. There is another network, which has never seen handwriting; it has read only what computer fonts print. Can it help?
#
# **Guess three things first:**
#
# 1. A network that learnt nothing but **printed digits** reads handwritten ones, without further training. How many does it get right?
# 2. A network that learnt **printed letters** has never seen a digit. Is it better than a start from scratch?
# 3. With as many as 30 labels for each digit, is it still worth reading print first?

# %% [markdown] tags=["zh"]
# ## 两个旧任务，一个新任务 { #tasks }
#
# 印刷体由 matplotlib 自带的字体画出，再照 [digits 的做法](own-digit.py#steps)缩成 $8\times8$ 格、放大到 $28\times28$。代码最后一行给出每个任务有几类、训练图片有几张；图中上两行是印刷体，第三行是手写体：

# %% [markdown] tags=["en"]
# ## Two old tasks and a new one { #tasks }
#
# The fonts that come with matplotlib draw the print; it is then shrunk to $8\times8$ cells and enlarged to $28\times28$, [as the digits were](own-digit.py#steps). The last line of the code gives the number of classes and of training images in each task; in the figure the first two rows are print and the third is handwriting:

# %%
import copy
import dataclasses
from pathlib import Path
from statistics import mean
from typing import NamedTuple

import matplotlib
import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import nn
from torch.nn import functional as F

from dlnotes import data, figures, models, training

splits = data.load("digits")
folder = Path(matplotlib.get_data_path(), "fonts/ttf")
usable = (
    "DejaVuSans",
    "DejaVuSerif",
    "STIXGeneral",
    "cmb",
    "cmmi",
    "cmr",
    "cmss",
    "cmti",
    "cmtt",
)
fonts = [path for path in sorted(folder.glob("*.ttf")) if path.stem.startswith(usable)]
fonts = [path for path in fonts if "Display" not in path.stem]


def glyph(character, font):
    """Draw one character so that it fills 32×32."""
    face = ImageFont.truetype(str(font), 40)
    left, top, right, bottom = face.getbbox(character)
    image = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(image).text((-left, -top), character, font=face, fill=255)
    scale = 32 / max(image.size)
    image = image.resize([max(1, round(side * scale)) for side in image.size])
    canvas = Image.new("L", (32, 32))
    canvas.paste(image, ((32 - image.width) // 2, (32 - image.height) // 2))
    return np.asarray(canvas)


def printed(characters):
    """Return a data set of these characters in every font, 85% of it for training."""
    drawn = np.stack([glyph(one, font) for one in characters for font in fonts])
    # (N, 1, 8, 8)
    cells = F.avg_pool2d(torch.from_numpy(drawn).unsqueeze(1).float(), 4) / 255 * 16
    images = F.interpolate(cells.round() * (255 / 16), size=(28, 28), mode="bicubic")
    images = images.round().clamp(0, 255).to(torch.uint8)
    labels = torch.arange(len(characters)).repeat_interleave(len(fonts))
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    halves = order.tensor_split([int(0.85 * len(order))])
    train, validation = (
        data.Split(images[chosen], labels[chosen]) for chosen in halves
    )
    classes = tuple(characters)
    return dataclasses.replace(
        splits, train=train, validation=validation, classes=classes
    )


tasks = {
    "printed digits": printed("0123456789"),
    "letters": printed("ABCDEFGHJKLMNPQRSTUVWXYZabdefghijknqrtuy"),
}
{name: (len(task.classes), len(task.train.labels)) for name, task in tasks.items()}

# %% tags=["hide-input"] alt_zh="三行各十张小图：印刷数字 0 到 9，字体各异；印刷字母十个；手写数字 0 到 9。" alt_en="Three rows of ten small pictures: printed digits 0 to 9 in various fonts; ten printed letters; handwritten digits 0 to 9."
first = [
    (part.labels == label).nonzero()[1, 0]
    for part in (tasks["printed digits"].train, tasks["letters"].train, splits.train)
    for label in range(10)
]
rows = [
    part.images[index]
    for part, index in zip(
        [tasks["printed digits"].train] * 10
        + [tasks["letters"].train] * 10
        + [splits.train] * 10,
        first,
    )
]
figures.image_grid(rows, columns=10)

# %% [markdown] tags=["zh"]
# 先在一个旧任务上把网络训练好，这一步叫**预训练**。两个旧任务各训练一个 [LeNet](../models/lenet.py)：

# %% [markdown] tags=["en"]
# To train a network on an old task first is called **pretraining**. One [LeNet](../models/lenet.py) for each of the two old tasks:


# %%
class Base(NamedTuple):
    """A pretrained network with the constants that its inputs need."""

    model: nn.Module
    normalization: training.Normalization


def pretrain(task, classes, **settings):
    training.seed_everything(0)
    model = models.create("lenet", num_classes=classes)
    config = training.Config(lr=5e-3, augmentation="digits", **settings)
    history = training.fit(model, task, config)
    return Base(model, history.normalization), history.epochs[-1].validation_accuracy


def accuracy(model, normalization, part=splits.test):
    model.eval()
    with torch.no_grad():
        answers = model(normalization.apply(part.images)).argmax(dim=1)
    return (answers == part.labels).float().mean().item()


bases, known = {}, {}
for name, settings in (
    ("printed digits", {"epochs": 40, "batch_size": 32}),
    ("letters", {"epochs": 20}),
):
    bases[name], known[name] = pretrain(
        tasks[name], len(tasks[name].classes), **settings
    )
untouched = accuracy(*bases["printed digits"])
print({name: f"{value:.0%}" for name, value in known.items()})
print(f"handwriting, by the one that knows printed digits: {untouched:.1%}")

# %% [markdown] tags=["zh"]
# 在自己没见过的印刷体上，两个网络分别答对 {{ f"{known['printed digits']:.0%}" }} 和 {{ f"{known['letters']:.0%}" }}。第 1 个猜测有了答案：只学过印刷数字的网络，一个标签也不用，读手写数字就对了 {{ f"{untouched:.0%}" }}。
#
# ## 骨干和头 { #backbone-and-head }
#
# 学字母的那个网络，最后一层给出 40 个得分，一个也用不上。办法是把网络分成两截：
#
# - **骨干网络**：从输入到最后一个隐藏层。它把图片变成 84 个特征。
# - **网络头部**，简称头：最后一层。它由特征给出每一类的得分，类别换了，它就得换。
#
# 留下骨干，换一个随机的新头，在新任务上接着用，这就是**迁移学习**。接下来有两条路：
#
# - **冻结参数**：骨干里一个数也不动，只训练新头。这时骨干就是一台固定的[特征提取机](../theory/what-is-deep-learning.py#race)。
# - **微调**：全部参数都接着训练。旧的部分用小学习率，免得一开始就被随机的头带来的大梯度冲散；新头用大学习率。
#
# 两个学习率靠**参数组**：给优化器的不是一串参数，而是几个字典，各带各的 `lr`。

# %% [markdown] tags=["en"]
# On print that they had not seen, the two get {{ f"{known['printed digits']:.0%}" }} and {{ f"{known['letters']:.0%}" }} right. The first guess is answered: the network that learnt nothing but printed digits reads {{ f"{untouched:.0%}" }} of the handwritten ones, without a single label.
#
# ## Backbone and head { #backbone-and-head }
#
# The last layer of the network that knows letters gives 40 scores, none of which is wanted here. So cut the network in two:
#
# - The **backbone** goes from the input to the last hidden layer. It turns an image into 84 features.
# - The **head** is the last layer. It makes scores of features, and with other classes there must be another one.
#
# Keep the backbone, put a new random head on it, and use that for the new task: this is **transfer learning**. From here two ways lead on:
#
# - **Freezing**: no number in the backbone changes; only the head is trained. The backbone then is a fixed [maker of features](../theory/what-is-deep-learning.py#race).
# - **Fine-tuning**: training goes on with all parameters. The old ones get a small rate, lest the large gradients of a random head wash them away at once; the new head gets a large rate.
#
# Two rates need **parameter groups**: the optimizer is given a list of dictionaries instead of parameters, each with an `lr` of its own.


# %%
def new_head(base, seed, outputs=10):
    """Copy a network and replace its last layer."""
    torch.manual_seed(seed)
    model = copy.deepcopy(base)
    model.classifier[3] = nn.Linear(model.classifier[3].in_features, outputs)
    return model


def head_and_rest(model, head_lr, rest_lr):
    """Return two parameter groups."""
    head = list(model.classifier[3].parameters())
    rest = [p for p in model.parameters() if all(p is not h for h in head)]
    return [{"params": head, "lr": head_lr}, {"params": rest, "lr": rest_lr}]


def train(model, groups, x, labels, steps=80, seed=0, look=None):
    """Take steps with AdamW on random batches; each group has the peak of its own cycle."""
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(groups)
    peaks = [group["lr"] for group in optimizer.param_groups]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, peaks, total_steps=steps)
    for step in range(steps):
        model.train()
        batch = torch.randint(len(labels), (min(32, len(labels)),), generator=generator)
        loss = F.cross_entropy(model(x[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if look and (step + 1) % 30 == 0:
            look(model)
    return model.eval()


# %% [markdown] tags=["zh"]
# ## 值多少张标签 { #labels-saved }
#
# 每个数字给 1、3、10、30 张手写图片，各抽 3 次，都训练 80 步。从头训练的对手用同样的图片，学习率单独选过。印刷数字的类别和手写的相同，所以它的头可以留着；字母的头要换。

# %% [markdown] tags=["en"]
# ## How many labels is it worth? { #labels-saved }
#
# Give 1, 3, 10 or 30 handwritten images of each digit, drawn 3 times, and train 80 steps. The rival from scratch gets the same images and a learning rate chosen for it. Printed digits have the classes of handwritten ones, so that network may keep its head; the one of the letters gets a new one.

# %%
own = training.Normalization.of(splits.train.images)


def few(count, seed):
    """Choose so many training images of every digit."""
    generator = torch.Generator().manual_seed(seed)
    places = [(splits.train.labels == digit).nonzero()[:, 0] for digit in range(10)]
    orders = [
        torch.randperm(len(where), generator=generator)[:count] for where in places
    ]
    return torch.cat([where[order] for where, order in zip(places, orders)])


def learn(way, count, seed):
    """Return the test accuracy of one way after training on a few labels."""
    chosen = few(count, seed)
    images, labels = splits.train.images[chosen], splits.train.labels[chosen]
    torch.manual_seed(seed)
    if way == "from scratch":
        model, normalization = models.create("lenet"), own
        groups = [{"params": model.parameters(), "lr": 5e-3}]
    elif way == "letters, fine-tuned":
        model, normalization = bases["letters"]
        model = new_head(model, seed)
        groups = head_and_rest(model, 1e-2, 2e-3)
    else:
        model, normalization = copy.deepcopy(bases["printed digits"])
        groups = head_and_rest(model, 1e-2, 2e-3)
        if way == "printed digits, frozen":
            model.requires_grad_(False)
            model.classifier[3].requires_grad_(True)
            groups = groups[:1]  # the other one has nothing to train
    train(model, groups, normalization.apply(images), labels, seed=seed)
    return accuracy(model, normalization)


counts, seeds = (1, 3, 10, 30), (0, 1, 2)
ways = (
    "from scratch",
    "letters, fine-tuned",
    "printed digits, frozen",
    "printed digits, fine-tuned",
)
found = {
    way: {count: [learn(way, count, seed) for seed in seeds] for count in counts}
    for way in ways
}

# %% tags=["hide-input"] alt_zh="横轴是每个数字的标签数（对数），纵轴是测试准确率。一张标签时，印刷数字微调最高，字母微调居中，从头训练最低；标签增多，四条线靠拢，冻结的那条升得最慢。" alt_en="Test accuracy against labels per digit, logarithmic. With one label, printed digits fine-tuned are highest, letters in the middle, from scratch lowest; with more labels the lines come together, and the frozen one rises slowest."
figure = figures.lines(
    {way: [mean(found[way][count]) for count in counts] for way in ways},
    x=counts,
    xlabel="labels per digit",
    ylabel="test accuracy",
)
axes = figure.axes[0]
axes.set_xscale("log")
axes.set_xticks(counts, [str(count) for count in counts])
axes.minorticks_off()
figure

# %% tags=["remove-input"]
got = {
    way: {count: f"{mean(values):.0%}" for count, values in row.items()}
    for way, row in found.items()
}
scratch, letters, frozen, tuned = (got[way] for way in ways)

# %% [markdown] tags=["zh"]
# 每个数字一张标签时，从头训练 {{ scratch[1] }}，先学字母 {{ letters[1] }}，先学印刷数字 {{ tuned[1] }}。从图中看出三件事：
#
# - **任务越近，好处越大。** 1 张标签时，先学字母只领先一点，还比不上换一批图片带来的差别。印刷数字帮得多得多：用 3 张标签就到 {{ tuned[3] }}，从头训练要 10 张才到 {{ scratch[10] }}。
# - **标签越多，印刷数字的领先越小。** 到 30 张，三种是 {{ scratch[30] }}、{{ letters[30] }}、{{ tuned[30] }}。先学字母的这时已经和先学印刷数字的差不多。
# - **冻结省事，但有上限。** 1 张时 {{ frozen[1] }}，30 张时也只有 {{ frozen[30] }}。84 个特征是为印刷体学的，印刷体里没有的差别，头再怎么训练也找不回来。
#
# 每个点是 3 次的平均；只有 1 张标签时，挑到哪一张很要紧，同一种办法最好与最差能差 {{ f"{100 * max(max(row[1]) - min(row[1]) for row in found.values()):.0f}" }} 个百分点。
#
# ## 起跑快，还是终点远 { #head-start }
#
# 现在把 {{ f"{len(splits.train.labels):,}" }} 张标签全给它们，训练 300 步，每 30 步考一次：

# %% [markdown] tags=["en"]
# With one label per digit, a start from scratch gets {{ scratch[1] }}, letters first {{ letters[1] }}, printed digits first {{ tuned[1] }}. The figure tells three things:
#
# - **The nearer the old task, the more it helps.** With 1 label, letters lead by so little that the choice of images matters more. Printed digits help far more. With 3 labels they reach {{ tuned[3] }}; from scratch it takes 10 labels to reach {{ scratch[10] }}.
# - **The more labels, the smaller the lead of printed digits.** With 30 the three get {{ scratch[30] }}, {{ letters[30] }} and {{ tuned[30] }}. By then letters do about as well as printed digits.
# - **Freezing is cheap, and has a ceiling.** With 1 label it gets {{ frozen[1] }}, with 30 no more than {{ frozen[30] }}. The 84 features were learnt for print; a difference that print does not show is gone, and no head brings it back.
#
# Every point is the mean of 3 draws. With a single label it matters much which image was drawn: the best and the worst of one way differ by up to {{ f"{100 * max(max(row[1]) - min(row[1]) for row in found.values()):.0f}" }} points.
#
# ## A head start, or a better goal? { #head-start }
#
# Now give them all {{ f"{len(splits.train.labels):,}" }} labels and 300 steps, with an exam every 30:

# %%
course, finished = {}, {}
for way in ("from scratch", "printed digits first"):
    torch.manual_seed(0)
    if way == "from scratch":
        model, normalization, lr = models.create("lenet"), own, 5e-3
    else:
        model, normalization = copy.deepcopy(bases["printed digits"])
        lr = 2e-3
    course[way] = [accuracy(model, normalization)]

    def exam(now, marks=course[way], normalization=normalization):
        marks.append(accuracy(now, normalization))

    groups = [{"params": model.parameters(), "lr": lr}]
    x = normalization.apply(splits.train.images)
    train(model, groups, x, splits.train.labels, 300, look=exam)
    finished[way] = Base(model, normalization)

# %% tags=["hide-input"] alt_zh="横轴是步数，纵轴是测试准确率。先学印刷数字的从六成多起步，很快过九成；从头训练的从一成起步，约 100 步后追上，最后两条线几乎重合。" alt_en="Test accuracy against steps. After printed digits it starts above sixty percent and soon passes ninety; from scratch it starts at ten percent and catches up after about 100 steps; at the end the two lines nearly coincide."
figures.lines(course, x=range(0, 301, 30), xlabel="step", ylabel="test accuracy")

# %% [markdown] tags=["zh"]
# 30 步时差得很远：{{ f"{course['from scratch'][1]:.0%}" }} 对 {{ f"{course['printed digits first'][1]:.0%}" }}。300 步后是 {{ f"{course['from scratch'][-1]:.1%}" }} 对 {{ f"{course['printed digits first'][-1]:.1%}" }}，领先已经没有了。**标签和时间都够的时候，预训练只是起跑快。** 从 ImageNet 分类到目标检测，也有人量到同样的事（He 等，2019）。
#
# ## 没有标签，也能预训练 { #self-supervised }
#
# 旧任务也可以自己造。把 {{ f"{len(splits.train.labels):,}" }} 张手写图片各转 0、90、180、270 度，让网络说转了多少：这是**自监督学习**，不用任何数字标签。学完之后，冻结两个卷积层，在它们后面重新训练全连接层。
#
# **先猜，再想想该跟谁比。** 跟从头训练比？还有一个更强的对手：卷积层**不训练**，一直冻结在随机的初值上。

# %% [markdown] tags=["en"]
# At 30 steps they are far apart: {{ f"{course['from scratch'][1]:.0%}" }} against {{ f"{course['printed digits first'][1]:.0%}" }}. At 300 it is {{ f"{course['from scratch'][-1]:.1%}" }} against {{ f"{course['printed digits first'][-1]:.1%}" }}: the lead is gone. **Given labels and time enough, pretraining is a head start and no more.** The same was measured from ImageNet classification to object detection (He et al., 2019).
#
# ## Pretraining without labels { #self-supervised }
#
# An old task can also be made up. Turn {{ f"{len(splits.train.labels):,}" }} handwritten images by 0, 90, 180 and 270 degrees and let the network say by how much: this is **self-supervised learning**, and uses no label of a digit. Then freeze the two convolutions and train new fully connected layers behind them.
#
# **Guess, and think about whom to compare with.** A start from scratch? There is a harder rival: convolutions that were **not trained at all** and are frozen at their random start.


# %%
def every_way_up(part):
    """Return each image in four orientations, labelled by the number of quarter turns."""
    turns = [part.images.rot90(quarter, dims=(2, 3)) for quarter in range(4)]
    labels = torch.arange(4).repeat_interleave(len(part.images))
    return data.Split(torch.cat(turns), labels)


turned = {part: every_way_up(getattr(splits, part)) for part in ("train", "validation")}
turned = dataclasses.replace(splits, **turned)
rotation, rotation_known = pretrain(turned, 4, epochs=4)


class Tail(nn.Module):
    """The fully connected layers of LeNet, for features that are computed once."""

    def __init__(self):
        super().__init__()
        self.classifier = models.create("lenet").classifier

    def forward(self, features):
        return self.classifier(features)


def behind(model, normalization, count, seed):
    """Freeze the convolutions of a network and train fully connected layers behind them."""
    chosen = few(count, seed)
    inputs = splits.train.images[chosen], splits.test.images
    with torch.no_grad():
        x, z = (model.features(normalization.apply(images)) for images in inputs)
    torch.manual_seed(seed)
    tail = Tail()
    groups = [{"params": tail.parameters(), "lr": 5e-3}]
    train(tail, groups, x, splits.train.labels[chosen], seed=seed)
    with torch.no_grad():
        return (tail(z).argmax(dim=1) == splits.test.labels).float().mean().item()


torch.manual_seed(5)
rivals = {
    "frozen, random": Base(models.create("lenet"), own),
    "frozen, by rotation": rotation,
}
unlabelled = {}
for count in (3, 30):
    unlabelled[f"from scratch, {count} labels"] = found["from scratch"][count]
    for name, base in rivals.items():
        scores = [behind(*base, count, seed) for seed in seeds]
        unlabelled[f"{name}, {count} labels"] = scores

# %% tags=["hide-input"] alt_zh="六条横杠：每个数字 3 个标签和 30 个标签，各有从头训练、冻结随机卷积、冻结旋转学来的卷积，后者都最高。" alt_en="Six bars: for 3 and for 30 labels per digit, from scratch, frozen random convolutions and frozen convolutions learnt by rotation, the last the highest each time."
figures.bars(unlabelled, xlabel="test accuracy", limits=(0, 1))

# %% tags=["remove-input"]
plain = {name: f"{mean(values):.0%}" for name, values in unlabelled.items()}

# %% [markdown] tags=["zh"]
# 每个数字 3 个标签时，从头训练 {{ plain["from scratch, 3 labels"] }}，随机卷积 {{ plain["frozen, random, 3 labels"] }}，旋转学来的 {{ plain["frozen, by rotation, 3 labels"] }}。只跟从头训练比，会把功劳全记在自监督头上；其实**没有训练过的卷积**也能拿到其中一部分。30 个标签时是 {{ plain["from scratch, 30 labels"] }}、{{ plain["frozen, random, 30 labels"] }}、{{ plain["frozen, by rotation, 30 labels"] }}，旋转那一份才看得清楚。
#
# 大模型走的正是这条路：没有标签的数据要多少有多少，先在上面自监督，再用少量标签微调。
#
# ## 学了新的，忘了旧的 { #forgetting }
#
# 认字母的网络微调成认手写数字之后，还认得字母吗？把旧头留着，学完再用旧题考一次。4 种学法，每个数字 30 个标签，各 100 步。下表的 `lr` 是骨干的学习率，新头一律用 0.01；`replay` 是每一步再混进一批旧数据：

# %% [markdown] tags=["en"]
# With 3 labels per digit, from scratch gets {{ plain["from scratch, 3 labels"] }}, random convolutions {{ plain["frozen, random, 3 labels"] }}, those learnt by rotation {{ plain["frozen, by rotation, 3 labels"] }}. Compared with scratch alone, self-supervision would get all the credit, though **convolutions that were never trained** get part of it too. With 30 labels it is {{ plain["from scratch, 30 labels"] }}, {{ plain["frozen, random, 30 labels"] }} and {{ plain["frozen, by rotation, 30 labels"] }}, and the share of rotation is plain to see.
#
# Large models take this road: data without labels are almost endless, so learn from those by self-supervision first, then fine-tune with a few labels.
#
# ## Something new learnt, something old forgotten { #forgetting }
#
# Once the network of the letters is tuned to handwritten digits, can it still read letters? Keep its old head and give it the old exam. There are 4 ways to learn, with 30 labels per digit and 100 steps each. In the table, `lr` is the rate of the backbone, while the new head always has 0.01; `replay` adds a batch of old data to every step:


# %%
def both_tasks(rest_lr, replay=False):
    """Learn digits with a new head; return accuracy on both tasks, each with its head."""
    old_model, normalization = bases["letters"]
    body, old_head = copy.deepcopy(old_model), copy.deepcopy(old_model.classifier[3])
    body.classifier[3] = nn.Identity()
    torch.manual_seed(0)
    head = nn.Linear(84, 10)
    rest = [*body.parameters(), *old_head.parameters()]
    groups = [
        {"params": head.parameters(), "lr": 1e-2},
        {"params": rest, "lr": rest_lr},
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.0)
    chosen, generator = few(30, seed=0), torch.Generator().manual_seed(0)
    x, labels = splits.train.images[chosen], splits.train.labels[chosen]
    old_x, old_labels = tasks["letters"].train
    x, old_x = normalization.apply(x), normalization.apply(old_x)
    for _ in range(100):
        batch = torch.randint(len(labels), (32,), generator=generator)
        loss = F.cross_entropy(head(body(x[batch])), labels[batch])
        if replay:
            batch = torch.randint(len(old_labels), (32,), generator=generator)
            again = old_head(body(old_x[batch]))
            loss = loss + F.cross_entropy(again, old_labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    new, old = nn.Sequential(body, head), nn.Sequential(body, old_head)
    letters_left = accuracy(old, normalization, tasks["letters"].validation)
    return accuracy(new, normalization), letters_left


kept = {
    "lr=5e-3": both_tasks(5e-3),
    "lr=2e-4": both_tasks(2e-4),
    "lr=0": both_tasks(0.0),
    "lr=5e-3, replay": both_tasks(5e-3, replay=True),
}

# %% tags=["hide-input"]
import pandas as pd

pd.DataFrame(
    {
        "new task": [f"{new:.1%}" for new, _ in kept.values()],
        "old task": [f"{old:.1%}" for _, old in kept.values()],
    },
    index=list(kept),
)

# %% [markdown] tags=["zh"]
# 大学习率微调，字母从 {{ f"{known['letters']:.0%}" }} 掉到 {{ f"{kept['lr=5e-3'][1]:.0%}" }}：没有哪一步要它忘，可也没有哪一步要它记住。这叫**灾难性遗忘**。三种办法都管用：把骨干的学习率调小（{{ f"{kept['lr=2e-4'][1]:.0%}" }}），冻结（`lr=0`，{{ f"{kept['lr=0'][1]:.0%}" }}，不变），或者每一步混进一批旧数据（{{ f"{kept['lr=5e-3, replay'][1]:.0%}" }}）。最后一种不必调小学习率，但旧数据得还在手上。
#
# 若旧任务以后用不着，忘了也无妨。要不要防，看你用不用它。
#
# ## 换掉 torchvision 模型的最后一层 { #torchvision }
#
# 头叫什么名字，各家不同。打印最后一层就知道；`meta` 设备上只有形状，没有数，不占内存：

# %% [markdown] tags=["en"]
# Tuned at a large rate, letters fall from {{ f"{known['letters']:.0%}" }} to {{ f"{kept['lr=5e-3'][1]:.0%}" }}. No step asked the network to forget; no step asked it to remember either. This is called **catastrophic forgetting**. Three remedies work: a smaller rate for the backbone ({{ f"{kept['lr=2e-4'][1]:.0%}" }}), freezing it (`lr=0`, {{ f"{kept['lr=0'][1]:.0%}" }}, unchanged), or a batch of old data in every step ({{ f"{kept['lr=5e-3, replay'][1]:.0%}" }}). The last need not slow down, provided that the old data are still there.
#
# Where the old task is never needed again, forgetting it does no harm. It depends on what you still need.
#
# ## Replace the last layer of a torchvision model { #torchvision }
#
# The head has another name in each family. Print the last layer to learn it; on the `meta` device there are shapes without numbers, and no memory is used:

# %%
import torchvision

families = (
    "alexnet",
    "vgg16",
    "resnet18",
    "densenet121",
    "mobilenet_v3_small",
    "vit_b_16",
)
with torch.device("meta"):
    for name in families:
        # weights=None: random, no download
        network = torchvision.models.get_model(name)
        where, last = list(network.named_modules())[-1]
        print(f"{name:20}{where:15}{last.in_features:5} → {last.out_features}")

# %%
with torch.device("meta"):
    network = torchvision.models.resnet18()
    network.requires_grad_(False)  # freeze all …
    # … then a new head, born trainable
    network.fc = nn.Linear(network.fc.in_features, 10)

count = {True: 0, False: 0}
for parameter in network.parameters():
    count[parameter.requires_grad] += parameter.numel()
print(f"trained: {count[True]:,}, frozen: {count[False]:,}")

# %% [markdown] tags=["zh"]
# 只训练 {{ f"{count[True]:,}" }} 个参数。次序要紧：若先换头再冻结，新头也冻住了，这时 `backward()` 会报错：没有一个张量要求导。若只冻结了一部分，新头又在其中，就不会报错，头却一直是随机的。
#
# 预训练的权重要另外给 `weights=`。它指明下载哪个文件、准确率多少、**输入怎样预处理**：

# %% [markdown] tags=["en"]
# Only {{ f"{count[True]:,}" }} parameters are trained. The order matters: replace first and freeze afterwards, and the new head is frozen too; then `backward()` fails, for no tensor requires a gradient. If only a part is frozen and the new head belongs to it, there is no error, and the head stays random.
#
# Pretrained weights come by `weights=`. It names the file to download, how accurate it is, and **how to prepare the inputs**:

# %%
weights = torchvision.models.ResNet18_Weights.DEFAULT
print(weights.url, f"{weights.meta['_file_size']:.0f} MB")
print(weights.meta["_metrics"])
print(weights.transforms())

# %% [markdown] tags=["zh"]
# `resnet18(weights=weights)` 第一次会联网，把文件存进 `$TORCH_HOME/hub/checkpoints/`（没有设 `TORCH_HOME` 时是 `~/.cache/torch`）。没有网的机器，在别处下载好，用原来的文件名放进这个文件夹，同一行代码就不再联网。
#
# `transforms()` 就是预训练时的预处理，均值和标准差都在里面。拿自己数据的常数去配别人的权重，是常见的错误。上面的实验里，每个网络也一直用着它自己旧任务的 `normalization`。
#
# ## 冻结了，还在变：批量归一化 { #batch-norm-trap }
#
# `requires_grad_(False)` 管的是参数。[批量归一化](../models/batch-norm.py)还有移动均值和方差，它们不是参数，只要处在训练模式，每次前向都会更新。一个带批量归一化的网络学过字母，全部冻结，**不要优化器**，只把手写数字喂给它走一遍：

# %% [markdown] tags=["en"]
# `resnet18(weights=weights)` goes to the network the first time, and stores the file in `$TORCH_HOME/hub/checkpoints/` (`~/.cache/torch` if `TORCH_HOME` is not set). For a machine without a network, download it elsewhere and put it into that folder under its own name; the same line then stays offline.
#
# `transforms()` is what inputs went through in pretraining, mean and deviation included. Using the constants of your own data with someone else's weights is a common mistake. In the experiments above, too, each network kept the `normalization` of its old task.
#
# ## Frozen and changing still: batch normalization { #batch-norm-trap }
#
# `requires_grad_(False)` governs parameters. [Batch normalization](../models/batch-norm.py) also has running means and variances. These are no parameters, and in training mode every forward pass updates them. Take a network with batch normalization that learnt letters, freeze all of it, use **no optimizer**, and merely pass the handwritten digits through it once:

# %%
training.seed_everything(0)
normed = models.create("lenet_bn", num_classes=40)
config = training.Config(epochs=10, lr=1e-2, augmentation="digits")
history = training.fit(normed, tasks["letters"], config)
parts = tasks["letters"].train, tasks["letters"].validation
everything = data.Split(*(torch.cat(pair) for pair in zip(*parts)))
drift = {"before": accuracy(normed, history.normalization, everything)}
for mode in ("train", "eval"):
    network = copy.deepcopy(normed).requires_grad_(False)
    network.train(mode == "train")
    for batch in splits.train.images.split(32):
        network(history.normalization.apply(batch))
    drift[mode] = accuracy(network, history.normalization, everything)
print({mode: f"{value:.1%}" for mode, value in drift.items()})

# %% [markdown] tags=["zh"]
# 没有一个参数动过，认字母却从 {{ f"{drift['before']:.1%}" }} 变成 {{ f"{drift['train']:.1%}" }}；处在 `eval()` 时一点不变，{{ f"{drift['eval']:.1%}" }}。所以冻结批量归一化要两步：`requires_grad_(False)`，再加 `eval()`。而且每次 `model.train()` 都会把它们切回来，训练循环里要再切一次。练习 2 请你写。
#
# ## 训练好之后：剪枝 { #pruning }
#
# 上面接着学的那个网络有 {{ f"{sum(p.numel() for p in finished['printed digits first'].model.parameters()):,}" }} 个参数，都用得着吗？**剪枝**把不要紧的权重置零。最简单的判据是绝对值：全网一起排队，去掉最小的。**先猜：去掉一半，准确率掉多少？九成呢？**

# %% [markdown] tags=["en"]
# Not a parameter has moved, and yet reading letters went from {{ f"{drift['before']:.1%}" }} to {{ f"{drift['train']:.1%}" }}; in `eval()` nothing changed, {{ f"{drift['eval']:.1%}" }}. So batch normalization takes two steps to freeze: `requires_grad_(False)` and `eval()`. And each `model.train()` switches it back, so the loop must switch it again. Exercise 2 asks you to write it.
#
# ## After training: pruning { #pruning }
#
# The network that went on from printed digits has {{ f"{sum(p.numel() for p in finished['printed digits first'].model.parameters()):,}" }} parameters. Are all of them needed? **Pruning** sets to zero those that matter little. The simplest measure is the absolute value: line up the weights of all layers and drop the smallest. **Guess first: what does dropping half of them cost, and what nine tenths?**

# %%
from torch.nn.utils import prune


def without(model, share, method):
    """Copy a network and set a share of all weights to zero; biases stay."""
    model = copy.deepcopy(model).to(memory_format=torch.contiguous_format)
    layers = [
        layer for layer in model.modules() if isinstance(layer, (nn.Conv2d, nn.Linear))
    ]
    weights = [(layer, "weight") for layer in layers]
    prune.global_unstructured(weights, pruning_method=method, amount=share)
    return model


whole, normalization = finished["printed digits first"]
x = normalization.apply(splits.train.images)
shares = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95)
cut = {"smallest weights": [], "random weights": [], "smallest, then trained on": []}
for share in shares:
    torch.manual_seed(0)
    chance = without(whole, share, prune.RandomUnstructured)
    cut["random weights"].append(accuracy(chance, normalization))
    small = without(whole, share, prune.L1Unstructured)
    cut["smallest weights"].append(accuracy(small, normalization))
    groups = [{"params": small.parameters(), "lr": 2e-3}]
    train(small, groups, x, splits.train.labels, 60)
    cut["smallest, then trained on"].append(accuracy(small, normalization))

# %% tags=["hide-input"] alt_zh="横轴是去掉的权重比例，纵轴是测试准确率。随机去掉的很快跌到一成；去掉最小的到七八成才明显下降；接着训练的到九成仍在高处，九成五时才跌。" alt_en="Test accuracy against the share of weights removed. Random removal soon falls to ten percent; removing the smallest falls clearly only beyond seventy or eighty percent; trained on, it stays high up to ninety percent and falls at ninety-five."
figures.lines(cut, x=shares, xlabel="share of weights removed", ylabel="test accuracy")

# %% tags=["remove-input"]
size = {
    share: {name: f"{values[number]:.0%}" for name, values in cut.items()}
    for number, share in enumerate(shares)
}

# %% [markdown] tags=["zh"]
# 整个网络答对 {{ size[0.0]["smallest weights"] }}。去掉最小的一半，答对 {{ size[0.5]["smallest weights"] }}；随机去掉一半，只剩 {{ size[0.5]["random weights"] }}。去掉最小的九成，掉到 {{ size[0.9]["smallest weights"] }}，再训练 60 步又回到 {{ size[0.9]["smallest, then trained on"] }}：剩下的权重把活接了过去。置零的位置有掩码看着，接着训练也不会变回非零。
#
# 但这个网络**没有变快，也没有变小**：零也是一个 32 位的浮点数，矩阵乘法照样乘它。`prune` 还多存了一份掩码。要真的变快，得整个通道地剪，或者用认得稀疏的硬件。
#
# ## 常见的坑 { #traps }
#
# !!! warning "预处理用错了常数"
#     别人的权重，配别人的均值、标准差、图片大小和通道次序。结果不会报错，只会变差。
#
# !!! warning "只跟“从头训练”比，而且没有好好调它"
#     从头训练需要的学习率和步数不一样。同一套设置拿来比，等于替预训练作弊。还有一个对照也该做，上面做过：冻结的随机网络。
#
# !!! warning "验证集里混进了预训练见过的图片"
#     公开的大模型很可能见过你的测试图片，量到的就成了记性。见[数据](data.py)。
#
# !!! warning "微调用了从头训练的学习率"
#     [遗忘那一节](#forgetting)表中的第一行就是例子。先把骨干的学习率设成头的十分之一，再往两边试。
#
# !!! warning "剪枝报错 `view size is not compatible`"
#     `prune.global_unstructured` 要连续的内存。权重若是 `channels_last`，先转成 `torch.contiguous_format`，像上面那样。

# %% [markdown] tags=["en"]
# The whole network gets {{ size[0.0]["smallest weights"] }} right. Without the smaller half of its weights it gets {{ size[0.5]["smallest weights"] }}; without a random half, {{ size[0.5]["random weights"] }}. Without the smallest nine tenths it falls to {{ size[0.9]["smallest weights"] }}, and 60 more steps bring it back to {{ size[0.9]["smallest, then trained on"] }}: the weights that remain take over. A mask guards the zeros, so that training does not revive them.
#
# Still, this network is **neither faster nor smaller**: a zero is a float of 32 bits like any other, and the matrix product multiplies by it. `prune` even keeps a mask on top. To be faster, whole channels must go, or the hardware must know sparsity.
#
# ## Traps { #traps }
#
# !!! warning "Inputs prepared with the wrong constants"
#     Someone else's weights want the mean, deviation, image size and channel order that they were trained with. Nothing complains; results are worse.
#
# !!! warning "Compared with scratch only, and scratch not tuned"
#     A start from scratch needs another rate and more steps. With one setting for both, the race is fixed in favour of pretraining. And there was a second control above that is worth having: a frozen random network.
#
# !!! warning "Pretraining has seen the validation images"
#     A large public model has very likely met your test images. Then you measure memory. See [data](data.py).
#
# !!! warning "Fine-tuning at the rate of a start from scratch"
#     That is the first line of the [table on forgetting](#forgetting). Begin with a tenth of the head's rate for the backbone, and try both ways from there.
#
# !!! warning "Pruning fails with `view size is not compatible`"
#     `prune.global_unstructured` wants contiguous memory. Weights in `channels_last` must first be turned to `torch.contiguous_format`, as above.

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 把 ResNet-18 的 `fc` 换成 10 类，冻结其余。要训练多少个参数？若连全部微调，又是多少？
#
# ??? success "答案"
#     新头有 $512\times10+10=5130$ 个。全部是 11,181,642 个：原来的 11,689,512 个，减去旧头的 $512\times1000+1000=513000$ 个，加上新头的。
#
# **2.** 写 `freeze_batch_norm(model)`：让模型里每个批量归一化层的参数不再求导，移动统计量也不再更新；别的层不受影响。
#
# ??? success "答案"
#     ```python
#     from torch import nn
#
#
#     def freeze_batch_norm(model):
#         """Keep parameters and running statistics of every batch normalization; call it after each model.train()."""
#         for layer in model.modules():
#             if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)):
#                 layer.eval()
#                 layer.requires_grad_(False)
#     ```
#
# **3.** 每个数字只有 3 个标签时，冻结的随机卷积为什么不比全部训练差？
#
# ??? success "答案"
#     30 张图片定不下 44,426 个参数：能把这 30 张答对的参数有无数组，训练得到的那一组多半不适合别的图片。冻结卷积，能拿来硬凑的参数就少了；随机的卷积又保留了图片的大部分信息（见[看见了什么](../models/what-a-cnn-sees.py#kernels)）。标签再多一些，能学的卷积才派得上用场。
#
# **4.** 稀疏存储：每个非零权重存 4 字节的值和 4 字节的位置。置零的比例超过多少，才比每个权重存 4 字节省？置零九成时，是原来的几分之几？
#
# ??? success "答案"
#     设置零的比例为 $s$，稀疏存储每个权重平均用 $8(1-s)$ 字节，小于 4 要 $s>0.5$。$s=0.9$ 时是 $8\times0.1/4=0.2$，五分之一。
#
# **5.** 把算出的梯度乘 0，和 `requires_grad_(False)`，都能冻结吗？
#
# ??? success "答案"
#     只有后者能。AdamW 的权重衰减不看梯度，动量也还在，梯度为 0 的参数照样变；`requires_grad_(False)` 的参数没有梯度，优化器跳过它。[门诊里有一例](../clinic/optimizers.py#frozen-weights-move)。
#
# ## 参考文献 { #references }
#
# - J. Yosinski, J. Clune, Y. Bengio, H. Lipson. [How transferable are features in deep neural networks?](https://arxiv.org/abs/1411.1792) NeurIPS, 2014. 从哪一层切开，量得很细。
# - K. He, R. Girshick, P. Dollár. [Rethinking ImageNet pre-training](https://arxiv.org/abs/1811.08883). ICCV, 2019.
# - S. Gidaris, P. Singh, N. Komodakis. [Unsupervised representation learning by predicting image rotations](https://arxiv.org/abs/1803.07728). ICLR, 2018.
# - J. Kirkpatrick 等. [Overcoming catastrophic forgetting in neural networks](https://arxiv.org/abs/1612.00796). PNAS, 2017.
# - S. Han, J. Pool, J. Tran, W. J. Dally. [Learning both weights and connections for efficient neural networks](https://arxiv.org/abs/1506.02626). NeurIPS, 2015. 剪枝，再训练。

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** Replace `fc` of a ResNet-18 for 10 classes and freeze the rest. How many parameters are trained? And how many if all are tuned?
#
# ??? success "Answer"
#     The new head has $512\times10+10=5130$. In all there are 11,181,642: the 11,689,512 of before, less the $512\times1000+1000=513000$ of the old head, plus the new one.
#
# **2.** Write `freeze_batch_norm(model)`: the parameters of every batch normalization should need no gradient any more, and running statistics should stay as they are; other layers are left alone.
#
# ??? success "Answer"
#     ```python
#     from torch import nn
#
#
#     def freeze_batch_norm(model):
#         """Keep parameters and running statistics of every batch normalization; call it after each model.train()."""
#         for layer in model.modules():
#             if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)):
#                 layer.eval()
#                 layer.requires_grad_(False)
#     ```
#
# **3.** With 3 labels per digit, why do frozen random convolutions do no worse than training everything?
#
# ??? success "Answer"
#     30 images cannot settle 44,426 parameters: countless settings get these 30 right, and the one that training finds mostly does not suit other images. Frozen convolutions leave less freedom to make do with, while random ones keep most of what an image tells (see [what a CNN sees](../models/what-a-cnn-sees.py#kernels)). It takes more labels before convolutions that can learn pay off.
#
# **4.** Sparse storage: each weight that is not zero takes 4 bytes for its value and 4 for its place. From what share of zeros is that less than 4 bytes for every weight? And with nine tenths zero, what part of the size is left?
#
# ??? success "Answer"
#     With a share $s$ of zeros it takes $8(1-s)$ bytes per weight on average, which is below 4 if $s>0.5$. For $s=0.9$ it is $8\times0.1/4=0.2$, a fifth.
#
# **5.** Multiply gradients by 0, or call `requires_grad_(False)`: does either freeze?
#
# ??? success "Answer"
#     Only the second. AdamW's weight decay does not ask for gradients, and momentum is still there, so parameters of gradient 0 move; those with `requires_grad_(False)` have no gradient and are skipped. There is [a case in the clinic](../clinic/optimizers.py#frozen-weights-move).
#
# ## References { #references }
#
# - J. Yosinski, J. Clune, Y. Bengio, H. Lipson. [How transferable are features in deep neural networks?](https://arxiv.org/abs/1411.1792) NeurIPS, 2014. Measures where to cut, layer by layer.
# - K. He, R. Girshick, P. Dollár. [Rethinking ImageNet pre-training](https://arxiv.org/abs/1811.08883). ICCV, 2019.
# - S. Gidaris, P. Singh, N. Komodakis. [Unsupervised representation learning by predicting image rotations](https://arxiv.org/abs/1803.07728). ICLR, 2018.
# - J. Kirkpatrick et al. [Overcoming catastrophic forgetting in neural networks](https://arxiv.org/abs/1612.00796). PNAS, 2017.
# - S. Han, J. Pool, J. Tran, W. J. Dally. [Learning both weights and connections for efficient neural networks](https://arxiv.org/abs/1506.02626). NeurIPS, 2015. Prune, then train on.
