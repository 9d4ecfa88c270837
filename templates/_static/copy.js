// Shows the copy buttons where the browser can copy, and says aloud that it has copied.
// navigator.clipboard exists on https and localhost only; elsewhere the buttons stay hidden.
const SAID_MS = 4_000;

async function copy(button) {
  const said = button.parentElement.querySelector("[role=status]");
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    said.textContent = button.dataset.done;
  } catch {
    said.textContent = button.dataset.failed;
  }
  setTimeout(() => { said.textContent = ""; }, SAID_MS);
}

if (navigator.clipboard) {
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
}
