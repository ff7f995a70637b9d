// A page inside somebody's own (embed.js is there): tells its height, keeps its language and looks
// from page to page, and puts what floats where it is seen. Only framed pages load it.
(() => {
  'use strict'
  const around = window.parent
  if (around === window) return
  const friends = [location.origin, ...document.currentScript.dataset.origins.split(' ')]
  const root = document.documentElement
  const dialog = document.getElementById('dialog')
  const on = (type, handler, capture) => document.addEventListener(type, handler, capture)

  // ---- Language and looks stand in the address, for there is nowhere else to keep them.

  const asked = new URLSearchParams(location.search)
  const KEPT = ['lang', 'theme', 'accent', 'radius'].filter((key) => asked.get(key))
  if (!KEPT.includes('theme')) KEPT.push('theme') // it may be asked for later

  function kept(address) {
    const url = new URL(address, location)
    if (url.origin !== location.origin || !/^\/(o|s|t|shop)\//.test(url.pathname)) return address
    for (const key of KEPT) {
      if (asked.get(key) && !url.searchParams.has(key)) url.searchParams.set(key, asked.get(key))
    }
    return url.pathname + url.search + url.hash
  }

  on('click', ({ target }) => {
    const hit = target.closest('a[href], [data-record]')
    if (!hit) return
    if (hit.dataset.record) hit.dataset.record = kept(hit.dataset.record)
    if (!hit.href) return
    hit.setAttribute('href', kept(hit.getAttribute('href')))
    // A phone shows a PDF's first page in a frame, and no way back.
    if (/\.(pdf|ics)$/.test(hit.pathname)) hit.target = '_blank'
  }, true)

  on('submit', ({ target: form }) => {
    if (form.method !== 'get') return form.setAttribute('action', kept(form.getAttribute('action') || ''))
    for (const key of KEPT) {
      if (!asked.get(key) || form.elements[key]) continue
      form.append(Object.assign(document.createElement('input'), { type: 'hidden', name: key, value: asked.get(key) }))
    }
  }, true)

  on('htmx:configRequest', ({ detail }) => (detail.path = kept(detail.path)))

  function dress(theme) {
    if (theme === (asked.get('theme') || 'auto')) return
    if (theme === 'auto') asked.delete('theme')
    else asked.set('theme', theme)
    root.dataset.theme = theme
    const brand = document.getElementById('brand')
    const url = new URL(brand.href)
    if (theme === 'auto') url.searchParams.delete('theme')
    else url.searchParams.set('theme', theme)
    brand.href = url
  }

  // ---- The page around speaks first; of those on the shop's list only that one is answered.

  let home, told
  addEventListener('message', ({ data, origin, source }) => {
    if (source !== around || !friends.includes(origin)) return
    if (data !== 'light' && data !== 'dark' && data !== 'auto') return
    home = origin
    told = 0
    root.classList.add('framed')
    dress(data)
    tell()
  })

  function tell() {
    if (!home) return
    const bottoms = [document.body, ...(dialog.open ? [dialog] : [])].map((e) => e.getBoundingClientRect().bottom)
    const height = Math.min(50000, Math.ceil(Math.max(...bottoms) + scrollY + (dialog.open ? 16 : 0)))
    if (height !== told) around.postMessage((told = height), home)
  }

  const sizes = new ResizeObserver(tell)
  sizes.observe(document.body)
  sizes.observe(dialog)

  // ---- The frame is as tall as its content: a dialog in its middle might be out of sight.

  let sight = { top: 0, height: 0 }
  function place() {
    if (!home || !sight.height) return
    const room = dialog.open ? (sight.height - dialog.offsetHeight) / 2 : 0
    root.style.setProperty('--in-sight', `${Math.round(sight.top + Math.max(16, room))}px`)
    tell()
  }

  const eye = new IntersectionObserver((entries) => {
    sight = entries.at(-1).intersectionRect
    if (!dialog.open) place()
  })
  function look() {
    eye.disconnect()
    eye.observe(root) // says at once what part of it is seen
  }
  for (const type of ['pointerdown', 'keydown', 'focusin']) on(type, look, true)
  look()
  new MutationObserver(place).observe(dialog, { attributeFilter: ['open'] })
})()
