# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "索引与变形：整数、切片、下标表、布尔掩码各挑出什么，归约、增维、拼接、换维之后是什么形状，把图片切成小块，再从零写一个 einsum。"
#       en: "Indexing and reshaping: what integers, slices, lists and Boolean masks pick; shapes after reductions, new dimensions, joins and permutations; cutting images into patches, and einsum from scratch."
#     covers: [T-01, C-13, E-19]
#     labels:
#       "shape": 形状
#       "shares memory": 共用内存
#       "by axes": 按维切
#       "by reshape alone": 只用 reshape
#       "accuracy": 准确率
#       "t[{}] → ({})": "t[{}] → ({})"
#       "t[{}:{}] → ({}, {})": "t[{}:{}] → ({}, {})"
#       "t[:, {}] → ({})": "t[:, {}] → ({})"
#       "t[::{}, ::{}] → ({}, {})": "t[::{}, ::{}] → ({}, {})"
#       "t[-{}, {}:] → ({})": "t[-{}, {}:] → ({})"
#       "t[[{}, {}]] → ({}, {})": "t[[{}, {}]] → ({}, {})"
#       "t[[{}, {}], [{}, {}]] → ({})": "t[[{}, {}], [{}, {}]] → ({})"
#       "t[t % {} == {}] → ({})": "t[t % {} == {}] → ({})"
# ---

# %% [markdown] tags=["zh"]
# # 索引与变形：先说出形状，再运行 { #indexing-and-reshaping }
#
# 写网络时，最常出的是形状的错，而改形状的办法总共没有几种。`x` 的形状是 $(4, 3, 28, 28)$：4 张图、3 个通道。**盖住下面的表，先写出每一行的形状；再猜哪几行是副本，改了也不影响 `x`。**

# %% [markdown] tags=["en"]
# # Indexing and reshaping: say the shape, then run it { #indexing-and-reshaping }
#
# Most mistakes in writing networks are mistakes of shape, and there are only a few ways to change a shape. `x` has shape $(4, 3, 28, 28)$: 4 images of 3 channels. **Cover the table, write down the shape of each row; then guess which rows are copies, so that writing to them leaves `x` alone.**

# %%
import pandas as pd
import torch

x = torch.randn(4, 3, 28, 28, generator=torch.Generator().manual_seed(0))
memory = x.untyped_storage().data_ptr()
results = {
    "x[0]": x[0],
    "x[0:1]": x[0:1],
    "x[:, 0]": x[:, 0],
    "x[..., 0]": x[..., 0],
    "x[:, :, ::2, ::2]": x[:, :, ::2, ::2],
    "x[:, None]": x[:, None],
    "x[[0, 2]]": x[[0, 2]],
    "x[[0, 2], [1, 1]]": x[[0, 2], [1, 1]],
    "x[x > 0]": x[x > 0],
    "x.mean(dim=(0, 2, 3))": x.mean(dim=(0, 2, 3)),
}
table = {
    name: (tuple(result.shape), result.untyped_storage().data_ptr() == memory)
    for name, result in results.items()
}
pd.DataFrame.from_dict(table, orient="index", columns=["shape", "shares memory"])

# %% [markdown] tags=["zh"]
# 全对的人不必读下去。其余的人，每一行都会在下面讲到。
#
# ## 整数去掉一维，切片留着它 { #integers-and-slices }
#
# 用位置取元素叫**索引**，从 0 数起，负数从后往前数。方括号里每一项管一个维度，没写的维度全取，`...` 代表“中间没写的那些”。
#
# - 一个整数挑出一格，那一维就没有了：`x[0]` 少一维。
# - `start:stop:step` 是**切片**，挑出一段，含头不含尾，那一维还在，哪怕只剩 1 格：`x[0:1]` 仍有 4 维。
# - `None` 凭空加一个长度为 1 的维。
#
# 这三样只动步幅和偏移，所以都是视图（见[存储、形状、步幅](tensors.py#strides)）。下面是 4 行 6 列的一张表，有颜色的是挑中的：

