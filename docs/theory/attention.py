# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "注意力机制：软查表，五行代码与 torch 逐项核对，为什么除以 √d，因果掩码，自注意力，一个头做不到而两个头做得到的事，位置编码。"
#       en: "Attention as soft look-up: five lines held equal to torch's, why the scores are divided by √d, causal masks, self-attention, what two heads can do and one cannot, positional encoding."
#     covers: []
#     labels:
#       "LSTM, {} pairs": "LSTM，{} 对"
#       "attention, {} pairs": "注意力机制，{} 对"
#       accuracy: 准确率
#       position in the list: 清单里的位置
#       letter asked for: 问的字母
#       spread of the scores: 得分的标准差
#       largest weight: 最大的权重
#       slope of softmax: softmax 的斜率
#       divided by √d: 除以 √d
#       not divided: 不除
#       all positions: 全部可见
#       causal: 因果掩码
#       key: 键
#       query: 查询
#       length of the sequence: 序列的长度
#       "gradient at the first input / at the last": 第一个输入的梯度 / 最后一个的梯度
#       "RNN": RNN
#       self-attention: 自注意力
#       1 head: 1 个头
#       2 heads: 2 个头
#       both answers right: 两问都对的比例
#       component: 分量
#       position: 位置
#       numbers in the weights: 权重里的数
# ---

# %% [markdown] tags=["zh"]
# # 注意力机制：怎样一眼看遍全部 { #attention }
#
# 一张清单：K7、B2、M9、A0……每项一个字母、一个数字。念完以后问：“M 是几？”
#
# [LSTM](sequences.py#lstm) 只能边听边记，把整张清单塞进一个向量，因为它不知道会问哪一个。另一种办法是清单一直摆着，问到了再**回头查**。两种网络各训练 200 步，清单有 4 对或 16 对。LSTM 的参数是另一个的 6 倍，遗忘门也替它[调好了](sequences.py#lstm)。**先猜：各能答对几成？清单变长，谁先撑不住？**

# %% [markdown] tags=["en"]
# # Attention: how to look at everything at once { #attention }
#
# Here is a list: K7, B2, M9, A0 and so on, each a letter and a digit. After it has been read out, someone asks: "Which digit went with M?"
#
# An [LSTM](sequences.py#lstm) can only listen and memorise: it cannot know what will be asked, so the whole list must fit into one vector. The other way is to leave the list on the table and **look it up** when asked. Train both for 200 steps, with lists of 4 pairs and of 16. The LSTM has 6 times the parameters, and its forget gate has been [set well](sequences.py#lstm). **Guess what share each gets right, and which suffers more from a longer list.**

# %% tags=["hide-input"]
import math
from statistics import mean

import torch
from torch import nn
from torch.nn import functional as F

LETTERS, DIGITS, WIDTH = 16, 10, 32


def lists(samples, pairs, draw, questions=1):
    """Return letters and digits (N, pairs), the letters asked for and the right answers (N, questions)."""
    letters = torch.rand(samples, LETTERS, generator=draw).argsort(1)[:, :pairs]
    digits = torch.randint(DIGITS, (samples, pairs), generator=draw)
    asked = torch.rand(samples, pairs, generator=draw).argsort(1)[:, :questions]
    return letters, digits, letters.gather(1, asked), digits.gather(1, asked)


class Memorise(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.letter, self.digit = (
            nn.Embedding(LETTERS, WIDTH),
            nn.Embedding(DIGITS, WIDTH),
        )
        self.recurrent = nn.LSTM(WIDTH, hidden, batch_first=True)
        self.head = nn.Linear(hidden, DIGITS)
        with torch.no_grad():
            self.recurrent.bias_ih_l0[hidden : 2 * hidden] += 3.0

    def forward(self, letters, digits, asked):
        pairs = self.letter(letters) + self.digit(digits)  # (N, T, 32)
        states, _ = self.recurrent(torch.cat([pairs, self.letter(asked)], dim=1))
        return self.head(states[:, -1])


class LookUp(nn.Module):
    def __init__(self):
        super().__init__()
        self.letter, self.digit = (
            nn.Embedding(LETTERS, WIDTH),
            nn.Embedding(DIGITS, WIDTH),
        )
        self.query, self.key, self.value = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.head = nn.Linear(WIDTH, DIGITS)

    def scores(self, pairs, asked):
        return (
            self.query(self.letter(asked))
            @ self.key(pairs).transpose(1, 2)
            / math.sqrt(WIDTH)
        )

    def forward(self, letters, digits, asked):
        pairs = self.letter(letters) + self.digit(digits)  # (N, T, 32)
        weights = self.scores(pairs, asked).softmax(dim=-1)  # (N, 1, T)
        return self.head(weights @ self.value(pairs))[:, 0]


def train(make, pairs, seed, steps=200):
    torch.manual_seed(seed)
    draw = torch.Generator().manual_seed(seed)
    network = make()
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-3)
    for _ in range(steps):
        letters, digits, asked, answer = lists(64, pairs, draw)
        optimizer.zero_grad()
        F.cross_entropy(network(letters, digits, asked), answer[:, 0]).backward()
        optimizer.step()
    letters, digits, asked, answer = lists(1000, pairs, draw)
    right = network(letters, digits, asked).argmax(1) == answer[:, 0]
    return network, right.float().mean().item()


