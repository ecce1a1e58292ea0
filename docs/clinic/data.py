# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "增强改了标签，统计量泄漏，颜色通道反了，worker 里的随机数重复，DataLoader 报错：数据的病例。"
#       en: "Augmentation that changes labels, leaked statistics, swapped colour channels, repeated random numbers in workers, errors of DataLoader: cases of data."
#     covers: [E-30, E-55, E-36, E-40, E-33, E-34, E-35]
#     labels:
#       train: 训练
#       original: 原图
#       turned 180°: 转 180°
#       permute: permute
#       reshape: reshape
#       read as RGB: 当作 RGB
#       converted: 转换之后
#       any angle: 任意角度
#       a quarter turn: 90° 的倍数
# ---

# %% [markdown] tags=["zh"]
# # 数据与增强 { #data }
#
# 网络学的是数据的样子。**数据在到达网络之前，被改成了什么样？** 这一步很少有人看：图片读进来，变换一串，打乱，分批，中间出了错，训练照样跑，只是学到了别的东西。
#
# 最便宜的检查是看一眼：把送进网络的那个批量画出来，标签写在旁边。这一页的病例，许多看一眼就能发现。

# %% [markdown] tags=["en"]
# # Data and augmentation { #data }
#
# A network learns what its data look like. **What have the data become before they reach the network?** Few people look: images are read, sent through a chain of transforms, shuffled, batched. If something breaks on the way, training still runs and learns something else.
#
# The cheapest check is a look: draw the batch that goes into the network, with its labels beside it. Many of the cases on this page are found that way.

# %% tags=["remove-input"]
import torch
from torch import nn

from dlnotes import clinic, figures
from dlnotes.clinic import data as clinic_data

cases = clinic.kind("data")

# %% [markdown] tags=["zh"]
# ## 换了一台机器，数据集找不到 { #data-set-not-there }
#
# `download=False` 的意思是“文件一定在”。写代码的人的机器上在，你的机器上不在。
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:data-set-not-there-broken"
# ```

# %% [markdown] tags=["en"]
# ## On another machine the data set is not there { #data-set-not-there }
#
# `download=False` says that the files are surely there. On the author's machine they are; on yours they are not.
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:data-set-not-there-broken"
# ```

# %% tags=["broken", "raises-exception"]
import tempfile
from pathlib import Path

clinic_data.missing_broken(Path(tempfile.gettempdir()) / "nothing-here")

# %% [markdown] tags=["zh"]
# 有网络就改成 `download=True`：文件已经在的话，它不会重新下载。没有网络，就不要让第一步卡在下载上。digits 随 scikit-learn 安装，不需要任何文件；`data.load("mnist")` 找不到文件时会列出它找过的位置和三种补救办法，见[离线使用](../start/offline.py)。
#
# 无论哪种，都要明说用的是哪个数据集。悄悄换一个，比报错更糟。
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:data-set-not-there-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/data.py:data-set-not-there-check"
# ```

# %% [markdown] tags=["en"]
# With a network, write `download=True`; it downloads nothing that is there already. Without one, do not let the first step depend on a download. The digits come with scikit-learn and need no file, and `data.load("mnist")` names the places where it looked and three remedies when files are missing; see [working offline](../start/offline.py).
#
# Either way, say which data set it is. Taking another one in silence is worse than an error.
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:data-set-not-there-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/data.py:data-set-not-there-check"
# ```

# %% [markdown] tags=["zh"]
# ## 归一化的均值里混进了测试集 { #leaked-statistics }
#
# 归一化只有两个数，能泄漏什么？先猜：只把测试图片调亮，训练的输入会变吗？
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:leaked-statistics-broken"
# ```

# %% [markdown] tags=["en"]
# ## The test set is in the mean that normalizes { #leaked-statistics }
#
# Normalization is just two numbers, so what could leak? Guess first: if only the test images become brighter, does the training input change?
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:leaked-statistics-broken"
# ```

# %%
for name in ("broken", "fixed"):
    change = cases["leaked-statistics"].measure(name)
    print(f"{name:7} the training input changed by up to {change:.2f}")

# %% [markdown] tags=["zh"]
# 测试集代表将来，训练时还不存在。凡是从数据里**算出来**的东西，均值、标准差、主成分、挑选的特征、词表、缺失值的填充，都只能在训练部分上算，再原样用到其他部分。
#
# 对像素的均值，这点泄漏几乎看不出；对挑选特征就是天壤之别，[泛化一页](../theory/generalization.py#feature-leak)量过。规矩是同一条，所以从最简单的做起。
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:leaked-statistics-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/data.py:leaked-statistics-check"
# ```

# %% [markdown] tags=["en"]
# The test set stands for the future, which does not exist while you train. Whatever is **computed** from data, mean, deviation, principal components, chosen features, a vocabulary, fillings for missing values, is computed on the training part and applied to the others as it is.
#
# For a mean of pixels the leak is hardly visible; for choosing features it changes everything, as measured [on the page on generalization](../theory/generalization.py#feature-leak). It is the same rule, so begin where it is easy.
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:leaked-statistics-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/data.py:leaked-statistics-check"
# ```

# %% [markdown] tags=["zh"]
# ## 先增强后划分：验证集里有训练图片的孪生兄弟 { #copies-on-both-sides }
#
# 200 张图，每张做成 5 份增强的副本，打乱，留出五分之一验证。先猜：验证图片里，有多少张的“兄弟”在训练集里？
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:copies-on-both-sides-broken"
# ```

