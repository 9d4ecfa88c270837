// A second press while the first is on its way sends nothing. Forms stay plain: without script the server
// recognises a repeated submission by itself.
const WAIT_MS = 15_000; // an answer that does not leave the page (a download) gives the button back

function release(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  event.submitter?.setAttribute("aria-busy", "true");
  setTimeout(release, WAIT_MS, form);
});

// "Back" may restore the page as it was left, with the form still marked.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) release(form);
});
