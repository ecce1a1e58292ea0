# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "序列：嵌入就是查表，循环神经网络怎样一步一步走，第一个符号为什么传不到最后一步；逐个长度量梯度，再看 LSTM 的遗忘门怎样把它救回来。"
#       en: "Sequences: an embedding is a table, a recurrent network walks step by step, and the first symbol does not reach the last; gradients measured by length, and how the forget gate of an LSTM saves them."
#     covers: []
#     labels:
#       RNN: RNN
#       LSTM: LSTM
#       "LSTM, forget bias 3": "LSTM，遗忘门偏置 3"
#       length of the sequence: 序列的长度
#       accuracy: 准确率
#       chance: 瞎猜
#       "gradient at the first input / at the last": 第一个输入的梯度 / 最后一个的梯度
#       "bias {}": "偏置 {}"
#       factor per step: 每一步的倍数
#       what is left after 40 steps: 40 步之后剩下
# ---

# %% [markdown] tags=["zh"]
# # 序列：走到最后，还记得开头吗 { #sequences }
#
# 一串符号，一次读一个。读完之后只问一个问题：**第一个符号是什么？** 后面的全是干扰。
#
# 这是最简单的记忆题。5 个符号、10 个、20 个、40 个，各训练 150 步。三个网络：普通的循环网络（RNN）；LSTM，它就是为了记得久才发明的；还有一个 LSTM，只把一个偏置加了 3。**先猜：谁能记到 20？**

# %% [markdown] tags=["en"]
# # Sequences: does the end remember the beginning? { #sequences }
#
# A network reads a row of symbols one at a time. Then comes a single question: **which symbol was the first?** All the others are only there to distract.
#
# No test of memory could be simpler. Take rows of 5 symbols, then 10, 20 and 40, and train for 150 steps each. Three networks compete: a plain recurrent one (RNN); an LSTM, which was invented to remember for longer; and an LSTM with one bias raised by 3. **Guess which of them still manages 20.**

# %%
import torch
from torch import nn
from torch.nn import functional as F

SYMBOLS, WIDTH = 8, 32


class Reader(nn.Module):
    """Read a sequence and name one symbol."""

    def __init__(self, kind, forget_bias=0.0):
        super().__init__()
        self.embedding = nn.Embedding(SYMBOLS, 16)
        self.recurrent = kind(16, WIDTH, batch_first=True)
        self.head = nn.Linear(WIDTH, SYMBOLS)
        if forget_bias:
            with torch.no_grad():
                # In torch the gates stand in this order: input, forget, cell, output.
                self.recurrent.bias_ih_l0[WIDTH : 2 * WIDTH] += forget_bias

    def forward(self, symbols):  # (N, T)
        states, _ = self.recurrent(self.embedding(symbols))  # (N, T, 32)
        return self.head(states[:, -1])  # (N, 8): the last state alone must know


def recall(make, length, seed, steps=150):
    torch.manual_seed(seed)
    draw = torch.Generator().manual_seed(seed)
    network = make()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    for _ in range(steps):
        symbols = torch.randint(SYMBOLS, (64, length), generator=draw)
        optimizer.zero_grad()
        F.cross_entropy(network(symbols), symbols[:, 0]).backward()
        optimizer.step()
    symbols = torch.randint(SYMBOLS, (500, length), generator=draw)
    return (network(symbols).argmax(1) == symbols[:, 0]).float().mean().item()


lengths = [5, 10, 20, 40]
readers = {
    "RNN": lambda: Reader(nn.RNN),
    "LSTM": lambda: Reader(nn.LSTM),
    "LSTM, forget bias 3": lambda: Reader(nn.LSTM, forget_bias=3.0),
}
recalled = {
    name: {
        length: [recall(make, length, seed) for seed in range(2)] for length in lengths
    }
    for name, make in readers.items()
}

# %% tags=["hide-input"] alt_zh="横轴是序列长度 5、10、20、40，纵轴是准确率，每点两个种子。RNN 到 10 还行，20 就掉下来；默认的 LSTM 到 10 已经掉下来；遗忘门偏置为 3 的 LSTM 到 20 仍接近 1，40 时降到一半上下。" alt_en="Accuracy against length 5, 10, 20 and 40, two seeds a point. The RNN holds at 10 and drops at 20; the default LSTM has dropped at 10 already; the LSTM with forget bias 3 is still near 1 at 20 and about one half at 40."
from statistics import mean

import matplotlib.pyplot as plt

