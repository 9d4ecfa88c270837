// Saves a half-filled form of a signed-in person a few seconds after the last change. Without script there is a button.
const QUIET_MS = 4_000;

const status = document.querySelector("[data-draft]");
const form = status?.closest("form");
let timer;

async function save() {
  if (form.dataset.sent) return;
  const fields = new FormData(form);
  for (const input of form.querySelectorAll("input[type=file]")) fields.delete(input.name);
  fields.set("save", "yes");
  try {
    const answer = await fetch(form.action, { method: "POST", body: fields, redirect: "manual" });
    // The server answers a saved draft by leading away; anything else means that it was not kept.
    status.textContent = answer.type === "opaqueredirect" ? status.dataset.saved : "";
  } catch {
    status.textContent = ""; // the connection is away: the next change tries again
  }
}

form?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(save, QUIET_MS);
});
