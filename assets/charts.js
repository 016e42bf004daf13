// Draws the figures that insights/charts.py wrote as JSON, in the colors of the page's theme.
import "./plotly-styles.js";
import Plotly from "plotly.js-cartesian-dist-min";

const CONFIG = { displayModeBar: false, responsive: true, scrollZoom: false, doubleClick: "reset" };
const PALETTE = [1, 2, 3, 4, 5, 6, 7, 8].map((number) => `--chart-${number}`);
const drawn = new WeakMap();
// Where the box is narrow, a long legend goes below the plot, in room of its own.
const NARROW = 560;
const FEW = 3;
const ROW = 20;
const LETTER = 7;
const SAMPLE = 52;
const resizes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (!target.offsetWidth) continue;
    if (roomBelow(target) === target.style.getPropertyValue("--legend-room")) {
      Plotly.Plots.resize(target);
    } else draw(target, { again: true });
  }
});

export function attach(root) {
  for (const box of root.querySelectorAll("[data-chart]")) draw(box);
}

document.addEventListener("mobula:theme", () => {
  for (const box of document.querySelectorAll("[data-chart]")) draw(box, { again: true });
});

function draw(box, { again = false } = {}) {
  const source = document.getElementById(box.dataset.chart);
  const json = source?.textContent;
  if (!json || (drawn.get(box) === json && !again)) return;
  drawn.set(box, json);
  const figure = JSON.parse(json);
  box.style.setProperty("--legend-room", roomBelow(box));
  Plotly.react(box, figure.data.map(colored), themed(figure.layout, box), CONFIG);
  if (again) return;
  resizes.observe(box);
  // A bar leads to what it is made of; the table beside the chart has the same links.
  box.on("plotly_click", ({ points, event }) => {
    const href = barAt(box, points, event)?.data.meta?.href;
    if (href) location.assign(href);
  });
}

// The height of a legend below the plot, "" where it stays above.
function roomBelow(box) {
  const { data, layout } = JSON.parse(document.getElementById(box.dataset.chart).textContent);
  const names = data.filter((trace) => trace.showlegend !== false).map((trace) => trace.name ?? "");
  if (!layout.showlegend || names.length <= FEW || box.offsetWidth >= NARROW) return "";
  const longest = Math.max(...names.map((name) => name.length));
  const columns = Math.max(1, Math.floor(box.offsetWidth / (SAMPLE + LETTER * longest)));
  return `${Math.ceil(names.length / columns) * ROW}px`;
}

// The pointer shows all bars of a day at once; the one clicked is where the stack reaches its height.
function barAt(box, points, event) {
  const bars = points.filter((point) => point.data.type === "bar");
  if (!bars.length) return undefined;
  const axis = bars[0].yaxis;
  const height = axis.p2d(event.clientY - box.getBoundingClientRect().top - axis._offset);
  let top = 0;
  return bars.find((bar) => (top += bar.y) >= height);
}

// A trace names what it shows (meta.tone: "used", "held", "idle" …); the style sheet knows the color.
function colored(trace, index) {
  const tone = trace.meta?.tone;
  const color = resolve(tone ? `--chart-${tone}` : PALETTE[index % PALETTE.length]);
  if (trace.type === "bar") return { ...trace, marker: { ...trace.marker, color: color } };
  if (trace.type === "heatmap") return { ...trace, colorscale: heat() };
  const filled = trace.fill ? { fillcolor: faint(color) } : {};
  return { ...trace, ...filled, line: { ...trace.line, color: color }, marker: { color: color } };
}

function themed(layout, box) {
  const text = resolve("--tblr-secondary-color");
  const axis = {
    gridcolor: resolve("--tblr-border-color"),
    linecolor: resolve("--tblr-border-color"),
    zerolinecolor: resolve("--tblr-border-color"),
    tickfont: { color: text },
    automargin: true,
    tickangle: 0,
  };
  const axes = Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key));
  return {
    ...layout,
    ...Object.fromEntries(
      axes.map((key) => [key, { ...layout[key], ...axis, nticks: ticks(key, box) }]),
    ),
    legend: {
      orientation: "h",
      x: 0,
      ...(roomBelow(box)
        ? { y: 0, yref: "container", yanchor: "bottom" }
        : { y: 1.02, yanchor: "bottom" }),
      traceorder: "normal",
      font: { color: text },
      ...layout.legend,
    },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: text },
    hoverlabel: {
      bgcolor: resolve("--tblr-bg-surface"),
      bordercolor: resolve("--tblr-border-color"),
      font: { color: resolve("--tblr-body-color") },
    },
  };
}

function ticks(axis, box) {
  return axis.startsWith("x") ? Math.max(3, Math.floor(box.offsetWidth / 90)) : 5;
}

// A variable may hold light-dark(): only a painted element knows which, and only a canvas writes rgb.
const probe = document.createElement("span");
const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
probe.hidden = true;
document.body.append(probe);

function resolve(variable) {
  probe.style.color = `var(${variable}, gray)`;
  pixel.clearRect(0, 0, 1, 1);
  pixel.fillStyle = getComputedStyle(probe).color;
  pixel.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = pixel.getImageData(0, 0, 1, 1).data;
  return `rgba(${red},${green},${blue},${(alpha / 255).toFixed(3)})`;
}

function faint(color) {
  return color.replace(/[\d.]+\)$/, "0.16)");
}

function heat() {
  return [
    [0, resolve("--tblr-bg-surface-secondary")],
    [1, resolve("--chart-used")],
  ];
}
