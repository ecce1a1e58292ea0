# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "评价指标：准确率在什么时候骗人，混淆矩阵，精确率与召回率，判定阈值，ROC 与 PR 曲线，宏平均，top-k，置信度与校准，交并比；每个都从头写，并与 scikit-learn 核对。"
#       en: "Metrics: when accuracy misleads, the confusion matrix, precision and recall, thresholds, ROC and precision–recall curves, macro averages, top-k, confidence and calibration, IoU; each from scratch and checked against scikit-learn."
#     covers: []
#     labels:
#       program A: 程序甲
#       program B: 程序乙
#       "not an 8": 不是 8
#       "an 8": 是 8
#       precision: 精确率
#       recall: 召回率
#       "F1": F1
#       cost on validation: 验证集上的代价
#       cost on test: 测试集上的代价
#       habit: 习惯
#       chosen on validation: 在验证集上选
#       by theory: 按理论
#       share: 比例
#       "always \"yes\"": "总说“是”"
#       ten digits: 十个数字
#       "is it an 8? program A": "是不是 8：程序甲"
#       "is it an 8? program B": "是不是 8：程序乙"
#       false positive rate: 假阳性率
#       "as it is": 原样
#       "ten times the other digits": 其余数字多十倍
#       guessing: 瞎猜
#       top-k: top-k
#       "confidence": 置信度
#       share that is right: 答对的比例
#       bins: 箱数
#       "before scaling": 缩放之前
#       "after scaling": 缩放之后
#       macro average of F1: F1 的宏平均
#       micro average of F1: F1 的微平均
#       "shifted by a tenth": 移动十分之一
#       "shifted by a quarter": 移动四分之一
# ---

# %% [markdown] tags=["zh"]
# # 评价指标：哪个数说明模型好不好 { #metrics }
#
# 任务很简单：图片里写的是不是 8？两个程序，同样的测试图片：

# %% [markdown] tags=["en"]
# # Metrics: which number tells whether a model is good? { #metrics }
#
# The task is simple: does the picture show an 8? Two programs, the same test images:

# %% tags=["hide-input"]
import pandas as pd
import torch
from torch import nn
from torch.nn import functional as F

from dlnotes import data, figures, training

splits = data.load("digits")
parts = (splits.train, splits.validation, splits.test)
images, labels = torch.cat([part.images for part in parts]), torch.cat([part.labels for part in parts])
order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
# Few images to learn from, so that mistakes are made; many to measure on, so that they can be counted.
train, validation, test = order[:300], order[300:800], order[800:]
x = training.Normalization.of(images[train]).apply(images).flatten(1)


def learn(net, loss, epochs, lr, train=train):
    """Train and return the outputs for all images, float64."""
    optimizer = torch.optim.AdamW(net.parameters(), lr=lr, weight_decay=0.0)
    for _ in range(epochs):
        for index in train[torch.randperm(len(train))].split(50):
            optimizer.zero_grad()
            loss(net(x[index]), index).backward()
            optimizer.step()
    with torch.no_grad():
        return net(x).double()


training.seed_everything(0)
eight = labels == 8
outputs = learn(nn.Linear(784, 1), lambda z, index: F.binary_cross_entropy_with_logits(z[:, 0], eight[index].float()), 30, 1e-3)
score = outputs[:, 0].sigmoid()                       # the probability of an 8 that program B gives, (N,)
truth, says_b = eight[test], score[test] > 0.5
says_a = torch.zeros_like(truth)


def accuracy(says):
    return (says == truth).double().mean().item()


pd.DataFrame({"test accuracy": [f"{accuracy(says):.1%}" for says in (says_a, says_b)]}, index=["program A", "program B"])

# %% [markdown] tags=["zh"]
# 两个都过了九成，乙好一点。**先猜：甲是个什么样的程序？**
#
# 甲只有一行：`return False`。它从来不说“是 8”，一个 8 也找不出来。
#
# ## 准确率为什么不够 { #accuracy }
#
# {{ len(test) }} 张测试图片里只有 {{ int(truth.sum()) }} 张是 8。一类远多于另一类，叫**类别不平衡**。这时总猜多的那一类，准确率就是那一类的比例，{{ f"{accuracy(says_a):.1%}" }}。任何成绩都应当先和它比：乙真正的进步，是从 {{ f"{accuracy(says_a):.1%}" }} 到 {{ f"{accuracy(says_b):.1%}" }}。换成**错误率**，也就是 1 减去准确率，更看得清：从 {{ f"{1 - accuracy(says_a):.1%}" }} 降到 {{ f"{1 - accuracy(says_b):.1%}" }}。
#
# 像准确率这样给人看、用来判断模型好坏的数，叫**评价指标**。它和损失分工不同：损失要可导，用来训练；指标要说得清好坏，用来选模型、作报告。类别越不平衡，一个指标越不够用。疾病筛查、诈骗识别、零件缺陷，正样本常常不到百分之一，那时甲的准确率超过 99%。训练时怎样补救，见[类别不平衡](splits.py#imbalance)。
#
# ## 混淆矩阵：四种结局 { #confusion }
#
# 别急着合成一个数，先把四种结局分开数：

# %% [markdown] tags=["en"]
# Both are above nine tenths, B a little higher. **Guess: what kind of program is A?**
#
# A is a single line, `return False`. It never says "an 8", and finds not one of them.
#
# ## Why accuracy is not enough { #accuracy }
#
# Of {{ len(test) }} test images only {{ int(truth.sum()) }} show an 8. One class far larger than the other is called **class imbalance**. Whoever always names the larger class then has its share as accuracy, {{ f"{accuracy(says_a):.1%}" }}. Compare any score with that first: what B really gained is the way from {{ f"{accuracy(says_a):.1%}" }} to {{ f"{accuracy(says_b):.1%}" }}. The **error rate**, 1 minus the accuracy, shows it better: down from {{ f"{1 - accuracy(says_a):.1%}" }} to {{ f"{1 - accuracy(says_b):.1%}" }}.
#
# A number like accuracy, by which people judge a model, is a **metric**. Its job differs from that of a loss: a loss must be differentiable and serves to train; a metric must say what is good and serves to choose and to report. The more unequal the classes, the less a single metric is enough. In screening for a disease, in fraud, in faulty parts, positives are often below one percent, and A would have an accuracy above 99%. What training can do about it: [class imbalance](splits.py#imbalance).
#
# ## The confusion matrix: four outcomes { #confusion }
#
# Before making one number of it, count the four outcomes apart:

# %%
def outcomes(says, truth):
    """Return TP, FP, FN, TN."""
    return tuple(
        int(n.sum())
        for n in (says & truth, says & ~truth, ~says & truth, ~says & ~truth)
    )


tp, fp, fn, tn = outcomes(says_b, truth)

