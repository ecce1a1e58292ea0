# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "学习率怎样找：先按 10 倍走，再在验证集上用多个随机种子细看；为什么太大会发散，批量变了又该怎么办。"
#       en: "How to find a learning rate: powers of ten first, then a closer look on the validation set over several seeds; why a large one diverges, and what a change of batch size asks for."
#     covers: [N-25, P-02, P-08, Q-13, E-74, E-84]
#     labels: {"lr {}": "学习率 {}", "{}, lr {}": "{}，学习率 {}", constant: 不变, one cycle: 单周期, "constant, lr {}": "不变，学习率 {}", "one cycle, lr {}": "单周期，学习率 {}"}
# ---

# %% tags=["remove-input"]
from statistics import mean, stdev

from dlnotes import figures, recipes

SETTINGS = dict(optimizer="sgd", momentum=0.0, weight_decay=0.0, schedule="constant", label_smoothing=0.0, augmentation="none", epochs=10)

# %% [markdown] tags=["zh"]
# # 学习率怎样选 { #learning-rate }
#
# 有人这样调一个两层的网络：学习率先试 0.01，再试 0.1，再试 0.2；0.2 差一点，就退到 0.15，最后停在 0.165，因为测试准确率最高。每个值只跑一次。
#
# **0.165 真的比 0.15 好吗？** 先猜：换一个随机种子，名次还一样吗？

# %% [markdown] tags=["en"]
# # Choosing a learning rate { #learning-rate }
#
# Someone tuned a small network like this: try 0.01, then 0.1, then 0.2; 0.2 is a little worse, so step back to 0.15, and settle on 0.165, because its test accuracy was the highest. Each value was run once.
#
# **Is 0.165 really better than 0.15?** Guess first: with another seed, does the ranking stay?

# %% [markdown] tags=["zh"]
# ## 先按 10 倍走 { #powers-of-ten }
#
# 学习率差 2 倍，结果往往看不出差别；差 100 倍，结果天上地下。所以第一轮不要挑 0.15 还是 0.165，要问的是数量级。网络是 `mlp_32_16`，优化器是最普通的 SGD，每个值用 3 个随机种子：

# %% [markdown] tags=["en"]
# ## Powers of ten first { #powers-of-ten }
#
# Two learning rates that differ by a factor of 2 are often hard to tell apart; a factor of 100 makes all the difference. So leave 0.15 against 0.165 for later and ask for the order of magnitude first. The network is `mlp_32_16`, the optimizer plain SGD, and each value gets 3 seeds:

# %%
def validation_accuracy(lr, seed, **changes):
    run = recipes.run("mlp_32_16", lr=lr, seed=seed, **(SETTINGS | changes))
    return run.history.epochs[-1].validation_accuracy


coarse = {lr: [validation_accuracy(lr, seed) for seed in range(3)] for lr in (0.001, 0.01, 0.1, 1.0, 10.0)}

# %% tags=["hide-input"] alt_zh="五个学习率的验证准确率：0.001 几乎没学到，0.01 学了一半，0.1 最好，1 和 10 停在随机猜测的水平。" alt_en="Validation accuracy for five learning rates: 0.001 has hardly learnt, 0.01 is half way, 0.1 is best, 1 and 10 stay at chance."
figures.bars({f"lr {lr:g}": values for lr, values in coarse.items()}, xlabel="validation accuracy", limits=(0, 1))

# %% [markdown] tags=["zh"]
# 左边太小：10 个轮次走不了多远，0.001 时平均只有 {{ f"{mean(coarse[0.001]):.0%}" }}。右边太大：停在 {{ f"{mean(coarse[10.0]):.0%}" }} 上下，和随机猜 10 个类别一样。中间只有一个数量级好用，而三个种子的点几乎叠在一起：这样的差别才值得相信。

# %% [markdown] tags=["en"]
# On the left, too small: 10 epochs do not get far, and 0.001 averages {{ f"{mean(coarse[0.001]):.0%}" }}. On the right, too large: around {{ f"{mean(coarse[10.0]):.0%}" }}, which is what guessing among 10 classes gives. One order of magnitude works, and the dots of its seeds lie close together: a difference like this can be believed.

# %% [markdown] tags=["zh"]
# ## 再细看：差别比噪声大吗 { #refine }
#
# 现在回到 0.1 附近，把开头那几个候选各跑 5 次：

