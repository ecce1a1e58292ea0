# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "神经网络的记号：层怎样编号，权重的三个下标各指什么，展开式与矩阵式怎样一一对应，参数有多少个，一步训练怎样写。"
#       en: "The notation of neural networks: how layers are numbered, what the indices of a weight mean, how sums and matrices correspond, how parameters are counted, how one training step is written."
#     covers: [T-03, T-10, N-20, N-21, N-23, F-12, Q-02, E-58]
#     labels:
#       layer 0: 第 0 层
#       forward pass: 前向传播
#       backward pass: 反向传播
#       update: 更新
#       next batch: 下一个批量
#       weights: 权重
#       biases: 偏置
#       by the formula: 按公式
#       counted by torch: torch 数出来的
#       one sum at a time: 逐个求和
#       one image at a time: 一次一张图
#       whole batch at once: 整批一起算
#       microseconds per image: 每张图的微秒数
# ---

# %% [markdown] tags=["zh"]
# # 记号：一个权重为什么要三个下标 { #notation }
#
# 一个 784-256-10 的网络，要几个数才能说完整？**先猜：几千、几万，还是几十万？** 要谈论其中的某一个，得先给它起名字。这一页把名字、公式和代码对上，以后看到 $w_{23}^{(1)}$ 就知道是哪条线。

# %% [markdown] tags=["en"]
# # Notation: why a weight has three indices { #notation }
#
# How many numbers does it take to describe a network 784-256-10? **Guess: thousands, tens of thousands, hundreds of thousands?** To speak of one of them it needs a name. This page ties names, formulas and code together, so that $w_{23}^{(1)}$ points to one line in one picture.

# %% tags=["remove-input"] alt_zh="一个 3-4-2 的全连接网络，三列圆圈，相邻两列两两相连；从输入的第 2 个到隐藏层第 3 个的那条线加粗。" alt_en="A fully connected network 3-4-2: three columns of circles, neighbours joined all to all; the line from input 2 to hidden neuron 3 is bold."
from dlnotes import figures

figures.network((3, 4, 2), ("layer 0", "layer 1", "layer 2"), highlight=(1, 2, 3))

