# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "输出尺寸算错，边缘发暗，偶数核补不齐，等变说成不变，互相关当作卷积：卷积算术的病例。"
#       en: "Wrong output sizes, dark borders, even kernels that do not pad, equivariance taken for invariance, correlation for convolution: cases of the arithmetic of convolution."
#     covers: [E-64, E-62, E-63, E-67, E-60, E-61, E-70, E-68, E-37]
#     labels:
#       as it is: 原样
#       zeros: 补零
#       reflect: 镜像
#       stage: 阶段
#       weights of one layer: 一层的权重数
#       multiplications of one layer: 一层的乘法次数
# ---

# %% [markdown] tags=["zh"]
# # 卷积的算术 { #convolution-arithmetic }
#
# 卷积的公式不长，错却多半错在算术上：少一对括号，少一个下取整，把特例当成通例。**公式在你试过的那几个数上都对，就是对的吗？** 这一页的每个病例，都在某些数上碰巧是对的。

# %% [markdown] tags=["en"]
# # The arithmetic of convolution { #convolution-arithmetic }
#
# The formulas of convolution are short, and most mistakes are plain arithmetic: a missing pair of brackets, a missing floor, a special case taken for the rule. **If a formula is right for the numbers you tried, is it right?** Each case on this page happens to be right for some.

# %% tags=["remove-input"]
import torch
from torch import nn

from dlnotes import clinic, data, figures
from dlnotes.clinic import convolution

cases = clinic.kind("convolution")

# %% [markdown] tags=["zh"]
# ## 尺寸公式少了括号 { #brackets-of-the-size-formula }
#
# 笔记里写着：`28-5/1+1 = 24`，答案对。先猜：步幅改成 2，同一个式子给出几？torch 给出几？
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:brackets-of-the-size-formula-broken"
# ```

# %% [markdown] tags=["en"]
# ## The size formula without its brackets { #brackets-of-the-size-formula }
#
# Notes say `28-5/1+1 = 24`, and the answer is right. Guess first: at stride 2, what does this formula give, and what does torch give?
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:brackets-of-the-size-formula-broken"
# ```

# %%
print("broken:", [convolution.size_broken(28, 5, s, p) for s, p in ((1, 0), (2, 0), (2, 2))])
print("fixed: ", [convolution.size_fixed(28, 5, s, p) for s, p in ((1, 0), (2, 0), (2, 2))])
print("torch: ", [nn.Conv2d(1, 1, 5, s, p)(torch.zeros(1, 1, 28, 28)).shape[-1] for s, p in ((1, 0), (2, 0), (2, 2))])

# %% [markdown] tags=["zh"]
# 先乘除后加减，除以步幅的只有紧挨着的那个 5。步幅为 1 时除不除都一样，所以错误藏得住。完整的式子是
#
# $$ \left\lfloor \frac{n - k + 2p}{s} \right\rfloor + 1 $$
#
# 其中 $n$ 是输入的边长，$k$ 是核的边长，$p$ 是每边的填充，$s$ 是步幅，$\lfloor\ \rfloor$ 是下取整。有膨胀 $d$ 时，$k$ 换成 $d(k-1)+1$。推导见[卷积一页](../theory/convolution.py#size)。
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:brackets-of-the-size-formula-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:brackets-of-the-size-formula-check"
# ```

# %% [markdown] tags=["en"]
# Division goes before subtraction, so only the 5 next to it is divided by the stride. At stride 1 that changes nothing, and the mistake hides. The whole formula is
#
# $$ \left\lfloor \frac{n - k + 2p}{s} \right\rfloor + 1 $$
#
# where $n$ is the side of the input, $k$ that of the kernel, $p$ the padding on each side, $s$ the stride, and $\lfloor\ \rfloor$ rounds down. With dilation $d$, put $d(k-1)+1$ for $k$. [The page on convolution](../theory/convolution.py#size) derives it.
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:brackets-of-the-size-formula-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:brackets-of-the-size-formula-check"
# ```

# %% [markdown] tags=["zh"]
# ## $p=(k-1)/2$ 对偶数的核不成立 { #even-kernel-same-size }
#
# “想让大小不变，填充 $(k-1)/2$。”$k$ 是核的边长。先猜：核为 3、4、5、7，各得多大？
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:even-kernel-same-size-broken"
# ```

