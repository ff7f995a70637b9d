// <passalong-frame>: a shop's or an order's page inside yours. The link in the element is what
// people get without scripts, or where the page can't be shown.
(() => {
  'use strict'
  if (customElements.get('passalong-frame')) return
  const LEAST = 50, MOST = 50000 // pixels; no page of ours has another height
  const LOADING = 15000, ANSWERING = 3000
  const TITLES = { en: 'Tickets', nl: 'Tickets', de: 'Tickets', fr: 'Billets', es: 'Entradas', pl: 'Bilety' }

  // The wishes in the page's stylesheets are known once those are there; nobody waits long for them.
  function styled() {
    const pending = [...document.querySelectorAll('link[rel~=stylesheet]:not([disabled])')].filter(({ sheet }) => !sheet)
    const there = pending.map((link) => new Promise((done) => {
      link.addEventListener('load', done)
      link.addEventListener('error', done)
    }))
    return Promise.race([Promise.all(there), new Promise((done) => setTimeout(done, 1000))])
  }

  customElements.define('passalong-frame', class extends HTMLElement {
    static observedAttributes = ['theme']

    connectedCallback() {
      let url
      try {
        url = new URL(this.getAttribute('src'))
      } catch {}
      if (!/^https?:$/.test(url?.protocol)) return // the link is left
      this.style.display ||= 'block'
      this.style.maxWidth ||= /^\d{3,4}$/.test(this.getAttribute('max-width')) ? `${this.getAttribute('max-width')}px` : ''
      if (!this.frame) this.build()
      this.origin = url.origin
      this.listen = (event) => this.hear(event)
      addEventListener('message', this.listen)
      this.wait(LOADING)
      styled().then(() => this.isConnected && this.open(url))
    }

    disconnectedCallback() {
      if (!this.frame) return
      removeEventListener('message', this.listen)
      clearTimeout(this.timer)
      this.frame.remove()
      this.shown = false
    }

    attributeChangedCallback() {
      if (this.shown) this.greet()
    }

    // In the shadow no style of the page around gets at the frame.
    build() {
      this.frame = document.createElement('iframe')
      this.frame.allow = 'clipboard-write; web-share'
      this.frame.referrerPolicy = 'no-referrer'
      this.frame.title = this.title || TITLES[this.lang.slice(0, 2)] || TITLES.en
      this.frame.style.cssText = 'display: block; width: 100%; height: 640px; border: 0'
      this.frame.addEventListener('load', () => this.loaded())
      this.link = document.createElement('slot')
      this.attachShadow({ mode: 'open' }).append(this.link)
    }

    open(url) {
      for (const [key, value] of Object.entries(this.wishes())) if (value) url.searchParams.set(key, value)
      this.frame.src = url
      this.link.before(this.frame)
    }

    wishes() {
      const wish = (name) => this.getAttribute(name) || getComputedStyle(this).getPropertyValue(`--passalong-${name}`).trim()
      return {
        lang: this.lang.split('-')[0],
        theme: this.theme().replace('auto', ''),
        accent: this.hex(wish('accent')),
        radius: /^\d+(\.\d+)?(px)?$/.test(wish('radius')) ? Math.round(parseFloat(wish('radius'))) + '' : '',
      }
    }

    theme() {
      const theme = this.getAttribute('theme')
      return theme === 'light' || theme === 'dark' ? theme : 'auto'
    }

    // Any colour that CSS knows; none, if it isn't one or is seen through.
    hex(colour) {
      const { style } = this.link
      style.color = colour
      const rgb = style.color && /^rgb\((\d+), (\d+), (\d+)\)$/.exec(getComputedStyle(this.link).color)
      style.color = ''
      return rgb ? rgb.slice(1).map((part) => (+part).toString(16).padStart(2, '0')).join('') : ''
    }

    // Another page is in the frame: it hears who is around it, and has to answer with its height.
    loaded() {
      if (this.shown && this.getBoundingClientRect().top < 0) this.scrollIntoView()
      this.greet()
      this.wait(ANSWERING)
    }

    greet() {
      this.frame.contentWindow.postMessage(this.theme(), this.origin)
    }

    hear({ data, origin, source }) {
      if (!source || source !== this.frame.contentWindow || origin !== this.origin) return
      if (!Number.isInteger(data) || data < LEAST || data > MOST) return
      clearTimeout(this.timer)
      this.show(data)
    }

    wait(ms) {
      clearTimeout(this.timer)
      this.timer = setTimeout(() => this.show(0), ms)
    }

    show(height) {
      this.shown = height > 0
      this.frame.style.height = `${height}px`
      this.frame.style.visibility = this.shown ? '' : 'hidden'
      this.link.hidden = this.shown
    }
  })
})()
