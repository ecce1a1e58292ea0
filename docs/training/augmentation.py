# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "数据增强：每种方法在同一个数字上的样子，哪些改标签；裁剪、颜色抖动、擦除、mixup、CutMix 与测试时增强，少量样本上量出来的好处与害处。"
#       en: "Data augmentation: every method on one digit, and which change the label; crops, colour jitter, erasing, mixup, CutMix and test-time augmentation, with gain and harm measured on few samples."
#     covers: [N-14, D-02, C-14]
#     labels:
#       original: 原图
#       flip left-right: 左右翻转
#       flip up-down: 上下翻转
#       "turn 15°": "转 15°"
#       "turn 90°": "转 90°"
#       "turn 180°": "转 180°"
#       shift: 平移
#       shrink: 缩小
#       resize and crop: 放大再裁剪
#       erase: 擦除
#       none: 不增强
#       small moves: 小幅变动
#       flips: 翻转
#       flips and quarter turns: 翻转加直角旋转
#       crop: 裁剪
#       flip: 翻转
#       colours: 颜色
#       erased: 擦除
#       random crop: 随机裁剪
#       random erasing: 随机擦除
#       mixup: mixup
#       small moves and mixup: 小幅变动加 mixup
#       "mixup 0.6": "mixup 0.6"
#       "CutMix 0.75": "CutMix 0.75"
#       as it is: 原样
#       "9 shifts by a pixel": "9 种移一格"
#       "8 small moves": "8 次小幅变动"
# ---

# %% [markdown] tags=["zh"]
# # 数据增强：变了样，还是同一个数字吗 { #augmentation }
#
# 训练图片太少，就从已有的图片变出新的来：翻转、旋转、平移、裁剪。这叫**数据增强**。下面是同一张 3 的各种变法。**哪几张你还会标成 3？**

# %% [markdown] tags=["en"]
# # Data augmentation: changed, and still the same digit? { #augmentation }
#
# Too few training images? Make new ones from those you have: flip, rotate, shift, crop. This is **data augmentation**. Here is one 3, changed in many ways. **Which of them would you still label 3?**

# %% tags=["hide-input"] alt_zh="同一张 3 的十种样子：原图，左右翻转，上下翻转，转 15°，转 90°，转 180°，平移，缩小，放大再裁剪，擦除一块。" alt_en="One 3 in ten forms: original, flipped left-right, flipped up-down, turned by 15°, 90° and 180°, shifted, shrunk, resized and cropped, with a patch erased."
import torch
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as T

from dlnotes import data, figures, training
from dlnotes.training.augmentation import affine

splits = data.load("digits")
labels = splits.train.labels
smooth = InterpolationMode.BILINEAR
methods = {
    "original": lambda x: x,
    "flip left-right": T.horizontal_flip,
    "flip up-down": T.vertical_flip,
    "turn 15°": lambda x: T.rotate(x, 15, smooth),
    "turn 90°": lambda x: T.rotate(x, 90),
    "turn 180°": lambda x: T.rotate(x, 180),
    "shift": lambda x: T.affine(x, angle=0, translate=[2, 1], scale=1, shear=[0.0], interpolation=smooth),
    "shrink": lambda x: T.affine(x, angle=0, translate=[0, 0], scale=0.85, shear=[0.0], interpolation=smooth),
    "resize and crop": lambda x: T.crop(T.resize(x, [32, 32]), 1, 3, 28, 28),
    "erase": lambda x: T.erase(x, 9, 9, 7, 7, torch.zeros((), dtype=x.dtype)),
}


def typical(digit):
    """Return the image of a digit that is nearest to their mean."""
    images = splits.train.images[labels == digit].float()
    return images[(images - images.mean(dim=0)).flatten(1).norm(dim=1).argmin()]


three = typical(3).to(torch.uint8)
figures.image_grid([method(three) for method in methods.values()], list(methods), columns=5)

# %% [markdown] tags=["zh"]
# ## 标签还在不在 { #labels }
#
# 增强只有一条规矩：**变换之后，人还会给出同一个标签**。翻转过的猫还是猫；左右翻转的 3 不是任何数字，倒过来的 6 是 9。
#
# 请一个只见过正常数字的网络当裁判，看变换之后的验证图片里，有多少还认作原来的数字：

# %% [markdown] tags=["en"]
# ## Is the label still true? { #labels }
#
# Augmentation has one rule: **afterwards a person would still give the same label**. A flipped cat is a cat; a 3 flipped left-right is no digit at all, and a 6 upside down is a 9.
#
# Let a network that has seen upright digits only be the judge. How many validation images does it still take for the same digit after the change?

# %%
from torch.nn import functional as F

from dlnotes.models.mlp import MLP

normalization = training.Normalization.of(splits.train.images)
training.seed_everything(0)
judge = MLP(hidden_sizes=(64,))
training.fit(judge, splits, training.Config(epochs=8, lr=5e-3, device="cpu"))


