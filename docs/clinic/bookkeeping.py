# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "损失小得离谱、内存一直涨、评估每次不同、预测对不上顺序：训练循环里记账的病例。"
#       en: "A loss that is absurdly small, memory that keeps growing, scores that change, predictions out of order: the bookkeeping of a training loop."
#     covers: [E-23, E-24, E-22, E-25, E-26, E-27]
#     labels: {all zero: 全零, "PyTorch's default": PyTorch 默认, mended: 改好之后, adding tensors: 累加张量, adding numbers: 累加数值, "{} losses": "{} 个损失", "batches of {}": "每批 {} 个", sum: 求和, "{} sample": "{} 个样本", "{} samples": "{} 个样本", shuffled: 打乱, in order: 按原顺序, "against the loader's labels": 对照加载器的标签, "against the data set's labels": 对照数据集的标签, first layer: 第一层, last layer: 最后一层}
# ---

# %% [markdown] tags=["zh"]
# # 记账与评估 { #bookkeeping }
#
# 训练循环里，真正改变网络的只有三四行；其余都在记账：累加损失，算准确率，切换模式，打乱数据。**记账错了，网络照样训练，只是你看到的数字不是真的。** 更糟的是，有几笔错账会反过来影响训练。这一页的病例没有一个会报错。

# %% [markdown] tags=["en"]
# # Bookkeeping and evaluation { #bookkeeping }
#
# In a training loop, three or four lines change the network. The rest keep the books: adding losses, counting answers, switching modes, shuffling. **With wrong books the network trains all the same; only the numbers that you see are not the true ones.** And some wrong entries do act back on the training. Not one case on this page raises an error.

# %%
import pandas as pd
import torch
from torch import nn
from torch.nn import functional as F

from dlnotes import data, figures, training
from dlnotes.clinic import bookkeeping

splits = data.load("digits")
constants = training.Normalization.of(splits.train.images)
images, labels = constants.apply(splits.test.images), splits.test.labels

# %% [markdown] tags=["zh"]
# ## 内存一直涨：累加了带图的损失 { #sum-keeps-graphs }
#
# 每个批量的损失加到 `total` 里，最后打印平均值。程序越跑越占内存，几百步之后显存不足。
#
# ```python broken
# --8<-- "dlnotes/clinic/bookkeeping.py:sum-keeps-graphs-broken"
# ```
#
# 先猜：加了 5 个、10 个、20 个损失之后，`total` 各自还记得多少个运算？

# %% [markdown] tags=["en"]
# ## Memory keeps growing: the running sum holds every graph { #sum-keeps-graphs }
#
# The loss of every batch is added to `total`, and the mean is printed at the end. The program takes more and more memory, and after some hundred steps there is none left.
#
# ```python broken
# --8<-- "dlnotes/clinic/bookkeeping.py:sum-keeps-graphs-broken"
# ```
#
# Guess first: after adding 5, 10 and 20 losses, how many operations does `total` still remember?

# %%
def losses(count):
    torch.manual_seed(0)
    layer = nn.Linear(4, 3)
    return [layer(torch.randn(8, 4)).square().mean() for _ in range(count)]


pd.DataFrame(
    [[bookkeeping.graph_nodes(version(losses(count))) for version in (bookkeeping.running_broken, bookkeeping.running_fixed)] for count in (5, 10, 20)],
    columns=["adding tensors", "adding numbers"], index=["5 losses", "10 losses", "20 losses"],
)

# %% [markdown] tags=["zh"]
# 损失是一个带着历史的张量，两个这样的张量相加，结果带着两份历史。于是 `total` 一直牵着每个批量的计算图，图里又存着中间结果，没有一份能释放。`.item()` 取出数值，丢下历史。
#
# 训练时 `backward()` 会释放图里存的大部分中间结果，所以涨得慢，不容易察觉；在没有 `no_grad` 的评估循环里，一个批量也不释放。
#
# ```python fixed
# --8<-- "dlnotes/clinic/bookkeeping.py:sum-keeps-graphs-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/bookkeeping.py:sum-keeps-graphs-check"
# ```

