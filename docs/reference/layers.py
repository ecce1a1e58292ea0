# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "从零写成、逐一与 torch 核对的层：卷积、池化、归一化、激活函数、损失、优化器，按文件排列。"
#       en: "Layers from scratch, each proved equal to torch's: convolution, pooling, normalization, activations, losses, optimizers, file by file."
# ---

# %% [markdown] tags=["zh"]
# # 层 { #layers }
#
# 函数的名字、参数和默认值与 `torch.nn.functional` 相同，模块与 `torch.nn` 相同，优化器与 `torch.optim` 相同，可以直接互换。每个名字都有[与 torch 核对的记录](../results/equivalence.py)。API 说明是英文。
#
# ## 全连接 { #dense }
#
# 每个输出是全部输入的加权和。
#
# ::: dlnotes.layers.dense
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## 卷积 { #convolution }
#
# 同一个小窗口走遍整张图；循环写法在前，向量化写法在后。
#
# ::: dlnotes.layers.convolution
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## 转置卷积 { #transposed }
#
# 卷积对输入求梯度时做的事，用来放大图片。
#
# ::: dlnotes.layers.transposed
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## 填充 { #padding }
#
# 在四周补上像素。
#
# ::: dlnotes.layers.padding
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## 池化 { #pooling }
#
# 用一个数代替一个窗口。
#
# ::: dlnotes.layers.pooling
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## 自适应池化 { #adaptive }
#
# 先定输出有几格，再定窗口。
#
# ::: dlnotes.layers.adaptive
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## 插值 { #upsampling }
#
# 按新的大小重新取样。
#
# ::: dlnotes.layers.upsampling
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## 像素重排 { #shuffling }
#
# 把通道铺成像素，或者收回来。
#
# ::: dlnotes.layers.shuffling
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## 批量归一化 { #batchnorm }
#
# 训练时用批量的统计量，评估时用移动平均。
#
# ::: dlnotes.layers.batchnorm
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## 层归一化与组归一化 { #normalization }
#
# 统计量只来自样本自己。
#
# ::: dlnotes.layers.normalization
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## 暂退法 { #dropouts }
#
# 训练时随机清零，评估时什么也不做。
#
# ::: dlnotes.layers.dropouts
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## 激活函数 { #activations }
#
# 逐个数作用的非线性函数。
#
# ::: dlnotes.layers.activations
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## softmax 与 log-sum-exp { #probabilities }
#
# 把得分变成概率，不溢出。
#
# ::: dlnotes.layers.probabilities
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## 损失函数 { #losses }
#
# 一个数，说明预测错得多厉害。
#
# ::: dlnotes.layers.losses
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## 优化器 { #optimizers }
#
# 按梯度更新参数；状态可以与 torch 的互换。
#
# ::: dlnotes.layers.optimizers
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}

# %% [markdown] tags=["en"]
# # Layers { #layers }
#
# Functions have the names, arguments and defaults of `torch.nn.functional`, modules those of `torch.nn`, optimizers those of `torch.optim`, so that each can be swapped for the other. Every name has [a record of its proof against torch](../results/equivalence.py).
#
# ## Fully connected { #dense }
#
# ::: dlnotes.layers.dense
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## Convolution { #convolution }
#
# ::: dlnotes.layers.convolution
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## Transposed convolution { #transposed }
#
# ::: dlnotes.layers.transposed
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## Padding { #padding }
#
# ::: dlnotes.layers.padding
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## Pooling { #pooling }
#
# ::: dlnotes.layers.pooling
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## Adaptive pooling { #adaptive }
#
# ::: dlnotes.layers.adaptive
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## Interpolation { #upsampling }
#
# ::: dlnotes.layers.upsampling
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## Pixel shuffle { #shuffling }
#
# ::: dlnotes.layers.shuffling
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## Batch normalization { #batchnorm }
#
# ::: dlnotes.layers.batchnorm
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## Layer and group normalization { #normalization }
#
# ::: dlnotes.layers.normalization
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## Dropout { #dropouts }
#
# ::: dlnotes.layers.dropouts
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## Activation functions { #activations }
#
# ::: dlnotes.layers.activations
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## Softmax and log-sum-exp { #probabilities }
#
# ::: dlnotes.layers.probabilities
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## Losses { #losses }
#
# ::: dlnotes.layers.losses
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
#
# ## Optimizers { #optimizers }
#
# ::: dlnotes.layers.optimizers
#     options: {show_root_heading: false, show_root_toc_entry: false, merge_init_into_class: true}
