# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "LeNet 怎样用 4 万多个参数认出手写数字：结构、每层的形状与代价、三次训练、它看见了什么、它错在哪里。"
#       en: "How LeNet reads handwritten digits with some forty thousand parameters: its structure, shapes and costs, three training runs, what it sees, where it errs."
#     covers: [A-01, A-08, N-20, N-23, N-35]
# ---

# %% tags=["remove-input"]
from dlnotes import models, summary

model = models.create("lenet")
ledger = summary.trace(model, (1, 28, 28))

# %% [markdown] tags=["zh"]
# # LeNet：两层卷积读数字 { #lenet }
#
# 一张 $28\times28$ 的图片有 784 个像素。若直接接一个 256 个神经元的全连接层，仅这一层就要二十万个权重，而且把数字右移 2 个像素，它看到的就是另一组输入。
#
# LeNet 总共只有 {{ f"{ledger.parameters:,}" }} 个参数，却认得更准。**它省下的参数去了哪里？省了之后，为什么反而更好？**
#
# 先猜一猜：参数最多的是卷积层，还是全连接层？计算量最大的呢？下文的[账本](#ledger)会给出答案。

# %% [markdown] tags=["en"]
# # LeNet: reading digits with two convolutions { #lenet }
#
# An image of $28\times28$ has 784 pixels. Join them to a fully connected layer of 256 neurons and that one layer needs two hundred thousand weights; shift the digit right by 2 pixels and it faces entirely different inputs.
#
# LeNet has {{ f"{ledger.parameters:,}" }} parameters in all, and reads better. **Where did the saved parameters go, and why is it better without them?**
#
# Take a guess first: which layers hold the most parameters, the convolutional or the fully connected ones? And which do the most work? The [ledger](#ledger) below tells.

# %% [markdown] tags=["zh"]
# ## 一张图看懂 { #idea }

# %% [markdown] tags=["en"]
# ## The idea in one picture { #idea }

# %% tags=["remove-input"] alt_zh="LeNet 的结构：1×28×28 的输入经两次“卷积、ReLU、最大池化”变成 16×4×4 的特征图，展平成 256 个数，再经三个全连接层得到 10 个 logits。" alt_en="LeNet: a 1×28×28 input passes twice through convolution, ReLU and max pooling and becomes 16×4×4 feature maps, then 256 numbers, then three fully connected layers lead to 10 logits."
from dlnotes import figures

figures.architecture(model, (1, 28, 28))

# %% [markdown] tags=["zh"]
# 蓝色的薄片是特征图，橙色的条是向量。这张图由下面的代码直接画出，所以不会和代码不一致。
#
# - **卷积**用同一个 $5\times5$ 的小窗口扫过整张图：每个窗口只看 25 个像素，所有位置共用一组权重。第 1 层因此只需要 $6\times(25+1)=156$ 个参数。
# - **池化**把相邻 4 个数留下最大的一个，长和宽各减半。笔画挪动一点，最大值往往不变。
# - **全连接层**把剩下的 256 个特征加权组合，说出这是哪个数字。

# %% [markdown] tags=["en"]
# Blue sheets are feature maps, orange bars are vectors. The picture is drawn from the code below, so the two cannot disagree.
#
# - **Convolution** slides one small $5\times5$ window over the whole image: each window sees 25 pixels, and all positions share one set of weights. Layer 1 therefore needs only $6\times(25+1)=156$ parameters.
# - **Pooling** keeps the largest of 4 neighbours and halves height and width. Move a stroke a little, and the maximum often stays the same.
# - **Fully connected layers** weigh the remaining 256 features against each other and name the digit.

