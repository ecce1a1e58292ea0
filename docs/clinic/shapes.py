# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "形状对不上、类型对不上的报错，以及形状碰巧对上、结果却错了的病例。"
#       en: "Shapes and types that do not fit, with the messages as they are printed; and shapes that fit by accident."
#     covers: [E-18, E-19, E-11, E-10]
# ---

# %% [markdown] tags=["zh"]
# # 形状与类型 { #shapes }
#
# 初学时的报错，很多出在形状上。读懂它们有一个窍门：**报错里的每一个数字都有出处。** 先在纸上写下进来的张量是什么形状、层要的是什么形状，再看是哪个数字出了头。
#
# 更麻烦的是形状碰巧对得上的情形：没有报错，结果却是错的。这一页里两种都有。下面都要用到：

# %% [markdown] tags=["en"]
# # Shapes and types { #shapes }
#
# Many of a beginner's error messages are about shapes. There is a trick to reading them: **every number in the message comes from somewhere.** Write down the shape of the tensor that came in and the shape that the layer wants; then see which number is the odd one out.
#
# Worse are shapes that fit by accident: no error, and a wrong result. This page has both. All cells below use:

# %%
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from dlnotes.clinic import shapes

# %% [markdown] tags=["zh"]
# ## 图片直接进了全连接层 { #missing-flatten }
#
# 一个批量有 200 张图片，形状是 `(200, 1, 28, 28)`。下面的网络要 784 个输入，一张图片也正好有 $28\times28=784$ 个像素。它会接受吗？
#
# ```python broken
# --8<-- "dlnotes/clinic/shapes.py:missing-flatten-broken"
# ```

# %% [markdown] tags=["en"]
# ## An image goes straight into a fully connected layer { #missing-flatten }
#
# A batch has 200 images and the shape `(200, 1, 28, 28)`. The network below wants 784 inputs, and an image has just $28\times28=784$ pixels. Will it take them?
#
# ```python broken
# --8<-- "dlnotes/clinic/shapes.py:missing-flatten-broken"
# ```

# %% tags=["broken", "raises-exception"]
shapes.flatten_broken()(torch.zeros(200, 1, 28, 28))

# %% [markdown] tags=["zh"]
# `nn.Linear` 只看**最后一个轴**，那里只有 28 个数；前面的轴全都算作样本，$200\times1\times28=5600$ 行。两个数字的出处都找到了：`5600x28` 是数据，`784x256` 是权重。
#
# ```python fixed
# --8<-- "dlnotes/clinic/shapes.py:missing-flatten-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/shapes.py:missing-flatten-check"
# ```

# %% [markdown] tags=["en"]
# `nn.Linear` looks at the **last axis** alone, and that has 28 numbers; all axes before it count as samples, $200\times1\times28=5600$ rows. So both pairs have their source: `5600x28` is the data, `784x256` the weights.
#
# ```python fixed
# --8<-- "dlnotes/clinic/shapes.py:missing-flatten-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/shapes.py:missing-flatten-check"
# ```

# %% [markdown] tags=["zh"]
# ## 训练时好好的，预测一张图片就报错：少了批量轴 { #picture-without-batch }
#
# 网络训练好了，拿一张图片 `(1, 28, 28)` 来试。训练时每个批量都没有问题：
#
# ```python broken
# --8<-- "dlnotes/clinic/shapes.py:picture-without-batch-broken"
# ```

# %% [markdown] tags=["en"]
# ## Training works, one picture does not: the batch axis is missing { #picture-without-batch }
#
# The network is trained; now try it on one picture, `(1, 28, 28)`. In training not one batch made trouble:
#
# ```python broken
# --8<-- "dlnotes/clinic/shapes.py:picture-without-batch-broken"
# ```

# %% tags=["broken", "raises-exception"]
shapes.single_broken(shapes.small_network(), torch.zeros(1, 28, 28))