kinds = {"LSTM": Memorise, "attention": LookUp}
trained = {
    name: {pairs: [train(make, pairs, seed) for seed in range(2)] for pairs in (4, 16)}
    for name, make in kinds.items()
}

# %% tags=["hide-input"] alt_zh="答对的比例。LSTM：4 对时四成多，16 对时两成多。注意力机制：4 对和 16 对都接近 1。" alt_en="Share of right answers. LSTM: above forty percent with 4 pairs, above twenty with 16. Attention: near 1 with 4 and with 16."
from dlnotes import figures

shares = {
    f"{name}, {pairs} pairs": [share for _, share in runs]
    for name, by in trained.items()
    for pairs, runs in by.items()
}
figures.bars(shares, xlabel="accuracy", limits=(0, 1))

# %% tags=["remove-input"]
got = {key: mean(values) for key, values in shares.items()}
sizes = {
    name: sum(p.numel() for p in by[4][0][0].parameters())
    for name, by in trained.items()
}

# %% [markdown] tags=["zh"]
# LSTM 有 {{ f"{sizes['LSTM']:,}" }} 个参数，4 对答对 {{ f"{got['LSTM, 4 pairs']:.0%}" }}，16 对 {{ f"{got['LSTM, 16 pairs']:.0%}" }}；会查表的只有 {{ f"{sizes['attention']:,}" }} 个参数，两种清单都答对 {{ f"{min(got['attention, 4 pairs'], got['attention, 16 pairs']):.0%}" }}。再多训练，LSTM 还会进步；但清单越长，一个向量就越装不下。
#
# ## 软查表 { #look-up }
#
# Python 的字典查得很硬：键完全相同就返回那个值，否则报错，没有梯度可言。**注意力机制**查得软：拿**查询** $\mathbf q$ 与每个**键** $\mathbf k_j$ 比一比，越像，对应的**值** $\mathbf v_j$ 占的份额越大。
#
# $$ w_j = \frac{\exp(\mathbf q\cdot\mathbf k_j/\sqrt d)}{\sum_i\exp(\mathbf q\cdot\mathbf k_i/\sqrt d)},\qquad \mathbf y=\sum_j w_j\,\mathbf v_j $$
#
# 其中 $d$ 是键的长度，$w_j$ 是第 $j$ 项的权重，全部加起来等于 1，$\mathbf y$ 是查到的结果，即值的加权平均。查询、键、值都由线性层算出，所以“怎样才算像”“查到之后拿走什么”都是学的。
#
# 刚才那个网络学到了什么？取一张 16 对的清单，把 16 个字母各问一遍，画出权重：

# %% [markdown] tags=["en"]
# The LSTM has {{ f"{sizes['LSTM']:,}" }} parameters and gets {{ f"{got['LSTM, 4 pairs']:.0%}" }} right with 4 pairs and {{ f"{got['LSTM, 16 pairs']:.0%}" }} with 16. The network that looks up has only {{ f"{sizes['attention']:,}" }} and gets {{ f"{min(got['attention, 4 pairs'], got['attention, 16 pairs']):.0%}" }} with both. More training would still improve the LSTM. But the longer the list, the less well it fits into one vector.
#
# ## A soft look-up { #look-up }
#
# A Python dictionary is strict: a key that matches exactly gives its value, anything else is an error, and there is no gradient. **Attention** looks up softly: compare a **query** $\mathbf q$ with every **key** $\mathbf k_j$, and the more alike they are, the larger the share of the **value** $\mathbf v_j$.
#
# $$ w_j = \frac{\exp(\mathbf q\cdot\mathbf k_j/\sqrt d)}{\sum_i\exp(\mathbf q\cdot\mathbf k_i/\sqrt d)},\qquad \mathbf y=\sum_j w_j\,\mathbf v_j $$
#
# where $d$ is the length of a key and $w_j$ is the weight of item $j$; the weights sum to 1. The result $\mathbf y$ is what was found, a weighted mean of the values. Query, key and value come out of linear layers, so the network learns both what counts as alike and what to take away.
#
# What did the network above learn? Take one list of 16 pairs, ask for each of the 16 letters, and draw the weights:

# %% tags=["hide-input"] alt_zh="16×16 的格子图，横轴是清单里的字母，纵轴是问的字母。每行几乎只有一格深色，正好落在同一个字母所在的列。" alt_en="A grid of 16 by 16, letters of the list along, letters asked for down. Each row has nearly all its colour in one cell, in the column of the same letter."
names = "ABCDEFGHIJKLMNOP"
network = trained["attention"][16][0][0]
letters, digits, *_ = lists(1, 16, torch.Generator().manual_seed(5))
with torch.no_grad():
    pairs = network.letter(letters) + network.digit(digits)
    # (16 letters, 16 positions)
    looked = network.scores(pairs, torch.arange(LETTERS)[None]).softmax(-1)[0]
