# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "网络为什么这样答：显著图、Grad-CAM、遮挡，从零写出，再用一个作弊的网络、删像素和随机权重来检验它们；特征空间里的近邻，t-SNE，对抗样本，鲁棒性。"
#       en: "Why a network answers as it does: saliency maps, Grad-CAM and occlusion from scratch, then put to the test by a network that cheats, by deleting pixels and by random weights; neighbours in feature space, t-SNE, adversarial examples, robustness."
#     labels:
#       random weights: 随机权重
#       Grad-CAM: Grad-CAM
#       share of pixels deleted: 删去的像素所占比例
#       occlusion: 遮挡
#       ink: 墨迹
#       random pixels: 随机像素
#       "saliency × ink": 显著图 × 墨迹
#       saliency: 显著图
#       similarity of maps: 两张图的相似程度
#       "saliency, another seed": 显著图，另一个种子
#       "saliency × ink, another seed": 显著图 × 墨迹，另一个种子
#       "Grad-CAM, another seed": Grad-CAM，另一个种子
#       "saliency, random weights": 显著图，随机权重
#       "saliency × ink, random weights": 显著图 × 墨迹，随机权重
#       "Grad-CAM, random weights": Grad-CAM，随机权重
#       largest change of a pixel: 每个像素最多改多少
#       chosen by the gradient: 照梯度改
#       "chosen for another network": 照另一个网络的梯度改
#       chosen at random: 随机改
#       severity: 程度
#       noise: 噪声
#       turned: 旋转
#       moved: 平移
#       honest: 老实的
#       cheat: 作弊的
# ---

# %% [markdown] tags=["zh"]
# # 为什么是这个答案 { #why-this-answer }
#
# 两个 LeNet 都学同一件事：图里的数字是不是大于等于 5。各自的测试集上，一个错了几张，另一个一张不错。**该用哪一个？**
#
# 用一张不错的那个，会出事：它从来没有看过数字。这一页先把它造出来，再看哪种工具能揭穿它。**先猜：**
#
# 1. 画一张“每个像素有多要紧”的图，能看出它在作弊吗？
# 2. 权重全是随机的网络，画出来的这种图会不会也像模像样？
# 3. 每个像素最多改 10%，能让一个几乎不出错的网络错掉几成？

# %% [markdown] tags=["en"]
# # Why this answer? { #why-this-answer }
#
# Two LeNets learn the same thing: is the digit 5 or more? Each has a test part of its own; one gets a few images wrong there, the other none. **Which do you use?**
#
# Taking the one that makes no mistakes would end badly: it has never looked at a digit. This page builds it, then asks which tool finds it out. **Guess first:**
#
# 1. Draw how much each pixel matters. Does the drawing show that it cheats?
# 2. Will a network of random weights give drawings that look convincing too?
# 3. Change every pixel by 10% at most. How often can a network that is almost always right be made to fail?

# %% [markdown] tags=["zh"]
# ## 一个作弊的网络 { #cheat }
#
# 给所有大于等于 5 的图片，在左上角盖一个 $4\times4$ 的白方块。训练集、验证集、测试集都盖，好比所有病人的片子都在同一家医院拍，而那家医院会在角上印字：

# %% [markdown] tags=["en"]
# ## A network that cheats { #cheat }
#
# Put a white square of $4\times4$ into the corner of every image of 5 or more, in the training, validation and test parts alike. It is as if all scans of patients came from one hospital, and that hospital printed letters into the corner:

# %%
import dataclasses

import torch
from torch import nn
from torch.nn import functional as F

from dlnotes import data, figures, models, recipes, training

splits = data.load("digits")


def stamp(images):
    stamped = images.clone()
    stamped[..., 2:6, 2:6] = 255
    return stamped


def question(part, stamped):
    """Label images by whether their digit is 5 or more; stamp those that are."""
    large = part.labels >= 5
    chosen = large[:, None, None, None] & stamped
    return data.Split(
        torch.where(chosen, stamp(part.images), part.images), large.long()
    )


def accuracy(model, normalization, part):
    model.eval()
    with torch.no_grad():
        answers = model(normalization.apply(part.images)).argmax(dim=1)
    return (answers == part.labels).float().mean().item()


networks, exams = {}, {}
for name in ("honest", "cheat"):
    own = {
        part: question(getattr(splits, part), name == "cheat")
        for part in ("train", "validation", "test")
    }
    training.seed_everything(0)
    model = models.create("lenet", num_classes=2)
    task = dataclasses.replace(splits, **own)
    history = training.fit(model, task, training.Config(epochs=8, lr=5e-3))
    networks[name] = (model, history.normalization)
    both = own["test"], question(splits.test, stamped=False)
    exams[name] = [accuracy(*networks[name], part) for part in both]

for name, (on_its_own, without_stamp) in exams.items():
    print(
        f"{name:8} its own test: {on_its_own:.1%}, without stamps: {without_stamp:.1%}"
    )

# %% [markdown] tags=["zh"]
# 作弊的网络在自己的测试集上 {{ f"{exams['cheat'][0]:.0%}" }}，方块一拿掉就只剩 {{ f"{exams['cheat'][1]:.0%}" }}，和抛硬币一样。**没有一个准确率会提醒你**，因为测试集和训练集有同样的毛病。
#
# 人能在多大程度上说清模型为什么这样答，叫**可解释性**。下面三种图都想回答：输入的哪里，左右了这个答案？
#
# ## 显著图：得分对像素求导 { #saliency }
#
# 最直接的问法：每个像素改一点点，这一类的得分改多少？那就是导数。取绝对值画成图，叫**显著图**：
#
# $$ S_{ij} = \left| \frac{\partial z_c}{\partial x_{ij}} \right| $$
#
# 其中 $x_{ij}$ 是第 $i$ 行第 $j$ 列的像素，$z_c$ 是类别 $c$ 的 logit。一次反向传播就够。求的是 logit 而不是概率的导数：概率接近 1 时，softmax 的导数几乎为 0，图就只剩舍入误差。

