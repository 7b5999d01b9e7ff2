// Directus' people: `person1@example.com` to `person40@example.com`, all with one password; from 21 on with an authenticator
// app. They are written into the database, because the edition that needs no licence lets its API make three: seed.mjs DATABASE
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.DIRECTUS_HOME}/`);
const argon2 = require('argon2');
const knex = require('knex')({
    client: 'sqlite3',
    connection: { filename: process.argv[2] },
    useNullAsDefault: true,
});

const PASSWORD = 'correct-horse-7';
const TOTP_BASE32 = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

const { role } = await knex('directus_users').select('role').first();
const password = await argon2.hash(PASSWORD);
for (let number = 1; number <= 40; number += 1) {
    await knex('directus_users').insert({
        id: randomUUID(),
        first_name: `Person ${number}`,
        email: `person${number}@example.com`,
        password,
        role,
        status: 'active',
        tfa_secret: number > 20 ? TOTP_BASE32 : null,
    });
}
await knex.destroy();