# %% [markdown] tags=["en"]
# ## Then look closer: is the difference larger than the noise? { #refine }
#
# Now back to the neighbourhood of 0.1, with the candidates from the beginning, 5 runs each:

# %%
fine = {lr: [validation_accuracy(lr, seed) for seed in range(5)] for lr in (0.1, 0.15, 0.165, 0.2)}

# %% tags=["hide-input"] alt_zh="0.1、0.15、0.165、0.2 四个学习率各 5 次的验证准确率：均值相近，各次的散布比均值之差大。" alt_en="Validation accuracy of 5 runs each for learning rates 0.1, 0.15, 0.165 and 0.2: the means are close, and the runs spread wider than the means differ."
figures.bars({f"lr {lr:g}": values for lr, values in fine.items()}, xlabel="validation accuracy", limits=(0.85, 1))

# %% tags=["remove-input"]
means = [mean(values) for values in fine.values()]
gap = max(means) - min(means)
noise = mean(stdev(values) for values in fine.values())
winners = [max(fine, key=lambda lr: fine[lr][seed]) for seed in range(5)]

# %% [markdown] tags=["zh"]
# 四个均值里，最高与最低相差 {{ f"{100 * gap:.1f}" }} 个百分点；而同一个学习率换个种子，标准差平均就有 {{ f"{100 * noise:.1f}" }} 个百分点。若每个值只跑一次，种子 0 到 4 选出的冠军依次是 {{ ", ".join(f"{lr:g}" for lr in winners) }}。
#
# 所以，“0.165 比 0.15 好”不是结论，是一次抽签。在平坦的这一段里，选哪个都行；多花的时间应该用来跑更多的种子，或者去改别的东西。
#
# 还有一处更隐蔽：开头那个人看的是**测试集**。挑了 5 个值里最高的，那个最高分就含有运气，再当成测试成绩报出来就偏高。挑选看验证集，测试集留到最后只看一次。

# %% [markdown] tags=["en"]
# The highest and the lowest of the four means differ by {{ f"{100 * gap:.1f}" }} percentage points; the standard deviation over seeds, at one and the same learning rate, is {{ f"{100 * noise:.1f}" }} points on average. Had each value been run once, seeds 0 to 4 would have crowned in turn {{ ", ".join(f"{lr:g}" for lr in winners) }}.
#
# So "0.165 beats 0.15" is no finding, it is a draw of lots. On this flat stretch any of them will do; spend the time on more seeds, or on changing something else.
#
# One more thing is easy to miss: that person looked at the **test set**. The best of 5 values contains luck, and reported as the test result it is too high. Choose on the validation set; look at the test set once, at the end.

# %% [markdown] tags=["zh"]
# ## 为什么太大会发散 { #divergence }
#
# 只看一个参数 $w$，损失是一条抛物线 $L(w)=\frac{\lambda}{2}w^2$，其中 $\lambda$ 是曲率。梯度是 $\lambda w$，学习率记作 $\eta$，一步之后
#
# $$ w \leftarrow w - \eta\lambda w = (1-\eta\lambda)\,w $$
#
# 每一步都乘上 $1-\eta\lambda$。它的绝对值小于 1 才会收敛，也就是 $0<\eta<2/\lambda$。取 $\lambda=1$，**先猜：$\eta$ 是 1.9 和 2.1 时，各走 20 步会怎样？**

# %% [markdown] tags=["en"]
# ## Why a large one diverges { #divergence }
#
# Take a single parameter $w$ and a parabola for a loss, $L(w)=\frac{\lambda}{2}w^2$, where $\lambda$ is the curvature. The gradient is $\lambda w$; with learning rate $\eta$, one step gives
#
# $$ w \leftarrow w - \eta\lambda w = (1-\eta\lambda)\,w $$
#
# Each step multiplies by $1-\eta\lambda$. Only if that is less than 1 in absolute value do the steps converge, that is for $0<\eta<2/\lambda$. With $\lambda=1$, **guess: where do 20 steps lead with $\eta$ at 1.9, and at 2.1?**

# %%
def walk(lr, steps=20, w=1.0):
    path = [w]
    for _ in range(steps):
        path.append(path[-1] - lr * path[-1])
    return path


