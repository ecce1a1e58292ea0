# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "张量是怎样一块内存：形状、数据类型、设备、步幅与视图；广播怎样帮忙又怎样害人；名字与对象；view、reshape、flatten 的差别。"
#       en: "What a tensor is in memory: shape, dtype, device, strides and views; how broadcasting helps and harms; names and objects; view, reshape and flatten."
#     covers: [T-01, C-13, E-19, E-78, P-10, Q-09]
#     labels:
#       storage: 存储
#       x, strides 3 and 1: "x，步幅 3 与 1"
#       x.T, strides 1 and 3: "x.T，步幅 1 与 3"
#       bytes each: 每个数占几字节
#       offset: 偏移
#       contiguous: 连续
#       shares: 共用存储
#       error: 报错
#       smallest step above 1: 1 之上的最小一步
#       largest: 最大值
#       smallest normal: 最小正规数
#       one pass: 一趟算完
#       two passes: 分两趟
#       in double precision: 双精度
#       10,000 + 1: "10,000 + 1"
# ---

# %% [markdown] tags=["zh"]
# # 张量：一块内存，几种读法 { #tensors }
#
# 下面 5 行都由 `x` 得到一个形状不同的张量。**先猜：最后改了 `x[0, 0]`，哪几个会跟着变？**

# %% [markdown] tags=["en"]
# # Tensors: one block of memory, several ways to read it { #tensors }
#
# Each of the 5 lines below makes a tensor of another shape from `x`. **Guess: when `x[0, 0]` is changed in the end, which of them change with it?**

# %%
import torch

x = torch.arange(6.0).reshape(2, 3)
a = x.view(3, 2)
b = x.T
c = x.T.reshape(6)
d = x[:, 1:].flatten()
e = x[0]

x[0, 0] = 100.0
{
    "view": a[0, 0].item(),
    "T": b[0, 0].item(),
    "T.reshape": c[0].item(),
    "row": e[0].item(),
    "slice.flatten": d[0].item(),
}

# %% [markdown] tags=["zh"]
# `view`、`T` 和取一行变了，`T.reshape` 没有变。（`d` 从第 1 列取起，里面本来就没有那个数，看不出来。）没有报错，从名字上也看不出会怎样。要弄明白，得看看张量在内存里是什么样子。
#
# ## 存储、形状、步幅 { #strides }

# %% [markdown] tags=["en"]
# `view`, `T` and the row changed; `T.reshape` did not. (`d` starts at column 1 and never held that number, so it cannot tell.) No error was raised, and none of the names tells you what will happen. To understand it, look at what a tensor is in memory.
#
# ## Storage, shape, strides { #strides }

# %% tags=["remove-input"] alt_zh="最上面一行是存储，6 个格子装着 0 到 5。左下是 2 行 3 列的 x：往右走跳 1 格，往下走跳 3 格。右下是 3 行 2 列的 x.T：往右走跳 3 格，往下走跳 1 格。三处同一个数字同一种颜色。" alt_en="On top the storage, 6 cells with 0 to 5. Lower left x, 2 rows of 3: one to the right skips 1 cell, one down skips 3. Lower right x.T, 3 rows of 2: right skips 3, down skips 1. Equal numbers have equal colours."
import matplotlib.pyplot as plt

from dlnotes.figures.style import PALETTE

figure, axes = plt.subplots(figsize=(6.4, 2.9), layout="none")
axes.set_position((0, 0, 1, 1))
axes.axis("off")
axes.set(xlim=(0, 32), ylim=(0, 14.5))


def draw_cells(left, top, rows, columns, number_at, title):
    axes.text(left, top + 0.6, title, fontsize=11)
    for row in range(rows):
        for column in range(columns):
            number = number_at(row, column)
            axes.bar(
                left + 2 * column + 1,
                1.9,
                width=1.9,
                bottom=top - 2 * row - 1.95,
                color=PALETTE[number],
                alpha=0.35,
            )
            axes.text(
                left + 2 * column + 1,
                top - 2 * row - 1.35,
                str(number),
                ha="center",
                fontsize=11,
            )


