// Set the chosen theme before the first paint; without a choice the system's preference rules.
;(() => {
  const chosen = localStorage.getItem("trueback-theme")
  if (chosen) document.documentElement.dataset.theme = `trueback-${chosen}`
})()
