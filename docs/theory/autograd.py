# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "自动求导怎样工作：计算图、手推链式法则、三十多行的从零实现、差分检验、梯度累加、no_grad，更新在哪里做、权重存在哪里。"
#       en: "How autograd works: the graph, the chain rule by hand, an engine of some thirty lines, checks by finite differences, accumulation, no_grad, where updates happen and where weights live."
#     covers: [N-26, T-02, Q-10, Q-11, E-78]
#     labels:
#       Add: 加
#       Sub: 减
#       Mul: 乘
#       Pow: 幂
#       Sin: 正弦
#       step h: 步长 h
#       error of the estimate: 估计的误差
#       forward difference: 前向差分
#       central difference: 中心差分
#       central difference, float32: 中心差分，float32
# ---

# %% [markdown] tags=["zh"]
# # 自动求导：没有人写过反向传播 { #autograd }
#
# 训练代码里只有 `loss.backward()` 这一句，梯度就都有了。没有人给 LeNet 推过导数公式，它们从哪里来？
#
# 拿一个小得能手算的例子：$L=(wx+b-y)^2$，其中 $w=2,\ x=3,\ b=1,\ y=5$。**先用笔算出 $\partial L/\partial w$ 和 $\partial L/\partial b$，再往下看。**

# %% [markdown] tags=["en"]
# # Autograd: nobody wrote the backward pass { #autograd }
#
# The training code has a single line, `loss.backward()`, and the gradients are there. Nobody ever derived formulas for LeNet, so where do they come from?
#
# Take something small enough for pencil and paper: $L=(wx+b-y)^2$ with $w=2,\ x=3,\ b=1,\ y=5$. **Work out $\partial L/\partial w$ and $\partial L/\partial b$, then read on.**

# %%
import torch

w = torch.tensor(2.0, requires_grad=True)
b = torch.tensor(1.0, requires_grad=True)
x, y = torch.tensor(3.0), torch.tensor(5.0)

loss = (w * x + b - y) ** 2
loss.backward()
print("loss", loss.item(), " dL/dw", w.grad.item(), " dL/db", b.grad.item())

# %% [markdown] tags=["zh"]
# ## 前向时记下一张图 { #graph }
#
# 张量有一个标记 **requires_grad**，设为 `True` 就是说：我要它的梯度。这样的张量每参与一步运算，torch 都顺手记一笔：结果由什么运算、从谁那里来。这些记录连起来就是**计算图**。下面这张不是示意图，而是从 `loss.grad_fn` 一路走回去画出来的：

# %% [markdown] tags=["en"]
# ## The forward pass leaves a graph { #graph }
#
# A tensor has a flag, **requires_grad**; `True` says that its gradient is wanted. Whenever such a tensor takes part in an operation, torch makes a note of which operation it was and where its inputs came from. These notes make up the **computational graph**. The one below is not a sketch; it was drawn by walking back from `loss.grad_fn`:

# %% tags=["remove-input"] alt_zh="由左到右：叶子 w 进入“乘”，结果与叶子 b 一起进入“加”，再经“减”和“幂”得到损失。x 和 y 不在图里。" alt_en="From left to right: leaf w enters Mul, its result and leaf b enter Add, then Sub and Pow lead to the loss. x and y are not in the graph."
from dlnotes import figures

figures.autograd((w * x + b - y) ** 2, {"w": w, "b": b})

# %% [markdown] tags=["zh"]
# 方框是运算。圆头的是**叶子张量**：不是由记录在案的运算算出来的，图到它为止，求得的梯度也存在它的 `.grad` 里。$x$ 和 $y$ 没有出现，因为没有人要它们的梯度。
#
# 这张图不是事先声明的，是每次前向时由实际执行的语句现记的，叫**动态图**。所以循环转几圈可以由数据决定，图跟着变长变短：

# %% [markdown] tags=["en"]
# Square boxes are operations. Round ones are leaves: a **leaf tensor** was not computed by any recorded operation. The graph ends there, and the gradient of the leaf is stored in its `.grad`. $x$ and $y$ are missing, because nobody asked for their gradients.
#
# The graph was not declared beforehand. Each forward pass records the statements that really ran, which makes it a **dynamic graph**. A loop may run as many times as the data requires, and the graph grows or shrinks with it:


# %%
def double_until(start, limit=100.0):
    value = start * w
    while value < limit:  # decided by the numbers, at run time
        value = value * w
    return value


def operations(node):
    if node is None or "AccumulateGrad" in node.name():  # a leaf
        return 0
    return 1 + sum(operations(origin) for origin, _ in node.next_functions)


for start in (3.0, 40.0):
    value = double_until(torch.tensor(start))
    count = operations(value.grad_fn)
    print(f"from {start:g} to {value.item():g}: {count} operations on record")

