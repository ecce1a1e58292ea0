# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "语法错误，被遮住的名字，可变的默认参数，列表里的层不算数，最好的权重没有存下来：Python 本身的病例。"
#       en: "Syntax errors, shadowed names, mutable defaults, layers in a list that do not count, best weights that were never kept: cases of Python itself."
#     covers: [E-14, E-17, E-16, E-78, E-29, E-39, E-77]
# ---

# %% [markdown] tags=["zh"]
# # Python 本身 { #python }
#
# 数学是对的，torch 也没有毛病。**那还能错在哪里？** 错在 Python：一个名字指着别的东西，一个列表里三次放的是同一个层，一个断言永远为真。这一页的病例不用懂深度学习也会犯，懂了也照样犯。

# %% [markdown] tags=["en"]
# # Python itself { #python }
#
# The mathematics is right and torch has no fault. **What else can be wrong?** Python: a name that means something else, a list that holds one layer three times, an assertion that is always true. You can make the mistakes on this page without knowing any deep learning, and you still make them once you do.

# %% tags=["remove-input"]
import torch
from torch import nn

from dlnotes import clinic
from dlnotes.clinic import python

cases = clinic.kind("python")

# %% [markdown] tags=["zh"]
# ## 有一个括号没有合上，报错却指着别处 { #bracket-not-closed }
#
# 变换或层列成一长串，最后漏了一个括号。先猜：Python 会指着哪一行？
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:bracket-not-closed-broken"
# ```

# %% [markdown] tags=["en"]
# ## A bracket is left open, and the error points elsewhere { #bracket-not-closed }
#
# A long list of transforms or layers, and at the end a bracket is missing. Guess first: at which line does Python point?
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:bracket-not-closed-broken"
# ```

# %%
print(python.complaint(python.BRACKET_BROKEN))

# %% [markdown] tags=["zh"]
# Python 3.10 起，它指着没有合上的那个括号。更旧的版本指着**下一句**，说一声 `invalid syntax`，于是人们盯着没有错的那一行看半天。碰到看不出毛病的语法错误，先往上找一个没合上的括号或引号。
#
# 列表一项一行，每行以逗号结尾，收尾的括号自己占一行：漏了一眼就看见。
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:bracket-not-closed-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/python.py:bracket-not-closed-check"
# ```

# %% [markdown] tags=["en"]
# From Python 3.10 on it points at the bracket that was not closed. Older versions point at the **next statement** and say `invalid syntax`, and people stare at a line that is right. If you see nothing wrong with a line of a syntax error, look upwards for an open bracket or quote.
#
# One item to a line, a comma at the end of each, and the closing bracket on a line of its own: a missing one shows at once.
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:bracket-not-closed-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/python.py:bracket-not-closed-check"
# ```

# %% [markdown] tags=["zh"]
# ## 查找替换改到了代码里 { #text-replaced-in-code }
#
# 有人把文章里的图片路径统一替换，变量 `img` 也跟着变成了 `../img`。
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:text-replaced-in-code-broken"
# ```

# %% [markdown] tags=["en"]
# ## Search and replace went into the code { #text-replaced-in-code }
#
# Someone replaced all image paths of an article, and the variable `img` became `../img` along with them.
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:text-replaced-in-code-broken"
# ```

# %%
print(python.complaint(python.REPLACED_BROKEN))

# %% [markdown] tags=["zh"]
# 从网页复制来的代码还有几样常见的伤：星号没了（`5*5` 变成 `55`），引号成了弯的，减号成了破折号，缩进混进了不换行空格。前三样里，只有 `5*5` 变成 `55` 不报错，最要小心。
#
# 替换变量名要用编辑器的“重命名符号”，它认得什么是名字。
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:text-replaced-in-code-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/python.py:text-replaced-in-code-check"
# ```

# %% [markdown] tags=["en"]
# Code copied from web pages bears other marks as well: stars gone (`5*5` turned into `55`), curly quotes, dashes for minus signs, non-breaking spaces in the indentation. Of these `5*5` as `55` raises no error, so beware of it most.
#
# To rename a variable, use "rename symbol" of the editor: it knows what a name is.
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:text-replaced-in-code-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/python.py:text-replaced-in-code-check"
# ```