# %% tags=["hide-input"] alt_zh="程序乙的混淆矩阵，两行两列：行是真实，列是预测。不是 8 的大多说对，少数误报；是 8 的有一部分漏掉。" alt_en="The confusion matrix of program B, two rows for the truth and two columns for the prediction: most of what is no 8 is right, with a few false alarms; of the 8s some are missed."
figures.confusion_matrix([[tn, fp], [fn, tp]], ["not an 8", "an 8"])

# %% [markdown] tags=["zh"]
# 这就是**混淆矩阵**：行是真实类别，列是预测类别。把“是 8”当作正，四个格子各有名字：
#
# - **真阳性** $TP$：是 8，也说是 8，{{ tp }} 张。
# - 假阳性 $FP$：不是 8 却说是，误报，{{ fp }} 张。
# - 假阴性 $FN$：是 8 却说不是，漏报，{{ fn }} 张。
# - 真阴性 $TN$：不是 8，也说不是，{{ tn }} 张。
#
# 记法：后两个字是**程序说了什么**，第一个字是**说得对不对**。甲的 $TP$ 是 0，两种程序的差别一下就出来了。
#
# ## 精确率、召回率、F1 { #precision-recall }
#
# 四个数里，真阴性往往多得没有意思。把它放在一边，问两个问题：
#
# - 程序说“是 8”时，有多大比例说对？这是**精确率**，$P=\dfrac{TP}{TP+FP}$。
# - 真正的 8，有多大比例找了出来？这是**召回率**，$R=\dfrac{TP}{TP+FN}$。
#
# 误报多，精确率低；漏报多，召回率低。两者各自都能作弊：只在最有把握的一张上说“是”，精确率多半是 100%；张张都说“是”，召回率一定是 100%。所以要一起看。一定要合成一个数时，用**F1 值**，即两者的调和平均：
#
# $$ F_1=\frac{2PR}{P+R}=\frac{2\,TP}{2\,TP+FP+FN} $$
#
# 为什么不用算术平均？张张都说“是”的程序，召回率 100%，精确率只有正样本的比例，算术平均仍过半；调和平均更靠近小的那个，两者缺一不可。

# %% [markdown] tags=["en"]
# This is the **confusion matrix**: a row for each true class, a column for each predicted one. Call "an 8" positive, and each cell has a name:
#
# - **True positive**, $TP$: an 8 and called one, {{ tp }} images.
# - False positive, $FP$: no 8 but called one, a false alarm, {{ fp }} images.
# - False negative, $FN$: an 8 but not called one, a miss, {{ fn }} images.
# - True negative, $TN$: no 8 and not called one, {{ tn }} images.
#
# How to remember: the second word is **what the program said**, the first **whether that was right**. For A, $TP$ is 0, and the difference between the programs is plain.
#
# ## Precision, recall, F1 { #precision-recall }
#
# Of the four numbers the true negatives are often too many to be of interest. Put them aside and ask two questions:
#
# - When the program says "an 8", how often is that right? This is **precision**, $P=\dfrac{TP}{TP+FP}$.
# - Of the real 8s, how many were found? This is **recall**, $R=\dfrac{TP}{TP+FN}$.
#
# False alarms lower precision, misses lower recall. Each can be cheated: say "yes" to the one surest image only, and precision is most likely 100%; say "yes" to all, and recall is certainly 100%. So look at both. If it must be one number, take the **F1 score**, their harmonic mean:
#
# $$ F_1=\frac{2PR}{P+R}=\frac{2\,TP}{2\,TP+FP+FN} $$
#
# Why not the arithmetic mean? A program that always says "yes" has recall 100% and the share of positives as precision, and its arithmetic mean is still above one half. The harmonic mean stays near the smaller of the two.

# %%
from sklearn import metrics as reference


def precision_recall_f1(says, truth):
    tp, fp, fn, _ = outcomes(says, truth)
    precision = tp / (tp + fp) if tp + fp else 0.0  # 0 for who never says "yes"
    recall = tp / (tp + fn) if tp + fn else 0.0
    return precision, recall, 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0


def same(ours, theirs):
    """Tell whether two numbers, or all of two lists, agree within 1e-12."""
    ours, theirs = (torch.as_tensor(v, dtype=torch.float64) for v in (ours, theirs))
    return torch.allclose(ours, theirs, rtol=0, atol=1e-12)


everything = torch.ones_like(truth)
rows = {"program A": says_a, "program B": says_b, 'always "yes"': everything}
table = {
    name: (accuracy(says), *precision_recall_f1(says, truth))
    for name, says in rows.items()
}
for name, says in rows.items():
    theirs = reference.precision_recall_fscore_support(
        truth, says, average="binary", zero_division=0
    )
    assert same(table[name][1:], theirs[:3])
pd.DataFrame(table, index=["accuracy", "precision", "recall", "F1"]).T.map(
    "{:.1%}".format
)

# %% [markdown] tags=["zh"]
# 准确率最高的乙，说“是 8”时有 {{ f'{table["program B"][1]:.0%}' }} 说对，真正的 8 找出了 {{ f'{table["program B"][2]:.0%}' }}。甲的 F1 是 0。断言把每个数都和 scikit-learn 核对过，这一页后面的每个指标也一样。
#
# ## 判定阈值：0.5 从哪里来 { #threshold }
#
# 乙输出的其实是概率，超过 0.5 才说“是”。这个界限叫**判定阈值**，0.5 只是习惯。**先猜：把它降到 0.2，精确率和召回率各往哪边走？**

# %% [markdown] tags=["en"]
# B, with the highest accuracy, is right {{ f'{table["program B"][1]:.0%}' }} of the time when it says "an 8", and finds {{ f'{table["program B"][2]:.0%}' }} of the 8s. A has an F1 of 0. The assertion holds every number against scikit-learn's, and so it is with each metric on this page.
#
# ## The decision threshold: why 0.5? { #threshold }
#
# What B really gives is a probability, and it says "yes" above 0.5. That limit is the **decision threshold**, and 0.5 is mere habit. **Guess: lower it to 0.2, and which way do precision and recall go?**

# %%
thresholds = torch.linspace(0.02, 0.9, 45, dtype=torch.float64)
swept = torch.tensor(
    [precision_recall_f1(score[test] > t, truth) for t in thresholds],
    dtype=torch.float64,
)

# %% tags=["hide-input"] alt_zh="横轴判定阈值从 0 到 0.9。召回率从接近 1 一路下降；精确率大体上升；F1 在中间最高。" alt_en="Against the decision threshold from 0 to 0.9: recall falls from nearly 1 all the way; precision rises on the whole; F1 is highest in between."
figures.lines(
    {"precision": swept[:, 0], "recall": swept[:, 1], "F1": swept[:, 2]}, x=thresholds, xlabel="decision threshold", ylabel="share"
)