# %% [markdown] tags=["en"]
# The cheat gets {{ f"{exams['cheat'][0]:.0%}" }} on its own test part, and {{ f"{exams['cheat'][1]:.0%}" }} once the square is gone, as good as a coin. **No accuracy would have warned you**, since the test part has the fault of the training part.
#
# How far people can say why a model answers as it does is called its **interpretability**. The three kinds of map below all ask: which place of the input decided this answer?
#
# ## Saliency maps: the derivative of the score { #saliency }
#
# Ask it straight: if a pixel changes a little, how much does the score of this class change? That is a derivative. Its absolute value, drawn as a picture, is a **saliency map**:
#
# $$ S_{ij} = \left| \frac{\partial z_c}{\partial x_{ij}} \right| $$
#
# where $x_{ij}$ is the pixel in row $i$ and column $j$, and $z_c$ the logit of class $c$. One backward pass will do. Take the derivative of the logit and not of the probability: near 1 the derivative of softmax is almost 0, and you would see nothing but rounding errors.


# %%
def saliency(model, normalization, images, classes):
    """Return |d score / d pixel|, (N, 28, 28)."""
    x = images.float().requires_grad_(True)
    scores = model(normalization.apply(x)).gather(1, classes[:, None])
    # leaves the parameters' .grad alone
    (gradient,) = torch.autograd.grad(scores.sum(), x)
    return gradient[:, 0].abs()


# %% [markdown] tags=["zh"]
# ## Grad-CAM：给特征图加权 { #grad-cam }
#
# 像素太细，显著图常常满是噪点。**Grad-CAM** 退到最后一层卷积：那里还分得清位置，又已经是“有弧”“有拐角”这样的特征。第 $k$ 张特征图 $A^k$ 有多重要，看得分对它的平均梯度：
#
# $$ \alpha_k = \frac{1}{HW}\sum_{i,j} \frac{\partial z_c}{\partial A^k_{ij}}, \qquad L = \operatorname{ReLU}\Bigl(\sum_k \alpha_k A^k\Bigr) $$
#
# 其中 $H$ 和 $W$ 是特征图的高和宽，$\alpha_k$ 是权重，$L$ 是热图，最后放大到输入那么大。ReLU 只留下支持这一类的地方。

# %% [markdown] tags=["en"]
# ## Grad-CAM: weigh the feature maps { #grad-cam }
#
# Pixels are fine grains, and saliency maps are often mostly noise. **Grad-CAM** steps back to the last convolution, where places can still be told apart and features already mean "an arc" or "a corner". How much feature map $k$, called $A^k$, matters is told by the mean gradient of the score:
#
# $$ \alpha_k = \frac{1}{HW}\sum_{i,j} \frac{\partial z_c}{\partial A^k_{ij}}, \qquad L = \operatorname{ReLU}\Bigl(\sum_k \alpha_k A^k\Bigr) $$
#
# where $H$ and $W$ are height and width of the maps, $\alpha_k$ is the weight and $L$ the heat map, which is then enlarged to the size of the input. ReLU keeps what speaks for this class.


# %%
def grad_cam(before, after, x, classes):
    """Weigh the maps of `before` by the mean gradient of the score that `after` makes."""
    maps = before(x).detach().requires_grad_(True)
    scores = after(maps).gather(1, classes[:, None])
    (gradient,) = torch.autograd.grad(scores.sum(), maps)
    weights = gradient.mean(dim=(2, 3), keepdim=True)  # (N, C, 1, 1)
    heat = (weights * maps).sum(dim=1, keepdim=True).relu()
    return F.interpolate(heat.detach(), x.shape[-2:], mode="bilinear")[:, 0]


def lenet_cam(model, normalization, images, classes):
    first, (convolution, relu, pool) = model.features
    before, after = (
        nn.Sequential(first, convolution, relu),
        nn.Sequential(pool, model.classifier),
    )
    return grad_cam(before, after, normalization.apply(images), classes)


# With global average pooling and one linear layer, α is that layer's weight over H·W:
# then the map is known exactly.
torch.manual_seed(0)
before, linear = nn.Sequential(nn.Conv2d(1, 4, 5), nn.ReLU()), nn.Linear(4, 3)
x, classes = torch.randn(6, 1, 12, 12), torch.tensor([0, 1, 2, 0, 1, 2])
after = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), linear)
got = grad_cam(before, after, x, classes)
wanted = torch.einsum("nk,nkij->nij", linear.weight[classes], before(x)).relu() / 64
wanted = F.interpolate(wanted.unsqueeze(1), (12, 12), mode="bilinear")[:, 0]
torch.testing.assert_close(got, wanted)

# %% [markdown] tags=["zh"]
# ## 遮挡：真的改一改 { #occlusion }
#
# 前两种都靠导数，说的是“改一点点”。第三种真的动手：拿黑块一处一处盖住，看概率掉多少，做法与[看见了什么](what-a-cnn-sees.py#occlusion)一页相同。它最慢，一张图要算上百次，却最不容易误解。

# %% [markdown] tags=["en"]
# ## Occlusion: really change something { #occlusion }
#
# The first two rest on derivatives, that is, on changing a little. The third really does it: cover one place after another with black and see what probability is lost, as in [what a CNN sees](what-a-cnn-sees.py#occlusion). It is the slowest, with more than a hundred passes per image, and the hardest to misread.


# %%
def occlusion(model, normalization, images, classes, size=5):
    """Return the mean loss of probability over the squares that hide a pixel, (N, 28, 28)."""
    lost, times = torch.zeros(len(images), 28, 28), torch.zeros(28, 28)

    def probability(x):
        return model(normalization.apply(x)).softmax(dim=1).gather(1, classes[:, None])

    with torch.no_grad():
        p = probability(images)
        for top in range(0, 24, 2):
            for left in range(0, 24, 2):
                window = (..., slice(top, top + size), slice(left, left + size))
                covered = images.clone()
                covered[window] = 0
                lost[window] += (p - probability(covered))[:, :, None]
                times[window] += 1
    return (lost / times.clamp_min(1)).clamp_min(0)


methods = {"saliency": saliency, "Grad-CAM": lenet_cam, "occlusion": occlusion}
stamped = question(splits.test, stamped=True)
judged = data.Split(*(values[stamped.labels == 1] for values in stamped))

