// Draws each chart from the table beside it: the figures are those that everybody can read.
import { BarChart, CustomChart } from "echarts/charts"
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components"
import { init, use } from "echarts/core"
import { SVGRenderer } from "echarts/renderers"

use([AriaComponent, BarChart, CustomChart, GridComponent, LegendComponent, SVGRenderer, TooltipComponent])

const FONT = '"IBM Plex Sans", ui-sans-serif, system-ui, sans-serif'
const still = matchMedia("(prefers-reduced-motion: reduce)")
const brush = document.createElement("canvas").getContext("2d", { willReadFrequently: true })

// What a CSS colour is on this theme, in the form that ECharts can read.
function inks(place) {
  const probe = document.createElement("span")
  place.append(probe)
  const found = new Proxy({}, {
    get(known, name) {
      if (!known[name]) {
        probe.style.color = `var(--${name})`
        brush.clearRect(0, 0, 1, 1)
        brush.fillStyle = getComputedStyle(probe).color
        brush.fillRect(0, 0, 1, 1)
        const [red, green, blue] = brush.getImageData(0, 0, 1, 1).data
        known[name] = `rgb(${red}, ${green}, ${blue})`
      }
      return known[name]
    },
  })
  return { found, done: () => probe.remove() }
}

const words = (cell) => cell.textContent.trim().replace(/\s+/g, " ")
const value = (cell) => Number(cell.querySelector("data").value)

function read(table) {
  const rows = [...table.tBodies[0].rows].map((row) => ({
    name: words(row.cells[0]),
    step: row.dataset.step,
    cells: [...row.cells].slice(1),
  }))
  const heads = [...table.tHead.rows[0].cells].slice(1)
  return { rows, heads: heads.filter((head) => !("sum" in head.dataset)).map(words) }
}

function money(currency) {
  const format = new Intl.NumberFormat("en-US", { style: "currency", currency, maximumFractionDigits: 0 })
  const short = new Intl.NumberFormat("en-US", {
    style: "currency", currency, notation: "compact", maximumFractionDigits: 1,
  })
  const signed = (text) => text.replace("-", "\u2212")
  return (amount) => signed((Math.abs(amount) < 10_000 ? format : short).format(amount))
}