# %% [markdown] tags=["zh"]
# ## 代码，从最小的块开始 { #code }
#
# 一个“卷积块”：卷积、（可选的）批量归一化、激活、池化。
#
# ```python
# --8<-- "dlnotes/models/lenet.py:block"
# ```
#
# 一个“全连接块”：
#
# ```python
# --8<-- "dlnotes/models/lenet.py:dense"
# ```
#
# 整个网络就是 2 个卷积块、2 个全连接块，加 1 个输出层：
#
# ```python
# --8<-- "dlnotes/models/lenet.py:model"
# ```
#
# 注意最后一层之后什么也没有：网络输出的是 logits，softmax 由损失函数来做。多加一个 softmax 会怎样，[门诊](../clinic/loss-heads.py#softmax-before-cross-entropy)里有实测。
#
# 两段各有名字。`features` 是**骨干网络**，把图像变成特征；`classifier` 是**网络头部**，把特征变成这道题的答案。换一道题，例如认字母，骨干可以留着，换一个 26 类的头就行；检测和分割网络也常借分类网络的骨干。没有标签也能学骨干，见[自编码器](../theory/autoencoder.py)。
#
# 想带走整个文件？`dlnotes copy lenet` 会打印它，除了 torch 什么都不需要。

# %% [markdown] tags=["en"]
# ## The code, smallest block first { #code }
#
# One convolutional block: convolution, batch normalization if wanted, activation, pooling.
#
# ```python
# --8<-- "dlnotes/models/lenet.py:block"
# ```
#
# One fully connected block:
#
# ```python
# --8<-- "dlnotes/models/lenet.py:dense"
# ```
#
# The whole network is 2 convolutional blocks, 2 fully connected blocks and 1 output layer:
#
# ```python
# --8<-- "dlnotes/models/lenet.py:model"
# ```
#
# Note that nothing follows the last layer: the network returns logits, and the loss function applies softmax. What a second softmax does is measured in the [clinic](../clinic/loss-heads.py#softmax-before-cross-entropy).
#
# Its two parts have names. `features` is the **backbone**, which turns an image into features; `classifier` is the **network head**, which turns these into answers. For another task, letters say, keep the backbone and put on a head of 26 classes; networks for detection and segmentation, too, borrow the backbones of classifiers. A backbone may even be learned without labels, see the [autoencoder](../theory/autoencoder.py).
#
# To take the whole file along, `dlnotes copy lenet` prints it; it needs nothing but torch.

# %% [markdown] tags=["zh"]
# ## 账本：形状、参数、计算量 { #ledger }

# %% [markdown] tags=["en"]
# ## The ledger: shapes, parameters, work { #ledger }

# %%
from dlnotes import models, summary

model = models.create("lenet")
ledger = summary.trace(model, input_shape=(1, 28, 28))
ledger

# %% tags=["remove-input"]
convolutions = [row for row in ledger.rows if row.type == "Conv2d"]
parameter_share = sum(row.parameters for row in convolutions) / ledger.parameters
mac_share = sum(row.macs for row in convolutions) / ledger.macs

# %% [markdown] tags=["zh"]
# 猜对了吗？卷积层只占 {{ f"{parameter_share:.0%}" }} 的参数，却做了 {{ f"{mac_share:.0%}" }} 的乘加运算（MACs）：同一组权重在每个位置都要用一遍。全连接层正好相反，每个权重只用一次。
#
# 再看最后一列。第 2 个池化层的每个数，已经能看到输入上 $16\times16$ 的一块；再往后，每个神经元都能看到整张图。
#
# 每个卷积层的输出边长由同一个公式算出：
#
# $$ m = \left\lfloor\frac{n + 2p - k}{s}\right\rfloor + 1 $$
#
# 其中 $n$ 是输入边长，$k$ 是卷积核边长，$p$ 是每侧的填充，$s$ 是步幅。代入第 1 层：$28-5+1=24$。它从哪里来、何时不成立，见[卷积](../theory/convolution.py#lenet-in-numbers)一页。

# %% [markdown] tags=["en"]
# Did you guess right? The convolutional layers hold only {{ f"{parameter_share:.0%}" }} of the parameters and do {{ f"{mac_share:.0%}" }} of the multiply-accumulate operations (MACs): the same weights are used again at every position. In a fully connected layer, each weight is used once.
#
# Now the last column. Every number after the second pooling layer sees a patch of $16\times16$ input pixels; further on, every neuron sees the whole image.
#
# One formula gives the side of every convolution's output:
#
# $$ m = \left\lfloor\frac{n + 2p - k}{s}\right\rfloor + 1 $$
#
# where $n$ is the side of the input, $k$ that of the kernel, $p$ the padding on each side and $s$ the stride. For layer 1: $28-5+1=24$. Where it comes from and when it fails stands on the page about [convolution](../theory/convolution.py#lenet-in-numbers).

