# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "损失曲面长什么样：两个训练好的网络之间有没有山，权重平均（SWA 与 EMA）为什么有用、什么时候有害，平坦极小怎样量，以及为什么量得不可靠。"
#       en: "What a loss surface looks like: whether a mountain stands between two trained networks, why averaging weights (SWA and EMA) helps and when it harms, how flatness is measured, and why the measure cannot be trusted."
#     covers: [T-15, N-31]
#     labels:
#       share of network B: B 所占的比例
#       training loss: 训练损失
#       "other start": 起点不同
#       "same start, other order": 起点相同，次序不同
#       "first epoch in common": 第一个轮次相同
#       start: 起点
#       A: A
#       B: B
#       mean: 平均
#       "last weights": 最后的权重
#       "mean of all steps from epoch {} on": "第 {} 轮起各步的平均"
#       "moving average": 移动平均
#       "weights as they are": 当下的权重
#       validation loss: 验证损失
#       deviation of the noise: 噪声的标准差
#       "batch {}": "批量 {}"
#       "batch {}, rescaled": "批量 {}，换了尺度"
# ---

# %% [markdown] tags=["zh"]
# # 损失曲面：两个好网络的平均，好不好 { #loss-surface }
#
# 同样的数据，同样的网络，两个随机起点，训练出 A 和 B，训练损失都不到 0.02。把两组权重逐个取平均，得到第三个网络。**先猜：它的训练准确率是多少？再猜：两次训练从同一个起点出发、只是数据次序不同，又会怎样？**

# %% [markdown] tags=["en"]
# # Loss surfaces: is the mean of two good networks good? { #loss-surface }
#
# The same data and the same network from two random starts give A and B, each with a training loss below 0.02. Average their weights one by one to make a third network. **Guess its training accuracy. And what if both had set out from the same start and only seen the data in a different order?**

# %%
import copy
from statistics import mean

import pandas as pd
import torch
from torch import nn
from torch.nn import functional as F

from dlnotes import data, figures, training

splits = data.load("digits")
norm = training.Normalization.of(splits.train.images)
x, y = norm.apply(splits.train.images).flatten(1), splits.train.labels
x_val, y_val = norm.apply(splits.validation.images).flatten(1), splits.validation.labels


def fresh(start):
    torch.manual_seed(start)
    return nn.Sequential(nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 10))


def train(start, order, epochs=10, size=16, state=None, watch=None):
    """Plain SGD at 0.1; `watch` sees the net after each step."""
    net, generator, step = fresh(start), torch.Generator().manual_seed(order), 0
    if state is not None:
        net.load_state_dict(state)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(epochs):
        for index in torch.randperm(len(y), generator=generator).split(size)[:-1]:
            optimizer.zero_grad()
            F.cross_entropy(net(x[index]), y[index]).backward()
            optimizer.step()
            if watch:
                watch(step, net)
            step += 1
    return net.state_dict()


@torch.no_grad()
def judge(state, x=x, y=y):
    """Return loss and accuracy of these weights."""
    hidden = F.relu(F.linear(x, state["0.weight"], state["0.bias"]))
    logits = F.linear(hidden, state["2.weight"], state["2.bias"])
    right = (logits.argmax(dim=1) == y).float().mean()
    return F.cross_entropy(logits, y).item(), right.item()


def mix(one, other, share):
    return {name: (1 - share) * one[name] + share * other[name] for name in one}


A, B = train(start=0, order=0), train(start=1, order=1)
common = train(start=0, order=5, epochs=1)
pairs = {
    "other start": (A, B),
    "same start, other order": (A, train(start=0, order=1)),
    "first epoch in common": tuple(train(0, order, state=common) for order in range(2)),
}
shares = [k / 20 for k in range(21)]
lines = {
    name: [judge(mix(*pair, share))[0] for share in shares]
    for name, pair in pairs.items()
}
halfway = {name: judge(mix(*pair, 0.5)) for name, pair in pairs.items()}

