"""Sends each form of a page while no answer comes, and looks what is left of it."""

from playwright.sync_api import Page, Route

SEND_EACH = """async () => {
  const lost = []
  const elsewhere = '[data-by-browser], [target]:not([target=""])'
  for (const form of document.querySelectorAll(':is(#main, #dialog) form[method=post]')) {
    if (form.matches(elsewhere)) continue
    const typed = () => JSON.stringify([...new FormData(form)])
    const before = typed()
    for (const notice of document.querySelectorAll('[data-notice]')) notice.replaceChildren()
    form.noValidate = true
    form.requestSubmit()
    const until = Date.now() + 20000
    const told = () => document.querySelector('[data-notice] [data-retry]')
    while (!told() && Date.now() < until) await new Promise((soon) => setTimeout(soon, 10))
    if (!told() || !form.isConnected || typed() !== before) lost.push(form.getAttribute('action'))
  }
  return lost
}"""


def lost_forms(page: Page) -> list[str]:
    """The actions of those that are gone, are empty, or offer no other try.

    Of a form that leaves the page nothing is left to ask: then Playwright raises its `Error`.
    """

    def drop(route: Route) -> None:
        if route.request.method == "POST":
            route.abort()
        else:
            route.fallback()

    page.route("**/*", drop)
    lost: list[str] = page.evaluate(SEND_EACH)
    page.unroute("**/*", drop)
    return lost