# %% [markdown] tags=["en"]
# ## Augmented first, split afterwards: validation images have twins in training { #copies-on-both-sides }
#
# 200 images, 5 augmented copies of each, shuffled, one fifth held out. Guess first: of how many validation images does training hold a sibling?
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:copies-on-both-sides-broken"
# ```

# %%
for name in ("broken", "fixed"):
    share = cases["copies-on-both-sides"].measure(name)
    print(f"{name:7} {share:.1%} of the validation images have a twin in training")

# %% [markdown] tags=["zh"]
# 一张图的 5 份副本全落进验证集，机会只有 $0.2^5\approx0.0003$。所以几乎每张验证图片，网络都在训练时见过它的兄弟，验证量的是记忆。
#
# 同一个道理，不只是副本：同一个病人的多张切片，同一段视频的多帧，同一个人写的字，都要**按来源**划分，不能按图片划分。
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:copies-on-both-sides-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/data.py:copies-on-both-sides-check"
# ```

# %% [markdown] tags=["en"]
# For all 5 copies of an image to fall on the validation side the chance is $0.2^5\approx0.0003$. So the network has met a sibling of nearly every validation image, and validation measures memory.
#
# This holds beyond copies: several slices of one patient, frames of one video, digits written by one person have to be split **by their source**, not by image.
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:copies-on-both-sides-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/data.py:copies-on-both-sides-check"
# ```

# %% [markdown] tags=["zh"]
# ## 标签整体错了一位 { #label-off-by-one }
#
# 文件里的标签是 1 到 10，`cross_entropy` 要 0 到 9。减 1，范围就对了。先猜：训练时能看出什么不对吗？
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:label-off-by-one-broken"
# ```

# %% [markdown] tags=["en"]
# ## All labels are off by one { #label-off-by-one }
#
# Labels in the file run from 1 to 10, and `cross_entropy` wants 0 to 9. Subtract 1 and the range is right. Guess first: will anything look wrong in training?
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:label-off-by-one-broken"
# ```

# %%
for name in ("broken", "fixed"):
    share = cases["label-off-by-one"].measure(name)
    print(f"{name:7} {share:.0%} of the labels differ from the digit in the picture")

# %% [markdown] tags=["zh"]
# 什么也看不出。对网络来说，类别只是编号，把“1”编成 0 号照样学得会，准确率照样高。出事在最后一步：`argmax` 给出 0，你对用户说“这是 0”。训练和测试用的是同一份错标签，谁也揭发不了谁。
#
# 能揭发它的是眼睛：画几张图，把标签写在上面。标签超出范围才会报错，那是另一个病例。
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:label-off-by-one-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/data.py:label-off-by-one-check"
# ```

# %% [markdown] tags=["en"]
# Nothing does. To a network a class is a number; if "1" is called number 0 it learns that just as well. It goes wrong at the end: `argmax` gives 0, and you tell the user "this is a 0". Training and test share the same wrong labels, so neither gives the other away.
#
# Eyes do: draw a few images with their labels on them. Only labels out of range raise an error, and that is another case.
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:label-off-by-one-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/data.py:label-off-by-one-check"
# ```

# %% [markdown] tags=["zh"]
# ## 文件夹按字母排序，`10` 排在 `2` 前面 { #classes-in-alphabetical-order }
#
# 12 个类别，文件夹叫 `0` 到 `11`，用 `ImageFolder` 读。先猜：文件夹 `2` 里的图片，标签是几？
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:classes-in-alphabetical-order-broken"
# ```

# %% [markdown] tags=["en"]
# ## Folders are sorted as text: `10` comes before `2` { #classes-in-alphabetical-order }
#
# 12 classes in folders called `0` to `11`, read by `ImageFolder`. Guess first: which label does an image in folder `2` get?
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:classes-in-alphabetical-order-broken"
# ```

# %%
with tempfile.TemporaryDirectory() as root:
    for number in range(12):
        (Path(root) / str(number)).mkdir()
    print(clinic_data.find_classes(root)[1])

# %% [markdown] tags=["zh"]
# 文件夹名是文字，按文字排序：`"10"` 和 `"11"` 都在 `"2"` 前面。类别不到 11 个时两种顺序恰好一样，所以这个错误会等到数据变大才出现。
#
# 不要自己重建顺序。保存模型时，把 `dataset.classes` 一起存进检查点。
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:classes-in-alphabetical-order-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/data.py:classes-in-alphabetical-order-check"
# ```

# %% [markdown] tags=["en"]
# Folder names are text and sorted as text: `"10"` and `"11"` stand before `"2"`. With fewer than 11 classes both orders agree, so this mistake waits until the data grow.
#
# Do not rebuild the order. Store `dataset.classes` in the checkpoint together with the model.
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:classes-in-alphabetical-order-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/data.py:classes-in-alphabetical-order-check"
# ```

# %% [markdown] tags=["zh"]
# ## 红的变成蓝的：OpenCV 读出来是 BGR { #bgr-for-rgb }
#
# 同一张图，OpenCV 按蓝、绿、红的顺序存，其余的库几乎都按红、绿、蓝。先猜：自己从头训练、自己测试，会掉分吗？换成预训练模型呢？
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:bgr-for-rgb-broken"
# ```

# %% [markdown] tags=["en"]
# ## Red turns blue: OpenCV reads BGR { #bgr-for-rgb }
#
# OpenCV holds a picture as blue, green, red; nearly every other library as red, green, blue. Guess first: if you train from scratch and test yourself, does the score fall? And with a pretrained model?
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:bgr-for-rgb-broken"
# ```

