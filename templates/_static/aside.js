// A notice that is put aside leaves the page at once, so that a half-filled form stays as it is: told that somebody
// watches, the server answers 204, and the browser stays where it is. Without script the page comes again without it.
for (const form of document.querySelectorAll("form[data-aside]")) {
  form.elements.stay.disabled = false;
  form.addEventListener("submit", ({ submitter }) => {
    setTimeout(() => {
      delete form.dataset.sent; // another one may follow
      const notice = submitter.closest(".notice");
      const next = notice.nextElementSibling?.querySelector("button");
      notice.remove();
      form.querySelector(".narrow")?.remove(); // one line fewer: what is left to count is the same on every screen
      form.querySelector(".wide")?.classList.remove("wide");
      if (!form.querySelector(".notice")) form.closest("aside").hidden = true;
      (next ?? document.querySelector("main")).focus({ preventScroll: true });
    });
  });
}
