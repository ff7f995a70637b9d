// The search, and menus (ui.menu): what the browser leaves out of them. With app.js.
(() => {
  'use strict'
  const on = (type, handler, capture) => document.addEventListener(type, handler, capture)

  // What was typed into the search before htmx was there counts too.
  on('htmx:load', ({ target }) => {
    for (const field of target.querySelectorAll('input[type=search]')) {
      if (field.value !== field.defaultValue) field.dispatchEvent(new Event('input', { bubbles: true }))
    }
  })

  // A first event most likely takes place where its organiser is.
  for (const field of document.querySelectorAll('[data-own-timezone]')) {
    field.value ||= Intl.DateTimeFormat().resolvedOptions().timeZone || ''
  }

  // The form as it would be, beside its settings: what was changed last stays in sight.
  let changed
  on('change', ({ target }) => (changed = target.closest('#asking-form') && target.name))
  on('htmx:afterSettle', ({ target }) => {
    const shown = target.id === 'asking-preview' && document.getElementById(`preview-${changed}`)
    const pane = shown && shown.closest('.asking')
    if (!pane || pane.scrollHeight <= pane.clientHeight) return
    const { top, bottom } = shown.getBoundingClientRect()
    const seen = pane.getBoundingClientRect()
    if (top < seen.top + 48 || bottom > seen.bottom) pane.scrollTop += top - seen.top - pane.clientHeight / 2
  })

  if (!('popover' in document.documentElement)) return // then the items just stand there

  on('toggle', ({ target, newState }) => {
    if (newState === 'open' && target.matches('.menu')) target.querySelector('.menu-item')?.focus()
  }, true)

  on('click', ({ target }) => target.closest('.menu-item')?.closest('.menu').hidePopover())

  on('keydown', (event) => {
    const items = event.target.closest('.menu')?.querySelectorAll('.menu-item')
    if (!items) return
    const last = items.length - 1
    const at = [...items].indexOf(event.target)
    const next = at < last ? at + 1 : 0
    const to = { ArrowDown: next, ArrowUp: at > 0 ? at - 1 : last, Home: 0, End: last }[event.key]
    if (to === undefined) return
    event.preventDefault()
    items[to].focus()
  })

  // A menu that stands open in something which is swapped opens again.
  let open
  on('htmx:oobBeforeSwap', ({ detail }) => {
    open = detail.target.querySelector('.menu:popover-open')?.id || open
  })
  on('htmx:afterSettle', () => {
    if (open) document.querySelector(`[popovertarget="${open}"]`)?.click()
    open = undefined
  })
})()