paths = {f"lr {lr:g}": walk(lr) for lr in (0.1, 1.9, 2.1)}

# %% tags=["hide-input"] alt_zh="三条路径：学习率 0.1 平缓地走向 0；1.9 在 0 的两侧来回跳，幅度渐小；2.1 也来回跳，幅度越来越大。" alt_en="Three paths: with learning rate 0.1 the value glides to 0; with 1.9 it jumps from side to side, less and less; with 2.1 it jumps too, and ever further."
figures.lines(paths, x=range(21), xlabel="step", ylabel="w")

# %% [markdown] tags=["zh"]
# 20 步之后，1.9 还剩 {{ f"{paths['lr 1.9'][-1]:.2f}" }}，2.1 已经到了 {{ f"{paths['lr 2.1'][-1]:.1f}" }}：跨过 2 这条线，就从“跳着收敛”变成“跳着爆炸”。真实的网络有许多方向，每个方向的曲率不同，最陡的那个说了算；这就是为什么学习率有一个突然的上限，而下限只是慢。

# %% [markdown] tags=["en"]
# After 20 steps 1.9 is down to {{ f"{paths['lr 1.9'][-1]:.2f}" }}, and 2.1 is up at {{ f"{paths['lr 2.1'][-1]:.1f}" }}: crossing 2 turns jumping to the goal into blowing up. A real network has many directions, each with its own curvature, and the steepest one decides. That is why a learning rate has a sudden upper limit, while at the lower end things only get slow.

# %% [markdown] tags=["zh"]
# ## 批量变了，学习率怎么办 { #batch-size }
#
# 轮次不变，批量从 64 加到 256，更新的次数就只剩 $1/4$。常见的说法是把学习率也乘 4。试一试，两种都跑：

# %% [markdown] tags=["en"]
# ## When the batch size changes { #batch-size }
#
# With the epochs fixed, going from batches of 64 to 256 leaves $1/4$ of the updates. A common rule multiplies the learning rate by 4 as well. Try it both ways:

# %%
pairs = {"64, lr 0.1": (64, 0.1), "256, lr 0.1": (256, 0.1), "256, lr 0.4": (256, 0.4), "16, lr 0.025": (16, 0.025)}
batches = {label: [validation_accuracy(lr, seed, batch_size=size) for seed in range(3)] for label, (size, lr) in pairs.items()}

# %% tags=["hide-input"] alt_zh="四种批量与学习率的组合：批量 256 沿用 0.1 时变慢；改成 0.4 时更差；批量 16 配 0.025 与批量 64 配 0.1 相当。" alt_en="Four pairs of batch size and learning rate: 256 with 0.1 is slower; 256 with 0.4 is worse still; 16 with 0.025 equals 64 with 0.1."
figures.bars(batches, xlabel="validation accuracy", limits=(0, 1))

# %% [markdown] tags=["zh"]
# 往小里走，规则很准：批量 16 配 0.025，平均 {{ f"{mean(batches['16, lr 0.025']):.0%}" }}，与批量 64 配 0.1 的 {{ f"{mean(batches['64, lr 0.1']):.0%}" }} 相当。往大里走，0.4 越过了这个网络的上限，只有 {{ f"{mean(batches['256, lr 0.4']):.0%}" }}，还不如原来的 0.1。
#
# **线性缩放是一个起点，不是定律。** 曲率给出的上限不随批量变大。大批量训练所以要先预热：开头几百步从小学习率升上去。`training.Config` 的 `one_cycle` 就包含预热。

# %% [markdown] tags=["en"]
# Downwards the rule holds well: batches of 16 with 0.025 average {{ f"{mean(batches['16, lr 0.025']):.0%}" }}, the same as 64 with 0.1 at {{ f"{mean(batches['64, lr 0.1']):.0%}" }}. Upwards, 0.4 is past this network's limit: {{ f"{mean(batches['256, lr 0.4']):.0%}" }}, worse than keeping 0.1.
#
# **Linear scaling is a place to start, not a law.** The limit set by curvature does not grow with the batch. Large-batch training therefore warms up: the first steps rise from a small learning rate. `one_cycle` in `training.Config` contains a warm-up.

