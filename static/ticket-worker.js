// A ticket that was opened once opens again without a network: docs/decisions/offline-tickets.md.
// Each ticket page has a cache of its own, named by its path: the page as it last came, and the
// files that it needs. Nothing else is kept, and nothing else passes through here.
'use strict'

const PATIENCE = 3000 // ms for the network, where there is a copy
const TICKET = /^\/t\/[\w-]+$/
const DONE = /[?&](?:completed|mailed)=/ // something was just done: a copy wouldn't know of it
const FILE = /^\/(?:static|brand|images)\//
// As our pages write them: the files they need, the ticket itself, until when it is of use.
const FILES = /\s(?:href|src)="(\/(?:static|brand|images)\/[^"]+)"/g
const PASS = 'class="card pass'
const UNTIL = /<template id="kept" data-until="([^"]+)"/
const OURS = 'X-Robots-Tag' // on whatever we answer below /t/; no proxy or hotspot writes it
const GOOD_UNTIL = 'Good-Until' // a header that copies alone have

const asked = new Map() // path → {html}, {gone} or nothing: promised by the request still under way
const newest = new Map() // path → number of the request whose answer counts
let requests = 0

const asItWas = () => {} // no network, or no room: what is kept stays as it is
const isPast = (until) => Date.parse(until) < Date.now() // never without a date

addEventListener('install', () => skipWaiting()) // any version understands what is kept
addEventListener('activate', (event) => event.waitUntil(tidy()))

addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname, search } = new URL(request.url)
  if (origin !== location.origin || request.method !== 'GET') return
  if (request.mode === 'navigate') {
    if (TICKET.test(pathname)) event.respondWith(opened(event, pathname, search))
  } else if (FILE.test(pathname)) {
    // Addresses of files say which version they are: a copy is as good as the file.
    event.respondWith(caches.match(request).catch(asItWas).then((kept) => kept || fetch(request)))
  }
})

// A page that was there before the worker, or that is a copy, asks what it is like by now.
addEventListener('message', (event) => {
  const { pathname, search } = new URL(event.source.url)
  if (TICKET.test(pathname)) event.waitUntil(tell(event, pathname, search))
})

async function tell(event, path, search) {
  // Browsers store a 410 for good, whoever sent it: this asks the network.
  const request = () => new Request(path + search, { cache: 'no-store' })
  const found = (await asked.get(path)) || (await ask(event, path, request()).noted)
  if (found) event.source.postMessage({ html: found.html, gone: found.gone })
}

async function opened(event, path, search) {
  const { answer, found } = ask(event, path, event.request)
  await tidy()
  const kept = await caches.match(path, { cacheName: path, ignoreVary: true }).catch(asItWas)
  if (!kept) return answer
  const believed = found.then((ours) => (ours ? answer : kept))
  if (DONE.test(search)) return believed
  return Promise.race([believed, new Promise((late) => setTimeout(late, PATIENCE, kept))])
}

// The answer; what it says of the ticket; the same once it was noted, or could not be, unless a
// later request was answered before.
function ask(event, path, request) {
  const number = ++requests
  const answer = fetch(request)
  const found = answer.then(read).catch(asItWas)
  const cache = found.then((ours) => ours && note(path, ours, number)).catch(asItWas)
  const noted = cache.then(() => {
    if (asked.get(path) === noted) asked.delete(path)
    if (!(number < newest.get(path))) return found
  })
  asked.set(path, noted)
  const files = async () => (await cache) && keepFiles(await cache, path, (await found).html, number)
  event.waitUntil(noted.then(files).catch(asItWas))
  return { answer, found, noted }
}

// {html} or {gone}; nothing if it isn't our word on this ticket: a proxy's, a hotspot's, a failure.
async function read(answer) {
  const { headers, redirected, status } = answer
  if (redirected || !headers.has(OURS)) return
  if (status === 404 || status === 410) return { gone: true }
  if (status !== 200) return
  const html = await answer.clone().text()
  if (html.includes(PASS)) return { html, headers }
}

// The page is kept at once, for it may have a new barcode. The cache that wants its files now.
async function note(path, { html, headers }, number) {
  if (number < newest.get(path)) return
  newest.set(path, number)
  const until = html?.match(UNTIL)?.[1]
  if (!html || isPast(until)) {
    await caches.delete(path)
    return
  }
  const own = new Headers(headers)
  own.delete('Content-Encoding') // it is unpacked by now
  if (until) own.set(GOOD_UNTIL, until)
  const cache = await caches.open(path)
  // The copy says of itself that it is one.
  await cache.put(path, new Response(html.replace('<html ', '<html data-kept '), { headers: own }))
  return cache
}

async function keepFiles(cache, path, html, number) {
  const files = Array.from(html.matchAll(FILES), ([, address]) => address.replaceAll('&amp;', '&'))
  await Promise.allSettled(files.map((file) => keepFile(cache, file)))
  const wanted = new Set([path, ...files])
  for (const request of await cache.keys()) {
    if (number < newest.get(path)) return // they may be wanted again
    const { pathname, search } = new URL(request.url)
    if (!wanted.has(pathname + search)) await cache.delete(request)
  }
}

async function keepFile(cache, file) {
  if (await cache.match(file)) return
  const answer = await fetch(file)
  const isPage = answer.headers.get('Content-Type')?.startsWith('text/html') // a hotspot's
  if (answer.ok && !answer.redirected && !isPage) await cache.put(file, answer)
}

// Lets go of the tickets whose time is over.
async function tidy() {
  for (const path of await caches.keys().catch(() => [])) {
    const page = await caches.match(path, { cacheName: path, ignoreVary: true }).catch(asItWas)
    if (isPast(page?.headers.get(GOOD_UNTIL))) await caches.delete(path).catch(asItWas)
  }
}
