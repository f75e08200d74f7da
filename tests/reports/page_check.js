// Appended to a page by page_in_browser.sh: what must hold once it is laid out, in a line of its log: "page: ok", or what is wrong.
"use strict";

function overlapping(texts) {
  const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3;
  const boxes = texts.map((text) => text.getBoundingClientRect()).filter((box) => box.width > 0);
  return boxes.some((a, i) => boxes.slice(0, i).some((b) => meet(a, b)));
}

function isSorted(values, sign) {
  const known = values.filter((value) => value !== undefined).map(Number);
  const unknownAreLast = values.slice(known.length).every((value) => value === undefined);
  return unknownAreLast && known.every((value, i) => i === 0 || sign * (value - known[i - 1]) >= 0);
}

// Every column of measured numbers: a sweep need not have timed its candidates.
function sortsByClick(table) {
  const body = table.tBodies[0];
  const columns = [...table.tHead.rows[0].cells].filter((th) => [...body.rows].some((row) => row.cells[th.cellIndex].dataset.v));
  const sortsTo = (th, order, sign) => {
    th.querySelector("button").click();
    return th.getAttribute("aria-sort") === order && isSorted([...body.rows].map((row) => row.cells[th.cellIndex].dataset.v), sign);
  };
  return columns.length > 0 && columns.every((th) => sortsTo(th, "ascending", 1) && sortsTo(th, "descending", -1));
}

function filters(table) {
  const search = document.querySelector(".tools input[type=search]");
  const shown = () => [...table.tBodies[0].rows].filter((row) => !row.hidden).length;
  const before = shown();
  search.value = "no candidate has this name";
  search.dispatchEvent(new Event("input"));
  const none = shown() === 0;
  search.value = "";
  search.dispatchEvent(new Event("input"));
  return none && shown() === before;
}

const wrong = [];
const check = (holds, what) => holds || wrong.push(what);
const table = document.querySelector("table.filtered");
check(document.documentElement.scrollWidth <= innerWidth, "the page is wider than its window");
const svgs = [...document.querySelectorAll("figure.plot svg")];
check(svgs.length > 0, "nothing is plotted");
for (const svg of svgs) check(!overlapping([...svg.querySelectorAll("text")]), `labels overlap: ${svg.ariaLabel}`);
check(sortsByClick(table), "the table does not sort by click");
check(filters(table), "the table does not filter by text");
check([...document.images].every((image) => image.src.startsWith("data:") || !image.closest("main")), "a picture has no data");
console.log(wrong.length ? `page: ${wrong.join("; ")}` : "page: ok");