# %% [markdown] tags=["en"]
# ## $p=(k-1)/2$ does not hold for even kernels { #even-kernel-same-size }
#
# "To keep the size, pad $(k-1)/2$," where $k$ is the side of the kernel. Guess first: with kernels of 3, 4, 5 and 7, which sizes come out?
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:even-kernel-same-size-broken"
# ```

# %%
for name, convolve in (("broken", convolution.even_broken), ("fixed", convolution.even_fixed)):
    sides = {k: convolve(torch.zeros(1, 1, 28, 28), torch.zeros(1, 1, k, k)).shape[-1] for k in (3, 4, 5, 7)}
    print(f"{name:7}", sides)

# %% [markdown] tags=["zh"]
# 一共要补 $k-1$ 个像素。$k$ 是奇数时，两边各一半；$k$ 是偶数时分不匀，取整之后少一个，多补又多一个，两边对称就永远得不到 28。只能一边多补一个，torch 的 `padding="same"` 就是补在右边和下边。
#
# 这个公式还有两个没有说出来的条件：步幅为 1，膨胀为 1。所以几乎所有网络都用奇数的核。
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:even-kernel-same-size-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:even-kernel-same-size-check"
# ```

# %% [markdown] tags=["en"]
# In all $k-1$ pixels have to be added. For an odd $k$ that is half on each side; for an even $k$ it does not divide, and rounding gives one too few, or one too many: with equal padding 28 cannot be had. One side must get one more, and `padding="same"` of torch adds it at the right and below.
#
# The formula has two more conditions that go unsaid: stride 1 and dilation 1. This is why nearly all networks use odd kernels.
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:even-kernel-same-size-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:even-kernel-same-size-check"
# ```

# %% [markdown] tags=["zh"]
# ## `padding="same"` 不能与步幅 2 一起用 { #same-with-stride }
#
# “same”是什么意思？步幅是 2，大小当然不会一样。
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:same-with-stride-broken"
# ```

# %% [markdown] tags=["en"]
# ## `padding="same"` does not go with stride 2 { #same-with-stride }
#
# What should "same" mean at stride 2, when the size cannot be the same?
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:same-with-stride-broken"
# ```

# %% tags=["broken", "raises-exception"]
convolution.strided_broken()

# %% [markdown] tags=["zh"]
# TensorFlow 的约定是输出 $\lceil n/s\rceil$，$n$ 是边长，$s$ 是步幅，该补多少随 $n$ 变，而且常常左少右多。torch 不猜，要你自己写。奇数的核用 `padding=(k-1)//2` 就得到同样的大小；可是补的位置与 TensorFlow 不同，边长为偶数时，搬过来的**权重**会错开输入的一个像素。要完全一致，先用 `F.pad` 在右边和下边多补，再做不带填充的卷积。
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:same-with-stride-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:same-with-stride-check"
# ```

# %% [markdown] tags=["en"]
# In TensorFlow it means an output of $\lceil n/s\rceil$, with $n$ the side and $s$ the stride; how much is padded varies with $n$, often less on the left than on the right. torch does not guess and leaves it to you. For odd kernels `padding=(k-1)//2` gives the same size; but the padding sits elsewhere than TensorFlow's, so with an even side, **weights** taken over look one input pixel off. To match exactly, pad right and below with `F.pad` and convolve without padding.
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:same-with-stride-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:same-with-stride-check"
# ```

# %%
convolution.strided_fixed()(torch.zeros(1, 1, 28, 28)).shape

# %% [markdown] tags=["zh"]
# ## “same” 填充并不是“不丢边缘信息” { #dark-border }
#
# 一张全白的图，值都是 1，取 5×5 的平均，再补零到原来的大小。先猜：中央、边上、角上各是多少？
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:dark-border-broken"
# ```

# %% [markdown] tags=["en"]
# ## "Same" padding does not "lose nothing at the border" { #dark-border }
#
# An all-white picture of ones; take means of 5×5, padding with zeros to keep the size. Guess first: what comes out in the middle, at an edge, in a corner?
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:dark-border-broken"
# ```

# %%
layer = convolution.border_broken()
nn.init.constant_(layer.weight, 1 / 25)
with torch.no_grad():
    white = layer(torch.ones(1, 1, 28, 28))[0, 0]
print(f"middle {white[14, 14]:.2f}, edge {white[0, 14]:.2f}, corner {white[0, 0]:.2f}")

