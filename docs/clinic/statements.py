# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "“softmax 就是 1/(1+e⁻ˣ)”“跳跃连接省显存”“初始化用高斯”……流传很广的说法，逐条用数字检验。"
#       en: "\"Softmax is 1/(1+e^-x)\", \"shortcuts save memory\", \"weights start out Gaussian\": what is often said, each put to a number."
#     covers: [E-56, E-52, E-57, E-49, E-38, E-51, E-50, E-72, E-69, E-73, E-79, E-84, E-74, E-75]
#     labels:
#       plain: 直通
#       with shortcuts: 有捷径
#       sigmoid: sigmoid
#       sigmoid with batch norm: sigmoid 加批量归一化
#       ReLU: ReLU
#       layer: 层
#       gradient, last layer = 1: 梯度，最后一层 = 1
#       training loss: 训练损失
# ---

# %% [markdown] tags=["zh"]
# # 似是而非的说法 { #statements }
#
# 这一页没有报错。错的是话：笔记里、博客里、面试答案里流传的说法。**一句话是对是错，怎么才算数？** 把它写成代码，量一个数。每个病例里，“出错的代码”就是照那句话写出来的代码，“改好的代码”是照正确的说法写的。

# %% [markdown] tags=["en"]
# # Statements that are not quite so { #statements }
#
# Nothing on this page raises an error. What is wrong is what is said, in notes, in blogs, in answers to interview questions. **How can a sentence be put to the test?** Write it as code and measure a number. In each case the "broken code" does what the sentence says, and the "mended code" what the right sentence says.

# %% tags=["remove-input"]
import torch
from torch import nn

from dlnotes import clinic, figures, models, training
from dlnotes.clinic import statements

cases = clinic.kind("statements")

# %% [markdown] tags=["zh"]
# ## “softmax 就是 1/(1+e⁻ˣ)” { #sigmoid-called-softmax }
#
# 三个类别的 logits 是 1、2、3。先猜：两个公式算出的概率，和各是多少？
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:sigmoid-called-softmax-broken"
# ```

# %% [markdown] tags=["en"]
# ## "Softmax is 1/(1+e⁻ˣ)" { #sigmoid-called-softmax }
#
# Three classes with logits 1, 2, 3. Guess first: what do the probabilities of the two formulas sum to?
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:sigmoid-called-softmax-broken"
# ```

# %%
logits = torch.tensor([1.0, 2.0, 3.0])
for name, version in (("broken", statements.softmax_broken), ("fixed", statements.softmax_fixed)):
    answer = version(logits)
    print(f"{name:7} {[round(p, 3) for p in answer.tolist()]}, sum {answer.sum():.3f}")
x = torch.tensor(1.6)
print(f"tan {x:.1f} = {x.tan():.2f}, tanh {x:.1f} = {x.tanh():.3f}")

# %% [markdown] tags=["zh"]
# $1/(1+e^{-x})$ 是 sigmoid：每个数各算各的，适合“可以同时属于几类”的多标签问题。softmax 让各类互相比较，和总是 1。两类时它们是一回事：logit 为 $0$ 和 $x$ 的 softmax，第二个概率正是 $1/(1+e^{-x})$。
#
# 同一类的混淆还有把 tanh 写成 tan：tan 在 $\pi/2\approx1.571$ 处没有定义，越过去就变号，做不了激活函数。
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:sigmoid-called-softmax-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:sigmoid-called-softmax-check"
# ```

# %% [markdown] tags=["en"]
# $1/(1+e^{-x})$ is the sigmoid: each number by itself, right for tasks where several labels may hold at once. Softmax weighs the classes against each other, and its sum is always 1. For two classes the two formulas agree: with logits $0$ and $x$, the second probability of softmax is $1/(1+e^{-x})$.
#
# Another mix-up of this kind writes tan for tanh: tan is not defined at $\pi/2\approx1.571$ and changes sign beyond, so it is no activation.
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:sigmoid-called-softmax-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:sigmoid-called-softmax-check"
# ```

# %% [markdown] tags=["zh"]
# ## “交叉熵只关心正确的类别” { #only-the-right-class }
#
# 交叉熵的值是 $-\ln p_y$，式子里只有正确类别 $y$ 的概率 $p_y$。先猜：对另外九个 logit 的梯度，是不是 0？
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:only-the-right-class-broken"
# ```

