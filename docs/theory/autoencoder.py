# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "自编码器：把一个数字压成两个数再还原，编码器与解码器，与主成分分析比输赢，没有标签的地图，还有生成对抗网络要解决的问题。"
#       en: "The autoencoder: a digit squeezed into two numbers and rebuilt, encoder and decoder, won and lost against principal components, a map without labels, and what a generative adversarial network is for."
#     covers: []
#     labels:
#       original: 原图
#       "components, {}": "主成分，{} 个数"
#       "autoencoder, {}": "自编码器，{} 个数"
#       principal components: 主成分
#       autoencoder: 自编码器
#       numbers in the code: 编码里的数
#       share of the differences that is lost: 丢掉的差别所占比例
#       first number: 第一个数
#       second number: 第二个数
# ---

# %% [markdown] tags=["zh"]
# # 自编码器：一个数字只留两个数 { #autoencoder }
#
# 一张手写数字有 784 个像素。只许记下**两个数**，过后凭这两个数把图画回来，能画成什么样？8 个数、32 个数呢？
#
# 两种办法比一比。一种是主成分分析，一次矩阵分解就有最优解，只能用直线；另一种是网络，能拐弯，训练 500 步。都不看标签。**先猜：两个数时谁画得好？32 个数时呢？**

# %% [markdown] tags=["en"]
# # The autoencoder: a digit in two numbers { #autoencoder }
#
# A handwritten digit has 784 pixels. You may keep only **two numbers**, and have to draw the image again from those. What will it look like? And what if you may keep 8 numbers, or 32?
#
# Let us compare two ways. Principal components come from a single matrix decomposition and are the best a linear method can do. The other way is a network, which can also bend, trained for 500 steps. Neither sees a label. **Guess which draws better from two numbers, and which from 32.**

# %%
import torch
from torch import nn
from torch.nn import functional as F

from dlnotes import data, figures

splits = data.load("digits")
train = splits.train.images.flatten(1).float() / 255  # (1257, 784)
test = splits.test.images.flatten(1).float() / 255
centre = train.mean(0)


def components(images, count):
    """Rebuild images from as many principal components of the training images."""
    # (count, 784)
    directions = torch.linalg.svd(train - centre, full_matrices=False).Vh[:count]
    return centre + (images - centre) @ directions.T @ directions


class Autoencoder(nn.Module):
    def __init__(self, count):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(784, 128),
            nn.ReLU(),
            nn.Linear(128, 64),
            nn.ReLU(),
            nn.Linear(64, count),
        )
        self.decoder = nn.Sequential(
            nn.Linear(count, 64),
            nn.ReLU(),
            nn.Linear(64, 128),
            nn.ReLU(),
            nn.Linear(128, 784),
            nn.Sigmoid(),
        )

    def forward(self, images):  # (N, 784) → (N, 784)
        return self.decoder(self.encoder(images))


def learn(count, steps=500):
    torch.manual_seed(0)
    network = Autoencoder(count)
    optimizer = torch.optim.Adam(network.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, steps)
    for _ in range(steps):
        batch = train[torch.randint(len(train), (128,))]
        optimizer.zero_grad()
        F.mse_loss(network(batch), batch).backward()  # the image is its own target
        optimizer.step()
        schedule.step()
    return network.eval()


counts = (2, 8, 32)
networks = {count: learn(count) for count in counts}

# %% tags=["hide-input"] alt_zh="七行数字，每行八个。第一行原图。两个数：主成分的一行模糊成一团，自编码器的一行看得出数字。32 个数：主成分的一行几乎与原图一样，自编码器的一行略模糊。" alt_en="Seven rows of eight digits. First the originals. From two numbers, components give blurs and the autoencoder gives digits that can be read. From 32, components are nearly like the originals and the autoencoder is somewhat blurred."
import matplotlib.pyplot as plt

shown = test[:8]
with torch.no_grad():
    rows = [shown] + [
        image
        for count in counts
        for image in (components(shown, count), networks[count](shown))
    ]
names = ["original"] + [
    f"{kind}, {count}" for count in counts for kind in ("components", "autoencoder")
]


def draw(axes, images):
    """Draw images (N, 784) as one row, in 16 shades, at the size they have."""
    row = images.view(-1, 28, 28).permute(1, 0, 2).flatten(1).clamp(0, 1)
    axes.imshow(
        1 - (15 * row).round() / 15, cmap="gray", vmin=0, vmax=1, interpolation="none"
    )
    axes.set_xticks([]), axes.set_yticks([])
    axes.grid(False)
    axes.spines[:].set_visible(False)