on_target = looked.gather(1, letters.argsort(1)[0][:, None]).mean().item()
figure = figures.cells({"": looked})
axes = figure.axes[0]
figure.set_size_inches(4.2, 4.2)
axes.set_xticks(
    [i + 0.5 for i in range(16)], [names[letter] for letter in letters[0]], fontsize=8
)
axes.set_yticks([i + 0.5 for i in range(16)], list(names), fontsize=8)
axes.grid(False)
axes.set(xlabel="position in the list", ylabel="letter asked for")
figure

# %% [markdown] tags=["zh"]
# 没有人告诉它该看哪一项，只给了答案。它自己学会了：平均 {{ f"{on_target:.0%}" }} 的权重落在正确的位置上。
#
# ## 五行代码，与 torch 核对 { #code }
#
# 把许多查询叠成矩阵 $\mathbf Q$，键叠成 $\mathbf K$，值叠成 $\mathbf V$，就是论文里的**缩放点积注意力** $\operatorname{softmax}(\mathbf Q\mathbf K^\top/\sqrt d)\,\mathbf V$：

# %% [markdown] tags=["en"]
# Nobody told it where to look; it was only given the answers. It found out by itself: {{ f"{on_target:.0%}" }} of the weight, on average, lies at the right place.
#
# ## Five lines, checked against torch { #code }
#
# Stack many queries into a matrix $\mathbf Q$, keys into $\mathbf K$ and values into $\mathbf V$, and you have the **scaled dot-product attention** of the paper, $\operatorname{softmax}(\mathbf Q\mathbf K^\top/\sqrt d)\,\mathbf V$:


# %%
def attention(q, k, v, mask=None):
    """Look up queries (…, S, d) among keys (…, T, d) and values (…, T, m).

    The mask (S, T) is True where looking is allowed. Returns (…, S, m).
    """
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # (…, S, T)
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    return scores.softmax(dim=-1) @ v


# %% tags=["hide-input"]
def compare(batch, S, T, d, m, mask):
    torch.manual_seed(batch + S + T + d + m)
    inputs = [
        torch.randn(*batch_of, dtype=torch.float64)
        for batch_of in ((batch, S, d), (batch, T, d), (batch, T, m))
    ]
    results = []
    for function in (
        attention,
        lambda q, k, v, mask: F.scaled_dot_product_attention(q, k, v, attn_mask=mask),
    ):
        q, k, v = (x.clone().requires_grad_() for x in inputs)
        y = function(q, k, v, mask)
        y.pow(3).sum().backward()
        results.append([y, q.grad, k.grad, v.grad])
    return max((a - b).abs().max().item() for a, b in zip(*results))


gaps = []
for batch in (1, 3):
    for S, T in ((1, 1), (1, 7), (5, 5), (6, 9)):
        for d, m in ((1, 1), (8, 8), (16, 4)):
            some = torch.rand(S, T, generator=torch.Generator().manual_seed(T)) < 0.6
            some[:, 0] = True  # every query may see something
            for mask in (None, torch.ones(S, T, dtype=torch.bool).tril(), some):
                gaps.append(compare(batch, S, T, d, m, mask))
assert max(gaps) < 1e-12
print(
    f"{len(gaps)} settings, outputs and gradients: largest difference {max(gaps):.0e}"
)

# %% [markdown] tags=["zh"]
# ## 为什么除以 √d { #scale }
#
# 设 $\mathbf q$、$\mathbf k$ 的分量独立，均值 0，方差 1。点积是 $d$ 个这样的乘积之和，方差为 $d$，标准差为 $\sqrt d$。键越长，得分拉得越开，softmax 就越接近“赢家通吃”，导数随之趋于 0。下面表里的“斜率”，是各权重对各得分的全部导数合起来的大小。**先猜：$d=256$ 时，不除的话，16 个随机的键里最大的权重平均是多少？**

# %% [markdown] tags=["en"]
# ## Why divide by √d { #scale }
#
# Let the components of $\mathbf q$ and $\mathbf k$ be independent with mean 0 and variance 1. The dot product is a sum of $d$ such products: its variance is $d$, its standard deviation $\sqrt d$. Longer keys spread the scores further apart, softmax comes close to "winner takes all", and its derivatives tend to 0. In the table below, the slope is the size of all the derivatives of the weights by the scores. **Guess the largest weight among 16 random keys, on average, for $d=256$ without the division.**

# %%
import pandas as pd

measured = {}
for d in (4, 16, 64, 256, 1024):
    torch.manual_seed(0)
    # 500 queries, 16 keys each
    scores = (torch.randn(500, 16, d) @ torch.randn(500, d, 1))[..., 0]
    row = {"spread of the scores": scores.std().item()}
    for name, z in (("not divided", scores), ("divided by √d", scores / math.sqrt(d))):
        w = z.softmax(1)
        # derivatives of the weights by the scores
        slope = torch.diag_embed(w) - w[:, :, None] * w[:, None, :]
        row[f"largest weight, {name}"] = w.max(1).values.mean().item()
        row[f"slope of softmax, {name}"] = slope.norm(dim=(1, 2)).mean().item()
    measured[d] = row

