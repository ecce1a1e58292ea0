# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "教程里常见的两个小卷积网络：digit_cnn 的一百万个参数坐在哪里，结尾的 ReLU 和 softmax 有什么害处；lenet_cifar 的卷积之间没有激活，它是线性的吗。"
#       en: "Two small CNNs of many tutorials: where the million parameters of digit_cnn sit, and what ReLU and softmax at its end cost; and whether lenet_cifar, with no activation between its convolutions, is linear."
#     covers: [A-02, A-03, P-04, E-37]
#     labels:
#       logits: logits
#       ReLU and softmax at the end: 结尾有 ReLU 和 softmax
#       pooling alone: 只有池化
#       ReLU and pooling: ReLU 加池化
# ---

# %% [markdown] tags=["zh"]
# # 教程里的两个小网络 { #digit-cnns }
#
# 初学者抄得最多的两个卷积网络，一个认数字，一个认彩色小图。它们都能训练，也都有一处可疑：一个在结尾接了 ReLU 和 softmax，另一个的两层卷积之间没有激活函数。
#
# 先猜：**哪一处真的有害，哪一处测不出来？** 再猜：认数字的那个有一百万个参数，卷积层占多少？

# %% [markdown] tags=["en"]
# # Two small networks of the tutorials { #digit-cnns }
#
# Of the convolutional networks that beginners copy most, one reads digits and one tells small colour images apart. Both can be trained, and both have one suspicious spot: the first ends in ReLU and softmax, the second has no activation between its two convolutions.
#
# Guess first: **which of the two does harm, and which cannot be measured?** And guess this: the digit reader has a million parameters; how many are in its convolutions?

# %% [markdown] tags=["zh"]
# ## digit_cnn：一百万个参数坐在哪里 { #digit-cnn }
#
# ```python
# --8<-- "dlnotes/models/digit_cnn.py:model"
# ```

# %% [markdown] tags=["en"]
# ## digit_cnn: where a million parameters sit { #digit-cnn }
#
# ```python
# --8<-- "dlnotes/models/digit_cnn.py:model"
# ```

# %%
import dataclasses

import torch
from torch import nn

from dlnotes import data, figures, models, recipes, summary, training

ledger = summary.trace(models.create("digit_cnn"), (1, 28, 28))
ledger

# %% tags=["remove-input"]
largest = max(row.parameters for row in ledger.rows)
in_convolutions = sum(row.parameters for row in ledger.rows if row.type == "Conv2d")

# %% [markdown] tags=["zh"]
# 一共 {{ f"{ledger.parameters:,}" }} 个，其中 {{ f"{largest:,}" }} 个在第 1 个全连接层里，两层卷积只有 {{ f"{in_convolutions:,}" }} 个。原因是只池化了一次：展平时还有 $20\times10\times10=2000$ 个数，乘上 500 个神经元，就是一百万。[LeNet](lenet.py#ledger) 池化两次，展平时只剩 256 个数。

# %% [markdown] tags=["en"]
# There are {{ f"{ledger.parameters:,}" }} in all, {{ f"{largest:,}" }} of them in the first fully connected layer; the two convolutions have {{ f"{in_convolutions:,}" }}. The cause is that it pools only once: $20\times10\times10=2000$ numbers are left to flatten, and with 500 neurons that is a million. [LeNet](lenet.py#ledger) pools twice and flattens 256.

# %% [markdown] tags=["zh"]
# ## 结尾多出来的两层 { #ending }
#
# 原来的写法在最后一层后面还有 ReLU 和 softmax，再交给交叉熵。这里的版本去掉了，输出 logits。两种结尾各用 3 个随机种子训练，别的都一样：

# %% [markdown] tags=["en"]
# ## Two layers too many at the end { #ending }
#
# As it is usually copied, ReLU and softmax follow the last layer, and the result goes into cross-entropy. The version here leaves them out and returns logits. Both endings, with 3 seeds each and all else equal:

# %%
digits = data.load("digits")
config = dataclasses.replace(
    recipes.get("digit_cnn", "digits").config, epochs=3, label_smoothing=0.0
)


def trained(model_of, splits, config, seed):
    training.seed_everything(seed)
    model = model_of()
    history = training.fit(model, splits, dataclasses.replace(config, seed=seed))
    return training.evaluate(model, splits.test, history.normalization)


