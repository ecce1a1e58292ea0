# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "优化器没有接管参数、步子走错了时候、学习率调度用错单位、权重衰减管得太宽：优化器的病例。"
#       en: "The optimizer does not hold the parameters, steps at the wrong time, counts in the wrong unit, or decays too much: cases of optimizers."
#     covers: [E-15, E-20, E-21, E-54, E-83]
# ---

# %% [markdown] tags=["zh"]
# # 优化器 { #optimizers }
#
# 损失算对了，梯度也对，网络却学不会，或者学得很怪。**中间还隔着谁？** 优化器。它手里拿着一份参数的名单，在你叫它的那一刻走一步。名单不对，时刻不对，步长不对，都不会报错。

# %% [markdown] tags=["en"]
# # Optimizers { #optimizers }
#
# The loss is right, the gradients are right, and the network still does not learn, or learns strangely. **Who stands between the two?** The optimizer. It holds a list of parameters and takes a step at the moment you say. A wrong list, a wrong moment or a wrong step length raises no error.

# %% tags=["remove-input"]
import torch
from torch import nn

from dlnotes import clinic
from dlnotes.clinic import optimizers

cases = clinic.kind("optimizers")

# %% [markdown] tags=["zh"]
# ## 函数的参数拼错了，训练的却是另一个网络 { #misspelt-parameter }
#
# 参数叫 `optimiser`，函数里用的是 `optimizer`，差一个字母。照理应当报 `NameError`。先猜：在笔记本里，为什么它安安静静地跑完了？
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:misspelt-parameter-broken"
# ```

# %% [markdown] tags=["en"]
# ## A misspelt parameter trains another network { #misspelt-parameter }
#
# The parameter is called `optimiser` and the body says `optimizer`: one letter. That should be a `NameError`. Guess first: why does it run without a word in a notebook?
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:misspelt-parameter-broken"
# ```

# %%
for name in ("broken", "fixed"):
    value = cases["misspelt-parameter"].measure(name)
    print(f"{name:7} the net moved by {value:.4f}")

# %% [markdown] tags=["zh"]
# 前面的单元训练过另一个网络，留下了全局变量 `optimizer`。函数里找不到局部的，就去用全局的。于是梯度算在新网络上，步子走在旧网络上：新网络一动不动。
#
# 英式和美式的两种拼法最容易混进同一个文件。参数一律用同一个名字，让 `ruff` 这样的检查工具看文件：没有全局变量的 `.py` 文件里，这个错误立刻现形。
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:misspelt-parameter-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:misspelt-parameter-check"
# ```

# %% [markdown] tags=["en"]
# An earlier cell trained another network and left a global `optimizer` behind. The function finds no local of that name and takes the global one. Gradients then belong to the new network, steps to the old one: the new one stays where it is.
#
# British and American spelling easily end up in one file. Use one name throughout, and let a linter such as `ruff` read the file: in a `.py` without that global, the mistake shows at once.
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:misspelt-parameter-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:misspelt-parameter-check"
# ```

# %% [markdown] tags=["zh"]
# ## 第二个网络怎么也学不会：优化器是第一个的 { #optimizer-of-another-net }
#
# 第一个网络训练得很好。接着建第二个网络，训练循环原样再跑一遍，测试准确率一个轮次一个轮次纹丝不动。先猜：第二个网络的梯度是 0 吗？
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:optimizer-of-another-net-broken"
# ```

# %% [markdown] tags=["en"]
# ## The second network never learns: the optimizer is that of the first { #optimizer-of-another-net }
#
# The first network trained well. Then comes a second network and the same loop once more, and its test accuracy does not move from epoch to epoch. Guess first: are the gradients of the second network 0?
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:optimizer-of-another-net-broken"
# ```

# %%
for name, version in (("broken", optimizers.another_broken), ("fixed", optimizers.another_fixed)):
    for steps in (1, 6):
        torch.manual_seed(0)
        way, gradient = optimizers.step_of_second(version, steps)
        print(f"{name:7} {steps} steps: moved by {way:.3f}, norm of the gradients {gradient:.2f}")

# %% [markdown] tags=["zh"]
# 梯度好好的，只是没有人用：`optimizer` 手里还是第一个网络的参数。连清零也清错了对象，所以第二个网络的梯度一步一步累加，越来越大，而第一个网络的参数没有梯度，也不动。
#
# 准确率**完全**不变，是最好的线索。学得慢会变一点点；一位小数都不变，就是没有更新。
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:optimizer-of-another-net-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:optimizer-of-another-net-check"
# ```

