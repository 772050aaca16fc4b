// Set the chosen theme before the first paint; without a choice the system's preference rules.
// `js` tells the style sheet that charts will be drawn, so that their place is kept from the start.
;(() => {
  document.documentElement.classList.add("js")
  const chosen = localStorage.getItem("trueback-theme")
  if (chosen) document.documentElement.dataset.theme = `trueback-${chosen}`
})()
