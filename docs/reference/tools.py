# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "账本、配方、比较、插图、练习、术语表、体检与错误。API 说明是英文。"
#       en: "The ledger, recipes, comparisons, figures, exercises, the glossary, the examination of models, and errors."
# ---

# %% [markdown] tags=["zh"]
# # 工具 { #tools }
#
# 账本、配方、比较、插图、练习、术语表、体检与错误。API 说明是英文。
#
# ::: dlnotes.summary
#
# ::: dlnotes.recipes
#
# ::: dlnotes.comparison
#
# ::: dlnotes.figures
#
# ::: dlnotes.exercises
#
# ::: dlnotes.glossary
#
# ::: dlnotes.clinic.doctor
#
# ::: dlnotes.errors

# %% [markdown] tags=["en"]
# # Tools { #tools }
#
# The ledger, recipes, comparisons, figures, exercises, the glossary, the examination of models, and errors.
#
# ::: dlnotes.summary
#
# ::: dlnotes.recipes
#
# ::: dlnotes.comparison
#
# ::: dlnotes.figures
#
# ::: dlnotes.exercises
#
# ::: dlnotes.glossary
#
# ::: dlnotes.clinic.doctor
#
# ::: dlnotes.errors