# %% tags=["hide-input"]
table = pd.DataFrame(measured).T[
    [
        "spread of the scores",
        "largest weight, not divided",
        "largest weight, divided by √d",
        "slope of softmax, not divided",
        "slope of softmax, divided by √d",
    ]
]
table.columns = pd.MultiIndex.from_tuples(
    [
        ("spread of the scores", ""),
        ("largest weight", "not divided"),
        ("largest weight", "divided by √d"),
        ("slope of softmax", "not divided"),
        ("slope of softmax", "divided by √d"),
    ]
)
table.rename_axis("d").map("{:.2f}".format)

# %% [markdown] tags=["zh"]
# $d=256$ 时，不除，最大的权重平均 {{ f"{measured[256]['largest weight, not divided']:.2f}" }}，softmax 的斜率只剩 $d=4$ 时的 {{ f"{measured[256]['slope of softmax, not divided'] / measured[4]['slope of softmax, not divided']:.0%}" }}：还没训练，就已经认死了一个键，梯度也小。除以 $\sqrt d$ 之后，两个数都与 $d$ 无关。
#
# ## 自注意力 { #self-attention }
#
# 问的和答的可以是同一批东西。**自注意力**让一个序列查自己：$\mathbf Q$、$\mathbf K$、$\mathbf V$ 都由同一个 $\mathbf X$（$T$ 行，每个位置一行）乘三个矩阵得到。于是每个位置一步就能看到所有位置，第一个输入到最后一个输出的路只有一层长。照[上一页](sequences.py#gradients)的办法量梯度：

# %% [markdown] tags=["en"]
# At $d=256$ without the division the largest weight is {{ f"{measured[256]['largest weight, not divided']:.2f}" }} on average, and the slope of softmax is down to {{ f"{measured[256]['slope of softmax, not divided'] / measured[4]['slope of softmax, not divided']:.0%}" }} of that at $d=4$: before any training each query has settled on one key, and the gradient is small. With the division by $\sqrt d$, neither number depends much on $d$.
#
# ## Self-attention { #self-attention }
#
# Those who ask and those who answer may be the same. In **self-attention** a sequence looks things up in itself: $\mathbf Q$, $\mathbf K$ and $\mathbf V$ all come from one $\mathbf X$ (with $T$ rows, one per position), multiplied by three matrices. So each position sees all positions in one step, and the way from the first input to the last output is one layer long. Measure the gradient as on the [page before](sequences.py#gradients):


# %%
def reach(make, length):
    ratios = []
    for seed in range(5):
        torch.manual_seed(seed)
        run = make()
        x = torch.randn(8, length, WIDTH, dtype=torch.float64, requires_grad=True)
        (gradient,) = torch.autograd.grad(run(x)[:, -1].sum(), x)
        norms = gradient.norm(dim=2)
        ratios.append((norms[:, 0] / norms[:, -1]).mean().item())
    return mean(ratios)


def recurrent():
    layer = nn.RNN(WIDTH, WIDTH, batch_first=True).double()
    return lambda x: layer(x)[0]


def attending():
    layer = nn.MultiheadAttention(WIDTH, 1, batch_first=True).double()
    return lambda x: layer(x, x, x, need_weights=False)[0]


spans = [2, 5, 10, 20, 40, 80]
kinds = {"RNN": recurrent, "self-attention": attending}
reached = {name: [reach(make, span) for span in spans] for name, make in kinds.items()}

# %% tags=["hide-input"] alt_zh="对数纵轴，横轴是序列长度 2 到 80。RNN 的比值一路直线下降到十的负十几次方以下；自注意力的从 1 附近缓缓降到十分之几。" alt_en="On a logarithmic scale, lengths 2 to 80. The ratio of the RNN falls in a straight line to below ten to the minus ten and further; that of self-attention sinks gently from near 1 to some tenths."
figures.lines(
    reached,
    x=spans,
    xlabel="length of the sequence",
    ylabel="gradient at the first input / at the last",
    log=True,
)

# %% [markdown] tags=["zh"]
# 长度 80 时，RNN 是 {{ f"{reached['RNN'][-1]:.0e}" }}，自注意力是 {{ f"{reached['self-attention'][-1]:.2f}" }}。后者也在降，因为权重由 80 个位置分享；但那是除以长度，不是连乘。
#
# 代价是 $T\times T$ 个权重。序列长一倍，权重就是 4 倍：

# %% [markdown] tags=["en"]
# At length 80 the RNN has {{ f"{reached['RNN'][-1]:.0e}" }}, self-attention {{ f"{reached['self-attention'][-1]:.2f}" }}. The second falls too, since 80 positions share the weight. But that is a single division by the length, with no chain of products.
#
# The price is $T\times T$ weights. Twice the length makes 4 times as many:

# %% tags=["hide-input"]
pd.DataFrame(
    {
        "numbers in the weights": [f"{T * T:,}" for T in (16, 49, 784, 4096)],
        "MB": [f"{T * T * 4 / 1e6:,.3f}" for T in (16, 49, 784, 4096)],
    },
    index=[f"T = {T}" for T in (16, 49, 784, 4096)],
)

# %% [markdown] tags=["zh"]
# 784 是把 $28\times28$ 的每个像素都当作一个位置。这就是图像要[先切成块](vision-transformer.py#patches)的原因。
#
# ## 不许偷看：注意力掩码 { #mask }
#
# 语言模型要猜下一个词，训练时整句话都在眼前，得挡住后面的。**注意力掩码**说明谁可以看谁：不许看的地方，在 softmax **之前**把得分换成 $-\infty$，权重就正好是 0，其余的照样加起来等于 1。下三角的掩码叫因果掩码：