# %% tags=["hide-input"] alt_zh="一张数字连同浅色背景取平均：补零的四周有一圈暗边，镜像填充没有。" alt_en="Means of a digit on a light ground: with zeros there is a dark frame all around, with reflection there is none."
picture = data.load("digits").train.images[:1].float() * 0.5 + 128
blurred = []
for make in (convolution.border_broken, convolution.border_fixed):
    layer = make()
    nn.init.constant_(layer.weight, 1 / 25)
    blurred.append(layer(picture).detach())
figures.image_grid(torch.cat([picture, *blurred]).to(torch.uint8), ["as it is", "zeros", "reflect"], columns=3)

# %% [markdown] tags=["zh"]
# 角上的窗口里只有 9 个像素是图，其余 16 个是补的零，所以是 $9/25=0.36$。大小保住了，边缘的数值却掺了水；层数一多，暗边一圈一圈往里走。不填充时边缘的像素参与得少，补零时它们与零混在一起，两种都有损失。
#
# 镜像填充用图自己的像素，代价是边缘的内容重复一遍（[四种填充](../theory/channels.py#padding-modes)放在一起比较过）。多数分类网络仍然补零，暗边反倒给了网络一点“我在哪里”的线索。[卷积一页](../theory/convolution.py#border)画出了它。
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:dark-border-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:dark-border-check"
# ```

# %% [markdown] tags=["en"]
# In a corner only 9 pixels of the window are picture and 16 are added zeros, hence $9/25=0.36$. The size is kept, the values at the border are watered down, and with every layer the dark frame moves further in. Without padding, border pixels take part in fewer windows; with zeros they are mixed with nothing. Both lose something.
#
# Reflection uses the picture's own pixels, at the price of repeating what is at the border ([four ways to pad](../theory/channels.py#padding-modes) are set side by side). Most classifiers stay with zeros, and the dark frame even tells the network a little about where it is. [The page on convolution](../theory/convolution.py#border) draws it.
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:dark-border-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:dark-border-check"
# ```

# %% [markdown] tags=["zh"]
# ## 平均池化把补的零也算进了平均 { #pooling-counts-padding }
#
# 全是 1 的图取 3×3 平均，填充 1。先猜：角上是 1，还是 $4/9$？
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:pooling-counts-padding-broken"
# ```

# %% [markdown] tags=["en"]
# ## Average pooling counts the padding { #pooling-counts-padding }
#
# Means of 3×3 over a picture of ones, with padding 1. Guess first: is the corner 1, or $4/9$?
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:pooling-counts-padding-broken"
# ```

# %%
for name in ("broken", "fixed"):
    corner = cases["pooling-counts-padding"].measure(name)
    print(f"{name:7} corner: {corner:.3f}")

# %% [markdown] tags=["zh"]
# `count_include_pad` 默认是 `True`：总是除以 9，补的零也算数。Inception 一类的网络里有带填充的平均池化，照着论文复现时，差别就在这个参数上。最大池化补的是负无穷，没有这个问题。
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:pooling-counts-padding-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:pooling-counts-padding-check"
# ```

# %% [markdown] tags=["en"]
# `count_include_pad` is `True` by default: always divide by 9, added zeros included. Networks like Inception have average pooling with padding, and when rebuilding one this argument is where the difference lies. Max pooling pads with minus infinity and has no such problem.
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:pooling-counts-padding-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:pooling-counts-padding-check"
# ```

# %% [markdown] tags=["zh"]
# ## 池化太多次，图没了 { #pooled-away }
#
# “池化让大小减半。”28 减半五次是多少？
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:pooled-away-broken"
# ```

# %% [markdown] tags=["en"]
# ## Pooled until nothing is left { #pooled-away }
#
# "Pooling halves the size." What is 28 halved five times?
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:pooled-away-broken"
# ```

# %% tags=["broken", "raises-exception"]
convolution.pools_broken()(torch.zeros(1, 1, 28, 28))

# %% [markdown] tags=["zh"]
# “减半”要说全：**每条边**减半并**下取整**，面积变成四分之一。28 → 14 → 7 → 3 → 1，从 7 到 3 丢掉了一行一列，1 再减半就没有了。
#
# 小图用在大网络上，要么去掉前面几次缩小，要么先把图放大。`dlnotes` 里名字带 `_small` 的模型就是这样改的。`ceil_mode=True` 改成上取整，不丢边缘的一行，却也不会让图凭空变大；见[池化一页](../theory/pooling.py#size)。
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:pooled-away-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:pooled-away-check"
# ```

