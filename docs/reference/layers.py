# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "从零写成、逐一与 torch 核对的层。API 说明是英文。"
#       en: "Layers from scratch, each proved equal to torch's."
# ---

# %% [markdown] tags=["zh"]
# # 层 { #layers }
#
# 从零写成、逐一与 torch 核对的层。API 说明是英文。
#
# ::: dlnotes.layers

# %% [markdown] tags=["en"]
# # Layers { #layers }
#
# Layers from scratch, each proved equal to torch's.
#
# ::: dlnotes.layers
