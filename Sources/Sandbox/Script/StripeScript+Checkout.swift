extension StripeScript {
  /// `stripe.initCheckoutElementsSdk(…)`: a Checkout Session (`ui_mode` elements) on a page of the shop's own.
  static let checkout = #"""
    // A Session as the page may read it. Notes whether the page has looked at what it must show.
    function watched(session, seen) {
      const watch = (object, name, mark) => {
        const value = object[name];
        Object.defineProperty(object, name, {
          enumerable: true,
          get: () => {
            seen[mark] = true;
            return value;
          },
        });
      };
      watch(session.total.total, 'amount', 'amount');
      watch(session.total.total, 'minorUnitsAmount', 'minorUnits');
      watch(session, 'currency', 'currency');
      watch(session, 'minorUnitsAmountDivisor', 'divisor');
      return session;
    }

    class Checkout extends Emitter {
      constructor(options) {
        super();
        this.seen = {};
        this.email = null;
        this.state = null;
        this.paymentElement = null;
        this.isConfirming = false;
        this.secret = Promise.resolve(options.clientSecret);
        this.loading = this.load();
      }

      async load() {
        const secret = await this.secret.catch(() => null);
        const {value, error} = await request('GET', '/js/checkout', {client_secret: secret, ui_mode: 'elements'});
        if (error) return error;
        this.state = value;
        this.emit('change', this.current());
        return null;
      }

      // A new object each time: a page that keeps an old one keeps old data, as with Stripe.
      current() {
        const session = structuredClone(this.state.session);
        if (this.email) session.email = this.email;
        const chosen = this.paymentElement && this.paymentElement.isComplete;
        session.canConfirm = session.status.type === 'open' && Boolean(session.email) && Boolean(chosen);
        return watched(session, this.seen);
      }

      changed() {
        const session = this.current();
        this.emit('change', session);
        return {type: 'success', session};
      }

      async loadActions() {
        const error = await this.loading;
        if (error) return {type: 'error', error: {message: error.message, code: null}};
        const getSession = () => this.current();
        return {
          type: 'success',
          actions: {
            getSession,
            session: getSession,
            updateEmail: (email) => this.updateEmail(email),
            confirm: (options) => this.confirm(options),
            runServerUpdate: (update) => this.runServerUpdate(update),
          },
        };
      }

      createPaymentElement() {
        if (this.paymentElement) throw new IntegrationError('Can only create one Element of type payment.');
        const element = new StripeElement('payment', {});
        const mount = element.mount;
        // The frame shows the customer's saved cards, so it has to know the session.
        element.mount = (place) => {
          resolveElement(place);
          this.secret.then((secret) => {
            element.query = {client_secret: secret};
            mount.call(element, place);
          });
          return element;
        };
        element.on('change', () => this.state && this.changed());
        element.on('destroy', () => { this.paymentElement = null; });
        this.paymentElement = element;
        return element;
      }

      getPaymentElement() {
        return this.paymentElement;
      }

      changeAppearance() {}

      async updateEmail(email) {
        if (!/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(email || '')) {
          return {type: 'error', error: {message: 'Your email is invalid.', code: email ? 'invalidEmail' : 'incompleteEmail'}};
        }
        this.email = email;
        return this.changed();
      }

      async runServerUpdate(update) {
        await update();
        const error = await this.load();
        return error ? {type: 'error', error: {message: error.message, code: null}} : {type: 'success', session: this.current()};
      }

      // Stripe refuses to take money for a total that the page has never looked at.
      requireShownTotal() {
        const {amount, minorUnits, currency, divisor} = this.seen;
        if (this.state.mode === 'setup' || amount || (minorUnits && currency && divisor)) return;
        throw new IntegrationError(
          'Show the total before confirm(): read session.total.total.amount, or total.total.minorUnitsAmount, currency '
          + 'and minorUnitsAmountDivisor.');
      }

      async confirm(options = {}) {
        this.requireShownTotal();
        const {redirect = 'always', returnUrl, paymentMethod, savePaymentMethod, email = this.email} = options;
        const place = returnUrl || this.state.returnUrl;
        if (redirect !== 'if_required' && !place) {
          throw new IntegrationError('confirm() needs returnUrl: the Checkout Session has no return_url.');
        }
        if (!paymentMethod && !this.paymentElement) throw new IntegrationError(NOT_MOUNTED);
        if (this.isConfirming) {
          return {type: 'error', error: {message: 'A confirmation is already under way.', code: null}};
        }
        this.isConfirming = true;
        try {
          const fields = {client_secret: await this.secret, email, save: savePaymentMethod ? 'yes' : undefined};
          const error = await this.settle(paymentMethod
            ? await request('POST', '/js/checkout/confirm', {...fields, method: paymentMethod})
            : await this.paymentElement.ask({do: 'confirmCheckout', fields}));
          if (error) return {type: 'error', error};
        } finally {
          this.isConfirming = false;
        }
        if (redirect !== 'if_required') {
          return leaveFor(place.replace(/\{CHECKOUT_SESSION_ID\}|%7BCHECKOUT_SESSION_ID%7D/g, this.state.session.id));
        }
        return this.changed();
      }

      // What a confirmation came to: null once the session is complete, or the error for the page.
      async settle({value, error}) {
        if (error) return {message: error.message, code: null};
        let outcome = value;
        if (outcome.result === 'bank') {
          await challenge(await this.secret);
          outcome = {result: 'asked', declineCode: null};
        }
        const failure = await this.load();
        if (failure) return {message: failure.message, code: null};
        const {status, lastPaymentError} = this.state.session;
        if (status.type === 'complete') return null;
        if (status.type === 'expired') return {message: 'This Checkout Session has expired.', code: null};
        const message = outcome.message || (lastPaymentError && lastPaymentError.message) || 'Your payment has failed.';
        // Only the bank's no is a failed payment; what was typed wrong has no code.
        if (outcome.result === 'refused' && !outcome.wasTried) return {message, code: null};
        return {message, code: 'paymentFailed', paymentFailed: {declineCode: outcome.declineCode || null}};
      }
    }
    """#
}