# %% [markdown] tags=["en"]
# "Halves" leaves something out: **each side** is halved and **rounded down**, and the area becomes a quarter. 28 → 14 → 7 → 3 → 1; from 7 to 3 a row and a column are lost, and 1 halved is nothing.
#
# For small images in a large network, drop some of the early reductions or enlarge the images. Models of `dlnotes` whose names end in `_small` are changed in this way. `ceil_mode=True` rounds up, which keeps the last row but does not make an image any larger; see [the page on pooling](../theory/pooling.py#size).
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:pooled-away-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:pooled-away-check"
# ```

# %%
sizes = [28]
while sizes[-1] > 1:
    sizes.append(nn.MaxPool2d(2)(torch.zeros(1, 1, sizes[-1], sizes[-1])).shape[-1])
print(sizes)

# %% [markdown] tags=["zh"]
# ## 转置卷积没有回到原来的大小 { #not-quite-back }
#
# 卷积：核 3，步幅 2，填充 1，28 变成 14。转置卷积用同样的三个数，走回来。先猜：走回 28 吗？
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:not-quite-back-broken"
# ```

# %% [markdown] tags=["en"]
# ## A transposed convolution that does not come back { #not-quite-back }
#
# A convolution with kernel 3, stride 2 and padding 1 turns 28 into 14. A transposed convolution with the same three numbers goes back. Guess first: to 28?
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:not-quite-back-broken"
# ```

# %%
maps = nn.Conv2d(1, 8, 3, stride=2, padding=1)(torch.zeros(1, 1, 28, 28))
for name, make in (("broken", convolution.back_broken), ("fixed", convolution.back_fixed)):
    print(f"{name:7} 28 → {maps.shape[-1]} → {make()(maps).shape[-1]}")

# %% [markdown] tags=["zh"]
# 步幅 2 的卷积把 27 和 28 都变成 14，下取整丢掉了差别，所以走回来有两个答案。torch 取小的那个；`output_padding=1` 表示要大的那个。它不是在输出外面补零，只是多算一行一列。
#
# 也可以在调用时直接说：`layer(maps, output_size=(28, 28))`。
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:not-quite-back-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:not-quite-back-check"
# ```

# %% [markdown] tags=["en"]
# At stride 2 both 27 and 28 become 14; rounding down loses the difference, so the way back has two answers. torch takes the smaller, and `output_padding=1` asks for the larger. It adds no zeros around the output, it computes one more row and column.
#
# One can also say it in the call: `layer(maps, output_size=(28, 28))`.
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:not-quite-back-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:not-quite-back-check"
# ```

# %% [markdown] tags=["zh"]
# ## `torch` 的卷积与 `np.convolve` 结果相反 { #correlation-not-convolution }
#
# 信号 `[0, 0, 1, 0]`，核 `[0, 0, 1]`。先猜：两种“卷积”各得到什么？
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:correlation-not-convolution-broken"
# ```

# %% [markdown] tags=["en"]
# ## Convolution in `torch` and `np.convolve` disagree { #correlation-not-convolution }
#
# A signal of `[0, 0, 1, 0]` and a kernel of `[0, 0, 1]`. Guess first: what do the two "convolutions" give?
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:correlation-not-convolution-broken"
# ```

# %%
import numpy as np

signal, kernel = np.array([0.0, 0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])
print("np.convolve: ", convolution.flip_broken(signal, kernel))
print("np.correlate:", convolution.flip_fixed(signal, kernel))
print("torch:       ", torch.conv1d(torch.tensor(signal)[None, None], torch.tensor(kernel)[None, None]).flatten().numpy())

# %% [markdown] tags=["zh"]
# 数学里的卷积先把核翻转，再滑动相乘；深度学习的“卷积”不翻，严格说是互相关。核是学出来的，翻不翻只是换一种编号，所以没有人在意；对称的核也看不出来。只有把别处写好的卷积核搬进来，或者与别的软件核对时，才需要翻转：二维用 `kernel.flip(-1, -2)`。
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:correlation-not-convolution-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:correlation-not-convolution-check"
# ```