# %% [markdown] tags=["zh"]
# 出错的不是卷积层：3 个轴的输入，它当作**没有批量轴的一张图**，照样算出 `(6, 24, 24)`。接着 `nn.Flatten` 把第 0 轴当作样本，于是 6 个通道成了 6 个样本，每个 $24\times24=576$ 个数。用 `picture[None]` 或 `picture.unsqueeze(0)` 补上批量轴。
#
# ```python fixed
# --8<-- "dlnotes/clinic/shapes.py:picture-without-batch-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/shapes.py:picture-without-batch-check"
# ```

# %% [markdown] tags=["en"]
# The convolution is not at fault: it takes an input with 3 axes for **one picture without a batch axis**, and computes `(6, 24, 24)`. Then `nn.Flatten` holds axis 0 for the samples, so 6 channels become 6 samples of $24\times24=576$ numbers each. Add the batch axis with `picture[None]` or `picture.unsqueeze(0)`.
#
# ```python fixed
# --8<-- "dlnotes/clinic/shapes.py:picture-without-batch-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/shapes.py:picture-without-batch-check"
# ```

# %% [markdown] tags=["zh"]
# ## 通道排在了最后：expected input to have 3 channels { #channels-last }
#
# Pillow、NumPy 和 OpenCV 把一张彩色图片存成 `(H, W, C)`，一个批量就是 `(N, H, W, C)`。卷积层却数出了 32 个通道：
#
# ```python broken
# --8<-- "dlnotes/clinic/shapes.py:channels-last-broken"
# ```

# %% [markdown] tags=["en"]
# ## Channels last: expected input to have 3 channels { #channels-last }
#
# Pillow, NumPy and OpenCV keep a colour picture as `(H, W, C)`, so a batch is `(N, H, W, C)`. The convolution counts 32 channels in it:
#
# ```python broken
# --8<-- "dlnotes/clinic/shapes.py:channels-last-broken"
# ```

# %% tags=["broken", "raises-exception"]
pictures = np.zeros((8, 32, 32, 3), np.uint8)
nn.Conv2d(3, 6, 5)(shapes.channels_broken(pictures))

# %% [markdown] tags=["zh"]
# torch 的顺序是 `(N, C, H, W)`，所以第二个轴被读成了通道。`torchvision` 的 `ToTensor` 会把轴换好；自己从数组读图时要记得 `permute`。
#
# ```python fixed
# --8<-- "dlnotes/clinic/shapes.py:channels-last-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/shapes.py:channels-last-check"
# ```
#
# 不要用 `reshape` 来“修”：形状也会变对，像素却全搬错了地方。`permute` 换的是轴，`reshape` 只是把同一串数字重新断行：

# %% [markdown] tags=["en"]
# torch reads `(N, C, H, W)`, so it took the second axis for the channels. `ToTensor` of `torchvision` moves the axes; from an array of your own, remember `permute`.
#
# ```python fixed
# --8<-- "dlnotes/clinic/shapes.py:channels-last-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/shapes.py:channels-last-check"
# ```
#
# Do not "mend" it with `reshape`: the shape comes out right, and every pixel in the wrong place. `permute` exchanges axes, `reshape` only breaks the same row of numbers into new lines:

# %%
red = torch.tensor([255, 0, 0]).expand(1, 2, 2, 3)
print("permute, red channel:", red.permute(0, 3, 1, 2)[0, 0].tolist())
print("reshape, red channel:", red.reshape(1, 3, 2, 2)[0, 0].tolist())

# %% [markdown] tags=["zh"]
# ## 图片大小不一，拼不成批量 { #pictures-of-two-sizes }
#
# `DataLoader` 拿来 2 张照片，一张高 28，一张高 30：
#
# ```python broken
# --8<-- "dlnotes/clinic/shapes.py:pictures-of-two-sizes-broken"
# ```

# %% [markdown] tags=["en"]
# ## Pictures of several sizes do not make a batch { #pictures-of-two-sizes }
#
# A `DataLoader` takes 2 pictures, one of height 28, one of height 30:
#
# ```python broken
# --8<-- "dlnotes/clinic/shapes.py:pictures-of-two-sizes-broken"
# ```

# %% tags=["broken", "raises-exception"]
shapes.sizes_broken([torch.zeros(1, 28, 28), torch.zeros(1, 30, 28)])

