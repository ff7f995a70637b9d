// What pages do in the browser. The contract (data attributes) is at the top of
// templates/components.html. Every page works without this file.
//
//   htmx      fetched when it is needed
//   Focus     never lost
//   Dialog    opens with what it holds, and closes
//   Swaps     around htmx's requests: what is said, shown, and told if it failed; news
//   Forms     one submit at a time, and no form is left before there is an answer
//   Network   where there is none the page stays
//   Passing   record, copy, share
//
// One file, for an overview is to come with five requests (a room more would be the sixth). What
// has a page or a place of its own has a file of its own: live.js, opened.js, ticket.js, framed.js,
// backoffice.js.
(() => {
  'use strict'
  const root = document.documentElement
  const $ = (id) => document.getElementById(id)
  const one = (selector, within = document) => within.querySelector(selector)
  const on = (type, handler, capture) => document.addEventListener(type, handler, capture)
  const dialog = $('dialog')
  // Browsers older than dialogs (Safari before 15.4) are given the pages as without scripts.
  if (!dialog.showModal) return document.body.setAttribute('data-hx-disable', '')
  // Milliseconds: after that the browser has most likely not left.
  const LEAVING = 15000
  const current = () => +($('live-version')?.dataset.version || 0)
  // What a request says of the page: that it takes fragments, and which news it has seen.
  const headers = () => ({ 'HX-Request': 'true', 'Live-Version': current() })
  function halt(event) {
    event.preventDefault()
    event.stopImmediatePropagation()
  }

  // What a modal dialog covers is inert and silent, so it has a status and a notice of its own.
  const region = (name) => (dialog.open && one(`[data-${name}]`, dialog)) || $(name)

  function announce(text) {
    const status = region('announcer')
    status.textContent = ''
    setTimeout(() => (status.textContent = text), 50) // the same words twice are heard twice
  }

  // ---- htmx. It is larger than all the rest of an overview, and whoever only looks doesn't
  // need it: there it comes as soon as somebody reaches for a button, or when there is news to swap
  // in. Where nothing but a page's own form needs it, it comes when that is sent.

  const htmxAt = document.currentScript.dataset.htmx // where to fetch it from, if it isn't there
  let coming

  function htmx() {
    if (window.htmx || !htmxAt) return Promise.resolve(window.htmx)
    return coming ??= new Promise((come) => {
      const script = document.createElement('script')
      const fetch = () => document.head.append(script)
      script.src = htmxAt
      script.onload = () => come(window.htmx)
      script.onerror = () => come((coming = undefined))
      // What is pressed does what it does without; it may still come.
      setTimeout(come, 8000)
      if (document.readyState === 'complete') fetch()
      else addEventListener('load', fetch) // before, it would wait for what has happened already
    })
  }

  // What is pressed before is pressed once more when it is there, or does what it does without.
  let held, alone
  async function holdBack(event) {
    const { target, type, submitter } = event
    const pressed = target.closest(type === 'click' ? 'button[data-hx-get]' : 'form[method=post]')
    if (!pressed || window.htmx || serverIsThere || pressed === alone) return
    halt(event)
    if (pressed === held) return
    held = pressed
    const slow = busySoon()
    const there = await htmx()
    clearTimeout(slow)
    release(root)
    held = undefined
    const again = () => (type === 'click' ? pressed.click() : submit(pressed, submitter))
    if (!there && isAlone()) return (complain().onclick = again)
    if (!there) alone = pressed
    again()
    alone = undefined
  }
  if (htmxAt && !window.htmx) {
    const reaching = one('[data-hx-get], [data-hx-post]') ? ['pointerover', 'pointerdown', 'focusin'] : []
    for (const type of reaching) on(type, htmx, { once: true })
    for (const type of ['click', 'submit']) on(type, holdBack, true)
  }

  // ---- Focus. Never lost to <body>, by a swap or by a closing dialog.

  // The ids around what had the focus, innermost first: it may be gone when they are needed.
  function trail(element) {
    const ids = []
    for (let e = element; e; e = e.parentElement) if (e.id) ids.push(e.id)
    return ids
  }
  let lastTrail = [], openerTrail = []
  on('focusin', (event) => (lastTrail = trail(event.target)))

  function focus(element) {
    element?.focus({ preventScroll: true })
    return element && document.activeElement === element
  }

  const isNowhere = () => document.activeElement === document.body
  function focusWithin(element) {
    const within = element && one('h1, h2, h3, a[href], button', element)
    if (within?.matches('h1, h2, h3')) within.tabIndex = -1
    return focus(within)
  }

  function restoreFocus(ids) {
    if (!isNowhere()) return
    for (const id of [...ids, 'main']) {
      const element = $(id)
      // Of a closed menu its button.
      if (focus(element) || focus($(`${id}-button`)) || focusWithin(element)) return
    }
  }

  const badField = (within) =>
    one(':is(input, select, textarea)[aria-invalid], [role=radiogroup][aria-invalid] input', within)

  // ---- Dialog

  let refused // an answer asked to close: what is swapped with it must not open it again

  function showDialog() {
    if (!dialog.open) {
      if (refused || !dialog.textContent.trim()) return restoreFocus(openerTrail)
      dialog.setAttribute('aria-labelledby', 'dialog-title')
      dialog.showModal()
    }
    const start = badField(dialog) || one('[autofocus]', dialog) || $('dialog-title')
    start?.focus()
  }

  function closeDialog() {
    refused = true
    dialog.close()
  }

  on('closeDialog', closeDialog)
  dialog.addEventListener('close', () => {
    if (dialog.open) return
    dialog.replaceChildren()
    restoreFocus(openerTrail) // the browser returns to the opener, unless that was swapped
  })
  let pressed
  on('pointerdown', (event) => (pressed = event.target))
  dialog.addEventListener('click', (event) => {
    // A press on the backdrop itself: selecting text may end outside.
    if (event.target === dialog && pressed === dialog) closeDialog()
  })

  // ---- Swaps, and the requests that bring them

  on('htmx:configRequest', ({ detail }) => {
    Object.assign(detail.headers, headers())
    if (detail.target.id === 'main') delete detail.headers['HX-Request'] // it asks for a page, not for a part
  })
  const busySoon = () => setTimeout(() => root.setAttribute('aria-busy', 'true'), 300)
  on('htmx:beforeRequest', (event) => {
    const { detail } = event
    // The second tap of two, or it was queued behind what opened the dialog.
    if (detail.target === dialog && dialog.open && !dialog.contains(detail.elt)) return event.preventDefault()
    refused = false
    if (detail.target === dialog && !dialog.open) openerTrail = trail(detail.elt)
    region('notice').replaceChildren()
    const slow = busySoon()
    // htmx tells what asked how it ended, and that may be gone by then.
    detail.xhr.addEventListener('loadend', () => {
      clearTimeout(slow)
      ended(detail)
      if (!detail.elt.isConnected && (detail.xhr.status || 500) >= 500) failed({ detail })
    })
  })

  function ended({ xhr, elt }) {
    const free = () => [root, elt].forEach(release)
    if (!xhr.getResponseHeader('HX-Redirect')) return free()
    // Until the next page is there; or an app was opened, and this page is all that comes.
    root.setAttribute('aria-busy', 'true')
    setTimeout(free, LEAVING)
  }

  on('htmx:beforeSwap', ({ detail }) => {
    const { xhr } = detail
    const html = /html/.test(xhr.getResponseHeader('Content-Type'))
    // Proxies and hotspots answer too, with whatever status they like: with pages, as ours are none.
    const isPage = detail.target.id === 'main' || /<html\b/i.test(detail.serverResponse)
    const isForeign = isPage && !/ id="main"/.test(detail.serverResponse)
    if (isForeign || (xhr.status >= 400 && !(html && detail.serverResponse))) {
      return Object.assign(detail, { shouldSwap: false, isError: true })
    }
    if (xhr.status >= 400 && detail.elt.dataset.hxSwap === 'none') {
      // A refusal always has a place to be read.
      Object.assign(detail, { target: dialog, swapOverride: 'innerHTML' })
      openerTrail = trail(detail.elt)
    }
    if (/^\s*<!doctype/i.test(detail.serverResponse)) {
      const asked = new URL(detail.pathInfo.finalRequestPath, location)
      const got = new URL(xhr.responseURL)
      if (xhr.status < 400 && got.pathname !== asked.pathname) {
        detail.shouldSwap = false
        location.assign(got) // a form that ended on another page
      } else {
        Object.assign(detail, { selectOverride: '#main > *', ignoreTitle: detail.target.id !== 'main' })
      }
    }
    late = isOldNews(detail.serverResponse)
  })

  let late // the stream was quicker: of the answer only a dialog is still wanted
  on('htmx:oobBeforeSwap', ({ detail }) => late && (detail.shouldSwap = false))

  let undisturbed // news come while nothing has the focus: it isn't lost
  on('htmx:afterSettle', ({ target, detail }) => {
    if (target === dialog) return showDialog()
    // Said beside a form whose button may be far below.
    if ('notice' in target.dataset) target.scrollIntoView({ block: 'nearest' })
    const isWholePage = target.id === 'main' && detail?.xhr
    if (isWholePage) scrollTo(0, 0)
    const bad = detail?.xhr?.status === 422 && (badField(target) || one('.notice[tabindex]', target))
    if (bad) return bad.focus()
    if (isWholePage && isNowhere()) focusWithin(target)
    if (!undisturbed) restoreFocus(lastTrail)
  })

  function complain(words) {
    const place = region('notice')
    place.replaceChildren($('failed').content.cloneNode(true))
    if (words) one('p', place).textContent = words
    place.scrollIntoView({ block: 'nearest' })
    return one('[data-retry]', place)
  }

  function inShort(html) {
    const page = new DOMParser().parseFromString(html || '', 'text/html')
    const words = [...page.querySelectorAll('#main :is(h1, p:not(.meta, :empty))')]
    return words.map((e) => e.textContent).join(' – ')
  }

  function failed({ detail: { elt, xhr, requestConfig } }) {
    const { verb, path, triggeringEvent } = requestConfig
    complain(inShort(xhr.responseText)).onclick = () => {
      if (!elt.isConnected) location.reload()
      else if (elt.matches('form')) submit(elt, triggeringEvent?.submitter)
      else if (elt.matches('a, button')) elt.click()
      else window.htmx.ajax(verb, path, { source: elt }) // what follows a form, or the time
    }
  }
  for (const type of ['sendError', 'responseError', 'timeout']) on(`htmx:${type}`, failed)

  const isOldNews = (html) => /id="live-version"\D+(\d+)/.exec(html)?.[1] <= current()

  // Out-of-band HTML from elsewhere than htmx's own requests: the stream, the poll (live.js), a record.
  async function apply(html) {
    if (!html.trim() || isOldNews(html) || !(await htmx()) || isOldNews(html)) return
    late = false
    undisturbed = isNowhere()
    window.htmx.swap($('main'), html, { swapStyle: 'none', swapDelay: 0, settleDelay: 0 })
    undisturbed = false
    const news = dialog.open && /id="announcer"/.test(html) && one('[data-news]', dialog)
    if (news) news.textContent = $('announcer').textContent
  }
  on('news', ({ detail: html }) => apply(html))

  // ---- Forms. One submit at a time, and none is left before there is an answer.
  //
  // What is posted and names nothing that takes the answer is a page's own form. htmx sends it as
  // the browser would, and what comes takes the place of what <main> or the dialog holds. Where
  // htmx isn't, the browser sends it, if the server is there to answer.

  const release = (form) => form?.removeAttribute('aria-busy')
  // Safari before 16 has no requestSubmit, and older iPhones stay there: a button is pressed for it.
  function submit(form, submitter) {
    if (form.requestSubmit) return form.requestSubmit(submitter)
    const button = submitter || Object.assign(document.createElement('button'), { hidden: true })
    if (!submitter) form.append(button)
    button.click()
    if (!submitter) button.remove()
  }
  const byHtmx = (element) => window.htmx && element?.matches('[data-hx-get], [data-hx-post]')

  on('submit', (event) => {
    const { target: form, submitter } = event
    // A field may be called "action", and stands in the form's place then.
    const its = (name) => submitter?.getAttribute(`form${name}`) ?? form.getAttribute(name)
    const posts = its('method') === 'post'
    if (posts && form.hasAttribute('aria-busy')) return halt(event)
    const own = !byHtmx(form) && !byHtmx(submitter) && !its('target')
    const freely = !posts || form.matches(BY_BROWSER) // gone to without asking, unless there is no network
    const byScript = own && !freely && window.htmx
    if (own && !byScript && !serverIsThere && (!freely || isAlone())) {
      return askFirst(event, () => submit(form, submitter))
    }
    if (!posts) return
    form.setAttribute('aria-busy', 'true')
    if (byScript) {
      event.preventDefault()
      send(form, its('action'), event)
    } else if (!byHtmx(form)) setTimeout(release, LEAVING, form) // it may have left the page where it is
  }, true)
  addEventListener('pageshow', () => document.querySelectorAll('[aria-busy]').forEach(release))

  function send(form, path, event) {
    const { name, value } = event.submitter || {}
    const target = dialog.contains(form) ? dialog : $('main')
    const values = name ? { [name]: value } : {}
    window.htmx.ajax('post', path, { source: form, target, swap: 'innerHTML', values, event })
      .catch(() => {}) // told already: `failed`
  }

  // ---- Network. Where there is none the page stays; browsers may be wrong about that, so the
  // server is asked.

  const here = document.currentScript.src
  const ask = () => fetch(here, { method: 'HEAD', cache: 'no-store' }).then(({ ok }) => ok, () => false)
  let serverIsThere, outOfReach
  const isAlone = () => outOfReach || !navigator.onLine

  async function askFirst(event, again) {
    halt(event)
    serverIsThere = await ask()
    outOfReach = false
    if (serverIsThere) again()
    else complain().onclick = again
    serverIsThere = false
  }

  // What the browser is to send at once, as password managers and others who watch it expect of a
  // sign-in: there the server is asked while the form is filled in.
  const BY_BROWSER = '[data-by-browser]'
  on('focusin', async ({ target }) => {
    if (target.form?.matches(BY_BROWSER)) outOfReach = !(await ask())
  })

  const leaves = ({ protocol, target, href }) =>
    /^http/.test(protocol) && target !== '_blank' && href.split('#')[0] !== location.href.split('#')[0]

  // ---- Passing on: record, copy, share

  // data-record-NAME is posted as NAME.
  async function record({ dataset }) {
    if (!dataset.record) return
    const body = new URLSearchParams({ csrf_token: dataset.recordToken })
    for (const key in dataset) {
      const [, name] = /^record(?!Token)(.+)/.exec(key) || []
      if (name) body.set(name.toLowerCase(), dataset[key])
    }
    try {
      const answer = await fetch(dataset.record, { method: 'POST', keepalive: true, body, headers: headers() })
      const html = await answer.text()
      if (answer.ok) return apply(html)
      complain(inShort(answer.status === 422 ? '' : html)).remove() // a 422 is a form
    } catch {} // offline, or the page was left: the next look shows what the server knows
  }

  // Where the clipboard is refused (plain HTTP, an old in-app browser) the old way may work.
  function copyTheOldWay(text, field) {
    const had = document.activeElement
    const area = field || document.createElement('textarea')
    if (!field) (dialog.open ? dialog : document.body).append(area)
    area.value = text
    area.select()
    const done = document.execCommand('copy')
    if (!field) area.remove()
    if (done || !field) had.focus() // else the text stays selected, to be copied by hand
    return done
  }

  async function copy(button) {
    const { copy: selector, copyText, copiedText, copyFailedText } = button.dataset
    const field = selector && one(selector)
    const text = field ? field.value : copyText
    const done = await navigator.clipboard?.writeText(text).then(() => true, () => false)
      || copyTheOldWay(text, field)
    if (!done && !dialog.open) return complain(copyFailedText).remove() // a dialog has room for it
    announce(done ? copiedText : copyFailedText)
    if (!done) return
    const { lastChild: label } = button
    const was = label.data
    label.data = copiedText
    if (was !== copiedText) setTimeout(() => (label.data = was), 3000)
    record(button)
  }

  function share(button) {
    const { shareUrl: url, shareTitle: title, shareText: text } = button.dataset
    navigator.share({ url, title, text }).then(() => record(button), () => {}) // they changed their mind
  }

  function revealShare({ target }) {
    if (!navigator.share) return
    for (const button of target.querySelectorAll('[data-share-url]')) button.hidden = false
  }
  on('htmx:load', revealShare)
  revealShare({ target: document })

  on('click', (event) => {
    const hit = event.target.closest('a, button')
    if (!hit) return
    const { dataset } = hit
    if ('close' in dataset && dialog.open) {
      event.preventDefault()
      closeDialog()
    } else if ('copy' in dataset || 'copyText' in dataset) copy(hit)
    else if ('shareUrl' in dataset) share(hit)
    else if ('dismiss' in dataset) {
      one(dataset.dismiss).remove()
      restoreFocus([])
    } else if ('acceptSuggestion' in dataset) {
      const field = $(dataset.acceptSuggestion)
      field.value = hit.value
      hit.closest('.suggestion').remove()
      field.focus()
    } else if (isAlone() && !serverIsThere && leaves(hit) && !event.defaultPrevented) {
      askFirst(event, () => hit.click())
    } else record(hit)
  })

  if (!one('[autofocus]')) badField()?.focus()
})()
