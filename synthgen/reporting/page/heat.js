// Heat maps: one path per step of colour; maps that stand together share the cursor.
const STEPS = 12;
function drawHeat(plot, chart, width) {
  const rows = chart.rows.length, columns = chart.columns.length, named = Math.max(rows, columns) <= 26;
  const longest = (names) => Math.min(14, Math.max(0, ...names.map((name) => name.length))) * 6.4 + 8;
  const left = named ? Math.min(longest(chart.rows), width * 0.34) : 2, under = named ? longest(chart.columns) * 0.8 + 6 : 4;
  const side = Math.max(0.5, Math.min((width - left - 4) / Math.max(1, columns), 46)), top = 2, tall = Math.min(side, 46);
  const node = svg("svg", { viewBox: `0 0 ${width} ${top + rows * tall + under}`, "aria-hidden": "true" });
  node.append(svg("rect", { class: "frame", x: left, y: top, width: columns * side, height: rows * tall }));
  const most = Math.max(Math.abs(chart.low), Math.abs(chart.high)) || 1;
  const part = (value) => Math.max(-1, Math.min(1, chart.diverging ? value / most : (value - chart.low) / (chart.high - chart.low || 1)));
  const colours = new Map();
  chart.values.forEach((line, i) => line.forEach((value, j) => {
    if (value === null) return;
    const step = Math.round(part(value) * STEPS), place = `M${(left + j * side).toFixed(2)} ${(top + i * tall).toFixed(2)}h${side.toFixed(2)}v${tall.toFixed(2)}h-${side.toFixed(2)}z`;
    if (!colours.has(step)) colours.set(step, []);
    colours.get(step).push(place);
  }));
  for (const [step, places] of colours) node.append(coloured(svg("path", { class: `cells ${step < 0 ? "low" : "high"}`, d: places.join("") }), Math.abs(step) / STEPS));
  if (rows * columns <= 64 && side >= 34) chart.values.forEach((line, i) => line.forEach((value, j) => {
    if (value !== null) node.append(svg("text", { class: "in-cell", x: left + (j + 0.5) * side, y: top + (i + 0.5) * tall + 4 }, showCell(value)));
  }));
  if (named) nameCells(node, chart, { left, top, side, tall, rows });
  const cross = node.appendChild(svg("rect", { class: "cross", visibility: "hidden", width: Math.max(side, 3), height: Math.max(tall, 3) }));
  plot.replaceChildren(node, ramp(chart));
  plot.mark = (i, j) => fill(cross, i < 0 ? { visibility: "hidden" } : { visibility: "visible", x: left + j * side, y: top + i * tall }, []);
  const together = () => {
    const box = plot.closest(".together");
    const near = box ? [...box.querySelectorAll(".plot")].filter((other) => other.mark) : [plot];
    const same = near.filter((other) => other.chart.rows.join("\n") === chart.rows.join("\n") && other.chart.columns.join("\n") === chart.columns.join("\n"));
    return same.length ? same : [plot];
  };
  explore(plot, chart, {
    size: rows * columns,
    across: columns,
    at(event) {
      const [x, y] = inDrawing(node, event), j = Math.floor((x - left) / side), i = Math.floor((y - top) / tall);
      return i < 0 || j < 0 || i >= rows || j >= columns ? -1 : i * columns + j;
    },
    leave: () => together().forEach((other) => other.mark(-1, -1)),
    choose(place, x, y) {
      const i = Math.floor(place / columns), j = place % columns;
      const lines = together().map((other) => {
        other.mark(i, j);
        const value = other.chart.values[i][j];
        return [other.chart.title, value === null ? "not measured" : showCell(value)];
      });
      const [a, b] = x === undefined ? onScreen(node, left + (j + 0.5) * side, top + i * tall) : [x, y];
      tip.show(plot, a, b, `${chart.rows[i]} × ${chart.columns[j]}`, lines);
    },
  });
}
function coloured(node, part) {
  node.style.setProperty("--part", part.toFixed(3));
  return node;
}
function showCell(value) {
  return Math.abs(value) < 10 ? value.toFixed(2) : showNumber(value);
}
function nameCells(node, chart, { left, top, side, tall, rows }) {
  const base = top + rows * tall + 9;
  if (tall >= 11) chart.rows.forEach((name, i) => node.append(svg("text", { x: left - 5, y: top + (i + 0.5) * tall + 4, "text-anchor": "end", "font-size": "11" }, shorten(name, Math.max(4, Math.floor((left - 6) / 6.2))))));
  if (side >= 11) chart.columns.forEach((name, j) => {
    const x = left + (j + 0.5) * side + 3;
    node.append(svg("text", { x, y: base, "text-anchor": "end", transform: `rotate(-55 ${x} ${base})` }, shorten(name, 14)));
  });
}
function ramp(chart) {
  const bar = svg("svg", { viewBox: "0 0 120 8", "aria-hidden": "true", class: "ramp" });
  const from = chart.diverging ? -STEPS : 0, count = STEPS - from + 1;
  for (let step = from; step <= STEPS; step++) bar.append(coloured(svg("rect", { class: `cells ${step < 0 ? "low" : "high"}`, x: ((step - from) * 120) / count, y: 0, width: 120 / count + 0.3, height: 8 }), Math.abs(step) / STEPS));
  const most = Math.max(Math.abs(chart.low), Math.abs(chart.high));
  const [low, high] = chart.diverging ? [-most, most] : [chart.low, chart.high];
  return make("div", { class: "legend ramp-box" }, make("span", {}, showCell(low), bar, showCell(high)));
}