from dlnotes import figures
from dlnotes.figures.style import DASHES, INK, PALETTE

figure, axes = plt.subplots(figsize=(6.4, 3.2))
for number, (name, runs) in enumerate(recalled.items()):
    axes.plot(
        lengths,
        [mean(pair) for pair in runs.values()],
        color=PALETTE[number],
        linestyle=DASHES[number],
        label=name,
    )
    for length, pair in runs.items():
        axes.plot([length] * 2, pair, "o", color=PALETTE[number], markersize=3.5)
axes.axhline(1 / SYMBOLS, color=INK, linewidth=0.8, alpha=0.6)
axes.annotate(
    "chance", (5, 1 / SYMBOLS), xytext=(0, -12), textcoords="offset points", fontsize=9
)
axes.set(
    xlabel="length of the sequence", ylabel="accuracy", ylim=(0, 1.04), xticks=lengths
)
axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
figure

# %% tags=["remove-input"]
at = {
    name: {length: mean(pair) for length, pair in runs.items()}
    for name, runs in recalled.items()
}

# %% [markdown] tags=["zh"]
# 长度 20 时，RNN 是 {{ f"{at['RNN'][20]:.0%}" }}，LSTM 是 {{ f"{at['LSTM'][20]:.0%}" }}，改了一个偏置的 LSTM 是 {{ f"{at['LSTM, forget bias 3'][20]:.0%}" }}。瞎猜是 {{ f"{1 / SYMBOLS:.0%}" }}。
#
# 为记忆而生的 LSTM，开箱即用时竟然不比 RNN 强。要弄明白，先看符号怎样变成数，网络怎样一步步走，再量一量梯度。
#
# ## 符号先查表 { #embedding }
#
# 网络只吃数。符号 3 不能直接写成数 3，那等于说它比 2 大、是 1 的三倍。**嵌入**给每个符号一行可以学的数，编号只用来取行：

# %% [markdown] tags=["en"]
# At length 20 the RNN has {{ f"{at['RNN'][20]:.0%}" }}, the LSTM {{ f"{at['LSTM'][20]:.0%}" }}, and the LSTM with one bias changed {{ f"{at['LSTM, forget bias 3'][20]:.0%}" }}. Guessing gives {{ f"{1 / SYMBOLS:.0%}" }}.
#
# So the network that was built to remember is, out of the box, no better than the RNN. To see why, look at how symbols become numbers and how the network walks along them; then measure the gradient.
#
# ## Symbols are looked up in a table { #embedding }
#
# A network works on numbers. But symbol 3 must not go in as the number 3: that would make it greater than symbol 2 and three times symbol 1. An **embedding** is a table with a row of learned numbers for each symbol, and the index only picks the row:

# %%
torch.manual_seed(0)
table = nn.Embedding(SYMBOLS, 16)
symbols = torch.tensor([3, 1, 3])
vectors = table(symbols)  # (3, 16)
by_one_hot = F.one_hot(symbols, SYMBOLS).float() @ table.weight
assert torch.equal(vectors, table.weight[symbols])
assert torch.equal(vectors, by_one_hot)

vectors.sum().backward()
print("gradient of each row:", table.weight.grad.sum(1).tolist())

# %% [markdown] tags=["zh"]
# 取行与“独热向量乘矩阵”是同一个数，只是省了那一大堆乘 0。梯度也只落在取过的行上：打印的是每行 16 个数的梯度之和：符号 1 出现一次，得到 16；符号 3 出现两次，得到 32；没出现的行是 0。所以**少见的词学得慢**。
#
# ## 一步一步走 { #rnn }
#
# **循环神经网络**（RNN）手里只有一个向量，叫隐状态。每读一个符号，就把它与旧状态合成新状态：
#
# $$ \mathbf h_t = \tanh(\mathbf W\mathbf x_t + \mathbf U\mathbf h_{t-1} + \mathbf b) $$
#
# 其中 $\mathbf x_t$ 是第 $t$ 个符号的嵌入，$\mathbf h_t$ 是读完它之后的状态，$\mathbf W$、$\mathbf U$ 是权重，$\mathbf b$ 是偏置，$\mathbf h_0=\mathbf 0$。**每一步用的是同一组权重**，所以多长的序列都能读；卷积在空间上共享权重，它在时间上共享。