# %% [markdown] tags=["en"]
# At 784 each pixel of a $28\times28$ image is a position. That is why images are [cut into patches](vision-transformer.py#patches) first.
#
# ## No peeking: the attention mask { #mask }
#
# A language model has to guess the next word. In training the whole sentence is in front of it, so the later words must be covered up. An **attention mask** says which position may look at which. Where looking is forbidden, the score becomes $-\infty$ **before** softmax, so that the weight is exactly 0 and the others still sum to 1. A mask that allows only the lower triangle is called the causal mask:

# %%
torch.manual_seed(0)
x = torch.randn(1, 8, WIDTH)
causal = torch.ones(8, 8, dtype=torch.bool).tril()
# a sequence that looks itself up
scores = (x / 2) @ (x / 2).transpose(1, 2) / math.sqrt(WIDTH)
weights = {
    "all positions": scores.softmax(-1)[0],
    "causal": scores.masked_fill(~causal, -math.inf).softmax(-1)[0],
}

changed = x.clone()
changed[:, 5] = torch.randn(WIDTH)  # change position 5 and look at those before
for name, mask in (("all positions", None), ("causal", causal)):
    before, after = (attention(y / 2, y / 2, y, mask)[0] for y in (x, changed))
    print(
        f"{name:14}",
        [f"{value:.2f}" for value in (after - before).abs().amax(1).tolist()],
    )

# %% tags=["hide-input"] alt_zh="两个 8×8 的权重图，行是查询，列是键。左图每格都有颜色，对角线最深；右图只有下三角有颜色，第一行全部落在第一格。" alt_en="Two weight grids of 8 by 8, queries down, keys along. Left all cells are coloured, the diagonal most; right only the lower triangle is, and the first row has all its weight in its first cell."
figure = figures.cells(weights)
for axes in figure.axes:
    axes.set_xlabel("key")
figure.axes[0].set_ylabel("query")
figure

# %% [markdown] tags=["zh"]
# 改动第 5 个位置（从 0 数起）：没有掩码，前面各个位置的输出全变；有因果掩码，前 5 个一点没变，正好是 0。没有它，模型“猜”下一个词时看得见答案，训练损失漂亮得不像话，一到生成就露馅。
#
# ## 多头：一次查好几样 { #multi-head }
#
# 一次问两个字母，两个数字都要答对。查询是两个字母的嵌入之和（各用一张表，分得清先后）。**先猜：一个注意力头做得到吗？**
#
# **多头注意力**把 $d$ 维切成几份，每份各查各的，再拼起来，最后过一个线性层：

# %% [markdown] tags=["en"]
# We changed position 5, counted from 0. Without a mask the outputs of all earlier positions change too. With the causal mask the first 5 do not change at all: exactly 0. Without the mask a model that "guesses" the next word sees the answer. Its training loss is too good to be true, and it fails as soon as it has to generate text.
#
# ## Several heads: several look-ups at once { #multi-head }
#
# Now ask for two letters at once; both digits must be right. The query is the sum of two embeddings, each from its own table, so that it holds the order of the two. **Guess whether one attention head can do it.**
#
# **Multi-head attention** cuts the $d$ numbers into parts and lets each part do its own look-up. It puts the results side by side and sends them through a linear layer:


# %%
def multi_head(x, memory, layer, heads):
    """Do what nn.MultiheadAttention does, with its weights.

    x (N, S, d) looks up memory (N, T, d).
    """
    W, b = layer.in_proj_weight.chunk(3), layer.in_proj_bias.chunk(3)
    q, k, v = (
        # (N, heads, T, d / heads)
        (source @ W[i].T + b[i]).unflatten(-1, (heads, -1)).transpose(1, 2)
        for i, source in enumerate((x, memory, memory))
    )
    return layer.out_proj(attention(q, k, v).transpose(1, 2).flatten(2))


heads_gap = []
for heads in (1, 2, 4, 8):
    torch.manual_seed(heads)
    layer = nn.MultiheadAttention(WIDTH, heads, batch_first=True).double()
    x, memory = (torch.randn(2, T, WIDTH, dtype=torch.float64) for T in (3, 7))
    gap = multi_head(x, memory, layer, heads) - layer(x, memory, memory)[0]
    heads_gap.append(gap.abs().max().item())
    count = sum(p.numel() for p in layer.parameters())
    print(f"{heads} heads: {count} parameters, difference {heads_gap[-1]:.0e}")
assert max(heads_gap) < 1e-12


# %% tags=["hide-input"]
class TwoQuestions(nn.Module):
    def __init__(self, heads):
        super().__init__()
        self.letter, self.digit = (
            nn.Embedding(LETTERS, WIDTH),
            nn.Embedding(DIGITS, WIDTH),
        )
        self.first, self.second = (
            nn.Embedding(LETTERS, WIDTH),
            nn.Embedding(LETTERS, WIDTH),
        )
        self.attention = nn.MultiheadAttention(WIDTH, heads, batch_first=True)
        self.head = nn.Linear(WIDTH, 2 * DIGITS)

    def forward(self, letters, digits, asked):
        pairs = self.letter(letters) + self.digit(digits)
        query = (self.first(asked[:, 0]) + self.second(asked[:, 1]))[:, None]
        return self.head(
            self.attention(query, pairs, pairs, need_weights=False)[0][:, 0]
        ).unflatten(1, (2, DIGITS))