figure, panes = plt.subplots(len(rows), 1, figsize=(7.0, 5.6))
for axes, name, images in zip(panes, names, rows):
    draw(axes, images)
    axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9)
figure

# %%
with torch.no_grad():
    spread = F.mse_loss(centre.expand_as(test), test).item()
    lost = {
        "principal components": [
            F.mse_loss(components(test, n), test).item() / spread for n in counts
        ],
        "autoencoder": [
            F.mse_loss(networks[n](test), test).item() / spread for n in counts
        ],
    }

# %% tags=["hide-input"] alt_zh="横轴是编码里的数 2、8、32，纵轴是损失的比例。主成分从约 0.7 降到 0.3、0.03；自编码器从约 0.5 降到 0.3、0.2。两条线在 8 附近相交。" alt_en="Share lost against 2, 8 and 32 numbers. Principal components fall from about 0.7 to 0.3 and 0.03; the autoencoder from about 0.5 to 0.3 and 0.2. The lines cross near 8."
figure = figures.lines(
    lost,
    x=counts,
    xlabel="numbers in the code",
    ylabel="share of the differences that is lost",
)
figure.axes[0].set(xticks=counts, ylim=(0, 1))
figure

# %% [markdown] tags=["zh"]
# 以“每张都画成平均图”的误差为 1。两个数时，主成分丢掉 {{ f"{lost['principal components'][0]:.0%}" }}，网络丢掉 {{ f"{lost['autoencoder'][0]:.0%}" }}；32 个数时反过来，主成分只丢 {{ f"{lost['principal components'][2]:.0%}" }}，网络丢 {{ f"{lost['autoencoder'][2]:.0%}" }}。
#
# 数少时，能拐弯的占便宜：两条直线的方向装不下十种数字，一条弯来弯去的曲面装得下。数多时，直线已经够用，而主成分是**算**出来的最优解，网络是**练**出来的，500 步远没有练到头。**先试线性的**，这条经验在这里值 {{ f"{100 * (lost['autoencoder'][2] - lost['principal components'][2]):.0f}" }} 个百分点。
#
# ## 编码器与解码器 { #encoder-decoder }
#
# 这种网络叫**自编码器**：输入就是目标，误差就是还原得像不像，一个标签也不用。前半段是**编码器** $f$，把图压成编码 $\mathbf z=f(\mathbf x)$；后半段是解码器 $g$，由编码画回图：
#
# $$ L = \frac1n\sum_{i=1}^n\bigl\lVert g(f(\mathbf x_i))-\mathbf x_i\bigr\rVert^2 $$
#
# 其中 $\mathbf x_i$ 是第 $i$ 张图的像素，$n$ 是图片数。关键是中间那道**窄口**。没有它，网络只要照抄，误差为 0，什么也没学到；有了它，就得找出“怎样的两个数最能说明这是哪张图”。
#
# 若去掉所有激活函数，再用均方误差练到头，得到的就是主成分张成的那个子空间。自编码器是会拐弯的主成分分析。
#
# ## 没有标签的地图 { #map }
#
# 两个数正好画在纸上。训练时没有告诉它哪张是几，把测试图片的编码画出来，按真实的数字着色。**先猜：同一个数字会聚在一起吗？**

# %% [markdown] tags=["en"]
# Call the error of drawing the average image every time 1. From two numbers, components lose {{ f"{lost['principal components'][0]:.0%}" }} and the network {{ f"{lost['autoencoder'][0]:.0%}" }}; from 32 it is the other way round, {{ f"{lost['principal components'][2]:.0%}" }} for components and {{ f"{lost['autoencoder'][2]:.0%}" }} for the network.
#
# With few numbers, the method that can bend has the advantage: two straight directions cannot hold ten kinds of digits, but a curved surface can. With many, straight directions are good enough. Then it counts that components are **computed** and optimal at once, while the network is **trained**, and 500 steps are far from the end. **Try the linear way first**: here that advice is worth {{ f"{100 * (lost['autoencoder'][2] - lost['principal components'][2]):.0f}" }} points.
#
# ## Encoder and decoder { #encoder-decoder }
#
# Such a network is an **autoencoder**: the input is its own target, the error is how unlike the rebuilt image is, and no label is needed. The first half is the **encoder** $f$, which squeezes the image into a code $\mathbf z=f(\mathbf x)$; the second half is the decoder $g$, which draws the image from the code. The loss is
#
# $$ L = \frac1n\sum_{i=1}^n\bigl\lVert g(f(\mathbf x_i))-\mathbf x_i\bigr\rVert^2 $$
#
# where $\mathbf x_i$ are the pixels of image $i$ and $n$ is the number of images. What matters is the **narrow** layer in the middle. Without it the network could just copy, with an error of 0, and would learn nothing. With it, the network has to find the two numbers that say most about which image this is.
#
# Take all activations away and train to the end with a squared error, and you get the subspace of the principal components. So an autoencoder is a kind of principal component analysis that can bend.
#
# ## A map without labels { #map }
#
# Two numbers can be drawn on paper as a point. Nobody told the network which digit is which. Draw the codes of the test images and colour them by their true digit. **Guess whether images of the same digit gather in one place.**

