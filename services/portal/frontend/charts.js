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
  return { whole: (amount) => signed(format.format(amount)), short: (amount) => signed(short.format(amount)) }
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
      axisLabel: { ...text, formatter: written.short },
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
  const line = { color: color.replace("rgb", "rgba").replace(")", ", 0.38)"), symbol: "rect", dashArrayX: [1, 0] }
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

function stacked(table, ink, takeaway) {
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
    grid: { ...base.grid, top: 40 },
    legend: {
      type: "scroll", top: 0, left: 0, right: 0, itemWidth: 12, itemHeight: 12, itemGap: 14, icon: "rect",
      textStyle: { ...base.textStyle, color: ink["color-base-content"] },
      pageIconColor: ink["color-base-content"], pageIconInactiveColor: ink["color-hairline"],
      pageTextStyle: base.textStyle, pageIconSize: 11,
    },
    tooltip: { ...base.tooltip, trigger: "axis", axisPointer: { type: "shadow" }, formatter: told },
    xAxis: { ...base.xAxis, data: rows.map((row) => row.name) },
    series: heads.map((name, turn) => ({
      type: "bar",
      stack: "cost",
      name,
      barCategoryGap: "28%",
      barMaxWidth: 44,
      itemStyle: { color: ink[name.startsWith("Other (") ? "series-8" : `series-${turn + 1}`] },
      emphasis: { disabled: true },
      data: rows.map((row) => value(row.cells[turn])),
    })),
  }
}

const STEP_INKS = { "Direct cost": "ink-direct", "Shared cost": "ink-shared", Overhead: "ink-overhead" }

// Each step from where the one before it ended; a total stands on zero.
function waterfall(table, ink, takeaway) {
  const { rows } = read(table)
  const written = money(table.dataset.currency)
  const base = frame(ink, takeaway, written)
  let level = 0
  const steps = rows.map((row, turn) => {
    const amount = value(row.cells[0])
    const start = row.step === "total" ? 0 : level
    level = start + amount
    const loses = row.step === "total" && amount < 0
    const color = row.step === "total" ? (loses ? "color-error" : "color-primary")
      : STEP_INKS[row.name] ?? "ink-unallocated"
    return { turn, name: row.name, told: words(row.cells[0]), amount, start, end: level, color: ink[color] }
  })
  const low = Math.min(0, ...steps.map((step) => step.end))
  const draw = (_, api) => {
    const step = steps[api.value(0)]
    const [middle, from] = api.coord([step.turn, step.start])
    const [, to] = api.coord([step.turn, step.end])
    const band = api.size([1, 0])[0]
    const width = Math.min(band * 0.62, 64)
    const top = Math.min(from, to)
    const height = Math.max(Math.abs(from - to), 1)
    const next = steps[step.turn + 1]
    const children = [
      { type: "rect", shape: { x: middle - width / 2, y: top, width, height, r: 2 }, style: { fill: step.color } },
      {
        type: "text",
        style: {
          text: written.short(step.amount), x: middle, y: top - 6, align: "center", verticalAlign: "bottom",
          fill: ink["color-base-content"], font: `500 12px ${FONT}`,
        },
      },
    ]
    if (next) {
      children.push({
        type: "line",
        shape: { x1: middle + width / 2, y1: to, x2: middle + band - width / 2, y2: to },
        style: { stroke: ink["color-muted"], lineDash: [2, 3] },
      })
    }
    return { type: "group", children }
  }
  const told = ({ dataIndex }) => `${steps[dataIndex].name}   ${steps[dataIndex].told}`
  return {
    ...base,
    grid: { ...base.grid, top: 28 },
    tooltip: { ...base.tooltip, trigger: "item", formatter: told },
    yAxis: { ...base.yAxis, min: low < 0 ? undefined : 0 },
    xAxis: {
      ...base.xAxis,
      data: rows.map((row) => row.name),
      axisLabel: { ...base.xAxis.axisLabel, interval: 0, hideOverlap: false, width: 72, overflow: "break" },
      axisLine: { ...base.xAxis.axisLine, onZero: true },
    },
    series: [{
      type: "custom",
      renderItem: draw,
      encode: { x: 0, y: [1, 2] },
      data: steps.map((step) => [step.turn, step.start, step.end]),
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
    chart.setOption(KINDS[part.dataset.chart](table, found, `${heading}. ${takeaway}`), { notMerge: true })
    done()
  }
  draw()
  part.querySelector("details").open = false
  part.dataset.drawn = "yes"
  new ResizeObserver(() => chart.resize()).observe(place)
  return draw
}

const parts = [...document.querySelectorAll("[data-chart]")].map(start)
const redraw = () => parts.forEach((draw) => draw())
new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] })
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw)
still.addEventListener("change", redraw)
