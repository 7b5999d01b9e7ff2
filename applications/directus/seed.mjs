// Makes Directus' people and their second factors, through its own API: seed.mjs URL

const PEOPLE = [
    ['victim@example.com', 'difference-engine-1822'],
    ['owner@example.com', 'bernoulli-numbers-1842'],
    ['grace@example.com', 'nanosecond-wire-1952'],
    ['target@example.com', 'compiler-of-1951-a0'],
];
const WITH_SECOND_FACTOR = ['grace@example.com', 'target@example.com'];
const TOTP_BASE32 = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const [url] = process.argv.slice(2);

async function ask(method, path, body, token) {
    const headers = { 'content-type': 'application/json' };
    if (token) headers.authorization = `Bearer ${token}`;
    const answer = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text).data : null;
}

const { access_token: token } = await ask('POST', '/auth/login', {
    email: 'ada@example.com',
    password: 'analytical-engine-1843',
});
const { role } = await ask('GET', '/users/me?fields=role', null, token);
for (const [email, password] of PEOPLE) {
    const user = { email, password, role, status: 'active' };
    await ask('POST', '/users', user, token);
}
// The secret of a second factor is given by the server alone: it is put into the database by the caller.
console.log(WITH_SECOND_FACTOR.map((email) => `UPDATE directus_users SET tfa_secret='${TOTP_BASE32}' WHERE email='${email}';`).join('\n'));