# %% [markdown] tags=["zh"]
# 粗线就是 $w_{23}^{(1)}$：从第 0 层的第 2 个神经元，到第 1 层的第 3 个。
#
# ## 命名的规矩 { #names }
#
# | 记号 | 读作 | 在上图里 |
# |---|---|---|
# | $l$ | 层号。输入是第 0 层，第一个隐藏层是第 1 层，输出层是第 $L$ 层 | $L=2$ |
# | $n_l$ | 第 $l$ 层有几个神经元 | $n_0=3,\ n_1=4,\ n_2=2$ |
# | $h_i^{(l)}$ | 第 $l$ 层第 $i$ 个神经元的激活值；$h_i^{(0)}=x_i$ 是输入 | 圆圈里的数 |
# | $w_{ij}^{(l)}$ | 从第 $l-1$ 层第 $i$ 个，到第 $l$ 层第 $j$ 个的权重 | 一条线 |
# | $b_j^{(l)}$ | 第 $l$ 层第 $j$ 个神经元的偏置 | 每个圆圈一个，输入层没有 |
# | $z_j^{(l)}$ | 加权求和之后、激活之前的值 | 没有画 |
# | $\phi$ | 激活函数，例如 ReLU；输出层一般没有 | 没有画 |
#
# 上标数层，下标数神经元，两者不能用同一个字母：写成 $h_i^{(i)}$ 就分不清 $i$ 到底数什么。上标加括号，免得看成乘方。
#
# 数层数时只数带权重的，所以上图是两层的网络，尽管画了三列。输入层什么也不算。分类时，输出层的大小等于类别数。
#
# ## 展开写 { #expanded }
#
# 每个神经元做的事：把前一层的激活值加权求和，加偏置，再过激活函数。
#
# $$ z_j^{(l)} = \sum_{i=1}^{n_{l-1}} h_i^{(l-1)}\, w_{ij}^{(l)} + b_j^{(l)}, \qquad h_j^{(l)} = \phi\bigl(z_j^{(l)}\bigr) $$
#
# 上图的第 1 层，一个求和号也不省，就是 4 个式子：
#
# $$ \begin{aligned}
# z_1^{(1)} &= x_1 w_{11}^{(1)} + x_2 w_{21}^{(1)} + x_3 w_{31}^{(1)} + b_1^{(1)} \\
# z_2^{(1)} &= x_1 w_{12}^{(1)} + x_2 w_{22}^{(1)} + x_3 w_{32}^{(1)} + b_2^{(1)} \\
# z_3^{(1)} &= x_1 w_{13}^{(1)} + x_2 w_{23}^{(1)} + x_3 w_{33}^{(1)} + b_3^{(1)} \\
# z_4^{(1)} &= x_1 w_{14}^{(1)} + x_2 w_{24}^{(1)} + x_3 w_{34}^{(1)} + b_4^{(1)}
# \end{aligned} $$
#
# ## 写成矩阵 { #matrix }
#
# 把输入排成一行，4 个式子就是一次[矩阵乘法](linear-algebra.py#matrix-multiplication)，再加一个向量：
#
# $$ \begin{pmatrix} z_1 & z_2 & z_3 & z_4 \end{pmatrix} = \begin{pmatrix} x_1 & x_2 & x_3 \end{pmatrix} \begin{pmatrix} w_{11} & w_{12} & w_{13} & w_{14} \\ w_{21} & w_{22} & w_{23} & w_{24} \\ w_{31} & w_{32} & w_{33} & w_{34} \end{pmatrix} + \begin{pmatrix} b_1 & b_2 & b_3 & b_4 \end{pmatrix} $$
#
# 简写为 $\mathbf z^{(l)} = \mathbf h^{(l-1)} \mathbf W^{(l)} + \mathbf b^{(l)}$。先乘矩阵、再加向量，这样的映射叫**仿射变换**；严格地说，$\mathbf b^{(l)}$ 为 0 时才是线性的，“线性层”只是习惯的叫法。一批 $N$ 个样本，就让输入有 $N$ 行，其余不变：$(N, n_{l-1})\times(n_{l-1}, n_l)\to(N, n_l)$，偏置加到每一行上。
#
# **PyTorch 存的是转置。** `nn.Linear(3, 4).weight` 的形状是 $(4, 3)$，先输出、后输入，所以 $w_{ij}$ 是 `weight[j - 1, i - 1]`，算的是 $\mathbf h \mathbf W_{\text{torch}}^\top + \mathbf b$：