# %% [markdown] tags=["en"]
# If you got every row right, you can stop here. Each of them comes up again below.
#
# ## An integer drops a dimension, a slice keeps it { #integers-and-slices }
#
# Picking elements by position is called **indexing**. Positions count from 0, and negative ones count from the end. Each item in the brackets stands for one dimension; dimensions not mentioned are taken whole, and `...` stands for those left out in the middle.
#
# - An integer picks one place, and its dimension is gone: `x[0]` has one dimension fewer.
# - `start:stop:step` is **slicing**: it picks a stretch that includes the start but not the stop. The dimension stays even if only 1 place is left: `x[0:1]` still has 4 dimensions.
# - `None` adds a new dimension of length 1.
#
# All three change only the shape, the strides and the offset, so their results are views (see [storage, shape, strides](tensors.py#strides)). Below is a table of 4 rows and 6 columns; the cells that are picked are coloured:

# %% tags=["hide-input"] alt_zh="八格 4 行 6 列的方格图。t[1] 是整个第 1 行；t[1:3] 是第 1、2 行；t[:, 1] 是第 1 列；t[::2, ::2] 是隔行隔列的 6 格；t[-1, 2:] 是末行从第 2 列起的 4 格；t[[0, 2]] 是第 0、2 行；t[[0, 2], [1, 4]] 只有两格；t[t % 5 == 0] 是值为 5 的倍数的 5 格。" alt_en="Eight grids of 4 by 6. t[1] is the whole of row 1; t[1:3] rows 1 and 2; t[:, 1] column 1; t[::2, ::2] 6 cells of every other row and column; t[-1, 2:] 4 cells of the last row; t[[0, 2]] rows 0 and 2; t[[0, 2], [1, 4]] two cells only; t[t % 5 == 0] the 5 cells with multiples of 5."
import matplotlib.pyplot as plt

from dlnotes.figures.style import INK, PALETTE

t = torch.arange(24).reshape(4, 6)
picks = {
    "t[1]": t[1],
    "t[1:3]": t[1:3],
    "t[:, 1]": t[:, 1],
    "t[::2, ::2]": t[::2, ::2],
    "t[-1, 2:]": t[-1, 2:],
    "t[[0, 2]]": t[[0, 2]],
    "t[[0, 2], [1, 4]]": t[[0, 2], [1, 4]],
    "t[t % 5 == 0]": t[t % 5 == 0],
}
figure, panels = plt.subplots(2, 4, figsize=(7.4, 3.1))
for axes, (name, picked) in zip(panels.flat, picks.items()):
    for number in range(24):
        row, column = divmod(number, 6)
        chosen = number in picked
        axes.bar(
            column,
            0.9,
            width=0.9,
            bottom=-row - 0.45,
            color=PALETTE[0] if chosen else "none",
            alpha=0.45 if chosen else 1,
            edgecolor=INK,
            linewidth=0.4,
        )
        axes.text(column, -row, str(number), ha="center", va="center", fontsize=7)
    axes.set_title(f"{name} → {tuple(picked.shape)}".replace(",)", ")"), fontsize=8.5)
    axes.axis("off")
    axes.set(xlim=(-0.6, 5.6), ylim=(-3.6, 0.6))
figure

# %% [markdown] tags=["zh"]
# `t[::-1]` 在 Python 的列表里是倒序，torch 不接受负的间隔；写 `t.flip(0)`，它复制。
#
# ## 下标表与掩码：挑出来的是副本 { #lists-and-masks }
#
# 方括号里放一个列表，就按列表一个个挑，`x[[0, 2]]` 是第 0 张和第 2 张。列表可以按任意次序点名任意位置，步幅一般描述不了，所以总是复制。**两个列表**不是“这些行与那些列”，而是一一配对：图中 `t[[0, 2], [1, 4]]` 只有两格。
#
# 配对正好是交叉熵要的：第 $i$ 行取第 $y_i$ 列，即正确类别的对数概率。