# %% [markdown] tags=["zh"]
# 批量是一整块数字，每一行必须一样长，所以它只能由同样大小的图片叠成。`entry 1` 说的就是第二张图片。在变换里把尺寸统一，`torchvision.transforms.v2.Resize((28, 28))` 也可以；只写 `Resize(28)` 不够，它只固定短边。
#
# ```python fixed
# --8<-- "dlnotes/clinic/shapes.py:pictures-of-two-sizes-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/shapes.py:pictures-of-two-sizes-check"
# ```

# %% [markdown] tags=["en"]
# A batch is one block of numbers in which all rows are equally long, so it can only be stacked from pictures of one size. `entry 1` is the second picture. Settle the size in the transform; `torchvision.transforms.v2.Resize((28, 28))` does it too. `Resize(28)` is not enough: it fixes the shorter side alone.
#
# ```python fixed
# --8<-- "dlnotes/clinic/shapes.py:pictures-of-two-sizes-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/shapes.py:pictures-of-two-sizes-check"
# ```

# %% [markdown] tags=["zh"]
# ## `view(-1, 256)` 把样本混在了一起 { #flatten-across-samples }
#
# 64 张图片，特征是 16 个 $5\times5$ 的通道。代码里写的 256 是按 $16\times4\times4$ 算的：
#
# ```python broken
# --8<-- "dlnotes/clinic/shapes.py:flatten-across-samples-broken"
# ```

# %% [markdown] tags=["en"]
# ## `view(-1, 256)` mixes the samples { #flatten-across-samples }
#
# There are 64 images with features of 16 channels of $5\times5$. The 256 in the code was computed for $16\times4\times4$:
#
# ```python broken
# --8<-- "dlnotes/clinic/shapes.py:flatten-across-samples-broken"
# ```

# %% tags=["broken", "raises-exception"]
rows = shapes.across_broken(torch.zeros(64, 16, 5, 5))
F.cross_entropy(rows[:, :10], torch.zeros(64, dtype=torch.int64))

# %% [markdown] tags=["zh"]
# `view(-1, 256)` 的意思是“每行 256 个，行数随便”。$64\times400$ 个数正好能分成 100 行，于是 `view` 不报错，每一行却混着两张图片的特征。直到损失函数发现标签只有 64 个。
#
# 把样本的轴写死，把其余的轴展平，就不会混：`flatten(1)` 或 `view(len(x), -1)`。这样改过以后，如果 256 算错了，报错会出现在真正出错的全连接层。
#
# ```python fixed
# --8<-- "dlnotes/clinic/shapes.py:flatten-across-samples-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/shapes.py:flatten-across-samples-check"
# ```

# %% [markdown] tags=["en"]
# `view(-1, 256)` says: 256 to a row, as many rows as it takes. The $64\times400$ numbers happen to make 100 rows, so `view` raises nothing, and each row mixes the features of two images. It comes out only when the loss finds 64 labels.
#
# Hold the axis of samples fixed and flatten the others, and nothing mixes: `flatten(1)` or `view(len(x), -1)`. If 256 is wrong, the error then comes from the fully connected layer, where the mistake is.
#
# ```python fixed
# --8<-- "dlnotes/clinic/shapes.py:flatten-across-samples-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/shapes.py:flatten-across-samples-check"
# ```

# %% [markdown] tags=["zh"]
# ## 准确率大于 1：标签多了一维 { #column-of-labels }
#
# 200 个样本，每一个都判断对了。下面算出来的准确率是多少？
#
# ```python broken
# --8<-- "dlnotes/clinic/shapes.py:column-of-labels-broken"
# ```

# %% [markdown] tags=["en"]
# ## An accuracy above 1: the labels have an axis too many { #column-of-labels }
#
# There are 200 samples, and every answer is right. What accuracy does this compute?
#
# ```python broken
# --8<-- "dlnotes/clinic/shapes.py:column-of-labels-broken"
# ```

