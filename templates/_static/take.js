// Puts the suggested words into the field for the password when somebody takes them, and says so; the focus stays.
for (const button of document.querySelectorAll("button[data-take]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    document.getElementById(button.dataset.take).value = button.dataset.words;
    button.parentElement.querySelector("[role=status]").textContent = button.dataset.done;
  });
}