# %% [markdown] tags=["zh"]
# ## `nn.modules` 不是 `nn.Module` { #module-for-class }
#
# 报错说给了 3 个参数，可是你一个函数也没有调用。先猜：谁被调用了？
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:module-for-class-broken"
# ```

# %% [markdown] tags=["en"]
# ## `nn.modules` is not `nn.Module` { #module-for-class }
#
# The error says 3 arguments were given, and you called no function. Guess first: what was called?
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:module-for-class-broken"
# ```

# %% tags=["broken", "raises-exception"]


class Net(nn.modules):
    def forward(self, images):
        return images

# %% [markdown] tags=["zh"]
# `nn.modules` 是存放各种层的**文件夹**（一个模块），`nn.Module` 才是类。写 `class Net(X)` 时，Python 会用 X 的类型来造新类，三个参数是名字、父类、内容。X 是模块，造类的就成了“模块”这个类型，它只收两个参数。
#
# 以后看到 `takes at most 2 arguments (3 given)` 而自己没有调用什么，就去看括号里的父类。
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:module-for-class-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/python.py:module-for-class-check"
# ```

# %% [markdown] tags=["en"]
# `nn.modules` is the **folder** in which the layers live, a module of Python; the class is `nn.Module`. For `class Net(X)`, Python makes the new class with the type of X and three arguments: name, bases, contents. With a module for X, the type is "module", and that takes two.
#
# When you read `takes at most 2 arguments (3 given)` and called nothing, look at the base class in the brackets.
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:module-for-class-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/python.py:module-for-class-check"
# ```

# %% [markdown] tags=["zh"]
# ## 忘了 `super().__init__()` { #missing-super-init }
#
# 赋值一个层，为什么会报错？
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:missing-super-init-broken"
# ```

# %% [markdown] tags=["en"]
# ## `super().__init__()` was forgotten { #missing-super-init }
#
# Why should assigning a layer raise an error?
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:missing-super-init-broken"
# ```

# %% tags=["broken", "raises-exception"]
python.SuperBroken()

# %% [markdown] tags=["zh"]
# `nn.Module` 拦下了 `self.linear = …` 这样的赋值：是层就登记到层的名单里，是参数就登记到参数的名单里。`parameters()`、`to()`、`state_dict()` 全靠这几份名单。名单由 `super().__init__()` 建立，所以它必须是第一句。
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:missing-super-init-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/python.py:missing-super-init-check"
# ```

# %% [markdown] tags=["en"]
# `nn.Module` intercepts assignments such as `self.linear = …`: a layer is entered in its list of layers, a parameter in its list of parameters. `parameters()`, `to()` and `state_dict()` live on these lists. `super().__init__()` sets them up, so it has to come first.
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:missing-super-init-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/python.py:missing-super-init-check"
# ```

# %%
python.SuperFixed()

# %% [markdown] tags=["zh"]
# ## 列表里的层，优化器看不见 { #layers-in-a-list }
#
# 三个全连接层放在列表里，前向传播完全正常。先猜：`parameters()` 数出几个参数张量？
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:layers-in-a-list-broken"
# ```

# %% [markdown] tags=["en"]
# ## Layers in a list are invisible { #layers-in-a-list }
#
# Three fully connected layers in a list; forward works as it should. Guess first: how many parameter tensors does `parameters()` count?
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:layers-in-a-list-broken"
# ```

# %%
for name, make in (("broken", python.ListBroken), ("fixed", python.ListFixed)):
    net = make()
    print(f"{name:7} output {tuple(net(torch.zeros(1, 4)).shape)}, parameter tensors {len(list(net.parameters()))}")

# %% [markdown] tags=["zh"]
# 登记只认直接赋给 `self` 的层。列表是普通对象，里面装了什么，`nn.Module` 不看。于是优化器拿不到、`to(device)` 不搬、`state_dict` 不存、`eval()` 也传不到。网络里只有一部分层放在列表里时，连报错都没有，那几层永远停在初始值。
#
# 要装就装进**模块容器**，它本身是模块，会替里面的层登记：列表用 `nn.ModuleList`，字典用 `nn.ModuleDict`，参数用 `nn.ParameterList`；顺序执行的直接用 `nn.Sequential`。
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:layers-in-a-list-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/python.py:layers-in-a-list-check"
# ```