# %% tags=["hide-input"] alt_zh="两幅小图：左边当作 RGB 显示，圆盘是蓝色，背景偏橙；右边转换之后，红色圆盘在蓝色背景上。" alt_en="Two small pictures: on the left, shown as RGB, the disc is blue on an orange ground; on the right, converted, a red disc on a blue ground."
from_opencv = clinic_data.picture().flip(2).numpy()
images = torch.stack([clinic_data.bgr_broken(from_opencv), clinic_data.bgr_fixed(from_opencv)])
figures.image_grid((images * 255).to(torch.uint8), ["read as RGB", "converted"])

# %% [markdown] tags=["zh"]
# 从头训练并不掉分：网络不知道哪个通道叫红，只要训练和测试一致。预训练模型学过红色苹果和蓝色天空，通道一反，它看到的是没见过的世界。所以错误常在换成预训练模型、或者换了读图的库那一天发作。
#
# `array[..., ::-1]` 是反着读的视图，直接交给 torch 会报 `ValueError: At least one stride in the given numpy array is negative`，加 `.copy()` 即可。
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:bgr-for-rgb-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/data.py:bgr-for-rgb-check"
# ```

# %% [markdown] tags=["en"]
# From scratch it does not fall: the network does not know which channel is called red, as long as training and test agree. A pretrained model has learnt red apples and blue skies and finds itself in a world it never saw. So the mistake strikes on the day you take a pretrained model, or another library to read images.
#
# `array[..., ::-1]` is a view that runs backwards; torch refuses it with `ValueError: At least one stride in the given numpy array is negative`. A `.copy()` helps.
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:bgr-for-rgb-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/data.py:bgr-for-rgb-check"
# ```

# %% [markdown] tags=["zh"]
# ## `reshape` 不会交换轴，图片成了雪花 { #reshape-for-permute }
#
# Pillow 和 OpenCV 给的是（高，宽，通道），torch 要（通道，高，宽）。先猜：`reshape(3, 32, 48)` 之后，第 0 个通道是什么？
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:reshape-for-permute-broken"
# ```

# %% [markdown] tags=["en"]
# ## `reshape` does not exchange axes, and the picture turns to snow { #reshape-for-permute }
#
# Pillow and OpenCV give (height, width, channel), torch wants (channel, height, width). Guess first: after `reshape(3, 32, 48)`, what is in channel 0?
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:reshape-for-permute-broken"
# ```

# %% tags=["hide-input"] alt_zh="左边 permute 之后，红色圆盘在蓝色背景上；右边 reshape 之后，只剩密密的彩色小点。" alt_en="Left, after permute, a red disc on a blue ground; right, after reshape, nothing but a dense pattern of coloured dots."
image = clinic_data.picture()
both = torch.stack([clinic_data.axes_fixed(image), clinic_data.axes_broken(image)])
figures.image_grid(both, ["permute", "reshape"])

# %% [markdown] tags=["zh"]
# `reshape` 不移动数据，只是换一种读法：内存里是“红绿蓝红绿蓝……”，它把前三分之一当作第 0 个通道，也就是图片上面三分之一的所有颜色。`permute` 换的是轴的次序。
#
# 只换行列也一样：要转置，就写 `transpose` 或 `permute`。形状检查发现不了这个错误，画出来一眼就看见。
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:reshape-for-permute-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/data.py:reshape-for-permute-check"
# ```

# %% [markdown] tags=["en"]
# `reshape` moves no data, it only reads them in another way: memory holds "red green blue red green blue …", and it takes the first third of that as channel 0, which is every colour of the picture's upper third. `permute` changes the order of the axes.
#
# The same goes for rows and columns: to transpose, write `transpose` or `permute`. No check of shapes finds this; one look at the picture does.
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:reshape-for-permute-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/data.py:reshape-for-permute-check"
# ```

# %% [markdown] tags=["zh"]
# ## `ToTensor` 并不总是除以 255 { #to-tensor-does-not-scale }
#
# “`ToTensor` 把像素变到 0 和 1 之间。”先猜：下面四种输入，白色各变成多少？
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:to-tensor-does-not-scale-broken"
# ```

# %% [markdown] tags=["en"]
# ## `ToTensor` does not always divide by 255 { #to-tensor-does-not-scale }
#
# "`ToTensor` scales pixels to between 0 and 1." Guess first: what does white become for each of these four inputs?
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:to-tensor-does-not-scale-broken"
# ```

# %%
import numpy as np
from PIL import Image
from torchvision import transforms

white = np.full((4, 4, 1), 255, dtype=np.uint8)
inputs = {"PIL": Image.new("L", (4, 4), 255), "uint8": white, "float32": white.astype("float32"), "int64": white.astype("int64")}
for kind, value in inputs.items():
    print(f"{kind:8} {transforms.ToTensor()(value).max().item():g}")

# %% [markdown] tags=["zh"]
# 只有 8 位的 Pillow 图片和 `uint8` 数组会除以 255。别的类型它不知道范围，于是只搬不除，而且不吭声。中途有一步 `astype(np.float32)`，或者算过一次平均，就会落到这里。
#
# 新的写法把两件事分开，更不容易错：`v2.ToImage()` 只换成张量，`v2.ToDtype(torch.float32, scale=True)` 才缩放。
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:to-tensor-does-not-scale-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/data.py:to-tensor-does-not-scale-check"
# ```

# %% [markdown] tags=["en"]
# Only 8-bit Pillow images and `uint8` arrays are divided by 255. Of other types it does not know the range, so it converts without dividing, and says nothing. One `astype(np.float32)` on the way, or one mean taken, and you are here.
#
# The newer form keeps the two things apart and is safer: `v2.ToImage()` makes a tensor, `v2.ToDtype(torch.float32, scale=True)` scales.
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:to-tensor-does-not-scale-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/data.py:to-tensor-does-not-scale-check"
# ```

