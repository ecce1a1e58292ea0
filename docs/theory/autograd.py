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
# The training code has a single line, `loss.backward()`, and there are the gradients. Nobody ever derived formulas for LeNet, so where do they come from?
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
# `requires_grad=True` 的张量参与每一步运算时，torch 都顺手记一笔：结果由什么运算、从谁那里来。这些记录连起来就是计算图。下面这张不是示意图，而是从 `loss.grad_fn` 一路走回去画出来的：

# %% [markdown] tags=["en"]
# ## The forward pass leaves a graph { #graph }
#
# Whenever a tensor with `requires_grad=True` takes part in an operation, torch makes a note: which operation, and from whom. These notes make up the graph. The one below is no sketch; it was drawn by walking back from `loss.grad_fn`:

# %% tags=["remove-input"] alt_zh="由左到右：叶子 w 进入“乘”，结果与叶子 b 一起进入“加”，再经“减”和“幂”得到损失。x 和 y 不在图里。" alt_en="From left to right: leaf w enters Mul, its result and leaf b enter Add, then Sub and Pow lead to the loss. x and y are not in the graph."
from dlnotes import figures

figures.autograd((w * x + b - y) ** 2, {"w": w, "b": b})

# %% [markdown] tags=["zh"]
# 圆头的是叶子，也就是我们要求梯度的量；方框是运算。$x$ 和 $y$ 没有出现，因为没有人要它们的梯度。
#
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
# Round boxes are leaves, the things whose gradient we want; square ones are operations. $x$ and $y$ are missing, as nobody asked for their gradients.
#
# ## Backward: the chain rule along the graph { #chain-rule }
#
# Name what lies between: $u=wx$, $v=u+b$, $e=v-y$, $L=e^2$. From right to left, each step needs to know the derivative of **its own operation** alone:
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
# - A quantity used twice has two ways to the loss, and what comes along them is **added**.
#
# ## One from scratch { #from-scratch }
#
# This is all it takes to write an autograd. Each number remembers where it came from, and how to pass its gradient on.

# %%
import math


class Scalar:
    """A number that remembers its origin. `parents` holds (scalar, derivative of self by that scalar)."""

    def __init__(self, value, parents=()):
        self.value, self.parents, self.grad = value, parents, 0.0

    def __add__(self, other):
        return Scalar(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        return Scalar(self.value * other.value, ((self, other.value), (other, self.value)))

    def tanh(self):
        t = math.tanh(self.value)
        return Scalar(t, ((self, 1 - t * t),))

    def backward(self):
        order, seen = [], set()

        def visit(node):                       # parents first: a topological order
            if id(node) not in seen:
                seen.add(id(node))
                for parent, _ in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):           # a node passes on only when all of its own has arrived
            for parent, derivative in node.parents:
                parent.grad += node.grad * derivative

# %% [markdown] tags=["zh"]
# 3 种运算就够搭一个网络了。随机生成一批表达式，其中的变量会重复使用，再把每个梯度与 torch 比：

# %% [markdown] tags=["en"]
# With these 3 operations one could build a network. Make random expressions in which variables are used again and again, and compare each gradient with torch's:

# %%
import random


def random_expression(leaves, choose, steps=25):
    """Combine values at random; the same choices for our scalars and for torch's tensors."""
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
    theirs = [torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in numbers]
    random_expression(ours, random.Random(seed)).backward()
    random_expression(theirs, random.Random(seed)).backward()
    worst = max(worst, *(abs(a.grad - float(b.grad)) for a, b in zip(ours, theirs)))
print(f"200 random expressions, 4 gradients each: largest difference {worst:.1e}")

# %% [markdown] tags=["zh"]
# 最大差 {{ f"{worst:.0e}" }}，只剩舍入。torch 的引擎做的是同一件事，只是每个节点是张量，每种运算的导数由 C++ 写好。
#
# 为什么从损失往回走，而不是从参数往前走？损失是**标量函数**：几万个参数，只有一个输出。往回走一趟，所有参数的梯度就都有了；往前走，每个参数都要单独走一趟。
#
# ## 不信就量：差分检验 { #finite-differences }
#
# 梯度的定义就能拿来检验：把参数挪一点点，看损失变多少。
#
# $$ \frac{\partial L}{\partial w} \approx \frac{L(w+h)-L(w-h)}{2h} $$
#
# 其中 $h$ 是一个很小的数。**先猜：$h$ 是不是越小越准？** 用 $f(w)=\sin(w^2)$ 在 $w=1.3$ 处试试，它的导数是 $2w\cos(w^2)$：

