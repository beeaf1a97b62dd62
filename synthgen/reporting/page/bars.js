// Bars: beside real bars the synthetic ones are marks at their height, so that both are seen whole.
function drawBars(plot, chart, width) {
  const names = Object.keys(chart.series), look = looks(names), labels = chart.labels;
  const values = names.flatMap((name) => chart.series[name]).filter((value) => value !== null);
  const low = Math.min(...values, Infinity), high = Math.max(...values, -Infinity);
  const close = chart.unit === "score" && low > 0.4 * high; // bars from 0 would hide how far apart they are
  const marked = !close && look.includes("real") && names.length > 1 && look.every((own) => ["real", "own", "held"].includes(own));
  const kinds = look.map((own, i) => (close || (marked && own !== "real") ? "tick" : marked || i % 2 === 0 ? "bar" : "striped"));
  const scale = close ? axis(low, high, 5) : axis(Math.min(0, low), Math.max(0, high) || 1, 5);
  const longest = Math.max(0, ...labels.map((label) => label.length));
  const lying = longest > 9 && labels.length <= 24 && labels.length * longest * 6.5 > width - 60;
  const parts = { chart, width, names, look, kinds, marked, labels, scale, start: close ? scale.low : 0 };
  const picture = lying ? lyingBars(parts) : standingBars(parts);
  plot.replaceChildren(legend(names.map((name, i) => [name, look[i], kinds[i]])), picture.node);
  const chosen = picture.node.appendChild(svg("rect", { class: "chosen", visibility: "hidden" }));
  explore(plot, chart, {
    size: labels.length,
    at: (event) => picture.at(...inDrawing(picture.node, event)),
    leave: () => chosen.setAttribute("visibility", "hidden"),
    choose(place, x, y) {
      const box = picture.box(place);
      fill(chosen, { ...box, visibility: "visible" }, []);
      const [left, top] = x === undefined ? onScreen(picture.node, box.x + box.width / 2, box.y) : [x, y];
      tip.show(plot, left, top, labels[place], names.map((name, i) => [name, showFigure(chart.series[name][place], chart.unit), swatch(look[i], kinds[i])]));
    },
  });
}

function standingBars({ chart, width, names, look, kinds, marked, labels, scale, start }) {
  const left = 52, right = 6, top = 8, base = 190, step = (width - left - right) / Math.max(1, labels.length);
  const shown = labels.map((label) => shorten(label, 14)), wide = Math.max(8, ...shown.map((label) => label.length)) * 6.6 + 10;
  const every = Math.max(1, Math.ceil(wide / step)), tall = base + 24;
  const y = (value) => base - ((value - scale.low) / (scale.high - scale.low)) * (base - top);
  const node = svg("svg", { viewBox: `0 0 ${width} ${tall}`, "aria-hidden": "true" });
  for (const at of scale.ticks) {
    node.append(svg("line", { class: "grid", x1: left, x2: width - right, y1: y(at), y2: y(at) }), svg("text", { x: left - 6, y: y(at) + 4, "text-anchor": "end" }, showTick(at, chart.unit, scale.step)));
  }
  const pad = step > 12 ? step * 0.12 : 0.5, room = step - 2 * pad;
  names.forEach((name, i) => {
    const values = chart.series[name], ticks = [];
    values.forEach((value, place) => {
      if (value === null) return;
      const wide = marked ? room : room / names.length, x = left + place * step + pad + (marked ? 0 : i * wide), more = marked ? Math.min(2, pad) : -0.1 * wide;
      const top = Math.min(y(value), y(start)), height = Math.abs(y(value) - y(start));
      if (kinds[i] === "tick") ticks.push(`M${(x - more).toFixed(1)} ${y(value).toFixed(1)}h${(wide + 2 * more).toFixed(1)}`);
      else node.append(svg("rect", { class: `bar ${look[i]} ${kinds[i]}`, x, y: top, width: Math.max(0.5, marked ? wide : wide - 1), height }));
    });
    if (ticks.length) node.append(svg("path", { class: `tick ${look[i]}`, d: ticks.join("") }));
  });
  node.append(svg("line", { class: "axis", x1: left, x2: width - right, y1: y(start), y2: y(start) }));
  shown.forEach((label, place) => {
    if (place % every) return;
    const middle = left + (place + 0.5) * step, near = middle < left + wide / 2 && every > 1;
    node.append(svg("text", { x: near ? left + place * step : middle, y: base + 17, "text-anchor": near ? "start" : "middle" }, label));
  });
  const at = (x) => (x < left || x > width - right ? -1 : Math.min(labels.length - 1, Math.floor((x - left) / step)));
  return { node, at, box: (place) => ({ x: left + place * step, y: top, width: step, height: base - top }) };
}

function lyingBars({ chart, width, names, look, kinds, marked, labels, scale, start }) {
  const most = Math.floor(Math.min(170, width * 0.38) / 6.6), left = Math.min(most, Math.max(...labels.map((label) => label.length))) * 6.6 + 12;
  const each = marked ? 24 : 10 + 13 * names.length, right = 16, tall = labels.length * each + 28, base = labels.length * each + 4;
  const x = (value) => left + ((value - scale.low) / (scale.high - scale.low)) * (width - left - right);
  const node = svg("svg", { viewBox: `0 0 ${width} ${tall}`, "aria-hidden": "true" });
  const apart = Math.max(1, Math.ceil((scale.ticks.length * 52) / (width - left)));
  scale.ticks.forEach((at, i) => {
    node.append(svg("line", { class: "grid", x1: x(at), x2: x(at), y1: 0, y2: base }));
    if (i % apart === 0) node.append(svg("text", { x: x(at), y: base + 16, "text-anchor": "middle" }, showTick(at, chart.unit, scale.step)));
  });
  labels.forEach((label, place) => {
    const top = place * each + 4, high = each - 8;
    node.append(svg("text", { x: left - 8, y: top + high / 2 + 4, "text-anchor": "end" }, shorten(label, most)));
    names.forEach((name, i) => {
      const value = chart.series[name][place];
      if (value === null) return;
      const from = Math.min(x(value), x(start)), long = Math.abs(x(value) - x(start));
      const tall = marked ? high : high / names.length, y = top + (marked ? 0 : i * tall), more = marked ? 2 : -0.5;
      if (kinds[i] === "tick") node.append(svg("path", { class: `tick ${look[i]}`, d: `M${x(value)} ${y - more}v${tall + 2 * more}` }));
      else node.append(svg("rect", { class: `bar ${look[i]} ${kinds[i]}`, x: from, width: long, y, height: marked ? tall : tall - 1 }));
    });
  });
  node.append(svg("line", { class: "axis", x1: x(start), x2: x(start), y1: 0, y2: base }));
  const at = (_, y) => (y < 0 || y >= base ? -1 : Math.min(labels.length - 1, Math.floor(y / each)));
  return { node, at, box: (place) => ({ x: 0, y: place * each, width, height: each }) };
}
