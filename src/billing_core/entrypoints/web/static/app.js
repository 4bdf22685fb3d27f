// What makes the pages livelier. Without it, every form and link works as well.
//
// data-swap="id"    a form or link whose answer is a whole page: only the element of that id is taken from it
// data-confirm="…"  asked before a form is sent
// data-copy="id"    a button that copies an element's text
// data-submit       a select or checkbox that sends its form when it changes
// data-refresh="s"  an element that is taken anew from its page after so many seconds, for as long as it says so

/** Fetches a page as a form or link would, and puts its part in place of ours. */
export async function swap(id, url, options = {}) {
  const place = document.getElementById(id);
  place?.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(url, { ...options, headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const part = page.getElementById(id);
    if (!part) {
      location.assign(answer.url);
      return null;
    }
    part.removeAttribute("aria-busy");
    place?.replaceWith(part);
    if (new URL(answer.url).pathname !== location.pathname) history.pushState(null, "", answer.url);
    return part;
  } catch {
    place?.removeAttribute("aria-busy");
    return null;
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const asked = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (asked && !confirm(asked)) {
    event.preventDefault();
    return;
  }
  const id = form.dataset.swap;
  if (!id) {
    // A second click would ask twice. The button still says its name and value, so it is only switched off after.
    const button = event.submitter;
    if (button) setTimeout(() => { button.disabled = true; setTimeout(() => { button.disabled = false; }, 5000); });
    return;
  }
  event.preventDefault();
  const fields = new URLSearchParams(new FormData(form, event.submitter));
  const isGet = form.method === "get";
  const url = isGet ? `${form.action.split("?")[0]}?${fields}` : form.action;
  swap(id, url, isGet ? {} : { method: "POST", body: fields });
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-swap]");
  if (link) {
    event.preventDefault();
    swap(link.dataset.swap, link.href);
  }
  const copying = event.target.closest("button[data-copy]");
  if (copying) {
    navigator.clipboard.writeText(document.getElementById(copying.dataset.copy).textContent.trim());
    const label = copying.textContent;
    copying.textContent = "Copied";
    setTimeout(() => { copying.textContent = label; }, 1500);
  }
});

/** Looks again until the element asks for it no more. It is put in place only where it has changed, so that nothing is
 * read out twice; where the page cannot be had, it is asked for again. */
async function refresh(part) {
  const seconds = Number(part.dataset.refresh);
  if (!seconds) return;
  await new Promise((resolve) => { setTimeout(resolve, seconds * 1000); });
  let next = part;
  try {
    const page = await (await fetch(location.href, { headers: { Accept: "text/html" } })).text();
    const found = new DOMParser().parseFromString(page, "text/html").getElementById(part.id);
    if (found && found.outerHTML !== part.outerHTML) {
      part.replaceWith(found);
      next = found;
    }
  } catch { /* The next look may be luckier. */ }
  refresh(next);
}

for (const part of document.querySelectorAll("[data-refresh]")) refresh(part);

window.addEventListener("pageshow", (event) => {
  // Going back shows a page as it was left: buttons work again.
  if (event.persisted) for (const button of document.querySelectorAll("button:disabled")) button.disabled = false;
});

// A link may bring a token behind its #, which no server ever sees in an address or a log.
const signin = document.querySelector("form[data-token-from-fragment]");
const brought = new URLSearchParams(location.hash.slice(1)).get("token");
if (signin && brought) {
  history.replaceState(null, "", location.pathname + location.search);
  signin.elements.token.value = brought;
  signin.requestSubmit();
}
