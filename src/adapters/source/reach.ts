// Which machines a source may be brought to ask: never one that only we can reach, unless the source lies there itself.
import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'

/** How far away an address is, nearest first. */
export type Reach = 'link-local' | 'loopback' | 'private' | 'public'

/** `none`: this network, multicast, reserved, and 169.254.0.0/16, where clouds keep their credentials. */
const RANGES: Readonly<Record<Exclude<Reach, 'public'>, readonly string[]>> = {
  'link-local': ['0.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3', '::/128', 'fe80::/10', 'ff00::/8', 'fd00:ec2::/32'],
  loopback: ['127.0.0.0/8', '::1/128'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '198.18.0.0/15', 'fc00::/7'],
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', bits = '0'] = range.split('/')
    list.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4')
  }
  return list
}

const LISTS = Object.entries(RANGES).map(([reach, ranges]) => [reach as Reach, listOf(ranges)] as const)

/** IPv4 that is written as IPv6 (mapped, NAT64, 6to4) counts as what it leads to. */
function embedded(address: string): string | null {
  const url = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const hex =
    /^(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(url) ??
    /^2002:([0-9a-f]{1,4}):([0-9a-f]{1,4})(?::|$)/.exec(url)
  if (hex === null) return null
  const [high, low] = [Number.parseInt(hex[1] ?? '', 16), Number.parseInt(hex[2] ?? '', 16)]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

export function reachOf(address: string): Reach {
  const family = isIP(address)
  if (family === 0) return 'link-local'
  const inner = family === 6 ? embedded(address) : null
  if (inner !== null) return reachOf(inner)
  return LISTS.find(([, list]) => list.check(address, family === 6 ? 'ipv6' : 'ipv4'))?.[0] ?? 'public'
}

/** Host of an http, https, ssh or `user@host:path` address; '' when it has none. */
export function hostOf(url: string): string {
  const scp = url.includes('://') ? null : /^[^@/]+@(\[[^\]]*\]|[^:/]+):/.exec(url)
  if (scp !== null) return (scp[1] ?? '').replace(/^\[|\]$/g, '')
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : ''
}

/** The nearest of the host's addresses; null when nobody here knows it (a proxy or an alias of ssh may). */
export async function reachOfHost(host: string): Promise<Reach | null> {
  if (host === '') return null
  if (isIP(host) !== 0) return reachOf(host)
  const found = await lookup(host, { all: true }).catch(() => [])
  const order: readonly Reach[] = ['link-local', 'loopback', 'private', 'public']
  return order.find((reach) => found.some(({ address }) => reachOf(address) === reach)) ?? null
}

/** Which addresses a source may be made to ask, by where it lies itself. Link-local ones never. */
export function admits(source: Reach | null, target: Reach): boolean {
  if (target === 'public') return true
  if (target === 'link-local') return false
  return source === 'loopback' || source === target
}