# %% [markdown] tags=["en"]
# The bold line is $w_{23}^{(1)}$: from neuron 2 of layer 0 to neuron 3 of layer 1.
#
# ## The rules of naming { #names }
#
# | symbol | meaning | in the picture |
# |---|---|---|
# | $l$ | number of a layer; the input is layer 0, the first hidden one layer 1, the output layer $L$ | $L=2$ |
# | $n_l$ | neurons in layer $l$ | $n_0=3,\ n_1=4,\ n_2=2$ |
# | $h_i^{(l)}$ | activation of neuron $i$ in layer $l$; $h_i^{(0)}=x_i$ is the input | the number in a circle |
# | $w_{ij}^{(l)}$ | weight from neuron $i$ of layer $l-1$ to neuron $j$ of layer $l$ | one line |
# | $b_j^{(l)}$ | bias of neuron $j$ in layer $l$ | one for each circle, none for the input |
# | $z_j^{(l)}$ | the weighted sum, before activation | not drawn |
# | $\phi$ | the activation function, such as ReLU; the output layer usually has none | not drawn |
#
# The upper index counts layers, the lower ones neurons, and they must not share a letter: in $h_i^{(i)}$ nobody can tell what $i$ counts. The upper index is in brackets lest it look like a power.
#
# Only layers with weights are counted, so this is a network of two layers although three columns are drawn. The input layer computes nothing. In classification the output layer has one neuron per class.
#
# ## Written out { #expanded }
#
# What each neuron does: weigh the activations of the layer before, add them up, add a bias, apply the activation function.
#
# $$ z_j^{(l)} = \sum_{i=1}^{n_{l-1}} h_i^{(l-1)}\, w_{ij}^{(l)} + b_j^{(l)}, \qquad h_j^{(l)} = \phi\bigl(z_j^{(l)}\bigr) $$
#
# Layer 1 of the picture without any summation sign is 4 equations:
#
# $$ \begin{aligned}
# z_1^{(1)} &= x_1 w_{11}^{(1)} + x_2 w_{21}^{(1)} + x_3 w_{31}^{(1)} + b_1^{(1)} \\
# z_2^{(1)} &= x_1 w_{12}^{(1)} + x_2 w_{22}^{(1)} + x_3 w_{32}^{(1)} + b_2^{(1)} \\
# z_3^{(1)} &= x_1 w_{13}^{(1)} + x_2 w_{23}^{(1)} + x_3 w_{33}^{(1)} + b_3^{(1)} \\
# z_4^{(1)} &= x_1 w_{14}^{(1)} + x_2 w_{24}^{(1)} + x_3 w_{34}^{(1)} + b_4^{(1)}
# \end{aligned} $$
#
# ## As matrices { #matrix }
#
# Write the input as a row, and the 4 equations are one [matrix multiplication](linear-algebra.py#matrix-multiplication), plus a vector:
#
# $$ \begin{pmatrix} z_1 & z_2 & z_3 & z_4 \end{pmatrix} = \begin{pmatrix} x_1 & x_2 & x_3 \end{pmatrix} \begin{pmatrix} w_{11} & w_{12} & w_{13} & w_{14} \\ w_{21} & w_{22} & w_{23} & w_{24} \\ w_{31} & w_{32} & w_{33} & w_{34} \end{pmatrix} + \begin{pmatrix} b_1 & b_2 & b_3 & b_4 \end{pmatrix} $$
#
# In short, $\mathbf z^{(l)} = \mathbf h^{(l-1)} \mathbf W^{(l)} + \mathbf b^{(l)}$. To multiply by a matrix and then add a vector is an **affine map**; strictly speaking it is linear only where $\mathbf b^{(l)}$ is 0, and "linear layer" is a habit. A batch of $N$ samples gives the input $N$ rows and changes nothing else: $(N, n_{l-1})\times(n_{l-1}, n_l)\to(N, n_l)$, with the bias added to each row.
#
# **PyTorch stores the transpose.** `nn.Linear(3, 4).weight` has shape $(4, 3)$, outputs first. So $w_{ij}$ is `weight[j - 1, i - 1]`, and what is computed is $\mathbf h \mathbf W_{\text{torch}}^\top + \mathbf b$:

# %%
import torch
from torch import nn

torch.manual_seed(0)
layer = nn.Linear(3, 4)
x = torch.tensor([[1.0, 2.0, 3.0]])
by_hand = (
    x[0, 0] * layer.weight[2, 0]
    + x[0, 1] * layer.weight[2, 1]
    + x[0, 2] * layer.weight[2, 2]
    + layer.bias[2]
)
print("weight:", tuple(layer.weight.shape), " bias:", tuple(layer.bias.shape))
print(f"z_3 by hand {by_hand.item():.6f}, by torch {layer(x)[0, 2].item():.6f}")

# %% [markdown] tags=["zh"]
# ## 循环与矩阵：同样的数，快多少 { #loops }
#
# 展开式照抄成代码，是三重循环：样本、输出、输入。矩阵式只有一行。两者算的是同一些乘法和加法。**先猜：784-256 的一层，快几倍？十倍、百倍，还是更多？**

# %% [markdown] tags=["en"]
# ## Loops and matrices: the same numbers, how much faster? { #loops }
#
# Copied into code, the sums are three nested loops: samples, outputs, inputs. The matrix form is one line. Both do the very same multiplications and additions. **Guess for a layer 784-256: ten times faster, a hundred times, or more?**

