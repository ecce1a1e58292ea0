# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "自己写的数字认不出：没有反色，没有居中，np.resize 打乱了像素，透明背景变黑，照片是横的。"
#       en: "Your own digit is not recognised: not inverted, not centred, pixels torn by np.resize, a transparent background gone black, a photo on its side."
#     covers: [E-41, E-42, E-43, E-44, E-45, E-46, E-47]
#     labels:
#       photo: 照片
#       resize: 缩放
#       np.resize: np.resize
#       as it is: 原样
#       inverted: 反色
#       a third of the size: 缩到三分之一
#       cut out and centred: 裁出并居中
#       stored: 存储的样子
#       turned: 转正
# ---

# %% [markdown] tags=["zh"]
# # 自己的一张图 { #own-digit }
#
# 测试集上几乎全对，自己拍一张数字，却认成别的，还很自信。**是网络没有学好吗？** 多半不是。网络只见过一种图：黑底白字，28×28，居中，笔画一样粗。你的照片哪一条都不符合。
#
# 下面每个病例只差一步。要省事，`data.load_digit("photo.jpg")` 一次做完这些步骤。先训练一个小网络，让它来说每一步值多少：

# %% [markdown] tags=["en"]
# # A picture of your own { #own-digit }
#
# The network reads nearly every image of the test set correctly. Then you photograph a digit of your own, and it confidently takes it for another. **Has the network not learnt well?** Mostly it has. It knows one kind of picture: white on black, 28×28, centred, strokes of one width. Your photo is none of that.
#
# Each case below is one step short. To save the work, `data.load_digit("photo.jpg")` does all of them. First, a small network is trained, to say what each step is worth:

# %%
import torch
from torch import nn

from dlnotes import clinic, data, figures, models, training
from dlnotes.clinic import own_digit

cases = clinic.kind("own_digit")
splits = data.load("digits")
training.seed_everything(0)
model = models.create("mlp")
history = training.fit(model, splits, training.Config(epochs=8, lr=3e-3))
test = splits.test.images.float()


def accuracy(images):
    """Normalise as in training, and count right answers."""
    with torch.no_grad():
        answers = model(history.normalization.apply(images)).argmax(dim=1)
    return (answers == splits.test.labels).float().mean().item()


print(f"test accuracy: {accuracy(test):.3f}")

# %% [markdown] tags=["zh"]
# ## `np.resize` 不是缩放 { #np-resize-refills }
#
# 照片是 100×100，网络要 28×28。先猜：`np.resize` 之后，看到的是什么？
#
# ```python broken
# --8<-- "dlnotes/clinic/own_digit.py:np-resize-refills-broken"
# ```

# %% [markdown] tags=["en"]
# ## `np.resize` does not scale { #np-resize-refills }
#
# The photo has 100×100 pixels, the network wants 28×28. Guess first: what is there to see after `np.resize`?
#
# ```python broken
# --8<-- "dlnotes/clinic/own_digit.py:np-resize-refills-broken"
# ```

# %% tags=["hide-input"] alt_zh="左：照片，白纸上一个深色的数字。中：Pillow 缩放后，黑底上一个完整的小数字。右：np.resize 的结果，全黑。" alt_en="Left, the photo, a dark digit on white paper; middle, scaled by Pillow, a whole small digit on black; right, the result of np.resize, all black."
picture = own_digit.photo()
images = [torch.from_numpy(array.copy())[None] for array in (own_digit.np.asarray(picture), own_digit.resize_fixed(picture), own_digit.resize_broken(picture))]
figures.image_grid(images, ["photo", "resize", "np.resize"], columns=3)

# %% [markdown] tags=["zh"]
# `np.resize` 只是把像素排成一队，从头往新的形状里填：100×100 的图，它取了前 784 个像素，也就是最上面不到 8 行白纸，数字根本没有进来。原图比 28×28 小时，它会从头再填一遍，行宽又对不上，于是每行错开一点，成了斜纹。
#
# 缩放是重新采样，要用 Pillow 的 `resize`，或 `torch.nn.functional.interpolate`、`v2.Resize`。
#
# ```python fixed
# --8<-- "dlnotes/clinic/own_digit.py:np-resize-refills-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/own_digit.py:np-resize-refills-check"
# ```

