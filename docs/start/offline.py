# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "没有网络，或者下载很慢：数据集放在哪里，怎样放。"
#       en: "No network, or a slow one: where data sets lie and how to put them there."
# ---

# %% [markdown] tags=["zh"]
# # 没有网络怎么办 { #offline }
#
# 很多教程的第一行就是下载数据，而许多读者恰好卡在这一行。这里不会：`digits` 随 scikit-learn 一起安装，本站的默认配置只用它。
#
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
# # Without a network { #offline }
#
# Many tutorials begin by downloading data, and that line is just where many readers get stuck. Not here: `digits` is installed along with scikit-learn, and by default this site uses nothing else.
#
# ## Where data lie { #where }
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
from dlnotes import data

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