def train_two(heads, seed, steps=300):
    torch.manual_seed(seed)
    draw = torch.Generator().manual_seed(seed)
    network = TwoQuestions(heads)
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-3)
    for _ in range(steps):
        letters, digits, asked, answers = lists(64, 8, draw, questions=2)
        optimizer.zero_grad()
        F.cross_entropy(
            network(letters, digits, asked).flatten(0, 1), answers.flatten()
        ).backward()
        optimizer.step()
    letters, digits, asked, answers = lists(1000, 8, draw, questions=2)
    return (
        (network(letters, digits, asked).argmax(2) == answers)
        .all(1)
        .float()
        .mean()
        .item()
    )


two = {
    "1 head": [train_two(1, seed) for seed in range(2)],
    "2 heads": [train_two(2, seed) for seed in range(2)],
}

# %% tags=["hide-input"] alt_zh="两问都答对的比例：1 个头不到两成，2 个头接近 1。" alt_en="Share with both answers right: below twenty percent with 1 head, near 1 with 2."
figures.bars(two, xlabel="both answers right", limits=(0, 1))

# %% [markdown] tags=["zh"]
# 1 个头答对 {{ f"{mean(two['1 head']):.0%}" }}，2 个头 {{ f"{mean(two['2 heads']):.0%}" }}，参数一样多。道理是：一个头只有一组权重、一个平均值。两项各拿一半加在一起，就分不清哪个数字是先问的。两个头各看一处，互不相混。代价是每个头只有 $d/2$ 维；头切得太细，每份又装不下多少东西。
#
# ## 次序：位置编码 { #positions }
#
# 加权平均不看先后。把输入的各行换个次序，自注意力的输出只是跟着换，数值一模一样，这叫**置换等变**。“狗咬人”与“人咬狗”在它看来是同一堆词。补救的办法是给每个位置加一个不同的向量，叫**位置编码**，可以学，也可以用公式：
#
# $$ p_{t,2i}=\sin\frac{t}{10000^{2i/d}},\qquad p_{t,2i+1}=\cos\frac{t}{10000^{2i/d}} $$
#
# 其中 $t$ 是位置，$2i$ 与 $2i+1$ 是分量的编号，$d$ 是嵌入的长度。分量像钟表的指针，前面的转得快，后面的转得慢：

# %% [markdown] tags=["en"]
# With 1 head {{ f"{mean(two['1 head']):.0%}" }} are right, with 2 heads {{ f"{mean(two['2 heads']):.0%}" }}, with the same number of parameters. The reason is that one head has one set of weights and returns one mean. When half of one item is added to half of another, it can no longer tell which digit was asked for first. Two heads look at two places and keep them apart. The price is that each head has only $d/2$ numbers; cut too finely, a head holds too little.
#
# ## Order: positional encoding { #positions }
#
# A weighted mean does not care about order. Put the rows of the input in another order, and the rows of the output of self-attention are reordered the same way, with the very same numbers; this is **permutation equivariance**. To it, "dog bites man" and "man bites dog" are the same heap of words. The remedy is to add a different vector at each position, a **positional encoding**, either learned or given by a formula:
#
# $$ p_{t,2i}=\sin\frac{t}{10000^{2i/d}},\qquad p_{t,2i+1}=\cos\frac{t}{10000^{2i/d}} $$
#
# where $t$ is the position, $2i$ and $2i+1$ number the components, and $d$ is the length of an embedding. The components are like the hands of a clock, fast ones first and slow ones last:


# %%
def sinusoids(length, d):
    """Return the encoding of positions 0 … length − 1: (length, d)."""
    angles = torch.arange(length)[:, None] / 10000 ** (torch.arange(0, d, 2) / d)
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)


torch.manual_seed(0)
layer = nn.MultiheadAttention(WIDTH, 4, batch_first=True).eval()
words, order = torch.randn(1, 6, WIDTH), torch.tensor([5, 1, 4, 2, 0, 3])


@torch.no_grad()
def follows(encoding):
    """Return how far the output for shuffled words is from the shuffled output."""
    one, other = words + encoding, words[:, order] + encoding
    gap = layer(other, other, other)[0] - layer(one, one, one)[0][:, order]
    return gap.abs().max().item()


bare, encoded = follows(0), follows(sinusoids(6, WIDTH))
assert bare < 1e-6 < encoded
print(f"without encoding {bare:.0e}, with encoding {encoded:.2f}")

