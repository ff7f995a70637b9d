// Looks at every page of the browser tests from within. After whatever was swapped in or opened,
// the focus must be somewhere, and axe must have nothing against what is new. What isn't so is
// an error on the console, by which a test fails.
(() => {
  const later = setTimeout.bind(window) // some tests stop the clock
  const options = {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    resultTypes: ['violations'],
    iframes: false, // they look at themselves
    preload: false, // at once, before the test goes on
  }

  let axe
  function load() {
    const theirs = window.axe // the tests have one of their own
    loadAxe()
    axe = window.axe
    window.axe = theirs
  }

  // What looks alike, whatever it says, was looked at already.
  const known = new Set()
  function isNew(element) {
    const likeness = element.outerHTML.replace(/>[^<]+</g, '><').replace(/="[^"]*\d[^"]*"/g, '')
    return !known.has(likeness) && known.add(likeness)
  }

  // Where nothing had the focus when news came in nothing has lost it.
  let hadNone
  const isNews = (event) => !event.detail?.xhr
  document.addEventListener('news', () => (hadNone = lost()), true)

  // A dialog gives the focus back a moment after it is closed.
  const lost = () => document.activeElement === document.body
  async function stillLost(after) {
    await new Promise((soon) => later(soon, 300))
    if (lost()) console.error(`focus: it is on the body after ${after}`)
  }

  const fresh = new Set()
  let due, running = Promise.resolve()
  function look(after, element, hadNone) {
    if (element) fresh.add(element)
    due ??= later(() => {
      due = undefined
      if (lost() && !hadNone) running = running.then(() => stillLost(after))
      const parts = [...fresh].filter((e) => e.isConnected && e.checkVisibility() && isNew(e))
      fresh.clear()
      if (parts.length) running = running.then(() => examine(parts))
    })
  }

  async function examine(parts) {
    const include = parts.filter((e) => e.isConnected)
    if (!include.length) return
    if (!axe) load()
    for (const { id, nodes } of (await axe.run({ include }, options)).violations) {
      console.error(`axe: ${id}: ${nodes[0].html}`)
    }
  }

  // Resolves when all was looked at.
  window[Symbol.for('recorder')] = async () => {
    while (due) await new Promise(later)
    await running
  }

  document.addEventListener('htmx:afterSettle', (event) => {
    const { target } = event
    look(`a swap of ${target.id || target.tagName}`, target, isNews(event) && hadNone)
  })
  document.addEventListener('close', () => look('a dialog closed'), true)
  document.addEventListener('toggle', ({ target, newState }) => {
    // What a page comes with is told before its styles are there.
    if (newState === 'open' && document.readyState === 'complete') look(`${target.id || target.tagName} opened`, target)
  }, true)
})()
