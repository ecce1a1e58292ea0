// The language switch keeps the heading that is being read.
document.addEventListener("click", event => {
  const link = event.target.closest("[data-dl-switch]")
  if (!link) return
  const headings = [...document.querySelectorAll("article h1[id], article h2[id], article h3[id], article h4[id]")]
  const passed = headings.filter(heading => heading.getBoundingClientRect().top < 140)
  const here = passed.length > 1 ? passed[passed.length - 1].id : ""
  link.href = link.href.split("#")[0] + (here ? "#" + here : "")
}, true)

// The glossary filters as one types; without a script it is a plain list.
const filter = document.getElementById("dl-filter")
if (filter) {
  const box = filter.closest(".dl-filter")
  const status = box.querySelector("[role=status]")
  const sections = []
  for (const heading of document.querySelectorAll("article h3[id^=term-]")) {
    const nodes = [heading]
    for (let next = heading.nextElementSibling; next && !/^H[23]$/.test(next.tagName); next = next.nextElementSibling) nodes.push(next)
    sections.push({ nodes, text: nodes.map(node => node.textContent).join(" ").toLowerCase(), head: heading.textContent.toLowerCase() })
  }
  const letters = [...document.querySelectorAll("article h2[id^=letter-]")]
  box.hidden = false
  filter.addEventListener("input", () => {
    const query = filter.value.trim().toLowerCase()
    let shown = 0
    const inHead = sections.some(section => section.head.includes(query))
    for (const section of sections) {
      const match = (inHead ? section.head : section.text).includes(query)
      shown += match
      for (const node of section.nodes) node.hidden = !match
    }
    for (const letter of letters) letter.hidden = query !== ""
    status.textContent = shown ? "" : status.dataset.none
  })
}
