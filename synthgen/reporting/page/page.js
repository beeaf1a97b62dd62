// The page: charts are drawn when they are first seen, sections open by link, everything opens for print.
const DRAW = { bars: drawBars, lines: drawLines, points: drawLines, heat: drawHeat };
function draw(plot) {
  const width = Math.floor(plot.clientWidth);
  if (width < 40 || width === plot.drawnWidth) return;
  plot.drawnWidth = width;
  DRAW[plot.chart.kind](plot, plot.chart, width);
}
function drawVisible(within) {
  within.querySelectorAll(".plot").forEach(draw);
}
function start() {
  const charts = JSON.parse(document.getElementById("chart-data").textContent).charts;
  const seen = new ResizeObserver((entries) => entries.forEach((entry) => draw(entry.target)));
  for (const plot of document.querySelectorAll(".plot")) {
    plot.chart = charts[Number(plot.dataset.chart)];
    seen.observe(plot);
  }
  for (const table of document.querySelectorAll(".drawn > .numbers")) table.open = false;
  columnTable();
  sections();
  addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hide(); });
  addEventListener("scroll", () => tip.hide(), { passive: true });
}
function sections() {
  const all = [...document.querySelectorAll("details.section")], button = document.getElementById("open-all");
  const told = () => {
    const every = all.every((section) => section.open);
    button.setAttribute("aria-pressed", String(every));
    button.textContent = every ? "Close all" : "Open all";
  };
  button.addEventListener("click", () => {
    const open = !all.every((section) => section.open);
    all.forEach((section) => { section.open = open; });
    told();
  });
  all.forEach((section) => section.addEventListener("toggle", told));
  told();
  const reveal = () => {
    const target = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
    const section = target?.closest("details.section");
    if (!section) return;
    section.open = true;
    target.scrollIntoView();
    (target === section ? section.querySelector("summary") : target).focus({ preventScroll: true });
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='#']");
    if (link && link.hash === location.hash) reveal();
  });
  addEventListener("hashchange", reveal);
  reveal();
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details.section:not([open]), .heat > .numbers:not([open])")];
    closed.forEach((section) => { section.open = true; });
    document.documentElement.classList.add("printing");
    tip.hide();
    drawVisible(document);
  });
  addEventListener("afterprint", () => {
    document.documentElement.classList.remove("printing");
    closed.forEach((section) => { section.open = false; });
  });
}
document.addEventListener("DOMContentLoaded", start);
