extension StripeScript {
  /// `stripe.elements(…)` with the Card Element and the Payment Element.
  static let elements = #"""
    const NOT_MOUNTED = 'We could not retrieve data from the specified Element. '
      + 'Please make sure the Element you are attempting to use is still mounted.';

    // What all elements have in common: a place in the page, a frame in it, events.
    class StripeElement extends Emitter {
      constructor(type, query) {
        super();
        this.type = type;
        this.query = query;
        this.frame = null;
        this.isComplete = false;
      }

      mount(place) {
        const parent = resolveElement(place);
        this.unmount();
        const isCard = this.type === 'card';
        this.frame = new Frame(`/js/elements/${this.type}`, this.query, {
          name: `__privateStripeFrame${this.type}`,
          title: isCard ? 'Secure card payment input frame' : 'Secure payment input frame',
          minimumHeight: isCard ? 48 : 200,
        });
        this.frame.on('ready', () => this.emit('ready', {elementType: this.type}));
        for (const name of ['focus', 'blur', 'escape']) {
          this.frame.on(name, () => {
            if (name !== 'escape') parent.classList.toggle('StripeElement--focus', name === 'focus');
            this.emit(name, {elementType: this.type});
          });
        }
        this.frame.on('change', ({payload}) => {
          this.isComplete = payload.complete;
          parent.classList.toggle('StripeElement--empty', payload.empty);
          parent.classList.toggle('StripeElement--complete', payload.complete);
          parent.classList.toggle('StripeElement--invalid', Boolean(payload.error));
          this.emit('change', {elementType: this.type, ...payload});
        });
        // A page styles the container by these classes, as it does with Stripe's.
        parent.classList.add('StripeElement');
        parent.replaceChildren(this.frame.node);
        return this;
      }

      unmount() {
        if (!this.frame) return;
        this.frame.remove();
        this.frame = null;
        this.isComplete = false;
      }

      destroy() {
        this.unmount();
        this.emit('destroy');
      }

      ask(message) {
        if (!this.frame) throw new IntegrationError(NOT_MOUNTED);
        return this.frame.ask(message);
      }

      clear() { this.ask({do: 'clear'}); }
      focus() { this.ask({do: 'focus'}); }
      blur() { this.ask({do: 'blur'}); }
      // Looks are Stripe's business; the sandbox has one look.
      update({disabled} = {}) {
        if (this.frame && disabled !== undefined) this.ask({do: 'disable', isDisabled: disabled});
      }
      collapse() {}
    }

    // A group of elements on a page of the shop's own.
    class Elements {
      constructor(options = {}) {
        if (options.mode && options.mode !== 'setup' && (!Number.isInteger(options.amount) || !options.currency)) {
          throw new IntegrationError(
            `Invalid value for elements(): amount and currency are required when mode is '${options.mode}'.`);
        }
        this.options = {...options};
        this.members = new Map();
        // Whether submit() has been called since the last thing was made of this group.
        this.isSubmitted = false;
      }

      create(type, options = {}) {
        if (type !== 'card' && type !== 'payment') {
          throw new IntegrationError(`The sandbox has the elements 'card' and 'payment', not '${type}'.`);
        }
        if (type === 'payment' && !this.options.clientSecret && !this.options.mode) {
          throw new IntegrationError(
            "In order to create a payment element, you must pass a clientSecret or mode when creating the Elements group.");
        }
        if (this.members.has(type)) throw new IntegrationError(`Can only create one Element of type ${type} through create().`);
        const element = new StripeElement(type, type === 'card' && options.hidePostalCode ? {postal: 'no'} : {});
        element.on('destroy', () => this.members.delete(type));
        this.members.set(type, element);
        return element;
      }

      getElement(type) {
        return this.members.get(type) || null;
      }

      async update(options) {
        Object.assign(this.options, options);
      }

      async fetchUpdates() {
        return {};
      }

      // Says what is wrong with what was typed, beside the fields and to the page.
      async submit() {
        const element = this.getElement('payment');
        if (!element) throw new IntegrationError('elements.submit() needs a mounted Payment Element.');
        const {error} = await element.ask({do: 'submit'});
        this.isSubmitted = !error;
        return error ? {error} : {selectedPaymentMethod: 'card'};
      }

      // Stripe insists on submit() before anything asynchronous; a page that forgets it must not pass here.
      requireSubmit(caller) {
        if (!this.isSubmitted) {
          throw new IntegrationError(
            `elements.submit() must be called before ${caller}. Call elements.submit() as soon as your customer `
            + 'presses pay, prior to any asynchronous work.');
        }
        this.isSubmitted = false;
      }
    }

    // The number stays in the frame: it is the frame that makes the payment method, and the page gets its id.
    async function createPaymentMethodFrom(element, key, details = {}) {
      const {billing_details, metadata, allow_redisplay} = details;
      return element.ask({do: 'createPaymentMethod', key, fields: {billing_details, metadata, allow_redisplay}});
    }

    async function createPaymentMethod(key, options) {
      const {elements, params} = options;
      if (elements instanceof Elements) {
        if (elements.options.paymentMethodCreation !== 'manual') {
          throw new IntegrationError(
            "stripe.createPaymentMethod({elements}) needs elements that were made with paymentMethodCreation: 'manual'.");
        }
        elements.requireSubmit('stripe.createPaymentMethod()');
        const element = elements.getElement('payment') || elements.getElement('card');
        if (!element) throw new IntegrationError(NOT_MOUNTED);
        return createPaymentMethodFrom(element, key, params);
      }
      if (options.type !== 'card') {
        throw new IntegrationError(`The sandbox makes payment methods of type 'card', not '${options.type}'.`);
      }
      if (!(options.card instanceof StripeElement)) {
        throw new IntegrationError('stripe.createPaymentMethod() wants a mounted Card Element as `card`.');
      }
      return createPaymentMethodFrom(options.card, key, options);
    }
    """#
}