# %%
import time


def one_sum_at_a_time(h, weight, bias):
    """The written-out formula. h: (N, n_in); weight: (n_out, n_in); returns nested lists (N, n_out)."""
    h, weight, bias = h.tolist(), weight.tolist(), bias.tolist()
    outputs = []
    for row in h:  # every sample
        z = []
        for j in range(len(bias)):  # every neuron of this layer
            total = bias[j]
            for i in range(len(row)):  # every neuron of the layer before
                total += row[i] * weight[j][i]
            z.append(total)
        outputs.append(z)
    return outputs


def one_image_at_a_time(h, weight, bias):
    return torch.stack([weight @ row + bias for row in h])


def whole_batch_at_once(h, weight, bias):
    return h @ weight.T + bias


def microseconds_per_image(compute, h, repeats):
    compute(h[:1], weight, bias)
    start = time.perf_counter()
    for _ in range(repeats):
        compute(h, weight, bias)
    return (time.perf_counter() - start) / repeats / len(h) * 1e6


weight, bias, h = torch.randn(256, 784) / 28, torch.randn(256), torch.randn(200, 784)
reference = whole_batch_at_once(h.double(), weight.double(), bias.double())
speed = {
    "one sum at a time": microseconds_per_image(one_sum_at_a_time, h[:4], 1),
    "one image at a time": microseconds_per_image(one_image_at_a_time, h, 5),
    "whole batch at once": microseconds_per_image(whole_batch_at_once, h, 20),
}
gap = (
    (
        torch.tensor(one_sum_at_a_time(h[:4], weight, bias), dtype=torch.float64)
        - reference[:4]
    )
    .abs()
    .max()
    .item()
)
gap32 = (whole_batch_at_once(h, weight, bias) - reference).abs().max().item()

# %% tags=["hide-input"]
import pandas as pd

pd.DataFrame(
    {"microseconds per image": [f"{value:,.1f}" for value in speed.values()]},
    index=list(speed),
)

# %% [markdown] tags=["zh"]
# 逐个求和比整批一起算慢 {{ f"{speed['one sum at a time'] / speed['whole batch at once']:,.0f}" }} 倍，结果一样：双精度下最大相差 {{ f"{gap:.0e}" }}，单精度下相差 {{ f"{gap32:.0e}" }}，都是舍入。每张图都是 $784\times256={{ f"{784 * 256:,}".replace(",", "{,}") }}$ 次乘加，一次也没有少。
#
# 快在哪里？Python 每走一圈循环都要查类型、取对象；矩阵乘法把同样的工作交给编译好的代码，一条指令算好几个数，一个权重取一次，给整批样本用。所以“把循环写成矩阵”不是为了好看。
#
# ## 数参数 { #counting }
#
# 第 $l$ 层有 $n_{l-1}\,n_l$ 个权重（每条线一个）和 $n_l$ 个偏置（每个圆圈一个）：
#
# $$ \sum_{l=1}^{L} \bigl( n_{l-1}\, n_l + n_l \bigr) $$

# %% [markdown] tags=["en"]
# One sum at a time is {{ f"{speed['one sum at a time'] / speed['whole batch at once']:,.0f}" }} times slower than the whole batch at once, and the result is the same: the largest difference is {{ f"{gap:.0e}" }} in double precision and {{ f"{gap32:.0e}" }} in single, which is rounding. Each image takes $784\times256={{ f"{784 * 256:,}".replace(",", "{,}") }}$ multiply-adds either way.
#
# Where does the speed come from? Each turn of a Python loop looks up types and fetches objects. A matrix product hands the same work to compiled code, which computes several numbers with one instruction and fetches a weight once for the whole batch. Loops become matrices for a reason other than beauty.
#
# ## Counting parameters { #counting }
#
# Layer $l$ has $n_{l-1}\,n_l$ weights, one for each line, and $n_l$ biases, one for each circle:
#
# $$ \sum_{l=1}^{L} \bigl( n_{l-1}\, n_l + n_l \bigr) $$

