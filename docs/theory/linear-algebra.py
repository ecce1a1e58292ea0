# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "深度学习用到的线性代数和微积分：向量、点积、范数、余弦相似度、矩阵乘法、主成分分析、偏导数、雅可比矩阵、黑塞矩阵、凸函数与鞍点，都在数字图片上量给你看。"
#       en: "The linear algebra and calculus of deep learning, measured on images of digits: vectors, dot products, norms, cosine similarity, matrix products, PCA, partial derivatives, Jacobians, Hessians, convexity, saddle points."
#     labels:
#       "a: a three": a：一个 3
#       "b: the same, faint": b：同一个，变淡
#       "c: another three": c：另一个 3
#       "d: an eight": d：一个 8
#       "L1 distance": L1 距离
#       "L2 distance": L2 距离
#       as they are: 原样
#       faint: 变淡
#       "a * d": a * d
#       "a": a
#       "d": d
#       upper pixel: 上面的像素
#       lower pixel: 下面的像素
#       first component: 第一主成分
#       second component: 第二主成分
#       "{} components": "{} 个"
#       original: 原图
#       "output": 输出
#       "input": 输入
#       x: x
#       y: y
#       start: 起点
#       curvatures: 曲率
#       gradient: 梯度
#       lowest of all: 全局最低
#       distance from the saddle: 离鞍点多远
#       steps to get away: 几步才离开
#       "from one end to the other": 从一端走到另一端
#       "softmax regression": softmax 回归
#       "hidden layer, neurons renamed": 有隐藏层，神经元换了名
#       chord: 弦
# ---

# %% [markdown] tags=["zh"]
# # 线性代数与导数：两张图有多像 { #linear-algebra }
#
# 左边是一个手写的 3。其余三张：同一个 3，只是颜色变淡了；另一个人写的 3；一个 8。**先猜：哪一张离第一张最近？** 眼睛的答案很明白，可是电脑只有数，得先说清楚“近”怎样算。

# %% [markdown] tags=["en"]
# # Linear algebra and derivatives: how alike are two pictures? { #linear-algebra }
#
# On the left is a handwritten 3. Next to it are the same 3, only fainter, a 3 in another hand, and an 8. **Guess which of them is nearest to the first.** Your eyes have no doubt, but a computer has only numbers, and somebody has to say what "near" means.

# %%
import torch
from torch.nn import functional as F

from dlnotes import data, figures

splits = data.load("digits")


def small(part):
    return F.adaptive_avg_pool2d(part.images.float() / 255, 8).flatten(1), part.labels


# (1257, 64), (1257,); 360 for the test
(x, y), (x_test, y_test) = small(splits.train), small(splits.test)
threes, eights = x[y == 3], x[y == 8]
a = threes[0]
b = 0.3 * a
c = threes[9]
d = eights[torch.cdist(a.unsqueeze(0), eights).argmin()]
pictures = {
    "a: a three": a,
    "b: the same, faint": b,
    "c: another three": c,
    "d: an eight": d,
}

# %% tags=["hide-input"] alt_zh="四张 8×8 的数字：一个 3；同一个 3，很淡；另一个 3；一个和它很像的 8。" alt_en="Four digits of 8×8 cells: a 3; the same 3, very faint; another 3; an 8 that looks much like it."
import matplotlib.pyplot as plt

from dlnotes.figures.style import INK, PALETTE

figure, panels = plt.subplots(1, 4, figsize=(7.4, 2.1))
for axes, (name, values) in zip(panels, pictures.items()):
    axes.imshow(1 - values.reshape(8, 8), vmin=0, vmax=1)
    axes.set_title(name, fontsize=10)
    axes.set_axis_off()
figure

# %% [markdown] tags=["zh"]
# ## 向量：一张图是 64 个数 { #vectors }
#
# 一个数叫**标量**；按固定次序排好的若干个数叫**向量**。把 8×8 的图一行接一行排开，就是有 64 个分量的向量 $\mathbf x=(x_1,\dots,x_{64})$，也就是 64 维空间里的一个点。衡量长短有两种常用的尺子：
#
# $$ \lVert\mathbf x\rVert_1=\sum_i|x_i|, \qquad \lVert\mathbf x\rVert_2=\sqrt{\sum_i x_i^2} $$
#
# **L1 范数**把各分量的绝对值加起来，像在街区里走路；**L2 范数**是直线的长度，大的分量因为平方而更显眼。差的范数 $\lVert\mathbf x-\mathbf y\rVert$ 就是距离。第三种比法不看长短，只看方向：
#
# $$ \mathbf x\cdot\mathbf y=\sum_i x_iy_i, \qquad \cos\theta=\frac{\mathbf x\cdot\mathbf y}{\lVert\mathbf x\rVert_2\,\lVert\mathbf y\rVert_2} $$
#
# **点积** $\mathbf x\cdot\mathbf y$ 把对应的分量相乘再加起来，两张图都有墨的地方才有贡献；除以两个长度，就是夹角 $\theta$ 的余弦，叫**余弦相似度**：同向为 1，垂直为 0，反向为 −1。