draw_cells(1, 12.6, 1, 6, lambda row, column: column, "storage")
draw_cells(1, 7.6, 2, 3, lambda row, column: 3 * row + column, "x, strides 3 and 1")
draw_cells(16, 7.6, 3, 2, lambda row, column: row + 3 * column, "x.T, strides 1 and 3")
figure

# %% [markdown] tags=["zh"]
# 数字都排在一条线上，叫存储。张量只是一张说明书：从哪里开始（偏移 $o$），每个**维度**多长（形状），沿这个维度走一步要在存储里跳几格（**张量步幅** $s_k$）。取一个元素，就是算一个位置：
#
# $$ \text{位置}(i_0, i_1, \dots) = o + \sum_k i_k\, s_k $$
#
# 其中 $i_k$ 是第 $k$ 维的下标。转置只交换两个步幅，一个数也不搬。

# %% [markdown] tags=["en"]
# All numbers stand in one line, the storage. A tensor is only a note on how to read it: where to begin (the offset $o$), how long each **dimension** is (the shape), and how many cells to skip in storage for one step along it (the **tensor stride** $s_k$). To fetch an element is to compute its place:
#
# $$ \text{place}(i_0, i_1, \dots) = o + \sum_k i_k\, s_k $$
#
# where $i_k$ is the index along dimension $k$. A transpose swaps two strides and moves no number.


# %%
def describe(t):
    """Say how a tensor reads its storage, and whether that is the storage of x."""
    shared = t.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
    return {
        "shape": tuple(t.shape),
        "strides": t.stride(),
        "offset": t.storage_offset(),
        "contiguous": t.is_contiguous(),
        "shares": shared,
    }


import pandas as pd

tensors = {
    "x": x,
    "x.view(3, 2)": a,
    "x.T": b,
    "x[0]": e,
    "x[:, 1:]": x[:, 1:],
    "x[:, 1]": x[:, 1],
    "x.expand(4, 2, 3)": x.expand(4, 2, 3),
    "x.T.reshape(6)": c,
    "x[:, 1:].flatten()": d,
    "x.clone()": x.clone(),
}
pd.DataFrame.from_dict(
    {name: describe(t) for name, t in tensors.items()}, orient="index"
)

# %% [markdown] tags=["zh"]
# 最后一列为 True 的是**张量视图**，与 `x` 共用存储；为 False 的是副本。`expand` 把一维扩成 4 份，步幅是 0：四份其实是同一份。倒数第二列说的是**连续张量**：逐个下标数过去，在存储里也是一格挨一格。转置的、挑列的都不连续。
#
# 图片的次序也只是步幅的事。同样是 $(N,C,H,W)$，默认的**内存格式**把一个通道的像素排在一起；`channels_last` 把一个像素的各个通道排在一起：

# %% [markdown] tags=["en"]
# Where the last column is True the tensor is a **tensor view** and shares its storage with `x`; where it is False it is a copy. `expand` repeats 4 times with stride 0: all four copies are the same cells. The column before it tells a **contiguous tensor**: counting through its indices goes from cell to cell in storage as well. A transpose is not contiguous, nor is a column.
#
# The order of an image is a matter of strides too. For one and the same $(N,C,H,W)$ the default **memory format** keeps the pixels of a channel together, and `channels_last` the channels of a pixel:

# %%
by_channel = torch.arange(2 * 3 * 4 * 4.0).reshape(2, 3, 4, 4)
by_pixel = by_channel.to(memory_format=torch.channels_last)
for image in (by_channel, by_pixel):
    print("shape", tuple(image.shape), " strides", image.stride())
print("equal at every index:", torch.equal(by_channel, by_pixel))