# %% [markdown] tags=["zh"]
# 阈值降低，说“是”的次数只增不减，所以召回率只升不降；精确率通常下降，却不保证一路下降，曲线上那些锯齿就是证据。
#
# 阈值该放在哪里，由两种错的**代价**决定。漏掉一个病人和吓到一个健康人，代价不同。设漏报的代价是误报的 5 倍。在**验证集**上挑代价最小的阈值，再到测试集上看一次：

# %% [markdown] tags=["en"]
# With a lower threshold "yes" is said more often, never less, so recall can only rise. Precision usually falls, but need not fall all the way: hence the teeth in its curve.
#
# Where the threshold belongs is decided by what the two mistakes **cost**. To miss a patient is not the same as to frighten a healthy person. Let a miss cost 5 times a false alarm. Choose the cheapest threshold on the **validation set**, then look at the test set once:

# %%
def cost(threshold, part):
    """Return the mean cost per image: 1 for a false alarm, 5 for a miss."""
    _, fp, fn, _ = outcomes(score[part] > threshold, eight[part])
    return (fp + 5 * fn) / len(part)


chosen = min(thresholds.tolist(), key=lambda t: cost(t, validation))
candidates = {"habit": 0.5, "chosen on validation": chosen, "by theory": 1 / 6}
pd.DataFrame(
    [
        (
            f"{t:.2f}",
            f"{cost(t, validation):.3f}",
            f"{cost(t, test):.3f}",
            *(f"{v:.0%}" for v in precision_recall_f1(score[test] > t, truth)[:2]),
        )
        for t in candidates.values()
    ],
    index=list(candidates),
    columns=[
        "decision threshold",
        "cost on validation",
        "cost on test",
        "precision",
        "recall",
    ],
)

# %% [markdown] tags=["zh"]
# 什么也没重新训练，只移了一个阈值，测试集上的代价就从 {{ f"{cost(0.5, test):.3f}" }} 变成 {{ f"{cost(chosen, test):.3f}" }}。如果概率是可信的，连找都不用找：说“是”的期望代价是 $1-p$，说“不”的是 $5p$，其中 $p$ 是图片为 8 的概率；$p>1/6$ 就该说“是”，这就是表里的第三行。概率可信不可信，见下面的[校准](#calibration)。
#
# ## ROC 曲线：所有阈值一起看 { #roc }
#
# 一个阈值一个点，所有阈值就是一条曲线。**ROC 曲线**的纵轴是召回率 $TP/(TP+FN)$，横轴是假阳性率 $FP/(FP+TN)$，即不是 8 的图片里误报的比例。从头写：按分数从高到低排好，阈值每往下走一格，就多一张图变成“是”。

# %% [markdown] tags=["en"]
# Nothing was trained anew; one threshold was moved, and the cost on the test set went from {{ f"{cost(0.5, test):.3f}" }} to {{ f"{cost(chosen, test):.3f}" }}. If the probabilities can be trusted there is nothing to search: "yes" costs $1-p$ on average and "no" costs $5p$, where $p$ is the probability that the image is an 8, so say "yes" when $p>1/6$, the third row of the table. Whether to trust them is the question of [calibration](#calibration) below.
#
# ## The ROC curve: all thresholds at once { #roc }
#
# One threshold is one point, and all of them are a curve. The **ROC curve** shows recall, $TP/(TP+FN)$, against the false positive rate $FP/(FP+TN)$, the share of false alarms among images that are no 8. From scratch: sort by score from high to low; as the threshold falls, one image after another becomes a "yes".

# %%
def sweep(scores, positive):
    """Return TP and FP at every threshold, from the highest score down."""
    index = scores.argsort(descending=True)
    ranked, hits = scores[index], positive[index].double()
    # Equal scores pass the threshold together: keep the last of each.
    last = torch.cat([ranked[1:] != ranked[:-1], torch.tensor([True])])
    return hits.cumsum(0)[last], (1 - hits).cumsum(0)[last]


def roc_curve(scores, positive):
    tp, fp = sweep(scores, positive)
    start = torch.zeros(1, dtype=torch.float64)
    return torch.cat([start, fp / fp[-1]]), torch.cat([start, tp / tp[-1]])


def auc(scores, positive):
    """Compare every positive with every negative; a tie counts one half."""
    gap = scores[positive][:, None] - scores[~positive]
    return ((gap > 0).double() + 0.5 * (gap == 0).double()).mean().item()


rates = roc_curve(score[test], truth)
theirs = reference.roc_curve(truth, score[test], drop_intermediate=False)
assert same(rates[0], theirs[0]) and same(rates[1], theirs[1])
area = auc(score[test], truth)
assert same(area, reference.roc_auc_score(truth, score[test]))
assert same(area, torch.trapezoid(rates[1], rates[0]))
print(f"AUC {area:.4f}")

# %% [markdown] tags=["zh"]
# 曲线越贴近左上角越好，对角线等于瞎猜。**ROC 曲线下面积**（AUC）把它缩成一个数。它还有一个好记得多的意思：**随便抽一张 8、一张不是 8，前者分数更高的机会**，这里是 {{ f"{area:.1%}" }}。代码里 `auc` 就是这样数的，断言证明它与面积是同一个数，差别小于 $10^{-12}$。所以 AUC 只看排序：分数全部开平方，它一点不变。
#
# ## PR 曲线：正样本很少的时候 { #pr }
#
# **PR 曲线**画的是精确率对召回率，阈值同样从高走到低。曲线下的面积叫**平均精度**（AP）：每多找到一批正样本，就记下当时的精确率，再按召回率的增量加权：
#
# $$ \mathrm{AP}=\sum_k (R_k-R_{k-1})\,P_k $$
#
# $R_k$、$P_k$ 是第 $k$ 个阈值处的召回率和精确率，$R_0=0$。
#
# ROC 曲线与 PR 曲线用的是同样四个数。有什么分别？做个实验：分数不动，把每张不是 8 的图片复制成十份，好像 8 变得稀少了十倍。**先猜：ROC 曲线往哪边移？PR 曲线呢？**

# %% [markdown] tags=["en"]
# The nearer to the upper left corner, the better; the diagonal is guessing. The **area under the ROC curve** (AUC) makes one number of it, and that number has a meaning far easier to remember: **draw one 8 and one other digit at random; it is the chance that the 8 scores higher**, {{ f"{area:.1%}" }} here. That is how `auc` counts in the code, and the assertion proves it equal to the area within $10^{-12}$. So AUC sees the order alone: take the square root of all scores, and it does not change.
#
# ## The precision–recall curve: when positives are few { #pr }
#
# The **precision–recall curve** shows precision against recall as the threshold falls. The area under it is called **average precision** (AP): whenever more positives are found, take the precision at that point, weighted by the gain in recall:
#
# $$ \mathrm{AP}=\sum_k (R_k-R_{k-1})\,P_k $$
#
# where $R_k$ and $P_k$ are recall and precision at threshold $k$, and $R_0=0$.
#
# The two curves are made of the same four counts. What is the difference? Try this: leave the scores alone, but copy every image that is no 8 ten times, as if 8s were ten times rarer. **Guess: which way does the ROC curve move? And the precision–recall curve?**