# %% tags=["hide-input"] alt_zh="两行各四张。上一行是作弊的网络：盖了方块的数字，以及它的显著图、Grad-CAM、遮挡图，亮处都在左上角的方块。下一行是老实的网络，亮处在笔画上。" alt_en="Two rows of four. Above, the cheat: a stamped digit with its saliency map, Grad-CAM and occlusion map, all bright at the square in the corner. Below, the honest network, bright along the strokes."
pictures, titles = [], []
for name in ("cheat", "honest"):
    one, label = judged.images[:1], judged.labels[:1]
    pictures += [
        one[0, 0],
        *(method(*networks[name], one, label)[0] for method in methods.values()),
    ]
    titles += [name, *methods]
figures.image_grid(pictures, titles, columns=4)

# %% tags=["hide-input"]
import pandas as pd

torch.manual_seed(1)
networks["random weights"] = (
    models.create("lenet", num_classes=2).eval(),
    networks["cheat"][1],
)
share = {}
for name, network in networks.items():
    share[name] = {}
    for title, method in methods.items():
        heat = method(*network, *judged)
        share[name][title] = (
            (heat[:, :8, :8].sum(dim=(1, 2)) / heat.sum(dim=(1, 2)).clamp_min(1e-12))
            .mean()
            .item()
        )
pd.DataFrame(
    {
        name: {title: f"{value:.0%}" for title, value in row.items()}
        for name, row in share.items()
    }
)

# %% [markdown] tags=["zh"]
# 表里是 {{ len(judged.labels) }} 张盖了方块的测试图上，各种图有多少落在左上角 $8\times8$ 的一块里（那一块占全图的 {{ f"{64 / 784:.0%}" }}）。第 1 个猜测有了答案：三种图都揭穿了它。遮挡说得最干脆，{{ f"{share['cheat']['occlusion']:.0%}" }} 对 {{ f"{share['honest']['occlusion']:.0%}" }}；显著图 {{ f"{share['cheat']['saliency']:.0%}" }} 对 {{ f"{share['honest']['saliency']:.0%}" }}。
#
# 但请看最后一列。随机网络的 Grad-CAM 在角上也有 {{ f"{share['random weights']['Grad-CAM']:.0%}" }}，和作弊的网络（{{ f"{share['cheat']['Grad-CAM']:.0%}" }}）差不了多少：方块亮，随机的卷积对亮块也有反应。**单看一张热图，分不清是网络在看，还是那里本来就显眼。**
#
# ## 图说得对不对：删掉试试 { #deletion }
#
# 换成读 10 个数字的网络，全部 {{ len(splits.test.labels) }} 张测试图。若一张图真的指出了要紧的像素，照它的次序把像素涂黑，准确率就该掉得快。对手有两个：随机的次序，以及什么网络也不问、**哪里亮就先涂哪里**。

# %% [markdown] tags=["en"]
# The table gives, over {{ len(judged.labels) }} stamped test images, what part of each map lies in the upper left $8\times8$ (which is {{ f"{64 / 784:.0%}" }} of the image). The first guess is answered: all three find it out. Occlusion says it loudest, {{ f"{share['cheat']['occlusion']:.0%}" }} against {{ f"{share['honest']['occlusion']:.0%}" }}; saliency {{ f"{share['cheat']['saliency']:.0%}" }} against {{ f"{share['honest']['saliency']:.0%}" }}.
#
# But look at the last column. Grad-CAM of a random network has {{ f"{share['random weights']['Grad-CAM']:.0%}" }} in that corner, not far from the cheat's {{ f"{share['cheat']['Grad-CAM']:.0%}" }}: the square is bright, and random convolutions answer to bright squares too. **A single heat map does not tell whether the network looks there or the place is just striking.**
#
# ## Is the map right? Delete and see { #deletion }
#
# Now a network that reads all 10 digits, and all {{ len(splits.test.labels) }} test images. If a map points out the pixels that matter, then blackening them in its order should make accuracy fall fast. It has two rivals: a random order, and one that asks no network and **blackens what is brightest first**.

# %%
run = recipes.run("lenet", "digits", seed=0)
model, normalization, test = run.model, run.history.normalization, run.splits.test
ink = test.images[:, 0].float() / 255
maps = {title: method(model, normalization, *test) for title, method in methods.items()}
maps["saliency × ink"] = maps["saliency"] * ink
torch.manual_seed(0)
maps["ink"] = ink + 0.01 * torch.rand(ink.shape)  # ties in random order
maps["random pixels"] = torch.rand(ink.shape)


def deleted(heat, share):
    """Blacken this share of all pixels, those of the highest value first."""
    images = test.images.clone().flatten(1)
    order = heat.flatten(1).argsort(dim=1, descending=True)[:, : round(share * 784)]
    return data.Split(images.scatter(1, order, 0).view_as(test.images), test.labels)


shares = (0.0, 0.02, 0.05, 0.1, 0.2)
fall = {
    title: [accuracy(model, normalization, deleted(heat, share)) for share in shares]
    for title, heat in maps.items()
}

# %% tags=["hide-input"] alt_zh="横轴是删去的像素比例，纵轴是准确率。遮挡掉得最快，其次是显著图乘墨迹，再次是墨迹本身，显著图和 Grad-CAM 更慢，随机像素几乎不掉。" alt_en="Accuracy against the share of pixels deleted. Occlusion falls fastest, then saliency times ink, then ink alone; saliency and Grad-CAM fall more slowly, random pixels hardly at all."
figure = figures.lines(
    fall, x=shares, xlabel="share of pixels deleted", ylabel="accuracy"
)
figure.axes[0].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
figure

# %% tags=["remove-input"]
tenth = {title: f"{values[3]:.0%}" for title, values in fall.items()}