# %% [markdown] tags=["en"]
# Picking a row gives the same numbers as the one-hot encoding of the symbol times the matrix, without all the multiplications by 0. The gradient, too, reaches only the rows that were picked. The output adds up the gradients of the 16 numbers in a row: symbol 1 occurs once and gets 16, symbol 3 twice and gets 32, and rows that did not occur get 0. So **rare words learn slowly**.
#
# ## Step by step { #rnn }
#
# A **recurrent neural network** (RNN) carries one vector along, the hidden state. From each symbol and the old state it makes a new state:
#
# $$ \mathbf h_t = \tanh(\mathbf W\mathbf x_t + \mathbf U\mathbf h_{t-1} + \mathbf b) $$
#
# where $\mathbf x_t$ is the embedding of symbol $t$, $\mathbf h_t$ is the state after reading it, $\mathbf W$ and $\mathbf U$ are weights, $\mathbf b$ is the bias and $\mathbf h_0=\mathbf 0$. **Each step uses the same weights**, so the network can read sequences of any length. A convolution shares its weights over space, an RNN shares them over time.


# %%
def recurrent(x, W, U, b):
    """Walk along x (N, T, inputs) and return the last state (N, width)."""
    h = x.new_zeros(len(x), len(b))
    for x_t in x.unbind(dim=1):
        h = torch.tanh(x_t @ W.T + h @ U.T + b)
    return h


torch.manual_seed(0)
x = torch.randn(4, 12, 16, dtype=torch.float64)
rnn = nn.RNN(16, WIDTH, batch_first=True).double()
W, U, b, c = rnn.parameters()
own = recurrent(x, W, U, b + c)
torch.testing.assert_close(own, rnn(x)[0][:, -1])

# %% [markdown] tags=["zh"]
# 与 `nn.RNN` 相等（torch 有两个偏置，相加即可）。
#
# ## 梯度能走多远 { #gradients }
#
# 要学会“第一个符号重要”，最后一步的误差就得传回第一步。沿途每退一步，都要乘一次 $\mathbf U^\top$ 和 tanh 的导数，与[很深的网络](initialization.py#one-layer)一样，只是这里每一层的权重还都相同。
#
# 量一量：最后的状态对**第一个**输入的梯度，除以对**最后一个**输入的梯度。不训练，取 5 次随机初值的平均：

# %% [markdown] tags=["en"]
# The result equals that of `nn.RNN` (torch has two biases, which add up).
#
# ## How far a gradient gets { #gradients }
#
# To learn that the first symbol matters, the error at the last step has to travel back to the first. Every step back multiplies it by $\mathbf U^\top$ and the derivative of tanh, as in a [very deep network](initialization.py#one-layer), except that here all layers have the same weights.
#
# Let us measure how strong it still is. Take the gradient of the last state with respect to the **first** input, and divide its size by that of the gradient with respect to the **last** input. This is before any training, as a mean over 5 random starts:


# %%
def reach(kind, length, forget_bias=0.0):
    ratios = []
    for seed in range(5):
        torch.manual_seed(seed)
        network = kind(16, WIDTH, batch_first=True).double()
        if forget_bias:
            with torch.no_grad():
                network.bias_ih_l0[WIDTH : 2 * WIDTH] += forget_bias
        x = torch.randn(8, length, 16, dtype=torch.float64, requires_grad=True)
        (gradient,) = torch.autograd.grad(network(x)[0][:, -1].sum(), x)
        sizes = gradient.norm(dim=2)  # (8, length)
        ratios.append((sizes[:, 0] / sizes[:, -1]).mean().item())
    return mean(ratios)


spans = [2, 5, 10, 20, 40, 80]
reached = {
    "RNN": [reach(nn.RNN, span) for span in spans],
    "LSTM": [reach(nn.LSTM, span) for span in spans],
    "LSTM, forget bias 3": [reach(nn.LSTM, span, 3.0) for span in spans],
}

# %% tags=["hide-input"] alt_zh="对数纵轴。序列从 2 增到 80，RNN 和默认 LSTM 的比值近于直线下降，到 80 时都低于十的负十几次方；遗忘门偏置为 3 的 LSTM 一直在 1 上下。" alt_en="On a logarithmic scale, from length 2 to 80, the ratio falls in almost straight lines for RNN and default LSTM, to below ten to the minus ten and further at 80; for the LSTM with forget bias 3 it stays near 1."
figures.lines(
    reached,
    x=spans,
    xlabel="length of the sequence",
    ylabel="gradient at the first input / at the last",
    log=True,
)

