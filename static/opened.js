// The page behind a share link says that it was opened: data-opened, data-record-token.
(() => {
  'use strict'
  const { opened, recordToken } = document.querySelector('[data-opened]')?.dataset || {}
  let told = !opened

  function tell() {
    // A page fetched ahead of a tap, or by a link scanner, has not been opened by anybody.
    if (told || document.visibilityState !== 'visible' || document.prerendering) return
    told = true
    const body = new URLSearchParams({ csrf_token: recordToken })
    fetch(opened, { method: 'POST', keepalive: true, body }).catch(() => (told = false))
  }
  document.addEventListener('visibilitychange', tell)
  document.addEventListener('prerenderingchange', tell)
  addEventListener('online', tell)
  tell()
})()