# %% [markdown] tags=["en"]
# The gradients are there, nobody uses them: `optimizer` still holds the parameters of the first network. Even clearing hits the wrong ones, so the gradients of the second network add up step by step and grow, while the first network gets no gradient and stays where it is too.
#
# That accuracy does not change **at all** is the best clue. Slow learning changes it a little; not a digit means no update.
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:optimizer-of-another-net-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:optimizer-of-another-net-check"
# ```

# %% [markdown] tags=["zh"]
# ## 多定义几个网络，不等于多了几个优化器 { #one-optimizer-one-net }
#
# 第二个网络学不会，有一种说法是“一个优化器只能配一个网络，所以要多定义几个网络”。先猜：下面已经有两个网络了，第二个会动吗？
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:one-optimizer-one-net-broken"
# ```

# %% [markdown] tags=["en"]
# ## More networks do not make more optimizers { #one-optimizer-one-net }
#
# The second network does not learn, and one explanation goes: an optimizer serves only one network, so define several networks. Guess first: below there are two networks already. Does the second one move?
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:one-optimizer-one-net-broken"
# ```

# %%
for name in ("broken", "fixed"):
    value = cases["one-optimizer-one-net"].measure(name)
    print(f"{name:7} the parameter that moved least moved by {value:.4f}")

# %% [markdown] tags=["zh"]
# 缺的不是网络，是名单。优化器只认构造时交给它的那些 `Parameter` 对象，属于哪个网络它不管。所以有两种都对的写法：每个网络一个优化器；或者一个优化器、几个**参数组**，每组还可以有自己的学习率。[优化器一页](../theory/optimizers.py#several-nets)把几种写法都跑了一遍。
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:one-optimizer-one-net-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:one-optimizer-one-net-check"
# ```

# %% [markdown] tags=["en"]
# What is missing is not a network but a list. An optimizer knows the `Parameter` objects it was given when it was made, and does not care to which network they belong. So two ways are right: an optimizer for each network, or one optimizer with several **parameter groups**, each with a learning rate of its own if you like. [The page on optimizers](../theory/optimizers.py#several-nets) runs them all.
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:one-optimizer-one-net-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:one-optimizer-one-net-check"
# ```

# %% [markdown] tags=["zh"]
# ## 梯度裁剪什么也没裁：参数的生成器已经用完 { #exhausted-generator }
#
# 为了少写几个字，有人把 `net.parameters()` 存进变量。先猜：下面两处用到 `parameters`，第二处看到几个？
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:exhausted-generator-broken"
# ```

# %% [markdown] tags=["en"]
# ## Clipping clips nothing: the generator of parameters is used up { #exhausted-generator }
#
# To save typing, someone keeps `net.parameters()` in a variable. Guess first: `parameters` is used in two places below. How many does the second one see?
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:exhausted-generator-broken"
# ```

# %% tags=["shows-warning"]
import warnings

for name, version in (("broken", optimizers.generator_broken), ("fixed", optimizers.generator_fixed)):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.manual_seed(0)
        norm = version(nn.Linear(4, 2))
    print(f"{name:7} gradient norm {norm:.1f}", *[f"\n        {w.category.__name__}: {w.message}" for w in caught])

# %% [markdown] tags=["zh"]
# `net.parameters()` 返回的是生成器，只能从头读到尾一次。优化器读完，裁剪就什么也看不见：它报告范数是 0，给一个警告，梯度原样放过。旧版本的 torch 连警告也没有。
#
# 同样的错误还有一种写法会报错：把读完的生成器交给第二个优化器，得到 `ValueError: optimizer got an empty parameter list`。
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:exhausted-generator-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:exhausted-generator-check"
# ```

# %% [markdown] tags=["en"]
# `net.parameters()` returns a generator, which can be read once from beginning to end. The optimizer reads it, and clipping sees nothing: it reports a norm of 0, warns, and lets the gradients pass as they are. Older versions of torch did not even warn.
#
# The same mistake does raise an error elsewhere: give the exhausted generator to a second optimizer and you get `ValueError: optimizer got an empty parameter list`.
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:exhausted-generator-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:exhausted-generator-check"
# ```

# %% [markdown] tags=["zh"]
# ## 忘了 `zero_grad()`，步子越走越大 { #forgotten-zero-grad }
#
# `backward()` 不是写入梯度，而是**加**到 `.grad` 上。让权重沿着斜率为 1 的坡走 10 步，学习率 0.1，本该走 1.0。先猜：忘了清零，会走多远？
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:forgotten-zero-grad-broken"
# ```