# %% [markdown] tags=["en"]
# ## Vectors: a picture is 64 numbers { #vectors }
#
# One number is a **scalar**; several numbers in a fixed order are a **vector**. Lay the rows of an 8×8 picture end to end, and it is a vector of 64 entries, $\mathbf x=(x_1,\dots,x_{64})$: a point in a space of 64 dimensions. Two rulers are in common use:
#
# $$ \lVert\mathbf x\rVert_1=\sum_i|x_i|, \qquad \lVert\mathbf x\rVert_2=\sqrt{\sum_i x_i^2} $$
#
# The **L1 norm** adds up the absolute values, like a walk along the streets of city blocks. The **L2 norm** is the length of the straight line, and squaring makes large entries stand out. The norm of a difference, $\lVert\mathbf x-\mathbf y\rVert$, is a distance. A third comparison ignores length and looks at direction only:
#
# $$ \mathbf x\cdot\mathbf y=\sum_i x_iy_i, \qquad \cos\theta=\frac{\mathbf x\cdot\mathbf y}{\lVert\mathbf x\rVert_2\,\lVert\mathbf y\rVert_2} $$
#
# The **dot product** $\mathbf x\cdot\mathbf y$ multiplies corresponding entries and adds them up; only places with ink in both contribute. Divided by both lengths it is the cosine of the angle $\theta$ between them, called **cosine similarity**: 1 for the same direction, 0 at right angles, −1 for opposite ones.

# %%
import pandas as pd


def cosine(u, v):
    return (u @ v / (u.norm() * v.norm())).item()


compared = {
    name: ((a - other).abs().sum().item(), (a - other).norm().item(), cosine(a, other))
    for name, other in list(pictures.items())[1:]
}
pd.DataFrame.from_dict(
    compared,
    orient="index",
    columns=["L1 distance", "L2 distance", "cosine similarity"],
).round(3)

# %% [markdown] tags=["zh"]
# 按距离算，淡了的同一个 3 反而最远（L2 距离 {{ f"{compared['b: the same, faint'][1]:.2f}" }}），8 才 {{ f"{compared['d: an eight'][1]:.2f}" }}；按余弦算，变淡的 3 是 {{ f"{compared['b: the same, faint'][2]:.2f}" }}，完全一样。两把尺子都没有错，问的不是同一件事：距离在乎亮度，余弦不在乎。不过两把尺子都说，这个 8 比另一个人写的 3 更近：逐个像素地比，比不出是不是同一个数字。点积等于两张图**逐元素乘积**（也叫哈达玛积，代码里写 `*`）的总和。把乘积画出来，就看得见相似从哪里来：

# %% [markdown] tags=["en"]
# By distance the faint copy is the farthest of all (L2 distance {{ f"{compared['b: the same, faint'][1]:.2f}" }}), and the 8 is only {{ f"{compared['d: an eight'][1]:.2f}" }} away; by cosine the copy has {{ f"{compared['b: the same, faint'][2]:.2f}" }}, no difference at all. Neither ruler is wrong. They answer different questions: distance cares about brightness, cosine does not. Yet by both of them the eight is nearer than the other three: comparing pixel by pixel tells nothing about which digit it is. The dot product is the sum of the entries of the **elementwise product** of two pictures (also called Hadamard product, in code `*`). Drawn, it shows where the likeness comes from:

# %% tags=["hide-input"] alt_zh="三块 8×8 的格子：数字 3，数字 8，两者逐元素相乘的结果，只有两处都有墨的格子还有颜色。" alt_en="Three grids of 8×8 cells: the 3, the 8, and their elementwise product, in which only cells with ink in both keep their colour."
figures.cells(
    {"a": a.reshape(8, 8), "d": d.reshape(8, 8), "a * d": (a * d).reshape(8, 8)},
    columns=3,
)

# %% [markdown] tags=["zh"]
# ## 矩阵乘法：一行代码，近五十万个点积 { #matrix-multiplication }
#
# 一个矩阵装 360 张测试图片，另一个装 1257 张训练图片，都是一张一行，那么
#
# $$ C_{ij}=\sum_k A_{ik}\,B_{jk}, \qquad \mathbf C=\mathbf A\mathbf B^\top $$
#
# 就是所有测试图片与所有训练图片的点积：$A_{ik}$ 是第 $i$ 张测试图片的第 $k$ 个像素，$B_{jk}$ 是第 $j$ 张训练图片的，$\mathbf B^\top$ 是转置。**矩阵乘法**就是成批的点积，所以左边的列数要等于右边的行数。它不是逐元素乘积，也不能交换次序。
#
# 每行取最大的一列，就是“跟谁最像，就答谁”的分类器，一步训练也没有。**先猜：测试图片全部变淡到 0.3，三种比法的准确率各剩多少？**

# %% [markdown] tags=["en"]
# ## Matrix multiplication: half a million dot products in one line { #matrix-multiplication }
#
# Let 360 test images be the rows of one matrix and 1257 training images the rows of another. Then
#
# $$ C_{ij}=\sum_k A_{ik}\,B_{jk}, \qquad \mathbf C=\mathbf A\mathbf B^\top $$
#
# holds the dot product of every test image with every training image: $A_{ik}$ is pixel $k$ of test image $i$, $B_{jk}$ that of training image $j$, and $\mathbf B^\top$ is the transpose. **Matrix multiplication** is a batch of dot products, so the left matrix needs as many columns as the right one has rows. It is not the elementwise product, and you may not swap its two factors.
#
# In each row find the greatest entry, and answer with the label of that training image: a classifier without a single step of training. **Guess what the three ways score when all test images fade to 0.3.**


# %%
def unit(rows):
    return rows / rows.norm(dim=1, keepdim=True)


ways = {
    "L2 distance": lambda images: -torch.cdist(images, x),
    # (360, 64) @ (64, 1257)
    "dot product": lambda images: images @ x.T,
    "cosine similarity": lambda images: unit(images) @ unit(x).T,
}
by_likeness = {
    name: [
        100 * (y[way(images).argmax(dim=1)] == y_test).float().mean().item()
        for images in (x_test, 0.3 * x_test)
    ]
    for name, way in ways.items()
}
pd.DataFrame.from_dict(
    by_likeness, orient="index", columns=["as they are", "faint"]
).map("{:.1f}%".format)