# %% tags=["hide-input"] alt_zh="横轴是 B 所占的比例，从 0 到 1，纵轴训练损失。起点不同的一条中间隆起到 0.5；起点相同、次序不同的一条只隆起一点；第一个轮次相同的一条几乎是平的。" alt_en="Training loss against the share of B from 0 to 1. With other starts the line rises to 0.5 in the middle; with the same start and another order it rises a little; with the first epoch in common it is nearly flat."
figures.lines(lines, x=shares, xlabel="share of network B", ylabel="training loss")

# %% [markdown] tags=["zh"]
# 起点不同，半路上的损失是 {{ f"{halfway['other start'][0]:.2f}" }}，准确率 {{ f"{halfway['other start'][1]:.0%}" }}；起点相同，是 {{ f"{halfway['same start, other order'][0]:.2f}" }}；第一个轮次也相同，之后才分开，是 {{ f"{halfway['first epoch in common'][0]:.3f}" }}，中间没有山。
#
# 把损失看成全部参数的函数，就是一张高维的**损失曲面**，图中每条线是它的一个剖面。A 和 B 在两个不同的谷里，而隐藏单元的编号本来就是任意的，把 A 的 32 个单元重新排队，函数不变，权重却全换了位置，所以“逐个取平均”没有意义。训练的头一个轮次就选定了山谷，往后只是在谷里走。
#
# ## 看一眼这张曲面 { #plane }
#
# 参数有 {{ f"{sum(v.numel() for v in A.values()):,}" }} 个，画不出来，但三个点能定一个平面。取第一个轮次结束时的共同起点，和从那里分头走出的两个网络，在这个平面上逐点求训练损失：

# %% [markdown] tags=["en"]
# With different starts the loss half-way is {{ f"{halfway['other start'][0]:.2f}" }} and the accuracy {{ f"{halfway['other start'][1]:.0%}" }}. With the same start the loss is {{ f"{halfway['same start, other order'][0]:.2f}" }}. If the two share their first epoch and part after it, the loss is {{ f"{halfway['first epoch in common'][0]:.3f}" }}, and no mountain lies between them.
#
# The loss as a function of all parameters is a **loss surface** in many dimensions, and each line is a cut through it. A and B lie in different valleys. To begin with, the order of hidden units is arbitrary: put the 32 units of A in another order and the function stays the same, though all the weights change places. Averaging two such networks weight by weight makes no sense. The first epoch picks a valley; the rest of training walks within it.
#
# ## A look at the surface { #plane }
#
# A surface over {{ f"{sum(v.numel() for v in A.values()):,}" }} parameters cannot be drawn, but three points define a plane. Take the common weights after the first epoch and the two networks that set out from there, and find the training loss at each point of that plane:


# %%
def flat(state):
    return torch.cat([value.flatten() for value in state.values()])


def unflat(vector):
    parts = vector.split([value.numel() for value in A.values()])
    return {name: part.view_as(A[name]) for part, name in zip(parts, A)}


origin, (left, right) = flat(common), map(flat, pairs["first epoch in common"])
across = (right - left) / (right - left).norm()
along = (left + right) / 2 - origin
along = along - (along @ across) * across
along = along / along.norm()
points = {"start": origin, "A": left, "B": right, "mean": (left + right) / 2}
spots = {
    name: ((point - origin) @ across, (point - origin) @ along)
    for name, point in points.items()
}
us, vs = torch.linspace(-2.5, 2.5, 25), torch.linspace(-0.6, 4.4, 25)
heights = torch.tensor(
    [[judge(unflat(origin + u * across + v * along))[0] for u in us] for v in vs]
)

# %% tags=["hide-input"] alt_zh="平面上的等高线图：起点在下方，损失约 0.2；两个网络在上方左右相邻，处在同一个碗里，平均正好在两者中间；碗底还要往上一些。" alt_en="Contour plot of the plane: the start below at a loss of about 0.2; both networks above, side by side in one bowl, their mean between them; the floor of the bowl is further up."
import matplotlib.pyplot as plt

from dlnotes.figures.style import INK, PALETTE