# %% [markdown] tags=["en"]
# A loss is a tensor with a history, and the sum of two such has both. So `total` holds on to the graph of every batch, the graph holds its intermediate results, and none of it is let go. `.item()` takes the number and leaves the history.
#
# In training, `backward()` frees most of what the graph has stored, so the growth is slow and hard to notice; in an evaluation loop without `no_grad` not one batch is freed.
#
# ```python fixed
# --8<-- "dlnotes/clinic/bookkeeping.py:sum-keeps-graphs-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/bookkeeping.py:sum-keeps-graphs-check"
# ```

# %% [markdown] tags=["zh"]
# ## 打印的损失小了 200 倍 { #mean-of-means }
#
# 损失函数返回一个批量的**平均**损失。把它们加起来，除以样本总数，打印。
#
# ```python broken
# --8<-- "dlnotes/clinic/bookkeeping.py:mean-of-means-broken"
# ```
#
# 1000 个样本，每个的损失都恰好是 1。批量大小不同，打印出来的分别是多少？

# %% [markdown] tags=["en"]
# ## The printed loss is 200 times too small { #mean-of-means }
#
# A loss function returns the **mean** over its batch. Add these up, divide by the number of samples, print.
#
# ```python broken
# --8<-- "dlnotes/clinic/bookkeeping.py:mean-of-means-broken"
# ```
#
# There are 1000 samples, and the loss of each is exactly 1. What is printed, for several batch sizes?

# %%
ones = torch.ones(1000)
pd.DataFrame(
    [[version(list(ones.split(size))) for version in (bookkeeping.means_broken, bookkeeping.means_fixed)] for size in (10, 50, 200)],
    columns=["broken", "mended"], index=["batches of 10", "batches of 50", "batches of 200"],
).map("{:.4f}".format)

# %% [markdown] tags=["zh"]
# 平均过一次的数又除了一次，小了一个批量大小的倍数。批量是 200 时，损失一开始就不到 0.02，看上去好得可疑。
#
# 除以批量的个数似乎也对，但最后一个批量往往短一些，它的几个样本分量就重了。给每个批量的平均值乘上它的样本数，再除以总数，怎么切都一样。
#
# ```python fixed
# --8<-- "dlnotes/clinic/bookkeeping.py:mean-of-means-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/bookkeeping.py:mean-of-means-check"
# ```

# %% [markdown] tags=["en"]
# What was divided once is divided again, and comes out too small by the batch size. In batches of 200 the loss starts below 0.02, suspiciously good.
#
# To divide by the number of batches seems right too, but the last batch is often short, and its few samples then weigh too much. Multiply each mean by the size of its batch and divide by the total; then it makes no difference how the data are cut.
#
# ```python fixed
# --8<-- "dlnotes/clinic/bookkeeping.py:mean-of-means-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/bookkeeping.py:mean-of-means-check"
# ```

# %% [markdown] tags=["zh"]
# ## 换了批量大小，梯度大了 200 倍 { #sum-over-the-batch }
#
# `reduction="sum"` 把一个批量的损失相加，不取平均。反正只差一个常数？
#
# ```python broken
# --8<-- "dlnotes/clinic/bookkeeping.py:sum-over-the-batch-broken"
# ```
#
# 同一个样本复制若干份，梯度的范数：

# %% [markdown] tags=["en"]
# ## Another batch size, a gradient 200 times as large { #sum-over-the-batch }
#
# `reduction="sum"` adds up the losses of a batch and takes no mean. Is that more than a constant factor?
#
# ```python broken
# --8<-- "dlnotes/clinic/bookkeeping.py:sum-over-the-batch-broken"
# ```
#
# The same sample, several times over, and the norm of the gradient:

# %%
def gradient(loss, copies):
    weight = torch.zeros(4, 3, requires_grad=True)
    loss(torch.ones(copies, 4) @ weight, torch.zeros(copies, dtype=torch.int64)).backward()
    return weight.grad.norm().item()


pd.DataFrame(
    [[gradient(version, copies) for version in (bookkeeping.sum_broken, bookkeeping.sum_fixed)] for copies in (1, 20, 200)],
    columns=["sum", "mean"], index=["1 sample", "20 samples", "200 samples"],
).map("{:.2f}".format)

# %% [markdown] tags=["zh"]
# 相加时，梯度跟着批量一起变大，等于偷偷把学习率乘上了批量大小。为批量 20 调好的学习率，换成 200 就可能发散；最后一个短批量走的步子又特别小。
#
# 也有人在平均损失后面再写一个 `.sum()`。它什么也不改变，因为那里已经只有一个数；但读的人会以为这里真的在求和。
#
# ```python fixed
# --8<-- "dlnotes/clinic/bookkeeping.py:sum-over-the-batch-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/bookkeeping.py:sum-over-the-batch-check"
# ```

# %% [markdown] tags=["en"]
# With the sum, the gradient grows with the batch, which silently multiplies the learning rate by the batch size. A rate that was tuned for batches of 20 may diverge with 200, and the short last batch takes a tiny step.
#
# Some write `.sum()` behind a mean loss. It changes nothing, for there is one number already; but whoever reads it believes that something is added up.
#
# ```python fixed
# --8<-- "dlnotes/clinic/bookkeeping.py:sum-over-the-batch-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/bookkeeping.py:sum-over-the-batch-check"
# ```

# %% [markdown] tags=["zh"]
# ## 同一个模型，每次评估都不一样 { #evaluation-in-training-mode }
#
# 一个网络有批量归一化和 dropout，训练好了，权重不再动。评估 5 次，5 个准确率会一样吗？
#
# ```python broken
# --8<-- "dlnotes/clinic/bookkeeping.py:evaluation-in-training-mode-broken"
# ```

# %% [markdown] tags=["en"]
# ## The same model, another score every time { #evaluation-in-training-mode }
#
# A network with batch normalization and dropout is trained, and its weights rest. Evaluate it 5 times: are the 5 accuracies the same?
#
# ```python broken
# --8<-- "dlnotes/clinic/bookkeeping.py:evaluation-in-training-mode-broken"
# ```

# %%
training.seed_everything(0)
model = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.5), nn.Linear(64, 10))
training.fit(model, splits, training.Config(epochs=4, lr=3e-3, seed=0))


def accuracies(version):
    return [(version(model, images).argmax(dim=1) == labels).float().mean().item() for _ in range(5)]


mended = accuracies(bookkeeping.evaluation_fixed)
statistics = model[2].running_mean.clone()
model.train()
broken = accuracies(bookkeeping.evaluation_broken)
moved = (model[2].running_mean - statistics).abs().max().item()
pd.DataFrame([[f"{value:.3f}" for value in row] for row in (broken, mended)], index=["training mode", "evaluation mode"], columns=[f"run {i}" for i in range(1, 6)])

# %% [markdown] tags=["zh"]
# 训练模式下，dropout 每次丢掉不同的神经元，分数就每次不同。批量归一化更隐蔽：它用测试批量自己的统计量，还把它们记进了 `running_mean`，这里动了 {{ f"{moved:.2f}" }}。**`torch.no_grad()` 拦不住**，因为这不是梯度。评估本身改动了模型。
#
# 反过来，评估之后忘了 `model.train()`，下一个轮次就在没有 dropout 的情况下训练，统计量也停在原地。所以改好的代码先记下模式，再还回去。
#
# ```python fixed
# --8<-- "dlnotes/clinic/bookkeeping.py:evaluation-in-training-mode-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/bookkeeping.py:evaluation-in-training-mode-check"
# ```