# %% [markdown] tags=["zh"]
# 余弦不受影响，{{ f"{by_likeness['cosine similarity'][0]:.1f}" }}%；距离从 {{ f"{by_likeness['L2 distance'][0]:.1f}" }}% 掉到 {{ f"{by_likeness['L2 distance'][1]:.1f}" }}%，因为墨少的训练图片离变淡的图片都近。不除以长度的点积只有 {{ f"{by_likeness['dot product'][0]:.1f}" }}%：墨最多的训练图片与谁的点积都大。全连接层算的正是输入与每一行权重的点积，所以输入的亮度要先归一化。
#
# 矩阵乘法再加一个向量，就是[仿射变换](notation.py#matrix)，全连接层的全部内容；[两个仿射变换接起来还是一个](mlp.py#two-affine-maps-are-one)，所以层与层之间要有激活函数。
#
# ## 协方差与特征值：点云有多长、朝哪边 { #covariance }
#
# 取上下相邻的两个像素，每张训练图片在平面上是一个点：

# %% [markdown] tags=["en"]
# Cosine does not mind: {{ f"{by_likeness['cosine similarity'][0]:.1f}" }}%. Distance falls from {{ f"{by_likeness['L2 distance'][0]:.1f}" }}% to {{ f"{by_likeness['L2 distance'][1]:.1f}" }}%, because the training images with little ink are nearest to every faint image. The dot product, without the division, gets only {{ f"{by_likeness['dot product'][0]:.1f}" }}%: the images with the most ink have a large product with everything. A fully connected layer computes just such dot products, of its input with each row of weights, so normalize the brightness first.
#
# A matrix product plus a vector is an [affine map](notation.py#matrix), and that is all a fully connected layer is. [Two affine maps in a row make one](mlp.py#two-affine-maps-are-one), which is why activation functions stand between them.
#
# ## Covariance and eigenvalues: how long a cloud is, and which way it points { #covariance }
#
# Take two pixels, one above the other. Each training image is a point in the plane:

# %%
# rows 2 and 3 of column 4; (1257, 2)
pair = x[:, [20, 28]]
centred = pair - pair.mean(dim=0)
covariance = centred.T @ centred / (len(pair) - 1)  # (2, 2), as torch.cov(pair.T)
eigenvalues, eigenvectors = torch.linalg.eigh(covariance)
print(covariance)
print("eigenvalues", [round(value, 4) for value in eigenvalues.tolist()])

# %% tags=["hide-input"] alt_zh="两个相邻像素的散点图：点沿右上方向拉长。从中心画出两支互相垂直的箭头，长的沿着拉长的方向，短的与它垂直。" alt_en="Scatter of two neighbouring pixels: the cloud is stretched towards the upper right. Two perpendicular arrows start at its centre, the long one along the stretch and the short one across."
figure, axes = plt.subplots(figsize=(4.4, 4.0))
axes.plot(pair[:, 0], pair[:, 1], "o", color=PALETTE[0], markersize=2.5, alpha=0.35)
middle = pair.mean(dim=0)
for value, direction in zip(eigenvalues, eigenvectors.T):
    direction = direction * direction.sum().sign()
    # one standard deviation
    tip = middle + value.sqrt() * direction
    axes.annotate(
        "",
        xy=tip.tolist(),
        xytext=middle.tolist(),
        arrowprops={
            "arrowstyle": "-|>",
            "color": PALETTE[1],
            "linewidth": 2.4,
            "shrinkA": 0,
            "shrinkB": 0,
        },
    )
axes.set(
    xlabel="upper pixel",
    ylabel="lower pixel",
    aspect="equal",
    xlim=(-0.05, 1.15),
    ylim=(-0.05, 1.15),
)
figure

# %% tags=["remove-input"]
long_share = (eigenvalues[1] / eigenvalues.sum()).item()

# %% [markdown] tags=["zh"]
# 两个量各自偏离均值，偏离的乘积取平均，叫**协方差**：同增同减为正，此消彼长为负。这里是 {{ f"{covariance[0, 1]:.3f}" }}，笔画是连着的，上面有墨，下面多半也有。对角线上是各自的方差。
#
# 箭头从哪里来？对称矩阵 $\mathbf A$ 有一些特别的方向 $\mathbf v$，乘上去只伸缩、不转向：
#
# $$ \mathbf A\mathbf v=\lambda\mathbf v $$
#
# 伸缩的倍数 $\lambda$ 叫**特征值**（与样本的“特征”无关），$\mathbf v$ 叫特征向量。协方差矩阵的特征向量就是点云的长轴和短轴，特征值是沿着它们的方差：长轴占了全部方差的 {{ f"{long_share:.0%}" }}。同样的 $\lambda$ 用在损失的黑塞矩阵上，就是各方向的曲率，决定[梯度下降走多快](linear-regression.py#gradient-descent)。
#
# ## 主成分分析：64 维的点云，画在纸上 { #pca }
#
# 64 个像素照样办理：找方差最大的方向，再找与它垂直、方差次大的，依此类推，这就是**主成分分析**（PCA）。实际计算不必写出协方差矩阵，把减去均值的数据做**奇异值分解**（SVD）就行：
#
# $$ \mathbf X=\mathbf U\boldsymbol\Sigma\mathbf V^\top, \qquad \lambda_k=\frac{\sigma_k^2}{N-1} $$
#
# 其中 $\mathbf X$ 是减去均值后的数据，形状为 $(N,64)$，$\mathbf U$、$\mathbf V$ 的列是互相垂直的单位向量，$\boldsymbol\Sigma$ 的对角线上是奇异值 $\sigma_1\ge\sigma_2\ge\dots\ge0$，$\mathbf V$ 的列就是主成分，$\lambda_k$ 是沿第 $k$ 个主成分的方差。

