// Looks again while something moves, leaves the page alone while somebody types and the focus where it is,
// sends a form once, shows what a trial lets choose, takes a suggested name, and narrows the table of changes. Every page works without it.
"use strict";

function typing(main) {
  if (main.querySelector("input:focus, select:focus")) return true;
  return [...main.querySelectorAll("input, select")].some((field) =>
    field.options ? ![...field.options].every((o) => o.selected === o.defaultSelected) : field.value !== field.defaultValue);
}

function counterpart(main, node) {
  const name = (other) =>
    [other.getAttribute("href"), other.parentNode.id, other.matches("summary") || other.textContent].join();
  const same = (root) => [...root.querySelectorAll(node.tagName)].filter((other) => name(other) === name(node));
  const at = same(main).indexOf(node);
  return (fresh) => same(fresh)[at];
}

function replace(main, fresh) {
  const focused = document.activeElement;
  const again = main.contains(focused) && counterpart(main, focused);
  const before = main.querySelector("[data-spoken]")?.textContent;
  for (const { id, open } of main.querySelectorAll("details[id]")) {
    fresh.querySelector(`#${CSS.escape(id)}`)?.toggleAttribute("open", open);
  }
  main.replaceWith(fresh);
  if (again) (again(fresh) ?? fresh).focus({ preventScroll: true });
  const now = fresh.querySelector("[data-spoken]")?.textContent;
  if (now && now !== before) {
    document.getElementById("spoken").textContent = now;
  }
}

async function look() {
  const main = document.querySelector("main");
  if (typing(main) || document.hidden) return;
  const answer = await fetch(location.href, { headers: { "X-Look-Again": "1" } });
  if (answer.redirected) return location.reload();
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("main");
  if (typing(main) || fresh.textContent === main.textContent) return;
  replace(main, fresh);
  document.title = page.title;
}

function lookAgain() {
  const seconds = Number(document.querySelector("main").dataset.lookAgain);
  if (!seconds) return;
  setTimeout(async () => {
    try { await look(); } catch { /* the desk is away for a moment; the next look finds it */ }
    lookAgain();
  }, 1000 * seconds);
}

function sendOnce(event) {
  const form = event.target;
  if (form.method !== "post") return event.preventDefault();
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
  form.querySelector("button:not([type=button])").setAttribute("aria-disabled", "true");
}

function sendAgain() {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector("button:not([type=button])").removeAttribute("aria-disabled");
  }
}

function follow(event) {
  if (!event.target.matches("select[data-choices]")) return;
  for (const choices of event.target.form.querySelectorAll("fieldset[data-trial]")) {
    choices.hidden = choices.disabled = choices.dataset.trial !== event.target.value;
  }
}

function take(event) {
  const name = event.target.dataset.take;
  if (!name) return;
  const field = event.target.closest("td").querySelector("input");
  field.value = name;
  field.focus();
}

function narrow() {
  const kind = document.getElementById("kind").value;
  const text = document.getElementById("text").value.toLowerCase();
  let matches = 0;
  for (const row of document.querySelectorAll("tr[data-kind]")) {
    row.hidden = (kind && row.dataset.kind !== kind) || !row.textContent.toLowerCase().includes(text);
    matches += row.hidden ? 0 : 1;
  }
  for (const group of document.querySelectorAll("details.group")) {
    group.hidden = !group.querySelector("tr[data-kind]:not([hidden])");
    if ((kind || text) && !group.hidden) group.open = true;
  }
  document.getElementById("matches").textContent = kind || text ? `${matches} shown` : "";
}

document.addEventListener("submit", sendOnce);
document.addEventListener("change", follow);
document.addEventListener("click", take);
for (const button of document.querySelectorAll("[data-take]")) button.hidden = false;
window.addEventListener("pageshow", sendAgain);
document.querySelector(".filter")?.addEventListener("input", narrow);
lookAgain();