# %% [markdown] tags=["en"]
# ## Without `zero_grad()` the steps grow and grow { #forgotten-zero-grad }
#
# `backward()` does not write gradients, it **adds** to `.grad`. Let a weight walk 10 steps down a slope of 1 with learning rate 0.1: it should end 1.0 away. Guess first: how far without clearing?
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:forgotten-zero-grad-broken"
# ```

# %%
for name in ("broken", "fixed"):
    value = cases["forgotten-zero-grad"].measure(name)
    print(f"{name:7} went {value:.2f}")

# %% [markdown] tags=["zh"]
# 第 $k$ 步用的是前 $k$ 个梯度的和，10 步加起来是 $1+2+\dots+10=55$ 份，本该是 10 份。坡度不变时只是走过头；坡度会变时，旧的梯度指着早已过时的方向，像一个永不衰减的动量，损失就来回震荡。
#
# 加法是有意设计的：显存不够时，可以连续几个小批量 `backward()`，再走一步。所以清零这件事只能由你来做。
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:forgotten-zero-grad-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:forgotten-zero-grad-check"
# ```

# %% [markdown] tags=["en"]
# Step $k$ uses the sum of the first $k$ gradients, and over 10 steps that makes $1+2+\dots+10=55$ shares instead of 10. On an even slope it only goes too far. Where the slope changes, old gradients point where the way no longer leads, like a momentum that never decays, and the loss swings.
#
# Adding is on purpose: when memory is short, several small batches can go `backward()` before one step. That is why clearing is left to you.
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:forgotten-zero-grad-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:forgotten-zero-grad-check"
# ```

# %% [markdown] tags=["zh"]
# ## 清零放错了地方，权重一动不动 { #zero-grad-before-step }
#
# 三行都在，只是顺序换了。先猜：优化器拿到的梯度是 0，还是什么也没有？
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:zero-grad-before-step-broken"
# ```

# %% [markdown] tags=["en"]
# ## Clearing in the wrong place: no weight moves { #zero-grad-before-step }
#
# All three lines are there, in another order. Guess first: does the optimizer find gradients of 0, or none at all?
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:zero-grad-before-step-broken"
# ```

# %%
torch.manual_seed(0)
net = nn.Linear(4, 2)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
net(torch.ones(1, 4)).sum().backward()
optimizer.zero_grad()
print("gradient after zero_grad():", net.weight.grad)
print("moved, broken:", cases['zero-grad-before-step'].measure('broken'))
print(f"moved, fixed:  {cases['zero-grad-before-step'].measure('fixed'):.4f}")

# %% [markdown] tags=["zh"]
# 现在的 `zero_grad()` 默认把 `.grad` 设成 `None`，优化器遇到 `None` 就跳过这个参数。所以什么也没有发生，连权重衰减也没有。损失一位小数都不变，这正是它的特征：学习率太小，损失也会变一点点。
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:zero-grad-before-step-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:zero-grad-before-step-check"
# ```

# %% [markdown] tags=["en"]
# Today `zero_grad()` sets `.grad` to `None` by default, and the optimizer passes over a parameter whose gradient is `None`. So nothing happens, not even weight decay. The loss stays the same to the last digit, and that tells it apart: with a learning rate that is too small it would still change a little.
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:zero-grad-before-step-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:zero-grad-before-step-check"
# ```

# %% [markdown] tags=["zh"]
# ## 调度器先走了一步：第一个学习率没有用上 { #scheduler-before-optimizer }
#
# 学习率从 0.1 开始，每走一次调度器就除以 10。先猜：三步各用了多大的学习率？
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:scheduler-before-optimizer-broken"
# ```

# %% [markdown] tags=["en"]
# ## The scheduler went first: the first learning rate is never used { #scheduler-before-optimizer }
#
# The learning rate starts at 0.1 and is divided by 10 each time the scheduler steps. Guess first: which rates do the three steps use?
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:scheduler-before-optimizer-broken"
# ```

# %%
for name, version in (("broken", optimizers.first_broken), ("fixed", optimizers.first_fixed)):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        optimizer = torch.optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1)
        used = version(optimizer, torch.optim.lr_scheduler.StepLR(optimizer, step_size=1))
    print(f"{name:7}", [f"{lr:.0e}" for lr in used], *[f"\n        {str(w.message).split('. ')[0]}" for w in caught])