# %% [markdown] tags=["en"]
# Take how far each of two quantities is from its mean, multiply, and average: that is their **covariance**, positive when they rise together, negative when one falls as the other rises. Here it is {{ f"{covariance[0, 1]:.3f}" }}: strokes are connected, so ink above mostly means ink below. On the diagonal are the variances.
#
# And the arrows? A symmetric matrix $\mathbf A$ has special directions $\mathbf v$, which it stretches without turning them:
#
# $$ \mathbf A\mathbf v=\lambda\mathbf v $$
#
# The factor $\lambda$ is an **eigenvalue** and $\mathbf v$ an eigenvector. The eigenvectors of a covariance matrix are the long and the short axis of the cloud, and the eigenvalues the variances along them: the long axis has {{ f"{long_share:.0%}" }} of all variance. For the Hessian matrix of a loss, $\lambda$ is the curvature in each direction, which decides [how fast gradient descent goes](linear-regression.py#gradient-descent).
#
# ## Principal component analysis: a cloud in 64 dimensions on paper { #pca }
#
# Do the same with 64 pixels: find the direction of greatest variance, then the one of greatest variance at right angles to it, and so on. That is **principal component analysis** (PCA). There is no need to form the covariance matrix; a **singular value decomposition** (SVD) of the data minus their mean will do:
#
# $$ \mathbf X=\mathbf U\boldsymbol\Sigma\mathbf V^\top, \qquad \lambda_k=\frac{\sigma_k^2}{N-1} $$
#
# where $\mathbf X$ is the data with the mean subtracted, $(N,64)$. The columns of $\mathbf U$ and of $\mathbf V$ are perpendicular vectors of length 1, and $\boldsymbol\Sigma$ has the singular values $\sigma_1\ge\sigma_2\ge\dots\ge0$ on its diagonal. The columns of $\mathbf V$ are the principal components, and $\lambda_k$ is the variance along component $k$.

# %%
mean = x.mean(dim=0)
# (1257, 64), (64,), (64, 64)
U, sigma, Vh = torch.linalg.svd(x - mean, full_matrices=False)
variances = sigma**2 / (len(x) - 1)
gap = (variances - torch.linalg.eigvalsh(torch.cov(x.T)).flip(0)).abs().max().item()
share = variances.cumsum(0) / variances.sum()
needed = int((share < 0.9).sum()) + 1
flat = (x - mean) @ Vh[:2].T  # (1257, 2)
print(f"SVD against eigenvalues: {gap:.0e}")
print(f"2 components hold {share[1]:.0%} of the variance, {needed} hold 90%")

# %% tags=["hide-input"] alt_zh="训练图片投影到前两个主成分：每个点画成它的数字。0、4、6 各聚在一边，其余大多混在一起。" alt_en="Training images projected onto the first two principal components, each drawn as its digit. 0, 4 and 6 gather towards the edges; most others overlap."
figure, axes = plt.subplots(figsize=(6.0, 4.6))
for digit in range(10):
    chosen = flat[:500][y[:500] == digit]
    axes.plot(
        chosen[:, 0],
        chosen[:, 1],
        linestyle="",
        marker=f"${digit}$",
        markersize=6,
        color=PALETTE[digit % 8],
        markeredgewidth=0.2,
    )
axes.set(xlabel="first component", ylabel="second component")
figure

# %% [markdown] tags=["zh"]
# 两个主成分只留下 {{ f"{share[1]:.0%}" }} 的方差，有的数字已经分得出，有的还叠在一起；它从来没看过标签。用标签学出来的[二维嵌入](losses.py#metric-learning)分得开得多。要留下 90% 的方差，{{ needed }} 个数就够，不必 64 个。只用前 $k$ 个主成分把一张图拼回去：

# %% [markdown] tags=["en"]
# Two components keep only {{ f"{share[1]:.0%}" }} of the variance. Some digits already stand apart and others overlap; no label was ever used. A [map learned with labels](losses.py#metric-learning) separates them far better. To keep 90% of the variance, {{ needed }} numbers are enough instead of 64. Here is one picture rebuilt from its first $k$ components:

# %% tags=["hide-input"] alt_zh="同一个数字用 2、4、8、16、32 个主成分重建，最后是原图：2 个时模糊一团，16 个时已经很像。" alt_en="One digit rebuilt from 2, 4, 8, 16 and 32 components, and the original: a blur with 2, much like it with 16."
sizes = (2, 4, 8, 16, 32)
rebuilt = [mean + (a - mean) @ Vh[:k].T @ Vh[:k] for k in sizes]
figure, panels = plt.subplots(1, 6, figsize=(7.4, 1.7))
for axes, image, title in zip(
    panels, [*rebuilt, a], [*(f"{k} components" for k in sizes), "original"]
):
    axes.imshow(1 - image.reshape(8, 8), vmin=0, vmax=1)
    axes.set_title(title, fontsize=9)
    axes.set_axis_off()
figure

# %% [markdown] tags=["zh"]
# ## 偏导数、雅可比矩阵、黑塞矩阵 { #derivatives }
#
# 训练要知道：每个参数动一点点，损失动多少。**偏导数** $\partial f/\partial x_i$ 就是只动第 $i$ 个输入、其余不动时的变化率；全部排在一起是梯度。不信自动求导，就自己动一动，两数相减再除：