# %% [markdown] tags=["zh"]
# 形状、下标、数值全都一样，只有步幅不同：走到下一个通道，默认要跳 {{ by_channel.stride(1) }} 格，`channels_last` 只要 {{ by_pixel.stride(1) }} 格。卷积要把一个像素的所有通道乘加起来，所以在显卡的张量核心上，后一种往往更快。
#
# ## view、reshape、flatten { #view-reshape-flatten }
#
# 三者都换形状，差别在“换不了的时候怎么办”：
#
# | 写法 | 能不复制时 | 不能时 |
# |---|---|---|
# | `x.view(…)` | 视图 | 报错 |
# | `x.reshape(…)` | 视图 | 悄悄复制 |
# | `x.flatten(1)` | 视图 | 悄悄复制 |
# | `nn.Flatten()` | 同 `flatten(1)`，保留批量维 | 同左 |
# | `x.contiguous()` | 就是 `x` | 复制成连续的 |
#
# 所以 `x.view(len(x), -1)` 与 `x.flatten(1)` 得到同样的数；前者还顺便保证了没有复制。转置之后 `view` 会拒绝：

# %% [markdown] tags=["en"]
# Shape, indices and values are the same; only the strides differ: the next channel is {{ by_channel.stride(1) }} cells away by default and {{ by_pixel.stride(1) }} with `channels_last`. A convolution multiplies and adds all channels of a pixel, so the second is often faster on the tensor cores of a GPU.
#
# ## view, reshape, flatten { #view-reshape-flatten }
#
# All three change the shape. They differ in what they do when that cannot be done without copying:
#
# | written as | if no copy is needed | otherwise |
# |---|---|---|
# | `x.view(…)` | a view | an error |
# | `x.reshape(…)` | a view | a silent copy |
# | `x.flatten(1)` | a view | a silent copy |
# | `nn.Flatten()` | as `flatten(1)`: keeps the batch dimension | the same |
# | `x.contiguous()` | `x` itself | a contiguous copy |
#
# So `x.view(len(x), -1)` and `x.flatten(1)` give the same numbers, but the first also guarantees that nothing is copied. After a transpose `view` refuses:

# %% tags=["raises-exception"]
x.T.view(6)

# %% [markdown] tags=["zh"]
# **reshape** 不会改变数的顺序，**permute** 会。把 $(H,W,C)$ 的图片变成 $(C,H,W)$，要 `permute(2, 0, 1)`；用 `reshape` 形状也对，图却碎了：

# %% [markdown] tags=["en"]
# A **reshape** keeps the order of the numbers, a **permute** does not. To turn an image $(H,W,C)$ into $(C,H,W)$ takes `permute(2, 0, 1)`. With `reshape` the shape is right too, but the picture is scrambled:

# %% tags=["hide-input"] alt_zh="左：permute 之后是一幅完整的红绿渐变图；右：reshape 之后成了条纹。" alt_en="Left: after permute, a whole picture of smooth red and green gradients; right: after reshape, stripes."
from dlnotes import figures

ramp = torch.linspace(0, 255, 24)
picture = torch.stack(
    [ramp.expand(24, 24), ramp.expand(24, 24).T, torch.full((24, 24), 60.0)], dim=2
).to(torch.uint8)
figures.image_grid(
    [picture.permute(2, 0, 1), picture.reshape(3, 24, 24)],
    ["permute", "reshape"],
    columns=2,
)

# %% [markdown] tags=["zh"]
# 怎样切、挑、拼、转，怎样一眼看出结果的形状，在[索引与变形](indexing.py)一页。
#
# ## 数据类型：一个数占多少，能有多细 { #dtype }
#
# **先猜：在 bfloat16 里，10,000 + 1 等于几？**

# %% [markdown] tags=["en"]
# Slicing, picking, joining and permuting, and seeing at a glance what shape comes out, have a page of their own: [indexing and reshaping](indexing.py).
#
# ## dtype: how large a number is, and how fine { #dtype }
#
# **Guess: in bfloat16, what is 10,000 + 1?**