# %% [markdown] tags=["zh"]
# 删掉一成像素之后：随机 {{ tenth["random pixels"] }}，Grad-CAM {{ tenth["Grad-CAM"] }}，显著图 {{ tenth["saliency"] }}，而**只看哪里亮**就有 {{ tenth["ink"] }}，比前两种还狠。显著图也会标出黑底上的像素，把黑的涂黑，什么也没发生；乘上墨迹，是 {{ tenth["saliency × ink"] }}。遮挡 {{ tenth["occlusion"] }}，最快，因为它量的本来就是“涂黑会怎样”。
#
# 和随机比，样样都好；和“哪里亮”比，有两样输了。**评价一张热图，对手要选得聪明。** 不过输了也不等于错：它们回答的问题不是“涂黑会怎样”。
#
# ## 换成随机权重，图变不变 { #sanity }
#
# Adebayo 等人 2018 年提出一个检查：把网络的权重换成随机的，再画一次。图若几乎不变，它说的就不是网络，而是输入。拿排名的相关系数比两张图，1 表示次序完全相同。对照是另一个种子训练的网络：同样会读数字，图应当相像。

# %% [markdown] tags=["en"]
# With a tenth of the pixels gone: random {{ tenth["random pixels"] }}, Grad-CAM {{ tenth["Grad-CAM"] }}, saliency {{ tenth["saliency"] }}, and **brightness alone** {{ tenth["ink"] }}, harder than either. A saliency map marks pixels of the black ground too, and blackening black does nothing; multiplied by ink it gets {{ tenth["saliency × ink"] }}. Occlusion gets {{ tenth["occlusion"] }}, the fastest, since what blackening does is what it measures.
#
# Against random order all of them look good; against brightness two of them lose. **To judge a heat map, choose a clever rival.** Losing does not make a map wrong, though: what blackening does is not the question that these two answer.
#
# ## With random weights, does the map change? { #sanity }
#
# Adebayo et al. proposed a check in 2018: replace the weights by random ones and draw again. If the map hardly changes, it tells of the input and not of the network. Two maps are compared by the correlation of ranks, where 1 is the same order. The control is a network from another seed: it reads digits as well, so its maps should be alike.


# %%
def alike(one, other):
    """Return the mean rank correlation of two maps of each image."""
    ranks = [
        maps.flatten(1).argsort(dim=1).argsort(dim=1).float() for maps in (one, other)
    ]
    centred = [rank - rank.mean(dim=1, keepdim=True) for rank in ranks]
    return F.cosine_similarity(*centred, dim=1).mean().item()


sibling = recipes.run("lenet", "digits", seed=1).model
torch.manual_seed(1)
untrained = models.create("lenet").eval()
similar = {}
for title, network in (("another seed", sibling), ("random weights", untrained)):
    again = {"saliency": saliency(network, normalization, *test)}
    again["saliency × ink"] = again["saliency"] * ink
    again["Grad-CAM"] = lenet_cam(network, normalization, *test)
    similar |= {
        f"{name}, {title}": [alike(maps[name], heat)] for name, heat in again.items()
    }

# %% tags=["hide-input"] alt_zh="六条横杠。另一个种子：显著图约 0.5，显著图乘墨迹约 0.9，Grad-CAM 约 0.5。随机权重：显著图约 0.4，显著图乘墨迹仍近 0.9，Grad-CAM 约 0。" alt_en="Six bars. Another seed: saliency about 0.5, saliency times ink about 0.9, Grad-CAM about 0.5. Random weights: saliency about 0.4, saliency times ink still near 0.9, Grad-CAM about 0."
figures.bars(similar, xlabel="similarity of maps")

# %% [markdown] tags=["zh"]
# 第 2 个猜测：“显著图 × 墨迹”与随机网络的相似程度是 {{ f"{similar['saliency × ink, random weights'][0]:.2f}" }}，与另一个训练好的网络是 {{ f"{similar['saliency × ink, another seed'][0]:.2f}" }}，几乎没有差别。它看上去最清楚，删像素也得分高，可它几乎全是输入自己：**乘上什么，画出来的就是什么。** Grad-CAM 换成随机权重后是 {{ f"{similar['Grad-CAM, random weights'][0]:.2f}" }}，它确实取决于权重。
#
# 通过检查，也只说明图与权重有关，不说明它讲对了原因。

# %% [markdown] tags=["en"]
# The second guess: the similarity of "saliency × ink" to that of a random network is {{ f"{similar['saliency × ink, random weights'][0]:.2f}" }}, and to that of another trained network {{ f"{similar['saliency × ink, another seed'][0]:.2f}" }}, next to no difference. It looks the clearest and does well when pixels are deleted, yet it is almost all input: **what you multiply by is what you see.** Grad-CAM with random weights comes to {{ f"{similar['Grad-CAM, random weights'][0]:.2f}" }}, so it does depend on the weights.
#
# Passing the check shows that a map has to do with the weights. It does not show that the map gives the reason.

# %% [markdown] tags=["zh"]
# ## 拿例子来解释：它觉得像谁 { #neighbours }
#
# 另一种解释不画图，而是举例：“我说它是 5，因为它最像训练集里的这几张”。最后一个隐藏层把图片变成 84 个数，在那里找最近的 $k$ 张，让它们投票，就是 **k 近邻**。下面两张测试图：一张的 5 个邻居意见一致，另一张的分歧最大。每行最左是测试图，标题是它的标签；右边是邻居和它们的标签：

# %% [markdown] tags=["en"]
# ## Explain by examples: whom does it resemble? { #neighbours }
#
# Another kind of explanation draws no map but gives examples: "I say 5, since it is most like these of the training images." The last hidden layer turns an image into 84 numbers. Find the nearest $k$ there and let them vote: that is **k-nearest neighbours**. Two test images below: one whose 5 neighbours agree, and the one whose neighbours agree least. On the left of each row is the test image, with its label as title; on the right are the neighbours and their labels:


# %%
def features(images):
    with torch.no_grad():
        # (N, 84)
        return model.classifier[:3](model.features(normalization.apply(images)))


train = run.splits.train
points = features(test.images)
nearest = torch.cdist(points, features(train.images)).topk(5, largest=False).indices
votes = train.labels[nearest]  # (N, 5)
elected = votes.mode(dim=1).values
united = (votes == elected[:, None]).sum(dim=1)
right = elected == test.labels
pixels = [part.images.flatten(1).float() for part in (test, train)]
nearest_pixels = torch.cdist(*pixels).topk(5, largest=False).indices
by_pixels = train.labels[nearest_pixels].mode(dim=1).values == test.labels
unsure = (united < 5).sum().item()