# %% [markdown] tags=["en"]
# ## "Cross-entropy cares only about the right class" { #only-the-right-class }
#
# The value of the cross-entropy is $-\ln p_y$, and only the probability $p_y$ of the right class $y$ is in it. Guess first: is the gradient with respect to the other nine logits 0?
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:only-the-right-class-broken"
# ```

# %%
for name, version in (("broken", statements.right_class_broken), ("fixed", statements.right_class_fixed)):
    print(f"{name:7}", [round(g, 2) for g in version(torch.zeros(10), 3).tolist()])

# %% [markdown] tags=["zh"]
# **值**只看正确的类别，**梯度**却是 $p - y$：概率减去独热标签。softmax 的分母里有所有类别，压低别人也是抬高自己。所以每个错误类别按自己的概率挨推，越像的推得越狠。
#
# 同样似是而非的还有“概率超过 0.5 才算答对”。这样当然够了，却不是必须：10 个类别里，0.11 对 0.10 也是最大。[softmax 回归一页](../theory/softmax-regression.py#only-the-right-class)从头推了这个梯度。
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:only-the-right-class-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:only-the-right-class-check"
# ```

# %% [markdown] tags=["en"]
# The **value** looks at the right class only; the **gradient** is $p - y$, probabilities minus the one-hot label. All classes are in the denominator of softmax, so pressing others down lifts one's own. Each wrong class is pushed in proportion to its probability: the more alike, the harder.
#
# As shaky is "an answer is right once its probability exceeds 0.5". That is enough, and not needed: among 10 classes, 0.11 against 0.10 is the largest too. [The page on softmax regression](../theory/softmax-regression.py#only-the-right-class) derives the gradient.
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:only-the-right-class-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:only-the-right-class-check"
# ```

# %% [markdown] tags=["zh"]
# ## 没有激活函数，“多层”只有一层 { #layers-without-activation }
#
# 异或：两个输入不同为 1，相同为 0，一共四个点。先猜：三个 `Linear` 连在一起，学得会吗？
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:layers-without-activation-broken"
# ```

# %% [markdown] tags=["en"]
# ## Without an activation, several layers are one { #layers-without-activation }
#
# Exclusive or: 1 if two inputs differ and 0 if they are equal, four points in all. Guess first: can three `Linear` in a row learn it?
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:layers-without-activation-broken"
# ```

# %%
for name in ("broken", "fixed"):
    right = cases["layers-without-activation"].measure(name)
    print(f"{name:7} {right:g} of 4 points right")

# %% [markdown] tags=["zh"]
# 仿射映射接仿射映射还是一个仿射映射：$W_2(W_1x+b_1)+b_2=(W_2W_1)x+(W_2b_1+b_2)$，其中 $x$ 是输入，$W$ 和 $b$ 是各层的权重和偏置。一条直线分不开异或，三层也一样。
#
# 流行的说法是“隐藏层退化成一层”，对；常漏掉的是“仿射”，偏置也在里面。另一个混淆：softmax 作用在**输出**上，代替不了隐藏层的激活。[多层感知机一页](../theory/mlp.py#two-affine-maps-are-one)有图。
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:layers-without-activation-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:layers-without-activation-check"
# ```

# %% [markdown] tags=["en"]
# An affine map after an affine map is an affine map: $W_2(W_1x+b_1)+b_2=(W_2W_1)x+(W_2b_1+b_2)$, where $x$ is the input and $W$ and $b$ are the weights and biases of the layers. No straight line separates exclusive or, and three layers are no better.
#
# "Hidden layers collapse to one layer" is right as far as it goes; what it leaves out is that the one layer is affine, with a bias. And a softmax at the **output** does not stand in for activations of hidden layers. [The page on the multilayer perceptron](../theory/mlp.py#two-affine-maps-are-one) has pictures.
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:layers-without-activation-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:layers-without-activation-check"
# ```

# %% [markdown] tags=["zh"]
# ## “梯度离散”应当是梯度消失 { #gradients-fade }
#
# 有的笔记写“梯度离散”，也有的写“梯度弥散”。离散是“一格一格的”，与此无关；要说的是梯度一层比一层**小**，直到消失。先猜：10 层 sigmoid，第一层的梯度是最后一层的几分之一？
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:gradients-fade-broken"
# ```

# %% [markdown] tags=["en"]
# ## Vanishing gradients: the first layers stand still { #gradients-fade }
#
# Some say the gradient "changes little near 0"; what matters is that the gradient itself gets **smaller** from layer to layer until it is gone. Guess first: in 10 layers of sigmoid, what part of the last layer's gradient reaches the first?
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:gradients-fade-broken"
# ```