# %%
def precision_recall_curve(scores, positive):
    tp, fp = sweep(scores, positive)
    return tp / (tp + fp), tp / tp[-1]


def average_precision(scores, positive):
    precision, recall = precision_recall_curve(scores, positive)
    gained = recall.diff(prepend=torch.zeros(1, dtype=torch.float64))
    return (precision * gained).sum().item()


negatives = score[test][~truth]
rare_scores = torch.cat([score[test][truth], negatives.repeat(10)])
rare_truth = torch.arange(len(rare_scores)) < int(truth.sum())
worlds = {
    "as it is": (score[test], truth),
    "ten times the other digits": (rare_scores, rare_truth),
}
measured = {
    name: (auc(*world), average_precision(*world)) for name, world in worlds.items()
}
for name, world in worlds.items():
    assert same(measured[name][1], reference.average_precision_score(*world[::-1]))
assert same(roc_curve(rare_scores, rare_truth)[0], rates[0])
{name: tuple(round(value, 3) for value in pair) for name, pair in measured.items()}

# %% tags=["hide-input"] alt_zh="左图 ROC 曲线，两种情形完全重合，远在对角线之上。右图 PR 曲线，其余数字多十倍时整条曲线低了一大截。" alt_en="Left, the ROC curves of both cases coincide, far above the diagonal. Right, the precision–recall curve lies far lower with ten times the other digits."
import matplotlib.pyplot as plt

from dlnotes.figures.style import INK, PALETTE

figure, (left, right) = plt.subplots(1, 2, figsize=(7.4, 3.3))
for name, colour, width, line in zip(worlds, PALETTE, (4, 1.6), ("-", "--")):
    left.plot(*roc_curve(*worlds[name]), color=colour, linewidth=width, linestyle=line, label=name)
    precision, recall = precision_recall_curve(*worlds[name])
    right.plot(recall, precision, color=colour, linestyle=line)
left.plot([0, 1], [0, 1], color=INK, alpha=0.45, linestyle=":", linewidth=1.2, label="guessing")
left.set(xlabel="false positive rate", ylabel="recall", title="ROC curve")
right.set(xlabel="recall", ylabel="precision", title="precision–recall curve", ylim=(-0.03, 1.03))
left.legend(loc="lower right", fontsize=9)
figure

# %% [markdown] tags=["zh"]
# ROC 曲线一点没动：横轴和纵轴各在一类之内算比例，两类的多少约掉了，AUC 都是 {{ f"{measured['as it is'][0]:.3f}" }}。PR 曲线垮了：误报多了十倍，AP 从 {{ f"{measured['as it is'][1]:.2f}" }} 掉到 {{ f"{measured['ten times the other digits'][1]:.2f}" }}。
#
# 哪条说得对？看问题。“这个打分能不能排好序”，看 ROC 曲线，不同比例的数据之间也可以比。“它报警时我该信几成”，看 PR 曲线，但必须说明正样本的比例：瞎猜的 AP 就等于这个比例。正样本很少时只报一个漂亮的 AUC，常常掩盖了满屏的误报。
#
# ## 十个类别：宏平均与微平均 { #averages }
#
# 回到十个数字。再训练一个网络，只给它 100 张图，好让它多错一些，看它的混淆矩阵：

# %% [markdown] tags=["en"]
# The ROC curve did not move at all: each axis is a share within one class, and the sizes of the classes cancel. AUC is {{ f"{measured['as it is'][0]:.3f}" }} in both. The precision–recall curve collapsed: with ten times the false alarms, AP fell from {{ f"{measured['as it is'][1]:.2f}" }} to {{ f"{measured['ten times the other digits'][1]:.2f}" }}.
#
# Which one is right? That depends on the question. "Does this score put things in order?" is for ROC, and it can be compared between data of different shares. "When it raises the alarm, how far do I trust it?" is for precision and recall, and needs the share of positives stated: guessing has an AP equal to that share. A fine AUC alone, with few positives, often hides a screen full of false alarms.
#
# ## Ten classes: macro average and micro average { #averages }
#
# Back to ten digits. Train a network on 100 images only, so that it makes more mistakes, and look at its confusion matrix:

# %%
training.seed_everything(0)
net = nn.Sequential(
    nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10)
)
logits = learn(
    net, lambda z, index: F.cross_entropy(z, labels[index]), 60, 2e-3, train[:100]
)
counts = training.confusion_matrix(logits[test], labels[test])
guesses = logits[test].argmax(dim=1)
assert same(counts, reference.confusion_matrix(labels[test], guesses))

# %% tags=["hide-input"] alt_zh="十个数字的混淆矩阵：对角线上的数占绝大多数，错误散在各处，有几格特别多。" alt_en="Confusion matrix of ten digits: most counts stand on the diagonal, mistakes are scattered, with more of them in a few cells."
figures.confusion_matrix(counts, splits.classes)

# %% [markdown] tags=["zh"]
# 每个类别轮流当一次“正”，就有十组 $TP$、$FP$、$FN$：对角线是 $TP$，同一列其余的是 $FP$，同一行其余的是 $FN$。合成一个数有两种办法：
#
# - **宏平均**：十个 F1 各占十分之一。小类与大类同样重要。
# - 微平均：先把十组 $TP$、$FP$、$FN$ 各自加起来，再算一个 F1。每张图同样重要。

# %% [markdown] tags=["en"]
# Let each class be the positive one in turn, and there are ten sets of $TP$, $FP$, $FN$: the diagonal is $TP$, the rest of a column $FP$, the rest of a row $FN$. There are two ways to make one number:
#
# - **Macro average**: each of the ten F1 counts one tenth, a small class as much as a large one.
# - Micro average: add up the ten $TP$, $FP$, $FN$ first and compute one F1. Each image counts the same.

# %%
def class_scores(counts):
    """Return F1 of each class, its macro average and its micro average."""
    hits, predicted, true = counts.diag().double(), counts.sum(0), counts.sum(1)
    f1 = 2 * hits / (predicted + true)  # 2 TP / (2 TP + FP + FN)
    pooled = 2 * hits.sum() / (predicted.sum() + true.sum())
    return f1, f1.mean().item(), pooled.item()


