// News of a page that is looked at (ui.live_region): by a stream where it works, else by asking.
// What there is to swap in goes to app.js as an event, "news".
(() => {
  'use strict'
  const region = document.getElementById('live')
  // Where htmx was asked for and didn't come, or has nothing to do, nothing could be swapped in.
  if (!window.htmx && !document.querySelector('script[data-htmx]')) return
  if (document.body.matches('[data-hx-disable]')) return
  const { stream, poll } = region.dataset
  const on = (type, handler) => document.addEventListener(type, handler)
  const visible = () => document.visibilityState === 'visible'
  const current = () => +(document.getElementById('live-version')?.dataset.version || 0)
  const tell = (html) => document.dispatchEvent(new CustomEvent('news', { detail: html }))

  // Over HTTP/1.1 a browser opens six connections to one place, and a stream keeps one: of many
  // windows in sight some only ask. Resolves to what gives the seat back; to nothing if all are taken.
  async function takeSeat() {
    const anyway = () => {}
    for (const seat of [1, 2, 3]) {
      const leave = await new Promise((done) => {
        const sit = (lock) => lock ? new Promise(done) : done()
        navigator.locks?.request(`stream ${seat}`, { ifAvailable: true }, sit)
          .catch(() => done(anyway)) ?? done(anyway)
      })
      if (leave) return leave
    }
  }

  const EAGER = 3800 // with the jitter and the answer's way 5 s at most
  let source, beating, timer, watchdog, reopening, opening, leave, wait = EAGER
  // Within how many milliseconds to come back: the server says how many others would, too.
  let spread = 2000, again = spread

  // News are in the page's language; their links lead on with one that its address asks for.
  const asked = /[?&]lang=/.test(location.search) ? 'lang' : 'spoken'
  const url = (path) => `${path}?since=${current()}&${asked}=${document.documentElement.lang}`

  // Who looks at this page trusts it. Where nobody was reached for half a minute it says so; after a
  // minute without a word, or a phone's sleep, in a moment.
  const stale = document.getElementById('stale')
  let upToDate = Date.now(), doubt

  function doubting() {
    const words = document.getElementById('stale-words').content
    const say = () => visible() && stale.replaceChildren(words.cloneNode(true))
    doubt ??= setTimeout(say, Date.now() - upToDate > 45000 ? 5000 : 30000)
  }

  function sure() {
    upToDate = Date.now()
    doubt = clearTimeout(doubt)
    stale.replaceChildren()
  }

  const slower = (ms) => Math.min(ms * 2, 30000)
  const jitter = (ms) => ms * (1 + Math.random() / 5)
  const cancel = () => (timer = clearTimeout(timer))

  // While no stream brings anything: a proxy may open one and keep what is in it.
  function plan() {
    if (!timer && visible() && !beating) timer = setTimeout(look, jitter(wait))
  }

  async function look() {
    cancel()
    try {
      const answer = await fetch(url(poll), {
        headers: { 'HX-Request': 'true', 'Live-Version': current() },
        signal: AbortSignal.timeout?.(15000), // a line that died says nothing
      })
      const isGone = answer.status === 404 || answer.status === 410 // the link is no more
      // We write it on whatever we answer behind a link, and no proxy or hotspot does.
      if (!answer.headers.has('X-Robots-Tag') || (!answer.ok && !isGone)) throw answer
      const html = await answer.text()
      sure()
      if (isGone) return rest()
      wait = EAGER
      tell(html)
    } catch {
      wait = slower(wait)
      doubting()
    }
    plan()
  }

  function heard({ type, data, lastEventId }) {
    beating = true
    sure()
    if (type === 'beat') spread = +data || spread
    else tell(data)
    if (type === 'beat' && lastEventId > current()) look() // news that htmx didn't come for
    again = spread
    cancel()
    clearTimeout(watchdog)
    watchdog = setTimeout(lost, 60000) // after a change of networks it may be dead
  }

  function lost() {
    // Where a stream was, opening it again is asking as well. Everybody may have lost theirs.
    const wasWell = beating
    close()
    reopening = setTimeout(open, Math.random() * again)
    again = Math.max(spread, slower(again))
    if (!wasWell) plan()
  }

  async function open() {
    if (!window.EventSource) return
    const mine = opening = {}
    const seat = await takeSeat()
    if (opening !== mine) return seat?.() // closed meanwhile
    if (!seat) return lost()
    leave = seat
    source = new EventSource(url(stream))
    watchdog = setTimeout(lost, 60000)
    source.onerror = lost // its own retry would ask from an old version on
    for (const type of ['beat', 'cards']) source.addEventListener(type, heard)
    plan()
  }

  function close() {
    source?.close()
    leave?.()
    source = leave = opening = beating = null
    clearTimeout(watchdog)
    clearTimeout(reopening)
  }

  const rest = () => (close(), cancel(), doubt = clearTimeout(doubt))

  function wake() {
    rest()
    if (!visible()) return
    look()
    open()
    doubting()
  }

  on('visibilitychange', wake)
  addEventListener('online', wake)
  addEventListener('pageshow', (event) => event.persisted && wake())
  if (visible()) open()
  plan()
  doubting()
})()