# %% tags=["remove-input"]
per_step = {name: values[4] ** (1 / (spans[4] - 1)) for name, values in reached.items()}

# %% [markdown] tags=["zh"]
# 对数坐标上是直线，也就是每一步乘一个固定的倍数：RNN 约 {{ f"{per_step['RNN']:.2f}" }}，LSTM 约 {{ f"{per_step['LSTM']:.2f}" }}，改过偏置的约 {{ f"{per_step['LSTM, forget bias 3']:.2f}" }}。长度 40 时，RNN 只剩 {{ f"{reached['RNN'][4]:.0e}" }}。这就是**梯度消失**，它发生在时间上。倍数若大于 1，就会反过来爆炸，那时常用梯度裁剪。
#
# 梯度不是零，训练得够久，RNN 也许还能学会。但 150 步里，这点信号早就淹没在后面那些符号的噪声里了。
#
# ## LSTM：给记忆修一条直路 { #lstm }
#
# **长短期记忆网络**（LSTM）多带一个向量 $\mathbf c_t$，叫记忆。它不经过矩阵，只乘一个数、加一个数：
#
# $$ \mathbf c_t = \mathbf f_t\odot\mathbf c_{t-1} + \mathbf i_t\odot\mathbf g_t,\qquad \mathbf h_t = \mathbf o_t\odot\tanh(\mathbf c_t) $$
#
# 其中 $\odot$ 是逐个相乘；$\mathbf f_t$ 是遗忘门，旧记忆留几成；$\mathbf i_t$ 是输入门，新内容收几成；$\mathbf o_t$ 是输出门，拿出来几成；$\mathbf g_t$ 是新内容。四者都由 $\mathbf x_t$ 和 $\mathbf h_{t-1}$ 算出，三个门用 sigmoid，$\mathbf g_t$ 用 tanh。

# %% [markdown] tags=["en"]
# Straight lines on a logarithmic scale mean one fixed factor per step: about {{ f"{per_step['RNN']:.2f}" }} for the RNN, {{ f"{per_step['LSTM']:.2f}" }} for the LSTM and {{ f"{per_step['LSTM, forget bias 3']:.2f}" }} with the bias changed. At length 40 the RNN is left with {{ f"{reached['RNN'][4]:.0e}" }}. This is the **vanishing gradient**, here in time. A factor above 1 would make it explode instead, and gradients are then often clipped.
#
# The gradient is not zero, and with enough training an RNN may still learn the task. But within 150 steps so faint a signal drowns in the noise of the later symbols.
#
# ## LSTM: a straight road for memory { #lstm }
#
# A **long short-term memory** (LSTM) carries a second vector $\mathbf c_t$, the cell. The cell passes through no matrix. At each step its entries are only multiplied by a number, and something is added:
#
# $$ \mathbf c_t = \mathbf f_t\odot\mathbf c_{t-1} + \mathbf i_t\odot\mathbf g_t,\qquad \mathbf h_t = \mathbf o_t\odot\tanh(\mathbf c_t) $$
#
# where $\odot$ multiplies element by element; the forget gate $\mathbf f_t$ says how much of the old memory stays, the input gate $\mathbf i_t$ how much of the new content $\mathbf g_t$ enters, and the output gate $\mathbf o_t$ how much is shown. All four are computed from $\mathbf x_t$ and $\mathbf h_{t-1}$, the gates with a sigmoid and $\mathbf g_t$ with tanh.