# %% tags=["hide-input"] alt_zh="热图，横轴 32 个分量，纵轴 40 个位置，正数一种颜色，负数另一种。左边的列随位置快速交替，越往右变得越慢，最右边的几乎不变。" alt_en="Heat map of 32 components along and 40 positions down, positive in one colour and negative in another. Columns on the left alternate quickly with the position; further right they change more and more slowly, and the last hardly at all."
figure = figures.cells({"": sinusoids(40, WIDTH)})
axes = figure.axes[0]
figure.set_size_inches(4.6, 4.9)
axes.set_xticks([0.5, 8.5, 16.5, 24.5, 31.5], ["0", "8", "16", "24", "31"])
axes.set_yticks([0.5, 10.5, 20.5, 30.5, 39.5], ["0", "10", "20", "30", "39"])
axes.grid(False)
axes.set(xlabel="component", ylabel="position")
figure

# %% tags=["remove-input"]
similarity = sinusoids(40, WIDTH).double() @ sinusoids(40, WIDTH).double().T
uneven = max(
    (similarity.diagonal(k) - similarity.diagonal(k)[0]).abs().max().item()
    for k in range(40)
)
near, far = similarity.diagonal(1)[0].item(), similarity.diagonal(30)[0].item()
norm = similarity[0, 0].item()

# %% [markdown] tags=["zh"]
# 不加编码，“先换次序再算”与“先算再换次序”只差 {{ f"{bare:.0e}" }}，是舍入；加了之后差 {{ f"{encoded:.2f}" }}，它知道谁在前了。
#
# 这个公式还有一个好性质：两个位置的编码的点积**只与距离有关**（$\sin a\sin b+\cos a\cos b=\cos(a-b)$）。实测距离相同的各对之间相差不过 {{ f"{uneven:.0e}" }}：相同位置是 {{ f"{norm:.0f}" }}，相距 1 是 {{ f"{near:.1f}" }}，相距 30 是 {{ f"{far:.1f}" }}。
#
# 自注意力、每个位置各算一遍的两层网络、跳跃连接和归一化叠在一起，就是 Transformer。[下一页](vision-transformer.py)拿它来认数字。
#
# ## 常见的坑 { #traps }
#
# !!! warning "布尔掩码的意思在 torch 里有两种"
#     `F.scaled_dot_product_attention` 的 `True` 是**可以看**，`nn.MultiheadAttention` 的 `True` 是**不许看**。从一个换到另一个要取反，忘了不报错，模型恰好只看未来。
#
# !!! warning "某一行全部不许看"
#     softmax 的每一项都是 $-\infty$，按公式得到 NaN，一行就能毁掉整个损失。`F.scaled_dot_product_attention` 在这一行返回 0；`nn.MultiheadAttention` 按默认设置要连权重一起返回，得到的是 NaN，写上 `need_weights=False` 才是 0。补齐的句子里常有这样的行。
#
# !!! warning "先 softmax，后乘掩码"
#     权重加起来不再是 1，输出整体变小；被挡住的得分也仍然参与了分母。掩码加在 softmax 之前。
#
# !!! warning "softmax 的轴写错"
#     要沿**键**的轴，即最后一个。沿查询的轴也能算，形状一样，每一列加起来等于 1，意思全错。
#
# !!! warning "把权重当作解释"
#     权重只说这一层从哪里取了值。值在前面的层里早已混合过，看到的不一定是“原因”。
#
# ## 练习 { #exercises }
#
# **1.** $d=4$，两个键与查询的点积是 2 和 0。第一个键的权重是多少？不除以 $\sqrt d$ 呢？
#
# ??? success "答案"
#     得分是 1 和 0，权重 $e/(e+1)\approx0.731$；不除是 $e^2/(e^2+1)\approx0.881$。
#
# **2.** 写 `causal_attention(q, k, v)`，三者都是 $(N,T,d)$，只许看自己和前面。不用 `scaled_dot_product_attention`。
#
# ??? success "答案"
#     下三角以外的得分换成 $-\infty$。
#
#     ```python
#     import math
#
#     import torch
#
#
#     def causal_attention(q, k, v):
#         scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[-1])
#         later = torch.ones(q.shape[1], k.shape[1], dtype=torch.bool).triu(1)
#         return scores.masked_fill(later, -math.inf).softmax(dim=-1) @ v
#     ```
#
# **3.** `nn.MultiheadAttention(32, 4)` 有多少个参数？49 个位置、4 个头，一张图共有多少个权重？
#
# ??? success "答案"
#     四个 $32\times32$ 的矩阵加四个偏置：$4\times32\times32+4\times32=4224$。权重 $4\times49\times49=9604$。
#
# **4.** 所有的键都相同，输出是什么？输出的某个分量能比所有值的这个分量都大吗？
#
# ??? success "答案"
#     权重全是 $1/T$，输出是值的平均。不能：权重非负、和为 1，输出是值的加权平均，出不了值的范围。所以注意力只会“挑”和“混”，要变出新东西，得靠后面的全连接层。
#
# **5.** 序列长 1,000，得到最后一个输出，RNN 的第一个输入要经过几步，自注意力呢？各自能并行吗？
#
# ??? success "答案"
#     1,000 步与 1 步。RNN 必须一步等一步；自注意力的各个位置互不等待，一次矩阵乘法全部算完，但要算 $1000^2=1{,}000{,}000$ 个权重。
#
# ## 参考文献 { #references }
#
# - A. Vaswani 等. [Attention is all you need](https://arxiv.org/abs/1706.03762). NeurIPS, 2017.
# - D. Bahdanau, K. Cho, Y. Bengio. [Neural machine translation by jointly learning to align and translate](https://arxiv.org/abs/1409.0473). ICLR, 2015.
# - S. Jain, B. Wallace. [Attention is not explanation](https://arxiv.org/abs/1902.10186). NAACL, 2019.
# - [torch.nn.functional.scaled_dot_product_attention](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html)，PyTorch 文档。