# %% tags=["hide-input"] alt_zh="从第 1 层到第 10 层的梯度：sigmoid 从后往前每层约缩小一个数量级；ReLU 缩小得慢；sigmoid 加批量归一化几乎不变。" alt_en="Gradients of layers 1 to 10: with sigmoid they shrink by about a factor of ten per layer towards the front, with ReLU more slowly, and with batch normalization hardly at all."
import itertools


def gradients(net):
    net(torch.randn(64, 64, generator=torch.Generator().manual_seed(0))).pow(2).sum().backward()
    norms = [p.grad.norm().item() for p in net.parameters() if p.dim() > 1]
    return [norm / norms[-1] for norm in norms]


torch.manual_seed(0)
relu = nn.Sequential(*itertools.chain(*[(nn.Linear(64, 64), nn.ReLU()) for _ in range(10)]))
series = {"sigmoid": statements.fading_broken(), "ReLU": relu, "sigmoid with batch norm": statements.fading_fixed()}
series = {name: gradients(net) for name, net in series.items()}
figures.lines(series, xlabel="layer", ylabel="gradient, last layer = 1", log=True)

# %% [markdown] tags=["zh"]
# sigmoid 的导数最大是 0.25，反向每过一层就乘一次，还要乘上权重。第一层只剩 {{ f"{series['sigmoid'][0]:.0e}" }}。不是损失变化小，是前面的层收不到消息。
#
# 批量归一化把每层的输入拉回 sigmoid 最陡的地方，又抵消了权重的尺度，梯度就传得到头。换成 ReLU 也好得多，因为它的导数是 0 或 1。
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:gradients-fade-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:gradients-fade-check"
# ```

# %% [markdown] tags=["en"]
# The derivative of sigmoid is at most 0.25, and going backward multiplies by it at every layer, and by the weights too. The first layer is left with {{ f"{series['sigmoid'][0]:.0e}" }} of the last layer's gradient. The early layers get no word of the loss.
#
# Batch normalization brings the input of each layer back to where sigmoid is steep and takes out the scale of the weights, and gradients get through. ReLU helps as well, as its derivative is 0 or 1.
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:gradients-fade-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:gradients-fade-check"
# ```

# %% [markdown] tags=["zh"]
# ## LeNet 用 sigmoid，像是坏了 { #sigmoid-plateau }
#
# 代码没有错，数据没有错，损失却停在 $\ln 10\approx2.30$，也就是随机猜测。先猜：是学习率太小，还是要等？
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:sigmoid-plateau-broken"
# ```

# %% [markdown] tags=["en"]
# ## LeNet with sigmoid looks broken { #sigmoid-plateau }
#
# The code is right and the data are right, and the loss stays at $\ln 10\approx2.30$, which is guessing. Guess first: is the learning rate too small, or does it take patience?
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:sigmoid-plateau-broken"
# ```

# %% tags=["hide-input"] alt_zh="三种 LeNet 的训练损失：sigmoid 在图中的轮次里一直停在 2.3 附近；ReLU 先停一会儿再下降；sigmoid 加批量归一化一开始就下降。" alt_en="Training loss of three LeNets: with sigmoid it stays near 2.3 throughout; with ReLU it waits and then falls; with batch normalization it falls from the start."
losses = {}
for label, name in (("sigmoid", "lenet_sigmoid"), ("ReLU", "lenet"), ("sigmoid with batch norm", "lenet_bn")):
    training.seed_everything(0)
    losses[label] = statements.plateau_loss(models.create(name), epochs=4, lr=0.1, momentum=0.0)
figures.lines(losses, xlabel="epoch", ylabel="training loss")

# %% [markdown] tags=["zh"]
# 上一个病例的实际后果：梯度传到前面的层时已经很小，网络先要在平台上走很久。它并没有坏，多等几十个轮次，或者用 Adam、更大的学习率，它会动起来；第一个月的人等不到那时，就去改本来没错的代码了。
#
# LeNet 用 sigmoid 有它的年代，今天换成 ReLU，或者加批量归一化。
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:sigmoid-plateau-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:sigmoid-plateau-check"
# ```

# %% [markdown] tags=["en"]
# This is the last case in practice: gradients are small by the time they reach the early layers, and the network has a long plateau to cross. It is not broken; with many more epochs, with Adam or a higher rate, it gets going. A beginner does not wait that long, and starts changing code that was right.
#
# LeNet with sigmoid belongs to its time; today take ReLU, or add batch normalization.
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:sigmoid-plateau-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:sigmoid-plateau-check"
# ```

