// Looks again while something moves, and leaves the page alone while somebody is typing.
"use strict";
function lookAgain() {
  const main = document.querySelector("main[data-look-again]");
  if (!main) return;
  setTimeout(async () => {
    const busy = main.querySelector("input:focus, select:focus, details[open]");
    if (!busy && !document.hidden) {
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        if (answer.redirected) return location.reload();
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
        const held = document.activeElement && document.activeElement.getAttribute("href");
        main.replaceWith(fresh);
        if (held) fresh.querySelector(`a[href="${CSS.escape(held)}"]`)?.focus();
      } catch { /* the desk is away for a moment; the next look finds it */ }
    }
    lookAgain();
  }, 1000 * Number(main.dataset.lookAgain));
}
lookAgain();