# %% [markdown] tags=["zh"]
# ## `uint8` 减法会绕回：100 − 128 = 228 { #bytes-wrap-around }
#
# 图片是 `uint8`，想让它以 0 为中心，减去 128。先猜：像素 100 变成多少？
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:bytes-wrap-around-broken"
# ```

# %% [markdown] tags=["en"]
# ## `uint8` wraps around: 100 − 128 = 228 { #bytes-wrap-around }
#
# Images are `uint8`; to centre them, subtract 128. Guess first: what becomes of a pixel of 100?
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:bytes-wrap-around-broken"
# ```

# %%
for name in ("broken", "fixed"):
    value = cases["bytes-wrap-around"].measure(name)
    print(f"{name:7} 100 becomes {value:g}")
print(torch.tensor([200], dtype=torch.uint8) + torch.tensor([100], dtype=torch.uint8))

# %% [markdown] tags=["zh"]
# `uint8` 只有 0 到 255，减过头就从 255 绕回来，没有警告。张量与 Python 整数相加减，结果仍是 `uint8`；与浮点数相加减才会变成浮点。所以 `images - 128` 绕回，`images - 128.0` 不绕。靠这个差别太危险，先 `.float()`。
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:bytes-wrap-around-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/data.py:bytes-wrap-around-check"
# ```

# %% [markdown] tags=["en"]
# `uint8` holds 0 to 255, and going below 0 comes back from 255 without a warning. A tensor plus or minus a Python integer stays `uint8`; with a float it becomes a float. So `images - 128` wraps and `images - 128.0` does not. That is too thin a difference to rely on: `.float()` first.
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:bytes-wrap-around-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/data.py:bytes-wrap-around-check"
# ```

# %% [markdown] tags=["zh"]
# ## 均值抄错了一位，而且抄的是别人的 { #copied-statistics }
#
# 三组数字一抄，谁也不会再看一眼。先猜：0.406 抄成 0.456，差多少个标准差？
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:copied-statistics-broken"
# ```

# %% [markdown] tags=["en"]
# ## A mean copied with a slip, and from other data { #copied-statistics }
#
# Three numbers copied, and nobody looks at them again. Guess first: 0.456 in place of 0.406, how many standard deviations is that?
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:copied-statistics-broken"
# ```

# %%
for name in ("broken", "fixed"):
    mean = cases["copied-statistics"].measure(name)
    print(f"{name:7} largest mean of a channel: {mean:.3f}")

# %% [markdown] tags=["zh"]
# 差 $0.05/0.225\approx0.22$ 个标准差，整张图偏蓝或偏黄。训练和测试都抄错同一个数，从头训练几乎没有影响，所以能错上好几年；交给预训练模型才是真的错。
#
# 抄对了也要问是谁的统计量。ImageNet 的数字只用于 ImageNet 上预训练的模型；自己的数据从头训练，就从自己的训练部分算，一行代码的事，`training.Normalization.of(images)` 也会算。
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:copied-statistics-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/data.py:copied-statistics-check"
# ```

# %% [markdown] tags=["en"]
# It is $0.05/0.225\approx0.22$ deviations: the whole image turns bluer or yellower. With the same slip in training and test, training from scratch hardly suffers, so it can stay for years; for a pretrained model it is truly wrong.
#
# Even when they are copied correctly, ask whose statistics they are. ImageNet's belong to models pretrained on ImageNet. For your own data, trained from scratch, compute them on your training part: one line, or `training.Normalization.of(images)`.
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:copied-statistics-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/data.py:copied-statistics-check"
# ```

# %% [markdown] tags=["zh"]
# ## 三个均值，一个通道 { #three-channel-normalize }
#
# 灰度图只有一个通道，统计量给了三个。
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:three-channel-normalize-broken"
# ```

# %% [markdown] tags=["en"]
# ## Three means, one channel { #three-channel-normalize }
#
# A grey image has one channel, and here are three statistics for it.
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:three-channel-normalize-broken"
# ```

# %% tags=["broken", "raises-exception"]
clinic_data.channels_broken()(torch.zeros(1, 28, 28))

# %% [markdown] tags=["zh"]
# 这个报错来自旧的 `transforms`。先猜：新的 `v2` 会怎样？还有反过来，三个通道、一个均值呢？
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:three-channel-normalize-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/data.py:three-channel-normalize-check"
# ```

# %% [markdown] tags=["en"]
# This error comes from the older `transforms`. Guess first: what does the newer `v2` do? And the other way round, three channels and one mean?
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:three-channel-normalize-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/data.py:three-channel-normalize-check"
# ```

# %%
from torchvision.transforms import v2

print("v2, 1 channel, 3 means:", tuple(v2.Normalize([0.5] * 3, [0.5] * 3)(torch.zeros(1, 28, 28)).shape))
print("v2, 3 channels, 1 mean:", tuple(v2.Normalize([0.5], [0.5])(torch.zeros(3, 28, 28)).shape))

# %% [markdown] tags=["zh"]
# `v2` 不报错，把一张灰度图广播成三个通道；错误要到第一个卷积才露面，说它要 1 个通道、来了 3 个。一个均值对三个通道，两者都不报错。均值的个数要等于通道数，这件事得自己看。
#
# 需要三通道的模型，用 `v2.Grayscale(num_output_channels=3)` 明白地复制通道，再用三个统计量。