def answers(model, images):
    with torch.no_grad():
        return model(normalization.apply(images)).argmax(dim=1)


held_out = splits.validation
kept = {}
for name, method in methods.items():
    said = answers(judge, method(held_out.images))
    kept[name] = (said == held_out.labels).float().mean().item()
sixes = splits.train.images[labels == 6]
nines = (answers(judge, T.rotate(sixes, 180)) == 9).float().mean().item()

# %% tags=["hide-input"] alt_zh="裁判网络在每种变换之后还认作原数字的比例。" alt_en="Share of images that the judge still takes for the same digit, after each change."
figures.bars({name: [share] for name, share in kept.items()}, xlabel="accuracy", limits=(0, 1))

# %% [markdown] tags=["zh"]
# 左右翻转之后只剩 {{ f"{kept['flip left-right']:.0%}" }}，倒过来剩 {{ f"{kept['turn 180°']:.0%}" }}；倒过来的 6 有 {{ f"{nines:.0%}" }} 答成 9。0 和 8 怎么翻都像自己，所以不会一张不剩。
#
# 裁判不是人，分数低有两种意思。转 15° 或平移的图，人一眼就认得，它答错是因为**没见过**：这正是增强要补的课。倒过来的 6，连人也说是 9，标签却还写着 6：这是在教它**错的答案**。先问人，再问网络。
#
# 有一份 MNIST 笔记把左右翻转、上下翻转、转 15°、`RandomRotation([90, 180, 270])`、放大到 32 再随机裁成 28 排成一串。只有转 15° 和最后的裁剪适合数字。那个列表还不是它看上去的意思，见[病例](../clinic/data.py#list-means-range)。

# %% [markdown] tags=["en"]
# After a left-right flip {{ f"{kept['flip left-right']:.0%}" }} are still right, and after a half turn {{ f"{kept['turn 180°']:.0%}" }}. Of the sixes given a half turn, {{ f"{nines:.0%}" }} are called 9. A 0 or an 8 looks like itself however it is flipped, so some always survive.
#
# The judge is no person, and a low score can mean two things. A digit turned by 15° or shifted is plain to any reader; the judge misses it because it has **never seen one**, and that is just what augmentation should teach. A 6 upside down is a 9 to people too, and its label still says 6: that teaches a **wrong answer**. Ask a person first, then a network.
#
# Notes on MNIST chain left-right flips, up-down flips, a turn by 15°, `RandomRotation([90, 180, 270])`, and a resize to 32 with a random crop to 28. Only the turn by 15° and the crop at the end suit digits. The list of angles does not mean what it seems to mean either; see [the case](../clinic/data.py#list-means-range).

# %% [markdown] tags=["zh"]
# ## 好处和害处，量一量 { #measured }
#
# 每类只留 10 张，一共 100 张训练图，训练 150 步，各 5 个种子。四种做法：不增强；小幅旋转、缩放、平移（`affine`）；随机翻转；翻转再加直角旋转。
#
# 验证图片考两遍：一遍原样，一遍每张随机歪一点、移一点，像真的手写那样。先猜：小幅变动在哪一遍帮得更多？

# %% [markdown] tags=["en"]
# ## Gain and harm, measured { #measured }
#
# Keep 10 images per class, 100 in all, and train 150 steps, with 5 seeds each. Four ways: no augmentation; small turns, scalings and shifts (`affine`); random flips; flips and quarter turns.
#
# The networks see the validation images twice: once as they are, and once with each image a little crooked and off centre, as handwriting is. Guess first: in which of the two do small moves help more?

# %%
def flips(images, generator):
    for axis in (2, 3):
        chosen = torch.rand(len(images), 1, 1, 1, generator=generator) < 0.5
        images = torch.where(chosen, images.flip(axis), images)
    return images


def turns(images, generator):
    images = flips(images, generator)
    quarters = torch.randint(4, (len(images), 1, 1, 1), generator=generator)
    for k in (1, 2, 3):
        images = torch.where(quarters == k, images.rot90(k, dims=(2, 3)), images)
    return images


def unchanged(images, generator):
    return images


augmentations = {
    "none": unchanged,
    "small moves": affine,
    "flips": flips,
    "flips and quarter turns": turns,
}
upright = held_out.images.float()
crooked = affine(upright, torch.Generator().manual_seed(100))


