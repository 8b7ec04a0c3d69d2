// @ts-check
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** @typedef {{ certificate: string, key: string }} Pem both PEM texts */
/** @typedef {Pem & { name: Name, keyId: Buffer }} Authority */
/** @typedef {{ commonName: string, organizations?: readonly string[] }} Name */

// Just enough X.509 (RFC 5280) to give a test cluster its certificates: Node can sign but has no certificate
// builder, and openssl is not on every machine.

const DAY_MS = 86_400_000

/** A self-signed authority with a fresh P-256 key, valid for ten years. @param {string} commonName @returns {Authority} */
export function createAuthority(commonName) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const keyId = keyIdOf(spki)
  const name = { commonName }
  const extensions = [
    extension('2.5.29.19', sequence(boolean(true)), 'critical'),
    extension('2.5.29.15', tlv(0x03, Buffer.from([1, 0x86])), 'critical'),
    extension('2.5.29.14', tlv(0x04, keyId)),
  ]
  const certificate = signed({ issuer: name, subject: name, spki, extensions }, privateKey)
  return { certificate, key: pemOf(privateKey), name, keyId }
}

/**
 * A certificate for a server on loopback (`server`) or for a user (`client`: commonName is the user, organizations are the groups).
 * @param {Authority} authority
 * @param {Name & { usage: 'server' | 'client', hosts?: readonly string[] }} request `hosts`: DNS names and IPv4 addresses
 * @returns {Pem}
 */
export function issue(authority, { usage, hosts = [], ...name }) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const purpose = usage === 'server' ? '1.3.6.1.5.5.7.3.1' : '1.3.6.1.5.5.7.3.2'
  const extensions = [
    extension('2.5.29.15', tlv(0x03, Buffer.from([7, 0x80])), 'critical'),
    extension('2.5.29.37', sequence(oid(purpose))),
    extension('2.5.29.35', sequence(tlv(0x80, authority.keyId))),
    ...(hosts.length > 0 ? [extension('2.5.29.17', sequence(...hosts.map(alternativeName)))] : []),
  ]
  return {
    certificate: signed({ issuer: authority.name, subject: name, spki, extensions }, authority.key),
    key: pemOf(privateKey),
  }
}

/** An RSA pair, as service account tokens need one. @returns {{ publicKey: string, privateKey: string }} */
export function createSigningKeys() {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
}

/**
 * @param {{ issuer: Name, subject: Name, spki: Buffer, extensions: Buffer[] }} parts
 * @param {import('node:crypto').KeyLike} key of the issuer
 */
function signed({ issuer, subject, spki, extensions }, key) {
  const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'))
  const serial = randomBytes(16)
  serial.writeUInt8((serial.readUInt8() & 0x3f) | 0x40)
  const body = sequence(
    tlv(0xa0, integer(2)),
    tlv(0x02, serial),
    ecdsaWithSha256,
    distinguishedName(issuer),
    sequence(utcTime(Date.now() - DAY_MS), utcTime(Date.now() + 3650 * DAY_MS)),
    distinguishedName(subject),
    spki,
    tlv(0xa3, sequence(...extensions)),
  )
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', body, key)])
  return toPem('CERTIFICATE', sequence(body, ecdsaWithSha256, tlv(0x03, signature)))
}

/** @param {Name} name */
function distinguishedName({ commonName, organizations = [] }) {
  const attributes = [...organizations.map((value) => ['2.5.4.10', value]), ['2.5.4.3', commonName]]
  return sequence(
    ...attributes.map(([type, value]) => tlv(0x31, sequence(oid(String(type)), tlv(0x0c, Buffer.from(String(value)))))),
  )
}

/** @param {string} host */
function alternativeName(host) {
  return /^[\d.]+$/.test(host) ? tlv(0x87, Buffer.from(host.split('.').map(Number))) : tlv(0x82, Buffer.from(host))
}

/** @param {string} id @param {Buffer} value @param {'critical'} [critical] */
function extension(id, value, critical) {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), tlv(0x04, value))
}

/** The key identifier of RFC 5280, section 4.2.1.2: the SHA-1 of the key's bits. @param {Buffer} spki */
function keyIdOf(spki) {
  return createHash('sha1').update(spki.subarray(-65)).digest()
}

/** @param {...Buffer} parts */
function sequence(...parts) {
  return tlv(0x30, Buffer.concat(parts))
}

/** @param {number} tag @param {Buffer} content */
function tlv(tag, content) {
  const { length } = content
  const header =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(header), content])
}

/** @param {number} value below 128 */
function integer(value) {
  return tlv(0x02, Buffer.from([value]))
}

/** @param {boolean} value */
function boolean(value) {
  return tlv(0x01, Buffer.from([value ? 0xff : 0]))
}

/** @param {string} dotted */
function oid(dotted) {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return tlv(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

/** @param {number} value @returns {number[]} */
function base128(value) {
  const bytes = [value & 0x7f]
  for (let left = value >> 7; left > 0; left >>= 7) bytes.unshift((left & 0x7f) | 0x80)
  return bytes
}

/** @param {number} time */
function utcTime(time) {
  const compact = new Date(time).toISOString().replace(/[-:T]|\.\d+/g, '')
  return tlv(0x17, Buffer.from(compact.slice(2)))
}

/** @param {import('node:crypto').KeyObject} key */
function pemOf(key) {
  return String(key.export({ type: 'pkcs8', format: 'pem' }))
}

/** @param {string} label @param {Buffer} der */
function toPem(label, der) {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
