// Express 4 or 5, whichever is installed: express.js PORT extended|simple
'use strict'

const express = require('express')
const multer = require('multer')
const cookieParser = require('cookie-parser')
const basicAuth = require('basic-auth')
const { Strategy: BearerStrategy } = require('passport-http-bearer')
const { texts, fields, anyJson, bearers, answer } = require('./answer')

const [port, form] = process.argv.slice(2)
const app = express()
const parsedAs = kind => ({ verify: (request, response, raw) => Object.assign(request, { parsedAs: kind, raw }) })

app.use(cookieParser())
app.use(express.json(parsedAs('json')))
app.use(express.urlencoded({ extended: form === 'extended', ...parsedAs('form') }))
app.use(express.text(parsedAs('text')))
app.use(express.raw(parsedAs('raw')))
app.use(multer().any())

// The token that passport's strategy hands to the application.
function passport(request) {
  let seen
  const strategy = Object.create(new BearerStrategy((token, done) => { seen = token; done(null, false) }))
  strategy.fail = strategy.success = strategy.error = () => {}
  strategy.authenticate(request)
  return seen
}

const read = route => (request, response) => {
  const { body, query, params, cookies } = request
  const kind = request.parsedAs ?? (request.is('multipart') && 'multipart')
  const files = request.files?.filter(file => file.fieldname === 'email')
  response.json(answer(route, {
    segment: texts(params?.name),
    ...(kind ? fields(kind, 'req.body', body) : {}),
    'multipart.email req.files': texts(files?.map(file => file.buffer)),
    ...fields('query', 'req.query', query),
    ...fields('any', '{...req.query, ...req.body}', { ...query, ...body }),
    ...fields('any', '{...req.body, ...req.query}', { ...body, ...query }),
    'any.email req.param("email")': texts(request.param?.('email')),
    'segment req.param("name")': route === 'user' ? texts(request.param?.('name')) : [],
    'cookie.sid req.cookies.sid': texts(cookies.sid),
    'basic basic-auth': texts(basicAuth(request)?.name),
    'bearer passport-http-bearer': texts(passport(request)),
    ...bearers(request.headers.authorization),
    ...anyJson(request.raw ?? ''),
  }))
}

app.post('/login', read('login'))
app.post('/login/code', read('code'))
app.get('/account', read('account'))
app.get('/admin', read('admin'))
app.get('/users/:name/login', read('user'))
app.post('/users/:name/login', read('user'))
app.use(read(null))

app.listen(port, '127.0.0.1')
process.on('SIGTERM', () => process.exit())