# %%
from itertools import pairwise


def count(sizes):
    """Return (weights, biases) of fully connected layers."""
    return sum(m * n for m, n in pairwise(sizes)), sum(sizes[1:])


def build(sizes):
    return nn.Sequential(*[nn.Linear(m, n) for m, n in pairwise(sizes)])


rows = {}
for sizes in [(3, 4, 2), (784, 10), (784, 32, 16, 10), (784, 256, 10)]:
    weights, biases = count(sizes)
    by_torch = sum(parameter.numel() for parameter in build(sizes).parameters())
    rows["-".join(map(str, sizes))] = (weights, biases, weights + biases, by_torch)
table = pd.DataFrame.from_dict(
    rows,
    orient="index",
    columns=["weights", "biases", "by the formula", "counted by torch"],
)
table.map("{:,}".format)

# %% [markdown] tags=["zh"]
# 开头的答案：{{ f"{rows['784-256-10'][2]:,}" }} 个，其中 {{ f"{784 * 256 / rows['784-256-10'][2]:.0%}" }} 是第 1 层的权重。再深一层的 784-32-16-10 反而只有 {{ f"{rows['784-32-16-10'][2]:,}" }} 个：参数多少，主要看输入接了多少个神经元，而不是有几层。
#
# ## 一步训练，写成公式 { #training-step }

# %% [markdown] tags=["en"]
# The answer to the question at the top: {{ f"{rows['784-256-10'][2]:,}" }}, of which {{ f"{784 * 256 / rows['784-256-10'][2]:.0%}" }} are weights of layer 1. With one layer more, 784-32-16-10 has only {{ f"{rows['784-32-16-10'][2]:,}" }}: what counts is how many neurons the input is joined to, much more than how many layers there are.
#
# ## One training step in formulas { #training-step }

# %% tags=["remove-input"] alt_zh="训练一步的流程：批量、前向传播、损失、反向传播、更新，再回到下一个批量。" alt_en="One training step as a loop: batch, forward pass, loss, backward pass, update, and back to the next batch."
figures.flow(
    ("batch", "forward pass", "loss", "backward pass", "update"), back="next batch"
)

# %% [markdown] tags=["zh"]
# 从 $N$ 个样本里取一个批量 $B$，依次做 4 件事：
#
# $$ \begin{aligned}
# \text{前向：}\quad & \mathbf H^{(l)} = \phi\bigl(\mathbf H^{(l-1)} \mathbf W^{(l)} + \mathbf b^{(l)}\bigr), \quad l = 1, \dots, L \\
# \text{损失：}\quad & \mathcal L = \frac{1}{|B|} \sum_{s\in B} \ell\bigl(\mathbf z_s^{(L)}, y_s\bigr) \\
# \text{反向：}\quad & \mathbf G^{(l)} = \frac{\partial \mathcal L}{\partial \mathbf W^{(l)}}, \quad l = L, \dots, 1 \\
# \text{更新：}\quad & \mathbf W^{(l)} \leftarrow \mathbf W^{(l)} - \eta\, \mathbf G^{(l)}
# \end{aligned} $$
#
# 其中 $\mathbf H^{(0)}$ 是这批输入，$\ell$ 是一个样本的损失，$y_s$ 是样本 $s$ 的标签，$|B|$ 是批量大小，$\eta$ 是学习率；偏置照同样的规则更新；输出层没有 $\phi$。最后一行就是随机梯度下降（SGD）。在 PyTorch 里，4 行公式是 4 行代码：

