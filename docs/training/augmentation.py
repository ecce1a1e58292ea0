# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "数据增强：每种方法在同一个数字上的样子，哪些不改标签、哪些会改，少量样本上量出来的好处与害处，为什么只用于训练。"
#       en: "Data augmentation: every method on one digit, which keep the label and which change it, gain and harm measured on few samples, and why it belongs to training alone."
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
threes = splits.train.images[labels == 3].float()
three = threes[(threes - threes.mean(dim=0)).flatten(1).norm(dim=1).argmin()].to(torch.uint8)
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
kept = {name: (answers(judge, method(held_out.images)) == held_out.labels).float().mean().item() for name, method in methods.items()}
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
# After a left-right flip {{ f"{kept['flip left-right']:.0%}" }} are left, upside down {{ f"{kept['turn 180°']:.0%}" }}; of the sixes upside down, {{ f"{nines:.0%}" }} are called 9. A 0 or an 8 looks like itself however it is flipped, so some always survive.
#
# The judge is no person, and a low score can mean two things. A digit turned by 15° or shifted is plain to any reader; the judge misses it because it has **never seen one**, and that is the lesson augmentation should give. A 6 upside down is a 9 to people too, and its label still says 6: that teaches a **wrong answer**. Ask a person first, then a network.
#
# Notes on MNIST chain left-right flips, up-down flips, a turn by 15°, `RandomRotation([90, 180, 270])`, and a resize to 32 with a random crop to 28. Only the turn by 15° and the crop at the end suit digits. Nor does that list mean what it seems to; see [the case](../clinic/data.py#list-means-range).

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
# The validation images are asked twice: once as they are, once each a little crooked and off centre, as handwriting is. Guess first: in which of the two do small moves help more?

# %%
def flips(images, generator):
    for axis in (2, 3):
        chosen = torch.rand(len(images), 1, 1, 1, generator=generator) < 0.5
        images = torch.where(chosen, images.flip(axis), images)
    return images


def turns(images, generator):
    images, quarters = flips(images, generator), torch.randint(4, (len(images), 1, 1, 1), generator=generator)
    for k in (1, 2, 3):
        images = torch.where(quarters == k, images.rot90(k, dims=(2, 3)), images)
    return images


augmentations = {"none": lambda x, _: x, "small moves": affine, "flips": flips, "flips and quarter turns": turns}
crooked = affine(held_out.images.float(), torch.Generator().manual_seed(100))


def scores(augment, seed):
    """Train on 10 images per class; return the accuracy on upright and on crooked validation images."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(labels), generator=generator)
    few = torch.cat([order[labels[order] == digit][:10] for digit in range(10)])
    images, targets = splits.train.images[few].float(), labels[few]
    training.seed_everything(seed)
    model = MLP(hidden_sizes=(64,))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(150):
        loss = F.cross_entropy(model(normalization.apply(augment(images, generator))), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return [(answers(model, test) == held_out.labels).float().mean().item() for test in (held_out.images, crooked)]


runs = {name: [scores(augment, seed) for seed in range(5)] for name, augment in augmentations.items()}
upright, moved = ({name: [pair[part] for pair in pairs] for name, pairs in runs.items()} for part in (0, 1))

# %% tags=["hide-input"] alt_zh="原样的验证图片上四种增强的准确率，各 5 个种子。" alt_en="Accuracy of four augmentations on validation images as they are, 5 seeds each."
figures.bars(upright, xlabel="validation accuracy", limits=(0, 1))

# %% tags=["hide-input"] alt_zh="歪斜的验证图片上四种增强的准确率，各 5 个种子。" alt_en="Accuracy of four augmentations on crooked validation images, 5 seeds each."
figures.bars(moved, xlabel="validation accuracy", limits=(0, 1))

# %% tags=["remove-input"]
from statistics import mean

level = {name: f"{mean(values):.1%}" for name, values in upright.items()}
tilted = {name: f"{mean(values):.1%}" for name, values in moved.items()}

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
# Augmentation is part of training. Validation and test need fixed images, or each measurement sits another exam. In training, **draw anew in every epoch**; changes made once and stored merely enlarge the data set by a fixed factor.
#
# The order matters too: split, then augment; augment, then normalize, because a shift fills the gap with 0, and 0 is black only before normalization. On this site `Config(augmentation="digits")` uses the `affine` above.
#
# Another road is to make new images with a generative adversarial network (GAN), but its generator has to be trained first, and it has seen the same images only.

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

# %% [markdown] tags=["zh"]
# ## 参考文献 { #references }
#
# - P. Y. Simard, D. Steinkraus, J. C. Platt. [Best practices for convolutional neural networks applied to visual document analysis](https://doi.org/10.1109/ICDAR.2003.1227801). ICDAR, 2003.
# - torchvision 文档：[Transforming images](https://docs.pytorch.org/vision/stable/transforms.html)。

# %% [markdown] tags=["en"]
# ## References { #references }
#
# - P. Y. Simard, D. Steinkraus, J. C. Platt. [Best practices for convolutional neural networks applied to visual document analysis](https://doi.org/10.1109/ICDAR.2003.1227801). ICDAR, 2003.
# - torchvision documentation: [Transforming images](https://docs.pytorch.org/vision/stable/transforms.html).