# %% [markdown] tags=["en"]
# `np.resize` lines the pixels up and fills the new shape from the front: of a picture of 100×100 it takes the first 784 pixels, less than 8 rows of white paper at the top, and the digit never gets in. If the picture is smaller than 28×28 it starts over, and as the row lengths differ each row is shifted a little: slanted stripes.
#
# Scaling means sampling anew: `resize` of Pillow, `torch.nn.functional.interpolate`, or `v2.Resize`.
#
# ```python fixed
# --8<-- "dlnotes/clinic/own_digit.py:np-resize-refills-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/own_digit.py:np-resize-refills-check"
# ```

# %% [markdown] tags=["zh"]
# ## 训练用 28×28，预测用 32×32 { #two-sizes }
#
# 注释写着“28×28 变成 1×1×28×28”，代码里是 32。
#
# ```python broken
# --8<-- "dlnotes/clinic/own_digit.py:two-sizes-broken"
# ```

# %% [markdown] tags=["en"]
# ## Trained on 28×28, asked with 32×32 { #two-sizes }
#
# The comment says "28×28 to 1×1×28×28", and the code says 32.
#
# ```python broken
# --8<-- "dlnotes/clinic/own_digit.py:two-sizes-broken"
# ```

# %% tags=["broken", "raises-exception"]
model(own_digit.two_sizes_broken(own_digit.photo()))

# %% [markdown] tags=["zh"]
# 1024 是 $32\times32$，784 是 $28\times28$。报错里的两个数开一下方，往往就知道谁是谁。
#
# 大小只写在一个地方。最好让预测去问训练数据，或者把尺寸存进检查点，不要在两个文件里各写一遍。有全局池化的网络任何大小都收，那就连报错也没有，只是答得差。
#
# ```python fixed
# --8<-- "dlnotes/clinic/own_digit.py:two-sizes-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/own_digit.py:two-sizes-check"
# ```

# %% [markdown] tags=["en"]
# 1024 is $32\times32$ and 784 is $28\times28$. Taking the root of the two numbers in such a message mostly tells which is which.
#
# Write a size in one place. Let prediction ask the training data, or keep the size in the checkpoint; do not write it once in each file. A network with global pooling takes any size, and then there is not even an error, only bad answers.
#
# ```python fixed
# --8<-- "dlnotes/clinic/own_digit.py:two-sizes-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/own_digit.py:two-sizes-check"
# ```

# %% [markdown] tags=["zh"]
# ## 没有反色：白纸黑字，网络只见过黑底白字 { #not-inverted }
#
# 把测试图片反过来，白纸黑字，别的都不变。先猜：准确率掉到多少？掉到随机猜测的 10 %？
#
# ```python broken
# --8<-- "dlnotes/clinic/own_digit.py:not-inverted-broken"
# ```

# %% [markdown] tags=["en"]
# ## Not inverted: dark on white, and the network knows white on black { #not-inverted }
#
# Turn the test images around, dark on white, and change nothing else. Guess first: how far does accuracy fall? To the 10% of guessing?
#
# ```python broken
# --8<-- "dlnotes/clinic/own_digit.py:not-inverted-broken"
# ```

# %%
print(f"white on black: {accuracy(test):.3f}")
print(f"dark on white:  {accuracy(255 - test):.3f}")

# %% [markdown] tags=["zh"]
# 比猜测还低。猜测至少会碰对十分之一；反色的图里，每个像素都在说反话，正确的类别恰好是最不像的那一个。人看形状，网络看的是哪些像素亮。
#
# 反色要看情况，不能一律 `255 - x`：画图软件可能本来就是黑底。看边缘一圈的中位数，那里没有笔画，亮就反。
#
# ```python fixed
# --8<-- "dlnotes/clinic/own_digit.py:not-inverted-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/own_digit.py:not-inverted-check"
# ```

# %% [markdown] tags=["en"]
# Lower than guessing. A guess is right one time in ten; in an inverted picture every pixel says the opposite, and the right class is just the least alike. People see the shape; the network sees which pixels are bright.
#
# Do not always write `255 - x`: a drawing program may have a dark background already. Look at the median along the border, where there is no ink, and invert if it is bright.
#
# ```python fixed
# --8<-- "dlnotes/clinic/own_digit.py:not-inverted-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/own_digit.py:not-inverted-check"
# ```

# %% [markdown] tags=["zh"]
# ## 预测时少了归一化 { #other-normalization }
#
# 训练时减均值、除标准差，预测时只除以 255。先猜：准确率会崩掉吗？
#
# ```python broken
# --8<-- "dlnotes/clinic/own_digit.py:other-normalization-broken"
# ```

