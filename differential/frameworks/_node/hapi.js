// hapi: hapi.js PORT
'use strict'

const Hapi = require('@hapi/hapi')
const { texts, fields, bearers, answer } = require('./answer')

const kinds = {
  'application/json': 'json',
  'application/x-www-form-urlencoded': 'form',
  'multipart/form-data': 'multipart',
}

const read = route => request => {
  const { payload, query, params, state } = request
  const body = Buffer.isBuffer(payload) ? undefined : payload
  return answer(route, {
    'segment request.params.name': texts(params.name),
    ...fields(kinds[request.mime] ?? 'any', 'request.payload', body),
    ...fields('query', 'request.query', query),
    ...fields('any', '{...request.query, ...request.payload}', { ...query, ...body }),
    ...fields('any', '{...request.payload, ...request.query}', { ...body, ...query }),
    'cookie.sid request.state.sid': texts(state.sid),
    'basic @hapi/basic': texts(request.auth.credentials?.user),
    ...bearers(request.headers.authorization),
  })
}

async function start() {
  const server = Hapi.server({ port: process.argv[2], host: '127.0.0.1', debug: false })
  await server.register(require('@hapi/basic'))
  server.auth.strategy('simple', 'basic', {
    validate: (request, user) => ({ isValid: true, credentials: { user } }),
  })
  server.auth.default({ strategy: 'simple', mode: 'try' })
  const payload = { payload: { multipart: true } }
  server.route([
    { method: 'POST', path: '/login', options: payload, handler: read('login') },
    { method: 'POST', path: '/login/code', options: payload, handler: read('code') },
    { method: 'GET', path: '/account', handler: read('account') },
    { method: 'GET', path: '/admin', handler: read('admin') },
    { method: 'GET', path: '/users/{name}/login', handler: read('user') },
    { method: 'POST', path: '/users/{name}/login', options: payload, handler: read('user') },
    { method: '*', path: '/{any*}', options: payload, handler: read(null) },
  ])
  await server.start()
}

start()
process.on('SIGTERM', () => process.exit())