# %% [markdown] tags=["en"]
# Convolution in mathematics turns the kernel around before it slides and multiplies. The "convolution" of deep learning does not, and is cross-correlation, strictly speaking. As kernels are learnt, turning them only numbers them differently, so nobody minds, and a symmetric kernel does not show it. Only when you take over a filter made elsewhere, or check against other software, must it be turned: in two dimensions by `kernel.flip(-1, -2)`.
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:correlation-not-convolution-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:correlation-not-convolution-check"
# ```

# %% [markdown] tags=["zh"]
# ## “结果不受位置影响”：等变说成了不变 { #equivariance-not-invariance }
#
# “权重共享让结果不受位置影响。”先猜：图右移 3 格，卷积的输出不变，还是也右移 3 格？
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:equivariance-not-invariance-broken"
# ```

# %% [markdown] tags=["en"]
# ## "Position does not matter": equivariance taken for invariance { #equivariance-not-invariance }
#
# "Weight sharing makes the result independent of position." Guess first: shift the image by 3 pixels, and is the output of a convolution the same, or shifted by 3 as well?
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:equivariance-not-invariance-broken"
# ```

# %%
for name in ("broken", "fixed"):
    difference = cases["equivariance-not-invariance"].measure(name)
    print(f"{name:7} largest difference: {difference:.1e}")

# %% [markdown] tags=["zh"]
# 输出跟着移，这叫**等变**。位置没有丢，检测和分割正靠它。**不变**是另一个性质：移了也一样，它来自池化，尤其是最后的全局池化，而且只是近似的；后面若是展平加全连接，位置又有了自己的权重。
#
# 权重共享的好处因此是两条：权重少，以及一处学会、处处会用。“保留局部信息”是局部连接的功劳，与共享无关。[卷积一页](../theory/convolution.py#equivariance)量过移动一格、两格时各变多少。
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:equivariance-not-invariance-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:equivariance-not-invariance-check"
# ```

# %% [markdown] tags=["en"]
# The output shifts along: that is **equivariance**. Position is not lost, and detection and segmentation live on it. **Invariance** is another property, the same in spite of a shift; it comes from pooling, above all from global pooling at the end, and only roughly. With flattening and a fully connected layer, position gets weights of its own again.
#
# So weight sharing is good for two things: few weights, and what is learnt in one place is known in all. "Keeping local information" is due to local connection and has nothing to do with sharing. [The page on convolution](../theory/convolution.py#equivariance) measures what a shift changes.
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:equivariance-not-invariance-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:equivariance-not-invariance-check"
# ```

# %% [markdown] tags=["zh"]
# ## 局部连接不等于卷积：没有共享，权重多几百倍 { #local-without-sharing }
#
# 28×28 的图变成 6 张 24×24 的特征图，三种层都做得到。先猜：各有多少参数？
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:local-without-sharing-broken"
# ```

# %% [markdown] tags=["en"]
# ## Local connection is not convolution: without sharing there are hundreds of times the weights { #local-without-sharing }
#
# From a 28×28 image to 6 maps of 24×24: three kinds of layer can do it. Guess first: how many parameters does each have?
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:local-without-sharing-broken"
# ```

# %%
local = convolution.LocallyConnected(28, 6, 5)
print(f"convolution, shared:        {sum(p.numel() for p in nn.Conv2d(1, 6, 5).parameters()):>9,}")
print(f"locally connected, unshared:{sum(p.numel() for p in local.parameters()):>9,}")
print(f"fully connected:            {784 * 6 * 24 * 24 + 6 * 24 * 24:>9,}")

# %% [markdown] tags=["zh"]
# 全连接到局部连接，省在每个输出只看 25 个像素；局部连接到卷积，省在 $24\times24=576$ 个位置共用一套权重。两步都叫“稀疏”就分不清了：前一步是**局部连接**，后一步才是**权重共享**。
#
# 局部连接层确有其用：每个位置的内容本来就不同，比如对齐过的人脸。[感受野一页](../theory/receptive-field.py#local-and-shared)把两者拆开来看。
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:local-without-sharing-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:local-without-sharing-check"
# ```

# %% [markdown] tags=["en"]
# From fully to locally connected, the saving is that each output sees 25 pixels only; from there to convolution, that $24\times24=576$ places share one set of weights. Calling both steps "sparse" blurs them: the first is **local connection**, the second is **weight sharing**.
#
# Locally connected layers have their use where each place holds something else, as in aligned faces. [The page on receptive fields](../theory/receptive-field.py#local-and-shared) takes the two apart.
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:local-without-sharing-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:local-without-sharing-check"
# ```