endings = {
    "logits": lambda: models.create("digit_cnn"),
    "ReLU and softmax at the end": lambda: nn.Sequential(
        models.create("digit_cnn"), nn.ReLU(), nn.Softmax(dim=1)
    ),
}
ended = {
    name: [trained(model_of, digits, config, seed) for seed in range(3)]
    for name, model_of in endings.items()
}
for name, results in ended.items():
    print(f"{name:28} test loss", *[f"{one.loss:.3f}" for one in results])

# %% tags=["hide-input"] alt_zh="两种结尾的测试准确率，每个点是一个随机种子：输出 logits 的更高。" alt_en="Test accuracy of the two endings, one dot per seed: returning logits is higher."
figures.bars(
    {name: [result.accuracy for result in results] for name, results in ended.items()},
    xlabel="test accuracy",
    limits=(0, 1),
)

# %% [markdown] tags=["zh"]
# 损失说得最清楚。softmax 之后的数在 0 和 1 之间，再做一次 softmax，正确类别的概率最多是 $e/(e+9)$，所以损失不会低于 $\ln(1+9/e)\approx1.46$，哪怕全部答对。ReLU 又抹掉所有负的 logits：哪一类的 logit 在每张图上都是负的，它的梯度就是 0，这一类再也学不会。每一层各有多大害处，[门诊](../clinic/loss-heads.py#relu-on-logits)分开量过。

# %% [markdown] tags=["en"]
# The loss tells most. What comes out of softmax lies between 0 and 1; after a second softmax the right class has at most $e/(e+9)$, so the loss cannot fall below $\ln(1+9/e)\approx1.46$, even if every answer is right. ReLU wipes out every negative logit: a class whose logit is negative on every image has a gradient of 0 and is never learnt. How much harm each of the two does is measured apart in the [clinic](../clinic/loss-heads.py#relu-on-logits).

# %% [markdown] tags=["zh"]
# ## lenet_cifar：卷积之间没有激活 { #lenet-cifar }
#
# ```python
# --8<-- "dlnotes/models/lenet_cifar.py:model"
# ```
#
# 教程里的写法是 `lenet_cifar`：卷积之后直接池化。`lenet_cifar_relu` 在每层卷积之后加了 ReLU。ReLU 没有参数，两者都是 40,010 个。

# %% [markdown] tags=["en"]
# ## lenet_cifar: no activation between the convolutions { #lenet-cifar }
#
# ```python
# --8<-- "dlnotes/models/lenet_cifar.py:model"
# ```
#
# The tutorials have `lenet_cifar`, with pooling right after each convolution. `lenet_cifar_relu` puts ReLU after each convolution. ReLU has no parameters, and both have 40,010.

# %%
summary.trace(models.create("lenet_cifar"), (3, 32, 32))

# %% [markdown] tags=["zh"]
# 常有人说：没有激活，两层卷积就是一层，整个前半部分是线性的。量一量。函数 $f$ 若是线性的，就有 $f(u+v)=f(u)+f(v)$ 和 $f(2u)=2f(u)$，其中 $u$、$v$ 是任意两个输入。把偏置设为 0，比较最大的差：

# %% [markdown] tags=["en"]
# It is often said that without an activation two convolutions are one, and the whole front half is linear. Measure it. A linear function $f$ has $f(u+v)=f(u)+f(v)$ and $f(2u)=2f(u)$ for any two inputs $u$ and $v$. With biases set to 0, the largest differences are:

# %%
training.seed_everything(0)
features = models.create("lenet_cifar").features
convolutions = nn.Sequential(*[x for x in features if isinstance(x, nn.Conv2d)])
u, v = torch.randn(2, 1, 3, 32, 32)
with torch.no_grad():
    for layer in convolutions:
        layer.bias.zero_()
    gaps = {}
    for name, f in {
        "convolutions alone": convolutions,
        "with max pooling": features,
    }.items():
        differences = (f(u + v) - f(u) - f(v), f(2 * u) - 2 * f(u))
        gaps[name] = [difference.abs().max().item() for difference in differences]
        print(name)
        print(f"  f(u+v) - f(u) - f(v): {gaps[name][0]:.1e}")
        print(f"  f(2u) - 2f(u):        {gaps[name][1]:.1e}")

# %% [markdown] tags=["zh"]
# 只有卷积时，两个差都只是舍入误差：两层确实合成一层。加上最大池化，第一个差是 {{ f"{gaps['with max pooling'][0]:.2f}" }}，不再是线性的，因为“取最大的那个”会随输入换位置；第二个仍接近 0，因为放大 2 倍不改变谁最大。所以准确的说法是：**它不是线性的，只是比有 ReLU 时能表达的少。** 换成平均池化，就真的线性了。