figure, axes = plt.subplots(figsize=(5.6, 4.4))
levels = [0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2]
drawn = axes.contour(
    us, vs, heights, levels=levels, colors=[INK], linewidths=0.7, alpha=0.5
)
axes.clabel(drawn, fontsize=7, fmt="%g")
offsets = {"start": (8, -4), "A": (-14, -4), "B": (9, -4), "mean": (-7, 9)}
for number, (name, (u, v)) in enumerate(spots.items()):
    axes.plot(u, v, "o", color=PALETTE[number], markersize=7)
    axes.annotate(
        name,
        (float(u), float(v)),
        xytext=offsets[name],
        textcoords="offset points",
        fontsize=10,
    )
axes.set_xticks([])
axes.set_yticks([])
axes.grid(False)
figure

# %% [markdown] tags=["zh"]
# 一个平面只是一个剖面，高维里还有许多看不见的方向。但三件事看得清楚：两个网络在同一个碗里，中间没有隆起；碗底比它们离起点更远，训练还没有走到头；碗很圆很平缓，与 100 比 1 的窄谷不同，因为最陡的那些方向不在这个平面里。
#
# ## 权重平均：同一个谷里的平均 { #weight-averaging }
#
# SGD 的每一步都带噪声，它绕着谷底抖（见[噪声的地板](optimizers.py#noise)）。抖动是随机的，平均就抵消了。**权重平均**有两种做法：SWA 把后半程每一步的权重等权平均；EMA 每步更新一个指数移动平均
#
# $$ \bar{\mathbf w}\leftarrow\beta\,\bar{\mathbf w}+(1-\beta)\,\mathbf w $$
#
# 其中 $\mathbf w$ 是当下的权重，$\bar{\mathbf w}$ 是平均，$\beta=0.99$。训练照旧，只是评估时用 $\bar{\mathbf w}$。批量 16，学习率一直不变：

# %% [markdown] tags=["en"]
# A plane is only one cut, and there are many directions that it does not show. But three things are clear. Both networks are in one bowl, with no rise between them. The floor of the bowl is further from the start than they are, so training has not come to its end. And the bowl is round and gentle, unlike a valley of 100 to 1, because the steepest directions do not lie in this plane.
#
# ## Weight averaging: the mean within one valley { #weight-averaging }
#
# Each step of SGD is noisy, so the weights jitter around the floor (see [a floor of noise](optimizers.py#noise)). The jitter is random, so it averages out. **Weight averaging** comes in two kinds: SWA (stochastic weight averaging) takes the plain mean over all steps of the second half; EMA updates an exponential moving average at each step,
#
# $$ \bar{\mathbf w}\leftarrow\beta\,\bar{\mathbf w}+(1-\beta)\,\mathbf w $$
#
# with $\mathbf w$ the current weights, $\bar{\mathbf w}$ the average, and $\beta=0.99$. Training goes on as before, but we evaluate $\bar{\mathbf w}$. Here with batches of 16 and a constant learning rate:


# %%
def averaged(seed, epochs=8, beta=0.99):
    """Return losses by epoch, of weights as they are and averaged; and three sets of weights."""
    ema, swa = (copy.deepcopy(fresh(seed).state_dict()) for _ in range(2))
    losses, per_epoch = ([], []), len(y) // 16

    def watch(step, net):
        state = net.state_dict()
        late = step - epochs // 2 * per_epoch  # steps of the second half
        for name, value in state.items():
            ema[name] += (1 - beta) * (value - ema[name])
            if late >= 0:
                swa[name] += (value - swa[name]) / (late + 1)
        if (step + 1) % per_epoch == 0:
            for row, weights in zip(losses, (state, ema)):
                row.append(judge(weights, x_val, y_val)[0])

    last = train(seed, seed, epochs, watch=watch)
    return losses, (last, swa, ema)


runs = [averaged(seed) for seed in range(3)]
live, moving = (
    [mean(values) for values in zip(*(run[0][k] for run in runs))] for k in (0, 1)
)
names = ("last weights", "mean of all steps from epoch 5 on", "moving average")
ends = {}
for k, name in enumerate(names):
    seen = [judge(run[1][k])[0] for run in runs]
    unseen = [judge(run[1][k], x_val, y_val) for run in runs]
    loss, accuracy = (mean(values) for values in zip(*unseen))
    ends[name] = (f"{mean(seen):.3f}", f"{loss:.3f}", f"{accuracy:.1%}")
