// watchTables turns the heads of sortable tables into buttons that sort by the cells' data-value.
export function watchTables(): void {
  prepare();
  document.addEventListener("htmx:afterSwap", prepare);
}

function prepare(): void {
  document.querySelectorAll<HTMLTableElement>("table[data-sortable]:not([data-ready])").forEach((table) => {
    table.dataset["ready"] = "";
    table.querySelectorAll<HTMLTableCellElement>("thead th").forEach((head) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...Array.from(head.childNodes));
      head.append(button);
      button.addEventListener("click", () => sort(table, head));
    });
  });
}

function sort(table: HTMLTableElement, head: HTMLTableCellElement): void {
  const numeric = head.classList.contains("num");
  const before = head.getAttribute("aria-sort");
  const up = before ? before === "descending" : !numeric;
  table.querySelectorAll("th[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const body = table.tBodies[0];
  if (!body) return;
  const rows = Array.from(body.rows).map((row) => ({ row, value: row.cells[head.cellIndex]?.dataset["value"] ?? "" }));
  rows.sort((a, b) => (up ? 1 : -1) * compare(a.value, b.value));
  // Rows without a value stay at the end, whichever way the others go.
  rows.sort((a, b) => Number(a.value === "") - Number(b.value === ""));
  body.append(...rows.map(({ row }) => row));
}

function compare(a: string, b: string): number {
  const x = Number(a);
  const y = Number(b);
  return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b, document.documentElement.lang) : x - y;
}
