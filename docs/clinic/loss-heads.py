# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "损失停在 1.46，某些类别从不出现，损失是 NaN：最后一层与损失函数之间的病例。"
#       en: "A loss stuck at 1.46, classes that are never named, a loss of NaN: what goes wrong between the last layer and the loss."
#     covers: [E-12]
# ---

# %% [markdown] tags=["zh"]
# # 损失与网络的结尾 { #loss-heads }
#
# 网络的最后一层应该把什么交给损失函数？许多框架图在结尾画着 softmax，损失函数要的却是别的东西。**多做一步会怎样？** 这一页的病例大多不报错，网络只是学不好。

# %% [markdown] tags=["en"]
# # Losses and the end of the network { #loss-heads }
#
# What should the last layer hand to the loss? Many drawings of networks end in softmax, and the loss wants something else. **What if you do one step too many?** Most cases on this page raise no error; the network only learns badly.

# %% [markdown] tags=["zh"]
# ## 损失停在 1.46：交叉熵之前的 softmax { #softmax-before-cross-entropy }
#
# 训练没有报错，准确率也不算低，可是损失到了 1.46 附近就再也下不去。
#
# ```python broken
# --8<-- "dlnotes/clinic/loss_heads.py:softmax-before-cross-entropy-broken"
# ```
#
# 有的教程还在 softmax 之前放一个 ReLU。先猜：softmax 和 ReLU，哪一个的害处更大？同一个 LeNet，同一个随机种子，换三种结尾，训练 3 个轮次，再训练 15 个轮次：

# %% [markdown] tags=["en"]
# ## The loss stops at 1.46: softmax before cross-entropy { #softmax-before-cross-entropy }
#
# Training raises no error and the accuracy is not even bad, but near 1.46 the loss stops for good.
#
# ```python broken
# --8<-- "dlnotes/clinic/loss_heads.py:softmax-before-cross-entropy-broken"
# ```
#
# Some tutorials put a ReLU before the softmax as well. Guess first: which does more harm, softmax or ReLU? The same LeNet and the same seed with three endings, trained for 3 epochs and for 15:

# %% tags=["hide-input"]
import pandas as pd
import torch
from torch import nn
from torch.nn import functional as F

from dlnotes import data, figures, models, training
from dlnotes.clinic import loss_heads

splits = data.load("digits")
rows, losses = {}, {}
for name, ending in (("logits", nn.Identity()), ("softmax", nn.Softmax(dim=1)), ("ReLU", nn.ReLU())):
    for epochs in (3, 15):
        training.seed_everything(1)
        model = nn.Sequential(models.create("lenet"), ending)
        history = training.fit(model, splits, training.Config(epochs=epochs, lr=3e-3, schedule="constant", seed=1))
        outputs = training.predict(model, splits.test.images, history.normalization)
        accuracy = training.evaluate(model, splits.test, history.normalization).accuracy
        losses[name] = [record.train_loss for record in history.epochs]
        rows[name, epochs] = losses[name][-1], accuracy, loss_heads.classes_named(outputs)
pd.DataFrame(
    [[epochs, f"{loss:.3f}", f"{accuracy:.3f}", classes] for (_, epochs), (loss, accuracy, classes) in rows.items()],
    columns=["epochs", "training loss", "test accuracy", "classes named"],
    index=[name for name, _ in rows],
)

# %% tags=["hide-input"] alt_zh="三种结尾的训练损失：logits 降到接近 0，softmax 停在 1.46 那条线的上方，ReLU 也停住了。" alt_en="Training loss of three endings: logits go to nearly 0, softmax stays above the line at 1.46, and ReLU comes to a halt as well."
figures.lines(losses | {"floor": [loss_heads.loss_floor(10)] * 15}, x=list(range(1, 16)), xlabel="epoch", ylabel="training loss")

# %% [markdown] tags=["zh"]
# 看 softmax 的损失：15 个轮次之后是 {{ f"{rows['softmax', 15][0]:.3f}" }}，准确率却有 {{ f"{rows['softmax', 15][1]:.3f}" }}。这不是训练得不够。`F.cross_entropy` 自己会做一次 log-softmax，再加一次，就是把概率当作 logits。概率最好也只能是：正确类别为 1，其余 9 个为 0。这时的损失是
#
# $$ -\ln\frac{e^{1}}{e^{1}+9e^{0}} = \ln\left(1+\frac{9}{e}\right) \approx 1.4612 $$
#
# 其中 $e$ 是自然对数的底，9 是其余类别的个数。这就是地板。损失碰到了地板，类别的大小顺序仍可以是对的，所以不少人带着这个错误用了很久。
#
# 害处在梯度里。设错误的类别领先 8 个 logit：直接用 logits，梯度的范数是 {{ f"{loss_heads.gradient_when_wrong(8, softmax=False):.2f}" }}；先做 softmax，只剩 {{ f"{loss_heads.gradient_when_wrong(8, softmax=True):.1e}" }}。错得最厉害的样本，反而最不被纠正。
#
# 再看最后一列。softmax 训练 3 个轮次时说出 {{ rows['softmax', 3][2] }} 个类别，15 个轮次时说出 {{ rows['softmax', 15][2] }} 个：它会慢慢赶上来，只是停在地板上。ReLU 是 {{ rows['ReLU', 3][2] }} 个和 {{ rows['ReLU', 15][2] }} 个，这是另一种病，见下一个病例。
#
# ```python fixed
# --8<-- "dlnotes/clinic/loss_heads.py:softmax-before-cross-entropy-fixed"
# ```
#
# 要给人看概率时，再对 logits 做一次 `softmax(dim=1)`。要类别时连这一步也不必：softmax 不改变大小顺序。
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/loss_heads.py:softmax-before-cross-entropy-check"
# ```

# %% [markdown] tags=["en"]
# Look at the loss with softmax: {{ f"{rows['softmax', 15][0]:.3f}" }} after 15 epochs, at an accuracy of {{ f"{rows['softmax', 15][1]:.3f}" }}. That is no lack of training. `F.cross_entropy` applies log-softmax itself, and a second one takes probabilities for logits. The best that probabilities can be is 1 for the right class and 0 for the other 9. Then the loss is
#
# $$ -\ln\frac{e^{1}}{e^{1}+9e^{0}} = \ln\left(1+\frac{9}{e}\right) \approx 1.4612 $$
#
# where $e$ is the base of the natural logarithm and 9 the number of other classes. This is the floor. With the loss on the floor the order of the classes can still be right, which is why many live with this mistake for long.
#
# The harm is in the gradient. Let the wrong class lead by 8 logits: with logits, the gradient has norm {{ f"{loss_heads.gradient_when_wrong(8, softmax=False):.2f}" }}; after softmax, {{ f"{loss_heads.gradient_when_wrong(8, softmax=True):.1e}" }}. The worst mistakes are corrected least.
#
# Now the last column. With softmax the network names {{ rows['softmax', 3][2] }} classes after 3 epochs and {{ rows['softmax', 15][2] }} after 15: it catches up slowly, and stays on the floor. With ReLU it is {{ rows['ReLU', 3][2] }} and {{ rows['ReLU', 15][2] }}. That is another illness, see the next case.
#
# ```python fixed
# --8<-- "dlnotes/clinic/loss_heads.py:softmax-before-cross-entropy-fixed"
# ```
#
# To show probabilities to someone, apply `softmax(dim=1)` to the logits then. To name a class you need not even do that: softmax keeps the order.
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/loss_heads.py:softmax-before-cross-entropy-check"
# ```