# %% [markdown] tags=["zh"]
# ## 训练：三次，而不是一次 { #training }
#
# 一次运行可能只是运气好。下面用 3 个随机种子各训练一遍，设置和数据集都来自 `recipes`（默认是内置的 `digits`，不用下载）：

# %% [markdown] tags=["en"]
# ## Training: three runs, not one { #training }
#
# A single run may be luck. Here are 3 runs with 3 seeds; settings and data set come from `recipes` (by default the embedded `digits`, no download):

# %%
from dlnotes import recipes

runs = [recipes.run("lenet", seed=seed) for seed in range(3)]
runs[0].history.config

# %% tags=["hide-input"] alt_zh="三次训练的损失与准确率随轮次的变化；细线是每一次，粗线是平均。验证损失很快降到训练损失以下，验证准确率接近 1。" alt_en="Loss and accuracy over the epochs for three runs; thin lines are single runs, thick lines their mean. Validation loss soon falls below training loss, and validation accuracy nears 1."
figures.curves([run.history for run in runs])

# %% tags=["remove-input"]
from statistics import mean, stdev

accuracies = [run.test.accuracy for run in runs]
cpu = mean(run.history.cpu_seconds for run in runs)

# %% [markdown] tags=["zh"]
# 测试准确率：{{ f"{mean(accuracies):.1%}" }} ± {{ f"{100 * stdev(accuracies):.1f}" }} 个百分点（3 次的平均与标准差），每次训练约 {{ f"{cpu:.1f}" }} CPU 秒。测试集只在训练结束后看了一次。
#
# 奇怪的是：为什么验证损失比训练损失还**低**？不是数据泄漏。训练时的图片经过随机旋转、缩放和平移，更难认；损失里还有标签平滑，永远到不了 0。验证时两样都没有。若去掉增广，两条曲线会靠得很近——练习 3 请你试一试。

# %% [markdown] tags=["en"]
# Test accuracy: {{ f"{mean(accuracies):.1%}" }} ± {{ f"{100 * stdev(accuracies):.1f}" }} percentage points (mean and standard deviation of 3 runs), at about {{ f"{cpu:.1f}" }} CPU seconds a run. The test set was looked at once, after training.
#
# One thing looks odd: why is the validation loss **lower** than the training loss? It is no leak. Images in training are turned, scaled and shifted at random, which makes them harder; and the loss has label smoothing in it, which never reaches 0. Validation has neither. Without augmentation the two curves come close: exercise 3 asks you to try.

# %% [markdown] tags=["zh"]
# ## 它错在哪里 { #mistakes }

# %% [markdown] tags=["en"]
# ## Where it errs { #mistakes }

# %% tags=["hide-input"] alt_zh="混淆矩阵：行是真实类别，列是预测类别。几乎所有样本都在对角线上，少数错误以橙色标出。" alt_en="Confusion matrix: rows are true classes, columns predicted ones. Almost all samples lie on the diagonal; the few mistakes are orange."
import torch

from dlnotes import training

test = runs[0].splits.test
counts = sum(
    training.confusion_matrix(
        training.predict(run.model, test.images, run.history.normalization), test.labels
    )
    for run in runs
)
wrong = int(counts.sum() - counts.diagonal().sum())
figures.confusion_matrix(counts, runs[0].splits.classes)

# %% [markdown] tags=["zh"]
# 3 次训练合计 {{ int(counts.sum()) }} 次预测，错了 {{ wrong }} 次。矩阵把错误染成橙色，因为对角线上的数字没有新消息：值得看的是哪两个数字被混淆。

# %% [markdown] tags=["en"]
# Of {{ int(counts.sum()) }} predictions over the 3 runs, {{ wrong }} were wrong. The mistakes are coloured, because the diagonal holds no news: what matters is which digits are taken for each other.

# %% [markdown] tags=["zh"]
# ## 它看见了什么 { #features }
#
# 给它一个数字，看看第 1 个卷积块的 6 张特征图：

