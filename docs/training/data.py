# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "从一张图片到一个批量：ToTensor 的类型与范围，标准化的常数怎样算、从哪里算，打乱、最后一个批量，DataLoader 与直接切片。"
#       en: "From a picture to a batch: types and ranges of ToTensor, where the constants of standardization come from, shuffling, the last batch, DataLoader against slicing."
#     covers: [N-02, D-01, D-03, D-04, D-05, E-26, E-27, E-36]
#     labels:
#       max: 最大值
#       training images: 训练图片数
#       std: 标准差
#       own constants: 自己的常数
#       "constants of MNIST": "MNIST 的常数"
#       no normalization: 不归一化
#       bytes 0 to 255: 0 到 255 的字节
#       "own in training, none in test": "训练用自己的，测试不归一化"
#       shuffled: 打乱
#       sorted by label: 按标签排序
# ---

# %% [markdown] tags=["zh"]
# # 从一张图片到一个批量 { #data }
#
# 一张白色的图，像素全是 255，交给 `ToTensor`。出来的最大值是多少？
#
# 先猜，四种输入各写一个数：Pillow 图片、`uint8` 数组、`float32` 数组、`int64` 数组。

# %% [markdown] tags=["en"]
# # From a picture to a batch { #data }
#
# A white picture, every pixel 255, goes into `ToTensor`. What is the largest value that comes out?
#
# Guess first, one number for each of four inputs: a Pillow image, a `uint8` array, a `float32` array, an `int64` array.

# %% tags=["hide-input"]
import numpy as np
import pandas as pd
import torch
from PIL import Image
from torchvision import transforms
from torchvision.transforms import v2

white = np.full((28, 28, 1), 255, dtype=np.uint8)
inputs = {
    "PIL": Image.fromarray(white[..., 0]),
    "uint8": white,
    "float32": white.astype(np.float32),
    "int64": white.astype(np.int64),
}


def measured(transform):
    """Apply a transform to each input; one row per input."""
    rows = {}
    for name, value in inputs.items():
        x = transform(value)
        dtype = str(x.dtype).removeprefix("torch.")
        rows[name] = [tuple(x.shape), dtype, f"{x.max().item():.3g}"]
    return pd.DataFrame(rows, index=["shape", "dtype", "max"]).T


measured(transforms.ToTensor())

# %% [markdown] tags=["zh"]
# ## ToTensor 做的三件事 { #to-tensor }
#
# `ToTensor` 是一种**数据变换**：样本进网络之前对它做的事。它做三件：
#
# 1. 换轴：$H\times W\times C$ 变成 $C\times H\times W$，$H$、$W$、$C$ 是高、宽、通道数。**灰度图**每个像素一个亮度，$C=1$；彩色图多用 **RGB**，红、绿、蓝三个数，$C=3$。
# 2. 换类型：8 位图片变成 `float32`。
# 3. 换范围：除以 255，落到 0 到 1。
#
# 第三件事**只对 8 位图片做**。`float32` 和 `int64` 数组它不知道范围，就原样搬过来，也不提醒。训练用了 Pillow 图片、预测用了 `float32` 数组，网络看到的就是亮 255 倍的图。
#
# 新版接口 v2 把换类型和换范围写明白：

# %% [markdown] tags=["en"]
# ## Three things that ToTensor does { #to-tensor }
#
# `ToTensor` is a **data transform**: something done to a sample before it enters the network. It does three things:
#
# 1. Axes: $H\times W\times C$ becomes $C\times H\times W$, where $H$, $W$, $C$ are height, width and number of channels. A **greyscale image** has one brightness per pixel, $C=1$; colour images mostly come as **RGB**, with three numbers for red, green and blue, $C=3$.
# 2. Type: an 8-bit picture becomes `float32`.
# 3. Range: division by 255 brings it to 0 to 1.
#
# The third is done **for 8-bit pictures only**. It cannot know the range of a `float32` or `int64` array, so it passes the numbers on unchanged and gives no warning. Suppose you train on Pillow images and predict from a `float32` array: the network then sees pictures that are 255 times too bright.
#
# The newer interface, v2, spells out type and range:

