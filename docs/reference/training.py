# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "设置、训练循环、度量、检查点、设备。API 说明是英文。"
#       en: "Settings, the loop, metrics, checkpoints, devices."
# ---

# %% [markdown] tags=["zh"]
# # 训练 { #training }
#
# 设置、训练循环、度量、检查点、设备。API 说明是英文。
#
# ::: dlnotes.training

# %% [markdown] tags=["en"]
# # Training { #training }
#
# Settings, the loop, metrics, checkpoints, devices.
#
# ::: dlnotes.training
