// What every server of this folder answers: lists of texts, by the idiom with which an application would read them.
'use strict'

// A text that is not Unicode.
class Hex {
  constructor(hex) { this.hex = hex }
}

// All texts in a value, of whatever shape a framework makes it.
function texts(value) {
  if (value === undefined || value === null || typeof value === 'function') return []
  if (value instanceof Hex) return [value]
  if (Array.isArray(value)) return value.flatMap(texts)
  if (Buffer.isBuffer(value)) return [bytes(value)]
  if (typeof value === 'object') return Object.values(value).flatMap(texts)
  const text = String(value)
  return [text.isWellFormed() ? text : new Hex(surrogates(text))]
}

// Bytes as text where they are UTF-8.
function bytes(buffer) {
  const text = buffer.toString()
  return Buffer.from(text).equals(buffer) ? text : new Hex(buffer.toString('hex'))
}

// The bytes of a text with lone surrogates, which are three bytes each.
function surrogates(text) {
  return [...text].map(character => {
    const code = character.codePointAt(0)
    if (code < 0xd800 || code > 0xdfff) return Buffer.from(character).toString('hex')
    return Buffer.from([0xe0 | code >> 12, 0x80 | code >> 6 & 63, 0x80 | code & 63]).toString('hex')
  }).join('')
}

// A field of what a parser made, and nothing where it made no fields.
function field(parsed, ...names) {
  for (const name of names) {
    if (parsed === null || typeof parsed !== 'object') return undefined
    parsed = parsed[name]
  }
  return parsed
}

// The two fields in what an idiom gives, for a nested reader and a flat one.
function fields(place, idiom, parsed) {
  return {
    [`${place}.email ${idiom}.email`]: texts(field(parsed, 'email')),
    [`${place}.user.email ${idiom}.user.email`]: texts(field(parsed, 'user', 'email')),
    [`${place}.user.email ${idiom}["user[email]"]`]: texts(field(parsed, 'user[email]')),
  }
}

// What becomes of a body that is read as JSON whatever its type says.
function anyJson(body) {
  try {
    return fields('json', 'JSON.parse(raw)', JSON.parse(body.toString()))
  } catch {
    return {}
  }
}

// The tokens that hand-written code makes of an `authorization`.
function bearers(authorization) {
  const of = (holds, read) => authorization && holds ? texts(read()) : []
  const lower = authorization?.toLowerCase().startsWith('bearer ')
  return {
    'bearer authorization.split(" ")[1]': of(lower, () => authorization.split(' ')[1]),
    'bearer authorization.slice(7)': of(lower, () => authorization.slice(7)),
    'bearer authorization.match(/Bearer (\\S+)/)': of(true, () => authorization.match(/Bearer (\S+)/)?.[1]),
  }
}

// The answer, without the idioms that gave nothing.
function answer(route, idioms) {
  return { route, ...Object.fromEntries(Object.entries(idioms).filter(([, found]) => found.length > 0)) }
}

module.exports = { texts, fields, anyJson, bearers, answer }
