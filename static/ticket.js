// The ticket page: once opened it opens again without a network (ticket-worker.js), and says so.
(() => {
  'use strict'
  const details = document.getElementById('details')
  const given = (form) => String(new URLSearchParams(new FormData(form)))
  function isBeingFilledIn() {
    if (!details) return false
    if (!details.isConnected) return true // it was sent, and came back with what is wrong
    const blank = details.cloneNode(true)
    blank.reset()
    return given(blank) !== given(details)
  }

  // Going back may show the page as it was left, and ask nobody whether it is still so.
  addEventListener('pageshow', ({ persisted }) => persisted && !isBeingFilledIn() && location.reload())

  const { serviceWorker } = navigator
  if (!serviceWorker) return // plain HTTP, a browser inside another app, an old one
  const isCopy = 'kept' in document.documentElement.dataset
  const look = async () => (await serviceWorker.ready).active.postMessage('look')

  serviceWorker.register('/static/ticket-worker.js', { scope: '/t/' })
    .catch(() => {}) // the browser keeps nothing: the page is there all the same
  if (isCopy || !serviceWorker.controller) look()
  if (!isCopy) return

  // What stays the same from one answer to the next, unless something happened to the ticket.
  function essence(page) {
    const main = page.getElementById('main').cloneNode(true)
    const passing = 'template, .notice[role=status], [name=csrf_token], [name=reference]'
    for (const each of main.querySelectorAll(passing)) each.remove()
    main.normalize()
    return main
  }

  history.scrollRestoration = 'manual' // the notice is new, and where it is must be seen
  // What it said of something just done was said before.
  for (const each of document.querySelectorAll('.notice[role=status]')) each.remove()
  const shown = essence(document)
  const notice = document.getElementById('kept').content.firstElementChild
  document.querySelector('.pass').before(notice)

  addEventListener('online', look)
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && look())
  serviceWorker.addEventListener('message', ({ data: { html, gone } }) => {
    if (!gone && shown.isEqualNode(essence(new DOMParser().parseFromString(html, 'text/html')))) notice.remove()
    else if (!isBeingFilledIn()) location.reload()
  })
})()