pd.DataFrame(ends, index=["training loss", "validation loss", "validation accuracy"]).T

# %% tags=["hide-input"] alt_zh="验证损失随轮次，三个种子的平均。当下的权重从 0.3 左右上下跳着下降；移动平均第一轮很高，第三轮起低于当下的权重，而且平滑。" alt_en="Validation loss by epoch, mean over three seeds. The weights as they are come down in jumps; their moving average is high after the first epoch, and from the third on lower and smooth."
figures.lines(
    {"weights as they are": live, "moving average": moving},
    x=range(1, 9),
    xlabel="epoch",
    ylabel="validation loss",
)

# %% [markdown] tags=["zh"]
# 第 1 轮之后，移动平均的损失是 {{ f"{moving[0]:.2f}" }}，比当下的 {{ f"{live[0]:.2f}" }} 差得多：一轮只有 78 步，随机的起点还占 $0.99^{78}\approx0.46$。第 4 轮之后是 {{ f"{moving[3]:.2f}" }} 对 {{ f"{live[3]:.2f}" }}，平均不抖了。到最后权重自己也快停住，差别就小了。所以学习率还大、想提前看看“如果现在停下来会怎样”，这时平均最有用；它与把学习率降到 0 是同一个用意：压住抖动。
#
# ## 平坦极小：怎样量，为什么不能全信 { #flat-minimum }
#
# 常听说：**平坦极小**（周围一大片损失都低的谷底）泛化得更好，小批量的噪声能帮网络找到它。道理说得通：谷越宽，训练集与测试集的曲面错开一点也不要紧。怎样量？给每个权重加一点随机噪声，看损失升多少。用批量 16 和 628 各训练一个，再加第三个：把第一个网络的第 1 层乘 10、第 2 层的权重除以 10。**先猜：第三个网络的损失是多少？它平不平？**

# %% [markdown] tags=["en"]
# After epoch 1 the moving average has a loss of {{ f"{moving[0]:.2f}" }}, far worse than the {{ f"{live[0]:.2f}" }} of the weights as they are. An epoch has only 78 steps, and the random start still has a share of $0.99^{78}\approx0.46$. After epoch 4 it is {{ f"{moving[3]:.2f}" }} against {{ f"{live[3]:.2f}" }}, and it no longer jitters. By the end the weights have settled by themselves, and the difference is small. Averaging is most useful while the learning rate is still large: it shows what you would get by lowering the rate now, without having to do it.
#
# ## Flat minima: a measure, and why not to trust it { #flat-minimum }
#
# A **flat minimum**, a floor with low loss far around it, is often said to generalize better, and the noise of small batches is said to find one. The idea makes sense: the surface of the test set is shifted a little, and in a wide valley that matters little. How can we measure flatness? Add some random noise to each weight and see how much the loss rises. Train one network with batches of 16 and one with batches of 628. Then make a third from the first: multiply layer 1 by 10 and divide the weights of layer 2 by 10. **Guess the loss of the third, and whether it is flat.**


# %%
def shaken(state, deviation, times=10):
    generator = torch.Generator().manual_seed(0)
    losses = []
    for _ in range(times):
        noisy = flat(state)
        noisy = noisy + deviation * torch.randn(noisy.shape, generator=generator)
        losses.append(judge(unflat(noisy))[0])
    return mean(losses)


large = train(start=0, order=0, epochs=100, size=628)
factors = {"0.weight": 10, "0.bias": 10, "2.weight": 1 / 10, "2.bias": 1}
rescaled = {name: factors[name] * value for name, value in A.items()}
three = {"batch 16": A, "batch 628": large, "batch 16, rescaled": rescaled}
deviations = [0.0, 0.02, 0.05, 0.1]
shaking = {
    name: [shaken(state, d) for d in deviations] for name, state in three.items()
}

columns = pd.Index([f"{d:g}" for d in deviations], name="deviation of the noise")
frame = pd.DataFrame.from_dict(shaking, orient="index", columns=columns).map(
    "{:.3f}".format
)
accuracies = [f"{judge(state, x_val, y_val)[1]:.1%}" for state in three.values()]
frame.assign(**{"validation accuracy": accuracies})