# %% [markdown] tags=["en"]
# ## What it sees { #features }
#
# Give it one digit and look at the 6 feature maps after the first block:

# %% tags=["hide-input"] alt_zh="左起：一个手写数字，以及第一个卷积块输出的 6 张 12×12 特征图，各自对不同方向的边缘有反应。" alt_en="From left: a handwritten digit and the 6 feature maps of 12×12 after the first block, each responding to edges of another direction."
image = test.images[:1]
with torch.no_grad():
    maps = runs[0].model.features[0](runs[0].history.normalization.apply(image))
pictures = [image[0, 0].float(), *maps[0].float()]
figures.image_grid(
    pictures, ["input", *[f"map {number}" for number in range(1, 7)]], columns=7
)

# %% [markdown] tags=["zh"]
# 6 个卷积核各自对某些方向的笔画有反应。是训练教会它们的，还是随机的初值已经如此？先猜，再看[把第 1 层冻结起来会怎样](what-a-cnn-sees.py#kernels)。

# %% [markdown] tags=["en"]
# Each of the 6 kernels responds to strokes of some directions. Did training teach them that, or did their random start? Guess, then see [what happens when layer 1 is frozen](what-a-cnn-sees.py#kernels).

# %% [markdown] tags=["zh"]
# ## 激活函数要紧吗 { #activation }
#
# 1998 年的网络用的是 S 形激活函数。把 ReLU 换回 sigmoid，再加上批量归一化，各训练 2 次。**先猜：只训练 5 个轮次，谁落后最多？**

# %% [markdown] tags=["en"]
# ## Does the activation matter? { #activation }
#
# The network of 1998 had an S-shaped activation. Put sigmoid in the place of ReLU, then add batch normalization, and train each 2 times. **Guess first: after only 5 epochs, which one is furthest behind?**

# %%
names = ["lenet", "lenet_sigmoid", "lenet_bn", "lenet5"]
short = {
    name: [recipes.run(name, seed=seed, epochs=5, lr=5e-3) for seed in range(2)]
    for name in names
}

# %% tags=["hide-input"] alt_zh="四种 LeNet 训练 5 个轮次后的测试准确率：sigmoid 版远远落后，其余三种都很高。" alt_en="Test accuracy of four LeNets after 5 epochs: the sigmoid one is far behind, the other three are high."
labels = ["ReLU", "sigmoid", "sigmoid + batch normalization", "LeNet-5: tanh"]
figures.bars(
    {
        label: [run.test.accuracy for run in short[name]]
        for label, name in zip(labels, names)
    },
    xlabel="test accuracy",
    limits=(0, 1),
)

# %% [markdown] tags=["zh"]
# 5 个轮次后，sigmoid 版只有 {{ f"{mean(run.test.accuracy for run in short['lenet_sigmoid']):.0%}" }}，ReLU 版已有 {{ f"{mean(run.test.accuracy for run in short['lenet']):.0%}" }}。sigmoid 的导数最大只有 $1/4$，经过 4 层，梯度至多剩下 $(1/4)^4=1/256$，前面的层几乎学不动。同样是 sigmoid，加上批量归一化就有 {{ f"{mean(run.test.accuracy for run in short['lenet_bn']):.0%}" }}：归一化把输入拉回导数最大的地方。
#
# 所以 sigmoid 版并没有写错，它只是需要更多轮次。看到损失长时间停在 $\ln 10\approx2.30$，先想到这一点，再去找错。

# %% [markdown] tags=["en"]
# After 5 epochs the sigmoid form stands at {{ f"{mean(run.test.accuracy for run in short['lenet_sigmoid']):.0%}" }}, the ReLU form at {{ f"{mean(run.test.accuracy for run in short['lenet']):.0%}" }}. The derivative of sigmoid is at most $1/4$; through 4 layers at most $(1/4)^4=1/256$ of a gradient is left, and the first layers hardly learn. The same sigmoid with batch normalization reaches {{ f"{mean(run.test.accuracy for run in short['lenet_bn']):.0%}" }}: normalization pulls the inputs back to where the derivative is largest.
#
# So the sigmoid form is not wrong; it only needs more epochs. When a loss stays near $\ln 10\approx2.30$ for long, think of this before you look for a mistake.

