// A link to a folded part of the page unfolds it, also from another page; without a script one more press does.
function unfold(part) {
  if (part instanceof HTMLDetailsElement) { part.open = true; }
}

for (const link of document.querySelectorAll('a[href^="#"]')) {
  link.addEventListener("click", () => unfold(document.querySelector(link.hash)));
}
unfold(document.getElementById(location.hash.slice(1)));