# %% [markdown] tags=["en"]
# ## Partial derivatives, Jacobian matrix, Hessian matrix { #derivatives }
#
# Training wants to know how much the loss moves when a parameter moves a little. A **partial derivative** $\partial f/\partial x_i$ is the rate of change when input $i$ alone moves and the others stay; all of them together are the gradient. If you do not trust autograd, nudge each input yourself, take the difference and divide:


# %%
def f(v):
    return v[0] ** 2 * v[1] + torch.sin(v[1])


point, h = torch.tensor([1.5, 0.5], dtype=torch.float64), 1e-6
nudged = [
    (f(point + h * step) - f(point - h * step)).item() / (2 * h)
    for step in torch.eye(2, dtype=torch.float64)
]
print("nudged  ", [round(value, 6) for value in nudged])
print("autograd", [round(value, 6) for value in torch.func.grad(f)(point).tolist()])

# %% [markdown] tags=["zh"]
# 输出也是向量时，每个输出对每个输入各有一个偏导数，排成**雅可比矩阵** $J_{ij}=\partial f_i/\partial x_j$。softmax 的那一个可以手算：$J_{ij}=p_i([i=j]-p_j)$，$p$ 是它的输出，$[i=j]$ 在两者相等时为 1，否则为 0。画出来核对：

# %% [markdown] tags=["en"]
# When the output is a vector too, each output has a partial derivative with respect to each input; together they fill the **Jacobian matrix** $J_{ij}=\partial f_i/\partial x_j$. That of softmax can be worked out by hand: $J_{ij}=p_i([i=j]-p_j)$, where $p$ is its output and $[i=j]$ is 1 when the two are equal and 0 otherwise. Let us check it, then draw it:

# %%
z = torch.tensor([2.0, 1.0, 0.0, -1.0])
J = torch.func.jacrev(lambda z: z.softmax(dim=0))(z)
p = z.softmax(dim=0)
by_formula = torch.diag(p) - torch.outer(p, p)
difference = (J - by_formula).abs().max().item()
row_sum = J.sum(dim=1).abs().max().item()
print(f"largest difference to p_i([i = j] - p_j): {difference:.0e}")
print(f"largest sum of a row: {row_sum:.0e}")

# %% tags=["hide-input"] alt_zh="4×4 的雅可比矩阵：对角线为正，其余为负，最大的在左上角，越往右下越小。" alt_en="The 4×4 Jacobian matrix: positive on the diagonal and negative elsewhere, largest at the upper left, smaller towards the lower right."
figures.cells({"Jacobian matrix": J}, numbers=True, decimals=2)

# %% [markdown] tags=["zh"]
# 对角线为正：抬高一个得分，自己的概率上升；其余为负：别人让出来。每行之和为 0：所有得分一起抬高，概率不变。每列之和也是 0：概率的总和不变。反向传播从不写出整个雅可比矩阵，只算一个向量与它的乘积：$10^5$ 个参数到 $10^3$ 个输出，整张表就有 $10^8$ 个数。
#
# 再求一次偏导数，得到**黑塞矩阵** $H_{ij}=\partial^2 f/\partial x_i\,\partial x_j$。它是对称的，特征值就是各个方向的曲率：正的往上弯，负的往下弯。
#
# ## 碗、双谷和马鞍 { #landscape }
#
# 梯度为 0 的地方不一定是谷底。看 $f(x,y)=(x^2-1)^2+y^2+0.3x$：两个谷，中间一道梁。要找梯度为 0 的点，就用二次函数近似 $f$，跳到近似函数梯度为 0 的地方，再重复；每跳一步，要用黑塞矩阵解一个线性方程组。这样的点共有 3 个。再看那里的曲率：

# %% [markdown] tags=["en"]
# The diagonal is positive: raise a score, and its own probability rises. The rest is negative: the others give way. Each row sums to 0: raise all scores together, and nothing changes. So does each column: the probabilities always sum to 1. Backpropagation never writes out a Jacobian, only its product with a vector: from $10^5$ parameters to $10^3$ outputs the whole table would have $10^8$ entries.
#
# Differentiate once more, and you get the **Hessian matrix** $H_{ij}=\partial^2 f/\partial x_i\,\partial x_j$. It is symmetric, and its eigenvalues are the curvatures: positive where the function bends up, negative where it bends down.
#
# ## Bowls, two valleys and a saddle { #landscape }
#
# A point where the gradient is 0 need not be a lowest point. Take $f(x,y)=(x^2-1)^2+y^2+0.3x$: two valleys with a ridge in between. To find the points with gradient 0, approximate $f$ by a quadratic, jump to the place where the gradient of that is 0, and repeat; each jump solves a linear system with the Hessian matrix. There are 3 such points. Then look at the curvatures there:


# %%
def valleys(v):
    return (v[0] ** 2 - 1) ** 2 + v[1] ** 2 + 0.3 * v[0]


gradient = torch.func.grad(valleys)
# the Jacobian matrix of the gradient
hessian = torch.func.jacrev(gradient)
rows, found = [], []
for begin in (-1.0, 0.0, 1.0):
    v = torch.tensor([begin, 0.3], dtype=torch.float64)
    for _ in range(20):
        v = v - torch.linalg.solve(hessian(v), gradient(v))
    curvature = torch.linalg.eigvalsh(hessian(v))
    kind = "saddle point" if curvature[0] < 0 else "local minimum"
    found.append((v, kind))
    rows.append(
        (
            f"{v[0]:.3f}",
            f"{v[1]:.3f}",
            f"{valleys(v):.3f}",
            f"{curvature[0]:.2f}, {curvature[1]:.2f}",
        )
    )
pd.DataFrame(
    rows, index=[kind for _, kind in found], columns=["x", "y", "value", "curvatures"]
)


