// A notice that is put aside leaves the page at once, so that a half-filled form stays as it is. Without script the
// page comes again without it.
for (const form of document.querySelectorAll("form[data-aside]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { submitter } = event;
    const fields = new FormData(form);
    fields.set(submitter.name, submitter.value);
    try {
      await fetch(form.action, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });
    } catch {
      return; // the connection is away: the notice stays
    }
    submitter.closest(".notice").remove();
    if (!form.querySelector(".notice")) form.closest("aside").remove();
    document.querySelector("main").focus({ preventScroll: true });
  });
}
