(() => {
  const { root, text, say, leave, goOn } = palisadePage();
  const { api, script, sitekey, action, field, kind, start, cookie, lifetime } = root.dataset;
  const language = document.documentElement.lang;
  // A browser keeps some 4,000 characters a cookie.
  const PART = 3500, PARTS = 3;
  let loading;

  const widgets = {
    turnstile: (element, solved, failed) => turnstile.render(element, {
      sitekey, language, action: action || undefined, callback: solved, 'error-callback': failed, 'response-field': false,
    }),
    hcaptcha: (element, solved, failed) => hcaptcha.render(element, { sitekey, callback: solved, 'error-callback': failed }),
    recaptcha_v2: async (element, solved, failed) => {
      await new Promise(grecaptcha.ready);
      grecaptcha.render(element, { sitekey, callback: solved, 'error-callback': failed });
    },
    recaptcha_v3: async (element, solved) => {
      await new Promise(grecaptcha.ready);
      solved(await grecaptcha.execute(sitekey, { action }));
    },
    friendly_captcha: (element, solved, failed) => {
      const widget = frcaptcha.createWidget({ element, sitekey, language, startMode: 'auto', formFieldName: null });
      widget.addEventListener('frc:widget.complete', (event) => solved(event.detail.response));
      widget.addEventListener('frc:widget.error', failed);
    },
    field: (element, solved) => say(text.check, text.go_on, () => {
      const token = [...root.querySelectorAll('.widget [name]')].find(({ name }) => name === field)?.value;
      if (token) solved(token);
    }),
  };

  // The service's script, once.
  function load() {
    loading ||= new Promise((done, failed) => {
      const element = document.createElement('script');
      element.onload = done;
      element.onerror = () => { loading = undefined; failed(); };
      element.src = script;
      document.head.append(element);
    });
    return loading;
  }

  function finish(token) {
    let kept = token.length <= PART * PARTS;
    for (let part = 0; part < PARTS; part += 1) {
      const value = token.slice(part * PART, (part + 1) * PART);
      const name = part ? `${cookie}-${part + 1}` : cookie;
      kept &&= leave(name, value, value ? lifetime : 0) || !value;
    }
    if (kept) goOn();
    else say(text.cookies, text.retry, begin);
  }

  async function begin() {
    say(api === 'recaptcha_v3' ? text.working : text.check);
    // Some widgets cannot be started twice in the same element.
    const element = document.createElement('div');
    element.className = kind;
    element.dataset.sitekey = sitekey;
    root.querySelector('.widget').replaceChildren(element);
    // Such a script looks for its element once, when it is loaded.
    if (api === 'field') loading = undefined;
    try {
      await load();
    } catch {
      return say(text.unreachable, text.retry, begin);
    }
    // Some widgets try again by themselves, so a token counts after a failure, too.
    const failed = () => say(text.failed, text.retry, begin);
    try {
      await widgets[api](element, finish, failed);
    } catch {
      failed();
    }
  }

  // Come back to by the history, the page must not send the form a second time by itself.
  addEventListener('pageshow', (event) => event.persisted && say(text.failed, text.retry, begin));
  if (start === 'now') begin();
  else say(text.refused, text.retry, begin);
})();
