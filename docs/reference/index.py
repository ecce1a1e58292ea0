# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "dlnotes 包的 API 一览。"
#       en: "The API of the dlnotes package at a glance."
# ---

# %% [markdown] tags=["zh"]
# # 参考 { #reference }
#
# `dlnotes` 是本站背后的 Python 包：页面上的每段代码都来自它，或者用它运行。API 说明由源代码里的英文文档字符串生成。
#
# | 要做什么 | 看哪里 |
# |---|---|
# | 按名字创建模型 | [模型](models.py) |
# | 读从零写成的层 | [层](layers.py) |
# | 载入数据集 | [数据](data.py) |
# | 训练与度量 | [训练](training.py) |
# | 追踪形状、配方、插图、术语、错误 | [工具](tools.py) |

# %% [markdown] tags=["en"]
# # Reference { #reference }
#
# `dlnotes` is the Python package behind this site: every piece of code on a page comes from it or runs with it. The API is generated from the docstrings in the source.
#
# | To do what | Look here |
# |---|---|
# | create a model by name | [Models](models.py) |
# | read layers written from scratch | [Layers](layers.py) |
# | load a data set | [Data](data.py) |
# | train and measure | [Training](training.py) |
# | trace shapes, recipes, figures, terms, errors | [Tools](tools.py) |