def trained(augment, seed, mix=None):
    """Train on 10 images per class, augmented anew in each step."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(labels), generator=generator)
    few = torch.cat([order[labels[order] == digit][:10] for digit in range(10)])
    images = splits.train.images[few].float()
    targets = F.one_hot(labels[few], 10).float()  # (100, 10)
    training.seed_everything(seed)
    model = MLP(hidden_sizes=(64,))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(150):
        inputs, wanted = augment(images, generator), targets
        if mix:
            inputs, wanted = mix(inputs, wanted, generator)
        loss = F.cross_entropy(model(normalization.apply(inputs)), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


def shares(models, images):
    right = [answers(model, images) == held_out.labels for model in models]
    return [part.float().mean().item() for part in right]


models = {
    name: [trained(augment, seed) for seed in range(5)]
    for name, augment in augmentations.items()
}
on_upright = {name: shares(five, upright) for name, five in models.items()}
on_crooked = {name: shares(five, crooked) for name, five in models.items()}

# %% tags=["hide-input"] alt_zh="原样的验证图片上四种增强的准确率，各 5 个种子。" alt_en="Accuracy of four augmentations on validation images as they are, 5 seeds each."
figures.bars(on_upright, xlabel="validation accuracy", limits=(0, 1))

# %% tags=["hide-input"] alt_zh="歪斜的验证图片上四种增强的准确率，各 5 个种子。" alt_en="Accuracy of four augmentations on crooked validation images, 5 seeds each."
figures.bars(on_crooked, xlabel="validation accuracy", limits=(0, 1))

# %% tags=["remove-input"]
from statistics import mean

level = {name: f"{mean(values):.1%}" for name, values in on_upright.items()}
tilted = {name: f"{mean(values):.1%}" for name, values in on_crooked.items()}

# %% [markdown] tags=["zh"]
# | 增强 | 原样 | 歪斜 |
# |---|---|---|
# | 不增强 | {{ level["none"] }} | {{ tilted["none"] }} |
# | 小幅变动 | {{ level["small moves"] }} | {{ tilted["small moves"] }} |
# | 翻转 | {{ level["flips"] }} | {{ tilted["flips"] }} |
# | 翻转加直角旋转 | {{ level["flips and quarter turns"] }} | {{ tilted["flips and quarter turns"] }} |
#
# digits 的图早已居中扶正，原样考时，小幅变动的好处与种子的波动差不多大，不值得吹嘘。一歪，差别就出来了。**增强教的是一种不变性；考题里有这种变化，它才有用。**
#
# 翻转和直角旋转在原样的考题上反而更差：6 和 9 在训练里互相矛盾，网络还要花容量去认永远不会出现的样子。

# %% [markdown] tags=["en"]
# | augmentation | as they are | crooked |
# |---|---|---|
# | none | {{ level["none"] }} | {{ tilted["none"] }} |
# | small moves | {{ level["small moves"] }} | {{ tilted["small moves"] }} |
# | flips | {{ level["flips"] }} | {{ tilted["flips"] }} |
# | flips and quarter turns | {{ level["flips and quarter turns"] }} | {{ tilted["flips and quarter turns"] }} |
#
# The digits are centred and upright already, so on images as they are the gain of small moves is about as large as the spread of the seeds: nothing to boast of. On crooked ones the difference shows. **Augmentation teaches an invariance, and helps where the exam asks for it.**
#
# Flips and quarter turns do worse on images as they are: 6 and 9 contradict each other in training, and capacity goes into forms that will never come.

# %% [markdown] tags=["zh"]
# ## 照片上常用的四种 { #photographs }
#
# 数字怕翻转，照片不怕。下面是颐和园的佛香阁（[摄影 danielbuechele](https://www.flickr.com/photos/danielbuechele/6061409035/)，CC BY 2.0，随 scikit-learn 附带），每种方法抽三次：
#
# - **随机裁剪**：从随机位置取出一块。常先在四周填充，再裁回原来的大小，等于随机平移；也可以先随机缩放。
# - **随机翻转**：一半的机会左右互换。
# - **颜色抖动**：亮度、对比度、鲜艳程度和色调各随机变一点。光线换了，楼还是楼；若任务是认颜色，它就改了标签。
# - **随机擦除**：随机一块填成 0 或噪声，让网络别只认一处。

# %% [markdown] tags=["en"]
# ## Four that are common for photographs { #photographs }
#
# Flips harm digits, but most photographs can take them. Here is a tower of the Summer Palace in Beijing ([photo by danielbuechele](https://www.flickr.com/photos/danielbuechele/6061409035/), CC BY 2.0, comes with scikit-learn), with three random examples of each method:
#
# - **Random crop**: cut out a piece at a random place. Often the image is padded first and cut back to its size, which makes a random shift; it may be scaled at random too.
# - **Random flip**: mirrored left to right with a chance of one half.
# - **Colour jitter**: brightness, contrast, vividness and hue change a little at random. In another light a tower is still a tower; if the task is to name a colour, the label has changed.
# - **Random erasing**: a random patch becomes 0 or noise, so that the network does not rely on one spot.

# %% tags=["hide-input"] alt_zh="一座塔楼的十二张小图，每种方法三张：随机裁剪，随机翻转，颜色抖动，随机擦除。" alt_en="Twelve small pictures of a tower, three for each method: random crops, random flips, colour jitter, random erasing."
from sklearn.datasets import load_sample_image
from torchvision.transforms import v2

photo = torch.tensor(load_sample_image("china.jpg")).permute(2, 0, 1)  # (3, 427, 640)
photo = T.resize(T.crop(photo, 0, 150, 427, 427), [48, 48], antialias=True)
recipes = {
    "crop": v2.RandomResizedCrop(48, scale=(0.3, 0.8), antialias=True),
    "flip": v2.RandomHorizontalFlip(),
    "colours": v2.ColorJitter(brightness=0.3, contrast=0.3, saturation=0.5, hue=0.1),
    "erased": v2.RandomErasing(p=1, scale=(0.05, 0.2)),
}
training.seed_everything(0)
drawn = [recipe(photo) for recipe in recipes.values() for _ in range(3)]
figures.image_grid(drawn, [name for name in recipes for _ in range(3)], columns=6)

# %% [markdown] tags=["zh"]
# ## 混合增强与 CutMix：连标签一起混 { #mixing }
#
# 还有一类办法不管像不像：把**两张**图混在一起，标签也混。混合增强（mixup）按比例相加：
#
# $$ \tilde x=\lambda x_i+(1-\lambda)x_j,\qquad \tilde y=\lambda y_i+(1-\lambda)y_j $$
#
# $x_i$、$x_j$ 是两张图，$y_i$、$y_j$ 是它们的标签，$\lambda$ 在 0 到 1 之间，从贝塔分布抽；这里用 $\mathrm{Beta}(1,1)$，就是均匀分布。标签要能相加，就得写成**独热编码**：10 个数，正确的那个是 1，其余是 0。`F.cross_entropy` 也收这样的目标。
#
# CutMix 剪下另一张图的一块，贴到同一个位置，$\lambda$ 是没被盖住的面积比例。
#
# 先猜：下面这样的图，人看了也说不清，拿来训练是好是坏？

# %% [markdown] tags=["en"]
# ## Mixup and CutMix: labels are mixed as well { #mixing }
#
# Another family does not care how things look: mix **two** images, and their labels too. Mixup adds them in proportion:
#
# $$ \tilde x=\lambda x_i+(1-\lambda)x_j,\qquad \tilde y=\lambda y_i+(1-\lambda)y_j $$
#
# $x_i$ and $x_j$ are two images, $y_i$ and $y_j$ their labels, and $\lambda$ between 0 and 1 is drawn from a beta distribution; here $\mathrm{Beta}(1,1)$, the uniform one. Labels that can be added are written as a **one-hot encoding**: 10 numbers, 1 for the right class and 0 for the others. `F.cross_entropy` takes such targets too.
#
# CutMix cuts a patch out of the other image and puts it in the same place; $\lambda$ is the share of the area that stays visible.
#
# Guess first: such pictures puzzle people too. Are they good or bad to train on?

# %%
def mixup(images, targets, generator):
    other = torch.randperm(len(images), generator=generator)
    λ = torch.rand(len(images), 1, generator=generator)  # one for each image
    inputs = torch.lerp(images[other], images, λ[..., None, None])
    return inputs, torch.lerp(targets[other], targets, λ)


def cutmix(images, targets, generator):
    other = torch.randperm(len(images), generator=generator)
    side = int(28 * torch.rand((), generator=generator) ** 0.5)
    top, left = torch.randint(29 - side, (2,), generator=generator).tolist()
    place = (..., slice(top, top + side), slice(left, left + side))
    inputs = images.clone()
    inputs[place] = images[other][place]
    visible = 1 - side**2 / 28**2
    return inputs, visible * targets + (1 - visible) * targets[other]


# %% tags=["hide-input"] alt_zh="四张小图：3，8，按 0.6 比 0.4 相加的两个数字，以及 3 的右下角换成 8 的四分之一。" alt_en="Four small pictures: a 3, an 8, both added in the proportion 0.6 to 0.4, and a 3 whose lower right quarter comes from the 8."
first, second = typical(3), typical(8)
pasted = first.clone()
pasted[..., 14:, 14:] = second[..., 14:, 14:]
figures.image_grid([first, second, 0.6 * first + 0.4 * second, pasted], ["3", "8", "mixup 0.6", "CutMix 0.75"], columns=4)

# %% [markdown] tags=["zh"]
# 第三张的标签是 0.6 个 3、0.4 个 8；第四张是 0.75 个 3、0.25 个 8。仍用每类 10 张、训练 150 步来量，连同随机裁剪和随机擦除，各 3 个种子：

# %% [markdown] tags=["en"]
# The third is labelled 0.6 of a 3 and 0.4 of an 8, the fourth 0.75 of a 3 and 0.25 of an 8. Measure again with 10 images per class and 150 steps, along with random crops and random erasing, with 3 seeds each:

# %%
def crops(images, generator):
    padded = F.pad(images, (2, 2, 2, 2))
    windows = padded.unfold(2, 28, 1).unfold(3, 28, 1)  # (N, 1, 5, 5, 28, 28)
    down, right = torch.randint(5, (2, len(images)), generator=generator)
    return windows[torch.arange(len(images)), :, down, right]


def erasing(images, generator):
    starts = torch.randint(21, (2, len(images), 1), generator=generator)
    rows, columns = (torch.arange(28) - starts) // 8 == 0  # (N, 28) each
    return images.masked_fill((rows[:, :, None] & columns[:, None])[:, None], 0)


more = {
    "random crop": (crops, None),
    "random erasing": (erasing, None),
    "mixup": (unchanged, mixup),
    "CutMix": (unchanged, cutmix),
    "small moves and mixup": (affine, mixup),
}
for name, (augment, mix) in more.items():
    models[name] = [trained(augment, seed, mix) for seed in range(3)]
chosen = ("none", "small moves", *more)
mixed = {name: shares(models[name][:3], upright) for name in chosen}

# %% tags=["hide-input"] alt_zh="七种做法在原样的验证图片上的准确率，各 3 个种子：彼此相差不大，随机擦除最低。" alt_en="Accuracy of seven ways on validation images as they are, 3 seeds each: close together, with random erasing lowest."
figures.bars(mixed, xlabel="validation accuracy", limits=(0, 1))

# %% tags=["remove-input"]
def confidence(name):
    with torch.no_grad():
        inputs = normalization.apply(upright)
        return mean(m(inputs).softmax(dim=1).amax(dim=1).mean().item() for m in models[name][:3])


sure = {name: f"{confidence(name):.0%}" for name in ("none", "mixup", "CutMix")}
plain = {name: f"{mean(values):.1%}" for name, values in mixed.items()}
crooked_mix = {name: f"{mean(shares(models[name][:3], crooked)):.1%}" for name in chosen}

# %% [markdown] tags=["zh"]
# | 做法 | 原样 | 歪斜 |
# |---|---|---|
# | 不增强 | {{ plain["none"] }} | {{ crooked_mix["none"] }} |
# | 小幅变动 | {{ plain["small moves"] }} | {{ crooked_mix["small moves"] }} |
# | 随机裁剪 | {{ plain["random crop"] }} | {{ crooked_mix["random crop"] }} |
# | 随机擦除 | {{ plain["random erasing"] }} | {{ crooked_mix["random erasing"] }} |
# | mixup | {{ plain["mixup"] }} | {{ crooked_mix["mixup"] }} |
# | CutMix | {{ plain["CutMix"] }} | {{ crooked_mix["CutMix"] }} |
# | 小幅变动加 mixup | {{ plain["small moves and mixup"] }} | {{ crooked_mix["small moves and mixup"] }} |
#
# 100 张小数字，一个小网络：擦除、mixup、CutMix 单独用，在这里都没有带来好处。擦掉 8×8，常常就擦掉了把 3 和 8 分开的那一笔。论文里的好处是在几万张照片、很大的网络上量出来的，那里的麻烦是网络背得下整个训练集。**别人的增强要在自己的数据上量过才算数。**
#
# mixup 确实改变了一样东西：把握。不增强的网络平均有 {{ sure["none"] }} 的把握，对的却只有 {{ plain["none"] }}；mixup 之后，把握降到 {{ sure["mixup"] }}，CutMix 是 {{ sure["CutMix"] }}。目标很少是 1，网络也就不再说得那么满，这和[标签平滑](../theory/softmax-regression.py#label-smoothing)是同一个道理。

# %% [markdown] tags=["en"]
# | way | as they are | crooked |
# |---|---|---|
# | none | {{ plain["none"] }} | {{ crooked_mix["none"] }} |
# | small moves | {{ plain["small moves"] }} | {{ crooked_mix["small moves"] }} |
# | random crop | {{ plain["random crop"] }} | {{ crooked_mix["random crop"] }} |
# | random erasing | {{ plain["random erasing"] }} | {{ crooked_mix["random erasing"] }} |
# | mixup | {{ plain["mixup"] }} | {{ crooked_mix["mixup"] }} |
# | CutMix | {{ plain["CutMix"] }} | {{ crooked_mix["CutMix"] }} |
# | small moves and mixup | {{ plain["small moves and mixup"] }} | {{ crooked_mix["small moves and mixup"] }} |
#
# With 100 small digits and a small network, erasing, mixup and CutMix bring nothing by themselves. A patch of 8×8 often erases the very stroke that tells a 3 from an 8. The gains in the papers were measured on tens of thousands of photographs with very large networks, whose trouble is that they can learn the whole training set by heart. **An augmentation from a paper counts only once it was measured on your own data.**
#
# One thing mixup does change: confidence. Without augmentation the networks are {{ sure["none"] }} sure on average, and right in {{ plain["none"] }}; with mixup they are {{ sure["mixup"] }} sure, with CutMix {{ sure["CutMix"] }}. Targets hardly ever say 1, so the network makes more modest claims. It is what [label smoothing](../theory/softmax-regression.py#label-smoothing) does too.

# %% [markdown] tags=["zh"]
# ## 只用于训练，每次重新抽 { #training-only }
#
# 增强是训练的一部分。验证和测试要用固定的图片，否则每量一次，考卷就换一份。训练时则要**每个轮次重新抽**，变一次存下来，只是把数据集放大了固定的倍数。
#
# 顺序也要对：先划分，再增强；先增强，再归一化，因为平移空出来的地方补 0，而 0 在归一化之前才是黑色。本站训练时写 `Config(augmentation="digits")`，用的就是上面的 `affine`。
#
# 还有一条路是用生成对抗网络（GAN）造出新图片，但那要先训练好一个生成器，而它见过的也只是同一批图片。

# %% [markdown] tags=["en"]
# ## In training only, and drawn anew { #training-only }
#
# Augmentation is part of training. Validation and test need fixed images, or each measurement is a different exam. In training, **draw anew in every epoch**; changes that are made once and stored merely enlarge the data set by a fixed factor.
#
# The order matters too: split, then augment; augment, then normalize, because a shift fills the gap with 0, and 0 is black only before normalization. On this site `Config(augmentation="digits")` uses the `affine` above.
#
# Another road is to make new images with a generative adversarial network (GAN), but its generator has to be trained first, and it has seen only the same images.

# %% [markdown] tags=["zh"]
# ## 测试时增强：一张图问几遍 { #test-time }
#
# 上面说测试图片要固定，有一个例外，是有意为之的：**测试时增强**。同一张图变出几个样子，各问一遍，把概率平均，合成一个答案。先猜：准确率会升多少？两种变法：上下左右移一格（连原样共 9 种），或者 8 次小幅变动：

# %% [markdown] tags=["en"]
# ## Test-time augmentation: ask several times { #test-time }
#
# Test images are to stay fixed, as said above, with one deliberate exception: **test-time augmentation**. Change one image in several ways, ask the network about each copy, and average the probabilities: the result is still one answer. Guess how much accuracy rises. Here are two ways: shifts by one pixel (9 with the image itself), or 8 small moves:

# %%
def shifted(images):
    padded = F.pad(images, (1, 1, 1, 1))
    windows = padded.unfold(2, 28, 1).unfold(3, 28, 1)  # (N, 1, 3, 3, 28, 28)
    return windows.flatten(2, 3).unbind(2)


def eight_moves(images):
    generator = torch.Generator().manual_seed(7)
    return [affine(images, generator) for _ in range(8)]


@torch.no_grad()
def asked(model, copies):
    """Return accuracy and loss of the mean probability over all copies."""
    inputs = [normalization.apply(copy) for copy in copies]
    said = torch.stack([model(x).softmax(dim=1) for x in inputs]).mean(dim=0)
    right = (said.argmax(dim=1) == held_out.labels).float().mean().item()
    return right, F.nll_loss(said.log(), held_out.labels).item()


tried = {
    "as it is": [upright],
    "9 shifts by a pixel": shifted(upright),
    "8 small moves": eight_moves(upright),
}
table = {}
for name, copies in tried.items():
    for way in ("none", "small moves"):
        results = [asked(model, copies) for model in models[way]]
        table[name, way] = [mean(column) for column in zip(*results)]

# %% tags=["remove-input"]
percent = {key: f"{right:.1%}" for key, (right, _) in table.items()}
loss_of = {key: f"{loss:.2f}" for key, (_, loss) in table.items()}

# %% [markdown] tags=["zh"]
# | 怎样问 | 不增强训练：准确率 | 损失 | 小幅变动训练：准确率 | 损失 |
# |---|--:|--:|--:|--:|
# | 原样，一遍 | {{ percent["as it is", "none"] }} | {{ loss_of["as it is", "none"] }} | {{ percent["as it is", "small moves"] }} | {{ loss_of["as it is", "small moves"] }} |
# | 9 种移一格 | {{ percent["9 shifts by a pixel", "none"] }} | {{ loss_of["9 shifts by a pixel", "none"] }} | {{ percent["9 shifts by a pixel", "small moves"] }} | {{ loss_of["9 shifts by a pixel", "small moves"] }} |
# | 8 次小幅变动 | {{ percent["8 small moves", "none"] }} | {{ loss_of["8 small moves", "none"] }} | {{ percent["8 small moves", "small moves"] }} | {{ loss_of["8 small moves", "small moves"] }} |
#
# 准确率几乎没动，移一格时损失倒是降了：名次没变，概率更实在。没见过歪图的网络，拿歪图去问，反而更差：**测试时只能用训练时用过的变法**，幅度还要小些。时间则是 9 倍。值不值，看你要的是名次还是概率。

# %% [markdown] tags=["en"]
# | asked | trained without: accuracy | loss | trained with small moves: accuracy | loss |
# |---|--:|--:|--:|--:|
# | once, as it is | {{ percent["as it is", "none"] }} | {{ loss_of["as it is", "none"] }} | {{ percent["as it is", "small moves"] }} | {{ loss_of["as it is", "small moves"] }} |
# | 9 shifts by a pixel | {{ percent["9 shifts by a pixel", "none"] }} | {{ loss_of["9 shifts by a pixel", "none"] }} | {{ percent["9 shifts by a pixel", "small moves"] }} | {{ loss_of["9 shifts by a pixel", "small moves"] }} |
# | 8 small moves | {{ percent["8 small moves", "none"] }} | {{ loss_of["8 small moves", "none"] }} | {{ percent["8 small moves", "small moves"] }} | {{ loss_of["8 small moves", "small moves"] }} |
#
# Accuracy hardly moves; the loss goes down with shifts by a pixel. The ranking stays, the probabilities become more honest. A network that never saw a crooked digit does worse when asked about crooked ones: **at test time, use only changes that training used**, and keep them smaller. With 9 copies, it takes 9 times as long. Whether that is worth it depends on what you want, the answer or its probability.

# %% [markdown] tags=["zh"]
# ## 常见的坑 { #traps }
#
# !!! warning "翻转改了标签"
#     6 倒过来是 9。病例：[翻转和倒转](../clinic/data.py#augmentation-changes-the-label)。
#
# !!! warning "测试集也增强了"
#     分数变低，还每次不同。病例：[增强了的测试集](../clinic/data.py#augmented-test-set)。
#
# !!! warning "先增强后划分"
#     验证图片的兄弟在训练集里。病例：[两边都有的副本](../clinic/data.py#copies-on-both-sides)。
#
# !!! warning "整个批量共用一次随机数"
#     `torchvision.transforms.v2` 的随机变换作用在一个批量的张量上时，只抽一次随机数，整批转同一个角度。要么对每张图调用，要么像 `affine` 那样每张各抽。
#
# !!! warning "只增强了一次"
#     每个轮次看到的都一样。病例：[一次增强](../clinic/data.py#augmented-once)。

# %% [markdown] tags=["en"]
# ## Traps { #traps }
#
# !!! warning "A flip changed the label"
#     A 6 upside down is a 9. The case: [flips and half turns](../clinic/data.py#augmentation-changes-the-label).
#
# !!! warning "The test set is augmented"
#     The score falls, and differs each time. The case: [an augmented test set](../clinic/data.py#augmented-test-set).
#
# !!! warning "Augmented before the split"
#     Validation images have siblings in training. The case: [copies on both sides](../clinic/data.py#copies-on-both-sides).
#
# !!! warning "One draw for the whole batch"
#     A random transform of `torchvision.transforms.v2`, given the tensor of a batch, draws once and turns all of it by the same angle. Call it image by image, or draw for each image as `affine` does.
#
# !!! warning "Augmented only once"
#     Every epoch sees the same. The case: [augmented once](../clinic/data.py#augmented-once).

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 下面几种数据，左右翻转会改标签吗：猫狗照片、路牌、胸部 X 光片、卫星图？
#
# ??? success "答案"
#     猫狗和卫星图不会。路牌会：左转变成右转，文字也反了。胸片要当心：心脏到了右边，成了另一种诊断。
#
# **2.** 把 28×28 的图放大到 32×32，再随机裁成 28×28，一共有几种裁法？
#
# ??? success "答案"
#     左上角在每个方向有 $32-28+1=5$ 个位置，共 {{ 5 * 5 }} 种。笔画靠边时，裁剪会切掉一块，所以裁得不能太狠。
#
# **3.** 写 `flip_some(images, labels, symmetric)`：只左右翻转标签在 `symmetric` 里的图片，输入 `(N, C, H, W)`。
#
# ??? success "答案"
#     用布尔掩码选出来翻转，其余原样。对数字，0 和 8 大致可以。
#
#     ```python
#     import torch
#
#
#     def flip_some(images, labels, symmetric):
#         chosen = torch.isin(labels, torch.tensor(symmetric))
#         return torch.where(chosen[:, None, None, None], images.flip(3), images)
#     ```
#
# **4.** 为什么增强之后，训练准确率常常比验证准确率还低？是欠拟合吗？
#
# ??? success "答案"
#     训练准确率是在变过的、更难的图片上量的，验证用的是原样的图片，两个数考的不是同一张卷子。要判断欠拟合，就在不增强的训练图片上再量一次。
#
# **5.** 写 `mix(images, labels, order, weight, num_classes)`：返回 `weight * images + (1 - weight) * images[order]`，以及同样混好的独热标签，`float32`，`(N, num_classes)`。
#
# ??? success "答案"
#     标签先写成独热编码，再按同样的比例相加；每一行加起来仍是 1。
#
#     ```python
#     from torch.nn import functional as F
#
#
#     def mix(images, labels, order, weight, num_classes):
#         targets = F.one_hot(labels, num_classes).float()
#         return (
#             weight * images + (1 - weight) * images[order],
#             weight * targets + (1 - weight) * targets[order],
#         )
#     ```
#
# **6.** CutMix：在 32×32 的猫上贴一块 24×16 的狗。标签里猫和狗各占多少？
#
# ??? success "答案"
#     狗占 $24\times16/32^2$，即 {{ 24 * 16 / 32**2 }}，猫占 {{ 1 - 24 * 16 / 32**2 }}。若那一块正好盖住了猫头，标签仍说多半是猫：这正是 CutMix 的弱点。

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** Does a left-right flip change the label of photographs of cats and dogs, of road signs, of chest X-rays, of satellite pictures?
#
# ??? success "Answer"
#     Cats, dogs and satellite pictures: no. Road signs: yes, a left turn becomes a right turn, and writing is reversed. Be careful with X-rays: the heart moves to the right, which is another diagnosis.
#
# **2.** Resize a 28×28 image to 32×32 and crop 28×28 at random. How many crops are there?
#
# ??? success "Answer"
#     The upper left corner has $32-28+1=5$ places in each direction, {{ 5 * 5 }} in all. Strokes near the border lose a piece, so do not crop too hard.
#
# **3.** Write `flip_some(images, labels, symmetric)`: it flips left-right only images whose label is in `symmetric`, for inputs `(N, C, H, W)`.
#
# ??? success "Answer"
#     Choose with a boolean mask and leave the others alone. Among digits, 0 and 8 will roughly do.
#
#     ```python
#     import torch
#
#
#     def flip_some(images, labels, symmetric):
#         chosen = torch.isin(labels, torch.tensor(symmetric))
#         return torch.where(chosen[:, None, None, None], images.flip(3), images)
#     ```
#
# **4.** Why is training accuracy with augmentation often lower than validation accuracy? Is it underfitting?
#
# ??? success "Answer"
#     Training accuracy is measured on changed, harder images, and validation on images as they are: two different exams. To judge underfitting, measure once more on training images without augmentation.
#
# **5.** Write `mix(images, labels, order, weight, num_classes)`: it returns `weight * images + (1 - weight) * images[order]`, and one-hot labels mixed the same way, `float32`, `(N, num_classes)`.
#
# ??? success "Answer"
#     Write the labels one-hot, then add them in the same proportion; each row still sums to 1.
#
#     ```python
#     from torch.nn import functional as F
#
#
#     def mix(images, labels, order, weight, num_classes):
#         targets = F.one_hot(labels, num_classes).float()
#         return (
#             weight * images + (1 - weight) * images[order],
#             weight * targets + (1 - weight) * targets[order],
#         )
#     ```
#
# **6.** CutMix puts a piece of a dog, 24×16, onto a cat of 32×32. What are the shares of cat and dog in the label?
#
# ??? success "Answer"
#     The dog has $24\times16/32^2$, which is {{ 24 * 16 / 32**2 }}, and the cat {{ 1 - 24 * 16 / 32**2 }}. If the piece happens to cover the cat's head, the label still says mostly cat: that is the weak spot of CutMix.

# %% [markdown] tags=["zh"]
# ## 参考文献 { #references }
#
# - P. Y. Simard, D. Steinkraus, J. C. Platt. [Best practices for convolutional neural networks applied to visual document analysis](https://doi.org/10.1109/ICDAR.2003.1227801). ICDAR, 2003.
# - H. Zhang, M. Cisse, Y. N. Dauphin, D. Lopez-Paz. [mixup: beyond empirical risk minimization](https://arxiv.org/abs/1710.09412). ICLR, 2018.
# - S. Yun 等. [CutMix: regularization strategy to train strong classifiers with localizable features](https://arxiv.org/abs/1905.04899). ICCV, 2019.
# - Z. Zhong, L. Zheng, G. Kang, S. Li, Y. Yang. [Random erasing data augmentation](https://arxiv.org/abs/1708.04896). AAAI, 2020.
# - torchvision 文档：[Transforming images](https://docs.pytorch.org/vision/stable/transforms.html)。

# %% [markdown] tags=["en"]
# ## References { #references }
#
# - P. Y. Simard, D. Steinkraus, J. C. Platt. [Best practices for convolutional neural networks applied to visual document analysis](https://doi.org/10.1109/ICDAR.2003.1227801). ICDAR, 2003.
# - H. Zhang, M. Cisse, Y. N. Dauphin, D. Lopez-Paz. [mixup: beyond empirical risk minimization](https://arxiv.org/abs/1710.09412). ICLR, 2018.
# - S. Yun et al. [CutMix: regularization strategy to train strong classifiers with localizable features](https://arxiv.org/abs/1905.04899). ICCV, 2019.
# - Z. Zhong, L. Zheng, G. Kang, S. Li, Y. Yang. [Random erasing data augmentation](https://arxiv.org/abs/1708.04896). AAAI, 2020.
# - torchvision documentation: [Transforming images](https://docs.pytorch.org/vision/stable/transforms.html).
