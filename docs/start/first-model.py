# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "十分钟：载入数据、训练一个网络、量一量、看它错在哪里。"
#       en: "Ten minutes: load data, train a network, measure it, see where it errs."
# ---

# %% [markdown] tags=["zh"]
# # 十分钟训练第一个模型 { #first-model }
#
# 一台没有 GPU 的笔记本电脑，能在一分钟之内学会认手写数字吗？下面每段代码都真的运行过，输出就在它下面。
#
# ## 看看数据 { #data }

# %% [markdown] tags=["en"]
# # A first model in ten minutes { #first-model }
#
# Can a laptop without a GPU learn to read handwritten digits within a minute? Every piece of code below was really run, and its output stands beneath it.
#
# ## Look at the data { #data }

# %%
from dlnotes import data

splits = data.load("digits")
{part: tuple(getattr(splits, part).images.shape) for part in ("train", "validation", "test")}

# %% [markdown] tags=["zh"]
# 3 个部分互不重叠：在 `train` 上学习，在 `validation` 上挑选设置，`test` 只在最后看一次。每个形状读作（张数，通道，高，宽）。

# %% [markdown] tags=["en"]
# The 3 parts share no image: learn on `train`, choose settings on `validation`, and look at `test` once, at the end. Read each shape as (images, channels, height, width).

# %% tags=["hide-input"] alt_zh="16 张手写数字及其标签。" alt_en="16 handwritten digits with their labels."
from dlnotes import figures

figures.image_grid(splits.train.images[:16], [str(int(label)) for label in splits.train.labels[:16]])

# %% [markdown] tags=["zh"]
# ## 建一个网络 { #model }
#
# 784 个像素，256 个隐藏神经元，10 个输出。先猜：它有多少个参数？

# %% [markdown] tags=["en"]
# ## Build a network { #model }
#
# 784 pixels, 256 hidden neurons, 10 outputs. Guess first: how many parameters does it have?

# %%
from dlnotes import models, summary, training

training.seed_everything(0)
model = models.create("mlp")
summary.trace(model, (1, 28, 28))

# %% [markdown] tags=["zh"]
# 第 1 层有 $784\times256$ 个权重和 256 个偏置，几乎占了全部。
#
# ## 训练 { #train }
#
# 每一步取 64 张图片，算损失，求梯度，改一点权重。把全部训练图片看一遍叫一个轮次。

# %% [markdown] tags=["en"]
# The first layer has $784\times256$ weights and 256 biases: almost all there are.
#
# ## Train it { #train }
#
# Each step takes 64 images, computes the loss, finds the gradient and changes the weights a little. Seeing all training images once is an epoch.

# %%
config = training.Config(epochs=10, batch_size=64, lr=3e-3, seed=0)
history = training.fit(model, splits, config)

# %% tags=["hide-input"] alt_zh="训练与验证的损失和准确率，10 个轮次。" alt_en="Loss and accuracy in training and validation over 10 epochs."
figures.curves(history)

# %% [markdown] tags=["zh"]
# ## 量一量 { #measure }

# %% [markdown] tags=["en"]
# ## Measure it { #measure }

# %%
test = training.evaluate(model, splits.test, history.normalization)
print(f"{test.accuracy:.1%} of {test.count} images, {history.cpu_seconds:.1f} CPU seconds of training")

# %% [markdown] tags=["zh"]
# {{ f"{history.cpu_seconds:.1f}" }} CPU 秒的训练，{{ f"{test.accuracy:.1%}" }} 的准确率。换一个随机种子，这个数会变；[LeNet](../models/lenet.py#training) 一页用 3 个种子说明变多少。
#
# ## 看它错在哪里 { #mistakes }

# %% [markdown] tags=["en"]
# {{ f"{history.cpu_seconds:.1f}" }} CPU seconds of training, {{ f"{test.accuracy:.1%}" }} accuracy. Another seed gives another number; the page on [LeNet](../models/lenet.py#training) uses 3 seeds to show how much it varies.
#
# ## See where it errs { #mistakes }

# %% tags=["hide-input"] alt_zh="被认错的数字，标题是真实类别与预测类别。" alt_en="Digits that were misread, titled with the true and the predicted class."
predictions = training.predict(model, splits.test.images, history.normalization).argmax(dim=1)
wrong = (predictions != splits.test.labels).nonzero().flatten()[:8]
titles = [f"{int(splits.test.labels[i])} → {int(predictions[i])}" for i in wrong]
figures.image_grid(splits.test.images[wrong], titles)

# %% [markdown] tags=["zh"]
# 箭头左边是真实类别，右边是网络的回答。有几张，你自己会认对吗？
#
# ## 接下来 { #next }
#
# - 参数少得多、错得更少：[LeNet](../models/lenet.py)。
# - 它靠的是[卷积](../theory/convolution.py)。
# - 认一认你自己写的数字：拍一张照片，运行 `dlnotes predict lenet photo.png`。

# %% [markdown] tags=["en"]
# Left of the arrow stands the true class, right of it the network's answer. How many would you have read correctly yourself?
#
# ## Next { #next }
#
# - Far fewer parameters and fewer mistakes: [LeNet](../models/lenet.py).
# - What makes that possible is [convolution](../theory/convolution.py).
# - Read a digit of your own: take a photo and run `dlnotes predict lenet photo.png`.
