# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "装好了 torch，却说找不到 torch：它装进了哪个 Python？虚拟环境、venv 与 conda 与 uv、国内镜像、GPU 检查。"
#       en: "torch is installed, and cannot be found: into which Python did it go? Virtual environments, venv, conda and uv, mirrors, and a check of the GPU."
#     covers: [P-01, C-10, N-10, Q-15]
# ---

# %% [markdown] tags=["zh"]
# # 装好了，却找不到 { #environment }
#
# **PyTorch** 是本站用的深度学习库，以张量和自动求导为核心；装的包叫 torch，导入的模块也叫 torch。`pip install torch` 说成功，`import torch` 却说 `ModuleNotFoundError`。两条命令都没有骗人。**先猜：它们说的是同一个 Python 吗？**
#
# 一台电脑上常有好几个 Python：系统自带的、conda 的、每个项目自己的。包装在哪一个里，就只有那一个看得见。把一个项目的包单独放在一处、不与别的混在一起，就是**虚拟环境**。下面当场造一个，在里面导入 torch：

# %% [markdown] tags=["en"]
# # Installed, and not found { #environment }
#
# **PyTorch** is the library of this site, built on tensors and automatic differentiation; the package to install is called torch, and so is the module to import. `pip install torch` reports success, `import torch` raises `ModuleNotFoundError`. Neither command lies. **Guess first: do they speak of the same Python?**
#
# A computer often has several: the system's, conda's, one for each project. A package is seen only by the one into which it was installed. Packages of one project kept in a place of their own, apart from all others, are a **virtual environment**. Make one on the spot, and import torch there:

# %%
import subprocess
import sys
import tempfile
import venv
from pathlib import Path


def import_torch(python):
    """Import torch in another Python; return the last line that it prints."""
    program = "import sys, torch; print('torch', torch.__version__)"
    done = subprocess.run([python, "-c", program], capture_output=True, text=True)
    return (done.stdout or done.stderr).strip().splitlines()[-1]


with tempfile.TemporaryDirectory() as folder:
    venv.create(folder)
    python = Path(folder) / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    print("this Python:    ", import_torch(sys.executable))
    print("new environment:", import_torch(python))

# %% [markdown] tags=["zh"]
# 同一台机器、同一个 Python 版本，一个有 torch，一个没有。所以遇到这个报错，先问三件事，不要急着重装：
#
# ```console
# $ python -c "import sys; print(sys.executable)"
# $ python -m pip --version
# $ python -m pip show torch
# ```
#
# 第 1 行说正在用哪个 Python；第 2 行说 pip 往哪里装；第 3 行说那里有没有 torch。写 `python -m pip` 而不单写 `pip`，装进去的就一定是第 1 行的那个。
#
# ## 选哪种环境 { #which }
#
# | 工具 | 新建 | 进入 | 安装 |
# |---|---|---|---|
# | venv，Python 自带 | `python -m venv .venv` | `source .venv/bin/activate` | `python -m pip install torch torchvision` |
# | uv，快 | `uv venv` | `source .venv/bin/activate` | `uv pip install torch torchvision` |
# | conda，也管编译器和非 Python 的库 | `conda create -n dl python=3.12` | `conda activate dl` | `python -m pip install torch torchvision` |
#
# 三种都可以，一个项目用一种，不要混。没有特别的理由就用 venv，它不用另装。PyTorch 从 2.6 起不再发布 conda 的包，所以在 conda 环境里也用 pip 安装 torch（[公告](#references)）。旧教程里的 `conda install pytorch` 会装到很旧的版本，`sudo pip install` 会弄乱系统自己的 Python。
#
# ## torch 与 torchvision 要成对 { #pair }
#
# torchvision 里有编译好的程序，与某个 torch 版本对应。只升级一个，导入时会报 `operator torchvision::nms does not exist`。一条命令同时安装二者，让 pip 去配对。这里用的一对：

