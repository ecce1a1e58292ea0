# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "检查点：断电之后接着训练，少恢复一样会差多少；文件里有什么，怎样写才不会写坏，weights_only 挡住了什么；设置为什么用冻结的 dataclass 而不用字典。"
#       en: "Checkpoints: training goes on after a power cut, and what each forgotten piece costs; what is in the file, how not to ruin it, what weights_only keeps out; why settings are a frozen dataclass and no open dictionary."
#     covers: [C-12, E-77]
#     labels:
#       restored: 恢复了什么
#       everything: 全部
#       weights alone: 只有权重
#       all but the optimizer: 少了优化器
#       all but the schedule: 少了调度
#       all but the order: 少了样本顺序
#       all but dropout's generator: 少了暂退法的生成器
#       all but the buffers: 少了缓冲区
#       largest difference of a weight: 权重的最大差
#       accuracy right after restoring: 刚恢复时的准确率
#       accuracy at the end: 最后的准确率
#       part: 部分
#       kilobytes: 千字节
#       model: 模型
#       optimizer: 优化器
#       random: 随机数状态
#       dictionary: 字典
#       dataclass: dataclass
#       frozen dataclass: 冻结的 dataclass
#       training.Config: training.Config
#       misspelt name: 名字拼错
#       read of a misspelt name: 读取拼错的名字
#       write to a misspelt name: 写入拼错的名字
#       changed while training: 训练中途被改
#       value of a wrong type: 类型不对
#       value out of range: 超出范围
#       caught: 拦住了
#       passed: 放过了
# ---

# %% tags=["remove-input"]
import os
import tempfile

folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)

# %% [markdown] tags=["zh"]
# # 检查点：断电之后，怎样接着走 { #checkpoints }
#
# 计划训练 6 个轮次，第 3 个轮次结束时停电了。好在存了文件。三个人接着训练：
#
# - 甲只恢复了权重。
# - 乙恢复了权重和优化器。
# - 丙恢复了权重、优化器、学习率调度和随机数的状态。
#
# **先猜：谁最后得到的网络，与没停电的一模一样，一个比特也不差？差的那些，差在哪里？**

# %% [markdown] tags=["en"]
# # Checkpoints: going on after a power cut { #checkpoints }
#
# 6 epochs are planned, and the power fails at the end of epoch 3. There is a file. Three people go on from it:
#
# - Ann restores the weights.
# - Ben restores weights and optimizer.
# - Cleo restores weights, optimizer, learning rate schedule and the state of the random numbers.
#
# **Guess: whose network ends up the same as if the power had stayed, to the last bit? And what do the others miss?**

# %% [markdown] tags=["zh"]
# ## 少恢复一样，差多少 { #what-to-restore }
#
# 网络里有批量归一化和暂退法，优化器是 Adam，学习率走单周期，样本每个轮次打乱。这些东西各有各的状态：

# %% [markdown] tags=["en"]
# ## What each forgotten piece costs { #what-to-restore }
#
# The network has batch normalization and dropout, the optimizer is Adam, the learning rate follows one cycle, and samples are shuffled at each epoch. Each of these has a state of its own:

# %%
import io

import torch
from torch import nn
from torch.nn import functional as F

from dlnotes import data, training

splits = data.load("digits")
norm = training.Normalization.of(splits.train.images)
x, y = norm.apply(splits.train.images), splits.train.labels
x_val, y_val = norm.apply(splits.validation.images), splits.validation.labels
STEPS = len(y) // 64