# %% [markdown] tags=["zh"]
# ## “跳跃连接只是为了梯度消失” { #shortcuts-beyond-gradients }
#
# 如果捷径的用处只是救活梯度，那么用批量归一化救活梯度之后，捷径就没有用了。做一做：30 层，每层都有批量归一化。先猜：有没有捷径，训练损失差多少？
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:shortcuts-beyond-gradients-broken"
# ```

# %% [markdown] tags=["en"]
# ## "Shortcuts are there for vanishing gradients" { #shortcuts-beyond-gradients }
#
# If shortcuts only kept gradients alive, they would be of no use once batch normalization does that. Try it: 30 layers, each with batch normalization. Guess first: how much does the training loss differ with and without shortcuts?
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:shortcuts-beyond-gradients-broken"
# ```

# %%
deep = {}
for label, skip in (("plain", False), ("with shortcuts", True)):
    training.seed_everything(0)
    net = statements.deep_net(skip=skip)
    ratio = statements.first_over_last(net, torch.randn(64, 1, 28, 28))
    deep[label] = statements.plateau_loss(net, epochs=5, lr=0.01, momentum=0.9)
    print(f"{label:15} gradient, first layer over last {ratio:.1e}; training loss after 5 epochs {deep[label][-1]:.2f}")

# %% tags=["hide-input"] alt_zh="5 个轮次的训练损失：有捷径的曲线始终在直通的下面。" alt_en="Training loss over 5 epochs: the curve with shortcuts is below the plain one all the way."
figures.lines(deep, xlabel="epoch", ylabel="training loss")

# %% [markdown] tags=["zh"]
# 直通网络的梯度没有消失，第一层的反而比最后一层的大得多；可是**训练**损失下不来。这叫退化，He 等人在 2015 年报告的就是它：层数更多，训练误差反而更高，这不是过拟合，也不是梯度消失。
#
# 捷径改变的是起点：每层只要学“在原样上改一点”，一开始近似恒等映射；直通网络的每一层都得先把信息原样传过去，这件事本身就不容易学。[深度一页](../models/depth.py)在卷积网络上量了退化，并排除了几种解释。
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:shortcuts-beyond-gradients-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:shortcuts-beyond-gradients-check"
# ```

# %% [markdown] tags=["en"]
# In the plain net gradients have not vanished: those of the first layer are much larger than the last one's. Still the **training** loss does not come down. This is degradation, and it is what He and others reported in 2015: more layers, and a higher error on the training set. It is not overfitting, and not vanishing gradients.
#
# Shortcuts change where things begin: a layer has only to learn what to add, and starts near the identity. In a plain net each layer has first to pass on what came in, and that alone is not easily learnt. [The page on depth](../models/depth.py) measures degradation in convolutional networks and rules explanations out.
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:shortcuts-beyond-gradients-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:shortcuts-beyond-gradients-check"
# ```

# %% [markdown] tags=["zh"]
# ## “跳跃连接大大节省显存” { #shortcuts-and-memory }
#
# 把这句话写成一个可以量的命题。先猜：一个两层卷积的块，加上捷径之后，前向传播为反向保留的字节数变多还是变少？
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:shortcuts-and-memory-broken"
# ```

# %% [markdown] tags=["en"]
# ## "Shortcuts save a great deal of memory" { #shortcuts-and-memory }
#
# Written as something that can be measured. Guess first: with a shortcut around two convolutions, does autograd keep more bytes for backward, or fewer?
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:shortcuts-and-memory-broken"
# ```

# %%
images = torch.randn(8, 16, 28, 28)
for skip in (False, True):
    kept = statements.saved_bytes(statements.Block(16, skip=skip), images)
    print(f"skip={skip!s:5} kept for backward: {kept / 2**20:.2f} MiB")

# %% [markdown] tags=["zh"]
# 一样多。反向传播要的是每个卷积的输入和每个 ReLU 的输出，捷径一样也没有去掉；被加的那一份本来就是第一个卷积的输入。通道数变化的块还要多一个 1×1 卷积，参数和显存都略多。
#
# 跳跃连接换来的是很深的网络训练得动，见上一个病例。要省显存，用激活重计算、半精度、更小的批量。
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:shortcuts-and-memory-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:shortcuts-and-memory-check"
# ```