# %% [markdown] tags=["en"]
# Only layers assigned to `self` itself are entered. A list is an ordinary object, and `nn.Module` does not look into it. So the optimizer gets none of them, `to(device)` does not move them, `state_dict` does not save them and `eval()` does not reach them. If only some of the layers are in a list there is not even an error; those stay at their initial values.
#
# Put them into a **module container**, which is a module itself and enters what it holds: `nn.ModuleList` for a list, `nn.ModuleDict` for a dictionary, `nn.ParameterList` for parameters; where layers simply follow each other, `nn.Sequential`.
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:layers-in-a-list-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/python.py:layers-in-a-list-check"
# ```

# %% [markdown] tags=["zh"]
# ## `[layer] * 3` 是同一个层放了三次 { #one-layer-three-times }
#
# 打印出来有三层。先猜：有多少个参数？一层是 $4\times4+4=20$ 个。
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:one-layer-three-times-broken"
# ```

# %% [markdown] tags=["en"]
# ## `[layer] * 3` is one layer three times { #one-layer-three-times }
#
# Printed, it shows three layers. Guess first: how many parameters are there? One layer has $4\times4+4=20$.
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:one-layer-three-times-broken"
# ```

# %%
for name, make in (("broken", python.repeated_broken), ("fixed", python.repeated_fixed)):
    net = make()
    print(f"{name:7} layers {len(net)}, parameters {sum(p.numel() for p in net.parameters())}")

# %% [markdown] tags=["zh"]
# `[x] * 3` 复制的是引用，三个位置指着同一个对象。三层共用一套权重，梯度从三处加到一起。有时这正是想要的（循环神经网络就是这样），多数时候不是，而训练照样进行，只是网络小了。
#
# 列表推导式每一轮都执行一次 `nn.Linear(4, 4)`，得到三个对象。`copy.deepcopy(layer)` 也行，不过三层会从同样的初始值出发。
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:one-layer-three-times-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/python.py:one-layer-three-times-check"
# ```

# %% [markdown] tags=["en"]
# `[x] * 3` copies the reference: three places, one object. The three layers share one set of weights, and its gradient is the sum from all three. Sometimes that is wanted, as in recurrent networks; mostly not, and training goes on with a smaller network.
#
# A list comprehension runs `nn.Linear(4, 4)` once in each round and makes three objects. `copy.deepcopy(layer)` works as well, though the three then start from the same values.
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:one-layer-three-times-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/python.py:one-layer-three-times-check"
# ```

# %% [markdown] tags=["zh"]
# ## `p = p - lr * p.grad` 什么也没有更新 { #rebound-weights }
#
# 更新公式一字不差：$w \leftarrow w - \eta g$，其中 $w$ 是权重，$\eta$ 是学习率，$g$ 是梯度。先猜：网络里的权重变了吗？
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:rebound-weights-broken"
# ```

# %% [markdown] tags=["en"]
# ## `p = p - lr * p.grad` updates nothing { #rebound-weights }
#
# The formula is there to the letter: $w \leftarrow w - \eta g$, with $w$ the weights, $\eta$ the learning rate, $g$ the gradient. Guess first: have the weights of the network changed?
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:rebound-weights-broken"
# ```

# %%
p = weight = torch.ones(2)
print("same object before:", p is weight)
p = p - 0.5
print("after p = p - 0.5: ", p is weight, weight)
p = weight
p -= 0.5
print("after p -= 0.5:    ", p is weight, weight)

# %% [markdown] tags=["zh"]
# 名字只是贴在对象上的标签。`p = p - …` 算出一个新张量，把标签 `p` 挪过去，网络手里还是旧的。`p -= …` 改的是张量里面的数，所有拿着它的人都看见，优化器和网络就是靠共享同一个 `Parameter` 对象配合的。
#
# `id(p)` 或 `is` 能告诉你是不是同一个对象。原地修改要在 `torch.no_grad()` 里，否则 torch 会拒绝。
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:rebound-weights-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/python.py:rebound-weights-check"
# ```