# %% [markdown] tags=["en"]
# `v2` raises nothing and broadcasts the grey image to three channels; the mistake shows at the first convolution, which wants 1 channel and gets 3. One mean for three channels passes in both. It is up to you to see that there are as many means as channels.
#
# Where a model wants three channels, repeat the one plainly with `v2.Grayscale(num_output_channels=3)`; then three statistics fit.

# %% [markdown] tags=["zh"]
# ## `Resize((32, 32))` 用在 32×32 的图上 { #step-that-does-nothing }
#
# CIFAR-10 的图本来就是 32×32。先猜：下面这一串，哪一步什么也没做？
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:step-that-does-nothing-broken"
# ```

# %% [markdown] tags=["en"]
# ## `Resize((32, 32))` on images of 32×32 { #step-that-does-nothing }
#
# Images of CIFAR-10 are 32×32 as they are. Guess first: which step of this chain does nothing?
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:step-that-does-nothing-broken"
# ```

# %%
image = torch.randint(256, (3, 32, 32), dtype=torch.uint8)
for step in clinic_data.idle_broken():
    image, before = step(image), image
    print(f"{type(step).__name__:10} changed something: {not (image.dtype == before.dtype and torch.equal(image, before))}")

# %% [markdown] tags=["zh"]
# torchvision 发现尺寸相同就原样返回，所以结果没有错，错的是读代码的人会以为数据是别的尺寸。对固定不变的步骤，还有更好的去处：整个数据集做一次，存好，不要每个轮次重做。`data.load` 就是这样，训练时只剩归一化和增强。
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:step-that-does-nothing-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/data.py:step-that-does-nothing-check"
# ```

# %% [markdown] tags=["en"]
# torchvision sees the equal size and returns the image as it is, so nothing is wrong but the belief of whoever reads the code that images come in another size. Steps that never vary have a better place anyway: do them once for the whole set and keep the result, not again in every epoch. `data.load` does so, and training is left with normalization and augmentation.
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:step-that-does-nothing-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/data.py:step-that-does-nothing-check"
# ```

# %% [markdown] tags=["zh"]
# ## `RandomRotation([90, 180, 270])` 里的列表不是选项 { #list-means-range }
#
# 参数 `degrees` 要的是范围的两端。
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:list-means-range-broken"
# ```

# %% [markdown] tags=["en"]
# ## The list in `RandomRotation([90, 180, 270])` is not a choice { #list-means-range }
#
# The argument `degrees` wants the two ends of a range.
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:list-means-range-broken"
# ```

# %% tags=["broken", "raises-exception"]
clinic_data.angles_broken()

# %% [markdown] tags=["zh"]
# 报错还算幸运。把列表改成 `[90, 270]`，错误消失了，意思却变成“90° 到 270° 之间的任意角度”：
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:list-means-range-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/data.py:list-means-range-check"
# ```

# %% [markdown] tags=["en"]
# The error is good luck. Shorten the list to `[90, 270]` and it is gone, but the meaning is now "any angle between 90° and 270°":
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:list-means-range-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/data.py:list-means-range-check"
# ```

# %% tags=["hide-input"] alt_zh="第一行是 RandomRotation([90, 270]) 的四次结果，角度各不相同；第二行是 RandomChoice 的四次结果，都是直角。" alt_en="First row, four results of RandomRotation([90, 270]), all at odd angles; second row, four results of RandomChoice, all at right angles."
from dlnotes import data

torch.manual_seed(0)
digits = data.load("digits").train
digit = digits.images[digits.labels == 4][0]
turned = [v2.RandomRotation([90, 270])(digit) for _ in range(4)] + [clinic_data.angles_fixed()(digit) for _ in range(4)]
figures.image_grid(torch.stack(turned), ["any angle"] * 4 + ["a quarter turn"] * 4, columns=4)

# %% [markdown] tags=["zh"]
# ## 翻转和倒转改变了标签：6 成了 9 { #augmentation-changes-the-label }
#
# 照片左右翻转，猫还是猫。数字呢？先猜：一张 6 转 180°，最像哪个类别的平均图？
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:augmentation-changes-the-label-broken"
# ```

# %% [markdown] tags=["en"]
# ## Flips and half turns change the label: a 6 becomes a 9 { #augmentation-changes-the-label }
#
# A photograph of a cat shows a cat when flipped. And a digit? Guess first: turn a 6 by 180°, and which class has the mean image nearest to it?
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:augmentation-changes-the-label-broken"
# ```

# %% tags=["hide-input"] alt_zh="上排是 6、9、2、5 的原图，下排是转 180° 之后：6 与 9 互换了样子，2 和 5 转过来仍像自己。" alt_en="Above, a 6, a 9, a 2 and a 5; below, turned by 180°: 6 and 9 have changed places, 2 and 5 still look like themselves."
split = data.load("digits").train


def typical(digit):
    """Return the image of a digit that is nearest to the mean of its class."""
    images = split.images[split.labels == digit].float()
    return images[(images - images.mean(dim=0)).flatten(1).norm(dim=1).argmin()].to(torch.uint8)


chosen = torch.stack([typical(digit) for digit in (6, 9, 2, 5)])
figures.image_grid(torch.cat([chosen, chosen.flip((2, 3))]), ["original"] * 4 + ["turned 180°"] * 4, columns=4)

# %%
for name in ("broken", "fixed"):
    share = cases["augmentation-changes-the-label"].measure(name)
    print(f"{name:7} {share:.0%} of 4, 6, 7, 9 still look most like their own class")