# %% [markdown] tags=["en"]
# In training mode dropout drops other units each time, and the score changes each time. Batch normalization does harm in secret: it takes the statistics of the test batch itself, and writes them into `running_mean`, which moved by {{ f"{moved:.2f}" }} here. **`torch.no_grad()` does not prevent it**, as this is no gradient. The evaluation has changed the model.
#
# The other way round, a forgotten `model.train()` after the evaluation lets the next epoch train without dropout, with statistics that stand still. That is why the mended code remembers the mode and gives it back.
#
# ```python fixed
# --8<-- "dlnotes/clinic/bookkeeping.py:evaluation-in-training-mode-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/bookkeeping.py:evaluation-in-training-mode-check"
# ```

# %% [markdown] tags=["zh"]
# ## 预测与数据集的顺序对不上 { #shuffled-test-set }
#
# 训练集要打乱，于是测试集的 `DataLoader` 也顺手写了 `shuffle=True`。
#
# ```python broken
# --8<-- "dlnotes/clinic/bookkeeping.py:shuffled-test-set-broken"
# ```
#
# 准确率一点没错。接着把预测存下来，想看看第 7 张图片预测成了什么：

# %% [markdown] tags=["en"]
# ## Predictions that do not line up with the data set { #shuffled-test-set }
#
# The training set is shuffled, so the `DataLoader` of the test set got its `shuffle=True` as well.
#
# ```python broken
# --8<-- "dlnotes/clinic/bookkeeping.py:shuffled-test-set-broken"
# ```
#
# The accuracy is right. Then the predictions are kept, to see later what became of picture number 7:

# %%
from torch.utils.data import TensorDataset

training.seed_everything(0)
rows = []
for version in (bookkeeping.order_broken, bookkeeping.order_fixed):
    pairs = [(x, y) for x, y in version(TensorDataset(images, labels))]
    predictions = torch.cat([bookkeeping.evaluation_fixed(model, x).argmax(dim=1) for x, _ in pairs])
    rows.append([(predictions == torch.cat([y for _, y in pairs])).float().mean().item(), (predictions == labels).float().mean().item()])
pd.DataFrame(rows, columns=["against the loader's labels", "against the data set's labels"], index=["shuffled", "in order"]).map("{:.3f}".format)

# %% [markdown] tags=["zh"]
# 按加载器给出的标签算，两种写法一样好；按数据集里的下标去对，打乱的那一种只剩瞎猜的水平。混淆矩阵用加载器的标签算，也看不出来；等到挑出“分错的图片”时，才发现张张都“错”。
#
# 测试集打乱没有任何好处：分数与顺序无关。
#
# ```python fixed
# --8<-- "dlnotes/clinic/bookkeeping.py:shuffled-test-set-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/bookkeeping.py:shuffled-test-set-check"
# ```

# %% [markdown] tags=["en"]
# Against the labels that the loader hands out, both are equally good. Looked up by index in the data set, the shuffled one is at chance. A confusion matrix made from the loader's labels does not show it either; it comes out when you pick the "wrong" pictures, and every one of them seems wrong.
#
# Shuffling a test set has no advantage at all: the score does not depend on the order.
#
# ```python fixed
# --8<-- "dlnotes/clinic/bookkeeping.py:shuffled-test-set-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/bookkeeping.py:shuffled-test-set-check"
# ```

# %% [markdown] tags=["zh"]
# ## shuffle 不是在一个批量里换顺序 { #shuffle-within-a-batch }
#
# `shuffle=True` 到底打乱了什么？有人以为：批量是切好的，每个轮次只在批量内部换换顺序。照这个想法写出来是这样：
#
# ```python broken
# --8<-- "dlnotes/clinic/bookkeeping.py:shuffle-within-a-batch-broken"
# ```
#
# 看 0 到 99 这 100 个样本，每 10 个一批，第一个批量里的编号：

