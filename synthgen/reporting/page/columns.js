// The table of columns: sort, search, and the pictures of the column under the pointer, in focus or chosen.
const FIRST = 25;
function columnTable() {
  const table = document.getElementById("columns-table");
  if (!table) return;
  const body = table.tBodies[0], rows = [...body.rows], panel = document.getElementById("column-panel"), view = panel.parentNode;
  const store = document.getElementById("column-store"), more = document.getElementById("column-more");
  const search = document.getElementById("column-search"), type = document.getElementById("column-type"), count = document.getElementById("column-count");
  const pictures = new Map([...store.children].map((node) => [node.dataset.column, node]));
  let now = null, pinned = false, all = rows.length <= FIRST;

  // Hovering shows a column, choosing holds it until it is chosen again.
  function put(row) {
    now = row;
    for (const other of rows) {
      other.classList.toggle("now", other === row);
      other.classList.remove("held");
      other.querySelector("button").setAttribute("aria-expanded", String(other === row));
    }
    body.querySelector(".drawn-row")?.remove();
    for (const node of [...panel.children]) store.append(node);
    if (!row) return;
    const node = pictures.get(row.dataset.column);
    if (split()) panel.append(node);
    else {
      panel.append(node);
      const shown = [...row.cells].filter((cell) => cell.offsetWidth).length; // a narrow screen hides some
      const line = make("tr", { class: "drawn-row" }, make("td", { colspan: shown }, panel));
      row.after(line);
    }
    panel.hidden = false;
    drawVisible(panel);
  }
  const split = () => view.classList.contains("split");
  function arrange() {
    const wide = view.parentNode.clientWidth >= 860;
    if (wide === split() && panel.dataset.ready) return;
    panel.dataset.ready = "yes";
    view.classList.toggle("split", wide);
    view.append(panel);
    panel.hidden = !wide;
    pinned = false;
    put(wide ? now || rows[0] : null);
  }
  function show() {
    const words = (search?.value || "").toLowerCase(), kind = type?.value || "";
    let found = 0;
    for (const row of body.querySelectorAll("tr[data-column]")) {
      const fits = row.querySelector("th bdi, th button").textContent.toLowerCase().includes(words) && (!kind || row.cells[1].textContent === kind);
      row.hidden = !fits;
      row.classList.toggle("beyond", fits && !all && found >= FIRST);
      found += fits;
    }
    body.querySelector(".drawn-row")?.remove();
    if (!split()) put(null);
    more.hidden = all || found <= FIRST;
    more.textContent = `Show all ${found.toLocaleString("en")} columns`;
    if (count) count.textContent = found === rows.length ? `${found.toLocaleString("en")} columns` : `${found.toLocaleString("en")} of ${rows.length.toLocaleString("en")} columns`;
  }
  function sort(heading, place) {
    const down = heading.getAttribute("aria-sort") ? heading.getAttribute("aria-sort") === "ascending" : place > 1;
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = (row) => (place < 2 ? row.cells[place].querySelector("bdi")?.textContent ?? row.cells[place].textContent : row.cells[place].dataset.value);
    const order = (one, other) => {
      const [a, b] = [key(one), key(other)];
      if (place < 2) return a.localeCompare(b, "en", { numeric: true }) * (down ? -1 : 1);
      if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
      return (a - b) * (down ? -1 : 1);
    };
    if (!split()) put(null);
    body.append(...rows.sort(order));
    show();
  }
  for (const row of rows) {
    const name = row.querySelector("bdi"), button = make("button", { type: "button", class: "choose", "aria-expanded": "false", "aria-controls": "column-panel" });
    name.replaceWith(button);
    button.append(name);
    const look = () => { if (split() && !pinned && now !== row) put(row); };
    row.addEventListener("click", () => {
      const again = now === row && (pinned || !split());
      pinned = !again;
      if (!again || !split()) put(again ? null : row);
      row.classList.toggle("held", pinned && split());
    });
    row.addEventListener("pointerenter", (event) => { if (event.pointerType === "mouse") look(); });
    button.addEventListener("focus", () => { if (button.matches(":focus-visible")) look(); });
  }
  [...table.tHead.rows[0].cells].forEach((heading, place) => {
    const button = make("button", { type: "button" }, heading.textContent);
    heading.replaceChildren(button);
    button.addEventListener("click", () => sort(heading, place));
    if (heading.dataset.key === "error") heading.setAttribute("aria-sort", "descending");
  });
  search?.addEventListener("input", show);
  type?.addEventListener("change", show);
  more.addEventListener("click", () => { all = true; show(); });
  new ResizeObserver(arrange).observe(view.parentNode);
  let before = null;
  addEventListener("beforeprint", () => { before = now; put(null); store.append(...pictures.values()); });
  addEventListener("afterprint", () => put(before));
  show();
}
