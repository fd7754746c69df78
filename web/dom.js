// Makes and changes elements. Whatever comes from the server becomes text, never markup.

// An element with attributes, and with nodes or texts inside. `undefined` attributes are left out.
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

// Changes a text only when it is another one, so that selections stay.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// A table with a caption. `columns` are {name, number, head}: whether a column has numbers, and
// whether its cells name their rows. With `stacks`, rows become blocks on a narrow screen.
export class Table {
  constructor(caption, columns, {stacks = true} = {}) {
    this.columns = columns;
    this.caption = element("caption", {}, caption);
    const head = element("tr");
    for (const column of columns) {
      head.append(element("th", {scope: "col", class: column.number ? "number" : undefined}, column.name));
    }
    this.body = element("tbody");
    // Roles that a table would lose with `display: block`.
    const table = element("table", {role: "table", class: stacks ? "stacks" : undefined}, this.caption,
                          element("thead", {role: "rowgroup"}, head), this.body);
    head.setAttribute("role", "row");
    for (const cell of head.children) cell.setAttribute("role", "columnheader");
    this.body.setAttribute("role", "rowgroup");
    this.node = element("div", {class: "scroll"}, table);
  }

  setCaption(text) {
    setText(this.caption, text);
  }

  // Rows are {key, mark, cells}, cells texts or {key, make}: a node that is made anew when its key is
  // another one. Nodes are kept where they can be, and with them the focus.
  update(rows) {
    while (this.body.rows.length > rows.length) this.body.lastElementChild.remove();
    rows.forEach((row, index) => {
      let line = this.body.rows[index];
      if (line === undefined) {
        line = element("tr", {role: "row"});
        for (const column of this.columns) {
          line.append(element(column.head ? "th" : "td",
                              {scope: column.head ? "row" : undefined,
                               role: column.head ? "rowheader" : "cell", "data-column": column.name,
                               class: column.number ? "number" : undefined}));
        }
        this.body.append(line);
      }
      line.className = row.mark || "";
      row.cells.forEach((cell, column) => updateCell(line.cells[column], cell));
    });
    return this;
  }
}

function updateCell(node, cell) {
  const made = typeof cell === "object";
  const key = made ? `node ${cell.key}` : `text ${cell}`;
  if (node.dataset.key === key) return;
  node.dataset.key = key;
  node.replaceChildren(made ? cell.make() : String(cell));
}