# %% [markdown] tags=["en"]
# `t[::-1]` reverses a Python list, but torch accepts no negative step. Write `t.flip(0)`, which copies.
#
# ## Lists and masks: what they pick is a copy { #lists-and-masks }
#
# A list in the brackets picks one by one: `x[[0, 2]]` is image 0 and image 2. A list may name any places in any order. Strides cannot describe that in general, so the result is always a copy. **Two lists** are not "these rows and those columns"; they are taken in pairs, which is why `t[[0, 2], [1, 4]]` in the figure has only two cells.
#
# Pairs are just what cross-entropy needs: from row $i$ take column $y_i$, the log probability of the right class.

# %%
from torch.nn import functional as F

generator = torch.Generator().manual_seed(1)
logits = torch.randn(64, 10, generator=generator, dtype=torch.float64)
labels = torch.randint(10, (64,), generator=generator)

picked = logits.log_softmax(dim=1)[torch.arange(64), labels]  # (64,)
by_hand, by_torch = -picked.mean(), F.cross_entropy(logits, labels)
print(f"by hand {by_hand:.12f}, by torch {by_torch:.12f}")
assert torch.allclose(by_hand, by_torch, rtol=1e-12)

# %% [markdown] tags=["zh"]
# 比较的结果是一个同形状的、由真假组成的张量。把它放进方括号，就只取为真的位置，这叫**布尔掩码**。取出的总是副本，因为真的有几个、在哪里，要看数据。掩码管所有的维，结果就只剩 1 维；只管第一维，挑的就是整张图片。有了掩码，每一类各对了几成，只要一行：

# %% [markdown] tags=["en"]
# A comparison gives a tensor of true and false with the same shape. In the brackets it picks the places where it is true, as a **Boolean mask**. The result is always a copy, since how many are true, and where, depends on the data. A mask for all dimensions leaves 1 dimension; a mask for the first alone picks whole images. With masks, the accuracy of each class takes one line:

# %%
from dlnotes import data

splits = data.load("digits")
images, labels = splits.train.images.float(), splits.train.labels
centres = torch.stack([images[labels == k].mean(dim=0) for k in range(10)])

test, truth = splits.test.images.float(), splits.test.labels
differences = test[:, None] - centres[None]  # (N, 10, 1, 28, 28)
distances = differences.square().sum(dim=(2, 3, 4))  # (N, 10)
right = distances.argmin(dim=1) == truth  # (N,)

per_class = [right[truth == k].float().mean().item() for k in range(10)]
pd.DataFrame([[f"{share:.0%}" for share in per_class]], index=["accuracy"])

# %% [markdown] tags=["zh"]
# 这里没有训练：10 类各取平均图，离谁最近就认作谁，已经有 {{ f"{right.float().mean():.0%}" }}。十行代码用上了本页的一半：掩码挑出一类，`None` 加维，广播求差，归约求和。
#
# **写入**时另有规矩。`x[mask] = 0` 是一条语句，原地改 `x`；`x[mask][0] = 0` 先挑出一个副本，再改副本。**先猜下面两行各剩几个负数。**

# %% [markdown] tags=["en"]
# Nothing was trained: take the mean image of each class and give each picture the class whose mean is nearest. That gets {{ f"{right.float().mean():.0%}" }}. Ten lines used half of this page: masks pick a class, `None` adds dimensions, broadcasting subtracts, a reduction sums.
#
# **Writing** has a rule of its own. `x[mask] = 0` is a single write and changes `x` in place; `x[mask][0] = 0` first picks a copy and then changes the copy. **Guess how many negative numbers are left after each line below.**

# %%
values = torch.tensor([3.0, -1.0, 2.0, -5.0])
values[values < 0][:] = 0
after_copy = int((values < 0).sum())
values[values < 0] = 0
after_write = int((values < 0).sum())
print("negative numbers left:", after_copy, "then", after_write)

# %% [markdown] tags=["zh"]
# ## 归约：被求和的那一维没有了 { #reduction }
#
# `sum`、`mean`、`max` 沿着 `dim` 把许多数合成一个，叫**归约**。`dim` 说的是**哪一维消失**，不是“对哪一维分别算”。批量归一化要每个通道一个均值，那么消失的是另外三维：$(N,C,H,W)\to(C,)$，`dim=(0, 2, 3)`。
#
# 接着减去均值，就要当心了。$(C,)$ 会与最后一维 $W$ 对齐，而不是与通道。`keepdim=True` 把消失的维留成 1，广播才对得上：