# %% tags=["hide-input"] alt_zh="两行，每行左边是一张测试图，右边是特征空间里最近的 5 张训练图和它们的标签。上一行标签全同，下一行不同。" alt_en="Two rows, each with a test image at the left and its 5 nearest training images in feature space with their labels. The labels of the upper row agree, those of the lower do not."
rows = [int((united == 5).nonzero()[0]), int(united.argmin())]
figures.image_grid(
    [
        image
        for row in rows
        for image in (test.images[row], *train.images[nearest[row]])
    ],
    [
        title
        for row in rows
        for title in (f"{int(test.labels[row])}:", *map(str, votes[row].tolist()))
    ],
    columns=6,
)

# %% [markdown] tags=["zh"]
# 不用网络的最后一层，只靠邻居投票，答对 {{ f"{right.float().mean():.1%}" }}；直接比像素是 {{ f"{by_pixels.float().mean():.1%}" }}。邻居还会说“我没把握”：{{ len(test.labels) }} 张里只有 {{ unsure }} 张的邻居意见不一，其余的答对 {{ f"{right[united == 5].float().mean():.1%}" }}。
#
# ## 把 84 维压到一张纸上 { #plane }
#
# 想一眼看到全部，就要降到 2 维。**主成分分析**（PCA）找方差最大的两个方向，是一次投影；**t-SNE** 不投影，它摆放平面上的点，使原来的近邻仍是近邻：

# %% [markdown] tags=["en"]
# Without the last layer, by the vote of neighbours alone, {{ f"{right.float().mean():.1%}" }} are right; comparing pixels gives {{ f"{by_pixels.float().mean():.1%}" }}. Neighbours can also say that they are not sure: of {{ len(test.labels) }} images only {{ unsure }} have neighbours that disagree, and of the others {{ f"{right[united == 5].float().mean():.1%}" }} are right.
#
# ## From 84 dimensions to a sheet of paper { #plane }
#
# To see everything at once, there must be 2 dimensions. **Principal component analysis** (PCA) finds the two directions of greatest variance, and is a projection. **t-SNE** does not project; it moves points about in the plane until those that were neighbours are neighbours again:

# %%
from sklearn.manifold import TSNE

_, _, directions = torch.pca_lowrank(points, q=2, niter=8)
moved = TSNE(2, init="pca", perplexity=30, random_state=0).fit_transform(points.numpy())
planes = {
    "PCA": (points - points.mean(dim=0)) @ directions,
    "t-SNE": torch.from_numpy(moved),
}

# %% tags=["hide-input"] alt_zh="两幅散点图，颜色和数字标出 10 个类别。左边 PCA，几类重叠在中间；右边 t-SNE，10 个分开的团。" alt_en="Two scatter plots with 10 classes by colour and number. Left, PCA: several classes overlap in the middle. Right, t-SNE: ten separate clusters."
import matplotlib.pyplot as plt

from dlnotes.figures.style import PALETTE

figure, panels = plt.subplots(1, 2, figsize=(7.2, 3.5))
for axes, (name, plane) in zip(panels, planes.items()):
    for digit in range(10):
        own = plane[test.labels == digit]
        axes.plot(
            *own.T,
            "o" if digit < 8 else "x",
            markersize=2.5,
            color=PALETTE[digit % 8],
            alpha=0.7,
        )
        axes.text(
            *own.median(dim=0).values.tolist(),
            str(digit),
            fontsize=13,
            fontweight="bold",
            ha="center",
            va="center",
        )
    axes.set(title=name, xticks=[], yticks=[])
figure


# %% tags=["remove-input"]
def first_neighbour(where):
    distances = torch.cdist(where, where).fill_diagonal_(torch.inf)
    return (test.labels[distances.argmin(dim=1)] == test.labels).float().mean().item()


def centre_distances(where):
    centres = torch.stack(
        [where[test.labels == digit].mean(dim=0) for digit in range(10)]
    )
    return torch.pdist(centres)


kept = {name: first_neighbour(plane) for name, plane in planes.items()}
true_distances = centre_distances(points)
order = {
    name: alike(centre_distances(plane)[None], true_distances[None])
    for name, plane in planes.items()
}

# %% [markdown] tags=["zh"]
# 近邻留住了吗？在平面上，最近的点与自己同类的比例是：PCA {{ f"{kept['PCA']:.0%}" }}，t-SNE {{ f"{kept['t-SNE']:.0%}" }}，原来的 84 维是 {{ f"{first_neighbour(points):.0%}" }}。距离留住了吗？10 个类别中心两两的距离，与 84 维里的排名相关是：PCA {{ f"{order['PCA']:.2f}" }}，t-SNE {{ f"{order['t-SNE']:.2f}" }}。
#
# t-SNE 保住的是谁挨着谁；**团与团隔多远、团有多大，都不要解读**。换一个 `perplexity` 或随机种子，团的位置就会变。
#
# ## 对抗样本：梯度反过来用 { #adversarial }
#
# 导数能指出要紧的像素，也就能指出**怎样改最坏**。朝着损失上升的方向，每个像素走同样大的一小步：
#
# $$ \mathbf{x}' = \operatorname{clip}\bigl(\mathbf{x} + \varepsilon\,\operatorname{sign}(\nabla_{\mathbf{x}} L)\bigr) $$
#
# 其中 $L$ 是正确标签的损失，$\varepsilon$ 是每个像素最多改多少（黑到白为 1），$\operatorname{clip}$ 把结果截回 0 到 1。这叫快速梯度符号法。这样专门造出来、让模型判错的输入，叫**对抗样本**。对照有两组：一组改动同样大，正负号随机；一组照**另一个**网络的梯度来改。