# %% [markdown] tags=["en"]
# A name is a label on an object. `p = p - …` computes a new tensor and moves the label `p` to it; the network keeps the old one. `p -= …` changes the numbers inside, and everyone who holds the tensor sees it. This is how optimizer and network work together: they share the same `Parameter` objects.
#
# `id(p)` or `is` tells whether it is the same object. In-place changes belong inside `torch.no_grad()`, or torch refuses.
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:rebound-weights-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/python.py:rebound-weights-check"
# ```

# %% [markdown] tags=["zh"]
# ## 函数悄悄改了调用者的数据 { #callers-data-changed }
#
# 上一个病例该原地改而没有改，这一个正相反。先猜：归一化之后，原来的 `images` 还是原来的吗？
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:callers-data-changed-broken"
# ```

# %% [markdown] tags=["en"]
# ## A function changes its caller's data { #callers-data-changed }
#
# The last case should have changed in place and did not; this one is the opposite. Guess first: after normalizing, is the original `images` still the original?
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:callers-data-changed-broken"
# ```

# %%
for name in ("broken", "fixed"):
    change = cases["callers-data-changed"].measure(name)
    print(f"{name:7} the caller's images changed by up to {change:.2f}")

# %% [markdown] tags=["zh"]
# 参数传进来的是同一个对象，`-=` 改的就是调用者的张量。数据集整个在内存里时最危险：第一个轮次归一化一次，第二个轮次再归一化一次，以后画图、导出看到的也都是改过的数。`torch.from_numpy` 还与数组共享内存，连 NumPy 那边也变了。
#
# 规矩：函数返回新的张量；确实要原地改的，名字以下划线结尾，像 torch 的 `normal_`、`zero_`。
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:callers-data-changed-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/python.py:callers-data-changed-check"
# ```

# %% [markdown] tags=["en"]
# An argument is the same object, so `-=` works on the caller's tensor. With a data set held in memory that is at its worst: the first epoch normalizes, the second normalizes again, and whatever is drawn or exported later has been changed too. `torch.from_numpy` shares memory with the array, so NumPy's side changes as well.
#
# The rule: functions return new tensors. One that does change in place has a name that ends in an underscore, like `normal_` and `zero_` in torch.
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:callers-data-changed-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/python.py:callers-data-changed-check"
# ```

# %% [markdown] tags=["zh"]
# ## 存下的“最好的权重”跟着训练一起变 { #best-weights-not-copied }
#
# 三个轮次，唯一的权重依次是 0、1、2，第二个轮次最好，存下来。先猜：训练结束时，存下的是几？
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:best-weights-not-copied-broken"
# ```

# %% [markdown] tags=["en"]
# ## The "best weights" went on changing { #best-weights-not-copied }
#
# Three epochs; the only weight is 0, then 1, then 2. The second epoch is best and is kept. Guess first: what is in the kept state at the end?
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:best-weights-not-copied-broken"
# ```

# %%
for name, keep in (("broken", python.best_broken), ("fixed", python.best_fixed)):
    kept, last = python.train_and_keep(keep)
    print(f"{name:7} kept {kept:g}, last {last:g}")

# %% [markdown] tags=["zh"]
# `state_dict()` 返回一个新字典，里面的张量却与网络共用内存，没有复制。优化器原地更新，字典里的数也跟着变。早停白做了，而且没有迹象：恢复之后的准确率恰好等于最后一轮的，谁会怀疑它呢？
#
# `copy.deepcopy` 复制，或者直接 `torch.save` 到文件。
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:best-weights-not-copied-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/python.py:best-weights-not-copied-check"
# ```

# %% [markdown] tags=["en"]
# `state_dict()` returns a new dictionary whose tensors share memory with the network; nothing is copied. The optimizer updates in place, and the numbers in the dictionary go along. Early stopping was for nothing, and nothing tells you: after restoring, the accuracy is exactly that of the last epoch, and who would doubt that?
#
# Copy with `copy.deepcopy`, or write to a file with `torch.save` at once.
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:best-weights-not-copied-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/python.py:best-weights-not-copied-check"
# ```

# %% [markdown] tags=["zh"]
# ## 默认参数里的列表，一次创建，次次共用 { #mutable-default }
#
# 每次训练记录 3 个损失。先猜：第二次训练返回几个？
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:mutable-default-broken"
# ```