# %% [markdown] tags=["en"]
# Equal. Backward needs the input of each convolution and the output of each ReLU, and the shortcut removes none of these; what is added was the input of the first convolution anyway. Where channels change, a block has one more 1×1 convolution, with a little more of both parameters and memory.
#
# What shortcuts buy is that very deep nets can be trained, see the case above. To save memory, use activation checkpointing, half precision, or smaller batches.
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:shortcuts-and-memory-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:shortcuts-and-memory-check"
# ```

# %% [markdown] tags=["zh"]
# ## DenseNet 是拼接，不是相加 { #added-not-concatenated }
#
# ResNet 相加，DenseNet 拼接。译文里一句“不需要加法项”，让人以为两者差不多。
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:added-not-concatenated-broken"
# ```

# %% [markdown] tags=["en"]
# ## DenseNet concatenates, it does not add { #added-not-concatenated }
#
# ResNet adds and DenseNet concatenates. A line in a translation, "terms need not be added", makes them look alike.
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:added-not-concatenated-broken"
# ```

# %% tags=["broken", "raises-exception"]
statements.dense_broken(torch.zeros(2, 64, 8, 8), nn.Conv2d(64, 32, 3, padding=1))

# %% [markdown] tags=["zh"]
# 相加要求形状相同，拼接只要求别的轴相同，通道数则越来越多：从 64 开始，每层添 32（增长率），4 层之后是 192。任它涨下去，计算量就爆了，所以 DenseNet 在块与块之间放**过渡层**：1×1 卷积把通道减半，平均池化把边长减半。
#
# `dim=1` 不能写错：拼在第 0 轴上，形状合得上时不会报错，样本数却翻了倍。
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:added-not-concatenated-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:added-not-concatenated-check"
# ```

# %% [markdown] tags=["en"]
# Adding wants equal shapes. Concatenation wants the other axes to be equal, and the channels grow: from 64, with 32 more at each layer (the growth rate), to 192 after 4 layers. Left to grow, the work explodes, so between blocks DenseNet puts a **transition**: a 1×1 convolution that halves the channels and average pooling that halves the sides.
#
# Mind the `dim=1`: along axis 0, where shapes fit, there is no error, and the number of samples doubles.
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:added-not-concatenated-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:added-not-concatenated-check"
# ```

# %%
maps, channels = torch.zeros(2, 64, 8, 8), [64]
for _ in range(4):
    maps = statements.dense_fixed(maps, nn.Conv2d(maps.shape[1], 32, 3, padding=1))
    channels.append(maps.shape[1])
print(channels)

# %% [markdown] tags=["zh"]
# ## “1×1 卷积是 VGG 的创新” { #who-invented-what }
#
# 网络就在手边，不必背，数一数就知道。先猜：VGG-16、NiN、GoogLeNet，哪些有 1×1 卷积？
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:who-invented-what-broken"
# ```

# %% [markdown] tags=["en"]
# ## "VGG brought the 1×1 convolution" { #who-invented-what }
#
# The networks are at hand, so there is no need to learn this by heart; count. Guess first: of VGG-16, NiN and GoogLeNet, which have 1×1 convolutions?
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:who-invented-what-broken"
# ```

# %%
for name in ("alexnet", "vgg16", "nin", "googlenet", "resnet50"):
    with torch.device("meta"):
        kernels = [layer.kernel_size[0] for layer in models.create(name).modules() if isinstance(layer, nn.Conv2d)]
    print(f"{name:10}", {f"{k}×{k}": kernels.count(k) for k in sorted(set(kernels))})

# %% [markdown] tags=["zh"]
# 1×1 卷积随 NiN 流行起来，GoogLeNet 用它降维，ResNet-50 的瓶颈结构也靠它。VGG 的论文里只有一个对照配置（C）用过，通行的 11、13、16、19 层都没有；别忘了 13 层的那个。
#
# 池化、ReLU 和暂退法也都不是 AlexNet 首创，它证明的是合在一起、用 GPU 训练、在 ImageNet 上管用：top-5 错误率从 26.2 % 降到 15.3 %。
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:who-invented-what-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:who-invented-what-check"
# ```

