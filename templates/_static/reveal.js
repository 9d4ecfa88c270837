// Lets people look at the password they are typing; it is hidden again before the form is sent.
function show(field, button, visible) {
  field.type = visible ? "text" : "password";
  button.setAttribute("aria-pressed", String(visible));
}

for (const button of document.querySelectorAll("button[data-reveal]")) {
  const field = document.getElementById(button.dataset.reveal);
  button.hidden = false;
  button.addEventListener("click", () => show(field, button, field.type === "password"));
  field.form?.addEventListener("submit", () => show(field, button, false));
}