# %% [markdown] tags=["zh"]
# 构造调度器时，它已经把第一个学习率放好了；`step()` 的意思是“换到下一个”。先换再走，第一个值就永远用不上，整张学习率表提前了一格。按轮次调度时，损失是一个轮次的学习率；有预热时，开头那几步会比打算的大。
#
# 如果警告出现而顺序并没有错，多半是 `GradScaler` 因为溢出跳过了第一步。
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:scheduler-before-optimizer-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:scheduler-before-optimizer-check"
# ```

# %% [markdown] tags=["en"]
# Making a scheduler already puts the first learning rate in place; `step()` means "go to the next". Going on before the step loses the first value, and the whole schedule is one place early. With a schedule by epochs that is an epoch's learning rate; with a warm-up the first steps are larger than planned.
#
# If the warning comes although the order is right, `GradScaler` has most likely skipped the first step because of an overflow.
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:scheduler-before-optimizer-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:scheduler-before-optimizer-check"
# ```

# %% [markdown] tags=["zh"]
# ## 按轮次设的调度，却每个批量走一步 { #scheduler-per-batch }
#
# 打算 30 个轮次后把学习率降到十分之一。digits 的训练集一个轮次约 20 个批量。先猜：10 个轮次后，学习率剩多少？
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:scheduler-per-batch-broken"
# ```

# %% [markdown] tags=["en"]
# ## A schedule in epochs, stepped once a batch { #scheduler-per-batch }
#
# The plan: a tenth of the learning rate after 30 epochs. An epoch of the digits is about 20 batches. Guess first: what is left of the learning rate after 10 epochs?
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:scheduler-per-batch-broken"
# ```

# %%
for name in ("broken", "fixed"):
    value = cases["scheduler-per-batch"].measure(name)
    print(f"{name:7} learning rate after 10 epochs: {value:.1e}")

# %% [markdown] tags=["zh"]
# 调度器不知道什么叫轮次，它只数 `step()`。写在内层循环里，30 就是 30 个批量，一个半轮次降一次。数据越多，降得越快，所以在小数据上看不出的错误，换了大数据就发作。
#
# `StepLR`、`CosineAnnealingLR` 习惯按轮次走；`OneCycleLR` 和预热习惯按批量走。写之前先问：`step_size`、`T_max`、`total_steps` 里填的数，单位是什么？
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:scheduler-per-batch-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:scheduler-per-batch-check"
# ```

# %% [markdown] tags=["en"]
# A scheduler knows nothing of epochs, it counts `step()`. In the inner loop 30 means 30 batches, a drop every one and a half epochs. The more data, the faster it falls, so a mistake that a small data set hides strikes on a large one.
#
# `StepLR` and `CosineAnnealingLR` are usually stepped by epochs, `OneCycleLR` and warm-ups by batches. Ask before you write: the number in `step_size`, `T_max` or `total_steps`, what is its unit?
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:scheduler-per-batch-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:scheduler-per-batch-check"
# ```

# %% [markdown] tags=["zh"]
# ## `OneCycleLR` 报错：步数用完了 { #too-many-scheduler-steps }
#
# 单位弄反了的另一面：这次 torch 会说话。
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:too-many-scheduler-steps-broken"
# ```

# %% [markdown] tags=["en"]
# ## `OneCycleLR` has no steps left { #too-many-scheduler-steps }
#
# The other side of mixed units: this time torch speaks up.
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:too-many-scheduler-steps-broken"
# ```

# %% tags=["broken", "raises-exception"]
optimizers.total_broken(torch.optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1), epochs=3, batches=2)

# %% [markdown] tags=["zh"]
# `OneCycleLR` 的学习率是一条有终点的曲线：升上去，再降到几乎为 0。走过终点它就报错。所以 `total_steps` 必须等于整个训练的步数，也就是轮次数乘以每轮的批量数，用 `len(loader)` 来算，不要手填。
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:too-many-scheduler-steps-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:too-many-scheduler-steps-check"
# ```

# %% [markdown] tags=["en"]
# The learning rate of `OneCycleLR` is a curve with an end: up, and then down to almost 0. Past the end it raises. So `total_steps` must be the number of steps of the whole training, epochs times batches per epoch. Compute it from `len(loader)`; do not type it.
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:too-many-scheduler-steps-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:too-many-scheduler-steps-check"
# ```

# %%
optimizer = torch.optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1)
optimizers.total_fixed(optimizer, epochs=30, batches=20)
print(f"learning rate at the end: {optimizer.param_groups[0]['lr']:.1e}")