# %% [markdown] tags=["en"]
# The same machine, the same version of Python: one has torch, one has not. So before installing anything again, ask three questions:
#
# ```console
# $ python -c "import sys; print(sys.executable)"
# $ python -m pip --version
# $ python -m pip show torch
# ```
#
# Line 1 says which Python runs, line 2 where pip installs, line 3 whether torch is there. Write `python -m pip`, not `pip` alone, and packages are sure to go into the Python of line 1.
#
# ## Which kind of environment { #which }
#
# | tool | make | enter | install |
# |---|---|---|---|
# | venv, part of Python | `python -m venv .venv` | `source .venv/bin/activate` | `python -m pip install torch torchvision` |
# | uv, fast | `uv venv` | `source .venv/bin/activate` | `uv pip install torch torchvision` |
# | conda, which manages compilers and libraries beyond Python too | `conda create -n dl python=3.12` | `conda activate dl` | `python -m pip install torch torchvision` |
#
# All three will do; use one per project and do not mix them. Without a particular reason take venv, which is there already. From 2.6 on PyTorch publishes no conda packages, so inside a conda environment torch is installed by pip as well ([announcement](#references)). The `conda install pytorch` of old tutorials gets a very old version, and `sudo pip install` meddles with the system's own Python.
#
# ## torch and torchvision are a pair { #pair }
#
# torchvision holds compiled code made for one version of torch. Upgrade only one of them, and the import fails with `operator torchvision::nms does not exist`. Install both by one command and let pip match them. The pair used here:

# %%
import torch
import torchvision

print("torch", torch.__version__, "| torchvision", torchvision.__version__)
boxes = torch.tensor([[0.0, 0, 10, 10], [1, 1, 11, 11], [20, 20, 30, 30]])
print("kept boxes:", torchvision.ops.nms(boxes, torch.tensor([0.9, 0.8, 0.7]), 0.5).tolist())

# %% [markdown] tags=["zh"]
# 第 2 行调用了那个 `nms`：它去掉与高分框重叠太多的框。它能运行，这一对就配上了。
#
# ## 把版本记下来 { #lock }
#
# 你只装了 torch，它又带来了别的。**先猜：几个？**

# %% [markdown] tags=["en"]
# The second line calls that very `nms`, which drops boxes that overlap too much with a box of higher score. If it runs, the pair fits.
#
# ## Write the versions down { #lock }
#
# You installed torch alone, and it brought others along. **Guess: how many?**

# %%
import re
from importlib import metadata


def needed_by(name, found=None):
    """Return all installed packages that a package needs, directly or not."""
    found = set() if found is None else found
    for requirement in metadata.requires(name) or []:
        other = re.match(r"[\w.-]+", requirement).group().lower()
        if "extra ==" in requirement or other in found:
            continue
        try:
            metadata.version(other)
        except metadata.PackageNotFoundError:        # for another system
            continue
        found.add(other)
        needed_by(other, found)
    return found


brought = needed_by("torch")
print(len(brought), "packages, among them", ", ".join(sorted(brought)[:5]))

# %% [markdown] tags=["zh"]
# {{ len(brought) }} 个包，任何一个半年后出了新版本，你的结果都可能变。`requirements.txt` 里写一句 `torch` 管不住它们。**锁定文件**把每个包（连同间接的）的确切版本和校验和都写下来，别人照它装，得到一模一样的环境；本项目的是 `requirements.lock`。想要什么写在一个文件里，装到了什么锁在另一个文件里，两个都交给版本管理。
#
# ## 笔记本：变量不看次序 { #notebook }
#
# **笔记本**由文字和可以逐格运行的代码组成，结果留在格子下面；本站的每一页右上角都能下载成笔记本。变量不在格子里，在后台的**内核**里，内核是另一个 Python：上面的第 1 行要在单元格里问。**先猜：“加倍”那一格手滑多点了一次，笔记本上看得出来吗？**

