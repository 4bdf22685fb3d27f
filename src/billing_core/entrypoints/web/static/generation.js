// One generation, followed until it has ended. What is shown then is the page as the server has it.

const main = document.querySelector("main");
const told = document.getElementById("told");
let source = null;

function look() {
  document.getElementById("look")?.click();
}

function tell(heading, { aloud = true } = {}) {
  document.getElementById("state").textContent = heading;
  document.title = document.title.replace(/^[^:]*/, heading);
  if (aloud) told.textContent = heading;
}

function follow() {
  const place = document.getElementById("generation");
  source?.close();
  sessionStorage.removeItem(`draft of ${place.dataset.draft}`);
  if (!place.dataset.events) return;
  source = new EventSource(place.dataset.events);
  source.addEventListener("status", (event) => {
    const { status, attempt } = JSON.parse(event.data);
    if (status === "queued") return;
    document.getElementById("cancel")?.remove();
    tell(attempt > 1 ? "Being made, one more try" : "Being made");
  });
  source.addEventListener("partial", (event) => {
    const image = document.getElementById("unfinished");
    image.src = JSON.parse(event.data).url;
    image.hidden = false;
  });
  source.addEventListener("done", () => {
    source.close();
    look();
  });
  source.addEventListener("error", () => {
    // A stream that was cut is picked up by the browser. One that was refused is asked for again as a page.
    if (source.readyState === EventSource.CLOSED) setTimeout(look, 5000);
  });
}

// The part is put in place as a whole once it has changed: it says so, and keeps the keyboard's place.
new MutationObserver((changes) => {
  const place = document.getElementById("generation");
  if (!changes.some((change) => [...change.addedNodes].includes(place))) return;
  if (!place.dataset.events) {
    tell(place.dataset.heading);
    if (document.activeElement === document.body) document.getElementById("state").focus();
  }
  follow();
}).observe(main, { childList: true });

follow();
