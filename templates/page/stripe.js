// Pages that use Stripe's script: the form of a Checkout Session on our page, or the bank's question about a card.
// What it needs stands on #stripe; Stripe's own script was loaded before this one.
const place = document.getElementById("stripe");
const given = place.dataset;
const nonce = document.querySelector("meta[name=dues-nonce]")?.content;
const status = document.getElementById("status");

function say(text) {
  status.textContent = text;
  // A screen reader announces it; a keyboard goes on from there.
  status.tabIndex = -1;
  status.focus();
}

// A button that says what is happening, and can be pressed once.
function busy(button, isBusy) {
  if (isBusy) button.dataset.label = button.textContent;
  button.setAttribute("aria-disabled", String(isBusy));
  button.textContent = isBusy ? button.dataset.working : button.dataset.label;
  if (isBusy) status.textContent = button.dataset.working;
}

// Stripe's own page, inside ours.
async function embeddedPage(stripe) {
  const checkout = await stripe.createEmbeddedCheckoutPage({ clientSecret: given.secret });
  checkout.mount("#stripe-form");
}

// Stripe's fields inside our page, on a Checkout Session.
async function elements(stripe) {
  const checkout = stripe.initCheckoutElementsSdk({ clientSecret: given.secret });
  checkout.createPaymentElement().mount("#stripe-form");
  const loaded = await checkout.loadActions();
  if (loaded.type === "error") { say(loaded.error.message); return; }
  // Stripe lets nobody confirm who has not looked at what is charged; our page shows it, from the same charge.
  place.dataset.total = loaded.actions.getSession().total?.total?.amount ?? "";
  const button = document.getElementById("stripe-button");
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    busy(button, true);
    const result = await loaded.actions.confirm();
    // Else Stripe leads on to the landing page.
    if (result?.type === "error") { busy(button, false); say(result.error.message); }
  });
}

async function ask(body) {
  const response = await fetch(given.confirm, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ ...body, nonce }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error?.message ?? given.error);
  return answer;
}

// The card that failed, confirmed with its bank: nothing is typed, and the server alone collects.
async function confirmCard(stripe) {
  let answer = await ask({ payment_method_id: given.method });
  while (answer.requires_action) {
    const result = await stripe.handleNextAction({ clientSecret: answer.payment_intent_client_secret });
    if (result.error) throw new Error(result.error.message);
    answer = await ask({ payment_intent_id: result.paymentIntent.id });
  }
  location.assign(given.done);
}

function confirmation(stripe) {
  const form = document.forms[0];
  const button = form.querySelector("button");
  // Before the page's own listener: the form's way leads through Checkout, for those without this script.
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (button.getAttribute("aria-disabled") === "true") return;
    busy(button, true);
    try {
      await confirmCard(stripe);
    } catch (error) {
      busy(button, false);
      say(error.message || given.error);
    }
  }, { capture: true });
}

async function begin() {
  const stripe = Stripe(given.key);
  if (given.ui === "embedded_page") await embeddedPage(stripe);
  else if (given.ui === "elements") await elements(stripe);
  else confirmation(stripe);
}

begin().catch(() => say(given.error));
