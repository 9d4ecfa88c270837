// Asks the browser for a passkey, puts its answer into the form and sends it. Without this the buttons stay hidden
// and the page says so.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const listed = (keys = []) => keys.map((key) => ({ ...key, id: bytes(key.id) }));

async function make(options) {
  options.user.id = bytes(options.user.id);
  options.excludeCredentials = listed(options.excludeCredentials);
  return navigator.credentials.create({ publicKey: options });
}

async function use(options) {
  options.allowCredentials = listed(options.allowCredentials);
  return navigator.credentials.get({ publicKey: options });
}

// PublicKeyCredential.toJSON is too young to rely on.
function written(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
}

async function answer(part) {
  const field = part.querySelector("[name=passkey]");
  const said = part.querySelector("[role=status]");
  said.textContent = "";
  try {
    const options = JSON.parse(part.dataset.options);
    options.challenge = bytes(options.challenge);
    field.value = written(await (part.dataset.passkey === "create" ? make : use)(options));
  } catch {
    said.textContent = part.dataset.failed;
    return;
  }
  field.form.requestSubmit();
}

for (const part of window.PublicKeyCredential ? document.querySelectorAll("[data-passkey]") : []) {
  const button = part.querySelector("button");
  button.hidden = false;
  part.querySelector("[data-no-script]").hidden = true;
  button.addEventListener("click", () => answer(part));
}
