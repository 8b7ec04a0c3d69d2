// How git calls ssh.
import { HoldfastError, problem } from '../../../core/problem/index.ts'

export interface SshOptions {
  /** '' = the user's own. */
  readonly keyFile: string
  /** '' = the user's own. */
  readonly knownHostsFile: string
  readonly insecure: boolean
  /** A SOCKS 5 proxy, `socks5://host:port`; '' = none. */
  readonly proxy: string
  /** What the user calls instead of `ssh`; '' = nothing else. */
  readonly command: string
}

export interface SshCall {
  readonly command: string
  readonly env: Readonly<Record<string, string>>
}

function quoted(text: string): string {
  return /^[A-Za-z0-9_./=:@%-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

function hostOptions({ insecure, knownHostsFile }: SshOptions): string[] {
  if (insecure) return ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'GlobalKnownHostsFile=/dev/null']
  if (knownHostsFile === '') return []
  return [
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${knownHostsFile}`,
    'GlobalKnownHostsFile=/dev/null',
    'UpdateHostKeys=no',
  ]
}

function proxyCall(proxy: string): { options: string[]; env: Record<string, string> } {
  if (proxy === '') return { options: [], env: {} }
  const url = URL.canParse(proxy) ? new URL(proxy) : null
  const isUsable = url !== null && /^socks5h?:$/.test(url.protocol) && /^[A-Za-z0-9.[\]:-]+$/.test(url.hostname)
  if (!isUsable) {
    const message = 'the proxy of a repository that is reached by ssh is not a socks5:// URL'
    throw new HoldfastError(
      problem('HF1001', message, {}, 'Give the Secret a proxy such as socks5://proxy.example:1080.'),
    )
  }
  return {
    options: [`ProxyCommand=connect-proxy -S ${url.hostname}:${url.port === '' ? '1080' : url.port} -5 %h %p`],
    env: {
      ...(url.username === '' ? {} : { SOCKS5_USER: decodeURIComponent(url.username) }),
      ...(url.password === '' ? {} : { SOCKS5_PASSWD: decodeURIComponent(url.password) }),
    },
  }
}

/** ssh passes over a key with a passphrase without a word when nobody can be asked for it. */
export function hasPassphrase(key: string): boolean {
  if (/^(Proc-Type: 4,ENCRYPTED|-----BEGIN ENCRYPTED PRIVATE KEY-----)/m.test(key)) return true
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END/.exec(key)?.[1]
  if (body === undefined) return false
  const bytes = Buffer.from(body, 'base64')
  const magic = 'openssh-key-v1\0'
  if (bytes.toString('latin1', 0, magic.length) !== magic || bytes.length < magic.length + 4) return false
  const length = bytes.readUInt32BE(magic.length)
  return bytes.toString('latin1', magic.length + 4, magic.length + 4 + length) !== 'none'
}

/** Never asks a person, and gives up on a host that does not answer. Throws HF1001 for a proxy that ssh cannot use. */
export function sshCall(options: SshOptions): SshCall {
  const { keyFile, command } = options
  const proxy = proxyCall(options.proxy)
  const key = keyFile === '' ? [] : ['IdentitiesOnly=yes', 'IdentityAgent=none', 'ControlPath=none']
  const all = [
    ...['BatchMode=yes', 'ConnectTimeout=20', 'ServerAliveInterval=15', 'ServerAliveCountMax=3'],
    ...[...key, ...hostOptions(options), ...proxy.options],
  ]
  const identity = keyFile === '' ? [] : ['-i', quoted(keyFile)]
  const words = [command === '' ? 'ssh' : command, ...identity, ...all.flatMap((one) => ['-o', quoted(one)])]
  return { command: words.join(' '), env: proxy.env }
}