# %% [markdown] tags=["en"]
# With convolutions alone both differences are rounding: the two really make one. With max pooling the first is {{ f"{gaps['with max pooling'][0]:.2f}" }}, so it is no longer linear: which number is the largest depends on the input. The second stays near 0, because doubling does not change which one wins. The exact statement is this: **it is not linear; it can express less than with ReLU.** With average pooling it would be linear indeed.

# %% [markdown] tags=["zh"]
# ## 训练：这里用什么数据 { #lenet-cifar-training }
#
# CIFAR-10 有 60,000 张 32×32 的彩色图，约 170 MB，不随包附带。下载一次，然后照配方训练：
#
# ```bash
# dlnotes data --download cifar10
# dlnotes train lenet_cifar --data cifar10
# dlnotes train lenet_cifar_relu --data cifar10
# ```
#
# 它每个轮次打印训练损失、验证损失和验证准确率，测试集只在最后看一次。教程往往每个轮次打印测试准确率，再挑最高的一次报告，那样[测试集就参与了选择](../clinic/statements.py#watched-test-set)。
#
# 这一页不下载，改用**上了颜色的 digits**：补成 32×32，每张的底色和字色都随机。所以下面的数说的是这份数据，不是 CIFAR-10。

# %% [markdown] tags=["en"]
# ## Training: on what data, here { #lenet-cifar-training }
#
# CIFAR-10 has 60,000 colour images of 32×32, about 170 MB, and does not come with the package. Download it once, then train by the recipe:
#
# ```bash
# dlnotes data --download cifar10
# dlnotes train lenet_cifar --data cifar10
# dlnotes train lenet_cifar_relu --data cifar10
# ```
#
# Each epoch prints training loss, validation loss and validation accuracy; the test set is looked at once, at the end. Tutorials often print test accuracy every epoch and report the best, and then the [test set has taken part in the choice](../clinic/statements.py#watched-test-set).
#
# This page downloads nothing and takes **coloured digits**: padded to 32×32, with ground and ink of random colours in every image. The numbers below speak of these data, and not of CIFAR-10.


# %%
def coloured(split, seed):
    generator = torch.Generator().manual_seed(seed)
    ground, ink = torch.rand(2, len(split.labels), 3, 1, 1, generator=generator) * 255
    wet = nn.functional.pad(split.images.float(), (2, 2, 2, 2)) / 255  # (N, 1, 32, 32)
    return data.Split((ground * (1 - wet) + ink * wet).to(torch.uint8), split.labels)


parts = {
    name: coloured(getattr(digits, name), seed)
    for seed, name in enumerate(("train", "validation", "test"))
}
colour = dataclasses.replace(digits, **parts)

# %% tags=["hide-input"] alt_zh="八张彩色数字，底色和字色各不相同，有的对比强，有的几乎看不清。" alt_en="Eight coloured digits, each with its own ground and ink; some have strong contrast, some can hardly be seen."
figures.image_grid(colour.train.images[:8])

# %%
config = dataclasses.replace(recipes.get("lenet_cifar").config, epochs=8, batch_size=64)
variants = {"pooling alone": "lenet_cifar", "ReLU and pooling": "lenet_cifar_relu"}
compared = {
    label: [
        trained(lambda name=name: models.create(name), colour, config, seed).accuracy
        for seed in range(3)
    ]
    for label, name in variants.items()
}

# %% tags=["hide-input"] alt_zh="两种 lenet_cifar 在彩色数字上的测试准确率，每个点是一个随机种子。" alt_en="Test accuracy of the two lenet_cifar on coloured digits, one dot per seed."
figures.bars(compared, xlabel="test accuracy", limits=(0, 1))

# %% tags=["remove-input"]
means = {label: sum(values) / len(values) for label, values in compared.items()}
spread = max(max(values) - min(values) for values in compared.values())

# %% [markdown] tags=["zh"]
# 平均 {{ f"{means['pooling alone']:.1%}" }} 对 {{ f"{means['ReLU and pooling']:.1%}" }}，而同一种网络换个种子，最多就差 {{ f"{100 * spread:.1f}" }} 个百分点。先拿这两个数比一比，再下结论；3 个种子、几个轮次、一份小数据，不足以说谁普遍更好。可以说的是：没有激活的版本也学得会，缺激活不会像错误的结尾那样，留下一条过不去的损失下限。