# %% [markdown] tags=["zh"]
# 批量 628 的网络，噪声 0.05 时损失升了 {{ f"{shaking['batch 628'][2] - shaking['batch 628'][0]:.2f}" }}，批量 16 的升了 {{ f"{shaking['batch 16'][2] - shaking['batch 16'][0]:.2f}" }}：小批量的谷似乎平一些。不过批量 628 只走了 200 步，批量 16 走了 780 步，两者也没有练到同样的深浅。
#
# 可是第三个网络与第一个是**同一个函数**：ReLU 之前乘 10、之后除以 10，每张图的输出分毫不差，验证准确率也一样；它的损失却升了 {{ f"{shaking['batch 16, rescaled'][2] - shaking['batch 16, rescaled'][0]:.1f}" }}。平坦与否，随权重的尺度而变，函数却没有变。所以要比两个网络的“平坦程度”，先得把尺度对齐；单凭这一个数说谁泛化得好，靠不住。
#
# ## 常见的坑 { #traps }
#
# !!! warning "平均不在同一个谷里的权重"
#     不同随机种子的网络，平均权重等于打碎两个网络。要集成它们，平均**输出**。
#
# !!! warning "平均之后忘了批量归一化"
#     移动均值与方差属于某一组权重，平均出来的网络要在训练集上重新统计一遍（`torch.optim.swa_utils.update_bn`）。
#
# !!! warning "EMA 刚开始就拿来评估"
#     它还记着随机的起点。要么等几个 $1/(1-\beta)$ 步，要么像 Adam 那样[修正偏差](adaptive-optimizers.py#bias-correction)。
#
# !!! warning "拿一张二维图当整个曲面"
#     换一个平面，样子可能完全不同。图能否定“处处是山”，不能证明“到处平坦”。
#
# ## 练习 { #exercises }
#
# **1.** $\beta=0.99$ 的移动平均，多少步以前的权重只剩一半的分量？起点的分量在 78 步之后还剩多少？
#
# ??? success "答案"
#     $0.99^k=0.5$，$k=\ln0.5/\ln0.99\approx69$；$0.99^{78}\approx0.457$。
#
# **2.** 第 1 层的权重和偏置乘 10，第 2 层的权重除以 10，网络为什么不变？换成 sigmoid 还成立吗？
#
# ??? success "答案"
#     ReLU 满足 $\mathrm{relu}(10z)=10\,\mathrm{relu}(z)$，乘的 10 原样穿过去，被第 2 层除掉；第 2 层的偏置不动。sigmoid 没有这个性质，不成立。
#
# **3.** 写 `running_mean(old, new, count)`：`old` 是前 `count` 组权重的平均（一个字典），`new` 是下一组，返回 `count + 1` 组的平均，不改动传进来的字典。
#
# ??? success "答案"
#     只存一个平均和一个计数，不必存下每一组。
#
#     ```python
#     def running_mean(old, new, count):
#         return {name: old[name] + (new[name] - old[name]) / (count + 1) for name in old}
#     ```
#
# **4.** 在曲率为 $\lambda$ 的碗里，权重绕最低点抖，标准差 $s$。$25$ 组互相独立的权重平均之后，平均的超出损失是单独一组的几分之几？
#
# ??? success "答案"
#     平均的方差是 $s^2/25$，损失 $\frac{\lambda}{2}w^2$ 的平均与方差成正比，所以是 $1/25=0.04$。相邻的步并不独立，实际没有这么好。
#
# ## 参考文献 { #references }
#
# - P. Izmailov 等. [Averaging weights leads to wider optima and better generalization](https://arxiv.org/abs/1803.05407). UAI, 2018.
# - J. Frankle 等. [Linear mode connectivity and the lottery ticket hypothesis](https://arxiv.org/abs/1912.05671). ICML, 2020.
# - H. Li 等. [Visualizing the loss landscape of neural nets](https://arxiv.org/abs/1712.09913). NeurIPS, 2018.
# - L. Dinh 等. [Sharp minima can generalize for deep nets](https://arxiv.org/abs/1703.04933). ICML, 2017.

