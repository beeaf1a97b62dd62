// Curves, and clouds of points.
function drawLines(plot, chart, width) {
  const cloud = chart.kind === "points", left = 54, right = 12, top = 8, tall = Math.min(300, Math.max(200, width * 0.55)), base = tall - 40;
  const series = chart.series.map((one) => ({
    name: one.name, joined: one.joined, shaded: Boolean(one.shade), banded: Boolean(one.low),
    points: one.x.map((x, i) => [x, one.y[i], one.low?.[i] ?? one.y[i], one.high?.[i] ?? one.y[i], one.labels?.[i], one.shade?.[i]]).filter(([x, y]) => x !== null && y !== null),
  }));
  const look = looks(series.map((one) => one.name)), all = series.flatMap((one) => one.points);
  const span = (least, most) => all.reduce(([low, high], point) => [Math.min(low, point[least]), Math.max(high, point[most])], [Infinity, -Infinity]);
  const [lowX, highX] = all.length ? span(0, 0) : [0, 1], [lowY, highY] = all.length ? span(2, 3) : [0, 1];
  const across = axis(lowX, highX, width < 420 ? 4 : 6), up = axis(lowY > 0 && lowY < 0.4 * highY ? 0 : lowY, highY, 5);
  const x = (value) => left + ((value - across.low) / (across.high - across.low)) * (width - left - right);
  const y = (value) => base - ((value - up.low) / (up.high - up.low)) * (base - top);
  const node = svg("svg", { viewBox: `0 0 ${width} ${tall}`, "aria-hidden": "true" });
  for (const at of up.ticks) node.append(svg("line", { class: "grid", x1: left, x2: width - right, y1: y(at), y2: y(at) }), svg("text", { x: left - 6, y: y(at) + 4, "text-anchor": "end" }, showTick(at, "score", up.step)));
  for (const at of across.ticks) node.append(svg("line", { class: "axis", x1: x(at), x2: x(at), y1: base, y2: base + 4 }), svg("text", { x: x(at), y: base + 17, "text-anchor": "middle" }, showTick(at, "score", across.step)));
  node.append(svg("line", { class: "axis", x1: left, x2: width - right, y1: base, y2: base }));
  node.append(svg("text", { x: width - right, y: tall - 4, "text-anchor": "end" }, `${chart.x_label} →`));
  series.forEach((one, i) => {
    const at = (a, b) => `${x(a).toFixed(1)} ${y(b).toFixed(1)}`, places = one.points.map(([a, b]) => at(a, b));
    if (one.banded && places.length) {
      const [[a, , low, high]] = one.points;
      const around = [...one.points.map(([a, , low]) => at(a, low)), ...one.points.map(([a, , , high]) => at(a, high)).reverse()];
      const d = places.length > 1 ? `M${around.join("L")}Z` : `M${at(a, low)}m-4 0h8V${y(high).toFixed(1)}h-8Z`; // one point has no width
      node.append(svg("path", { class: `band ${look[i]}`, d }));
    }
    if (cloud && one.joined) node.append(svg("path", { class: "thread", d: `M${places.join("L")}` }));
    if (one.shaded) node.append(...shadedCloud(one.points, places));
    else {
      const line = places.length === 1 ? `M${places[0]}m-4 0h8` : places.length ? `M${places.join("L")}` : ""; // one point is no line
      node.append(svg("path", { class: `${cloud ? "cloud" : "stroke"} ${look[i]}`, d: cloud ? places.map((place) => `M${place}h0`).join("") : line }));
    }
  });
  const kind = cloud ? "cloud" : "stroke", plain = series.map((one, i) => [one, [one.name, look[i], kind]]).filter(([one]) => !one.shaded);
  const key = legend(plain.map(([, entry]) => entry));
  series.filter((one) => one.shaded).forEach((one) => key.prepend(make("span", {}, `${one.name}, lowest`, shadedRamp(), "highest")));
  plot.replaceChildren(key, make("div", { class: "quiet" }, `↑ ${chart.y_label}`), node);
  const cursor = node.appendChild(svg("path", { class: "cursor", fill: "none", visibility: "hidden" }));
  const leave = () => cursor.setAttribute("visibility", "hidden");
  const point = (d, a, b, from, title, lines) => {
    fill(cursor, { d, visibility: "visible" }, []);
    tip.show(plot, ...(from[0] === undefined ? onScreen(node, a, b) : from), title, lines);
  };
  if (cloud) {
    const marks = series.flatMap((one, i) => one.points.map(([a, b, , , label]) => ({ name: label ?? one.name, look: look[i], a, b })));
    marks.sort((one, other) => one.a - other.a);
    explore(plot, chart, {
      size: marks.length,
      leave,
      at: (event) => nearest(marks, inDrawing(node, event), (mark) => [x(mark.a), y(mark.b)], 24),
      choose(place, ...from) {
        const mark = marks[place], [a, b] = [x(mark.a), y(mark.b)];
        point(`M${a - 8} ${b}h16M${a} ${b - 8}v16`, a, b, from, mark.name, [[chart.x_label, showNumber(mark.a)], [chart.y_label, showNumber(mark.b)]]);
      },
    });
    return;
  }
  const places = [...new Set(all.map(([a]) => a))].sort((a, b) => a - b);
  explore(plot, chart, {
    size: places.length,
    leave,
    at: (event) => nearest(places, inDrawing(node, event), (place) => [x(place), 0], Infinity),
    choose(place, ...from) {
      const here = places[place];
      const lines = series.flatMap((one, i) => {
        const found = nearest(one.points, [x(here), 0], ([a]) => [x(a), 0], 12);
        if (found < 0) return [];
        const [, value, low, high] = one.points[found], interval = one.banded ? ` (${showNumber(low)} to ${showNumber(high)})` : "";
        return [[one.name, showNumber(value) + interval, swatch(look[i], kind)]];
      });
      point(`M${x(here)} ${top}V${base}`, x(here), top + 20, from, `${chart.x_label} ${showNumber(here)}`, lines);
    },
  });
}

// Points whose place in an order is their colour, one path per step of colour.
function shadedCloud(points, places) {
  const paths = new Map();
  points.forEach((point, i) => {
    const step = Math.round(point[5] * STEPS);
    paths.set(step, (paths.get(step) ?? "") + `M${places[i]}h0`);
  });
  return [...paths].map(([step, d]) => coloured(svg("path", { class: "cloud shaded", d }), step / STEPS));
}
function shadedRamp() {
  const bar = svg("svg", { viewBox: "0 0 120 8", "aria-hidden": "true", class: "ramp" });
  for (let step = 0; step <= STEPS; step++) bar.append(coloured(svg("rect", { class: "shaded", x: (step * 120) / (STEPS + 1), y: 0, width: 120 / (STEPS + 1) + 0.3, height: 8 }), step / STEPS));
  return bar;
}

// Which of the items is closest; where all have height 0, the pointer's height does not count.
function nearest(items, [x, y], place, within) {
  let best = -1, least = within ** 2;
  items.forEach((item, i) => {
    const [a, b] = place(item), away = (a - x) ** 2 + (b ? (b - y) ** 2 : 0);
    if (away <= least && (away < least || best < 0)) { best = i; least = away; }
  });
  return best;
}
