# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "本站用哪些数据集，各是什么；没有网络，或者下载很慢时，文件放在哪里，怎样放。"
#       en: "Which data sets this site uses and what they are; and with no network, or a slow one, where their files lie and how to put them there."
# ---

# %% [markdown] tags=["zh"]
# # 数据集，和没有网络时怎么办 { #offline }
#
# 很多教程的第一行就是下载数据，而许多读者恰好卡在这一行。这里不会：`digits` 随 scikit-learn 一起安装，本站的默认配置只用它。
#
# ## 本站用到的数据集 { #data-sets }
#
# | 名字 | 图片 | 训练加验证 | 测试 | 文件 |
# |---|---|--:|--:|---|
# | `digits` | 手写数字，灰度，8×8，放大到 28×28 | 1,437 | 360 | 随 scikit-learn 安装 |
# | `mnist` | 手写数字，灰度，28×28 | 60,000 | 10,000 | 约 12 MB |
# | `fashion_mnist` | 衣物，灰度，28×28 | 60,000 | 10,000 | 约 31 MB |
# | `cifar10` | 照片，RGB，32×32 | 50,000 | 10,000 | 约 170 MB |
#
# 四份都是 10 个类别，每类差不多一样多。
#
# - **MNIST** 是 1998 年整理的手写数字：黑底白字，缩进 20×20，质心放在 28×28 的正中。写字的有普查局职员，也有中学生，测试集的写字人不出现在训练集里。简单的网络也能对 98 %，所以它适合试代码，不适合比高下。
# - **Fashion-MNIST** 是 2017 年做的替身：大小、张数、类别数都与 MNIST 相同，内容换成 T 恤、裤子、运动鞋。代码一行不改就能换过去，题目难一些：衬衫和大衣缩到 28×28，人也常看错。
# - **CIFAR-10** 是 32×32 的小照片：飞机、汽车、鸟、猫、鹿、狗、蛙、马、船、卡车，每类 6,000 张。有颜色，有背景，物体不居中，从这里起卷积才真正值钱。
# - **CIFAR-100** 是它的姊妹：同样大小，同样 60,000 张，分成 100 类，每类只有 600 张。`data.load` 不带它，torchvision 有；换了它，最后一层要有 100 个输出。
#
# `digits` 最小，也最像 MNIST：真人写的数字，扫描之后每 4×4 个点数一数，成了 8×8 格。训练只要几秒，本站页面上的数字多半在它上面量出。下面左边 4 张是原来的格子，右边是网络看到的样子：

# %% [markdown] tags=["en"]
# # Data sets, with and without a network { #offline }
#
# Many tutorials begin by downloading data, and that line is just where many readers get stuck. Not here: `digits` is installed along with scikit-learn, and by default this site uses nothing else.
#
# ## The data sets of this site { #data-sets }
#
# | name | images | training and validation | test | files |
# |---|---|--:|--:|---|
# | `digits` | handwritten digits, grey, 8×8, enlarged to 28×28 | 1,437 | 360 | installed with scikit-learn |
# | `mnist` | handwritten digits, grey, 28×28 | 60,000 | 10,000 | about 12 MB |
# | `fashion_mnist` | clothing, grey, 28×28 | 60,000 | 10,000 | about 31 MB |
# | `cifar10` | photographs, RGB, 32×32 | 50,000 | 10,000 | about 170 MB |
#
# All four have 10 classes, of about equal size.
#
# - **MNIST**, put together in 1998, holds handwritten digits, white on black, scaled into 20×20, with the centre of mass in the middle of 28×28. Census clerks wrote them, and pupils; nobody who wrote for the test set wrote for the training set. Simple networks get 98% right, so it is good for trying code, and bad for telling who is best.
# - **Fashion-MNIST** is its stand-in from 2017: same size, same number of images and classes, but T-shirts, trousers and sneakers. The code need not change by a line, and the task is harder: reduced to 28×28, a shirt looks like a coat to people too.
# - **CIFAR-10** holds small photographs of 32×32: airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck, 6,000 of each. There is colour, there is a background, and things are not centred; from here on convolution earns its keep.
# - **CIFAR-100** is its sister: the same size and the same 60,000, but 100 classes of only 600 each. `data.load` does not have it, torchvision does; with it, the last layer needs 100 outputs.
#
# `digits` is the smallest, and much like MNIST: digits by real hands, scanned, with the dots of each 4×4 counted, which leaves 8×8 cells. Training takes seconds, and most numbers on these pages were measured on it. Below are 4 of its grids on the left, and on the right what a network sees of them:

# %% tags=["hide-input"] alt_zh="8 张小图：左边 4 张是 8×8 的格子，右边 4 张是同样的数字放大到 28×28 之后，边缘平滑。" alt_en="8 small pictures: on the left 4 grids of 8×8, on the right the same digits enlarged to 28×28, with smooth edges."
import torch
from sklearn.datasets import load_digits

from dlnotes import data, figures
from dlnotes.data.sets import enlarge

grids = torch.tensor(load_digits().images[:4], dtype=torch.float32)[:, None]  # (4, 1, 8, 8), 0 to 16
figures.image_grid([*(grids * 255 / 16).to(torch.uint8), *enlarge(grids)], columns=8)

# %% [markdown] tags=["zh"]
# ## 数据放在哪里 { #where }
#
# `data.load` 依次查找：
#
# 1. 调用时给出的 `root`；
# 2. 环境变量 `DLNOTES_DATA` 指向的文件夹；
# 3. 用户缓存 `~/.cache/dlnotes`；
# 4. 都没有时，由 torchvision 下载到用户缓存。
#
# 给了 `root` 就只看那里；找不到会报错，绝不会悄悄换成另一个数据集。
#
# ## 文件夹的样子 { #layout }
#
# 与 torchvision 完全相同，所以已经下载过的数据可以直接用：
#
# ```text
# data/
# ├── MNIST/raw/train-images-idx3-ubyte …
# ├── FashionMNIST/raw/train-images-idx3-ubyte …
# └── cifar-10-batches-py/data_batch_1 …
# ```
#
# 从别的机器拷贝过来，再告诉 dlnotes 在哪里：
#
# ```console
# $ export DLNOTES_DATA=/path/to/data
# $ dlnotes data
# ```
#
# ## 出错时它怎么说 { #errors }
#
# 故意指向一个空文件夹，看看消息：

# %% [markdown] tags=["en"]
# ## Where the data are { #where }
#
# `data.load` looks in turn at
#
# 1. the `root` given in the call;
# 2. the folder that the variable `DLNOTES_DATA` names;
# 3. the user's cache, `~/.cache/dlnotes`;
# 4. if it is in none of them, torchvision downloads it to the cache.
#
# With a `root`, only that folder is read. What is not found is an error; it never silently becomes another data set.
#
# ## What the folder looks like { #layout }
#
# Just as torchvision lays it out, so data that you once downloaded can be used as they are:
#
# ```text
# data/
# ├── MNIST/raw/train-images-idx3-ubyte …
# ├── FashionMNIST/raw/train-images-idx3-ubyte …
# └── cifar-10-batches-py/data_batch_1 …
# ```
#
# Copy it from another machine, then say where it is:
#
# ```console
# $ export DLNOTES_DATA=/path/to/data
# $ dlnotes data
# ```
#
# ## What it says when something is wrong { #errors }
#
# Point it at an empty folder on purpose and read the message:

# %% tags=["raises-exception"]
data.load("mnist", root="empty-folder")

# %% [markdown] tags=["zh"]
# 消息说了 3 件事：找了什么、在哪里找的、怎样补救。文件只下载了一半也是这样：大小不对，就说差了多少，而不是在训练中途崩溃。
#
# ## 整站构建用哪些数据 { #profiles }
#
# 默认的 `quick` 配置只用内置的 digits。想用完整的数据集重新运行每一页：
#
# ```console
# $ DLNOTES_PROFILE=full DLNOTES_DATA=/path/to/data make site
# ```

# %% [markdown] tags=["en"]
# The message says 3 things: what was looked for, where, and how to mend it. A file that was cut off half-way is told the same way: its size is wrong and by how much, rather than a crash in the middle of training.
#
# ## Which data the site is built with { #profiles }
#
# The default profile `quick` uses the embedded digits alone. To run every page again in the profile for whole data sets:
#
# ```console
# $ DLNOTES_PROFILE=full DLNOTES_DATA=/path/to/data make site
# ```