# %%
def descend(v, lr=0.05, steps=400):
    path = [v]
    for _ in range(steps):
        path.append(path[-1] - lr * gradient(path[-1]))
    return torch.stack(path)


saddle = found[1][0]
starts = torch.tensor(
    [[-0.5, 1.1], [0.02, 1.1], [0.14, 1.1], [1.5, -1.0]], dtype=torch.float64
)
paths = [descend(start) for start in starts]
offsets = (1e-1, 1e-3, 1e-6, 1e-12)
leaving = {}
for offset in offsets:
    path = descend(saddle + torch.tensor([offset, 1.0], dtype=torch.float64))
    leaving[f"{offset:g}"] = int(((path[:, 0] - saddle[0]).abs() > 0.3).nonzero()[0])
pd.DataFrame({"steps to get away": leaving.values()}, index=list(leaving)).rename_axis(
    "distance from the saddle"
)

# %% tags=["hide-input"] alt_zh="等高线图：左右各一个谷，左边的更深，中间是鞍点。四条下降的路径：靠近中线出发的先走向鞍点，再分别拐向左谷和右谷。" alt_en="Contours with a valley on either side, the left one deeper, and a saddle between. Four paths of descent: those that start near the middle head for the saddle first, then turn into the left or the right valley."
figure, axes = plt.subplots(figsize=(6.4, 3.6))
across, up = (
    torch.linspace(-1.8, 1.8, 181, dtype=torch.float64),
    torch.linspace(-1.3, 1.3, 131, dtype=torch.float64),
)
height = valleys(torch.stack(torch.meshgrid(across, up, indexing="xy")))
axes.contour(
    across,
    up,
    height,
    levels=[-0.25, -0.1, 0.1, 0.3, 0.5, 0.75, 1.0, 1.3, 1.7, 2.2, 3],
    colors=[INK],
    linewidths=0.7,
    alpha=0.5,
)
for path in paths:
    axes.plot(
        path[:, 0], path[:, 1], "o-", color=PALETTE[0], markersize=2.5, linewidth=1.2
    )
for v, kind in found:
    axes.plot(
        *v.tolist(),
        "X" if kind == "saddle point" else "*",
        color=PALETTE[1],
        markersize=12,
        zorder=5,
    )
    axes.annotate(
        kind, v.tolist(), xytext=(6, -16), textcoords="offset points", fontsize=10
    )
axes.set(xlabel="x", ylabel="y")
figure

# %% tags=["remove-input"]
generator = torch.Generator().manual_seed(0)
bottoms = {}
for size in (1, 2, 3, 4, 6):
    entries = torch.randn(20000, size, size, generator=generator)
    bottoms[size] = (
        (torch.linalg.eigvalsh(entries + entries.mT) > 0)
        .all(dim=1)
        .float()
        .mean()
        .item()
    )

# %% [markdown] tags=["zh"]
# 星号是**局部极小**：附近没有更低的点，两个曲率都为正。右边的谷比左边浅，从右边出发就停在那里，不知道别处更低。叉号是**鞍点**：梯度也是 0，一个曲率为正，一个为负，沿梁的方向像谷底，横着看像山顶。
#
# 鞍点会耽搁路径，但留不住它。左右偏出 0.3 算离开，需要的步数随 $\ln(1/\text{偏移})$ 增长，偏移从 0.1 到 $10^{-12}$，步数从 {{ leaving["0.1"] }} 到 {{ leaving["1e-12"] }}。小批量的噪声早就把它推下去了。
#
# 维数一高，鞍点远比局部极小常见。要成为谷底，所有方向的曲率都得为正。拿随机的对称矩阵当黑塞矩阵，全为正的比例，1 维 {{ f"{bottoms[1]:.0%}" }}，2 维 {{ f"{bottoms[2]:.0%}" }}，3 维 {{ f"{bottoms[3]:.1%}" }}，4 维 {{ f"{bottoms[4]:.1%}" }}，6 维时 20000 次里有 {{ round(bottoms[6] * 20000) }} 次。真实网络的黑塞矩阵不是随机的，但道理相同：几百万个方向里，总有往下的。
#
# ## 凸函数：只有一个谷 { #convex }
#
# 图像上任取两点连一条弦，曲线都不在弦的上方，就是**凸函数**：
#
# $$ f\bigl((1-t)\,\mathbf u+t\,\mathbf v\bigr)\le(1-t)\,f(\mathbf u)+t\,f(\mathbf v), \qquad 0\le t\le1 $$
#
# 其中 $\mathbf u$、$\mathbf v$ 是任意两点，$t$ 从 0 走到 1。凸函数的局部极小就是全局最小。softmax 回归的交叉熵是凸的；有隐藏层的网络不是，而且可以当场证明：把隐藏神经元换个次序，函数一点没变，损失相等，可是从一端直着走到另一端会怎样？**先猜中点的损失。**

