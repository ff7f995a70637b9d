// A ticket that was opened once opens again without a network: docs/decisions/offline-tickets.md.
// Each ticket page has a cache of its own, named by its path: the page as it last came, and the
// files that it needs. Nothing else is kept, and nothing else passes through here.
'use strict'

const PATIENCE = 3000 // ms for the network, where there is a copy
const TICKET = /^\/t\/[\w-]+$/
const FILE = /^\/(?:static|brand|images)\//
const FILES = /\s(?:href|src)="(\/(?:static|brand|images)\/[^"]+)"/g // as our pages write them

addEventListener('install', () => skipWaiting()) // any version understands what is kept
addEventListener('activate', (event) => event.waitUntil(registration.navigationPreload?.enable()))

addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (origin !== location.origin || request.method !== 'GET') return
  if (request.mode === 'navigate') {
    if (TICKET.test(pathname)) event.respondWith(opened(event, pathname))
  } else if (FILE.test(pathname)) {
    // Addresses of files say which version they are: a copy is as good as the file.
    event.respondWith(caches.match(request).then((kept) => kept || fetch(request)))
  }
})

// A page that was there before the worker, or that is a copy, asks what it is like by now.
addEventListener('message', (event) => {
  const { pathname, search } = new URL(event.source.url)
  if (!TICKET.test(pathname)) return
  const told = fetch(pathname + search)
    .then((answer) => note(pathname, answer))
    .then((found) => found && event.source.postMessage(found))
  event.waitUntil(told.catch(asItWas))
})

const asItWas = () => {} // no network, or no room: what is kept stays as it is

async function opened(event, path) {
  const coming = Promise.resolve(event.preloadResponse).then((early) => early || fetch(event.request))
  const twin = coming.then((answer) => answer.clone()) // before anybody reads its body
  event.waitUntil(twin.then((answer) => note(path, answer)).catch(asItWas))
  const kept = await caches.match(path, { cacheName: path, ignoreVary: true }).catch(asItWas)
  if (!kept) return coming
  const timely = coming.then((answer) => (answer.status < 500 ? answer : kept), () => kept)
  return Promise.race([timely, new Promise((late) => setTimeout(late, PATIENCE, kept))])
}

// What an answer says of a ticket, for its page: {html} or {gone}; nothing if it says nothing.
async function note(path, answer) {
  if (answer.ok) return { html: await keep(path, answer) }
  if (answer.status !== 404 && answer.status !== 410) return
  await caches.delete(path)
  return { gone: true }
}

async function keep(path, answer) {
  const html = await answer.text()
  const cache = await caches.open(path)
  const wanted = new Set([path])
  for (const [, address] of html.matchAll(FILES)) {
    const file = address.replaceAll('&amp;', '&')
    wanted.add(file)
    if (!(await cache.match(file))) await cache.add(file)
  }
  const headers = new Headers(answer.headers)
  headers.delete('Content-Encoding') // it is unpacked by now
  // The copy says of itself that it is one.
  await cache.put(path, new Response(html.replace('<html ', '<html data-kept '), { headers }))
  for (const request of await cache.keys()) {
    const { pathname, search } = new URL(request.url)
    if (!wanted.has(pathname + search)) await cache.delete(request)
  }
  return html
}
