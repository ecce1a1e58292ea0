# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "批量与批量大小，特征与权重，标准化与正则化，拼错的词：只有文字能说清的错误。"
#       en: "Batch and batch size, feature and weight, standardization and regularization, misspelt words: mistakes that only words can carry."
#     covers: [E-58, E-59, E-65, E-71, E-76, E-81, E-82]
# ---

# %% tags=["remove-input"]
from dlnotes import data
from dlnotes.clinic.vocabulary import misspelt

samples, size = len(data.load("digits").train.images), 64

# %% [markdown] tags=["zh"]
# # 词汇 { #vocabulary }
#
# 词用错了，程序照样跑。**那有什么要紧？** 搜不到，问不清，读论文时对不上号，面试时被追问。这一页的错误没有代码可改，只有话可改；定义都在[术语表](../glossary.md)里。

# %% [markdown] tags=["en"]
# # Vocabulary { #vocabulary }
#
# With a wrong word the program still runs. **Does it matter, then?** A search finds nothing, a question is not understood, a paper does not fit what you know, an interviewer keeps asking. The mistakes of this page have no code to mend, only words; definitions are in the [glossary](../glossary.md).

# %% [markdown] tags=["zh"]
# ## 批量、迭代、批量大小是三件事 { #batch-iteration-batch-size }
#
# > “batch 就是 iteration，也就是 batch size。”
#
# - [批量](../glossary.md#term-batch)：一次送进网络的**那一组样本**。
# - [批量大小](../glossary.md#term-batch-size)：这一组里有几个样本，是一个**数**。
# - [迭代](../glossary.md#term-iteration)：用一个批量更新一次参数，是一个**动作**。
# - [轮次](../glossary.md#term-epoch)：把训练集过一遍，由许多次迭代组成；它不是“训练的次数”。
#
# 拿 digits 来算：训练集有 {{ samples }} 张图，批量大小 {{ size }}，丢掉不满的最后一批，一个轮次就是 {{ samples // size }} 次迭代。三样东西单位都不同，混在一起，学习率的调度就会差上几十倍，见[按轮次设的调度，却每个批量走一步](optimizers.py#scheduler-per-batch)。
#
# 同一处常见的还有“深度学习不需要特征”。它需要，只是特征由网络自己学出来，不用人来设计；数据怎样采、怎样裁、怎样归一化，仍然要人来想。深度学习兴起的原因也不只是数据和算力，还有算法：ReLU、批量归一化、跳跃连接、更好的初始化和优化器。

# %% [markdown] tags=["en"]
# ## Batch, iteration and batch size are three things { #batch-iteration-batch-size }
#
# > "A batch is an iteration, that is, the batch size."
#
# - [Batch](../glossary.md#term-batch): the **set of samples** that goes into the network at once.
# - [Batch size](../glossary.md#term-batch-size): how many samples there are in it, a **number**.
# - [Iteration](../glossary.md#term-iteration): one update of the parameters from one batch, an **act**.
# - [Epoch](../glossary.md#term-epoch): one pass over the training set, made of many iterations; it is not "how often one trains".
#
# For the digits: with {{ samples }} training images, a batch size of {{ size }} and the incomplete last batch left out, an epoch is {{ samples // size }} iterations. The units differ, and mixing them puts a learning rate schedule off by a factor of dozens, see [a schedule in epochs, stepped once a batch](optimizers.py#scheduler-per-batch).
#
# Often heard beside it: "deep learning needs no features". It does; but the network learns them, and nobody has to design them. How data are taken, cropped and normalized still has to be thought about. Nor did deep learning rise through data and computing power alone: ReLU, batch normalization, shortcut connections, better initialization and optimizers had their part.

# %% [markdown] tags=["zh"]
# ## 特征不是“因素（权重）” { #feature-or-weight }
#
# > “特征就是影响结果的因素，也就是权重。”
#
# [特征](../glossary.md#term-feature)是输入的一个量，随样本而变：这张图的某个像素，这套房的面积。[权重](../glossary.md#term-weight)是模型里的数，训练时学出来，之后对所有样本都一样。“面积”是特征，“每平方米加多少钱”是权重。隐藏层的输出也叫特征，因为它是后一层的输入。
#
# 同一处还写着“全连接层只在输入层和输出层之间”。[全连接层](../glossary.md#term-fully-connected-layer)指的是连法：每个输出连着每个输入。放在哪里都行，叠几层都行，输出层自己通常就是一个。

