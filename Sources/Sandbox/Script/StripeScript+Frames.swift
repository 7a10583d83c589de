extension StripeScript {
  /// Inside every frame: how tall it is, and what has happened in it.
  static let framePage = #"""
    'use strict';

    const PARENT = document.body.dataset.parent;

    // Told to the page that mounted this frame, and to no other origin.
    function tell(event, more) {
      window.parent.postMessage({stripeSandbox: true, event, ...more}, PARENT);
    }

    // A frame does not grow with what is in it; the page has to be told.
    const tellHeight = () => tell('resize', {height: Math.ceil(document.body.getBoundingClientRect().height)});
    new ResizeObserver(tellHeight).observe(document.body);

    // Whoever was refused hears of it at once.
    const refusal = document.querySelector('[data-focus]');
    if (refusal) refusal.focus();

    if (document.body.dataset.event) {
      tell(document.body.dataset.event, {url: document.body.dataset.url || null});
    } else {
      tell('ready');
    }
    """#

  /// Inside the frame of an element: the fields, and what the page may ask of them.
  static let frameElement = #"""

    const form = document.forms[0];
    const alert = document.getElementById('alert');
    const read = (name) => (form.elements[name] ? form.elements[name].value.trim() : '');
    const digits = (name) => read(name).replace(/\D/g, '');

    // The names of the Payment Element's fields are Stripe's, and those of the Card Element are other ones.
    const NAMES = form.elements.cardnumber
      ? {number: 'cardnumber', expiry: 'exp-date', cvc: 'cvc', postal: 'postal'}
      : {number: 'number', expiry: 'expiry', cvc: 'cvc', postal: 'postalCode'};
    const COUNTRIES_WITH_POSTAL = ['US', 'GB', 'CA'];

    function passesLuhn(number) {
      let sum = 0;
      [...number].reverse().forEach((digit, place) => {
        const value = Number(digit) * (place % 2 ? 2 : 1);
        sum += value > 9 ? value - 9 : value;
      });
      return sum % 10 === 0;
    }

    // An empty choice is a new card; otherwise the id of one of the customer's saved cards.
    const chosenMethod = () => (form.elements.method ? form.elements.method.value : 'new');

    const needsPostal = () => {
      if (!form.elements[NAMES.postal]) return false;
      return !form.elements.country || COUNTRIES_WITH_POSTAL.includes(read('country'));
    };

    // The first thing that is wrong, as Stripe's script says it; null when the bank may be asked.
    function problem() {
      if (chosenMethod() !== 'new') return null;
      const wrong = (code, message) => ({type: 'validation_error', code, message});
      const number = digits(NAMES.number);
      if (number.length < 13) return wrong('incomplete_number', 'Your card number is incomplete.');
      if (!passesLuhn(number)) return wrong('invalid_number', 'Your card number is invalid.');
      if (digits(NAMES.expiry).length < 4) return wrong('incomplete_expiry', "Your card's expiration date is incomplete.");
      if (digits(NAMES.cvc).length < 3) return wrong('incomplete_cvc', "Your card's security code is incomplete.");
      if (needsPostal() && !read(NAMES.postal)) return wrong('incomplete_zip', 'Your postal code is incomplete.');
      return null;
    }

    function show(error) {
      alert.textContent = error ? error.message : '';
      alert.hidden = !error;
    }

    function billingDetails(given) {
      const address = {};
      if (read('country')) address.country = read('country');
      if (read(NAMES.postal)) address.postal_code = read(NAMES.postal);
      const details = given || {};
      return {...details, address: {...address, ...details.address}};
    }

    function encode(name, value, into) {
      if (value === undefined || value === null) return;
      if (typeof value !== 'object') return into.append(name, String(value));
      for (const key of Object.keys(value)) encode(name ? `${name}[${key}]` : key, value[key], into);
    }

    // Same origin, so that the browser itself tells the sandbox that this is one of its own frames.
    async function post(path, fields, headers) {
      const body = new URLSearchParams();
      encode('', fields, body);
      try {
        const answer = await fetch(path, {method: 'POST', body, headers});
        const object = await answer.json();
        return answer.ok ? {value: object} : {error: object.error};
      } catch (failure) {
        return {error: {type: 'api_connection_error', message: 'The sandbox did not answer. Please try again.'}};
      }
    }

    const DOES = {
      submit() {
        const error = problem();
        show(error);
        return error ? {error} : {};
      },

      async createPaymentMethod({key, fields}) {
        const wrong = problem();
        if (wrong) return {error: wrong};
        const expiry = digits(NAMES.expiry);
        const card = {
          number: digits(NAMES.number), exp_month: expiry.slice(0, 2), exp_year: expiry.slice(2), cvc: digits(NAMES.cvc),
        };
        const {value, error} = await post(
          '/v1/payment_methods', {...fields, type: 'card', card, billing_details: billingDetails(fields.billing_details)},
          {Authorization: `Bearer ${key}`});
        return error ? {error} : {paymentMethod: value};
      },

      async confirmCheckout({fields}) {
        const wrong = problem();
        show(wrong);
        if (wrong) return {error: wrong};
        const method = chosenMethod();
        const typed = method !== 'new' ? {} : {
          number: digits(NAMES.number), exp: digits(NAMES.expiry), cvc: digits(NAMES.cvc),
          country: read('country'), postal_code: read(NAMES.postal),
        };
        const save = form.elements.save && form.elements.save.checked ? 'yes' : fields.save;
        return post('/js/checkout/confirm', {...fields, ...typed, method, save});
      },

      disable({isDisabled}) { for (const field of form.elements) field.disabled = isDisabled; },
      clear() { form.reset(); changed(); },
      focus() { form.elements[NAMES.number].focus(); },
      blur() { document.activeElement.blur(); },
    };

    window.addEventListener('message', async (event) => {
      const port = event.ports[0];
      if (event.source !== window.parent || event.origin !== PARENT || !port || !DOES[event.data.do]) return;
      port.postMessage((await DOES[event.data.do](event.data)) || {});
    });

    function changed() {
      const isNew = chosenMethod() === 'new';
      const fields = document.getElementById('card-fields');
      if (fields) fields.hidden = !isNew;
      const postal = document.getElementById('postal-row');
      if (postal) postal.hidden = !needsPostal();
      const wrong = problem();
      const isEmpty = isNew && !read(NAMES.number) && !read(NAMES.expiry) && !read(NAMES.cvc);
      const isIncomplete = !wrong || wrong.code.startsWith('incomplete');
      const payload = {empty: isEmpty, complete: !wrong};
      tell('change', {
        payload: NAMES.number === 'number'
          ? {...payload, collapsed: false, value: {type: 'card'}}
          : {...payload, error: isIncomplete ? undefined : wrong, value: {postalCode: read(NAMES.postal)}},
      });
      if (!wrong) show(null);
    }

    form.addEventListener('input', changed);
    form.addEventListener('submit', (event) => event.preventDefault());
    form.addEventListener('focusin', () => tell('focus'));
    form.addEventListener('focusout', (event) => { if (!form.contains(event.relatedTarget)) tell('blur'); });
    form.addEventListener('keydown', (event) => { if (event.key === 'Escape') tell('escape'); });
    changed();
    """#
}
