// Pages that use Stripe's script: the form of a Checkout Session on our page, or the bank's question about a card.
// What it needs stands on #stripe; Stripe's own script was loaded before this one.
const place = document.getElementById("stripe");
const given = place.dataset;
const nonce = document.querySelector("meta[name=dues-nonce]")?.content;
const status = document.getElementById("status");

// What a customer may read. Anything else that is thrown speaks to programmers.
class Told extends Error {
  constructor(message, isRefusal = false) {
    super(message);
    this.isRefusal = isRefusal;
  }
}

function say(error) {
  status.className = "trouble";
  status.textContent = error instanceof Told ? error.message : given.error;
  // A screen reader announces it; a keyboard goes on from there.
  status.tabIndex = -1;
  status.focus();
}

// A button that says what is happening, and can be pressed once.
function busy(button, isBusy) {
  if (isBusy) button.dataset.label = button.textContent;
  button.setAttribute("aria-disabled", String(isBusy));
  button.textContent = isBusy ? button.dataset.working : button.dataset.label;
  if (!isBusy) return;
  status.className = "";
  status.textContent = button.dataset.working;
}

// The form came as the answer to a click. Going back to it and reloading it are to show what is true by then, not to
// ask whether the click shall be sent again.
function showsTheTruthLater() {
  history.replaceState(null, "");
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) leaveIfOver().catch(() => {}); });
}

// Paid meanwhile, in another tab: then the page of the link has no button any more.
async function leaveIfOver() {
  const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  const isOver = page.querySelector("main") !== null && page.querySelector("main form") === null;
  if (isOver) location.reload();
  return isOver;
}

// Stripe's own page, inside ours.
async function embeddedPage(stripe) {
  const checkout = await stripe.createEmbeddedCheckoutPage({ clientSecret: given.secret });
  checkout.mount("#stripe-form");
}

// Stripe's fields inside our page, on a Checkout Session.
async function elements(stripe) {
  const theme = matchMedia("(prefers-color-scheme: dark)").matches ? "night" : "stripe";
  const checkout = stripe.initCheckoutElementsSdk({
    clientSecret: given.secret, elementsOptions: { appearance: { theme } },
  });
  checkout.createPaymentElement().mount("#stripe-form");
  const loaded = await checkout.loadActions();
  if (loaded.type === "error") throw new Error(loaded.error.message);
  // Stripe lets nobody confirm who has not looked at what is charged; our page shows it, from the same charge.
  place.dataset.total = loaded.actions.getSession().total?.total?.amount ?? "";
  const button = document.getElementById("stripe-button");
  button.hidden = false;
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    busy(button, true);
    try {
      const result = await loaded.actions.confirm();
      // Else Stripe leads on to the landing page.
      if (result?.type !== "error" || await leaveIfOver().catch(() => false)) return;
      throw new Told(result.error.message);
    } catch (error) {
      busy(button, false);
      say(error);
    }
  });
}

async function ask(body) {
  const response = await fetch(given.confirm, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ ...body, nonce }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Told(answer.error?.message ?? given.error, response.status === 402);
  return answer;
}

// The card that failed, confirmed with its bank: nothing is typed, and the server alone collects.
async function confirmCard(stripe) {
  let answer = await ask({ payment_method_id: given.method });
  while (answer.requires_action) {
    const secret = answer.payment_intent_client_secret;
    const { error, thrown } = await stripe.handleNextAction({ clientSecret: secret }).catch((thrown) => ({ thrown }));
    try {
      // After a no as well: the server waits for the answer.
      answer = await ask({ payment_intent_id: secret.split("_secret_")[0] });
    } catch (refusal) {
      throw error && refusal.isRefusal ? new Told(error.message, true) : refusal;
    }
    // Nobody was asked, and asking once more would end alike.
    if (thrown && answer.requires_action) throw thrown;
    if (error && answer.requires_action) throw new Told(error.message);
  }
  location.assign(given.done);
}

function confirmation(stripe) {
  const form = document.forms[0];
  const button = form.querySelector("button");
  let isRefused = false;
  // What went wrong is said where it went wrong.
  form.after(status);
  // Before the page's own listener: the form's way leads through Checkout, for those without this script, and for those
  // whose bank has said no to this card: there they may take another one.
  form.addEventListener("submit", async (event) => {
    if (isRefused) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (button.getAttribute("aria-disabled") === "true") return;
    busy(button, true);
    try {
      await confirmCard(stripe);
    } catch (error) {
      isRefused = error instanceof Told && error.isRefusal;
      busy(button, false);
      say(error);
    }
  }, { capture: true });
}

async function begin() {
  if (given.ui !== "confirm") showsTheTruthLater();
  const stripe = Stripe(given.key, { locale: document.documentElement.lang });
  if (given.ui === "embedded_page") await embeddedPage(stripe);
  else if (given.ui === "elements") await elements(stripe);
  else confirmation(stripe);
}

begin().catch(say);