# %% [markdown] tags=["en"]
# Each star is a **local minimum**: nothing close by is lower, and both curvatures are positive. The valley on the right is shallower, but a path that starts there stays there; it cannot know of the deeper one. The cross is a **saddle point**: the gradient is 0 as well, but one curvature is positive and one negative. Along the ridge it is the lowest point, across the ridge the highest.
#
# A saddle point slows descent down but does not hold it. Count a path as gone once it is 0.3 to one side: the number of steps this takes grows with $\ln(1/\text{offset})$, from {{ leaving["0.1"] }} to {{ leaving["1e-12"] }} as the offset goes from 0.1 to $10^{-12}$. The noise of small batches would have pushed the path off long before.
#
# In many dimensions saddle points far outnumber local minima. A minimum needs positive curvature in every direction. Draw random symmetric matrices in place of the Hessian: all curvatures are positive in {{ f"{bottoms[1]:.0%}" }} of cases in 1 dimension, {{ f"{bottoms[2]:.0%}" }} in 2, {{ f"{bottoms[3]:.1%}" }} in 3, {{ f"{bottoms[4]:.1%}" }} in 4, and in 6 dimensions {{ round(bottoms[6] * 20000) }} times in 20000. The Hessian of a real network is not random, but the reason holds: among millions of directions some lead down.
#
# ## Convex functions: one valley only { #convex }
#
# Join any two points of a graph by a chord. If the curve between them never lies above the chord, the function is a **convex function**:
#
# $$ f\bigl((1-t)\,\mathbf u+t\,\mathbf v\bigr)\le(1-t)\,f(\mathbf u)+t\,f(\mathbf v), \qquad 0\le t\le1 $$
#
# where $\mathbf u$ and $\mathbf v$ are any two points and $t$ goes from 0 to 1. A local minimum of a convex function is the lowest point of all. The cross-entropy of softmax regression is convex. That of a network with a hidden layer is not, and we can show it right here. Put its hidden neurons in another order: the network computes the same function, so the loss is the same too. What happens on the straight line from one set of weights to the other? **Guess the loss half-way.**

# %%
from torch import nn

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for _ in range(150):
    optimizer.zero_grad()
    F.cross_entropy(net(x), y).backward()
    optimizer.step()
trained = {name: value.detach() for name, value in net.named_parameters()}
order = torch.randperm(16)
renamed = {
    **trained,
    "0.weight": trained["0.weight"][order],
    "0.bias": trained["0.bias"][order],
    "2.weight": trained["2.weight"][:, order],
}

linear = nn.Linear(64, 10)
one, other = (
    {name: torch.randn_like(value) for name, value in linear.named_parameters()}
    for _ in range(2)
)


def between(model, u, v, t):
    mixed = {name: (1 - t) * u[name] + t * v[name] for name in u}
    return F.cross_entropy(torch.func.functional_call(model, mixed, (x,)), y).item()


ts = torch.linspace(0, 1, 41).tolist()
walks = {
    "softmax regression": [between(linear, one, other, t) for t in ts],
    "hidden layer, neurons renamed": [between(net, trained, renamed, t) for t in ts],
}

# %% tags=["hide-input"] alt_zh="左：softmax 回归的损失沿一条直线变化，曲线在弦的下方。右：有隐藏层的网络，两端损失相等且很低，中间高高隆起，在弦的上方。" alt_en="Left: the loss of softmax regression along a straight line stays below the chord. Right: a network with a hidden layer, equal and low at both ends, rises high above the chord in between."
figure, panels = plt.subplots(1, 2, figsize=(7.4, 3.0))
for axes, (name, values) in zip(panels, walks.items()):
    axes.plot(ts, values, label="loss")
    axes.plot([0, 1], [values[0], values[-1]], label="chord")
    axes.set_title(name, fontsize=10)
    axes.set(xlabel="from one end to the other", ylim=(0, None))
panels[0].set_ylabel("loss")
panels[0].legend()
figure

# %% tags=["remove-input"]
ends, half = (
    walks["hidden layer, neurons renamed"][0],
    walks["hidden layer, neurons renamed"][20],
)

# %% [markdown] tags=["zh"]
# 两端的损失都是 {{ f"{ends:.2f}" }}，中点是 {{ f"{half:.2f}" }}，随机猜测也才 2.30。所以神经网络的损失曲面有许多一样深的谷：16 个神经元有 $16!\approx2\times10^{13}$ 种排法。好在训练不需要那个唯一的最低点，一个够低的谷就行。
#
# ## 常见的坑 { #traps }
#
# !!! warning "`*` 和 `@`"
#     两个方阵相乘，`A * B` 与 `A @ B` 的形状一样，都不报错，数完全不同。
#
# !!! warning "PCA 之前忘了减均值"
#     第一个“主成分”会指向平均图片，而不是变化最大的方向。`torch.pca_lowrank` 会替你减，`torch.linalg.svd` 不会。
#
# !!! warning "单位不同的列一起做 PCA"
#     方差看的是数值的大小。一列以毫米计、一列以米计，毫米的那列几乎就是第一主成分。先标准化。
#
# !!! warning "训练停了，就怪“陷入局部极小”"
#     先看梯度和学习率。高维里梯度为 0 的点多半是鞍点，而训练停滞更常见的原因是平坦、学习率不对或梯度消失。