# %% [markdown] tags=["en"]
# ## Normalization left out at prediction { #other-normalization }
#
# Training subtracts the mean and divides by the deviation; prediction only divides by 255. Guess first: does accuracy collapse?
#
# ```python broken
# --8<-- "dlnotes/clinic/own_digit.py:other-normalization-broken"
# ```

# %%
def accuracy_of_inputs(inputs):
    with torch.no_grad():
        return (model(inputs).argmax(dim=1) == splits.test.labels).float().mean().item()


print(f"as in training: {accuracy(test):.3f}")
print(f"only / 255:     {accuracy_of_inputs(test / 255):.3f}")
for name in ("broken", "fixed"):
    print(f"{name:7} deviation of the input: {cases['other-normalization'].measure(name):.2f}")

# %% [markdown] tags=["zh"]
# 没有崩，只是低了几个百分点：图的样子没变，只是对比度和亮度变了，而这个网络碰巧受得住。正因为不崩，这个错误能活很久。换一个网络、加上批量归一化，跌多少就难说了。
#
# 预处理只写一次，训练和预测用同一个函数、同样的数。均值和标准差跟模型一起存，`history.normalization` 就是为此留下的。
#
# ```python fixed
# --8<-- "dlnotes/clinic/own_digit.py:other-normalization-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/own_digit.py:other-normalization-check"
# ```

# %% [markdown] tags=["en"]
# It does not; it loses a few points. The picture looks the same with another contrast and brightness, and this network happens to bear that. Just because nothing collapses, the mistake lives long. In another network, or with batch normalization, the loss may be anything.
#
# Write preprocessing once, and use the same function with the same numbers in training and prediction. Mean and deviation are kept with the model; that is what `history.normalization` is for.
#
# ```python fixed
# --8<-- "dlnotes/clinic/own_digit.py:other-normalization-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/own_digit.py:other-normalization-check"
# ```

# %% [markdown] tags=["zh"]
# ## 数字没有居中，或者太小 { #not-centred }
#
# 反色、缩放都做对了，只是数字在纸的一角，占了三分之一。先猜：准确率还剩多少？
#
# ```python broken
# --8<-- "dlnotes/clinic/own_digit.py:not-centred-broken"
# ```

# %% [markdown] tags=["en"]
# ## The digit is off centre, or too small { #not-centred }
#
# Inverted, scaled, all done right; only the digit stands in a corner and fills a third of the sheet. Guess first: what is left of the accuracy?
#
# ```python broken
# --8<-- "dlnotes/clinic/own_digit.py:not-centred-broken"
# ```

# %% tags=["hide-input"] alt_zh="三张图：原来的数字填满画面；缩到三分之一后缩在左下角；裁出并居中后又填满画面。" alt_en="Three pictures: the digit fills the frame; at a third of the size it sits in the lower left corner; cut out and centred, it fills the frame again."
from torch.nn import functional as F

sheets = F.pad(test, (8, 48, 48, 8))
whole, cut = own_digit.centre_broken(sheets), own_digit.centre_fixed(sheets)
figures.image_grid(torch.cat([test[:1], whole[:1], cut[:1]]).to(torch.uint8), ["as it is", "a third of the size", "cut out and centred"], columns=3)

# %%
print(f"as it is:             {accuracy(test):.3f}")
print(f"a third of the size:  {accuracy(whole):.3f}")
print(f"cut out and centred:  {accuracy(cut):.3f}")
print(f"shifted by 6 pixels:  {accuracy(test.roll(6, dims=3)):.3f}")

# %% [markdown] tags=["zh"]
# 大约只剩猜测的水平。只是右移 6 个像素，别的不变，也一样。全连接网络给每个像素各配一组权重，换了位置就是换了输入。卷积网络好一些，也只受得住几个像素。
#
# 训练图是怎么做的，就照样做：MNIST 把数字缩到 20×20，再按质心放进 28×28；digits 填满画面。先裁出墨迹的外框，再缩放，再居中，次序不能换。
#
# ```python fixed
# --8<-- "dlnotes/clinic/own_digit.py:not-centred-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/own_digit.py:not-centred-check"
# ```

# %% [markdown] tags=["en"]
# Down to about guessing. A shift of 6 pixels to the right, with nothing else changed, does as much. A fully connected network has weights of its own for every pixel, so another place is another input. Convolutional networks do better, and still bear only a few pixels.
#
# Do what was done to the training images: MNIST scales a digit to 20×20 and sets it by its centre of mass into 28×28; the embedded digits fill the frame. Cut out the box of the ink, then scale, then centre, in that order.
#
# ```python fixed
# --8<-- "dlnotes/clinic/own_digit.py:not-centred-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/own_digit.py:not-centred-check"
# ```