# %% [markdown] tags=["zh"]
# ## `ReduceLROnPlateau` 要一个指标 { #plateau-without-metric }
#
# 别的调度器照着日历走，这一个看脸色：验证损失不再下降，它才降学习率。所以每次都要把损失告诉它。
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:plateau-without-metric-broken"
# ```

# %% [markdown] tags=["en"]
# ## `ReduceLROnPlateau` wants a metric { #plateau-without-metric }
#
# Other schedulers follow a calendar. This one watches: it lowers the learning rate when the validation loss stops falling. So it has to be told the loss every time.
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:plateau-without-metric-broken"
# ```

# %% tags=["broken", "raises-exception"]
optimizers.plateau_broken(torch.optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1), [1.0, 0.9, 0.9, 0.9])

# %% [markdown] tags=["zh"]
# 还有两处不报错的陷阱。默认 `mode="min"`，指标越小越好；如果传的是准确率，要写 `mode="max"`，否则准确率一上升，它就当作变坏，把学习率降下去。传进去的应当是**验证**损失：训练损失会一直降，它就永远不动。
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:plateau-without-metric-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:plateau-without-metric-check"
# ```

# %% [markdown] tags=["en"]
# Two more traps here raise no error. The default is `mode="min"`: smaller is better. With accuracy, write `mode="max"`, or every rise counts as getting worse and the learning rate falls. And pass the **validation** loss: the training loss keeps falling, so the scheduler would never act.
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:plateau-without-metric-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:plateau-without-metric-check"
# ```

# %% [markdown] tags=["zh"]
# ## 混合精度下，裁剪的是放大了 65536 倍的梯度 { #clipping-before-unscale }
#
# 半精度下小的梯度会变成 0，所以 `GradScaler` 先把损失乘以 65536，走步之前再除回去。裁剪夹在中间。先猜：把范数裁到 1，再除以 65536，剩下多少？
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:clipping-before-unscale-broken"
# ```

# %% [markdown] tags=["en"]
# ## With mixed precision, what is clipped is 65536 times too large { #clipping-before-unscale }
#
# In half precision small gradients become 0, so `GradScaler` multiplies the loss by 65536 first and divides before the step. Clipping stands between the two. Guess first: clip to a norm of 1, then divide by 65536. What is left?
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:clipping-before-unscale-broken"
# ```

# %%
for name in ("broken", "fixed"):
    value = cases["clipping-before-unscale"].measure(name)
    print(f"{name:7} one step moved the weights by {value:.1e}")

# %% [markdown] tags=["zh"]
# 出错的代码把放大后的梯度裁到 1，除回去之后范数只有 $1/65536\approx1.5\times10^{-5}$：每一步都被裁成同样微小的一步。Adam 会把步长归一化，所以用 Adam 时这个错误更难看出，只剩下裁剪完全失去了意义。
#
# `scaler.unscale_(optimizer)` 原地除回去，并且记住已经除过，后面的 `scaler.step` 不会再除一次。`bfloat16` 的指数位与单精度一样多，不需要 `GradScaler`，也就没有这个陷阱。
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:clipping-before-unscale-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:clipping-before-unscale-check"
# ```

# %% [markdown] tags=["en"]
# The broken code clips the scaled gradient to 1, and after dividing its norm is $1/65536\approx1.5\times10^{-5}$: every step is cut to the same tiny length. Adam normalizes its steps, so with Adam it is harder to see; all that is left there is clipping without meaning.
#
# `scaler.unscale_(optimizer)` divides in place and remembers it, so `scaler.step` will not divide again. `bfloat16` has as many exponent bits as single precision, needs no `GradScaler`, and does not have this trap.
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:clipping-before-unscale-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:clipping-before-unscale-check"
# ```

# %% [markdown] tags=["zh"]
# ## 裁剪写在 `step()` 之后，等于没写 { #clipping-after-step }
#
# 梯度是 100，学习率是 1，最大范数是 1。先猜：这一步走多远？
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:clipping-after-step-broken"
# ```

# %% [markdown] tags=["en"]
# ## Clipping after `step()` is no clipping { #clipping-after-step }
#
# A gradient of 100, a learning rate of 1, a largest norm of 1. Guess first: how far does this step go?
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:clipping-after-step-broken"
# ```

# %%
for name in ("broken", "fixed"):
    value = cases["clipping-after-step"].measure(name)
    print(f"{name:7} one step went {value:.1f}")