# %%
def long_short(x, W, U, b):
    """Walk along x (N, T, inputs) and return the last state (N, width)."""
    h = c = x.new_zeros(len(x), len(b) // 4)
    for x_t in x.unbind(dim=1):
        i, f, g, o = (x_t @ W.T + h @ U.T + b).chunk(4, dim=1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
    return h


lstm = nn.LSTM(16, WIDTH, batch_first=True).double()
W, U, b, c = lstm.parameters()
own = long_short(x, W, U, b + c)
torch.testing.assert_close(own, lstm(x)[0][:, -1])

# %% [markdown] tags=["zh"]
# 梯度沿这条路每退一步，主要是乘 $\mathbf f_t$。现在谜底揭开了：torch 把偏置初始化在 0 附近，于是 $f\approx\sigma(0)=0.5$，**一开始每一步就忘掉一半**。偏置加到 3，$f\approx\sigma(3)\approx$ {{ f"{torch.tensor(3.0).sigmoid().item():.2f}" }}：

# %% [markdown] tags=["en"]
# Along this road each step back mostly multiplies by $\mathbf f_t$. That solves the riddle: torch starts the biases near 0, so $f\approx\sigma(0)=0.5$, and **at the start of training half of the memory is lost at every step**. With 3 added to the bias, $f\approx\sigma(3)\approx$ {{ f"{torch.tensor(3.0).sigmoid().item():.2f}" }}:

# %% tags=["hide-input"]
import math

import pandas as pd

gates = {bias: torch.tensor(float(bias)).sigmoid().item() for bias in (0, 1, 3, 5)}
pd.DataFrame(
    {
        "factor per step": [f"{f:.3f}" for f in gates.values()],
        "what is left after 40 steps": [f"{f**40:.1e}" for f in gates.values()],
    },
    index=[f"bias {bias}" for bias in gates],
)

# %% [markdown] tags=["zh"]
# 所以遗忘门的偏置常从 1 或更大起步，这条路通不通全看它。框架的默认值未必替你想到了。
#
# 不过直路再直，也有两件事改不了。其一，第 $t$ 步必须等第 $t-1$ 步，长序列没法并行。其二，**不管序列多长，都要塞进同一个向量**。翻译一整段话时，读到末尾，开头的细节已经被挤掉了。
#
# 若能回头直接看呢？那就是[注意力机制](attention.py)。
#
# ## 常见的坑 { #traps }
#
# !!! warning "忘了 batch_first=True"
#     `nn.RNN`、`nn.LSTM` 默认把第 0 轴当成时间。$(N,T,C)$ 的数据送进去不报错，网络却沿着**样本**走，把不同的样本当成前后文。
#
# !!! warning "短句子补齐之后，取 `states[:, -1]`"
#     取到的是读完一串填充符号之后的状态。该按每个句子自己的长度取，或用 `pack_padded_sequence`。
#
# !!! warning "编号超出嵌入表"
#     `nn.Embedding(8, 16)` 只认 0 到 7。在 CPU 上报 `IndexError`；在 GPU 上常常是一句含糊的设备断言，而且报在后面的行。
#
# !!! warning "跨批量沿用隐状态，却不 detach()"
#     计算图会一直连到第一个批量：第二次 `backward()` 就报错，`retain_graph=True` 则越跑越慢，直到内存用尽。
#
# ## 练习 { #exercises }
#
# **1.** `nn.RNN(16, 32)` 和 `nn.LSTM(16, 32)` 各有多少个参数？
#
# ??? success "答案"
#     RNN：$16\times32+32\times32+2\times32=1600$。LSTM 有四份（三个门和新内容），$4\times1600=6400$。
#
# **2.** 遗忘门恒为 0.5，过几步之后，记忆第一次少于千分之一？若要 40 步之后还留一半，门的偏置该是多少（其余输入当作 0）？
#
# ??? success "答案"
#     $0.5^{10}\approx0.00098$，10 步。要 $f^{40}=0.5$，$f=0.5^{1/40}\approx0.983$，偏置 $\ln\frac{f}{1-f}\approx$ {{ f"{math.log(0.5**(1 / 40) / (1 - 0.5**(1 / 40))):.2f}" }}。
#
# **3.** 写 `bidirectional(x, W, U, b)`：同一组权重从左到右走一遍，再从右到左走一遍，返回两个最后状态的拼接，形状 $(N, 2H)$。为什么这样的网络不能用来逐字生成？
#
# ??? success "答案"
#     生成时右边的字还不存在，从右往左走的那一遍无从开始。
#
#     ```python
#     import torch
#
#
#     def bidirectional(x, W, U, b):
#         ends = []
#         for sequence in (x, x.flip(1)):
#             h = x.new_zeros(len(x), len(b))
#             for x_t in sequence.unbind(1):
#                 h = torch.tanh(x_t @ W.T + h @ U.T + b)
#             ends.append(h)
#         return torch.cat(ends, dim=1)
#     ```
#
# **4.** 词表 50,000 个词，每个嵌入 300 个数，float32。这张表多少参数、多少字节？一个批量里出现了 2,000 个不同的词，有几成的行得到梯度？
#
# ??? success "答案"
#     $50000\times300=15{,}000{,}000$ 个参数，60,000,000 字节。2,000 行，4%，其余的梯度是 0。
#
# ## 参考文献 { #references }
#
# - S. Hochreiter, J. Schmidhuber. [Long short-term memory](https://doi.org/10.1162/neco.1997.9.8.1735). Neural Computation, 1997.
# - Y. Bengio, P. Simard, P. Frasconi. [Learning long-term dependencies with gradient descent is difficult](https://doi.org/10.1109/72.279181). IEEE Transactions on Neural Networks, 1994.
# - R. Jozefowicz, W. Zaremba, I. Sutskever. [An empirical exploration of recurrent network architectures](https://proceedings.mlr.press/v37/jozefowicz15.html). ICML, 2015.

# %% [markdown] tags=["en"]
# That is why the bias of the forget gate is often started at 1 or more. It decides whether the road is open, and your framework's default may well be near 0.
#
# However straight the road is, there are two things it cannot mend. Step $t$ has to wait for step $t-1$, so a long sequence cannot be computed in parallel. And **a sequence of any length has to fit into one vector of fixed size**: by the end of a paragraph, the details of its beginning have been crowded out.
#
# What if the network could look back directly? That is [attention](attention.py).
#
# ## Traps { #traps }
#
# !!! warning "batch_first=True forgotten"
#     `nn.RNN` and `nn.LSTM` take axis 0 for time by default. Data of shape $(N,T,C)$ raise no error, but the network walks along the **samples** and treats each sample as the context of the next.
#
# !!! warning "`states[:, -1]` after padding"
#     That is the state after the padding has been read. Take each sentence's own last step, or use `pack_padded_sequence`.
#
# !!! warning "An index beyond the table"
#     `nn.Embedding(8, 16)` knows 0 to 7. On a CPU it raises `IndexError`; on a GPU you often get an obscure device assertion instead, reported at a later line.
#
# !!! warning "A hidden state carried over batches without detach()"
#     The graph then reaches back to the first batch: the second `backward()` fails, and with `retain_graph=True` training gets slower and slower until memory runs out.
#
# ## Exercises { #exercises }
#
# **1.** How many parameters do `nn.RNN(16, 32)` and `nn.LSTM(16, 32)` have?
#
# ??? success "Answer"
#     The RNN: $16\times32+32\times32+2\times32=1600$. The LSTM has four times as many, for its three gates and the new content: $4\times1600=6400$.
#
# **2.** With a forget gate fixed at 0.5, after how many steps is less than a thousandth of a memory left? And for half of it to be left after 40 steps, what must the bias of the gate be (with all other inputs 0)?
#
# ??? success "Answer"
#     $0.5^{10}\approx0.00098$, so 10 steps. For $f^{40}=0.5$, $f=0.5^{1/40}\approx0.983$, and the bias is $\ln\frac{f}{1-f}\approx$ {{ f"{math.log(0.5**(1 / 40) / (1 - 0.5**(1 / 40))):.2f}" }}.
#
# **3.** Write `bidirectional(x, W, U, b)`: walk from left to right, then from right to left with the same weights, and return the two last states side by side, $(N, 2H)$. Why can such a network not generate text word by word?
#
# ??? success "Answer"
#     While the text is being generated, the words to the right do not exist yet, so the walk from the right has nowhere to start.
#
#     ```python
#     import torch
#
#
#     def bidirectional(x, W, U, b):
#         ends = []
#         for sequence in (x, x.flip(1)):
#             h = x.new_zeros(len(x), len(b))
#             for x_t in sequence.unbind(1):
#                 h = torch.tanh(x_t @ W.T + h @ U.T + b)
#             ends.append(h)
#         return torch.cat(ends, dim=1)
#     ```
#
# **4.** A vocabulary of 50,000 words, embeddings of 300 numbers, float32. How many parameters and how many bytes does the table have? If a batch holds 2,000 different words, what share of the rows gets a gradient?
#
# ??? success "Answer"
#     $50000\times300=15{,}000{,}000$ parameters, 60,000,000 bytes. 2,000 rows, 4%; the gradient of the others is 0.
#
# ## References { #references }
#
# - S. Hochreiter, J. Schmidhuber. [Long short-term memory](https://doi.org/10.1162/neco.1997.9.8.1735). Neural Computation, 1997.
# - Y. Bengio, P. Simard, P. Frasconi. [Learning long-term dependencies with gradient descent is difficult](https://doi.org/10.1109/72.279181). IEEE Transactions on Neural Networks, 1994.
# - R. Jozefowicz, W. Zaremba, I. Sutskever. [An empirical exploration of recurrent network architectures](https://proceedings.mlr.press/v37/jozefowicz15.html). ICML, 2015.
