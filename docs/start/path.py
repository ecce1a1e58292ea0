# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "从哪一页读起：五条路线，每一站问什么、读完能做什么，以及怎样读一页才学得会。"
#       en: "Where to start reading: five routes, what each stop asks and what you can do after it, and how to read a page so that it stays."
# ---

# %% [markdown] tags=["zh"]
# # 从哪里读起：五条路线 { #path }
#
# 没有人需要把本站从头读到尾。先回答一个问题：**你现在卡在哪里？**
#
# | 你的情况 | 走哪条 |
# |---|---|
# | 第一次学深度学习，会写 Python 函数 | [路线一：从零开始](#beginner) |
# | 会调包，想知道为什么 | [路线二：看进里面](#why) |
# | 模型训不动，或者不敢相信结果 | [路线三：让它好用](#practice) |
# | 要读论文，想看网络是怎么演变的 | [路线四：读架构](#papers) |
# | 公式看不下去 | [路线五：补数学](#mathematics) |
#
# ## 怎样读一页 { #how }
#
# 1. 每页从一个问题开始，**“先猜”**就是请你停下来，写一个答案再往下看。猜错的地方记得最牢。
# 2. 代码都真的运行过，数字来自当次运行。右上角的箭头下载这一页的笔记本：改一个数，再跑一遍，看结果怎么变。
# 3. 页末的练习先写再展开答案。有命令的那些，[可以让电脑核对](exercises.py)。
# 4. 带点线的词停一停就有解释，点开是[术语表](../glossary.md)。
#
# ## 路线一：从零开始 { #beginner }
#
# 需要中学数学和一点 Python。走完这六站，你能从头写出、训练并评估一个图像分类网络，还能用它认自己写的数字。
#
# 1. **先跑起来**：[安装](index.py)，[十分钟训练第一个模型](first-model.py)。看不懂代码没关系，先看见它动。
# 2. **看清问题**：[什么是深度学习](../theory/what-is-deep-learning.py)，[训练时全对，考试时呢](../theory/generalization.py)，[切分与泄漏](../training/splits.py)。
# 3. **张量与梯度**：[张量](../theory/tensors.py)，[索引与变形](../theory/indexing.py)，[自动求导](../theory/autograd.py)。
# 4. **第一个网络**：[线性回归](../theory/linear-regression.py)，[softmax 回归](../theory/softmax-regression.py)，[多层感知机](../theory/mlp.py)，[训练循环](../training/loop.py)。
# 5. **图像**：[卷积](../theory/convolution.py)，[通道、填充、步幅](../theory/channels.py)，[池化](../theory/pooling.py)，[LeNet](../models/lenet.py)，[它看见了什么](../models/what-a-cnn-sees.py)。
# 6. **练好它**：[优化器](../theory/optimizers.py)，[学习率](../training/learning-rate.py)，[正则化](../theory/regularization.py)，[数据增强](../training/augmentation.py)，[随机种子](../training/seeds.py)。
#
# 收尾：拍一张[自己写的数字](../training/own-digit.py)，让它认。认错了，那一页会告诉你为什么。
#
# ## 路线二：看进里面 { #why }
#
# 这些页大多有从零写出的代码，与 torch 核对过。
#
# - 梯度从哪来，往哪去：[自动求导](../theory/autograd.py)，[初始化](../theory/initialization.py)，[深度为什么会伤人](../models/depth.py)，[残差网络](../models/resnet.py)。
# - 损失在要求什么：[softmax 回归](../theory/softmax-regression.py)，[损失函数](../theory/losses.py)。
# - 每一步走多远：[优化器](../theory/optimizers.py)，[自适应优化器](../theory/adaptive-optimizers.py)，[损失曲面](../theory/loss-surface.py)，[归一化](../theory/normalization.py)，[批量归一化](../models/batch-norm.py)。
# - 卷积究竟省了什么：[卷积](../theory/convolution.py)，[感受野](../theory/receptive-field.py)，[上采样](../theory/upsampling.py)。
# - 注意力看向哪里：[序列](../theory/sequences.py)，[注意力机制](../theory/attention.py)，[视觉 Transformer](../theory/vision-transformer.py)。
# - 没有标签学什么：[自编码器](../theory/autoencoder.py)。
# - 它凭什么这样答：[为什么是这个答案](../models/why-this-answer.py)。
#
# ## 路线三：让它好用 { #practice }
#
# - 现在就坏着：把报错贴进[门诊](../clinic/index.py)，或让[医生](../clinic/doctor.py)检查你的模型；准确率停着不动，看[调试](../training/debugging.py)。
# - 数据可信吗：[数据](../training/data.py)，[切分、泄漏与偏移](../training/splits.py)，[数据增强](../training/augmentation.py)。
# - 分数可信吗：[评价指标](../training/metrics.py)，[随机种子](../training/seeds.py)，[哪个改动真有用](../training/tuning.py)。
# - 数据太少：[迁移学习](../training/transfer.py)。
# - 放得下、跑得快、存得住：[显存](../training/memory.py)，[GPU 与混合精度](../training/precision.py)，[时间花在哪里](../training/speed.py)，[检查点](../training/checkpoints.py)。
#
# ## 路线四：读架构 { #papers }
#
# 先看[总览](../models/index.py)里的时间线，再按年份读：[LeNet](../models/lenet.py)、[AlexNet](../models/alexnet.py)、[NiN](../models/nin.py)、[VGG](../models/vgg.py)、[GoogLeNet](../models/googlenet.py)、[批量归一化](../models/batch-norm.py)、[ResNet](../models/resnet.py)、[DenseNet](../models/densenet.py)，[ResNet 之后](../models/after-resnet.py)，最后是[逐像素的预测](../models/dense-prediction.py)。从 LeNet 到 DenseNet，每个网络都有论文里的原版，torchvision 也有的就逐层核对；还有一个几秒就能训练的小版本。
#
# ## 路线五：补数学 { #mathematics }
#
# 三页，都用代码说话：[记号](../theory/notation.py)，[线性代数与导数](../theory/linear-algebra.py)，[概率与统计](../theory/probability.py)。不必先读完再开始：读别的页时遇到了，再回来查。

