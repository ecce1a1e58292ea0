# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "安装 dlnotes，在自己的机器上读这个站点。"
#       en: "Install dlnotes and read this site on your own machine."
# ---

# %% [markdown] tags=["zh"]
# # 安装 { #install }
#
# 需要 Python 3.11 或更新的版本。没有 GPU 也可以：本站每一页都能在笔记本电脑上运行。
#
# ## 只要这个包 { #package }
#
# 在一个虚拟环境里安装，不要用 `sudo`，也不要装进系统的 Python。`ADDRESS` 是本项目的仓库地址；在 Windows 上，激活虚拟环境的命令是 `.venv\Scripts\activate`。
#
# ```console
# $ git clone ADDRESS dlnotes
# $ cd dlnotes
# $ python -m venv .venv
# $ source .venv/bin/activate
# $ pip install .
# $ dlnotes train lenet
# ```
#
# 最后一条命令用内置的手写数字训练一个 LeNet，几秒钟就好，不下载任何数据。
#
# !!! tip "没有 GPU 的 Linux"
#     从软件源安装的 torch 自带 CUDA 库，一共超过 5 GB。磁盘紧张时，先按 PyTorch 官网的说明装好 CPU 版的 torch 与 torchvision，二者版本要配套，再运行 `pip install .`。
#
# ## 连同整个站点 { #site }
#
# ```console
# $ make serve
# ```
#
# 它创建 `.venv`，安装锁定的依赖，运行每一页，然后在 <http://127.0.0.1:8000> 提供中英两个站点；改动源文件，页面会自动刷新。没有 `make` 的机器，照着做同样的几步：
#
# ```console
# $ python -m venv .venv
# $ .venv/bin/pip install -r requirements.lock
# $ .venv/bin/pip install --no-deps --no-build-isolation -e .
# $ .venv/bin/mkdocs serve
# ```
#
# ## 检查一下 { #check }
#
# ```console
# $ dlnotes list
# $ dlnotes data
# ```
#
# 第 1 条列出模型、数据集和配方；第 2 条说明每个数据集在不在、在哪里、是否完整。
#
# 接下来：[十分钟训练第一个模型](first-model.py)，或者先看[数据集和没有网络时怎么办](offline.py)。不知道从哪一页读起，有[五条路线](path.py)。

# %% [markdown] tags=["en"]
# # Install { #install }
#
# You need Python 3.11 or newer. No GPU is needed: every page of this site runs on a laptop.
#
# ## The package alone { #package }
#
# Install it in a virtual environment, without `sudo`, and not into the system's Python. `ADDRESS` is the address of this project's repository; on Windows the environment is activated by `.venv\Scripts\activate`.
#
# ```console
# $ git clone ADDRESS dlnotes
# $ cd dlnotes
# $ python -m venv .venv
# $ source .venv/bin/activate
# $ pip install .
# $ dlnotes train lenet
# ```
#
# The last command trains a LeNet on embedded handwritten digits within seconds, and downloads no data.
#
# !!! tip "Linux without a GPU"
#     The torch of the package registry carries the CUDA libraries, over 5 GB in all. If space is short, first install the CPU builds of torch and torchvision as PyTorch's site describes, in matching versions, then run `pip install .`.
#
# ## The whole site { #site }
#
# ```console
# $ make serve
# ```
#
# It makes `.venv`, installs the locked dependencies, runs every page, and serves both languages on <http://127.0.0.1:8000>; edit a source file and the page reloads. On a machine without `make`, take the same steps by hand:
#
# ```console
# $ python -m venv .venv
# $ .venv/bin/pip install -r requirements.lock
# $ .venv/bin/pip install --no-deps --no-build-isolation -e .
# $ .venv/bin/mkdocs serve
# ```
#
# ## A check { #check }
#
# ```console
# $ dlnotes list
# $ dlnotes data
# ```
#
# The first lists models, data sets and recipes; the second says of each data set whether it is here, where, and whether it is whole.
#
# Next: [a first model in ten minutes](first-model.py), or, before that, [the data sets, and working without a network](offline.py). Not sure where to start reading? There are [five routes](path.py).