# %% [markdown] tags=["en"]
# The loss is {{ f"{ends:.2f}" }} at both ends and {{ f"{half:.2f}" }} half-way, where blind guessing has 2.30. So the loss of a neural network has many valleys of the same depth: 16 neurons can be put in $16!\approx2\times10^{13}$ orders. Fortunately training needs no single lowest point; a valley that is low enough will do.
#
# ## Traps { #traps }
#
# !!! warning "`*` and `@`"
#     For two square matrices `A * B` and `A @ B` have the same shape. Neither raises an error, but the numbers are entirely different.
#
# !!! warning "PCA without subtracting the mean"
#     The first "component" then points at the mean image and not along the greatest variation. `torch.pca_lowrank` subtracts it for you, `torch.linalg.svd` does not.
#
# !!! warning "PCA over columns of different units"
#     Variance depends on the size of the numbers. With one column in millimetres and one in metres, the first component is almost entirely the column in millimetres. Standardize first.
#
# !!! warning "Blaming a stalled training on a local minimum"
#     Look at the gradient and the learning rate first. In many dimensions a point with gradient 0 is usually a saddle point. Training stalls more often because of a plateau, a wrong learning rate or vanishing gradients.

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** $\mathbf x=(1,2,2)$，$\mathbf y=(2,0,1)$。点积、$\mathbf x$ 的 L2 范数、L1 范数、余弦相似度各是多少？
#
# ??? success "答案"
#     点积 4；L2 范数 3；L1 范数 5；余弦 $4/(3\sqrt5)\approx$ {{ f"{4 / (3 * 5**0.5):.4f}" }}。
#
# **2.** 写 `cosine_matrix(a, b)`：$(N,d)$ 与 $(M,d)$，返回 $(N,M)$ 的余弦相似度，不用循环。
#
# ??? success "答案"
#     每行先除以自己的长度，再做一次矩阵乘法。
#
#     ```python
#     def cosine_matrix(a, b):
#         a = a / a.norm(dim=1, keepdim=True)
#         b = b / b.norm(dim=1, keepdim=True)
#         return a @ b.T
#     ```
#
# **3.** $f(x,y)=x^2y+3y$ 在 $(2,1)$ 处，两个偏导数和黑塞矩阵的两个特征值（从小到大）各是多少？
#
# ??? success "答案"
#     $\partial f/\partial x=2xy=4$，$\partial f/\partial y=x^2+3=7$。黑塞矩阵的两行是 $(2,4)$ 和 $(4,0)$，特征值 $1\pm\sqrt{17}$，即 {{ f"{1 - 17**0.5:.3f}" }} 与 {{ f"{1 + 17**0.5:.3f}" }}，一负一正。
#
# **4.** softmax 的输出是 $(0.5,\,0.3,\,0.2)$。第一个得分加 0.01，三个概率大约各变多少？
#
# ??? success "答案"
#     雅可比矩阵的第一列乘 0.01：$0.5\times0.5$、$-0.3\times0.5$、$-0.2\times0.5$，也就是 0.0025、-0.0015、-0.001，和为 0。
#
# **5.** 上面的训练图片要留下 95% 的方差，需要几个主成分？
#
# ??? success "答案"
#     {{ int((share < 0.95).sum()) + 1 }} 个。从 90% 到 95% 又多要 {{ int((share < 0.95).sum()) + 1 - needed }} 个：越往后，每个主成分带来的越少。
#
# ## 参考文献 { #references }
#
# - M. P. Deisenroth, A. A. Faisal, C. S. Ong. [Mathematics for Machine Learning](https://mml-book.github.io/). Cambridge, 2020.
# - G. Strang. [Linear Algebra and Learning from Data](https://math.mit.edu/~gs/learningfromdata/). 2019.
# - Y. Dauphin 等. [Identifying and attacking the saddle point problem in high-dimensional non-convex optimization](https://arxiv.org/abs/1406.2572). NeurIPS, 2014.
# - [torch.linalg](https://docs.pytorch.org/docs/stable/linalg.html)，PyTorch 文档。

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** $\mathbf x=(1,2,2)$ and $\mathbf y=(2,0,1)$. What are the dot product, the L2 norm and the L1 norm of $\mathbf x$, and the cosine similarity?
#
# ??? success "Answer"
#     The dot product is 4, the L2 norm 3, the L1 norm 5, and the cosine similarity $4/(3\sqrt5)\approx$ {{ f"{4 / (3 * 5**0.5):.4f}" }}.
#
# **2.** Write `cosine_matrix(a, b)`: from $(N,d)$ and $(M,d)$ to cosine similarities $(N,M)$, without a loop.
#
# ??? success "Answer"
#     Divide each row by its length, then take one matrix product.
#
#     ```python
#     def cosine_matrix(a, b):
#         a = a / a.norm(dim=1, keepdim=True)
#         b = b / b.norm(dim=1, keepdim=True)
#         return a @ b.T
#     ```
#
# **3.** For $f(x,y)=x^2y+3y$ at $(2,1)$, what are the two partial derivatives, and the two eigenvalues of the Hessian matrix, smaller first?
#
# ??? success "Answer"
#     $\partial f/\partial x=2xy=4$ and $\partial f/\partial y=x^2+3=7$. The rows of the Hessian matrix are $(2,4)$ and $(4,0)$, its eigenvalues $1\pm\sqrt{17}$, that is {{ f"{1 - 17**0.5:.3f}" }} and {{ f"{1 + 17**0.5:.3f}" }}: one of each sign.
#
# **4.** Softmax gives $(0.5,\,0.3,\,0.2)$. Add 0.01 to the first score. By how much, roughly, does each probability change?
#
# ??? success "Answer"
#     By the first column of the Jacobian matrix times 0.01: $0.5\times0.5$, $-0.3\times0.5$ and $-0.2\times0.5$ give 0.0025, -0.0015 and -0.001, which sum to 0.
#
# **5.** How many principal components do the training images above need to keep 95% of the variance?
#
# ??? success "Answer"
#     It takes {{ int((share < 0.95).sum()) + 1 }}. From 90% to 95% takes {{ int((share < 0.95).sum()) + 1 - needed }} more: the later a component, the less it brings.
#
# ## References { #references }
#
# - M. P. Deisenroth, A. A. Faisal, C. S. Ong. [Mathematics for Machine Learning](https://mml-book.github.io/). Cambridge, 2020.
# - G. Strang. [Linear Algebra and Learning from Data](https://math.mit.edu/~gs/learningfromdata/). 2019.
# - Y. Dauphin et al. [Identifying and attacking the saddle point problem in high-dimensional non-convex optimization](https://arxiv.org/abs/1406.2572). NeurIPS, 2014.
# - [torch.linalg](https://docs.pytorch.org/docs/stable/linalg.html), PyTorch documentation.