# %% [markdown] tags=["en"]
# The largest difference is {{ f"{worst:.0e}" }}: rounding. The engine of torch does the same thing, with tensors as nodes and the derivative of each operation written in C++.
#
# Why from the loss backwards, and not from the parameters forwards? The loss is a **scalar function**: tens of thousands of parameters, one output. One walk back gives the gradients of all of them; forwards, each would need a walk of its own.
#
# ## Measure it: finite differences { #finite-differences }
#
# The definition of a gradient can be used to check it: move the parameter a little, and see how the loss changes.
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
        found.append(abs(float((f(at + h) - f(low)) / width) - exact) + 1e-16)     # a log scale has no 0
    return found


series = {
    "forward difference": errors(torch.float64, central=False),
    "central difference": errors(torch.float64, central=True),
    "central difference, float32": errors(torch.float32, central=True),
}

# %% tags=["hide-input"] alt_zh="双对数图：横轴步长 h，纵轴误差。每条曲线都呈 V 形；双精度中心差分在 h 约 1e-6 处最准，双精度前向差分在 1e-8 附近，单精度要大得多的 h。" alt_en="Error against step h, both logarithmic: each curve is a V. The central difference in double precision is best near 1e-6, the forward one near 1e-8; single precision needs a far larger h."
figure = figures.lines(series, x=steps, xlabel="step h", ylabel="error of the estimate", log=True)
axes = figure.axes[0]
axes.set_xscale("log")
axes.xaxis.set_major_formatter(axes.yaxis.get_major_formatter())
axes.minorticks_off()
figure

# %% tags=["remove-input"]
best = {name: steps[min(range(len(steps)), key=lambda k: values[k])] for name, values in series.items()}

# %% [markdown] tags=["zh"]
# 不是越小越好，每条曲线都是 V 形。右边是公式的误差（$h$ 太大，曲线不直了），左边是舍入误差（两个几乎相等的数相减，有效数字丢光了）。双精度的中心差分在 $h$ = {{ f"{best['central difference']:.0e}" }} 附近最准；单精度的最低点是 {{ f"{best['central difference, float32']:.0e}" }}，准到的位数也少得多。
#
# 所以检验梯度时要用**双精度、中心差分**，`torch.autograd.gradcheck` 就是这样做的。它只用来检验：$n$ 个参数要算 $2n$ 次损失，而反向传播只要一趟。
#
# ## 梯度会累加 { #accumulation }
#
# 连着调用两次 `backward()`，梯度是多少？

# %% [markdown] tags=["en"]
# Smaller is not always better: each curve is a V. On the right the formula errs ($h$ is too large, the curve is not straight), on the left rounding does (two nearly equal numbers are subtracted and their digits cancel). The central difference in double precision is best near $h$ = {{ f"{best['central difference']:.0e}" }}; in single precision the lowest point is at {{ f"{best['central difference, float32']:.0e}" }}, and far fewer digits are right.
#
# So check gradients with **central differences in double precision**, as `torch.autograd.gradcheck` does. It is for checking only: $n$ parameters take $2n$ losses, where backpropagation takes one walk.
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
# `.grad` 是**加**上去的，不是换掉的。图里一个量用了几次要相加，跨越几次 `backward()` 也照样相加。所以每一步都要清零；忘了 `optimizer.zero_grad()`，第 $t$ 步用的就是前 $t$ 步梯度之和，好像学习率越来越大。
#
# 这也有用处。显存放不下一个大批量时，可以分几份累加：

# %% [markdown] tags=["en"]
# `.grad` is **added to**, not replaced. Contributions add up within a graph, and just so across calls of `backward()`. That is why it must be cleared at each step; without `optimizer.zero_grad()`, step $t$ uses the sum of the first $t$ gradients, as if the learning rate kept growing.
#
# It has its use. When a large batch does not fit into memory, add it up in parts:

# %%
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
layer, inputs, labels = nn.Linear(20, 5), torch.randn(64, 20), torch.randint(5, (64,))

F.cross_entropy(layer(inputs), labels).backward()
whole = layer.weight.grad.clone()

layer.zero_grad()
for part, answers in zip(inputs.split(16), labels.split(16)):
    (F.cross_entropy(layer(part), answers) / 4).backward()       # a mean of 4 means
difference = (layer.weight.grad - whole).abs().max().item()
print(f"4 parts of 16 against one batch of 64: {difference:.1e}")

# %% [markdown] tags=["zh"]
# 别漏了除以 4：损失默认是批量内的**平均**，4 个平均值相加就大了 4 倍。
#
# ## 什么时候不记：no_grad 与 detach { #no-grad }
#
# 记录要花时间和内存，有时还碍事。`torch.no_grad()` 里的运算不记；`detach()` 给出同一块数据、但没有来历的张量。

# %% [markdown] tags=["en"]
# Mind the division by 4: a loss is by default the **mean** over its batch, and 4 means added up are 4 times too large.
#
# ## When not to record: no_grad and detach { #no-grad }
#
# Recording costs time and memory, and at times it is in the way. Operations under `torch.no_grad()` leave no note; `detach()` gives a tensor with the same data and no past.

# %%
with torch.no_grad():
    silent = w * x
cut = (w * x).detach()
print("recorded:", (w * x).grad_fn is not None, " no_grad:", silent.grad_fn is not None, " detach:", cut.grad_fn is not None)


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
# ## 权重存在哪里，更新在哪里做 { #where-weights-live }
#
# 网络、优化器、状态字典，三处都能看到“权重”。它们是三份，还是一份？

# %% [markdown] tags=["en"]
# `no_grad()` is not `eval()`: the one decides whether a graph is recorded, the other how dropout and batch normalization compute. Evaluation wants both.
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
print("state_dict shows the same memory: ", in_state.data_ptr() == net.weight.data_ptr())

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
# Make a new tensor with `=`, on the other hand, and the thread is cut:

# %%
def update_by_rebinding(net, lr):
    for p in net.parameters():
        p = p - lr * p.grad                 # a new tensor; the name p now refers to it, net.weight does not


def update_in_place(net, lr):
    with torch.no_grad():
        for p in net.parameters():
            p -= lr * p.grad                # writes into the memory that net.weight refers to


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
#     第一次反向时，留着的中间值用完就释放了。要么重新前向，要么第一次写 `retain_graph=True`。

# %% [markdown] tags=["en"]
# !!! warning "Backward twice through one graph"
#     The values that were kept are freed as the first walk uses them. Do the forward pass again, or say `retain_graph=True` the first time.

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
# ## 参考文献 { #references }
#
# - A. G. Baydin 等. [Automatic differentiation in machine learning: a survey](https://jmlr.org/papers/v18/17-468.html). JMLR, 2018.
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
#     $2\times44426=88852$ forward passes. Backpropagation takes one walk, at about twice the cost of a forward pass.
#
# **5.** Why are {{ f"{with_graph:,}" }} numbers kept for the network of 8 layers above?
#
# ??? success "Answer"
#     The gradient of a layer's weights needs its inputs, $128\times256$ of them; that of its inputs needs its weights, $256\times256$. The output of a ReLU is the input of the next layer and counts once; the last ReLU keeps its own output. The weights of layer 1 need not be kept, as nobody wants a gradient for the images. That makes 7 weights and 9 activations: $7\times65536+9\times32768=753664$.
#
# ## References { #references }
#
# - A. G. Baydin et al. [Automatic differentiation in machine learning: a survey](https://jmlr.org/papers/v18/17-468.html). JMLR, 2018.
# - [Autograd mechanics](https://docs.pytorch.org/docs/stable/notes/autograd.html), PyTorch documentation.
# - [torch.autograd.gradcheck](https://docs.pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradcheck.html), PyTorch documentation.