sixes = split.images[split.labels == 6].flip((2, 3)).float()
nines = (clinic_data.nearest_mean(sixes) == 9).float().mean().item()
print(f"{nines:.0%} of the turned sixes look most like a nine")

# %% [markdown] tags=["zh"]
# 转过来的 6 就是 9，标签却还写着 6。网络看到的是互相矛盾的题目，最好的办法只能是各猜一半。
#
# 增强要问的是：**变换之后，人还会给出同一个标签吗？** 数字可以小角度倾斜、小幅平移缩放；卫星图可以随便转；X 光片左右翻转，心脏就到了右边。
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:augmentation-changes-the-label-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/data.py:augmentation-changes-the-label-check"
# ```

# %% [markdown] tags=["en"]
# A turned 6 is a 9, and its label still says 6. The network meets tasks that contradict each other, and the best it can do is to guess half and half.
#
# What augmentation has to ask is: **afterwards, would a person still give the same label?** Digits may lean, shift and scale a little; satellite pictures may be turned at will; flip an X-ray of the chest and the heart is on the right.
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:augmentation-changes-the-label-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/data.py:augmentation-changes-the-label-check"
# ```

# %% [markdown] tags=["zh"]
# ## 测试集也做了随机增强 { #augmented-test-set }
#
# 训练写好了一串变换，测试顺手也用了它。先猜：同一个分类器，在同一个测试集上评估 5 次，得到几个不同的准确率？
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:augmented-test-set-broken"
# ```

# %% [markdown] tags=["en"]
# ## The test set is augmented as well { #augmented-test-set }
#
# A chain of transforms was written for training, and was simply reused for the test set. Guess first: one classifier, evaluated 5 times on one test set, gives how many different accuracies?
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:augmented-test-set-broken"
# ```

# %%
torch.manual_seed(0)
test = data.load("digits").test
for name, version in (("broken", clinic_data.shared_broken), ("fixed", clinic_data.shared_fixed)):
    transform, scores = version()[1], []
    for _ in range(5):
        answers = clinic_data.nearest_mean(torch.stack([transform(image) for image in test.images]))
        scores.append((answers == test.labels).float().mean().item())
    print(f"{name:7}", " ".join(f"{score:.3f}" for score in scores))

# %% [markdown] tags=["zh"]
# 增强后的测试集是另一份更难的考卷，而且每次都不同。分数低，是题变了；分数跳，是每次的题不一样。模型没有变。
#
# 测试变换里只留确定的步骤：换类型、缩放、归一化。刻意的“测试时增强”是另一回事：它对每张图的多个版本取平均，一张图仍然只有一个答案。
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:augmented-test-set-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/data.py:augmented-test-set-check"
# ```

# %% [markdown] tags=["en"]
# An augmented test set is another exam, a harder one, and a new one every time. The score is low because the questions changed, and it jumps because they change each time. The model is the same.
#
# A test transform keeps only steps without chance: type, size, normalization. "Test-time augmentation" done on purpose is something else: it averages over several versions of an image, which still gets one answer.
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:augmented-test-set-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/data.py:augmented-test-set-check"
# ```

# %% [markdown] tags=["zh"]
# ## `random_split` 的两半共用一个数据集 { #split-shares-its-transform }
#
# 先划分，再把验证那一半的增强关掉，看上去很周到。图片全是 1，“增强”是乘 2。先猜：训练集读出来是几？
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:split-shares-its-transform-broken"
# ```

# %% [markdown] tags=["en"]
# ## Both halves of `random_split` share one data set { #split-shares-its-transform }
#
# Split first, then switch augmentation off for the validation half: it looks careful. Let all images be 1 and the "augmentation" double them. Guess first: what does training read?
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:split-shares-its-transform-broken"
# ```

# %%
for name in ("broken", "fixed"):
    value = cases["split-shares-its-transform"].measure(name)
    print(f"{name:7} a training image reads {value:g}")

# %% [markdown] tags=["zh"]
# `random_split` 返回两个 `Subset`，各有一份索引，`.dataset` 却是同一个对象。改一边就是改两边。反过来也一样：不改，验证就带着增强。
#
# 所以划分的应当是索引，每一半各建自己的数据集。
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:split-shares-its-transform-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/data.py:split-shares-its-transform-check"
# ```

# %% [markdown] tags=["en"]
# `random_split` returns two `Subset` objects, each with indices of its own, and `.dataset` is one and the same object. What you change on one side you change on both; leave it, and validation is augmented.
#
# So split the indices, and make a data set for each half.
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:split-shares-its-transform-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/data.py:split-shares-its-transform-check"
# ```

# %% [markdown] tags=["zh"]
# ## 图片翻了，掩码没有翻 { #target-not-augmented }
#
# 分割任务里，每个像素都有标签。图片随机翻转，掩码也随机翻转。先猜：40 次里有几次还对得上？
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:target-not-augmented-broken"
# ```

# %% [markdown] tags=["en"]
# ## The image is flipped and its mask is not { #target-not-augmented }
#
# In segmentation every pixel has a label. The image is flipped at random, and so is the mask. Guess first: of 40 draws, how many still fit?
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:target-not-augmented-broken"
# ```

# %%
for name in ("broken", "fixed"):
    share = cases["target-not-augmented"].measure(name)
    print(f"{name:7} the mask still covers the object in {share:.0%} of the draws")

# %% [markdown] tags=["zh"]
# 调用两次，就抛了两次硬币。分类时标签不随几何变换改变，所以这个习惯没有惩罚；分割、检测、关键点的目标与图片共用一个坐标系，必须一起变。
#
# `v2` 的变换一次接收图片和目标，共用一次抽取，`tv_tensors` 告诉它谁是掩码、谁是框。旧的 `transforms` 做不到这一点。
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:target-not-augmented-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/data.py:target-not-augmented-check"
# ```