# %% [markdown] tags=["en"]
# {{ len(brought) }} packages, and a new release of any of them half a year from now may change your results. A line `torch` in `requirements.txt` does not hold them. A **lock file** has the exact version and checksum of each, indirect ones included, and whoever installs from it gets the same environment; that of this project is `requirements.lock`. What you want stands in one file, what you got is locked in another, and both belong under version control.
#
# ## Notebooks: variables know no order { #notebook }
#
# A **notebook** is made of text and of code cells that run one at a time and keep their output below; each page of this site can be downloaded as one, at the top right. Variables do not live in cells. They live in a **kernel** behind them, which is another Python: run line 1 from above in a cell. **Guess: the cell "double" was clicked once too often. Does the notebook show it?**

# %%
cells = {"load": "x = 3", "double": "x = 2 * x", "show": "print('x =', x)"}
for clicks in ("load double show", "load double double show", "show"):
    kernel = {}
    try:
        for name in clicks.split():
            exec(cells[name], kernel)
    except NameError as error:
        print("NameError:", error)

# %% [markdown] tags=["zh"]
# 三次的格子一字不差，结果是 6、12 和报错：看上去在前面的格子，这一次也许没有运行。所以交出去之前，重启内核、从头运行一遍。画图也在笔记本里最方便：**Matplotlib** 是 Python 的绘图库，一格的最后画出的图直接显示在下面，本站的曲线都是它画的；写成脚本运行时，要加 `plt.show()` 或 `savefig`，否则什么也看不到。
#
# ## 为什么这么大 { #size }
#
# **先猜：torch 自己占多少，为 GPU 带的库占多少？**

# %% [markdown] tags=["en"]
# Three times the very same cells, and 6, 12 and an error: a cell that stands above may not have run this time. So before handing a notebook on, restart its kernel and run it from the top. It is a good place for plots as well: **Matplotlib** is Python's plotting library, and what a cell draws appears below it; the curves of this site are made with it. In a script add `plt.show()` or `savefig`, or nothing is seen.
#
# ## Why so large { #size }
#
# **Guess first: how much of the disk does torch itself take, and how much do the libraries for GPUs?**

# %%
def gibibytes(*names):
    """Return how much the files of these packages take."""
    files = [file.locate() for name in names for file in metadata.files(name) or []]
    return sum(file.stat().st_size for file in files if file.is_file()) / 2**30


for_gpus = {found.name for found in metadata.distributions() if found.name.startswith(("nvidia-", "triton"))}
sizes = {"torch": gibibytes("torch"), "torchvision": gibibytes("torchvision"), "for GPUs": gibibytes(*for_gpus)}
print(", ".join(f"{name}: {size:.1f} GiB" for name, size in sizes.items()))

# %% [markdown] tags=["zh"]
# 在构建本页的机器上，torch 占 {{ f"{sizes['torch']:.1f}" }} GiB，为 NVIDIA 显卡带的库占 {{ f"{sizes['for GPUs']:.1f}" }} GiB。没有 NVIDIA 显卡，这些库一次也用不上，可以改装 CPU 版：照 PyTorch 官网的安装页选 CPU。macOS 和 Windows 上的默认包就不带它们。
#
# ## 下载太慢：用镜像 { #mirror }
#
# 国内的许多高校和云服务商都有软件源的镜像，清华大学的镜像站就是其中之一，各有一页说明，写着自己的地址。把下面的 `ADDRESS` 换成那个地址：
#
# ```console
# $ python -m pip config set global.index-url ADDRESS
# $ python -m pip config list
# ```
#
# 第 1 行只需做一次，第 2 行确认它记住了。conda 用 `conda config --add channels ADDRESS`，再用 `conda config --show channels` 确认；uv 读环境变量 `UV_DEFAULT_INDEX`。镜像比源头晚几个小时，刚发布的版本可能还没有。装 CPU 版或指定 CUDA 版本时，官网给的 `--index-url` 会盖过这里的设置。
#
# 数据集不经过这些镜像，见[没有网络怎么办](offline.py)。
#
# ## GPU 能用吗 { #gpu }

