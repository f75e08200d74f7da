// The interactive parts of the page: tables sort and filter, a candidate is highlighted everywhere, values show on
// hover, pictures can be compared and enlarged, specs copied and saved. Without scripts all text is still there.
"use strict";

const root = document.documentElement;
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

function make(name, properties = {}, children = []) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

// --- theme ---------------------------------------------------------------------------------------------------------

function addThemeButton() {
  const isDark = () => (root.style.colorScheme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const button = make("button", { type: "button", id: "theme" });
  const name = () => (button.textContent = isDark() ? "Light" : "Dark");
  button.addEventListener("click", () => {
    root.style.colorScheme = isDark() ? "light" : "dark";
    name();
  });
  name();
  document.querySelector("header").append(button);
}

// --- tables --------------------------------------------------------------------------------------------------------

function valueOf(row, column) {
  const cell = row.cells[column];
  if (!cell) return "";
  const text = cell.dataset.v ?? cell.textContent.trim();
  const number = Number(text);
  return text === "" || text === "-" ? null : Number.isNaN(number) ? text : number;
}

// Unknown values stay at the end in both directions.
function compare(a, b, sign) {
  if (a === null || b === null) return (a === null) - (b === null);
  if (typeof a === "number" && typeof b === "number") return sign * (a - b);
  return sign * String(a).localeCompare(String(b), "en", { numeric: true });
}

function sortBy(table, column) {
  const header = table.tHead.rows[0].cells[column];
  const rising = header.getAttribute("aria-sort") !== "ascending";
  all("th", table).forEach((th) => th.removeAttribute("aria-sort"));
  header.setAttribute("aria-sort", rising ? "ascending" : "descending");
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => [valueOf(row, column), row]);
  rows.sort(([a], [b]) => compare(a, b, rising ? 1 : -1));
  body.append(...rows.map(([, row]) => row));
}

function makeSortable(table) {
  [...table.tHead.rows[0].cells].forEach((th, column) => {
    const button = make("button", { type: "button" }, [...th.childNodes]);
    button.addEventListener("click", () => sortBy(table, column));
    th.append(button);
  });
}

function choiceMenus(table, changed) {
  return [...table.tHead.rows[0].cells].flatMap((th, column) => {
    if (!th.classList.contains("choice")) return [];
    const values = [...new Set([...table.tBodies[0].rows].map((row) => row.cells[column].textContent.trim()))];
    if (values.length < 2 || values.length > 24) return [];
    values.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
    const menu = make("select", {}, [make("option", { value: "", textContent: "any" }), ...values.map((value) => make("option", { value, textContent: value }))]);
    menu.addEventListener("change", changed);
    return [{ column, menu, label: make("label", {}, [th.textContent.trim(), menu]) }];
  });
}

function addFilters(table) {
  const rows = [...table.tBodies[0].rows];
  const stopped = rows.filter((row) => row.classList.contains("quiet"));
  const count = make("output");
  const update = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word)) || (!showStopped.checked && row.classList.contains("quiet")) ||
        menus.some(({ column, menu }) => menu.value && row.cells[column].textContent.trim() !== menu.value);
    }
    count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} shown`;
  };
  const search = make("input", { type: "search", placeholder: "Filter by text", ariaLabel: "Filter by text" });
  const showStopped = make("input", { type: "checkbox", checked: true });
  const menus = choiceMenus(table, update);
  search.addEventListener("input", update);
  showStopped.addEventListener("change", update);
  const tools = make("div", { className: "tools" }, [search, ...menus.map(({ label }) => label)]);
  if (stopped.length) tools.append(make("label", {}, [showStopped, `stopped or failed (${stopped.length})`]));
  tools.append(count);
  table.closest(".wide").before(tools);
  update();
}

// --- one candidate everywhere; values on hover ---------------------------------------------------------------------

let litNow = "";
function light(candidate) {
  if (candidate === litNow) return;
  litNow = candidate;
  all(".lit").forEach((element) => element.classList.remove("lit"));
  if (candidate) all(`[data-c="${CSS.escape(candidate)}"]`).forEach((element) => element.classList.add("lit"));
  root.classList.toggle("lighting", Boolean(candidate));
}

const tip = document.body.appendChild(make("div", { id: "tip", role: "tooltip", hidden: true }));
function showTip(target, x, y) {
  const text = target?.dataset.tip;
  tip.hidden = !text;
  if (!text) return;
  tip.textContent = text;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(8, Math.min(x + 14, innerWidth - width - 8))}px`;
  tip.style.top = `${y + 18 + height > innerHeight ? Math.max(8, y - height - 12) : y + 18}px`;
}

function follow(event) {
  if (!(event.target instanceof Element)) return;
  light(event.target.closest("[data-c]")?.dataset.c ?? "");
  const target = event.target.closest("[data-tip]") ?? event.target.querySelector?.(":scope > [data-tip]");
  const box = event.target.getBoundingClientRect();
  showTip(target, event.clientX ?? box.left, event.clientY ?? box.bottom - 18);
}

// --- pictures ------------------------------------------------------------------------------------------------------

// The file has each picture once, in its candidate's section; other places show copies.
function fillCopies() {
  for (const copy of all("img[data-of]")) copy.src = document.getElementById(copy.dataset.of).src;
}

function addEnlarging() {
  const picture = make("img"), words = make("p");
  const close = make("button", { type: "button", textContent: "Close" });
  const dialog = document.body.appendChild(make("dialog", {}, [picture, words, close]));
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  const open = (image) => {
    Object.assign(picture, { src: image.src, alt: image.alt });
    words.textContent = image.alt;
    dialog.showModal();
  };
  for (const image of all(".grid img")) {
    image.tabIndex = 0;
    image.setAttribute("role", "button");
    image.addEventListener("click", () => open(image));
    image.addEventListener("keydown", (event) => ["Enter", " "].includes(event.key) && (event.preventDefault(), open(image)));
  }
}

// --- text to take away ---------------------------------------------------------------------------------------------

async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.body.appendChild(make("textarea", { value: text }));
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  const name = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = name), 1200);
}

function save(name, text) {
  const link = make("a", { download: name, href: URL.createObjectURL(new Blob([text], { type: "application/json" })) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function addTakeAway(block) {
  const text = block.querySelector("pre, code").textContent;
  const button = make("button", { type: "button", textContent: "Copy" });
  button.addEventListener("click", () => copy(button, text));
  const buttons = make("span", { className: "buttons" }, [button]);
  if (block.dataset.file) {
    const download = make("button", { type: "button", textContent: `Save ${block.dataset.file}` });
    download.addEventListener("click", () => save(block.dataset.file, text));
    buttons.append(download);
  }
  block.prepend(...(block.classList.contains("command") ? [] : [buttons]));
  if (block.classList.contains("command")) block.append(buttons);
}

function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  if (target) target.scrollIntoView();
}

addThemeButton();
all("table").forEach(makeSortable);
all("table.filtered").forEach(addFilters);
fillCopies();
addEnlarging();
all(".take").forEach(addTakeAway);
document.addEventListener("pointerover", follow);
document.addEventListener("focusin", follow);
document.addEventListener("keydown", (event) => event.key === "Escape" && (tip.hidden = true));
addEventListener("hashchange", openTarget);
addEventListener("beforeprint", () => all("details.candidate").forEach((details) => (details.open = true)));
openTarget();