# %% [markdown] tags=["zh"]
# ## 反向：沿图走一遍链式法则 { #chain-rule }
#
# 给中间结果起名：$u=wx$，$v=u+b$，$e=v-y$，$L=e^2$。从右往左，每一步只要知道**自己这一个运算**的导数：
#
# | 运算 | 前向的值 | 自己的导数 | 乘上右边传来的 |
# |---|---|---|---|
# | $L=e^2$ | $e=2,\ L=4$ | $\partial L/\partial e=2e=4$ | $4$ |
# | $e=v-y$ | $v=7$ | $\partial e/\partial v=1$ | $\partial L/\partial v=4\cdot1=4$ |
# | $v=u+b$ | $u=6,\ b=1$ | $\partial v/\partial u=1,\ \partial v/\partial b=1$ | $\partial L/\partial u=4,\ \partial L/\partial b=4$ |
# | $u=wx$ | $w=2,\ x=3$ | $\partial u/\partial w=x=3$ | $\partial L/\partial w=4\cdot3=12$ |
#
# 与 torch 给出的 {{ int(w.grad) }} 和 {{ int(b.grad) }} 一致。注意两点：
#
# - 算 $\partial u/\partial w$ 要用前向时的 $x$，算 $\partial L/\partial e$ 要用 $e$。所以**前向的中间值必须留着**，训练比推理占内存，就是这个原因。
# - 一个量若用了两次，就有两条路通向损失，各条路的贡献**相加**。
#
# ## 从零写一个 { #from-scratch }
#
# 知道这些就能写出自动求导了。每个数记住两样：由谁算来，怎样把梯度分给它们。

# %% [markdown] tags=["en"]
# ## Backward: the chain rule along the graph { #chain-rule }
#
# Give names to the intermediate results: $u=wx$, $v=u+b$, $e=v-y$, $L=e^2$. From right to left, each step needs to know the derivative of **its own operation** alone:
#
# | operation | forward value | its own derivative | times what came from the right |
# |---|---|---|---|
# | $L=e^2$ | $e=2,\ L=4$ | $\partial L/\partial e=2e=4$ | $4$ |
# | $e=v-y$ | $v=7$ | $\partial e/\partial v=1$ | $\partial L/\partial v=4\cdot1=4$ |
# | $v=u+b$ | $u=6,\ b=1$ | $\partial v/\partial u=1,\ \partial v/\partial b=1$ | $\partial L/\partial u=4,\ \partial L/\partial b=4$ |
# | $u=wx$ | $w=2,\ x=3$ | $\partial u/\partial w=x=3$ | $\partial L/\partial w=4\cdot3=12$ |
#
# That agrees with the {{ int(w.grad) }} and {{ int(b.grad) }} from torch. Two things to note:
#
# - $\partial u/\partial w$ needs the $x$ of the forward pass, and $\partial L/\partial e$ its $e$. So **values of the forward pass must be kept**, which is why training takes more memory than inference.
# - A quantity used twice reaches the loss along two paths, and the gradients from the two are **added**.
#
# ## One from scratch { #from-scratch }
#
# This is all it takes to write an autograd. Each number remembers where it came from, and how to pass its gradient on.

# %%
import math