# %% [markdown] tags=["en"]
# Two calls toss two coins. In classification a label does not move with the geometry, so nothing punishes the habit; masks, boxes and key points share the image's coordinates and must move with it.
#
# Transforms of `v2` take image and target in one call with one draw, and `tv_tensors` tell it which is a mask and which a box. The older `transforms` cannot do this.
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:target-not-augmented-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/data.py:target-not-augmented-check"
# ```

# %% [markdown] tags=["zh"]
# ## 缩放掩码，多出了不存在的类别 { #interpolated-mask }
#
# 掩码里只有两个类别：0 是背景，4 是汽车。把 8×8 缩到 6×6。先猜：缩完有几个类别？
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:interpolated-mask-broken"
# ```

# %% [markdown] tags=["en"]
# ## Resizing a mask invents classes { #interpolated-mask }
#
# A mask of two classes: 0 is background, 4 is a car. Resize it from 8×8 to 6×6. Guess first: how many classes are there afterwards?
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:interpolated-mask-broken"
# ```

# %%
mask = torch.zeros(1, 8, 8, dtype=torch.uint8)
mask[:, 2:5, 3:6] = 4
print("broken ", clinic_data.mask_broken(mask).unique().tolist())
print("fixed  ", clinic_data.mask_fixed(mask).unique().tolist())

# %% [markdown] tags=["zh"]
# 双线性插值在 0 和 4 之间取平均，边缘上就出现了 1、2、3：行人、自行车、树。类别是名字，不是数量，名字之间没有平均。凡是编号都用最近邻插值。`tv_tensors.Mask` 会自动这样做，这是用它的又一个理由。
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:interpolated-mask-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/data.py:interpolated-mask-check"
# ```

# %% [markdown] tags=["en"]
# Bilinear interpolation takes means of 0 and 4, and along the border classes in between appear: pedestrians, bicycles, trees. Classes are names, not amounts, and there is no mean of two names. For anything that is a number standing for a name, take the nearest. `tv_tensors.Mask` does so by itself, which is one more reason to use it.
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:interpolated-mask-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/data.py:interpolated-mask-check"
# ```

# %% [markdown] tags=["zh"]
# ## 增强只做了一次，每个轮次看到的都一样 { #augmented-once }
#
# 为了快一点，在读数据时就把增强做好。先猜：3 个轮次里，网络看到同一张图的几个版本？
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:augmented-once-broken"
# ```

# %% [markdown] tags=["en"]
# ## Augmented once, so every epoch sees the same { #augmented-once }
#
# To save time, augmentation is done when the data are read. Guess first: in 3 epochs, how many versions of an image does the network see?
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:augmented-once-broken"
# ```

# %%
for name in ("broken", "fixed"):
    versions = cases["augmented-once"].measure(name)
    print(f"{name:7} versions seen: {versions:g}")

# %% [markdown] tags=["zh"]
# 增强的用处在于“每次都不同”。做一次就固定下来，数据并没有变多，只是换成了另一批同样多的图。缓存可以放在确定的步骤之后、随机的步骤之前。
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:augmented-once-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/data.py:augmented-once-check"
# ```

# %% [markdown] tags=["en"]
# Augmentation helps because it differs each time. Done once and kept, there are no more data than before, only others. A cache belongs after the steps that are fixed and before those that are random.
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:augmented-once-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/data.py:augmented-once-check"
# ```

# %% [markdown] tags=["zh"]
# ## 每个 worker 抽到同样的随机数 { #same-numbers-in-every-worker }
#
# 数据集里存一个 NumPy 的随机数生成器，`num_workers=2`。先猜：8 个样本抽到几个不同的数？这里用两份拷贝代替两个进程，本页的测试用真的进程。
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:same-numbers-in-every-worker-broken"
# ```

# %% [markdown] tags=["en"]
# ## Every worker draws the same random numbers { #same-numbers-in-every-worker }
#
# A data set keeps a NumPy generator, and `num_workers=2`. Guess first: how many different numbers do 8 samples draw? Here two copies stand for two processes; the tests of this page start real ones.
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:same-numbers-in-every-worker-broken"
# ```

# %%
import pickle

torch.manual_seed(0)
for name, version in (("broken", clinic_data.DrawsBroken), ("fixed", clinic_data.DrawsFixed)):
    packed = pickle.dumps(version())
    workers = [pickle.loads(packed) for _ in range(2)]
    print(f"{name:7}", [[worker[index] for index in range(4)] for worker in workers])

# %% [markdown] tags=["zh"]
# 每个 worker 是一个进程，拿到的是整个数据集的一份拷贝，连同生成器此刻的状态。状态一样，抽到的数就一样，两两成对。下个轮次又从头拷贝，抽到的还是这几个数。
#
# 网上常见的说法是“worker 里不能用 `np.random`”。那是旧版本的事：今天的 `DataLoader` 会给每个 worker 的 `random`、`np.random` 和 torch 各设不同的种子。它管不到的是你自己存的生成器。
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:same-numbers-in-every-worker-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/data.py:same-numbers-in-every-worker-check"
# ```

# %% [markdown] tags=["en"]
# Each worker is a process with a copy of the whole data set, the generator's present state included. Equal states draw equal numbers, hence the pairs. In the next epoch the copies are made again, and so are the numbers.
#
# You will read that `np.random` must not be used in workers. That was so in older versions: today's `DataLoader` gives `random`, `np.random` and torch a different seed in each worker. What it cannot reach is a generator that you keep yourself.
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:same-numbers-in-every-worker-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/data.py:same-numbers-in-every-worker-check"
# ```

