extension StripeScript {
  /// PaymentIntents and SetupIntents: confirming them, and what their bank wants.
  static let intents = #"""
    // Both kinds of intent behave alike, under other names.
    const KINDS = {
      pi: {
        path: '/v1/payment_intents', result: 'paymentIntent', member: 'payment_intent', lastError: 'last_payment_error',
        failure: 'payment_intent_authentication_failure', name: 'PaymentIntent',
      },
      seti: {
        path: '/v1/setup_intents', result: 'setupIntent', member: 'setup_intent', lastError: 'last_setup_error',
        failure: 'setup_intent_authentication_failure', name: 'SetupIntent',
      },
    };

    // The intent that a client secret belongs to: {kind, id, secret}.
    function readSecret(secret, caller, wanted) {
      const match = /^((pi|seti)_[A-Za-z0-9]+)_secret_.+$/.exec(typeof secret === 'string' ? secret : '');
      if (!match || (wanted && match[2] !== wanted)) {
        throw new IntegrationError(
          `Invalid value for ${caller} intent secret: value should be a client secret of the form `
          + `\${id}_secret_\${secret}. You specified: ${secret}.`);
      }
      return {kind: KINDS[match[2]], id: match[1], secret};
    }

    function retrieve(key, intent) {
      return callApi(key, 'GET', `${intent.kind.path}/${intent.id}`, {client_secret: intent.secret});
    }

    // {paymentIntent} or {setupIntent}, or {error} for one that has failed.
    function resultOf(intent, object) {
      const last = object[intent.kind.lastError];
      if (object.status !== 'requires_payment_method' || !last) return {[intent.kind.result]: object};
      if (last.code !== intent.kind.failure) return {error: {...last, [intent.kind.member]: object}};
      // The API's message speaks to programmers; Stripe's script has another one, for customers.
      return {
        error: {
          type: 'invalid_request_error', code: last.code, doc_url: last.doc_url,
          message: 'We are unable to authenticate your payment method. '
            + 'Please choose a different payment method and try again.',
          [intent.kind.member]: object,
        },
      };
    }

    // Does what an intent in `requires_action` asks for, and says what it has become.
    async function act(key, intent, object) {
      const action = object.next_action || {};
      if (action.type === 'redirect_to_url') return leaveFor(action.redirect_to_url.url);
      if (action.type !== 'use_stripe_sdk') {
        return {error: {type: 'invalid_request_error', message: `The sandbox's script cannot do ${action.type}.`}};
      }
      await challenge(intent.secret);
      const {value, error} = await retrieve(key, intent);
      return error ? {error} : resultOf(intent, value);
    }

    async function handleAction(key, intent, caller) {
      const {value, error} = await retrieve(key, intent);
      if (error) return {error};
      if (value.status !== 'requires_action') {
        throw new IntegrationError(`${caller}: The ${intent.kind.name} supplied is not in the requires_action state.`);
      }
      return act(key, intent, value);
    }

    async function retrieveIntent(key, intent) {
      const {value, error} = await retrieve(key, intent);
      return error ? {error} : {[intent.kind.result]: value};
    }

    async function confirm(key, intent, fields, handlesActions = true) {
      const {value, error} = await callApi(key, 'POST', `${intent.kind.path}/${intent.id}/confirm`, {
        ...fields, use_stripe_sdk: true, client_secret: intent.secret,
      });
      if (error) return {error};
      return value.status === 'requires_action' && handlesActions ? act(key, intent, value) : resultOf(intent, value);
    }

    // confirmCardPayment and confirmCardSetup: with a card element, with a saved method's id, or with what is there.
    async function confirmCard(key, intent, data = {}, options = {}) {
      const {payment_method: method, ...fields} = data;
      if (typeof method === 'string') {
        fields.payment_method = method;
      } else if (method) {
        if (!(method.card instanceof StripeElement)) {
          throw new IntegrationError('payment_method.card has to be a mounted Card Element.');
        }
        const made = await createPaymentMethodFrom(method.card, key, method);
        if (made.error) return made;
        fields.payment_method = made.paymentMethod.id;
      } else {
        // Called with the secret alone it takes up where the server has left off.
        const {value, error} = await retrieve(key, intent);
        if (error) return {error};
        if (value.status === 'requires_action') return act(key, intent, value);
      }
      return confirm(key, intent, fields, options.handleActions !== false);
    }

    // confirmPayment and confirmSetup, which leave for return_url unless there is nothing to redirect for.
    async function confirmElements(key, caller, wanted, options) {
      const {elements, confirmParams = {}, redirect = 'always'} = options;
      const secret = options.clientSecret || (elements && elements.options.clientSecret);
      const intent = readSecret(secret, `stripe.${caller}()`, wanted);
      const {payment_method_data: given = {}, return_url, ...fields} = confirmParams;
      if (redirect !== 'if_required' && !return_url) {
        throw new IntegrationError(
          `stripe.${caller}(): confirmParams.return_url is required unless redirect is 'if_required'.`);
      }
      if (elements && !fields.payment_method) {
        const element = elements.getElement('payment');
        if (!element) throw new IntegrationError(NOT_MOUNTED);
        if (elements.options.mode) elements.requireSubmit(`stripe.${caller}()`);
        const made = await createPaymentMethodFrom(element, key, given);
        if (made.error) return made;
        fields.payment_method = made.paymentMethod.id;
      }
      const result = await confirm(key, intent, {...fields, return_url});
      if (result.error || redirect === 'if_required') return result;
      const place = new URL(return_url, window.location.href);
      place.searchParams.set(intent.kind.member, intent.id);
      place.searchParams.set(`${intent.kind.member}_client_secret`, intent.secret);
      place.searchParams.set('redirect_status', 'succeeded');
      return leaveFor(place.href);
    }
    """#
}