# %% tags=["hide-input"] alt_zh="散点图，两轴是编码的两个数，点写成它的数字。同一个数字大多聚成一片：0、2、4、6 各占一块，3、5、8 在中间混在一起。" alt_en="Scatter of the two numbers of the code, each point written as its digit. Equal digits mostly gather in a patch; 0, 2, 4 and 6 have patches of their own, while 3, 5 and 8 mix in the middle."
from dlnotes.figures.style import PALETTE

with torch.no_grad():
    codes = {
        count: (network.encoder(train), network.encoder(test))
        for count, network in networks.items()
    }
figure, axes = plt.subplots(figsize=(6.0, 4.6))
for (x, y), digit in zip(codes[2][1].tolist(), splits.test.labels.tolist()):
    axes.text(
        x,
        y,
        str(digit),
        color=PALETTE[digit % len(PALETTE)],
        fontsize=8,
        ha="center",
        va="center",
    )
low, high = codes[2][1].min(0).values - 0.5, codes[2][1].max(0).values + 0.5
axes.set(
    xlim=(low[0], high[0]),
    ylim=(low[1], high[1]),
    xlabel="first number",
    ylabel="second number",
)
figure


# %%
def nearest(known, asked):
    """Name each asked code after the 5 nearest known ones, and return the accuracy."""
    neighbours = torch.cdist(asked, known).topk(5, largest=False).indices
    votes = splits.train.labels[neighbours].mode(dim=1).values
    return (votes == splits.test.labels).float().mean().item()


directions = torch.linalg.svd(train - centre, full_matrices=False).Vh[:2]
by_code = nearest(*codes[2])
by_components = nearest((train - centre) @ directions.T, (test - centre) @ directions.T)
by_pixels = nearest(train, test)

# %% [markdown] tags=["zh"]
# 会，大体上会。凭两个数找 5 个最近的邻居来投票，自编码器的编码认对 {{ f"{by_code:.0%}" }}，主成分的认对 {{ f"{by_components:.0%}" }}，用全部 784 个像素是 {{ f"{by_pixels:.0%}" }}。混在一起的几种，正是写得像的。编码就是**学到的特征**：没有标签的图片很多、有标签的很少时，可以先这样学编码器，再拿它当[骨干](../models/lenet.py#code)。
#
# ## 随便写两个数，画得出数字吗 { #sampling }
#
# 解码器能由两个数画图，那么在地图上均匀地取点，就该得到新的数字：

# %% [markdown] tags=["en"]
# By and large they do. Let the 5 nearest training images vote on each test image. With the two numbers of the autoencoder {{ f"{by_code:.0%}" }} are named right, with two components {{ f"{by_components:.0%}" }}, with all 784 pixels {{ f"{by_pixels:.0%}" }}. The clusters that overlap belong to digits that look alike. The code is a set of **learned features**: with many images but few labels, train an encoder like this first and use it as a [backbone](../models/lenet.py#code).
#
# ## Do any two numbers make a digit? { #sampling }
#
# The decoder draws an image from any two numbers. So points spaced evenly over the map should give new digits:

# %% tags=["hide-input"] alt_zh="8 行 12 列由解码器画出的小图，在地图上均匀取点。许多看得出是哪个数字，相邻的渐渐变过去；数字与数字之间有些认不出的形状。" alt_en="8 rows of 12 small images from the decoder, evenly over the map. Many can be read as digits, which change gradually into their neighbours; between digits some shapes are none at all."
with torch.no_grad():
    across, down = (
        torch.linspace(
            float(codes[2][1][:, i].quantile(0.02)),
            float(codes[2][1][:, i].quantile(0.98)),
            n,
        )
        for i, n in ((0, 12), (1, 8))
    )
    places = torch.cartesian_prod(down.flip(0), across).flip(1)
    drawn = networks[2].decoder(places)