# %% [markdown] tags=["en"]
# # Where to start: five routes { #path }
#
# Nobody needs to read this site from end to end. Answer one question first: **where are you stuck?**
#
# | where you are | your route |
# |---|---|
# | new to deep learning, at home with Python functions | [Route 1: from zero](#beginner) |
# | you call the libraries, and want to know why they work | [Route 2: look inside](#why) |
# | your model will not train, or you do not trust its result | [Route 3: make it work](#practice) |
# | you read papers, and want to see how networks evolved | [Route 4: architectures](#papers) |
# | the formulas stop you | [Route 5: the mathematics](#mathematics) |
#
# ## How to read a page { #how }
#
# 1. Each page opens with a question. **Bold questions** ask you to stop and to write down an answer before you go on. What you guessed wrong you will remember best.
# 2. All code was really run, and the numbers are from that run. The arrow at the top right downloads the page as a notebook: change a number, run it again, see what moves.
# 3. Do the exercises at the end before you unfold the answers. Those that show a command [can be checked by your computer](exercises.py).
# 4. Words with a dotted line explain themselves when you pause on them, and lead to the [glossary](../glossary.md).
#
# ## Route 1: from zero { #beginner }
#
# You need school mathematics and a little Python. After these six stops you can write, train and judge an image classifier from nothing, and let it read digits that you wrote yourself.
#
# 1. **Run something**: [install](index.py), [a first model in ten minutes](first-model.py). Never mind the code you do not follow yet; see it move first.
# 2. **See the question**: [what deep learning is](../theory/what-is-deep-learning.py), [perfect in training, and in the exam?](../theory/generalization.py), [splits and leakage](../training/splits.py).
# 3. **Tensors and gradients**: [tensors](../theory/tensors.py), [indexing and shapes](../theory/indexing.py), [autograd](../theory/autograd.py).
# 4. **A first network**: [linear regression](../theory/linear-regression.py), [softmax regression](../theory/softmax-regression.py), [the multilayer perceptron](../theory/mlp.py), [the training loop](../training/loop.py).
# 5. **Images**: [convolution](../theory/convolution.py), [channels, padding, stride](../theory/channels.py), [pooling](../theory/pooling.py), [LeNet](../models/lenet.py), [what it sees](../models/what-a-cnn-sees.py).
# 6. **Train it well**: [optimizers](../theory/optimizers.py), [the learning rate](../training/learning-rate.py), [regularization](../theory/regularization.py), [augmentation](../training/augmentation.py), [seeds](../training/seeds.py).
#
# To finish, photograph [a digit that you wrote](../training/own-digit.py) and have it read. If it is read wrongly, that page tells you why.
#
# ## Route 2: look inside { #why }
#
# Most of these pages build their subject from nothing and check it against torch.
#
# - Where gradients come from and where they go: [autograd](../theory/autograd.py), [initialization](../theory/initialization.py), [why depth hurts](../models/depth.py), [residual networks](../models/resnet.py).
# - What a loss asks for: [softmax regression](../theory/softmax-regression.py), [losses](../theory/losses.py).
# - How far each step goes: [optimizers](../theory/optimizers.py), [adaptive optimizers](../theory/adaptive-optimizers.py), [loss surfaces](../theory/loss-surface.py), [normalization](../theory/normalization.py), [batch normalization](../models/batch-norm.py).
# - What convolution saves: [convolution](../theory/convolution.py), [the receptive field](../theory/receptive-field.py), [upsampling](../theory/upsampling.py).
# - Where attention looks: [sequences](../theory/sequences.py), [attention](../theory/attention.py), [the vision Transformer](../theory/vision-transformer.py).
# - What is learned without labels: [the autoencoder](../theory/autoencoder.py).
# - What an answer rests on: [why this answer](../models/why-this-answer.py).
#
# ## Route 3: make it work { #practice }
#
# - It is broken now: paste the message into the [clinic](../clinic/index.py), or let the [doctor](../clinic/doctor.py) examine your model; if accuracy will not move, see [debugging](../training/debugging.py).
# - Is the data sound? [Data](../training/data.py), [splits, leakage and shift](../training/splits.py), [augmentation](../training/augmentation.py).
# - Is the score sound? [Metrics](../training/metrics.py), [seeds](../training/seeds.py), [which change really helped](../training/tuning.py).
# - Too little data: [transfer learning](../training/transfer.py).
# - Make it fit, run fast and last: [memory](../training/memory.py), [GPU and mixed precision](../training/precision.py), [where the time goes](../training/speed.py), [checkpoints](../training/checkpoints.py).
#
# ## Route 4: architectures { #papers }
#
# See the timeline of the [overview](../models/index.py), then read by year: [LeNet](../models/lenet.py), [AlexNet](../models/alexnet.py), [NiN](../models/nin.py), [VGG](../models/vgg.py), [GoogLeNet](../models/googlenet.py), [batch normalization](../models/batch-norm.py), [ResNet](../models/resnet.py), [DenseNet](../models/densenet.py), [after ResNet](../models/after-resnet.py), and last [dense prediction](../models/dense-prediction.py). From LeNet to DenseNet each network stands as it was published, checked layer by layer where torchvision has it too, beside a small one that trains in seconds.
#
# ## Route 5: the mathematics { #mathematics }
#
# Three pages that speak in code: [notation](../theory/notation.py), [linear algebra and derivatives](../theory/linear-algebra.py), [probability and statistics](../theory/probability.py). There is no need to finish them first: come back when another page needs them.