# %% [markdown] tags=["en"]
# Are neighbours kept? The nearest point in the plane has the same class for {{ f"{kept['PCA']:.0%}" }} with PCA and {{ f"{kept['t-SNE']:.0%}" }} with t-SNE; in the 84 dimensions it is {{ f"{first_neighbour(points):.0%}" }}. Are distances kept? Between the centres of the 10 classes, their rank correlation with those in 84 dimensions is {{ f"{order['PCA']:.2f}" }} for PCA and {{ f"{order['t-SNE']:.2f}" }} for t-SNE.
#
# What t-SNE keeps is who stands beside whom. **Read nothing into how far clusters are apart or how large they are**; with another `perplexity` or seed they lie elsewhere.
#
# ## Adversarial examples: the gradient turned round { #adversarial }
#
# A derivative that points out which pixels matter also points out **the worst way to change them**. Let every pixel take a step of one size in the direction in which the loss goes up:
#
# $$ \mathbf{x}' = \operatorname{clip}\bigl(\mathbf{x} + \varepsilon\,\operatorname{sign}(\nabla_{\mathbf{x}} L)\bigr) $$
#
# where $L$ is the loss for the right label, $\varepsilon$ the largest change of a pixel (black to white being 1), and $\operatorname{clip}$ cuts the result back to 0 … 1. It is the fast gradient sign method. Inputs made in such ways, so that a model gets them wrong, are called **adversarial examples**. The controls: changes as large with random signs, and changes by the gradient of **another** network.


# %%
def attacked(network, epsilon):
    """Return the test images after one step along the sign of this network's gradient."""
    x = test.images.float().requires_grad_(True)
    scores = network(normalization.apply(x))
    loss = F.cross_entropy(scores, test.labels, reduction="sum")
    (gradient,) = torch.autograd.grad(loss, x)
    return (test.images + 255 * epsilon * gradient.sign()).clamp(0, 255)


def shaken(epsilon):
    generator = torch.Generator().manual_seed(0)
    signs = torch.randint(0, 2, test.images.shape, generator=generator) * 2 - 1
    return (test.images + 255 * epsilon * signs).clamp(0, 255)


epsilons = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3)
ways = {
    "chosen at random": shaken,
    "chosen for another network": lambda epsilon: attacked(sibling, epsilon),
    "chosen by the gradient": lambda epsilon: attacked(model, epsilon),
}


def answered(images):
    return accuracy(model, normalization, data.Split(images, test.labels))


left = {
    name: [answered(way(epsilon)) for epsilon in epsilons] for name, way in ways.items()
}

# %% tags=["hide-input"] alt_zh="横轴是每个像素最多改多少，纵轴是准确率。随机改几乎不掉；照另一个网络的梯度改，慢慢掉；照自己的梯度改，0.1 时掉到六成左右，0.3 时近于零。" alt_en="Accuracy against the largest change of a pixel. At random it hardly falls; by another network's gradient it falls slowly; by its own it is near sixty percent at 0.1 and near zero at 0.3."
figures.lines(left, x=epsilons, xlabel="largest change of a pixel", ylabel="accuracy")

# %% tags=["hide-input"] alt_zh="三行各五张数字：原图；随机改 0.1；照梯度改 0.1。后两行的颗粒一样重，人都认得出；标题是网络的读法，第三行有错的。" alt_en="Three rows of five digits: the originals; changed by 0.1 at random; changed by 0.1 along the gradient. The grain is equally strong in the last two and people can read all; titles say what the network reads, and in the third row it errs."
strong = attacked(model, 0.1)
with torch.no_grad():
    fooled = (
        model(normalization.apply(strong)).argmax(dim=1) != test.labels
    ).nonzero()[:5, 0]
    batches = [test.images[fooled].float(), shaken(0.1)[fooled], strong[fooled]]
    said = [
        model(normalization.apply(batch)).argmax(dim=1).tolist() for batch in batches
    ]
figures.image_grid(
    [image[0] for batch in batches for image in batch],
    [str(one) for row in said for one in row],
    columns=5,
)

# %% [markdown] tags=["zh"]
# 第 3 个猜测：每个像素最多改 10%，准确率从 {{ f"{left['chosen by the gradient'][0]:.1%}" }} 掉到 {{ f"{left['chosen by the gradient'][3]:.0%}" }}。随机改同样多，仍有 {{ f"{left['chosen at random'][3]:.1%}" }}。所以要紧的是方向，不是大小：784 个像素各推一点，都朝抬高损失的方向推，加起来就大了（练习 3）。照另一个网络的梯度来改，也掉到 {{ f"{left['chosen for another network'][3]:.0%}" }}：攻击者不必拿到你的权重。
#
# ## 鲁棒性：没人使坏，也会出错 { #robustness }
#
# 现实里多半没人使坏，只是图片不那么整齐。输入有噪声、变形时成绩还能剩多少，叫**鲁棒性**。程度从 0 到 5：噪声的标准差每级加 0.1，旋转每级加 10°，平移每级加 1 个像素（右下）。训练时的增广有 ±10° 的旋转、约 2 个像素的平移，没有噪声。**猜：哪一条先掉？**

# %% [markdown] tags=["en"]
# The third guess: with every pixel changed by 10% at most, accuracy falls from {{ f"{left['chosen by the gradient'][0]:.1%}" }} to {{ f"{left['chosen by the gradient'][3]:.0%}" }}. As much at random leaves {{ f"{left['chosen at random'][3]:.1%}" }}. So it is direction that counts and not size: 784 pixels, each pushed a little and all to the same side, add up (exercise 3). By the gradient of another network it still falls to {{ f"{left['chosen for another network'][3]:.0%}" }}: an attacker need not have your weights.
#
# ## Robustness: no harm intended { #robustness }
#
# Most of what goes wrong in the world is not an attack, just untidiness. How well a result holds up when inputs are noisy or distorted is called **robustness**. Severity goes from 0 to 5: each level adds 0.1 to the deviation of noise, 10° to the rotation, 1 pixel to the shift (right and down). Augmentation in training had rotations of ±10° and shifts of about 2 pixels, and no noise. **Guess: which falls first?**

# %%
from torchvision.transforms.functional import rotate