figure, panes = plt.subplots(
    8,
    1,
    figsize=(6.6, 4.4),
    layout="none",
    gridspec_kw={"hspace": 0, "left": 0, "right": 1, "top": 1, "bottom": 0},
)
for axes, row in zip(panes, drawn.split(12)):
    draw(axes, row)
figure

# %% [markdown] tags=["zh"]
# 有的是，有的不是。落在两种数字之间，画出来的两不像；而且笔画都是糊的，因为平方误差宁可画“平均的样子”，也不肯押一种。还原误差只管训练图片所在的地方，**没有谁要求别处也画得像**。
#
# **生成对抗网络**（GAN）换了一个要求：不比像素，只问“像不像真的”。生成器 $G$ 由随机数 $\mathbf z$ 画图，判别器 $D$ 看图说是真的概率，两个网络轮流训练：
#
# $$ \min_G\max_D\;\mathbb E_{\mathbf x}\bigl[\ln D(\mathbf x)\bigr]+\mathbb E_{\mathbf z}\bigl[\ln\bigl(1-D(G(\mathbf z))\bigr)\bigr] $$
#
# 其中 $\mathbf x$ 是真图，$\mathbb E$ 是平均。判别器想把这个数推高，生成器想把它压低。糊的图一眼看穿，生成器只好画得锐利。麻烦也在这里：两家谁太强，另一家就学不到东西；生成器还会发现只画一种最像的也能过关，于是十种数字只剩一两种，叫模式坍塌。没有一条损失曲线能告诉你练到哪里了。
#
# ## 常见的坑 { #traps }
#
# !!! warning "窄口太宽"
#     编码比输入还长，又没有别的限制，网络可以照抄。误差很漂亮，编码没有用。
#
# !!! warning "输出的范围与输入不符"
#     末尾是 sigmoid，输出在 0 到 1 之间；图片若已减均值、除标准差，就永远够不着。反过来，末尾没有 sigmoid，输出会超出像素的范围。
#
# !!! warning "平方误差小，就以为看起来好"
#     两种还原误差一样，一个均匀地糊，一个少了一笔，人的感受完全不同。
#
# !!! warning "不与主成分比"
#     一个调了两天的自编码器，输给一行矩阵分解，并不少见。
#
# ## 练习 { #exercises }
#
# **1.** 编码长为 2 时，本页的编码器有多少个参数？
#
# ??? success "答案"
#     $784\times128+128+128\times64+64+64\times2+2=108866$。
#
# **2.** 写 `rebuild(known, images, k)`：由 `known`（形状 $(N,D)$）的前 $k$ 个主成分还原 `images`（形状 $(M,D)$）。
#
# ??? success "答案"
#     减去 `known` 的均值，投到前 $k$ 个右奇异向量上，再加回来。
#
#     ```python
#     import torch
#
#
#     def rebuild(known, images, k):
#         centre = known.mean(dim=0)
#         directions = torch.linalg.svd(known - centre, full_matrices=False).Vh[:k]
#         return centre + (images - centre) @ directions.T @ directions
#     ```
#
# **3.** 生成器已经完美，真假再也分不清。最好的判别器总是答多少？这时上面那个目标是多少？
#
# ??? success "答案"
#     总答 0.5，目标是 $2\ln\frac12\approx-1.386$。看到判别器的损失停在 $2\ln2$ 附近，可能是成功了，也可能是两家都没在学。
#
# **4.** 一张 $28\times28$ 的 8 位灰度图占 784 字节，两个 float32 占 8 字节。压缩了 98 倍，为什么没有人拿它代替图片格式？
#
# ??? success "答案"
#     还原得不一样，丢了 {{ f"{lost['autoencoder'][0]:.0%}" }} 的差别；解码器本身还有十万多个参数，得先送到；而且它只会画训练过的那类图。图片格式对什么图都管用。
#
# ## 参考文献 { #references }
#
# - G. Hinton, R. Salakhutdinov. [Reducing the dimensionality of data with neural networks](https://doi.org/10.1126/science.1127647). Science, 2006.
# - P. Baldi, K. Hornik. [Neural networks and principal component analysis](https://doi.org/10.1016/0893-6080(89)90014-2). Neural Networks, 1989.
# - I. Goodfellow 等. [Generative adversarial networks](https://arxiv.org/abs/1406.2661). NeurIPS, 2014.
# - D. Kingma, M. Welling. [Auto-encoding variational Bayes](https://arxiv.org/abs/1312.6114). ICLR, 2014.