class Scalar:
    """A number that remembers its origin.

    `parents` holds (scalar, derivative of self by that scalar).
    """

    def __init__(self, value, parents=()):
        self.value, self.parents, self.grad = value, parents, 0.0

    def __add__(self, other):
        return Scalar(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        return Scalar(
            self.value * other.value, ((self, other.value), (other, self.value))
        )

    def tanh(self):
        t = math.tanh(self.value)
        return Scalar(t, ((self, 1 - t * t),))

    def backward(self):
        order, seen = [], set()

        def visit(node):  # parents first: a topological order
            if id(node) not in seen:
                seen.add(id(node))
                for parent, _ in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = 1.0
        # a node passes on only when all of its own has arrived
        for node in reversed(order):
            for parent, derivative in node.parents:
                parent.grad += node.grad * derivative


# %% [markdown] tags=["zh"]
# 3 种运算就够搭一个网络了。随机生成一批表达式，其中的变量会重复使用，再把每个梯度与 torch 比：

# %% [markdown] tags=["en"]
# With these 3 operations one could build a network. Make random expressions in which variables are used again and again, and compare each gradient with torch's:

# %%
import random


def random_expression(leaves, choose, steps=25):
    """Combine values at random: the same choices for our scalars and torch's tensors."""
    values = list(leaves)
    for _ in range(steps):
        one, two = choose.choice(values), choose.choice(values)
        kind = choose.randrange(3)
        combined = one + two if kind == 0 else one * two if kind == 1 else one.tanh()
        values.append(combined.tanh())
    return sum(values[1:], values[0])


worst = 0.0
for seed in range(200):
    numbers = [random.Random(seed).uniform(-2, 2) for _ in range(4)]
    ours = [Scalar(number) for number in numbers]
    theirs = [
        torch.tensor(number, dtype=torch.float64, requires_grad=True)
        for number in numbers
    ]
    random_expression(ours, random.Random(seed)).backward()
    random_expression(theirs, random.Random(seed)).backward()
    worst = max(worst, *(abs(a.grad - float(b.grad)) for a, b in zip(ours, theirs)))
print(f"200 random expressions, 4 gradients each: largest difference {worst:.1e}")

# %% [markdown] tags=["zh"]
# 最大差 {{ f"{worst:.0e}" }}，只剩舍入。torch 的引擎做的是同一件事，只是每个节点是张量，每种运算的导数由 C++ 写好。
#
# ## 节点是张量时：一次一个向量-雅可比积 { #vector-jacobian }
#
# 一层把 $n$ 个数变成 $m$ 个数，它“自己的导数”就是一张 $m\times n$ 的表，即雅可比矩阵 $\mathbf J$。引擎从不写出这张表。右边传来的是损失对这一层输出的梯度，一个行向量 $\mathbf v^\top$；要交给左边的是 $\mathbf v^\top\mathbf J$，叫**向量-雅可比积**。以 $\tanh$ 为例：输入 $n$ 个数，$\mathbf J$ 有 $n^2$ 格，而 $\mathbf v^\top\mathbf J$ 只要逐元素乘 $1-\tanh^2$，$n$ 次乘法。
#
# 反过来也行：从输入出发，带着一个方向 $\mathbf u$ 往前走，每层算 $\mathbf J\mathbf u$，叫**前向模式**。两种走法的趟数不同。**先猜：300 个输入、1 个输出，各要走几趟才凑齐全部导数？**

# %% [markdown] tags=["en"]
# The largest difference is {{ f"{worst:.0e}" }}: rounding. The engine of torch does the same thing, with tensors as nodes and the derivative of each operation written in C++.
#
# ## When nodes are tensors: a product for each { #vector-jacobian }
#
# A layer that turns $n$ numbers into $m$ has for its own derivative a table of $m\times n$, the Jacobian $\mathbf J$. The engine never writes that table down. From the right comes the gradient of the loss with respect to the layer's output, a row $\mathbf v^\top$; to the left goes $\mathbf v^\top\mathbf J$, the **vector–Jacobian product**. Take $\tanh$: for $n$ inputs $\mathbf J$ has $n^2$ cells, while $\mathbf v^\top\mathbf J$ is a product with $1-\tanh^2$, element by element, $n$ multiplications.
#
# It can also be done the other way round. Start at the input with a direction $\mathbf u$, and carry $\mathbf J\mathbf u$ forwards from layer to layer: that is **forward-mode differentiation**. The two need different numbers of passes through the network. **Guess: with 300 inputs and 1 output, how many passes does each take to get all the derivatives?**

# %%
torch.manual_seed(0)
n = 300
mixing = torch.randn(n, n, dtype=torch.float64) / n**0.5
point = torch.randn(n, dtype=torch.float64, requires_grad=True)

output = (mixing @ torch.tanh(mixing @ point)).square().sum()
(backwards,) = torch.autograd.grad(output, point)  # 1 walk


def walk_forwards(direction):
    """Carry a value and its slope in one direction along."""
    value, slope = point.detach(), direction
    value, slope = mixing @ value, mixing @ slope
    value, slope = torch.tanh(value), (1 - torch.tanh(value) ** 2) * slope
    value, slope = mixing @ value, mixing @ slope
    return (2 * value * slope).sum()


directions = torch.eye(n, dtype=torch.float64)
forwards = torch.stack([walk_forwards(u) for u in directions])
gap = (forwards - backwards).abs().max().item()
print(f"1 walk back, {len(forwards)} forwards: largest difference {gap:.0e}")

# %% [markdown] tags=["zh"]
# 结果相同，一边 1 趟，一边 {{ len(forwards) }} 趟。损失是**标量函数**：几万个参数，一个输出，所以训练用反向。输入少、输出多时正好倒过来，例如问“转动图片的角度变一点，每个像素怎样变”，前向一趟就够。
#
# ## 不信就量：差分检验 { #finite-differences }
#
# 梯度的定义就能拿来检验：把参数挪一点点，看损失变多少。这叫**有限差分**：
#
# $$ \frac{\partial L}{\partial w} \approx \frac{L(w+h)-L(w-h)}{2h} $$
#
# 其中 $h$ 是一个很小的数。**先猜：$h$ 是不是越小越准？** 用 $f(w)=\sin(w^2)$ 在 $w=1.3$ 处试试，它的导数是 $2w\cos(w^2)$：

# %% [markdown] tags=["en"]
# The results are equal, from 1 pass and from {{ len(forwards) }}. A loss is a **scalar function**: it has tens of thousands of parameters and one output, so training goes backwards. With few inputs and many outputs it is the other way round: how each pixel changes when a picture is turned a little takes one forward pass.
#
# ## Measure it: finite differences { #finite-differences }
#
# The definition of a gradient can be used to check it: move the parameter a little, and see how the loss changes. This is a **finite difference**:
#
# $$ \frac{\partial L}{\partial w} \approx \frac{L(w+h)-L(w-h)}{2h} $$
#
# where $h$ is a small step. **Guess: is a smaller $h$ always better?** Try $f(w)=\sin(w^2)$ at $w=1.3$, whose derivative is $2w\cos(w^2)$:


# %%
def f(w):
    return torch.sin(w**2)


steps = [10.0**-k for k in range(1, 13)]
exact = 2 * 1.3 * math.cos(1.3**2)


def errors(dtype, central):
    at = torch.tensor(1.3, dtype=dtype)
    found = []
    for h in steps:
        low, width = (at - h, 2 * h) if central else (at, h)
        # a log scale has no 0
        found.append(abs(float((f(at + h) - f(low)) / width) - exact) + 1e-16)
    return found


series = {
    "forward difference": errors(torch.float64, central=False),
    "central difference": errors(torch.float64, central=True),
    "central difference, float32": errors(torch.float32, central=True),
}

# %% tags=["hide-input"] alt_zh="双对数图：横轴步长 h，纵轴误差。每条曲线都呈 V 形；双精度中心差分在 h 约 1e-6 处最准，双精度前向差分在 1e-8 附近，单精度要大得多的 h。" alt_en="Error against step h, both logarithmic: each curve is a V. The central difference in double precision is best near 1e-6, the forward one near 1e-8; single precision needs a far larger h."
figure = figures.lines(
    series, x=steps, xlabel="step h", ylabel="error of the estimate", log=True
)
axes = figure.axes[0]
axes.set_xscale("log")
axes.xaxis.set_major_formatter(axes.yaxis.get_major_formatter())
axes.minorticks_off()
figure

# %% tags=["remove-input"]
best = {
    name: steps[min(range(len(steps)), key=lambda k: values[k])]
    for name, values in series.items()
}

# %% [markdown] tags=["zh"]
# 不是越小越好，每条曲线都是 V 形。右边是公式的误差（$h$ 太大，曲线不直了），左边是舍入误差（两个几乎相等的数相减，有效数字丢光了）。双精度的中心差分在 $h$ = {{ f"{best['central difference']:.0e}" }} 附近最准；单精度的最低点是 {{ f"{best['central difference, float32']:.0e}" }}，准到的位数也少得多。
#
# 所以**梯度检验**，也就是把反向算出的梯度与差分逐项核对，要用双精度、中心差分，`torch.autograd.gradcheck` 就是这样做的。它只用来检验：$n$ 个参数要算 $2n$ 次损失，而反向传播只要一趟。
#
# ### 尖点上没有导数 { #kinks }
#
# ReLU 在 0 处是个尖点，左边斜率 0，右边斜率 1。**先猜：下面前四种写法在每一点上的函数值都相同，torch 给出的 0 处的导数也相同吗？最后一种就是 $x$，又会得到什么？**

# %% [markdown] tags=["en"]
# Smaller is not always better: each curve is a V. On the right the error comes from the formula ($h$ is too large, and the curve is not straight). On the left it comes from rounding (two nearly equal numbers are subtracted, and their leading digits cancel). The central difference in double precision is best near $h$ = {{ f"{best['central difference']:.0e}" }}; in single precision the lowest point is at {{ f"{best['central difference, float32']:.0e}" }}, and far fewer digits are right.
#
# So **gradient checking**, comparing the gradients of the backward pass with differences one by one, takes central differences in double precision, as `torch.autograd.gradcheck` does. It is for checking only: for $n$ parameters it has to compute $2n$ losses, where backpropagation takes one pass.
#
# ### No derivative at a kink { #kinks }
#
# At 0 ReLU has a kink, with slope 0 on its left and 1 on its right. **Guess: the first four spellings below agree in value everywhere. Does torch give them the same derivative at 0? The last is just $x$; what happens there?**

# %%
spellings = {
    "relu(x)": torch.relu,
    "maximum(x, 0)": lambda x: torch.maximum(x, torch.zeros_like(x)),
    "where(x >= 0, x, 0)": lambda x: torch.where(x >= 0, x, 0.0),
    "(x + |x|) / 2": lambda x: (x + x.abs()) / 2,
}
spellings["relu(x) - relu(-x)"] = lambda x: torch.relu(x) - torch.relu(-x)  # this is x
for name, spelling in spellings.items():
    slope = torch.func.grad(spelling)(torch.tensor(0.0)).item()
    print(f"{name:20} {slope:g}")

# %% [markdown] tags=["zh"]
# 三个不同的答案，每个都站得住：只要一条直线过尖点、又处处不高于曲线，它的斜率就叫**次梯度**，ReLU 在 0 处的次梯度是 $[0,1]$ 里的任何一个数。引擎不看整条曲线，只按每个运算自己的约定往回乘，所以写法不同，答案就不同。最后一个连次梯度都不是：$\mathrm{relu}(x)-\mathrm{relu}(-x)$ 就是 $x$，导数处处是 1，torch 在 0 处却说 {{ int(slope) }}。训练不受影响，因为恰好落在尖点上的数极少；梯度检验时则要避开它：中心差分在那里得到 0.5，与 relu 的 0 对不上。
#
# ## 梯度会累加 { #accumulation }
#
# 连着调用两次 `backward()`，梯度是多少？

# %% [markdown] tags=["en"]
# Three different answers, and each can be defended: the slope of any line through the kink that is nowhere above the curve is called a **subgradient**, and for ReLU at 0 that is any number in $[0,1]$. The engine does not look at the whole curve. It multiplies the values that were fixed for each operation, so the answer depends on how you spell the function. The last is no subgradient at all: $\mathrm{relu}(x)-\mathrm{relu}(-x)$ is $x$, whose derivative is 1 everywhere, and at 0 torch says {{ int(slope) }}. Training does not suffer, as hardly any number falls on the kink exactly; but when you check gradients, keep away from it: there a central difference finds 0.5, and relu says 0.
#
# ## Gradients add up { #accumulation }
#
# Call `backward()` twice in a row. What is the gradient?

# %%
w.grad = None
seen = []
for _ in range(3):
    loss = (w * x + b - y) ** 2
    loss.backward()
    seen.append(w.grad.item())
seen

# %% [markdown] tags=["zh"]
# `.grad` 是**加**上去的，不是换掉的。图里一个量用了几次要相加，跨越几次 `backward()` 也照样相加。所以每一步之前都要**梯度清零**；忘了 `optimizer.zero_grad()`，第 $t$ 步用的就是前 $t$ 步梯度之和，好像学习率越来越大。
#
# 这也有用处。显存放不下一个大批量时，可以分几份反向、最后才更新一次，叫**梯度累积**：

# %% [markdown] tags=["en"]
# `.grad` is **added to**, not replaced. Contributions add up within a graph, and they add up across calls of `backward()` in the same way. Hence **clearing gradients** before each step; without `optimizer.zero_grad()`, step $t$ uses the sum of the first $t$ gradients, as if the learning rate kept growing.
#
# This is useful, too. When a large batch does not fit into memory, run it in parts, each with its own backward pass, and update once at the end. This is called **gradient accumulation**:

# %%
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
layer, inputs, labels = nn.Linear(20, 5), torch.randn(64, 20), torch.randint(5, (64,))

F.cross_entropy(layer(inputs), labels).backward()
whole = layer.weight.grad.clone()

layer.zero_grad()
for part, answers in zip(inputs.split(16), labels.split(16)):
    (F.cross_entropy(layer(part), answers) / 4).backward()  # a mean of 4 means
difference = (layer.weight.grad - whole).abs().max().item()
print(f"4 parts of 16 against one batch of 64: {difference:.1e}")

# %% [markdown] tags=["zh"]
# 别漏了除以 4：损失默认是批量内的**平均**，4 个平均值相加就大了 4 倍。
#
# ## 什么时候不记：no_grad 与 detach { #no-grad }
#
# 记录要花时间和内存，有时还碍事。`torch.no_grad()` 用来**关闭梯度**，在它里面的运算不记；`detach()` 把张量从图上**分离**下来：还是同一块数据，却没有了来历，梯度到此为止。

# %% [markdown] tags=["en"]
# Do not forget the division by 4: by default a loss is the **mean** over its batch, and the sum of 4 means is 4 times too large.
#
# ## When not to record: no_grad and detach { #no-grad }
#
# Recording costs time and memory, and sometimes it gets in the way. Operations in a **no_grad** block, opened by `torch.no_grad()`, leave no note. To **detach** a tensor, by `detach()`, is to get a tensor with the same data but without a history; gradients stop there.

# %%
with torch.no_grad():
    silent = w * x
cut = (w * x).detach()
print(
    "recorded:",
    (w * x).grad_fn is not None,
    " no_grad:",
    silent.grad_fn is not None,
    " detach:",
    cut.grad_fn is not None,
)


def saved_numbers(compute):
    """Count the numbers that are kept for the backward pass."""
    kept = {}

    def keep(tensor):
        kept[tensor.data_ptr()] = tensor.numel()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        result = compute()
    return sum(kept.values()), result


deep = nn.Sequential(*[nn.Sequential(nn.Linear(256, 256), nn.ReLU()) for _ in range(8)])
images = torch.randn(128, 256)
with_graph, _ = saved_numbers(lambda: deep(images))
with torch.no_grad():
    without_graph, _ = saved_numbers(lambda: deep(images))
print(f"kept for backward: {with_graph:,} numbers; under no_grad: {without_graph}")

# %% [markdown] tags=["zh"]
# `no_grad()` 不等于 `eval()`：前者管记不记图，后者管 dropout 和批量归一化用哪种算法。评估时两样都要。
#
# ## 拿时间换内存：激活重计算 { #recompute }
#
# 训练时不能不记，可是能少留。**激活重计算**（又叫梯度检查点）只留每一段的输入，反向走到这一段时，再前向一次把中间值补出来。十几行就能写一个：

# %% [markdown] tags=["en"]
# `no_grad()` is not `eval()`: the one decides whether a graph is recorded, the other how dropout and batch normalization compute. For evaluation you want both.
#
# ## Time for memory: compute activations again { #recompute }
#
# Training must record, but it can keep less. **Activation checkpointing** (or gradient checkpointing) keeps only the input of each segment. When the backward pass gets there, it runs the segment forwards once more to restore what lies in between. A dozen lines do it:


# %%
class Recompute(torch.autograd.Function):
    @staticmethod
    def forward(ctx, segment, inputs):
        ctx.segment = segment
        ctx.save_for_backward(inputs)
        return segment(inputs)  # in here nothing is recorded

    @staticmethod
    def backward(ctx, gradient):
        inputs = ctx.saved_tensors[0].detach().requires_grad_()
        with torch.enable_grad():
            ctx.segment(inputs).backward(gradient)  # forwards again, then back
        return None, inputs.grad


def in_segments(inputs, layers_each):
    values = inputs.clone().requires_grad_()
    for first in range(0, len(deep), layers_each):
        segment = deep[first : first + layers_each]
        values = Recompute.apply(segment, values)
    return values


def costs(compute):
    """Return numbers kept, forward runs of a layer, and the gradients."""
    deep.zero_grad()
    runs = []

    def count(*_):
        runs.append(1)

    counters = [layer.register_forward_hook(count) for layer in deep]
    kept, outputs = saved_numbers(compute)
    outputs.square().mean().backward()
    for counter in counters:
        counter.remove()
    gradients = torch.cat([p.grad.flatten() for p in deep.parameters()])
    return kept, len(runs), gradients


everything, runs, wanted = costs(lambda: deep(images))
print(f"keep all:   {everything:,} numbers kept, {runs} layer runs")
segments, runs, found = costs(lambda: in_segments(images, layers_each=2))
print(f"4 segments: {segments:,} numbers kept, {runs} layer runs")
gap = (found - wanted).abs().max().item()
print(f"gradients differ by {gap:.0g}")

# %% [markdown] tags=["zh"]
# 前一个数里有 {{ f"{7 * 256**2:,}" }} 个是权重，本来就在内存里。只算激活值，从 {{ f"{everything - 7 * 256**2:,}" }} 降到 {{ f"{segments:,}" }}，梯度相差 {{ f"{gap:.0g}" }}，代价是每一层多跑一次前向。反向大约是前向的两倍，所以总时间大约多三分之一。段太长，重算时那一段自己又占内存；段太短，留的输入又多：$n$ 层分成约 $\sqrt n$ 段最省。实际用 `torch.utils.checkpoint`，它还会恢复随机数，让 dropout 两次丢掉同样的单元。
#
# ## 权重存在哪里，更新在哪里做 { #where-weights-live }
#
# 网络、优化器、状态字典，三处都能看到“权重”。它们是三份，还是一份？

# %% [markdown] tags=["en"]
# Of the first number {{ f"{7 * 256**2:,}" }} are weights, which are in memory anyway. Activations alone go from {{ f"{everything - 7 * 256**2:,}" }} down to {{ f"{segments:,}" }}, the gradients differ by {{ f"{gap:.0g}" }}, and the price is one more forward run of each layer. A backward pass costs about two forward ones, so that is about a third more time. Long segments take memory of their own when they are run again, short ones leave many inputs: for $n$ layers about $\sqrt n$ segments is best. In practice use `torch.utils.checkpoint`, which also restores the random state, so that dropout drops the same units twice.
#
# ## Where weights live, and where they are updated { #where-weights-live }
#
# The network, the optimizer and the state dict all show "the weights". Are those three things or one?

# %%
net = nn.Linear(3, 2)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
in_optimizer = optimizer.param_groups[0]["params"][0]
in_state = net.state_dict()["weight"]
print("optimizer holds the same object:  ", in_optimizer is net.weight)
print(
    "state_dict shows the same memory: ", in_state.data_ptr() == net.weight.data_ptr()
)

net(torch.ones(1, 3)).sum().backward()
address = net.weight.data_ptr()
optimizer.step()
print("memory unchanged after step():    ", net.weight.data_ptr() == address)

# %% [markdown] tags=["zh"]
# 只有一份。数存在 `Parameter` 对象的存储里；网络的属性 `net.weight` 指着它，优化器的列表也指着它，状态字典里的张量与它共用内存。`step()` 在**原地**改写，所以网络不用知道优化器，改完自然看得见。
#
# 反过来，用 `=` 换一个新张量，就断了线：

# %% [markdown] tags=["en"]
# One. The numbers lie in the storage of a `Parameter` object; the attribute `net.weight` refers to it, the list in the optimizer refers to it, and the tensor in the state dict shares its memory. `step()` writes **in place**, so the network need not know the optimizer and sees the change all the same.
#
# But make a new tensor with `=`, and the connection is lost:


# %%
def update_by_rebinding(net, lr):
    for p in net.parameters():
        # a new tensor; the name p now refers to it, net.weight does not
        p = p - lr * p.grad


def update_in_place(net, lr):
    with torch.no_grad():
        for p in net.parameters():
            # writes into the memory that net.weight refers to
            p -= lr * p.grad


before = net.weight.detach().clone()
update_by_rebinding(net, lr=0.1)
unmoved = (net.weight - before).abs().max().item()
update_in_place(net, lr=0.1)
moved = (net.weight - before).abs().max().item()
print(f"moved by rebinding: {unmoved}, in place: {moved:.2f}")

# %% [markdown] tags=["zh"]
# `p = p - …` 没有报错，也什么都没改：它只是让名字 `p` 指向一个新张量。名字与对象的关系，见[张量](tensors.py#names)。而 `no_grad()` 在这里必不可少：否则 torch 会拒绝原地改写一个需要梯度的叶子，因为更新本身不该记进图里。
#
# ## 常见的坑 { #traps }
#
# !!! warning "对向量调用 backward"
#     只有标量才能直接 `backward()`：“每个输出对每个输入的导数”是一个矩阵，不是梯度。

# %% [markdown] tags=["en"]
# `p = p - …` raised nothing and changed nothing: it made the name `p` refer to a new tensor. More on names and objects under [tensors](tensors.py#names). And `no_grad()` is needed here: torch refuses to overwrite a leaf that requires a gradient, since the update itself has no place in the graph.
#
# ## Traps { #traps }
#
# !!! warning "Calling backward on a vector"
#     Only a scalar has a plain `backward()`: the derivatives of every output by every input make a matrix, not a gradient.

# %% tags=["raises-exception"]
(w * torch.ones(3)).backward()

# %% [markdown] tags=["zh"]
# !!! warning "对同一张图反向两次"
#     第一次反向时，留着的中间值用完就释放了。要么重新前向，要么第一次写 `retain_graph=True`，**保留计算图**。多半该用前一种：训练循环里冒出这个错，常是上一步的结果带着旧图混了进来，应当 `detach()`。

# %% [markdown] tags=["en"]
# !!! warning "Backward twice through one graph"
#     The values that were kept are freed as the first walk uses them. Do the forward pass again, or keep the graph the first time, which is what **retain_graph** is for: `retain_graph=True`. Usually the first is right: in a training loop this error tends to mean that a result of the previous step came in with its old graph and needs a `detach()`.

# %% tags=["raises-exception"]
twice = (w * x) ** 2
twice.backward()
twice.backward()

# %% [markdown] tags=["zh"]
# !!! warning "把带图的损失加进总和"
#     `total += loss` 会把每个批量的整张图都留住，内存一路涨。写 `total += loss.item()`。
#
# ## 面试里会问 { #questions }
#
# ??? question "更新参数的代码为什么写在网络类的外面？"
#     分工不同。网络只描述怎样算输出，优化器描述怎样改参数，同一个网络可以换 SGD、Adam 或不训练。这样能行得通，是因为优化器拿到的是同样的 `Parameter` 对象（上面的 `is` 为真），它在原地改写，网络就看见了。因此优化器要在参数建好之后创建；换了网络，就要换优化器。
#
# ??? question "权重的值存在哪里？"
#     存在 `Parameter` 的存储里，也就是一块内存或显存（`data_ptr()` 是它的地址）。模块的 `_parameters` 字典、优化器的 `param_groups`、`state_dict()` 里的张量都指向同一块。梯度另存在 `.grad` 里，Adam 的动量存在优化器的 `state` 里。`torch.save(net.state_dict(), …)` 才把数写到磁盘上。
#
# ## 练习 { #exercises }
#
# **1.** $f=x^2y+y$，在 $x=3,\ y=4$ 处的两个偏导数各是多少？
#
# ??? success "答案"
#     $\partial f/\partial x=2xy=24$，$\partial f/\partial y=x^2+1=10$。$y$ 用了两次，两条路的贡献是 $9$ 和 $1$，相加得 $10$。
#
# **2.** 给 `Scalar` 加上 `exp`：写成一个函数 `exp(self)`。
#
# ??? success "答案"
#     前向算 $e=\exp(\text{value})$，导数就是它自己。`Scalar.exp = exp` 之后就能写 `x.exp()`。
#
#     ```python
#     import math
#
#
#     def exp(self):
#         e = math.exp(self.value)
#         return type(self)(e, ((self, e),))
#     ```
#
# **3.** 忘了清零，学习率 0.1，每一步的真梯度都约是 1。走 10 步，参数一共移动多少？
#
# ??? success "答案"
#     第 $t$ 步用的是 $t$，共移动 $0.1\times(1+2+\dots+10)=5.5$，而不是 1。
#
# **4.** LeNet 有 44,426 个参数，用中心差分求一次全部梯度要算几次损失？
#
# ??? success "答案"
#     $2\times44426=88852$ 次前向。反向传播只要一趟，代价约是前向的两倍。
#
# **5.** 为什么上面 8 层的网络在反向时要留下 {{ f"{with_graph:,}" }} 个数？
#
# ??? success "答案"
#     求权重的梯度，要用这一层的输入，$128\times256$ 个；求输入的梯度，要用这一层的权重，$256\times256$ 个。ReLU 的输出就是下一层的输入，只算一份，最后一个 ReLU 再留一份自己的输出。第 1 层的权重不用留：没有人要图片的梯度。所以是 7 份权重、9 份激活值：$7\times65536+9\times32768=753664$。
#
# **6.** 64 层，每层的输出一样大，记作 1。每 $k$ 层一段来重算：要留 $64/k$ 个段的输入，重算一段时再占 $k$。$k$ 取多少最省，一共占多少？
#
# ??? success "答案"
#     $64/k+k$ 在 $k=\sqrt{64}=8$ 时最小，占 $16$，是全部留下的四分之一。
#
# **7.** 四舍五入的导数处处是 0，网络里有它就学不动。写一个函数 `pass_through_round(x)`：前向四舍五入，反向让梯度原样通过。
#
# ??? success "答案"
#     把“该加的那一点零头”从图上分离下来，图里就只剩 $x$ 自己。量化训练用的就是它，叫直通估计。
#
#     ```python
#     def pass_through_round(x):
#         return x + (x.round() - x).detach()
#     ```
#
# ## 参考文献 { #references }
#
# - A. G. Baydin 等. [Automatic differentiation in machine learning: a survey](https://jmlr.org/papers/v18/17-468.html). JMLR, 2018.
# - T. Chen 等. [Training deep nets with sublinear memory cost](https://arxiv.org/abs/1604.06174). 2016.
# - [Autograd mechanics](https://docs.pytorch.org/docs/stable/notes/autograd.html)，PyTorch 文档。
# - [torch.autograd.gradcheck](https://docs.pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradcheck.html)，PyTorch 文档。

# %% [markdown] tags=["en"]
# !!! warning "Adding up losses with their graphs"
#     `total += loss` keeps the whole graph of each batch, and memory grows and grows. Write `total += loss.item()`.
#
# ## Asked in interviews { #questions }
#
# ??? question "Why are parameters updated outside the network's class?"
#     It is a division of labour. A network says how outputs are computed, an optimizer how parameters change, and one network can be trained by SGD, by Adam, or not at all. It works because the optimizer was given the same `Parameter` objects (`is` was true above) and writes in place, where the network sees it. Hence the optimizer is made after the parameters, and another network needs another optimizer.
#
# ??? question "Where are the values of the weights stored?"
#     In the storage of the `Parameter`, a block of memory on the CPU or the GPU (`data_ptr()` is its address). The module's `_parameters`, the optimizer's `param_groups` and the tensors of `state_dict()` all refer to that block. Gradients are stored beside it in `.grad`, and the momentum of Adam in the `state` of the optimizer. Only `torch.save(net.state_dict(), …)` writes numbers to disk.
#
# ## Exercises { #exercises }
#
# **1.** $f=x^2y+y$. What are its two partial derivatives at $x=3,\ y=4$?
#
# ??? success "Answer"
#     $\partial f/\partial x=2xy=24$ and $\partial f/\partial y=x^2+1=10$. $y$ is used twice; the two ways contribute $9$ and $1$, together $10$.
#
# **2.** Add `exp` to `Scalar`, as a function `exp(self)`.
#
# ??? success "Answer"
#     The forward value is $e=\exp(\text{value})$, and so is the derivative. After `Scalar.exp = exp` one can write `x.exp()`.
#
#     ```python
#     import math
#
#
#     def exp(self):
#         e = math.exp(self.value)
#         return type(self)(e, ((self, e),))
#     ```
#
# **3.** Gradients are never cleared, the learning rate is 0.1, the true gradient is about 1 at every step. How far does the parameter move in 10 steps?
#
# ??? success "Answer"
#     Step $t$ uses $t$, so it moves $0.1\times(1+2+\dots+10)=5.5$ instead of 1.
#
# **4.** LeNet has 44,426 parameters. How many losses does it take to get all gradients once by central differences?
#
# ??? success "Answer"
#     $2\times44426=88852$ forward passes. Backpropagation takes one pass, at about twice the cost of a forward pass.
#
# **5.** Why are {{ f"{with_graph:,}" }} numbers kept for the network of 8 layers above?
#
# ??? success "Answer"
#     The gradient of a layer's weights needs its inputs, $128\times256$ of them; that of its inputs needs its weights, $256\times256$. The output of a ReLU is the input of the next layer and counts once; the last ReLU keeps its own output. The weights of layer 1 need not be kept, as nobody wants a gradient for the images. That makes 7 weights and 9 activations: $7\times65536+9\times32768=753664$.
#
# **6.** There are 64 layers with outputs of equal size, call it 1. Segments of $k$ layers are run again: $64/k$ inputs of segments are kept, and the one being run again takes another $k$. Which $k$ is best, and how much is that?
#
# ??? success "Answer"
#     $64/k+k$ is smallest at $k=\sqrt{64}=8$, where it is $16$, a quarter of keeping everything.
#
# **7.** The derivative of rounding is 0 everywhere, and a network that contains it cannot learn. Write a function `pass_through_round(x)` that rounds in the forward pass and lets the gradient through unchanged.
#
# ??? success "Answer"
#     Detach the small amount that rounding adds, and what remains in the graph is $x$ itself. The training of quantized networks relies on this; it is called the straight-through estimator.
#
#     ```python
#     def pass_through_round(x):
#         return x + (x.round() - x).detach()
#     ```
#
# ## References { #references }
#
# - A. G. Baydin et al. [Automatic differentiation in machine learning: a survey](https://jmlr.org/papers/v18/17-468.html). JMLR, 2018.
# - T. Chen et al. [Training deep nets with sublinear memory cost](https://arxiv.org/abs/1604.06174). 2016.
# - [Autograd mechanics](https://docs.pytorch.org/docs/stable/notes/autograd.html), PyTorch documentation.
# - [torch.autograd.gradcheck](https://docs.pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradcheck.html), PyTorch documentation.
