"""The bilingual site: one source per page becomes a Chinese and an English page.

    pages      read a percent page, pair its two halves, compare them
    kernel     run the cells of one page, in a process of its own
    execution  decide which pages must run, run them side by side, remember the results
    labels     translate the text of figures and tables
    render     one executed page → Markdown and notebook in one language
    terms      glossary links in running text, and the glossary page
    formulas   TeX → HTML with KaTeX, at build time
    assets     KaTeX and fonts, fetched from npm into the cache
    tree       write the two trees of pages that MkDocs reads
    hooks      the only module that knows MkDocs

Everything but `hooks` works without MkDocs, so that another generator can take its place.
"""