# %% [markdown] tags=["zh"]
# ## `getdata()` 丢了形状，还要被删除 { #list-of-pixels }
#
# 许多旧教程先取出一个长列表，再变回数组。先猜：一张 100×100 的图，慢多少倍？
#
# ```python broken
# --8<-- "dlnotes/clinic/own_digit.py:list-of-pixels-broken"
# ```

# %% [markdown] tags=["en"]
# ## `getdata()` loses the shape, and is about to go { #list-of-pixels }
#
# Many old tutorials take out a long list and turn it back into an array. Guess first: for a picture of 100×100, how many times slower is that?
#
# ```python broken
# --8<-- "dlnotes/clinic/own_digit.py:list-of-pixels-broken"
# ```

# %%
import time
import warnings

picture, seconds = own_digit.photo(), {}
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for name, read in (("broken", own_digit.pixels_broken), ("fixed", own_digit.pixels_fixed)):
        start = time.perf_counter()
        for _ in range(20):
            shape = read(picture).shape
        seconds[name] = time.perf_counter() - start
        print(f"{name:7} {shape}")
for text in {str(w.message).split(" and ")[0] for w in caught}:
    print(text)

# %% [markdown] tags=["zh"]
# 这次慢了 {{ f"{seconds['broken'] / seconds['fixed']:.0f}" }} 倍：列表里每个像素都是一个 Python 对象。形状也丢了，行和列要自己再拼回去，`np.resize` 那样的错误就从这里来。
#
# `np.asarray(picture)` 直接读像素，形状是（高，宽），注意与 Pillow 的 `size`（宽，高）次序相反。
#
# ```python fixed
# --8<-- "dlnotes/clinic/own_digit.py:list-of-pixels-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/own_digit.py:list-of-pixels-check"
# ```

# %% [markdown] tags=["en"]
# This time it was {{ f"{seconds['broken'] / seconds['fixed']:.0f}" }} times slower: every pixel of the list is a Python object. The shape is gone too and has to be put together by hand, which is where mistakes like `np.resize` come from.
#
# `np.asarray(picture)` reads the pixels directly. Its shape is (height, width), the other way round than Pillow's `size` of (width, height).
#
# ```python fixed
# --8<-- "dlnotes/clinic/own_digit.py:list-of-pixels-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/own_digit.py:list-of-pixels-check"
# ```

# %% [markdown] tags=["zh"]
# ## 透明背景的 PNG 变成一片黑 { #transparent-ground }
#
# 黑笔画在透明的背景上，看图软件里清清楚楚。先猜：转成灰度后，笔画是几，背景是几？
#
# ```python broken
# --8<-- "dlnotes/clinic/own_digit.py:transparent-ground-broken"
# ```

# %% [markdown] tags=["en"]
# ## A PNG with a transparent background turns all black { #transparent-ground }
#
# A black stroke on a transparent background, clear in any viewer. Guess first: in grey, what value does the stroke get, and what value the ground?
#
# ```python broken
# --8<-- "dlnotes/clinic/own_digit.py:transparent-ground-broken"
# ```

# %%
for name, version in (("broken", own_digit.alpha_broken), ("fixed", own_digit.alpha_fixed)):
    grey = version(own_digit.stroke())
    print(f"{name:7} stroke {grey.getpixel((14, 14))}, ground {grey.getpixel((2, 2))}")

# %% [markdown] tags=["zh"]
# 透明的像素也有颜色，通常是黑色，只是没有画出来。`convert("L")` 扔掉透明度，笔画和背景就都是 0。自己先垫一张白纸，再转灰度。
#
# 调色板图片（模式 `P`）的透明色写在 `info["transparency"]` 里，先转成 `RGBA` 就一并处理了。
#
# ```python fixed
# --8<-- "dlnotes/clinic/own_digit.py:transparent-ground-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/own_digit.py:transparent-ground-check"
# ```

# %% [markdown] tags=["en"]
# Transparent pixels have a colour too, mostly black; it just is not drawn. `convert("L")` throws the transparency away, and stroke and ground are both 0. Put white paper under it first, then turn it grey.
#
# Pictures with a palette (mode `P`) keep their transparent colour in `info["transparency"]`; converting to `RGBA` first takes care of that as well.
#
# ```python fixed
# --8<-- "dlnotes/clinic/own_digit.py:transparent-ground-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/own_digit.py:transparent-ground-check"
# ```

