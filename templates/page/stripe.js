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

// A card, collected by the server alone; what its bank asks is answered here.
async function pay(stripe, method) {
  let answer = await ask({ payment_method_id: method });
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

// Stripe's field for a card, and the payment method that is made of what was typed into it.
function cardField(stripe) {
  // Nothing under 16 pixels, or phones enlarge the page.
  const card = stripe.elements().create("card", { style: { base: { color: "#1a1a1a", fontSize: "16px" } } });
  let made = null;
  card.on("change", () => { made = null; });
  return {
    show(takesFocus) {
      if (takesFocus) card.on("ready", () => card.focus());
      card.mount("#card");
    },
    // The same one as long as its end is not known: whoever presses again after a broken connection pays once.
    async method() {
      if (made) return made;
      const { paymentMethod, error } = await stripe.createPaymentMethod({ type: "card", card });
      if (error) throw new Told(error.message);
      made = paymentMethod.id;
      return made;
    },
    // What was typed stays; sent again, it is tried again.
    forget() { made = null; },
    freeze(isFrozen) { card.update({ disabled: isFrozen }); },
  };
}

// The card that failed, confirmed with its bank: nothing is typed. Or another one.
function confirmation(stripe) {
  const form = document.forms[0];
  const cardForm = document.getElementById("card-form");
  const another = document.getElementById("another-card");
  const buttons = [form.querySelector("button"), cardForm.querySelector("button"), another];
  const card = cardField(stripe);
  let isRefused = false;
  let isWorking = false;

  function openCard(takesFocus) {
    if (!cardForm.hidden) return;
    another.hidden = true;
    cardForm.hidden = false;
    buttons[0].classList.add("quiet");
    card.show(takesFocus);
  }

  // The bank has said no to the card that failed: what is left of its button is the way through Checkout.
  function takeAnother() {
    isRefused = true;
    openCard(false);
    buttons[0].textContent = given.anotherWay;
    place.after(form);
  }

  // One thing at a time, whichever button was pressed. Resolves with what went wrong.
  async function attempt(pressed, method) {
    const button = pressed.querySelector("button");
    isWorking = true;
    // What goes wrong is said where it went wrong.
    if (pressed.nextElementSibling !== status) pressed.after(status);
    for (const each of buttons) each.setAttribute("aria-disabled", "true");
    busy(button, true);
    try {
      await pay(stripe, await method());
    } catch (error) {
      isWorking = false;
      for (const each of buttons) each.setAttribute("aria-disabled", "false");
      busy(button, false);
      say(error);
      return error;
    }
  }

  // Before the page's own listener: the form's way leads through Checkout, for those without this script, and for those
  // whose bank has said no to this card.
  form.addEventListener("submit", async (event) => {
    if (isRefused && !isWorking) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (isWorking) return;
    const error = await attempt(form, () => given.method);
    if (error instanceof Told && error.isRefusal) takeAnother();
  }, { capture: true });

  cardForm.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (isWorking) return;
    const typed = card.method();
    card.freeze(true);
    const error = await attempt(cardForm, () => typed);
    card.freeze(false);
    if (error instanceof Told && error.isRefusal) card.forget();
  }, { capture: true });

  another.addEventListener("click", () => { if (!isWorking) openCard(true); });
  form.after(status, place);
  another.hidden = false;
}

async function begin() {
  // What the browser has kept may have been paid since.
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  if (given.ui !== "confirm") showsTheTruthLater();
  const stripe = Stripe(given.key, { locale: document.documentElement.lang });
  if (given.ui === "embedded_page") await embeddedPage(stripe);
  else if (given.ui === "elements") await elements(stripe);
  else confirmation(stripe);
}

begin().catch(say);
