// The form that asks for pictures: its price as one chooses, the words kept until they are sent, and what is being made.

const form = document.getElementById("create");
const price = document.getElementById("price");
const costs = [...document.querySelectorAll("[data-credits]")].map(({ dataset }) => dataset);

/** The rates that fit the choice; what is left out may be anything. */
function fitting(choice) {
  return costs.filter((rate) => Object.entries(choice).every(([field, value]) => rate[field] === value));
}

/** Switches off what does not go with the choices above it, and moves on where it was chosen. */
function narrow(field, above) {
  const radios = [...form.querySelectorAll(`input[name="${field}"]`)].filter((radio) => !("elsewhere" in radio.dataset));
  for (const radio of radios) {
    radio.disabled = !fitting({ ...above, [field]: radio.value }).length;
    radio.closest("label").querySelector("[data-why]").hidden = !radio.disabled;
  }
  if (!radios.some((radio) => radio.checked && !radio.disabled)) {
    const first = radios.find((radio) => !radio.disabled);
    if (first) first.checked = true;
  }
  return new FormData(form).get(field);
}

function reckon() {
  const model = new FormData(form).get("model");
  const quality = narrow("quality", { model });
  const size = narrow("size", { model, quality });
  const [rate] = fitting({ model, quality, size });
  const cost = rate && Number(rate.credits) * Number(form.elements.n.value);
  form.elements.max_credits.value = cost ?? "";
  if (form.dataset.unlimited) return;
  const available = Number(form.dataset.available);
  const short = cost > available;
  const words = rate
    ? [`${cost.toLocaleString("en")} ${cost === 1 ? "credit" : "credits"}`, `${short ? "You only have" : "You have"} ${available.toLocaleString("en")}`]
    : ["Not possible", "Choose another model"];
  price.querySelector("strong").textContent = words[0];
  price.querySelector("span").textContent = words[1];
  price.toggleAttribute("data-short", short);
}

form.addEventListener("change", reckon);
reckon();

// What was typed is there again, should one be signed out or the window closed by mistake.
const draft = `draft of ${form.dataset.draft}`;
const prompt = form.elements.prompt;
prompt.value ||= sessionStorage.getItem(draft) ?? "";
prompt.addEventListener("input", () => sessionStorage.setItem(draft, prompt.value));

document.getElementById("shortcut").hidden = false;
prompt.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit(form.querySelector("button:not([name])"));
  }
});

// Going back shows the form as it was sent. Sent again it asks again, so it gets a key of its own.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) form.elements.key.value = String(Math.random()).slice(2, 18);
});

// As long as something is being made, the latest are looked at again.
setInterval(() => {
  const latest = document.getElementById("latest");
  const isBusy = latest.querySelector(".coming") && !latest.contains(document.activeElement);
  if (isBusy && !document.hidden) document.getElementById("look").click();
}, 3000);