# %% [markdown] tags=["zh"]
# ## 学习率应该一直不变吗 { #schedule }
#
# 训练中按步数改变学习率的规则，叫**学习率调度**。本站用得最多的是**单周期策略**，形状如下：先升后降，降到几乎为 0。直觉是：开头用小步找方向，中间用大步赶路，最后用小步停稳。

# %% [markdown] tags=["en"]
# ## Should it stay constant? { #schedule }
#
# A rule that changes the rate from step to step is a **learning rate schedule**. The one used most on this site is the **one-cycle policy**, whose shape is: up, then down to almost 0. The idea: small steps to find the direction, large ones to cover ground, small ones again to settle.

# %% tags=["hide-input"] alt_zh="学习率随步数的变化：从峰值的二十五分之一升到峰值，再沿余弦降到接近 0；旁边是一条水平线。" alt_en="Learning rate over the steps: from a twenty-fifth of the peak up to it, then down along a cosine to almost 0; a level line beside it."
from dlnotes.training import Config
from dlnotes.training.schedules import learning_rates

figures.lines(
    {name: learning_rates(Config(lr=0.1, schedule=schedule), 190) for name, schedule in (("one cycle", "one_cycle"), ("constant", "constant"))},
    xlabel="step",
    ylabel="learning rate",
)

# %%
adam = {"optimizer": "adamw", "epochs": 5}
schedules = {
    f"{name}, lr {lr:g}": [validation_accuracy(lr, seed, schedule=schedule, **adam) for seed in range(3)]
    for lr in (0.003, 0.03)
    for name, schedule in (("constant", "constant"), ("one cycle", "one_cycle"))
}

# %% tags=["hide-input"] alt_zh="AdamW 在两个学习率下，学习率不变与单周期的验证准确率对比。" alt_en="Validation accuracy of AdamW at two learning rates, constant against one cycle."
figures.bars(schedules, xlabel="validation accuracy", limits=(0.5, 1))

# %% [markdown] tags=["zh"]
# 只训练 5 个轮次。0.03 对 AdamW 来说偏大：不变时平均 {{ f"{mean(schedules['constant, lr 0.03']):.0%}" }}，用单周期是 {{ f"{mean(schedules['one cycle, lr 0.03']):.0%}" }}。注意：写给单周期的 `lr` 是**峰值**，平均下来不到它的一半，所以两种调度的 `lr` 不能直接比较。

# %% [markdown] tags=["en"]
# Only 5 epochs. 0.03 is on the large side for AdamW: constant, it averages {{ f"{mean(schedules['constant, lr 0.03']):.0%}" }}; with one cycle, {{ f"{mean(schedules['one cycle, lr 0.03']):.0%}" }}. Mind that the `lr` given to one cycle is its **peak**; the average is less than half of it, so the `lr` of two schedules cannot be compared directly.

# %% [markdown] tags=["zh"]
# ## 常见的坑 { #traps }
#
# !!! warning "只跑一次就下结论"
#     这里种子之间的标准差约 {{ f"{100 * noise:.1f}" }} 个百分点。比它小的差别，一次运行看不出来。
#
# !!! warning "在测试集上挑"
#     挑选本身就是一种训练。看过测试集的分数，就不再是测试分数。
#
# !!! warning "学习率在边界上"
#     最好的值若是试过的最大或最小值，说明范围没有盖住；再往外走一个数量级。

# %% [markdown] tags=["en"]
# ## Traps { #traps }
#
# !!! warning "A conclusion from one run"
#     The standard deviation over seeds is about {{ f"{100 * noise:.1f}" }} percentage points here. A smaller difference does not show in a single run.
#
# !!! warning "Choosing on the test set"
#     Choosing is a kind of training. Once the test set has been used for it, its score is a test score no longer.
#
# !!! warning "The best value lies at the edge"
#     If the best value is the largest or smallest that was tried, the range did not cover the answer. Go one more order of magnitude out.

# %% [markdown] tags=["zh"]
# ## 面试题 { #interview }
#
# ??? question "怎样调学习率？"
#     先固定其他设置，按 10 倍扫一遍（例如从 $10^{-4}$ 到 $1$），每个值至少 3 个随机种子，看验证集。找到好用的数量级，再在它周围看 3 到 5 个值；差别小于种子间的标准差就停手，取略小的一个。然后才考虑预热和衰减。换了批量、优化器或网络，重扫第一遍。

