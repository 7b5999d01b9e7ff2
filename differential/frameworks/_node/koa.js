// Koa: koa.js PORT
'use strict'

const Koa = require('koa')
const { Router } = require('@koa/router')
const bodyParser = require('koa-bodyparser')
const multer = require('@koa/multer')
const basicAuth = require('basic-auth')
const { texts, fields, anyJson, bearers, answer } = require('./answer')

const app = new Koa()
app.silent = true
app.use(bodyParser({ enableTypes: ['json', 'form', 'text'] }))
app.use(multer().any())

const kinds = { json: 'json', urlencoded: 'form', multipart: 'multipart' }

const read = route => context => {
  const { request, query, cookies, params } = context
  const body = request.body
  const kind = kinds[request.is('json', 'urlencoded', 'multipart')]
  const files = context.files?.filter(file => file.fieldname === 'email')
  context.body = answer(route, {
    'segment ctx.params.name': texts(params?.name),
    ...fields(kind ?? 'any', 'ctx.request.body', body),
    'multipart.email ctx.files': texts(files?.map(file => file.buffer)),
    ...fields('query', 'ctx.query', query),
    ...fields('any', '{...ctx.query, ...ctx.request.body}', { ...query, ...body }),
    ...fields('any', '{...ctx.request.body, ...ctx.query}', { ...body, ...query }),
    'cookie.sid ctx.cookies.get': texts(cookies.get('sid')),
    'basic basic-auth': texts(basicAuth(context.req)?.name),
    ...bearers(context.get('authorization')),
    ...anyJson(request.rawBody ?? ''),
  })
}

const router = new Router()
router.post('/login', read('login'))
router.post('/login/code', read('code'))
router.get('/account', read('account'))
router.get('/admin', read('admin'))
router.get('/users/:name/login', read('user'))
router.post('/users/:name/login', read('user'))
app.use(router.routes())
app.use(read(null))

app.listen(process.argv[2], '127.0.0.1')
process.on('SIGTERM', () => process.exit())