# %% [markdown] tags=["en"]
# ## A list as default is made once and shared by all calls { #mutable-default }
#
# Each run records 3 losses. Guess first: how many does the second run return?
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:mutable-default-broken"
# ```

# %%
for name in ("broken", "fixed"):
    count = cases["mutable-default"].measure(name)
    print(f"{name:7} losses after the second run: {count:g}")

# %% [markdown] tags=["zh"]
# 默认值在 `def` 那一行算一次，之后每次调用用的都是同一个列表。普通脚本只训练一次，看不出来；比较几个随机种子时，后面的曲线都从前面的接着画。
#
# 默认值写 `None`，在函数里新建。`ruff` 的规则 B006 会指出这种写法。
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:mutable-default-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/python.py:mutable-default-check"
# ```

# %% [markdown] tags=["en"]
# A default is computed once, at the line with `def`, and every call uses the same list. A script that trains once does not show it; when several seeds are compared, each curve goes on where the last one ended.
#
# Write `None` as default and make the list inside. Rule B006 of `ruff` points such defaults out.
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:mutable-default-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/python.py:mutable-default-check"
# ```

# %% [markdown] tags=["zh"]
# ## 循环里注册的钩子，名字全是最后一个 { #loop-variable-in-a-hook }
#
# 想看每一层的输出，于是在循环里给每一层挂一个钩子。先猜：三层跑完，字典里有几个名字？
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:loop-variable-in-a-hook-broken"
# ```

# %% [markdown] tags=["en"]
# ## Hooks made in a loop all carry the last name { #loop-variable-in-a-hook }
#
# To see the output of each layer, a loop hangs a hook on each. Guess first: three layers later, how many names does the dictionary hold?
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:loop-variable-in-a-hook-broken"
# ```

# %%
for name, register in (("broken", python.hooks_broken), ("fixed", python.hooks_fixed)):
    net, maps = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2)), {}
    register(net, maps)
    net(torch.zeros(1, 2))
    print(f"{name:7}", list(maps))

# %% [markdown] tags=["zh"]
# `lambda` 记住的是变量 `name`，不是它当时的值。等到前向传播，循环早已结束，`name` 停在最后一个。三个钩子都写同一个键，后写的盖掉先写的。
#
# 要记住值，就让它成为另一个函数的参数：每次调用 `storing(name)` 都有自己的 `name`。
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:loop-variable-in-a-hook-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/python.py:loop-variable-in-a-hook-check"
# ```

# %% [markdown] tags=["en"]
# A `lambda` remembers the variable `name`, not its value at the time. When forward runs the loop is long over and `name` stands at its last value. All three hooks write to one key, and each overwrites the one before.
#
# To keep a value, make it the argument of another function: each call of `storing(name)` has a `name` of its own.
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:loop-variable-in-a-hook-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/python.py:loop-variable-in-a-hook-check"
# ```

# %% [markdown] tags=["zh"]
# ## 直接调用 `forward`，钩子不响 { #hooks-passed-over }
#
# 自己写的方法叫 `forward`，直接调用它，结果一样。先猜：差别在哪里？
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:hooks-passed-over-broken"
# ```

# %% [markdown] tags=["en"]
# ## Calling `forward` passes over the hooks { #hooks-passed-over }
#
# The method that you wrote is called `forward`; calling it gives the same result. Guess first: where is the difference?
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:hooks-passed-over-broken"
# ```

# %%
for name in ("broken", "fixed"):
    calls = cases["hooks-passed-over"].measure(name)
    print(f"{name:7} the hook was called {calls:g} times")

# %% [markdown] tags=["zh"]
# `net(images)` 调用的是 `nn.Module.__call__`，它先后照顾钩子，再调用你的 `forward`。画特征图、数参数、剪枝、量化、`torch.compile`，都挂在 `__call__` 上。直接调 `forward`，这些一律失效，而且不报错。
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:hooks-passed-over-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/python.py:hooks-passed-over-check"
# ```

# %% [markdown] tags=["en"]
# `net(images)` calls `nn.Module.__call__`, which sees to the hooks before and after your `forward`. Feature maps, ledgers of parameters, pruning, quantization, `torch.compile`: all of them hang on `__call__`. Calling `forward` leaves them out, without an error.
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:hooks-passed-over-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/python.py:hooks-passed-over-check"
# ```

