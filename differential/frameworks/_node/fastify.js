// Fastify: fastify.js PORT
'use strict'

const { texts, fields, anyJson, bearers, answer } = require('./answer')

const app = require('fastify')()
app.register(require('@fastify/formbody'))
app.register(require('@fastify/multipart'), { attachFieldsToBody: 'keyValues' })
app.register(require('@fastify/cookie'))
app.register(require('@fastify/basic-auth'), {
  validate: async (user, password, request) => { request.user = user },
})
app.register(require('@fastify/bearer-auth'), {
  addHook: false,
  keys: new Set(),
  auth: (token, request) => { request.token = token; return true },
})
app.addHook('preParsing', async (request, reply, payload) => {
  // The plugin reads a multipart body from the socket's own stream.
  if (/^multipart/i.test(request.headers['content-type'])) return payload
  const chunks = []
  for await (const chunk of payload) chunks.push(chunk)
  request.raw.bytes = Buffer.concat(chunks)
  return require('node:stream').Readable.from(chunks, { objectMode: false })
})

// Runs an authentication plugin as a hook would; its refusal is an answer that says nothing of the request.
const authenticate = (plugin, request, reply) => new Promise(done => {
  Promise.resolve(plugin.call(app, request, reply, done)).catch(done)
})

const kinds = {
  'application/json': 'json',
  'application/x-www-form-urlencoded': 'form',
  'multipart/form-data': 'multipart',
}

const read = route => async (request, reply) => {
  const quiet = { code: () => quiet, header: () => quiet, headers: () => quiet, send: () => quiet, type: () => quiet }
  await authenticate(app.basicAuth, request, quiet)
  await Promise.race([authenticate(app.verifyBearerAuth, request, quiet), new Promise(setImmediate)])
  const { body, query, params, cookies } = request
  const kind = kinds[request.headers['content-type']?.split(';')[0].trim().toLowerCase()]
  return answer(route, {
    'segment req.params.name': texts(params?.name),
    ...fields(kind ?? 'any', 'req.body', body),
    ...fields('query', 'req.query', query),
    ...fields('any', '{...req.query, ...req.body}', { ...query, ...body }),
    ...fields('any', '{...req.body, ...req.query}', { ...body, ...query }),
    'cookie.sid req.cookies.sid': texts(cookies.sid),
    'basic @fastify/basic-auth': texts(request.user),
    'bearer @fastify/bearer-auth': texts(request.token),
    ...bearers(request.headers.authorization),
    ...anyJson(request.raw.bytes ?? ''),
  })
}

// The plugins' parsers and hooks are there for what is registered after them.
app.after(() => {
  app.post('/login', read('login'))
  app.post('/login/code', read('code'))
  app.get('/account', read('account'))
  app.get('/admin', read('admin'))
  app.get('/users/:name/login', read('user'))
  app.post('/users/:name/login', read('user'))
  app.setNotFoundHandler(async (request, reply) => reply.code(200).send(await read(null)(request, reply)))
})

app.listen({ port: Number(process.argv[2]), host: '127.0.0.1' })
process.on('SIGTERM', () => process.exit())