# %% [markdown] tags=["zh"]
# ## “用两个 3×3 代替 7×7”：感受野不够 { #three-threes }
#
# VGG 用几个 3×3 代替一个大核。有的笔记里星号被网页吃掉，只剩“(33) 代替 (77)”，到底几个换几个就不清楚了。先猜：两个 3×3 看得见多大的区域？三个呢？
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:three-threes-broken"
# ```

# %% [markdown] tags=["en"]
# ## "Two 3×3 in place of one 7×7": the receptive field is too small { #three-threes }
#
# VGG takes several 3×3 in place of one large kernel. In some notes the web page ate the asterisks, leaving "(33) for (77)", and nobody can tell how many replace what. Guess first: how far do two 3×3 see? And three?
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:three-threes-broken"
# ```

# %%
for count in (1, 2, 3):
    net = nn.Sequential(*[nn.Conv2d(1, 1, 3, bias=False) for _ in range(count)])
    print(f"{count} × 3×3: sees {convolution.receptive_side(net)} pixels, weights with 64 channels: {count * 9 * 64 * 64:,}")
print(f"1 × 5×5: weights {25 * 64 * 64:,}; 1 × 7×7: weights {49 * 64 * 64:,}")

# %% [markdown] tags=["zh"]
# 每多一层 3×3，两边各多看一个像素：$L$ 层看 $2L+1$。所以两个代替 5×5，三个才代替 7×7。权重分别是 $18C^2$ 对 $25C^2$，$27C^2$ 对 $49C^2$，其中 $C$ 是通道数。权重少了，中间还多出非线性。
#
# 这里量感受野用的是梯度：哪些输入像素的梯度不为 0，输出就依赖哪些像素。不用公式，什么网络都能量。公式在[感受野一页](../theory/receptive-field.py#stacking)。
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:three-threes-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:three-threes-check"
# ```

# %% [markdown] tags=["en"]
# Each further 3×3 sees one more pixel on either side: $L$ layers see $2L+1$. So two replace a 5×5, and it takes three for a 7×7. The weights are $18C^2$ against $25C^2$ and $27C^2$ against $49C^2$, where $C$ is the number of channels: fewer weights, and a non-linearity in between.
#
# The receptive field was measured by gradients: an output depends on those input pixels whose gradient is not 0. It needs no formula and works for any network; the formula is [on the page on receptive fields](../theory/receptive-field.py#stacking).
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:three-threes-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:three-threes-check"
# ```

# %% [markdown] tags=["zh"]
# ## “VGG 各层参数一样多”：计算量相近，参数却翻四倍 { #weights-four-times }
#
# VGG 每一段先池化，边长减半，再把通道加倍。有一种说法是“大多数层的参数和计算量都一样”。先猜：哪一半是对的？
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:weights-four-times-broken"
# ```

# %% [markdown] tags=["en"]
# ## "All layers of VGG have equally many parameters": work is equal, weights go up fourfold { #weights-four-times }
#
# Each stage of VGG pools, halving the side, and then doubles the channels. It is said that "most layers have the same number of parameters and the same work". Guess first: which half of this is true?
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:weights-four-times-broken"
# ```

# %%
import pandas as pd

stages = [(64, 224), (128, 112), (256, 56), (512, 28), (512, 14)]
rows = [[f"{c} @ {side}×{side}", f"{c * c * 9:,}", f"{c * c * 9 * side * side / 1e9:.2f} · 10⁹"] for c, side in stages]
pd.DataFrame(rows, columns=["stage", "weights of one layer", "multiplications of one layer"])

# %% [markdown] tags=["zh"]
# 计算量那一半对：通道加倍使乘法变四倍，面积减到四分之一，正好抵消。参数与面积无关，只有“变四倍”，没有抵消：从第一段到第四段，一层的权重多了 64 倍。最后一段通道不再加倍，计算量反而降到四分之一。
#
# 所以卷积网络里，前面的层耗时间、耗显存，后面的层占参数。
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:weights-four-times-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:weights-four-times-check"
# ```