# %% [markdown] tags=["en"]
# The 1×1 convolution became common with NiN; GoogLeNet reduces channels with it, and so do the bottlenecks of ResNet-50. In the paper on VGG one configuration (C) tried it; the usual ones of 11, 13, 16 and 19 layers have none, and the one of 13 should not be forgotten.
#
# Pooling, ReLU and dropout were not invented for AlexNet either. It showed that together, trained on GPUs, they work on ImageNet: a top-5 error of 15.3% in place of 26.2%.
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:who-invented-what-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:who-invented-what-check"
# ```

# %% [markdown] tags=["zh"]
# ## 初始化成同一个值，256 个神经元只顶 1 个 { #equal-weights }
#
# 所有权重从 0.01 开始，谁也不偏袒。训练几步。先猜：256 个隐藏神经元里，有几个不同的？
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:equal-weights-broken"
# ```

# %% [markdown] tags=["en"]
# ## With equal weights, 256 neurons do the work of one { #equal-weights }
#
# All weights begin at 0.01, favouring none, and training takes a few steps. Guess first: of 256 hidden neurons, how many are different?
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:equal-weights-broken"
# ```

# %%
for name in ("broken", "fixed"):
    different = cases["equal-weights"].measure(name)
    print(f"{name:7} different neurons: {different:g}")

torch.manual_seed(0)
weight = nn.Linear(784, 256).weight.detach()
print(f"default of torch: largest {weight.abs().max():.4f}, 1/√784 = {784**-0.5:.4f}, largest over deviation {weight.abs().max() / weight.std():.2f}")
for std in (1.0, 784**-0.5):
    logits = torch.randn(64, 784) @ (std * torch.randn(784, 10))
    print(f"weights from N(0, {std:.3f}²): first loss {nn.functional.cross_entropy(logits, torch.randint(10, (64,))):.1f}")

# %% [markdown] tags=["zh"]
# 起点相同，梯度就相同，走一步还是相同：对称性不会自己打破，这一层永远只有一个神经元的本事。随机的用处就是让它们不同。
#
# “默认用高斯初始化”也不对：`nn.Linear` 和 `nn.Conv2d` 的默认是**均匀**分布，范围 $\pm1/\sqrt n$，$n$ 是输入个数。最大值只有标准差的 $\sqrt3\approx1.73$ 倍，高斯会远超过它。分布的形状不要紧，要紧的是**尺度**：标准差取 1，第一个损失就大得离谱。为什么是这个尺度，见[初始化一页](../theory/initialization.py#torch-defaults)。
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:equal-weights-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:equal-weights-check"
# ```

# %% [markdown] tags=["en"]
# Equal beginnings have equal gradients, and after a step they are still equal: the symmetry does not break by itself, and the layer never does more than one neuron could. Chance is there to make them differ.
#
# "The default is Gaussian" is wrong as well: `nn.Linear` and `nn.Conv2d` draw from a **uniform** distribution within $\pm1/\sqrt n$, with $n$ the number of inputs. Its largest value is $\sqrt3\approx1.73$ deviations; a Gaussian goes far beyond. The shape of the distribution matters little, its **scale** a great deal: with a deviation of 1, the first loss is absurd. [The page on initialization](../theory/initialization.py#torch-defaults) says where this scale comes from.
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:equal-weights-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:equal-weights-check"
# ```

# %% [markdown] tags=["zh"]
# ## “小批量梯度是无偏的”，有条件 { #uneven-batches }
#
# 1200 个样本，批量 500，于是有 500、500、200 三批。先猜：三个梯度的平均，等于全部样本的梯度吗？
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:uneven-batches-broken"
# ```

# %% [markdown] tags=["en"]
# ## "Mini-batch gradients are unbiased", on conditions { #uneven-batches }
#
# 1200 samples in batches of 500: that makes 500, 500 and 200. Guess first: is the mean of the three gradients that of all samples?
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:uneven-batches-broken"
# ```

# %%
for batch_size in (100, 500):
    gradients, sizes, full = statements.sorted_gradients(batch_size)
    error = (statements.uneven_broken(gradients, sizes) - full).norm() / full.norm()
    single = max((g - full).norm() / full.norm() for g in gradients)
    print(f"batches of {batch_size}: error of the plain mean {error:.1e}, of a single batch up to {single:.0%}")

# %% [markdown] tags=["zh"]
# 每批一样大，平均正好等于整体；有一批小，它的样本就分量过重。说小批量梯度“无偏”，意思是**均匀随机**抽取、大小相同时，期望等于整体梯度。没有打乱就不是随机抽取，最后一批不满就不是大小相同。
#
# 无偏也不等于准：单独一批可以偏得很远，噪声要靠很多步去平均，[优化器一页](../theory/optimizers.py#mini-batch)画出了它。
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:uneven-batches-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:uneven-batches-check"
# ```