# %% [markdown] tags=["en"]
# ## Reduction: the dimension that is summed is gone { #reduction }
#
# `sum`, `mean` and `max` combine many numbers along `dim` into one, which is a **reduction**. `dim` names **the dimension that disappears**. It does not name the dimension you get one result for each entry of. Batch normalization wants a mean for each channel, so the other three disappear: $(N,C,H,W)\to(C,)$ takes `dim=(0, 2, 3)`.
#
# Be careful with the next step, subtracting that mean. $(C,)$ is lined up with the last dimension $W$, not with the channels. `keepdim=True` leaves a 1 where a dimension went, and broadcasting fits:


# %%
def centred(image, keep):
    return image - image.mean(dim=(0, 2, 3), keepdim=keep)


for width in (28, 3):
    levels = torch.tensor([0.0, 5.0, 9.0]).view(3, 1, 1)
    sample = torch.randn(4, 3, 28, width) + levels  # 3 channels, 3 means
    for keep in (True, False):
        try:
            left = centred(sample, keep).mean(dim=(0, 2, 3))
            told = [f"{abs(mean):.1f}" for mean in left.tolist()]
        except RuntimeError:
            told = "RuntimeError"
        print(f"W = {width:2}, keepdim={keep!s:5} → means (absolute) {told}")

# %% [markdown] tags=["zh"]
# 宽 28 时报错，算是运气；宽恰好是 3 时不报错，可是没有一个通道的均值归了零。
#
# ## 加一维、拼起来、堆起来 { #join }
#
# 三个词常常用混，看形状最清楚：
#
# | 写法 | 从 | 到 | 什么时候用 |
# |---|---|---|---|
# | `image.unsqueeze(0)` | $(1,28,28)$ | $(1,1,28,28)$ | 只有一张图，也要有批量维 |
# | `torch.stack(images)` | 64 个 $(1,28,28)$ | $(64,1,28,28)$ | 单张组成批量 |
# | `torch.cat([a, b], dim=1)` | $(64,32,7,7)$ 与 $(64,16,7,7)$ | $(64,48,7,7)$ | 合并通道，像 DenseNet |
#
# **unsqueeze** 插入一个长度为 1 的维，`x[None]` 是它的简写。`stack`（**堆叠**）沿**新的**一维并在一起，所以形状必须全同；`cat` 沿**已有的**一维接起来，只有那一维可以不同。
#
# 反过来的 `squeeze()` 要写明去掉哪一维。不写就去掉所有的 1，最后一批恰好剩一张图时，批量维也跟着没了：

# %% [markdown] tags=["en"]
# With a width of 28 you get an error, and that is the lucky case. With a width of 3 there is none, and no channel has a mean of 0.
#
# ## Add a dimension, join, stack { #join }
#
# The three are often mixed up; shapes tell them apart:
#
# | written as | from | to | when |
# |---|---|---|---|
# | `image.unsqueeze(0)` | $(1,28,28)$ | $(1,1,28,28)$ | a single image needs a batch dimension too |
# | `torch.stack(images)` | 64 of $(1,28,28)$ | $(64,1,28,28)$ | images become a batch |
# | `torch.cat([a, b], dim=1)` | $(64,32,7,7)$ and $(64,16,7,7)$ | $(64,48,7,7)$ | channels are merged, as in DenseNet |
#
# To **unsqueeze** is to insert a dimension of length 1; `x[None]` is short for it. `stack` (to **stack**) puts tensors side by side along a **new** dimension, so all shapes must be the same; `cat` joins them along an **existing** one, and only in that one may their lengths differ.
#
# Always tell the reverse, `squeeze()`, which dimension to drop. Otherwise it drops every 1, and when the last batch happens to hold one image, the batch dimension goes as well:

# %%
for batch in (64, 1):
    scores = torch.zeros(batch, 1)  # one number for each image
    told, dropped = scores.squeeze(1).shape, scores.squeeze().shape
    print(f"batch {batch:2}: squeeze(1) {tuple(told)}, squeeze() {tuple(dropped)}")

