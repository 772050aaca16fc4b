// Build the portal's static files into ../static/build. Called by `npm run build`; needs no network.
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { buildSync } from "esbuild"

const here = dirname(fileURLToPath(import.meta.url))
const target = join(here, "..", "static", "build")
const resolve = createRequire(import.meta.url).resolve

// Icons that the templates name; each becomes a <symbol> of one sprite.
const ICONS = [
  "activity",
  "arrow-down",
  "arrow-up",
  "ban",
  "building-2",
  "calendar-check",
  "calendar-clock",
  "check",
  "chevron-left",
  "chevron-right",
  "circle",
  "circle-alert",
  "circle-check",
  "circle-dashed",
  "circle-help",
  "clock",
  "credit-card",
  "database",
  "download",
  "external-link",
  "eye",
  "file-text",
  "git-compare",
  "hourglass",
  "inbox",
  "info",
  "layout-dashboard",
  "lock",
  "log-out",
  "menu",
  "minus",
  "moon",
  "pause",
  "pencil",
  "printer",
  "receipt-text",
  "rotate-ccw",
  "scale",
  "scroll-text",
  "search",
  "search-x",
  "send",
  "shield-alert",
  "split",
  "sun",
  "sun-moon",
  "table",
  "triangle-alert",
  "upload",
  "user",
  "x",
]

function sprite() {
  const symbols = ICONS.map((name) => {
    const svg = readFileSync(resolve(`lucide-static/icons/${name}.svg`), "utf8")
    const body = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"))
    const shapes = body.trim().replace(/\s*\n\s*/g, "")
    return `<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`
}

function compileStyles() {
  const command = resolve("@tailwindcss/cli/package.json").replace(/package\.json$/, "dist/index.mjs")
  const run = spawnSync(
    process.execPath,
    [command, "--input", "app.css", "--output", join(target, "app.css"), "--minify"],
    { cwd: here, stdio: ["ignore", "inherit", "pipe"], encoding: "utf8" },
  )
  if (run.status !== 0) {
    process.stderr.write(run.stderr)
    process.exit(1)
  }
}

// The charts alone need a bundle: what they use of ECharts, in a file that only their pages load.
function bundleCharts() {
  const result = buildSync({
    absWorkingDir: here,
    entryPoints: ["charts.js"],
    outfile: join(target, "charts.js"),
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    legalComments: "none",
    logLevel: "silent",
  })
  for (const message of result.warnings) console.warn(message.text)
}

const started = Date.now()
rmSync(target, { recursive: true, force: true })
mkdirSync(target, { recursive: true })
compileStyles()
bundleCharts()
writeFileSync(join(target, "icons.svg"), sprite())
const fonts = "@fontsource-variable/ibm-plex-sans/files"
cpSync(resolve(`${fonts}/ibm-plex-sans-latin-wght-normal.woff2`), join(target, "plex-sans.woff2"))
cpSync(resolve("htmx.org/dist/htmx.min.js"), join(target, "htmx.min.js"))
for (const name of ["app.js", "theme.js", "favicon.svg"]) cpSync(join(here, name), join(target, name))

// What is served carries the licences of what it is made of.
const PACKAGES = ["@fontsource-variable/ibm-plex-sans", "daisyui", "echarts", "htmx.org", "lucide-static", "tailwindcss", "tslib", "zrender"]
const licences = PACKAGES.map((name) => {
  const folder = join(here, "node_modules", name)
  const files = readdirSync(folder).filter((file) => /^(LICENSE|NOTICE)(\.txt)?$/.test(file)).sort()
  if (files.length === 0) throw new Error(`${name} has no licence`)
  const texts = files.map((file) => readFileSync(join(folder, file), "utf8").trim())
  return `${[name, ...texts].join("\n\n")}\n`
})
writeFileSync(join(target, "licences.txt"), licences.join("\n\n"))

for (const name of ["app.css", "app.js", "charts.js", "theme.js", "htmx.min.js", "icons.svg", "plex-sans.woff2"]) {
  const file = join(target, name)
  const packed = gzipSync(readFileSync(file)).length
  console.log(`${name.padEnd(16)} ${String(statSync(file).size).padStart(7)} B ${packed} B gzipped`)
}
console.log(`built in ${((Date.now() - started) / 1000).toFixed(1)} s`)
