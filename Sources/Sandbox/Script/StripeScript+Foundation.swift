extension StripeScript {
  /// Errors, requests, frames and the bank's question: what all other topics stand on.
  static let foundation = #"""
    // Where this script came from is where everything else is. `currentScript` is set only while it first runs.
    const ORIGIN = new URL(document.currentScript.src).origin;

    // A mistake of whoever wrote the page, thrown; what goes wrong with a payment is returned as {error}.
    class IntegrationError extends Error {
      constructor(message) {
        super(message);
        this.name = 'IntegrationError';
      }
    }

    // {a: {b: 1}} as a[b]=1, as Stripe's API reads forms.
    function encode(fields) {
      const form = new URLSearchParams();
      const add = (name, value) => {
        if (value === undefined || value === null) return;
        if (typeof value !== 'object') return form.append(name, String(value));
        for (const key of Object.keys(value)) add(name ? `${name}[${key}]` : key, value[key]);
      };
      add('', fields);
      return form.toString();
    }

    const NO_CONNECTION = {
      type: 'api_connection_error',
      message: 'We are experiencing issues connecting to our payments provider. Please check your internet connection and try again.',
    };

    // Resolves with {value} or {error}, and never rejects: a page must be able to show every outcome.
    async function request(method, path, fields, headers) {
      const form = encode(fields);
      const isGet = method === 'GET';
      try {
        const answer = await fetch(ORIGIN + path + (isGet && form ? `?${form}` : ''), {
          method, headers, body: isGet ? undefined : new URLSearchParams(form), credentials: 'omit',
        });
        const body = await answer.json();
        return answer.ok ? {value: body} : {error: body.error};
      } catch (failure) {
        return {error: NO_CONNECTION};
      }
    }

    function callApi(key, method, path, fields) {
      return request(method, path, fields, {Authorization: `Bearer ${key}`});
    }

    function resolveElement(place) {
      if (place instanceof HTMLElement) return place;
      const found = typeof place === 'string' ? document.querySelector(place) : null;
      if (found) return found;
      throw new IntegrationError(
        `The selector you specified (${place}) applies to no DOM elements that are currently on the page. `
        + 'Make sure the element exists on the page before calling mount().');
    }

    // A frame of the sandbox's origin. What is typed in it cannot be read by the page, only asked for by message.
    class Frame {
      constructor(path, query, {name, title, minimumHeight}) {
        const address = new URL(path, ORIGIN);
        for (const [key, value] of Object.entries(query)) if (value !== undefined) address.searchParams.set(key, value);
        // The frame speaks to this origin only.
        address.searchParams.set('parent', window.location.origin);
        this.node = document.createElement('iframe');
        this.node.name = name;
        this.node.title = title;
        this.node.src = address.href;
        // Set one by one: a policy without 'unsafe-inline' refuses a style attribute, but not this.
        Object.assign(this.node.style, {display: 'block', width: '100%', border: '0', height: `${minimumHeight}px`});
        this.listeners = [];
        this.isReady = new Promise((resolve) => this.on('ready', resolve));
        this.receive = (event) => {
          if (event.source !== this.node.contentWindow || event.origin !== ORIGIN) return;
          const message = event.data;
          if (!message || !message.stripeSandbox) return;
          if (message.event === 'resize') this.node.style.height = `${Math.max(message.height, minimumHeight)}px`;
          for (const listener of [...this.listeners]) if (listener.event === message.event) listener.handler(message);
        };
        window.addEventListener('message', this.receive);
      }

      on(event, handler) {
        this.listeners.push({event, handler});
      }

      // Sends a message and waits for its answer, on a channel that nobody else can listen to.
      async ask(message) {
        await this.isReady;
        return new Promise((resolve) => {
          const channel = new MessageChannel();
          channel.port1.onmessage = (event) => resolve(event.data);
          this.node.contentWindow.postMessage(message, ORIGIN, [channel.port2]);
        });
      }

      remove() {
        window.removeEventListener('message', this.receive);
        this.node.remove();
      }
    }

    // Lets the bank ask its question in a modal frame; resolves when the customer has answered, whatever the answer.
    function challenge(clientSecret) {
      const frame = new Frame('/js/challenge', {client_secret: clientSecret}, {
        name: 'stripe-challenge-frame', title: '3D Secure authentication', minimumHeight: 260,
      });
      const dialog = document.createElement('dialog');
      dialog.setAttribute('aria-label', 'Your bank asks');
      Object.assign(dialog.style, {width: 'min(28rem, calc(100vw - 2rem))', padding: '0', boxSizing: 'border-box'});
      // Only the buttons answer the bank; Escape would leave the payment waiting for ever.
      dialog.addEventListener('cancel', (event) => event.preventDefault());
      dialog.append(frame.node);
      document.body.append(dialog);
      dialog.showModal();
      return new Promise((resolve) => {
        frame.on('answered', () => {
          dialog.close();
          frame.remove();
          dialog.remove();
          resolve();
        });
      });
    }

    // Leaves the page. The promise never ends, as with Stripe: nothing after it may run on a page that goes away.
    function leaveFor(url) {
      window.location.assign(url);
      return new Promise(() => {});
    }

    // `on`, `once` and `off` for elements and checkouts.
    class Emitter {
      constructor() {
        this.handlers = [];
      }

      on(event, handler) {
        this.handlers.push({event, handler});
        return this;
      }

      once(event, handler) {
        const wrapped = (payload) => {
          this.off(event, wrapped);
          handler(payload);
        };
        return this.on(event, wrapped);
      }

      off(event, handler) {
        this.handlers = this.handlers.filter((one) => one.event !== event || (handler && one.handler !== handler));
        return this;
      }

      emit(event, payload) {
        for (const one of [...this.handlers]) if (one.event === event) one.handler(payload);
      }
    }
    """#
}