# %%
to_float = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])
measured(to_float)

# %% [markdown] tags=["zh"]
# 前三行相同，最后一行成了几乎为零的数：`scale=True` 认为 `int64` 的满量程是 $2^{63}-1$，255 除以它，什么也不剩。两种接口都有一个会出错的角落，位置不同。**最稳的办法：读进来就是 `uint8`，到最后一步才变成浮点数**，变完看一眼最大值。
#
# 如果什么变换也不写呢？

# %% [markdown] tags=["en"]
# Three rows are the same as before, but the last has shrunk to almost nothing: `scale=True` takes $2^{63}-1$ as the full scale of `int64`, and 255 divided by that is next to zero. Each interface has its own corner where it goes wrong. **The safe way: keep pictures `uint8` from the file on, turn them into floats in the last step**, and look at the largest value.
#
# And with no transform at all?

# %% tags=["raises-exception"]
from torch.utils.data import DataLoader
from torchvision.datasets import FakeData

raw = FakeData(size=4, image_size=(1, 28, 28))
print(type(raw[0][0]))
next(iter(DataLoader(raw, batch_size=2)))

# %% [markdown] tags=["zh"]
# 按编号向数据集要，得到的是一个**样本**：一张图和它的标签。这里的图还是 Pillow 对象，`DataLoader` 不知道怎样叠成张量。把一列样本叠成批量的叫**整理函数**，报错里的 `default_collate` 就是它；样本大小不一时，要自己写一个，先补齐再叠，从 `collate_fn` 传进去。D2L 的 Fashion-MNIST 一节只写了一个 `ToTensor()`，正好够用。

# %% [markdown] tags=["en"]
# Ask a data set for an index, and it hands out one **sample**: an image and its label. Here the image is still a Pillow object, and `DataLoader` does not know how to stack those into a tensor. What turns a list of samples into a batch is the **collate function**, `default_collate` in the message. Where samples differ in size, write one that pads before it stacks, and pass it as `collate_fn`. In its chapter on Fashion-MNIST, D2L uses `ToTensor()` and nothing else, which is just enough.

# %% [markdown] tags=["zh"]
# ## 0.1307 和 0.3081 从哪里来 { #constants }
#
# 网上许多 MNIST 代码都有一行 `Normalize((0.1307,), (0.3081,))`。它对每个像素算
#
# $$ x' = \frac{x-\mu}{\sigma} $$
#
# $x$ 是 0 到 1 的像素，$\mu$ 和 $\sigma$ 是**整个训练集**所有像素的均值和标准差，每个通道一对。这叫**标准化**：训练集的 $x'$ 均值为 0、标准差为 1。它不会把数据变成正态分布，只是平移和拉伸；也不保证在 −1 到 1 之间。
#
# 这两个数不用抄，自己算（机器上有 MNIST 就连它一起算）：

# %% [markdown] tags=["en"]
# ## Where 0.1307 and 0.3081 come from { #constants }
#
# Much of the MNIST code on the web has a line `Normalize((0.1307,), (0.3081,))`. For each pixel it computes
#
# $$ x' = \frac{x-\mu}{\sigma} $$
#
# where $x$ is a pixel value from 0 to 1, and $\mu$ and $\sigma$ are the mean and the standard deviation over all pixels of the **whole training set**, one pair per channel. This is **standardization**: on the training set $x'$ has mean 0 and standard deviation 1. It only shifts and stretches: the data do not become normally distributed, and they need not lie between −1 and 1.
#
# There is no need to copy the two numbers. Compute them (MNIST too, if it is on your machine):

# %%
from dlnotes import data, figures, training

here = {row.name for row in data.status() if row.state == "here"}
constants = {}
for name in ("digits", "mnist"):
    if name in here:
        images = data.load(name).train.images
        pixels = images.double() / 255
        mean, std = pixels.mean().item(), pixels.std(correction=0).item()
        constants[name] = [str(len(images)), f"{mean:.4f}", f"{std:.4f}"]
pd.DataFrame(constants, index=["training images", "mean", "std"]).T