# %% [markdown] tags=["en"]
# With batches of one size the mean is exactly the full gradient; with one that is smaller, its samples weigh too much. That mini-batch gradients are "unbiased" means: drawn **uniformly at random** and of equal size, their expectation is the full gradient. Data not shuffled are not drawn at random, and a short last batch is not of equal size.
#
# Nor does unbiased mean close: a single batch can be far off, and it takes many steps to average the noise away, as [the page on optimizers](../theory/optimizers.py#mini-batch) draws.
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:uneven-batches-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:uneven-batches-check"
# ```

# %% [markdown] tags=["zh"]
# ## 没有随机种子，只跑一次 { #one-run-reported }
#
# 同样的代码，同样的数据，跑 5 次。先猜：测试准确率差多少？
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:one-run-reported-broken"
# ```

# %% [markdown] tags=["en"]
# ## No seed, and a single run { #one-run-reported }
#
# The same code and the same data, run 5 times. Guess first: by how much does test accuracy differ?
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:one-run-reported-broken"
# ```

# %%
from dlnotes import data

scores, splits = [], data.load("digits")
for seed in range(5):
    training.seed_everything(seed)
    net = models.create("mlp_32_16")
    history = training.fit(net, splits, training.Config(epochs=5, lr=3e-3, seed=seed))
    scores.append(training.evaluate(net, splits.test, history.normalization).accuracy)
mean, std = torch.tensor(scores).mean().item(), torch.tensor(scores).std().item()
print(" ".join(f"{score:.3f}" for score in scores))
print(f"mean {mean:.3f} ± {std:.3f} (5 seeds)")

# %% [markdown] tags=["zh"]
# 初始化、样本的次序、暂退法、增强，都由随机数决定。最好的和最差的差了 {{ f"{max(scores) - min(scores):.3f}" }}。两种做法各跑一次，差别比这还小，就什么也说明不了。
#
# 种子解决“能不能重来”，多个种子解决“信不信得过”，两件事都要做：固定种子，跑三到五个，报平均和标准差。GPU 上个别运算每次的舍入不同，线程数也有影响，所以同一个种子也不保证每一位都相同。
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:one-run-reported-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:one-run-reported-check"
# ```

# %% [markdown] tags=["en"]
# Initial weights, order of samples, dropout and augmentation are all decided by random numbers. Best and worst differ by {{ f"{max(scores) - min(scores):.3f}" }}. Two methods run once each that differ by less than this show nothing.
#
# A seed answers "can it be repeated", several seeds answer "can it be trusted", and both are needed: fix the seed, run three to five, report mean and deviation. On a GPU some operations round differently each time, and the number of threads matters too, so one seed does not promise equality to the last digit.
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:one-run-reported-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:one-run-reported-check"
# ```

# %% [markdown] tags=["zh"]
# ## 各跑一次，挑最高的那个学习率 { #winner-of-one-run }
#
# 学习率 0.15 和 0.165，假设真的一样好，每次的准确率只在 0.90 上下波动 0.01。先猜：各跑一次、挑高的，会有多少次宣布“有一个更好”？
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:winner-of-one-run-broken"
# ```

# %% [markdown] tags=["en"]
# ## One run each, and the highest learning rate wins { #winner-of-one-run }
#
# Suppose the learning rates 0.15 and 0.165 are in truth equally good, and accuracy just wobbles by 0.01 around 0.90. Guess first: with one run each, how often is one of them declared better?
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:winner-of-one-run-broken"
# ```

# %%
for name in ("broken", "fixed"):
    share = cases["winner-of-one-run"].measure(name)
    print(f"{name:7} a winner is named in {share:.0%} of the trials")

# %% [markdown] tags=["zh"]
# 次次都宣布，每次都是假的。五个种子取平均，再要求领先超过噪声的两倍，误判就少了；剩下的几个百分点是任何有限的次数都免不了的。
#
# 还有一处更隐蔽：比较是在**测试集**上做的。每比一次，就把测试集用掉一点，见下一个病例。学习率怎样找，[学习率一页](../training/learning-rate.py#refine)量过一遍。
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:winner-of-one-run-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:winner-of-one-run-check"
# ```