# %% [markdown] tags=["zh"]
# ## 切成小块：reshape 与 permute 合起来用 { #patches }
#
# 视觉 Transformer 先把图切成小块。28×28 的图切成 16 块 7×7，不用循环：`reshape` 把一维**拆成两维**或把相邻两维**合成一维**，次序不动；`permute` 换次序。
#
# $$ (28,28)\ \xrightarrow{\text{reshape}}\ (4,7,4,7)\ \xrightarrow{\text{permute}}\ (4,4,7,7)\ \xrightarrow{\text{reshape}}\ (16,7,7) $$
#
# 拆开之后的四维依次是：第几行块、块内第几行、第几列块、块内第几列。**先猜：不要中间那一步，直接 `reshape(16, 7, 7)`，每一块里是什么？**

# %% [markdown] tags=["en"]
# ## Cutting into patches: reshape together with permute { #patches }
#
# A vision transformer begins by cutting its image into patches. To cut 28×28 into 16 patches of 7×7 you need no loop: `reshape` **splits** a dimension into two or **merges** two neighbours into one and leaves the order alone; `permute` changes the order.
#
# $$ (28,28)\ \xrightarrow{\text{reshape}}\ (4,7,4,7)\ \xrightarrow{\text{permute}}\ (4,4,7,7)\ \xrightarrow{\text{reshape}}\ (16,7,7) $$
#
# After the split the four dimensions are: row of patches, row within the patch, column of patches, column within the patch. **Guess: leave out the middle step and write `reshape(16, 7, 7)` at once. What is in each patch?**

# %%
digit = images[3, 0]  # (28, 28)
patches = digit.reshape(4, 7, 4, 7).permute(0, 2, 1, 3).reshape(16, 7, 7)
wrong = digit.reshape(16, 7, 7)

assert torch.equal(patches[5], digit[7:14, 7:14])  # row 1, column 1
pointers = [t.untyped_storage().data_ptr() for t in (digit, patches, wrong)]
print("views of the digit:", [pointer == pointers[0] for pointer in pointers[1:]])