# %%
labels = torch.arange(200) % 10
right = F.one_hot(labels, 10).float()
print("labels (200,):  ", shapes.column_broken(right, labels))
print("labels (200, 1):", shapes.column_broken(right, labels[:, None]))
print("what == compares:", (right.argmax(dim=1) == labels[:, None]).shape)

# %% [markdown] tags=["zh"]
# `(200,)` 与 `(200, 1)` 相比，广播把它变成了 $200\times200$ 张表：每个预测和每个标签都比了一遍。10 个类别各占一成，所以“准确率”是 $0.1\times200=20$。
#
# 在损失函数里也会这样：`F.mse_loss` 比较 `(N,)` 与 `(N, 1)` 时只给一条警告。
#
# ```python fixed
# --8<-- "dlnotes/clinic/shapes.py:column-of-labels-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/shapes.py:column-of-labels-check"
# ```

# %% [markdown] tags=["en"]
# Between `(200,)` and `(200, 1)`, broadcasting makes a table of $200\times200$: every prediction meets every label. Each of the 10 classes is a tenth of them, so the "accuracy" is $0.1\times200=20$.
#
# Losses do the same: `F.mse_loss` of `(N,)` and `(N, 1)` gives a warning and goes on.
#
# ```python fixed
# --8<-- "dlnotes/clinic/shapes.py:column-of-labels-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/shapes.py:column-of-labels-check"
# ```

# %% [markdown] tags=["zh"]
# ## 标签从 1 数到 10：Target is out of bounds { #label-out-of-range }
#
# 数据文件里的类别从 1 数到 10，网络有 10 个输出：
#
# ```python broken
# --8<-- "dlnotes/clinic/shapes.py:label-out-of-range-broken"
# ```

# %% [markdown] tags=["en"]
# ## Labels from 1 to 10: target is out of bounds { #label-out-of-range }
#
# The file counts its classes from 1 to 10, and the network has 10 outputs:
#
# ```python broken
# --8<-- "dlnotes/clinic/shapes.py:label-out-of-range-broken"
# ```

# %% tags=["broken", "raises-exception"]
F.cross_entropy(torch.zeros(10, 10), shapes.range_broken(torch.arange(1, 11)))

# %% [markdown] tags=["zh"]
# 10 个输出的编号是 0 到 9，没有 10 号。在 CPU 上报错说得很清楚；在 GPU 上只会看到 `device-side assert triggered`，而且之后每一行都报错。遇到它，**先把同一个批量搬到 CPU 上再跑一次**。
#
# 如果类别只到 9，却仍从 1 数起，就不会有任何报错：0 号输出永远学不到东西，人看结果时又差一号。所以要检查最小值，不能只等报错。
#
# ```python fixed
# --8<-- "dlnotes/clinic/shapes.py:label-out-of-range-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/shapes.py:label-out-of-range-check"
# ```

# %% [markdown] tags=["en"]
# The 10 outputs are numbered 0 to 9; there is no number 10. On a CPU the message is plain. On a GPU you read `device-side assert triggered`, and every line after it fails too. When that happens, **run the same batch on the CPU first**.
#
# If the classes went from 1 to 9 there would be no error at all: output 0 would never learn, and all that you read off would be one too high. So check the smallest label; do not wait for a message.
#
# ```python fixed
# --8<-- "dlnotes/clinic/shapes.py:label-out-of-range-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/shapes.py:label-out-of-range-check"
# ```

# %% [markdown] tags=["zh"]
# ## 残差块：步幅不是 1 时加不上 { #shortcut-with-stride }
#
# 残差块把输入加到输出上，通道不同时用 $1\times1$ 卷积对齐。通道相同、步幅为 2 时呢？
#
# ```python broken
# --8<-- "dlnotes/clinic/shapes.py:shortcut-with-stride-broken"
# ```

# %% [markdown] tags=["en"]
# ## A residual block that cannot add: the stride is not 1 { #shortcut-with-stride }
#
# A residual block adds its input to its output, and a $1\times1$ convolution matches the channels where they differ. And when the channels are equal and the stride is 2?
#
# ```python broken
# --8<-- "dlnotes/clinic/shapes.py:shortcut-with-stride-broken"
# ```