# %% [markdown] tags=["en"]
# The means are {{ f"{means['pooling alone']:.1%}" }} and {{ f"{means['ReLU and pooling']:.1%}" }}; another seed of the same network makes up to {{ f"{100 * spread:.1f}" }} percentage points. Set these against each other before you conclude anything; 3 seeds, a few epochs and one small data set do not tell which is better in general. What can be said: the version without activations learns too, and a missing activation sets no floor under the loss, as the wrong ending does.

# %% [markdown] tags=["zh"]
# ## 常见的坑 { #traps }
#
# !!! warning "交叉熵之前的 softmax"
#     损失停在 1.46 附近。[门诊](../clinic/loss-heads.py#softmax-before-cross-entropy)。
#
# !!! warning "最后一层之后的 ReLU"
#     有些类别永远说不出来。[门诊](../clinic/loss-heads.py#relu-on-logits)。
#
# !!! warning "两层卷积之间什么也没有"
#     没有激活，也没有最大池化，两层就是一层。[门诊](../clinic/convolution.py#convolutions-without-activation)。

# %% [markdown] tags=["en"]
# ## Traps { #traps }
#
# !!! warning "Softmax before cross-entropy"
#     The loss stops near 1.46. [Clinic](../clinic/loss-heads.py#softmax-before-cross-entropy).
#
# !!! warning "ReLU after the last layer"
#     Some classes are never named. [Clinic](../clinic/loss-heads.py#relu-on-logits).
#
# !!! warning "Nothing between two convolutions"
#     With no activation and no max pooling, two layers are one. [Clinic](../clinic/convolution.py#convolutions-without-activation).

# %% [markdown] tags=["zh"]
# ## 练习 { #exercises }
#
# **1.** 不运行代码，算出 `digit_cnn` 两层卷积各有多少参数。
#
# ??? success "答案"
#     第 1 层 $10\times(1\times25+1)=260$，第 2 层 $20\times(10\times9+1)=1820$。
#
# **2.** 在 `digit_cnn` 的第 2 个 ReLU 之后再加一次 2×2 池化，第 1 个全连接层剩下多少参数？
#
# ??? success "答案"
#     展平后是 $20\times5\times5=500$ 个数，$500\times500+500=250500$，约为原来的四分之一。
#
# **3.** 手算 `lenet_cifar` 的 40,010。
#
# ??? success "答案"
#     $16\times(75+1)=1216$，$32\times(400+1)=12832$，$800\times32+32=25632$，$32\times10+10=330$，加起来正好。
#
# **4.** 把 `lenet_cifar` 的最大池化换成平均池化，去掉偏置，$f(u+v)-f(u)-f(v)$ 会是多少？
#
# ??? success "答案"
#     接近 0，只剩舍入误差：卷积和平均都是线性的，合起来还是线性的。

# %% [markdown] tags=["en"]
# ## Exercises { #exercises }
#
# **1.** Without running code, how many parameters have the two convolutions of `digit_cnn`?
#
# ??? success "Answer"
#     The first $10\times(1\times25+1)=260$, the second $20\times(10\times9+1)=1820$.
#
# **2.** Add another 2×2 pooling after the second ReLU of `digit_cnn`. How many parameters are left in the first fully connected layer?
#
# ??? success "Answer"
#     Flattening gives $20\times5\times5=500$ numbers, and $500\times500+500=250500$, about a quarter.
#
# **3.** Work out the 40,010 of `lenet_cifar` by hand.
#
# ??? success "Answer"
#     $16\times(75+1)=1216$, $32\times(400+1)=12832$, $800\times32+32=25632$, $32\times10+10=330$; they add up to it.
#
# **4.** Put average pooling in the place of max pooling in `lenet_cifar`, without biases. What is $f(u+v)-f(u)-f(v)$?
#
# ??? success "Answer"
#     Near 0, rounding alone: convolution and averaging are both linear, and so is the one after the other.

# %% [markdown] tags=["zh"]
# ## 参考文献 { #references }
#
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner. [Gradient-based learning applied to document recognition](https://doi.org/10.1109/5.726791). Proceedings of the IEEE, 1998.
# - A. Krizhevsky. [Learning multiple layers of features from tiny images](https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf). 2009.

# %% [markdown] tags=["en"]
# ## References { #references }
#
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner. [Gradient-based learning applied to document recognition](https://doi.org/10.1109/5.726791). Proceedings of the IEEE, 1998.
# - A. Krizhevsky. [Learning multiple layers of features from tiny images](https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf). 2009.