# %% tags=["hide-input"] alt_zh="左：按维切出的 16 块，4 行 4 列，块与块之间留缝，拼在一起还是那个数字 3。右：只用 reshape 得到的 16 块，每块是原图的一行零四分之三，全是断开的横条。" alt_en="Left: 16 patches cut by axes, 4 by 4 with gaps between them, together still the digit 3. Right: 16 patches from reshape alone, each a row and three quarters of the image, all broken bars."
figure, panels = plt.subplots(1, 2, figsize=(6.0, 3.1))
for axes, (name, pieces) in zip(
    panels, (("by axes", patches), ("by reshape alone", wrong))
):
    canvas = torch.full((31, 31), float("nan"))
    for number, piece in enumerate(pieces):
        row, column = divmod(number, 4)
        canvas[8 * row : 8 * row + 7, 8 * column : 8 * column + 7] = piece.float()
    axes.imshow(canvas, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes.set_title(name)
    axes.axis("off")
figure

# %% [markdown] tags=["zh"]
# 右边每一块是 49 个**相邻**的像素，也就是一行零四分之三，形状却一模一样。最后那次 `reshape` 合并的两维在内存里已经不相邻，所以它悄悄复制了一份；换成 `view` 就会报错。
#
# ## einsum：给每一维一个名字 { #einsum }
#
# 维度一多，“第几维”就记不住了。**爱因斯坦求和**给每一维一个字母：箭头左边写各个输入的字母，右边写结果的字母。**同一个字母对齐相乘，右边没有的字母，沿它求和。** 例如线性层 $y_{no}=\sum_i x_{ni}\,w_{oi}$，其中 $n$ 是样本，$i$ 是输入，$o$ 是输出，写成 `"ni,oi->no"`。
#
# 会了前面几节，自己就能写一个。把每个输入的维按统一的字母表排好，缺的补 1，逐元素相乘，再把不要的加掉：

# %% [markdown] tags=["en"]
# On the right each patch is 49 pixels **in a row**, a row of the image and three quarters of the next, yet the shape is the same. On the left, the dimensions that the last `reshape` merges no longer lie next to each other in memory, so it quietly made a copy; `view` would raise an error.
#
# ## einsum: a name for every dimension { #einsum }
#
# Nobody can remember the numbers of many dimensions. **Einstein summation** gives each a letter: left of the arrow those of the inputs, right of it those of the result. **Equal letters are lined up and multiplied, and a letter missing on the right is summed over.** A linear layer $y_{no}=\sum_i x_{ni}\,w_{oi}$, with $n$ for the sample, $i$ for the input and $o$ for the output, becomes `"ni,oi->no"`.
#
# The sections above are enough to write one. Put the dimensions of each input in the order of one common alphabet, with a 1 where a letter is missing. Then multiply element by element, and sum over the letters the result does not have:


# %%
def einsum(formula, *operands):
    left, right = formula.split("->")
    letters = right + "".join(sorted(set(left) - set(right) - {","}))
    product = torch.ones(())
    for names, operand in zip(left.split(","), operands):
        order = [names.index(axis) for axis in letters if axis in names]
        places = [slice(None) if axis in names else None for axis in letters]
        product = product * operand.permute(order)[tuple(places)]
    summed = tuple(range(len(right), len(letters)))
    return product.sum(dim=summed) if summed else product


def normal(*shape):
    return torch.randn(shape, generator=generator, dtype=torch.float64)


A, B, v = normal(5, 3), normal(3, 4), normal(5)
pixels, W = normal(4, 3, 6, 6), normal(8, 3)
heads, keys = normal(2, 3, 5, 4), normal(2, 3, 7, 4)
cases = {
    # matrix product, outer product, transpose
    "ij,jk->ik": ((A, B), A @ B),
    "i,j->ij": ((v, v), torch.outer(v, v)),
    "ij->ji": ((A,), A.T),
    # sum of each channel, 1×1 convolution, scores of attention
    "nchw->c": ((pixels,), pixels.sum(dim=(0, 2, 3))),
    "nchw,oc->nohw": ((pixels, W), F.conv2d(pixels, W[:, :, None, None])),
    "bhqd,bhkd->bhqk": ((heads, keys), heads @ keys.transpose(-2, -1)),
}
worst = 0.0
for formula, (operands, expected) in cases.items():
    for function in (einsum, torch.einsum):
        difference = function(formula, *operands) - expected
        worst = max(worst, difference.abs().max().item())
    print(f"{formula:16} → {tuple(expected.shape)}")
print(f"largest difference from the usual way: {worst:.0e}")

# %% [markdown] tags=["zh"]
# 六种看起来毫不相干的运算，都是同一句话。最后一行是注意力的打分：批量 $b$、头 $h$、查询 $q$、键 $k$，特征 $d$ 被加掉，不必再想 `transpose(-2, -1)` 换的是哪两维。
#
# 自己写的这个很费内存：先摆出所有字母张成的大张量，再求和。`"ij,jk->ik"` 要 $5\times4\times3$ 个中间结果；`torch.einsum` 把同样的事交给矩阵乘法，不留中间结果。
#
# ## 常见的坑 { #traps }
#
# !!! warning "x[0] 与 x[0:1]"
#     前者少一维。把一张图送进网络，要写 `x[0:1]` 或 `x[0][None]`。
#
# !!! warning "两个列表是配对"
#     `t[[0, 2], [1, 4]]` 是两个元素。要“第 0、2 行与第 1、4 列”的交叉，写 `t[[0, 2]][:, [1, 4]]`。
#
# !!! warning "掩码连着用"
#     `x[mask][0] = 1` 改的是副本，`x` 没变，也不报错。先算好下标，再一次写入。
#
# !!! warning "squeeze() 不写维"
#     批量恰好是 1 时，批量维也没了。写 `squeeze(1)`。
#
# !!! warning "用 reshape 代替 permute"
#     形状对，数全乱，不报错，见上面的碎块。每个字母都有名字的 einsum，或者在小张量上对一个角，都能查出来。
#
# ## 面试里会问 { #questions }
#
# ??? question "切片与用列表索引，结果有什么不同？"
#     切片的结果能用步幅和偏移描述，是视图，不复制，改它就改了原件。列表和掩码挑出的位置没有规律，只能复制。所以 `x[0:2] += 1` 与 `y = x[0:2]; y += 1` 都改 `x`；`x[[0, 1]] += 1` 也改 `x`（那是对 `x` 的一次写入），而 `y = x[[0, 1]]; y += 1` 不改。
#
# ## 练习 { #exercises }
#
# **1.** `x` 的形状是 $(4,3,28,28)$。`x[None, 1:3, ..., 0]` 是什么形状？
#
# ??? success "答案"
#     {{ tuple(x[None, 1:3, ..., 0].shape) }}。`None` 加一个 1；`1:3` 留下 2；`...` 是通道和行；末维取整数，没有了。
#
# **2.** 写 `one_hot(labels, classes)`：把 $(N,)$ 的类别号变成 $(N, \text{classes})$ 的 0/1 浮点张量，不用循环，也不用 `F.one_hot`。
#
# ??? success "答案"
#     一列与一行比较，广播成一张表。
#
#     ```python
#     import torch
#
#
#     def one_hot(labels, classes):
#         return (labels[:, None] == torch.arange(classes)).float()
#     ```
#
# **3.** 写 `cut(images, size)`：把 $(N,C,H,W)$ 切成边长 `size` 的小块，返回 $(N, P, C\cdot\text{size}^2)$，$P$ 是块数，块按行优先排，块内按通道、行、列排。$H$、$W$ 都能整除。
#
# ??? success "答案"
#     拆成 6 维，把两个“第几块”换到前面，再合并。
#
#     ```python
#     def cut(images, size):
#         n, c, h, w = images.shape
#         split = images.reshape(n, c, h // size, size, w // size, size)
#         ordered = split.permute(0, 2, 4, 1, 3, 5)
#         return ordered.reshape(n, (h // size) * (w // size), c * size * size)
#     ```
#
# **4.** `"bhqd,bhkd->bhqk"`，$b=2,\ h=3,\ q=5,\ k=7,\ d=4$。结果有几个数？一共要做几次乘法？
#
# ??? success "答案"
#     结果 $2\times3\times5\times7=210$ 个数；每个数加起 4 个乘积，共 $210\times4=840$ 次，就是所有字母长度的乘积。
#
# **5.** `a` 是 $(64,10)$，`b` 是 $(64,10)$。`torch.stack([a, b])`、`torch.cat([a, b])`、`torch.cat([a, b], dim=1)` 各是什么形状？
#
# ??? success "答案"
#     $(2,64,10)$、$(128,10)$、$(64,20)$。
#
# ## 参考文献 { #references }
#
# - C. R. Harris 等. [Array programming with NumPy](https://doi.org/10.1038/s41586-020-2649-2). Nature, 2020.
# - A. Rogozhnikov. [Einops: clear and reliable tensor manipulations with Einstein-like notation](https://openreview.net/forum?id=oapKSVM2bcj). ICLR, 2022.
# - [torch.einsum](https://docs.pytorch.org/docs/stable/generated/torch.einsum.html)、[Tensor views](https://docs.pytorch.org/docs/stable/tensor_view.html)，PyTorch 文档。

# %% [markdown] tags=["en"]
# Six operations that seem to have nothing in common can all be written in this one way. The last one gives the scores of attention, with batch $b$, head $h$, query $q$ and key $k$; the features $d$ are summed away, and you need not work out which two dimensions `transpose(-2, -1)` swaps.
#
# Our version is wasteful: it builds one large tensor with all the letters and sums it afterwards. `"ij,jk->ik"` takes $5\times4\times3$ intermediate results; `torch.einsum` hands the same to matrix multiplication and keeps none.
#
# ## Traps { #traps }
#
# !!! warning "x[0] and x[0:1]"
#     The former has one dimension fewer. To send one image through a network, write `x[0:1]` or `x[0][None]`.
#
# !!! warning "Two lists go in pairs"
#     `t[[0, 2], [1, 4]]` is two elements. For all cells in rows 0 and 2 and columns 1 and 4, write `t[[0, 2]][:, [1, 4]]`.
#
# !!! warning "Two brackets after each other"
#     `x[mask][0] = 1` changes a copy; `x` stays as it was, and no error is raised. Work out the whole index first, then write once.
#
# !!! warning "squeeze() without a dimension"
#     When the batch happens to be 1, the batch dimension goes too. Write `squeeze(1)`.
#
# !!! warning "reshape in place of permute"
#     The shape is right, the numbers are scrambled, and there is no error; see the broken patches above. Writing it as an einsum, with a letter for each dimension, guards against this, and so does checking one corner of a small tensor.
#
# ## Asked in interviews { #questions }
#
# ??? question "How does a slice differ from indexing with a list?"
#     What a slice picks can be described by strides and an offset, so it is a view: nothing is copied, and writing to it changes the original. Places picked by a list or a mask follow no such pattern and must be copied. So `x[0:2] += 1` and `y = x[0:2]; y += 1` both change `x`; `x[[0, 1]] += 1` changes `x` as well (it is one write to `x`), while `y = x[[0, 1]]; y += 1` does not.
#
# ## Exercises { #exercises }
#
# **1.** `x` has shape $(4,3,28,28)$. What is the shape of `x[None, 1:3, ..., 0]`?
#
# ??? success "Answer"
#     {{ tuple(x[None, 1:3, ..., 0].shape) }}. `None` adds a 1; `1:3` leaves 2; `...` stands for channels and rows; the integer drops the last dimension.
#
# **2.** Write `one_hot(labels, classes)`, which turns class numbers $(N,)$ into a float tensor $(N, \text{classes})$ of 0 and 1, without a loop and without `F.one_hot`.
#
# ??? success "Answer"
#     Compare a column with a row; broadcasting makes the table.
#
#     ```python
#     import torch
#
#
#     def one_hot(labels, classes):
#         return (labels[:, None] == torch.arange(classes)).float()
#     ```
#
# **3.** Write `cut(images, size)`, which cuts $(N,C,H,W)$ into patches of side `size` and returns $(N, P, C\cdot\text{size}^2)$, where $P$ is their number: patches row by row, and within a patch by channel, row, column. $H$ and $W$ are multiples of the side.
#
# ??? success "Answer"
#     Split into 6 dimensions, move the two that number the patches forward, then merge.
#
#     ```python
#     def cut(images, size):
#         n, c, h, w = images.shape
#         split = images.reshape(n, c, h // size, size, w // size, size)
#         ordered = split.permute(0, 2, 4, 1, 3, 5)
#         return ordered.reshape(n, (h // size) * (w // size), c * size * size)
#     ```
#
# **4.** `"bhqd,bhkd->bhqk"` with $b=2,\ h=3,\ q=5,\ k=7,\ d=4$. How many numbers are in the result, and how many multiplications does it take?
#
# ??? success "Answer"
#     $2\times3\times5\times7=210$ numbers; each adds up 4 products, together $210\times4=840$, the product of the lengths of all letters.
#
# **5.** `a` is $(64,10)$ and `b` is $(64,10)$. What are the shapes of `torch.stack([a, b])`, `torch.cat([a, b])` and `torch.cat([a, b], dim=1)`?
#
# ??? success "Answer"
#     $(2,64,10)$, $(128,10)$, $(64,20)$.
#
# ## References { #references }
#
# - C. R. Harris et al. [Array programming with NumPy](https://doi.org/10.1038/s41586-020-2649-2). Nature, 2020.
# - A. Rogozhnikov. [Einops: clear and reliable tensor manipulations with Einstein-like notation](https://openreview.net/forum?id=oapKSVM2bcj). ICLR, 2022.
# - [torch.einsum](https://docs.pytorch.org/docs/stable/generated/torch.einsum.html) and [tensor views](https://docs.pytorch.org/docs/stable/tensor_view.html), PyTorch documentation.