# %% [markdown] tags=["zh"]
# `step()` 用的是调用那一刻的 `.grad`。之后再裁，裁的是马上要清零的废料。日志里的范数看起来一切正常，因为它确实在算，只是没有人用。
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:clipping-after-step-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:clipping-after-step-check"
# ```

# %% [markdown] tags=["en"]
# `step()` uses `.grad` as it is at that moment. What is clipped afterwards is about to be cleared. The norm in the log looks as it should: it is computed, and nobody uses it.
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:clipping-after-step-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:clipping-after-step-check"
# ```

# %% [markdown] tags=["zh"]
# ## 权重衰减不总是 L2 正则化 { #decay-is-not-l2 }
#
# 教科书说：权重衰减就是在损失里加 $\frac{\lambda}{2}\lVert w\rVert^2$，其中 $w$ 是权重，$\lambda$ 是衰减系数。每一步权重因此缩小 $\eta\lambda w$，$\eta$ 是学习率。对 SGD 这是对的。先猜：同样的 `weight_decay=0.1`，在 Adam 里，一个梯度很大的权重会缩小多少？
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:decay-is-not-l2-broken"
# ```

# %% [markdown] tags=["en"]
# ## Weight decay is not always L2 regularization { #decay-is-not-l2 }
#
# Textbooks say: weight decay adds $\frac{\lambda}{2}\lVert w\rVert^2$ to the loss, where $w$ are the weights and $\lambda$ the coefficient. Each step then shrinks a weight by $\eta\lambda w$, with $\eta$ the learning rate. For SGD that is right. Guess first: with the same `weight_decay=0.1` in Adam, how much does a weight shrink whose gradient is large?
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:decay-is-not-l2-broken"
# ```

# %%
for name, version in (("Adam", "broken"), ("AdamW", "fixed")):
    print(f"{name:6} {cases['decay-is-not-l2'].measure(version):7.1%} of the shrinking that was asked for")

# %% [markdown] tags=["zh"]
# Adam 把 $\lambda w$ 加进梯度，然后整个除以梯度自己的大小。梯度大的权重，衰减跟着除没了；梯度小的权重，衰减成了主角。AdamW 把这一项拿出来，直接缩小权重，所以 $\lambda$ 对谁都一样。
#
# 默认值也不同：`Adam` 和 `SGD` 是 0，`AdamW` 是 0.01。只把名字从 `Adam` 改成 `AdamW`，就悄悄打开了衰减。三种优化器放在一起的比较见[正则化一页](../theory/regularization.py#weight-decay)。
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:decay-is-not-l2-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:decay-is-not-l2-check"
# ```

# %% [markdown] tags=["en"]
# Adam adds $\lambda w$ to the gradient and then divides the whole by the gradient's own size. Where gradients are large the decay is divided away with them; where they are small it takes over. AdamW takes the term out and shrinks the weight directly, so $\lambda$ means the same for all.
#
# The defaults differ as well: 0 in `Adam` and `SGD`, 0.01 in `AdamW`. Changing nothing but the name from `Adam` to `AdamW` turns decay on. [The page on regularization](../theory/regularization.py#weight-decay) compares the three.
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:decay-is-not-l2-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:decay-is-not-l2-check"
# ```

# %% [markdown] tags=["zh"]
# ## 权重衰减连偏置和归一化的 γ 也一起缩小 { #decay-on-everything }
#
# 批量归一化的 γ 从 1 开始。让损失对什么都没有要求，梯度全是 0，走 200 步。先猜：γ 还是 1 吗？
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:decay-on-everything-broken"
# ```

# %% [markdown] tags=["en"]
# ## Weight decay shrinks biases and the γ of normalization too { #decay-on-everything }
#
# The γ of batch normalization starts at 1. Let the loss ask for nothing, with all gradients 0, and take 200 steps. Guess first: is γ still 1?
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:decay-on-everything-broken"
# ```

# %%
for name in ("broken", "fixed"):
    value = cases["decay-on-everything"].measure(name)
    print(f"{name:7} γ after 200 steps: {value:.3f}")

# %% [markdown] tags=["zh"]
# 衰减把每个参数往 0 拉。对权重，0 意味着“不用这条连接”，这正是目的。对 γ，0 意味着“把这个通道关掉”；对偏置，0 并不比别的值简单。常见的做法是只衰减两维以上的参数，用参数组分开。
#
# 衰减很弱、训练很短时两者差别很小，所以小实验里看不出来。
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:decay-on-everything-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:decay-on-everything-check"
# ```