# %% [markdown] tags=["zh"]
# ## worker 里的错误：真正的报错在最下面 { #error-inside-a-worker }
#
# > IndexError: Caught IndexError in DataLoader worker process 0.
# > Original Traceback (most recent call last): …
#
# 报错有几十行，开头是这两行。先猜：该看哪一行？
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:error-inside-a-worker-broken"
# ```
#
# 把 `num_workers` 改成 0，同一个错误短得多：

# %% [markdown] tags=["en"]
# ## An error inside a worker: the real one is at the bottom { #error-inside-a-worker }
#
# > IndexError: Caught IndexError in DataLoader worker process 0.
# > Original Traceback (most recent call last): …
#
# Dozens of lines begin with these two. Guess first: which line should you read?
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:error-inside-a-worker-broken"
# ```
#
# With `num_workers` at 0 the same error is much shorter:

# %% tags=["broken", "raises-exception"]
from torch.utils.data import DataLoader

list(DataLoader(clinic_data.LengthBroken([torch.zeros(2)] * 4), num_workers=0))

# %% [markdown] tags=["zh"]
# 主进程收到 worker 的异常，把它原来的回溯当作文字附在里面。**最后一行**才是原因，它上面几行是你的 `__getitem__` 里出错的位置。
#
# 所以调试时先用 `num_workers=0`：异常直接在主进程里抛出，能用断点，没有第二层。还有一种更短的报错 `DataLoader worker (pid …) exited unexpectedly`：worker 没来得及说话就被杀掉了，多半是内存不够。
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:error-inside-a-worker-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/data.py:error-inside-a-worker-check"
# ```

# %% [markdown] tags=["en"]
# The main process receives the worker's exception and attaches its traceback as text. The **last line** is the cause, and the lines above it show the place in your `__getitem__`.
#
# So debug with `num_workers=0` first: the exception is raised in the main process, breakpoints work, and the second layer is gone. There is a shorter message, `DataLoader worker (pid …) exited unexpectedly`: the worker was killed before it could speak, mostly for lack of memory.
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:error-inside-a-worker-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/data.py:error-inside-a-worker-check"
# ```

# %% [markdown] tags=["zh"]
# ## 训练集没有打乱，一个批量只有一个类别 { #training-not-shuffled }
#
# `ImageFolder` 这类数据集按类别排列。`DataLoader` 默认不打乱。先猜：批量 50，里面平均有几个类别？
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:training-not-shuffled-broken"
# ```

# %% [markdown] tags=["en"]
# ## The training set is not shuffled: one class to a batch { #training-not-shuffled }
#
# Data sets such as `ImageFolder` come class by class, and `DataLoader` does not shuffle by default. Guess first: how many classes does a batch of 50 hold on average?
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:training-not-shuffled-broken"
# ```

# %%
for name in ("broken", "fixed"):
    classes = cases["training-not-shuffled"].measure(name)
    print(f"{name:7} classes in a batch, on average: {classes:.1f}")

# %% [markdown] tags=["zh"]
# 连续几步都是同一类，网络就学会“永远答这一类”，换到下一类再推翻重来。损失在每个批量里很快降下去，换类时又跳上来，像锯齿。梯度的平均只有在批量是随机抽取时才代表整个数据集。
#
# 测试集正相反，不要打乱。
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:training-not-shuffled-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/data.py:training-not-shuffled-check"
# ```

# %% [markdown] tags=["en"]
# Several steps with one class teach the network to answer always that one, until the next class overturns it. The loss falls fast within a class and jumps at each change, like the teeth of a saw. The mean gradient of a batch stands for the whole set only where the batch is drawn at random.
#
# A test set is the other way round: leave it in order.
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:training-not-shuffled-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/data.py:training-not-shuffled-check"
# ```

# %% [markdown] tags=["zh"]
# ## `next(iter(loader))` 永远是第一个批量 { #always-the-first-batch }
#
# 数据有 4 个批量，走 6 步。先猜：出错的代码看到几个不同的批量？
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:always-the-first-batch-broken"
# ```

# %% [markdown] tags=["en"]
# ## `next(iter(loader))` is always the first batch { #always-the-first-batch }
#
# The data have 4 batches, and training takes 6 steps. Guess first: how many different batches does the broken code see?
#
# ```python broken
# --8<-- "dlnotes/clinic/data.py:always-the-first-batch-broken"
# ```

# %%
for name in ("broken", "fixed"):
    batches = cases["always-the-first-batch"].measure(name)
    print(f"{name:7} different batches seen: {batches:g}")

# %% [markdown] tags=["zh"]
# `iter(loader)` 每次都从头开始，所以总是第一个批量。加上 `shuffle=True`，每次抽到的倒不同了，但每一步都要重新打乱整个数据集，worker 也要重新启动，慢得莫名其妙。
#
# 看一个批量长什么样，用它正好；训练时写 `for images, labels in loader`。
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:always-the-first-batch-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/data.py:always-the-first-batch-check"
# ```

# %% [markdown] tags=["en"]
# `iter(loader)` starts from the beginning each time, so it is always the first batch. With `shuffle=True` the draws differ, but every step shuffles the whole set again and starts the workers again, and nobody knows why it is so slow.
#
# To look at one batch it is just right; to train, write `for images, labels in loader`.
#
# ```python fixed
# --8<-- "dlnotes/clinic/data.py:always-the-first-batch-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/data.py:always-the-first-batch-check"
# ```