# %% [markdown] tags=["en"]
# From $N$ samples take a batch $B$, and do 4 things in turn:
#
# $$ \begin{aligned}
# \text{forward:}\quad & \mathbf H^{(l)} = \phi\bigl(\mathbf H^{(l-1)} \mathbf W^{(l)} + \mathbf b^{(l)}\bigr), \quad l = 1, \dots, L \\
# \text{loss:}\quad & \mathcal L = \frac{1}{|B|} \sum_{s\in B} \ell\bigl(\mathbf z_s^{(L)}, y_s\bigr) \\
# \text{backward:}\quad & \mathbf G^{(l)} = \frac{\partial \mathcal L}{\partial \mathbf W^{(l)}}, \quad l = L, \dots, 1 \\
# \text{update:}\quad & \mathbf W^{(l)} \leftarrow \mathbf W^{(l)} - \eta\, \mathbf G^{(l)}
# \end{aligned} $$
#
# Here $\mathbf H^{(0)}$ is the batch of inputs, $\ell$ the loss of one sample, $y_s$ the label of sample $s$, $|B|$ the batch size and $\eta$ the learning rate; biases are updated in the same way, and the output layer has no $\phi$. The last line is stochastic gradient descent (SGD). In PyTorch the 4 lines of formulas are 4 lines of code:

# %%
from torch.nn import functional as F

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
inputs, labels = torch.randn(64, 784), torch.randint(10, (64,))

before = net[0].weight.detach().clone()
logits = net(inputs)  # forward
loss = F.cross_entropy(logits, labels)  # loss: the mean over the batch
loss.backward()  # backward: fills .grad of every parameter
optimizer.step()  # update
moved = (net[0].weight - (before - 0.1 * net[0].weight.grad)).abs().max().item()
print(f"difference between optimizer.step() and the formula: {moved:.1e}")

# %% [markdown] tags=["zh"]
# 下一步之前还要 `optimizer.zero_grad()`，原因在[自动求导](autograd.py#accumulation)。
#
# ## 常见的坑 { #traps }
#
# !!! warning "把权重矩阵的两个轴弄反"
#     `weight` 的形状是（输出，输入）。方阵弄反了不报错，只是结果不对。
#
# !!! warning "图片没有展平"
#     全连接层作用在**最后一个轴**上。$(200, 1, 28, 28)$ 的最后一个轴是 28，不是 784：

# %% [markdown] tags=["en"]
# Before the next step comes `optimizer.zero_grad()`; why stands under [autograd](autograd.py#accumulation).
#
# ## Traps { #traps }
#
# !!! warning "The two axes of the weight matrix swapped"
#     `weight` has shape (outputs, inputs). For a square matrix a swap raises no error; the result is merely wrong.
#
# !!! warning "Images that were not flattened"
#     A fully connected layer acts on the **last axis**. That of $(200, 1, 28, 28)$ is 28, not 784:

# %% tags=["raises-exception"]
nn.Linear(784, 256)(torch.zeros(200, 1, 28, 28))

# %% [markdown] tags=["zh"]
# 读这条错误：左边的 5600 是 $200\times1\times28$，其余的轴都合成了行；28 与 784 对不上。在前面加 `nn.Flatten()` 就好。
#
# ## 面试里会问 { #questions }
#
# ??? question "全连接层的输入和输出各是什么大小？"
#     输入 $(N, n_{\text{in}})$，输出 $(N, n_{\text{out}})$，$N$ 是批量大小，不影响参数。权重 $(n_{\text{out}}, n_{\text{in}})$，偏置 $(n_{\text{out}},)$，共 $n_{\text{in}} n_{\text{out}} + n_{\text{out}}$ 个参数。第一层的 $n_{\text{in}}$ 是展平后的像素数，最后一层的 $n_{\text{out}}$ 是类别数，中间相邻两层必须接得上。全连接层可以出现在网络的任何位置，不限于输入与输出之间。
#
# ## 练习 { #exercises }
#
# **1.** 784-100-50-10 的网络有多少个参数？
#
# ??? success "答案"
#     权重 {{ count((784, 100, 50, 10))[0] }} 个，偏置 {{ count((784, 100, 50, 10))[1] }} 个，共 {{ sum(count((784, 100, 50, 10))) }} 个。
#
# **2.** $w_{12}^{(3)}$ 在 PyTorch 里怎样取？设三个线性层依次叫 `net[0]`、`net[1]`、`net[2]`。
#
# ??? success "答案"
#     `net[2].weight[1, 0]`：第 3 层的下标是 2；先输出（第 2 个），再输入（第 1 个），都从 0 数起。
#
# **3.** 输入从 28×28 换成 32×32 的 RGB 图片，784-256-10 的第 1 层变成多少个参数？
#
# ??? success "答案"
#     输入有 $3\times32\times32=3072$ 个数，$3072\times256+256=786688$ 个参数，约是原来的 {{ f"{(3072 * 256 + 256) / (784 * 256 + 256):.1f}" }} 倍。
#
# **4.** 批量从 64 加到 128，参数和乘加次数各变多少？
#
# ??? success "答案"
#     参数不变；乘加次数加倍，因为每个样本都要算一遍。
#
# **5.** 若去掉偏置，784-256-10 少几个参数？
#
# ??? success "答案"
#     少 {{ count((784, 256, 10))[1] }} 个，只占全部的 {{ f"{count((784, 256, 10))[1] / sum(count((784, 256, 10))):.2%}" }}。
#
# ## 参考文献 { #references }
#
# - M. Nielsen. [Neural Networks and Deep Learning](http://neuralnetworksanddeeplearning.com/chap2.html), 第 2 章。它的 $w_{jk}^l$ 先写输出，与 PyTorch 的存法一致，与这里相反。
# - [torch.nn.Linear](https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html)，PyTorch 文档。