# %% [markdown] tags=["zh"]
# ## 论文、这份代码、torchvision { #paper }
#
# | 部分 | LeNet-5（1998） | `lenet5` | `lenet` |
# |---|---|---|---|
# | 输入 | 32×32 | 28×28，填充 2 | 28×28 |
# | 第 1 层卷积 | 6 个 5×5 | 6 个 5×5 | 6 个 5×5 |
# | 下采样 | 平均，带可训练的系数和偏置 | 平均池化 | 最大池化 |
# | 第 2 层卷积 | 16 个 5×5，按连接表 | 16 个 5×5，全部连接 | 16 个 5×5，全部连接 |
# | 激活 | 缩放的 tanh | tanh | ReLU |
# | 输出 | 径向基函数 | logits | logits |
# | 参数 | 约 60,000 | 61,706 | 44,426 |
#
# torchvision 没有 LeNet。`lenet5` 的参数比论文略多，是因为第 2 层卷积的每个核都看全部 6 张特征图；论文用连接表省去一部分，当时的机器需要这样省。

# %% [markdown] tags=["en"]
# ## The paper, this code, torchvision { #paper }
#
# | part | LeNet-5 (1998) | `lenet5` | `lenet` |
# |---|---|---|---|
# | input | 32×32 | 28×28, padding 2 | 28×28 |
# | convolution 1 | 6 of 5×5 | 6 of 5×5 | 6 of 5×5 |
# | subsampling | mean, with trainable coefficient and bias | average pooling | max pooling |
# | convolution 2 | 16 of 5×5, by a table | 16 of 5×5, all connected | 16 of 5×5, all connected |
# | activation | scaled tanh | tanh | ReLU |
# | output | radial basis functions | logits | logits |
# | parameters | about 60,000 | 61,706 | 44,426 |
#
# torchvision has no LeNet. `lenet5` has slightly more parameters than the paper, because every kernel of convolution 2 sees all 6 maps; the paper left some out by a table, as the machines of its time demanded.

# %% [markdown] tags=["zh"]
# ## 常见的坑 { #traps }
#
# !!! warning "输入不是 28×28"
#     展平之后的 256 是由输入大小算出来的。换一种大小，第 1 个全连接层就接不上。`summary.trace` 会指出是哪一层：

# %% [markdown] tags=["en"]
# ## Traps { #traps }
#
# !!! warning "The input is not 28×28"
#     The 256 after flattening follows from the size of the input. With another size the first fully connected layer no longer fits. `summary.trace` says which layer it is:

# %% tags=["raises-exception"]
summary.trace(models.create("lenet"), (1, 32, 32))

# %% [markdown] tags=["zh"]
# !!! warning "把数据搬到 GPU，却没有接住结果"
#     `images.to(device)` 不会改变 `images`。[门诊：数据没有搬过去](../clinic/devices.py#device-moves)。
#
# !!! warning "在输出层后面加 softmax"
#     损失会卡在 $1.46$ 附近。[门诊：交叉熵之前的 softmax](../clinic/loss-heads.py#softmax-before-cross-entropy)。