# %% [markdown] tags=["zh"]
# ## 后来的变量盖住了模块的名字 { #shadowed-module }
#
# `data` 先是一个模块，后来是一个数组。先猜：报错会提到哪一个？
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:shadowed-module-broken"
# ```

# %% [markdown] tags=["en"]
# ## A later variable took the module's name { #shadowed-module }
#
# `data` is first a module and then an array. Guess first: which of the two will the error mention?
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:shadowed-module-broken"
# ```

# %%
print(python.complaint(python.SHADOW_BROKEN))

# %% [markdown] tags=["zh"]
# 一个名字只能指一样东西，后来的赢。在笔记本里更麻烦：单元可以倒着跑，错误时有时无。容易撞上的名字有 `data`、`list`、`sum`、`max`、`input`、`str`，还有 `torch`。
#
# 导入要用的东西本身，`from torch.utils.data import DataLoader`，模块的名字就空出来了。变量用说得清的名字：`samples`、`images`。
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:shadowed-module-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/python.py:shadowed-module-check"
# ```

# %% [markdown] tags=["en"]
# A name means one thing, and the last one wins. In a notebook it is worse, since cells can run out of order and the error comes and goes. Names that are easily hit: `data`, `list`, `sum`, `max`, `input`, `str`, and `torch`.
#
# Import the thing itself, `from torch.utils.data import DataLoader`, and the module's name stays free. Give variables names that say what they hold: `samples`, `images`.
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:shadowed-module-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/python.py:shadowed-module-check"
# ```

# %% [markdown] tags=["zh"]
# ## 自己的文件叫 `random.py`，盖住了标准库 { #file-named-like-a-module }
#
# 程序只有两行，昨天还好好的。今天把文件改名叫 `random.py`。
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:file-named-like-a-module-broken"
# ```

# %% [markdown] tags=["en"]
# ## A file called `random.py` hides the library { #file-named-like-a-module }
#
# A program of two lines that ran yesterday. Today the file was renamed `random.py`.
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:file-named-like-a-module-broken"
# ```

# %%
print("random.py:    ", python.run_as(python.FILE_BROKEN))
print("try_random.py:", python.run_as(python.FILE_FIXED))

# %% [markdown] tags=["zh"]
# Python 找模块时，先看程序自己所在的文件夹。`import random` 找到了这个文件本身，读进来又执行一遍，里面自然没有 `Random`。换成 `torch.py`，报错是 `partially initialized module 'torch' has no attribute …`。后面还跟着一句“很可能是循环导入”，其实只是名字撞了。
#
# 改了名还不好，就删掉同一文件夹里的 `__pycache__`。怀疑时 `print(random.__file__)`，看导入的到底是哪个文件。
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:file-named-like-a-module-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/python.py:file-named-like-a-module-check"
# ```

# %% [markdown] tags=["en"]
# Looking for a module, Python first tries the folder of the program itself. `import random` finds this very file, reads and runs it once more, and of course there is no `Random` in it. With `torch.py` the message is `partially initialized module 'torch' has no attribute …`. That a circular import is likely, as it adds, is a wrong trail: only a name was taken.
#
# If renaming does not help, delete `__pycache__` in that folder. When in doubt, `print(random.__file__)` shows which file was imported.
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:file-named-like-a-module-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/python.py:file-named-like-a-module-check"
# ```

# %% [markdown] tags=["zh"]
# ## 把打印出来的东西当作代码 { #printed-text-as-code }
#
# 教程里 `layer.eval()` 下面跟着一行 `BatchNorm2d(…)`，于是一起抄了下来。
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:printed-text-as-code-broken"
# ```

# %% [markdown] tags=["en"]
# ## Printed text taken for code { #printed-text-as-code }
#
# In a tutorial, `layer.eval()` was followed by a line `BatchNorm2d(…)`, and both were copied.
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:printed-text-as-code-broken"
# ```

# %%
print(python.complaint(python.PRINTED_BROKEN))