# %% [markdown] tags=["en"]
# Some do and some do not. Between two digits it draws neither. And all strokes are soft, because under squared error it pays to draw the average and not commit to one shape. The error is only measured where training images lie, and **nowhere else has anybody asked for something that looks like a digit**.
#
# A **generative adversarial network** (GAN) asks for something else. It does not compare pixels; the question is whether the image looks real. A generator $G$ draws from random numbers $\mathbf z$. A discriminator $D$ looks at an image and gives the probability that it is real. The two are trained in turns:
#
# $$ \min_G\max_D\;\mathbb E_{\mathbf x}\bigl[\ln D(\mathbf x)\bigr]+\mathbb E_{\mathbf z}\bigl[\ln\bigl(1-D(G(\mathbf z))\bigr)\bigr] $$
#
# where $\mathbf x$ are real images and $\mathbb E$ is the mean. The discriminator pushes this number up, the generator pushes it down. A soft image is found out at once, so the generator has to draw sharp ones. But the contest has troubles of its own. When one of the two is too strong, the other learns nothing. And the generator may discover that one convincing digit is enough, so that only one or two of the ten kinds are left; this is called mode collapse. Nor does any loss curve tell you how far you have got.
#
# ## Traps { #traps }
#
# !!! warning "A middle layer that is too wide"
#     With a code longer than the input and no other limit, the network can simply copy. The error looks splendid and the code is useless.
#
# !!! warning "An output range that does not match the input"
#     A sigmoid at the end gives values from 0 to 1; if the images were standardized, it can never reach all of them. Without the sigmoid, the output can leave the range of pixels.
#
# !!! warning "A small squared error taken for a good picture"
#     Two images may have the same error, one slightly soft all over and one with a stroke missing; to people they look quite different.
#
# !!! warning "No comparison with principal components"
#     It is not rare for an autoencoder, after two days of tuning, to lose to one line of matrix decomposition.
#
# ## Exercises { #exercises }
#
# **1.** With a code of 2, how many parameters does the encoder of this page have?
#
# ??? success "Answer"
#     $784\times128+128+128\times64+64+64\times2+2=108866$.
#
# **2.** Write `rebuild(known, images, k)`, which rebuilds `images` of shape $(M,D)$ from the first $k$ principal components of `known`, $(N,D)$.
#
# ??? success "Answer"
#     Subtract the mean of `known`, project onto the first $k$ right singular vectors, and add the mean back.
#
#     ```python
#     import torch
#
#
#     def rebuild(known, images, k):
#         centre = known.mean(dim=0)
#         directions = torch.linalg.svd(known - centre, full_matrices=False).Vh[:k]
#         return centre + (images - centre) @ directions.T @ directions
#     ```
#
# **3.** Suppose the generator is perfect, so that real and generated images cannot be told apart. What does the best discriminator always answer, and what is the value of the objective above?
#
# ??? success "Answer"
#     It always answers 0.5, and the objective is $2\ln\frac12\approx-1.386$. A discriminator's loss that stays near $2\ln2$ may mean success, or it may mean that neither network is learning.
#
# **4.** A greyscale image of $28\times28$ at 8 bits takes 784 bytes, two float32 take 8. That is 98 times less. Why does nobody use this as an image format?
#
# ??? success "Answer"
#     What comes back is not the original: {{ f"{lost['autoencoder'][0]:.0%}" }} of the differences are lost. The decoder alone has more than a hundred thousand parameters, which must be sent first. And it draws only the kind of image it was trained on, while an image format works for any.
#
# ## References { #references }
#
# - G. Hinton, R. Salakhutdinov. [Reducing the dimensionality of data with neural networks](https://doi.org/10.1126/science.1127647). Science, 2006.
# - P. Baldi, K. Hornik. [Neural networks and principal component analysis](https://doi.org/10.1016/0893-6080(89)90014-2). Neural Networks, 1989.
# - I. Goodfellow et al. [Generative adversarial networks](https://arxiv.org/abs/1406.2661). NeurIPS, 2014.
# - D. Kingma, M. Welling. [Auto-encoding variational Bayes](https://arxiv.org/abs/1312.6114). ICLR, 2014.