# %% [markdown] tags=["en"]
# Shuffle and then compute, or compute and then shuffle: without the encoding the two differ by {{ f"{bare:.0e}" }}, which is rounding. With the encoding they differ by {{ f"{encoded:.2f}" }}: now the layer knows which word comes first.
#
# The formula has another pleasant property: the dot product of the encodings of two positions **depends on their distance alone** ($\sin a\sin b+\cos a\cos b=\cos(a-b)$). In our measurement, pairs at the same distance differ by no more than {{ f"{uneven:.0e}" }}. A position with itself gives {{ f"{norm:.0f}" }}, distance 1 gives {{ f"{near:.1f}" }} and distance 30 gives {{ f"{far:.1f}" }}.
#
# Take self-attention, a network of two layers applied at each position, shortcuts and normalization, and stack them: that is a transformer. The [next page](vision-transformer.py) reads digits with it.
#
# ## Traps { #traps }
#
# !!! warning "A Boolean mask means two things in torch"
#     In `F.scaled_dot_product_attention` `True` **allows** looking; in `nn.MultiheadAttention` `True` **forbids** it. Going from one to the other you must invert the mask. If you forget, there is no error, and the model sees nothing but the future.
#
# !!! warning "A row that may see nothing at all"
#     All entries of the softmax are $-\infty$ and the formula gives NaN; one such row ruins the whole loss. `F.scaled_dot_product_attention` returns 0 for it. `nn.MultiheadAttention` returns the weights as well by default and gives NaN; with `need_weights=False` it gives 0. Padded sentences often have such rows.
#
# !!! warning "Softmax first, mask afterwards"
#     The weights no longer sum to 1 and the output shrinks, since what was hidden still counted in the denominator. Apply the mask before softmax.
#
# !!! warning "Softmax along the wrong axis"
#     It runs along the **keys**, the last axis. Along the queries it runs without an error too, and the shape is the same; but then each column sums to 1, and the whole result is wrong.
#
# !!! warning "Taking weights for an explanation"
#     The weights say where this layer took its values. Earlier layers have already mixed those values, so what you see need not be the reason for the answer.
#
# ## Exercises { #exercises }
#
# **1.** With $d=4$, a query has dot products 2 and 0 with two keys. What is the weight of the first, and what without dividing by $\sqrt d$?
#
# ??? success "Answer"
#     The scores are 1 and 0, so the weight is $e/(e+1)\approx0.731$. Without the division it is $e^2/(e^2+1)\approx0.881$.
#
# **2.** Write `causal_attention(q, k, v)`, all of shape $(N,T,d)$, in which a position sees itself and those before. Do not use `scaled_dot_product_attention`.
#
# ??? success "Answer"
#     Set the scores outside the lower triangle to $-\infty$.
#
#     ```python
#     import math
#
#     import torch
#
#
#     def causal_attention(q, k, v):
#         scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[-1])
#         later = torch.ones(q.shape[1], k.shape[1], dtype=torch.bool).triu(1)
#         return scores.masked_fill(later, -math.inf).softmax(dim=-1) @ v
#     ```
#
# **3.** How many parameters does `nn.MultiheadAttention(32, 4)` have? With 49 positions and 4 heads, how many attention weights are computed for one image?
#
# ??? success "Answer"
#     Four matrices $32\times32$ and four biases: $4\times32\times32+4\times32=4224$. There are $4\times49\times49=9604$ weights.
#
# **4.** If all keys are equal, what is the output? Can a component of the output be larger than that component of every value?
#
# ??? success "Answer"
#     All weights are $1/T$, and the output is the mean of the values. No, it cannot be larger: the weights are not negative and sum to 1, so the output is a weighted mean and never leaves the range of the values. Attention picks and mixes. To make something new is the job of the fully connected layers behind it.
#
# **5.** In a sequence of 1,000, through how many steps does the first input pass on its way to the last output, in an RNN and in self-attention? Can they be computed in parallel?
#
# ??? success "Answer"
#     1,000 steps and 1 step. In an RNN each step waits for the one before, so they cannot. In self-attention no position waits for another, and a few matrix products compute them all; but there are $1000^2=1{,}000{,}000$ weights to compute.
#
# ## References { #references }
#
# - A. Vaswani et al. [Attention is all you need](https://arxiv.org/abs/1706.03762). NeurIPS, 2017.
# - D. Bahdanau, K. Cho, Y. Bengio. [Neural machine translation by jointly learning to align and translate](https://arxiv.org/abs/1409.0473). ICLR, 2015.
# - S. Jain, B. Wallace. [Attention is not explanation](https://arxiv.org/abs/1902.10186). NAACL, 2019.
# - [torch.nn.functional.scaled_dot_product_attention](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html), PyTorch documentation.