f1, macro, micro = class_scores(counts)
assert same(macro, reference.f1_score(labels[test], guesses, average="macro"))
assert same(micro, reference.f1_score(labels[test], guesses, average="micro"))
assert same(micro, reference.accuracy_score(labels[test], guesses))  # always
binary = {
    name: class_scores(torch.tensor([[o[3], o[1]], [o[2], o[0]]]))[1:]
    for name in ("program A", "program B")
    for o in [outcomes(rows[name], truth)]
}
pd.DataFrame(
    {"ten digits": (macro, micro)}
    | {f"is it an 8? {name}": pair for name, pair in binary.items()},
    index=["macro average of F1", "micro average of F1"],
).T.map("{:.1%}".format)

# %% [markdown] tags=["zh"]
# 最差的类别是 {{ splits.classes[int(f1.argmin())] }}，F1 只有 {{ f"{f1.min().item():.0%}" }}；最好的是 {{ splits.classes[int(f1.argmax())] }}，{{ f"{f1.max().item():.0%}" }}。十个类别差不多一样多，所以宏平均与微平均几乎相等。“是不是 8”就不同了：甲的微平均是 {{ f"{binary['program A'][1]:.0%}" }}，正好是它的准确率；宏平均只有 {{ f"{binary['program A'][0]:.0%}" }}，把它拆穿了。每张图只有一个标签时，微平均**总是**等于准确率：错一次，恰好给一类添一个 $FP$，给另一类添一个 $FN$。
#
# ## top-k 准确率：前几名里有没有 { #top-k }
#
# 类别很多、彼此又像的时候，只看第一名太苛刻。**top-k 准确率**问的是：正确类别在不在得分最高的 $k$ 个里面？ImageNet 有 1,000 类，常报 $k=1$ 和 $k=5$。

# %% [markdown] tags=["en"]
# The worst class is {{ splits.classes[int(f1.argmin())] }}, with an F1 of only {{ f"{f1.min().item():.0%}" }}; the best is {{ splits.classes[int(f1.argmax())] }}, with {{ f"{f1.max().item():.0%}" }}. The ten classes are of nearly the same size, so macro and micro averages are almost equal. "Is it an 8?" is different: the micro average of A is {{ f"{binary['program A'][1]:.0%}" }}, exactly its accuracy; the macro average is {{ f"{binary['program A'][0]:.0%}" }} and gives it away. With one label per image the micro average **always** equals accuracy: each mistake adds one $FP$ to one class and one $FN$ to another.
#
# ## Top-k accuracy: is it among the first few? { #top-k }
#
# With many classes that look alike, the first place alone is a harsh judge. **Top-k accuracy** asks whether the right class is among the $k$ with the highest scores. For the 1,000 classes of ImageNet one reports $k=1$ and $k=5$.

# %%
def top_k_accuracy(logits, labels, k):
    among = (logits.topk(k, dim=1).indices == labels[:, None]).any(dim=1)
    return among.double().mean().item()


top = {k: top_k_accuracy(logits[test], labels[test], k) for k in (1, 2, 3, 5, 10)}
for k in (1, 2, 3, 5):
    theirs = reference.top_k_accuracy_score(labels[test], logits[test], k=k)
    assert same(top[k], theirs)
pd.DataFrame(
    {"top-k": [f"{value:.1%}" for value in top.values()]},
    index=[f"k = {k}" for k in top],
).T

# %% [markdown] tags=["zh"]
# 第一名错了的图片里，有 {{ f"{(top[2] - top[1]) / (1 - top[1]):.0%}" }} 的正确答案排在第二。$k$ 等于类别数时一定是 100%，所以 $k=5$ 在十个类别上说明不了什么。
#
# ## 置信度可信吗：校准 { #calibration }
#
# softmax 最大的那个输出，叫**置信度**，是网络对自己的答案给出的概率。说 90% 的那些答案，真有九成是对的吗？**先猜：这个网络说得太满，还是太谦虚？** 按置信度把测试图片分成 10 箱，每箱比较平均置信度与实际答对的比例：

# %% [markdown] tags=["en"]
# Of the images where the first place is wrong, {{ f"{(top[2] - top[1]) / (1 - top[1]):.0%}" }} have the right answer in second place. With $k$ as large as the number of classes it is always 100%, so on ten classes $k=5$ says little.
#
# ## Can confidence be trusted? Calibration { #calibration }
#
# The largest output of softmax is called **confidence**: the probability that the network gives to its own answer. Of the answers given with 90%, are nine in ten right? **Guess: does this network claim too much, or too little?** Sort the test images into 10 bins by confidence, and compare the mean confidence of each bin with the share that is right:

# %%
from sklearn.calibration import calibration_curve


def reliability(logits, labels, bins=10):
    """Return (confidence, share right, share of images) of each bin in use."""
    confidence, guess = logits.softmax(dim=1).max(dim=1)
    right = (guess == labels).double()
    place = torch.bucketize(
        confidence, torch.linspace(0, 1, bins + 1, dtype=torch.float64)[1:-1]
    )
    filled = [place == number for number in place.unique()]
    return torch.tensor(
        [[confidence[b].mean(), right[b].mean(), b.double().mean()] for b in filled],
        dtype=torch.float64,
    )


def expected_calibration_error(logits, labels, bins=10):
    said, was, share = reliability(logits, labels, bins).T
    return (share * (said - was).abs()).sum().item()


bars = reliability(logits[test], labels[test])
confidence, guess = logits[test].softmax(dim=1).max(dim=1)
theirs = calibration_curve(guess == labels[test], confidence, n_bins=10)
assert same(bars[:, 1], theirs[0]) and same(bars[:, 0], theirs[1])
print(
    f"mean confidence {confidence.mean():.1%}, accuracy {top[1]:.1%}, "
    f"ECE {expected_calibration_error(logits[test], labels[test]):.3f}"
)

# %% [markdown] tags=["zh"]
# 平均置信度 {{ f"{confidence.mean().item():.1%}" }}，准确率却只有 {{ f"{top[1]:.1%}" }}：说得太满。模型的概率与实际答对的比例相符的程度，叫**校准**。**期望校准误差**（ECE）把各箱的差距按图片数加权平均：
#
# $$ \mathrm{ECE}=\sum_b \frac{n_b}{n}\,\bigl|\mathrm{acc}_b-\mathrm{conf}_b\bigr| $$
#
# $n_b$ 是第 $b$ 箱的图片数，$n$ 是总数，$\mathrm{acc}_b$ 是这一箱的准确率，$\mathrm{conf}_b$ 是平均置信度。
#
# 网络为什么自负？训练图片早就全对了，交叉熵还在奖励“更有把握”，logits 就一直长大。补救出奇地简单，叫温度缩放：所有 logits 除以同一个数 $T$，$T>1$ 把概率抹平一些。$T$ 在**验证集**上选，让交叉熵最小：

