# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   dlnotes:
#     description:
#       zh: "PyTorch 新手常犯的错误，按症状或报错原文来查：出错的代码、实测的症状、改好的代码。"
#       en: "Mistakes of the first months with PyTorch, found by symptom or by the text of an error message: broken code, measured, mended."
# ---

# %% tags=["remove-input"]
from dlnotes import clinic
from dlnotes.clinic.listing import Listing

# %% [markdown] tags=["zh"]
# # 门诊 { #clinic }
#
# 程序报错了；或者没有报错，结果却不对。**哪里出了毛病？** 把报错的原文粘贴到下面，或者用中文、英文描述你看到的现象。
#
# <p class="dl-filter" hidden><input type="search" id="dl-cases-filter" aria-label="症状或报错原文" placeholder="症状或报错原文，例如：mat1 and mat2 shapes cannot be multiplied"><span role="status" data-none="没有对得上的病例。"></span></p>
#
# 这里有 {{ len(clinic.names()) }} 个病例，每个有四样东西：出错的代码，揭穿它的那个数字或那句报错，改好的代码，还有一个本可以提前发现它的测试。它们都在运行：每次测试都要看到出错的代码显出症状，改好的代码没有症状。
#
# 这里没有的，先让 `clinic.examine` [给你自己的模型体检](doctor.py)。它拿模型的副本在一个批量上试运行，报告能够断定的毛病。在命令行里也可以：
#
# ```bash
# dlnotes doctor my_code.py:make_model
# ```

# %% [markdown] tags=["en"]
# # Clinic { #clinic }
#
# The program stopped with an error; or it did not, and the result is wrong. **What is the matter with it?** Paste the error message below, or say in Chinese or English what you see.
#
# <p class="dl-filter" hidden><input type="search" id="dl-cases-filter" aria-label="Symptom or error message" placeholder="Symptom or error message, such as: mat1 and mat2 shapes cannot be multiplied"><span role="status" data-none="No case matches."></span></p>
#
# There are {{ len(clinic.names()) }} cases, and each has four things: the broken code, the number or message that gives it away, the mended code, and a test that would have caught it in time. All of it runs: every run of the tests must see the symptom in the broken code and must not see it in the mended code.
#
# If yours is not here, let `clinic.examine` [look at your own model](doctor.py). It tries a copy of the model on one batch and reports what can be told for sure. The shell can do the same:
#
# ```bash
# dlnotes doctor my_code.py:make_model
# ```

# %% tags=["remove-input"]
Listing()