# %% [markdown] tags=["en"]
# How to read it: 5600 on the left is $200\times1\times28$, all other axes taken together as rows; and 28 does not fit 784. An `nn.Flatten()` in front mends it.
#
# ## Asked in interviews { #questions }
#
# ??? question "What are the input and output sizes of a fully connected layer?"
#     Input $(N, n_{\text{in}})$, output $(N, n_{\text{out}})$; $N$ is the batch size and has no part in the parameters. The weight is $(n_{\text{out}}, n_{\text{in}})$ and the bias $(n_{\text{out}},)$, together $n_{\text{in}} n_{\text{out}} + n_{\text{out}}$ parameters. $n_{\text{in}}$ of the first layer is the number of pixels after flattening, $n_{\text{out}}$ of the last the number of classes, and neighbours in between must fit. Such a layer may stand anywhere in a network, not only between input and output.
#
# ## Exercises { #exercises }
#
# **1.** How many parameters has a network 784-100-50-10?
#
# ??? success "Answer"
#     {{ count((784, 100, 50, 10))[0] }} weights and {{ count((784, 100, 50, 10))[1] }} biases, {{ sum(count((784, 100, 50, 10))) }} in all.
#
# **2.** How do you get $w_{12}^{(3)}$ in PyTorch, if the three linear layers are `net[0]`, `net[1]`, `net[2]`?
#
# ??? success "Answer"
#     `net[2].weight[1, 0]`: layer 3 has index 2; then the output (the second), then the input (the first), all counted from 0.
#
# **3.** The input changes from 28×28 to RGB images of 32×32. How many parameters does layer 1 of 784-256-10 have then?
#
# ??? success "Answer"
#     There are $3\times32\times32=3072$ inputs and $3072\times256+256=786688$ parameters, {{ f"{(3072 * 256 + 256) / (784 * 256 + 256):.1f}" }} times as many.
#
# **4.** The batch grows from 64 to 128. What becomes of the parameters and of the multiply-adds?
#
# ??? success "Answer"
#     Parameters stay; multiply-adds double, for each sample takes its own.
#
# **5.** How many parameters does 784-256-10 lose without biases?
#
# ??? success "Answer"
#     {{ count((784, 256, 10))[1] }}, a share of only {{ f"{count((784, 256, 10))[1] / sum(count((784, 256, 10))):.2%}" }}.
#
# ## References { #references }
#
# - M. Nielsen. [Neural Networks and Deep Learning](http://neuralnetworksanddeeplearning.com/chap2.html), chapter 2. Its $w_{jk}^l$ names the output first, as PyTorch stores it and contrary to this page.
# - [torch.nn.Linear](https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html), PyTorch documentation.