# %% [markdown] tags=["en"]
# Mean confidence is {{ f"{confidence.mean().item():.1%}" }}, accuracy only {{ f"{top[1]:.1%}" }}: it claims too much. How well probabilities agree with how often they are right is called **calibration**. The **expected calibration error** (ECE) averages the gaps of the bins, weighted by their images:
#
# $$ \mathrm{ECE}=\sum_b \frac{n_b}{n}\,\bigl|\mathrm{acc}_b-\mathrm{conf}_b\bigr| $$
#
# where $n_b$ is the number of images in bin $b$, $n$ that of all, $\mathrm{acc}_b$ the accuracy in the bin and $\mathrm{conf}_b$ its mean confidence.
#
# Why is the network overconfident? The training images were all right long ago, and cross-entropy still pays for "more certain", so the logits keep growing. The remedy is surprisingly simple and called temperature scaling: divide all logits by one number $T$; with $T>1$ the probabilities are flattened. Choose $T$ on the **validation set**, where it makes cross-entropy least:

# %%
temperatures = torch.linspace(0.5, 4, 141, dtype=torch.float64)
losses = [
    F.cross_entropy(logits[validation] / t, labels[validation]).item()
    for t in temperatures
]
best = temperatures[losses.index(min(losses))].item()
scaled = logits / best
assert (scaled.argmax(dim=1) == logits.argmax(dim=1)).all()  # no answer changes
versions = {"before scaling": logits[test], "after scaling": scaled[test]}
ece = {
    name: {
        bins: expected_calibration_error(z, labels[test], bins)
        for bins in (5, 10, 15, 30)
    }
    for name, z in versions.items()
}
print(f"T = {best:.2f}")
pd.DataFrame(ece).map("{:.3f}".format).rename_axis("bins")

# %% tags=["hide-input"] alt_zh="两张可靠性图。左边是缩放之前，柱子多在对角线之下；右边是除以温度之后，柱子靠近对角线。下方的小柱表示各箱的图片比例，大多数图片在最右一箱。" alt_en="Two reliability diagrams. Left, before scaling, most bars stay below the diagonal; right, divided by the temperature, they come near it. Small bars below show the share of images in each bin, most of them in the last."
figure, panels = plt.subplots(2, 2, figsize=(7.4, 3.9), sharex=True, sharey="row", height_ratios=(3, 1))
for column, (name, z) in enumerate(versions.items()):
    said, was, share = reliability(z, labels[test]).T
    middle = (said * 10).ceil() / 10 - 0.05
    upper, lower = panels[:, column]
    upper.bar(middle, was, width=0.09, color=PALETTE[0], alpha=0.45)
    upper.plot(said, was, "o", color=PALETTE[1], markersize=4)
    upper.plot([0, 1], [0, 1], color=INK, alpha=0.6, linestyle=":", linewidth=1.2)
    upper.set(title=name)
    lower.bar(middle, share, width=0.09, color=INK, alpha=0.35)
    lower.set(xlabel="confidence")
panels[0, 0].set(ylabel="share that is right")
panels[1, 0].set(ylabel="share")
figure

# %% [markdown] tags=["zh"]
# 这叫可靠性图：柱高是答对的比例，点的横坐标是平均置信度，虚线是理想。除以 $T={{ f"{best:.2f}" }}$ 之后，ECE 从 {{ f"{ece['before scaling'][10]:.3f}" }} 变成 {{ f"{ece['after scaling'][10]:.3f}" }}，没有一个答案改变。图片少的箱子要当心：低置信度的几箱里没有多少张图，柱子高低多半是运气；表里换一种箱数，ECE 就换一个值。报 ECE 一定要说分了几箱。
#
# 校准只管“同一种数据”。下面这些图都没有正确答案：前 6 张各把两个不同的数字叠在一起，后 2 张是噪声。**先猜：校准过的网络对这两种图各有多大把握？**

# %% [markdown] tags=["en"]
# This is a reliability diagram: the height of a bar is the share that is right, the dot stands at the mean confidence, the dotted line is the ideal. Divided by $T={{ f"{best:.2f}" }}$, ECE went from {{ f"{ece['before scaling'][10]:.3f}" }} to {{ f"{ece['after scaling'][10]:.3f}" }}, and not one answer changed. Mind the thin bins: where confidence is low there are a few images only, and the height of the bar is mostly luck. With another number of bins the table gives another ECE. Never report one without that number.
#
# Calibration holds for data of the same kind. None of the pictures below has a right answer: the first 6 lay two different digits over each other, the last 2 are noise. **Guess: how sure is the calibrated network of each kind?**