# %% [markdown] tags=["en"]
# On the machine that built this page torch takes {{ f"{sizes['torch']:.1f}" }} GiB, and the libraries for NVIDIA's cards take {{ f"{sizes['for GPUs']:.1f}" }} GiB. Without such a card they are never used, and the CPU build will do: choose CPU on the installation page of PyTorch's site. On macOS and Windows the default packages come without them.
#
# ## Slow downloads: use a mirror { #mirror }
#
# In China many universities and cloud providers mirror the package registry, Tsinghua University among them; each has a page that gives its address. Put that address in the place of `ADDRESS`:
#
# ```console
# $ python -m pip config set global.index-url ADDRESS
# $ python -m pip config list
# ```
#
# Line 1 is needed once, line 2 shows that it was remembered. For conda, `conda config --add channels ADDRESS`, checked by `conda config --show channels`; uv reads the variable `UV_DEFAULT_INDEX`. A mirror is a few hours behind its source, so the newest release may not be there yet. The `--index-url` that PyTorch's site gives for CPU builds or a certain CUDA overrides this setting.
#
# Data sets do not come through these mirrors: see [how to work without a network](offline.py).
#
# ## Does the GPU work { #gpu }

# %%
from dlnotes.training import choose_device

print("CUDA that this torch was built with:", torch.version.cuda)
print("a GPU that it can use:              ", torch.cuda.is_available())
print("Apple's GPU (mps):                  ", torch.backends.mps.is_available())
print(choose_device())

# %% [markdown] tags=["zh"]
# 前两行要分开看：
#
# - 第 1 行是 `None`：装的是 CPU 版，换一个版本；
# - 第 1 行是版本号，第 2 行是 `False`：包没有错，是驱动太旧、没有显卡，或者容器看不见显卡。先让 `nvidia-smi` 能运行。
#
# 包里已经带了 CUDA 的运行库，只要驱动够新，不必另装 CUDA。`choose_device` 依次看 cuda、mps、cpu，并说出理由；本站的每段代码都用它，所以有没有 GPU 都能运行。
#
# ## 常见的坑 { #traps }
#
# !!! warning "文件取名叫 torch.py"
#     自己的 `torch.py` 排在真正的 torch 前面，于是 `import torch` 导入了自己，报错说没有某个属性。改名，并删掉旁边的 `__pycache__`。
#
# !!! warning "看见报错就重装"
#     重装不会告诉你 pip 与 Python 是不是同一家。先问上面的三行。
#
# !!! warning "忘了 root='./data'"
#     有的数据集函数必须给出存放的文件夹；给错了，它会再下载一遍，或者说找不到。见[数据放在哪里](offline.py#where)。
#
# ## 练习 { #exercises }
#
# **1.** `which pip` 与 `which python` 在不同的文件夹里。`pip install torch` 之后 `import torch` 会怎样？怎样写就不会错？
#
# ??? success "答案"
#     torch 装进了 `pip` 所在的 Python，`python` 看不见它，除非二者恰好共用一个 `site-packages`。写 `python -m pip install torch`。
#
# **2.** `torch.version.cuda` 是一个版本号，`torch.cuda.is_available()` 却是 `False`。列出三种可能。
#
# ??? success "答案"
#     没有 NVIDIA 显卡；驱动没装或太旧；在容器或虚拟机里，显卡没有交给它；环境变量 `CUDA_VISIBLE_DEVICES` 是空的，把显卡都藏了起来。
#
# **3.** 一个虚拟环境坏了，怎样最快地恢复？需要事先留下什么？
#
# ??? success "答案"
#     删掉整个文件夹，重新建，再按记下的清单安装。要留下的是清单，而不是环境：`python -m pip freeze > requirements.txt`，或本项目的 `requirements.lock`。
#
# **4.** 把虚拟环境的文件夹整个复制到另一台机器，为什么往往不能用？
#
# ??? success "答案"
#     `pyvenv.cfg` 和 `bin` 里的脚本写着原来的 Python 和文件夹的绝对路径；编译好的包还与操作系统和处理器有关。复制清单，到那边重装。
#
# ## 参考文献 { #references }
#
# - PyTorch. [Start locally](https://pytorch.org/get-started/locally/)：按系统和 CUDA 版本给出安装命令。
# - PyTorch. [Deprecating PyTorch's official Anaconda channel](https://github.com/pytorch/pytorch/issues/138506). 2024.
# - Python. [venv：虚拟环境](https://docs.python.org/3/library/venv.html)。
# - 清华大学开源软件镜像站的使用帮助，在站上搜索 anaconda 或 pypi。
# - 阿斯顿·张等. [动手学深度学习](https://d2l.ai)：每章都有能运行的代码，可与本站对照。

