// What gets lost when people set up their own way of reading: returns it in words.
(() => {
  const root = document.documentElement
  const scope = document.querySelector('dialog[open]') || document.body
  const found = new Set()
  const tell = (what, element) => found.add(`${what}: ${element.outerHTML.slice(0, 120)}`)
  const seen = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true })

  // Nobody should have to scroll sideways.
  if (root.scrollWidth > root.clientWidth) {
    found.add(`the page is ${root.scrollWidth} wide, the window ${root.clientWidth}`)
    for (const e of scope.querySelectorAll('*')) {
      if (e.getBoundingClientRect().right > root.clientWidth + 1) tell('wide', e)
    }
  }
  if (scope.matches('dialog') && scope.scrollWidth > scope.clientWidth) tell('wide', scope)

  // Text that is cut off where one can't scroll to it.
  const range = document.createRange()
  function isCut(text) {
    range.selectNodeContents(text)
    const { left, right, top, bottom } = range.getBoundingClientRect()
    for (let e = text.parentElement; e && e !== document.body; e = e.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(e)
      if (/auto|scroll/.test(overflowX + overflowY)) return false
      if (overflowX === 'visible') continue
      const edge = e.getBoundingClientRect()
      if (edge.width <= 1 || edge.height <= 1) return false // for screen readers alone
      const inside = left > edge.left - 1 && right < edge.right + 1
      if (!inside || top < edge.top - 1 || bottom > edge.bottom + 1) return true
    }
    return false
  }
  const texts = document.createTreeWalker(scope, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    const text = texts.currentNode
    const element = text.parentElement
    if (!text.data.trim() || !seen(element)) continue
    if (!element.closest('svg, select, textarea, .skip') && isCut(text)) tell('cut off', element)
  }

  // Words that stick out of what one presses.
  for (const e of scope.querySelectorAll('button, a.button, summary')) {
    const { scrollWidth, clientWidth, scrollHeight, clientHeight } = e
    if (seen(e) && (scrollWidth > clientWidth + 1 || scrollHeight > clientHeight + 1)) {
      tell('sticks out', e)
    }
  }
  return [...found]
})()
