// The glossary filters as one types: by any name in either language, by pinyin, whole or as initials, and by abbreviation.
// Without this file the page is a plain list.
const filter = document.getElementById("dl-filter")
if (filter) {
  const box = filter.closest(".dl-filter")
  const status = box.querySelector("[role=status]")
  const plain = text => text.toLowerCase().replace(/ü/g, "v").replace(/×/g, "x").replace(/[\s\-_–—'’]+/g, "")
  const names = node => node ? node.textContent.split(" · ") : []
  const readings = new Map()
  for (const [, syllable, characters] of box.dataset.pinyin.matchAll(/([a-z]+)([^a-z ]+)/g))
    for (const character of characters) readings.set(character, [...readings.get(character) || [], syllable])
  // A character with two readings, such as 重, counts as both.
  const spell = (name, length) => [...name].reduce((heads, letter) =>
    (readings.get(letter) || [letter]).flatMap(reading => heads.map(head => head + (readings.has(letter) ? reading.slice(0, length) : reading))), [""])
  const entries = [...document.querySelectorAll(".dl-entry")].map(node => {
    const heading = node.querySelector("h3")
    const shown = [heading.firstChild.textContent, ...names(heading.querySelector("small")), ...names(node.querySelector(".dl-also")),
      ...(node.dataset.plural || "").split(",")].map(plain).filter(Boolean)
    return {
      node,
      shown: true,
      text: plain([...node.querySelectorAll("p, code")].map(part => part.textContent).join(" ")),
      names: [...new Set(shown.flatMap(name => [name, ...spell(name), ...spell(name, 1)]))],
    }
  })
  const outside = document.querySelectorAll("article h2[id^=letter-], .dl-letters")
  const update = () => {
    const query = plain(filter.value)
    // One Latin letter only counts where a name begins, and a definition only where no name fits.
    const inside = query.length > 1 || query > "\u3000"
    const fits = name => (inside ? name.includes(query) : name.startsWith(query)) || query === name + "s" || query === name + "es"
    let found = entries.filter(entry => entry.names.some(fits))
    if (!found.length) found = entries.filter(entry => entry.text.includes(query))
    const kept = new Set(found)
    for (const entry of entries) {
      const shown = kept.has(entry)
      if (shown !== entry.shown) entry.node.hidden = !(entry.shown = shown)
    }
    for (const node of outside) node.hidden = query !== ""
    status.textContent = query && (found.length ? status.dataset.some.replace("{}", found.length) : status.dataset.none)
  }
  box.hidden = false
  filter.addEventListener("input", update)
  // A see-also may lead to a term that the filter hides.
  document.addEventListener("click", event => {
    const link = event.target.closest("a[href*='#term-']")
    if (link && filter.value && document.getElementById(link.hash.slice(1))?.closest("[hidden]")) {
      filter.value = ""
      update()
    }
  })
  // Browsers put the former query back when one returns to the page.
  if (filter.value) update()
}