# %% [markdown] tags=["en"]
# ## Shuffle is not a new order within a batch { #shuffle-within-a-batch }
#
# What does `shuffle=True` shuffle? Some believe that the batches are cut once and that each epoch only changes the order within them. Written down, the belief is this:
#
# ```python broken
# --8<-- "dlnotes/clinic/bookkeeping.py:shuffle-within-a-batch-broken"
# ```
#
# Take 100 samples, numbered 0 to 99, in batches of 10, and look at the first batch:

# %%
torch.manual_seed(0)
for name, version in (("within a batch", bookkeeping.shuffle_broken), ("all samples", bookkeeping.shuffle_fixed)):
    print(f"{name:>14}:", sorted(version(torch.arange(100))[0].tolist()))

# %% [markdown] tags=["zh"]
# 只在批量内部换顺序，对训练**毫无作用**：损失是批量上的平均，与批量里的先后无关，每个轮次见到的还是同样的 10 个批量。`DataLoader` 做的是第二种：每个轮次把所有样本重新排队，再切。于是每个批量都是一次新的抽样，梯度的噪声才会互相抵消。
#
# ```python fixed
# --8<-- "dlnotes/clinic/bookkeeping.py:shuffle-within-a-batch-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/bookkeeping.py:shuffle-within-a-batch-check"
# ```

# %% [markdown] tags=["en"]
# A new order within a batch does **nothing at all** for training: the loss is a mean over the batch, and knows no first and last; every epoch sees the same 10 batches. `DataLoader` does the second: each epoch lines up all samples anew, then cuts. So every batch is a fresh draw, and the noise of the gradients averages out.
#
# ```python fixed
# --8<-- "dlnotes/clinic/bookkeeping.py:shuffle-within-a-batch-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/bookkeeping.py:shuffle-within-a-batch-check"
# ```

# %% [markdown] tags=["zh"]
# ## 新换的最后一层不学习 { #head-replaced-too-late }
#
# 微调一个现成的模型：先建优化器，再把最后一层换成自己的类别数。
#
# ```python broken
# --8<-- "dlnotes/clinic/bookkeeping.py:head-replaced-too-late-broken"
# ```
#
# 训练 10 步之后，每一层动了多少？

# %% [markdown] tags=["en"]
# ## The new last layer does not learn { #head-replaced-too-late }
#
# Fine-tuning a ready model: make the optimizer, then replace the last layer by one for your own classes.
#
# ```python broken
# --8<-- "dlnotes/clinic/bookkeeping.py:head-replaced-too-late-broken"
# ```
#
# After 10 steps, how far has each layer moved?

# %%
rows = []
for version in (bookkeeping.head_broken, bookkeeping.head_fixed):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 10))
    optimizer = version(network)
    before = [network[i].weight.detach().clone() for i in (0, 2)]
    for _ in range(10):
        optimizer.zero_grad()
        network(torch.ones(5, 4)).square().mean().backward()
        optimizer.step()
    rows.append([(network[i].weight - start).norm().item() for i, start in zip((0, 2), before)])
pd.DataFrame(rows, columns=["first layer", "last layer"], index=["broken", "mended"]).map("{:.3f}".format)

# %% [markdown] tags=["zh"]
# 优化器建好的那一刻，手里拿的是**当时的**参数对象。换上去的新层是另外的对象，它没有拿到；换下来的旧层它还攥着，只是再也没有梯度。新层一步也不动，前面的层却在努力迁就一个随机的末层，所以损失还会降一点，更难察觉。
#
# 先把模型改完，再建优化器。或者用 `optimizer.add_param_group` 把新层补进去，顺便给它一个更大的学习率。
#
# ```python fixed
# --8<-- "dlnotes/clinic/bookkeeping.py:head-replaced-too-late-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/bookkeeping.py:head-replaced-too-late-check"
# ```