# %% [markdown] tags=["en"]
# ## A feature is not a weight { #feature-or-weight }
#
# > "A feature is a factor in the result, that is, a weight."
#
# A [feature](../glossary.md#term-feature) is a quantity of the input and differs from sample to sample: a pixel of this image, the area of this flat. A [weight](../glossary.md#term-weight) is a number of the model, learnt in training and then the same for all samples. "Area" is a feature, "what a square metre adds to the price" is a weight. Outputs of hidden layers are called features as well, since they are what the next layer takes.
#
# The same notes say that "a fully connected layer stands only between input and output". [Fully connected](../glossary.md#term-fully-connected-layer) says how things are joined: each output with each input. Such a layer may stand anywhere, several may follow each other, and the output layer mostly is one.

# %% [markdown] tags=["zh"]
# ## 同一个字母又指层又指神经元 { #layer-and-neuron }
#
# > “第 $i$ 层第 $i$ 个神经元的输出 $H_i^{(i)}$，偏置 $b_i^{(i)}$。”
#
# 照这样写，第 2 层只能有第 2 个神经元。要用两个字母：$h_j^{(l)}$ 是第 $l$ 层第 $j$ 个神经元的输出，$b_j^{(l)}$ 是它的偏置，$l$ 和 $j$ 各走各的。上标加括号，免得看成乘方。权重要三个指标，[记号一页](../theory/notation.py#names)说了规矩，也画了图。

# %% [markdown] tags=["en"]
# ## One letter for both the layer and the neuron { #layer-and-neuron }
#
# > "The output $H_i^{(i)}$ of neuron $i$ in layer $i$, with bias $b_i^{(i)}$."
#
# Written like this, layer 2 can only have a neuron 2. It takes two letters: $h_j^{(l)}$ is the output of neuron $j$ in layer $l$, $b_j^{(l)}$ is its bias, and $l$ and $j$ run independently. The brackets keep the upper index from being read as a power. A weight needs three indices; [the page on notation](../theory/notation.py#names) has the rules and a picture.

# %% [markdown] tags=["zh"]
# ## 注释里用错的词 { #comments-that-mislead }
#
# 代码是对的，注释说的是别的事。下面这些都来自真实的笔记：
#
# | 注释怎么说 | 应当怎么说 | 术语 |
# |---|---|---|
# | `padding=0`：不跳过 | 四周不补；跳过几格是步幅的事 | [填充](../glossary.md#term-padding)，[步幅](../glossary.md#term-stride) |
# | 灰度图是一维的 | 灰度图有一个通道，仍有高和宽 | [通道](../glossary.md#term-channel) |
# | `Normalize`：正则化 | 标准化：减均值，除标准差；正则化防的是过拟合 | [标准化](../glossary.md#term-standardization)，[正则化](../glossary.md#term-regularization) |
# | `DataLoader`：下载数据 | `datasets.MNIST` 下载，`DataLoader` 分批、打乱 | [数据加载器](../glossary.md#term-dataloader) |
# | `pyplot`：处理图片 | 画图；处理图片的是 Pillow 和 torchvision | [Matplotlib](../glossary.md#term-matplotlib) |
# | BP 模型 | 模型是卷积网络，反向传播是求梯度的办法 | [反向传播](../glossary.md#term-backpropagation) |
# | `epoch`：训练次数 | 把训练集过几遍 | [轮次](../glossary.md#term-epoch) |
#
# 注释写**为什么**，不写**是什么**：是什么，代码自己会说，而且不会说错。

