// Small things that plain HTML can't do. Every page works without this file.

const root = document.documentElement

function currentTheme() {
  const chosen = root.dataset.theme?.replace("trueback-", "")
  return chosen ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")
}

function describeThemeToggles() {
  const next = currentTheme() === "dark" ? "light" : "dark"
  for (const toggle of document.querySelectorAll("[data-theme-toggle]")) {
    toggle.hidden = false
    toggle.setAttribute("aria-label", `Use the ${next} theme`)
    toggle.title = `Use the ${next} theme`
  }
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-theme-toggle]")) {
    const next = currentTheme() === "dark" ? "light" : "dark"
    root.dataset.theme = `trueback-${next}`
    localStorage.setItem("trueback-theme", next)
    describeThemeToggles()
  }
  if (event.target.closest("[data-print]")) window.print()
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false
  }
})

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    menu.open = false
    menu.querySelector("summary").focus()
  }
})

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-autosubmit]")) event.target.form.requestSubmit()
})

// A form that was sent once isn't sent again by a second click.
document.addEventListener("submit", (event) => {
  const form = event.target
  if (!form.matches("[data-once]")) return
  if (form.dataset.sent) {
    event.preventDefault()
    event.stopImmediatePropagation()
    return
  }
  form.dataset.sent = "yes"
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true")
}, true)

// An answer without the part that was asked for is another page, such as sign-in: go there.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, serverResponse, shouldSwap } = event.detail
  if (!shouldSwap || !target.id || serverResponse.includes(`id="${target.id}"`)) return
  event.detail.shouldSwap = false
  location.reload()
})

for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, () => {
    const trouble = document.getElementById("trouble")
    if (trouble) trouble.hidden = false
    trouble?.scrollIntoView({ block: "center" })
    for (const form of document.querySelectorAll("[data-once][data-sent]")) {
      delete form.dataset.sent
      for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled")
    }
  })
}

// After a swap: say so, and put a focus that the swap took away on the new part's heading.
document.addEventListener("htmx:afterSettle", (event) => {
  const part = event.detail.elt
  const note = part.querySelector?.("[data-announce]")?.textContent ?? part.dataset?.announce
  if (note) document.getElementById("announcer").textContent = note.trim()
  if (document.activeElement === document.body) part.querySelector?.("[data-focus-after-swap]")?.focus()
  describeThemeToggles()
})

// A table behind a chart that could not be drawn is shown, as it is without JavaScript.
addEventListener("load", () => {
  for (const part of document.querySelectorAll("[data-chart]:not([data-drawn])")) {
    part.dataset.drawn = "failed"
  }
})

describeThemeToggles()