# %% [markdown] tags=["en"]
# When it is made, an optimizer takes hold of the parameter objects **of that moment**. The new layer has other objects, which it does not hold; the old layer's it still holds, and they get no gradient any more. The new layer never moves, while the layers before it adapt to a random one, so the loss falls a little, which hides the fault even better.
#
# Finish the model first, then make the optimizer. Or hand the new layer over with `optimizer.add_param_group`, and give it a larger learning rate on the way.
#
# ```python fixed
# --8<-- "dlnotes/clinic/bookkeeping.py:head-replaced-too-late-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/bookkeeping.py:head-replaced-too-late-check"
# ```

# %% [markdown] tags=["zh"]
# ## 两个样本都背不下来 { #one-batch-not-learnt }
#
# 训练不起来，不知道错在哪里。有一项检查能把大多数毛病一次照出来：**只给它两个样本，看它背不背得下来。** 这里的病人，是一个权重全部从 0 开始的网络：
#
# ```python broken
# --8<-- "dlnotes/clinic/bookkeeping.py:one-batch-not-learnt-broken"
# ```

# %% [markdown] tags=["en"]
# ## Two samples cannot be learnt by heart { #one-batch-not-learnt }
#
# It does not train, and nobody knows why. One check shows most illnesses at once: **give it two samples and see whether it can learn them by heart.** The patient here is a network whose weights all start at 0:
#
# ```python broken
# --8<-- "dlnotes/clinic/bookkeeping.py:one-batch-not-learnt-broken"
# ```

# %%
curves = {}
for name, version in (("all zero", bookkeeping.zeros_broken), ("PyTorch's default", bookkeeping.zeros_fixed)):
    torch.manual_seed(0)
    network = version(nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3)))
    inputs, targets = torch.randn(2, 4), torch.tensor([0, 1])
    optimizer, curves[name] = torch.optim.Adam(network.parameters(), lr=0.1), []
    for _ in range(40):
        optimizer.zero_grad()
        loss = F.cross_entropy(network(inputs), targets)
        curves[name].append(loss.item())
        loss.backward()
        optimizer.step()

# %% tags=["hide-input"] alt_zh="两条损失曲线：PyTorch 的默认初始化很快降到接近 0，全零初始化停在 ln 2 附近。" alt_en="Two curves of the loss: with PyTorch's default initialization it soon falls to nearly 0, from all zeros it stays near ln 2."
figures.lines(curves, x=list(range(40)), xlabel="step", ylabel="loss")

# %% [markdown] tags=["zh"]
# 权重全为 0 时，隐藏层的输出全是 0，传回去的梯度也全是 0：第一层永远不动，只有最后一层的偏置在学。它学会了“两个类别各占一半”，损失停在 $\ln 2\approx0.69$，与输入无关。
#
# 一个能用的网络几十步就能背下两个样本。背不下来，就不必去找更多数据、调学习率：错在模型、损失或者优化器里。`clinic.examine` 最后一步做的就是这件事。
#
# ```python fixed
# --8<-- "dlnotes/clinic/bookkeeping.py:one-batch-not-learnt-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/bookkeeping.py:one-batch-not-learnt-check"
# ```

# %% [markdown] tags=["en"]
# With all weights at 0 the hidden layer outputs zeros, and the gradients that come back are zeros too: the first layer never moves, and only the last layer's bias learns. It learns "half and half for two classes", and the loss stays at $\ln 2\approx0.69$, whatever the inputs.
#
# A network that works learns two samples in some dozens of steps. If it cannot, do not look for more data and leave the learning rate alone: the mistake is in the model, the loss or the optimizer. This is what `clinic.examine` does last.
#
# ```python fixed
# --8<-- "dlnotes/clinic/bookkeeping.py:one-batch-not-learnt-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/bookkeeping.py:one-batch-not-learnt-check"
# ```