# %%
rows = {}
for dtype in (torch.float64, torch.float32, torch.float16, torch.bfloat16):
    info = torch.finfo(dtype)
    total = (torch.tensor(10000.0, dtype=dtype) + 1).item()
    sizes = [f"{size:.1e}" for size in (info.eps, info.smallest_normal, info.max)]
    name = str(dtype).removeprefix("torch.")
    rows[name] = (info.bits // 8, *sizes, f"{total:,.0f}")
headings = [
    "bytes each",
    "smallest step above 1",
    "smallest normal",
    "largest",
    "10,000 + 1",
]
pd.DataFrame.from_dict(rows, orient="index", columns=headings)

# %% [markdown] tags=["zh"]
# float32 叫**单精度浮点数**，float16 叫**半精度浮点数**。1 之上的最小一步叫**机器精度**：两个正确的程序，结果差到这个量级是正常的。
#
# **bfloat16** 的这一步最粗，加 1 都看不见；可它的最大值和 float32 差不多，float16 却只到 {{ f"{torch.finfo(torch.float16).max:,.0f}" }}。位数与范围不能兼得，于是有三种毛病：

# %% [markdown] tags=["en"]
# float32 is called **single precision**, float16 **half precision**. The smallest step above 1 is the **machine epsilon**: two correct programs may well differ by about that much, relative to the size of the numbers.
#
# **bfloat16** takes the coarsest step, and adding 1 is lost in it; but it reaches nearly as far as float32, while float16 ends at {{ f"{torch.finfo(torch.float16).max:,.0f}" }}. Digits and range compete for the same bits, and this leads to three kinds of trouble:

# %%
half = torch.float16
print("300 * 300 in float16:  ", (torch.tensor(300.0, dtype=half) * 300).item())
print("1e-4 * 1e-4 in float16:", (torch.tensor(1e-4, dtype=half) * 1e-4).item())

torch.manual_seed(0)
far = 10_000 + torch.randn(100_000)  # variance 1, far from 0
one_pass = ((far**2).mean() - far.mean() ** 2).item()
two_passes = ((far - far.mean()) ** 2).mean().item()
exact = far.double().var(correction=0).item()
variances = [[one_pass, two_passes, exact]]
columns = ["one pass", "two passes", "in double precision"]
pd.DataFrame(variances, index=["float32"], columns=columns).map("{:.4f}".format)

# %% [markdown] tags=["zh"]
# - **上溢**：结果比最大值还大，成了无穷；再减一次、除一次，就成了 NaN。
# - **下溢**：结果离 0 太近，成了 0。很小的梯度在 float16 里就是这样丢的。
# - 表里是同一批数的方差。$\overline{x^2}-\bar x^2$ 与 $\overline{(x-\bar x)^2}$ 在纸上相等，其中横线表示平均；在 float32 里，前者算出 {{ f"{one_pass:.2f}" }}，后者是 {{ f"{two_passes:.2f}" }}。前者是两个约 $10^8$ 的数相减，float32 在那附近一步就是 8，真正的答案 1 全淹没在舍入里。一个算法不这样放大舍入误差，就说它有**数值稳定性**。
#
# 不同类型的数放在一起算，结果是什么类型？**先猜：float16 加 bfloat16。**

# %% [markdown] tags=["en"]
# - **Overflow**: the result is larger than the largest number and becomes infinity; one more subtraction or division, and it is NaN.
# - **Underflow**: the result is too close to 0 and becomes 0. This is how small gradients get lost in float16.
# - The table gives the variance of one set of numbers. On paper $\overline{x^2}-\bar x^2$ and $\overline{(x-\bar x)^2}$ are equal, the bar being a mean; in float32 the first comes to {{ f"{one_pass:.2f}" }} and the second to {{ f"{two_passes:.2f}" }}. The first subtracts two numbers of about $10^8$, where one step of float32 is 8, and the true answer of 1 drowns in rounding. An algorithm that does not magnify rounding errors like this has **numerical stability**.
#
# And when different types meet, of what type is the result? **Guess: float16 plus bfloat16.**

# %%
matrix = torch.ones(2, 2)
meetings = {
    "float16 + bfloat16": matrix.half() + matrix.bfloat16(),
    "int64 + float32": matrix.long() + matrix,
    "float32 + float64": matrix + matrix.double(),
    "float32 + float64, 0 dimensions": matrix + torch.tensor(1.0).double(),
    "float16 + a Python number": matrix.half() + 1.5,
    "int64 / int64": matrix.long() / matrix.long(),
}
for names, result in meetings.items():
    print(f"{names:32} {str(result.dtype).removeprefix('torch.')}")

# %% [markdown] tags=["zh"]
# 规则叫**类型提升**：换成装得下两者的最小类型。float16 位数多、bfloat16 范围大，谁也装不下谁，只好用 float32。0 维的张量和 Python 的数不抬高精度，所以 `x * 0.5` 不会把半精度变回单精度；而一个忘了转的 float64 数组（NumPy 默认就是），会把后面的一切都变成双精度，慢一倍还多占一倍内存。
#
# 网络的权重默认是 float32；图片读进来是 uint8，一个像素 1 字节；类别标签是 int64。整数的上溢更隐蔽：

# %% [markdown] tags=["en"]
# The rule is **type promotion**: take the smallest type that holds both. float16 has more digits and bfloat16 more range, neither holds the other, so the result is float32. Tensors of 0 dimensions and Python numbers do not raise the precision, so `x * 0.5` leaves half precision alone; but an array of float64 that nobody converted (NumPy's default) turns everything after it into double precision, with twice the memory and at most half the speed.
#
# Weights are float32 by default; images come as uint8, one byte for a pixel; class labels are int64. Overflow of integers is harder to see:

# %%
pixel = torch.tensor([200], dtype=torch.uint8)
wrapped = (pixel + pixel).item()
print(
    "uint8: 200 + 200 =", wrapped, "  as float:", (pixel.float() + pixel.float()).item()
)

# %% [markdown] tags=["zh"]
# uint8 只有 0 到 255，$400-256={{ wrapped }}$，绕回来了，也不报错。所以做运算之前先 `float()`。
#
# ## 设备 { #device }
#
# 张量的存储在某个设备上：`cpu`、`cuda`（NVIDIA 显卡）、`mps`（苹果芯片）。一次运算的各个张量要在同一处。`meta` 是一种特别的设备，只有形状、没有数，正好用来演示：

# %% [markdown] tags=["en"]
# uint8 has 0 to 255 only; $400-256={{ wrapped }}$ wraps around without any error. Call `float()` before calculating.
#
# ## Device { #device }
#
# The storage of a tensor lies on a device: `cpu`, `cuda` (NVIDIA), `mps` (Apple). All tensors of one operation must be on the same device. `meta` is a special device that has shapes but no numbers, just right for a demonstration:

# %%
first = torch.zeros(2, 3)
first.to("meta")  # the result is thrown away
second = first.to("meta")
print("first:", first.device, " second:", second.device)

# %% [markdown] tags=["zh"]
# `to` 不改变原来的张量，要接住返回值；只有 `Module.to` 是原地的。忘了接住的后果，见[门诊](../clinic/devices.py)。
#
# ## 广播：自动对齐 { #broadcasting }
#
# 相加、相乘、ReLU 都是**逐元素运算**：每个位置各算各的，两边的形状就得一样。不一样时，torch 试着对齐，这就是广播。两个形状从**最后一维**往前比：相等，或有一个是 1，或有一个没有这一维，就能运算；长度为 1 的那一维当作重复。

# %% [markdown] tags=["en"]
# `to` does not change the tensor; keep what it returns. Only `Module.to` works in place. What comes of forgetting it stands in the [clinic](../clinic/devices.py).
#
# ## Broadcasting: shapes that fit themselves { #broadcasting }
#
# Adding, multiplying, ReLU are each an **elementwise operation**: every position on its own, which requires equal shapes. Where they differ, torch tries to make them fit, and that is broadcasting. Two shapes are compared from the **last dimension** backwards. They fit if in each place the lengths are equal, or one of them is 1, or one shape has no such dimension. A length of 1 is treated as if it were repeated.

# %%
pairs = [
    ((64, 10), (10,)),
    ((64, 1, 28, 28), (1, 28, 28)),
    ((64, 1), (10,)),
    ((3, 1, 5), (4, 1)),
    ((64, 10), (64,)),
    ((2, 3), (3, 2)),
]


def broadcast(one, two):
    try:
        return tuple(torch.broadcast_shapes(one, two))
    except RuntimeError:
        return "error"


pd.DataFrame(
    [(one, two, broadcast(one, two)) for one, two in pairs], columns=["A", "B", "A + B"]
)

# %% [markdown] tags=["zh"]
# 给每一行加偏置，靠的就是第一行那种广播。第五行为什么报错？要给每个样本一个数，得写成 $(64, 1)$。
#
# ### 它怎样咬人：准确率成了二十 { #broadcasting-bites }
#
# 最糟的不是报错，是形状**恰好能对上**。设 200 个样本全都预测对了，但标签的形状是 $(200,1)$：

# %% [markdown] tags=["en"]
# The first kind is how a bias is added to every row. Why is the fifth an error? To give each sample one number, write $(64, 1)$.
#
# ### How it bites: an accuracy of twenty { #broadcasting-bites }
#
# Worse than an error is a shape that **happens to fit**. Let all of 200 predictions be right, but the labels have shape $(200,1)$:

# %%
labels = torch.arange(200) % 10
predictions = labels.clone()
column = labels.unsqueeze(1)  # (200, 1)

right = (predictions == labels).sum().item() / 200
bitten = (predictions == column).sum().item() / 200
print("comparison has shape", tuple((predictions == column).shape))
print(f"accuracy with labels (200,): {right:.2f}   with labels (200, 1): {bitten:.2f}")

# %% [markdown] tags=["zh"]
# $(200,)$ 与 $(200,1)$ 广播成 $(200,200)$：每个预测与**每个**标签都比了一次，“准确率”成了 {{ f"{bitten:.0f}" }}。准确率大于 1 还看得出来；同样的事发生在均方误差里，只会默默训练出一个预测平均值的模型。防法：比较之前核对形状，或者让函数来核对；本站的 `mse_loss` 就拒绝形状不同的输入。
#
# ## 名字与对象 { #names }
#
# Python 的变量是贴在对象上的**名字**，不是装东西的盒子。`id()` 给出对象的编号（CPython 里就是地址），`data_ptr()` 给出存储的地址。两者不是一回事：

# %% [markdown] tags=["en"]
# $(200,)$ and $(200,1)$ broadcast to $(200,200)$: each prediction was compared with **every** label, and the "accuracy" is {{ f"{bitten:.0f}" }}. An accuracy above 1 at least catches the eye. In a squared error the same mistake quietly trains a model that predicts the mean. Check shapes before you compare, or have a function check them; `mse_loss` on this site refuses inputs of different shapes.
#
# ## Names and objects { #names }
#
# A variable in Python is a **name** attached to an object. It is not a box that holds one. `id()` gives the object's number (its address in CPython), `data_ptr()` the address of the storage. They are two different things:

# %%
p = torch.ones(3)
q = p  # a second name for the same object
v = p.view(3)  # another object, the same storage
k = p.clone()  # another object, another storage
print(
    "q:",
    q is p,
    q.data_ptr() == p.data_ptr(),
    "  v:",
    v is p,
    v.data_ptr() == p.data_ptr(),
    "  k:",
    k is p,
    k.data_ptr() == p.data_ptr(),
)

number, address = id(p), p.data_ptr()
p += 1  # in place, as p.add_(1)
print(
    "after p += 1:    same object",
    id(p) == number,
    " same storage",
    p.data_ptr() == address,
    " q sees",
    q.tolist(),
)
p = p + 1  # a new object; the name p moves to it
print(
    "after p = p + 1: same object",
    id(p) == number,
    " same storage",
    p.data_ptr() == address,
    " q sees",
    q.tolist(),
)

# %% [markdown] tags=["zh"]
# `p += 1` 是**原地操作**：改写已有的内存，不产生新张量，所有指着它的名字都看得见。方法名以下划线结尾的都是，例如 `p.add_(1)`。
#
# 函数也一样：传进去的是对象，不是副本；返回的也是对象。

# %% [markdown] tags=["en"]
# `p += 1` is an **in-place operation**: it overwrites memory and makes no new tensor, and every name for it sees the change. Methods that end in an underscore do this too, such as `p.add_(1)`.
#
# Functions are no different: what goes in is the object itself, not a copy; what comes out is an object too.


# %%
def double_in_place(t):
    t *= 2
    return t


def double(t):
    t = t * 2  # the local name now refers to a new object
    return t


weights = torch.ones(3)
untouched = double(weights) is weights
returned = double_in_place(weights) is weights
print(
    "double returned the same object:",
    untouched,
    "  in place:",
    returned,
    "  weights:",
    weights.tolist(),
)

# %% [markdown] tags=["zh"]
# 优化器正是靠这一点工作：它拿到的是参数**对象**，原地改写，网络就看见了，见[权重存在哪里](autograd.py#where-weights-live)。
#
# ## 常见的坑 { #traps }
#
# !!! warning "改了视图，忘了原件也会变"
#     `batch = data[:64]` 之后 `batch -= batch.mean()`，`data` 也变了。要独立的一份就 `clone()`。
#
# !!! warning "对 expand 的结果原地写"
#     步幅为 0，几个元素是同一个内存，torch 会拒绝。先 `clone()`。
#
# !!! warning "用 reshape 交换两维"
#     形状对了，数全乱了，而且不报错。换维用 `permute` 或 `transpose`。
#
# !!! warning "reduce 之后少了一维"
#     `x.mean(dim=1)` 的形状从 $(N, D)$ 变成 $(N,)$，再 `x - …` 时就对错了轴，除非 $N=D$，那更糟。写 `keepdim=True`。
#
# ## 面试里会问 { #questions }
#
# ??? question "函数返回的是变量里那个对象的地址吗？id() 是什么？"
#     返回的是对象本身，调用者得到指向它的一个引用；不会复制，也没有“地址”这种值可拿。`id(x)` 是对象的编号，存活期间唯一，CPython 恰好用内存地址来实现。对张量还要再分一层：`id()` 说的是 Python 对象，`data_ptr()` 说的是数所在的存储；视图是不同的对象、同样的存储。判断两个名字是不是同一个对象，用 `is`。
#
# ## 练习 { #exercises }
#
# **1.** `torch.zeros(4, 5, 6)` 的步幅是多少？下标 $(2, 3, 4)$ 在存储的第几格？
#
# ??? success "答案"
#     步幅 {{ torch.zeros(4, 5, 6).stride() }}，位置 $2\times30+3\times6+4=82$，从 0 数起。
#
# **2.** $(8,1,6,1)$ 与 $(7,1,5)$ 广播成什么？
#
# ??? success "答案"
#     {{ tuple(torch.broadcast_shapes((8, 1, 6, 1), (7, 1, 5))) }}。从右往左：$1,5\to5$；$6,1\to6$；$1,7\to7$；$8$。
#
# **3.** 一个 float32 的批量 $(128,3,224,224)$ 占多少 MiB？用 uint8 存呢？
#
# ??? success "答案"
#     $128\times3\times224^2\times4$ 字节，即 {{ f"{128 * 3 * 224**2 * 4 / 2**20:.1f}" }} MiB；uint8 是它的四分之一，{{ f"{128 * 3 * 224**2 / 2**20:.2f}" }} MiB。
#
# **4.** `y` 的形状是 $(N,1)$，`target` 是 $(N,)$。`((y - target) ** 2).mean()` 的值是什么的平均？
#
# ??? success "答案"
#     $(N,N)$ 个差的平方：每个预测减每个目标。改成 `y.squeeze(1) - target`。
#
# **5.** `x.expand(1000, 2, 3)` 与 `x.repeat(1000, 1, 1)` 各占多少内存？
#
# ??? success "答案"
#     前者不占新的存储，仍是 6 个数；后者复制成 6,000 个数，{{ f"{6000 * 4:,}" }} 字节。
#
# ## 参考文献 { #references }
#
# - E. Z. Yang. [PyTorch internals](https://blog.ezyang.com/2019/05/pytorch-internals/). 2019.
# - [Tensor views](https://docs.pytorch.org/docs/stable/tensor_view.html)、[Broadcasting semantics](https://docs.pytorch.org/docs/stable/notes/broadcasting.html)，PyTorch 文档。
# - A. Zhang 等. [Dive into Deep Learning](https://d2l.ai/chapter_preliminaries/ndarray.html), 第 2 章：张量基础。

# %% [markdown] tags=["en"]
# An optimizer relies on this: it was given the parameter **objects** and writes to them in place, so the network sees the change; see [where weights live](autograd.py#where-weights-live).
#
# ## Traps { #traps }
#
# !!! warning "Changing a view and forgetting the original"
#     After `batch = data[:64]` and `batch -= batch.mean()`, `data` has changed as well. For a copy of your own, `clone()`.
#
# !!! warning "Writing in place into what expand returned"
#     With stride 0 several elements are one cell of memory, and torch refuses. `clone()` first.
#
# !!! warning "Swapping two dimensions by reshape"
#     The shape is right, the numbers are scrambled, and there is no error. Swap with `permute` or `transpose`.
#
# !!! warning "A dimension lost in a reduction"
#     `x.mean(dim=1)` goes from $(N, D)$ to $(N,)$, and `x - …` then meets the wrong axis; if $N=D$ it does not even fail. Write `keepdim=True`.
#
# ## Asked in interviews { #questions }
#
# ??? question "Does a function return the address of the object in a variable? What is id()?"
#     It returns the object itself, and the caller gets a reference to it; nothing is copied, and there is no value that is an address. `id(x)` is the object's number, unique while it lives, and CPython happens to use the memory address. With tensors there is one more level: `id()` speaks of the Python object, `data_ptr()` of the storage with the numbers; a view is another object with the same storage. To ask whether two names mean one object, use `is`.
#
# ## Exercises { #exercises }
#
# **1.** What are the strides of `torch.zeros(4, 5, 6)`, and which cell of the storage is index $(2, 3, 4)$?
#
# ??? success "Answer"
#     Strides {{ torch.zeros(4, 5, 6).stride() }}, place $2\times30+3\times6+4=82$, counted from 0.
#
# **2.** What do $(8,1,6,1)$ and $(7,1,5)$ broadcast to?
#
# ??? success "Answer"
#     {{ tuple(torch.broadcast_shapes((8, 1, 6, 1), (7, 1, 5))) }}. From the right: $1,5\to5$; $6,1\to6$; $1,7\to7$; $8$.
#
# **3.** How many MiB does a float32 batch $(128,3,224,224)$ take, and how many as uint8?
#
# ??? success "Answer"
#     $128\times3\times224^2\times4$ bytes, {{ f"{128 * 3 * 224**2 * 4 / 2**20:.1f}" }} MiB; uint8 takes a quarter, {{ f"{128 * 3 * 224**2 / 2**20:.2f}" }} MiB.
#
# **4.** `y` has shape $(N,1)$ and `target` has $(N,)$. What is `((y - target) ** 2).mean()` the mean of?
#
# ??? success "Answer"
#     Of $(N,N)$ squared differences: each prediction minus each target. Write `y.squeeze(1) - target`.
#
# **5.** How much memory do `x.expand(1000, 2, 3)` and `x.repeat(1000, 1, 1)` take?
#
# ??? success "Answer"
#     The first takes no new storage, there are still 6 numbers; the second copies 6,000 numbers, {{ f"{6000 * 4:,}" }} bytes.
#
# ## References { #references }
#
# - E. Z. Yang. [PyTorch internals](https://blog.ezyang.com/2019/05/pytorch-internals/). 2019.
# - [Tensor views](https://docs.pytorch.org/docs/stable/tensor_view.html) and [broadcasting semantics](https://docs.pytorch.org/docs/stable/notes/broadcasting.html), PyTorch documentation.
# - A. Zhang et al. [Dive into Deep Learning](https://d2l.ai/chapter_preliminaries/ndarray.html), chapter 2: tensor basics.
