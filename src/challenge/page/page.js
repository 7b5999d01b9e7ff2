(() => {
  const { root, text, say, leave, goOn } = palisadePage();
  const { start, cookie, lifetime } = root.dataset;
  const { algorithm, challenge, maxnumber, salt, signature } = JSON.parse(root.dataset.challenge);
  const bar = root.querySelector('progress');
  const CHUNK = 5000;

  // A lane tries the numbers of a chunk and promises the right one, or -1.
  function pageLane() {
    const solve = palisadeSolver(salt, challenge);
    return (from, to) => new Promise((done) => setTimeout(() => done(solve(from, to))));
  }

  function workerLane(url) {
    const worker = new Worker(url);
    return (from, to) => new Promise((done, failed) => {
      worker.onmessage = (event) => done(event.data);
      worker.onerror = failed;
      worker.postMessage([from, to]);
    });
  }

  async function search() {
    const source = document.getElementById('palisade-solver').textContent
      + `const solve = palisadeSolver(${JSON.stringify(salt)}, ${JSON.stringify(challenge)});`
      + 'onmessage = ({ data: [from, to] }) => postMessage(solve(from, to));';
    const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    let next = 0, found = -1;
    async function run() {
      let lane;
      try { lane = workerLane(url); } catch { lane = pageLane(); }
      while (found < 0 && next <= maxnumber) {
        const from = next, to = Math.min(from + CHUNK - 1, maxnumber);
        next = to + 1;
        let number;
        // Without workers it takes longer, and works.
        try { number = await lane(from, to); } catch { number = await (lane = pageLane())(from, to); }
        if (number >= 0) found = number;
        bar.value = next / maxnumber;
      }
    }
    await Promise.all(Array.from({ length: Math.min(navigator.hardwareConcurrency || 2, 4) }, run));
    URL.revokeObjectURL(url);
    return found;
  }

  function finish(number, took) {
    const payload = btoa(JSON.stringify({ algorithm, challenge, number, salt, signature, took }));
    if (leave(cookie, payload, lifetime)) goOn();
    else say(text.cookies, text.retry, begin);
  }

  async function begin() {
    say(text.working);
    bar.hidden = false;
    bar.value = 0;
    const before = performance.now();
    const number = await search().catch(() => -1);
    if (number < 0) say(text.failed, text.retry, begin);
    else finish(number, Math.round(performance.now() - before));
  }

  // Come back to by the history, the page must not send the form a second time by itself.
  addEventListener('pageshow', (event) => event.persisted && say(text.failed, text.retry, begin));
  if (start === 'now') begin();
  else say(text.refused, text.retry, begin);
})();
