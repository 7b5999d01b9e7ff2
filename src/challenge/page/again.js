// What both kinds of challenge share: what is said, and going on once it is solved.
function palisadePage() {
  const root = document.getElementById('palisade');
  const text = JSON.parse(root.dataset.texts);
  const [status, button] = ['[role=status]', 'button'].map((what) => root.querySelector(what));

  function say(message, label, onclick) {
    status.textContent = message;
    button.hidden = !label;
    button.textContent = label || '';
    button.onclick = onclick;
  }

  // Whether the browser keeps the cookie. Over TLS no other host of the site can set one of its name.
  function leave(name, value, lifetime) {
    const [prefix, secure] = location.protocol === 'https:' ? ['__Host-', '; Secure'] : ['', ''];
    const cookie = `${prefix}${name}=${value}`;
    document.cookie = `${cookie}; Path=/; Max-Age=${lifetime}; SameSite=Lax${secure}`;
    return document.cookie.includes(cookie);
  }

  function goOn() {
    const { then } = root.dataset;
    if (then === 'back') return say(text.send_again, text.back, () => history.back());
    say(text.done);
    if (then === 'reload') return location.reload();
    // A field may be called `submit`.
    HTMLFormElement.prototype.submit.call(root.querySelector('form'));
  }

  return { root, text, say, leave, goOn };
}
