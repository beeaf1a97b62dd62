"use strict";
document.documentElement.classList.add("scripted");

// Nodes. Text only ever becomes a text node, so a name is never read as markup.
function make(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}
function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}
function fill(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

// Figures in words, as in words.py.
function showFigure(value, unit) {
  if (value === null || value === undefined) return "none";
  if (unit === "count") return Math.round(value).toLocaleString("en");
  if (unit === "score") return Math.abs(value) < 1000 ? value.toFixed(3) : Math.round(value).toLocaleString("en");
  const percent = 100 * value;
  if (percent === 0 || percent === 100) return `${percent} %`;
  const small = Math.abs(percent) < 0.1;
  const digits = small ? Math.min(8, 1 - Math.floor(Math.log10(Math.abs(percent)))) : Math.abs(percent) >= 10 ? 1 : 2;
  return `${percent.toFixed(digits)} %`;
}
function showNumber(value) {
  if (value === null || value === undefined) return "none";
  const size = Math.abs(value);
  if (size >= 1e6 || (size > 0 && size < 1e-3)) return value.toExponential(2);
  return Number(value.toPrecision(4)).toLocaleString("en", { maximumFractionDigits: 6 });
}
function showTick(value, unit, step) {
  const digits = (by) => Math.max(0, Math.min(6, -Math.floor(Math.log10(by * 1.0001))));
  if (unit === "share") return `${(100 * value).toFixed(digits(100 * step))} %`;
  if (Math.abs(value) >= 1e6) return value.toExponential(1);
  return value.toLocaleString("en", { minimumFractionDigits: digits(step), maximumFractionDigits: digits(step) });
}
function shorten(text, most) {
  return text.length > most ? text.slice(0, most - 1) + "…" : text;
}

// Round places on an axis that hold all values.
function axis(low, high, wanted) {
  if (!(high > low)) [low, high] = [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  const rough = (high - low) / wanted, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((times) => times * power >= rough * 0.999) * power;
  const first = Math.floor(low / step + 1e-9), last = Math.ceil(high / step - 1e-9), ticks = [];
  for (let i = first; i <= last; i++) ticks.push(i * step);
  return { low: first * step, high: last * step, step, ticks };
}

// Which look a series has: real and synthetic keep theirs on every chart.
function looks(names) {
  const taken = new Set();
  let others = 0;
  return names.map((name) => {
    const kind = /synthetic|generated/i.test(name) ? "own" : /hold|held|floor|unseen|control/i.test(name) ? "held" : /\breal\b|train/i.test(name) ? "real" : "";
    if (kind && !taken.has(kind)) { taken.add(kind); return kind; }
    return `other-${(others++ % 3) + 1}`;
  });
}
function swatch(look, kind) {
  const marks = {
    stroke: () => svg("path", { class: `stroke ${look}`, d: "M0 8H28" }),
    cloud: () => svg("path", { class: `cloud ${look}`, d: "M6 8h0M14 8h0M22 8h0" }),
    tick: () => svg("path", { class: `tick ${look}`, d: "M4 8H24" }),
    bar: () => svg("rect", { class: `bar ${look}`, x: 6, y: 1, width: 16, height: 14 }),
    striped: () => svg("rect", { class: `bar striped ${look}`, x: 6, y: 1, width: 16, height: 14 }),
  };
  return svg("svg", { viewBox: "0 0 28 16", "aria-hidden": "true" }, marks[kind]());
}
function legend(entries) {
  return make("div", { class: "legend" }, ...entries.map(([name, look, kind]) => make("span", {}, swatch(look, kind), name)));
}

// The one tip: beside the pointer or the cursor, read out as a status.
const tip = {
  show(node, x, y, title, lines) {
    const box = document.getElementById("tip");
    const rows = lines.map(([name, value, mark]) => make("span", { class: "line" }, ...(mark ? [mark] : []), `${name} `, make("b", {}, value)));
    box.replaceChildren(make("strong", {}, title), ...rows);
    box.hidden = false;
    const room = document.documentElement.clientWidth, width = box.offsetWidth, height = box.offsetHeight;
    const left = x + 14 + width > room - 8 ? x - width - 14 : x + 14;
    box.style.left = `${Math.max(8, Math.min(left, room - width - 8)) + scrollX}px`;
    box.style.top = `${Math.max(8, Math.min(y - height - 12, innerHeight - height - 8)) + scrollY}px`;
  },
  hide() { document.getElementById("tip").hidden = true; },
};

// Pointer and arrow keys choose a place; Escape lets go.
function explore(plot, chart, { size, at, choose, leave, across = 0 }) {
  let now = -1;
  const set = (place, x, y) => { now = place; choose(place, x, y); };
  const clear = () => { now = -1; leave(); tip.hide(); };
  const keys = `${chart.title}. ${chart.alt} Arrow keys read the figures.`;
  Object.entries({ tabindex: "0", role: "group", "aria-roledescription": "chart", "aria-label": keys }).forEach(([key, value]) => plot.setAttribute(key, value));
  plot.onpointermove = plot.onpointerdown = (event) => {
    const place = at(event);
    if (place < 0) clear(); else set(place, event.clientX, event.clientY);
  };
  plot.onpointerleave = clear;
  plot.onblur = clear;
  plot.onkeydown = (event) => {
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across || 1, ArrowUp: -(across || 1), Home: -size, End: size };
    if (event.key === "Escape") return clear();
    if (!(event.key in steps) || !size) return;
    event.preventDefault();
    set(now < 0 ? (event.key === "End" ? size - 1 : 0) : Math.max(0, Math.min(size - 1, now + steps[event.key])));
  };
}
// Where a place of the drawing is on the screen.
function onScreen(picture, x, y) {
  const box = picture.getBoundingClientRect(), view = picture.viewBox.baseVal;
  return [box.left + (x / view.width) * box.width, box.top + (y / view.height) * box.height];
}
function inDrawing(picture, event) {
  const box = picture.getBoundingClientRect(), view = picture.viewBox.baseVal;
  return [((event.clientX - box.left) / box.width) * view.width, ((event.clientY - box.top) / box.height) * view.height];
}