# %% [markdown] tags=["en"]
# Noise of 0.05 raises the loss of the network trained with batches of 628 by {{ f"{shaking['batch 628'][2] - shaking['batch 628'][0]:.2f}" }}, and that of the one trained with batches of 16 by {{ f"{shaking['batch 16'][2] - shaking['batch 16'][0]:.2f}" }}. The valley of small batches seems to be the flatter one. But the network with batches of 628 took only 200 steps and the one with batches of 16 took 780, so they are not equally far trained either.
#
# But the third network is **the same function** as the first: times 10 before ReLU, divided by 10 after it. Every image gets the same output, so the validation accuracy is the same too. Yet under the same noise its loss rises by {{ f"{shaking['batch 16, rescaled'][2] - shaking['batch 16, rescaled'][0]:.1f}" }}. Flatness changes with the scale of the weights even when the function does not. To compare two networks you must first match their scales, and this number alone does not tell you which one generalizes.
#
# ## Traps { #traps }
#
# !!! warning "Averaging weights from different valleys"
#     The mean of networks from different seeds breaks both. To make an ensemble of them, average their **outputs**.
#
# !!! warning "Averaging, and forgetting batch normalization"
#     Running means and variances belong to one set of weights; the averaged network needs them computed again on the training set (`torch.optim.swa_utils.update_bn`).
#
# !!! warning "Evaluating a moving average too early"
#     It remembers the random start. Wait for a few multiples of $1/(1-\beta)$ steps, or [correct the bias](adaptive-optimizers.py#bias-correction) as Adam does.
#
# !!! warning "Taking a picture in two dimensions for the surface"
#     Another plane may look quite different. A picture can refute that there are mountains everywhere; it cannot prove that all is flat.
#
# ## Exercises { #exercises }
#
# **1.** In a moving average with $\beta=0.99$, how many steps old are the weights that count half as much as the newest? And what share does the start still have after 78 steps?
#
# ??? success "Answer"
#     $0.99^k=0.5$ gives $k=\ln0.5/\ln0.99\approx69$; $0.99^{78}\approx0.457$.
#
# **2.** Weights and bias of layer 1 times 10, weights of layer 2 divided by 10: why does the network stay the same, and would it with a sigmoid?
#
# ??? success "Answer"
#     For ReLU, $\mathrm{relu}(10z)=10\,\mathrm{relu}(z)$, so the 10 passes through and layer 2 divides it away; its bias stays as it is. A sigmoid has no such property, so with one the network would change.
#
# **3.** Write `running_mean(old, new, count)`: `old` is the mean of `count` sets of weights (a dictionary), `new` the next set; return the mean of `count + 1`, and leave the dictionaries alone.
#
# ??? success "Answer"
#     A mean and a count are enough; there is no need to keep each set.
#
#     ```python
#     def running_mean(old, new, count):
#         return {name: old[name] + (new[name] - old[name]) / (count + 1) for name in old}
#     ```
#
# **4.** In a bowl of curvature $\lambda$ a weight jitters around the lowest point with standard deviation $s$. Average $25$ independent samples of it. What share of the excess loss of a single sample is left, on average?
#
# ??? success "Answer"
#     The variance of the mean is $s^2/25$, and the mean of the loss $\frac{\lambda}{2}w^2$ is proportional to the variance, so the share is $1/25=0.04$. Consecutive steps are not independent, so in practice you gain less.
#
# ## References { #references }
#
# - P. Izmailov et al. [Averaging weights leads to wider optima and better generalization](https://arxiv.org/abs/1803.05407). UAI, 2018.
# - J. Frankle et al. [Linear mode connectivity and the lottery ticket hypothesis](https://arxiv.org/abs/1912.05671). ICML, 2020.
# - H. Li et al. [Visualizing the loss landscape of neural nets](https://arxiv.org/abs/1712.09913). NeurIPS, 2018.
# - L. Dinh et al. [Sharp minima can generalize for deep nets](https://arxiv.org/abs/1703.04933). ICML, 2017.