# %% [markdown] tags=["en"]
# ## Wrong words in comments { #comments-that-mislead }
#
# The code is right, and the comment speaks of something else. All of these come from real notes:
#
# | what the comment says | what it should say | terms |
# |---|---|---|
# | `padding=0`: no skipping | nothing is added around; skipping is the stride's business | [padding](../glossary.md#term-padding), [stride](../glossary.md#term-stride) |
# | a grey image is one-dimensional | it has one channel, and still height and width | [channel](../glossary.md#term-channel) |
# | `Normalize`: regularization | standardization: minus the mean, over the deviation; regularization is against overfitting | [standardization](../glossary.md#term-standardization), [regularization](../glossary.md#term-regularization) |
# | `DataLoader`: downloads the data | `datasets.MNIST` downloads, `DataLoader` batches and shuffles | [data loader](../glossary.md#term-dataloader) |
# | `pyplot`: processes images | it draws; Pillow and torchvision process images | [Matplotlib](../glossary.md#term-matplotlib) |
# | BP model | the model is a convolutional network; backpropagation is how gradients are found | [backpropagation](../glossary.md#term-backpropagation) |
# | `epoch`: number of trainings | passes over the training set | [epoch](../glossary.md#term-epoch) |
#
# A comment says **why**, and leaves **what** to the code, which says it better and cannot be wrong.

# %% [markdown] tags=["zh"]
# ## 人名和网络名 { #names-of-people-and-networks }
#
# ResNet 的第一作者是**何恺明**，“恺”是竖心旁，常错成“凯”。GoogLeNet 的 L 大写，是向 LeNet 致意，写成 GoogleNet 就看不出来了。两个名字拼错，论文和代码都难搜到；术语表里是[残差网络](../glossary.md#term-resnet)和 [GoogLeNet](../glossary.md#term-googlenet)。

# %% [markdown] tags=["en"]
# ## Names of people and networks { #names-of-people-and-networks }
#
# The first author of ResNet is Kaiming He, in Chinese **何恺明**; the second character is often written wrongly. GoogLeNet has a capital L in honour of LeNet, which "Google-net" hides. Misspelt, both are hard to find in papers and code; in the glossary they are [ResNet](../glossary.md#term-resnet) and [GoogLeNet](../glossary.md#term-googlenet).

# %% [markdown] tags=["zh"]
# ## 拼错的词搜不到 { #misspelt-words }
#
# 下面这些拼法都是在笔记和代码里找到的，左边是错的，右边是对的：
#
# {{ misspelt() }}
#
# 变量名拼错一处，程序会报 `NameError`，或者更糟，[悄悄用了别的变量](optimizers.py#misspelt-parameter)。设置的键拼错，[谁也不管](python.py#any-key-goes)。标题和文件名拼错，搜索就找不到。`codespell` 查英文拼写，一条命令看遍整个文件夹；本项目每次提交前都跑它。

# %% [markdown] tags=["en"]
# ## A misspelt word is not found { #misspelt-words }
#
# All of these were found in notes and code, wrong on the left and right on the right:
#
# {{ misspelt() }}
#
# A variable misspelt in one place raises a `NameError` or, worse, [quietly takes another variable](optimizers.py#misspelt-parameter). A misspelt setting [is accepted by anyone](python.py#any-key-goes). In a title or file name, it hides from search. `codespell` checks English spelling over a whole folder with one command; this project runs it before every commit.

# %% [markdown] tags=["zh"]
# ## 装到系统目录里的环境 { #where-packages-go }
#
# > “添加 free 频道；在 root 环境里装；`sudo` 装到 `/opt`。”
#
# 三条都过时或有害。conda 的 free 频道早已冻结，里面只有旧包，加上它，求解器会挑出互相不配的旧版本。自带的那个环境现在叫 `base`，root 是旧名；不要往里装东西，它坏了，conda 自己也坏了。用 `sudo` 装到系统目录，以后升级、卸载都要 `sudo`，别的用户也跟着受影响。
#
# 每个项目一个[虚拟环境](../glossary.md#term-virtual-environment)，放在自己的目录里，不需要管理员权限。做法见[开始](../start/index.py)。

# %% [markdown] tags=["en"]
# ## Environments in system folders { #where-packages-go }
#
# > "Add the channel free; install into the environment root; `sudo` into `/opt`."
#
# All three are outdated or do harm. The channel free of conda was frozen long ago and holds old packages only; with it the solver picks old versions that do not fit each other. The environment that conda brings is called `base` today, root is its old name; install nothing there, for when it breaks, so does conda itself. What `sudo` put into a system folder needs `sudo` for every update and removal, and other users live with it.
#
# Make one [virtual environment](../glossary.md#term-virtual-environment) per project, in a folder of your own; no administrator is needed. [Getting started](../start/index.py) shows how.