# %% [markdown] tags=["en"]
# The half about work is true: doubled channels make four times the multiplications, a quarter of the area takes that back. Weights know nothing of area, so for them it is four times with nothing to take back: from the first stage to the fourth, the weights of a layer grow 64-fold. In the last stage channels no longer double, and the work falls to a quarter.
#
# So in a convolutional network the early layers cost time and memory, and the late ones hold the parameters.
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:weights-four-times-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:weights-four-times-check"
# ```

# %% [markdown] tags=["zh"]
# ## 两个卷积之间没有激活，等于一个卷积 { #convolutions-without-activation }
#
# 两个 5×5 的卷积叠在一起，中间什么也没有。先猜：它能做一个 9×9 的卷积做不到的事吗？
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:convolutions-without-activation-broken"
# ```

# %% [markdown] tags=["en"]
# ## Two convolutions without an activation are one { #convolutions-without-activation }
#
# Two convolutions of 5×5 in a row, with nothing in between. Guess first: can they do anything that one of 9×9 cannot?
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:convolutions-without-activation-broken"
# ```

# %%
torch.manual_seed(0)
images, other = torch.randn(2, 1, 1, 28, 28)
pairs = {"two convolutions": convolution.linear_broken(), "with ReLU": convolution.linear_fixed()}
pairs["with max pooling"] = nn.Sequential(pairs["two convolutions"][0], nn.MaxPool2d(2), pairs["two convolutions"][1])
with torch.no_grad():
    for name, net in pairs.items():
        print(f"{name:17} f(a + b) - f(a) - f(b): {(net(images + other) - net(images) - net(other)).abs().max():.1e}")

# %% [markdown] tags=["zh"]
# 线性映射接线性映射还是线性映射，差别只在舍入误差的大小：它就是一个 9×9 的卷积，还多花了参数。放上 ReLU，可加性没有了，网络才有了新东西。
#
# 别把话说过头：只忘了激活、却有**最大池化**的网络并不是线性的，最大值本身就是非线性。在 digits 这样的小任务上，这种网络的准确率与有 ReLU 的相差无几，所以准确率发现不了这个错误，可加性才发现得了。
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:convolutions-without-activation-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:convolutions-without-activation-check"
# ```

# %% [markdown] tags=["en"]
# A linear map after a linear map is a linear map, to within rounding: this is one convolution of 9×9, at the price of more parameters. With ReLU, additivity is gone, and the network gains something.
#
# Do not say too much: a network that forgot its activations and has **max pooling** is not linear, for a maximum is not. On a small task such as the digits its accuracy is about that of a network with ReLU, so accuracy will not find the mistake; additivity does.
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:convolutions-without-activation-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:convolutions-without-activation-check"
# ```

# %% [markdown] tags=["zh"]
# ## 批量归一化前面的偏置是摆设 { #bias-before-normalization }
#
# 把卷积的每个偏置都加 5。先猜：批量归一化之后，输出变多少？
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:bias-before-normalization-broken"
# ```

# %% [markdown] tags=["en"]
# ## A bias ahead of batch normalization is idle { #bias-before-normalization }
#
# Add 5 to every bias of the convolution. Guess first: by how much does the output change after batch normalization?
#
# ```python broken
# --8<-- "dlnotes/clinic/convolution.py:bias-before-normalization-broken"
# ```

# %%
for name in ("broken", "fixed"):
    count = cases["bias-before-normalization"].measure(name)
    print(f"{name:7} numbers without any say: {count:g}")

# %% [markdown] tags=["zh"]
# 归一化先减去通道的均值，偏置恰好就在均值里，加多少减多少。它没有害处，只是白占参数和时间，还会在“哪些参数没有梯度”的检查里报出来。平移的事由归一化自己的 β 来做，所以写 `bias=False`；本包的 ResNet 和 DenseNet 都是这样。
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:bias-before-normalization-fixed"
# ```
#
# 本可以发现它的测试：
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:bias-before-normalization-check"
# ```

# %% [markdown] tags=["en"]
# Normalization first subtracts the mean of the channel, and the bias is part of that mean: whatever is added is taken away. It does no harm; it costs parameters and time, and turns up in every check for parameters without gradient. The shift is the task of β in the normalization, so write `bias=False`, as ResNet and DenseNet of this package do.
#
# ```python fixed
# --8<-- "dlnotes/clinic/convolution.py:bias-before-normalization-fixed"
# ```
#
# The test that would have caught it:
#
# ```python
# --8<-- "dlnotes/clinic/convolution.py:bias-before-normalization-check"
# ```