# %% tags=["hide-input"] alt_zh="八张图：六张是两个不同的数字叠在一起；两张是黑白噪声。" alt_en="Eight pictures: six with two different digits over each other, and two of noise."
normalization = training.Normalization.of(images[train])
other = test.roll(1)
kept = labels[test] != labels[other]
overlaid = torch.maximum(images[test], images[other])[kept]
noise = torch.randint(0, 256, overlaid.shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
with torch.no_grad():
    strange = {
        name: (net(normalization.apply(pictures).flatten(1)).double() / best).softmax(dim=1).max(dim=1).values.mean().item()
        for name, pictures in {"digits": images[test], "overlaid": overlaid, "noise": noise}.items()
    }
figures.image_grid(torch.cat([overlaid[:6], noise[:2]]))

# %% [markdown] tags=["zh"]
# 真正的数字，平均 {{ f"{strange['digits']:.0%}" }}；噪声，{{ f"{strange['noise']:.0%}" }}，很谦虚；叠起来的，{{ f"{strange['overlaid']:.0%}" }}。两个数字若各占一半把握，最多 50%；它多半还是选定了其中一个。温度是在正常的数字上调的，管不到别的东西。置信度高，不说明输入是它认识的。
#
# ## 交并比：框画得准不准 { #iou }
#
# 检测要在图上画框，“对”与“错”之间有程度。**交并比**（IoU）是两个框重叠的面积除以合起来盖住的面积，1 是完全重合，0 是不相交。**先猜：同样大的方框，横竖各移动边长的四分之一，IoU 还剩多少？**

# %% [markdown] tags=["en"]
# Real digits get {{ f"{strange['digits']:.0%}" }} on average; noise {{ f"{strange['noise']:.0%}" }}, modest enough; the overlaid pairs {{ f"{strange['overlaid']:.0%}" }}. Giving each of the two digits its half would make 50% at most; mostly the network still settles for one of them. The temperature was fitted on proper digits and says nothing about anything else. High confidence does not say that the input is something the network knows.
#
# ## Intersection over union: how good is a box? { #iou }
#
# Detection draws boxes, and between right and wrong there are degrees. **Intersection over union** (IoU) is the area that two boxes share divided by the area they cover together: 1 when they coincide, 0 when they do not meet. **Guess: shift a square by a quarter of its side both across and down. What IoU is left?**

# %%
from torchvision.ops import box_iou


def iou(a, b):
    """Boxes as (left, top, right, bottom)."""
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    shared = width * height
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return shared / (sum(areas) - shared)


square = (4.0, 4.0, 24.0, 24.0)
shifted = {"shifted by a tenth": 2.0, "shifted by a quarter": 5.0}
boxes = {
    name: tuple(edge + step for edge in square) for name, step in shifted.items()
}
overlap = {name: iou(square, box) for name, box in boxes.items()}
for name, box in boxes.items():
    a, b = (torch.tensor([edges], dtype=torch.float64) for edges in (square, box))
    assert same(overlap[name], box_iou(a, b).squeeze())

# %% tags=["hide-input"] alt_zh="两张图，各有两个同样大的方框，重叠处颜色较深。左：移动边长的十分之一，交并比 0.68；右：移动四分之一，0.39。" alt_en="Two pictures, each with two squares of one size and their overlap in a stronger colour. Left, shifted by a tenth of the side, IoU 0.68; right, by a quarter, 0.39."
from matplotlib.patches import Rectangle

figure, panels = plt.subplots(1, 2, figsize=(6.4, 3.1))
for axes, (name, box) in zip(panels, boxes.items()):
    for (left_edge, top_edge, right_edge, bottom_edge), colour in ((square, PALETTE[0]), (box, PALETTE[1])):
        sides = right_edge - left_edge, bottom_edge - top_edge
        axes.add_patch(Rectangle((left_edge, top_edge), *sides, facecolor=colour, alpha=0.25))
        axes.add_patch(Rectangle((left_edge, top_edge), *sides, fill=False, edgecolor=colour, linewidth=2))
    axes.set(xlim=(1, 31), ylim=(31, 1), aspect="equal", title=name)
    axes.text(15.5, 15.5, f"{overlap[name]:.2f}", ha="center", va="center_baseline", fontsize=12)
    axes.axis("off")
figure

# %% [markdown] tags=["zh"]
# 移动十分之一，只剩 {{ f"{overlap['shifted by a tenth']:.2f}" }}；移动四分之一，只剩 {{ f"{overlap['shifted by a quarter']:.2f}" }}。眼睛觉得“差不多对了”的框，分数往往低得惊人，因为两个方向的偏差相乘，分母又同时变大。检测里常把 IoU 不低于 0.5 算作找到了，于是有了 $TP$ 和 $FP$，再按分数排序，就能画 PR 曲线、算平均精度；各类别的平均精度再平均，叫 mAP。
#
# ## 该看哪一个 { #which }
#
# | 问题 | 看什么 |
# |---|---|
# | 类别一样多，错哪种都一样 | 准确率或错误率 |
# | 正样本少，关心误报与漏报 | 精确率和召回率；一个数就用 F1 |
# | 小类别同样重要 | 宏平均 |
# | 只要排序，阈值以后再定 | AUC；正样本很少时加上 PR 曲线和 AP |
# | 概率要拿去算代价、做决定 | 校准：可靠性图、ECE、交叉熵 |
# | 框或分割 | 交并比、mAP |
#
# 先定指标，再训练。看过结果才挑指标，等于在几个数里挑最好看的。
#
# ## 常见的坑 { #traps }
#
# !!! warning "“精度”到底是哪个"
#     中文里“精度”有人指准确率，有人指精确率，还有人指 `float32` 的数值精度。写论文、读论文，都用“准确率”“精确率”。
#
# !!! warning "F1 看谁当正"
#     把“不是 8”当作正，乙的 F1 就成了 {{ f"{precision_recall_f1(~says_b, ~truth)[2]:.1%}" }}，好看得多。F1 不把真阴性算进去，正负不能对调。
#
# !!! warning "把硬判断交给 `roc_auc_score`"
#     它要的是分数。交给它 0 和 1 的预测，不会报错，曲线却只剩一个拐点：乙的 AUC 从 {{ f"{area:.3f}" }} 变成 {{ f"{auc(says_b.double(), truth):.3f}" }}。
#
# !!! warning "在测试集上挑阈值、挑温度"
#     那就是训练。阈值和温度都是从数据里学来的数，要在验证集上选。
#
# !!! warning "按批量求指标再平均"
#     准确率按样本数加权平均还对；F1、AUC、AP 各批量的平均**不等于**整体的值。先收齐所有预测，再算一次。

# %% [markdown] tags=["en"]
# A tenth leaves {{ f"{overlap['shifted by a tenth']:.2f}" }}, a quarter only {{ f"{overlap['shifted by a quarter']:.2f}" }}. A box that looks "about right" often has a startlingly low score: the losses in the two directions multiply, and the denominator grows as well. Detection commonly counts a box as found when IoU is at least 0.5. That gives $TP$ and $FP$, and sorted by score, a precision–recall curve and average precision; its mean over the classes is called mAP.
#
# ## Which one to look at { #which }
#
# | question | look at |
# |---|---|
# | classes of one size, all mistakes alike | accuracy or error rate |
# | few positives, false alarms and misses matter | precision and recall; as one number, F1 |
# | small classes matter as much | macro average |
# | only the order matters, the threshold comes later | AUC; with few positives the precision–recall curve and AP too |
# | probabilities go into costs and decisions | calibration: reliability diagram, ECE, cross-entropy |
# | boxes or masks | intersection over union, mAP |
#
# Fix the metric first, then train. To choose a metric after seeing the results is to pick the best-looking of several numbers.
#
# ## Traps { #traps }
#
# !!! warning "Which precision?"
#     In everyday speech it may mean accuracy, and for numbers it means the digits of `float32`. In a paper, use "accuracy" and "precision" strictly.
#
# !!! warning "F1 depends on who is positive"
#     Call "not an 8" positive, and the F1 of B becomes {{ f"{precision_recall_f1(~says_b, ~truth)[2]:.1%}" }}, far prettier. F1 leaves the true negatives out, so the two sides cannot be exchanged.
#
# !!! warning "Hard decisions into `roc_auc_score`"
#     It wants scores. Given predictions of 0 and 1 it raises no error, but the curve has a single corner left: the AUC of B goes from {{ f"{area:.3f}" }} to {{ f"{auc(says_b.double(), truth):.3f}" }}.
#
# !!! warning "Choosing threshold or temperature on the test set"
#     That is training. Both are numbers learnt from data; choose them on the validation set.
#
# !!! warning "A metric per batch, then the mean"
#     For accuracy, weighted by samples, that is right. For F1, AUC and AP the mean over batches is **not** the value of the whole. Collect all predictions, then compute once.

# %% [markdown] tags=["zh"]
# ## 面试里会问 { #questions }
#
# ??? question "正样本只占 1%，用什么指标？"
#     不看准确率：总说“否”就有 99%。先问两种错的代价。要一条曲线，画 PR 曲线，并写明正样本的比例；要一个数，报 AP，或者固定召回率报精确率（比如“召回率 95% 时的精确率”）。AUC 可以附上，但它与比例无关，看不出误报有多少。
#
# ??? question "AUC 是 0.9，是什么意思？"
#     随便抽一正一负，正样本得分更高的机会是 90%。它不是准确率，不依赖阈值，也不说明概率可信：所有分数同做一个单调变换，AUC 不变，校准却全变了。
#
# ## 练习 { #exercises }
#
# **1.** 一种病的患病率是 1%。检测的召回率 90%，假阳性率 5%。检出阳性的人里，真有病的占百分之几？
#
# ??? success "答案"
#     10,000 人里有 100 个病人，检出 90 个；9,900 个健康人误报 495 个。精确率 $90/(90+495)\approx15.4\%$。
#
# **2.** 从头写 `auc(scores, positive)`，两个都是一维张量，分数相同算半次。要用排序，不许比较所有的对。
#
# ??? success "答案"
#     把所有分数从小到大排名次，相同的取平均名次。正样本名次之和减去它可能的最小值 $n_+(n_++1)/2$，就是赢的对数，再除以对数 $n_+n_-$。其中 $n_+$、$n_-$ 是正、负样本数。
#
#     ```python
#     import torch
#
#     def auc(scores, positive):
#         values, place, times = torch.unique(scores, return_inverse=True, return_counts=True)
#         ends = times.cumsum(0).double()
#         ranks = (ends - (times - 1) / 2)[place]
#         positives = int(positive.sum())
#         wins = ranks[positive.bool()].sum() - positives * (positives + 1) / 2
#         return (wins / (positives * (len(scores) - positives))).item()
#     ```
#
# **3.** 总说“是”的程序，正样本占 10%。它的 F1 是多少？
#
# ??? success "答案"
#     精确率 0.1，召回率 1，$F_1=2\times0.1/1.1\approx0.182$。比总说“否”的 0 高，可见 F1 也需要一条基线。
#
# **4.** 两个 $16\times16$ 的框，横竖各错开 4 个像素，IoU 是多少？
#
# ??? success "答案"
#     重叠 $12\times12=144$，合起来 $2\times256-144=368$，$144/368\approx0.391$，与上面移动四分之一的相同：IoU 与尺度无关。
#
# **5.** 温度缩放会改变准确率吗？top-5 呢？交叉熵呢？
#
# ??? success "答案"
#     同一张图的 logits 除以同一个正数，大小次序不变，所以准确率和 top-k 都不变；概率变了，交叉熵就变。在验证集上它不会变差，因为 $T=1$ 也在候选之中。
#
# ## 参考文献 { #references }
#
# - T. Fawcett. [An introduction to ROC analysis](https://doi.org/10.1016/j.patrec.2005.10.010). Pattern Recognition Letters, 2006.
# - J. Davis, M. Goadrich. [The relationship between precision-recall and ROC curves](https://doi.org/10.1145/1143844.1143874). ICML, 2006.
# - C. Guo 等. [On calibration of modern neural networks](https://arxiv.org/abs/1706.04599). ICML, 2017.
# - scikit-learn 文档：[Metrics and scoring](https://scikit-learn.org/stable/modules/model_evaluation.html)。

# %% [markdown] tags=["en"]
# ## Asked in interviews { #questions }
#
# ??? question "Positives are 1%. Which metric?"
#     Not accuracy: always saying "no" has 99%. Ask first what the two mistakes cost. As a curve, draw precision against recall and state the share of positives; as a number, report AP, or precision at a fixed recall ("precision at a recall of 95%"). AUC may stand beside it, but it does not depend on the share and cannot show how many false alarms there are.
#
# ??? question "What does an AUC of 0.9 mean?"
#     Draw one positive and one negative at random; the chance that the positive scores higher is 90%. It is not accuracy, depends on no threshold, and does not say that probabilities can be trusted: any increasing function of all scores leaves AUC as it is and changes calibration completely.
#
# ## Exercises { #exercises }
#
# **1.** One person in a hundred (1%) has a disease. A test has recall 90% and a false positive rate of 5%. Of those it reports, what percentage is ill?
#
# ??? success "Answer"
#     Of 10,000 people 100 are ill, and 90 are found; of 9,900 healthy ones 495 get a false alarm. Precision is $90/(90+495)\approx15.4\%$.
#
# **2.** Write `auc(scores, positive)` from scratch, both tensors of one dimension, with ties counting one half. Sort; do not compare all pairs.
#
# ??? success "Answer"
#     Rank all scores from low to high, equal ones sharing the mean of their ranks. The sum of the positives' ranks less its smallest possible value $n_+(n_++1)/2$ is the number of pairs won; divide by the $n_+n_-$ pairs, where $n_+$ and $n_-$ count positives and negatives.
#
#     ```python
#     import torch
#
#     def auc(scores, positive):
#         values, place, times = torch.unique(scores, return_inverse=True, return_counts=True)
#         ends = times.cumsum(0).double()
#         ranks = (ends - (times - 1) / 2)[place]
#         positives = int(positive.sum())
#         wins = ranks[positive.bool()].sum() - positives * (positives + 1) / 2
#         return (wins / (positives * (len(scores) - positives))).item()
#     ```
#
# **3.** A program always says "yes"; 10% are positive. What is its F1?
#
# ??? success "Answer"
#     Precision 0.1 and recall 1 give $F_1=2\times0.1/1.1\approx0.182$. That is more than the 0 of always "no", so F1 needs a baseline too.
#
# **4.** Two boxes of $16\times16$ are shifted against each other by 4 pixels, both across and down. What is their IoU?
#
# ??? success "Answer"
#     They share $12\times12=144$ and cover $2\times256-144=368$ together: $144/368\approx0.391$, the same as for the quarter above, since IoU knows no scale.
#
# **5.** Does temperature scaling change accuracy? Top-5? Cross-entropy?
#
# ??? success "Answer"
#     Dividing the logits of one image by the same positive number keeps their order, so accuracy and top-k stay. Probabilities change, and with them cross-entropy. On the validation set it cannot get worse, for $T=1$ was among the candidates.
#
# ## References { #references }
#
# - T. Fawcett. [An introduction to ROC analysis](https://doi.org/10.1016/j.patrec.2005.10.010). Pattern Recognition Letters, 2006.
# - J. Davis, M. Goadrich. [The relationship between precision-recall and ROC curves](https://doi.org/10.1145/1143844.1143874). ICML, 2006.
# - C. Guo et al. [On calibration of modern neural networks](https://arxiv.org/abs/1706.04599). ICML, 2017.
# - scikit-learn documentation: [Metrics and scoring](https://scikit-learn.org/stable/modules/model_evaluation.html).