class Training:
    """A network and all that changes while it is trained."""

    def __init__(self):
        training.seed_everything(0)
        hidden = [nn.Linear(784, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.2)]
        self.model = nn.Sequential(nn.Flatten(), *hidden, nn.Linear(64, 10))
        self.optimizer = torch.optim.Adam(self.model.parameters())
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, max_lr=0.01, total_steps=6 * STEPS
        )
        self.order = torch.Generator().manual_seed(0)

    def epochs(self, count):
        self.model.train()
        for _ in range(count):
            for index in torch.randperm(len(y), generator=self.order).split(64)[:STEPS]:
                loss = F.cross_entropy(self.model(x[index]), y[index])
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                self.schedule.step()

    def save(self, file):
        state = {
            "model": self.model.state_dict(),  # parameters and buffers
            "optimizer": self.optimizer.state_dict(),  # m, v, number of steps, lr
            "schedule": self.schedule.state_dict(),  # where on the curve
            "order": self.order.get_state(),  # which shuffle comes next
            "dropout": torch.get_rng_state(),  # which masks come next
        }
        torch.save(state, file)

    def restore(self, file, without=()):
        state = torch.load(file)
        weights = state["model"]
        if "buffers" in without:
            weights = {
                k: v
                for k, v in weights.items()
                if "running" not in k and "num_" not in k
            }
        self.model.load_state_dict(weights, strict="buffers" not in without)
        for name in ("optimizer", "schedule"):
            if name not in without:
                getattr(self, name).load_state_dict(state[name])
        if "order" not in without:
            self.order.set_state(state["order"])
        if "dropout" not in without:
            torch.set_rng_state(state["dropout"])