# %% [markdown] tags=["en"]
# Decay pulls every parameter towards 0. For a weight 0 means "do without this connection", which is the purpose. For γ it means "switch this channel off", and for a bias 0 is no simpler than any other value. The usual way decays parameters with two axes or more only, kept apart by parameter groups.
#
# With weak decay and short training the two hardly differ, so small experiments do not show it.
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:decay-on-everything-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:decay-on-everything-check"
# ```

# %% [markdown] tags=["zh"]
# ## 冻结的层还在变：梯度清零不等于冻结 { #frozen-weights-move }
#
# 有人用钩子把主干的梯度全部变成 0，以为这就是冻结。先猜：梯度是 0，AdamW 走一步，权重会变吗？
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:frozen-weights-move-broken"
# ```

# %% [markdown] tags=["en"]
# ## A frozen layer still changes: a gradient of 0 does not freeze { #frozen-weights-move }
#
# Someone makes all gradients of the backbone 0 with a hook and takes that for freezing. Guess first: with gradients of 0, does a step of AdamW change the weights?
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:frozen-weights-move-broken"
# ```

# %%
for name in ("broken", "fixed"):
    value = cases["frozen-weights-move"].measure(name)
    print(f"{name:7} the frozen body moved by {value:.4f}")

# %% [markdown] tags=["zh"]
# “梯度是 0”和“没有梯度”是两回事。梯度是 0，优化器照样处理这个参数：权重衰减继续缩小它，以前攒下的动量继续推它。梯度是 `None`，优化器才会跳过。
#
# 所以冻结要做两件事：`requires_grad_(False)`，以及不把它交给优化器。主干里有批量归一化的话还有第三件：让它待在 `eval()`，否则移动平均照样更新。
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:frozen-weights-move-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:frozen-weights-move-check"
# ```

# %% [markdown] tags=["en"]
# "A gradient of 0" and "no gradient" are two things. With 0 the optimizer treats the parameter as usual: decay goes on shrinking it, and momentum gathered earlier goes on pushing it. Only with `None` does the optimizer pass over it.
#
# So freezing takes two things: `requires_grad_(False)`, and leaving the parameters out of the optimizer. With batch normalization in the backbone there is a third: keep it in `eval()`, or its moving averages go on changing.
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:frozen-weights-move-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:frozen-weights-move-check"
# ```

# %% [markdown] tags=["zh"]
# ## 续训只恢复了权重，没有恢复优化器 { #resume-without-optimizer }
#
# 训练 20 步，存下来；换一个新的进程，读进来，再走 10 步。同样的数据，同样的顺序，与一口气走 30 步比。先猜：权重一样吗？
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:resume-without-optimizer-broken"
# ```

# %% [markdown] tags=["en"]
# ## Resumed from weights alone, without the optimizer's state { #resume-without-optimizer }
#
# Train 20 steps and save; in a new process, load and take 10 more. Same data, same order, compared with 30 steps in one go. Guess first: are the weights the same?
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:resume-without-optimizer-broken"
# ```

# %%
for name in ("broken", "fixed"):
    value = cases["resume-without-optimizer"].measure(name)
    print(f"{name:7} largest difference to the unbroken run: {value:.1e}")

# %% [markdown] tags=["zh"]
# Adam 为每个参数记着两个移动平均和步数。丢了它们，Adam 从头估计：修正系数让头几步的步长接近完整的学习率，不管梯度已经多小。损失于是跳一下。SGD 带动量时也有状态，只是丢了影响小。
#
# 完整的检查点还有调度器、`GradScaler`、轮次和随机状态。`training.save_checkpoint` 存的就是这一整套。
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:resume-without-optimizer-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:resume-without-optimizer-check"
# ```

# %% [markdown] tags=["en"]
# Adam keeps two moving averages and a step count for each parameter. Without them it estimates anew: its correction makes the first steps about a full learning rate long, however small the gradients have become. Hence the jump in the loss. SGD with momentum has a state too; losing it hurts less.
#
# A whole checkpoint also holds the scheduler, the `GradScaler`, the epoch and the random states. `training.save_checkpoint` writes all of it.
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:resume-without-optimizer-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:resume-without-optimizer-check"
# ```

# %% [markdown] tags=["zh"]
# ## 批量加大 8 倍，学习率没有动 { #larger-batch-same-rate }
#
# 批量 64 时找到的学习率是 0.005。换了机器，批量改成 512，轮次数不变。先猜：一个轮次之后，损失剩下几成？
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:larger-batch-same-rate-broken"
# ```