function frame(ink, takeaway, written) {
  const text = { color: ink["color-muted"], fontFamily: FONT, fontSize: 12 }
  return {
    animation: !still.matches,
    animationDuration: 250,
    textStyle: text,
    aria: { enabled: true, label: { description: takeaway } },
    grid: { left: 8, right: 8, top: 12, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    tooltip: {
      renderMode: "richText",
      confine: true,
      backgroundColor: ink["color-raised"],
      borderColor: ink["color-hairline"],
      borderWidth: 1,
      padding: [8, 10],
      textStyle: { color: ink["color-base-content"], fontFamily: FONT, fontSize: 12, lineHeight: 18 },
    },
    yAxis: {
      type: "value",
      splitNumber: 4,
      axisLabel: { ...text, formatter: written },
      splitLine: { lineStyle: { color: ink["color-hairline"] } },
    },
    xAxis: {
      type: "category",
      axisTick: { show: false },
      axisLine: { lineStyle: { color: ink["color-hairline"] } },
      axisLabel: { ...text, hideOverlap: true },
    },
  }
}

// Patterns that stay quiet: colour tells series apart, the pattern does where colour can't.
function decals(ink) {
  const color = ink["color-raised"]
  const line = { color: color.replace("rgb", "rgba").replace(")", ", 0.26)"), symbol: "rect", dashArrayX: [1, 0] }
  return [
    { color: "none" },
    { ...line, dashArrayY: [2, 6], rotation: -Math.PI / 4 },
    { ...line, dashArrayY: [2, 6], rotation: Math.PI / 4 },
    { ...line, symbol: "circle", dashArrayX: [[6, 6], [0, 6, 6, 0]], dashArrayY: [6, 0], symbolSize: 0.6 },
    { ...line, dashArrayY: [2, 5] },
    { ...line, dashArrayY: [2, 5], rotation: Math.PI / 2 },
    { ...line, dashArrayX: [[6, 6], [0, 6, 6, 0]], dashArrayY: [6, 0], symbolSize: 0.5 },
    { ...line, dashArrayY: [4, 4], rotation: -Math.PI / 4 },
  ]
}

// How far down a legend of these words reaches when it wraps at this width.
function legendHeight(heads, width) {
  brush.font = `12px ${FONT}`
  let rows = 1
  let used = 0
  for (const head of heads) {
    const item = brush.measureText(head).width + 12 + 5 + 14
    if (used > 0 && used + item > width - 16) {
      rows += 1
      used = 0
    }
    used += item
  }
  return rows * 23 + 16
}

// A few names are all written, in two lines where one is too narrow.
function nameLabels(base, count) {
  const label = base.xAxis.axisLabel
  if (count > 6) return label
  return { ...label, interval: 0, hideOverlap: false, width: 44, overflow: "break", lineHeight: 14 }
}

function stacked(table, ink, takeaway, width) {
  const { rows, heads } = read(table)
  const base = frame(ink, takeaway, money(table.dataset.currency))
  const sum = (row) => words(row.cells[row.cells.length - 1])
  const told = ([{ dataIndex }]) => {
    const row = rows[dataIndex]
    const parts = heads.map((head, turn) => [head, row.cells[turn]]).filter(([, cell]) => value(cell))
    return [`${row.name}   ${sum(row)}`, ...parts.map(([head, cell]) => `${head}   ${words(cell)}`)].join("\n")
  }
  return {
    ...base,
    aria: { ...base.aria, decal: { show: true, decals: decals(ink) } },
    grid: { ...base.grid, top: legendHeight(heads, width) },
    legend: {
      top: 0, left: 8, right: 8, itemWidth: 12, itemHeight: 12, itemGap: 14, icon: "rect",
      selectedMode: false,
      textStyle: { ...base.textStyle, color: ink["color-base-content"] },
    },
    tooltip: { ...base.tooltip, trigger: "axis", axisPointer: { type: "shadow" }, formatter: told },
    xAxis: { ...base.xAxis, axisLabel: nameLabels(base, rows.length), data: rows.map((row) => row.name) },
    series: heads.map((name, turn) => ({
      type: "bar",
      stack: "cost",
      name,
      barCategoryGap: "28%",
      barMaxWidth: 44,
      itemStyle: {
        color: ink[name.startsWith("Other (") ? "series-8" : `series-${turn + 1}`],
        borderColor: ink["color-raised"],
        borderWidth: 0.5,
      },
      emphasis: { disabled: true },
      data: rows.map((row) => value(row.cells[turn])),
    })),
  }
}

const STEP_INKS = { "Direct cost": "ink-direct", "Shared cost": "ink-shared", Overhead: "ink-overhead" }

// Each step from where the one before it ended; a total stands on zero.
function steps(rows, ink) {
  let level = 0
  return rows.map((row, turn) => {
    const amount = value(row.cells[0])
    const isTotal = row.step === "total"
    const start = isTotal ? 0 : level
    level = start + amount
    const total = amount < 0 ? "color-error" : "color-primary"
    const color = ink[isTotal ? total : STEP_INKS[row.name] ?? "ink-unallocated"]
    return { turn, name: row.name, told: words(row.cells[0]), amount, start, end: level, color }
  })
}

// One step's shapes; `lies` where the bars lie, which is how they fit a narrow screen.
function shapesOf(step, isLast, { api, ink, lies, written }) {
  const at = (amount) => api.coord(lies ? [amount, step.turn] : [step.turn, amount])[lies ? 0 : 1]
  const middle = api.coord(lies ? [0, step.turn] : [step.turn, 0])[lies ? 1 : 0]
  const band = api.size(lies ? [0, 1] : [1, 0])[lies ? 1 : 0]
  const width = Math.min(band * 0.62, 64)
  const from = Math.min(at(step.start), at(step.end))
  const length = Math.max(Math.abs(at(step.start) - at(step.end)), 1)
  const side = middle - width / 2
  const shape = lies ? { x: from, y: side, width: length, height: width } : { x: side, y: from, width, height: length }
  const label = lies
    ? { x: from + length + 6, y: middle, align: "left", verticalAlign: "middle" }
    : { x: middle, y: from - 6, align: "center", verticalAlign: "bottom" }
  const fill = ink["color-base-content"]
  const children = [
    { type: "rect", shape: { ...shape, r: 2 }, style: { fill: step.color } },
    { type: "text", style: { ...label, text: written(step.amount), fill, font: `500 12px ${FONT}` } },
  ]
  if (!isLast) {
    const [near, far, end] = [middle + width / 2, middle + band - width / 2, at(step.end)]
    const line = lies ? { x1: end, y1: near, x2: end, y2: far } : { x1: near, y1: end, x2: far, y2: end }
    children.push({ type: "line", shape: line, style: { stroke: ink["color-muted"], lineDash: [2, 3] } })
  }
  return { type: "group", children }
}

function waterfall(table, ink, takeaway, width) {
  const { rows } = read(table)
  const written = money(table.dataset.currency)
  const base = frame(ink, takeaway, written)
  const found = steps(rows, ink)
  const lies = width < 520
  const names = { ...base.xAxis, data: rows.map((row) => row.name), inverse: lies }
  names.axisLabel = { ...names.axisLabel, interval: 0, hideOverlap: false, lineHeight: 15 }
  if (!lies) Object.assign(names.axisLabel, { width: 72, overflow: "break" })
  const amounts = { ...base.yAxis, splitNumber: lies ? 3 : 4 }
  const draw = (_, api) => {
    const step = found[api.value(0)]
    return shapesOf(step, step.turn === found.length - 1, { api, ink, lies, written })
  }
  return {
    ...base,
    grid: { ...base.grid, top: lies ? 4 : 28, right: lies ? 56 : 8 },
    tooltip: {
      ...base.tooltip,
      trigger: "item",
      formatter: ({ dataIndex }) => `${found[dataIndex].name}   ${found[dataIndex].told}`,
    },
    xAxis: lies ? amounts : names,
    yAxis: lies ? names : amounts,
    series: [{
      type: "custom",
      renderItem: draw,
      encode: lies ? { x: [1, 2], y: 0 } : { x: 0, y: [1, 2] },
      data: found.map((step) => [step.turn, step.start, step.end]),
    }],
  }
}

const KINDS = { stacked, waterfall }

function start(part) {
  const place = part.querySelector("[data-chart-canvas]")
  const takeaway = words(part.querySelector("[data-chart-takeaway]"))
  const table = part.querySelector("table")
  const heading = words(part.querySelector("h2"))
  const chart = init(place, null, { renderer: "svg" })
  const draw = () => {
    const { found, done } = inks(part)
    chart.setOption(KINDS[part.dataset.chart](table, found, `${heading}. ${takeaway}`, place.clientWidth), {
      notMerge: true,
    })
    done()
  }
  draw()
  part.querySelector("details").open = false
  part.dataset.drawn = "yes"
  let drawnAt = place.clientWidth
  new ResizeObserver(() => {
    if (place.clientWidth === drawnAt) return
    drawnAt = place.clientWidth
    chart.resize()
    draw()
  }).observe(place)
  return draw
}

const parts = [...document.querySelectorAll("[data-chart]")].map(start)
const redraw = () => parts.forEach((draw) => draw())
new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] })
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw)
still.addEventListener("change", redraw)
