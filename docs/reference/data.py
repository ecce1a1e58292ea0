# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "数据集整个读入内存，成为张量。API 说明是英文。"
#       en: "Data sets, whole in memory, as tensors."
# ---

# %% [markdown] tags=["zh"]
# # 数据 { #data }
#
# 数据集整个读入内存，成为张量。API 说明是英文。
#
# ::: dlnotes.data

# %% [markdown] tags=["en"]
# # Data { #data }
#
# Data sets, whole in memory, as tensors.
#
# ::: dlnotes.data