def flat(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def accuracy(model):
    with torch.no_grad():
        return (model.eval()(x_val).argmax(dim=1) == y_val).float().mean().item()


unbroken = Training()
unbroken.epochs(3)
file = io.BytesIO()
unbroken.save(file)
unbroken.epochs(3)

# %% [markdown] tags=["zh"]
# 停电之后是新的进程，一切从头建起，再从文件里恢复。每次故意少恢复一样：

# %% [markdown] tags=["en"]
# After the power cut there is a new process; everything is built anew and restored from the file. Each time leave one piece out on purpose:

# %%
import pandas as pd

omissions = {
    "everything": (),
    "all but dropout's generator": ("dropout",),
    "all but the order": ("order",),
    "all but the buffers": ("buffers",),
    "all but the schedule": ("schedule",),
    "all but the optimizer": ("optimizer",),
    "weights alone": ("optimizer", "schedule", "order", "dropout"),
}
results = {}
for name, without in omissions.items():
    file.seek(0)
    resumed = Training()
    resumed.restore(file, without)
    at_once = accuracy(resumed.model)
    resumed.epochs(3)
    difference = (flat(resumed.model) - flat(unbroken.model)).abs().max().item()
    results[name] = at_once, difference, accuracy(resumed.model)

columns = [
    "accuracy right after restoring",
    "largest difference of a weight",
    "accuracy at the end",
]
table = pd.DataFrame.from_dict(results, orient="index", columns=columns)
table.rename_axis("restored").map("{:.3g}".format)

# %% [markdown] tags=["zh"]
# 丙全对：差是 {{ f"{results['everything'][1]:g}" }}，一个比特也不差。甲差 {{ f"{results['weights alone'][1]:.2f}" }}，已经是另一个网络；乙还少了三样。少了优化器、调度、样本顺序或随机数，权重都不再相同，**而且都不报错**。
#
# 缓冲区是个例外，也是个陷阱：训练模式的批量归一化用不着移动均值和移动方差，所以权重一点不差，3 个轮次也足够它们重新攒起来。可是刚恢复就拿去预测，准确率只有 {{ f"{results['all but the buffers'][0]:.0%}" }}，而不是 {{ f"{results['everything'][0]:.0%}" }}，见[门诊](../clinic/batch-norm.py#statistics-not-saved)。
#
# 最后的准确率大多看不出来：小数据集上怎样都学得会。可是少了调度，学习率会从预热重新开始；少了优化器，Adam 的平均值从 0 重新攒起；少了样本顺序，前 3 个轮次的顺序又重演一遍，那时没轮到的样本这次仍轮不到。训练一个月的网络，这些就不是小事了。少恢复优化器的病例见[门诊](../clinic/optimizers.py#resume-without-optimizer)。
#
# ## training.fit 怎样做 { #fit }
#
# `training.fit` 每个轮次写一次检查点。用一个到点就抛异常的钩子来模拟停电：

# %% [markdown] tags=["en"]
# Cleo has it all: a difference of {{ f"{results['everything'][1]:g}" }}, not a single bit off. Ann is off by {{ f"{results['weights alone'][1]:.2f}" }} and has another network; Ben still lacks three pieces. Without optimizer, schedule, order or random state the weights are no longer the same, **and nothing complains**.
#
# The buffers are an exception, and a trap: in training mode batch normalization does not use the running mean and the running variance, so no weight is off, and 3 epochs are enough to gather them again. Predict right after restoring, though, and the accuracy is {{ f"{results['all but the buffers'][0]:.0%}" }} instead of {{ f"{results['everything'][0]:.0%}" }}, see the [clinic](../clinic/batch-norm.py#statistics-not-saved).
#
# The accuracy at the end mostly hides it, since a small data set gets learned one way or another. But without the schedule the learning rate warms up again; without the optimizer the averages of Adam start from 0; without the order the shuffles of the first 3 epochs are played once more, and the samples they left out are left out again. For a network that trains for a month this matters. The case of the forgotten optimizer is in the [clinic](../clinic/optimizers.py#resume-without-optimizer).
#
# ## How training.fit does it { #fit }
#
# `training.fit` writes a checkpoint after every epoch. A hook that raises at a given step plays the power cut:

# %%
from dlnotes import models


class PowerCut(Exception):
    pass


def start():
    training.seed_everything(0)
    return models.create("lenet_bn")


def cut_after(model, calls):
    count = iter(range(calls))

    def hook(module, inputs):
        if module.training and next(count, None) is None:
            raise PowerCut

    model.register_forward_pre_hook(hook)


config = training.Config(epochs=5, lr=3e-3, augmentation="digits")
whole = start()
training.fit(whole, splits, config)

victim = start()
cut_after(victim, calls=50)  # in the middle of epoch 3
try:
    training.fit(victim, splits, config, checkpoint="lenet.pt")
except PowerCut:
    print(
        "power cut; epochs on file:",
        len(training.load_checkpoint("lenet.pt")["records"]),
    )

risen = start()
history = training.fit(risen, splits, config, checkpoint="lenet.pt", resume=True)
pairs = zip(whole.state_dict().values(), risen.state_dict().values())
same = all(torch.equal(a, b) for a, b in pairs)
print(f"{len(history.epochs)} epochs in the history; bit for bit the same: {same}")

# %% [markdown] tags=["zh"]
# 第 3 个轮次走到一半的那些步白费了，从第 2 个轮次末尾重来，结果仍逐位相同。换了设置或数据再来续，它会拒绝，并说清哪里不同：

# %% [markdown] tags=["en"]
# The steps of the half-finished epoch 3 are lost; it goes on from the end of epoch 2, and the result is the same bit for bit. Resuming with other settings or other data is refused, with the difference named:

# %% tags=["raises-exception"]
other = training.Config(epochs=5, lr=1e-3, augmentation="digits")
training.fit(start(), splits, other, checkpoint="lenet.pt", resume=True)

# %% [markdown] tags=["zh"]
# ## 文件里有什么 { #file }

# %% [markdown] tags=["en"]
# ## What is in the file? { #file }

# %%
content = training.load_checkpoint("lenet.pt")


def size(part):
    buffer = io.BytesIO()
    torch.save(part, buffer)
    return buffer.tell() / 1000


sizes = {name: size(content[name]) for name in ("model", "optimizer", "random")}
print("keys:", ", ".join(content))
pd.DataFrame(
    {"kilobytes": [f"{value:.0f}" for value in sizes.values()]}, index=list(sizes)
)

# %% tags=["remove-input"]
ratio = sizes["optimizer"] / sizes["model"]

# %% [markdown] tags=["zh"]
# 优化器的那份约是模型的 {{ f"{ratio:.1f}" }} 倍：AdamW 给每个参数记两个数。要接着训练就得存，要发布就不必，只存 `model` 那一份。
#
# 归一化的均值和标准差也在文件里。预测时要用**训练时**的常数；不存，别人就只能猜。
#
# ## 写到一半断了电 { #atomic }
#
# 若直接写到 `lenet.pt` 上，写到一半断电，旧的没了，新的是半个。`save_checkpoint` 先写到旁边的临时文件，写完、刷到盘上，再改名。改名要么没发生，要么已完成。半个文件读起来是这样：

# %% [markdown] tags=["en"]
# The part of the optimizer is about {{ f"{ratio:.1f}" }} times that of the model: AdamW keeps two numbers for each parameter. You need it to go on training, but not to publish the network; for that, save `model` alone.
#
# The mean and the standard deviation of the normalization are in the file as well. Prediction needs the constants **of training**; without them, others can only guess.
#
# ## The power fails while writing { #atomic }
#
# If you write straight to `lenet.pt` and the power fails halfway, the old file is gone and the new one is only half there. `save_checkpoint` writes to a temporary file beside it, flushes it to disk and then renames it. A rename has either happened or it has not. This is what reading half a file gives:

# %% tags=["raises-exception"]
from pathlib import Path

whole_file = Path("lenet.pt").read_bytes()
Path("half.pt").write_bytes(whole_file[: len(whole_file) // 2])
training.load_checkpoint("half.pt")

# %% [markdown] tags=["zh"]
# ## 一个文件能运行代码 { #weights-only }
#
# `torch.save` 用的是 **pickle**，Python 自己存对象的格式。它的文件是一串指令，能在**读取时**调用任意函数。从网上下载的“权重”也是这样的文件。下面这个只会打印一句话，真正的攻击会做别的事：

# %% [markdown] tags=["en"]
# ## A file can run code { #weights-only }
#
# `torch.save` uses **pickle**, Python's own format for objects. Such a file is a list of instructions, and can call any function **when it is read**. "Weights" from the internet are such files. This one only prints a line; a real attack does something else:


# %%
class Trap:
    def __reduce__(self):
        return print, ("code from the file is running",)


torch.save({"weight": torch.zeros(3), "extra": Trap()}, "stranger.pt")
loaded = torch.load("stranger.pt", weights_only=False)

# %% [markdown] tags=["zh"]
# 没有人调用 `print`，光是读取就运行了。`weights_only=True` 只认张量、数、字符串和它们的容器，别的一概拒绝。torch 2.6 起这是默认值：

# %% [markdown] tags=["en"]
# Nobody called `print`; reading was enough. `weights_only=True` knows tensors, numbers, strings and containers of them, and refuses everything else. It is the default since torch 2.6:

# %%
try:
    torch.load("stranger.pt")
except Exception as error:
    print(f"{type(error).__name__}: {str(error).split('.')[0]} …")

# %% [markdown] tags=["zh"]
# 所以遇到读不进来的文件，不要随手改成 `weights_only=False`，先问一问文件从哪里来。自己存的时候只存张量和普通的数，就用不着它。
#
# 发布权重还有更彻底的办法：**safetensors**，一种根本写不进代码的格式。它简单到几行就能写出来：8 个字节说明目录多长，一段 JSON 的目录，然后是数：

# %% [markdown] tags=["en"]
# So when a file will not load, do not just write `weights_only=False`; ask where it comes from. Save tensors and plain numbers only, and you will never need it.
#
# To publish weights there is a more thorough way: **safetensors**, a format that has no room for code. It is simple enough to write in a few lines: 8 bytes for the length of a table, the table in JSON, and then the numbers:

# %%
import json
import struct


def save_tensors(tensors, path):
    table, numbers = {}, b""
    for name, tensor in tensors.items():  # float32 alone
        raw = tensor.contiguous().numpy().tobytes()
        place, shape = [len(numbers), len(numbers) + len(raw)], list(tensor.shape)
        table[name] = {"dtype": "F32", "shape": shape, "data_offsets": place}
        numbers += raw
    text = json.dumps(table).encode()
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + numbers)


def load_tensors(path):
    content = Path(path).read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    found = {}
    for name, entry in json.loads(content[8 : 8 + length]).items():
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        flat = torch.frombuffer(bytearray(content[start:end]), dtype=torch.float32)
        found[name] = flat.reshape(entry["shape"])
    return found


weights = models.create("lenet").state_dict()
save_tensors(weights, "lenet.safetensors")
back = load_tensors("lenet.safetensors")
assert all(torch.equal(weights[name], back[name]) for name in weights)
print(Path("lenet.safetensors").read_bytes()[8:150].decode())

# %% [markdown] tags=["zh"]
# 读的人只会看到名字、类型、形状和位置，没有一处能让它执行什么；想读哪个张量，就直接跳到那里。实际使用时装 `safetensors` 这个包，它还查越界和重叠。
#
# ## 设置：为什么不用字典 { #config }
#
# 检查点里要存设置，设置得先是可靠的。许多代码用字典，或者能用点号读写的字典（例如 EasyDict）。**先猜：下面六种错误，字典拦得住几种？**

# %% [markdown] tags=["en"]
# A reader finds names, types, shapes and places, and nothing that could make it run code. It can also go straight to the one tensor that it wants. For real use install the package `safetensors`, which checks for places that overlap or lie outside.
#
# ## Settings: why not a dictionary? { #config }
#
# Settings belong in a checkpoint, and they must be reliable first. Much code has them in a dictionary, or in one that is read and written with dots (EasyDict, for one). **Guess how many of the six mistakes below a dictionary catches.**

# %%
import dataclasses


@dataclasses.dataclass
class Loose:
    batch_size: int = 64
    lr: float = 1e-3


@dataclasses.dataclass(frozen=True)
class Frozen:
    batch_size: int = 64
    lr: float = 1e-3


class Dots(dict):
    """A dictionary that is read and written with dots, as EasyDict."""

    __setattr__ = dict.__setitem__

    def __getattr__(self, name):
        if name not in self:
            raise AttributeError(name)
        return self[name]


kinds = {
    "dictionary": Dots,
    "dataclass": Loose,
    "frozen dataclass": Frozen,
    "training.Config": training.Config,
}
mistakes = {
    "misspelt name": lambda kind: kind(batchsize=128),
    "read of a misspelt name": lambda kind: kind(lr=0.1).learning_rate,
    "write to a misspelt name": lambda kind: setattr(
        kind(lr=0.1), "learning_rate", 1.0
    ),
    "changed while training": lambda kind: setattr(kind(lr=0.1), "lr", 1.0),
    "value of a wrong type": lambda kind: kind(lr="0.1"),
    "value out of range": lambda kind: kind(lr=-0.1),
}


def outcome(kind, mistake):
    try:
        mistake(kind)
    except Exception:
        return "caught"
    return "passed"


verdicts = {
    name: {kind_name: outcome(kind, mistake) for kind_name, kind in kinds.items()}
    for name, mistake in mistakes.items()
}
pd.DataFrame.from_dict(verdicts, orient="index")

# %% tags=["remove-input"]
caught = {
    kind: sum(row[kind] == "caught" for row in verdicts.values()) for kind in kinds
}

# %% [markdown] tags=["zh"]
# 字典拦住 {{ caught["dictionary"] }} 种，普通的 dataclass {{ caught["dataclass"] }} 种，冻结的 {{ caught["frozen dataclass"] }} 种，`training.Config` {{ caught["training.Config"] }} 种。比冻结的 dataclass 多出来的，是它在 `__post_init__` 里自己查的：dataclass 的类型注解只是说明，运行时并不检查。
#
# 拼错的名字最阴险：`batchsize=128` 照收，训练用的还是 64，你得出“批量大小没有影响”的结论。完整的病例见[门诊](../clinic/python.py#any-key-goes)。
#
# 冻结了还想改，就做一份新的：`dataclasses.replace(config, lr=0.01)`。这样旧的设置还在，检查点里存的是哪一份也清清楚楚。
#
# ## 常见的坑 { #traps }
#
# !!! warning "best = model.state_dict()，就当存好了"
#     那是引用，不是副本，接着训练它跟着变。要 `copy.deepcopy`，或者写进文件，见[门诊](../clinic/python.py#best-weights-not-copied)。
#
# !!! warning "torch.save(model) 存整个对象"
#     文件里记的是类的路径。挪一下文件、改一个类名，就读不回来；还必须 `weights_only=False`。存 `state_dict()`。
#
# !!! warning "在 GPU 上存，在没有 GPU 的机器上读"
#     `torch.load(…, map_location="cpu")`，见[门诊](../clinic/devices.py#weights-from-a-gpu)。
#
# !!! warning "load_state_dict(strict=False) 图省事"
#     对不上的名字全都悄悄跳过，可能一个权重也没有读进来。至少看一眼它返回的 `missing_keys`。
#
# ## 面试里会问 { #questions }
#
# ??? question "一个检查点应当包含什么？"
#     要接着训练：模型的参数和缓冲区、优化器的状态、调度器的状态、轮次和步数、各个随机数生成器的状态、设置、到目前为止的记录；混合精度再加损失缩放的状态。要用来预测：模型的参数和缓冲区、结构的设置、类别名、归一化常数。另外记下数据的指纹和库的版本。
#
# ??? question "为什么说 pickle 不安全？"
#     pickle 的文件是一串指令，其中一条是“调用这个函数”，读取就等于执行。所以不可信的文件不能用 `weights_only=False` 读；发布权重可以用 safetensors，它只有张量。
#
# ## 练习 { #exercises }
#
# **1.** LeNet 有 44,426 个 float32 参数。只存权重的文件大约多大？加上 AdamW 的状态呢？
#
# ??? success "答案"
#     权重 $44426\times4\approx$ {{ f"{44426 * 4 / 1000:.0f}" }} kB，另有少许名字和形状。AdamW 再加两份，共约 {{ f"{3 * 44426 * 4 / 1000:.0f}" }} kB。
#
# **2.** 训练 10 小时，每次写检查点要 6 秒。每 5 分钟写一次，时间多花百分之几？平均会丢多少进度？
#
# ??? success "答案"
#     每 300 秒花 6 秒，约 2%。停电平均落在两次保存的正中间，丢约 2.5 分钟。
#
# **3.** 表里少恢复暂退法的生成器，权重差了 {{ f"{results[list(omissions)[1]][1]:.2f}" }}，准确率几乎没变。那还有必要存吗？
#
# ??? success "答案"
#     为了结果好，不必；为了**查错**，值得。逐位相同是最强的测试：只要差一个比特，就知道有东西没恢复。差“一点点”的续训，没法区分是噪声还是错误。
#
# **4.** 为什么先写临时文件再改名，而不是先删旧的再写新的？
#
# ??? success "答案"
#     先删后写，中间有一段时间一个完整的文件也没有。改名在同一个文件系统里是原子的：任何时刻，`lenet.pt` 要么是旧的，要么是新的，都完整。
#
# **5.** 写一个 `save_atomically(state, path)`：中途出错时，旧文件原样还在。
#
# ??? success "答案"
#     先写到旁边，刷到盘上，再用 `os.replace` 换过去。临时文件要在同一个文件夹里，否则改名就成了复制。
#
#     ```python
#     import os
#     import torch
#
#     def save_atomically(state, path):
#         temporary = f"{path}.partial"
#         with open(temporary, "wb") as file:
#             torch.save(state, file)
#             file.flush()
#             os.fsync(file.fileno())
#         os.replace(temporary, path)
#     ```
#
# ## 参考文献 { #references }
#
# - [Saving and loading models](https://docs.pytorch.org/tutorials/beginner/saving_loading_models.html)，PyTorch 教程。
# - [torch.load](https://docs.pytorch.org/docs/stable/generated/torch.load.html)，PyTorch 文档。
# - [dataclasses](https://docs.python.org/3/library/dataclasses.html)，Python 文档。

# %% [markdown] tags=["en"]
# A dictionary catches {{ caught["dictionary"] }}, a plain dataclass {{ caught["dataclass"] }}, a frozen one {{ caught["frozen dataclass"] }}, and `training.Config` {{ caught["training.Config"] }}. What it catches beyond a frozen dataclass it checks itself, in `__post_init__`: the type hints of a dataclass only describe, and nothing checks them at run time.
#
# Misspelt names are the nastiest: `batchsize=128` is accepted, training goes on with 64, and you conclude that the batch size does not matter. The case in full is in the [clinic](../clinic/python.py#any-key-goes).
#
# To change what is frozen, make a new one: `dataclasses.replace(config, lr=0.01)`. The old settings remain, and it is clear which of them a checkpoint holds.
#
# ## Traps { #traps }
#
# !!! warning "best = model.state_dict(), and that is saved"
#     It is a reference, not a copy, and goes on changing with training. Use `copy.deepcopy` or write a file, see the [clinic](../clinic/python.py#best-weights-not-copied).
#
# !!! warning "torch.save(model), the whole object"
#     The file records the path of the class. Move a file or rename the class, and it cannot be read; it also needs `weights_only=False`. Save `state_dict()`.
#
# !!! warning "Saved on a GPU, read on a machine without"
#     `torch.load(…, map_location="cpu")`, see the [clinic](../clinic/devices.py#weights-from-a-gpu).
#
# !!! warning "load_state_dict(strict=False) for convenience"
#     Names that do not match are skipped in silence, and perhaps not one weight was read. Look at the `missing_keys` that it returns, at least.
#
# ## Asked in interviews { #questions }
#
# ??? question "What should a checkpoint hold?"
#     To go on training: parameters and buffers of the model, state of the optimizer and of the schedule, epoch and step, states of all random generators, settings, the records so far; with mixed precision the loss scale too. To predict: parameters and buffers, settings of the structure, class names, constants of normalization. Note a fingerprint of the data and the versions of libraries as well.
#
# ??? question "Why is pickle called unsafe?"
#     A pickle is a list of instructions, one of which is "call this function", so reading is running. Never read an untrusted file with `weights_only=False`; to publish weights there is safetensors, which holds tensors and nothing else.
#
# ## Exercises { #exercises }
#
# **1.** LeNet has 44,426 parameters in float32. About how large is a file of its weights, and with the state of AdamW?
#
# ??? success "Answer"
#     Weights take $44426\times4\approx$ {{ f"{44426 * 4 / 1000:.0f}" }} kB, plus some names and shapes. AdamW adds two copies, about {{ f"{3 * 44426 * 4 / 1000:.0f}" }} kB in all.
#
# **2.** Training takes 10 hours, writing a checkpoint 6 seconds. With one every 5 minutes, how much longer does it take, and how much progress is lost on average?
#
# ??? success "Answer"
#     6 seconds in every 300 are about 2%. A power cut comes halfway between two on average and costs about 2.5 minutes.
#
# **3.** Without the generator of dropout the weights in the table differ by {{ f"{results[list(omissions)[1]][1]:.2f}" }}, and the accuracy hardly at all. Is it worth saving then?
#
# ??? success "Answer"
#     For good results, no; for **finding mistakes**, yes. Bit for bit is the strongest test there is: one bit off, and something was not restored. A resumed run that is "a little" off could be noise or a mistake, and nobody can tell.
#
# **4.** Why write a temporary file and rename it, and not delete the old one and write the new?
#
# ??? success "Answer"
#     In between there would be no whole file at all. A rename within one file system is atomic: at any moment `lenet.pt` is the old file or the new one, and whole.
#
# **5.** Write `save_atomically(state, path)`: if something goes wrong halfway, the old file is still there, untouched.
#
# ??? success "Answer"
#     Write beside it, flush to disk, then swap with `os.replace`. The temporary file must be in the same folder, or the rename becomes a copy.
#
#     ```python
#     import os
#     import torch
#
#     def save_atomically(state, path):
#         temporary = f"{path}.partial"
#         with open(temporary, "wb") as file:
#             torch.save(state, file)
#             file.flush()
#             os.fsync(file.fileno())
#         os.replace(temporary, path)
#     ```
#
# ## References { #references }
#
# - [Saving and loading models](https://docs.pytorch.org/tutorials/beginner/saving_loading_models.html), PyTorch tutorial.
# - [torch.load](https://docs.pytorch.org/docs/stable/generated/torch.load.html), PyTorch documentation.
# - [dataclasses](https://docs.python.org/3/library/dataclasses.html), Python documentation.
