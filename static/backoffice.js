// The search, and menus (ui.menu): what the browser leaves out of them. With app.js.
(() => {
  'use strict'
  const on = (type, handler, capture) => document.addEventListener(type, handler, capture)

  // What was typed before htmx was there counts too: for the search, and for what follows a form.
  const typed = ({ options, selectedIndex, checked, defaultChecked, value, defaultValue }) =>
    options ? selectedIndex !== Math.max([...options].findIndex((each) => each.defaultSelected), 0)
      : checked !== defaultChecked || value !== defaultValue
  on('htmx:load', ({ target }) => {
    for (const field of target.querySelectorAll('input, textarea, select')) {
      if (typed(field)) field.dispatchEvent(new Event('input', { bubbles: true }))
    }
  })

  // A form may be answered with a file. htmx reads texts alone: a file of another kind is got by a link.
  on('htmx:beforeSwap', ({ detail }) => {
    const { xhr } = detail
    const [, name] = /^attachment; filename="?([^";]+)/.exec(xhr.getResponseHeader('Content-Disposition')) || []
    if (!name) return
    Object.assign(detail, { shouldSwap: false, isError: false })
    const file = new Blob([xhr.response], { type: xhr.getResponseHeader('Content-Type') })
    const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(file), download: name })
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 60000)
  })

  // What was answered may have begun a new session: the forms above <main> take its token.
  on('htmx:afterSettle', ({ target, detail }) => {
    const [, token] = (target.id === 'main' && /name="csrf_token" value="([^"]+)/.exec(detail?.xhr?.response)) || []
    if (!token) return
    for (const field of document.querySelectorAll('.topbar [name=csrf_token]')) field.value = token
  })

  // Whoever signs out leaves nothing on the screen, in other windows of this browser neither. Those
  // stay empty until the answer is there, however long that takes: the next page says that it is.
  const leaving = window.BroadcastChannel ? new BroadcastChannel('sign-out') : { postMessage() {} }
  leaving.postMessage('answered')
  const SIGNS_OUT = 'form[action$="/sign-out"]'
  on('submit', ({ target }) => target.matches(SIGNS_OUT) && leaving.postMessage('asked'))
  on('htmx:afterRequest', ({ detail: { elt, xhr } }) => {
    const isRefused = xhr.status && !xhr.getResponseHeader('HX-Redirect')
    if (elt.matches(SIGNS_OUT) && isRefused) leaving.postMessage('answered')
  })
  let emptied
  leaving.onmessage = ({ data }) => {
    if (data === 'answered' && emptied) location.reload()
    if (data !== 'asked' || !document.querySelector(SIGNS_OUT)) return
    document.body.replaceChildren()
    emptied = true
  }

  // On a phone the ways scroll sideways: the one that was taken is in sight.
  for (const here of document.querySelectorAll('.tabs > [aria-current], .subtabs > [aria-current]')) {
    const way = here.parentElement
    const { left, right } = here.getBoundingClientRect()
    const seen = way.getBoundingClientRect()
    if (left < seen.left || right > seen.right) way.scrollLeft += (left + right - seen.left - seen.right) / 2
  }

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

  // A placeholder goes where the caret is, or was last.
  let typing
  on('focusin', ({ target }) => {
    if (target.matches('[data-takes-placeholders]')) typing = target
  })
  on('click', ({ target }) => {
    const chip = target.closest('[data-insert]')
    if (!chip) return
    const field = typing?.isConnected ? typing : document.getElementById(chip.dataset.into)
    field.focus()
    field.setRangeText(chip.dataset.insert, field.selectionStart, field.selectionEnd, 'end')
    field.dispatchEvent(new Event('input', { bubbles: true }))
  })

  // A mail’s preview (data-room): the form is sent into a fresh frame each time, so that Back
  // doesn’t lead through all of them, and the former one stays until the new one has something.
  // A frame keeps its first name, so each has another.
  let frames = 0
  on('htmx:afterSettle', ({ target }) => {
    const room = document.querySelector(target.dataset.room || 'none')
    if (!room || target.querySelector('[data-no-mail]')) return
    const form = document.querySelector(target.dataset.hxInclude)
    const frame = room.lastElementChild.cloneNode()
    frame.removeAttribute('src')
    frame.name = `mail-${++frames}`
    while (room.children.length > 1) room.lastElementChild.remove() // not even shown yet
    room.append(frame)
    for (const each of form.elements) if (each.formTarget) each.formTarget = frame.name
    const { action } = form
    Object.assign(form, { action: target.dataset.action, target: frame.name }).submit()
    Object.assign(form, { action, target: '' })
    frame.addEventListener('load', () => {
      if (frame.isConnected) while (frame.previousSibling) frame.previousSibling.remove()
    })
  })
  on('load', ({ target }) => {
    // A form that was sent into a frame can be sent again.
    if (target.matches?.('iframe.mail-frame')) {
      document.querySelector('form[aria-busy]')?.removeAttribute('aria-busy')
    }
  }, true)

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
