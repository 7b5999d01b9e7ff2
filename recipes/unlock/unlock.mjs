// An unlock token: PALISADE_KEY=... node unlock.mjs ACCOUNT SECONDS_VALID

import { createHmac, randomBytes } from 'node:crypto';

function unlockToken(key, account, expiry, nonce) {
  const body = `v1.${Buffer.from(account).toString('base64url')}.${expiry}.${nonce}`;
  const hmac = createHmac('sha256', key.replace(/[\r\n]+$/, ''));
  return `${body}.${hmac.update(`palisade.unlock.${body}`).digest('base64url')}`;
}

const [account, valid] = process.argv.slice(2);
const { PALISADE_KEY, PALISADE_EXPIRY, PALISADE_NONCE } = process.env;
if (!PALISADE_KEY || !account || !(valid > 0)) {
  throw new Error('usage: PALISADE_KEY=... node unlock.mjs ACCOUNT SECONDS_VALID');
}
// PALISADE_EXPIRY and PALISADE_NONCE are for tests.
const expiry = PALISADE_EXPIRY || Math.floor(Date.now() / 1000) + Number(valid);
const nonce = PALISADE_NONCE || randomBytes(16).toString('base64url');
console.log(unlockToken(PALISADE_KEY, account, expiry, nonce));
