// Looks again while something moves, leaves the page alone while somebody types, sends a form once,
// and narrows the table of changes. Every page works without it.
"use strict";

function typing(main) {
  if (main.querySelector("input:focus, select:focus")) return true;
  return [...main.querySelectorAll("input, select")].some((field) =>
    field.options ? ![...field.options].every((o) => o.selected === o.defaultSelected) : field.value !== field.defaultValue);
}

function replace(main, fresh) {
  const held = document.activeElement?.getAttribute("href");
  const open = [...main.querySelectorAll("details[open][id]")].map((d) => d.id);
  const before = main.querySelector("[data-spoken]")?.textContent;
  main.replaceWith(fresh);
  for (const id of open) fresh.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
  if (held) fresh.querySelector(`a[href="${CSS.escape(held)}"]`)?.focus();
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
  if (typing(main)) return;
  replace(main, page.querySelector("main"));
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
  form.querySelector("button").setAttribute("aria-disabled", "true");
}

function sendAgain() {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector("button").removeAttribute("aria-disabled");
  }
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
window.addEventListener("pageshow", sendAgain);
document.querySelector(".filter")?.addEventListener("input", narrow);
lookAgain();