# %% tags=["remove-input"]
splits = data.load("digits")
own = training.Normalization.of(splits.train.images)
on_test = training.Normalization.of(splits.test.images)
black, bright = ((value - own.mean.item()) / own.std.item() for value in (0.0, 1.0))

# %% [markdown] tags=["zh"]
# digits 的常数是 {{ f"{own.mean.item():.4f}" }} 和 {{ f"{own.std.item():.4f}" }}，与 MNIST 的相差很远：笔画在 digits 里占的面积大得多。归一化之后，黑色成了 {{ f"{black:.2f}" }}，白色成了 {{ f"{bright:.2f}" }}。
#
# 把各个输入量换到相近的范围，总称**特征缩放**；下一节量它值多少。常见的还有**最小最大缩放**：减去最小值，除以最大值与最小值之差，落到 0 到 1。除以 255 就是它，最小最大取的是 8 位图片的两头，不看数据。若从数据里取，一个坏点就够坏事。给训练图片添一个值为 4095 的像素，其余的像素还剩多宽？

# %% [markdown] tags=["en"]
# The constants of the digits are {{ f"{own.mean.item():.4f}" }} and {{ f"{own.std.item():.4f}" }}, far from those of MNIST: in digits the strokes fill much more of the picture. After normalization, black is {{ f"{black:.2f}" }} and white is {{ f"{bright:.2f}" }}.
#
# Bringing inputs to similar ranges is called **feature scaling**; the next section measures what it is worth. Another common way is **min–max scaling**: subtract the minimum, divide by the difference of maximum and minimum, and everything lies between 0 and 1. Division by 255 is just that, with the two ends of an 8-bit picture in place of those of the data. When the two ends come from the data, one bad pixel can spoil the result. Add a single pixel of 4095 to the training images: how much room is left for the others?

# %%
good = splits.train.images.flatten().float()
spoiled = torch.cat([good, torch.tensor([4095.0])])
by_range = (spoiled - spoiled.min()) / (spoiled.max() - spoiled.min())
by_deviation = (spoiled - spoiled.mean()) / spoiled.std()
for name, scaled in (("min-max", by_range), ("standardized", by_deviation)):
    low, high = scaled[:-1].min().item(), scaled[:-1].max().item()
    print(f"{name:12} all others between {low:.3f} and {high:.3f}")

# %% [markdown] tags=["zh"]
# 最小最大缩放把好像素全挤到 0 附近的一条缝里；标准化的均值和标准差是 {{ f"{len(spoiled):,}" }} 个像素的平均，一个坏点几乎推不动。
#
# 常数只在训练部分上算（怎样划分，见[下一页](splits.py)）。在测试部分上算得 {{ f"{on_test.mean.item():.4f}" }} 和 {{ f"{on_test.std.item():.4f}" }}，差别很小，可是规矩不看差别大小：测试集代表还没见到的将来。[泄漏的病例](../clinic/data.py#leaked-statistics)讲了为什么。

# %% [markdown] tags=["en"]
# Min–max scaling squeezes all the good pixels into a narrow strip near 0. The mean and the standard deviation are averages over {{ f"{len(spoiled):,}" }} pixels, which one bad pixel can hardly move.
#
# Compute the constants on the training part alone (the [next page](splits.py) shows how to split). The test part gives {{ f"{on_test.mean.item():.4f}" }} and {{ f"{on_test.std.item():.4f}" }}, which is hardly different. The rule holds all the same: the test set stands for a future nobody has seen. [The case of the leak](../clinic/data.py#leaked-statistics) shows why.

# %% [markdown] tags=["zh"]
# ## 常数错了，有多要紧 { #wrong-constants }
#
# 一份 CIFAR-10 的笔记写着均值 `.485 .456 .456`。它抄自 ImageNet，第三个数应是 `.406`。蓝色通道偏了 $0.05/0.225\approx0.22$ 个标准差。这个错要紧吗？
#
# 用 digits 量更大的错。五种做法，先给它们排个名次：用自己的常数；用 MNIST 的常数；只除以 255，不归一化；连 255 也不除；训练用自己的常数、测试忘了归一化。