# %% tags=["broken", "raises-exception"]
images = torch.zeros(2, 8, 16, 16)
path = nn.Conv2d(8, 8, 3, stride=2, padding=1)
path(images) + shapes.shortcut_broken(8, 8, 2)(images)

# %% [markdown] tags=["zh"]
# 步幅 2 把边长从 16 减到 8，捷径还是 16。**只要形状会变，捷径就要跟着变**：通道变了要投影，步幅不是 1 也要投影，投影用同样的步幅。
#
# 这个错误能潜伏很久，因为步幅全是 1 的小网络从来不会碰到它。
#
# ```python fixed
# --8<-- "dlnotes/clinic/shapes.py:shortcut-with-stride-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/shapes.py:shortcut-with-stride-check"
# ```

# %% [markdown] tags=["en"]
# Stride 2 takes the side from 16 to 8, and the shortcut still has 16. **Wherever the shape changes, the shortcut must change with it**: project when the channels differ, and also when the stride is not 1, with that same stride.
#
# The mistake can sleep for long: a small network whose strides are all 1 never meets it.
#
# ```python fixed
# --8<-- "dlnotes/clinic/shapes.py:shortcut-with-stride-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/shapes.py:shortcut-with-stride-check"
# ```

# %% [markdown] tags=["zh"]
# ## NumPy 来的数据是双精度 { #double-inputs }
#
# NumPy 的小数是 `float64`，`torch.from_numpy` 照原样接过来：
#
# ```python broken
# --8<-- "dlnotes/clinic/shapes.py:double-inputs-broken"
# ```

# %% [markdown] tags=["en"]
# ## Data from NumPy is in double precision { #double-inputs }
#
# Numbers with a point are `float64` in NumPy, and `torch.from_numpy` takes them as they are:
#
# ```python broken
# --8<-- "dlnotes/clinic/shapes.py:double-inputs-broken"
# ```

# %% tags=["broken", "raises-exception"]
nn.Linear(4, 2)(shapes.double_broken(np.zeros((3, 4))))

# %% [markdown] tags=["zh"]
# `Double` 就是 `float64`，`Float` 就是 `float32`。模型的参数是 `float32`，两边不会自动换算。改数据，不要改模型：`float32` 只占一半内存，在 GPU 上快得多。
#
# ```python fixed
# --8<-- "dlnotes/clinic/shapes.py:double-inputs-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/shapes.py:double-inputs-check"
# ```
#
# 同一个错误在卷积层里换了一种说法：

# %% [markdown] tags=["en"]
# `Double` is `float64` and `Float` is `float32`. The parameters of a model are `float32`, and neither side is converted for you. Change the data and leave the model: `float32` takes half the memory and is far faster on a GPU.
#
# ```python fixed
# --8<-- "dlnotes/clinic/shapes.py:double-inputs-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/shapes.py:double-inputs-check"
# ```
#
# A convolution words the same mistake otherwise:

# %% tags=["broken", "raises-exception"]
nn.Conv2d(1, 6, 5)(torch.zeros(1, 1, 28, 28, dtype=torch.float64))

# %% [markdown] tags=["zh"]
# ## 标签的类型不是 int64 { #labels-of-the-wrong-type }
#
# 从表格里读出的标签常常是小数：`0.0`、`1.0`、`2.0`。
#
# ```python broken
# --8<-- "dlnotes/clinic/shapes.py:labels-of-the-wrong-type-broken"
# ```

# %% [markdown] tags=["en"]
# ## Labels that are not int64 { #labels-of-the-wrong-type }
#
# Labels read from a table often have a point: `0.0`, `1.0`, `2.0`.
#
# ```python broken
# --8<-- "dlnotes/clinic/shapes.py:labels-of-the-wrong-type-broken"
# ```

# %% tags=["broken", "raises-exception"]
F.cross_entropy(torch.zeros(3, 4), shapes.label_type_broken([0.0, 1.0, 2.0]))