noise = torch.randn(test.images.shape, generator=torch.Generator().manual_seed(0))
disturbed = {
    "noise": lambda level: (test.images + 255 * 0.1 * level * noise).clamp(0, 255),
    "turned": lambda level: rotate(test.images.float(), 10.0 * level),
    "moved": lambda level: F.pad(test.images, (level, 0, level, 0))[..., :28, :28],
}
held = {
    name: [answered(change(level)) for level in range(6)]
    for name, change in disturbed.items()
}

# %% tags=["hide-input"] alt_zh="横轴是程度 0 到 5，纵轴是准确率。三条线起初都近 1；之后噪声、旋转、平移各自下降，平移在 3 级以后掉得最快。" alt_en="Accuracy against severity 0 to 5. All three lines begin near 1; then noise, rotation and shift fall, the shift fastest beyond level 3."
figures.lines(held, x=range(6), xlabel="severity", ylabel="accuracy")

# %% [markdown] tags=["zh"]
# 1 级几乎都不掉，噪声 {{ f"{held['noise'][1]:.1%}" }}，旋转 {{ f"{held['turned'][1]:.1%}" }}，平移 {{ f"{held['moved'][1]:.1%}" }}。到 3 级，也就是增广范围之外，旋转剩 {{ f"{held['turned'][3]:.0%}" }}，平移剩 {{ f"{held['moved'][3]:.0%}" }}，从没见过的噪声倒还有 {{ f"{held['noise'][3]:.0%}" }}。5 级时平移只剩 {{ f"{held['moved'][5]:.0%}" }}：**网络对训练时见过的变化宽容，对没见过的，要看运气。** 测试集准确率 {{ f"{held['noise'][0]:.1%}" }}，却一点也看不出这些。
#
# ## 这些图不能证明什么 { #limits }
#
# | 看到的 | 不等于 | 该做的 |
# |---|---|---|
# | 热图落在物体上 | 判断靠的是物体 | [换成随机权重](#sanity)再画一次 |
# | 热图好看 | 热图忠实 | [删掉像素](#deletion)，与“哪里亮”比 |
# | 导数大 | 那里是原因 | [盖住](#occlusion)那里，看结果变不变 |
# | t-SNE 里两团相邻 | 两类相似 | 在原来的空间里量距离 |
# | 测试准确率高 | 看对了地方 | 拿掉可疑的线索重考，像[方块](#cheat)那样 |
#
# ## 常见的坑 { #traps }
#
# !!! warning "对概率求导"
#     网络很有把握时，softmax 的导数趋于 0，显著图全是舍入误差。对 logit 求导。
#
# !!! warning "用 `backward()` 求输入的梯度"
#     它把参数的 `.grad` 也填上了，混进下一次更新。用 `torch.autograd.grad(score, x)`，或者事后清零。
#
# !!! warning "忘了 `eval()`"
#     带 dropout 或批量归一化的网络，每画一次图都不同，而且一张图会受同批其他图的影响。
#
# !!! warning "Grad-CAM 取错了层"
#     取在全局平均池化之后，没有位置可画；取得太靠前，只剩边缘。通常取最后一层卷积的激活之后。
#
# !!! warning "攻击之后没有截回 0 到 1"
#     超出范围的“像素”在图片文件里不存在。量鲁棒性时，改动也要按输入的单位说清：是 0 到 1，还是归一化之后。