# %% [markdown] tags=["en"]
# ## Interview question { #interview }
#
# ??? question "How do you tune a learning rate?"
#     Keep everything else fixed and sweep powers of ten (say $10^{-4}$ to $1$), at least 3 seeds each, on the validation set. Around the order of magnitude that works, look at 3 to 5 values; stop when they differ by less than the spread over seeds, and take one a little below the best. Only then think of warm-up and decay. After a change of batch size, optimizer or network, do the first sweep again.

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 抛物线 $L(w)=\frac{\lambda}{2}w^2$，$\lambda=50$。学习率最大能到多少？取多少时一步就到底？
#
# ??? success "答案"
#     上限是 $2/\lambda=0.04$。$\eta=1/\lambda=0.02$ 时 $1-\eta\lambda=0$，一步到底。
#
# **2.** 两个方向的曲率是 1 和 100。学习率取上限的一半，平缓的方向每步缩小多少？
#
# ??? success "答案"
#     上限由 100 决定，是 $0.02$，一半是 $0.01$。平缓的方向每步乘 $1-0.01\times1=0.99$，缩小到一半要约 69 步。曲率相差悬殊时，SGD 就慢在这里；动量和 Adam 正是为此而来。
#
# **3.** 训练集 1257 张，批量 64，丢掉最后不足的一批，10 个轮次共更新多少次？批量 256 呢？
#
# ??? success "答案"
#     $\lfloor1257/64\rfloor\times10=190$ 次；$\lfloor1257/256\rfloor\times10=40$ 次。
#
# **4.** 把上面的 SGD 加上动量 0.9，最好的学习率会变大还是变小？先猜，再用 `validation_accuracy(0.01, 0, momentum=0.9)` 检验。
#
# ??? success "答案"
#     变小。动量把过去的梯度累加起来，稳定时步长约为 $\eta/(1-0.9)=10\eta$，所以 0.01 大致相当于没有动量的 0.1。

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** For the parabola $L(w)=\frac{\lambda}{2}w^2$ with $\lambda=50$: what is the largest learning rate that converges, and which one arrives in a single step?
#
# ??? success "Answer"
#     The limit is $2/\lambda=0.04$. With $\eta=1/\lambda=0.02$ we have $1-\eta\lambda=0$, and one step is enough.
#
# **2.** Two directions have curvature 1 and 100. With half of the largest possible learning rate, by how much does the flat direction shrink per step?
#
# ??? success "Answer"
#     The limit comes from 100 and is $0.02$; half of it is $0.01$. The flat direction is multiplied by $1-0.01\times1=0.99$ per step and needs about 69 steps to halve. This is where SGD is slow when curvatures differ; momentum and Adam were made for it.
#
# **3.** With 1257 training images, batches of 64, and the last short batch dropped, how many updates are 10 epochs? And with batches of 256?
#
# ??? success "Answer"
#     $\lfloor1257/64\rfloor\times10=190$; $\lfloor1257/256\rfloor\times10=40$.
#
# **4.** Give the SGD above a momentum of 0.9. Will the best learning rate grow or shrink? Guess, then check with `validation_accuracy(0.01, 0, momentum=0.9)`.
#
# ??? success "Answer"
#     Shrink. Momentum adds up past gradients; once settled, a step is about $\eta/(1-0.9)=10\eta$ long, so 0.01 does roughly what 0.1 does without momentum.

# %% [markdown] tags=["zh"]
# ## 参考文献 { #references }
#
# - L. N. Smith. [Cyclical learning rates for training neural networks](https://arxiv.org/abs/1506.01186). WACV, 2017.
# - L. N. Smith, N. Topin. [Super-convergence](https://arxiv.org/abs/1708.07120). 2018.
# - P. Goyal 等. [Accurate, large minibatch SGD](https://arxiv.org/abs/1706.02677). 2017.

# %% [markdown] tags=["en"]
# ## References { #references }
#
# - L. N. Smith. [Cyclical learning rates for training neural networks](https://arxiv.org/abs/1506.01186). WACV, 2017.
# - L. N. Smith, N. Topin. [Super-convergence](https://arxiv.org/abs/1708.07120). 2018.
# - P. Goyal et al. [Accurate, large minibatch SGD](https://arxiv.org/abs/1706.02677). 2017.
