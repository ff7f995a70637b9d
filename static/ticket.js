// The ticket page: once opened it opens again without a network (ticket-worker.js), and says so.
(() => {
  'use strict'
  const { serviceWorker } = navigator
  if (!serviceWorker) return // plain HTTP, a browser inside another app, an old one
  const isCopy = 'kept' in document.documentElement.dataset
  const look = async () => (await serviceWorker.ready).active.postMessage('look')

  serviceWorker.register('/static/ticket-worker.js', { scope: '/t/' })
    .catch(() => {}) // the browser keeps nothing: the page is there all the same
  if (isCopy || !serviceWorker.controller) look()
  if (!isCopy) return

  history.scrollRestoration = 'manual' // the notice is new, and where it is must be seen
  // What it said of something just done was said before.
  for (const each of document.querySelectorAll('.notice[role=status]')) each.remove()
  const pass = document.querySelector('.pass')
  const notice = document.getElementById('kept').content.firstElementChild
  pass.before(notice)

  addEventListener('online', look)
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && look())
  serviceWorker.addEventListener('message', ({ data: { html, gone } }) => {
    const newest = new DOMParser().parseFromString(html || '', 'text/html').querySelector('.pass')
    if (gone || !pass.isEqualNode(newest)) location.reload()
    else notice.remove()
  })
})()