# %% [markdown] tags=["zh"]
# 那一行是输出。`eval()` 返回层自己，笔记本把最后一个表达式的值打印出来，打印的样子恰好像一个构造。`NameError` 还算走运：要是写过 `from torch.nn import *`，它会安静地造一个用不上的新层。
#
# 本站的输出框左边有一条线，与代码分开；下载的笔记本里也是分开的。
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:printed-text-as-code-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/python.py:printed-text-as-code-check"
# ```

# %% [markdown] tags=["en"]
# That line is output. `eval()` returns the layer, a notebook prints the value of the last expression, and printed it looks like a constructor. The `NameError` is luck: after `from torch.nn import *` it would quietly make a new layer that nobody uses.
#
# On this site output has a line at its left and stands apart from code; so it does in the notebooks to download.
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:printed-text-as-code-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/python.py:printed-text-as-code-check"
# ```

# %% [markdown] tags=["zh"]
# ## 拼错的设置没有人管 { #any-key-goes }
#
# 想把批量改成 128，写成了 `batchsize`。先猜：训练用的批量是多少？
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:any-key-goes-broken"
# ```

# %% [markdown] tags=["en"]
# ## A misspelt setting is accepted { #any-key-goes }
#
# The batch size should become 128, and `batchsize` was written. Guess first: which batch size does training use?
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:any-key-goes-broken"
# ```

# %%
print("broken:", python.key_broken(batchsize=128))
try:
    python.key_fixed(batchsize=128)
except TypeError as error:
    print("fixed: ", error)

# %% [markdown] tags=["zh"]
# 字典和命名空间来者不拒。写错的键静静躺在一边，程序读的是另一个键的默认值，于是你以为“批量大小没有影响”，得出一个错误的结论，还可能写进报告。
#
# 设置用 `dataclass`：名字只有这些，多一个少一个都报错，`frozen=True` 还能防止训练中途改动。`training.Config` 就是这样，它还检查取值的范围。
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:any-key-goes-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/python.py:any-key-goes-check"
# ```

# %% [markdown] tags=["en"]
# Dictionaries and namespaces take anything. The wrong key lies there unused while the program reads the default of another; you conclude that "the batch size does not matter", which is false, and perhaps put it in a report.
#
# Use a `dataclass` for settings: it has these names and no others, and `frozen=True` keeps them from changing during training. `training.Config` is one, and checks the ranges of values as well.
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:any-key-goes-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/python.py:any-key-goes-check"
# ```

# %% [markdown] tags=["zh"]
# ## 断言加了括号，永远为真 { #assertion-always-true }
#
# 为了好看，把 `assert` 的条件和说明用括号括起来。先猜：没有图片时，它会报错吗？
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:assertion-always-true-broken"
# ```

# %% [markdown] tags=["en"]
# ## An assertion in brackets is always true { #assertion-always-true }
#
# To make it look tidy, condition and message of an `assert` are put in brackets. Guess first: does it complain when there are no images?
#
# ```python broken
# --8<-- "dlnotes/clinic/python.py:assertion-always-true-broken"
# ```

# %% tags=["shows-warning"]
import warnings

from dlnotes.clinic.case import defined

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    check = defined(python.ASSERT_BROKEN, "check")
print("check([]) returned", check([]))
print(f"{caught[0].category.__name__}: {caught[0].message!s}")

# %% [markdown] tags=["zh"]
# 括号加逗号是元组，非空的元组永远为真。Python 3.8 起编译时会警告一次，可是字节码缓存之后就不再出现，第二次运行就看不到了。
#
# 对使用者的检查，用 `if … raise`：说明写得清楚，而且 `python -O` 会去掉所有的 `assert`，去不掉 `raise`。`assert` 留给测试。
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:assertion-always-true-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/python.py:assertion-always-true-check"
# ```

# %% [markdown] tags=["en"]
# Brackets and a comma make a tuple, and a tuple that is not empty is true. From Python 3.8 on compiling warns once; with the bytecode cached, the second run shows nothing.
#
# To check what a user hands you, write `if … raise`: it explains itself, and `python -O` removes every `assert` and no `raise`. Keep `assert` for tests.
#
# ```python fixed
# --8<-- "dlnotes/clinic/python.py:assertion-always-true-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/python.py:assertion-always-true-check"
# ```
