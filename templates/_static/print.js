// Shows the print buttons: only a script can open the browser's print window.
for (const button of document.querySelectorAll("button[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => { print(); });
}