# %% [markdown] tags=["zh"]
# ## 手机照片是横的：方向记在拍摄信息（EXIF）里 { #photo-on-its-side }
#
# 竖着拍的照片，40 高、20 宽，写着一个“1”。先猜：读进来的数组是什么形状？
#
# ```python broken
# --8<-- "dlnotes/clinic/own_digit.py:photo-on-its-side-broken"
# ```

# %% [markdown] tags=["en"]
# ## A phone's photo lies on its side: the direction is in EXIF { #photo-on-its-side }
#
# A photo taken upright, 40 high and 20 wide, of a 1. Guess first: what shape does the array have that is read?
#
# ```python broken
# --8<-- "dlnotes/clinic/own_digit.py:photo-on-its-side-broken"
# ```

# %% tags=["hide-input"] alt_zh="左：存储的样子，1 横躺着；右：按 EXIF 转正后，1 是竖的。" alt_en="Left, as stored, the 1 lies on its side; right, turned as EXIF says, the 1 stands."
images = [torch.from_numpy(read(own_digit.upright()).copy())[None] for read in (own_digit.exif_broken, own_digit.exif_fixed)]
figures.image_grid(images, ["stored", "turned"], columns=2)

# %% [markdown] tags=["zh"]
# 传感器总是横着读的。手机把像素照传感器的样子存，另写一个标记：显示时请转。看图软件照做，`Image.open` 不做。数字一横，7 像 1，6 和 9 也乱了。
#
# `ImageOps.exif_transpose` 读标记、转正、再抹掉标记。放在读图后的第一步，没有标记的图它原样返回。
#
# ```python fixed
# --8<-- "dlnotes/clinic/own_digit.py:photo-on-its-side-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/own_digit.py:photo-on-its-side-check"
# ```

# %% [markdown] tags=["en"]
# The sensor always reads in one direction. The phone stores pixels as the sensor gives them, with a note: turn before showing. Viewers do; `Image.open` does not. On its side, a 7 may look like anything.
#
# `ImageOps.exif_transpose` reads the note, turns the picture and removes the note. Make it the first step after opening; a picture without a note comes back as it is.
#
# ```python fixed
# --8<-- "dlnotes/clinic/own_digit.py:photo-on-its-side-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/own_digit.py:photo-on-its-side-check"
# ```

# %% [markdown] tags=["zh"]
# ## 16 位灰度图，亮处全变成 255 { #sixteen-bit-grey }
#
# 一张从黑到白均匀变化的图，16 位，值从 0 到 65535。先猜：`convert("L")` 之后还有几种灰？
#
# ```python broken
# --8<-- "dlnotes/clinic/own_digit.py:sixteen-bit-grey-broken"
# ```

# %% [markdown] tags=["en"]
# ## 16-bit grey: all that is bright becomes 255 { #sixteen-bit-grey }
#
# A picture that goes evenly from black to white in 16 bits, from 0 to 65535. Guess first: how many greys are left after `convert("L")`?
#
# ```python broken
# --8<-- "dlnotes/clinic/own_digit.py:sixteen-bit-grey-broken"
# ```

# %%
for name in ("broken", "fixed"):
    greys = cases["sixteen-bit-grey"].measure(name)
    print(f"{name:7} greys left: {greys:g}")

# %% [markdown] tags=["zh"]
# 这种转换不缩放，只截断：超过 255 的一律是 255，而 16 位的图里几乎全部超过。8 位图的习惯用到这里，就只剩白色。
#
# 先看 `picture.mode`：`L` 是 8 位灰度，`I;16` 是 16 位，`F` 是浮点。范围不明时，按文件的最大值缩放。
#
# ```python fixed
# --8<-- "dlnotes/clinic/own_digit.py:sixteen-bit-grey-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/own_digit.py:sixteen-bit-grey-check"
# ```

# %% [markdown] tags=["en"]
# This conversion does not scale, it cuts: whatever exceeds 255 becomes 255, and in 16 bits that is nearly all. A habit of 8-bit pictures leaves nothing but white.
#
# Look at `picture.mode` first: `L` is 8-bit grey, `I;16` is 16-bit, `F` holds floats. Where the range is not known, scale by the largest value in the file.
#
# ```python fixed
# --8<-- "dlnotes/clinic/own_digit.py:sixteen-bit-grey-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/own_digit.py:sixteen-bit-grey-check"
# ```