# %% [markdown] tags=["en"]
# Read the first two lines separately:
#
# - line 1 is `None`: this is a CPU build, install another;
# - line 1 is a version and line 2 is `False`: the package is fine; the driver is too old, there is no card, or a container does not see it. First make `nvidia-smi` run.
#
# The package brings CUDA's runtime along: with a recent driver there is no need to install CUDA. `choose_device` looks for cuda, then mps, then cpu, and gives its reason; all code of this site uses it, and so runs with or without a GPU.
#
# ## Traps { #traps }
#
# !!! warning "A file named torch.py"
#     Your own `torch.py` comes before the real one, so `import torch` imports yourself and complains of a missing attribute. Rename it and delete the `__pycache__` beside it.
#
# !!! warning "Installing again at every error"
#     That does not tell whether pip and Python belong together. Ask the three lines above first.
#
# !!! warning "root='./data' forgotten"
#     Some data set functions must be given a folder; with a wrong one they download once more, or find nothing. See [where the data are](offline.py#where).
#
# ## Exercises { #exercises }
#
# **1.** `which pip` and `which python` lie in different folders. What does `import torch` do after `pip install torch`? How is it written so that it cannot go wrong?
#
# ??? success "Answer"
#     torch went into the Python that `pip` belongs to; `python` does not see it, unless both happen to share a `site-packages`. Write `python -m pip install torch`.
#
# **2.** `torch.version.cuda` is a version, and yet `torch.cuda.is_available()` is `False`. Name three possible reasons.
#
# ??? success "Answer"
#     There is no NVIDIA card; the driver is missing or too old; a container or virtual machine was not given the card; the variable `CUDA_VISIBLE_DEVICES` is empty and hides all cards.
#
# **3.** A virtual environment is broken. What is the fastest way back, and what must have been kept?
#
# ??? success "Answer"
#     Delete the folder, make it anew, and install from the list. The list is what to keep, not the environment: `python -m pip freeze > requirements.txt`, or this project's `requirements.lock`.
#
# **4.** Why does copying the folder of a virtual environment to another machine often fail?
#
# ??? success "Answer"
#     `pyvenv.cfg` and the scripts in `bin` hold absolute paths of the old Python and folder, and compiled packages depend on the system and the processor. Copy the list and install there.
#
# ## References { #references }
#
# - PyTorch. [Start locally](https://pytorch.org/get-started/locally/): install commands by system and version of CUDA.
# - PyTorch. [Deprecating PyTorch's official Anaconda channel](https://github.com/pytorch/pytorch/issues/138506). 2024.
# - Python. [venv: creation of virtual environments](https://docs.python.org/3/library/venv.html).
# - Tsinghua University. Help pages of its open source mirrors: search there for anaconda or pypi.
# - A. Zhang et al. [Dive into Deep Learning](https://d2l.ai): runnable code in every chapter, to compare with this site.
