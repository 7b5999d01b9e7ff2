// The documented programming interfaces.
const interfaces = {
  turnstile() {
    window.turnstile = {
      render(element, given) {
        if (given.action !== 'login' || given['response-field'] !== false) throw new Error('not what was agreed');
        standIn.show(element, given.sitekey, given.callback, () => given['error-callback']('300010'));
        return 'cf-chl-widget-1';
      },
    };
  },
  hcaptcha() {
    window.hcaptcha = {
      render(element, given) {
        standIn.show(element, given.sitekey, (token) => {
          element.querySelector('textarea').value = token;
          given.callback(token);
        }, () => given['error-callback']('network-error'));
        const field = { name: 'h-captcha-response', hidden: true, ariaLabel: 'Response' };
        standIn.load('textarea', field, element);
        return '0abc';
      },
    };
  },
  // Its script loads another one, and only then can anything be rendered.
  recaptcha_v2() {
    const waiting = [];
    window.grecaptcha = { ready: (then) => waiting.push(then) };
    setTimeout(() => {
      grecaptcha.render = (element, given) => {
        standIn.show(element, given.sitekey, given.callback, () => given['error-callback']());
        return 0;
      };
      grecaptcha.ready = (then) => then();
      waiting.forEach((then) => then());
    }, 50);
  },
  recaptcha_v3() {
    window.grecaptcha = {
      ready: (then) => setTimeout(then, 50),
      async execute(sitekey, { action }) {
        standIn.check(sitekey);
        if (standIn.searchParams.get('render') !== sitekey || action !== 'login') throw new Error('not what was agreed');
        return standIn.token();
      },
    };
  },
  friendly_captcha() {
    window.frcaptcha = {
      createWidget({ element, sitekey, startMode, formFieldName }) {
        if (startMode !== 'auto' || formFieldName !== null) throw new Error('not what was agreed');
        const tell = (name, detail) => element.dispatchEvent(new CustomEvent(`frc:widget.${name}`, { detail }));
        standIn.show(element, sitekey, (response) => tell('complete', { response }),
          () => tell('error', { error: { code: 'network_error' } }));
        return { addEventListener: (name, listener) => element.addEventListener(name, listener) };
      },
    };
  },
  // It looks for its element once, when it is loaded.
  field() {
    const element = document.querySelector('.my-widget');
    standIn.load('input', { type: 'hidden', name: 'my-captcha' }, element.appendChild(document.createElement('span')));
    const within = element.appendChild(document.createElement('div'));
    standIn.show(within, element.dataset.sitekey, (token) => { element.querySelector('input').value = token; }, () => {});
  },
};
