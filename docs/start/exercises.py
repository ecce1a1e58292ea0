# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "怎样做本站的练习：在命令行里列出、打印、核对；哪些页上有能自动核对的题。"
#       en: "How to do the exercises of this site: list, print and check them on the command line; which pages have exercises that can be checked."
# ---

# %% tags=["remove-input"]
from collections import Counter

from dlnotes import exercises

# The checks alone, not the texts: those stand on the other pages, and this one would run again with every word there.
checks = exercises.checks()
checkable = Counter(name.rpartition("/")[0] for name in checks)


def rows():
    return "\n".join(f"| [`{page}`](../{page}.py#exercises) | {count} |" for page, count in checkable.items())


# %% [markdown] tags=["zh"]
# # 做练习，自己核对 { #exercises }
#
# 理论、训练和模型的每一页末尾都有练习，答案折叠在题目下面。**先自己写，再展开。**看懂答案和写出答案是两回事，差别只有动手才知道。
#
# 全站有 {{ len(checks) }} 道题的答案是数或代码，能让电脑核对，不必偷看答案。
#
# ## 三条命令 { #commands }
#
# ```console
# $ dlnotes exercise
# $ dlnotes exercise models/lenet/4
# $ dlnotes exercise models/lenet/4 answer.py
# ```
#
# 第 1 条列出所有题目，带 `*` 的能核对，它们在页面上也写着自己的命令；第 2 条打印一道，并说明答案文件里要有什么；第 3 条核对你写的文件。题号是页面的名字加题目的序号，不会混淆时可以只写后一半：`lenet/4`。语言跟随系统，也可以用 `--lang` 指定；`--answer` 连答案一起打印。
#
# 核对就是把你的文件运行一遍，再看它定义了什么。下面用 Python 做同样的事。题目是 LeNet 第 2 个卷积层有多少参数，这个答案忘了偏置：

# %% [markdown] tags=["en"]
# # Doing the exercises, and checking them { #exercises }
#
# Every page on theory, training and models ends in exercises, with the answers folded below. **Write first, unfold later.** To follow an answer and to find one are different things, and only trying shows by how much.
#
# For {{ len(checks) }} exercises of this site the answer is a number or code, which a computer can check without showing you the answer.
#
# ## Three commands { #commands }
#
# ```console
# $ dlnotes exercise
# $ dlnotes exercise models/lenet/4
# $ dlnotes exercise models/lenet/4 answer.py
# ```
#
# The first lists all exercises, and marks those that can be checked with `*`; each of these also shows its command on its page. The second prints one exercise and says what your file must define. The third checks your file. An exercise is named by its page and its number; where there is no doubt, the end of the name is enough: `lenet/4`. The language is that of your system, or what you give as `--lang`; `--answer` prints the answer too.
#
# To check a file is to run it and to look at what it defines. Here is the same in Python. The question is how many parameters the second convolution of LeNet has, and this answer forgets the biases:

# %%
import tempfile
from pathlib import Path

from dlnotes import exercises

file = Path(tempfile.mkdtemp()) / "answer.py"
file.write_text("answer = 16 * 6 * 5 * 5")
exercises.judge("models/lenet/1", file)

# %%
file.write_text("answer = 16 * (6 * 5 * 5 + 1)")
exercises.judge("models/lenet/1", file)

# %% [markdown] tags=["zh"]
# 核对用的数不是从页面抄来的，而是另外算出来的，例如真的造一个卷积层，数它的参数。测试保证两边一致：页面上的答案都通过核对，写错的答案都会被拒绝。
#
# !!! warning "核对会运行你的文件"
#     它和 `python answer.py` 一样，会执行文件里的每一行。别人给的文件，先读再核对。
#
# ## 哪些页有能核对的题 { #pages }
#
# | 页面 | 能核对的题数 |
# |---|--:|
# {{ rows() }}

# %% [markdown] tags=["en"]
# The right numbers are not copied from the pages but worked out in another way, such as by building a convolution and counting its parameters. Tests hold the two together: the answers of the pages pass, and wrong ones are refused.
#
# !!! warning "Checking runs your file"
#     It executes every line, as `python answer.py` would. Read a file from somebody else before you check it.
#
# ## Which pages have some { #pages }
#
# | page | can be checked |
# |---|--:|
# {{ rows() }}