# %% [markdown] tags=["en"]
# !!! warning "Moving data to the GPU without keeping the result"
#     `images.to(device)` does not change `images`. [Clinic: the data never moved](../clinic/devices.py#device-moves).
#
# !!! warning "Softmax after the output layer"
#     The loss gets stuck near $1.46$. [Clinic: softmax before cross-entropy](../clinic/loss-heads.py#softmax-before-cross-entropy).

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 不运行代码，算出第 2 个卷积层的参数个数。
#
# ??? success "答案"
#     每个核看 6 张特征图，有 $6\times5\times5=150$ 个权重和 1 个偏置；共 16 个核，所以 $16\times151=2416$。
#
# **2.** 若第 1 层卷积改为填充 2，第 1 个全连接层的输入变成多少？参数总数呢？
#
# ??? success "答案"
#     边长依次是 28、14、10、5，所以输入是 $16\times5\times5=400$。第 1 个全连接层多出 $(400-256)\times120=17280$ 个权重，总数为 61,706，正是 `lenet5`。
#
# **3.** 去掉数据增强再训练一次，验证损失和训练损失哪个低？
#
# ??? success "答案"
#     `recipes.run("lenet", augmentation="none")`。训练图片不再更难，两条曲线靠近；训练损失的下限仍由标签平滑决定。
#
# **4.** 第 1 个全连接层接在 $16\times4\times4$ 的特征图后面，它其实也是一个卷积。写 `as_convolution(linear, channels, side)`，返回输出相同的 `nn.Conv2d`。这样改了之后，网络能吃 $32\times32$ 的图片吗？
#
# ??? success "答案"
#     卷积核与特征图一样大，$4\times4$，只有 1 个位置；权重的个数和次序都不变，换个形状就行。3 个全连接层都这样换掉，$32\times32$ 的图片就能通过，输出是 $2\times2$ 个位置各 10 个 logits。
#
#     ```python
#     import torch
#     from torch import nn
#
#
#     def as_convolution(linear, channels, side):
#         convolution = nn.Conv2d(channels, linear.out_features, side)
#         with torch.no_grad():
#             convolution.weight.copy_(linear.weight.view_as(convolution.weight))
#             convolution.bias.copy_(linear.bias)
#         return convolution
#     ```

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** Without running code, how many parameters does the second convolution have?
#
# ??? success "Answer"
#     Each kernel sees 6 maps: $6\times5\times5=150$ weights and 1 bias. There are 16 kernels, so $16\times151=2416$.
#
# **2.** If the first convolution had padding 2, how many inputs would the first fully connected layer have? And how many parameters the whole network?
#
# ??? success "Answer"
#     The sides are 28, 14, 10, 5, so there are $16\times5\times5=400$ inputs. The first fully connected layer gains $(400-256)\times120=17280$ weights, and the total is 61,706: that is `lenet5`.
#
# **3.** Train once more without augmentation. Which is lower, the validation loss or the training loss?
#
# ??? success "Answer"
#     `recipes.run("lenet", augmentation="none")`. The training images are no longer harder, so the curves come close; the floor of the training loss is still set by label smoothing.
#
# **4.** The first fully connected layer follows maps of $16\times4\times4$, and is a convolution in disguise. Write `as_convolution(linear, channels, side)`, which returns an `nn.Conv2d` with the same output. Does the network then take images of $32\times32$?
#
# ??? success "Answer"
#     The kernel is as large as the maps, $4\times4$, and has 1 position; the weights are as many and in the same order, only their shape changes. With all 3 fully connected layers replaced, an image of $32\times32$ passes, and the output is 10 logits at each of $2\times2$ positions.
#
#     ```python
#     import torch
#     from torch import nn
#
#
#     def as_convolution(linear, channels, side):
#         convolution = nn.Conv2d(channels, linear.out_features, side)
#         with torch.no_grad():
#             convolution.weight.copy_(linear.weight.view_as(convolution.weight))
#             convolution.bias.copy_(linear.bias)
#         return convolution
#     ```

# %% [markdown] tags=["zh"]
# ## 参考文献 { #references }
#
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner. [Gradient-based learning applied to document recognition](https://doi.org/10.1109/5.726791). Proceedings of the IEEE, 1998.
# - X. Glorot, Y. Bengio. [Understanding the difficulty of training deep feedforward neural networks](https://proceedings.mlr.press/v9/glorot10a.html). AISTATS, 2010.
# - S. Ioffe, C. Szegedy. [Batch normalization](https://arxiv.org/abs/1502.03167). ICML, 2015.

# %% [markdown] tags=["en"]
# ## References { #references }
#
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner. [Gradient-based learning applied to document recognition](https://doi.org/10.1109/5.726791). Proceedings of the IEEE, 1998.
# - X. Glorot, Y. Bengio. [Understanding the difficulty of training deep feedforward neural networks](https://proceedings.mlr.press/v9/glorot10a.html). AISTATS, 2010.
# - S. Ioffe, C. Szegedy. [Batch normalization](https://arxiv.org/abs/1502.03167). ICML, 2015.
