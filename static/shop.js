// Buttons for one fewer and one more of a number that can be typed as well (ui.field's stepper).
(() => {
  'use strict'
  document.addEventListener('click', ({ target }) => {
    const button = target.closest('[data-step]')
    if (!button) return
    const number = document.getElementById(button.getAttribute('aria-controls'))
    if (button.dataset.step > 0) number.stepUp()
    else number.stepDown()
    number.dispatchEvent(new Event('input', { bubbles: true }))
  })

  // What was chosen before the scripts were there, or is there again on the way back.
  addEventListener('pageshow', () => {
    const numbers = [...document.querySelectorAll('.stepper input')]
    const chosen = numbers.find(({ value, defaultValue }) => value !== defaultValue)
    chosen?.dispatchEvent(new Event('input', { bubbles: true }))
  })
})()