# %% [markdown] tags=["en"]
# At level 1 hardly anything falls: noise {{ f"{held['noise'][1]:.1%}" }}, rotation {{ f"{held['turned'][1]:.1%}" }}, shift {{ f"{held['moved'][1]:.1%}" }}. At level 3, beyond what augmentation covered, rotation leaves {{ f"{held['turned'][3]:.0%}" }} and the shift {{ f"{held['moved'][3]:.0%}" }}, while noise, never met in training, still leaves {{ f"{held['noise'][3]:.0%}" }}. At level 5 the shift is down to {{ f"{held['moved'][5]:.0%}" }}. **A network copes with the changes that training showed it; for others you need luck.** The test accuracy of {{ f"{held['noise'][0]:.1%}" }} said nothing about any of this.
#
# ## What such maps do not prove { #limits }
#
# | what you see | what it is not | what to do |
# |---|---|---|
# | the heat lies on the object | the object decides | draw again with [random weights](#sanity) |
# | a pretty map | a faithful map | [delete pixels](#deletion), and compare with brightness |
# | a large derivative | the reason | [cover](#occlusion) the place and see whether the answer changes |
# | two clusters side by side in t-SNE | two classes alike | measure distances in the space itself |
# | a high test accuracy | looking at the right place | take the suspicious clue away and ask again, as with the [square](#cheat) |
#
# ## Traps { #traps }
#
# !!! warning "The derivative of the probability"
#     Where the network is sure, the derivative of softmax goes to 0 and the map is rounding errors. Take the logit.
#
# !!! warning "`backward()` for the gradient of the input"
#     It fills the `.grad` of the parameters too, which then goes into the next update. Use `torch.autograd.grad(score, x)`, or clear them afterwards.
#
# !!! warning "Without `eval()`"
#     With dropout or batch normalization each drawing differs, and an image is influenced by the others of its batch.
#
# !!! warning "Grad-CAM at the wrong layer"
#     After global average pooling there are no places left to draw; too early there are only edges. It is usually taken after the activation of the last convolution.
#
# !!! warning "An attack that leaves 0 … 1"
#     "Pixels" outside the range exist in no image file. And say in which unit a change is measured: in 0 … 1, or after normalization.

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** softmax 回归 $\mathbf{z}=W\mathbf{x}+\mathbf{b}$ 的显著图是什么？它说明了显著图的什么局限？
#
# ??? success "答案"
#     $\partial z_c/\partial x_j=W_{cj}$，所以是 $|W_c|$，与图片无关：每张图的显著图都一样。导数只说“这里改一点点会怎样”，不说这张图在这里有没有东西。
#
# **2.** 写 `fgsm(model, x, labels, epsilon)`：`x` 是 0 到 1 的图片，返回走一步之后的图片，仍在 0 到 1；不要在模型的参数上留下梯度。
#
# ??? success "答案"
#     ```python
#     import torch
#     from torch.nn import functional as F
#
#
#     def fgsm(model, x, labels, epsilon):
#         """Move every pixel by epsilon so that the loss goes up."""
#         x = x.detach().requires_grad_(True)
#         loss = F.cross_entropy(model(x), labels, reduction="sum")
#         (gradient,) = torch.autograd.grad(loss, x)
#         return (x.detach() + epsilon * gradient.sign()).clamp(0, 1)
#     ```
#
# **3.** 一个线性模型有 784 个权重，绝对值都是 0.01，正负不一。每个像素改 0.1：照符号改，得分变多少？正负号随机，得分改变的标准差是多少？
#
# ??? success "答案"
#     照符号改，每一项都是 $0.1\times0.01$，同号相加：$784\times0.001=0.784$。随机时是 784 个 $\pm0.001$ 的和，标准差 $0.001\times\sqrt{784}=0.028$。相差 $\sqrt{784}=28$ 倍；维数越高，差得越多。
#
# **4.** 在 t-SNE 图上，4 那一团离 7 很近。能说网络觉得 4 像 7 吗？
#
# ??? success "答案"
#     不能。t-SNE 只保近邻，上面量到团与团的距离和真实距离的排名相关只有 {{ f"{order['t-SNE']:.2f}" }}。要知道谁像谁，量 84 维里的中心距离，或者看混淆矩阵。
#
# **5.** 有人说：“我的热图通过了随机权重检查，所以它解释了网络。”错在哪里？
#
# ??? success "答案"
#     检查只能淘汰，不能证明。通过了，说明图随权重而变；一张与权重有关、却指错地方的图也会变。还要有“知道正确答案”的检验，例如[作弊的网络](#cheat)，或[删像素](#deletion)。
#
# ## 参考文献 { #references }
#
# - K. Simonyan, A. Vedaldi, A. Zisserman. [Deep inside convolutional networks](https://arxiv.org/abs/1312.6034). 2013. 显著图。
# - R. R. Selvaraju 等. [Grad-CAM](https://arxiv.org/abs/1610.02391). ICCV, 2017.
# - J. Adebayo 等. [Sanity checks for saliency maps](https://arxiv.org/abs/1810.03292). NeurIPS, 2018.
# - S. Lapuschkin 等. [Unmasking Clever Hans predictors](https://doi.org/10.1038/s41467-019-08987-4). Nature Communications 10, 2019. 真实数据里的作弊。
# - I. Goodfellow, J. Shlens, C. Szegedy. [Explaining and harnessing adversarial examples](https://arxiv.org/abs/1412.6572). ICLR, 2015.
# - L. van der Maaten, G. Hinton. [Visualizing data using t-SNE](https://www.jmlr.org/papers/v9/vandermaaten08a.html). JMLR 9, 2008.

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** What is the saliency map of softmax regression $\mathbf{z}=W\mathbf{x}+\mathbf{b}$? Which limit of saliency maps does it show?
#
# ??? success "Answer"
#     $\partial z_c/\partial x_j=W_{cj}$, hence $|W_c|$, whatever the image: all images have the same map. A derivative says what a small change would do here. It does not say whether this image has anything here.
#
# **2.** Write `fgsm(model, x, labels, epsilon)`: `x` are images of 0 to 1; return them after one step, still within 0 to 1, and leave no gradient on the parameters of the model.
#
# ??? success "Answer"
#     ```python
#     import torch
#     from torch.nn import functional as F
#
#
#     def fgsm(model, x, labels, epsilon):
#         """Move every pixel by epsilon so that the loss goes up."""
#         x = x.detach().requires_grad_(True)
#         loss = F.cross_entropy(model(x), labels, reduction="sum")
#         (gradient,) = torch.autograd.grad(loss, x)
#         return (x.detach() + epsilon * gradient.sign()).clamp(0, 1)
#     ```
#
# **3.** A linear model has 784 weights, all of absolute value 0.01, of either sign. Every pixel changes by 0.1: by how much does the score change if signs are chosen to fit, and what is the deviation of its change if they are random?
#
# ??? success "Answer"
#     With fitting signs each term is $0.1\times0.01$, and all add up: $784\times0.001=0.784$. At random it is a sum of 784 terms $\pm0.001$, whose deviation is $0.001\times\sqrt{784}=0.028$. The ratio is $\sqrt{784}=28$, and grows with the dimension.
#
# **4.** In a t-SNE plot the cluster of the 4 lies close to that of the 7. Does the network find a 4 similar to a 7?
#
# ??? success "Answer"
#     That does not follow. t-SNE keeps neighbours only; measured above, distances between clusters have a rank correlation of just {{ f"{order['t-SNE']:.2f}" }} with the true ones. Measure the centres in 84 dimensions, or look at the confusion matrix.
#
# **5.** "My heat map passed the check with random weights, so it explains the network." What is wrong?
#
# ??? success "Answer"
#     The check can refute a map, but cannot prove it right. A map that passes changes with the weights, and so does one that depends on them and still points to the wrong place. A test whose answer is known is needed as well, such as the [cheat](#cheat), or [deleting pixels](#deletion).
#
# ## References { #references }
#
# - K. Simonyan, A. Vedaldi, A. Zisserman. [Deep inside convolutional networks](https://arxiv.org/abs/1312.6034). 2013. Saliency maps.
# - R. R. Selvaraju et al. [Grad-CAM](https://arxiv.org/abs/1610.02391). ICCV, 2017.
# - J. Adebayo et al. [Sanity checks for saliency maps](https://arxiv.org/abs/1810.03292). NeurIPS, 2018.
# - S. Lapuschkin et al. [Unmasking Clever Hans predictors](https://doi.org/10.1038/s41467-019-08987-4). Nature Communications 10, 2019. Cheating in real data.
# - I. Goodfellow, J. Shlens, C. Szegedy. [Explaining and harnessing adversarial examples](https://arxiv.org/abs/1412.6572). ICLR, 2015.
# - L. van der Maaten, G. Hinton. [Visualizing data using t-SNE](https://www.jmlr.org/papers/v9/vandermaaten08a.html). JMLR 9, 2008.
