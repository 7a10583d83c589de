extension StripeScript {
  /// `stripe.createEmbeddedCheckoutPage(…)`, and `Stripe` itself.
  static let embedded = #"""
    let openEmbeddedCheckout = null;

    // The whole payment page in a frame. The frame cannot leave for return_url by itself; this does it for it.
    class EmbeddedCheckout {
      constructor(session, secret, onComplete) {
        this.frame = new Frame(`/c/embedded/${session.id}`, {client_secret: secret}, {
          name: 'embedded-checkout', title: 'Checkout', minimumHeight: 320,
        });
        this.isDestroyed = false;
        this.frame.on('complete', ({url}) => {
          if (url) return leaveFor(url);
          if (onComplete) onComplete();
        });
      }

      mount(place) {
        if (this.isDestroyed) throw new IntegrationError('This Embedded Checkout has been destroyed.');
        resolveElement(place).replaceChildren(this.frame.node);
      }

      unmount() {
        this.frame.node.remove();
      }

      destroy() {
        this.frame.remove();
        this.isDestroyed = true;
        if (openEmbeddedCheckout === this) openEmbeddedCheckout = null;
      }
    }

    async function createEmbeddedCheckoutPage(options = {}) {
      if (!options.fetchClientSecret && !options.clientSecret) {
        throw new IntegrationError('createEmbeddedCheckoutPage() needs fetchClientSecret.');
      }
      if (openEmbeddedCheckout) throw new IntegrationError('You cannot have multiple Embedded Checkout objects.');
      const secret = options.fetchClientSecret ? await options.fetchClientSecret() : options.clientSecret;
      const {value, error} = await request('GET', '/js/checkout', {client_secret: secret, ui_mode: 'embedded_page'});
      if (error) throw new IntegrationError(error.message);
      openEmbeddedCheckout = new EmbeddedCheckout(value.session, secret, options.onComplete);
      return openEmbeddedCheckout;
    }
    """#

  static let object = #"""
    // dahlia renamed these, and Stripe's own script throws at the old names; here they say so and go on.
    function renamed(from, to) {
      console.warn(`stripe.${from}() is stripe.${to}() since 2026-03-25.dahlia; Stripe's own script of today throws here.`);
    }

    // Not here: said when it is called, not when a page merely looks whether it is there.
    const MISSING = [
      'createToken', 'createConfirmationToken', 'paymentRequest', 'confirmSepaDebitPayment', 'confirmUsBankAccountPayment',
      'initCheckoutFormSdk', 'collectBankAccountForPayment', 'redirectToCheckout',
    ];

    function makeStripe(key) {
      const initCheckoutElementsSdk = (options = {}) => {
        if (!options.clientSecret) throw new IntegrationError('initCheckoutElementsSdk() needs clientSecret.');
        return new Checkout(options);
      };
      const stripe = {
        elements: (options) => new Elements(options),
        createPaymentMethod: (options = {}) => createPaymentMethod(key, options),

        retrievePaymentIntent: async (secret) =>
          retrieveIntent(key, readSecret(secret, 'stripe.retrievePaymentIntent()', 'pi')),
        confirmCardPayment: async (secret, data, options) =>
          confirmCard(key, readSecret(secret, 'stripe.confirmCardPayment()', 'pi'), data, options),
        confirmPayment: (options) => confirmElements(key, 'confirmPayment', 'pi', options),
        handleCardAction: async (secret) =>
          handleAction(key, readSecret(secret, 'stripe.handleCardAction()', 'pi'), 'handleCardAction'),
        handleNextAction: async ({clientSecret} = {}) =>
          handleAction(key, readSecret(clientSecret, 'stripe.handleNextAction()'), 'handleNextAction'),

        retrieveSetupIntent: async (secret) =>
          retrieveIntent(key, readSecret(secret, 'stripe.retrieveSetupIntent()', 'seti')),
        confirmCardSetup: async (secret, data, options) =>
          confirmCard(key, readSecret(secret, 'stripe.confirmCardSetup()', 'seti'), data, options),
        confirmSetup: (options) => confirmElements(key, 'confirmSetup', 'seti', options),

        createEmbeddedCheckoutPage,
        initEmbeddedCheckout: (options) => {
          renamed('initEmbeddedCheckout', 'createEmbeddedCheckoutPage');
          return createEmbeddedCheckoutPage(options);
        },
        initCheckoutElementsSdk,
        initCheckout: (options) => {
          renamed('initCheckout', 'initCheckoutElementsSdk');
          return initCheckoutElementsSdk(options);
        },

        // Wrappers such as @stripe/stripe-js call these.
        registerAppInfo: () => {},
        _registerWrapper: () => {},
      };
      for (const name of MISSING) {
        stripe[name] = () => { throw new IntegrationError(`The sandbox's script has no stripe.${name}().`); };
      }
      return stripe;
    }

    function Stripe(key) {
      if (typeof key !== 'string' || !key) {
        throw new IntegrationError('Missing value for Stripe(): apiKey should be a string.');
      }
      if (/^[sr]k_/.test(key)) {
        throw new IntegrationError('You should not use your secret key with Stripe.js. Please pass a publishable key instead.');
      }
      if (!key.startsWith('pk_test_')) {
        throw new IntegrationError('The sandbox takes publishable test keys only: pk_test_ and anything after it.');
      }
      return makeStripe(key);
    }

    Stripe.version = 'sandbox';
    window.Stripe = Stripe;
    """#
}