# %% [markdown] tags=["en"]
# Every time, and each time wrongly. The mean over five seeds, and a lead of more than twice the noise, leave few false alarms; the few percent that remain come with any finite number of runs.
#
# Less visible: the comparison was made on the **test set**. Each comparison uses up a little of it, see the next case. How to find a learning rate is measured [on its page](../training/learning-rate.py#refine).
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:winner-of-one-run-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:winner-of-one-run-check"
# ```

# %% [markdown] tags=["zh"]
# ## “每个轮次看一眼测试集” { #watched-test-set }
#
# 100 个候选，个个都是瞎猜，真实的准确率都是 0.1。测试集有 500 个样本。先猜：按测试集挑出最好的一个，报告的准确率是多少？
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:watched-test-set-broken"
# ```

# %% [markdown] tags=["en"]
# ## "A look at the test set after each epoch" { #watched-test-set }
#
# 100 candidates, all of them guessing, so that each has a true accuracy of 0.1. The test set has 500 samples. Guess first: choose the best by the test set, and which accuracy is reported?
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:watched-test-set-broken"
# ```

# %%
for name in ("broken", "fixed"):
    excess = cases["watched-test-set"].measure(name)
    print(f"{name:7} reported on average: {0.1 + excess:.3f}, true: 0.100")

# %% [markdown] tags=["zh"]
# 什么也没学会，报告却高出了一大截，全是运气。候选越多、测试集越小，虚高越多；“每个轮次看一眼，取最高的”就是一次 100 选 1。
#
# 所以要第三份数据：**验证集**用来挑，挑多少次都行；**测试集**只在最后量一次，量的是已经选定的那一个。叫它“验证测试集”，就是两样混成了一样。[泛化一页](../theory/generalization.py#leakage)画出了虚高怎样随候选个数增长。
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:watched-test-set-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:watched-test-set-check"
# ```

# %% [markdown] tags=["en"]
# Nothing was learnt, and the report is far above the truth, by luck alone. The more candidates and the smaller the test set, the more; "look after each epoch, keep the best" is one choice out of 100.
#
# Hence a third set: the **validation set** is there to choose by, as often as you like; the **test set** is measured once, at the end, for the one that was chosen. A "validation test set" makes two things one. [The page on generalization](../theory/generalization.py#leakage) draws how the excess grows with the number of candidates.
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:watched-test-set-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:watched-test-set-check"
# ```

# %% [markdown] tags=["zh"]
# ## “测试时要把输出乘上保留率” { #dropout-scaled-twice }
#
# 暂退法训练时随机丢掉一半。最早的论文说，测试时要乘 0.5 补回来。先猜：torch 里还要自己乘吗？
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:dropout-scaled-twice-broken"
# ```

# %% [markdown] tags=["en"]
# ## "At test time, multiply the outputs by the keep rate" { #dropout-scaled-twice }
#
# Dropout drops half at random while training. The first papers multiply by 0.5 at test time to make up for it. Guess first: in torch, do you have to?
#
# ```python broken
# --8<-- "dlnotes/clinic/statements.py:dropout-scaled-twice-broken"
# ```

# %%
layer = nn.Dropout(0.5)
torch.manual_seed(0)
print("training:  ", layer(torch.ones(8)).tolist())
print("evaluation:", layer.eval()(torch.ones(8)).tolist())
for name in ("broken", "fixed"):
    print(f"{name:7} evaluation over training: {cases['dropout-scaled-twice'].measure(name):.2f}")

# %% [markdown] tags=["zh"]
# torch 用的是“反向暂退法”：训练时把留下的数放大到 $1/(1-p)$ 倍，$p$ 是丢弃率，平均值已经补平，评估时原样通过。再乘一次，后面的层收到的就只有一半。
#
# 旧教材、旧代码里两种写法并存，照着公式改写之前，先看训练时有没有放大。暂退法在做什么，见[正则化一页](../theory/regularization.py#dropout)。
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:dropout-scaled-twice-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:dropout-scaled-twice-check"
# ```

# %% [markdown] tags=["en"]
# torch uses "inverted dropout": while training, what is kept is scaled up by $1/(1-p)$, where $p$ is the rate of dropping. The mean is made up for already, and evaluation passes everything through. Multiply once more, and the next layers receive half.
#
# Older books and code have both ways. Before following a formula, see whether it scales up in training. What dropout does is shown [on the page on regularization](../theory/regularization.py#dropout).
#
# ```python fixed
# --8<-- "dlnotes/clinic/statements.py:dropout-scaled-twice-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/statements.py:dropout-scaled-twice-check"
# ```