# %% [markdown] tags=["zh"]
# 类别是编号，不是数量，所以 `cross_entropy` 要整数 `int64`，也就是 `Long`；`int32` 同样会报错。
#
# 有一种情形不报错：标签是小数，而且形状恰好与输出相同。这时 `cross_entropy` 把它们当作每个类别的**概率**，算出另一个损失。
#
# ```python fixed
# --8<-- "dlnotes/clinic/shapes.py:labels-of-the-wrong-type-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/shapes.py:labels-of-the-wrong-type-check"
# ```

# %% [markdown] tags=["en"]
# A class is the number of an entry, not a quantity, so `cross_entropy` wants whole numbers, `int64`, which is `Long`; `int32` is refused as well.
#
# One way there is no error: labels with a point whose shape is that of the outputs. Then `cross_entropy` takes them for the **probabilities** of the classes and computes another loss.
#
# ```python fixed
# --8<-- "dlnotes/clinic/shapes.py:labels-of-the-wrong-type-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/shapes.py:labels-of-the-wrong-type-check"
# ```

# %% [markdown] tags=["zh"]
# ## 转置之后不能 view { #view-after-transpose }
#
# 把通道换到最后，再展平：
#
# ```python broken
# --8<-- "dlnotes/clinic/shapes.py:view-after-transpose-broken"
# ```

# %% [markdown] tags=["en"]
# ## No view after a transpose { #view-after-transpose }
#
# Move the channels to the end, then flatten:
#
# ```python broken
# --8<-- "dlnotes/clinic/shapes.py:view-after-transpose-broken"
# ```

# %% tags=["broken", "raises-exception"]
shapes.view_broken(torch.zeros(2, 3, 4, 4))

# %% [markdown] tags=["zh"]
# `permute` 一个数字也没有搬，只改了读法：步长从 `(48, 16, 4, 1)` 变成了 `(48, 4, 1, 16)`。`view` 也从不搬数字，要把后三个轴连成一个，却没有一个固定的步长能走遍它们。`reshape` 能不复制就不复制，不能时才复制一份。
#
# ```python fixed
# --8<-- "dlnotes/clinic/shapes.py:view-after-transpose-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/shapes.py:view-after-transpose-check"
# ```

# %% [markdown] tags=["en"]
# `permute` moved no number, it changed the way of reading: the strides went from `(48, 16, 4, 1)` to `(48, 4, 1, 16)`. `view` moves no number either, and no single stride walks through the last three axes as one. `reshape` copies nothing where it can, and copies where it must.
#
# ```python fixed
# --8<-- "dlnotes/clinic/shapes.py:view-after-transpose-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/shapes.py:view-after-transpose-check"
# ```

# %%
images = torch.arange(96.0).view(2, 3, 4, 4)
print("stride before:", images.stride(), " after:", images.permute(0, 2, 3, 1).stride())
print("first row:", shapes.view_fixed(images)[0, :6].tolist())

# %% [markdown] tags=["zh"]
# ## 模块没有 forward { #forward-missing }
#
# 模块造得出来，一调用就报错。`forward` 明明写了：
#
# ```python broken
# --8<-- "dlnotes/clinic/shapes.py:forward-missing-broken"
# ```

# %% [markdown] tags=["en"]
# ## A module without forward { #forward-missing }
#
# The module can be built, and fails when called. Yet `forward` is there:
#
# ```python broken
# --8<-- "dlnotes/clinic/shapes.py:forward-missing-broken"
# ```

# %% tags=["broken", "raises-exception"]
shapes.BlockBroken()(torch.zeros(1, 1, 28, 28))

# %% [markdown] tags=["zh"]
# 看缩进：`forward` 写进了 `__init__` 里面，成了一个用不着的局部函数。把名字拼错，也会得到同一句报错。
#
# ```python fixed
# --8<-- "dlnotes/clinic/shapes.py:forward-missing-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/shapes.py:forward-missing-check"
# ```

# %% [markdown] tags=["en"]
# Look at the indent: `forward` stands inside `__init__`, a local function that nobody calls. Misspelling the method's name gives the same message.
#
# ```python fixed
# --8<-- "dlnotes/clinic/shapes.py:forward-missing-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/shapes.py:forward-missing-check"
# ```