# %% [markdown] tags=["en"]
# ## How much do wrong constants matter? { #wrong-constants }
#
# Notes on CIFAR-10 give the means as `.485 .456 .456`. They are ImageNet's, and the third should be `.406`. The blue channel is off by $0.05/0.225\approx0.22$ standard deviations. Does it matter?
#
# Let the digits measure larger faults. Rank these five first: own constants; those of MNIST; division by 255 and no normalization; not even the division by 255; own constants in training, and normalization forgotten at test time.

# %%
from torch.nn import functional as F

from dlnotes.models.mlp import MLP

train_pixels, test_pixels = splits.train.images / 255, splits.test.images / 255
labels = splits.train.labels


def scores(train_constants, test_constants, seed, order=None):
    """Train 3 epochs of SGD; return test accuracy and test loss."""
    (mean, std), (test_mean, test_std) = train_constants, test_constants
    x, x_test = (train_pixels - mean) / std, (test_pixels - test_mean) / test_std
    wanted = splits.test.labels
    training.seed_everything(seed)
    model = MLP(hidden_sizes=(32,))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        epoch = torch.randperm(len(labels)) if order is None else order
        for index in epoch.split(64):
            loss = F.cross_entropy(model(x[index]), labels[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        logits = model(x_test)
    right = (logits.argmax(dim=1) == wanted).float().mean().item()
    return right, F.cross_entropy(logits, wanted).item()


ours, mnist = (own.mean.item(), own.std.item()), (0.1307, 0.3081)
plain, raw_bytes = (0.0, 1.0), (0.0, 1 / 255)
ways = {
    "own constants": (ours, ours),
    "constants of MNIST": (mnist, mnist),
    "no normalization": (plain, plain),
    "bytes 0 to 255": (raw_bytes, raw_bytes),
    "own in training, none in test": (ours, plain),
}
runs = {name: [scores(*way, seed) for seed in range(5)] for name, way in ways.items()}
results = {name: [accuracy for accuracy, _ in values] for name, values in runs.items()}

# %% tags=["hide-input"] alt_zh="五种归一化的测试准确率，各 5 个种子：字节停在随机猜测，其余都在八成以上。" alt_en="Test accuracy of five ways to normalize, 5 seeds each: bytes stay at chance, the others are above eight tenths."
figures.bars(results, xlabel="test accuracy", limits=(0, 1))

# %% tags=["remove-input"]
from statistics import mean as average

reached = {name: f"{average(values):.1%}" for name, values in results.items()}
losses = {name: f"{average(loss for _, loss in values):.2f}" for name, values in runs.items()}
shuffled_order = {
    "shuffled": results["own constants"],
    "sorted by label": [scores(ours, ours, seed, labels.argsort(stable=True))[0] for seed in range(5)],
}
ordered = {name: f"{average(values):.0%}" for name, values in shuffled_order.items()}

# %% [markdown] tags=["zh"]
# 五种做法，测试集上：
#
# | 做法 | 准确率 | 损失 |
# |---|---|---|
# | 自己的常数 | {{ reached["own constants"] }} | {{ losses["own constants"] }} |
# | MNIST 的常数 | {{ reached["constants of MNIST"] }} | {{ losses["constants of MNIST"] }} |
# | 不归一化 | {{ reached["no normalization"] }} | {{ losses["no normalization"] }} |
# | 0 到 255 的字节 | {{ reached["bytes 0 to 255"] }} | {{ losses["bytes 0 to 255"] }} |
# | 训练用自己的，测试不归一化 | {{ reached["own in training, none in test"] }} | {{ losses["own in training, none in test"] }} |
#
# 别人的常数只是另一种平移和拉伸，第一层的权重和偏置自己能适应，所以 `.456` 这个错多年没人发现。字节就不同了：输入大了 255 倍，同样的学习率下，几步就把参数甩得老远。归一化首先是为了让学习率好选。
#
# 最后一行出人意料：训练与使用不一致，准确率竟然掉得不多。再看损失，从 {{ losses["own constants"] }} 涨到 {{ losses["own in training, none in test"] }}：名次大多没变，概率已经不可信。**准确率看不出的错，损失看得出来。** 换一个网络、一种数据，运气未必这么好，所以常数应当同模型存在一起；预训练模型的常数也要原样照用。

# %% [markdown] tags=["en"]
# The five ways on the test set:
#
# | way | accuracy | loss |
# |---|---|---|
# | own constants | {{ reached["own constants"] }} | {{ losses["own constants"] }} |
# | constants of MNIST | {{ reached["constants of MNIST"] }} | {{ losses["constants of MNIST"] }} |
# | no normalization | {{ reached["no normalization"] }} | {{ losses["no normalization"] }} |
# | bytes 0 to 255 | {{ reached["bytes 0 to 255"] }} | {{ losses["bytes 0 to 255"] }} |
# | own in training, none in test | {{ reached["own in training, none in test"] }} | {{ losses["own in training, none in test"] }} |
#
# Someone else's constants are merely another shift and stretch, and the weights and biases of the first layer adapt to it. This is why `.456` went unnoticed for years. Bytes are different: with inputs 255 times as large, a few steps at the same learning rate wreck the network. Normalization is there, first of all, to make a learning rate easy to choose.
#
# The last row is a surprise: training and use differ, and accuracy drops little. Now look at the loss, up from {{ losses["own constants"] }} to {{ losses["own in training, none in test"] }}: the ranking of the classes mostly survived, the probabilities did not. **What accuracy hides, the loss shows.** Another network or other data may be less lucky, so keep the constants with the model, and use those of a pretrained model as they are.

# %% [markdown] tags=["zh"]
# ## 批量：300 次迭代，和剩下的几张 { #batches }
#
# MNIST 的训练集有 60,000 张，批量大小 200：$60000/200=300$ 次迭代，一张不剩。digits 就没这么整齐：

# %% [markdown] tags=["en"]
# ## Batches: 300 iterations, and what is left over { #batches }
#
# MNIST has 60,000 training images; at a batch size of 200 that is $60000/200=300$ iterations, and nothing left. The digits are less tidy:

# %%
full, rest = divmod(len(labels), 64)
sizes = [len(index) for index in torch.randperm(len(labels)).split(64)]
full, rest, len(sizes), sizes[-1]

# %% [markdown] tags=["zh"]
# {{ full }} 个完整的批量，最后一个只有 {{ rest }} 张。训练时可以**丢弃末批**（`drop_last=True`）：它的平均噪声更大，步子却一样长；[批量归一化](../theory/normalization.py#small-batches)还怕批量太小。每个轮次重新打乱，丢掉的是不同的图。评估时**不能丢**，每张图都要算分。
#
# **打乱**是每个轮次开始时把样本排成新的随机次序。它有多要紧？同一个网络，一次每个轮次打乱，一次按标签排好、0 全在前面：

# %% [markdown] tags=["en"]
# {{ full }} whole batches, and a last one of {{ rest }}. In training, **drop_last** (`drop_last=True`) leaves it out: the mean over a small batch is noisier, yet the step is just as long, and [batch normalization](../theory/normalization.py#small-batches) dislikes small batches. The order is drawn anew in each epoch, so other images are left out each time. In evaluation **keep it**: every image counts.
#
# **Shuffling** puts the samples into a new random order at the start of each epoch. How much does it matter? The same network, once shuffled in every epoch, once sorted by label, all zeros first:

# %% tags=["hide-input"] alt_zh="打乱与按标签排序的测试准确率，各 5 个种子。" alt_en="Test accuracy with shuffling and sorted by label, 5 seeds each."
figures.bars(shuffled_order, xlabel="test accuracy", limits=(0, 1))

# %% [markdown] tags=["zh"]
# 打乱得 {{ ordered["shuffled"] }}，排好得 {{ ordered["sorted by label"] }}。一连几步只见一个类别，网络就学会“总答这一类”，后来的类别盖掉先来的。打乱之后，小批量的梯度才是整个训练集梯度的无偏估计。
#
# `shuffle=True` 打乱的是整个训练集，再切成批量，不是在同一个批量里换座位。测试集写 `shuffle=False`：准确率与顺序无关，但第 $i$ 个预测要对得上第 $i$ 张图。

# %% [markdown] tags=["en"]
# Shuffled: {{ ordered["shuffled"] }}; sorted: {{ ordered["sorted by label"] }}. Many steps in a row with a single class teach the network to always answer that class, and later classes overwrite earlier ones. Only after shuffling is the gradient of a mini-batch an unbiased estimate of that of the whole training set.
#
# `shuffle=True` shuffles the whole training set and then cuts it; it does not just reorder the samples within a batch. For the test set write `shuffle=False`: accuracy ignores the order, but prediction $i$ must belong to image $i$.

# %% [markdown] tags=["zh"]
# ## DataLoader，还是直接切片 { #data-loader }
#
# `DataLoader` 是**数据加载器**：排好次序，一个样本一个样本地取，叠成批量。`num_workers` 开几个**数据加载进程**，在训练的同时读取和变换下面的批量。那么加载进程越多越快吗？先猜，再看两种数据：一种整个在内存里，取一张几乎不花时间；另一种每取一张要等 5 毫秒，像从磁盘读图再解码。
#
# 加载进程可能重新载入主程序，所以测量写成一个单独的文件，带 `if __name__ == "__main__":`：

# %% [markdown] tags=["en"]
# ## DataLoader or plain slicing? { #data-loader }
#
# `DataLoader` is a **data loader**: it decides the order, fetches one sample after another and stacks them into batches. `num_workers` starts **data workers**, processes that read and transform the next batches while the model trains. So are more workers always faster? Guess, then look at two kinds of data. One lies entirely in memory, and a sample costs next to nothing; in the other, each sample takes 5 milliseconds, as if read from a disk and decoded.
#
# A data worker may load the main program again, so the measurement is a file of its own, with `if __name__ == "__main__":`:

# %%
script = '''
import time

import torch
from torch.utils.data import DataLoader, Dataset, TensorDataset


class Slow(Dataset):
    def __len__(self):
        return 160

    def __getitem__(self, index):
        time.sleep(0.005)
        return torch.zeros(1, 28, 28), index


def seconds(make_batches):
    times = []
    for _ in range(3):
        start = time.perf_counter()
        for batch in make_batches():
            pass
        times.append(time.perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    images, labels = torch.zeros(1280, 1, 28, 28), torch.zeros(1280)
    order = torch.randperm(1280)
    print(seconds(lambda: ((images[i], labels[i]) for i in order.split(64))))
    for data, batch_size in ((TensorDataset(images, labels), 64), (Slow(), 16)):
        for workers in (0, 2):
            loader = DataLoader(data, batch_size, num_workers=workers)
            print(seconds(lambda: loader))
'''

# %%
import subprocess
import sys
import tempfile
from pathlib import Path

with tempfile.TemporaryDirectory() as folder:
    program = Path(folder) / "loading.py"
    program.write_text(script)
    printed = subprocess.check_output([sys.executable, program], timeout=100)
sliced, loader, loader_2, slow, slow_2 = map(float, printed.split())
print(f"in memory: DataLoader takes {loader / sliced:.0f} times as long")
print(f"           as slicing, with 2 workers {loader_2 / sliced:.0f} times")
print(f"5 ms each: with 2 workers {slow_2 / slow:.2f} times the time without")

# %% [markdown] tags=["zh"]
# 这些是一次运行里的时间之比，换一台机器、换一次运行都会晃动，看量级就好。数据在内存里时，一张一张取反而费时，启动进程更是白费：还没来得及帮忙，活已经干完了。取一张要等很久时，加载进程才值得，几个一起等，时间才省下来。
#
# 所以整个站点都把 `uint8` 图片一次放到设备上，按下标切批量，在那里归一化。数据大到内存装不下，再用 `DataLoader`。
#
# 有 GPU 时还多一道搬运。主机内存随时可能换到磁盘上，GPU 不敢直接从那里读，驱动程序要先抄到一块固定的缓冲区。`pin_memory=True` 让加载器把批量放进**锁页内存**，它不会换出，GPU 可以直接取；再写 `batch.to(device, non_blocking=True)`，搬运就能与计算同时进行。没有 GPU 时，这个选项什么好处也没有。怎样看出慢在加载，见[时间花在哪里](speed.py#loading)。

# %% [markdown] tags=["en"]
# These are ratios of times within one run. They wobble from machine to machine and from run to run, so read the order of magnitude. With data in memory, fetching one by one is what costs time, and starting processes is wasted: the work is done before they can help. Data workers pay off when each sample makes you wait, because several of them can wait at the same time.
#
# This site therefore puts all `uint8` images on the device once, cuts batches by index and normalizes there. Take `DataLoader` when the data do not fit in memory.
#
# With a GPU there is one more trip. Ordinary host memory may be swapped out at any time, so the GPU does not read from it directly; the driver first copies the data to a buffer that stays in place. With `pin_memory=True` the loader puts batches into **pinned memory**, which is never swapped out and can be read by the GPU as it is; with `batch.to(device, non_blocking=True)` the transfer then runs alongside the computation. Without a GPU the option brings nothing. To find out whether loading is the slow part, see [where the time goes](speed.py#loading).

# %% [markdown] tags=["zh"]
# ## 常见的坑 { #traps }
#
# !!! warning "以为 ToTensor 总会除以 255"
#     只对 8 位图片如此。病例：[ToTensor 并不总是缩放](../clinic/data.py#to-tensor-does-not-scale)。
#
# !!! warning "三个均值，一个通道"
#     灰度图配了 RGB 的常数，会报错，或者悄悄变成三个通道。病例：[三个均值](../clinic/data.py#three-channel-normalize)。
#
# !!! warning "抄来的常数"
#     `.406` 抄成 `.456` 没有人报错。病例：[抄错的均值](../clinic/data.py#copied-statistics)。
#
# !!! warning "`download=False`，文件却不在"
#     换一台机器就跑不起来。病例：[数据集找不到](../clinic/data.py#data-set-not-there)。
#
# !!! warning "加载进程里的随机数"
#     用 NumPy 抽随机数的数据集，可能每个进程都抽到同样的数。病例：[同样的随机数](../clinic/data.py#same-numbers-in-every-worker)。

# %% [markdown] tags=["en"]
# ## Traps { #traps }
#
# !!! warning "Taking for granted that ToTensor divides by 255"
#     It does for 8-bit pictures only. The case: [ToTensor does not always scale](../clinic/data.py#to-tensor-does-not-scale).
#
# !!! warning "Three means, one channel"
#     RGB constants on greyscale images raise an error, or quietly make three channels. The case: [three means](../clinic/data.py#three-channel-normalize).
#
# !!! warning "Copied constants"
#     `.456` in place of `.406` raises no error. The case: [a mean copied with a slip](../clinic/data.py#copied-statistics).
#
# !!! warning "`download=False`, and no files"
#     On another machine nothing runs. The case: [the data set is not there](../clinic/data.py#data-set-not-there).
#
# !!! warning "Random numbers in data workers"
#     A data set that draws from NumPy may draw the same numbers in every process. The case: [the same numbers](../clinic/data.py#same-numbers-in-every-worker).

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 训练集 55,000 张，批量大小 64，`drop_last=True`。一个轮次有几次迭代，每个轮次丢下几张？
#
# ??? success "答案"
#     {{ 55000 // 64 }} 次，丢下 {{ 55000 % 64 }} 张。重新打乱之后，下个轮次丢的是另一些。
#
# **2.** 用 `Normalize((0.1307,), (0.3081,))`，黑色和白色像素各变成多少？
#
# ??? success "答案"
#     黑色 $(0-0.1307)/0.3081$，即 {{ f"{-0.1307 / 0.3081:.3f}" }}；白色 $(1-0.1307)/0.3081$，即 {{ f"{(1 - 0.1307) / 0.3081:.3f}" }}。所以画归一化之后的图，要先还原，或者让画图函数自己找最小最大值。
#
# **3.** 1,000 张图，批量大小 100，每个轮次打乱。两个轮次的第一个批量，平均有几张相同？若打乱只发生在批量内部呢？
#
# ??? success "答案"
#     第一个轮次的 100 张，每张有十分之一的机会再落进第一个批量，平均 {{ 100 * 100 // 1000 }} 张。若只在批量内部打乱，100 张全部相同。这个数一量就知道打乱是怎么做的。
#
# **4.** 写 `channel_constants(images)`：输入 `uint8` 的 `(N, C, H, W)`，返回每个通道的均值与标准差，像素按 0 到 1 计。
#
# ??? success "答案"
#     对样本、高、宽三个轴求，留下通道轴。不要先算每张图的标准差再平均：那漏掉了图与图之间的差别。
#
#     ```python
#     def channel_constants(images):
#         pixels = images.double() / 255
#         return pixels.mean(dim=(0, 2, 3)), pixels.std(dim=(0, 2, 3), correction=0)
#     ```
#
# **5.** 先归一化整个数据集，再划分训练与测试，测试准确率几乎不变。为什么仍然不可以？
#
# ??? success "答案"
#     测试集参与了预处理，它就不再代表没见过的数据。像素均值泄漏的少，换成挑选特征、填补缺失值，同样的写法会让成绩虚高许多。习惯要从无害的地方养成。

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** 55,000 training images, batch size 64, `drop_last=True`. How many iterations does an epoch have, and how many images does each epoch leave out?
#
# ??? success "Answer"
#     {{ 55000 // 64 }} iterations, and {{ 55000 % 64 }} images are left out. The next epoch is shuffled anew and leaves out others.
#
# **2.** With `Normalize((0.1307,), (0.3081,))`, what do a black and a white pixel become?
#
# ??? success "Answer"
#     Black: $(0-0.1307)/0.3081$, which is {{ f"{-0.1307 / 0.3081:.3f}" }}. White: $(1-0.1307)/0.3081$, which is {{ f"{(1 - 0.1307) / 0.3081:.3f}" }}. To draw a normalized image, undo it first, or let the plot find the smallest and the largest value.
#
# **3.** 1,000 images, batch size 100, shuffled in every epoch. How many images do the first batches of two epochs share on average? And if shuffling happened within batches only?
#
# ??? success "Answer"
#     Each of the 100 images has one chance in ten to be in the first batch again: {{ 100 * 100 // 1000 }} on average. Shuffled within batches only, all 100 are the same. Count them in your own code, and you know how it shuffles.
#
# **4.** Write `channel_constants(images)`: it takes `uint8` of `(N, C, H, W)` and returns mean and standard deviation per channel, pixels counted from 0 to 1.
#
# ??? success "Answer"
#     Reduce over samples, height and width, and keep the channels. Do not average the deviations of single images: that misses how the images differ from each other.
#
#     ```python
#     def channel_constants(images):
#         pixels = images.double() / 255
#         return pixels.mean(dim=(0, 2, 3)), pixels.std(dim=(0, 2, 3), correction=0)
#     ```
#
# **5.** Normalize the whole data set, then split into training and test: the test accuracy hardly changes. Why is it still not allowed?
#
# ??? success "Answer"
#     The test set took part in preparing the data, so it no longer stands for data nobody has seen. A mean over pixels leaks little. The same order of work with code that selects features or fills gaps makes the scores far too good. Build the habit where a slip does little harm.

# %% [markdown] tags=["zh"]
# ## 参考文献 { #references }
#
# - torchvision 文档：[Transforming images](https://docs.pytorch.org/vision/stable/transforms.html)。
# - PyTorch 文档：[torch.utils.data](https://docs.pytorch.org/docs/stable/data.html)。
# - Y. LeCun 等. [Gradient-based learning applied to document recognition](https://doi.org/10.1109/5.726791). Proceedings of the IEEE, 1998.

# %% [markdown] tags=["en"]
# ## References { #references }
#
# - torchvision documentation: [Transforming images](https://docs.pytorch.org/vision/stable/transforms.html).
# - PyTorch documentation: [torch.utils.data](https://docs.pytorch.org/docs/stable/data.html).
# - Y. LeCun et al. [Gradient-based learning applied to document recognition](https://doi.org/10.1109/5.726791). Proceedings of the IEEE, 1998.
