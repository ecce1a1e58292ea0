// The theme's search box is a dialog; it needs a name of its own.
for (const dialog of document.querySelectorAll(".md-search[role=dialog]:not([aria-label])")) {
  dialog.setAttribute("aria-label", dialog.querySelector("input").placeholder)
}

// The language switch keeps the heading that is being read.
document.addEventListener("click", event => {
  const link = event.target.closest("[data-dl-switch]")
  if (!link) return
  const headings = [...document.querySelectorAll("article h1[id], article h2[id], article h3[id], article h4[id]")]
  const passed = headings.filter(heading => heading.getBoundingClientRect().top < 140)
  const here = passed.length > 1 ? passed[passed.length - 1].id : ""
  link.href = link.href.split("#")[0] + (here ? "#" + here : "")
}, true)

// The clinic's index takes a pasted error message: numbers and unknown words are forgiven, the best matches stay.
const symptoms = document.getElementById("dl-cases-filter")
if (symptoms) {
  const box = symptoms.closest(".dl-filter")
  const status = box.querySelector("[role=status]")
  const words = text => {
    const lower = text.toLowerCase()
    const latin = lower.match(/[a-z_]{2,}|\d+\.\d+/g) || []
    const han = (lower.match(/[\u4e00-\u9fff]+/g) || []).flatMap(run => run.length < 2 ? [run] : [...run].slice(1).map((sign, i) => run[i] + sign))
    return [...new Set([...latin, ...han])]
  }
  const lists = [...document.querySelectorAll("article .dl-cases")]
  const items = lists.flatMap(list => [...list.querySelectorAll("li")]).map(node => ({ node, text: node.textContent.toLowerCase() }))
  box.hidden = false
  symptoms.addEventListener("input", () => {
    const query = words(symptoms.value)
    // A word that few cases have says more than one that most have.
    const weights = query.map(word => {
      const having = items.filter(item => item.text.includes(word)).length
      return having ? Math.log(1 + items.length / having) : 0.2
    })
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    const scores = items.map(item => query.reduce((sum, word, i) => sum + (item.text.includes(word) ? weights[i] : 0), 0) / (total || 1))
    const best = Math.max(...scores)
    let shown = 0
    items.forEach((item, i) => {
      const match = !query.length || (scores[i] >= 0.35 && scores[i] >= 0.7 * best)
      shown += match
      item.node.hidden = !match
    })
    for (const list of lists) {
      const empty = ![...list.querySelectorAll("li")].some(node => !node.hidden)
      for (let node = list; node; node = node.previousElementSibling) {
        node.hidden = empty
        if (/^H[23]$/.test(node.tagName)) break
      }
    }
    status.textContent = shown ? "" : status.dataset.none
  })
}