# %% [markdown] tags=["en"]
# ## Batches 8 times as large, learning rate as before { #larger-batch-same-rate }
#
# The learning rate 0.005 was found with batches of 64. On a new machine the batches become 512, the number of epochs stays. Guess first: what share of the loss is left after an epoch?
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:larger-batch-same-rate-broken"
# ```

# %%
for name in ("broken", "fixed"):
    value = cases["larger-batch-same-rate"].measure(name)
    print(f"{name:7} {value:.1%} of the loss is left")

# %% [markdown] tags=["zh"]
# 一个轮次的步数变成了八分之一，每步还是那么长，路程就只有八分之一。大批量的梯度噪声小，经得起更大的步子，所以从“学习率与批量成正比”起步。
#
# 这只是起点。曲率决定的上限不随批量变大，乘到某个倍数就会发散；[学习率一页](../training/learning-rate.py#batch-size)量出了这个边界。Adam 类的优化器常用平方根而不是正比。改了批量，就要重新量一次学习率。
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:larger-batch-same-rate-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:larger-batch-same-rate-check"
# ```

# %% [markdown] tags=["en"]
# An epoch has an eighth of the steps, each as long as before, so the weights get an eighth as far. The gradient of a large batch has less noise and bears longer steps, so begin with a learning rate in proportion to the batch.
#
# That is only where to begin. The limit set by curvature does not grow with the batch, and some factor makes it diverge; [the page on learning rates](../training/learning-rate.py#batch-size) measures where. Optimizers like Adam often take the square root instead. Change the batch, and measure the learning rate again.
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:larger-batch-same-rate-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:larger-batch-same-rate-check"
# ```

# %% [markdown] tags=["zh"]
# ## 最后一个批量只有 3 个样本，步子却一样大 { #short-last-batch }
#
# digits 若分出 1347 张训练图，批量 64：$1347 = 21\times64+3$。先猜：最后那 3 张图，每张的分量是别人的几倍？
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:short-last-batch-broken"
# ```

# %% [markdown] tags=["en"]
# ## The last batch has 3 samples and takes a full step { #short-last-batch }
#
# Take 1347 training images of the digits, in batches of 64: $1347 = 21\times64+3$. Guess first: how many times as much as the others does each of those last 3 images weigh?
#
# ```python broken
# --8<-- "dlnotes/clinic/optimizers.py:short-last-batch-broken"
# ```

# %%
for name, version in (("broken", optimizers.short_broken), ("fixed", optimizers.short_fixed)):
    sizes = version(1347, 64)
    print(f"{name:7} {len(sizes)} batches, the last of {sizes[-1]}; weights differ by a factor of {max(sizes) / min(sizes):.1f}")

torch.manual_seed(0)
features = torch.randn(1347, 10)
gradients = {size: torch.stack([features[torch.randint(1347, (size,))].mean(0) for _ in range(500)]).norm(dim=1).mean().item() for size in (64, 3)}
print({f"noise of the mean of {size}": round(value, 2) for size, value in gradients.items()})

# %% [markdown] tags=["zh"]
# 批量里取的是平均，所以每个批量的步子一样长，不管里面有几个样本。3 个样本的平均，噪声约是 64 个的 $\sqrt{64/3}\approx4.6$ 倍。每个轮次的最后一步恰好是最乱的一步，而验证紧接着就在它后面。批量归一化还要用这 3 个样本估计方差，只剩 1 个时干脆报错。
#
# `DataLoader(..., drop_last=True)` 丢掉零头；打乱之后每个轮次丢的是不同的样本，并没有谁永远看不到。数据大到零头无所谓时，留着也行。评估时不要丢。
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:short-last-batch-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:short-last-batch-check"
# ```

# %% [markdown] tags=["en"]
# A batch takes a mean, so every batch makes a step of the same length, however few samples it has. The mean of 3 has about $\sqrt{64/3}\approx4.6$ times the noise of the mean of 64. The last step of each epoch is then the wildest, and validation follows right after it. Batch normalization has to estimate a variance from those 3 as well, and with 1 it gives up with an error.
#
# `DataLoader(..., drop_last=True)` leaves the rest out; with shuffling other samples are left out in each epoch, so none is never seen. Where the data are so many that the rest does not matter, keep it. In evaluation never drop it.
#
# ```python fixed
# --8<-- "dlnotes/clinic/optimizers.py:short-last-batch-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/optimizers.py:short-last-batch-check"
# ```
