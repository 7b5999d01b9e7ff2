// What every stand-in has: it loads a style, an image, data and a frame from its own service, as real ones do.
// The frame gets the token.
const standIn = (() => {
  const { origin, searchParams } = new URL(document.currentScript.src);
  const load = (name, properties, parent) => parent.append(Object.assign(document.createElement(name), properties));
  load('link', { rel: 'stylesheet', href: `${origin}/style.css` }, document.head);

  const check = (sitekey) => {
    if (sitekey !== 'a-site.key_1') throw new Error(`not this site's key: ${sitekey}`);
  };
  const token = async () => (await fetch(`${origin}/token`)).text();

  // Shows a widget that is solved by `standIn.solve()` and fails by `standIn.fail()`.
  const show = async (element, sitekey, solved, failed) => {
    check(sitekey);
    if (element.childElementCount) throw new Error('already rendered in this element');
    const frame = Object.assign(document.createElement('iframe'), { src: `${origin}/frame.html`, title: 'Widget', width: 300, height: 65 });
    frame.style.border = '0';
    element.append(frame);
    load('img', { src: `${origin}/logo.svg`, alt: '', width: 16, height: 16 }, element);
    addEventListener('message', ({ source, data }) => source === frame.contentWindow && solved(data));
    frame.onload = () => {
      standIn.solve = () => frame.contentWindow.postMessage('solve', origin);
      standIn.fail = failed;
    };
  };
  return { origin, searchParams, check, token, show, load };
})();
