# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "按名字创建模型。每个模型一个文件，只依赖 torch；API 说明是英文。"
#       en: "Models by name. One file each, importing torch alone."
# ---

# %% [markdown] tags=["zh"]
# # 模型 { #models }
#
# 按名字创建模型。每个模型一个文件，只依赖 torch；API 说明是英文。
#
# ::: dlnotes.models
#
# ::: dlnotes.models.mlp
#
# ::: dlnotes.models.lenet
#
# ::: dlnotes.models.digit_cnn
#
# ::: dlnotes.models.lenet_cifar
#
# ::: dlnotes.models.alexnet
#
# ::: dlnotes.models.vgg
#
# ::: dlnotes.models.nin
#
# ::: dlnotes.models.googlenet
#
# ::: dlnotes.models.resnet
#
# ::: dlnotes.models.densenet

# %% [markdown] tags=["en"]
# # Models { #models }
#
# Models by name. One file each, importing torch alone.
#
# ::: dlnotes.models
#
# ::: dlnotes.models.mlp
#
# ::: dlnotes.models.lenet
#
# ::: dlnotes.models.digit_cnn
#
# ::: dlnotes.models.lenet_cifar
#
# ::: dlnotes.models.alexnet
#
# ::: dlnotes.models.vgg
#
# ::: dlnotes.models.nin
#
# ::: dlnotes.models.googlenet
#
# ::: dlnotes.models.resnet
#
# ::: dlnotes.models.densenet
